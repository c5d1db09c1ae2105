/* SPDX-License-Identifier: Apache-2.0 */
/* The filter of a vpnvm's outer edge: what must pass does, and everything else that real networks carry does not. */
#include <stdlib.h>
#include "check.h"
#include "service-vms/driver/espfilter.h"

enum {
	IP4 = 0x0800,
	ARP = 0x0806,
	IP6 = 0x86dd,
	ESP = 50,
	UDP = 17,
	TCP = 6,
	ICMP = 1,
	ICMP6 = 58
};

static const struct espfilter any;
static const struct espfilter one_gateway = {.v4_count = 1,
					     .v6_count = 1,
					     .v4 = {{192, 0, 2, 1}},
					     .v6 = {{0x20, 1, 0xd, 0xb8, [15] = 1}}};

static uint8_t f[2048];
static size_t len;

static void be16(size_t at, unsigned v)
{
	f[at] = (uint8_t)(v >> 8);
	f[at + 1] = (uint8_t)v;
}

static void ethernet(unsigned type)
{
	memset(f, 0, sizeof f);
	be16(12, type);
	len = 14;
}

/* From 10.0.2.15 to 192.0.2.1, PAYLOAD bytes of it. */
static void ip4(unsigned proto, unsigned payload)
{
	static const uint8_t from[4] = {10, 0, 2, 15}, to[4] = {192, 0, 2, 1};

	ethernet(IP4);
	f[14] = 0x45;
	be16(16, 20 + payload);
	f[22] = 64;
	f[23] = (uint8_t)proto;
	memcpy(f + 26, from, 4);
	memcpy(f + 30, to, 4);
	len = 34 + payload;
}

static void swap_addresses4(void)
{
	for (unsigned i = 0; i < 4; i++) {
		uint8_t t = f[26 + i];

		f[26 + i] = f[30 + i];
		f[30 + i] = t;
	}
}

/* From fe80::1 to 2001:db8::1. */
static void ip6(unsigned proto, unsigned payload)
{
	static const uint8_t from[16] = {0xfe, 0x80, [15] = 1},
			     to[16] = {0x20, 1, 0xd, 0xb8, [15] = 1};

	ethernet(IP6);
	f[14] = 0x60;
	be16(18, payload);
	f[20] = (uint8_t)proto;
	f[21] = 64;
	memcpy(f + 22, from, 16);
	memcpy(f + 38, to, 16);
	len = 54 + payload;
}

static void ports(size_t at, unsigned from, unsigned to)
{
	be16(at, from);
	be16(at + 2, to);
	be16(at + 4, (unsigned)(len - at));
}

static void udp4(unsigned from, unsigned to, unsigned data)
{
	ip4(UDP, 8 + data);
	ports(34, from, to);
}

static void udp6(unsigned from, unsigned to, unsigned data)
{
	ip6(UDP, 8 + data);
	ports(54, from, to);
}

static void icmp6(unsigned type, unsigned hops)
{
	ip6(ICMP6, 24);
	f[54] = (uint8_t)type;
	f[21] = (uint8_t)hops;
}

/* A listener report as hosts send it, behind a router alert. */
static void mld(unsigned type)
{
	static const uint8_t alert[8] = {ICMP6, 0, 5, 2, 0, 0, 1, 0};

	ip6(0, 8 + 28);
	f[21] = 1;
	memcpy(f + 54, alert, 8);
	f[62] = (uint8_t)type;
}

static void arp(unsigned op)
{
	static const uint8_t fixed[6] = {0, 1, 8, 0, 6, 4};

	ethernet(ARP);
	memcpy(f + 14, fixed, 6);
	be16(20, op);
	len = 42;
}

/* The filter gets a buffer of exactly what it may read. */
static bool pass(const struct espfilter *rules, enum espfilter_way way)
{
	size_t hand = len < ESPFILTER_PEEK ? len : ESPFILTER_PEEK;
	uint8_t *copy = malloc(hand != 0 ? hand : 1);
	bool ok;

	if (copy == NULL)
		return false;
	memcpy(copy, f, hand);
	ok = espfilter_pass(rules, way, copy, len);
	free(copy);
	return ok;
}

static bool out(void)
{
	return pass(&any, ESPFILTER_OUT);
}

