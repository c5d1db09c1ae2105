/* SPDX-License-Identifier: Apache-2.0 */
/* One channel end of a bare-metal test guest: short texts out, short texts in. Each guest has end 0 and no other. */
#ifndef CHAN_H
#define CHAN_H

#include "guest.h"

#define CHAN_RING 8192u /* as the scenario's description says */
#define CHAN_TEXT 32u	/* bytes of a text with its end */

/* The ring as the core writes it, for those who look without reading. */
extern volatile struct hv_ring *const chan_ring;

uint64_t chan_attach(bool receiver); /* epoch of this end */
struct hv_chan_info chan_look(void);
uint64_t chan_say(const char *text, uint64_t generation); /* enum hv_err */
uint64_t chan_say_until(const char *text, uint64_t generation,
			uint64_t unless); /* again and again while the answer is UNLESS */
bool chan_hear(
	char text[CHAN_TEXT]); /* the next message, or false; tells the core what it has read */

#endif
