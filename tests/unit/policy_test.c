/* SPDX-License-Identifier: Apache-2.0 */
/* The allow-lists: what no guest may see even on a processor that has everything, and what the tables promise to their readers. */
#include "check.h"
#include "policy.h"
#include "tests/fakes/hw_fake.h"

static uint32_t reg[4];
enum { EAX, EBX, ECX, EDX };

static const uint32_t *ask(uint32_t leaf, uint32_t sub)
{
	struct cpuid_regs r = cpuid_answer(leaf, sub);

	memcpy(reg, &r, sizeof reg);
	return reg;
}

static void host_has(uint32_t fill)
{
	fake_reset();
	fake.cpuid_fill = fill;
}

struct feature {
	uint32_t leaf, sub;
	unsigned reg, bit;
	const char *name;
};

/* Would reach state the core does not switch, another VM, the machine, or a device that is not there. */
static const struct feature forbidden[] = {
	{1,	    0, ECX, 2,  "DTES64"      },
	{1,	    0, ECX, 3,  "MONITOR"	},
	{1,	    0, ECX, 5,  "VMX"	    },
	{1,	    0, ECX, 6,  "SMX"	    },
	{1,	    0, ECX, 15, "PDCM"	      },
	{1,	    0, ECX, 17, "PCID"	      },
	{1,	    0, ECX, 18, "DCA"	     },
	{1,	    0, ECX, 27, "OSXSAVE"	 },
	{1,	    0, EDX, 1,  "VME"	    },
	{1,	    0, EDX, 7,  "MCE"	    },
	{1,	    0, EDX, 12, "MTRR"	      },
	{1,	    0, EDX, 14, "MCA"	     },
	{1,	    0, EDX, 18, "PSN"	     },
	{1,	    0, EDX, 21, "DS"	    },
	{1,	    0, EDX, 22, "ACPI thermal"},
	{1,	    0, EDX, 28, "HTT"	     },
	{1,	    0, EDX, 29, "TM"	    },
	{7,	    0, EBX, 1,  "TSC_ADJUST"  },
	{7,	    0, EBX, 2,  "SGX"	    },
	{7,	    0, EBX, 4,  "HLE"	    },
	{7,	    0, EBX, 11, "RTM"	     },
	{7,	    0, EBX, 12, "PQM"	     },
	{7,	    0, EBX, 14, "MPX"	     },
	{7,	    0, EBX, 15, "PQE"	     },
	{7,	    0, EBX, 16, "AVX512F"	 },
	{7,	    0, EBX, 25, "PT"	    },
	{7,	    0, ECX, 3,  "PKU"	    },
	{7,	    0, ECX, 5,  "WAITPKG"	},
	{7,	    0, ECX, 7,  "CET_SS"      },
	{7,	    0, ECX, 16, "LA57"	      },
	{7,	    0, ECX, 31, "PKS"	     },
	{7,	    0, EDX, 20, "CET_IBT"	 },
	{7,	    0, EDX, 26, "SPEC_CTRL"   },
	{7,	    0, EDX, 29, "ARCH_CAPS"   },
	{0xd,	      1, EAX, 1,	 "XSAVEC"	 },
	{0xd,	      1, EAX, 3,	 "XSAVES"	 },
	{0xd,	      1, EAX, 4,	 "XFD"	      },
	{0x80000001, 0, ECX, 1,	"CMP_LEGACY"  },
	{0x80000001, 0, ECX, 2,	"SVM"	     },
	{0x80000001, 0, ECX, 3,	"EXTAPIC"	 },
	{0x80000001, 0, ECX, 9,	"OSVW"	      },
	{0x80000001, 0, ECX, 10, "IBS"	      },
	{0x80000001, 0, ECX, 11, "XOP"	      },
	{0x80000001, 0, ECX, 12, "SKINIT"	 },
	{0x80000001, 0, ECX, 13, "WDT"	      },
	{0x80000001, 0, ECX, 15, "LWP"	      },
	{0x80000001, 0, ECX, 22, "TOPOEXT"	  },
	{0x80000001, 0, ECX, 23, "PERFCTR_CORE"},
	{0x80000001, 0, ECX, 28, "PERFCTR_LLC" },
	{0x80000001, 0, ECX, 29, "MWAITX"	 },
	{0x80000001, 0, EDX, 7,	"MCE"	     },
	{0x80000001, 0, EDX, 12, "MTRR"	       },
	{0x80000001, 0, EDX, 14, "MCA"	      },
	{0x80000001, 0, EDX, 25, "FFXSR"	},
	{0x80000008, 0, EBX, 4,	"RDPRU"       },
	{0x80000008, 0, EBX, 12, "IBPB"	       },
};

