/* SPDX-License-Identifier: Apache-2.0 */
/* VT-d after boot: who reaches what, interrupt entries, flushes, faults. Must not change a unit's global state: vtd_init.c does that. */
#include "ptab.h"
#include "vtd.h"

#define VECTOR_MIN   16u  /* lower ones are reserved: 9.10 */
#define XAPIC_ID_MAX 254u /* 255 is everybody */

struct vtd vtd_unit[HANDOFF_VTD_MAX];
uint32_t vtd_count;
uint32_t vtd_pages;
uint64_t vtd_patience;

static uint8_t *pool_va;
static hpa_t pool_hpa;

void *vtd_page(const struct vtd *u, hpa_t *hpa)
{
	void *page;

	if (vtd_pages == VTD_PAGES)
		return NULL;
	page = ptab_pool_page(vtd_pages, hpa);
	if (vtd_pages++ == 0) {
		pool_va = page;
		pool_hpa = *hpa;
	}
	if (!u->coherent)
		hw_cache_flush(page, PAGE_SIZE);
	return page;
}

/*
 * The only place that writes half an entry. Order: the compiler keeps volatile stores, the processor keeps stores,
 * and a unit that walks tables past the cache sees one half after the other.
 */
static void half_write(const struct vtd *u, volatile uint64_t *half, uint64_t value)
{
	*half = value;
	if (!u->coherent)
		hw_cache_flush((const void *)half, sizeof *half);
}

/* Absent to present: the half with P comes last. Present to absent: only that half changes. */
static void entry_set(const struct vtd *u, volatile uint64_t *e, uint64_t low, uint64_t high)
{
	half_write(u, e + 1, high);
	half_write(u, e, low | ENTRY_P);
}

static void entry_clear(const struct vtd *u, volatile uint64_t *e)
{
	half_write(u, e, 0);
}

static void queue_put(struct vtd *u, uint64_t low, uint64_t high)
{
	u->queue[2 * u->tail] = low;
	u->queue[2 * u->tail + 1] = high;
	u->tail = (u->tail + 1) % QI_SLOTS;
}

enum hv_err vtd_submit(struct vtd *u, const uint64_t *low, unsigned n)
{
	uint64_t end = hw_tsc() + vtd_patience;
	bool late = false;

	if (u->lost)
		return HV_ETIMEOUT; /* its queue may be full of what it never took */
	for (unsigned i = 0; i < n; i++)
		queue_put(u, low[i], 0);
	queue_put(u, QI_WAIT(++u->ticket), u->status_hpa);
	hw_mmio_write64(u->regs + VTD_IQT, (uint64_t)u->tail * 16);
	while (*u->status != u->ticket) { /* bound: vtd_patience, and one look after it */
		if (late) {
			u->lost = true;
			return HV_ETIMEOUT;
		}
		late = hw_tsc() >= end;
		hw_pause();
	}
	return HV_OK;
}

/* 6.2.2: contexts first, then the IOTLB; the queue keeps that order. All contexts: absent ones may be cached under any domain. */
static enum hv_err flush_requester(struct vtd *u, uint32_t did)
{
	const uint64_t low[] = {QI_CONTEXT_ALL, QI_IOTLB_DOM(did), QI_IEC_ALL};

	return vtd_submit(u, low, ARRAY_LEN(low));
}

static volatile uint64_t *context_of(const struct vtd *u, uint16_t bdf)
{
	uint64_t root = u->root[2 * (bdf >> 8)];

	if (!(root & ENTRY_P))
		return NULL;
	return (volatile uint64_t *)(pool_va + ((root & ENTRY_ADDR) - pool_hpa.v)) +
	       2 * (bdf & 0xff);
}

static struct vtd *unit_find(uint32_t unit)
{
	return unit < vtd_count ? &vtd_unit[unit] : NULL;
}

/* Domain ids: 0 stays free, units in caching mode tag absent entries with it (6.1). */
static uint32_t did_of(uint32_t dom)
{
	return dom + 1;
}

enum hv_err vtd_attach(struct vtd *u, uint16_t bdf, uint32_t dom, hpa_t root)
{
	volatile uint64_t *context;
	hpa_t page;

	if (u->lost)
		return HV_ETIMEOUT;
	if (context_of(u, bdf) == NULL) {
		if (vtd_page(u, &page) == NULL)
			return HV_ENOMEM;
		entry_set(u, &u->root[2 * (bdf >> 8)], page.v, 0);
	}
	context = context_of(u, bdf);
	if (context[0] & ENTRY_P)
		return HV_EBUSY;
	entry_set(u, context, root.v, (uint64_t)did_of(dom) << 8 | CONTEXT_AW_4);
	return flush_requester(u, did_of(dom));
}

