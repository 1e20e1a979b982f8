/* SPDX-License-Identifier: MIT */
#ifndef CORE_DST_H
#define CORE_DST_H
/*
 * dst.h - protocol-independent destination cache entry (mirrors include/net/dst.h)
 *
 * Theory of operation
 *   A dst says by which device and neighbour a packet leaves, or that it is ours. References are atomic; a receive path borrows a dst
 *   without one (noref) for the length of one run, which RCU covers. obsolete != 0 means: ask ops->check() whether it is still good.
 *   Freed by the last dst_release() after a grace period.
 */
#include "core/dev.h"
#include "kernel/rcu.h"
#include "lib/atomic.h"

#define DST_OBSOLETE_NONE 0
#define DST_OBSOLETE_DEAD 2
#define DST_OBSOLETE_FORCE_CHK -1
#define DST_OBSOLETE_KILL -2

#define DST_HOST 0x0001
#define DST_NOXFRM 0x0002
#define DST_NOPOLICY 0x0004
#define DST_NOCACHE 0x0010

struct dst_entry;
struct neighbour;

struct dst_ops {
	unsigned short family;
	struct dst_entry *(*check)(struct dst_entry *dst, uint32_t cookie); /* dst, or NULL when no longer valid */
	unsigned (*mtu)(const struct dst_entry *dst);
	void (*destroy)(struct dst_entry *dst);
	void (*update_pmtu)(struct dst_entry *dst, struct sock *sk, struct sk_buff *skb, uint32_t mtu);
	struct dst_entry *(*negative_advice)(struct dst_entry *dst);
};

struct dst_entry {
	struct net_device *dev; /* holds a reference */
	const struct dst_ops *ops;
	struct net *net;
	struct kmem_cache *cache; /* whose object the whole (rtable) is */
	unsigned long expires; /* jiffies, 0 never */
	int obsolete;
	unsigned short flags;
	short error; /* positive errno: packets are refused with it */
	atomic_t refcnt;
	unsigned long lastuse;
	struct rcu_head rcu;
};

/* With one reference; NULL without memory. Any vCPU, or RTNL. */
struct dst_entry *dst_alloc(struct net *net, struct kmem_cache *cache, const struct dst_ops *ops, struct net_device *dev,
			    int initial_obsolete, unsigned short flags);
static __always_inline void dst_hold(struct dst_entry *dst) { atomic_inc(&dst->refcnt); }
static __always_inline struct dst_entry *dst_clone(struct dst_entry *dst)
{
	if (dst)
		dst_hold(dst);
	return dst;
}
static __always_inline unsigned dst_mtu(const struct dst_entry *dst) { return dst->ops->mtu(dst); }
static __always_inline struct dst_entry *dst_check(struct dst_entry *dst, uint32_t cookie)
{
	return dst->obsolete ? dst->ops->check(dst, cookie) : dst;
}

#endif
