/* SPDX-License-Identifier: Apache-2.0 */
/* What a nested or second-level table really maps: read entry by entry, without the core's walker. */
#ifndef LEAVES_H
#define LEAVES_H

#include "ptab.h"

#define LEAVES_MAX 8192u

struct leaf {
	uint64_t ia, hpa, bytes;
	uint64_t flags; /* the entry without its address */
};
extern struct leaf leaves[LEAVES_MAX];

/* Leaf flags of nested paging: APM vol 2, 5.4 and 15.25.5; PAT entries as handoff.h says. */
#define LEAF_P	1ull
#define LEAF_RW 2ull
#define LEAF_US 4ull
#define LEAF_WC 8ull	/* PWT: PAT entry 1 */
#define LEAF_UC 0x18ull /* PWT, PCD: PAT entry 3 */
#define LEAF_NX (1ull << 63)

/* leaves_of - fill leaves[] in ascending order; returns how many. A table outside the pool ends the test. */
unsigned leaves_of(const struct ptab *pt);
/* leaves_reach - bytes of host-physical [hpa, hpa+bytes) that the table maps anywhere. */
uint64_t leaves_reach(const struct ptab *pt, uint64_t hpa, uint64_t bytes);

#endif
