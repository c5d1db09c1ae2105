/* SPDX-License-Identifier: Apache-2.0 */
/* Channels through the hypercalls: bytes arrive whole or not at all, a death is never overlooked, nobody pays for another. */
#include "tests/unit/channel_ends.h"

#define HALF (RING / 2 - 96)

static void attaching_starts_an_empty_ring(void)
{
	static const uint8_t rest[36];

	fresh();
	CHECK_EQ(ring()->head, 0);
	CHECK_EQ(ring()->tail, 0);
	CHECK_EQ(ring()->want, 0);
	CHECK_EQ(ring()->epoch, 1); /* the sender's life */
	CHECK_EQ(ring()->quiet, 0);
	CHECK_EQ(ring()->gone, 0);
	CHECK_MEM(ring()->reserved, rest, sizeof rest);
}

static void a_message_lies_as_the_abi_says(void)
{
	static const uint8_t zero[12];
	uint32_t len = 0;

	fresh();
	fill(1, 100);
	memset(ring_data(), 0xdd, RING);
	CHECK_EQ(send_one(100), HV_OK);
	CHECK_EQ(result, 1);
	memcpy(&len, ring_data(), sizeof len);
	CHECK_EQ(len, 100);
	CHECK_MEM(ring_data() + 4, zero, 12);
	CHECK_MEM(ring_data() + 16, machine_ram(0, DATA_AT), 100);
	CHECK_EQ(ring_data()[116], 0xdd); /* not a byte more than was sent */
	CHECK_EQ(ring()->tail, 128);
	CHECK_EQ(events(rx), 1);
	CHECK_EQ(events(tx), 0);
	CHECK_TRUE(take(1, 100));
}

static void segments_make_one_message(void)
{
	fresh();
	fill(2, 700);
	seg(0, DATA_AT, 1, 0);
	seg(1, DATA_AT + 1, 499, 0);
	seg(2, DATA_AT + 500, 200, HV_SEG_END);
	CHECK_EQ(send(3), HV_OK);
	CHECK_EQ(result, 1);
	CHECK_TRUE(take(2, 700));
	CHECK_FALSE(take(2, 700));
}

static void several_messages_in_one_call(void)
{
	fresh();
	fill(3, 64);
	for (unsigned i = 0; i < HV_SEG_MAX; i++)
		seg(i, DATA_AT, i + 1, HV_SEG_END);
	CHECK_EQ(send(HV_SEG_MAX), HV_OK);
	CHECK_EQ(fake.pauses, 0);
	CHECK_EQ(result, HV_SEG_MAX);
	CHECK_EQ(events(rx), 1);
	for (unsigned i = 0; i < HV_SEG_MAX; i++)
		CHECK_TRUE(take(3, i + 1));
}

/* Windows end with a large page: here both the message and the ring go on behind one. */
static void a_message_over_large_pages(void)
{
	const uint64_t ring_at = LARGE_PAGE - 4 * PAGE_SIZE, data_at = LARGE_PAGE - 5000;
	const uint8_t *data;

	machine_make(3);
	machine_channel(0, 1, RING, MSG_MAX);
	machine_wide(0);
	machine_wide(1);
	boot();
	CHECK_EQ(attach(rx, ring_at), HV_OK);
	CHECK_EQ(attach(tx, 0), HV_OK);
	for (uint32_t i = 0; i < MSG_MAX; i++)
		*machine_ram(0, data_at + i) = nth(8, i);
	seg(0, data_at, MSG_MAX, HV_SEG_END);
	CHECK_EQ(send(1), HV_OK);
	data = machine_ram(1, ring_at + HV_RING_DATA);
	CHECK_MEM(data + 16, machine_ram(0, data_at), MSG_MAX);
	CHECK_EQ(data[16 + MSG_MAX], 0);
}

