/* SPDX-License-Identifier: Apache-2.0 */
/* A device in the hands of a VM: what the VM reaches, where its interrupts and faults go, and in which order it is taken back. */
#include "check.h"
#include "device.h"
#include "life.h"
#include "lock.h"
#include "progress.h"
#include "sched.h"
#include "tests/fakes/machine_device.h"

#define BAR0_GPA  0x80000000ull
#define BAR2_GPA  0x80020000ull /* aligned to its size */
#define COMMAND	  0x04u
#define MASTER	  4u
#define INTX_OFF  0x400u
#define LAPIC_SVR 0x80fu
#define SHARE	  1000u /* interrupts of a period of 20 ms */

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
	CHECK_TRUE(vlapic_write(&d->vcpu.lapic, LAPIC_SVR, 0x1ff));
}

static void fresh_msi(void)
{
	make();
	v.pci->msix_flags = 0;
	boot();
	REQUIRE(d->state == HV_VM_RUNNING);
	CHECK_TRUE(vlapic_write(&d->vcpu.lapic, LAPIC_SVR, 0x1ff));
}

static uint64_t reaches(uint64_t gpa, uint32_t *prot)
{
	hpa_t at = {UINT64_MAX};

	return ptab_lookup(&d->npt, gpa, &at, prot) == HV_OK ? at.v : UINT64_MAX;
}

static uint64_t shadow_hpa(void)
{
	return machine_handoff->dom[1].ram.hpa + MACHINE_RAM;
}

static void the_vm_reaches_its_registers_and_no_others(void)
{
	uint32_t prot;

	fresh();
	for (uint64_t at = 0; at < DEV_BAR0_BYTES; at += PAGE_SIZE) {
		CHECK_EQ(reaches(BAR0_GPA + at, &prot), v.pci->bar[0].hpa + at);
		CHECK_EQ(prot, PROT_R | PROT_W);
	}
	CHECK_EQ(reaches(BAR2_GPA, NULL), v.pci->bar[2].hpa);
	CHECK_EQ(reaches(BAR2_GPA + DEV_MSIX_OFFSET, &prot), shadow_hpa()); /* memory instead */
	CHECK_EQ(prot, PROT_R | PROT_W);
	CHECK_EQ(reaches(BAR2_GPA + 0x2000, NULL), v.pci->bar[2].hpa + 0x2000);
	CHECK_EQ(reaches(BAR2_GPA + 0x3000, NULL), v.pci->bar[2].hpa + 0x3000);
	CHECK_EQ(reaches(BAR2_GPA + DEV_BAR2_BYTES, NULL), UINT64_MAX);
	CHECK_EQ(reaches(BAR0_GPA - PAGE_SIZE, NULL), UINT64_MAX);
	CHECK_EQ(reaches(MACHINE_RAM, NULL),
		 UINT64_MAX); /* the memory behind RAM is the core's to map */
	for (uint64_t gpa = 0; gpa < 4 * BIT(30); gpa += PAGE_SIZE)
		REQUIRE(reaches(gpa, NULL) != v.pci->bar[2].hpa + DEV_MSIX_OFFSET);
}

static void a_table_at_the_start_or_end_of_its_range(void)
{
	make();
	v.pci->msix_offset = 0;
	boot();
	CHECK_EQ(d->state, HV_VM_RUNNING);
	CHECK_EQ(reaches(BAR2_GPA, NULL), shadow_hpa());
	CHECK_EQ(reaches(BAR2_GPA + 0x1000, NULL), v.pci->bar[2].hpa + 0x1000);
	make();
	v.pci->msix_offset = 0x3000;
	boot();
	CHECK_EQ(d->state, HV_VM_RUNNING);
	CHECK_EQ(reaches(BAR2_GPA + 0x2000, NULL), v.pci->bar[2].hpa + 0x2000);
	CHECK_EQ(reaches(BAR2_GPA + 0x3000, NULL), shadow_hpa());
}

