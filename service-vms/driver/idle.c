// SPDX-License-Identifier: GPL-2.0-only
/* How this VM sleeps: by HLT, with the tick stopped at once unless its sleeps are short. Must decide nothing but that. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/cpuidle.h>
#include <linux/jiffies.h>

#include "bulkhead.h"
#include "compat.h"

/*
 * Our kernel keeps its tick at the first sleep after work and wakes for it within 10 ms: the interrupt, its end, the next deadline
 * and another sleep, four exits each time that a VM did something. To stop the tick costs two, the deadlines before and after the
 * sleep. So it is stopped, but for a VM that wakes from many short sleeps in a row: few of these meet a tick.
 */
#define SHORT_NS     (TICK_NSEC / 4)
#define SHORT_SLEEPS 16

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

static __cpuidle int idle_enter(struct cpuidle_device *dev, struct cpuidle_driver *drv, int index)
{
	choose_next(dev);
	arch_cpu_idle();
	return index;
}

static struct cpuidle_driver idle_driver = {
	.name = KBUILD_MODNAME,
	.states = {{.enter = idle_enter, .name = "HLT", .desc = "left to the core"}},
	.state_count = 1,
};

void bh_idle_start(void)
{
	int ret = BH_IDLE ? cpuidle_register(&idle_driver, NULL) : -ENODEV;

	if (ret)
		pr_notice("sleeps are the kernel's own: error %d\n", ret);
}
