/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a VM: images that are not what the description says, and clean memory. */
#include "check.h"
#include "focus.h"
#include "life.h"
#include "lock.h"
#include "tests/fakes/machine_device.h"

#define RESTART_NOW ((enum life_request)(LIFE_RESTART | LIFE_NOW))

static struct domain *d;
static const struct hv_image_range twelve_pages = {.gpa = 0x1000, .pages = 12};

static void ask(enum life_request r)
{
	machine_request(d, r);
	life_serve(d);
}

static void a_vm_runs_what_its_image_says(void)
{
	const struct vcpu_fake *cpu;

	machine_make(2);
	memset(machine_ram(1, 0), 0xdd, MACHINE_RAM);
	machine_boot();
	d = machine_settle(1);
	CHECK_EQ(d->state, HV_VM_RUNNING);
	CHECK_EQ(d->life, 1);
	CHECK_TRUE(machine_ram_words(1, FRAME_WORD(FRAME_RAM, 1)));
	for (uint64_t gpa = 0; gpa < MACHINE_RAM; gpa++) {
		bool loaded = (gpa >= 0x1000 && gpa < 0x2000) || (gpa >= 0x10000 && gpa < 0x12000);

		REQUIRE(*machine_ram(1, gpa) == (loaded ? image_byte(1, gpa) : 0));
	}
	cpu = vcpu_fake_of(&d->vcpu);
	CHECK_EQ(cpu->dom, 1);
	CHECK_EQ(cpu->rip, IMAGE_ENTRY);
	CHECK_EQ(cpu->rsp, 0x8000);
	CHECK_EQ(cpu->cr3, 0x10000);
	CHECK_EQ(d->vcpu.gpr[RSI], 0x9001);
	CHECK_EQ(cpu->npt_root.v, d->npt.root.v);
	CHECK_EQ(cpu->tsc_offset + fake.tsc, 0); /* the guest's clock starts at 0 */
	CHECK_MEM(d->digest, machine_system->dom[1].image_digest, 32);
}

static void its_table_maps_its_ram_and_nothing_else(void)
{
	uint32_t prot;
	hpa_t at;

	machine_start(2);
	d = dom_at(1);
	for (uint64_t gpa = 0; gpa < 16 * MACHINE_RAM; gpa += PAGE_SIZE) {
		enum hv_err err = ptab_lookup(&d->npt, gpa, &at, &prot);

		REQUIRE(err == (gpa < MACHINE_RAM ? HV_OK : HV_EFAULT));
		if (err == HV_OK) {
			REQUIRE(at.v == machine_handoff->dom[1].ram.hpa + gpa);
			REQUIRE(prot == (PROT_R | PROT_W | PROT_X));
		}
	}
	CHECK_EQ(ptab_lookup(&d->npt, 0xfee00000, &at, NULL), HV_EFAULT);
	CHECK_EQ(d->npt.first, PTPOOL_CORE_PAGES + PTPOOL_DOM_PAGES); /* its own slice */
}

static void a_disabled_vm_stays_off_with_clean_memory(void)
{
	machine_make(1);
	machine_system->dom[0].flags &= ~HV_DOM_ENABLED;
	memset(machine_ram(0, 0), 0xdd, MACHINE_RAM);
	machine_boot();
	d = machine_settle(0);
	CHECK_EQ(d->state, HV_VM_OFF);
	CHECK_TRUE(machine_ram_zero(0));
	CHECK_TRUE(machine_ram_words(0, FRAME_WORD(FRAME_FREE, 0)));
	CHECK_TRUE(fake_line("hv: vm vm0 off (none), memory clean"));
}

/* A step is bounded: scrubbing 2 MiB takes several, and nothing is lent out before the last. */
static void work_is_done_in_steps(void)
{
	unsigned scrubs = 0, loads = 0;

	machine_make(1);
	machine_image(0, &twelve_pages, 1);
	machine_boot();
	d = dom_at(0);
	while (d->state == HV_VM_SCRUBBING) {
		CHECK_TRUE(machine_ram_words(0, FRAME_WORD(FRAME_SCRUB, 0)));
		life_step(d);
		scrubs++;
	}
	while (d->state == HV_VM_LOADING) {
		CHECK_TRUE(machine_ram_words(0, FRAME_WORD(FRAME_RAM, 0)));
		life_step(d);
		loads++;
	}
	CHECK_EQ(scrubs, MACHINE_RAM / PAGE_SIZE / 64);
	CHECK_EQ(loads, 2);
	CHECK_FALSE(life_has_work(d));
	fake.windows = 0;
	life_step(d); /* no work: nothing happens */
	CHECK_EQ(fake.windows, 0);
	CHECK_EQ(d->state, HV_VM_RUNNING);
}

