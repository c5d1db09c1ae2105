/* SPDX-License-Identifier: Apache-2.0 */
/* Who reaches which physical page, read out of the tables entry by entry: no page is in two VMs, whatever happens to them. */
#include "check.h"
#include "device_state.h"
#include "focus.h"
#include "life.h"
#include "lock.h"
#include "tests/fakes/leaves.h"
#include "tests/fakes/machine_device.h"

#define WIDTH  320u
#define HEIGHT 240u
#define PITCH  1300u /* rows and pages do not agree */
#define DOMS   4u
#define PAGES  (256ull << 20 >> 12) /* up to here: memory, screen, registers */
#define NOBODY 0xffu

static uint8_t reached_by[PAGES]; /* 1 + VM; 0 = by none */

/* vm0 has the right to move the focus; vm1 and vm2 have a device and a screen each; vm3 has neither. */
static void make(void)
{
	machine_make(DOMS);
	machine_system->dom[0].rights = HV_RIGHT_FOCUS;
	for (unsigned i = 0; i < 2; i++) {
		(void)machine_device(i, 1 + i);
		machine_screen(1 + i, WIDTH, HEIGHT, PITCH);
	}
}

static void boot(void)
{
	machine_boot();
	for (unsigned i = 0; i < DOMS; i++)
		CHECK_EQ(machine_settle(i)->state, HV_VM_RUNNING);
	fake.cpu = 0;
}

static uint64_t screen_at(void)
{
	return machine_handoff->fb.hpa + ((32 * PITCH + PAGE_MASK) & ~PAGE_MASK);
}

static uint64_t screen_bytes(void)
{
	return machine_handoff->fb.hpa + HANDOFF_SCREEN_BYTES(machine_handoff->fb) - screen_at();
}

/* What this leaf must be, if D may have it at all; 0 = it may not. */
static uint64_t flags_due(const struct domain *d, uint64_t ia, uint64_t hpa)
{
	const uint64_t data = LEAF_P | LEAF_RW | LEAF_US;

	if (frames_word((hpa_t){hpa}) == FRAME_WORD(FRAME_RAM, d->id)) {
		if (ia < MACHINE_RAM)
			return hpa == d->mem->ram.hpa + ia ? data : 0;
		return hpa >= d->mem->ram.hpa + MACHINE_RAM ? data | LEAF_NX : 0;
	}
	if (hpa >= screen_at() && hpa < screen_at() + screen_bytes())
		return ia - FOCUS_SCREEN_GPA == hpa - screen_at() ? data | LEAF_NX | LEAF_WC : 0;
	for (uint32_t i = 0; i < device_count; i++) {
		const struct device *v = &devices[i];

		for (unsigned j = 0; v->dom == d && v->assigned && j < HANDOFF_BAR_MAX; j++) {
			const struct handoff_bar *b = &v->pci->bar[j];
			uint64_t table = b->hpa + (v->pci->msix_offset & ~(uint32_t)PAGE_MASK);

			if (b->hpa == 0 || hpa < b->hpa || hpa >= b->hpa + b->bytes)
				continue;
			if (ia - v->bar_gpa[j] != hpa - b->hpa ||
			    (j == v->pci->msix_bir && hpa == table))
				return 0; /* the real interrupt table is nobody's */
			return data | LEAF_NX | LEAF_UC;
		}
	}
	return 0;
}

static bool leaf_is_due(const struct domain *d, const struct leaf *l)
{
	for (uint64_t at = 0; at < l->bytes; at += PAGE_SIZE) {
		uint64_t due = flags_due(d, l->ia + at, l->hpa + at);

		if (due == 0 || (l->flags & ~0x80ull) != due)
			return false;
	}
	return true;
}

/* Every page of every table of the processors. */
static void audit_vms(void)
{
	memset(reached_by, 0, sizeof reached_by);
	for (uint32_t i = 0; i < DOMS; i++) {
		const struct domain *d = dom_at(i);
		unsigned n = d->npt.root.v == 0 ? 0 : leaves_of(&d->npt);

		for (unsigned j = 0; j < n; j++) {
			uint64_t first = leaves[j].hpa / PAGE_SIZE;
			uint64_t count = leaves[j].bytes / PAGE_SIZE;

			REQUIRE(first < PAGES && count <= PAGES - first);
			REQUIRE(leaf_is_due(d, &leaves[j]));
			for (uint64_t page = first; page < first + count; page++) {
				REQUIRE(reached_by[page] == 0 || reached_by[page] == 1 + i);
				reached_by[page] = (uint8_t)(1 + i);
			}
		}
	}
}

