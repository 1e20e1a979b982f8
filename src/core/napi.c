/* SPDX-License-Identifier: MIT */
/*
 * napi.c - polling instead of interrupts: NET_RX softirq and the instances it polls
 *
 * On the walk: a driver's interrupt handler calls napi_schedule() > __napi_schedule();
 * __do_softirq() calls net_rx_action(), which calls each instance's poll; the poll calls
 * napi_complete() when it found less than its weight.
 * The rules are those of Linux 3.13, exactly: both limits (netdev_budget frames, two jiffies) are
 * looked at before a poll, so the last one may overshoot; a poll that used its whole weight goes to
 * the end of the list, any other stays where it is until it completes; what is left counts one
 * time_squeeze and raises the softirq again.
 * Owns: nothing; an instance lies in its driver, on at most one CPU's poll list.
 * Threads: poll lists by the vCPU; add, del, enable and disable RTNL. The clock is read after each
 * poll (a listed point).
 * Refuses: a poll that breaks the contract is warned of once, and counted. Mirrors: net/core/dev.c
 * of Linux 3.13.
 */
#define LOG_SUBSYS "napi"
#include "core/gro.h"
#include "core/net.h"
#include "core/trace_events.h"
#include "kernel/smp.h"
#include "kernel/softirq.h"

static int napi_poll_one(struct net *net, struct napi_struct *n);
static void napi_after_full_poll(struct softnet_data *sd, struct net *net, struct napi_struct *n);
static void napi_mark_disabled(void *arg);
static void napi_purge_local(void *arg);

/* Append to this CPU's list; the caller won the SCHED bit. */
static __always_inline void ____napi_schedule(struct softnet_data *sd, struct napi_struct *napi)
{
	napi->vcpu = sd->vcpu;
	list_add_tail(&napi->poll_list, &sd->poll_list);
	__raise_softirq_irqoff(NET_RX_SOFTIRQ);
}

void napi_schedule(struct napi_struct *napi)
{
	if (napi_schedule_prep(napi))
		__napi_schedule(napi);
}

void __napi_schedule(struct napi_struct *napi)
{
	____napi_schedule(this_softnet(), napi);
}

void net_rx_action(struct vcpu *v)
{
	struct softnet_data *sd = this_softnet();
	struct net *net = vcpu_net(v);
	unsigned long time_limit = v->jiffies + 2;
	int budget = READ_ONCE(net->core.sysctl_netdev_budget);

	while (!list_empty(&sd->poll_list)) {
		struct napi_struct *n;
		int weight, work;

		if (unlikely(budget <= 0 || time_after_eq(v->jiffies, time_limit))) {
			sd->time_squeeze++;
			__raise_softirq_irqoff(NET_RX_SOFTIRQ);
			break;
		}
		n = list_first_entry(&sd->poll_list, struct napi_struct, poll_list);
		weight = n->weight; /* before the poll: that of the backlog changes in it */
		work = napi_poll_one(net, n);
		vcpu_update_time(v);
		budget -= work;
		if (work == weight)
			napi_after_full_poll(sd, net, n);
	}
	net_rps_action_and_irq_enable(sd);
}

static int napi_poll_one(struct net *net, struct napi_struct *n)
{
	unsigned long completes = n->completes;
	int weight = n->weight, work = 0;

	if (n->state & (1ul << NAPI_STATE_SCHED)) {
		work = n->poll(n, weight);
		n->polls++;
		n->work += (unsigned long)work;
		trace_napi_poll(n, work, weight);
	}
	if (unlikely(work > weight)) {
		n->over_weight++;
		WARN_ONCE(net_log(net), true, "%s: poll did %d, more than its weight %d",
			  n->dev ? n->dev->name : "backlog", work, weight);
	} else if (unlikely(work < weight && completes == n->completes)) {
		WARN_ONCE(net_log(net), true, "%s: poll did %d of %d and did not complete",
			  n->dev ? n->dev->name : "backlog", work, weight);
	}

	return work;
}

