/* SPDX-License-Identifier: Apache-2.0 */
/* vpnvmd: blocks everything by default, keeps charon running, hands the tunnel's address to the inner VM. Never lets a packet
 * of that VM out in the clear: there is no policy that would. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "confine.h"
#include "daemon.h"
#include "hv_event.h"
#include "lease.h"
#include "logline.h"
#include "vici.h"
#include "sandbox.h"
#include "vm.h"
#include "vpnvmd.h"
#include "xfrm.h"

#define VICI	      CHARON_DIR "/charon.vici"
#define VICI_WAIT_MS  20000
#define VICI_ASK_MS   500
#define RESTART_MS    1000 /* between two looks while charon or its tunnel is not there */
#define REDIAL_S      5	   /* between two looks whether a lost tunnel is being tried again */
#define INNER_DEFAULT "bh-work"

static const char usage_text[] =
	"usage: vpnvmd [INNER-INTERFACE]\n"
	"Keeps the tunnel of /etc/swanctl/swanctl.conf up and gives its address to the VM behind "
	"INNER-INTERFACE (" INNER_DEFAULT
	").\nExit: 0 asked to stop, 100 wrong usage, 111 no tunnel software\n";

static int control = -1;
static bool tunnel; /* up, as charon said last */
static bool asked;  /* whether the work goes on, and not answered */
static volatile sig_atomic_t stopping;

pid_t start(char *const argv[])
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)execv(argv[0], argv);
		_exit(127);
	}
	return pid;
}

int run(char *const argv[])
{
	int status = 0;
	pid_t pid = start(argv);

	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	log_line("%s %s failed with status %x", argv[0], argv[1] == NULL ? "" : argv[1],
		 (unsigned)status);
	return -1;
}

_Noreturn static void fail(const char *what)
{
	exit((int)daemon_fail(what, VM_EXIT_ENVIRONMENT));
}

static void tell_bar(bool up)
{
	if (vm_status(control, up ? HV_STATUS_VPN_UP : 0) != 0)
		log_line("the bar does not hear: %s", strerror(errno));
	log_line("tunnel %s", up ? "up" : "down");
	tunnel = up;
}

/* The lease goes to this VM's next life whenever the DHCP client has written another. */
static void keep_lease(void)
{
	static char last[LEASE_TEXT];
	char text[LEASE_TEXT] = "";
	int fd = open(LEASE_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text);
	struct lease l;

	if (fd >= 0)
		(void)close(fd);
	if (n < 0 || memcmp(text, last, sizeof last) == 0)
		return;
	memcpy(last, text, sizeof last);
	if (n > 0 && !lease_parse(text, (size_t)n, (uint64_t)time(NULL), &l))
		return;
	if (vm_capsule_put(control, text, (uint32_t)n) != 0 && errno != EPERM)
		log_line("the lease cannot be kept: %s", strerror(errno));
}

/* Charon does not try again by itself once it refused the gateway, or the gateway it. */
static void redial(void)
{
	static pid_t running = -1;
	static time_t last;
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	if (tunnel || now.tv_sec - last < REDIAL_S)
		return;
	last = now.tv_sec;
	if (running > 0 && kill(running, 0) == 0)
		return;
	running = start((char *[]){"/bin/sh", "/etc/redial", NULL});
}

/* What is forwarded finds the default policies that block it. */
static int forward(bool on)
{
	int fd = open("/proc/sys/net/ipv4/ip_forward", O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, on ? "1" : "0", 1) == 1;

	if (fd >= 0)
		(void)close(fd);
	return ok ? 0 : -1;
}

/* What the hypervisor has to say, for at most WAIT_MS. */
static void hear_events(int wait_ms)
{
	struct pollfd p = {.fd = control, .events = POLLIN};
	uint64_t events = poll(&p, 1, wait_ms) > 0 ? vm_events(control) : 0;

	if (events & HV_EVENT_STOP)
		stopping = 1;
	asked |= (events & HV_EVENT_ASK) != 0;
}

