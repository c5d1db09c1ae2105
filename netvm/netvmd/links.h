/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel says about network interfaces, as netvmd understands it. Pure: no I/O. */
#ifndef NETVMD_LINKS_H
#define NETVMD_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINK_NAME_LEN 16

struct link {
	int index;
	bool gone;    /* it no longer exists */
	bool up;      /* switched on */
	bool carrier; /* and something is at the other end */
	int master;   /* index of the bridge it is a port of; 0 = none */
	char name[LINK_NAME_LEN];
	uint32_t request; /* number of the request that this answers; 0 = none, it changed */
};

/*
 * link_next - the next interface in what one read of a NETLINK_ROUTE socket gave.
 *
 * *at, *left  what has not been looked at; moved on. The messages are the kernel's; a length that cannot be ends the walk
 * out         filled when true; false = nothing more
 */
bool link_next(const uint8_t **at, size_t *left, struct link *out);

/* The parts that have to work before the VM does. Zero but for nic and bridge at the start. */
struct net_state {
	int nic, bridge; /* indexes */
	bool nic_gone;	 /* the card vanished: this life is over */
	bool nic_carrier, nic_port, bridge_up;
};

/* True when something of it changed. */
bool net_state_take(struct net_state *s, const struct link *l);
/* Frames can go from an edge to the card and back. */
bool net_state_ready(const struct net_state *s);

#endif
