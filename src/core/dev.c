/* SPDX-License-Identifier: MIT */
/*
 * dev.c - the registry of network devices, and softnet_data of each CPU
 *
 * On the walk: nobody; drivers come here to make and end devices, everyone to find them.
 * Owns: each device from alloc_netdev_mqs() on. unregister_netdevice() ends it: it goes down,
 * leaves the lists, a grace period passes, what holds it is told to let go, and it is freed when
 * the last reference is. One that is still referenced then waits on net_todo_list: nothing can find
 * it any more.
 * Threads: RTNL; *_rcu lookups inside a vCPU. Refuses: names that Linux refuses, names that are
 * taken.
 * Mirrors: net/core/dev.c.
 */
#define LOG_SUBSYS "net"
#include "core/dev.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "core/net.h"
#include "kernel/slab.h"
#include "kernel/softirq.h"

#define PRIV_ALIGN 64
#define NAME_UNITS 32768 /* most devices of one name pattern */

static int net_dev_init(struct net *net);
static int dev_get_valid_name(struct net *net, struct net_device *dev, struct extack *err);
static int dev_alloc_name(struct net *net, char *name, struct extack *err);
static void list_netdevice(struct net_device *dev);
static void unlist_netdevice(struct net_device *dev);
static void flush_backlog(void *arg);
static void flush_softnet(void *arg);

/* ---- softnet_data ---- */

int dev_init(struct net *net)
{
	INIT_LIST_HEAD(&net->dev_base_head);
	INIT_LIST_HEAD(&net->netdev_chain);
	INIT_LIST_HEAD(&net->net_todo_list);
	INIT_LIST_HEAD(&net->ptype_all);
	for (unsigned i = 0; i < PTYPE_HASH_SIZE; i++)
		INIT_LIST_HEAD(&net->ptype_base[i]);
	for (unsigned i = 0; i < NETDEV_HASHENTRIES; i++) {
		INIT_HLIST_HEAD(&net->dev_name_head[i]);
		INIT_HLIST_HEAD(&net->dev_index_head[i]);
	}

	return net_dev_init(net);
}

static int net_dev_init(struct net *net)
{
	struct vcpu *v;

	for_each_vcpu(v, &net->m) {
		struct softnet_data *sd = kzalloc(&net->m, sizeof(*sd));

		if (!sd)
			goto out_free;
		sd->vcpu = v;
		INIT_LIST_HEAD(&sd->poll_list);
		skb_queue_head_init(&sd->input_pkt_queue);
		skb_queue_head_init(&sd->process_queue);
		INIT_LIST_HEAD(&sd->backlog.poll_list);
		sd->backlog.poll = process_backlog;
		sd->backlog.weight = net->core.sysctl_dev_weight;
		v->slot[VCPU_SLOT_SOFTNET] = sd;
	}
	open_softirq(&net->m, NET_TX_SOFTIRQ, net_tx_action);
	open_softirq(&net->m, NET_RX_SOFTIRQ, net_rx_action);

	return 0;

out_free:
	for_each_vcpu(v, &net->m) {
		kfree(&net->m, v->slot[VCPU_SLOT_SOFTNET]);
		v->slot[VCPU_SLOT_SOFTNET] = NULL;
	}
	return -ENOMEM;
}

void dev_exit(struct net *net)
{
	struct vcpu *v;

	netdev_run_todo(net);
	WARN(net_log(net), !list_empty(&net->dev_base_head) || !list_empty(&net->net_todo_list),
	     "devices are left at the end");
	smp_call_all(&net->m, flush_softnet, NULL);
	open_softirq(&net->m, NET_TX_SOFTIRQ, NULL);
	open_softirq(&net->m, NET_RX_SOFTIRQ, NULL);
	for_each_vcpu(v, &net->m) {
		kfree(&net->m, v->slot[VCPU_SLOT_SOFTNET]);
		v->slot[VCPU_SLOT_SOFTNET] = NULL;
	}
}

static void flush_softnet(void *arg)
{
	struct softnet_data *sd = this_softnet();

	(void)arg;
	net_tx_action(sd->vcpu);
	skb_queue_purge_reason(&sd->process_queue, SKB_DROP_REASON_QUEUE_PURGE);
	skb_queue_purge_reason(&sd->input_pkt_queue, SKB_DROP_REASON_QUEUE_PURGE);
	list_del_init(&sd->backlog.poll_list);
}

