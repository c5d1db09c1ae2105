/* SPDX-License-Identifier: Apache-2.0 */
/* Time, timer rates and entropy for the hand-off. Must not set any clock. */
#ifndef BOOT_CLOCK_H
#define BOOT_CLOCK_H

#include <stdbool.h>

#include "acpi.h"
#include "efi.h"

/* Nanoseconds since 1970-01-01 UTC of a firmware date; 0 when it makes no sense. */
uint64_t clock_ns(const struct efi_time *t);

/* The PM timer of the FADT. False: it does not count. */
bool clock_init(const struct acpi_fadt *fadt);
void clock_wait_1ms(void);

/* Five rounds of 10 ms against the PM timer, the smallest rate of each counts. Interrupts must be off. */
bool clock_rates(uint64_t lapic_hpa, uint64_t *tsc_khz, uint64_t *lapic_khz);

/* Fills WORDS from all sources that are there; returns how many bits an attacker must guess at least, as far as known. */
uint32_t clock_entropy(struct efi_system_table *st, uint64_t *words, unsigned count);

#endif