static void its_dma_reaches_ram_of_the_vm_and_nothing_else(void)
{
	uint32_t prot;
	hpa_t at;

	fresh();
	CHECK_EQ(iommu_fake.context[0].bdf, v.pci->bdf);
	CHECK_EQ(iommu_fake.context[0].dom, 1);
	CHECK_EQ(iommu_fake.context[0].unit, 0);
	CHECK_EQ(iommu_fake.context[0].root.v, d->dma.root.v);
	CHECK_NE(d->dma.root.v, d->npt.root.v);
	CHECK_FALSE(iommu_fake.context[1].attached);
	for (uint64_t ia = 0; ia < 8 * MACHINE_RAM; ia += PAGE_SIZE) {
		enum hv_err err = ptab_lookup(&d->dma, ia, &at, &prot);

		REQUIRE(err == (ia < MACHINE_RAM ? HV_OK : HV_EFAULT));
		if (err == HV_OK)
			REQUIRE(at.v == machine_handoff->dom[1].ram.hpa + ia &&
				prot == (PROT_R | PROT_W));
	}
	CHECK_EQ(ptab_lookup(&d->dma, BAR0_GPA, &at, NULL), HV_EFAULT);
	CHECK_EQ(ptab_lookup(&d->dma, 0xfee00000, &at, NULL), HV_EFAULT);
}

static void each_table_entry_is_the_cores_own(void)
{
	const uint32_t *shadow;

	fresh();
	shadow = (const uint32_t *)(const void *)(fake.mem + shadow_hpa());
	for (uint32_t i = 0; i < DEV_MSIX_ENTRIES; i++) {
		uint32_t entry = 0x30 + i;

		CHECK_TRUE(iommu_fake.irq[entry].present);
		CHECK_EQ(iommu_fake.irq[entry].bdf, v.pci->bdf);
		CHECK_EQ(iommu_fake.irq[entry].vector, entry);
		CHECK_EQ(v.table[4 * i], 0xfee00018 | entry << 5);
		CHECK_EQ(v.table[4 * i + 1], 0);
		CHECK_EQ(v.table[4 * i + 2], 0);
		CHECK_EQ(v.table[4 * i + 3], 0); /* open: the guest's mask counts when it arrives */
		CHECK_EQ(shadow[4 * i + 3], 1);
	}
}

static void interrupts_go_to_the_home_processor(void)
{
	make();
	machine_handoff->cpu_count = 2;
	machine_handoff->cpu[1].apic_id = 6;
	machine_system->dom[1].cpu = 1;
	boot();
	CHECK_EQ(iommu_fake.irq[0x30].apic_id, 6);
}

static void msi_gets_one_entry(void)
{
	fresh_msi();
	CHECK_TRUE(iommu_fake.irq[0x30].present);
	CHECK_EQ(iommu_fake.irq[0x30].bdf, v.pci->bdf);
	CHECK_EQ(iommu_fake.irq[0x30].vector, 0x30);
	CHECK_FALSE(iommu_fake.irq[0x31].present);
	CHECK_EQ(v.config[DEV_MSI_CAP / 4 + 1], 0xfee00018 | 0x30 << 5);
	CHECK_EQ(v.config[DEV_MSI_CAP / 4 + 2], 0);
	CHECK_EQ(v.config[DEV_MSI_CAP / 4 + 3], 0);
	CHECK_EQ(reaches(BAR2_GPA + DEV_MSIX_OFFSET, NULL), v.pci->bar[2].hpa + DEV_MSIX_OFFSET);
	make();
	v.pci->msix_flags = 0;
	v.config[DEV_MSI_CAP / 4] = 0x00000005; /* 32-bit message */
	v.config[DEV_MSI_CAP / 4 + 3] = 0x77;
	boot();
	CHECK_EQ(v.config[DEV_MSI_CAP / 4 + 1], 0xfee00018 | 0x30 << 5);
	CHECK_EQ(v.config[DEV_MSI_CAP / 4 + 3], 0x77);
	make();
	v.pci->msix_flags = 0;
	v.pci->msi_cap = 0;
	boot();
	CHECK_EQ(d->state, HV_VM_RUNNING);
	CHECK_FALSE(iommu_fake.irq[0x30].present);
}

