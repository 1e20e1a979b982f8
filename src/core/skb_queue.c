/* SPDX-License-Identifier: MIT */
/*
 * skb_queue.c - queues of packets under their own lock
 *
 * On the walk: socket queues, and whoever shares a queue between CPUs; a queue that one CPU owns
 * uses the __ forms of skbuff.h.
 * A queue owns its packets; it is empty when its owner goes. Threads: inside a vCPU, softirqs held
 * off by the caller where softirqs of the same CPU take the lock too. Mirrors: net/core/skbuff.c.
 */
#include "core/skbuff.h"

void skb_queue_head_init(struct sk_buff_head *q)
{
	spin_lock_init(&q->lock);
	__skb_queue_head_init(q);
}

void skb_queue_tail(struct sk_buff_head *q, struct sk_buff *skb)
{
	spin_lock(&q->lock);
	__skb_queue_tail(q, skb);
	spin_unlock(&q->lock);
}

struct sk_buff *skb_dequeue(struct sk_buff_head *q)
{
	struct sk_buff *skb;

	spin_lock(&q->lock);
	skb = __skb_dequeue(q);
	spin_unlock(&q->lock);

	return skb;
}

void skb_queue_purge_reason(struct sk_buff_head *q, enum skb_drop_reason reason)
{
	struct sk_buff *skb;

	/* One at a time: what a packet's end calls may take the lock itself. */
	while ((skb = skb_dequeue(q)))
		kfree_skb_reason(skb, reason);
}
