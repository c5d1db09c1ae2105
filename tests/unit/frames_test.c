/* SPDX-License-Identifier: Apache-2.0 */
/* Frame ownership: each move of the table and no other, all frames of a range or none. */
#include "check.h"
#include "frames.h"
#include "tests/fakes/hw_fake.h"

#define COUNT 64u

static uint32_t words[COUNT + 2]; /* a guard at each end */
#define TABLE (words + 1)

static const hpa_t first = {4 * PAGE_SIZE};

static void fresh(void)
{
	words[0] = words[COUNT + 1] = 0xdeadbeef;
	memset(TABLE, 0xff, COUNT * sizeof words[0]);
	frames_init(TABLE, COUNT);
}

static bool guards_whole(void)
{
	return words[0] == 0xdeadbeef && words[COUNT + 1] == 0xdeadbeef;
}

static bool all_none(void)
{
	for (unsigned i = 0; i < COUNT; i++)
		if (TABLE[i] != 0)
			return false;
	return guards_whole();
}

static void starts_with_nothing_owned(void)
{
	fresh();
	CHECK_TRUE(all_none());
	CHECK_EQ(frames_word((hpa_t){(COUNT - 1) * PAGE_SIZE}), 0);
}

/* What the header's table allows, said once more in another form: -1 = any domain may follow. */
static bool allowed(unsigned from, unsigned from_dom, unsigned to, unsigned to_dom)
{
	if (from == FRAME_NONE && from_dom == 0)
		return to == FRAME_CORE || to == FRAME_IMAGE || to == FRAME_SCRUB ||
		       to == FRAME_KEPT;
	if (from_dom != to_dom)
		return false;
	return (from == FRAME_SCRUB && (to == FRAME_FREE || to == FRAME_LOST)) ||
	       (from == FRAME_FREE && (to == FRAME_RAM || to == FRAME_SCRUB)) ||
	       (from == FRAME_RAM && to == FRAME_SCRUB);
}

static void one_move(unsigned from, unsigned from_dom, unsigned to, unsigned to_dom)
{
	uint32_t f = FRAME_WORD(from, from_dom), t = FRAME_WORD(to, to_dom);
	bool may = allowed(from, from_dom, to, to_dom);

	fresh();
	TABLE[4] = TABLE[5] = f;
	CHECK_EQ(frames_move(first, 2 * PAGE_SIZE, f, t), may ? HV_OK : HV_EINVAL);
	CHECK_EQ(TABLE[4], may ? t : f);
	CHECK_EQ(TABLE[5], may ? t : f);
	CHECK_EQ(TABLE[3], 0);
	CHECK_EQ(TABLE[6], 0);
}

static void allows_the_moves_of_the_table_only(void)
{
	static const unsigned doms[] = {0, 1, 5, 0x100, 0xffff};

	for (unsigned from = 0; from <= FRAME_KEPT + 1; from++)
		for (unsigned to = 0; to <= FRAME_KEPT + 1; to++)
			for (unsigned i = 0; i < ARRAY_LEN(doms); i++)
				for (unsigned j = 0; j < ARRAY_LEN(doms); j++)
					one_move(from, doms[i], to, doms[j]);
}

static void refuses_kinds_beyond_the_last(void)
{
	uint32_t odd = FRAME_WORD(0x7f, 3);

	fresh();
	TABLE[4] = odd;
	CHECK_EQ(frames_move(first, PAGE_SIZE, odd, FRAME_WORD(FRAME_FREE, 3)), HV_EINVAL);
	CHECK_EQ(TABLE[4], odd);
}

static void one_wrong_frame_stops_all(void)
{
	uint32_t ram = FRAME_WORD(FRAME_RAM, 2), scrub = FRAME_WORD(FRAME_SCRUB, 2);

	for (unsigned wrong = 4; wrong < 8; wrong++) {
		fresh();
		for (unsigned i = 4; i < 8; i++)
			TABLE[i] = i == wrong ? FRAME_WORD(FRAME_RAM, 3) : ram;
		CHECK_EQ(frames_move(first, 4 * PAGE_SIZE, ram, scrub), HV_EBUSY);
		for (unsigned i = 4; i < 8; i++)
			CHECK_EQ(TABLE[i], i == wrong ? FRAME_WORD(FRAME_RAM, 3) : ram);
	}
}

