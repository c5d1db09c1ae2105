/* SPDX-License-Identifier: Apache-2.0 */
/* The page-table walker: entries bit by bit as the manuals say, and random work against a flat array. */
#include <stdlib.h>
#include "check.h"
#include "ptab.h"
#include "tests/fakes/hw_fake.h"

#define POOL_PAGES 24u
#define POOL_HPA   0x40000000ull
#define RW	   (PROT_R | PROT_W)
#define RWX	   (RW | PROT_X)
#define ADDR	   0x000ffffffffff000ull

static _Alignas(4096) uint8_t pool[POOL_PAGES + 1][PAGE_SIZE]; /* a guard page behind */
static struct ptab pt;

static void fresh(enum ptab_format format, uint32_t limit)
{
	memset(pool, 0xa5, sizeof pool);
	ptab_pool_init(pool, (hpa_t){POOL_HPA}, POOL_PAGES);
	ptab_init(&pt, format, 1, limit);
}

/* The entry of level LEVEL (0 = page table) on the way to ia, read as the processor would. */
static uint64_t entry(uint64_t ia, unsigned level)
{
	uint64_t table = pt.root.v, e = 0;

	for (unsigned l = 4; l-- > level;) {
		memcpy(&e, &pool[(table - POOL_HPA) / PAGE_SIZE][((ia >> (12 + 9 * l)) & 511) * 8],
		       sizeof e);
		table = e & ADDR;
	}
	return e;
}

static void npt_entries_are_as_the_manual_says(void)
{
	fresh(PTAB_NPT, 20);
	CHECK_EQ(pt.root.v, POOL_HPA + PAGE_SIZE);
	CHECK_EQ(ptab_map(&pt, 0, (hpa_t){0x12345000}, PAGE_SIZE, PROT_R, MEM_WB), HV_OK);
	CHECK_EQ(ptab_map(&pt, 0x1000, (hpa_t){0x2000}, PAGE_SIZE, RW, MEM_WB), HV_OK);
	CHECK_EQ(ptab_map(&pt, 0x2000, (hpa_t){0x3000}, PAGE_SIZE, RWX, MEM_WB), HV_OK);
	CHECK_EQ(ptab_map(&pt, 0x3000, (hpa_t){0x4000}, PAGE_SIZE, RW, MEM_UC), HV_OK);
	CHECK_EQ(ptab_map(&pt, 0x4000, (hpa_t){0x5000}, PAGE_SIZE, RW, MEM_WC), HV_OK);
	/* present 0, writable 1, user 2, write-through 3, cache disable 4, large 7, no-execute 63 */
	CHECK_EQ(entry(0, 0), 0x12345000 | BIT(0) | BIT(2) | BIT(63));
	CHECK_EQ(entry(0x1000, 0), 0x2000 | BIT(0) | BIT(1) | BIT(2) | BIT(63));
	CHECK_EQ(entry(0x2000, 0), 0x3000 | BIT(0) | BIT(1) | BIT(2));
	CHECK_EQ(entry(0x3000, 0), 0x4000 | BIT(0) | BIT(1) | BIT(2) | BIT(3) | BIT(4) | BIT(63));
	CHECK_EQ(entry(0x4000, 0), 0x5000 | BIT(0) | BIT(1) | BIT(2) | BIT(3) | BIT(63));
	for (unsigned level = 1; level < 4; level++) /* the leaf decides: all rights above */
		CHECK_EQ(entry(0, level) & ~ADDR, BIT(0) | BIT(1) | BIT(2) | BIT(5));
	CHECK_EQ(ptab_map(&pt, LARGE_PAGE, (hpa_t){7 * LARGE_PAGE}, LARGE_PAGE, RWX, MEM_WB),
		 HV_OK);
	CHECK_EQ(entry(LARGE_PAGE, 1), 7 * LARGE_PAGE | BIT(0) | BIT(1) | BIT(2) | BIT(7));
}