/* Others get the lock, and the receiver hears, each time after so many bytes. */
static void many_bytes_in_one_call(void)
{
	fresh();
	fill(3, CHAN_TURN_BYTES);
	for (unsigned i = 0; i < 7; i++)
		seg(i, DATA_AT, CHAN_TURN_BYTES / 4, HV_SEG_END);
	fake.pauses_allowed = 1;
	CHECK_EQ(send(7), HV_OK);
	CHECK_EQ(fake.pauses, 1);
	CHECK_EQ(result, 7);
	for (unsigned i = 0; i < 7; i++)
		CHECK_TRUE(take(3, CHAN_TURN_BYTES / 4));
}

/* Two messages, and the lock is let go between them. */
static void two_turns(void)
{
	fresh();
	seg(0, DATA_AT, CHAN_TURN_BYTES, HV_SEG_END);
	seg(1, DATA_AT, 10, HV_SEG_END);
}

static void told_already(void)
{
	CHECK_EQ(rx->events[0], 1);
}

static void others_hear_when_they_have_the_lock(void)
{
	two_turns();
	fake.on_pause = told_already;
	CHECK_EQ(send(2), HV_OK);
	CHECK_TRUE(fake.on_pause == NULL);
}

static void die_elsewhere(void)
{
	lock_core();
	chan_domain_gone(rx, HV_STOP_KILLED);
	unlock_core();
}

/* The receiver dies on its processor while the lock is let go between two messages. */
static void a_death_within_a_send(void)
{
	two_turns();
	fake.on_pause = die_elsewhere;
	CHECK_EQ(send(2), HV_EAGAIN);
	CHECK_EQ(result, 1);
	CHECK_EQ(ring()->tail, 16 + CHAN_TURN_BYTES);
}

static uint32_t dice(uint32_t sides)
{
	static uint64_t state = 5;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % sides;
}

/* A thousand messages of all sizes over every wrap, with a ring that is now and then full. */
static void the_stream_arrives_as_sent(void)
{
	static uint32_t seeds[1024], lens[1024];
	unsigned in = 0, out = 0, full = 0;

	fresh();
	while (out < 1000) {
		uint32_t len = 1 + dice(dice(4) == 0 ? MSG_MAX : 200);

		if (in < 1000 && dice(3) != 0) {
			fill(in, len);
			if (send_one(len) == HV_OK) {
				seeds[in] = in;
				lens[in++] = len;
				continue;
			}
			CHECK_EQ(tx->vcpu.gpr[RAX], HV_EAGAIN);
			full++;
		}
		if (out < in)
			REQUIRE(take(seeds[out], lens[out]));
		out += out < in;
		CHECK_EQ(call(rx, HV_CALL_CHAN_ACK, 0, 1, 0, 0), HV_OK);
	}
	CHECK_TRUE(full > 10);
}

static void a_full_ring_says_again_and_wakes(void)
{
	fresh();
	fill(4, HALF);
	CHECK_EQ(send_one(HALF), HV_OK);
	CHECK_EQ(send_one(HALF), HV_OK);
	CHECK_EQ(send_one(200), HV_EAGAIN);
	CHECK_EQ(result, 0);
	CHECK_NE(ring()->want, 0);
	CHECK_EQ(info(tx).state & HV_CHAN_STATE_SPACE, 0);
	CHECK_EQ(events(tx), 0);
	CHECK_TRUE(take(4, HALF));
	CHECK_EQ(call(rx, HV_CALL_CHAN_ACK, 0, 1, 0, 0), HV_OK);
	CHECK_EQ(ring()->want, 0);
	CHECK_EQ(events(tx), 1);
	CHECK_EQ(info(tx).state & HV_CHAN_STATE_SPACE, HV_CHAN_STATE_SPACE);
	CHECK_EQ(call(rx, HV_CALL_CHAN_ACK, 0, 1, 0, 0), HV_OK);
	CHECK_EQ(events(tx), 0); /* nobody waits any more */
	CHECK_EQ(send_one(200), HV_OK);
	seg(0, DATA_AT, HALF, HV_SEG_END); /* the first fits, the second does not */
	CHECK_TRUE(take(4, HALF));
	seg(1, DATA_AT, HALF + 2000, HV_SEG_END);
	CHECK_EQ(send(2), HV_EAGAIN);
	CHECK_EQ(result, 1);
}

