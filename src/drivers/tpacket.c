/* SPDX-License-Identifier: MIT */
/*
 * tpacket.c - an interface of the host as network card, through AF_PACKET and its ring
 *
 * Theory of operation
 *   Set-up, the link and the counters; tpacket_rx.c receives, tpacket_tx.c sends, tpring.c reads the
 *   ring, tpsock.c asks the host.
 *   Link: a second line, NAME-link, says that a link of the host has changed; the carrier follows
 *   IFF_RUNNING of the interface. An interface that was removed is reported once and stays gone
 *   until the device goes down and up.
 *   Called by: the core. Calls: the other files of the driver.
 *   Owns: socket, ring and link descriptor from ndo_open to ndo_stop.
 *   Threads: tp_link_intr the vCPU of its line, tp_link_update any vCPU; the rest RTNL.
 *   Refuses: more than one queue, options that are not known, a ring that is too small or large.
 *   Counters: see tp_stats at the end of this file.
 *   Mirrors: the shape of e1000_main.c; the other end is net/packet/af_packet.c of the host.
 */
#define LOG_SUBSYS "packet"
#include "drivers/tpacket.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "drivers/tpqueue.h"

#define TP_SLOT_HEAD 144 /* what a slot of version 2 holds before the frame, at most */
#define TP_SLOT 2048u
#define TP_SLOTS 2048u
#define TP_USECS 1000u
#define TP_MAX_MTU 32768u
#define TP_NAME_MAX 32
#define TP_WATCHDOG_S 5
#define TP_LINK_READS 64

static irqreturn_t tp_link_intr(int irq, void *data);
static int tp_probe(struct net *net, const char *rest, const struct nif_options *opts,
		    struct net_device **ret_dev, struct extack *err);
static int tp_parse(const char *rest, struct tp *tp, const struct nif_options *opts,
		    struct extack *err);
static void tp_setup(struct tp *tp, struct net_device *dev);
static int tp_open(struct net_device *dev);
static int tp_open_queue(struct tp_queue *q);
static int tp_open_failed(struct tp *tp, int error, const char *what);
static int tp_open_link(struct tp *tp);
static void tp_look_at_host(struct tp *tp);
static int tp_stop(struct net_device *dev);
static void tp_close_queue(struct tp_queue *q);
static void tp_close_link(struct tp *tp);
static void tp_tell_filter(struct tp *tp, int fd);
static void tp_wake_local(void *arg);
static void tp_del_timer_local(void *arg);
static void tp_cancel_bell_local(void *arg);
static void tp_purge_local(void *arg);
static void tp_destructor(struct net_device *dev);
static void tp_set_rx_mode(struct net_device *dev);
static int tp_set_mac(struct net_device *dev, const void *addr);
static void tp_tx_timeout(struct net_device *dev);
static void tp_get_stats64(struct net_device *dev, struct net_device_stats *stats);
static uint64_t tp_get_stat(const struct net_device *dev, const struct nif_stat *stat);

#define TP_OPS(X)                                      \
	X(ndo_open, tp_open)                           \
	X(ndo_stop, tp_stop)                           \
	X(ndo_start_xmit, tp_xmit)                     \
	X(ndo_set_rx_mode, tp_set_rx_mode)             \
	X(ndo_set_mac_address, tp_set_mac)             \
	X(ndo_validate_addr, eth_validate_addr)        \
	X(ndo_tx_timeout, tp_tx_timeout)               \
	X(ndo_get_stats64, tp_get_stats64)
DEFINE_NETDEV_OPS(tp_netdev_ops, TP_OPS);

/* --- the link --- */