static void vtd_entries_are_as_the_manual_says(void)
{
	fresh(PTAB_VTD, 20);
	CHECK_EQ(ptab_map(&pt, 0, (hpa_t){0x1000}, PAGE_SIZE, PROT_R, MEM_WB), HV_OK);
	CHECK_EQ(ptab_map(&pt, 0x1000, (hpa_t){0x2000}, PAGE_SIZE, RW, MEM_WB), HV_OK);
	CHECK_EQ(ptab_map(&pt, LARGE_PAGE, (hpa_t){LARGE_PAGE}, LARGE_PAGE, RW, MEM_WB), HV_OK);
	/* read 0, write 1, large 7; nothing else */
	CHECK_EQ(entry(0, 0), 0x1000 | BIT(0));
	CHECK_EQ(entry(0x1000, 0), 0x2000 | BIT(0) | BIT(1));
	CHECK_EQ(entry(LARGE_PAGE, 1), LARGE_PAGE | BIT(0) | BIT(1) | BIT(7));
	for (unsigned level = 1; level < 4; level++)
		CHECK_EQ(entry(0, level) & ~ADDR, BIT(0) | BIT(1));
}

static void lookup_tells_rights_of_both_formats(void)
{
	uint32_t prot = 0;
	hpa_t at;

	fresh(PTAB_NPT, 20);
	CHECK_EQ(ptab_map(&pt, 0, (hpa_t){0x1000}, PAGE_SIZE, PROT_R, MEM_WB), HV_OK);
	CHECK_EQ(ptab_map(&pt, LARGE_PAGE, (hpa_t){LARGE_PAGE}, LARGE_PAGE, RWX, MEM_WB), HV_OK);
	CHECK_EQ(ptab_lookup(&pt, 0xfff, &at, &prot), HV_OK);
	CHECK_EQ(at.v, 0x1fff);
	CHECK_EQ(prot, PROT_R);
	CHECK_EQ(ptab_lookup(&pt, LARGE_PAGE + 0x12345, &at, &prot), HV_OK);
	CHECK_EQ(at.v, LARGE_PAGE + 0x12345);
	CHECK_EQ(prot, RWX);
	fresh(PTAB_VTD, 20);
	CHECK_EQ(ptab_map(&pt, 0, (hpa_t){0x1000}, PAGE_SIZE, RW, MEM_WB), HV_OK);
	CHECK_EQ(ptab_lookup(&pt, 0, &at, &prot), HV_OK);
	CHECK_EQ(prot, RW); /* no execute right exists there */
}

static void refuses_bad_ranges_and_rights(void)
{
	const hpa_t ok = {0x1000};
	const uint64_t top = BIT(47);

	fresh(PTAB_NPT, 20);
	CHECK_EQ(ptab_map(&pt, 1, ok, PAGE_SIZE, RW, MEM_WB), HV_EINVAL);
	CHECK_EQ(ptab_map(&pt, 0, (hpa_t){0x1001}, PAGE_SIZE, RW, MEM_WB), HV_EINVAL);
	CHECK_EQ(ptab_map(&pt, 0, ok, PAGE_SIZE + 1, RW, MEM_WB), HV_EINVAL);
	CHECK_EQ(ptab_map(&pt, 0, ok, 0, RW, MEM_WB), HV_EINVAL);
	CHECK_EQ(ptab_map(&pt, top, ok, PAGE_SIZE, RW, MEM_WB), HV_EINVAL);
	CHECK_EQ(ptab_map(&pt, top - PAGE_SIZE, ok, 2 * PAGE_SIZE, RW, MEM_WB), HV_EINVAL);
	CHECK_EQ(ptab_map(&pt, PAGE_SIZE, ok, 0 - PAGE_SIZE, RW, MEM_WB), HV_EINVAL);
	CHECK_EQ(ptab_map(&pt, 0, (hpa_t){BIT(52)}, PAGE_SIZE, RW, MEM_WB), HV_EINVAL);
	CHECK_EQ(ptab_map(&pt, 0, (hpa_t){ADDR}, 2 * PAGE_SIZE, RW, MEM_WB), HV_EINVAL);
	CHECK_EQ(ptab_map(&pt, 0, ok, PAGE_SIZE, PROT_W, MEM_WB), HV_EINVAL);
	CHECK_EQ(ptab_unmap(&pt, 1, PAGE_SIZE), HV_EINVAL);
	CHECK_EQ(pt.used, 1); /* nothing was built on the way to a refusal */
	CHECK_EQ(ptab_map(&pt, top - PAGE_SIZE, ok, PAGE_SIZE, RW, MEM_WB), HV_OK);
	fresh(PTAB_VTD, 20);
	CHECK_EQ(ptab_map(&pt, 0, ok, PAGE_SIZE, RWX, MEM_WB), HV_EINVAL);
}

