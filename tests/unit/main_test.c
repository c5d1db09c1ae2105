/* SPDX-License-Identifier: Apache-2.0 */
/* The first minute of the core: what it refuses to believe, and what a good machine looks like afterwards. */
#include "check.h"
#include "life.h"
#include "tests/fakes/machine_device.h"

/* The machine must be halted, with one line that says REFUSED, and no VM may have been touched. */
static void refuses(const char *why)
{
	char line[200];

	CHECK_EQ(fake_try(machine_boot_try, NULL), END_HALT);
	(void)snprintf(line, sizeof line,
		       "REFUSED: hand-off: found %s; needed: loader and core of one build", why);
	if (!fake_line(line))
		printf("# wanted: %s\n# serial: %s", line, fake.serial);
	CHECK_TRUE(fake_line(line));
	CHECK_FALSE(fake_line_with("running on"));
}

#define VERSION "one made for another version of the core"
#define COUNTS	"a count out of range"
#define CLOCKS	"no clock rates"

static void refuses_another_version(void)
{
	machine_make(1);
	machine_handoff->magic++;
	refuses(VERSION);
	machine_make(1);
	machine_handoff->version++;
	refuses(VERSION);
	machine_make(1);
	machine_handoff->bytes--;
	refuses(VERSION);
}

static void refuses_counts_out_of_range(void)
{
	machine_make(1);
	machine_handoff->cpu_count = 0;
	refuses(COUNTS);
	machine_make(1);
	machine_handoff->cpu_count = CPU_MAX + 1;
	refuses(COUNTS);
	machine_make(1);
	machine_handoff->mmio_count = HANDOFF_MMIO_MAX + 1;
	refuses(COUNTS);
	machine_make(1);
	machine_handoff->pci_count = HANDOFF_PCI_MAX + 1;
	refuses(COUNTS);
	machine_make(1);
	machine_handoff->vtd_count = HANDOFF_VTD_MAX + 1;
	refuses(COUNTS);
	machine_make(1);
	machine_handoff->rmrr_count = HANDOFF_RMRR_MAX + 1;
	refuses(COUNTS);
	machine_make(1); /* four bytes for each: their number must not wrap */
	machine_handoff->frames_count = 1ull << 62;
	refuses(COUNTS);
}

static void refuses_missing_clocks(void)
{
	machine_make(1);
	machine_handoff->tsc_khz = 999;
	refuses(CLOCKS);
	machine_make(1);
	machine_handoff->lapic_khz = 0;
	refuses(CLOCKS);
}

static void refuses_a_bad_description(void)
{
	machine_make(1);
	machine_system->magic++;
	CHECK_EQ(fake_try(machine_boot_try, NULL), END_HALT);
	CHECK_TRUE(fake_line(
		"REFUSED: description: found a broken rule (magic, version or size is not this "
		"version's); needed: one that bhctl bundle build accepts"));
}

/* More rings than the core has places for must be refused, not run into at boot. */
static void refuses_a_description_with_too_many_rings(void)
{
	machine_make(MACHINE_DOMS);
	for (unsigned i = 0; i < MACHINE_DOMS; i++)
		if (i != 0)
			machine_system->dom[i].flags |= HV_DOM_SCREEN;
	for (unsigned i = 0; i < 26; i++)
		machine_channel(0, HV_DOM_FOCUSED, 4096, 64);
	CHECK_EQ(fake_try(machine_boot_try, NULL), END_HALT);
	CHECK_TRUE(fake_line_with(
		"found a broken rule (too many rings: channels to the focus times screens)"));
}

static void a_refusal_is_on_the_screen(void)
{
	machine_make(2);
	machine_screen(1, 640, 200, 2560);
	memset(machine_pixels(), 0, 2560);
	machine_system->magic++;
	CHECK_EQ(fake_try(machine_boot_try, NULL), END_HALT);
	CHECK_NE(((uint32_t *)(void *)machine_pixels())[0], 0);
}

static void refuses_a_small_pool(void)
{
	machine_make(2);
	machine_handoff->ptpool_pages--;
	refuses("a page-table pool that is too small");
}

