/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the loader's PCI list, isolation groups, IOMMU links, quieting and USB hand-over on a model machine. */
#include "check.h"

#include "boot/pci.h"
#include "fakes/boot_hw_fake.h"

#define BRIDGE_CLASS 0x06040000u
#define ACS_ALL	     0x1du

static struct pci_list l;
static struct handoff h;

static void cap(struct fake_fn *f, uint8_t at, uint8_t id, uint32_t upper)
{
	uint32_t next = f->reg[13] & 0xff;

	f->reg[1] |= 1u << 20;
	f->reg[13] = at;
	f->reg[at / 4] = id | next << 8 | upper << 16;
}

static void bar32(struct fake_fn *f, unsigned i, uint32_t hpa, uint32_t bytes)
{
	f->reg[4 + i] = hpa;
	f->bar_mask[i] = ~(bytes - 1);
}

/* A PCIe port: TYPE 4 = root, 6 = downstream, 5 = upstream, 7 = to a PCI bus; ACS = bits of its capability, 0 = none. */
static struct fake_fn *port(uint16_t bdf, uint8_t bus, uint8_t type, uint32_t acs)
{
	struct fake_fn *f = fake_add(bdf, 0x000c1b36, BRIDGE_CLASS, 1);

	f->reg[6] = (uint32_t)bus << 16 | (uint32_t)bus << 8 | bdf >> 8;
	cap(f, 0x54, 0x10, (uint32_t)type << 4 | 2);
	f->reg[0x100 / 4] = 0x14010001; /* something else first */
	f->reg[0x140 / 4] = acs ? 0x0001000d : 0;
	f->reg[0x144 / 4] = acs;
	return f;
}

static struct fake_fn *endpoint(uint16_t bdf)
{
	return fake_add(bdf, 0x10d38086, 0x02000000, 0);
}

static const struct handoff_pci *at(uint16_t bdf)
{
	for (unsigned i = 0; i < l.count; i++)
		if (l.f[i].bdf == bdf)
			return &l.f[i];
	static const struct handoff_pci none;
	CHECK_EQ(bdf, UINT64_MAX); /* not in the list */
	return &none;
}

static void lists_functions_in_slot_order(void)
{
	fake_reset();
	endpoint(0x0302);
	endpoint(0x0300)->reg[3] |= 0x800000; /* multi-function, 0301 missing */
	endpoint(0x00f9);		      /* not seen: function 0 is missing */
	port(0x0010, 3, 4, ACS_ALL);
	endpoint(0x0000);
	REQUIRE(pci_scan(&l));
	REQUIRE(l.count == 4);
	CHECK_EQ(l.f[0].bdf, 0x0000);
	CHECK_EQ(l.f[1].bdf, 0x0010);
	CHECK_EQ(l.f[2].bdf, 0x0300);
	CHECK_EQ(l.f[3].bdf, 0x0302);
	CHECK_EQ(l.f[0].bridge_bdf, PCI_NO_BRIDGE);
	CHECK_EQ(l.f[1].sec_bus, 3);
	CHECK_EQ(l.f[2].bridge_bdf, 0x0010);
	CHECK_EQ(l.f[0].vendor, 0x8086);
	CHECK_EQ(l.f[0].device, 0x10d3);
	CHECK_EQ(l.f[0].class_rev, 0x02000000);
}

static void functions_of_a_single_function_device_are_not_probed(void)
{
	fake_reset();
	endpoint(0x0008);
	endpoint(0x0009);
	REQUIRE(pci_scan(&l));
	CHECK_EQ(l.count, 1);
}

static void more_functions_than_fit_are_refused(void)
{
	fake_reset();
	for (unsigned i = 0; i < HANDOFF_PCI_MAX; i++)
		endpoint((uint16_t)((i / 32) << 8 | (i % 32) << 3));
	CHECK_TRUE(pci_scan(&l));
	endpoint(0x0508);
	CHECK_FALSE(pci_scan(&l));
}

