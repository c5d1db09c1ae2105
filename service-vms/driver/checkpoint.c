// SPDX-License-Identifier: GPL-2.0-only
/* The checkpoint: a call that returns again in each life that begins there. Must come before any channel is attached. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/gfp.h>

#include "bulkhead.h"
#include "compat.h"

/* What this life shares with the others since the checkpoint: the random pool and the date. */
static void begin_life(void *page, u64 life)
{
	bh_info.life = life;
	bh_take_time();
	if (bh_call(HV_CALL_ENTROPY, bh_gpa(page), HV_ENTROPY_MAX, 0, 0, NULL) == HV_OK)
		bh_reseed(page, HV_ENTROPY_MAX);
	else
		pr_warn("no entropy from the hypervisor: this life draws what the one before "
			"drew\n");
	memzero_explicit(page, HV_ENTROPY_MAX);
	pr_notice("life %llu, from the checkpoint\n", life);
}

long bh_checkpoint(void)
{
	struct bh_result res;
	void *page;
	u32 err;

	if (!capable(CAP_SYS_BOOT))
		return -EPERM;
	page = (void *)get_zeroed_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	err = bh_call(HV_CALL_CHECKPOINT, 0, 0, 0, 0, &res);
	if (err == HV_OK && res.r0 != bh_info.life)
		begin_life(page, res.r0);
	free_page((unsigned long)page);
	/* a VM whose description gives it none goes on without */
	return err == HV_EPERM ? 0 : bh_errno(err);
}
