/* SPDX-License-Identifier: Apache-2.0 */
/* Input frames: what a device of each kind can say, and nothing beyond it. */
#include <linux/input-event-codes.h>

#include "check.h"
#include "codec_input.h"

static uint8_t buf[INPUT_MSG_MAX + 8];

/* A frame of one event and its SYN. */
static struct input_frame one(uint8_t kind, uint16_t type, uint16_t code, int32_t value)
{
	struct input_frame f = {
		.type = INPUT_FRAME,
		.kind = kind,
		.count = 2,
		.item = {{type, code, value}, {EV_SYN, SYN_REPORT, 0}},
	};

	return f;
}

static bool passes(const struct input_frame *f)
{
	struct input_frame back;
	size_t len = input_encode(f, buf, sizeof buf);

	if (len == 0 || !input_decode(buf, len, &back))
		return false;
	return back.type == f->type && back.kind == f->kind && back.count == f->count &&
	       memcmp(back.item, f->item, f->count * sizeof f->item[0]) == 0;
}

static bool can(uint8_t kind, uint16_t type, uint16_t code, int32_t value)
{
	struct input_frame f = one(kind, type, code, value);

	return passes(&f);
}

static void bytes_are_as_documented(void)
{
	static const uint8_t wheel[] = {1,    1,    1,	  0,	2, 0, 0, 0, 2, 0, 8, 0,
					0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0};
	static const uint8_t release[] = {1, 2, 0, 0, 0, 0, 0, 0};
	struct input_frame f = one(INPUT_POINTER, EV_REL, REL_WHEEL, -1);

	REQUIRE(input_encode(&f, buf, sizeof buf) == sizeof wheel);
	CHECK_MEM(buf, wheel, sizeof wheel);
	f = (struct input_frame){.type = INPUT_RELEASE_ALL};
	REQUIRE(input_encode(&f, buf, sizeof buf) == sizeof release);
	CHECK_MEM(buf, release, sizeof release);
	CHECK_TRUE(passes(&f));
}

static void every_capability_has_its_limits(void)
{
	unsigned caps = 0;

	for (uint8_t k = 0; k < INPUT_KINDS; k++) {
		const struct input_kind *kind = input_kind(k);

		REQUIRE(kind != NULL);
		for (unsigned i = 0; i < kind->count; i++, caps++) {
			const struct input_cap *c = &kind->caps[i];

			CHECK_TRUE(can(k, c->type, c->first, c->min));
			CHECK_TRUE(can(k, c->type, c->last, c->max));
			CHECK_FALSE(can(k, c->type, c->first, c->min - 1));
			CHECK_FALSE(can(k, c->type, c->last, c->max + 1));
		}
	}
	CHECK_TRUE(caps > 30);
	CHECK_TRUE(input_kind(INPUT_KINDS) == NULL);
}

static void kinds_are_apart(void)
{
	CHECK_TRUE(can(INPUT_KEYBOARD, EV_KEY, KEY_A, 1));
	CHECK_FALSE(can(INPUT_POINTER, EV_KEY, KEY_A, 1));
	CHECK_FALSE(can(INPUT_KEYBOARD, EV_KEY, BTN_LEFT, 1));
	CHECK_FALSE(can(INPUT_KEYBOARD, EV_REL, REL_X, 1));
	CHECK_FALSE(can(INPUT_POINTER, EV_ABS, ABS_X, 1));
	CHECK_TRUE(can(INPUT_ABSOLUTE, EV_ABS, ABS_X, 1));
	CHECK_FALSE(can(INPUT_KINDS, EV_KEY, KEY_A, 1));
	CHECK_FALSE(can(INPUT_KEYBOARD, EV_KEY, KEY_A, 2)); /* repeat is made by the receiver */
	CHECK_FALSE(can(INPUT_KEYBOARD, EV_LED, LED_CAPSL, 1));
	CHECK_FALSE(can(INPUT_KEYBOARD, EV_REP, REP_DELAY, 1));
	CHECK_FALSE(can(INPUT_KEYBOARD, EV_MSC, MSC_SCAN, 1));
}

