/* SPDX-License-Identifier: Apache-2.0 */
/* The payload with the admin right that switches off VM 0, which does not listen, and VM 1, which does, and says how long it took. */
#include "guest.h"

#define TRIES 50000000u

static struct hv_vm_status status;

static uint64_t now_ms(void)
{
	return hcall(HV_CALL_TIME, 0, 0, 0, 0).value / 1000000;
}

static void wait_for(uint64_t id, uint32_t state, bool ready)
{
	for (unsigned i = 0; i < TRIES; i++) { /* bound: far more than a VM takes to stop */
		(void)hcall(HV_CALL_VM_STATUS, id, (uint64_t)&status, 0, 0);
		if (status.state == state && (status.ready != 0) == ready)
			return;
	}
	say("waited in vain");
}

static void off(uint64_t id, uint64_t now)
{
	uint64_t begin = now_ms();

	say_number("off", hcall(HV_CALL_VM_OFF, id, now, 0, 0).err);
	wait_for(id, HV_VM_OFF, false);
	say_number("took", now_ms() - begin);
	say_number("cause", status.cause);
}

void payload_main(void)
{
	wait_for(0, HV_VM_RUNNING, true);
	wait_for(1, HV_VM_RUNNING, true);
	off(0, 0);
	off(1, 0);
	say_number("on", hcall(HV_CALL_VM_ON, 0, 0, 0, 0).err);
	wait_for(0, HV_VM_RUNNING, true);
	off(0, 1);
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	for (;;)
		__asm__ volatile("pause");
}
