/* SPDX-License-Identifier: Apache-2.0 */
/* Which VM a processor serves next, and the loop that serves it. Must not touch a VM whose home is another processor. */
#include "bar.h"
#include "channel.h"
#include "device.h"
#include "entropy.h"
#include "exit.h"
#include "focus.h"
#include "hw.h"
#include "life.h"
#include "lock.h"
#include "progress.h"
#include "sched.h"
#include "swap.h"

/* turn of a VM that has used its budget, while nobody else wants the time */
#define LEFTOVER_SLICE_US 1000u
#define SHADOW_RETRY_US	  20u
#define VECTORS_AT_ONCE	  16u
#define NEVER		  UINT64_MAX

static struct domain *current[CPU_MAX]; /* whose registers the processor holds */
static bool faults_left[CPU_MAX];	/* the IOMMU may have more than was taken */

static uint64_t us_to_tsc(uint64_t us)
{
	return us * dom_handoff()->tsc_khz / 1000;
}

void sched_init(struct domain *d, uint64_t now)
{
	memset(&d->sched, 0, sizeof d->sched);
	memset(&d->progress, 0, sizeof d->progress);
	d->sched.budget = us_to_tsc(d->sys->budget_us);
	d->sched.period = us_to_tsc(d->sys->period_us);
	d->sched.left = d->sched.budget;
	d->sched.period_end = now + d->sched.period;
}

void sched_charge(struct domain *d, uint64_t ticks)
{
	d->sched.used += ticks;
	d->sched.left -= ticks < d->sched.left ? ticks : d->sched.left;
}

void sched_forget(struct domain *d)
{
	if (current[d->cpu] != d)
		return;
	vcpu_load(&d->vcpu); /* wiped: its registers are, too */
	current[d->cpu] = NULL;
}

void sched_unload(struct domain *d)
{
	if (current[d->cpu] != d)
		return;
	vcpu_save(&d->vcpu);
	current[d->cpu] = NULL;
}

static uint64_t guest_tsc(const struct domain *d, uint64_t now)
{
	return now + vcpu_tsc_offset(&d->vcpu);
}

/* Bring the guest's timer and doorbell up to date; does it want the processor? */
static bool guest_wants(struct domain *d, uint64_t now)
{
	vlapic_tick(&d->vcpu.lapic, guest_tsc(d, now));
	event_sync(d);
	device_retry(d);
	if (d->vcpu.halted && vlapic_pending(&d->vcpu.lapic) >= 0)
		d->vcpu.halted = false;
	return !d->vcpu.halted;
}

/* When the host's clock shows the guest's deadline, which lies ahead: a far one must not wrap into the past. */
static uint64_t deadline_at(const struct domain *d, uint64_t now)
{
	uint64_t left = d->vcpu.lapic.deadline - guest_tsc(d, now);

	return left < NEVER - now ? now + left : NEVER;
}

static void refill(struct domain *d, uint64_t now)
{
	if (now < d->sched.period_end)
		return;
	d->sched.left = d->sched.budget;
	d->sched.period_end = now + d->sched.period;
	if (chan_credit_waits(d))
		chan_refill(d);
	if (d->irqs_closed)
		device_reopen(d);
	if (d->bar_owed) {
		lock_core();
		d->bar_owed = false;
		bar_draw();
		unlock_core();
	}
}

static bool better(const struct domain *a, const struct domain *b)
{
	bool a_budget = a->sched.left > 0, b_budget = b->sched.left > 0;

	if (a_budget != b_budget)
		return a_budget;
	if (a_budget && a->sys->priority != b->sys->priority)
		return a->sys->priority > b->sys->priority;
	if (a->sched.left != b->sched.left)
		return a->sched.left > b->sched.left;
	return a->sched.last_run < b->sched.last_run;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

struct domain *sched_pick(unsigned cpu, uint64_t now, uint64_t *until)
{
	struct domain *best = NULL;
	uint64_t limit = NEVER;

	for (uint32_t i = 0; i < dom_count(); i++) {
		struct domain *d = dom_at(i);
		bool wants;

		if (d->cpu != cpu)
			continue;
		refill(d, now);
		wants = life_has_work(d) ? now >= d->work.wait
					 : d->state == HV_VM_RUNNING && guest_wants(d, now);
		if (life_has_work(d) && !wants)
			limit = earlier(limit, d->work.wait);
		wants |= d->swap.spare.state == HV_SPARE_SEALING;
		if (d->swap.trial_end != 0)
			limit = earlier(limit, d->swap.trial_end);
		if (d->state == HV_VM_RUNNING && d->vcpu.lapic.deadline != 0)
			limit = earlier(limit, deadline_at(d, now));
		if (d->stop_by != 0)
			limit = earlier(limit, d->stop_by);
		if ((wants && d->sched.left == 0) || chan_credit_waits(d) || d->bar_owed ||
		    d->irqs_closed)
			limit = earlier(limit, d->sched.period_end);
		if (wants && (best == NULL || better(d, best)))
			best = d;
	}
	if (best != NULL)
		limit = earlier(limit, now + (best->sched.left > 0 ? best->sched.left
								   : us_to_tsc(LEFTOVER_SLICE_US)));
	*until = limit;
	return best;
}

static void switch_to(struct domain *d)
{
	struct domain *old = current[d->cpu];

	if (old == d)
		return;
	if (old != NULL)
		vcpu_save(&old->vcpu);
	vcpu_load(&d->vcpu);
	current[d->cpu] = d;
}

static void run_guest(struct domain *d, uint64_t now, uint64_t until)
{
	struct vcpu_exit x;
	int taken;

	switch_to(d);
	vcpu_irq_offer(&d->vcpu, vlapic_pending(&d->vcpu.lapic));
	/* each time longer: the timer may fire before the guest's next instruction */
	if (d->vcpu.shadow_tries != 0)
		until = earlier(until,
				now + us_to_tsc(SHADOW_RETRY_US << d->vcpu.shadow_tries % 8));
	entropy_fill(d);
	hw_timer_arm(until == NEVER ? 0 : until);
	vcpu_run(&d->vcpu, &x);
	taken = vcpu_irq_taken(&d->vcpu);
	if (taken >= 0)
		vlapic_accept(&d->vcpu.lapic, (uint32_t)taken);
	exit_handle(d, &x);
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
		hw_timer_arm(until == NEVER ? 0 : until);
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
