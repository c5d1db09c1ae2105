/* SPDX-License-Identifier: Apache-2.0 */
/* From the loader's hand-off to the scheduler: believe nothing that was not checked here. Runs once, on the first processor. */
#include "bar.h"
#include "channel.h"
#include "device.h"
#include "entropy.h"
#include "focus.h"
#include "frames.h"
#include "hw.h"
#include "life.h"
#include "main.h"
#include "sched.h"
#include "system.h"

void core_refuse(const char *rule, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_text("REFUSED: ", fmt, ap);
	va_end(ap);
	bar_refused(rule);
	hw_halt_machine();
}

static void refuse(const char *what)
{
	core_refuse(what, "hand-off: found %s; needed: loader and core of one build", what);
}

/* The bar and the focus compute with this: rows of whole pixels, more than the bar takes, and the bar's rows mapped. */
static void screen_check(const struct handoff *h)
{
	const struct handoff_fb *fb = &h->fb;
	bool fits = (fb->hpa & PAGE_MASK) == 0 && fb->hpa < BIT(51) && fb->format == 1 &&
		    fb->width >= HANDOFF_SCREEN_MIN && fb->width <= HANDOFF_SCREEN_MAX &&
		    fb->height >= HANDOFF_BAR_ROWS && fb->height <= HANDOFF_SCREEN_MAX &&
		    fb->pitch_bytes % 4 == 0 && fb->pitch_bytes >= fb->width * 4 &&
		    fb->pitch_bytes <= HANDOFF_SCREEN_MAX * 4;

	if (fb->hpa != 0 && !fits)
		refuse("a screen of an impossible size");
	for (uint32_t i = 0; i < h->mmio_count; i++) {
		const struct handoff_mmio *m = &h->mmio[i];

		if (m->kind == MMIO_BAR_ROWS && (fb->hpa == 0 || m->hpa != fb->hpa ||
						 m->bytes < HANDOFF_BAR_ROWS * fb->pitch_bytes))
			refuse("rows of the bar that are not the screen's");
	}
}

static void handoff_check(const struct handoff *h)
{
	if (h->magic != HANDOFF_MAGIC || h->version != HANDOFF_VERSION || h->bytes != sizeof *h)
		refuse("one made for another version of the core");
	if (h->cpu_count == 0 || h->cpu_count > CPU_MAX || h->mmio_count > HANDOFF_MMIO_MAX ||
	    h->pci_count > HANDOFF_PCI_MAX || h->vtd_count > HANDOFF_VTD_MAX ||
	    h->rmrr_count > HANDOFF_RMRR_MAX || h->frames_count > HANDOFF_FRAMES_MAX)
		refuse("a count out of range");
	if (h->tsc_khz < 1000 || h->lapic_khz < 1000)
		refuse("no clock rates");
	if (((h->frames_va | h->ptpool_va) & PAGE_MASK) != 0)
		refuse("an address that is no page");
	for (uint32_t i = 0; i < h->mmio_count; i++) {
		if ((h->mmio[i].va & 3) != 0)
			refuse("an address that is no page");
	}
	screen_check(h);
}

/* Nobody's memory and none of the core's registers: what a guest is given as its screen, or the core takes for registers. */
static void unowned_check(const struct handoff *h, uint64_t hpa, uint64_t bytes)
{
	for (uint64_t at = 0; at < bytes; at += PAGE_SIZE) /* bound: 1 GiB */
		if (frames_word((hpa_t){hpa + at}) != FRAME_WORD(FRAME_NONE, 0))
			refuse("registers or a screen that lie on RAM in use");
	if (hpa != h->fb.hpa)
		return;
	for (uint32_t i = 0; i < h->mmio_count; i++) {
		const struct handoff_mmio *m = &h->mmio[i];

		if (m->kind != MMIO_BAR_ROWS && m->hpa < hpa + bytes && hpa < m->hpa + m->bytes)
			refuse("a screen that lies on registers");
	}
}

static void claim(uint64_t hpa, uint64_t bytes, uint32_t word, const char *what)
{
	if (bytes != 0 && frames_move((hpa_t){hpa}, (bytes + PAGE_MASK) & ~PAGE_MASK,
				      FRAME_WORD(FRAME_NONE, 0), word) != HV_OK)
		refuse(what);
}

/* One of no size would leave the core's own frames to others. */
static void claim_core(uint64_t hpa, uint64_t bytes, const char *what)
{
	if (bytes == 0)
		refuse(what);
	claim(hpa, bytes, FRAME_WORD(FRAME_CORE, 0), what);
}

/* What the core uses behind the RAM of a VM: see handoff.h. */
static uint64_t extra_due(const struct handoff *h, const struct hv_system *s, uint32_t dom)
{
	uint64_t bytes = (s->dom[dom].flags & HV_DOM_SCREEN) ? HANDOFF_SCREEN_BYTES(h->fb) : 0;

	for (uint32_t i = 0; i < s->dev_count; i++)
		bytes += s->dev[i].dom == dom ? PAGE_SIZE : 0;
	return bytes;
}

static uint64_t kept_due(const struct hv_system *s, uint32_t dom)
{
	return (s->dom[dom].flags & HV_DOM_CHECKPOINT) ? (uint64_t)s->dom[dom].ram_mib << 20 : 0;
}

