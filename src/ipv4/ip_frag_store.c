/* SPDX-License-Identifier: MIT */
/*
 * ip_frag_store.c - where fragment queues live, how long, and how much they may hold (RFC 1122 3.3.2; mirrors net/ipv4/inet_fragment.c)
 *
 * Theory of operation
 *   Called by: ip_defrag(), and the timers of queues. A keyed hash with a lock a bucket. Memory is counted as Linux counts it (truesize of
 *   the pieces and a queue's own size); over ipfrag_high_thresh no piece is taken, whatever queue it is for, until some have
 *   ended: what is complete or unfragmented is not touched by a flood (CVE-2018-5391). A queue ends after ipfrag_time; when its first piece
 *   had come, the sender is told by ICMP 11/1 (RFC 792), not under the lock.
 *   One event counts once: of the pieces of a queue that ends, one is dropped for the reason, which moves the counter, the others as members.
 *   Threads: any vCPU; init and exit the control thread.
 */
#include <errno.h>
#include <limits.h>

#include "core/packet_trace.h"
#include "ipv4/fib.h"
#include "ipv4/icmp.h"
#include "ipv4/ip_fragment.h"
#include "kernel/slab.h"
#include "kernel/smp.h"

static struct ipq *ip_frag_create(struct fqdir *fqdir, struct frag_bucket *b, const struct frag_key *key);
static void ip_expire(struct ktimer *t);
static void ip_expire_answer(struct fqdir *fqdir, struct sk_buff *head, int iif);
static void ipq_put(struct ipq *q);
static void ipq_unlink(struct ipq *q);
static void ipq_timer_get(struct ktimer *t);
static void ipq_timer_put(struct ktimer *t);

static const struct ktimer_ref ipq_timer_ref = { ipq_timer_get, ipq_timer_put };

static __always_inline bool frag_key_eq(const struct frag_key *a, const struct frag_key *b)
{
	return a->saddr == b->saddr && a->daddr == b->daddr && a->id == b->id && a->protocol == b->protocol && a->user == b->user;
}

struct ipq *ip_find(struct fqdir *fqdir, const struct frag_key *key)
{
	long high = READ_ONCE(fqdir->high_thresh);
	uint64_t h = siphash_3u32((uint32_t)key->saddr, (uint32_t)key->daddr,
				  (uint32_t)key->id << 16 | key->protocol, &fqdir->net->hash_key);
	struct frag_bucket *b = &fqdir->bucket[h & (FRAG_BUCKETS - 1)];
	struct ipq *q;

	if (unlikely(!high || atomic_long_read(&fqdir->mem) > high))
		return NULL;
	_raw_spin_lock(&b->lock);
	hlist_for_each_entry(q, &b->chain, node) {
		if (frag_key_eq(&q->key, key)) {
			ipq_hold(q);
			return q;
		}
	}
	q = ip_frag_create(fqdir, b, key);
	if (!q)
		_raw_spin_unlock(&b->lock);
	return q;
}

static struct ipq *ip_frag_create(struct fqdir *fqdir, struct frag_bucket *b, const struct frag_key *key)
{
	struct net *net = fqdir->net;
	struct ipq *q = kmem_cache_zalloc(&net->m, fqdir->cache);

	if (unlikely(!q))
		return NULL;
	q->key = *key;
	q->bucket = b;
	q->fqdir = fqdir;
	atomic_set(&q->refcnt, 3); /* hash, timer, caller */
	if (READ_ONCE(net->ipv4->sysctl_ipfrag_max_dist))
		q->peer = inet_getpeer_v4(net, key->saddr, 1);
	atomic_long_add(LINUX_SIZEOF_IPQ, &fqdir->mem);
	atomic_inc(&fqdir->nqueues);
	hlist_add_head(&q->node, &b->chain);
	ktimer_setup(&q->timer, ip_expire, this_vcpu());
	q->timer.ref = &ipq_timer_ref;
	mod_timer(&q->timer, jiffies_now() + (unsigned)READ_ONCE(fqdir->timeout));
	return q;
}

void ipq_unlock(struct ipq *q)
{
	_raw_spin_unlock(&q->bucket->lock);
	ipq_put(q);
}

void ipq_hold(struct ipq *q)
{
	atomic_inc(&q->refcnt);
}

static void ipq_put(struct ipq *q)
{
	struct fqdir *fqdir = q->fqdir;

	if (!atomic_dec_and_test(&q->refcnt))
		return;
	inet_putpeer(q->peer);
	atomic_long_sub(LINUX_SIZEOF_IPQ, &fqdir->mem);
	kmem_cache_free(&fqdir->net->m, fqdir->cache, q);
}

