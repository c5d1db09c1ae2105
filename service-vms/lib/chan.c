/* SPDX-License-Identifier: Apache-2.0 */
/* Channel ends for programs of a VM. Must not interpret a message. */
#include "chan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

int chan_open(const char *name, enum hv_chan_dir dir, bool nonblock)
{
	int flags =
		(dir == HV_CHAN_RX ? O_RDONLY : O_WRONLY) | O_CLOEXEC | (nonblock ? O_NONBLOCK : 0);
	char path[64];
	int len = snprintf(path, sizeof path, "/dev/bulkhead/%s.%s", name,
			   dir == HV_CHAN_RX ? "rx" : "tx");

	if (len < 0 || (size_t)len >= sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(path, flags);
}

/* The C libraries disagree about the type of a request; the kernel looks at 32 bits. */
int chan_state(int fd, struct hv_chan_info *out)
{
	return ioctl(fd, (int)BH_IOC_STATE, out);
}

int chan_ack(int fd, struct bh_ack *out)
{
	return ioctl(fd, (int)BH_IOC_ACK, out);
}

int chan_focus(int fd, uint64_t generation)
{
	return ioctl(fd, (int)BH_IOC_FOCUS, &generation);
}

struct chan_name chan_name(const uint8_t name[HV_NAME_LEN])
{
	struct chan_name out = {{0}};

	memcpy(out.text, name, HV_NAME_LEN);
	return out;
}
