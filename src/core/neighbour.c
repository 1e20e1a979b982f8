/* SPDX-License-Identifier: MIT */
/*
 * neighbour.c - the life of one neighbour entry: states, timer, queue, and sending through it
 *
 * On the walk: ip_finish_output() calls neigh_output(): a connected entry pushes its cached header,
 * any other goes through neigh_resolve_output() > neigh_event_send(), which queues the packet and
 * asks. ipv4/arp.c calls neigh_update() with the answer: the queue leaves in order. The timer calls
 * neigh_timer_handler().
 * Owns: the packets in arp_queue (in the ledger HELD_NEIGH). The queue is bounded in bytes; the
 * oldest goes first (NEIGH_QUEUEFULL).
 * Threads: vCPUs, softirq or call, under the entry's lock. The protocol's solicit, error_report and
 * output run without it. An armed timer counts one reference. RFC 4861 section 7.3 (states), RFC
 * 1122 section 2.3.2.2. Mirrors: net/core/neighbour.c.
 */
#include "core/neighbour.h"

#include <errno.h>

#include "core/neigh_impl.h"
#include "core/packet_trace.h"
#include "core/trace_events.h"

static void neigh_timer_handler(struct ktimer *t);
static unsigned long neigh_next_state(struct neighbour *n, unsigned long now);
static void neigh_add_timer(struct neighbour *n, unsigned long when);
static int neigh_max_probes(const struct neighbour *n);
static void neigh_probe(struct neighbour *n);
static void neigh_invalidate(struct neighbour *n);
static void neigh_suspect(struct neighbour *n);
static void neigh_connect(struct neighbour *n);
static struct sk_buff *neigh_enqueue(struct neighbour *n, struct sk_buff *skb);
static void neigh_hh_init(struct neighbour *n);
static void neigh_set_state(struct neighbour *n, uint8_t new_state);
static void neigh_set_ha(struct neighbour *n, const uint8_t *lladdr);
static void neigh_send_queue(struct neighbour *n);

static void neigh_timer_get(struct ktimer *t)
{
	neigh_hold(from_timer((struct neighbour *)NULL, t, timer));
}

static void neigh_timer_put(struct ktimer *t)
{
	neigh_release(from_timer((struct neighbour *)NULL, t, timer));
}

static const struct ktimer_ref neigh_timer_ref = { .get = neigh_timer_get, .put = neigh_timer_put };

/* --- sending --- */

