/* SPDX-License-Identifier: Apache-2.0 */
/* One wrapper per instruction, and what x86/ offers to svm/ and main. Not for core/. */
#ifndef X86_H
#define X86_H

#include "handoff.h"
#include "types.h"

static inline uint64_t x86_rdmsr(uint32_t msr)
{
	uint32_t lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return (uint64_t)hi << 32 | lo;
}

static inline void x86_wrmsr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr"
			 :
			 : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
			 : "memory");
}

static inline uint64_t x86_rdtsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (uint64_t)hi << 32 | lo;
}

static inline void x86_cpuid(uint32_t leaf, uint32_t sub, uint32_t out[4])
{
	__asm__ volatile("cpuid"
			 : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3])
			 : "a"(leaf), "c"(sub));
}

static inline uint64_t x86_xgetbv(void)
{
	uint32_t lo, hi;

	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	return (uint64_t)hi << 32 | lo;
}

static inline void x86_xsetbv(uint64_t value)
{
	__asm__ volatile("xsetbv" : : "c"(0), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

static inline void x86_xsave(void *area)
{
	__asm__ volatile("xsave64 (%0)" : : "r"(area), "a"(0xffffffff), "d"(0xffffffff) : "memory");
}

static inline void x86_xrstor(const void *area)
{
	__asm__ volatile("xrstor64 (%0)"
			 :
			 : "r"(area), "a"(0xffffffff), "d"(0xffffffff)
			 : "memory");
}

static inline void x86_invlpg(uint64_t va)
{
	__asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

#define MSR_EFER     0xc0000080u
#define MSR_TSC_AUX  0xc0000103u
#define MSR_PRED_CMD 0x49u
#define EFER_SVME    BIT(12)

/* x86_core_pa - physical address of an object in the core image. */
hpa_t x86_core_pa(const void *object);

/* Boot, once per processor: descriptor tables, control registers, local APIC. */
void x86_cpu_init(unsigned cpu, const struct handoff *h);
void x86_apic_init(const struct handoff *h);
void x86_port_init(const struct handoff *h);
void x86_smp_start(const struct handoff *h);

#endif
