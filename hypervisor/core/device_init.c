/* SPDX-License-Identifier: Apache-2.0 */
/* Which function each device line of the description means, and whether it can be had. Boot only. */
#include "device_state.h"
#include "focus.h"
#include "frames.h"
#include "hw.h"

struct device devices[HV_SYS_DEV_MAX];
uint32_t device_count;
uint8_t device_of_vector[256], entry_of_vector[256];

#define NO_BRIDGE     0xffffu
#define CLASS_NETWORK 0x02u

#define PCIE_DEVCAP	 4u
#define PCIE_DEVCAP_FLR	 BIT(28)
#define PCIE_DEVCTL	 8u
#define AF_CAN_RESET	 (BIT(24) | BIT(25)) /* says when it may, and does */
#define PM_CONTROL	 4u
#define PM_NO_SOFT_RESET BIT(3)

static uint32_t next_vector;

static bool matches(const struct hv_sys_device *s, const struct handoff_pci *p)
{
	switch (s->match) {
	case HV_MATCH_CLASS:
		return p->class_rev >> 16 == s->value;
	case HV_MATCH_ID:
		return ((uint32_t)p->vendor << 16 | p->device) == s->value;
	case HV_MATCH_SLOT:
		return p->bdf == s->value;
	}
	return false;
}

static const struct handoff_pci *find(const struct handoff *h, const struct hv_sys_device *s)
{
	uint32_t skip = s->index;

	for (uint32_t i = 0; i < h->pci_count; i++) {
		if (matches(s, &h->pci[i]) && skip-- == 0)
			return &h->pci[i];
	}
	return NULL;
}

static volatile uint32_t *config_of(const struct handoff *h, uint16_t bdf)
{
	for (uint32_t i = 0; i < h->mmio_count; i++) {
		const struct handoff_mmio *m = &h->mmio[i];
		uint64_t offset = ((uint64_t)(bdf >> 8) - m->index) << 20 | (uint64_t)(bdf & 0xff)
										    << 12;

		if (m->kind == MMIO_ECAM && bdf >> 8 >= (int)m->index &&
		    offset + PAGE_SIZE <= m->bytes)
			return (volatile uint32_t *)(m->va + offset);
	}
	return NULL;
}

static volatile uint32_t *table_of(const struct handoff *h, const struct handoff_pci *p)
{
	if (p->msix_bir >= HANDOFF_BAR_MAX || (p->msix_offset & 7) != 0 ||
	    p->msix_offset >= p->bar[p->msix_bir].bytes ||
	    (p->msix_offset & PAGE_MASK) + p->msix_entries * 16u > PAGE_SIZE)
		return NULL;
	for (uint32_t i = 0; i < h->mmio_count; i++) {
		const struct handoff_mmio *m = &h->mmio[i];

		if (m->kind == MMIO_MSIX_TABLE && m->index == (uint32_t)(p - h->pci) &&
		    m->bytes == PAGE_SIZE)
			return (volatile uint32_t *)(m->va + (p->msix_offset & PAGE_MASK));
	}
	return NULL;
}

/* Does a register range of this function share a page with anything else? Smaller than a page: it could. A size is the device's word. */
static bool bars_usable(const struct handoff_pci *p)
{
	for (unsigned i = 0; i < HANDOFF_BAR_MAX; i++) {
		uint64_t hpa = p->bar[i].hpa, bytes = p->bar[i].bytes;

		if (hpa != 0 && (((hpa | bytes) & PAGE_MASK) != 0 || bytes > BIT(30) ||
				 bytes == 0 || (bytes & (bytes - 1)) != 0))
			return false;
	}
	return true;
}

static bool overlap(const struct handoff_bar *b, uint64_t hpa, uint64_t bytes)
{
	return b->hpa < hpa + bytes && hpa < b->hpa + b->bytes;
}

