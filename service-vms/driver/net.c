// SPDX-License-Identifier: GPL-2.0-only
/* Network interfaces bh-PEER, one for each net edge. Up means attached; the carrier follows the far end. Moves no packet itself. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <net/arp.h>
#include <net/ip.h>
#include <net/ndisc.h>
#include <net/neighbour.h>
#include <net/sch_generic.h>

#include "hv_system.h"
#include "net.h"

#define QUEUE_LEN 64 /* of frames up to 64 KiB: more would eat a small VM */
#define ASK_MAX	  16 /* neighbours asked for again; others wait for the kernel's second */

/* Neighbours of DEV that the kernel waits for an answer of. */
struct unanswered {
	const struct net_device *dev;
	struct neighbour *list[ASK_MAX];
	unsigned int count;
};

static void lock_tx(struct bh_net *net)
{
	__netif_tx_lock_bh(netdev_get_tx_queue(net->dev, 0));
}

static void unlock_tx(struct bh_net *net)
{
	__netif_tx_unlock_bh(netdev_get_tx_queue(net->dev, 0));
}

static void set_carrier(struct bh_net *net, bool on)
{
	if (on == netif_carrier_ok(net->dev))
		return;
	WRITE_ONCE(net->announce_due, on);
	if (on) {
		netif_carrier_on(net->dev);
		schedule_work(&net->announce_work);
	} else {
		netif_carrier_off(net->dev);
	}
	netdev_info(net->dev, "far end %s\n", on ? "is there" : "is gone");
}

/* Both ends, all events: each may mean anything, so everything is looked at. */
static int net_poll(struct napi_struct *napi, int budget)
{
	struct bh_net *net = container_of(napi, struct bh_net, napi);
	bool empty, over;
	int done;

	bh_end_quiet(net->rx);
	lock_tx(net);
	nettx_sync(net);
	unlock_tx(net);
	done = netrx_take(net, budget, &empty);
	if (done)
		WRITE_ONCE(net->heard, true);
	set_carrier(net, net->tx_up && net->rx_up);
	over = done < budget && napi_complete_done(napi, done);
	lock_tx(net);
	nettx_finish(net); /* answers to what was read, too: completing hands it to the stack */
	unlock_tx(net);
	/* Messages that were not to be read yet are no reason to look again: an event is. */
	if (over && bh_end_listen(net->rx) && empty)
		napi_schedule(napi);
	return done;
}

/* From interrupt context. */
static void net_event(void *owner)
{
	struct bh_net *net = owner;

	napi_schedule(&net->napi);
}

static void look(struct bh_net *net)
{
	local_bh_disable();
	napi_schedule(&net->napi);
	local_bh_enable();
}

static void note_unanswered(struct neighbour *n, void *to)
{
	struct unanswered *u = to;

	if (n->dev != u->dev || !(READ_ONCE(n->nud_state) & NUD_INCOMPLETE) || u->count == ASK_MAX)
		return;
	neigh_hold(n);
	u->list[u->count++] = n;
}

/* Who is asked for while the carrier is gone is asked for again only a second later, and packets for him wait: ask now. */
static void ask_again(struct net_device *dev, struct neigh_table *table)
{
	struct unanswered u = {.dev = dev};

	neigh_for_each(table, note_unanswered, &u);
	for (unsigned int i = 0; i < u.count; i++) {
		u.list[i]->ops->solicit(u.list[i], NULL);
		neigh_release(u.list[i]);
	}
}

/*
 * Gratuitous ARP and unsolicited neighbour advertisements, so that switches learn the port and neighbours need not ask. Once for each
 * return of the carrier: from the work if the kernel has not yet noticed that it was gone, else once it has its queues back.
 */
static void announce(struct bh_net *net)
{
	ASSERT_RTNL();
	if (!READ_ONCE(net->announce_due) || !netif_carrier_ok(net->dev) ||
	    qdisc_tx_is_noop(net->dev))
		return;
	WRITE_ONCE(net->announce_due, false);
	__netdev_notify_peers(net->dev);
	ask_again(net->dev, &arp_tbl);
	if (IS_ENABLED(CONFIG_IPV6))
		ask_again(net->dev, &nd_tbl);
}

static void announce_work(struct work_struct *work)
{
	rtnl_lock();
	announce(container_of(work, struct bh_net, announce_work));
	rtnl_unlock();
}

/* A new life of both ends; what the far end knows of us begins again. NAPI is off. */
static int new_life(struct bh_net *net, bool hello)
{
	int ret = bh_end_attach(net->rx);

	if (ret == 0)
		ret = bh_end_attach(net->tx);
	lock_tx(net);
	nettx_drop(net);
	net->tx_up = false;
	net->hello_due = hello;
	unlock_tx(net);
	net->rx_up = false;
	return ret;
}