static void sizes_bars_with_decoding_off_and_restores_them(void)
{
	fake_reset();
	struct fake_fn *f = endpoint(0x0018);
	f->reg[1] |= 0xf9000000; /* status bits that a write of ones would clear */
	bar32(f, 0, 0xc0000000, 0x20000);
	f->reg[5] = 0xe001; /* I/O */
	f->bar_mask[1] = 0xffe0;
	bar32(f, 4, 0xc1000000, 0x100);
	struct fake_fn before = *f;
	REQUIRE(pci_scan(&l));
	CHECK_EQ(l.f[0].bar[0].hpa, 0xc0000000);
	CHECK_EQ(l.f[0].bar[0].bytes, 0x20000);
	CHECK_EQ(l.f[0].bar[1].hpa, 0);
	CHECK_EQ(l.f[0].bar[1].bytes, 0);
	CHECK_EQ(l.f[0].bar[4].bytes, 0x100);
	CHECK_EQ(l.f[0].bar[5].hpa, 0);
	CHECK_MEM(f->reg, before.reg, sizeof f->reg);
	CHECK_EQ(f->decoded_sizing, 0);
	CHECK_EQ(f->cleared, 0);
}

static void sizes_64_bit_bars(void)
{
	fake_reset();
	struct fake_fn *f = endpoint(0x0018);
	f->reg[4] = 0x00000000 | 0xc;
	f->reg[5] = 0xe0;
	f->bar_mask[0] = 0xffffc000;
	f->bar_mask[1] = 0xffffffff;
	f->reg[6] = 0xc;
	f->reg[7] = 0xf0;
	f->bar_mask[2] = 0; /* all low bits fixed: 16 GiB */
	f->bar_mask[3] = 0xfffffffc;
	REQUIRE(pci_scan(&l));
	CHECK_EQ(l.f[0].bar[0].hpa, 0xe000000000);
	CHECK_EQ(l.f[0].bar[0].bytes, 0x4000);
	CHECK_EQ(l.f[0].bar[0].flags, 0xc);
	CHECK_EQ(l.f[0].bar[1].hpa, 0);
	CHECK_EQ(l.f[0].bar[2].hpa, 0xf000000000);
	CHECK_EQ(l.f[0].bar[2].bytes, 16ull << 30);
}

static void finds_capabilities_and_ends_on_a_loop(void)
{
	fake_reset();
	struct fake_fn *f = endpoint(0x0018);
	cap(f, 0x40, 0x01, 0);
	cap(f, 0x50, 0x05, 0x80);
	cap(f, 0x60, 0x10, 0x2);
	cap(f, 0x70, 0x13, 0);
	cap(f, 0x80, 0x11, 4);
	f->reg[0x40 / 4] |= 0x80 << 8; /* the last points to the first */
	REQUIRE(pci_scan(&l));
	CHECK_EQ(l.f[0].pm_cap, 0x40);
	CHECK_EQ(l.f[0].msi_cap, 0x50);
	CHECK_EQ(l.f[0].pcie_cap, 0x60);
	CHECK_EQ(l.f[0].af_cap, 0x70);
	CHECK_EQ(l.f[0].msix_cap, 0x80);
	CHECK_EQ(l.f[0].msix_entries, 5);
	f->reg[1] &= ~(1u << 20); /* no list, whatever the pointer says */
	REQUIRE(pci_scan(&l));
	CHECK_EQ(l.f[0].msix_cap, 0);
}

