/* SPDX-License-Identifier: Apache-2.0 */
/* The focus and the screen that goes with it. The screen is in one domain's table at a time, and is wiped in between. */
#include "bar.h"
#include "channel.h"
#include "focus.h"
#include "hv_event.h"
#include "hw.h"
#include "lock.h"

/*
 * A change: holder and generation are new at once, so input for the old one is stale from that moment. The screen follows:
 * the old holder's home processor takes it out of its table and flushes, then the new one's wipes it and maps it.
 * Until then the new holder's input waits.
 */
static struct domain *holder;	 /* who is to have it */
static struct domain *screen_in; /* whose table maps the screen */
static uint64_t current_generation;

static uint64_t area_hpa, area_bytes; /* the rows below the bar, whole pages */
static struct hv_fb_info fb;

void focus_init(void)
{
	const struct handoff_fb *f = &dom_handoff()->fb;
	uint64_t bar = ((uint64_t)HANDOFF_BAR_ROWS * f->pitch_bytes + PAGE_MASK) & ~PAGE_MASK;
	uint32_t row;

	holder = screen_in = NULL;
	current_generation = 1;
	memset(&fb, 0, sizeof fb);
	if (f->hpa == 0 || f->height <= 2 * HANDOFF_BAR_ROWS)
		return;
	row = (uint32_t)((bar + f->pitch_bytes - 1) /
			 f->pitch_bytes); /* first row that begins behind the bar's last page */
	area_hpa = f->hpa + bar;
	area_bytes = (((uint64_t)f->pitch_bytes * f->height + PAGE_MASK) & ~PAGE_MASK) - bar;
	fb = (struct hv_fb_info){
		.gpa = FOCUS_SCREEN_GPA + (uint64_t)row * f->pitch_bytes - bar,
		.bytes = (uint64_t)f->pitch_bytes * (f->height - row),
		.width = f->width,
		.height = f->height - row,
		.pitch = f->pitch_bytes,
		.format = f->format,
	};
}

static bool has_screen(const struct domain *d)
{
	return (d->sys->flags & HV_DOM_SCREEN) && fb.gpa != 0;
}

enum hv_err focus_fb_info(const struct domain *d, struct hv_fb_info *out)
{
	if (!has_screen(d))
		return HV_EPERM;
	*out = fb;
	return HV_OK;
}

static uint64_t own_pixels(const struct domain *d)
{
	return d->mem->ram.hpa + d->mem->ram.bytes - HANDOFF_SCREEN_BYTES(dom_handoff()->fb);
}

/* Map the pixels of D: the real ones or its own memory. */
static enum hv_err map_pixels(struct domain *d, bool real)
{
	hpa_t at = {real ? area_hpa : own_pixels(d)};

	return ptab_map(&d->npt, FOCUS_SCREEN_GPA, at, area_bytes, PROT_R | PROT_W,
			real ? MEM_WC : MEM_WB);
}

static void remap(struct domain *d, bool real)
{
	ASSERT(ptab_unmap(&d->npt, FOCUS_SCREEN_GPA, area_bytes) == HV_OK);
	ASSERT(map_pixels(d, real) == HV_OK); /* the tables are there since the start */
	vcpu_flush(&d->vcpu);
}

/* Page by page: a large leaf would put off until the first change of the focus that its tables have no room. */
enum hv_err focus_screen_start(struct domain *d)
{
	enum hv_err err = HV_OK;

	for (uint64_t at = 0; has_screen(d) && at < area_bytes && err == HV_OK; at += PAGE_SIZE)
		err = ptab_map(&d->npt, FOCUS_SCREEN_GPA + at, (hpa_t){own_pixels(d) + at},
			       PAGE_SIZE, PROT_R | PROT_W, MEM_WB);
	return err;
}

