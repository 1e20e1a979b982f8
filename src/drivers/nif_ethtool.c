/* SPDX-License-Identifier: MIT */
/*
 * nif_ethtool.c - what the drivers answer alike when ethtool(8) asks
 *
 * Theory of operation
 *   The first statistics are the device's own, folded over the CPUs (dev_get_stats()); each row of the table below names one and what counts it.
 *   Behind them come the driver's, in the order of its table.
 *   Called by: core/ethtool.c. Calls: the driver's get_stats.
 * Owns: nothing. Threads: RTNL. Mirrors: the ethtool half of drivers/net/ethernet/intel/igb.
 */
#include "drivers/nif_ethtool.h"

#include <errno.h>
#include <stdio.h>

#include "drivers/driver.h"

/* name as shown, member of net_device_stats */
#define DEV_STATS(X)                                \
	X(rx_packets, rx_packets)                   \
	X(tx_packets, tx_packets)                   \
	X(rx_bytes, rx_bytes)                       \
	X(tx_bytes, tx_bytes)                       \
	X(rx_multicast, multicast)                  \
	X(rx_errors, rx_errors)                     \
	X(tx_errors, tx_errors)                     \
	X(rx_dropped, rx_dropped)                   \
	X(tx_dropped, tx_dropped)                   \
	X(rx_length_errors, rx_length_errors)       \
	X(rx_missed_errors, rx_missed_errors)       \
	X(rx_nohandler, rx_nohandler)               \
	X(tx_aborted_errors, tx_aborted_errors)     \
	X(tx_carrier_errors, tx_carrier_errors)

#define STAT_ROW(name_, member) { #name_, offsetof(struct net_device_stats, member) },
static const struct {
	const char *name;
	size_t offset;
} dev_stats[] = { DEV_STATS(STAT_ROW) };

const struct ethtool_ops nif_ethtool_ops = { NIF_ETHTOOL_OPS };

void nif_get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	const struct nif_driver *drv = driver_of(dev);

	if (!drv)
		return;
	snprintf(info->version, sizeof(info->version), "%s", drv->version);
	snprintf(info->fw_version, sizeof(info->fw_version), "N/A");
	snprintf(info->bus_info, sizeof(info->bus_info), "%s", nif_spec(dev));
}

int nif_get_sset_count(struct net_device *dev, uint32_t set)
{
	const struct nif_driver *drv = driver_of(dev);

	return set == ETH_SS_STATS ? (int)(ARRAY_SIZE(dev_stats) + (drv ? drv->nr_stats : 0)) : -EOPNOTSUPP;
}

void nif_get_strings(struct net_device *dev, uint32_t set, char *data)
{
	const struct nif_driver *drv = driver_of(dev);

	(void)set;
	for (size_t i = 0; i < ARRAY_SIZE(dev_stats); i++, data += ETH_GSTRING_LEN)
		snprintf(data, ETH_GSTRING_LEN, "%s", dev_stats[i].name);
	for (unsigned i = 0; drv && i < drv->nr_stats; i++, data += ETH_GSTRING_LEN)
		snprintf(data, ETH_GSTRING_LEN, "%s", drv->stats[i].name);
}

void nif_get_ethtool_stats(struct net_device *dev, uint64_t *data)
{
	const struct nif_driver *drv = driver_of(dev);
	struct net_device_stats sum;

	dev_get_stats(dev, &sum);
	for (size_t i = 0; i < ARRAY_SIZE(dev_stats); i++)
		*data++ = *(const uint64_t *)(const void *)((const char *)&sum + dev_stats[i].offset);
	for (unsigned i = 0; drv && i < drv->nr_stats; i++)
		*data++ = drv->get_stats(dev, &drv->stats[i]);
}
