/* SPDX-License-Identifier: Apache-2.0 */
/* Guest memory: a copy reaches RAM of that VM and nothing else, whatever its table or the addresses say. */
#include "check.h"
#include "guestmem.h"
#include "lock.h"
#include "tests/fakes/machine.h"

#define LAST (MACHINE_RAM - 8)

static struct domain *a, *b;
static uint8_t buf[3 * PAGE_SIZE];

static void fresh(void)
{
	machine_start(2);
	a = dom_at(0);
	b = dom_at(1);
	memset(buf, 0, sizeof buf);
	lock_core();
}

static void wide(void)
{
	machine_make(1);
	machine_wide(0);
	machine_boot();
	a = machine_settle(0);
	lock_core();
}

static void done(void)
{
	unlock_core();
	hw_windows_close();
}

static void pattern(uint8_t *p, size_t n, uint8_t seed)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(seed + i * 3 + (i >> 8));
}

static void copies_any_alignment_and_length(void)
{
	static const uint64_t lens[] = {0, 1, 2, 4095, 4096, 4097, 8192, 9000};
	uint8_t want[3 * PAGE_SIZE];

	fresh();
	for (uint64_t at = 0x20ff0; at < 0x21010; at += 7) {
		for (unsigned i = 0; i < ARRAY_LEN(lens); i++) {
			pattern(want, sizeof want, (uint8_t)(at + i));
			memset(machine_ram(0, 0x20000), 0xee, 0x5000);
			CHECK_EQ(guestmem_copy_out(a, (gpa_t){at}, want, lens[i]), HV_OK);
			CHECK_MEM(machine_ram(0, at), want, lens[i]);
			CHECK_EQ(*machine_ram(0, at - 1), 0xee);
			CHECK_EQ(*machine_ram(0, at + lens[i]), 0xee);
			memset(buf, 0, sizeof buf);
			CHECK_EQ(guestmem_copy_in(a, (gpa_t){at}, buf, lens[i]), HV_OK);
			CHECK_MEM(buf, want, lens[i]);
			CHECK_EQ(buf[lens[i]], 0);
			CHECK_EQ(guestmem_check(a, (gpa_t){at}, lens[i]), HV_OK);
		}
	}
	done();
}

static enum hv_err all_three(uint64_t at, uint64_t bytes)
{
	enum hv_err in = guestmem_copy_in(a, (gpa_t){at}, buf, bytes);

	CHECK_EQ(guestmem_copy_out(a, (gpa_t){at}, buf, bytes), in);
	CHECK_EQ(guestmem_check(a, (gpa_t){at}, bytes), in);
	return in;
}

static void nothing_outside_ram(void)
{
	fresh();
	CHECK_EQ(all_three(LAST, 8), HV_OK);
	CHECK_EQ(all_three(LAST, 9), HV_EFAULT);
	CHECK_EQ(all_three(MACHINE_RAM, 1), HV_EFAULT);
	CHECK_EQ(all_three(1ull << 40, 1), HV_EFAULT);
	CHECK_EQ(all_three(1ull << 47, 1), HV_EFAULT);
	CHECK_EQ(all_three(1ull << 48, 1), HV_EFAULT);
	CHECK_EQ(all_three(UINT64_MAX, 1), HV_EFAULT);
	CHECK_EQ(all_three(UINT64_MAX - 7, 8), HV_EFAULT);
	done();
}

static void a_range_that_wraps_is_refused(void)
{
	fresh();
	CHECK_EQ(guestmem_copy_in(a, (gpa_t){0x1000}, buf, UINT64_MAX), HV_EFAULT);
	CHECK_EQ(guestmem_copy_out(a, (gpa_t){0x1000}, buf, UINT64_MAX - 1), HV_EFAULT);
	CHECK_EQ(guestmem_check(a, (gpa_t){0x1000}, UINT64_MAX - 0xffe), HV_EFAULT);
	CHECK_TRUE(*machine_ram(0, 0x1000) == image_byte(0, 0x1000));
	done();
}

/* What a VM's size says is not believed alone: each frame must also be owned as RAM by that VM. */
static void a_page_that_is_not_own_ram_is_refused(void)
{
	struct domain rogue;
	uint64_t other;

	fresh();
	rogue = *a;
	other = b->mem->ram.hpa - a->mem->ram.hpa;
	rogue.ram_bytes = other + MACHINE_RAM;
	for (unsigned i = 0; i < 2; i++) {
		gpa_t gpa = {i == 0 ? other : MACHINE_RAM}; /* the other VM's, nobody's */
		uint64_t to_read = 8, to_write = 8;

		CHECK_EQ(guestmem_copy_in(&rogue, gpa, buf, 8), HV_EFAULT);
		CHECK_EQ(guestmem_copy_out(&rogue, gpa, buf, 8), HV_EFAULT);
		CHECK_EQ(guestmem_check(&rogue, gpa, 8), HV_EFAULT);
		CHECK_TRUE(guestmem_map(&rogue, gpa, &to_read, WIN_SRC) == NULL);
		CHECK_TRUE(guestmem_map(&rogue, gpa, &to_write, WIN_DST) == NULL);
	}
	CHECK_EQ(guestmem_check(&rogue, (gpa_t){other - 8}, 16), HV_EFAULT);
	CHECK_EQ(guestmem_check(&rogue, (gpa_t){MACHINE_RAM - 8}, 8), HV_OK);
	done();
}

