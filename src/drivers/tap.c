/* SPDX-License-Identifier: MIT */
/*
 * tap.c - a TAP interface of the host as network card
 *
 * Theory of operation
 *   Receive: the descriptor is readable, the host raises the vector | do_IRQ > tap_intr: mask,
 *   napi_schedule | net_rx_action > tap_poll > tap_clean_tx, tap_clean_rx > read() straight into an
 *   skb > eth_type_trans, napi_gro_receive; then napi_complete, tap_irq_enable (unmask). The line
 *   is level triggered: what was left unread raises it again.
 *   While frames come singly, a poll reads one and does not ask for another: a round trip costs one
 *   read, one write and one wait. Two interrupts within TAP_BUSY_NS are a reason to try a second
 *   read, ever more rarely while that finds nothing; a poll that found two or more reads on until
 *   the descriptor is empty or its budget is used up.
 *   Transmit: dev_hard_start_xmit > tap_xmit > write(). The skb goes to the queue's done list and
 *   is freed by tap_poll > tap_clean_tx > dev_kfree_skb_any (from another vCPU: dev_kfree_skb_irq).
 *   EAGAIN stops the queue and gives the packet back; a timer tries again after a jiffy.
 *   Descriptor gone (EBADFD, ENODEV, end of file ...): reported once, carrier off, no more reading
 *   or writing until the device goes down and up. EIO on a write: the host's side is down; counted.
 *   Owns: the descriptors from ndo_open to ndo_stop, one prepared skb a queue, the done list.
 *   Threads: handler, poll, itr timer the queue's vCPU; tap_xmit any vCPU under the transmit
 *   queue's lock, which also guards the done list; the rest RTNL. The host has SIGPIPE ignored.
 *   With vnet_hdr=on each frame has an offload header: tap_vnet.c.
 *   System calls: read and write, nowhere else than in these two files. Log on the packet path: the report above.
 *   Refuses: frames below 14 bytes and longer than max(MTU, 1500) + 18 bytes, unknown options.
 *   Counters (summed over queues): see tap_stats at the end of this file.
 *   Mirrors: the shape of e1000_main.c; the other end is drivers/net/tun.c of the host.
 */
#define LOG_SUBSYS "tap"
#include "drivers/tap.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "core/tstamp.h"
#include "drivers/tapqueue.h"

#define TAP_MAX_MTU 65521
#define TAP_WATCHDOG_S 5
#define TAP_BUSY_NS 20000 /* interrupts closer than this: more may be waiting */
#define TAP_PROBE_MAX 63  /* polls between two second reads that find nothing */

static irqreturn_t tap_intr(int irq, void *data);
static int tap_poll(struct napi_struct *napi, int budget);
static void tap_clean_tx(struct tap_queue *q);
static int tap_clean_rx(struct tap_queue *q, int budget);
static bool tap_vnet_receive(struct tap_queue *q, struct sk_buff *skb, unsigned len, unsigned max_frame);
static int tap_rx_limit(struct tap_queue *q, int budget);
static void tap_rx_learn(struct tap_queue *q, int limit, int work);
static int tap_read_frame(struct tap_queue *q, unsigned max_frame);
static bool tap_alloc_rx_buffer(struct tap_queue *q, unsigned size);
static void tap_irq_enable(struct tap_queue *q);
static void tap_itr_expired(struct ktimer *t);
static netdev_tx_t tap_xmit(struct sk_buff *skb, struct net_device *dev);
static netdev_tx_t tap_xmit_failed(struct tap_queue *q, struct sk_buff *skb, ssize_t n);
static void tap_tx_retry(struct ktimer *t);
static void tap_gone(struct tap *tap, int error);
static int tap_probe(struct net *net, const char *rest, const struct nif_options *opts,
		     struct net_device **ret_dev, struct extack *err);
static void tap_setup_queues(struct tap *tap);
static int tap_open(struct net_device *dev);
static int tap_open_queue(struct tap_queue *q);
static int tap_stop(struct net_device *dev);
static void tap_close_queue(struct tap_queue *q);
static void tap_del_timer_local(void *arg);
static void tap_purge_local(void *arg);
static void tap_destructor(struct net_device *dev);
static void tap_set_rx_mode(struct net_device *dev);
static int tap_set_mac(struct net_device *dev, const void *addr);
static void tap_tx_timeout(struct net_device *dev);
static void tap_get_stats64(struct net_device *dev, struct net_device_stats *stats);
static uint64_t tap_get_stat(const struct net_device *dev, const struct nif_stat *stat);

