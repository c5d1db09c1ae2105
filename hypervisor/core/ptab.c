/* SPDX-License-Identifier: Apache-2.0 */
/* The 4-level walker for nested and IOMMU tables. Must not be used for the host's own tables: the loader builds those. */
#include <stdatomic.h>
#include "hw.h"
#include "ptab.h"

#define LEVELS	   4u
#define ENTRIES	   512u
#define ENTRY_ADDR 0x000ffffffffff000ull
#define IA_LIMIT   BIT(47) /* canonical lower half is more than any guest gets */

#define NPT_P	BIT(0)
#define NPT_RW	BIT(1)
#define NPT_US	BIT(2)
#define NPT_PWT BIT(3)
#define NPT_PCD BIT(4)
#define NPT_A	BIT(5)
#define NPT_D	BIT(6)
#define NPT_NX	BIT(63)
#define VTD_R	BIT(0)
#define VTD_W	BIT(1)
#define LARGE	BIT(7) /* 2 MiB leaf, both formats */

static uint8_t *pool_va;
static hpa_t pool_hpa;
static uint32_t pool_pages;

void ptab_pool_init(void *va, hpa_t hpa, uint32_t pages)
{
	pool_va = va;
	pool_hpa = hpa;
	pool_pages = pages;
}

void *ptab_pool_page(uint32_t page, hpa_t *hpa)
{
	uint8_t *va = pool_va + page * PAGE_SIZE;

	ASSERT(page < pool_pages);
	*hpa = (hpa_t){pool_hpa.v + page * PAGE_SIZE};
	memset(va, 0, PAGE_SIZE);
	return va;
}

static uint64_t *table_at(hpa_t hpa)
{
	ASSERT(hpa.v >= pool_hpa.v && hpa.v - pool_hpa.v < pool_pages * PAGE_SIZE);
	return (uint64_t *)(pool_va + (hpa.v - pool_hpa.v));
}

/* A VT-d unit may walk its tables past the cache (ECAP.C): what is written for it is written back at once. */
static void written(const struct ptab *pt, const void *at, size_t bytes)
{
	if (pt->format == PTAB_VTD)
		hw_cache_flush(at, bytes);
}

static void entry_set(const struct ptab *pt, uint64_t *e, uint64_t value)
{
	*e = value;
	written(pt, e, sizeof *e);
}

void ptab_init(struct ptab *pt, enum ptab_format format, uint32_t first, uint32_t limit)
{
	pt->format = format;
	pt->first = first;
	pt->limit = limit;
	pt->used = 1;
	written(pt, ptab_pool_page(first, &pt->root), PAGE_SIZE);
}

static unsigned entry_index(uint64_t ia, unsigned level)
{
	return (unsigned)(ia >> (12 + 9 * level)) & (ENTRIES - 1);
}

static bool entry_present(uint64_t e)
{
	return (e & (VTD_R | VTD_W)) !=
	       0; /* NPT_P is bit 0 as well; no entry of ours is W without R */
}

static uint64_t branch_entry(const struct ptab *pt, hpa_t table)
{
	return table.v | (pt->format == PTAB_NPT ? NPT_P | NPT_RW | NPT_US | NPT_A : VTD_R | VTD_W);
}

static uint64_t leaf_entry(const struct ptab *pt, hpa_t hpa, uint32_t prot, enum ptab_mem mem)
{
	uint64_t e = hpa.v;

	if (pt->format == PTAB_VTD)
		return e | VTD_R | ((prot & PROT_W) ? VTD_W : 0);
	e |= NPT_P | NPT_US | ((prot & PROT_W) ? NPT_RW : 0) | ((prot & PROT_X) ? 0 : NPT_NX);
	if (mem == MEM_UC)
		e |= NPT_PCD | NPT_PWT; /* PAT entry 3 */
	else if (mem == MEM_WC)
		e |= NPT_PWT; /* PAT entry 1 */
	return e;
}

/* The entry for ia at `level`, making tables above it when `make`. NULL: no table there, slice used up, or a large leaf in the way. */
static uint64_t *walk(struct ptab *pt, uint64_t ia, unsigned level, bool make)
{
	uint64_t *table = table_at(pt->root);

	for (unsigned l = LEVELS - 1; l > level; l--) {
		uint64_t *e = &table[entry_index(ia, l)];

		if (!entry_present(*e)) {
			hpa_t page;

			if (!make || pt->used >= pt->limit)
				return NULL;
			written(pt, ptab_pool_page(pt->first + pt->used++, &page), PAGE_SIZE);
			entry_set(pt, e, branch_entry(pt, page));
		} else if (*e & LARGE) {
			return NULL;
		}
		table = table_at((hpa_t){*e & ENTRY_ADDR});
	}
	return &table[entry_index(ia, level)];
}

