/* SPDX-License-Identifier: Apache-2.0 */
/* Building the bridge: ports, isolation, addresses. Gives no interface an address of the internet protocols. */
#include "bridge.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_bridge.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define EDGE_PREFIX "bh-"
#define ETH_ALEN    6

int rtnl_open(void)
{
	struct sockaddr_nl to = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd >= 0 && bind(fd, (const struct sockaddr *)&to, sizeof to) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

int rtnl_ask_links(int rtnl, uint32_t number)
{
	struct {
		struct nlmsghdr h;
		struct ifinfomsg info;
	} ask = {
		.h = {.nlmsg_len = sizeof ask,
		      .nlmsg_type = RTM_GETLINK,
		      .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		      .nlmsg_seq = number}
	  };

	return send(rtnl, &ask, sizeof ask, 0) == (ssize_t)sizeof ask ? 0 : -1;
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		(void)close(fd);
	if (!good)
		(void)fprintf(stderr, "netvmd: %s: %s\n", path, strerror(errno));
	return good ? 0 : -1;
}

static int set_port(const char *port, const char *option, const char *value)
{
	char path[96];

	(void)snprintf(path, sizeof path, "/sys/class/net/%s/brport/%s", port, option);
	return write_file(path, value);
}

/* Only what has hardware behind it has a `device`. */
bool bridge_find_nic(char name[LINK_NAME_LEN])
{
	DIR *dir = opendir("/sys/class/net");
	struct dirent *entry;
	char path[96];
	bool found = false;

	if (dir == NULL)
		return false;
	while ((entry = readdir(dir)) != NULL) {
		size_t len = strlen(entry->d_name);

		(void)snprintf(path, sizeof path, "/sys/class/net/%.16s/device", entry->d_name);
		if (len >= LINK_NAME_LEN || access(path, F_OK) != 0)
			continue;
		if (found)
			(void)fprintf(stderr, "netvmd: several cards, one of them is used\n");
		if (!found || strcmp(entry->d_name, name) < 0)
			memcpy(name, entry->d_name, len + 1);
		found = true;
	}
	(void)closedir(dir);
	return found;
}

/* One ioctl on an interface, by name. */
static int on_interface(const char *name, unsigned long request, struct ifreq *r)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), ret;

	if (fd < 0)
		return -1;
	(void)snprintf(r->ifr_name, sizeof r->ifr_name, "%s", name);
	ret = ioctl(fd, (int)request, r);
	(void)close(fd);
	return ret;
}

static int switch_on(const char *name)
{
	struct ifreq r = {0};

	if (on_interface(name, SIOCGIFFLAGS, &r) != 0)
		return -1;
	r.ifr_flags = (short)(r.ifr_flags | IFF_UP);
	return on_interface(name, SIOCSIFFLAGS, &r);
}

static int add_port(const char *port)
{
	struct ifreq r = {.ifr_ifindex = (int)if_nametoindex(port)};

	return r.ifr_ifindex == 0 ? -1 : on_interface(BRIDGE, SIOCBRADDIF, &r);
}

int nic_switch_on(const char *nic)
{
	if (write_file("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1\n") != 0 ||
	    write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1\n") != 0)
		return -1;
	return switch_on(nic);
}

int bridge_create(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), ret;

	if (fd < 0)
		return -1;
	ret = ioctl(fd, SIOCBRADDBR,
		    BRIDGE); /* without spanning tree: the card's side knows no loop */
	(void)close(fd);
	return ret == 0 ? switch_on(BRIDGE) : -1;
}

int bridge_add_nic(const char *nic)
{
	return add_port(nic);
}

