/* SPDX-License-Identifier: Apache-2.0 */
/* What PID 1 does to the kernel once, before anything else runs. Must not start programs. */
#include "init.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hv_image.h"
#include "vm.h"

#define PCI "/sys/bus/pci/"

/* To the kernel's log: it reaches whatever console there is, also one that comes later. */
void say(const char *format, ...)
{
	char text[256] = "<5>init: ";
	size_t used = strlen(text);
	va_list ap;
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	va_start(ap, format);
	(void)vsnprintf(text + used, sizeof text - used, format, ap);
	va_end(ap);
	(void)!write(fd, text, strlen(text));
	(void)close(fd);
}

/* The whole file as text; false if it is not there or longer than SIZE allows. */
bool read_text(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return false;
	len = read(fd, buf, size);
	(void)close(fd);
	if (len < 0 || (size_t)len >= size)
		return false;
	buf[len] = '\0';
	return true;
}

static bool write_text(const char *path, const char *text)
{
	size_t len = strlen(text);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t done = fd < 0 ? -1 : write(fd, text, len);

	if (fd >= 0)
		(void)close(fd);
	if (done != (ssize_t)len)
		say("%s: %s", path, strerror(errno));
	return done == (ssize_t)len;
}

bool mount_all(void)
{
	static const struct {
		const char *type, *where, *options;
		unsigned long flags;
	} mounts[] = {
		{"devtmpfs", "/dev",  "mode=0755",
		 MS_NOSUID | MS_NOEXEC						      }, /* first: say() needs it */
		{"proc",	 "/proc", "",		      MS_NOSUID | MS_NOEXEC | MS_NODEV},
		{"sysfs",	  "/sys",  "",		      MS_NOSUID | MS_NOEXEC | MS_NODEV},
		{"tmpfs",	  "/tmp",  "mode=1777,size=25%", MS_NOSUID | MS_NODEV	    },
		{"tmpfs",	  "/run",  "mode=0755,size=10%", MS_NOSUID | MS_NODEV	    },
	};
	bool all = true;

	for (unsigned i = 0; i < sizeof mounts / sizeof *mounts; i++) {
		if (mount(mounts[i].type, mounts[i].where, mounts[i].type, mounts[i].flags,
			  mounts[i].options) == 0)
			continue;
		say("mount %s: %s", mounts[i].where, strerror(errno));
		all = false;
	}
	if (mkdir("/dev/pts", 0755) == 0 &&
	    mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "mode=0620,gid=0") != 0)
		say("mount /dev/pts: %s", strerror(errno));
	return all;
}

/*
 * Without a limit the kernel keeps up to an eighth of a small VM's memory free on a list of its own, where neither its count of
 * what is available nor the hypervisor's of what is used can see that it is free.
 */
bool limit_free_lists(void)
{
	return write_text("/proc/sys/vm/percpu_pagelist_high_fraction", "500\n");
}

/*
 * What the kernel would wake an idle VM for: twice a second whether memory is worth moving for large pages, though what is asked for and
 * not there is still made room for; every 5 s, for IPv4 and IPv6, to ask neighbours that somebody entered as watched ones, which nobody does.
 */
bool wake_seldom(void)
{
	return write_text("/proc/sys/vm/compaction_proactiveness", "0\n") &&
	       write_text("/proc/sys/net/ipv4/neigh/default/interval_probe_time_ms", "3600000\n") &&
	       write_text("/proc/sys/net/ipv6/neigh/default/interval_probe_time_ms", "3600000\n");
}

/* What the kernel says from here on goes to the console, too, as far as it is no debugging: its start is in its log alone, by the command line. */
bool have_kernel_speak(void)
{
	return write_text("/proc/sys/kernel/printk", "7\n");
}