int neigh_resolve_output(struct neighbour *n, struct sk_buff *skb)
{
	struct net_device *dev = n->dev;
	unsigned seq;
	int err;

	if (neigh_event_send(n, skb))
		return 0; /* queued until the answer comes */
	if (dev->header_ops && dev->header_ops->cache && !READ_ONCE(n->hh.hh_len))
		neigh_hh_init(n);
	do {
		__skb_pull(skb, (unsigned)skb_network_offset(skb));
		seq = smp_load_acquire(&n->ha_seq);
		err = dev_hard_header(skb, dev, be16_to_cpu(skb->protocol), n->ha, NULL, skb->len);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (seq & 1 || seq != READ_ONCE(n->ha_seq));
	if (err >= 0)
		return dev_queue_xmit(skb);
	kfree_skb_reason(skb, SKB_DROP_REASON_DEV_TX_ERROR);
	return -EINVAL;
}

int neigh_connected_output(struct neighbour *n, struct sk_buff *skb)
{
	unsigned seq;
	int err;

	do {
		__skb_pull(skb, (unsigned)skb_network_offset(skb));
		seq = smp_load_acquire(&n->ha_seq);
		err = dev_hard_header(skb, n->dev, be16_to_cpu(skb->protocol), n->ha, NULL,
				      skb->len);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (seq & 1 || seq != READ_ONCE(n->ha_seq));
	if (err >= 0)
		return dev_queue_xmit(skb);
	kfree_skb_reason(skb, SKB_DROP_REASON_DEV_TX_ERROR);
	return -EINVAL;
}

int neigh_direct_output(struct neighbour *n, struct sk_buff *skb)
{
	(void)n;
	return dev_queue_xmit(skb);
}

int neigh_blackhole(struct neighbour *n, struct sk_buff *skb)
{
	(void)n;
	kfree_skb_reason(skb, SKB_DROP_REASON_NEIGH_DEAD);
	return -ENETDOWN;
}

/* The device makes the header once; later sends copy it. */
static void neigh_hh_init(struct neighbour *n)
{
	__be16 type = cpu_to_be16(n->tbl->family == AF_INET ? ETH_P_IP : ETH_P_IPV6);

	spin_lock(&n->lock);
	if (!n->hh.hh_len && !n->dead) {
		neigh_write_begin(n);
		n->dev->header_ops->cache(n, &n->hh, type);
		neigh_write_end(n);
	}
	spin_unlock(&n->lock);
}

int __neigh_event_send(struct neighbour *n, struct sk_buff *skb)
{
	unsigned long now = jiffies_now(), hz = n->tbl->net->m.hz;
	struct neigh_parms *p = n->parms;
	struct sk_buff *full = NULL, *next;
	bool ask = false;

	spin_lock(&n->lock);
	if (n->nud_state & (NUD_CONNECTED | NUD_DELAY | NUD_PROBE))
		goto send;
	if (n->dead && !(n->nud_state & NUD_STALE)) {
		spin_unlock(&n->lock);
		kfree_skb_reason(skb, SKB_DROP_REASON_NEIGH_DEAD);
		goto queued;
	}
	if (n->nud_state & NUD_STALE) {
		if (!n->dead) {
			/* Use it, and see within the delay whether anyone confirms it. */
			neigh_del_timer(n);
			n->nud_state = NUD_DELAY;
			n->updated = now;
			neigh_add_timer(n, now + (unsigned long)READ_ONCE(p->delay_probe_time));
		}
		goto send;
	}
	if (!(n->nud_state & NUD_INCOMPLETE)) {
		n->updated = now;
		if (!READ_ONCE(p->mcast_probes) && !READ_ONCE(p->app_probes)) {
			n->nud_state = NUD_FAILED;
			spin_unlock(&n->lock);
			kfree_skb_reason(skb, SKB_DROP_REASON_NEIGH_FAILED);
			goto queued;
		}
		/* Unicast probes are for known addresses: they count as done. */
		atomic_set(&n->probes, READ_ONCE(p->ucast_probes));
		neigh_del_timer(n);
		n->nud_state = NUD_INCOMPLETE;
		neigh_add_timer(n, now + max_t(unsigned long, hz / 100,
					       (unsigned long)READ_ONCE(p->retrans_time)));
		ask = true;
	}
	if (skb)
		full = neigh_enqueue(n, skb);
	if (ask)
		neigh_probe(n); /* gives the lock back */
	else
		spin_unlock(&n->lock);
	for (; full; full = next) {
		next = full->next;
		full->next = NULL;
		kfree_skb_reason(full, SKB_DROP_REASON_NEIGH_QUEUEFULL);
	}
queued:
	trace_neigh_state(TRACE_neigh_event_send_done, n, 1);
	return 1;

send:
	spin_unlock(&n->lock);
	trace_neigh_state(TRACE_neigh_event_send_done, n, 0);
	return 0;
}

/* Make room by giving up the oldest: a chain of what had to go, to be dropped without the lock. */
static struct sk_buff *neigh_enqueue(struct neighbour *n, struct sk_buff *skb)
{
	unsigned limit = (unsigned)READ_ONCE(n->parms->unres_qlen_bytes);
	struct sk_buff *full = NULL, **tail = &full, *old;

	while (n->arp_queue_len_bytes + skb->truesize > limit) {
		old = __skb_dequeue(&n->arp_queue);
		if (!old)
			break;
		n->arp_queue_len_bytes -= old->truesize;
		ledger_unhold(old);
		*tail = old;
		tail = &old->next;
		NEIGH_CACHE_STAT_INC(n->tbl, unres_discards);
	}
	skb_dst_force(skb);
	ledger_hold(skb, HELD_NEIGH);
	__skb_queue_tail(&n->arp_queue, skb);
	n->arp_queue_len_bytes += skb->truesize;
	return full;
}

void neigh_queue_purge(struct neighbour *n, enum skb_drop_reason reason)
{
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(&n->arp_queue))) {
		ledger_unhold(skb);
		kfree_skb_reason(skb, reason);
	}
	n->arp_queue_len_bytes = 0;
}

/* --- timer --- */

void neigh_timer_init(struct neighbour *n)
{
	ktimer_setup(&n->timer, neigh_timer_handler, this_vcpu());
	n->timer.ref = &neigh_timer_ref;
}

static void neigh_add_timer(struct neighbour *n, unsigned long when)
{
	neigh_hold(n);
	if (mod_timer(&n->timer, when))
		neigh_release(n); /* it was armed: counted already */
}

bool neigh_del_timer(struct neighbour *n)
{
	if (!(n->nud_state & NUD_IN_TIMER) || !del_timer(&n->timer))
		return false;
	neigh_release(n);
	return true;
}