#define TAP_OPS(X)                                     \
	X(ndo_open, tap_open)                          \
	X(ndo_stop, tap_stop)                          \
	X(ndo_start_xmit, tap_xmit)                    \
	X(ndo_set_rx_mode, tap_set_rx_mode)            \
	X(ndo_set_mac_address, tap_set_mac)            \
	X(ndo_validate_addr, eth_validate_addr)        \
	X(ndo_tx_timeout, tap_tx_timeout)              \
	X(ndo_get_stats64, tap_get_stats64)
DEFINE_NETDEV_OPS(tap_netdev_ops, TAP_OPS);

/* --- receive --- */

static irqreturn_t tap_intr(int irq, void *data)
{
	struct tap_queue *q = data;

	q->stats.interrupts++;
	q->rx_event = true;
	q->last_irq = this_vcpu()->now;
	irq_mask(tap_machine(q), irq);
	napi_schedule(&q->napi);

	return IRQ_HANDLED;
}

static int tap_poll(struct napi_struct *napi, int budget)
{
	struct tap_queue *q = container_of(napi, struct tap_queue, napi);
	int work = 0;

	if (!skb_queue_empty(&q->tx_done))
		tap_clean_tx(q);
	if (q->rx_event)
		work = tap_clean_rx(q, budget);
	if (work >= budget)
		return budget;
	if (!skb_queue_empty(&q->tx_done)) /* answers that went out meanwhile */
		tap_clean_tx(q);
	napi_complete(napi);
	if (q->rx_event) {
		q->rx_event = false;
		tap_irq_enable(q);
	}
	return work;
}

static void tap_clean_tx(struct tap_queue *q)
{
	struct netdev_queue *txq = tap_txq(q);
	struct sk_buff *done = NULL, **last = &done, *skb;

	__netif_tx_lock(txq, this_vcpu()->id);
	for (; !skb_queue_empty(&q->tx_done); last = &(*last)->next)
		*last = __skb_dequeue(&q->tx_done);
	__netif_tx_unlock(txq);
	while ((skb = done)) {
		done = skb->next;
		skb->next = NULL;
		q->stats.tx_completed++;
		packet_trace_switch(skb);
		dev_kfree_skb_any(skb);
	}
	packet_trace_end();
}

static int tap_clean_rx(struct tap_queue *q, int budget)
{
	struct net_device *dev = q->tap->dev;
	const struct rx_filter *filter = rcu_dereference(q->tap->filter);
	unsigned max_frame = max(READ_ONCE(dev->mtu), (unsigned)ETH_DATA_LEN) + TAP_OVERHEAD;
	int limit = tap_rx_limit(q, budget), work;
	unsigned bytes = 0;

	for (work = 0; work < limit && bytes < NIF_POLL_BYTES; work++) {
		struct sk_buff *skb;
		int len;

		packet_trace_rx_begin();
		len = tap_read_frame(q, max_frame);
		skb = q->rx_skb;
		if (len < 0)
			break;
		if (unlikely(!len)) /* taken and lost */
			continue;
		q->rx_skb = NULL;
		if (q->vnet) {
			bytes += (unsigned)len;
			if (tap_vnet_receive(q, skb, (unsigned)len, max_frame))
				nif_rx_frame(&q->napi, skb, filter, &q->stats.rx);
			continue;
		}
		if (unlikely((unsigned)len > max_frame)) {
			skb_put(skb, max_frame);
			nif_rx_truncated(&q->napi, skb, &q->stats.rx);
			continue;
		}
		skb_put(skb, (unsigned)len);
		/* charged for the frame that came, as by tun.c, not for its slot */
		skb->truesize = skb_truesize((unsigned)len + NET_SKB_PAD + NET_IP_ALIGN);
		nif_rx_frame(&q->napi, skb, filter, &q->stats.rx);
	}
	packet_trace_end();
	tap_rx_learn(q, limit, work);

	return work;
}

