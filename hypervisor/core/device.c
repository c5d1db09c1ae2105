/* SPDX-License-Identifier: Apache-2.0 */
/* Assignment, interrupts and release of PCI functions. Must not let a guest's value reach a device's interrupt or BAR register. */
#include "device_state.h"
#include "hw.h"
#include "iommu.h"
#include "life.h"
#include "lock.h"

#define BAR0	       0x10u
#define IRQ_SHARE_US   20u /* of the owner's period for each interrupt: 50,000 a second on average */
#define FAULTS_AT_ONCE 64u
#define FAULTS_LOGGED  4u
#define FAULT_STORM    1024u /* faults of one life that stop the VM */

static uint32_t config_get(const struct device *v, unsigned reg)
{
	return hw_mmio_read32(&v->config[reg / 4]);
}

static void config_set(const struct device *v, unsigned reg, uint32_t value)
{
	hw_mmio_write32(&v->config[reg / 4], value);
}

/* Status bits are write-one-to-clear: they are written as 0. */
static void command_set(const struct device *v, uint64_t command)
{
	config_set(v, PCI_COMMAND, (uint32_t)(command | PCI_INTX_OFF));
}

static void bars_restore(const struct device *v)
{
	for (unsigned i = 0; i < HANDOFF_BAR_MAX; i++) {
		const struct handoff_bar *bar = &v->pci->bar[i];

		if (bar->hpa == 0)
			continue;
		config_set(v, BAR0 + 4 * i, (uint32_t)bar->hpa);
		if (bar->flags & 4)
			config_set(v, BAR0 + 4 * i + 4, (uint32_t)(bar->hpa >> 32));
	}
}

/* Registers of one BAR; the page that holds the MSI-X table is the domain's RAM instead. */
static enum hv_err bar_map(struct domain *d, const struct device *v, unsigned i)
{
	const struct handoff_bar *bar = &v->pci->bar[i];
	uint64_t gpa = v->bar_gpa[i], hole = v->pci->msix_offset & ~PAGE_MASK;
	enum hv_err err = HV_OK;

	if (v->msix == NULL || v->pci->msix_bir != i)
		return ptab_map(&d->npt, gpa, (hpa_t){bar->hpa}, bar->bytes, PROT_R | PROT_W,
				MEM_UC);
	if (hole != 0)
		err = ptab_map(&d->npt, gpa, (hpa_t){bar->hpa}, hole, PROT_R | PROT_W, MEM_UC);
	if (err == HV_OK)
		err = ptab_map(&d->npt, gpa + hole, v->shadow, PAGE_SIZE, PROT_R | PROT_W, MEM_WB);
	if (err == HV_OK && hole + PAGE_SIZE < bar->bytes)
		err = ptab_map(&d->npt, gpa + hole + PAGE_SIZE,
			       (hpa_t){bar->hpa + hole + PAGE_SIZE}, bar->bytes - hole - PAGE_SIZE,
			       PROT_R | PROT_W, MEM_UC);
	return err;
}

static uint32_t *shadow_entry(const struct device *v, uint32_t entry)
{
	uint8_t *page = hw_window(WIN_WORK, v->shadow, true);

	return (uint32_t *)(void *)(page + (v->pci->msix_offset & PAGE_MASK) + entry * 16);
}

/* What a device writes for its interrupt I: the same each time. */
static enum hv_err irq_open(const struct device *v, uint32_t i, struct iommu_msg *msg)
{
	return iommu_irq_map(v->pci->vtd, v->vector[i], v->pci->bdf, v->vector[i],
			     dom_handoff()->cpu[v->dom->cpu].apic_id, msg);
}

/* QUIET: what arrives meanwhile is not a fault. Absent in memory in any case; false: the unit did not say that it has seen it. */
static bool irqs_close(const struct device *v, bool quiet)
{
	bool seen = true;

	lock_core();
	for (uint32_t i = 0; i < v->irq_count; i++)
		seen = iommu_irq_unmap(v->pci->vtd, v->vector[i], quiet) == HV_OK && seen;
	unlock_core();
	return seen;
}

