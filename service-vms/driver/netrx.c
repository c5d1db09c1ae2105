// SPDX-License-Identifier: GPL-2.0-only
/* Receiving on a net edge. The far end may be hostile: nothing of a message is used before netcheck.c has passed it. */
#include <linux/etherdevice.h>
#include <linux/skbuff.h>
#include <linux/virtio_net.h>

#include "compat.h"
#include "net.h"

#define LINEAR	   256	/* of a large frame: its headers, where the stack wants them */
#define COPY_MAX   1600 /* frames up to this are one piece of memory */
#define POOL_ORDER 3
#define POOL_BYTES (PAGE_SIZE << POOL_ORDER)
#define POOL_KEPT                                                                                  \
	16 /* such pieces that wait to be used again: half a MiB, once that much was under way */

static_assert(NETCHECK_PEEK - sizeof(struct net_packet) >= ESPFILTER_PEEK);
static_assert(DIV_ROUND_UP(NET_FRAME_MAX - LINEAR, POOL_BYTES) <= MAX_SKB_FRAGS);

/* In a kernel that is built for size memcpy is a `rep` over bytes; what a frame has many of goes by words. */
static void copy_bytes(void *to, const void *from, u32 len)
{
	unsigned long words = len / 8;

	asm volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
	memcpy(to, from, len % 8);
}

/* Bytes [off, off+len) of the message, which has them. */
static void copy_part(const struct bh_end *end, const struct ring_msg *msg, u32 off, void *to,
		      u32 len)
{
	const u8 *data = bh_end_data(end);
	u32 n = off < msg->bytes[0] ? min(len, msg->bytes[0] - off) : 0;

	copy_bytes(to, data + msg->off[0] + off, n);
	copy_bytes(to + n, data + msg->off[1] + (off + n - msg->bytes[0]), len - n);
}

static struct sk_buff *make_small(struct bh_net *net, const struct ring_msg *msg, u32 len)
{
	struct sk_buff *skb = napi_alloc_skb(&net->napi, len);

	if (skb)
		copy_part(net->rx, msg, sizeof(struct net_packet), skb_put(skb, len), len);
	return skb;
}

int netrx_start(struct bh_net *net)
{
	const struct page_pool_params params = {
		.flags = BH_POOL_FLAGS,
		.order = POOL_ORDER,
		.pool_size = POOL_KEPT,
		.nid = NUMA_NO_NODE,
	};

	net->pool = page_pool_create(&params);
	return PTR_ERR_OR_ZERO(net->pool);
}

void netrx_end(struct bh_net *net)
{
	page_pool_destroy(net->pool);
}

/*
 * Memory that packets of this edge had before: the kernel clears what it gives anew, which costs as much as to fill it. Old bytes are
 * of the same far end, and none is handed on: a packet has as many as were copied into it.
 */
static struct sk_buff *from_pool(struct bh_net *net, u32 len)
{
	struct sk_buff *skb = napi_alloc_skb(&net->napi, LINEAR);

	if (!skb)
		return NULL;
	skb_mark_for_recycle(skb);
	skb_put(skb, LINEAR);
	while (skb->len < len) { /* bound: see the assertion above */
		u32 part = min_t(u32, len - skb->len, POOL_BYTES);
		unsigned int offset;
		struct page *page = page_pool_dev_alloc_frag(net->pool, &offset, part);

		if (!page) {
			kfree_skb(skb);
			return NULL;
		}
		skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, page, offset, part,
				part > POOL_BYTES / 2 ? POOL_BYTES : part);
	}
	return skb;
}

/* In a VM whose memory is in small pieces. */
static struct sk_buff *from_pieces(struct bh_net *net, u32 len)
{
	struct sk_buff *skb;
	int err;

	skb = alloc_skb_with_frags(NET_SKB_PAD + NET_IP_ALIGN + LINEAR, len - LINEAR,
				   PAGE_ALLOC_COSTLY_ORDER, &err, GFP_ATOMIC | __GFP_NOWARN);
	if (!skb)
		return NULL;
	skb_reserve(skb, NET_SKB_PAD + NET_IP_ALIGN);
	skb_put(skb, LINEAR);
	skb->dev = net->dev;
	skb->data_len = len - LINEAR;
	skb->len += skb->data_len;
	return skb;
}

static struct sk_buff *make_large(struct bh_net *net, const struct ring_msg *msg, u32 len)
{
	struct sk_buff *skb = from_pool(net, len);
	u32 at = sizeof(struct net_packet);
	unsigned int i;

	if (!skb)
		skb = from_pieces(net, len);
	if (!skb)
		return NULL;
	copy_part(net->rx, msg, at, skb->data, LINEAR);
	at += LINEAR;
	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		const skb_frag_t *frag = &skb_shinfo(skb)->frags[i];

		copy_part(net->rx, msg, at, skb_frag_address(frag), skb_frag_size(frag));
		at += skb_frag_size(frag);
	}
	return skb;
}