static void exactly_full_is_not_too_full(void)
{
	fresh();
	CHECK_EQ(send_one(RING / 2 - 16), HV_OK);
	CHECK_EQ(send_one(RING / 2 - 16), HV_OK);
	CHECK_EQ(ring()->tail, RING);
	CHECK_EQ(send_one(1), HV_EAGAIN);
	ring()->head = 16;
	CHECK_EQ(send_one(1), HV_EAGAIN); /* 16 free, 32 needed */
	ring()->head = 32;
	CHECK_EQ(send_one(1), HV_OK);
}

static void a_wrong_head_hurts_the_receiver_alone(void)
{
	static const uint32_t wrong[] = {129, 0x80000000, 0x7fffffff, 128 - RING - 1};

	fresh();
	CHECK_EQ(send_one(100), HV_OK);
	for (unsigned i = 0; i < ARRAY_LEN(wrong); i++) {
		ring()->head = wrong[i];
		ring()->tail = 0x12345678; /* the core keeps its own */
		CHECK_EQ(send_one(100), HV_EAGAIN);
	}
	ring()->head = 128;
	CHECK_EQ(send_one(100), HV_OK);
	CHECK_EQ(ring()->tail, 256);
	CHECK_EQ(tx->state, HV_VM_RUNNING);
}

static void refused(enum hv_err got, enum hv_err want)
{
	CHECK_EQ(got, want);
	CHECK_EQ(result, 0);
	CHECK_EQ(ring()->tail, 0);
	CHECK_EQ(events(rx), 0);
}

static void bad_lists_deliver_nothing(void)
{
	fresh();
	refused(send(0), HV_EINVAL);
	refused(send(HV_SEG_MAX + 1), HV_EINVAL);
	refused(send(UINT64_MAX), HV_EINVAL);
	refused(send(0x100000001), HV_EINVAL);
	refused(send_one(0), HV_EMSGSIZE);
	refused(send_one(MSG_MAX + 1), HV_EMSGSIZE);
	refused(send_one(UINT32_MAX), HV_EMSGSIZE);
	seg(0, DATA_AT, 10, 0);
	refused(send(1), HV_EINVAL); /* does not end */
	seg(0, DATA_AT, 10, HV_SEG_END | 2);
	refused(send(1), HV_EINVAL);
	seg(0, DATA_AT, MSG_MAX, 0);
	seg(1, DATA_AT, 1, HV_SEG_END);
	refused(send(2), HV_EMSGSIZE);
	seg(1, DATA_AT, UINT32_MAX - MSG_MAX + 2, HV_SEG_END); /* the sum wraps */
	refused(send(2), HV_EMSGSIZE);
	CHECK_EQ(send_one(MSG_MAX), HV_OK);
}

static enum hv_err one(uint64_t at, uint64_t bytes)
{
	return call(tx, HV_CALL_CHAN_SEND_ONE, 0, at, bytes, 0);
}

static void one_message_without_a_list(void)
{
	static const struct {
		uint64_t at, bytes;
		enum hv_err err;
	} bad[] = {
		{DATA_AT,	  0,		     HV_EMSGSIZE},
		{DATA_AT,	  MSG_MAX + 1,     HV_EMSGSIZE},
		{DATA_AT,	  1ull << 32 | 10, HV_EMSGSIZE}, /* ten bytes, to a careless reader */
		{DATA_AT,	  UINT64_MAX,      HV_EMSGSIZE},
		{MACHINE_RAM - 5, 10,	      HV_EFAULT  },
		{UINT64_MAX - 5,	 10,		     HV_EFAULT  },
	};

	fresh();
	fill(4, MSG_MAX);
	for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
		CHECK_EQ(one(bad[i].at, bad[i].bytes), bad[i].err);
		CHECK_EQ(ring()->tail, 0);
		CHECK_EQ(events(rx), 0);
	}
	machine_system->dom[0].priority = 2; /* the receiver does not go first */
	tx->sched.left = 1;
	CHECK_EQ(one(DATA_AT, 100), HV_OK);
	CHECK_TRUE(tx->goes_on); /* its turn does: it was nobody else's business */
	CHECK_EQ(events(rx), 1);
	CHECK_TRUE(take(4, 100));
	CHECK_EQ(one(DATA_AT, MSG_MAX), HV_OK);
	CHECK_TRUE(take(4, MSG_MAX));
}

