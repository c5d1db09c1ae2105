/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a VM. Must run on the VM's home processor; only life_request may be called from elsewhere. */
#include "bar.h"
#include "channel.h"
#include "device.h"
#include "focus.h"
#include "frames.h"
#include "hw.h"
#include "life.h"
#include "lock.h"
#include "sched.h"

#define SCRUB_STEP_PAGES 64u
#define LOAD_STEP_PAGES	 8u

const char *life_state_name(enum hv_vm_state s)
{
	static const char *const names[] = {"off",	 "loading", "running",
					    "scrubbing", "dead",    "refused"};

	return (unsigned)s < ARRAY_LEN(names) ? names[s] : "?";
}

const char *life_cause_name(enum hv_stop_cause c)
{
	static const char *const names[] = {
		"none",	  "exit",  "triple-fault", "nested-fault", "bad-state", "unexpected-exit",
		"killed", "reset", "halted",	   "wrong-digest", "no-image",	"no-device",
		"iommu",  "off",   "no-memory",	   "bad-image",	   "bad-device"};

	return (unsigned)c < ARRAY_LEN(names) ? names[c] : "?";
}

static const char *name_of(const struct domain *d)
{
	return (const char *)d->sys->name;
}

static bool announced; /* since a VM last began to come up */

static bool on_the_way(const struct domain *d)
{
	return d->state == HV_VM_LOADING || d->state == HV_VM_SCRUBBING ||
	       (d->state == HV_VM_RUNNING && !d->ready);
}

void life_announce(void)
{
	uint32_t ready = 0;

	for (uint32_t i = 0; i < dom_count(); i++) {
		if (on_the_way(dom_at(i)))
			return;
		ready += dom_at(i)->ready;
	}
	if (!announced)
		log_line("ready vms=%u", ready);
	announced = true;
}

static void set_state(struct domain *d, enum hv_vm_state to)
{
	lock_core();
	d->state = to;
	if (on_the_way(d))
		announced = false;
	else
		life_announce();
	bar_draw();
	unlock_core();
}

static void move_ram(struct domain *d, enum frame_kind from, enum frame_kind to)
{
	enum hv_err err;

	lock_core();
	err = frames_move((hpa_t){d->mem->ram.hpa}, d->mem->ram.bytes, FRAME_WORD(from, d->id),
			  FRAME_WORD(to, d->id));
	unlock_core();
	ASSERT(err == HV_OK);
}

static void scrub_begin(struct domain *d, enum hv_vm_state after)
{
	d->work.done = 0;
	d->after_scrub = after;
	set_state(d, HV_VM_SCRUBBING);
}

void life_boot(struct domain *d)
{
	if (d->mem->ram.bytes == 0) {
		d->state = HV_VM_REFUSED;
		d->cause = HV_STOP_MEMORY;
		log_line("vm %s refused: no memory was set aside for it", name_of(d));
		return;
	}
	scrub_begin(d, (d->sys->flags & HV_DOM_ENABLED) ? HV_VM_LOADING : HV_VM_OFF);
}

bool life_has_work(const struct domain *d)
{
	return d->state == HV_VM_SCRUBBING || d->state == HV_VM_LOADING;
}

/* Frames in SCRUB belong to nobody else: no lock is held over the work. */
static bool scrub_page(hpa_t page)
{
	void *va = hw_window(WIN_WORK, page, true);
	const volatile uint64_t *p = va; /* the check reads memory, not what the compiler knows */
	uint64_t bits = 0;

	memset(va, 0, PAGE_SIZE);
	for (unsigned i = 0; i < PAGE_SIZE / sizeof *p; i++)
		bits |= p[i];
	return bits == 0;
}

static void load_begin(struct domain *d);

