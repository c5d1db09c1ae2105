/* SPDX-License-Identifier: Apache-2.0 */
/* The PCI bus of a VM: host bridge and doorbell, every width and offset; everything else is not there. */
#include "check.h"
#include "exit.h"
#include "hv_event.h"
#include "tests/fakes/machine.h"

#define ENABLE	 0x80000000u
#define BRIDGE	 (ENABLE | 0)
#define DOORBELL (ENABLE | HV_DOORBELL_DEVFN << 8)
#define MSI	 0x40u

static struct domain *d;

static void fresh(void)
{
	machine_start(1);
	d = dom_at(0);
}

static uint32_t get(uint32_t function, unsigned reg, unsigned bytes)
{
	d->pci.address = function | (reg & 0xfc);
	return vpci_read(d, reg & 3, bytes);
}

static void set(uint32_t function, unsigned reg, unsigned bytes, uint32_t value)
{
	d->pci.address = function | (reg & 0xfc);
	vpci_write(d, reg & 3, bytes, value);
}

static void the_bridge_is_only_there(void)
{
	fresh();
	CHECK_EQ(get(BRIDGE, 0, 4), HV_HOSTBRIDGE_ID);
	CHECK_EQ(get(BRIDGE, 8, 4), 0x06000000);
	for (unsigned reg = 0; reg < 256; reg += 4)
		if (reg != 0 && reg != 8)
			CHECK_EQ(get(BRIDGE, reg, 4), 0);
	set(BRIDGE, 4, 2, 0xffff);
	CHECK_EQ(get(BRIDGE, 4, 4), 0);
}

static void the_doorbell_is_as_documented(void)
{
	fresh();
	CHECK_EQ(get(DOORBELL, 0, 4), HV_DOORBELL_DEVICE << 16 | HV_DOORBELL_VENDOR);
	CHECK_EQ(get(DOORBELL, 8, 4), 0x08800000);
	CHECK_EQ(get(DOORBELL, 0xe, 1), 0); /* one function */
	CHECK_EQ(get(DOORBELL, 0x2c, 4), get(DOORBELL, 0, 4));
	CHECK_EQ(get(DOORBELL, 6, 2), 0x10); /* has capabilities */
	CHECK_EQ(get(DOORBELL, 0x34, 1), MSI);
	CHECK_EQ(get(DOORBELL, MSI, 1), 5);
	CHECK_EQ(get(DOORBELL, MSI + 1, 1), 0);	   /* the only capability */
	CHECK_EQ(get(DOORBELL, MSI + 2, 2), 0x80); /* 64-bit, one vector, off */
	CHECK_EQ(get(DOORBELL, 0x3d, 1), 0);	   /* no interrupt pin */
	for (unsigned reg = 0x10; reg <= 0x24; reg += 4) {
		set(DOORBELL, reg, 4, 0xffffffff);
		CHECK_EQ(get(DOORBELL, reg, 4), 0); /* no BAR */
	}
	set(DOORBELL, 0x30, 4, 0xffffffff);
	CHECK_EQ(get(DOORBELL, 0x30, 4), 0);
}

static void widths_and_offsets_agree(void)
{
	fresh();
	for (unsigned reg = 0; reg < 256; reg += 4) {
		uint32_t whole = get(DOORBELL, reg, 4);

		for (unsigned i = 0; i < 4; i++)
			CHECK_EQ(get(DOORBELL, reg + i, 1), whole >> (8 * i) & 0xff);
		for (unsigned i = 0; i < 3; i++)
			CHECK_EQ(get(DOORBELL, reg + i, 2), whole >> (8 * i) & 0xffff);
	}
}

static void an_access_past_the_port_is_absent(void)
{
	fresh();
	CHECK_EQ(get(DOORBELL, 3, 2), 0xffff);
	CHECK_EQ(get(DOORBELL, 1, 4), 0xffffffff);
	set(DOORBELL, MSI + 15, 2, 0xffff);
	set(DOORBELL, MSI + 13, 4, 0xffffffff);
	CHECK_EQ(d->pci.msi_data, 0);
}

