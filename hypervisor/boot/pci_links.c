/* SPDX-License-Identifier: Apache-2.0 */
/* Ties PCI functions to IOMMU units, reserved regions, the description, and takes USB from the firmware. Bounded. */
#include "bytes.h"
#include "hw.h"
#include "pci.h"

#define XHCI_CLASS    0x0c0330u
#define XHCI_CAPS_MAX 64u
#define XHCI_LEGACY   1u
#define LEGACY_BIOS   (1u << 16)
#define LEGACY_OS     (1u << 24)
#define LEGACY_SMI_KEEP                                                                            \
	0x000e1feeu /* bits that are not an SMI enable; 29..31 are cleared by writing ones */
#define LEGACY_SMI_CLEAR 0xe0000000u
#define TAKE_WAIT_MS	 1000u

static const struct handoff_pci *bridge_at(const struct pci_list *l, uint16_t bdf)
{
	for (unsigned i = 0; i < l->count; i++)
		if (l->f[i].bdf == bdf && l->f[i].header_type == PCI_BRIDGE_TYPE)
			return &l->f[i];
	return NULL;
}

uint16_t pci_scope_bdf(const struct pci_list *l, const struct acpi_scope *s)
{
	uint16_t bdf = 0xffff;
	uint8_t bus = s->bus;

	for (unsigned i = 0; i < s->depth; i++) {
		if (i > 0) {
			const struct handoff_pci *b = bridge_at(l, bdf);
			if (!b)
				return 0xffff;
			bus = b->sec_bus;
		}
		bdf = (uint16_t)(bus << 8 | s->path[i]);
	}
	return bdf;
}

/* F is the function at BDF or, where BRIDGE says so, below it. */
static bool in_scope(const struct pci_list *l, const struct handoff_pci *f, uint16_t bdf,
		     bool bridge)
{
	uint16_t at = f->bdf;

	for (unsigned i = 0; i <= l->count; i++) { /* bound: no chain of bridges is longer */
		if (at == bdf)
			return true;
		const struct handoff_pci *up = i == 0 ? f : bridge_at(l, at);
		if (!bridge || !up || up->bridge_bdf == PCI_NO_BRIDGE)
			return false;
		at = up->bridge_bdf;
	}
	return false;
}

static void link_unit(struct pci_list *l, const struct acpi_dmar *dmar, const struct acpi_drhd *d,
		      struct handoff_vtd *v, uint8_t unit)
{
	for (unsigned i = 0; i < d->scope_count; i++) {
		const struct acpi_scope *s = &dmar->scope[d->scope_first + i];
		uint16_t bdf = pci_scope_bdf(l, s);
		if (s->type == SCOPE_IOAPIC)
			v->ioapic_bdf = bdf;
		if (s->type != SCOPE_ENDPOINT && s->type != SCOPE_BRIDGE)
			continue;
		for (unsigned j = 0; j < l->count; j++)
			if (in_scope(l, &l->f[j], bdf, s->type == SCOPE_BRIDGE))
				l->f[j].vtd = unit;
	}
	for (unsigned j = 0; j < l->count && d->flags & 1; j++)
		if (l->f[j].vtd == HANDOFF_VTD_NONE)
			l->f[j].vtd = unit;
}

static const char *link_regions(const struct pci_list *l, const struct acpi_dmar *dmar,
				struct handoff *h)
{
	for (unsigned i = 0; i < dmar->rmrrs; i++) {
		const struct acpi_rmrr *r = &dmar->rmrr[i];
		for (unsigned j = 0; j < r->scope_count; j++) {
			if (h->rmrr_count == HANDOFF_RMRR_MAX)
				return "more reserved memory regions than 4";
			struct handoff_rmrr *o = &h->rmrr[h->rmrr_count++];
			o->hpa = r->first;
			o->bytes = round_up(r->last - r->first + 1, PAGE);
			o->bdf = pci_scope_bdf(l, &dmar->scope[r->scope_first + j]);
		}
	}
	return NULL;
}

const char *pci_iommu(struct pci_list *l, const struct acpi_dmar *dmar, struct handoff *h)
{
	/* Units that take all that is left must not take what another one names: they go last (VT-d 8.3). */
	for (unsigned all = 0; all < 2; all++) {
		for (unsigned i = 0; i < dmar->drhds; i++) {
			const struct acpi_drhd *d = &dmar->drhd[i];
			if ((d->flags & 1) != all)
				continue;
			if (h->vtd_count == HANDOFF_VTD_MAX)
				return "more units than 4";
			struct handoff_vtd *v = &h->vtd[h->vtd_count];
			v->reg_hpa = d->reg_hpa;
			v->segment = d->segment;
			v->flags = d->flags;
			v->ioapic_bdf = 0xffff;
			link_unit(l, dmar, d, v, (uint8_t)h->vtd_count++);
		}
	}
	return link_regions(l, dmar, h);
}

bool pci_named(const struct hv_system *sys, const struct handoff_pci *f)
{
	for (unsigned i = 0; i < sys->dev_count && i < HV_SYS_DEV_MAX; i++) {
		const struct hv_sys_device *d = &sys->dev[i];
		if ((d->match == HV_MATCH_CLASS && d->value == f->class_rev >> 16) ||
		    (d->match == HV_MATCH_ID &&
		     d->value == ((uint32_t)f->vendor << 16 | f->device)) ||
		    (d->match == HV_MATCH_SLOT && d->value == f->bdf))
			return true;
	}
	return false;
}

/* Source: xHCI 1.2, 7.1. The list of extended capabilities starts at HCCPARAMS1[31:16] dwords from the base. */
bool pci_usb_take(const struct handoff_pci *f, void (*wait_1ms)(void))
{
	const struct handoff_bar *b = &f->bar[0];

	if (f->class_rev >> 8 != XHCI_CLASS || b->hpa == 0 || b->bytes < PAGE ||
	    !(hw_pci_read(f->bdf, 4) & 2))
		return true;
	uint64_t off = hw_mmio_read32(b->hpa + 0x10) >> 16 << 2;
	for (unsigned hop = 0; hop < XHCI_CAPS_MAX && off != 0 && off <= b->bytes - 8; hop++) {
		uint64_t at = b->hpa + off;
		uint32_t v = hw_mmio_read32(at);
		if ((v & 0xff) == XHCI_LEGACY) {
			hw_mmio_write32(at, v | LEGACY_OS);
			for (unsigned ms = 0; ms < TAKE_WAIT_MS && hw_mmio_read32(at) & LEGACY_BIOS;
			     ms++)
				wait_1ms();
			bool taken = !(hw_mmio_read32(at) & LEGACY_BIOS);
			hw_mmio_write32(at + 4, (hw_mmio_read32(at + 4) & LEGACY_SMI_KEEP) |
							LEGACY_SMI_CLEAR);
			return taken;
		}
		if ((v >> 8 & 0xff) == 0)
			return true;
		off += (v >> 8 & 0xff) << 2;
	}
	return true;
}
