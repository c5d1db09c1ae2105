/* SPDX-License-Identifier: Apache-2.0 */
/* One 4-level page-table walker for nested paging and VT-d second level. Tables live in the page-table pool. */
#ifndef PTAB_H
#define PTAB_H

#include "types.h"

enum ptab_format { PTAB_NPT, PTAB_VTD };

#define PROT_R 1u
#define PROT_W 2u
#define PROT_X 4u

enum ptab_mem { MEM_WB, MEM_UC, MEM_WC };

/* A slice of the pool used as one translation. */
struct ptab {
	enum ptab_format format;
	hpa_t root;
	uint32_t first, used, limit; /* pool pages first .. first+limit-1; used of them taken */
};

/* ptab_pool_init - the pool: pages of the core, contiguous in both spaces. */
void ptab_pool_init(void *va, hpa_t hpa, uint32_t pages);

/* ptab_pool_page - a zeroed page of the pool by number, for tables of other shapes (root, context, IRTE); *hpa gets its address. */
void *ptab_pool_page(uint32_t page, hpa_t *hpa);

/* ptab_init - an empty translation in pool pages [first, first+limit); wipes them. */
void ptab_init(struct ptab *pt, enum ptab_format format, uint32_t first, uint32_t limit);

/*
 * ptab_map - let input range [ia, ia+bytes) reach [hpa, hpa+bytes); 2 MiB leaves where alignment and what was there before allow.
 * prot    PROT_R with optional PROT_W, PROT_X (VT-d has no execute right: PROT_X must be absent)
 * errors  HV_EINVAL unaligned, empty, overflow or bad rights; HV_EBUSY something there is mapped already; HV_ENOMEM slice used up.
 *         On an error what was mapped before the failing page stays: callers map while building and destroy the whole on failure.
 * flush   none here: the caller flushes before the translation is used
 * source  AMD APM vol 2, 15.25.5: nested walks are user accesses, so U/S is set in every NPT entry; VT-d spec 9.8 second-level entries.
 */
enum hv_err ptab_map(struct ptab *pt, uint64_t ia, hpa_t hpa, uint64_t bytes, uint32_t prot,
		     enum ptab_mem mem) MUST_CHECK;

/*
 * ptab_unmap - remove the leaves of [ia, ia+bytes), large or small as they are.
 * errors  HV_EINVAL unaligned, or a leaf is missing or reaches beyond the range (what came before it is gone)
 */
enum hv_err ptab_unmap(struct ptab *pt, uint64_t ia, uint64_t bytes) MUST_CHECK;

/* ptab_lookup - where does input address ia go? HV_EFAULT when nothing is mapped; *prot may be NULL. */
enum hv_err ptab_lookup(const struct ptab *pt, uint64_t ia, hpa_t *out, uint32_t *prot) MUST_CHECK;

/*
 * ptab_dirty_set - the core has written there: as if the guest had. Any processor.
 * ptab_dirty_take - was the leaf at ia written since the last call? Nested tables only, while their VM does not run; it must be
 * flushed before it runs again. Where nothing is mapped: true.
 * source  AMD APM vol 2, 15.25.5 and 5.4.2: the processor sets D in the nested leaf of each write; DMA sets none.
 */
void ptab_dirty_set(const struct ptab *pt, uint64_t ia);
bool ptab_dirty_take(struct ptab *pt, uint64_t ia);

#endif
