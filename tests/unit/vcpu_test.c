/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual processor of AMD-V: what every guest's control block forbids, what a switch between two guests writes and in which
 * order, and what an exit is taken for. Blocks are read by the offsets of AMD APM vol 2, appendix B, not by vmcb.h.
 */
#include "check.h"
#include "tests/fakes/hw_fake.h"
#include "tests/fakes/insn_fake.h"
#include "vcpu.h"

#define PRED_CMD 0x49u
#define TSC_AUX	 0xc0000103u
#define VALID	 (1ull << 31)

static struct vcpu one, two;
static struct vcpu_exit x;

static uint32_t at32(const struct vcpu *v, unsigned offset)
{
	uint32_t value;

	memcpy(&value, (const uint8_t *)v->hw + offset, sizeof value);
	return value;
}

static uint64_t at64(const struct vcpu *v, unsigned offset)
{
	uint64_t value;

	memcpy(&value, (const uint8_t *)v->hw + offset, sizeof value);
	return value;
}

static void put64(void *block, unsigned offset, uint64_t value)
{
	memcpy((uint8_t *)block + offset, &value, sizeof value);
}

static void boot(void)
{
	fake_reset();
	insn_fake_reset();
	CHECK_EQ(vcpu_boot_cpu(), HV_OK);
	vcpu_init(&one, 0, (hpa_t){0x100000}, 0);
	vcpu_init(&two, 5, (hpa_t){0x200000}, 77);
	insn_fake.ordered = 0;
}

/* --- the processor --- */

static void refuses_a_processor_that_lacks_something(void)
{
	for (unsigned lack = 0; lack < 4; lack++) {
		fake_reset();
		insn_fake_reset();
		insn_fake.no_svm = lack == 0;
		insn_fake.locked = lack == 1;
		insn_fake.no_npt = lack == 2;
		insn_fake.no_xsave = lack == 3;
		CHECK_EQ(vcpu_boot_cpu(), HV_ENOSYS);
		CHECK_EQ(insn_fake.ordered, 0); /* and nothing was switched on */
	}
}

static void each_processor_has_its_own_save_areas(void)
{
	uint64_t hsave[2], vmsave[2];

	boot();
	for (unsigned cpu = 0; cpu < 2; cpu++) {
		fake.cpu = cpu;
		CHECK_EQ(vcpu_boot_cpu(), HV_OK);
		CHECK_EQ(insn_fake.efer & 1u << 12, 1u << 12);
		hsave[cpu] = insn_fake.hsave;
		vmsave[cpu] = insn_fake.vmsave_at;
		CHECK_EQ(vmsave[cpu] & PAGE_MASK, 0);
	}
	CHECK_TRUE(hsave[0] != 0 && hsave[1] >= hsave[0] + PAGE_SIZE);
	CHECK_TRUE(vmsave[1] >= vmsave[0] + PAGE_SIZE);
}

/* --- what a guest cannot do without us --- */

static void what_a_guest_must_ask_for(void)
{
	/* exceptions #DB #AC #MC; then by bit of 00Ch: INTR NMI RDPMC CPUID INVD HLT INVLPGA IOIO MSR FERR SHUTDOWN;
	 * of 010h: VMRUN VMMCALL VMLOAD VMSAVE STGI CLGI SKINIT WBINVD MONITOR MWAIT MWAIT-armed XSETBV RDPRU */
	static const uint8_t bits_00c[] = {0, 1, 15, 18, 22, 24, 26, 27, 28, 30, 31};
	static const uint8_t bits_010[] = {0, 1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 14};

	boot();
	CHECK_EQ(at32(&two, 0x08), 1u << 1 | 1u << 17 | 1u << 18);
	for (unsigned i = 0; i < ARRAY_LEN(bits_00c); i++)
		CHECK_TRUE(at32(&two, 0x0c) & 1u << bits_00c[i]);
	for (unsigned i = 0; i < ARRAY_LEN(bits_010); i++)
		CHECK_TRUE(at32(&two, 0x10) & 1u << bits_010[i]);
	CHECK_EQ(at64(&two, 0x60) & 1u << 24,
		 1u << 24);	       /* V_INTR_MASKING: its IF does not hold back ours */
	CHECK_EQ(at64(&two, 0x90), 1); /* nested paging, and no other feature */
	CHECK_EQ(at64(&two, 0xb0), 0x200000);
	CHECK_EQ(at64(&two, 0xb8), 0); /* no virtual VMLOAD and VMSAVE, no branch records */
	CHECK_EQ(at64(&two, 0x50), 77);
}

