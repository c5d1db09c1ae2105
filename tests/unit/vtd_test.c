/* SPDX-License-Identifier: Apache-2.0 */
/* VT-d after boot against a model with caches: attach, detach, flush, interrupt entries, faults. Boot is in vtd_init_test.c. */
#include "check.h"
#include "fakes/vtd_fake.h"
#include "iommu.h"
#include "ptab.h"

#define NIC	 0x0100u /* 01:00.0 */
#define USB	 0x00a8u /* 00:15.0 */
#define RAM_A	 0x40000000ull
#define RAM_B	 0x80000000ull
#define PATIENCE (100ull * FAKE_TSC_KHZ)

static struct vtd_fake *const unit0 = &vtd_fake[0];
static struct ptab vm_a, vm_b;

/* Two VMs: 2 MiB and one read-only page each. */
static void make_vm(struct ptab *pt, uint32_t first, uint64_t ram)
{
	ptab_init(pt, PTAB_VTD, first, 4);
	CHECK_EQ(ptab_map(pt, 0, (hpa_t){ram}, LARGE_PAGE, PROT_R | PROT_W, MEM_WB), HV_OK);
	CHECK_EQ(ptab_map(pt, LARGE_PAGE, (hpa_t){ram + LARGE_PAGE}, PAGE_SIZE, PROT_R, MEM_WB),
		 HV_OK);
}

static void start_with(uint32_t units, uint64_t cap, uint64_t ecap)
{
	vtd_fake_reset(units);
	unit0->cap |= cap;
	unit0->ecap |= ecap;
	fake_x2apic = true;
	CHECK_EQ(iommu_init(&fake_handoff, FAKE_VECTOR, 0), HV_OK);
	make_vm(&vm_a, PTPOOL_CORE_PAGES, RAM_A);
	make_vm(&vm_b, PTPOOL_CORE_PAGES + 4, RAM_B);
}

static void start(void)
{
	start_with(1, 0, 0);
}

static void check_quiet(void)
{
	if (vtd_fake_complaint() != NULL)
		check_fail(__FILE__, __LINE__, vtd_fake_complaint());
}

static void reaches(uint16_t bdf, uint64_t ram)
{
	uint64_t hpa = 0;

	CHECK_TRUE(vtd_fake_dma(unit0, bdf, 0x1234, true, &hpa));
	CHECK_EQ(hpa, ram + 0x1234);
	CHECK_TRUE(vtd_fake_dma(unit0, bdf, LARGE_PAGE + 8, false, &hpa));
	CHECK_EQ(hpa, ram + LARGE_PAGE + 8);
}

static void blocked(uint16_t bdf)
{
	uint64_t hpa;

	CHECK_FALSE(vtd_fake_dma(unit0, bdf, 0x1234, false, &hpa));
	CHECK_FALSE(vtd_fake_dma(unit0, bdf, LARGE_PAGE + 8, false, &hpa));
}

static void attach_reaches_own_memory_only(void)
{
	uint64_t hpa;

	for (unsigned coherent = 0; coherent < 2; coherent++) {
		start_with(1, 0, coherent);
		CHECK_EQ(iommu_attach(0, NIC, 0, vm_a.root), HV_OK);
		CHECK_EQ(iommu_attach(0, USB, HV_DOM_MAX - 1, vm_b.root), HV_OK);
		reaches(NIC, RAM_A);
		reaches(USB, RAM_B);
		CHECK_FALSE(vtd_fake_dma(unit0, NIC, LARGE_PAGE, true, &hpa)); /* read-only */
		CHECK_FALSE(vtd_fake_dma(unit0, NIC, LARGE_PAGE + PAGE_SIZE, false, &hpa));
		CHECK_FALSE(vtd_fake_dma(unit0, NIC, RAM_A, false, &hpa));
		blocked(NIC + 1);
		blocked(NIC + 0x100);
		blocked(0);
		check_quiet();
	}
}

