/* SPDX-License-Identifier: Apache-2.0 */
/* The payload that ends by itself when it is asked to stop, and not before. */
#include "guest.h"

void payload_main(void)
{
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	while (!(hcall(HV_CALL_EVENT_TAKE, 0, 0, 0, 0).second & HV_EVENT_STOP)) /* the scenario's */
		__asm__ volatile("pause");
	say("asked to stop");
	finish(0);
}
