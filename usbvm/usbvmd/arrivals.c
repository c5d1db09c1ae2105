/* SPDX-License-Identifier: Apache-2.0 */
/* Devices that came or went and are to be looked at. The kernel tells of a device before it has configured it. */
#include "arrivals.h"

#include <string.h>

static bool put(struct arrivals *a, const struct arrival *one)
{
	if (a->count == ARRIVALS)
		return false;
	a->item[a->count++] = *one;
	return true;
}

bool arrivals_add(struct arrivals *a, void *device, bool left, uint64_t now)
{
	return put(a, &(struct arrival){.device = device, .left = left, .since = now, .due = now});
}

bool arrivals_next(struct arrivals *a, uint64_t now, struct arrival *out)
{
	unsigned i = 0;

	while (i < a->count && a->item[i].due > now)
		i++;
	if (i == a->count)
		return false;
	*out = a->item[i];
	a->count--;
	memmove(&a->item[i], &a->item[i + 1], (a->count - i) * sizeof a->item[0]);
	return true;
}

bool arrivals_again(struct arrivals *a, const struct arrival *one, uint64_t now)
{
	struct arrival later = *one;

	later.due = now + ARRIVAL_AGAIN_MS;
	return now - one->since < ARRIVAL_GIVE_UP_MS && put(a, &later);
}

int arrivals_wait_ms(const struct arrivals *a, uint64_t now)
{
	int wait = -1;

	for (unsigned i = 0; i < a->count; i++) {
		int ms = a->item[i].due > now ? (int)(a->item[i].due - now) : 0;

		if (wait < 0 || ms < wait)
			wait = ms;
	}
	return wait;
}
