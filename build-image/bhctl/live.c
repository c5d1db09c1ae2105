/* SPDX-License-Identifier: Apache-2.0 */
/* bhctl status, on, off, restart, kill, machine: through the driver's control device. Keeps no state. */
#include "live.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bulkhead_ioctl.h"
#include "bundle.h"
#include "status.h"

#define CONTROL "/dev/bulkhead/control"
#define REFUSED 1

const char live_usage[] = "       bhctl status [--json]               the hypervisor, every VM and "
			  "device as they are now\n"
			  "       bhctl on|off|restart|kill VM\n"
			  "       bhctl machine off|reboot\n"
			  "These act on the running machine, in adminvm only. Exit: 0 done, 1 "
			  "refused, 2 wrong usage, 3 no Bulkhead here\n";

static const struct {
	const char *word;
	uint32_t call;
} verbs[] = {
	{"on",      HV_CALL_VM_ON	    },
	{"off",	HV_CALL_VM_OFF    },
	{"restart", HV_CALL_VM_RESTART},
	{"kill",	 HV_CALL_VM_KILL	},
};

bool live_verb(const char *word)
{
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		if (strcmp(word, verbs[i].word) == 0)
			return true;
	}
	return strcmp(word, "status") == 0 || strcmp(word, "machine") == 0;
}

static int refused(const char *what)
{
	(void)fprintf(stderr, "bhctl: %s: %s\n", what, strerror(errno));
	return REFUSED;
}

static int admin(int fd, uint32_t call, uint32_t arg, struct bh_admin *a)
{
	memset(a, 0, sizeof *a);
	a->call = call;
	a->arg = arg;
	return (int)syscall(SYS_ioctl, fd, BH_IOC_ADMIN,
			    a); /* C libraries differ in the type of a request */
}

/* One question after the other: what changes meanwhile shows in the later answers. */
static int status(int fd, bool as_json)
{
	static struct status s;
	struct bh_admin a;

	if (syscall(SYS_ioctl, fd, BH_IOC_INFO, &s.hypervisor) != 0)
		return refused("info");
	while (s.vms < HV_DOM_MAX && admin(fd, HV_CALL_VM_STATUS, s.vms, &a) == 0)
		s.vm[s.vms++] = a.status;
	while (s.devices < HV_SYS_DEV_MAX && admin(fd, HV_CALL_DEVICE_STATUS, s.devices, &a) == 0)
		s.device[s.devices++] = a.device;
	if (s.vms == 0)
		return refused("status");
	if (as_json)
		status_json(stdout, &s);
	else
		status_text(stdout, &s);
	return fflush(stdout) == 0 ? BHCTL_OK : BHCTL_IO;
}

/* The VM of this name; HV_DOM_NONE, after saying which there are. */
static uint32_t find(int fd, const char *name)
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

static int act(int fd, uint32_t call, uint32_t arg, const char *what)
{
	struct bh_admin a;

	return admin(fd, call, arg, &a) == 0 ? BHCTL_OK : refused(what);
}

static int usage(void)
{
	(void)fputs(live_usage, stderr);
	return BHCTL_USAGE;
}

static int dispatch(int fd, int argc, char **argv)
{
	if (strcmp(argv[0], "status") == 0) {
		bool as_json = argc == 2 && strcmp(argv[1], "--json") == 0;

		return argc == 1 || as_json ? status(fd, as_json) : usage();
	}
	if (argc != 2)
		return usage();
	if (strcmp(argv[0], "machine") == 0) {
		if (strcmp(argv[1], "off") == 0)
			return act(fd, HV_CALL_MACHINE, HV_MACHINE_OFF, "machine off");
		return strcmp(argv[1], "reboot") == 0
			       ? act(fd, HV_CALL_MACHINE, HV_MACHINE_REBOOT, "machine reboot")
			       : usage();
	}
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		uint32_t id;

		if (strcmp(argv[0], verbs[i].word) != 0)
			continue;
		id = find(fd, argv[1]);
		return id == HV_DOM_NONE ? REFUSED : act(fd, verbs[i].call, id, argv[1]);
	}
	return usage();
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
