/* SPDX-License-Identifier: Apache-2.0 */
/* A checkpoint: what may not be before it, what it holds, what the next life finds, and when it is not used. */
#include "check.h"
#include "device.h"
#include "hv_event.h"
#include "life.h"
#include "lock.h"
#include "sched.h"
#include "tests/fakes/machine_device.h"
#include "tests/fakes/witness.h"

#define BAR0_GPA 0x80000000ull
#define DEVFN	 DEV_GUEST_DEVFN
#define COMMAND	 0x04u
#define MASTER	 4u

static struct machine_device v;
static struct domain *d;

static struct domain *boot(void)
{
	machine_boot();
	(void)machine_settle(0);
	d = machine_settle(1);
	fake.cpu = 0;
	return d;
}

/* VM 1 makes a checkpoint; WITH a device it is restored whole. */
static void fresh(bool with_device)
{
	machine_make(2);
	machine_kept(1);
	if (with_device)
		v = machine_device(0, 1);
	(void)machine_channel(0, 1, 4096, 64);
	REQUIRE(boot()->state == HV_VM_RUNNING);
}

static enum hv_err ask(void)
{
	return machine_call(d, HV_CALL_CHECKPOINT, 0, 0, 0, 0);
}

static void save(void)
{
	REQUIRE(ask() == HV_OK);
	CHECK_EQ(d->state, HV_VM_SAVING);
	CHECK_EQ(d->vcpu.gpr[RDX], d->life);
	REQUIRE(machine_settle(1)->state == HV_VM_RUNNING);
}

static uint8_t *kept(uint64_t gpa)
{
	return fake.mem + machine_handoff->dom[1].kept.hpa + gpa;
}

static void die(void)
{
	machine_request(d, (enum life_request)(LIFE_RESTART | LIFE_NOW));
	life_serve(d);
}

static void restart(void)
{
	die();
	(void)machine_settle(1);
	witness_check();
}

/* As the guest's own write: the page, and what the processor leaves in its table. */
static void guest_writes(uint64_t gpa, uint8_t byte)
{
	*machine_ram(1, gpa) = byte;
	ptab_dirty_set(&d->npt, gpa);
}

static void only_who_may_and_only_once(void)
{
	fresh(false);
	CHECK_EQ(machine_call(dom_at(0), HV_CALL_CHECKPOINT, 0, 0, 0, 0), HV_EPERM);
	CHECK_EQ(dom_at(0)->state, HV_VM_RUNNING);
	save();
	CHECK_EQ(ask(), HV_ESTATE);
	CHECK_EQ(d->state, HV_VM_RUNNING);
}

static void no_channel_before_it(void)
{
	uint64_t ring = 0x100000;

	fresh(false);
	CHECK_EQ(machine_call(d, HV_CALL_CHAN_ATTACH, 0, ring, 0, 0), HV_ESTATE);
	save();
	CHECK_EQ(machine_call(d, HV_CALL_CHAN_ATTACH, 0, ring, 0, 0), HV_OK);
}

/* The VM's kernel finds its function at boot; nothing it writes there reaches it, and it reaches nothing. */
static void no_device_before_it(void)
{
	uint32_t value = 0;
	hpa_t at;

	fresh(true);
	CHECK_FALSE(d->open);
	CHECK_EQ(ptab_lookup(&d->npt, BAR0_GPA, &at, NULL), HV_EFAULT);
	CHECK_FALSE(iommu_fake.context[0].attached);
	CHECK_TRUE(device_config_read(d, DEVFN, 0, &value));
	CHECK_EQ(value, (uint32_t)v.pci->device << 16 | v.pci->vendor);
	CHECK_TRUE(device_config_write(d, DEVFN, 0x10, 0xffffffff));
	CHECK_TRUE(device_config_read(d, DEVFN, 0x10, &value));
	CHECK_EQ(value & ~0xfu, (uint32_t)(0 - DEV_BAR0_BYTES)); /* its size */
	CHECK_TRUE(device_config_write(d, DEVFN, 0x10, (uint32_t)BAR0_GPA));
	CHECK_TRUE(device_config_write(d, DEVFN, COMMAND, MASTER | 2));
	CHECK_TRUE(device_config_write(d, DEVFN, DEV_MSIX_CAP, 0x80000000u));
	CHECK_EQ(v.config[COMMAND / 4] & MASTER, 0);
	CHECK_EQ(v.config[DEV_MSIX_CAP / 4] & 0x80000000u, 0);
	save();
	CHECK_EQ(ptab_lookup(&d->npt, BAR0_GPA, &at, NULL), HV_OK);
	CHECK_TRUE(iommu_fake.context[0].attached);
	CHECK_TRUE(device_config_write(d, DEVFN, COMMAND, MASTER | 2));
	CHECK_EQ(v.config[COMMAND / 4] & MASTER, MASTER);
	witness_check();
}

