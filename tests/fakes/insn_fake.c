/* SPDX-License-Identifier: Apache-2.0 */
/* The processor of insn_fake.h. State components: 0 and 1 in the first 512 bytes, 2 (AVX) at 576, 9 (PKRU's place) at 832. */
#include <string.h>
#include "hw_fake.h"
#include "insn/insn.h"
#include "insn_fake.h"
#include "vcpu.h"

#define PRED_CMD 0x49u
#define EFER	 0xc0000080u
#define TSC_AUX	 0xc0000103u
#define VM_CR	 0xc0010114u
#define HSAVE	 0xc0010117u
#define XCR0_ALL 0x207ull

struct insn_fake insn_fake;
void svm_enter(struct vcpu *v);

void insn_fake_reset(void)
{
	memset(&insn_fake, 0, sizeof insn_fake);
	insn_fake.nrips = insn_fake.ibpb = true;
	insn_fake.asids = 32;
	insn_fake.xsave_bytes = FAKE_XSAVE;
	insn_fake.efer = 0xd00;
	insn_fake.xcr0 = 1;
}

static void book(enum insn what, uint64_t a, uint64_t b)
{
	if (insn_fake.ordered == FAKE_ORDER)
		fake_broken("more instructions than the test has room for");
	insn_fake.order[insn_fake.ordered].what = what;
	insn_fake.order[insn_fake.ordered].a = a;
	insn_fake.order[insn_fake.ordered++].b = b;
}

unsigned insn_fake_at(unsigned start, enum insn what, uint64_t a)
{
	for (unsigned i = start; i < insn_fake.ordered; i++)
		if (insn_fake.order[i].what == what && insn_fake.order[i].a == a)
			return i;
	return FAKE_ORDER;
}

uint64_t x86_rdmsr(uint32_t msr)
{
	if (msr == EFER)
		return insn_fake.efer;
	if (msr != VM_CR || insn_fake.no_svm)
		fake_broken("RDMSR of a register that is not there: #GP");
	return insn_fake.locked ? 1u << 4 : 0;
}

void x86_wrmsr(uint32_t msr, uint64_t value)
{
	book(INSN_WRMSR, msr, value);
	if (msr == PRED_CMD && insn_fake.ibpb && value == 1)
		insn_fake.barriers++;
	else if (msr == EFER)
		insn_fake.efer = value;
	else if (msr == TSC_AUX)
		insn_fake.tsc_aux = value;
	else if (msr == HSAVE && (value & PAGE_MASK) == 0)
		insn_fake.hsave = value;
	else
		fake_broken("WRMSR of a register or value that is not there: #GP");
}

void x86_cpuid(uint32_t leaf, uint32_t sub, uint32_t out[4])
{
	memset(out, 0, 16);
	if (leaf == 1)
		out[2] = insn_fake.no_xsave ? 0 : 1u << 26;
	else if (leaf == 0xd && sub == 0)
		out[0] = (uint32_t)XCR0_ALL, out[2] = insn_fake.xsave_bytes;
	else if (leaf == 0x80000001)
		out[2] = insn_fake.no_svm ? 0 : 1u << 2;
	else if (leaf == 0x80000008)
		out[1] = insn_fake.ibpb ? 1u << 12 : 0;
	else if (leaf == 0x8000000a)
		out[1] = insn_fake.asids,
		out[3] = (insn_fake.no_npt ? 0 : 1u) | (insn_fake.nrips ? 8 : 0);
	else
		fake_broken("a CPUID leaf nobody expected");
}

uint64_t x86_xgetbv(void)
{
	return insn_fake.xcr0;
}

void x86_xsetbv(uint64_t value)
{
	book(INSN_XSETBV, value, 0);
	if (!(value & 1) || (value & ~XCR0_ALL) || (value & 6) == 4)
		fake_broken("XSETBV of what the processor does not have: #GP");
	insn_fake.xcr0 = value;
}

static const struct component {
	unsigned bit, at, bytes;
} components[] = {
	{0, 0,   160},
	     {1, 160, 256},
	    {2, 576, 256},
	   {9, 832, 192}
};

static bool enabled(unsigned i)
{
	return (insn_fake.xcr0 & 1ull << components[i].bit) != 0;
}

/* Only what XCR0 enables is stored; the rest of the area stays as it was. */
void x86_xsave(void *area)
{
	uint8_t *to = area;

	book(INSN_XSAVE, insn_fake.xcr0, 0);
	for (unsigned i = 0; i < ARRAY_LEN(components); i++)
		if (enabled(i))
			memcpy(to + components[i].at, insn_fake.state + components[i].at,
			       components[i].bytes);
	memcpy(to + 512, &insn_fake.xcr0, 8);
}

/* As AMD's do: FOP, FIP and FDP (bytes 6 to 23) stay what they were while no exception is pending. */
void x86_xrstor(const void *area)
{
	const uint8_t *from = area;
	uint64_t present;
	uint8_t kept[18];

	book(INSN_XRSTOR, insn_fake.xcr0, 0);
	memcpy(&present, from + 512, 8);
	if (present & ~insn_fake.xcr0)
		fake_broken("XRSTOR of a component that XCR0 does not enable: #GP");
	memcpy(kept, insn_fake.state + 6, sizeof kept);
	for (unsigned i = 0; i < ARRAY_LEN(components); i++) {
		uint8_t *to = insn_fake.state + components[i].at;

		if (!enabled(i))
			continue;
		if (present & 1ull << components[i].bit)
			memcpy(to, from + components[i].at, components[i].bytes);
		else
			memset(to, 0, components[i].bytes);
	}
	memcpy(insn_fake.state + 6, kept, sizeof kept);
}

void x86_fninit(void)
{
	book(INSN_FNINIT, 0, 0);
	memset(insn_fake.state + 6, 0, 18);
}

void x86_dr_load(const uint64_t dr[4])
{
	book(INSN_DR_LOAD, dr[0], dr[3]);
	memcpy(insn_fake.dr, dr, sizeof insn_fake.dr);
}

void x86_dr_store(uint64_t dr[4])
{
	memcpy(dr, insn_fake.dr, sizeof insn_fake.dr);
}

void x86_vmsave(hpa_t block)
{
	if (!(insn_fake.efer & 1ull << 12))
		fake_broken("VMSAVE without EFER.SVME: #UD");
	insn_fake.vmsaves++;
	insn_fake.vmsave_at = block.v;
}

/* In a test a core object's physical address is its own. */
hpa_t x86_core_pa(const void *object)
{
	return (hpa_t){(uint64_t)object};
}

void svm_enter(struct vcpu *v)
{
	book(INSN_ENTER, v->hw_hpa.v, 0);
	insn_fake.host_block = (const void *)v->host.v;
	if (!(insn_fake.efer & 1ull << 12) || (v->hw_hpa.v & PAGE_MASK) || (v->host.v & PAGE_MASK))
		fake_broken("VMRUN without SVME, or on an address that is no page");
	if (insn_fake.guest == NULL)
		fake_broken("nobody expected a guest to run");
	insn_fake.guest(v->gpr, (uint8_t *)v->hw_hpa.v);
}
