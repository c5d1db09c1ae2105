/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the loader's page tables and of the core's address space: every promise of handoff.h read back by a walker. */
#include "check.h"

#include "boot/bytes.h"
#include "boot/layout.h"

#define ARENA_HPA 0x40000000ull
#define ADDR	  0x000ffffffffff000ull
#define NX	  (1ull << 63)

static uint8_t mem[TABLES_ARENA_PAGES * PAGE] __attribute__((aligned(4096)));
static struct pt_arena arena;

/* What the processor would do with VA. */
struct walk {
	bool mapped;
	uint64_t hpa, leaf, upper_and; /* AND of all entries above the leaf */
	uint64_t upper_or;
};

static struct walk walk(uint64_t va)
{
	struct walk w = {false, 0, 0, ~0ull, 0};
	uint64_t table = arena.hpa;

	for (unsigned level = 4; level >= 1; level--) {
		uint64_t e;
		memcpy(&e, mem + (table - arena.hpa) + 8 * (va >> (12 + 9 * (level - 1)) & 511), 8);
		if (!(e & 1))
			return w;
		if (level == 1 || (level == 2 && e & 0x80)) {
			uint64_t size = level == 1 ? PAGE : LARGE_PAGE;
			w.mapped = true;
			w.leaf = e;
			w.hpa = (e & ADDR & ~(size - 1)) | (va & (size - 1));
			return w;
		}
		w.upper_and &= e;
		w.upper_or |= e;
		table = e & ADDR;
	}
	return w;
}

static void fresh(unsigned pages)
{
	arena = (struct pt_arena){mem, ARENA_HPA, pages, 0};
	pt_init(&arena);
}

static void leaf_decides_and_nothing_is_a_user_page(void)
{
	const uint64_t va = 0xffff900000201000ull;

	fresh(16);
	CHECK_TRUE(pt_map(&arena, va, 0x123000, PAGE, PT_WRITE));
	CHECK_TRUE(pt_map(&arena, va + PAGE, 0x125000, PAGE, PT_EXEC));
	CHECK_TRUE(pt_map(&arena, va + 2 * PAGE, 0x126000, PAGE, 0));
	CHECK_TRUE(pt_map(&arena, va + 3 * PAGE, 0x127000, PAGE, PT_WRITE | PT_UC));
	CHECK_TRUE(pt_map(&arena, va + 4 * PAGE, 0x128000, PAGE, PT_WRITE | PT_WC));
	CHECK_EQ(walk(va).leaf, 0x123063ull | NX);
	CHECK_EQ(walk(va + PAGE).leaf, 0x125061ull);
	CHECK_EQ(walk(va + 2 * PAGE).leaf, 0x126061ull | NX);
	CHECK_EQ(walk(va + 3 * PAGE).leaf, 0x12707bull | NX);
	CHECK_EQ(walk(va + 4 * PAGE).leaf, 0x12806bull | NX);
	CHECK_EQ(walk(va).upper_and & 3, 3);
	CHECK_EQ(walk(va).upper_or & (NX | 4), 0);
}

static void uses_large_pages_where_both_sides_fit(void)
{
	const uint64_t va = 0xffff900000200000ull;

	fresh(16);
	CHECK_TRUE(pt_map(&arena, va, 0x800000, 2 * LARGE_PAGE + PAGE, PT_WRITE));
	CHECK_EQ(walk(va).leaf & 0x80, 0x80);
	CHECK_EQ(walk(va + LARGE_PAGE + 0x12345).hpa, 0x800000 + LARGE_PAGE + 0x12345);
	CHECK_EQ(walk(va + 2 * LARGE_PAGE).leaf & 0x80, 0);
	CHECK_EQ(walk(va + 2 * LARGE_PAGE).hpa, 0x800000 + 2 * LARGE_PAGE);
	CHECK_FALSE(walk(va + 2 * LARGE_PAGE + PAGE).mapped);
	/* Misaligned against each other: small pages only. */
	fresh(16);
	CHECK_TRUE(pt_map(&arena, va, 0x801000, LARGE_PAGE, PT_WRITE));
	CHECK_EQ(walk(va).leaf & 0x80, 0);
	CHECK_EQ(walk(va + LARGE_PAGE - 1).hpa, 0x801000 + LARGE_PAGE - 1);
}

