/* SPDX-License-Identifier: Apache-2.0 */
/* A hostile usbvm: any messages in any order, through HID, merge and router; when it is gone nothing is held. */
#include <stdlib.h>
#include <string.h>

#include <linux/input-event-codes.h>

#include "inputvm/devices.h"
#include "inputvm/merge.h"
#include "inputvm/router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct devices ds;
static struct merge merge;
static struct router router;

static void require(int condition)
{
	if (!condition)
		abort();
}

/* What the router lets out can be said in a frame. */
static void judge(const struct input_frame *f)
{
	static uint8_t message[INPUT_MSG_MAX];

	require(f->count == 0 || input_encode(f, message, sizeof message) != 0);
}

static void on_frame(void *ctx, const struct input_frame *f)
{
	static struct input_frame out;
	struct router_keys keys;

	(void)ctx;
	require(f->count >= 2 && f->count <= INPUT_EVENTS_MAX);
	if (f->kind != INPUT_KEYBOARD) {
		router_frame(&router, f, &keys, &out);
		judge(&out);
		require(keys.count <= 4);
		return;
	}
	for (unsigned i = 0; i + 1u < f->count; i++) {
		router_key(&router, f->item[i].code, f->item[i].value != 0, &keys);
		require(keys.count <= 5);
		for (unsigned k = 0; k < keys.count; k++)
			require(!input_system_key(keys.key[k].code));
		if (keys.chord != CHORD_NONE)
			router_focus(&router, (uint32_t)keys.chord, router.generation + 1);
	}
}

static void on_events(void *ctx, unsigned source, const struct hid_events *e)
{
	(void)ctx;
	require(source < SOURCES_MAX && e->count <= HID_EVENTS);
	merge_events(&merge, source, e, on_frame, NULL);
}

static bool on_request(void *ctx, const struct urb_msg *m)
{
	static uint8_t message[URB_MSG_MAX];

	(void)ctx;
	require(urb_encode(m, URB_DOWN, message, sizeof message) != 0);
	return (m->out.id & 7) != 0;
}

static void on_say(void *ctx, const char *line)
{
	(void)ctx;
	require(strlen(line) < 200);
}

/* Input: messages, each behind two bytes of length; the length field inside is made to agree, so that the rest is reached. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct devices_sink sink = {on_events, on_request, on_say, NULL};
	static uint8_t message[URB_MSG_MAX + 1];

	devices_init(&ds, &sink);
	memset(&merge, 0, sizeof merge);
	router_init(&router);
	router_focus(&router, 1, 1);
	while (len >= 2) { /* bound: each turn takes two bytes */
		size_t part = (size_t)data[0] | (size_t)data[1] << 8;
		uint32_t whole;

		data += 2;
		len -= 2;
		part = part < len ? part : len;
		part = part < sizeof message ? part : sizeof message;
		memcpy(message, data, part);
		whole = (uint32_t)part;
		if (part >= 8)
			memcpy(message + 4, &whole, sizeof whole);
		devices_message(&ds, message, part);
		devices_ask(&ds);
		data += part;
		len -= part;
	}
	devices_reset(&ds);
	for (unsigned kind = 0; kind < INPUT_KINDS; kind++) {
		require(merge.owner[kind] == 0);
		for (unsigned code = 0; code < MERGE_CODES; code++)
			require(merge.pressed[kind][code] == 0 && router.key[kind][code] == IS_UP);
		require(router.touch[kind] == IS_UP);
	}
	return 0;
}