/* An address register holds what the device says. It must lie on no memory, none of our registers and no other device. */
static bool bar_alone(const struct handoff *h, const struct handoff_pci *p,
		      const struct handoff_bar *b)
{
	if (b->hpa + b->bytes < b->hpa || overlap(b, h->fb.hpa, h->fb.bytes))
		return false;
	for (uint64_t at = 0; at < b->bytes; at += PAGE_SIZE) {
		if (frames_word((hpa_t){b->hpa + at}) != FRAME_WORD(FRAME_NONE, 0))
			return false;
	}
	for (uint32_t i = 0; i < h->mmio_count; i++) {
		const struct handoff_mmio *m = &h->mmio[i];
		bool own = m->kind == MMIO_MSIX_TABLE && m->index == (uint32_t)(p - h->pci);

		if (!own && overlap(b, m->hpa, m->bytes))
			return false;
	}
	for (uint32_t i = 0; i < device_count * HANDOFF_BAR_MAX; i++) {
		const struct handoff_bar *o =
			&devices[i / HANDOFF_BAR_MAX].pci->bar[i % HANDOFF_BAR_MAX];

		if (o->hpa != 0 && overlap(b, o->hpa, o->bytes))
			return false;
	}
	return true;
}

static bool bars_alone(const struct handoff *h, const struct handoff_pci *p)
{
	for (unsigned i = 0; i < HANDOFF_BAR_MAX; i++) {
		if (p->bar[i].hpa != 0 && !bar_alone(h, p, &p->bar[i]))
			return false;
	}
	return true;
}

static const char *unusable(const struct handoff *h, const struct hv_sys_device *s,
			    const struct handoff_pci *p)
{
	if (p == NULL)
		return "device not found";
	if (p->header_type != 0)
		return "device is a bridge";
	if (p->class_rev >> 24 == CLASS_NETWORK && (dom_at(s->dom)->sys->flags & HV_DOM_PROTECTED))
		return "a protected VM gets no network card"; /* by whatever name it was asked for */
	if (p->behind_pci != 0)
		return "device is behind a conventional PCI bridge";
	if (p->vtd >= h->vtd_count)
		return "no IOMMU unit translates the device";
	if (config_of(h, p->bdf) == NULL)
		return "configuration space of the device is out of reach";
	if (!bars_usable(p))
		return "a register range of the device shares a page";
	for (uint32_t i = 0; i < h->rmrr_count; i++) {
		if (h->rmrr[i].bdf == p->bdf && p->class_rev >> 16 != 0x0c03)
			return "the firmware reserves memory for the device";
	}
	for (uint32_t i = 0; i < device_count; i++) {
		if (devices[i].pci->bdf == p->bdf)
			return "device is already given to a VM";
		if (devices[i].pci->group == p->group && devices[i].sys->dom != s->dom)
			return "device cannot be isolated from one of another VM";
	}
	if (!bars_alone(h, p))
		return "a register range of the device lies on something else";
	return NULL;
}

/* Upwards, each aligned to its size, and below the screen. */
static bool bars_place(struct device *v)
{
	uint64_t at = v->sys->bar_gpa;

	for (unsigned i = 0; i < HANDOFF_BAR_MAX; i++) {
		uint64_t bytes = v->pci->bar[i].bytes;

		if (v->pci->bar[i].hpa == 0)
			continue;
		at = (at + bytes - 1) & ~(bytes - 1);
		v->bar_gpa[i] = (uint32_t)at;
		at += bytes;
	}
	return at <= FOCUS_SCREEN_GPA;
}

static bool vectors_take(struct device *v)
{
	if (next_vector + v->irq_count > DEVICE_VECTOR_LAST + 1)
		return false;
	for (uint32_t i = 0; i < v->irq_count; i++) {
		v->vector[i] = (uint8_t)next_vector;
		device_of_vector[next_vector] = (uint8_t)(v - devices + 1);
		entry_of_vector[next_vector] = (uint8_t)i;
		next_vector++;
	}
	return true;
}

