/* SPDX-License-Identifier: Apache-2.0 */
/* Lists and groups PCI functions; must leave every register it sized as it was. Source: PCI local bus 3.0, PCIe 5.0. */
#include "pci.h"

#include "bytes.h"
#include "hw.h"

#define REG_COMMAND 0x04u
#define REG_HEADER  0x0cu
#define REG_BAR	    0x10u
#define REG_BUSSES  0x18u
#define REG_CAPS    0x34u
#define CMD_IO	    1u
#define CMD_MEM	    2u
#define STATUS_CAPS (1u << 20)
#define CAP_HOPS    48u /* 192 bytes of 4 */
#define EXT_HOPS    960u
#define ACS_NEEDED                                                                                 \
	0x1du /* source validation, request and completion redirect, upstream forwarding */
#define PCIE_CONTROL2  0x28u
#define ARI_FORWARDING (1u << 5)

/* The upper half of the dword is the status register, where ones written would clear something: write zeros there. */
static void write_command(uint16_t bdf, uint32_t command)
{
	hw_pci_write(bdf, REG_COMMAND, command & 0xffff);
}

static void read_msix(struct handoff_pci *f)
{
	uint32_t table = hw_pci_read(f->bdf, f->msix_cap + 4u);

	f->msix_entries = (uint16_t)((hw_pci_read(f->bdf, f->msix_cap) >> 16 & 0x7ff) + 1);
	f->msix_bir = table & 7;
	f->msix_offset = table & ~7u;
}

static void read_caps(struct handoff_pci *f)
{
	if (!(hw_pci_read(f->bdf, REG_COMMAND) & STATUS_CAPS))
		return;
	unsigned at = hw_pci_read(f->bdf, REG_CAPS) & 0xfc;
	for (unsigned hop = 0; hop < CAP_HOPS && at >= 0x40; hop++) {
		uint32_t v = hw_pci_read(f->bdf, at);
		uint8_t id = v & 0xff, here = (uint8_t)at;
		if (id == 0x01 && !f->pm_cap)
			f->pm_cap = here;
		else if (id == 0x05 && !f->msi_cap)
			f->msi_cap = here;
		else if (id == 0x10 && !f->pcie_cap)
			f->pcie_cap = here;
		else if (id == 0x11 && !f->msix_cap)
			f->msix_cap = here;
		else if (id == 0x13 && !f->af_cap)
			f->af_cap = here;
		at = v >> 8 & 0xfc;
	}
	if (f->msix_cap)
		read_msix(f);
}

/* Writes ones to a BAR, reads what sticks, puts the old value back. */
static uint32_t bar_mask(uint16_t bdf, unsigned off, uint32_t old)
{
	hw_pci_write(bdf, off, ~0u);
	uint32_t mask = hw_pci_read(bdf, off);
	hw_pci_write(bdf, off, old);
	return mask;
}

/* Sizes BAR I; returns how many registers it takes. */
static unsigned size_bar(struct handoff_pci *f, unsigned i, unsigned bars)
{
	unsigned off = REG_BAR + 4 * i;
	uint32_t lo = hw_pci_read(f->bdf, off), mask = bar_mask(f->bdf, off, lo);
	uint64_t wide = 0xffffffff00000000ull | (mask & ~0xfu), hi = 0;

	if (mask == 0 || lo & 1)
		return 1;
	bool is64 = (lo & 6) == 4 && i + 1 < bars;
	if (is64) {
		hi = hw_pci_read(f->bdf, off + 4);
		wide = (uint64_t)bar_mask(f->bdf, off + 4, (uint32_t)hi) << 32 | (mask & ~0xfu);
	}
	f->bar[i].hpa = hi << 32 | (lo & ~0xfu);
	f->bar[i].bytes = f->bar[i].hpa ? ~wide + 1 : 0;
	f->bar[i].flags = lo & 0xf;
	return is64 ? 2 : 1;
}

static void size_bars(struct handoff_pci *f)
{
	unsigned bars = f->header_type == 0 ? 6 : f->header_type == PCI_BRIDGE_TYPE ? 2 : 0;
	uint32_t command = hw_pci_read(f->bdf, REG_COMMAND);

	write_command(f->bdf, command & ~(CMD_IO | CMD_MEM));
	for (unsigned i = 0; i < bars;)
		i += size_bar(f, i, bars);
	write_command(f->bdf, command);
}

/*
 * The specification (PCI 3.0, 6.8.2) forbids other registers in a 4 KiB page that holds a table or a pending array, so
 * the page is clean unless the BAR itself is smaller than a page or the table does not lie inside it.
 */
static void judge_msix(struct handoff_pci *f)
{
	if (!f->msix_cap || f->msix_bir >= HANDOFF_BAR_MAX)
		return;
	const struct handoff_bar *b = &f->bar[f->msix_bir];
	uint64_t bytes = f->msix_entries * 16ull;
	if (b->hpa && b->bytes >= PAGE && b->hpa % PAGE == 0 && f->msix_offset < b->bytes &&
	    bytes <= b->bytes - f->msix_offset)
		f->msix_flags = 1;
}

static const struct handoff_pci *find(const struct pci_list *l, uint16_t bdf)
{
	for (unsigned i = 0; i < l->count; i++)
		if (l->f[i].bdf == bdf)
			return &l->f[i];
	return NULL;
}

