/* SPDX-License-Identifier: Apache-2.0 */
/* The payload that dies with a transfer of its device (QEMU's edu) under way. In its next life it lets the device write at once. */
#include "function.h"

#define EDU_FROM    (FUNCTION_BAR + 0x80)
#define EDU_TO	    (FUNCTION_BAR + 0x88)
#define EDU_BYTES   (FUNCTION_BAR + 0x90)
#define EDU_COMMAND (FUNCTION_BAR + 0x98)
#define EDU_START   1u
#define EDU_TO_RAM  2u
#define EDU_BUFFER  0x40000ull
#define BYTES	    2048u
#define TARGET	    0x380000ull /* above what the image fills */

static struct hv_info info;
static uint64_t words[BYTES / 8];

static void begin(uint64_t from, uint64_t to, uint32_t direction)
{
	*reg64(EDU_FROM) = from;
	*reg64(EDU_TO) = to;
	*reg64(EDU_BYTES) = BYTES;
	*reg64(EDU_COMMAND) = EDU_START | direction;
}

static void wait(void)
{
	for (unsigned i = 0; i < SPINS && (*reg64(EDU_COMMAND) & EDU_START); i++)
		__asm__ volatile("pause");
}

void payload_main(void)
{
	(void)hcall(HV_CALL_INFO, (uint64_t)&info, 0, 0, 0);
	pci_write(0, FUNCTION_DEVFN, PCI_COMMAND, PCI_MEMORY | PCI_MASTER);
	if (info.life == 1) {
		for (unsigned i = 0; i < BYTES / 8; i++)
			words[i] = 0x5a00000000000000ull >> (i % 2 * 8) | 0x747468676c696eull;
		begin((uint64_t)words, EDU_BUFFER, 0);
		wait();
		begin(EDU_BUFFER, TARGET, EDU_TO_RAM);
		wait();
		say_number("arrived", *reg64(TARGET) == words[0] && *reg64(TARGET + 8) == words[1]);
		begin(EDU_BUFFER, TARGET, EDU_TO_RAM);
		__asm__ volatile("lidt (%0)\n\tud2" : : "r"(&info.life)); /* a triple fault */
	}
	say_number("under way", *reg64(EDU_COMMAND) & EDU_START);
	wait();
	say("over");
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	for (;;)
		__asm__ volatile("pause");
}