static void msi_registers_take_what_they_may(void)
{
	fresh();
	set(DOORBELL, MSI + 4, 4, 0xffffffff);
	set(DOORBELL, MSI + 8, 4, 0x12345678);
	set(DOORBELL, MSI + 12, 4, 0xffffffff);
	CHECK_EQ(d->pci.msi_address, 0x12345678fffffffc);
	CHECK_EQ(get(DOORBELL, MSI + 4, 4), 0xfffffffc);
	CHECK_EQ(get(DOORBELL, MSI + 8, 4), 0x12345678);
	CHECK_EQ(get(DOORBELL, MSI + 12, 4), 0xffff);
	set(DOORBELL, MSI + 4, 4, 0xfee00000);
	CHECK_EQ(d->pci.msi_address, 0x12345678fee00000);
	set(DOORBELL, MSI + 12, 2, 0x41);
	CHECK_EQ(get(DOORBELL, MSI + 12, 4), 0x41);
	set(DOORBELL, MSI + 2, 2, 0xffff);
	CHECK_EQ(get(DOORBELL, MSI + 2, 2), 0x81); /* enable, and never more than one vector */
	set(DOORBELL, MSI + 2, 2, 0);
	CHECK_EQ(get(DOORBELL, MSI + 2, 2), 0x80);
	CHECK_EQ(get(DOORBELL, MSI, 2), 5); /* id and chain are read-only */
}

static void parts_of_a_register_are_merged(void)
{
	fresh();
	set(DOORBELL, MSI + 8, 4, 0x11223344);
	set(DOORBELL, MSI + 9, 1, 0xaa);
	CHECK_EQ(get(DOORBELL, MSI + 8, 4), 0x1122aa44);
	set(DOORBELL, MSI + 10, 2, 0xbbcc);
	CHECK_EQ(get(DOORBELL, MSI + 8, 4), 0xbbccaa44);
	set(DOORBELL, MSI + 9, 2, 0xffffffff); /* bytes beyond the width do not count */
	CHECK_EQ(get(DOORBELL, MSI + 8, 4), 0xbbffff44);
}

static void command_keeps_two_bits(void)
{
	fresh();
	set(DOORBELL, 4, 4, 0xffffffff);
	CHECK_EQ(get(DOORBELL, 4, 2), 0x404);
	CHECK_EQ(get(DOORBELL, 6, 2), 0x10);
	set(DOORBELL, 5, 1, 0);
	CHECK_EQ(get(DOORBELL, 4, 2), 0x4);
}

static void everything_else_is_absent(void)
{
	fresh();
	for (unsigned devfn = 0; devfn < 256; devfn++) {
		if (devfn != 0 && devfn != HV_DOORBELL_DEVFN)
			CHECK_EQ(get(ENABLE | devfn << 8, 0, 4), 0xffffffff);
		CHECK_EQ(get(ENABLE | 1u << 16 | devfn << 8, 0, 4), 0xffffffff);
		set(ENABLE | 1u << 16 | devfn << 8, MSI + 12, 2, 0x99);
		if (devfn != HV_DOORBELL_DEVFN)
			set(ENABLE | devfn << 8, MSI + 12, 2, 0x99);
	}
	CHECK_EQ(get(ENABLE | 1, 0, 1), 0x36); /* bits 1..0 of the address do not count */
	CHECK_EQ(get(0, 0, 4), 0xffffffff);    /* mechanism not enabled */
	CHECK_EQ(get(0, 0, 2), 0xffff);
	CHECK_EQ(get(0, 0, 1), 0xff);
	set(HV_DOORBELL_DEVFN << 8, MSI + 12, 2, 0x99);
	CHECK_EQ(d->pci.msi_data, 0);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(the_bridge_is_only_there);
	RUN(the_doorbell_is_as_documented);
	RUN(widths_and_offsets_agree);
	RUN(an_access_past_the_port_is_absent);
	RUN(msi_registers_take_what_they_may);
	RUN(parts_of_a_register_are_merged);
	RUN(command_keeps_two_bits);
	RUN(everything_else_is_absent);
	return check_end();
}
