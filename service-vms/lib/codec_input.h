/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Input frames and the fixed devices they belong to: checks and bytes, for daemons and guest drivers. Pure and bounded. */
#ifndef CODEC_INPUT_H
#define CODEC_INPUT_H

#include "input_event.h"

/* Codes FIRST..LAST of an event type, with the values that a frame may give them. */
struct input_cap {
	uint16_t type, first, last;
	int16_t resolution; /* absolute axes: units per millimetre or degree; 0 = none */
	int32_t min, max;
};

/* What the one device of a kind can do, and nothing beyond it. */
struct input_kind {
	const char *name;
	uint32_t props; /* bit n = INPUT_PROP_ n */
	unsigned count;
	const struct input_cap *caps;
};

/* NULL = no such kind. */
const struct input_kind *input_kind(unsigned kind);

/* Power, sleep, wake-up, SysRq and their like: for the machine, never for a VM. No frame can carry them. */
int input_system_key(unsigned code);

/* Can the device of this kind say that? Never true for a system key or EV_SYN. */
int input_allowed(unsigned kind, const struct input_item *item);

/* One message: FRAME with its events, or RELEASE_ALL (kind and count 0). */
struct input_frame {
	uint8_t type;
	uint8_t kind;
	uint16_t count; /* with the SYN_REPORT at the end */
	struct input_item item[INPUT_EVENTS_MAX];
};

/*
 * input_decode - check a message of LEN bytes. Not 0 = good, and then: every event is one its device can do, its value is
 * in range, and the only SYN_REPORT is the last event. OUT is undefined for a message that is not good.
 */
int input_decode(const uint8_t *msg, size_t len, struct input_frame *out);

/* Writes IN to BUF. The bytes of the message, or 0 when input_decode would refuse it or SIZE is too small. */
size_t input_encode(const struct input_frame *in, uint8_t *buf, size_t size);

#endif
