/* SPDX-License-Identifier: Apache-2.0 */
/* How a function that was taken back is reset: ladder, rest, verdict. Must not be called while its DMA or interrupts reach anybody. */
#include "device_state.h"
#include "hw.h"

#define BRIDGE_CONTROL	 0x3cu
#define BRIDGE_BUS_RESET BIT(22)
#define PCIE_DEVCAP	 4u
#define PCIE_DEVCAP_FLR	 BIT(28)
#define PCIE_DEVCTL	 8u
#define PCIE_DEVCTL_FLR	 BIT(15)
#define BAR0		 0x10u
#define RESET_HOLD_US	 1000u /* PCI local bus 3.0, 4.3.2: at least 1 ms */
/* PCI Express base 4.0, 6.6.1 and 6.6.2: 100 ms before the first access */
#define RESET_REST_US 100000u

static uint32_t config_get(const struct device *v, unsigned reg)
{
	return hw_mmio_read32(&v->config[reg / 4]);
}

static bool reset_function(const struct device *v)
{
	unsigned cap = v->pci->pcie_cap;
	uint32_t control;

	if (cap == 0 || !(v->sys->reset & HV_RESET_FLR) ||
	    !(config_get(v, cap + PCIE_DEVCAP) & PCIE_DEVCAP_FLR))
		return false;
	control = config_get(v, cap + PCIE_DEVCTL) & 0xffff; /* status bits clear when written */
	hw_mmio_write32(&v->config[(cap + PCIE_DEVCTL) / 4], control | (uint32_t)PCIE_DEVCTL_FLR);
	return true;
}

static bool reset_bus(const struct device *v)
{
	uint32_t control;

	if (v->bridge == NULL || !(v->sys->reset & HV_RESET_BUS))
		return false;
	control = hw_mmio_read32(&v->bridge[BRIDGE_CONTROL / 4]);
	hw_mmio_write32(&v->bridge[BRIDGE_CONTROL / 4], control | (uint32_t)BRIDGE_BUS_RESET);
	hw_wait_us(RESET_HOLD_US);
	hw_mmio_write32(&v->bridge[BRIDGE_CONTROL / 4], control & ~(uint32_t)BRIDGE_BUS_RESET);
	return true;
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

/* All functions of a bus are reset with it: one group, and so one VM's. */
static void bus_rests(const struct device *v, uint64_t until)
{
	for (uint32_t i = 0; i < device_count; i++) {
		if (devices[i].bridge != v->bridge)
			continue;
		devices[i].reset = RESET_BUS;
		devices[i].rest_until = until;
	}
}

/* The next rung. Where there is none left the device rests all the same: what it had under way when it was cut off ends in nothing. */
static void climb(struct device *v)
{
	enum device_reset last = v->reset;
	uint64_t rest = RESET_REST_US * dom_handoff()->tsc_khz / 1000;

	v->reset = RESET_NONE;
	if (last == RESET_DUE && reset_function(v)) {
		v->reset = RESET_FLR;
	} else if (last != RESET_BUS && reset_bus(v)) {
		bus_rests(v, hw_tsc() + rest);
	} else if (!v->tainted) {
		v->tainted = true;
		log_line("device %s does not reset: it stays with its role",
			 (const char *)v->sys->name);
	}
	v->rest_until = hw_tsc() + rest;
}

static void go_on(struct device *v, uint64_t now)
{
	bool over = v->reset != RESET_NONE && now >= v->rest_until;

	if (v->reset == RESET_DUE || (over && !reset_shows(v)))
		climb(v);
	else if (over)
		v->reset = RESET_NONE;
}

bool device_rested(const struct domain *d, uint64_t now)
{
	bool rested = true;

	for (uint32_t i = 0; i < device_count; i++) {
		struct device *v = &devices[i];

		if (v->dom != d)
			continue;
		go_on(v, now);
		rested = rested && v->reset == RESET_NONE && now >= v->rest_until;
	}
	return rested;
}
