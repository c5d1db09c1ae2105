/* SPDX-License-Identifier: Apache-2.0 */
/* carry: HTTP, DNS and ping to one station, each with a marker that can be looked for on a wire. Changes nothing in the VM. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "carry_msg.h"
#include "vm.h"

#define REPORT_MS    2000
#define TCP_LIFE_MS  3000 /* a connection that is not through by then is given up */
#define INTERVAL_MIN 50
#define INTERVAL_MAX 60000
#define ARGS_MAX     5

static const char usage_text[] =
	"usage: carry ADDRESS [INTERVAL [MARKER|- [REST]]]\n"
	"Sends a request by HTTP, a query by DNS and a ping to ADDRESS, all with MARKER in them, "
	"every INTERVAL "
	"milliseconds (250)\nuntil it is ended. Says how many were tried and answered. Without "
	"MARKER, or -: what "
	"http://ADDRESS/marker says.\nWith REST: once a round was answered whole the next "
	"begins REST milliseconds "
	"later, until one is not or a link of this VM changes.\nExit: 100 wrong usage, 111 no "
	"socket, or no marker\n";

struct count {
	unsigned tried, answered;
};

static struct carry {
	struct sockaddr_in to;
	char marker[CARRY_MARKER_MAX + 2];
	uint16_t id;
	struct count tcp, udp, icmp;
	int web, dns, ping, links;
	bool asked; /* the request is out */
	long long web_since;
	long interval, rest; /* ms between rounds; once one was answered whole */
} c;

_Noreturn static void fail(const char *what)
{
	(void)fprintf(stderr, "carry: %s: %s\n", what, strerror(errno));
	exit(VM_EXIT_ENVIRONMENT);
}

static long long now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

static void web_close(void)
{
	if (c.web >= 0)
		(void)close(c.web);
	c.web = -1;
}

/* One connection at a time. */
static void web_start(long long now)
{
	struct sockaddr_in to = c.to;

	if (c.web >= 0 && now - c.web_since < TCP_LIFE_MS)
		return;
	web_close();
	c.tcp.tried++;
	c.web = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	c.web_since = now;
	c.asked = false;
	to.sin_port = htons(80);
	if (c.web >= 0 && connect(c.web, (struct sockaddr *)&to, sizeof to) != 0 &&
	    errno != EINPROGRESS)
		web_close();
}

static void web_go_on(void)
{
	char text[256];
	ssize_t n;

	if (!c.asked) {
		int len = snprintf(text, sizeof text, "GET /marker?%s HTTP/1.0\r\n\r\n", c.marker);

		c.asked = true;
		if (send(c.web, text, (size_t)len, MSG_NOSIGNAL) != len)
			web_close();
		return;
	}
	n = recv(c.web, text, sizeof text, 0);
	if (n > 0)
		return;
	if (n == 0)
		c.tcp.answered++;
	web_close();
}

static void send_both(void)
{
	uint8_t packet[CARRY_BYTES];
	struct sockaddr_in to = c.to;
	size_t n;

	to.sin_port = htons(53);
	n = carry_dns(packet, (uint16_t)c.udp.tried++, c.marker);
	(void)sendto(c.dns, packet, n, 0, (struct sockaddr *)&to, sizeof to);
	n = carry_echo(packet, c.id, (uint16_t)c.icmp.tried++, c.marker);
	(void)sendto(c.ping, packet, n, 0, (struct sockaddr *)&c.to, sizeof c.to);
}

static void dns_answer(void)
{
	uint8_t p[512];

	if (recv(c.dns, p, sizeof p, 0) >= 12 && p[2] >> 7)
		c.udp.answered++;
}

/* A raw socket gives the IP header too, and every ICMP packet there is. */
static void ping_answer(void)
{
	uint8_t p[256];
	ssize_t n = recv(c.ping, p, sizeof p, 0);
	unsigned head = n > 0 ? (p[0] & 15u) * 4 : 0;

	if (n >= (ssize_t)head + 8 && p[head] == 0 && p[head + 4] == c.id >> 8 &&
	    p[head + 5] == (c.id & 0xff))
		c.icmp.answered++;
}