static bool in(void)
{
	return pass(&any, ESPFILTER_IN);
}

static void esp_and_ike(void)
{
	for (unsigned i = 0; i < 2; i++) {
		unsigned port = i ? 500 : 4500;

		udp4(port, port, 100);
		CHECK_TRUE(out());
		CHECK_TRUE(in());
		udp6(port, port, 1300);
		CHECK_TRUE(out());
		udp4(port, port, 0);
		CHECK_TRUE(out());
	}
	udp4(4500, 500, 100); /* the two belong together */
	CHECK_TRUE(out());
	ip4(ESP, 1400);
	CHECK_TRUE(out());
	CHECK_TRUE(in());
	ip6(ESP, 100);
	CHECK_TRUE(out());
	ip4(ESP, 7); /* not even SPI and number */
	CHECK_FALSE(out());
	ip6(ESP, 7);
	CHECK_FALSE(out());
	ip4(51, 100); /* AH */
	CHECK_FALSE(out());
}

static void other_protocols(void)
{
	static const unsigned udp_ports[][2] = {
		{5353,  5353},
		      {40000, 53	},
		   {40000, 4500},
		  {4500,	 53  },
		{500,   501 },
		      {123,   123 },
		   {1,     500 }
	   };

	for (size_t i = 0; i < sizeof udp_ports / sizeof *udp_ports; i++) {
		udp4(udp_ports[i][0], udp_ports[i][1], 60);
		CHECK_FALSE(out());
		CHECK_FALSE(in());
		udp6(udp_ports[i][0], udp_ports[i][1], 60);
		CHECK_FALSE(out());
	}
	for (unsigned proto = 0; proto < 256; proto++) {
		if (proto == UDP || proto == ESP)
			continue;
		ip4(proto, 100);
		ports(34, 500, 500);
		CHECK_FALSE(out());
		ip6(proto, 100);
		ports(54, 500, 500);
		CHECK_FALSE(out());
	}
	ip4(TCP, 100);
	ports(34, 4500, 4500);
	CHECK_FALSE(out());
	CHECK_FALSE(in());
}

static void other_types_of_frame(void)
{
	static const unsigned types[] = {0x8100, 0x88a8, 0x8847, 0x8863, 0x88cc, 0x888e, 0x0026, 0};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		udp4(500, 500, 60);
		be16(12, types[i]);
		CHECK_FALSE(out());
		CHECK_FALSE(in());
	}
	udp4(500, 500, 60);
	be16(12, IP6);
	CHECK_FALSE(out());
	udp6(500, 500, 60);
	be16(12, IP4);
	CHECK_FALSE(out());
}

static void one_gateway_alone(void)
{
	udp4(4500, 4500, 100);
	CHECK_TRUE(pass(&one_gateway, ESPFILTER_OUT));
	CHECK_FALSE(pass(&one_gateway, ESPFILTER_IN)); /* its source is we */
	swap_addresses4();
	CHECK_FALSE(pass(&one_gateway, ESPFILTER_OUT));
	CHECK_TRUE(pass(&one_gateway, ESPFILTER_IN));
	for (unsigned i = 30; i < 34; i++) {
		udp4(4500, 4500, 100);
		f[i] ^= 1;
		CHECK_FALSE(pass(&one_gateway, ESPFILTER_OUT));
		ip4(ESP, 100);
		f[i] ^= 1;
		CHECK_FALSE(pass(&one_gateway, ESPFILTER_OUT));
	}
	for (unsigned i = 38; i < 54; i++) {
		ip6(ESP, 100);
		CHECK_TRUE(pass(&one_gateway, ESPFILTER_OUT));
		f[i] ^= 1;
		CHECK_FALSE(pass(&one_gateway, ESPFILTER_OUT));
	}
}

static void a_gateway_of_one_family_closes_the_other(void)
{
	struct espfilter rules = one_gateway;

	rules.v6_count = 0;
	ip6(ESP, 100);
	CHECK_FALSE(pass(&rules, ESPFILTER_OUT));
	ip4(ESP, 100);
	CHECK_TRUE(pass(&rules, ESPFILTER_OUT));
	arp(1);
	CHECK_TRUE(pass(&rules, ESPFILTER_OUT));
	udp4(68, 67, 300);
	CHECK_TRUE(pass(&rules, ESPFILTER_OUT));
}