/* Every requester: RAM of the VM that owns it, at the VM's own addresses, and nothing behind that. */
static void audit_devices(void)
{
	for (unsigned i = 0; i < ARRAY_LEN(iommu_fake.context); i++) {
		const struct domain *d;
		unsigned n;

		if (!iommu_fake.context[i].attached)
			continue;
		d = dom_at(iommu_fake.context[i].dom);
		REQUIRE(device_owner(iommu_fake.context[i].bdf) == d);
		REQUIRE(iommu_fake.context[i].root.v == d->dma.root.v);
		n = leaves_of(&d->dma);
		for (unsigned j = 0; j < n; j++) {
			REQUIRE(leaves[j].hpa == d->mem->ram.hpa + leaves[j].ia);
			REQUIRE(leaves[j].ia + leaves[j].bytes <= d->ram_bytes);
			REQUIRE((leaves[j].flags & ~0x80ull) == 3); /* read and write */
			REQUIRE(frames_word((hpa_t){leaves[j].hpa}) ==
				FRAME_WORD(FRAME_RAM, d->id));
		}
	}
}

static void audit(void)
{
	audit_vms();
	audit_devices();
}

static unsigned screen_with(void)
{
	uint8_t first = reached_by[screen_at() / PAGE_SIZE];

	for (uint64_t at = 0; at < screen_bytes(); at += PAGE_SIZE)
		CHECK_EQ(reached_by[(screen_at() + at) / PAGE_SIZE], first);
	return first == 0 ? NOBODY : first - 1u;
}

static void focus(uint64_t id)
{
	CHECK_EQ(machine_call(dom_at(0), HV_CALL_FOCUS_SET, id, 0, 0, 0), HV_OK);
	audit();
}

static void serve(unsigned dom)
{
	focus_serve(dom_at(dom));
	audit();
}

static void steps_of(unsigned dom)
{
	struct domain *d = dom_at(dom);

	for (unsigned i = 0; life_has_work(d) && i < 100; i++) {
		life_step(d);
		fake.tsc += MACHINE_MS * 10; /* a device that was reset has its rest */
		audit();
	}
	CHECK_FALSE(life_has_work(d));
}

/* --- */

static void each_vm_reaches_all_of_its_own(void)
{
	make();
	boot();
	audit();
	for (unsigned i = 1; i < 3; i++) {
		const struct device *v = &devices[i - 1];

		CHECK_EQ(leaves_reach(&dom_at(i)->npt, dom_at(i)->mem->ram.hpa, MACHINE_RAM),
			 MACHINE_RAM);
		CHECK_EQ(leaves_reach(&dom_at(i)->npt, v->shadow.v, PAGE_SIZE), PAGE_SIZE);
		CHECK_EQ(leaves_reach(&dom_at(i)->npt, v->pci->bar[0].hpa, DEV_BAR0_BYTES),
			 DEV_BAR0_BYTES);
		CHECK_EQ(leaves_reach(&dom_at(i)->npt, v->pci->bar[2].hpa, DEV_BAR2_BYTES),
			 DEV_BAR2_BYTES - PAGE_SIZE);
		CHECK_EQ(leaves_reach(&dom_at(i)->dma, 0, FAKE_MEM), MACHINE_RAM);
	}
	CHECK_EQ(leaves_reach(&dom_at(3)->npt, 0, PAGES * PAGE_SIZE), MACHINE_RAM);
	CHECK_EQ(screen_with(), NOBODY);
}

static void two_devices_of_one_vm_share_nothing(void)
{
	uint64_t ram;

	machine_make(DOMS);
	(void)machine_device(0, 1);
	(void)machine_device(1, 1);
	boot();
	audit();
	ram = dom_at(1)->mem->ram.hpa;
	CHECK_EQ(leaves_reach(&dom_at(1)->npt, ram, MACHINE_RAM + 2 * PAGE_SIZE),
		 MACHINE_RAM + 2 * PAGE_SIZE);
	for (unsigned i = 0; i < 2; i++) {
		CHECK_EQ(devices[i].shadow.v, ram + MACHINE_RAM + i * PAGE_SIZE);
		CHECK_EQ(leaves_reach(&dom_at(1)->npt, devices[i].shadow.v, PAGE_SIZE), PAGE_SIZE);
	}
}

