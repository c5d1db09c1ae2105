/* SPDX-License-Identifier: Apache-2.0 */
/* The core's first minute with any description and any hand-off: it refuses, or it runs on and holds its promises; it never asserts,
 * and it touches nothing that the loader did not map. Only virtual addresses are the loader's word: they are made true here. */
#include "bytes.h"
#include "channel.h"
#include "focus.h"
#include "life.h"
#include "lock.h"
#include "device_state.h"
#include "tests/fakes/machine_device.h"
#include "tests/fakes/witness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define MIB	      (1ull << 20)
#define RAM_FIRST     (16 * MIB)
#define RAM_END	      (64 * MIB)
#define POOL_AT	      (96 * MIB)
#define DOMS	      3u
#define CHANNELS_MADE 40u

static const uint32_t often[] = {
	0,	    1,		2,	    4,		15,	   16,	      31,	 32,
	33,	    64,		65,	    260,	4095,	   4096,      4097,	 65535,
	0x10000,    0x100000,	0x200000,   0x4000000,	0x4800000, 0x7ffffff, 0x8000000, 0x40000000,
	0x7fffffff, 0x80000000, 0xfee00000, 0xfffff000, 0xffffffff};

static uint32_t take_value(struct bytes *b)
{
	uint8_t pick = take8(b);

	if (pick < ARRAY_LEN(often))
		return often[pick];
	return pick < 0xc0 ? pick - 0x40u : (uint32_t)take64(b);
}

/* --- the description --- */
static void many_channels(struct bytes *b)
{
	uint8_t n = take8(b) % CHANNELS_MADE, from = take8(b), to = take8(b), size = take8(b);
	uint32_t focused = to & 0x80 ? HV_DOM_FOCUSED : to % DOMS;

	for (unsigned i = 0; i < n && machine_system->chan_count < HV_SYS_CHAN_MAX; i++)
		(void)machine_channel(from % DOMS, focused, 4096u << size % 9,
				      size & 0x80 ? HV_CHAN_MSG_MAX : 1u << size % 13);
}

static void one_domain(struct bytes *b)
{
	struct hv_sys_domain *d = &machine_system->dom[take8(b) % DOMS];
	uint8_t bits = take8(b);

	d->flags = (d->flags & ~HV_DOM_SCREEN) | (bits & 1 ? HV_DOM_SCREEN : 0);
	d->ram_mib = 2 + 2u * (bits >> 6);
	d->chord = bits & 1 ? bits >> 1 & 15 : 0;
	d->role = bits >> 5 & 7;
}

/* Offset, width and value: any field of a struct. */
static void poke(struct bytes *b, void *at, size_t bytes)
{
	size_t offset = (take8(b) | (size_t)take8(b) << 8) * 4 % (bytes - 7);
	uint32_t value = take_value(b);

	memcpy((uint8_t *)at + offset, &value, sizeof value);
}

static void poke_description(struct bytes *b)
{
	uint8_t what = take8(b);
	struct hv_system *s = machine_system;

	if (what < 0x40)
		poke(b, s, offsetof(struct hv_system, dom));
	else if (what < 0x80)
		poke(b, &s->dom[what % DOMS], sizeof s->dom[0]);
	else if (what < 0xc0)
		poke(b, &s->chan[what % 4], sizeof s->chan[0]);
	else
		poke(b, &s->dev[what % 3], sizeof s->dev[0]);
}

/* --- the hand-off --- */
static void poke_handoff(struct bytes *b)
{
	uint8_t what = take8(b);
	struct handoff *h = machine_handoff;

	if (what < 0x40)
		poke(b, h, offsetof(struct handoff, cpu));
	else if (what < 0x60)
		poke(b, &h->mmio[what % 4], sizeof h->mmio[0]);
	else if (what < 0x80)
		poke(b, &h->dom[what % DOMS], sizeof h->dom[0]);
	else if (what < 0xc0)
		poke(b, &h->pci[what % 4], sizeof h->pci[0]);
	else if (what < 0xe0)
		poke(b, &h->fb, sizeof h->fb);
	else
		poke(b, h->cpu, sizeof *h - offsetof(struct handoff, cpu));
}

