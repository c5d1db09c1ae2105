/* SPDX-License-Identifier: Apache-2.0 */
/* The payload that never ends, in one of several ways, each of which could keep a hypervisor or a processor busy for ever. */
#include "chan.h"

#define MSR_DEADLINE 0x6e0u
#define MSR_ICR	     0x830u
#define MSR_SELF     0x83fu
#define VECTOR	     0xe1u
#define DB	     1u
#define TF	     0x100ull

enum storm { IPI, TIMER, STEP, HANDLER, CACHE, FAULT, CALL, FLOOD };

/* The scenario writes one of the numbers above over this before it makes the image. */
volatile uint64_t storm_kind = 0x2d646e696b6d7473ull;

/* What the core answered to the calls of this payload, by error. */
volatile uint64_t storm_answers[16];
static const char text[CHAN_TEXT] = "a message nobody reads";

/* To itself, by both registers. */
static void ipis(void)
{
	for (;;) {
		wrmsr(MSR_ICR, VECTOR + 1);
		wrmsr(MSR_SELF, VECTOR);
		guest_progress++;
	}
}

static void timers(void)
{
	for (;;) {
		wrmsr(MSR_DEADLINE, 1);
		wrmsr(MSR_DEADLINE, rdtsc() + 1);
		guest_progress++;
	}
}

void storm_count(void); /* #DB: count, go on */
void storm_trap(void);	/* its first instruction has a breakpoint */
__asm__("storm_count:\n\t"
	"incq guest_vectors + 8\n\t"
	"iretq\n"
	".balign 4096\n" /* the emulator is slow in a page with a breakpoint, whoever runs in it */
	"storm_trap:\n\t"
	"nop\n\t"
	"incq guest_vectors + 8\n\t"
	"iretq\n\t"
	".balign 4096\n");

/* A trap after each instruction, for ever. */
static void steps(void)
{
	guest_gate(DB, storm_count, false);
	__asm__ volatile("pushfq\n\t"
			 "orq %0, (%%rsp)\n\t"
			 "popfq\n"
			 "1: incq guest_progress\n\t"
			 "jmp 1b"
			 :
			 : "i"(TF)
			 : "memory");
}

static void breakpoint(uint64_t at, uint64_t dr7)
{
	__asm__ volatile("mov %0, %%dr0\n\tmov %1, %%dr7" : : "r"(at), "r"(dr7 | 0x400));
}

/* The handler of #DB begins at a breakpoint, on a stack that does not run out. */
static void handlers(void)
{
	guest_gate(DB, storm_trap, true);
	breakpoint((uint64_t)storm_trap, 2);
	for (;;) {
		__asm__ volatile("int $1" : : : "memory");
		guest_progress++;
	}
}

static void caches(void)
{
	for (;;) {
		__asm__ volatile("wbinvd\n\tinvd" : : : "memory");
		guest_progress++;
	}
}

static void bad_msr(uint64_t msr)
{
	wrmsr((uint32_t)msr, 1);
}

static void faults(void)
{
	for (;;) {
		(void)caught(bad_msr, 0x10);
		guest_progress++;
	}
}

static void calls(void)
{
	for (uint32_t n = 0;; n++) {
		if ((n & 0xffff) == HV_CALL_EXIT || (n & 0xffff) == HV_CALL_CONSOLE)
			continue;
		storm_answers[hcall(n & 0xffff, 2, 3, 5, 7).err & 15]++;
		guest_progress++;
	}
}

static void floods(void)
{
	(void)chan_attach(false);
	for (;;) {
		storm_answers[chan_say(text, 0) & 15]++;
		guest_progress++;
	}
}

void payload_main(void)
{
	say("storm");
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	apic_on();
	if (storm_kind == IPI || storm_kind == TIMER)
		__asm__ volatile("sti");
	if (storm_kind == IPI)
		ipis();
	else if (storm_kind == TIMER)
		timers();
	else if (storm_kind == STEP)
		steps();
	else if (storm_kind == HANDLER)
		handlers();
	else if (storm_kind == CACHE)
		caches();
	else if (storm_kind == FAULT)
		faults();
	else if (storm_kind == CALL)
		calls();
	else if (storm_kind == FLOOD)
		floods();
	finish(1); /* no such number */
}
