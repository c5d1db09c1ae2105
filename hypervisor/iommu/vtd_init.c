/* SPDX-License-Identifier: Apache-2.0 */
/* VT-d at boot: from whatever the firmware left to everybody blocked. Must not be called once a VM has run. */
#include "frames.h"
#include "log.h"
#include "ptab.h"
#include "vtd.h"

#define RESERVED_MAX  BIT(30)
#define CLASS_DISPLAY 0x03u
#define PATIENCE_MS   100u /* twice the longest completion time-out of PCI Express in common use */

struct tables {
	hpa_t root, irt, queue, status;
};
_Static_assert(HANDOFF_VTD_MAX * sizeof(struct tables) / sizeof(hpa_t) < VTD_PAGES,
	       "every unit gets its tables, and context tables have room");

/* NULL, or what we cannot do without. */
static const char *lacking(const struct vtd *u, uint64_t cap, uint64_t ecap,
			   const struct handoff_mmio *m)
{
	bool on = (hw_mmio_read32(u->regs + VTD_GSTS) & GCMD_TE) != 0;

	if (!(ecap & ECAP_QI))
		return "queued invalidation";
	if (!(ecap & ECAP_IR))
		return "interrupt remapping";
	if (!(cap & CAP_SAGAW_4))
		return "4-level tables";
	if (!(cap & CAP_SLLPS_2M))
		return "2 MiB pages";
	if (cap & CAP_RWBF)
		return "write buffers that flush themselves";
	if (CAP_DOMAIN_IDS(cap) <= DOM_NOBODY + 1)
		return "enough domain ids";
	if (u->fault_at + u->faults * FRCD_BYTES > m->bytes)
		return "fault records inside its register pages";
	if (on && (hw_mmio_read64(u->regs + VTD_RTADDR) & RTADDR_TTM))
		return "the old table format under a firmware that left it on"; /* RTADDR_REG: TTM is not for changing under TE */
	return NULL;
}

static enum hv_err unit_probe(struct vtd *u, uint64_t *cap, uint64_t *ecap,
			      const struct handoff_mmio *m)
{
	const char *lacks;

	u->regs = (volatile uint8_t *)m->va;
	*cap = hw_mmio_read64(u->regs + VTD_CAP);
	*ecap = hw_mmio_read64(u->regs + VTD_ECAP);
	u->fault_at = CAP_FAULT_AT(*cap);
	u->faults = CAP_FAULTS(*cap);
	u->coherent = (*ecap & ECAP_C) != 0;
	u->eim = (*ecap & ECAP_EIM) != 0 && hw_x2apic();
	lacks = lacking(u, *cap, *ecap, m);
	if (lacks == NULL)
		return HV_OK;
	log_line("iommu unit=%u lacks %s", m->index, lacks);
	return HV_ENOSYS;
}

static void tables_make(struct vtd *u, struct tables *t)
{
	u->root = vtd_page(u, &t->root);
	u->irt = vtd_page(u, &t->irt);
	u->queue = vtd_page(u, &t->queue);
	u->status = vtd_page(u, &t->status);
	u->status_hpa = t->status.v;
}

static enum hv_err wait_for(const struct vtd *u, uint32_t reg, uint32_t mask, uint32_t want)
{
	uint64_t end = hw_tsc() + vtd_patience;
	bool late = false;

	while ((hw_mmio_read32(u->regs + reg) & mask) != want) { /* bound: as in vtd_submit */
		if (late)
			return HV_ETIMEOUT;
		late = hw_tsc() >= end;
		hw_pause();
	}
	return HV_OK;
}

/* GCMD_REG: one bit at a time; the bits that stay are said again, the one-shot ones are not. */
static enum hv_err command(const struct vtd *u, uint32_t bit, bool on)
{
	uint32_t kept = hw_mmio_read32(u->regs + VTD_GSTS) & GSTS_KEPT;

	hw_mmio_write32(u->regs + VTD_GCMD, on ? kept | bit : kept & ~bit);
	return wait_for(u, VTD_GSTS, bit, on ? bit : 0);
}

/* Off, if the firmware left it on. */
static enum hv_err command_off(const struct vtd *u, uint32_t bit)
{
	return (hw_mmio_read32(u->regs + VTD_GSTS) & bit) ? command(u, bit, false) : HV_OK;
}

