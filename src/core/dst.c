/* SPDX-License-Identifier: MIT */
/*
 * dst.c - references to destinations
 *
 * On the walk: routes are made by ipv4/route.c through dst_alloc(); packets and sockets hold them;
 * the last dst_release() ends one.
 * Owns: the entry from dst_alloc() to the end of the grace period after the last reference; it
 * holds its device meanwhile.
 * Threads: a vCPU or RTNL; the final free runs on the control thread. Mirrors: net/core/dst.c.
 */
#include "core/dst.h"

#include "core/net.h"
#include "kernel/slab.h"

static void dst_destroy_rcu(struct rcu_head *head);

struct dst_entry *dst_alloc(struct net *net, struct kmem_cache *cache, const struct dst_ops *ops,
			    struct net_device *dev, int initial_obsolete, unsigned short flags)
{
	struct dst_entry *dst = kmem_cache_zalloc(&net->m, cache);

	if (!dst)
		return NULL;
	if (dev)
		dev_hold(dev);
	dst->dev = dev;
	dst->ops = ops;
	dst->net = net;
	dst->cache = cache;
	dst->obsolete = initial_obsolete;
	dst->flags = flags;
	dst->lastuse = this_vcpu() ? jiffies_now() : 0;
	atomic_set(&dst->refcnt, 1);
	return dst;
}

void dst_release(struct dst_entry *dst)
{
	int refs;

	if (!dst)
		return;
	refs = atomic_dec_return(&dst->refcnt);
	BUG_ON(refs < 0);
	if (!refs)
		call_rcu(&dst->net->m, &dst->rcu, dst_destroy_rcu);
}

static void dst_destroy_rcu(struct rcu_head *head)
{
	struct dst_entry *dst = container_of(head, struct dst_entry, rcu);

	if (dst->ops->destroy)
		dst->ops->destroy(dst);
	if (dst->dev)
		dev_put(dst->dev);
	kmem_cache_free(&dst->net->m, dst->cache, dst);
}