/* Some link of the host has changed; which one and how is asked, not read. */
static irqreturn_t tp_link_intr(int irq, void *data)
{
	struct tp *tp = data;
	char away[256];

	irq_mask(tp_machine(tp), irq);
	for (int i = 0; i < TP_LINK_READS; i++)
		if (recv(tp->link_fd, away, sizeof(away), MSG_DONTWAIT | MSG_TRUNC) < 0 &&
		    errno != ENOBUFS && errno != EINTR)
			break;
	tp_link_update(tp);
	irq_unmask(tp_machine(tp), irq);

	return IRQ_HANDLED;
}

void tp_link_update(struct tp *tp)
{
	struct net_device *dev = tp->dev;
	int link = READ_ONCE(tp->gone) ? -ENODEV : tpsock_link(tp->q.fd);

	WRITE_ONCE(tp->down, link <= 0);
	if (link > 0) {
		if (!netif_carrier_ok(dev))
			pr_info(net_log(dev_net(dev)), "%s: the host's %s is up", dev->name,
				tp->host_name);
		netif_carrier_on(dev);
		return;
	}
	if (link < 0 && !__atomic_exchange_n(&tp->gone, true, __ATOMIC_SEQ_CST))
		pr_err(net_log(dev_net(dev)), "%s: the host's interface %s is gone", dev->name,
		       tp->host_name);
	else if (!link && netif_carrier_ok(dev))
		pr_warn(net_log(dev_net(dev)), "%s: the host's %s is down", dev->name,
			tp->host_name);
	netif_carrier_off(dev);
}

/* --- set-up --- */

static int tp_probe(struct net *net, const char *rest, const struct nif_options *opts,
		    struct net_device **ret_dev, struct extack *err)
{
	size_t bells = net->m.nr_cpus * sizeof(struct tp_bell);
	struct tp parsed = { .cfg = { .version = 3 } };
	char spec[TP_NAME_MAX];
	struct net_device *dev;
	unsigned max_mtu = TP_MAX_MTU;
	struct tp *tp;
	int ret = tp_parse(rest, &parsed, opts, err);

	if (ret)
		return ret;
	if (!net->m.host->dev_open)
		return extack_fail(err, -EOPNOTSUPP, "this host opens no devices");
	if (parsed.cfg.version == 2)
		max_mtu = min(max_mtu, parsed.cfg.slot_size - TP_SLOT_HEAD - TP_OVERHEAD);
	dev = nif_alloc_etherdev(net, (int)(sizeof(*tp) + bells), parsed.host_name, opts, max_mtu,
				 err);
	if (!dev)
		return -EINVAL;
	tp = netdev_priv(dev);
	*tp = parsed;
	tp_setup(tp, dev);
	snprintf(spec, sizeof(spec), "packet:%s", tp->host_name);
	ret = nif_register(dev, &tpacket_driver, spec, err);
	if (ret) {
		tp_destructor(dev);
		free_netdev(dev);
		return ret;
	}
	dev->destructor = tp_destructor;
	*ret_dev = dev;

	return 0;
}

static int tp_parse(const char *rest, struct tp *tp, const struct nif_options *opts,
		    struct extack *err)
{
	static const char *const known[] = { "v", "rx", "usecs", "vnet_hdr", NULL };
	unsigned slots = TP_SLOTS, version = 3, usecs = TP_USECS, mtu;
	const char *text;
	bool vnet = false;
	int ret;

