/* SPDX-License-Identifier: Apache-2.0 */
/* Lays a machine out in the fake's memory the way a loader would; must not call anything of the core but core_main and steps of life. */
#include <stdio.h>
#include <string.h>
#include "device_fake.h"
#include "entropy.h"
#include "exit.h"
#include "life.h"
#include "lock.h"
#include "machine.h"
#include "main.h"
#include "sched.h"
#include "sha256.h"

#define MIB	       (1ull << 20)
#define CORE_AT	       (1 * MIB)
#define CORE_BYTES     (256ull << 10)
#define TABLES_AT      (CORE_AT + CORE_BYTES)
#define TABLES_BYTES   (64ull << 10)
#define FRAMES_AT      (TABLES_AT + TABLES_BYTES)
#define POOL_AT	       (2 * MIB)
#define HANDOFF_AT     (6 * MIB)
#define SYSTEM_AT      (7 * MIB)
#define IMAGE_AT(dom)  ((8 + (dom)) * MIB)
#define IMAGE_BYTES    (64ull << 10)
#define SECRET_AT(dom) (IMAGE_AT(dom) + MIB / 2)
#define RAM_AT(dom)    ((16 + 8 * (dom)) * MIB)
#define KEPT_AT(dom)   (RAM_AT(dom) + 5 * MIB)
#define SPARE_AT(dom)  (RAM_AT(dom) + 7 * MIB)
#define SETTLE_STEPS   4000u

struct handoff *machine_handoff;
struct hv_system *machine_system;
static bool booted;

uint8_t image_byte(unsigned dom, uint64_t gpa)
{
	return (uint8_t)(1 + (gpa * 7 + (gpa >> 12) * 13 + dom * 31) % 255);
}

static void make_handoff(unsigned doms)
{
	struct handoff *h = (struct handoff *)(void *)(fake.mem + HANDOFF_AT);

	*h = (struct handoff){
		.magic = HANDOFF_MAGIC,
		.version = HANDOFF_VERSION,
		.bytes = sizeof *h,
		.core_hpa = CORE_AT,
		.core_bytes = CORE_BYTES,
		.core_va = 0xffff800000000000,
		.handoff_va = (uint64_t)h,
		.handoff_hpa = HANDOFF_AT,
		.host_cr3 = TABLES_AT,
		.system_va = (uint64_t)(fake.mem + SYSTEM_AT),
		.system_hpa = SYSTEM_AT,
		.frames_va = (uint64_t)(fake.mem + FRAMES_AT),
		.frames_hpa = FRAMES_AT,
		.frames_count = FAKE_MEM / PAGE_SIZE,
		.ptpool_va = (uint64_t)(fake.mem + POOL_AT),
		.ptpool_hpa = POOL_AT,
		.ptpool_pages = PTPOOL_CORE_PAGES + doms * PTPOOL_DOM_PAGES,
		.cpu_count = 1,
		.tables = {TABLES_AT, TABLES_BYTES},
		.entropy = { 1, 2, 3, 4, 5, 6, 7, 8},
		.tsc_khz = MACHINE_KHZ,
		.lapic_khz = MACHINE_KHZ,
		.ram_mib = FAKE_MEM >> 20,
		.vtd_count = 1,
	};
	for (unsigned i = 0; i < doms; i++) {
		h->dom[i].ram = (struct handoff_extent){RAM_AT(i), MACHINE_RAM};
		h->dom[i].image = (struct handoff_extent){IMAGE_AT(i), IMAGE_BYTES};
		h->dom[i].image_status = IMAGE_OK;
	}
	machine_handoff = h;
}

static void make_system(unsigned doms)
{
	struct hv_system *s = (struct hv_system *)(void *)(fake.mem + SYSTEM_AT);

	*s = (struct hv_system){
		.magic = HV_SYS_MAGIC,
		.version = HV_SYS_VERSION,
		.bytes = sizeof *s,
		.name = "fake",
		.serial = 7,
		.dom_count = (uint16_t)doms,
		.first_focus = HV_DOM_NONE,
	};
	for (unsigned i = 0; i < doms; i++) {
		s->dom[i] = (struct hv_sys_domain){
			.role = HV_ROLE_TEST,
			.flags = HV_DOM_ENABLED | HV_DOM_CONSOLE,
			.rights = i == 0 ? HV_RIGHT_ADMIN : 0,
			.ram_mib = MACHINE_RAM_MIB,
			.priority = 1,
			.budget_us = 4000,
			.period_us = 20000,
		};
		(void)snprintf((char *)s->dom[i].name, HV_NAME_LEN, "vm%u", i);
	}
	machine_system = s;
}

struct hv_image *machine_header(unsigned dom)
{
	return (struct hv_image *)(void *)(fake.mem + IMAGE_AT(dom));
}

void machine_digest(unsigned dom)
{
	struct hv_image *m = machine_header(dom);
	struct sha256 sha;

	sha256_init(&sha);
	sha256_update(&sha, m, m->file_bytes);
	sha256_final(&sha, machine_system->dom[dom].image_digest);
}

void machine_image(unsigned dom, const struct hv_image_range *ranges, unsigned count)
{
	struct hv_image *m = machine_header(dom);
	uint8_t *page = (uint8_t *)(m + 1);

	*m = (struct hv_image){
		.magic = HV_IMAGE_MAGIC,
		.version = HV_IMAGE_VERSION,
		.range_count = count,
		.ram_min_bytes = MACHINE_RAM,
		.rip = IMAGE_ENTRY,
		.rsp = 0x8000,
		.rsi = 0x9000 + dom,
		.cr3 = 0x10000,
	};
	for (unsigned i = 0; i < count; i++) {
		m->range[i] = ranges[i];
		for (uint64_t j = 0; j < ranges[i].pages * PAGE_SIZE; j++)
			*page++ = image_byte(dom, ranges[i].gpa + j);
	}
	m->file_bytes = (uint64_t)(page - (uint8_t *)m);
	if (m->file_bytes > IMAGE_BYTES)
		fake_broken("the test's image is too large");
	machine_digest(dom);
}

