/* SPDX-License-Identifier: Apache-2.0 */
/* Giving up what a daemon no longer needs once it is set up. There is no way back. */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <stddef.h>
#include <stdint.h>

#define SANDBOX_ID    65534u /* user and group of daemons: they own nothing */
#define SANDBOX_CALLS 96u

/*
 * sandbox_enter - no root, no capability, no system call but COUNT of CALLS (SYS_* numbers, at most SANDBOX_CALLS).
 *
 * Another call kills the process with SIGSYS, which ends the VM with status 159 where nothing starts the daemon again.
 * exit_group and rt_sigreturn are always in. Returns 0, or -1 with errno: then nothing is certain, and the caller must end.
 */
int sandbox_enter(const int *calls, size_t count);

/*
 * The two parts of it alone, for a daemon whose library starts threads in between.
 *
 * sandbox_drop   no root; no capability but those of the bitmap CAPS (bit n = CAP_ n), which nothing can add to; with ROOT
 *                the file system ends there. Must be called while there is one thread.
 * sandbox_calls  no system call but these, no memory that can be made executable, no new privileges, in all threads; does
 *                not need root.
 */
int sandbox_drop(const char *root, uint64_t caps);
int sandbox_calls(const int *calls, size_t count);

/*
 * For a program that starts others.
 *
 * sandbox_user   user and group ID, no other group; no capability but those of CAPS, which programs started from now on have too.
 * sandbox_bound  the user stays; no capability but those of CAPS, no new privileges, also for what is started.
 *
 * Both need root. 0, or -1 with errno: then the caller must end.
 */
int sandbox_user(unsigned id, uint64_t caps);
int sandbox_bound(uint64_t caps);

#endif
