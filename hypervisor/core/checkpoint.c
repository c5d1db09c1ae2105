/* SPDX-License-Identifier: Apache-2.0 */
/* A VM's checkpoint: RAM and vCPU kept before it touched a device or a channel, and copied back for its next life. Not reached by an exit. */
#include "checkpoint.h"
#include "device.h"
#include "hw.h"
#include "life.h"
#include "sched.h"

/* One step: so much work, at most 1 ms. To look at a leaf is 1, to copy or zero a page is more. */
#define STEP_WORK 1024u
#define COPY_WORK 16u

static const char *name_of(const struct domain *d)
{
	return (const char *)d->sys->name;
}

static void *ram(const struct domain *d, uint64_t gpa, enum win_slot slot, bool writable)
{
	return hw_window(slot, (hpa_t){d->mem->ram.hpa + gpa}, writable);
}

static void *kept(const struct domain *d, uint64_t gpa, enum win_slot slot, bool writable)
{
	return hw_window(slot, (hpa_t){d->mem->kept.hpa + gpa}, writable);
}

/* The secret is in no copy: each life gets it anew. */
static bool is_secret(const struct domain *d, uint64_t gpa)
{
	return d->sys->secret_bytes != 0 && gpa + PAGE_SIZE > d->sys->secret_gpa &&
	       gpa < d->sys->secret_gpa + d->sys->secret_bytes;
}

static void keep_page(struct domain *d, uint64_t gpa)
{
	void *to = kept(d, gpa, WIN_PAGE, true);

	if (is_secret(d, gpa))
		memset(to, 0, PAGE_SIZE);
	else
		memcpy(to, ram(d, gpa, WIN_WORK, false), PAGE_SIZE);
	if (d->tracked)
		(void)ptab_dirty_take(&d->npt, gpa);
}

/* Its registers as they were when it called; from here on it may have devices and channels. */
static void save_finish(struct domain *d)
{
	sched_unload(d);
	vcpu_keep(&d->vcpu, d->id);
	vcpu_flush(&d->vcpu);
	d->kept_pci = d->pci;
	d->kept_tsc = hw_tsc() + vcpu_tsc_offset(&d->vcpu);
	d->kept = true;
	log_line("vm %s checkpoint=%lx+%lx life=%lu exits=%lu, %s", name_of(d), d->mem->kept.hpa,
		 d->ram_bytes, d->life, d->exits,
		 d->tracked ? "restored where written" : "restored whole");
	if (life_open(d))
		life_set_state(d, HV_VM_RUNNING);
}

void checkpoint_save(struct domain *d)
{
	struct life_work *w = &d->work;

	for (unsigned i = 0; i < STEP_WORK && w->done < d->ram_bytes; i += COPY_WORK) {
		keep_page(d, w->done);
		w->done += PAGE_SIZE;
	}
	if (w->done == d->ram_bytes)
		save_finish(d);
}

/* Only where they differ: most of a VM's memory is code and what it never wrote, and a write to code makes the processor forget more than the page. */
static void put_back(uint64_t *to, const uint64_t *from)
{
	for (unsigned i = 0; i < PAGE_SIZE / sizeof *to; i++) {
		if (to[i] != from[i])
			to[i] = from[i];
	}
}

/* What this page costs. Behind the RAM that the guest knows nothing is kept: it begins as zeros. */
static unsigned bring_back(struct domain *d, uint64_t at)
{
	if (at >= d->ram_bytes)
		ASSERT(life_scrub_page((hpa_t){d->mem->ram.hpa + at}));
	else if (!d->tracked || ptab_dirty_take(&d->npt, at))
		put_back(ram(d, at, WIN_PAGE, true), kept(d, at, WIN_WORK, false));
	else
		return 1;
	return COPY_WORK;
}

static void restore_finish(struct domain *d)
{
	const char *fault = life_secret_fault(d);

	hw_wipe(d->console.line, sizeof d->console.line);
	if (fault != NULL) {
		life_refuse(d, HV_STOP_SECRET, fault);
		return;
	}
	if (!d->tracked && life_map(d) != HV_OK) {
		life_unfit(d);
		return;
	}
	if (!life_open(d))
		return;
	vcpu_restore(&d->vcpu, d->id, d->npt.root, d->kept_tsc - hw_tsc());
	d->pci = d->kept_pci;
	life_begin(d, "from its checkpoint");
	d->vcpu.gpr[RDX] = d->life; /* what the call answers when it returns again */
}

void checkpoint_restore(struct domain *d, uint64_t now, bool rested)
{
	struct life_work *w = &d->work;

	for (unsigned i = 0; i < STEP_WORK && w->done < d->mem->ram.bytes; w->done += PAGE_SIZE)
		i += bring_back(d, w->done);
	if (w->done < d->mem->ram.bytes)
		return;
	if (rested && now >= d->not_before)
		restore_finish(d);
	else
		life_wait(d, now, rested);
}
