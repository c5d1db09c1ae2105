/* SPDX-License-Identifier: Apache-2.0 */
/* Two spin locks: the core's and, inside it, the log's. */
#include <stdatomic.h>
#include "hw.h"
#include "lock.h"

#define FREE	    UINT32_MAX
#define YIELD_SPINS 1000u

static _Atomic uint32_t core_holder = FREE;
static _Atomic uint32_t log_holder = FREE;

static _Atomic uint32_t waiting; /* processors that want the core lock and do not have it */

static bool attempt(_Atomic uint32_t *lock)
{
	uint32_t expected = FREE;

	return atomic_compare_exchange_strong_explicit(lock, &expected, hw_cpu(),
						       memory_order_acquire, memory_order_relaxed);
}

static void take(_Atomic uint32_t *lock)
{
	ASSERT(atomic_load_explicit(lock, memory_order_relaxed) != hw_cpu());
	/* bound: the holder's critical section; holders never wait for anything but the log lock */
	while (!attempt(lock))
		hw_pause();
}

void lock_core(void)
{
	if (attempt(&core_holder))
		return;
	atomic_fetch_add_explicit(&waiting, 1, memory_order_relaxed);
	take(&core_holder);
	atomic_fetch_sub_explicit(&waiting, 1, memory_order_relaxed);
}

void lock_yield(void)
{
	unsigned spins = 0;

	unlock_core();
	do /* bound: others may want it without end; they have had their chance */
		hw_pause();
	while (++spins < YIELD_SPINS && atomic_load_explicit(&waiting, memory_order_relaxed) != 0);
	lock_core();
}

void unlock_core(void)
{
	lock_assert_held();
	atomic_store_explicit(&core_holder, FREE, memory_order_release);
}

void lock_assert_held(void)
{
	ASSERT(atomic_load_explicit(&core_holder, memory_order_relaxed) == hw_cpu());
}

void log_lock(void)
{
	take(&log_holder);
}

void log_unlock(void)
{
	atomic_store_explicit(&log_holder, FREE, memory_order_release);
}
