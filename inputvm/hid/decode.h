/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the decoder share while they look at one report. Not for others. */
#ifndef HID_DECODE_H
#define HID_DECODE_H

#include "hid.h"

struct finger {
	bool present, tip, unsure, has_id, has_x, has_y;
	uint32_t id;
	int32_t x, y;
};

struct motion {
	bool has_x, has_y;
	int32_t x, y;
	int64_t dx, dy, wheel, pan;
};

/* Everything that one report says, before it is compared with what was known. */
struct report {
	uint8_t id;
	bool rollover; /* which keys are down is not known */
	unsigned down_count;
	struct hid_held down[HID_DOWN];
	struct motion pointer, absolute;
	bool has_fingers, has_count;
	unsigned count; /* contacts of the frame that starts here */
	struct finger finger[HID_FINGERS];
	bool has_pen, has_range, has_pressure, in_range, tip, eraser, invert;
	struct hid_pen pen;
};

void hid_put(struct hid_events *out, unsigned kind, unsigned type, unsigned code, int32_t value);
/* The same, unless the value is the old one. */
void hid_put_new(struct hid_events *out, unsigned kind, const struct input_item *item, int32_t old);

/* One value of a field, already within its logical range. */
void hid_touch_value(struct report *r, const struct hid_field *f, uint32_t usage, int64_t value);
void hid_pen_value(struct report *r, const struct hid_field *f, uint32_t usage, int64_t value);

/* What the fingers or the pen of a report changed. KIND: touchpad or touch screen. */
void hid_touch(struct hid_state *s, const struct report *r, unsigned kind, struct hid_events *out);
void hid_pen(struct hid_state *s, const struct report *r, struct hid_events *out);

/* VALUE of the field's logical range, stretched to MIN..MAX. */
int32_t hid_scale(const struct hid_field *f, int64_t value, int32_t min, int32_t max);

#endif
