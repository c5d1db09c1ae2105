/* SPDX-License-Identifier: Apache-2.0 */
/* The payload that dies while its network card (e1000e) holds its next interrupt back: in lives 1 to 3 right after the one that began it. */
#include "function.h"

#define LIVES	   3u
#define CAP_MSIX   0x11u
#define MSIX_ON	   0x80000000u
#define CARD_TOLD  (FUNCTION_BAR + 0xc0) /* ICR: what is written is forgotten */
#define CARD_CAUSE (FUNCTION_BAR + 0xc8) /* ICS: raises what is written */
#define CARD_MASK  (FUNCTION_BAR + 0xd0) /* IMS: lets it through */
#define CARD_ENTRY (FUNCTION_BAR + 0xe4) /* IVAR: which entry of the table each cause has */
#define CARD_APART (FUNCTION_BAR + 0xe8) /* EITR of entry 0: least time between two, in 256 ns */
#define RECEIVED   (1u << 20)
#define TO_ENTRY_0 8u

static struct hv_info info;

void payload_main(void)
{
	uint32_t msix = pci_capability(CAP_MSIX);

	(void)hcall(HV_CALL_INFO, (uint64_t)&info, 0, 0, 0);
	pci_write(0, FUNCTION_DEVFN, PCI_COMMAND, PCI_MEMORY | PCI_MASTER);
	say_number("msix", pci_read(0, FUNCTION_DEVFN, msix) & 0xc0000000u);
	if (info.life <= LIVES) {
		pci_write(0, FUNCTION_DEVFN, msix, MSIX_ON);
		*reg32(CARD_TOLD) = RECEIVED;
		*reg32(CARD_APART) = 0xffff;
		*reg32(CARD_ENTRY) = TO_ENTRY_0;
		*reg32(CARD_MASK) = RECEIVED;
		*reg32(CARD_CAUSE) = RECEIVED;
		__asm__ volatile("lidt (%0)\n\tud2" : : "r"(&info.life)); /* a triple fault */
	}
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	rest();
}