static void refuses_what_it_must_not_map(void)
{
	const uint64_t va = 0xffff900000000000ull;

	fresh(16);
	CHECK_FALSE(pt_map(&arena, va, 0, PAGE, PT_WRITE | PT_EXEC));
	CHECK_FALSE(pt_map(&arena, va + 1, 0, PAGE, 0));
	CHECK_FALSE(pt_map(&arena, va, 1, PAGE, 0));
	CHECK_FALSE(pt_map(&arena, va, 0, PAGE - 1, 0));
	CHECK_FALSE(pt_map(&arena, va, 0, 0, 0));
	CHECK_FALSE(pt_map(&arena, 1ull << 47, 0, PAGE, 0));
	CHECK_FALSE(pt_map(&arena, (1ull << 47) - PAGE, 0, 2 * PAGE, 0));
	CHECK_FALSE(pt_map(&arena, ~0ull << 12, 0, 2 * PAGE, 0));
	CHECK_FALSE(pt_map(&arena, va, 1ull << 52, PAGE, 0));
	CHECK_EQ(arena.used, 1);
	CHECK_TRUE(pt_map(&arena, ~0ull << 12, 0, PAGE, 0));
	CHECK_FALSE(pt_map(&arena, ~0ull << 12, 0, PAGE, 0));
}

static void refuses_to_split_or_cover_a_large_page(void)
{
	const uint64_t va = 0xffff900000200000ull;

	fresh(16);
	CHECK_TRUE(pt_map(&arena, va, 0x200000, LARGE_PAGE, 0));
	CHECK_FALSE(pt_map(&arena, va + PAGE, 0x1000, PAGE, PT_WRITE));
	CHECK_EQ(pt_table(&arena, va, 1), 0);
	CHECK_TRUE(pt_map(&arena, va + LARGE_PAGE, 0x1000, PAGE, 0));
	CHECK_FALSE(pt_map(&arena, va + LARGE_PAGE, 0x200000, LARGE_PAGE, 0));
}

static void stops_when_the_arena_is_full(void)
{
	fresh(4);
	CHECK_TRUE(pt_map(&arena, 0xffff900000000000ull, 0, PAGE, 0));
	CHECK_EQ(arena.used, 4);
	CHECK_FALSE(pt_map(&arena, 0xffff910000000000ull, 0, PAGE, 0));
	CHECK_EQ(pt_table(&arena, 0xffff910000000000ull, 1), 0);
	fresh(1);
	CHECK_FALSE(pt_map(&arena, 0, 0, PAGE, 0));
}

static void leaf_table_is_the_one_the_processor_uses(void)
{
	const uint64_t va = 0xffff900000600000ull, entry = 0xabc063;

	fresh(16);
	uint64_t table = pt_table(&arena, va, 1);
	REQUIRE(table != 0);
	CHECK_EQ(table % PAGE, 0);
	memcpy(mem + (table - ARENA_HPA) + 8 * 5, &entry, 8);
	CHECK_EQ(walk(va + 5 * PAGE).hpa, 0xabc000);
	CHECK_EQ(pt_table(&arena, va + 511 * PAGE, 1), table);
	CHECK_NE(pt_table(&arena, va + 512 * PAGE, 1), table);
}

/* --- the core's address space --- */

static struct handoff h;
static struct plan plan;
static const struct elf_image core = {
	.span = 0x5000,
	.segs = 3,
	.seg = {{0, 0x1800, 0, 0, ELF_R | ELF_X},
		{0x2000, 0x100, 0, 0, ELF_R},
		{0x3000, 0x1801, 0, 0, ELF_R | ELF_W}}
};