static void scrub_step(struct domain *d)
{
	for (unsigned i = 0; i < SCRUB_STEP_PAGES && d->work.done < d->mem->ram.bytes; i++) {
		/* memory that does not keep zeros: stop the machine */
		ASSERT(scrub_page((hpa_t){d->mem->ram.hpa + d->work.done}));
		d->work.done += PAGE_SIZE;
	}
	if (d->work.done < d->mem->ram.bytes)
		return;
	move_ram(d, FRAME_SCRUB, FRAME_FREE);
	if (d->after_scrub == HV_VM_LOADING) {
		load_begin(d);
		return;
	}
	set_state(d, d->after_scrub);
	log_line("vm %s %s (%s), memory clean", name_of(d), life_state_name(d->state),
		 life_cause_name(d->cause));
}

/* Loading failed: the frames may hold part of the image. */
static void refuse(struct domain *d, enum hv_stop_cause cause, const char *why)
{
	d->cause = cause;
	log_line("vm %s refused: %s", name_of(d), why);
	move_ram(d, FRAME_RAM, FRAME_SCRUB);
	scrub_begin(d, HV_VM_REFUSED);
}

/* Checks our own copy of the header; nothing else of the file is interpreted. */
static const char *header_fault(const struct domain *d)
{
	const struct hv_image *m = &d->work.image;
	uint64_t next = 0, pages = 1, ram = d->ram_bytes;

	if (m->magic != HV_IMAGE_MAGIC || m->version != HV_IMAGE_VERSION)
		return "image header: magic or version";
	if (m->range_count == 0 || m->range_count > HV_IMAGE_RANGE_MAX)
		return "image header: number of ranges";
	if (m->ram_min_bytes > ram)
		return "image needs more memory than the description gives";
	for (uint32_t i = 0; i < m->range_count; i++) {
		const struct hv_image_range *r = &m->range[i];

		if ((r->gpa & PAGE_MASK) != 0 || r->gpa < next || r->gpa > ram || r->pages == 0)
			return "image header: range";
		if (r->pages > (ram - r->gpa) / PAGE_SIZE)
			return "image header: range outside memory";
		next = r->gpa + r->pages * PAGE_SIZE;
		pages += r->pages;
	}
	if (pages * PAGE_SIZE != m->file_bytes || m->file_bytes > d->mem->image.bytes)
		return "image header: length";
	return NULL;
}

static void load_begin(struct domain *d)
{
	struct life_work *w = &d->work;
	const char *fault;

	move_ram(d, FRAME_FREE, FRAME_RAM);
	w->done = 0;
	w->range = 0;
	w->offset = PAGE_SIZE;
	if (d->device_fault != NULL) {
		refuse(d, d->device_cause, d->device_fault);
		return;
	}
	if (d->mem->image_status != IMAGE_OK || d->mem->image.bytes < PAGE_SIZE) {
		refuse(d, HV_STOP_IMAGE, "image file missing");
		return;
	}
	memcpy(&w->image, hw_window(WIN_WORK, (hpa_t){d->mem->image.hpa}, false), sizeof w->image);
	sha256_init(&w->sha);
	sha256_update(&w->sha, &w->image, sizeof w->image);
	fault = header_fault(d);
	if (fault != NULL) {
		refuse(d, HV_STOP_HEADER, fault);
		return;
	}
	set_state(d, HV_VM_LOADING);
	log_line("vm %s loading %lu KiB", name_of(d), w->image.file_bytes / 1024);
}

/* One page: from the loader's copy into the guest's frame, and the hash over what the frame holds. */
static void load_page(struct domain *d, uint64_t gpa)
{
	struct life_work *w = &d->work;
	void *to = hw_window(WIN_DST, (hpa_t){d->mem->ram.hpa + gpa}, true);

	memcpy(to, hw_window(WIN_WORK, (hpa_t){d->mem->image.hpa + w->offset}, false), PAGE_SIZE);
	sha256_update(&w->sha, to, PAGE_SIZE);
	w->offset += PAGE_SIZE;
}

/* No translation stays. */
static void table_wipe(struct domain *d)
{
	ptab_init(&d->npt, PTAB_NPT, PTPOOL_CORE_PAGES + d->id * PTPOOL_DOM_PAGES, NPT_PAGES);
}

