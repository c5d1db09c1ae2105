// SPDX-License-Identifier: GPL-2.0-only
/* Channel ends as /dev/bulkhead/NAME.rx and NAME.tx: one read or write is one message. bulkhead_ioctl.h says what holds. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "bulkhead.h"
#include "bulkhead_ioctl.h"

struct chandev {
	struct miscdevice misc;
	struct bh_end *end;
	unsigned long opened; /* bit 0 */
	char name[sizeof("bulkhead-") + HV_NAME_LEN + sizeof(".rx")];
	char node[sizeof("bulkhead/") + HV_NAME_LEN + sizeof(".rx")];
};

static struct chandev *to_dev(struct file *file)
{
	return container_of(file->private_data, struct chandev, misc);
}

static bool nonblocking(const struct kiocb *iocb)
{
	return (iocb->ki_filp->f_flags & O_NONBLOCK) || (iocb->ki_flags & IOCB_NOWAIT);
}

/* Whoever waits for a message or for room does so under io: threads that share the file take turns. */
static int take_turn(struct bh_end *end, bool nonblock)
{
	if (nonblock)
		return mutex_trylock(&end->io) ? 0 : -EAGAIN;
	return mutex_lock_interruptible(&end->io) ? -ERESTARTSYS : 0;
}

static int dev_open(struct inode *inode, struct file *file)
{
	struct chandev *dev = to_dev(file);
	fmode_t need = dev->end->dir == HV_CHAN_RX ? FMODE_READ : FMODE_WRITE;
	int ret;

	if ((file->f_mode & (FMODE_READ | FMODE_WRITE)) != need)
		return -EACCES;
	if (!bh_doorbell_works())
		return -ENXIO;
	if (test_and_set_bit(0, &dev->opened))
		return -EBUSY;
	ret = bh_end_attach(dev->end);
	if (ret) {
		clear_bit(0, &dev->opened);
		return ret;
	}
	return stream_open(inode, file);
}

static int dev_release(struct inode *inode, struct file *file)
{
	clear_bit(0, &to_dev(file)->opened);
	return 0;
}

/* Copies the message out and gives its room back. On failure it stays. */
static ssize_t take_message(struct bh_end *end, const struct ring_msg *msg, struct iov_iter *to)
{
	const u8 *data = bh_end_data(end);
	int ret;

	if (msg->len > iov_iter_count(to))
		return -EMSGSIZE;
	if (copy_to_iter(data + msg->off[0], msg->bytes[0], to) != msg->bytes[0] ||
	    copy_to_iter(data + msg->off[1], msg->bytes[1], to) != msg->bytes[1])
		return -EFAULT;
	ret = bh_end_consume(end, msg);
	return ret ? ret : msg->len;
}

static ssize_t dev_read(struct kiocb *iocb, struct iov_iter *to)
{
	struct bh_end *end = to_dev(iocb->ki_filp)->end;
	bool nonblock = nonblocking(iocb);
	struct ring_msg msg;
	ssize_t ret = take_turn(end, nonblock);

	if (ret)
		return ret;
	for (;;) { /* ends with a message, a dead far end or a signal */
		ret = bh_end_peek(end, &msg);
		if (ret == 0)
			ret = take_message(end, &msg, to);
		if (ret != -EAGAIN || nonblock)
			break;
		ret = wait_event_interruptible(end->wait, bh_end_readable(end));
		if (ret)
			break;
	}
	mutex_unlock(&end->io);
	return ret;
}

static bool sendable(struct bh_end *end)
{
	return READ_ONCE(end->gone) || !READ_ONCE(end->blocked);
}

/* The message in the bounce buffer goes out, or waits for room. */
static ssize_t send_message(struct bh_end *end, u32 len, bool nonblock)
{
	ssize_t ret;

	for (;;) { /* ends with the message taken, a dead far end or a signal */
		if (READ_ONCE(end->gone))
			return -EPIPE;
		ret = bh_end_send(end, len);
		if (ret == 0)
			return len;
		if (ret != -EAGAIN || nonblock)
			return ret;
		ret = wait_event_interruptible(end->wait, sendable(end));
		if (ret)
			return ret;
	}
}

