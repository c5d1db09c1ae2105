/* SPDX-License-Identifier: Apache-2.0 */
/* The one core lock. It covers everything shared between processors; see README.md "Locks". */
#ifndef LOCK_H
#define LOCK_H

/*
 * lock_core - take the core lock; spins with pause. Not recursive: asserts that this processor does not hold it.
 * Held only with interrupts closed, never across guest entry or a step of long work (copy, hash, scrub).
 */
void lock_core(void);
void unlock_core(void);
void lock_assert_held(void);
/* lock_yield - let those that wait for the core lock have it, then take it again: all that it covers may have changed. */
void lock_yield(void);

/* Inner lock of the log alone: taken last, nothing is taken under it. The crash path takes no lock. */
void log_lock(void);
void log_unlock(void);

#endif