static void start(struct domain *d)
{
	const struct hv_image *m = &d->work.image;

	table_wipe(d);
	ASSERT(ptab_map(&d->npt, 0, (hpa_t){d->mem->ram.hpa}, d->ram_bytes,
			PROT_R | PROT_W | PROT_X, MEM_WB) == HV_OK);
	if (device_assign(d) != HV_OK || focus_screen_start(d) != HV_OK) {
		device_release(d);
		table_wipe(d);
		refuse(d, HV_STOP_UNFIT, "its devices or its screen cannot be assigned");
		return;
	}
	vcpu_init(&d->vcpu, d->id, d->npt.root, 0 - hw_tsc());
	vcpu_set_entry(&d->vcpu, m->rip, m->rsp, m->rsi, m->cr3);
	memset(&d->pci, 0, sizeof d->pci);
	atomic_store_explicit(&d->events[0], 0, memory_order_relaxed);
	atomic_store_explicit(&d->events[1], 0, memory_order_relaxed);
	d->ready = false;
	d->status = 0;
	d->exits = d->exit_code = d->last_gpa = d->iommu_faults = 0;
	d->life++;
	sched_init(d, hw_tsc());
	set_state(d, HV_VM_RUNNING);
	log_line("vm %s dom=%u ncr3=%lx ram=%lx+%lx life=%lu running on cpu %u", name_of(d), d->id,
		 d->npt.root.v, d->mem->ram.hpa, d->ram_bytes, d->life, d->cpu);
}

static void load_finish(struct domain *d)
{
	sha256_final(&d->work.sha, d->digest);
	if (memcmp(d->digest, d->sys->image_digest, sizeof d->digest) != 0) {
		refuse(d, HV_STOP_DIGEST, "image digest differs from the description");
		return;
	}
	start(d);
}

/* The last page is in place; devices that were reset may still need their rest. */
static void load_wait(struct domain *d)
{
	if (device_rested(d, hw_tsc()))
		load_finish(d);
}

static void load_step(struct domain *d)
{
	struct life_work *w = &d->work;

	for (unsigned i = 0; i < LOAD_STEP_PAGES && w->range < w->image.range_count; i++) {
		const struct hv_image_range *r = &w->image.range[w->range];

		load_page(d, r->gpa + w->done * PAGE_SIZE);
		if (++w->done < r->pages)
			continue;
		w->done = 0;
		w->range++;
	}
	if (w->range == w->image.range_count)
		load_wait(d);
}

void life_step(struct domain *d)
{
	if (d->state == HV_VM_SCRUBBING)
		scrub_step(d);
	else if (d->state == HV_VM_LOADING)
		load_step(d);
	hw_windows_close();
}

static void log_stop(const struct domain *d, enum hv_stop_cause cause)
{
	uint64_t kept = d->exits < EXIT_HISTORY ? d->exits : EXIT_HISTORY;

	log_line("vm %s stopped: %s code=%lu rip=%lx cr2=%lx gpa=%lx exits=%lu", name_of(d),
		 life_cause_name(cause), d->exit_code, d->last_rip, vcpu_cr2(&d->vcpu), d->last_gpa,
		 d->exits);
	if (cause == HV_STOP_EXIT || cause == HV_STOP_KILLED || cause == HV_STOP_OFF)
		return; /* as asked: how it came to it is of no interest */
	for (uint64_t i = d->exits - kept; i < d->exits; i++)
		log_line("vm %s   exit %lx at rip %lx", name_of(d),
			 d->history[i % EXIT_HISTORY].code, d->history[i % EXIT_HISTORY].rip);
}

