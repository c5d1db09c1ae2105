/* SPDX-License-Identifier: Apache-2.0 */
/* The domain table and the event words. Must not start or stop anything: life.c does. */
#include "domain.h"
#include "frames.h"
#include "hw.h"

static struct domain domains[HV_DOM_MAX];
static const struct handoff *handoff;
static const struct hv_system *system;
/* Highest priority + 1 of those that got something new from their own processor. */
static uint32_t posted[CPU_MAX];

#define MSI_ENABLE BIT(0)

void dom_init(const struct handoff *h, const struct hv_system *s)
{
	handoff = h;
	system = s;
	for (uint32_t i = 0; i < s->dom_count; i++) {
		struct domain *d = &domains[i];

		memset(d, 0, sizeof *d);
		d->id = i;
		d->sys = &s->dom[i];
		d->mem = &h->dom[i];
		d->ram_bytes = (uint64_t)s->dom[i].ram_mib << 20;
		d->ram = (hpa_t){h->dom[i].ram.hpa};
		d->ram_words = frames_words(d->ram, h->dom[i].ram.bytes);
		d->cpu = s->dom[i].cpu % h->cpu_count;
		d->flags = s->dom[i].flags;
		memcpy(d->console.name, s->dom[i].name, HV_NAME_LEN);
	}
}

uint32_t dom_count(void)
{
	return system->dom_count;
}

struct domain *dom_at(uint32_t id)
{
	ASSERT(id < system->dom_count);
	return &domains[id];
}

struct domain *dom_find(uint64_t id)
{
	return id < system->dom_count ? &domains[id] : NULL;
}

const struct handoff *dom_handoff(void)
{
	return handoff;
}

const struct hv_system *dom_system(void)
{
	return system;
}

void dom_post(struct domain *d, unsigned word, uint64_t bits)
{
	uint64_t before = atomic_fetch_or_explicit(
		&d->events[word], bits, memory_order_release); /* pairs with event_sync */

	/* bits that were set have kicked already: one VM cannot shake another processor faster than its VMs take events */
	if ((before & bits) == bits)
		return;
	if (d->cpu != hw_cpu())
		hw_kick(d->cpu);
	else if (posted[d->cpu] <= d->sys->priority)
		posted[d->cpu] = d->sys->priority + 1;
}

uint32_t dom_posted(unsigned cpu)
{
	uint32_t highest = posted[cpu];

	posted[cpu] = 0;
	return highest;
}

void event_sync(struct domain *d)
{
	uint64_t any = atomic_load_explicit(&d->events[0], memory_order_acquire) |
		       atomic_load_explicit(&d->events[1], memory_order_acquire);
	uint32_t vector = d->pci.msi_data & 0xff;

	/* vector 0 is how Linux frees an MSI that is still enabled: not rung, so that the next one is */
	if (any == 0 || d->pci.rung || !(d->pci.msi_control & MSI_ENABLE) || vector < 16)
		return;
	d->pci.rung = true;
	vlapic_post(&d->vcpu.lapic, vector);
}

void event_take(struct domain *d, uint64_t *first, uint64_t *second)
{
	d->progress.events = (struct progress_part){0};
	d->pci.rung = false; /* before the words are cleared: a bit set from now on rings again */
	*first = atomic_exchange_explicit(&d->events[0], 0, memory_order_acq_rel);
	*second = atomic_exchange_explicit(&d->events[1], 0, memory_order_acq_rel);
}
