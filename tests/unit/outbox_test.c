/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that wait for room: order, limit, age. */
#include "check.h"
#include "inputvm/outbox.h"

static struct outbox o;

static bool put(uint8_t n, uint64_t now)
{
	uint8_t msg[INPUT_MSG_MAX] = {n};

	return outbox_put(&o, msg, 8 + (n & 7u), now);
}

static void first_in_first_out(void)
{
	size_t len;

	memset(&o, 0, sizeof o);
	CHECK_TRUE(outbox_head(&o, &len) == NULL);
	outbox_pop(&o);
	for (unsigned n = 0; n < 1000; n++) { /* many times around */
		CHECK_TRUE(put((uint8_t)n, n));
		if (n < 10)
			continue;
		REQUIRE(outbox_head(&o, &len) != NULL);
		CHECK_EQ(outbox_head(&o, &len)[0], (uint8_t)(n - 10));
		CHECK_EQ(len, 8 + ((n - 10) & 7));
		outbox_pop(&o);
	}
	CHECK_EQ(o.count, 10);
}

static void no_more_than_it_holds(void)
{
	static const uint8_t msg[INPUT_MSG_MAX + 1];

	outbox_clear(&o);
	CHECK_FALSE(outbox_put(&o, msg, INPUT_MSG_MAX + 1, 0));
	CHECK_TRUE(outbox_put(&o, msg, INPUT_MSG_MAX, 0));
	outbox_clear(&o);
	for (unsigned n = 0; n < OUTBOX_SLOTS; n++)
		CHECK_TRUE(put(1, 0));
	CHECK_FALSE(put(1, 0));
	outbox_pop(&o);
	CHECK_TRUE(put(1, 0));
}

static void not_for_long(void)
{
	outbox_clear(&o);
	CHECK_FALSE(outbox_stale(&o, 1000000));
	CHECK_TRUE(put(1, 500));
	CHECK_TRUE(put(2, 900));
	CHECK_FALSE(outbox_stale(&o, 500 + OUTBOX_AGE_MS));
	CHECK_TRUE(outbox_stale(&o, 501 + OUTBOX_AGE_MS));
	outbox_pop(&o);
	CHECK_FALSE(outbox_stale(&o, 501 + OUTBOX_AGE_MS));
	outbox_clear(&o);
	CHECK_FALSE(outbox_stale(&o, 1000000));
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(first_in_first_out);
	RUN(no_more_than_it_holds);
	RUN(not_for_long);
	return check_end();
}