/* ---- life of a device ---- */

struct net_device *alloc_netdev_mqs(struct net *net, int sizeof_priv, const char *name,
				    void (*setup)(struct net_device *), unsigned txqs,
				    unsigned rxqs)
{
	struct net_device *dev;
	size_t at = ALIGN(sizeof(*dev), (size_t)PRIV_ALIGN);

	if (!txqs || !rxqs || txqs > MAX_TX_QUEUES || rxqs > MAX_RX_QUEUES ||
	    strnlen(name, IFNAMSIZ) >= IFNAMSIZ)
		return NULL;
	dev = kzalloc(&net->m, at + (size_t)sizeof_priv);
	if (!dev)
		return NULL;
	dev->priv = (char *)dev + at;
	dev->net = net;
	snprintf(dev->name, sizeof(dev->name), "%s", name);
	dev->num_tx_queues = dev->real_num_tx_queues = txqs;
	dev->num_rx_queues = rxqs;
	dev->state = 1ul << __LINK_STATE_PRESENT;
	atomic_set(&dev->refcnt, 1); /* the registry's */
	INIT_LIST_HEAD(&dev->dev_list);
	INIT_LIST_HEAD(&dev->napi_list);
	INIT_LIST_HEAD(&dev->ptype_all);
	INIT_LIST_HEAD(&dev->ptype_specific);
	INIT_LIST_HEAD(&dev->uc);
	INIT_LIST_HEAD(&dev->mc);
	INIT_LIST_HEAD(&dev->todo_list);
	spin_lock_init(&dev->addr_lock);
	dev->_tx = kzalloc(&net->m, txqs * sizeof(*dev->_tx));
	/* The counters of each CPU begin a line of their own. */
	dev->stats_mem = kzalloc(&net->m, net->m.nr_cpus * sizeof(*dev->stats) + CACHE_BYTES);
	if (!dev->_tx || !dev->stats_mem) {
		free_netdev(dev);
		return NULL;
	}
	_Static_assert(sizeof(*dev->stats) % CACHE_BYTES == 0, "whole lines");
	dev->stats = (void *)ALIGN((uintptr_t)dev->stats_mem, (uintptr_t)CACHE_BYTES);
	for (unsigned i = 0; i < txqs; i++) {
		spin_lock_init(&dev->_tx[i]._xmit_lock);
		dev->_tx[i].xmit_lock_owner = -1;
		dev->_tx[i].dev = dev;
	}
	dev_watchdog_init(dev);
	setup(dev);

	return dev;
}

void free_netdev(struct net_device *dev)
{
	struct net *net = dev_net(dev);

	BUG_ON(dev->reg_state == NETREG_REGISTERED || dev->reg_state == NETREG_UNREGISTERING);
	dev_addr_flush(dev);
	kfree(&net->m, dev->_tx);
	kfree(&net->m, dev->stats_mem);
	kfree(&net->m, dev);
}

int register_netdevice(struct net_device *dev, struct extack *err)
{
	struct net *net = dev_net(dev);
	int ret;

	ASSERT_RTNL(&net->m);
	BUG_ON(dev->reg_state != NETREG_UNINITIALIZED);
	ret = dev_get_valid_name(net, dev, err);
	if (ret)
		return ret;
	if (dev->netdev_ops->ndo_init) {
		ret = dev->netdev_ops->ndo_init(dev);
		if (ret)
			return extack_fail(err, ret, "%s: the driver could not initialise it",
					   dev->name);
	}
	netdev_features_init(dev);
	do {
		net->last_ifindex = net->last_ifindex < INT32_MAX ? net->last_ifindex + 1 : 1;
	} while (__dev_get_by_index(net, net->last_ifindex));
	dev->ifindex = net->last_ifindex;
	ret = netdev_register_files(dev);
	if (ret) {
		extack_set(err, "%s: no memory for its files", dev->name);
		goto out_uninit;
	}
	dev->reg_state = NETREG_REGISTERED;
	if (!netif_carrier_ok(dev))
		dev->operstate = IF_OPER_DOWN;
	list_netdevice(dev);
	ret = call_netdevice_notifiers(NETDEV_REGISTER, dev);
	if (ret) {
		extack_set(err, "%s: refused by a protocol", dev->name);
		goto out_unlist;
	}

	return 0;

out_unlist:
	call_netdevice_notifiers(NETDEV_UNREGISTER, dev);
	unlist_netdevice(dev);
	rcu_barrier(&net->m);
	dev->reg_state = NETREG_UNINITIALIZED;
	netdev_unregister_files(dev);
out_uninit:
	if (dev->netdev_ops->ndo_uninit)
		dev->netdev_ops->ndo_uninit(dev);
	dev->ifindex = 0;
	return ret;
}

