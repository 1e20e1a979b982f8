/* SPDX-License-Identifier: MIT */
/*
 * neigh_table.c - the table of neighbours: look up, create, grow; settings per device
 *
 * On the walk: ip_finish_output() looks up without a lock or reference; the first packet to a next
 * hop creates the entry.
 * Owns: the hash (replaced whole when it grows), the entries that are linked in it (one reference
 * each), the parms of devices. Keys come from the outside: the hash function gets secret words
 * (hash_rnd). At most gc_thresh3 entries: beyond that __neigh_create() refuses and table_fulls
 * counts.
 * Threads: look-ups any vCPU under RCU; creation any vCPU under tbl->lock; parms, init and clear
 * RTNL.
 * Mirrors: net/core/neighbour.c.
 */
#include <errno.h>

#include "core/neigh_impl.h"
#include "core/trace_events.h"
#include "kernel/slab.h"
#include "kernel/smp.h"

static struct neighbour *neigh_alloc(struct neigh_table *tbl, struct net_device *dev);
static struct neighbour *neigh_insert(struct neigh_table *tbl, struct neighbour *n,
				      bool want_ref);
static struct neigh_parms *neigh_parms_of(struct neigh_table *tbl, const struct net_device *dev);
static struct neigh_hash_table *neigh_hash_alloc(struct net *net, unsigned shift);
static void neigh_hash_grow(struct neigh_table *tbl);
static void neigh_hash_free_rcu(struct rcu_head *head);
static void neigh_parms_free_rcu(struct rcu_head *head);

struct neighbour *__neigh_lookup_noref(struct neigh_table *tbl, const void *pkey,
				       struct net_device *dev)
{
	struct neigh_hash_table *nht = rcu_dereference(tbl->nht);
	struct neighbour *n;

	hlist_for_each_entry_rcu(n, &nht->buckets[neigh_bucket(tbl, nht, pkey, dev)], hash)
		if (n->dev == dev && !memcmp(n->primary_key, pkey, tbl->key_len))
			return n;
	return NULL;
}

struct neighbour *neigh_lookup(struct neigh_table *tbl, const void *pkey, struct net_device *dev)
{
	struct neighbour *n = __neigh_lookup_noref(tbl, pkey, dev);

	NEIGH_CACHE_STAT_INC(tbl, lookups);
	if (n && !atomic_inc_not_zero(&n->refcnt))
		n = NULL;
	if (n)
		NEIGH_CACHE_STAT_INC(tbl, hits);
	return n;
}

struct neighbour *__neigh_create(struct neigh_table *tbl, const void *pkey, struct net_device *dev,
				 bool want_ref)
{
	struct neighbour *n = neigh_alloc(tbl, dev);

	trace_neigh_create(tbl, dev, pkey, n);
	if (!n)
		return NULL;
	memcpy(n->primary_key, pkey, tbl->key_len);
	if (tbl->constructor && tbl->constructor(n)) {
		neigh_release(n);
		return NULL;
	}
	n->confirmed = jiffies_now() -
		       ((unsigned long)READ_ONCE(n->parms->base_reachable_time) << 1);
	return neigh_insert(tbl, n, want_ref);
}

static struct neighbour *neigh_alloc(struct neigh_table *tbl, struct net_device *dev)
{
	unsigned long now = jiffies_now(), hz = tbl->net->m.hz;
	int entries = atomic_inc_return(&tbl->entries) - 1;
	struct neighbour *n;

	if (entries >= READ_ONCE(tbl->gc_thresh3) ||
	    (entries >= READ_ONCE(tbl->gc_thresh2) &&
	     time_after(now, READ_ONCE(tbl->last_flush) + 5 * hz))) {
		if (!neigh_forced_gc(tbl) && entries >= READ_ONCE(tbl->gc_thresh3)) {
			NEIGH_CACHE_STAT_INC(tbl, table_fulls);
			goto out;
		}
	}
	n = kmem_cache_zalloc(&tbl->net->m, tbl->cache);
	if (!n)
		goto out;
	NEIGH_CACHE_STAT_INC(tbl, allocs);
	__skb_queue_head_init(&n->arp_queue);
	spin_lock_init(&n->lock);
	n->tbl = tbl;
	n->dev = dev;
	dev_hold(dev);
	n->parms = neigh_parms_of(tbl, dev);
	atomic_inc(&n->parms->refcnt);
	n->nud_state = NUD_NONE;
	n->output = neigh_blackhole;
	n->updated = n->used = now;
	n->dead = 1; /* until it is linked */
	atomic_set(&n->refcnt, 1);
	neigh_timer_init(n);
	return n;
out:
	atomic_dec(&tbl->entries);
	return NULL;
}