static void no_groups(void)
{
	static const uint8_t first[] = {0, 224, 239, 255};

	for (size_t i = 0; i < sizeof first; i++) {
		udp4(500, 500, 20);
		f[30] = first[i];
		CHECK_FALSE(out());
	}
	udp6(500, 500, 20);
	f[38] = 0xff;
	CHECK_FALSE(out());
}

static void addresses_are_set_up(void)
{
	arp(1);
	CHECK_TRUE(out());
	CHECK_TRUE(in());
	arp(2);
	CHECK_TRUE(out());
	udp4(68, 67, 300);
	memset(f + 30, 0xff, 4);
	CHECK_TRUE(out());
	CHECK_FALSE(in());
	udp4(67, 68, 300);
	CHECK_TRUE(in());
	CHECK_FALSE(out());
	udp6(546, 547, 60);
	CHECK_TRUE(out());
	CHECK_FALSE(in());
	udp6(547, 546, 60);
	CHECK_TRUE(in());
	CHECK_FALSE(out());
	udp4(546, 547, 60); /* each family has its own ports */
	CHECK_FALSE(out());
	udp6(68, 67, 60);
	CHECK_FALSE(out());
}

static void arp_and_nothing_behind_it(void)
{
	arp(3); /* reverse ARP */
	CHECK_FALSE(out());
	arp(1);
	len = 41;
	CHECK_FALSE(out());
	len = 60;
	CHECK_TRUE(out());
	len = 64; /* QEMU's router pads so far */
	CHECK_TRUE(in());
	len = 65;
	CHECK_FALSE(out());
	CHECK_FALSE(in());
	for (unsigned i = 14; i < 20; i++) {
		arp(1);
		f[i] ^= 1;
		CHECK_FALSE(out());
	}
}

static void neighbours(void)
{
	static const struct {
		unsigned type;
		bool out, in;
	} nd[] = {
		{133, true,  false},
		{134, false, true },
		{135, true,  true },
		{136, true,  true },
		{137, false, true }
	  };

	for (size_t i = 0; i < sizeof nd / sizeof *nd; i++) {
		icmp6(nd[i].type, 255);
		CHECK_EQ(out(), nd[i].out);
		CHECK_EQ(in(), nd[i].in);
		icmp6(nd[i].type, 254); /* has been forwarded: a forgery */
		CHECK_FALSE(out());
		CHECK_FALSE(in());
	}
	icmp6(128, 255); /* echo */
	CHECK_FALSE(out());
	CHECK_FALSE(in());
	icmp6(129, 64);
	CHECK_FALSE(out());
	CHECK_FALSE(in());
}

static void listener_reports(void)
{
	mld(143);
	CHECK_TRUE(out());
	mld(131);
	CHECK_TRUE(out());
	mld(132);
	CHECK_TRUE(out());
	mld(130);
	CHECK_TRUE(in());
	CHECK_FALSE(out());
	mld(143);
	f[21] = 64;
	CHECK_FALSE(out());
	mld(135); /* behind a router alert: none of ours */
	f[21] = 255;
	CHECK_FALSE(out());
	mld(143);
	f[54] = UDP;
	CHECK_FALSE(out());
	for (unsigned i = 55; i < 62; i++) {
		mld(143);
		f[i] ^= 1;
		CHECK_FALSE(out());
	}
	icmp6(143, 1); /* without it */
	CHECK_FALSE(out());
}

static void errors_come_in_only(void)
{
	static const uint8_t types4[] = {3, 11}, types6[] = {1, 2, 3, 4};

	for (size_t i = 0; i < sizeof types4; i++) {
		ip4(ICMP, 36);
		f[34] = types4[i];
		CHECK_TRUE(in());
		CHECK_FALSE(out());
	}
	for (size_t i = 0; i < sizeof types6; i++) {
		icmp6(types6[i], 64);
		CHECK_TRUE(in());
		CHECK_FALSE(out());
	}
	ip4(ICMP, 36);
	f[34] = 8;
	CHECK_FALSE(in());
	f[34] = 5; /* redirect */
	CHECK_FALSE(in());
	ip4(ICMP, 7);
	f[34] = 3;
	CHECK_FALSE(in());
}

