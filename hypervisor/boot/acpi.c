/* SPDX-License-Identifier: Apache-2.0 */
/* Reads RSDP, XSDT, MADT, DMAR, MCFG, FADT and \_S5 from bytes; must stay pure, every loop ends at the bytes given. */
#include "acpi.h"

#include "bytes.h"

static bool sum_is_zero(const uint8_t *p, size_t len)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + p[i]);
	return sum == 0;
}

size_t acpi_table_len(const uint8_t *p, size_t len, const char sig[4])
{
	if (len < ACPI_HEADER || memcmp(p, sig, 4) != 0)
		return 0;
	size_t table_len = le32(p + 4);
	if (table_len < ACPI_HEADER || table_len > len || table_len > ACPI_TABLE_MAX)
		return 0;
	return sum_is_zero(p, table_len) ? table_len : 0;
}

bool acpi_rsdp(const uint8_t *p, size_t len, uint64_t *xsdt_hpa)
{
	if (len < 36 || memcmp(p, "RSD PTR ", 8) != 0 || p[15] < 2)
		return false;
	if (!sum_is_zero(p, 20) || !sum_is_zero(p, 36) || le64(p + 24) == 0)
		return false;
	*xsdt_hpa = le64(p + 24);
	return true;
}

bool acpi_xsdt(const uint8_t *p, size_t len, struct acpi_xsdt *out)
{
	size_t n = acpi_table_len(p, len, "XSDT");

	if (n == 0 || (n - ACPI_HEADER) / 8 > ACPI_XSDT_MAX)
		return false;
	out->count = (unsigned)((n - ACPI_HEADER) / 8);
	for (unsigned i = 0; i < out->count; i++)
		out->table[i] = le64(p + ACPI_HEADER + 8 * i);
	return true;
}

static bool madt_cpu(struct acpi_madt *out, uint32_t id, uint32_t flags)
{
	if (!(flags & 1))
		return true;
	for (unsigned i = 0; i < out->cpus; i++)
		if (out->apic_id[i] == id)
			return true;
	if (out->cpus < ACPI_CPU_MAX)
		out->apic_id[out->cpus++] = id;
	return true;
}

static bool madt_ioapic(struct acpi_madt *out, const uint8_t *e)
{
	if (out->ioapics == ACPI_IOAPIC_MAX)
		return false;
	out->ioapic[out->ioapics++] =
		(struct acpi_ioapic){.id = e[2], .hpa = le32(e + 4), .gsi_base = le32(e + 8)};
	return true;
}

static bool madt_entry(struct acpi_madt *out, const uint8_t *e, size_t len)
{
	if (e[0] == 0 && len >= 8) /* processor with an 8-bit id */
		return madt_cpu(out, e[3], le32(e + 4));
	if (e[0] == 9 && len >= 16) /* processor with a 32-bit id */
		return madt_cpu(out, le32(e + 4), le32(e + 8));
	if (e[0] == 1 && len >= 12)
		return madt_ioapic(out, e);
	if (e[0] == 5 && len >= 12) /* 64-bit address of the local APIC */
		out->lapic_hpa = le64(e + 4);
	return true;
}

bool acpi_madt(const uint8_t *p, size_t len, struct acpi_madt *out)
{
	size_t n = acpi_table_len(p, len, "APIC");

	if (n < 44)
		return false;
	memset(out, 0, sizeof *out);
	out->lapic_hpa = le32(p + 36);
	for (size_t off = 44; off < n;) { /* bound: each entry has at least 2 bytes */
		if (n - off < 2 || p[off + 1] < 2 || p[off + 1] > n - off)
			return false;
		if (!madt_entry(out, p + off, p[off + 1]))
			return false;
		off += p[off + 1];
	}
	return out->cpus > 0;
}

static bool dmar_scopes(struct acpi_dmar *out, const uint8_t *p, size_t len)
{
	for (size_t off = 0; off < len;) { /* bound: each scope has at least 8 bytes */
		if (len - off < 8 || p[off + 1] < 8 || p[off + 1] > len - off)
			return false;
		unsigned steps = (p[off + 1] - 6u) / 2;
		if (steps > ACPI_PATH_MAX || out->scopes == ACPI_SCOPE_MAX)
			return false;
		struct acpi_scope *s = &out->scope[out->scopes++];
		s->type = p[off];
		s->bus = p[off + 5];
		s->depth = (uint8_t)steps;
		for (unsigned i = 0; i < steps; i++)
			s->path[i] = (uint8_t)((p[off + 6 + 2 * i] & 31) << 3 |
					       (p[off + 7 + 2 * i] & 7));
		off += p[off + 1];
	}
	return true;
}

static bool dmar_drhd(struct acpi_dmar *out, const uint8_t *e, size_t len)
{
	if (len < 16 || out->drhds == ACPI_DRHD_MAX)
		return false;
	struct acpi_drhd *d = &out->drhd[out->drhds++];
	d->flags = e[4];
	d->segment = le16(e + 6);
	d->reg_hpa = le64(e + 8);
	d->scope_first = out->scopes;
	if (d->reg_hpa == 0 || d->reg_hpa % PAGE != 0 || !dmar_scopes(out, e + 16, len - 16))
		return false;
	d->scope_count = out->scopes - d->scope_first;
	return true;
}

