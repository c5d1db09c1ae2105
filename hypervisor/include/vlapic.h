/* SPDX-License-Identifier: Apache-2.0 */
/* The local APIC a guest sees: x2APIC registers only, one processor, TSC-deadline timer. Touched only by the home processor of its VM. */
#ifndef VLAPIC_H
#define VLAPIC_H

#include "types.h"

#define MSR_X2APIC_FIRST 0x800u
#define MSR_X2APIC_LAST	 0x83fu

#define VLAPIC_REGS 64u

enum { VLAPIC_ID = 0x02, VLAPIC_VERSION = 0x03, VLAPIC_TPR = 0x08, VLAPIC_PPR = 0x0a };
enum { VLAPIC_EOI = 0x0b, VLAPIC_LDR = 0x0d, VLAPIC_SVR = 0x0f, VLAPIC_ISR = 0x10 };
enum { VLAPIC_IRR = 0x20, VLAPIC_ESR = 0x28, VLAPIC_ICR = 0x30, VLAPIC_LVT = 0x32 };
enum { VLAPIC_LVT_ERROR = 0x37, VLAPIC_INITIAL = 0x38, VLAPIC_CURRENT = 0x39 };
enum { VLAPIC_DIVIDE = 0x3e, VLAPIC_SELF = 0x3f };

/* TMR stays 0: all edge-triggered; the count-down timer never runs: deadline mode only. */
struct vlapic {
	uint32_t reg
		[VLAPIC_REGS]; /* by MSR, from 0x800 on; LVT: timer, thermal, perf, LINT0, LINT1, error */
	uint32_t irr_words, isr_words; /* which words of IRR and ISR are not 0, one bit for each */
	uint64_t icr;
	uint64_t deadline; /* guest TSC; 0 = disarmed */
};

void vlapic_init(struct vlapic *l);

/* vlapic_read, vlapic_write - RDMSR, WRMSR of 0x800..0x83f; false = #GP. Intel SDM vol 3, 11.12.1 (x2APIC). */
bool vlapic_read(const struct vlapic *l, uint32_t msr, uint64_t *value) MUST_CHECK;
bool vlapic_write(struct vlapic *l, uint32_t msr, uint64_t value) MUST_CHECK;

void vlapic_deadline_set(struct vlapic *l, uint64_t guest_tsc);
/* vlapic_tick - the guest's clock is now guest_tsc: post the timer vector when the deadline has passed. */
void vlapic_tick(struct vlapic *l, uint64_t guest_tsc);

/* vlapic_post - vector 16..255 becomes pending (edge); lower ones set ESR and go nowhere. */
void vlapic_post(struct vlapic *l, uint32_t vector);
/* vlapic_pending - highest pending vector above the processor priority, or -1. */
int vlapic_pending(const struct vlapic *l);
/* vlapic_eoi - the interrupt in service with the highest vector, if there is one, has ended. */
void vlapic_eoi(struct vlapic *l);
/* vlapic_accept - the processor took this vector: pending -> in service. */
void vlapic_accept(struct vlapic *l, uint32_t vector);

#endif
