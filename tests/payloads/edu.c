/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU's edu device: registers as its documentation (docs/specs/edu) names them. */
#include "edu.h"

#define DEVFN	    0x80u
#define COMMAND	    0x04u
#define MEMORY	    0x02u
#define MASTER	    0x04u
#define EDU_FROM    0x80u
#define EDU_TO	    0x88u
#define EDU_BYTES   0x90u
#define EDU_COMMAND 0x98u
#define EDU_START   1u
#define SPINS	    200000000u

static volatile uint64_t from, to;

uint32_t edu_config(uint32_t reg, uint32_t write)
{
	uint32_t address = 0x80000000u | DEVFN << 8 | reg, value = write;

	__asm__ volatile("outl %0, %1" : : "a"(address), "Nd"((uint16_t)0xcf8));
	if (write != 0)
		__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"((uint16_t)0xcfc));
	else
		__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"((uint16_t)0xcfc));
	return value;
}

void edu_on(void)
{
	(void)edu_config(COMMAND, MEMORY | MASTER);
}

static volatile uint64_t *edu(uint64_t reg)
{
	return (volatile uint64_t *)(EDU + reg);
}

void edu_dma(uint64_t source, uint64_t destination, uint64_t bytes, uint64_t direction)
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

uint64_t edu_fetched(uint64_t address)
{
	to = 1;
	edu_dma(address, EDU_BUFFER, sizeof to, 0);
	edu_dma(EDU_BUFFER, (uint64_t)&to, sizeof to, EDU_TO_RAM);
	return to;
}

void edu_store(uint64_t address, uint64_t value, uint64_t bytes)
{
	from = value;
	edu_dma((uint64_t)&from, EDU_BUFFER, bytes, 0);
	edu_dma(EDU_BUFFER, address, bytes, EDU_TO_RAM);
}
