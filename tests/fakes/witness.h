/* SPDX-License-Identifier: Apache-2.0 */
/* A second look at the whole machine of a host test, from the tables and words themselves; must not ask the core what it believes. */
#ifndef WITNESS_H
#define WITNESS_H

/*
 * witness_check - the test dies unless
 *   no window is open;
 *   each frame of a VM's memory belongs to it, in the kind its state says, and the core's frames belong to the core;
 *   a running VM's nested table leads to its own memory, to registers of its own devices and, in one VM at most, to the screen
 *   below the bar; a VM that does not run has no translation;
 *   a device that reaches memory reaches RAM of the VM that owns it.
 */
void witness_check(void);

#endif
