/* SPDX-License-Identifier: MIT */
/*
 * userdev.c - a network device whose wire is a program
 *
 * Theory of operation
 *   Receive: userdev_rx() > receive ring, interrupt | do_IRQ > userdev_intr > napi_schedule |
 *   net_rx_action > userdev_poll > userdev_clean_rx > eth_type_trans, napi_gro_receive.
 *   Transmit: dev_hard_start_xmit > userdev_xmit > ops->xmit; the skb waits in the transmit ring
 *   and an interrupt is raised; userdev_poll > userdev_clean_tx > dev_kfree_skb_any. On a vCPU that
 *   is not the queue's, the skb goes to NET_TX (dev_kfree_skb_irq) and leaves the ring alone.
 *   The interrupt line does the rest: a vector raised while it is masked comes again at its unmask.
 *   Owns: rings from create to the end of the device, skbs in the transmit ring.
 *   Threads: userdev_rx one producer a queue, any thread; poll and handler the queue's vCPU; xmit
 *   any vCPU under the transmit queue's lock, which also guards the transmit ring; create, destroy,
 *   open and stop RTNL. No userdev_rx while the device is destroyed.
 *   Refuses: frames longer than a slot, frames while down.
 *   Counters (a queue each, summed in /proc/net/driver_stats): rx_missed receive ring full;
 *   rx_too_long longer than a slot; rx_runts below 14 bytes; rx_filtered for another station;
 *   rx_nomem no buffer; rx_interrupts handler runs; tx_completed skbs freed by the poll; tx_busy
 *   wire or ring full; tx_refused dropped by the program or by a reset.
 *   Mirrors: the shape of e1000_main.c and igb_main.c.
 */
#include "drivers/userdev.h"

#include <stdio.h>

#include "core/tstamp.h"
#include "drivers/framering.h"
#include "drivers/nif_ethtool.h"
#include "drivers/rx.h"
#include "kernel/irq.h"

#define USERDEV_RX_SLOTS 512
#define USERDEV_SLOT_SIZE 2048
#define USERDEV_TX_RING 256
#define USERDEV_SLOTS_MAX 65536
#define USERDEV_SLOT_MAX (65521 + USERDEV_OVERHEAD)
#define USERDEV_OVERHEAD 18 /* Ethernet header and a VLAN tag */
#define USERDEV_WATCHDOG_S 5

struct userdev_stats {
	uint64_t rx_missed, rx_too_long; /* producer's */
	struct nif_rx_stats rx;
	uint64_t rx_interrupts, tx_completed; /* [C] */
	uint64_t tx_busy, tx_refused;	      /* [L:xmit] */
};

struct userdev_queue {
	struct napi_struct napi;
	struct userdev *u;
	unsigned index;
	int irq; /* -1 while down */
	struct ktimer rx_timer; /* the next delayed frame is due */
	struct sk_buff_head tx_ring; /* [L:xmit] */
	unsigned tx_done; /* [L:xmit] how many at its head are complete; peeked at without */
	bool tx_wake;	  /* [A] the program wants to be tried again */
	struct userdev_stats stats;
	struct frame_ring rx;
};

struct userdev {
	struct net_device *dev;
	struct userdev_config cfg;
	const struct userdev_ops *ops;
	void *ctx;
	struct rx_filter *filter; /* RCU */
	struct userdev_queue q[];
};

static irqreturn_t userdev_intr(int irq, void *data);
static int userdev_poll(struct napi_struct *napi, int budget);
static void userdev_clean_tx(struct userdev_queue *q);
static int userdev_clean_rx(struct userdev_queue *q, int budget);
static struct sk_buff *userdev_fetch(struct userdev_queue *q, const struct frame_slot *slot);
static void userdev_rx_later(struct userdev_queue *q, uint64_t due);
static void userdev_rx_due(struct ktimer *t);
static netdev_tx_t userdev_xmit(struct sk_buff *skb, struct net_device *dev);
static void userdev_tx_queued(struct userdev_queue *q, struct sk_buff *skb);
static void userdev_tx_timeout(struct net_device *dev);
static unsigned userdev_drop_ring(struct userdev_queue *q, enum skb_drop_reason reason);
static int userdev_check(struct userdev_config *c, struct extack *err);
static void userdev_setup_queues(struct userdev *u);
static int userdev_open(struct net_device *dev);
static int userdev_stop(struct net_device *dev);
static void userdev_close_queue(struct userdev_queue *q);
static void userdev_purge_local(void *arg);
static void userdev_destructor(struct net_device *dev);
static void userdev_free(struct userdev *u);
static void userdev_set_rx_mode(struct net_device *dev);
static int userdev_set_mac(struct net_device *dev, const void *addr);
static void userdev_get_stats64(struct net_device *dev, struct net_device_stats *stats);

