/* SPDX-License-Identifier: Apache-2.0 */
/* measure.c as a guest of Bulkhead: calls by VMMCALL, the deadline timer, SELF IPI of the x2APIC. */
#include "guest.h"
#include "measure.h"
#include "port.h"

#define MSR_DEADLINE 0x6e0u
#define MSR_SELF_IPI 0x83fu
#define FAR	     1000000000000ull /* ticks */

void port_start(void)
{
	apic_on();
	guest_gate(PORT_VECTOR, measure_handler, false);
}

void port_null(void)
{
	uint64_t rax = HV_CALL_BASE | HV_CALL_HEARTBEAT, rdx = 0;
	register uint64_t r10 __asm__("r10") = 0;

	__asm__ volatile("vmmcall" : "+a"(rax), "+d"(rdx), "+r"(r10) : "D"(0), "S"(0) : "memory");
}

bool port_deadline(void)
{
	wrmsr(MSR_DEADLINE, FAR);
	return true;
}

uint64_t port_self_irq(void)
{
	uint32_t vector = PORT_VECTOR;

	/* the MSR exit delivers it: interrupts are open when the guest is entered again */
	__asm__ volatile("sti\n\twrmsr\n\tcli"
			 :
			 : "c"(MSR_SELF_IPI), "a"(vector), "d"(0)
			 : "memory");
	return measure_handler_tsc;
}

void port_done(void)
{
	wrmsr(MSR_DEADLINE, 0);
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	rest();
}

void payload_main(void)
{
	measure_main();
}
