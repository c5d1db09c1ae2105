/* SPDX-License-Identifier: Apache-2.0 */
/* bhctl status, hw check, on, off, restart, kill, machine, and what they share with swap.c and chaos.c: through the driver's control device. Keeps no state. */
#include "live.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bundle.h"
#include "chaos.h"
#include "hwcheck.h"
#include "swap.h"

#define CONTROL "/dev/bulkhead/control"

const char live_usage[] =
	"       bhctl status [--json]               the hypervisor, every VM and "
	"device as they are now\n"
	"       bhctl hw check [--json]             the machine, and how each "
	"device is reset when it is taken back\n"
	"       bhctl on|kill VM\n"
	"       bhctl off|restart VM [--now]        asks the VM and gives it 3 "
	"s; --now does neither\n"
	"       bhctl machine off|reboot\n"
	"       bhctl swap VM IMAGE [--trial TIME] [--gate LIST]\n"
	"                                           starts VM of another image, on trial "
	"(60s): a gate that fails (dhcp,ping,keyboard),\n"
	"                                           its end, or no `swap confirm VM` in "
	"time lead back\n"
	"       bhctl swap confirm|back VM\n"
	"       bhctl swap --ab VM IMAGE IMAGE [--for TIME] [--json]\n"
	"                                           both in turn, and what they did\n"
	"       bhctl chaos kill|hang|flood VM [--every 10s] [--for 1m]    until the "
	"next line\n"
	"These act on the running machine, in adminvm only. Exit: 0 done, 1 "
	"refused, 2 wrong usage, 3 no Bulkhead here\n"
	"(hw check: 1 a device is absent, tainted or cannot be reset, or an IOMMU "
	"unit fails)\n";

static const struct {
	const char *word;
	uint32_t call;
	bool asks; /* the VM, unless it is told --now */
} verbs[] = {
	{"on",      HV_CALL_VM_ON,      false},
	{"off",	HV_CALL_VM_OFF,	true },
	{"restart", HV_CALL_VM_RESTART, true },
	{"kill",	 HV_CALL_VM_KILL,	  false},
};

bool live_verb(const char *word)
{
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		if (strcmp(word, verbs[i].word) == 0)
			return true;
	}
	return strcmp(word, "status") == 0 || strcmp(word, "machine") == 0 ||
	       strcmp(word, "hw") == 0 || strcmp(word, "swap") == 0 || strcmp(word, "chaos") == 0;
}

int live_refused(const char *what)
{
	(void)fprintf(stderr, "bhctl: %s: %s\n", what, strerror(errno));
	return LIVE_REFUSED;
}

int live_ioctl(int fd, unsigned request, void *arg)
{
	return (int)syscall(SYS_ioctl, fd, request, arg); /* C libraries differ in its type */
}

static int admin(int fd, uint32_t call, uint32_t arg, struct bh_admin *a)
{
	*a = (struct bh_admin){.call = call, .arg = arg};
	return live_ioctl(fd, BH_IOC_ADMIN, a);
}

/* What changes meanwhile shows in the later answers. */
bool live_status(int fd, struct status *s)
{
	struct bh_admin a;

	s->vms = s->devices = 0;
	if (live_ioctl(fd, BH_IOC_INFO, &s->hypervisor) != 0)
		return false;
	while (s->vms < HV_DOM_MAX && admin(fd, HV_CALL_VM_STATUS, s->vms, &a) == 0)
		s->vm[s->vms++] = a.status;
	while (s->devices < HV_SYS_DEV_MAX && admin(fd, HV_CALL_DEVICE_STATUS, s->devices, &a) == 0)
		s->device[s->devices++] = a.device;
	return s->vms != 0;
}

static int status(int fd, bool as_json)
{
	static struct status s;

	if (!live_status(fd, &s))
		return live_refused("status");
	if (as_json)
		status_json(stdout, &s);
	else
		status_text(stdout, &s);
	return fflush(stdout) == 0 ? BHCTL_OK : BHCTL_IO;
}