void unregister_netdevice(struct net_device *dev)
{
	struct net *net = dev_net(dev);

	ASSERT_RTNL(&net->m);
	BUG_ON(dev->reg_state != NETREG_REGISTERED);
	dev_close(dev);
	unlist_netdevice(dev);
	dev->reg_state = NETREG_UNREGISTERING;
	synchronize_rcu(&net->m); /* nobody finds it from here on */
	smp_call_all(&net->m, flush_backlog, dev);
	call_netdevice_notifiers(NETDEV_UNREGISTER, dev);
	dev_addr_flush(dev);
	if (dev->netdev_ops->ndo_uninit)
		dev->netdev_ops->ndo_uninit(dev);
	netdev_unregister_files(dev);
	if (net->sched)
		net->sched->detach(dev);
	list_add_tail(&dev->todo_list, &net->net_todo_list);
	netdev_run_todo(net);
}

/* Inside each vCPU: packets of a device that goes are not received any more. */
static void flush_backlog(void *arg)
{
	const struct net_device *dev = arg;
	struct softnet_data *sd = this_softnet();
	struct sk_buff_head *queue[2] = { &sd->process_queue, &sd->input_pkt_queue };

	for (unsigned i = 0; i < 2; i++) {
		struct sk_buff *skb, *next;

		spin_lock(&queue[i]->lock);
		for (skb = skb_peek(queue[i]); skb; skb = next) {
			next = skb == skb_peek_tail(queue[i]) ? NULL : skb->next;
			if (skb->dev != dev)
				continue;
			__skb_unlink(skb, queue[i]);
			kfree_skb_reason(skb, SKB_DROP_REASON_QUEUE_PURGE);
		}
		spin_unlock(&queue[i]->lock);
	}
}

unsigned netdev_run_todo(struct net *net)
{
	struct net_device *dev, *n;
	unsigned left = 0;

	if (list_empty(&net->net_todo_list))
		return 0;
	/* routes and neighbours that were let go give their references back here */
	rcu_barrier(&net->m);
	list_for_each_entry_safe(dev, n, &net->net_todo_list, todo_list) {
		if (atomic_read(&dev->refcnt) != 1) {
			pr_warn(net_log(net),
				"unregister_netdevice: waiting for %s to become free."
				" Usage count = %d",
				dev->name, atomic_read(&dev->refcnt));
			left++;
			continue;
		}
		list_del(&dev->todo_list);
		dev->reg_state = NETREG_UNREGISTERED;
		if (dev->destructor)
			dev->destructor(dev);
		free_netdev(dev);
	}

	return left;
}

/* ---- names and lookup ---- */