static ssize_t dev_write(struct kiocb *iocb, struct iov_iter *from)
{
	struct bh_end *end = to_dev(iocb->ki_filp)->end;
	bool nonblock = nonblocking(iocb);
	size_t len = iov_iter_count(from);
	ssize_t ret;

	if (len == 0 || len > end->msg_max)
		return -EMSGSIZE;
	ret = take_turn(end, nonblock);
	if (ret)
		return ret;
	if (copy_from_iter_full(end->bounce, len, from))
		ret = send_message(end, (u32)len, nonblock);
	else
		ret = -EFAULT;
	mutex_unlock(&end->io);
	return ret;
}

static __poll_t dev_poll(struct file *file, poll_table *wait)
{
	struct bh_end *end = to_dev(file)->end;

	poll_wait(file, &end->wait, wait);
	if (READ_ONCE(end->gone))
		return EPOLLHUP;
	if (end->dir == HV_CHAN_RX)
		return bh_end_readable(end) ? EPOLLIN | EPOLLRDNORM : 0;
	return sendable(end) ? EPOLLOUT | EPOLLWRNORM : 0;
}

static long ioctl_state(struct bh_end *end, void __user *arg)
{
	struct hv_chan_info info;
	int ret = bh_end_state(end, &info);

	if (ret)
		return ret;
	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static long ioctl_ack(struct bh_end *end, void __user *arg)
{
	struct hv_chan_info before, after;
	struct bh_ack ack;
	int ret = bh_end_ack(end, &before, &after);

	if (ret)
		return ret;
	ack.peer_epoch = after.peer_epoch;
	ack.cause = before.peer_cause;
	ack.state = after.state;
	return copy_to_user(arg, &ack, sizeof(ack)) ? -EFAULT : 0;
}

static long ioctl_focus(struct bh_end *end, void __user *arg)
{
	u64 generation;

	if (end->dir != HV_CHAN_TX)
		return -EINVAL;
	if (copy_from_user(&generation, arg, sizeof(generation)))
		return -EFAULT;
	if (mutex_lock_interruptible(&end->io))
		return -ERESTARTSYS;
	end->focus = generation;
	mutex_unlock(&end->io);
	return 0;
}

static long dev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct bh_end *end = to_dev(file)->end;
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case BH_IOC_STATE:
		return ioctl_state(end, p);
	case BH_IOC_ACK:
		return ioctl_ack(end, p);
	case BH_IOC_FOCUS:
		return ioctl_focus(end, p);
	}
	return -ENOTTY;
}

static const struct file_operations rx_fops = {
	.owner = THIS_MODULE,
	.open = dev_open,
	.release = dev_release,
	.read_iter = dev_read,
	.poll = dev_poll,
	.unlocked_ioctl = dev_ioctl,
};

static const struct file_operations tx_fops = {
	.owner = THIS_MODULE,
	.open = dev_open,
	.release = dev_release,
	.write_iter = dev_write,
	.poll = dev_poll,
	.unlocked_ioctl = dev_ioctl,
};

static int dev_start(struct chandev *dev, struct bh_end *end)
{
	bool rx = end->dir == HV_CHAN_RX;

	dev->end = end;
	scnprintf(dev->name, sizeof(dev->name), "bulkhead-%s.%s", end->name, rx ? "rx" : "tx");
	scnprintf(dev->node, sizeof(dev->node), "bulkhead/%s.%s", end->name, rx ? "rx" : "tx");
	dev->misc.minor = MISC_DYNAMIC_MINOR;
	dev->misc.name = dev->name;
	dev->misc.nodename = dev->node;
	dev->misc.mode = 0600;
	dev->misc.fops = rx ? &rx_fops : &tx_fops;
	return misc_register(&dev->misc);
}

int bh_chandev_start(void)
{
	struct chandev *devs = kcalloc(bh_chan_count(), sizeof(*devs), GFP_KERNEL);
	unsigned int i;
	int ret;

	if (!devs)
		return -ENOMEM;
	for (i = 0; i < bh_chan_count(); i++) {
		if (bh_chan_end(i)->event)
			continue; /* another part of this module has it */
		ret = dev_start(&devs[i], bh_chan_end(i));
		if (ret) {
			pr_err("%s: error %d\n", devs[i].node, ret);
			return ret;
		}
	}
	return 0;
}
