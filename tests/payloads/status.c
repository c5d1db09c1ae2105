/* SPDX-License-Identifier: Apache-2.0 */
/* The payload with the admin right that asks how the VMs are, until none is on the way, and says it of each but itself. */
#include "guest.h"

#define SPINS 200000000u

static struct hv_info info;
static struct hv_vm_status status;

static bool settled(void)
{
	return status.state != HV_VM_LOADING && status.state != HV_VM_SCRUBBING;
}

static void tell(uint64_t id)
{
	for (unsigned i = 0; i < SPINS; i++) { /* bound: far more than a VM takes to load */
		if (hcall(HV_CALL_VM_STATUS, id, (uint64_t)&status, 0, 0).err != HV_OK)
			return; /* there is no such VM */
		if (settled())
			break;
	}
	say((const char *)status.name);
	say_number("state", status.state);
	say_number("cause", status.cause);
	say_number("life", status.life);
}

void payload_main(void)
{
	if (hcall(HV_CALL_INFO, (uint64_t)&info, 0, 0, 0).err != HV_OK)
		finish(1);
	for (uint64_t id = 0; id < HV_DOM_MAX; id++) {
		if (id != info.dom_id)
			tell(id);
	}
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	for (;;)
		__asm__ volatile("pause");
}
