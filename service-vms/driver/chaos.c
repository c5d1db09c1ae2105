// SPDX-License-Identifier: GPL-2.0-only
/* Trouble on the administrator's order, so that it can be seen what a broken VM does to the others. A pVM obeys none of it. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "bulkhead.h"
#include "hv_system.h"

#define FLOOD_S 2
#define JUNK	0xff /* how each message begins: no protocol's does */

/* Pages of our own: whoever has an end to itself may be sending just now. */
static u8 *junk;

/* For ever: nothing answers any more, only the hypervisor can end this. */
static __noreturn void hang(void)
{
	pr_emerg("hangs, as it was told\n");
	local_irq_disable();
	for (;;)
		cpu_relax();
}

/* One message of any length; true when it was taken. */
static bool flood_one(const struct bh_end *end)
{
	u32 most = min_t(u32, end->msg_max, PAGE_SIZE);

	get_random_bytes(junk, 64);
	junk[0] = JUNK;
	return bh_call(HV_CALL_CHAN_SEND_ONE, end->index, bh_gpa(junk),
		       1 + get_random_u32_below(most), end->focus, NULL) == HV_OK;
}

static void flood(struct work_struct *unused)
{
	unsigned long end = jiffies + FLOOD_S * HZ, sent = 0, turns = 0;
	unsigned int i;

	while (time_before(jiffies, end)) {
		for (i = 0; i < bh_chan_count(); i++)
			if (bh_chan_end(i)->dir == HV_CHAN_TX)
				sent += flood_one(bh_chan_end(i));
		turns++;
		cond_resched();
	}
	pr_info("flooded its channels: %lu turns, %lu messages taken\n", turns, sent);
}
static DECLARE_WORK(flood_work, flood);

void bh_chaos_events(u64 events)
{
	if (bh_info.role == HV_ROLE_PVM || !junk)
		return;
	if (events & HV_EVENT_CHAOS_HANG)
		hang();
	if (events & HV_EVENT_CHAOS_FLOOD)
		schedule_work(&flood_work);
}

void bh_chaos_start(void)
{
	junk = (u8 *)get_zeroed_page(GFP_KERNEL);
	if (!junk)
		pr_warn("no memory for chaos\n");
}
