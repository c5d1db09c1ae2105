// SPDX-License-Identifier: GPL-2.0-only
/* The VM's secret: handed to the first process once, then zeroed where the hypervisor put it. Must keep no copy. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/io.h>
#include <linux/mutex.h>
#include <linux/uaccess.h>

#include "bulkhead.h"
#include "bulkhead_ioctl.h"
#include "hv_image.h"

static DEFINE_MUTEX(secret_lock); /* bh_info.secret_*: 0 once it is taken */

/* The image's memory map keeps these pages from the kernel; it maps them here only. */
static long hand_over(struct hv_secret *file, struct bh_secret *ask)
{
	if (file->magic != HV_SECRET_MAGIC || file->version != HV_SECRET_VERSION ||
	    file->bytes != bh_info.secret_bytes - sizeof(*file)) {
		pr_err("the secret is none of this version\n");
		return -EBADMSG;
	}
	if (file->bytes > ask->bytes)
		return -EMSGSIZE;
	ask->bytes = file->bytes;
	return copy_to_user(u64_to_user_ptr(ask->to), file + 1, file->bytes) ? -EFAULT : 0;
}

static long take(struct bh_secret *ask)
{
	struct hv_secret *file;
	long ret;

	if (bh_info.secret_bytes <= sizeof(*file))
		return -ENODATA;
	file = memremap(bh_info.secret_gpa, bh_info.secret_bytes, MEMREMAP_WB);
	if (!file)
		return -ENOMEM;
	ret = hand_over(file, ask);
	if (ret == 0) {
		memzero_explicit(file, bh_info.secret_bytes);
		bh_info.secret_gpa = bh_info.secret_bytes = 0;
	}
	memunmap(file);
	return ret;
}

long bh_secret_take(struct bh_secret __user *arg)
{
	struct bh_secret ask;
	long ret;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (copy_from_user(&ask, arg, sizeof(ask)))
		return -EFAULT;
	mutex_lock(&secret_lock);
	ret = take(&ask);
	mutex_unlock(&secret_lock);
	return ret == 0 && put_user(ask.bytes, &arg->bytes) ? -EFAULT : ret;
}