uint8_t *machine_secret(unsigned dom, uint32_t bytes)
{
	struct hv_sys_domain *d = &machine_system->dom[dom];
	uint8_t *file = fake.mem + SECRET_AT(dom);
	struct sha256 sha;

	for (uint32_t i = 0; i < bytes; i++)
		file[i] = image_byte(dom + 7, i);
	memset(file + bytes, 0x99, PAGE_SIZE); /* whatever lies behind the file */
	machine_handoff->dom[dom].secret = (struct handoff_extent){SECRET_AT(dom), bytes};
	machine_handoff->dom[dom].secret_status = IMAGE_OK;
	d->secret_gpa = MACHINE_SECRET;
	d->secret_bytes = bytes;
	sha256_init(&sha);
	sha256_update(&sha, file, bytes);
	sha256_final(&sha, d->secret_digest);
	return file;
}

void machine_kept(unsigned dom)
{
	machine_system->dom[dom].flags |= HV_DOM_CHECKPOINT;
	machine_handoff->dom[dom].kept = (struct handoff_extent){KEPT_AT(dom), MACHINE_RAM};
}

void machine_spare(unsigned dom)
{
	machine_system->dom[dom].spare_mib = 1;
	machine_handoff->dom[dom].spare = (struct handoff_extent){SPARE_AT(dom), MIB};
}

void machine_wide(unsigned dom)
{
	machine_system->dom[dom].ram_mib = MACHINE_WIDE >> 20;
	machine_handoff->dom[dom].ram.bytes = MACHINE_WIDE;
}

void machine_make(unsigned doms)
{
	static const struct hv_image_range ranges[] = {
		{0x1000,	 1},
		     {0x10000, 2}
	 };

	if (doms == 0 || doms > MACHINE_DOMS)
		fake_broken("the test's machine is too large");
	if (booted) /* the scheduler forgets the machine before */
		for (unsigned i = 0; i < dom_count(); i++) {
			if (dom_at(i)->vcpu.hw != NULL)
				vcpu_wipe(&dom_at(i)->vcpu);
			sched_forget(dom_at(i));
		}
	booted = false;
	fake_reset();
	vcpu_fake_reset();
	device_fake_reset();
	make_handoff(doms);
	make_system(doms);
	for (unsigned i = 0; i < doms; i++)
		machine_image(i, ranges, 2);
}

struct hv_sys_channel *machine_channel(unsigned from, unsigned to, uint32_t ring, uint32_t msg_max)
{
	unsigned n = machine_system->chan_count++;
	struct hv_sys_channel *c = &machine_system->chan[n];

	(void)snprintf((char *)c->name, HV_NAME_LEN, "ch%u", n);
	c->from = (uint16_t)from;
	c->to = (uint16_t)to;
	c->kind = to == HV_DOM_FOCUSED ? HV_KIND_INPUT : HV_KIND_RAW;
	c->ring_bytes = ring;
	c->msg_max = msg_max;
	return c;
}

enum hv_err machine_call(struct domain *d, uint32_t number, uint64_t a0, uint64_t a1, uint64_t a2,
			 uint64_t a3)
{
	uint64_t *gpr = d->vcpu.gpr;

	gpr[RAX] = HV_CALL_BASE + number;
	gpr[RDI] = a0;
	gpr[RSI] = a1;
	gpr[RDX] = a2;
	gpr[R10] = a3;
	entropy_fill(d); /* as before each entry of the guest */
	hcall_handle(d);
	hw_windows_close();
	return (enum hv_err)gpr[RAX];
}

void machine_request(struct domain *d, enum life_request r)
{
	lock_core();
	life_request(d, r);
	unlock_core();
}

void machine_boot(void)
{
	core_main(machine_handoff);
	booted = true;
}

void machine_boot_try(void *unused)
{
	(void)unused;
	machine_boot();
}

struct domain *machine_settle(unsigned dom)
{
	struct domain *d = dom_at(dom);

	fake.cpu = d->cpu;
	for (unsigned i = 0; life_has_work(d); i++) {
		uint64_t done = d->work.done + d->work.offset, state = d->state;

		if (i == SETTLE_STEPS)
			fake_broken("scrubbing and loading do not end");
		life_step(d);
		if (d->state == state && d->work.done + d->work.offset == done)
			fake.tsc = d->work.wait > fake.tsc ? d->work.wait : fake.tsc + MACHINE_MS;
		if (fake_open_windows() != 0)
			fake_broken("a step of life leaves a window open");
	}
	return d;
}

void machine_start(unsigned doms)
{
	machine_make(doms);
	machine_boot();
	for (unsigned i = 0; i < doms; i++)
		(void)machine_settle(i);
	fake.cpu = 0;
	fake_serial_clear();
}

uint8_t *machine_ram(unsigned dom, uint64_t gpa)
{
	return fake.mem + machine_handoff->dom[dom].ram.hpa + gpa;
}

bool machine_ram_zero(unsigned dom)
{
	const uint8_t *p = machine_ram(dom, 0);

	return p[0] == 0 && memcmp(p, p + 1, machine_handoff->dom[dom].ram.bytes - 1) == 0;
}

bool machine_ram_words(unsigned dom, uint32_t word)
{
	const struct handoff_extent *ram = &machine_handoff->dom[dom].ram;

	for (uint64_t at = 0; at < ram->bytes; at += PAGE_SIZE)
		if (frames_word((hpa_t){ram->hpa + at}) != word)
			return false;
	return true;
}
