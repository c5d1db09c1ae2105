/* SPDX-License-Identifier: Apache-2.0 */
/* Trouble inside vpnvm and netvm, for tests, on a word over a channel. In no product image. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <unistd.h>

#include "chan.h"
#include "vm.h"

#define OUTER "bh-netvm" /* of vpnvm */
#define GATE  "/sys/module/bulkhead/parameters/held_open"

static const char usage_text[] =
	"usage: trouble WORD [CHANNEL]    tell it to the other end of CHANNEL (trouble):\n"
	"         charon      kill charon             flush       forget all security "
	"associations\n"
	"         forget      stop vpnvmd, kill charon, forget associations and policies\n"
	"         xfrm-open   let pass what no policy is for\n"
	"         gate-open   hold the edge's filter open, gate-shut: no more (drivers with "
	"gate.c)\n"
	"         clear       send a packet in the clear past XFRM\n"
	"         reset       die                     count       nothing\n"
	"         stall       stop DAEMON             stall-charon  stop charon; both stay there\n"
	"         rules       nothing; failed if routing has a rule that is not the kernel's own\n"
	"       trouble lease ADDRESS TEXT    send TEXT there as if to renew a lease\n"
	"       trouble wait CHANNEL INTERFACE DAEMON [ARGUMENT]    become DAEMON, and beside it "
	"do\n"
	"         what is told, and say how many frames the filter of INTERFACE has stopped\n"
	"Exit: 0 told or sent, 100 wrong usage, 111 no channel, not sent\n";

static const char *channel = "trouble";
static const char *interface;

_Noreturn static void fail(const char *what)
{
	(void)fprintf(stderr, "trouble: %s: %s\n", what, strerror(errno));
	exit(VM_EXIT_ENVIRONMENT);
}

/* A request to XFRM without arguments beside those of REST. */
static int xfrm(uint16_t type, const void *rest, size_t bytes)
{
	struct {
		struct nlmsghdr head;
		uint8_t rest[16];
	} m = {
		.head = {.nlmsg_len = (uint32_t)(sizeof m.head + bytes),
			 .nlmsg_type = type,
			 .nlmsg_flags = NLM_F_REQUEST}
	      };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_XFRM);
	bool ok;

	memcpy(m.rest, rest, bytes);
	ok = fd >= 0 && send(fd, &m, m.head.nlmsg_len, 0) == (ssize_t)m.head.nlmsg_len;
	if (fd >= 0)
		(void)close(fd);
	return ok ? 0 : -1;
}

/* The kernel's security associations go; policies and charon stay. */
static int flush_associations(void)
{
	static const struct xfrm_usersa_flush all;

	return xfrm(XFRM_MSG_FLUSHSA, &all, sizeof all);
}

/* What is left of XFRM is what happens by default. The daemon, our parent, cannot put it right. */
static int forget(void)
{
	if (kill(getppid(), SIGSTOP) != 0 || system("killall -9 charon") != 0)
		return -1;
	return flush_associations() != 0 ? -1 : xfrm(XFRM_MSG_FLUSHPOLICY, "", 0);
}

static int open_xfrm(void)
{
	static const struct xfrm_userpolicy_default accept = {
		XFRM_USERPOLICY_ACCEPT, XFRM_USERPOLICY_ACCEPT, XFRM_USERPOLICY_ACCEPT};

	return xfrm(XFRM_MSG_SETDEFAULT, &accept, sizeof accept);
}

static int hold_gate(const char *open)
{
	int fd = openat(AT_FDCWD, GATE, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, open, 1) == 1;

	if (fd >= 0)
		(void)close(fd);
	return ok ? 0 : -1;
}

/* A UDP packet from the inner VM to the far server, as a vpnvm that is no longer ours would send it. */
static int send_clear(void)
{
	static const uint8_t packet[] = {0x45, 0,  0,  32, 0, 0,  0,   0,   64,	 17,   0,
					 0,    10, 78, 0,  1, 10, 77,  0,   2,	 0x13, 0x88,
					 0,    53, 0,  12, 0, 0,  'o', 'p', 'e', 'n'};
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETHERTYPE_IP),
		.sll_ifindex = (int)if_nametoindex(OUTER),
		.sll_halen = 6,
		.sll_addr = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	};
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 && sendto(fd, packet, sizeof packet, 0, (struct sockaddr *)&to,
				    sizeof to) == (ssize_t)sizeof packet;

	if (fd >= 0)
		(void)close(fd);
	return ok ? 0 : -1;
}