#define USERDEV_OPS(X)                                     \
	X(ndo_open, userdev_open)                          \
	X(ndo_stop, userdev_stop)                          \
	X(ndo_start_xmit, userdev_xmit)                    \
	X(ndo_set_rx_mode, userdev_set_rx_mode)            \
	X(ndo_set_mac_address, userdev_set_mac)            \
	X(ndo_validate_addr, eth_validate_addr)            \
	X(ndo_tx_timeout, userdev_tx_timeout)              \
	X(ndo_get_stats64, userdev_get_stats64)
DEFINE_NETDEV_OPS(userdev_netdev_ops, USERDEV_OPS);

static __always_inline struct netdev_queue *userdev_txq(const struct userdev_queue *q)
{
	return netdev_get_tx_queue(q->u->dev, q->index);
}

/* The caller kicks; the line may just be going (device down). */
static __always_inline void userdev_raise(struct net_device *dev, int irq)
{
	struct vcpu *v = irq_cpu(&dev_net(dev)->m, irq);

	if (likely(v))
		vcpu_irq(v, (unsigned)irq);
}

/* --- receive --- */

int userdev_rx(struct net_device *dev, unsigned queue, const void *frame, unsigned len)
{
	struct userdev *u = netdev_priv(dev);
	struct userdev_queue *q;
	uint64_t due = 0;
	int ret, irq;

	if (queue >= dev->num_rx_queues || !len)
		return -EINVAL;
	q = &u->q[queue];
	irq = READ_ONCE(q->irq);
	if (irq < 0)
		return -ENETDOWN;
	if (u->cfg.rx_delay_ms)
		due = machine_now(&dev_net(dev)->m) + u->cfg.rx_delay_ms * NSEC_PER_MSEC;
	ret = frame_ring_put(&q->rx, frame, len, due);
	if (likely(!ret))
		userdev_raise(dev, irq);
	else if (ret == -EMSGSIZE)
		WRITE_ONCE(q->stats.rx_too_long, q->stats.rx_too_long + 1);
	else
		WRITE_ONCE(q->stats.rx_missed, q->stats.rx_missed + 1);

	return ret;
}

static irqreturn_t userdev_intr(int irq, void *data)
{
	struct userdev_queue *q = data;

	q->stats.rx_interrupts++;
	irq_mask(&dev_net(q->u->dev)->m, irq);
	napi_schedule(&q->napi);

	return IRQ_HANDLED;
}

static int userdev_poll(struct napi_struct *napi, int budget)
{
	struct userdev_queue *q = container_of(napi, struct userdev_queue, napi);
	int work;

	userdev_clean_tx(q);
	work = userdev_clean_rx(q, budget);
	if (work >= budget)
		return budget;
	userdev_clean_tx(q); /* answers that went out meanwhile */
	napi_complete(napi);
	irq_unmask(&dev_net(napi->dev)->m, q->irq);

	return work;
}

