/* SPDX-License-Identifier: Apache-2.0 */
/* Devices that usbvmd is told of: in order, once each, and again while they are not configured yet. */
#include "check.h"

#include "usbvm/usbvmd/arrivals.h"

static struct arrivals a;
static int device[ARRIVALS + 1];

static void told_in_order_and_once(void)
{
	struct arrival one;

	a.count = 0;
	CHECK_EQ(arrivals_wait_ms(&a, 100), -1);
	CHECK_TRUE(arrivals_add(&a, &device[0], false, 100));
	CHECK_TRUE(arrivals_add(&a, &device[1], false, 101));
	CHECK_TRUE(arrivals_add(&a, &device[0], true, 102));
	CHECK_EQ(arrivals_wait_ms(&a, 102), 0);
	REQUIRE(arrivals_next(&a, 102, &one));
	CHECK_TRUE(one.device == &device[0] && !one.left);
	REQUIRE(arrivals_next(&a, 102, &one));
	CHECK_TRUE(one.device == &device[1] && !one.left);
	REQUIRE(arrivals_next(&a, 102, &one));
	CHECK_TRUE(one.device == &device[0] && one.left);
	CHECK_TRUE(!arrivals_next(&a, 102, &one));
	CHECK_EQ(arrivals_wait_ms(&a, 102), -1);
}

/* The kernel tells of a device and then configures it: who looks in between must look again. */
static void one_that_is_not_configured_yet_is_looked_at_again(void)
{
	struct arrival early, one;

	a.count = 0;
	CHECK_TRUE(arrivals_add(&a, &device[0], false, 100));
	REQUIRE(arrivals_next(&a, 100, &early));
	REQUIRE(arrivals_again(&a, &early, 100));
	CHECK_TRUE(!arrivals_next(&a, 100, &one));
	CHECK_EQ(arrivals_wait_ms(&a, 100), ARRIVAL_AGAIN_MS);
	CHECK_TRUE(arrivals_add(&a, &device[1], false, 105)); /* others need not wait for it */
	CHECK_EQ(arrivals_wait_ms(&a, 105), 0);
	REQUIRE(arrivals_next(&a, 105, &one));
	CHECK_TRUE(one.device == &device[1]);
	CHECK_TRUE(!arrivals_next(&a, 100 + ARRIVAL_AGAIN_MS - 1, &one));
	CHECK_EQ(arrivals_wait_ms(&a, 100 + ARRIVAL_AGAIN_MS - 1), 1);
	REQUIRE(arrivals_next(&a, 100 + ARRIVAL_AGAIN_MS, &one));
	CHECK_TRUE(one.device == &device[0]);
	CHECK_EQ(one.since, 100);
}

static void not_for_ever(void)
{
	struct arrival one = {.device = &device[0], .since = 100};

	a.count = 0;
	CHECK_TRUE(arrivals_again(&a, &one, 100 + ARRIVAL_GIVE_UP_MS - 1));
	CHECK_EQ(a.count, 1);
	CHECK_TRUE(!arrivals_again(&a, &one, 100 + ARRIVAL_GIVE_UP_MS));
	CHECK_EQ(a.count, 1);
}

static void no_more_than_there_is_room_for(void)
{
	struct arrival one = {.since = 100};

	a.count = 0;
	for (unsigned i = 0; i < ARRIVALS; i++)
		CHECK_TRUE(arrivals_add(&a, &device[i], false, 100));
	CHECK_TRUE(!arrivals_add(&a, &device[ARRIVALS], false, 100));
	CHECK_TRUE(!arrivals_again(&a, &one, 100));
	for (unsigned i = 0; i < ARRIVALS; i++) {
		REQUIRE(arrivals_next(&a, 100, &one));
		CHECK_TRUE(one.device == &device[i]);
	}
}

int main(void)
{
	RUN(told_in_order_and_once);
	RUN(one_that_is_not_configured_yet_is_looked_at_again);
	RUN(not_for_ever);
	RUN(no_more_than_there_is_room_for);
	return check_end();
}
