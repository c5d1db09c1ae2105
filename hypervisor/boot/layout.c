/* SPDX-License-Identifier: Apache-2.0 */
/* Lays the core's address space out: top slot the core, another slot the rest, holes between. Must stay pure. */
#include "layout.h"

#include "bytes.h"

#define TOP_SLOT   0xffffff8000000000ull
#define HIGH_HALF  0xffff800000000000ull
#define SLOT_BYTES (1ull << 39)
#define HIGH_SLOTS 255u /* of 256; the last is the core's */
#define SPREAD	   (256ull << 30)

/* Goes upwards only; each region has a page before it that is never mapped. */
struct space {
	struct pt_arena *arena;
	uint64_t next;
	bool failed;
};

static uint64_t reserve(struct space *s, uint64_t bytes, uint64_t align)
{
	uint64_t va = round_up(s->next + PAGE, align);

	s->next = va + round_up(bytes, PAGE);
	return va;
}

static uint64_t region(struct space *s, uint64_t hpa, uint64_t bytes, unsigned how)
{
	uint64_t first = hpa & ~(PAGE - 1);
	uint64_t len = round_up(hpa + bytes, PAGE) - first;
	bool large = first % LARGE_PAGE == 0 && len >= LARGE_PAGE;
	uint64_t va = reserve(s, len, large ? LARGE_PAGE : PAGE);

	if (!pt_map(s->arena, va, first, len, how))
		s->failed = true;
	return va + (hpa - first);
}

uint64_t layout_core_va(uint64_t random)
{
	return TOP_SLOT + random % ((SLOT_BYTES - 2 * ELF_SPAN_MAX) / LARGE_PAGE) * LARGE_PAGE;
}

static void map_core(struct space *s, const struct elf_image *core, const struct handoff *h)
{
	for (unsigned i = 0; i < core->segs; i++) {
		const struct elf_seg *g = &core->seg[i];
		unsigned how =
			(g->rights & ELF_W ? PT_WRITE : 0) | (g->rights & ELF_X ? PT_EXEC : 0);
		if (!pt_map(s->arena, h->core_va + g->va, h->core_hpa + g->va,
			    round_up(g->mem_bytes, PAGE), how))
			s->failed = true;
	}
}

/* Lets the core edit the table for VA at LEVEL. */
static uint64_t map_table(struct space *s, uint64_t va, unsigned level)
{
	uint64_t table = pt_table(s->arena, va, level);

	if (table != 0)
		return region(s, table, PAGE, PT_WRITE);
	s->failed = true;
	return 0;
}

static void map_cpu(struct space *s, struct handoff_cpu *c, uint64_t stacks_hpa)
{
	c->stack_top = region(s, stacks_hpa, STACK_BYTES, PT_WRITE) + STACK_BYTES;
	c->ist_top = region(s, stacks_hpa + STACK_BYTES, IST_BYTES, PT_WRITE) + IST_BYTES;
	/* All that a directory reaches is kept free, so that it belongs to one processor alone. */
	c->win_va = reserve(s, WIN_AREA, WIN_AREA);
	c->win_pd_va = map_table(s, c->win_va, 2);
	c->win_pt_va = map_table(s, c->win_va, 1);
}

bool layout_map(struct handoff *h, struct pt_arena *arena, const struct elf_image *core,
		const struct plan *plan, uint64_t random)
{
	struct space s = {.arena = arena, .failed = false};
	uint64_t stacks = plan->tables.hpa + TABLES_ARENA_PAGES * PAGE;

	s.next = HIGH_HALF + random % HIGH_SLOTS * SLOT_BYTES +
		 (random >> 16) % (SPREAD / LARGE_PAGE) * LARGE_PAGE;
	h->host_cr3 = arena->hpa;
	map_core(&s, core, h);
	h->handoff_va = region(&s, plan->handoff.hpa, plan->handoff.bytes, 0);
	h->system_va = region(&s, plan->system.hpa, plan->system.bytes, 0);
	h->frames_va = region(&s, plan->frames.hpa, plan->frames.bytes, PT_WRITE);
	h->ptpool_va = region(&s, plan->ptpool.hpa, plan->ptpool.bytes, PT_WRITE);
	for (unsigned i = 0; i < h->mmio_count; i++)
		h->mmio[i].va =
			region(&s, h->mmio[i].hpa, h->mmio[i].bytes,
			       PT_WRITE | (h->mmio[i].kind == MMIO_BAR_ROWS ? PT_WC : PT_UC));
	for (unsigned i = 0; i < h->cpu_count; i++)
		map_cpu(&s, &h->cpu[i], stacks + i * (uint64_t)(STACK_BYTES + IST_BYTES));
	if (!pt_map(arena, plan->low_page, plan->low_page, PAGE, PT_EXEC))
		s.failed = true;
	return !s.failed;
}