static int net_open(struct net_device *dev)
{
	struct bh_net *net = netdev_priv(dev);
	int ret;

	if (!bh_doorbell_works())
		return -ENXIO;
	ret = new_life(net, true);
	if (ret)
		return ret;
	napi_enable(&net->napi);
	netif_start_queue(dev);
	return 0; /* the first look: net_changed */
}

/* There is no detaching: a life that says no hello is one that the far end sees as absent. */
static int net_stop(struct net_device *dev)
{
	struct bh_net *net = netdev_priv(dev);

	netif_stop_queue(dev);
	napi_disable(&net->napi);
	set_carrier(net, false);
	return new_life(net, false);
}

/* The administrator's wish is told the far end; what the far end asks for stays out of it. */
static int net_change_mtu(struct net_device *dev, int mtu)
{
	struct bh_net *net = netdev_priv(dev);

	dev->mtu = mtu;
	if (net->mtu_adopting)
		return 0;
	lock_tx(net);
	net->mtu_wanted = mtu;
	net->hello_due = netif_running(dev);
	unlock_tx(net);
	look(net);
	return 0;
}

static void mtu_work(struct work_struct *work)
{
	struct bh_net *net = container_of(work, struct bh_net, mtu_work);
	int ret;

	rtnl_lock();
	net->mtu_adopting = true;
	ret = dev_set_mtu(net->dev, min(net->mtu_wanted, READ_ONCE(net->mtu_peer)));
	net->mtu_adopting = false;
	rtnl_unlock();
	if (ret)
		netdev_warn(net->dev, "cannot take the far end's MTU: error %d\n", ret);
}

/* What the far end's check accepts to cut: plain TCP over plain IP, its sum left open. The rest is cut here. */
static netdev_features_t net_features(struct sk_buff *skb, struct net_device *dev,
				      netdev_features_t features)
{
	int ip = skb->protocol == htons(ETH_P_IPV6) ? sizeof(struct ipv6hdr) : ip_hdrlen(skb);

	if (skb_is_gso(skb) && (skb->ip_summed != CHECKSUM_PARTIAL ||
				skb_checksum_start_offset(skb) != ETH_HLEN + ip ||
				skb_shinfo(skb)->gso_size < NET_GSO_MIN))
		features &= ~NETIF_F_GSO_MASK;
	return features;
}

static const struct net_device_ops net_ops = {
	.ndo_open = net_open,
	.ndo_stop = net_stop,
	.ndo_start_xmit = nettx_start,
	.ndo_change_mtu = net_change_mtu,
	.ndo_features_check = net_features,
	.ndo_validate_addr =
		eth_validate_addr, /* and none to change it: the address is the edge's */
};

static const struct ethtool_ops net_ethtool_ops = {.get_link = ethtool_op_get_link};

/*
 * What the kernel says of our interfaces. The far end is looked at only when the interface is up altogether: a carrier that
 * comes before is one that the kernel notices up to a second later.
 */
static int net_changed(struct notifier_block *block, unsigned long event, void *info)
{
	struct net_device *dev = netdev_notifier_info_to_dev(info);

	if (dev->netdev_ops != &net_ops)
		return NOTIFY_DONE;
	if (event == NETDEV_UP || event == NETDEV_CHANGE)
		look(netdev_priv(dev));
	if (event == NETDEV_CHANGE)
		announce(netdev_priv(dev));
	return NOTIFY_DONE;
}
static struct notifier_block net_notifier = {.notifier_call = net_changed};

static struct bh_net *of_device(struct device *dev)
{
	return netdev_priv(to_net_dev(dev));
}

static ssize_t bad_show(struct device *dev, struct device_attribute *attr, char *out)
{
	return sysfs_emit(out, "%lu\n", of_device(dev)->count.bad);
}
static DEVICE_ATTR_RO(bad);

static ssize_t filtered_show(struct device *dev, struct device_attribute *attr, char *out)
{
	return sysfs_emit(out, "%lu\n", of_device(dev)->count.filtered);
}
static DEVICE_ATTR_RO(filtered);

static ssize_t spoofed_show(struct device *dev, struct device_attribute *attr, char *out)
{
	return sysfs_emit(out, "%lu\n", of_device(dev)->count.spoofed);
}
static DEVICE_ATTR_RO(spoofed);

/* Of the far end, as the names of the edge give it. */
static ssize_t peer_address_show(struct device *dev, struct device_attribute *attr, char *out)
{
	return sysfs_emit(out, "%pM\n", of_device(dev)->peer_mac);
}
static DEVICE_ATTR_RO(peer_address);

