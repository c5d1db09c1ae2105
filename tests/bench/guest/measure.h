/* SPDX-License-Identifier: Apache-2.0 */
/* The table of samples that a measuring guest fills, for a driver that reads its memory from outside. Must not know which hypervisor it runs on. */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEASURE_SAMPLES 256u
#define MEASURE_ROWS	16u
#define MEASURE_NAME	24u

/* One kind of operation: ticks of each single one, by the guest's TSC read on both sides of it. */
struct measure_row {
	char name[MEASURE_NAME]; /* "empty": nothing between the two reads */
	uint32_t count, reserved;
	uint32_t sample[MEASURE_SAMPLES];
};

enum measure_state { MEASURE_BUSY, MEASURE_DONE };

struct measure_table {
	char magic[16]; /* BULKHEAD-MEASURE, no terminator: how the driver finds it */
	uint64_t state;
	uint64_t rows;
	struct measure_row row[MEASURE_ROWS];
};

extern volatile struct measure_table measure_table;

/* measure_row - a new row of this name. measure_put - one sample more; those beyond the table are dropped. */
volatile struct measure_row *measure_row(const char *name);
void measure_put(volatile struct measure_row *row, uint64_t ticks);
void measure_done(void);

uint64_t measure_tsc(void);

/* measure_handler - of an interrupt: keeps the TSC in measure_handler_tsc before all else, then ends the interrupt at the x2APIC. */
void measure_handler(void);
void measure_handler_open(void); /* the same, but whoever waited for the interrupt ends it */
extern volatile uint64_t measure_handler_tsc;

void measure_empty(void); /* the row "empty" */

/* From the entry code of the port: what needs no second VM. Never returns. */
_Noreturn void measure_main(void);

#endif
