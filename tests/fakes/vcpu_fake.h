/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual processors of host tests: vcpu.h without a processor. It must refuse to run a VM that is not loaded. */
#ifndef VCPU_FAKE_H
#define VCPU_FAKE_H

#include "vcpu.h"

/* What the hardware block of one virtual processor holds, and what was done to it. Tests set the state freely. */
struct vcpu_fake {
	bool made;
	unsigned dom;
	hpa_t npt_root;
	uint64_t tsc_offset, rip, rsp, cr2, cr3, efer, pat;
	uint32_t cpl;
	bool interrupts, osxsave;
	bool shadow;	   /* an interrupt offered now must wait */
	bool refuse_write; /* vcpu_efer_set and vcpu_pat_set answer #GP */
	unsigned skips, injections, loads, saves, runs, flushes;
	uint32_t vector, error; /* of the last injection */
	bool has_error;
	int taken;     /* vector the guest took in this run */
	int delivered; /* last one it ever took; -1 = none */
	unsigned deliveries;
};

/* vcpu_fake_reset - no virtual processor exists, nothing is loaded. */
void vcpu_fake_reset(void);
struct vcpu_fake *vcpu_fake_of(const struct vcpu *v);
/* vcpu_fake_loaded - whose registers this processor holds; NULL = nobody's. */
const struct vcpu *vcpu_fake_loaded(unsigned cpu);

/* vcpu_fake_left - does this processor hold registers of a VM that is no more? */
bool vcpu_fake_left(unsigned cpu);

/* What the guest does when it runs: fills the exit (zeroed before) and moves the clock. NULL: running is a mistake. */
extern void (*vcpu_fake_guest)(struct vcpu *v, struct vcpu_exit *x);

#endif
