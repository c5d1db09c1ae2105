/* SPDX-License-Identifier: Apache-2.0 */
/* What a guest sees of its device's configuration space: default deny, BARs that never move, capabilities by allow-list. */
#include "device_state.h"
#include "hw.h"

#define CAP_MSI	   0x05u
#define CAP_PCIE   0x10u
#define CAP_MSIX   0x11u
#define PCIE_BYTES 0x3cu
/* I/O, memory, master, parity, SERR, INTx off: kept for reading; only master has effect */
#define COMMAND_GUEST 0x0547u
#define STATUS_CAPS   BIT(20)

/* The capabilities shown, in ascending order of offset; the guest's chain is made of these. 0 = end. */
static unsigned next_cap(const struct device *v, unsigned after)
{
	unsigned best = 0;
	const unsigned caps[] = {v->msix != NULL ? v->pci->msix_cap : v->pci->msi_cap,
				 v->pci->pcie_cap};

	for (unsigned i = 0; i < ARRAY_LEN(caps); i++) {
		if (caps[i] > after && (best == 0 || caps[i] < best))
			best = caps[i];
	}
	return best;
}

static uint32_t cap_header(const struct device *v, unsigned cap, uint32_t id, uint32_t high)
{
	return high << 16 | next_cap(v, cap) << 8 | id;
}

static uint32_t real(const struct device *v, unsigned reg)
{
	return hw_mmio_read32(&v->config[reg / 4]);
}

static uint32_t bar_read(const struct device *v, unsigned i)
{
	unsigned low =
		i; /* the register that names the BAR: for the upper half of a 64-bit one, the one before */

	if (i > 0 && v->pci->bar[i].hpa == 0 && v->pci->bar[i - 1].hpa != 0 &&
	    (v->pci->bar[i - 1].flags & 4))
		low = i - 1;
	if (v->pci->bar[low].hpa == 0)
		return 0;
	if (low != i)
		return v->bar_sizing[i] ? 0xffffffff : 0; /* at most 1 GiB, below 4 GiB */
	if (v->bar_sizing[i])
		return (uint32_t)(0 - v->pci->bar[i].bytes) | v->pci->bar[i].flags;
	return v->bar_gpa[i] | v->pci->bar[i].flags;
}

static uint32_t msix_read(const struct device *v, unsigned offset)
{
	if (offset == 0) {
		uint32_t state =
			real(v, v->pci->msix_cap) & (uint32_t)(MSIX_ENABLE | MSIX_MASK_ALL);

		return state | cap_header(v, v->pci->msix_cap, CAP_MSIX, v->irq_count - 1);
	}
	return real(v, v->pci->msix_cap + offset); /* where table and pending bits are */
}

static uint32_t msi_read(const struct device *v, unsigned offset)
{
	switch (offset) {
	case 0:
		return (v->msi_control & (uint32_t)MSI_ENABLE) |
		       cap_header(v, v->pci->msi_cap, CAP_MSI, 0x80); /* 64-bit */
	case 4:
		return (uint32_t)v->msi_address;
	case 8:
		return (uint32_t)(v->msi_address >> 32);
	}
	return v->msi_data;
}

static bool within(unsigned reg, unsigned cap, unsigned bytes)
{
	return cap != 0 && reg >= cap && reg < cap + bytes;
}

static uint32_t read(const struct device *v, unsigned reg)
{
	if (reg >= 0x10 && reg < 0x28)
		return bar_read(v, (reg - 0x10) / 4);
	if (v->msix != NULL && within(reg, v->pci->msix_cap, 12))
		return msix_read(v, reg - v->pci->msix_cap);
	if (v->msix == NULL && within(reg, v->pci->msi_cap, 16))
		return msi_read(v, reg - v->pci->msi_cap);
	if (reg == v->pci->pcie_cap && reg != 0)
		return (real(v, reg) & 0xffff0000u) | cap_header(v, reg, CAP_PCIE, 0);
	if (within(reg, v->pci->pcie_cap, PCIE_BYTES))
		return real(v, reg);
	switch (reg) {
	case 0x00:
	case 0x08:
	case 0x2c:
		return real(v, reg);
	case PCI_COMMAND:
		return (v->assigned ? v->command : 0u) | (uint32_t)STATUS_CAPS;
	case 0x34:
		return next_cap(v, 0);
	}
	return 0; /* no ROM, no INTx pin, no BIST, one function */
}

/* Before its checkpoint a VM sees its devices, so that its kernel finds them at boot, and can change nothing of them. */
static struct device *find(const struct domain *d, unsigned devfn)
{
	for (uint32_t i = 0; i < device_count; i++) {
		if (devices[i].dom == d && (devices[i].assigned || !d->open) &&
		    devices[i].sys->guest_devfn == devfn)
			return &devices[i];
	}
	return NULL;
}

bool device_config_read(const struct domain *d, unsigned devfn, unsigned reg, uint32_t *value)
{
	const struct device *v = find(d, devfn);

	if (v == NULL)
		return false;
	*value = read(v, reg);
	return true;
}

static void command_write(struct device *v, uint32_t value)
{
	v->command = (uint16_t)(value & COMMAND_GUEST);
	hw_mmio_write32(&v->config[PCI_COMMAND / 4],
			(uint32_t)(PCI_MEMORY | PCI_INTX_OFF | (value & PCI_MASTER)));
}

static void msi_write(struct device *v, unsigned offset, uint32_t value)
{
	switch (offset) {
	case 0:
		v->msi_control = value & (uint32_t)MSI_ENABLE;
		device_msi_update(v);
		break;
	case 4:
		v->msi_address = (v->msi_address & ~0xffffffffull) | (value & ~3u);
		break;
	case 8:
		v->msi_address = (v->msi_address & 0xffffffffull) | (uint64_t)value << 32;
		break;
	case 12:
		v->msi_data = value & 0xffff;
		break;
	}
}

bool device_config_write(struct domain *d, unsigned devfn, unsigned reg, uint32_t value)
{
	struct device *v = find(d, devfn);

	if (v == NULL)
		return false;
	if (reg >= 0x10 && reg < 0x28)
		v->bar_sizing[(reg - 0x10) / 4] = value == 0xffffffff;
	else if (!v->assigned)
		return true;
	else if (reg == PCI_COMMAND)
		command_write(v, value);
	else if (v->msix != NULL && reg == v->pci->msix_cap)
		hw_mmio_write32(&v->config[reg / 4],
				value & (uint32_t)(MSIX_ENABLE | MSIX_MASK_ALL));
	else if (v->msix == NULL && within(reg, v->pci->msi_cap, 16))
		msi_write(v, reg - v->pci->msi_cap, value);
	return true;
}
