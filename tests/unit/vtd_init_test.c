/* SPDX-License-Identifier: Apache-2.0 */
/* Boot of the VT-d driver against a model: what must be on, in which order, and who is refused. Nothing after boot is tested here. */
#include "check.h"
#include "fakes/vtd_fake.h"
#include "frames.h"
#include "iommu.h"
#include "ptab.h"

#define ALL_ON	 0xc7000000u /* translation, root, queue, remapping, its table; not CFI */
#define PATIENCE (100ull * FAKE_TSC_KHZ)
#define FIRMWARE                                                                                   \
	(FAKE_POOL_HPA +                                                                           \
	 66 * PAGE_SIZE) /* pages the firmware still uses: 66 root, 67 contexts, 68 queue */
#define LAST_PAGE (FAKE_POOL_HPA + (PTPOOL_CORE_PAGES - 9) * PAGE_SIZE)

static struct vtd_fake *const unit0 = &vtd_fake[0];

static enum hv_err init(void)
{
	return iommu_init(&fake_handoff, FAKE_VECTOR, 5);
}

static void check_quiet(void)
{
	if (vtd_fake_complaint() != NULL)
		check_fail(__FILE__, __LINE__, vtd_fake_complaint());
}

static void check_blocked(struct vtd_fake *f)
{
	const uint16_t bdfs[] = {0, 0x00a8, 0x0100, 0xffff};
	struct fake_irq irq;
	uint64_t hpa;

	for (unsigned i = 0; i < ARRAY_LEN(bdfs); i++) {
		CHECK_FALSE(vtd_fake_dma(f, bdfs[i], 0x1000, false, &hpa));
		CHECK_FALSE(vtd_fake_dma(f, bdfs[i], 0x100000, true, &hpa));
		CHECK_FALSE(vtd_fake_msi(f, bdfs[i], 0xfee00000, 0x41, &irq));
		CHECK_FALSE(vtd_fake_msi(f, bdfs[i], 0xfee00010, 0, &irq));
		CHECK_FALSE(vtd_fake_msi(f, bdfs[i], 0xfee01ff0, 0, &irq));
	}
}

static void everything_on_everybody_blocked(void)
{
	for (unsigned coherent = 0; coherent < 2; coherent++) {
		vtd_fake_reset(1);
		unit0->ecap |= coherent;
		CHECK_EQ(init(), HV_OK);
		CHECK_EQ(unit0->gsts, ALL_ON);
		CHECK_EQ(unit0->irt & 15, 7);
		check_blocked(unit0);
		check_quiet();
	}
}

static void each_unit_has_tables_of_its_own(void)
{
	vtd_fake_reset(2);
	CHECK_EQ(init(), HV_OK);
	for (unsigned i = 0; i < 2; i++) {
		CHECK_EQ(vtd_fake[i].gsts, ALL_ON);
		CHECK_TRUE(vtd_fake[i].root >= FAKE_POOL_HPA && vtd_fake[i].root <= LAST_PAGE);
		CHECK_TRUE(vtd_fake[i].irt >= FAKE_POOL_HPA && vtd_fake[i].irt <= LAST_PAGE);
		check_blocked(&vtd_fake[i]);
	}
	CHECK_NE(vtd_fake[0].root, vtd_fake[1].root);
	CHECK_NE(vtd_fake[0].irt, vtd_fake[1].irt);
	CHECK_NE(vtd_fake[0].iqa, vtd_fake[1].iqa);
	check_quiet();
}

static void refuses(const char *lacks)
{
	CHECK_EQ(init(), HV_ENOSYS);
	CHECK_EQ(unit0->wait, 0); /* no command was given */
	CHECK_TRUE(fake_log_lines > 0 && strstr(fake_log[fake_log_lines - 1], lacks) != NULL);
	check_quiet();
}

