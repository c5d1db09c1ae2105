/* SPDX-License-Identifier: Apache-2.0 */
/* The outer side beside what charon does there: the lease of its own address is renewed in the clear. */
#include "vpnvmd.h"

#include <net/if.h>

#include "xfrm.h"

/* The first lease comes through a packet socket, which no policy sees; renewals are ordinary UDP. Whom they may reach is
 * the filter of the edge to decide. An answer is matched where it is delivered, which for the kernel is the loopback device and not
 * the one it came by: naming an interface for it would match nothing. */
int outer_up(const char *interface)
{
	struct xfrm_match ask = {.way = XFRM_OUT,
				 .protocol = 17,
				 .source_port = 68,
				 .dest_port = 67,
				 .ifindex = if_nametoindex(interface)};
	struct xfrm_match told = {
		.way = XFRM_IN, .protocol = 17, .source_port = 67, .dest_port = 68};

	return xfrm_allow(&ask) != 0 || xfrm_allow(&told) != 0 ? -1 : 0;
}
