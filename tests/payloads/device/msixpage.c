/* SPDX-License-Identifier: Apache-2.0 */
/* The payload that fills the page in place of its MSI-X table with every value while its device (QEMU's rocker) interrupts. */
#include "function.h"

#define TABLE	     (FUNCTION_BAR + 0x2000) /* its second registers, right behind the first */
#define TEST_IRQ     (FUNCTION_BAR + 0x20)   /* the number of a table entry: it interrupts */
#define ENTRIES	     16u
#define CAP_MSIX     0x11u
#define MSIX_ENABLE  0x80000000u
#define PAGE_DWORDS  1024u
#define WAIT_RETRIES 20000u

static void raise_all(void)
{
	for (unsigned i = 0; i < ENTRIES; i++)
		*reg32(TEST_IRQ) = i;
}

/* Each entry in turn wants VECTOR, with rubbish in all other bits but the mask. */
static void each_entry(uint32_t vector)
{
	for (unsigned i = 0; i < ENTRIES; i++) {
		uint64_t before = SEEN->count[vector];

		*reg32(TABLE + 16 * i) = 0xfee00000u | vector << 12;
		*reg32(TABLE + 16 * i + 4) = ~vector;
		*reg32(TABLE + 16 * i + 8) = vector | vector << 8 | ~vector << 16;
		*reg32(TABLE + 16 * i + 12) = 0xfffffffe;
		*reg32(TEST_IRQ) = i;
		for (unsigned n = 0; vector >= 16 && SEEN->count[vector] == before; n++) {
			if (n == WAIT_RETRIES) {
				say_number("lost", vector << 8 | i);
				break;
			}
			__asm__ volatile("pause");
		}
	}
}

static void whole_page(uint32_t byte)
{
	for (unsigned i = 0; i < PAGE_DWORDS; i++) {
		*reg32(TABLE + 4 * i) = byte * 0x01010101u;
		if (i % 64 == 63)
			raise_all();
	}
}

void payload_main(void)
{
	uint32_t msix = pci_capability(CAP_MSIX);

	SEEN->mark = SEEN_MARK;
	interrupts_start();
	say_number("device", pci_read(0, FUNCTION_DEVFN, 0));
	pci_write(0, FUNCTION_DEVFN, PCI_COMMAND, PCI_MEMORY | PCI_MASTER);
	pci_write(0, FUNCTION_DEVFN, msix, MSIX_ENABLE);
	say_number("msix", pci_read(0, FUNCTION_DEVFN, msix) & 0xffff00ffu);
	for (uint32_t v = 0; v < 256; v++)
		each_entry(v);
	for (uint32_t v = 0; v < 256; v++)
		whole_page(v);
	for (uint32_t v = 0; v < 256; v++)
		SEEN->turns += SEEN->count[v];
	say("every value");
	SEEN->phase = 1;
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	for (;;)
		__asm__ volatile("pause");
}
