// SPDX-License-Identifier: GPL-2.0-only
/* Channel ends: attach, send, death of the far end. Knows nothing of user space; trusts ring content as little as it can. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "bulkhead.h"
#include "hv_system.h"

#define ACK_TRIES 8 /* the far end may die again between question and answer, but not for ever */

static struct bh_end *ends; /* chan_count of them */
static unsigned int end_count;

unsigned int bh_chan_count(void)
{
	return end_count;
}

struct bh_end *bh_chan_end(unsigned int index)
{
	return &ends[index];
}

const u8 *bh_end_data(const struct bh_end *end)
{
	return (const u8 *)end->ring + HV_RING_DATA;
}

/* Asks the hypervisor and keeps what matters; the answer stays in end->info. Under end->lock, so that no older answer overwrites it. */
static u32 refresh(struct bh_end *end)
{
	u32 err = bh_call(HV_CALL_CHAN_INFO, end->index, bh_gpa(end->info), 0, 0, NULL);

	if (err != HV_OK)
		return err;
	WRITE_ONCE(end->gone, (end->info->state & HV_CHAN_STATE_GONE) != 0);
	end->peer_epoch = end->info->peer_epoch;
	return HV_OK;
}

/* Most events of a receiver are messages, and its ring's header tells those from a change at the far end. Under end->lock. */
static bool only_messages(const struct bh_end *end)
{
	return end->ring && (READ_ONCE(end->ring->gone) != 0) == end->gone &&
	       READ_ONCE(end->ring->epoch) == end->peer_epoch;
}

void bh_chan_event(unsigned int index)
{
	struct bh_end *end = &ends[index];
	unsigned long flags;

	spin_lock_irqsave(&end->lock, flags);
	if (!only_messages(end))
		refresh(end);
	WRITE_ONCE(end->blocked, false);
	spin_unlock_irqrestore(&end->lock, flags);
	if (end->event)
		end->event(end->owner);
	else
		wake_up_interruptible(&end->wait);
}

int bh_end_state(struct bh_end *end, struct hv_chan_info *out)
{
	unsigned long flags;
	u32 err;

	spin_lock_irqsave(&end->lock, flags);
	err = refresh(end);
	if (err == HV_OK)
		*out = *end->info;
	spin_unlock_irqrestore(&end->lock, flags);
	return bh_errno(err);
}

/* The hypervisor has written the ring header anew. Under end->io. */
static void start_over(struct bh_end *end)
{
	end->head = 0;
	end->broken = false;
	WRITE_ONCE(end->blocked, false);
}

int bh_end_attach(struct bh_end *end)
{
	unsigned long flags;
	u32 err;

	mutex_lock(&end->io);
	spin_lock_irqsave(&end->lock, flags);
	err = bh_call(HV_CALL_CHAN_ATTACH, end->index, end->ring ? bh_gpa(end->ring) : 0, 0, 0,
		      NULL);
	if (err == HV_OK) {
		start_over(end);
		err = refresh(end);
	}
	spin_unlock_irqrestore(&end->lock, flags);
	mutex_unlock(&end->io);
	return bh_errno(err);
}

int bh_end_ack_alone(struct bh_end *end, struct hv_chan_info *before, struct hv_chan_info *after)
{
	unsigned long flags;
	unsigned int i;
	u32 err;

	spin_lock_irqsave(&end->lock, flags);
	for (i = 0; i < ACK_TRIES; i++) {
		err = refresh(end);
		*before = *end->info;
		if (err != HV_OK || !end->gone)
			break;
		err = bh_call(HV_CALL_CHAN_ACK, end->index, end->peer_epoch, 0, 0, NULL);
		if (err == HV_OK) {
			start_over(end);
			err = refresh(end);
			break;
		}
		if (err != HV_ESTALE)
			break;
	}
	*after = *end->info;
	spin_unlock_irqrestore(&end->lock, flags);
	return bh_errno(err);
}

int bh_end_ack(struct bh_end *end, struct hv_chan_info *before, struct hv_chan_info *after)
{
	int ret;

	mutex_lock(&end->io);
	ret = bh_end_ack_alone(end, before, after);
	mutex_unlock(&end->io);
	return ret;
}

/*
 * `blocked` is set before the call: an event that comes between the refusal and our look at it clears the flag,
 * and nobody sleeps on a wake-up that has passed.
 */
int bh_end_send(struct bh_end *end, u32 len)
{
	u32 err;

	WRITE_ONCE(end->blocked, true);
	err = bh_call(HV_CALL_CHAN_SEND_ONE, end->index, bh_gpa(end->bounce), len, end->focus,
		      NULL);
	if (err != HV_EAGAIN)
		WRITE_ONCE(end->blocked, false);
	return bh_errno(err);
}

