/* SPDX-License-Identifier: Apache-2.0 */
/* For the model checker: one frames_move with any arguments over any table. All of the range moves or nothing does, nothing else is touched, and
 * no frame goes from one VM to another, to two, or round the scrubbing. The real frames.c. */
#include "hypervisor/core/frames.c"

#define WORDS 6u

extern uint32_t nondet_u32(void);
extern uint64_t nondet_u64(void);
void __CPROVER_assert(_Bool condition, const char *what);

static uint32_t dom_of(uint32_t word)
{
	return word & 0xffffff;
}

static uint32_t kind_of(uint32_t word)
{
	return word >> 24;
}

static void judge_one(uint32_t before, uint32_t after, uint32_t from, uint32_t to)
{
	__CPROVER_assert(before == from && after == to, "a frame moves as it was asked");
	__CPROVER_assert(before == FRAME_WORD(FRAME_NONE, 0) || dom_of(before) == dom_of(after),
			 "a frame never goes from one VM to another");
	__CPROVER_assert(kind_of(before) != FRAME_RAM || kind_of(after) == FRAME_SCRUB,
			 "memory of a VM leaves it only to be scrubbed");
	__CPROVER_assert(kind_of(after) != FRAME_RAM || kind_of(before) == FRAME_FREE,
			 "a VM gets only clean memory");
	__CPROVER_assert(kind_of(before) != FRAME_KEPT, "what is kept for a VM stays so");
	__CPROVER_assert(kind_of(after) != FRAME_FREE || kind_of(before) == FRAME_SCRUB,
			 "memory is free only after scrubbing");
	__CPROVER_assert(kind_of(before) != FRAME_CORE && kind_of(before) != FRAME_IMAGE,
			 "the core's own frames stay");
	__CPROVER_assert(kind_of(after) != FRAME_NONE, "no frame is lost");
}

int main(void)
{
	uint32_t words[WORDS], before[WORDS], from = nondet_u32(), to = nondet_u32();
	uint64_t first = nondet_u64(), bytes = nondet_u64();
	enum hv_err err;

	frames_init(words, WORDS);
	for (unsigned i = 0; i < WORDS; i++)
		words[i] = before[i] = nondet_u32();
	err = frames_move((hpa_t){first}, bytes, from, to);
	for (unsigned i = 0; i < WORDS; i++) {
		uint64_t at = i * PAGE_SIZE;

		if (err == HV_OK && at >= first && at - first < bytes)
			judge_one(before[i], words[i], from, to);
		else
			__CPROVER_assert(words[i] == before[i], "what was not asked for stays");
	}
	__CPROVER_assert(err != HV_OK || (bytes != 0 && bytes <= WORDS * PAGE_SIZE &&
					  first <= WORDS * PAGE_SIZE - bytes),
			 "a range that is moved lies in the table");
	return 0;
}
