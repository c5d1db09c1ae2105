/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration space a guest sees of its device: addresses that never move, capabilities we know, nothing that reaches the bus. */
#include "check.h"
#include "device.h"
#include "exit.h"
#include "tests/fakes/machine_device.h"

#define MSI  DEV_MSI_CAP
#define PCIE DEV_PCIE_CAP
#define MSIX DEV_MSIX_CAP

static struct machine_device v;
static struct domain *d;
static uint32_t before[1024];

static void boot(void)
{
	machine_boot();
	(void)machine_settle(0);
	d = machine_settle(1);
	fake.cpu = 0;
	memcpy(before, v.config, sizeof before);
}

static void fresh(void)
{
	machine_make(2);
	v = machine_device(0, 1);
	boot();
}

static void fresh_msi(void)
{
	machine_make(2);
	v = machine_device(0, 1);
	v.pci->msix_flags = 0;
	boot();
}

static uint32_t get(unsigned reg)
{
	uint32_t value = 0x5a5a5a5a;

	CHECK_TRUE(device_config_read(d, DEV_GUEST_DEVFN, reg, &value));
	return value;
}

static void set(unsigned reg, uint32_t value)
{
	CHECK_TRUE(device_config_write(d, DEV_GUEST_DEVFN, reg, value));
}

static bool untouched(void)
{
	return memcmp(before, v.config, sizeof before) == 0;
}

static void identity_is_the_devices_own(void)
{
	fresh();
	CHECK_EQ(get(0x00), 0x10d38086);
	CHECK_EQ(get(0x08), 0x02000001);
	CHECK_EQ(get(0x2c), 0x11111af4);
	CHECK_EQ(get(0x04) >> 16, 0x10); /* capabilities; no status bit of the real one */
}

static void one_function_no_rom_no_pin(void)
{
	fresh();
	CHECK_EQ(get(0x0c), 0);
	CHECK_EQ(get(0x28), 0);
	set(0x30, 0xffffffff);
	CHECK_EQ(get(0x30), 0);
	CHECK_EQ(get(0x3c), 0);
	CHECK_TRUE(untouched());
}

static void addresses_size_but_do_not_move(void)
{
	fresh();
	CHECK_EQ(get(0x10), 0x80000000);
	CHECK_EQ(get(0x18), 0x80020004);
	CHECK_EQ(get(0x1c), 0);
	for (unsigned reg = 0x10; reg < 0x28; reg += 4)
		set(reg, 0xffffffff);
	CHECK_EQ(get(0x10), 0 - (uint32_t)DEV_BAR0_BYTES);
	CHECK_EQ(get(0x14), 0);
	CHECK_EQ(get(0x18), (0 - (uint32_t)DEV_BAR2_BYTES) | 4);
	CHECK_EQ(get(0x1c), 0xffffffff);
	CHECK_EQ(get(0x20), 0);
	CHECK_EQ(get(0x24), 0);
	for (unsigned reg = 0x10; reg < 0x28; reg += 4)
		set(reg, 0x12345678);
	CHECK_EQ(get(0x10), 0x80000000);
	CHECK_EQ(get(0x18), 0x80020004);
	CHECK_EQ(get(0x1c), 0);
	CHECK_TRUE(untouched());
}

/* What follows a 64-bit range that is not memory of ours, and a range in the first register only. */
static void a_32_bit_range_has_no_upper_half(void)
{
	machine_make(2);
	v = machine_device(0, 1);
	v.pci->bar[2] = (struct handoff_bar){0, 0, 0, 0};
	v.pci->bar[1].hpa = 0;
	v.pci->msix_flags = 0;
	boot();
	set(0x14, 0xffffffff);
	CHECK_EQ(get(0x14), 0);
	CHECK_EQ(get(0x18), 0);
}

static void the_chain_holds_what_we_know(void)
{
	fresh();
	CHECK_EQ(get(0x34), PCIE);
	CHECK_EQ(get(PCIE) & 0xffff, MSIX << 8 | 0x10);
	CHECK_EQ(get(PCIE) >> 16, 2);
	CHECK_EQ(get(MSIX) & 0xffff, 0x11); /* the end */
	CHECK_EQ(get(MSIX) >> 16 & 0x7ff, DEV_MSIX_ENTRIES - 1);
	CHECK_EQ(get(MSIX + 4), DEV_MSIX_OFFSET | 2);
	CHECK_EQ(get(MSIX + 8), 0x2000 | 2);
	CHECK_EQ(get(MSI), 0); /* hidden */
	fresh_msi();
	CHECK_EQ(get(0x34), MSI);
	CHECK_EQ(get(MSI) & 0xffff, PCIE << 8 | 0x05);
	CHECK_EQ(get(MSI) >> 16, 0x80); /* 64-bit, one message, off */
	CHECK_EQ(get(PCIE) & 0xffff, 0x10);
	CHECK_EQ(get(MSIX), 0);
}

static void a_device_without_capabilities(void)
{
	machine_make(2);
	v = machine_device(0, 1);
	v.pci->msix_flags = 0;
	v.pci->msi_cap = v.pci->pcie_cap = v.pci->msix_cap = 0;
	iommu_fake.function[1].pcie_cap = 0;
	boot();
	CHECK_EQ(get(0x34), 0);
	for (unsigned reg = 0x40; reg < 0x100; reg += 4)
		CHECK_EQ(get(reg), 0);
	CHECK_EQ(get(0x00), 0x10d38086);
}

