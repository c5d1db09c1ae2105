/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes for guests: never the same twice, and worth as much as the best of the sources. */
#include "check.h"
#include "entropy.h"
#include "lock.h"
#include "tests/fakes/hw_fake.h"

#define BLOCKS 64u

static uint8_t out[BLOCKS][32];

static void fill(uint64_t seed)
{
	entropy_init(&seed, 1);
	lock_core();
	for (unsigned i = 0; i < BLOCKS; i++)
		entropy_get(out[i]);
	unlock_core();
}

static unsigned repeats(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < BLOCKS; i++)
		for (unsigned j = 0; j < i; j++)
			n += memcmp(out[i], out[j], 32) == 0;
	return n;
}

/* No generator and a clock that stands still: the state and the counter alone must do. */
static void never_the_same_twice(void)
{
	fake_reset();
	fill(1);
	CHECK_EQ(repeats(), 0);
}

static void the_seed_counts(void)
{
	uint8_t first[32];

	fake_reset();
	fill(1);
	memcpy(first, out[0], 32);
	fake_reset();
	fill(2);
	CHECK_NE(memcmp(first, out[0], 32), 0);
}

/* Continue from one and the same state twice: what differs then is only the source under test. */
static void child_of_same_state(uint8_t answer[32], bool has_random, uint64_t random, uint64_t tsc)
{
	uint64_t seed[8] = {0};

	fake_reset();
	fake.has_random = has_random;
	fake.random = random;
	fake.tsc = tsc;
	entropy_init(seed, ARRAY_LEN(seed));
	lock_core();
	entropy_get(answer);
	unlock_core();
}

static void answers_do_not_show_the_next(void)
{
	uint8_t a[32], b[32];

	child_of_same_state(a, true, 5, 77);
	child_of_same_state(b, true, 5, 77);
	/* even with the same sources a re-seeded state has moved on */
	CHECK_NE(memcmp(a, b, 32), 0);
}

/* The port wipes with it what the hash left on the stack: there the generator's state was. */
static void what_it_was_made_of_does_not_stay(void)
{
	static const uint64_t drawn = 0x1122334455667788;
	uint8_t answer[32];

	child_of_same_state(answer, true, drawn, 77);
	CHECK_EQ(fake.wipes, 1);
	CHECK_MEM(fake.wiped, &drawn, sizeof drawn);
}

static void get_unlocked(void *unused)
{
	(void)unused;
	entropy_get(out[0]);
}

static void needs_the_core_lock(void)
{
	fake_reset();
	CHECK_EQ(fake_try(get_unlocked, NULL), END_ASSERT);
}

/* One bit in two, roughly: catches an answer that is part of the state or constant. */
static void bits_are_balanced(void)
{
	unsigned ones = 0;

	fake_reset();
	fill(3);
	for (unsigned i = 0; i < BLOCKS; i++)
		for (unsigned j = 0; j < 32; j++)
			ones += (unsigned)__builtin_popcount(out[i][j]);
	CHECK_TRUE(ones > BLOCKS * 256 * 45 / 100 && ones < BLOCKS * 256 * 55 / 100);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(never_the_same_twice);
	RUN(the_seed_counts);
	RUN(answers_do_not_show_the_next);
	RUN(what_it_was_made_of_does_not_stay);
	RUN(needs_the_core_lock);
	RUN(bits_are_balanced);
	return check_end();
}
