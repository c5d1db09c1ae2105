/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interrupts of QEMU's rocker, sixteen vectors with every turn. The payload's own interrupts stay off: what it would have to do about
 * them would slow it down.
 */
#ifndef STORM_H
#define STORM_H

#include "function.h"

#define TABLE	    (FUNCTION_BAR + 0x2000)
#define TEST_IRQ    (FUNCTION_BAR + 0x20)
#define ENTRIES	    16u
#define CAP_MSIX    0x11u
#define MSIX_ENABLE 0x80000000u
#define VECTOR	    0x40u

static inline void storm_begin(void)
{
	SEEN->mark = SEEN_MARK;
	pci_write(0, FUNCTION_DEVFN, PCI_COMMAND, PCI_MEMORY | PCI_MASTER);
	pci_write(0, FUNCTION_DEVFN, pci_capability(CAP_MSIX), MSIX_ENABLE);
	for (unsigned i = 0; i < ENTRIES; i++) {
		*reg32(TABLE + 16 * i + 8) = VECTOR + i;
		*reg32(TABLE + 16 * i + 12) = 0;
	}
	say("storming");
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
}

/* Sixteen stores in a row: the emulated processor looks for interrupts between blocks of instructions, so all are there at once. */
static inline void storm_turn(void)
{
#pragma GCC unroll 16
	for (unsigned i = 0; i < ENTRIES; i++)
		*reg32(TEST_IRQ) = i;
	SEEN->turns++;
}

#endif
