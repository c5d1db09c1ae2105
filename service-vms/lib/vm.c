/* SPDX-License-Identifier: Apache-2.0 */
/* What a VM's programs say about the VM. Must not decide anything. */
#include "vm.h"

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

uint64_t vm_events(int fd)
{
	uint64_t word;

	return read(fd, &word, sizeof word) == (ssize_t)sizeof word ? word : 0;
}

void vm_exit(int fd, unsigned status)
{
	(void)ioctl(fd, (int)BH_IOC_EXIT, (unsigned long)status);
}
