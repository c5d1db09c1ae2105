/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the loader's ACPI parsers: the tables of one real board, and each rule broken by hand. */
#include "check.h"

#include "boot/acpi.h"
#include "unit/acpi_q35.h"

/* A table under construction. */
struct table {
	uint8_t b[4096];
	size_t len;
};

static void begin(struct table *t, const char *sig, size_t fixed)
{
	memset(t, 0, sizeof *t);
	memcpy(t->b, sig, 4);
	t->len = fixed;
}

static void add(struct table *t, const uint8_t *bytes, size_t n)
{
	memcpy(t->b + t->len, bytes, n);
	t->len += n;
}

static void put(struct table *t, size_t off, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		t->b[off + i] = (uint8_t)(v >> 8 * i);
}

static void end(struct table *t)
{
	uint8_t sum = 0;

	put(t, 4, t->len, 4);
	t->b[9] = 0;
	for (size_t i = 0; i < t->len; i++)
		sum = (uint8_t)(sum + t->b[i]);
	t->b[9] = (uint8_t)-sum;
}

static struct table t;
static struct acpi_madt madt;
static struct acpi_dmar dmar;
static struct acpi_xsdt xsdt;

static void reads_the_boards_rsdp_and_xsdt(void)
{
	uint64_t hpa = 0;

	CHECK_TRUE(acpi_rsdp(q35_rsdp, sizeof q35_rsdp, &hpa));
	CHECK_NE(hpa, 0);
	CHECK_TRUE(acpi_xsdt(q35_xsdt, sizeof q35_xsdt, &xsdt));
	CHECK_EQ(xsdt.count, 6);
}

static void refuses_a_damaged_rsdp(void)
{
	uint8_t b[36];
	uint64_t hpa = 7;

	for (size_t i = 0; i < sizeof b; i++) {
		memcpy(b, q35_rsdp, sizeof b);
		b[i] = (uint8_t)(b[i] ^ 1);
		CHECK_FALSE(acpi_rsdp(b, sizeof b, &hpa));
	}
	CHECK_FALSE(acpi_rsdp(q35_rsdp, 35, &hpa));
	CHECK_EQ(hpa, 7);
}

static void refuses_rsdp_of_acpi_1(void)
{
	uint8_t b[36];
	uint64_t hpa;

	/* Revision 1 with both checksums right. */
	memcpy(b, q35_rsdp, sizeof b);
	b[8] = (uint8_t)(b[8] + b[15] - 1);
	b[15] = 1;
	CHECK_FALSE(acpi_rsdp(b, sizeof b, &hpa));
}

static void refuses_an_xsdt_of_too_many(void)
{
	begin(&t, "XSDT", ACPI_HEADER + 8 * ACPI_XSDT_MAX);
	end(&t);
	CHECK_TRUE(acpi_xsdt(t.b, t.len, &xsdt));
	begin(&t, "XSDT", ACPI_HEADER + 8 * (ACPI_XSDT_MAX + 1));
	end(&t);
	CHECK_FALSE(acpi_xsdt(t.b, t.len, &xsdt));
}

static void table_length_needs_header_and_checksum(void)
{
	begin(&t, "ABCD", 64);
	end(&t);
	CHECK_EQ(acpi_table_len(t.b, sizeof t.b, "ABCD"), 64);
	CHECK_EQ(acpi_table_len(t.b, 64, "ABCD"), 64);
	CHECK_EQ(acpi_table_len(t.b, 63, "ABCD"), 0);
	CHECK_EQ(acpi_table_len(t.b, 35, "ABCD"), 0);
	CHECK_EQ(acpi_table_len(t.b, 64, "ABCE"), 0);
	t.b[50] = 1;
	CHECK_EQ(acpi_table_len(t.b, 64, "ABCD"), 0);
	begin(&t, "ABCD", 35);
	end(&t);
	CHECK_EQ(acpi_table_len(t.b, sizeof t.b, "ABCD"), 0);
}