static void a_function_starts_quiet(void)
{
	fresh();
	CHECK_EQ(v.config[COMMAND / 4] & 0xffff, 2 | INTX_OFF); /* memory, no master */
	CHECK_EQ(v.config[4], v.pci->bar[0].hpa);
	CHECK_EQ(v.config[6], v.pci->bar[2].hpa);
	CHECK_EQ(v.config[7], v.pci->bar[2].hpa >> 32);
}

static void a_vm_whose_device_fails_does_not_start(void)
{
	make();
	iommu_fake.fail_attach = HV_EBUSY;
	machine_boot();
	d = machine_settle(1);
	CHECK_EQ(d->state, HV_VM_REFUSED);
	CHECK_EQ(d->cause, HV_STOP_UNFIT);
	CHECK_EQ(d->life, 0);
	CHECK_TRUE(fake_line("hv: vm vm1 refused: its devices or its screen cannot be assigned"));
	CHECK_TRUE(machine_ram_zero(1));
	CHECK_FALSE(iommu_fake.irq[0x30].present);
	CHECK_EQ(v.config[COMMAND / 4] & MASTER, 0);
	CHECK_EQ(machine_settle(0)->state, HV_VM_RUNNING);
}

/* --- taking it back --- */

static void stop(void)
{
	iommu_fake.logged = 0;
	life_stop(d, HV_STOP_NESTED_FAULT);
}

static void release_goes_in_order(void)
{
	unsigned quiet, msix, msi, unmap, reset, detach;

	fresh();
	v.config[COMMAND / 4] |= MASTER;
	v.config[DEV_MSIX_CAP / 4] |= 1u << 31;
	v.config[DEV_MSI_CAP / 4] |= 1u << 16;
	stop();
	CHECK_TRUE(machine_ram_words(1, FRAME_WORD(FRAME_SCRUB, 1)));
	CHECK_EQ(device_fake_find(0, EV_RESET, 0), FAKE_LOG); /* a step of the dead VM's own */
	(void)machine_settle(1);
	quiet = device_fake_find(0, EV_CONFIG, COMMAND);
	msix = device_fake_find(0, EV_CONFIG, DEV_MSIX_CAP);
	msi = device_fake_find(0, EV_CONFIG, DEV_MSI_CAP);
	unmap = device_fake_find(0, EV_UNMAP, 0x30 + DEV_MSIX_ENTRIES - 1);
	reset = device_fake_find(0, EV_RESET, 0);
	detach = device_fake_find(0, EV_DETACH, v.pci->bdf);
	CHECK_TRUE(quiet < msix && msix < msi && msi < unmap && unmap < detach && detach < reset);
	CHECK_TRUE(reset < FAKE_LOG);
	CHECK_EQ(iommu_fake.log[quiet].b, INTX_OFF);
	CHECK_EQ(iommu_fake.log[msix].b >> 30,
		 3); /* masked as a whole; off only once it is reset */
	CHECK_EQ(iommu_fake.log[msi].b >> 16 & 1, 0);
	for (uint32_t i = 0; i < DEV_MSIX_ENTRIES; i++)
		CHECK_FALSE(iommu_fake.irq[0x30 + i].present);
	CHECK_FALSE(iommu_fake.context[0].attached);
}

/* It was not reset: masked, and off before it is given again. */
static void a_function_comes_without_interrupts(void)
{
	make();
	v.pci->pcie_cap = 0;
	v.pci->bridge_bdf = 0xffff;
	boot();
	v.config[DEV_MSIX_CAP / 4] |= 1u << 31;
	machine_request(d, (enum life_request)(LIFE_RESTART | LIFE_NOW));
	life_serve(d);
	CHECK_EQ(v.config[DEV_MSIX_CAP / 4] >> 30, 3);
	CHECK_EQ(machine_settle(1)->state, HV_VM_RUNNING);
	CHECK_EQ(v.config[DEV_MSIX_CAP / 4] >> 30, 0);
}

static unsigned early, late, scrubbed;

