/* SPDX-License-Identifier: Apache-2.0 */
/* A model of VT-d units for host tests: it follows the specification, not the driver, and complains aloud. */
#ifndef VTD_FAKE_H
#define VTD_FAKE_H

#include "handoff.h"
#include "types.h"

#define FAKE_UNITS	2u
#define FAKE_FAULTS	4u
#define FAKE_POOL_PAGES 72u /* PTPOOL_CORE_PAGES and some for second-level tables */
#define FAKE_ENTRY_PAGES                                                                           \
	(PTPOOL_CORE_PAGES - 8u) /* of 16-byte entries; then the display's second level */
#define FAKE_POOL_HPA 0x12340000ull
#define FAKE_TSC_KHZ  1000000u
#define FAKE_VECTOR   0xf2u

#define FAKE_CAP                                                                                   \
	0xd2008c222f0606ull /* what QEMU's unit says: 48 bits, 2 MiB and 1 GiB pages, one fault record at 0x220 */
#define FAKE_ECAP     0xf00f4aull /* queued invalidation, remapping; neither coherent nor EIM */
#define FAKE_COHERENT BIT(0)
#define FAKE_EIM      BIT(4)

struct fake_entry {
	bool valid;
	uint64_t low, high;
};

struct fake_tlb {
	bool valid;
	uint32_t did;
	uint64_t page, hpa;
	bool write;
};

struct fake_event {
	unsigned count; /* interrupts the unit itself has sent */
	uint64_t address;
	uint32_t data;
};

struct vtd_fake {
	/* set by a test before it starts */
	uint64_t cap, ecap;
	uint32_t refuse; /* bits of GSTS, and of PMEN, that never follow */
	unsigned slow;	 /* reads of GSTS before a command shows */
	bool mute;	 /* the queue is not served */
	/* registers */
	uint32_t gsts, fsts, fectl, fedata, feaddr, feuaddr, pmen;
	uint64_t rtaddr, irta, iqa, iqh, iqt;
	struct {
		uint64_t low, high;
	} frcd[FAKE_FAULTS];
	/* inside */
	uint32_t coming; /* what GSTS becomes after `wait` more reads */
	unsigned wait, next_fault;
	uint64_t root, irt;			 /* latched by SRTP and SIRTP; irt with its flags */
	bool root_stale, iotlb_stale, irt_stale; /* pointer changed, not flushed yet */
	struct fake_entry context[16], iec[256];
	uint16_t context_bdf[16];
	struct fake_tlb tlb[16];
	struct fake_event event;
	unsigned descriptors, waits; /* taken from the queue */
};

extern struct vtd_fake vtd_fake[FAKE_UNITS];
extern bool fake_x2apic;
extern struct handoff fake_handoff;
extern char fake_log[8][160]; /* last lines of the driver's log */
extern unsigned fake_log_lines;
extern uint64_t fake_tsc;

/* vtd_fake_reset - UNITS units after power-on with CAP and ECAP as above, all memory wiped, a hand-off that names them. */
void vtd_fake_reset(uint32_t units);
/* What broke a rule first, or NULL. */
const char *vtd_fake_complaint(void);
/* The queue's descriptors that waited because of `mute` are taken now. */
void vtd_fake_serve(struct vtd_fake *f);

/* A device reads or writes: does it get there, and where? A refusal is recorded as the unit would. */
bool vtd_fake_dma(struct vtd_fake *f, uint16_t bdf, uint64_t address, bool write, uint64_t *hpa);

/* A device writes DATA to 0xfeexxxxx: what the processor gets. */
struct fake_irq {
	uint32_t vector, apic_id;
	bool remapped, plain; /* plain: edge, fixed, physical, not posted, no hint */
};
bool vtd_fake_msi(struct vtd_fake *f, uint16_t bdf, uint64_t address, uint32_t data,
		  struct fake_irq *out);
void vtd_fake_fault(struct vtd_fake *f, uint16_t bdf, uint64_t address, bool write, uint8_t reason);

/* Memory as this unit sees it: past the cache unless ECAP says coherent. */
uint64_t vtd_fake_read(const struct vtd_fake *f, uint64_t hpa);
void vtd_fake_memory_reset(void);
void vtd_fake_complain(const char *what);

#endif