static void reads_the_boards_processors(void)
{
	CHECK_TRUE(acpi_madt(q35_apic, sizeof q35_apic, &madt));
	CHECK_EQ(madt.lapic_hpa, 0xfee00000);
	CHECK_EQ(madt.cpus, 2);
	CHECK_EQ(madt.apic_id[0], 0);
	CHECK_EQ(madt.apic_id[1], 1);
	CHECK_EQ(madt.ioapics, 1);
	CHECK_EQ(madt.ioapic[0].hpa, 0xfec00000);
	CHECK_EQ(madt.ioapic[0].gsi_base, 0);
}

static void madt_takes_both_kinds_of_processor_once(void)
{
	const uint8_t off[] = {0, 8, 0, 1, 0, 0, 0, 0}, one[] = {0, 8, 0, 2, 1, 0, 0, 0};
	const uint8_t x2[] = {9, 16, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0};
	const uint8_t same[] = {9, 16, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0};
	const uint8_t wide[] = {5, 12, 0, 0, 0, 0, 0xe0, 0xfe, 1, 0, 0, 0};

	begin(&t, "APIC", 44);
	add(&t, off, sizeof off);
	add(&t, one, sizeof one);
	add(&t, x2, sizeof x2);
	add(&t, same, sizeof same);
	add(&t, wide, sizeof wide);
	end(&t);
	CHECK_TRUE(acpi_madt(t.b, t.len, &madt));
	CHECK_EQ(madt.cpus, 2);
	CHECK_EQ(madt.apic_id[0], 2);
	CHECK_EQ(madt.apic_id[1], 0x100);
	CHECK_EQ(madt.lapic_hpa, 0x1fee00000);
}

static void madt_refuses_bad_lengths_and_no_processor(void)
{
	const uint8_t cpu[] = {0, 8, 0, 0, 1, 0, 0, 0};
	const uint8_t zero[] = {0, 0}, long_entry[] = {1, 12, 0}, lone[] = {0};

	begin(&t, "APIC", 44);
	end(&t);
	CHECK_FALSE(acpi_madt(t.b, t.len, &madt));
	for (unsigned i = 0; i < 3; i++) {
		const uint8_t *const bad[] = {zero, long_entry, lone};
		const size_t len[] = {sizeof zero, sizeof long_entry, sizeof lone};
		begin(&t, "APIC", 44);
		add(&t, cpu, sizeof cpu);
		end(&t);
		CHECK_TRUE(acpi_madt(t.b, t.len, &madt));
		add(&t, bad[i], len[i]);
		end(&t);
		CHECK_FALSE(acpi_madt(t.b, t.len, &madt));
	}
}

static void madt_leaves_out_more_than_it_holds(void)
{
	uint8_t cpu[] = {0, 8, 0, 0, 1, 0, 0, 0};

	begin(&t, "APIC", 44);
	for (unsigned i = 0; i < ACPI_CPU_MAX; i++) {
		cpu[3] = (uint8_t)i;
		add(&t, cpu, sizeof cpu);
	}
	end(&t);
	CHECK_TRUE(acpi_madt(t.b, t.len, &madt));
	cpu[3] = 200;
	add(&t, cpu, sizeof cpu);
	end(&t);
	REQUIRE(acpi_madt(t.b, t.len, &madt));
	REQUIRE(madt.cpus == ACPI_CPU_MAX);
	CHECK_EQ(madt.apic_id[ACPI_CPU_MAX - 1], ACPI_CPU_MAX - 1);
}

static void reads_the_boards_iommu(void)
{
	CHECK_TRUE(acpi_dmar(q35_dmar, sizeof q35_dmar, &dmar));
	CHECK_EQ(dmar.flags & DMAR_INTR_REMAP, DMAR_INTR_REMAP);
	CHECK_EQ(dmar.drhds, 1);
	CHECK_EQ(dmar.rmrrs, 0);
	CHECK_EQ(dmar.drhd[0].reg_hpa, 0xfed90000);
	CHECK_EQ(dmar.drhd[0].flags, 0);
	CHECK_EQ(dmar.drhd[0].scope_count, 7);
	CHECK_EQ(dmar.scope[0].type, SCOPE_IOAPIC);
	CHECK_EQ(dmar.scope[0].bus, 0xff);
	CHECK_EQ(dmar.scope[2].type, SCOPE_BRIDGE);
	CHECK_EQ(dmar.scope[2].depth, 1);
	CHECK_EQ(dmar.scope[3].path[0], 2 << 3 | 1);
	CHECK_EQ(dmar.scope[6].path[0], 31 << 3 | 3);
}