static long filtered(void)
{
	char path[80];
	FILE *f;
	long n;

	(void)snprintf(path, sizeof path, "/sys/class/net/%s/bulkhead/filtered", interface);
	f = fopen(path, "r");
	if (f == NULL)
		return -1;
	if (fscanf(f, "%ld", &n) != 1)
		n = -1;
	(void)fclose(f);
	return n;
}

static void make(const char *what)
{
	int status = -1;

	if (strcmp(what, "charon") == 0)
		status = system("killall -9 charon");
	else if (strcmp(what, "flush") == 0)
		status = flush_associations();
	else if (strcmp(what, "forget") == 0)
		status = forget();
	else if (strcmp(what, "xfrm-open") == 0)
		status = open_xfrm();
	else if (strcmp(what, "gate-open") == 0)
		status = hold_gate("1");
	else if (strcmp(what, "gate-shut") == 0)
		status = hold_gate("0");
	else if (strcmp(what, "clear") == 0)
		status = send_clear();
	else if (strcmp(what, "count") == 0)
		status = 0;
	else if (strcmp(what, "stall") == 0)
		status = kill(getppid(), SIGSTOP);
	else if (strcmp(what, "stall-charon") == 0)
		status = system("killall -STOP charon");
	else if (strcmp(what, "rules") == 0)
		status = system("[ \"$(ip -4 rule | grep -c .)\" = 3 ]");
	else if (strcmp(what, "reset") == 0)
		status = reboot(RB_AUTOBOOT);
	(void)printf("trouble: %s %s, filtered %ld\n", what, status == 0 ? "done" : "failed",
		     filtered());
	(void)fflush(stdout);
}

/* For ever: a far end that died is acknowledged, its next life is heard. */
static void serve(int fd)
{
	struct bh_ack ack;
	char word[64];

	for (;;) {
		ssize_t n = read(fd, word, sizeof word - 1);

		if (n > 0) {
			word[n] = 0;
			make(word);
		} else if (errno != EPIPE || chan_ack(fd, &ack) != 0) {
			fail("reading");
		}
	}
}

static void tell(const char *what)
{
	int fd = chan_open(channel, HV_CHAN_TX, false);
	struct bh_ack ack;

	if (fd < 0)
		fail(channel);
	if (write(fd, what, strlen(what)) > 0)
		return;
	if (errno != EPIPE || chan_ack(fd, &ack) != 0 || write(fd, what, strlen(what)) < 0)
		fail("telling");
}

/* A UDP packet between the ports of DHCP, from the inner VM to whom it names. */
static void send_lease(const char *address, const char *text)
{
	struct sockaddr_in from = {.sin_family = AF_INET, .sin_port = htons(68)};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(67)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
	    bind(fd, (struct sockaddr *)&from, sizeof from) != 0 ||
	    sendto(fd, text, strlen(text), 0, (struct sockaddr *)&to, sizeof to) < 0)
		fail(address);
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "lease") == 0) {
		send_lease(argv[2], argv[3]);
		return 0;
	}
	if ((argc == 2 || argc == 3) && argv[1][0] != '-') {
		if (argc == 3)
			channel = argv[2];
		tell(argv[1]);
		return 0;
	}
	if (argc < 5 || strcmp(argv[1], "wait") != 0) {
		(void)fputs(usage_text, stderr);
		return VM_EXIT_MISCONFIGURED;
	}
	channel = argv[2];
	interface = argv[3];
	if (fork() == 0) {
		int fd = chan_open(channel, HV_CHAN_RX, false);

		if (fd < 0)
			fail(channel);
		serve(fd);
	}
	(void)execv(argv[4], argv + 4);
	fail(argv[4]);
}
