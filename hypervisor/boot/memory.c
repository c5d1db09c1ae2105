/* SPDX-License-Identifier: Apache-2.0 */
/* First-fit placement of core and domains in the free ranges of the memory map; must stay pure. */
#include "memory.h"

#include "bytes.h"

static const struct mem_range below_1m = {PAGE, 0xa0000};
static const struct mem_range below_4g = {MIB, FOUR_GIB};
static const struct mem_range anywhere = {MIB, 1ull << 46};

static void insert_at(struct mem_map *m, unsigned at, struct mem_range r)
{
	for (unsigned i = m->count; i > at; i--)
		m->r[i] = m->r[i - 1];
	m->r[at] = r;
	m->count++;
}

static void remove_at(struct mem_map *m, unsigned at)
{
	m->count--;
	for (unsigned i = at; i < m->count; i++)
		m->r[i] = m->r[i + 1];
}

bool mem_add(struct mem_map *m, uint64_t lo, uint64_t hi)
{
	unsigned at = 0;

	while (at < m->count && m->r[at].lo < lo)
		at++;
	if (lo >= hi || (at > 0 && m->r[at - 1].hi > lo) || (at < m->count && m->r[at].lo < hi))
		return false;
	bool joins_before = at > 0 && m->r[at - 1].hi == lo;
	bool joins_after = at < m->count && m->r[at].lo == hi;
	if (joins_before && joins_after) {
		m->r[at - 1].hi = m->r[at].hi;
		remove_at(m, at);
	} else if (joins_before) {
		m->r[at - 1].hi = hi;
	} else if (joins_after) {
		m->r[at].lo = lo;
	} else {
		if (m->count == MEM_RANGE_MAX)
			return false;
		insert_at(m, at, (struct mem_range){lo, hi});
	}
	return true;
}

bool mem_take(struct mem_map *m, uint64_t bytes, uint64_t align, struct mem_range in, uint64_t *at)
{
	for (unsigned i = 0; i < m->count && bytes > 0; i++) {
		struct mem_range r = m->r[i];
		uint64_t lo = round_up(r.lo > in.lo ? r.lo : in.lo, align);
		uint64_t hi = r.hi < in.hi ? r.hi : in.hi;
		if (lo >= hi || hi - lo < bytes)
			continue;
		bool before = lo > r.lo, after = lo + bytes < r.hi;
		if (before && after) {
			if (m->count == MEM_RANGE_MAX)
				return false;
			insert_at(m, i + 1, (struct mem_range){lo + bytes, r.hi});
			m->r[i].hi = lo;
		} else if (before) {
			m->r[i].hi = lo;
		} else if (after) {
			m->r[i].lo = lo + bytes;
		} else {
			remove_at(m, i);
		}
		*at = lo;
		return true;
	}
	return false;
}

uint64_t mem_total(const struct mem_map *m)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < m->count; i++)
		sum += m->r[i].hi - m->r[i].lo;
	return sum;
}

static bool place(struct mem_map *m, uint64_t bytes, uint64_t align, struct mem_range in,
		  struct handoff_extent *out)
{
	bytes = round_up(bytes, PAGE);
	if (!mem_take(m, bytes, align, in, &out->hpa))
		return false;
	out->bytes = bytes;
	return true;
}

static bool place_core(struct mem_map *m, const struct plan_want *w, struct plan *p)
{
	uint64_t tables = TABLES_ARENA_PAGES * PAGE + w->cpus * (uint64_t)(STACK_BYTES + IST_BYTES);

	/* Large pages keep the tables that map a large frame table short. */
	uint64_t align = p->frames.bytes >= LARGE_PAGE ? LARGE_PAGE : PAGE;
	return mem_take(m, PAGE, PAGE, below_1m, &p->low_page) &&
	       place(m, p->frames.bytes, align, below_4g, &p->frames) &&
	       place(m, w->core_bytes, PAGE, below_4g, &p->core) &&
	       place(m, tables, PAGE, below_4g, &p->tables) &&
	       place(m, sizeof(struct handoff), PAGE, below_4g, &p->handoff) &&
	       place(m, sizeof(struct hv_system), PAGE, below_4g, &p->system) &&
	       place(m, p->ptpool.bytes, PAGE, below_4g, &p->ptpool);
}

/* For the checkpoint: all the RAM that the guest knows. */
static uint64_t kept_bytes(const struct hv_sys_domain *d)
{
	return (d->flags & HV_DOM_CHECKPOINT) ? d->ram_mib * MIB : 0;
}

/* A piece of no size is none, and fits. */
static bool place_piece(struct mem_map *m, uint64_t bytes, struct handoff_extent *out)
{
	return bytes == 0 || place(m, bytes, PAGE, anywhere, out);
}

static bool place_domain(struct mem_map *m, const struct hv_sys_domain *d,
			 const struct plan_want *w, unsigned i, struct plan *p)
{
	return place_piece(m, w->image_bytes[i], &p->image[i]) &&
	       place_piece(m, w->secret_bytes[i], &p->secret[i]) &&
	       place_piece(m, kept_bytes(d), &p->kept[i]) &&
	       place_piece(m, d->spare_mib * MIB, &p->spare[i]) &&
	       place(m, d->ram_mib * MIB + w->extra_bytes[i], LARGE_PAGE, anywhere, &p->ram[i]);
}

bool mem_plan(struct mem_map *map, const struct hv_system *sys, const struct plan_want *want,
	      struct plan *out)
{
	memset(out, 0, sizeof *out);
	if (map->count == 0)
		return false;
	out->frames_count = map->r[map->count - 1].hi / PAGE;
	out->frames.bytes = out->frames_count * sizeof(uint32_t);
	out->ptpool.bytes =
		(PTPOOL_CORE_PAGES + PTPOOL_DOM_PAGES * (uint64_t)sys->dom_count) * PAGE;
	out->needed = out->frames.bytes + out->ptpool.bytes + want->core_bytes + 2 * MIB;
	for (unsigned i = 0; i < sys->dom_count; i++) {
		if (!(sys->dom[i].flags & HV_DOM_ENABLED))
			continue;
		out->needed += (sys->dom[i].ram_mib + (uint64_t)sys->dom[i].spare_mib) * MIB +
			       kept_bytes(&sys->dom[i]) + want->extra_bytes[i] +
			       want->image_bytes[i] + want->secret_bytes[i];
		if (sys->dom[i].ram_mib > out->largest_mib)
			out->largest_mib = sys->dom[i].ram_mib;
	}
	bool fits = place_core(map, want, out);
	for (unsigned i = 0; i < sys->dom_count && fits; i++)
		if (sys->dom[i].flags & HV_DOM_ENABLED)
			fits = place_domain(map, &sys->dom[i], want, i, out);
	for (unsigned i = 0; i < sys->dom_count && fits; i++) {
		if (sys->dom[i].flags & HV_DOM_ENABLED)
			continue;
		if (!place_domain(map, &sys->dom[i], want, i, out))
			out->image[i] = out->secret[i] = out->kept[i] = out->spare[i] =
				out->ram[i] = (struct handoff_extent){0, 0};
	}
	return fits;
}
