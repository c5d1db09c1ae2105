/* SPDX-License-Identifier: Apache-2.0 */
/* Devices that came or went and are to be looked at, some of them not yet. Pure: asks no device. */
#ifndef ARRIVALS_H
#define ARRIVALS_H

#include <stdbool.h>
#include <stdint.h>

#define ARRIVALS	   32u	 /* told by the library, not yet looked at */
#define ARRIVAL_AGAIN_MS   20u	 /* after which one that came too early is looked at again */
#define ARRIVAL_GIVE_UP_MS 5000u /* after which it is not */

struct arrival {
	void *device;
	bool left;	     /* it went */
	uint64_t since, due; /* ms: when it was told, from when on it may be looked at */
};

struct arrivals {
	struct arrival item[ARRIVALS]; /* in the order in which they were told */
	unsigned count;
};

/* arrivals_add - DEVICE came, or LEFT. False: no room. */
bool arrivals_add(struct arrivals *a, void *device, bool left, uint64_t now);

/* arrivals_next - the first that may be looked at now, taken out. False: none. */
bool arrivals_next(struct arrivals *a, uint64_t now, struct arrival *out);

/* arrivals_again - it was too early to look at ONE. False: it has been for too long, or there is no room. */
bool arrivals_again(struct arrivals *a, const struct arrival *one, uint64_t now);

/* arrivals_wait_ms - until the next may be looked at; -1: there is none. */
int arrivals_wait_ms(const struct arrivals *a, uint64_t now);

#endif
