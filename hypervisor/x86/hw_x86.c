/* SPDX-License-Identifier: Apache-2.0 */
/* The port of hw.h on a real processor. Must not know what a domain is. */
#include "percpu.h"

#define CACHE_LINE    64ull
#define COM1	      0x3f8u
#define SERIAL_SPINS  100000u
#define PTE_P	      BIT(0)
#define PTE_RW	      BIT(1)
#define PTE_PWT	      BIT(3) /* PAT entry 1: write-combining, the loader sees to it */
#define PTE_A	      BIT(5)
#define PTE_D	      BIT(6)
#define PTE_PS	      BIT(7) /* 2 MiB */
#define PTE_NX	      BIT(63)
#define WIN_BITS      (PTE_P | PTE_A | PTE_D | PTE_NX)
#define SLP_EN	      BIT(13)
#define RESET_CONTROL 0xcf9u /* the chipset's reset register, where the firmware names none */
#define RESET_SPINS   100000000u

static struct percpu cpus[CPU_MAX];
static const struct handoff *handoff;
static bool has_rdrand;

struct percpu *percpu_self(void)
{
	struct percpu *p;

	__asm__ volatile("movq %%gs:8, %0" : "=r"(p));
	return p;
}

struct percpu *percpu_at(unsigned cpu)
{
	return &cpus[cpu];
}

void x86_port_init(const struct handoff *h)
{
	uint32_t r[4];

	handoff = h;
	x86_cpuid(1, 0, r);
	has_rdrand = (r[2] & BIT(30)) != 0;
}

const struct handoff *x86_handoff(void)
{
	return handoff;
}

uint64_t x86_core_base(void)
{
	return handoff->core_va;
}

hpa_t x86_core_pa(const void *object)
{
	uint64_t offset = (uint64_t)object - handoff->core_va;

	ASSERT(offset < handoff->core_bytes);
	return (hpa_t){handoff->core_hpa + offset};
}

unsigned hw_cpu(void)
{
	uint32_t index;

	__asm__ volatile("movl %%gs:0, %0" : "=r"(index));
	return index;
}

void windows_init(struct percpu *p, const struct handoff_cpu *hc)
{
	for (unsigned slot = 0; slot < WIN_COUNT; slot++) {
		bool large = slot < WIN_SCREEN;

		p->win[slot].entry = (uint64_t *)(large ? hc->win_pd_va : hc->win_pt_va) + 1 + slot;
		p->win[slot].va = hc->win_va + (1 + slot) * (large ? LARGE_PAGE : PAGE_SIZE);
	}
}

static ALWAYS_INLINE uint64_t show(enum win_slot slot, uint64_t entry)
{
	struct percpu *p = percpu_self();
	struct window *w = &p->win[slot];

	if (w->shown != entry) {
		*w->entry = entry;
		/* what was not present is in no TLB: SDM vol 3, 4.10.4.3 */
		if (w->shown != 0)
			x86_invlpg(w->va);
		w->shown = entry;
		p->win_open |= 1u << slot;
	}
	return w->va;
}

ALWAYS_INLINE void *hw_view(enum win_slot slot, hpa_t large, uint64_t from, uint64_t bytes)
{
	(void)bytes; /* all of the large page is shown */
	ASSERT(slot < WIN_SCREEN);
	return (void *)(show(slot, large.v | WIN_BITS | PTE_PS | (slot == WIN_SRC ? 0 : PTE_RW)) +
			from);
}

void *hw_window(enum win_slot slot, hpa_t page, bool writable)
{
	ASSERT(slot >= WIN_SCREEN && slot < WIN_COUNT && (page.v & PAGE_MASK) == 0);
	return (void *)show(slot, page.v | WIN_BITS | (slot == WIN_SCREEN ? PTE_PWT : 0) |
					  (writable ? PTE_RW : 0));
}

ALWAYS_INLINE void hw_windows_close(void)
{
	struct percpu *p = percpu_self();

	for (uint32_t open = p->win_open; open != 0; open &= open - 1) { /* bound: WIN_COUNT */
		struct window *w = &p->win[__builtin_ctz(open)];

		*w->entry = 0;
		x86_invlpg(w->va);
		w->shown = 0;
	}
	p->win_open = 0;
}

uint32_t hw_word_read(const uint32_t *at)
{
	return *(const volatile uint32_t *)at;
}

void hw_word_write(uint32_t *at, uint32_t value)
{
	*(volatile uint32_t *)at = value;
}

uint64_t hw_tsc(void)
{
	return x86_rdtsc();
}

void hw_kick(unsigned cpu)
{
	apic_ipi(cpus[cpu].apic_id, 0x4000 | VECTOR_KICK);
}