static void foreign_addresses_deliver_nothing(void)
{
	static const uint64_t bad[] = {MACHINE_RAM, MACHINE_RAM - 1, 1ull << 40, UINT64_MAX - 5,
				       0xfee00000};

	fresh();
	for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
		seg(0, bad[i], 100, HV_SEG_END);
		refused(send(1), HV_EFAULT);
		refused(call(tx, HV_CALL_CHAN_SEND, 0, bad[i], 1, 0), HV_EFAULT);
	}
	seg(0, DATA_AT, 10, HV_SEG_END);
	seg(1, DATA_AT, 10, 0);
	seg(2, MACHINE_RAM, 10, HV_SEG_END);
	CHECK_EQ(send(3), HV_EFAULT);
	CHECK_EQ(result, 1); /* what was before it arrived */
	CHECK_EQ(ring()->tail, 32);
	CHECK_EQ(events(rx), 1);
}

static void only_the_own_end_in_its_direction(void)
{
	struct domain *other;

	fresh();
	other = dom_at(2);
	for (uint32_t n = HV_CALL_CHAN_INFO; n <= HV_CALL_CHAN_ACK; n++) {
		CHECK_EQ(call(other, n, 0, RING_AT, 1, 0), HV_EPERM);
		CHECK_EQ(call(tx, n, 1, RING_AT, 1, 0), HV_EPERM);
		CHECK_EQ(call(tx, n, UINT64_MAX, RING_AT, 1, 0), HV_EPERM);
		CHECK_EQ(call(tx, n, 1ull << 32, RING_AT, 1, 0), HV_EPERM);
	}
	seg(0, DATA_AT, 10, HV_SEG_END);
	CHECK_EQ(call(other, HV_CALL_CHAN_SEND_ONE, 0, DATA_AT, 10, 0), HV_EPERM);
	CHECK_EQ(call(tx, HV_CALL_CHAN_SEND_ONE, 1, DATA_AT, 10, 0), HV_EPERM);
	CHECK_EQ(call(rx, HV_CALL_CHAN_SEND_ONE, 0, DATA_AT, 10, 0), HV_EPERM);
	CHECK_EQ(call(rx, HV_CALL_CHAN_SEND, 0, SEGS_AT, 1, 0), HV_EPERM);
	CHECK_EQ(result, 0);
	CHECK_EQ(ring()->tail, 0);
}

static void nothing_goes_without_both_ends(void)
{
	fresh_unattached();
	CHECK_EQ(send_one(10), HV_ESTATE);
	CHECK_EQ(call(rx, HV_CALL_CHAN_ACK, 0, 0, 0, 0), HV_ESTATE);
	CHECK_EQ(attach(tx, 0), HV_OK);
	CHECK_EQ(result, 1);
	CHECK_EQ(send_one(10), HV_EAGAIN);
	CHECK_EQ(events(tx), 0);
	CHECK_EQ(attach(rx, RING_AT), HV_OK);
	CHECK_EQ(events(tx), 1); /* somebody came */
	CHECK_EQ(send_one(10), HV_OK);
}

