/* SPDX-License-Identifier: Apache-2.0 */
/* The payload with the admin right that does what the driver types on COM1: A to P starts VM 0 to 15, a to p kills it, 0 to 9 switches it off, Q to Z restarts VM 0 to 9 at once, ! attaches its channel. */
#include "chan.h"

#define NAP 5000000u

static void obey(uint8_t c)
{
	if (c >= 'A' && c < 'A' + HV_DOM_MAX)
		(void)hcall(HV_CALL_VM_ON, c - 'A', 0, 0, 0);
	else if (c >= 'a' && c < 'a' + HV_DOM_MAX)
		(void)hcall(HV_CALL_VM_KILL, c - 'a', 0, 0, 0);
	else if (c >= '0' && c <= '9')
		(void)hcall(HV_CALL_VM_OFF, c - '0', 1, 0, 0);
	else if (c >= 'Q' && c <= 'Z')
		(void)hcall(HV_CALL_VM_RESTART, c - 'Q', 1, 0, 0);
	else if (c == '!')
		(void)chan_attach(false);
}

void payload_main(void)
{
	apic_on();
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	for (;;) {
		struct hcall_result r = hcall(HV_CALL_CONSOLE_READ, 0, 0, 0, 0);

		for (unsigned i = 0; i < r.second; i++)
			obey((uint8_t)(r.value >> 8 * i));
		nap(NAP);
	}
}
