/* SPDX-License-Identifier: Apache-2.0 */
/* The payload that lets messages lie, has their sender killed and started again, acknowledges the death, and only then reads. */
#include "chan.h"

#define SENDER 0u /* its number */
#define TRIES  5000000u

static struct hv_vm_status status;
static char text[CHAN_TEXT];

static void wait_for(const char *what, uint32_t state, uint64_t life, bool ready)
{
	for (unsigned i = 0; i < TRIES; i++) { /* bound: far more than a VM takes to die or start */
		(void)hcall(HV_CALL_VM_STATUS, SENDER, (uint64_t)&status, 0, 0);
		if (status.state == state && status.life == life && (status.ready != 0) == ready)
			return;
	}
	say(what);
}

void payload_main(void)
{
	struct hv_chan_info end;

	(void)chan_attach(true);
	wait_for("nothing was sent", HV_VM_RUNNING, 1, true);
	say_number("lying", chan_ring->tail);
	(void)hcall(HV_CALL_VM_KILL, SENDER, 0, 0, 0);
	wait_for("it does not die", HV_VM_DEAD, 1, false);
	(void)hcall(HV_CALL_VM_ON, SENDER, 0, 0, 0);
	wait_for("it does not start", HV_VM_RUNNING, 2, true);
	end = chan_look();
	while (!(end.state & HV_CHAN_STATE_GONE)) /* bound: the scenario's */
		end = chan_look();
	say_number("ack of another epoch",
		   hcall(HV_CALL_CHAN_ACK, 0, end.peer_epoch + 1, 0, 0).err);
	say_number("ack", hcall(HV_CALL_CHAN_ACK, 0, end.peer_epoch, 0, 0).err);
	say_number("lost", chan_look().lost);
	for (unsigned n = 0; n < 2;) { /* bound: the scenario's */
		if (chan_hear(text)) {
			say(text);
			n++;
		}
	}
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	for (;;)
		__asm__ volatile("pause");
}
