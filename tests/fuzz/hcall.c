/* SPDX-License-Identifier: Apache-2.0 */
/* Sequences of hypercalls of three VMs among a fourth that takes no part; after each step the witness looks at the machine. */
#include "bytes.h"
#include "channel.h"
#include "exit.h"
#include "focus.h"
#include "life.h"
#include "sched.h"
#include "swap.h"
#include "tests/fakes/machine_device.h"
#include "tests/fakes/witness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define DOMS	  4u
#define BYSTANDER 3u
#define STEPS_MAX 200u

static struct bytes input;
static const struct domain *caller; /* whose hypercall is under way */
static bool racing;		    /* guests' memory changes while it is */

/* vm0 has all rights; vm1 and vm2 have screens and spares with their boot images, vm2 a device and the developer's mark; channels each way, one with credit, one to the focus. */
static void make(void)
{
	machine_make(DOMS);
	witness_begin();
	(void)machine_device(0, 2);
	machine_system->dom[0].rights = HV_RIGHTS;
	machine_system->dom[2].role = HV_ROLE_VPNVM;
	machine_spare(1);
	machine_spare(2);
	machine_system->dom[2].flags |= HV_DOM_DEVELOPER;
	for (unsigned i = 1; i < 3; i++)
		memcpy(fake.mem + machine_handoff->dom[i].spare.hpa, machine_header(i),
		       machine_header(i)->file_bytes);
	machine_system->dom[1].capsule_bytes = 4096;
	machine_system->dom[2].capsule_bytes = HV_CAPSULE_MAX;
	machine_screen(1, 64, 80, 260);
	machine_screen(2, 64, 80, 260);
	(void)machine_channel(0, 1, 4096, 2000);
	machine_channel(1, 0, 4096, 4000)->credit_kib = 4;
	(void)machine_channel(2, 1, 8192, 5000);
	(void)machine_channel(0, HV_DOM_FOCUSED, 4096, 256);
	fake.plain_windows = true; /* for scrubbing and loading */
	machine_boot();
	for (unsigned i = 0; i < DOMS; i++)
		(void)machine_settle(i);
	fake.plain_windows = false;
	memset(machine_ram(BYSTANDER, 0), 0x5b, MACHINE_RAM);
}

/* Values that mean something at many places, or any. */
static uint64_t take_value(struct bytes *b)
{
	static const uint64_t often[] = {0,
					 1,
					 2,
					 3,
					 HV_SEG_MAX,
					 HV_DOM_NONE,
					 HV_DOM_FOCUSED,
					 HV_CONSOLE_MAX,
					 0x20000,
					 0x20ff8,
					 0x30000,
					 0x40000,
					 0x42000,
					 MACHINE_RAM - 8,
					 MACHINE_RAM - PAGE_SIZE,
					 MACHINE_RAM,
					 FOCUS_SCREEN_GPA,
					 0xfee00000,
					 1ull << 47,
					 1ull << 63,
					 0 - PAGE_SIZE,
					 UINT64_MAX};
	uint8_t pick = take8(b);

	if (pick < ARRAY_LEN(often))
		return often[pick];
	if (pick < 0x40)
		return (uint64_t)(pick - 0x20) * 0x1000;
	return pick < 0xf0 ? pick : take64(b);
}

/* Another processor or a device of some VM writes a byte, between two looks of the core at the least good moment. */
static void meanwhile(void)
{
	uint8_t who = take8(&input);
	struct domain *d = dom_at(who % BYSTANDER);

	if (d->state == HV_VM_RUNNING && input.left > 0)
		*machine_ram(d->id, (take_value(&input) + (who >> 4)) % MACHINE_RAM) =
			take8(&input);
}

static void on_window(enum win_slot slot, hpa_t page, bool writable)
{
	(void)slot;
	(void)writable;
	if (caller == NULL)
		return;
	if (!witness_may_touch(caller, page))
		fake_broken("a hypercall looks at memory that is not its caller's");
	if (racing)
		meanwhile();
}

