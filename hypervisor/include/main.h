/* SPDX-License-Identifier: Apache-2.0 */
/* Boot of the core after the processor-dependent part. */
#ifndef MAIN_H
#define MAIN_H

#include "handoff.h"

/* core_main - check the hand-off, claim memory, make the domains ready to run. Refuses (log, halt) what it cannot believe. */
void core_main(const struct handoff *h);

#endif