static void refuses_what_a_unit_lacks(void)
{
	static const struct {
		uint64_t cap_off, cap_on, ecap_off;
		const char *lacks;
	} cases[] = {
		{0,	    0,			  BIT(1), "queued invalidation"},
		{0,	    0,			  BIT(3), "interrupt remapping"},
		{BIT(10), 0,			     0,	"4-level tables"	},
		{BIT(34), 0,			     0,	"2 MiB pages"	     },
		{0,	    BIT(4),			    0,      "write buffers"      },
		{7,	    0,			  0,	  "domain ids"	      },
		{0,	    0xfdull << 24 | 3ull << 40, 0,	   "fault records"	  },
	};

	for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
		vtd_fake_reset(1);
		unit0->cap = (unit0->cap & ~cases[i].cap_off) | cases[i].cap_on;
		unit0->ecap &= ~cases[i].ecap_off;
		refuses(cases[i].lacks);
		CHECK_EQ(unit0->gsts, 0);
	}
	vtd_fake_reset(1); /* the last record ends where the page does */
	unit0->cap = (unit0->cap & ~(0x3ffull << 24)) | 0xfcull << 24 | 3ull << 40;
	CHECK_EQ(init(), HV_OK);
	check_quiet();
	vtd_fake_reset(1); /* 64 domain ids are enough, 16 were not */
	unit0->cap = (unit0->cap & ~7ull) | 1;
	CHECK_EQ(init(), HV_OK);
}

static void refuses_a_machine_without_units(void)
{
	vtd_fake_reset(0);
	CHECK_EQ(init(), HV_ENOSYS);
	vtd_fake_reset(1);
	fake_handoff.mmio[1].index = 1; /* the registers of another unit */
	CHECK_EQ(init(), HV_ENOSYS);
	vtd_fake_reset(1);
	fake_handoff.mmio[1].kind = MMIO_IOAPIC;
	CHECK_EQ(init(), HV_ENOSYS);
	check_quiet();
}

/* A firmware that left everything on, one requester reaching all memory, and that in the caches. */
static void firmware_left_on(void)
{
	static struct ptab identity;
	hpa_t root, contexts, queue;
	uint64_t *r = ptab_pool_page(66, &root), *c = ptab_pool_page(67, &contexts), hpa;

	(void)ptab_pool_page(68, &queue);
	ptab_init(&identity, PTAB_VTD, 69, 3);
	CHECK_EQ(ptab_map(&identity, 0, (hpa_t){0}, 2 * LARGE_PAGE, PROT_R | PROT_W, MEM_WB),
		 HV_OK);
	r[0] = contexts.v | 1;
	c[2 * 0xa8] = identity.root.v | 1;
	c[2 * 0xa8 + 1] = 0x0102;
	unit0->ecap |= FAKE_COHERENT;
	unit0->gsts = ALL_ON | BIT(23) | BIT(28);
	unit0->rtaddr = unit0->root = root.v;
	unit0->irta = unit0->irt = queue.v | 7;
	unit0->iqa = queue.v;
	unit0->iqt = unit0->iqh = 0x40;
	CHECK_TRUE(vtd_fake_dma(unit0, 0x00a8, 0x1000, true, &hpa));
	CHECK_EQ(hpa, 0x1000);
}

static void takes_over_from_firmware(void)
{
	vtd_fake_reset(1);
	firmware_left_on();
	CHECK_EQ(init(), HV_OK);
	CHECK_EQ(unit0->gsts, ALL_ON); /* CFI and the advanced fault log are gone; TE never fell */
	CHECK_NE(unit0->root, FIRMWARE);
	check_blocked(unit0);
	check_quiet();
}

static void refuses_firmware_tables_of_the_new_format(void)
{
	vtd_fake_reset(1);
	firmware_left_on();
	unit0->rtaddr |= 0x400;
	refuses("old table format");
	vtd_fake_reset(1); /* with translation off the register means nothing */
	unit0->rtaddr = 0x400;
	CHECK_EQ(init(), HV_OK);
	check_quiet();
}

static void refuses_a_queue_that_never_empties(void)
{
	vtd_fake_reset(1);
	firmware_left_on();
	unit0->iqt = 0x60;
	CHECK_EQ(init(), HV_ETIMEOUT);
	CHECK_TRUE(unit0->gsts & BIT(26));
	check_quiet();
}

static void times_out(uint32_t gsts, uint32_t refuse, bool mute)
{
	vtd_fake_reset(1);
	unit0->cap |= BIT(5);
	unit0->gsts = gsts;
	unit0->refuse = refuse;
	unit0->mute = mute;
	if (refuse == 1)
		unit0->pmen = 0x80000001;
	CHECK_EQ(init(), HV_ETIMEOUT);
	CHECK_TRUE(fake_tsc >= PATIENCE && fake_tsc < 2 * PATIENCE);
}