static void refuses_extents_that_overlap_or_lie_outside(void)
{
	machine_make(1);
	machine_handoff->core_bytes = FAKE_MEM;
	refuses("a core extent that is not free RAM");
	machine_make(1);
	machine_handoff->tables.hpa = machine_handoff->core_hpa;
	refuses("a table extent that is not free RAM");
	machine_make(1);
	machine_handoff->frames_hpa = machine_handoff->core_hpa;
	refuses("a frame table extent that is not free RAM");
	machine_make(1);
	machine_handoff->ptpool_hpa = machine_handoff->core_hpa;
	refuses("a page-table pool extent that is not free RAM");
	machine_make(1);
	machine_handoff->handoff_hpa += 8;
	refuses("an extent of the struct that is not free RAM");
	machine_make(1);
	machine_handoff->system_hpa = machine_handoff->handoff_hpa;
	refuses("a description extent that is not free RAM");
	machine_make(2);
	machine_handoff->dom[1].image.hpa = machine_handoff->dom[0].image.hpa;
	refuses("an image extent that is not free RAM");
	machine_make(1);
	machine_handoff->dom[0].image.bytes = UINT64_MAX;
	refuses("an image extent that is not free RAM");
	machine_make(2);
	machine_kept(1);
	machine_handoff->dom[1].kept.hpa = machine_handoff->dom[0].ram.hpa;
	refuses("a checkpoint extent that is not free RAM");
	machine_make(2);
	machine_spare(1);
	machine_handoff->dom[1].spare.hpa = machine_handoff->dom[0].ram.hpa;
	refuses("a spare extent that is not free RAM");
}

/* What is kept for a VM is as large as the description says, or the core would write past it. */
static void refuses_room_of_another_size(void)
{
	static const char *const what =
		"room for a checkpoint or a spare image that differs from the description";

	machine_make(1);
	machine_kept(0);
	machine_handoff->dom[0].kept.bytes -= PAGE_SIZE;
	refuses(what);
	machine_make(1);
	machine_kept(0);
	machine_system->dom[0].flags &= ~HV_DOM_CHECKPOINT;
	refuses(what);
	machine_make(1);
	machine_spare(0);
	machine_handoff->dom[0].spare.bytes = 0;
	refuses(what);
	machine_make(1);
	machine_kept(0);
	machine_spare(0);
	machine_boot();
	CHECK_EQ(frames_word((hpa_t){machine_handoff->dom[0].kept.hpa}), FRAME_WORD(FRAME_KEPT, 0));
	CHECK_EQ(frames_word((hpa_t){machine_handoff->dom[0].spare.hpa}),
		 FRAME_WORD(FRAME_KEPT, 0));
}

/* What is left out would be nobody's, and could be a VM's. */
static void refuses_extents_of_no_size(void)
{
	machine_make(1);
	machine_handoff->core_bytes = 0;
	refuses("a core extent that is not free RAM");
	machine_make(1);
	machine_handoff->tables.bytes = 0;
	refuses("a table extent that is not free RAM");
}

static void refuses_addresses_that_are_no_pages(void)
{
	machine_make(1);
	machine_handoff->frames_va += 1;
	refuses("an address that is no page");
	machine_make(1);
	machine_handoff->ptpool_va += 8;
	refuses("an address that is no page");
	machine_make(1);
	machine_screen(0, 64, 80, 260);
	machine_handoff->mmio[0].va += 2;
	refuses("an address that is no page");
}

#define IMPOSSIBLE "a screen of an impossible size"

/* FIELD of a good screen becomes VALUE. */
#define REFUSES_SCREEN(field, value)                                                               \
	do {                                                                                       \
		machine_make(1);                                                                   \
		machine_screen(0, 64, 80, 260);                                                    \
		machine_handoff->fb.field = value;                                                 \
		refuses(IMPOSSIBLE);                                                               \
	} while (0)

/* A pitch of 0 was a division by zero, a small one an assertion when the focus moved, a wide screen a write past the bar. */
static void refuses_an_impossible_screen(void)
{
	REFUSES_SCREEN(pitch_bytes, 0);
	REFUSES_SCREEN(pitch_bytes, 255);
	REFUSES_SCREEN(pitch_bytes, 252);
	REFUSES_SCREEN(pitch_bytes, 258);
	REFUSES_SCREEN(pitch_bytes, 4 * HANDOFF_SCREEN_MAX + 4);
	REFUSES_SCREEN(width, HANDOFF_SCREEN_MIN - 1);
	REFUSES_SCREEN(width, 66);
	REFUSES_SCREEN(height, HANDOFF_BAR_ROWS - 1);
	REFUSES_SCREEN(height, HANDOFF_SCREEN_MAX + 1);
	REFUSES_SCREEN(hpa, machine_handoff->fb.hpa + 8);
	REFUSES_SCREEN(hpa, BIT(51));
	REFUSES_SCREEN(format, 2);
}

