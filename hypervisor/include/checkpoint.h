/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of taking a VM's checkpoint and of going back to it. */
#ifndef CHECKPOINT_H
#define CHECKPOINT_H

#include "domain.h"

/*
 * checkpoint_save - D is SAVING: copy some of its RAM; when all is copied it has its devices and is RUNNING.
 * checkpoint_restore - D is RESTORING: copy some of it back, all of it where a device could write past the processor's dirty
 *         bits, else what was written; when all is back and its devices are RESTED it is RUNNING in a new life.
 * Home processor, no lock held; a step takes at most 1 ms. On an error D is refused.
 */
void checkpoint_save(struct domain *d);
void checkpoint_restore(struct domain *d, uint64_t now, bool rested);

#endif
