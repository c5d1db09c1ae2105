/* SPDX-License-Identifier: Apache-2.0 */
/* What a VM's programs say about the VM. Must not decide anything. */
#include "vm.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The C libraries disagree about the type of a request; the kernel looks at 32 bits. */
int vm_open(uint64_t mask)
{
	int fd = open("/dev/bulkhead/control", O_RDWR | O_CLOEXEC);

	if (fd >= 0 && ioctl(fd, (int)BH_IOC_EVENTS, &mask) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

int vm_info(int fd, struct hv_info *out)
{
	return ioctl(fd, (int)BH_IOC_INFO, out);
}

int vm_ready(int fd)
{
	return ioctl(fd, (int)BH_IOC_READY);
}

int vm_heartbeat(int fd)
{
	return ioctl(fd, (int)BH_IOC_HEARTBEAT);
}

int vm_entropy(int fd, struct bh_entropy *out)
{
	return ioctl(fd, (int)BH_IOC_ENTROPY, out);
}

int vm_secret(int fd, void *to, uint32_t *bytes)
{
	struct bh_secret s = {.to = (uint64_t)(uintptr_t)to, .bytes = *bytes};

	if (ioctl(fd, (int)BH_IOC_SECRET, &s) != 0)
		return -1;
	*bytes = s.bytes;
	return 0;
}

int vm_checkpoint(int fd)
{
	return ioctl(fd, (int)BH_IOC_CHECKPOINT);
}

int vm_capsule_put(int fd, const void *from, uint32_t bytes)
{
	struct bh_capsule c = {.at = (uint64_t)(uintptr_t)from, .bytes = bytes};

	return ioctl(fd, (int)BH_IOC_CAPSULE_PUT, &c);
}

int vm_capsule_get(int fd, void *to, uint32_t *bytes)
{
	struct bh_capsule c = {.at = (uint64_t)(uintptr_t)to, .bytes = *bytes};

	if (ioctl(fd, (int)BH_IOC_CAPSULE_GET, &c) != 0)
		return -1;
	*bytes = c.bytes;
	return 0;
}

int vm_chan(int fd, struct bh_chan *c)
{
	return ioctl(fd, (int)BH_IOC_CHAN, c);
}

int vm_status(int fd, uint32_t bits)
{
	return ioctl(fd, (int)BH_IOC_STATUS, bits);
}

int vm_console_read(int fd, struct bh_console *out)
{
	return ioctl(fd, (int)BH_IOC_CONSOLE_READ, out);
}

int vm_find_end(int fd, enum hv_kind kind, enum hv_chan_dir dir, struct chan_name *name)
{
	struct bh_chan c = {.index = 0};

	for (; c.index < HV_DOM_CHAN_MAX; c.index++) {
		if (vm_chan(fd, &c) != 0)
			return -1;
		if (c.info.kind == kind && c.info.dir == dir) {
			*name = chan_name(c.info.name);
			return 0;
		}
	}
	errno = ENOENT;
	return -1;
}

int vm_focus_set(int fd, uint32_t whom, uint64_t *generation)
{
	struct bh_focus f = {.dom = whom};

	if (ioctl(fd, (int)BH_IOC_FOCUS_SET, &f) != 0)
		return -1;
	*generation = f.generation;
	return 0;
}

int vm_focus_get(int fd, uint32_t *dom, uint64_t *generation)
{
	struct bh_focus f = {.dom = HV_DOM_NONE};

	if (ioctl(fd, (int)BH_IOC_FOCUS_GET, &f) != 0)
		return -1;
	*dom = f.dom;
	*generation = f.generation;
	return 0;
}

uint64_t vm_events(int fd)
{
	uint64_t word;

	return read(fd, &word, sizeof word) == (ssize_t)sizeof word ? word : 0;
}

void vm_exit(int fd, unsigned status)
{
	(void)ioctl(fd, (int)BH_IOC_EXIT, (unsigned long)status);
}
