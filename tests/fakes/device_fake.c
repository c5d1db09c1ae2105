/* SPDX-License-Identifier: Apache-2.0 */
/* See device_fake.h. It must refuse what the real driver would refuse: attaching twice, mapping an entry in use. */
#include <string.h>
#include "device_fake.h"
#include "hw_fake.h"
#include "lock.h"

struct iommu_fake iommu_fake;

static void note(enum fake_event what, uint32_t a, uint32_t b)
{
	if (iommu_fake.logged == FAKE_LOG)
		fake_broken("the log of device events is full");
	iommu_fake.log[iommu_fake.logged].what = what;
	iommu_fake.log[iommu_fake.logged].a = a;
	iommu_fake.log[iommu_fake.logged++].b = b;
	if (iommu_fake.watch != NULL)
		iommu_fake.watch(what);
}

unsigned device_fake_find(unsigned start, enum fake_event what, uint32_t a)
{
	for (unsigned i = start; i < iommu_fake.logged; i++)
		if (iommu_fake.log[i].what == what && iommu_fake.log[i].a == a)
			return i;
	return FAKE_LOG;
}

/* Address registers and command read as after power-on. */
static void function_reset(struct fake_function *f)
{
	memset(&f->config[4], 0, 24);
	f->config[1] &= 0xffff0000u;
	f->away_until = fake.tsc + f->away;
	note(EV_RESET, 0, 0);
}

/* The rest of what is on the bus begins when the bridge lets go of it. */
static void bus_written(struct fake_function *f, bool held)
{
	for (; f != NULL; f = f->behind) {
		if (held) {
			function_reset(f);
			if (f->pcie_cap != 0) /* what function level resets keep, too */
				f->config[f->pcie_cap / 4 + 2] = 0x2810;
		}
		f->rests_until = held && f->rest != 0 ? UINT64_MAX : fake.tsc + f->rest;
	}
}

static void function_level(struct fake_function *f, bool works)
{
	f->hasty = f->hasty || fake.tsc < f->pending_until;
	f->rests_until = fake.tsc + f->rest;
	if (works)
		function_reset(f);
}

static void power_written(struct fake_function *f, uint32_t before, uint32_t value)
{
	bool in_time = fake.tsc >= f->rests_until;

	f->rests_until = fake.tsc + f->rest;
	if ((before & 3) == 3 && (value & 3) == 0 && in_time && f->pm_works)
		function_reset(f);
}

static void function_written(struct fake_function *f, uint32_t offset, uint32_t before,
			     uint32_t value)
{
	if (iommu_fake.logged < FAKE_LOG)
		iommu_fake.log[iommu_fake.logged].which = (unsigned)(f - iommu_fake.function);
	note(EV_CONFIG, offset, value);
	if (f->behind != NULL && offset == 0x3c)
		bus_written(f->behind, (value & 1u << 22) != 0);
	if (f->pcie_cap != 0 && offset == f->pcie_cap + 8 && (value & 1u << 15)) {
		f->config[offset / 4] &= ~(1u << 15); /* reads as 0 */
		function_level(f, f->flr_works);
	}
	if (f->af_cap != 0 && offset == f->af_cap + 4 && (value & 1)) {
		f->config[offset / 4] = 0;
		function_level(f, f->af_works);
	}
	if (f->pm_cap != 0 && offset == f->pm_cap + 4)
		power_written(f, before, value);
}

void device_fake_reset(void)
{
	memset(&iommu_fake, 0, sizeof iommu_fake);
}

static struct fake_function *touched(const volatile void *reg)
{
	const volatile uint32_t *at = reg;

	for (unsigned i = 0; i < FAKE_FUNCTIONS; i++) {
		struct fake_function *f = &iommu_fake.function[i];

		if (f->config == NULL || at < f->config || at >= f->config + 1024)
			continue;
		f->disturbed = f->disturbed || fake.tsc < f->rests_until;
		return f;
	}
	return NULL;
}

static uint32_t answered(const struct fake_function *f, uint32_t offset)
{
	uint32_t kept = f->config[offset / 4];

	if (fake.tsc < f->away_until)
		return ~0u;
	if (fake.tsc < f->pending_until && f->pcie_cap != 0 && offset == f->pcie_cap + 8)
		kept |= 1u << 21;
	if (fake.tsc < f->pending_until && f->af_cap != 0 && offset == f->af_cap + 4)
		kept |= 1u << 8;
	return kept;
}

