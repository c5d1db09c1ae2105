/* SPDX-License-Identifier: Apache-2.0 */
/* Hypercalls: authority first, arguments copied once, then the work. Must not use a guest value that was not checked. */
#include "bar.h"
#include "capsule.h"
#include "channel.h"
#include "device.h"
#include "exit.h"
#include "focus.h"
#include "guestmem.h"
#include "hv_event.h"
#include "hw.h"
#include "iommu.h"
#include "life.h"
#include "lock.h"
#include "swap.h"

/* Calls that touch the caller, or another VM only by posting it an event */
#define OWN_CALLS                                                                                  \
	(BIT(HV_CALL_INFO) | BIT(HV_CALL_TIME) | BIT(HV_CALL_CHAN_INFO) | BIT(HV_CALL_CHAN_SEND) | \
	 BIT(HV_CALL_CHAN_SEND_ONE) | BIT(HV_CALL_EVENT_TAKE) | BIT(HV_CALL_HEARTBEAT))

/* A call's arguments and results, in the guest's registers: each is read before a result takes its place. */
enum { ARG0 = RDI, ARG1 = RSI, ARG2 = RDX, ARG3 = R10, RESULT0 = RDX, RESULT1 = R10 };

static NO_INLINE enum hv_err call_info(struct domain *d, const uint64_t *gpr)
{
	struct hv_info info = {
		.abi_version = HV_ABI_VERSION,
		.dom_id = d->id,
		.role = d->sys->role,
		.rights = d->sys->rights,
		.ram_bytes = d->ram_bytes,
		.life = d->life,
		.chan_count = chan_end_count(d),
		.tsc_khz = dom_handoff()->tsc_khz,
		.flags = d->flags,
		.core_version = HV_CORE_VERSION,
		.core_bytes = dom_handoff()->core_bytes,
		.secret_gpa = d->sys->secret_gpa,
		.secret_bytes = d->sys->secret_bytes,
	};

	memcpy(info.name, d->sys->name, sizeof info.name);
	return guestmem_copy_out(d, (gpa_t){gpr[ARG0]}, &info, sizeof info);
}

static NO_INLINE enum hv_err call_console(struct domain *d, const uint64_t *gpr)
{
	uint8_t text[HV_CONSOLE_MAX / 4];
	uint64_t at = gpr[ARG0], left = gpr[ARG1];

	if (left == 0 || left > HV_CONSOLE_MAX)
		return HV_EINVAL;
	if (guestmem_check(d, (gpa_t){at}, left) != HV_OK)
		return HV_EFAULT;
	if (!(d->sys->flags & HV_DOM_CONSOLE))
		return HV_OK; /* this VM's lines go nowhere, by its description */
	while (left > 0) {
		uint64_t n = left < sizeof text ? left : sizeof text;

		if (guestmem_copy_in(d, (gpa_t){at}, text, n) != HV_OK)
			return HV_EFAULT;
		unlock_core(); /* a real serial line takes 0.1 ms for a byte */
		log_guest_put(&d->console, text, n);
		lock_core();
		at += n;
		left -= n;
	}
	return HV_OK;
}

static enum hv_err call_time(uint64_t *gpr)
{
	const struct handoff *h = dom_handoff();
	uint64_t ticks = hw_tsc() - h->tsc_at_time;

	/* milliseconds first, so that nothing overflows in 500 years */
	gpr[RESULT0] = h->time_ns + ticks / h->tsc_khz * 1000000 +
		       ticks % h->tsc_khz * 1000000 / h->tsc_khz;
	return HV_OK;
}

static enum hv_err call_entropy(struct domain *d, const uint64_t *gpr)
{
	enum hv_err err;

	if (gpr[ARG1] == 0 || gpr[ARG1] > sizeof d->random)
		return HV_EINVAL;
	ASSERT(d->random_fresh); /* filled before each entry */
	err = guestmem_copy_out(d, (gpa_t){gpr[ARG0]}, d->random, gpr[ARG1]);
	memset(d->random, 0, sizeof d->random);
	d->random_fresh = false;
	return err;
}

static enum hv_err call_heartbeat(struct domain *d, const uint64_t *gpr)
{
	if (gpr[ARG0] > 1 || gpr[ARG1] > d->ram_bytes)
		return HV_EINVAL;
	if (gpr[ARG0] == 1 && !d->ready) {
		d->ready = true;
		d->used_bytes = gpr[ARG1];
		focus_first(d);
		bar_draw();
		log_line("vm %s ready", (const char *)d->sys->name);
		life_announce();
	}
	if (gpr[ARG0] == 0)
		d->progress.ask = d->progress.start = (struct progress_part){0};
	return HV_OK;
}