/* That charon starts is work as well: it has VICI_WAIT_MS for it. */
static void say_alive(bool works)
{
	if (asked && works)
		asked = vm_heartbeat(control) != 0;
}

/* Once charon answers it gets its configuration. Its control socket is there a moment before it listens. */
static pid_t charon_start(void)
{
	pid_t pid;

	(void)unlink(VICI);
	pid = start((char *[]){"/bin/confine", "charon", NULL});
	for (int waited = 0; pid > 0 && !vici_answers(VICI, VICI_ASK_MS); waited += 50) {
		if (waited > VICI_WAIT_MS || waitpid(pid, NULL, WNOHANG) == pid)
			return -1;
		hear_events(50);
		say_alive(true);
	}
	if (pid > 0 && run((char *[]){"/sbin/swanctl", "--load-all", "--noprompt", "--uri",
				      "unix://" VICI, NULL}) != 0) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		return -1;
	}
	return pid;
}

static void on_line(const char *line, const char *inner)
{
	char address[16];
	bool up;

	if (!event_parse(line, &up, address)) {
		log_line("a line of the updown script is not understood");
		return;
	}
	if (up && inner_up(inner, address) != 0)
		log_line("%s does not get %s", inner, address);
	tell_bar(up);
}

/* One read may hold several lines, and the last may be cut. */
static void on_event(int fifo, const char *inner)
{
	static struct event_lines lines;
	char read_now[EVENT_LINE];
	const char *at = read_now;
	ssize_t n = read(fifo, read_now, sizeof read_now);
	size_t left = n > 0 ? (size_t)n : 0;

	while (event_next(&lines, &at, &left))
		on_line(lines.text, inner);
}

static void on_stop(int signal)
{
	(void)signal;
	stopping = 1;
}

/* The gateway is told, and has answered, before this VM is gone; nothing of the inner VM may begin a new tunnel meanwhile. How
 * long that may take is PID 1's affair. */
_Noreturn static void farewell(void)
{
	if (tunnel && forward(false) == 0)
		(void)run((char *[]){"/sbin/swanctl", "--terminate", "--ike", "gateway",
				     "--timeout", "1", "--uri", "unix://" VICI, NULL});
	exit(VM_EXIT_ASKED);
}

static void forget(int *question)
{
	if (*question >= 0)
		(void)close(*question);
	*question = -1;
}

/*
 * The hypervisor's question goes on to charon, and charon's answer back. One question at a time, as long as it takes: a slow machine
 * is no reason to ask anew, and one that never answers is the hypervisor's to judge.
 */
static void pass_on(int *question, bool answered)
{
	if (*question >= 0 && answered) {
		say_alive(vici_hear(*question, VICI_ASK_MS));
		forget(question);
	}
	if (asked && *question < 0)
		*question = vici_ask(VICI);
}

/* Buries what ended; whether CHARON is among them, or never ran. */
static bool ended(pid_t charon)
{
	bool its = charon < 0;
	pid_t gone;
	int status = 0;

	while ((gone = waitpid(-1, &status, WNOHANG)) > 0) {
		if (gone != charon)
			continue;
		log_line("charon ended, status %x", (unsigned)status);
		its = true;
	}
	return its;
}

/* Something to read when PID has ended; -1: there is no such thing. */
static int end_of(pid_t pid)
{
	return pid < 0 ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);
}

/* Something to read when the DHCP client has written a lease, or taken it away. */
static int watch_lease(void)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd < 0 || inotify_add_watch(fd, LEASE_DIR, IN_CLOSE_WRITE | IN_DELETE) < 0)
		fail(LEASE_DIR);
	return fd;
}

/* What was heard is not looked at: the file is. */
static void drain(int fd)
{
	char heard[4096];

	while (read(fd, heard, sizeof heard) > 0)
		; /* bound: what was written */
}