static void mastering_is_all_that_command_does(void)
{
	fresh();
	set(0x04, 0xffffffff);
	CHECK_EQ(get(0x04) & 0xffff, 0x547);
	CHECK_EQ(v.config[1],
		 2 | 4 | 0x400); /* memory, master, INTx off; no I/O, no SERR; status not cleared */
	set(0x04, 0);
	CHECK_EQ(get(0x04) & 0xffff, 0);
	CHECK_EQ(v.config[1], 2 | 0x400); /* memory stays: it is the table that lets the guest in */
}

static void msix_control_passes_two_bits(void)
{
	fresh();
	set(MSIX, 0xffffffff);
	CHECK_EQ(v.config[MSIX / 4] & 0xc0000000, 0xc0000000);
	CHECK_EQ(v.config[MSIX / 4] & 0x3fff0000, 0);
	CHECK_EQ(get(MSIX) >> 30, 3);
	set(MSIX, 0x80000000);
	CHECK_EQ(get(MSIX) >> 30, 2);
	set(MSIX, 0);
	CHECK_EQ(get(MSIX) >> 30, 0);
	set(MSIX + 4, 0xffffffff);
	CHECK_EQ(get(MSIX + 4), DEV_MSIX_OFFSET | 2);
}

static void msi_registers_are_the_guests_but_not_the_devices(void)
{
	fresh_msi();
	set(MSI + 4, 0xfee01003);
	set(MSI + 8, 0x1);
	set(MSI + 12, 0xffff4141);
	CHECK_EQ(get(MSI + 4), 0xfee01000);
	CHECK_EQ(get(MSI + 8), 1);
	CHECK_EQ(get(MSI + 12), 0x4141);
	CHECK_TRUE(untouched());
	set(MSI, 0xffffffff);
	CHECK_EQ(get(MSI) >> 16, 0x81);
	CHECK_EQ(v.config[MSI / 4] >> 16, 0x81); /* enabled, one message */
	set(MSI, 0);
	CHECK_EQ(v.config[MSI / 4] >> 16, 0x80);
	for (unsigned i = 1; i < 4; i++)
		CHECK_EQ(v.config[MSI / 4 + i], before[MSI / 4 + i]);
}

static void everything_else_is_dropped(void)
{
	uint32_t shown[64];

	fresh();
	for (unsigned reg = 0; reg < 256; reg += 4)
		shown[reg / 4] = get(reg);
	for (unsigned reg = 0; reg < 256; reg += 4) {
		if (reg == 4 || (reg >= 0x10 && reg < 0x28) || reg == MSIX)
			continue;
		set(reg, 0xffffffff);
		set(reg, 0xa5a5a5a5);
		CHECK_EQ(get(reg), shown[reg / 4]);
	}
	CHECK_TRUE(untouched());
}

static void only_the_own_function_is_there(void)
{
	uint32_t value = 7;

	fresh();
	for (unsigned devfn = 0; devfn < 256; devfn++)
		if (devfn != DEV_GUEST_DEVFN)
			CHECK_FALSE(device_config_read(d, devfn, 0, &value));
	CHECK_FALSE(device_config_read(dom_at(0), DEV_GUEST_DEVFN, 0, &value));
	CHECK_FALSE(device_config_write(dom_at(0), DEV_GUEST_DEVFN, 4, 4));
	CHECK_EQ(value, 7);
	CHECK_TRUE(untouched());
}

/* Through the ports, bytes and words are merged with what the guest sees, never with the real register. */
static void ports_reach_it(void)
{
	fresh();
	d->pci.address = 0x80000000 | DEV_GUEST_DEVFN << 8;
	CHECK_EQ(vpci_read(d, 2, 2), 0x10d3);
	d->pci.address |= 4;
	vpci_write(d, 0, 1, 4);
	CHECK_EQ(v.config[1] & 0xffff, 2 | 4 | 0x400);
	vpci_write(d, 1, 1, 0);
	CHECK_EQ(v.config[1] & 0xffff, 2 | 4 | 0x400);
	d->pci.address = 0x80010000 | DEV_GUEST_DEVFN << 8 | 4; /* another bus */
	vpci_write(d, 0, 1, 0);
	CHECK_EQ(v.config[1] & 0xffff, 2 | 4 | 0x400);
	CHECK_EQ(vpci_read(d, 0, 4), 0xffffffff);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(identity_is_the_devices_own);
	RUN(one_function_no_rom_no_pin);
	RUN(addresses_size_but_do_not_move);
	RUN(a_32_bit_range_has_no_upper_half);
	RUN(the_chain_holds_what_we_know);
	RUN(a_device_without_capabilities);
	RUN(mastering_is_all_that_command_does);
	RUN(msix_control_passes_two_bits);
	RUN(msi_registers_are_the_guests_but_not_the_devices);
	RUN(everything_else_is_dropped);
	RUN(only_the_own_function_is_there);
	RUN(ports_reach_it);
	return check_end();
}