static struct neigh_parms *neigh_parms_of(struct neigh_table *tbl, const struct net_device *dev)
{
	struct neigh_parms *p;

	list_for_each_entry_rcu(p, &tbl->parms_list, list)
		if (p->dev == dev)
			return p;
	return &tbl->parms;
}

/* Link @n; or give it up for the one that another vCPU linked meanwhile. */
static struct neighbour *neigh_insert(struct neigh_table *tbl, struct neighbour *n, bool want_ref)
{
	struct neighbour *old;
	unsigned bucket;

	spin_lock(&tbl->lock);
	if (atomic_read(&tbl->entries) > 1 << tbl->nht->shift)
		neigh_hash_grow(tbl);
	bucket = neigh_bucket(tbl, tbl->nht, n->primary_key, n->dev);
	hlist_for_each_entry(old, &tbl->nht->buckets[bucket], hash) {
		if (old->dev != n->dev || memcmp(old->primary_key, n->primary_key, tbl->key_len))
			continue;
		if (want_ref)
			neigh_hold(old);
		spin_unlock(&tbl->lock);
		neigh_release(n);
		return old;
	}
	n->dead = 0;
	if (want_ref)
		neigh_hold(n);
	hlist_add_head_rcu(&n->hash, &tbl->nht->buckets[bucket]);
	neigh_gc_arm(tbl);
	spin_unlock(&tbl->lock);
	return n;
}

/*
 * Twice the buckets. Entries are moved one by one while readers walk: one may be led into another
 * chain and miss, then it comes here and looks again under the lock. Without memory: later.
 */
static void neigh_hash_grow(struct neigh_table *tbl)
{
	struct neigh_hash_table *old = tbl->nht, *nht;
	struct hlist_node *next;
	struct neighbour *n;

	if (old->shift >= NEIGH_HASH_SHIFT_MAX)
		return;
	nht = neigh_hash_alloc(tbl->net, old->shift + 1);
	if (!nht)
		return;
	NEIGH_CACHE_STAT_INC(tbl, hash_grows);
	for (unsigned i = 0; i < 1u << old->shift; i++) {
		hlist_for_each_entry_safe(n, next, &old->buckets[i], hash) {
			hlist_del_rcu(&n->hash);
			hlist_add_head_rcu(&n->hash, &nht->buckets[neigh_bucket(tbl, nht,
								   n->primary_key, n->dev)]);
		}
	}
	rcu_assign_pointer(tbl->nht, nht);
	call_rcu(&tbl->net->m, &old->rcu, neigh_hash_free_rcu);
}

static struct neigh_hash_table *neigh_hash_alloc(struct net *net, unsigned shift)
{
	size_t size = sizeof(struct neigh_hash_table) + (sizeof(struct hlist_head) << shift);
	struct neigh_hash_table *nht = kzalloc(&net->m, size);

	if (nht) {
		nht->net = net;
		nht->shift = shift;
	}
	return nht;
}

static void neigh_hash_free_rcu(struct rcu_head *head)
{
	struct neigh_hash_table *nht = container_of(head, struct neigh_hash_table, rcu);

	kfree(&nht->net->m, nht);
}

void neigh_for_each(struct neigh_table *tbl, void (*cb)(struct neighbour *n, void *arg), void *arg)
{
	struct neigh_hash_table *nht = rcu_dereference(tbl->nht);
	struct neighbour *n;

	for (unsigned i = 0; i < 1u << nht->shift; i++)
		hlist_for_each_entry_rcu(n, &nht->buckets[i], hash)
			cb(n, arg);
}

/* --- settings --- */

struct neigh_parms *neigh_parms_alloc(struct net_device *dev, struct neigh_table *tbl)
{
	struct net *net = tbl->net;
	struct neigh_parms *p = kzalloc(&net->m, sizeof(*p));

	if (!p)
		return NULL;
	*p = tbl->parms;
	p->tbl = tbl;
	p->dev = dev;
	p->sysctl_hdr = NULL;
	atomic_set(&p->refcnt, 1);
	p->reachable_time = neigh_rand_reach_time(net, p->base_reachable_time);
	dev_hold(dev);
	list_add_tail_rcu(&p->list, &tbl->parms_list);
	return p;
}

