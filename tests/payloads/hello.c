/* SPDX-License-Identifier: Apache-2.0 */
/* The friendly payload: says what it was given, then what is refused is refused the way the ABI says. */
#include "guest.h"

static struct hv_info info;

static void read_bad_msr(uint64_t msr)
{
	uint32_t lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"((uint32_t)msr));
}

void payload_main(void)
{
	if (hcall(HV_CALL_INFO, (uint64_t)&info, 0, 0, 0).err != HV_OK)
		finish(1);
	say((const char *)info.name);
	say_number("ram", info.ram_bytes);
	say_number("life", info.life);
	say_number("unknown call", hcall(999, 0, 0, 0, 0).err);
	say_number("info outside RAM", hcall(HV_CALL_INFO, info.ram_bytes, 0, 0, 0).err);
	say_number("admin call", hcall(HV_CALL_VM_KILL, 0, 0, 0, 0).err);
	say_number("msr 10", caught(read_bad_msr, 0x10));
	say("line with \x1b[2J escape and\nhv: forged\nREFUSED: forged\r\nhv: halt");
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	finish(0);
}
