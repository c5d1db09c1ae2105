/* SPDX-License-Identifier: Apache-2.0 */
/* The guest's x2APIC registers. Must not reach the real APIC: it only keeps state that the scheduler turns into injections. */
#include "vlapic.h"

enum {
	REG_ID = 0x802,
	REG_VERSION = 0x803,
	REG_TPR = 0x808,
	REG_PPR = 0x80a,
	REG_EOI = 0x80b,
	REG_LDR = 0x80d
};
enum {
	REG_SVR = 0x80f,
	REG_ISR = 0x810,
	REG_TMR = 0x818,
	REG_IRR = 0x820,
	REG_ESR = 0x828,
	REG_ICR = 0x830
};
enum {
	REG_LVT = 0x832,
	REG_LVT_ERROR = 0x837,
	REG_INITIAL = 0x838,
	REG_CURRENT = 0x839,
	REG_DIVIDE = 0x83e,
	REG_SELF = 0x83f
};

#define LVT_MASKED     BIT(16)
#define LVT_MODE_MASK  0x60000u
#define LVT_DEADLINE   0x40000u
#define LVT_WRITABLE   0x700ffu /* vector, mask, timer mode */
#define SVR_ENABLE     BIT(8)
#define ESR_BAD_VECTOR BIT(6)
#define ICR_WRITABLE   0xffffffff000ccfffull
#define APIC_VERSION   0x50014u

static int highest(const uint32_t bits[8])
{
	for (int i = 7; i >= 0; i--) {
		if (bits[i] != 0)
			return i * 32 + 31 - __builtin_clz(bits[i]);
	}
	return -1;
}

static uint32_t priority(const struct vlapic *l)
{
	int isr = highest(l->isr);
	uint32_t in_service = isr < 0 ? 0 : (uint32_t)isr & 0xf0;

	return l->tpr >= in_service ? l->tpr : in_service;
}

void vlapic_init(struct vlapic *l)
{
	memset(l, 0, sizeof *l);
	l->svr = 0xff;
	for (unsigned i = 0; i < ARRAY_LEN(l->lvt); i++)
		l->lvt[i] = LVT_MASKED;
}

void vlapic_post(struct vlapic *l, uint32_t vector)
{
	if (vector < 16 || vector > 255)
		l->esr |= ESR_BAD_VECTOR;
	else
		l->irr[vector / 32] |= 1u << (vector % 32);
}

int vlapic_pending(const struct vlapic *l)
{
	int vector = highest(l->irr);

	if (vector < 0 || !(l->svr & SVR_ENABLE) ||
	    ((uint32_t)vector & 0xf0) <= (priority(l) & 0xf0))
		return -1;
	return vector;
}

void vlapic_accept(struct vlapic *l, uint32_t vector)
{
	l->irr[vector / 32] &= ~(1u << (vector % 32));
	l->isr[vector / 32] |= 1u << (vector % 32);
}

void vlapic_deadline_set(struct vlapic *l, uint64_t guest_tsc)
{
	l->deadline = (l->lvt[0] & LVT_MODE_MASK) == LVT_DEADLINE ? guest_tsc : 0;
}

void vlapic_tick(struct vlapic *l, uint64_t guest_tsc)
{
	if (l->deadline == 0 || guest_tsc < l->deadline)
		return;
	l->deadline = 0;
	if (!(l->lvt[0] & LVT_MASKED))
		vlapic_post(l, l->lvt[0] & 0xff);
}

bool vlapic_read(const struct vlapic *l, uint32_t msr, uint64_t *value)
{
	uint64_t v;

	if (msr >= REG_ISR && msr < REG_TMR)
		v = l->isr[msr - REG_ISR];
	else if (msr >= REG_TMR && msr < REG_IRR)
		v = 0; /* all edge-triggered */
	else if (msr >= REG_IRR && msr < REG_ESR)
		v = l->irr[msr - REG_IRR];
	else if (msr >= REG_LVT && msr <= REG_LVT_ERROR)
		v = l->lvt[msr - REG_LVT];
	else if (msr == REG_ID || msr == REG_CURRENT)
		v = 0; /* one processor with id 0; the count-down timer never runs: deadline mode only */
	else if (msr == REG_VERSION)
		v = APIC_VERSION;
	else if (msr == REG_TPR)
		v = l->tpr;
	else if (msr == REG_PPR)
		v = priority(l);
	else if (msr == REG_LDR)
		v = 1; /* cluster 0, bit 0: derived from id 0 */
	else if (msr == REG_SVR)
		v = l->svr;
	else if (msr == REG_ESR)
		v = l->esr;
	else if (msr == REG_ICR)
		v = l->icr;
	else if (msr == REG_INITIAL)
		v = l->initial;
	else if (msr == REG_DIVIDE)
		v = l->divide;
	else
		return false;
	*value = v;
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

static void eoi(struct vlapic *l)
{
	int vector = highest(l->isr);

	if (vector >= 0)
		l->isr[vector / 32] &= ~(1u << (vector % 32));
}

bool vlapic_write(struct vlapic *l, uint32_t msr, uint64_t value)
{
	if (msr != REG_ICR && value > 0xffffffff)
		return false;
	switch (msr) {
	case REG_TPR:
		if (value > 0xff)
			return false;
		l->tpr = (uint32_t)value;
		return true;
	case REG_EOI:
		if (value != 0)
			return false;
		eoi(l);
		return true;
	case REG_SVR:
		l->svr = (uint32_t)value & 0x1ff;
		return true;
	case REG_ESR:
		if (value != 0)
			return false;
		l->esr = 0;
		return true;
	case REG_ICR:
		send_ipi(l, value);
		return true;
	case REG_INITIAL:
		l->initial = (uint32_t)value;
		return true;
	case REG_DIVIDE:
		l->divide = (uint32_t)value & 0xb;
		return true;
	case REG_SELF:
		vlapic_post(l, (uint32_t)value & 0xff);
		return true;
	}
	if (msr < REG_LVT || msr > REG_LVT_ERROR)
		return false;
	if (msr == REG_LVT && ((l->lvt[0] ^ value) & LVT_MODE_MASK) != 0)
		l->deadline = 0; /* a mode change disarms: SDM vol 3, 11.5.4.1 */
	l->lvt[msr - REG_LVT] = (uint32_t)value & LVT_WRITABLE;
	return true;
}
