/* SPDX-License-Identifier: Apache-2.0 */
/* The payload that sends without end, and counts where a scenario can see it: 0 = sent, 1 = no room, 2 = any other answer. */
#include "function.h"

#define BYTES 1000u

static uint8_t text[BYTES];

void payload_main(void)
{
	struct hv_seg seg = {(uint64_t)text, BYTES, HV_SEG_END};

	for (unsigned i = 0; i < BYTES; i++)
		text[i] = 0x3c;
	SEEN->mark = SEEN_MARK;
	say_number("attach", hcall(HV_CALL_CHAN_ATTACH, 0, 0, 0, 0).err);
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	for (;;) {
		uint64_t err = hcall(HV_CALL_CHAN_SEND, 0, (uint64_t)&seg, 1, 0).err;

		SEEN->count[err == HV_OK ? 0 : err == HV_EAGAIN ? 1 : 2]++;
		SEEN->turns++;
	}
}