static enum hv_err claim(uint64_t at, uint64_t bytes)
{
	return frames_move((hpa_t){at}, bytes, 0, FRAME_WORD(FRAME_CORE, 0));
}

static void stays_inside_the_table(void)
{
	const uint64_t end = COUNT * PAGE_SIZE;

	fresh();
	CHECK_EQ(claim(0, 0), HV_EINVAL);
	CHECK_EQ(claim(1, PAGE_SIZE), HV_EINVAL);
	CHECK_EQ(claim(0, PAGE_SIZE + 1), HV_EINVAL);
	CHECK_EQ(claim(0, PAGE_SIZE - 1), HV_EINVAL);
	CHECK_EQ(claim(end, PAGE_SIZE), HV_EINVAL);
	CHECK_EQ(claim(end - PAGE_SIZE, 2 * PAGE_SIZE), HV_EINVAL);
	CHECK_EQ(claim(0, end + PAGE_SIZE), HV_EINVAL);
	CHECK_EQ(claim(PAGE_SIZE, 0 - PAGE_SIZE), HV_EINVAL);
	CHECK_EQ(claim(0 - PAGE_SIZE, 2 * PAGE_SIZE), HV_EINVAL);
	CHECK_EQ(claim(0 - PAGE_SIZE, 0 - PAGE_SIZE), HV_EINVAL);
	CHECK_TRUE(all_none());
	CHECK_EQ(claim(end - PAGE_SIZE, PAGE_SIZE), HV_OK);
	CHECK_EQ(claim(0, end - PAGE_SIZE), HV_OK);
	CHECK_TRUE(guards_whole());
}

static void words_outside_the_table_are_none(void)
{
	fresh();
	CHECK_EQ(claim(0, COUNT * PAGE_SIZE), HV_OK);
	CHECK_EQ(frames_word((hpa_t){COUNT * PAGE_SIZE - 1}), FRAME_WORD(FRAME_CORE, 0));
	CHECK_EQ(frames_word((hpa_t){COUNT * PAGE_SIZE}), 0);
	CHECK_EQ(frames_word((hpa_t){UINT64_MAX}), 0);
}

static uint64_t asked, asked_bytes;

static void ask_words(void *unused)
{
	(void)unused;
	CHECK_TRUE(frames_words((hpa_t){asked}, asked_bytes) == &words[1 + asked / PAGE_SIZE]);
}

static enum fake_end ask(uint64_t at, uint64_t bytes)
{
	asked = at;
	asked_bytes = bytes;
	return fake_try(ask_words, NULL);
}

static void words_of_many_lie_in_the_table(void)
{
	fresh();
	CHECK_EQ(ask(0, COUNT * PAGE_SIZE), END_RETURNED);
	CHECK_EQ(ask(PAGE_SIZE, 1), END_RETURNED);
	CHECK_EQ(ask((COUNT - 1) * PAGE_SIZE, PAGE_SIZE), END_RETURNED);
	CHECK_EQ(ask((COUNT - 1) * PAGE_SIZE, PAGE_SIZE + 1), END_ASSERT);
	CHECK_EQ(ask((COUNT + 1) * PAGE_SIZE, 0), END_ASSERT);
	CHECK_EQ(ask(PAGE_SIZE, UINT64_MAX - PAGE_SIZE), END_ASSERT);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(starts_with_nothing_owned);
	RUN(allows_the_moves_of_the_table_only);
	RUN(refuses_kinds_beyond_the_last);
	RUN(one_wrong_frame_stops_all);
	RUN(stays_inside_the_table);
	RUN(words_outside_the_table_are_none);
	RUN(words_of_many_lie_in_the_table);
	return check_end();
}
