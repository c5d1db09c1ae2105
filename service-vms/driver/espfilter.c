// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/* The filter of a vpnvm's outer edge. Must pass nothing it does not recognise. */
#include "espfilter.h"

#define ETH_BYTES     14u
#define ETH_SHORTEST  64u /* shorter frames are padded up to 60, by some up to 64 */
#define ARP_BYTES     28u
#define IP4_BYTES     20u
#define IP6_BYTES     40u
#define UDP_BYTES     8u
#define ESP_BYTES     8u /* SPI and number */
#define PORT_IKE      500u
#define PORT_IKE_NAT  4500u /* ESP in UDP as well */
#define PORT_DHCP_SRV 67u
#define PORT_DHCP_CLI 68u
#define PORT_DHC6_CLI 546u
#define PORT_DHC6_SRV 547u

enum { TYPE_IP4 = 0x0800, TYPE_ARP = 0x0806, TYPE_IP6 = 0x86dd };
enum { IP_ICMP = 1, IP_UDP = 17, IP_FRAGMENT = 44, IP_ESP = 50, IP_ICMP6 = 58, IP_HOPOPT = 0 };

/* What is known of a packet once its IP headers are read. */
struct packet {
	const uint8_t *at; /* behind the IP headers */
	size_t at_hand;	   /* bytes there that can be looked at */
	size_t bytes;	   /* and that the packet says to have, in this fragment */
	bool fragment;	   /* the first of several */
	bool mld_header;   /* IPv6: came behind the router alert of listener reports */
	bool gateway;	   /* the far station is one that ESP and IKE may reach */
	uint8_t hop_limit;
};

static unsigned big16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static bool same(const uint8_t *a, const uint8_t *b, unsigned bytes)
{
	unsigned i, diff = 0;

	for (i = 0; i < bytes; i++)
		diff |= (unsigned)(a[i] ^ b[i]);
	return diff == 0;
}

/* Bytes behind a packet would be a way out for anything; only the padding of short frames is none. */
static bool tail_good(size_t len, size_t used)
{
	return used == len || (used < len && len <= ETH_SHORTEST);
}

static bool arp(const uint8_t *p, size_t len)
{
	static const uint8_t ethernet_ip4[6] = {0, 1, 8, 0, 6, 4};

	if (len < ETH_BYTES + ARP_BYTES || !tail_good(len, ETH_BYTES + ARP_BYTES))
		return false;
	return same(p, ethernet_ip4, sizeof(ethernet_ip4)) &&
	       (big16(p + 6) == 1 || big16(p + 6) == 2);
}

static bool gateway4(const struct espfilter *f, const uint8_t *address)
{
	unsigned i;

	if (f->v4_count + f->v6_count == 0)
		return address[0] != 0 && address[0] < 224;
	for (i = 0; i < f->v4_count && i < ESPFILTER_GATEWAYS; i++)
		if (same(f->v4[i], address, 4))
			return true;
	return false;
}

static bool gateway6(const struct espfilter *f, const uint8_t *address)
{
	unsigned i;

	if (f->v4_count + f->v6_count == 0)
		return address[0] != 0xff;
	for (i = 0; i < f->v6_count && i < ESPFILTER_GATEWAYS; i++)
		if (same(f->v6[i], address, 16))
			return true;
	return false;
}

static bool ike_port(unsigned port)
{
	return port == PORT_IKE || port == PORT_IKE_NAT;
}

/* CLIENT and SERVER: the ports of this family's DHCP. */
static bool udp(const struct packet *p, enum espfilter_way way, unsigned client, unsigned server)
{
	unsigned from, to;
	size_t bytes;

	if (p->at_hand < UDP_BYTES)
		return false;
	from = big16(p->at);
	to = big16(p->at + 2);
	bytes = big16(p->at + 4);
	if (p->fragment ? bytes < p->bytes : bytes != p->bytes)
		return false;
	if (ike_port(from) && ike_port(to))
		return p->gateway;
	if (way == ESPFILTER_OUT)
		return from == client && to == server && !p->fragment;
	return from == server && to == client && !p->fragment;
}

static bool esp(const struct packet *p)
{
	return p->at_hand >= ESP_BYTES && p->gateway;
}

