/* SPDX-License-Identifier: Apache-2.0 */
/* The core's own memory functions, under other names: each length about the places where they change their way, byte by byte. */
#include "check.h"

#define memcpy	core_memcpy
#define memset	core_memset
#define memmove core_memmove
#define memcmp	core_memcmp
#include "hypervisor/x86/mem.c"
#undef memcpy
#undef memset
#undef memmove
#undef memcmp

#define ROOM 4200u
#define EDGE 16u /* bytes on either side that must stay */

static uint8_t from[ROOM + 2 * EDGE], to[ROOM + 2 * EDGE];

static const size_t lengths[] = {0,  1,	 3,  4,	 7,   8,    9,	  12,  63,
				 64, 65, 71, 72, 100, 1500, 4095, 4096};
#define LENGTHS (sizeof lengths / sizeof lengths[0])

static uint8_t mark(size_t i)
{
	return (uint8_t)(i * 7 + i / 256 + 1);
}

static void begin(void)
{
	for (size_t i = 0; i < sizeof from; i++) {
		from[i] = mark(i);
		to[i] = 0xee;
	}
}

/* TO holds N bytes of FROM at AT, which began OFF behind, and nothing else was written. */
static bool holds(size_t at, size_t off, size_t n)
{
	for (size_t i = 0; i < sizeof to; i++) {
		bool inside = i >= at && i - at < n;

		if (to[i] != (inside ? mark(i - at + off) : 0xee))
			return false;
	}
	return true;
}

static void copies_every_length_and_no_more(void)
{
	for (size_t k = 0; k < LENGTHS; k++) {
		for (size_t shift = 0; shift < 9; shift++) {
			begin();
			CHECK_TRUE(core_memcpy(to + EDGE + shift, from + EDGE, lengths[k]) ==
				   to + EDGE + shift);
			CHECK_TRUE(holds(EDGE + shift, EDGE, lengths[k]));
		}
	}
}

static void fills_every_length_and_no_more(void)
{
	for (size_t k = 0; k < LENGTHS; k++) {
		bool good = true;

		begin();
		CHECK_TRUE(core_memset(to + EDGE + 1, 0x1a5, lengths[k]) == to + EDGE + 1);
		for (size_t i = 0; i < sizeof to; i++)
			good &= to[i] == (i > EDGE && i - EDGE - 1 < lengths[k] ? 0xa5 : 0xee);
		CHECK_TRUE(good);
	}
}

/* Both ways, so near that words and bytes of the two lie in each other. */
static void moves_what_overlaps(void)
{
	static const size_t near[] = {1, 4, 7, 8, 9, 33, 64};

	for (size_t k = 0; k < LENGTHS; k++) {
		for (size_t j = 0; j < sizeof near / sizeof near[0]; j++) {
			size_t n = lengths[k] < ROOM - 64 ? lengths[k] : ROOM - 64;
			bool down = true, up = true;

			begin();
			(void)core_memmove(from + EDGE, from + EDGE + near[j], n);
			for (size_t i = 0; i < n; i++)
				down &= from[EDGE + i] == mark(EDGE + near[j] + i);
			begin();
			(void)core_memmove(from + EDGE + near[j], from + EDGE, n);
			for (size_t i = 0; i < n; i++)
				up &= from[EDGE + near[j] + i] == mark(EDGE + i);
			CHECK_TRUE(down && up);
		}
	}
}

static void says_which_is_less(void)
{
	begin();
	CHECK_EQ(core_memcmp(from, from, sizeof from), 0);
	to[0] = from[0];
	to[1] = (uint8_t)(from[1] + 1);
	CHECK_EQ(core_memcmp(from, to, 1), 0);
	CHECK_EQ(core_memcmp(from, to, 2), -1);
	CHECK_EQ(core_memcmp(to, from, 2), 1);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(copies_every_length_and_no_more);
	RUN(fills_every_length_and_no_more);
	RUN(moves_what_overlaps);
	RUN(says_which_is_less);
	return check_end();
}
