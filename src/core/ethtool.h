/* SPDX-License-Identifier: MIT */
#ifndef CORE_ETHTOOL_H
#define CORE_ETHTOOL_H
/*
 * ethtool.h - what ethtool(8) asks of a device and sets (mirrors include/linux/ethtool.h)
 *
 * Theory of operation
 *   A driver hangs a const table on dev->ethtool_ops; what is not in it is answered with EOPNOTSUPP, which the tool prints as
 *   "Operation not supported". A command is the struct of <linux/ethtool.h> that begins with its number; it is answered in place.
 *   Features are bits of the device (core/dev.h): dev->features are on now, dev->hw_features may be changed, dev->wanted_features
 *   is what the user wants of these.
 * Threads: RTNL.
 */
#include <linux/ethtool.h>

#include "core/dev.h"

/**
 * struct ethtool_ops - NULL members: not supported. All run under RTNL.
 * @get_drvinfo:	version, fw_version, bus_info; the driver's name is there already
 * @get_link_ksettings:	speed, duplex, port, autoneg; the link modes stay empty
 * @get_ringparam, @set_ringparam: *_max_pending of @get bound what @set is given
 * @get_channels:	how many queues there are
 * @coalesce_params:	ETHTOOL_COALESCE_* that @set_coalesce takes; others that are not 0 are refused before
 * @get_sset_count:	strings of @set (ETH_SS_STATS), or -EOPNOTSUPP
 * @get_strings:	ETH_GSTRING_LEN bytes each, zeroed before
 * @get_ethtool_stats:	the values, in the order of the strings
 */
struct ethtool_ops {
	void (*get_drvinfo)(struct net_device *dev, struct ethtool_drvinfo *info);
	int (*get_link_ksettings)(struct net_device *dev, struct ethtool_link_settings *ls);
	void (*get_ringparam)(struct net_device *dev, struct ethtool_ringparam *ring);
	int (*set_ringparam)(struct net_device *dev, const struct ethtool_ringparam *ring, struct extack *err);
	void (*get_channels)(struct net_device *dev, struct ethtool_channels *ch);
	uint32_t coalesce_params;
	int (*get_coalesce)(struct net_device *dev, struct ethtool_coalesce *c);
	int (*set_coalesce)(struct net_device *dev, const struct ethtool_coalesce *c, struct extack *err);
	int (*get_sset_count)(struct net_device *dev, uint32_t set);
	void (*get_strings)(struct net_device *dev, uint32_t set, char *data);
	void (*get_ethtool_stats)(struct net_device *dev, uint64_t *data);
};

#define ETHTOOL_DATA_MAX 65000

/**
 * dev_ethtool() - one command about the device @name
 * @data:	the command's struct; answered in place, in at most ETHTOOL_DATA_MAX bytes, which are there
 * @len:	bytes that came; then bytes of the answer, 0 when there is none
 * @admin:	may the caller change things?
 * Return: what ioctl() returns, or -errno
 */
int dev_ethtool(struct net *net, const char *name, void *data, size_t *len, bool admin);

/* A bit of coalesce_params: which number of struct ethtool_coalesce it is, from rx_coalesce_usecs on. */
#define ETHTOOL_COALESCE_RX_USECS (1u << 0)

/* --- features.c --- */
/* How many features have a name; the name of number @i, and its bit: 0 for one that no device here has. */
unsigned netdev_n_features(void);
const char *netdev_feature_name(unsigned i);
netdev_features_t netdev_feature(unsigned i);

#endif