static bool dmar_rmrr(struct acpi_dmar *out, const uint8_t *e, size_t len)
{
	if (len < 24 || out->rmrrs == ACPI_RMRR_MAX)
		return false;
	struct acpi_rmrr *r = &out->rmrr[out->rmrrs++];
	r->segment = le16(e + 6);
	r->first = le64(e + 8);
	r->last = le64(e + 16);
	r->scope_first = out->scopes;
	if (r->first % PAGE != 0 || r->last < r->first || !dmar_scopes(out, e + 24, len - 24))
		return false;
	r->scope_count = out->scopes - r->scope_first;
	return true;
}

bool acpi_dmar(const uint8_t *p, size_t len, struct acpi_dmar *out)
{
	size_t n = acpi_table_len(p, len, "DMAR");

	if (n < 48)
		return false;
	memset(out, 0, sizeof *out);
	out->flags = p[37];
	for (size_t off = 48; off < n;) { /* bound: each structure has at least 4 bytes */
		if (n - off < 4)
			return false;
		size_t entry = le16(p + off + 2);
		if (entry < 4 || entry > n - off)
			return false;
		unsigned type = le16(p + off);
		if (type == 0 && !dmar_drhd(out, p + off, entry))
			return false;
		if (type == 1 && !dmar_rmrr(out, p + off, entry))
			return false;
		off += entry;
	}
	return out->drhds > 0;
}

bool acpi_mcfg(const uint8_t *p, size_t len, struct acpi_mcfg *out)
{
	size_t n = acpi_table_len(p, len, "MCFG");

	if (n < 44)
		return false;
	memset(out, 0, sizeof *out);
	for (size_t off = 44; n - off >= 16; off += 16) {
		out->other_segments = out->other_segments || le16(p + off + 8) != 0;
		if (le16(p + off + 8) != 0 || p[off + 11] < p[off + 10] || out->hpa != 0)
			continue;
		out->hpa = le64(p + off);
		out->bus_first = p[off + 10];
		out->bus_last = p[off + 11];
	}
	return out->hpa % MIB == 0;
}

/* The port of a fixed register: the extended field (a generic address at X) where there, else the 32-bit field at OFF. */
static uint16_t fadt_port(const uint8_t *p, size_t n, size_t x, size_t off)
{
	if (n >= x + 12 && p[x] == 1 && le64(p + x + 4) != 0 && le64(p + x + 4) <= 0xffff)
		return (uint16_t)le64(p + x + 4);
	return le32(p + off) <= 0xffff ? (uint16_t)le32(p + off) : 0;
}

bool acpi_fadt(const uint8_t *p, size_t len, struct acpi_fadt *out)
{
	size_t n = acpi_table_len(p, len, "FACP");

	if (n < 116)
		return false;
	memset(out, 0, sizeof *out);
	uint32_t flags = le32(p + 112);
	out->dsdt_hpa = n >= 148 && le64(p + 140) != 0 ? le64(p + 140) : le32(p + 40);
	out->pm1a_cnt = fadt_port(p, n, 172, 64);
	out->pm1b_cnt = fadt_port(p, n, 184, 68);
	out->pm_timer = fadt_port(p, n, 208, 76);
	out->timer_32bit = (flags & 1u << 8) != 0;
	if (n >= 129 && (flags & 1u << 10) && p[116] == 1 && le64(p + 120) <= 0xffff) {
		out->reset_port = (uint16_t)le64(p + 120);
		out->reset_value = p[128];
	}
	return true;
}

/* One integer constant of AML at *OFF; moves *OFF past it. */
static bool aml_integer(const uint8_t *p, size_t len, size_t *off, uint32_t *value)
{
	if (*off >= len)
		return false;
	uint8_t op = p[*off];
	size_t bytes = op == 0x0a ? 1 : op == 0x0b ? 2 : op == 0x0c ? 4 : 0;
	if (bytes == 0 && op > 1) /* ZeroOp and OneOp are their own value */
		return false;
	if (len - *off - 1 < bytes)
		return false;
	*value = bytes == 0 ? op : 0;
	for (size_t i = 0; i < bytes; i++)
		*value |= (uint32_t)p[*off + 1 + i] << (8 * i);
	*off += 1 + bytes;
	return true;
}

bool acpi_s5(const uint8_t *p, size_t len, uint8_t *typ_a, uint8_t *typ_b)
{
	for (size_t i = 1; i < len && len - i >= 8; i++) {
		if (memcmp(p + i, "_S5_", 4) != 0 || p[i + 4] != 0x12)
			continue;
		if (p[i - 1] != 0x08 && !(i >= 2 && p[i - 1] == '\\' && p[i - 2] == 0x08))
			continue;
		size_t off = i + 5;
		off += 1u + (p[off] >> 6); /* package length: 1 to 4 bytes */
		if (off >= len || p[off] < 2)
			continue;
		off++; /* number of elements */
		uint32_t a, b;
		if (!aml_integer(p, len, &off, &a) || !aml_integer(p, len, &off, &b))
			continue;
		if (a > 7 || b > 7)
			continue;
		*typ_a = (uint8_t)a;
		*typ_b = (uint8_t)b;
		return true;
	}
	return false;
}
