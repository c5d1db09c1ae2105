/* SPDX-License-Identifier: Apache-2.0 */
/* Pens. Must not know where reports come from. */
#include "decode.h"

#include <linux/input-event-codes.h>

#include "usages.h"

void hid_pen_value(struct report *r, const struct hid_field *f, uint32_t usage, int64_t value)
{
	if (!r->has_pen) /* switches are down only if this report says so */
		r->pen.barrel = r->pen.barrel2 = false;
	r->has_pen = true;
	switch (usage) {
	case USAGE_IN_RANGE:
		r->has_range = true;
		r->in_range = value != 0;
		break;
	case USAGE_TIP:
		r->tip = value != 0;
		break;
	case USAGE_ERASER:
		r->eraser = value != 0;
		break;
	case USAGE_INVERT:
		r->invert = value != 0;
		break;
	case USAGE_BARREL:
		r->pen.barrel = value != 0;
		break;
	case USAGE_BARREL_2:
		r->pen.barrel2 = value != 0;
		break;
	case USAGE_X:
		r->pen.x = hid_scale(f, value, 0, INPUT_AXIS_MAX);
		break;
	case USAGE_Y:
		r->pen.y = hid_scale(f, value, 0, INPUT_AXIS_MAX);
		break;
	case USAGE_TIP_PRESSURE:
		r->has_pressure = true;
		r->pen.pressure = hid_scale(f, value, 0, INPUT_PRESSURE_MAX);
		break;
	case USAGE_X_TILT:
		r->pen.tilt_x = hid_scale(f, value, -INPUT_TILT_MAX, INPUT_TILT_MAX);
		break;
	case USAGE_Y_TILT:
		r->pen.tilt_y = hid_scale(f, value, -INPUT_TILT_MAX, INPUT_TILT_MAX);
		break;
	default:
		break;
	}
}

static void put_button(struct hid_events *out, unsigned code, bool now, bool was)
{
	hid_put_new(out, INPUT_PEN, &(struct input_item){EV_KEY, (uint16_t)code, now}, was);
}

static void put_axis(struct hid_events *out, unsigned code, int32_t now, int32_t was, bool always)
{
	if (always || now != was)
		hid_put(out, INPUT_PEN, EV_ABS, code, now);
}

static unsigned tool_code(const struct hid_pen *p)
{
	return p->rubber ? BTN_TOOL_RUBBER : BTN_TOOL_PEN;
}

static void put_leave(const struct hid_pen *was, struct hid_events *out)
{
	put_button(out, BTN_TOUCH, false, was->touch);
	put_button(out, BTN_STYLUS, false, was->barrel);
	put_button(out, BTN_STYLUS2, false, was->barrel2);
	put_button(out, tool_code(was), false, true);
}

void hid_pen(struct hid_state *s, const struct report *r, struct hid_events *out)
{
	struct hid_pen now = r->pen, was = s->pen;
	bool enters;

	now.touch = r->tip || r->eraser;
	now.near = r->has_range ? r->in_range : now.touch;
	now.rubber = r->invert || r->eraser;
	if (!r->has_pressure) /* clients take the pressure for the touch */
		now.pressure = now.touch ? INPUT_PRESSURE_MAX : 0;
	if (!now.near)
		now = (struct hid_pen){0};
	s->pen = now;
	if (was.near && (!now.near || now.rubber != was.rubber)) {
		put_leave(&was, out);
		was = (struct hid_pen){0};
	}
	if (!now.near)
		return;
	enters = !was.near;
	put_axis(out, ABS_X, now.x, was.x, enters);
	put_axis(out, ABS_Y, now.y, was.y, enters);
	put_axis(out, ABS_PRESSURE, now.pressure, was.pressure, enters);
	put_axis(out, ABS_TILT_X, now.tilt_x, was.tilt_x, enters);
	put_axis(out, ABS_TILT_Y, now.tilt_y, was.tilt_y, enters);
	put_button(out, tool_code(&now), true, was.near);
	put_button(out, BTN_TOUCH, now.touch, was.touch);
	put_button(out, BTN_STYLUS, now.barrel, was.barrel);
	put_button(out, BTN_STYLUS2, now.barrel2, was.barrel2);
}
