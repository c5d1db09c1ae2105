/* SPDX-License-Identifier: Apache-2.0 */
/* The focus: which domain gets input and the screen, and the generation that makes late input stale. */
#ifndef FOCUS_H
#define FOCUS_H

#include "domain.h"

#define FOCUS_SCREEN_GPA 0xe0000000ull /* where every VM with a screen finds its pixels */

void focus_init(void);

/* The hypercalls. Core lock held. HV_EPERM: that one can never have it; HV_ESTATE: it does not run. HV_DOM_NONE = nobody. */
enum hv_err focus_set(uint64_t id, uint64_t *generation) MUST_CHECK;
uint64_t focus_get(uint64_t *generation); /* domain id of the holder, HV_DOM_NONE = nobody */
enum hv_err focus_fb_info(const struct domain *d, struct hv_fb_info *out) MUST_CHECK;

/*
 * focus_holder - who gets input sent with this generation: HV_ESTALE when the focus has moved on, HV_EAGAIN while it moves
 * (the screen is still being taken from the old holder; an event follows). Core lock held.
 */
enum hv_err focus_holder(uint64_t generation, struct domain **out) MUST_CHECK;

/* focus_first - D is ready: it gets the focus if the description says so and nobody has had it yet. Core lock held. */
void focus_first(struct domain *d);

bool focus_is(const struct domain *d); /* for status and bar */

/* focus_domain_gone - a dead domain keeps nothing: focus becomes nobody, never a default. Core lock held. */
void focus_domain_gone(struct domain *d);

/* focus_screen_start - before D runs: its pixels are its own memory. HV_OK too when it has no screen. */
enum hv_err focus_screen_start(struct domain *d) MUST_CHECK;
/* focus_serve - home processor of D: take the screen from it or give it, when the focus has moved. */
void focus_serve(struct domain *d);

#endif