static void msix_page_is_clean_only_inside_a_whole_page_bar(void)
{
	fake_reset();
	struct fake_fn *f = endpoint(0x0018);
	cap(f, 0x80, 0x11, 15);
	bar32(f, 1, 0xc0000000, 0x4000);
	f->reg[0x84 / 4] = 0x3000 | 1;
	REQUIRE(pci_scan(&l));
	CHECK_EQ(l.f[0].msix_flags, 1);
	CHECK_EQ(l.f[0].msix_bir, 1);
	CHECK_EQ(l.f[0].msix_offset, 0x3000);
	f->reg[0x84 / 4] = 0x3f08 | 1; /* ends behind the BAR */
	REQUIRE(pci_scan(&l));
	CHECK_EQ(l.f[0].msix_flags, 0);
	f->reg[0x84 / 4] = 0x4000 | 1;
	REQUIRE(pci_scan(&l));
	CHECK_EQ(l.f[0].msix_flags, 0);
	f->reg[0x84 / 4] = 6; /* no such BAR */
	REQUIRE(pci_scan(&l));
	CHECK_EQ(l.f[0].msix_flags, 0);
	f->reg[0x84 / 4] = 2; /* a BAR that is not there */
	REQUIRE(pci_scan(&l));
	CHECK_EQ(l.f[0].msix_flags, 0);
	f->reg[0x84 / 4] = 1;
	bar32(f, 1, 0xc0000000, 0x800); /* others may live in its page */
	REQUIRE(pci_scan(&l));
	CHECK_EQ(l.f[0].msix_flags, 0);
}

static void ports_with_acs_keep_devices_apart(void)
{
	fake_reset();
	port(0x0010, 1, 4, ACS_ALL)->reg[3] |= 0x800000;
	port(0x0011, 2, 4, ACS_ALL);
	endpoint(0x0100);
	endpoint(0x0200);
	endpoint(0x0018);
	REQUIRE(pci_scan(&l));
	REQUIRE(l.count == 5);
	for (unsigned i = 0; i < l.count; i++)
		for (unsigned j = 0; j < i; j++)
			if (l.f[i].bdf != 0x0011) /* the ports themselves are one device */
				CHECK_NE(l.f[i].group, l.f[j].group);
	CHECK_EQ(at(0x0010)->group, at(0x0011)->group);
}

static void a_port_without_full_acs_shares_its_group(void)
{
	for (unsigned bit = 0; bit < 5; bit++) {
		if (!(ACS_ALL & 1u << bit))
			continue;
		fake_reset();
		port(0x0010, 1, 4, ACS_ALL & ~(1u << bit));
		endpoint(0x0100);
		REQUIRE(pci_scan(&l));
		CHECK_EQ(at(0x0100)->group, at(0x0010)->group);
	}
	fake_reset();
	port(0x0010, 1, 4, 0);
	endpoint(0x0100);
	endpoint(0x0018);
	REQUIRE(pci_scan(&l));
	CHECK_EQ(at(0x0100)->group, at(0x0010)->group);
	CHECK_NE(at(0x0018)->group, at(0x0010)->group);
}

static void functions_of_one_device_are_one_group(void)
{
	fake_reset();
	endpoint(0x00f8)->reg[3] |= 0x800000;
	endpoint(0x00fa);
	endpoint(0x00f0);
	REQUIRE(pci_scan(&l));
	CHECK_EQ(at(0x00f8)->group, at(0x00fa)->group);
	CHECK_NE(at(0x00f8)->group, at(0x00f0)->group);
}

static void acs(struct fake_fn *f)
{
	cap(f, 0x54, 0x10, 2);
	f->reg[0x100 / 4] = 0x0001000d;
	f->reg[0x104 / 4] = ACS_ALL;
}

/* Whatever they claim: what they do to each other stays inside the device. */
static void functions_with_acs_are_one_group_too(void)
{
	fake_reset();
	acs(endpoint(0x00f8));
	fake.fn[0].reg[3] |= 0x800000;
	acs(endpoint(0x00fa));
	acs(endpoint(0x00f0));
	REQUIRE(pci_scan(&l));
	CHECK_EQ(at(0x00f8)->group, at(0x00fa)->group);
	CHECK_NE(at(0x00f8)->group, at(0x00f0)->group);
}

