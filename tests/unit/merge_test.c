/* SPDX-License-Identifier: Apache-2.0 */
/* Many devices as six: who counts, and when. */
#include <linux/input-event-codes.h>
#include <stdio.h>

#include "check.h"
#include "inputvm/merge.h"

static struct merge m;
static char said[8192];

/* What came out, as text: "0:1.30=1 | " is a frame of kind 0 with type 1, code 30, value 1. */
static void sink(void *ctx, const struct input_frame *f)
{
	size_t used = strlen(said);

	CHECK_TRUE(ctx == &m);
	CHECK_EQ(f->type, INPUT_FRAME);
	REQUIRE(f->count >= 2 && f->count <= INPUT_EVENTS_MAX);
	used += (size_t)snprintf(said + used, sizeof said - used, "%u:", f->kind);
	for (unsigned i = 0; i + 1u < f->count; i++)
		used += (size_t)snprintf(said + used, sizeof said - used, "%u.%u=%d ",
					 f->item[i].type, f->item[i].code, f->item[i].value);
	CHECK_EQ(f->item[f->count - 1].type, EV_SYN);
	(void)snprintf(said + used, sizeof said - used, "| ");
}

static struct hid_events batch;

static void event(uint8_t kind, uint16_t type, uint16_t code, int32_t value)
{
	batch.event[batch.count++] = (struct hid_event){
		kind, {type, code, value}
	 };
}

static const char *from(unsigned source)
{
	said[0] = '\0';
	merge_events(&m, source, &batch, sink, &m);
	batch.count = 0;
	return said;
}

static void start(void)
{
	memset(&m, 0, sizeof m);
	batch.count = 0;
}

static void a_key_is_down_from_first_to_last(void)
{
	start();
	event(INPUT_KEYBOARD, EV_KEY, KEY_A, 1);
	CHECK_STR(from(0), "0:1.30=1 | ");
	event(INPUT_KEYBOARD, EV_KEY, KEY_A, 1);
	CHECK_STR(from(1), "");
	event(INPUT_KEYBOARD, EV_KEY, KEY_A, 0);
	CHECK_STR(from(0), "");
	event(INPUT_KEYBOARD, EV_KEY, KEY_A, 0);
	CHECK_STR(from(1), "0:1.30=0 | ");
	event(INPUT_KEYBOARD, EV_KEY, KEY_A, 0);
	CHECK_STR(from(1), "");
}

static void each_kind_is_a_frame(void)
{
	start();
	event(INPUT_KEYBOARD, EV_KEY, KEY_A, 1);
	event(INPUT_KEYBOARD, EV_KEY, KEY_B, 1);
	event(INPUT_POINTER, EV_KEY, BTN_LEFT, 1);
	event(INPUT_POINTER, EV_REL, REL_X, 5);
	event(INPUT_ABSOLUTE, EV_KEY, BTN_LEFT, 1);
	CHECK_STR(from(0), "0:1.30=1 1.48=1 | 1:1.272=1 2.0=5 | 2:1.272=1 | ");
	CHECK_STR(from(0), "");
}

static void motion_of_all_adds_up(void)
{
	start();
	event(INPUT_POINTER, EV_REL, REL_X, 5);
	CHECK_STR(from(0), "1:2.0=5 | ");
	event(INPUT_POINTER, EV_REL, REL_X, -3);
	CHECK_STR(from(1), "1:2.0=-3 | ");
}

static void contacts_belong_to_who_came_first(void)
{
	start();
	event(INPUT_TOUCHPAD, EV_ABS, ABS_MT_SLOT, 0);
	event(INPUT_TOUCHPAD, EV_KEY, BTN_TOUCH, 1);
	CHECK_STR(from(3), "3:3.47=0 1.330=1 | ");
	event(INPUT_TOUCHPAD, EV_KEY, BTN_TOUCH, 1);
	CHECK_STR(from(4), "");
	event(INPUT_TOUCHPAD, EV_KEY, BTN_LEFT, 1); /* but a button is a button */
	event(INPUT_TOUCHPAD, EV_ABS, ABS_X, 9);
	CHECK_STR(from(4), "3:1.272=1 | ");
	event(INPUT_TOUCHPAD, EV_KEY, BTN_TOUCH, 0);
	CHECK_STR(from(3), "3:1.330=0 | ");
	event(INPUT_TOUCHPAD, EV_ABS, ABS_X, 10); /* its touch began unheard and stays so */
	CHECK_STR(from(4), "");
	event(INPUT_TOUCHPAD, EV_KEY, BTN_TOUCH, 0);
	CHECK_STR(from(4), "");
	event(INPUT_TOUCHPAD, EV_KEY, BTN_TOUCH, 1);
	CHECK_STR(from(4), "3:1.330=1 | ");
	/* Another kind has an owner of its own. */
	event(INPUT_PEN, EV_KEY, BTN_TOOL_PEN, 1);
	CHECK_STR(from(3), "5:1.320=1 | ");
	event(INPUT_PEN, EV_KEY, BTN_TOOL_PEN, 0);
	event(INPUT_PEN, EV_KEY, BTN_TOOL_RUBBER, 1);
	CHECK_STR(from(3), "5:1.320=0 1.321=1 | ");
	event(INPUT_PEN, EV_ABS, ABS_X, 1);
	CHECK_STR(from(3), "5:3.0=1 | ");
	event(INPUT_PEN, EV_KEY, BTN_TOOL_RUBBER, 0);
	CHECK_STR(from(3), "5:1.321=0 | ");
	event(INPUT_PEN, EV_ABS, ABS_X, 1);
	CHECK_STR(from(3), "");
}

static void long_batches_become_several_frames(void)
{
	unsigned frames = 0;

	start();
	for (unsigned i = 0; i < HID_EVENTS; i++)
		event(INPUT_KEYBOARD, EV_KEY, (uint16_t)(1 + i), 1);
	(void)from(0);
	for (const char *at = said; (at = strchr(at, '|')) != NULL; at++)
		frames++;
	CHECK_EQ(frames, 3); /* 126, 126, 4 */
}

static void odd_codes_and_many_sources(void)
{
	start();
	event(INPUT_KEYBOARD, EV_KEY, MERGE_CODES, 1);
	event(INPUT_KEYBOARD, EV_KEY, 0xffff, 1);
	CHECK_STR(from(0), "");
	for (unsigned i = 0; i < 300; i++) {
		event(INPUT_KEYBOARD, EV_KEY, KEY_A, 1);
		CHECK_STR(from(i), i == 0 ? "0:1.30=1 | " : "");
	}
	CHECK_EQ(m.pressed[INPUT_KEYBOARD][KEY_A], 255);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(a_key_is_down_from_first_to_last);
	RUN(each_kind_is_a_frame);
	RUN(motion_of_all_adds_up);
	RUN(contacts_belong_to_who_came_first);
	RUN(long_batches_become_several_frames);
	RUN(odd_codes_and_many_sources);
	return check_end();
}
