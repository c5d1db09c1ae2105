// SPDX-License-Identifier: GPL-2.0-only
/* Sending on a net edge: frames go from where they lie into the far end's ring. Must not hand out a byte beyond the frame. */
#include <linux/etherdevice.h>
#include <linux/skbuff.h>

#include "hv_system.h"
#include "net.h"

/* Header, linear part, fragments: one packet always fits an empty list. */
static_assert(2 + MAX_SKB_FRAGS <= HV_SEG_MAX);
static_assert(HV_SEG_MAX * sizeof(struct net_packet) <= PAGE_SIZE);

static struct net_packet *header_at(const struct bh_net *net, unsigned int slot)
{
	return (struct net_packet *)net->tx->bounce + slot;
}

static void fill_header(struct net_packet *p, const struct sk_buff *skb)
{
	const struct skb_shared_info *info = skb_shinfo(skb);

	memset(p, 0, sizeof(*p));
	p->type = NET_PACKET;
	if (skb_is_gso(skb)) {
		p->gso = info->gso_type & SKB_GSO_TCPV4 ? NET_GSO_TCP4 : NET_GSO_TCP6;
		p->gso_size = info->gso_size;
		if (info->gso_type & SKB_GSO_TCP_ECN)
			p->flags |= NET_F_ECN;
	}
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		p->flags |= NET_F_CSUM;
		p->csum_start = skb_checksum_start_offset(skb);
		p->csum_offset = skb->csum_offset;
	} else if (skb->ip_summed == CHECKSUM_UNNECESSARY) {
		p->flags |= NET_F_VALID;
	}
}

static void add_segment(struct bh_net *net, const void *at, u32 len, bool end)
{
	struct hv_seg *seg = &net->tx->seg[net->segs++];

	seg->gpa = bh_gpa(at);
	seg->len = len;
	seg->flags = end ? HV_SEG_END : 0;
}

/*
 * The header lies right in front of the frame where that place is the packet's own, which spares a segment, so that more packets
 * go in one call; else in its slot of the bounce page.
 */
static void add_head(struct bh_net *net, const struct sk_buff *skb)
{
	bool last = skb_shinfo(skb)->nr_frags == 0;
	struct net_packet p;
	u8 *front = skb->data - sizeof(p);

	fill_header(&p, skb);
	if (skb_headroom(skb) >= sizeof(p) && skb_headlen(skb) && !skb_header_cloned(skb)) {
		memcpy(front, &p, sizeof(p));
		add_segment(net, front, sizeof(p) + skb_headlen(skb), last);
		return;
	}
	*header_at(net, net->packets) = p;
	add_segment(net, header_at(net, net->packets), sizeof(p), false);
	if (skb_headlen(skb))
		add_segment(net, skb->data, skb_headlen(skb), last);
}

/* There is room for it in the list. */
static void queue(struct bh_net *net, struct sk_buff *skb)
{
	const struct skb_shared_info *info = skb_shinfo(skb);
	unsigned int i;

	add_head(net, skb);
	for (i = 0; i < info->nr_frags; i++)
		add_segment(net, skb_frag_address(&info->frags[i]), skb_frag_size(&info->frags[i]),
			    i + 1 == info->nr_frags);
	net->packet[net->packets++] = skb;
}

/* The first packet of the list is out, or never will be. */
static void done_with_first(struct bh_net *net, bool sent)
{
	struct sk_buff *skb = net->packet[net->first++];

	while (!(net->tx->seg[net->first_seg++].flags & HV_SEG_END)) {
		/* bound: each packet ends with such a segment */
	}
	if (sent) {
		net->dev->stats.tx_packets++;
		net->dev->stats.tx_bytes += skb->len;
		dev_consume_skb_any(skb);
	} else {
		net->dev->stats.tx_errors++;
		dev_kfree_skb_any(skb);
	}
	if (net->first == net->packets)
		net->first = net->packets = net->first_seg = net->segs = 0;
}

void nettx_drop(struct bh_net *net)
{
	while (net->packets)
		done_with_first(net, false);
}

/*
 * Sends what is queued. False: the rest must wait, an event follows. A packet that the hypervisor refuses for another
 * reason than room is dropped, so every turn makes the list shorter.
 */
static bool flush(struct bh_net *net)
{
	while (net->packets) {
		struct bh_result taken = {0};
		u32 err = bh_call(HV_CALL_CHAN_SEND, net->tx->index,
				  bh_gpa(net->tx->seg + net->first_seg), net->segs - net->first_seg,
				  0, &taken);

		while (taken.r0-- && net->packets)
			done_with_first(net, true);
		if (err == HV_EAGAIN)
			return false;
		if (err != HV_OK && net->packets)
			done_with_first(net, false);
	}
	return true;
}

static bool may_pass(struct bh_net *net, const struct sk_buff *skb)
{
	u8 buf[ESPFILTER_PEEK];
	const u8 *frame;

	if (!net->filter)
		return true;
	frame = skb_header_pointer(skb, 0, min_t(int, skb->len, sizeof(buf)), buf);
	if (frame && !skb_is_gso(skb) && netgate_pass(net->tx_way, frame, skb->len))
		return true;
	net->count.filtered++;
	return false;
}

netdev_tx_t nettx_start(struct sk_buff *skb, struct net_device *dev)
{
	struct bh_net *net = netdev_priv(dev);

	if (net->segs + 2 + skb_shinfo(skb)->nr_frags > HV_SEG_MAX && !flush(net)) {
		netif_stop_queue(dev);
		return NETDEV_TX_BUSY;
	}
	if (net->tx_up && skb->len <= NET_FRAME_MAX &&
	    skb->len <= net->tx->msg_max - sizeof(struct net_packet) && may_pass(net, skb)) {
		queue(net, skb);
	} else {
		dev->stats.tx_dropped++;
		dev_kfree_skb_any(skb);
	}
	if (netdev_xmit_more())
		return NETDEV_TX_OK;
	if (net->polling)
		return NETDEV_TX_OK; /* the poll sends it */
	if (in_serving_softirq())
		napi_schedule(&net->napi); /* what is forwarded comes in batches: a poll sends it */
	else if (!flush(net))
		netif_stop_queue(dev); /* the event's poll cannot have run yet: it needs our lock */
	return NETDEV_TX_OK;
}

static void say_hello(struct bh_net *net)
{
	struct net_hello *hello = (struct net_hello *)header_at(net, 0);

	memset(hello, 0, sizeof(*hello));
	hello->type = NET_HELLO;
	hello->version = NET_VERSION;
	hello->mtu = net->mtu_wanted;
	hello->magic = NET_MAGIC;
	if (bh_call(HV_CALL_CHAN_SEND_ONE, net->tx->index, bh_gpa(hello), sizeof(*hello), 0,
		    NULL) != HV_OK)
		return;
	net->hello_due = false;
	net->tx_up = true;
}

void nettx_finish(struct bh_net *net)
{
	net->polling = false;
	if (!flush(net))
		netif_stop_queue(net->dev);
}

void nettx_sync(struct bh_net *net)
{
	struct hv_chan_info before, after;

	net->polling = true;
	if (READ_ONCE(net->tx->gone)) {
		net->tx_up = false;
		net->hello_due = true;
		nettx_drop(net);
		bh_end_ack_alone(net->tx, &before, &after);
	}
	if (!flush(net))
		return;
	if (net->hello_due)
		say_hello(net);
	netif_wake_queue(net->dev);
}
