/* SPDX-License-Identifier: MIT */
/*
 * dev_tx.c - packets on their way out: queue choice, qdisc or device, taps, the driver; and NET_TX
 *
 * On the walk: neighbour output calls dev_queue_xmit() > netdev_pick_tx(), then the qdisc
 * (sched_ops.xmit > sch_direct_xmit) or, for a device without queue, straight dev_hard_start_xmit()
 * > netif_skb_features() > harmonize_features(); skb_checksum_help(); ndo_start_xmit.
 * net_tx_action() frees what interrupt handlers finished with and runs qdiscs that had to wait.
 * Owns: softnet_data's completion queue and list of scheduled qdiscs. From dev_hard_start_xmit() on
 * the driver holds the packet (HELD_TXRING); the books know it as sent when the driver ends it.
 * Threads: inside a vCPU, with softirqs held off. The queue's lock is held over the driver's call;
 * behind it interrupts are let in.
 * Refuses: a device that is down (DEV_READY), one that sends to itself too deep (RECURSION_LIMIT).
 * Mirrors: net/core/dev.c of Linux 3.13.
 */
#define LOG_SUBSYS "net"
#include <errno.h>
#include <netinet/in.h>

#include "core/gso.h"
#include "core/packet_trace.h"
#include "core/sock.h"
#include "core/trace_events.h"
#include "kernel/irq.h"
#include "kernel/softirq.h"

#define XMIT_RECURSION_LIMIT 10

static int validate_xmit_skb(struct sk_buff *skb);
static int dev_xmit_noqueue(struct sk_buff *skb, struct net_device *dev, struct netdev_queue *txq);
static int dev_xmit_drop(struct sk_buff *skb, struct net_device *dev, enum skb_drop_reason reason);
static uint16_t __netdev_pick_tx(struct net_device *dev, struct sk_buff *skb);
static notrace netdev_tx_t dev_start_xmit_traced(struct sk_buff *skb, struct net_device *dev);
static netdev_features_t harmonize_features(struct sk_buff *skb, netdev_features_t features);
static void dev_queue_xmit_nit(struct sk_buff *skb, struct net_device *dev);

int dev_queue_xmit(struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;
	const struct sched_ops *sched = dev_net(dev)->sched;
	struct netdev_queue *txq;
	struct Qdisc *q;
	int rc;

	skb_reset_mac_header(skb);
	ledger_begin(skb, LEDGER_LOCAL);
	if (unlikely(skb_is_gso(skb)) && netif_needs_gso(skb, netif_skb_features(skb)))
		return validate_xmit_skb(skb);
	local_bh_disable();
	txq = netdev_pick_tx(dev, skb);
	q = rcu_dereference(txq->qdisc);
	trace_net_dev_queue(skb);
	if (unlikely(!(READ_ONCE(dev->flags) & IFF_UP)))
		rc = dev_xmit_drop(skb, dev, SKB_DROP_REASON_DEV_READY);
	else if (q && sched->has_queue(q))
		rc = sched->xmit(skb, q, dev, txq);
	else
		rc = dev_xmit_noqueue(skb, dev, txq);
	local_bh_enable();

	return rc;
}

/*
 * The device cannot send it whole: its pieces go instead, each a packet of its own in the books and
 * in the queue. What one of them answers is the answer for all.
 */
static int validate_xmit_skb(struct sk_buff *skb)
{
	struct sk_buff *seg = skb_gso_segment(skb, netif_skb_features(skb)), *next;
	int rc = 0, ret;

	if (unlikely(!seg)) {
		dev_core_inc(skb->dev, tx_dropped);
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
		return -ENOMEM;
	}
	ledger_end(skb, skb->ledger == LEDGER_FRAME ? VERDICT_FORWARDED : VERDICT_SENT);
	consume_skb(skb);
	for (; seg; seg = next) {
		next = seg->next;
		seg->next = NULL;
		ret = dev_queue_xmit(seg);
		if (ret)
			rc = ret;
	}

	return rc;
}

/*
 * A device without a queue. It cannot say "later"; and it may end in itself, by a stack of virtual
 * devices or a packet that its receiver answers at once.
 */