static void every_wait_has_an_end(void)
{
	times_out(0, BIT(30), false); /* root pointer */
	times_out(0, BIT(24), false); /* remapping table pointer */
	times_out(0, BIT(26), false); /* queue */
	times_out(0, BIT(25), false); /* remapping */
	times_out(0, BIT(31), false); /* translation */
	times_out(BIT(23), BIT(23), false);
	times_out(BIT(28), BIT(28), false);
	times_out(BIT(26), BIT(26), false);
	times_out(0, 1, false); /* protected regions */
	times_out(0, 0, true);	/* invalidation wait */
	vtd_fake_reset(2);
	vtd_fake[1].refuse = BIT(31);
	CHECK_EQ(init(), HV_ETIMEOUT); /* one good unit is not enough */
}

static void slow_units_are_waited_for(void)
{
	vtd_fake_reset(1);
	unit0->slow = 5000;
	CHECK_EQ(init(), HV_OK);
	CHECK_EQ(unit0->gsts, ALL_ON);
	check_quiet();
}

static void protected_regions_open_last(void)
{
	for (unsigned bit = 5; bit <= 6; bit++) {
		vtd_fake_reset(1);
		unit0->cap |= BIT(bit);
		unit0->pmen = 0x80000001;
		CHECK_EQ(init(), HV_OK);
		CHECK_EQ(unit0->pmen, 0);
		check_quiet(); /* the model complains when they open before TE, or where there are none */
	}
}

static void fault_event_goes_to_the_processor_named(void)
{
	vtd_fake_reset(1);
	unit0->fectl = 0; /* the firmware had its own event */
	unit0->feaddr = 0xfee0f000;
	unit0->fedata = 0x31;
	CHECK_EQ(init(), HV_OK);
	CHECK_EQ(unit0->event.count, 0);
	vtd_fake_fault(unit0, 0x00a8, 0x5000, true, 5);
	CHECK_EQ(unit0->event.count, 1);
	CHECK_EQ(unit0->event.address, 0xfee05000);
	CHECK_EQ(unit0->event.data, FAKE_VECTOR);
	vtd_fake_reset(1);
	fake_x2apic = true;
	unit0->ecap |= FAKE_EIM;
	CHECK_EQ(iommu_init(&fake_handoff, FAKE_VECTOR, 0x1234), HV_OK);
	vtd_fake_fault(unit0, 0x00a8, 0x5000, true, 5);
	CHECK_EQ(unit0->event.address, 0x1200fee34000ull);
	check_quiet();
}

static void faults_of_the_firmware_are_dropped(void)
{
	struct iommu_fault fault;

	vtd_fake_reset(1);
	unit0->cap |= 3ull << 40; /* four records: the field is the number less one */
	for (unsigned i = 0; i < 5; i++)
		vtd_fake_fault(unit0, 0x00a8, 0x5000, true, 5);
	unit0->fsts |= 0x70;
	CHECK_EQ(init(), HV_OK);
	for (unsigned i = 0; i < 4; i++)
		CHECK_FALSE(unit0->frcd[i].high & BIT(63));
	CHECK_EQ(unit0->fsts & 0xff, 0);
	CHECK_EQ(unit0->event.count, 1); /* waited behind the mask; the handler finds nothing */
	CHECK_FALSE(iommu_fault_next(&fault));
	vtd_fake_fault(unit0, 0x00a8, 0x5000, true, 5);
	CHECK_EQ(unit0->event.count, 2);
	check_quiet();
}

static void extended_mode_needs_host_and_unit(void)
{
	for (unsigned i = 0; i < 4; i++) {
		vtd_fake_reset(1);
		fake_x2apic = (i & 1) != 0;
		unit0->ecap |= (i & 2) ? FAKE_EIM : 0;
		CHECK_EQ(init(), HV_OK);
		CHECK_EQ(unit0->irt >> 11 & 1, i == 3);
	}
}

static void tables_are_published(void)
{
	char want[64];

	vtd_fake_reset(1);
	CHECK_EQ(init(), HV_OK);
	CHECK_EQ(fake_log_lines, 1);
	(void)snprintf(want, sizeof want, "iommu unit=0 regs=fed90000 root=%llx irta=%llx",
		       (unsigned long long)unit0->root,
		       (unsigned long long)unit0->irt & ~PAGE_MASK);
	CHECK_TRUE(strncmp(fake_log[0], want, strlen(want)) == 0);
	CHECK_TRUE(strstr(fake_log[0], "gsts=c7000000") != NULL);
}

