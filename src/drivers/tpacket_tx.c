/* SPDX-License-Identifier: MIT */
/*
 * tpacket_tx.c - transmit half of the tpacket driver
 *
 * Theory of operation
 *   dev_hard_start_xmit > tp_xmit puts the packet into the queue's batch. The batch goes out in one
 *   sendmmsg(), when it is full or by a doorbell at the end of the run: tp_bell_ring > tp_flush. Each
 *   vCPU has a doorbell of its own, so a mark is never sent to another. What was sent is freed by
 *   the doorbell, outside of the lock. A full socket stops the queue; a timer tries again after a
 *   jiffy. A frame that the host refuses is lost and counted.
 *   Called by: dev_hard_start_xmit, doorbells, the timer, tpacket.c at ndo_stop. Calls: sendmmsg() of
 *   the host. Owns: the batch and what was sent and is not freed yet.
 * Threads: any vCPU under the lock of the transmit queue. Mirrors: the transmit half of e1000_main.c.
 */
#define LOG_SUBSYS "packet"
#include <errno.h>

#include "core/tstamp.h"
#include "drivers/tpqueue.h"
#include "kernel/softirq.h"

static void tp_sent(struct tp_queue *q, unsigned n);
static bool tp_send_failed(struct tp_queue *q, int error);
static void tp_move_up(struct tp_queue *q, unsigned n);
static void tp_drop_first(struct tp_queue *q);

netdev_tx_t tp_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct tp *tp = netdev_priv(dev);
	struct tp_queue *q = &tp->q;
	struct net_device_stats *stats = this_dev_stats(dev);

	if (unlikely(q->tx_n == TP_BATCH))
		tp_flush(q);
	if (unlikely(q->tx_n == TP_BATCH)) {
		netif_tx_stop_queue(tp_txq(q));
		return NETDEV_TX_BUSY;
	}
	skb_tx_timestamp(skb);
	if (skb->len < ETH_ZLEN) {
		unsigned pad = ETH_ZLEN - skb->len;

		if (unlikely(skb_pad(skb, pad))) {
			stats->tx_dropped++;
			return NETDEV_TX_OK;
		}
		__skb_put(skb, pad);
	}
	q->tx_iov[q->tx_n][1] = (struct iovec){ skb->data, skb->len };
	if (q->ring.ahead) {
		vnet_hdr_from_skb(&q->tx_hdr[q->tx_n], skb);
		q->stats.tx_gso += skb_is_gso(skb);
	}
	q->tx_skb[q->tx_n++] = skb;
	if (q->tx_n == TP_BATCH)
		tp_flush(q);
	doorbell_mark(&q->bell[this_vcpu()->id].bell);

	return NETDEV_TX_OK;
}

/* Send the batch; under the queue's lock. What is not taken now stays in it. */
void tp_flush(struct tp_queue *q)
{
	while (q->tx_n) {
		int n = -1;

		if (unlikely(READ_ONCE(q->tp->down)))
			errno = ENETDOWN;
		else
			n = sendmmsg(q->fd, q->tx_msg, q->tx_n, MSG_DONTWAIT);
		q->stats.tx_calls++;
		if (likely(n > 0))
			tp_sent(q, (unsigned)n);
		else if (!tp_send_failed(q, n ? errno : EAGAIN))
			break;
	}
}

/* The first @n of the batch are out. */
static void tp_sent(struct tp_queue *q, unsigned n)
{
	struct net_device_stats *stats = this_dev_stats(q->tp->dev);

	for (unsigned i = 0; i < n; i++) {
		stats->tx_packets++;
		stats->tx_bytes += q->tx_skb[i]->len;
		__skb_queue_tail(&q->tx_done, q->tx_skb[i]);
	}
	q->tx_n -= n;
	if (likely(!q->tx_n))
		return;
	tp_move_up(q, n);
}

/* The first @n have left the batch. */
static void tp_move_up(struct tp_queue *q, unsigned n)
{
	memmove(q->tx_skb, q->tx_skb + n, q->tx_n * sizeof(q->tx_skb[0]));
	memmove(q->tx_hdr, q->tx_hdr + n, q->tx_n * sizeof(q->tx_hdr[0]));
	for (unsigned i = 0; i < q->tx_n; i++)
		q->tx_iov[i][1] = q->tx_iov[i + n][1];
}

/* The first of the batch was not taken. False: try again later. */
static bool tp_send_failed(struct tp_queue *q, int error)
{
	struct net_device_stats *stats = this_dev_stats(q->tp->dev);

	if (error == EINTR)
		return true;
	if (error == EAGAIN || error == ENOBUFS || error == ENOMEM) {
		q->stats.tx_busy++;
		mod_timer(&q->tx_timer, jiffies_now() + 1);
		return false;
	}
	stats->tx_errors++;
	if (error == EMSGSIZE || error == EINVAL) {
		q->stats.tx_refused++;
		stats->tx_aborted_errors++;
	} else {
		q->stats.tx_link_down++;
		stats->tx_carrier_errors++;
		if (!READ_ONCE(q->tp->down))
			tp_link_update(q->tp);
	}
	tp_drop_first(q);

	return true;
}

static void tp_drop_first(struct tp_queue *q)
{
	struct sk_buff *skb = q->tx_skb[0];
	struct trace_work w = packet_trace_resume(skb); /* the caller may be sending another one */

	q->tx_n--;
	tp_move_up(q, 1);
	kfree_skb_reason(skb, SKB_DROP_REASON_DEV_TX_ERROR);
	trace_work_restore(w);
}

/* The run is over: send what it gathered, free what was sent. */
void tp_bell_ring(struct doorbell *bell)
{
	struct tp_queue *q = container_of(bell, struct tp_bell, bell)->q;
	struct netdev_queue *txq = tp_txq(q);

	local_bh_disable();
	__netif_tx_lock(txq, this_vcpu()->id);
	if (likely(q->fd >= 0))
		tp_flush(q);
	__netif_tx_unlock(txq);
	tp_free_done(q);
	local_bh_enable();
}

void tp_free_done(struct tp_queue *q)
{
	struct netdev_queue *txq = tp_txq(q);
	struct sk_buff *done = NULL, **last = &done, *skb;

	__netif_tx_lock(txq, this_vcpu()->id);
	for (; !skb_queue_empty(&q->tx_done); last = &(*last)->next)
		*last = __skb_dequeue(&q->tx_done);
	__netif_tx_unlock(txq);
	while ((skb = done)) {
		done = skb->next;
		skb->next = NULL;
		packet_trace_switch(skb);
		dev_kfree_skb_any(skb);
	}
	packet_trace_end();
}

void tp_tx_retry(struct ktimer *t)
{
	struct tp_queue *q = container_of(t, struct tp_queue, tx_timer);
	struct netdev_queue *txq = tp_txq(q);

	__netif_tx_lock(txq, this_vcpu()->id);
	q->stats.tx_retries++;
	tp_flush(q);
	__netif_tx_unlock(txq);
	tp_free_done(q);
	if (READ_ONCE(q->tx_n) < TP_BATCH)
		netif_tx_wake_queue(txq);
}

void tp_purge(struct tp_queue *q)
{
	struct netdev_queue *txq = tp_txq(q);

	__netif_tx_lock(txq, this_vcpu()->id);
	tp_flush(q);
	while (q->tx_n) {
		this_dev_stats(q->tp->dev)->tx_dropped++;
		tp_drop_first(q);
	}
	__netif_tx_unlock(txq);
	tp_free_done(q);
	del_timer_sync(&q->tx_timer);
}
