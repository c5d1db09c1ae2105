/* SPDX-License-Identifier: Apache-2.0 */
/* vcpu.h for tests: keeps state, records what is asked, lets a function of the test play the guest. */
#include "hw_fake.h"
#include "vcpu_fake.h"

static struct vcpu_fake blocks[HV_DOM_MAX];
static struct vcpu kept_vcpus[HV_DOM_MAX];
static struct vcpu_fake kept_blocks[HV_DOM_MAX];
static const struct vcpu *loaded[CPU_MAX];
static bool left[CPU_MAX]; /* the processor still holds the registers of a VM that was wiped */
void (*vcpu_fake_guest)(struct vcpu *v, struct vcpu_exit *x);

void vcpu_fake_reset(void)
{
	memset(blocks, 0, sizeof blocks);
	memset(kept_blocks, 0, sizeof kept_blocks);
	memset(loaded, 0, sizeof loaded);
	memset(left, 0, sizeof left);
	vcpu_fake_guest = NULL;
}

struct vcpu_fake *vcpu_fake_of(const struct vcpu *v)
{
	struct vcpu_fake *b = v->hw;

	if (b == NULL || !b->made)
		fake_broken("a virtual processor that does not exist is used");
	return b;
}

const struct vcpu *vcpu_fake_loaded(unsigned cpu)
{
	return loaded[cpu];
}

bool vcpu_fake_left(unsigned cpu)
{
	return left[cpu];
}

enum hv_err vcpu_boot_cpu(void)
{
	return HV_OK;
}

void vcpu_init(struct vcpu *v, unsigned dom, hpa_t npt_root, uint64_t tsc_offset)
{
	struct vcpu_fake *b = &blocks[dom];

	if (dom >= HV_DOM_MAX)
		fake_broken("virtual processor of no domain");
	for (unsigned cpu = 0; cpu < CPU_MAX; cpu++)
		if (loaded[cpu] == v)
			fake_broken("a loaded virtual processor is made anew");
	memset(v, 0, sizeof *v);
	memset(b, 0, sizeof *b);
	v->hw = b;
	v->xcr0 = 1;
	v->offered = -1;
	b->made = true;
	b->dom = dom;
	b->npt_root = npt_root;
	b->tsc_offset = tsc_offset;
	b->efer = 0xd00;
	b->pat = 0x0007040600070406;
	b->taken = b->delivered = -1;
	vlapic_init(&v->lapic);
}

void vcpu_set_entry(struct vcpu *v, uint64_t rip, uint64_t rsp, uint64_t rsi, uint64_t cr3)
{
	struct vcpu_fake *b = vcpu_fake_of(v);

	b->rip = rip;
	b->rsp = rsp;
	b->cr3 = cr3;
	v->gpr[RSI] = rsi;
}

void vcpu_keep(const struct vcpu *v, unsigned dom)
{
	for (unsigned cpu = 0; cpu < CPU_MAX; cpu++)
		if (loaded[cpu] == v)
			fake_broken("registers are kept that the processor still has");
	kept_vcpus[dom] = *v;
	kept_blocks[dom] = *vcpu_fake_of(v);
}

void vcpu_restore(struct vcpu *v, unsigned dom, hpa_t npt_root, uint64_t tsc_offset)
{
	if (!kept_blocks[dom].made)
		fake_broken("a virtual processor that was not kept is restored");
	*v = kept_vcpus[dom];
	blocks[dom] = kept_blocks[dom];
	blocks[dom].npt_root = npt_root;
	blocks[dom].tsc_offset = tsc_offset;
	blocks[dom].flushes++;
}

void vcpu_wipe(struct vcpu *v)
{
	struct vcpu_fake *b = vcpu_fake_of(v);

	for (unsigned cpu = 0; cpu < CPU_MAX; cpu++)
		if (loaded[cpu] == v) {
			loaded[cpu] = NULL;
			left[cpu] = true;
		}
	memset(b, 0, sizeof *b);
	memset(v, 0, sizeof *v);
}

