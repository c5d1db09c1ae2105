// SPDX-License-Identifier: GPL-2.0-only
/* The doorbell: one MSI says that events wait; they are taken here and handed out. Does no work of its own in the interrupt. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/module.h>
#include <linux/pci.h>

#include "bulkhead.h"

static bool bell_works;
static struct irq_chip bell_chip; /* the kernel's for an MSI, but for how it ends */
static struct bh_result taken;	  /* events that the handler has not seen; interrupts off */

bool bh_doorbell_works(void)
{
	return READ_ONCE(bell_works);
}

/*
 * Takes the events and ends the interrupt: one exit for both. The kernel may do this for an interrupt that it keeps for later, so what
 * was taken before stays.
 */
static void bell_ack(struct irq_data *unused)
{
	struct bh_result word;

	if (bh_call(HV_CALL_EVENT_TAKE, HV_EVENT_TAKE_EOI, 0, 0, 0, &word) != HV_OK)
		return;
	taken.r0 |= word.r0;
	taken.r1 |= word.r1;
}

/*
 * Everything happens here and not in a thread: the state that a death changes is then up to date before any
 * program of this VM runs again, so nothing of a dead far end is read by mistake.
 */
static irqreturn_t bell_irq(int irq, void *unused)
{
	struct bh_result word = taken;
	unsigned int i;

	taken = (struct bh_result){0};
	for (i = 0; i < bh_chan_count(); i++)
		if (word.r0 & BIT_ULL(i))
			bh_chan_event(i);
	if (word.r1 & HV_EVENT_FOCUS_LOST)
		bh_input_release();
	if (word.r1 & (HV_EVENT_FOCUS_LOST | HV_EVENT_FOCUS_GAINED))
		bh_fb_focus(word.r1 & HV_EVENT_FOCUS_GAINED);
	bh_chaos_events(word.r1);
	if (word.r1 & ~HV_EVENT_CHAOS)
		bh_control_events(word.r1 & ~HV_EVENT_CHAOS);
	return IRQ_HANDLED;
}

static int bell_connect(struct pci_dev *dev)
{
	int ret;

	pci_set_master(dev); /* an MSI is a write of the device */
	ret = pci_alloc_irq_vectors(dev, 1, 1, PCI_IRQ_MSI);
	if (ret < 0)
		return ret;
	bell_chip = *irq_get_chip(pci_irq_vector(dev, 0));
	bell_chip.irq_ack = bell_ack;
	WRITE_ONCE(bell_works, true);
	ret = irq_set_chip(pci_irq_vector(dev, 0), &bell_chip);
	if (ret == 0)
		ret = request_irq(pci_irq_vector(dev, 0), bell_irq, 0, KBUILD_MODNAME, dev);
	if (ret) {
		WRITE_ONCE(bell_works, false);
		pci_free_irq_vectors(dev);
	}
	return ret;
}

static int bell_probe(struct pci_dev *dev, const struct pci_device_id *id)
{
	int ret = pci_enable_device(dev);

	if (ret)
		return ret;
	ret = bell_connect(dev);
	if (ret)
		pci_disable_device(dev);
	return ret;
}

static const struct pci_device_id bell_ids[] = {
	{PCI_DEVICE(HV_DOORBELL_VENDOR, HV_DOORBELL_DEVICE)},
	{},
};
MODULE_DEVICE_TABLE(pci, bell_ids);

/* No remove: without its doorbell a VM is deaf, so unbinding is not offered. */
static struct pci_driver bell_driver = {
	.name = KBUILD_MODNAME,
	.id_table = bell_ids,
	.probe = bell_probe,
	.driver = {.suppress_bind_attrs = true},
};

int bh_doorbell_start(void)
{
	int ret = pci_register_driver(&bell_driver);

	if (ret == 0 && !bh_doorbell_works())
		pr_err("no doorbell (%04x:%04x) on the PCI bus: channels cannot work\n",
		       HV_DOORBELL_VENDOR, HV_DOORBELL_DEVICE);
	return ret;
}
