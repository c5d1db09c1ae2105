/* SPDX-License-Identifier: Apache-2.0 */
/* Fixed affinity, priority and a budget per period; leftover time goes round among those that want more. */
#ifndef SCHED_H
#define SCHED_H

#include "domain.h"

#define SCHED_NEVER UINT64_MAX

uint64_t sched_ticks(uint64_t us); /* of the TSC */
void sched_init(struct domain *d, uint64_t now);
/* sched_pick - the domain this processor should serve now, or NULL; *until = when to look again at the latest (TSC). */
struct domain *sched_pick(unsigned cpu, uint64_t now, uint64_t *until);
/* sched_forget - the VM's registers are void: do not save them. Its vCPU has been wiped: the processor's own are emptied with it. */
void sched_forget(struct domain *d);
/* sched_unload - the VM's registers are in its vCPU, and the processor holds nobody's that are to be saved. Home processor. */
void sched_unload(struct domain *d);
void sched_charge(struct domain *d, uint64_t ticks);
/* sched_switch - the processor holds the registers of D, and those of whom it held before are saved. Home processor. */
void sched_switch(struct domain *d);
/* sched_loop - serve this processor's domains for ever. */
NO_RETURN void sched_loop(void);

#endif