static void ports_are_all_closed(void)
{
	const uint8_t *map;

	boot();
	map = (const uint8_t *)at64(&one, 0x40);
	for (unsigned i = 0; i < 65536 / 8 + 1;
	     i++) /* the last: a wide access at the end of the space */
		REQUIRE(map[i] == 0xff);
}

static bool switched_by_hardware(uint32_t msr)
{
	return (msr >= 0x174 && msr <= 0x176) || (msr >= 0xc0000081 && msr <= 0xc0000084) ||
	       (msr >= 0xc0000100 && msr <= 0xc0000102);
}

/* What VMLOAD and VMSAVE carry from guest to guest is open, everything else is not: SPEC_CTRL, PRED_CMD, DebugCtl, EFER, .. */
static void registers_are_closed_but_those_the_hardware_switches(void)
{
	static const uint32_t first[] = {0, 0xc0000000, 0xc0010000};
	const uint8_t *map;

	boot();
	map = (const uint8_t *)at64(&one, 0x48);
	for (unsigned range = 0; range < 3; range++)
		for (uint32_t i = 0; i < 0x2000; i++) {
			unsigned both = map[0x800 * range + i / 4] >> (i % 4 * 2) & 3;

			REQUIRE(both == (switched_by_hardware(first[range] + i) ? 0u : 3u));
		}
}

/* --- address spaces --- */

static bool flushed;

static void sees_flush(uint64_t gpr[16], uint8_t *block)
{
	(void)gpr;
	flushed = block[0x5c] == 1;
	put64(block, 0x70, 0x60);
}

static bool runs_flushed(struct vcpu *v)
{
	insn_fake.ordered = 0;
	insn_fake.guest = sees_flush;
	vcpu_run(v, &x);
	return flushed;
}

static void no_life_inherits_translations(void)
{
	boot();
	CHECK_NE(at32(&one, 0x58), 0);
	CHECK_NE(at32(&one, 0x58), at32(&two, 0x58));
	CHECK_TRUE(runs_flushed(&one));
	CHECK_FALSE(runs_flushed(&one));
	vcpu_wipe(&one);
	vcpu_init(&one, 0, (hpa_t){0x100000}, 0); /* the next life has the id of the one before */
	CHECK_TRUE(runs_flushed(&one));
}

static void a_changed_table_is_flushed_before_the_next_entry(void)
{
	boot();
	CHECK_TRUE(runs_flushed(&one));
	vcpu_flush(&one);
	CHECK_TRUE(runs_flushed(&one));
	CHECK_FALSE(runs_flushed(&one));
	CHECK_EQ(at64(&one, 0xc0), 0); /* clean bits: the processor may keep nothing of a block */
}

static void init_of_the_last_space(void *dom)
{
	vcpu_init(&one, *(unsigned *)dom, (hpa_t){0}, 0);
}

static void a_space_the_processor_does_not_have_stops_the_machine(void)
{
	unsigned dom = 2;

	fake_reset();
	insn_fake_reset();
	insn_fake.asids = 3;
	CHECK_EQ(vcpu_boot_cpu(), HV_OK);
	CHECK_EQ(fake_try(init_of_the_last_space, &dom), END_ASSERT);
	dom = 1;
	CHECK_EQ(fake_try(init_of_the_last_space, &dom), END_RETURNED);
}

/* --- the switch --- */

/* A guest leaves its mark in everything it can reach. */
static void scribble(uint8_t mark)
{
	memset(insn_fake.state, mark, sizeof insn_fake.state);
	for (unsigned i = 0; i < 4; i++)
		insn_fake.dr[i] = 0x0101010101010101ull * mark;
	insn_fake.tsc_aux = mark;
}

