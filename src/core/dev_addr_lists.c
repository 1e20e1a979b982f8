/* SPDX-License-Identifier: MIT */
/*
 * dev_addr_lists.c - the addresses a device listens to: lists of unicast and group addresses,
 * promiscuous mode
 *
 * On the walk: nobody; joining a group comes here by ip_mc_inc_group() > dev_mc_add(), a tap by
 * dev_set_promiscuity(). What changed reaches the driver by ndo_set_rx_mode, whose filter reads the
 * lists as an RCU reader.
 * Owns: the entries, counted by who asked; freed after a grace period.
 * Threads: any (a socket call joins a group on its vCPU): addr_lock orders writers, and
 * ndo_set_rx_mode runs under it; the promiscuity counters RTNL. Mirrors: net/core/dev_addr_lists.c,
 * net/core/dev.c.
 */
#define LOG_SUBSYS "net"
#include <errno.h>

#include "core/dev.h"
#include "core/net.h"
#include "kernel/slab.h"

static int hw_addr_add(struct net_device *dev, struct list_head *list, const unsigned char *addr);
static int hw_addr_del(struct net_device *dev, struct list_head *list, const unsigned char *addr);
static void hw_addr_free(struct rcu_head *head);
static void dev_set_rx_mode_locked(struct net_device *dev);
static int dev_set_count(struct net_device *dev, unsigned *count, unsigned flag, int inc);

/* ---- lists ---- */

int dev_mc_add(struct net_device *dev, const unsigned char *addr)
{
	return hw_addr_add(dev, &dev->mc, addr);
}

int dev_mc_del(struct net_device *dev, const unsigned char *addr)
{
	return hw_addr_del(dev, &dev->mc, addr);
}

int dev_uc_add(struct net_device *dev, const unsigned char *addr)
{
	return hw_addr_add(dev, &dev->uc, addr);
}

int dev_uc_del(struct net_device *dev, const unsigned char *addr)
{
	return hw_addr_del(dev, &dev->uc, addr);
}

static struct netdev_hw_addr *hw_addr_find(const struct net_device *dev, struct list_head *list,
					   const unsigned char *addr)
{
	struct netdev_hw_addr *ha;

	list_for_each_entry(ha, list, list)
		if (!memcmp(ha->addr, addr, dev->addr_len))
			return ha;

	return NULL;
}

static int hw_addr_add(struct net_device *dev, struct list_head *list, const unsigned char *addr)
{
	struct netdev_hw_addr *ha;
	int ret = 0;

	spin_lock(&dev->addr_lock);
	ha = hw_addr_find(dev, list, addr);
	if (ha) {
		ha->refcount++;
		goto out;
	}
	ha = kzalloc(&dev_net(dev)->m, sizeof(*ha));
	if (!ha) {
		ret = -ENOMEM;
		goto out;
	}
	memcpy(ha->addr, addr, dev->addr_len);
	ha->refcount = 1;
	ha->net = dev_net(dev);
	list_add_tail_rcu(&ha->list, list);
	dev_set_rx_mode_locked(dev);
out:
	spin_unlock(&dev->addr_lock);
	return ret;
}

static int hw_addr_del(struct net_device *dev, struct list_head *list, const unsigned char *addr)
{
	struct netdev_hw_addr *ha;

	spin_lock(&dev->addr_lock);
	ha = hw_addr_find(dev, list, addr);
	if (ha && !--ha->refcount) {
		list_del_rcu(&ha->list);
		call_rcu(&dev_net(dev)->m, &ha->rcu, hw_addr_free);
		dev_set_rx_mode_locked(dev);
	}
	spin_unlock(&dev->addr_lock);

	return ha ? 0 : -ENOENT;
}

static void hw_addr_free(struct rcu_head *head)
{
	struct netdev_hw_addr *ha = container_of(head, struct netdev_hw_addr, rcu);

	kfree(&ha->net->m, ha);
}

void dev_addr_flush(struct net_device *dev)
{
	struct list_head *lists[2] = { &dev->uc, &dev->mc };
	struct netdev_hw_addr *ha, *n;

	spin_lock(&dev->addr_lock);
	for (unsigned i = 0; i < 2; i++)
		list_for_each_entry_safe(ha, n, lists[i], list) {
			list_del_rcu(&ha->list);
			call_rcu(&dev_net(dev)->m, &ha->rcu, hw_addr_free);
		}
	spin_unlock(&dev->addr_lock);
}

/* ---- filter ---- */

void dev_set_rx_mode(struct net_device *dev)
{
	spin_lock(&dev->addr_lock);
	dev_set_rx_mode_locked(dev);
	spin_unlock(&dev->addr_lock);
}

static void dev_set_rx_mode_locked(struct net_device *dev)
{
	bool more_than_one = !list_empty(&dev->uc);

	if (!(dev->flags & IFF_UP) || !(dev->state & (1ul << __LINK_STATE_PRESENT)))
		return;
	/* A device with one address filter takes everything as soon as it has two addresses. */
	if (!dev->unicast_flt && more_than_one != dev->uc_promisc) {
		dev->uc_promisc = more_than_one;
		dev_set_count(dev, &dev->promiscuity, IFF_PROMISC, more_than_one ? 1 : -1);
	}
	if (dev->netdev_ops->ndo_set_rx_mode)
		dev->netdev_ops->ndo_set_rx_mode(dev);
}

int dev_set_promiscuity(struct net_device *dev, int inc)
{
	unsigned old = dev->flags;
	int ret = dev_set_count(dev, &dev->promiscuity, IFF_PROMISC, inc);

	if (!ret && dev->flags != old) {
		pr_info(net_log(dev_net(dev)), "device %s %s promiscuous mode", dev->name,
			dev->flags & IFF_PROMISC ? "entered" : "left");
		dev_set_rx_mode(dev);
	}

	return ret;
}

int dev_set_allmulti(struct net_device *dev, int inc)
{
	unsigned old = dev->flags;
	int ret = dev_set_count(dev, &dev->allmulti, IFF_ALLMULTI, inc);

	if (!ret && dev->flags != old)
		dev_set_rx_mode(dev);

	return ret;
}

/* The flag stands while anyone wants it. */
static int dev_set_count(struct net_device *dev, unsigned *count, unsigned flag, int inc)
{
	unsigned wanted = *count + (unsigned)inc;

	if (inc < 0 ? *count < (unsigned)-inc : wanted < *count)
		return -EOVERFLOW;
	*count = wanted;
	WRITE_ONCE(dev->flags, wanted ? dev->flags | flag : dev->flags & ~flag);

	return 0;
}
