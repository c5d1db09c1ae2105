/* SPDX-License-Identifier: Apache-2.0 */
/* The real local APIC: EOI, one-shot timer, IPIs. xAPIC by MMIO, or x2APIC when the firmware has left it on. */
#include "percpu.h"

enum { REG_TPR = 0x80, REG_EOI = 0xb0, REG_SVR = 0xf0, REG_ICR = 0x300, REG_ICR_HIGH = 0x310 };
enum { REG_LVT_TIMER = 0x320, REG_LVT_LINT0 = 0x350, REG_LVT_LINT1 = 0x360, REG_LVT_ERROR = 0x370 };
enum { REG_INITIAL = 0x380, REG_DIVIDE = 0x3e0 };

#define MSR_APIC_BASE 0x1bu
#define APIC_EXTD     BIT(10)
#define MSR_X2APIC    0x800u
#define LVT_MASKED    0x10000u
#define DIVIDE_BY_1   0xbu
#define ICR_PENDING   BIT(12)
#define ICR_NMI	      0x400u
#define ICR_INIT      0x500u
#define ICR_ASSERT    0x4000u
#define ICR_SPINS     100000u

static volatile uint32_t *mmio; /* NULL in x2APIC mode */

static void write(unsigned reg, uint32_t value)
{
	if (mmio != NULL)
		mmio[reg / 4] = value;
	else
		x86_wrmsr(MSR_X2APIC + reg / 16, value);
}

void x86_apic_init(const struct handoff *h)
{
	if (x86_rdmsr(MSR_APIC_BASE) & APIC_EXTD)
		return;
	for (uint32_t i = 0; i < h->mmio_count; i++) {
		if (h->mmio[i].kind == MMIO_LAPIC)
			mmio = (volatile uint32_t *)h->mmio[i].va;
	}
	ASSERT(mmio != NULL);
}

bool hw_x2apic(void)
{
	return mmio == NULL;
}

void apic_cpu_init(void)
{
	write(REG_SVR, 0x100 | VECTOR_SPURIOUS);
	write(REG_TPR, 0);
	write(REG_LVT_LINT0, LVT_MASKED);
	write(REG_LVT_LINT1, LVT_MASKED);
	write(REG_LVT_ERROR, LVT_MASKED);
	write(REG_DIVIDE, DIVIDE_BY_1);
	write(REG_LVT_TIMER, VECTOR_TIMER); /* one-shot */
	write(REG_INITIAL, 0);
}

void apic_eoi(void)
{
	write(REG_EOI, 0);
}

void apic_timer_set(uint32_t count)
{
	write(REG_INITIAL, count);
}

void apic_ipi(uint32_t apic_id, uint32_t command)
{
	if (mmio == NULL) {
		x86_wrmsr(MSR_X2APIC + REG_ICR / 16, (uint64_t)apic_id << 32 | command);
		return;
	}
	for (unsigned i = 0; i < ICR_SPINS && (mmio[REG_ICR / 4] & ICR_PENDING); i++)
		hw_pause(); /* bound: the IPI before this one; a stuck one is lost with what follows it */
	mmio[REG_ICR_HIGH / 4] = apic_id << 24;
	mmio[REG_ICR / 4] = command;
}

void apic_stop(uint32_t apic_id, bool ours)
{
	apic_ipi(apic_id, ICR_ASSERT | (ours ? ICR_NMI : ICR_INIT));
}