/* With an offload header: true, or @skb is gone. */
static bool tap_vnet_receive(struct tap_queue *q, struct sk_buff *skb, unsigned len, unsigned max_frame)
{
	bool fits = len <= max_frame || tap_vnet_is_gso(q);

	skb_put(skb, fits ? len : max_frame);
	if (unlikely(!fits)) {
		nif_rx_truncated(&q->napi, skb, &q->stats.rx);
		return false;
	}
	skb->truesize = nif_rx_truesize(len);
	if (likely(tap_vnet_offload(q, skb)))
		return true;
	q->stats.rx_bad_offload++;
	nif_rx_bad_offload(&q->napi, skb);

	return false;
}

/* How many frames to read: one while they come singly. */
static int tap_rx_limit(struct tap_queue *q, int budget)
{
	uint64_t gap = q->last_irq - q->last_poll;

	q->last_poll = this_vcpu()->now;
	if (q->busy || READ_ONCE(q->tap->itr_ns)) /* throttled: the next chance is far */
		return budget;
	if (gap > TAP_BUSY_NS) {
		q->probe_wait = q->probe_count = 0;
		return 1;
	}
	if (q->probe_count < q->probe_wait) {
		q->probe_count++;
		return 1;
	}
	q->stats.probes++;

	return budget;
}

static void tap_rx_learn(struct tap_queue *q, int limit, int work)
{
	if (!q->busy && limit > 1 && work <= 1) {
		q->probe_wait = min(2 * q->probe_wait + 1, (unsigned)TAP_PROBE_MAX);
		q->probe_count = 0;
	} else if (work > 1) {
		q->probe_wait = q->probe_count = 0;
	}
	q->busy = work > 1;
}

/*
 * Read one frame into q->rx_skb. Returns its length, which is max_frame + 1 when it did not fit,
 * 0 when there was no buffer for it, -1 when there is none.
 */
static int tap_read_frame(struct tap_queue *q, unsigned max_frame)
{
	ssize_t n;

	if (unlikely(READ_ONCE(q->tap->gone)))
		return -1;
	if (q->vnet)
		return tap_vnet_read(q, max_frame);
	if (unlikely(!tap_alloc_rx_buffer(q, max_frame + 1)))
		return tap_read_away(q);
	q->stats.reads++;
	n = read(q->fd, q->rx_skb->data, max_frame + 1);
	if (likely(n > 0))
		return (int)n;

	return tap_read_error(q, n);
}

/* One byte more than the longest frame, so that a longer one shows. */
static bool tap_alloc_rx_buffer(struct tap_queue *q, unsigned size)
{
	if (q->rx_skb && likely(q->rx_size == size))
		return true;
	if (q->rx_skb)
		consume_skb(q->rx_skb);
	q->rx_skb = __netdev_alloc_skb(q->tap->dev, size);
	q->rx_size = size;

	return q->rx_skb;
}

/* No memory. Left unread, the frame would raise the line for ever. */
int tap_read_away(struct tap_queue *q)
{
	char byte;
	ssize_t n = read(q->fd, &byte, sizeof(byte));

	q->stats.reads++;
	if (n <= 0)
		return tap_read_error(q, n);
	nif_rx_nomem(&q->napi, &q->stats.rx);

	return 0;
}

int tap_read_error(struct tap_queue *q, ssize_t n)
{
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		q->stats.empty_reads++;
	else
		tap_gone(q->tap, n < 0 ? errno : ENODEV);

	return -1;
}

/* Let the line speak again, but not sooner than the throttle allows. */
static void tap_irq_enable(struct tap_queue *q)
{
	struct machine *m = tap_machine(q);
	uint64_t itr_ns = READ_ONCE(q->tap->itr_ns), next = q->last_irq + itr_ns;

	if (unlikely(READ_ONCE(q->tap->gone)))
		return;
	if (itr_ns && this_vcpu()->now < next)
		mod_timer(&q->itr_timer, machine_jiffies(m, next + m->tick_ns - 1));
	else
		irq_unmask(m, q->irq);
}

static void tap_itr_expired(struct ktimer *t)
{
	struct tap_queue *q = container_of(t, struct tap_queue, itr_timer);

	if (!READ_ONCE(q->tap->gone))
		irq_unmask(tap_machine(q), q->irq);
}

/* --- transmit --- */