static unsigned marks(uint8_t mark)
{
	unsigned n = insn_fake.tsc_aux == mark;

	for (unsigned i = 0; i < sizeof insn_fake.state; i++)
		n += (i < 416 || i >= 576) && insn_fake.state[i] == mark; /* no registers between */
	for (unsigned i = 0; i < 4; i++)
		n += (uint8_t)insn_fake.dr[i] == mark;
	return n;
}

static void nothing_is_left_for_the_next_guest(void)
{
	boot();
	vcpu_load(&one);
	scribble(0xa5);
	vcpu_save(&one);
	vcpu_load(&two);
	CHECK_EQ(marks(0xa5), 0);
	CHECK_EQ(insn_fake.xcr0, 1);
	CHECK_MEM(insn_fake.state, "\x7f\x03", 2); /* FCW after FINIT */
}

/* XCR0 enables or hides components; it does not empty them. */
static void what_a_guest_has_disabled_is_switched_too(void)
{
	boot();
	vcpu_load(&one);
	insn_fake.xcr0 = 7;
	scribble(0xa5);
	insn_fake.xcr0 = 1; /* AVX registers are full, and hidden */
	vcpu_save(&one);
	CHECK_EQ(one.xcr0, 1);
	vcpu_load(&two);
	CHECK_EQ(marks(0xa5), 0);
	vcpu_save(&two);
	vcpu_load(&one);
	CHECK_EQ(insn_fake.state[576], 0xa5);
	CHECK_EQ(insn_fake.xcr0, 1);
}

static void a_guest_gets_its_registers_back(void)
{
	boot();
	vcpu_load(&one);
	insn_fake.xcr0 = 7;
	scribble(0xa5);
	vcpu_tsc_aux_set(&one, 0x1111);
	vcpu_xcr0_set(&one, 3);
	vcpu_save(&one);
	vcpu_load(&two);
	vcpu_tsc_aux_set(&two, 0x2222);
	CHECK_EQ(insn_fake.tsc_aux, 0x2222);
	vcpu_save(&two);
	vcpu_load(&one);
	CHECK_EQ(insn_fake.tsc_aux, 0x1111);
	CHECK_EQ(insn_fake.xcr0, 3);
	CHECK_EQ(insn_fake.dr[0], 0xa5a5a5a5a5a5a5a5);
	CHECK_EQ(insn_fake.dr[3], 0xa5a5a5a5a5a5a5a5);
	CHECK_EQ(insn_fake.state[200], 0xa5);
	CHECK_EQ(insn_fake.state[FAKE_XSAVE - 1], 0xa5);
}

/* A processor with more state than there is room for: what a guest is offered is switched. */
static void components_that_do_not_fit(void)
{
	fake_reset();
	insn_fake_reset();
	insn_fake.xsave_bytes = FPU_BYTES + 1;
	CHECK_EQ(vcpu_boot_cpu(), HV_OK);
	vcpu_init(&one, 0, (hpa_t){0}, 0);
	insn_fake.ordered = 0;
	vcpu_load(&one);
	CHECK_EQ(insn_fake.order[insn_fake_at(0, INSN_XRSTOR, 7)].a, 7);
}

static void returns(uint64_t gpr[16], uint8_t *block)
{
	(void)gpr;
	put64(block, 0x70, 0x60);
}

/* XCR0 open, x87 emptied, state loaded, XCR0 the guest's, debug registers, TSC_AUX, the barrier, and only then the guest. */
static void the_order_of_a_switch(void)
{
	static const struct {
		enum insn what;
		uint64_t a;
	} wanted[] = {
		{INSN_XSETBV,  0x207   },
		      {INSN_XSAVE,   0x207	},
		     {INSN_XSETBV,  0x207	},
		{INSN_FNINIT,  0       },
		      {INSN_XRSTOR,  0x207	 },
		     {INSN_XSETBV,  1	    },
		{INSN_DR_LOAD, 0	},
		      {INSN_WRMSR,   TSC_AUX },
		     {INSN_WRMSR,	  PRED_CMD}
	   };

	boot();
	vcpu_load(&one);
	insn_fake.ordered = 0;
	insn_fake.guest = returns;
	vcpu_save(&one);
	vcpu_load(&two);
	vcpu_run(&two, &x);
	REQUIRE(insn_fake.ordered == ARRAY_LEN(wanted) + 1);
	for (unsigned i = 0; i < ARRAY_LEN(wanted); i++) {
		CHECK_EQ(insn_fake.order[i].what, wanted[i].what);
		CHECK_EQ(insn_fake.order[i].a, wanted[i].a);
	}
	CHECK_EQ(insn_fake.order[ARRAY_LEN(wanted)].what, INSN_ENTER);
	CHECK_EQ(insn_fake.order[ARRAY_LEN(wanted)].a, (uint64_t)two.hw);
}