/* Until its device is taken back in full, a VM's memory stays the VM's; but it runs no more, or it could be given the focus. */
static void during_the_release(enum fake_event what)
{
	(void)what;
	early += !machine_ram_words(1, FRAME_WORD(FRAME_RAM, 1));
	early += d->state == HV_VM_RUNNING;
}

/* Once a frame is written for what comes after, nothing of the old life leads to it. */
static void during_the_scrub(void)
{
	const uint8_t *state = (const uint8_t *)&d->vcpu;
	hpa_t at;

	scrubbed++;
	late += iommu_fake.context[0].attached || iommu_fake.irq[0x30].present;
	late += ptab_lookup(&d->npt, 0, &at, NULL) == HV_OK;
	late += reaches(BAR0_GPA, NULL) != UINT64_MAX;
	late += ptab_lookup(&d->dma, 0, &at, NULL) == HV_OK;
	late += vcpu_fake_left(0);
	for (size_t i = 0; i < sizeof d->vcpu; i++)
		late += state[i] != 0;
}

static void frames_move_when_nobody_reaches_them_any_more(void)
{
	fresh();
	early = late = scrubbed = 0;
	iommu_fake.watch = during_the_release;
	stop();
	CHECK_TRUE(iommu_fake.logged > 4);
	iommu_fake.watch = NULL;
	fake.window_watch = during_the_scrub;
	(void)machine_settle(1);
	fake.window_watch = NULL;
	CHECK_TRUE(scrubbed >= MACHINE_RAM / PAGE_SIZE);
	CHECK_EQ(early, 0);
	CHECK_EQ(late, 0);
}

/* --- interrupts --- */

static uint32_t *shadow(uint32_t entry)
{
	return (uint32_t *)(void *)(fake.mem + shadow_hpa() + entry * 16);
}

static int pending(void)
{
	int vector = vlapic_pending(&d->vcpu.lapic);

	if (vector >= 0) {
		vlapic_accept(&d->vcpu.lapic, (uint32_t)vector);
		CHECK_TRUE(vlapic_write(&d->vcpu.lapic, 0x80b, 0));
	}
	hw_windows_close();
	return vector;
}

static void an_interrupt_becomes_what_the_guest_wrote(void)
{
	fresh();
	shadow(2)[2] = 0x55;
	shadow(2)[3] = 0;
	device_interrupt(0x32);
	CHECK_EQ(pending(), 0x55);
	shadow(2)[2] = 0xffffff66; /* only the vector counts */
	device_interrupt(0x32);
	CHECK_EQ(pending(), 0x66);
	device_interrupt(0x31); /* masked */
	CHECK_EQ(pending(), -1);
}

static void a_masked_interrupt_waits(void)
{
	fresh();
	shadow(1)[2] = 0x44;
	shadow(3)[2] = 0x46;
	device_interrupt(0x31);
	device_interrupt(0x33);
	device_retry(d);
	CHECK_EQ(pending(), -1);
	shadow(1)[3] = 0;
	device_retry(d);
	CHECK_EQ(pending(), 0x44);
	device_retry(d);
	CHECK_EQ(pending(), -1);
	shadow(3)[3] = 0;
	device_retry(dom_at(0)); /* not the owner */
	CHECK_EQ(pending(), -1);
	device_retry(d);
	CHECK_EQ(pending(), 0x46);
}

/* A device can raise any vector on some machines: unknown ones must be nobody's. */
static void vectors_of_nobody_are_ignored(void)
{
	fresh();
	for (unsigned i = 0; i < DEV_MSIX_ENTRIES; i++)
		shadow(i)[3] = 0;
	for (unsigned vector = 0; vector < 300; vector++)
		if (vector < 0x30 || vector >= 0x30 + DEV_MSIX_ENTRIES)
			device_interrupt(vector);
	CHECK_EQ(pending(), -1);
	fake.cpu = 1; /* not the home processor */
	shadow(0)[2] = 0x44;
	device_interrupt(0x30);
	fake.cpu = 0;
	CHECK_EQ(pending(), -1);
	stop();
	device_interrupt(0x30); /* late: it is nobody's now */
	CHECK_EQ(d->vcpu.lapic.reg[VLAPIC_IRR + 1] | d->vcpu.lapic.reg[VLAPIC_IRR + 2], 0);
	hw_windows_close();
}

