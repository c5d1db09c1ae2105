/* SPDX-License-Identifier: Apache-2.0 */
/* The HID parser's arithmetic and limits; devices and their events are in hid_vectors_test.c. */
#include <linux/input-event-codes.h>
#include <stdlib.h>

#include "check.h"
#include "codec_input.h"
#include "inputvm/hid/hid.h"

static struct hid_desc desc;
static struct hid_state state;
static struct hid_events events;

static uint8_t text[HID_DESC_MAX + 1];
static size_t text_len;

/* Appends a short item. */
static void item(unsigned prefix, uint32_t data)
{
	static const uint8_t sizes[] = {0, 1, 2, 4};

	if (text_len + 5 > sizeof text)
		return;
	text[text_len++] = (uint8_t)prefix;
	for (unsigned i = 0; i < sizes[prefix & 3]; i++)
		text[text_len++] = (uint8_t)(data >> 8 * i);
}

static void begin(uint32_t page, uint32_t usage)
{
	text_len = 0;
	item(0x05, page);
	item(0x09, usage);
	item(0xa1, 1);
}

static const char *parse(void)
{
	return hid_parse(text, text_len, &desc);
}

/* Bit by bit, the slow and obvious way. */
static int64_t plain_value(const uint8_t *data, uint32_t offset, unsigned size, bool is_signed)
{
	int64_t v = 0;

	for (unsigned i = 0; i < size; i++)
		if (data[(offset + i) / 8] >> (offset + i) % 8 & 1)
			v += is_signed && i + 1 == size ? -((int64_t)1 << i) : (int64_t)1 << i;
	return v;
}

static void values_at_every_offset(void)
{
	uint8_t data[12];
	uint32_t seed = 1;

	for (unsigned round = 0; round < 8; round++) {
		for (unsigned i = 0; i < sizeof data; i++) {
			seed = seed * 1664525u + 1013904223u;
			data[i] = round == 0 ? 0xff : (uint8_t)(seed >> 24);
		}
		for (unsigned size = 1; size <= 32; size++) {
			for (uint32_t at = 0; at + size <= 8 * sizeof data; at++) {
				int64_t u, s;

				REQUIRE(hid_value(data, sizeof data, at, size, false, &u));
				REQUIRE(hid_value(data, sizeof data, at, size, true, &s));
				REQUIRE(u == plain_value(data, at, size, false));
				REQUIRE(s == plain_value(data, at, size, true));
			}
		}
	}
}

static void values_end_with_the_report(void)
{
	uint8_t *data = malloc(4);
	int64_t v = 77;

	REQUIRE(data != NULL);
	memset(data, 0xff, 4);
	CHECK_TRUE(hid_value(data, 4, 0, 32, false, &v));
	CHECK_TRUE(hid_value(data, 4, 31, 1, false, &v));
	v = 77;
	CHECK_FALSE(hid_value(data, 4, 1, 32, false, &v));
	CHECK_FALSE(hid_value(data, 4, 32, 1, false, &v));
	CHECK_FALSE(hid_value(data, 4, 0xffffffffu, 32, false, &v));
	CHECK_FALSE(hid_value(data, 0, 0, 1, false, &v));
	CHECK_FALSE(hid_value(data, 4, 0, 0, false, &v));
	CHECK_FALSE(hid_value(data, 4, 0, 33, false, &v));
	CHECK_EQ(v, 77);
	free(data);
}

static void as_many_fields_as_there_is_room_for(void)
{
	for (unsigned extra = 0; extra < 2; extra++) {
		begin(0x01, 0x06);
		item(0x05, 0x07);
		item(0x75, 1);
		item(0x95, 1);
		item(0x25, 1);
		for (unsigned i = 0; i < HID_FIELDS + extra; i++) {
			item(0x09, 4 + i % 64);
			item(0x81, 2);
		}
		item(0xc0, 0);
		if (extra == 0) {
			CHECK_TRUE(parse() == NULL);
			CHECK_EQ(desc.fields, HID_FIELDS);
		} else {
			CHECK_STR(parse(), "too many fields");
		}
	}
}

