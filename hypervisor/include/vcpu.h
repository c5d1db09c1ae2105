/* SPDX-License-Identifier: Apache-2.0 */
/* One virtual processor. svm/ (later vmx/) implements vcpu_*; exit information is read nowhere else. */
#ifndef VCPU_H
#define VCPU_H

#include "types.h"
#include "vlapic.h"

enum gpr {
	RAX,
	RCX,
	RDX,
	RBX,
	RSP,
	RBP,
	RSI,
	RDI,
	R8,
	R9,
	R10,
	R11,
	R12,
	R13,
	R14,
	R15,
	GPR_COUNT
};

#define FPU_BYTES 4096u

struct vcpu {
	uint64_t gpr
		[GPR_COUNT]; /* RSP lives in the hardware block; run.S knows where this and the two addresses are */
	void *hw;	   /* VMCB */
	hpa_t hw_hpa;	   /* of it */
	hpa_t host;	   /* of the block with the state of the processor that loaded this one */
	uint64_t next_rip; /* after the instruction that exited, where that has a meaning */
	uint64_t dr[4], xcr0, tsc_aux;
	int offered; /* vector offered to the processor for delivery; -1 = none */
	bool halted; /* waits in HLT */
	uint32_t
		shadow_tries; /* entries in which an interrupt was held back because the guest is in an interrupt shadow */
	struct vlapic lapic;
	_Alignas(64) uint8_t fpu[FPU_BYTES]; /* XSAVE area */
};

enum vcpu_exit_kind {
	VEXIT_HOST, /* interrupt for the host: nothing to do for this guest */
	VEXIT_CPUID,
	VEXIT_RDMSR,
	VEXIT_WRMSR,
	VEXIT_IO,
	VEXIT_HLT,
	VEXIT_HCALL,
	VEXIT_XSETBV,
	VEXIT_SKIP,	 /* WBINVD, INVD: nothing to do, step over */
	VEXIT_UD,	 /* an instruction guests do not get */
	VEXIT_FAULT,	 /* nested page fault */
	VEXIT_EXCEPTION, /* #DB or #AC, to be given back to the guest */
	VEXIT_TRIPLE,
	VEXIT_BAD, /* the processor refused the state */
	VEXIT_UNKNOWN,
};
#define VEXIT_KINDS (VEXIT_UNKNOWN + 1u)

struct vcpu_exit {
	enum vcpu_exit_kind kind;
	uint64_t code;	 /* as the processor says it, for the log */
	gpa_t gpa;	 /* FAULT */
	uint32_t error;	 /* FAULT: error code; EXCEPTION: error code */
	uint32_t vector; /* EXCEPTION */
	uint16_t port;	 /* IO */
	uint8_t bytes;	 /* IO: 1, 2, 4 */
	bool in, string;
};

/* vcpu_boot_cpu - switch virtualization on for this processor; HV_ENOSYS when it has none. Once per processor. */
enum hv_err vcpu_boot_cpu(void) MUST_CHECK;

/* vcpu_init - start state: 64-bit mode, flat segments, interrupts off (AMD APM vol 2, 15.5 and 4.7); all registers else 0. */
void vcpu_init(struct vcpu *v, unsigned dom, hpa_t npt_root, uint64_t tsc_offset);
void vcpu_set_entry(struct vcpu *v, uint64_t rip, uint64_t rsp, uint64_t rsi, uint64_t cr3);
/*
 * vcpu_keep - remember all of it for DOM, as it is in the struct and its hardware block: saved, not loaded.
 * vcpu_restore - be again what was kept, with that nested table and clock; no translation is used that was before.
 */
void vcpu_keep(const struct vcpu *v, unsigned dom);
void vcpu_restore(struct vcpu *v, unsigned dom, hpa_t npt_root, uint64_t tsc_offset);
/* vcpu_wipe - nothing of the guest stays in the struct or in its hardware block; loading that empties the processor's registers. */
void vcpu_wipe(struct vcpu *v);

/* vcpu_load, vcpu_save - registers the hardware does not switch: XCR0 and FPU, DR0-3, TSC_AUX; load also issues the prediction barrier. */
void vcpu_load(struct vcpu *v);
void vcpu_save(struct vcpu *v);

/* vcpu_run - enter the guest and come back with why it left. Interrupts closed; loaded; its interrupt was offered, or -1 was, since the last time. */
void vcpu_run(struct vcpu *v, struct vcpu_exit *x);

void vcpu_flush(
	struct
	vcpu *v); /* the nested table changed: forget translations before the next entry. Home processor. */
void vcpu_skip(struct vcpu *v); /* step over the instruction that exited */
void vcpu_inject(struct vcpu *v, uint32_t vector, bool has_error, uint32_t error);
/* vcpu_irq_offer - let the processor deliver this vector as soon as it can; -1 withdraws. */
void vcpu_irq_offer(struct vcpu *v, int vector);
/* vcpu_irq_taken - after vcpu_run: the vector delivered, or -1. */
int vcpu_irq_taken(struct vcpu *v);

uint64_t vcpu_rip(const struct vcpu *v);
uint64_t vcpu_cr2(const struct vcpu *v);
uint64_t vcpu_cr3(const struct vcpu *v);
uint32_t vcpu_cpl(const struct vcpu *v);
bool vcpu_interrupts_on(const struct vcpu *v); /* RFLAGS.IF */
bool vcpu_osxsave(const struct vcpu *v);       /* CR4.OSXSAVE */
uint64_t vcpu_tsc_offset(const struct vcpu *v);
uint64_t vcpu_efer(const struct vcpu *v);
bool vcpu_efer_set(struct vcpu *v, uint64_t value) MUST_CHECK; /* false = #GP */
uint64_t vcpu_pat(const struct vcpu *v);
void vcpu_tsc_aux_set(struct vcpu *v, uint64_t value); /* takes effect at once: the VM is loaded */
void vcpu_xcr0_set(struct vcpu *v,
		   uint64_t value); /* value checked by the caller; takes effect at once */
bool vcpu_pat_set(struct vcpu *v, uint64_t value) MUST_CHECK; /* false = #GP */

#endif
