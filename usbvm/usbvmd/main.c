/* SPDX-License-Identifier: Apache-2.0 */
/* usbvmd: tells inputvm what HID devices say, byte for byte, and makes no sense of it. Performs the few requests that come back. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "daemon.h"
#include "logline.h"
#include "sandbox.h"
#include "stream.h"
#include "usb.h"

#define ROOT	      "/run/usbvmd" /* all of the file system that the daemon keeps */
#define MESSAGES_TURN 32	    /* read in one turn */

static const char usage_text[] =
	"usage: usbvmd\n"
	"Sends what HID devices on this VM's USB controllers say over the VM's urb channel.\n"
	"Exit: 0 asked to stop, 100 wrong usage or no urb channel, 111 no USB or no rights\n";

static struct stream stream;
static int control = -1, signals = -1, tx = -1, rx = -1;
static bool blocked; /* the channel took no more */

/* The system calls of the loop, the library's included. */
static const int calls[] = {
	SYS_read,	   SYS_write,		SYS_close,
	SYS_open,	   SYS_openat,		SYS_fstat,
	SYS_stat,	   SYS_lstat,		SYS_newfstatat,
	SYS_readlink,	   SYS_getdents64,	SYS_lseek,
	SYS_access,	   SYS_ioctl,		SYS_poll,
	SYS_recvmsg,	   SYS_futex,		SYS_mmap,
	SYS_munmap,	   SYS_mremap,		SYS_madvise,
	SYS_brk,	   SYS_fcntl,		SYS_timerfd_settime,
	SYS_clock_gettime, SYS_gettimeofday,	SYS_rt_sigprocmask,
	SYS_exit,	   SYS_restart_syscall, SYS_writev,
	SYS_pread64,	   SYS_getpid,		SYS_sched_yield,
};

static bool send_message(void *ctx, const uint8_t *msg, size_t len)
{
	(void)ctx;
	if (blocked)
		return false;
	if (write(tx, msg, len) == (ssize_t)len)
		return true;
	/* A death shows in poll; until then there is no room either. */
	blocked = true;
	return false;
}

static void take_messages(void)
{
	static uint8_t msg[URB_MSG_MAX];
	unsigned place, interface;
	struct urb_msg out;
	struct timespec now;
	ssize_t len = 1;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	for (unsigned i = 0; i < MESSAGES_TURN && len > 0; i++) {
		len = read(rx, msg, sizeof msg);
		if (len > 0 && stream_take(&stream, msg, (size_t)len, (uint64_t)now.tv_sec, &out,
					   &place, &interface))
			usb_request(place, interface, &out);
	}
}

static void on_channel(const struct pollfd *to, const struct pollfd *from)
{
	if (to->revents & (POLLHUP | POLLERR)) {
		daemon_acknowledge(tx, "inputvm's ear");
		stream_restart(&stream);
		blocked = false;
	}
	if (to->revents & POLLOUT)
		blocked = false;
	if (from->revents & (POLLHUP | POLLERR)) {
		daemon_acknowledge(rx, "inputvm");
		stream_unheard(&stream);
	} else if (from->revents & POLLIN) {
		take_messages();
	}
}

/* What inputvm is owed. A message that cannot be said is a fault of this program. */
static void say_what_is_due(void)
{
	unsigned before = stream.unsayable;

	stream_pump(&stream);
	if (stream.unsayable != before)
		log_line("%u messages broke the protocol and were not sent", stream.unsayable);
}

/* Runs until it is asked to stop. */
static void loop(void)
{
	struct pollfd fds[4 + USB_POLL_MAX];
	bool stop = false, asked = false;

	while (!stop) {
		int timeout_ms = -1;
		unsigned n;

		bool works = usb_turn();

		say_what_is_due();
		/* asked in the turn before: USB and channel have had theirs since */
		if (asked && works)
			asked = vm_heartbeat(control) != 0;
		fds[0] = (struct pollfd){.fd = control, .events = POLLIN};
		fds[1] = (struct pollfd){.fd = signals, .events = POLLIN};
		fds[2] = (struct pollfd){.fd = tx, .events = blocked ? POLLOUT : 0};
		fds[3] = (struct pollfd){.fd = rx, .events = POLLIN};
		n = 4 + usb_poll(fds + 4, &timeout_ms);
		if (poll(fds, n, timeout_ms) < 0)
			continue;
		asked |= (fds[0].revents & POLLIN) && (vm_events(control) & HV_EVENT_ASK);
		stop = (fds[1].revents & POLLIN) != 0;
		on_channel(&fds[2], &fds[3]);
	}
}

/* A root that holds the bus and what the kernel says about it, and nothing else. */
static bool make_root(void)
{
	static const char *const folders[] = {"/dev/bus",	  "/dev/bus/usb", ROOT,
					      ROOT "/sys",	  ROOT "/dev",	  ROOT "/dev/bus",
					      ROOT "/dev/bus/usb"};
	unsigned long quiet = MS_NOSUID | MS_NOEXEC;

	for (unsigned i = 0; i < sizeof folders / sizeof *folders; i++)
		if (mkdir(folders[i], 0755) != 0 && errno != EEXIST)
			return false;
	if (mount("/sys", ROOT "/sys", NULL, MS_BIND, NULL) != 0 ||
	    mount(NULL, ROOT "/sys", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NODEV | quiet,
		  NULL) != 0)
		return false;
	return mount("/dev/bus/usb", ROOT "/dev/bus/usb", NULL, MS_BIND, NULL) == 0;
}

/* 0, or the exit status. */
static unsigned start(void)
{
	control = vm_open(HV_EVENT_ASK);
	signals = daemon_signals();
	if (control < 0 || signals < 0)
		return daemon_fail("/dev/bulkhead/control", VM_EXIT_ENVIRONMENT);
	tx = daemon_open_end(control, HV_KIND_URB, HV_CHAN_TX);
	rx = daemon_open_end(control, HV_KIND_URB, HV_CHAN_RX);
	if (tx < 0 || rx < 0)
		return daemon_fail("urb channel",
				   errno == ENOENT ? VM_EXIT_MISCONFIGURED : VM_EXIT_ENVIRONMENT);
	if (!make_root())
		return daemon_fail(ROOT, VM_EXIT_ENVIRONMENT);
	/* Device nodes belong to root; those of devices that come later have to be opened as well. */
	if (sandbox_drop(ROOT, 1ull << CAP_DAC_OVERRIDE) != 0)
		return daemon_fail("giving up rights", VM_EXIT_ENVIRONMENT);
	stream_init(&stream, send_message, NULL);
	if (!usb_start(&stream))
		return VM_EXIT_ENVIRONMENT;
	if (sandbox_calls(calls, sizeof calls / sizeof *calls) != 0)
		return daemon_fail("giving up system calls", VM_EXIT_ENVIRONMENT);
	return 0;
}

int main(int argc, char **argv)
{
	int usage = daemon_usage("usbvmd", usage_text, argc, argv);
	unsigned status;

	if (usage >= 0)
		return usage;
	status = start();
	if (status != 0)
		return (int)status;
	(void)vm_ready(control);
	log_line("ready");
	loop();
	return VM_EXIT_ASKED;
}