uint32_t hw_mmio_read32(const volatile void *reg)
{
	const volatile uint32_t *at = reg;
	const struct fake_function *f = touched(reg);

	if (f != NULL && f->answer != NULL)
		return f->answer((uint32_t)(at - f->config) * 4, *at);
	return f == NULL ? *at : answered(f, (uint32_t)(at - f->config) * 4);
}

uint64_t hw_mmio_read64(const volatile void *reg)
{
	return *(const volatile uint64_t *)reg;
}

void hw_mmio_write32(volatile void *reg, uint32_t value)
{
	struct fake_function *f = touched(reg);
	uint32_t before = *(volatile uint32_t *)reg;

	*(volatile uint32_t *)reg = value;
	if (f != NULL)
		function_written(f, (uint32_t)((volatile uint32_t *)reg - f->config) * 4, before,
				 value);
}

void hw_mmio_write64(volatile void *reg, uint64_t value)
{
	*(volatile uint64_t *)reg = value;
}

void hw_cache_flush(const void *at, size_t bytes)
{
	(void)at;
	(void)bytes;
}

void hw_wait_us(uint64_t us)
{
	fake.tsc += us * 1000; /* MACHINE_KHZ */
}

void hw_boot_done(void)
{
}

enum hv_err iommu_attach(uint32_t unit, uint16_t bdf, uint32_t dom, hpa_t root)
{
	lock_assert_held();
	note(EV_ATTACH, bdf, dom);
	if (iommu_fake.fail != HV_OK || iommu_fake.fail_attach != HV_OK)
		return iommu_fake.fail != HV_OK ? iommu_fake.fail : iommu_fake.fail_attach;
	for (unsigned i = 0; i < ARRAY_LEN(iommu_fake.context); i++) {
		if (iommu_fake.context[i].attached && iommu_fake.context[i].bdf == bdf)
			return HV_EBUSY;
	}
	for (unsigned i = 0; i < ARRAY_LEN(iommu_fake.context); i++) {
		if (iommu_fake.context[i].attached)
			continue;
		iommu_fake.context[i].attached = true;
		iommu_fake.context[i].unit = unit;
		iommu_fake.context[i].bdf = bdf;
		iommu_fake.context[i].dom = dom;
		iommu_fake.context[i].root = root;
		return HV_OK;
	}
	return HV_ENOMEM;
}

enum hv_err iommu_detach(uint32_t unit, uint16_t bdf, uint32_t dom)
{
	lock_assert_held();
	note(EV_DETACH, bdf, dom);
	if (iommu_fake.fail != HV_OK || iommu_fake.fail_detach != HV_OK)
		return iommu_fake.fail != HV_OK ? iommu_fake.fail : iommu_fake.fail_detach;
	for (unsigned i = 0; i < ARRAY_LEN(iommu_fake.context); i++) {
		if (iommu_fake.context[i].bdf == bdf && iommu_fake.context[i].unit == unit &&
		    iommu_fake.context[i].dom == dom)
			iommu_fake.context[i].attached = false;
	}
	return HV_OK;
}

enum hv_err iommu_irq_map(uint32_t unit, uint32_t entry, uint16_t bdf, uint32_t vector,
			  uint32_t apic_id, struct iommu_msg *out)
{
	lock_assert_held();
	note(EV_MAP, entry, bdf);
	if (iommu_fake.fail != HV_OK)
		return iommu_fake.fail;
	if (entry >= IOMMU_IRQ_MAX || iommu_fake.irq[entry].present)
		return HV_EBUSY;
	iommu_fake.irq[entry].present = true;
	iommu_fake.irq[entry].unit = unit;
	iommu_fake.irq[entry].bdf = bdf;
	iommu_fake.irq[entry].vector = vector;
	iommu_fake.irq[entry].apic_id = apic_id;
	*out = (struct iommu_msg){0xfee00018 | (uint64_t)entry << 5, 0};
	return HV_OK;
}

enum hv_err iommu_irq_unmap(uint32_t unit, uint32_t entry, bool quiet)
{
	(void)unit;
	lock_assert_held();
	note(EV_UNMAP, entry, 0);
	if (iommu_fake.fail != HV_OK || iommu_fake.fail_unmap != HV_OK)
		return iommu_fake.fail != HV_OK ? iommu_fake.fail : iommu_fake.fail_unmap;
	iommu_fake.irq[entry].present = false;
	iommu_fake.quiet = quiet;
	return HV_OK;
}

bool iommu_fault_next(struct iommu_fault *out)
{
	if (iommu_fake.fault_count == 0)
		return false;
	*out = iommu_fake.faults[--iommu_fake.fault_count];
	return true;
}

void iommu_state(struct iommu_state *out)
{
	lock_assert_held();
	*out = iommu_fake.state;
}
