/* SPDX-License-Identifier: Apache-2.0 */
/* What happens when a guest leaves: one flat switch over the exit kinds, and the hypercall switch. */
#ifndef EXIT_H
#define EXIT_H

#include "domain.h"

/*
 * exit_run - one turn of D, whose registers are loaded and whose interrupt is offered: it goes on until UNTIL (TSC) after exits that were
 * nobody else's business. What comes from outside, a request or an event from another processor, a device, the timer, is an
 * interrupt, and with one waiting the next entry ends at once as VEXIT_HOST. Home processor.
 */
void exit_run(struct domain *d, uint64_t until);

/* exit_handle - serve one exit. The domain may have stopped afterwards. Home processor. */
void exit_handle(struct domain *d, const struct vcpu_exit *x);

/* hcall_handle - RAX..R10 of the guest hold a call of ours; the results are written there. Takes the core lock. */
void hcall_handle(struct domain *d);

/* vpci_mask - the low 1, 2 or 4 bytes of a port's data. */
uint32_t vpci_mask(unsigned bytes);

/* vpci_read, vpci_write - configuration mechanism 1, `offset` 0..3 within the data port, bytes 1, 2 or 4. */
uint32_t vpci_read(const struct domain *d, unsigned offset, unsigned bytes);
void vpci_write(struct domain *d, unsigned offset, unsigned bytes, uint32_t value);

#endif