static int dev_xmit_noqueue(struct sk_buff *skb, struct net_device *dev, struct netdev_queue *txq)
{
	struct softnet_data *sd = this_softnet();
	unsigned cpu = this_vcpu()->id;
	int rc = NETDEV_TX_BUSY;

	if (unlikely(READ_ONCE(txq->xmit_lock_owner) == (int)cpu ||
		     sd->xmit_recursion > XMIT_RECURSION_LIMIT)) {
		if (net_ratelimit())
			pr_err(net_log(dev_net(dev)),
			       "Dead loop on virtual device %s, fix it urgently!", dev->name);
		return dev_xmit_drop(skb, dev, SKB_DROP_REASON_RECURSION_LIMIT);
	}
	HARD_TX_LOCK(dev, txq, cpu);
	if (!netif_tx_queue_stopped(txq)) {
		sd->xmit_recursion++;
		rc = dev_hard_start_xmit(skb, dev, txq);
		sd->xmit_recursion--;
	}
	HARD_TX_UNLOCK(dev, txq);
	if (likely(rc == NETDEV_TX_OK))
		return rc;
	if (net_ratelimit())
		pr_err(net_log(dev_net(dev)), "Virtual device %s asks to queue packet!", dev->name);

	return dev_xmit_drop(skb, dev, SKB_DROP_REASON_FULL_RING);
}

static int dev_xmit_drop(struct sk_buff *skb, struct net_device *dev, enum skb_drop_reason reason)
{
	dev_core_inc(dev, tx_dropped);
	kfree_skb_reason(skb, reason);

	return -ENETDOWN;
}

/* ---- choice of the queue ---- */

struct netdev_queue *netdev_pick_tx(struct net_device *dev, struct sk_buff *skb)
{
	uint16_t (*select)(struct net_device *, struct sk_buff *) =
		dev->netdev_ops->ndo_select_queue;
	uint16_t index = 0;

	if (dev->real_num_tx_queues > 1) {
		index = select ? select(dev, skb) : __netdev_pick_tx(dev, skb);
		if (unlikely(index >= dev->real_num_tx_queues))
			index = 0;
	}
	skb->queue_mapping = index;

	return netdev_get_tx_queue(dev, index);
}

/* A socket's packets stay on one queue; a forwarded flow's too. */
static uint16_t __netdev_pick_tx(struct net_device *dev, struct sk_buff *skb)
{
	uint32_t hash = skb->sk && skb->sk->sk_hash ? skb->sk->sk_hash : skb_get_hash(skb);

	return (uint16_t)reciprocal_scale(hash_32(hash, 32), dev->real_num_tx_queues);
}

/* ---- to the driver ---- */

int dev_hard_start_xmit(struct sk_buff *skb, struct net_device *dev, struct netdev_queue *txq)
{
	struct net *net = dev_net(dev);
	netdev_features_t features;
	int rc;

	if (!dev->keep_dst && skb->_skb_refdst) {
		if (!(skb->_skb_refdst & SKB_DST_NOREF))
			dst_release(skb_dst(skb));
		skb->_skb_refdst = 0;
	}
	features = netif_skb_features(skb);
	if (skb->ip_summed == CHECKSUM_PARTIAL && !(features & NETIF_F_ALL_CSUM) &&
	    unlikely(skb_checksum_help(skb))) {
		dev_core_inc(dev, tx_dropped);
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
		return NETDEV_TX_OK;
	}
	if (unlikely(!list_empty(&net->ptype_all) || !list_empty(&dev->ptype_all)))
		dev_queue_xmit_nit(skb, dev);
	ledger_hold(skb, HELD_TXRING);
	rc = likely(!trace_on(packets) && !trace_on(events)) ?
		     dev->netdev_ops->ndo_start_xmit(skb, dev) :
		     dev_start_xmit_traced(skb, dev);
	if (likely(rc == NETDEV_TX_OK))
		txq->trans_start = jiffies_now();
	else
		ledger_unhold(skb);
	local_irq_window();

	return rc;
}

/* The driver may free the packet. */
static netdev_tx_t dev_start_xmit_traced(struct sk_buff *skb, struct net_device *dev)
{
	struct trace_xmit x = { .skb = skb, .len = skb->len, .packet = skb->packet_id };
	netdev_tx_t rc;

	if (trace_packets_on())
		__packet_trace_tx(skb, dev);
	rc = dev->netdev_ops->ndo_start_xmit(skb, dev);
	trace_net_dev_xmit(&x, rc, dev);

	return rc;
}

netdev_features_t netif_skb_features(struct sk_buff *skb)
{
	return harmonize_features(skb, skb->dev->features);
}

static netdev_features_t harmonize_features(struct sk_buff *skb, netdev_features_t features)
{
	if (skb->ip_summed == CHECKSUM_NONE || (features & NETIF_F_HW_CSUM))
		return features;
	if (!(features & NETIF_F_IP_CSUM) || skb_network_protocol(skb) != htons(ETH_P_IP))
		features &= ~(NETIF_F_ALL_CSUM | NETIF_F_SG | NETIF_F_GSO_UDP_L4);

	return features;
}

/* A tap's packet that it sent itself is not shown to it. */
static __always_inline bool skb_loop_sk(const struct packet_type *pt, const struct sk_buff *skb)
{
	return pt->af_packet_priv && pt->af_packet_priv == skb->sk;
}

