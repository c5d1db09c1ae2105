/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What the two ends of a net edge say to each other. Layout only; PROTO.md says what it means. */
#ifndef NET_FRAME_H
#define NET_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define NET_MAGIC   0x31544e42u /* "BNT1" */
#define NET_VERSION 1u

/* Message types */
#define NET_HELLO  1u
#define NET_PACKET 2u

#define NET_MTU_MIN   68u
#define NET_FRAME_MAX 65549u /* bytes of the longest frame: an Ethernet header and 65,535 */
#define NET_GSO_MIN   8u     /* payload of the pieces a packet is to be cut into, at least */

struct net_hello {
	uint8_t type; /* NET_HELLO */
	uint8_t version;
	uint16_t mtu; /* of the sender's interface: longer packets are not wanted */
	uint32_t magic;
	uint32_t reserved;
};
_Static_assert(sizeof(struct net_hello) == 12, "net_hello");
_Static_assert(offsetof(struct net_hello, mtu) == 2, "net_hello");
_Static_assert(offsetof(struct net_hello, magic) == 4, "net_hello");
_Static_assert(offsetof(struct net_hello, reserved) == 8, "net_hello");

/* In front of one Ethernet frame, without preamble and check sequence. */
struct net_packet {
	uint8_t type;  /* NET_PACKET */
	uint8_t flags; /* NET_F_* */
	uint8_t gso;   /* NET_GSO_* */
	uint8_t reserved;
	uint16_t gso_size;    /* payload bytes of each piece; 0 without gso */
	uint16_t csum_start;  /* NET_F_CSUM: where summing begins, from the start of the frame */
	uint16_t csum_offset; /* and where the sum goes, from there; both 0 without NET_F_CSUM */
	uint16_t reserved1;
};
_Static_assert(sizeof(struct net_packet) == 12, "net_packet");
_Static_assert(offsetof(struct net_packet, flags) == 1, "net_packet");
_Static_assert(offsetof(struct net_packet, gso) == 2, "net_packet");
_Static_assert(offsetof(struct net_packet, gso_size) == 4, "net_packet");
_Static_assert(offsetof(struct net_packet, csum_start) == 6, "net_packet");
_Static_assert(offsetof(struct net_packet, csum_offset) == 8, "net_packet");
_Static_assert(offsetof(struct net_packet, reserved1) == 10, "net_packet");

#define NET_F_CSUM  1u /* the transport checksum is not computed yet */
#define NET_F_VALID 2u /* it has been checked and found right; not together with NET_F_CSUM */
#define NET_F_ECN   4u /* with gso: congestion marks go into the first piece only */
#define NET_F_ALL   7u

#define NET_GSO_NONE 0u
#define NET_GSO_TCP4 1u
#define NET_GSO_TCP6 2u

#endif
