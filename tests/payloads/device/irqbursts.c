/* SPDX-License-Identifier: Apache-2.0 */
/* The payload whose device interrupts too often now and then: each time more than a period of 2 ms allows, then silence for several. */
#include "storm.h"

#define TURNS 16u	/* 256 interrupts, 100 are its share */
#define PAUSE 40000000u /* ticks: 8 ms at 5 GHz, and longer with each slower clock */

void payload_main(void)
{
	storm_begin();
	for (;;) {
		uint64_t end;

		for (unsigned i = 0; i < TURNS; i++)
			storm_turn();
		end = rdtsc() + PAUSE;
		while (rdtsc() < end) /* bound: the deadline */
			SEEN->phase++;
	}
}
