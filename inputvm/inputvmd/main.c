/* SPDX-License-Identifier: Apache-2.0 */
/* inputvmd: makes events of what usbvm tells, keeps the chords, sends the rest to the focused VM. Sees every key: it has no other way out. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "canon.h"
#include "daemon.h"
#include "flow.h"
#include "logline.h"
#include "sandbox.h"
#include "usb_xfer.h"

#define MESSAGES_TURN 64 /* read in one turn */

static const char usage_text[] =
	"usage: inputvmd\n"
	"Turns what usbvm tells on the VM's urb channel into events for the focused VM.\n"
	"Exit: 0 asked to stop, 100 wrong usage or no @focused channel, 111 no uinput, libinput "
	"or rights\n";

enum { CONTROL, SIGNALS, URB_RX, URB_TX, INPUT_TX, LISTEN, FDS };

static int fd[FDS] = {-1, -1, -1, -1, -1, -1};

/* The system calls of the loop, libinput's included. */
static const int calls[] = {
	SYS_read,	 SYS_write,	SYS_ioctl,	     SYS_poll,		SYS_epoll_wait,
	SYS_epoll_pwait, SYS_epoll_ctl, SYS_timerfd_settime, SYS_clock_gettime, SYS_gettimeofday,
	SYS_mmap,	 SYS_munmap,	SYS_mremap,	     SYS_madvise,	SYS_brk,
	SYS_close,	 SYS_fcntl,	SYS_futex,	     SYS_writev,	SYS_restart_syscall,
	SYS_getpid,
};

static void take_messages(void)
{
	static uint8_t msg[URB_MSG_MAX];
	ssize_t len = 1;

	for (unsigned i = 0; i < MESSAGES_TURN && len > 0; i++) {
		len = read(fd[URB_RX], msg, sizeof msg);
		if (len > 0)
			flow_message(msg, (size_t)len);
	}
}

static bool gone(const struct pollfd *p)
{
	return (p->revents & (POLLHUP | POLLERR)) != 0;
}

static void on_usb(const struct pollfd *p)
{
	if (gone(&p[URB_RX])) {
		daemon_acknowledge(fd[URB_RX], "usbvm");
		flow_usb_gone();
	} else if (p[URB_RX].revents & POLLIN) {
		take_messages();
	}
	if (gone(&p[URB_TX])) {
		daemon_acknowledge(fd[URB_TX], "usbvm's ear");
		flow_usb_unheard();
	} else if (p[URB_TX].revents & POLLOUT) {
		flow_usb_room();
	}
}

static void on_input(const struct pollfd *p)
{
	if (gone(p)) {
		daemon_acknowledge(fd[INPUT_TX], "a VM with a screen");
		flow_focus();
		flow_input_room();
	} else if (p->revents & POLLOUT) {
		flow_input_room();
	}
}

/* Whoever swaps an image asks whether there still is one. */
static void tell_keyboard(void)
{
	static bool told;
	bool there = flow_keyboard();

	if (there != told && vm_status(fd[CONTROL], there ? HV_STATUS_KEYS : 0) == 0)
		told = there;
}

/* Runs until it is asked to stop. */
static void loop(void)
{
	struct pollfd p[FDS];
	bool stop = false, asked = false;

	while (!stop) {
		struct flow_wait wait = flow_turn();

		/* asked in the turn before: channels, router and libinput have had theirs since */
		if (asked)
			asked = vm_heartbeat(fd[CONTROL]) != 0;
		for (unsigned i = 0; i < FDS; i++)
			p[i] = (struct pollfd){.fd = fd[i], .events = POLLIN};
		p[URB_TX].events = wait.usb_room ? POLLOUT : 0;
		p[INPUT_TX].events = wait.input_room ? POLLOUT : 0;
		if (poll(p, FDS, wait.timeout_ms) < 0)
			continue;
		asked |= (p[CONTROL].revents & POLLIN) && (vm_events(fd[CONTROL]) & HV_EVENT_ASK);
		stop = (p[SIGNALS].revents & POLLIN) != 0;
		on_usb(p);
		tell_keyboard();
		on_input(&p[INPUT_TX]);
		if (asked || (p[LISTEN].revents & POLLIN))
			flow_listen();
	}
}

/* False with errno. Where the description has no usbvm that is on, the ends stay closed: poll passes over them. */
static bool open_urb(void)
{
	fd[URB_TX] = daemon_open_end(fd[CONTROL], HV_KIND_URB, HV_CHAN_TX);
	if (fd[URB_TX] < 0 && errno == ENOENT) {
		log_line("no urb channel: no device will be heard");
		return true;
	}
	if (fd[URB_TX] >= 0)
		fd[URB_RX] = daemon_open_end(fd[CONTROL], HV_KIND_URB, HV_CHAN_RX);
	return fd[URB_RX] >= 0;
}

/* 0, or the exit status. */
static unsigned start(void)
{
	fd[CONTROL] = vm_open(HV_EVENT_ASK);
	fd[SIGNALS] = daemon_signals();
	if (fd[CONTROL] < 0 || fd[SIGNALS] < 0)
		return daemon_fail("/dev/bulkhead/control", VM_EXIT_ENVIRONMENT);
	if (!canon_create() || !listen_start())
		return VM_EXIT_ENVIRONMENT;
	fd[LISTEN] = listen_fd();
	fd[INPUT_TX] = daemon_open_end(fd[CONTROL], HV_KIND_INPUT, HV_CHAN_TX);
	if (fd[INPUT_TX] < 0 || !open_urb())
		return daemon_fail("channels",
				   errno == ENOENT ? VM_EXIT_MISCONFIGURED : VM_EXIT_ENVIRONMENT);
	if (sandbox_enter(calls, sizeof calls / sizeof *calls) != 0)
		return daemon_fail("giving up rights", VM_EXIT_ENVIRONMENT);
	return 0;
}

int main(int argc, char **argv)
{
	int usage = daemon_usage("inputvmd", usage_text, argc, argv);
	unsigned status;

	if (usage >= 0)
		return usage;
	status = start();
	if (status != 0)
		return (int)status;
	flow_start(fd[CONTROL], fd[URB_TX], fd[INPUT_TX]);
	(void)vm_ready(fd[CONTROL]);
	log_line("ready");
	loop();
	return VM_EXIT_ASKED;
}