static void refuses_rows_of_the_bar_that_are_not_the_screens(void)
{
	static const char rows[] = "rows of the bar that are not the screen's";

	machine_make(1);
	machine_screen(0, 64, 80, 260);
	machine_handoff->mmio[0].bytes = HANDOFF_BAR_ROWS * 260 - 1;
	refuses(rows);
	machine_make(1);
	machine_screen(0, 64, 80, 260);
	machine_handoff->fb.hpa += PAGE_SIZE;
	refuses(rows);
	machine_make(1);
	machine_screen(0, 64, 80, 260);
	machine_handoff->fb.hpa = 0;
	refuses(rows);
}

/* The focus maps the screen into a VM. */
static void refuses_a_screen_or_registers_on_memory(void)
{
	static const char ram[] = "registers or a screen that lie on RAM in use";

	machine_make(1);
	machine_screen(0, 64, 80, 260);
	machine_handoff->fb.hpa = machine_handoff->mmio[0].hpa =
		machine_handoff->dom[0].ram.hpa + MACHINE_RAM - PAGE_SIZE;
	refuses(ram);
	machine_make(2);
	(void)machine_device(0, 1);
	machine_handoff->mmio[0].hpa = machine_handoff->core_hpa;
	refuses(ram);
	machine_make(2);
	machine_screen(1, 64, 80, 260);
	(void)machine_device(0, 1);
	machine_handoff->mmio[1].hpa = machine_handoff->fb.hpa + 16 * PAGE_SIZE;
	CHECK_EQ(fake_try(machine_boot_try, NULL), END_RETURNED);
	machine_make(2);
	machine_screen(1, 64, 80, 260);
	(void)machine_device(0, 1);
	machine_handoff->mmio[1].hpa = machine_handoff->fb.hpa + 5 * PAGE_SIZE;
	refuses("a screen that lies on registers");
}

static void refuses_memory_of_a_vm_that_is_not_as_described(void)
{
	machine_make(2);
	machine_handoff->dom[1].ram.bytes = 2 * MACHINE_RAM;
	refuses("memory of a VM that differs from the description");
	machine_make(2);
	machine_handoff->dom[1].ram.hpa += PAGE_SIZE;
	refuses("memory of a VM that is not aligned");
}

/* Shadow pages and pixels lie behind the RAM: without room for them they would be the next VM's memory. */
static void refuses_memory_without_room_for_devices_and_screen(void)
{
	for (unsigned i = 0; i < 4; i++) {
		uint64_t less = i % 2 == 0 ? 0 : PAGE_SIZE;

		machine_make(2);
		if (i < 2)
			(void)machine_device(0, 1);
		else
			machine_screen(1, 320, 240, 1300);
		machine_handoff->dom[1].ram.bytes -= less;
		if (less != 0)
			refuses("memory of a VM that differs from the description");
		else
			CHECK_EQ(fake_try(machine_boot_try, NULL), END_RETURNED);
	}
}

/* A loader that counts past the end of 64 bits: the sum of RAM and what is behind it is right, the extent is too small. */
static void refuses_memory_smaller_than_the_ram(void)
{
	machine_make(2);
	machine_handoff->dom[1].ram.bytes -= PAGE_SIZE;
	refuses("memory of a VM that differs from the description");
}

static void refuses_memory_of_a_vm_that_is_somebody_elses(void)
{
	machine_make(2);
	machine_handoff->dom[1].ram.hpa = machine_handoff->dom[0].ram.hpa;
	refuses("memory of a VM that is not free RAM");
	machine_make(2);
	machine_handoff->dom[1].ram.hpa = FAKE_MEM;
	refuses("memory of a VM that is not free RAM");
	machine_make(2);
	machine_handoff->ptpool_hpa = 24ull << 20;
	machine_handoff->dom[1].ram.hpa = 24ull << 20;
	refuses("memory of a VM that is not free RAM");
}

static void a_good_machine_is_announced(void)
{
	machine_make(2);
	machine_handoff->cpu_count = 2;
	CHECK_EQ(fake_try(machine_boot_try, NULL), END_RETURNED);
	CHECK_TRUE(fake_line("hv: bulkhead core abi=4 system=fake serial=7 vms=2 cpus=2 "
			     "tsc_khz=1000000 lapic_khz=1000000"));
	CHECK_TRUE(fake_line_with("hv: UNVERIFIED"));
	CHECK_TRUE(fake_line_with("hv: roots cr3="));
	CHECK_TRUE(fake_line_with("hv: windows cpu=1 "));
	machine_make(1);
	machine_handoff->flags = HANDOFF_SECURE | HANDOFF_VERIFIED;
	machine_boot();
	CHECK_FALSE(fake_line_with("UNVERIFIED"));
}