static void neigh_timer_handler(struct ktimer *t)
{
	struct neighbour *n = from_timer(n, t, timer);
	unsigned long now = jiffies_now(), next, soonest = now + n->tbl->net->m.hz / 100;
	uint8_t old, new;

	spin_lock(&n->lock);
	old = new = n->nud_state;
	if (!(n->nud_state & NUD_IN_TIMER) || n->dead) {
		spin_unlock(&n->lock);
		goto out;
	}
	next = neigh_next_state(n, now);
	if (n->nud_state & (NUD_INCOMPLETE | NUD_PROBE) &&
	    atomic_read(&n->probes) >= neigh_max_probes(n)) {
		n->nud_state = NUD_FAILED;
		neigh_invalidate(n);
	}
	new = n->nud_state;
	if (n->nud_state & NUD_IN_TIMER)
		neigh_add_timer(n, time_before(next, soonest) ? soonest : next);
	if (n->nud_state & (NUD_INCOMPLETE | NUD_PROBE))
		neigh_probe(n); /* gives the lock back */
	else
		spin_unlock(&n->lock);
out:
	if (new != old && new != NUD_DELAY) /* that one has no news */
		neigh_notify(n, RTM_NEWNEIGH);
	trace_neigh_state(TRACE_neigh_timer_handler, n, 0);
	neigh_release(n);
}

/* What the passing of time makes of the entry; when to look again. */
static unsigned long neigh_next_state(struct neighbour *n, unsigned long now)
{
	unsigned long reachable = n->confirmed + (unsigned long)READ_ONCE(n->parms->reachable_time);
	unsigned long delay = (unsigned long)READ_ONCE(n->parms->delay_probe_time);
	unsigned long retrans = (unsigned long)READ_ONCE(n->parms->retrans_time);

	if (n->nud_state & NUD_REACHABLE) {
		if (time_before_eq(now, reachable))
			return reachable;
		n->updated = now;
		neigh_suspect(n);
		if (time_before_eq(now, n->used + delay)) {
			n->nud_state = NUD_DELAY; /* in use: ask soon */
			return now + delay;
		}
		n->nud_state = NUD_STALE;
		return now;
	}
	if (n->nud_state & NUD_DELAY) {
		n->updated = now;
		if (time_before_eq(now, n->confirmed + delay)) {
			n->nud_state = NUD_REACHABLE; /* confirmed from above meanwhile */
			neigh_connect(n);
			return reachable;
		}
		n->nud_state = NUD_PROBE;
		atomic_set(&n->probes, 0);
	}
	return now + retrans;
}

static int neigh_max_probes(const struct neighbour *n)
{
	const struct neigh_parms *p = n->parms;

	return READ_ONCE(p->ucast_probes) + READ_ONCE(p->app_probes) +
	       (n->nud_state & NUD_PROBE ? READ_ONCE(p->mcast_reprobes)
					 : READ_ONCE(p->mcast_probes));
}

/* Ask once, with the newest waiting packet as a hint. Enters with the lock held, leaves without. */
static void neigh_probe(struct neighbour *n)
{
	struct sk_buff *skb = skb_peek_tail(&n->arp_queue);
	struct trace_work w;

	/* a copy: the queue may go while we ask */
	if (skb)
		skb = skb_clone(skb);
	spin_unlock(&n->lock);
	w = skb ? packet_trace_resume(skb) : trace_work_save();
	n->ops->solicit(n, skb);
	atomic_inc(&n->probes);
	consume_skb(skb);
	trace_work_restore(w);
}

/*
 * Nobody answers. The protocol's report may come back to this entry, so it runs without the lock.
 */
static void neigh_invalidate(struct neighbour *n)
{
	struct sk_buff *skb;
	struct trace_work w;

	NEIGH_CACHE_STAT_INC(n->tbl, res_failed);
	n->updated = jiffies_now();
	while (n->nud_state == NUD_FAILED && (skb = __skb_dequeue(&n->arp_queue))) {
		spin_unlock(&n->lock);
		ledger_unhold(skb);
		w = packet_trace_resume(skb);
		n->ops->error_report(n, skb);
		trace_work_restore(w);
		spin_lock(&n->lock);
	}
	neigh_queue_purge(n, SKB_DROP_REASON_NEIGH_FAILED);
}

static void neigh_suspect(struct neighbour *n)
{
	WRITE_ONCE(n->output, n->ops->output);
}

static void neigh_connect(struct neighbour *n)
{
	WRITE_ONCE(n->output, n->ops->connected_output);
}

/* --- news --- */

