/* SPDX-License-Identifier: Apache-2.0 */
/* Registers and IOMMU of host tests of the core: registers are plain memory, the IOMMU keeps what it was told. */
#ifndef DEVICE_FAKE_H
#define DEVICE_FAKE_H

#include "iommu.h"

struct iommu_fake {
	struct {
		bool attached;
		uint32_t unit, dom;
		uint16_t bdf;
		hpa_t root;
	} context[16];
	struct {
		bool present;
		uint32_t unit, vector, apic_id;
		uint16_t bdf;
	} irq[IOMMU_IRQ_MAX];
	struct iommu_fault faults[128]; /* the next ones to be taken, from the end */
	unsigned fault_count;
	enum hv_err fail; /* answer of the next attach, detach, map or unmap; HV_OK = do it */
};
extern struct iommu_fake iommu_fake;

void device_fake_reset(void);

#endif
