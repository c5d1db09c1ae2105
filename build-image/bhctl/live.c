/* SPDX-License-Identifier: Apache-2.0 */
/* bhctl status, on, off, restart, kill, machine: through the driver's control device. Keeps no state. */
#include "live.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bulkhead_ioctl.h"
#include "bundle.h"
#include "hv_system.h"
#include "json.h"

#define CONTROL	   "/dev/bulkhead/control"
#define REFUSED	   1
#define DIGEST_HEX 65

const char live_usage[] = "       bhctl status [--json]               every VM as it is now\n"
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

static const char *const states[] = {"off", "loading", "running", "scrubbing", "dead", "refused"};
static const char *const causes[] = {
	"none",	  "exit",  "triple-fault", "nested-fault", "bad-state", "unexpected-exit",
	"killed", "reset", "halted",	   "wrong-digest", "no-image",	"no-device",
	"iommu",  "off",   "no-memory",	   "bad-image",	   "bad-device"};
static const char *const roles[] = {"pvm", "netvm", "usbvm", "inputvm", "vpnvm", "adminvm", "test"};

static const char *word_of(const char *const *words, size_t count, uint32_t n)
{
	return n < count ? words[n] : "?";
}
#define WORD(list, n) word_of(list, sizeof(list) / sizeof((list)[0]), n)

bool live_verb(const char *word)
{
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		if (strcmp(word, verbs[i].word) == 0)
			return true;
	}
	return strcmp(word, "status") == 0 || strcmp(word, "machine") == 0;
}

static int admin(int fd, uint32_t call, uint32_t arg, struct bh_admin *a)
{
	memset(a, 0, sizeof *a);
	a->call = call;
	a->arg = arg;
	return (int)syscall(SYS_ioctl, fd, BH_IOC_ADMIN,
			    a); /* C libraries differ in the type of a request */
}

static const char *state_of(const struct hv_vm_status *s)
{
	return s->state == HV_VM_RUNNING && s->ready ? "ready" : WORD(states, s->state);
}

static void print_line(const struct hv_vm_status *s)
{
	printf("%-15.15s %-8s %-9s %4" PRIu64 " %8u %5" PRIu64 " %8" PRIu64 " %7" PRIu64
	       "  %02x%02x%02x%02x  %s%s\n",
	       (const char *)s->name, WORD(roles, s->role), state_of(s), s->life, s->restarts,
	       s->ram_bytes >> 20, s->core_bytes >> 10, s->cpu_ns / 1000000, s->digest[0],
	       s->digest[1], s->digest[2], s->digest[3], WORD(causes, s->cause),
	       s->focused ? "  focused" : "");
}

static void print_json(struct json *j, const struct hv_vm_status *s)
{
	char hex[DIGEST_HEX], name[HV_NAME_LEN + 1] = "";

	for (size_t i = 0; i < sizeof s->digest; i++)
		(void)snprintf(&hex[2 * i], 3, "%02x", s->digest[i]);
	memcpy(name, s->name, HV_NAME_LEN);
	json_open(j, NULL, '{');
	json_text(j, "name", name);
	json_text(j, "role", WORD(roles, s->role));
	json_text(j, "state", state_of(s));
	json_text(j, "last_stop", WORD(causes, s->cause));
	json_uint(j, "life", s->life);
	json_uint(j, "restarts", s->restarts);
	json_uint(j, "memory_given_bytes", s->ram_bytes);
	json_uint(j, "core_bytes", s->core_bytes);
	json_uint(j, "cpu_ns", s->cpu_ns);
	json_uint(j, "exits", s->exits);
	json_text(j, "digest", hex);
	json_uint(j, "last_fault_address", s->last_fault);
	json_bool(j, "ready", s->ready != 0);
	json_bool(j, "focused", s->focused != 0);
	json_uint(j, "cpu", s->cpu);
	json_close(j, '}');
}

static int status(int fd, bool as_json)
{
	struct json j = {.f = stdout};
	struct bh_admin a;

	if (as_json) {
		json_open(&j, NULL, '{');
		json_uint(&j, "abi", HV_ABI_VERSION);
		json_open(&j, "vms", '[');
	} else {
		printf("%-15s %-8s %-9s %4s %8s %5s %8s %7s  %-8s  %s\n", "VM", "role", "state",
		       "life", "restarts", "MiB", "core-KiB", "cpu-ms", "digest", "last stop");
	}
	for (uint32_t id = 0; id < HV_DOM_MAX && admin(fd, HV_CALL_VM_STATUS, id, &a) == 0; id++) {
		if (as_json)
			print_json(&j, &a.status);
		else
			print_line(&a.status);
	}
	if (as_json) {
		json_close(&j, ']');
		json_close(&j, '}');
		putchar('\n');
	}
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

	if (admin(fd, call, arg, &a) == 0)
		return BHCTL_OK;
	(void)fprintf(stderr, "bhctl: %s: %s\n", what, strerror(errno));
	return REFUSED;
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