void neigh_parms_release(struct neigh_table *tbl, struct neigh_parms *parms)
{
	if (!parms || parms == &tbl->parms)
		return;
	list_del_rcu(&parms->list);
	dev_put(parms->dev);
	neigh_parms_put(parms);
}

void neigh_parms_put(struct neigh_parms *parms)
{
	if (atomic_dec_and_test(&parms->refcnt))
		call_rcu(&parms->tbl->net->m, &parms->rcu, neigh_parms_free_rcu);
}

static void neigh_parms_free_rcu(struct rcu_head *head)
{
	struct neigh_parms *p = container_of(head, struct neigh_parms, rcu);

	kfree(&p->tbl->net->m, p);
}

int neigh_rand_reach_time(struct net *net, int base)
{
	struct rng *rng = this_vcpu() ? &this_vcpu()->rng : &net->m.rng;

	return base > 0 ? (int)rng_below(rng, (uint32_t)base) + base / 2 : 0;
}

/* --- table --- */

static void neigh_parms_defaults(struct neigh_parms *p, int hz)
{
	p->mcast_probes = 3;
	p->ucast_probes = 3;
	p->retrans_time = hz;
	p->base_reachable_time = 30 * hz;
	p->delay_probe_time = 5 * hz;
	p->gc_staletime = 60 * hz;
	p->unres_qlen_bytes = 212992;
	p->proxy_delay = 8 * hz / 10;
	p->anycast_delay = hz;
	p->locktime = hz;
	p->proxy_qlen = 64;
}

int neigh_table_init(struct net *net, struct neigh_table *tbl)
{
	size_t size = tbl->entry_size ? tbl->entry_size : sizeof(struct neighbour);
	int hz = (int)net->m.hz;

	BUG_ON(tbl->key_len > sizeof(((struct neighbour *)NULL)->primary_key));
	tbl->net = net;
	spin_lock_init(&tbl->lock);
	INIT_LIST_HEAD(&tbl->parms_list);
	atomic_set(&tbl->entries, 0);
	neigh_parms_defaults(&tbl->parms, hz);
	tbl->parms.tbl = tbl;
	atomic_set(&tbl->parms.refcnt, 1);
	tbl->parms.reachable_time = neigh_rand_reach_time(net, tbl->parms.base_reachable_time);
	tbl->gc_interval = 30 * hz;
	tbl->gc_thresh1 = 128;
	tbl->gc_thresh2 = 512;
	tbl->gc_thresh3 = 1024;
	tbl->last_flush = tbl->last_rand = machine_jiffies(&net->m, machine_now(&net->m));
	tbl->gc_armed = false;
	ktimer_setup(&tbl->gc_timer, neigh_periodic_gc, NULL);
	rng_bytes(&net->m.rng, tbl->hash_rnd, sizeof(tbl->hash_rnd));

	tbl->cache = kmem_cache_create(&net->m.kmem, tbl->id, size, CACHE_BYTES);
	if (!tbl->cache)
		return -ENOMEM;
	tbl->nht = neigh_hash_alloc(net, NEIGH_HASH_SHIFT_MIN);
	if (!tbl->nht)
		goto out_cache;
	if (neigh_stat_create(tbl))
		goto out_hash;
	list_add_tail(&tbl->link, &net->neigh_tables);
	return 0;

out_hash:
	kfree(&net->m, tbl->nht);
	tbl->nht = NULL;
out_cache:
	kmem_cache_destroy(tbl->cache);
	tbl->cache = NULL;
	return -ENOMEM;
}

static void neigh_take_wishes(void *arg)
{
	(void)arg;
	timer_take_remote(this_vcpu());
}

void neigh_table_clear(struct neigh_table *tbl)
{
	struct net *net = tbl->net;

	if (!tbl->cache)
		return;
	list_del(&tbl->link);
	neigh_ifdown(tbl, NULL);
	del_timer_sync(&tbl->gc_timer);
	/* timers of entries on other vCPUs: their last references */
	smp_call_all(&net->m, neigh_take_wishes, NULL);
	rcu_barrier(&net->m);
	WARN_ONCE(net_log(net), atomic_read(&tbl->entries), "neighbour: %d entries of %s leaked",
		  atomic_read(&tbl->entries), tbl->id);
	neigh_stat_remove(tbl);
	kfree(&net->m, tbl->nht);
	tbl->nht = NULL;
	kmem_cache_destroy(tbl->cache);
	tbl->cache = NULL;
}