static void forbidden_features_never_show(void)
{
	host_has(0xffffffff);
	for (unsigned i = 0; i < ARRAY_LEN(forbidden); i++) {
		const struct feature *f = &forbidden[i];

		if (ask(f->leaf, f->sub)[f->reg] >> f->bit & 1)
			check_fail(__FILE__, __LINE__, f->name);
	}
}

/* What the kernels of this system need. */
static void needed_features_show(void)
{
	host_has(0xffffffff);
	CHECK_EQ(ask(1, 0)[ECX] & (BIT(9) | BIT(21) | BIT(24) | BIT(26) | BIT(31)),
		 BIT(9) | BIT(21) | BIT(24) | BIT(26) | BIT(31));
	CHECK_EQ(reg[EDX] & 0x3ff, 0x37d); /* FPU DE PSE TSC MSR PAE CX8 APIC */
	CHECK_EQ(reg[EBX], 0x0001ff00);	   /* id 0, one processor, line size of the host */
	CHECK_EQ(ask(0x80000001, 0)[EDX] & (BIT(11) | BIT(20) | BIT(29)),
		 BIT(11) | BIT(20) | BIT(29)); /* SYSCALL NX LM */
	CHECK_EQ(ask(0x80000007, 0)[EDX], 0x100);
	CHECK_EQ(ask(6, 0)[EAX], 4);
}

/* Nothing but the rows' own bits on a processor that has nothing: a feature that is not there is not promised. */
static void a_bare_processor_promises_nothing(void)
{
	host_has(0);
	CHECK_EQ(ask(1, 0)[ECX], 0x81200000);
	CHECK_EQ(reg[EDX], 0x200);
	CHECK_EQ(reg[EBX], 0x10000);
	CHECK_EQ(ask(7, 0)[EBX] | reg[ECX] | reg[EDX], 0);
	CHECK_EQ(ask(0x80000001, 0)[ECX] | reg[EDX], 0);
	CHECK_EQ(ask(0xd, 1)[EAX], 0);
	CHECK_EQ(ask(0xd, 0)[EAX], 0); /* no state component that XSETBV could switch on */
	CHECK_EQ(ask(0xd, 2)[EAX] | reg[EBX], 0);
}

static void the_hypervisor_leaves_say_vmware(void)
{
	host_has(0xffffffff);
	ask(0x40000000, 0);
	CHECK_EQ(reg[EAX], 0x40000010);
	CHECK_MEM(&reg[EBX], "VMwareVMware", 12);
	CHECK_EQ(ask(0x40000010, 0)[ECX], 1);
	CHECK_EQ(ask(0x80000000, 0)[EAX], 0x80000008);
	CHECK_EQ(ask(0, 0)[EAX], 0xd);
}

static void other_leaves_are_zero(void)
{
	static const uint32_t absent[] = {
		2,	    3,		4,	    5,		0xa,	    0xe,
		0x10,	    0x12,	0x14,	    0x15,	0x1f,	    0x21,
		0x40000001, 0x40000011, 0x40000100, 0x80000009, 0x8000000a, 0x8000001d,
		0x8000001e, 0x8000001f, 0xffffffff, 0xc0000000};

	host_has(0xffffffff);
	for (unsigned i = 0; i < ARRAY_LEN(absent); i++)
		CHECK_EQ(ask(absent[i], 0)[0] | reg[1] | reg[2] | reg[3], 0);
	for (uint32_t sub = 1; sub < 8; sub++)
		CHECK_EQ(ask(7, sub)[0] | reg[1] | reg[2] | reg[3], 0);
	for (uint32_t sub = 3; sub < 64; sub++)
		CHECK_EQ(ask(0xd, sub)[0] | reg[1] | reg[2] | reg[3], 0);
	CHECK_EQ(ask(0xb, 2)[0] | reg[1] | reg[2] | reg[3], 0);
}

