/* SPDX-License-Identifier: Apache-2.0 */
/* The restart policy: decides what comes after a death that nobody asked for. Must not stop or start anything: life.c does. */
#include "hw.h"
#include "restart.h"

bool restart_next(struct domain *d)
{
	struct restart *r = &d->restart;
	uint64_t now = hw_tsc();

	if (!(d->sys->flags & HV_DOM_AUTORESTART))
		return false;
	if (now - r->since > d->sys->restart_window_s * dom_handoff()->tsc_khz * 1000)
		*r = (struct restart){.since = now};
	if (r->stage == RESTART_BUDGET && r->count < d->sys->restart_count) {
		r->count++;
	} else if (r->stage == RESTART_BUDGET && d->kept && r->count != 0) {
		*r = (struct restart){.since = now, .stage = RESTART_COLD};
		d->cold = true;
	} else {
		*r = (struct restart){.stage = RESTART_QUARANTINE};
	}
	r->coming = r->stage != RESTART_QUARANTINE;
	r->untold = true;
	return r->coming;
}

void restart_pardon(struct domain *d)
{
	d->restart = (struct restart){.since = hw_tsc()};
	d->not_before = d->work.wait = 0;
}