static void attach_refusals_change_nothing(void)
{
	start_with(1, 0, 0);
	CHECK_EQ(iommu_attach(1, NIC, 0, vm_a.root), HV_EINVAL);
	CHECK_EQ(iommu_attach(0, NIC, HV_DOM_MAX, vm_a.root), HV_EINVAL);
	CHECK_EQ(iommu_attach(0, NIC, 0, (hpa_t){vm_a.root.v + 8}), HV_EINVAL);
	CHECK_EQ(iommu_attach(0, NIC, 0, (hpa_t){vm_a.root.v | BIT(63)}), HV_EINVAL);
	blocked(NIC);
	CHECK_EQ(iommu_attach(0, NIC, 0, vm_a.root), HV_OK);
	CHECK_EQ(iommu_attach(0, NIC, 1, vm_b.root), HV_EBUSY);
	CHECK_EQ(iommu_attach(0, NIC, 0, vm_a.root), HV_EBUSY);
	reaches(NIC, RAM_A);
	CHECK_EQ(iommu_detach(1, NIC, 0), HV_EINVAL);
	CHECK_EQ(iommu_detach(0, NIC, HV_DOM_MAX), HV_EINVAL);
	CHECK_EQ(iommu_detach(0, NIC, 1), HV_EINVAL); /* it is domain 0's */
	reaches(NIC, RAM_A);
	check_quiet();
}

static void pages_for_buses_run_out(void)
{
	uint16_t bus = 0;

	start();
	while (bus < 256 && iommu_attach(0, (uint16_t)(bus << 8), 0, vm_a.root) == HV_OK)
		bus++;
	CHECK_EQ(bus, PTPOOL_CORE_PAGES - 8 - 4); /* less the display's and the unit's own */
	CHECK_EQ(iommu_attach(0, (uint16_t)(bus << 8), 0, vm_a.root), HV_ENOMEM);
	CHECK_EQ(iommu_attach(0, 0x0001, 0, vm_a.root), HV_OK); /* a bus that has its page */
	blocked((uint16_t)(bus << 8));
	check_quiet();
}

static void detach_forgets_everything(void)
{
	for (unsigned coherent = 0; coherent < 2; coherent++) {
		start_with(1, 0, coherent);
		CHECK_EQ(iommu_attach(0, NIC, 3, vm_a.root), HV_OK);
		CHECK_EQ(iommu_attach(0, USB, 4, vm_b.root), HV_OK);
		reaches(NIC, RAM_A); /* now context and pages are cached */
		reaches(USB, RAM_B);
		CHECK_EQ(iommu_detach(0, NIC, 3), HV_OK);
		blocked(NIC);
		reaches(USB, RAM_B);
		CHECK_EQ(iommu_attach(0, NIC, 4, vm_b.root), HV_OK);
		reaches(NIC, RAM_B);
		CHECK_EQ(iommu_detach(0, NIC, 4), HV_OK);
		CHECK_EQ(iommu_attach(0, NIC, 3, vm_b.root), HV_OK); /* the old id, other memory */
		reaches(NIC, RAM_B);
		check_quiet();
	}
}

static void detach_of_nothing_flushes_too(void)
{
	struct fake_irq irq;
	struct iommu_msg msg;
	unsigned before;

	start_with(1, 0, FAKE_COHERENT);
	before = unit0->descriptors;
	CHECK_EQ(iommu_detach(0, NIC, 3), HV_OK);
	CHECK_EQ(unit0->descriptors, before + 4);
	CHECK_EQ(iommu_attach(0, NIC, 3, vm_a.root), HV_OK);
	reaches(NIC, RAM_A);
	CHECK_EQ(iommu_irq_map(0, 1, NIC, 0x41, 0, &msg), HV_OK);
	CHECK_TRUE(vtd_fake_msi(unit0, NIC, msg.address, msg.data, &irq));
	CHECK_TRUE(unit0->iec[1].valid);
	CHECK_EQ(iommu_detach(0, NIC, 3), HV_OK);
	CHECK_FALSE(unit0->iec[1].valid);
	CHECK_EQ(iommu_detach(0, NIC, 3), HV_OK);
	check_quiet();
}

