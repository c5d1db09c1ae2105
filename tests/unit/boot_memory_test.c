/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the loader's placement: ranges against a flat map, and the plan for core and domains. */
#include "check.h"

#include "boot/bytes.h"
#include "boot/memory.h"

static struct mem_map m;
static struct hv_system sys;
static struct plan_want want;
static struct plan plan;

static const struct mem_range all = {0, 1ull << 40};

static void joins_neighbours_and_keeps_order(void)
{
	m.count = 0;
	CHECK_TRUE(mem_add(&m, 0x5000, 0x6000));
	CHECK_TRUE(mem_add(&m, 0x1000, 0x2000));
	CHECK_TRUE(mem_add(&m, 0x3000, 0x4000));
	CHECK_EQ(m.count, 3);
	CHECK_TRUE(mem_add(&m, 0x2000, 0x3000));
	CHECK_EQ(m.count, 2);
	CHECK_EQ(m.r[0].lo, 0x1000);
	CHECK_EQ(m.r[0].hi, 0x4000);
	CHECK_TRUE(mem_add(&m, 0x6000, 0x7000));
	CHECK_TRUE(mem_add(&m, 0x4800, 0x5000));
	CHECK_EQ(m.r[1].lo, 0x4800);
	CHECK_EQ(m.r[1].hi, 0x7000);
	CHECK_EQ(mem_total(&m), 0x3000 + 0x2800);
}

static void refuses_overlap_and_empty(void)
{
	m.count = 0;
	CHECK_TRUE(mem_add(&m, 0x2000, 0x4000));
	CHECK_FALSE(mem_add(&m, 0x3000, 0x5000));
	CHECK_FALSE(mem_add(&m, 0x1000, 0x2001));
	CHECK_FALSE(mem_add(&m, 0x2000, 0x4000));
	CHECK_FALSE(mem_add(&m, 0x5000, 0x5000));
	CHECK_FALSE(mem_add(&m, 0x6000, 0x5000));
	CHECK_EQ(m.count, 1);
}

static void full_list_refuses_a_range_of_its_own(void)
{
	uint64_t at;

	m.count = 0;
	for (unsigned i = 0; i < MEM_RANGE_MAX; i++)
		CHECK_TRUE(mem_add(&m, i * 0x10000ull, i * 0x10000ull + 0x3000));
	CHECK_FALSE(mem_add(&m, 0x8000, 0x9000));
	CHECK_TRUE(mem_add(&m, 0x3000, 0x4000)); /* joins: no new entry */
	/* A piece out of the middle would need one more entry. */
	CHECK_FALSE(mem_take(&m, 0x1000, 0x1000, (struct mem_range){0x11000, 0x12000}, &at));
	CHECK_TRUE(mem_take(&m, 0x1000, 0x1000, (struct mem_range){0x10000, 0x12000}, &at));
	CHECK_EQ(at, 0x10000);
}

static void takes_the_lowest_aligned_place(void)
{
	uint64_t at = 0;

	m.count = 0;
	CHECK_TRUE(mem_add(&m, 0x1000, 0x3000));
	CHECK_TRUE(mem_add(&m, 0x5000, 0x10000));
	CHECK_TRUE(mem_take(&m, 0x3000, 0x4000, all, &at));
	CHECK_EQ(at, 0x8000);
	CHECK_EQ(m.count, 3);
	CHECK_TRUE(mem_take(&m, 0x2000, 0x1000, all, &at));
	CHECK_EQ(at, 0x1000);
	CHECK_EQ(m.count, 2);
	CHECK_FALSE(mem_take(&m, 0x6000, 0x1000, all, &at));
	CHECK_FALSE(mem_take(&m, 0, 0x1000, all, &at));
	CHECK_FALSE(mem_take(&m, 0x1000, 0x1000, (struct mem_range){0x8000, 0xb000}, &at));
	CHECK_TRUE(mem_take(&m, 0x1000, 0x1000, (struct mem_range){0x7000, 0xb000}, &at));
	CHECK_EQ(at, 0x7000);
	CHECK_FALSE(mem_take(&m, 0x5001, 0x1000, (struct mem_range){0xb000, 0x20000}, &at));
}

