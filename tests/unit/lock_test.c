/* SPDX-License-Identifier: Apache-2.0 */
/* The two locks: one holder, no recursion, and a caller that forgot stops the machine. */
#include "check.h"
#include "lock.h"
#include "tests/fakes/hw_fake.h"

static void take(void *unused)
{
	(void)unused;
	lock_core();
}

static void give(void *unused)
{
	(void)unused;
	unlock_core();
}

static void need(void *unused)
{
	(void)unused;
	lock_assert_held();
}

static void take_log(void *unused)
{
	(void)unused;
	log_lock();
}

static void excludes_other_processors(void)
{
	fake_reset();
	lock_core();
	fake.cpu = 1;
	fake.pauses_allowed = 50;
	CHECK_EQ(fake_try(take, NULL), END_STOP); /* spins for ever */
	CHECK_EQ(fake.pauses, 51);
	CHECK_EQ(fake_try(need, NULL), END_ASSERT); /* held, but not by this one */
	CHECK_EQ(fake_try(give, NULL), END_ASSERT);
	fake.cpu = 0;
	CHECK_EQ(fake_try(need, NULL), END_RETURNED);
	unlock_core();
	fake.cpu = 1;
	CHECK_EQ(fake_try(take, NULL), END_RETURNED);
	CHECK_EQ(fake_try(give, NULL), END_RETURNED);
}

static void take_and_give(void)
{
	fake.cpu = 1;
	lock_core();
	unlock_core();
	fake.cpu = 0;
}

static void yields_to_those_that_wait(void)
{
	fake_reset();
	CHECK_EQ(fake_try(need, NULL), END_ASSERT);
	lock_core();
	fake.on_pause = take_and_give;
	lock_yield();
	CHECK_TRUE(fake.on_pause == NULL); /* it was let in */
	CHECK_EQ(fake_try(need, NULL), END_RETURNED);
	unlock_core();
}

static void is_not_recursive(void)
{
	fake_reset();
	lock_core();
	CHECK_EQ(fake_try(take, NULL), END_ASSERT);
	unlock_core();
}

static void unlocked_is_held_by_nobody(void)
{
	fake_reset();
	CHECK_EQ(fake_try(need, NULL), END_ASSERT);
	CHECK_EQ(fake_try(give, NULL), END_ASSERT);
}

static void the_log_lock_is_another_lock(void)
{
	fake_reset();
	lock_core();
	CHECK_EQ(fake_try(take_log, NULL), END_RETURNED);
	CHECK_EQ(fake_try(take_log, NULL), END_ASSERT);
	fake.cpu = 1;
	fake.pauses_allowed = 5;
	CHECK_EQ(fake_try(take_log, NULL), END_STOP);
	fake.cpu = 0;
	log_unlock();
	CHECK_EQ(fake_try(need, NULL), END_RETURNED);
	unlock_core();
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(excludes_other_processors);
	RUN(yields_to_those_that_wait);
	RUN(is_not_recursive);
	RUN(unlocked_is_held_by_nobody);
	RUN(the_log_lock_is_another_lock);
	return check_end();
}
