/* SPDX-License-Identifier: Apache-2.0 */
/* One flat switch over the ways a guest leaves. Must not read exit information except from struct vcpu_exit. */
#include "exit.h"
#include "hw.h"
#include "life.h"
#include "policy.h"

#define UD_VECTOR	 6u
#define GP_VECTOR	 13u
#define VMWARE_CALL	 0x564d5868u /* EAX of the VMware-style calls stock kernels make */
#define VMWARE_GETHZ	 45u
#define VMWARE_VCPU_INFO 68u
#define VCPU_INFO_X2APIC 8u
#define MSR_TSC_DEADLINE 0x6e0u
#define LEAF1_OSXSAVE	 BIT(27)
/* rate of the guest's count-down timer, which never runs: deadline mode only */
#define APIC_BUS_HZ 1000000000u

static void inject_gp(struct domain *d)
{
	vcpu_inject(&d->vcpu, GP_VECTOR, true, 0);
}

static void set32(struct vcpu *v, enum gpr r, uint32_t value)
{
	v->gpr[r] = value;
}

static ALWAYS_INLINE void on_cpuid(struct domain *d)
{
	struct vcpu *v = &d->vcpu;
	uint32_t leaf = (uint32_t)v->gpr[RAX];
	struct cpuid_regs r = cpuid_answer(leaf, (uint32_t)v->gpr[RCX]);

	if (leaf == 1 && vcpu_osxsave(v))
		r.ecx |= (uint32_t)LEAF1_OSXSAVE;
	if (leaf == 0x40000010) {
		r.eax = (uint32_t)dom_handoff()->tsc_khz;
		r.ebx = APIC_BUS_HZ / 1000;
	}
	set32(v, RAX, r.eax);
	set32(v, RBX, r.ebx);
	set32(v, RCX, r.ecx);
	set32(v, RDX, r.edx);
	vcpu_skip(v);
	d->goes_on = true;
}

static bool msr_read(struct domain *d, uint32_t msr, uint64_t *value)
{
	const struct msr_rule *r = msr_rule_find(msr);
	struct vcpu *v = &d->vcpu;

	if (r == NULL)
		return false;
	switch (r->read) {
	case MSR_CONST:
		*value = r->value;
		return true;
	case MSR_EFER:
		*value = vcpu_efer(v);
		return true;
	case MSR_PAT:
		*value = vcpu_pat(v);
		return true;
	case MSR_X2APIC:
		return vlapic_read(&v->lapic, msr, value);
	case MSR_DEADLINE:
		*value = v->lapic.deadline;
		return true;
	case MSR_TSC_AUX:
		*value = v->tsc_aux;
		return true;
	case MSR_GP:
	case MSR_IGNORE:
	case MSR_DIRECT: /* does not exit */
		return false;
	}
	return false;
}

static bool msr_write(struct domain *d, uint32_t msr, uint64_t value)
{
	const struct msr_rule *r = msr_rule_find(msr);
	struct vcpu *v = &d->vcpu;

	if (r == NULL)
		return false;
	switch (r->write) {
	case MSR_IGNORE:
		return true;
	case MSR_EFER:
		return vcpu_efer_set(v, value);
	case MSR_PAT:
		return vcpu_pat_set(v, value);
	case MSR_X2APIC:
		return vlapic_write(&v->lapic, msr, value);
	case MSR_DEADLINE:
		vlapic_deadline_set(&v->lapic, value);
		return true;
	case MSR_TSC_AUX:
		if (value > 0xffffffff)
			return false;
		vcpu_tsc_aux_set(v, value);
		return true;
	case MSR_GP:
	case MSR_CONST:
	case MSR_DIRECT:
		return false;
	}
	return false;
}

static void on_msr(struct domain *d, bool write)
{
	struct vcpu *v = &d->vcpu;
	uint32_t msr = (uint32_t)v->gpr[RCX];
	uint64_t value = (uint64_t)(uint32_t)v->gpr[RDX] << 32 | (uint32_t)v->gpr[RAX];
	bool ok = write ? msr_write(d, msr, value) : msr_read(d, msr, &value);

	if (!ok) {
		inject_gp(d);
		return;
	}
	if (!write) {
		set32(v, RAX, (uint32_t)value);
		set32(v, RDX, (uint32_t)(value >> 32));
	}
	vcpu_skip(v);
	d->goes_on = msr != MSR_TSC_DEADLINE; /* that one sets when the turn ends */
}

static uint32_t port_read(struct domain *d, uint16_t port, unsigned bytes)
{
	const struct port_rule *r = port_rule_find(port);

	switch (r->read) {
	case PORT_CONST:
		return (0x01010101u * r->value) & vpci_mask(bytes);
	case PORT_PCI_ADDRESS:
		return bytes == 4 ? d->pci.address
				  : (d->pci.address >> (8 * (port & 3))) & vpci_mask(bytes);
	case PORT_PCI_DATA:
		return vpci_read(d, port & 3, bytes);
	case PORT_ONES:
	case PORT_IGNORE:
	case PORT_CONSOLE:
	case PORT_RESET:
		break;
	}
	return vpci_mask(bytes);
}

static void port_write(struct domain *d, uint16_t port, unsigned bytes, uint32_t value)
{
	uint8_t byte = (uint8_t)value;

	switch (port_rule_find(port)->write) {
	case PORT_PCI_ADDRESS:
		if (bytes == 4 && (port & 3) == 0)
			d->pci.address = value;
		return;
	case PORT_PCI_DATA:
		vpci_write(d, port & 3, bytes, value);
		return;
	case PORT_CONSOLE:
		if (d->sys->flags & HV_DOM_CONSOLE)
			log_guest_put(&d->console, &byte, 1);
		return;
	case PORT_RESET:
		if (byte == 0xfe)
			life_stop(d, HV_STOP_RESET);
		return;
	case PORT_ONES:
	case PORT_CONST:
	case PORT_IGNORE:
		return;
	}
}

