/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's IPsec policy database, as far as charon does not own it. All calls: 0, or -1 with errno. */
#ifndef XFRM_H
#define XFRM_H

#include <stdint.h>

/* From now on a packet that no policy allows goes nowhere: in, forwarded, out. Survives charon. */
int xfrm_block_by_default(void);

enum xfrm_way { XFRM_IN, XFRM_OUT, XFRM_FORWARD };

/* What a policy is about. Zero fields match everything. */
struct xfrm_match {
	enum xfrm_way way;
	uint32_t source, dest; /* IPv4 addresses, network order; with their bits */
	uint8_t source_bits, dest_bits;
	uint8_t protocol;
	uint16_t source_port, dest_port; /* host order */
	unsigned ifindex;		 /* where it leaves or came in */
};
/* Passes in the clear, where nothing blocks it. */
int xfrm_allow(const struct xfrm_match *m);
/* Never passes, not even into a tunnel, whatever else matches. */
int xfrm_block(const struct xfrm_match *m);

#endif
