/* SPDX-License-Identifier: Apache-2.0 */
/* The payload with a DMA engine: copies in its own memory, then aims at core, VMs and interrupts. */
#include "edu.h"

#define EDU_ID	0x00u
#define SPINS	200000000u
#define PATTERN 0x1122334455667788ull
#define OTHER	2u /* the VM that is aimed at, by its number */

/* The scenario writes addresses of the core and of another VM over these; they lie above our own memory. */
volatile uint64_t dma_target[2] = {0x2d74656772617421ull, 0x2d72656874666f21ull};

static volatile uint64_t own = PATTERN;
static struct hv_vm_status status;

/* What is aimed at must be there, or zeros would prove nothing. */
static void wait_for_other(void)
{
	for (unsigned i = 0; i < SPINS && !status.ready;
	     i++) /* bound: far more than a VM takes to start */
		(void)hcall(HV_CALL_VM_STATUS, OTHER, (uint64_t)&status, 0, 0);
	if (!status.ready)
		say("the other VM does not get ready");
}

void payload_main(void)
{
	wait_for_other();
	say_number("device", edu_config(0, 0));
	edu_on();
	say_number("engine", *(volatile uint32_t *)(EDU + EDU_ID));
	say_number("own memory", edu_fetched((uint64_t)&own));
	say_number("core memory", edu_fetched(dma_target[0]));
	say_number("memory of another", edu_fetched(dma_target[1]));
	edu_store(dma_target[0], PATTERN, 8);
	edu_store(dma_target[1], PATTERN, 8);
	edu_store(0xfee00000, 0xa5, 4);		 /* an interrupt of the old format */
	edu_store(0xfee00010 | 0xc8 << 5, 0, 4); /* and through an entry that is absent */
	own = 0;
	say_number("own memory", edu_fetched((uint64_t)&own) & 0xff);
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	for (;;)
		__asm__ volatile("pause");
}