static bool range_ok(uint64_t ia, uint64_t hpa, uint64_t bytes)
{
	if (((ia | hpa | bytes) & PAGE_MASK) != 0 || bytes == 0)
		return false;
	return ia < IA_LIMIT && bytes <= IA_LIMIT - ia && hpa <= ENTRY_ADDR &&
	       bytes <= ENTRY_ADDR - hpa;
}

enum hv_err ptab_map(struct ptab *pt, uint64_t ia, hpa_t hpa, uint64_t bytes, uint32_t prot,
		     enum ptab_mem mem)
{
	bool bad_prot = !(prot & PROT_R) || (pt->format == PTAB_VTD && (prot & PROT_X));
	hpa_t there;

	if (!range_ok(ia, hpa.v, bytes) || bad_prot)
		return HV_EINVAL;
	while (bytes > 0) { /* bound: pages of the range */
		bool large = ((ia | hpa.v) & (LARGE_PAGE - 1)) == 0 && bytes >= LARGE_PAGE;
		uint64_t *e = walk(pt, ia, large ? 1 : 0, true), step;

		if (large && e != NULL && entry_present(*e) && !(*e & LARGE)) {
			large = false; /* small leaves were here: their table stays in use */
			e = walk(pt, ia, 0, true);
		}
		step = large ? LARGE_PAGE : PAGE_SIZE;
		if (e == NULL) /* a large leaf in the way, or no page for a table */
			return ptab_lookup(pt, ia, &there, NULL) == HV_OK ? HV_EBUSY : HV_ENOMEM;
		if (entry_present(*e))
			return HV_EBUSY;
		entry_set(pt, e, leaf_entry(pt, hpa, prot, mem) | (large ? LARGE : 0));
		ia += step;
		hpa.v += step;
		bytes -= step;
	}
	return HV_OK;
}

enum hv_err ptab_unmap(struct ptab *pt, uint64_t ia, uint64_t bytes)
{
	if (!range_ok(ia, 0, bytes))
		return HV_EINVAL;
	while (bytes > 0) { /* bound: pages of the range */
		uint64_t *e = walk(pt, ia, 1, false), step = LARGE_PAGE;

		if (e == NULL || !entry_present(*e))
			return HV_EINVAL;
		if (!(*e & LARGE)) {
			e = walk(pt, ia, 0, false);
			step = PAGE_SIZE;
		}
		if (e == NULL || !entry_present(*e) || (ia & (step - 1)) != 0 || bytes < step)
			return HV_EINVAL;
		entry_set(pt, e, 0);
		ia += step;
		bytes -= step;
	}
	return HV_OK;
}

/* The leaf that translates ia, and its level; NULL: there is none. */
static _Atomic uint64_t *leaf_of(const struct ptab *pt, uint64_t ia, unsigned *level)
{
	uint64_t *table = table_at(pt->root);

	for (unsigned l = LEVELS; ia < IA_LIMIT && l-- > 0;) {
		uint64_t *e = &table[entry_index(ia, l)];

		if (!entry_present(*e))
			return NULL;
		if (l == 0 || (*e & LARGE)) {
			*level = l;
			return (_Atomic uint64_t *)e;
		}
		table = table_at((hpa_t){*e & ENTRY_ADDR});
	}
	return NULL;
}

enum hv_err ptab_lookup(const struct ptab *pt, uint64_t ia, hpa_t *out, uint32_t *prot)
{
	unsigned l;
	_Atomic uint64_t *leaf = leaf_of(pt, ia, &l);
	uint64_t e, within;

	if (leaf == NULL)
		return HV_EFAULT;
	e = atomic_load_explicit(leaf, memory_order_relaxed);
	within = BIT(12 + 9 * l) - 1;
	*out = (hpa_t){(e & ENTRY_ADDR & ~within) + (ia & within)};
	if (prot != NULL)
		*prot = PROT_R | ((e & NPT_RW) ? PROT_W : 0) |
			(pt->format == PTAB_VTD || (e & NPT_NX) ? 0 : PROT_X);
	return HV_OK;
}

void ptab_dirty_set(const struct ptab *pt, uint64_t ia)
{
	unsigned l;
	_Atomic uint64_t *leaf = leaf_of(pt, ia, &l);

	if (leaf != NULL && !(atomic_load_explicit(leaf, memory_order_relaxed) & NPT_D))
		atomic_fetch_or_explicit(leaf, NPT_D, memory_order_relaxed);
}

bool ptab_dirty_take(struct ptab *pt, uint64_t ia)
{
	unsigned l;
	_Atomic uint64_t *leaf = leaf_of(pt, ia, &l);

	return leaf == NULL ||
	       (atomic_fetch_and_explicit(leaf, ~NPT_D, memory_order_relaxed) & NPT_D) != 0;
}
