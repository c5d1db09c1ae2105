/* SPDX-License-Identifier: Apache-2.0 */
/* Finds all PCI functions and makes them quiet for the hand-off. Reaches the machine only through hw.h. */
#ifndef BOOT_PCI_H
#define BOOT_PCI_H

#include <stdbool.h>

#include "acpi.h"
#include "handoff.h"

struct pci_list {
	unsigned count;
	struct handoff_pci f[HANDOFF_PCI_MAX]; /* ascending bus, device, function */
};

/* What has to be there twice is here once. */
#define PCI_NO_BRIDGE	0xffffu
#define PCI_BRIDGE_TYPE 1u /* header_type of a PCI-to-PCI bridge */
#define EXT_ACS		0x0du

/* Types of PCI Express functions that the loader tells apart. */
#define PORT_ROOT     4u
#define PORT_UP	      5u
#define PORT_DOWN     6u
#define PORT_EVENTS   10u /* root complex event collector */
#define PORT_NOT_PCIE 16u
unsigned pci_port_type(const struct handoff_pci *f);

/* Offset of the extended capability ID of F, 0 = none. */
unsigned pci_ext_cap(const struct handoff_pci *f, uint16_t id);

/*
 * pci_scan - list every function of segment 0 with BAR sizes, capabilities and isolation group.
 *
 * Switches decoding of each function off while its BARs are sized, and on again: nobody may use a device meanwhile.
 * False: more than HANDOFF_PCI_MAX functions.
 */
bool pci_scan(struct pci_list *out);

/* Groups of functions that can reach each other's memory without the IOMMU seeing it. Called by pci_scan(). */
void pci_group(struct pci_list *l);

/*
 * pci_quiet - bus mastering off, but bridges forward, with access control (ACS) on.
 *
 * Everywhere off: interrupts of all kinds, error messages and SERR, translation by the device (ATS, PRI, PASID), phantom
 * functions.
 */
void pci_quiet(const struct pci_list *l);

/* Takes the xHCI controller F from the firmware. False: it did not answer in time. WAIT_1MS waits one millisecond. */
bool pci_usb_take(const struct handoff_pci *f, void (*wait_1ms)(void));

/* The function at the end of a DMAR scope's path, 0xffff = a bridge on the path is not there. */
uint16_t pci_scope_bdf(const struct pci_list *l, const struct acpi_scope *s);

/*
 * pci_iommu - resolve the DMAR table: units, reserved regions, and vtd of each function of L.
 *
 * All are of segment 0: check_segments() has seen to that. Returns NULL, or what does not fit the hand-off.
 */
const char *pci_iommu(struct pci_list *l, const struct acpi_dmar *dmar, struct handoff *h);

/* True when the description names the class, id or slot of F in some device line. */
bool pci_named(const struct hv_system *sys, const struct handoff_pci *f);

#endif
