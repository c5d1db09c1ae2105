/* SPDX-License-Identifier: Apache-2.0 */
/* The payload whose device (QEMU's edu) writes interrupt messages of its own making: every vector from 32, to both processors. */
#include "function.h"

#define EDU_FROM    (FUNCTION_BAR + 0x80)
#define EDU_TO	    (FUNCTION_BAR + 0x88)
#define EDU_BYTES   (FUNCTION_BAR + 0x90)
#define EDU_COMMAND (FUNCTION_BAR + 0x98)
#define EDU_START   1u
#define EDU_TO_RAM  2u
#define EDU_BUFFER  0x40000ull /* the engine's own memory, in its own addresses */
#define DWORDS	    512u
#define MESSAGES    0xfee00000ull
#define PROCESSORS  3u

static uint32_t words[DWORDS];

static void dma(uint64_t from, uint64_t to, uint64_t bytes, uint32_t direction)
{
	*reg64(EDU_FROM) = from;
	*reg64(EDU_TO) = to;
	*reg64(EDU_BYTES) = bytes;
	*reg64(EDU_COMMAND) = EDU_START | direction;
	for (unsigned i = 0; i < SPINS && (*reg64(EDU_COMMAND) & EDU_START); i++)
		__asm__ volatile("pause");
}

/*
 * One transfer is 512 messages at ascending addresses. Address bit 4 set: an index into the remapping table; else the old
 * format, with bit 2 to a logical destination, without to the processor in bits 19..12. A quarter is old and physical.
 */
static void messages(uint32_t first, uint64_t processor)
{
	uint32_t vector = first;

	for (unsigned i = 0; i < DWORDS; i++) {
		words[i] = vector;
		if ((i * 4 & 0x14) == 0)
			vector++;
	}
	dma((uint64_t)words, EDU_BUFFER, sizeof words, 0);
	dma(EDU_BUFFER, MESSAGES | processor << 12, sizeof words, EDU_TO_RAM);
}

void payload_main(void)
{
	say_number("device", pci_read(0, FUNCTION_DEVFN, 0));
	pci_write(0, FUNCTION_DEVFN, PCI_COMMAND, PCI_MEMORY | PCI_MASTER);
	for (uint64_t p = 0; p < PROCESSORS; p++) {
		messages(32, p);
		messages(128, p);
	}
	say("forged");
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	for (;;)
		__asm__ volatile("pause");
}
