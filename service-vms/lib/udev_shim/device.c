/* SPDX-License-Identifier: Apache-2.0 */
/* The part of libudev that libinput's path backend calls, from sysfs alone. Must not keep a database or listen for anything. */
#include "libudev.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "classify.h"
#include "shim.h"

#define TEXT_MAX 4096u

const char *udev_shim_sys = "/sys";

struct udev {
	unsigned refs;
};

struct udev_device {
	unsigned refs;
	struct udev *udev;
	struct udev_device *parent; /* asked for already, or NULL */
	size_t text_len;	    /* of the lines in text, each with a final NUL */
	char text[TEXT_MAX];
	char devnode[128]; /* "" = none */
	char syspath[PATH_MAX];
};

struct udev *udev_new(void)
{
	struct udev *u = calloc(1, sizeof *u);

	if (u != NULL)
		u->refs = 1;
	return u;
}

struct udev *udev_unref(struct udev *u)
{
	if (u != NULL && --u->refs == 0)
		free(u);
	return NULL;
}

/* A whole small file as text. -1: it is not there, or larger. */
static ssize_t read_file(const char *folder, const char *name, char *buf, size_t size)
{
	char path[PATH_MAX + 64];
	ssize_t len;
	int fd;

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	len = read(fd, buf, size - 1);
	(void)close(fd);
	if (len < 0 || (size_t)len == size - 1)
		return -1;
	buf[len] = '\0';
	return len;
}

static bool is_device(const char *syspath)
{
	char path[PATH_MAX + 64];

	(void)snprintf(path, sizeof path, "%s/uevent", syspath);
	return access(path, R_OK) == 0;
}

static void read_caps(const char *input, struct caps *c)
{
	const struct {
		const char *name;
		uint64_t *bits;
	} files[] = {
		{"capabilities/key", c->key  },
		{"capabilities/rel", c->rel  },
		{"capabilities/abs", c->abs  },
		{"properties",       c->props},
	};
	char text[512];

	memset(c, 0, sizeof *c);
	for (unsigned i = 0; i < sizeof files / sizeof *files; i++)
		if (read_file(input, files[i].name, text, sizeof text) > 0)
			(void)caps_read(text, files[i].bits);
}

/* An event node has its capabilities in the folder above; an input device has them itself; others have none. */
static void add_class(struct udev_device *d)
{
	static const char *const folders[] = {"/..", ""};
	char input[PATH_MAX + 8], text[512];
	struct caps c;

	for (unsigned i = 0; i < 2; i++) {
		(void)snprintf(input, sizeof input, "%s%s", d->syspath, folders[i]);
		if (read_file(input, "capabilities/ev", text, sizeof text) <= 0)
			continue;
		read_caps(input, &c);
		d->text_len +=
			caps_classify(&c, d->text + d->text_len, sizeof d->text - d->text_len);
		return;
	}
}

static bool fill(struct udev_device *d)
{
	ssize_t len = read_file(d->syspath, "uevent", d->text, sizeof d->text);
	const char *node;

	if (len < 0)
		return false;
	for (ssize_t i = 0; i < len; i++)
		if (d->text[i] == '\n')
			d->text[i] = '\0';
	d->text_len = (size_t)len;
	if (len > 0 && d->text[len - 1] != '\0')
		d->text_len++; /* the NUL that read_file put there */
	node = udev_device_get_property_value(d, "DEVNAME");
	if (node != NULL)
		(void)snprintf(d->devnode, sizeof d->devnode, "/dev/%s", node);
	add_class(d);
	return true;
}

struct udev_device *udev_device_new_from_syspath(struct udev *udev, const char *syspath)
{
	struct udev_device *d = calloc(1, sizeof *d);

	if (d == NULL)
		return NULL;
	if (realpath(syspath, d->syspath) == NULL || !fill(d)) {
		free(d);
		errno = ENODEV;
		return NULL;
	}
	d->refs = 1;
	d->udev = udev;
	udev->refs++;
	return d;
}

struct udev_device *udev_device_new_from_devnum(struct udev *udev, char type, dev_t devnum)
{
	char path[PATH_MAX];

	if (type != 'c') {
		errno = EINVAL;
		return NULL;
	}
	(void)snprintf(path, sizeof path, "%s/dev/char/%u:%u", udev_shim_sys, major(devnum),
		       minor(devnum));
	return udev_device_new_from_syspath(udev, path);
}

struct udev_device *udev_device_ref(struct udev_device *d)
{
	d->refs++;
	return d;
}

struct udev_device *udev_device_unref(struct udev_device *d)
{
	struct udev_device *parent;

	while (d != NULL && --d->refs == 0) { /* bound: as many as folders above it */
		parent = d->parent;
		(void)udev_unref(d->udev);
		free(d);
		d = parent;
	}
	return NULL;
}

struct udev *udev_device_get_udev(struct udev_device *d)
{
	return d->udev;
}

/* The next folder above that is a device. It lives as long as its child. */
struct udev_device *udev_device_get_parent(struct udev_device *d)
{
	char path[PATH_MAX], *slash;
	size_t top = strlen(udev_shim_sys);

	if (d->parent != NULL)
		return d->parent;
	(void)memcpy(path, d->syspath, sizeof path);
	while ((slash = strrchr(path, '/')) != NULL &&
	       slash > path + top) { /* bound: the path shrinks */
		*slash = '\0';
		if (is_device(path)) {
			d->parent = udev_device_new_from_syspath(d->udev, path);
			break;
		}
	}
	return d->parent;
}

const char *udev_device_get_syspath(struct udev_device *d)
{
	return d->syspath;
}

const char *udev_device_get_sysname(struct udev_device *d)
{
	const char *slash = strrchr(d->syspath, '/');

	return slash != NULL ? slash + 1 : d->syspath;
}

const char *udev_device_get_devnode(struct udev_device *d)
{
	return d->devnode[0] != '\0' ? d->devnode : NULL;
}

/* Nobody else is going to add anything. */
int udev_device_get_is_initialized(struct udev_device *d)
{
	(void)d;
	return 1;
}

const char *udev_device_get_property_value(struct udev_device *d, const char *key)
{
	size_t len = strlen(key), at = 0;

	while (at < d->text_len) { /* bound: each line has at least its NUL */
		const char *line = d->text + at;

		if (strncmp(line, key, len) == 0 && line[len] == '=')
			return line + len + 1;
		at += strlen(line) + 1;
	}
	return NULL;
}