static void msi_follows_the_guests_registers(void)
{
	fresh_msi();
	CHECK_TRUE(device_config_write(d, DEV_GUEST_DEVFN, DEV_MSI_CAP + 12, 0x61));
	device_interrupt(0x30);
	CHECK_EQ(pending(), -1);
	CHECK_TRUE(device_config_write(d, DEV_GUEST_DEVFN, DEV_MSI_CAP, 1u << 16));
	CHECK_EQ(v.config[DEV_MSI_CAP / 4] >> 16 & 0x7f, 1);
	device_retry(d);
	CHECK_EQ(pending(), 0x61);
}

/* --- the loop --- */

static void play(struct vcpu *vcpu, struct vcpu_exit *x)
{
	(void)vcpu;
	if (fake_open_windows() != 0)
		fake_broken("a guest runs while a window is open");
	x->kind = VEXIT_HLT;
	vcpu_fake_of(vcpu)->interrupts = true;
	fake.tsc += 1000;
}

static void loop(void *unused)
{
	(void)unused;
	sched_loop();
}

static void the_loop_delivers_and_closes_its_windows(void)
{
	fresh();
	vcpu_fake_of(&d->vcpu)->interrupts = true;
	shadow(0)[2] = 0x55;
	shadow(0)[3] = 0;
	shadow(1)[2] = 0x56;
	vcpu_fake_guest = play;
	fake.vector_list[0] = 0x30;
	fake.vector_list[1] = 0x31;
	fake.vectors = 2;
	CHECK_EQ(fake_try(loop, NULL), END_IDLE);
	CHECK_EQ(fake_open_windows(), 0);
	CHECK_EQ(vcpu_fake_of(&d->vcpu)->delivered, 0x55);
}

/* One too many in a period: not one more arrives, nobody is asked, and the next period starts with one of each. */
static void a_storm_of_interrupts_is_cut_off(void)
{
	uint64_t until;

	fresh();
	d->vcpu.halted = dom_at(0)->vcpu.halted = true;
	for (unsigned i = 0; i < 2; i++) {
		shadow(i)[2] = 0x44 + i;
		shadow(i)[3] = 0;
	}
	for (unsigned i = 0; i < SHARE; i++)
		device_interrupt(0x30 + i % 2);
	CHECK_TRUE(iommu_fake.irq[0x30].present);
	CHECK_EQ(pending(), 0x45);
	CHECK_EQ(pending(), 0x44);
	device_interrupt(0x30);
	for (unsigned i = 0; i < DEV_MSIX_ENTRIES; i++)
		CHECK_FALSE(iommu_fake.irq[0x30 + i].present);
	CHECK_TRUE(iommu_fake.quiet);
	CHECK_TRUE(fake_line(
		"hv: device dev0 of vm vm1 interrupts too often: unheard until the next period"));
	device_interrupt(0x31); /* was under way */
	CHECK_EQ(pending(), -1);
	CHECK_TRUE(sched_pick(0, fake.tsc, &until) == NULL);
	CHECK_EQ(until, d->sched.period_end);
	CHECK_FALSE(iommu_fake.irq[0x30].present);
	fake.tsc = until;
	fake_serial_clear();
	CHECK_TRUE(sched_pick(0, fake.tsc, &until) == d);
	CHECK_TRUE(iommu_fake.irq[0x30].present && iommu_fake.irq[0x34].present);
	CHECK_EQ(iommu_fake.irq[0x31].bdf, v.pci->bdf);
	CHECK_EQ(pending(), 0x45);
	CHECK_EQ(pending(), 0x44);
	CHECK_EQ(pending(), -1);
	for (unsigned i = 0; i <= SHARE; i++)
		device_interrupt(0x30);
	CHECK_FALSE(iommu_fake.irq[0x30].present);
	CHECK_STR(fake.serial, ""); /* said once in a life */
	stop();
	CHECK_FALSE(d->irqs_closed);
}

