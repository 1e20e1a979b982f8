/* SPDX-License-Identifier: MIT */
/*
 * nulldev.c - a device that swallows what is sent
 *
 * Theory of operation
 *   Called by: dev_hard_start_xmit(), drivers_probe() ("null:"). Calls: dev_kfree_skb_any.
 *   For measuring the transmit walk without a wire, and as a place to hang addresses on.
 *   Owns nothing. Threads: transmit any vCPU, the rest RTNL. Refuses options: it has none.
 *   Counters: those of every device. Mirrors: drivers/net/dummy.c.
 */
#include "drivers/nulldev.h"

#include <errno.h>

#include "core/tstamp.h"
#include "drivers/nif_ethtool.h"
#include "ethernet/eth.h"

#define NULL_MAX_MTU 65521

static netdev_tx_t null_xmit(struct sk_buff *skb, struct net_device *dev);
static int null_probe(struct net *net, const char *rest, const struct nif_options *opts,
		      struct net_device **ret_dev, struct extack *err);

#define NULL_OPS(X)                                \
	X(ndo_start_xmit, null_xmit)               \
	X(ndo_validate_addr, eth_validate_addr)    \
	X(ndo_set_mac_address, eth_mac_addr)
DEFINE_NETDEV_OPS(null_netdev_ops, NULL_OPS);

static netdev_tx_t null_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct net_device_stats *stats = this_dev_stats(dev);

	skb_tx_timestamp(skb);
	stats->tx_packets++;
	stats->tx_bytes += skb->len;
	dev_kfree_skb_any(skb);

	return NETDEV_TX_OK;
}

static int null_probe(struct net *net, const char *rest, const struct nif_options *opts,
		      struct net_device **ret_dev, struct extack *err)
{
	struct net_device *dev;
	int ret;

	if (*rest)
		return extack_fail(err, -EINVAL, "null: takes nothing after the colon");
	dev = nif_alloc_etherdev(net, 0, "null%d", opts, NULL_MAX_MTU, err);
	if (!dev)
		return -EINVAL;
	dev->netdev_ops = &null_netdev_ops;
	dev->ethtool_ops = &nif_ethtool_ops;
	dev->tx_queue_len = 0;
	dev->flags |= IFF_NOARP;
	ret = nif_register(dev, &nulldev_driver, "null:", err);
	if (ret)
		free_netdev(dev);
	else
		*ret_dev = dev;
	return ret;
}

const struct nif_driver nulldev_driver = {
	.name = "null",
	.scheme = "null",
	.version = "1.0",
	.text = "swallows what is sent, receives nothing",
	.probe = null_probe,
	.remove = nif_unregister,
};
