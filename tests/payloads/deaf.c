/* SPDX-License-Identifier: Apache-2.0 */
/* The receiver that never reads. */
#include "chan.h"

void payload_main(void)
{
	(void)chan_attach(true);
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	rest();
}