static void no_frame_carries_a_system_key(void)
{
	static const uint16_t system[] = {KEY_SYSRQ,   KEY_POWER,  KEY_SLEEP,  KEY_WAKEUP,
					  KEY_SUSPEND, KEY_POWER2, KEY_RESTART};
	unsigned found = 0;

	for (unsigned code = 0; code <= KEY_MAX; code++) {
		if (!input_system_key(code))
			continue;
		found++;
		for (uint8_t k = 0; k < INPUT_KINDS; k++)
			CHECK_FALSE(can(k, EV_KEY, (uint16_t)code, 1));
	}
	CHECK_EQ(found, sizeof system / sizeof *system);
	for (unsigned i = 0; i < found; i++)
		CHECK_TRUE(input_system_key(system[i]));
}

static void the_last_event_and_no_other_is_syn(void)
{
	struct input_frame f = one(INPUT_KEYBOARD, EV_KEY, KEY_A, 1);

	f.item[1] = (struct input_item){EV_KEY, KEY_B, 1};
	CHECK_FALSE(passes(&f));
	f = one(INPUT_KEYBOARD, EV_SYN, SYN_REPORT, 0);
	CHECK_FALSE(passes(&f));
	f = one(INPUT_KEYBOARD, EV_KEY, KEY_A, 1);
	f.item[1].code = SYN_DROPPED;
	CHECK_FALSE(passes(&f));
	f.item[1] = (struct input_item){EV_SYN, SYN_REPORT, 1};
	CHECK_FALSE(passes(&f));
	f = one(INPUT_KEYBOARD, EV_KEY, KEY_A, 1);
	f.count = 1;
	CHECK_FALSE(passes(&f));
}

static void the_longest_frame_passes_and_no_longer_one(void)
{
	struct input_frame f = {.type = INPUT_FRAME, .kind = INPUT_POINTER};
	struct input_frame back;

	for (unsigned i = 0; i < INPUT_EVENTS_MAX; i++)
		f.item[i] = (struct input_item){EV_REL, REL_X, (int32_t)i};
	f.item[INPUT_EVENTS_MAX - 1] = (struct input_item){EV_SYN, SYN_REPORT, 0};
	f.count = INPUT_EVENTS_MAX;
	CHECK_TRUE(passes(&f));
	CHECK_EQ(input_encode(&f, buf, INPUT_MSG_MAX), INPUT_MSG_MAX);
	CHECK_EQ(input_encode(&f, buf, INPUT_MSG_MAX - 1), 0);
	buf[4]++; /* one event more, with the bytes for it */
	CHECK_FALSE(input_decode(buf, INPUT_MSG_MAX + 8, &back));
	f.count++;
	CHECK_EQ(input_encode(&f, buf, sizeof buf), 0);
}

static void every_wrong_length_is_bad(void)
{
	struct input_frame f = one(INPUT_KEYBOARD, EV_KEY, KEY_A, 1), back;
	size_t len = input_encode(&f, buf, sizeof buf);

	REQUIRE(len == 24);
	CHECK_TRUE(input_decode(buf, len, &back));
	for (size_t i = 0; i < sizeof buf; i++)
		if (i != len)
			CHECK_FALSE(input_decode(buf, i, &back));
}

static void head_limits(void)
{
	struct input_frame f = one(INPUT_KEYBOARD, EV_KEY, KEY_A, 1), back;
	size_t len = input_encode(&f, buf, sizeof buf);

	for (size_t at = 0; at < sizeof(struct input_head); at++) {
		uint8_t was = buf[at];

		buf[at] = 0x77;
		CHECK_FALSE(input_decode(buf, len, &back));
		buf[at] = was;
	}
	f = (struct input_frame){.type = INPUT_RELEASE_ALL, .kind = 1};
	CHECK_EQ(input_encode(&f, buf, sizeof buf), 0);
	f = one(INPUT_KEYBOARD, EV_KEY, KEY_A, 1);
	f.type = INPUT_RELEASE_ALL;
	CHECK_EQ(input_encode(&f, buf, sizeof buf), 0);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(bytes_are_as_documented);
	RUN(every_capability_has_its_limits);
	RUN(kinds_are_apart);
	RUN(no_frame_carries_a_system_key);
	RUN(the_last_event_and_no_other_is_syn);
	RUN(the_longest_frame_passes_and_no_longer_one);
	RUN(every_wrong_length_is_bad);
	RUN(head_limits);
	return check_end();
}