static void each_switch_has_a_barrier(void)
{
	boot();
	for (unsigned i = 1; i <= 3; i++) {
		insn_fake.ordered = 0;
		vcpu_load(&one);
		CHECK_EQ(insn_fake.barriers, 2 * i - 1);
		vcpu_save(&one);
		vcpu_load(&two);
		CHECK_EQ(insn_fake.barriers, 2 * i);
		vcpu_save(&two);
	}
}

/* Writing the register where there is none would be #GP: the fake ends the test. */
static void no_barrier_where_there_is_none(void)
{
	fake_reset();
	insn_fake_reset();
	insn_fake.ibpb = false;
	CHECK_EQ(vcpu_boot_cpu(), HV_OK);
	vcpu_init(&one, 0, (hpa_t){0}, 0);
	vcpu_load(&one);
	CHECK_EQ(insn_fake.barriers, 0);
}

static bool zero(const void *at, size_t bytes, unsigned *first)
{
	const uint8_t *p = at;

	for (*first = 0; *first < bytes; ++*first)
		if (p[*first] != 0)
			return false;
	return true;
}

static void nothing_is_left_of_one_that_was_wiped(void)
{
	unsigned first;
	uint8_t *block;

	boot();
	block = one.hw;
	vcpu_load(&one);
	scribble(0xa5);
	vcpu_save(&one);
	memset(block, 0xa5, PAGE_SIZE);
	memset(one.gpr, 0xa5, sizeof one.gpr);
	vcpu_wipe(&one);
	CHECK_TRUE(zero(block, PAGE_SIZE, &first));
	one.xcr0 ^= 1;
	CHECK_TRUE(zero(&one, sizeof one, &first));
	one.xcr0 ^= 1;
	vcpu_load(&one); /* and this empties the processor */
	CHECK_EQ(marks(0xa5), 0);
	CHECK_TRUE(zero(insn_fake.dr, sizeof insn_fake.dr, &first));
	vcpu_wipe(&one); /* one that never ran, or twice: no block */
}

/* --- entry and exit --- */

static uint64_t entered[16], entered_rax;

static void swaps(uint64_t gpr[16], uint8_t *block)
{
	memcpy(entered, gpr, sizeof entered);
	memcpy(&entered_rax, block + 0x5f8, 8);
	for (unsigned i = 0; i < 16; i++)
		gpr[i] = 0x100 + i;
	put64(block, 0x5f8, 0xaaaa);
	put64(block, 0x70, 0x81);
	put64(block, 0x578, 0x4000);
	put64(block, 0xc8, 0x4003);
}

static void registers_go_in_and_come_out(void)
{
	boot();
	for (unsigned i = 0; i < GPR_COUNT; i++)
		one.gpr[i] = i + 1;
	vcpu_load(&one);
	insn_fake.guest = swaps;
	vcpu_run(&one, &x);
	CHECK_EQ(entered_rax, 1); /* RAX is in the block, not in a register */
	for (unsigned i = 1; i < GPR_COUNT; i++)
		CHECK_EQ(entered[i], i + 1);
	CHECK_EQ(one.gpr[RAX], 0xaaaa);
	CHECK_EQ(one.gpr[R15], 0x10f);
	CHECK_EQ(x.kind, VEXIT_HCALL);
	CHECK_TRUE(insn_fake.host_block != NULL && insn_fake.host_block != one.hw);
}

static struct {
	uint64_t code, info1, info2, delivering, rip, next, vintr;
} leaving;
static uint64_t injected;

