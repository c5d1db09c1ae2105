/* SPDX-License-Identifier: Apache-2.0 */
/* Frame ownership: one word per frame, one function that changes it. Must not touch the frames themselves. */
#include "frames.h"

static uint32_t *table;
static uint64_t table_count;

void frames_init(uint32_t *words, uint64_t count)
{
	table = words;
	table_count = count;
	memset(words, 0, count * sizeof *words);
}

static bool move_allowed(uint32_t from, uint32_t to)
{
	uint32_t fk = from >> 24, tk = to >> 24;

	if (from == FRAME_WORD(FRAME_NONE, 0))
		return tk == FRAME_CORE || tk == FRAME_IMAGE || tk == FRAME_SCRUB ||
		       tk == FRAME_KEPT;
	if ((from & 0xffffff) != (to & 0xffffff))
		return false; /* a frame never passes from one domain to another */
	switch (fk) {
	case FRAME_SCRUB:
		return tk == FRAME_FREE || tk == FRAME_LOST;
	case FRAME_FREE:
		return tk == FRAME_RAM || tk == FRAME_SCRUB;
	case FRAME_RAM:
		return tk == FRAME_SCRUB;
	}
	return false;
}

enum hv_err frames_move(hpa_t first, uint64_t bytes, uint32_t from, uint32_t to)
{
	uint64_t pfn = first.v / PAGE_SIZE, count = bytes / PAGE_SIZE;

	if ((first.v & PAGE_MASK) != 0 || (bytes & PAGE_MASK) != 0 || count == 0)
		return HV_EINVAL;
	if (pfn >= table_count || count > table_count - pfn || !move_allowed(from, to))
		return HV_EINVAL;
	for (uint64_t i = 0; i < count; i++) { /* bound: the table */
		if (table[pfn + i] != from)
			return HV_EBUSY;
	}
	for (uint64_t i = 0; i < count; i++)
		table[pfn + i] = to;
	return HV_OK;
}

const uint32_t *frames_words(hpa_t first, uint64_t bytes)
{
	uint64_t pfn = first.v / PAGE_SIZE, count = (bytes + PAGE_MASK) / PAGE_SIZE;

	ASSERT(pfn <= table_count && count <= table_count - pfn);
	return &table[pfn];
}

uint32_t frames_word(hpa_t hpa)
{
	uint64_t pfn = hpa.v / PAGE_SIZE;

	return pfn < table_count ? table[pfn] : FRAME_WORD(FRAME_NONE, 0);
}
