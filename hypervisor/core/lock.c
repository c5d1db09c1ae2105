/* SPDX-License-Identifier: Apache-2.0 */
/* Two spin locks: the core's and, inside it, the log's. */
#include <stdatomic.h>
#include "hw.h"
#include "lock.h"

#define FREE UINT32_MAX

static _Atomic uint32_t core_holder = FREE;
static _Atomic uint32_t log_holder = FREE;

static void take(_Atomic uint32_t *lock)
{
	uint32_t self = hw_cpu(), expected = FREE;

	ASSERT(atomic_load_explicit(lock, memory_order_relaxed) != self);
	/* bound: the holder's critical section; holders never wait for anything but the log lock */
	while (!atomic_compare_exchange_weak_explicit(lock, &expected, self, memory_order_acquire,
						      memory_order_relaxed)) {
		expected = FREE;
		hw_pause();
	}
}

void lock_core(void)
{
	take(&core_holder);
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
