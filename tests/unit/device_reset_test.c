/* SPDX-License-Identifier: Apache-2.0 */
/* A device that was taken back: its reset, rest and verdict, and what becomes of memory that it may still reach. */
#include "check.h"
#include "device.h"
#include "life.h"
#include "sched.h"
#include "tests/fakes/machine_device.h"

#define COMMAND 0x04u
#define MASTER	4u
#define SHARE	1000u /* interrupts of a period of 20 ms */

static struct machine_device v;
static struct domain *d;

static void boot(void)
{
	machine_boot();
	(void)machine_settle(0);
	d = machine_settle(1);
	fake.cpu = 0;
	fake_serial_clear();
}

static void make(void)
{
	machine_make(2);
	v = machine_device(0, 1);
}

static void fresh(void)
{
	make();
	boot();
	REQUIRE(d->state == HV_VM_RUNNING);
}

static void stop(void)
{
	iommu_fake.logged = 0;
	life_stop(d, HV_STOP_TRIPLE_FAULT);
}

static struct hv_device_status asked(uint64_t n)
{
	struct hv_device_status s = {0};

	fake.cpu = 0;
	CHECK_EQ(machine_call(dom_at(0), HV_CALL_DEVICE_STATUS, n, 0x20000, 0, 0), HV_OK);
	memcpy(&s, machine_ram(0, 0x20000), sizeof s);
	return s;
}

static void autorestart(void)
{
	machine_system->dom[1].flags |= HV_DOM_AUTORESTART;
	machine_system->dom[1].restart_count = 3;
	machine_system->dom[1].restart_window_s = 60;
}

/* Steps of its life until TSC. */
static void live_until(uint64_t tsc)
{
	for (unsigned i = 0; i < 100; i++)
		life_step(d);
	fake.tsc = tsc;
	life_step(d);
}

static void a_device_rests_after_its_reset(void)
{
	uint64_t before;

	fresh();
	autorestart();
	before = fake.tsc;
	stop();
	live_until(before + 100 * MACHINE_MS - 1);
	CHECK_EQ(d->state,
		 HV_VM_LOADING); /* all is scrubbed and loaded, but 100 ms have not passed */
	fake.tsc = before + 101 * MACHINE_MS;
	life_step(d);
	CHECK_EQ(d->state, HV_VM_RUNNING);
	CHECK_EQ(v.config[4], v.pci->bar[0].hpa); /* its addresses are back */
	CHECK_TRUE(iommu_fake.context[0].attached);
	CHECK_TRUE(iommu_fake.irq[0x30].present);
}

/* Any access to the configuration space of N within the rest of a reset; it counts from the end of the reset. */
static bool disturbed(unsigned n)
{
	return iommu_fake.function[1 + n].disturbed;
}

/* PCI Express base 4.0, 6.6.1: what a function answers before it has rested says nothing, and it may hang. */
static void a_reset_is_judged_after_the_rest(void)
{
	uint64_t before;

	for (unsigned i = 0; i < 2; i++) {
		fresh();
		v.sys->reset = i == 0 ? HV_RESET_FLR : HV_RESET_BUS;
		iommu_fake.function[1].rest = 100 * MACHINE_MS;
		before = fake.tsc;
		stop();
		live_until(before + 50 * MACHINE_MS);
		CHECK_EQ(d->state, HV_VM_SCRUBBING);
		CHECK_FALSE(asked(0).tainted);
		fake.cpu = 0;
		(void)machine_settle(1);
		CHECK_EQ(d->state, HV_VM_DEAD);
		CHECK_TRUE(fake.tsc >= before + 100 * MACHINE_MS);
		CHECK_FALSE(asked(0).tainted);
		CHECK_FALSE(disturbed(0));
	}
}

