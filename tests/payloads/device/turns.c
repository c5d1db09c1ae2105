/* SPDX-License-Identifier: Apache-2.0 */
/* The payload that counts the turns of its loop where a scenario can see it from outside: has it the processor? */
#include "function.h"

void payload_main(void)
{
	SEEN->mark = SEEN_MARK;
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	for (;;)
		SEEN->turns++;
}
