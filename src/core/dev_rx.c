/* SPDX-License-Identifier: MIT */
/*
 * dev_rx.c - received frames: from the driver to taps and the handler of the Ethernet protocol
 *
 * On the walk: a poll calls napi_gro_receive() > netif_receive_skb() > __netif_receive_skb() >
 * __netif_receive_skb_core() > packet_rcv(), ip_rcv(), arp_rcv(). A device without interrupts
 * (loopback, veth) calls netif_rx() > enqueue_to_backlog(); the backlog's poll, process_backlog(),
 * continues with __netif_receive_skb().
 * Owns: the queues of softnet_data. Each function consumes the skb. A handler gets the skb itself
 * when it is the last of those that want it, else a borrowed reference (deliver_skb).
 * Threads: inside a vCPU; enqueue_to_backlog() also for another CPU, under that queue's lock;
 * dev_add_pack() and dev_remove_pack() RTNL. Refuses: a frame over the backlog's limit
 * (CPU_BACKLOG), and one that nobody handles (UNHANDLED_PROTO).
 * Mirrors: net/core/dev.c; backlog and counters of Linux 3.13, lists of handlers of today.
 */
#include <netinet/in.h>

#include "core/dev.h"
#include "core/net.h"
#include "core/packet_trace.h"
#include "core/trace_events.h"
#include "kernel/smp.h"
#include "kernel/softirq.h"

static notrace struct packet_type *deliver_others(struct sk_buff *skb, struct net *net,
						  struct net_device *dev);
static bool rps_ipi_queued(struct softnet_data *sd);
static int netif_rx_internal(struct sk_buff *skb);

/* ---- from a driver's poll ---- */

int netif_receive_skb(struct sk_buff *skb)
{
	struct net *net = skb->net;

	if (READ_ONCE(net->core.sysctl_netdev_tstamp_prequeue))
		net_timestamp_check(net, skb);
	if (skb_defer_rx_timestamp(skb))
		return NET_RX_SUCCESS;
	ledger_begin(skb, LEDGER_FRAME);

	return __netif_receive_skb(skb);
}

int __netif_receive_skb(struct sk_buff *skb)
{
	return __netif_receive_skb_core(skb);
}

/* Let @pt have the packet while somebody else will want it too. */
static __always_inline int deliver_skb(struct sk_buff *skb, struct packet_type *pt,
				       struct net_device *orig_dev)
{
	skb_get(skb);

	return pt->func(skb, skb->dev, pt, orig_dev);
}

/*
 * Hand the packet to each on @list but the last, which is returned: it may get the packet itself.
 * @prev is that of the list before.
 */
static __always_inline struct packet_type *deliver_ptype_list(struct sk_buff *skb,
							      struct packet_type *prev,
							      struct net_device *orig_dev,
							      __be16 type, struct list_head *list)
{
	struct packet_type *pt;

	list_for_each_entry_rcu(pt, list, list) {
		if (pt->type != type)
			continue;
		if (prev)
			deliver_skb(skb, prev, orig_dev);
		prev = pt;
	}

	return prev;
}

static __always_inline struct list_head *ptype_base_of(struct net *net, __be16 type)
{
	return &net->ptype_base[ntohs(type) & PTYPE_HASH_MASK];
}

/* The handler of @type, if nobody else can want the packet. */
static __always_inline struct packet_type *ptype_only(struct net *net, __be16 type)
{
	struct list_head *head = ptype_base_of(net, type), *first = rcu_dereference(head->next);
	struct packet_type *pt = list_entry(first, struct packet_type, list);

	if (unlikely(READ_ONCE(net->ptype_special)) || first == head ||
	    rcu_dereference(first->next) != head || pt->type != type)
		return NULL;
	return pt;
}

int __netif_receive_skb_core(struct sk_buff *skb)
{
	struct net *net = skb->net;
	struct net_device *dev = skb->dev;
	struct packet_type *pt;

	if (!READ_ONCE(net->core.sysctl_netdev_tstamp_prequeue))
		net_timestamp_check(net, skb);
	trace_netif_receive_skb(skb);
	skb_reset_network_header(skb);
	if (!skb_transport_header_was_set(skb))
		skb_reset_transport_header(skb);
	skb_reset_mac_len(skb);
	skb->skb_iif = dev->ifindex;
	this_softnet()->processed++;

	pt = ptype_only(net, skb->protocol);
	if (unlikely(!pt))
		pt = deliver_others(skb, net, dev);
	if (likely(pt))
		return pt->func(skb, dev, pt, dev);
	dev_core_inc(dev, rx_dropped);
	kfree_skb_reason(skb, SKB_DROP_REASON_UNHANDLED_PROTO);

	return NET_RX_DROP;
}

/* Taps and handlers in their order, the last of which is returned; NULL: nobody wants the packet. */
static notrace struct packet_type *deliver_others(struct sk_buff *skb, struct net *net,
						  struct net_device *dev)
{
	struct packet_type *prev;

	prev = deliver_ptype_list(skb, NULL, dev, htons(ETH_P_ALL), &net->ptype_all);
	prev = deliver_ptype_list(skb, prev, dev, htons(ETH_P_ALL), &dev->ptype_all);
	prev = deliver_ptype_list(skb, prev, dev, skb->protocol, ptype_base_of(net, skb->protocol));

