/* SPDX-License-Identifier: Apache-2.0 */
/* The port between core/ and the IOMMU driver (iommu/vtd.c). All calls: core lock held, first processor at boot. */
#ifndef IOMMU_H
#define IOMMU_H

#include "handoff.h"
#include "types.h"

/*
 * iommu_init - switch translation and interrupt remapping on in every unit, with every requester absent and
 * compatibility-format interrupts blocked. Tables are pages of the core's slice of the page-table pool.
 * FAULT_VECTOR: host vector of the units' fault events, sent to the processor with APIC id FAULT_APIC_ID.
 * errors  HV_ENOSYS there is no unit, or one lacks what we need (the log says which and what);
 *         HV_ETIMEOUT a unit did not answer. On any error the machine must not start.
 */
enum hv_err iommu_init(const struct handoff *h, uint32_t fault_vector,
		       uint32_t fault_apic_id) MUST_CHECK;

/*
 * iommu_attach - requester BDF of unit UNIT now uses the second-level table at ROOT (4 levels) as domain DOM.
 * iommu_detach - absent again; returns only after context, IOTLB and interrupt-entry caches are flushed and the wait is over.
 *                 Detaching what is not attached flushes too.
 * errors  HV_EBUSY already attached; HV_EINVAL no such unit, no such domain, ROOT not a page, or (detach) attached to another
 *         domain; HV_ENOMEM no page for the bus's context table: nothing changed in these three. HV_ETIMEOUT the unit did not
 *         answer, now or earlier: the caller must treat the device as lost and its frames as reachable by it
 */
enum hv_err iommu_attach(uint32_t unit, uint16_t bdf, uint32_t dom, hpa_t root) MUST_CHECK;
enum hv_err iommu_detach(uint32_t unit, uint16_t bdf, uint32_t dom) MUST_CHECK;

/* What a device must write to raise an interrupt: the only place where such a message is computed. */
struct iommu_msg {
	uint64_t address;
	uint32_t data;
};

/*
 * iommu_irq_map - interrupt ENTRY (0 .. IOMMU_IRQ_MAX-1, one for each host vector in use) of unit UNIT delivers host VECTOR
 * to the processor with APIC_ID, edge, fixed, and only for requester BDF (source-id verified in full).
 * iommu_irq_unmap - absent again, flushed; QUIET: interrupts that it blocks are not recorded as faults.
 * errors  HV_EBUSY the entry is in use; HV_EINVAL no such unit or entry, VECTOR below 16 or above 255, or an APIC_ID that the
 *         unit cannot name: nothing changed. HV_ETIMEOUT as above. OUT is written on success only.
 */
#define IOMMU_IRQ_MAX 256u
enum hv_err iommu_irq_map(uint32_t unit, uint32_t entry, uint16_t bdf, uint32_t vector,
			  uint32_t apic_id, struct iommu_msg *out) MUST_CHECK;
enum hv_err iommu_irq_unmap(uint32_t unit, uint32_t entry, bool quiet) MUST_CHECK;

/* iommu_state - how many units there are, and of these, by their registers now, translate, remap, or did not answer once. */
struct iommu_state {
	uint32_t units, translating, remapping, lost;
};
void iommu_state(struct iommu_state *out);

struct iommu_fault {
	uint32_t unit;
	uint16_t bdf;
	uint8_t reason; /* VT-d spec, table of fault reasons; from 0x20 on an interrupt was blocked */
	bool write;
	uint64_t address; /* page; of a blocked interrupt: index of the entry in bits 63:48 */
};
/*
 * iommu_fault_next - take one recorded fault and clear it; false when there is none left. Bounded by the unit's registers.
 * Until it has said false no further fault interrupts.
 */
bool iommu_fault_next(struct iommu_fault *out);

#endif
