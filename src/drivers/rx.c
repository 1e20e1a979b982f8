/* SPDX-License-Identifier: MIT */
/*
 * rx.c - which destination addresses a device lets in
 *
 * Theory of operation
 *   Called by: ndo_set_rx_mode and ndo_set_mac_address of the drivers, their receive loops. Calls:
 *   nothing. Owns: the table, immutable once published, freed a grace period after the next one.
 *   Threads: update where core calls ndo_set_rx_mode (RTNL or a vCPU, dev->addr_lock held); match
 *   inside a vCPU.
 *   The broadcast address always passes. Without memory for a table everything passes: a filter
 *   may let too much in, never too little. Mirrors: the address filters of tun.c (TUNSETTXFILTER).
 */
#include "drivers/rx.h"

#include "kernel/slab.h"

static unsigned rxfilter_count(const struct list_head *list);
static unsigned rxfilter_fill(unsigned char (*to)[ETH_ALEN], unsigned n,
			      const struct list_head *list);
static void rxfilter_publish(struct net_device *dev, struct rx_filter **slot, struct rx_filter *f);
static void rxfilter_free(struct rcu_head *head);

bool rxfilter_match_list(const struct rx_filter *f, const unsigned char *dest)
{
	unsigned from, to;

	if (f->promisc)
		return true;
	if (is_multicast_ether_addr(dest)) {
		if (f->allmulti || is_broadcast_ether_addr(dest))
			return true;
		from = f->n_uc;
		to = f->n_uc + f->n_mc;
	} else {
		from = 0;
		to = f->n_uc;
	}
	for (unsigned i = from; i < to; i++)
		if (ether_addr_equal(f->addr[i], dest))
			return true;
	return false;
}

void rxfilter_update(struct net_device *dev, struct rx_filter **slot)
{
	unsigned n_uc = 1 + rxfilter_count(&dev->uc), n_mc = rxfilter_count(&dev->mc);
	struct rx_filter *f = kzalloc(&dev_net(dev)->m,
				      sizeof(*f) + (n_uc + n_mc) * sizeof(f->addr[0]));

	if (f) {
		f->net = dev_net(dev);
		f->promisc = dev->flags & IFF_PROMISC || dev->promiscuity;
		f->allmulti = dev->flags & IFF_ALLMULTI || dev->allmulti;
		memcpy(f->addr[0], dev->dev_addr, ETH_ALEN);
		f->n_uc = 1 + rxfilter_fill(f->addr + 1, n_uc - 1, &dev->uc);
		f->n_mc = rxfilter_fill(f->addr + f->n_uc, n_mc, &dev->mc);
	}
	rxfilter_publish(dev, slot, f);
}

void rxfilter_clear(struct net_device *dev, struct rx_filter **slot)
{
	kfree(&dev_net(dev)->m, *slot);
	*slot = NULL;
}

static unsigned rxfilter_count(const struct list_head *list)
{
	const struct netdev_hw_addr *ha;
	unsigned n = 0;

	list_for_each_entry(ha, list, list)
		n++;
	return n;
}

static unsigned rxfilter_fill(unsigned char (*to)[ETH_ALEN], unsigned n,
			      const struct list_head *list)
{
	const struct netdev_hw_addr *ha;
	unsigned i = 0;

	list_for_each_entry(ha, list, list)
		if (i < n)
			memcpy(to[i++], ha->addr, ETH_ALEN);
	return i;
}

static void rxfilter_publish(struct net_device *dev, struct rx_filter **slot, struct rx_filter *f)
{
	struct rx_filter *old = *slot;

	rcu_assign_pointer(*slot, f);
	if (old)
		call_rcu(&dev_net(dev)->m, &old->rcu, rxfilter_free);
}

static void rxfilter_free(struct rcu_head *head)
{
	struct rx_filter *f = container_of(head, struct rx_filter, rcu);

	kfree(&f->net->m, f);
}
