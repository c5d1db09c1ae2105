// SPDX-License-Identifier: GPL-2.0-only
/* /dev/bulkhead/control: what a VM's programs may say about the VM itself, and the events meant for them. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "bulkhead.h"
#include "bulkhead_ioctl.h"

struct listener {
	struct list_head list;
	u64 mask;    /* events this file wants */
	u64 pending; /* and has not read yet */
};

static DEFINE_SPINLOCK(event_lock); /* listeners, their words, and: */
static u64 unclaimed;		    /* events nobody wanted so far */
static LIST_HEAD(listeners);
static DECLARE_WAIT_QUEUE_HEAD(event_wait);

static DEFINE_MUTEX(call_lock); /* answers of the hypervisor land in: */
static void *call_page;

void bh_control_events(u64 events)
{
	struct listener *l;
	unsigned long flags;
	u64 left = events;

	spin_lock_irqsave(&event_lock, flags);
	list_for_each_entry(l, &listeners, list)
	{
		l->pending |= events & l->mask;
		left &= ~l->mask;
	}
	unclaimed |= left;
	spin_unlock_irqrestore(&event_lock, flags);
	wake_up_interruptible(&event_wait);
}

static int control_open(struct inode *inode, struct file *file)
{
	struct listener *l = kzalloc(sizeof(*l), GFP_KERNEL);

	if (!l)
		return -ENOMEM;
	spin_lock_irq(&event_lock);
	list_add_tail(&l->list, &listeners);
	spin_unlock_irq(&event_lock);
	file->private_data = l;
	return stream_open(inode, file);
}

static int control_release(struct inode *inode, struct file *file)
{
	struct listener *l = file->private_data;

	spin_lock_irq(&event_lock);
	list_del(&l->list);
	spin_unlock_irq(&event_lock);
	kfree(l);
	return 0;
}

static u64 take_pending(struct listener *l)
{
	u64 word;

	spin_lock_irq(&event_lock);
	word = l->pending;
	l->pending = 0;
	spin_unlock_irq(&event_lock);
	return word;
}

static ssize_t control_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct listener *l = file->private_data;
	u64 word;

	if (len < sizeof(word))
		return -EINVAL;
	while ((word = take_pending(l)) == 0) { /* ends with an event or a signal */
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(event_wait, READ_ONCE(l->pending) != 0))
			return -ERESTARTSYS;
	}
	return copy_to_user(buf, &word, sizeof(word)) ? -EFAULT : sizeof(word);
}

static __poll_t control_poll(struct file *file, poll_table *wait)
{
	struct listener *l = file->private_data;

	poll_wait(file, &event_wait, wait);
	return READ_ONCE(l->pending) ? EPOLLIN | EPOLLRDNORM : 0;
}

static long ioctl_events(struct listener *l, u64 __user *arg)
{
	u64 mask;

	if (get_user(mask, arg))
		return -EFAULT;
	spin_lock_irq(&event_lock);
	l->mask = mask;
	l->pending = (l->pending | unclaimed) & mask;
	unclaimed &= ~mask;
	spin_unlock_irq(&event_lock);
	wake_up_interruptible(&event_wait);
	return 0;
}

/* A call that fills up to a page, and the bytes of it that the program gets. */
static long call_and_copy(u32 call, u64 a0, u64 a1, void __user *arg, size_t len)
{
	long ret;

	if (mutex_lock_interruptible(&call_lock))
		return -ERESTARTSYS;
	ret = bh_errno(bh_call(call, a0, a1, 0, 0, NULL));
	if (ret == 0 && copy_to_user(arg, call_page, len))
		ret = -EFAULT;
	memzero_explicit(call_page, len);
	mutex_unlock(&call_lock);
	return ret;
}

static long ioctl_admin(struct bh_admin __user *arg)
{
	u32 call, target, now;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (get_user(call, &arg->call) || get_user(target, &arg->arg) || get_user(now, &arg->now))
		return -EFAULT;
	if (call == HV_CALL_VM_STATUS)
		return call_and_copy(call, target, bh_gpa(call_page), &arg->status,
				     sizeof(struct hv_vm_status));
	if (call == HV_CALL_DEVICE_STATUS)
		return call_and_copy(call, target, bh_gpa(call_page), &arg->device,
				     sizeof(struct hv_device_status));
	if (call == HV_CALL_HW_STATUS)
		return call_and_copy(call, bh_gpa(call_page), 0, &arg->hw,
				     sizeof(struct hv_hw_status));
	if ((call < HV_CALL_VM_KILL || call > HV_CALL_MACHINE) && call != HV_CALL_VM_EVENT)
		return -EINVAL;
	return bh_errno(bh_call(call, target, now, 0, 0, NULL));
}

/* The hypervisor copies from memory of the kernel's own. */
static long ioctl_image_page(struct bh_image_page __user *arg)
{
	struct bh_image_page page;
	long ret = -EFAULT;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (copy_from_user(&page, arg, sizeof(page)))
		return -EFAULT;
	if (mutex_lock_interruptible(&call_lock))
		return -ERESTARTSYS;
	if (!copy_from_user(call_page, u64_to_user_ptr(page.from), PAGE_SIZE))
		ret = bh_errno(bh_call(HV_CALL_IMAGE_WRITE, page.dom, page.offset,
				       bh_gpa(call_page), 0, NULL));
	mutex_unlock(&call_lock);
	return ret;
}

