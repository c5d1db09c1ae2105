/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two VMs, one with a device, one channel: every order of kill, restart, off, on, fault, steps of scrubbing and loading, attach, send, read
 * and acknowledge, and what the other VM may do each time the core lock is taken on the way through a death. The real life.c, device.c,
 * channel.c and frames.c over ports that judge each call. Looks inside them to go back to a state; must not change anything there
 * otherwise.
 */
#include <stdlib.h>
#include "hypervisor/core/channel.c"
#include "hypervisor/core/device.c"
#include "hypervisor/core/frames.c"
#include "hypervisor/core/life.c"
#include "tests/check.h"

#define VMS	  2u
#define PAGES	  65u /* of VM 0: scrubbed in two steps; VM 1 has 2 */
#define FRAMES	  (PAGES + 2u + 1u)
#define RING	  32u /* one message */
#define RING_GPA  0x1000ull
#define SEGS_GPA  0x2000ull
#define LIVES	  3u /* of both together, with a device that resets; else one less */
#define ATTACHES  2u
#define BDF	  0x100u
#define MSI_CAP	  0x50u
#define PCIE_CAP  0x60u
#define BAR_HPA	  0x80000000u
#define VECTOR	  0x30u
#define STATES	  (1u << 22)
#define DEPTH_MAX 20000u
#define LOCKS	  4u /* the first so many times the lock is taken, the other VM may come before */

/* What one VM can do or suffer. */
enum act {
	KILL,
	RESTART,
	ON,
	STEP,
	FAULT,
	ATTACH,
	TALK, /* VM 0 sends; VM 1 reads */
	ACK,
	USE, /* writes its memory, and drives its device */
	ACTS
};
#define DEVICE_WRITES (VMS * ACTS) /* the device writes memory and interrupts, if it is let */
#define DEVICE_RESTS  (DEVICE_WRITES + 1)
#define ALONE	      (DEVICE_RESTS + 1)
/* A death or a step of VM v, and one act of the other or a device that writes, before the n-th lock. */
#define MEANWHILE (ACTS + 1)
#define OPS	  (ALONE + VMS * 2 * LOCKS * MEANWHILE)

struct vm_state {
	enum hv_vm_state state, after;
	uint64_t done, offset, events, life;
	uint32_t range;
	bool npt, dma;
};

static struct state {
	struct vm_state vm[VMS];
	uint32_t word[FRAMES];
	uint8_t byte[FRAMES]; /* what fills each frame */
	struct channel chan;
	uint8_t ring[HV_RING_DATA / 64 + RING]; /* header and data */
	uint32_t config[32];
	bool context, irq, assigned, resting;
	uint32_t command, waiting, msi;
	uint8_t ring_life; /* of the sender whose message is in the ring */
} now;

static struct domain doms[VMS];
static struct hv_system description;
static struct handoff loader;
static struct hv_image image;
static uint32_t words[FRAMES];
static uint32_t config[32];
static uint8_t ring_header[sizeof(struct hv_ring)], ring_data[RING];
struct device devices[HV_SYS_DEV_MAX];
uint32_t device_count;
uint8_t device_of_vector[256], entry_of_vector[256];
static bool flr_works;
static unsigned cpu;   /* who acts */
static unsigned locks; /* taken in this step */
static unsigned held;  /* the lock is */
static unsigned meanwhile_at;
static unsigned meanwhile_op;
static uint64_t clock_now;

static void perform(unsigned op);

/* --- memory: each frame is full of one byte --- */
static struct window {
	uint8_t page[PAGE_SIZE];
	unsigned frame;
	bool open;
} windows[VMS][3];

static unsigned frame_of(const struct domain *d, unsigned page)
{
	return d->id * PAGES + page;
}

/* What was written through windows is in memory. */
static void windows_back(void)
{
	for (unsigned i = 0; i < VMS * 3; i++) {
		const struct window *w = &windows[i / 3][i % 3];

		if (w->open)
			now.byte[w->frame] = w->page[PAGE_SIZE - 1];
	}
}

/* --- what must hold at every call of a port --- */
static const struct domain *owner(void)
{
	return &doms[0];
}

static bool all_words(const struct domain *d, uint32_t word)
{
	for (uint64_t i = 0; i < d->mem->ram.bytes / PAGE_SIZE; i++)
		if (words[frame_of(d, (unsigned)i)] != word)
			return false;
	return true;
}

