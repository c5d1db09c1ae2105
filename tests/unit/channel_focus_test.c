/* SPDX-License-Identifier: Apache-2.0 */
/* The channel to whoever has the focus: input reaches that VM alone, and a change is told to both. */
#include "tests/unit/channel_ends.h"

static struct domain *in;

/* vm0 is the input VM, vm1 and vm2 have screens. */
static void fresh_focus(void)
{
	machine_make(4);
	machine_system->dom[0].rights = HV_RIGHT_FOCUS;
	machine_system->dom[1].flags |= HV_DOM_SCREEN;
	machine_system->dom[2].flags |= HV_DOM_SCREEN;
	(void)machine_channel(0, HV_DOM_FOCUSED, RING, MSG_MAX);
	boot();
	in = tx;
	CHECK_EQ(attach(in, 0), HV_OK);
	CHECK_EQ(attach(dom_at(1), RING_AT), HV_OK);
	CHECK_EQ(attach(dom_at(2), RING_AT), HV_OK);
	(void)events(in);
}

static uint64_t focus(uint64_t id)
{
	CHECK_EQ(call(in, HV_CALL_FOCUS_SET, id, 0, 0, 0), HV_OK);
	return result;
}

static uint32_t tail_of(unsigned dom)
{
	return ((const struct hv_ring *)(const void *)machine_ram(dom, RING_AT))->tail;
}

static enum hv_err send_as(uint64_t generation)
{
	seg(0, DATA_AT, 10, HV_SEG_END);
	return call(in, HV_CALL_CHAN_SEND, 0, SEGS_AT, 1, generation);
}

static void input_reaches_the_focused_vm_alone(void)
{
	uint64_t first, second;

	fresh_focus();
	CHECK_EQ(send_as(0), HV_ESTALE);
	CHECK_EQ(send_as(1), HV_ESTALE); /* nobody has the focus yet */
	first = focus(1);
	CHECK_EQ(send_as(first), HV_OK);
	CHECK_EQ(tail_of(1), 32);
	CHECK_EQ(tail_of(2), 0);
	CHECK_EQ(send_as(first - 1), HV_ESTALE);
	CHECK_EQ(send_as(first + 1), HV_ESTALE);
	second = focus(2);
	CHECK_TRUE(second > first);
	CHECK_EQ(send_as(first), HV_ESTALE);
	CHECK_EQ(result, 0);
	CHECK_EQ(send_as(second), HV_OK);
	CHECK_EQ(tail_of(1), 32);
	CHECK_EQ(tail_of(2), 32);
	CHECK_EQ(focus(2), second); /* no change, no new generation */
	CHECK_EQ(send_as(second), HV_OK);
	CHECK_TRUE(focus(HV_DOM_NONE) > second);
	CHECK_EQ(send_as(second), HV_ESTALE);
	CHECK_EQ(send_as(second + 1), HV_ESTALE);
}

static void move_the_focus_elsewhere(void)
{
	uint64_t generation;

	lock_core();
	CHECK_EQ(focus_set(2, &generation), HV_OK);
	unlock_core();
}

/* Another processor moves the focus while the lock is let go between two messages: the second is stale. */
static void a_focus_that_moves_within_a_send(void)
{
	uint64_t first;

	fresh_focus();
	first = focus(1);
	seg(0, DATA_AT, CHAN_TURN_BYTES, HV_SEG_END);
	seg(1, DATA_AT, 10, HV_SEG_END);
	fake.on_pause = move_the_focus_elsewhere;
	CHECK_EQ(call(in, HV_CALL_CHAN_SEND, 0, SEGS_AT, 2, first), HV_ESTALE);
	CHECK_EQ(result, 1);
	CHECK_EQ(tail_of(1), 16 + CHAN_TURN_BYTES);
	CHECK_EQ(tail_of(2), 0);
}

static void a_change_of_focus_is_told_to_both(void)
{
	uint64_t w[2];

	fresh_focus();
	(void)focus(1);
	event_take(dom_at(1), &w[0], &w[1]);
	CHECK_EQ(w[1], HV_EVENT_FOCUS_GAINED);
	(void)focus(2);
	event_take(dom_at(1), &w[0], &w[1]);
	CHECK_EQ(w[1], HV_EVENT_FOCUS_LOST);
	event_take(dom_at(2), &w[0], &w[1]);
	CHECK_EQ(w[1], HV_EVENT_FOCUS_GAINED);
	event_take(dom_at(3), &w[0], &w[1]);
	CHECK_EQ(w[0] | w[1], 0);
}