	if (nif_spec_first(rest, tp->host_name, sizeof(tp->host_name)))
		return extack_fail(err, -EINVAL, "packet:IFNAME wants an interface name");
	ret = nif_spec_check(rest, known, err);
	if (!ret)
		ret = nif_spec_uint(rest, "v", 3, &version, err);
	if (!ret)
		ret = nif_spec_uint(rest, "rx", TP_SLOTS_MAX, &slots, err);
	if (!ret)
		ret = nif_spec_uint(rest, "usecs", TP_USECS_MAX, &usecs, err);
	if (!ret)
		ret = nif_spec_onoff(rest, "vnet_hdr", &vnet, err);
	if (ret)
		return ret;
	if (version < 2)
		return extack_fail(err, -EINVAL, "v=%u: 2 and 3 are accepted", version);
	if (slots < TP_SLOTS_MIN)
		return extack_fail(err, -EINVAL, "rx=%u: %u to %u slots are accepted", slots,
				   TP_SLOTS_MIN, TP_SLOTS_MAX);
	if (version == 2 && nif_spec_opt(rest, "usecs", &text) >= 0)
		return extack_fail(err, -EINVAL, "usecs= belongs to v=3: v=2 hands over each frame");
	if (version == 2 && vnet)
		return extack_fail(err, -EINVAL, "vnet_hdr=on belongs to v=3: a slot of v=2 has no room for 64 KB");
	if (!usecs)
		return extack_fail(err, -EINVAL, "usecs=0: 1 to %u are accepted", TP_USECS_MAX);
	if (opts->queues > 1)
		return extack_fail(err, -EINVAL, "%u queues, at most 1", opts->queues);
	mtu = min(max(opts->mtu, (unsigned)ETH_DATA_LEN), TP_MAX_MTU);
	tp->cfg = (struct tpsock_config){
		.version = version,
		.slots = slots,
		.slot_size = max(TP_SLOT, (unsigned)roundup_pow_of_two(mtu + TP_OVERHEAD + TP_SLOT_HEAD)),
		.retire_ms = (usecs + 999) / 1000,
		.vnet = vnet,
	};
	return 0;
}

static void tp_setup_slot(struct tp_queue *q, unsigned i)
{
	bool vnet = q->tp->cfg.vnet;

	q->tx_iov[i][0] = (struct iovec){ &q->tx_hdr[i], sizeof(q->tx_hdr[i]) };
	q->tx_msg[i].msg_hdr = (struct msghdr){ .msg_iov = &q->tx_iov[i][!vnet], .msg_iovlen = vnet ? 2 : 1 };
}

static void tp_setup(struct tp *tp, struct net_device *dev)
{
	struct tp_queue *q = &tp->q;
	struct machine *m = &dev_net(dev)->m;

	tp->dev = dev;
	tp->link_fd = tp->link_irq = tp->host_filter.fd = -1;
	q->tp = tp;
	q->fd = q->irq = -1;
	q->bell = (void *)(tp + 1);
	for (unsigned i = 0; i < m->nr_cpus; i++) {
		doorbell_init(&q->bell[i].bell, m->cpu[i], tp_bell_ring);
		q->bell[i].q = q;
	}
	for (unsigned i = 0; i < TP_BATCH; i++)
		tp_setup_slot(q, i);
	__skb_queue_head_init(&q->tx_done);
	ktimer_setup(&q->tx_timer, tp_tx_retry, NULL);
	dev->netdev_ops = &tp_netdev_ops;
	dev->ethtool_ops = &tp_ethtool_ops;
	dev->unicast_flt = true;
	dev->watchdog_timeo = (int)(TP_WATCHDOG_S * m->hz);
	if (tp->cfg.vnet)
		vnet_features(dev, NETIF_F_HW_CSUM | NETIF_F_GSO_UDP_L4);
	netif_napi_add(dev, &q->napi, tp_poll, NAPI_POLL_WEIGHT);
}

static int tp_open(struct net_device *dev)
{
	struct tp *tp = netdev_priv(dev);
	int ret;

	WRITE_ONCE(tp->gone, false);
	WRITE_ONCE(tp->down, false);
	tp->told_long = false;
	ret = tp_open_queue(&tp->q);
	if (ret)
		return ret;
	ret = tp_open_link(tp);
	if (ret) {
		tp_close_queue(&tp->q);
		return ret;
	}
	tp_tell_filter(tp, tp->q.fd); /* the core sets the receive mode next */
	netif_tx_start_all_queues(dev);
	tp_look_at_host(tp);

	return 0;
}