static u32 ring_tail(const struct bh_end *end)
{
	return virt_load_acquire(
		&end->ring->tail); /* pairs with the hypervisor's release of tail */
}

bool bh_end_readable(struct bh_end *end)
{
	return READ_ONCE(end->gone) || READ_ONCE(end->broken) ||
	       ring_tail(end) != READ_ONCE(end->head);
}

int bh_end_peek(struct bh_end *end, struct ring_msg *msg)
{
	if (READ_ONCE(end->gone))
		return -EPIPE;
	if (end->broken)
		return -EIO;
	switch (ring_peek(bh_end_data(end), end->ring_bytes, end->msg_max, end->head,
			  ring_tail(end), msg)) {
	case RING_EMPTY:
		return -EAGAIN;
	case RING_MSG:
		return 0;
	case RING_BROKEN:
		break;
	}
	pr_err("channel %s: the ring makes no sense\n", end->name);
	WRITE_ONCE(end->broken, true);
	return -EIO;
}

/*
 * The barrier between head and want pairs with the hypervisor's between want and head. virt_: this kernel may be
 * built for one processor, the hypervisor's writer runs on another. The sender is told once half of the ring is free, not
 * for each message; above half there is a message left, so this place is passed again.
 */
int bh_end_consume(struct bh_end *end, const struct ring_msg *msg)
{
	if (READ_ONCE(end->gone))
		return -EPIPE;
	WRITE_ONCE(end->head, msg->next);
	virt_store_release(&end->ring->head, msg->next);
	virt_mb();
	if (READ_ONCE(end->ring->want) && ring_tail(end) - msg->next <= end->ring_bytes / 2)
		bh_call(HV_CALL_CHAN_ACK, end->index, READ_ONCE(end->peer_epoch), 0, 0, NULL);
	return 0;
}

void bh_end_quiet(struct bh_end *end)
{
	WRITE_ONCE(end->ring->quiet, 1);
}

bool bh_end_waits(const struct bh_end *end)
{
	return ring_tail(end) != READ_ONCE(end->head);
}

/* The barrier pairs with the hypervisor's between tail and quiet. */
bool bh_end_listen(struct bh_end *end)
{
	WRITE_ONCE(end->ring->quiet, 0);
	virt_mb();
	return bh_end_waits(end);
}

static int sender_start(struct bh_end *end)
{
	bool lists = end->kind == HV_KIND_NET;

	end->bounce = alloc_pages_exact(lists ? PAGE_SIZE : end->msg_max, GFP_KERNEL | __GFP_ZERO);
	if (lists)
		end->seg = (struct hv_seg *)get_zeroed_page(GFP_KERNEL);
	return end->bounce && (end->seg || !lists) ? 0 : -ENOMEM;
}

static int receiver_start(struct bh_end *end)
{
	if (!is_power_of_2(end->ring_bytes) || end->ring_bytes < PAGE_SIZE)
		return -EPROTO;
	end->ring = alloc_pages_exact(HV_RING_DATA + end->ring_bytes, GFP_KERNEL | __GFP_ZERO);
	return end->ring ? 0 : -ENOMEM;
}

/* Rings are contiguous, so they are taken now, while memory is still whole. */
static int end_start(struct bh_end *end, unsigned int index)
{
	end->index = index;
	spin_lock_init(&end->lock);
	mutex_init(&end->io);
	init_waitqueue_head(&end->wait);
	end->info = (struct hv_chan_info *)get_zeroed_page(GFP_KERNEL);
	if (!end->info)
		return -ENOMEM;
	if (refresh(end) != HV_OK)
		return -EPROTO;
	memcpy(end->name, end->info->name, HV_NAME_LEN);
	memcpy(end->peer, end->info->peer, HV_NAME_LEN);
	end->dir = end->info->dir;
	end->kind = end->info->kind;
	end->flags = end->info->flags;
	end->ring_bytes = end->info->ring_bytes;
	end->msg_max = end->info->msg_max;
	if (end->msg_max == 0 || end->msg_max > HV_CHAN_MSG_MAX)
		return -EPROTO;
	return end->dir == HV_CHAN_RX ? receiver_start(end) : sender_start(end);
}

int bh_chan_start(void)
{
	unsigned int i;
	int ret;

	ends = kcalloc(bh_info.chan_count, sizeof(*ends), GFP_KERNEL);
	if (!ends)
		return -ENOMEM;
	for (i = 0; i < bh_info.chan_count; i++) {
		ret = end_start(&ends[i], i);
		if (ret) {
			pr_err("channel end %u (%s): error %d\n", i, ends[i].name, ret);
			return ret;
		}
		end_count = i + 1; /* the ones before a failure stay usable */
	}
	return 0;
}
