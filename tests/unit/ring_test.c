/* SPDX-License-Identifier: Apache-2.0 */
/* The guest's ring arithmetic against a writer made the slow, plain way, and against a writer that lies. */
#include <stdlib.h>
#include "check.h"
#include "service-vms/driver/ring.h"

#define RING 4096u

/* A writer that puts one byte after another and knows no pieces. */
static uint8_t ring[RING];
static uint32_t tail;

static void put(uint8_t byte)
{
	ring[tail & (RING - 1)] = byte;
	tail++;
}

static uint8_t nth(uint32_t seed, uint32_t i)
{
	return (uint8_t)(seed * 31u + i * 7u + (i >> 8));
}

static void put_message(uint32_t len, uint32_t seed)
{
	for (unsigned i = 0; i < 4; i++)
		put((uint8_t)(len >> (8 * i)));
	for (unsigned i = 4; i < sizeof(struct hv_msg); i++)
		put(0xee); /* reserved: must not matter */
	for (uint32_t i = 0; i < len; i++)
		put(nth(seed, i));
	while (tail & (HV_MSG_ALIGN - 1))
		put(0xdd);
}

static uint32_t random32(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15u;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 32);
}

static bool inside(const struct ring_msg *m)
{
	return m->off[0] < RING && m->bytes[0] <= RING - m->off[0] && m->bytes[1] <= RING &&
	       m->off[1] == 0;
}

/* Takes the message at *head, says whether it is the one that was put with LEN and SEED. */
static bool take(uint32_t *head, uint32_t len, uint32_t seed)
{
	struct ring_msg m;

	if (ring_peek(ring, RING, RING, *head, tail, &m) != RING_MSG)
		return false;
	if (m.len != len || !inside(&m) || m.bytes[0] + m.bytes[1] != len)
		return false;
	for (uint32_t i = 0; i < len; i++) {
		uint32_t at = i < m.bytes[0] ? m.off[0] + i : m.off[1] + i - m.bytes[0];

		if (ring[at] != nth(seed, i))
			return false;
	}
	*head = m.next;
	return true;
}

static uint32_t need(uint32_t len)
{
	return (uint32_t)sizeof(struct hv_msg) + (len + 15u) / 16u * 16u;
}

/* Each length at each 16-byte position, so that every way to wrap occurs. */
static void every_length_at_every_place(void)
{
	for (uint32_t at = 0; at < RING; at += HV_MSG_ALIGN) {
		for (uint32_t len = 1; len <= RING - sizeof(struct hv_msg); len += 13) {
			uint32_t head = 0xffff0000u + at; /* counters pass 2^32 further down */

			tail = head;
			put_message(len, at + len);
			REQUIRE(take(&head, len, at + len));
			REQUIRE(head == tail);
		}
	}
}

static void many_messages_in_order(void)
{
	uint32_t head = 0xfffffff0u - 3u * RING; /* wraps past 2^32 soon */
	struct {
		uint32_t len, seed;
	} queue[256];
	unsigned first = 0, last = 0;
	struct ring_msg m;

	tail = head;
	for (unsigned step = 0; step < 200000; step++) {
		uint32_t len = 1 + random32() % (random32() % 4 ? 90 : 1500);

		if (random32() % 2 && need(len) <= RING - (tail - head)) {
			queue[last % 256].len = len;
			queue[last % 256].seed = step;
			put_message(len, step);
			last++;
		} else if (first != last) {
			REQUIRE(take(&head, queue[first % 256].len, queue[first % 256].seed));
			first++;
		} else {
			REQUIRE(ring_peek(ring, RING, RING, head, tail, &m) == RING_EMPTY);
		}
		REQUIRE(last - first < 256);
	}
	CHECK_TRUE(first > 50000);
}

static void full_ring_of_one_message(void)
{
	uint32_t head = 64;

	tail = head;
	put_message(RING - (uint32_t)sizeof(struct hv_msg), 5);
	CHECK_EQ(tail - head, RING);
	CHECK_TRUE(take(&head, RING - (uint32_t)sizeof(struct hv_msg), 5));
}

static void longer_than_the_channel_allows(void)
{
	struct ring_msg m;

	tail = 0;
	put_message(101, 1);
	CHECK_EQ(ring_peek(ring, RING, 101, 0, tail, &m), RING_MSG);
	CHECK_EQ(ring_peek(ring, RING, 100, 0, tail, &m), RING_BROKEN);
}

static void lying_length(void)
{
	static const uint32_t lies[] = {0,	  33,	       34,	    RING,
					RING + 1, 0x7fffffffu, 0xfffffff0u, 0xffffffffu};
	struct ring_msg m;

	for (unsigned i = 0; i < sizeof lies / sizeof *lies; i++) {
		tail = 0;
		put_message(32, 1);
		memcpy(ring, &lies[i], sizeof lies[i]);
		CHECK_EQ(ring_peek(ring, RING, 0xffffffffu, 0, tail, &m), RING_BROKEN);
	}
}

static void lying_tail(void)
{
	struct ring_msg m;

	tail = 0;
	put_message(32, 1);
	CHECK_EQ(ring_peek(ring, RING, RING, 0, 0xfffffff0u, &m), RING_BROKEN); /* behind head */
	CHECK_EQ(ring_peek(ring, RING, RING, 0, RING + 16, &m), RING_BROKEN);	/* more than fits */
	CHECK_EQ(ring_peek(ring, RING, RING, 0, 63, &m), RING_BROKEN);		/* not aligned */
	CHECK_EQ(ring_peek(ring, RING, RING, 0, 16, &m), RING_BROKEN); /* header without payload */
	CHECK_EQ(ring_peek(ring, RING, RING, 0, 32, &m), RING_BROKEN); /* payload cut off */
}

static void head_not_aligned(void)
{
	static const struct hv_msg good = {.len = 24};
	struct ring_msg m;

	tail = 0;
	put_message(100, 1);
	memcpy(ring + 8, &good, sizeof good);
	CHECK_EQ(ring_peek(ring, RING, RING, 8, 64, &m), RING_BROKEN);
}

/* Whatever the ring holds: no piece outside it, and head moves by no more than there is. */
static void noise_stays_inside(void)
{
	unsigned messages = 0;
	struct ring_msg m;

	for (unsigned step = 0; step < 300000; step++) {
		uint32_t head = random32(), end = head + random32() % (2 * RING);
		uint32_t len = random32() >> (random32() % 32);

		if (step % 3) {
			head &= ~15u;
			end &= ~15u;
		}
		memcpy(ring + (head & (RING - 16)), &len, sizeof len);
		memset(&m, 0xaa, sizeof m);
		if (ring_peek(ring, RING, 2000, head, end, &m) != RING_MSG)
			continue;
		messages++;
		REQUIRE(inside(&m) && m.len <= 2000 && m.len > 0);
		REQUIRE(m.bytes[0] + m.bytes[1] == m.len);
		REQUIRE(m.next - head <= end - head && m.next - head >= m.len + 16);
	}
	CHECK_TRUE(messages > 1000);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(every_length_at_every_place);
	RUN(many_messages_in_order);
	RUN(full_ring_of_one_message);
	RUN(longer_than_the_channel_allows);
	RUN(lying_length);
	RUN(lying_tail);
	RUN(head_not_aligned);
	RUN(noise_stays_inside);
	return check_end();
}
