/* SPDX-License-Identifier: Apache-2.0 */
/* The payload that sleeps for times so short that the timer often fires between STI and HLT: it must wake up from each. */
#include "guest.h"

#define SHORT 1000u /* ticks; up to 64 times that */

void payload_main(void)
{
	apic_on();
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	for (;;) {
		nap(SHORT * (1 + guest_progress % 64));
		guest_progress++;
	}
}
