/* SPDX-License-Identifier: Apache-2.0 */
/* Input reports: keys, buttons, motion. Must stay within its tables whatever descriptor and report say. */
#include "decode.h"

#include <linux/input-event-codes.h>
#include <string.h>

#include "usages.h"

#define REL_LIMIT 32767

void hid_put(struct hid_events *out, unsigned kind, unsigned type, unsigned code, int32_t value)
{
	if (out->count == HID_EVENTS)
		return;
	out->event[out->count++] = (struct hid_event){
		.kind = (uint8_t)kind,
		.item = {(uint16_t)type, (uint16_t)code, value},
	};
}

void hid_put_new(struct hid_events *out, unsigned kind, const struct input_item *item, int32_t old)
{
	if (item->value != old)
		hid_put(out, kind, item->type, item->code, item->value);
}

int32_t hid_scale(const struct hid_field *f, int64_t value, int32_t min, int32_t max)
{
	int64_t span = f->max - f->min, room = (int64_t)max - min;

	if (span == 0)
		return min;
	return (int32_t)(min + ((value - f->min) * room + span / 2) / span);
}

static void add_down(struct report *r, unsigned kind, unsigned code)
{
	for (unsigned i = 0; i < r->down_count; i++)
		if (r->down[i].kind == kind && r->down[i].code == code)
			return;
	if (r->down_count < HID_DOWN)
		r->down[r->down_count++] = (struct hid_held){(uint16_t)code, (uint8_t)kind, r->id};
}

/* Buttons 1 to 8. A touchpad has the first one only; its others are those of the pointer. */
static void take_button(struct report *r, unsigned kind, uint32_t number)
{
	if (number == 0 || number > 8)
		return;
	if (kind == INPUT_TOUCHPAD && number > 1)
		kind = INPUT_POINTER;
	if (kind == INPUT_POINTER || kind == INPUT_ABSOLUTE || kind == INPUT_TOUCHPAD)
		add_down(r, kind, BTN_LEFT + number - 1);
}

static void take_relative(struct motion *m, uint32_t usage, int64_t value)
{
	switch (usage) {
	case USAGE_X:
		m->dx += value;
		break;
	case USAGE_Y:
		m->dy += value;
		break;
	case USAGE_WHEEL:
		m->wheel += value;
		break;
	case USAGE_AC_PAN:
		m->pan += value;
		break;
	default:
		break;
	}
}

static void take_position(struct motion *m, const struct hid_field *f, uint32_t usage,
			  int64_t value)
{
	int32_t scaled = hid_scale(f, value, 0, INPUT_AXIS_MAX);

	if (usage == USAGE_X) {
		m->has_x = true;
		m->x = scaled;
	}
	if (usage == USAGE_Y) {
		m->has_y = true;
		m->y = scaled;
	}
}

static void take_motion(struct report *r, unsigned kind, const struct hid_field *f, uint32_t usage,
			int64_t value)
{
	bool relative = (f->flags & HID_RELATIVE) != 0;

	if (kind == INPUT_POINTER && relative)
		take_relative(&r->pointer, usage, value);
	else if (kind == INPUT_ABSOLUTE && relative && usage != USAGE_X && usage != USAGE_Y)
		take_relative(&r->absolute, usage, value);
	else if (kind == INPUT_ABSOLUTE && !relative)
		take_position(&r->absolute, f, usage, value);
}

/* Keys and buttons. False: the usage is neither. */
static bool take_switch(struct report *r, unsigned kind, uint32_t usage, bool on)
{
	unsigned code = hid_key(usage);

	if (code == 0 && usage >> 16 != PAGE_BUTTON)
		return false;
	if (on && code != 0)
		add_down(r, INPUT_KEYBOARD, code);
	else if (on)
		take_button(r, kind, usage & 0xffff);
	return true;
}

/* A value of a variable field; unless relative, it lies within the logical range. */
static void take_value(const struct hid_desc *d, struct report *r, const struct hid_field *f,
		       uint32_t usage, int64_t value)
{
	unsigned kind = hid_app_kind(&d->app[f->app]);

	if (take_switch(r, kind, usage, value != 0))
		return;
	if (kind == INPUT_POINTER || kind == INPUT_ABSOLUTE)
		take_motion(r, kind, f, usage, value);
	else if ((f->flags & HID_RELATIVE) != 0)
		return; /* contacts and pens have positions */
	else if (kind == d->touch_kind)
		hid_touch_value(r, f, usage, value);
	else if (kind == INPUT_PEN)
		hid_pen_value(r, f, usage, value);
}

static void take_variable(const struct hid_desc *d, struct report *r, const struct hid_field *f,
			  uint32_t n, int64_t value)
{
	if ((f->flags & HID_RELATIVE) == 0 && (value < f->min || value > f->max)) {
		if ((f->flags & HID_NULL) != 0)
			return;
		value = value < f->min ? f->min : f->max;
	}
	take_value(d, r, f, hid_usage(d, f, n, true), value);
}

