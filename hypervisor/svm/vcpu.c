/* SPDX-License-Identifier: Apache-2.0 */
/* AMD-V: VMCB set-up, entry, and the reading of exit information. Nothing outside this file knows a VMCB field. */
#include "hw.h"
#include "insn.h"
#include "svm.h"

#define REG_PRED_CMD 0x49u
#define REG_TSC_AUX  0xc0000103u

#define CR0_START 0x80050033ull /* PG AM WP NE ET MP PE */
#define CR4_START 0x20ull	/* PAE */
#define EFER_LME  BIT(8)
#define EFER_LMA  BIT(10)
/* SCE LME LMA NXE: what a guest may set */
#define EFER_GUEST  (BIT(0) | EFER_LME | EFER_LMA | BIT(11))
#define PAT_RESET   0x0007040600070406ull
#define DR6_RESET   0xffff0ff0ull
#define DR7_RESET   0x400ull
#define XCR0_RESET  1ull
#define CR4_OSXSAVE BIT(18)
#define RFLAGS_IF   BIT(9)
/* entries in which one instruction must have been executed: a jump to itself leaves RIP as it was, too */
#define SHADOW_TRIES 8u

struct svm svm;
static _Alignas(4096) struct vmcb guest_vmcb[HV_DOM_MAX];
static struct {
	struct vcpu vcpu;
	struct vmcb block;
} kept[HV_DOM_MAX];

static struct vmcb *vmcb_of(const struct vcpu *v)
{
	return v->hw;
}

static struct vmcb_seg seg(uint16_t selector, uint16_t attrib, uint32_t limit)
{
	return (struct vmcb_seg){.selector = selector, .attrib = attrib, .limit = limit};
}

static void control_init(struct vmcb *b, unsigned dom, hpa_t npt_root, uint64_t tsc_offset)
{
	b->intercept_exceptions = (uint32_t)ICX_ALL;
	b->intercept_misc1 =
		(uint32_t)(IC1_INTR | IC1_NMI | IC1_RDPMC | IC1_CPUID | IC1_INVD | IC1_HLT |
			   IC1_INVLPGA | IC1_IOIO | IC1_MSR | IC1_FERR_FREEZE | IC1_SHUTDOWN);
	b->intercept_misc2 = IC2_ALL;
	b->iopm_base_pa = x86_core_pa(svm.io_map).v;
	b->msrpm_base_pa = x86_core_pa(svm.msr_map).v;
	b->tsc_offset = tsc_offset;
	b->asid = dom + 1; /* one address space id per domain; vcpu_init's flush makes it fresh */
	b->tlb_control = TLB_FLUSH_ALL;
	b->vintr = VINTR_MASKING;
	b->np_enable = 1;
	b->n_cr3 = npt_root.v;
}

void vcpu_init(struct vcpu *v, unsigned dom, hpa_t npt_root, uint64_t tsc_offset)
{
	struct vmcb *b = &guest_vmcb[dom];

	ASSERT(dom + 1 < svm.asid_count);
	memset(v, 0, sizeof *v);
	memset(b, 0, sizeof *b);
	v->hw = b;
	v->hw_hpa = x86_core_pa(b);
	v->xcr0 = XCR0_RESET;
	v->offered = -1;
	control_init(b, dom, npt_root, tsc_offset);
	b->es = b->ss = b->ds = b->fs = b->gs = seg(0x18, 0xc93, 0xffffffff);
	b->cs = seg(0x10, 0xa9b, 0xffffffff);
	b->ldtr = seg(0, 0x82, 0);
	b->tr = seg(0, 0x8b, 0x67);
	b->efer = EFER_LME | EFER_LMA | BIT(11) | EFER_SVME;
	b->cr0 = CR0_START;
	b->cr4 = CR4_START;
	b->dr6 = DR6_RESET;
	b->dr7 = DR7_RESET;
	b->rflags = 2;
	b->g_pat = PAT_RESET;
	/* FPU: FINIT and MXCSR reset values in an XSAVE area whose header says x87 and SSE are present (APM vol 2, 11.5.9). */
	v->fpu[0] = 0x7f;
	v->fpu[1] = 0x03;
	v->fpu[24] = 0x80;
	v->fpu[25] = 0x1f;
	v->fpu[512] = 3;
	vlapic_init(&v->lapic);
}

void vcpu_set_entry(struct vcpu *v, uint64_t rip, uint64_t rsp, uint64_t rsi, uint64_t cr3)
{
	struct vmcb *b = vmcb_of(v);

	b->rip = rip;
	b->rsp = rsp;
	b->cr3 = cr3;
	v->gpr[RSI] = rsi;
}

void vcpu_keep(const struct vcpu *v, unsigned dom)
{
	kept[dom].vcpu = *v;
	kept[dom].block = *vmcb_of(v);
}

