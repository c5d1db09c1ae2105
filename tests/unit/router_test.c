/* SPDX-License-Identifier: Apache-2.0 */
/* The focus router: each state of a key against each event, chords, switches, losses. */
#include <linux/input-event-codes.h>

#include "check.h"
#include "inputvm/router.h"

static struct router r;
static struct router_keys keys;
static struct input_frame frame;

static void focused(uint32_t vm)
{
	router_init(&r);
	router_focus(&r, vm, 5);
}

static void down(unsigned code)
{
	router_key(&r, code, true, &keys);
}

static void up(unsigned code)
{
	router_key(&r, code, false, &keys);
}

static bool sent(unsigned n, unsigned code, unsigned value)
{
	return n < keys.count && keys.key[n].code == code && keys.key[n].value == value;
}

static bool nothing(void)
{
	return keys.count == 0 && keys.chord == CHORD_NONE;
}

static bool only(unsigned code, unsigned value)
{
	return keys.count == 1 && keys.chord == CHORD_NONE && sent(0, code, value);
}

static enum held_state state(unsigned code)
{
	return (enum held_state)r.key[INPUT_KEYBOARD][code];
}

/* Brings KEY_A (or for WAITING KEY_LEFTCTRL) into a state and returns the key. */
static unsigned in_state(enum held_state s)
{
	focused(1);
	if (s == IS_WAITING) {
		down(KEY_LEFTCTRL);
		return KEY_LEFTCTRL;
	}
	if (s != IS_UP)
		down(KEY_A);
	if (s == IS_HELD)
		router_loss(&r);
	return KEY_A;
}

static void every_state_is_reached(void)
{
	for (unsigned s = IS_UP; s <= IS_HELD; s++)
		CHECK_EQ(state(in_state((enum held_state)s)), s);
}

static void up_and_press(void)
{
	focused(1);
	down(KEY_A);
	CHECK_TRUE(only(KEY_A, 1));
	CHECK_EQ(state(KEY_A), IS_PASSED);
}

static void up_and_release(void)
{
	up(in_state(IS_UP));
	CHECK_TRUE(nothing());
	CHECK_EQ(state(KEY_A), IS_UP);
}

static void passed_and_press(void)
{
	down(in_state(IS_PASSED));
	CHECK_TRUE(nothing());
	CHECK_EQ(state(KEY_A), IS_PASSED);
}

static void passed_and_release(void)
{
	up(in_state(IS_PASSED));
	CHECK_TRUE(only(KEY_A, 0));
	CHECK_EQ(state(KEY_A), IS_UP);
}

static void passed_and_another_key(void)
{
	(void)in_state(IS_PASSED);
	down(KEY_B);
	CHECK_TRUE(only(KEY_B, 1));
	CHECK_EQ(state(KEY_A), IS_PASSED);
}

static void waiting_and_press(void)
{
	down(in_state(IS_WAITING));
	CHECK_TRUE(nothing());
	CHECK_EQ(state(KEY_LEFTCTRL), IS_WAITING);
}

static void waiting_and_release(void)
{
	up(in_state(IS_WAITING));
	CHECK_EQ(keys.count, 2);
	CHECK_TRUE(sent(0, KEY_LEFTCTRL, 1) && sent(1, KEY_LEFTCTRL, 0));
	CHECK_EQ(state(KEY_LEFTCTRL), IS_UP);
}

static void waiting_and_another_key(void)
{
	(void)in_state(IS_WAITING);
	down(KEY_C);
	CHECK_EQ(keys.count, 2);
	CHECK_TRUE(sent(0, KEY_LEFTCTRL, 1) && sent(1, KEY_C, 1));
	CHECK_EQ(state(KEY_LEFTCTRL), IS_PASSED);
	up(KEY_C);
	CHECK_TRUE(only(KEY_C, 0));
	up(KEY_LEFTCTRL);
	CHECK_TRUE(only(KEY_LEFTCTRL, 0));
}

static void held_and_press(void)
{
	down(in_state(IS_HELD));
	CHECK_TRUE(nothing());
	CHECK_EQ(state(KEY_A), IS_HELD);
}

static void held_and_release(void)
{
	up(in_state(IS_HELD));
	CHECK_TRUE(nothing());
	CHECK_EQ(state(KEY_A), IS_UP);
	down(KEY_A); /* and then it counts again */
	CHECK_TRUE(only(KEY_A, 1));
}

