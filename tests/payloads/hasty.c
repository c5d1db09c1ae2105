/* SPDX-License-Identifier: Apache-2.0 */
/* Uses its device and a channel before its checkpoint: each must fail, the registers of the device by the end of this VM. */
#include "edu.h"

void payload_main(void)
{
	say_number("device", edu_config(0, 0));
	edu_on();
	say_number("attach", hcall(HV_CALL_CHAN_ATTACH, 0, 0x300000, 0, 0).err);
	say_number("registers", *(volatile uint32_t *)EDU);
	rest();
}
