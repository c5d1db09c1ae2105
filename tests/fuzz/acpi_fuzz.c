/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the loader's ACPI parsers: byte 0 picks the parser (bit 7: mend length and checksum first), the rest is the table. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "boot/acpi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char sigs[8][5] = {"", "XSDT", "APIC", "DMAR", "MCFG", "FACP", "DSDT", ""};

/* A fuzzer does not find checksums: with them mended it gets to the parsers. */
static void mend(uint8_t *p, size_t len, const char *sig)
{
	uint8_t sum = 0;

	if (len < ACPI_HEADER || sig[0] == 0)
		return;
	memcpy(p, sig, 4);
	for (unsigned i = 0; i < 4; i++)
		p[4 + i] = (uint8_t)(len >> 8 * i);
	p[9] = 0;
	for (size_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + p[i]);
	p[9] = (uint8_t)-sum;
}

static void check_scopes(unsigned first, unsigned count, unsigned all)
{
	if (first > all || count > all - first)
		abort();
}

static void run_dmar(const uint8_t *p, size_t len)
{
	static struct acpi_dmar d;

	if (!acpi_dmar(p, len, &d))
		return;
	if (d.drhds == 0 || d.drhds > ACPI_DRHD_MAX || d.rmrrs > ACPI_RMRR_MAX ||
	    d.scopes > ACPI_SCOPE_MAX)
		abort();
	for (unsigned i = 0; i < d.drhds; i++)
		check_scopes(d.drhd[i].scope_first, d.drhd[i].scope_count, d.scopes);
	for (unsigned i = 0; i < d.rmrrs; i++)
		check_scopes(d.rmrr[i].scope_first, d.rmrr[i].scope_count, d.scopes);
	for (unsigned i = 0; i < d.scopes; i++)
		if (d.scope[i].depth > ACPI_PATH_MAX)
			abort();
}

static void run_others(unsigned which, const uint8_t *p, size_t len)
{
	static struct acpi_xsdt xsdt;
	static struct acpi_madt madt;
	struct acpi_mcfg mcfg;
	struct acpi_fadt fadt;
	uint64_t hpa;
	uint8_t a, b;

	if (which == 0)
		(void)acpi_rsdp(p, len, &hpa);
	if (which == 1 && acpi_xsdt(p, len, &xsdt) && xsdt.count > ACPI_XSDT_MAX)
		abort();
	if (which == 2 && acpi_madt(p, len, &madt) &&
	    (madt.cpus == 0 || madt.cpus > ACPI_CPU_MAX || madt.ioapics > ACPI_IOAPIC_MAX))
		abort();
	if (which == 4)
		(void)acpi_mcfg(p, len, &mcfg);
	if (which == 5)
		(void)acpi_fadt(p, len, &fadt);
	if (which == 6 && acpi_s5(p, len, &a, &b) && (a > 7 || b > 7))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len < 2)
		return 0;
	/* A buffer of exactly the table's size, so that a read past it is seen. */
	uint8_t *p = malloc(len - 1);
	if (p == NULL)
		return 0;
	memcpy(p, data + 1, len - 1);
	unsigned which = data[0] & 7;
	if (data[0] & 0x80)
		mend(p, len - 1, sigs[which]);
	if (which == 3)
		run_dmar(p, len - 1);
	else
		run_others(which, p, len - 1);
	free(p);
	return 0;
}
