/* SPDX-License-Identifier: Apache-2.0 */
/* The payload with the admin right that writes an image of its own into the spare of VM 0, and elsewhere, and after the seal, and wants it started. */
#include "guest.h"

#define TRIES 50000000u
#define SPARE (2u << 20) /* of VM 0, as the scenario's description says */
#define PAGE  4096u

static struct hv_vm_status status;
static _Alignas(PAGE) uint8_t first[PAGE], second[PAGE];

static uint64_t put(uint64_t dom, uint64_t offset, const void *page)
{
	return hcall(HV_CALL_IMAGE_WRITE, dom, offset, (uint64_t)page, 0).err;
}

/* What the VM's processor answers to an order. */
static uint64_t order(uint32_t call, uint64_t what, uint64_t how)
{
	uint64_t err = hcall(call, 0, what, how, 0).err;

	for (unsigned i = 0; err == HV_OK && i < TRIES;
	     i++) { /* bound: far more than a turn takes */
		(void)hcall(HV_CALL_VM_STATUS, 0, (uint64_t)&status, 0, 0);
		if (status.spare.answer != HV_EAGAIN)
			return status.spare.answer;
	}
	return err;
}

static void sealed(void)
{
	for (unsigned i = 0; i < TRIES; i++) { /* bound: far more than a page takes to be hashed */
		(void)hcall(HV_CALL_VM_STATUS, 0, (uint64_t)&status, 0, 0);
		if (status.spare.state == HV_SPARE_SEALED)
			return;
	}
	say("waited in vain");
}

void payload_main(void)
{
	for (size_t i = 0; i < PAGE; i++) {
		first[i] = (uint8_t) "written before the seal "[i % 24];
		second[i] = (uint8_t) "written after the seal! "[i % 24];
	}
	say_number("in it", put(0, SPARE - PAGE, first) | put(0, 0, first));
	say_number("behind it", put(0, SPARE, second));
	say_number("far behind it", put(0, 0 - (uint64_t)PAGE, second));
	say_number("not a page of it", put(0, 8, second));
	say_number("not a page", put(0, PAGE, second + 8));
	say_number("from a register", put(0, PAGE, (const void *)0xfee00000));
	say_number("where there is none", put(1, 0, second));
	say_number("of nobody", put(99, 0, second));
	say_number("too long", order(HV_CALL_IMAGE_SEAL, SPARE + PAGE, 0));
	say_number("start it unsealed", order(HV_CALL_VM_SWAP, HV_SWAP_SPARE, 1000));
	say_number("seal", order(HV_CALL_IMAGE_SEAL, SPARE, 0));
	say_number("at once", put(0, 0, second));
	sealed();
	say_number("sealed", put(0, 0, second) & put(0, SPARE - PAGE, second));
	say_number("seal again", order(HV_CALL_IMAGE_SEAL, PAGE, 0));
	say_number("start it", order(HV_CALL_VM_SWAP, HV_SWAP_SPARE, 1000));
	say_number("confirm it", order(HV_CALL_VM_SWAP, HV_SWAP_CONFIRM, 0));
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	rest();
}