static void flush_reaches_one_domain(void)
{
	uint64_t hpa;

	start();
	CHECK_EQ(iommu_attach(0, NIC, 0, vm_a.root), HV_OK);
	reaches(NIC, RAM_A);
	CHECK_EQ(ptab_unmap(&vm_a, LARGE_PAGE, PAGE_SIZE), HV_OK);
	CHECK_EQ(iommu_detach(0, USB, 1), HV_OK);
	CHECK_TRUE(vtd_fake_dma(unit0, NIC, LARGE_PAGE, false, &hpa)); /* another domain's flush */
	CHECK_EQ(iommu_detach(0, USB, 0), HV_OK);
	CHECK_FALSE(vtd_fake_dma(unit0, NIC, LARGE_PAGE, false, &hpa));
	check_quiet();
}

static void caching_mode_keeps_absent_entries(void)
{
	struct iommu_msg msg;
	struct fake_irq irq;

	start_with(1, BIT(7), 0);
	blocked(NIC);
	blocked(NIC + 1);
	CHECK_EQ(iommu_attach(0, NIC, 0, vm_a.root), HV_OK);
	reaches(NIC, RAM_A);
	blocked(NIC + 1);
	CHECK_EQ(iommu_attach(0, NIC + 1, 1, vm_b.root), HV_OK);
	reaches(NIC + 1, RAM_B);
	CHECK_FALSE(vtd_fake_msi(unit0, NIC, 0xfee00010 | 9 << 5, 0, &irq));
	CHECK_EQ(iommu_irq_map(0, 9, NIC, 0x41, 0, &msg), HV_OK);
	CHECK_TRUE(vtd_fake_msi(unit0, NIC, msg.address, msg.data, &irq));
	check_quiet();
}

static void interrupt_goes_where_it_should(void)
{
	struct iommu_msg msg;
	struct fake_irq irq;

	for (unsigned eim = 0; eim < 2; eim++) {
		uint32_t apic = eim ? 0x12345 : 0xfe;

		start_with(1, 0, eim ? FAKE_EIM : 0);
		CHECK_EQ(iommu_irq_map(0, 255, NIC, 0x41, apic, &msg), HV_OK);
		CHECK_EQ(msg.address, 0xfee01ff0);
		CHECK_EQ(msg.data, 0);
		REQUIRE(vtd_fake_msi(unit0, NIC, msg.address, msg.data, &irq));
		CHECK_EQ(irq.vector, 0x41);
		CHECK_EQ(irq.apic_id, apic);
		CHECK_TRUE(irq.remapped && irq.plain);
		CHECK_FALSE(vtd_fake_msi(unit0, NIC, 0xfee00000, 0x41, &irq)); /* the old format */
		CHECK_FALSE(vtd_fake_msi(unit0, NIC, 0xfee01fd0, 0, &irq));    /* a neighbour */
		check_quiet();
	}
}

static void interrupt_only_from_its_source(void)
{
	struct iommu_msg msg;
	struct fake_irq irq;

	start();
	CHECK_EQ(iommu_irq_map(0, 7, NIC, 0x41, 0, &msg), HV_OK);
	for (unsigned bit = 0; bit < 16; bit++)
		CHECK_FALSE(vtd_fake_msi(unit0, (uint16_t)(NIC ^ BIT(bit)), msg.address, msg.data,
					 &irq));
	CHECK_EQ(FIELD_GET(unit0->frcd[0].high, 39, 32), 0x26);
	CHECK_TRUE(vtd_fake_msi(unit0, NIC, msg.address, msg.data, &irq));
	CHECK_EQ(irq.vector, 0x41);
	check_quiet();
}

/*
 * What a driver can make its device write to the interrupt addresses: in the old format every vector, delivery mode, level,
 * hint and kind of destination, in the new one every entry with every data. Only its own entry says anything, and always the same.
 */