enum hv_err iommu_attach(uint32_t unit, uint16_t bdf, uint32_t dom, hpa_t root)
{
	struct vtd *u = unit_find(unit);

	if (u == NULL || dom >= HV_DOM_MAX || (root.v & ~ENTRY_ADDR) != 0)
		return HV_EINVAL;
	return vtd_attach(u, bdf, dom, root);
}

enum hv_err iommu_detach(uint32_t unit, uint16_t bdf, uint32_t dom)
{
	struct vtd *u = unit_find(unit);
	volatile uint64_t *context;

	if (u == NULL || dom >= HV_DOM_MAX)
		return HV_EINVAL;
	context = context_of(u, bdf);
	if (context != NULL && (context[0] & ENTRY_P)) {
		if (CONTEXT_DID(context[1]) != did_of(dom))
			return HV_EINVAL; /* flushing another domain would leave this one's entries cached */
		entry_clear(u, context);
	}
	return flush_requester(u, did_of(dom));
}

/* 5.1.2.2 and 9.10: fixed, edge, physical, never posted; the destination is in bits 63:32, without EIM in bits 47:40. */
enum hv_err iommu_irq_map(uint32_t unit, uint32_t entry, uint16_t bdf, uint32_t vector,
			  uint32_t apic_id, struct iommu_msg *out)
{
	struct vtd *u = unit_find(unit);
	const uint64_t flush = QI_IEC_ONE(entry);
	uint64_t dest = apic_id;
	enum hv_err err;

	if (u == NULL || entry >= IOMMU_IRQ_MAX || vector < VECTOR_MIN || vector > 255)
		return HV_EINVAL;
	if (!u->eim) {
		if (apic_id > XAPIC_ID_MAX)
			return HV_EINVAL;
		dest <<= 8;
	}
	if (u->lost)
		return HV_ETIMEOUT;
	if (u->irt[2 * entry] & ENTRY_P)
		return HV_EBUSY;
	entry_set(u, &u->irt[2 * entry], dest << 32 | vector << 16, IRTE_SVT | bdf);
	err = vtd_submit(u, &flush, 1);
	if (err == HV_OK)
		*out = (struct iommu_msg){MSI_BASE | MSI_REMAPPABLE | entry << 5, 0};
	return err;
}

enum hv_err iommu_irq_unmap(uint32_t unit, uint32_t entry, bool quiet)
{
	const uint64_t flush = QI_IEC_ONE(entry);
	struct vtd *u = unit_find(unit);

	if (u == NULL || entry >= IOMMU_IRQ_MAX)
		return HV_EINVAL;
	half_write(u, &u->irt[2 * entry], quiet ? IRTE_FPD : 0);
	return vtd_submit(u, &flush, 1);
}

/* FSTS_REG: PPF falls with the last F; then clearing PFO starts recording again, and the next fault interrupts. */
static bool fault_take(uint32_t unit, struct iommu_fault *out)
{
	const struct vtd *u = &vtd_unit[unit];
	uint32_t state = hw_mmio_read32(u->regs + VTD_FSTS);

	for (uint32_t i = 0; (state & FSTS_PPF) && i < u->faults; i++) {
		uint32_t n = (FSTS_FRI(state) + i) % u->faults;
		volatile uint8_t *record = u->regs + u->fault_at + n * FRCD_BYTES;
		uint64_t high = hw_mmio_read64(record + 8);

		if (!(high & FRCD_F))
			continue;
		*out = (struct iommu_fault){
			.unit = unit,
			.bdf = (uint16_t)high,
			.reason = FRCD_REASON(high),
			.write = !(high & FRCD_READ),
			.address = hw_mmio_read64(record) & ~PAGE_MASK,
		};
		hw_mmio_write32(record + 12, FRCD_F_UPPER);
		return true;
	}
	if (state & FSTS_PFO)
		hw_mmio_write32(u->regs + VTD_FSTS, FSTS_PFO);
	return false;
}

bool iommu_fault_next(struct iommu_fault *out)
{
	for (uint32_t unit = 0; unit < vtd_count; unit++) {
		if (fault_take(unit, out))
			return true;
	}
	return false;
}

void iommu_state(struct iommu_state *out)
{
	*out = (struct iommu_state){.units = vtd_count};
	for (uint32_t i = 0; i < vtd_count; i++) {
		uint32_t state = hw_mmio_read32(vtd_unit[i].regs + VTD_GSTS);

		out->translating += (state & GCMD_TE) != 0;
		out->remapping += (state & GCMD_IRE) != 0;
		out->lost += vtd_unit[i].lost;
	}
}
