/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of a net edge: each rule of PROTO.md broken alone, in a message that is good but for that. */
#include <stdlib.h>
#include "check.h"
#include "service-vms/driver/netcheck.h"

#define FRAME(n) (sizeof(struct net_packet) + (n))

static uint8_t msg[FRAME(NET_FRAME_MAX) + 8];
static struct net_packet out;

static void put16(size_t at, unsigned v)
{
	msg[at] = (uint8_t)v;
	msg[at + 1] = (uint8_t)(v >> 8);
}

/* A plain frame: no offload at all. */
static void plain(void)
{
	memset(msg, 0, sizeof msg);
	msg[0] = NET_PACKET;
}

/* TCP over IPv4 with IHL words of header and DOFF of TCP's, to be cut into pieces of 1448. */
static void tcp4(unsigned ihl, unsigned doff)
{
	uint8_t *frame = msg + FRAME(0);

	plain();
	msg[1] = NET_F_CSUM;
	msg[2] = NET_GSO_TCP4;
	put16(4, 1448);
	put16(6, 14 + ihl * 4);
	put16(8, 16);
	frame[12] = 0x08;
	frame[14] = (uint8_t)(0x40 | ihl);
	frame[14 + 9] = 6;
	frame[14 + ihl * 4 + 12] = (uint8_t)(doff << 4);
}

static void tcp6(void)
{
	uint8_t *frame = msg + FRAME(0);

	tcp4(5, 5);
	msg[2] = NET_GSO_TCP6;
	put16(6, 54);
	frame[12] = 0x86;
	frame[13] = 0xdd;
	frame[14] = 0x60;
	frame[14 + 6] = 6;
	frame[54 + 12] = 5 << 4;
}

/* Bytes beyond NETCHECK_PEEK are not at hand: the check gets a buffer of exactly what it may read. */
static bool good(size_t len)
{
	size_t hand = len < NETCHECK_PEEK ? len : NETCHECK_PEEK;
	uint8_t *copy = malloc(hand != 0 ? hand : 1);
	bool ok;

	if (copy == NULL)
		return false;
	memcpy(copy, msg, hand);
	memset(&out, 0xaa, sizeof out);
	ok = net_packet_check(copy, len, &out);
	free(copy);
	return ok;
}

static void plain_frames(void)
{
	plain();
	CHECK_FALSE(good(0));
	CHECK_FALSE(good(11));
	CHECK_FALSE(good(FRAME(13)));
	CHECK_TRUE(good(FRAME(14)));
	CHECK_TRUE(good(FRAME(1514)));
	CHECK_TRUE(good(FRAME(NET_FRAME_MAX)));
	CHECK_FALSE(good(FRAME(NET_FRAME_MAX + 1)));
	CHECK_EQ(out.type, 0xaa); /* untouched when bad */
	CHECK_TRUE(good(FRAME(60)));
	CHECK_EQ(out.type, NET_PACKET);
	CHECK_EQ(out.gso, NET_GSO_NONE);
}

static void unknown_and_reserved(void)
{
	static const struct {
		size_t at;
		uint8_t value;
	} wrong[] = {
		{0,  0	     },
		   {0,  NET_HELLO},
		   {0,  3	},
		    {1,	8	 }, /* flags */
		{1,  0x80	},
		   {1,  NET_F_ECN}, /* without gso */
		{2,  3	     }, /* gso */
		{3,  1	     },
		   {10, 1	 },
		   {11, 1	 },
		    {4,	1	 }, /* a size without gso */
		{6,  14	      }, /* an offset without a sum */
		{8,  16	      },
	};

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		plain();
		msg[wrong[i].at] = wrong[i].value;
		CHECK_FALSE(good(FRAME(1000)));
	}
}

static void sum_inside_the_frame(void)
{
	plain();
	msg[1] = NET_F_CSUM;
	put16(6, 34);
	put16(8, 6);
	CHECK_TRUE(good(FRAME(42)));
	CHECK_EQ(out.csum_start, 34);
	CHECK_EQ(out.csum_offset, 6);
	CHECK_FALSE(good(FRAME(41))); /* half of the sum is outside */
	CHECK_FALSE(good(FRAME(40)));
	CHECK_FALSE(good(FRAME(33)));
	put16(8, 0xffff);
	CHECK_FALSE(good(FRAME(1514)));
	put16(8, 0xfffe - 34);
	CHECK_FALSE(good(FRAME(1514)));
	put16(6, 13); /* in the Ethernet header */
	put16(8, 6);
	CHECK_FALSE(good(FRAME(42)));
	put16(6, 0xffff);
	CHECK_FALSE(good(FRAME(1514)));
	put16(6, 34);
	msg[1] = NET_F_CSUM | NET_F_VALID;
	CHECK_FALSE(good(FRAME(42)));
	plain();
	msg[1] = NET_F_VALID;
	CHECK_TRUE(good(FRAME(42)));
}

