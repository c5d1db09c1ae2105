/* SPDX-License-Identifier: Apache-2.0 */
/* The PCI bus a VM sees through ports CF8 and CFC: our host bridge and the doorbell. Everything else reads as absent. */
#include "device.h"
#include "exit.h"
#include "hv_event.h"

#define CF8_ENABLE	     BIT(31)
#define DEVFN_BRIDGE	     0x00u
#define CLASS_BRIDGE	     0x06000000u
#define CLASS_DOORBELL	     0x08800000u /* base system peripheral, other */
#define STATUS_CAPS	     (BIT(4) << 16)
#define CAP_MSI		     0x40u
#define COMMAND_MASK	     0x0404u /* bus master, INTx disable: kept, without effect */
#define MSI_64BIT	     BIT(7)
#define MSI_CONTROL_WRITABLE BIT(0)

static uint32_t doorbell_read(const struct vpci *p, unsigned reg)
{
	switch (reg) {
	case 0x00:
		return HV_DOORBELL_DEVICE << 16 | HV_DOORBELL_VENDOR;
	case 0x04:
		return (uint32_t)STATUS_CAPS | p->command;
	case 0x08:
		return CLASS_DOORBELL;
	case 0x2c:
		return HV_DOORBELL_DEVICE << 16 | HV_DOORBELL_VENDOR;
	case 0x34:
		return CAP_MSI;
	case CAP_MSI:
		return (uint32_t)(p->msi_control | MSI_64BIT) << 16 | 0x05;
	case CAP_MSI + 4:
		return (uint32_t)p->msi_address;
	case CAP_MSI + 8:
		return (uint32_t)(p->msi_address >> 32);
	case CAP_MSI + 12:
		return p->msi_data;
	}
	return 0;
}

/* VALUE has the new bytes in place, the others as they are. */
static void doorbell_write(struct vpci *p, unsigned reg, uint32_t value)
{
	switch (reg) {
	case 0x04:
		p->command = (uint16_t)(value & COMMAND_MASK);
		break;
	case CAP_MSI:
		p->msi_control = (uint16_t)((value >> 16) & MSI_CONTROL_WRITABLE);
		break;
	case CAP_MSI + 4:
		p->msi_address = (p->msi_address & ~0xffffffffull) | (value & ~3u);
		break;
	case CAP_MSI + 8:
		p->msi_address = (p->msi_address & 0xffffffffull) | (uint64_t)value << 32;
		break;
	case CAP_MSI + 12:
		p->msi_data = value & 0xffff;
		break;
	}
}

static uint32_t config_read(const struct domain *d)
{
	uint32_t a = d->pci.address;
	uint32_t value;
	unsigned bus = (unsigned)FIELD_GET(a, 23, 16), devfn = (unsigned)FIELD_GET(a, 15, 8),
		 reg = a & 0xfc;

	if (!(a & CF8_ENABLE) || bus != 0)
		return 0xffffffff;
	if (devfn == DEVFN_BRIDGE)
		return reg == 0 ? HV_HOSTBRIDGE_ID : reg == 8 ? CLASS_BRIDGE : 0;
	if (devfn == HV_DOORBELL_DEVFN)
		return doorbell_read(&d->pci, reg);
	return device_config_read(d, devfn, reg, &value) ? value : 0xffffffff;
}

uint32_t vpci_mask(unsigned bytes)
{
	return bytes == 4 ? 0xffffffffu : (1u << (8 * bytes)) - 1;
}

uint32_t vpci_read(const struct domain *d, unsigned offset, unsigned bytes)
{
	if (offset + bytes > 4)
		return vpci_mask(bytes);
	return (config_read(d) >> (8 * offset)) & vpci_mask(bytes);
}

void vpci_write(struct domain *d, unsigned offset, unsigned bytes, uint32_t value)
{
	uint32_t a = d->pci.address, mask;

	if (offset + bytes > 4 || !(a & CF8_ENABLE) || FIELD_GET(a, 23, 16) != 0)
		return;
	mask = vpci_mask(bytes) << (8 * offset);
	value = (config_read(d) & ~mask) | ((value << (8 * offset)) & mask);
	if (FIELD_GET(a, 15, 8) == HV_DOORBELL_DEVFN)
		doorbell_write(&d->pci, a & 0xfc, value);
	else
		(void)device_config_write(d, (unsigned)FIELD_GET(a, 15, 8), a & 0xfc, value);
}
