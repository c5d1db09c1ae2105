/* SPDX-License-Identifier: Apache-2.0 */
/* The restart policy: decides what comes after a death that nobody asked for. Must not stop or start anything: life.c does. */
#include "hw.h"
#include "life.h"
#include "restart.h"

#define PAUSE_FIRST_MS 250u
#define PAUSE_LAST_MS  4000u
#define PAUSE_LAST_AT  5u /* restarts of a window before it */

static uint64_t ms_to_tsc(uint64_t ms)
{
	return ms * dom_handoff()->tsc_khz;
}

static bool late(const struct domain *d, uint64_t now)
{
	return now - d->restart.since > ms_to_tsc((uint64_t)d->sys->restart_window_s * 1000);
}

static uint32_t pause_ms(uint32_t before)
{
	if (before >= PAUSE_LAST_AT)
		return PAUSE_LAST_MS;
	return before == 0 ? 0 : PAUSE_FIRST_MS << (before - 1);
}

bool restart_next(struct domain *d)
{
	struct restart *r = &d->restart;
	const char *name = (const char *)d->sys->name;
	uint64_t now = hw_tsc();
	uint32_t pause = pause_ms(r->count);

	if (!(d->sys->flags & HV_DOM_AUTORESTART))
		return false;
	if (late(d, now)) {
		*r = (struct restart){.since = now};
		pause = 0;
	}
	if (r->stage == RESTART_BUDGET && r->count < d->sys->restart_count) {
		r->count++;
		log_line("vm %s restart %u of %u in %u s, after %u ms", name, r->count,
			 d->sys->restart_count, d->sys->restart_window_s, pause);
	} else if (r->stage == RESTART_BUDGET && d->kept && r->count != 0) {
		*r = (struct restart){.since = now, .stage = RESTART_COLD};
		d->cold = true;
		pause = PAUSE_LAST_MS;
		log_line("vm %s restart from its image, after %u ms", name, pause);
	} else {
		*r = (struct restart){.stage = RESTART_QUARANTINE};
		log_line("vm %s has no restart left", name);
		return false;
	}
	r->coming = true;
	d->not_before = now + ms_to_tsc(pause);
	return true;
}

void restart_pardon(struct domain *d)
{
	d->restart = (struct restart){.since = hw_tsc()};
	d->not_before = d->work.wait = 0;
}

void restart_status(const struct domain *d, struct hv_vm_status *out)
{
	const struct restart *r = &d->restart;
	uint64_t now = hw_tsc();
	bool by_itself = (d->sys->flags & HV_DOM_AUTORESTART) && r->stage == RESTART_BUDGET;

	out->quarantined = r->stage == RESTART_QUARANTINE;
	if (by_itself)
		out->restarts_left = d->sys->restart_count - (late(d, now) ? 0 : r->count);
	if (r->coming && life_has_work(d) && d->not_before > now)
		out->restart_in_ms = (uint32_t)((d->not_before - now) / ms_to_tsc(1));
}
