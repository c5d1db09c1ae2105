/* SPDX-License-Identifier: Apache-2.0 */
/* The x2APIC a guest sees, register by register, against Intel SDM vol 3, 11.8 (priorities) and 11.12 (x2APIC). */
#include "check.h"
#include "vlapic.h"
#include "tests/fakes/hw_fake.h"

#define TPR	 0x808u
#define PPR	 0x80au
#define EOI	 0x80bu
#define SVR	 0x80fu
#define ISR	 0x810u
#define IRR	 0x820u
#define ESR	 0x828u
#define ICR	 0x830u
#define LVT	 0x832u
#define LVT_LAST 0x837u
#define INITIAL	 0x838u
#define CURRENT	 0x839u
#define DIVIDE	 0x83eu
#define SELF	 0x83fu
#define ENABLED	 0x1ffu
#define DEADLINE 0x40000u
#define MASKED	 0x10000u

static struct vlapic apic;

static uint64_t get(uint32_t msr)
{
	uint64_t v = 0;

	CHECK_TRUE(vlapic_read(&apic, msr, &v));
	return v;
}

static void set(uint32_t msr, uint64_t v)
{
	CHECK_TRUE(vlapic_write(&apic, msr, v));
}

static void fresh(void)
{
	memset(&apic, 0xa5, sizeof apic);
	vlapic_init(&apic);
	set(SVR, ENABLED);
}

static bool requested(unsigned vector)
{
	return (get(IRR + vector / 32) >> (vector % 32) & 1) != 0;
}

static bool in_service(unsigned vector)
{
	return (get(ISR + vector / 32) >> (vector % 32) & 1) != 0;
}

static unsigned requests(void)
{
	unsigned n = 0;

	for (unsigned v = 0; v < 256; v++)
		n += requested(v);
	return n;
}

static void starts_disabled_and_masked(void)
{
	vlapic_init(&apic);
	CHECK_EQ(get(0x802), 0);
	CHECK_EQ(get(0x803), 0x50014); /* six local vectors, version 14 */
	CHECK_EQ(get(TPR), 0);
	CHECK_EQ(get(PPR), 0);
	CHECK_EQ(get(0x80d), 1);
	CHECK_EQ(get(SVR), 0xff);
	CHECK_EQ(get(ESR), 0);
	for (uint32_t msr = LVT; msr <= LVT_LAST; msr++)
		CHECK_EQ(get(msr), MASKED);
	vlapic_post(&apic, 0x40);
	CHECK_EQ(vlapic_pending(&apic), -1); /* software-disabled: kept, not delivered */
	set(SVR, ENABLED);
	CHECK_EQ(vlapic_pending(&apic), 0x40);
}

static void highest_vector_comes_first(void)
{
	fresh();
	CHECK_EQ(vlapic_pending(&apic), -1);
	vlapic_post(&apic, 0x31);
	vlapic_post(&apic, 0xfe);
	vlapic_post(&apic, 0x80);
	CHECK_EQ(vlapic_pending(&apic), 0xfe);
	vlapic_accept(&apic, 0xfe);
	CHECK_TRUE(in_service(0xfe));
	CHECK_FALSE(requested(0xfe));
	CHECK_EQ(vlapic_pending(&apic), -1); /* lower classes wait for the end of 0xfe */
	set(EOI, 0);
	CHECK_FALSE(in_service(0xfe));
	CHECK_EQ(vlapic_pending(&apic), 0x80);
}

static void two_of_one_word_stay_apart(void)
{
	fresh();
	vlapic_post(&apic, 0x41);
	vlapic_post(&apic, 0x55);
	vlapic_accept(&apic, 0x55);
	set(EOI, 0);
	CHECK_EQ(vlapic_pending(&apic), 0x41);
	vlapic_post(&apic, 0x55);
	vlapic_accept(&apic, 0x41);
	vlapic_accept(&apic, 0x55);
	CHECK_EQ(vlapic_pending(&apic), -1);
	set(EOI, 0);
	CHECK_EQ(get(PPR), 0x40);
	set(EOI, 0);
	CHECK_EQ(get(PPR), 0);
}

static void only_a_higher_class_interrupts(void)
{
	fresh();
	vlapic_post(&apic, 0x55);
	vlapic_accept(&apic, 0x55);
	CHECK_EQ(get(PPR), 0x50);
	vlapic_post(&apic, 0x5f);
	CHECK_EQ(vlapic_pending(&apic), -1); /* same class */
	vlapic_post(&apic, 0x60);
	CHECK_EQ(vlapic_pending(&apic), 0x60);
	vlapic_accept(&apic, 0x60);
	CHECK_EQ(get(PPR), 0x60);
	set(EOI, 0); /* ends the highest */
	CHECK_TRUE(in_service(0x55));
	CHECK_FALSE(in_service(0x60));
	set(EOI, 0);
	set(EOI, 0); /* nothing in service: no effect */
	CHECK_EQ(vlapic_pending(&apic), 0x5f);
}