/* The wire has taken these: free them, and let the queue go on if it was stopped. */
static void userdev_clean_tx(struct userdev_queue *q)
{
	struct netdev_queue *txq = userdev_txq(q);
	struct sk_buff *done = NULL, **last = &done, *skb;
	bool wake;

	if (!READ_ONCE(q->tx_done) && !READ_ONCE(q->tx_wake))
		return;
	__netif_tx_lock(txq, this_vcpu()->id);
	for (; q->tx_done; q->tx_done--) {
		*last = __skb_dequeue(&q->tx_ring);
		last = &(*last)->next;
	}
	wake = netif_tx_queue_stopped(txq) && (done || q->tx_wake);
	q->tx_wake = false;
	__netif_tx_unlock(txq);
	while ((skb = done)) {
		done = skb->next;
		skb->next = NULL;
		q->stats.tx_completed++;
		packet_trace_switch(skb);
		dev_kfree_skb_any(skb);
	}
	packet_trace_end();
	if (wake)
		netif_tx_wake_queue(txq);
}

static int userdev_clean_rx(struct userdev_queue *q, int budget)
{
	const struct rx_filter *filter = rcu_dereference(q->u->filter);
	const struct frame_slot *slot;
	int work;

	for (work = 0; work < budget; work++) {
		struct sk_buff *skb;

		slot = frame_ring_peek(&q->rx);
		if (!slot)
			break;
		if (unlikely(slot->due) && slot->due > this_vcpu()->now) {
			userdev_rx_later(q, slot->due);
			break;
		}
		packet_trace_rx_begin();
		skb = userdev_fetch(q, slot);
		frame_ring_pop(&q->rx);
		if (likely(skb))
			nif_rx_frame(&q->napi, skb, filter, &q->stats.rx);
	}
	packet_trace_end();
	return work;
}

static struct sk_buff *userdev_fetch(struct userdev_queue *q, const struct frame_slot *slot)
{
	struct sk_buff *skb = __netdev_alloc_skb(q->u->dev, slot->len);

	if (unlikely(!skb)) {
		nif_rx_nomem(&q->napi, &q->stats.rx);
		return NULL;
	}
	memcpy(skb_put(skb, slot->len), slot->data, slot->len);

	return skb;
}

static void userdev_rx_later(struct userdev_queue *q, uint64_t due)
{
	struct machine *m = &dev_net(q->u->dev)->m;

	mod_timer(&q->rx_timer, machine_jiffies(m, due + m->tick_ns - 1));
}

static void userdev_rx_due(struct ktimer *t)
{
	struct userdev_queue *q = container_of(t, struct userdev_queue, rx_timer);

	nif_raise(dev_net(q->u->dev), q->irq);
}

unsigned userdev_rx_pending(const struct net_device *dev, unsigned queue)
{
	const struct userdev *u = netdev_priv(dev);

	return frame_ring_used(&u->q[queue].rx);
}

/* --- transmit --- */

static netdev_tx_t userdev_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct userdev *u = netdev_priv(dev);
	struct userdev_queue *q = &u->q[skb->queue_mapping];
	struct net_device_stats *stats = this_dev_stats(dev);
	int ret;

	if (unlikely(q->tx_ring.qlen >= u->cfg.tx_ring)) {
		q->stats.tx_busy++;
		netif_tx_stop_queue(userdev_txq(q));
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
	ret = u->ops->xmit(u->ctx, dev, q->index, skb->data, skb->len);
	if (unlikely(ret == -EAGAIN)) {
		q->stats.tx_busy++;
		netif_tx_stop_queue(userdev_txq(q));
		return NETDEV_TX_BUSY;
	}
	if (unlikely(ret)) {
		q->stats.tx_refused++;
		stats->tx_errors++;
		kfree_skb_reason(skb, SKB_DROP_REASON_DEV_TX_ERROR);
		return NETDEV_TX_OK;
	}
	stats->tx_packets++;
	stats->tx_bytes += skb->len;
	userdev_tx_queued(q, skb);

	return NETDEV_TX_OK;
}

/* The wire has a copy of @skb; the skb itself lives until its completion. */
static void userdev_tx_queued(struct userdev_queue *q, struct sk_buff *skb)
{
	struct vcpu *home = irq_cpu(&dev_net(q->u->dev)->m, q->irq);

	if (!q->u->cfg.hold_tx && home != this_vcpu()) {
		dev_kfree_skb_irq(skb);
		return;
	}
	__skb_queue_tail(&q->tx_ring, skb);
	if (q->tx_ring.qlen >= q->u->cfg.tx_ring)
		netif_tx_stop_queue(userdev_txq(q));
	if (q->u->cfg.hold_tx)
		return;
	WRITE_ONCE(q->tx_done, q->tx_done + 1);
	if (!(q->napi.state & (1ul << NAPI_STATE_SCHED))) /* else its poll comes anyway */
		vcpu_irq(home, (unsigned)q->irq);
}

