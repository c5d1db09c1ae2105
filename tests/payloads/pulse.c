/* SPDX-License-Identifier: Apache-2.0 */
/* The payload that is asked whether it gets on: it answers, or fails to in one of three ways, or does not even get ready. */
#include "guest.h"

#define CF8	   0xcf8u
#define CFC	   0xcfcu
#define BELL_AT	   (0x80000000u | HV_DOORBELL_DEVFN << 8 | 0x40u) /* its MSI capability */
#define BELL	   0xe1u
#define MSR_TPR	   0x808u
#define ALL_DEAF   0xf0u
#define SLOW_STEPS (3ull << 25)

enum pulse { ANSWERS, SPINS, MUTE, DEAF, SLEEPS_FIRST, SPINS_FIRST, SLOW };

/* The scenario writes one of the numbers above over this before it makes the image. */
volatile uint64_t pulse_kind = 0x2d65736c75706b2dull;

static void config(uint32_t reg, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(BELL_AT + reg), "Nd"((uint16_t)CF8));
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"((uint16_t)CFC));
}

static void bell_on(void)
{
	config(4, 0xfee00000u);
	config(12, BELL);
	config(0, 1u << 16);
}

/* guest_progress: questions heard, guest_vectors[BELL]: times the bell rang. */
static void serve(void)
{
	for (;;) {
		__asm__ volatile("sti\n\thlt\n\tcli" : : : "memory");
		if (!(hcall(HV_CALL_EVENT_TAKE, 0, 0, 0, 0).second & HV_EVENT_ASK))
			continue;
		guest_progress++;
		if (pulse_kind != MUTE)
			(void)hcall(HV_CALL_HEARTBEAT, 0, 0, 0, 0);
	}
}

void payload_main(void)
{
	apic_on();
	bell_on();
	if (pulse_kind == SLEEPS_FIRST)
		rest();
	while (pulse_kind == SPINS_FIRST)
		guest_progress++;
	for (volatile uint64_t i = 0; pulse_kind == SLOW && i < SLOW_STEPS; i++)
		; /* much work before it is ready */
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	if (pulse_kind == ANSWERS || pulse_kind == MUTE || pulse_kind == SLOW)
		serve();
	if (pulse_kind == DEAF) {
		wrmsr(MSR_TPR, ALL_DEAF);
		rest();
	}
	while (pulse_kind == SPINS)
		guest_progress++;
	finish(1); /* no such number */
}
