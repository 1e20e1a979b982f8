/* SPDX-License-Identifier: MIT */
/*
 * dev_config.c - a device's state: up and down, flags, MTU, address, name, carrier, counters
 *
 * On the walk: nobody; `ip link` comes here by rtnetlink, files by net-sysfs.c, drivers for their
 * carrier.
 * Order of coming up: PRE_UP may refuse; dev_open() > __dev_open() > ndo_open; flags, receive
 * filter, qdiscs, watchdog; then UP is told.
 * Down is the reverse: GOING_DOWN, qdiscs emptied, a grace period after which no vCPU is inside
 * ndo_start_xmit, ndo_stop, DOWN.
 * Owns nothing. Threads: RTNL, outside any vCPU; the carrier also inside one. Errors are Linux's,
 * with a text.
 * Mirrors: net/core/dev.c, net/core/link_watch.c.
 */
#define LOG_SUBSYS "net"
#include <errno.h>
#include <linux/if_arp.h>

#include "core/dev.h"
#include "core/net.h"

static int __dev_open(struct net_device *dev, struct extack *err);
static void __dev_close(struct net_device *dev);
static int dev_activate(struct net_device *dev);
static void dev_deactivate(struct net_device *dev);
static void linkwatch_fire_event(struct net_device *dev);
static void linkwatch_rcu(struct rcu_head *head);
static void linkwatch_do_dev(struct net_device *dev);

static __always_inline void dev_state_set(struct net_device *dev, int bit)
{
	__atomic_fetch_or(&dev->state, 1ul << bit, __ATOMIC_SEQ_CST);
}

static __always_inline void dev_state_clear(struct net_device *dev, int bit)
{
	__atomic_fetch_and(&dev->state, ~(1ul << bit), __ATOMIC_SEQ_CST);
}

/* ---- up and down ---- */

int dev_open(struct net_device *dev, struct extack *err)
{
	int ret;

	ASSERT_RTNL(&dev_net(dev)->m);
	if (dev->flags & IFF_UP)
		return 0;
	ret = __dev_open(dev, err);
	if (!ret)
		call_netdevice_notifiers(NETDEV_UP, dev);

	return ret;
}

static int __dev_open(struct net_device *dev, struct extack *err)
{
	const struct net_device_ops *ops = dev->netdev_ops;
	int ret;

	if (!(dev->state & (1ul << __LINK_STATE_PRESENT)))
		return extack_fail(err, -ENODEV, "%s is gone", dev->name);
	ret = call_netdevice_notifiers(NETDEV_PRE_UP, dev);
	if (ret)
		return extack_fail(err, ret, "%s: a protocol does not let it go up", dev->name);
	dev_state_set(dev, __LINK_STATE_START);
	if (ops->ndo_validate_addr) {
		ret = ops->ndo_validate_addr(dev);
		if (ret)
			extack_set(err, "%s: its address is not that of a station", dev->name);
	}
	if (!ret && ops->ndo_open) {
		ret = ops->ndo_open(dev);
		if (ret)
			extack_set(err, "%s: the driver could not open it", dev->name);
	}
	if (ret) {
		dev_state_clear(dev, __LINK_STATE_START);
		return ret;
	}
	WRITE_ONCE(dev->flags, dev->flags | IFF_UP);
	dev_set_rx_mode(dev);
	ret = dev_activate(dev);
	if (ret) {
		extack_set(err, "%s: no memory for its queues", dev->name);
		__dev_close(dev);
	}

	return ret;
}

void dev_close(struct net_device *dev)
{
	ASSERT_RTNL(&dev_net(dev)->m);
	if (!(dev->flags & IFF_UP))
		return;
	call_netdevice_notifiers(NETDEV_GOING_DOWN, dev);
	__dev_close(dev);
	call_netdevice_notifiers(NETDEV_DOWN, dev);
}

static void __dev_close(struct net_device *dev)
{
	dev_state_clear(dev, __LINK_STATE_START);
	WRITE_ONCE(dev->flags, dev->flags & ~(unsigned)IFF_UP);
	dev_deactivate(dev);
	synchronize_rcu(&dev_net(dev)->m); /* no vCPU is inside ndo_start_xmit any more */
	if (dev->netdev_ops->ndo_stop)
		dev->netdev_ops->ndo_stop(dev);
}

static int dev_activate(struct net_device *dev)
{
	const struct sched_ops *sched = dev_net(dev)->sched;
	int ret = sched ? sched->attach(dev) : 0;

	if (ret)
		return ret;
	if (netif_carrier_ok(dev))
		dev_watchdog_up(dev);
	else if (sched)
		sched->deactivate(dev); /* nothing is queued for a link that is not there */

	return 0;
}

static void dev_deactivate(struct net_device *dev)
{
	const struct sched_ops *sched = dev_net(dev)->sched;

	dev_watchdog_down(dev);
	if (sched)
		sched->deactivate(dev);
}