unsigned userdev_tx_complete(struct net_device *dev, unsigned queue, unsigned n)
{
	struct userdev *u = netdev_priv(dev);
	struct userdev_queue *q = &u->q[queue];
	struct netdev_queue *txq = userdev_txq(q);

	spin_lock(&txq->_xmit_lock);
	n = min(n, q->tx_ring.qlen - q->tx_done);
	WRITE_ONCE(q->tx_done, q->tx_done + n);
	spin_unlock(&txq->_xmit_lock);
	if (n)
		nif_raise(dev_net(dev), READ_ONCE(q->irq));

	return n;
}

unsigned userdev_tx_in_flight(const struct net_device *dev, unsigned queue)
{
	const struct userdev *u = netdev_priv(dev);

	return READ_ONCE(u->q[queue].tx_ring.qlen);
}

void userdev_tx_wake(struct net_device *dev, unsigned queue)
{
	struct userdev *u = netdev_priv(dev);
	struct userdev_queue *q = &u->q[queue];

	WRITE_ONCE(q->tx_wake, true);
	nif_raise(dev_net(dev), READ_ONCE(q->irq));
}

/* Nobody completes: what a NIC does is reset, and the frames in its ring are lost. */
static void userdev_tx_timeout(struct net_device *dev)
{
	struct userdev *u = netdev_priv(dev);

	for (unsigned i = 0; i < dev->num_tx_queues; i++) {
		struct userdev_queue *q = &u->q[i];
		unsigned n;

		if (!netif_tx_queue_stopped(userdev_txq(q)))
			continue;
		n = userdev_drop_ring(q, SKB_DROP_REASON_DEV_TX_ERROR);
		q->stats.tx_refused += n;
		this_dev_stats(dev)->tx_errors += n;
		netif_tx_wake_queue(userdev_txq(q));
	}
}

static unsigned userdev_drop_ring(struct userdev_queue *q, enum skb_drop_reason reason)
{
	struct netdev_queue *txq = userdev_txq(q);
	struct sk_buff *list = NULL, **last = &list, *skb;
	unsigned n;

	__netif_tx_lock(txq, this_vcpu()->id);
	for (n = q->tx_ring.qlen; !skb_queue_empty(&q->tx_ring); last = &(*last)->next)
		*last = __skb_dequeue(&q->tx_ring);
	q->tx_done = 0;
	__netif_tx_unlock(txq);
	while ((skb = list)) {
		list = skb->next;
		skb->next = NULL;
		kfree_skb_reason(skb, reason);
	}
	return n;
}

/* --- set-up --- */

struct net_device *userdev_create(struct net *net, const struct userdev_config *cfg,
				  const struct userdev_ops *ops, void *ctx,
				  const struct nif_driver *drv, struct extack *err)
{
	struct userdev_config c = *cfg;
	unsigned queues = c.opts.queues ? c.opts.queues : 1;
	struct net_device *dev;
	struct userdev *u;

	if (userdev_check(&c, err))
		return NULL;
	dev = nif_alloc_etherdev(net, (int)(sizeof(*u) + queues * sizeof(u->q[0])),
				 drv ? "mem%d" : "usr%d", &c.opts,
				 c.slot_size - USERDEV_OVERHEAD, err);
	if (!dev)
		return NULL;
	u = netdev_priv(dev);
	u->dev = dev;
	u->cfg = c;
	u->ops = ops;
	u->ctx = ctx;
	dev->netdev_ops = &userdev_netdev_ops;
	dev->ethtool_ops = &nif_ethtool_ops;
	dev->unicast_flt = true;
	dev->watchdog_timeo = (int)(USERDEV_WATCHDOG_S * net->m.hz);
	userdev_setup_queues(u);
	for (unsigned i = 0; i < queues; i++) {
		if (frame_ring_make(&net->m, &u->q[i].rx, c.rx_slots, c.slot_size)) {
			NL_SET_ERR_MSG(err, "no memory for a receive ring");
			goto out_free;
		}
	}
	if (nif_register(dev, drv ? drv : &userdev_driver, "", err))
		goto out_free;
	dev->destructor = userdev_destructor;

	return dev;

out_free:
	userdev_free(u);
	free_netdev(dev);
	return NULL;
}

