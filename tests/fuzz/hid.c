/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile report descriptors and reports: tables stay within bounds, events within what their device can say, keys in step. */
#include <stdlib.h>
#include <string.h>

#include <linux/input-event-codes.h>

#include "codec_input.h"
#include "inputvm/hid/hid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct hid_desc desc;
static struct hid_state state;
static struct hid_events events;
static uint8_t down[INPUT_KINDS][KEY_CNT];
static uint8_t slots[INPUT_CONTACTS];

static void require(int condition)
{
	if (!condition)
		abort();
}

static void judge_tables(void)
{
	require(desc.fields <= HID_FIELDS && desc.ranges <= HID_RANGES && desc.apps <= HID_APPS);
	for (unsigned i = 0; i < desc.fields; i++) {
		const struct hid_field *f = &desc.field[i];

		require(f->type < HID_TYPES && f->app < desc.apps && f->count != 0);
		require(f->size >= 1 && f->size <= 32 && f->min <= f->max);
		require(f->ranges != 0 && f->range + f->ranges <= desc.ranges);
		require(f->offset + (uint32_t)f->count * f->size <= desc.bits[f->type][f->report]);
	}
}

/* A key that goes down was up, one that comes up was down; a slot likewise. */
static void follow(const struct hid_event *e, unsigned *slot)
{
	if (e->item.type == EV_KEY) {
		require(e->item.code < KEY_CNT);
		require(down[e->kind][e->item.code] != e->item.value);
		down[e->kind][e->item.code] = (uint8_t)e->item.value;
	}
	if (e->item.type == EV_ABS && e->item.code == ABS_MT_SLOT)
		*slot = (unsigned)e->item.value;
	if (e->item.type == EV_ABS && e->item.code == ABS_MT_TRACKING_ID) {
		require(slots[*slot] != (e->item.value >= 0));
		slots[*slot] = e->item.value >= 0;
	}
}

static void judge_events(void)
{
	static struct input_frame f;
	static uint8_t message[INPUT_MSG_MAX];
	unsigned slot = 0;

	require(events.count < HID_EVENTS); /* full would mean that some were left out */
	for (unsigned i = 0; i < events.count; i++) {
		const struct hid_event *e = &events.event[i];

		require(e->kind < INPUT_KINDS);
		follow(e, &slot);
		if (e->item.type == EV_KEY && input_system_key(e->item.code))
			continue;
		f = (struct input_frame){.type = INPUT_FRAME, .kind = e->kind, .count = 2};
		f.item[0] = e->item;
		require(input_encode(&f, message, sizeof message) != 0);
	}
}

static void feed(const uint8_t *report, size_t len)
{
	uint8_t *exact = malloc(len != 0 ? len : 1);

	if (exact == NULL)
		return;
	memcpy(exact, report, len);
	hid_decode(&desc, &state, exact, len, &events);
	free(exact);
	judge_events();
}

/* Input: two bytes length of the descriptor, the descriptor, then reports: a byte of length and that many bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct hid_report r;
	size_t part;

	if (len < 2)
		return 0;
	part = (size_t)data[0] | (size_t)data[1] << 8;
	data += 2;
	len -= 2;
	part = part < len ? part : len;
	memset(&state, 0, sizeof state);
	memset(down, 0, sizeof down);
	memset(slots, 0, sizeof slots);
	if (hid_parse(data, part, &desc) != NULL)
		return 0;
	judge_tables();
	data += part;
	len -= part;
	while (len > 0) { /* bound: each turn takes a byte */
		part = data[0] < len - 1 ? data[0] : len - 1;
		feed(data + 1, part);
		data += 1 + part;
		len -= 1 + part;
	}
	if (hid_leds(&desc, 0x1f, &r) || hid_touch_mode(&desc, &r))
		require(r.len >= 1 && r.len <= sizeof r.bytes);
	hid_release(&desc, &state, &events);
	judge_events();
	for (unsigned kind = 0; kind < INPUT_KINDS; kind++)
		require(memchr(down[kind], 1, sizeof down[kind]) == NULL);
	require(memchr(slots, 1, sizeof slots) == NULL);
	return 0;
}