static netdev_tx_t tap_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct tap *tap = netdev_priv(dev);
	struct tap_queue *q = &tap->q[skb->queue_mapping];
	struct net_device_stats *stats = this_dev_stats(dev);
	ssize_t n;

	skb_tx_timestamp(skb);
	if (skb->len < ETH_ZLEN) {
		unsigned pad = ETH_ZLEN - skb->len;

		if (unlikely(skb_pad(skb, pad))) {
			stats->tx_dropped++;
			return NETDEV_TX_OK;
		}
		__skb_put(skb, pad);
	}
	if (unlikely(READ_ONCE(tap->gone))) {
		stats->tx_errors++;
		stats->tx_carrier_errors++;
		kfree_skb_reason(skb, SKB_DROP_REASON_DEV_TX_ERROR);
		return NETDEV_TX_OK;
	}
	do {
		n = q->vnet ? tap_vnet_write(q, skb) : write(q->fd, skb->data, skb->len);
	} while (unlikely(n < 0 && errno == EINTR));
	if (unlikely(n != (ssize_t)skb->len))
		return tap_xmit_failed(q, skb, n);
	stats->tx_packets++;
	stats->tx_bytes += skb->len;
	if (unlikely(irq_cpu(tap_machine(q), q->irq) != this_vcpu())) {
		dev_kfree_skb_irq(skb);
		return NETDEV_TX_OK;
	}
	__skb_queue_tail(&q->tx_done, skb);
	napi_schedule(&q->napi);

	return NETDEV_TX_OK;
}

static netdev_tx_t tap_xmit_failed(struct tap_queue *q, struct sk_buff *skb, ssize_t n)
{
	struct net_device_stats *stats = this_dev_stats(q->tap->dev);
	int error = n < 0 ? errno : EMSGSIZE;

	if (error == EAGAIN || error == ENOBUFS) {
		q->stats.tx_busy++;
		netif_tx_stop_queue(tap_txq(q));
		mod_timer(&q->tx_timer, jiffies_now() + 1);
		return NETDEV_TX_BUSY;
	}
	stats->tx_errors++;
	if (error == EIO) {
		q->stats.tx_link_down++;
		stats->tx_carrier_errors++;
	} else if (error == EMSGSIZE || error == EINVAL) {
		q->stats.tx_refused++;
		stats->tx_aborted_errors++;
	} else {
		stats->tx_carrier_errors++;
		tap_gone(q->tap, error);
	}
	kfree_skb_reason(skb, SKB_DROP_REASON_DEV_TX_ERROR);

	return NETDEV_TX_OK;
}

static void tap_tx_retry(struct ktimer *t)
{
	struct tap_queue *q = container_of(t, struct tap_queue, tx_timer);

	q->stats.tx_retries++;
	netif_tx_wake_queue(tap_txq(q));
}

/* The descriptor is of no use any more. The device stays, without carrier, until it is put down. */
static void tap_gone(struct tap *tap, int error)
{
	if (__atomic_exchange_n(&tap->gone, true, __ATOMIC_SEQ_CST))
		return;
	pr_err(net_log(dev_net(tap->dev)), "%s: the host's side is gone: %s", tap->dev->name,
	       strerrordesc_np(error));
	netif_carrier_off(tap->dev);
}

/* --- set-up --- */

static int tap_probe(struct net *net, const char *rest, const struct nif_options *opts,
		     struct net_device **ret_dev, struct extack *err)
{
	static const char *const known[] = { "itr", "vnet_hdr", NULL };
	unsigned queues = opts->queues ? opts->queues : 1, itr = 0;
	char name[IFNAMSIZ];
	struct net_device *dev;
	struct tap *tap;
	bool vnet = false;
	int ret;