/* Socket, ring, NAPI, line, unmask: as a card does it. */
static int tp_open_queue(struct tp_queue *q)
{
	struct net_device *dev = q->tp->dev;
	struct machine *m = tp_machine(q->tp);
	char name[TP_NAME_MAX], spec[TP_NAME_MAX];
	const char *what = "";
	int ret;

	snprintf(spec, sizeof(spec), "packet:%s", q->tp->host_name);
	q->fd = m->host->dev_open(m->host_ctx, spec, 0);
	if (q->fd < 0)
		return tp_open_failed(q->tp, q->fd, what);
	ret = tpsock_start(q->fd, &q->tp->cfg, &q->ring, &what);
	if (ret)
		return tp_open_failed(q->tp, ret, what);
	q->rx_event = false;
	snprintf(name, sizeof(name), "%s-TxRx-0", dev->name);
	napi_enable(&q->napi);
	ret = request_irq(m, tp_intr, name, q, 0);
	if (ret < 0) {
		napi_disable(&q->napi);
		tpsock_unmap(&q->ring);
		return tp_open_failed(q->tp, ret, "interrupt");
	}
	q->irq = ret;
	nif_line_set(dev_net(dev), (unsigned)q->irq, dev, 0, q->fd);
	irq_unmask(m, q->irq);

	return 0;
}

/* Say it in the words of who can mend it. */
static int tp_open_failed(struct tp *tp, int error, const char *what)
{
	struct net *net = dev_net(tp->dev);
	const char *name = tp->dev->name, *host = tp->host_name;

	if (tp->q.fd >= 0)
		close(tp->q.fd);
	tp->q.fd = -1;
	if (error == -ENODEV)
		pr_err(net_log(net), "%s: the host has no interface %s", name, host);
	else if (error == -EPERM || error == -EACCES)
		pr_err(net_log(net), "%s: no right to open the host's %s: CAP_NET_RAW is needed",
		       name, host);
	else if (error == -EPROTOTYPE)
		pr_err(net_log(net), "%s: the host's %s is not an Ethernet interface", name, host);
	else
		pr_err(net_log(net), "%s: cannot use the host's %s: %s%s%s", name, host, what,
		       *what ? ": " : "", strerrordesc_np(-error));
	return error;
}

static int tp_open_link(struct tp *tp)
{
	struct machine *m = tp_machine(tp);
	char name[TP_NAME_MAX];
	int ret;

	snprintf(name, sizeof(name), "packet-link:%s", tp->host_name);
	ret = m->host->dev_open(m->host_ctx, name, 0);
	if (ret < 0)
		goto failed;
	tp->link_fd = ret;
	snprintf(name, sizeof(name), "%s-link", tp->dev->name);
	ret = request_irq(m, tp_link_intr, name, tp, 0);
	if (ret < 0)
		goto failed;
	tp->link_irq = ret;
	nif_line_set(dev_net(tp->dev), (unsigned)ret, tp->dev, 0, tp->link_fd);
	irq_unmask(m, tp->link_irq);

	return 0;

failed:
	pr_err(net_log(dev_net(tp->dev)), "%s: cannot watch the links of the host: %s",
	       tp->dev->name, strerrordesc_np(-ret));
	if (tp->link_fd >= 0)
		close(tp->link_fd);
	tp->link_fd = -1;
	return ret;
}

/* The carrier, and what will surprise whoever did not know it. */
static void tp_look_at_host(struct tp *tp)
{
	struct net_device *dev = tp->dev;
	struct logger *log = net_log(dev_net(dev));
	struct tpsock_host h;

	if (tpsock_host(tp->q.fd, &h)) {
		tp_link_update(tp);
		return;
	}
	WRITE_ONCE(tp->down, !h.up || !h.running);
	if (tp->down)
		netif_carrier_off(dev);
	else
		netif_carrier_on(dev);
	if (!h.up)
		pr_warn(log, "%s: the host's %s is down; ip link set %s up", dev->name, h.name, h.name);
	else if (!h.running)
		pr_warn(log, "%s: the host's %s has no carrier", dev->name, h.name);
	if (h.mtu && h.mtu < dev->mtu)
		pr_warn(log, "%s: the host's %s takes packets of %u bytes at most, not %u",
			dev->name, h.name, h.mtu, dev->mtu);
	if (h.merges && !tp->cfg.vnet)
		pr_warn(log, "%s: the host's %s joins received frames, which are dropped when they are"
			     " longer than one; ethtool -K %s gro off lro off",
			dev->name, h.name, h.name);
	if (ether_addr_equal(h.mac, dev->dev_addr))
		pr_warn(log, "%s: the host's %s has the same link-layer address: the host answers, too",
			dev->name, h.name);
}

