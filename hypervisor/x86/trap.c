/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptor tables and what happens on a vector: interrupts are noted, NMIs counted, everything else stops the machine. */
#include "percpu.h"

extern uint8_t x86_stubs[];
void x86_load_gdt(const void *gdtr);

#define IDT_VECTORS    256u
#define GATE_INTERRUPT 0x8e00u
#define IST_CRASH      1u
#define TSS_BYTES      104u
#define MSR_GS_BASE    0xc0000101u
#define MSR_PAT	       0x277u
#define RFLAGS_IF      BIT(9)

struct gate {
	uint16_t offset_low, selector, flags, offset_mid;
	uint32_t offset_high, reserved;
};

struct table_register {
	uint16_t pad[3]; /* so that base is aligned */
	uint16_t limit;
	uint64_t base;
};

static _Alignas(16) struct gate idt[IDT_VECTORS];

static void gate_set(unsigned vector)
{
	uint64_t at = (uint64_t)x86_stubs + 16ull * vector;
	bool own_stack = vector == VECTOR_NMI || vector == 8 || vector == 18; /* NMI, #DF, #MC */

	idt[vector] = (struct gate){
		.offset_low = (uint16_t)at,
		.selector = 0x08,
		.flags = (uint16_t)(GATE_INTERRUPT | (own_stack ? IST_CRASH : 0)),
		.offset_mid = (uint16_t)(at >> 16),
		.offset_high = (uint32_t)(at >> 32),
	};
}

void idt_load(void)
{
	struct table_register r = {.limit = sizeof idt - 1, .base = (uint64_t)idt};

	for (unsigned v = 0; v < IDT_VECTORS; v++)
		gate_set(v);
	__asm__ volatile("lidt (%0)" : : "r"(&r.limit) : "memory");
}

static void gdt_load(struct percpu *p, const struct handoff_cpu *hc)
{
	struct table_register r = {.limit = sizeof p->gdt - 1, .base = (uint64_t)p->gdt};
	uint64_t tss = (uint64_t)p->tss;

	memset(p->tss, 0, sizeof p->tss);
	memcpy(p->tss + 0x24, &hc->ist_top, sizeof hc->ist_top); /* IST1: AMD APM vol 2, 12.2.5 */
	p->tss[102] = TSS_BYTES;				 /* no I/O permission map */
	p->gdt[0] = 0;
	p->gdt[1] = 0x00af9b000000ffff;
	p->gdt[2] = 0x00cf93000000ffff;
	p->gdt[3] =
		(TSS_BYTES - 1) | (tss & 0xffffff) << 16 | 0x89ull << 40 | (tss >> 24 & 0xff) << 56;
	p->gdt[4] = tss >> 32;
	x86_load_gdt(&r.limit);
	x86_wrmsr(MSR_GS_BASE, (uint64_t)p);
}

#define CR4_WANTED (BIT(5) | BIT(9) | BIT(10) | BIT(18)) /* PAE OSFXSR OSXMMEXCPT OSXSAVE */

void x86_cpu_init(unsigned cpu, const struct handoff *h)
{
	static uint64_t pat; /* the loader's: nested tables mean the same on every processor */
	struct percpu *p = percpu_at(cpu);
	uint64_t cr4 = CR4_WANTED;
	uint32_t r[4];

	p->index = cpu;
	p->apic_id = h->cpu[cpu].apic_id;
	p->self = p;
	windows_init(p, &h->cpu[cpu]);
	gdt_load(p, &h->cpu[cpu]);
	idt_load();
	if (cpu == 0)
		pat = x86_rdmsr(MSR_PAT);
	x86_wrmsr(MSR_PAT, pat);
	x86_cpuid(7, 0, r);
	cr4 |= (r[1] & BIT(7)) ? BIT(20) : 0;  /* SMEP */
	cr4 |= (r[1] & BIT(20)) ? BIT(21) : 0; /* SMAP */
	cr4 |= (r[2] & BIT(2)) ? BIT(11) : 0;  /* UMIP */
	__asm__ volatile("mov %0, %%cr4" : : "r"(cr4));
	apic_cpu_init();
}

void x86_trap(struct trap_frame *f)
{
	struct percpu *p = percpu_self();

	if (f->vector == VECTOR_NMI) {
		p->nmi_count++; /* a device can be made to send one: it must not hurt */
		if (x86_halting())
			x86_stop();
		return;
	}
	if (f->vector < 32)
		crash_trap(f);
	if (f->vector == VECTOR_TIMER)
		p->armed = 0;
	p->pending[f->vector / 64] |= BIT(f->vector % 64);
	apic_eoi(); /* a spurious one has nothing in service, and nothing else can be: no effect */
	f->rflags &= ~RFLAGS_IF; /* one each time they are let in: a storm cannot keep us here */
}
