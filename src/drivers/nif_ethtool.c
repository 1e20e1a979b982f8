/* SPDX-License-Identifier: MIT */
/*
 * nif_ethtool.c - what the drivers answer alike when ethtool(8) asks
 *
 * Theory of operation
 *   The first statistics are the device's own, folded over the CPUs (dev_get_stats()); each row of the table below names one.
 *   Behind them come the driver's, in the order of its table.
 *   Called by: core/ethtool.c. Calls: the driver's get_stats.
 * Owns: nothing. Threads: RTNL. Mirrors: the ethtool half of drivers/net/ethernet/intel/igb.
 */
#include "drivers/nif_ethtool.h"

#include <errno.h>
#include <stdio.h>

#include "drivers/driver.h"

#define STAT(name_, member) { name_, offsetof(struct net_device_stats, member) }
static const struct {
	const char *name;
	size_t offset;
} dev_stats[] = {
	STAT("rx_packets", rx_packets),
	STAT("tx_packets", tx_packets),
	STAT("rx_bytes", rx_bytes),
	STAT("tx_bytes", tx_bytes),
	STAT("rx_multicast", multicast),
	STAT("rx_errors", rx_errors),
	STAT("tx_errors", tx_errors),
	STAT("rx_dropped", rx_dropped),
	STAT("tx_dropped", tx_dropped),
	STAT("rx_length_errors", rx_length_errors),
	STAT("rx_missed_errors", rx_missed_errors),
	STAT("rx_nohandler", rx_nohandler),
	STAT("tx_aborted_errors", tx_aborted_errors),
	STAT("tx_carrier_errors", tx_carrier_errors),
};

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

void nif_get_channels(struct net_device *dev, struct ethtool_channels *ch)
{
	ch->max_combined = ch->combined_count = dev->num_rx_queues;
}