bool dev_valid_name(const char *name)
{
	size_t len = strnlen(name, IFNAMSIZ);

	if (!len || len >= IFNAMSIZ || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	for (; *name; name++)
		if (*name == '/' || *name == ':' || isspace((unsigned char)*name))
			return false;

	return true;
}

static int dev_get_valid_name(struct net *net, struct net_device *dev, struct extack *err)
{
	if (!dev_valid_name(dev->name))
		return extack_fail(err, -EINVAL, "\"%.16s\" is no name for a device", dev->name);
	if (strchr(dev->name, '%'))
		return dev_alloc_name(net, dev->name, err);
	if (__dev_get_by_name(net, dev->name))
		return extack_fail(err, -EEXIST, "there is a device %s already", dev->name);

	return 0;
}

/* "eth%d": the first number that is free. */
static int dev_alloc_name(struct net *net, char *name, struct extack *err)
{
	const char *p = strchr(name, '%');
	char buf[IFNAMSIZ + 16];

	if (p[1] != 'd' || strchr(p + 1, '%'))
		return extack_fail(err, -EINVAL, "\"%s\": a pattern has one %%d", name);
	for (int i = 0; i < NAME_UNITS; i++) {
		snprintf(buf, sizeof(buf), "%.*s%d%s", (int)(p - name), name, i, p + 2);
		if (strlen(buf) >= IFNAMSIZ)
			break;
		if (!__dev_get_by_name(net, buf)) {
			memcpy(name, buf, strlen(buf) + 1);
			return 0;
		}
	}

	return extack_fail(err, -ENFILE, "no number is left for \"%s\"", name);
}

static struct hlist_head *dev_name_hash(struct net *net, const char *name)
{
	uint32_t hash = jhash(name, (uint32_t)strnlen(name, IFNAMSIZ), net->hash_rnd);

	return &net->dev_name_head[hash % NETDEV_HASHENTRIES];
}

static struct hlist_head *dev_index_hash(struct net *net, int ifindex)
{
	return &net->dev_index_head[(unsigned)ifindex % NETDEV_HASHENTRIES];
}

static void list_netdevice(struct net_device *dev)
{
	struct net *net = dev_net(dev);

	list_add_tail_rcu(&dev->dev_list, &net->dev_base_head);
	hlist_add_head_rcu(&dev->name_hlist, dev_name_hash(net, dev->name));
	hlist_add_head_rcu(&dev->index_hlist, dev_index_hash(net, dev->ifindex));
}

static void unlist_netdevice(struct net_device *dev)
{
	list_del_rcu(&dev->dev_list);
	hlist_del_rcu(&dev->name_hlist);
	hlist_del_rcu(&dev->index_hlist);
}

void dev_rename_listed(struct net_device *dev, const char *name)
{
	hlist_del_rcu(&dev->name_hlist);
	synchronize_rcu(&dev_net(dev)->m);
	snprintf(dev->name, sizeof(dev->name), "%s", name);
	hlist_add_head_rcu(&dev->name_hlist, dev_name_hash(dev_net(dev), dev->name));
}

struct net_device *dev_get_by_name_rcu(struct net *net, const char *name)
{
	struct net_device *dev;

	hlist_for_each_entry_rcu(dev, dev_name_hash(net, name), name_hlist)
		if (!strncmp(dev->name, name, IFNAMSIZ))
			return dev;

	return NULL;
}

struct net_device *__dev_get_by_name(struct net *net, const char *name)
{
	return dev_get_by_name_rcu(net, name);
}

struct net_device *dev_get_by_index_rcu(struct net *net, int ifindex)
{
	struct net_device *dev;

	hlist_for_each_entry_rcu(dev, dev_index_hash(net, ifindex), index_hlist)
		if (dev->ifindex == ifindex)
			return dev;

	return NULL;
}

struct net_device *__dev_get_by_index(struct net *net, int ifindex)
{
	return dev_get_by_index_rcu(net, ifindex);
}

/* ---- notifications ---- */

int call_netdevice_notifiers(enum netdev_event event, struct net_device *dev)
{
	struct netdev_notifier *nb, *n;
	int ret;

	list_for_each_entry_safe(nb, n, &dev_net(dev)->netdev_chain, list) {
		ret = nb->call(nb, event, dev);
		if (ret && (event == NETDEV_PRE_UP || event == NETDEV_REGISTER))
			return ret;
	}

	return 0;
}

void register_netdevice_notifier(struct net *net, struct netdev_notifier *nb)
{
	struct net_device *dev;

	list_add_tail(&nb->list, &net->netdev_chain);
	for_each_netdev(net, dev) { /* who comes late is told what there is */
		nb->call(nb, NETDEV_REGISTER, dev);
		if (dev->flags & IFF_UP)
			nb->call(nb, NETDEV_UP, dev);
	}
}

void unregister_netdevice_notifier(struct net *net, struct netdev_notifier *nb)
{
	(void)net;
	list_del(&nb->list);
}