static void forged_messages_say_nothing(void)
{
	struct iommu_msg own, other;
	struct fake_irq irq;

	start();
	CHECK_EQ(iommu_irq_map(0, 7, NIC, 0x41, 0, &own), HV_OK);
	CHECK_EQ(iommu_irq_map(0, 9, USB, 0x51, 1, &other), HV_OK);
	for (uint32_t data = 0; data < 0x10000; data++) {
		for (uint64_t kind = 0; kind < 16; kind += 4) { /* hint, logical destination */
			REQUIRE(!vtd_fake_msi(unit0, NIC, 0xfee00000 | kind, data, &irq));
			REQUIRE(!vtd_fake_msi(unit0, NIC, 0xfeeff000 | kind, data, &irq));
		}
		REQUIRE(vtd_fake_msi(unit0, NIC, own.address, data, &irq));
		REQUIRE(irq.vector == 0x41 && irq.apic_id == 0 && irq.remapped && irq.plain);
		REQUIRE(!vtd_fake_msi(unit0, NIC, other.address, data, &irq));
		REQUIRE(vtd_fake_msi(unit0, NIC, own.address | 8, data, &irq) == (data == 0));
	}
	for (uint64_t entry = 0; entry < 0x10000; entry++) {
		uint64_t at = 0xfee00010 | (entry & 0x7fff) << 5 | entry >> 15 << 2;

		REQUIRE(vtd_fake_msi(unit0, NIC, at, 0, &irq) == (entry == 7));
	}
	CHECK_EQ(unit0->gsts & BIT(23), 0); /* the old format is not let through */
	check_quiet();
}

static void interrupt_refusals_change_nothing(void)
{
	struct iommu_msg msg = {1, 2};
	struct fake_irq irq;

	start();
	CHECK_EQ(iommu_irq_map(1, 7, NIC, 0x41, 0, &msg), HV_EINVAL);
	CHECK_EQ(iommu_irq_map(0, IOMMU_IRQ_MAX, NIC, 0x41, 0, &msg), HV_EINVAL);
	CHECK_EQ(iommu_irq_map(0, 7, NIC, 15, 0, &msg), HV_EINVAL);
	CHECK_EQ(iommu_irq_map(0, 7, NIC, 256, 0, &msg), HV_EINVAL);
	CHECK_EQ(iommu_irq_map(0, 7, NIC, 0x41, 255, &msg), HV_EINVAL); /* everybody, without EIM */
	CHECK_FALSE(vtd_fake_msi(unit0, NIC, 0xfee00010 | 7 << 5, 0, &irq));
	CHECK_EQ(iommu_irq_unmap(1, 7, false), HV_EINVAL);
	CHECK_EQ(iommu_irq_unmap(0, IOMMU_IRQ_MAX, false), HV_EINVAL);
	CHECK_TRUE(msg.address == 1 && msg.data == 2);
	CHECK_EQ(iommu_irq_map(0, 7, NIC, 16, 0, &msg), HV_OK);
	CHECK_EQ(iommu_irq_map(0, 7, USB, 0x42, 0, &msg), HV_EBUSY);
	CHECK_TRUE(vtd_fake_msi(unit0, NIC, msg.address, msg.data, &irq));
	CHECK_EQ(irq.vector, 16);
	start_with(1, 0, FAKE_EIM);
	CHECK_EQ(iommu_irq_map(0, 7, NIC, 255, 255, &msg), HV_OK);
	check_quiet();
}

static void unmapped_interrupt_is_gone(void)
{
	struct iommu_msg msg;
	struct fake_irq irq;

	for (unsigned coherent = 0; coherent < 2; coherent++) {
		start_with(1, 0, coherent);
		CHECK_EQ(iommu_irq_map(0, 7, NIC, 0x41, 0, &msg), HV_OK);
		CHECK_TRUE(vtd_fake_msi(unit0, NIC, msg.address, msg.data, &irq)); /* cached now */
		CHECK_EQ(iommu_irq_unmap(0, 7, false), HV_OK);
		CHECK_FALSE(vtd_fake_msi(unit0, NIC, msg.address, msg.data, &irq));
		CHECK_EQ(iommu_irq_map(0, 7, USB, 0x42, 1, &msg), HV_OK);
		CHECK_FALSE(vtd_fake_msi(unit0, NIC, msg.address, msg.data, &irq));
		CHECK_TRUE(vtd_fake_msi(unit0, USB, msg.address, msg.data, &irq));
		CHECK_EQ(irq.vector, 0x42);
		check_quiet();
	}
}