static void nothing_is_reached_before_a_vm_runs(void)
{
	make();
	machine_boot();
	for (unsigned i = 0; i < DOMS; i++) {
		struct domain *d = dom_at(i);

		while (d->state != HV_VM_RUNNING) {
			CHECK_EQ(d->npt.root.v, 0);
			life_step(d);
			audit();
		}
	}
}

static void a_vm_that_cannot_have_its_device_reaches_nothing(void)
{
	make();
	machine_boot();
	iommu_fake.fail_attach = HV_ENOMEM;
	(void)machine_settle(1);
	CHECK_EQ(dom_at(1)->state, HV_VM_REFUSED);
	CHECK_EQ(leaves_of(&dom_at(1)->npt), 0);
	CHECK_EQ(leaves_of(&dom_at(1)->dma), 0);
	audit();
}

static void the_screen_is_in_one_vm_at_a_time(void)
{
	static const unsigned order[] = {1, 2, 1, NOBODY, 2, NOBODY, 1, 2};

	make();
	boot();
	for (unsigned i = 0; i < ARRAY_LEN(order); i++) {
		focus(order[i] == NOBODY ? HV_DOM_NONE : order[i]);
		for (unsigned turn = 0; turn < 2; turn++)
			for (unsigned dom = 0; dom < DOMS; dom++)
				serve(dom);
		CHECK_EQ(screen_with(), order[i]);
	}
}

static void a_restart_passes_nothing_on(void)
{
	make();
	boot();
	for (unsigned life = 2; life < 4; life++) {
		focus(1);
		serve(2);
		serve(1);
		machine_request(dom_at(1), (enum life_request)(LIFE_RESTART | LIFE_NOW));
		life_serve(dom_at(1));
		audit();
		CHECK_EQ(leaves_of(&dom_at(1)->npt), 0);
		CHECK_EQ(leaves_of(&dom_at(1)->dma), 0);
		CHECK_FALSE(devices[0].assigned);
		steps_of(1);
		CHECK_EQ(dom_at(1)->life, life);
		CHECK_EQ(screen_with(), NOBODY);
		focus(2);
		serve(1);
		serve(2);
		CHECK_EQ(screen_with(), 2);
	}
}

/* A table is its home processor's to change: the one that takes the screen away does not give it to a VM of another. */
static void each_processor_maps_for_its_own_vms(void)
{
	make();
	machine_handoff->cpu_count = 2;
	machine_system->dom[2].cpu = 1;
	boot();
	focus(1);
	serve(1);
	focus(2);
	serve(1);
	CHECK_EQ(screen_with(), NOBODY);
	fake.cpu = 1;
	serve(2);
	fake.cpu = 0;
	CHECK_EQ(screen_with(), 2);
}

/* While the processor of vm1 takes its device back, that of vm2 is not idle. */
static void other_processor(enum fake_event what)
{
	unsigned cpu = fake.cpu;

	audit();
	if (what != EV_CONFIG) /* the core lock is held */
		return;
	fake.cpu = dom_at(2)->cpu;
	serve(2);
	fake.cpu = cpu;
}

static void a_dying_vm_has_lost_the_screen_before_another_gets_it(void)
{
	make();
	machine_handoff->cpu_count = 2;
	machine_system->dom[2].cpu = 1;
	boot();
	focus(1);
	serve(1);
	focus(2);
	iommu_fake.watch = other_processor;
	life_stop(dom_at(1), HV_STOP_TRIPLE_FAULT);
	iommu_fake.watch = NULL;
	CHECK_EQ(screen_with(), 2); /* it did not have to wait for that */
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(each_vm_reaches_all_of_its_own);
	RUN(two_devices_of_one_vm_share_nothing);
	RUN(nothing_is_reached_before_a_vm_runs);
	RUN(a_vm_that_cannot_have_its_device_reaches_nothing);
	RUN(the_screen_is_in_one_vm_at_a_time);
	RUN(a_restart_passes_nothing_on);
	RUN(each_processor_maps_for_its_own_vms);
	RUN(a_dying_vm_has_lost_the_screen_before_another_gets_it);
	return check_end();
}
