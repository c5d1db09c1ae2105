/* SPDX-License-Identifier: Apache-2.0 */
/* The long work of a life, done in turns of the scheduler: scrub, copy, hash, start. Must not run on an exit of a guest. */
#include "capsule.h"
#include "checkpoint.h"
#include "device.h"
#include "focus.h"
#include "hw.h"
#include "life.h"
#include "restart.h"
#include "sched.h"
#include "swap.h"

#define SCRUB_STEP_PAGES 64u
#define LOAD_STEP_PAGES	 8u
#define REST_LOOK_US	 1000u

static const char *name_of(const struct domain *d)
{
	return (const char *)d->sys->name;
}

/* The frame belongs to nobody else: no lock is held over the work. */
bool life_scrub_page(hpa_t page)
{
	const volatile uint64_t *p; /* the check reads memory, not what the compiler knows */
	uint64_t bits = 0;

	memset(hw_window(WIN_WORK, page, true), 0, PAGE_SIZE);
	p = hw_window(WIN_WORK, page, false);
	for (unsigned i = 0; i < PAGE_SIZE / sizeof *p; i++)
		bits |= p[i];
	return bits == 0;
}

/* Zeroed, but a device may write to it still: nobody gets it, and the VM does not come back. */
static void quarantine(struct domain *d)
{
	life_move_ram(d, FRAME_SCRUB, FRAME_LOST);
	capsule_drop(d);
	d->cause = HV_STOP_UNFIT;
	life_set_state(d, HV_VM_REFUSED);
	log_line("vm %s refused: the IOMMU did not confirm that its devices are cut off, its "
		 "memory is lost",
		 name_of(d));
}

/* RESTED: its devices are reset and judged. Loading need not wait for that: running does. */
static void scrub_step(struct domain *d, uint64_t now, bool rested)
{
	bool again = d->after_scrub == HV_VM_LOADING && !d->device_lost;

	for (unsigned i = 0; i < SCRUB_STEP_PAGES && d->work.done < d->mem->ram.bytes; i++) {
		bool clean = life_scrub_page((hpa_t){d->mem->ram.hpa + d->work.done});

		/* memory that does not keep zeros, with no device to blame: stop the machine */
		ASSERT(clean || d->device_lost);
		d->work.done += PAGE_SIZE;
	}
	if (d->work.done < d->mem->ram.bytes)
		return;
	if (!again && !rested) {
		life_wait(d, now, false);
		return;
	}
	hw_wipe(d->console.line, sizeof d->console.line);
	if (d->device_lost) {
		quarantine(d);
		return;
	}
	life_move_ram(d, FRAME_SCRUB, FRAME_FREE);
	if (again) {
		life_load(d);
		return;
	}
	if (d->after_scrub != HV_VM_DEAD) /* switched off or refused */
		capsule_drop(d);
	life_set_state(d, d->after_scrub);
	log_line("vm %s %s (%s), memory clean", name_of(d), life_state_name(d->state),
		 life_cause_name(d->cause));
}

/* Loading failed: the frames may hold part of the image. A spare image that cannot be had makes room for the one it took the place of. */
void life_refuse(struct domain *d, enum hv_stop_cause cause, const char *why)
{
	bool other = swap_refused(d);

	d->cause = cause;
	d->kept = false;
	life_drop_table(d);
	log_line("vm %s refused: %s", name_of(d), why);
	life_move_ram(d, FRAME_RAM, FRAME_SCRUB);
	life_scrub(d, other ? HV_VM_LOADING : HV_VM_REFUSED);
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
		if (r->gpa < d->sys->secret_gpa + d->sys->secret_bytes && d->sys->secret_gpa < next)
			return "image header: range over the secret";
	}
	if (pages * PAGE_SIZE != m->file_bytes || m->file_bytes > d->work.file_room)
		return "image header: length";
	return NULL;
}