static long ioctl_order(struct bh_order __user *arg)
{
	struct bh_order order;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (copy_from_user(&order, arg, sizeof(order)))
		return -EFAULT;
	if (order.call != HV_CALL_IMAGE_SEAL && order.call != HV_CALL_VM_SWAP)
		return -EINVAL;
	return bh_errno(bh_call(order.call, order.dom, order.what, order.how, 0, NULL));
}

static long ioctl_time(u64 __user *arg)
{
	struct bh_result res;
	u32 err = bh_call(HV_CALL_TIME, 0, 0, 0, 0, &res);

	if (err != HV_OK)
		return bh_errno(err);
	return put_user(res.r0, arg);
}

static long ioctl_focus_set(struct bh_focus __user *arg)
{
	struct bh_result res;
	u32 dom, err;

	if (get_user(dom, &arg->dom))
		return -EFAULT;
	err = bh_call(HV_CALL_FOCUS_SET, dom, 0, 0, 0, &res);
	if (err != HV_OK)
		return bh_errno(err);
	return put_user(res.r0, &arg->generation);
}

static long ioctl_focus_get(struct bh_focus __user *arg)
{
	struct bh_focus focus = {};
	struct bh_result res;
	u32 err = bh_call(HV_CALL_FOCUS_GET, 0, 0, 0, 0, &res);

	if (err != HV_OK)
		return bh_errno(err);
	focus.generation = res.r0;
	focus.dom = (u32)res.r1;
	return copy_to_user(arg, &focus, sizeof(focus)) ? -EFAULT : 0;
}

static long ioctl_console_read(struct bh_console __user *arg)
{
	struct bh_console console = {};
	struct bh_result res;
	u32 err;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	err = bh_call(HV_CALL_CONSOLE_READ, 0, 0, 0, 0, &res);
	if (err != HV_OK)
		return bh_errno(err);
	memcpy(console.byte, &res.r0, sizeof(console.byte));
	console.count = (u32)res.r1;
	return copy_to_user(arg, &console, sizeof(console)) ? -EFAULT : 0;
}

static long ioctl_chan(struct bh_chan __user *arg)
{
	struct hv_chan_info info;
	u32 index;
	int ret;

	if (get_user(index, &arg->index))
		return -EFAULT;
	if (index >= bh_chan_count())
		return -ENOENT;
	ret = bh_end_state(bh_chan_end(index), &info);
	if (ret)
		return ret;
	return copy_to_user(&arg->info, &info, sizeof(info)) ? -EFAULT : 0;
}

/* What this VM uses of its memory: all but what its programs could still get. */
static u64 used_bytes(void)
{
	return bh_info.ram_bytes - ((u64)si_mem_available() << PAGE_SHIFT);
}

static long control_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case BH_IOC_INFO:
		return copy_to_user(p, &bh_info, sizeof(bh_info)) ? -EFAULT : 0;
	case BH_IOC_READY:
		return bh_errno(bh_call(HV_CALL_HEARTBEAT, 1, used_bytes(), 0, 0, NULL));
	case BH_IOC_HEARTBEAT:
		return bh_errno(bh_call(HV_CALL_HEARTBEAT, 0, 0, 0, 0, NULL));
	case BH_IOC_EXIT:
		if (!capable(CAP_SYS_BOOT))
			return -EPERM;
		return arg > 255 ? -EINVAL : bh_errno(bh_call(HV_CALL_EXIT, arg, 0, 0, 0, NULL));
	case BH_IOC_TIME:
		return ioctl_time(p);
	case BH_IOC_ENTROPY:
		return call_and_copy(HV_CALL_ENTROPY, bh_gpa(call_page), HV_ENTROPY_MAX, p,
				     sizeof(struct bh_entropy));
	case BH_IOC_EVENTS:
		return ioctl_events(file->private_data, p);
	case BH_IOC_ADMIN:
		return ioctl_admin(p);
	case BH_IOC_FOCUS_SET:
		return ioctl_focus_set(p);
	case BH_IOC_FOCUS_GET:
		return ioctl_focus_get(p);
	case BH_IOC_STATUS:
		return bh_errno(bh_call(HV_CALL_STATUS, arg, 0, 0, 0, NULL));
	case BH_IOC_CONSOLE_READ:
		return ioctl_console_read(p);
	case BH_IOC_IMAGE_PAGE:
		return ioctl_image_page(p);
	case BH_IOC_ORDER:
		return ioctl_order(p);
	case BH_IOC_SECRET:
		return bh_secret_take(p);
	case BH_IOC_CHECKPOINT:
		return bh_checkpoint();
	case BH_IOC_CAPSULE_PUT:
	case BH_IOC_CAPSULE_GET:
		return bh_capsule(cmd, p);
	case BH_IOC_CHAN:
		return ioctl_chan(p);
	}
	return -ENOTTY;
}

static const struct file_operations control_fops = {
	.owner = THIS_MODULE,
	.open = control_open,
	.release = control_release,
	.read = control_read,
	.poll = control_poll,
	.unlocked_ioctl = control_ioctl,
};

static struct miscdevice control_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "bulkhead",
	.nodename = "bulkhead/control",
	.mode = 0600,
	.fops = &control_fops,
};

int bh_control_start(void)
{
	call_page = (void *)get_zeroed_page(GFP_KERNEL);
	if (!call_page)
		return -ENOMEM;
	return misc_register(&control_dev);
}