/* May this VM come back by itself? Counts it when it may. */
static bool restart_allowed(struct domain *d)
{
	uint64_t now = hw_tsc(), window = d->sys->restart_window_s * dom_handoff()->tsc_khz * 1000;

	if (!(d->sys->flags & HV_DOM_AUTORESTART))
		return false;
	if (now - d->window_start > window) {
		d->window_start = now;
		d->window_restarts = 0;
	}
	if (d->window_restarts >= d->sys->restart_count)
		return false;
	d->window_restarts++;
	return true;
}

static void stop(struct domain *d, enum hv_stop_cause cause, enum hv_vm_state after)
{
	if (d->state == HV_VM_RUNNING) {
		lock_core();
		d->state = HV_VM_SCRUBBING; /* from here on nobody gives it the focus again */
		chan_domain_gone(d, cause);
		focus_domain_gone(d);
		unlock_core();
		device_release(d);
		d->last_rip = vcpu_rip(&d->vcpu);
		log_guest_flush(&d->console);
		log_stop(d, cause);
		sched_forget(d);
		vcpu_wipe(&d->vcpu);
		table_wipe(d);
		memset(d->history, 0, sizeof d->history);
	}
	d->ready = false;
	d->status = 0;
	d->cause = cause;
	if (after == HV_VM_LOADING)
		d->restarts++;
	move_ram(d, FRAME_RAM, FRAME_SCRUB);
	scrub_begin(d, after);
}

void life_stop(struct domain *d, enum hv_stop_cause cause)
{
	ASSERT(d->state == HV_VM_RUNNING);
	stop(d, cause, restart_allowed(d) ? HV_VM_LOADING : HV_VM_DEAD);
}

/* What one word says of R and of the request before it, which waits to be served. */
static enum life_request both(enum life_request waiting, enum life_request r)
{
	if (r == LIFE_STORM && waiting != LIFE_NONE)
		return waiting; /* what somebody asked for is not undone by a storm */
	if (r == LIFE_ON && waiting != LIFE_NONE && waiting != LIFE_ON)
		return LIFE_RESTART; /* it is to stop, and then to run */
	return r;
}

void life_request(struct domain *d, enum life_request r)
{
	uint32_t waiting = atomic_load_explicit(&d->request, memory_order_relaxed);

	lock_assert_held();
	/* pairs with life_serve, which may take the one that waits: then R is alone */
	if (!atomic_compare_exchange_strong_explicit(&d->request, &waiting,
						     (uint32_t)both((enum life_request)waiting, r),
						     memory_order_release, memory_order_relaxed))
		atomic_store_explicit(&d->request, (uint32_t)r, memory_order_release);
	if (d->cpu != hw_cpu())
		hw_kick(d->cpu);
}

static void begin_again(struct domain *d)
{
	if (d->mem->ram.bytes == 0)
		return; /* refused at boot for good */
	d->restarts++;
	load_begin(d);
}

void life_serve(struct domain *d)
{
	uint32_t r = atomic_exchange_explicit(&d->request, LIFE_NONE, memory_order_acquire);
	bool alive = d->state == HV_VM_RUNNING || d->state == HV_VM_LOADING;

	if (r == LIFE_NONE || (r == LIFE_STORM && !alive))
		return;
	if (d->state == HV_VM_SCRUBBING) { /* say what comes after; the scrub goes on */
		d->after_scrub = r == LIFE_KILL	 ? HV_VM_DEAD
				 : r == LIFE_OFF ? HV_VM_OFF
						 : HV_VM_LOADING;
		return;
	}
	if (r == LIFE_KILL && alive)
		stop(d, HV_STOP_KILLED, HV_VM_DEAD);
	else if (r == LIFE_OFF && alive)
		stop(d, HV_STOP_OFF, HV_VM_OFF);
	else if (r == LIFE_STORM && d->state == HV_VM_RUNNING)
		life_stop(d, HV_STOP_IOMMU);
	else if (r == LIFE_RESTART && alive)
		stop(d, HV_STOP_KILLED, HV_VM_LOADING);
	else if ((r == LIFE_ON || r == LIFE_RESTART) && !alive)
		begin_again(d);
	hw_windows_close();
}