/* With ARI the functions of the one device below a port are numbered through: 8 and more look like further devices. */
static void functions_above_seven_are_found_and_one_group(void)
{
	fake_reset();
	struct fake_fn *p = port(0x0010, 1, 4, ACS_ALL);
	p->reg[0x7c / 4] = 1u << 5;
	acs(endpoint(0x0100));
	acs(endpoint(0x0109));
	acs(endpoint(0x01ff));
	port(0x0018, 2, 4, ACS_ALL);
	endpoint(0x0200);
	endpoint(0x0209); /* no such function without ARI */
	REQUIRE(pci_scan(&l));
	REQUIRE(l.count == 6);
	CHECK_EQ(at(0x0109)->group, at(0x0100)->group);
	CHECK_EQ(at(0x01ff)->group, at(0x0100)->group);
	CHECK_NE(at(0x0100)->group, at(0x0010)->group);
	CHECK_NE(at(0x0200)->group, at(0x0100)->group);
}

static void what_is_behind_a_conventional_bridge_is_marked(void)
{
	fake_reset();
	port(0x0010, 1, 4, ACS_ALL);
	endpoint(0x0100);
	port(0x0018, 2, 4, ACS_ALL);
	port(0x0200, 3, 5, 0);
	port(0x0300, 4, 6, ACS_ALL);
	endpoint(0x0400);
	port(0x0020, 5, 7, 0); /* to conventional PCI */
	endpoint(0x0508);
	struct fake_fn *inner = fake_add(0x0510, 0x00011b36, BRIDGE_CLASS, 1);
	inner->reg[6] = 0x060605;
	endpoint(0x0600);
	struct fake_fn *old = fake_add(0x0028, 0x00011b36, BRIDGE_CLASS, 1);
	old->reg[6] = 0x070700;
	endpoint(0x0700);
	REQUIRE(pci_scan(&l));
	const uint16_t marked[] = {0x0508, 0x0510, 0x0600, 0x0700};
	for (unsigned i = 0; i < l.count; i++) {
		bool want = false;
		for (unsigned j = 0; j < 4; j++)
			want = want || l.f[i].bdf == marked[j];
		CHECK_EQ(l.f[i].behind_pci, want);
	}
	CHECK_EQ(l.count, 12);
}

static void all_behind_a_pci_bridge_is_one_group(void)
{
	fake_reset();
	port(0x0028, 3, 7, 0);
	endpoint(0x0308);
	struct fake_fn *inner = fake_add(0x0310, 0x00011b36, BRIDGE_CLASS, 1);
	inner->reg[6] = 0x040403;
	endpoint(0x0420);
	endpoint(0x0030);
	REQUIRE(pci_scan(&l));
	CHECK_EQ(at(0x0308)->group, at(0x0028)->group);
	CHECK_EQ(at(0x0310)->group, at(0x0028)->group);
	CHECK_EQ(at(0x0420)->group, at(0x0028)->group);
	CHECK_NE(at(0x0030)->group, at(0x0028)->group);
}

static void a_switch_separates_what_its_ports_separate(void)
{
	fake_reset();
	port(0x0010, 1, 4, ACS_ALL);
	port(0x0100, 2, 5, 0);
	port(0x0200, 3, 6, ACS_ALL);
	port(0x0208, 4, 6, 0);
	endpoint(0x0300);
	endpoint(0x0400);
	REQUIRE(pci_scan(&l));
	CHECK_NE(at(0x0300)->group, at(0x0400)->group);
	CHECK_EQ(at(0x0400)->group, at(0x0208)->group);
	CHECK_EQ(at(0x0208)->group, at(0x0100)->group);
	CHECK_NE(at(0x0300)->group, at(0x0200)->group);
	CHECK_NE(at(0x0100)->group, at(0x0010)->group);
}

static void a_bridge_to_a_lower_bus_makes_no_loop(void)
{
	fake_reset();
	port(0x0010, 0, 4, ACS_ALL);
	endpoint(0x0000);
	REQUIRE(pci_scan(&l));
	CHECK_EQ(at(0x0000)->bridge_bdf, PCI_NO_BRIDGE);
}

