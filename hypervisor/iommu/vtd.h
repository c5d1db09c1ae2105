/* SPDX-License-Identifier: Apache-2.0 */
/* What vtd_init.c sets up and vtd.c uses. Private to iommu/. */
#ifndef VTD_H
#define VTD_H

#include "hw.h"
#include "iommu.h"
#include "vtd_regs.h"

struct vtd {
	volatile uint8_t *regs;
	volatile uint64_t *root, *irt, *queue; /* one page each */
	volatile uint32_t *status; /* where the unit writes the ticket of a wait descriptor */
	uint64_t status_hpa;
	uint32_t tail;		   /* next free slot of the queue */
	uint32_t ticket;	   /* of the last wait */
	uint32_t fault_at, faults; /* fault records: offset of the first, number */
	bool coherent;		   /* table walks see the processor's cache */
	bool eim;		   /* destinations are 32-bit APIC ids */
	bool lost; /* did not answer once: what it has in its caches is unknown from then on */
};

extern struct vtd vtd_unit[HANDOFF_VTD_MAX];
extern uint32_t vtd_count;
extern uint32_t vtd_pages;    /* pages taken of the core's slice of the pool */
extern uint64_t vtd_patience; /* TSC ticks a unit may take to answer */

/* Of the core's slice of the pool: the last pages are the second-level table of the display. */
#define DISPLAY_PAGES 8u
#define VTD_PAGES     (PTPOOL_CORE_PAGES - DISPLAY_PAGES)
#define DOM_NOBODY    HV_DOM_MAX /* the display's: no VM has this number */

/* vtd_page - the next page of the slice, zeroed where the unit sees it; NULL when there is none. */
void *vtd_page(const struct vtd *u, hpa_t *hpa);
/* vtd_submit - these invalidations (lower halves), then wait until they are done. */
enum hv_err vtd_submit(struct vtd *u, const uint64_t *low, unsigned n) MUST_CHECK;
/* vtd_attach - iommu_attach for arguments that were checked; DOM may also be DOM_NOBODY. */
enum hv_err vtd_attach(struct vtd *u, uint16_t bdf, uint32_t dom, hpa_t root) MUST_CHECK;

#endif