static void finds_nothing_above_the_limit(void)
{
	hpa_t at = {7};

	fresh(PTAB_NPT, 20);
	CHECK_EQ(ptab_map(&pt, 0, (hpa_t){0x1000}, PAGE_SIZE, RW, MEM_WB), HV_OK);
	CHECK_EQ(ptab_lookup(&pt, BIT(48), &at, NULL), HV_EFAULT); /* aliases 0 in the tables */
	CHECK_EQ(ptab_lookup(&pt, UINT64_MAX, &at, NULL), HV_EFAULT);
	CHECK_EQ(ptab_lookup(&pt, 0x1000, &at, NULL), HV_EFAULT);
	CHECK_EQ(ptab_lookup(&pt, 1ull << 40, &at, NULL), HV_EFAULT);
	CHECK_EQ(at.v, 7); /* untouched */
}

static void never_maps_over_a_mapping(void)
{
	hpa_t at;

	fresh(PTAB_NPT, 20);
	CHECK_EQ(ptab_map(&pt, LARGE_PAGE, (hpa_t){LARGE_PAGE}, LARGE_PAGE, RW, MEM_WB), HV_OK);
	CHECK_EQ(ptab_map(&pt, LARGE_PAGE + 0x5000, (hpa_t){0x1000}, PAGE_SIZE, RW, MEM_WB),
		 HV_EBUSY);
	CHECK_EQ(ptab_map(&pt, LARGE_PAGE, (hpa_t){0}, LARGE_PAGE, RW, MEM_WB), HV_EBUSY);
	CHECK_EQ(ptab_map(&pt, 0x3000, (hpa_t){0x3000}, PAGE_SIZE, RW, MEM_WB), HV_OK);
	CHECK_EQ(ptab_map(&pt, 0, (hpa_t){0}, LARGE_PAGE, RW, MEM_WB), HV_EBUSY);
	CHECK_EQ(ptab_map(&pt, 0x2000, (hpa_t){0x2000}, 2 * PAGE_SIZE, RW, MEM_WB), HV_EBUSY);
	CHECK_EQ(ptab_lookup(&pt, LARGE_PAGE + 0x5000, &at, NULL), HV_OK);
	CHECK_EQ(at.v, LARGE_PAGE + 0x5000);
	CHECK_EQ(ptab_lookup(&pt, 0x3000, &at, NULL), HV_OK);
	CHECK_EQ(at.v, 0x3000);
}

static void busy_is_busy_even_when_the_slice_is_full(void)
{
	fresh(PTAB_NPT, 3);
	CHECK_EQ(ptab_map(&pt, 0, (hpa_t){0}, LARGE_PAGE, RW, MEM_WB), HV_OK);
	CHECK_EQ(pt.used, 3);
	CHECK_EQ(ptab_map(&pt, 0x1000, (hpa_t){0}, PAGE_SIZE, RW, MEM_WB), HV_EBUSY);
}

static void stops_at_the_end_of_its_slice(void)
{
	unsigned mapped = 0;

	fresh(PTAB_NPT, 6);
	for (uint64_t ia = 0; ia < 64 * LARGE_PAGE; ia += LARGE_PAGE) {
		enum hv_err err = ptab_map(&pt, ia, (hpa_t){0x1000}, PAGE_SIZE, RW, MEM_WB);

		CHECK_EQ(err, mapped < 3 ? HV_OK : HV_ENOMEM);
		mapped += err == HV_OK;
	}
	CHECK_EQ(mapped, 3); /* root and two levels, three page tables */
	CHECK_EQ(pt.used, 6);
	for (unsigned page = 7; page <= POOL_PAGES; page++)
		for (unsigned i = 0; i < PAGE_SIZE; i++)
			REQUIRE(pool[page][i] == 0xa5);
}

