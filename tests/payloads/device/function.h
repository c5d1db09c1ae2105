/* SPDX-License-Identifier: Apache-2.0 */
/* For payloads with a device: configuration space, DMA engines, interrupts that are counted. Must not know what a scenario expects. */
#ifndef FUNCTION_H
#define FUNCTION_H

#include "guest.h"

#define FUNCTION_DEVFN 0x80u	     /* where the description puts it */
#define FUNCTION_BAR   0x80000000ull /* its first registers, by the description */
#define PCI_COMMAND    0x04u
#define PCI_MEMORY     0x02u
#define PCI_MASTER     0x04u

/*
 * What a scenario looks at from outside: one page at 3 MiB, above what the image fills.
 * phase says how far the payload is; count has the interrupts that came with each vector.
 */
struct seen {
	uint64_t mark, phase, turns;
	uint64_t unused[5];
	uint64_t count[256];
};
#define SEEN	  ((volatile struct seen *)0x300000)
#define SEEN_MARK 0x4e4545534e454553ull

uint32_t pci_read(uint32_t bus, uint32_t devfn, uint32_t reg);
void pci_write(uint32_t bus, uint32_t devfn, uint32_t reg, uint32_t value);
uint32_t pci_capability(uint32_t id); /* of our function: its offset, 0 = none */

static inline void out32(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline volatile uint32_t *reg32(uint64_t address)
{
	return (volatile uint32_t *)address;
}

static inline volatile uint64_t *reg64(uint64_t address)
{
	return (volatile uint64_t *)address;
}

/* All vectors counted in SEEN, exceptions too: they end this payload, but not unseen. */
void interrupts_start(void);

#define SPINS 200000000u /* far more than anything here takes */

#endif