/* The next turn of the loop, so many periods after the last one. */
static void turn_after(unsigned periods)
{
	uint64_t until;

	fake.tsc = d->sched.period_end + (periods - 1) * d->sched.period;
	(void)sched_pick(0, fake.tsc, &until);
	progress_judge(0);
	hw_windows_close();
	iommu_fake.logged = 0;
}

/* With one more than its share, if it STORMS. */
static void a_period(bool storms)
{
	for (unsigned i = 0; storms && i <= SHARE; i++)
		device_interrupt(0x30);
	CHECK_EQ(d->irqs_closed, storms);
	turn_after(1);
}

static void it_begins_to_storm(void)
{
	fresh();
	d->vcpu.halted = dom_at(0)->vcpu.halted = true;
	for (unsigned i = 1; i < STORM_PERIODS; i++)
		a_period(true);
	REQUIRE(d->state == HV_VM_RUNNING);
}

static void a_storm_that_lasts_stops_the_vm(void)
{
	it_begins_to_storm();
	fake_serial_clear();
	a_period(true);
	CHECK_EQ(d->cause, HV_STOP_INTERRUPTS);
	CHECK_TRUE(fake_line(
		"hv: vm vm1: interrupts of its devices come too often in period after period"));
	CHECK_TRUE(fake_line_with("hv: vm vm1 stopped: interrupt-storm "));
	CHECK_EQ(machine_settle(1)->state, HV_VM_DEAD);
	CHECK_EQ(dom_at(0)->state, HV_VM_RUNNING);
}

static void a_period_is_counted_once(void)
{
	it_begins_to_storm();
	for (unsigned i = 0; i <= SHARE; i++)
		device_interrupt(0x30);
	for (unsigned i = 0; i < 3; i++)
		progress_judge(0);
	CHECK_EQ(d->state, HV_VM_RUNNING);
}

static void a_storm_is_judged_at_home(void)
{
	uint64_t until;

	it_begins_to_storm();
	for (unsigned i = 0; i <= SHARE; i++)
		device_interrupt(0x30);
	fake.tsc = d->sched.period_end;
	(void)sched_pick(0, fake.tsc, &until);
	progress_judge(1);
	CHECK_EQ(d->state, HV_VM_RUNNING);
	progress_judge(0);
	CHECK_EQ(d->cause, HV_STOP_INTERRUPTS);
}

/* Half of the time too often is a device that works hard: it is unheard for the other half. */
static void bursts_stop_nobody(void)
{
	fresh();
	d->vcpu.halted = dom_at(0)->vcpu.halted = true;
	for (unsigned i = 0; i < 4 * STORM_PERIODS; i++)
		a_period(i % 2 == 0);
	CHECK_EQ(d->state, HV_VM_RUNNING);
}

static void a_quiet_while_counts_for_all_its_periods(void)
{
	it_begins_to_storm();
	turn_after(STORM_PERIODS);
	for (unsigned i = 1; i < STORM_PERIODS; i++)
		a_period(true);
	CHECK_EQ(d->state, HV_VM_RUNNING);
}

static void the_next_life_has_not_stormed(void)
{
	fresh();
	machine_system->dom[1].flags |= HV_DOM_AUTORESTART;
	machine_system->dom[1].restart_count = 3;
	machine_system->dom[1].restart_window_s = 60;
	for (unsigned life = 1; life <= 2; life++) {
		d->vcpu.halted = dom_at(0)->vcpu.halted = true;
		for (unsigned i = 0; i < STORM_PERIODS; i++) {
			REQUIRE(d->state == HV_VM_RUNNING);
			a_period(true);
		}
		CHECK_EQ(d->cause, HV_STOP_INTERRUPTS);
		CHECK_EQ(machine_settle(1)->state, HV_VM_RUNNING);
		CHECK_EQ(d->life, life + 1);
		fake.cpu = 0;
	}
}

/* What is masked, and looked at again and again, did not arrive again. */
static void waiting_is_not_a_storm(void)
{
	fresh();
	device_interrupt(0x30);
	for (unsigned i = 0; i < 2 * SHARE; i++)
		device_retry(d);
	CHECK_TRUE(iommu_fake.irq[0x30].present);
	hw_windows_close();
}