static bool load_module(const char *name, const char *params)
{
	char path[128];
	long ret;
	int fd;

	(void)snprintf(path, sizeof path, "/lib/modules/%s.ko", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ret = fd < 0 ? -1 : syscall(SYS_finit_module, fd, params, 0);
	if (ret != 0)
		say("module %s: %s", name, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return ret == 0;
}

/* The order of the file is the order of loading; the driver for the hypervisor is its first line. */
bool read_modules(struct module_list *list)
{
	static char text[2048]; /* the list points into it */
	const char *wrong;

	if (!read_text("/etc/modules", text, sizeof text)) {
		say("/etc/modules: cannot be read");
		return false;
	}
	wrong = config_modules(text, list);
	if (wrong != NULL) {
		say("/etc/modules: %s", wrong);
		return false;
	}
	return true;
}

bool load_modules(const struct module_list *list, unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++)
		if (!load_module(list->module[i].name, list->module[i].params))
			return false;
	return true;
}

bool hold_devices(void)
{
	return write_text(PCI "drivers_autoprobe", "0\n");
}

/* Functions that no driver wants are no failure, nor is one whose driver finds it broken: who needs it says so. */
bool bind_devices(void)
{
	DIR *dir = opendir(PCI "devices");
	struct dirent *entry;
	bool good = dir != NULL && write_text(PCI "drivers_autoprobe", "1\n");

	while (good && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] != '.')
			(void)write_text(PCI "drivers_probe", entry->d_name);
	}
	if (dir != NULL)
		(void)closedir(dir);
	return good;
}

bool open_console(void)
{
	int fd = open("/dev/console", O_RDWR | O_NOCTTY);

	if (fd < 0) {
		say("/dev/console: %s", strerror(errno));
		return false;
	}
	for (int to = 0; to <= 2; to++)
		if (fd != to && dup2(fd, to) < 0)
			return false;
	if (fd > 2)
		(void)close(fd);
	return true;
}

bool forbid_modules(void)
{
	return write_text("/proc/sys/kernel/modules_disabled", "1\n");
}

bool root_read_only(void)
{
	if (mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0)
		return true;
	say("remount / read-only: %s", strerror(errno));
	return false;
}

/* The pool counts as filled from here on: the hypervisor's bytes are as good as its own. */
bool seed_random(int control)
{
	uint32_t pool[2 + HV_ENTROPY_MAX / 4] = {8 * HV_ENTROPY_MAX, HV_ENTROPY_MAX};
	int fd = open("/dev/random", O_WRONLY | O_CLOEXEC);
	struct bh_entropy seed;
	bool good = fd >= 0 && vm_entropy(control, &seed) == 0;

	if (good) {
		memcpy(pool + 2, seed.bytes,
		       HV_ENTROPY_MAX); /* struct rand_pool_info and its bytes */
		good = ioctl(fd, (int)RNDADDENTROPY, pool) == 0;
	}
	if (!good)
		say("no seed for the random numbers: %s", strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	explicit_bzero(pool, sizeof pool);
	explicit_bzero(&seed, sizeof seed);
	return good;
}

bool set_hostname(int control)
{
	struct hv_info info;

	if (vm_info(control, &info) != 0) {
		say("no information from the hypervisor: %s", strerror(errno));
		return false;
	}
	return sethostname((const char *)info.name,
			   strnlen((const char *)info.name, HV_NAME_LEN)) == 0;
}

bool store_secret(int control)
{
	static uint8_t secret[HV_SECRET_MAX];
	uint32_t bytes = sizeof secret;
	bool good;
	int fd;

	if (vm_secret(control, secret, &bytes) != 0) {
		if (errno == ENODATA)
			return true;
		say("the secret cannot be had: %s", strerror(errno));
		return false;
	}
	fd = open(SECRET_FILE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	good = fd >= 0 && write(fd, secret, bytes) == (ssize_t)bytes;
	if (!good)
		say("%s: %s", SECRET_FILE, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	explicit_bzero(secret, sizeof secret);
	return good;
}
