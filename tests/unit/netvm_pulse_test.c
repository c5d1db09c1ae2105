/* SPDX-License-Identifier: Apache-2.0 */
/* netvmd says that its work goes on when the kernel has answered for card and bridge, and the card's queue moves. */
#include "check.h"
#include "netvm/netvmd/pulse.h"

static const struct net_state state = {.nic = 3, .bridge = 5};
static struct pulse p;

static bool answer(int index, uint32_t request)
{
	struct link l = {.index = index, .request = request};

	return pulse_take(&p, &state, &l);
}

static void both_must_answer(void)
{
	uint32_t n;

	p = (struct pulse){0};
	n = pulse_ask(&p, 0);
	CHECK_NE(n, 0);
	CHECK_FALSE(answer(3, n));
	CHECK_FALSE(answer(4, n));
	CHECK_TRUE(answer(5, n));
	CHECK_FALSE(answer(5, n)); /* once */
	n = pulse_ask(&p, 0);
	CHECK_FALSE(
		answer(5, n)); /* what was seen for the last question is no answer to this one */
	CHECK_FALSE(answer(5, n));
	CHECK_TRUE(answer(3, n));
}

static void changes_and_old_answers_are_none(void)
{
	struct link gone = {.index = 3, .gone = true};
	uint32_t n, m;

	p = (struct pulse){0};
	CHECK_FALSE(answer(3, 0) || answer(5, 0)); /* not asked */
	n = pulse_ask(&p, 0);
	CHECK_FALSE(answer(3, 0) || answer(5, 0));
	m = pulse_ask(&p, 0);
	CHECK_NE(m, n);
	CHECK_FALSE(answer(3, n) || answer(5, n));
	gone.request = m;
	CHECK_FALSE(pulse_take(&p, &state, &gone));
	CHECK_FALSE(answer(5, m));
	CHECK_TRUE(answer(3, m));
	p.request = UINT32_MAX;
	CHECK_EQ(pulse_ask(&p, 0), 1); /* 0 is what changes bear */
}

static bool asked_and_answered(uint64_t stuck)
{
	uint32_t n = pulse_ask(&p, stuck);

	(void)answer(3, n);
	return answer(5, n);
}

/* Once may be the far end's fault, and the driver has reset the card; twice within 20 s means that it does not help. */
static void a_queue_that_stays_stuck_is_no_life(void)
{
	p = (struct pulse){0};
	CHECK_TRUE(asked_and_answered(7)); /* of earlier lives of the driver */
	CHECK_TRUE(asked_and_answered(8));
	for (unsigned i = 0; i < PULSE_ASKS; i++)
		CHECK_TRUE(asked_and_answered(8));
	CHECK_TRUE(asked_and_answered(9));
	CHECK_FALSE(asked_and_answered(10));
	CHECK_FALSE(asked_and_answered(11));
	p = (struct pulse){0};
	CHECK_TRUE(asked_and_answered(0));
	for (uint64_t i = 1; i < 20; i++) /* now and then */
		for (unsigned j = 0; j < PULSE_ASKS - 1; j++)
			CHECK_TRUE(asked_and_answered(i));
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(both_must_answer);
	RUN(changes_and_old_answers_are_none);
	RUN(a_queue_that_stays_stuck_is_no_life);
	return check_end();
}
