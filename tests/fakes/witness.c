/* SPDX-License-Identifier: Apache-2.0 */
/* See witness.h. Walks tables in the fake's memory with a walker of its own. */
#include "machine_device.h"
#include "witness.h"

#define PRESENT 1ull
#define LARGE	0x80ull
#define ADDR	0x000ffffffffff000ull

struct leaf {
	uint64_t hpa, bytes, ia;
};

struct walk {
	uint64_t table[4];
	unsigned index[4];
	unsigned level; /* 3 = the root */
};

static void need(bool ok, const char *what)
{
	if (!ok)
		fake_broken(what);
}

/* The next leaf of a 4-level table; false after the last. Bounded by the entries of all its tables. */
static bool next_leaf(struct walk *w, uint64_t present, struct leaf *out)
{
	for (;;) {
		const uint64_t *table =
			(const uint64_t *)(const void *)(fake.mem + w->table[w->level]);
		unsigned i = w->index[w->level];
		uint64_t e;

		if (i == 512) {
			if (w->level == 3)
				return false;
			w->level++;
			continue;
		}
		w->index[w->level]++;
		e = table[i];
		if (!(e & present))
			continue;
		need((e & ADDR) < FAKE_MEM || w->level == 0 || (e & LARGE),
		     "a page table lies outside memory");
		if (w->level != 0 && !(e & LARGE)) {
			w->level--;
			w->table[w->level] = e & ADDR;
			w->index[w->level] = 0;
			continue;
		}
		need(w->level <= 1, "a leaf of 1 GiB");
		out->hpa = e & ADDR;
		out->bytes = PAGE_SIZE << (9 * w->level);
		out->ia = 0;
		for (unsigned l = w->level; l < 4; l++)
			out->ia |= (uint64_t)(w->index[l] - 1) << (12 + 9 * l);
		return true;
	}
}

static bool inside(const struct leaf *l, uint64_t first, uint64_t bytes)
{
	return l->hpa >= first && l->hpa + l->bytes <= first + bytes;
}

static bool own_memory(const struct domain *d, const struct leaf *l, uint64_t bytes)
{
	if (!inside(l, d->mem->ram.hpa, bytes))
		return false;
	for (uint64_t at = 0; at < l->bytes; at += PAGE_SIZE)
		if (frames_word((hpa_t){l->hpa + at}) != FRAME_WORD(FRAME_RAM, d->id))
			return false;
	return true;
}

static bool names(const struct hv_sys_device *s, const struct handoff_pci *p)
{
	uint32_t id = (uint32_t)p->vendor << 16 | p->device;

	return s->value == (s->match == HV_MATCH_CLASS ? p->class_rev >> 16
			    : s->match == HV_MATCH_ID  ? id
						       : p->bdf);
}

static bool own_registers(const struct domain *d, const struct leaf *l)
{
	for (unsigned i = 0; i < machine_system->dev_count; i++) {
		const struct hv_sys_device *s = &machine_system->dev[i];

		for (unsigned j = 0; s->dom == d->id && j < machine_handoff->pci_count; j++) {
			const struct handoff_pci *p = &machine_handoff->pci[j];

			for (unsigned k = 0; names(s, p) && k < HANDOFF_BAR_MAX; k++)
				if (p->bar[k].hpa != 0 && inside(l, p->bar[k].hpa, p->bar[k].bytes))
					return true;
		}
	}
	return false;
}

static bool on_screen(const struct leaf *l)
{
	const struct handoff_fb *fb = &machine_handoff->fb;
	uint64_t bar = (HANDOFF_BAR_ROWS * (uint64_t)fb->pitch_bytes + PAGE_MASK) & ~PAGE_MASK;

	return fb->hpa != 0 && inside(l, fb->hpa + bar, HANDOFF_SCREEN_BYTES(*fb) - bar);
}

/* True: the screen is in this table. */
static bool check_npt(const struct domain *d)
{
	struct walk w = {.table[3] = d->npt.root.v, .level = 3};
	bool screen = false;
	struct leaf l;

	while (d->npt.root.v != 0 && next_leaf(&w, PRESENT, &l)) {
		need(d->state == HV_VM_RUNNING || d->state == HV_VM_SAVING ||
			     (d->state == HV_VM_RESTORING && d->tracked),
		     "a VM that does not run has a translation");
		if (on_screen(&l)) {
			screen = true;
			continue;
		}
		need(own_memory(d, &l, d->mem->ram.bytes) || own_registers(d, &l),
		     "a VM reaches what is not its own");
		need(l.ia >= d->ram_bytes || l.hpa == d->mem->ram.hpa + l.ia,
		     "RAM of a VM is not where it belongs");
	}
	return screen;
}

static void check_frames(const struct domain *d)
{
	static const uint8_t kinds[] = {
		[HV_VM_OFF] = FRAME_FREE,    [HV_VM_LOADING] = FRAME_RAM,
		[HV_VM_RUNNING] = FRAME_RAM, [HV_VM_SCRUBBING] = FRAME_SCRUB,
		[HV_VM_DEAD] = FRAME_FREE,   [HV_VM_REFUSED] = FRAME_FREE,
		[HV_VM_SAVING] = FRAME_RAM,  [HV_VM_RESTORING] = FRAME_RAM};
	uint32_t kind;

	need((unsigned)d->state < sizeof kinds, "a state that does not exist");
	kind = d->device_lost && d->state == HV_VM_REFUSED ? FRAME_LOST : kinds[d->state];
	need(d->mem->ram.bytes == 0 || machine_ram_words(d->id, FRAME_WORD(kind, d->id)),
	     "memory of a VM is not owned as its state says");
}

static void check_dma(void)
{
	for (unsigned i = 0; i < ARRAY_LEN(iommu_fake.context); i++) {
		struct walk w = {.table[3] = iommu_fake.context[i].root.v, .level = 3};
		const struct domain *d;
		struct leaf l;

		if (!iommu_fake.context[i].attached)
			continue;
		d = dom_at(iommu_fake.context[i].dom);
		need(d->state == HV_VM_RUNNING && d->open,
		     "a device of a VM that does not run, or not yet, is attached");
		while (next_leaf(&w, 3, &l))
			need(own_memory(d, &l, d->ram_bytes),
			     "a device reaches what is not its VM's");
	}
}

void witness_check(void)
{
	unsigned screens = 0;

	need(fake_open_windows() == 0, "a window is left open");
	need(frames_word((hpa_t){machine_handoff->core_hpa}) == FRAME_WORD(FRAME_CORE, 0) &&
		     frames_word((hpa_t){machine_handoff->ptpool_hpa}) == FRAME_WORD(FRAME_CORE, 0),
	     "the core lost a frame");
	for (uint32_t i = 0; i < dom_count(); i++) {
		check_frames(dom_at(i));
		screens += check_npt(dom_at(i));
	}
	need(screens <= 1, "the screen is in two VMs");
	check_dma();
}