static void held_and_another_key(void)
{
	(void)in_state(IS_HELD);
	down(KEY_B);
	CHECK_TRUE(only(KEY_B, 1));
	CHECK_EQ(state(KEY_A), IS_HELD);
}

/* What is held at a switch or a loss is not heard of again before it has come up. */
static void every_state_and_a_switch(void)
{
	for (unsigned s = IS_UP; s <= IS_HELD; s++) {
		for (unsigned how = 0; how < 2; how++) {
			unsigned code = in_state((enum held_state)s);

			if (how == 0)
				router_focus(&r, 2, 6);
			else
				router_loss(&r);
			CHECK_EQ(state(code), s == IS_UP ? IS_UP : IS_HELD);
			up(code);
			CHECK_TRUE(nothing());
			CHECK_EQ(state(code), IS_UP);
		}
	}
}

static void the_same_focus_again_is_no_switch(void)
{
	(void)in_state(IS_PASSED);
	router_focus(&r, 1, 5);
	CHECK_EQ(state(KEY_A), IS_PASSED);
	router_focus(&r, 1,
		     6); /* the VM died and came back, or somebody else had the focus meanwhile */
	CHECK_EQ(state(KEY_A), IS_HELD);
}

static void nobody_gets_nothing(void)
{
	focused(ROUTER_NOBODY);
	down(KEY_A);
	CHECK_TRUE(nothing());
	down(KEY_LEFTCTRL);
	CHECK_TRUE(nothing());
	router_focus(&r, 1, 6); /* what was pressed for nobody is not for the next one */
	up(KEY_LEFTCTRL);
	CHECK_TRUE(nothing());
	up(KEY_A);
	CHECK_TRUE(nothing());
}

static void system_keys_never_pass(void)
{
	for (unsigned code = 0; code < ROUTER_CODES; code++) {
		focused(1);
		down(KEY_LEFTCTRL);
		down(code);
		if (!input_system_key(code))
			continue;
		CHECK_TRUE(nothing());
		CHECK_EQ(state(code), IS_HELD);
		CHECK_EQ(state(KEY_LEFTCTRL), IS_WAITING); /* nor do they let others pass */
		up(code);
		CHECK_TRUE(nothing());
	}
	focused(1);
	down(KEY_POWER);
	CHECK_TRUE(nothing());
	down(BTN_LEFT);
	CHECK_TRUE(nothing());
	router_key(&r, ROUTER_CODES, true, &keys);
	CHECK_TRUE(nothing());
}

/* Press MOD and ALT and N: nothing is sent, the chord is told, and all of it comes up in silence. */
static void chord(unsigned ctrl, unsigned alt, unsigned code, int want)
{
	focused(1);
	down(ctrl);
	CHECK_TRUE(nothing());
	down(alt);
	CHECK_TRUE(nothing());
	down(code);
	CHECK_EQ(keys.chord, want);
	CHECK_EQ(keys.count, 0);
	router_focus(&r, 2, 6);
	up(code);
	CHECK_TRUE(nothing());
	up(alt);
	CHECK_TRUE(nothing());
	up(ctrl);
	CHECK_TRUE(nothing());
}

static void chords_reach_nobody(void)
{
	for (unsigned n = 1; n <= 9; n++) {
		chord(KEY_LEFTCTRL, KEY_LEFTALT, KEY_1 + n - 1, (int)n);
		chord(KEY_RIGHTALT, KEY_RIGHTCTRL, KEY_1 + n - 1, (int)n);
	}
	chord(KEY_LEFTALT, KEY_LEFTCTRL, KEY_PAUSE, CHORD_ATTENTION);
}

static void several_chords_with_the_modifiers_held(void)
{
	focused(1);
	down(KEY_LEFTCTRL);
	down(KEY_LEFTALT);
	down(KEY_2);
	router_focus(&r, 2, 6);
	up(KEY_2);
	down(KEY_1);
	CHECK_EQ(keys.chord, 1);
	router_focus(&r, 1, 7);
	up(KEY_1);
	down(KEY_A); /* typed into the new VM, which does not know of Ctrl and Alt */
	CHECK_TRUE(only(KEY_A, 1));
}

static void a_chord_that_changes_nothing_leaves_other_keys_alone(void)
{
	focused(1);
	down(KEY_A);
	down(KEY_LEFTCTRL);
	down(KEY_LEFTALT);
	down(KEY_1);
	CHECK_EQ(keys.chord, 1);
	router_focus(&r, 1, 5);
	up(KEY_A);
	CHECK_TRUE(only(KEY_A, 0));
	up(KEY_LEFTALT);
	CHECK_TRUE(nothing());
}