static void cpuid_rows_ascend_and_do_not_overlap(void)
{
	for (unsigned i = 0; i < cpuid_rule_count; i++) {
		const struct cpuid_rule *r = &cpuid_rules[i], *p = r - 1;

		CHECK_TRUE(r->sub_first <= r->sub_last);
		if (i > 0)
			CHECK_TRUE(p->leaf < r->leaf ||
				   (p->leaf == r->leaf && p->sub_last < r->sub_first));
	}
}

static void msr_rows_ascend_and_do_not_overlap(void)
{
	for (unsigned i = 0; i < msr_rule_count; i++) {
		CHECK_TRUE(msr_rules[i].first <= msr_rules[i].last);
		if (i > 0)
			CHECK_TRUE(msr_rules[i - 1].last < msr_rules[i].first);
	}
}

/* Registers without an exit must be ones that VMLOAD and VMSAVE switch: AMD APM vol 2, 15.5.2. */
static void only_switched_msrs_are_direct(void)
{
	static const uint32_t switched[] = {0x174,	0x175,	    0x176,	0xc0000081,
					    0xc0000082, 0xc0000083, 0xc0000084, 0xc0000100,
					    0xc0000101, 0xc0000102};
	unsigned direct = 0;

	for (unsigned i = 0; i < msr_rule_count; i++) {
		const struct msr_rule *r = &msr_rules[i];

		CHECK_EQ(r->read == MSR_DIRECT, r->write == MSR_DIRECT);
		if (r->read == MSR_DIRECT)
			direct += r->last - r->first + 1;
	}
	CHECK_EQ(direct, ARRAY_LEN(switched));
	for (unsigned i = 0; i < ARRAY_LEN(switched); i++) {
		const struct msr_rule *r = msr_rule_find(switched[i]);

		REQUIRE(r != NULL);
		CHECK_EQ(r->read, MSR_DIRECT);
	}
}

static void unlisted_msrs_are_absent(void)
{
	static const uint32_t absent[] = {
		0,	    0x10,	0x3a,	    0x48,	0x49,	    0xfe,	0x1a0,
		0x1d9,	    0x200,	0x2ff,	    0x173,	0x177,	    0x6df,	0x6e1,
		0x7ff,	    0x840,	0xda0,	    0xc000007f, 0xc0000085, 0xc00000e7, 0xc0000104,
		0xc0010000, 0xc0010010, 0xc0010114, 0xc0010117, 0xc0011020, 0x40000000, 0xffffffff};

	for (unsigned i = 0; i < ARRAY_LEN(absent); i++)
		CHECK_TRUE(msr_rule_find(absent[i]) == NULL);
	CHECK_TRUE(msr_rule_find(0x800) != NULL && msr_rule_find(0x83f) != NULL);
}

static void port_rows_do_not_overlap(void)
{
	for (unsigned i = 0; i < port_rule_count; i++) {
		CHECK_TRUE(port_rules[i].first <= port_rules[i].last);
		if (i > 0)
			CHECK_TRUE(port_rules[i - 1].last < port_rules[i].first);
	}
}

static bool listed(uint32_t port)
{
	return (port >= 0x40 && port <= 0x43) || port == 0x61 || port == 0x64 || port == 0x70 ||
	       port == 0x71 || port == 0x3f8 || port == 0x3fd || (port >= 0xcf8 && port <= 0xcff);
}

/* B2, CF9, the PM1 block and everything else: ones, and writes go nowhere. */
static void every_other_port_is_dead(void)
{
	for (uint32_t port = 0; port <= 0xffff; port++) {
		const struct port_rule *r = port_rule_find((uint16_t)port);
		bool dead = r->read == PORT_ONES && r->write == PORT_IGNORE;

		if (dead == listed(port)) {
			printf("# port %x\n", port);
			check_fail(__FILE__, __LINE__, "port is not as listed");
		}
	}
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(forbidden_features_never_show);
	RUN(needed_features_show);
	RUN(a_bare_processor_promises_nothing);
	RUN(the_hypervisor_leaves_say_vmware);
	RUN(other_leaves_are_zero);
	RUN(cpuid_rows_ascend_and_do_not_overlap);
	RUN(msr_rows_ascend_and_do_not_overlap);
	RUN(only_switched_msrs_are_direct);
	RUN(unlisted_msrs_are_absent);
	RUN(port_rows_do_not_overlap);
	RUN(every_other_port_is_dead);
	return check_end();
}
