/* SPDX-License-Identifier: Apache-2.0 */
/* Lays devices and a screen into the fake's memory as the loader would describe them; must not touch the core. */
#include <stdio.h>
#include <string.h>
#include "machine_device.h"

#define MIB	     (1ull << 20)
#define ECAM_AT	     (64 * MIB) /* buses 0 and 1 */
#define TABLES_AT    (66 * MIB)
#define FB_AT	     (72 * MIB)
#define REGISTERS_AT (160 * MIB) /* beyond memory: only guests go there */
#define BRIDGE	     0x0010u
#define GUEST_BARS   0x80000000ull

uint32_t *machine_config(uint16_t bdf)
{
	return (uint32_t *)(void *)(fake.mem + ECAM_AT + ((uint64_t)bdf << 12));
}

static struct handoff_mmio *mmio_add(uint32_t kind, uint64_t hpa, uint32_t bytes, uint32_t index)
{
	struct handoff_mmio *m = &machine_handoff->mmio[machine_handoff->mmio_count++];

	*m = (struct handoff_mmio){.hpa = hpa,
				   .va = (uint64_t)(fake.mem + hpa),
				   .bytes = bytes,
				   .kind = kind,
				   .index = index};
	return m;
}

static void make_bridge(void)
{
	struct handoff_pci *p = &machine_handoff->pci[machine_handoff->pci_count++];

	(void)mmio_add(MMIO_ECAM, ECAM_AT, 2 * MIB, 0);
	*p = (struct handoff_pci){.bdf = BRIDGE,
				  .vendor = 0x1b36,
				  .device = 0x000c,
				  .bridge_bdf = 0xffff,
				  .class_rev = 0x06040000,
				  .header_type = 1,
				  .sec_bus = 1};
	iommu_fake.function[0].config = machine_config(BRIDGE);
}

static void make_config(const struct machine_device *v, bool has_flr)
{
	const struct handoff_pci *p = v->pci;

	v->config[0] = (uint32_t)p->device << 16 | p->vendor;
	v->config[1] = 0x00100007;
	v->config[2] = p->class_rev;
	v->config[3] = 0x00800000; /* says that it has more functions */
	v->config[4] = (uint32_t)p->bar[0].hpa;
	v->config[6] = (uint32_t)p->bar[2].hpa | 4;
	v->config[7] = (uint32_t)(p->bar[2].hpa >> 32);
	v->config[0x2c / 4] = 0x11111af4;
	v->config[0x30 / 4] = 0xfff00001;
	v->config[0x34 / 4] = 0x40;
	v->config[0x3c / 4] = 0x010b; /* an INTx pin */
	v->config[DEV_MSI_CAP / 4] = 0x00800005;
	v->config[DEV_PCIE_CAP / 4] = 0x0002a010;
	v->config[DEV_PCIE_CAP / 4 + 1] = has_flr ? 1u << 28 : 0;
	v->config[DEV_PCIE_CAP / 4 + 2] = 0x2810;
	v->config[DEV_MSIX_CAP / 4] = (DEV_MSIX_ENTRIES - 1) << 16 | 0x0011;
	v->config[DEV_MSIX_CAP / 4 + 1] = DEV_MSIX_OFFSET | 2;
	v->config[DEV_MSIX_CAP / 4 + 2] = 0x2000 | 2;
}

struct machine_device machine_device(unsigned n, unsigned dom)
{
	struct machine_device v;
	uint64_t table = TABLES_AT + n * PAGE_SIZE;
	uint32_t number;

	if (machine_handoff->pci_count == 0)
		make_bridge();
	number = machine_handoff->pci_count++;
	v.pci = &machine_handoff->pci[number];
	v.sys = &machine_system->dev[machine_system->dev_count++];
	*v.pci = (struct handoff_pci){
		.bdf = (uint16_t)(0x100 + 8 * n),
		.vendor = 0x8086,
		.device = (uint16_t)(0x10d3 + n),
		.bridge_bdf = BRIDGE,
		.class_rev = 0x02000001,
		.msi_cap = DEV_MSI_CAP,
		.msix_cap = DEV_MSIX_CAP,
		.pcie_cap = DEV_PCIE_CAP,
		.group = (uint8_t)(1 + n),
		.msix_entries = DEV_MSIX_ENTRIES,
		.msix_flags = 1,
		.msix_bir = 2,
		.msix_offset = DEV_MSIX_OFFSET,
	};
	v.pci->bar[0] = (struct handoff_bar){REGISTERS_AT + n * MIB, DEV_BAR0_BYTES, 0, 0};
	v.pci->bar[2] =
		(struct handoff_bar){REGISTERS_AT + n * MIB + 0x40000, DEV_BAR2_BYTES, 4, 0};
	*v.sys = (struct hv_sys_device){.dom = dom,
					.match = HV_MATCH_SLOT,
					.value = v.pci->bdf,
					.guest_devfn = DEV_GUEST_DEVFN + 8 * n,
					.reset = HV_RESET_FLR | HV_RESET_BUS,
					.bar_gpa = GUEST_BARS + n * 16 * MIB};
	(void)snprintf((char *)v.sys->name, HV_NAME_LEN, "dev%u", n);
	v.config = machine_config(v.pci->bdf);
	v.table = (uint32_t *)(void *)(fake.mem + table);
	(void)mmio_add(MMIO_MSIX_TABLE, table, (uint32_t)PAGE_SIZE, number);
	machine_handoff->dom[dom].ram.bytes += PAGE_SIZE;
	make_config(&v, true);
	iommu_fake.function[1 + n] = (struct fake_function){
		.config = v.config, .flr_works = true, .pcie_cap = DEV_PCIE_CAP};
	iommu_fake.function[0].behind = &iommu_fake.function[1 + n];
	return v;
}

void machine_device_af(unsigned n, const struct machine_device *v)
{
	v->pci->af_cap = DEV_AF_CAP;
	v->config[DEV_AF_CAP / 4] = 0x03060013;
	v->config[DEV_AF_CAP / 4 + 1] = 0;
	iommu_fake.function[1 + n].af_cap = DEV_AF_CAP;
	iommu_fake.function[1 + n].af_works = true;
}

void machine_device_pm(unsigned n, const struct machine_device *v)
{
	v->pci->pm_cap = DEV_PM_CAP;
	v->config[DEV_PM_CAP / 4] = 0xc8030001;
	v->config[DEV_PM_CAP / 4 + 1] = 0x8000; /* an event was signalled once */
	iommu_fake.function[1 + n].pm_cap = DEV_PM_CAP;
	iommu_fake.function[1 + n].pm_works = true;
}

void machine_screen(unsigned dom, uint32_t width, uint32_t height, uint32_t pitch)
{
	struct handoff_fb *fb = &machine_handoff->fb;
	uint64_t bytes;

	if (fb->hpa == 0) {
		*fb = (struct handoff_fb){FB_AT, (uint64_t)pitch * height, width, height, pitch, 1};
		(void)mmio_add(MMIO_BAR_ROWS, FB_AT,
			       (uint32_t)((HANDOFF_BAR_ROWS * pitch + PAGE_MASK) & ~PAGE_MASK), 0);
	}
	bytes = HANDOFF_SCREEN_BYTES(*fb);
	machine_system->dom[dom].flags |= HV_DOM_SCREEN;
	machine_handoff->dom[dom].ram.bytes += bytes;
	if (FB_AT + bytes > FAKE_MEM || machine_handoff->dom[dom].ram.bytes > 8 * MIB)
		fake_broken("the test's screen is too large");
}

uint8_t *machine_pixels(void)
{
	return fake.mem + FB_AT;
}
