/* SPDX-License-Identifier: MIT */
/*
 * dev_watchdog.c - a transmit queue that stays stopped: said, counted, reset
 *
 * On the walk: netif_tx_stop_queue() arms a timer on vCPU 0, which runs while a queue is stopped:
 * run_timer_softirq() > dev_watchdog() > ndo_tx_timeout. Linux lets it run as long as the device is
 * up; here an idle machine shall sleep.
 * Owns: the timer of each device. Threads: up and down RTNL; the timer in the softirq of vCPU 0, so
 * ndo_tx_timeout runs there and not under RTNL: it may touch what its queues' locks cover. Mirrors:
 * net/sched/sch_generic.c.
 */
#define LOG_SUBSYS "net"
#include "core/dev.h"
#include "core/net.h"
#include "kernel/smp.h"

#define WATCHDOG_SECONDS 5
#define WATCHDOG_CPU 0

static void dev_watchdog(struct ktimer *t);
static void watchdog_cancel(void *arg);

void dev_watchdog_init(struct net_device *dev)
{
	ktimer_setup(&dev->watchdog_timer, dev_watchdog, dev_net(dev)->m.cpu[WATCHDOG_CPU]);
}

void dev_watchdog_up(struct net_device *dev)
{
	if (!dev->netdev_ops->ndo_tx_timeout)
		return;
	if (dev->watchdog_timeo <= 0)
		dev->watchdog_timeo = WATCHDOG_SECONDS * (int)dev_net(dev)->m.hz;
}

void dev_watchdog_watch(struct net_device *dev)
{
	if (dev->netdev_ops->ndo_tx_timeout && netif_running(dev) && !timer_pending(&dev->watchdog_timer))
		mod_timer(&dev->watchdog_timer, jiffies_now() + (unsigned long)dev->watchdog_timeo);
}

void dev_watchdog_down(struct net_device *dev)
{
	if (dev->netdev_ops->ndo_tx_timeout)
		smp_call(&dev_net(dev)->m, WATCHDOG_CPU, watchdog_cancel, dev);
}

static void watchdog_cancel(void *arg)
{
	struct net_device *dev = arg;

	del_timer_sync(&dev->watchdog_timer);
}

static void dev_watchdog(struct ktimer *t)
{
	struct net_device *dev = container_of(t, struct net_device, watchdog_timer);
	unsigned long timeo = (unsigned long)dev->watchdog_timeo, next = 0;
	bool timed_out = false;

	if (!netif_running(dev))
		return;
	for (unsigned i = 0; i < dev->real_num_tx_queues; i++) {
		struct netdev_queue *txq = netdev_get_tx_queue(dev, i);
		unsigned long due = READ_ONCE(txq->trans_start) + timeo + 1;

		if (!netif_tx_queue_stopped(txq))
			continue;
		if (timed_out || !netif_carrier_ok(dev) || time_before(jiffies_now(), due)) {
			if (!next || time_before(due, next))
				next = due;
			continue;
		}
		timed_out = true;
		txq->trans_timeout++;
		WRITE_ONCE(dev->tx_timeouts, dev->tx_timeouts + 1);
		if (net_ratelimit())
			pr_err(net_log(dev_net(dev)),
			       "NETDEV WATCHDOG: %s (%s): transmit queue %u timed out", dev->name,
			       dev->driver ? dev->driver : "", i);
		dev->netdev_ops->ndo_tx_timeout(dev);
		next = jiffies_now() + timeo;
	}
	if (next) /* a queue was stopped: look again */
		mod_timer(t, time_after(next, jiffies_now()) ? next : jiffies_now() + timeo);
}