/* Of N bytes at AT what the machine has. */
static uint64_t there(uint64_t at, uint64_t n)
{
	return at >= FAKE_MEM ? 0 : n > FAKE_MEM - at ? FAKE_MEM - at : n;
}

/* A loader that maps what it says, as far as there is something: it may err in everything but where it put things. */
static void addresses_are_true(void)
{
	struct handoff *h = machine_handoff;
	uint64_t screen;

	h->system_va = (uint64_t)machine_system;
	h->system_hpa = h->system_va - (uint64_t)fake.mem;
	h->handoff_va = (uint64_t)h;
	h->handoff_hpa = h->handoff_va - (uint64_t)fake.mem;
	if (there(h->ptpool_hpa, h->ptpool_pages * PAGE_SIZE) == h->ptpool_pages * PAGE_SIZE)
		h->ptpool_va = (uint64_t)(fake.mem + h->ptpool_hpa);
	if (h->frames_count > FAKE_MEM / PAGE_SIZE && h->frames_count <= HANDOFF_FRAMES_MAX)
		h->frames_count = FAKE_MEM / PAGE_SIZE; /* RAM ends where it ends */
	if (h->frames_count <= FAKE_MEM / PAGE_SIZE &&
	    there(h->frames_hpa, h->frames_count * 4) == h->frames_count * 4)
		h->frames_va = (uint64_t)(fake.mem + h->frames_hpa);
	screen = ((uint64_t)h->fb.pitch_bytes * h->fb.height + PAGE_MASK) & ~PAGE_MASK;
	if (there(h->fb.hpa, screen) != screen)
		h->fb.hpa = 0; /* so much is not there in this machine */
	for (unsigned i = 0; i < HANDOFF_MMIO_MAX; i++) {
		struct handoff_mmio *m = &h->mmio[i];

		m->bytes = (uint32_t)there(m->hpa, m->bytes);
		m->va = (uint64_t)(fake.mem + (m->bytes != 0 ? m->hpa : 0));
	}
}

/* What a right loader hands over for the description as it is now. */
static void fit_memory(void)
{
	uint64_t at = RAM_FIRST, devices_of[HV_DOM_MAX] = {0};
	const struct hv_system *s = machine_system;
	struct handoff *h = machine_handoff;

	h->ptpool_hpa = POOL_AT;
	h->ptpool_va = (uint64_t)(fake.mem + POOL_AT);
	h->ptpool_pages = PTPOOL_CORE_PAGES + HV_DOM_MAX * PTPOOL_DOM_PAGES;
	for (unsigned i = 0; i < s->dev_count && i < HV_SYS_DEV_MAX; i++)
		devices_of[s->dev[i].dom % HV_DOM_MAX] += PAGE_SIZE;
	for (unsigned i = 0; i < HV_DOM_MAX; i++) {
		struct handoff_extent *ram = &h->dom[i].ram;
		uint64_t bytes =
			((uint64_t)s->dom[i].ram_mib << 20) + devices_of[i] +
			(s->dom[i].flags & HV_DOM_SCREEN ? HANDOFF_SCREEN_BYTES(h->fb) : 0);

		*ram = (struct handoff_extent){0, 0};
		if (i >= s->dom_count || bytes > RAM_END - at)
			continue;
		*ram = (struct handoff_extent){at, bytes};
		at = (at + bytes + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1);
	}
}

static void make(void)
{
	machine_make(DOMS);
	witness_begin();
	machine_system->dom[0].rights = HV_RIGHTS;
	machine_screen(0, 64, 80, 260);
	machine_screen(1, 64, 80, 260);
	(void)machine_device(0, 1);
	(void)machine_device(1, 2);
	(void)machine_channel(0, 1, 4096, 256);
	(void)machine_channel(0, HV_DOM_FOCUSED, 4096, 256);
	fake.plain_windows = true;
}

/* --- after a start --- */
static void promise(bool ok, const char *what)
{
	if (!ok)
		fake_broken(what);
}

static bool meets(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes)
{
	return a_bytes != 0 && b_bytes != 0 && a < b + b_bytes && b < a + a_bytes;
}

