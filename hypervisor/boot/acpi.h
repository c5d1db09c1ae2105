/* SPDX-License-Identifier: Apache-2.0 */
/* Parsers of the firmware's ACPI tables: total, bounded, pure. They must not follow an address or touch the machine. */
#ifndef BOOT_ACPI_H
#define BOOT_ACPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Every parser reads at most LEN bytes from P. False = malformed, or more entries than a struct here holds; OUT is then
 * of no use. Source: ACPI specification 6.5 chapter 5; VT-d specification 4.1 chapter 8 for DMAR.
 */
#define ACPI_HEADER	36u
#define ACPI_TABLE_MAX	(4u << 20) /* a longer table is refused */
#define ACPI_XSDT_MAX	256u
#define ACPI_CPU_MAX	64u
#define ACPI_IOAPIC_MAX 8u
#define ACPI_DRHD_MAX	8u
#define ACPI_RMRR_MAX	8u
#define ACPI_SCOPE_MAX	96u
#define ACPI_PATH_MAX	6u

struct acpi_xsdt {
	unsigned count;
	uint64_t table[ACPI_XSDT_MAX];
};

struct acpi_ioapic {
	uint32_t id, hpa, gsi_base;
};

struct acpi_madt {
	uint64_t lapic_hpa;
	unsigned cpus, ioapics;
	uint32_t apic_id
		[ACPI_CPU_MAX]; /* enabled processors, each once; more than fit are left out */
	struct acpi_ioapic ioapic[ACPI_IOAPIC_MAX];
};

enum acpi_scope_type { SCOPE_ENDPOINT = 1, SCOPE_BRIDGE = 2, SCOPE_IOAPIC = 3 };

struct acpi_scope {
	uint8_t type; /* enum acpi_scope_type, or one that the loader does not use */
	uint8_t bus;  /* where the path begins */
	uint8_t depth;
	uint8_t path[ACPI_PATH_MAX]; /* devfn of each step */
};

struct acpi_drhd {
	uint64_t reg_hpa;
	uint16_t segment;
	uint8_t flags; /* 1 = INCLUDE_PCI_ALL */
	unsigned scope_first, scope_count;
};

struct acpi_rmrr {
	uint64_t first, last; /* inclusive */
	uint16_t segment;
	unsigned scope_first, scope_count;
};

#define DMAR_INTR_REMAP 1u
struct acpi_dmar {
	uint8_t flags;
	unsigned drhds, rmrrs, scopes;
	struct acpi_drhd drhd[ACPI_DRHD_MAX];
	struct acpi_rmrr rmrr[ACPI_RMRR_MAX];
	struct acpi_scope scope[ACPI_SCOPE_MAX];
};

struct acpi_mcfg {
	uint64_t hpa; /* of segment 0; 0 = none */
	uint8_t bus_first, bus_last;
	bool other_segments; /* the machine has more than segment 0 */
};

struct acpi_fadt {
	uint64_t dsdt_hpa;
	uint16_t pm1a_cnt, pm1b_cnt, pm_timer, reset_port; /* I/O ports; 0 = none */
	uint8_t reset_value;
	bool timer_32bit;
};

/* Length of the table at P when its signature, length and checksum are right, else 0. */
size_t acpi_table_len(const uint8_t *p, size_t len, const char sig[4]);

bool acpi_rsdp(const uint8_t *p, size_t len, uint64_t *xsdt_hpa);
bool acpi_xsdt(const uint8_t *p, size_t len, struct acpi_xsdt *out);
bool acpi_madt(const uint8_t *p, size_t len, struct acpi_madt *out);
bool acpi_dmar(const uint8_t *p, size_t len, struct acpi_dmar *out);
bool acpi_mcfg(const uint8_t *p, size_t len, struct acpi_mcfg *out);
bool acpi_fadt(const uint8_t *p, size_t len, struct acpi_fadt *out);

/* Finds the \_S5 package in the bytes of a DSDT; the two values are 0..7, not shifted. */
bool acpi_s5(const uint8_t *p, size_t len, uint8_t *typ_a, uint8_t *typ_b);

#endif