static void quiet_stops_endpoints_and_opens_bridges(void)
{
	fake_reset();
	struct fake_fn *e = endpoint(0x0100), *p = port(0x0010, 1, 4, 0x5f);
	cap(e, 0x50, 0x05, 0x81);
	cap(e, 0x80, 0x11, 0xc004);
	e->reg[1] |= 0xf9000000;
	p->reg[1] = (p->reg[1] & ~7u) | 1;
	REQUIRE(pci_scan(&l));
	pci_quiet(&l);
	CHECK_EQ(e->reg[1] & 0xffff, 0x403);
	CHECK_EQ(e->cleared, 0);
	CHECK_EQ(e->reg[0x50 / 4] >> 16, 0x80);
	CHECK_EQ(e->reg[0x80 / 4] >> 16, 0x4004);
	CHECK_EQ(p->reg[1] & 7, 7);
	CHECK_EQ(p->reg[0x144 / 4] >> 16, 0x1f);
}

/* Everything on, and bits set in the status registers that a write of ones would clear. */
static void all_reports_on(struct fake_fn *f)
{
	f->reg[1] |= 0x140;
	f->reg[0x3c / 4] = 0x0fff010bu;
	f->reg[(0x54 + 8) / 4] = 0x000f2a1f;
	f->reg[(0x54 + 0x1c) / 4] = 0x0001001f;
}

static void quiet_ends_error_messages(void)
{
	fake_reset();
	struct fake_fn *p = port(0x0010, 1, 4, ACS_ALL), *e = endpoint(0x0100);
	struct fake_fn *collector = fake_add(0x0018, 0x00011b36, 0x08070000, 0);
	struct fake_fn *cardbus = fake_add(0x0028, 0x00011b36, 0x06070000, 2);
	cap(e, 0x54, 0x10, 2);
	cap(collector, 0x54, 0x10, 0xa2);
	all_reports_on(p);
	all_reports_on(e);
	all_reports_on(collector);
	all_reports_on(cardbus);
	REQUIRE(pci_scan(&l));
	pci_quiet(&l);
	CHECK_EQ(p->reg[1] & 0xffff, 0x447);
	CHECK_EQ(e->reg[1] & 0xffff, 0x443);
	CHECK_EQ(cardbus->reg[1] & 0xffff, 0x443);
	CHECK_EQ(p->reg[0x3c / 4],
		 0x03fd010b); /* the rest as it was, nothing cleared by accident */
	CHECK_EQ(cardbus->reg[0x3c / 4], 0x03fd010b);
	CHECK_EQ(e->reg[0x3c / 4], 0x0fff010b); /* no bridge: other registers */
	CHECK_EQ(p->reg[(0x54 + 8) / 4], 0x2810);
	CHECK_EQ(e->reg[(0x54 + 8) / 4], 0x2810);
	CHECK_EQ(p->reg[(0x54 + 0x1c) / 4], 0x10);
	CHECK_EQ(collector->reg[(0x54 + 0x1c) / 4], 0x10);
	CHECK_EQ(e->reg[(0x54 + 0x1c) / 4], 0x0001001f); /* no such register in an endpoint */
	CHECK_EQ(cardbus->reg[(0x54 + 8) / 4], 0x000f2a1f);
}

static void quiet_ends_translation_by_devices(void)
{
	fake_reset();
	struct fake_fn *e = endpoint(0x0100), *p = port(0x0010, 1, 4, ACS_ALL);
	cap(e, 0x54, 0x10, 2);
	e->reg[0x100 / 4] = 0x1201000f;
	e->reg[0x104 / 4] = 0x801f0025;
	e->reg[0x120 / 4] = 0x14010013;
	e->reg[0x124 / 4] = 0x01030003; /* status bits that ones would clear */
	e->reg[0x140 / 4] = 0x0001001b;
	e->reg[0x144 / 4] = 0x00071406;
	p->reg[0x140 / 4] |= 0x16000000;
	p->reg[0x160 / 4] = 0x0001001b;
	p->reg[0x164 / 4] = 0x00011406;
	REQUIRE(pci_scan(&l));
	pci_quiet(&l);
	CHECK_EQ(e->reg[0x104 / 4], 0x001f0025);
	CHECK_EQ(e->reg[0x124 / 4], 0);
	CHECK_EQ(e->reg[0x144 / 4], 0x1406);
	CHECK_EQ(p->reg[0x164 / 4], 0x1406);
}

