/* SPDX-License-Identifier: Apache-2.0 */
/* Stops a VM whose device goes on interrupting too often. Must not run on an interrupt: device.c only counts there. */
#include "device_state.h"
#include "life.h"

/* How often its devices were closed since D has them. */
static uint32_t closed(const struct domain *d)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < device_count; i++)
		n += devices[i].dom == d && devices[i].assigned ? devices[i].storms : 0;
	return n;
}

void device_storm(struct domain *d)
{
	struct device_storm *s = &d->storm;
	uint32_t now = closed(d);
	uint64_t over;

	if (d->state != HV_VM_RUNNING || s->period_end == d->sched.period_end)
		return;
	over = (d->sched.period_end - s->period_end) / d->sched.period;
	s->period_end = d->sched.period_end;
	if (now != s->closed)
		s->periods++;
	else
		s->periods -= over < s->periods ? (uint32_t)over : s->periods;
	s->closed = now;
	if (s->periods < STORM_PERIODS)
		return;
	log_line("vm %s: interrupts of its devices come too often in period after period",
		 (const char *)d->sys->name);
	life_stop(d, HV_STOP_INTERRUPTS);
}