static void takes_long(void)
{
	fake.tsc += 700;
}

static void interrupts_are_on_the_owners_bill(void)
{
	fresh();
	d->vcpu.halted = dom_at(0)->vcpu.halted = true;
	fake.window_watch = takes_long;
	fake.vector_list[0] = 0x30;
	fake.vectors = 1;
	CHECK_EQ(fake_try(loop, NULL), END_IDLE);
	fake.window_watch = NULL;
	CHECK_EQ(d->sched.used, 700);
	CHECK_EQ(d->sched.left, d->sched.budget - 700);
	CHECK_EQ(dom_at(0)->sched.used, 0);
}

/* --- faults --- */

static void fault(uint16_t bdf, unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		iommu_fake.faults[i] =
			(struct iommu_fault){.bdf = bdf, .reason = 6, .address = 0x123000};
	iommu_fake.fault_count = times;
	device_faults();
}

static unsigned lines(void)
{
	unsigned n = 0;

	for (const char *at = fake.serial; *at != 0; at++)
		n += *at == '\n';
	return n;
}

static void faults_name_the_vm_and_are_counted(void)
{
	fresh();
	fault(v.pci->bdf, 1);
	CHECK_TRUE(fake_line(
		"hv: iommu fault vm=vm1 bdf=100 address=123000 reason=6 write=0 count=1"));
	fault(v.pci->bdf, 4);
	CHECK_EQ(lines(), 4);
	fault(v.pci->bdf, 3); /* the eighth */
	CHECK_EQ(lines(), 5);
	CHECK_EQ(d->iommu_faults, 8);
	CHECK_EQ(d->request, LIFE_NONE);
	fault(0x0010, 10);
	CHECK_TRUE(fake_line_with("(nobody's)"));
	CHECK_TRUE(lines() <= 9);
}

static void a_storm_stops_the_vm(void)
{
	fresh();
	for (unsigned i = 0; i < 1024 / 64; i++)
		fault(v.pci->bdf, 64);
	CHECK_EQ(d->request, LIFE_STORM);
	CHECK_TRUE(lines() < 16);
	life_serve(d);
	CHECK_EQ(d->cause, HV_STOP_IOMMU);
	CHECK_EQ(machine_settle(1)->state, HV_VM_DEAD);
	machine_request(d, LIFE_STORM);
	life_serve(d);
	CHECK_EQ(d->state, HV_VM_DEAD);
	CHECK_EQ(dom_at(0)->state, HV_VM_RUNNING);
}

/* The unit interrupts again only when it has been emptied: what one turn leaves, the next must take unasked. */
static void more_faults_than_a_turn_takes(void)
{
	fresh();
	for (unsigned i = 0; i < 100; i++)
		iommu_fake.faults[i] = (struct iommu_fault){.bdf = v.pci->bdf};
	iommu_fake.fault_count = 100;
	vcpu_fake_guest = play;
	fake.vector_list[0] = HW_VECTOR_IOMMU;
	fake.vectors = 1;
	fake.idles_allowed = 10;
	CHECK_EQ(fake_try(loop, NULL), END_IDLE);
	CHECK_EQ(iommu_fake.fault_count, 0);
	CHECK_EQ(d->iommu_faults, 100);
}

/* What the administrator asked for is not overwritten by what the device does meanwhile. */
static void a_storm_does_not_undo_a_request(void)
{
	fresh();
	machine_system->dom[1].flags |= HV_DOM_AUTORESTART;
	machine_system->dom[1].restart_count = 3;
	machine_system->dom[1].restart_window_s = 60;
	machine_request(d, LIFE_OFF);
	for (unsigned i = 0; i < 1024 / 64; i++)
		fault(v.pci->bdf, 64);
	CHECK_EQ(d->request, LIFE_OFF | LIFE_NOW); /* and it is not asked any more */
	life_serve(d);
	CHECK_EQ(machine_settle(1)->state, HV_VM_OFF);
}

static struct hv_device_status asked(uint64_t n)
{
	struct hv_device_status s = {0};