static int userdev_check(struct userdev_config *c, struct extack *err)
{
	if (!c->rx_slots)
		c->rx_slots = USERDEV_RX_SLOTS;
	if (!c->slot_size)
		c->slot_size = USERDEV_SLOT_SIZE;
	if (!c->tx_ring)
		c->tx_ring = USERDEV_TX_RING;
	if (c->rx_slots > USERDEV_SLOTS_MAX || c->tx_ring > USERDEV_SLOTS_MAX)
		return extack_fail(err, -EINVAL, "a ring has at most %u slots", USERDEV_SLOTS_MAX);
	if (c->slot_size < ETH_ZLEN + USERDEV_OVERHEAD || c->slot_size > USERDEV_SLOT_MAX)
		return extack_fail(err, -EINVAL, "slot size %u is outside %u..%u", c->slot_size,
				   ETH_ZLEN + USERDEV_OVERHEAD, USERDEV_SLOT_MAX);
	return 0;
}

static void userdev_setup_queues(struct userdev *u)
{
	for (unsigned i = 0; i < u->dev->num_rx_queues; i++) {
		struct userdev_queue *q = &u->q[i];

		q->u = u;
		q->index = i;
		q->irq = -1;
		__skb_queue_head_init(&q->tx_ring);
		ktimer_setup(&q->rx_timer, userdev_rx_due, NULL);
		netif_napi_add(u->dev, &q->napi, userdev_poll, NAPI_POLL_WEIGHT);
	}
}

void userdev_destroy(struct net_device *dev)
{
	nif_unregister(dev);
}

static int userdev_open(struct net_device *dev)
{
	struct userdev *u = netdev_priv(dev);
	struct machine *m = &dev_net(dev)->m;
	int ret = u->ops->open ? u->ops->open(u->ctx, dev) : 0;
	unsigned i;

	if (ret)
		return ret;
	for (i = 0; i < dev->num_rx_queues; i++) {
		struct userdev_queue *q = &u->q[i];
		char name[32];

		napi_enable(&q->napi);
		snprintf(name, sizeof(name), "%s-TxRx-%u", dev->name, i);
		ret = request_irq(m, userdev_intr, name, q, i % m->nr_cpus);
		if (ret < 0)
			goto out_close;
		nif_line_set(dev_net(dev), (unsigned)ret, dev, i, -1);
		WRITE_ONCE(q->irq, ret);
		irq_unmask(m, ret);
	}
	netif_tx_start_all_queues(dev);

	return 0;

out_close:
	napi_disable(&u->q[i].napi);
	while (i--)
		userdev_close_queue(&u->q[i]);
	if (u->ops->stop)
		u->ops->stop(u->ctx, dev);
	return ret;
}

static int userdev_stop(struct net_device *dev)
{
	struct userdev *u = netdev_priv(dev);

	netif_tx_stop_all_queues(dev);
	for (unsigned i = 0; i < dev->num_rx_queues; i++)
		userdev_close_queue(&u->q[i]);
	if (u->ops->stop)
		u->ops->stop(u->ctx, dev);

	return 0;
}

static void userdev_close_queue(struct userdev_queue *q)
{
	struct net *net = dev_net(q->u->dev);
	unsigned cpu = irq_cpu(&net->m, q->irq)->id;

	napi_disable(&q->napi);
	nif_line_set(net, (unsigned)q->irq, NULL, 0, -1);
	free_irq(&net->m, q->irq);
	WRITE_ONCE(q->irq, -1);
	smp_call(&net->m, q->rx_timer.home ? q->rx_timer.home->id : cpu, userdev_purge_local, q);
}

