/* SPDX-License-Identifier: Apache-2.0 */
/* Copies between the core and guest RAM, and between guests: the only way the core reaches a guest's memory while it runs. */
#ifndef GUESTMEM_H
#define GUESTMEM_H

#include "domain.h"

/*
 * Each page must lie in the domain's RAM, which is one extent, and be a frame whose owner word says RAM of that domain:
 * BARs, framebuffer, MSI-X pages and holes are HV_EFAULT. On HV_EFAULT a copy out has written nothing; a move may have written pages
 * before the bad one.
 * locks: core lock, so that the domain cannot lose the frames meanwhile.
 */
enum hv_err guestmem_copy_in(const struct domain *d, gpa_t from, void *to,
			     uint64_t bytes) MUST_CHECK;
enum hv_err guestmem_copy_out(const struct domain *d, gpa_t to, const void *from,
			      uint64_t bytes) MUST_CHECK;
/* guestmem_check - would a copy of this range work? */
enum hv_err guestmem_check(const struct domain *d, gpa_t at, uint64_t bytes) MUST_CHECK;
/* guestmem_move - from RAM of one domain to RAM of another. */
enum hv_err guestmem_move(const struct domain *from, gpa_t src, const struct domain *to, gpa_t dst,
			  uint64_t bytes) MUST_CHECK;

#endif
