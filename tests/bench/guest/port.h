/* SPDX-License-Identifier: Apache-2.0 */
/* What a hypervisor's port offers to measure.c: the few operations that are spelled differently. Must not hold anything else. */
#ifndef PORT_H
#define PORT_H

#include <stdbool.h>
#include <stdint.h>

#define PORT_VECTOR 0x40u /* of port_self_irq */

/* port_start - exceptions and interrupts have handlers, the local APIC is on; interrupts stay closed. */
void port_start(void);

/* port_null - the hypercall that does nothing. */
void port_null(void);

/* port_deadline - arms the local timer for a time far away, by one MSR write; false: the guest is shown no timer that works so. */
bool port_deadline(void);

/* port_self_irq - one interrupt PORT_VECTOR to oneself, taken before it returns: the TSC as its handler saw it first. */
uint64_t port_self_irq(void);

/* port_done - the table is full: says so to whoever waits, never returns. */
_Noreturn void port_done(void);

#endif