static enum hv_err call_vm_status(struct domain *d, const uint64_t *gpr)
{
	const struct domain *t = dom_find(gpr[ARG0]);
	struct hv_vm_status s;

	if (t == NULL)
		return HV_EPERM;
	memset(&s, 0, sizeof s);
	memcpy(s.name, t->sys->name, sizeof s.name);
	memcpy(s.digest, t->digest, sizeof s.digest);
	s.state = t->state;
	s.cause = t->cause;
	s.life = t->life;
	s.restarts = t->restarts;
	s.role = t->sys->role;
	s.ram_bytes = t->ram_bytes;
	s.core_bytes = sizeof *t + (t->npt.used + t->dma.used + 1) * PAGE_SIZE;
	if (t->mem->ram.bytes > t->ram_bytes) /* pixels, stand-ins for MSI-X tables */
		s.core_bytes += t->mem->ram.bytes - t->ram_bytes;
	s.image_bytes = t->mem->image.bytes;
	s.cpu_ns = t->sched.used / dom_handoff()->tsc_khz * 1000000;
	s.exits = t->exits;
	s.last_rip = t->last_rip;
	s.last_fault = t->last_gpa;
	s.ready = t->ready;
	s.focused = focus_is(t);
	s.cpu = t->cpu;
	s.flags = t->sys->flags;
	s.used_bytes = t->ready ? t->used_bytes : 0;
	s.iommu_faults = t->iommu_faults;
	s.status = t->status;
	s.kept_bytes = t->kept ? t->ram_bytes : 0;
	s.sent_bytes = t->sent_bytes;
	s.spare = t->swap.spare;
	s.quarantined = t->restart.stage == RESTART_QUARANTINE;
	if ((t->sys->flags & HV_DOM_AUTORESTART) && t->restart.stage == RESTART_BUDGET)
		s.restarts_left = t->sys->restart_count - t->restart.count;
	if (life_has_work(t) && t->not_before > hw_tsc())
		s.restart_in_ms = (uint32_t)((t->not_before - hw_tsc()) / dom_handoff()->tsc_khz);
	return guestmem_copy_out(d, (gpa_t){gpr[ARG1]}, &s, sizeof s);
}

static enum hv_err call_device_status(struct domain *d, const uint64_t *gpr)
{
	struct hv_device_status s;

	if (!device_status(gpr[ARG0], &s))
		return HV_EPERM;
	return guestmem_copy_out(d, (gpa_t){gpr[ARG1]}, &s, sizeof s);
}

static enum hv_err call_hw_status(struct domain *d, const uint64_t *gpr)
{
	const struct handoff *h = dom_handoff();
	struct iommu_state iommu;
	struct hv_hw_status s;

	iommu_state(&iommu);
	s = (struct hv_hw_status){.flags = h->flags,
				  .cpus = h->cpu_count,
				  .ram_mib = h->ram_mib,
				  .functions = h->pci_count,
				  .iommus = iommu.units,
				  .translating = iommu.translating,
				  .remapping = iommu.remapping,
				  .silent = iommu.lost};
	return guestmem_copy_out(d, (gpa_t){gpr[ARG0]}, &s, sizeof s);
}

static enum hv_err call_life(const uint64_t *gpr, enum life_request r)
{
	struct domain *t = dom_find(gpr[ARG0]);

	if (t == NULL)
		return HV_EPERM;
	if (gpr[ARG1] > 1)
		return HV_EINVAL;
	life_request(t, gpr[ARG1] == 1 && r != LIFE_ON ? r | LIFE_NOW : r);
	return HV_OK;
}

static enum hv_err call_swap(const struct domain *d, uint32_t number, const uint64_t *gpr)
{
	struct domain *t = dom_find(gpr[ARG0]);

	if (t == NULL)
		return HV_EPERM;
	return number == HV_CALL_IMAGE_WRITE ? swap_write(d, t, gpr[ARG1], (gpa_t){gpr[ARG2]})
					     : swap_order(t, number, gpr[ARG1], gpr[ARG2]);
}

static enum hv_err call_vm_event(const uint64_t *gpr)
{
	struct domain *t = dom_find(gpr[ARG0]);

