/* SPDX-License-Identifier: Apache-2.0 */
/* The focus object. Must not deliver anything itself: chan_send asks who has the focus. */
#include "focus.h"
#include "hv_event.h"
#include "lock.h"

static struct domain *holder;
static uint64_t current_generation; /* raised by every change */

void focus_init(void)
{
	holder = NULL;
	current_generation = 1;
}

struct domain *focus_domain(uint64_t *generation)
{
	lock_assert_held();
	*generation = current_generation;
	return holder;
}

static void change(struct domain *to)
{
	if (holder != NULL)
		dom_post(holder, 1, HV_EVENT_FOCUS_LOST);
	holder = to;
	current_generation++;
	if (to != NULL)
		dom_post(to, 1, HV_EVENT_FOCUS_GAINED);
	log_line("focus %s generation=%lu", to == NULL ? "nobody" : (const char *)to->sys->name,
		 current_generation);
}

enum hv_err focus_set(uint64_t id, uint64_t *generation)
{
	struct domain *to = dom_find(id);

	lock_assert_held();
	if (id != HV_DOM_NONE) {
		if (to == NULL || !(to->sys->flags & HV_DOM_SCREEN))
			return HV_EPERM;
		if (to->state != HV_VM_RUNNING)
			return HV_ESTATE;
	}
	if (to != holder)
		change(to);
	*generation = current_generation;
	return HV_OK;
}

void focus_domain_gone(struct domain *d)
{
	lock_assert_held();
	if (d == holder)
		change(NULL);
}
