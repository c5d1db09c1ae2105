/* SPDX-License-Identifier: Apache-2.0 */
/* What vcpu_boot.c finds out and builds for vcpu.c. Private to svm/; nothing changes it after boot. */
#ifndef SVM_H
#define SVM_H

#include "handoff.h"
#include "vcpu.h"
#include "vmcb.h"

#define EFER_SVME  BIT(12)
#define XCR0_GUEST 7ull /* x87, SSE, AVX: what CPUID offers a guest */

struct svm {
	_Alignas(4096) struct vmcb host_vmcb[CPU_MAX]; /* what VMLOAD gives back to the core */
	_Alignas(4096) uint8_t io_map[12288];
	_Alignas(4096) uint8_t msr_map[8192];
	uint64_t host_pa[CPU_MAX];
	bool has_nrips, has_ibpb;
	uint32_t asid_count;
	/* every state component that exists and fits: all of it is switched, whatever the guest enabled */
	uint64_t xcr0_all;
};
extern struct svm svm;

/* In run.S. */
void svm_enter(uint64_t gpr[GPR_COUNT], uint64_t guest_vmcb_pa, uint64_t host_vmcb_pa);

#endif