	if (t == NULL || (gpr[ARG1] & ~HV_EVENT_CHAOS) != 0)
		return t == NULL ? HV_EPERM : HV_EINVAL;
	dom_post(t, 1, gpr[ARG1]);
	return HV_OK;
}

static enum hv_err call_machine(const uint64_t *gpr)
{
	if (gpr[ARG0] != HV_MACHINE_OFF && gpr[ARG0] != HV_MACHINE_REBOOT)
		return HV_EINVAL;
	log_line("machine %s, asked by the administrator",
		 gpr[ARG0] == HV_MACHINE_OFF ? "off" : "reboot");
	hw_power(gpr[ARG0] == HV_MACHINE_REBOOT);
	return HV_ETIMEOUT; /* the machine is still on */
}

/* The line for commands: polled, because COM1's interrupt would need an I/O APIC entry for one byte a second. */
static enum hv_err call_console_read(uint64_t *gpr)
{
	uint64_t n = 0;

	gpr[RESULT0] = 0;
	for (int byte = hw_serial_get(); byte >= 0;
	     byte = n < sizeof gpr[RESULT0] ? hw_serial_get() : -1)
		gpr[RESULT0] |= (uint64_t)(byte & 0xff) << (8 * n++);
	gpr[RESULT1] = n;
	return HV_OK;
}

/* Calls that need the admin right; checked before an argument is looked at. */
static NO_INLINE enum hv_err admin_call(struct domain *d, uint32_t number, uint64_t *gpr)
{
	if (!(d->sys->rights & HV_RIGHT_ADMIN))
		return HV_EPERM;
	switch (number) {
	case HV_CALL_VM_STATUS:
		return call_vm_status(d, gpr);
	case HV_CALL_VM_KILL:
		return call_life(gpr, LIFE_KILL);
	case HV_CALL_VM_RESTART:
		return call_life(gpr, LIFE_RESTART);
	case HV_CALL_VM_ON:
		return call_life(gpr, LIFE_ON);
	case HV_CALL_VM_OFF:
		return call_life(gpr, LIFE_OFF);
	case HV_CALL_MACHINE:
		return call_machine(gpr);
	case HV_CALL_CONSOLE_READ:
		return call_console_read(gpr);
	case HV_CALL_DEVICE_STATUS:
		return call_device_status(d, gpr);
	case HV_CALL_VM_EVENT:
		return call_vm_event(gpr);
	case HV_CALL_HW_STATUS:
		return call_hw_status(d, gpr);
	case HV_CALL_IMAGE_WRITE:
	case HV_CALL_IMAGE_SEAL:
	case HV_CALL_VM_SWAP:
		return call_swap(d, number, gpr);
	}
	return HV_ENOSYS;
}

static NO_INLINE enum hv_err call_chan_info(struct domain *d, const uint64_t *gpr)
{
	struct hv_chan_info info;
	enum hv_err err = chan_info(d, gpr[ARG0], &info);

	return err != HV_OK ? err : guestmem_copy_out(d, (gpa_t){gpr[ARG1]}, &info, sizeof info);
}

static NO_INLINE enum hv_err call_fb_info(struct domain *d, const uint64_t *gpr)
{
	struct hv_fb_info info;
	enum hv_err err = focus_fb_info(d, &info);

	return err != HV_OK ? err : guestmem_copy_out(d, (gpa_t){gpr[ARG0]}, &info, sizeof info);
}

static enum hv_err call_status(struct domain *d, const uint64_t *gpr)
{
	uint32_t role = d->sys->role, net = HV_STATUS_LEASE | HV_STATUS_TRAFFIC;
	uint32_t may = role == HV_ROLE_INPUTVM ? HV_STATUS_KEYS
		       : role == HV_ROLE_VPNVM ? net | HV_STATUS_VPN_UP
		       : role == HV_ROLE_PVM   ? net
					       : 0;

	if (may == 0)
		return HV_EPERM;
	if (gpr[ARG0] & ~(uint64_t)may)
		return HV_EINVAL;
	d->bar_owed |= d->status != gpr[ARG0];
	d->status = (uint32_t)gpr[ARG0];
	return HV_OK;
}

static enum hv_err call_checkpoint(struct domain *d, uint64_t *gpr)
{
	if (!(d->sys->flags & HV_DOM_CHECKPOINT))
		return HV_EPERM;
	if (d->open)
		return HV_ESTATE;
	gpr[RESULT0] = d->life;
	life_save(d);
	return HV_OK;
}

