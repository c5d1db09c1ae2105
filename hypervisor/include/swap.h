/* SPDX-License-Identifier: Apache-2.0 */
/* Another image for a VM: written, sealed, tried, and the way back. States and reasons are in abi/hv_hypercall.h. */
#ifndef SWAP_H
#define SWAP_H

#include "domain.h"

/*
 * The hypercalls for T: image_write by an administrator D, and image_seal and vm_swap, which T's home processor carries out between two turns
 * and answers in the spare's status. Core lock held.
 * errors  HV_EINVAL arguments; HV_EFAULT the page is not RAM of D; HV_EBUSY the spare is not open, an order waits
 */
enum hv_err swap_write(const struct domain *d, const struct domain *t, uint64_t offset,
		       gpa_t from) MUST_CHECK;
enum hv_err swap_order(struct domain *t, uint32_t order, uint64_t what, uint64_t how) MUST_CHECK;

/* Home processor, not on an exit of a guest. */
void swap_serve(
	struct domain *d);	  /* orders, the end of a life of the spare image, and of a trial */
void swap_step(struct domain *d); /* a bounded number of pages hashed */
bool swap_turn(struct domain *d); /* is the next turn of D the hash's, not the guest's? */
/* swap_refused - what was to be loaded cannot be. True: it was the spare image, and the boot image comes next. */
bool swap_refused(struct domain *d);

#endif