static pid_t charon_again(int *question, int *end)
{
	pid_t charon;

	tell_bar(false);
	forget(question);
	forget(end);
	charon = charon_start();
	*end = end_of(charon);
	return charon;
}

/* Nothing has to be looked at again but what says so itself. */
static bool steady(int end, int question)
{
	return tunnel && end >= 0 && (!asked || question >= 0);
}

static void loop(const char *inner)
{
	int question = -1, end, lease = watch_lease();
	int fifo = open(EVENT_FIFO, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	pid_t charon = charon_start();

	if (fifo < 0 || charon < 0)
		fail("charon");
	end = end_of(charon);
	(void)vm_ready(control);
	for (;;) {
		struct pollfd p[] = {
			{.fd = fifo,     .events = POLLIN},
			    {.fd = control,  .events = POLLIN},
			{.fd = question, .events = POLLIN},
			    {.fd = end,	.events = POLLIN},
			{.fd = lease,    .events = POLLIN},
		};

		(void)poll(p, 5, steady(end, question) ? -1 : RESTART_MS);
		if (p[0].revents & POLLIN)
			on_event(fifo, inner);
		hear_events(0);
		pass_on(&question, p[2].revents != 0);
		if (stopping)
			farewell();
		if (ended(charon))
			charon = charon_again(&question, &end);
		redial();
		drain(lease);
		keep_lease();
	}
}

/* A folder of its own for what a program keeps; vpnvmd, in the program's group, may look into it. */
static int folder(const char *path, unsigned id)
{
	return (mkdir(path, 0770) != 0 && errno != EEXIST) || chown(path, id, id) != 0 ||
			       chmod(path, 0770) != 0
		       ? -1
		       : 0;
}

/* Charon's user writes into the pipe and nobody else. */
static int make_places(void)
{
	if (folder(CHARON_DIR, CHARON_ID) != 0 || folder(DHCP_SERVER_DIR, DHCP_SERVER_ID) != 0)
		return -1;
	if (mkfifo(EVENT_FIFO, 0600) != 0 && errno != EEXIST)
		return -1;
	return chown(EVENT_FIFO, 0, CHARON_ID) != 0 || chmod(EVENT_FIFO, 0620) != 0 ? -1 : 0;
}

/* Root stays, for swanctl reads the private key; of its capabilities what is left is for policies and addresses, and for
 * starting and ending programs that have less. */
static int give_up(void)
{
	static const gid_t group = CHARON_ID;
	const uint64_t caps = 1ull << CAP_NET_ADMIN | 1ull << CAP_NET_RAW |
			      1ull << CAP_NET_BIND_SERVICE | 1ull << CAP_SETUID |
			      1ull << CAP_SETGID | 1ull << CAP_SETPCAP | 1ull << CAP_KILL;

	return setgroups(1, &group) != 0 ? -1 : sandbox_bound(caps);
}

int main(int argc, char **argv)
{
	const struct sigaction term = {.sa_handler = on_stop, .sa_flags = SA_RESTART};

	if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
		(void)fputs(usage_text,
			    argc == 2 && strcmp(argv[1], "--help") == 0 ? stdout : stderr);
		return argc == 2 && strcmp(argv[1], "--help") == 0 ? 0 : VM_EXIT_MISCONFIGURED;
	}
	log_name("vpnvmd");
	if (xfrm_block_by_default() != 0)
		fail("XFRM default policy");
	if (outer_up(OUTER) != 0)
		fail("policies of the outer side");
	if (forward(true) != 0)
		fail("ip_forward");
	if (make_places() != 0)
		fail("/run/vpn");
	control = vm_open(HV_EVENT_STOP | HV_EVENT_ASK);
	if (control < 0)
		fail("/dev/bulkhead/control");
	if (give_up() != 0)
		fail("giving up rights");
	if (sigaction(SIGTERM, &term, NULL) != 0)
		fail("SIGTERM");
	loop(argc == 2 ? argv[1] : INNER_DEFAULT);
}
