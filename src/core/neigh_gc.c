/* SPDX-License-Identifier: MIT */
/*
 * neigh_gc.c - how neighbours end: forced and periodic collection, device down, the last reference
 *
 * On the walk: __neigh_create() forces a collection when the table is near its bound; gc_timer
 * collects old entries twice in base_reachable_time (more often when gc_interval says so); it
 * sleeps while the table is empty. neigh_ifdown() forgets a device.
 * Owns: an entry between its removal from the hash and the end of the grace period after its last
 * reference.
 * Threads: any vCPU under tbl->lock, then the entry's lock; neigh_ifdown() also RTNL, which goes
 * through vCPU 0.
 * Refuses: to collect what somebody holds, what is PERMANENT, and (forced) what changed in the last
 * 5 seconds.
 * Mirrors: net/core/neighbour.c.
 */
#include "core/neigh_impl.h"
#include "core/trace_events.h"
#include "kernel/slab.h"
#include "kernel/smp.h"

struct flush_order {
	struct neigh_table *tbl;
	struct net_device *dev;
	bool skip_perm;
};

static void neigh_order_flush(struct flush_order *order);
static void neigh_flush_dev(void *order);
static void neigh_retire(struct neighbour *n);
static void neigh_unlink(struct neighbour *n);
static void neigh_cleanup_and_release(struct neighbour *n);
static bool neigh_is_old(struct neighbour *n, unsigned long now);
static void neigh_free_rcu(struct rcu_head *head);

unsigned neigh_forced_gc(struct neigh_table *tbl)
{
	int max_clean = atomic_read(&tbl->entries) - READ_ONCE(tbl->gc_thresh2);
	unsigned long now = jiffies_now(), recent = now - 5ul * tbl->net->m.hz;
	struct hlist_node *next;
	struct neighbour *n;
	unsigned shrunk = 0;

	NEIGH_CACHE_STAT_INC(tbl, forced_gc_runs);
	spin_lock(&tbl->lock);
	for (unsigned i = 0; i < 1u << tbl->nht->shift; i++) {
		hlist_for_each_entry_safe(n, next, &tbl->nht->buckets[i], hash) {
			bool remove;

			if ((int)shrunk >= max_clean)
				goto out;
			spin_lock(&n->lock);
			remove = atomic_read(&n->refcnt) == 1 && !(n->nud_state & NUD_PERMANENT) &&
				 (n->nud_state & (NUD_FAILED | NUD_NOARP) ||
				  time_before(n->updated, recent));
			if (remove)
				neigh_unlink(n);
			spin_unlock(&n->lock);
			if (remove) {
				neigh_cleanup_and_release(n);
				shrunk++;
			}
		}
	}
out:
	WRITE_ONCE(tbl->last_flush, now);
	spin_unlock(&tbl->lock);
	return shrunk;
}

void neigh_gc_arm(struct neigh_table *tbl)
{
	unsigned long period = (unsigned long)READ_ONCE(tbl->parms.base_reachable_time) / 2;

	if (tbl->gc_armed)
		return;
	tbl->gc_armed = true;
	mod_timer(&tbl->gc_timer, jiffies_now() +
				  min(period, (unsigned long)READ_ONCE(tbl->gc_interval)));
}

void neigh_periodic_gc(struct ktimer *t)
{
	struct neigh_table *tbl = from_timer(tbl, t, gc_timer);
	unsigned long now = jiffies_now();
	struct hlist_node *next;
	struct neigh_parms *p;
	struct neighbour *n;

	NEIGH_CACHE_STAT_INC(tbl, periodic_gc_runs);
	spin_lock(&tbl->lock);
	if (time_after(now, tbl->last_rand + 300ul * tbl->net->m.hz)) {
		tbl->last_rand = now;
		tbl->parms.reachable_time = neigh_rand_reach_time(tbl->net,
					    READ_ONCE(tbl->parms.base_reachable_time));
		list_for_each_entry_rcu(p, &tbl->parms_list, list)
			WRITE_ONCE(p->reachable_time, neigh_rand_reach_time(tbl->net,
				   READ_ONCE(p->base_reachable_time)));
	}
	tbl->gc_armed = false;
	if (atomic_read(&tbl->entries) >= READ_ONCE(tbl->gc_thresh1)) {
		for (unsigned i = 0; i < 1u << tbl->nht->shift; i++)
			hlist_for_each_entry_safe(n, next, &tbl->nht->buckets[i], hash)
				if (neigh_is_old(n, now))
					neigh_cleanup_and_release(n);
	}
	if (atomic_read(&tbl->entries))
		neigh_gc_arm(tbl);
	spin_unlock(&tbl->lock);
}