static void a_ring_is_aligned_ram_of_the_receiver(void)
{
	static const uint64_t bad[] = {MACHINE_RAM, MACHINE_RAM - RING, 1ull << 46, 0 - PAGE_SIZE,
				       0 - RING - PAGE_SIZE};

	fresh_unattached();
	CHECK_EQ(attach(rx, RING_AT + 8), HV_EINVAL);
	for (unsigned i = 0; i < ARRAY_LEN(bad); i++)
		CHECK_EQ(attach(rx, bad[i]), HV_EFAULT);
	CHECK_EQ(info(rx).state & HV_CHAN_STATE_ATTACHED, 0);
	CHECK_EQ(info(rx).epoch, 0);
	CHECK_EQ(attach(rx, MACHINE_RAM - RING - PAGE_SIZE), HV_OK);
}

static void info_tells_both_sides(void)
{
	struct hv_chan_info i;

	fresh();
	i = info(tx);
	CHECK_STR((const char *)i.name, "ch0");
	CHECK_STR((const char *)i.peer, "vm1");
	CHECK_EQ(i.dir, HV_CHAN_TX);
	CHECK_EQ(i.kind, HV_KIND_RAW);
	CHECK_EQ(i.ring_bytes, RING);
	CHECK_EQ(i.msg_max, MSG_MAX);
	CHECK_EQ(i.epoch, 1);
	CHECK_EQ(i.peer_epoch, 1);
	CHECK_EQ(i.state, HV_CHAN_STATE_ATTACHED | HV_CHAN_STATE_PEER | HV_CHAN_STATE_SPACE);
	CHECK_EQ(i.flags, 0);
	machine_system->chan[0].flags = HV_EDGE_ONLY_ESP_IKE;
	CHECK_EQ(info(tx).flags, HV_EDGE_ONLY_ESP_IKE);
	i = info(rx);
	CHECK_EQ(i.flags, HV_EDGE_ONLY_ESP_IKE);
	CHECK_STR((const char *)i.peer, "vm0");
	CHECK_EQ(i.dir, HV_CHAN_RX);
	CHECK_EQ(call(tx, HV_CALL_CHAN_INFO, 0, MACHINE_RAM, 0, 0), HV_EFAULT);
	CHECK_EQ(chan_end_count(dom_at(2)), 0);
}

/* --- deaths --- */

static void a_dead_senders_messages_are_not_delivered_later(void)
{
	struct hv_chan_info i;

	fresh();
	CHECK_EQ(send_one(100), HV_OK);
	(void)events(rx);
	restart(tx);
	CHECK_EQ(events(rx), 1);
	i = info(rx);
	CHECK_EQ(i.state, HV_CHAN_STATE_ATTACHED | HV_CHAN_STATE_GONE | HV_CHAN_STATE_SPACE);
	CHECK_EQ(i.peer_epoch, 1);
	CHECK_EQ(i.peer_cause, HV_STOP_KILLED);
	CHECK_EQ(i.lost, 0);
	CHECK_EQ(ring()->gone, 1);
	CHECK_EQ(send_one(10), HV_ESTATE);
	CHECK_EQ(attach(tx, 0), HV_OK);
	CHECK_EQ(result, 2);
	CHECK_EQ(send_one(10), HV_EAGAIN); /* not before the death is acknowledged */
	CHECK_EQ(ring()->tail, 128);
	CHECK_EQ(call(rx, HV_CALL_CHAN_ACK, 0, 2, 0, 0), HV_ESTALE); /* that is not who died */
	CHECK_EQ(call(rx, HV_CALL_CHAN_ACK, 0, 0, 0, 0), HV_ESTALE);
	CHECK_EQ(send_one(10), HV_EAGAIN);
	(void)events(tx);
	CHECK_EQ(call(rx, HV_CALL_CHAN_ACK, 0, 1, 0, 0), HV_OK);
	CHECK_EQ(events(tx), 1);
	CHECK_EQ(ring()->tail, 0);
	CHECK_EQ(ring()->epoch, 2);
	CHECK_EQ(ring()->gone, 0);
	i = info(rx);
	CHECK_EQ(i.lost, 128);
	CHECK_EQ(i.peer_epoch, 2);
	CHECK_EQ(i.state, HV_CHAN_STATE_ATTACHED | HV_CHAN_STATE_PEER | HV_CHAN_STATE_SPACE);
	fill(9, 10);
	CHECK_EQ(send_one(10), HV_OK);
	CHECK_TRUE(take(9, 10));
}

