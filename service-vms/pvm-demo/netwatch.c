/* SPDX-License-Identifier: Apache-2.0 */
/* netwatch: says of a demo pVM whether its network works since it came up the last time: an address granted or renewed, an answer from the
 * gateway. For whoever swaps the VM that carries it. Asks only until it knows; changes nothing of the network. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vm.h"

#define EDGES	   4u
#define LOOK_MS	   500
#define LOOKS	   60u	 /* from then on a gateway that is silent is asked each: */
#define SILENT_MS  10000 /* a gateway may be one that answers nobody */
#define RENEW_EACH 4u	 /* looks */
#define IP_WORDS   5u	 /* of 32 bits, at least, before an ICMP message */

static const char usage_text[] =
	"usage: netwatch\n"
	"Tells the hypervisor whether an edge (bh-*) of this VM has a lease, and an answer from "
	"its "
	"gateway,\n"
	"since its carrier came. udhcpc leaves /run/leased-EDGE and /run/lease-EDGE. "
	"Exit: 100 wrong usage, 111 no control device or sockets\n";

static struct edge {
	char name[16];
	int changes; /* of the carrier, when it was looked at last */
	bool carrier, leased, answered;
	unsigned looks;
} edges[EDGES];
static unsigned count;
static int control, links, echo;
static uint32_t told;

static long read_number(const char *format, const char *name)
{
	char path[128], text[24] = "";
	int fd;

	(void)snprintf(path, sizeof path, format, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	(void)!read(fd, text, sizeof text - 1);
	(void)close(fd);
	return strtol(text, NULL, 10);
}

static void find_edges(void)
{
	glob_t found;

	if (glob("/sys/class/net/bh-*", 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc && count < EDGES; i++)
		(void)snprintf(edges[count++].name, sizeof edges[0].name, "%s",
			       found.gl_pathv[i] + strlen("/sys/class/net/"));
	globfree(&found);
}

/* The gateway of the lease: the second word that the script wrote down. */
static bool gateway_of(const struct edge *e, struct in_addr *out)
{
	char path[128], text[64] = "", word[24];
	int fd;

	(void)snprintf(path, sizeof path, "/run/lease-%s", e->name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	(void)!read(fd, text, sizeof text - 1);
	(void)close(fd);
	return sscanf(text, "%*s %23s", word) == 1 && inet_pton(AF_INET, word, out) == 1;
}

static void ask_gateway(const struct edge *e, unsigned number)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	struct icmphdr h = {.type = ICMP_ECHO};
	uint16_t words[sizeof h / 2];
	uint32_t sum = 0;

	if (!gateway_of(e, &to.sin_addr))
		return;
	h.un.echo.id = htons((uint16_t)getpid());
	h.un.echo.sequence = htons((uint16_t)number);
	memcpy(words, &h, sizeof h);
	for (size_t i = 0; i < sizeof h / 2; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	h.checksum = (uint16_t) ~(sum + (sum >> 16));
	(void)sendto(echo, &h, sizeof h, 0, (const struct sockaddr *)&to, sizeof to);
}

/* An answer is whose gateway it comes from. */
static void take_answers(void)
{
	struct sockaddr_in from;
	socklen_t len = sizeof from;
	uint8_t buf[512];
	ssize_t n;

	while ((n = recvfrom(echo, buf, sizeof buf, MSG_DONTWAIT, (struct sockaddr *)&from, &len)) >
	       0) {
		size_t ip = (size_t)(buf[0] & 15) * 4;
		struct icmphdr h;
		struct in_addr gateway;

		len = sizeof from;
		if (ip < IP_WORDS * 4 || (size_t)n < ip + sizeof h)
			continue;
		memcpy(&h, buf + ip, sizeof h);
		if (h.type != ICMP_ECHOREPLY || h.un.echo.id != htons((uint16_t)getpid()))
			continue;
		for (unsigned i = 0; i < count; i++)
			edges[i].answered |= edges[i].leased && gateway_of(&edges[i], &gateway) &&
					     gateway.s_addr == from.sin_addr.s_addr;
	}
}

/* For how many ms there is nothing to look for, -1: for ever. */
static int look(struct edge *e)
{
	int changes = (int)read_number("/sys/class/net/%s/carrier_changes", e->name);
	char mark[128];
	long client;

	(void)snprintf(mark, sizeof mark, "/run/leased-%s", e->name);
	e->carrier = read_number("/sys/class/net/%s/carrier", e->name) == 1;
	if (changes != e->changes) {
		e->changes = changes;
		e->leased = e->answered = false;
		e->looks = 0;
		(void)unlink(mark);
	}
	if (!e->carrier)
		return -1;
	e->leased |= access(mark, F_OK) == 0;
	client = read_number("/run/udhcpc-%s.pid", e->name);
	if (!e->leased && client > 1 && e->looks % RENEW_EACH == RENEW_EACH / 2)
		(void)kill((pid_t)client, SIGUSR1);
	if (e->leased && !e->answered)
		ask_gateway(e, e->looks);
	e->looks++;
	if (e->answered)
		return -1;
	return e->leased && e->looks > LOOKS ? SILENT_MS : LOOK_MS;
}

static void tell(void)
{
	uint32_t bits = 0;

	for (unsigned i = 0; i < count; i++)
		bits |= (edges[i].leased ? HV_STATUS_LEASE : 0) |
			(edges[i].answered ? HV_STATUS_TRAFFIC : 0);
	if (bits != told && vm_status(control, bits) == 0)
		told = bits;
}

/* Of two times to wait; -1 is for ever. */
static int sooner(int a, int b)
{
	return b < 0 || (a >= 0 && a < b) ? a : b;
}

static void watch(void)
{
	uint8_t buf[8192];

	for (;;) {
		struct pollfd p[] = {
			{.fd = links, .events = POLLIN},
			 {.fd = echo,  .events = POLLIN}
		       };
		int wait_ms = -1;

		for (unsigned i = 0; i < count; i++)
			wait_ms = sooner(wait_ms, look(&edges[i]));
		tell();
		if (poll(p, 2, wait_ms) <= 0)
			continue;
		if (p[0].revents & POLLIN)
			(void)!recv(links, buf, sizeof buf, MSG_DONTWAIT);
		take_answers();
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_nl to = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};

	(void)argv;
	if (argc > 1) {
		(void)fputs(usage_text, stderr);
		return VM_EXIT_MISCONFIGURED;
	}
	control = vm_open(0);
	links = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	echo = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
	if (control < 0 || links < 0 || echo < 0 ||
	    bind(links, (const struct sockaddr *)&to, sizeof to) != 0) {
		perror("netwatch");
		return VM_EXIT_ENVIRONMENT;
	}
	find_edges();
	watch();
}
