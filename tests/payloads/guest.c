/* SPDX-License-Identifier: Apache-2.0 */
/* Start, console and exception catching of the bare-metal test guests. */
#include "guest.h"

struct gate {
	uint16_t low, selector, flags, mid;
	uint32_t high, reserved;
};

#define VECTORS 256
#define TSS_AT	5 /* in the GDT, in entries */
#define TIMER	0xe0u

static struct gate idt[VECTORS];
static struct __attribute__((packed)) {
	uint32_t reserved0;
	uint64_t rsp0, rsp1, rsp2, reserved1, ist1, ist2[6], reserved2;
	uint16_t reserved3, map;
} tss;
static _Alignas(16) uint8_t trap_stack[2][4096];
extern const uint8_t guest_stubs[]; /* 16 bytes each */
extern uint64_t guest_gdt[];
static char line[HV_CONSOLE_MAX];

volatile uint64_t guest_vectors[VECTORS], guest_progress;

/* Where guest_caught resumes: stack pointer and the flag that a try is under way. */
uint64_t guest_resume_rsp;

struct hcall_result hcall(uint32_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	struct hcall_result r;
	register uint64_t r10 __asm__("r10") = d;
	uint64_t rax = HV_CALL_BASE | number, rdx = c;

	__asm__ volatile("vmmcall" : "+a"(rax), "+d"(rdx), "+r"(r10) : "D"(a), "S"(b) : "memory");
	r.err = rax;
	r.value = rdx;
	r.second = r10;
	return r;
}

static size_t append(size_t at, const char *text)
{
	while (*text != 0 && at < sizeof line - 1)
		line[at++] = *text++;
	return at;
}

static void send_line(size_t length)
{
	line[length] = '\n';
	(void)hcall(HV_CALL_CONSOLE, (uint64_t)line, length + 1, 0, 0);
}

void say(const char *text)
{
	send_line(append(0, text));
}

void say_number(const char *text, uint64_t value)
{
	char digits[18] = " ";
	unsigned n = 1;

	for (int shift = 60; shift >= 0; shift -= 4) {
		if (value >> shift != 0 || shift == 0)
			digits[n++] = "0123456789abcdef"[value >> shift & 15];
	}
	digits[n] = 0;
	send_line(append(append(0, text), digits));
}

void finish(uint64_t cause)
{
	for (;;)
		(void)hcall(HV_CALL_EXIT, cause, 0, 0, 0);
}

static void idt_load(void)
{
	struct {
		uint16_t pad[3];
		uint16_t limit;
		uint64_t base;
	} r = {.limit = sizeof idt - 1, .base = (uint64_t)idt};
	uint16_t cs;

	__asm__ volatile("mov %%cs, %0" : "=r"(cs));
	for (unsigned v = 0; v < VECTORS; v++) {
		uint64_t at = (uint64_t)guest_stubs + 16ull * v;

		idt[v] = (struct gate){(uint16_t)at,	     cs, 0x8e00, (uint16_t)(at >> 16),
				       (uint32_t)(at >> 32), 0};
	}
	__asm__ volatile("lidt (%0)" : : "r"(&r.limit) : "memory");
}

/* A task state, for the stacks of ring 0 and of gates that have one of their own. */
static void tss_load(void)
{
	uint64_t at = (uint64_t)&tss;

	tss.rsp0 = (uint64_t)trap_stack[1];
	tss.ist1 = (uint64_t)trap_stack[2];
	guest_gdt[TSS_AT] =
		(sizeof tss - 1) | (at & 0xffffff) << 16 | 0x89ull << 40 | (at >> 24 & 0xff) << 56;
	guest_gdt[TSS_AT + 1] = at >> 32;
	__asm__ volatile("ltr %w0" : : "r"(8 * TSS_AT));
}

void guest_gate(unsigned vector, void (*handler)(void), bool own_stack)
{
	uint64_t at = (uint64_t)handler;

	idt[vector].low = (uint16_t)at;
	idt[vector].mid = (uint16_t)(at >> 16);
	idt[vector].high = (uint32_t)(at >> 32);
	idt[vector].flags = (uint16_t)(0x8e00 | own_stack);
}

void guest_gate_kind(unsigned vector, uint16_t selector, uint16_t flags)
{
	idt[vector].selector = selector;
	idt[vector].flags = flags;
}

uint64_t rdmsr(uint32_t msr)
{
	uint32_t lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return (uint64_t)hi << 32 | lo;
}

void wrmsr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr"
			 :
			 : "a"((uint32_t)value), "d"((uint32_t)(value >> 32)), "c"(msr)
			 : "memory");
}

void apic_on(void)
{
	wrmsr(0x80f, 0x1ff);	       /* software enable */
	wrmsr(0x832, 0x40000 | TIMER); /* deadline mode */
}

uint64_t rdtsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (uint64_t)hi << 32 | lo;
}

void nap(uint64_t ticks)
{
	wrmsr(0x6e0, rdtsc() + ticks);
	__asm__ volatile("sti\n\thlt\n\tcli" : : : "memory");
}

void rest(void)
{
	for (;;)
		__asm__ volatile("sti\n\thlt");
}

/* From the entry code. */
_Noreturn void guest_start(void);
_Noreturn void guest_start(void)
{
	idt_load();
	tss_load();
	payload_main();
}
