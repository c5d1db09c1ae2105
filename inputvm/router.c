/* SPDX-License-Identifier: Apache-2.0 */
/* The focus router. Must not let a key out that its table does not let out. */
#include "router.h"

#include <linux/input-event-codes.h>
#include <string.h>

void router_init(struct router *r)
{
	memset(r, 0, sizeof *r);
	r->vm = ROUTER_NOBODY;
}

static void put(struct router_keys *out, unsigned code, unsigned value)
{
	if (out->count == ROUTER_KEYS)
		return; /* cannot be: four waiting keys and two of this call */
	out->key[out->count].code = (uint16_t)code;
	out->key[out->count].value = (uint8_t)value;
	out->count++;
}

static bool is_ctrl(unsigned code)
{
	return code == KEY_LEFTCTRL || code == KEY_RIGHTCTRL;
}

static bool is_alt(unsigned code)
{
	return code == KEY_LEFTALT || code == KEY_RIGHTALT;
}

static uint8_t *keyboard(struct router *r)
{
	return r->key[INPUT_KEYBOARD];
}

static bool held(const struct router *r, unsigned code)
{
	return r->key[INPUT_KEYBOARD][code] != IS_UP;
}

/* What the press of CODE asks for; CHORD_NONE unless exactly Ctrl and Alt are held with it. */
static int chord_of(const struct router *r, unsigned code)
{
	bool ctrl = held(r, KEY_LEFTCTRL) || held(r, KEY_RIGHTCTRL);
	bool alt = held(r, KEY_LEFTALT) || held(r, KEY_RIGHTALT);
	bool other = held(r, KEY_LEFTSHIFT) || held(r, KEY_RIGHTSHIFT) || held(r, KEY_LEFTMETA) ||
		     held(r, KEY_RIGHTMETA);

	if (!ctrl || !alt || other)
		return CHORD_NONE;
	if (code >= KEY_1 && code <= KEY_9)
		return (int)(code - KEY_1) + 1;
	return code == KEY_PAUSE ? CHORD_ATTENTION : CHORD_NONE;
}

/* Waiting keys were no chord: the VM hears of them, in their order. */
static void flush_waiting(struct router *r, struct router_keys *out)
{
	for (unsigned i = 0; i < r->waiting_count; i++) {
		keyboard(r)[r->waiting[i]] = IS_PASSED;
		put(out, r->waiting[i], 1);
	}
	r->waiting_count = 0;
}

static void drop_waiting(struct router *r)
{
	for (unsigned i = 0; i < r->waiting_count; i++)
		keyboard(r)[r->waiting[i]] = IS_HELD;
	r->waiting_count = 0;
}

/* A lock key that reaches a VM turns its lamp there, so it does here. */
static void note_lock(struct router *r, unsigned code)
{
	static const struct {
		uint16_t key, led;
	} locks[] = {
		{KEY_NUMLOCK,    LED_NUML   },
		{KEY_CAPSLOCK,   LED_CAPSL	},
		{KEY_SCROLLLOCK, LED_SCROLLL},
	};

	for (unsigned i = 0; i < sizeof locks / sizeof *locks; i++)
		if (locks[i].key == code && r->vm < ROUTER_VMS)
			r->locks[r->vm] ^= (uint8_t)(1u << locks[i].led);
}

static void press(struct router *r, unsigned code, struct router_keys *out)
{
	struct input_item item = {EV_KEY, (uint16_t)code, 1};

	out->chord = chord_of(r, code);
	if (out->chord != CHORD_NONE) {
		drop_waiting(r);
		keyboard(r)[code] = IS_HELD;
	} else if (r->vm == ROUTER_NOBODY || !input_allowed(INPUT_KEYBOARD, &item)) {
		keyboard(r)[code] = IS_HELD;
	} else if (is_ctrl(code) || is_alt(code)) {
		keyboard(r)[code] = IS_WAITING;
		r->waiting[r->waiting_count++] =
			(uint16_t)code; /* bound: there are four such keys */
	} else {
		flush_waiting(r, out);
		keyboard(r)[code] = IS_PASSED;
		put(out, code, 1);
		note_lock(r, code);
	}
}

static void release(struct router *r, unsigned code, struct router_keys *out)
{
	if (keyboard(r)[code] == IS_WAITING)
		flush_waiting(r, out);
	if (keyboard(r)[code] == IS_PASSED)
		put(out, code, 0);
	keyboard(r)[code] = IS_UP;
}