static void ipq_timer_get(struct ktimer *t)
{
	struct ipq *q = container_of(t, struct ipq, timer);

	ipq_hold(q);
}

static void ipq_timer_put(struct ktimer *t)
{
	ipq_put(container_of(t, struct ipq, timer));
}

/* Time is up. Runs where the queue was made. */
static void ip_expire(struct ktimer *t)
{
	struct ipq *q = container_of(t, struct ipq, timer);
	struct fqdir *fqdir = q->fqdir;
	struct frag_bucket *b = q->bucket;
	struct sk_buff *head = NULL;
	int iif = 0;

	_raw_spin_lock(&b->lock);
	if (!(q->flags & FRAG_COMPLETE)) {
		iif = q->iif;
		IP_INC_STATS(IPSTATS_MIB_REASMTIMEOUT);
		if (q->first) {
			struct sk_buff **link = &q->pieces;

			head = q->first;
			while (*link != head)
				link = &(*link)->next;
			*link = head->next;
			head->next = NULL;
			atomic_long_sub((long)head->truesize, &fqdir->mem);
			ledger_unhold(head);
		}
		ipq_kill(q, head ? SKB_DROP_REASON_FRAG_QUEUE : SKB_DROP_REASON_FRAG_REASM_TIMEOUT);
	}
	_raw_spin_unlock(&b->lock);
	if (head)
		ip_expire_answer(fqdir, head, iif);
	ipq_put(q);
}

/* Only the host that it was for speaks of it, so the route is asked again. Ends @head. */
static void ip_expire_answer(struct fqdir *fqdir, struct sk_buff *head, int iif)
{
	const struct iphdr *iph = ip_hdr(head);
	enum skb_drop_reason reason;
	struct trace_work w;

	w = packet_trace_resume(head);
	head->dev = dev_get_by_index_rcu(fqdir->net, iif);
	if (head->dev && !ip_route_input_noref(head, iph->daddr, iph->saddr, iph->tos, head->dev, &reason) &&
	    skb_rtable(head)->rt_type == RTN_LOCAL)
		icmp_send(head, ICMP_TIME_EXCEEDED, ICMP_EXC_FRAGTIME, 0);
	kfree_skb_reason(head, SKB_DROP_REASON_FRAG_REASM_TIMEOUT);
	trace_work_restore(w);
}

void ipq_purge(struct ipq *q, enum skb_drop_reason reason)
{
	struct sk_buff *p = q->pieces, *next;

	for (; p; p = next) {
		next = p->next;
		p->next = NULL;
		atomic_long_sub((long)p->truesize, &q->fqdir->mem);
		ledger_unhold(p);
		kfree_skb_reason(p, reason);
		reason = SKB_DROP_REASON_FRAG_QUEUE;
	}
	q->pieces = q->first = NULL;
	q->len = q->meat = 0;
	q->flags &= FRAG_COMPLETE;
	q->ecn = 0;
	q->iif = 0;
	q->max_size = q->max_df_size = 0;
	memset(q->map, 0, sizeof(q->map));
}

void ipq_kill(struct ipq *q, enum skb_drop_reason reason)
{
	ipq_unlink(q);
	ipq_purge(q, reason);
}

/* Each reference that this takes away is not the last: the caller has one. */
static void ipq_unlink(struct ipq *q)
{
	if (q->flags & FRAG_COMPLETE)
		return;
	q->flags |= FRAG_COMPLETE;
	hlist_del_init(&q->node);
	atomic_dec(&q->fqdir->nqueues);
	ipq_put(q);
	if (del_timer(&q->timer))
		ipq_put(q);
}

void ipq_complete(struct ipq *q, struct sk_buff *skb)
{
	struct sk_buff *p = q->pieces, *next;

	ipq_unlink(q);
	ledger_unhold(skb);
	for (; p; p = next) {
		next = p->next;
		p->next = NULL;
		atomic_long_sub((long)p->truesize, &q->fqdir->mem);
		if (p == skb)
			continue;
		ledger_unhold(p);
		if (p == q->first) {
			swap(p->ledger, skb->ledger);
			skb_swap_packet(p, skb);
		}
		ledger_end(p, VERDICT_MERGED);
		consume_skb(p);
	}
	q->pieces = q->first = NULL;
}

/* --- init, exit, figures --- */

long ip_frag_mem(const struct net *net)
{
	return atomic_long_read(&net->ipv4->fqdir->mem);
}

int ip_frag_nqueues(const struct net *net)
{
	return atomic_read(&net->ipv4->fqdir->nqueues);
}

