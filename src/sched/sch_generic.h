/* SPDX-License-Identifier: MIT */
#ifndef SCHED_SCH_GENERIC_H
#define SCHED_SCH_GENERIC_H
/*
 * sch_generic.h - queueing disciplines (mirrors net/sched/sch_generic.c, sch_fifo.c)
 *
 * Theory of operation
 *   Each transmit queue has a Qdisc: pfifo_fast (three bands by priority, limit tx_queue_len) by default, noqueue for virtual devices such as lo.
 *   Queue lock: q->lock (order: after neighbour). A running bit makes one CPU at a time dequeue; work left over goes to NET_TX (__netif_schedule).
 *   Empty queue and device free: sch_direct_xmit() at once (TCQ_F_CAN_BYPASS). The qdisc room registers itself as net->sched.
 */
#include "core/net.h"

struct Qdisc;
struct Qdisc_ops {
	const char *id;
	unsigned priv_size;
	int (*enqueue)(struct sk_buff *skb, struct Qdisc *q); /* consumes; NET_XMIT_* */
	struct sk_buff *(*dequeue)(struct Qdisc *q);
	struct sk_buff *(*peek)(struct Qdisc *q);
	int (*init)(struct Qdisc *q);
	void (*reset)(struct Qdisc *q);
};

struct gnet_stats { /* tc -s */
	uint64_t bytes, packets;
	uint32_t qlen, backlog, drops, requeues, overlimits;
};

struct Qdisc {
	const struct Qdisc_ops *ops;
	struct netdev_queue *dev_queue;
	spinlock_t lock;
	unsigned limit;
	bool running, can_bypass, noqueue;
	bool deactivated; /* device down: refuse */
	bool scheduled; /* [A] on a softnet output_queue */
	struct sk_buff *gso_skb; /* requeued by a busy device */
	struct Qdisc *next_sched;
	struct gnet_stats stats;
	uint32_t handle;
	struct rcu_head rcu;
	struct net *net;
	unsigned long priv[];
};

extern const struct Qdisc_ops pfifo_fast_ops, noqueue_qdisc_ops, pfifo_qdisc_ops;
int sched_init(struct net *net);
void sched_exit(struct net *net);
int sch_direct_xmit(struct sk_buff *skb, struct Qdisc *q, struct net_device *dev, struct netdev_queue *txq);
void __qdisc_run(struct Qdisc *q);

#endif
