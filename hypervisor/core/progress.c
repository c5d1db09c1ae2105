/* SPDX-License-Identifier: Apache-2.0 */
/* Stops VMs that get nowhere. Must not run on an exit of a guest, nor count time that another VM had. */
#include "device.h"
#include "hv_event.h"
#include "hw.h"
#include "life.h"
#include "progress.h"

static bool judged(const struct domain *d)
{
	return d->sys->progress_ms != 0 && d->state == HV_VM_RUNNING && d->stop_by == 0;
}

static uint64_t ms_to_tsc(uint64_t ms)
{
	return ms * dom_handoff()->tsc_khz;
}

/* All that a VM may be offered while the same thing waits. */
static uint64_t patience(const struct domain *d)
{
	return ms_to_tsc((uint64_t)d->sys->progress_ms * d->sys->progress_missed);
}

static void count_part(struct progress_part *p, uint64_t ticks)
{
	p->offered += p->counts ? ticks : 0;
	p->counts = false;
}

static void count(struct domain *d, uint64_t now)
{
	struct progress *p = &d->progress;
	uint64_t end = now < p->until ? now : p->until; /* who is late is the machine, not the VM */
	uint64_t ticks = end > p->since ? end - p->since : 0;

	count_part(&p->start, ticks);
	count_part(&p->events, ticks);
	count_part(&p->ask, ticks);
}

static bool overdue(const struct domain *d, const struct progress_part *p, uint64_t most,
		    const char *what)
{
	if (p->offered < most)
		return false;
	log_line("vm %s makes no progress: %s for %lu ms that it was offered",
		 (const char *)d->sys->name, what, p->offered / dom_handoff()->tsc_khz);
	return true;
}

static bool stuck(const struct domain *d)
{
	const struct progress *p = &d->progress;

	if (!d->ready)
		return d->sys->start_ms != 0 &&
		       overdue(d, &p->start, ms_to_tsc(d->sys->start_ms), "not ready");
	return overdue(d, &p->events, patience(d), "events not taken") ||
	       overdue(d, &p->ask, patience(d), "a question not answered");
}

static void judge(struct domain *d, uint64_t now)
{
	struct progress *p = &d->progress;

	if (stuck(d)) {
		life_stop(d, HV_STOP_PROGRESS);
		return;
	}
	if (p->ask_at != 0 && now < p->ask_at)
		return;
	if (p->ask_at != 0) {
		p->ask.waits = d->ready; /* before, nobody may be there to hear it */
		dom_post(d, 1, HV_EVENT_ASK);
	}
	p->ask_at = now + ms_to_tsc(PROGRESS_ASK_MS);
}

void progress_judge(unsigned cpu)
{
	for (uint32_t i = 0; i < dom_count(); i++) {
		struct domain *d = dom_at(i);
		uint64_t now = hw_tsc();

		if (d->cpu == cpu)
			device_storm(d);
		if (d->cpu != cpu || !judged(d))
			continue;
		count(d, now);
		judge(d, now);
	}
}

/* What will count from now on, and when that is enough. */
static void look(struct domain *d, bool offered, uint64_t now, uint64_t *until)
{
	struct progress *p = &d->progress;
	uint64_t longest = p->events.offered > p->ask.offered ? p->events.offered : p->ask.offered;
	uint64_t verdict = now + (d->ready ? patience(d) - longest
					   : ms_to_tsc(d->sys->start_ms) - p->start.offered);

	p->since = now;
	p->start.counts = !d->ready && d->sys->start_ms != 0 && offered;
	p->events.waits = (atomic_load_explicit(&d->events[0], memory_order_relaxed) |
			   atomic_load_explicit(&d->events[1], memory_order_relaxed)) != 0;
	p->events.counts = d->ready && offered && p->events.waits;
	p->ask.counts = offered && p->ask.waits;
	if (p->ask_at < *until)
		*until = p->ask_at;
	if ((p->start.counts || p->events.counts || p->ask.counts) && verdict < *until)
		*until = verdict;
	p->until = *until;
}

void progress_look(unsigned cpu, const struct domain *picked, uint64_t now, uint64_t *until)
{
	for (uint32_t i = 0; i < dom_count(); i++) {
		struct domain *d = dom_at(i);

		if (d->cpu == cpu && judged(d))
			look(d, d == picked || d->vcpu.halted, now, until);
	}
}

void progress_ran(struct domain *d, uint64_t now)
{
	count(d, now);
}
