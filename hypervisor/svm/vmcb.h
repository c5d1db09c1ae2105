/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual machine control block: AMD APM vol 2, appendix B. Names are the manual's. Only svm/ may include this. */
#ifndef VMCB_H
#define VMCB_H

#include "types.h"

struct vmcb_seg {
	uint16_t selector, attrib;
	uint32_t limit;
	uint64_t base;
};

struct vmcb {
	uint32_t intercept_cr, intercept_dr, intercept_exceptions, intercept_misc1; /* 0x000 */
	uint32_t intercept_misc2, intercept_misc3;				    /* 0x010 */
	uint8_t reserved0[0x40 - 0x18];
	uint64_t iopm_base_pa, msrpm_base_pa, tsc_offset; /* 0x040 */
	uint32_t asid;					  /* 0x058 */
	uint32_t tlb_control;
	uint64_t vintr;					      /* 0x060 */
	uint64_t int_shadow;				      /* 0x068: bit 0 shadow */
	uint64_t exitcode, exitinfo1, exitinfo2, exitintinfo; /* 0x070 */
	uint64_t np_enable;				      /* 0x090 */
	uint8_t reserved1[0xa8 - 0x98];
	uint64_t eventinj, n_cr3, lbr; /* 0x0a8 */
	uint64_t clean, nrip;	       /* 0x0c0 */
	uint8_t reserved2[0x400 - 0xd0];
	struct vmcb_seg es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr; /* 0x400 */
	uint8_t reserved3[0x4cb - 0x4a0];
	uint8_t cpl; /* 0x4cb */
	uint32_t reserved4;
	uint64_t efer; /* 0x4d0 */
	uint8_t reserved5[0x548 - 0x4d8];
	uint64_t cr4, cr3, cr0, dr7, dr6, rflags, rip; /* 0x548 */
	uint8_t reserved6[0x5d8 - 0x580];
	uint64_t rsp; /* 0x5d8 */
	uint8_t reserved7[0x5f8 - 0x5e0];
	uint64_t rax, star, lstar, cstar, sfmask, kernel_gs_base; /* 0x5f8 */
	uint64_t sysenter_cs, sysenter_esp, sysenter_eip, cr2;	  /* 0x628 */
	uint8_t reserved8[0x668 - 0x648];
	uint64_t g_pat; /* 0x668 */
	uint8_t reserved9[0x1000 - 0x670];
};
_Static_assert(sizeof(struct vmcb) == 4096, "vmcb");
_Static_assert(offsetof(struct vmcb, iopm_base_pa) == 0x40, "vmcb control");
_Static_assert(offsetof(struct vmcb, eventinj) == 0xa8, "vmcb eventinj");
_Static_assert(offsetof(struct vmcb, es) == 0x400, "vmcb save");
_Static_assert(offsetof(struct vmcb, cpl) == 0x4cb, "vmcb cpl");
_Static_assert(offsetof(struct vmcb, efer) == 0x4d0, "vmcb efer");
_Static_assert(offsetof(struct vmcb, cr4) == 0x548, "vmcb cr4");
_Static_assert(offsetof(struct vmcb, rsp) == 0x5d8, "vmcb rsp");
_Static_assert(offsetof(struct vmcb, rax) == 0x5f8, "vmcb rax");
_Static_assert(offsetof(struct vmcb, g_pat) == 0x668, "vmcb pat");

/* intercept_misc1 */
#define IC1_INTR	BIT(0)
#define IC1_NMI		BIT(1)
#define IC1_RDPMC	BIT(15)
#define IC1_CPUID	BIT(18)
#define IC1_INVD	BIT(22)
#define IC1_HLT		BIT(24)
#define IC1_INVLPGA	BIT(26)
#define IC1_IOIO	BIT(27)
#define IC1_MSR		BIT(28)
#define IC1_FERR_FREEZE BIT(30)
#define IC1_SHUTDOWN	BIT(31)
/* intercept_misc2: VMRUN VMMCALL VMLOAD VMSAVE STGI CLGI SKINIT, ICEBP stays direct, WBINVD MONITOR MWAIT MWAIT-armed XSETBV RDPRU */
#define IC2_ALL 0x7e7fu
/* exceptions: #DB and #AC (endless delivery loops), #MC (belongs to the host) */
#define ICX_ALL (BIT(1) | BIT(17) | BIT(18))

#define VINTR_IRQ	BIT(8)
#define VINTR_PRIO(p)	((uint64_t)(p) << 16)
#define VINTR_MASKING	BIT(24)
#define VINTR_VECTOR(v) ((uint64_t)(v) << 32)

#define EVENT_VALID	BIT(31)
#define EVENT_HAS_ERROR BIT(11)
#define EVENT_EXCEPTION (3ull << 8)

#define TLB_FLUSH_ALL 1u

enum svm_exit {
	SVM_EXIT_DB = 0x41,
	SVM_EXIT_AC = 0x51,
	SVM_EXIT_MC = 0x52,
	SVM_EXIT_INTR = 0x60,
	SVM_EXIT_NMI = 0x61,
	SVM_EXIT_RDPMC = 0x6f,
	SVM_EXIT_CPUID = 0x72,
	SVM_EXIT_INVD = 0x76,
	SVM_EXIT_HLT = 0x78,
	SVM_EXIT_INVLPGA = 0x7a,
	SVM_EXIT_IOIO = 0x7b,
	SVM_EXIT_MSR = 0x7c,
	SVM_EXIT_SHUTDOWN = 0x7f,
	SVM_EXIT_VMRUN = 0x80,
	SVM_EXIT_VMMCALL = 0x81,
	SVM_EXIT_SKINIT = 0x86,
	SVM_EXIT_WBINVD = 0x89,
	SVM_EXIT_MONITOR = 0x8a,
	SVM_EXIT_MWAIT_ARMED = 0x8c,
	SVM_EXIT_XSETBV = 0x8d,
	SVM_EXIT_RDPRU = 0x8e,
	SVM_EXIT_NPF = 0x400,
};

#endif
