/* SPDX-License-Identifier: MIT */
/*
 * tpacket_ethtool.c - what ethtool(8) asks of an interface of the host
 *
 * Theory of operation
 *   The ring is that of PACKET_MMAP, its interrupt moderation (version 3) the time after which the kernel hands a block over that is not full. Both are
 *   properties of a ring: a change takes the queue down and up, as most cards do, and frames that come meanwhile are lost. When
 *   the new ring cannot be had, the old one is taken again. Speed and duplex are what the host's driver says.
 *   Called by: core/ethtool.c. Calls: tpacket.c, tpsock.c, nif_ethtool.c. Owns: nothing.
 * Threads: RTNL. Refuses: fewer than TP_SLOTS_MIN slots, moderation of a version 2 ring. Mirrors: igb_ethtool.c.
 */
#include <errno.h>

#include "drivers/nif_ethtool.h"
#include "drivers/tpqueue.h"

#define USEC_PER_MSEC 1000u

static int tp_get_link_ksettings(struct net_device *dev, struct ethtool_link_settings *ls)
{
	const struct tp *tp = netdev_priv(dev);

	if (tp->q.fd >= 0)
		tpsock_speed(tp->q.fd, ls);
	return 0;
}

static void tp_get_ringparam(struct net_device *dev, struct ethtool_ringparam *ring)
{
	const struct tp *tp = netdev_priv(dev);

	ring->rx_max_pending = TP_SLOTS_MAX;
	ring->rx_pending = tp->cfg.slots;
}

static int tp_reconfigure(struct tp *tp, const struct tpsock_config *cfg, struct extack *err)
{
	struct tpsock_config old = tp->cfg;
	int ret;

	tp->cfg = *cfg;
	if (!netif_running(tp->dev))
		return 0;
	ret = tp_reopen(tp);
	if (!ret)
		return 0;
	tp->cfg = old;
	if (tp_reopen(tp))
		return extack_fail(err, ret, "the new ring cannot be had, nor the old one: %s has no carrier", tp->dev->name);
	return extack_fail(err, ret, "the new ring cannot be had; the old one stays");
}

static int tp_set_ringparam(struct net_device *dev, const struct ethtool_ringparam *ring, struct extack *err)
{
	struct tp *tp = netdev_priv(dev);
	struct tpsock_config cfg = tp->cfg;

	if (ring->rx_pending < TP_SLOTS_MIN)
		return extack_fail(err, -EINVAL, "%u slots: %u to %u are accepted", ring->rx_pending, TP_SLOTS_MIN, TP_SLOTS_MAX);
	cfg.slots = ring->rx_pending;

	return cfg.slots == tp->cfg.slots ? 0 : tp_reconfigure(tp, &cfg, err);
}

static int tp_get_coalesce(struct net_device *dev, struct ethtool_coalesce *c)
{
	const struct tp *tp = netdev_priv(dev);

	c->rx_coalesce_usecs = tp->cfg.version == 3 ? tp->cfg.retire_ms * USEC_PER_MSEC : 0;

	return 0;
}

static int tp_set_coalesce(struct net_device *dev, const struct ethtool_coalesce *c, struct extack *err)
{
	struct tp *tp = netdev_priv(dev);
	struct tpsock_config cfg = tp->cfg;

	if (cfg.version != 3 && c->rx_coalesce_usecs)
		return extack_fail(err, -EINVAL, "rx-usecs: a ring of version 2 hands over each frame");
	if (cfg.version != 3)
		return 0;
	if (!c->rx_coalesce_usecs || c->rx_coalesce_usecs > TP_USECS_MAX)
		return extack_fail(err, -EINVAL, "rx-usecs %u: 1 to %u are accepted", c->rx_coalesce_usecs, TP_USECS_MAX);
	cfg.retire_ms = (c->rx_coalesce_usecs + USEC_PER_MSEC - 1) / USEC_PER_MSEC;

	return cfg.retire_ms == tp->cfg.retire_ms ? 0 : tp_reconfigure(tp, &cfg, err);
}

const struct ethtool_ops tp_ethtool_ops = {
	NIF_ETHTOOL_OPS,
	.get_link_ksettings = tp_get_link_ksettings,
	.get_ringparam = tp_get_ringparam,
	.set_ringparam = tp_set_ringparam,
	.get_channels = nif_get_channels,
	.coalesce_params = ETHTOOL_COALESCE_RX_USECS,
	.get_coalesce = tp_get_coalesce,
	.set_coalesce = tp_set_coalesce,
};
