/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a VM. Must run on the VM's home processor; only life_request may be called from elsewhere. */
#include "bar.h"
#include "capsule.h"
#include "channel.h"
#include "device.h"
#include "focus.h"
#include "guestmem.h"
#include "hv_event.h"
#include "hw.h"
#include "life.h"
#include "lock.h"
#include "restart.h"
#include "sched.h"

#define GUEST_ENTRY_ADDR 0x000ffffffffff000ull
#define GUEST_LEVELS	 4u

const char *life_state_name(enum hv_vm_state s)
{
	static const char *const names[] = {"off",  "loading", "running", "scrubbing",
					    "dead", "refused", "saving",  "restoring"};

	return (unsigned)s < ARRAY_LEN(names) ? names[s] : "?";
}

const char *life_cause_name(enum hv_stop_cause c)
{
	static const char *const names[] = {"none",	    "exit",	  "triple-fault",
					    "nested-fault", "bad-state",  "unexpected-exit",
					    "killed",	    "reset",	  "halted",
					    "wrong-digest", "no-image",	  "no-device",
					    "iommu",	    "off",	  "no-memory",
					    "bad-image",    "bad-device", "bad-secret",
					    "no-progress",  "panic",	  "interrupt-storm"};

	return (unsigned)c < ARRAY_LEN(names) ? names[c] : "?";
}

static const char *name_of(const struct domain *d)
{
	return (const char *)d->sys->name;
}

static bool announced; /* since a VM last began to come up */

