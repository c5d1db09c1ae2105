/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Input frames: what inputvm tells the focused VM. Layout only; PROTO.md says what it means. */
#ifndef INPUT_EVENT_H
#define INPUT_EVENT_H

#include <stddef.h>
#include <stdint.h>

#define INPUT_VERSION	 1u
#define INPUT_EVENTS_MAX 127u  /* of one frame, the closing SYN_REPORT included */
#define INPUT_MSG_MAX	 1024u /* bytes of the longest message */

/* Message types */
#define INPUT_FRAME	  1u
#define INPUT_RELEASE_ALL 2u

/* Kinds of device. The receiver has one fixed device of each kind; what it can do is in PROTO.md. */
#define INPUT_KEYBOARD	  0u
#define INPUT_POINTER	  1u /* relative */
#define INPUT_ABSOLUTE	  2u
#define INPUT_TOUCHPAD	  3u
#define INPUT_TOUCHSCREEN 4u
#define INPUT_PEN	  5u
#define INPUT_KINDS	  6u

/* Ranges of the absolute axes, the same for every device of the world behind them. */
#define INPUT_AXIS_MAX	   32767
#define INPUT_PRESSURE_MAX 4095
#define INPUT_TILT_MAX	   90
#define INPUT_CONTACTS	   10

struct input_head {
	uint8_t version; /* INPUT_VERSION, in each message: the receiver changes with the focus */
	uint8_t type;
	uint8_t kind; /* FRAME: INPUT_* of the device; else 0 */
	uint8_t reserved;
	uint16_t count; /* FRAME: events that follow, 2 .. INPUT_EVENTS_MAX; else 0 */
	uint16_t reserved1;
};
_Static_assert(sizeof(struct input_head) == 8, "input_head");
_Static_assert(offsetof(struct input_head, type) == 1, "input_head");
_Static_assert(offsetof(struct input_head, kind) == 2, "input_head");
_Static_assert(offsetof(struct input_head, count) == 4, "input_head");

/* Types, codes and values of Linux' evdev interface. */
struct input_item {
	uint16_t type;
	uint16_t code;
	int32_t value;
};
_Static_assert(sizeof(struct input_item) == 8, "input_item");
_Static_assert(offsetof(struct input_item, code) == 2, "input_item");
_Static_assert(offsetof(struct input_item, value) == 4, "input_item");

_Static_assert(INPUT_MSG_MAX ==
		       sizeof(struct input_head) + INPUT_EVENTS_MAX * sizeof(struct input_item),
	       "longest message");

#endif