static void the_ladder_goes_on_until_a_reset_shows(void)
{
	uint64_t before;

	fresh();
	stop();
	(void)machine_settle(1);
	CHECK_EQ(device_fake_find(0, EV_CONFIG, 0x3c), FAKE_LOG); /* FLR was enough */
	fresh();
	iommu_fake.function[1].flr_works = false;
	iommu_fake.function[1].rest = 100 * MACHINE_MS;
	before = fake.tsc;
	stop();
	live_until(before + 90 * MACHINE_MS);
	CHECK_EQ(device_fake_find(0, EV_CONFIG, 0x3c), FAKE_LOG); /* it may still come */
	(void)machine_settle(1);
	CHECK_TRUE(device_fake_find(0, EV_CONFIG, DEV_PCIE_CAP + 8) <
		   device_fake_find(0, EV_CONFIG, 0x3c));
	CHECK_TRUE(device_fake_find(0, EV_RESET, 0) < FAKE_LOG);
	CHECK_EQ(machine_config(0x0010)[0x3c / 4] & 1u << 22, 0); /* the bus is let go again */
	CHECK_FALSE(fake_line_with("does not reset"));
	CHECK_TRUE(fake.tsc >= before + 200 * MACHINE_MS); /* each rung has its rest */
	CHECK_FALSE(disturbed(0));
}

/* Two functions of one bus: its reset reaches both, and neither is touched before it has rested. */
static void the_reset_of_a_bus_is_that_of_all_on_it(void)
{
	struct machine_device w;
	uint64_t before;

	make();
	w = machine_device(1, 1);
	w.pci->group = v.pci->group;
	iommu_fake.function[1].behind = &iommu_fake.function[2]; /* one after the other */
	iommu_fake.function[0].behind = &iommu_fake.function[1];
	v.sys->reset = HV_RESET_BUS;
	boot();
	REQUIRE(d->state == HV_VM_RUNNING);
	iommu_fake.function[1].rest = iommu_fake.function[2].rest = 100 * MACHINE_MS;
	autorestart();
	before = fake.tsc;
	stop();
	(void)machine_settle(1);
	CHECK_EQ(d->state, HV_VM_RUNNING);
	CHECK_TRUE(fake.tsc >= before + 100 * MACHINE_MS);
	CHECK_FALSE(disturbed(0));
	CHECK_FALSE(disturbed(1));
	CHECK_EQ(device_fake_find(0, EV_CONFIG, DEV_PCIE_CAP + 8), FAKE_LOG);
	CHECK_FALSE(fake_line_with("does not reset"));
}

/* Also what no rung resets: what it had under way when it was cut off must not arrive in the next life. */
static void a_device_without_reset_rests_too(void)
{
	uint64_t before;

	fresh();
	v.sys->reset = 0;
	autorestart();
	before = fake.tsc;
	stop();
	live_until(before + 99 * MACHINE_MS);
	CHECK_EQ(d->state, HV_VM_LOADING);
	CHECK_EQ(machine_settle(1)->state, HV_VM_RUNNING);
	CHECK_TRUE(fake.tsc >= before + 100 * MACHINE_MS);
}

static void the_description_says_which_rungs(void)
{
	fresh();
	v.sys->reset = HV_RESET_BUS;
	stop();
	(void)machine_settle(1);
	CHECK_EQ(device_fake_find(0, EV_CONFIG, DEV_PCIE_CAP + 8), FAKE_LOG);
	CHECK_TRUE(device_fake_find(0, EV_CONFIG, 0x3c) < FAKE_LOG);
	fresh();
	v.sys->reset = HV_RESET_FLR;
	iommu_fake.function[1].flr_works = false;
	stop();
	(void)machine_settle(1);
	CHECK_EQ(device_fake_find(0, EV_CONFIG, 0x3c), FAKE_LOG);
	CHECK_TRUE(fake_line("hv: device dev0 does not reset: it stays with its role"));
	CHECK_TRUE(asked(0).tainted);
}

