/* SPDX-License-Identifier: Apache-2.0 */
/* The bar: the top rows of the screen, which no VM can draw on. */
#ifndef BAR_H
#define BAR_H

#include "handoff.h"
#include "types.h"

/* bar_init - find the rows in a hand-off whose counts are checked. Boot only. */
void bar_init(const struct handoff *h);
/* bar_refused - the machine is about to halt: WHAT takes the place of everything else. */
void bar_refused(const char *what);
/* bar_draw - focused VM, VPN, verification and the state of each VM, as they are now. Core lock held. */
void bar_draw(void);

#endif
