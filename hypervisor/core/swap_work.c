/* SPDX-License-Identifier: Apache-2.0 */
/* Another image for a VM: what its home processor does about it, between two turns. Must not run on an exit of a guest. */
#include "hw.h"
#include "life.h"
#include "lock.h"
#include "restart.h"
#include "swap.h"

#define SEAL_STEP_PAGES 8u

static const char *name_of(const struct domain *d)
{
	return (const char *)d->sys->name;
}

static uint64_t ms_to_tsc(uint64_t ms)
{
	return ms * dom_handoff()->tsc_khz;
}

/* --- sealing --- */

static enum hv_err seal(struct domain *d)
{
	struct swap *s = &d->swap;

	if (s->spare.used || s->runs || s->spare.state == HV_SPARE_SEALING ||
	    (s->what != 0 && s->spare.state == HV_SPARE_SEALED))
		return HV_EBUSY;
	s->spare.bytes = s->what;
	memset(s->spare.digest, 0, sizeof s->spare.digest);
	s->hashed = 0;
	sha256_init(&s->sha);
	s->spare.state = s->what != 0 ? HV_SPARE_SEALING : HV_SPARE_OPEN;
	return HV_OK;
}

bool swap_turn(struct domain *d)
{
	struct swap *s = &d->swap;

	if (s->spare.state != HV_SPARE_SEALING)
		return false;
	s->hashed_last = !s->hashed_last ||
			 !(life_has_work(d) || (d->state == HV_VM_RUNNING && !d->vcpu.halted));
	return s->hashed_last;
}

/* Nobody writes there any more: no lock is held over the work. */
void swap_step(struct domain *d)
{
	struct swap *s = &d->swap;

	for (unsigned i = 0; i < SEAL_STEP_PAGES && s->hashed < s->spare.bytes; i++) {
		hpa_t page = {d->mem->spare.hpa + s->hashed};

		sha256_update(&s->sha, hw_window(WIN_WORK, page, false), PAGE_SIZE);
		s->hashed += PAGE_SIZE;
	}
	hw_windows_close();
	if (s->hashed < s->spare.bytes)
		return;
	lock_core();
	sha256_final(&s->sha, s->spare.digest);
	s->spare.state = HV_SPARE_SEALED;
	unlock_core();
	log_line("vm %s spare image sealed, %lu KiB", name_of(d), s->spare.bytes / 1024);
}

/* --- swapping --- */

static bool allowed(const struct domain *d)
{
	const struct hv_sys_domain *s = d->sys;
	const uint8_t *digest = d->swap.spare.digest;

	return (s->flags & HV_DOM_DEVELOPER) || memcmp(digest, s->image_digest, 32) == 0 ||
	       memcmp(digest, s->swap_digest, 32) == 0;
}

static enum hv_err take_spare(struct domain *d)
{
	struct swap *s = &d->swap;

	if (s->spare.state != HV_SPARE_SEALED || s->spare.used || s->runs)
		return HV_ESTATE;
	if (!allowed(d))
		return HV_EPERM;
	s->spare.used = 1;
	s->spare.back = HV_BACK_NONE;
	s->spare.trial_ms = s->how;
	s->trial_end = s->how != 0 ? hw_tsc() + ms_to_tsc(s->how) : 0;
	restart_pardon(d);
	d->cold = true;
	log_line("vm %s takes its spare image, trial %u ms", name_of(d), s->how);
	life_request(d, LIFE_RESTART);
	return HV_OK;
}

static enum hv_err confirm(struct domain *d)
{
	if (!d->swap.runs || d->swap.trial_end == 0 || !d->ready)
		return HV_ESTATE;
	d->swap.trial_end = 0;
	d->swap.spare.trial_ms = 0;
	d->cold = false; /* the next life begins at its checkpoint, if it has one */
	log_line("vm %s keeps its spare image", name_of(d));
	return HV_OK;
}

static bool back(struct domain *d, enum hv_back why)
{
	if (!d->swap.spare.used)
		return false;
	d->swap.spare.used = 0;
	d->swap.spare.back = why;
	d->swap.trial_end = 0;
	d->swap.spare.trial_ms = 0;
	restart_pardon(d); /* it was the other image's */
	d->cold = true;
	log_line("vm %s goes back to its boot image, reason %u", name_of(d), why);
	return true;
}

static enum hv_err go_back(struct domain *d)
{
	if (d->swap.how < HV_BACK_ASKED || d->swap.how > HV_BACK_KEYS)
		return HV_EINVAL;
	if (!back(d, (enum hv_back)d->swap.how))
		return HV_ESTATE;
	life_request(d, LIFE_RESTART);
	return HV_OK;
}

bool swap_refused(struct domain *d)
{
	bool other = d->swap.runs && back(d, HV_BACK_REFUSED);

	d->swap.runs = false;
	return other;
}

/* --- between two turns --- */

static void serve_order(struct domain *d)
{
	struct swap *s = &d->swap;
	enum hv_err answer;

	if (s->order == HV_CALL_IMAGE_SEAL)
		answer = seal(d);
	else if (s->what == HV_SWAP_SPARE)
		answer = take_spare(d);
	else
		answer = s->what == HV_SWAP_BOOT ? go_back(d) : confirm(d);
	s->spare.answer = answer;
}

/* A life of the spare image is over, its memory not yet scrubbed: on trial it comes no more, and one that was given up makes room. */
static void life_over(struct domain *d)
{
	bool given_up = d->after_scrub == HV_VM_DEAD && d->cause != HV_STOP_KILLED;
	bool other = false;

	if (d->swap.trial_end != 0)
		other = back(d, HV_BACK_STOPPED);
	else if (given_up && (d->sys->flags & HV_DOM_AUTORESTART))
		other = back(d, HV_BACK_BUDGET);
	if (other && given_up)
		d->after_scrub = HV_VM_LOADING;
}

static void serve_trial(struct domain *d)
{
	uint64_t now = hw_tsc(), end = d->swap.trial_end;

	d->cold = true; /* whatever ends this life */
	if (now < end)
		d->swap.spare.trial_ms = (uint32_t)((end - now - 1) / ms_to_tsc(1) + 1);
	else if (back(d, HV_BACK_TIME))
		life_request(d, (enum life_request)(LIFE_RESTART | LIFE_NOW));
}

void swap_serve(struct domain *d)
{
	bool over = d->swap.runs && d->state == HV_VM_SCRUBBING;

	if (d->swap.spare.answer != HV_EAGAIN && !over && d->swap.trial_end == 0)
		return;
	lock_core();
	if (over)
		life_over(d);
	if (d->swap.spare.answer == HV_EAGAIN)
		serve_order(d);
	if (d->swap.trial_end != 0)
		serve_trial(d);
	unlock_core();
}
