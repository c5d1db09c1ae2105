/* SPDX-License-Identifier: Apache-2.0 */
/* Channel ends for programs of a VM: open, one message at a time, death of the far end. Knows nothing of what messages mean. */
#ifndef CHAN_H
#define CHAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulkhead_ioctl.h"

/*
 * chan_open - attach the end of channel NAME in direction DIR; a new life of it begins.
 *
 * Returns a descriptor that is closed on exec, or -1 with errno: ENOENT no such channel, EBUSY open already, ENXIO no doorbell.
 * Read and write are the calls of the system: one message each. What they answer is in bulkhead_ioctl.h.
 */
int chan_open(const char *name, enum hv_chan_dir dir, bool nonblock);

/* 0, or -1 with errno. */
int chan_state(int fd, struct hv_chan_info *out);
int chan_ack(int fd, struct bh_ack *out);

/* Further writes to this end, whose far end is @focused, are for the focus of that generation. 0, or -1 with errno. */
int chan_focus(int fd, uint64_t generation);

/* The names of a channel and its peer, always with a final NUL. */
struct chan_name {
	char text[HV_NAME_LEN + 1];
};
struct chan_name chan_name(const uint8_t name[HV_NAME_LEN]);

#endif
