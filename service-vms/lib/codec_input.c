/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Input frames. Must not do I/O, allocate, or use a library: kernels compile it as well. */
#include "codec_input.h"

#include <linux/input-event-codes.h>

#define KEYS(first, last)                                                                          \
	{                                                                                          \
		EV_KEY, first, last, 0, 0, 1                                                       \
	}
#define RELS(first, last)                                                                          \
	{                                                                                          \
		EV_REL, first, last, 0, -32768, 32767                                              \
	}
#define ABSS(first, last, res, min, max)                                                           \
	{                                                                                          \
		EV_ABS, first, last, res, min, max                                                 \
	}
#define AXIS(code, res) ABSS(code, code, res, 0, INPUT_AXIS_MAX)
#define KIND(name, props, caps)                                                                    \
	{                                                                                          \
		name, props, sizeof(caps) / sizeof *(caps), caps                                   \
	}

/* Holes are the keys of input_system_key(). */
static const struct input_cap keyboard[] = {
	KEYS(KEY_ESC, KEY_SYSRQ - 1),	       KEYS(KEY_SYSRQ + 1, KEY_POWER - 1),
	KEYS(KEY_POWER + 1, KEY_SLEEP - 1),    KEYS(KEY_WAKEUP + 1, KEY_SUSPEND - 1),
	KEYS(KEY_SUSPEND + 1, 0xfe),	       KEYS(KEY_OK, KEY_POWER2 - 1),
	KEYS(KEY_POWER2 + 1, KEY_RESTART - 1), KEYS(KEY_RESTART + 1, 0x1ff),
};

static const struct input_cap pointer[] = {
	KEYS(BTN_LEFT, BTN_TASK),
	RELS(REL_X, REL_Y),
	RELS(REL_HWHEEL, REL_HWHEEL),
	RELS(REL_WHEEL, REL_WHEEL),
};

static const struct input_cap absolute[] = {
	KEYS(BTN_LEFT, BTN_TASK),
	RELS(REL_HWHEEL, REL_HWHEEL),
	RELS(REL_WHEEL, REL_WHEEL),
	AXIS(ABS_X, 0),
	AXIS(ABS_Y, 0),
};

#define CONTACTS(x, y)                                                                             \
	ABSS(ABS_MT_SLOT, ABS_MT_SLOT, 0, 0, INPUT_CONTACTS - 1),                                  \
		ABSS(ABS_MT_TRACKING_ID, ABS_MT_TRACKING_ID, 0, -1, 65535),                        \
		AXIS(ABS_MT_POSITION_X, x), AXIS(ABS_MT_POSITION_Y, y), AXIS(ABS_X, x),            \
		AXIS(ABS_Y, y), KEYS(BTN_TOUCH, BTN_TOUCH)

/* The sizes behind the resolutions are those of a usual pad (100 x 65 mm), screen (300 x 190 mm) and pen screen. */
static const struct input_cap touchpad[] = {
	CONTACTS(328, 504),
	KEYS(BTN_LEFT, BTN_LEFT),
	KEYS(BTN_TOOL_FINGER, BTN_TOOL_FINGER),
	KEYS(BTN_TOOL_QUINTTAP, BTN_TOOL_QUINTTAP),
	KEYS(BTN_TOOL_DOUBLETAP, BTN_TOOL_QUADTAP),
};

static const struct input_cap touchscreen[] = {CONTACTS(109, 172)};

static const struct input_cap pen[] = {
	AXIS(ABS_X, 109),
	AXIS(ABS_Y, 172),
	ABSS(ABS_PRESSURE, ABS_PRESSURE, 0, 0, INPUT_PRESSURE_MAX),
	ABSS(ABS_TILT_X, ABS_TILT_Y, 1, -INPUT_TILT_MAX, INPUT_TILT_MAX),
	KEYS(BTN_TOOL_PEN, BTN_TOOL_RUBBER),
	KEYS(BTN_TOUCH, BTN_STYLUS2),
};

#define PAD    (1u << INPUT_PROP_POINTER | 1u << INPUT_PROP_BUTTONPAD)
#define MOUSE  (1u << INPUT_PROP_POINTER)
#define DIRECT (1u << INPUT_PROP_DIRECT)

