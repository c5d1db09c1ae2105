/* SPDX-License-Identifier: Apache-2.0 */
/* Does a VM still get anywhere? Judged by the processor time it was offered, never by the clock alone. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include "domain.h"

#define PROGRESS_ASK_MS 5000u /* between two questions */

/*
 * A VM whose description has a progress_ms is asked (HV_EVENT_ASK) every PROGRESS_ASK_MS. Once it said that it is ready, two things can
 * wait for it: event words it has not taken, and a question it has not answered (HV_CALL_HEARTBEAT 0). While either waits, these count:
 *   time in which it ran;
 *   time in which it did not want the processor: it sleeps, and nothing that waits wakes it.
 * Time in which it wanted the processor and another had it does not count: neither a slow machine nor a busy one stops a healthy
 * VM, and of a turn no more counts than was set for it: a machine that stands still stops nobody. Each progress_ms of that is one
 * miss; progress_missed of them in a row, and it is stopped: HV_STOP_PROGRESS. What is taken
 * or answered ends the row, for its part alone. One that is not ready yet may answer, too: it waits, for a cable or a far end, and is waited for. It is stopped
 * when it ran and slept for start_ms without an answer; 0: never. Nobody is judged who was asked to stop: that has a time of its own.
 */

/* progress_judge - before a turn: what this processor's VMs were offered since the last; questions and verdicts that are due, device_storm's too. */
void progress_judge(unsigned cpu);
/* progress_look - PICKED (or NULL) gets the processor now, until *UNTIL: earlier when a question or a verdict comes before. */
void progress_look(unsigned cpu, const struct domain *picked, uint64_t now, uint64_t *until);
/* progress_ran - the turn of D, which progress_look saw picked, is over. */
void progress_ran(struct domain *d, uint64_t now);

#endif