	return deliver_ptype_list(skb, prev, dev, skb->protocol, &dev->ptype_specific);
}

/* ---- through the backlog ---- */

int netif_rx(struct sk_buff *skb)
{
	bool bh_off = !in_softirq() && !in_interrupt();
	int ret;

	if (bh_off)
		local_bh_disable();
	ret = netif_rx_internal(skb);
	if (bh_off)
		local_bh_enable();

	return ret;
}

static int netif_rx_internal(struct sk_buff *skb)
{
	if (READ_ONCE(skb->net->core.sysctl_netdev_tstamp_prequeue))
		net_timestamp_check(skb->net, skb);
	ledger_begin(skb, LEDGER_FRAME);

	return enqueue_to_backlog(skb, this_vcpu()->id);
}

int enqueue_to_backlog(struct sk_buff *skb, unsigned cpu)
{
	struct net *net = skb->net;
	struct softnet_data *sd = net->m.cpu[cpu]->slot[VCPU_SLOT_SOFTNET];
	unsigned max = (unsigned)READ_ONCE(net->core.sysctl_netdev_max_backlog);

	spin_lock(&sd->input_pkt_queue.lock);
	if (likely(skb_queue_len(&sd->input_pkt_queue) <= max)) {
		/* A queue that holds something has its poll scheduled already. */
		if (skb_queue_empty(&sd->input_pkt_queue) && napi_schedule_prep(&sd->backlog) &&
		    !rps_ipi_queued(sd))
			__napi_schedule(&sd->backlog);
		ledger_hold(skb, HELD_BACKLOG);
		__skb_queue_tail(&sd->input_pkt_queue, skb);
		spin_unlock(&sd->input_pkt_queue.lock);
		return NET_RX_SUCCESS;
	}
	sd->dropped++;
	spin_unlock(&sd->input_pkt_queue.lock);
	dev_core_inc(skb->dev, rx_dropped);
	kfree_skb_reason(skb, SKB_DROP_REASON_CPU_BACKLOG);

	return NET_RX_DROP;
}

/* @sd is that of another CPU: tell it at the end of net_rx_action(). */
static bool rps_ipi_queued(struct softnet_data *sd)
{
	struct softnet_data *mysd = this_softnet();

	if (likely(sd == mysd))
		return false;
	sd->rps_ipi_next = mysd->rps_ipi_list;
	mysd->rps_ipi_list = sd;
	__raise_softirq_irqoff(NET_RX_SOFTIRQ);

	return true;
}

int process_backlog(struct napi_struct *napi, int quota)
{
	struct softnet_data *sd = container_of(napi, struct softnet_data, backlog);
	int work = 0;

	if (sd->rps_ipi_list)
		net_rps_action_and_irq_enable(sd);
	napi->weight = READ_ONCE(this_net()->core.sysctl_dev_weight);
	while (work < quota) {
		struct sk_buff *skb;
		unsigned qlen;

		while ((skb = __skb_dequeue(&sd->process_queue))) {
			ledger_unhold(skb);
			packet_trace_switch(skb);
			__netif_receive_skb(skb);
			if (++work >= quota)
				goto out;
		}
		spin_lock(&sd->input_pkt_queue.lock);
		qlen = skb_queue_len(&sd->input_pkt_queue);
		skb_queue_splice_init(&sd->input_pkt_queue, &sd->process_queue);
		if (qlen < (unsigned)(quota - work)) {
			/*
			 * Less than what may still be done: this poll empties it. Who comes
			 * meanwhile schedules it anew.
			 */
			list_del_init(&napi->poll_list);
			napi->completes++;
			napi->state = 0;
			quota = work + (int)qlen;
		}
		spin_unlock(&sd->input_pkt_queue.lock);
	}
out:
	packet_trace_end();
	return work;
}

/* ---- handlers ---- */

static struct list_head *ptype_head(struct net *net, const struct packet_type *pt)
{
	if (pt->type == htons(ETH_P_ALL))
		return pt->dev ? &pt->dev->ptype_all : &net->ptype_all;

	return pt->dev ? &pt->dev->ptype_specific : ptype_base_of(net, pt->type);
}

static __always_inline bool ptype_is_special(const struct packet_type *pt)
{
	return pt->dev || pt->type == htons(ETH_P_ALL);
}

void dev_add_pack(struct net *net, struct packet_type *pt)
{
	if (ptype_is_special(pt))
		WRITE_ONCE(net->ptype_special, net->ptype_special + 1);
	list_add_rcu(&pt->list, ptype_head(net, pt));
}

void dev_remove_pack(struct net *net, struct packet_type *pt)
{
	list_del_rcu(&pt->list);
	if (ptype_is_special(pt))
		WRITE_ONCE(net->ptype_special, net->ptype_special - 1);
}

void net_enable_timestamp(struct net *net)
{
	atomic_inc(&net->netstamp_needed);
}

void net_disable_timestamp(struct net *net)
{
	atomic_dec(&net->netstamp_needed);
}
