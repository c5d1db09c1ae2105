/* SPDX-License-Identifier: Apache-2.0 */
/* What the machine and the description must be before anything starts. Pure: facts in, a reason in words out. */
#ifndef BOOT_CHECK_H
#define BOOT_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "acpi.h"
#include "hv_system.h"

struct cpu_facts {
	uint32_t ext_max;	   /* CPUID 0x80000000 EAX */
	uint32_t std_edx;	   /* CPUID 1 EDX */
	uint32_t ext_ecx, ext_edx; /* CPUID 0x80000001 */
	uint32_t svm_edx;	   /* CPUID 0x8000000A EDX */
	uint64_t vm_cr;		   /* MSR 0xC0010114, read only when the processor has AMD-V */
	uint64_t cr4;
};

/* NULL = good, else the text that follows `REFUSED: `: what was found and what is needed. */
const char *check_cpu(const struct cpu_facts *f);
const char *check_iommu(uint8_t dmar_flags, uint64_t cap, uint64_t ecap);
/* Functions of another PCI segment would be neither listed nor translated. */
const char *check_segments(const struct acpi_dmar *dmar, const struct acpi_mcfg *mcfg);
/* BITS as clock_entropy() gives them. */
const char *check_entropy(uint32_t bits);

/* Checks all of BYTES that the loader relies on; the core checks the rest. */
const char *check_system(const uint8_t *bytes, size_t len);

#endif