/* Unlinks it then. */
static bool neigh_is_old(struct neighbour *n, unsigned long now)
{
	bool old = false;

	spin_lock(&n->lock);
	if (!(n->nud_state & (NUD_PERMANENT | NUD_IN_TIMER))) {
		if (time_before(n->used, n->confirmed))
			n->used = n->confirmed;
		old = atomic_read(&n->refcnt) == 1 &&
		      (n->nud_state == NUD_FAILED ||
		       time_after(now, n->used + (unsigned long)READ_ONCE(n->parms->gc_staletime)));
	}
	if (old)
		neigh_unlink(n);
	spin_unlock(&n->lock);
	return old;
}

static void neigh_unlink(struct neighbour *n)
{
	hlist_del_rcu(&n->hash);
	n->dead = 1;
}

/* The table's reference of an entry that has left it. */
static void neigh_cleanup_and_release(struct neighbour *n)
{
	trace_neigh_state(TRACE_neigh_cleanup_and_release, n, 0);
	neigh_notify(n, RTM_DELNEIGH);
	neigh_release(n);
}

bool neigh_remove_one(struct neighbour *n)
{
	struct neigh_table *tbl = n->tbl;
	bool removed;

	spin_lock(&tbl->lock);
	spin_lock(&n->lock);
	removed = !n->dead && atomic_read(&n->refcnt) == 2;
	if (removed)
		neigh_unlink(n);
	spin_unlock(&n->lock);
	if (removed)
		neigh_cleanup_and_release(n); /* the table's */
	spin_unlock(&tbl->lock);
	neigh_release(n);
	return removed;
}

void neigh_ifdown(struct neigh_table *tbl, struct net_device *dev)
{
	neigh_order_flush(&(struct flush_order){ .tbl = tbl, .dev = dev });
}

void neigh_carrier_down(struct neigh_table *tbl, struct net_device *dev)
{
	neigh_order_flush(&(struct flush_order){ .tbl = tbl, .dev = dev, .skip_perm = true });
}

static void neigh_order_flush(struct flush_order *order)
{
	struct neigh_table *tbl = order->tbl;

	if (this_vcpu() && this_vcpu()->m == &tbl->net->m)
		neigh_flush_dev(order);
	else
		smp_call(&tbl->net->m, 0, neigh_flush_dev, order);
}

void neigh_changeaddr(struct neigh_table *tbl, struct net_device *dev)
{
	neigh_ifdown(tbl, dev);
}

static void neigh_flush_dev(void *arg)
{
	struct flush_order *order = arg;
	struct neigh_table *tbl = order->tbl;
	struct hlist_node *next;
	struct neighbour *n;

	spin_lock(&tbl->lock);
	for (unsigned i = 0; i < 1u << tbl->nht->shift; i++) {
		hlist_for_each_entry_safe(n, next, &tbl->nht->buckets[i], hash) {
			if (order->dev && n->dev != order->dev)
				continue;
			if (order->skip_perm && n->nud_state & NUD_PERMANENT)
				continue;
			spin_lock(&n->lock);
			neigh_retire(n);
			spin_unlock(&n->lock);
			neigh_cleanup_and_release(n);
		}
	}
	spin_unlock(&tbl->lock);
}

/* Out of the table. Who still holds it finds a black hole. */
static void neigh_retire(struct neighbour *n)
{
	neigh_unlink(n);
	neigh_del_timer(n);
	neigh_queue_purge(n, SKB_DROP_REASON_NEIGH_DEAD);
	WRITE_ONCE(n->output, neigh_blackhole);
	neigh_write_begin(n);
	n->hh.hh_len = 0;
	neigh_write_end(n);
	n->nud_state = n->nud_state & NUD_VALID ? NUD_NOARP : NUD_NONE;
}

void neigh_destroy(struct neighbour *n)
{
	struct neigh_table *tbl = n->tbl;

	BUG_ON(!n->dead);
	NEIGH_CACHE_STAT_INC(tbl, destroys);
	if (!skb_queue_empty(&n->arp_queue))
		neigh_queue_purge(n, SKB_DROP_REASON_NEIGH_DEAD);
	dev_put(n->dev);
	neigh_parms_put(n->parms);
	atomic_dec(&tbl->entries);
	call_rcu(&tbl->net->m, &n->rcu, neigh_free_rcu);
}

static void neigh_free_rcu(struct rcu_head *head)
{
	struct neighbour *n = container_of(head, struct neighbour, rcu);

	kmem_cache_free(&n->tbl->net->m, n->tbl->cache, n);
}