/* A line that went or came: whether there is still a way is worth a new round. */
static bool link_changed(void)
{
	char heard[4096];

	return recv(c.links, heard, sizeof heard, MSG_DONTWAIT) > 0;
}

static void wait_until(long long end, bool resting)
{
	long long left;

	while ((left = end - now_ms()) > 0) { /* bound: END */
		struct pollfd p[] = {
			{.fd = c.dns,		      .events = POLLIN		      },
			{.fd = c.ping,		       .events = POLLIN		       },
			{.fd = c.web,		      .events = c.asked ? POLLIN : POLLOUT},
			{.fd = resting ? c.links : -1, .events = POLLIN		       },
		};

		if (poll(p, 4, (int)left) <= 0)
			continue;
		if (p[3].revents && link_changed())
			return;
		if (p[0].revents)
			dns_answer();
		if (p[1].revents)
			ping_answer();
		if (p[2].revents)
			web_go_on();
	}
}

static unsigned answers(void)
{
	return c.tcp.answered + c.udp.answered + c.icmp.answered;
}

/* The three questions of a round, then what comes back. A late answer may make a round look whole: the next one then shows that it was not. */
static void round_of_three(void)
{
	long long begin = now_ms();
	unsigned before = answers();

	web_start(begin);
	send_both();
	wait_until(begin + c.interval, false);
	if (c.rest > c.interval && answers() - before >= 3)
		wait_until(begin + c.rest, true);
}

static void report(void)
{
	static long long last;

	if (last != 0 && now_ms() - last < REPORT_MS)
		return;
	last = now_ms();
	(void)printf("carry: tcp=%u/%u udp=%u/%u icmp=%u/%u\n", c.tcp.tried, c.tcp.answered,
		     c.udp.tried, c.udp.answered, c.icmp.tried, c.icmp.answered);
}

static void ask_marker(const char *address)
{
	char command[96];
	FILE *f;

	(void)snprintf(command, sizeof command, "wget -q -T 10 -O - http://%s/marker", address);
	f = popen(command, "r");
	if (f == NULL || fgets(c.marker, sizeof c.marker, f) == NULL)
		c.marker[0] = 0;
	if (f != NULL)
		(void)pclose(f);
}

static int usage(FILE *to, int status)
{
	(void)fputs(usage_text, to);
	return status;
}

/* Milliseconds of TEXT, or of nothing; -1: not as it must be. */
static long milliseconds(const char *text, long otherwise)
{
	long ms = text != NULL ? strtol(text, NULL, 10) : otherwise;

	return ms < INTERVAL_MIN || ms > INTERVAL_MAX ? -1 : ms;
}

static bool arguments(int argc, char **argv)
{
	c.to.sin_family = AF_INET;
	c.interval = milliseconds(argc > 2 ? argv[2] : NULL, 250);
	c.rest = milliseconds(argc > 4 ? argv[4] : NULL, c.interval);
	return argc >= 2 && argc <= ARGS_MAX && inet_pton(AF_INET, argv[1], &c.to.sin_addr) == 1 &&
	       c.interval > 0 && c.rest > 0;
}

int main(int argc, char **argv)
{
	const struct sockaddr_nl links = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return usage(stdout, 0);
	if (!arguments(argc, argv))
		return usage(stderr, VM_EXIT_MISCONFIGURED);
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 3 && strcmp(argv[3], "-") != 0)
		(void)snprintf(c.marker, sizeof c.marker, "%s", argv[3]);
	else
		ask_marker(argv[1]);
	errno = EINVAL;
	if (!carry_marker_ok(c.marker))
		fail("the marker");
	c.id = (uint16_t)getpid();
	c.web = -1;
	c.dns = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	c.ping = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMP);
	c.links = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (c.dns < 0 || c.ping < 0 || c.links < 0 ||
	    bind(c.links, (const struct sockaddr *)&links, sizeof links) != 0)
		fail("socket");
	for (;;) { /* until somebody ends it */
		round_of_three();
		report();
	}
}