/* A device that was cut off goes on for a while: that is no fault of its own. */
static void a_quiet_entry_records_no_fault(void)
{
	struct iommu_msg msg;
	struct iommu_fault f;
	struct fake_irq irq;

	start();
	CHECK_EQ(iommu_irq_map(0, 7, NIC, 0x41, 0, &msg), HV_OK);
	CHECK_EQ(iommu_irq_unmap(0, 7, true), HV_OK);
	CHECK_FALSE(vtd_fake_msi(unit0, NIC, msg.address, msg.data, &irq));
	CHECK_FALSE(iommu_fault_next(&f));
	CHECK_EQ(iommu_irq_map(0, 7, NIC, 0x41, 0, &msg), HV_OK);
	CHECK_TRUE(vtd_fake_msi(unit0, NIC, msg.address, msg.data, &irq));
	CHECK_EQ(iommu_irq_unmap(0, 7, false), HV_OK);
	CHECK_FALSE(vtd_fake_msi(unit0, NIC, msg.address, msg.data, &irq));
	CHECK_TRUE(iommu_fault_next(&f));
	check_quiet();
}

static void silent_unit_is_lost(void)
{
	struct iommu_msg msg = {1, 2};
	struct iommu_state state;
	struct fake_irq irq;
	uint64_t hpa, before;

	start_with(1, 0, FAKE_COHERENT);
	CHECK_EQ(iommu_attach(0, NIC, 0, vm_a.root), HV_OK);
	unit0->mute = true;
	before = fake_tsc;
	CHECK_EQ(iommu_irq_map(0, 7, NIC, 0x41, 0, &msg), HV_ETIMEOUT);
	CHECK_TRUE(fake_tsc - before >= PATIENCE && fake_tsc - before < 2 * PATIENCE);
	CHECK_TRUE(msg.address == 1 && msg.data == 2);
	unit0->mute = false;
	vtd_fake_serve(unit0); /* too late: nobody knows what it had cached meanwhile */
	before = fake_tsc;
	for (unsigned i = 0; i < 300; i++) /* more than the queue holds */
		CHECK_EQ(iommu_detach(0, USB, 0), HV_ETIMEOUT);
	CHECK_EQ(iommu_detach(0, NIC, 0), HV_ETIMEOUT);
	CHECK_EQ(iommu_attach(0, USB, 0, vm_a.root), HV_ETIMEOUT);
	CHECK_EQ(iommu_irq_map(0, 8, USB, 0x41, 0, &msg), HV_ETIMEOUT);
	iommu_state(&state);
	CHECK_EQ(state.lost, 1);
	CHECK_FALSE(
		vtd_fake_dma(unit0, USB, 0x1234, false, &hpa)); /* nothing new becomes present */
	CHECK_FALSE(vtd_fake_msi(unit0, USB, 0xfee00010 | 8 << 5, 0, &irq));
	CHECK_TRUE(fake_tsc - before < PATIENCE);
	CHECK_FALSE(vtd_fake_dma(unit0, NIC, 0x1234, false, &hpa)); /* absent all the same */
	check_quiet();
}

static void answer_of_an_earlier_wait_does_not_count(void)
{
	start();
	CHECK_EQ(iommu_detach(0, USB, 0), HV_OK);
	unit0->mute = true;
	CHECK_EQ(iommu_detach(0, USB, 0), HV_ETIMEOUT);
	check_quiet();
}

static void queue_goes_round(void)
{
	unsigned before;

	start();
	before = unit0->waits;
	for (unsigned i = 0; i < 600; i++)
		CHECK_EQ(iommu_detach(0, USB, 0), HV_OK);
	CHECK_EQ(unit0->waits, before + 600);
	check_quiet();
}

