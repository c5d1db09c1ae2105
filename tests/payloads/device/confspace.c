/* SPDX-License-Identifier: Apache-2.0 */
/* The payload that writes all of configuration space, when the scenario pulls the cable of its network card (QEMU's e1000e). */
#include "function.h"

#define STATUS	  (FUNCTION_BAR + 0x08)
#define STATUS_UP 2u
#define CF8	  0xcf8u
#define CFC	  0xcfcu
#define BRIDGE	  0x00u

static const uint32_t busses[] = {0, 1, 2}; /* all the board has */
static uint64_t written;

static void wait_for_link(uint32_t up)
{
	while ((*reg32(STATUS) & STATUS_UP) != up) /* bound: the scenario's */
		__asm__ volatile("pause");
}

/* Every dword of every function of these busses. */
static void everywhere(uint32_t value)
{
	for (unsigned b = 0; b < sizeof busses / sizeof *busses; b++) {
		for (uint32_t devfn = 0; devfn < 256; devfn++) {
			for (uint32_t reg = 0; reg < 256; reg += 4, written++)
				pci_write(busses[b], devfn, reg, value);
		}
	}
}

static void out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static void out16(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

/* Each bit alone, bytes and words at each place, and addresses with the bits set that mean something else. */
static void own(uint32_t devfn)
{
	for (uint32_t reg = 0; reg < 256; reg += 4, written += 44) {
		uint32_t address = 0x80000000u | devfn << 8 | reg;

		for (unsigned bit = 0; bit < 32; bit++)
			pci_write(0, devfn, reg, 1u << bit);
		out32(CF8, address);
		for (unsigned i = 0; i < 4; i++)
			out8((uint16_t)(CFC + i), 0xff);
		for (unsigned i = 0; i < 4; i++)
			out16((uint16_t)(CFC + i), 0xffff);
		for (unsigned i = 1; i < 5; i++) {
			out32(CF8,
			      i == 4 ? address | 0x0f000000u : address | i); /* odd, and extended */
			out32(CFC, 0xffffffff);
		}
	}
}

void payload_main(void)
{
	say_number("device", pci_read(0, FUNCTION_DEVFN, 0));
	pci_write(0, FUNCTION_DEVFN, PCI_COMMAND, PCI_MEMORY);
	wait_for_link(STATUS_UP);
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	wait_for_link(0);
	say("begin");
	everywhere(0xffffffff);
	own(FUNCTION_DEVFN);
	own(BRIDGE);
	everywhere(0);
	for (uint32_t reg = 0; reg < 256; reg += 4, written++)
		pci_write(0, FUNCTION_DEVFN, reg, 0xffffffff);
	say_number("written", written);
	say_number("still device", pci_read(0, FUNCTION_DEVFN, 0));
	for (;;)
		__asm__ volatile("pause");
}
