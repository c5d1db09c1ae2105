/* SPDX-License-Identifier: Apache-2.0 */
/* What vcpu_boot.c finds out and builds for vcpu.c. Private to svm/; nothing changes it after boot. */
#ifndef SVM_H
#define SVM_H

#include "handoff.h"
#include "svm_offsets.h"
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
void svm_enter(struct vcpu *v);
_Static_assert(offsetof(struct vcpu, gpr) == 0, "run.S");
_Static_assert(offsetof(struct vcpu, hw_hpa) == SVM_VCPU_GUEST, "run.S");
_Static_assert(offsetof(struct vcpu, host) == SVM_VCPU_HOST, "run.S");

#endif
