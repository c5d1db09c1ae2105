/* SPDX-License-Identifier: Apache-2.0 */
/* What the restart policy decided is said, and its pause set, in the first step after the death. Must not run on an exit of a guest. */
#include "hw.h"
#include "restart.h"

#define PAUSE_FIRST_MS 250u
#define PAUSE_LAST_MS  4000u
#define PAUSE_LAST_AT  6u /* the restart of a window that has it first */

static uint32_t pause_ms(const struct restart *r)
{
	if (r->stage == RESTART_COLD || r->count >= PAUSE_LAST_AT)
		return PAUSE_LAST_MS;
	return r->count <= 1 ? 0 : PAUSE_FIRST_MS << (r->count - 2);
}

void restart_pause(struct domain *d)
{
	struct restart *r = &d->restart;
	const char *name = (const char *)d->sys->name;
	uint32_t pause = pause_ms(r);

	if (!r->untold)
		return;
	r->untold = false;
	d->not_before = d->stopped_at + pause * dom_handoff()->tsc_khz;
	if (r->stage == RESTART_BUDGET)
		log_line("vm %s restart %u of %u in %u s, after %u ms", name, r->count,
			 d->sys->restart_count, d->sys->restart_window_s, pause);
	else if (r->stage == RESTART_COLD)
		log_line("vm %s restart from its image, after %u ms", name, pause);
	else
		log_line("vm %s has no restart left", name);
}
