/* SPDX-License-Identifier: Apache-2.0 */
/* What the guests of Xen have in common (guest.c, start.S). */
#ifndef XEN_GUEST_H
#define XEN_GUEST_H

#include <stdint.h>

extern const uint64_t start_info; /* what Xen handed over, by its address */

/* guest_main - called by start.S in 64-bit mode, memory mapped as it lies; must not come back. */
void guest_main(void);

void guest_wrmsr(uint32_t msr, uint64_t value);
void guest_apic_on(void);
void guest_gate(unsigned vector, void (*handler)(void));

/* guest_say - text for Xen's console of guests. */
void guest_say(const volatile char *text);

/* guest_tell - the samples as lines `M NAME HEX...`, at last `M end`; then the processor sleeps for good, which ends the domain. */
_Noreturn void guest_tell(void);

#endif
