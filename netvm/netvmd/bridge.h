/* SPDX-License-Identifier: Apache-2.0 */
/* Building the bridge: once, as root. All functions: 0, or -1 with errno. */
#ifndef NETVMD_BRIDGE_H
#define NETVMD_BRIDGE_H

#include <stdbool.h>
#include <stddef.h>

#include "links.h"

#define BRIDGE "br0"

int rtnl_open(void); /* hears of every change of an interface */
int rtnl_ask_links(int rtnl,
		   uint32_t number); /* and now of all there are, as the answer to NUMBER */
int bridge_open_stuck(
	const char *nic); /* where the kernel says how often it found the card's queue stuck */

/* Interfaces of this VM. NAME of the network card, the first if there are several; false: there is none (yet). */
bool bridge_find_nic(char name[LINK_NAME_LEN]);

/* None of them gets an address of its own, of the internet protocols. */
int nic_switch_on(const char *nic);

int bridge_create(void);
int bridge_add_nic(const char *nic);
/* Every interface bh-*: heard by the card only, reached by its own address only. Counted in *edges. Still switched off: */
int bridge_add_edges(int rtnl, unsigned *edges);
int bridge_start_edges(void);

#endif
