/* SPDX-License-Identifier: Apache-2.0 */
/* A VM's reads and writes of configuration space through ports, in any order, of a device that answers anything: no address register,
 * interrupt message or forbidden bit is ever written, nothing else is touched, and reads tell only what the guest may know. */
#include "bytes.h"
#include "device_state.h"
#include "exit.h"
#include "life.h"
#include "tests/fakes/machine_device.h"
#include "tests/fakes/witness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define STEPS_MAX 300u
#define OWN	  1u /* number of its function in the fake; 0 is the bridge, 2 another VM's */
#define MASTER	  4u
#define SERVED	  0x402u /* memory, no INTx */

static struct bytes input;
static struct machine_device dev;
static struct domain *d;
static uint32_t seen_config[16]; /* address registers and all up to there, as they were set */
static uint32_t told_enable;	 /* MSI enable bit of what the guest wrote */
static bool releasing;

static void promise(bool ok, const char *what)
{
	if (!ok)
		fake_broken(what);
}

/* Once its bytes are used up it says what it keeps. */
static uint32_t anything(uint32_t offset, uint32_t kept)
{
	uint8_t how;

	(void)offset;
	if (input.left == 0)
		return kept;
	how = take8(&input);
	return how < 0x80   ? kept
	       : how < 0xa0 ? 0xffffffff
	       : how < 0xc0 ? 0
	       : how < 0xe0 ? kept ^ 1u << (how & 31)
			    : (uint32_t)take64(&input);
}

/* What reaches real configuration space while the guest is served. */
static void served(uint32_t at, uint32_t value)
{
	bool msix = dev.pci->msix_flags != 0;

	if (at == PCI_COMMAND)
		promise((value & ~MASTER) == SERVED, "a forbidden bit of the command register");
	else if (msix && at == dev.pci->msix_cap)
		promise((value & ~0xc0000000u) == 0, "more of MSI-X than enable and mask");
	else if (!msix && dev.pci->msi_cap != 0 && at == dev.pci->msi_cap)
		promise((value & 0x7f0000u) == told_enable, "more of MSI than one message");
	else
		fake_broken("a guest's write reached a register of the device");
}

static void on_event(enum fake_event what)
{
	unsigned i = iommu_fake.logged - 1;

	if (what == EV_CONFIG && !releasing) {
		promise(iommu_fake.log[i].which == OWN, "another function was written");
		served(iommu_fake.log[i].a, iommu_fake.log[i].b);
	}
	if (what == EV_CONFIG && releasing && iommu_fake.log[i].a == PCI_COMMAND)
		promise((iommu_fake.log[i].b & MASTER) == 0, "bus mastering goes on at release");
	promise(releasing || what == EV_CONFIG, "a guest's write moved an interrupt or a context");
	iommu_fake.logged = 0;
}

static void on_nobody(enum fake_event what)
{
	(void)what;
	iommu_fake.logged = 0;
}

/* Capabilities lie where the loader takes them from a device: anywhere from 0x40 on, over each other too. */
static uint8_t place(struct bytes *b)
{
	uint8_t v = take8(b);

	return v < 0x40 ? 0 : v & 0xfc;
}

static void make(struct bytes *b)
{
	uint8_t how = take8(b);

	machine_make(2);
	witness_begin();
	dev = machine_device(0, 0);
	(void)machine_device(1, 1);
	if (how & 1) {
		dev.pci->msi_cap = place(b);
		dev.pci->msix_cap = place(b);
		dev.pci->pcie_cap = place(b);
	}
	dev.pci->msix_flags = (how & 2) && dev.pci->msix_cap != 0;
	releasing = true;
	iommu_fake.watch = on_nobody;
	if (how & 4)
		iommu_fake.function[OWN].answer = anything;
	fake.plain_windows = true;
	machine_boot();
	d = machine_settle(0);
	iommu_fake.function[OWN].answer = anything;
	for (unsigned i = 0; i < ARRAY_LEN(seen_config); i++)
		seen_config[i] = dev.config[i];
	told_enable = 0;
	iommu_fake.watch = on_event;
	releasing = false;
}

static uint64_t port(uint16_t at, unsigned bytes, bool in, uint64_t value)
{
	struct vcpu_exit x = {.kind = VEXIT_IO, .port = at, .bytes = (uint8_t)bytes, .in = in};

	d->vcpu.gpr[RAX] = value;
	exit_handle(d, &x);
	return d->vcpu.gpr[RAX];
}

static uint32_t pick_value(struct bytes *b)
{
	static const uint32_t often[] = {0,	     0xffffffff, 0x5a5a5a5a, 1,		 2,
					 4,	     0x10000,	 0x710000,   0x80000000, 0x40000000,
					 0xfee00000, 0x00100000, 0x80050005, 0x0147};
	uint8_t pick = take8(b);

	return pick < ARRAY_LEN(often) ? often[pick] : pick < 0xc0 ? pick : (uint32_t)take64(b);
}

/* Bytes of the MSI enable bit that a write of N bytes at OFFSET changes. */
static void note_enable(unsigned reg, unsigned offset, unsigned bytes, uint32_t value)
{
	if (dev.pci->msix_flags == 0 && reg == dev.pci->msi_cap && offset <= 2 &&
	    offset + bytes > 2)
		told_enable = value << (8 * offset) & 0x10000;
}

/* An address register says guest addresses or a size, never where the device really is. */
static void told(unsigned reg, uint32_t value)
{
	unsigned i = (reg - 0x10) / 4;
	const struct handoff_bar *bar;

	if (reg < 0x10 || reg >= 0x28)
		return;
	bar = &dev.pci->bar[i];
	if (bar->hpa == 0)
		promise(value == 0 || value == 0xffffffff, "an address of nothing");
	else
		promise(value == (devices[0].bar_gpa[i] | bar->flags) ||
				value == ((uint32_t)(0 - bar->bytes) | bar->flags),
			"an address register says what it is not to say");
}

static void step(struct bytes *b)
{
	uint8_t what = take8(b), reg = take8(b) & 0xfc, devfn = DEV_GUEST_DEVFN;
	unsigned bytes = 1u << (what >> 2) % 3, offset = what >> 5 & 3;
	uint32_t value = pick_value(b);

	if ((what & 0x80) && (what & 0x10))
		devfn = take8(b);
	(void)port(0xcf8, 4, false, 0x80000000 | (uint32_t)devfn << 8 | reg);
	if (what & 1) {
		value = (uint32_t)port((uint16_t)(0xcfc + offset), bytes, true, 0);
		if (devfn == DEV_GUEST_DEVFN && offset == 0 && bytes == 4)
			told(reg, value);
		return;
	}
	if (devfn == DEV_GUEST_DEVFN && offset + bytes <= 4)
		note_enable(reg, offset, bytes, value & vpci_mask(bytes));
	(void)port((uint16_t)(0xcfc + offset), bytes, false, value);
}

/* Input: first byte: bit 0 capabilities elsewhere, bit 1 MSI-X, bit 2 it lies from the start; then steps and, in between, its answers. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	input = (struct bytes){data, len};
	make(&input);
	for (unsigned i = 0; i < STEPS_MAX && input.left > 0 && d->state == HV_VM_RUNNING; i++) {
		step(&input);
		for (unsigned reg = 4; reg < 10; reg++)
			promise(dev.config[reg] == seen_config[reg],
				"an address register of the device has moved");
	}
	witness_check();
	witness_core();
	releasing = true;
	if (d->state == HV_VM_RUNNING)
		life_stop(d, HV_STOP_TRIPLE_FAULT);
	hw_windows_close();
	witness_check();
	witness_core();
	return 0;
}