	fake.cpu = 0;
	CHECK_EQ(machine_call(dom_at(0), HV_CALL_DEVICE_STATUS, n, 0x20000, 0, 0), HV_OK);
	memcpy(&s, machine_ram(0, 0x20000), sizeof s);
	return s;
}

static void the_administrator_sees_where_it_is(void)
{
	struct hv_device_status s;

	fresh();
	s = asked(0);
	CHECK_STR((const char *)s.name, (const char *)machine_system->dev[0].name);
	CHECK_EQ(s.dom, 1);
	CHECK_EQ(s.state, HV_DEVICE_ASSIGNED);
	CHECK_EQ(s.bdf, v.pci->bdf);
	CHECK_EQ(s.vendor, v.pci->vendor);
	CHECK_EQ(s.device, v.pci->device);
	CHECK_EQ(s.tainted, 0);
	machine_request(d, LIFE_KILL);
	life_serve(d);
	s = asked(0);
	CHECK_EQ(s.state, HV_DEVICE_FREE);
	CHECK_EQ(s.bdf, v.pci->bdf);
	CHECK_EQ(machine_call(dom_at(0), HV_CALL_DEVICE_STATUS, 1, 0x20000, 0, 0), HV_EPERM);
}

static void what_the_core_needs_for_it_counts(void)
{
	struct hv_vm_status s;

	fresh();
	CHECK_EQ(machine_call(dom_at(0), HV_CALL_VM_STATUS, 1, 0x20000, 0, 0), HV_OK);
	memcpy(&s, machine_ram(0, 0x20000), sizeof s);
	CHECK_TRUE(d->dma.used > 0);
	CHECK_EQ(s.core_bytes, /* the page behind the RAM stands for the MSI-X table */
		 sizeof *d + (d->npt.used + d->dma.used + 1) * PAGE_SIZE + PAGE_SIZE);
}

static void the_administrator_sees_that_it_is_absent(void)
{
	struct hv_device_status s;

	make();
	machine_system->dev[0].value = 0xffff;
	boot();
	s = asked(0);
	CHECK_STR((const char *)s.name, (const char *)machine_system->dev[0].name);
	CHECK_EQ(s.state, HV_DEVICE_ABSENT);
	CHECK_EQ(s.bdf | s.vendor | s.device, 0);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(the_vm_reaches_its_registers_and_no_others);
	RUN(a_table_at_the_start_or_end_of_its_range);
	RUN(its_dma_reaches_ram_of_the_vm_and_nothing_else);
	RUN(each_table_entry_is_the_cores_own);
	RUN(interrupts_go_to_the_home_processor);
	RUN(msi_gets_one_entry);
	RUN(a_function_starts_quiet);
	RUN(a_vm_whose_device_fails_does_not_start);
	RUN(release_goes_in_order);
	RUN(a_function_comes_without_interrupts);
	RUN(frames_move_when_nobody_reaches_them_any_more);
	RUN(an_interrupt_becomes_what_the_guest_wrote);
	RUN(a_masked_interrupt_waits);
	RUN(vectors_of_nobody_are_ignored);
	RUN(msi_follows_the_guests_registers);
	RUN(a_storm_of_interrupts_is_cut_off);
	RUN(a_storm_that_lasts_stops_the_vm);
	RUN(a_period_is_counted_once);
	RUN(a_storm_is_judged_at_home);
	RUN(bursts_stop_nobody);
	RUN(a_quiet_while_counts_for_all_its_periods);
	RUN(the_next_life_has_not_stormed);
	RUN(waiting_is_not_a_storm);
	RUN(interrupts_are_on_the_owners_bill);
	RUN(the_loop_delivers_and_closes_its_windows);
	RUN(faults_name_the_vm_and_are_counted);
	RUN(a_storm_stops_the_vm);
	RUN(more_faults_than_a_turn_takes);
	RUN(a_storm_does_not_undo_a_request);
	RUN(the_administrator_sees_where_it_is);
	RUN(the_administrator_sees_that_it_is_absent);
	RUN(what_the_core_needs_for_it_counts);
	return check_end();
}
