/* SPDX-License-Identifier: Apache-2.0 */
/* How a function that was taken back is reset: ladder, rest, verdict. Must not be called while its DMA or interrupts reach anybody. */
#include "device_state.h"
#include "hw.h"

#define BRIDGE_CONTROL	 0x3cu
#define BRIDGE_BUS_RESET BIT(22)
#define PCIE_CONTROL	 8u /* status in its upper half, where ones written would clear something */
#define PCIE_START_FLR	 BIT(15)
#define PCIE_PENDING	 BIT(21)
#define AF_CONTROL	 4u /* status above it */
#define AF_START_FLR	 1u
#define AF_PENDING	 BIT(8)
#define PM_CONTROL	 4u
#define PM_D0		 0u
#define PM_D3HOT	 3u
#define BAR0		 0x10u
#define HOLD_US		 1000u /* PCI local bus 3.0, 4.3.2: at least 1 ms */
/* PCI Express base 4.0, 6.6.1 and 6.6.2, and the ECN on Advanced Features: 100 ms before the first access */
#define REST_US	   100000u
#define PM_REST_US 10000u /* PCI power management 1.2, 5.6: 10 ms after each way */
/* 6.6.2, implementation note: answers that are not there after 100 ms do not come any more */
#define PENDING_US 100000u
#define READY_US   1000000u /* 6.6.1: so long a function may say "not yet" */

static const char *const rung_names[] = {"none", "flr", "af", "pm", "bus"};

static uint32_t config_get(const struct device *v, unsigned reg)
{
	return hw_mmio_read32(&v->config[reg / 4]);
}

static void config_set(const struct device *v, unsigned reg, uint32_t value)
{
	hw_mmio_write32(&v->config[reg / 4], value);
}

static uint64_t ticks(uint64_t us)
{
	return us * dom_handoff()->tsc_khz / 1000;
}

/* Is an answer to one of its requests still on the way? It would meet a function that does not remember asking. */
static bool pending(const struct device *v)
{
	unsigned pcie = v->pci->pcie_cap, af = v->pci->af_cap;

	return (pcie != 0 && (config_get(v, pcie + PCIE_CONTROL) & PCIE_PENDING)) ||
	       ((v->has & RUNG(HV_RUNG_AF)) && (config_get(v, af + AF_CONTROL) & AF_PENDING));
}

static void reset_bus(const struct device *v)
{
	uint32_t control = hw_mmio_read32(&v->bridge[BRIDGE_CONTROL / 4]);

	hw_mmio_write32(&v->bridge[BRIDGE_CONTROL / 4], control | (uint32_t)BRIDGE_BUS_RESET);
	hw_wait_us(HOLD_US);
	hw_mmio_write32(&v->bridge[BRIDGE_CONTROL / 4], control & ~(uint32_t)BRIDGE_BUS_RESET);
}

/* Then the device is left alone, from now on for so many microseconds: */
static uint64_t begin(const struct device *v)
{
	switch (v->rung) {
	case HV_RUNG_FLR:
		config_set(v, v->pci->pcie_cap + PCIE_CONTROL,
			   v->pcie_control | (uint32_t)PCIE_START_FLR);
		break;
	case HV_RUNG_AF:
		config_set(v, v->pci->af_cap + AF_CONTROL, AF_START_FLR);
		break;
	case HV_RUNG_PM:
		config_set(v, v->pci->pm_cap + PM_CONTROL, PM_D3HOT);
		return PM_REST_US;
	case HV_RUNG_BUS:
		reset_bus(v);
		break;
	case HV_RUNG_NONE:
		break;
	}
	return REST_US;
}

/* Wakes with an internal reset: that it would keep its state it did not say. */
static void wake(struct device *v)
{
	config_set(v, v->pci->pm_cap + PM_CONTROL, PM_D0);
	v->reset = RESET_TRIED;
	v->rest_until = hw_tsc() + ticks(PM_REST_US);
	v->give_up_at = v->rest_until + ticks(READY_US);
}

/* All functions of a bus are reset with it: one group, and so one VM's. */
static void bus_rests(const struct device *v)
{
	for (uint32_t i = 0; i < device_count; i++) {
		struct device *on = &devices[i];

		if (on->bridge != v->bridge)
			continue;
		on->reset = v->reset;
		on->rung = v->rung;
		on->rest_until = v->rest_until;
		on->give_up_at = v->give_up_at;
	}
}

