/* SPDX-License-Identifier: MIT */
/*
 * sch_generic.c - the transmit queue between the stack and a device: run, requeue, attach
 *
 * Theory of operation
 *   Called by: core through net->sched (dev_queue_xmit, net_tx_action, device up and down). Calls:
 *   the qdisc's ops under q->lock; dev_hard_start_xmit() under the queue's _xmit_lock, never both.
 *   One CPU at a time runs a qdisc (q->running). It sends at most QDISC_QUOTA packets, then leaves
 *   the rest to NET_TX; a packet that the device refused waits in q->gso_skb, ahead of the others.
 *   Owns: every struct Qdisc, from attach to detach plus a grace period, and the packets inside.
 *   Threads: xmit and run vCPUs with bottom halves off; attach, deactivate, detach RTNL. Packets
 *   are freed inside a vCPU, so the RTNL half sends itself there (smp_call).
 *   Refuses: packets for a queue that is deactivated (DEV_READY).
 *   Files: /proc/net/qdisc, one line a queue (ours): device, queue, kind, limit, then what
 *   `tc -s qdisc` shows. net.core.default_qdisc: kind for queues attached from now on.
 *   Mirrors: net/sched/sch_generic.c, __dev_xmit_skb() of net/core/dev.c.
 */
#include "sched/sch_generic.h"

#include <errno.h>

#include "core/packet_trace.h"
#include "kernel/slab.h"
#include "kernel/smp.h"

#define QDISC_QUOTA 64 /* packets of one run, weight_p of Linux */

/* The room's part of a net; net->sched points to its ops. */
struct netns_sched {
	struct sched_ops ops;
	struct net *net;
	const struct Qdisc_ops *default_qdisc; /* [R] */
	struct ctl_table_header *hdr;
};

static int __dev_xmit_skb(struct sk_buff *skb, struct Qdisc *q, struct net_device *dev,
			  struct netdev_queue *txq);
static int qdisc_enqueue(struct sk_buff *skb, struct Qdisc *q);
static bool qdisc_restart(struct Qdisc *q);
static struct sk_buff *dequeue_skb(struct Qdisc *q);
static void dev_requeue_skb(struct sk_buff *skb, struct Qdisc *q);
static void qdisc_run_queue(struct Qdisc *q);
static int dev_attach_qdiscs(struct net_device *dev);
static struct Qdisc *qdisc_create_dflt(struct net_device *dev, struct netdev_queue *txq);
static void dev_deactivate(struct net_device *dev);
static void dev_unschedule_local(void *arg);
static void dev_reset_local(void *arg);
static void qdisc_reset(struct Qdisc *q);
static void dev_detach_qdiscs(struct net_device *dev);
static void qdisc_free(struct rcu_head *head);
static bool qdisc_has_queue(const struct Qdisc *q);
static struct Qdisc *qdisc_next_scheduled(struct Qdisc *q, struct Qdisc *set_next, bool set);
static bool qdisc_set_scheduled(struct Qdisc *q, bool on);
static int qdisc_seq_show(struct seq_file *m, void *data);
static int proc_default_qdisc(struct ctl_call *call);

static __always_inline bool qdisc_run_begin(struct Qdisc *q)
{
	if (q->running)
		return false;
	q->running = true;
	return true;
}

static __always_inline bool netif_xmit_frozen_or_stopped(const struct netdev_queue *txq)
{
	return txq->state & (QUEUE_STATE_DRV_XOFF | QUEUE_STATE_FROZEN);
}

/* --- the packet path --- */

static int __dev_xmit_skb(struct sk_buff *skb, struct Qdisc *q, struct net_device *dev,
			  struct netdev_queue *txq)
{
	int rc = NET_XMIT_SUCCESS;

