/* SPDX-License-Identifier: Apache-2.0 */
/* The ports under model/life.c: each call is judged against the state of the machine at that moment. Must not keep state that is not in it. */
#include <stdio.h>
#include <stdlib.h>
#include "channel.h"
#include "focus.h"
#include "frames.h"
#include "guestmem.h"
#include "hw.h"
#include "iommu.h"
#include "life.h"
#include "lock.h"
#include "sched.h"
#include "bar.h"
#include "capsule.h"
#include "tests/model/life_model.h"

#define MUST(c)                                                                                    \
	do {                                                                                       \
		if (!(c))                                                                          \
			model_fails(#c);                                                           \
	} while (0)

struct world world;
struct domain doms[VMS];
struct hv_system description;
struct handoff loader;
struct hv_image image;
uint32_t words[FRAMES];
uint32_t config[32];
uint8_t ring_header[sizeof(struct hv_ring)], ring_data[RING];
bool flr_works;
unsigned cpu, locks, held, meanwhile_at, meanwhile_op;
uint64_t clock_now;

/* --- memory: each frame is full of one byte --- */
static struct window {
	uint8_t page[PAGE_SIZE];
	unsigned frame;
	bool open;
} windows[VMS][3];

static uint8_t *byte_of(unsigned frame)
{
	return frame >= KEPT ? &world.kept[frame - KEPT] : &world.byte[frame];
}

unsigned frame_of(const struct domain *d, unsigned page)
{
	return d->id * PAGES + page;
}

/* What was written through windows is in memory. */
static void windows_back(void)
{
	for (unsigned i = 0; i < VMS * 3; i++) {
		const struct window *w = &windows[i / 3][i % 3];

		if (w->open)
			*byte_of(w->frame) = w->page[PAGE_SIZE - 1];
	}
}

/* --- what must hold at every call of a port --- */
const struct domain *owner(void)
{
	return &doms[0];
}

bool all_words(const struct domain *d, uint32_t word)
{
	for (uint64_t i = 0; i < d->mem->ram.bytes / PAGE_SIZE; i++)
		if (words[frame_of(d, (unsigned)i)] != word)
			return false;
	return true;
}

void holds_always(void)
{
	windows_back();
	for (unsigned i = 0; i < VMS; i++) {
		const struct domain *d = &doms[i];

		for (unsigned j = 0; j < d->mem->ram.bytes / PAGE_SIZE; j++) {
			unsigned f = frame_of(d, j);

			if (words[f] >> 24 == FRAME_FREE && world.byte[f] != 0)
				model_fails("a frame is free that is not clean");
			if ((words[f] & 0xffffff) != i)
				model_fails("a frame went from one VM to another");
		}
		if (world.npt[i] || (i == 0 && world.dma[i]))
			MUST(all_words(d, FRAME_WORD(FRAME_RAM, i)));
	}
	/* while the device is let in, all that it reaches is its VM's memory, and its VM is at its beginning or its end */
	if (world.context) {
		MUST(world.dma[0]);
		MUST(all_words(owner(), FRAME_WORD(FRAME_RAM, 0)));
	}
}

/* --- ports --- */
const struct hv_system *dom_system(void)
{
	return &description;
}

const struct handoff *dom_handoff(void)
{
	return &loader;
}

struct domain *dom_at(uint32_t id)
{
	return &doms[id];
}

uint32_t dom_count(void)
{
	return VMS;
}

void dom_post(struct domain *d, unsigned word, uint64_t bits)
{
	(void)d;
	(void)word;
	(void)bits;
}

void lock_core(void)
{
	MUST(held == 0);
	holds_always();
	if (++locks == meanwhile_at) {
		unsigned before = cpu, op = meanwhile_op;

		meanwhile_at = 0;
		model_acts(op);
		cpu = before;
	}
	held = 1;
}

void unlock_core(void)
{
	MUST(held == 1);
	held = 0;
	holds_always();
}

void lock_assert_held(void)
{
	MUST(held == 1);
}

void lock_yield(void)
{
}

enum hv_err focus_holder(uint64_t generation, struct domain **out)
{
	(void)generation;
	(void)out;
	return HV_ESTALE;
}

enum hv_err focus_screen_start(struct domain *d)
{
	(void)d;
	return HV_OK;
}

void focus_domain_gone(struct domain *d)
{
	(void)d;
}

/* Whose capsule goes is unit/capsule's to say. */
void capsule_drop(const struct domain *d)
{
	MUST(d->state != HV_VM_RUNNING);
}

void bar_draw(void)
{
}

void log_line(const char *fmt, ...)
{
	(void)fmt;
}

void log_guest_flush(struct log_guest *g)
{
	(void)g;
}

void sched_init(struct domain *d, uint64_t at)
{
	(void)d;
	(void)at;
}

void sched_forget(struct domain *d)
{
	(void)d;
}

void assert_failed(const char *file, unsigned line, const char *what)
{
	printf("# %s:%u: %s\n", file, line, what);
	abort();
}

unsigned hw_cpu(void)
{
	return cpu;
}

uint64_t hw_tsc(void)
{
	return clock_now;
}

void hw_kick(unsigned to)
{
	(void)to;
}

void hw_wait_us(uint64_t us)
{
	(void)us;
}

void hw_wipe(void *at, size_t bytes)
{
	memset(at, 0, bytes);
}

void *hw_window(enum win_slot slot, hpa_t page, bool writable)
{
	struct window *w = &windows[cpu][slot == WIN_PAGE ? 0 : slot == WIN_WORK ? 1 : 2];
	unsigned f = (unsigned)(page.v / PAGE_SIZE);

	if (w->open)
		*byte_of(w->frame) = w->page[PAGE_SIZE - 1];
	w->open = false;
	if (f >=
	    KEPT) { /* a checkpoint is written while it is taken, read while it is restored, each by its VM's processor */
		MUST(f - KEPT < FRAMES && (words[f - KEPT] & 0xffffff) == cpu);
		MUST(doms[cpu].state == (writable ? HV_VM_SAVING : HV_VM_RESTORING));
		w->open = true;
		w->frame = f;
		memset(w->page, *byte_of(f), PAGE_SIZE);
		return w->page;
	}
	if (f >= FRAMES - 1 && !writable) { /* the image: header and one page of ones */
		memset(w->page, 1, PAGE_SIZE);
		if (f == FRAMES - 1)
			memcpy(w->page, &image, sizeof image);
		return w->page;
	}
	if (f >= FRAMES - 1)
		abort();
	/* loading and scrubbing write frames of the VM alone, and not while it runs */
	MUST((words[f] & 0xffffff) == cpu);
	MUST(words[f] >> 24 == FRAME_SCRUB ||
	     (words[f] >> 24 == FRAME_RAM && doms[cpu].state != HV_VM_RUNNING));
	w->open = true;
	w->frame = f;
	memset(w->page, world.byte[f], PAGE_SIZE);
	return w->page;
}

void hw_windows_close(void)
{
	windows_back();
	for (unsigned i = 0; i < 3; i++)
		windows[cpu][i].open = false;
}

static bool *mapped(const struct ptab *pt)
{
	for (unsigned i = 0; i < VMS; i++) {
		if (pt == &doms[i].npt)
			return &world.npt[i];
		if (pt == &doms[i].dma)
			return &world.dma[i];
	}
	abort();
}

void ptab_init(struct ptab *pt, enum ptab_format format, uint32_t first, uint32_t limit)
{
	(void)format;
	(void)first;
	(void)limit;
	if (pt == &doms[0].dma)
		MUST(!world.context); /* nobody walks it any more */
	*mapped(pt) = false;
}

enum hv_err ptab_map(struct ptab *pt, uint64_t ia, hpa_t hpa, uint64_t bytes, uint32_t prot,
		     enum ptab_mem mem)
{
	(void)ia;
	(void)hpa;
	(void)bytes;
	(void)prot;
	(void)mem;
	*mapped(pt) = true;
	holds_always();
	return HV_OK;
}

void vcpu_init(struct vcpu *v, unsigned dom, hpa_t npt_root, uint64_t tsc_offset)
{
	(void)v;
	(void)dom;
	(void)npt_root;
	(void)tsc_offset;
}

void vcpu_set_entry(struct vcpu *v, uint64_t rip, uint64_t rsp, uint64_t rsi, uint64_t cr3)
{
	(void)v;
	(void)rip;
	(void)rsp;
	(void)rsi;
	(void)cr3;
}

static bool device_open(void)
{
	return world.context || world.irq || masters();
}

/* Nothing that is not the VM's own may have touched what is kept. */
void vcpu_keep(const struct vcpu *v, unsigned dom)
{
	(void)v;
	MUST(doms[dom].state == HV_VM_SAVING);
	MUST(dom != 0 || !device_open());
}

/* The life that begins now has the memory of the checkpoint, to the last page. */
void vcpu_restore(struct vcpu *v, unsigned dom, hpa_t npt_root, uint64_t tsc_offset)
{
	(void)v;
	(void)npt_root;
	(void)tsc_offset;
	windows_back();
	for (unsigned i = 0; i < doms[dom].mem->ram.bytes / PAGE_SIZE; i++)
		MUST(world.byte[frame_of(&doms[dom], i)] == world.kept[frame_of(&doms[dom], i)]);
}

void vcpu_flush(struct vcpu *v)
{
	(void)v;
}

uint64_t vcpu_tsc_offset(const struct vcpu *v)
{
	(void)v;
	return 0;
}

void sched_unload(struct domain *d)
{
	(void)d;
}

bool ptab_dirty_take(struct ptab *pt, uint64_t ia)
{
	struct domain *d = pt == &doms[1].npt ? &doms[1] : NULL;
	unsigned f = FRAMES;
	bool was;

	MUST(d != NULL && world.npt[1] && d->state != HV_VM_RUNNING);
	if (d == NULL)
		return true;
	f = frame_of(d, (unsigned)(ia / PAGE_SIZE));
	was = world.dirty[f];
	world.dirty[f] = false;
	return was;
}

void vcpu_wipe(struct vcpu *v)
{
	(void)v;
}

uint64_t vcpu_rip(const struct vcpu *v)
{
	(void)v;
	return 0;
}

uint64_t vcpu_cr3(const struct vcpu *v)
{
	(void)v;
	return 0;
}

uint64_t vcpu_efer(const struct vcpu *v)
{
	(void)v;
	return 0;
}

uint64_t vcpu_cr2(const struct vcpu *v)
{
	(void)v;
	return 0;
}

void vlapic_post(struct vlapic *l, uint32_t vector)
{
	(void)vector;
	MUST(l == &doms[0].vcpu.lapic && doms[0].state == HV_VM_RUNNING);
}

void sha256_init(struct sha256 *s)
{
	(void)s;
}

void sha256_update(struct sha256 *s, const void *data, size_t len)
{
	(void)s;
	(void)data;
	(void)len;
}

void sha256_final(struct sha256 *s, uint8_t digest[SHA256_BYTES])
{
	(void)s;
	memset(digest, 0, SHA256_BYTES);
}

/* --- the device and its IOMMU --- */
bool masters(void)
{
	return (config[1] & PCI_MASTER) != 0;
}

uint32_t hw_mmio_read32(const volatile void *reg)
{
	return *(const volatile uint32_t *)reg;
}

void hw_mmio_write32(volatile void *reg, uint32_t value)
{
	size_t at = (size_t)((volatile uint32_t *)reg - config);

	holds_always();
	config[at] = value;
	if (at == (PCIE_CAP + 8) / 4 && (value & BIT(15))) {
		MUST(!masters()); /* quiet before it is reset */
		MUST(!world.irq);
		MUST(!world.context); /* it reaches nothing */
		config[at] = 0;
		if (flr_works)
			config[1] = config[4] = config[MSI_CAP / 4] = 0;
	}
}

enum hv_err iommu_attach(uint32_t unit, uint16_t bdf, uint32_t dom, hpa_t root)
{
	(void)root;
	if (unit != 0 || bdf != BDF || dom != 0 || world.context)
		return HV_EBUSY;
	MUST(!masters());
	world.context = true;
	holds_always();
	return HV_OK;
}

enum hv_err iommu_detach(uint32_t unit, uint16_t bdf, uint32_t dom)
{
	(void)unit;
	(void)bdf;
	(void)dom;
	MUST(!masters());
	MUST(!world.irq);
	holds_always();
	world.context = false;
	return HV_OK;
}

enum hv_err iommu_irq_map(uint32_t unit, uint32_t entry, uint16_t bdf, uint32_t vector,
			  uint32_t apic_id, struct iommu_msg *out)
{
	(void)unit;
	(void)bdf;
	(void)apic_id;
	if (entry != VECTOR || vector != VECTOR || world.irq)
		return HV_EBUSY;
	world.irq = true;
	*out = (struct iommu_msg){0xfee00018, 0};
	return HV_OK;
}

enum hv_err iommu_irq_unmap(uint32_t unit, uint32_t entry, bool quiet)
{
	(void)unit;
	(void)entry;
	(void)quiet;
	world.irq = false;
	return HV_OK;
}

bool iommu_fault_next(struct iommu_fault *out)
{
	(void)out;
	return false;
}

/* --- guest memory as channels use it: VM 1's ring, written only while it runs --- */
static uint8_t *ring_at(gpa_t at, uint64_t bytes, bool write)
{
	MUST(!write || doms[1].state == HV_VM_RUNNING);
	MUST(all_words(&doms[1], FRAME_WORD(FRAME_RAM, 1)));
	if (at.v >= RING_GPA && at.v - RING_GPA <= sizeof ring_header - bytes)
		return &ring_header[at.v - RING_GPA];
	if (at.v < RING_GPA + HV_RING_DATA || at.v - RING_GPA - HV_RING_DATA > RING - bytes)
		abort();
	return &ring_data[at.v - RING_GPA - HV_RING_DATA];
}

enum hv_err guestmem_copy_in(const struct domain *d, gpa_t from, void *to, uint64_t bytes)
{
	static const struct hv_seg seg = {.gpa = 0, .len = 1, .flags = HV_SEG_END};

	if (from.v != SEGS_GPA && (from.v < RING_GPA || d != &doms[1]))
		return HV_EFAULT; /* the log's look at a dead guest's tables */
	if (d == &doms[1])
		memcpy(to, ring_at(from, bytes, false), bytes);
	else
		memcpy(to, &seg, bytes);
	return HV_OK;
}

enum hv_err guestmem_copy_out(const struct domain *d, gpa_t to, const void *from, uint64_t bytes)
{
	if (d != &doms[1])
		abort();
	memcpy(ring_at(to, bytes, true), from, bytes);
	return HV_OK;
}

enum hv_err guestmem_check(const struct domain *d, gpa_t at, uint64_t bytes)
{
	(void)bytes;
	return d == &doms[1] && at.v == RING_GPA ? HV_OK : HV_EFAULT;
}

void *guestmem_map(const struct domain *d, gpa_t at, uint64_t *bytes, enum win_slot slot)
{
	static uint8_t life;

	if (d == &doms[1] && slot != WIN_SRC)
		return ring_at(at, *bytes, slot == WIN_DST);
	if (d != &doms[0] || slot != WIN_SRC || d->state != HV_VM_RUNNING || *bytes != 1)
		abort();
	life = model_sender_life();
	return &life;
}

uint32_t hw_word_read(const uint32_t *at)
{
	return *at;
}

void hw_word_write(uint32_t *at, uint32_t value)
{
	MUST(doms[1].state == HV_VM_RUNNING);
	*at = value;
}