/* A kernel that starts cold and finds its function's registers switched on would use them, which ends the VM. */
static void a_cold_start_finds_its_device_switched_off(void)
{
	uint32_t value = 0;

	fresh(true);
	save();
	CHECK_TRUE(device_config_write(d, DEVFN, COMMAND, MASTER | 2));
	machine_request(d, LIFE_KILL);
	life_serve(d);
	(void)machine_settle(1);
	machine_request(d, LIFE_ON);
	life_serve(d);
	REQUIRE(machine_settle(1)->state == HV_VM_RUNNING);
	CHECK_FALSE(d->open);
	CHECK_TRUE(device_config_read(d, DEVFN, COMMAND, &value));
	CHECK_EQ(value & 0xffff, 0);
	save();
	CHECK_TRUE(device_config_read(d, DEVFN, COMMAND, &value));
	CHECK_EQ(value & 0xffff, 0);
}

static void it_holds_all_of_the_memory_but_the_secret(void)
{
	machine_make(2);
	machine_kept(1);
	(void)machine_secret(1, 5000);
	REQUIRE(boot()->state == HV_VM_RUNNING);
	memset(kept(0), 0x5a, MACHINE_RAM);
	*machine_ram(1, 0x12345) = 0x77;
	save();
	for (uint64_t at = 0; at < MACHINE_RAM; at++) {
		bool secret = at >= MACHINE_SECRET && at < MACHINE_SECRET + 2 * PAGE_SIZE;

		REQUIRE(*kept(at) == (secret ? 0 : *machine_ram(1, at)));
	}
	restart();
	for (uint64_t i = 0; i < 5000; i++) /* and it has it again */
		REQUIRE(*machine_ram(1, MACHINE_SECRET + i) == image_byte(8, i));
	fake.mem[machine_handoff->dom[1].secret.hpa]++;
	restart();
	CHECK_EQ(d->state, HV_VM_REFUSED);
	CHECK_EQ(d->cause, HV_STOP_SECRET);
	CHECK_TRUE(machine_ram_zero(1));
}

static void it_does_not_run_meanwhile(void)
{
	uint64_t until;

	fresh(false);
	REQUIRE(ask() == HV_OK);
	life_step(d);
	CHECK_EQ(d->state, HV_VM_SAVING); /* more than one step */
	dom_at(0)->vcpu.halted = true;
	CHECK_TRUE(sched_pick(d->cpu, hw_tsc(), &until) == d);
	CHECK_FALSE(d->kept);
	(void)machine_settle(1);
	CHECK_TRUE(d->kept);
}

static void all_is_as_it_was_where_a_device_writes(void)
{
	fresh(true);
	CHECK_FALSE(d->tracked);
	save();
	for (uint64_t at = 0; at < MACHINE_RAM; at += 509) /* by DMA: no table tells */
		*machine_ram(1, at) ^= 0xff;
	restart();
	CHECK_EQ(d->state, HV_VM_RUNNING);
	CHECK_MEM(machine_ram(1, 0), kept(0), MACHINE_RAM);
	CHECK_EQ(d->life, 2);
	CHECK_EQ(d->vcpu.gpr[RDX], 2);
	CHECK_TRUE(iommu_fake.context[0].attached);
	for (uint64_t i = 0; i < PAGE_SIZE;
	     i += 16) /* the stand-in for the table: only its mask bits */
		CHECK_EQ(*machine_ram(1, MACHINE_RAM + i), 0);
}