	spin_lock(&q->lock);
	if (unlikely(q->deactivated)) {
		q->stats.drops++;
		spin_unlock(&q->lock);
		kfree_skb_reason(skb, SKB_DROP_REASON_DEV_READY);
		return NET_XMIT_DROP;
	}
	if (q->can_bypass && !q->stats.qlen && qdisc_run_begin(q)) {
		q->stats.packets++;
		q->stats.bytes += skb->len;
		if (sch_direct_xmit(skb, q, dev, txq))
			__qdisc_run(q);
		q->running = false;
	} else {
		rc = qdisc_enqueue(skb, q);
		if (qdisc_run_begin(q)) {
			__qdisc_run(q);
			q->running = false;
		}
	}
	spin_unlock(&q->lock);

	return rc;
}

/* It waits longer than this run: a borrowed reference to its route becomes real. */
static int qdisc_enqueue(struct sk_buff *skb, struct Qdisc *q)
{
	skb_dst_force(skb);
	return q->ops->enqueue(skb, q);
}

/*
 * Hand @skb to the device; q->lock is held on entry and exit and let go in between, q->running
 * keeps others out. Returns how many packets wait that the device would take.
 */
int sch_direct_xmit(struct sk_buff *skb, struct Qdisc *q, struct net_device *dev,
		    struct netdev_queue *txq)
{
	int ret = NETDEV_TX_BUSY;

	spin_unlock(&q->lock);
	HARD_TX_LOCK(dev, txq, this_vcpu()->id);
	if (likely(!netif_xmit_frozen_or_stopped(txq)))
		ret = dev_hard_start_xmit(skb, dev, txq);
	HARD_TX_UNLOCK(dev, txq);
	spin_lock(&q->lock);
	if (unlikely(ret == NETDEV_TX_BUSY)) {
		dev_requeue_skb(skb, q);
		return 0;
	}
	return netif_xmit_frozen_or_stopped(txq) ? 0 : (int)q->stats.qlen;
}

void __qdisc_run(struct Qdisc *q)
{
	int quota = QDISC_QUOTA;

	while (qdisc_restart(q)) {
		if (--quota <= 0) {
			__netif_schedule(q);
			break;
		}
	}
}

/* Send one packet; true when there are more. */
static bool qdisc_restart(struct Qdisc *q)
{
	struct sk_buff *skb = dequeue_skb(q);
	struct trace_work w;
	bool more;

	if (!skb)
		return false;
	w = packet_trace_resume(skb);
	more = sch_direct_xmit(skb, q, q->dev_queue->dev, q->dev_queue) > 0;
	trace_work_restore(w);

	return more;
}

static struct sk_buff *dequeue_skb(struct Qdisc *q)
{
	struct sk_buff *skb = q->gso_skb;

	if (netif_xmit_frozen_or_stopped(q->dev_queue))
		return NULL;
	if (unlikely(skb)) {
		q->gso_skb = NULL; /* counted in packets and bytes when it first left */
	} else {
		skb = q->ops->dequeue(q);
		if (!skb)
			return NULL;
		q->stats.packets++;
		q->stats.bytes += skb->len;
	}
	q->stats.qlen--;
	q->stats.backlog -= skb->len;
	ledger_unhold(skb);

	return skb;
}

static void dev_requeue_skb(struct sk_buff *skb, struct Qdisc *q)
{
	if (unlikely(q->deactivated)) { /* the device went down while we were inside it */
		q->stats.drops++;
		kfree_skb_reason(skb, SKB_DROP_REASON_QUEUE_PURGE);
		return;
	}
	skb_dst_force(skb);
	ledger_hold(skb, HELD_QDISC);
	q->gso_skb = skb;
	q->stats.requeues++;
	q->stats.qlen++;
	q->stats.backlog += skb->len;
	__netif_schedule(q);
}

/* NET_TX: the device has room again, or a quota ran out. */
static void qdisc_run_queue(struct Qdisc *q)
{
	spin_lock(&q->lock);
	if (!q->deactivated && qdisc_run_begin(q)) {
		__qdisc_run(q);
		q->running = false;
	}
	spin_unlock(&q->lock);
}

/* --- devices come up and go down --- */

