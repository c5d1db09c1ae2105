/* SPDX-License-Identifier: Apache-2.0 */
/* Boot of the core after the processor-dependent part. */
#ifndef MAIN_H
#define MAIN_H

#include "handoff.h"
#include "types.h"

/*
 * core_refuse - halt the machine: "REFUSED: ", what was found and what is needed in the log, as the loader says it, RULE on the bar.
 * Boot only.
 */
__attribute__((format(printf, 2, 3))) NO_RETURN void core_refuse(const char *rule, const char *fmt,
								 ...);

/* core_main - check the hand-off, claim memory, make the domains ready to run. Refuses (log, halt) what it cannot believe. */
void core_main(const struct handoff *h);

#endif