static const uint8_t drhd[] = {0, 0, 16, 0, 1, 0, 0, 0, 0, 0, 0xd9, 0xfe, 0, 0, 0, 0};

static void begin_dmar(size_t drhd_bytes)
{
	begin(&t, "DMAR", 48);
	add(&t, drhd, sizeof drhd);
	put(&t, 48, 0, 2);
	put(&t, 50, drhd_bytes, 2);
}

static void reads_a_path_and_a_reserved_region(void)
{
	const uint8_t scope[] = {1, 10, 0, 0, 0, 3, 0x1c, 2, 0, 1};
	const uint8_t rmrr[] = {1,    0,    32,	  0,	0, 0, 0, 0, 0, 0, 0, 0x7d, 0, 0, 0, 0,
				0xff, 0xff, 0x0f, 0x7d, 0, 0, 0, 0, 1, 8, 0, 0,	   0, 0, 2, 0};

	begin_dmar(16 + sizeof scope);
	add(&t, scope, sizeof scope);
	add(&t, rmrr, sizeof rmrr);
	end(&t);
	REQUIRE(acpi_dmar(t.b, t.len, &dmar));
	CHECK_EQ(dmar.drhd[0].flags, 1);
	CHECK_EQ(dmar.scope[0].bus, 3);
	CHECK_EQ(dmar.scope[0].depth, 2);
	CHECK_EQ(dmar.scope[0].path[0], 0x1c << 3 | 2);
	CHECK_EQ(dmar.scope[0].path[1], 1);
	CHECK_EQ(dmar.rmrrs, 1);
	CHECK_EQ(dmar.rmrr[0].first, 0x7d000000);
	CHECK_EQ(dmar.rmrr[0].last, 0x7d0fffff);
	CHECK_EQ(dmar.rmrr[0].scope_first, 1);
	CHECK_EQ(dmar.rmrr[0].scope_count, 1);
}

static void dmar_refuses_bad_lengths(void)
{
	const uint8_t scope[] = {1, 9, 0, 0, 0, 0, 1, 0}, cut[] = {0, 0, 3};
	uint8_t deep[8 + 2 * ACPI_PATH_MAX] = {1, sizeof deep};

	begin(&t, "DMAR", 48);
	end(&t);
	CHECK_FALSE(acpi_dmar(t.b, t.len, &dmar)); /* no unit */
	begin_dmar(15);
	end(&t);
	CHECK_FALSE(acpi_dmar(t.b, t.len, &dmar));
	begin_dmar(17);
	end(&t);
	CHECK_FALSE(acpi_dmar(t.b, t.len, &dmar));
	begin_dmar(16);
	add(&t, cut, sizeof cut);
	end(&t);
	CHECK_FALSE(acpi_dmar(t.b, t.len, &dmar));
	begin_dmar(24);
	add(&t, scope, sizeof scope);
	end(&t);
	CHECK_FALSE(acpi_dmar(t.b, t.len, &dmar));
	begin_dmar(16 + sizeof deep);
	add(&t, deep, sizeof deep);
	end(&t);
	CHECK_FALSE(acpi_dmar(t.b, t.len, &dmar));
}

static void dmar_refuses_addresses_that_make_no_sense(void)
{
	uint8_t rmrr[24] = {1, 0, 24, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0xff, 0x1f};

	begin_dmar(16);
	put(&t, 56, 0xfed90800, 8);
	end(&t);
	CHECK_FALSE(acpi_dmar(t.b, t.len, &dmar));
	begin_dmar(16);
	add(&t, rmrr, sizeof rmrr);
	end(&t);
	CHECK_TRUE(acpi_dmar(t.b, t.len, &dmar));
	rmrr[17] = 0x0f; /* ends before it begins */
	begin_dmar(16);
	add(&t, rmrr, sizeof rmrr);
	end(&t);
	CHECK_FALSE(acpi_dmar(t.b, t.len, &dmar));
}