/* The boot image, or the spare one: no longer than what was sealed. */
static void choose_file(struct domain *d)
{
	struct life_work *w = &d->work;

	d->swap.runs = d->swap.spare.used; /* a request to start again follows each change of it */
	w->file_hpa = d->swap.runs ? d->mem->spare.hpa : d->mem->image.hpa;
	w->file_room = d->swap.runs ? d->swap.spare.bytes : d->mem->image.bytes;
}

void life_load(struct domain *d)
{
	struct life_work *w = &d->work;
	const char *fault;

	life_move_ram(d, FRAME_FREE, FRAME_RAM);
	d->open = !(d->sys->flags & HV_DOM_CHECKPOINT);
	d->kept = d->cold = false;
	w->done = w->wait = 0;
	w->range = 0;
	w->offset = PAGE_SIZE;
	if (d->device_fault != NULL) {
		life_refuse(d, d->device_cause, d->device_fault);
		return;
	}
	choose_file(d);
	if (!d->swap.runs && (d->mem->image_status != IMAGE_OK || w->file_room < PAGE_SIZE)) {
		life_refuse(d, HV_STOP_IMAGE, "image file missing");
		return;
	}
	memcpy(&w->image, hw_window(WIN_WORK, (hpa_t){w->file_hpa}, false), sizeof w->image);
	sha256_init(&w->sha);
	sha256_update(&w->sha, &w->image, sizeof w->image);
	fault = header_fault(d);
	if (fault != NULL) {
		life_refuse(d, HV_STOP_HEADER, fault);
		return;
	}
	life_set_state(d, HV_VM_LOADING);
	log_line("vm %s loading %lu KiB", name_of(d), w->image.file_bytes / 1024);
}

/* One page: from the loader's copy into the guest's frame, and the hash over what the frame holds. */
static void load_page(struct domain *d, uint64_t gpa)
{
	struct life_work *w = &d->work;
	void *to = hw_window(WIN_PAGE, (hpa_t){d->mem->ram.hpa + gpa}, true);

	memcpy(to, hw_window(WIN_WORK, (hpa_t){w->file_hpa + w->offset}, false), PAGE_SIZE);
	sha256_update(&w->sha, to, PAGE_SIZE);
	w->offset += PAGE_SIZE;
}

/* In small leaves where the table has to tell what was written. */
enum hv_err life_map(struct domain *d)
{
	uint64_t step = d->tracked ? PAGE_SIZE : d->ram_bytes;

	life_drop_table(d);
	for (uint64_t at = 0; at < d->ram_bytes; at += step)
		ASSERT(ptab_map(&d->npt, at, (hpa_t){d->mem->ram.hpa + at}, step,
				PROT_R | PROT_W | PROT_X, MEM_WB) == HV_OK);
	return focus_screen_start(d);
}

bool life_open(struct domain *d)
{
	if (device_assign(d) == HV_OK) {
		d->open = true;
		return true;
	}
	life_unfit(d);
	return false;
}

void life_unfit(struct domain *d)
{
	device_release(d);
	life_refuse(d, HV_STOP_UNFIT, "its devices or its screen cannot be assigned");
}

void life_begin(struct domain *d, const char *how)
{
	atomic_store_explicit(&d->events[0], 0, memory_order_relaxed);
	atomic_store_explicit(&d->events[1], 0, memory_order_relaxed);
	d->ready = false;
	d->status = 0;
	d->storm = (struct device_storm){0};
	d->exits = d->exit_code = d->last_gpa = d->iommu_faults = d->sent_bytes = 0;
	memset(d->exit_counts, 0, sizeof d->exit_counts);
	d->life++;
	sched_init(d, hw_tsc());
	life_set_state(d, HV_VM_RUNNING);
	log_line("vm %s dom=%u ncr3=%lx ram=%lx+%lx life=%lu running on cpu %u, %s", name_of(d),
		 d->id, d->npt.root.v, d->mem->ram.hpa, d->ram_bytes, d->life, d->cpu, how);
	if (d->stopped_at != 0)
		log_line("vm %s back after %lu us", name_of(d),
			 (hw_tsc() - d->stopped_at) / (dom_handoff()->tsc_khz / 1000));
}

