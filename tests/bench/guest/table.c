/* SPDX-License-Identifier: Apache-2.0 */
/* The table of samples and the clock. Must not use anything of a hypervisor. */
#include "measure.h"

_Alignas(4096) volatile struct measure_table measure_table = {.magic = "BULKHEAD-MEASURE"};

uint64_t measure_tsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

volatile uint64_t measure_handler_tsc;
#define KEEP                                                                                       \
	"	push %rax\n"                                                                             \
	"	push %rdx\n"                                                                             \
	"	rdtsc\n"                                                                                 \
	"	shl $32, %rdx\n"                                                                         \
	"	or %rdx, %rax\n"                                                                         \
	"	mov %rax, measure_handler_tsc(%rip)\n"
#define BACK                                                                                       \
	"	pop %rdx\n"                                                                              \
	"	pop %rax\n"                                                                              \
	"	iretq\n"
__asm__(".text\n"
	".globl measure_handler\n"
	"measure_handler:\n" KEEP "	push %rcx\n"
	"	mov $0x80b, %ecx\n" /* EOI */
	"	xor %eax, %eax\n"
	"	xor %edx, %edx\n"
	"	wrmsr\n"
	"	pop %rcx\n" BACK ".globl measure_handler_open\n"
	"measure_handler_open:\n" KEEP BACK);

volatile struct measure_row *measure_row(const char *name)
{
	volatile struct measure_row *row = &measure_table.row[measure_table.rows];

	measure_table.rows++;
	for (unsigned i = 0; i < MEASURE_NAME - 1 && name[i] != 0; i++)
		row->name[i] = name[i];
	return row;
}

void measure_put(volatile struct measure_row *row, uint64_t ticks)
{
	if (row->count < MEASURE_SAMPLES)
		row->sample[row->count++] = (uint32_t)ticks;
}

void measure_done(void)
{
	measure_table.state = MEASURE_DONE;
}

void measure_empty(void)
{
	volatile struct measure_row *row = measure_row("empty");

	for (unsigned i = 0; i < MEASURE_SAMPLES; i++) {
		uint64_t from = measure_tsc();

		measure_put(row, measure_tsc() - from);
	}
}
