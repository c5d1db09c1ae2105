/* SPDX-License-Identifier: Apache-2.0 */
/* AMD-V: what is found out and built once, before the first guest. Must not be reachable later: it is unmapped by then. */
#include "hw.h"
#include "insn.h"
#include "policy.h"
#include "svm.h"

#define REG_EFER	0xc0000080u
#define REG_VM_CR	0xc0010114u
#define REG_VM_HSAVE_PA 0xc0010117u
#define VM_CR_SVMDIS	BIT(4)
#define NRIPS		BIT(3) /* CPUID 0x8000000a EDX */

static _Alignas(4096) uint8_t host_save[CPU_MAX][4096];

/* APM vol 2, 15.11: two bits for each MSR in three ranges of 0x2000; set = exit. */
static void msr_map_allow(uint32_t msr)
{
	uint32_t range = msr >> 13;
	uint32_t base = range == 0 ? 0 : range == 0xc0000000u >> 13 ? 0x800 : 0x1000;
	uint32_t bit = (msr & 0x1fff) * 2;

	svm.msr_map[base + bit / 8] &= (uint8_t) ~(3u << (bit % 8));
}

static void maps_build(void)
{
	memset(svm.io_map, 0xff, sizeof svm.io_map);
	memset(svm.msr_map, 0xff, sizeof svm.msr_map);
	for (unsigned i = 0; i < msr_rule_count; i++) {
		if (msr_rules[i].read != MSR_DIRECT || msr_rules[i].write != MSR_DIRECT)
			continue;
		for (uint32_t m = msr_rules[i].first; m <= msr_rules[i].last; m++)
			msr_map_allow(m);
	}
}

enum hv_err vcpu_boot_cpu(void)
{
	uint32_t r[4];
	unsigned cpu = hw_cpu();

	x86_cpuid(0x80000001, 0, r);
	if (!(r[2] & BIT(2)) || (x86_rdmsr(REG_VM_CR) & VM_CR_SVMDIS))
		return HV_ENOSYS;
	x86_cpuid(0x8000000a, 0, r);
	if (!(r[3] & BIT(0)))
		return HV_ENOSYS;
	svm.asid_count = r[1];
	svm.has_nrips = (r[3] & NRIPS) != 0;
	x86_cpuid(0x80000008, 0, r);
	svm.has_ibpb = (r[1] & BIT(12)) != 0;
	x86_cpuid(1, 0, r);
	if (!(r[2] & BIT(26)))
		return HV_ENOSYS; /* no XSAVE */
	x86_cpuid(0xd, 0, r);
	svm.xcr0_all = r[2] <= FPU_BYTES ? (uint64_t)r[3] << 32 | r[0] : XCR0_GUEST;
	if (cpu == 0)
		maps_build();
	x86_wrmsr(REG_EFER, x86_rdmsr(REG_EFER) | EFER_SVME);
	x86_wrmsr(REG_VM_HSAVE_PA, x86_core_pa(host_save[cpu]).v);
	svm.host_pa[cpu] = x86_core_pa(&svm.host_vmcb[cpu]).v;
	x86_vmsave((hpa_t){svm.host_pa[cpu]});
	return HV_OK;
}
