/* SPDX-License-Identifier: MIT */
/*
 * tap_ethtool.c - what ethtool(8) asks of a TAP
 *
 * Theory of operation
 *   Interrupt moderation is the driver's itr: the shortest time between two interrupts of a queue. There is no ring to size.
 *   Called by: core/ethtool.c. Calls: nif_ethtool.c. Owns: nothing.
 * Threads: RTNL. Mirrors: the ethtool half of drivers/net/tun.c.
 */
#include <errno.h>

#include "drivers/nif_ethtool.h"
#include "drivers/tapqueue.h"

#define TAP_USECS_MAX 1000000u
#define NSEC_PER_USEC 1000ull

/* What tun.c of the host says of the same interface. */
static int tap_get_link_ksettings(struct net_device *dev, struct ethtool_link_settings *ls)
{
	(void)dev;
	ls->speed = SPEED_10;
	ls->duplex = DUPLEX_FULL;
	ls->port = PORT_TP;
	ls->autoneg = AUTONEG_DISABLE;

	return 0;
}

static int tap_get_coalesce(struct net_device *dev, struct ethtool_coalesce *c)
{
	const struct tap *tap = netdev_priv(dev);

	c->rx_coalesce_usecs = (uint32_t)(tap->itr_ns / NSEC_PER_USEC);

	return 0;
}

/* From the next interrupt on; the grain is that of the timers. */
static int tap_set_coalesce(struct net_device *dev, const struct ethtool_coalesce *c, struct extack *err)
{
	struct tap *tap = netdev_priv(dev);

	if (c->rx_coalesce_usecs > TAP_USECS_MAX)
		return extack_fail(err, -EINVAL, "rx-usecs %u: 0 to %u are accepted", c->rx_coalesce_usecs, TAP_USECS_MAX);
	WRITE_ONCE(tap->itr_ns, c->rx_coalesce_usecs * (uint64_t)NSEC_PER_USEC);

	return 0;
}

const struct ethtool_ops tap_ethtool_ops = {
	NIF_ETHTOOL_OPS,
	.get_link_ksettings = tap_get_link_ksettings,
	.get_channels = nif_get_channels,
	.coalesce_params = ETHTOOL_COALESCE_RX_USECS,
	.get_coalesce = tap_get_coalesce,
	.set_coalesce = tap_set_coalesce,
};