/* No memory of anybody is somebody's registers or the screen. */
static void memory_is_memory(void)
{
	const struct handoff *h = dom_handoff();

	for (uint32_t i = 0; i < dom_count(); i++) {
		const struct handoff_extent *ram = &h->dom[i].ram;

		promise(!meets(ram->hpa, ram->bytes, h->fb.hpa,
			       h->fb.hpa != 0 ? HANDOFF_SCREEN_BYTES(h->fb) : 0),
			"memory of a VM is the screen");
		for (uint32_t j = 0; j < h->mmio_count; j++)
			promise(!meets(ram->hpa, ram->bytes, h->mmio[j].hpa, h->mmio[j].bytes),
				"memory of a VM is somebody's registers");
	}
}

static void devices_are_apart(void)
{
	for (uint32_t i = 0; i < device_count; i++) {
		const struct device *v = &devices[i];

		promise(v->irq_count <= DEVICE_IRQ_MAX && v->pci->vtd < dom_handoff()->vtd_count,
			"a device without a unit, or with too many interrupts");
		for (unsigned k = 0; k < HANDOFF_BAR_MAX; k++)
			promise(v->pci->bar[k].hpa == 0 ||
					(v->bar_gpa[k] >= v->sys->bar_gpa &&
					 v->bar_gpa[k] + v->pci->bar[k].bytes <= FOCUS_SCREEN_GPA),
				"registers of a device are in a guest where they do not belong");
	}
}

static void focus_goes_round(void)
{
	uint64_t generation;

	for (uint32_t i = 0; i < dom_count(); i++) {
		enum hv_err err;

		lock_core();
		err = focus_set(i, &generation);
		unlock_core();
		for (uint32_t j = 0; err == HV_OK && j < dom_count(); j++) {
			fake.cpu = dom_at(j)->cpu;
			focus_serve(dom_at(j));
		}
		witness_check();
		witness_core();
	}
}

static void everybody_lives_and_dies(void *unused)
{
	(void)unused;
	for (uint32_t i = 0; i < dom_count() && i < DOMS; i++)
		if (dom_at(i)->mem->ram.bytes <= 8 * MIB)
			(void)machine_settle(i);
	witness_check();
	witness_core();
	focus_goes_round();
	for (uint32_t i = 0; i < dom_count(); i++) {
		fake.cpu = dom_at(i)->cpu;
		if (dom_at(i)->state == HV_VM_RUNNING)
			life_stop(dom_at(i), HV_STOP_TRIPLE_FAULT);
		hw_windows_close();
		witness_check();
		witness_core();
	}
}

/* Changes up to a byte of ones, or to the end. */
static void describe(struct bytes *b)
{
	for (uint8_t what = take8(b); b->left > 0 && what != 0xff; what = take8(b)) {
		if (what % 4 == 0)
			many_channels(b);
		else if (what % 4 == 1)
			one_domain(b);
		else
			poke_description(b);
	}
}

/*
 * Input: first byte, bit 0: start the VMs too; bit 1: the hand-off's liar counts the memory anew at last; then changes of the
 * description, then of the hand-off made for it.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes b = {data, len};
	uint8_t how = take8(&b);
	bool right;
	enum fake_end end;

	make();
	describe(&b);
	fit_memory();
	right = b.left == 0;
	while (b.left > 0) /* bound: the input */
		poke_handoff(&b);
	if (how & 2)
		fit_memory();
	addresses_are_true();
	end = fake_try(machine_boot_try, NULL);
	if (end == END_HALT) {
		promise(fake_line_with("REFUSED: "), "halted without a word");
		promise(!right || fake_line_with("REFUSED: description"),
			"a right hand-off is refused");
		return 0;
	}
	if (end != END_RETURNED)
		fake_broken(fake.assertion);
	memory_is_memory();
	devices_are_apart();
	witness_check();
	witness_core();
	if ((how & 1) && fake_try(everybody_lives_and_dies, NULL) != END_RETURNED)
		fake_broken(fake.assertion);
	fake.cpu = 0;
	return 0;
}