/* --- the display's reserved memory --- */

#define DISPLAY	 0x0010u
#define RESERVED 0x7d101000ull /* neither end on a large page, over a GiB boundary */
#define BYTES	 0x2fff000ull

static uint32_t frame_words[0x100];

static void with_display(void)
{
	vtd_fake_reset(1);
	frames_init(frame_words, ARRAY_LEN(frame_words));
	fake_handoff.pci_count = 3;
	fake_handoff.pci[0] = (struct handoff_pci){.bdf = 0x00a8, .class_rev = 0x02000000};
	fake_handoff.pci[1] = (struct handoff_pci){.bdf = DISPLAY, .class_rev = 0x03000000};
	fake_handoff.pci[2] = (struct handoff_pci){.bdf = 0x0100, .class_rev = 0x0c033000};
	fake_handoff.pci[0].bar[1] = (struct handoff_bar){0xc0000000, 0x1000, 0, 0};
	fake_handoff.rmrr_count = 1;
	fake_handoff.rmrr[0] =
		(struct handoff_rmrr){.hpa = RESERVED, .bytes = BYTES, .bdf = DISPLAY};
}

static bool display_reaches(uint64_t address)
{
	uint64_t hpa = 0;
	bool there = vtd_fake_dma(unit0, DISPLAY, address, true, &hpa);

	CHECK_TRUE(!there || hpa == address);
	return there;
}

static void the_display_reaches_its_reserved_memory_alone(void)
{
	const uint64_t inside[] = {RESERVED, RESERVED + 0xabcdef, 0x7e000000, RESERVED + BYTES - 1};
	const uint64_t outside[] = {
		0, 0x1000, RESERVED - 1, RESERVED + BYTES, 0xfee00000, RESERVED + BIT(32)};
	const uint16_t others[] = {0, 0x00a8, 0x0100, DISPLAY + 1};
	uint64_t hpa;

	for (unsigned coherent = 0; coherent < 2; coherent++) {
		with_display();
		unit0->ecap |= coherent;
		CHECK_EQ(init(), HV_OK);
		for (unsigned i = 0; i < ARRAY_LEN(inside); i++)
			CHECK_TRUE(display_reaches(inside[i]));
		for (unsigned i = 0; i < ARRAY_LEN(outside); i++)
			CHECK_FALSE(display_reaches(outside[i]));
		for (unsigned i = 0; i < ARRAY_LEN(others); i++)
			CHECK_FALSE(vtd_fake_dma(unit0, others[i], RESERVED, false, &hpa));
		CHECK_TRUE(strstr(fake_log[0], "display bdf=10 reserved=7d101000+2fff000") != NULL);
		check_quiet();
	}
}

/* A VM's domain number is never the display's: a flush of one would miss the other, or hit it. */
static void the_display_is_of_no_vm(void)
{
	uint64_t context, low, high;

	with_display();
	CHECK_EQ(init(), HV_OK);
	context = (vtd_fake_read(unit0, unit0->root) & ~0xfffull) + DISPLAY * 16;
	low = vtd_fake_read(unit0, context);
	high = vtd_fake_read(unit0, context + 8);
	CHECK_EQ(low & 0xf, 1); /* translated, faults recorded */
	CHECK_EQ(high >> 8, HV_DOM_MAX + 1);
	CHECK_EQ(iommu_attach(0, 0x00a8, HV_DOM_MAX, (hpa_t){FAKE_POOL_HPA}), HV_EINVAL);
	CHECK_EQ(iommu_detach(0, DISPLAY, HV_DOM_MAX), HV_EINVAL);
	for (uint32_t dom = 0; dom < HV_DOM_MAX; dom++)
		CHECK_EQ(iommu_detach(0, DISPLAY, dom), HV_EINVAL);
	CHECK_TRUE(display_reaches(RESERVED));
	check_quiet();
}

static void reserved_memory_is_there_before_translation(void)
{
	with_display();
	unit0->refuse = BIT(31);
	CHECK_EQ(init(), HV_ETIMEOUT);
	unit0->gsts |= BIT(31); /* the moment after */
	CHECK_TRUE(display_reaches(RESERVED));
	check_quiet();
}

