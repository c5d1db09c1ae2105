/* SPDX-License-Identifier: Apache-2.0 */
/* Registers and IOMMU of host tests of the core: registers are memory, some functions react, and the order of all is kept. */
#ifndef DEVICE_FAKE_H
#define DEVICE_FAKE_H

#include "iommu.h"

#define FAKE_FUNCTIONS 4u
#define FAKE_LOG       256u

/* A function whose configuration space does more than keep what is written. */
struct fake_function {
	uint32_t *config;
	bool flr_works;	   /* a write of the FLR bit in the PCIe capability resets it */
	bool af_works;	   /* the same in the Advanced Features */
	bool pm_works;	   /* D0 after D3hot resets it */
	unsigned pcie_cap; /* where; 0 = none */
	unsigned af_cap, pm_cap;
	uint64_t pending_until; /* says till then that it waits for answers */
	bool hasty;		/* it was reset all the same */
	uint64_t away;		/* ticks after a reset in which it answers all ones */
	uint64_t away_until;
	struct fake_function *
		behind; /* what is reset with it: a bridge's secondary bus, and the next function on that */
	uint64_t rest; /* ticks after a reset was asked for in which nobody may touch it */
	uint64_t rests_until;
	bool disturbed; /* somebody did */
	/* a device that answers what it likes where OFFSET holds KEPT; NULL = it says what it keeps */
	uint32_t (*answer)(uint32_t offset, uint32_t kept);
};

enum fake_event { EV_CONFIG, EV_ATTACH, EV_DETACH, EV_MAP, EV_UNMAP, EV_RESET };

struct iommu_fake {
	struct {
		bool attached;
		uint32_t unit, dom;
		uint16_t bdf;
		hpa_t root;
	} context[16];
	struct {
		bool present;
		uint32_t unit, vector, apic_id;
		uint16_t bdf;
	} irq[IOMMU_IRQ_MAX];
	bool quiet;			/* of the last iommu_irq_unmap */
	struct iommu_fault faults[128]; /* the next ones to be taken, from the end */
	unsigned fault_count;
	struct iommu_state state;
	enum hv_err fail;				  /* answer of all calls; HV_OK = do it */
	enum hv_err fail_attach, fail_detach, fail_unmap; /* answer of one call alone */
	struct fake_function function[FAKE_FUNCTIONS];
	struct {
		enum fake_event what;
		uint32_t a, b;	/* CONFIG: offset, value; others: bdf or entry, 0 */
		unsigned which; /* CONFIG: number in function */
	} log[FAKE_LOG];
	unsigned logged;
	void (*watch)(enum fake_event what); /* a test that looks on, or NULL */
};
extern struct iommu_fake iommu_fake;

void device_fake_reset(void);
/* device_fake_find - index in the log of the first such event from START on; FAKE_LOG = there is none. */
unsigned device_fake_find(unsigned start, enum fake_event what, uint32_t a);

#endif