static void unmap_takes_small_leaves_only(void)
{
	hpa_t at;

	fresh(PTAB_NPT, 20);
	CHECK_EQ(ptab_map(&pt, 0, (hpa_t){0x10000}, 8 * PAGE_SIZE, RW, MEM_WB), HV_OK);
	CHECK_EQ(ptab_map(&pt, LARGE_PAGE, (hpa_t){LARGE_PAGE}, LARGE_PAGE, RW, MEM_WB), HV_OK);
	CHECK_EQ(ptab_unmap(&pt, 0x2000, 2 * PAGE_SIZE), HV_OK);
	CHECK_EQ(ptab_lookup(&pt, 0x1000, &at, NULL), HV_OK);
	CHECK_EQ(ptab_lookup(&pt, 0x2000, &at, NULL), HV_EFAULT);
	CHECK_EQ(ptab_lookup(&pt, 0x3000, &at, NULL), HV_EFAULT);
	CHECK_EQ(ptab_lookup(&pt, 0x4000, &at, NULL), HV_OK);
	CHECK_EQ(ptab_unmap(&pt, 0x2000, PAGE_SIZE), HV_EINVAL);
	CHECK_EQ(ptab_unmap(&pt, LARGE_PAGE, PAGE_SIZE), HV_EINVAL);
	CHECK_EQ(ptab_unmap(&pt, 1ull << 40, PAGE_SIZE), HV_EINVAL);
	CHECK_EQ(ptab_lookup(&pt, LARGE_PAGE, &at, NULL), HV_OK);
}

/* --- random work against a flat array --- */
#define SPACE_PAGES (4 * 512u)
#define NOTHING	    UINT64_MAX

static uint64_t oracle[SPACE_PAGES]; /* host page of each input page */
static bool oracle_large[SPACE_PAGES];
static bool oracle_table[SPACE_PAGES /
			 512]; /* a page table was made there: leaves are small from then on */

/* Mirror of one map call page by page; says what the answer must be. */
static enum hv_err oracle_map(uint64_t page, uint64_t host, uint64_t pages)
{
	while (pages > 0) {
		bool large = page % 512 == 0 && host % 512 == 0 && pages >= 512 &&
			     !oracle_table[page / 512];
		uint64_t step = large ? 512 : 1;

		if (oracle[page] != NOTHING)
			return HV_EBUSY;
		for (uint64_t i = 0; i < step; i++) {
			oracle[page + i] = host + i;
			oracle_large[page + i] = large;
		}
		if (!large)
			oracle_table[page / 512] = true;
		page += step;
		host += step;
		pages -= step;
	}
	return HV_OK;
}

static enum hv_err oracle_unmap(uint64_t page, uint64_t pages)
{
	while (pages > 0) {
		uint64_t step = oracle_large[page] ? 512 : 1;

		if (oracle[page] == NOTHING || page % step != 0 || pages < step)
			return HV_EINVAL;
		for (uint64_t i = 0; i < step; i++) {
			oracle[page + i] = NOTHING;
			oracle_large[page + i] = false;
		}
		page += step;
		pages -= step;
	}
	return HV_OK;
}

static uint64_t dice(uint64_t sides)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % sides;
}

static bool agrees(uint64_t base)
{
	for (uint64_t page = 0; page < SPACE_PAGES; page++) {
		hpa_t at = {0};
		enum hv_err err = ptab_lookup(&pt, base + page * PAGE_SIZE + 5, &at, NULL);

		if (oracle[page] == NOTHING ? err != HV_EFAULT
					    : err != HV_OK || at.v != oracle[page] * PAGE_SIZE + 5)
			return false;
	}
	return true;
}

static unsigned operations;