static void task_priority_holds_back(void)
{
	fresh();
	vlapic_post(&apic, 0x45);
	set(TPR, 0x40);
	CHECK_EQ(vlapic_pending(&apic), -1);
	set(TPR, 0x3f);
	CHECK_EQ(vlapic_pending(&apic), 0x45);
	CHECK_EQ(get(PPR), 0x3f);
	vlapic_accept(&apic, 0x45);
	CHECK_EQ(get(PPR), 0x40); /* class of the vector in service wins over a lower TPR */
	set(TPR, 0x47);
	CHECK_EQ(get(PPR), 0x47); /* TPR wins in the same class */
	set(TPR, 0xff);
	CHECK_EQ(get(TPR), 0xff);
}

static void every_vector_from_16_can_pend(void)
{
	fresh();
	for (unsigned v = 0; v < 300; v++)
		vlapic_post(&apic, v);
	CHECK_EQ(requests(), 240);
	CHECK_EQ(get(ESR), 0x40); /* received an illegal vector */
	for (unsigned v = 0; v < 16; v++)
		CHECK_FALSE(requested(v));
	set(ESR, 0);
	CHECK_EQ(get(ESR), 0);
	vlapic_post(&apic, UINT32_MAX);
	CHECK_EQ(get(ESR), 0x40);
	CHECK_EQ(requests(), 240);
}

static void an_ipi_reaches_oneself_or_nobody(void)
{
	static const struct {
		uint64_t icr;
		bool arrives;
		const char *what;
	} cases[] = {
		{0x0000000000000041, true,  "to id 0"			    },
		{0x0000000100000041, false, "to id 1"		     },
		{0xffffffff00000041, true,  "to everybody by number"	   },
		{0x0000000000040041, true,  "to self"			    },
		{0x0000000100040041, true,  "to self, destination ignored"},
		{0x0000000000080041, true,  "to all"			   },
		{0x00000000000c0041, false, "to all others"		   },
		{0x0000000100000841, true,  "logical bit 0"		  },
		{0x0000000300000841, true,  "logical bits 0 and 1"	 },
		{0x0000000200000841, false, "logical bit 1"		   },
		{0x0001000100000841, false, "logical bit 0 of cluster 1"	},
		{0x0000000000000841, false, "logical nobody"		    },
		{0x0000000000000141, true,  "lowest priority"		    },
		{0x0000000000000241, false, "SMI"			 },
		{0x0000000000000441, false, "NMI"			 },
		{0x0000000000000541, false, "INIT"			  },
		{0x0000000000000641, false, "start-up"		      },
		{0x0000000000000741, false, "external"		      },
	};

	for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
		fresh();
		set(ICR, cases[i].icr);
		if (requested(0x41) != cases[i].arrives || requests() != cases[i].arrives)
			check_fail(__FILE__, __LINE__, cases[i].what);
		CHECK_EQ(get(ICR), cases[i].icr);
	}
}

static void self_ipi_posts(void)
{
	uint64_t v;

	fresh();
	set(SELF, 0x77);
	CHECK_TRUE(requested(0x77));
	CHECK_FALSE(vlapic_read(&apic, SELF, &v)); /* write-only */
	CHECK_FALSE(vlapic_read(&apic, EOI, &v));
}

static void faults_as_the_manual_says(void)
{
	static const uint32_t read_only[] = {0x802, 0x803, PPR, 0x80d,	 ISR,	 ISR + 7,
					     0x818, 0x81f, IRR, IRR + 7, CURRENT};
	static const uint32_t absent[] = {0x800, 0x801, 0x804, 0x807, 0x809, 0x80c, 0x80e,
					  0x829, 0x82f, 0x831, 0x83a, 0x83d, 0x840, 0x7ff};
	static const uint32_t high[] = {TPR, SVR, LVT, LVT_LAST, INITIAL, DIVIDE, SELF, ESR, EOI};
	uint64_t v = 7;

	fresh();
	for (unsigned i = 0; i < ARRAY_LEN(read_only); i++) {
		CHECK_TRUE(vlapic_read(&apic, read_only[i], &v));
		CHECK_FALSE(vlapic_write(&apic, read_only[i], 0));
	}
	v = 7;
	for (unsigned i = 0; i < ARRAY_LEN(absent); i++) {
		CHECK_FALSE(vlapic_read(&apic, absent[i], &v));
		CHECK_FALSE(vlapic_write(&apic, absent[i], 0));
	}
	CHECK_EQ(v, 7);
	for (unsigned i = 0; i < ARRAY_LEN(high); i++)
		CHECK_FALSE(vlapic_write(&apic, high[i], 1ull << 32));
	CHECK_FALSE(vlapic_write(&apic, TPR, 0x100));
	CHECK_FALSE(vlapic_write(&apic, EOI, 1));
	CHECK_FALSE(vlapic_write(&apic, ESR, 1));
	CHECK_EQ(get(TPR), 0);
	CHECK_EQ(get(SVR), ENABLED);
	CHECK_EQ(requests(), 0);
}

