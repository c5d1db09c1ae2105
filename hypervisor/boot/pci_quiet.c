/* SPDX-License-Identifier: Apache-2.0 */
/* Makes functions quiet for the hand-off: no requests, interrupts or error messages of theirs. Must leave forwarding to ports. */
#include "hw.h"
#include "pci.h"

#define REG_COMMAND   0x04u
#define CMD_MEM	      2u
#define CMD_MASTER    4u
#define CMD_SERR      0x100u
#define CMD_NO_INTX   0x400u
#define REG_BRIDGE    0x3cu /* interrupt line and pin in the lower half, bridge control in the upper */
#define BRIDGE_SERR   (1u << 17 | 1u << 27) /* of what is below, of a request given up */
#define BRIDGE_STATUS (1u << 26)	    /* a one written clears it */
#define CARDBUS_TYPE  2u
#define PCIE_CONTROL  0x08u
#define REPORTING     0x0fu /* of correctable, non-fatal, fatal errors and unsupported requests */
#define PHANTOM	      (1u << 9) /* requests under ids of functions that are not there */
#define ROOT_CONTROL  0x1cu
#define ROOT_REPORTS  0x0fu /* system errors of three kinds, interrupt of a wake-up */
#define EXT_ATS	      0x0fu
#define EXT_PRI	      0x13u
#define EXT_PASID     0x1bu
#define ATS_ENABLE    (1u << 31)
#define PRI_ENABLE    3u /* enable, reset */
#define PASID_CONTROL 0xffff0000u
#define ACS_WANTED    0x1fu /* what isolation needs, and no request that claims to be translated */

/* The upper half of these dwords is a status register, where ones written would clear something: write zeros there. */
static void write_low(const struct handoff_pci *f, unsigned off, uint32_t value)
{
	hw_pci_write(f->bdf, off, value & 0xffff);
}

static void clear_low(const struct handoff_pci *f, unsigned off, uint32_t bits)
{
	write_low(f, off, hw_pci_read(f->bdf, off) & ~bits);
}

static void clear(const struct handoff_pci *f, unsigned off, uint32_t bits)
{
	hw_pci_write(f->bdf, off, hw_pci_read(f->bdf, off) & ~bits);
}

static void no_interrupts(const struct handoff_pci *f)
{
	if (f->msi_cap)
		clear(f, f->msi_cap, 1u << 16);
	if (f->msix_cap)
		clear(f, f->msix_cap, 1u << 31);
}

/* SERR of the function itself is off already. An error that is reported may end as NMI on some
 * processor: a device could stop the machine. Source: PCIe 5.0, 6.2. */
static void no_errors(const struct handoff_pci *f)
{
	unsigned type = pci_port_type(f);

	if (f->header_type == PCI_BRIDGE_TYPE || f->header_type == CARDBUS_TYPE)
		clear(f, REG_BRIDGE, BRIDGE_SERR | BRIDGE_STATUS);
	if (f->pcie_cap)
		clear_low(f, f->pcie_cap + PCIE_CONTROL, REPORTING | PHANTOM);
	if (type == PORT_ROOT || type == PORT_EVENTS)
		clear_low(f, f->pcie_cap + ROOT_CONTROL, ROOT_REPORTS);
}

/* Source: PCIe 5.0, 10.5. Translation services first: the others must not change while they are on. */
static void no_own_translation(const struct handoff_pci *f)
{
	unsigned ats = pci_ext_cap(f, EXT_ATS), pri = pci_ext_cap(f, EXT_PRI);
	unsigned pasid = pci_ext_cap(f, EXT_PASID);

	if (ats)
		clear(f, ats + 4, ATS_ENABLE);
	if (pri)
		clear_low(f, pri + 4, PRI_ENABLE);
	if (pasid)
		clear(f, pasid + 4, PASID_CONTROL);
}

static void access_control(const struct handoff_pci *port)
{
	unsigned acs = pci_ext_cap(port, EXT_ACS);

	if (acs) {
		uint32_t v = hw_pci_read(port->bdf, acs + 4);
		hw_pci_write(port->bdf, acs + 4, (v & 0xffff) | (v & ACS_WANTED) << 16);
	}
}

void pci_quiet(const struct pci_list *l)
{
	for (unsigned i = 0; i < l->count; i++) {
		const struct handoff_pci *f = &l->f[i];
		/* read once and written once: a function that says something else the second time must not get it */
		uint32_t command = (hw_pci_read(f->bdf, REG_COMMAND) | CMD_NO_INTX) & ~CMD_SERR;
		if (f->header_type == PCI_BRIDGE_TYPE) {
			access_control(f);
			write_low(f, REG_COMMAND, command | CMD_MEM | CMD_MASTER);
		} else {
			write_low(f, REG_COMMAND, command & ~CMD_MASTER);
		}
		no_interrupts(f);
		no_errors(f);
		no_own_translation(f);
	}
}
