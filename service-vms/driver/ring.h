/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Where the next message of a channel ring lies: arithmetic only, for kernel and host tests. Must not touch head or tail itself. */
#ifndef BULKHEAD_RING_H
#define BULKHEAD_RING_H

#include "hv_channel.h"

struct ring_msg {
	uint32_t len;	   /* payload bytes, 1 .. msg_max */
	uint32_t off[2];   /* where its pieces begin, from the start of the data */
	uint32_t bytes[2]; /* of each piece; the second is 0 unless the message wraps */
	uint32_t next;	   /* head once it has been consumed */
};

enum ring_state {
	RING_EMPTY,
	RING_MSG,
	RING_BROKEN, /* head, tail or length cannot be: the ring is worthless from here on */
};

/*
 * ring_peek - look at the message at HEAD of a ring whose writer has got as far as TAIL.
 *
 * data        ring_bytes of it, a power of two, at least 4096
 * msg_max     longest message of this channel
 * head, tail  read once by the caller, tail with acquire order
 * out         filled for RING_MSG only: both pieces lie inside data and add up to len
 *
 * The message header is read once, so a writer that changes it meanwhile gains nothing.
 */
enum ring_state ring_peek(const uint8_t *data, uint32_t ring_bytes, uint32_t msg_max, uint32_t head,
			  uint32_t tail, struct ring_msg *out);

#endif
