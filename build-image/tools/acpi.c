/* SPDX-License-Identifier: Apache-2.0 */
/* RSDP, XSDT, FADT, MADT and DSDT of a guest; must describe nothing the hypervisor does not give. Sections: ACPI 6.4. */
#include "acpi.h"

#include <assert.h>
#include <string.h>
#include "aml.h"

#define HEADER_BYTES 36u
#define FADT_BYTES   276u
#define XAPIC_BASE   0xfee00000u

/* Guest addresses of PCI memory and I/O, around every address a device of the description can have. */
#define PCI_MEM_FIRST 0x80000000u
#define PCI_MEM_LAST  0xfebfffffu
#define PCI_IO_FIRST  0x6000u
#define PCI_IO_LAST   0xffffu

static void put(uint8_t *p, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

/* Sets BYTES[at] so that the first LEN bytes add up to 0. */
static void checksum(uint8_t *bytes, size_t len, size_t at)
{
	uint8_t sum = 0;

	bytes[at] = 0;
	for (size_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + bytes[i]);
	bytes[at] = (uint8_t)(0 - sum);
}

static void finish_table(uint8_t *t, const char *signature, uint8_t revision, size_t len)
{
	memcpy(t, signature, 4);
	put(t + 4, len, 4);
	t[8] = revision;
	memcpy(t + 10, "BULKHD", 6);   /* OEM id */
	memcpy(t + 16, "BULKHEAD", 8); /* OEM table id */
	put(t + 24, 1, 4);	       /* OEM revision */
	memcpy(t + 28, "BLKH", 4);     /* compiler id */
	put(t + 32, 1, 4);
	checksum(t, len, 9);
}

/* Hardware-reduced (4.1): no PM timer, no fixed events, no SCI; everything not set below is "not there". */
static size_t fadt(uint8_t *t, uint64_t dsdt)
{
	put(t + 40, dsdt, 4);
	put(t + 109, 0x4 | 0x10 | 0x20, 2); /* no VGA, no ASPM control, no CMOS clock */
	put(t + 112, 1 | 1u << 20, 4);	    /* WBINVD works; HW_REDUCED_ACPI */
	t[131] = 4;			    /* minor version: 6.4 */
	put(t + 140, dsdt, 8);
	memcpy(t + 268, "BULKHEAD", 8); /* hypervisor vendor */
	finish_table(t, "FACP", 6, FADT_BYTES);
	return FADT_BYTES;
}

/* One x2APIC entry (5.2.12.12) and no I/O APIC: interrupts are messages. */
static size_t madt(uint8_t *t)
{
	uint8_t *entry = t + HEADER_BYTES + 8;

	put(t + HEADER_BYTES, XAPIC_BASE, 4);
	entry[0] = 9;
	entry[1] = 16;
	put(entry + 4, 0, 4);  /* x2APIC id */
	put(entry + 8, 1, 4);  /* enabled */
	put(entry + 12, 0, 4); /* processor uid */
	finish_table(t, "APIC", 5, HEADER_BYTES + 8 + 16);
	return HEADER_BYTES + 8 + 16;
}

/* Scope (\_SB) { Device (PCI0) { _HID PNP0A03, _UID 0, _BBN 0, _CRS } } */
static size_t dsdt(uint8_t *t, size_t max)
{
	uint8_t windows[128];
	struct aml res = {windows, sizeof windows, 0, false};
	struct aml a = {t, max, HEADER_BYTES, false};
	size_t scope, device;

	res_bus_range(&res, 0, 0);
	res_io_ports(&res, 0xcf8, 8);
	res_io_window(&res, PCI_IO_FIRST, PCI_IO_LAST);
	res_memory_window(&res, PCI_MEM_FIRST, PCI_MEM_LAST);
	res_end(&res);

	scope = aml_open_scope(&a, "\\_SB_");
	device = aml_open_device(&a, "PCI0");
	aml_name_eisa_id(&a, "_HID", "PNP0A03");
	aml_name_int(&a, "_UID", 0);
	aml_name_int(&a, "_BBN", 0);
	aml_name_resources(&a, "_CRS", windows, res.len);
	aml_close(&a, device);
	aml_close(&a, scope);
	assert(!res.full && !a.full);
	finish_table(t, "DSDT", 2, a.len);
	return a.len;
}

static size_t align(size_t at)
{
	return (at + 63) & ~(size_t)63;
}

void acpi_build(uint8_t buf[ACPI_BYTES])
{
	size_t xsdt_at = 64, dsdt_at = 128, fadt_at, madt_at, end;

	memset(buf, 0, ACPI_BYTES);
	fadt_at = align(dsdt_at + dsdt(buf + dsdt_at, ACPI_BYTES - dsdt_at));
	madt_at = align(fadt_at + fadt(buf + fadt_at, ACPI_GPA + dsdt_at));
	end = madt_at + madt(buf + madt_at);
	assert(end <= ACPI_BYTES);

	put(buf + xsdt_at + HEADER_BYTES, ACPI_GPA + fadt_at, 8);
	put(buf + xsdt_at + HEADER_BYTES + 8, ACPI_GPA + madt_at, 8);
	finish_table(buf + xsdt_at, "XSDT", 1, HEADER_BYTES + 16);

	memcpy(buf, "RSD PTR ", 8); /* 5.2.5.3 */
	memcpy(buf + 9, "BULKHD", 6);
	buf[15] = 2;
	put(buf + 20, 36, 4);
	put(buf + 24, ACPI_GPA + xsdt_at, 8);
	checksum(buf, 20, 8);
	checksum(buf, 36, 32);
}