static void quiet_ends_interrupts_of_bridges(void)
{
	fake_reset();
	struct fake_fn *p = port(0x0010, 1, 4, ACS_ALL);
	cap(p, 0x40, 0x05, 0x81);
	cap(p, 0xc0, 0x11, 0xc000);
	REQUIRE(pci_scan(&l));
	pci_quiet(&l);
	CHECK_EQ(p->reg[0x40 / 4] >> 16, 0x80);
	CHECK_EQ(p->reg[0xc0 / 4] >> 16, 0x4000);
	CHECK_EQ(p->reg[1] & 0x407, 0x407);
}

static struct acpi_dmar dmar;

static void scope(unsigned i, uint8_t type, uint8_t bus, uint8_t depth, uint8_t p0, uint8_t p1)
{
	dmar.scope[i] = (struct acpi_scope){
		.type = type, .bus = bus, .depth = depth, .path = {p0, p1}
	  };
	dmar.scopes = i + 1;
}

static void two_units(void)
{
	fake_reset();
	endpoint(0x0010);
	endpoint(0x0018);
	port(0x0020, 1, 4, ACS_ALL);
	struct fake_fn *inner = fake_add(0x0100, 0x00011b36, BRIDGE_CLASS, 1);
	inner->reg[6] = 0x020201;
	endpoint(0x0208);
	memset(&dmar, 0, sizeof dmar);
	memset(&h, 0, sizeof h);
	dmar.drhds = 2;
	dmar.drhd[0] = (struct acpi_drhd){
		.reg_hpa = 0xfed91000, .flags = 1, .scope_first = 0, .scope_count = 1};
	dmar.drhd[1] =
		(struct acpi_drhd){.reg_hpa = 0xfed90000, .scope_first = 1, .scope_count = 2};
	scope(0, SCOPE_IOAPIC, 0xf0, 1, 0xf8, 0);
	scope(1, SCOPE_ENDPOINT, 0, 1, 0x10, 0);
	scope(2, SCOPE_BRIDGE, 0, 2, 0x20, 0x00);
}

static void units_get_what_their_scopes_name(void)
{
	two_units();
	REQUIRE(pci_scan(&l));
	CHECK_TRUE(pci_iommu(&l, &dmar, &h) == NULL);
	REQUIRE(h.vtd_count == 2);
	CHECK_EQ(h.vtd[0].reg_hpa, 0xfed90000); /* the one that takes the rest is last */
	CHECK_EQ(h.vtd[0].ioapic_bdf, 0xffff);
	CHECK_EQ(h.vtd[1].ioapic_bdf, 0xf0f8);
	CHECK_EQ(h.vtd[1].flags, 1);
	CHECK_EQ(at(0x0010)->vtd, 0);
	CHECK_EQ(at(0x0018)->vtd, 1);
	CHECK_EQ(at(0x0020)->vtd, 1);
	CHECK_EQ(at(0x0100)->vtd, 0);
	CHECK_EQ(at(0x0208)->vtd, 0); /* below the bridge in scope */
}

static void a_function_nobody_names_has_no_unit(void)
{
	two_units();
	dmar.drhd[0].flags = 0;
	dmar.drhds = 1;
	REQUIRE(pci_scan(&l));
	CHECK_TRUE(pci_iommu(&l, &dmar, &h) == NULL);
	CHECK_EQ(h.vtd_count, 1);
	for (unsigned i = 0; i < l.count; i++)
		CHECK_EQ(l.f[i].vtd, HANDOFF_VTD_NONE);
}

