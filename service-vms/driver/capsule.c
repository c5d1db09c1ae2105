// SPDX-License-Identifier: GPL-2.0-only
/* The VM's capsule: bytes for its own next life, kept by the hypervisor. Must not look into them. */
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "bulkhead.h"
#include "bulkhead_ioctl.h"

static long put(void *page, const struct bh_capsule *ask)
{
	if (copy_from_user(page, u64_to_user_ptr(ask->at), ask->bytes))
		return -EFAULT;
	return bh_errno(bh_call(HV_CALL_CAPSULE_PUT, bh_gpa(page), ask->bytes, 0, 0, NULL));
}

static long get(void *page, struct bh_capsule *ask)
{
	struct bh_result res = {};
	u32 err = bh_call(HV_CALL_CAPSULE_GET, bh_gpa(page), HV_CAPSULE_MAX, 0, 0, &res);

	if (err != HV_OK)
		return bh_errno(err);
	if (res.r0 > ask->bytes)
		return -EMSGSIZE;
	ask->bytes = (u32)res.r0;
	return copy_to_user(u64_to_user_ptr(ask->at), page, ask->bytes) ? -EFAULT : 0;
}

long bh_capsule(unsigned int cmd, struct bh_capsule __user *arg)
{
	struct bh_capsule ask;
	void *page;
	long ret;

	if (copy_from_user(&ask, arg, sizeof(ask)))
		return -EFAULT;
	if (ask.bytes > HV_CAPSULE_MAX)
		return -EMSGSIZE;
	page = kzalloc(HV_CAPSULE_MAX, GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	ret = cmd == BH_IOC_CAPSULE_PUT ? put(page, &ask) : get(page, &ask);
	kfree_sensitive(page);
	return ret == 0 && put_user(ask.bytes, &arg->bytes) ? -EFAULT : ret;
}