/* Random takes against a map of one byte per page. */
static void takes_agree_with_a_flat_map(void)
{
	static uint8_t page[256];
	uint32_t x = 12345;

	m.count = 0;
	memset(page, 1, sizeof page);
	CHECK_TRUE(mem_add(&m, 0, sizeof page * PAGE));
	for (unsigned i = 0; i < 2000; i++) {
		x = x * 1664525u + 1013904223u;
		uint64_t n = (x >> 8) % 5 + 1, align = PAGE << ((x >> 16) % 4), at;
		if (mem_take(&m, n * PAGE, align, all, &at)) {
			CHECK_EQ(at % align, 0);
			for (uint64_t p = at / PAGE; p < at / PAGE + n; p++) {
				CHECK_EQ(page[p], 1);
				page[p] = 0;
			}
		} else { /* nothing fits: give one page back where one is taken */
			uint64_t p = (x >> 3) % sizeof page;
			if (page[p] == 0) {
				page[p] = 1;
				CHECK_TRUE(mem_add(&m, p * PAGE, (p + 1) * PAGE));
			}
		}
		uint64_t pages = 0;
		for (size_t p = 0; p < sizeof page; p++)
			pages += page[p];
		CHECK_EQ(mem_total(&m), pages * PAGE);
	}
}

static void machine(uint64_t mib)
{
	m.count = 0;
	(void)mem_add(&m, 0x1000, 0xa0000);
	(void)mem_add(&m, MIB, mib * MIB);
	memset(&sys, 0, sizeof sys);
	memset(&want, 0, sizeof want);
	sys.dom_count = 3;
	for (unsigned i = 0; i < 3; i++) {
		sys.dom[i].flags = HV_DOM_ENABLED;
		sys.dom[i].ram_mib = 32 + 2 * i;
		want.image_bytes[i] = 3 * MIB + 5;
	}
	want.secret_bytes[1] = 9;
	want.extra_bytes[2] = 3 * PAGE;
	want.core_bytes = 0x50000;
	want.cpus = 2;
}

static const struct handoff_extent *extents(unsigned i)
{
	const struct handoff_extent *core[] = {&plan.core,   &plan.tables, &plan.handoff,
					       &plan.system, &plan.ptpool, &plan.frames};

	if (i < 6)
		return core[i];
	i -= 6;
	return i / HV_DOM_MAX == 0   ? &plan.ram[i % HV_DOM_MAX]
	       : i / HV_DOM_MAX == 1 ? &plan.image[i % HV_DOM_MAX]
	       : i / HV_DOM_MAX == 2 ? &plan.secret[i % HV_DOM_MAX]
	       : i / HV_DOM_MAX == 3 ? &plan.kept[i % HV_DOM_MAX]
				     : &plan.spare[i % HV_DOM_MAX];
}
#define EXTENTS (6 + 5 * HV_DOM_MAX)

static void plan_places_all_without_overlap(void)
{
	machine(512);
	sys.dom[1].flags |= HV_DOM_CHECKPOINT;
	sys.dom[2].spare_mib = 3;
	struct mem_map before = m;
	REQUIRE(mem_plan(&m, &sys, &want, &plan));
	CHECK_TRUE(plan.low_page >= PAGE && plan.low_page < 0xa0000);
	for (unsigned i = 0; i < EXTENTS; i++) {
		const struct handoff_extent *a = extents(i);
		CHECK_EQ(a->bytes % PAGE, 0);
		CHECK_EQ(a->hpa % PAGE, 0);
		CHECK_TRUE(i < 6 ? a->bytes > 0 && a->hpa + a->bytes <= FOUR_GIB : true);
		CHECK_TRUE(a->bytes == 0 || (a->hpa >= MIB && a->hpa + a->bytes <= 512 * MIB));
		for (unsigned j = 0; j < i; j++) {
			const struct handoff_extent *b = extents(j);
			CHECK_TRUE(a->bytes == 0 || b->bytes == 0 || a->hpa + a->bytes <= b->hpa ||
				   b->hpa + b->bytes <= a->hpa);
		}
	}
	for (unsigned i = 0; i < 3; i++) {
		CHECK_EQ(plan.ram[i].bytes, (32 + 2 * i) * MIB + want.extra_bytes[i]);
		CHECK_EQ(plan.ram[i].hpa % LARGE_PAGE, 0);
		CHECK_TRUE(plan.image[i].bytes >= want.image_bytes[i]);
	}
	CHECK_EQ(plan.secret[0].bytes, 0);
	CHECK_EQ(plan.secret[1].bytes, PAGE);
	CHECK_EQ(plan.kept[0].bytes, 0);
	CHECK_EQ(plan.kept[1].bytes, 34 * MIB);
	CHECK_EQ(plan.spare[1].bytes, 0);
	CHECK_EQ(plan.spare[2].bytes, 3 * MIB);
	CHECK_EQ(plan.frames_count, 512 * MIB / PAGE);
	CHECK_TRUE(plan.frames.bytes >= plan.frames_count * 4);
	CHECK_EQ(plan.ptpool.bytes, (PTPOOL_CORE_PAGES + 3 * PTPOOL_DOM_PAGES) * PAGE);
	CHECK_TRUE(mem_total(&m) < mem_total(&before));
}