static void on_io(struct domain *d, const struct vcpu_exit *x)
{
	struct vcpu *v = &d->vcpu;

	if (x->string) { /* INS, OUTS would need an instruction decoder */
		inject_gp(d);
		return;
	}
	vcpu_skip(v);
	if (!x->in) {
		port_write(d, x->port, x->bytes, (uint32_t)v->gpr[RAX] & vpci_mask(x->bytes));
	} else if (x->bytes == 4) {
		set32(v, RAX, port_read(d, x->port, 4));
	} else {
		uint64_t keep = v->gpr[RAX] & ~(uint64_t)vpci_mask(x->bytes);

		v->gpr[RAX] = keep | port_read(d, x->port, x->bytes);
	}
}

static void on_hlt(struct domain *d)
{
	struct vcpu *v = &d->vcpu;

	if (!vcpu_interrupts_on(v)) {
		life_stop(d, HV_STOP_HALTED); /* no NMI reaches a guest: nothing could wake it */
		return;
	}
	vcpu_skip(v);
	v->halted = true;
}

/* The three calls by which a kernel that knows VMware learns clock rates and that x2APIC is usable. */
static void vmware_call(struct vcpu *v)
{
	uint64_t hz = dom_handoff()->tsc_khz * 1000;

	switch ((uint32_t)v->gpr[RCX] & 0xffff) {
	case VMWARE_GETHZ:
		set32(v, RAX, (uint32_t)hz);
		set32(v, RBX, (uint32_t)(hz >> 32));
		set32(v, RCX, APIC_BUS_HZ);
		return;
	case VMWARE_VCPU_INFO:
		set32(v, RAX, VCPU_INFO_X2APIC);
		return;
	}
	set32(v, RAX, 0xffffffff);
}

static ALWAYS_INLINE void on_hcall(struct domain *d)
{
	struct vcpu *v = &d->vcpu;

	if (vcpu_cpl(v) != 0) {
		vcpu_inject(v, UD_VECTOR, false, 0);
		return;
	}
	vcpu_skip(v);
	if (((uint32_t)v->gpr[RAX] & HV_CALL_MASK) == HV_CALL_BASE)
		hcall_handle(d);
	else if ((uint32_t)v->gpr[RAX] == VMWARE_CALL)
		vmware_call(v);
	else
		v->gpr[RAX] = (uint64_t)HV_ENOSYS;
}

static void on_xsetbv(struct domain *d)
{
	struct vcpu *v = &d->vcpu;
	uint64_t value = v->gpr[RDX] << 32 | (uint32_t)v->gpr[RAX];
	uint64_t shown = cpuid_answer(0xd, 0).eax;

	/* Only what our CPUID shows, or the core would fault; x87 always; AVX needs SSE (SDM vol 1, 13.3). */
	if (vcpu_cpl(v) != 0 || (uint32_t)v->gpr[RCX] != 0 || !(value & 1) || (value & ~shown) ||
	    (value & 6) == 4) {
		inject_gp(d);
		return;
	}
	vcpu_xcr0_set(v, value);
	vcpu_skip(v);
}

static void record(struct domain *d, const struct vcpu_exit *x)
{
	d->history[d->exits % EXIT_HISTORY].code = x->code;
	d->history[d->exits % EXIT_HISTORY].rip = vcpu_rip(&d->vcpu);
	d->exits++;
	d->goes_on = false;
	d->exit_counts[x->kind < VEXIT_KINDS ? x->kind : VEXIT_UNKNOWN]++;
}

ALWAYS_INLINE void exit_handle(struct domain *d, const struct vcpu_exit *x)
{
	record(d, x);
	switch (x->kind) {
	case VEXIT_HOST:
	case VEXIT_EXCEPTION: /* already given back by vcpu_run */
		return;
	case VEXIT_CPUID:
		on_cpuid(d);
		return;
	case VEXIT_RDMSR:
		on_msr(d, false);
		return;
	case VEXIT_WRMSR:
		on_msr(d, true);
		return;
	case VEXIT_IO:
		on_io(d, x);
		return;
	case VEXIT_HLT:
		on_hlt(d);
		return;
	case VEXIT_HCALL:
		on_hcall(d);
		return;
	case VEXIT_XSETBV:
		on_xsetbv(d);
		return;
	case VEXIT_SKIP:
		vcpu_skip(&d->vcpu);
		return;
	case VEXIT_UD:
		vcpu_inject(&d->vcpu, UD_VECTOR, false, 0);
		return;
	case VEXIT_FAULT:
		d->last_gpa = x->gpa.v;
		life_stop(d, HV_STOP_NESTED_FAULT);
		return;
	case VEXIT_TRIPLE:
		life_stop(d, HV_STOP_TRIPLE_FAULT);
		return;
	case VEXIT_BAD:
		life_stop(d, HV_STOP_BAD_STATE);
		return;
	case VEXIT_UNKNOWN:
		life_stop(d, HV_STOP_UNEXPECTED);
		return;
	}
}

void exit_run(struct domain *d, uint64_t until)
{
	struct vcpu *v = &d->vcpu;
	struct vcpu_exit x;

	for (;;) { /* bound: the turn */
		int taken;

		vcpu_run(v, &x);
		taken = vcpu_irq_taken(v);
		if (taken >= 0)
			vlapic_accept(&v->lapic, (uint32_t)taken);
		exit_handle(d, &x);
		if (!d->goes_on || d->irq_waits || hw_tsc() >= until)
			return;
		hw_windows_close();
		vcpu_irq_offer(v, vlapic_pending(&v->lapic));
	}
}
