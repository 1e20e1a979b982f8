/* SPDX-License-Identifier: MIT */
/*
 * features.c - what a device can do and does: the names of the bits, and how they change
 *
 * Theory of operation
 *   The names are those that `ethtool -k` knows. A row without a bit is a feature that no device here has: it is shown as off and fixed.
 *   netdev_update_features() makes dev->features of what is wanted, as far as it may be changed, asks the driver, and stores.
 *   Software features (GRO, GSO) are every device's.
 * Owns: nothing. Threads: RTNL writes, any thread reads dev->features.
 * Refuses: nothing; what cannot be changed stays as it is. Mirrors: the feature half of net/core/dev.c, net/ethtool/common.c.
 */
#define LOG_SUBSYS "dev"
#include "core/ethtool.h"
#include "core/net.h"

static const struct {
	const char *name;
	netdev_features_t bit;
} rows[] = {
	{ "tx-scatter-gather", NETIF_F_SG },
	{ "tx-checksum-ipv4", NETIF_F_IP_CSUM },
	{ "tx-checksum-ip-generic", NETIF_F_HW_CSUM },
	{ "tx-checksum-ipv6", 0 },
	{ "highdma", NETIF_F_HIGHDMA },
	{ "tx-scatter-gather-fraglist", 0 },
	{ "tx-vlan-hw-insert", 0 },
	{ "rx-vlan-hw-parse", 0 },
	{ "rx-vlan-filter", NETIF_F_HW_VLAN_CTAG_FILTER },
	{ "vlan-challenged", 0 },
	{ "tx-generic-segmentation", NETIF_F_GSO },
	{ "tx-lockless", NETIF_F_LLTX },
	{ "netns-local", 0 },
	{ "rx-gro", NETIF_F_GRO },
	{ "rx-gro-hw", 0 },
	{ "rx-lro", 0 },
	{ "tx-tcp-segmentation", 0 },
	{ "tx-tcp-ecn-segmentation", 0 },
	{ "tx-tcp-mangleid-segmentation", 0 },
	{ "tx-tcp6-segmentation", 0 },
	{ "tx-udp-segmentation", NETIF_F_GSO_UDP_L4 },
	{ "rx-ntuple-filter", NETIF_F_NTUPLE },
	{ "rx-hashing", NETIF_F_RXHASH },
	{ "rx-checksum", NETIF_F_RXCSUM },
	{ "tx-nocache-copy", 0 },
	{ "loopback", NETIF_F_LOOPBACK },
	{ "rx-fcs", 0 },
	{ "rx-all", 0 },
	{ "rx-udp-gro-forwarding", 0 },
};

unsigned netdev_n_features(void)
{
	return ARRAY_SIZE(rows);
}

const char *netdev_feature_name(unsigned i)
{
	return rows[i].name;
}

netdev_features_t netdev_feature(unsigned i)
{
	return rows[i].bit;
}

void netdev_features_init(struct net_device *dev)
{
	dev->hw_features |= NETIF_F_SOFT_FEATURES;
	dev->features |= NETIF_F_SOFT_FEATURES;
	dev->wanted_features = dev->features & dev->hw_features;
}

void netdev_update_features(struct net_device *dev)
{
	netdev_features_t features = (dev->features & ~dev->hw_features) | (dev->wanted_features & dev->hw_features);
	int ret = 0;

	ASSERT_RTNL(&dev_net(dev)->m);
	if (features == dev->features)
		return;
	if (dev->netdev_ops->ndo_set_features)
		ret = dev->netdev_ops->ndo_set_features(dev, features);
	if (ret) {
		pr_err(net_log(dev_net(dev)), "%s: the driver does not change its features: error %d", dev->name, -ret);
		return;
	}
	WRITE_ONCE(dev->features, features);
	call_netdevice_notifiers(NETDEV_FEAT_CHANGE, dev);
}
