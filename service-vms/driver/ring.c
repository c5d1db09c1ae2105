// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/* Where the next message of a channel ring lies. Pure: no I/O, no barrier, no allocation. */
#include "ring.h"

static uint32_t padded(uint32_t len)
{
	return (len + HV_MSG_ALIGN - 1) & ~(HV_MSG_ALIGN - 1);
}

/* The one read of the length. The volatile keeps the compiler from reading it again after the check. */
static uint32_t msg_len(const uint8_t *at)
{
	return ((const volatile struct hv_msg *)(const void *)at)->len;
}

enum ring_state ring_peek(const uint8_t *data, uint32_t ring_bytes, uint32_t msg_max, uint32_t head,
			  uint32_t tail, struct ring_msg *out)
{
	uint32_t used = tail - head;
	uint32_t len, at, room;

	if (used == 0)
		return RING_EMPTY;
	if ((head | tail) & (HV_MSG_ALIGN - 1)) /* so a header never wraps, and used holds one */
		return RING_BROKEN;
	if (used > ring_bytes)
		return RING_BROKEN;

	len = msg_len(data + (head & (ring_bytes - 1)));
	if (len == 0 || len > msg_max || len > used - sizeof(struct hv_msg))
		return RING_BROKEN;

	at = (head + (uint32_t)sizeof(struct hv_msg)) & (ring_bytes - 1);
	room = ring_bytes - at;
	out->len = len;
	out->off[0] = at;
	out->bytes[0] = len < room ? len : room;
	out->off[1] = 0;
	out->bytes[1] = len - out->bytes[0];
	out->next = head + (uint32_t)sizeof(struct hv_msg) + padded(len);
	return RING_MSG;
}