/* Each real table entry gets its own remapping entry and is open; what the guest masks is decided when it arrives. */
static enum hv_err msix_program(struct device *v)
{
	struct iommu_msg msg;

	for (uint32_t i = 0; i < v->pci->msix_entries; i++) {
		volatile uint32_t *entry = &v->msix[i * 4];
		enum hv_err err;

		hw_mmio_write32(&entry[3], MSIX_ENTRY_MASK);
		shadow_entry(v, i)[3] = MSIX_ENTRY_MASK;
		if (i >= v->irq_count)
			continue;
		err = irq_open(v, i, &msg);
		if (err != HV_OK)
			return err;
		hw_mmio_write32(&entry[0], (uint32_t)msg.address);
		hw_mmio_write32(&entry[1], (uint32_t)(msg.address >> 32));
		hw_mmio_write32(&entry[2], msg.data);
		hw_mmio_write32(&entry[3], 0);
	}
	return HV_OK;
}

static enum hv_err msi_program(struct device *v)
{
	struct iommu_msg msg;
	enum hv_err err;

	if (v->irq_count == 0)
		return HV_OK;
	err = irq_open(v, 0, &msg);
	if (err != HV_OK)
		return err;
	config_set(v, v->pci->msi_cap + 4u, (uint32_t)msg.address);
	if (config_get(v, v->pci->msi_cap) & BIT(23)) { /* 64-bit message */
		config_set(v, v->pci->msi_cap + 8u, (uint32_t)(msg.address >> 32));
		config_set(v, v->pci->msi_cap + 12u, msg.data);
	} else {
		config_set(v, v->pci->msi_cap + 8u, msg.data);
	}
	return HV_OK;
}

void device_msi_update(struct device *v)
{
	uint32_t control = config_get(v, v->pci->msi_cap) & ~(uint32_t)(0x7f0000);

	config_set(v, v->pci->msi_cap,
		   control | (v->msi_control & (uint32_t)MSI_ENABLE)); /* one message */
}

static enum hv_err assign_one(struct domain *d, struct device *v)
{
	enum hv_err err = HV_OK;

	v->waiting = v->arrived = v->storms = 0;
	v->command = 0;
	v->msi_control = v->msi_data = 0;
	v->msi_address = 0;
	memset(v->bar_sizing, 0, sizeof v->bar_sizing);
	bars_restore(v);
	if (v->pci->msix_cap != 0)
		config_set(v, v->pci->msix_cap,
			   config_get(v, v->pci->msix_cap) &
				   ~(uint32_t)(MSIX_ENABLE | MSIX_MASK_ALL));
	command_set(v, PCI_MEMORY);
	v->assigned = true;
	for (unsigned i = 0; i < HANDOFF_BAR_MAX && err == HV_OK; i++) {
		if (v->pci->bar[i].hpa != 0)
			err = bar_map(d, v, i);
	}
	if (err == HV_OK)
		err = v->msix != NULL ? msix_program(v) : msi_program(v);
	if (err == HV_OK)
		err = iommu_attach(v->pci->vtd, v->pci->bdf, d->id, d->dma.root);
	return err;
}

enum hv_err device_assign(struct domain *d)
{
	enum hv_err err = HV_OK;
	bool any = false;

	lock_core();
	for (uint32_t i = 0; i < device_count && err == HV_OK; i++) {
		if (devices[i].dom != d)
			continue;
		if (!any) {
			any = true;
			ptab_init(&d->dma, PTAB_VTD, d->npt.first + NPT_PAGES,
				  PTPOOL_DOM_PAGES - NPT_PAGES);
			err = ptab_map(&d->dma, 0, (hpa_t){d->mem->ram.hpa}, d->ram_bytes,
				       PROT_R | PROT_W, MEM_WB);
		}
		if (err == HV_OK)
			err = assign_one(d, &devices[i]);
	}
	unlock_core();
	hw_windows_close();
	return err;
}

