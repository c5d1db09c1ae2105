/* SPDX-License-Identifier: Apache-2.0 */
/* The canonical devices in the kernel. Must not be written by anybody but this program. */
#include "canon.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/uinput.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "logline.h"

#define VENDOR 0xb8u
#define NODE   64u

static int fds[INPUT_KINDS] = {-1, -1, -1, -1, -1, -1};
static char nodes[INPUT_KINDS][NODE];

/* The C libraries disagree about the type of a request; the kernel looks at 32 bits. */
static bool set(int fd, unsigned long request, unsigned long value)
{
	return ioctl(fd, (int)request, value) == 0;
}

static bool set_code(int fd, const struct input_cap *c, uint16_t code)
{
	struct uinput_abs_setup abs = {
		.code = code,
		.absinfo = {.minimum = c->min, .maximum = c->max, .resolution = c->resolution},
	};

	if (c->type == EV_KEY)
		return set(fd, UI_SET_KEYBIT, code);
	if (c->type == EV_REL)
		return set(fd, UI_SET_RELBIT, code);
	return set(fd, UI_SET_ABSBIT, code) && ioctl(fd, (int)UI_ABS_SETUP, &abs) == 0;
}

static bool set_caps(int fd, const struct input_kind *k)
{
	bool ok = true;

	for (unsigned i = 0; i < k->count && ok; i++) {
		const struct input_cap *c = &k->caps[i];

		ok = set(fd, UI_SET_EVBIT, c->type);
		for (unsigned code = c->first; code <= c->last && ok; code++)
			ok = set_code(fd, c, (uint16_t)code);
	}
	for (unsigned prop = 0; prop < 32 && ok; prop++)
		if (k->props >> prop & 1)
			ok = set(fd, UI_SET_PROPBIT, prop);
	return ok;
}

/* The keyboard has the system keys as well: libinput sees them, the router keeps them. */
static bool set_system_keys(int fd)
{
	bool ok = true;

	for (unsigned code = 0; code <= KEY_MAX && ok; code++)
		if (input_system_key(code))
			ok = set(fd, UI_SET_KEYBIT, code);
	return ok;
}

/* The folder of an input device has one named event and a number; so has the node. */
static bool find_node(int fd, char node[NODE])
{
	char name[32] = "", path[96];
	struct dirent *e;
	DIR *dir;

	if (ioctl(fd, (int)UI_GET_SYSNAME(sizeof name - 1), name) < 0)
		return false;
	(void)snprintf(path, sizeof path, "/sys/devices/virtual/input/%s", name);
	dir = opendir(path);
	if (dir == NULL)
		return false;
	node[0] = '\0';
	while ((e = readdir(dir)) != NULL) /* bound: the folder's entries */
		if (strncmp(e->d_name, "event", 5) == 0 && strlen(e->d_name) < 16)
			(void)snprintf(node, NODE, "/dev/input/%.16s", e->d_name);
	(void)closedir(dir);
	return node[0] != '\0';
}

static bool create(unsigned kind)
{
	const struct input_kind *k = input_kind(kind);
	struct uinput_setup setup = {
		.id = {.bustype = BUS_VIRTUAL,
		       .vendor = VENDOR,
		       .product = (uint16_t)(kind + 1),
		       .version = INPUT_VERSION},
	};
	int fd = open("/dev/uinput", O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return false;
	fds[kind] = fd;
	(void)snprintf(setup.name, sizeof setup.name, "%s", k->name);
	if (!set_caps(fd, k) || (kind == INPUT_KEYBOARD && !set_system_keys(fd)))
		return false;
	return ioctl(fd, (int)UI_DEV_SETUP, &setup) == 0 && set(fd, UI_DEV_CREATE, 0) &&
	       find_node(fd, nodes[kind]);
}

bool canon_create(void)
{
	for (unsigned kind = 0; kind < INPUT_KINDS; kind++) {
		if (create(kind))
			continue;
		log_line("uinput: %s: %s", input_kind(kind)->name, strerror(errno));
		return false;
	}
	return true;
}

const char *canon_node(unsigned kind)
{
	return nodes[kind];
}

void canon_write(const struct input_frame *f)
{
	struct input_event event[INPUT_EVENTS_MAX];
	size_t bytes;

	memset(event, 0, sizeof event);
	for (unsigned i = 0; i < f->count && i < INPUT_EVENTS_MAX; i++) {
		event[i].type = f->item[i].type;
		event[i].code = f->item[i].code;
		event[i].value = f->item[i].value;
	}
	bytes = f->count * sizeof event[0];
	if (f->kind < INPUT_KINDS && write(fds[f->kind], event, bytes) != (ssize_t)bytes)
		log_line("uinput: %s: %s", input_kind(f->kind)->name, strerror(errno));
}
