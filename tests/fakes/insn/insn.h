/* SPDX-License-Identifier: Apache-2.0 */
/* hypervisor/x86/insn.h for host tests: the same names as ordinary functions, of a processor that insn_fake.c plays. */
#ifndef INSN_H
#define INSN_H

#include "types.h"

uint64_t x86_rdmsr(uint32_t msr);
void x86_wrmsr(uint32_t msr, uint64_t value);
void x86_cpuid(uint32_t leaf, uint32_t sub, uint32_t out[4]);
uint64_t x86_xgetbv(void);
void x86_xsetbv(uint64_t value);
void x86_xsave(void *area);
void x86_xrstor(const void *area);
void x86_fninit(void);
void x86_dr_load(const uint64_t dr[4]);
void x86_dr_store(uint64_t dr[4]);
void x86_vmsave(hpa_t block);
hpa_t x86_core_pa(const void *object);

#endif
