/* SPDX-License-Identifier: Apache-2.0 */
/* What bare-metal test guests share: hypercalls, a console line, exceptions caught. Must not use anything but the ABI. */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "hv_channel.h"
#include "hv_event.h"
#include "hv_hypercall.h"

struct hcall_result {
	uint64_t err, value, second;
};

struct hcall_result hcall(uint32_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d);

void say(const char *text);			   /* one line by the console hypercall */
void say_number(const char *text, uint64_t value); /* "text 1f" */
_Noreturn void finish(uint64_t cause);		   /* hypercall exit */
_Noreturn void rest(void);			   /* stays, without using the processor */

/* For witnesses who read memory from outside: how often each vector came, and how far this payload is. */
extern volatile uint64_t guest_vectors[256], guest_progress;

uint64_t rdmsr(uint32_t msr);
void wrmsr(uint32_t msr, uint64_t value);
uint64_t rdtsc(void);
void apic_on(void);	  /* software-enabled, the timer in deadline mode */
void nap(uint64_t ticks); /* waits in HLT for the timer; apic_on before */

void guest_gate_kind(unsigned vector, uint16_t selector, uint16_t flags); /* of a gate */

/* Another handler for VECTOR; own_stack: on a stack that each delivery begins anew. */
void guest_gate(unsigned vector, void (*handler)(void), bool own_stack);

/* Runs TRY with the exceptions of the table caught: the vector that ended it, or 256 when it came back by itself. */
unsigned caught(void (*try)(uint64_t argument), uint64_t argument);

_Noreturn void payload_main(void);

#endif