static bool on_the_way(const struct domain *d)
{
	return life_has_work(d) || (d->state == HV_VM_RUNNING && !d->ready);
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

void life_set_state(struct domain *d, enum hv_vm_state to)
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

void life_move_ram(struct domain *d, enum frame_kind from, enum frame_kind to)
{
	enum hv_err err;

	lock_core();
	err = frames_move((hpa_t){d->mem->ram.hpa}, d->mem->ram.bytes, FRAME_WORD(from, d->id),
			  FRAME_WORD(to, d->id));
	unlock_core();
	ASSERT(err == HV_OK);
}

void life_scrub(struct domain *d, enum hv_vm_state after)
{
	d->work.done = d->work.wait = 0;
	d->after_scrub = after;
	life_set_state(d, HV_VM_SCRUBBING);
}

void life_boot(struct domain *d)
{
	if (d->mem->ram.bytes == 0) {
		d->state = HV_VM_REFUSED;
		d->cause = HV_STOP_MEMORY;
		log_line("vm %s refused: no memory was set aside for it", name_of(d));
		return;
	}
	life_scrub(d, (d->sys->flags & HV_DOM_ENABLED) ? HV_VM_LOADING : HV_VM_OFF);
}

bool life_has_work(const struct domain *d)
{
	return d->state == HV_VM_SCRUBBING || d->state == HV_VM_LOADING ||
	       d->state == HV_VM_SAVING || d->state == HV_VM_RESTORING;
}

/* It has begun and is not stopped yet: its vCPU, table and devices are there. */
static bool lives(const struct domain *d)
{
	return d->state == HV_VM_RUNNING || d->state == HV_VM_SAVING;
}

void life_save(struct domain *d)
{
	lock_assert_held();
	d->work.done = d->work.wait = 0;
	d->state = HV_VM_SAVING;
}

void life_drop_table(struct domain *d)
{
	ptab_init(&d->npt, PTAB_NPT, PTPOOL_CORE_PAGES + d->id * PTPOOL_DOM_PAGES, NPT_PAGES);
}

/* What memory says of the address the last fault was at, by the guest's own tables: were they gone, or not looked at rightly? */
static void log_tables(const struct domain *d)
{
	uint64_t va = vcpu_cr2(&d->vcpu), e = vcpu_cr3(&d->vcpu) | 1;

	lock_core();
	for (unsigned l = GUEST_LEVELS; l > 0 && (e & 1) && (l > 2 || !(e & BIT(7))); l--) {
		uint64_t at = (e & GUEST_ENTRY_ADDR) + (va >> (3 + 9 * l) & 511) * sizeof e;

		if (guestmem_copy_in(d, (gpa_t){at}, &e, sizeof e) != HV_OK)
			break;
		log_line("vm %s   table %u at cr2: %lx", name_of(d), l, e);
	}
	unlock_core();
	hw_windows_close();
}

static void log_stop(const struct domain *d, enum hv_stop_cause cause)
{
	uint64_t kept = d->exits < EXIT_HISTORY ? d->exits : EXIT_HISTORY;
	const uint64_t *n = d->exit_counts;

	log_line("vm %s stopped: %s code=%lu rip=%lx cr2=%lx cr3=%lx efer=%lx gpa=%lx exits=%lu",
		 name_of(d), life_cause_name(cause), d->exit_code, d->last_rip, vcpu_cr2(&d->vcpu),
		 vcpu_cr3(&d->vcpu), vcpu_efer(&d->vcpu), d->last_gpa, d->exits);
	log_line("vm %s exits: cpuid=%lu rdmsr=%lu wrmsr=%lu io=%lu hlt=%lu hcall=%lu xsetbv=%lu "
		 "skip=%lu ud=%lu exception=%lu",
		 name_of(d), n[VEXIT_CPUID], n[VEXIT_RDMSR], n[VEXIT_WRMSR], n[VEXIT_IO],
		 n[VEXIT_HLT], n[VEXIT_HCALL], n[VEXIT_XSETBV], n[VEXIT_SKIP], n[VEXIT_UD],
		 n[VEXIT_EXCEPTION]);
	if (cause == HV_STOP_EXIT || cause == HV_STOP_KILLED || cause == HV_STOP_OFF)
		return; /* as asked: how it came to it is of no interest */
	if (cause == HV_STOP_TRIPLE_FAULT)
		log_tables(d);
	for (uint64_t i = d->exits - kept; i < d->exits; i++)
		log_line("vm %s   exit %lx at rip %lx", name_of(d),
			 d->history[i % EXIT_HISTORY].code, d->history[i % EXIT_HISTORY].rip);
}

static void stop(struct domain *d, enum hv_stop_cause cause, enum hv_vm_state after)
{
	bool back;

	if (lives(d)) {
		lock_core();
		d->state = HV_VM_SCRUBBING; /* from here on nobody gives it the focus again */
		chan_domain_gone(d, cause);
		focus_domain_gone(d);
		unlock_core();
		device_release(d);
		d->last_rip = vcpu_rip(&d->vcpu);
		log_guest_flush(&d->console);
		log_stop(d, cause);
		vcpu_wipe(&d->vcpu);
		sched_forget(d);
		memset(d->history, 0, sizeof d->history);
		memset(&d->pci, 0, sizeof d->pci);
	}
	d->ready = false;
	d->status = 0;
	d->cause = cause;
	d->stopped_at = hw_tsc();
	d->stop_by = 0;
	if (after == HV_VM_LOADING)
		d->restarts++;
	back = after == HV_VM_LOADING && d->kept && !d->cold && !d->device_lost;
	if (!back || !d->tracked)
		life_drop_table(d);
	if (back) {
		d->work.done = d->work.wait = 0;
		life_set_state(d, HV_VM_RESTORING);
		return;
	}
	life_move_ram(d, FRAME_RAM, FRAME_SCRUB);
	life_scrub(d, after);
}

static enum hv_vm_state state_after(uint32_t r)
{
	if (r == LIFE_KILL)
		return HV_VM_DEAD;
	return (r & ~(uint32_t)LIFE_NOW) == LIFE_OFF ? HV_VM_OFF : HV_VM_LOADING;
}

void life_stop(struct domain *d, enum hv_stop_cause cause)
{
	ASSERT(lives(d));
	if (d->stop_by != 0)
		stop(d, cause, state_after(d->asked)); /* as it was asked, or on the way there */
	else
		stop(d, cause, restart_next(d) ? HV_VM_LOADING : HV_VM_DEAD);
}

/* What one word says of R and of the request before it, which waits to be served. */
static uint32_t both(uint32_t waiting, uint32_t r)
{
	uint32_t now = waiting & LIFE_NOW;

	if (r == LIFE_STORM && waiting != LIFE_NONE)
		return waiting == LIFE_ON ? waiting : waiting | LIFE_NOW; /* not undone by it */
	if (r == LIFE_ON && waiting != LIFE_NONE && waiting != LIFE_ON)
		return LIFE_RESTART | now; /* it is to stop, and then to run */
	return r | now;
}

void life_request(struct domain *d, enum life_request r)
{
	uint32_t waiting = atomic_load_explicit(&d->request, memory_order_relaxed);

	lock_assert_held();
	/* pairs with life_serve, which may take the one that waits: then R is alone */
	if (!atomic_compare_exchange_strong_explicit(&d->request, &waiting, both(waiting, r),
						     memory_order_release, memory_order_relaxed))
		atomic_store_explicit(&d->request, (uint32_t)r, memory_order_release);
	if (d->cpu != hw_cpu())
		hw_kick(d->cpu);
}

static void begin_again(struct domain *d)
{
	if (d->mem->ram.bytes == 0 || d->device_lost)
		return; /* refused for good */
	d->restarts++;
	life_load(d);
}

/* Asked once, whatever is to come after. */
static void ask_to_stop(struct domain *d, uint32_t r)
{
	d->asked = r;
	if (d->stop_by != 0)
		return;
	d->stop_by = hw_tsc() + HV_STOP_MS * dom_handoff()->tsc_khz;
	dom_post(d, 1, HV_EVENT_STOP);
}

static void serve(struct domain *d, uint32_t r)
{
	enum hv_vm_state after = state_after(r);
	bool runs = lives(d),
	     alive = runs || d->state == HV_VM_LOADING || d->state == HV_VM_RESTORING;

	if (r != LIFE_STORM)
		restart_pardon(d);
	if (r == LIFE_STORM && runs)
		life_stop(d, HV_STOP_IOMMU);
	else if (r == LIFE_STORM || (r == LIFE_ON && alive && d->stop_by == 0))
		return;
	else if (d->state == HV_VM_SCRUBBING)
		d->after_scrub = after; /* the scrub goes on */
	else if (runs && !(r & LIFE_NOW))
		ask_to_stop(d, r);
	else if (alive)
		stop(d, after == HV_VM_OFF ? HV_STOP_OFF : HV_STOP_KILLED, after);
	else if (after == HV_VM_LOADING)
		begin_again(d);
	else if (after == HV_VM_OFF)
		capsule_drop(d);
}

void life_serve(struct domain *d)
{
	uint32_t r = atomic_exchange_explicit(&d->request, LIFE_NONE, memory_order_acquire);

	if (d->stop_by != 0 && hw_tsc() >= d->stop_by)
		r = (r == LIFE_NONE ? d->asked : r) | LIFE_NOW;
	if (r == LIFE_NONE)
		return;
	serve(d, r);
	hw_windows_close();
}