static void leaves(uint64_t gpr[16], uint8_t *block)
{
	(void)gpr;
	memcpy(&injected, block + 0xa8, 8);
	put64(block, 0x70, leaving.code);
	put64(block, 0x78, leaving.info1);
	put64(block, 0x80, leaving.info2);
	put64(block, 0x88, leaving.delivering);
	put64(block, 0x578, leaving.rip);
	put64(block, 0xc8, leaving.next);
	put64(block, 0x60, leaving.vintr);
}

static void leave_with(uint64_t code)
{
	insn_fake.ordered = 0;
	insn_fake.guest = leaves;
	leaving.code = code;
	vcpu_run(&one, &x);
}

static void an_exit_is_what_the_manual_says(void)
{
	static const struct {
		uint64_t code;
		enum vcpu_exit_kind kind;
		unsigned length;
	} rows[] = {
		{0x41,       VEXIT_EXCEPTION, 0},
		    {0x51,	   VEXIT_EXCEPTION, 0},
		{0x52,       VEXIT_UNKNOWN,   0},
		{0x60,       VEXIT_HOST,	   0},
		    {0x61,	   VEXIT_HOST,      0},
		{0x6f,       VEXIT_UD,	 0},
		{0x72,       VEXIT_CPUID,	    2},
		    {0x76,	   VEXIT_SKIP,      2},
		{0x78,       VEXIT_HLT,	  1},
		{0x7a,       VEXIT_UD,	 0},
		    {0x7c,	   VEXIT_RDMSR,	2},
		{0x7f,       VEXIT_TRIPLE,    0},
		{0x80,       VEXIT_UD,	 0},
		    {0x81,	   VEXIT_HCALL,	3},
		{0x82,       VEXIT_UD,	 0},
		{0x83,       VEXIT_UD,	 0},
		    {0x84,	   VEXIT_UD,	     0},
		{0x85,       VEXIT_UD,	 0},
		{0x86,       VEXIT_UD,	 0},
		    {0x87,	   VEXIT_UD,	     0},
		{0x88,       VEXIT_UD,	 0},
		{0x89,       VEXIT_SKIP,	   2},
		    {0x8a,	   VEXIT_UD,	     0},
		{0x8b,       VEXIT_UD,	 0},
		{0x8c,       VEXIT_UD,	 0},
		    {0x8d,	   VEXIT_XSETBV,	 3},
		{0x8e,       VEXIT_UD,	 0},
		{0x8f,       VEXIT_UNKNOWN,   0},
		    {0x400,	    VEXIT_FAULT,	 0},
		{0x401,	VEXIT_UNKNOWN,   0},
		{0,	    VEXIT_UNKNOWN,   0},
		    {0xffffffff, VEXIT_BAD,	    0},
		{~0ull,	VEXIT_BAD,	   0},
	};

	for (unsigned nrips = 0; nrips < 2; nrips++) {
		fake_reset();
		insn_fake_reset();
		insn_fake.nrips = nrips;
		CHECK_EQ(vcpu_boot_cpu(), HV_OK);
		vcpu_init(&one, 0, (hpa_t){0}, 0);
		memset(&leaving, 0, sizeof leaving);
		leaving.rip = 0x4000;
		leaving.next = nrips ? 0x400f : 0; /* with prefixes, what the processor says */
		for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
			leave_with(rows[i].code);
			CHECK_EQ(x.kind, rows[i].kind);
			CHECK_EQ(x.code, rows[i].code);
			if (rows[i].length != 0)
				CHECK_EQ(one.next_rip, nrips ? 0x400f : 0x4000 + rows[i].length);
		}
	}
}

static void details_of_an_exit(void)
{
	boot();
	memset(&leaving, 0, sizeof leaving);
	leaving.info1 = 0x3f8ull << 16 | 2u << 4 | 1; /* IN, a word, port 3F8 */
	leaving.info2 = 0x4002;
	leave_with(0x7b);
	CHECK_TRUE(x.kind == VEXIT_IO && x.in && !x.string && x.bytes == 2 && x.port == 0x3f8);
	CHECK_EQ(one.next_rip, 0x4002);
	leaving.info1 = 0xffffull << 16 | 1u << 2 | 4u << 4; /* OUTS */
	leave_with(0x7b);
	CHECK_TRUE(!x.in && x.string && x.bytes == 4 && x.port == 0xffff);
	leaving.info1 = 0x100000006;
	leaving.info2 = 0xfee00000;
	leave_with(0x400);
	CHECK_TRUE(x.gpa.v == 0xfee00000 && x.error == 6);
	leaving.info1 = 1;
	leave_with(0x7c);
	CHECK_EQ(x.kind, VEXIT_WRMSR);
}

