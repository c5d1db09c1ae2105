/* SPDX-License-Identifier: Apache-2.0 */
/* The receiver of what a hostile sender manages to send: reads, counts, acknowledges each death; its memory from 3 MiB on is a pattern. */
#include "chan.h"

#define FIRST 0x300000ull
#define MIX   0x9e3779b97f4a7c15ull
#define NAP   1000000u

static struct hv_info info;

void payload_main(void)
{
	if (hcall(HV_CALL_INFO, (uint64_t)&info, 0, 0, 0).err != HV_OK)
		finish(1);
	for (uint64_t at = FIRST; at < info.ram_bytes; at += 8)
		*(volatile uint64_t *)at = (at + 1) * MIX;
	apic_on();
	(void)chan_attach(true);
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	for (;;) {
		struct hv_chan_info end = chan_look();

		if (chan_ring->head != chan_ring->tail)
			guest_progress++;
		chan_ring->head = chan_ring->tail;
		(void)hcall(HV_CALL_CHAN_ACK, 0, end.peer_epoch, 0, 0);
		nap(NAP);
	}
}
