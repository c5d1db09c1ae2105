/* SPDX-License-Identifier: Apache-2.0 */
/* Copies between the core and guest RAM, and between guests: the only way the core reaches a guest's memory while it runs. */
#ifndef GUESTMEM_H
#define GUESTMEM_H

#include "domain.h"
#include "hw.h"

/*
 * Each page must lie in the domain's RAM, which is one extent, and be a frame whose owner word says RAM of that domain:
 * BARs, framebuffer, MSI-X pages and holes are HV_EFAULT. On HV_EFAULT nothing was written.
 * locks: core lock, so that the domain cannot lose the frames meanwhile.
 */
enum hv_err guestmem_copy_in(const struct domain *d, gpa_t from, void *to,
			     uint64_t bytes) MUST_CHECK;
enum hv_err guestmem_copy_out(const struct domain *d, gpa_t to, const void *from,
			      uint64_t bytes) MUST_CHECK;
/* guestmem_check - would a copy of this range work? */
enum hv_err guestmem_check(const struct domain *d, gpa_t at, uint64_t bytes) MUST_CHECK;
/*
 * guestmem_map - of a range of RAM, *bytes long, the first piece: what lies in one large page; *bytes is then the piece's. It is shown
 * until the windows are closed or the slot shows another; NULL = HV_EFAULT. Slots: see hw.h. Core lock held: unlike the copies it does not ask.
 * A word there that the guest may write meanwhile is read by hw_word_read. After the lock was let go it must be asked for again.
 */
void *guestmem_map(const struct domain *d, gpa_t at, uint64_t *bytes,
		   enum win_slot slot) MUST_CHECK;

#endif