/* Inside the queue's vCPU: frames that nobody will take any more. */
static void userdev_purge_local(void *arg)
{
	struct userdev_queue *q = arg;

	del_timer_sync(&q->rx_timer);
	userdev_drop_ring(q, SKB_DROP_REASON_QUEUE_PURGE);
	while (frame_ring_peek(&q->rx))
		frame_ring_pop(&q->rx);
}

/* After the grace period. */
static void userdev_destructor(struct net_device *dev)
{
	struct userdev *u = netdev_priv(dev);

	userdev_free(u);
	if (u->ops->destroy)
		u->ops->destroy(u->ctx, dev);
}

static void userdev_free(struct userdev *u)
{
	rxfilter_clear(u->dev, &u->filter);
	for (unsigned i = 0; i < u->dev->num_rx_queues; i++) {
		netif_napi_del(&u->q[i].napi);
		frame_ring_free(&dev_net(u->dev)->m, &u->q[i].rx);
	}
}

static void userdev_set_rx_mode(struct net_device *dev)
{
	struct userdev *u = netdev_priv(dev);

	if (!u->cfg.no_filter)
		rxfilter_update(dev, &u->filter);
}

static int userdev_set_mac(struct net_device *dev, const void *addr)
{
	int ret = eth_mac_addr(dev, addr);

	if (!ret)
		dev_set_rx_mode(dev);
	return ret;
}

/* What the producer counts has no CPU; the rest is in the device's per-CPU statistics. */
static void userdev_get_stats64(struct net_device *dev, struct net_device_stats *stats)
{
	const struct userdev *u = netdev_priv(dev);

	for (unsigned i = 0; i < dev->num_rx_queues; i++) {
		uint64_t long_frames = READ_ONCE(u->q[i].stats.rx_too_long);

		stats->rx_missed_errors += READ_ONCE(u->q[i].stats.rx_missed);
		stats->rx_length_errors += long_frames;
		stats->rx_errors += long_frames;
	}
}

int userdev_vector(const struct net_device *dev, unsigned queue)
{
	const struct userdev *u = netdev_priv(dev);

	return READ_ONCE(u->q[queue].irq);
}

void *userdev_ctx(const struct net_device *dev)
{
	const struct userdev *u = netdev_priv(dev);

	return u->ctx;
}

uint64_t userdev_get_stat(const struct net_device *dev, const struct nif_stat *stat)
{
	const struct userdev *u = netdev_priv(dev);

	return nif_sum_stat(&u->q[0].stats, sizeof(u->q[0]), dev->num_rx_queues, stat);
}

#define USERDEV_STAT(name_, member, doc_) \
	{ .name = name_, .offset = offsetof(struct userdev_stats, member), .doc = doc_ }
const struct nif_stat userdev_stats[USERDEV_NR_STATS] = {
	USERDEV_STAT("rx_missed", rx_missed, "receive ring full"),
	USERDEV_STAT("rx_too_long", rx_too_long, "frame longer than a slot of the ring"),
	USERDEV_STAT("rx_runts", rx.runts, "frame shorter than an Ethernet header"),
	USERDEV_STAT("rx_filtered", rx.filtered, "frame for another station"),
	USERDEV_STAT("rx_nomem", rx.nomem, "no buffer for a frame"),
	USERDEV_STAT("rx_interrupts", rx_interrupts, "interrupts handled"),
	USERDEV_STAT("tx_completed", tx_completed, "packets freed by the poll"),
	USERDEV_STAT("tx_busy", tx_busy, "transmit ring or wire full"),
	USERDEV_STAT("tx_refused", tx_refused, "packets that the wire refused or a reset lost"),
};

const struct nif_driver userdev_driver = {
	.name = "user",
	.version = "1.0",
	.text = "devices of the embedding program",
	.remove = userdev_destroy,
	.stats = userdev_stats,
	.nr_stats = USERDEV_NR_STATS,
	.get_stats = userdev_get_stat,
};