void hw_timer_arm(uint64_t tsc)
{
	struct percpu *p = percpu_self();
	uint64_t now, ticks;

	if (tsc == p->armed)
		return;
	p->armed = tsc;
	if (tsc == 0) {
		apic_timer_set(0);
		return;
	}
	now = x86_rdtsc();
	ticks = tsc > now ? tsc - now : 0;
	if (ticks > handoff->tsc_khz * 1000)
		ticks = handoff->tsc_khz *
			1000; /* the count must fit 32 bits; the loop arms again */
	ticks = ticks * handoff->lapic_khz / handoff->tsc_khz;
	apic_timer_set(ticks > UINT32_MAX ? UINT32_MAX : (uint32_t)ticks + 1);
}

static uint8_t in8(uint16_t port)
{
	uint8_t b;

	__asm__ volatile("inb %1, %0" : "=a"(b) : "Nd"(port));
	return b;
}

static void out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static void out16(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

void hw_serial_put(uint8_t byte)
{
	for (unsigned i = 0; i < SERIAL_SPINS && !(in8(COM1 + 5) & 0x20); i++)
		hw_pause(); /* bound: a port that is not there must not stop us */
	out8(COM1, byte);
}

int hw_serial_get(void)
{
	return (in8(COM1 + 5) & 1) ? in8(COM1) : -1;
}

uint32_t hw_mmio_read32(const volatile void *reg)
{
	return *(const volatile uint32_t *)reg;
}

uint64_t hw_mmio_read64(const volatile void *reg)
{
	return *(const volatile uint64_t *)reg;
}

void hw_mmio_write32(volatile void *reg, uint32_t value)
{
	*(volatile uint32_t *)reg = value;
}

void hw_mmio_write64(volatile void *reg, uint64_t value)
{
	*(volatile uint64_t *)reg = value;
}

void hw_cache_flush(const void *at, size_t bytes)
{
	uint64_t line = (uint64_t)at & ~(CACHE_LINE - 1);

	for (; line < (uint64_t)at + bytes; line += CACHE_LINE)
		__asm__ volatile("clflush (%0)" : : "r"(line) : "memory");
	__asm__ volatile("mfence" : : : "memory");
}

void hw_wait_us(uint64_t us)
{
	uint64_t end = x86_rdtsc() + us * handoff->tsc_khz / 1000;

	while (x86_rdtsc() < end) /* bound: the deadline */
		hw_pause();
}

bool hw_random(uint64_t *out)
{
	uint8_t ok = 0;

	if (has_rdrand)
		__asm__ volatile("rdrand %0; setc %1" : "=r"(*out), "=qm"(ok) : : "cc");
	return ok != 0;
}

void hw_wipe(void *object, size_t bytes)
{
	volatile uint64_t *at = (uint64_t *)(handoff->cpu[hw_cpu()].stack_top - STACK_BYTES), *end;

	memset(object, 0, bytes);
	__asm__ volatile("mov %%rsp, %0" : "=r"(end));
	while (at < end) /* bound: the stack */
		*at++ = 0;
}

struct cpuid_regs hw_cpuid(uint32_t leaf, uint32_t sub)
{
	struct cpuid_regs r;

	__asm__ volatile("cpuid"
			 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
			 : "a"(leaf), "c"(sub));
	return r;
}

void hw_pause(void)
{
	__asm__ volatile("pause");
}

int hw_vector_next(void)
{
	struct percpu *p = percpu_self();

	__asm__ volatile("sti; nop; cli" : : : "memory");
	for (unsigned i = 0; i < ARRAY_LEN(p->pending); i++) {
		unsigned bit;

		if (p->pending[i] == 0)
			continue;
		bit = (unsigned)__builtin_ctzll(p->pending[i]);
		p->pending[i] &= ~BIT(bit);
		return (int)(i * 64 + bit);
	}
	return -1;
}

void hw_idle(void)
{
	__asm__ volatile("sti; hlt; cli" : : : "memory");
}

void hw_power(bool reboot)
{
	if (!reboot && handoff->pm1a_cnt != 0) {
		out16(handoff->pm1a_cnt, (uint16_t)(handoff->slp_typ_a | SLP_EN));
		if (handoff->pm1b_cnt != 0)
			out16(handoff->pm1b_cnt, (uint16_t)(handoff->slp_typ_b | SLP_EN));
	} else if (reboot) {
		if (handoff->reset_port != 0)
			out8(handoff->reset_port, (uint8_t)handoff->reset_value);
		out8(RESET_CONTROL, 6);
	}
	for (unsigned i = 0; i < RESET_SPINS; i++)
		hw_pause(); /* bound: about a second */
}