static int tp_stop(struct net_device *dev)
{
	struct tp *tp = netdev_priv(dev);

	netif_tx_stop_all_queues(dev);
	if (tp->q.fd < 0) /* it could not be made anew */
		return 0;
	tp_tell_filter(tp, -1);
	tp_close_link(tp);
	tp_close_queue(&tp->q);

	return 0;
}

int tp_reopen(struct tp *tp)
{
	struct net *net = dev_net(tp->dev);
	int ret;

	netif_tx_stop_all_queues(tp->dev);
	synchronize_rcu(&net->m); /* no vCPU is inside tp_xmit any more */
	tp_stop(tp->dev);
	ret = tp_open(tp->dev);
	if (ret) {
		WRITE_ONCE(tp->gone, true);
		netif_carrier_off(tp->dev);
		return ret;
	}
	dev_set_rx_mode(tp->dev); /* the new socket has been told of no address */
	smp_call(&net->m, 0, tp_wake_local, tp->dev);

	return 0;
}

/* What waited in the qdisc meanwhile goes out. */
static void tp_wake_local(void *arg)
{
	struct netdev_queue *txq = netdev_get_tx_queue(arg, 0);

	netif_tx_stop_queue(txq); /* only a stopped queue is woken */
	netif_tx_wake_queue(txq);
}

static void tp_close_queue(struct tp_queue *q)
{
	struct net *net = dev_net(q->tp->dev);
	struct machine *m = &net->m;
	unsigned cpu = irq_cpu(m, q->irq)->id;

	napi_disable(&q->napi);
	free_irq(m, q->irq); /* the host stops watching: the descriptor may go */
	nif_line_set(net, (unsigned)q->irq, NULL, 0, -1);
	if (q->tx_timer.home)
		smp_call(m, q->tx_timer.home->id, tp_del_timer_local, &q->tx_timer);
	for (unsigned i = 0; i < m->nr_cpus; i++)
		smp_call(m, i, tp_cancel_bell_local, &q->bell[i].bell);
	smp_call(m, cpu, tp_purge_local, q);
	tpsock_counts(q->fd, q->tp->cfg.version, &q->stats.host);
	tpsock_unmap(&q->ring);
	close(q->fd);
	q->fd = q->irq = -1;
}

static void tp_close_link(struct tp *tp)
{
	free_irq(tp_machine(tp), tp->link_irq);
	nif_line_set(dev_net(tp->dev), (unsigned)tp->link_irq, NULL, 0, -1);
	close(tp->link_fd);
	tp->link_fd = tp->link_irq = -1;
}

static void tp_tell_filter(struct tp *tp, int fd)
{
	spin_lock(&tp->dev->addr_lock);
	tp->host_filter = (struct tpfilter){ .fd = fd };
	spin_unlock(&tp->dev->addr_lock);
}

static void tp_del_timer_local(void *arg)
{
	del_timer_sync(arg);
}

static void tp_cancel_bell_local(void *arg)
{
	doorbell_cancel(arg);
}

static void tp_purge_local(void *arg)
{
	tp_purge(arg);
}

static void tp_destructor(struct net_device *dev)
{
	struct tp *tp = netdev_priv(dev);

	rxfilter_clear(dev, &tp->filter);
	netif_napi_del(&tp->q.napi);
}