static void a_path_over_a_missing_bridge_leads_nowhere(void)
{
	two_units();
	REQUIRE(pci_scan(&l));
	scope(1, SCOPE_ENDPOINT, 0, 2, 0x10, 0);
	CHECK_EQ(pci_scope_bdf(&l, &dmar.scope[1]), 0xffff);
	scope(1, SCOPE_ENDPOINT, 0, 2, 0x20, 0x00);
	CHECK_EQ(pci_scope_bdf(&l, &dmar.scope[1]), 0x0100);
	scope(1, SCOPE_ENDPOINT, 0, 0, 0, 0);
	CHECK_EQ(pci_scope_bdf(&l, &dmar.scope[1]), 0xffff);
}

static void reserved_regions_name_their_device(void)
{
	two_units();
	REQUIRE(pci_scan(&l));
	dmar.rmrrs = 1;
	dmar.rmrr[0] = (struct acpi_rmrr){
		.first = 0x7d000000, .last = 0x7d0ffffe, .scope_first = 1, .scope_count = 1};
	CHECK_TRUE(pci_iommu(&l, &dmar, &h) == NULL);
	REQUIRE(h.rmrr_count == 1);
	CHECK_EQ(h.rmrr[0].hpa, 0x7d000000);
	CHECK_EQ(h.rmrr[0].bytes, 0x100000);
	CHECK_EQ(h.rmrr[0].bdf, 0x0010);
}

static void more_units_or_regions_than_fit_are_refused(void)
{
	two_units();
	REQUIRE(pci_scan(&l));
	for (unsigned i = 0; i < 5; i++)
		dmar.drhd[i] = (struct acpi_drhd){.reg_hpa = 0xfed90000 + i * 4096u};
	dmar.drhds = 5;
	CHECK_STR(pci_iommu(&l, &dmar, &h), "more units than 4");
	two_units();
	dmar.rmrrs = HANDOFF_RMRR_MAX + 1;
	for (unsigned i = 0; i < dmar.rmrrs; i++)
		dmar.rmrr[i] = (struct acpi_rmrr){.last = 4095, .scope_first = 1, .scope_count = 1};
	CHECK_STR(pci_iommu(&l, &dmar, &h), "more reserved memory regions than 4");
}

static void description_names_by_class_id_or_slot(void)
{
	static struct hv_system sys;
	const struct handoff_pci f = {
		.bdf = 0x0110, .vendor = 0x8086, .device = 0x10d3, .class_rev = 0x02000005};

	memset(&sys, 0, sizeof sys);
	CHECK_FALSE(pci_named(&sys, &f));
	sys.dev_count = 1;
	sys.dev[0].match = HV_MATCH_CLASS;
	sys.dev[0].value = 0x0200;
	CHECK_TRUE(pci_named(&sys, &f));
	sys.dev[0].value = 0x0201;
	CHECK_FALSE(pci_named(&sys, &f));
	sys.dev[0].match = HV_MATCH_ID;
	sys.dev[0].value = 0x808610d3;
	CHECK_TRUE(pci_named(&sys, &f));
	sys.dev[0].match = HV_MATCH_SLOT;
	sys.dev[0].value = 0x0110;
	CHECK_TRUE(pci_named(&sys, &f));
	sys.dev[0].match = 0;
	CHECK_FALSE(pci_named(&sys, &f));
}

/* An xHCI controller with another capability at 0x20 and the legacy one at 0x30. */
static struct handoff_pci xhci(void)
{
	fake_reset();
	struct fake_fn *f = fake_add(0x0020, 0x000d1b36, 0x0c033000, 0);
	bar32(f, 0, 0xc0000000, 0x1000);
	fake.mmio_hpa = 0xc0000000;
	fake.mmio[0x10 / 4] = 8u << 16;
	fake.mmio[0x20 / 4] = 4u << 8 | 2;
	fake.mmio[0x30 / 4] = 1u << 16 | 1;
	fake.mmio[0x34 / 4] = 0xe000e011;
	(void)pci_scan(&l);
	return l.f[0];
}

