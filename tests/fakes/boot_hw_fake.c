/* SPDX-License-Identifier: Apache-2.0 */
/* The model behind the loader's hw.h. Strict: an address nobody set up ends the test program. */
#include "fakes/boot_hw_fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot/hw.h"

struct fake fake;

static _Noreturn void unexpected(const char *what, uint64_t at)
{
	printf("# fake machine: unexpected %s at 0x%llx\n", what, (unsigned long long)at);
	exit(1);
}

void fake_reset(void)
{
	memset(&fake, 0, sizeof fake);
}

struct fake_fn *fake_add(uint16_t bdf, uint32_t id, uint32_t class_rev, uint8_t header)
{
	if (fake.count == FAKE_FN_MAX)
		unexpected("function", bdf);
	struct fake_fn *f = &fake.fn[fake.count++];
	f->bdf = bdf;
	f->reg[0] = id;
	f->reg[1] = 7; /* decoding and bus mastering on, as firmware leaves it */
	f->reg[2] = class_rev;
	f->reg[3] = (uint32_t)header << 16;
	return f;
}

static struct fake_fn *find(uint16_t bdf)
{
	for (unsigned i = 0; i < fake.count; i++)
		if (fake.fn[i].bdf == bdf)
			return &fake.fn[i];
	return NULL;
}

uint32_t hw_pci_read(uint16_t bdf, unsigned off)
{
	const struct fake_fn *f = find(bdf);

	if (off % 4 || off > 4092)
		unexpected("configuration read", off);
	return f ? f->reg[off / 4] : ~0u;
}

void hw_pci_write(uint16_t bdf, unsigned off, uint32_t value)
{
	struct fake_fn *f = find(bdf);

	if (!f || off % 4 || off > 4092)
		unexpected("configuration write", (uint64_t)bdf << 16 | off);
	unsigned bars = f->reg[3] >> 16 & 0x7f ? 2 : 6;
	if (off >= 0x10 && off < 0x10 + 4 * bars) {
		uint32_t mask = f->bar_mask[off / 4 - 4];
		f->decoded_sizing += value == ~0u && f->reg[1] & 3;
		f->reg[off / 4] = (value & mask) | (f->reg[off / 4] & ~mask);
	} else if (off == 4) {
		f->cleared |= value >> 16;
		f->reg[1] = (f->reg[1] & 0xffff0000u) | (value & 0xffff);
	} else {
		f->reg[off / 4] = value;
	}
}

void hw_pci_ecam(uint64_t hpa, uint8_t bus_first, uint8_t bus_last)
{
	(void)bus_first;
	(void)bus_last;
	unexpected("configuration window", hpa);
}

static uint32_t *mmio(uint64_t hpa)
{
	if (fake.mmio_hpa == 0 || hpa < fake.mmio_hpa || hpa - fake.mmio_hpa > 4092 || hpa % 4)
		unexpected("register", hpa);
	return &fake.mmio[(hpa - fake.mmio_hpa) / 4];
}

static uint32_t apic_current(void)
{
	uint64_t ticks = (fake.now_ns - fake.apic_start_ns) * fake.apic_hz / 1000000000u;

	return fake.apic_stuck ? ~0u : (uint32_t)(~0u - ticks);
}

uint32_t hw_mmio_read32(uint64_t hpa)
{
	if (fake.apic_hz && hpa == fake.mmio_hpa + 0x390)
		return apic_current();
	return *mmio(hpa);
}

uint64_t hw_mmio_read64(uint64_t hpa)
{
	return *mmio(hpa) | (uint64_t)*mmio(hpa + 4) << 32;
}

void hw_mmio_write32(uint64_t hpa, uint32_t value)
{
	if (fake.apic_hz && hpa == fake.mmio_hpa + 0x380)
		fake.apic_start_ns = fake.now_ns;
	*mmio(hpa) = value;
	if (fake.icr_stuck && hpa == fake.mmio_hpa + 0x300)
		*mmio(hpa) |= 1u << 12;
	if (fake.bios_lets_go && value >> 24 & 1)
		*mmio(hpa) &= ~(1u << 16);
}

void fake_wait_1ms(void)
{
	fake.waits++;
}

void fake_cpuid(uint32_t leaf, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	unsigned i = 0;

	while (i < fake.leaves && fake.leaf[i].leaf != leaf)
		i++;
	if (i == FAKE_LEAF_MAX)
		unexpected("CPUID leaf", leaf);
	fake.leaf[i] = (struct fake_leaf){
		leaf, {a, b, c, d}
	  };
	fake.leaves += i == fake.leaves;
}

struct hw_cpuid hw_cpuid(uint32_t leaf)
{
	for (unsigned i = 0; i < fake.leaves; i++) {
		const uint32_t *v = fake.leaf[i].value;
		if (fake.leaf[i].leaf == leaf)
			return (struct hw_cpuid){v[0], v[1], v[2], v[3]};
	}
	if (leaf != 1)
		unexpected("CPUID leaf", leaf);
	return (struct hw_cpuid){0, 0, fake.rdrand ? 1u << 30 : 0, 0};
}

uint64_t hw_rdmsr(uint32_t msr)
{
	if (msr == 0x839 && fake.x2apic)
		return apic_current();
	if (msr != 0x1b)
		unexpected("MSR read", msr);
	return fake.x2apic ? 0xfee00d00 : 0xfee00900;
}

void hw_wrmsr(uint32_t msr, uint64_t value)
{
	if (fake.x2apic && msr == 0x830) {
		fake.icr = value;
		return;
	}
	if (!fake.x2apic || (msr != 0x832 && msr != 0x838 && msr != 0x83e))
		unexpected("MSR write", msr);
	if (msr == 0x838)
		fake.apic_start_ns = fake.now_ns;
}

uint64_t hw_cr4(void)
{
	unexpected("register CR", 4);
}

uint64_t hw_tsc(void)
{
	return fake.now_ns / 1000 * (fake.tsc_hz / 1000000) +
	       fake.now_ns % 1000 * (fake.tsc_hz / 1000000) / 1000;
}

int hw_rdrand(uint64_t *value)
{
	fake.rdrand_value += fake.rdrand_step;
	*value = fake.rdrand_value;
	return fake.rdrand;
}

uint8_t hw_in8(uint16_t port)
{
	unexpected("port", port);
}

void hw_out8(uint16_t port, uint8_t value)
{
	(void)value;
	unexpected("port", port);
}

uint32_t hw_in32(uint16_t port)
{
	if (port != fake.pm_port || port == 0)
		unexpected("port", port);
	fake.now_ns += fake.read_ns;
	uint64_t ticks = fake.now_ns * 3579545 / 1000000000u;
	return fake.pm_stuck ? 5 : (uint32_t)(ticks & 0xffffff);
}

void hw_out32(uint16_t port, uint32_t value)
{
	(void)value;
	unexpected("port", port);
}

void hw_interrupts_off(void)
{
}

_Noreturn void hw_stop(void)
{
	unexpected("stop", 0);
}