static void release_one(struct domain *d, struct device *v)
{
	enum hv_err err;

	command_set(v, 0);
	/* masked, not off: off while a message is being made is more than each function bears (DECISIONS); it is off before it is given again */
	if (v->pci->msix_cap != 0)
		config_set(v, v->pci->msix_cap,
			   config_get(v, v->pci->msix_cap) | (uint32_t)MSIX_MASK_ALL);
	if (v->pci->msi_cap != 0)
		config_set(v, v->pci->msi_cap,
			   (config_get(v, v->pci->msi_cap) & ~(uint32_t)MSI_ENABLE));
	if (!irqs_close(v, false))
		d->device_lost = true;
	lock_core();
	err = iommu_detach(v->pci->vtd, v->pci->bdf, d->id);
	unlock_core();
	ASSERT(err == HV_OK || err == HV_ETIMEOUT);
	if (err != HV_OK)
		d->device_lost = true;
	v->waiting = 0;
	v->assigned = v->closed = false;
	v->reset = RESET_DUE;
}

void device_release(struct domain *d)
{
	bool any = false;

	for (uint32_t i = 0; i < device_count; i++) {
		if (devices[i].dom != d || !devices[i].assigned)
			continue;
		release_one(d, &devices[i]);
		any = true;
	}
	d->irqs_closed = false;
	if (any) /* no requester uses it any more; one that is lost finds nothing to walk */
		ptab_init(&d->dma, PTAB_VTD, d->dma.first, d->dma.limit);
}

/* Entry I of V fired: what vector does the guest want for it? 0 = masked. */
static uint32_t guest_vector(const struct device *v, uint32_t i)
{
	const volatile uint32_t *entry;

	if (v->msix == NULL)
		return (v->msi_control & MSI_ENABLE) ? v->msi_data & 0xff : 0;
	entry = shadow_entry(v, i);
	return (entry[3] & MSIX_ENTRY_MASK) ? 0 : entry[2] & 0xff;
}

static void deliver(struct device *v, uint32_t entry)
{
	uint32_t wanted = guest_vector(v, entry);

	if (wanted != 0)
		vlapic_post(&v->dom->vcpu.lapic, wanted);
	else
		v->waiting |= 1u << entry;
	v->dom->irq_waits |= wanted == 0;
}

/* The unit does not answer: a device that cannot be cut off is taken back. */
static void stop_owner(struct domain *d)
{
	lock_core();
	life_request(d, LIFE_STORM);
	unlock_core();
}

/* Counts one interrupt; over its share of the period the device is not heard until the next one. */
static bool too_fast(struct device *v)
{
	struct domain *d = v->dom;

	if (v->counted_until != d->sched.period_end) {
		v->counted_until = d->sched.period_end;
		v->arrived = 0;
	}
	if (++v->arrived <= d->sys->period_us / IRQ_SHARE_US)
		return false;
	if (v->closed)
		return true; /* it was under way */
	v->closed = d->irqs_closed = true;
	if (!irqs_close(v, true))
		stop_owner(d);
	if (v->storms++ == 0)
		log_line("device %s of vm %s interrupts too often: unheard until the next period",
			 (const char *)v->sys->name, (const char *)d->sys->name);
	return true;
}

void device_reopen(struct domain *d)
{
	struct iommu_msg same;

	for (uint32_t i = 0; i < device_count; i++) {
		struct device *v = &devices[i];
		enum hv_err err = HV_OK;

		if (v->dom != d || !v->closed)
			continue;
		lock_core();
		for (uint32_t e = 0; e < v->irq_count && err == HV_OK; e++)
			err = irq_open(v, e, &same);
		unlock_core();
		v->closed = err != HV_OK;
		if (v->closed)
			stop_owner(d);
		v->waiting = (1u << v->irq_count) - 1; /* one of each, whatever was missed */
		d->irq_waits = true;
	}
	d->irqs_closed = false;
}

struct domain *device_interrupt(unsigned vector)
{
	struct device *v;

	if (vector > 255 || device_of_vector[vector] == 0)
		return NULL; /* a device can forge any vector: unknown ones are nobody's */
	v = &devices[device_of_vector[vector] - 1];
	if (!v->assigned || v->dom->cpu != hw_cpu())
		return NULL;
	if (!too_fast(v))
		deliver(v, entry_of_vector[vector]);
	return v->dom;
}