static int dev_attach_qdiscs(struct net_device *dev)
{
	for (unsigned i = 0; i < dev->num_tx_queues; i++) {
		struct netdev_queue *txq = netdev_get_tx_queue(dev, i);
		struct Qdisc *q = txq->qdisc;

		if (q) {
			WRITE_ONCE(q->deactivated, false);
			continue;
		}
		q = qdisc_create_dflt(dev, txq);
		if (!q) {
			dev_detach_qdiscs(dev);
			return -ENOMEM;
		}
		rcu_assign_pointer(txq->qdisc, q);
	}
	rcu_assign_pointer(dev->qdisc, netdev_get_tx_queue(dev, 0)->qdisc);

	return 0;
}

static struct Qdisc *qdisc_create_dflt(struct net_device *dev, struct netdev_queue *txq)
{
	struct net *net = dev_net(dev);
	const struct netns_sched *s = container_of(net->sched, const struct netns_sched, ops);
	const struct Qdisc_ops *ops = dev->tx_queue_len ? s->default_qdisc : &noqueue_qdisc_ops;
	struct Qdisc *q = kzalloc(&net->m, sizeof(*q) + ops->priv_size);

	if (!q)
		return NULL;
	q->ops = ops;
	q->net = net;
	q->dev_queue = txq;
	spin_lock_init(&q->lock);
	if (ops->init(q)) {
		kfree(&net->m, q);
		return NULL;
	}
	return q;
}

/* No packet is queued, running or scheduled when this returns, and none will be. */
static void dev_deactivate(struct net_device *dev)
{
	struct machine *m = &dev_net(dev)->m;

	for (unsigned i = 0; i < dev->num_tx_queues; i++) {
		struct Qdisc *q = netdev_get_tx_queue(dev, i)->qdisc;

		if (!q)
			continue;
		spin_lock(&q->lock);
		q->deactivated = true;
		spin_unlock(&q->lock);
	}
	smp_call_all(m, dev_unschedule_local, dev);
	smp_call(m, 0, dev_reset_local, dev);
}

/* Inside each vCPU in turn: take the device's qdiscs off the list that NET_TX works on. */
static void dev_unschedule_local(void *arg)
{
	const struct net_device *dev = arg;
	struct softnet_data *sd = this_softnet();
	struct Qdisc **link = &sd->output_queue, *q;

	while ((q = *link)) {
		if (q->dev_queue->dev == dev) {
			*link = q->next_sched;
			q->next_sched = NULL;
			qdisc_set_scheduled(q, false);
		} else {
			link = &q->next_sched;
		}
	}
}

static void dev_reset_local(void *arg)
{
	struct net_device *dev = arg;

	for (unsigned i = 0; i < dev->num_tx_queues; i++) {
		struct Qdisc *q = netdev_get_tx_queue(dev, i)->qdisc;

		if (!q)
			continue;
		spin_lock(&q->lock);
		qdisc_reset(q);
		spin_unlock(&q->lock);
	}
}

static void qdisc_reset(struct Qdisc *q)
{
	if (q->gso_skb) {
		ledger_unhold(q->gso_skb);
		kfree_skb_reason(q->gso_skb, SKB_DROP_REASON_QUEUE_PURGE);
		q->gso_skb = NULL;
	}
	if (q->ops->reset)
		q->ops->reset(q);
	q->stats.qlen = 0;
	q->stats.backlog = 0;
}

static void dev_detach_qdiscs(struct net_device *dev)
{
	rcu_assign_pointer(dev->qdisc, NULL);
	for (unsigned i = 0; i < dev->num_tx_queues; i++) {
		struct netdev_queue *txq = netdev_get_tx_queue(dev, i);
		struct Qdisc *q = txq->qdisc;

		if (!q)
			continue;
		rcu_assign_pointer(txq->qdisc, NULL);
		call_rcu(&dev_net(dev)->m, &q->rcu, qdisc_free);
	}
}

static void qdisc_free(struct rcu_head *head)
{
	struct Qdisc *q = container_of(head, struct Qdisc, rcu);

	BUG_ON(q->stats.qlen);
	kfree(&q->net->m, q);
}

static bool qdisc_has_queue(const struct Qdisc *q)
{
	return !q->noqueue;
}

static struct Qdisc *qdisc_next_scheduled(struct Qdisc *q, struct Qdisc *set_next, bool set)
{
	struct Qdisc *next = q->next_sched;