/* Of what netcheck.c has passed nothing should fail here; the kernel's own look at it comes on top. */
static bool set_offloads(struct sk_buff *skb, const struct net_packet *p)
{
	struct virtio_net_hdr v = {0};

	if (p->flags & NET_F_CSUM) {
		v.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		v.csum_start = (__force __virtio16)cpu_to_le16(p->csum_start);
		v.csum_offset = (__force __virtio16)cpu_to_le16(p->csum_offset);
	} else if (p->flags & NET_F_VALID) {
		skb->ip_summed = CHECKSUM_UNNECESSARY;
	}
	if (p->gso != NET_GSO_NONE) {
		v.gso_type = p->gso == NET_GSO_TCP4 ? VIRTIO_NET_HDR_GSO_TCPV4
						    : VIRTIO_NET_HDR_GSO_TCPV6;
		if (p->flags & NET_F_ECN)
			v.gso_type |= VIRTIO_NET_HDR_GSO_ECN;
		v.gso_size = (__force __virtio16)cpu_to_le16(p->gso_size);
	}
	return virtio_net_hdr_to_skb(skb, &v, true) == 0;
}

static void adopt_hello(struct bh_net *net, u16 mtu)
{
	net->rx_up = true;
	if (net->mtu_peer == mtu)
		return;
	WRITE_ONCE(net->mtu_peer, mtu);
	schedule_work(&net->mtu_work);
}

/* A packet of the ring as one of the kernel's, or NULL and it is counted. PEEK: how the message begins. */
static struct sk_buff *make_packet(struct bh_net *net, const struct ring_msg *msg, const u8 *peek)
{
	const u8 *frame = peek + sizeof(struct net_packet);
	struct net_packet p;
	struct sk_buff *skb;
	u32 len;

	if (!net->rx_up || !net_packet_check(peek, msg->len, &p)) {
		net->count.bad++;
		return NULL;
	}
	len = msg->len - sizeof(p);
	if (net->check_source && !ether_addr_equal(frame + ETH_ALEN, net->peer_mac)) {
		net->count.spoofed++;
		return NULL;
	}
	if (net->filter && (p.gso != NET_GSO_NONE || !netgate_pass(net->rx_way, frame, len))) {
		net->count.filtered++;
		return NULL;
	}
	skb = len <= COPY_MAX ? make_small(net, msg, len) : make_large(net, msg, len);
	if (!skb) {
		net->dev->stats.rx_dropped++;
		return NULL;
	}
	if (set_offloads(skb, &p))
		return skb;
	net->count.bad++;
	kfree_skb(skb);
	return NULL;
}

/*
 * One message: copied out, then given back, then used; a death between the first two takes it away. On an edge for ESP and IKE packets
 * are collected in LIST: none of them could be merged, so nobody looks for one to merge it with, and the kernel takes all of a turn at once.
 */
static int take_one(struct bh_net *net, const struct ring_msg *msg, struct list_head *list)
{
	struct sk_buff *skb = NULL;
	u8 peek[NETCHECK_PEEK] = {0};
	u16 mtu = 0;
	int ret;

	copy_part(net->rx, msg, 0, peek, min_t(u32, msg->len, sizeof(peek)));
	if (peek[0] != NET_HELLO)
		skb = make_packet(net, msg, peek);
	else if (!net_hello_check(peek, msg->len, &mtu))
		net->count.bad++;
	ret = bh_end_consume(net->rx, msg);
	if (ret) {
		kfree_skb(skb);
		return ret;
	}
	if (mtu)
		adopt_hello(net, mtu);
	if (!skb)
		return 0;
	net->dev->stats.rx_packets++;
	net->dev->stats.rx_bytes += skb->len;
	skb->protocol = eth_type_trans(skb, net->dev);
	if (net->filter)
		list_add_tail(&skb->list, list);
	else
		napi_gro_receive(&net->napi, skb);
	return 0;
}

/* A bridge throws away what comes before the kernel has told it of the carrier: that waits in the ring. net_changed looks again. */
static bool too_early(const struct bh_net *net)
{
	return net->rx_up && net->tx_up && !netif_oper_up(net->dev);
}

int netrx_take(struct bh_net *net, int budget, bool *empty)
{
	struct hv_chan_info before, after;
	struct ring_msg msg;
	LIST_HEAD(list);
	int done;

	*empty = false;
	for (done = 0; done < budget && !too_early(net); done++) {
		int ret = bh_end_peek(net->rx, &msg);

		if (ret == 0)
			ret = take_one(net, &msg, &list);
		if (ret == -EPIPE) {
			net->rx_up = false;
			if (bh_end_ack_alone(net->rx, &before, &after) == 0)
				continue;
		}
		if (ret == -EIO)
			net->rx_up = false; /* until one of the ends starts anew */
		*empty = ret == -EAGAIN;
		if (ret)
			break;
	}
	netif_receive_skb_list(&list);
	return done;
}
