/* SPDX-License-Identifier: Apache-2.0 */
/* A machine for the loader's tests: PCI functions, one page of registers, timers. An access to nothing fails the test. */
#ifndef BOOT_HW_FAKE_H
#define BOOT_HW_FAKE_H

#include <stdbool.h>
#include <stdint.h>

#define FAKE_FN_MAX 80u

struct fake_fn {
	uint16_t bdf;
	uint32_t reg[1024];	 /* configuration space, dwords */
	uint32_t bar_mask[6];	 /* writable bits of each BAR; 0 = none */
	unsigned decoded_sizing; /* BARs written with ones while memory or I/O decoding was on */
	uint32_t cleared;	 /* ones written to the status register */
};

#define FAKE_LEAF_MAX 8u
struct fake_leaf {
	uint32_t leaf, value[4];
};

struct fake {
	unsigned count;
	struct fake_fn fn[FAKE_FN_MAX];
	uint64_t mmio_hpa; /* one page; 0 = none */
	uint32_t mmio[1024];
	bool bios_lets_go; /* the firmware's bit of USBLEGSUP clears when the system's is set */
	unsigned waits;
	/* Timers: each read of the PM timer takes READ_NS. */
	uint16_t pm_port;
	bool pm_stuck, apic_stuck, x2apic;
	uint64_t now_ns, tsc_hz, apic_hz, read_ns;
	uint64_t apic_start_ns;
	bool rdrand;
	uint64_t rdrand_value, rdrand_step; /* last value; what the next one is more */
	/* Processors: a leaf that nobody set and that is not 1 fails the test. */
	unsigned leaves;
	struct fake_leaf leaf[FAKE_LEAF_MAX];
	uint64_t icr;	/* last write in x2APIC mode */
	bool icr_stuck; /* an IPI stays pending */
};
extern struct fake fake;

void fake_reset(void);
struct fake_fn *fake_add(uint16_t bdf, uint32_t id, uint32_t class_rev, uint8_t header);
void fake_cpuid(uint32_t leaf, uint32_t a, uint32_t b, uint32_t c, uint32_t d);
void fake_wait_1ms(void);

#endif
