/* SPDX-License-Identifier: Apache-2.0 */
/* Which VM a processor serves next. Must not touch a VM whose home is another processor. */
#include "bar.h"
#include "channel.h"
#include "device.h"
#include "hw.h"
#include "life.h"
#include "lock.h"
#include "sched.h"

/* turn of a VM that has used its budget, while nobody else wants the time */
#define LEFTOVER_SLICE_US 1000u

static struct domain *current[CPU_MAX]; /* whose registers the processor holds */

uint64_t sched_ticks(uint64_t us)
{
	return us * dom_handoff()->tsc_khz / 1000;
}

void sched_init(struct domain *d, uint64_t now)
{
	memset(&d->sched, 0, sizeof d->sched);
	memset(&d->progress, 0, sizeof d->progress);
	d->sched.budget = sched_ticks(d->sys->budget_us);
	d->sched.period = sched_ticks(d->sys->period_us);
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

	return left < SCHED_NEVER - now ? now + left : SCHED_NEVER;
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
	uint64_t limit = SCHED_NEVER;

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
		limit = earlier(limit,
				now + (best->sched.left > 0 ? best->sched.left
							    : sched_ticks(LEFTOVER_SLICE_US)));
	*until = limit;
	return best;
}

void sched_switch(struct domain *d)
{
	struct domain *old = current[d->cpu];

	if (old == d)
		return;
	if (old != NULL)
		vcpu_save(&old->vcpu);
	vcpu_load(&d->vcpu);
	current[d->cpu] = d;
}