static void what_was_written_comes_back_where_no_device_is(void)
{
	static const uint64_t written[] = {0, 0x1000, 0x13fff, 0x100000, MACHINE_RAM - 1};

	fresh(false);
	CHECK_TRUE(d->tracked);
	guest_writes(0x3000, 0x11); /* before: part of it */
	save();
	for (unsigned life = 2; life < 5; life++) {
		for (unsigned i = 0; i < ARRAY_LEN(written); i++)
			guest_writes(written[i], (uint8_t)(0x80 + life));
		/* the core's own writes: an answer, and a ring */
		CHECK_EQ(machine_call(d, HV_CALL_INFO, 0x40000, 0, 0, 0), HV_OK);
		CHECK_EQ(machine_call(d, HV_CALL_CHAN_ATTACH, 0, 0x50000, 0, 0), HV_OK);
		CHECK_TRUE(memcmp(machine_ram(1, 0), kept(0), MACHINE_RAM) != 0);
		restart();
		CHECK_EQ(d->state, HV_VM_RUNNING);
		CHECK_EQ(d->life, life);
		CHECK_MEM(machine_ram(1, 0), kept(0), MACHINE_RAM);
	}
}

static void only_what_was_written_is_copied(void)
{
	fresh(false);
	guest_writes(0x8000, 0x11); /* before: in the checkpoint, and forgotten with it */
	save();
	*machine_ram(1, 0x8000) = 0x99; /* no table tells: this is how it can be seen */
	guest_writes(0x9000, 0x99);
	restart();
	CHECK_EQ(*machine_ram(1, 0x8000), 0x99);
	CHECK_EQ(*machine_ram(1, 0x9000), *kept(0x9000));
}

static void registers_clock_and_doorbell_go_on(void)
{
	uint64_t clock;

	fresh(false);
	fake.tsc += 7 * MACHINE_MS; /* it has run for a while */
	d->vcpu.gpr[RBX] = 0x1234;
	d->pci.msi_data = 0x55;
	vcpu_fake_of(&d->vcpu)->rip = 0xabc0;
	save();
	clock = hw_tsc() + vcpu_tsc_offset(&d->vcpu);
	d->vcpu.gpr[RBX] = 7;
	d->pci.msi_data = 0x66;
	d->pci.msi_address = 1;
	vcpu_fake_of(&d->vcpu)->rip = 0x9999;
	fake.tsc += 1000 * MACHINE_MS;
	dom_post(d, 1, HV_EVENT_FOCUS_LOST); /* of the old life */
	restart();
	CHECK_EQ(d->vcpu.gpr[RBX], 0x1234);
	CHECK_EQ(d->pci.msi_data, 0x55);
	CHECK_EQ(d->pci.msi_address, 0);
	CHECK_EQ(vcpu_rip(&d->vcpu), 0xabc0);
	CHECK_EQ(atomic_load(&d->events[1]), 0);
	CHECK_EQ(hw_tsc() + vcpu_tsc_offset(&d->vcpu), clock);
	CHECK_TRUE(vcpu_fake_of(&d->vcpu)->flushes > 0);
	CHECK_TRUE(vcpu_fake_loaded(0) == NULL);
}

/* Asked in the middle of it: nothing half is ever used. */
static void a_death_while_it_is_taken_starts_from_the_image(void)
{
	fresh(true);
	REQUIRE(ask() == HV_OK);
	life_step(d);
	CHECK_EQ(d->state, HV_VM_SAVING);
	restart();
	CHECK_EQ(d->state, HV_VM_RUNNING);
	CHECK_FALSE(d->open);
	CHECK_FALSE(d->kept);
	CHECK_TRUE(fake_line_with("life=2 running on cpu 0, from its image"));
	save();
}

static void a_death_while_it_is_restored(void)
{
	fresh(true);
	save();
	memset(machine_ram(1, 0), 0xee, MACHINE_RAM);
	die();
	CHECK_EQ(d->state, HV_VM_RESTORING);
	life_step(d);
	CHECK_EQ(d->state, HV_VM_RESTORING);
	restart(); /* again, from the beginning */
	CHECK_EQ(d->state, HV_VM_RUNNING);
	CHECK_MEM(machine_ram(1, 0), kept(0), MACHINE_RAM);
	die();
	life_step(d);
	machine_request(d, LIFE_KILL);
	life_serve(d);
	CHECK_EQ(machine_settle(1)->state, HV_VM_DEAD);
	CHECK_TRUE(machine_ram_zero(1));
	CHECK_TRUE(machine_ram_words(1, FRAME_WORD(FRAME_FREE, 1)));
	witness_check();
	machine_request(d, LIFE_ON);
	life_serve(d);
	CHECK_EQ(machine_settle(1)->state, HV_VM_RUNNING);
	CHECK_FALSE(d->kept); /* switched on: from the image */
}

