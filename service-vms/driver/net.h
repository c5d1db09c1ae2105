/* SPDX-License-Identifier: GPL-2.0-only */
/* A net edge as a network interface: what sending, receiving and the interface itself know of each other. Not for other parts. */
#ifndef BULKHEAD_NET_H
#define BULKHEAD_NET_H

#include <linux/netdevice.h>
#include <linux/workqueue.h>

#include "bulkhead.h"
#include "espfilter.h"
#include "netcheck.h"

/* Frames that went nowhere, beside what the interface's own statistics say. */
struct net_counts {
	unsigned long bad;	/* the far end broke a rule of PROTO.md */
	unsigned long filtered; /* neither ESP nor IKE nor set-up of addresses */
	unsigned long spoofed;	/* came with an address that is not the edge's */
};

/*
 * One edge, both its ends. The ends belong to this interface alone. While it is up, receiving and all changes of state
 * happen in its NAPI poll; what sending touches is guarded by the interface's transmit lock.
 */
struct bh_net {
	struct net_device *dev;
	struct napi_struct napi;
	struct bh_end *tx, *rx;
	struct bh_net *next;	/* netwatch.c */
	bool heard;		/* a message was taken since netwatch.c looked */
	struct page_pool *pool; /* what large packets lie in; it stays as long as the interface */
	struct net_counts count;

	bool filter; /* the edge is declared only=esp,ike */
	enum espfilter_way tx_way, rx_way;
	bool check_source; /* this VM is the switch: each neighbour has one address */
	u8 peer_mac[ETH_ALEN];

	bool hello_due; /* to be said when the far end is there */
	bool tx_up;	/* said to this life of the far end */
	bool rx_up;	/* heard from this life of the far end */

	struct sk_buff *packet[HV_SEG_MAX]; /* queued; [first, packets) are left to send */
	unsigned int first, packets;
	unsigned int first_seg, segs; /* their segments in tx->seg */
	bool polling;		      /* the poll sends what is queued before it ends */

	bool announce_due;		  /* the carrier is back: who is here has to be told */
	struct work_struct announce_work; /* at once where packets can go already */

	u16 mtu_wanted; /* here, by the administrator */
	u16 mtu_peer;	/* what the far end says it takes */
	bool mtu_adopting;
	struct work_struct mtu_work;
};

/* nettx.c; the transmit lock held, except for nettx_start. */
netdev_tx_t nettx_start(struct sk_buff *skb, struct net_device *dev);
void nettx_sync(struct bh_net *net); /* deaths, the hello, what waits for room; a poll has begun */
void nettx_finish(struct bh_net *net); /* what was queued meanwhile; the poll is over */
void nettx_drop(struct bh_net *net);   /* forget what is queued */

/* netrx.c; from the poll. Messages taken, at most BUDGET; EMPTY: the ring had no more. */
int netrx_start(struct bh_net *net); /* once, before the rest */
void netrx_end(struct bh_net *net);
int netrx_take(struct bh_net *net, int budget, bool *empty);

/* netwatch.c: an edge that is there, once */
void netwatch_add(struct bh_net *net);

/* netgate.c: the filter, with the gateways that the administrator named */
bool netgate_pass(enum espfilter_way way, const u8 *frame, size_t len);

#endif