static uint32_t config_get(const struct device *v, unsigned reg)
{
	return hw_mmio_read32(&v->config[reg / 4]);
}

/* Which ways to reset it there are. Asked now: later the function may be in no state to answer. */
static uint8_t rungs_of(const struct device *v)
{
	const struct handoff_pci *p = v->pci;
	uint32_t has = 0;

	if (p->pcie_cap != 0 && (config_get(v, p->pcie_cap + PCIE_DEVCAP) & PCIE_DEVCAP_FLR))
		has |= RUNG(HV_RUNG_FLR);
	if (p->af_cap != 0 && (config_get(v, p->af_cap) & AF_CAN_RESET) == AF_CAN_RESET)
		has |= RUNG(HV_RUNG_AF);
	if (p->pm_cap != 0 && !(config_get(v, p->pm_cap + PM_CONTROL) & PM_NO_SOFT_RESET))
		has |= RUNG(HV_RUNG_PM);
	if (v->bridge != NULL)
		has |= RUNG(HV_RUNG_BUS);
	return (uint8_t)has;
}

static const char *add(const struct handoff *h, const struct hv_sys_device *s, uint64_t shadow)
{
	const struct handoff_pci *p = find(h, s);
	const char *why = unusable(h, s, p);
	struct device *v = &devices[device_count];

	if (why != NULL)
		return why;
	memset(v, 0, sizeof *v);
	v->sys = s;
	v->pci = p;
	v->dom = dom_at(s->dom);
	v->config = config_of(h, p->bdf);
	v->bridge = p->bridge_bdf == NO_BRIDGE ? NULL : config_of(h, p->bridge_bdf);
	v->has = rungs_of(v);
	v->may = v->has & device_rungs_allowed(s);
	if (p->pcie_cap != 0)
		v->pcie_control = (uint16_t)config_get(v, p->pcie_cap + PCIE_DEVCTL);
	v->msix = (p->msix_flags & 1) ? table_of(h, p) : NULL;
	v->shadow = (hpa_t){shadow};
	v->irq_count = v->msix != NULL ? p->msix_entries : p->msi_cap != 0;
	if (v->irq_count > DEVICE_IRQ_MAX)
		v->irq_count = DEVICE_IRQ_MAX;
	if (!bars_place(v))
		return "guest addresses of the device do not fit";
	if (!vectors_take(v))
		return "no interrupt vector left";
	hw_mmio_write32(&v->config[PCI_COMMAND / 4],
			(uint32_t)PCI_INTX_OFF); /* quiet until it is given */
	device_count++;
	log_line("device %s bdf=%x vm=%s unit=%u irqs=%u msix=%u", (const char *)s->name, p->bdf,
		 (const char *)v->dom->sys->name, p->vtd, v->irq_count, v->msix != NULL);
	return NULL;
}

void device_init(void)
{
	const struct hv_system *s = dom_system();
	uint64_t used[HV_DOM_MAX] = {0}; /* shadow pages handed out */

	device_count = 0;
	next_vector = DEVICE_VECTOR_FIRST;
	memset(device_of_vector, 0, sizeof device_of_vector);
	for (uint32_t i = 0; i < s->dev_count; i++) {
		const struct hv_sys_device *dev = &s->dev[i];
		struct domain *d = dom_at(dev->dom);
		const char *why =
			add(dom_handoff(), dev, d->mem->ram.hpa + d->ram_bytes + used[dev->dom]);

		used[dev->dom] += PAGE_SIZE;
		if (why == NULL)
			continue;
		log_line("device %s for vm %s: %s", (const char *)dev->name,
			 (const char *)d->sys->name, why);
		if (dev->flags & HV_DEV_OPTIONAL)
			continue;
		d->device_fault = why;
		d->device_cause = find(dom_handoff(), dev) == NULL ? HV_STOP_DEVICE : HV_STOP_UNFIT;
	}
}