static void off_and_cold_do_not_use_it(void)
{
	fresh(false);
	save();
	d->cold = true;
	restart();
	CHECK_FALSE(d->kept);
	CHECK_FALSE(d->open);
	CHECK_FALSE(d->cold);
	CHECK_TRUE(fake_line_with("life=2 running on cpu 0, from its image"));
	save();
	machine_request(d, (enum life_request)(LIFE_OFF | LIFE_NOW));
	life_serve(d);
	CHECK_EQ(machine_settle(1)->state, HV_VM_OFF);
	CHECK_TRUE(machine_ram_zero(1));
	witness_check();
}

/* A device that may still write: what is kept is no help, and the frames are nobody's. */
static void a_device_that_is_lost_ends_it(void)
{
	fresh(true);
	save();
	iommu_fake.fail_detach = HV_ETIMEOUT;
	die();
	CHECK_EQ(d->state,
		 HV_VM_SCRUBBING); /* not a page of it is copied where the device may write */
	(void)machine_settle(1);
	CHECK_EQ(d->state, HV_VM_REFUSED);
	CHECK_EQ(d->cause, HV_STOP_UNFIT);
	CHECK_TRUE(machine_ram_words(1, FRAME_WORD(FRAME_LOST, 1)));
}

/* It waits for its devices' rest and for its own time, and does not spin on the processor. */
static void the_next_life_waits_its_time(void)
{
	uint64_t until, begun;

	fresh(true);
	save();
	dom_at(0)->vcpu.halted = true;
	begun = fake.tsc;
	die();
	d->not_before = begun + 300 * MACHINE_MS;
	for (unsigned i = 0; i < 100 && d->work.wait == 0; i++)
		life_step(d);
	CHECK_TRUE(d->work.wait > fake.tsc);
	CHECK_TRUE(sched_pick(d->cpu, fake.tsc, &until) != d);
	CHECK_TRUE(until <= d->work.wait);
	CHECK_TRUE(sched_pick(d->cpu, d->work.wait, &until) == d);
	(void)machine_settle(1);
	CHECK_EQ(d->state, HV_VM_RUNNING);
	CHECK_TRUE(fake.tsc - begun >= 300 * MACHINE_MS && fake.tsc - begun < 320 * MACHINE_MS);
}

static void a_screen_begins_black(void)
{
	uint64_t pixels;

	machine_make(2);
	machine_kept(1);
	machine_screen(1, 64, 64, 256);
	REQUIRE(boot()->state == HV_VM_RUNNING);
	CHECK_FALSE(d->tracked);
	save();
	pixels = d->mem->ram.bytes - MACHINE_RAM;
	memset(machine_ram(1, MACHINE_RAM), 0x77, pixels);
	restart();
	CHECK_EQ(d->state, HV_VM_RUNNING);
	for (uint64_t i = 0; i < pixels; i++)
		REQUIRE(*machine_ram(1, MACHINE_RAM + i) == 0);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(only_who_may_and_only_once);
	RUN(no_channel_before_it);
	RUN(no_device_before_it);
	RUN(a_cold_start_finds_its_device_switched_off);
	RUN(it_holds_all_of_the_memory_but_the_secret);
	RUN(it_does_not_run_meanwhile);
	RUN(all_is_as_it_was_where_a_device_writes);
	RUN(what_was_written_comes_back_where_no_device_is);
	RUN(only_what_was_written_is_copied);
	RUN(registers_clock_and_doorbell_go_on);
	RUN(a_death_while_it_is_taken_starts_from_the_image);
	RUN(a_death_while_it_is_restored);
	RUN(off_and_cold_do_not_use_it);
	RUN(a_device_that_is_lost_ends_it);
	RUN(the_next_life_waits_its_time);
	RUN(a_screen_begins_black);
	return check_end();
}