static void as_many_usages_as_there_is_room_for(void)
{
	for (unsigned extra = 0; extra < 2; extra++) {
		begin(0x01, 0x06);
		item(0x05, 0x07);
		item(0x75, 1);
		item(0x25, 1);
		item(0x95, 128);
		for (unsigned i = 0; i < HID_RANGES + extra; i++) {
			item(0x09, 4 + i % 64);
			if (i % 128 == 127)
				item(0x81, 2);
		}
		item(0x81, 2);
		item(0xc0, 0);
		if (extra == 0)
			CHECK_TRUE(parse() == NULL);
		else
			CHECK_STR(parse(), "too many usages");
	}
	begin(0x01, 0x06);
	for (unsigned i = 0; i < 257; i++)
		item(0x09, 4);
	CHECK_STR(parse(), "too many usages in one item");
}

static void as_many_applications_as_there_is_room_for(void)
{
	text_len = 0;
	for (unsigned i = 0; i < HID_APPS; i++) {
		item(0xa1, 1);
		item(0xc0, 0);
	}
	CHECK_TRUE(parse() == NULL);
	item(0xa1, 1);
	item(0xc0, 0);
	CHECK_STR(parse(), "too many applications");
}

static void fingers_beyond_the_table_are_not_heard(void)
{
	uint8_t report[300];

	begin(0x0d, 0x04);
	for (unsigned i = 0; i < 260; i++) {
		item(0x09, 0x22);
		item(0xa1, 2);
		item(0x75, 8);
		item(0x95, 1);
		item(0x25, 1);
		item(0x09, 0x42);
		item(0x81, i < 250 ? 3 : 2); /* only the last ones are kept */
		item(0xc0, 0);
	}
	item(0xc0, 0);
	REQUIRE(parse() == NULL);
	CHECK_EQ(desc.field[desc.fields - 1].finger, 255);
	memset(report, 1, sizeof report);
	memset(&state, 0, sizeof state);
	hid_decode(&desc, &state, report, 260, &events);
	CHECK_EQ(events.count, 0);
}

static void more_keys_than_can_be_held(void)
{
	uint8_t report[32];
	unsigned pressed = 0, released = 0;

	begin(0x01, 0x06);
	item(0x05, 0x07);
	item(0x75, 1);
	item(0x95, 0x74);
	item(0x25, 1);
	item(0x19, 0);
	item(0x29, 0x73);
	item(0x81, 2);
	item(0xc0, 0);
	REQUIRE(parse() == NULL);
	memset(&state, 0, sizeof state);
	memset(report, 0xff, sizeof report);
	hid_decode(&desc, &state, report, sizeof report, &events);
	for (unsigned i = 0; i < events.count; i++)
		pressed += events.event[i].item.value == 1;
	CHECK_EQ(pressed, HID_DOWN);
	hid_decode(&desc, &state, report, sizeof report, &events);
	CHECK_EQ(events.count, 0);
	memset(report, 0, sizeof report);
	hid_decode(&desc, &state, report, sizeof report, &events);
	for (unsigned i = 0; i < events.count; i++)
		released += events.event[i].item.value == 0;
	CHECK_EQ(released, HID_DOWN);
	CHECK_EQ(events.count, HID_DOWN);
}

static void two_reports_share_what_can_be_held(void)
{
	uint8_t report[16];
	unsigned pressed = 0;

	text_len = 0;
	for (unsigned id = 1; id <= 2; id++) {
		item(0x05, 0x01);
		item(0x09, 0x06);
		item(0xa1, 1);
		item(0x85, id);
		item(0x05, 0x07);
		item(0x75, 1);
		item(0x95, 60);
		item(0x25, 1);
		item(0x19, id == 1 ? 0x04 : 0x40);
		item(0x29, id == 1 ? 0x3f : 0x7b);
		item(0x81, 2);
		item(0xc0, 0);
	}
	REQUIRE(parse() == NULL);
	memset(&state, 0, sizeof state);
	for (unsigned id = 1; id <= 2; id++) {
		memset(report, 0xff, sizeof report);
		report[0] = (uint8_t)id;
		hid_decode(&desc, &state, report, sizeof report, &events);
		pressed += events.count;
	}
	CHECK_EQ(pressed, HID_DOWN);
	hid_release(&desc, &state, &events);
	CHECK_EQ(events.count, HID_DOWN);
}

