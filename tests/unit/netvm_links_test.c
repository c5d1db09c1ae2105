/* SPDX-License-Identifier: Apache-2.0 */
/* What netvmd makes of the kernel's messages about interfaces. */
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "check.h"
#include "netvm/netvmd/links.h"

static _Alignas(4) uint8_t buf[1024];
static size_t used;

static void attr(unsigned type, const void *content, size_t len)
{
	struct rtattr a = {.rta_len = (uint16_t)RTA_LENGTH(len), .rta_type = (uint16_t)type};

	memcpy(buf + used, &a, sizeof a);
	memcpy(buf + used + sizeof a, content, len);
	used += RTA_SPACE(len);
}

/* One message about an interface; MASTER 0 = none said. */
static void message(unsigned type, int family, int index, unsigned flags, int master)
{
	struct ifinfomsg info = {
		.ifi_family = (uint8_t)family, .ifi_index = index, .ifi_flags = flags};
	struct nlmsghdr h = {.nlmsg_type = (uint16_t)type};
	size_t start = used;
	uint32_t noise = 1500;

	used += NLMSG_HDRLEN;
	memcpy(buf + used, &info, sizeof info);
	used += NLMSG_ALIGN(sizeof info);
	attr(IFLA_MTU, &noise, sizeof noise);
	attr(IFLA_IFNAME, "eth0", 5);
	if (master != 0)
		attr(IFLA_MASTER, &master, sizeof master);
	h.nlmsg_len = (uint32_t)(used - start);
	memcpy(buf + start, &h, sizeof h);
}

static void fresh(void)
{
	memset(buf, 0, sizeof buf);
	used = 0;
}

static void messages_are_walked(void)
{
	const uint8_t *at = buf;
	struct link l;
	size_t left;

	fresh();
	message(RTM_NEWLINK, 0, 3, IFF_UP | IFF_LOWER_UP, 7);
	message(RTM_NEWADDR, 0, 9, 0, 0);
	message(RTM_NEWLINK, AF_BRIDGE, 9, 0, 0);
	message(RTM_DELLINK, 0, 4, IFF_UP, 0);
	left = used;
	REQUIRE(link_next(&at, &left, &l));
	CHECK_EQ(l.index, 3);
	CHECK_EQ(l.master, 7);
	CHECK_STR(l.name, "eth0");
	CHECK_TRUE(l.up && l.carrier && !l.gone);
	REQUIRE(link_next(&at, &left, &l));
	CHECK_EQ(l.index, 4);
	CHECK_EQ(l.master, 0);
	CHECK_TRUE(l.gone && l.up && !l.carrier);
	CHECK_FALSE(link_next(&at, &left, &l));
	CHECK_EQ(left, 0);
}

/* Cut at any byte: no read behind the end (ASan sees it), and no message that is not whole. */
static void cut_messages(void)
{
	static uint8_t copy[1024];

	fresh();
	message(RTM_NEWLINK, 0, 3, IFF_UP, 7);
	for (size_t len = 0; len < used; len++) {
		uint8_t *end = copy + sizeof copy - len;
		const uint8_t *at = end;
		size_t left = len;
		struct link l;

		memcpy(end, buf, len);
		CHECK_FALSE(link_next(&at, &left, &l));
	}
}

static void lengths_that_cannot_be(void)
{
	static const uint32_t lies[] = {0, 1, 15, 0x7fffffff, 0xffffffff};
	struct link l;

	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
		const uint8_t *at = buf;
		size_t left;

		fresh();
		message(RTM_NEWLINK, 0, 3, IFF_UP, 7);
		left = used;
		memcpy(buf, &lies[i], sizeof lies[i]);
		CHECK_FALSE(link_next(&at, &left, &l));
	}
	for (uint16_t lie = 0; lie < 4; lie++) {
		const uint8_t *at = buf;
		size_t left;

		fresh();
		message(RTM_NEWLINK, 0, 3, IFF_UP, 7);
		left = used;
		memcpy(buf + 32, &lie, sizeof lie); /* the first attribute */
		REQUIRE(link_next(&at, &left, &l));
		CHECK_EQ(l.master, 0);
		CHECK_STR(l.name, "");
	}
}

static void ready_needs_all_three(void)
{
	const struct link nic = {.index = 2, .up = true, .carrier = true, .master = 5};
	const struct link bridge = {.index = 5, .up = true, .carrier = true};
	struct net_state s = {.nic = 2, .bridge = 5};
	struct link l = nic;

	CHECK_FALSE(net_state_ready(&s));
	CHECK_TRUE(net_state_take(&s, &nic));
	CHECK_FALSE(net_state_ready(&s));
	CHECK_TRUE(net_state_take(&s, &bridge));
	CHECK_TRUE(net_state_ready(&s));
	CHECK_FALSE(net_state_take(&s, &bridge)); /* nothing new */
	l.carrier = false;
	CHECK_TRUE(net_state_take(&s, &l));
	CHECK_FALSE(net_state_ready(&s));
	l = nic, l.master = 0;
	(void)net_state_take(&s, &l);
	CHECK_FALSE(net_state_ready(&s));
	l = nic, l.up = false;
	(void)net_state_take(&s, &l);
	CHECK_FALSE(net_state_ready(&s));
	(void)net_state_take(&s, &nic);
	CHECK_TRUE(net_state_ready(&s));
	l = bridge, l.carrier = false;
	(void)net_state_take(&s, &l);
	CHECK_FALSE(net_state_ready(&s));
}

static void others_do_not_matter(void)
{
	const struct link edge = {.index = 3, .up = true, .carrier = true, .master = 5};
	struct net_state s = {.nic = 2, .bridge = 5};

	CHECK_FALSE(net_state_take(&s, &edge));
	CHECK_FALSE(net_state_ready(&s));
}

static void a_card_that_vanishes(void)
{
	struct net_state s = {.nic = 2, .bridge = 5};
	struct link l = {.index = 2, .up = true, .carrier = true, .master = 5, .gone = true};

	CHECK_TRUE(net_state_take(&s, &l));
	CHECK_TRUE(s.nic_gone);
	CHECK_FALSE(net_state_ready(&s));
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(messages_are_walked);
	RUN(cut_messages);
	RUN(lengths_that_cannot_be);
	RUN(ready_needs_all_three);
	RUN(others_do_not_matter);
	RUN(a_card_that_vanishes);
	return check_end();
}
