/* SPDX-License-Identifier: Apache-2.0 */
/* The guest's x2APIC registers. Must not reach the real APIC: it only keeps state that the scheduler turns into injections. */
#include "vlapic.h"

#define BITS(hi, lo) ((~0ull >> (63 - (hi))) & (~0ull << (lo)))
/* What RDMSR may name, one bit for each register; the list is that of SDM vol 3, 11.12.1. */
#define READABLE                                                                                   \
	(BIT(VLAPIC_ID) | BIT(VLAPIC_VERSION) | BIT(VLAPIC_TPR) | BIT(VLAPIC_PPR) |                \
	 BIT(VLAPIC_LDR) | BITS(VLAPIC_ESR, VLAPIC_SVR) | BIT(VLAPIC_ICR) |                        \
	 BITS(VLAPIC_CURRENT, VLAPIC_LVT) | BIT(VLAPIC_DIVIDE))
#define LVT_MASKED     BIT(16)
#define LVT_MODE_MASK  0x60000u
#define LVT_DEADLINE   0x40000u
#define LVT_WRITABLE   0x700ffu /* vector, mask, timer mode */
#define SVR_ENABLE     BIT(8)
#define ESR_BAD_VECTOR BIT(6)
#define ICR_WRITABLE   0xffffffff000ccfffull
#define APIC_VERSION   0x50014u

/* The highest bit that is set in some words, of which WORDS says which are not 0; -1 = none. */
static int highest(const uint32_t b[8], uint32_t words)
{
	int i = words != 0 ? 31 - __builtin_clz(words) : 0;

	return words != 0 ? i * 32 + 31 - __builtin_clz(b[i]) : -1;
}

static void set(uint32_t b[8], uint32_t *words, uint32_t vector)
{
	b[vector / 32] |= 1u << (vector % 32);
	*words |= 1u << (vector / 32);
}

static void clear(uint32_t b[8], uint32_t *words, uint32_t vector)
{
	b[vector / 32] &= ~(1u << (vector % 32));
	if (b[vector / 32] == 0)
		*words &= ~(1u << (vector / 32));
}

static uint32_t priority(const struct vlapic *l)
{
	int isr = highest(&l->reg[VLAPIC_ISR], l->isr_words);
	uint32_t in_service = isr < 0 ? 0 : (uint32_t)isr & 0xf0, tpr = l->reg[VLAPIC_TPR];

	return tpr >= in_service ? tpr : in_service;
}

void vlapic_init(struct vlapic *l)
{
	memset(l, 0, sizeof *l);
	l->reg[VLAPIC_VERSION] = APIC_VERSION; /* the id stays 0: one processor */
	l->reg[VLAPIC_LDR] = 1;		       /* cluster 0, bit 0: derived from id 0 */
	l->reg[VLAPIC_SVR] = 0xff;
	for (unsigned i = VLAPIC_LVT; i <= VLAPIC_LVT_ERROR; i++)
		l->reg[i] = LVT_MASKED;
}

void vlapic_post(struct vlapic *l, uint32_t vector)
{
	if (vector < 16 || vector > 255)
		l->reg[VLAPIC_ESR] |= ESR_BAD_VECTOR;
	else
		set(&l->reg[VLAPIC_IRR], &l->irr_words, vector);
}

inline int vlapic_pending(const struct vlapic *l)
{
	int vector = highest(&l->reg[VLAPIC_IRR], l->irr_words);

	if (vector < 0 || !(l->reg[VLAPIC_SVR] & SVR_ENABLE) ||
	    ((uint32_t)vector & 0xf0) <= (priority(l) & 0xf0))
		return -1;
	return vector;
}

void vlapic_accept(struct vlapic *l, uint32_t vector)
{
	clear(&l->reg[VLAPIC_IRR], &l->irr_words, vector);
	set(&l->reg[VLAPIC_ISR], &l->isr_words, vector);
}

void vlapic_deadline_set(struct vlapic *l, uint64_t guest_tsc)
{
	l->deadline = (l->reg[VLAPIC_LVT] & LVT_MODE_MASK) == LVT_DEADLINE ? guest_tsc : 0;
}

void vlapic_tick(struct vlapic *l, uint64_t guest_tsc)
{
	if (l->deadline == 0 || guest_tsc < l->deadline)
		return;
	l->deadline = 0;
	if (!(l->reg[VLAPIC_LVT] & LVT_MASKED))
		vlapic_post(l, l->reg[VLAPIC_LVT] & 0xff);
}

bool vlapic_read(const struct vlapic *l, uint32_t msr, uint64_t *value)
{
	uint32_t n = msr - MSR_X2APIC_FIRST;

	if (n >= VLAPIC_REGS || !(READABLE >> n & 1))
		return false;
	*value = n == VLAPIC_ICR ? l->icr : n == VLAPIC_PPR ? priority(l) : l->reg[n];
	return true;
}

/* Interrupt command: this VM has one processor, so only what reaches id 0 does something. */
static void send_ipi(struct vlapic *l, uint64_t icr)
{
	uint32_t shorthand = (uint32_t)FIELD_GET(icr, 19, 18),
		 mode = (uint32_t)FIELD_GET(icr, 10, 8);
	uint32_t destination = (uint32_t)(icr >> 32);
	bool logical = (icr & BIT(11)) != 0;
	bool to_self =
		shorthand == 1 || shorthand == 2 ||
		(shorthand == 0 &&
		 (destination == 0xffffffff ||
		  (logical ? destination >> 16 == 0 && (destination & 1) : destination == 0)));

	l->icr = icr & ICR_WRITABLE;
	if (to_self &&
	    mode <= 1) /* fixed, lowest priority; NMI, INIT, SIPI to oneself go nowhere */
		vlapic_post(l, (uint32_t)icr & 0xff);
}

void vlapic_eoi(struct vlapic *l)
{
	int vector = highest(&l->reg[VLAPIC_ISR], l->isr_words);

	if (vector >= 0)
		clear(&l->reg[VLAPIC_ISR], &l->isr_words, (uint32_t)vector);
}

static void lvt_write(struct vlapic *l, uint32_t n, uint32_t value)
{
	if (n == VLAPIC_LVT && ((l->reg[n] ^ value) & LVT_MODE_MASK) != 0)
		l->deadline = 0; /* a mode change disarms: SDM vol 3, 11.5.4.1 */
	l->reg[n] = value & LVT_WRITABLE;
}

bool vlapic_write(struct vlapic *l, uint32_t msr, uint64_t value)
{
	uint32_t n = msr - MSR_X2APIC_FIRST, low = (uint32_t)value;

	if (n != VLAPIC_ICR && value > 0xffffffff)
		return false;
	if (((n == VLAPIC_EOI || n == VLAPIC_ESR) && value != 0) || (n == VLAPIC_TPR && low > 0xff))
		return false;
	if (n == VLAPIC_EOI)
		vlapic_eoi(l);
	else if (n == VLAPIC_ICR)
		send_ipi(l, value);
	else if (n == VLAPIC_SELF)
		vlapic_post(l, low & 0xff);
	else if (n >= VLAPIC_LVT && n <= VLAPIC_LVT_ERROR)
		lvt_write(l, n, low);
	else if (n == VLAPIC_TPR || n == VLAPIC_ESR || n == VLAPIC_INITIAL)
		l->reg[n] = low;
	else if (n == VLAPIC_SVR)
		l->reg[n] = low & 0x1ff;
	else if (n == VLAPIC_DIVIDE)
		l->reg[n] = low & 0xb;
	else
		return false;
	return true;
}