	if (nif_spec_first(rest, name, sizeof(name)))
		return extack_fail(err, -EINVAL, "tap:IFNAME wants an interface name");
	ret = nif_spec_check(rest, known, err);
	if (!ret)
		ret = nif_spec_uint(rest, "itr", 1000000, &itr, err);
	if (!ret)
		ret = nif_spec_onoff(rest, "vnet_hdr", &vnet, err);
	if (ret)
		return ret;
	if (!net->m.host->dev_open)
		return extack_fail(err, -EOPNOTSUPP, "this host opens no devices");
	dev = nif_alloc_etherdev(net, (int)(sizeof(*tap) + queues * sizeof(tap->q[0])), name, opts,
				 TAP_MAX_MTU, err);
	if (!dev)
		return -EINVAL;
	tap = netdev_priv(dev);
	tap->dev = dev;
	tap->want_vnet = vnet;
	tap->itr_ns = itr ? NSEC_PER_SEC / itr : 0;
	snprintf(tap->spec, sizeof(tap->spec), "tap:%s", name);
	dev->netdev_ops = &tap_netdev_ops;
	dev->ethtool_ops = &tap_ethtool_ops;
	dev->unicast_flt = true;
	dev->watchdog_timeo = (int)(TAP_WATCHDOG_S * net->m.hz);
	tap_setup_queues(tap);
	ret = nif_register(dev, &tap_driver, tap->spec, err);
	if (ret) {
		tap_destructor(dev);
		free_netdev(dev);
		return ret;
	}
	dev->destructor = tap_destructor;
	*ret_dev = dev;

	return 0;
}

static void tap_setup_queues(struct tap *tap)
{
	for (unsigned i = 0; i < tap->dev->num_rx_queues; i++) {
		struct tap_queue *q = &tap->q[i];

		q->tap = tap;
		q->index = i;
		q->fd = q->irq = -1;
		__skb_queue_head_init(&q->tx_done);
		ktimer_setup(&q->itr_timer, tap_itr_expired, NULL);
		ktimer_setup(&q->tx_timer, tap_tx_retry, NULL);
		netif_napi_add(tap->dev, &q->napi, tap_poll, NAPI_POLL_WEIGHT);
	}
}

static int tap_open(struct net_device *dev)
{
	struct tap *tap = netdev_priv(dev);
	unsigned i;
	int ret;

	WRITE_ONCE(tap->gone, false);
	for (i = 0; i < dev->num_rx_queues; i++) {
		ret = tap_open_queue(&tap->q[i]);
		if (ret)
			goto out_close;
	}
	netif_carrier_on(dev);
	netif_tx_start_all_queues(dev);

	return 0;

out_close:
	while (i--)
		tap_close_queue(&tap->q[i]);
	return ret;
}

/* Descriptor, NAPI, line, unmask: as a card does it. */
static int tap_open_queue(struct tap_queue *q)
{
	struct net_device *dev = q->tap->dev;
	struct machine *m = tap_machine(q);
	char name[32];
	int ret;

	q->fd = q->tap->want_vnet ? tap_vnet_open(q) : m->host->dev_open(m->host_ctx, q->tap->spec, q->index);
	if (q->fd < 0) {
		ret = q->fd;
		q->fd = -1;
		pr_err(net_log(dev_net(dev)), "%s: cannot open queue %u of %s: %s", dev->name,
		       q->index, q->tap->spec, strerrordesc_np(-ret));
		return ret;
	}
	q->rx_event = q->busy = false;
	q->probe_wait = q->probe_count = 0;
	q->last_poll = q->last_irq = 0;
	napi_enable(&q->napi);
	snprintf(name, sizeof(name), "%s-TxRx-%u", dev->name, q->index);
	ret = request_irq(m, tap_intr, name, q, q->index % m->nr_cpus);
	if (ret < 0) {
		napi_disable(&q->napi);
		tap_vnet_free(q);
		close(q->fd);
		q->fd = -1;
		return ret;
	}
	q->irq = ret;
	nif_line_set(dev_net(dev), (unsigned)q->irq, dev, q->index, q->fd);
	irq_unmask(m, q->irq);

	return 0;
}

static int tap_stop(struct net_device *dev)
{
	struct tap *tap = netdev_priv(dev);

	netif_tx_stop_all_queues(dev);
	for (unsigned i = 0; i < dev->num_rx_queues; i++)
		tap_close_queue(&tap->q[i]);

	return 0;
}

static void tap_close_queue(struct tap_queue *q)
{
	struct machine *m = tap_machine(q);
	unsigned cpu = irq_cpu(m, q->irq)->id;

	napi_disable(&q->napi);
	free_irq(m, q->irq); /* the host stops watching: the descriptor may go */
	nif_line_set(dev_net(q->tap->dev), (unsigned)q->irq, NULL, 0, -1);
	if (q->itr_timer.home)
		smp_call(m, q->itr_timer.home->id, tap_del_timer_local, &q->itr_timer);
	if (q->tx_timer.home)
		smp_call(m, q->tx_timer.home->id, tap_del_timer_local, &q->tx_timer);
	smp_call(m, cpu, tap_purge_local, q);
	close(q->fd);
	q->fd = q->irq = -1;
}

