/* SPDX-License-Identifier: MIT */
#ifndef DRIVERS_NIF_ETHTOOL_H
#define DRIVERS_NIF_ETHTOOL_H
/*
 * nif_ethtool.h - what the drivers answer alike when ethtool(8) asks
 *
 * Theory of operation
 *   A driver's table of ethtool_ops begins with NIF_ETHTOOL_OPS. Statistics: those of every device, then the counters of the driver
 *   (struct nif_stat). The bus of a device is its spec.
 * Threads: RTNL.
 */
#include "core/ethtool.h"

void nif_get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info);
int nif_get_sset_count(struct net_device *dev, uint32_t set);
void nif_get_strings(struct net_device *dev, uint32_t set, char *data);
void nif_get_ethtool_stats(struct net_device *dev, uint64_t *data);
/* Of a driver whose queues are pairs, all of which are in use. */
void nif_get_channels(struct net_device *dev, struct ethtool_channels *ch);

#define NIF_ETHTOOL_OPS                                                                                       \
	.get_drvinfo = nif_get_drvinfo, .get_sset_count = nif_get_sset_count, .get_strings = nif_get_strings, \
	.get_ethtool_stats = nif_get_ethtool_stats

/* For devices with nothing else to say. */
extern const struct ethtool_ops nif_ethtool_ops;

#endif