static bool build(uint64_t random)
{
	memset(&h, 0, sizeof h);
	plan = (struct plan){
		.low_page = 0x8000,
		.core = {0x1000000, 0x5000						   },
		.tables = {ARENA_HPA, TABLES_ARENA_PAGES * PAGE + 3 * (STACK_BYTES + IST_BYTES)},
		.handoff = {0x2000000, 0x4000						   },
		.system = {0x2004000, 0x2000						   },
		.ptpool = {0x2010000, 0x100000						 },
		.frames = {0x2200000, 0x400000						 }
	       };
	h.core_hpa = plan.core.hpa;
	h.core_va = layout_core_va(random);
	h.cpu_count = 3;
	h.mmio_count = 3;
	h.mmio[0] = (struct handoff_mmio){.hpa = 0xfee00000, .bytes = 4096, .kind = MMIO_LAPIC};
	h.mmio[1] = (struct handoff_mmio){.hpa = 0xfec00400, .bytes = 32, .kind = MMIO_IOAPIC};
	h.mmio[2] =
		(struct handoff_mmio){.hpa = 0xc0000000, .bytes = 0x28000, .kind = MMIO_BAR_ROWS};
	fresh(TABLES_ARENA_PAGES);
	return layout_map(&h, &arena, &core, &plan, random);
}

/* [va, va+bytes) reaches hpa with these leaf bits (NX, UC, WC, W), and the pages around it are not mapped. */
static void expect(uint64_t va, uint64_t hpa, uint64_t bytes, uint64_t bits)
{
	const uint64_t care = NX | 0x1e;

	for (uint64_t off = 0; off < bytes; off += PAGE) {
		struct walk w = walk(va + off);
		if (!w.mapped || w.hpa != hpa + off || (w.leaf & care) != bits) {
			CHECK_TRUE(w.mapped);
			CHECK_EQ(w.hpa, hpa + off);
			CHECK_EQ(w.leaf & care, bits);
			return;
		}
	}
	CHECK_FALSE(walk((va & ~(PAGE - 1)) - PAGE).mapped);
	CHECK_FALSE(walk(round_up(va + bytes, PAGE)).mapped);
}

static void maps_all_that_the_handoff_promises(void)
{
	REQUIRE(build(0x123456789abcdefull));
	CHECK_EQ(h.host_cr3, ARENA_HPA);
	expect(h.handoff_va, plan.handoff.hpa, plan.handoff.bytes, NX);
	expect(h.system_va, plan.system.hpa, plan.system.bytes, NX);
	expect(h.frames_va, plan.frames.hpa, plan.frames.bytes, NX | 2);
	expect(h.ptpool_va, plan.ptpool.hpa, plan.ptpool.bytes, NX | 2);
	expect(h.mmio[0].va, 0xfee00000, 4096, NX | 2 | 0x18);
	expect(h.mmio[1].va, 0xfec00400, 32, NX | 2 | 0x18);
	expect(h.mmio[2].va, 0xc0000000, 0x28000, NX | 2 | 0x08);
	expect(plan.low_page, plan.low_page, PAGE, 0);
	CHECK_EQ(walk(h.core_va).leaf, 0x1000061);
	CHECK_EQ(walk(h.core_va + 0x1000).leaf, 0x1001061);
	CHECK_EQ(walk(h.core_va + 0x2000).leaf, 0x1002061 | NX);
	CHECK_EQ(walk(h.core_va + 0x4000).leaf, 0x1004063 | NX);
	CHECK_FALSE(walk(h.core_va + 0x5000).mapped);
	CHECK_FALSE(walk(h.core_va - PAGE).mapped);
}

static uint64_t window_table(unsigned cpu, unsigned level)
{
	return level == 1 ? h.cpu[cpu].win_pt_va : h.cpu[cpu].win_pd_va;
}

