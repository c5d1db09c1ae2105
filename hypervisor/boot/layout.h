/* SPDX-License-Identifier: Apache-2.0 */
/* Virtual addresses and page tables of the core, and the fields of the hand-off that follow from them. Pure. */
#ifndef BOOT_LAYOUT_H
#define BOOT_LAYOUT_H

#include <stdbool.h>

#include "elf.h"
#include "handoff.h"
#include "memory.h"
#include "tables.h"

/* Where the core goes: a 2 MiB step of the top 512 GiB, from a random word. */
uint64_t layout_core_va(uint64_t random);

/*
 * layout_map - map everything handoff.h promises and fill the addresses in H.
 *
 * H has cpu_count, the apic ids and mmio[] with hpa, bytes, kind. ARENA is the first TABLES_ARENA_PAGES of plan->tables;
 * the stacks follow there. False: the arena is too small (no machine we know gets there).
 */
bool layout_map(struct handoff *h, struct pt_arena *arena, const struct elf_image *core,
		const struct plan *plan, uint64_t random);

#endif
