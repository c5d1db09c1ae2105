/* SPDX-License-Identifier: Apache-2.0 */
/* The checker of channel messages must notice what a channel could do to them. */
#include "check.h"
#include "service-vms/pvm-demo/chantest.h"

static uint8_t msg[4096];

static void good_of_every_length(void)
{
	for (size_t len = CHANTEST_MIN; len <= sizeof msg; len++) {
		chantest_make(msg, len, len * 7);
		REQUIRE(chantest_check(msg, len, len * 7) == CHANTEST_GOOD);
	}
}

static void every_changed_bit_is_seen(void)
{
	for (unsigned bit = 0; bit < 8 * 200; bit++) {
		chantest_make(msg, 200, 3);
		msg[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		REQUIRE(chantest_check(msg, 200, 3) != CHANTEST_GOOD);
	}
}

static void swapped_pieces_are_seen(void)
{
	uint8_t piece[16];

	chantest_make(msg, 100, 3);
	memcpy(piece, msg + 32, 16);
	memmove(msg + 32, msg + 48, 16);
	memcpy(msg + 48, piece, 16);
	CHECK_EQ(chantest_check(msg, 100, 3), CHANTEST_SUM);
}

static void kinds_of_wrong(void)
{
	chantest_make(msg, 100, 3);
	CHECK_EQ(chantest_check(msg, CHANTEST_MIN - 1, 3), CHANTEST_SHORT);
	CHECK_EQ(chantest_check(msg, 99, 3), CHANTEST_LENGTH);
	CHECK_EQ(chantest_check(msg, 101, 3), CHANTEST_LENGTH);
	CHECK_EQ(chantest_check(msg, 100, 4), CHANTEST_ORDER);
	msg[0] ^= 1;
	CHECK_EQ(chantest_check(msg, 100, 3), CHANTEST_FOREIGN);
}

static void lengths_cover_the_range(void)
{
	bool seen[101] = {false};

	for (uint64_t i = 0; i < 2000; i++) {
		size_t len = chantest_length(i, 100);

		REQUIRE(len >= CHANTEST_MIN && len <= 100);
		seen[len] = true;
	}
	for (unsigned len = CHANTEST_MIN; len <= 100; len++)
		CHECK_TRUE(seen[len]);
	CHECK_EQ(chantest_length(9, CHANTEST_MIN), CHANTEST_MIN);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(good_of_every_length);
	RUN(every_changed_bit_is_seen);
	RUN(swapped_pieces_are_seen);
	RUN(kinds_of_wrong);
	RUN(lengths_cover_the_range);
	return check_end();
}