void router_key(struct router *r, unsigned code, bool down, struct router_keys *out)
{
	out->chord = CHORD_NONE;
	out->count = 0;
	if (code >= ROUTER_CODES)
		return;
	if (!down)
		release(r, code, out);
	else if (keyboard(r)[code] == IS_UP)
		press(r, code, out);
}

/* One button. True: the VM is to hear of it. */
static bool pass_button(struct router *r, unsigned kind, const struct input_item *item)
{
	uint8_t *state = &r->key[kind][item->code];
	bool was_passed = *state == IS_PASSED;

	if (item->value == 0) {
		*state = IS_UP;
		return was_passed;
	}
	if (*state != IS_UP)
		return false;
	*state = r->vm == ROUTER_NOBODY ? IS_HELD : IS_PASSED;
	return *state == IS_PASSED;
}

static bool is_button(const struct input_item *item)
{
	return item->type == EV_KEY && item->code >= BTN_MOUSE && item->code <= BTN_TASK;
}

static bool is_touch(unsigned kind, const struct input_item *item)
{
	if (item->type != EV_KEY)
		return false;
	if (kind == INPUT_PEN)
		return item->code == BTN_TOOL_PEN || item->code == BTN_TOOL_RUBBER;
	return item->code == BTN_TOUCH;
}

/* Something the user does with the modifiers held: motion alone is not. */
static bool is_act(unsigned kind, const struct input_item *item)
{
	if (item->type == EV_REL)
		return item->code == REL_WHEEL || item->code == REL_HWHEEL;
	return item->value == 1 && (is_button(item) || is_touch(kind, item));
}

static bool touches(unsigned kind)
{
	return kind == INPUT_TOUCHPAD || kind == INPUT_TOUCHSCREEN || kind == INPUT_PEN;
}

static void begin_touch(struct router *r, const struct input_frame *in)
{
	for (unsigned i = 0; i < in->count; i++)
		if (is_touch(in->kind, &in->item[i]) && in->item[i].value == 1 &&
		    r->touch[in->kind] == IS_UP)
			r->touch[in->kind] = r->vm == ROUTER_NOBODY ? IS_HELD : IS_PASSED;
}

static void end_touch(struct router *r, const struct input_frame *in)
{
	bool ends = false;

	for (unsigned i = 0; i < in->count; i++)
		if (is_touch(in->kind, &in->item[i]))
			ends = in->item[i].value == 0;
	if (ends)
		r->touch[in->kind] = IS_UP;
}

static bool passes(struct router *r, unsigned kind, const struct input_item *item)
{
	if (!input_allowed(kind, item))
		return false;
	if (is_button(item))
		return pass_button(r, kind, item);
	if (touches(kind))
		return r->touch[kind] == IS_PASSED;
	return r->vm != ROUTER_NOBODY;
}

void router_frame(struct router *r, const struct input_frame *in, struct router_keys *flush,
		  struct input_frame *out)
{
	bool act = false;

	flush->chord = CHORD_NONE;
	flush->count = 0;
	out->type = INPUT_FRAME;
	out->kind = in->kind;
	out->count = 0;
	if (in->type != INPUT_FRAME || in->kind == INPUT_KEYBOARD || in->kind >= INPUT_KINDS ||
	    in->count > INPUT_EVENTS_MAX)
		return;
	if (touches(in->kind))
		begin_touch(r, in);
	for (unsigned i = 0; i + 1 < in->count; i++) { /* the last one is SYN_REPORT */
		if (!passes(r, in->kind, &in->item[i]))
			continue;
		act = act || is_act(in->kind, &in->item[i]);
		out->item[out->count++] = in->item[i];
	}
	if (touches(in->kind))
		end_touch(r, in);
	if (act)
		flush_waiting(r, flush);
	if (out->count != 0)
		out->item[out->count++] = (struct input_item){EV_SYN, SYN_REPORT, 0};
}

void router_loss(struct router *r)
{
	drop_waiting(r);
	for (unsigned kind = 0; kind < INPUT_KINDS; kind++) {
		if (r->touch[kind] == IS_PASSED)
			r->touch[kind] = IS_HELD;
		for (unsigned code = 0; code < ROUTER_CODES; code++)
			if (r->key[kind][code] == IS_PASSED)
				r->key[kind][code] = IS_HELD;
	}
}

void router_focus(struct router *r, uint32_t vm, uint64_t generation)
{
	if (generation != r->generation || vm != r->vm)
		router_loss(r);
	r->vm = vm;
	r->generation = generation;
}

unsigned router_leds(const struct router *r)
{
	return r->vm < ROUTER_VMS ? r->locks[r->vm] : 0;
}
