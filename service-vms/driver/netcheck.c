// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/* Messages of a net edge, checked. Must not believe a length, an offset or a type that the sender wrote. */
#include "netcheck.h"

#define NAME_LEN    16
#define ETH_BYTES   14u
#define IP6_BYTES   40u
#define TCP_MIN	    20u
#define TCP_SUM	    16u /* where the sum is in a TCP header */
#define PROTO_TCP   6u
#define TYPE_IP4    0x0800u
#define TYPE_IP6    0x86ddu
#define FNV64_START 0xcbf29ce484222325ull
#define FNV64_PRIME 0x100000001b3ull

static uint16_t little16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static unsigned big16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

bool net_hello_check(const uint8_t *msg, size_t len, uint16_t *mtu)
{
	uint32_t magic;

	if (len != sizeof(struct net_hello) || msg[0] != NET_HELLO || msg[1] != NET_VERSION)
		return false;
	magic = little16(msg + 4) | (uint32_t)little16(msg + 6) << 16;
	if (magic != NET_MAGIC || (little16(msg + 8) | little16(msg + 10)) != 0)
		return false;
	if (little16(msg + 2) < NET_MTU_MIN)
		return false;
	*mtu = little16(msg + 2);
	return true;
}

/* Where the TCP header of the frame begins, or 0: it is none of type GSO. */
static size_t tcp_start(const uint8_t *frame, size_t len, unsigned gso)
{
	size_t ip_bytes;

	if (gso == NET_GSO_TCP6) {
		if (len < ETH_BYTES + IP6_BYTES || big16(frame + 12) != TYPE_IP6)
			return 0;
		if (frame[ETH_BYTES] >> 4 != 6 || frame[ETH_BYTES + 6] != PROTO_TCP)
			return 0;
		return ETH_BYTES + IP6_BYTES;
	}
	if (gso != NET_GSO_TCP4 || len < ETH_BYTES + 20 || big16(frame + 12) != TYPE_IP4)
		return 0;
	ip_bytes = (frame[ETH_BYTES] & 0xfu) * 4u;
	if (frame[ETH_BYTES] >> 4 != 4 || ip_bytes < 20 || frame[ETH_BYTES + 9] != PROTO_TCP)
		return 0;
	return ETH_BYTES + ip_bytes;
}

/* A packet that the receiver, or a card, is to cut: it must be TCP and longer than one piece. At most 134 bytes are read. */
static bool gso_good(const struct net_packet *p, const uint8_t *frame, size_t len)
{
	size_t tcp = tcp_start(frame, len, p->gso), payload;

	if (tcp == 0 || len < tcp + TCP_MIN)
		return false;
	payload = tcp + (frame[tcp + 12] >> 4) * 4u;
	if (payload < tcp + TCP_MIN || len < payload)
		return false;
	return (p->flags & NET_F_CSUM) != 0 && p->csum_start == tcp && p->csum_offset == TCP_SUM &&
	       p->gso_size >= NET_GSO_MIN && len - payload > p->gso_size;
}

static bool csum_good(const struct net_packet *p, size_t len)
{
	if ((p->flags & NET_F_CSUM) == 0)
		return p->csum_start == 0 && p->csum_offset == 0;
	return (p->flags & NET_F_VALID) == 0 && p->csum_start >= ETH_BYTES &&
	       p->csum_start <= len && p->csum_offset <= len - p->csum_start &&
	       len - p->csum_start - p->csum_offset >= 2;
}

bool net_packet_check(const uint8_t *msg, size_t len, struct net_packet *out)
{
	struct net_packet p;

	if (len < sizeof p + ETH_BYTES || len > sizeof p + NET_FRAME_MAX)
		return false;
	len -= sizeof p;
	p.type = msg[0];
	p.flags = msg[1];
	p.gso = msg[2];
	p.reserved = msg[3];
	p.gso_size = little16(msg + 4);
	p.csum_start = little16(msg + 6);
	p.csum_offset = little16(msg + 8);
	p.reserved1 = little16(msg + 10);

	if (p.type != NET_PACKET || p.reserved != 0 || p.reserved1 != 0)
		return false;
	if ((p.flags & ~NET_F_ALL) != 0 || !csum_good(&p, len))
		return false;
	if (p.gso == NET_GSO_NONE) {
		if (p.gso_size != 0 || (p.flags & NET_F_ECN) != 0)
			return false;
	} else if (!gso_good(&p, msg + sizeof p, len)) {
		return false;
	}
	*out = p;
	return true;
}

void net_mac(const uint8_t *own, const uint8_t *peer, uint8_t mac[6])
{
	uint64_t sum = FNV64_START;
	unsigned i;

	for (i = 0; i < 2 * NAME_LEN; i++) {
		sum ^= i < NAME_LEN ? own[i] : peer[i - NAME_LEN];
		sum *= FNV64_PRIME;
	}
	sum ^= sum >> 40;
	mac[0] = 0x02; /* one station, address given by us */
	for (i = 1; i < 6; i++)
		mac[i] = (uint8_t)(sum >> (8 * (5 - i)));
}