/* Ten contacts, then ten others in the next frame: the old ones go first, the new ones come one frame later. */
static void new_contacts_wait_for_a_slot(void)
{
	uint8_t report[20];

	begin(0x0d, 0x04);
	for (unsigned i = 0; i < 10; i++) {
		item(0x09, 0x22);
		item(0xa1, 2);
		item(0x75, 8);
		item(0x95, 1);
		item(0x25, 127);
		item(0x09, 0x42);
		item(0x81, 2);
		item(0x09, 0x51);
		item(0x81, 2);
		item(0xc0, 0);
	}
	item(0xc0, 0);
	REQUIRE(parse() == NULL);
	memset(&state, 0, sizeof state);
	for (unsigned round = 0; round < 4; round++) {
		for (unsigned i = 0; i < 10; i++) {
			report[2 * i] = 1;
			report[2 * i + 1] = (uint8_t)(round * 10 + i);
		}
		hid_decode(&desc, &state, report, sizeof report, &events);
		/* Slot and tracking id for each of them, and BTN_TOUCH. */
		CHECK_EQ(events.count, 21);
		CHECK_EQ(state.contact[9].used, round % 2 == 0);
	}
}

static void lengths_of_reports(void)
{
	begin(0x01, 0x06);
	item(0x85, 3);
	item(0x75, 1);
	item(0x95, 9);
	item(0x81, 3);
	item(0xc0, 0);
	REQUIRE(parse() == NULL);
	CHECK_EQ(hid_input_len(&desc, 3), 3);
	CHECK_EQ(hid_input_len(&desc, 0), 0);
	CHECK_EQ(hid_input_len(&desc, 256), 0);
	REQUIRE(hid_boot(1, &desc));
	CHECK_EQ(hid_input_len(&desc, 0), 8);
	REQUIRE(hid_boot(2, &desc));
	CHECK_EQ(hid_input_len(&desc, 0), 3);
	CHECK_FALSE(hid_boot(0, &desc));
	CHECK_FALSE(hid_boot(3, &desc));
	text_len = 0;
	CHECK_STR(hid_parse(text, HID_DESC_MAX + 1, &desc), "length out of range");
}

static void every_key_is_one_the_keyboard_has(void)
{
	unsigned keys = 0;

	for (uint32_t page = 0; page < 16; page++) {
		for (uint32_t id = 0; id < 0x1000; id++) {
			unsigned code = hid_key(HID_USAGE(page, id));
			struct input_frame f = {
				.type = INPUT_FRAME,
				.count = 2,
				.item = {{EV_KEY, (uint16_t)code, 1}, {EV_SYN, SYN_REPORT, 0}},
			};
			uint8_t message[64];

			if (code == 0)
				continue;
			keys++;
			if (!input_system_key(code))
				CHECK_TRUE(input_encode(&f, message, sizeof message) != 0);
		}
	}
	CHECK_TRUE(keys > 200);
	CHECK_EQ(hid_key(HID_USAGE(7, 0x04)), KEY_A);
	CHECK_EQ(hid_key(HID_USAGE(7, 0x1d)), KEY_Z);
	CHECK_EQ(hid_key(HID_USAGE(7, 0x27)), KEY_0);
	CHECK_EQ(hid_key(HID_USAGE(7, 0x45)), KEY_F12);
	CHECK_EQ(hid_key(HID_USAGE(7, 0x62)), KEY_KP0);
	CHECK_EQ(hid_key(HID_USAGE(7, 0xe7)), KEY_RIGHTMETA);
	CHECK_EQ(hid_key(HID_USAGE(7, 0x104)), 0);
	CHECK_EQ(hid_key(HID_USAGE(12, 0xe2)), KEY_MUTE);
	CHECK_EQ(hid_key(HID_USAGE(1, 0x82)), KEY_SLEEP);
	CHECK_EQ(hid_key(HID_USAGE(1, 0x8f)), KEY_RESTART);
	/* 1 to 3 are errors of the keyboard, never keys. */
	for (uint32_t id = 0; id < 4; id++)
		CHECK_EQ(hid_key(HID_USAGE(7, id)), 0);
}