/* ---- flags ---- */

unsigned dev_get_flags(const struct net_device *dev)
{
	unsigned shown =
		READ_ONCE(dev->flags) &
		~(unsigned)(IFF_PROMISC | IFF_ALLMULTI | IFF_RUNNING | IFF_LOWER_UP | IFF_DORMANT);

	shown |= dev->gflags & (IFF_PROMISC | IFF_ALLMULTI);
	if (!netif_running(dev))
		return shown;
	if (dev->operstate == IF_OPER_UP || dev->operstate == IF_OPER_UNKNOWN)
		shown |= IFF_RUNNING;
	if (netif_carrier_ok(dev))
		shown |= IFF_LOWER_UP;

	return shown;
}

int dev_change_flags(struct net_device *dev, unsigned flags, struct extack *err)
{
	const unsigned own = IFF_DEBUG | IFF_NOTRAILERS | IFF_NOARP | IFF_DYNAMIC | IFF_MULTICAST |
			     IFF_PORTSEL | IFF_AUTOMEDIA;
	unsigned old = dev->flags, changes;
	int ret = 0;

	ASSERT_RTNL(&dev_net(dev)->m);
	WRITE_ONCE(dev->flags, (flags & own) | (dev->flags & ~own));
	if ((old ^ flags) & IFF_MULTICAST)
		dev_set_rx_mode(dev);
	if ((old ^ flags) & IFF_UP) {
		if (flags & IFF_UP)
			ret = dev_open(dev, err);
		else
			dev_close(dev);
	}
	if ((flags ^ dev->gflags) & IFF_PROMISC) {
		dev->gflags ^= IFF_PROMISC;
		dev_set_promiscuity(dev, flags & IFF_PROMISC ? 1 : -1);
	}
	if ((flags ^ dev->gflags) & IFF_ALLMULTI) {
		dev->gflags ^= IFF_ALLMULTI;
		dev_set_allmulti(dev, flags & IFF_ALLMULTI ? 1 : -1);
	}
	changes = (old ^ dev->flags) & ~(unsigned)(IFF_UP | IFF_PROMISC | IFF_ALLMULTI);
	if (changes && (dev->flags & IFF_UP))
		call_netdevice_notifiers(NETDEV_CHANGE, dev);

	return ret;
}

/* ---- MTU, queue length, address, name ---- */

int dev_set_mtu(struct net_device *dev, int mtu, struct extack *err)
{
	int ret = 0;

	ASSERT_RTNL(&dev_net(dev)->m);
	if (mtu == (int)dev->mtu)
		return 0;
	if (mtu < 0 || (unsigned)mtu < dev->min_mtu)
		return extack_fail(err, -EINVAL, "mtu less than device minimum: %d < %u", mtu,
				   dev->min_mtu);
	if (dev->max_mtu && (unsigned)mtu > dev->max_mtu)
		return extack_fail(err, -EINVAL, "mtu greater than device maximum: %d > %u", mtu,
				   dev->max_mtu);
	if (!(dev->state & (1ul << __LINK_STATE_PRESENT)))
		return extack_fail(err, -ENODEV, "%s is gone", dev->name);
	if (dev->netdev_ops->ndo_change_mtu)
		ret = dev->netdev_ops->ndo_change_mtu(dev, mtu);
	else
		WRITE_ONCE(dev->mtu, (unsigned)mtu);
	if (ret)
		return extack_fail(err, ret, "%s: the driver refuses mtu %d", dev->name, mtu);
	call_netdevice_notifiers(NETDEV_CHANGEMTU, dev);

	return 0;
}

int dev_change_tx_queue_len(struct net_device *dev, unsigned long len, struct extack *err)
{
	if (len > UINT32_MAX)
		return extack_fail(err, -ERANGE, "txqueuelen %lu is larger than %u", len,
				   UINT32_MAX);
	if (len != dev->tx_queue_len) {
		WRITE_ONCE(dev->tx_queue_len, (unsigned)len);
		call_netdevice_notifiers(NETDEV_CHANGE_TX_QUEUE_LEN, dev);
	}

	return 0;
}

int dev_set_mac_address(struct net_device *dev, const unsigned char *addr, struct extack *err)
{
	int ret;

	ASSERT_RTNL(&dev_net(dev)->m);
	if (!dev->netdev_ops->ndo_set_mac_address)
		return extack_fail(err, -EOPNOTSUPP, "%s: its address cannot be changed",
				   dev->name);
	if (!(dev->state & (1ul << __LINK_STATE_PRESENT)))
		return extack_fail(err, -ENODEV, "%s is gone", dev->name);
	ret = dev->netdev_ops->ndo_set_mac_address(dev, addr);
	if (ret)
		return extack_fail(err, ret, "%s: not an address of a station", dev->name);
	call_netdevice_notifiers(NETDEV_CHANGEADDR, dev);

	return 0;
}