/* 6.5.2: the queue is exchanged while it is off, and it goes off only when it is empty. */
static enum hv_err queue_start(const struct vtd *u, hpa_t queue)
{
	enum hv_err err = HV_OK;

	if (hw_mmio_read32(u->regs + VTD_GSTS) & GCMD_QIE)
		err = wait_for(u, VTD_IQH, UINT32_MAX, hw_mmio_read32(u->regs + VTD_IQT));
	if (err == HV_OK)
		err = command_off(u, GCMD_QIE);
	if (err != HV_OK)
		return err;
	hw_mmio_write64(u->regs + VTD_IQT, 0);
	hw_mmio_write64(u->regs + VTD_IQA, queue.v);
	return command(u, GCMD_QIE, true);
}

/* 6.6, 6.7: new pointers, then everything cached under the old ones goes, whatever ESRTPS and ESIRTPS promise. */
static enum hv_err pointers_set(struct vtd *u, const struct tables *t)
{
	static const uint64_t all[] = {QI_CONTEXT_ALL, QI_IOTLB_ALL, QI_IEC_ALL};
	enum hv_err err;

	hw_mmio_write64(u->regs + VTD_RTADDR, t->root.v);
	err = command(u, GCMD_SRTP, true);
	if (err != HV_OK)
		return err;
	hw_mmio_write64(u->regs + VTD_IRTA, t->irt.v | (u->eim ? IRTA_EIME : 0) | IRTA_256);
	err = command(u, GCMD_SIRTP, true);
	return err == HV_OK ? vtd_submit(u, all, ARRAY_LEN(all)) : err;
}

/*
 * Translation is never switched off: what the firmware had blocked stays blocked. The protected memory regions, its other
 * way to block, go last.
 */
static enum hv_err protection_start(const struct vtd *u, bool regions)
{
	enum hv_err err = command_off(u, GCMD_CFI);

	if (err == HV_OK)
		err = command(u, GCMD_IRE, true);
	if (err == HV_OK)
		err = command(u, GCMD_TE, true);
	if (err != HV_OK || !regions)
		return err;
	hw_mmio_write32(u->regs + VTD_PMEN, 0);
	return wait_for(u, VTD_PMEN, PMEN_PRS, 0);
}

/* FECTL_REG: the unit's own interrupt is not remapped. Masked while it changes; old records are dropped before it is unmasked. */
static enum hv_err faults_start(const struct vtd *u, uint32_t vector, uint32_t apic_id)
{
	enum hv_err err = command_off(u, GCMD_EAFL);

	hw_mmio_write32(u->regs + VTD_FECTL, FECTL_IM);
	hw_mmio_write32(u->regs + VTD_FEDATA, vector);
	hw_mmio_write32(u->regs + VTD_FEADDR, MSI_BASE | (apic_id & 0xff) << 12);
	hw_mmio_write32(u->regs + VTD_FEUADDR, apic_id & ~0xffu);
	for (uint32_t i = 0; i < u->faults; i++)
		hw_mmio_write32(u->regs + u->fault_at + i * FRCD_BYTES + 12, FRCD_F_UPPER);
	hw_mmio_write32(u->regs + VTD_FSTS, FSTS_CLEAR);
	hw_mmio_write32(u->regs + VTD_FECTL, 0);
	return err;
}

static bool overlap(const struct handoff_rmrr *r, uint64_t hpa, uint64_t bytes)
{
	return bytes != 0 && r->hpa < hpa + bytes && hpa < r->hpa + r->bytes;
}

/* May a display have this? Not memory that we or VMs use, not our registers, nor those of another function. */
static bool reserved_only(const struct handoff *h, const struct handoff_rmrr *r)
{
	if (((r->hpa | r->bytes) & PAGE_MASK) != 0 || r->bytes > RESERVED_MAX ||
	    r->hpa + r->bytes < r->hpa)
		return false;
	for (uint64_t at = 0; at < r->bytes; at += PAGE_SIZE) {
		if (frames_word((hpa_t){r->hpa + at}) != FRAME_WORD(FRAME_NONE, 0))
			return false;
	}
	for (uint32_t i = 0; i < h->mmio_count; i++) {
		if (overlap(r, h->mmio[i].hpa, h->mmio[i].bytes))
			return false;
	}
	for (uint32_t i = 0; i < h->pci_count * HANDOFF_BAR_MAX; i++) {
		const struct handoff_pci *p = &h->pci[i / HANDOFF_BAR_MAX];
		const struct handoff_bar *bar = &p->bar[i % HANDOFF_BAR_MAX];

		if (p->bdf != r->bdf && overlap(r, bar->hpa, bar->bytes))
			return false;
	}
	return true;
}