static bool ip4(const struct espfilter *f, enum espfilter_way way, const uint8_t *ip, size_t hand,
		size_t len)
{
	struct packet p = {0};
	unsigned bytes, offset;

	if (hand < IP4_BYTES || ip[0] != 0x45)
		return false;
	bytes = big16(ip + 2);
	offset = big16(ip + 6);
	if (bytes < IP4_BYTES || !tail_good(len, ETH_BYTES + bytes) || (offset & 0x1fff) != 0)
		return false;
	p.at = ip + IP4_BYTES;
	p.bytes = bytes - IP4_BYTES;
	p.at_hand = p.bytes < hand - IP4_BYTES ? p.bytes : hand - IP4_BYTES;
	p.fragment = (offset & 0x2000) != 0;
	p.gateway = gateway4(f, way == ESPFILTER_OUT ? ip + 16 : ip + 12);
	switch (ip[9]) {
	case IP_UDP:
		return udp(&p, way, PORT_DHCP_CLI, PORT_DHCP_SRV);
	case IP_ESP:
		return esp(&p);
	case IP_ICMP: /* unreachable, too big, time exceeded */
		return way == ESPFILTER_IN && p.at_hand >= 8 && (p.at[0] == 3 || p.at[0] == 11);
	default:
		return false;
	}
}

/* Neighbour discovery cannot have been forwarded: its hop limit is the highest there is. */
static bool icmp6(const struct packet *p, enum espfilter_way way)
{
	if (p->at_hand < 8 || p->fragment)
		return false;
	switch (p->at[0]) {
	case 133: /* router solicitation */
		return way == ESPFILTER_OUT && p->hop_limit == 255 && !p->mld_header;
	case 134: /* router advertisement */
	case 137: /* redirect */
		return way == ESPFILTER_IN && p->hop_limit == 255 && !p->mld_header;
	case 135: /* neighbour solicitation, advertisement */
	case 136:
		return p->hop_limit == 255 && !p->mld_header;
	case 130: /* listener query */
		return way == ESPFILTER_IN && p->hop_limit == 1 && p->mld_header;
	case 131: /* listener reports, done */
	case 132:
	case 143:
		return p->hop_limit == 1 && p->mld_header;
	case 1: /* unreachable, too big, time exceeded, bad header */
	case 2:
	case 3:
	case 4:
		return way == ESPFILTER_IN && !p->mld_header;
	default:
		return false;
	}
}

/* Steps over one extension header of eight bytes; false: none that may be there. */
static bool step(struct packet *p, uint8_t *next)
{
	static const uint8_t router_alert[6] = {5, 2, 0, 0, 1, 0};
	const uint8_t *h = p->at;

	if (p->at_hand < 8)
		return false;
	if (*next == IP_HOPOPT) {
		if (h[1] != 0 || !same(h + 2, router_alert, sizeof(router_alert)) ||
		    h[0] != IP_ICMP6)
			return false;
		p->mld_header = true;
	} else {
		if ((big16(h + 2) & 0xfff8) != 0 || h[0] == IP_HOPOPT || h[0] == IP_FRAGMENT)
			return false;
		p->fragment = true;
	}
	*next = h[0];
	p->at += 8;
	p->at_hand -= 8;
	p->bytes -= 8;
	return true;
}

static bool ip6(const struct espfilter *f, enum espfilter_way way, const uint8_t *ip, size_t hand,
		size_t len)
{
	struct packet p = {0};
	uint8_t next;

	if (hand < IP6_BYTES || ip[0] >> 4 != 6)
		return false;
	p.bytes = big16(ip + 4);
	if (!tail_good(len, ETH_BYTES + IP6_BYTES + p.bytes))
		return false;
	p.at = ip + IP6_BYTES;
	p.at_hand = p.bytes < hand - IP6_BYTES ? p.bytes : hand - IP6_BYTES;
	p.gateway = gateway6(f, way == ESPFILTER_OUT ? ip + 24 : ip + 8);
	p.hop_limit = ip[7];
	next = ip[6];
	if ((next == IP_HOPOPT || next == IP_FRAGMENT) && !step(&p, &next))
		return false;
	switch (next) {
	case IP_UDP:
		return udp(&p, way, PORT_DHC6_CLI, PORT_DHC6_SRV);
	case IP_ESP:
		return esp(&p);
	case IP_ICMP6:
		return icmp6(&p, way);
	default:
		return false;
	}
}

bool espfilter_pass(const struct espfilter *f, enum espfilter_way way, const uint8_t *frame,
		    size_t len)
{
	const uint8_t *body = frame + ETH_BYTES;
	size_t hand = len < ESPFILTER_PEEK ? len : ESPFILTER_PEEK;

	if (len < ETH_BYTES)
		return false;
	hand -= ETH_BYTES;
	switch (big16(frame + 12)) {
	case TYPE_ARP:
		return arp(body, len);
	case TYPE_IP4:
		return ip4(f, way, body, hand, len);
	case TYPE_IP6:
		return ip6(f, way, body, hand, len);
	default:
		return false;
	}
}