static void modifiers_the_vm_knows_stay_known_without_a_switch(void)
{
	focused(1);
	down(KEY_LEFTCTRL);
	down(KEY_LEFTALT);
	down(KEY_T);
	CHECK_EQ(keys.count, 3);
	CHECK_TRUE(sent(0, KEY_LEFTCTRL, 1) && sent(1, KEY_LEFTALT, 1) && sent(2, KEY_T, 1));
	up(KEY_T);
	down(KEY_1);
	CHECK_EQ(keys.chord, 1);
	router_focus(&r, 1, 5);
	up(KEY_LEFTALT);
	CHECK_TRUE(only(KEY_LEFTALT, 0));
}

static void almost_chords_are_keys(void)
{
	static const uint16_t third[] = {KEY_LEFTSHIFT, KEY_RIGHTSHIFT, KEY_LEFTMETA,
					 KEY_RIGHTMETA};

	for (unsigned i = 0; i < 4; i++) {
		focused(1);
		down(third[i]);
		down(KEY_LEFTCTRL);
		down(KEY_LEFTALT);
		down(KEY_2);
		CHECK_EQ(keys.chord, CHORD_NONE);
		CHECK_EQ(keys.count, 3);
	}
	focused(1);
	down(KEY_LEFTCTRL);
	down(KEY_2);
	CHECK_EQ(keys.chord, CHORD_NONE);
	CHECK_EQ(keys.count, 2);
	focused(1);
	down(KEY_LEFTALT);
	down(KEY_PAUSE);
	CHECK_EQ(keys.chord, CHORD_NONE);
	focused(1);
	down(KEY_LEFTCTRL);
	down(KEY_LEFTALT);
	down(KEY_0);
	CHECK_EQ(keys.chord, CHORD_NONE);
	CHECK_TRUE(sent(2, KEY_0, 1));
}

static void waiting_keys_keep_their_order(void)
{
	focused(1);
	down(KEY_RIGHTALT);
	down(KEY_LEFTCTRL);
	down(KEY_LEFTALT);
	down(KEY_RIGHTCTRL);
	CHECK_TRUE(nothing());
	up(KEY_LEFTCTRL);
	REQUIRE(keys.count == 5);
	CHECK_TRUE(sent(0, KEY_RIGHTALT, 1) && sent(1, KEY_LEFTCTRL, 1) && sent(2, KEY_LEFTALT, 1));
	CHECK_TRUE(sent(3, KEY_RIGHTCTRL, 1) && sent(4, KEY_LEFTCTRL, 0));
}

static void attention_works_when_nobody_has_the_focus(void)
{
	focused(ROUTER_NOBODY);
	down(KEY_LEFTCTRL);
	down(KEY_LEFTALT);
	down(KEY_PAUSE);
	CHECK_EQ(keys.chord, CHORD_ATTENTION);
}

/* One event and SYN; true if the VM hears of it. */
static bool event(unsigned kind, unsigned type, unsigned code, int32_t value)
{
	struct input_frame in = {
		.type = INPUT_FRAME,
		.kind = (uint8_t)kind,
		.count = 2,
		.item = {{(uint16_t)type, (uint16_t)code, value}, {EV_SYN, SYN_REPORT, 0}},
	};

	router_frame(&r, &in, &keys, &frame);
	if (frame.count == 0)
		return false;
	return frame.count == 2 && frame.item[0].code == code && frame.item[0].value == value &&
	       frame.item[1].type == EV_SYN;
}

static void motion_passes_to_somebody_only(void)
{
	focused(1);
	CHECK_TRUE(event(INPUT_POINTER, EV_REL, REL_X, -3));
	CHECK_TRUE(event(INPUT_ABSOLUTE, EV_ABS, ABS_Y, 100));
	router_focus(&r, ROUTER_NOBODY, 6);
	CHECK_FALSE(event(INPUT_POINTER, EV_REL, REL_X, -3));
	CHECK_FALSE(event(INPUT_ABSOLUTE, EV_ABS, ABS_Y, 100));
}

