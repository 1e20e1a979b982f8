/* SPDX-License-Identifier: MIT */
#ifndef CORE_NEIGH_IMPL_H
#define CORE_NEIGH_IMPL_H
/*
 * neigh_impl.h - what neighbour.c, neigh_table.c, neigh_gc.c and neigh_sysctl.c share; nobody else
 * includes it
 */
#include "core/neighbour.h"
#include "core/net.h"
#include "core/rtnetlink.h"

#define NEIGH_HASH_SHIFT_MIN 3
#define NEIGH_HASH_SHIFT_MAX 16

/* Replaced whole when it grows, read under RCU. */
struct neigh_hash_table {
	struct rcu_head rcu;
	struct net *net;
	unsigned shift;
	struct hlist_head buckets[];
};

#define NEIGH_CACHE_STAT_INC(tbl, field)							\
	((void)__atomic_fetch_add(&(tbl)->stats.field, 1, __ATOMIC_RELAXED))

static __always_inline unsigned neigh_bucket(const struct neigh_table *tbl,
					     const struct neigh_hash_table *nht, const void *pkey,
					     const struct net_device *dev)
{
	return tbl->hash(pkey, dev, tbl->hash_rnd) >> (32 - nht->shift);
}

/* ha and hh change between these two; readers look at ha_seq. Under the entry's lock. */
static __always_inline void neigh_write_begin(struct neighbour *n)
{
	WRITE_ONCE(n->ha_seq, n->ha_seq + 1);
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

static __always_inline void neigh_write_end(struct neighbour *n)
{
	smp_store_release(&n->ha_seq, n->ha_seq + 1);
}

/**
 * neigh_notify() - @n has changed: RTM_NEWNEIGH, or RTM_DELNEIGH, to who has subscribed. Without its lock, in a vCPU
 */
void __neigh_notify(struct neighbour *n, int type);
static __always_inline void neigh_notify(struct neighbour *n, int type)
{
	if (unlikely(READ_ONCE(n->tbl->net->rtnl_wanted) & RTMGRP_NEIGH))
		__neigh_notify(n, type);
}

/**
 * neigh_timer_init() - the timer of a new entry, homed on this vCPU
 */
void neigh_timer_init(struct neighbour *n);
/**
 * neigh_del_timer() - disarm; gives the timer's reference back. Under the lock, with a reference
 *
 * Return: it was armed
 */
bool neigh_del_timer(struct neighbour *n);
/**
 * neigh_queue_purge() - drop what waits, for @reason. Under the lock
 */
void neigh_queue_purge(struct neighbour *n, enum skb_drop_reason reason);
/**
 * neigh_blackhole() - output of an entry that is no longer in the table: drops, -ENETDOWN
 */
int neigh_blackhole(struct neighbour *n, struct sk_buff *skb);
/**
 * neigh_forced_gc() - the table is near its bound: remove unused entries that nobody wrote to for
 * 5 seconds, down to gc_thresh2
 *
 * Return: how many went
 */
unsigned neigh_forced_gc(struct neigh_table *tbl);
/**
 * neigh_remove_one() - take @n out of its table if only the caller and the table hold it
 *
 * Gives the caller's reference back. In a vCPU.
 * Return: it is out
 */
bool neigh_remove_one(struct neighbour *n);
/**
 * neigh_gc_arm() - see that the periodic collection is on its way. Under tbl->lock, in a vCPU
 */
void neigh_gc_arm(struct neigh_table *tbl);
/**
 * neigh_periodic_gc() - gc_timer's function
 */
void neigh_periodic_gc(struct ktimer *t);
/**
 * neigh_rand_reach_time() - half to one and a half of @base jiffies
 */
int neigh_rand_reach_time(struct net *net, int base);
/**
 * neigh_parms_put() - one reference back; the last one frees after a grace period
 */
void neigh_parms_put(struct neigh_parms *parms);
/**
 * neigh_stat_create(), neigh_stat_remove() - /proc/net/stat/<id>
 */
int neigh_stat_create(struct neigh_table *tbl);
void neigh_stat_remove(struct neigh_table *tbl);

#endif