/* An element of an array names a key or button that is down; nothing else can be in an array. */
static void take_element(const struct hid_desc *d, struct report *r, const struct hid_field *f,
			 int64_t value)
{
	uint32_t usage;

	if (value < f->min || value > f->max || value - f->min > UINT32_MAX)
		return;
	usage = hid_usage(d, f, (uint32_t)(value - f->min), false);
	if (usage >= KEYBOARD_ROLLOVER_FIRST && usage <= KEYBOARD_ROLLOVER_LAST)
		r->rollover = true;
	else
		(void)take_switch(r, hid_app_kind(&d->app[f->app]), usage, true);
}

/* What a short report leaves out is not down and has not moved. */
static void take_field(const struct hid_desc *d, struct report *r, const struct hid_field *f,
		       const uint8_t *data, size_t len)
{
	for (uint32_t n = 0; n < f->count;
	     n++) { /* bound: a report has at most HID_REPORT_MAX * 8 bits */
		int64_t value;

		if (!hid_value(data, len, f->offset + n * f->size, f->size, f->min < 0, &value))
			return;
		if ((f->flags & HID_VARIABLE) != 0)
			take_variable(d, r, f, n, value);
		else
			take_element(d, r, f, value);
	}
}

static bool is_in(const struct hid_held *list, unsigned count, const struct hid_held *h)
{
	for (unsigned i = 0; i < count; i++)
		if (list[i].kind == h->kind && list[i].code == h->code)
			return true;
	return false;
}

/* Keys and buttons of KIND: those of this report that went up, then those that went down. */
static void put_keys(struct hid_state *s, const struct report *r, unsigned kind,
		     struct hid_events *out)
{
	unsigned kept = 0;

	if (kind == INPUT_KEYBOARD && r->rollover)
		return;
	for (unsigned i = 0; i < s->held_count; i++) {
		struct hid_held h = s->held[i];

		if (h.kind == kind && h.report == r->id && !is_in(r->down, r->down_count, &h))
			hid_put(out, kind, EV_KEY, h.code, 0);
		else
			s->held[kept++] = h;
	}
	s->held_count = kept;
	for (unsigned i = 0; i < r->down_count; i++) {
		const struct hid_held *h = &r->down[i];

		if (h->kind != kind || s->held_count == HID_DOWN ||
		    is_in(s->held, s->held_count, h))
			continue;
		s->held[s->held_count++] = *h;
		hid_put(out, kind, EV_KEY, h->code, 1);
	}
}

static void put_relative(struct hid_events *out, unsigned kind, unsigned code, int64_t value)
{
	if (value > REL_LIMIT)
		value = REL_LIMIT;
	if (value < -REL_LIMIT)
		value = -REL_LIMIT;
	if (value != 0)
		hid_put(out, kind, EV_REL, code, (int32_t)value);
}

static void put_motion(const struct motion *m, unsigned kind, struct hid_events *out)
{
	put_relative(out, kind, REL_X, m->dx);
	put_relative(out, kind, REL_Y, m->dy);
	if (m->has_x)
		hid_put(out, kind, EV_ABS, ABS_X, m->x);
	if (m->has_y)
		hid_put(out, kind, EV_ABS, ABS_Y, m->y);
	put_relative(out, kind, REL_WHEEL, m->wheel);
	put_relative(out, kind, REL_HWHEEL, m->pan);
}

static void put_all(const struct hid_desc *d, struct hid_state *s, const struct report *r,
		    struct hid_events *out)
{
	for (unsigned kind = 0; kind < INPUT_KINDS; kind++) {
		put_keys(s, r, kind, out);
		if (kind == INPUT_POINTER)
			put_motion(&r->pointer, kind, out);
		if (kind == INPUT_ABSOLUTE)
			put_motion(&r->absolute, kind, out);
		if (kind == d->touch_kind && r->has_fingers)
			hid_touch(s, r, kind, out);
		if (kind == INPUT_PEN && r->has_pen)
			hid_pen(s, r, out);
	}
}

void hid_decode(const struct hid_desc *d, struct hid_state *s, const uint8_t *report, size_t len,
		struct hid_events *out)
{
	struct report r;

	out->count = 0;
	memset(&r, 0, sizeof r);
	r.pen = s->pen;
	if (d->ids && len != 0) {
		r.id = report[0];
		report++;
		len--;
	}
	if (len == 0 || d->bits[HID_INPUT][r.id] == 0)
		return;
	for (unsigned i = 0; i < d->fields; i++) {
		const struct hid_field *f = &d->field[i];

		if (f->type == HID_INPUT && f->report == r.id)
			take_field(d, &r, f, report, len);
	}
	put_all(d, s, &r, out);
}

void hid_release(const struct hid_desc *d, struct hid_state *s, struct hid_events *out)
{
	struct report none;

	out->count = 0;
	memset(&none, 0, sizeof none);
	none.has_fingers = none.has_pen = true;
	for (unsigned i = 0; i < s->held_count; i++)
		s->held[i].report = none.id;
	s->due = 0;
	put_all(d, s, &none, out);
	memset(s, 0, sizeof *s);
}
