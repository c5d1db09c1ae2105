/* SPDX-License-Identifier: Apache-2.0 */
/* measure.c as a PVH guest of Xen 4.17: calls by VMMCALL without the hypercall page, the timer and SELF IPI of the x2APIC. */
#include "guest.h"
#include "../guest/measure.h"
#include "../guest/port.h"

#define X2APIC_TMICT 0x838u
#define X2APIC_SELF  0x83fu
#define FAR	     0xffffff00u /* ticks */
#define XEN_VERSION                                                                                \
	17u /* __HYPERVISOR_xen_version; its command 0 answers the version and does nothing else */

void guest_main(void)
{
	measure_main();
}

void port_start(void)
{
	guest_apic_on();
	guest_gate(PORT_VECTOR, measure_handler);
}

void port_null(void)
{
	uint64_t rax = XEN_VERSION;

	__asm__ volatile("vmmcall" : "+a"(rax) : "D"(0), "S"(0) : "memory");
}

/* QEMU has no deadline timer for Xen to offer: what a kernel does instead. */
bool port_deadline(void)
{
	guest_wrmsr(X2APIC_TMICT, FAR);
	return true;
}

uint64_t port_self_irq(void)
{
	__asm__ volatile("sti\n\twrmsr\n\tcli"
			 :
			 : "c"(X2APIC_SELF), "a"(PORT_VECTOR), "d"(0)
			 : "memory");
	return measure_handler_tsc;
}

void port_done(void)
{
	guest_wrmsr(X2APIC_TMICT, 0);
	guest_tell();
}
