/* SPDX-License-Identifier: Apache-2.0 */
/* The payload that makes one call after the other, each under the core's lock, and counts them. */
#include "guest.h"

static struct hv_info info;

void payload_main(void)
{
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	for (;;) {
		if (hcall(HV_CALL_INFO, (uint64_t)&info, 0, 0, 0).err == HV_OK)
			guest_progress++;
	}
}