static int hw_check(int fd, bool as_json)
{
	static struct hwcheck h;
	struct bh_admin a;

	if (!live_status(fd, &h.s))
		return live_refused("status");
	if (admin(fd, HV_CALL_HW_STATUS, 0, &a) != 0)
		return live_refused("hw check");
	h.machine = a.hw;
	if (as_json)
		hwcheck_json(stdout, &h);
	else
		hwcheck_text(stdout, &h);
	if (fflush(stdout) != 0)
		return BHCTL_IO;
	return hwcheck_good(&h) ? BHCTL_OK : LIVE_REFUSED;
}

uint32_t live_find(int fd, const char *name)
{
	struct bh_admin a;

	for (uint32_t id = 0; id < HV_DOM_MAX && admin(fd, HV_CALL_VM_STATUS, id, &a) == 0; id++) {
		if (strncmp((const char *)a.status.name, name, HV_NAME_LEN) == 0)
			return id;
	}
	(void)fprintf(stderr, "bhctl: there is no VM %s; there are:", name);
	for (uint32_t id = 0; id < HV_DOM_MAX && admin(fd, HV_CALL_VM_STATUS, id, &a) == 0; id++)
		(void)fprintf(stderr, " %.16s", (const char *)a.status.name);
	(void)fputc('\n', stderr);
	return HV_DOM_NONE;
}

static int act(int fd, struct bh_admin a, const char *what)
{
	return live_ioctl(fd, BH_IOC_ADMIN, &a) == 0 ? BHCTL_OK : live_refused(what);
}

int live_usage_error(void)
{
	(void)fputs(live_usage, stderr);
	return BHCTL_USAGE;
}

static int machine(int fd, const char *what)
{
	struct bh_admin a = {.call = HV_CALL_MACHINE, .arg = HV_MACHINE_REBOOT};

	if (strcmp(what, "off") == 0)
		a.arg = HV_MACHINE_OFF;
	else if (strcmp(what, "reboot") != 0)
		return live_usage_error();
	return act(fd, a, what);
}

static int dispatch(int fd, int argc, char **argv)
{
	if (strcmp(argv[0], "status") == 0) {
		bool as_json = argc == 2 && strcmp(argv[1], "--json") == 0;

		return argc == 1 || as_json ? status(fd, as_json) : live_usage_error();
	}
	if (strcmp(argv[0], "hw") == 0) {
		bool as_json = argc == 3 && strcmp(argv[2], "--json") == 0;

		return argc > 1 && strcmp(argv[1], "check") == 0 && (argc == 2 || as_json)
			       ? hw_check(fd, as_json)
			       : live_usage_error();
	}
	if (strcmp(argv[0], "swap") == 0)
		return swap_main(fd, argc - 1, argv + 1);
	if (strcmp(argv[0], "chaos") == 0)
		return chaos_main(fd, argc, argv);
	if (argc == 2 && strcmp(argv[0], "machine") == 0)
		return machine(fd, argv[1]);
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		struct bh_admin a = {.call = verbs[i].call, .now = argc == 3};

		if (strcmp(argv[0], verbs[i].word) != 0 || argc < 2 || argc > 3)
			continue;
		if (a.now && (!verbs[i].asks || strcmp(argv[2], "--now") != 0))
			break;
		a.arg = live_find(fd, argv[1]);
		return a.arg == HV_DOM_NONE ? LIVE_REFUSED : act(fd, a, argv[1]);
	}
	return live_usage_error();
}

int live_main(int argc, char **argv)
{
	int fd = open(CONTROL, O_RDWR | O_CLOEXEC), rc;

	if (fd < 0) {
		(void)fprintf(stderr, "bhctl: %s: %s; this works in adminvm only\n", CONTROL,
			      strerror(errno));
		return BHCTL_IO;
	}
	rc = dispatch(fd, argc, argv);
	(void)close(fd);
	return rc;
}
