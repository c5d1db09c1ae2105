/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First life: makes its checkpoint, then writes over its own code, data and memory, by its DMA engine where it has one, and waits for
 * its end. Later lives: change not a byte of memory, so that it can be compared with the checkpoint from outside.
 */
#include "edu.h"

#define EDU_VENDOR 0x11e81234u
#define PATTERN	   0x746e616c706d6921ull /* "!implant" */
#define RING	   0x300000ull
#define FAR	   0xf00000ull

static uint64_t data = 1;

static void implant(uint64_t address, bool by_device)
{
	if (by_device)
		edu_store(address, PATTERN, 8);
	else
		*(volatile uint64_t *)address = PATTERN;
}

/* Code that nobody runs any more: it is what a real implant would lie in. */
__attribute__((noinline, used, section(".text.z"))) static void victim(void)
{
	say("this code was written over and still runs");
}

static void first_life(bool by_device)
{
	const uint64_t where[] = {(uint64_t)victim, (uint64_t)&data, 0x1000, 0x200000, FAR};
	unsigned done = 0;

	if (by_device)
		edu_on();
	for (unsigned i = 0; i < sizeof where / sizeof where[0]; i++) {
		implant(where[i], by_device);
		done += *(volatile uint64_t *)where[i] == PATTERN;
	}
	/* what the core writes for us */
	(void)hcall(HV_CALL_INFO, 0x500000, 0, 0, 0);
	(void)hcall(HV_CALL_CHAN_ATTACH, 0, RING, 0, 0);
	say_number("implants", done);
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
}

void payload_main(void)
{
	static const char later[] = "a later life\n";
	uint64_t rax = HV_CALL_BASE | HV_CALL_CHECKPOINT, life = 0;
	bool by_device = edu_config(0, 0) == EDU_VENDOR;

	__asm__ volatile("vmmcall"
			 : "+a"(rax), "+d"(life)
			 : "D"(0ull), "S"(0ull)
			 : "memory", "r10");
	if (life != 1) /* no stack from here on */
		__asm__ volatile("vmmcall\n1:\tpause\n\tjmp 1b"
				 :
				 : "a"(HV_CALL_BASE | HV_CALL_CONSOLE), "D"(later),
				   "S"(sizeof later - 1));
	first_life(by_device);
	rest();
}
