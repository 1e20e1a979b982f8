/* SPDX-License-Identifier: MIT */
/*
 * inetpeer.c - what is remembered about a peer address (mirrors net/ipv4/inetpeer.c)
 *
 * Theory of operation
 *   Asked by: icmp_send() and icmp_reply() for the rate tokens of a destination, the redirect code, ip_fragment.c for the distance of ids.
 *   A keyed hash of entries; look-ups take no lock (RCU), insertion and removal the table's. The table holds one reference of each entry;
 *   refcnt 1 is an idle entry. The number is bounded by PEER_MAX: at the bound a creation first looks at a few buckets, going round, and
 *   ends idle entries that are old; without old ones, the one of them idle longest. Who cannot be remembered gets NULL: then there is no
 *   limit by peer, only the global one.
 *   Ages and tokens in jiffies. Threads: any vCPU. Freed after a grace period.
 */
#include "ipv4/inetpeer.h"

#include <errno.h>

#include "kernel/rcu.h"
#include "kernel/slab.h"

#define PEER_BUCKETS 2048u
#define PEER_MAX 16384
#define PEER_SCAN 16		/* buckets looked at when the table is full */
#define PEER_MAXTTL_S 600	/* idle for longer: forgotten at once */
#define XRLIM_BURST_FACTOR 6

struct inet_peer_base {
	spinlock_t lock;
	unsigned total, cursor; /* [L:lock] */
	struct kmem_cache *cache;
	struct net *net;
	struct hlist_head hash[PEER_BUCKETS]; /* RCU */
};

static struct inet_peer *peer_find(struct hlist_head *head, __be32 addr);
static struct inet_peer *peer_create(struct inet_peer_base *base, struct hlist_head *head, __be32 addr);
static void peer_gc_locked(struct inet_peer_base *base);
static void peer_unlink_locked(struct inet_peer_base *base, struct inet_peer *p);
static void peer_free_rcu(struct rcu_head *head);

struct inet_peer *inet_getpeer_v4(struct net *net, __be32 addr, int create)
{
	struct inet_peer_base *base = net->ipv4->peers;
	struct hlist_head *head = &base->hash[siphash_1u32((uint32_t)addr, &net->hash_key) & (PEER_BUCKETS - 1)];
	struct inet_peer *p = peer_find(head, addr);

	if (!p && create) {
		_raw_spin_lock(&base->lock);
		p = peer_find(head, addr); /* another CPU may have been faster */
		if (!p)
			p = peer_create(base, head, addr);
		_raw_spin_unlock(&base->lock);
	}
	return p;
}

void inet_putpeer(struct inet_peer *p)
{
	if (!p)
		return;
	WRITE_ONCE(p->dtime, jiffies_now());
	if (atomic_dec_and_test(&p->refcnt)) /* unlinked meanwhile */
		call_rcu(&p->base->net->m, &p->rcu, peer_free_rcu);
}

bool inet_peer_xrlim_allow(struct inet_peer *peer, int timeout)
{
	unsigned long now, last, token, burst;
	bool rc = false;

	if (!peer)
		return true;
	now = jiffies_now();
	last = READ_ONCE(peer->rate_last);
	burst = (unsigned long)XRLIM_BURST_FACTOR * (unsigned long)timeout;
	token = READ_ONCE(peer->rate_tokens);
	if (now != last) { /* within one jiffy the tokens that others left are not cut to our burst */
		WRITE_ONCE(peer->rate_last, now);
		token += now - last;
		if (token > burst)
			token = burst;
	}
	if (token >= (unsigned long)timeout) {
		token -= (unsigned long)timeout;
		rc = true;
	}
	WRITE_ONCE(peer->rate_tokens, token);
	return rc;
}

/* With a reference. RCU or under the lock. */
static struct inet_peer *peer_find(struct hlist_head *head, __be32 addr)
{
	struct inet_peer *p;

	hlist_for_each_entry_rcu(p, head, hash) {
		if (p->addr == addr && atomic_inc_not_zero(&p->refcnt))
			return p;
	}
	return NULL;
}

/* Under the lock; with a reference of the caller's, or NULL. */
static struct inet_peer *peer_create(struct inet_peer_base *base, struct hlist_head *head, __be32 addr)
{
	struct inet_peer *p;

	if (base->total >= PEER_MAX)
		peer_gc_locked(base);
	if (base->total >= PEER_MAX)
		return NULL;
	p = kmem_cache_zalloc(&base->net->m, base->cache);
	if (!p)
		return NULL;
	p->base = base;
	p->addr = addr;
	atomic_set(&p->refcnt, 2);
	p->dtime = jiffies_now();
	p->rate_last = jiffies_now() - 60ul * base->net->m.hz; /* a stranger starts with a full bucket */
	hlist_add_head_rcu(&p->hash, head);
	base->total++;
	return p;
}

static void peer_gc_locked(struct inet_peer_base *base)
{
	unsigned long now = jiffies_now(), ttl = (unsigned long)PEER_MAXTTL_S * base->net->m.hz;
	struct inet_peer *p, *oldest = NULL;
	struct hlist_node *n;
	bool any = false;

	for (unsigned i = 0; i < PEER_SCAN; i++) {
		base->cursor = (base->cursor + 1) & (PEER_BUCKETS - 1);
		hlist_for_each_entry_safe(p, n, &base->hash[base->cursor], hash) {
			if (atomic_read(&p->refcnt) != 1)
				continue;
			if (now - READ_ONCE(p->dtime) > ttl) {
				peer_unlink_locked(base, p);
				any = true;
			} else if (!oldest || time_before(p->dtime, oldest->dtime)) {
				oldest = p;
			}
		}
	}
	if (!any && oldest)
		peer_unlink_locked(base, oldest);
}

/* A reader may have taken a reference since: then its put frees. */
static void peer_unlink_locked(struct inet_peer_base *base, struct inet_peer *p)
{
	hlist_del_init_rcu(&p->hash);
	base->total--;
	if (atomic_dec_and_test(&p->refcnt))
		call_rcu(&base->net->m, &p->rcu, peer_free_rcu);
}

static void peer_free_rcu(struct rcu_head *head)
{
	struct inet_peer *p = container_of(head, struct inet_peer, rcu);

	kmem_cache_free(&p->base->net->m, p->base->cache, p);
}

int inet_peer_init(struct net *net)
{
	struct inet_peer_base *base = kzalloc(&net->m, sizeof(*base));

	if (!base)
		return -ENOMEM;
	base->net = net;
	spin_lock_init(&base->lock);
	base->cache = kmem_cache_create(&net->m.kmem, "inet_peer_cache", sizeof(struct inet_peer), CACHE_BYTES);
	if (!base->cache) {
		kfree(&net->m, base);
		return -ENOMEM;
	}
	net->ipv4->peers = base;
	return 0;
}

/* No vCPU runs and nobody holds a peer: what waits for a grace period may go at once. */
void inet_peer_exit(struct net *net)
{
	struct inet_peer_base *base = net->ipv4->peers;

	rcu_barrier(&net->m);
	for (unsigned i = 0; i < PEER_BUCKETS; i++) {
		struct inet_peer *p;
		struct hlist_node *n;

		hlist_for_each_entry_safe(p, n, &base->hash[i], hash)
			kmem_cache_free(&net->m, base->cache, p);
	}
	kmem_cache_destroy(base->cache);
	kfree(&net->m, base);
	net->ipv4->peers = NULL;
}
