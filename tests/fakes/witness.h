/* SPDX-License-Identifier: Apache-2.0 */
/* A second look at the whole machine of a host test, from the tables and words themselves; must not ask the core what it believes. */
#ifndef WITNESS_H
#define WITNESS_H

#include "domain.h"

/*
 * witness_check - the test dies unless
 *   no window is open;
 *   each frame of a VM's memory belongs to it, in the kind its state says, and the core's frames belong to the core;
 *   a running VM's nested table leads to its own memory, to registers of its own devices and, in one VM at most, to the screen
 *   below the bar; a VM that does not run has no translation;
 *   a device that reaches memory reaches RAM of the VM that owns it.
 */
void witness_check(void);

/*
 * In witness_core.c, which holds channel.c: link it instead of that file. witness_begin after each machine_make; witness_core
 * dies unless
 *   ends are attached by VMs that run, in epochs that never go back; a death is told of a life that is over; a ring lies in memory of
 *   its receiver, its tail between two messages;
 *   each interrupt entry is present for its owner's function, vector and processor, and only while that VM runs;
 *   the spare image that a VM runs, or is to run, is sealed;
 *   one VM at most has the focus, it runs and may have it, and generations never go back.
 * witness_may_touch - may a hypercall of CALLER look at this page or write it? Its own RAM, rings it sends to, with the admin right a spare
 *   that is open.
 */
void witness_begin(void);
void witness_core(void);
uint32_t witness_tail(uint32_t channel); /* the core's own, not the ring's */
bool witness_may_touch(const struct domain *caller, hpa_t page);

#endif
