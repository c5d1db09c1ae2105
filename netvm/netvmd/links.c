/* SPDX-License-Identifier: Apache-2.0 */
/* Messages about interfaces, and whether the bridge works. Must not do I/O. */
#include "links.h"

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* One attribute: its type and content, cut off the front of what is left. */
static bool next_attr(const uint8_t **at, size_t *left, struct rtattr *attr,
		      const uint8_t **content)
{
	size_t whole;

	if (*left < sizeof *attr)
		return false;
	memcpy(attr, *at, sizeof *attr);
	if (attr->rta_len < sizeof *attr || attr->rta_len > *left)
		return false;
	*content = *at + RTA_LENGTH(0);
	whole = RTA_ALIGN(attr->rta_len);
	if (whole > *left)
		whole = *left;
	*at += whole;
	*left -= whole;
	attr->rta_len = (uint16_t)(attr->rta_len - RTA_LENGTH(0));
	return true;
}

static void take_attrs(const uint8_t *at, size_t left, struct link *out)
{
	struct rtattr attr;
	const uint8_t *content;

	while (next_attr(&at, &left, &attr, &content)) { /* bound: each is at least 4 bytes */
		if (attr.rta_type == IFLA_IFNAME && attr.rta_len <= LINK_NAME_LEN)
			memcpy(out->name, content, attr.rta_len);
		else if (attr.rta_type == IFLA_MASTER && attr.rta_len == sizeof out->master)
			memcpy(&out->master, content, sizeof out->master);
	}
	out->name[LINK_NAME_LEN - 1] = 0;
}

static bool take_message(const uint8_t *body, size_t len, unsigned type, struct link *out)
{
	struct ifinfomsg info;

	if ((type != RTM_NEWLINK && type != RTM_DELLINK) || len < NLMSG_ALIGN(sizeof info))
		return false;
	memcpy(&info, body, sizeof info);
	/* The bridge's own family says "deleted" when a port leaves it. */
	if (info.ifi_family != 0)
		return false;
	memset(out, 0, sizeof *out);
	out->index = info.ifi_index;
	out->gone = type == RTM_DELLINK;
	out->up = (info.ifi_flags & IFF_UP) != 0;
	out->carrier = (info.ifi_flags & IFF_LOWER_UP) != 0;
	take_attrs(body + NLMSG_ALIGN(sizeof info), len - NLMSG_ALIGN(sizeof info), out);
	return true;
}

bool link_next(const uint8_t **at, size_t *left, struct link *out)
{
	struct nlmsghdr h;

	while (*left >= sizeof h) { /* bound: each message is at least a header */
		const uint8_t *body = *at + NLMSG_HDRLEN;
		size_t whole, len;

		memcpy(&h, *at, sizeof h);
		if (h.nlmsg_len < NLMSG_HDRLEN || h.nlmsg_len > *left)
			return false;
		len = h.nlmsg_len - NLMSG_HDRLEN;
		whole = NLMSG_ALIGN((size_t)h.nlmsg_len);
		if (whole > *left)
			whole = *left;
		*at += whole;
		*left -= whole;
		if (take_message(body, len, h.nlmsg_type, out)) {
			out->request = h.nlmsg_seq;
			return true;
		}
	}
	return false;
}

bool net_state_take(struct net_state *s, const struct link *l)
{
	struct net_state before = *s;

	if (l->index == s->nic) {
		s->nic_gone = l->gone;
		s->nic_carrier = l->up && l->carrier && !l->gone;
		s->nic_port = l->master == s->bridge && !l->gone;
	} else if (l->index == s->bridge) {
		s->bridge_up = l->up && l->carrier && !l->gone;
	}
	return memcmp(&before, s, sizeof before) != 0;
}

bool net_state_ready(const struct net_state *s)
{
	return s->nic_carrier && s->nic_port && s->bridge_up;
}