/* --- images that are not believed --- */

/* It must end refused, clean, and not have run; the others run. */
static void is_refused(enum hv_stop_cause cause, const char *why)
{
	char line[120];

	memset(machine_ram(1, 0), 0xdd, MACHINE_RAM);
	machine_boot();
	d = machine_settle(1);
	CHECK_EQ(d->state, HV_VM_REFUSED);
	CHECK_EQ(d->cause, cause);
	CHECK_EQ(d->life, 0);
	CHECK_TRUE(machine_ram_zero(1));
	CHECK_TRUE(machine_ram_words(1, FRAME_WORD(FRAME_FREE, 1)));
	(void)snprintf(line, sizeof line, "hv: vm vm1 refused: %s", why);
	if (!fake_line(line))
		check_fail(__FILE__, __LINE__, why);
	CHECK_FALSE(fake_line_with("vm vm1 dom="));
	CHECK_EQ(machine_settle(0)->state, HV_VM_RUNNING);
}

static void a_changed_byte_is_refused(void)
{
	static const uint64_t places[] = {0, 4095, 4096, 2 * 4096 + 5, 3 * 4096 + 4095};

	for (unsigned i = 0; i < ARRAY_LEN(places); i++) {
		machine_make(2);
		((uint8_t *)machine_header(1))[i == 0 ? 700 : places[i]] ^= 1;
		is_refused(HV_STOP_DIGEST, "image digest differs from the description");
	}
}

static void a_changed_digest_is_refused(void)
{
	for (unsigned i = 0; i < 32; i += 31) {
		machine_make(2);
		machine_system->dom[1].image_digest[i] ^= 0x80;
		is_refused(HV_STOP_DIGEST, "image digest differs from the description");
	}
}

static void a_missing_file_is_refused(void)
{
	for (uint32_t status = IMAGE_NONE; status <= IMAGE_READ_ERROR; status++) {
		if (status == IMAGE_OK)
			continue;
		machine_make(2);
		machine_handoff->dom[1].image_status = status;
		is_refused(HV_STOP_IMAGE, "image file missing");
	}
	machine_make(2);
	machine_handoff->dom[1].image.bytes = PAGE_SIZE - 1;
	is_refused(HV_STOP_IMAGE, "image file missing");
}

static struct hv_image *fresh_header(void)
{
	machine_make(2);
	return machine_header(1);
}

#define MAGIC  "image header: magic or version"
#define NUMBER "image header: number of ranges"
#define RANGE  "image header: range"
#define BEYOND "image header: range outside memory"
#define LENGTH "image header: length"
#define MEMORY "image needs more memory than the description gives"

/* Every header is hashed anew, so that it is the check of the field that refuses and not the digest. */
static void refused_for(const char *why)
{
	machine_header(1)->pad[0] = 1;
	is_refused(HV_STOP_HEADER, why);
}

static void bad_headers_are_refused(void)
{
	fresh_header()->magic++;
	refused_for(MAGIC);
	fresh_header()->version++;
	refused_for(MAGIC);
	fresh_header()->range_count = 0;
	refused_for(NUMBER);
	fresh_header()->range_count = HV_IMAGE_RANGE_MAX + 1;
	refused_for(NUMBER);
	fresh_header()->range_count = UINT32_MAX;
	refused_for(NUMBER);
	fresh_header()->ram_min_bytes = MACHINE_RAM + 1;
	refused_for(MEMORY);
}

static void bad_ranges_are_refused(void)
{
	fresh_header()->range[0].gpa = 0x1001;
	refused_for(RANGE);
	fresh_header()->range[0].pages = 0;
	refused_for(RANGE);
	fresh_header()->range[1].gpa = 0x1000; /* overlaps the first */
	refused_for(RANGE);
	fresh_header()->range[1].gpa = 0; /* descends */
	refused_for(RANGE);
	fresh_header()->range[1].gpa = MACHINE_RAM + PAGE_SIZE;
	refused_for(RANGE);
	fresh_header()->range[1].gpa = 0 - PAGE_SIZE;
	refused_for(RANGE);
	fresh_header()->range[1].gpa = MACHINE_RAM;
	refused_for(BEYOND);
	fresh_header()->range[1].gpa = MACHINE_RAM - PAGE_SIZE; /* two pages do not fit */
	refused_for(BEYOND);
	fresh_header()->range[0].pages = UINT64_MAX;
	refused_for(BEYOND);
	fresh_header()->range[0].pages = 1ull << 52; /* as bytes it is 0 */
	refused_for(BEYOND);
}