/* One processor: drivers make one queue. */
int bridge_open_stuck(const char *nic)
{
	char path[96];

	(void)snprintf(path, sizeof path, "/sys/class/net/%.16s/queues/tx-0/tx_timeout", nic);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* The address of the far end, which the driver knows from the names. */
static int far_address(const char *edge, uint8_t mac[ETH_ALEN])
{
	char path[96], text[32] = "";
	unsigned part[ETH_ALEN];
	int fd, n;

	(void)snprintf(path, sizeof path, "/sys/class/net/%s/bulkhead/peer_address", edge);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : (int)read(fd, text, sizeof text - 1);
	if (fd >= 0)
		(void)close(fd);
	if (n <= 0 || sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x", &part[0], &part[1], &part[2],
			     &part[3], &part[4], &part[5]) != ETH_ALEN)
		return -1;
	for (unsigned i = 0; i < ETH_ALEN; i++)
		mac[i] = (uint8_t)part[i];
	return 0;
}

/* The kernel's yes or no to a request; what else the socket hears is asked for again later. */
static int answer(int rtnl)
{
	uint8_t buf[8192];

	for (unsigned i = 0; i < 64; i++) {
		ssize_t n = recv(rtnl, buf, sizeof buf, 0);
		struct nlmsghdr h;
		struct nlmsgerr e;

		if (n < (ssize_t)sizeof h)
			return -1;
		memcpy(&h, buf, sizeof h);
		if (h.nlmsg_type != NLMSG_ERROR || (size_t)n < sizeof h + sizeof e)
			continue;
		memcpy(&e, buf + sizeof h, sizeof e);
		errno = -e.error;
		return e.error == 0 ? 0 : -1;
	}
	return -1;
}

/* MAC is behind PORT, for good: no frame with that source makes it move. */
static int pin_address(int rtnl, int port, const uint8_t mac[ETH_ALEN])
{
	struct {
		struct nlmsghdr h;
		struct ndmsg nd;
		struct rtattr attr;
		uint8_t mac[8];
	} ask = {
		.h = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ndmsg)) + RTA_LENGTH(ETH_ALEN),
		      .nlmsg_type = RTM_NEWNEIGH,
		      .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE},
		.nd = {.ndm_family = AF_BRIDGE,
		       .ndm_ifindex = port,
		       .ndm_state = NUD_NOARP,
		       .ndm_flags = NTF_MASTER | NTF_STICKY},
		.attr = {.rta_len = RTA_LENGTH(ETH_ALEN),						  .rta_type = NDA_LLADDR},
	};

	memcpy(ask.mac, mac, ETH_ALEN);
	if (send(rtnl, &ask, ask.h.nlmsg_len, 0) != (ssize_t)ask.h.nlmsg_len)
		return -1;
	return answer(rtnl);
}

/* Isolated ports reach the card's port only; what is not for its address is nothing of a neighbour's business. */
static int add_edge(int rtnl, const char *edge)
{
	uint8_t mac[ETH_ALEN];

	if (add_port(edge) != 0 || set_port(edge, "isolated", "1\n") != 0 ||
	    set_port(edge, "unicast_flood", "0\n") != 0 || set_port(edge, "learning", "0\n") != 0)
		return -1;
	return far_address(edge, mac) != 0 ? -1 : pin_address(rtnl, (int)if_nametoindex(edge), mac);
}

static bool is_edge(const struct if_nameindex *interface)
{
	return strncmp(interface->if_name, EDGE_PREFIX, strlen(EDGE_PREFIX)) == 0;
}

int bridge_add_edges(int rtnl, unsigned *edges)
{
	struct if_nameindex *all = if_nameindex();
	int ret = 0;

	if (all == NULL)
		return -1;
	*edges = 0;
	for (unsigned i = 0; all[i].if_index != 0 && ret == 0; i++) {
		if (!is_edge(&all[i]))
			continue;
		ret = add_edge(rtnl, all[i].if_name);
		(void)fprintf(stderr, "netvmd: edge %s%s%s\n", all[i].if_name, ret ? ": " : "",
			      ret ? strerror(errno) : "");
		++*edges;
	}
	if_freenameindex(all);
	return ret;
}

int bridge_start_edges(void)
{
	struct if_nameindex *all = if_nameindex();
	int ret = 0;

	if (all == NULL)
		return -1;
	for (unsigned i = 0; all[i].if_index != 0 && ret == 0; i++)
		if (is_edge(&all[i]))
			ret = switch_on(all[i].if_name);
	if_freenameindex(all);
	return ret;
}