/* It is not valid any more: is that news? */
static __always_inline bool neigh_let_go(struct neighbour *n, uint8_t old, uint8_t new_state)
{
	bool failed = old & (NUD_INCOMPLETE | NUD_PROBE) && new_state & NUD_FAILED;

	neigh_del_timer(n);
	if (old & NUD_CONNECTED)
		neigh_suspect(n);
	n->nud_state = new_state;
	if (failed)
		neigh_invalidate(n);
	return failed || old & NUD_VALID;
}

int neigh_update(struct neighbour *n, const uint8_t *lladdr, uint8_t new_state, uint32_t flags)
{
	uint8_t old, addr_len = n->dev->addr_len;
	bool same, news = false;
	int err = -EPERM;

	trace_neigh_update(n, lladdr, new_state, flags);
	spin_lock(&n->lock);
	old = n->nud_state;
	if (n->dead)
		goto out;
	if (!(flags & NEIGH_UPDATE_F_ADMIN) && old & (NUD_NOARP | NUD_PERMANENT))
		goto out;
	if (!(new_state & NUD_VALID)) {
		err = 0;
		news = neigh_let_go(n, old, new_state);
		goto out;
	}

	err = -EINVAL;
	if (!addr_len)
		lladdr = n->ha;
	else if (!lladdr && !(old & NUD_VALID))
		goto out;
	else if (!lladdr || (old & NUD_VALID && !memcmp(lladdr, n->ha, addr_len)))
		lladdr = n->ha;
	/* An answer counts as a sign of life even if it changes nothing. */
	if (new_state & NUD_CONNECTED)
		WRITE_ONCE(n->confirmed, jiffies_now());

	err = 0;
	same = lladdr == n->ha;
	if (old & NUD_VALID && !same && !(flags & NEIGH_UPDATE_F_OVERRIDE)) {
		/* Another station claims the address: doubt the entry, or keep it. */
		if (!(flags & NEIGH_UPDATE_F_WEAK_OVERRIDE) || !(old & NUD_CONNECTED))
			goto out;
		lladdr = n->ha;
		same = true;
		new_state = NUD_STALE;
	} else if (old & NUD_VALID && same && new_state == NUD_STALE &&
		   !(flags & NEIGH_UPDATE_F_ADMIN)) {
		new_state = old; /* a hint does not weaken what is known */
	}
	news = new_state != old || !same;
	if (news)
		n->updated = jiffies_now();
	if (new_state != old)
		neigh_set_state(n, new_state);
	if (!same)
		neigh_set_ha(n, lladdr);
	if (new_state == old)
		goto out;
	if (new_state & NUD_CONNECTED)
		neigh_connect(n);
	else
		neigh_suspect(n);
	if (!(old & NUD_VALID))
		neigh_send_queue(n);
out:
	spin_unlock(&n->lock);
	if (news)
		neigh_notify(n, RTM_NEWNEIGH);
	return err;
}

static void neigh_set_state(struct neighbour *n, uint8_t new_state)
{
	neigh_del_timer(n);
	if (new_state & NUD_PROBE)
		atomic_set(&n->probes, 0);
	if (new_state & NUD_IN_TIMER)
		neigh_add_timer(n, jiffies_now() + (new_state & NUD_REACHABLE ?
			(unsigned long)READ_ONCE(n->parms->reachable_time) : 0));
	n->nud_state = new_state;
}

static void neigh_set_ha(struct neighbour *n, const uint8_t *lladdr)
{
	const struct header_ops *ops = n->dev->header_ops;

	neigh_write_begin(n);
	memcpy(n->ha, lladdr, n->dev->addr_len);
	if (n->hh.hh_len && ops && ops->cache_update)
		ops->cache_update(&n->hh, n->dev, n->ha);
	neigh_write_end(n);
	if (!(n->nud_state & NUD_CONNECTED)) /* not proven: long ago */
		n->confirmed = jiffies_now() -
			       ((unsigned long)READ_ONCE(n->parms->base_reachable_time) << 1);
}

/* The answer is here: what waited leaves in order. The lock is given back around each send. */
static void neigh_send_queue(struct neighbour *n)
{
	struct sk_buff *skb;
	struct trace_work w;

	while (n->nud_state & NUD_VALID && (skb = __skb_dequeue(&n->arp_queue))) {
		n->arp_queue_len_bytes -= skb->truesize;
		spin_unlock(&n->lock);
		ledger_unhold(skb);
		w = packet_trace_resume(skb);
		n->output(n, skb);
		trace_work_restore(w);
		spin_lock(&n->lock);
	}
	/* it failed again meanwhile */
	if (!(n->nud_state & (NUD_VALID | NUD_INCOMPLETE)))
		neigh_queue_purge(n, SKB_DROP_REASON_NEIGH_FAILED);
}