static void tp_set_rx_mode(struct net_device *dev)
{
	struct tp *tp = netdev_priv(dev);

	rxfilter_update(dev, &tp->filter);
	tpfilter_update(&tp->host_filter, dev);
}

static int tp_set_mac(struct net_device *dev, const void *addr)
{
	int ret = eth_mac_addr(dev, addr);

	if (!ret)
		dev_set_rx_mode(dev);
	return ret;
}

/* A queue has stood still for long: its timer was lost or the host takes nothing. Try once more. */
static void tp_tx_timeout(struct net_device *dev)
{
	netif_tx_wake_queue(netdev_get_tx_queue(dev, 0));
}

/* --- statistics --- */

static void tp_get_stats64(struct net_device *dev, struct net_device_stats *stats)
{
	struct tp_queue *q = &((struct tp *)netdev_priv(dev))->q;

	if (q->fd >= 0)
		tpsock_counts(q->fd, q->tp->cfg.version, &q->stats.host);
	stats->rx_missed_errors += q->stats.host.missed;
}

static uint64_t tp_get_stat(const struct net_device *dev, const struct nif_stat *stat)
{
	struct tp_queue *q = &((struct tp *)netdev_priv(dev))->q;

	if (q->fd >= 0)
		tpsock_counts(q->fd, q->tp->cfg.version, &q->stats.host);
	return nif_sum_stat(&q->stats, sizeof(*q), 1, stat);
}

#define TP_STAT(name_, member, doc_) \
	{ .name = name_, .offset = offsetof(struct tp_stats, member), .doc = doc_ }
static const struct nif_stat tp_stats[] = {
	TP_STAT("rx_interrupts", interrupts, "interrupts handled"),
	TP_STAT("rx_empty_polls", empty_polls, "interrupts that brought no frame"),
	TP_STAT("rx_missed", host.missed, "frame for which the ring had no room (tp_drops)"),
	TP_STAT("rx_freezes", host.freezes, "times the ring was full (tp_freeze_q_cnt)"),
	TP_STAT("rx_ring_errors", ring_errors, "block or slot whose numbers cannot be"),
	TP_STAT("rx_csum_valid", csum_valid, "checksum verified by the host's device"),
	TP_STAT("rx_csum_partial", csum_partial, "checksum left to hardware by a sender on the host"),
	TP_STAT("rx_gso", gso, "frame that stands for many"),
	TP_STAT("rx_bad_offload", bad_offload, "frame that its offload header does not fit"),
	TP_STAT("tx_gso", tx_gso, "cutting left to the host"),
	TP_STAT("rx_vlan", vlan, "VLAN tag put back"),
	TP_STAT("rx_runts", rx.runts, "frame shorter than an Ethernet header"),
	TP_STAT("rx_truncated", rx.truncated, "frame longer than the slot or the MTU"),
	TP_STAT("rx_filtered", rx.filtered, "frame for another station"),
	TP_STAT("rx_nomem", rx.nomem, "no buffer for a frame"),
	TP_STAT("tx_calls", tx_calls, "sendmmsg() calls"),
	TP_STAT("tx_busy", tx_busy, "sendmmsg() found the socket full: queue stopped"),
	TP_STAT("tx_retries", tx_retries, "the batch was tried again by the timer"),
	TP_STAT("tx_refused", tx_refused, "sendmmsg() refused the frame's size"),
	TP_STAT("tx_link_down", tx_link_down, "the host's interface is down or gone"),
};

const struct nif_driver tpacket_driver = {
	.name = "tpacket",
	.scheme = "packet",
	.version = "1.0",
	.text = "interface of the host, through AF_PACKET",
	.probe = tp_probe,
	.remove = nif_unregister,
	.stats = tp_stats,
	.nr_stats = ARRAY_SIZE(tp_stats),
	.get_stats = tp_get_stat,
};