static void usb_is_taken_from_the_firmware(void)
{
	struct handoff_pci f = xhci();

	fake.bios_lets_go = true;
	CHECK_TRUE(pci_usb_take(&f, fake_wait_1ms));
	CHECK_EQ(fake.mmio[0x30 / 4], 1u << 24 | 1);
	CHECK_EQ(fake.mmio[0x34 / 4], 0xe0000000); /* no SMI enabled, events cleared */
	CHECK_EQ(fake.waits, 0);
}

static void firmware_that_keeps_usb_is_waited_for_one_second(void)
{
	struct handoff_pci f = xhci();

	CHECK_FALSE(pci_usb_take(&f, fake_wait_1ms));
	CHECK_EQ(fake.waits, 1000);
	CHECK_EQ(fake.mmio[0x34 / 4], 0xe0000000);
}

static void usb_controllers_without_the_capability_are_left_alone(void)
{
	struct handoff_pci f = xhci();

	fake.mmio[0x30 / 4] = 3;
	CHECK_TRUE(pci_usb_take(&f, fake_wait_1ms));
	fake.mmio[0x10 / 4] = 0;
	CHECK_TRUE(pci_usb_take(&f, fake_wait_1ms));
	fake.mmio[0x10 / 4] = 0x3ffu << 16; /* starts in the last word: no room for two registers */
	CHECK_TRUE(pci_usb_take(&f, fake_wait_1ms));
	fake.mmio_hpa = 0; /* any access fails the test from here */
	fake.fn[0].reg[1] &= ~2u;
	CHECK_TRUE(pci_usb_take(&f, fake_wait_1ms));
	f.class_rev = 0x0c032000;
	CHECK_TRUE(pci_usb_take(&f, fake_wait_1ms));
}

static void a_capability_list_that_loops_ends(void)
{
	struct handoff_pci f = xhci();

	for (unsigned i = 0x20 / 4; i < 1022; i++) /* one behind the other to the end of the page */
		fake.mmio[i] = 1u << 8 | 2;
	CHECK_TRUE(pci_usb_take(&f, fake_wait_1ms));
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(lists_functions_in_slot_order);
	RUN(functions_of_a_single_function_device_are_not_probed);
	RUN(more_functions_than_fit_are_refused);
	RUN(sizes_bars_with_decoding_off_and_restores_them);
	RUN(sizes_64_bit_bars);
	RUN(finds_capabilities_and_ends_on_a_loop);
	RUN(msix_page_is_clean_only_inside_a_whole_page_bar);
	RUN(ports_with_acs_keep_devices_apart);
	RUN(a_port_without_full_acs_shares_its_group);
	RUN(functions_of_one_device_are_one_group);
	RUN(functions_with_acs_are_one_group_too);
	RUN(functions_above_seven_are_found_and_one_group);
	RUN(what_is_behind_a_conventional_bridge_is_marked);
	RUN(all_behind_a_pci_bridge_is_one_group);
	RUN(a_switch_separates_what_its_ports_separate);
	RUN(a_bridge_to_a_lower_bus_makes_no_loop);
	RUN(quiet_stops_endpoints_and_opens_bridges);
	RUN(quiet_ends_error_messages);
	RUN(quiet_ends_translation_by_devices);
	RUN(quiet_ends_interrupts_of_bridges);
	RUN(units_get_what_their_scopes_name);
	RUN(a_function_nobody_names_has_no_unit);
	RUN(a_path_over_a_missing_bridge_leads_nowhere);
	RUN(reserved_regions_name_their_device);
	RUN(more_units_or_regions_than_fit_are_refused);
	RUN(description_names_by_class_id_or_slot);
	RUN(usb_is_taken_from_the_firmware);
	RUN(firmware_that_keeps_usb_is_waited_for_one_second);
	RUN(usb_controllers_without_the_capability_are_left_alone);
	RUN(a_capability_list_that_loops_ends);
	return check_end();
}
