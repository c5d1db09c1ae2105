/* SPDX-License-Identifier: Apache-2.0 */
/* Single operations timed one by one. The same code runs as a guest of Bulkhead and of Xen; see port.h. */
#include "measure.h"
#include "port.h"

static void null_calls(void)
{
	volatile struct measure_row *row = measure_row("null-hypercall");

	for (unsigned i = 0; i < MEASURE_SAMPLES; i++) {
		uint64_t from = measure_tsc();

		port_null();
		measure_put(row, measure_tsc() - from);
	}
}

/* CPUID changes RBX, which the compiler may use otherwise: it is listed. */
static void cpuids(void)
{
	volatile struct measure_row *row = measure_row("cpuid-exit");

	for (unsigned i = 0; i < MEASURE_SAMPLES; i++) {
		uint32_t a = 0, c = 0;
		uint64_t from = measure_tsc();

		__asm__ volatile("cpuid" : "+a"(a), "+c"(c) : : "ebx", "edx", "memory");
		measure_put(row, measure_tsc() - from);
	}
}

static void deadlines(void)
{
	volatile struct measure_row *row = measure_row("msr-deadline");
	bool there = true;

	for (unsigned i = 0; i < MEASURE_SAMPLES && there; i++) {
		uint64_t from = measure_tsc();

		there = port_deadline();
		if (there)
			measure_put(row, measure_tsc() - from);
	}
}

static void interrupts(void)
{
	volatile struct measure_row *row = measure_row("irq-to-handler");

	for (unsigned i = 0; i < MEASURE_SAMPLES; i++) {
		uint64_t from = measure_tsc();

		measure_put(row, port_self_irq() - from);
	}
}

void measure_main(void)
{
	port_start();
	measure_empty();
	null_calls();
	cpuids();
	deadlines();
	interrupts();
	measure_done();
	port_done();
}
