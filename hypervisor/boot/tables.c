/* SPDX-License-Identifier: Apache-2.0 */
/* Host page tables for the hand-off. Source: AMD APM volume 2, 5.3. Must stay pure: it writes only its arena. */
#include "tables.h"

#include "bytes.h"

#define P_PRESENT (1ull << 0)
#define P_WRITE	  (1ull << 1)
#define P_PWT	  (1ull << 3)
#define P_PCD	  (1ull << 4)
#define P_ACC	  (1ull << 5)
#define P_DIRTY	  (1ull << 6)
#define P_LARGE	  (1ull << 7)
#define P_NX	  (1ull << 63)
#define P_ADDR	  0x000ffffffffff000ull

void pt_init(struct pt_arena *a)
{
	memset(a->mem, 0, a->pages * PAGE);
	a->used = 1;
}

static uint64_t *table_at(struct pt_arena *a, uint64_t hpa)
{
	return (uint64_t *)(void *)(a->mem + (hpa - a->hpa));
}

/* The entry for VA at LEVEL (1 = 4 KiB, 2 = 2 MiB); makes the tables above. NULL: arena full, or a leaf above. */
static uint64_t *entry_for(struct pt_arena *a, uint64_t va, unsigned level)
{
	uint64_t *table = table_at(a, a->hpa);

	for (unsigned l = 4; l > level; l--) {
		uint64_t *e = &table[va >> (12 + 9 * (l - 1)) & 511];
		if (!(*e & P_PRESENT)) {
			if (a->used == a->pages)
				return NULL;
			*e = (a->hpa + a->used++ * PAGE) | P_PRESENT | P_WRITE | P_ACC;
		}
		if (*e & P_LARGE)
			return NULL;
		table = table_at(a, *e & P_ADDR);
	}
	return &table[va >> (12 + 9 * (level - 1)) & 511];
}

static uint64_t leaf_bits(unsigned how)
{
	return P_PRESENT | P_ACC | P_DIRTY | (how & PT_WRITE ? P_WRITE : 0) |
	       (how & PT_EXEC ? 0 : P_NX) | (how & PT_WC ? P_PWT : 0) |
	       (how & PT_UC ? P_PWT | P_PCD : 0);
}

static bool canonical(uint64_t va, uint64_t bytes)
{
	const uint64_t low_end = 1ull << 47, high = ~0ull << 47;

	return va >= high ? bytes - 1 <= ~0ull - va : va < low_end && bytes <= low_end - va;
}

bool pt_map(struct pt_arena *a, uint64_t va, uint64_t hpa, uint64_t bytes, unsigned how)
{
	if ((va | hpa | bytes) % PAGE != 0 || bytes == 0 || !canonical(va, bytes))
		return false;
	if (hpa & ~P_ADDR || bytes > P_ADDR - hpa || (how & PT_WRITE && how & PT_EXEC))
		return false;
	for (uint64_t done = 0; done < bytes;) { /* bound: bytes / 4096 */
		bool large = (va + done) % LARGE_PAGE == 0 && (hpa + done) % LARGE_PAGE == 0 &&
			     bytes - done >= LARGE_PAGE;
		uint64_t *e = entry_for(a, va + done, large ? 2 : 1);
		if (!e || *e & P_PRESENT)
			return false;
		*e = (hpa + done) | leaf_bits(how) | (large ? P_LARGE : 0);
		done += large ? LARGE_PAGE : PAGE;
	}
	return true;
}

uint64_t pt_table(struct pt_arena *a, uint64_t va, unsigned level)
{
	uint64_t *e = entry_for(a, va, level);

	if (!e)
		return 0;
	return a->hpa + (uint64_t)((uint8_t *)e - a->mem) / PAGE * PAGE;
}