static const struct ctl_table ip4_frags_table[] = {
	{ .procname = "ipfrag_high_thresh", CTL_FIELD(struct fqdir, high_thresh), .mode = 0644, .proc_handler = proc_dolongvec_minmax,
	  .min = 0, .max = LONG_MAX, .def = "4194304",
	  .doc = "bytes that fragments waiting for the rest may hold; above, new ones are dropped. At once" },
	{ .procname = "ipfrag_low_thresh", CTL_FIELD(struct fqdir, low_thresh), .mode = 0644, .proc_handler = proc_dolongvec_minmax,
	  .min = 0, .max = LONG_MAX, .def = "3145728", .doc = "bytes; kept for scripts, as in Linux since 4.17 without effect" },
	{ .procname = "ipfrag_time", CTL_FIELD(struct fqdir, timeout), .mode = 0644, .proc_handler = proc_dointvec_jiffies,
	  .def = "30", .doc = "seconds that a datagram may take to become complete. For queues begun from now on" },
	{ .procname = "ipfrag_secret_interval", CTL_FIELD(struct fqdir, secret_interval), .mode = 0644,
	  .proc_handler = proc_dointvec_jiffies, .def = "0", .doc = "kept for scripts; without effect, as in Linux" },
};

static const struct ctl_table ip4_dist_table[] = {
	{ .procname = "ipfrag_max_dist", CTL_FIELD(struct netns_ipv4, sysctl_ipfrag_max_dist), .mode = 0644,
	  .proc_handler = proc_dointvec_minmax, .min = 0, .max = INT_MAX, .def = "64",
	  .doc = "fragments of one sender that may come between two of a datagram; more: its pieces are forgotten. 0: no limit" },
};

static void frag_purge_all(void *arg)
{
	struct fqdir *fqdir = arg;

	for (unsigned i = 0; i < FRAG_BUCKETS; i++) {
		struct frag_bucket *b = &fqdir->bucket[i];

		while (!hlist_empty(&b->chain)) {
			struct ipq *q = hlist_entry(b->chain.first, struct ipq, node);

			ipq_hold(q);
			_raw_spin_lock(&b->lock);
			ipq_kill(q, SKB_DROP_REASON_QUEUE_PURGE);
			ipq_unlock(q);
		}
	}
}

/* Timers of queues that other vCPUs made give their last reference back at home. */
static void frag_take_wishes(void *arg)
{
	(void)arg;
	timer_take_remote(this_vcpu());
}

int ipfrag_init(struct net *net)
{
	struct fqdir *fqdir = kzalloc(&net->m, sizeof(*fqdir));

	if (!fqdir)
		return -ENOMEM;
	fqdir->net = net;
	for (unsigned i = 0; i < FRAG_BUCKETS; i++)
		spin_lock_init(&fqdir->bucket[i].lock);
	net->ipv4->fqdir = fqdir;
	if (sysctl_set_defaults(ip4_frags_table, ARRAY_SIZE(ip4_frags_table), fqdir, net->m.hz) ||
	    sysctl_set_defaults(ip4_dist_table, ARRAY_SIZE(ip4_dist_table), net->ipv4, net->m.hz))
		goto fail;
	fqdir->cache = kmem_cache_create(&net->m.kmem, "ip4-frags", sizeof(struct ipq), CACHE_BYTES);
	if (!fqdir->cache)
		goto fail;
	fqdir->sysctl_hdr = register_net_sysctl(&net->vfs, "net/ipv4", ip4_frags_table, ARRAY_SIZE(ip4_frags_table), fqdir, net);
	if (!fqdir->sysctl_hdr)
		goto fail;
	fqdir->dist_hdr = register_net_sysctl(&net->vfs, "net/ipv4", ip4_dist_table, ARRAY_SIZE(ip4_dist_table), net->ipv4, net);
	if (!fqdir->dist_hdr)
		goto fail;
	return 0;
fail:
	ipfrag_exit(net);
	return -ENOMEM;
}

void ipfrag_exit(struct net *net)
{
	struct fqdir *fqdir = net->ipv4->fqdir;

	if (!fqdir)
		return;
	unregister_net_sysctl_table(fqdir->dist_hdr);
	unregister_net_sysctl_table(fqdir->sysctl_hdr);
	smp_call(&net->m, 0, frag_purge_all, fqdir);
	smp_call_all(&net->m, frag_take_wishes, NULL);
	kmem_cache_destroy(fqdir->cache);
	kfree(&net->m, fqdir);
	net->ipv4->fqdir = NULL;
}
