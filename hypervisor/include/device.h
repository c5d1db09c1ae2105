/* SPDX-License-Identifier: Apache-2.0 */
/* PCI functions that belong to domains: what the guest sees of them, their DMA, their interrupts, and how they are taken back. */
#ifndef DEVICE_H
#define DEVICE_H

#include "domain.h"

/* device_init - find the functions the description names; a VM whose device is missing or unusable is marked (its device_fault). Boot only. */
void device_init(void);

/*
 * device_rested - go on with the resets of D's devices that were released: begin the next rung of the ladder, judge the last one
 * when its rest is over, taint a device that shows none. True: all are judged and rested and may be touched. Home processor, no
 * lock held; a call takes at most 1 ms for each bus that is reset.
 */
bool device_rested(const struct domain *d, uint64_t now);
/*
 * device_assign - give D its devices: registers in its nested table, DMA to its RAM, interrupts through entries of its own.
 * Home processor, before D runs. On an error D must be stopped by the caller, which calls device_release.
 */
enum hv_err device_assign(struct domain *d) MUST_CHECK;
/*
 * device_release - take them back: quiet, interrupts absent, DMA absent and flushed; the reset is due. No early return. Any state
 * of D. Sets d->device_lost when the IOMMU did not confirm it: the frames of D must then never be used again.
 */
void device_release(struct domain *d);

/*
 * device_interrupt - host VECTOR arrived on this processor: whose it is, NULL = nobody's here. One that comes too often is closed:
 * its remapping entries are absent until device_reopen, which the owner's next period calls (d->irqs_closed).
 * device_retry - entries that were masked then may be open now.
 */
struct domain *device_interrupt(unsigned vector);
void device_reopen(struct domain *d);
void device_retry(struct domain *d);

/*
 * device_storm - before a turn: is D to be stopped for its devices' interrupts? Each of its periods in which a device was closed counts
 * one, each other takes one away; at STORM_PERIODS it is stopped, HV_STOP_INTERRUPTS. A burst costs it what it missed and no more.
 */
#define STORM_PERIODS 64u
void device_storm(struct domain *d);

/* Configuration space as D sees it: REG is a dword offset, VALUE has the new bytes in place. False: D has no function there. */
bool device_config_read(const struct domain *d, unsigned devfn, unsigned reg, uint32_t *value);
bool device_config_write(struct domain *d, unsigned devfn, unsigned reg, uint32_t value);

/*
 * device_faults - take what the IOMMU recorded: count, log, and stop the VM whose device does it too often. True: that was
 * enough for one turn, more may be there; until false came the IOMMU does not interrupt again.
 */
bool device_faults(void);

/* device_status - how device N of the description is. Core lock held. False: there is no such device. */
bool device_status(uint64_t n, struct hv_device_status *s);

bool device_has(const struct domain *d);   /* one at least is in the machine and is D's */
struct domain *device_owner(uint16_t bdf); /* NULL: nobody's */

#endif