static void only_the_right_moves_the_focus(void)
{
	uint64_t g;

	fresh_focus();
	g = focus(1);
	for (unsigned i = 1; i < 4; i++) {
		CHECK_EQ(call(dom_at(i), HV_CALL_FOCUS_SET, 2, 0, 77, 0), HV_EPERM);
		CHECK_EQ(result, 77);
		CHECK_EQ(call(dom_at(i), HV_CALL_FOCUS_SET, HV_DOM_NONE, 0, 0, 0), HV_EPERM);
	}
	CHECK_EQ(call(in, HV_CALL_FOCUS_SET, 3, 0, 0, 0), HV_EPERM); /* has no screen */
	CHECK_EQ(call(in, HV_CALL_FOCUS_SET, 0, 0, 0, 0), HV_EPERM);
	CHECK_EQ(call(in, HV_CALL_FOCUS_SET, 4, 0, 0, 0), HV_EPERM);
	CHECK_EQ(call(in, HV_CALL_FOCUS_SET, HV_DOM_FOCUSED, 0, 0, 0), HV_EPERM);
	CHECK_EQ(call(in, HV_CALL_FOCUS_SET, UINT64_MAX, 0, 0, 0), HV_EPERM);
	CHECK_EQ(send_as(g), HV_OK);
}

static void a_dead_vm_has_no_focus(void)
{
	uint64_t g, h;

	fresh_focus();
	g = focus(1);
	life_stop(dom_at(1), HV_STOP_TRIPLE_FAULT);
	CHECK_EQ(send_as(g), HV_ESTALE);
	CHECK_EQ(send_as(g + 1), HV_ESTALE); /* nobody, never a default */
	CHECK_EQ(call(in, HV_CALL_FOCUS_SET, 1, 0, 0, 0), HV_ESTATE);
	h = focus(2);
	CHECK_EQ(send_as(h), HV_OK);
	CHECK_EQ(tail_of(2), 32);
}

static void the_receivers_of_the_focus_see_the_sender(void)
{
	struct hv_chan_info i;

	fresh_focus();
	i = info(in);
	CHECK_STR((const char *)i.peer, "@focused");
	i = info(dom_at(2));
	CHECK_STR((const char *)i.peer, "vm0");
	CHECK_EQ(chan_end_count(in), 1);
	CHECK_EQ(chan_end_count(dom_at(2)), 1);
	CHECK_EQ(chan_end_count(dom_at(3)), 0);
	/* it dies: both hear of it, both acknowledge for themselves */
	restart(in);
	CHECK_EQ(attach(in, 0), HV_OK);
	for (unsigned n = 1; n < 3; n++) {
		uint64_t g = focus(n);

		CHECK_EQ(send_as(g), HV_EAGAIN);
		CHECK_EQ(call(dom_at(n), HV_CALL_CHAN_ACK, 0, 1, 0, 0), HV_OK);
		CHECK_EQ(send_as(g), HV_OK);
	}
}

/* One sender, several rings: whichever receiver died, the sender must hear of it, or it never acknowledges. */
static void the_sender_to_the_focus_hears_of_every_death(void)
{
	for (unsigned n = 1; n < 3; n++) {
		struct hv_chan_info i;

		fresh_focus();
		CHECK_EQ(info(in).state & HV_CHAN_STATE_GONE, 0);
		restart(dom_at(n));
		CHECK_EQ(attach(dom_at(n), RING_AT), HV_OK);
		CHECK_EQ(events(in), 1);
		i = info(in);
		CHECK_EQ(i.state & HV_CHAN_STATE_GONE, HV_CHAN_STATE_GONE);
		CHECK_EQ(i.peer_epoch, 1);
		CHECK_EQ(i.peer_cause, HV_STOP_KILLED);
		CHECK_EQ(send_as(focus(n)), HV_EAGAIN);
		CHECK_EQ(call(in, HV_CALL_CHAN_ACK, 0, i.peer_epoch, 0, 0), HV_OK);
		CHECK_EQ(info(in).state & HV_CHAN_STATE_GONE, 0);
		CHECK_EQ(send_as(focus(n)), HV_OK);
		CHECK_EQ(tail_of(n), 32);
	}
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(input_reaches_the_focused_vm_alone);
	RUN(a_focus_that_moves_within_a_send);
	RUN(a_change_of_focus_is_told_to_both);
	RUN(only_the_right_moves_the_focus);
	RUN(a_dead_vm_has_no_focus);
	RUN(the_receivers_of_the_focus_see_the_sender);
	RUN(the_sender_to_the_focus_hears_of_every_death);
	return check_end();
}