static void napi_after_full_poll(struct softnet_data *sd, struct net *net, struct napi_struct *n)
{
	if (unlikely(!(n->state & (1ul << NAPI_STATE_SCHED)))) {
		/* It is on no list any more: must not be moved. */
		WARN_ONCE(net_log(net), true, "%s: poll used its weight and completed",
			  n->dev ? n->dev->name : "backlog");
	} else if (unlikely(napi_disable_pending(n))) {
		napi_complete(n);
	} else {
		/* With short jiffies what it holds may wait for the next poll; else it would wait too long. */
		if (n->gro_list)
			napi_gro_flush(n, net->m.hz >= 1000);
		list_move_tail(&n->poll_list, &sd->poll_list);
	}
}

void napi_complete(struct napi_struct *napi)
{
	if (unlikely(napi->state & (1ul << NAPI_STATE_NPSVC)))
		return;
	napi_gro_flush(napi, false);
	__napi_complete(napi);
}

void __napi_complete(struct napi_struct *napi)
{
	BUG_ON(!(napi->state & (1ul << NAPI_STATE_SCHED)));
	list_del_init(&napi->poll_list);
	napi->completes++;
	napi->state &= ~(1ul << NAPI_STATE_SCHED);
}

/* Runs on a CPU whose backlog another one has filled: the IPI of RPS. */
static void rps_trigger_softirq(void *arg)
{
	struct softnet_data *sd = arg;

	____napi_schedule(sd, &sd->backlog);
	sd->received_rps++;
}

void net_rps_action_and_irq_enable(struct softnet_data *sd)
{
	struct softnet_data *remsd = sd->rps_ipi_list, *next;

	if (likely(!remsd))
		return;
	sd->rps_ipi_list = NULL;
	for (; remsd; remsd = next) {
		next = remsd->rps_ipi_next; /* free for its next use as soon as it is told */
		remsd->rps_work = (struct smp_work){ .fn = rps_trigger_softirq, .arg = remsd };
		smp_call_async(remsd->vcpu->m, remsd->vcpu->id, &remsd->rps_work);
	}
}

/* ---- control ---- */

void netif_napi_add(struct net_device *dev, struct napi_struct *napi,
		    int (*poll)(struct napi_struct *, int), int weight)
{
	struct net *net = dev_net(dev);

	INIT_LIST_HEAD(&napi->poll_list);
	napi->poll = poll;
	napi->weight = weight;
	napi->dev = dev;
	napi->napi_id = ++net->next_napi_id;
	napi->vcpu = NULL;
	napi->polls = napi->work = napi->completes = 0;
	napi->over_weight = 0;
	napi->gro_list = NULL;
	napi->gro_count = 0;
	napi->gro = (struct gro_stats){ .held = 0 };
	WRITE_ONCE(napi->state, 1ul << NAPI_STATE_SCHED); /* disabled until napi_enable() */
	list_add_tail_rcu(&napi->dev_list, &dev->napi_list);
}

void netif_napi_del(struct napi_struct *napi)
{
	list_del_rcu(&napi->dev_list);
	BUG_ON(!list_empty(&napi->poll_list));
}

void napi_enable(struct napi_struct *napi)
{
	BUG_ON(!(READ_ONCE(napi->state) & (1ul << NAPI_STATE_SCHED)));
	__atomic_store_n(&napi->state, 0, __ATOMIC_RELEASE);
}

void napi_disable(struct napi_struct *napi)
{
	struct net *net = dev_net(napi->dev);

	/* A poll that is under way, or that comes before the stop, is the last. */
	if (napi->vcpu)
		smp_call(&net->m, napi->vcpu->id, napi_mark_disabled, napi);
	smp_stop(&net->m);
	if (!list_empty(&napi->poll_list))
		list_del_init(&napi->poll_list);
	napi->state = 1ul << NAPI_STATE_SCHED;
	smp_start(&net->m);
	if (napi->gro_list)
		smp_call(&net->m, napi->vcpu->id, napi_purge_local, napi);
}

static void napi_mark_disabled(void *arg)
{
	struct napi_struct *napi = arg;

	napi->state |= 1ul << NAPI_STATE_DISABLE;
}

static void napi_purge_local(void *arg)
{
	napi_gro_purge(arg);
}
