/* SPDX-License-Identifier: Apache-2.0 */
/* The payload with the admin right that does to VM 0 what the serial line says: k kill, o on, r restart. */
#include "guest.h"

#define OTHER 0u

void payload_main(void)
{
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	for (;;) { /* bound: the scenario's */
		struct hcall_result r = hcall(HV_CALL_CONSOLE_READ, 0, 0, 0, 0);

		for (uint64_t i = 0; i < r.second; i++) {
			uint8_t order = (uint8_t)(r.value >> 8 * i);

			if (order == 'k')
				say_number("kill", hcall(HV_CALL_VM_KILL, OTHER, 0, 0, 0).err);
			else if (order == 'o')
				say_number("on", hcall(HV_CALL_VM_ON, OTHER, 0, 0, 0).err);
			else if (order == 'r')
				say_number("restart",
					   hcall(HV_CALL_VM_RESTART, OTHER, 1, 0, 0).err);
		}
	}
}