static void a_frame_being_scrubbed_is_out_of_reach(void)
{
	hpa_t frame;

	fresh();
	frame.v = machine_handoff->dom[0].ram.hpa + 0x5000;
	CHECK_EQ(
		frames_move(frame, PAGE_SIZE, FRAME_WORD(FRAME_RAM, 0), FRAME_WORD(FRAME_SCRUB, 0)),
		HV_OK);
	CHECK_EQ(all_three(0x5000, 1), HV_EFAULT);
	CHECK_EQ(all_three(0x4fff, 2), HV_EFAULT);
	CHECK_EQ(all_three(0x4fff, 1), HV_OK);
	CHECK_EQ(all_three(0x6000, 1), HV_OK);
	done();
}

/* Of a range of several pieces, too, nothing is written when its last page is not RAM. */
static void a_copy_is_whole_or_nothing(void)
{
	static uint8_t many[LARGE_PAGE + 2 * PAGE_SIZE];
	uint64_t at = MACHINE_WIDE - sizeof many + 1;

	wide();
	memset(many, 0x77, sizeof many);
	CHECK_EQ(guestmem_copy_out(a, (gpa_t){at}, many, sizeof many), HV_EFAULT);
	CHECK_EQ(*machine_ram(0, at), 0);
	CHECK_EQ(guestmem_copy_out(a, (gpa_t){at - 1}, many, sizeof many), HV_OK);
	CHECK_MEM(machine_ram(0, at - 1), many, sizeof many);
	memset(many, 0, sizeof many);
	CHECK_EQ(guestmem_copy_in(a, (gpa_t){at - 1}, many, sizeof many), HV_OK);
	CHECK_MEM(machine_ram(0, at - 1), many, sizeof many);
	done();
}

static void *map(uint64_t at, uint64_t *bytes, enum win_slot slot)
{
	return guestmem_map(a, (gpa_t){at}, bytes, slot);
}

static void a_window_shows_a_piece(void)
{
	uint64_t at = LARGE_PAGE - 0x20ff0, bytes = LARGE_PAGE, eight = 8, one = 1;
	const uint8_t *p;

	wide();
	pattern(machine_ram(0, at), bytes, 3);
	p = map(at, &bytes, WIN_SRC);
	REQUIRE(p != NULL);
	CHECK_EQ(bytes, 0x20ff0);
	CHECK_MEM(p, machine_ram(0, at), bytes);
	bytes = 5;
	CHECK_TRUE(map(at, &bytes, WIN_DST) != NULL);
	CHECK_EQ(bytes, 5);
	done();
	fresh();
	CHECK_TRUE(map(MACHINE_RAM, &one, WIN_SRC) == NULL);
	CHECK_TRUE(map(MACHINE_RAM - 8, &eight, WIN_DST) != NULL);
	done();
}

static void copy_in_unlocked(void *unused)
{
	(void)unused;
	(void)!guestmem_copy_in(a, (gpa_t){0}, buf, 1);
}

static void copy_out_unlocked(void *unused)
{
	(void)unused;
	(void)!guestmem_copy_out(a, (gpa_t){0}, buf, 1);
}

static void check_unlocked(void *unused)
{
	(void)unused;
	(void)!guestmem_check(a, (gpa_t){0}, 1);
}

static void needs_the_core_lock(void)
{
	fresh();
	done();
	CHECK_EQ(fake_try(copy_in_unlocked, NULL), END_ASSERT);
	CHECK_EQ(fake_try(copy_out_unlocked, NULL), END_ASSERT);
	CHECK_EQ(fake_try(check_unlocked, NULL), END_ASSERT);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(copies_any_alignment_and_length);
	RUN(nothing_outside_ram);
	RUN(a_range_that_wraps_is_refused);
	RUN(a_page_that_is_not_own_ram_is_refused);
	RUN(a_frame_being_scrubbed_is_out_of_reach);
	RUN(a_copy_is_whole_or_nothing);
	RUN(a_window_shows_a_piece);
	RUN(needs_the_core_lock);
	return check_end();
}