/* Room in the slice of the page-table pool for a leaf table each 2 MiB, and those above. */
static bool can_track(const struct domain *d)
{
	return (d->sys->flags & HV_DOM_CHECKPOINT) && !(d->sys->flags & HV_DOM_SCREEN) &&
	       !device_has(d) && d->ram_bytes / LARGE_PAGE + 4 <= NPT_PAGES;
}

static void start(struct domain *d)
{
	const struct hv_image *m = &d->work.image;

	d->tracked = can_track(d);
	if (life_map(d) != HV_OK) {
		life_unfit(d);
		return;
	}
	if (d->open && !life_open(d))
		return;
	vcpu_init(&d->vcpu, d->id, d->npt.root, 0 - hw_tsc());
	vcpu_set_entry(&d->vcpu, m->rip, m->rsp, m->rsi, m->cr3);
	life_begin(d, "from its image");
}

/* The secret, like the image: copied, and hashed in the guest's own frames. One step: it is 8 pages at most. */
const char *life_secret_fault(struct domain *d)
{
	uint64_t bytes = d->sys->secret_bytes;
	uint8_t digest[SHA256_BYTES];

	if (bytes == 0)
		return NULL;
	if (d->mem->secret_status != IMAGE_OK || d->mem->secret.bytes != bytes)
		return "secret file missing, or not as long as the description says";
	sha256_init(&d->work.sha);
	for (uint64_t at = 0; at < bytes; at += PAGE_SIZE) {
		size_t n = bytes - at < PAGE_SIZE ? bytes - at : PAGE_SIZE;
		hpa_t to = {d->mem->ram.hpa + d->sys->secret_gpa + at};
		void *copy = hw_window(WIN_PAGE, to, true);

		memcpy(copy, hw_window(WIN_WORK, (hpa_t){d->mem->secret.hpa + at}, false), n);
		sha256_update(&d->work.sha, copy, n);
	}
	sha256_final(&d->work.sha, digest);
	memset(&d->work.sha, 0, sizeof d->work.sha); /* holds the end of the secret */
	return memcmp(digest, d->sys->secret_digest, sizeof digest) == 0
		       ? NULL
		       : "secret digest differs from the description";
}

static void load_finish(struct domain *d)
{
	const char *fault;
	bool spare = d->swap.runs;

	sha256_final(&d->work.sha, d->digest);
	if (memcmp(d->digest, spare ? d->swap.spare.digest : d->sys->image_digest,
		   sizeof d->digest) != 0) {
		life_refuse(d, HV_STOP_DIGEST,
			    spare ? "image digest differs from the sealed one"
				  : "image digest differs from the description");
		return;
	}
	fault = life_secret_fault(d);
	if (fault != NULL)
		life_refuse(d, HV_STOP_SECRET, fault);
	else
		start(d);
}

/* Nothing but time is missing: a device's rest, looked at each millisecond, or its own (not_before). */
void life_wait(struct domain *d, uint64_t now, bool rested)
{
	d->work.wait = rested ? d->not_before : now + REST_LOOK_US * dom_handoff()->tsc_khz / 1000;
}

/* When the last page is in place, devices that were reset may still need their rest. */
static void load_step(struct domain *d, uint64_t now, bool rested)
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
	if (w->range < w->image.range_count)
		return;
	if (rested && now >= d->not_before)
		load_finish(d);
	else
		life_wait(d, now, rested);
}

void life_step(struct domain *d)
{
	uint64_t now = hw_tsc();
	bool rested = device_rested(d, now); /* their resets go on meanwhile */

	restart_pause(d);

	if (d->state == HV_VM_SCRUBBING)
		scrub_step(d, now, rested);
	else if (d->state == HV_VM_LOADING)
		load_step(d, now, rested);
	else if (d->state == HV_VM_SAVING)
		checkpoint_save(d);
	else if (d->state == HV_VM_RESTORING)
		checkpoint_restore(d, now, rested);
	hw_windows_close();
}