/* Every extent gets its owner; two that overlap are found here. RAM of domains waits for life_boot to scrub it. */
static void memory_init(const struct handoff *h, const struct hv_system *s)
{
	frames_init((uint32_t *)h->frames_va, h->frames_count);
	claim_core(h->core_hpa, h->core_bytes, "a core extent that is not free RAM");
	claim_core(h->tables.hpa, h->tables.bytes, "a table extent that is not free RAM");
	claim_core(h->frames_hpa, h->frames_count * sizeof(uint32_t),
		   "a frame table extent that is not free RAM");
	claim_core(h->ptpool_hpa, h->ptpool_pages * PAGE_SIZE,
		   "a page-table pool extent that is not free RAM");
	claim_core(h->handoff_hpa, sizeof *h, "an extent of the struct that is not free RAM");
	claim_core(h->system_hpa, sizeof *s, "a description extent that is not free RAM");
	if (h->ptpool_pages < PTPOOL_CORE_PAGES + s->dom_count * PTPOOL_DOM_PAGES)
		refuse("a page-table pool that is too small");
	for (uint32_t i = 0; i < s->dom_count; i++) {
		const struct handoff_dom *m = &h->dom[i];

		claim(m->image.hpa, m->image.bytes, FRAME_WORD(FRAME_IMAGE, 0),
		      "an image extent that is not free RAM");
		claim(m->secret.hpa, m->secret.bytes, FRAME_WORD(FRAME_IMAGE, 0),
		      "a secret extent that is not free RAM");
		claim(m->kept.hpa, m->kept.bytes, FRAME_WORD(FRAME_KEPT, i),
		      "a checkpoint extent that is not free RAM");
		claim(m->spare.hpa, m->spare.bytes, FRAME_WORD(FRAME_KEPT, i),
		      "a spare extent that is not free RAM");
		if (m->ram.bytes != 0 && (m->kept.bytes != kept_due(s, i) ||
					  m->spare.bytes != (uint64_t)s->dom[i].spare_mib << 20))
			refuse("room for a checkpoint or a spare image that differs from the "
			       "description");
		if (m->ram.bytes != 0 &&
		    m->ram.bytes != ((uint64_t)s->dom[i].ram_mib << 20) + extra_due(h, s, i))
			refuse("memory of a VM that differs from the description");
		if ((m->ram.hpa & (LARGE_PAGE - 1)) != 0)
			refuse("memory of a VM that is not aligned");
		claim(m->ram.hpa, m->ram.bytes, FRAME_WORD(FRAME_SCRUB, i),
		      "memory of a VM that is not free RAM");
	}
	for (uint32_t i = 0; i < h->mmio_count; i++)
		unowned_check(h, h->mmio[i].hpa, h->mmio[i].bytes);
	unowned_check(h, h->fb.hpa, h->fb.hpa != 0 ? HANDOFF_SCREEN_BYTES(h->fb) : 0);
	ptab_pool_init((void *)h->ptpool_va, (hpa_t){h->ptpool_hpa}, h->ptpool_pages);
}

static void announce(const struct handoff *h, const struct hv_system *s)
{
	log_line(
		"bulkhead core abi=%u system=%s serial=%u vms=%u cpus=%u tsc_khz=%lu lapic_khz=%lu",
		HV_ABI_VERSION, (const char *)s->name, s->serial, s->dom_count, h->cpu_count,
		h->tsc_khz, h->lapic_khz);
	if (!(h->flags & HANDOFF_VERIFIED))
		log_line("UNVERIFIED: no firmware signature check covers loader and description");
	/* for the audit from outside */
	log_line("roots cr3=%lx frames=%lx count=%lu ptpool=%lx pages=%u core=%lx+%lx", h->host_cr3,
		 h->frames_hpa, h->frames_count, h->ptpool_hpa, h->ptpool_pages, h->core_hpa,
		 h->core_bytes);
	for (uint32_t i = 0; i < h->cpu_count; i++)
		log_line("windows cpu=%u va=%lx bytes=%lx", i, h->cpu[i].win_va,
			 (uint64_t)WIN_AREA);
}

/* Who has a processor to itself is told: it takes the time from nobody when it looks for messages instead of sleeping. */
static void mark_alone(void)
{
	for (uint32_t i = 0; i < dom_count(); i++) {
		uint32_t there = 0;

		for (uint32_t j = 0; j < dom_count(); j++)
			there += dom_at(j)->cpu == dom_at(i)->cpu;
		if (there == 1)
			dom_at(i)->flags |= HV_DOM_ALONE;
	}
}

void core_main(const struct handoff *h)
{
	const struct hv_system *s = (const struct hv_system *)h->system_va;
	const char *what = NULL;

	handoff_check(h);
	bar_init(h);
	if (system_check(s, &what) != HV_OK)
		core_refuse(what,
			    "description: found a broken rule (%s); needed: one that bhctl bundle "
			    "build accepts",
			    what);
	memory_init(h, s);
	entropy_init(h->entropy, ARRAY_LEN(h->entropy));
	announce(h, s);
	dom_init(h, s);
	mark_alone();
	device_init();
	chan_init();
	focus_init();
	for (uint32_t i = 0; i < dom_count(); i++) {
		dom_at(i)->swap.spare.room = h->dom[i].spare.bytes;
		life_boot(dom_at(i));
		sched_init(dom_at(i), hw_tsc());
	}
}