	if (set)
		q->next_sched = set_next;
	return next;
}

static bool qdisc_set_scheduled(struct Qdisc *q, bool on)
{
	return __atomic_exchange_n(&q->scheduled, on, __ATOMIC_SEQ_CST);
}

/* --- files --- */

static int qdisc_seq_show(struct seq_file *m, void *data)
{
	struct net *net = data;
	struct net_device *dev;

	seq_puts(m, "Interface Queue Kind         Limit        Bytes    Packets    Dropped"
		    " Overlimits   Requeues    Backlog       Qlen\n");
	for_each_netdev(net, dev) {
		for (unsigned i = 0; i < dev->num_tx_queues; i++) {
			const struct Qdisc *q = netdev_get_tx_queue(dev, i)->qdisc;

			if (!q)
				continue;
			seq_printf(m, "%-9s %5u %-10s %7u %12llu %10llu %10u %10u %10u %10u %10u\n",
				   dev->name, i, q->ops->id,
				   q->limit ? q->limit : dev->tx_queue_len,
				   (unsigned long long)q->stats.bytes,
				   (unsigned long long)q->stats.packets, q->stats.drops,
				   q->stats.overlimits, q->stats.requeues, q->stats.backlog,
				   q->stats.qlen);
		}
	}
	return 0;
}

static int proc_default_qdisc(struct ctl_call *call)
{
	static const struct Qdisc_ops *const known[] = { &pfifo_fast_ops, &pfifo_qdisc_ops };
	const struct Qdisc_ops **value = call->data;
	size_t len = call->len;

	if (call->out) {
		seq_printf(call->out, "%s\n", (*value)->id);
		return 0;
	}
	while (len && (call->in[len - 1] == '\n' || call->in[len - 1] == ' '))
		len--;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (strlen(known[i]->id) == len && !memcmp(known[i]->id, call->in, len)) {
			*value = known[i];
			return 0;
		}
	}
	return extack_fail(call->err, -ENOENT, "no such qdisc (pfifo_fast, pfifo)");
}

static const struct proc_ops qdisc_proc_ops = { .show = qdisc_seq_show };

static const struct ctl_table sched_table[] = {
	{ .procname = "default_qdisc", CTL_FIELD(struct netns_sched, default_qdisc), .mode = 0644,
	  .proc_handler = proc_default_qdisc, .def = "pfifo_fast",
	  .doc = "queueing discipline (pfifo_fast, pfifo) of devices that first come up from now on" },
};

static const char *qdisc_id(const struct Qdisc *q)
{
	return q->ops->id;
}

static const struct sched_ops sched_generic_ops = {
	.attach = dev_attach_qdiscs,
	.deactivate = dev_deactivate,
	.detach = dev_detach_qdiscs,
	.xmit = __dev_xmit_skb,
	.run = qdisc_run_queue,
	.has_queue = qdisc_has_queue,
	.next_scheduled = qdisc_next_scheduled,
	.set_scheduled = qdisc_set_scheduled,
	.id = qdisc_id,
};

int sched_init(struct net *net)
{
	struct netns_sched *s = kzalloc(&net->m, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->ops = sched_generic_ops;
	s->net = net;
	s->default_qdisc = &pfifo_fast_ops;
	net->sched = &s->ops;
	s->hdr = register_net_sysctl(&net->vfs, "net/core", sched_table, ARRAY_SIZE(sched_table), s,
				     net);
	if (!s->hdr || !proc_create(&net->vfs, "/proc/net/qdisc", 0444, &qdisc_proc_ops, net)) {
		sched_exit(net);
		return -ENOMEM;
	}
	return 0;
}

void sched_exit(struct net *net)
{
	struct netns_sched *s;

	if (!net->sched)
		return;
	s = (struct netns_sched *)(uintptr_t)container_of(net->sched, const struct netns_sched,
							  ops);
	proc_remove_path(&net->vfs, "/proc/net/qdisc");
	unregister_net_sysctl_table(s->hdr);
	net->sched = NULL;
	kfree(&net->m, s);
}