static void one_random_step(uint64_t base)
{
	bool large = dice(4) == 0;
	uint64_t page = large ? dice(4) * 512 : dice(SPACE_PAGES);
	uint64_t pages = 1 + dice(large ? 1024 : 40);
	uint64_t host = large ? dice(64) * 512 : dice(1 << 20);

	if (pages > SPACE_PAGES - page)
		pages = SPACE_PAGES - page;
	operations++;
	if (dice(3) == 0)
		CHECK_EQ(ptab_unmap(&pt, base + page * PAGE_SIZE, pages * PAGE_SIZE),
			 oracle_unmap(page, pages));
	else
		CHECK_EQ(ptab_map(&pt, base + page * PAGE_SIZE, (hpa_t){host * PAGE_SIZE},
				  pages * PAGE_SIZE, RW, MEM_WB),
			 oracle_map(page, host, pages));
}

static void random_work(enum ptab_format format, uint64_t base)
{
	fresh(format, 20);
	memset(oracle, 0xff, sizeof oracle);
	memset(oracle_table, 0, sizeof oracle_table);
	for (unsigned i = 1; i <= 300; i++) {
		one_random_step(base);
		if (i % 50 == 0)
			CHECK_TRUE(agrees(base));
	}
}

static void random_work_agrees_with_a_flat_array(void)
{
	for (unsigned round = 0; round < 200 && !check.case_failed; round++) {
		random_work(PTAB_NPT, 0);
		random_work(PTAB_VTD, BIT(39) - 2 * LARGE_PAGE); /* over an edge of the top level */
	}
	printf("# FIGURE: %u operations on page tables, as a flat array has them\n", operations);
}

static void page_out_of_pool(void *unused)
{
	hpa_t hpa;

	(void)unused;
	(void)ptab_pool_page(POOL_PAGES, &hpa);
}

static void lookup_outside_the_pool(void *unused)
{
	struct ptab wild = {.format = PTAB_NPT, .root = {POOL_HPA + POOL_PAGES * PAGE_SIZE}};
	hpa_t at;

	(void)unused;
	(void)!ptab_lookup(&wild, 0, &at, NULL);
}

static void lookup_below_the_pool(void *unused)
{
	struct ptab wild = {.format = PTAB_NPT, .root = {0}};
	hpa_t at;

	(void)unused;
	(void)!ptab_lookup(&wild, 0, &at, NULL);
}

static void a_table_outside_the_pool_stops_the_machine(void)
{
	fresh(PTAB_NPT, 20);
	CHECK_EQ(fake_try(page_out_of_pool, NULL), END_ASSERT);
	CHECK_EQ(fake_try(lookup_outside_the_pool, NULL), END_ASSERT);
	CHECK_EQ(fake_try(lookup_below_the_pool, NULL), END_ASSERT);
	CHECK_EQ(pool[POOL_PAGES][0], 0xa5);
}

static void pool_pages_are_given_out_empty(void)
{
	hpa_t hpa;
	const uint8_t *page;

	fresh(PTAB_NPT, 20);
	page = ptab_pool_page(POOL_PAGES - 1, &hpa);
	CHECK_TRUE(page == pool[POOL_PAGES - 1]);
	CHECK_EQ(hpa.v, POOL_HPA + (POOL_PAGES - 1) * PAGE_SIZE);
	for (unsigned i = 0; i < PAGE_SIZE; i++)
		REQUIRE(page[i] == 0);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(npt_entries_are_as_the_manual_says);
	RUN(vtd_entries_are_as_the_manual_says);
	RUN(lookup_tells_rights_of_both_formats);
	RUN(refuses_bad_ranges_and_rights);
	RUN(finds_nothing_above_the_limit);
	RUN(never_maps_over_a_mapping);
	RUN(busy_is_busy_even_when_the_slice_is_full);
	RUN(stops_at_the_end_of_its_slice);
	RUN(unmap_takes_small_leaves_only);
	RUN(random_work_agrees_with_a_flat_array);
	RUN(a_table_outside_the_pool_stops_the_machine);
	RUN(pool_pages_are_given_out_empty);
	return check_end();
}
