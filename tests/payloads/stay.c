/* SPDX-License-Identifier: Apache-2.0 */
/* The payload that stays: ready, then busy for ever, for tests that look at a running VM. Must not make a call after it is ready. */
#include "guest.h"

void payload_main(void)
{
	say("staying");
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	for (;;)
		__asm__ volatile("pause");
}
