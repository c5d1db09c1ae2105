/* SPDX-License-Identifier: Apache-2.0 */
/* What x86/ keeps for each processor, found through GS. Private to x86/. */
#ifndef PERCPU_H
#define PERCPU_H

#include "hw.h"
#include "x86.h"

#define VECTOR_TIMER	0xf0u
#define VECTOR_KICK	0xf1u
#define VECTOR_SPURIOUS 0xffu
#define VECTOR_NMI	2u

struct percpu {
	uint32_t index;	     /* GS:0 */
	struct percpu *self; /* GS:8 */
	uint32_t apic_id;
	struct window {
		uint64_t *entry; /* in its table */
		uint64_t va;
		uint64_t shown; /* what is in the entry; 0 = it shows nothing */
	} win[WIN_COUNT];
	uint32_t win_open;   /* slots that show something, one bit for each */
	uint64_t armed;	     /* TSC the timer is set for; 0 = not */
	uint64_t pending[4]; /* vectors that arrived */
	uint64_t nmi_count;
	uint64_t gdt[5];
	uint8_t tss[104];
};

struct trap_frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
	uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

struct percpu *percpu_self(void);
void windows_init(struct percpu *p, const struct handoff_cpu *hc);
struct percpu *percpu_at(unsigned cpu);

void apic_eoi(void);
void apic_cpu_init(void);
void apic_timer_set(uint32_t count);
void apic_ipi(uint32_t apic_id, uint32_t command); /* command: low half of the ICR */
/* apic_stop - an NMI for one that has our handlers; INIT for one that still waits in the memory of the firmware. */
void apic_stop(uint32_t apic_id, bool ours);

void x86_trap(struct trap_frame *f);
void x86_start(const struct handoff *h);
void x86_ap_main(unsigned cpu);
void idt_load(void);

bool x86_halting(void);
NO_RETURN void crash_trap(const struct trap_frame *f);
uint64_t x86_core_base(void);
const struct handoff *x86_handoff(void);
extern uint64_t __stack_chk_guard;
NO_RETURN void __stack_chk_fail(void);
NO_RETURN void x86_stop(void); /* this processor, for ever */

#endif
