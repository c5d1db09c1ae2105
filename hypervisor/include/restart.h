/* SPDX-License-Identifier: Apache-2.0 */
/* Whether, when and from what a VM that died by itself comes back. */
#ifndef RESTART_H
#define RESTART_H

#include "domain.h"

/*
 * A VM with HV_DOM_AUTORESTART, restart_count n in restart_window_s. `Late`: more than a window after the stage, or the window, began.
 *
 * stage       dies, not late                                       dies late       on, off, restart, kill
 * BUDGET      fewer than n in this window: again, after a pause    as if new       as if new
 *             else COLD where a checkpoint is kept, else QUARANTINE
 * COLD        QUARANTINE                                           as if new       as if new
 * QUARANTINE  -                                                    -               as if new
 *
 * As if new: stage BUDGET, a window that begins now, nothing used of it. The pauses of a window: none, 250 ms, 500 ms, 1 s, 2 s,
 * then 4 s each; COLD has the longest. COLD starts once from the image, whatever is kept, and makes its checkpoint anew. A VM that dies while
 * it was asked to stop does what was asked. One in quarantine is DEAD; but one that ran its spare image goes back to its boot image
 * instead (swap_work.c), as if new.
 */

/* restart_next - the VM died by itself: true = it comes back, from the image if d->cold. */
bool restart_next(struct domain *d) MUST_CHECK;
/* restart_pause - in each step of what follows: once, say what was decided, and set d->not_before. */
void restart_pause(struct domain *d);
/* restart_pardon - the administrator wants something of it: as if new, and no pause. Home processor. */
void restart_pardon(struct domain *d);

#endif