static const struct input_kind kinds[INPUT_KINDS] = {
	[INPUT_KEYBOARD] = KIND("Bulkhead keyboard", 0, keyboard),
	[INPUT_POINTER] = KIND("Bulkhead pointer", MOUSE, pointer),
	[INPUT_ABSOLUTE] = KIND("Bulkhead absolute pointer", MOUSE, absolute),
	[INPUT_TOUCHPAD] = KIND("Bulkhead touchpad", PAD, touchpad),
	[INPUT_TOUCHSCREEN] = KIND("Bulkhead touchscreen", DIRECT, touchscreen),
	[INPUT_PEN] = KIND("Bulkhead pen", DIRECT, pen),
};

const struct input_kind *input_kind(unsigned kind)
{
	return kind < INPUT_KINDS ? &kinds[kind] : NULL;
}

int input_system_key(unsigned code)
{
	switch (code) {
	case KEY_SYSRQ:
	case KEY_POWER:
	case KEY_SLEEP:
	case KEY_WAKEUP:
	case KEY_SUSPEND:
	case KEY_POWER2:
	case KEY_RESTART:
		return 1;
	default:
		return 0;
	}
}

int input_allowed(unsigned kind, const struct input_item *item)
{
	const struct input_kind *k = input_kind(kind);

	for (unsigned i = 0; k != NULL && i < k->count; i++) {
		const struct input_cap *c = &k->caps[i];

		if (item->type == c->type && item->code >= c->first && item->code <= c->last)
			return item->value >= c->min && item->value <= c->max;
	}
	return 0;
}

static int closes(const struct input_item *item)
{
	return item->type == EV_SYN && item->code == SYN_REPORT && item->value == 0;
}

static int good(const struct input_frame *f)
{
	if (f->type == INPUT_RELEASE_ALL)
		return f->kind == 0 && f->count == 0;
	if (f->type != INPUT_FRAME || f->count < 2 || f->count > INPUT_EVENTS_MAX)
		return 0;
	for (unsigned i = 0; i + 1 < f->count; i++)
		if (!input_allowed(f->kind, &f->item[i]))
			return 0;
	return closes(&f->item[f->count - 1]);
}

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] | (unsigned)p[1] << 8;
}

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

int input_decode(const uint8_t *msg, size_t len, struct input_frame *out)
{
	if (len < sizeof(struct input_head) || msg[0] != INPUT_VERSION)
		return 0;
	if (msg[3] != 0 || get16(msg + 6) != 0)
		return 0;
	out->type = msg[1];
	out->kind = msg[2];
	out->count = (uint16_t)get16(msg + 4);
	if (out->count > INPUT_EVENTS_MAX ||
	    len != sizeof(struct input_head) + out->count * sizeof(struct input_item))
		return 0;
	for (unsigned i = 0; i < out->count; i++) {
		const uint8_t *p = msg + sizeof(struct input_head) + i * sizeof(struct input_item);
		struct input_item *item = &out->item[i];

		item->type = (uint16_t)get16(p);
		item->code = (uint16_t)get16(p + 2);
		item->value = (int32_t)((uint32_t)get16(p + 4) | (uint32_t)get16(p + 6) << 16);
	}
	return good(out);
}

size_t input_encode(const struct input_frame *in, uint8_t *buf, size_t size)
{
	size_t len;

	if (!good(in))
		return 0;
	len = sizeof(struct input_head) + in->count * sizeof(struct input_item);
	if (len > size)
		return 0;
	buf[0] = INPUT_VERSION;
	buf[1] = in->type;
	buf[2] = in->kind;
	buf[3] = 0;
	put16(buf + 4, in->count);
	put16(buf + 6, 0);
	for (unsigned i = 0; i < in->count; i++) {
		uint8_t *p = buf + sizeof(struct input_head) + i * sizeof(struct input_item);

		put16(p, in->item[i].type);
		put16(p + 2, in->item[i].code);
		put16(p + 4, (uint32_t)in->item[i].value & 0xffffu);
		put16(p + 6, (uint32_t)in->item[i].value >> 16);
	}
	return len;
}