/* Show @copy, made at the first tap, to each on @list but the last, which is returned. */
static struct packet_type *nit_list(struct sk_buff *skb, struct sk_buff **copy,
				    struct packet_type *prev, struct list_head *list)
{
	struct packet_type *pt;

	list_for_each_entry_rcu(pt, list, list) {
		if (skb_loop_sk(pt, skb))
			continue;
		if (prev) {
			skb_get(*copy);
			prev->func(*copy, skb->dev, prev, skb->dev);
		} else {
			*copy = skb_clone(skb);
			if (unlikely(!*copy))
				return NULL;
			net_timestamp_check(skb->net, *copy);
			skb_reset_mac_header(*copy);
			(*copy)->transport_header = (*copy)->network_header;
			(*copy)->pkt_type = PACKET_OUTGOING;
		}
		prev = pt;
	}

	return prev;
}

static void dev_queue_xmit_nit(struct sk_buff *skb, struct net_device *dev)
{
	struct packet_type *prev;
	struct sk_buff *copy = NULL;

	prev = nit_list(skb, &copy, NULL, &dev_net(dev)->ptype_all);
	prev = nit_list(skb, &copy, prev, &dev->ptype_all);
	if (prev)
		prev->func(copy, dev, prev, dev);
}

/* ---- NET_TX ---- */

void __netif_schedule(struct Qdisc *q)
{
	struct softnet_data *sd = this_softnet();
	const struct sched_ops *sched = vcpu_net(sd->vcpu)->sched;
	struct Qdisc *last, *next;

	if (sched->set_scheduled(q, true))
		return;
	sched->next_scheduled(q, NULL, true);
	if (!sd->output_queue) {
		sd->output_queue = q;
	} else {
		for (last = sd->output_queue; (next = sched->next_scheduled(last, NULL, false));)
			last = next;
		sched->next_scheduled(last, q, true);
	}
	__raise_softirq_irqoff(NET_TX_SOFTIRQ);
}

void dev_kfree_skb_irq(struct sk_buff *skb)
{
	struct softnet_data *sd = this_softnet();

	skb->next = sd->completion_queue;
	sd->completion_queue = skb;
	__raise_softirq_irqoff(NET_TX_SOFTIRQ);
}

void net_tx_action(struct vcpu *v)
{
	struct softnet_data *sd = this_softnet();
	const struct sched_ops *sched = vcpu_net(v)->sched;
	struct sk_buff *skb = sd->completion_queue, *next_skb;
	struct Qdisc *q, *next;

	sd->completion_queue = NULL;
	for (; skb; skb = next_skb) {
		next_skb = skb->next;
		skb->next = NULL;
		packet_trace_switch(skb);
		consume_skb(skb);
	}
	packet_trace_end();
	q = sd->output_queue;
	sd->output_queue = NULL;
	for (; q; q = next) {
		next = sched->next_scheduled(q, NULL, true);
		/* before it runs: who comes from now on schedules it anew */
		sched->set_scheduled(q, false);
		sched->run(q);
	}
}

void netif_tx_stop_queue(struct netdev_queue *q)
{
	__atomic_fetch_or(&q->state, QUEUE_STATE_DRV_XOFF, __ATOMIC_SEQ_CST);
	if (this_vcpu())
		dev_watchdog_watch(q->dev);
}

void netif_tx_wake_queue(struct netdev_queue *q)
{
	const struct sched_ops *sched = dev_net(q->dev)->sched;
	struct Qdisc *qdisc;

	if (!(__atomic_fetch_and(&q->state, ~QUEUE_STATE_DRV_XOFF, __ATOMIC_SEQ_CST) &
	      QUEUE_STATE_DRV_XOFF))
		return;
	qdisc = rcu_dereference(q->qdisc);
	if (qdisc && sched->has_queue(qdisc))
		__netif_schedule(qdisc);
}

void netif_tx_start_all_queues(struct net_device *dev)
{
	for (unsigned i = 0; i < dev->num_tx_queues; i++)
		__atomic_fetch_and(&netdev_get_tx_queue(dev, i)->state, ~QUEUE_STATE_DRV_XOFF,
				   __ATOMIC_SEQ_CST);
}

void netif_tx_stop_all_queues(struct net_device *dev)
{
	for (unsigned i = 0; i < dev->num_tx_queues; i++)
		netif_tx_stop_queue(netdev_get_tx_queue(dev, i));
}

bool net_ratelimit(void)
{
	struct softnet_data *sd = this_softnet();
	const struct net *net = vcpu_net(sd->vcpu);

	sd->ratelimit.interval =
		(unsigned long)READ_ONCE(net->core.sysctl_message_cost) * net->m.hz;
	sd->ratelimit.burst = READ_ONCE(net->core.sysctl_message_burst);

	return __ratelimit(&sd->ratelimit, sd->vcpu->jiffies);
}