static void two_regions_of_one_display(void)
{
	with_display();
	fake_handoff.rmrr_count = 3;
	fake_handoff.rmrr[1] = (struct handoff_rmrr){.hpa = 0x1000, .bytes = 0x1000, .bdf = 0x0100};
	fake_handoff.rmrr[2] =
		(struct handoff_rmrr){.hpa = 0x90000000, .bytes = 0x200000, .bdf = DISPLAY};
	CHECK_EQ(init(), HV_OK);
	CHECK_TRUE(display_reaches(RESERVED));
	CHECK_TRUE(display_reaches(0x901ff000));
	CHECK_FALSE(display_reaches(0x1000)); /* another function's */
	check_quiet();
}

static void no_other_class_gets_reserved_memory(void)
{
	uint64_t hpa;

	for (unsigned i = 0; i < 3; i += 2) {
		with_display();
		fake_handoff.rmrr[0].bdf = fake_handoff.pci[i].bdf;
		CHECK_EQ(init(), HV_OK);
		CHECK_FALSE(vtd_fake_dma(unit0, fake_handoff.pci[i].bdf, RESERVED, false, &hpa));
		CHECK_FALSE(display_reaches(RESERVED));
	}
	with_display();
	fake_handoff.pci_count = 0; /* a region of nobody */
	CHECK_EQ(init(), HV_OK);
	with_display();
	fake_handoff.pci[1].vtd = 1; /* another unit's */
	CHECK_EQ(init(), HV_OK);
	CHECK_FALSE(display_reaches(RESERVED));
	check_quiet();
}

static void stays_blocked(uint64_t hpa, uint64_t bytes)
{
	fake_handoff.rmrr[0].hpa = hpa;
	fake_handoff.rmrr[0].bytes = bytes;
	CHECK_EQ(init(), HV_OK);
	CHECK_TRUE(strstr(fake_log[0], "display bdf=10 is blocked") != NULL);
	CHECK_FALSE(display_reaches(hpa));
	CHECK_FALSE(display_reaches(hpa + bytes - 1));
	CHECK_FALSE(display_reaches(RESERVED));
	check_quiet();
}

/* The firmware's table is not asked to be right: what the core, a VM or another function owns is never the display's. */
static void a_region_on_something_else_is_blocked(void)
{
	with_display();
	CHECK_EQ(frames_move((hpa_t){0x80000}, PAGE_SIZE, 0, FRAME_WORD(FRAME_SCRUB, 2)), HV_OK);
	stays_blocked(0x7f000, 0x3000);
	with_display();
	stays_blocked(0xfed8f000, 0x2000); /* registers of the unit */
	with_display();
	stays_blocked(0xbffff000, 0x2000); /* registers of another function */
	with_display();
	stays_blocked(RESERVED + 8, BYTES);
	with_display();
	stays_blocked(RESERVED, 0x1800);
	with_display();
	stays_blocked(RESERVED, BIT(30) + PAGE_SIZE);
	with_display();
	stays_blocked(0 - PAGE_SIZE, 2 * PAGE_SIZE);
	with_display();
	stays_blocked(BIT(47), PAGE_SIZE); /* not even a table reaches there */
	with_display();
	fake_handoff.pci[1].bar[0] = (struct handoff_bar){RESERVED, 0x1000, 0, 0};
	CHECK_EQ(init(), HV_OK); /* its own registers are its own */
	CHECK_TRUE(display_reaches(RESERVED));
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(everything_on_everybody_blocked);
	RUN(each_unit_has_tables_of_its_own);
	RUN(refuses_what_a_unit_lacks);
	RUN(refuses_a_machine_without_units);
	RUN(takes_over_from_firmware);
	RUN(refuses_firmware_tables_of_the_new_format);
	RUN(refuses_a_queue_that_never_empties);
	RUN(every_wait_has_an_end);
	RUN(slow_units_are_waited_for);
	RUN(protected_regions_open_last);
	RUN(fault_event_goes_to_the_processor_named);
	RUN(faults_of_the_firmware_are_dropped);
	RUN(extended_mode_needs_host_and_unit);
	RUN(tables_are_published);
	RUN(the_display_reaches_its_reserved_memory_alone);
	RUN(the_display_is_of_no_vm);
	RUN(reserved_memory_is_there_before_translation);
	RUN(two_regions_of_one_display);
	RUN(no_other_class_gets_reserved_memory);
	RUN(a_region_on_something_else_is_blocked);
	return check_end();
}