static void faults_name_their_requester(void)
{
	struct iommu_fault f;
	uint64_t hpa;

	start_with(2, 3ull << 40, 0);
	CHECK_FALSE(iommu_fault_next(&f));
	CHECK_EQ(iommu_attach(0, NIC, 2, vm_a.root), HV_OK);
	CHECK_FALSE(vtd_fake_dma(unit0, NIC, 0xdeadb123, true, &hpa));
	CHECK_FALSE(vtd_fake_dma(unit0, USB, 0x5000, false, &hpa));
	CHECK_FALSE(vtd_fake_dma(unit0, NIC + 1, 0x6000, false, &hpa));
	CHECK_FALSE(vtd_fake_dma(&vtd_fake[1], NIC, 0x7000, false, &hpa));
	REQUIRE(iommu_fault_next(&f));
	CHECK_TRUE(f.unit == 0 && f.bdf == NIC && f.write);
	CHECK_TRUE(f.reason == 5 && f.address == 0xdeadb000);
	REQUIRE(iommu_fault_next(&f));
	CHECK_TRUE(f.bdf == USB && !f.write && f.reason == 1);
	REQUIRE(iommu_fault_next(&f));
	CHECK_TRUE(f.bdf == NIC + 1 && f.reason == 2);
	REQUIRE(iommu_fault_next(&f));
	CHECK_TRUE(f.unit == 1 && f.bdf == NIC && f.address == 0x7000);
	CHECK_FALSE(iommu_fault_next(&f));
	CHECK_EQ(iommu_detach(0, NIC, 2), HV_OK);
	CHECK_FALSE(vtd_fake_dma(unit0, NIC, 0x5000, true, &hpa));
	REQUIRE(iommu_fault_next(&f));
	CHECK_TRUE(f.bdf == NIC && f.write && f.reason == 2);
	check_quiet();
}

static void faults_after_an_overflow(void)
{
	struct iommu_fault f;
	unsigned events = 0;

	start_with(1, 3ull << 40, 0);
	for (unsigned round = 0; round < 7; round++) {
		for (unsigned i = 0; i < 4 + round % 3; i++)
			vtd_fake_fault(unit0, NIC, (round * 16 + i + 1) * PAGE_SIZE, true, 5);
		CHECK_EQ(unit0->event.count, ++events);
		for (unsigned i = 0; i < 4; i++) { /* oldest first, the last record too */
			REQUIRE(iommu_fault_next(&f));
			CHECK_EQ(f.address, (round * 16 + i + 1) * PAGE_SIZE);
		}
		CHECK_FALSE(iommu_fault_next(&f));
		CHECK_EQ(unit0->fsts & 0xff, 0);
		vtd_fake_fault(unit0, NIC, 0x1000, true, 5); /* moves where the next round starts */
		CHECK_EQ(unit0->event.count, ++events);
		REQUIRE(iommu_fault_next(&f));
		CHECK_FALSE(iommu_fault_next(&f));
	}
	check_quiet();
}

/* What the registers say now, not what was ordered once. */
static void its_state_is_read_from_the_unit(void)
{
	struct iommu_state s;

	start();
	iommu_state(&s);
	CHECK_EQ(s.units, 1);
	CHECK_EQ(s.translating, 1);
	CHECK_EQ(s.remapping, 1);
	CHECK_EQ(s.lost, 0);
	unit0->gsts &= ~(1u << 31); /* TES */
	iommu_state(&s);
	CHECK_EQ(s.translating, 0);
	CHECK_EQ(s.remapping, 1);
	unit0->gsts = 1u << 31; /* without IRES */
	iommu_state(&s);
	CHECK_EQ(s.translating, 1);
	CHECK_EQ(s.remapping, 0);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(attach_reaches_own_memory_only);
	RUN(attach_refusals_change_nothing);
	RUN(pages_for_buses_run_out);
	RUN(detach_forgets_everything);
	RUN(detach_of_nothing_flushes_too);
	RUN(flush_reaches_one_domain);
	RUN(caching_mode_keeps_absent_entries);
	RUN(interrupt_goes_where_it_should);
	RUN(interrupt_only_from_its_source);
	RUN(forged_messages_say_nothing);
	RUN(interrupt_refusals_change_nothing);
	RUN(unmapped_interrupt_is_gone);
	RUN(a_quiet_entry_records_no_fault);
	RUN(silent_unit_is_lost);
	RUN(answer_of_an_earlier_wait_does_not_count);
	RUN(queue_goes_round);
	RUN(faults_name_their_requester);
	RUN(faults_after_an_overflow);
	RUN(its_state_is_read_from_the_unit);
	return check_end();
}
