/* SPDX-License-Identifier: Apache-2.0 */
/* The loop in which a processor serves its VMs. Must not touch a VM whose home is another processor. */
#include "device.h"
#include "entropy.h"
#include "exit.h"
#include "focus.h"
#include "hw.h"
#include "life.h"
#include "progress.h"
#include "sched.h"
#include "swap.h"

#define SHADOW_RETRY_US 20u
#define VECTORS_AT_ONCE 16u

static bool faults_left[CPU_MAX]; /* the IOMMU may have more than was taken */

static void run_guest(struct domain *d, uint64_t now, uint64_t until)
{
	sched_switch(d);
	vcpu_irq_offer(&d->vcpu, vlapic_pending(&d->vcpu.lapic));
	/* each time longer: the timer may fire before the guest's next instruction */
	if (d->vcpu.shadow_tries != 0) {
		uint64_t again = now + sched_ticks(SHADOW_RETRY_US << d->vcpu.shadow_tries % 8);

		until = again < until ? again : until;
	}
	entropy_fill(d);
	hw_timer_arm(until == SCHED_NEVER ? 0 : until);
	exit_run(d, until);
}

static void serve_domain(struct domain *d)
{
	swap_serve(d);
	life_serve(d);
	focus_serve(d);
}

/* Timer and kick ask for no more than that we look again. */
static void on_vector(unsigned vector)
{
	uint64_t since = hw_tsc();
	struct domain *owner;

	if (vector == HW_VECTOR_IOMMU)
		faults_left[hw_cpu()] = true;
	owner = device_interrupt(vector);
	if (owner != NULL)
		sched_charge(owner, hw_tsc() - since);
}

/* True: that was enough for one turn, more may wait. */
static bool take_vectors(void)
{
	int vector = 0;

	for (unsigned i = 0; i < VECTORS_AT_ONCE && (vector = hw_vector_next()) >= 0; i++)
		on_vector((unsigned)vector);
	return vector >= 0;
}

/* One turn of the loop: requests, then the VM that is due, or sleep. */
static void serve(unsigned cpu)
{
	uint64_t now, until;
	struct domain *d;
	bool more = take_vectors();

	if (faults_left[cpu])
		faults_left[cpu] = device_faults();
	for (uint32_t i = 0; i < dom_count(); i++) {
		if (dom_at(i)->cpu == cpu)
			serve_domain(dom_at(i));
	}
	progress_judge(cpu);
	now = hw_tsc(); /* what came before is not the time of the one that is picked */
	d = sched_pick(cpu, now, &until);
	progress_look(cpu, d, now, &until);
	hw_windows_close(); /* interrupts looked into tables of guests */
	if (d == NULL && (more || faults_left[cpu]))
		return;
	if (d == NULL) {
		hw_timer_arm(until == SCHED_NEVER ? 0 : until);
		hw_idle();
		return;
	}
	if (swap_turn(d))
		swap_step(d);
	else if (d->state == HV_VM_RUNNING)
		run_guest(d, now, until);
	else
		life_step(d);
	progress_ran(d, hw_tsc());
	sched_charge(d, hw_tsc() - now);
	d->sched.last_run = now;
}

void sched_loop(void)
{
	unsigned cpu = hw_cpu();

	hw_boot_done();
	for (;;)
		serve(cpu);
}
