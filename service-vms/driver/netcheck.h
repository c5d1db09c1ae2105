/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Messages of a net edge, checked before anything of them is used: for kernel and host tests. Pure and bounded. */
#ifndef BULKHEAD_NETCHECK_H
#define BULKHEAD_NETCHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net_frame.h"

#define NETCHECK_PEEK 192u /* bytes of a message that must be at hand to judge it */

/*
 * Both look at a message of LEN bytes of which the first min(LEN, NETCHECK_PEEK) lie at MSG. True: all that PROTO.md
 * demands of it holds, and OUT is filled.
 */
bool net_hello_check(const uint8_t *msg, size_t len, uint16_t *mtu);
bool net_packet_check(const uint8_t *msg, size_t len, struct net_packet *out);

/* The address of OWN's end of its edge with PEER; names are NUL-padded, 16 bytes. The rule is in PROTO.md. */
void net_mac(const uint8_t *own, const uint8_t *peer, uint8_t mac[6]);

#endif