static void dmar_refuses_more_than_it_holds(void)
{
	begin(&t, "DMAR", 48);
	for (unsigned i = 0; i < ACPI_DRHD_MAX; i++)
		add(&t, drhd, sizeof drhd);
	end(&t);
	CHECK_TRUE(acpi_dmar(t.b, t.len, &dmar));
	add(&t, drhd, sizeof drhd);
	end(&t);
	CHECK_FALSE(acpi_dmar(t.b, t.len, &dmar));
}

static void reads_the_boards_config_window(void)
{
	struct acpi_mcfg m;

	CHECK_TRUE(acpi_mcfg(q35_mcfg, sizeof q35_mcfg, &m));
	CHECK_EQ(m.hpa, 0xb0000000);
	CHECK_EQ(m.bus_first, 0);
	CHECK_EQ(m.bus_last, 255);
	CHECK_FALSE(m.other_segments);
}

static void config_window_of_another_segment_is_said(void)
{
	struct acpi_mcfg m;
	const uint8_t other[16] = {0, 0, 0, 0xb0, 0, 0, 0, 0, 1, 0, 0, 255};

	begin(&t, "MCFG", 44);
	add(&t, other, sizeof other);
	end(&t);
	CHECK_TRUE(acpi_mcfg(t.b, t.len, &m));
	CHECK_EQ(m.hpa, 0);
	CHECK_TRUE(m.other_segments);
	const uint8_t first[16] = {0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 2, 7},
		      second[16] = {0, 0, 0, 0xd0};
	begin(&t, "MCFG", 44);
	add(&t, first, sizeof first);
	add(&t, second, sizeof second);
	add(&t, other, sizeof other);
	end(&t);
	CHECK_TRUE(acpi_mcfg(t.b, t.len, &m));
	CHECK_EQ(m.hpa, 0xc0000000);
	CHECK_EQ(m.bus_first, 2);
	CHECK_EQ(m.bus_last, 7);
	CHECK_TRUE(m.other_segments); /* wherever it stands in the table */
}

static void reads_the_boards_ports(void)
{
	struct acpi_fadt f;

	CHECK_TRUE(acpi_fadt(q35_facp, sizeof q35_facp, &f));
	CHECK_EQ(f.pm1a_cnt, 0x604);
	CHECK_EQ(f.pm1b_cnt, 0);
	CHECK_EQ(f.pm_timer, 0x608);
	CHECK_EQ(f.reset_port, 0xcf9);
	CHECK_EQ(f.reset_value, 15);
	CHECK_FALSE(f.timer_32bit);
	CHECK_NE(f.dsdt_hpa, 0);
}

static void short_fadt_gives_the_old_fields_only(void)
{
	struct acpi_fadt f;

	begin(&t, "FACP", 116);
	put(&t, 40, 0x1000, 4);
	put(&t, 64, 0x404, 4);
	put(&t, 76, 0x408, 4);
	put(&t, 112, 1u << 8 | 1u << 10, 4);
	end(&t);
	CHECK_TRUE(acpi_fadt(t.b, t.len, &f));
	CHECK_EQ(f.dsdt_hpa, 0x1000);
	CHECK_EQ(f.pm1a_cnt, 0x404);
	CHECK_EQ(f.pm_timer, 0x408);
	CHECK_EQ(f.reset_port, 0);
	CHECK_TRUE(f.timer_32bit);
	begin(&t, "FACP", 115);
	end(&t);
	CHECK_FALSE(acpi_fadt(t.b, t.len, &f));
}

static void reset_register_counts_only_as_a_port(void)
{
	struct acpi_fadt f;

	begin(&t, "FACP", 129);
	put(&t, 112, 1u << 10, 4);
	put(&t, 120, 0xcf9, 8);
	t.b[128] = 6;
	end(&t);
	CHECK_TRUE(acpi_fadt(t.b, t.len, &f)); /* address space 0: memory */
	CHECK_EQ(f.reset_port, 0);
	t.b[116] = 1;
	end(&t);
	CHECK_TRUE(acpi_fadt(t.b, t.len, &f));
	CHECK_EQ(f.reset_port, 0xcf9);
	CHECK_EQ(f.reset_value, 6);
	put(&t, 120, 0x10000, 8);
	end(&t);
	CHECK_TRUE(acpi_fadt(t.b, t.len, &f));
	CHECK_EQ(f.reset_port, 0);
}

