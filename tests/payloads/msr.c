/* SPDX-License-Identifier: Apache-2.0 */
/* The payload that tries MSRs: all that abi/GUEST.md does not name, and the forbidden sides of those it names. */
#include "guest.h"

#define GP	    13u
#define CAME_BACK   256u
#define EFER	    0xc0000080u
#define EFER_SVME   0x1000u
#define EFER_LME    0x100u
#define APIC_BASE   0x1bu
#define HSAVE_PA    0xc0010117u
#define PAT	    0x277u
#define TSC_AUX	    0xc0000103u
#define X2APIC_ID   0x802u
#define X2APIC_TPR  0x808u
#define X2APIC_NONE 0x804u

struct range {
	uint32_t first, last;
};

/* What the document names: nothing else may answer. Of 800 to 83f some do, some do not: not asked here. */
static const struct range named[] = {
	{0x1b,       0x1b	   },
	{0x8b,       0x8b	   },
	{0x174,	0x176     },
	{0x277,	0x277     },
	{0x6e0,	0x6e0     },
	{0x800,	0x83f     },
	{0xc0000080, 0xc0000084},
	{0xc0000100, 0xc0000103},
	{0xc0010015, 0xc0010015},
	{0xc0010055, 0xc0010055},
	{0xc0011029, 0xc0011029},
};

/* Both halves of what processors have, the ranges of other hypervisors, and the ends of the number space. */
static const struct range tried[] = {
	{0,	    0x1fff	  },
	{0x40000000, 0x400001ff},
	{0x4b564d00, 0x4b564dff},
	{0xc0000000, 0xc0001fff},
	{0xc0010000, 0xc0011fff},
	{0xffffff00, 0xffffffff},
};

static uint64_t value, got;

static void read_it(uint64_t msr)
{
	uint32_t lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"((uint32_t)msr));
	got = (uint64_t)hi << 32 | lo;
}

static void write_it(uint64_t msr)
{
	__asm__ volatile("wrmsr"
			 :
			 : "a"((uint32_t)value), "d"((uint32_t)(value >> 32)), "c"((uint32_t)msr));
}

static bool is_named(uint32_t msr)
{
	for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
		if (msr >= named[i].first && msr <= named[i].last)
			return true;
	}
	return false;
}

/* Tries them all in one direction; says how many it tried and how many did not end in #GP. */
static void sweep(const char *what, void (*try)(uint64_t msr))
{
	uint64_t count = 0, wrong = 0;

	for (size_t i = 0; i < sizeof tried / sizeof tried[0]; i++) {
		for (uint64_t msr = tried[i].first; msr <= tried[i].last; msr++) {
			if (is_named((uint32_t)msr))
				continue;
			count++;
			if (caught(try, msr) == GP)
				continue;
			if (wrong++ == 0)
				say_number("answers", msr);
		}
	}
	say_number(what, count);
	say_number("wrong", wrong);
}

static unsigned write_of(uint32_t msr, uint64_t to)
{
	value = to;
	return caught(write_it, msr);
}

static uint64_t read_of(uint32_t msr)
{
	got = 0x5a5a;
	return caught(read_it, msr) == CAME_BACK ? got : 0xbad;
}

void payload_main(void)
{
	uint64_t efer;

	sweep("read", read_it);
	value = 0;
	sweep("write 0", write_it);
	value = ~0ull;
	sweep("write ones", write_it);
	efer = read_of(EFER);
	say_number("efer svme", write_of(EFER, efer | EFER_SVME));
	say_number("efer without lme", write_of(EFER, efer & ~(uint64_t)EFER_LME));
	say_number("efer kept", read_of(EFER) == efer);
	say_number("apic base", write_of(APIC_BASE, 0xfee00900));
	say_number("hsave", write_of(HSAVE_PA, 0));
	say_number("pat type 2", write_of(PAT, 0x0007040600070402));
	say_number("tsc aux 33 bits", write_of(TSC_AUX, 1ull << 32));
	say_number("x2apic id", write_of(X2APIC_ID, 1));
	say_number("x2apic gap", write_of(X2APIC_NONE, 0));
	say_number("tpr over ff", write_of(X2APIC_TPR, 0x100));
	say_number("tpr", write_of(X2APIC_TPR, 0x20)); /* one that works: trying is not failing */
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	finish(0);
}
