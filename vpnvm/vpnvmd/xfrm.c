/* SPDX-License-Identifier: Apache-2.0 */
/* NETLINK_XFRM messages: the default action and policies of our own. Must not touch security associations: charon does. */
#include "xfrm.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The lowest wins where several match; charon's numbers for tunnels are in the hundred thousands. */
#define BLOCK_PRIORITY 500u
#define ALLOW_PRIORITY 1000u

struct reply {
	struct nlmsghdr head;
	struct nlmsgerr error;
};

/* Send one request, wait for its acknowledgement. */
static int talk(struct nlmsghdr *n)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	struct reply answer;
	ssize_t got;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_XFRM);

	if (fd < 0)
		return -1;
	n->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	n->nlmsg_seq = 1;
	if (sendto(fd, n, n->nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof kernel) < 0) {
		(void)close(fd);
		return -1;
	}
	got = recv(fd, &answer, sizeof answer, 0);
	(void)close(fd);
	if (got < (ssize_t)sizeof answer || answer.head.nlmsg_type != NLMSG_ERROR) {
		errno = EPROTO;
		return -1;
	}
	if (answer.error.error == 0)
		return 0;
	errno = -answer.error.error;
	return -1;
}

int xfrm_block_by_default(void)
{
	struct {
		struct nlmsghdr head;
		struct xfrm_userpolicy_default what;
	} m = {
		.head = {.nlmsg_len = sizeof m,	.nlmsg_type = XFRM_MSG_SETDEFAULT},
		.what = { .in = XFRM_USERPOLICY_BLOCK,
			 .fwd = XFRM_USERPOLICY_BLOCK,
			 .out = XFRM_USERPOLICY_BLOCK},
	};

	return talk(&m.head);
}

static int set_policy(const struct xfrm_match *a, uint8_t action, uint32_t priority)
{
	static const uint8_t direction[] = {[XFRM_IN] = XFRM_POLICY_IN,
					    [XFRM_OUT] = XFRM_POLICY_OUT,
					    [XFRM_FORWARD] = XFRM_POLICY_FWD};
	struct {
		struct nlmsghdr head;
		struct xfrm_userpolicy_info policy;
	} m = {
		.head = {.nlmsg_len = sizeof m, .nlmsg_type = XFRM_MSG_UPDPOLICY}
	 };
	struct xfrm_selector *s = &m.policy.sel;

	s->family = AF_INET;
	s->saddr.a4 = a->source;
	s->prefixlen_s = a->source_bits;
	s->daddr.a4 = a->dest;
	s->prefixlen_d = a->dest_bits;
	s->proto = a->protocol;
	s->sport = htons(a->source_port);
	s->sport_mask = a->source_port ? 0xffff : 0;
	s->dport = htons(a->dest_port);
	s->dport_mask = a->dest_port ? 0xffff : 0;
	s->ifindex = (int)a->ifindex;
	m.policy.dir = direction[a->way];
	m.policy.action = action;
	m.policy.priority = priority;
	m.policy.lft.soft_byte_limit = m.policy.lft.hard_byte_limit = XFRM_INF;
	m.policy.lft.soft_packet_limit = m.policy.lft.hard_packet_limit = XFRM_INF;
	return talk(&m.head);
}

int xfrm_allow(const struct xfrm_match *m)
{
	return set_policy(m, XFRM_POLICY_ALLOW, ALLOW_PRIORITY);
}

int xfrm_block(const struct xfrm_match *m)
{
	return set_policy(m, XFRM_POLICY_BLOCK, BLOCK_PRIORITY);
}