static void stepping_over_ends_the_shadow(void)
{
	boot();
	put64(one.hw, 0x68, 1);
	one.next_rip = 0x1234;
	vcpu_skip(&one);
	CHECK_EQ(at64(&one, 0x578), 0x1234);
	CHECK_EQ(at64(&one, 0x68), 0);
}

/* --- events --- */

static void an_event_in_delivery_is_delivered_again(void)
{
	boot();
	memset(&leaving, 0, sizeof leaving);
	leaving.delivering = VALID | 3u << 8 | 1u << 11 | 14 |
			     6ull << 32; /* #PF with its error code, interrupted */
	leave_with(0x400);
	CHECK_EQ(injected, 0);
	leaving.delivering = 0xb0e; /* of some time ago: not valid */
	leave_with(0x60);
	CHECK_EQ(injected, VALID | 3u << 8 | 1u << 11 | 14 | 6ull << 32);
	leave_with(0x60);
	CHECK_EQ(injected & VALID, 0); /* once */
}

static void an_exception_goes_in_once(void)
{
	boot();
	memset(&leaving, 0, sizeof leaving);
	vcpu_inject(&one, 13, true, 0);
	leave_with(0x60);
	CHECK_EQ(injected, VALID | 3u << 8 | 1u << 11 | 13);
	leave_with(0x60);
	CHECK_EQ(injected, 0);
	vcpu_inject(&one, 6, false, 0xffff);
	leave_with(0x60);
	CHECK_EQ(injected, VALID | 3u << 8 | 6);
}

/* #DB and #AC exit so that none can be delivered without end; they are the guest's all the same. */
static void debug_and_alignment_go_back_to_the_guest(void)
{
	boot();
	memset(&leaving, 0, sizeof leaving);
	leave_with(0x41);
	CHECK_TRUE(x.vector == 1);
	leave_with(0x51);
	CHECK_EQ(injected, VALID | 3u << 8 | 1);
	CHECK_TRUE(x.vector == 17);
	leave_with(0x60);
	CHECK_EQ(injected, VALID | 3u << 8 | 1u << 11 | 17);
}

static void an_interrupt_is_offered_and_taken(void)
{
	boot();
	memset(&leaving, 0, sizeof leaving);
	vcpu_irq_offer(&one, 0x61);
	CHECK_EQ(at64(&one, 0x60), 1u << 24 | 1u << 8 | 6u << 16 | 0x61ull << 32);
	leaving.vintr = at64(&one, 0x60);
	leave_with(0x60); /* not taken: V_IRQ still stands */
	CHECK_EQ(vcpu_irq_taken(&one), (uint64_t)-1);
	leaving.vintr &= ~(1ull << 8);
	leave_with(0x60);
	CHECK_EQ(vcpu_irq_taken(&one), 0x61);
	CHECK_EQ(vcpu_irq_taken(&one), (uint64_t)-1); /* once */
	vcpu_irq_offer(&one, 0x61);
	vcpu_irq_offer(&one, -1);
	CHECK_EQ(at64(&one, 0x60), 1u << 24);
}

static void no_interrupt_within_a_shadow(void)
{
	boot();
	put64(one.hw, 0x68, 1);
	vcpu_irq_offer(&one, 0x61);
	CHECK_EQ(one.shadow_tries, 1);
	CHECK_EQ(at64(&one, 0x60) & 1u << 8, 0);
	put64(one.hw, 0x68, 0);
	vcpu_irq_offer(&one, 0x61);
	CHECK_EQ(one.shadow_tries, 0);
	CHECK_EQ(at64(&one, 0x60) & 1u << 8, 1u << 8);
}