static void every_extent_has_its_owner(void)
{
	const struct handoff *h;

	machine_make(2);
	machine_boot();
	h = machine_handoff;
	CHECK_EQ(frames_word((hpa_t){h->core_hpa}), FRAME_WORD(FRAME_CORE, 0));
	CHECK_EQ(frames_word((hpa_t){h->core_hpa + h->core_bytes - 1}), FRAME_WORD(FRAME_CORE, 0));
	CHECK_EQ(frames_word((hpa_t){h->tables.hpa}), FRAME_WORD(FRAME_CORE, 0));
	CHECK_EQ(frames_word((hpa_t){h->frames_hpa}), FRAME_WORD(FRAME_CORE, 0));
	CHECK_EQ(frames_word((hpa_t){h->ptpool_hpa}), FRAME_WORD(FRAME_CORE, 0));
	CHECK_EQ(frames_word((hpa_t){h->handoff_hpa}), FRAME_WORD(FRAME_CORE, 0));
	CHECK_EQ(frames_word((hpa_t){h->system_hpa}), FRAME_WORD(FRAME_CORE, 0));
	CHECK_EQ(frames_word((hpa_t){h->dom[1].image.hpa}), FRAME_WORD(FRAME_IMAGE, 0));
	CHECK_EQ(frames_word((hpa_t){0}), FRAME_WORD(FRAME_NONE, 0));
	CHECK_TRUE(machine_ram_words(0, FRAME_WORD(FRAME_SCRUB, 0)));
	CHECK_TRUE(machine_ram_words(1, FRAME_WORD(FRAME_SCRUB, 1)));
}

static void a_vm_without_memory_is_refused_alone(void)
{
	machine_make(3);
	machine_handoff->dom[1].ram = (struct handoff_extent){0, 0};
	machine_boot();
	CHECK_EQ(dom_at(1)->state, HV_VM_REFUSED);
	CHECK_EQ(dom_at(1)->cause, HV_STOP_MEMORY);
	CHECK_FALSE(life_has_work(dom_at(1)));
	CHECK_TRUE(fake_line_with("hv: vm vm1 refused: no memory"));
	CHECK_EQ(machine_settle(0)->state, HV_VM_RUNNING);
	CHECK_EQ(machine_settle(2)->state, HV_VM_RUNNING);
}

/* What the VM itself is told, the bit of its info. */
static bool told_alone(uint32_t dom)
{
	struct hv_info info;
	struct domain *d = machine_settle(dom);

	CHECK_EQ(machine_call(d, HV_CALL_INFO, 0x1000, 0, 0, 0), HV_OK);
	memcpy(&info, machine_ram(dom, 0x1000), sizeof info);
	CHECK_EQ(info.flags & ~HV_DOM_ALONE, machine_system->dom[dom].flags);
	return (info.flags & HV_DOM_ALONE) != 0;
}

/* By the processors that there are, not by those of the description: 3 of 2 is 1. */
static void who_has_a_processor_alone_is_told(void)
{
	machine_make(3);
	machine_handoff->cpu_count = 2;
	machine_system->dom[0].cpu = 0;
	machine_system->dom[1].cpu = 1;
	machine_system->dom[2].cpu = 3;
	machine_boot();
	CHECK_EQ(dom_at(2)->cpu, 1);
	CHECK_TRUE(told_alone(0));
	CHECK_FALSE(dom_at(1)->flags & HV_DOM_ALONE);
	CHECK_FALSE(dom_at(2)->flags & HV_DOM_ALONE);
	machine_make(2);
	machine_boot();
	CHECK_FALSE(told_alone(0));
	CHECK_FALSE(told_alone(1));
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(refuses_another_version);
	RUN(refuses_counts_out_of_range);
	RUN(refuses_missing_clocks);
	RUN(refuses_a_bad_description);
	RUN(refuses_a_description_with_too_many_rings);
	RUN(a_refusal_is_on_the_screen);
	RUN(refuses_a_small_pool);
	RUN(refuses_extents_that_overlap_or_lie_outside);
	RUN(refuses_extents_of_no_size);
	RUN(refuses_room_of_another_size);
	RUN(refuses_addresses_that_are_no_pages);
	RUN(refuses_an_impossible_screen);
	RUN(refuses_rows_of_the_bar_that_are_not_the_screens);
	RUN(refuses_a_screen_or_registers_on_memory);
	RUN(refuses_memory_of_a_vm_that_is_not_as_described);
	RUN(refuses_memory_without_room_for_devices_and_screen);
	RUN(refuses_memory_smaller_than_the_ram);
	RUN(refuses_memory_of_a_vm_that_is_somebody_elses);
	RUN(a_good_machine_is_announced);
	RUN(every_extent_has_its_owner);
	RUN(a_vm_without_memory_is_refused_alone);
	RUN(who_has_a_processor_alone_is_told);
	return check_end();
}
