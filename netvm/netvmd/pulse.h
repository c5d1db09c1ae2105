/* SPDX-License-Identifier: Apache-2.0 */
/* What has to show life before netvmd says that its work goes on. Pure: no I/O. */
#ifndef NETVMD_PULSE_H
#define NETVMD_PULSE_H

#include "links.h"

#define PULSE_ASKS  4u /* questions over which a stuck queue is looked for: 20 s */
#define PULSE_STUCK 2u /* so often in them: the driver's resets do not help */

/* Zero at first. */
struct pulse {
	bool asked; /* and not answered */
	uint32_t
		request; /* number of the request to the kernel that goes with the question; 0 is nobody's */
	bool nic, bridge;	    /* are in the kernel's answer to it */
	uint64_t stuck[PULSE_ASKS]; /* what the kernel had counted at the last questions */
	uint32_t asks;
};

/*
 * pulse_ask - the hypervisor asks: returns the number under which the kernel is to be asked for all interfaces.
 *
 * STUCK: how often the kernel found the card's queue stuck (and had its driver reset it) since the card came.
 */
uint32_t pulse_ask(struct pulse *p, uint64_t stuck);

/* pulse_take - one interface of what the kernel says. True, once: card and bridge are in its answer, and no queue is stuck. */
bool pulse_take(struct pulse *p, const struct net_state *s, const struct link *l);

#endif
