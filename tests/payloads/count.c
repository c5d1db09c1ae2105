/* SPDX-License-Identifier: Apache-2.0 */
/* The payload that counts as fast as it can: how much of the processor it gets can be read in its memory. */
#include "guest.h"

void payload_main(void)
{
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	for (;;)
		guest_progress++;
}
