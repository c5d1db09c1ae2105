/* SPDX-License-Identifier: Apache-2.0 */
/* Whether bridge and card still work, as far as the kernel's answers show it. Must not do I/O. */
#include "pulse.h"

uint32_t pulse_ask(struct pulse *p, uint64_t stuck)
{
	if (p->asks == 0)
		for (unsigned i = 0; i < PULSE_ASKS; i++)
			p->stuck[i] = stuck;
	p->asked = true;
	p->nic = p->bridge = false;
	for (unsigned i = 0; i + 1 < PULSE_ASKS; i++)
		p->stuck[i] = p->stuck[i + 1];
	p->stuck[PULSE_ASKS - 1] = stuck;
	p->asks++;
	p->request = p->request == UINT32_MAX ? 1 : p->request + 1;
	return p->request;
}

bool pulse_take(struct pulse *p, const struct net_state *s, const struct link *l)
{
	if (!p->asked || l->request != p->request || l->gone)
		return false;
	p->nic |= l->index == s->nic;
	p->bridge |= l->index == s->bridge;
	if (!p->nic || !p->bridge || p->stuck[PULSE_ASKS - 1] - p->stuck[0] >= PULSE_STUCK)
		return false;
	p->asked = false;
	return true;
}
