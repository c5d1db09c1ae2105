// SPDX-License-Identifier: GPL-2.0-only
/* How this VM sleeps: by HLT, after a moment of looking for messages, with the tick stopped at once unless its sleeps are short. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/cpuidle.h>
#include <linux/jiffies.h>
#include <linux/moduleparam.h>

#include "bulkhead.h"
#include "compat.h"
#include "hv_system.h"

/*
 * Our kernel keeps its tick at the first sleep after work and wakes for it within 10 ms: the interrupt, its end, the next deadline
 * and another sleep, four exits each time that a VM did something. To stop the tick costs two, the deadlines before and after the
 * sleep. So it is stopped, but for a VM that wakes from many short sleeps in a row: few of these meet a tick.
 */
#define SHORT_NS     (TICK_NSEC / 4)
#define SHORT_SLEEPS 16

/*
 * What answers a message is often there sooner than a sleep and a wake-up take: an exit, an interrupt, the events. So a VM that was sent
 * something looks for the next message before it sleeps; the kernel's own limit for such a thing (guest_halt_poll_ns) is as long. Only one
 * that has its processor alone does: it takes the time from nobody.
 */
static unsigned int watch_us = 200;
module_param(watch_us, uint, 0444);
MODULE_PARM_DESC(watch_us,
		 "Microseconds of looking for messages before a sleep, at most; 0 = none");
static u64 watch_ticks; /* 0 = none */

static unsigned int short_sleeps; /* in a row, of the one processor */

/* For the next sleep, by the one before this. A limit of the latency, any limit, is what has the kernel stop the tick and ask no governor. */
static __always_inline void choose_next(struct cpuidle_device *dev)
{
	if (dev->last_residency_ns >= SHORT_NS)
		short_sleeps = 0;
	else if (short_sleeps < SHORT_SLEEPS)
		short_sleeps++;
	dev->forced_idle_latency_limit_ns = short_sleeps < SHORT_SLEEPS ? U64_MAX : 0;
}

static bool watch(void)
{
	bool busy;

	local_irq_enable();
	busy = bh_net_watch(watch_ticks);
	local_irq_disable();
	return busy || need_resched();
}

static __cpuidle int idle_enter(struct cpuidle_device *dev, struct cpuidle_driver *drv, int index)
{
	choose_next(dev);
	if (watch_ticks && watch())
		return index;
	ct_cpuidle_enter();
	arch_cpu_idle();
	ct_cpuidle_exit();
	return index;
}

/* For RCU only the HLT is a rest: a poll may be set going before it. */
static struct cpuidle_driver idle_driver = {
	.name = KBUILD_MODNAME,
	.states = {{.enter = idle_enter,
		    .flags = CPUIDLE_FLAG_RCU_IDLE,
		    .name = "HLT",
		    .desc = "left to the core"}},
	.state_count = 1,
};

void bh_idle_start(void)
{
	int ret;

	if (bh_info.flags & HV_DOM_ALONE)
		watch_ticks = bh_info.tsc_khz * watch_us / 1000;
	ret = BH_IDLE ? cpuidle_register(&idle_driver, NULL) : -ENODEV;

	if (ret)
		pr_notice("sleeps are the kernel's own: error %d\n", ret);
}
