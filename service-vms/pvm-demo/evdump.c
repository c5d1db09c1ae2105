/* SPDX-License-Identifier: Apache-2.0 */
/* evdump: what arrives at /dev/input, as JSON lines on the VM's console. Says nothing where that console is not a developer's. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "hv_system.h"
#include "vm.h"

#define DEVICES	   16
#define AT_ONCE	   64
#define INPUT_PATH "/dev/input"

static const char usage_text[] =
	"usage: evdump\n"
	"Prints each input event as a line EV {\"device\":..., \"type\":..., \"code\":..., "
	"\"value\":..., \"time\":...} for tests,\n"
	"after a line that says how many devices it reads.\n"
	"Does nothing in a VM whose console lines go nowhere. Exit: 0, 100 wrong usage, 111 a "
	"device "
	"failed\n";

static struct {
	char name[64];
} names[DEVICES];

static struct pollfd fds[DEVICES];
static nfds_t count;

/* A keyboard's events belong on no console but one that tests read. */
static bool console_is_read(void)
{
	struct hv_info info;
	int fd = vm_open(0);
	bool read_by_tests =
		fd >= 0 && vm_info(fd, &info) == 0 && (info.flags & HV_DOM_CONSOLE) != 0;

	if (fd >= 0)
		(void)close(fd);
	return read_by_tests;
}

static void add_device(const char *file)
{
	char path[64];
	int clock = CLOCK_MONOTONIC;
	int fd;

	(void)snprintf(path, sizeof path, INPUT_PATH "/%.32s", file);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return;
	(void)ioctl(fd, (int)EVIOCSCLOCKID, &clock);
	if (ioctl(fd, (int)EVIOCGNAME(sizeof names[0].name - 1), names[count].name) < 0)
		(void)strcpy(names[count].name, "?");
	fds[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
}

static void find_devices(void)
{
	DIR *dir = opendir(INPUT_PATH);
	struct dirent *entry;

	if (dir == NULL)
		return;
	while (count < DEVICES && (entry = readdir(dir)) != NULL)
		if (strncmp(entry->d_name, "event", 5) == 0)
			add_device(entry->d_name);
	(void)closedir(dir);
}

/* One line, one write: it stays whole among what others print. */
static void print_event(const char *device, const struct input_event *e)
{
	char line[256];
	int len = snprintf(line, sizeof line,
			   "EV {\"device\":\"%s\",\"type\":%u,\"code\":%u,\"value\":%d,"
			   "\"time\":%lld.%06lld}\n",
			   device, e->type, e->code, e->value, (long long)e->input_event_sec,
			   (long long)e->input_event_usec);

	if (len > 0 && (size_t)len < sizeof line)
		(void)!write(STDOUT_FILENO, line, (size_t)len);
}

static void print_device(unsigned i)
{
	struct input_event events[AT_ONCE];
	ssize_t n = read(fds[i].fd, events, sizeof events);

	if (n < 0 && errno != EAGAIN) {
		(void)fprintf(stderr, "evdump: %s: %s\n", names[i].name, strerror(errno));
		exit(VM_EXIT_ENVIRONMENT);
	}
	for (ssize_t at = 0; at + (ssize_t)sizeof *events <= n; at += (ssize_t)sizeof *events)
		print_event(names[i].name, &events[(size_t)at / sizeof *events]);
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		bool help = strcmp(argv[1], "--help") == 0;

		(void)fputs(usage_text, help ? stdout : stderr);
		return help ? 0 : VM_EXIT_MISCONFIGURED;
	}
	if (!console_is_read())
		return 0;
	find_devices();
	printf("evdump: reads %u devices\n", (unsigned)count);
	if (fflush(stdout) != 0)
		return VM_EXIT_ENVIRONMENT;
	while (count > 0 && poll(fds, count, -1) > 0)
		for (unsigned i = 0; i < count; i++)
			if (fds[i].revents != 0)
				print_device(i);
	return 0;
}