void vcpu_load(struct vcpu *v)
{
	if (loaded[fake.cpu] != NULL)
		fake_broken("registers of another VM are overwritten without being saved");
	left[fake.cpu] = false;
	if (v->hw == NULL)
		return; /* wiped: the registers are empty */
	vcpu_fake_of(v)->loads++;
	loaded[fake.cpu] = v;
}

void vcpu_save(struct vcpu *v)
{
	if (loaded[fake.cpu] != v)
		fake_broken("registers are saved that are not loaded");
	vcpu_fake_of(v)->saves++;
	loaded[fake.cpu] = NULL;
}

void vcpu_run(struct vcpu *v, struct vcpu_exit *x)
{
	struct vcpu_fake *b = vcpu_fake_of(v);

	if (loaded[fake.cpu] != v)
		fake_broken("a VM runs with somebody else's registers");
	if (vcpu_fake_guest == NULL)
		fake_broken("nobody expected a guest to run");
	memset(x, 0, sizeof *x);
	b->runs++;
	b->taken = -1;
	if (v->offered >= 0 && b->interrupts && !b->shadow) {
		b->taken = b->delivered = v->offered;
		b->deliveries++;
	}
	vcpu_fake_guest(v, x);
}

void vcpu_skip(struct vcpu *v)
{
	vcpu_fake_of(v)->skips++;
}

void vcpu_inject(struct vcpu *v, uint32_t vector, bool has_error, uint32_t error)
{
	struct vcpu_fake *b = vcpu_fake_of(v);

	if (vector > 31)
		fake_broken("an interrupt is injected as an exception");
	b->injections++;
	b->vector = vector;
	b->has_error = has_error;
	b->error = error;
}

void vcpu_irq_offer(struct vcpu *v, int vector)
{
	v->shadow_tries = vector >= 0 && vcpu_fake_of(v)->shadow ? v->shadow_tries + 1 : 0;
	v->offered = v->shadow_tries != 0 ? -1 : vector;
}

int vcpu_irq_taken(struct vcpu *v)
{
	int vector = vcpu_fake_of(v)->taken;

	if (vector >= 0)
		v->offered = -1;
	return vector;
}

uint64_t vcpu_rip(const struct vcpu *v)
{
	return vcpu_fake_of(v)->rip;
}

uint64_t vcpu_cr2(const struct vcpu *v)
{
	return vcpu_fake_of(v)->cr2;
}

uint64_t vcpu_cr3(const struct vcpu *v)
{
	return vcpu_fake_of(v)->cr3;
}

uint32_t vcpu_cpl(const struct vcpu *v)
{
	return vcpu_fake_of(v)->cpl;
}

bool vcpu_interrupts_on(const struct vcpu *v)
{
	return vcpu_fake_of(v)->interrupts;
}

bool vcpu_osxsave(const struct vcpu *v)
{
	return vcpu_fake_of(v)->osxsave;
}

uint64_t vcpu_tsc_offset(const struct vcpu *v)
{
	return vcpu_fake_of(v)->tsc_offset;
}

uint64_t vcpu_efer(const struct vcpu *v)
{
	return vcpu_fake_of(v)->efer;
}

bool vcpu_efer_set(struct vcpu *v, uint64_t value)
{
	struct vcpu_fake *b = vcpu_fake_of(v);

	if (b->refuse_write)
		return false;
	b->efer = value;
	return true;
}

uint64_t vcpu_pat(const struct vcpu *v)
{
	return vcpu_fake_of(v)->pat;
}

void vcpu_tsc_aux_set(struct vcpu *v, uint64_t value)
{
	v->tsc_aux = value;
}

void vcpu_xcr0_set(struct vcpu *v, uint64_t value)
{
	v->xcr0 = value;
}

bool vcpu_pat_set(struct vcpu *v, uint64_t value)
{
	struct vcpu_fake *b = vcpu_fake_of(v);

	if (b->refuse_write)
		return false;
	b->pat = value;
	return true;
}

void vcpu_flush(struct vcpu *v)
{
	vcpu_fake_of(v)->flushes++;
}
