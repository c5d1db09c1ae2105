/* SPDX-License-Identifier: Apache-2.0 */
/* The payload that asks CPUID: leaves that abi/GUEST.md does not name are zero, bits it says are never shown are not. */
#include "guest.h"

struct regs {
	uint32_t a, b, c, d;
};

struct named {
	uint32_t leaf, sub_last; /* sub-leaves 0 .. sub_last are named; ANY: all of them are */
};
#define ANY 0xffffffffu

static const struct named named[] = {
	{0,	    ANY},
	   {1,	       ANY},
	      {6,	  ANY},
	 {7,	     0  },
	{0xb,	      1  },
	   {0xd,	 2  },
	      {0x40000000, ANY},
	 {0x40000010, ANY},
	{0x80000000, ANY},
	   {0x80000001, ANY},
	      {0x80000002, ANY},
	 {0x80000003, ANY},
	{0x80000004, ANY},
	   {0x80000005, ANY},
	      {0x80000006, ANY},
	 {0x80000007, ANY},
	{0x80000008, ANY},
};

/* First leaf of each range of 40 (hexadecimal) leaves that is asked, sub-leaves 0 to 4 of each. */
static const uint32_t tried[] = {0,	     0x40,	 0x20000000, 0x40000000,
				 0x40000100, 0x4fffffc0, 0x80000000, 0x80000040,
				 0x8fffffc0, 0xc0000000, 0xffffffc0};

static struct regs ask(uint32_t leaf, uint32_t sub)
{
	struct regs r;

	__asm__ volatile("cpuid"
			 : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d)
			 : "a"(leaf), "c"(sub));
	return r;
}

static bool is_named(uint32_t leaf, uint32_t sub)
{
	for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
		if (named[i].leaf == leaf)
			return sub <= named[i].sub_last;
	}
	return false;
}

static void sweep(void)
{
	uint64_t count = 0, wrong = 0;

	for (size_t i = 0; i < sizeof tried / sizeof tried[0]; i++) {
		for (uint32_t n = 0; n < 0x40 * 5; n++) {
			uint32_t leaf = tried[i] + n / 5, sub = n % 5;
			struct regs r;

			if (is_named(leaf, sub))
				continue;
			r = ask(leaf, sub);
			count++;
			if ((r.a | r.b | r.c | r.d) != 0 && wrong++ == 0)
				say_number("answers", leaf);
		}
	}
	say_number("asked", count);
	say_number("wrong", wrong);
}

/* Each of these the emulated processor has; 1 = it is shown. */
static void never_shown(void)
{
	struct regs one = ask(1, 0), seven = ask(7, 0), ext = ask(0x80000001, 0);

	say_number("svm", ext.c >> 2 & 1);
	say_number("svm leaf", ask(0x8000000a, 0).d);
	say_number("monitor", one.c >> 3 & 1);
	say_number("pcid", one.c >> 17 & 1);
	say_number("mce mca mtrr", one.d & (1u << 7 | 1u << 14 | 1u << 12));
	say_number("htt", one.d >> 28 & 1);
	say_number("la57 pku", seven.c & (1u << 16 | 1u << 3));
	say_number("mpx", seven.b >> 14 & 1);
	say_number("hypervisor", one.c >> 31 & 1);
}

void payload_main(void)
{
	struct regs r = ask(0x40000000, 0);
	char name[13] = {0};

	sweep();
	never_shown();
	for (unsigned i = 0; i < 12; i++)
		name[i] = (char)((i < 4 ? r.b : i < 8 ? r.c : r.d) >> 8 * (i % 4));
	say(name);
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	finish(0);
}
