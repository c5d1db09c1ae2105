/* SPDX-License-Identifier: Apache-2.0 */
/* The payload with a DMA engine (QEMU's edu device): copies in its own memory, then aims at core, VMs and interrupts. */
#include "guest.h"

#define DEVFN	    0x80u
#define COMMAND	    0x04u
#define MEMORY	    0x02u
#define MASTER	    0x04u
#define EDU	    0x80000000ull /* its registers, by the description */
#define EDU_ID	    0x00u
#define EDU_FROM    0x80u
#define EDU_TO	    0x88u
#define EDU_BYTES   0x90u
#define EDU_COMMAND 0x98u
#define EDU_START   1u
#define EDU_TO_RAM  2u
#define EDU_BUFFER  0x40000ull /* the engine's own memory, in its own addresses */
#define SPINS	    200000000u
#define PATTERN	    0x1122334455667788ull
#define OTHER	    2u /* the VM that is aimed at, by its number */

/* The scenario writes addresses of the core and of another VM over these; they lie above our own memory. */
volatile uint64_t dma_target[2] = {0x2d74656772617421ull, 0x2d72656874666f21ull};

static volatile uint64_t from = PATTERN, to;
static struct hv_vm_status status;

static uint32_t config(uint32_t reg, uint32_t write)
{
	uint32_t address = 0x80000000u | DEVFN << 8 | reg, value = write;

	__asm__ volatile("outl %0, %1" : : "a"(address), "Nd"((uint16_t)0xcf8));
	if (write != 0)
		__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"((uint16_t)0xcfc));
	else
		__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"((uint16_t)0xcfc));
	return value;
}

static volatile uint64_t *edu(uint64_t reg)
{
	return (volatile uint64_t *)(EDU + reg);
}

static void dma(uint64_t source, uint64_t destination, uint64_t bytes, uint64_t direction)
{
	*edu(EDU_FROM) = source;
	*edu(EDU_TO) = destination;
	*edu(EDU_BYTES) = bytes;
	*edu(EDU_COMMAND) = EDU_START | direction;
	for (unsigned i = 0; i < SPINS && (*edu(EDU_COMMAND) & EDU_START); i++)
		__asm__ volatile("pause"); /* bound: far more than the engine's 100 ms */
	if (*edu(EDU_COMMAND) & EDU_START)
		say("the engine does not end");
}

/* What the engine gets from ADDRESS, by way of our own memory. */
static uint64_t fetched(uint64_t address)
{
	to = 1;
	dma(address, EDU_BUFFER, sizeof to, 0);
	dma(EDU_BUFFER, (uint64_t)&to, sizeof to, EDU_TO_RAM);
	return to;
}

static void store(uint64_t address, uint64_t value, uint64_t bytes)
{
	from = value;
	dma((uint64_t)&from, EDU_BUFFER, bytes, 0);
	dma(EDU_BUFFER, address, bytes, EDU_TO_RAM);
}

/* What is aimed at must be there, or zeros would prove nothing. */
static void wait_for_other(void)
{
	for (unsigned i = 0; i < SPINS && !status.ready;
	     i++) /* bound: far more than a VM takes to start */
		(void)hcall(HV_CALL_VM_STATUS, OTHER, (uint64_t)&status, 0, 0);
	if (!status.ready)
		say("the other VM does not get ready");
}

void payload_main(void)
{
	wait_for_other();
	say_number("device", config(0, 0));
	(void)config(COMMAND, MEMORY | MASTER);
	say_number("engine", *(volatile uint32_t *)(EDU + EDU_ID));
	say_number("own memory", fetched((uint64_t)&from));
	say_number("core memory", fetched(dma_target[0]));
	say_number("memory of another", fetched(dma_target[1]));
	store(dma_target[0], PATTERN, 8);
	store(dma_target[1], PATTERN, 8);
	store(0xfee00000, 0xa5, 4);	     /* an interrupt of the old format */
	store(0xfee00010 | 0xc8 << 5, 0, 4); /* and through an entry that is absent */
	say_number("own memory", fetched((uint64_t)&from) & 0xff);
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	for (;;)
		__asm__ volatile("pause");
}