/* The first display for which the firmware keeps memory; NULL: none behind UNIT. */
static const struct handoff_pci *display_find(const struct handoff *h, uint32_t unit)
{
	for (uint32_t i = 0; i < h->rmrr_count * h->pci_count; i++) {
		const struct handoff_pci *p = &h->pci[i % h->pci_count];

		if (p->bdf == h->rmrr[i / h->pci_count].bdf && p->class_rev >> 24 == CLASS_DISPLAY)
			return p->vtd == unit ? p : NULL;
	}
	return NULL;
}

/*
 * 8.4: what the display reads must be mapped before translation goes on. It gets a domain of no VM that holds that memory and
 * nothing else. What cannot be given to it stays blocked: then there may be no picture.
 */
static enum hv_err display_allow(struct vtd *u, const struct handoff *h, uint32_t unit)
{
	const struct handoff_pci *p = display_find(h, unit);
	struct ptab table;

	if (p == NULL)
		return HV_OK;
	ptab_init(&table, PTAB_VTD, VTD_PAGES, DISPLAY_PAGES);
	for (uint32_t i = 0; i < h->rmrr_count; i++) {
		const struct handoff_rmrr *r = &h->rmrr[i];

		if (r->bdf != p->bdf)
			continue;
		if (!reserved_only(h, r) || ptab_map(&table, r->hpa, (hpa_t){r->hpa}, r->bytes,
						     PROT_R | PROT_W, MEM_WB) != HV_OK) {
			log_line("display bdf=%x is blocked: it cannot have %lx+%lx", p->bdf,
				 r->hpa, r->bytes);
			return HV_OK;
		}
		log_line("display bdf=%x reserved=%lx+%lx", p->bdf, r->hpa, r->bytes);
	}
	return vtd_attach(u, p->bdf, DOM_NOBODY, table.root);
}

static const struct handoff_mmio *registers_of(const struct handoff *h, uint32_t unit)
{
	for (uint32_t i = 0; i < h->mmio_count; i++) {
		if (h->mmio[i].kind == MMIO_VTD && h->mmio[i].index == unit)
			return &h->mmio[i];
	}
	return NULL;
}

static enum hv_err unit_start(const struct handoff *h, uint32_t unit, uint32_t vector,
			      uint32_t apic_id)
{
	const struct handoff_mmio *m = registers_of(h, unit);
	struct vtd *u = &vtd_unit[unit];
	struct tables t;
	uint64_t cap, ecap;
	enum hv_err err;

	*u = (struct vtd){0};
	if (m == NULL || unit_probe(u, &cap, &ecap, m) != HV_OK)
		return HV_ENOSYS;
	tables_make(u, &t);
	err = queue_start(u, t.queue);
	if (err == HV_OK)
		err = display_allow(u, h, unit);
	if (err == HV_OK)
		err = pointers_set(u, &t);
	if (err == HV_OK)
		err = faults_start(u, vector, apic_id);
	if (err == HV_OK)
		err = protection_start(u, (cap & CAP_PMR) != 0);
	/* for the audit from outside */
	log_line("iommu unit=%u regs=%lx root=%lx irta=%lx queue=%lx cap=%lx ecap=%lx eim=%u "
		 "gsts=%x",
		 m->index, m->hpa, t.root.v, t.irt.v, t.queue.v, cap, ecap, (uint32_t)u->eim,
		 hw_mmio_read32(u->regs + VTD_GSTS));
	return err;
}

enum hv_err iommu_init(const struct handoff *h, uint32_t fault_vector, uint32_t fault_apic_id)
{
	vtd_count = 0;
	vtd_pages = 0;
	vtd_patience = h->tsc_khz * PATIENCE_MS;
	for (uint32_t i = 0; i < h->vtd_count; i++) {
		enum hv_err err = unit_start(h, i, fault_vector, fault_apic_id);

		if (err != HV_OK)
			return err;
	}
	vtd_count = h->vtd_count;
	return vtd_count != 0 ? HV_OK : HV_ENOSYS;
}
