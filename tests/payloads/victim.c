/* SPDX-License-Identifier: Apache-2.0 */
/* The payload whose memory is a known pattern from 3 MiB on, for a driver that looks whether somebody else changed it. */
#include "guest.h"

#define FIRST 0x300000ull
#define MIX   0x9e3779b97f4a7c15ull

static struct hv_info info;

void payload_main(void)
{
	if (hcall(HV_CALL_INFO, (uint64_t)&info, 0, 0, 0).err != HV_OK)
		finish(1);
	for (uint64_t at = FIRST; at < info.ram_bytes; at += 8)
		*(volatile uint64_t *)at = (at + 1) * MIX;
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	rest();
}
