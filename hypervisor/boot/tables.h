/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the core's 4-level page tables in a given piece of memory. Must not touch the processor's own tables. */
#ifndef BOOT_TABLES_H
#define BOOT_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#define PT_WRITE 1u
#define PT_EXEC	 2u
#define PT_WC	 4u /* PAT entry 1 */
#define PT_UC	 8u /* PAT entry 3 */

/* Pages are handed out upwards and never given back; the first is the root. */
struct pt_arena {
	uint8_t *mem; /* PAGES pages, as the loader reaches them */
	uint64_t hpa; /* where they are for the processor */
	unsigned pages, used;
};

void pt_init(struct pt_arena *a);

/*
 * pt_map - let [va, va+bytes) reach [hpa, hpa+bytes); 2 MiB leaves where both are aligned, else 4 KiB.
 *
 * Levels above the leaf are writable and executable, nothing is a user page, accessed and dirty are set.
 * False, with the tables in an unfinished state: not page-aligned, empty, not canonical, PT_WRITE with PT_EXEC,
 * already mapped, or no page left.
 */
bool pt_map(struct pt_arena *a, uint64_t va, uint64_t hpa, uint64_t bytes, unsigned how);

/* The table that holds VA's entry at LEVEL, 1 for 4 KiB or 2 for 2 MiB (made if missing), as hpa; 0 = no page left or a 2 MiB leaf above. */
uint64_t pt_table(struct pt_arena *a, uint64_t va, unsigned level);

#endif
