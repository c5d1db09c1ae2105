/* SPDX-License-Identifier: Apache-2.0 */
/* The payload that is killed: in each life it sends two messages that name the life, as soon as the core takes them. */
#include "chan.h"

static struct hv_info info;
static char text[CHAN_TEXT] = "life 0, message 0";

void payload_main(void)
{
	(void)hcall(HV_CALL_INFO, (uint64_t)&info, 0, 0, 0);
	text[5] = (char)('0' + info.life);
	(void)chan_attach(false);
	if (info.life >
	    1) { /* the death before it is not acknowledged as long as it is not ready */
		say_number("not yet", chan_say(text, 0));
		(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	}
	say_number("sent", chan_say_until(text, 0, HV_EAGAIN));
	text[16] = '1';
	say_number("sent", chan_say_until(text, 0, HV_EAGAIN));
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	for (;;)
		__asm__ volatile("pause");
}
