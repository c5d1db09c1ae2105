/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of a net edge from outside: what the check and the filter let pass must keep what they promise, said in other words. */
#include <stdlib.h>
#include <string.h>

#include "service-vms/driver/espfilter.h"
#include "service-vms/driver/netcheck.h"

#define PROMISE(c)                                                                                 \
	do {                                                                                       \
		if (!(c))                                                                          \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct espfilter gateway = {.v4_count = 1, .v4 = {{192, 0, 2, 1}}};

/* No byte behind what the check may look at: a copy of exactly that. */
static uint8_t *hand(const uint8_t *data, size_t len, size_t most)
{
	size_t n = len < most ? len : most;
	uint8_t *copy = malloc(n != 0 ? n : 1);

	PROMISE(copy != NULL);
	memcpy(copy, data, n);
	return copy;
}

static void packet_promises(const struct net_packet *p, const uint8_t *frame, size_t len)
{
	PROMISE(len >= 14 && len <= NET_FRAME_MAX);
	if (p->flags & NET_F_CSUM)
		PROMISE(p->csum_start >= 14 && (size_t)p->csum_start + p->csum_offset + 2 <= len);
	if (p->gso == NET_GSO_NONE)
		return;
	PROMISE((p->flags & NET_F_CSUM) != 0 && p->gso_size >= NET_GSO_MIN);
	PROMISE((size_t)p->csum_start + 20 <= len && p->csum_offset == 16);
	PROMISE(frame[p->gso == NET_GSO_TCP4 ? 23 : 20] == 6);
	PROMISE(len > p->csum_start + 20u + p->gso_size);
}

/* Whatever passes outwards is for an address set-up protocol, or shows ESP or an IKE port, and goes to the gateway. */
static void filter_promises(const uint8_t *frame, size_t len)
{
	unsigned type = (unsigned)frame[12] << 8 | frame[13];

	PROMISE(len >= 14 + 28);
	PROMISE(type == 0x0806 || type == 0x0800 || type == 0x86dd);
	if (type == 0x0806)
		PROMISE(len <= 64);
	if (type == 0x0800) {
		bool to_gateway = memcmp(frame + 30, gateway.v4[0], 4) == 0;
		bool dhcp = frame[34] == 0 && frame[35] == 68 && frame[36] == 0 && frame[37] == 67;

		PROMISE((frame[20] & 0x1f) == 0 && frame[21] == 0);
		PROMISE(frame[23] == 50 ? to_gateway : frame[23] == 17 && (to_gateway || dhcp));
	}
	if (type == 0x86dd) /* no IPv6 gateway: addresses only */
		PROMISE(frame[20] == 17 ? frame[57] == 547 % 256 && frame[56] == 547 / 256
					: frame[20] == 58 || frame[20] == 0 || frame[20] == 44);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct net_packet p;
	uint8_t *copy = hand(data, len, NETCHECK_PEEK);
	uint16_t mtu = 0;

	if (len > 0 && copy[0] == NET_HELLO) {
		if (net_hello_check(copy, len, &mtu))
			PROMISE(len == sizeof(struct net_hello) && mtu >= NET_MTU_MIN);
	} else if (net_packet_check(copy, len, &p)) {
		packet_promises(&p, data + sizeof p, len - sizeof p);
	}
	free(copy);
	if (len < sizeof p)
		return 0;
	data += sizeof p;
	len -= sizeof p;
	copy = hand(data, len, ESPFILTER_PEEK);
	if (espfilter_pass(&gateway, ESPFILTER_OUT, copy, len))
		filter_promises(data, len);
	(void)espfilter_pass(&gateway, ESPFILTER_IN, copy, len);
	free(copy);
	return 0;
}