static bool s5(const char *bytes, size_t n, uint8_t *a, uint8_t *b)
{
	return acpi_s5((const uint8_t *)bytes, n, a, b);
}

static void finds_the_sleep_package_in_all_its_spellings(void)
{
	uint8_t a = 9, b = 9;

	CHECK_TRUE(s5("\x00\x08_S5_\x12\x06\x04\x00\x01\x00\x00", 13, &a, &b));
	CHECK_EQ(a, 0);
	CHECK_EQ(b, 1);
	CHECK_TRUE(s5("\x08\\_S5_\x12\x08\x04\x0a\x05\x0a\x07\x00\x00", 15, &a, &b));
	CHECK_EQ(a, 5);
	CHECK_EQ(b, 7);
	CHECK_TRUE(s5("\x08_S5_\x12\x41\x00\x02\x0b\x06\x00\x0c\x03\x00\x00\x00", 17, &a, &b));
	CHECK_EQ(a, 6);
	CHECK_EQ(b, 3);
	/* The first hit is not a name, the second is. */
	CHECK_TRUE(s5("x_S5_\x12\x06\x04\x01\x01\x08_S5_\x12\x06\x02\x0a\x04\x00", 21, &a, &b));
	CHECK_EQ(a, 4);
}

static void refuses_a_sleep_package_that_is_none(void)
{
	uint8_t a = 9, b = 9;

	CHECK_FALSE(s5("x_S5_\x12\x06\x04\x00\x00\x00\x00", 12, &a, &b));
	CHECK_FALSE(s5("\x08_S5_\x11\x06\x04\x00\x00\x00\x00", 12, &a, &b));
	CHECK_FALSE(s5("\x08_S5_\x12\x06\x01\x00\x00\x00\x00", 12, &a, &b));
	CHECK_FALSE(s5("\x08_S5_\x12\x06\x04\x0a\x08\x00\x00", 12, &a, &b));
	CHECK_FALSE(s5("\x08_S5_\x12\x06\x04\x05\x00\x00\x00", 12, &a, &b));
	CHECK_FALSE(s5("\x08_S5_\x12\xff", 7, &a, &b));
	CHECK_FALSE(s5("\x08_S5_\x12\xff\x04\x00", 9, &a, &b));
	CHECK_FALSE(s5("\x08_S5_\x12\x06\x04\x0c\x01", 10, &a, &b));
	CHECK_FALSE(s5("", 0, &a, &b));
	CHECK_EQ(a, 9);
	CHECK_EQ(b, 9);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(reads_the_boards_rsdp_and_xsdt);
	RUN(refuses_a_damaged_rsdp);
	RUN(refuses_rsdp_of_acpi_1);
	RUN(refuses_an_xsdt_of_too_many);
	RUN(table_length_needs_header_and_checksum);
	RUN(reads_the_boards_processors);
	RUN(madt_takes_both_kinds_of_processor_once);
	RUN(madt_refuses_bad_lengths_and_no_processor);
	RUN(madt_leaves_out_more_than_it_holds);
	RUN(reads_the_boards_iommu);
	RUN(reads_a_path_and_a_reserved_region);
	RUN(dmar_refuses_bad_lengths);
	RUN(dmar_refuses_addresses_that_make_no_sense);
	RUN(dmar_refuses_more_than_it_holds);
	RUN(reads_the_boards_config_window);
	RUN(config_window_of_another_segment_is_said);
	RUN(reads_the_boards_ports);
	RUN(short_fadt_gives_the_old_fields_only);
	RUN(reset_register_counts_only_as_a_port);
	RUN(finds_the_sleep_package_in_all_its_spellings);
	RUN(refuses_a_sleep_package_that_is_none);
	return check_end();
}
