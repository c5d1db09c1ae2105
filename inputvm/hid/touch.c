/* SPDX-License-Identifier: Apache-2.0 */
/* Contacts of touchpads and touch screens, as slots. Must not know where reports come from. */
#include "decode.h"

#include <linux/input-event-codes.h>
#include <string.h>

#include "usages.h"

void hid_touch_value(struct report *r, const struct hid_field *f, uint32_t usage, int64_t value)
{
	unsigned n = f->finger == 0 ? 0 : f->finger - 1u;
	struct finger *t;

	r->has_fingers = true;
	if (usage == USAGE_CONTACT_COUNT) {
		r->has_count = true;
		r->count = value > 0 && value <= 255 ? (unsigned)value : 0;
		return;
	}
	if (n >= HID_FINGERS)
		return;
	t = &r->finger[n];
	switch (usage) {
	case USAGE_TIP:
		t->present = true;
		t->tip = value != 0;
		break;
	case USAGE_CONFIDENCE:
		t->unsure = value == 0;
		break;
	case USAGE_CONTACT_ID:
		t->has_id = true;
		t->id = (uint32_t)value;
		break;
	case USAGE_X:
		t->has_x = true;
		t->x = hid_scale(f, value, 0, INPUT_AXIS_MAX);
		break;
	case USAGE_Y:
		t->has_y = true;
		t->y = hid_scale(f, value, 0, INPUT_AXIS_MAX);
		break;
	default:
		break;
	}
}

static void put_slot(struct hid_events *out, unsigned kind, unsigned slot)
{
	hid_put(out, kind, EV_ABS, ABS_MT_SLOT, (int32_t)slot);
}

static void lift(struct hid_state *s, unsigned slot, unsigned kind, struct hid_events *out)
{
	s->contact[slot].used = false;
	put_slot(out, kind, slot);
	hid_put(out, kind, EV_ABS, ABS_MT_TRACKING_ID, -1);
}

/* The slot of a contact the device calls ID; INPUT_CONTACTS = none. */
static unsigned find_slot(const struct hid_state *s, uint32_t id)
{
	unsigned slot = 0;

	while (slot < INPUT_CONTACTS && !(s->contact[slot].used && s->contact[slot].id == id))
		slot++;
	return slot;
}

static unsigned free_slot(const struct hid_state *s)
{
	unsigned slot = 0;

	while (slot < INPUT_CONTACTS && s->contact[slot].used)
		slot++;
	return slot;
}

static void touch_down(struct hid_state *s, uint32_t id, unsigned kind, struct hid_events *out)
{
	unsigned slot = free_slot(s);

	if (slot == INPUT_CONTACTS)
		return;
	/* Positions no axis can have, so that the first real one differs. */
	s->contact[slot] = (struct hid_contact){.used = true, .id = id, .x = -1, .y = -1};
	put_slot(out, kind, slot);
	hid_put(out, kind, EV_ABS, ABS_MT_TRACKING_ID, s->tracking++);
}

static void touch_move(struct hid_contact *c, unsigned slot, const struct finger *t, unsigned kind,
		       struct hid_events *out)
{
	int32_t x = t->has_x ? t->x : c->x, y = t->has_y ? t->y : c->y;

	c->seen = true;
	if (x == c->x && y == c->y)
		return;
	put_slot(out, kind, slot);
	hid_put_new(out, kind, &(struct input_item){EV_ABS, ABS_MT_POSITION_X, x}, c->x);
	hid_put_new(out, kind, &(struct input_item){EV_ABS, ABS_MT_POSITION_Y, y}, c->y);
	c->x = x;
	c->y = y;
}

/* A palm is not a touch. */
static void take_finger(struct hid_state *s, const struct finger *t, unsigned n, unsigned kind,
			struct hid_events *out)
{
	uint32_t id = t->has_id ? t->id : n;
	unsigned slot = find_slot(s, id);

	if (!t->tip || t->unsure) {
		if (slot != INPUT_CONTACTS)
			lift(s, slot, kind, out);
		return;
	}
	if (slot == INPUT_CONTACTS) {
		touch_down(s, id, kind, out);
		slot = find_slot(s, id);
	}
	if (slot != INPUT_CONTACTS)
		touch_move(&s->contact[slot], slot, t, kind, out);
}

static unsigned tool_code(unsigned fingers)
{
	static const uint16_t codes[] = {0,
					 BTN_TOOL_FINGER,
					 BTN_TOOL_DOUBLETAP,
					 BTN_TOOL_TRIPLETAP,
					 BTN_TOOL_QUADTAP,
					 BTN_TOOL_QUINTTAP};

	return codes[fingers];
}

/* What clients that know one finger only look at. */
static void put_single(struct hid_state *s, unsigned kind, struct hid_events *out)
{
	unsigned fingers = 0, first = INPUT_CONTACTS;
	bool begins = s->fingers == 0; /* who reads this may have heard of nothing before */

	for (unsigned slot = INPUT_CONTACTS; slot-- > 0;) {
		if (!s->contact[slot].used)
			continue;
		first = slot;
		fingers += fingers < 5 ? 1 : 0;
	}
	if ((fingers != 0) != (s->fingers != 0))
		hid_put(out, kind, EV_KEY, BTN_TOUCH, fingers != 0);
	if (kind == INPUT_TOUCHPAD && fingers != s->fingers) {
		if (s->fingers != 0)
			hid_put(out, kind, EV_KEY, tool_code(s->fingers), 0);
		if (fingers != 0)
			hid_put(out, kind, EV_KEY, tool_code(fingers), 1);
	}
	s->fingers = fingers;
	if (first == INPUT_CONTACTS)
		return;
	if (s->contact[first].x >= 0 && (begins || s->contact[first].x != s->touch_x)) {
		s->touch_x = s->contact[first].x;
		hid_put(out, kind, EV_ABS, ABS_X, s->touch_x);
	}
	if (s->contact[first].y >= 0 && (begins || s->contact[first].y != s->touch_y)) {
		s->touch_y = s->contact[first].y;
		hid_put(out, kind, EV_ABS, ABS_Y, s->touch_y);
	}
}

/*
 * A frame is as many contacts as its first report counts; devices with small reports spread them over several, whose
 * count is 0. Without a count each report is a frame.
 */
static void start_frame(struct hid_state *s, unsigned contacts)
{
	s->due = contacts < INPUT_CONTACTS ? contacts : INPUT_CONTACTS;
	for (unsigned slot = 0; slot < INPUT_CONTACTS; slot++)
		s->contact[slot].seen = false;
}

void hid_touch(struct hid_state *s, const struct report *r, unsigned kind, struct hid_events *out)
{
	unsigned present = 0;

	for (unsigned n = 0; n < HID_FINGERS; n++)
		present += r->finger[n].present ? 1 : 0;
	if (!r->has_count)
		start_frame(s, present);
	else if (r->count != 0 || s->due == 0)
		start_frame(s, r->count);
	for (unsigned n = 0; n < HID_FINGERS && s->due != 0; n++) {
		if (!r->finger[n].present)
			continue;
		take_finger(s, &r->finger[n], n, kind, out);
		s->due--;
	}
	for (unsigned slot = 0; slot < INPUT_CONTACTS && s->due == 0; slot++)
		if (s->contact[slot].used && !s->contact[slot].seen)
			lift(s, slot, kind, out);
	put_single(s, kind, out);
}
