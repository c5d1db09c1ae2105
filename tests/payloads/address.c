/* SPDX-License-Identifier: Apache-2.0 */
/* The payload that touches one address outside its memory: it must not come back from that. */
#include "guest.h"

#define EXECUTE (1ull << 62)
#define WRITE	(1ull << 63)
#define PATTERN 0x6c6c6148u

/* The scenario writes an address, with one of the bits above, over this before it makes the image. */
volatile uint64_t address_target = 0x2d61646472657373ull;

void payload_main(void)
{
	uint64_t target = address_target, at = target & ~(EXECUTE | WRITE);
	volatile uint32_t *word = (volatile uint32_t *)at;

	say("still here");
	if (target & EXECUTE)
		((void (*)(void))at)();
	else if (target & WRITE)
		*word = PATTERN;
	else
		say_number("it reads", *word);
	say("came back");
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	finish(0);
}
