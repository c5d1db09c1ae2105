/* SPDX-License-Identifier: Apache-2.0 */
/* Does a VM still get anywhere? Judged by the processor time it was offered, never by the clock alone. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include "domain.h"

#define PROGRESS_ASK_MS 5000u /* between two questions */
#define PROGRESS_START_MS                                                                          \
	20000u /* of its own, without sleeping once, for one that is not ready yet */

/*
 * A VM whose description has a progress_ms and that said it is ready is asked (HV_EVENT_ASK) every PROGRESS_ASK_MS. Two things can
 * wait for it: event words it has not taken, and a question it has not answered (HV_CALL_HEARTBEAT 0). While either waits, these count:
 *   time in which it ran;
 *   time in which it did not want the processor: it sleeps, and nothing that waits wakes it.
 * Time in which it wanted the processor and another had it does not count: neither a slow machine nor a busy one stops a healthy
 * VM. Each progress_ms of that is one miss; progress_missed of them in a row, and it is stopped: HV_STOP_PROGRESS. What is taken
 * or answered ends the row, for its part alone. One that is not ready yet is waited for without end, but not while it is busy all
 * the time: PROGRESS_START_MS of its own, and it is stopped as well. Nobody is judged who was asked to stop: that has a time of its own.
 */

/* progress_judge - before a turn: what this processor's VMs were offered since the last; questions and verdicts that are due. */
void progress_judge(unsigned cpu);
/* progress_look - PICKED (or NULL) gets the processor now, until *UNTIL: earlier when a question or a verdict comes before. */
void progress_look(unsigned cpu, const struct domain *picked, uint64_t now, uint64_t *until);
/* progress_ran - the turn of D, which progress_look saw picked, is over. */
void progress_ran(struct domain *d, uint64_t now);

#endif
