/* SPDX-License-Identifier: Apache-2.0 */
/* Many devices become six. Must not invent an event. */
#include "merge.h"

#include <linux/input-event-codes.h>

struct pass {
	struct merge *m;
	struct input_frame frame;
	merge_sink *sink;
	void *ctx;
};

static void finish(struct pass *p)
{
	struct input_frame *f = &p->frame;

	if (f->count == 0)
		return;
	f->item[f->count++] = (struct input_item){EV_SYN, SYN_REPORT, 0};
	p->sink(p->ctx, f);
	f->count = 0;
}

static void add(struct pass *p, const struct input_item *item)
{
	p->frame.item[p->frame.count++] = *item;
	if (p->frame.count == INPUT_EVENTS_MAX - 1)
		finish(p);
}

/* The first press and the last release count. */
static void add_key(struct pass *p, const struct input_item *item)
{
	uint8_t *n;

	if (item->code >= MERGE_CODES)
		return;
	n = &p->m->pressed[p->frame.kind][item->code];
	if (item->value != 0) {
		if (*n == 255)
			return;
		if ((*n)++ == 0)
			add(p, item);
	} else if (*n != 0 && --*n == 0) {
		add(p, item);
	}
}

static bool touches(unsigned kind)
{
	return kind == INPUT_TOUCHPAD || kind == INPUT_TOUCHSCREEN || kind == INPUT_PEN;
}

/* The event that a touch begins or ends with: the first contact, the pen's coming near. */
static bool is_touch(unsigned kind, const struct input_item *item)
{
	if (item->type != EV_KEY)
		return false;
	if (kind == INPUT_PEN)
		return item->code == BTN_TOOL_PEN || item->code == BTN_TOOL_RUBBER;
	return item->code == BTN_TOUCH;
}

/* -1: no touch begins or ends among these events; else the value of the last one that says so. */
static int touch_change(unsigned kind, const struct hid_event *e, unsigned count)
{
	int change = -1;

	for (unsigned i = 0; i < count; i++)
		if (is_touch(kind, &e[i].item))
			change = e[i].item.value;
	return change;
}

/* Events of one kind that stand in a row. */
static void pass_run(struct pass *p, unsigned source, const struct hid_event *e, unsigned count)
{
	unsigned kind = e->kind;
	uint16_t *owner = &p->m->owner[kind];
	int change = touches(kind) ? touch_change(kind, e, count) : -1;
	bool mine;

	if (*owner == 0 && change == 1)
		*owner = (uint16_t)(source + 1);
	mine = !touches(kind) || *owner == source + 1;
	p->frame.kind = (uint8_t)kind;
	for (unsigned i = 0; i < count; i++) {
		const struct input_item *item = &e[i].item;

		if (item->type == EV_KEY && (!touches(kind) || item->code == BTN_LEFT))
			add_key(p, item);
		else if (mine)
			add(p, item);
	}
	finish(p);
	if (change == 0 && mine)
		*owner = 0;
}

void merge_events(struct merge *m, unsigned source, const struct hid_events *events,
		  merge_sink *sink, void *ctx)
{
	struct pass p = {.m = m, .frame = {.type = INPUT_FRAME}, .sink = sink, .ctx = ctx};
	unsigned from = 0;

	while (from < events->count) { /* bound: HID_EVENTS */
		unsigned to = from + 1;

		while (to < events->count && events->event[to].kind == events->event[from].kind)
			to++;
		pass_run(&p, source, &events->event[from], to - from);
		from = to;
	}
}