/* What worked the last time comes first: there is no need to see each time again that another rung shows nothing. */
static enum hv_rung next_rung(const struct device *v)
{
	uint32_t left = v->may & ~(uint32_t)v->failed;

	if (left & RUNG(v->worked))
		return v->worked;
	for (unsigned r = HV_RUNG_FLR; r <= HV_RUNG_BUS; r++) {
		if (left & RUNG(r))
			return (enum hv_rung)r;
	}
	return HV_RUNG_NONE;
}

static void judged(struct device *v)
{
	v->reset = RESET_NONE;
	v->worked = v->rung;
	v->reset_us = (uint32_t)((hw_tsc() - v->taken_at) * 1000 / dom_handoff()->tsc_khz);
}

/* No rung is left. The device rests all the same: what it had under way when it was cut off ends in nothing. */
static void taint(struct device *v)
{
	judged(v);
	v->rest_until = v->taken_at + ticks(REST_US);
	if (!v->tainted)
		log_line("device %s does not reset: it stays with its role",
			 (const char *)v->sys->name);
	v->tainted = true;
}

static void climb(struct device *v)
{
	uint64_t rest;

	ASSERT(!v->assigned); /* it reaches nothing */
	v->rung = next_rung(v);
	if (v->rung == HV_RUNG_NONE) {
		taint(v);
		return;
	}
	rest = begin(v);
	v->reset = v->rung == HV_RUNG_PM ? RESET_ASLEEP : RESET_TRIED;
	v->rest_until = hw_tsc() + ticks(rest);
	v->give_up_at = v->rest_until + ticks(READY_US);
	if (v->rung == HV_RUNG_BUS)
		bus_rests(v);
}

/* A rung counts only if configuration space shows it: every address register that was set reads as after power-on. */
static bool reset_shows(const struct device *v)
{
	uint32_t left = 0;
	bool any = false;

	for (unsigned i = 0; i < HANDOFF_BAR_MAX; i++) {
		if (v->pci->bar[i].hpa == 0)
			continue;
		any = true;
		left |= config_get(v, BAR0 + 4 * i) & ~0xfu;
		if (v->pci->bar[i].flags & 4) /* 64 bits: one half may be zero at all times */
			left |= config_get(v, BAR0 + 4 * i + 4);
	}
	return (any ? left : config_get(v, PCI_COMMAND) & 0xffff) == 0;
}

static void judge(struct device *v, uint64_t now)
{
	bool there = config_get(v, 0) == ((uint32_t)v->pci->device << 16 | v->pci->vendor);

	if (!there && now < v->give_up_at)
		return;
	if (!there || !reset_shows(v)) {
		v->failed |= (uint8_t)RUNG(v->rung);
		climb(v);
		return;
	}
	judged(v);
	/* what firmware agreed with the port: packets of one size, above all */
	if (v->pci->pcie_cap != 0)
		config_set(v, v->pci->pcie_cap + PCIE_CONTROL, v->pcie_control);
	log_line("device %s reset by %s in %u us", (const char *)v->sys->name, rung_names[v->rung],
		 v->reset_us);
}

static void take(struct device *v, uint64_t now)
{
	v->reset = RESET_PENDING;
	v->taken_at = now;
	v->give_up_at = now + ticks(PENDING_US);
	v->failed = 0;
	v->resets++;
}

static void go_on(struct device *v, uint64_t now)
{
	if (now < v->rest_until)
		return;
	if (v->reset == RESET_PENDING && (now >= v->give_up_at || !pending(v)))
		climb(v);
	else if (v->reset == RESET_ASLEEP)
		wake(v);
	else if (v->reset == RESET_TRIED)
		judge(v, now);
}

bool device_rested(const struct domain *d, uint64_t now)
{
	bool rested = true;

	for (uint32_t i = 0; i < device_count; i++) { /* all, before one of them resets a bus */
		if (devices[i].dom == d && devices[i].reset == RESET_DUE)
			take(&devices[i], now);
	}
	for (uint32_t i = 0; i < device_count; i++) {
		struct device *v = &devices[i];

		if (v->dom != d)
			continue;
		go_on(v, now);
		rested = rested && v->reset == RESET_NONE && now >= v->rest_until;
	}
	return rested;
}