static void one_call(struct bytes *b, struct domain *d)
{
	uint8_t number = take8(b);
	uint64_t a[4], err, *gpr = d->vcpu.gpr;

	for (unsigned i = 0; i < 4; i++)
		a[i] = take_value(b);
	if (d->state != HV_VM_RUNNING)
		return;
	for (unsigned i = 0; i < GPR_COUNT; i++)
		gpr[i] = 0x0101010101010101u * i;
	caller = d;
	err = machine_call(d, number, a[0], a[1], a[2], a[3]);
	caller = NULL;
	if (d->state != HV_VM_RUNNING)
		return;
	if (err > HV_EBAD)
		fake_broken("an error that does not exist");
	for (unsigned i = 0; i < GPR_COUNT; i++)
		if (i != RAX && i != RDX && i != R10 && i != RDI && i != RSI &&
		    gpr[i] != 0x0101010101010101u * i)
			fake_broken("a call changed a register that carries no result");
	if (gpr[RDI] != a[0] || gpr[RSI] != a[1])
		fake_broken("a call changed its arguments");
}

/* The guest writes into its own RAM: segment lists, heads of rings. */
static void one_write(struct bytes *b, struct domain *d)
{
	uint64_t at = take_value(b) % MACHINE_RAM;
	uint8_t n = take8(b) % 64;

	for (unsigned i = 0; i < n; i++)
		if (d->state == HV_VM_RUNNING)
			*machine_ram(d->id, (at + i) % MACHINE_RAM) = take8(b);
}

/* A whole segment list, so that the fuzzer need not find its layout by itself. */
static void one_list(struct bytes *b, struct domain *d)
{
	uint8_t n = take8(b) % (HV_SEG_MAX + 2);

	for (unsigned i = 0; i < n; i++) {
		struct hv_seg s = {.gpa = take_value(b)};

		s.len = (uint32_t)take8(b) * (take8(b) % 32);
		s.flags = take8(b) & 3;
		if (d->state == HV_VM_RUNNING)
			memcpy(machine_ram(d->id, 0x20000 + i * sizeof s), &s, sizeof s);
	}
}

static void the_core_goes_on(struct bytes *b, struct domain *d)
{
	uint64_t until;

	switch (take8(b) % 5) {
	case 0:
		swap_serve(d);
		life_serve(d);
		break;
	case 1:
		fake.tsc += 200 * MACHINE_MS; /* a device that was reset has rested */
		if (life_has_work(d))
			(void)machine_settle(d->id);
		break;
	case 2:
		focus_serve(d);
		break;
	case 3:
		fake.tsc += (uint64_t)take8(b) * MACHINE_MS;
		(void)sched_pick(0, fake.tsc, &until);
		hw_windows_close();
		if (swap_turn(d))
			swap_step(d);
		break;
	case 4:
		if (d->state == HV_VM_RUNNING)
			life_stop(d, HV_STOP_TRIPLE_FAULT);
		hw_windows_close();
		break;
	}
}

static void step(struct bytes *b)
{
	uint8_t what = take8(b);
	struct domain *d = dom_at(what % BYSTANDER);

	racing = what >= 0x60;
	if (what < 0x80)
		one_call(b, d);
	else if (what < 0xa0)
		one_write(b, d);
	else if (what < 0xc0)
		one_list(b, d);
	else
		the_core_goes_on(b, d);
	if (fake.serial_len > FAKE_SERIAL / 2)
		fake_serial_clear();
	iommu_fake.logged = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *p;

	make();
	input = (struct bytes){data, len};
	fake.window_ask = on_window;
	for (unsigned i = 0; i < STEPS_MAX && input.left > 0; i++) {
		step(&input);
		witness_check();
		witness_core();
	}
	p = machine_ram(BYSTANDER, 0);
	if (dom_at(BYSTANDER)->state == HV_VM_RUNNING && dom_at(BYSTANDER)->life == 1 &&
	    (p[0] != 0x5b || memcmp(p, p + 1, MACHINE_RAM - 1) != 0))
		fake_broken("memory of a VM that takes no part has changed");
	return 0;
}
