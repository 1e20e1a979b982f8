/* SPDX-License-Identifier: MIT */
/*
 * sch_fifo.c - first in, first out: pfifo_fast (three bands), pfifo (one), noqueue (none)
 *
 * Theory of operation
 *   Called by: sch_generic.c under q->lock. Calls: the list functions of core/skbuff.h.
 *   pfifo_fast puts a packet into the band that its priority maps to and always serves the lowest
 *   band that has one, so interactive traffic passes bulk. Its limit is tx_queue_len, for the three
 *   bands together, read at each packet; pfifo keeps the tx_queue_len it began with.
 *   noqueue belongs to devices that have no queue at all (lo): core hands packets to the driver.
 *   Owns: the packets in the bands. Threads: the vCPU that holds q->lock.
 *   Refuses: packets beyond the limit (QDISC_DROP).
 *   Mirrors: pfifo_fast of net/sched/sch_generic.c (3.13), net/sched/sch_fifo.c.
 */
#include "sched/sch_generic.h"

#define PFIFO_FAST_BANDS 3
#define TC_PRIO_MAX 15

struct fifo_priv {
	struct sk_buff_head band[PFIFO_FAST_BANDS];
};

static int pfifo_fast_enqueue(struct sk_buff *skb, struct Qdisc *q);
static int pfifo_enqueue(struct sk_buff *skb, struct Qdisc *q);
static int fifo_enqueue_band(struct sk_buff *skb, struct Qdisc *q, unsigned band, unsigned limit);
static struct sk_buff *fifo_dequeue(struct Qdisc *q);
static struct sk_buff *fifo_peek(struct Qdisc *q);
static int pfifo_fast_init(struct Qdisc *q);
static int pfifo_init(struct Qdisc *q);
static void fifo_reset(struct Qdisc *q);
static int noqueue_enqueue(struct sk_buff *skb, struct Qdisc *q);
static struct sk_buff *noqueue_dequeue(struct Qdisc *q);
static int noqueue_init(struct Qdisc *q);

/* Band of each priority (sk_priority, from the TOS): Linux's default map. */
static const uint8_t prio2band[TC_PRIO_MAX + 1] = {
	1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1
};

static __always_inline struct fifo_priv *fifo_priv(struct Qdisc *q)
{
	return (struct fifo_priv *)(void *)q->priv;
}

static int pfifo_fast_enqueue(struct sk_buff *skb, struct Qdisc *q)
{
	return fifo_enqueue_band(skb, q, prio2band[skb->priority & TC_PRIO_MAX],
				 READ_ONCE(q->dev_queue->dev->tx_queue_len));
}

static int pfifo_enqueue(struct sk_buff *skb, struct Qdisc *q)
{
	return fifo_enqueue_band(skb, q, 0, q->limit);
}

static int fifo_enqueue_band(struct sk_buff *skb, struct Qdisc *q, unsigned band, unsigned limit)
{
	if (unlikely(q->stats.qlen >= limit)) {
		q->stats.drops++;
		kfree_skb_reason(skb, SKB_DROP_REASON_QDISC_DROP);
		return NET_XMIT_DROP;
	}
	ledger_hold(skb, HELD_QDISC);
	__skb_queue_tail(&fifo_priv(q)->band[band], skb);
	q->stats.qlen++;
	q->stats.backlog += skb->len;

	return NET_XMIT_SUCCESS;
}

/* qlen and backlog are the caller's: it counts a requeued packet the same way */
static struct sk_buff *fifo_dequeue(struct Qdisc *q)
{
	for (unsigned i = 0; i < PFIFO_FAST_BANDS; i++) {
		struct sk_buff *skb = __skb_dequeue(&fifo_priv(q)->band[i]);

		if (skb)
			return skb;
	}
	return NULL;
}

static struct sk_buff *fifo_peek(struct Qdisc *q)
{
	for (unsigned i = 0; i < PFIFO_FAST_BANDS; i++) {
		struct sk_buff *skb = skb_peek(&fifo_priv(q)->band[i]);

		if (skb)
			return skb;
	}
	return NULL;
}

static int pfifo_fast_init(struct Qdisc *q)
{
	for (unsigned i = 0; i < PFIFO_FAST_BANDS; i++)
		__skb_queue_head_init(&fifo_priv(q)->band[i]);
	q->can_bypass = true;

	return 0;
}

static int pfifo_init(struct Qdisc *q)
{
	q->limit = q->dev_queue->dev->tx_queue_len;

	return pfifo_fast_init(q);
}

static void fifo_reset(struct Qdisc *q)
{
	struct sk_buff *skb;

	while ((skb = fifo_dequeue(q))) {
		ledger_unhold(skb);
		kfree_skb_reason(skb, SKB_DROP_REASON_QUEUE_PURGE);
	}
}

static int noqueue_enqueue(struct sk_buff *skb, struct Qdisc *q)
{
	kfree_skb_reason(skb, SKB_DROP_REASON_QDISC_DROP);
	return NET_XMIT_DROP;
}

static struct sk_buff *noqueue_dequeue(struct Qdisc *q)
{
	return NULL;
}

static int noqueue_init(struct Qdisc *q)
{
	q->noqueue = true;
	return 0;
}

const struct Qdisc_ops pfifo_fast_ops = {
	.id = "pfifo_fast",
	.priv_size = sizeof(struct fifo_priv),
	.enqueue = pfifo_fast_enqueue,
	.dequeue = fifo_dequeue,
	.peek = fifo_peek,
	.init = pfifo_fast_init,
	.reset = fifo_reset,
};

const struct Qdisc_ops pfifo_qdisc_ops = {
	.id = "pfifo",
	.priv_size = sizeof(struct fifo_priv),
	.enqueue = pfifo_enqueue,
	.dequeue = fifo_dequeue,
	.peek = fifo_peek,
	.init = pfifo_init,
	.reset = fifo_reset,
};

const struct Qdisc_ops noqueue_qdisc_ops = {
	.id = "noqueue",
	.enqueue = noqueue_enqueue,
	.dequeue = noqueue_dequeue,
	.peek = noqueue_dequeue,
	.init = noqueue_init,
};
