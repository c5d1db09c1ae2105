/* SPDX-License-Identifier: Apache-2.0 */
/* Which processors the core gets, and how the others are stopped. Reaches the machine only through hw.h. */
#ifndef BOOT_CPUS_H
#define BOOT_CPUS_H

#include "acpi.h"
#include "handoff.h"

struct cpus {
	unsigned count, siblings; /* chosen; left out because their core has one already */
	uint32_t apic_id[CPU_MAX];
};

uint32_t cpus_boot_id(void);

/* How many low bits of an APIC id number the threads of one core. 0 = the processor tells of no threads. */
unsigned cpus_thread_bits(void);

/* The boot processor first, then one thread of each further core in the order of the MADT, at most CPU_MAX. */
void cpus_choose(const struct acpi_madt *m, uint32_t boot, unsigned thread_bits, struct cpus *out);

/*
 * cpus_park - stop all processors but this one by INIT: they do nothing, whatever interrupts come, until a start-up IPI.
 *
 * lapic_hpa  registers of the local APIC, used unless it is in x2APIC mode
 * False: the INIT was not sent in time. After boot services only: before, the firmware may need its processors.
 */
bool cpus_park(uint64_t lapic_hpa);

#endif
