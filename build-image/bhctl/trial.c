/* SPDX-License-Identifier: Apache-2.0 */
/* The gates of a trial. What they rest on is each VM's own word: a VM that lies about itself spoils the trial of another, no more. */
#include "trial.h"

#include "value.h"

static const struct value_word gates[] = {
	{"dhcp",	 GATE_DHCP	  },
	     {"ping",     GATE_PING    },
	  {"keyboard", GATE_KEYBOARD},
	       VALUE_END
};

static const enum hv_back reasons[GATE_COUNT] = {HV_BACK_LEASE, HV_BACK_PING, HV_BACK_KEYS};

bool trial_gates_read(const char *list, uint32_t *out)
{
	return value_words(list, gates, out);
}

const char *trial_gate_name(unsigned number)
{
	return value_name_of(gates, 1u << number);
}

uint32_t trial_gates(const struct status *s, uint32_t vm)
{
	bool behind_vpn = s->vm[vm].role == HV_ROLE_VPNVM;
	uint32_t open = 0, net;

	for (uint32_t i = 0; i < s->vms; i++) {
		const struct hv_vm_status *v = &s->vm[i];

		if (v->state != HV_VM_RUNNING || !v->ready)
			continue;
		net = ((v->flags & HV_DOM_PROTECTED) != 0) == behind_vpn ? v->status : 0;
		open |= net & HV_STATUS_LEASE ? GATE_DHCP : 0;
		open |= net & HV_STATUS_TRAFFIC ? GATE_PING : 0;
		open |= v->status & HV_STATUS_KEYS ? GATE_KEYBOARD : 0;
	}
	return open;
}

/* A keyboard may be away for a moment whatever is swapped; what goes through the image is asked for once it is ready. */
static bool gate_fails(const struct trial *t, unsigned gate, uint64_t now)
{
	uint64_t seen = t->seen_ms[gate];

	if (seen != 0 || gate == 2)
		return now - seen > TRIAL_LOST_MS;
	return t->ready_ms != 0 && now - t->ready_ms > t->limit_ms;
}

enum trial_verdict trial_judge(struct trial *t, const struct status *s, uint64_t now_ms,
			       enum hv_back *why)
{
	const struct hv_vm_status *v = &s->vm[t->vm];
	uint32_t open = trial_gates(s, t->vm);
	bool there = v->life > t->life && v->state == HV_VM_RUNNING;

	if (!v->spare.used || v->spare.trial_ms == 0)
		return TRIAL_OVER;
	if (there && v->ready && t->ready_ms == 0)
		t->ready_ms = now_ms;
	if (t->ready_ms == 0 && now_ms > t->limit_ms) {
		*why = HV_BACK_READY;
		return TRIAL_FAILED;
	}
	for (unsigned i = 0; i < GATE_COUNT; i++) {
		/* before it is ready, a lease or an answer is one of the image before */
		if ((open >> i & 1) && (t->ready_ms != 0 || i == 2))
			t->seen_ms[i] = now_ms;
		if ((t->gates >> i & 1) && gate_fails(t, i, now_ms)) {
			*why = reasons[i];
			return TRIAL_FAILED;
		}
		t->opened |= t->seen_ms[i] != 0 ? 1u << i : 0;
	}
	return TRIAL_GOES_ON;
}