static void tap_del_timer_local(void *arg)
{
	del_timer_sync(arg);
}

/* What was sent is sent; the prepared buffer never was a packet. */
static void tap_purge_local(void *arg)
{
	struct tap_queue *q = arg;

	tap_clean_tx(q);
	if (q->rx_skb)
		consume_skb(q->rx_skb);
	q->rx_skb = NULL;
	tap_vnet_free(q);
}

static void tap_destructor(struct net_device *dev)
{
	struct tap *tap = netdev_priv(dev);

	rxfilter_clear(dev, &tap->filter);
	for (unsigned i = 0; i < dev->num_rx_queues; i++)
		netif_napi_del(&tap->q[i].napi);
}

static void tap_set_rx_mode(struct net_device *dev)
{
	struct tap *tap = netdev_priv(dev);

	rxfilter_update(dev, &tap->filter);
}

static int tap_set_mac(struct net_device *dev, const void *addr)
{
	int ret = eth_mac_addr(dev, addr);

	if (!ret)
		dev_set_rx_mode(dev);
	return ret;
}

/* A queue has stood still for long: its timer was lost or the host takes nothing. Try once more. */
static void tap_tx_timeout(struct net_device *dev)
{
	for (unsigned i = 0; i < dev->num_tx_queues; i++)
		netif_tx_wake_queue(netdev_get_tx_queue(dev, i));
}

static void tap_get_stats64(struct net_device *dev, struct net_device_stats *stats)
{
	/* all is in the per-CPU statistics already; what the host lost, its interface counts */
}

static uint64_t tap_get_stat(const struct net_device *dev, const struct nif_stat *stat)
{
	const struct tap *tap = netdev_priv(dev);

	return nif_sum_stat(&tap->q[0].stats, sizeof(tap->q[0]), dev->num_rx_queues, stat);
}

#define TAP_STAT(name_, member, doc_) \
	{ .name = name_, .offset = offsetof(struct tap_stats, member), .doc = doc_ }
static const struct nif_stat tap_stats[] = {
	TAP_STAT("rx_interrupts", interrupts, "interrupts handled"),
	TAP_STAT("rx_reads", reads, "read() calls"),
	TAP_STAT("rx_empty_reads", empty_reads, "of them, those that found nothing"),
	TAP_STAT("rx_probes", probes, "second reads tried while frames came singly"),
	TAP_STAT("rx_runts", rx.runts, "frame shorter than an Ethernet header"),
	TAP_STAT("rx_truncated", rx.truncated, "frame longer than the buffer"),
	TAP_STAT("rx_filtered", rx.filtered, "frame for another station"),
	TAP_STAT("rx_nomem", rx.nomem, "no buffer for a frame"),
	TAP_STAT("rx_csum_partial", rx_csum_partial, "frame whose checksum its sender left unfinished"),
	TAP_STAT("rx_csum_valid", rx_csum_valid, "frame whose checksum the host has verified"),
	TAP_STAT("rx_gso", rx_gso, "frame that stands for many"),
	TAP_STAT("rx_bad_offload", rx_bad_offload, "frame that its offload header does not fit"),
	TAP_STAT("tx_csum_partial", tx_csum_partial, "checksum left to the host"),
	TAP_STAT("tx_gso", tx_gso, "cutting left to the host"),
	TAP_STAT("tx_completed", tx_completed, "packets freed by the poll"),
	TAP_STAT("tx_busy", tx_busy, "write() found the host's queue full: queue stopped"),
	TAP_STAT("tx_retries", tx_retries, "the stopped queue was woken by its timer"),
	TAP_STAT("tx_refused", tx_refused, "write() refused the frame's size"),
	TAP_STAT("tx_link_down", tx_link_down, "the host's interface is down (EIO)"),
};

const struct nif_driver tap_driver = {
	.name = "tap",
	.scheme = "tap",
	.version = "1.0",
	.text = "TAP interface of the host",
	.probe = tap_probe,
	.remove = nif_unregister,
	.stats = tap_stats,
	.nr_stats = ARRAY_SIZE(tap_stats),
	.get_stats = tap_get_stat,
};