void vcpu_restore(struct vcpu *v, unsigned dom, hpa_t npt_root, uint64_t tsc_offset)
{
	struct vmcb *b = &guest_vmcb[dom];

	*v = kept[dom].vcpu;
	*b = kept[dom].block;
	b->n_cr3 = npt_root.v;
	b->tsc_offset = tsc_offset;
	b->tlb_control = TLB_FLUSH_ALL;
	b->int_shadow = 0;
}

void vcpu_wipe(struct vcpu *v)
{
	if (v->hw != NULL)
		memset(v->hw, 0, sizeof(struct vmcb));
	memset(v, 0, sizeof *v);
	v->xcr0 = XCR0_RESET; /* so that it can be loaded */
}

NO_INLINE void vcpu_load(struct vcpu *v)
{
	v->host = (hpa_t){svm.host_pa[hw_cpu()]};
	x86_xsetbv(svm.xcr0_all);
	x86_fninit();
	x86_xrstor(v->fpu);
	x86_xsetbv(v->xcr0);
	x86_dr_load(v->dr);
	x86_wrmsr(REG_TSC_AUX, v->tsc_aux);
	if (svm.has_ibpb)
		x86_wrmsr(REG_PRED_CMD, 1);
}

NO_INLINE void vcpu_save(struct vcpu *v)
{
	/* The emulator lets XSETBV through without an exit, so the real register is the truth. */
	v->xcr0 = x86_xgetbv();
	x86_xsetbv(svm.xcr0_all);
	x86_xsave(v->fpu);
	x86_dr_store(v->dr);
}

static enum vcpu_exit_kind decode_io(struct vcpu *v, struct vcpu_exit *x)
{
	const struct vmcb *b = vmcb_of(v);

	x->port = (uint16_t)FIELD_GET(b->exitinfo1, 31, 16);
	x->bytes = (uint8_t)FIELD_GET(b->exitinfo1, 6, 4);
	x->in = FIELD_GET(b->exitinfo1, 0, 0) != 0;
	x->string = FIELD_GET(b->exitinfo1, 3, 2) != 0;
	v->next_rip = b->exitinfo2;
	return VEXIT_IO;
}

static enum vcpu_exit_kind decode_fault(const struct vmcb *b, struct vcpu_exit *x)
{
	x->gpa = (gpa_t){b->exitinfo2};
	x->error = (uint32_t)b->exitinfo1;
	return VEXIT_FAULT;
}

static enum vcpu_exit_kind give_back(struct vcpu *v, struct vcpu_exit *x)
{
	x->vector = (uint32_t)vmcb_of(v)->exitcode - 0x40;
	x->error = (uint32_t)vmcb_of(v)->exitinfo1;
	vcpu_inject(v, x->vector, x->vector == 17, x->error);
	return VEXIT_EXCEPTION;
}

/* An instruction of LENGTH bytes left the guest. */
static enum vcpu_exit_kind stepped(struct vcpu *v, unsigned length, enum vcpu_exit_kind kind)
{
	const struct vmcb *b = vmcb_of(v);

	v->next_rip = svm.has_nrips ? b->nrip : b->rip + length;
	return kind;
}

/* The kind of exit; the other fields of X where this kind has them. */
static ALWAYS_INLINE enum vcpu_exit_kind decode(struct vcpu *v, struct vmcb *b, struct vcpu_exit *x)
{
	switch ((uint32_t)b->exitcode) {
	case SVM_EXIT_INTR:
	case SVM_EXIT_NMI:
		return VEXIT_HOST;
	case SVM_EXIT_DB:
	case SVM_EXIT_AC:
		return give_back(v, x);
	case SVM_EXIT_CPUID:
		return stepped(v, 2, VEXIT_CPUID);
	case SVM_EXIT_HLT:
		return stepped(v, 1, VEXIT_HLT);
	case SVM_EXIT_MSR:
		return stepped(v, 2, b->exitinfo1 ? VEXIT_WRMSR : VEXIT_RDMSR);
	case SVM_EXIT_VMMCALL:
		return stepped(v, 3, VEXIT_HCALL);
	case SVM_EXIT_XSETBV:
		return stepped(v, 3, VEXIT_XSETBV);
	case SVM_EXIT_INVD:
	case SVM_EXIT_WBINVD:
		return stepped(v, 2, VEXIT_SKIP);
	case SVM_EXIT_IOIO:
		return decode_io(v, x);
	case SVM_EXIT_NPF:
		return decode_fault(b, x);
	case SVM_EXIT_SHUTDOWN:
		return VEXIT_TRIPLE;
	case 0xffffffff: /* the emulator leaves the high half of -1 clear, and the core's RIP, which is not for the log */
		b->rip = 0;
		return VEXIT_BAD;
	case SVM_EXIT_RDPMC:
	case SVM_EXIT_INVLPGA:
	case SVM_EXIT_VMRUN:
	case SVM_EXIT_RDPRU:
		return VEXIT_UD;
	}
	if (b->exitcode > SVM_EXIT_VMMCALL && b->exitcode <= SVM_EXIT_MWAIT_ARMED)
		return VEXIT_UD; /* VMLOAD .. SKINIT, MONITOR, MWAIT */
	return VEXIT_UNKNOWN;
}