static struct attribute *edge_attrs[] = {&dev_attr_bad.attr, &dev_attr_filtered.attr,
					 &dev_attr_spoofed.attr, &dev_attr_peer_address.attr, NULL};
static const struct attribute_group edge_group = {.name = "bulkhead", .attrs = edge_attrs};

static void set_up_device(struct net_device *dev, u32 msg_max, const u8 *mac)
{
	u32 frame_max = min_t(u32, msg_max - sizeof(struct net_packet), NET_FRAME_MAX);

	dev->netdev_ops = &net_ops;
	dev->ethtool_ops = &net_ethtool_ops;
	dev->sysfs_groups[0] = &edge_group;
	dev->tx_queue_len = QUEUE_LEN;
	dev->min_mtu = NET_MTU_MIN;
	dev->max_mtu = frame_max - ETH_HLEN;
	dev->mtu = min_t(u32, ETH_DATA_LEN, dev->max_mtu);
	dev->hw_features = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO | NETIF_F_TSO6 |
			   NETIF_F_TSO_ECN | NETIF_F_RXCSUM;
	dev->features = dev->hw_features | NETIF_F_HIGHDMA;
	netif_set_tso_max_size(dev, min_t(u32, frame_max, GSO_LEGACY_MAX_SIZE));
	eth_hw_addr_set(dev, mac);
}

static void set_up_edge(struct bh_net *net, struct net_device *dev, struct bh_end *tx,
			struct bh_end *rx)
{
	net->dev = dev;
	net->tx = tx;
	net->rx = rx;
	net->filter = ((tx->flags | rx->flags) & HV_EDGE_ONLY_ESP_IKE) != 0;
	net->check_source = bh_info.role == HV_ROLE_NETVM;
	net->tx_way = net->check_source ? ESPFILTER_IN : ESPFILTER_OUT;
	net->rx_way = net->check_source ? ESPFILTER_OUT : ESPFILTER_IN;
	net_mac(tx->peer, bh_info.name, net->peer_mac);
	net->mtu_wanted = net->mtu_peer = dev->mtu;
	INIT_WORK(&net->mtu_work, mtu_work);
	INIT_WORK(&net->announce_work, announce_work);
	netif_napi_add(dev, &net->napi, net_poll);
	tx->owner = rx->owner = net;
	tx->event = rx->event = net_event;
}

static int edge_start(struct bh_end *tx, struct bh_end *rx)
{
	struct net_device *dev;
	u8 mac[ETH_ALEN];
	int ret;

	if (tx->msg_max < sizeof(struct net_packet) + ETH_HLEN + NET_MTU_MIN)
		return -EPROTO;
	dev = alloc_etherdev(sizeof(struct bh_net));
	if (!dev)
		return -ENOMEM;
	if (snprintf(dev->name, sizeof(dev->name), "bh-%.*s", (int)sizeof(tx->peer), tx->peer) >=
	    sizeof(dev->name)) {
		free_netdev(dev);
		return -ENAMETOOLONG; /* cut short it might be another edge's */
	}
	net_mac(bh_info.name, tx->peer, mac);
	set_up_device(dev, tx->msg_max, mac);
	set_up_edge(netdev_priv(dev), dev, tx, rx);
	netif_carrier_off(dev);
	ret = netrx_start(netdev_priv(dev));
	if (ret == 0) {
		ret = register_netdev(dev);
		if (ret)
			netrx_end(netdev_priv(dev));
	}
	if (ret) {
		tx->event = rx->event = NULL;
		free_netdev(dev);
		return ret;
	}
	netwatch_add(netdev_priv(dev));
	return 0;
}

/* The other direction of the edge, or NULL. */
static struct bh_end *other_end(const struct bh_end *tx)
{
	unsigned int i;

	for (i = 0; i < bh_chan_count(); i++) {
		struct bh_end *rx = bh_chan_end(i);

		if (rx->kind == HV_KIND_NET && rx->dir == HV_CHAN_RX &&
		    memcmp(rx->peer, tx->peer, sizeof(rx->peer)) == 0)
			return rx;
	}
	return NULL;
}

/* An edge that cannot be had does not take the others with it. */
void bh_net_start(void)
{
	unsigned int i;

	if (register_netdevice_notifier(&net_notifier) != 0) {
		pr_err("no net edges: nobody would look at them\n");
		return;
	}
	for (i = 0; i < bh_chan_count(); i++) {
		struct bh_end *tx = bh_chan_end(i), *rx;
		int ret = -ENOLINK;

		if (tx->kind != HV_KIND_NET || tx->dir != HV_CHAN_TX)
			continue;
		rx = other_end(tx);
		if (rx)
			ret = edge_start(tx, rx);
		if (ret)
			pr_err("no interface for the net edge %s: error %d\n", tx->name, ret);
	}
}