/* False: the focus moved on meanwhile. No lock over the work: the screen is in no table, and only the holder's processor wipes. */
static bool wipe_screen(void)
{
	uint64_t asked = current_generation;

	for (uint64_t at = 0; at < area_bytes && current_generation == asked; at += PAGE_SIZE) {
		unlock_core();
		memset(hw_window(WIN_SCREEN, (hpa_t){area_hpa + at}, true), 0, PAGE_SIZE);
		lock_core();
	}
	return current_generation == asked;
}

static void look(const struct domain *d)
{
	if (d != NULL && d->cpu != hw_cpu())
		hw_kick(d->cpu);
}

/* The screen is with the holder, or there is none: input may flow. */
static bool settled(void)
{
	return screen_in == holder || holder == NULL || fb.gpa == 0;
}

static void change(struct domain *to)
{
	if (holder != NULL)
		dom_post(holder, 1, HV_EVENT_FOCUS_LOST);
	holder = to;
	current_generation++;
	look(screen_in);
	look(holder);
	if (settled()) { /* nothing is to be handed over: focus_serve will not say it */
		if (holder != NULL)
			dom_post(holder, 1, HV_EVENT_FOCUS_GAINED);
		chan_focus_moved();
	}
	bar_draw();
	log_line("focus %s generation=%lu", to == NULL ? "nobody" : (const char *)to->sys->name,
		 current_generation);
}

void focus_serve(struct domain *d)
{
	if (d->state != HV_VM_RUNNING || !has_screen(d) || (d != screen_in && d != holder) ||
	    screen_in == holder)
		return;
	lock_core();
	if (d == screen_in && d != holder) {
		remap(d, false);
		screen_in = NULL;
		look(holder);
		d = holder; /* nobody kicks this processor, and it may be the home of both */
	}
	if (d != NULL && d == holder && d->cpu == hw_cpu() && screen_in == NULL && wipe_screen()) {
		remap(d, true);
		screen_in = d;
		dom_post(d, 1, HV_EVENT_FOCUS_GAINED);
		chan_focus_moved();
	}
	unlock_core();
	hw_windows_close();
}

enum hv_err focus_holder(uint64_t generation, struct domain **out)
{
	lock_assert_held();
	if (holder == NULL || generation != current_generation)
		return HV_ESTALE;
	if (!settled())
		return HV_EAGAIN;
	*out = holder;
	return HV_OK;
}

bool focus_is(const struct domain *d)
{
	return d == holder;
}

/* Who is meant by a domain id, or by HV_FOCUS_CHORD + n. */
static struct domain *find(uint64_t id)
{
	for (uint32_t i = 0; i < dom_count(); i++) {
		uint32_t chord = dom_at(i)->sys->chord;

		if (chord != 0 && id == HV_FOCUS_CHORD + chord)
			return dom_at(i);
	}
	return dom_find(id);
}

enum hv_err focus_set(uint64_t id, uint64_t *generation)
{
	struct domain *to = id == HV_DOM_NONE ? NULL : find(id);

	lock_assert_held();
	if (id != HV_DOM_NONE && (to == NULL || !(to->sys->flags & HV_DOM_SCREEN)))
		return HV_EPERM;
	if (to != NULL && to->state != HV_VM_RUNNING)
		return HV_ESTATE;
	if (to != holder)
		change(to);
	*generation = current_generation;
	return HV_OK;
}

uint64_t focus_get(uint64_t *generation)
{
	lock_assert_held();
	*generation = current_generation;
	return holder == NULL ? HV_DOM_NONE : holder->id;
}

void focus_first(struct domain *d)
{
	lock_assert_held();
	if (current_generation == 1 && d->id == dom_system()->first_focus)
		change(d);
}

void focus_domain_gone(struct domain *d)
{
	lock_assert_held();
	if (d == screen_in) {
		/* its table lives until its devices are back; the next holder wipes what it drew */
		ASSERT(ptab_unmap(&d->npt, FOCUS_SCREEN_GPA, area_bytes) == HV_OK);
		screen_in = NULL;
		look(holder);
	}
	if (d == holder)
		change(NULL);
}