static void registers_keep_what_is_written(void)
{
	fresh();
	set(INITIAL, 0xfffffff0);
	CHECK_EQ(get(INITIAL), 0xfffffff0);
	CHECK_EQ(get(CURRENT), 0); /* does not count */
	set(DIVIDE, 0xff);
	CHECK_EQ(get(DIVIDE), 0xb);
	set(SVR, 0xffffffff);
	CHECK_EQ(get(SVR), 0x1ff);
	for (uint32_t msr = LVT; msr <= LVT_LAST; msr++) {
		set(msr, 0xffffffff);
		CHECK_EQ(get(msr), 0x700ff);
		set(msr, 0x12);
		CHECK_EQ(get(msr), 0x12);
	}
}

static void trigger_mode_reads_as_edge(void)
{
	fresh();
	for (unsigned v = 16; v < 256; v++)
		vlapic_post(&apic, v);
	for (uint32_t msr = 0x818; msr < 0x820; msr++)
		CHECK_EQ(get(msr), 0);
}

static void the_timer_fires_once_at_its_deadline(void)
{
	fresh();
	set(LVT, DEADLINE | 0xec);
	vlapic_deadline_set(&apic, 5000);
	CHECK_EQ(apic.deadline, 5000);
	vlapic_tick(&apic, 4999);
	CHECK_EQ(requests(), 0);
	vlapic_tick(&apic, 5000);
	CHECK_TRUE(requested(0xec));
	CHECK_EQ(apic.deadline, 0);
	vlapic_accept(&apic, 0xec);
	vlapic_tick(&apic, 9000);
	CHECK_EQ(requests(), 0);
	vlapic_deadline_set(&apic, 10000);
	vlapic_deadline_set(&apic, 0); /* disarms */
	vlapic_tick(&apic, 20000);
	CHECK_EQ(requests(), 0);
}

static void a_masked_timer_is_silent(void)
{
	fresh();
	set(LVT, DEADLINE | MASKED | 0xec);
	vlapic_deadline_set(&apic, 5000);
	vlapic_tick(&apic, 6000);
	CHECK_EQ(requests(), 0);
	CHECK_EQ(apic.deadline, 0);
}

static void a_deadline_needs_deadline_mode(void)
{
	fresh();
	set(LVT, 0xec); /* one-shot mode */
	vlapic_deadline_set(&apic, 5000);
	CHECK_EQ(apic.deadline, 0);
	vlapic_tick(&apic, 6000);
	CHECK_EQ(requests(), 0);
}

/* SDM vol 3, 11.5.4.1: a transition between modes disarms; masking is no transition. */
static void only_a_change_of_mode_disarms(void)
{
	fresh();
	set(LVT, DEADLINE | 0xec);
	vlapic_deadline_set(&apic, 5000);
	set(LVT, DEADLINE | MASKED | 0xec);
	set(LVT, DEADLINE | 0xed);
	set(LVT + 1, 0x55);
	CHECK_EQ(apic.deadline, 5000);
	set(LVT, 0xed);
	CHECK_EQ(apic.deadline, 0);
	set(LVT, DEADLINE | 0xed);
	CHECK_EQ(apic.deadline, 0);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(starts_disabled_and_masked);
	RUN(highest_vector_comes_first);
	RUN(two_of_one_word_stay_apart);
	RUN(only_a_higher_class_interrupts);
	RUN(task_priority_holds_back);
	RUN(every_vector_from_16_can_pend);
	RUN(an_ipi_reaches_oneself_or_nobody);
	RUN(self_ipi_posts);
	RUN(faults_as_the_manual_says);
	RUN(registers_keep_what_is_written);
	RUN(trigger_mode_reads_as_edge);
	RUN(the_timer_fires_once_at_its_deadline);
	RUN(a_masked_timer_is_silent);
	RUN(a_deadline_needs_deadline_mode);
	RUN(only_a_change_of_mode_disarms);
	return check_end();
}