int dev_change_name(struct net_device *dev, const char *name, struct extack *err)
{
	struct net *net = dev_net(dev);
	char old[IFNAMSIZ];
	int ret;

	ASSERT_RTNL(&net->m);
	if (!strncmp(dev->name, name, IFNAMSIZ))
		return 0;
	if (!dev_valid_name(name) || strchr(name, '%'))
		return extack_fail(err, -EINVAL, "\"%.16s\" is no name for a device", name);
	if (dev->flags & IFF_UP)
		return extack_fail(err, -EBUSY, "%s is up", dev->name);
	if (__dev_get_by_name(net, name))
		return extack_fail(err, -EEXIST, "there is a device %s already", name);
	memcpy(old, dev->name, sizeof(old));
	netdev_unregister_files(dev);
	dev_rename_listed(dev, name);
	ret = netdev_register_files(dev);
	if (ret) {
		dev_rename_listed(dev, old);
		extack_set(err, "%s: no memory for its files", name);
		if (netdev_register_files(dev))
			pr_err(net_log(net), "%s: lost its files", dev->name);
		return ret;
	}
	call_netdevice_notifiers(NETDEV_CHANGENAME, dev);

	return 0;
}

/* ---- carrier ---- */

void netif_carrier_on(struct net_device *dev)
{
	const unsigned long bit = 1ul << __LINK_STATE_NOCARRIER;

	if (!(__atomic_fetch_and(&dev->state, ~bit, __ATOMIC_SEQ_CST) & bit))
		return;
	if (dev->reg_state == NETREG_UNINITIALIZED)
		return;
	__atomic_fetch_add(&dev->carrier_changes, 1, __ATOMIC_RELAXED);
	linkwatch_fire_event(dev);
}

void netif_carrier_off(struct net_device *dev)
{
	const unsigned long bit = 1ul << __LINK_STATE_NOCARRIER;

	if (__atomic_fetch_or(&dev->state, bit, __ATOMIC_SEQ_CST) & bit)
		return;
	if (dev->reg_state == NETREG_UNINITIALIZED)
		return;
	__atomic_fetch_add(&dev->carrier_changes, 1, __ATOMIC_RELAXED);
	linkwatch_fire_event(dev);
}

/*
 * What follows of it is the control thread's work: at once when it is here and inside no vCPU, else
 * with its next garbage.
 */
static void linkwatch_fire_event(struct net_device *dev)
{
	const unsigned long bit = 1ul << __LINK_STATE_LINKWATCH_PENDING;
	struct machine *m = &dev_net(dev)->m;

	if (!this_vcpu() && rtnl_is_owner(m)) {
		linkwatch_do_dev(dev);
	} else if (!(__atomic_fetch_or(&dev->state, bit, __ATOMIC_SEQ_CST) & bit)) {
		dev_hold(dev);
		call_rcu(m, &dev->linkwatch, linkwatch_rcu);
	}
}

static void linkwatch_rcu(struct rcu_head *head)
{
	struct net_device *dev = container_of(head, struct net_device, linkwatch);

	dev_state_clear(dev, __LINK_STATE_LINKWATCH_PENDING);
	linkwatch_do_dev(dev);
	dev_put(dev);
}

static void linkwatch_do_dev(struct net_device *dev)
{
	dev->operstate = netif_carrier_ok(dev) ? IF_OPER_UP : IF_OPER_DOWN;
	if (!(dev->flags & IFF_UP) || dev->reg_state != NETREG_REGISTERED)
		return;
	if (!netif_carrier_ok(dev))
		dev_deactivate(dev);
	else if (dev_activate(dev))
		pr_err(net_log(dev_net(dev)), "%s: no memory for its queues", dev->name);
	call_netdevice_notifiers(NETDEV_CHANGE, dev);
}

/* ---- counters ---- */

void dev_get_stats(const struct net_device *dev, struct net_device_stats *out)
{
	const unsigned n = sizeof(*out) / sizeof(uint64_t);
	const uint64_t *core = (const uint64_t *)(const void *)&dev->core;
	uint64_t *to = (uint64_t *)(void *)out;

	for (unsigned i = 0; i < n; i++)
		to[i] = READ_ONCE(core[i]);
	for (unsigned cpu = 0; cpu < dev_net(dev)->m.nr_cpus; cpu++) {
		const uint64_t *from = (const uint64_t *)(const void *)&dev->stats[cpu];

		for (unsigned i = 0; i < n; i++)
			to[i] += READ_ONCE(from[i]);
	}
	if (dev->netdev_ops->ndo_get_stats64) /* adds what the driver counts by itself */
		dev->netdev_ops->ndo_get_stats64((struct net_device *)(uintptr_t)dev, out);
}
