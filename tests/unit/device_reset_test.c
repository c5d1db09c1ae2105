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

static void fresh_with(uint32_t reset)
{
	make();
	v.sys->reset = reset;
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

/* Index in the log of the first write of VALUE to register REG of the N-th function; FAKE_LOG = none. */
static unsigned wrote(unsigned n, unsigned reg, uint32_t value)
{
	unsigned at = 0;

	while ((at = device_fake_find(at, EV_CONFIG, reg)) < FAKE_LOG &&
	       (iommu_fake.log[at].which != 1 + n || iommu_fake.log[at].b != value))
		at++;
	return at;
}

#define FLR_STARTS(n) wrote(n, DEV_PCIE_CAP + 8, 0x2810 | 1u << 15)
#define AF_STARTS(n)  wrote(n, DEV_AF_CAP + 4, 1)
#define SLEEPS(n)     wrote(n, DEV_PM_CAP + 4, 3)
#define WAKES(n)      wrote(n, DEV_PM_CAP + 4, 0)
#define BUS_STARTS    device_fake_find(0, EV_CONFIG, 0x3c)

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
		fresh_with(i == 0 ? HV_RESET_FLR : HV_RESET_BUS);
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
	CHECK_EQ(BUS_STARTS, FAKE_LOG); /* FLR was enough */
	fresh();
	iommu_fake.function[1].flr_works = false;
	iommu_fake.function[1].rest = 100 * MACHINE_MS;
	before = fake.tsc;
	stop();
	live_until(before + 90 * MACHINE_MS);
	CHECK_EQ(BUS_STARTS, FAKE_LOG); /* it may still come */
	(void)machine_settle(1);
	CHECK_TRUE(FLR_STARTS(0) < BUS_STARTS);
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
	CHECK_EQ(asked(0).resets, 1);
	CHECK_EQ(asked(1).resets, 1);
	CHECK_EQ(asked(1).rung_worked, HV_RUNG_BUS);
	CHECK_TRUE(asked(1).reset_us >= 100000 && asked(1).reset_us < 110000);
	CHECK_EQ(FLR_STARTS(0), FAKE_LOG);
	CHECK_FALSE(fake_line_with("does not reset"));
}

/* Also what no rung resets: what it had under way when it was cut off must not arrive in the next life. */
static void a_device_without_reset_rests_too(void)
{
	uint64_t before;

	fresh_with(0);
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
	fresh_with(HV_RESET_BUS);
	stop();
	(void)machine_settle(1);
	CHECK_EQ(FLR_STARTS(0), FAKE_LOG);
	CHECK_TRUE(BUS_STARTS < FAKE_LOG);
	fresh_with(HV_RESET_FLR);
	iommu_fake.function[1].flr_works = false;
	stop();
	(void)machine_settle(1);
	CHECK_EQ(BUS_STARTS, FAKE_LOG);
	CHECK_TRUE(fake_line("hv: device dev0 does not reset: it stays with its role"));
	CHECK_TRUE(asked(0).tainted);
}