static void a_receiver_that_reads_on_is_not_told_of_messages(void)
{
	fresh();
	(void)events(rx);
	fill(1, 100);
	ring()->quiet = 1;
	CHECK_EQ(send_one(100), HV_OK);
	CHECK_EQ(events(rx), 0);
	CHECK_TRUE(take(1, 100));
	ring()->quiet = 0;
	CHECK_EQ(send_one(100), HV_OK);
	CHECK_EQ(events(rx), 1);
	ring()->quiet = 0xffffffff; /* of everything else it is */
	restart(tx);
	CHECK_EQ(events(rx), 1);
}

static void two_deaths_need_the_later_acknowledgement(void)
{
	fresh();
	restart(tx);
	CHECK_EQ(attach(tx, 0), HV_OK);
	restart(tx);
	CHECK_EQ(attach(tx, 0), HV_OK);
	CHECK_EQ(result, 3);
	CHECK_EQ(call(rx, HV_CALL_CHAN_ACK, 0, 1, 0, 0), HV_ESTALE);
	CHECK_EQ(call(rx, HV_CALL_CHAN_ACK, 0, 2, 0, 0), HV_OK);
	CHECK_EQ(ring()->epoch, 3);
	CHECK_EQ(send_one(10), HV_OK);
}

static void a_dead_receivers_ring_is_never_written_again(void)
{
	struct hv_chan_info i;

	fresh();
	CHECK_EQ(send_one(100), HV_OK);
	restart(rx);
	CHECK_EQ(events(tx), 1);
	memset(machine_ram(1, RING_AT), 0x99, HV_RING_DATA + RING);
	CHECK_EQ(send_one(10), HV_EAGAIN);
	i = info(tx);
	CHECK_EQ(i.state & (HV_CHAN_STATE_GONE | HV_CHAN_STATE_PEER), HV_CHAN_STATE_GONE);
	CHECK_EQ(i.lost, 128);
	CHECK_EQ(i.peer_epoch, 1);
	CHECK_EQ(call(tx, HV_CALL_CHAN_ACK, 0, 1, 0, 0), HV_OK);
	CHECK_EQ(send_one(10), HV_EAGAIN); /* acknowledged, but nobody there */
	for (unsigned n = 0; n < HV_RING_DATA + RING; n++)
		REQUIRE(*machine_ram(1, RING_AT + n) == 0x99);
	CHECK_EQ(attach(rx, RING_AT), HV_OK);
	CHECK_EQ(send_one(10), HV_OK);
	CHECK_EQ(ring()->tail, 32);
}

static void a_new_receiver_waits_for_the_senders_acknowledgement(void)
{
	fresh();
	restart(rx);
	CHECK_EQ(attach(rx, RING_AT), HV_OK);
	CHECK_EQ(result, 2);
	CHECK_EQ(send_one(10), HV_EAGAIN);
	CHECK_EQ(call(tx, HV_CALL_CHAN_ACK, 0, 2, 0, 0), HV_ESTALE);
	CHECK_EQ(call(tx, HV_CALL_CHAN_ACK, 0, 1, 0, 0), HV_OK);
	CHECK_EQ(send_one(10), HV_OK);
}

static void attaching_again_is_a_new_life_of_the_end(void)
{
	fresh();
	CHECK_EQ(send_one(100), HV_OK);
	CHECK_EQ(attach(tx, 0), HV_OK);
	CHECK_EQ(result, 2);
	CHECK_EQ(info(rx).peer_cause, HV_STOP_NONE);
	CHECK_EQ(info(rx).state & HV_CHAN_STATE_GONE, HV_CHAN_STATE_GONE);
	CHECK_EQ(send_one(10), HV_EAGAIN);
	CHECK_EQ(attach(rx, RING_AT), HV_OK); /* counts as the acknowledgement */
	CHECK_EQ(info(rx).lost, 128);
	CHECK_EQ(send_one(10), HV_EAGAIN); /* now the sender has one to give */
	CHECK_EQ(call(tx, HV_CALL_CHAN_ACK, 0, 1, 0, 0), HV_OK);
	CHECK_EQ(send_one(10), HV_OK);
	CHECK_EQ(ring()->epoch, 2);
}