static enum hv_err focus_call(const struct domain *d, uint32_t number, uint64_t *gpr)
{
	if (!(d->sys->rights & HV_RIGHT_FOCUS))
		return HV_EPERM;
	if (number == HV_CALL_FOCUS_SET)
		return focus_set(gpr[ARG0], &gpr[RESULT0]);
	gpr[RESULT1] = focus_get(&gpr[RESULT0]);
	return HV_OK;
}

static ALWAYS_INLINE enum hv_err dispatch(struct domain *d, uint32_t number, uint64_t *gpr)
{
	switch (number) {
	case HV_CALL_INFO:
		return call_info(d, gpr);
	case HV_CALL_CONSOLE:
		return call_console(d, gpr);
	case HV_CALL_TIME:
		return call_time(gpr);
	case HV_CALL_ENTROPY:
		return call_entropy(d, gpr);
	case HV_CALL_CHAN_INFO:
		return call_chan_info(d, gpr);
	case HV_CALL_CHAN_ATTACH:
		return !d->open ? HV_ESTATE
				: chan_attach(d, gpr[ARG0], (gpa_t){gpr[ARG1]}, &gpr[RESULT0]);
	case HV_CALL_CHAN_SEND:
		return chan_send(d, gpr[ARG0], (gpa_t){gpr[ARG1]}, gpr[ARG2], gpr[ARG3],
				 &gpr[RESULT0]);
	case HV_CALL_CHAN_SEND_ONE:
		return chan_send_one(d, gpr[ARG0], (gpa_t){gpr[ARG1]}, gpr[ARG2], gpr[ARG3]);
	case HV_CALL_CHAN_ACK:
		return chan_ack(d, gpr[ARG0], gpr[ARG1]);
	case HV_CALL_FB_INFO:
		return call_fb_info(d, gpr);
	case HV_CALL_STATUS:
		return call_status(d, gpr);
	case HV_CALL_FOCUS_SET:
	case HV_CALL_FOCUS_GET:
		return focus_call(d, number, gpr);
	case HV_CALL_EVENT_TAKE:
		if (gpr[ARG0] == HV_EVENT_TAKE_EOI)
			vlapic_eoi(&d->vcpu.lapic);
		event_take(d, &gpr[RESULT0], &gpr[RESULT1]);
		return HV_OK;
	case HV_CALL_CHECKPOINT:
		return call_checkpoint(d, gpr);
	case HV_CALL_HEARTBEAT:
		return call_heartbeat(d, gpr);
	case HV_CALL_CAPSULE_PUT:
		return capsule_put(d, (gpa_t){gpr[ARG0]}, gpr[ARG1]);
	case HV_CALL_CAPSULE_GET:
		return capsule_get(d, (gpa_t){gpr[ARG0]}, gpr[ARG1], &gpr[RESULT0]);
	}
	if (number >= HV_CALL_VM_STATUS && number <= HV_CALL_HW_STATUS)
		return admin_call(d, number, gpr);
	return HV_ENOSYS;
}

/*
 * Was this call nobody else's business? Not one that was refused, nor one after which a VM of this processor may want to go first:
 * one that goes before the caller, or any when the caller has used its budget.
 */
static bool own_business(const struct domain *d, uint32_t number, enum hv_err err)
{
	uint32_t posted = dom_posted(d->cpu);

	if (err != HV_OK || posted > d->sys->priority || (posted != 0 && d->sched.left == 0) ||
	    (number == HV_CALL_HEARTBEAT && d->vcpu.gpr[ARG0] != 0))
		return false;
	return (OWN_CALLS >> number & 1) != 0;
}

ALWAYS_INLINE void hcall_handle(struct domain *d)
{
	uint64_t *gpr = d->vcpu.gpr;
	uint32_t number = (uint32_t)gpr[RAX] & ~HV_CALL_MASK;
	enum hv_err err;

	if (number == HV_CALL_EXIT) {
		d->exit_code = gpr[ARG0];
		life_stop(d, gpr[ARG0] == HV_EXIT_PANIC ? HV_STOP_PANIC : HV_STOP_EXIT);
		return;
	}
	lock_core();
	err = dispatch(d, number, gpr);
	unlock_core();
	d->goes_on = own_business(d, number, err);
	gpr[RAX] = (uint64_t)err;
}