static void bad_lengths_are_refused(void)
{
	fresh_header()->file_bytes += PAGE_SIZE;
	refused_for(LENGTH);
	fresh_header()->file_bytes--;
	refused_for(LENGTH);
	fresh_header()->file_bytes = 0;
	refused_for(LENGTH);
	fresh_header();
	machine_handoff->dom[1].image.bytes = 4 * PAGE_SIZE - 1; /* the file was cut */
	refused_for(LENGTH);
}

static void ranges_may_touch_and_end_with_memory(void)
{
	static const struct hv_image_range ranges[] = {
		{0,		       1},
		{0x1000,			 2},
		     {MACHINE_RAM - PAGE_SIZE, 1}
	 };

	machine_make(1);
	machine_image(0, ranges, 3);
	machine_boot();
	d = machine_settle(0);
	CHECK_EQ(d->state, HV_VM_RUNNING);
	CHECK_EQ(*machine_ram(0, 0x2fff), image_byte(0, 0x2fff));
	CHECK_EQ(*machine_ram(0, 0x3000), 0);
	CHECK_EQ(*machine_ram(0, MACHINE_RAM - 1), image_byte(0, MACHINE_RAM - 1));
}

/* --- stopping --- */

static void nothing_of_a_stopped_vm_remains(void)
{
	hpa_t at;
	struct ptab npt;
	const uint8_t *state;

	machine_start(2);
	d = dom_at(1);
	npt = d->npt;
	memset(machine_ram(1, 0), 0xee, MACHINE_RAM);
	memset(machine_ram(0, 0x30000), 0x33, PAGE_SIZE);
	memset(d->vcpu.fpu, 0x44, sizeof d->vcpu.fpu);
	d->vcpu.gpr[RAX] = 0x5555;
	d->history[3].rip = 0x6666;
	d->pci.msi_address = 0x7777;
	d->ready = true;
	memcpy(d->console.line, "half a line", 11);
	d->console.used = 11;
	life_stop(d, HV_STOP_TRIPLE_FAULT);
	CHECK_TRUE(fake_line("[vm1] half a line"));
	state = (const uint8_t *)&d->vcpu;
	for (size_t i = 0; i < sizeof d->vcpu; i++)
		REQUIRE(state[i] == 0);
	CHECK_EQ(d->history[3].rip, 0);
	CHECK_EQ(d->pci.msi_address, 0);
	CHECK_FALSE(d->ready);
	CHECK_EQ(ptab_lookup(&npt, 0, &at, NULL), HV_EFAULT); /* at once, before any scrubbing */
	CHECK_TRUE(machine_ram_words(1, FRAME_WORD(FRAME_SCRUB, 1)));
	(void)machine_settle(1);
	CHECK_EQ(d->state, HV_VM_DEAD);
	CHECK_TRUE(machine_ram_zero(1));
	for (size_t i = 0; i < sizeof d->console.line; i++)
		REQUIRE(d->console.line[i] == 0);
	CHECK_MEM(fake.wiped, "half a line", 11); /* and the stack with it */
	CHECK_TRUE(machine_ram_words(1, FRAME_WORD(FRAME_FREE, 1)));
	CHECK_TRUE(fake_line("hv: vm vm1 dead (triple-fault), memory clean"));
	CHECK_TRUE(machine_ram_words(0, FRAME_WORD(FRAME_RAM, 0)));
	CHECK_EQ(*machine_ram(0, 0x30000), 0x33);
}