static void buttons_do_not_cross_a_switch(void)
{
	static const uint8_t kinds[] = {INPUT_POINTER, INPUT_ABSOLUTE, INPUT_TOUCHPAD};

	for (unsigned i = 0; i < 3; i++) {
		focused(1);
		CHECK_TRUE(event(kinds[i], EV_KEY, BTN_LEFT, 1));
		CHECK_FALSE(event(kinds[i], EV_KEY, BTN_LEFT, 1));
		router_focus(&r, 2, 6);
		CHECK_FALSE(event(kinds[i], EV_KEY, BTN_LEFT, 0));
		CHECK_TRUE(event(kinds[i], EV_KEY, BTN_LEFT, 1));
		CHECK_TRUE(event(kinds[i], EV_KEY, BTN_LEFT, 0));
		CHECK_FALSE(event(kinds[i], EV_KEY, BTN_LEFT, 0));
		router_focus(&r, ROUTER_NOBODY, 7);
		CHECK_FALSE(event(kinds[i], EV_KEY, BTN_LEFT, 1));
		router_focus(&r, 1, 8);
		CHECK_FALSE(event(kinds[i], EV_KEY, BTN_LEFT, 0));
	}
}

static void touches_do_not_cross_a_switch(void)
{
	static const struct {
		uint8_t kind;
		uint16_t code;
	} t[] = {
		{INPUT_TOUCHPAD,	 BTN_TOUCH	  },
		{INPUT_TOUCHSCREEN, BTN_TOUCH	     },
		{INPUT_PEN,	    BTN_TOOL_PEN	},
		{INPUT_PEN,	    BTN_TOOL_RUBBER},
	};

	for (unsigned i = 0; i < 4; i++) {
		focused(1);
		CHECK_FALSE(event(t[i].kind, EV_ABS, ABS_X, 1)); /* no touch has begun */
		CHECK_TRUE(event(t[i].kind, EV_KEY, t[i].code, 1));
		CHECK_TRUE(event(t[i].kind, EV_ABS, ABS_X, 2));
		router_focus(&r, 2, 6);
		CHECK_FALSE(event(t[i].kind, EV_ABS, ABS_X, 3));
		CHECK_FALSE(event(t[i].kind, EV_KEY, t[i].code, 0));
		CHECK_TRUE(event(t[i].kind, EV_KEY, t[i].code, 1));
		CHECK_TRUE(event(t[i].kind, EV_ABS, ABS_X, 4));
		CHECK_TRUE(event(t[i].kind, EV_KEY, t[i].code, 0));
		CHECK_FALSE(event(t[i].kind, EV_ABS, ABS_X, 5));
	}
}

static void a_pen_that_turns_round_has_not_left(void)
{
	struct input_frame in = {
		.type = INPUT_FRAME,
		.kind = INPUT_PEN,
		.count = 3,
		.item = {{EV_KEY, BTN_TOOL_PEN, 0}, {EV_KEY, BTN_TOOL_RUBBER, 1}, {0, 0, 0}},
	};

	focused(1);
	CHECK_TRUE(event(INPUT_PEN, EV_KEY, BTN_TOOL_PEN, 1));
	router_frame(&r, &in, &keys, &frame);
	CHECK_EQ(frame.count, 3);
	CHECK_TRUE(event(INPUT_PEN, EV_ABS, ABS_X, 5));
}

static void acts_let_waiting_keys_pass_motion_does_not(void)
{
	static const struct {
		uint8_t kind;
		uint16_t type, code;
		bool act;
	} t[] = {
		{INPUT_POINTER,	EV_REL, REL_X,	       false},
		{INPUT_ABSOLUTE, EV_ABS, ABS_X,	false},
		{INPUT_POINTER,	EV_KEY, BTN_LEFT,	  true },
		{INPUT_ABSOLUTE, EV_KEY, BTN_RIGHT,    true },
		{INPUT_POINTER,	EV_REL, REL_WHEEL,	   true },
		{INPUT_ABSOLUTE, EV_REL, REL_HWHEEL,   true },
		{INPUT_TOUCHPAD, EV_KEY, BTN_TOUCH,    true },
		{INPUT_PEN,	    EV_KEY, BTN_TOOL_PEN, true },
	};

	for (unsigned i = 0; i < sizeof t / sizeof *t; i++) {
		focused(1);
		down(KEY_LEFTCTRL);
		CHECK_TRUE(event(t[i].kind, t[i].type, t[i].code, 1));
		CHECK_EQ(keys.count, t[i].act ? 1 : 0);
		CHECK_EQ(state(KEY_LEFTCTRL), t[i].act ? IS_PASSED : IS_WAITING);
		if (t[i].act)
			CHECK_TRUE(sent(0, KEY_LEFTCTRL, 1));
	}
}

