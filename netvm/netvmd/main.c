/* SPDX-License-Identifier: Apache-2.0 */
/* netvmd: joins the network card and the net edges into a bridge, then watches it without privileges. Touches no frame. */
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bridge.h"
#include "pulse.h"
#include "sandbox.h"
#include "vm.h"

#define NIC_WAIT_MS 10000

static const char usage_text[] =
	"usage: netvmd\n"
	"Makes the bridge " BRIDGE
	" of the network card and all interfaces bh-*, and says ready when "
	"the card has a carrier.\n"
	"Exit: 0 asked to stop, 100 wrong usage, 111 no card, or it vanished\n";

static const int calls[] = {
	SYS_ioctl, SYS_poll, SYS_pread64, SYS_read, SYS_recvfrom, SYS_sendto, SYS_write, SYS_writev,
};

static int control = -1, stuck = -1;
static struct pulse pulse;
static bool said_ready;

_Noreturn static void fail(const char *what)
{
	(void)fprintf(stderr, "netvmd: %s: %s\n", what, strerror(errno));
	exit(VM_EXIT_ENVIRONMENT);
}

static long long now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

/* The driver may still be looking at its card: each change of an interface is a reason to look again. */
static void wait_for_nic(int rtnl, char nic[LINK_NAME_LEN])
{
	long long end = now_ms() + NIC_WAIT_MS;
	uint8_t buf[8192];

	while (!bridge_find_nic(nic)) {
		struct pollfd p = {.fd = rtnl, .events = POLLIN};
		long long left = end - now_ms();

		if (left <= 0) {
			errno = ENODEV;
			fail("network card");
		}
		if (poll(&p, 1, (int)left) > 0)
			(void)!recv(rtnl, buf, sizeof buf, 0);
	}
}

/* The card is the first, for its link takes longer than everything else; the edges follow when it has one. */
static void set_up(int rtnl, struct net_state *state)
{
	char nic[LINK_NAME_LEN];
	unsigned edges;

	wait_for_nic(rtnl, nic);
	if (nic_switch_on(nic) != 0)
		fail(nic);
	if (bridge_create() != 0)
		fail(BRIDGE);
	if (bridge_add_edges(rtnl, &edges) != 0)
		fail("edges");
	if (bridge_add_nic(nic) != 0)
		fail(nic);
	state->nic = (int)if_nametoindex(nic);
	state->bridge = (int)if_nametoindex(BRIDGE);
	stuck = bridge_open_stuck(nic);
	if (stuck < 0)
		fail("the card's queue");
	(void)fprintf(stderr, "netvmd: card %s, %u edges\n", nic, edges);
}

/*
 * The card has a link: now the edges carry, and what the VMs behind them say of themselves reaches the cable. Nothing
 * but the kernel was heard until here.
 */
static void open_edges(void)
{
	if (bridge_start_edges() != 0)
		fail("edges");
	if (sandbox_enter(calls, sizeof calls / sizeof *calls) != 0)
		fail("sandbox");
	if (vm_ready(control) != 0)
		fail("ready");
	said_ready = true;
}

static void on_change(const struct net_state *state, bool carrier_before)
{
	if (state->nic_gone) {
		errno = ENODEV;
		fail("the card vanished");
	}
	if (state->nic_carrier != carrier_before)
		(void)fprintf(stderr, "netvmd: carrier %s\n", carrier_before ? "off" : "on");
	if (!said_ready && net_state_ready(state))
		open_edges();
}

/* Lost messages are no harm: everything is asked for again. */
static void on_links(int rtnl, struct net_state *state)
{
	uint8_t buf[16384];
	const uint8_t *at = buf;
	ssize_t n = recv(rtnl, buf, sizeof buf, MSG_DONTWAIT);
	size_t left;
	struct link l;
	bool changed = false, carrier = state->nic_carrier;

	if (n < 0 && errno == ENOBUFS && rtnl_ask_links(rtnl, pulse.request) != 0)
		fail("rtnetlink");
	if (n <= 0)
		return;
	left = (size_t)n;
	while (link_next(&at, &left, &l)) {
		changed |= net_state_take(state, &l);
		if (pulse_take(&pulse, state, &l))
			(void)vm_heartbeat(control);
	}
	if (changed)
		on_change(state, carrier);
}

/* The kernel's number, now. */
static uint64_t times_stuck(void)
{
	char text[24] = "";

	if (pread(stuck, text, sizeof text - 1, 0) <= 0)
		fail("the card's queue");
	return strtoull(text, NULL, 10);
}

/* The answer is not given here: on_links gives it when the kernel has answered for card and bridge. */
static void on_events(int rtnl)
{
	uint64_t events = vm_events(control);

	if (events & HV_EVENT_STOP)
		exit(VM_EXIT_ASKED);
	if ((events & HV_EVENT_ASK) && rtnl_ask_links(rtnl, pulse_ask(&pulse, times_stuck())) != 0)
		fail("rtnetlink");
}

_Noreturn static void serve(int rtnl, struct net_state *state)
{
	for (;;) {
		struct pollfd p[] = {
			{.fd = rtnl,    .events = POLLIN},
			{.fd = control, .events = POLLIN}
		 };

		if (poll(p, 2, -1) < 0)
			continue;
		if (p[0].revents != 0)
			on_links(rtnl, state);
		if (p[1].revents != 0)
			on_events(rtnl);
	}
}

int main(int argc, char **argv)
{
	struct net_state state = {0};
	int rtnl;

	if (argc > 1) {
		bool help = strcmp(argv[1], "--help") == 0;

		(void)fputs(usage_text, help ? stdout : stderr);
		return help ? 0 : VM_EXIT_MISCONFIGURED;
	}
	control = vm_open(HV_EVENT_STOP | HV_EVENT_ASK);
	rtnl = rtnl_open();
	if (control < 0 || rtnl < 0)
		fail(control < 0 ? "/dev/bulkhead/control" : "rtnetlink");
	set_up(rtnl, &state);
	if (rtnl_ask_links(rtnl, 0) != 0)
		fail("rtnetlink");
	serve(rtnl, &state);
}
