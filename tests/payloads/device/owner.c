/* SPDX-License-Identifier: Apache-2.0 */
/* The payload that has any device: in odd lives it sets registers of it, in even ones it leaves it as it found it. */
#include "function.h"

#define WRITES 6u

/* The scenario writes its own over this before it makes the image: registers of the device, and memory that it is to read. */
static const volatile struct plan {
	uint64_t mark;
	struct {
		uint64_t at, value; /* 32 bits at a guest address; 0: none */
	} write[WRITES];
} plan = {.mark = 0x6e616c702d657373ull};

static struct hv_info info;

void payload_main(void)
{
	(void)hcall(HV_CALL_INFO, (uint64_t)&info, 0, 0, 0);
	pci_write(0, FUNCTION_DEVFN, PCI_COMMAND, PCI_MEMORY | PCI_MASTER);
	SEEN->count[0] = pci_read(0, FUNCTION_DEVFN, 0);
	for (unsigned i = 0; i < WRITES && info.life % 2 == 1; i++) {
		if (plan.write[i].at != 0)
			*reg32(plan.write[i].at) = (uint32_t)plan.write[i].value;
	}
	SEEN->phase = info.life;
	SEEN->mark = SEEN_MARK;
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	rest();
}
