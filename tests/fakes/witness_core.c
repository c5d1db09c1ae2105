/* SPDX-License-Identifier: Apache-2.0 */
/* The witness's other half: channels, interrupts and the focus. It holds channel.c itself, to look where no call of it leads. */
#include "hypervisor/core/channel.c"

#include "device_state.h"
#include "life.h"
#include "machine_device.h"
#include "witness.h"

static struct {
	uint64_t tx[HV_SYS_RING_MAX], rx[HV_SYS_RING_MAX], generation, life[HV_DOM_MAX];
} before;

static void need(bool ok, const char *what)
{
	if (!ok)
		fake_broken(what);
}

void witness_begin(void)
{
	memset(&before, 0, sizeof before);
}

static void check_side(const struct side *own, const struct side *far, uint64_t *epoch)
{
	need(!own->attached || own->dom->state == HV_VM_RUNNING,
	     "an end of a VM that does not run is attached");
	need(own->attached || !own->gone, "an end that is not there waits for an answer");
	need(!own->gone || own->gone_epoch <= far->epoch, "a death of a life that never was");
	need(!(own->gone && far->attached && own->gone_epoch == far->epoch),
	     "a life that goes on is told as dead");
	need(own->epoch >= *epoch, "an epoch goes back");
	*epoch = own->epoch;
}

static void check_ring(const struct channel *c)
{
	uint64_t bytes = HV_RING_DATA + (uint64_t)c->sys->ring_bytes;

	need(c->tail % HV_MSG_ALIGN == 0, "the tail of a ring is between two messages");
	need(c->credit_left <= (uint64_t)c->sys->credit_kib << 10, "more credit than there is");
	if (!c->rx.attached) {
		need(c->ring.v == 0, "a ring of a receiver that is not there");
		return;
	}
	need(guestmem_check(c->rx.dom, c->ring, bytes) == HV_OK,
	     "a ring is not memory of its receiver");
	need(ring_used(c, ring_of(c)) <= c->sys->ring_bytes, "a ring holds more than fits");
}

static void check_channels(void)
{
	for (uint32_t i = 0; i < channel_count; i++) {
		const struct channel *c = &channels[i];

		check_side(&c->tx, &c->rx, &before.tx[i]);
		check_side(&c->rx, &c->tx, &before.rx[i]);
		check_ring(c);
	}
}

/* Each entry that is present is one of its owner's vectors, from the owner's function, to the owner's processor. */
static void check_irqs(void)
{
	for (unsigned e = 0; e < IOMMU_IRQ_MAX; e++) {
		const struct device *v = &devices[device_of_vector[e] - (device_of_vector[e] != 0)];

		if (!iommu_fake.irq[e].present)
			continue;
		need(device_of_vector[e] != 0, "an interrupt entry of nobody");
		need(v->assigned && v->dom->state == HV_VM_RUNNING,
		     "an interrupt entry of a device that is not assigned");
		need(iommu_fake.irq[e].bdf == v->pci->bdf && iommu_fake.irq[e].vector == e &&
			     iommu_fake.irq[e].unit == v->pci->vtd &&
			     iommu_fake.irq[e].apic_id == dom_handoff()->cpu[v->dom->cpu].apic_id,
		     "an interrupt entry outside its group");
	}
}

static void check_focus(void)
{
	const struct domain *holder = NULL;
	uint64_t generation, id = focus_get(&generation);

	for (uint32_t i = 0; i < dom_count(); i++) {
		if (!focus_is(dom_at(i)))
			continue;
		need(holder == NULL, "two VMs have the focus");
		holder = dom_at(i);
	}
	need(id == (holder != NULL ? holder->id : HV_DOM_NONE), "the focus is not who it is");
	need(holder == NULL ||
		     (holder->state == HV_VM_RUNNING && (holder->sys->flags & HV_DOM_SCREEN) != 0),
	     "the focus is with a VM that cannot have it");
	need(generation >= before.generation, "the generation of the focus goes back");
	before.generation = generation;
}

static void check_lives(void)
{
	for (uint32_t i = 0; i < dom_count(); i++) {
		need(dom_at(i)->life >= before.life[i], "a VM's lives are counted backwards");
		before.life[i] = dom_at(i)->life;
	}
}

/* What a VM runs or is to run was sealed; a trial is of something. */
static void check_swaps(void)
{
	for (uint32_t i = 0; i < dom_count(); i++) {
		const struct swap *s = &dom_at(i)->swap;

		need((s->spare.used == 0 && !s->runs) || s->spare.state == HV_SPARE_SEALED,
		     "an image is in use that is not sealed");
		need(s->trial_end == 0 || s->spare.used, "a trial of nothing");
	}
}

void witness_core(void)
{
	need(fake_open_windows() == 0, "a window is left open");
	lock_core();
	check_channels();
	check_irqs();
	check_focus();
	check_lives();
	check_swaps();
	unlock_core();
	hw_windows_close();
}

uint32_t witness_tail(uint32_t channel)
{
	return channels[channel].tail;
}

static bool ring_page(const struct channel *c, const struct domain *rx, uint64_t gpa)
{
	return c->rx.dom == rx && c->rx.attached && gpa >= c->ring.v &&
	       gpa - c->ring.v < HV_RING_DATA + c->sys->ring_bytes;
}

/* An administrator writes a spare that is open. */
static bool open_spare(const struct domain *caller, uint32_t word, hpa_t page)
{
	const struct domain *d = dom_find(word & 0xffffff);

	return (caller->sys->rights & HV_RIGHT_ADMIN) && word >> 24 == FRAME_KEPT && d != NULL &&
	       d->swap.spare.state == HV_SPARE_OPEN && page.v >= d->mem->spare.hpa &&
	       page.v - d->mem->spare.hpa < d->mem->spare.bytes;
}

bool witness_may_touch(const struct domain *caller, hpa_t page)
{
	uint32_t word = frames_word(page);
	const struct domain *d;

	if (open_spare(caller, word, page))
		return true;
	if (word >> 24 != FRAME_RAM || (word & 0xffffff) >= dom_count())
		return false;
	d = dom_at(word & 0xffffff);
	for (uint32_t i = 0; i < channel_count && d != caller; i++)
		if (channels[i].tx.dom == caller &&
		    ring_page(&channels[i], d, page.v - d->mem->ram.hpa))
			return true;
	return d == caller;
}
