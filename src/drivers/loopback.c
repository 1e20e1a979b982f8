/* SPDX-License-Identifier: MIT */
/*
 * loopback.c - the device lo: what is sent is received
 *
 * Theory of operation
 *   Called by: dev_hard_start_xmit(). Calls: eth_type_trans, netif_rx, so the packet comes back
 *   from the backlog of the CPU that sent it; that queue is bounded (net.core.netdev_max_backlog).
 *   A packet leaves its socket here (skb_orphan), keeps its route, and enters the books a second
 *   time: sent as LOCAL, received as FRAME. Its checksum is left as it was: one that the sender
 *   left to the device (CHECKSUM_PARTIAL) counts as right, one that was filled in is verified. Owns
 *   nothing. No queue, no lock (NETIF_F_LLTX), no carrier but on, no address of its own.
 *   Threads: transmit any vCPU; the rest RTNL.
 *   Counters: those of every device; received and sent are the same packets, without link header.
 *   Mirrors: drivers/net/loopback.c.
 */
#include "drivers/loopback.h"

#include <errno.h>
#include <linux/if_arp.h>

#include "core/tstamp.h"
#include "drivers/nif_ethtool.h"
#include "ethernet/eth.h"

#define LOOPBACK_MTU 65536

static void loopback_setup(struct net_device *dev);
static netdev_tx_t loopback_xmit(struct sk_buff *skb, struct net_device *dev);
static void loopback_remove(struct net_device *dev);
static int loopback_probe(struct net *net, const char *rest, const struct nif_options *opts,
			  struct net_device **ret_dev, struct extack *err);

#define LOOPBACK_OPS(X) X(ndo_start_xmit, loopback_xmit)
DEFINE_NETDEV_OPS(loopback_ops, LOOPBACK_OPS);

static const struct ethtool_ops loopback_ethtool_ops = { .get_drvinfo = nif_get_drvinfo };

static netdev_tx_t loopback_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct net_device_stats *stats = this_dev_stats(dev);
	unsigned len;

	skb_tx_timestamp(skb);
	skb->tstamp = 0;
	skb_orphan(skb);
	skb_dst_force(skb); /* it waits in the backlog */
	skb->protocol = eth_type_trans(skb, dev);
	skb->loopback = 1;
	len = skb->len;
	if (likely(netif_rx(skb) == NET_RX_SUCCESS)) {
		stats->tx_packets++;
		stats->tx_bytes += len;
		stats->rx_packets++;
		stats->rx_bytes += len;
	}
	return NETDEV_TX_OK;
}

int loopback_net_init(struct net *net, struct extack *err)
{
	struct net_device *dev;

	return loopback_probe(net, "", NULL, &dev, err);
}

static int loopback_probe(struct net *net, const char *rest, const struct nif_options *opts,
			  struct net_device **ret_dev, struct extack *err)
{
	struct net_device *dev = alloc_netdev_mqs(net, 0, "lo", loopback_setup, 1, 1);
	int ret;

	if (!dev)
		return extack_fail(err, -ENOMEM, "no memory for lo");
	ret = nif_register(dev, &loopback_driver, rest, err);
	if (ret)
		free_netdev(dev);
	else
		*ret_dev = net->loopback_dev = dev;
	return ret;
}

static void loopback_setup(struct net_device *dev)
{
	dev->mtu = dev->max_mtu = LOOPBACK_MTU;
	dev->hard_header_len = ETH_HLEN;
	dev->addr_len = ETH_ALEN;
	dev->type = ARPHRD_LOOPBACK;
	dev->flags = IFF_LOOPBACK;
	dev->features |= NETIF_F_HW_CSUM | NETIF_F_GSO_UDP_L4 | NETIF_F_HIGHDMA | NETIF_F_LLTX | NETIF_F_LOOPBACK;
	dev->header_ops = &eth_header_ops;
	dev->netdev_ops = &loopback_ops;
	dev->ethtool_ops = &loopback_ethtool_ops;
	netif_keep_dst(dev);
}

static void loopback_remove(struct net_device *dev)
{
	dev_net(dev)->loopback_dev = NULL;
	nif_unregister(dev);
}

const struct nif_driver loopback_driver = {
	.name = "loopback",
	.version = "1.0",
	.text = "the device lo, made with every net",
	.probe = loopback_probe,
	.remove = loopback_remove,
};