static void segmentation(void)
{
	tcp4(5, 5);
	CHECK_TRUE(good(FRAME(54 + 1449)));
	CHECK_EQ(out.gso_size, 1448);
	CHECK_FALSE(good(FRAME(54 + 1448))); /* one piece: nothing to cut */
	CHECK_FALSE(good(FRAME(53)));
	CHECK_FALSE(good(FRAME(14)));
	tcp4(15, 15); /* the longest headers there are */
	CHECK_TRUE(good(FRAME(14 + 60 + 60 + 1449)));
	CHECK_FALSE(good(FRAME(14 + 60 + 60)));
	tcp6();
	CHECK_TRUE(good(FRAME(74 + 1449)));
	CHECK_FALSE(good(FRAME(74 + 1448)));
	CHECK_FALSE(good(FRAME(60)));
	tcp4(5, 5);
	msg[1] |= NET_F_ECN;
	CHECK_TRUE(good(FRAME(3000)));
}

static void segmentation_of_something_else(void)
{
	const size_t len = FRAME(3000);

	tcp4(5, 5), msg[1] = 0, put16(6, 0), put16(8, 0);
	CHECK_FALSE(good(len)); /* the sum must be open */
	tcp4(5, 5), msg[2] = NET_GSO_TCP6;
	CHECK_FALSE(good(len));
	tcp6(), msg[2] = NET_GSO_TCP4;
	CHECK_FALSE(good(len));
	tcp4(5, 5), put16(4, 7);
	CHECK_FALSE(good(len));
	tcp4(5, 5), put16(4, 0);
	CHECK_FALSE(good(len));
	tcp4(5, 5), put16(6, 38);
	CHECK_FALSE(good(len));
	tcp4(5, 5), put16(8, 6);
	CHECK_FALSE(good(len));
	tcp4(5, 4);
	CHECK_FALSE(good(len));
	tcp4(4, 5);
	CHECK_FALSE(good(len));
	tcp4(5, 5), msg[FRAME(14)] = 0x65;
	CHECK_FALSE(good(len));
	tcp4(5, 5), msg[FRAME(14 + 9)] = 17;
	CHECK_FALSE(good(len));
	tcp4(5, 5), msg[FRAME(12)] = 0x81;
	CHECK_FALSE(good(len));
	tcp6(), msg[FRAME(14 + 6)] = 0;
	CHECK_FALSE(good(len));
	tcp6(), msg[FRAME(14)] = 0x45;
	CHECK_FALSE(good(len));
}

static void hello(void)
{
	static const uint8_t right[12] = {NET_HELLO, NET_VERSION, 0xdc, 0x05, 'B', 'N', 'T', '1'};
	uint16_t mtu = 7;

	CHECK_TRUE(net_hello_check(right, sizeof right, &mtu));
	CHECK_EQ(mtu, 1500);
	for (size_t i = 0; i < sizeof right; i++) {
		uint8_t wrong[12];

		memcpy(wrong, right, sizeof wrong);
		wrong[i] ^= 0x40;
		mtu = 7;
		if (i == 2 || i == 3)
			continue;
		CHECK_FALSE(net_hello_check(wrong, sizeof wrong, &mtu));
		CHECK_EQ(mtu, 7);
	}
	CHECK_FALSE(net_hello_check(right, 11, &mtu));
	CHECK_FALSE(net_hello_check(right, 13, &mtu));
	memcpy(msg, right, sizeof right);
	put16(2, NET_MTU_MIN - 1);
	CHECK_FALSE(net_hello_check(msg, sizeof right, &mtu));
	put16(2, NET_MTU_MIN);
	CHECK_TRUE(net_hello_check(msg, sizeof right, &mtu));
}

static void addresses(void)
{
	/* computed apart from this code, by the rule of PROTO.md */
	static const uint8_t want[6] = {0x02, 0xc7, 0x77, 0xeb, 0xd2, 0xe5};
	const uint8_t personal[16] = "personal", netvm[16] = "netvm", work[16] = "work";
	uint8_t mac[6], other[6];

	net_mac(personal, netvm, mac);
	CHECK_MEM(mac, want, 6);
	net_mac(netvm, personal, other);
	CHECK_TRUE(memcmp(mac, other, 6) != 0);
	net_mac(work, netvm, other);
	CHECK_TRUE(memcmp(mac, other, 6) != 0);
}

/* Whatever the bytes are: what is said to be good keeps within the frame. */
static void noise_stays_inside(void)
{
	unsigned passed = 0;

	srand(1);
	for (unsigned step = 0; step < 200000; step++) {
		size_t len = FRAME(14) + (size_t)(rand() % 3000);

		if (step % 2)
			tcp4(5 + (unsigned)rand() % 11, 5 + (unsigned)rand() % 11);
		else
			tcp6();
		for (unsigned i = 0; i < 3; i++)
			msg[rand() % 90] = (uint8_t)rand();
		if (!good(len))
			continue;
		passed++;
		REQUIRE(out.gso == NET_GSO_NONE || (out.csum_start + 20u <= len - FRAME(0)));
		REQUIRE(out.csum_start + out.csum_offset + 2u <= len - FRAME(0));
	}
	CHECK_TRUE(passed > 1000);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(plain_frames);
	RUN(unknown_and_reserved);
	RUN(sum_inside_the_frame);
	RUN(segmentation);
	RUN(segmentation_of_something_else);
	RUN(hello);
	RUN(addresses);
	RUN(noise_stays_inside);
	return check_end();
}
