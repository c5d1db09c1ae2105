/* SPDX-License-Identifier: Apache-2.0 */
/* The payload that hears: writes down every message that comes. */
#include "chan.h"

static char text[CHAN_TEXT];

void payload_main(void)
{
	(void)chan_attach(true);
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	for (;;) {
		if (chan_hear(text))
			say(text);
		__asm__ volatile("pause");
	}
}