static void a_second_life_starts_like_the_first(void)
{
	machine_start(1);
	d = dom_at(0);
	memset(machine_ram(0, 0), 0xee, MACHINE_RAM);
	d->pci.msi_control = 1;
	d->pci.address = 0x80000000;
	d->exits = 1000;
	dom_post(d, 0, 5);
	ask(RESTART_NOW);
	CHECK_EQ(d->state, HV_VM_SCRUBBING);
	dom_post(d, 1, 5);
	(void)machine_settle(0);
	CHECK_EQ(d->state, HV_VM_RUNNING);
	CHECK_EQ(d->life, 2);
	CHECK_EQ(d->restarts, 1);
	CHECK_EQ(d->cause, HV_STOP_KILLED);
	CHECK_EQ(d->events[0] | d->events[1], 0);
	CHECK_EQ(d->pci.msi_control | d->pci.address, 0);
	CHECK_EQ(d->exits, 0);
	for (uint64_t gpa = 0; gpa < MACHINE_RAM; gpa++) {
		bool loaded = (gpa >= 0x1000 && gpa < 0x2000) || (gpa >= 0x10000 && gpa < 0x12000);

		REQUIRE(*machine_ram(0, gpa) == (loaded ? image_byte(0, gpa) : 0));
	}
}

static void a_vm_without_memory_never_starts(void)
{
	machine_make(1);
	machine_handoff->dom[0].ram = (struct handoff_extent){0, 0};
	machine_boot();
	d = dom_at(0);
	ask(LIFE_ON);
	ask(LIFE_RESTART);
	ask(LIFE_KILL);
	CHECK_EQ(d->state, HV_VM_REFUSED);
	CHECK_EQ(d->restarts, 0);
	CHECK_FALSE(life_has_work(d));
}

static void requests_kick_the_home_processor(void)
{
	machine_start(1);
	d = dom_at(0);
	machine_request(d, LIFE_KILL);
	CHECK_EQ(fake.kicks[0], 0);
	fake.cpu = 1;
	machine_request(d, LIFE_KILL);
	CHECK_EQ(fake.kicks[0], 1);
}

static bool looked;

static void another_processor_looks(enum fake_event what)
{
	uint64_t generation;

	if (what != EV_DETACH)
		return;
	CHECK_EQ(focus_set(0, &generation), HV_ESTATE);
	CHECK_FALSE(focus_is(d));
	looked = true;
}

/* Taking its devices back takes long. Half-way there another processor must see already that it does not run. */
static void a_vm_that_stops_does_not_run_any_more(void)
{
	machine_make(1);
	(void)machine_device(0, 0);
	machine_screen(0, 64, 128, 256);
	machine_boot();
	d = machine_settle(0);
	iommu_fake.watch = another_processor_looks;
	ask(LIFE_KILL);
	CHECK_TRUE(looked);
}

/* --- restarts by itself --- */

static void make_restarting(uint32_t count, uint32_t window_s)
{
	machine_make(1);
	machine_system->dom[0].flags |= HV_DOM_AUTORESTART;
	machine_system->dom[0].restart_count = count;
	machine_system->dom[0].restart_window_s = window_s;
	machine_boot();
	d = machine_settle(0);
}

static void die_at_second(uint64_t second)
{
	fake.tsc = second * 1000 * MACHINE_MS;
	life_stop(d, HV_STOP_TRIPLE_FAULT);
	(void)machine_settle(0);
}

static void restarts_within_its_budget(void)
{
	make_restarting(3, 60);
	for (unsigned i = 0; i < 3; i++) {
		die_at_second(100 + i);
		CHECK_EQ(d->state, HV_VM_RUNNING);
		CHECK_EQ(d->restarts, i + 1);
	}
	die_at_second(159);
	CHECK_EQ(d->state, HV_VM_DEAD);
	CHECK_EQ(d->restarts, 3);
	CHECK_EQ(d->life, 4);
}

static void a_new_window_brings_a_new_budget(void)
{
	make_restarting(1, 60);
	die_at_second(100);
	CHECK_EQ(d->state, HV_VM_RUNNING);
	die_at_second(161);
	CHECK_EQ(d->state, HV_VM_RUNNING);
	die_at_second(221); /* 60 s after the window began: still in it */
	CHECK_EQ(d->state, HV_VM_DEAD);
}

static void an_administrators_kill_is_final(void)
{
	make_restarting(3, 60);
	ask(LIFE_KILL);
	CHECK_EQ(machine_settle(0)->state, HV_VM_DEAD);
}

static void without_the_flag_it_stays_dead(void)
{
	machine_start(1);
	d = dom_at(0);
	life_stop(d, HV_STOP_EXIT);
	CHECK_EQ(machine_settle(0)->state, HV_VM_DEAD);
	CHECK_EQ(d->restarts, 0);
}