static void holds_always(void)
{
	windows_back();
	for (unsigned i = 0; i < VMS; i++) {
		const struct domain *d = &doms[i];

		for (unsigned j = 0; j < d->mem->ram.bytes / PAGE_SIZE; j++) {
			unsigned f = frame_of(d, j);

			if (words[f] >> 24 == FRAME_FREE && now.byte[f] != 0)
				CHECK_TRUE(!"a frame is free that is not clean");
			if ((words[f] & 0xffffff) != i)
				CHECK_TRUE(!"a frame went from one VM to another");
		}
		if (now.vm[i].npt || (i == 0 && now.vm[i].dma))
			CHECK_TRUE(all_words(d, FRAME_WORD(FRAME_RAM, i)));
	}
	/* while the device is let in, all that it reaches is its VM's memory, and its VM is at its beginning or its end */
	if (now.context) {
		CHECK_TRUE(now.vm[0].dma);
		CHECK_TRUE(all_words(owner(), FRAME_WORD(FRAME_RAM, 0)));
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
	if (word == 0)
		now.vm[d->id].events |= bits;
}

void lock_core(void)
{
	CHECK_EQ(held, 0);
	holds_always();
	if (++locks == meanwhile_at) {
		unsigned before = cpu, op = meanwhile_op;

		meanwhile_at = 0;
		perform(op);
		cpu = before;
	}
	held = 1;
}

void unlock_core(void)
{
	CHECK_EQ(held, 1);
	held = 0;
	holds_always();
}

void lock_assert_held(void)
{
	CHECK_EQ(held, 1);
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

void *hw_window(enum win_slot slot, hpa_t page, bool writable)
{
	struct window *w = &windows[cpu][slot == WIN_DST ? 0 : slot == WIN_WORK ? 1 : 2];
	unsigned f = (unsigned)(page.v / PAGE_SIZE);

	if (w->open)
		now.byte[w->frame] = w->page[PAGE_SIZE - 1];
	w->open = false;
	if (f >= FRAMES - 1 && !writable) { /* the image: header and one page of ones */
		memset(w->page, 1, PAGE_SIZE);
		if (f == FRAMES - 1)
			memcpy(w->page, &image, sizeof image);
		return w->page;
	}
	if (f >= FRAMES - 1)
		abort();
	/* loading and scrubbing write frames of the VM alone, and not while it runs */
	CHECK_EQ(words[f] & 0xffffff, cpu);
	CHECK_TRUE(words[f] >> 24 == FRAME_SCRUB ||
		   (words[f] >> 24 == FRAME_RAM && doms[cpu].state != HV_VM_RUNNING));
	w->open = true;
	w->frame = f;
	memset(w->page, now.byte[f], PAGE_SIZE);
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
			return &now.vm[i].npt;
		if (pt == &doms[i].dma)
			return &now.vm[i].dma;
	}
	abort();
}

void ptab_init(struct ptab *pt, enum ptab_format format, uint32_t first, uint32_t limit)
{
	(void)format;
	(void)first;
	(void)limit;
	if (pt == &doms[0].dma)
		CHECK_FALSE(now.context); /* nobody walks it any more */
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

void vcpu_wipe(struct vcpu *v)
{
	(void)v;
}

uint64_t vcpu_rip(const struct vcpu *v)
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
	CHECK_TRUE(l == &doms[0].vcpu.lapic && doms[0].state == HV_VM_RUNNING);
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
static bool masters(void)
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
	if (at == (PCIE_CAP + PCIE_DEVCTL) / 4 && (value & PCIE_DEVCTL_FLR)) {
		CHECK_FALSE(masters()); /* quiet before it is reset */
		CHECK_FALSE(now.irq);
		config[at] = 0;
		if (flr_works)
			config[1] = config[4] = config[MSI_CAP / 4] = 0;
	}
}

enum hv_err iommu_attach(uint32_t unit, uint16_t bdf, uint32_t dom, hpa_t root)
{
	(void)root;
	if (unit != 0 || bdf != BDF || dom != 0 || now.context)
		return HV_EBUSY;
	CHECK_FALSE(masters());
	now.context = true;
	holds_always();
	return HV_OK;
}

enum hv_err iommu_detach(uint32_t unit, uint16_t bdf, uint32_t dom)
{
	(void)unit;
	(void)bdf;
	(void)dom;
	CHECK_FALSE(masters());
	CHECK_FALSE(now.irq);
	holds_always();
	now.context = false;
	return HV_OK;
}

enum hv_err iommu_irq_map(uint32_t unit, uint32_t entry, uint16_t bdf, uint32_t vector,
			  uint32_t apic_id, struct iommu_msg *out)
{
	(void)unit;
	(void)bdf;
	(void)apic_id;
	if (entry != VECTOR || vector != VECTOR || now.irq)
		return HV_EBUSY;
	now.irq = true;
	*out = (struct iommu_msg){0xfee00018, 0};
	return HV_OK;
}

enum hv_err iommu_irq_unmap(uint32_t unit, uint32_t entry, bool quiet)
{
	(void)unit;
	(void)entry;
	(void)quiet;
	now.irq = false;
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
	CHECK_TRUE(!write || doms[1].state == HV_VM_RUNNING);
	CHECK_TRUE(all_words(&doms[1], FRAME_WORD(FRAME_RAM, 1)));
	if (at.v >= RING_GPA && at.v - RING_GPA <= sizeof ring_header - bytes)
		return &ring_header[at.v - RING_GPA];
	if (at.v < RING_GPA + HV_RING_DATA || at.v - RING_GPA - HV_RING_DATA > RING - bytes)
		abort();
	return &ring_data[at.v - RING_GPA - HV_RING_DATA];
}

enum hv_err guestmem_copy_in(const struct domain *d, gpa_t from, void *to, uint64_t bytes)
{
	static const struct hv_seg seg = {.gpa = 0, .len = 1, .flags = HV_SEG_END};

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

enum hv_err guestmem_move(const struct domain *from, gpa_t src, const struct domain *to, gpa_t dst,
			  uint64_t bytes)
{
	uint8_t life = (uint8_t)channels[0].tx.epoch;

	(void)src;
	if (from != &doms[0] || from->state != HV_VM_RUNNING || bytes != 1)
		abort();
	return guestmem_copy_out(to, dst, &life, 1);
}

/* --- the acts --- */
static void locked(void)
{
	lock_core();
}

static void talk(struct domain *d)
{
	struct hv_ring *r = (struct hv_ring *)(void *)ring_header;
	uint64_t taken;

	if (d->id == 0) {
		locked();
		(void)!chan_send(d, 0, (gpa_t){SEGS_GPA}, 1, 0, &taken);
		unlock_core();
		return;
	}
	if (!channels[0].rx.attached || r->head == r->tail)
		return;
	/* of the life the ring is for, and of no other */
	CHECK_EQ(ring_data[sizeof(struct hv_msg)], r->epoch);
	CHECK_TRUE(channels[0].rx.gone || channels[0].tx.epoch == r->epoch);
	r->head += RING;
}

static void ack(struct domain *d)
{
	struct hv_chan_info info;

	locked();
	if (chan_info(d, 0, &info) == HV_OK)
		(void)!chan_ack(d, 0, info.peer_epoch);
	unlock_core();
}

static void attach(struct domain *d)
{
	uint64_t epoch;

	locked();
	(void)!chan_attach(d, 0, (gpa_t){d->id == 1 ? RING_GPA : 0}, &epoch);
	unlock_core();
}

static void use(struct domain *d)
{
	now.byte[frame_of(d, 0)] = 0xaa;
	now.byte[frame_of(d, (unsigned)(d->mem->ram.bytes / PAGE_SIZE) - 1)] = 0xaa;
	if (d->id != 0)
		return;
	hw_mmio_write32(&config[1], (uint32_t)(PCI_MEMORY | PCI_INTX_OFF | PCI_MASTER));
	devices[0].msi_control = (uint32_t)MSI_ENABLE;
	devices[0].msi_data = 0x40;
	device_msi_update(&devices[0]);
}

static void device_acts(void)
{
	if (masters() && now.context && now.vm[0].dma)
		now.byte[frame_of(owner(), 0)] = 0xaa;
	if (now.irq && (config[MSI_CAP / 4] & MSI_ENABLE)) {
		cpu = doms[0].cpu;
		(void)device_interrupt(VECTOR);
	}
}

static bool can(const struct domain *d, enum act a)
{
	bool runs = d->state == HV_VM_RUNNING;

	switch (a) {
	case KILL:
		return d->state != HV_VM_DEAD;
	case RESTART:
	case ON:
		return doms[0].life + doms[1].life < (flr_works ? LIVES : LIVES - 1);
	case STEP:
		return life_has_work(d);
	case FAULT:
	case TALK:
	case ACK:
	case USE:
		return runs;
	case ATTACH:
		return runs && (d->id == 0 ? &channels[0].tx : &channels[0].rx)->epoch < ATTACHES;
	case ACTS:
		break;
	}
	return false;
}

static void request(struct domain *d, enum life_request r)
{
	locked();
	life_request(d, r);
	unlock_core();
}

static void act(struct domain *d, enum act a)
{
	cpu = d->cpu;
	switch (a) {
	case KILL:
	case RESTART:
	case ON:
		request(d, (enum life_request[]){LIFE_KILL,
						 (enum life_request)(LIFE_RESTART | LIFE_NOW),
						 LIFE_ON}[a]);
		life_serve(d);
		break;
	case STEP:
		life_step(d);
		break;
	case FAULT:
		life_stop(d, HV_STOP_TRIPLE_FAULT);
		break;
	case ATTACH:
		attach(d);
		break;
	case TALK:
		talk(d);
		break;
	case ACK:
		ack(d);
		break;
	case USE:
		use(d);
		break;
	case ACTS:
		break;
	}
}

/* Parts of a number from ALONE on. */
static unsigned pair_vm(unsigned op)
{
	return (op - ALONE) / (2 * LOCKS * MEANWHILE);
}

static enum act pair_act(unsigned op)
{
	return (op - ALONE) / (LOCKS * MEANWHILE) % 2 == 0 ? FAULT : STEP;
}

static unsigned pair_lock(unsigned op)
{
	return 1 + (op - ALONE) / MEANWHILE % LOCKS;
}

static unsigned pair_meanwhile(unsigned op)
{
	unsigned what = (op - ALONE) % MEANWHILE;

	return what == ACTS ? DEVICE_WRITES : (1 - pair_vm(op)) * ACTS + what;
}

static bool possible(unsigned op)
{
	if (op < VMS * ACTS)
		return can(&doms[op / ACTS], (enum act)(op % ACTS));
	if (op == DEVICE_WRITES)
		return masters();
	if (op == DEVICE_RESTS)
		return devices[0].rest_until != 0;
	return can(&doms[pair_vm(op)], pair_act(op));
}

static void perform(unsigned op)
{
	if (!possible(op))
		return;
	if (op < VMS * ACTS)
		act(&doms[op / ACTS], (enum act)(op % ACTS));
	else if (op == DEVICE_WRITES)
		device_acts();
	else if (op == DEVICE_RESTS)
		clock_now = devices[0].rest_until;
	else {
		meanwhile_at = pair_lock(op);
		meanwhile_op = pair_meanwhile(op);
		act(&doms[pair_vm(op)], pair_act(op));
	}
	hw_windows_close();
}

/* --- what must hold between two steps --- */
static void holds(void)
{
	const struct channel *c = &channels[0];

	holds_always();
	for (unsigned i = 0; i < VMS; i++) {
		static const enum frame_kind kinds[] = {FRAME_FREE,  FRAME_RAM,	 FRAME_RAM,
							FRAME_SCRUB, FRAME_FREE, FRAME_FREE};

		CHECK_TRUE(all_words(&doms[i], FRAME_WORD(kinds[doms[i].state], i)));
		CHECK_EQ(now.vm[i].npt, doms[i].state == HV_VM_RUNNING);
	}
	CHECK_EQ(now.context, doms[0].state == HV_VM_RUNNING);
	CHECK_EQ(now.irq, doms[0].state == HV_VM_RUNNING);
	CHECK_EQ(devices[0].assigned, doms[0].state == HV_VM_RUNNING);
	CHECK_TRUE(!masters() || doms[0].state == HV_VM_RUNNING);
	CHECK_TRUE(!c->tx.attached || doms[0].state == HV_VM_RUNNING);
	CHECK_TRUE(!c->rx.attached || doms[1].state == HV_VM_RUNNING);
}

/* --- the search: depth first, a state again is a state done --- */
static uint64_t visited[STATES];
static uint64_t state_count, step_count;
static unsigned deepest;
static struct state stack[DEPTH_MAX];
static uint16_t path[DEPTH_MAX];
static uint8_t locks_of[DEPTH_MAX][VMS * ACTS]; /* what each act took in that state, alone */

static void load(const struct state *s)
{
	now = *s;
	for (unsigned i = 0; i < VMS; i++) {
		struct domain *d = &doms[i];

		d->state = s->vm[i].state;
		d->after_scrub = s->vm[i].after;
		d->request = LIFE_NONE;
		d->life = s->vm[i].life;
		d->work.done = s->vm[i].done;
		d->work.offset = s->vm[i].offset;
		d->work.range = s->vm[i].range;
		d->work.image = image;
	}
	memcpy(words, s->word, sizeof words);
	memcpy(config, s->config, sizeof config);
	memcpy(ring_header, s->ring, sizeof ring_header);
	memcpy(ring_data, s->ring + sizeof ring_header, RING);
	channels[0] = s->chan;
	devices[0].assigned = s->assigned;
	devices[0].command = (uint16_t)s->command;
	devices[0].waiting = s->waiting;
	devices[0].msi_control = s->msi;
	devices[0].arrived = 0;
	devices[0].rest_until = s->resting ? 1 : 0;
	clock_now = 0;
}

static void save(void)
{
	struct hv_ring *r = (struct hv_ring *)(void *)ring_header;

	channels[0].tx.gone_cause = channels[0].rx.gone_cause = HV_STOP_NONE;
	channels[0].lost = 0; /* nothing depends on it, nor on whole turns of the ring */
	channels[0].tail -= r->head;
	r->tail -= r->head;
	r->head = 0;
	for (unsigned i = 0; i < VMS; i++) {
		const struct domain *d = &doms[i];

		now.vm[i].state = d->state;
		now.vm[i].after = d->state == HV_VM_SCRUBBING ? d->after_scrub : HV_VM_OFF;
		now.vm[i].life = d->life;
		now.vm[i].done = life_has_work(d) ? d->work.done : 0;
		now.vm[i].offset = d->state == HV_VM_LOADING ? d->work.offset : 0;
		now.vm[i].range = d->state == HV_VM_LOADING ? d->work.range : 0;
		now.vm[i].events = 0;
	}
	memcpy(now.word, words, sizeof words);
	memcpy(now.config, config, sizeof config);
	memcpy(now.ring, ring_header, sizeof ring_header);
	memcpy(now.ring + sizeof ring_header, ring_data, RING);
	now.chan = channels[0];
	now.assigned = devices[0].assigned;
	now.command = devices[0].command;
	now.waiting = devices[0].waiting;
	now.msi = devices[0].msi_control;
	now.resting = devices[0].rest_until > clock_now;
}

/* True the first time. Only 64 bits of a state are kept: two states with one hash would hide one of them. */
static bool is_new(const struct state *s)
{
	const uint64_t *p = (const uint64_t *)(const void *)s;
	uint64_t h = 0xcbf29ce484222325u;

	_Static_assert(sizeof *s % 8 == 0, "whole words");
	for (size_t i = 0; i < sizeof *s / 8; i++) {
		h = (h ^ p[i]) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	h += h == 0;
	for (uint64_t i = h % STATES;; i = (i + 1) % STATES) {
		if (visited[i] == h)
			return false;
		if (visited[i] != 0)
			continue;
		visited[i] = h;
		if (++state_count > STATES / 4 * 3) {
			printf("# more than %llu states\n", (unsigned long long)state_count);
			abort();
		}
		return true;
	}
}

static void make_vms(void)
{
	static struct hv_sys_domain sys[VMS];

	for (unsigned i = 0; i < VMS; i++) {
		struct domain *d = &doms[i];
		struct handoff_dom *m = &loader.dom[i];

		m->ram = (struct handoff_extent){i * PAGES * PAGE_SIZE,
						 (i == 0 ? PAGES : 2) * PAGE_SIZE};
		m->image = (struct handoff_extent){(FRAMES - 1) * PAGE_SIZE, 2 * PAGE_SIZE};
		m->image_status = IMAGE_OK;
		sys[i].flags = HV_DOM_ENABLED;
		sys[i].period_us = 1000000;
		*d = (struct domain){.id = i, .sys = &sys[i], .mem = m, .cpu = i};
		d->ram_bytes = m->ram.bytes;
	}
}

static void make_device(void)
{
	static struct hv_sys_device sys = {.reset = HV_RESET_FLR};
	static struct handoff_pci pci = {.bdf = BDF, .msi_cap = MSI_CAP, .pcie_cap = PCIE_CAP};

	pci.bar[0] = (struct handoff_bar){.hpa = BAR_HPA, .bytes = PAGE_SIZE};
	memset(config, 0, sizeof config);
	config[MSI_CAP / 4] = 0x00800005;
	config[(PCIE_CAP + PCIE_DEVCAP) / 4] = PCIE_DEVCAP_FLR;
	devices[0] = (struct device){
		.sys = &sys, .pci = &pci, .dom = &doms[0], .config = config, .irq_count = 1};
	devices[0].vector[0] = VECTOR;
	device_of_vector[VECTOR] = 1;
	device_count = 1;
}

static void start_search(void)
{
	memset(&now, 0, sizeof now);
	memset(visited, 0, sizeof visited);
	memset(ring_header, 0, sizeof ring_header);
	memset(ring_data, 0, sizeof ring_data);
	loader.tsc_khz = 1000;
	image = (struct hv_image){.magic = HV_IMAGE_MAGIC,
				  .version = HV_IMAGE_VERSION,
				  .range_count = 1,
				  .file_bytes = 2 * PAGE_SIZE};
	image.range[0] = (struct hv_image_range){.gpa = 0, .pages = 1};
	description.dom_count = VMS;
	description.chan_count = 1;
	description.chan[0] = (struct hv_sys_channel){
		.name = "model", .from = 0, .to = 1, .ring_bytes = RING, .msg_max = RING - 16};
	make_vms();
	make_device();
	frames_init(words, FRAMES - 1);
	memset(now.byte, 0x77, sizeof now.byte); /* what was there before us */
	chan_init();
	for (unsigned i = 0; i < VMS; i++)
		CHECK_EQ(frames_move((hpa_t){doms[i].mem->ram.hpa}, doms[i].mem->ram.bytes, 0,
				     FRAME_WORD(FRAME_SCRUB, i)),
			 HV_OK);
	for (cpu = 0; cpu < VMS; cpu++)
		life_boot(&doms[cpu]);
	save();
}

static void print_act(unsigned op)
{
	static const char *const acts[] = {"kill",   "restart", "on",  "step", "fault",
					   "attach", "talk",	"ack", "use"};

	if (op < VMS * ACTS)
		printf("vm%u %s", op / ACTS, acts[op % ACTS]);
	else
		printf("device %s", op == DEVICE_WRITES ? "writes" : "has rested");
}

static void print_path(unsigned depth)
{
	for (unsigned i = 0; i <= depth; i++) {
		unsigned op = path[i];

		printf("#   ");
		if (op >= ALONE) {
			print_act(pair_vm(op) * ACTS + pair_act(op));
			printf(", before lock %u: ", pair_lock(op));
			op = pair_meanwhile(op);
		}
		print_act(op);
		printf("\n");
	}
}

/* Does the act take the lock so often that anything can come before? */
static bool reached(unsigned depth)
{
	unsigned op = path[depth];

	return op < ALONE || locks_of[depth][pair_vm(op) * ACTS + pair_act(op)] >= pair_lock(op);
}

static void search(void)
{
	unsigned depth = 0;

	start_search();
	stack[0] = now;
	path[0] = 0;
	(void)is_new(&now);
	for (;;) {
		if (path[depth] == OPS) {
			if (depth == 0)
				return;
			path[--depth]++;
			continue;
		}
		load(&stack[depth]);
		if (possible(path[depth]) && reached(depth)) {
			locks = meanwhile_at = held = 0;
			perform(path[depth]);
			if (path[depth] < VMS * ACTS)
				locks_of[depth][path[depth]] = (uint8_t)locks;
			meanwhile_at = 0;
			holds();
			step_count++;
			save();
			if (check.case_failed) {
				print_path(depth);
				return;
			}
			if (is_new(&now)) {
				if (depth + 1 == DEPTH_MAX)
					abort(); /* raise it: nothing may be left out */
				stack[++depth] = now;
				path[depth] = 0;
				deepest = depth > deepest ? depth : deepest;
				continue;
			}
		}
		path[depth]++;
	}
}

static void run(bool resets)
{
	flr_works = resets;
	state_count = step_count = deepest = 0;
	search();
	printf("# FIGURE: %llu states, %llu steps, %u deep\n", (unsigned long long)state_count,
	       (unsigned long long)step_count, deepest);
	CHECK_TRUE(state_count > 1000);
}

static void every_order_with_a_device_that_resets(void)
{
	run(true);
}

static void every_order_with_a_device_that_does_not(void)
{
	run(false);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(every_order_with_a_device_that_resets);
	RUN(every_order_with_a_device_that_does_not);
	return check_end();
}
