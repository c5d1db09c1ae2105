/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The payload whose device (QEMU's rocker) interrupts without end: sixteen vectors with every turn of the loop. Its own
 * interrupts stay off: what it would have to do about them would slow it down.
 */
#include "function.h"

#define TABLE	    (FUNCTION_BAR + 0x2000)
#define TEST_IRQ    (FUNCTION_BAR + 0x20)
#define ENTRIES	    16u
#define CAP_MSIX    0x11u
#define MSIX_ENABLE 0x80000000u
#define VECTOR	    0x40u

void payload_main(void)
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
	for (;;) {
		for (unsigned i = 0; i < ENTRIES; i++)
			*reg32(TEST_IRQ) = i;
		SEEN->turns++;
	}
}