/* Also what the log, the bar and the status call them. */
static void names_are_in_the_order_of_the_abi(void)
{
	CHECK_STR(life_state_name(HV_VM_OFF), "off");
	CHECK_STR(life_state_name(HV_VM_LOADING), "loading");
	CHECK_STR(life_state_name(HV_VM_RUNNING), "running");
	CHECK_STR(life_state_name(HV_VM_SCRUBBING), "scrubbing");
	CHECK_STR(life_state_name(HV_VM_DEAD), "dead");
	CHECK_STR(life_state_name(HV_VM_REFUSED), "refused");
	CHECK_STR(life_state_name(HV_VM_SAVING), "saving");
	CHECK_STR(life_state_name(HV_VM_RESTORING), "restoring");
	CHECK_STR(life_state_name((enum hv_vm_state)8), "?");
	CHECK_STR(life_cause_name(HV_STOP_NONE), "none");
	CHECK_STR(life_cause_name(HV_STOP_EXIT), "exit");
	CHECK_STR(life_cause_name(HV_STOP_TRIPLE_FAULT), "triple-fault");
	CHECK_STR(life_cause_name(HV_STOP_NESTED_FAULT), "nested-fault");
	CHECK_STR(life_cause_name(HV_STOP_BAD_STATE), "bad-state");
	CHECK_STR(life_cause_name(HV_STOP_UNEXPECTED), "unexpected-exit");
	CHECK_STR(life_cause_name(HV_STOP_KILLED), "killed");
	CHECK_STR(life_cause_name(HV_STOP_RESET), "reset");
	CHECK_STR(life_cause_name(HV_STOP_HALTED), "halted");
	CHECK_STR(life_cause_name(HV_STOP_DIGEST), "wrong-digest");
	CHECK_STR(life_cause_name(HV_STOP_IMAGE), "no-image");
	CHECK_STR(life_cause_name(HV_STOP_DEVICE), "no-device");
	CHECK_STR(life_cause_name(HV_STOP_IOMMU), "iommu");
	CHECK_STR(life_cause_name(HV_STOP_OFF), "off");
	CHECK_STR(life_cause_name(HV_STOP_MEMORY), "no-memory");
	CHECK_STR(life_cause_name(HV_STOP_HEADER), "bad-image");
	CHECK_STR(life_cause_name(HV_STOP_UNFIT), "bad-device");
	CHECK_STR(life_cause_name(HV_STOP_SECRET), "bad-secret");
	CHECK_STR(life_cause_name(HV_STOP_PROGRESS), "no-progress");
	CHECK_STR(life_cause_name(HV_STOP_PANIC), "panic");
	CHECK_STR(life_cause_name(HV_STOP_INTERRUPTS), "interrupt-storm");
	CHECK_STR(life_cause_name((enum hv_stop_cause)21), "?");
}

/* The VM that is refused last must not keep the others from being announced. */
static void a_vm_refused_late_is_waited_for(void)
{
	struct domain *good;

	machine_make(2);
	machine_system->dom[1].image_digest[0] ^= 1;
	machine_boot();
	good = machine_settle(0);
	CHECK_EQ(machine_call(good, HV_CALL_HEARTBEAT, 1, 0, 0, 0), HV_OK);
	CHECK_FALSE(fake_line("hv: ready vms=1"));
	machine_settle(1);
	CHECK_TRUE(fake_line("hv: ready vms=1"));
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(a_vm_runs_what_its_image_says);
	RUN(its_table_maps_its_ram_and_nothing_else);
	RUN(a_disabled_vm_stays_off_with_clean_memory);
	RUN(work_is_done_in_steps);
	RUN(a_changed_byte_is_refused);
	RUN(a_changed_digest_is_refused);
	RUN(a_missing_file_is_refused);
	RUN(bad_headers_are_refused);
	RUN(bad_ranges_are_refused);
	RUN(bad_lengths_are_refused);
	RUN(ranges_may_touch_and_end_with_memory);
	RUN(nothing_of_a_stopped_vm_remains);
	RUN(a_second_life_starts_like_the_first);
	RUN(a_vm_without_memory_never_starts);
	RUN(requests_kick_the_home_processor);
	RUN(a_vm_that_stops_does_not_run_any_more);
	RUN(restarts_within_its_budget);
	RUN(a_new_window_brings_a_new_budget);
	RUN(an_administrators_kill_is_final);
	RUN(without_the_flag_it_stays_dead);
	RUN(names_are_in_the_order_of_the_abi);
	RUN(a_vm_refused_late_is_waited_for);
	return check_end();
}