static void arrays_wider_than_32_bits_of_index(void)
{
	static const uint8_t report[4] = {0xff, 0xff, 0xff, 0xff};

	begin(0x01, 0x06);
	item(0x05, 0x07);
	item(0x17, 0x80000000u); /* minimum -2^31 */
	item(0x27, 0x7fffffffu);
	item(0x75, 32);
	item(0x95, 1);
	item(0x19, 0);
	item(0x29, 0xff);
	item(0x81, 0);
	item(0xc0, 0);
	REQUIRE(parse() == NULL);
	memset(&state, 0, sizeof state);
	hid_decode(&desc, &state, report, sizeof report, &events);
	CHECK_EQ(events.count, 0);
	hid_decode(&desc, &state, (const uint8_t[]){4, 0, 0, 0x80}, 4, &events);
	REQUIRE(events.count == 1);
	CHECK_EQ(events.event[0].item.code, KEY_A);
}

/* All descriptors cut at each byte and with each bit turned: refused, or bounded. The sanitizers watch. */
static void damaged_descriptors(void)
{
	uint8_t report[64];
	unsigned accepted = 0, refused = 0;
	size_t len;

	begin(0x0d, 0x05);
	item(0x85, 1);
	item(0x05, 0x07);
	item(0x19, 0xe0);
	item(0x29, 0xe7);
	item(0x25, 1);
	item(0x75, 1);
	item(0x95, 8);
	item(0x81, 2);
	item(0x05, 0x0d);
	item(0xa4, 0);
	item(0x09, 0x22);
	item(0xa1, 2);
	item(0x09, 0x42);
	item(0x95, 1);
	item(0x81, 2);
	item(0x26, 1023);
	item(0x75, 16);
	item(0x0b, 0x00010030u);
	item(0x0b, 0x00010031u);
	item(0x95, 2);
	item(0x81, 2);
	item(0xc0, 0);
	item(0xb4, 0);
	item(0xc0, 0);
	len = text_len;
	REQUIRE(parse() == NULL);
	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *copy = malloc(cut + 1);

		REQUIRE(copy != NULL);
		memcpy(copy, text, cut);
		refused += hid_parse(copy, cut, &desc) != NULL;
		free(copy);
	}
	/* The collection is open until the last byte, but for the two cuts behind an item in front of it. */
	CHECK_EQ(refused, len - 2);
	for (size_t bit = 0; bit < 8 * len; bit++) {
		text[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (parse() == NULL) {
			accepted++;
			memset(&state, 0, sizeof state);
			for (unsigned i = 0; i < 256; i++) {
				memset(report, (int)i, sizeof report);
				hid_decode(&desc, &state, report, i % sizeof report, &events);
			}
			hid_release(&desc, &state, &events);
		}
		text[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	CHECK_TRUE(accepted > 10);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(values_at_every_offset);
	RUN(values_end_with_the_report);
	RUN(as_many_fields_as_there_is_room_for);
	RUN(as_many_usages_as_there_is_room_for);
	RUN(as_many_applications_as_there_is_room_for);
	RUN(fingers_beyond_the_table_are_not_heard);
	RUN(more_keys_than_can_be_held);
	RUN(two_reports_share_what_can_be_held);
	RUN(new_contacts_wait_for_a_slot);
	RUN(lengths_of_reports);
	RUN(every_key_is_one_the_keyboard_has);
	RUN(arrays_wider_than_32_bits_of_index);
	RUN(damaged_descriptors);
	return check_end();
}