void device_retry(struct domain *d)
{
	bool waits = d->irq_waits;

	d->irq_waits = false;
	for (uint32_t i = 0; waits && i < device_count; i++) {
		struct device *v = &devices[i];
		uint32_t waiting = v->waiting;

		if (v->dom != d || waiting == 0)
			continue;
		v->waiting = 0;
		for (uint32_t e = 0; e < v->irq_count; e++) {
			if (waiting & 1u << e)
				deliver(v, e);
		}
	}
}

/* The log gets the first few and then every one that doubles the count: a device must not fill it. */
static void fault_seen(struct domain *d, const struct iommu_fault *f)
{
	uint64_t n = ++d->iommu_faults;

	if (n <= FAULTS_LOGGED || (n & (n - 1)) == 0)
		log_line("iommu fault vm=%s bdf=%x address=%lx reason=%u write=%u count=%lu",
			 (const char *)d->sys->name, f->bdf, f->address, f->reason, f->write, n);
	if (n % FAULT_STORM == 0)
		life_request(d, LIFE_STORM);
}

bool device_faults(void)
{
	static uint64_t strangers;
	struct iommu_fault f;
	bool more = true;

	lock_core();
	for (unsigned i = 0; i < FAULTS_AT_ONCE && (more = iommu_fault_next(&f)); i++) {
		struct domain *d = device_owner(f.bdf);

		if (d != NULL)
			fault_seen(d, &f);
		else if (++strangers <= FAULTS_LOGGED)
			log_line("iommu fault bdf=%x (nobody's) address=%lx reason=%u write=%u",
				 f.bdf, f.address, f.reason, f.write);
	}
	unlock_core();
	return more;
}

/* Function level reset is one permission, whichever of the two capabilities has it. */
uint8_t device_rungs_allowed(const struct hv_sys_device *s)
{
	uint32_t rungs = 0;

	if (s->reset & HV_RESET_FLR)
		rungs |= RUNG(HV_RUNG_FLR) | RUNG(HV_RUNG_AF);
	if (s->reset & HV_RESET_PM)
		rungs |= RUNG(HV_RUNG_PM);
	if (s->reset & HV_RESET_BUS)
		rungs |= RUNG(HV_RUNG_BUS);
	return (uint8_t)rungs;
}

bool device_status(uint64_t n, struct hv_device_status *s)
{
	const struct hv_system *sys = dom_system();

	if (n >= sys->dev_count)
		return false;
	memset(s, 0, sizeof *s);
	memcpy(s->name, sys->dev[n].name, sizeof s->name);
	s->dom = sys->dev[n].dom;
	s->rungs_allowed = device_rungs_allowed(&sys->dev[n]);
	s->optional = (sys->dev[n].flags & HV_DEV_OPTIONAL) != 0;
	for (uint32_t i = 0; i < device_count; i++) {
		const struct device *v = &devices[i];

		if (v->sys != &sys->dev[n])
			continue;
		s->state = v->assigned ? HV_DEVICE_ASSIGNED : HV_DEVICE_FREE;
		s->bdf = v->pci->bdf;
		s->vendor = v->pci->vendor;
		s->device = v->pci->device;
		s->tainted = v->tainted;
		s->port = v->pci->bridge_bdf;
		s->rungs = v->has;
		s->rungs_failed = v->failed;
		s->rung_worked = (uint8_t)v->worked;
		s->resetting = v->reset != RESET_NONE;
		s->resets = v->resets;
		s->reset_us = v->reset_us;
	}
	return true;
}

bool device_has(const struct domain *d)
{
	for (uint32_t i = 0; i < device_count; i++) {
		if (devices[i].dom == d)
			return true;
	}
	return false;
}

struct domain *device_owner(uint16_t bdf)
{
	for (uint32_t i = 0; i < device_count; i++) {
		if (devices[i].pci->bdf == bdf)
			return devices[i].dom;
	}
	return NULL;
}
