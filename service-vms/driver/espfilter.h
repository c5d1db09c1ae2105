/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What may pass the outer edge of a vpnvm: ESP, IKE and the set-up of addresses. Pure and bounded; knows no state. */
#ifndef BULKHEAD_ESPFILTER_H
#define BULKHEAD_ESPFILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ESPFILTER_PEEK	   128u /* bytes of a frame that must be at hand to judge it */
#define ESPFILTER_GATEWAYS 4u	/* of each family */

/* With no gateway at all, ESP and IKE may go to any single station; with one, to the gateways alone. */
struct espfilter {
	unsigned v4_count, v6_count;
	uint8_t v4[ESPFILTER_GATEWAYS][4];
	uint8_t v6[ESPFILTER_GATEWAYS][16];
};

enum espfilter_way {
	ESPFILTER_OUT, /* from the vpnvm to the network */
	ESPFILTER_IN,
};

/*
 * espfilter_pass - may an Ethernet frame of LEN bytes pass, of which the first min(LEN, ESPFILTER_PEEK) lie at FRAME?
 *
 * ARP; DHCP for both families; ICMPv6 neighbour discovery and multicast listener reports; UDP between ports 500
 * and 4500, and ESP, with the gateway. IN as well: ICMP errors, which path MTU discovery needs. Nothing else: no other type
 * of frame, no VLAN tag, no IPv4 option, no extension header but those listener reports and first fragments have, no bytes
 * behind the packet but Ethernet's padding. Of a fragmented packet only the first part can match; the others do not pass.
 */
bool espfilter_pass(const struct espfilter *f, enum espfilter_way way, const uint8_t *frame,
		    size_t len);

#endif