static void fragments(void)
{
	udp4(4500, 4500, 1400);
	be16(38, 3000); /* the datagram goes on */
	be16(20, 0x2000);
	CHECK_TRUE(out());
	be16(38, 100); /* but not this one */
	CHECK_FALSE(out());
	be16(20, 0x2001); /* later parts show no port */
	CHECK_FALSE(out());
	be16(20, 0x0001);
	CHECK_FALSE(out());
	be16(20, 0x1fff);
	CHECK_FALSE(out());
	be16(20, 0x4000); /* "do not fragment" is fine */
	be16(38, 1408);
	CHECK_TRUE(out());
	ip4(ESP, 1000);
	be16(20, 0x2000);
	CHECK_TRUE(out());
	be16(20, 0x0010);
	CHECK_FALSE(out());
	ip4(UDP, 4); /* a first part too short for ports */
	be16(20, 0x2000);
	CHECK_FALSE(out());
	udp4(68, 67, 300);
	be16(20, 0x2000);
	CHECK_FALSE(out());
}

static void fragments6(void)
{
	ip6(44, 8 + 1000);
	f[54] = UDP;
	f[57] = 1; /* more */
	be16(62, 4500);
	be16(64, 4500);
	be16(66, 3000);
	CHECK_TRUE(out());
	f[57] = 9;
	CHECK_FALSE(out());
	f[57] = 1;
	f[54] = 44; /* and another one */
	CHECK_FALSE(out());
	f[54] = 0;
	CHECK_FALSE(out());
	f[54] = ICMP6;
	f[62] = 135;
	f[21] = 255;
	CHECK_FALSE(out());
	ip6(44, 4);
	CHECK_FALSE(out());
}

static void other_extension_headers(void)
{
	static const uint8_t headers[] = {43, 60, 135, 139, 140, 253, 59, 51};

	for (size_t i = 0; i < sizeof headers; i++) {
		ip6(headers[i], 8 + 108);
		f[54] = UDP;
		be16(62, 500);
		be16(64, 500);
		be16(66, 108);
		CHECK_FALSE(out());
	}
}

static void lengths_agree(void)
{
	udp4(500, 500, 100);
	len++; /* a byte behind the packet */
	CHECK_FALSE(out());
	len -= 2; /* one is missing */
	CHECK_FALSE(out());
	udp4(500, 500, 10);
	len = 64; /* padding of a short frame */
	CHECK_TRUE(out());
	len = 65;
	CHECK_FALSE(out());
	udp6(500, 500, 100);
	len += 4;
	CHECK_FALSE(out());
	udp4(500, 500, 100);
	be16(38, 107);
	CHECK_FALSE(out());
	udp6(500, 500, 100);
	be16(58, 109);
	CHECK_FALSE(out());
	udp4(500, 500, 100);
	be16(16, 19);
	CHECK_FALSE(out());
	udp4(500, 500, 100);
	f[14] = 0x46; /* with an option */
	CHECK_FALSE(out());
	f[14] = 0x44;
	CHECK_FALSE(out());
	f[14] = 0x65;
	CHECK_FALSE(out());
	udp6(500, 500, 100);
	f[14] = 0x40;
	CHECK_FALSE(out());
}

/* Cut anywhere, a frame is refused, and nothing behind its end is read. */
static void short_frames(void)
{
	for (unsigned kind = 0; kind < 4; kind++) {
		for (size_t cut = 0;; cut++) {
			if (kind == 0)
				udp4(500, 500, 40);
			else if (kind == 1)
				udp6(500, 500, 40);
			else if (kind == 2)
				mld(143);
			else
				arp(1);
			if (cut == len)
				break;
			len = cut;
			CHECK_FALSE(out());
			CHECK_FALSE(in());
		}
	}
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(esp_and_ike);
	RUN(other_protocols);
	RUN(other_types_of_frame);
	RUN(one_gateway_alone);
	RUN(a_gateway_of_one_family_closes_the_other);
	RUN(no_groups);
	RUN(addresses_are_set_up);
	RUN(arp_and_nothing_behind_it);
	RUN(neighbours);
	RUN(listener_reports);
	RUN(errors_come_in_only);
	RUN(fragments);
	RUN(fragments6);
	RUN(other_extension_headers);
	RUN(lengths_agree);
	RUN(short_frames);
	return check_end();
}