static void each_processor_has_guarded_stacks_and_its_own_windows(void)
{
	uint64_t stacks = ARENA_HPA + TABLES_ARENA_PAGES * PAGE;

	REQUIRE(build(42));
	for (unsigned i = 0; i < 3; i++) {
		const struct handoff_cpu *c = &h.cpu[i];
		expect(c->stack_top - STACK_BYTES, stacks, STACK_BYTES, NX | 2);
		expect(c->ist_top - IST_BYTES, stacks + STACK_BYTES, IST_BYTES, NX | 2);
		stacks += STACK_BYTES + IST_BYTES;
		CHECK_EQ(c->win_va % WIN_AREA, 0);
		for (unsigned s = 0; s < 512; s++) {
			CHECK_FALSE(walk(c->win_va + s * PAGE).mapped);
			CHECK_FALSE(walk(c->win_va + s * LARGE_PAGE).mapped);
		}
		for (unsigned level = 1; level <= 2; level++) {
			struct walk t = walk(window_table(i, level));
			REQUIRE(t.mapped);
			CHECK_EQ(t.hpa, pt_table(&arena, c->win_va, level));
			CHECK_EQ(t.leaf & (NX | 2), NX | 2);
			for (unsigned j = 0; j < i; j++)
				CHECK_NE(t.hpa, walk(window_table(j, level)).hpa);
		}
	}
}

static void no_page_is_writable_and_executable(void)
{
	uint64_t leaves = 0;

	REQUIRE(build(7));
	for (unsigned page = 0; page < arena.used; page++) {
		for (unsigned i = 0; i < 512; i++) {
			uint64_t e;
			memcpy(&e, mem + page * PAGE + 8 * i, 8);
			if (!(e & 1))
				continue;
			CHECK_EQ(e & 4, 0);
			if (!(e & 0x40)) /* no dirty bit: not a leaf */
				continue;
			leaves++;
			CHECK_TRUE((e & NX) || !(e & 2));
		}
	}
	CHECK_TRUE(leaves > 300);
}

static void bases_follow_the_random_word(void)
{
	uint64_t lo = ~0ull, hi = 0, x = 1;

	for (unsigned i = 0; i < 200; i++) {
		x = x * 6364136223846793005ull + 1442695040888963407ull;
		REQUIRE(build(x));
		CHECK_EQ(h.core_va % LARGE_PAGE, 0);
		CHECK_TRUE(h.core_va >= 0xffffff8000000000ull);
		CHECK_TRUE(h.core_va + ELF_SPAN_MAX > h.core_va);
		CHECK_TRUE(h.handoff_va < 0xffffff8000000000ull);
		CHECK_TRUE(h.handoff_va >= 0xffff800000000000ull);
		lo = h.handoff_va < lo ? h.handoff_va : lo;
		hi = h.handoff_va > hi ? h.handoff_va : hi;
	}
	CHECK_TRUE(hi - lo > 1ull << 45);
}

static void says_so_when_the_tables_do_not_fit(void)
{
	REQUIRE(build(1));
	unsigned needed = arena.used;
	memset(&h.cpu, 0, sizeof h.cpu);
	fresh(needed - 1);
	CHECK_FALSE(layout_map(&h, &arena, &core, &plan, 1));
	fresh(needed);
	CHECK_TRUE(layout_map(&h, &arena, &core, &plan, 1));
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(leaf_decides_and_nothing_is_a_user_page);
	RUN(uses_large_pages_where_both_sides_fit);
	RUN(refuses_what_it_must_not_map);
	RUN(refuses_to_split_or_cover_a_large_page);
	RUN(stops_when_the_arena_is_full);
	RUN(leaf_table_is_the_one_the_processor_uses);
	RUN(maps_all_that_the_handoff_promises);
	RUN(each_processor_has_guarded_stacks_and_its_own_windows);
	RUN(no_page_is_writable_and_executable);
	RUN(bases_follow_the_random_word);
	RUN(says_so_when_the_tables_do_not_fit);
	return check_end();
}