static void a_function_without_flr_is_not_asked_for_it(void)
{
	make();
	v.config[DEV_PCIE_CAP / 4 + 1] = 0;
	boot();
	stop();
	(void)machine_settle(1);
	CHECK_EQ(FLR_STARTS(0), FAKE_LOG);
	make();
	v.pci->pcie_cap = 0;
	iommu_fake.function[1].pcie_cap = 0;
	boot();
	stop();
	(void)machine_settle(1);
	CHECK_TRUE(BUS_STARTS < FAKE_LOG);
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

/* --- each rung --- */
#define ALL_RESETS (HV_RESET_FLR | HV_RESET_PM | HV_RESET_BUS)

/* A device that has every rung. */
static void fresh_full(uint32_t reset)
{
	make();
	machine_device_af(0, &v);
	machine_device_pm(0, &v);
	v.sys->reset = reset;
	boot();
	REQUIRE(d->state == HV_VM_RUNNING);
}

static void the_rungs_in_their_order(void)
{
	struct fake_function *f = &iommu_fake.function[1];
	uint64_t before;

	fresh_full(ALL_RESETS);
	f->flr_works = f->af_works = f->pm_works = false;
	f->rest = 10 * MACHINE_MS;
	before = fake.tsc;
	stop();
	(void)machine_settle(1);
	CHECK_TRUE(FLR_STARTS(0) < AF_STARTS(0));
	CHECK_TRUE(AF_STARTS(0) < SLEEPS(0));
	CHECK_TRUE(SLEEPS(0) < WAKES(0));
	CHECK_TRUE(WAKES(0) < BUS_STARTS);
	CHECK_TRUE(BUS_STARTS < FAKE_LOG);
	CHECK_FALSE(asked(0).tainted);
	CHECK_TRUE(fake.tsc >= before + 320 * MACHINE_MS); /* 100, 100, 10 and 10, 100 */
	CHECK_FALSE(disturbed(0));
	CHECK_EQ(asked(0).rung_worked, HV_RUNG_BUS);
	CHECK_EQ(asked(0).rungs_failed, 1u << HV_RUNG_FLR | 1u << HV_RUNG_AF | 1u << HV_RUNG_PM);
}

/* Whatever a rung is, it counts only if configuration space shows it. */
static void a_rung_that_shows_nothing_does_not_count(void)
{
	static const enum hv_rung rungs[] = {HV_RUNG_FLR, HV_RUNG_AF, HV_RUNG_PM};

	for (unsigned i = 0; i < ARRAY_LEN(rungs); i++) {
		for (unsigned works = 0; works < 2; works++) {
			struct fake_function *f = &iommu_fake.function[1];

			fresh_full(ALL_RESETS);
			f->flr_works = rungs[i] == HV_RUNG_FLR && works;
			f->af_works = rungs[i] == HV_RUNG_AF && works;
			f->pm_works = rungs[i] == HV_RUNG_PM && works;
			stop();
			(void)machine_settle(1);
			CHECK_EQ(asked(0).rung_worked, works ? rungs[i] : HV_RUNG_BUS);
			CHECK_EQ(BUS_STARTS < FAKE_LOG, !works);
			CHECK_FALSE(asked(0).tainted);
		}
	}
}

static void af_needs_both_its_bits(void)
{
	for (uint32_t bits = 0; bits < 4; bits++) {
		make();
		machine_device_af(0, &v);
		v.config[DEV_PCIE_CAP / 4 + 1] = 0;
		v.config[DEV_AF_CAP / 4] = 0x00060013 | bits << 24;
		v.sys->reset = HV_RESET_FLR;
		boot();
		CHECK_EQ(asked(0).rungs, 1u << HV_RUNG_BUS | (bits == 3 ? 1u << HV_RUNG_AF : 0));
		stop();
		(void)machine_settle(1);
		CHECK_EQ(AF_STARTS(0) < FAKE_LOG, bits == 3);
		CHECK_EQ(asked(0).tainted, bits != 3);
	}
}

/* A device that keeps its state through D3hot says so, and sleep would be no reset. */
static void sleep_is_a_reset_only_without_no_soft_reset(void)
{
	for (unsigned i = 0; i < 2; i++) {
		make();
		machine_device_pm(0, &v);
		v.config[DEV_PM_CAP / 4 + 1] = i == 0 ? 0 : 1u << 3;
		v.sys->reset = HV_RESET_PM;
		boot();
		stop();
		(void)machine_settle(1);
		CHECK_EQ(SLEEPS(0) < FAKE_LOG, i == 0);
		CHECK_EQ(asked(0).tainted, i == 1);
	}
}

static void sleep_and_waking_take_10_ms_each(void)
{
	uint64_t before;

	make();
	machine_device_pm(0, &v);
	v.sys->reset = HV_RESET_PM;
	boot();
	iommu_fake.function[1].rest = 10 * MACHINE_MS;
	before = fake.tsc;
	stop();
	live_until(before + 9 * MACHINE_MS);
	CHECK_EQ(WAKES(0), FAKE_LOG);
	live_until(before + 11 * MACHINE_MS);
	CHECK_TRUE(WAKES(0) < FAKE_LOG);
	CHECK_EQ(d->state, HV_VM_SCRUBBING);
	(void)machine_settle(1);
	CHECK_TRUE(fake.tsc >= before + 20 * MACHINE_MS);
	CHECK_FALSE(disturbed(0));
	CHECK_EQ(asked(0).rung_worked, HV_RUNG_PM);
}

/* The description's permission is asked for each rung. */
static void each_rung_needs_permission(void)
{
	for (uint32_t reset = 0; reset <= ALL_RESETS; reset++) {
		struct fake_function *f = &iommu_fake.function[1];

		fresh_full(reset);
		f->flr_works = f->af_works = f->pm_works = false;
		iommu_fake.function[0].behind = NULL;
		stop();
		(void)machine_settle(1);
		CHECK_EQ(FLR_STARTS(0) < FAKE_LOG, (reset & HV_RESET_FLR) != 0);
		CHECK_EQ(AF_STARTS(0) < FAKE_LOG, (reset & HV_RESET_FLR) != 0);
		CHECK_EQ(SLEEPS(0) < FAKE_LOG, (reset & HV_RESET_PM) != 0);
		CHECK_EQ(BUS_STARTS < FAKE_LOG, (reset & HV_RESET_BUS) != 0);
		CHECK_TRUE(asked(0).tainted);
		CHECK_EQ(asked(0).rungs, 0x1e);
		CHECK_EQ(asked(0).rungs_failed, asked(0).rungs_allowed);
		CHECK_EQ(asked(0).rung_worked, HV_RUNG_NONE);
	}
}

/* An answer that is on its way would meet a function that does not remember asking. */
static void what_is_pending_is_waited_for(void)
{
	static const uint32_t rungs[] = {HV_RUNG_FLR, HV_RUNG_AF};

	for (unsigned i = 0; i < ARRAY_LEN(rungs); i++) {
		uint64_t before;

		make();
		machine_device_af(0, &v);
		if (rungs[i] == HV_RUNG_AF) {
			v.pci->pcie_cap = 0;
			iommu_fake.function[1].pcie_cap = 0;
		} else {
			v.pci->af_cap = 0;
			iommu_fake.function[1].af_cap = 0;
		}
		boot();
		before = fake.tsc;
		iommu_fake.function[1].pending_until = before + 60 * MACHINE_MS;
		stop();
		live_until(before + 59 * MACHINE_MS);
		CHECK_EQ(device_fake_find(0, EV_RESET, 0), FAKE_LOG);
		CHECK_EQ(d->state, HV_VM_SCRUBBING); /* its memory is scrubbed meanwhile */
		(void)machine_settle(1);
		CHECK_FALSE(iommu_fake.function[1].hasty);
		CHECK_EQ(asked(0).rung_worked, rungs[i]);
		CHECK_TRUE(asked(0).reset_us >= 160000 && asked(0).reset_us < 170000);
	}
}

/* One that says so for ever is reset all the same, after 100 ms. */
static void what_stays_pending_is_not_waited_for(void)
{
	uint64_t before;

	fresh();
	before = fake.tsc;
	iommu_fake.function[1].pending_until = UINT64_MAX;
	stop();
	live_until(before + 99 * MACHINE_MS);
	CHECK_EQ(FLR_STARTS(0), FAKE_LOG);
	live_until(before + 101 * MACHINE_MS);
	CHECK_TRUE(FLR_STARTS(0) < FAKE_LOG);
	(void)machine_settle(1);
	CHECK_EQ(asked(0).rung_worked, HV_RUNG_FLR);
}

/* PCI Express base 4.0, 6.6.1: for a second it may say "not yet"; one that says no more is not taken for reset. */
static void a_device_may_be_late(void)
{
	for (unsigned i = 0; i < 2; i++) {
		fresh_with(HV_RESET_FLR);
		iommu_fake.function[1].away = (i == 0 ? 900 : 1200) * MACHINE_MS;
		stop();
		(void)machine_settle(1);
		CHECK_EQ(asked(0).tainted, i == 1);
		CHECK_EQ(asked(0).rung_worked, i == 0 ? HV_RUNG_FLR : HV_RUNG_NONE);
	}
}

/* A device that answers, but is another one than at boot, was not reset. */
static uint32_t answers_zero(uint32_t offset, uint32_t kept)
{
	(void)offset;
	(void)kept;
	return 0;
}

static void what_answers_as_another_device_is_not_reset(void)
{
	fresh_with(HV_RESET_FLR);
	iommu_fake.function[1].flr_works = false;
	stop();
	iommu_fake.function[1].answer = answers_zero;
	(void)machine_settle(1);
	CHECK_TRUE(asked(0).tainted);
}

static void what_worked_the_last_time_comes_first(void)
{
	fresh_full(ALL_RESETS);
	autorestart();
	iommu_fake.function[1].flr_works = iommu_fake.function[1].af_works = false;
	stop();
	REQUIRE(machine_settle(1)->state == HV_VM_RUNNING);
	CHECK_EQ(asked(0).rung_worked, HV_RUNG_PM);
	stop();
	REQUIRE(machine_settle(1)->state == HV_VM_RUNNING);
	CHECK_EQ(FLR_STARTS(0), FAKE_LOG);
	CHECK_TRUE(SLEEPS(0) < FAKE_LOG);
	CHECK_EQ(asked(0).rungs_failed, 0);
	iommu_fake.function[1].pm_works = false; /* then the others, from the first */
	stop();
	(void)machine_settle(1);
	CHECK_TRUE(SLEEPS(0) < FLR_STARTS(0));
	CHECK_TRUE(FLR_STARTS(0) < BUS_STARTS);
	CHECK_EQ(asked(0).rung_worked, HV_RUNG_BUS);
	CHECK_EQ(asked(0).resets, 3);
}

/* The reset of a bus forgets more than one of a function: the size of packets that the firmware chose for this port. */
static void what_the_firmware_agreed_with_the_port_is_kept(void)
{
	make();
	v.config[DEV_PCIE_CAP / 4 + 2] = 0x2850;
	v.sys->reset = HV_RESET_BUS;
	boot();
	stop();
	(void)machine_settle(1);
	CHECK_TRUE(BUS_STARTS < FAKE_LOG);
	CHECK_EQ(v.config[DEV_PCIE_CAP / 4 + 2], 0x2850);
}

static void the_administrator_sees_how_it_was_reset(void)
{
	struct hv_device_status s;

	fresh_with(HV_RESET_FLR);
	s = asked(0);
	CHECK_EQ(s.port, 0x0010);
	CHECK_EQ(s.rungs, 1u << HV_RUNG_FLR | 1u << HV_RUNG_BUS);
	CHECK_EQ(s.rungs_allowed, 1u << HV_RUNG_FLR | 1u << HV_RUNG_AF);
	CHECK_EQ(s.rung_worked | s.rungs_failed | s.resetting | s.resets | s.reset_us, 0);
	stop();
	s = asked(0);
	CHECK_EQ(s.resetting, 1);
	(void)machine_settle(1);
	s = asked(0);
	CHECK_EQ(s.resetting, 0);
	CHECK_EQ(s.resets, 1);
	CHECK_EQ(s.rung_worked, HV_RUNG_FLR);
	CHECK_TRUE(s.reset_us >= 100000 && s.reset_us < 110000);
	CHECK_TRUE(fake_line_with("hv: device dev0 reset by flr in 10"));
	make();
	v.pci->bridge_bdf = HV_ON_ROOT_BUS;
	boot();
	CHECK_EQ(asked(0).port, HV_ON_ROOT_BUS);
	CHECK_EQ(asked(0).rungs, 1u << HV_RUNG_FLR);
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
	RUN(the_rungs_in_their_order);
	RUN(a_rung_that_shows_nothing_does_not_count);
	RUN(af_needs_both_its_bits);
	RUN(sleep_is_a_reset_only_without_no_soft_reset);
	RUN(sleep_and_waking_take_10_ms_each);
	RUN(each_rung_needs_permission);
	RUN(what_is_pending_is_waited_for);
	RUN(what_stays_pending_is_not_waited_for);
	RUN(a_device_may_be_late);
	RUN(what_answers_as_another_device_is_not_reset);
	RUN(what_worked_the_last_time_comes_first);
	RUN(what_the_firmware_agreed_with_the_port_is_kept);
	RUN(the_administrator_sees_how_it_was_reset);
	RUN(memory_a_device_may_still_reach_is_lost);
	RUN(a_lost_device_may_write_while_it_is_scrubbed);
	RUN(a_start_that_the_iommu_does_not_confirm);
	RUN(an_interrupt_entry_the_iommu_does_not_confirm);
	return check_end();
}