static void frames_are_held_to_their_device(void)
{
	struct input_frame in = {.type = INPUT_FRAME, .kind = INPUT_POINTER};

	focused(1);
	CHECK_FALSE(event(INPUT_POINTER, EV_KEY, KEY_A, 1));
	CHECK_FALSE(event(INPUT_POINTER, EV_ABS, ABS_X, 1));
	CHECK_FALSE(event(INPUT_POINTER, EV_REL, REL_X, 40000));
	CHECK_FALSE(event(INPUT_KEYBOARD, EV_KEY, KEY_A, 1)); /* keys come through libinput */
	CHECK_FALSE(event(INPUT_KINDS, EV_REL, REL_X, 1));
	for (unsigned i = 0; i < INPUT_EVENTS_MAX; i++)
		in.item[i] = (struct input_item){EV_REL, REL_X, 1};
	in.count = INPUT_EVENTS_MAX;
	router_frame(&r, &in, &keys, &frame);
	CHECK_EQ(frame.count, INPUT_EVENTS_MAX);
	CHECK_EQ(frame.item[INPUT_EVENTS_MAX - 1].type, EV_SYN);
	in.count++;
	router_frame(&r, &in, &keys, &frame);
	CHECK_EQ(frame.count, 0);
	in.count = 0;
	router_frame(&r, &in, &keys, &frame);
	CHECK_EQ(frame.count, 0);
	in.count = 2;
	in.type = INPUT_RELEASE_ALL;
	router_frame(&r, &in, &keys, &frame);
	CHECK_EQ(frame.count, 0);
}

static void lamps_follow_the_focus(void)
{
	focused(1);
	down(KEY_CAPSLOCK);
	up(KEY_CAPSLOCK);
	CHECK_EQ(router_leds(&r), 1u << LED_CAPSL);
	router_focus(&r, 2, 6);
	CHECK_EQ(router_leds(&r), 0);
	down(KEY_NUMLOCK);
	up(KEY_NUMLOCK);
	down(KEY_SCROLLLOCK);
	up(KEY_SCROLLLOCK);
	CHECK_EQ(router_leds(&r), 1u << LED_NUML | 1u << LED_SCROLLL);
	router_focus(&r, 1, 7);
	CHECK_EQ(router_leds(&r), 1u << LED_CAPSL);
	down(KEY_CAPSLOCK);
	CHECK_EQ(router_leds(&r), 0);
	router_focus(&r, ROUTER_NOBODY, 8);
	up(KEY_CAPSLOCK);
	down(KEY_CAPSLOCK); /* heard by nobody */
	CHECK_EQ(router_leds(&r), 0);
	router_focus(&r, ROUTER_VMS, 9);
	down(KEY_NUMLOCK);
	CHECK_EQ(router_leds(&r), 0);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(every_state_is_reached);
	RUN(up_and_press);
	RUN(up_and_release);
	RUN(passed_and_press);
	RUN(passed_and_release);
	RUN(passed_and_another_key);
	RUN(waiting_and_press);
	RUN(waiting_and_release);
	RUN(waiting_and_another_key);
	RUN(held_and_press);
	RUN(held_and_release);
	RUN(held_and_another_key);
	RUN(every_state_and_a_switch);
	RUN(the_same_focus_again_is_no_switch);
	RUN(nobody_gets_nothing);
	RUN(system_keys_never_pass);
	RUN(chords_reach_nobody);
	RUN(several_chords_with_the_modifiers_held);
	RUN(a_chord_that_changes_nothing_leaves_other_keys_alone);
	RUN(modifiers_the_vm_knows_stay_known_without_a_switch);
	RUN(almost_chords_are_keys);
	RUN(waiting_keys_keep_their_order);
	RUN(attention_works_when_nobody_has_the_focus);
	RUN(motion_passes_to_somebody_only);
	RUN(buttons_do_not_cross_a_switch);
	RUN(touches_do_not_cross_a_switch);
	RUN(a_pen_that_turns_round_has_not_left);
	RUN(acts_let_waiting_keys_pass_motion_does_not);
	RUN(frames_are_held_to_their_device);
	RUN(lamps_follow_the_focus);
	return check_end();
}
