/* SPDX-License-Identifier: Apache-2.0 */
/* What device*.c share about one assigned function. Nobody else may include it. */
#ifndef DEVICE_STATE_H
#define DEVICE_STATE_H

#include "device.h"

#define DEVICE_IRQ_MAX                                                                             \
	16u /* interrupts one device can have; more MSI-X entries stay masked and are not shown */
#define DEVICE_VECTOR_FIRST 0x30u
#define DEVICE_VECTOR_LAST  0xefu

#define PCI_COMMAND	0x04u
#define PCI_MEMORY	BIT(1)
#define PCI_MASTER	BIT(2)
#define PCI_INTX_OFF	BIT(10)
#define MSIX_ENABLE	BIT(31) /* in the dword of the capability header */
#define MSIX_MASK_ALL	BIT(30)
#define MSIX_ENTRY_MASK 1u
#define MSI_ENABLE	BIT(16)

/*
 * A device that was taken back: NONE it is judged; DUE nothing was done yet; PENDING answers to its last requests are waited for;
 * ASLEEP it is in D3hot; TRIED a rung was tried, to be judged when its rest is over.
 */
enum device_reset { RESET_NONE, RESET_DUE, RESET_PENDING, RESET_ASLEEP, RESET_TRIED };
#define RUNG(r) (1u << (r)) /* of enum hv_rung, in a set of them */

struct device {
	const struct hv_sys_device *sys;
	const struct handoff_pci *pci;
	struct domain *dom;
	volatile uint32_t *config; /* the function's real configuration space */
	volatile uint32_t
		*bridge; /* configuration space of the bridge above; NULL: on the root bus */
	volatile uint32_t
		*msix; /* its real MSI-X table, which no guest reaches; NULL: the device uses MSI */
	hpa_t shadow;  /* RAM of the domain that stands for the table */
	uint32_t irq_count;
	uint8_t vector[DEVICE_IRQ_MAX];
	uint32_t waiting; /* entries that fired while the guest had them masked */
	uint32_t bar_gpa[HANDOFF_BAR_MAX];
	bool bar_sizing[HANDOFF_BAR_MAX];
	uint16_t command;		/* as the guest wrote it */
	uint32_t msi_control, msi_data; /* MSI: as the guest wrote them */
	uint64_t msi_address;
	bool assigned, tainted, closed;
	uint64_t counted_until; /* end of the period in which `arrived` interrupts came */
	uint32_t arrived, storms;
	enum device_reset reset;
	enum hv_rung rung;     /* the one that is tried, or was the last one tried */
	uint8_t has, may;      /* sets of rungs: there are; of these the description allows */
	uint8_t failed;	       /* set of rungs that showed nothing the last time */
	uint16_t pcie_control; /* as the loader left it */
	uint64_t rest_until;   /* TSC: not to be touched before, after a reset */
	uint64_t taken_at,
		give_up_at;	   /* TSC: first step of its reset; end of the wait that is on */
	uint32_t resets, reset_us; /* how often; of the last one, until it was judged */
	enum hv_rung worked;	   /* what showed in the last one */
};

extern struct device devices[HV_SYS_DEV_MAX];
extern uint32_t device_count;
extern uint8_t device_of_vector[256], entry_of_vector[256]; /* device number + 1; 0 = no device */

/* device_rungs_allowed - the set of rungs that the description allows, there or not. */
uint8_t device_rungs_allowed(const struct hv_sys_device *s);
/* device_msi_update - the guest's MSI registers changed: program the function accordingly. */
void device_msi_update(struct device *v);

#endif