static void a_function_without_flr_is_not_asked_for_it(void)
{
	fresh();
	v.config[DEV_PCIE_CAP / 4 + 1] = 0;
	stop();
	(void)machine_settle(1);
	CHECK_EQ(device_fake_find(0, EV_CONFIG, DEV_PCIE_CAP + 8), FAKE_LOG);
	make();
	v.pci->pcie_cap = 0;
	iommu_fake.function[1].pcie_cap = 0;
	boot();
	stop();
	(void)machine_settle(1);
	CHECK_TRUE(device_fake_find(0, EV_CONFIG, 0x3c) < FAKE_LOG);
	make();
	v.pci->bridge_bdf = 0xffff;
	iommu_fake.function[1].flr_works = false;
	boot();
	stop();
	(void)machine_settle(1);
	CHECK_TRUE(fake_line_with("does not reset"));
}

/* A device without memory registers shows its reset in the command register. */
static void a_reset_shows_in_the_command_register_too(void)
{
	make();
	v.pci->bar[0].hpa = v.pci->bar[2].hpa = 0;
	v.pci->msix_flags = 0;
	boot();
	CHECK_EQ(d->state, HV_VM_RUNNING);
	stop();
	(void)machine_settle(1);
	CHECK_FALSE(fake_line_with("does not reset"));
	make();
	v.pci->bar[0].hpa = v.pci->bar[2].hpa = 0;
	v.pci->msix_flags = 0;
	v.sys->reset = 0;
	boot();
	stop();
	(void)machine_settle(1);
	CHECK_TRUE(fake_line_with("does not reset"));
	fake_serial_clear();
	machine_request(d, LIFE_ON);
	life_serve(d);
	CHECK_EQ(machine_settle(1)->state, HV_VM_RUNNING);
	stop();
	(void)machine_settle(1);
	CHECK_FALSE(fake_line_with("does not reset")); /* said once */
}

/* A range above 4 GiB: half of its address register may be zero without any reset. */
static void a_reset_shows_in_both_halves_of_an_address(void)
{
	for (unsigned i = 0; i < 2; i++) {
		make();
		v.pci->bar[0].hpa = 0;
		v.pci->bar[2].hpa = 0xe000000000;
		v.pci->msix_flags = 0;
		iommu_fake.function[1].flr_works = i != 0;
		v.sys->reset = HV_RESET_FLR;
		boot();
		REQUIRE(d->state == HV_VM_RUNNING);
		CHECK_EQ(v.config[7], 0xe0);
		stop();
		(void)machine_settle(1);
		CHECK_EQ(asked(0).tainted, i == 0);
	}
}

/* --- an IOMMU that does not answer: who may still reach memory is unknown --- */

#define LOST_LINE                                                                                  \
	"hv: vm vm1 refused: the IOMMU did not confirm that its devices are cut off, its memory "  \
	"is lost"

/* Refused for good, nobody gets its frames, everybody else runs on. */
static void is_lost(void)
{
	static const enum life_request all[] = {LIFE_RESTART, LIFE_ON, LIFE_OFF, LIFE_KILL};

	CHECK_EQ(machine_settle(1)->state, HV_VM_REFUSED);
	CHECK_EQ(d->cause, HV_STOP_UNFIT);
	CHECK_TRUE(fake_line(LOST_LINE));
	CHECK_FALSE(fake_line_with("vm vm1 loading")); /* not for a moment */
	CHECK_TRUE(machine_ram_words(1, FRAME_WORD(FRAME_LOST, 1)));
	for (unsigned i = 0; i < ARRAY_LEN(all); i++) {
		machine_request(d, all[i]);
		life_serve(d);
		CHECK_EQ(machine_settle(1)->state, HV_VM_REFUSED);
		CHECK_TRUE(machine_ram_words(1, FRAME_WORD(FRAME_LOST, 1)));
	}
	CHECK_EQ(d->life, 1);
	CHECK_EQ(dom_at(0)->state, HV_VM_RUNNING);
	CHECK_TRUE(machine_ram_words(0, FRAME_WORD(FRAME_RAM, 0)));
}

