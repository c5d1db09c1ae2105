/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses where everything goes in free memory. Must not allocate: it only works on a list of ranges. */
#ifndef BOOT_MEMORY_H
#define BOOT_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "handoff.h"

#define MEM_RANGE_MAX 256u
#define FOUR_GIB      (1ull << 32)

struct mem_range {
	uint64_t lo, hi; /* [lo, hi), page-aligned, lo < hi */
};

/* Free memory: ascending, disjoint. */
struct mem_map {
	unsigned count;
	struct mem_range r[MEM_RANGE_MAX];
};

/* Adds a range above all that are there or anywhere else; joins neighbours. False: list full, or it overlaps one. */
bool mem_add(struct mem_map *m, uint64_t lo, uint64_t hi);

/* Takes the lowest BYTES aligned to ALIGN (a power of two) inside [lo, hi). False: no such place, nothing changed. */
bool mem_take(struct mem_map *m, uint64_t bytes, uint64_t align, struct mem_range in, uint64_t *at);

uint64_t mem_total(const struct mem_map *m);

#define TABLES_ARENA_PAGES 256u

/* What the machine and the files ask for, in bytes. */
struct plan_want {
	uint64_t core_bytes;
	uint32_t cpus;
	uint64_t image_bytes[HV_DOM_MAX], secret_bytes[HV_DOM_MAX]; /* 0 = none */
	uint64_t extra_bytes[HV_DOM_MAX]; /* page-aligned, behind the RAM */
};

struct plan {
	uint64_t low_page;
	struct handoff_extent core, tables, handoff, system, ptpool, frames;
	struct handoff_extent ram[HV_DOM_MAX], image[HV_DOM_MAX], secret[HV_DOM_MAX];
	struct handoff_extent kept[HV_DOM_MAX], spare[HV_DOM_MAX];
	uint64_t frames_count;
	/* Set on failure too: bytes for the core and all enabled domains, and the largest single piece. */
	uint64_t needed;
	uint32_t largest_mib;
};

/*
 * mem_plan - place the core (below 4 GiB) and every domain of SYS in MAP, enabled domains first.
 *
 * False: the core or an enabled domain does not fit. A domain that is not enabled and does not fit has ram.bytes 0.
 */
bool mem_plan(struct mem_map *map, const struct hv_system *sys, const struct plan_want *want,
	      struct plan *out);

#endif