ALWAYS_INLINE void vcpu_run(struct vcpu *v, struct vcpu_exit *x)
{
	struct vmcb *b = vmcb_of(v);
	uint64_t rip = b->rip, shadow = b->int_shadow & 1;

	b->rax = v->gpr[RAX];
	svm_enter(v);
	v->gpr[RAX] = b->rax;
	v->lapic.reg[VLAPIC_TPR] = (uint32_t)(b->vintr & 0xf) << 4;
	b->tlb_control = 0;
	b->eventinj = b->exitintinfo; /* an event in delivery is delivered again; else not valid */
	x->code = b->exitcode;
	x->kind = decode(v, b, x);
	/* The emulator's VMRUN forgets the shadow: until an instruction was executed it still holds, or a wake-up comes before its HLT. */
	if (x->kind == VEXIT_HOST && b->rip == rip && v->shadow_tries < SHADOW_TRIES)
		b->int_shadow |= shadow;
}

void vcpu_flush(struct vcpu *v)
{
	vmcb_of(v)->tlb_control = TLB_FLUSH_ALL;
}

void vcpu_skip(struct vcpu *v)
{
	struct vmcb *b = vmcb_of(v);

	b->rip = v->next_rip;
	b->int_shadow = 0;
}

void vcpu_inject(struct vcpu *v, uint32_t vector, bool has_error, uint32_t error)
{
	vmcb_of(v)->eventinj = EVENT_VALID | EVENT_EXCEPTION | vector |
			       (has_error ? EVENT_HAS_ERROR | (uint64_t)error << 32 : 0);
}

ALWAYS_INLINE void vcpu_irq_offer(struct vcpu *v, int vector)
{
	struct vmcb *b = vmcb_of(v);

	b->vintr = VINTR_MASKING | v->lapic.reg[VLAPIC_TPR] >> 4;
	/* The emulator delivers a virtual interrupt at once even in an interrupt shadow: hold it back until the shadow is over. */
	v->shadow_tries = vector >= 0 && (b->int_shadow & 1) ? v->shadow_tries + 1 : 0;
	v->offered = v->shadow_tries != 0 ? -1 : vector;
	if (v->offered >= 0)
		b->vintr |= VINTR_IRQ | VINTR_PRIO((uint32_t)vector >> 4) |
			    VINTR_VECTOR((uint32_t)vector);
}

int vcpu_irq_taken(struct vcpu *v)
{
	int vector = v->offered;

	if (vector < 0 || (vmcb_of(v)->vintr & VINTR_IRQ))
		return -1;
	v->offered = -1;
	return vector;
}

uint64_t vcpu_rip(const struct vcpu *v)
{
	return vmcb_of(v)->rip;
}

uint64_t vcpu_cr2(const struct vcpu *v)
{
	return vmcb_of(v)->cr2;
}

uint64_t vcpu_cr3(const struct vcpu *v)
{
	return vmcb_of(v)->cr3;
}

uint32_t vcpu_cpl(const struct vcpu *v)
{
	return vmcb_of(v)->cpl;
}

bool vcpu_interrupts_on(const struct vcpu *v)
{
	return (vmcb_of(v)->rflags & RFLAGS_IF) != 0;
}

bool vcpu_osxsave(const struct vcpu *v)
{
	return (vmcb_of(v)->cr4 & CR4_OSXSAVE) != 0;
}

uint64_t vcpu_tsc_offset(const struct vcpu *v)
{
	return vmcb_of(v)->tsc_offset;
}

uint64_t vcpu_efer(const struct vcpu *v)
{
	return vmcb_of(v)->efer & ~EFER_SVME;
}

bool vcpu_efer_set(struct vcpu *v, uint64_t value)
{
	struct vmcb *b = vmcb_of(v);

	/* APM vol 2, 3.1.7: reserved bits fault; LME and LMA cannot change while paging is on, and ours always is. */
	if ((value & ~EFER_GUEST) != 0 || ((value ^ b->efer) & (EFER_LME | EFER_LMA)) != 0)
		return false;
	b->efer = value | EFER_SVME;
	return true;
}

void vcpu_tsc_aux_set(struct vcpu *v, uint64_t value)
{
	v->tsc_aux = value;
	x86_wrmsr(REG_TSC_AUX, value);
}

void vcpu_xcr0_set(struct vcpu *v, uint64_t value)
{
	v->xcr0 = value;
	x86_xsetbv(value);
}

uint64_t vcpu_pat(const struct vcpu *v)
{
	return vmcb_of(v)->g_pat;
}

bool vcpu_pat_set(struct vcpu *v, uint64_t value)
{
	for (unsigned i = 0; i < 8; i++) { /* types 2, 3 and above 7 are reserved */
		uint64_t type = FIELD_GET(value, 8 * i + 7, 8 * i);

		if (type > 7 || type == 2 || type == 3)
			return false;
	}
	vmcb_of(v)->g_pat = value;
	return true;
}