static void a_ring_may_move_with_the_new_life(void)
{
	fresh();
	CHECK_EQ(attach(rx, RING_AT + 0x8000), HV_OK);
	CHECK_EQ(call(tx, HV_CALL_CHAN_ACK, 0, 1, 0, 0), HV_OK);
	memset(ring(), 0x99, sizeof *ring());
	CHECK_EQ(send_one(10), HV_OK);
	CHECK_EQ(ring()->tail, 0x99999999); /* the old ring is the guest's own again */
}

/* --- credit --- */

static void credit_is_per_period_of_the_sender(void)
{
	uint64_t until;

	machine_make(3);
	machine_channel(0, 1, RING, 1000)->credit_kib = 1;
	boot();
	CHECK_EQ(attach(rx, RING_AT), HV_OK);
	CHECK_EQ(attach(tx, 0), HV_OK);
	(void)events(tx);
	CHECK_EQ(send_one(496), HV_OK); /* 512 bytes with the header */
	CHECK_EQ(send_one(496), HV_OK);
	CHECK_EQ(send_one(1), HV_EAGAIN);
	CHECK_EQ(ring()->want, 0); /* not for lack of space */
	CHECK_TRUE(chan_credit_waits(tx));
	CHECK_FALSE(chan_credit_waits(rx));
	rx->vcpu.halted = tx->vcpu.halted = dom_at(2)->vcpu.halted = true;
	CHECK_TRUE(sched_pick(0, fake.tsc, &until) == NULL);
	CHECK_EQ(until, tx->sched.period_end); /* looked at again although all sleep */
	CHECK_EQ(events(tx), 0);
	fake.tsc = until;
	(void)sched_pick(0, fake.tsc, &until);
	CHECK_EQ(events(tx), 1);
	CHECK_FALSE(chan_credit_waits(tx));
	CHECK_EQ(send_one(496), HV_OK);
	CHECK_EQ(send_one(497), HV_EAGAIN);
	CHECK_EQ(send_one(496), HV_OK);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(attaching_starts_an_empty_ring);
	RUN(a_message_lies_as_the_abi_says);
	RUN(segments_make_one_message);
	RUN(several_messages_in_one_call);
	RUN(a_message_over_large_pages);
	RUN(many_bytes_in_one_call);
	RUN(others_hear_when_they_have_the_lock);
	RUN(a_death_within_a_send);
	RUN(the_stream_arrives_as_sent);
	RUN(a_full_ring_says_again_and_wakes);
	RUN(exactly_full_is_not_too_full);
	RUN(a_wrong_head_hurts_the_receiver_alone);
	RUN(bad_lists_deliver_nothing);
	RUN(one_message_without_a_list);
	RUN(foreign_addresses_deliver_nothing);
	RUN(only_the_own_end_in_its_direction);
	RUN(nothing_goes_without_both_ends);
	RUN(a_ring_is_aligned_ram_of_the_receiver);
	RUN(info_tells_both_sides);
	RUN(a_dead_senders_messages_are_not_delivered_later);
	RUN(a_receiver_that_reads_on_is_not_told_of_messages);
	RUN(two_deaths_need_the_later_acknowledgement);
	RUN(a_dead_receivers_ring_is_never_written_again);
	RUN(a_new_receiver_waits_for_the_senders_acknowledgement);
	RUN(attaching_again_is_a_new_life_of_the_end);
	RUN(a_ring_may_move_with_the_new_life);
	RUN(credit_is_per_period_of_the_sender);
	return check_end();
}