/* The emulator's VMRUN does not know the shadow of the exit before, and the next exit does not tell of it. */
static void forgets(uint64_t gpr[16], uint8_t *block)
{
	leaves(gpr, block);
	put64(block, 0x68, 0);
}

static bool held(uint64_t code, uint64_t rip)
{
	insn_fake.ordered = 0;
	insn_fake.guest = forgets;
	leaving.code = code;
	leaving.rip = rip;
	vcpu_run(&one, &x);
	vcpu_irq_offer(&one, 0x61);
	return one.offered < 0;
}

static void begin_in_a_shadow(void)
{
	boot();
	memset(&leaving, 0, sizeof leaving);
	put64(one.hw, 0x578, 0x1000);
	put64(one.hw, 0x68, 1);
	vcpu_irq_offer(&one, 0x61);
}

static void a_shadow_lasts_until_an_instruction_was_executed(void)
{
	begin_in_a_shadow();
	CHECK_TRUE(held(0x60, 0x1000)); /* the host's timer came first: HLT is still ahead */
	CHECK_TRUE(held(0x60, 0x1000));
	CHECK_EQ(one.shadow_tries, 3);
	CHECK_FALSE(held(0x60, 0x1001));
	begin_in_a_shadow();
	CHECK_FALSE(held(0x78, 0x1000)); /* HLT itself */
	begin_in_a_shadow();
	for (unsigned i = 0; i < 7; i++)
		CHECK_TRUE(held(0x60, 0x1000));
	CHECK_FALSE(held(0x60, 0x1000)); /* a jump to itself */
	CHECK_FALSE(held(0x60, 0x1000));
}

static void a_refused_state_tells_nothing_of_the_core(void)
{
	boot();
	memset(&leaving, 0, sizeof leaving);
	leaving.rip = 0xffffff8cfc40cf91;
	leave_with(0xffffffff);
	CHECK_EQ(x.kind, VEXIT_BAD);
	CHECK_EQ(vcpu_rip(&one), 0);
}

static uint64_t vintr_in;

static void changes_its_priority(uint64_t gpr[16], uint8_t *block)
{
	(void)gpr;
	memcpy(&vintr_in, block + 0x60, 8);
	block[0x60] = 9;
	put64(block, 0x70, 0x60);
}

static void task_priority_and_cr8_are_one(void)
{
	boot();
	one.lapic.reg[VLAPIC_TPR] = 0x4f;
	vcpu_irq_offer(&one, -1); /* as before each entry */
	insn_fake.guest = changes_its_priority;
	vcpu_run(&one, &x);
	CHECK_EQ(vintr_in, 1u << 24 | 4);
	CHECK_EQ(one.lapic.reg[VLAPIC_TPR], 0x90);
}

/* --- the state a guest starts in, and what it may change of it by way of us --- */

static void the_start_state(void)
{
	boot();
	vcpu_set_entry(&two, 0x1000, 0x8000, 0x9001, 0x10000);
	CHECK_EQ(at64(&two, 0x4d0), 0x1d00); /* EFER: SVME NXE LMA LME, no SCE */
	CHECK_EQ(at64(&two, 0x548), 0x20);   /* CR4: PAE */
	CHECK_EQ(at64(&two, 0x550), 0x10000);
	CHECK_EQ(at64(&two, 0x558), 0x80050033); /* CR0: PG AM WP NE ET MP PE */
	CHECK_EQ(at64(&two, 0x560), 0x400);	 /* DR7 */
	CHECK_EQ(at64(&two, 0x568), 0xffff0ff0);
	CHECK_EQ(at64(&two, 0x570), 2); /* RFLAGS: interrupts off */
	CHECK_EQ(at64(&two, 0x578), 0x1000);
	CHECK_EQ(at64(&two, 0x5d8), 0x8000);
	CHECK_EQ(at64(&two, 0x668), 0x0007040600070406); /* PAT */
	CHECK_EQ(at32(&two, 0x410), 0xa9b0010);		 /* CS: 64-bit code, present, accessed */
	CHECK_EQ(at32(&two, 0x420), 0xc930018);		 /* SS */
	CHECK_EQ(((uint8_t *)two.hw)[0x4cb], 0);	 /* CPL */
	CHECK_EQ(two.gpr[RSI], 0x9001);
	for (unsigned i = 0; i < GPR_COUNT; i++)
		CHECK_TRUE(i == RSI || two.gpr[i] == 0);
	CHECK_FALSE(vcpu_interrupts_on(&two) || vcpu_osxsave(&two));
	CHECK_EQ(vcpu_tsc_offset(&two), 77);
	CHECK_EQ(vcpu_rip(&two), 0x1000);
}

