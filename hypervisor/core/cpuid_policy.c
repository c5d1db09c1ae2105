/* SPDX-License-Identifier: Apache-2.0 */
/* CPUID allow-list. A feature bit is kept only when everything it offers is switched or harmless between VMs. */
#include "policy.h"

#define ANY_SUB 0, 0xffffffff
#define ALL	0xffffffff

/* Leaf 1 ECX: SSE3 PCLMUL SSSE3 FMA CX16 SSE4.1 SSE4.2 MOVBE POPCNT AES XSAVE AVX F16C RDRAND */
#define LEAF1_ECX     0x76d83203u
#define LEAF1_ECX_SET 0x81200000u /* HYPERVISOR, TSC_DEADLINE, X2APIC */
/* Leaf 1 EDX: FPU DE PSE TSC MSR PAE CX8 APIC SEP PGE CMOV PAT PSE36 CLFSH MMX FXSR SSE SSE2; VME MCE MTRR MCA HTT stay out */
#define LEAF1_EDX 0x078bab7du
/* Leaf 7 EBX: FSGSBASE BMI1 AVX2 SMEP BMI2 INVPCID SMAP RDSEED ADX CLFLUSHOPT CLWB SHA */
#define LEAF7_EBX 0x219c05a9u
/* Leaf 7 ECX: UMIP VAES VPCLMULQDQ RDPID */
#define LEAF7_ECX 0x00400604u
/* 0x80000001 ECX: LAHF LZCNT SSE4A MISALIGNSSE PREFETCHW; EDX: SYSCALL NX MMXEXT PDPE1GB RDTSCP LM and the leaf 1 copies */
#define EXT1_ECX 0x000001e1u
#define EXT1_EDX 0x2dd3ab7du

const struct cpuid_rule cpuid_rules[] = {
	{0x0,	       ANY_SUB,      {0, ALL, ALL, ALL},		   {0xd, 0, 0, 0}			 },
	{0x1,	       ANY_SUB,      {ALL, 0xff00, LEAF1_ECX, LEAF1_EDX}, {0, 0x10000, LEAF1_ECX_SET, 0x200}   },
 /* ARAT */
	{0x6,	       ANY_SUB,      {0, 0, 0, 0},			     {4, 0, 0, 0}			 },
	{0x7,	       0,		 0,				   {0, LEAF7_EBX, LEAF7_ECX, 0},	  {0, 0, 0, 0}},
 /* one thread, one core, x2APIC id 0 */
	{0xb,		 0,			   0,					     {0, 0, 0, 0},						       {0, 1, 0x100, 0}},
	{0xb, 1,		 1,					      {0, 0, 0, 0},				  {0, 1, 0x201, 0}},
 /* x87, SSE, AVX where there; bytes of the XSAVE area. XSAVEOPT, XGETBV 1; no XSAVES: its MSR is not switched. AVX state */
	{0xd,     0, 0,{7, 0, 0, 0},{0, 832, 832, 0}},
	{0xd,		1,		 1,					     {5, 0, 0, 0},										    {0, 0, 0, 0}},
	{0xd, 2,2,{ALL, ALL, 0, 0},{0, 0, 0, 0}},
 /* VMwareVMware; ECX: calls by VMMCALL; rates are added per machine */
	{0x40000000,		     ANY_SUB,			      {0, 0, 0, 0},								{0x40000010, 0x61774d56, 0x4d566572, 0x65726177}													     },
	{0x40000010,		     ANY_SUB,		      {0, 0, 0, 0},				    {0, 0, 1, 0}					},
	{0x80000000,		     ANY_SUB,		      {0, ALL, ALL, ALL},				  {0x80000008, 0, 0, 0}},
	{0x80000001,		     ANY_SUB,		      {ALL, 0, EXT1_ECX, EXT1_EDX},				    {0, 0, 0, 0}},
 /* brand string; caches and TLBs */
	{0x80000002,		     ANY_SUB,		      {ALL, ALL, ALL, ALL},				    {0, 0, 0, 0}											     },
	{0x80000003,		     ANY_SUB,		      {ALL, ALL, ALL, ALL},				    {0, 0, 0, 0}				},
	{0x80000004,		     ANY_SUB,		      {ALL, ALL, ALL, ALL},				    {0, 0, 0, 0}},
	{0x80000005,		     ANY_SUB,		      {ALL, ALL, ALL, ALL},				    {0, 0, 0, 0}},
	{0x80000006,		     ANY_SUB,		      {ALL, ALL, ALL, ALL},				    {0, 0, 0, 0}											     },
 /* invariant TSC; address widths */
	{0x80000007,		     ANY_SUB,		      {0, 0, 0, 0},				    {0, 0, 0, 0x100}				    },
	{0x80000008,		     ANY_SUB,		      {0xffff, 0, 0, 0},				 {0, 0, 0, 0}},
};
const unsigned cpuid_rule_count = ARRAY_LEN(cpuid_rules);

ALWAYS_INLINE struct cpuid_regs cpuid_answer(uint32_t leaf, uint32_t sub)
{
	struct cpuid_regs host;

	for (const struct cpuid_rule *r = cpuid_rules; r < cpuid_rules + cpuid_rule_count; r++) {
		if (r->leaf != leaf || sub < r->sub_first || sub > r->sub_last)
			continue;
		host = hw_cpuid(leaf, sub);
		return (struct cpuid_regs){.eax = (host.eax & r->keep.eax) | r->set.eax,
					   .ebx = (host.ebx & r->keep.ebx) | r->set.ebx,
					   .ecx = (host.ecx & r->keep.ecx) | r->set.ecx,
					   .edx = (host.edx & r->keep.edx) | r->set.edx};
	}
	return (struct cpuid_regs){0};
}
