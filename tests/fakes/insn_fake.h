/* SPDX-License-Identifier: Apache-2.0 */
/* A processor with AMD-V for host tests of svm/: registers that instructions of ours reach, and an order book. It faults where a real one does. */
#ifndef INSN_FAKE_H
#define INSN_FAKE_H

#include "types.h"

#define FAKE_XSAVE                                                                                 \
	1024u /* bytes of the state components: x87 and SSE 512, header 64, AVX 256, one more of 192 */
#define FAKE_ORDER 64u

enum insn {
	INSN_WRMSR,
	INSN_XSETBV,
	INSN_FNINIT,
	INSN_XRSTOR,
	INSN_XSAVE,
	INSN_DR_LOAD,
	INSN_ENTER
};

struct insn_fake {
	/* a test sets these before it starts */
	bool no_svm, no_npt, no_xsave, locked; /* what the processor lacks; VM_CR.SVMDIS */
	bool nrips, ibpb;
	uint32_t asids;
	uint32_t xsave_bytes; /* what all components take, as CPUID says */
	/* registers of the processor this test is on */
	uint64_t efer, hsave, tsc_aux, xcr0, dr[4];
	uint8_t state[FAKE_XSAVE]; /* what XSAVE would store; the header is not a register */
	unsigned barriers;	   /* writes of PRED_CMD.IBPB */
	unsigned vmsaves;
	uint64_t vmsave_at;
	struct {
		enum insn what;
		uint64_t a, b;
	} order[FAKE_ORDER];
	unsigned ordered;
	/* What the guest does: it may change its registers and the block, page by page as the manual has it. */
	void (*guest)(uint64_t gpr[16], uint8_t *block);
	const void *host_block; /* of the last entry */
};
extern struct insn_fake insn_fake;

/* insn_fake_reset - a processor with everything, registers as after power-on, an empty book. */
void insn_fake_reset(void);
/* insn_fake_at - where in the book is the first WHAT from START on, with this A? FAKE_ORDER = nowhere. */
unsigned insn_fake_at(unsigned start, enum insn what, uint64_t a);

#endif