static void plan_refuses_when_an_enabled_domain_does_not_fit(void)
{
	machine(100);
	CHECK_FALSE(mem_plan(&m, &sys, &want, &plan));
	CHECK_TRUE(plan.needed > 111 * MIB && plan.needed < 120 * MIB);
	CHECK_EQ(plan.largest_mib, 36);
	machine(120);
	CHECK_TRUE(mem_plan(&m, &sys, &want, &plan));
	sys.dom[1].flags |= HV_DOM_CHECKPOINT;
	CHECK_FALSE(mem_plan(&m, &sys, &want, &plan));
	CHECK_TRUE(plan.needed > 145 * MIB && plan.needed < 154 * MIB);
	machine(160);
	sys.dom[1].flags |= HV_DOM_CHECKPOINT;
	CHECK_TRUE(mem_plan(&m, &sys, &want, &plan));
	machine(120);
	sys.dom[2].spare_mib = 16;
	CHECK_FALSE(mem_plan(&m, &sys, &want, &plan));
	CHECK_TRUE(plan.needed > 127 * MIB && plan.needed < 136 * MIB);
	machine(2);
	CHECK_FALSE(mem_plan(&m, &sys, &want, &plan));
	m.count = 0;
	CHECK_FALSE(mem_plan(&m, &sys, &want, &plan));
}

static void a_domain_that_is_off_comes_last_and_may_miss(void)
{
	machine(110);
	sys.dom[0].flags = HV_DOM_CHECKPOINT;
	sys.dom[0].ram_mib = 64;
	sys.dom[0].spare_mib = 2;
	REQUIRE(mem_plan(&m, &sys, &want, &plan));
	CHECK_EQ(plan.ram[0].bytes, 0);
	CHECK_EQ(plan.image[0].bytes, 0);
	CHECK_EQ(plan.kept[0].bytes, 0);
	CHECK_EQ(plan.spare[0].bytes, 0);
	CHECK_EQ(plan.ram[1].bytes, 34 * MIB);
	CHECK_EQ(plan.ram[2].bytes, 36 * MIB + 3 * PAGE);
	machine(400);
	sys.dom[0].flags = 0;
	REQUIRE(mem_plan(&m, &sys, &want, &plan));
	CHECK_EQ(plan.ram[0].bytes, 32 * MIB);
	CHECK_TRUE(plan.ram[0].hpa > plan.ram[2].hpa);
}

static void the_core_stays_below_4_gib(void)
{
	machine(2);
	CHECK_TRUE(mem_add(&m, FOUR_GIB, FOUR_GIB + 1024 * MIB));
	CHECK_FALSE(mem_plan(&m, &sys, &want, &plan));
	machine(16);
	CHECK_TRUE(mem_add(&m, FOUR_GIB, FOUR_GIB + 1024 * MIB));
	REQUIRE(mem_plan(&m, &sys, &want, &plan));
	CHECK_TRUE(plan.frames.hpa + plan.frames.bytes <= 16 * MIB);
	CHECK_EQ(plan.frames.hpa % LARGE_PAGE, 0); /* a large table is mapped by large pages */
	CHECK_TRUE(plan.ram[0].hpa >= FOUR_GIB);
	CHECK_EQ(plan.frames_count, (FOUR_GIB + 1024 * MIB) / PAGE);
}

static void no_low_page_no_start(void)
{
	machine(512);
	m.count = 0;
	(void)mem_add(&m, MIB, 512 * MIB);
	CHECK_FALSE(mem_plan(&m, &sys, &want, &plan));
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(joins_neighbours_and_keeps_order);
	RUN(refuses_overlap_and_empty);
	RUN(full_list_refuses_a_range_of_its_own);
	RUN(takes_the_lowest_aligned_place);
	RUN(takes_agree_with_a_flat_map);
	RUN(plan_places_all_without_overlap);
	RUN(plan_refuses_when_an_enabled_domain_does_not_fit);
	RUN(a_domain_that_is_off_comes_last_and_may_miss);
	RUN(the_core_stays_below_4_gib);
	RUN(no_low_page_no_start);
	return check_end();
}