/* What is behind anything but a PCI Express port sends its requests with the id of the bridge. */
static bool behind_pci(const struct pci_list *l, const struct handoff_pci *f)
{
	const struct handoff_pci *b = find(l, f->bridge_bdf);

	if (!b)
		return false;
	unsigned type = pci_port_type(b);
	return b->behind_pci || (type != PORT_ROOT && type != PORT_UP && type != PORT_DOWN);
}

static bool add_function(struct pci_list *l, uint16_t bdf, const uint16_t *bridge_of)
{
	if (l->count == HANDOFF_PCI_MAX)
		return false;
	struct handoff_pci *f = &l->f[l->count++];
	uint32_t id = hw_pci_read(bdf, 0);
	f->bdf = bdf;
	f->vendor = (uint16_t)id;
	f->device = (uint16_t)(id >> 16);
	f->class_rev = hw_pci_read(bdf, 8);
	f->header_type = hw_pci_read(bdf, REG_HEADER) >> 16 & 0x7f;
	f->bridge_bdf = bridge_of[bdf >> 8];
	f->behind_pci = behind_pci(l, f);
	f->vtd = HANDOFF_VTD_NONE;
	if (f->header_type == PCI_BRIDGE_TYPE)
		f->sec_bus = hw_pci_read(bdf, REG_BUSSES) >> 8 & 0xff;
	read_caps(f);
	size_bars(f);
	judge_msix(f);
	return true;
}

/* On a bus below a port that forwards to any of 256 functions, no function tells of the others. */
static bool is_ari_bus(const struct pci_list *l, uint16_t bridge)
{
	const struct handoff_pci *port = find(l, bridge);

	return port && port->pcie_cap &&
	       hw_pci_read(port->bdf, port->pcie_cap + PCIE_CONTROL2) & ARI_FORWARDING;
}

static bool scan_device(struct pci_list *l, uint16_t bdf, uint16_t *bridge_of)
{
	bool ari = is_ari_bus(l, bridge_of[bdf >> 8]);
	unsigned functions = ari ? 8 : 1;

	for (unsigned fn = 0; fn < functions; fn++) {
		if ((uint16_t)hw_pci_read((uint16_t)(bdf + fn), 0) == 0xffff) {
			if (fn == 0 && !ari)
				return true;
			continue;
		}
		if (fn == 0 && hw_pci_read(bdf, REG_HEADER) & 0x800000)
			functions = 8;
		if (!add_function(l, (uint16_t)(bdf + fn), bridge_of))
			return false;
		const struct handoff_pci *f = &l->f[l->count - 1];
		/* A bus number that does not ascend would be a loop. */
		if (f->sec_bus > f->bdf >> 8)
			bridge_of[f->sec_bus] = f->bdf;
	}
	return true;
}

bool pci_scan(struct pci_list *out)
{
	static uint16_t bridge_of[256];

	memset(out, 0, sizeof *out);
	memset(bridge_of, 0xff, sizeof bridge_of);
	for (unsigned slot = 0; slot < 256 * 32; slot++)
		if (!scan_device(out, (uint16_t)(slot << 3), bridge_of))
			return false;
	pci_group(out);
	return true;
}

unsigned pci_port_type(const struct handoff_pci *f)
{
	return f->pcie_cap ? hw_pci_read(f->bdf, f->pcie_cap) >> 20 & 0xf : PORT_NOT_PCIE;
}

unsigned pci_ext_cap(const struct handoff_pci *f, uint16_t id)
{
	unsigned at = f->pcie_cap ? 0x100 : 0;

	for (unsigned hop = 0; hop < EXT_HOPS && at >= 0x100; hop++) {
		uint32_t v = hw_pci_read(f->bdf, at);
		if (v == 0 || v == ~0u)
			return 0;
		if ((v & 0xffff) == id)
			return at;
		at = v >> 20 & 0xffc;
	}
	return 0;
}

/* A port that keeps what is below it apart from everything else. */
static bool isolates(const struct handoff_pci *port)
{
	unsigned type = pci_port_type(port), acs = pci_ext_cap(port, EXT_ACS);

	return (type == PORT_ROOT || type == PORT_DOWN) && acs &&
	       (hw_pci_read(port->bdf, acs + 4) & ACS_NEEDED) == ACS_NEEDED;
}

/*
 * Functions of one device reach each other inside it, whatever access control they claim: it is a promise of the device
 * alone. Below a port there is one device, and with ARI its functions count through all 256 numbers of the bus.
 */
static bool one_device(const struct handoff_pci *a, const struct handoff_pci *b,
		       const struct handoff_pci *port)
{
	if (port && (pci_port_type(port) == PORT_ROOT || pci_port_type(port) == PORT_DOWN))
		return a->bdf >> 8 == b->bdf >> 8;
	return a->bdf >> 3 == b->bdf >> 3;
}

void pci_group(struct pci_list *l)
{
	uint8_t next = 0;

	for (unsigned i = 0; i < l->count; i++) {
		struct handoff_pci *f = &l->f[i];
		const struct handoff_pci *with = NULL, *port = find(l, f->bridge_bdf);
		if (port && !isolates(port))
			with = port;
		for (unsigned j = 0; j < i && !with; j++)
			if (one_device(&l->f[j], f, port))
				with = &l->f[j];
		f->group = with ? with->group : next++;
	}
}
