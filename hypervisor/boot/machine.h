/* SPDX-License-Identifier: Apache-2.0 */
/* What the loader learns from the firmware about this machine. Must not be seen by the core. */
#ifndef BOOT_MACHINE_H
#define BOOT_MACHINE_H

#include "acpi.h"
#include "efi.h"
#include "memory.h"

struct machine {
	struct acpi_madt madt;
	struct acpi_dmar dmar;
	struct acpi_mcfg mcfg;
	struct acpi_fadt fadt;
	uint8_t s5_a, s5_b;
	int has_s5;
};

/* Both refuse (and do not return) what Bulkhead cannot run on. */
void machine_check_cpu(void);
void machine_read_acpi(const struct efi_system_table *st, struct machine *m);

/* Free memory by the firmware's map. */
void machine_memory(struct efi_system_table *st, struct mem_map *map);
/* Leaves boot services; after it no firmware call is allowed. Refuses when the firmware does not let go. */
void machine_leave(struct efi_system_table *st, efi_handle image);

void machine_screen(struct efi_system_table *st, struct handoff_fb *fb);
uint32_t machine_secure_flags(struct efi_system_table *st);

#endif