static void memory_a_device_may_still_reach_is_lost(void)
{
	for (unsigned i = 0; i < 2; i++) {
		fresh();
		autorestart();
		*(i == 0 ? &iommu_fake.fail_unmap : &iommu_fake.fail_detach) = HV_ETIMEOUT;
		iommu_fake.function[1].flr_works = i != 0;
		stop();
		/* every other step was made all the same */
		CHECK_TRUE(device_fake_find(0, EV_UNMAP, 0x30 + DEV_MSIX_ENTRIES - 1) < FAKE_LOG);
		CHECK_TRUE(device_fake_find(0, EV_DETACH, v.pci->bdf) < FAKE_LOG);
		CHECK_EQ(v.config[COMMAND / 4] & MASTER, 0);
		is_lost();
		CHECK_TRUE(device_fake_find(0, EV_RESET, 0) < FAKE_LOG); /* the whole ladder */
		CHECK_TRUE(machine_ram_zero(1)); /* as far as the device lets it */
	}
}

static void device_writes(void)
{
	*machine_ram(1, 0x5000) =
		0x77; /* whenever a page is shown: also between zeroing and check */
}

/* That memory does not keep its zeros is no reason to stop the machine. */
static void a_lost_device_may_write_while_it_is_scrubbed(void)
{
	fresh();
	iommu_fake.fail_detach = HV_ETIMEOUT;
	stop();
	memset(machine_ram(1, 0), 0xee, MACHINE_RAM);
	fake.window_watch = device_writes;
	is_lost();
	fake.window_watch = NULL;
}

static void a_start_that_the_iommu_does_not_confirm(void)
{
	make();
	iommu_fake.fail_attach = iommu_fake.fail_detach = HV_ETIMEOUT;
	machine_boot();
	d = machine_settle(1);
	CHECK_EQ(d->state, HV_VM_REFUSED);
	CHECK_EQ(d->life, 0);
	CHECK_TRUE(fake_line(LOST_LINE));
	CHECK_TRUE(machine_ram_words(1, FRAME_WORD(FRAME_LOST, 1)));
	CHECK_EQ(machine_settle(0)->state, HV_VM_RUNNING);
}

/* A device that cannot be silenced, or not be heard again, is taken back. */
static void an_interrupt_entry_the_iommu_does_not_confirm(void)
{
	uint64_t until;

	fresh();
	iommu_fake.fail_unmap = HV_ETIMEOUT;
	for (unsigned i = 0; i <= SHARE; i++)
		device_interrupt(0x30);
	CHECK_EQ(d->request, LIFE_STORM);
	iommu_fake.logged = 0;
	life_serve(d);
	is_lost();
	fresh();
	for (unsigned i = 0; i <= SHARE; i++)
		device_interrupt(0x30);
	iommu_fake.fail = HV_ETIMEOUT;
	fake.tsc = d->sched.period_end;
	(void)sched_pick(0, fake.tsc, &until);
	CHECK_EQ(d->request, LIFE_STORM);
	CHECK_FALSE(iommu_fake.irq[0x30].present);
	iommu_fake.logged = 0;
	life_serve(d);
	is_lost();
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(a_device_rests_after_its_reset);
	RUN(a_reset_is_judged_after_the_rest);
	RUN(the_ladder_goes_on_until_a_reset_shows);
	RUN(the_reset_of_a_bus_is_that_of_all_on_it);
	RUN(a_device_without_reset_rests_too);
	RUN(the_description_says_which_rungs);
	RUN(a_function_without_flr_is_not_asked_for_it);
	RUN(a_reset_shows_in_the_command_register_too);
	RUN(a_reset_shows_in_both_halves_of_an_address);
	RUN(memory_a_device_may_still_reach_is_lost);
	RUN(a_lost_device_may_write_while_it_is_scrubbed);
	RUN(a_start_that_the_iommu_does_not_confirm);
	RUN(an_interrupt_entry_the_iommu_does_not_confirm);
	return check_end();
}