static void a_guest_keeps_svme_and_never_sees_it(void)
{
	boot();
	CHECK_EQ(vcpu_efer(&one), 0xd00);
	CHECK_TRUE(vcpu_efer_set(&one, 0x501)); /* SCE on, NXE off */
	CHECK_EQ(at64(&one, 0x4d0), 0x1501);
	CHECK_EQ(vcpu_efer(&one), 0x501);
	for (unsigned bit = 0; bit < 64; bit++) {
		bool free = bit == 0 || bit == 11;

		CHECK_EQ(vcpu_efer_set(&one, vcpu_efer(&one) ^ 1ull << bit), free);
	}
}

static void memory_types_a_guest_may_name(void)
{
	boot();
	for (uint64_t type = 0; type < 256; type++)
		for (unsigned i = 0; i < 64; i += 8)
			CHECK_EQ(vcpu_pat_set(&one, type << i),
				 type <= 7 && type != 2 && type != 3);
	CHECK_TRUE(vcpu_pat_set(&one, 0x0001040506070600));
	CHECK_EQ(vcpu_pat(&one), 0x0001040506070600);
	CHECK_EQ(at64(&one, 0x668), 0x0001040506070600);
}

static void what_others_may_read_of_it(void)
{
	boot();
	put64(one.hw, 0x640, 0xfeed);
	((uint8_t *)one.hw)[0x4cb] = 3;
	put64(one.hw, 0x570, 0x202);
	put64(one.hw, 0x548, 0x40020);
	put64(one.hw, 0x550, 0xbeef000);
	CHECK_EQ(vcpu_cr2(&one), 0xfeed);
	CHECK_EQ(vcpu_cr3(&one), 0xbeef000);
	CHECK_EQ(vcpu_cpl(&one), 3);
	CHECK_TRUE(vcpu_interrupts_on(&one) && vcpu_osxsave(&one));
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(refuses_a_processor_that_lacks_something);
	RUN(each_processor_has_its_own_save_areas);
	RUN(what_a_guest_must_ask_for);
	RUN(ports_are_all_closed);
	RUN(registers_are_closed_but_those_the_hardware_switches);
	RUN(no_life_inherits_translations);
	RUN(a_changed_table_is_flushed_before_the_next_entry);
	RUN(a_space_the_processor_does_not_have_stops_the_machine);
	RUN(nothing_is_left_for_the_next_guest);
	RUN(what_a_guest_has_disabled_is_switched_too);
	RUN(a_guest_gets_its_registers_back);
	RUN(components_that_do_not_fit);
	RUN(the_order_of_a_switch);
	RUN(each_switch_has_a_barrier);
	RUN(no_barrier_where_there_is_none);
	RUN(nothing_is_left_of_one_that_was_wiped);
	RUN(registers_go_in_and_come_out);
	RUN(an_exit_is_what_the_manual_says);
	RUN(details_of_an_exit);
	RUN(stepping_over_ends_the_shadow);
	RUN(an_event_in_delivery_is_delivered_again);
	RUN(an_exception_goes_in_once);
	RUN(debug_and_alignment_go_back_to_the_guest);
	RUN(an_interrupt_is_offered_and_taken);
	RUN(no_interrupt_within_a_shadow);
	RUN(a_shadow_lasts_until_an_instruction_was_executed);
	RUN(a_refused_state_tells_nothing_of_the_core);
	RUN(task_priority_and_cr8_are_one);
	RUN(the_start_state);
	RUN(a_guest_keeps_svme_and_never_sees_it);
	RUN(memory_types_a_guest_may_name);
	RUN(what_others_may_read_of_it);
	return check_end();
}
