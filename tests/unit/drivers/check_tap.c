/* SPDX-License-Identifier: MIT */
/*
 * check_tap.c: the TAP driver against one end of a socketpair, which reads and writes like a TAP: one frame a call, nonblocking.
 *
 * The host of the check is level triggered as epoll is: before each turn it raises every unmasked vector whose descriptor is readable.
 */
#include "drivers/tap.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire.h"

#define QUEUES_MAX 4

static struct net_device *dev;
static int peer[QUEUES_MAX]; /* the wire's end of each queue */
static unsigned opened;
static int open_fails_at;
static const char *want_spec;

static int tap_dev_open(void *ctx, const char *spec, unsigned queue)
{
	int sv[2];

	ck_assert_str_eq(spec, want_spec);
	ck_assert_uint_lt(queue, QUEUES_MAX);
	if (open_fails_at == (int)queue)
		return -EBUSY;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, sv), 0);
	peer[queue] = sv[1];
	opened++;
	return sv[0];
}

static void begin(void)
{
	signal(SIGPIPE, SIG_IGN);
	memset(&w, 0, sizeof(w));
	memset(peer, -1, sizeof(peer));
	opened = 0;
	open_fails_at = -1;
	want_spec = "tap:gn0";
	dev = NULL;
	w.n.ops.dev_open = tap_dev_open;
	wire_begin(2);
}

static void end(void)
{
	for (unsigned i = 0; i < QUEUES_MAX; i++)
		if (peer[i] >= 0)
			close(peer[i]);
	wire_end();
}

static void make(const char *spec, unsigned queues)
{
	struct nif_options opts = wire_opts(NULL, queues);
	struct extack err = { "" };

	ck_assert_msg(drivers_probe(&w.n.net, spec, &opts, &dev, &err) == 0, "%s", err.msg);
}

static void make_up(void)
{
	make("tap:gn0", 1);
	wire_up(dev);
}

static bool readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

/* What epoll would report; true when there was anything. */
static bool raise_lines(void)
{
	bool any = false;

	for (unsigned v = 0; v < NR_IRQS; v++) {
		struct nif_line line = nif_line(&w.n.net, v);

		if (!w.n.unmasked[v] || line.fd < 0 || !readable(line.fd))
			continue;
		vcpu_irq(irq_cpu(&w.n.net.m, (int)v), v);
		any = true;
	}
	return any;
}

/* Turn until nothing is readable and nothing to do. */
static unsigned run(void)
{
	unsigned rounds = 0;

	for (;;) {
		bool any = raise_lines();

		netfix_run(&w.n);
		if (!any)
			return rounds;
		ck_assert_uint_lt(rounds++, 10000);
	}
}

static void put_on(unsigned queue, const unsigned char *dst, unsigned len, unsigned char id)
{
	static unsigned char frame[70000];

	netfix_frame(frame, dst, wire_peer, ETH_P_IP, max(len, 14u));
	if (len > 14)
		frame[14] = id;
	ck_assert_int_eq(write(peer[queue], frame, len), (int)len);
}

static void put(unsigned len, unsigned char id)
{
	put_on(0, wire_own, len, id);
}

/* A frame that the driver wrote: its length, -1 for none. */
static int get(unsigned char *buf, size_t size)
{
	return (int)read(peer[0], buf, size);
}

static int open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

START_TEST(test_probe)
{
	make("tap:gn0", 1);
	ck_assert_str_eq(dev->name, "gn0");
	ck_assert_str_eq(dev->driver, "tap");
	ck_assert_uint_eq(dev->mtu, 1500);
	ck_assert_uint_eq(dev->min_mtu, 68);
	ck_assert_uint_eq(dev->max_mtu, 65521);
	ck_assert_uint_eq(opened, 0);
	ck_assert_int_eq(drivers_remove(dev), 0);
}
END_TEST

START_TEST(test_C1_ops)
{
	struct seq_file m;

	make("tap:gn0", 1);
	seq_init(&m, &w.n.net.m.kmem);
	ck_assert_int_eq(dev_ops_show(&m, dev), 0);
	ck_assert_ptr_nonnull(strstr(seq_str(&m), "tap_open"));
	ck_assert_ptr_nonnull(strstr(seq_str(&m), "tap_stop"));
	ck_assert_ptr_nonnull(strstr(seq_str(&m), "tap_xmit"));
	ck_assert_ptr_nonnull(strstr(seq_str(&m), "tap_set_rx_mode"));
	seq_release(&m);
}
END_TEST

START_TEST(test_C2_open)
{
	struct nif_line line = { 0 };
	unsigned v;

	make("tap:gn0", 2);
	wire_up(dev);
	ck_assert_uint_eq(opened, 2);
	for (v = 0; v < NR_IRQS; v++) {
		line = nif_line(&w.n.net, v);
		if (line.dev == dev && line.queue == 1)
			break;
	}
	ck_assert_uint_lt(v, NR_IRQS);
	ck_assert_str_eq(w.n.net.m.irq[v]->name, "gn0-TxRx-1");
	ck_assert_uint_eq(irq_cpu(&w.n.net.m, (int)v)->id, 1);
	ck_assert(w.n.unmasked[v]);
	ck_assert_int_ge(line.fd, 0);
	ck_assert(netif_carrier_ok(dev));
	dev_close(dev);
	ck_assert_int_eq(fcntl(line.fd, F_GETFD), -1);
	ck_assert_ptr_null(nif_line(&w.n.net, v).dev);
	ck_assert(!w.n.unmasked[v]);
}
END_TEST

START_TEST(test_open_fails)
{
	struct extack err = { "" };
	int fds = open_fds();

	make("tap:gn0", 3);
	open_fails_at = 2;
	ck_assert_int_eq(dev_open(dev, &err), -EBUSY);
	ck_assert_str_eq(w.n.log, "tap: gn0: cannot open queue 2 of tap:gn0: Device or resource busy");
	ck_assert(!(dev->flags & IFF_UP));
	for (unsigned i = 0; i < 2; i++) {
		close(peer[i]);
		peer[i] = -1;
	}
	ck_assert_int_eq(open_fds(), fds);
	open_fails_at = -1;
	wire_up(dev);
}
END_TEST

START_TEST(test_receive)
{
	make_up();
	put(100, 7);
	run();
	ck_assert_uint_eq(w.received, 1);
	ck_assert_uint_eq(w.last_len, 86);
	ck_assert_uint_eq(w.order[0], 7);
	ck_assert_int_eq(w.last_type, PACKET_HOST);
	ck_assert_uint_eq(wire_stats(dev).rx_packets, 1);
	ck_assert_uint_eq(wire_stats(dev).rx_bytes, 100);
	ck_assert_uint_eq(netfix_ledger(&w.n, LEDGER_FRAME, VERDICT_CONSUMED), 1);
}
END_TEST

/* While frames come singly: one read each, none that finds nothing. */
START_TEST(test_one_read_a_round_trip)
{
	unsigned char buf[2048];

	make_up();
	w.echo = true;
	for (unsigned i = 0; i < 100; i++) {
		w.n.now += 50000;
		put(100, (unsigned char)i);
		ck_assert_uint_eq(run(), 1);
		ck_assert_int_eq(get(buf, sizeof(buf)), 100);
		ck_assert_uint_eq(buf[14], i);
	}
	ck_assert_uint_eq(wire_stat(dev, "rx_reads"), 100);
	ck_assert_uint_eq(wire_stat(dev, "rx_empty_reads"), 0);
	ck_assert_uint_eq(wire_stat(dev, "rx_interrupts"), 100);
	ck_assert_uint_eq(wire_stat(dev, "rx_probes"), 0);
	ck_assert_uint_eq(w.freed, 100);
}
END_TEST

/* A burst is found out by its second interrupt, and then read whole. */
START_TEST(test_E7_burst)
{
	make_up();
	w.n.now += NSEC_PER_MSEC;
	for (unsigned i = 0; i < 200; i++)
		put(100, (unsigned char)i);
	ck_assert_uint_eq(run(), 2);
	ck_assert_uint_eq(w.received, 200);
	for (unsigned i = 0; i < 200; i++)
		ck_assert_uint_eq(w.order[i], i);
	ck_assert_uint_eq(wire_stat(dev, "rx_interrupts"), 2);
	ck_assert_uint_eq(wire_stat(dev, "rx_reads"), 201);
	ck_assert_uint_eq(wire_stat(dev, "rx_empty_reads"), 1);
	ck_assert_uint_eq(wire_stat(dev, "rx_probes"), 1);
}
END_TEST

/* Frames that come singly but fast: looking for a second one becomes rare. */
START_TEST(test_probes_become_rare)
{
	make_up();
	for (unsigned i = 0; i < 1000; i++) {
		w.n.now += 1000;
		put(100, 1);
		run();
	}
	ck_assert_uint_eq(w.received, 1000);
	ck_assert_uint_le(wire_stat(dev, "rx_empty_reads"), 25);
	ck_assert_uint_ge(wire_stat(dev, "rx_probes"), 10);
	ck_assert_uint_eq(wire_stat(dev, "rx_reads"), 1000 + wire_stat(dev, "rx_empty_reads"));
}
END_TEST

START_TEST(test_F4_budget)
{
	const struct napi_struct *napi;

	make_up();
	napi = list_first_entry(&dev->napi_list, struct napi_struct, dev_list);
	put(60, 0); /* teaches it that more may come */
	put(60, 0);
	put(60, 0);
	run();
	for (unsigned i = 0; i < 130; i++)
		put(60, 1);
	ck_assert_int_eq(napi->weight, 64);
	run();
	ck_assert_uint_eq(w.received, 133);
	ck_assert_uint_eq(napi->over_weight, 0);
	ck_assert_uint_eq(w.n.log_warnings, 0);
}
END_TEST

/* E3: not watched while polling, watched after. The handler only masks and schedules. */
START_TEST(test_E2_E3_line)
{
	unsigned v, masks;
	struct vcpu *cpu = w.n.net.m.cpu[0];

	make_up();
	for (v = 0; nif_line(&w.n.net, v).dev != dev; v++)
		;
	put(60, 1);
	masks = w.n.masks;
	vcpu_enter(cpu, NULL);
	local_bh_disable();
	do_IRQ(v);
	ck_assert(!w.n.unmasked[v]);
	ck_assert_uint_eq(w.n.masks, masks + 1);
	ck_assert_uint_eq(w.received, 0);
	local_bh_enable();
	ck_assert_uint_eq(w.received, 1);
	ck_assert(w.n.unmasked[v]);
	vcpu_leave(cpu);
}
END_TEST

START_TEST(test_runt)
{
	make_up();
	put(1, 0);
	put(13, 0);
	put(14, 0);
	run();
	ck_assert_uint_eq(w.received, 1);
	ck_assert_uint_eq(w.last_len, 0);
	ck_assert_uint_eq(wire_stat(dev, "rx_runts"), 2);
	ck_assert_uint_eq(netfix_drops(&w.n, SKB_DROP_REASON_RX_RUNT), 2);
	ck_assert_uint_eq(wire_stats(dev).rx_length_errors, 2);
	ck_assert_uint_eq(wire_stats(dev).rx_errors, 2);
}
END_TEST

START_TEST(test_G2_truncated)
{
	make_up();
	put(1518, 1);
	put(1519, 2);
	put(4096, 3);
	put(60, 4);
	run();
	ck_assert_uint_eq(w.received, 2);
	ck_assert_uint_eq(w.order[0], 1);
	ck_assert_uint_eq(w.order[1], 4);
	ck_assert_uint_eq(wire_stat(dev, "rx_truncated"), 2);
	ck_assert_uint_eq(netfix_drops(&w.n, SKB_DROP_REASON_RX_TRUNCATED), 2);
	ck_assert_uint_eq(wire_stats(dev).rx_length_errors, 2);
}
END_TEST

/* A larger MTU takes effect with the next frame; a small one does not make the buffer smaller than 1518. */
START_TEST(test_C8_mtu)
{
	struct extack err = { "" };

	make_up();
	put(60, 0);
	run();
	ck_assert_int_eq(dev_set_mtu(dev, 9000, &err), 0);
	put(9018, 1);
	run();
	ck_assert_uint_eq(w.last_len, 9004);
	ck_assert_int_eq(dev_set_mtu(dev, 65521, &err), 0);
	put(65535, 2);
	run();
	ck_assert_uint_eq(w.last_len, 65521);
	ck_assert_int_eq(dev_set_mtu(dev, 68, &err), 0);
	put(1518, 3);
	run();
	ck_assert_uint_eq(w.received, 4);
	ck_assert_int_eq(dev_set_mtu(dev, 67, &err), -EINVAL);
	ck_assert_int_eq(dev_set_mtu(dev, 65522, &err), -EINVAL);
}
END_TEST

START_TEST(test_C6_filter)
{
	static const unsigned char all[ETH_ALEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	static const unsigned char group[ETH_ALEN] = { 0x01, 0x00, 0x5e, 1, 2, 3 };
	static const unsigned char other[ETH_ALEN] = { 0x01, 0x00, 0x5e, 1, 2, 4 };

	make_up();
	put_on(0, wire_peer, 60, 1);
	put_on(0, group, 60, 2);
	put_on(0, all, 60, 3);
	run();
	ck_assert_uint_eq(w.received, 1);
	ck_assert_int_eq(w.last_type, PACKET_BROADCAST);
	ck_assert_uint_eq(wire_stat(dev, "rx_filtered"), 2);
	ck_assert_int_eq(dev_mc_add(dev, group), 0);
	put_on(0, group, 60, 4);
	put_on(0, other, 60, 5);
	run();
	ck_assert_uint_eq(w.received, 2);
	ck_assert_int_eq(w.last_type, PACKET_MULTICAST);
	ck_assert_uint_eq(wire_stat(dev, "rx_filtered"), 3);
	ck_assert_uint_eq(netfix_drops(&w.n, SKB_DROP_REASON_RX_FILTERED), 3);
	ck_assert_uint_eq(wire_stats(dev).multicast, 1);
	ck_assert_int_eq(dev_mc_del(dev, group), 0);
	ck_assert_int_eq(dev_set_promiscuity(dev, 1), 0);
	put_on(0, wire_peer, 60, 6);
	put_on(0, other, 60, 7);
	run();
	ck_assert_uint_eq(w.received, 4);
	ck_assert_int_eq(dev_set_promiscuity(dev, -1), 0);
}
END_TEST

START_TEST(test_C7_address)
{
	static const unsigned char mac[ETH_ALEN] = { 0x02, 9, 9, 9, 9, 9 };
	static const unsigned char bad[ETH_ALEN] = { 0x01, 9, 9, 9, 9, 9 };
	struct extack err = { "" };

	make_up();
	ck_assert_int_eq(dev_set_mac_address(dev, bad, &err), -EADDRNOTAVAIL);
	ck_assert_int_eq(dev_set_mac_address(dev, mac, &err), 0);
	put_on(0, wire_own, 60, 1);
	put_on(0, mac, 60, 2);
	run();
	ck_assert_uint_eq(w.received, 1);
	ck_assert_uint_eq(w.order[0], 2);
}
END_TEST

START_TEST(test_no_memory)
{
	make_up();
	put(60, 1);
	put(60, 2);
	kmem_fail_nth(&w.n.net.m.kmem, 1, "skbuff_head_cache");
	run();
	ck_assert_uint_eq(w.received, 1);
	ck_assert_uint_eq(w.order[0], 2);
	ck_assert_uint_eq(wire_stat(dev, "rx_nomem"), 1);
	ck_assert_uint_eq(wire_stats(dev).rx_dropped, 1);
	ck_assert_uint_eq(netfix_drops(&w.n, SKB_DROP_REASON_RX_NOMEM), 1);
}
END_TEST

START_TEST(test_C4_P2_transmit)
{
	unsigned char buf[2048];
	struct net_device_stats s;

	make_up();
	ck_assert_int_eq(wire_send(dev, 100, 9), 0);
	ck_assert_int_eq(get(buf, sizeof(buf)), 100);
	ck_assert_mem_eq(buf, wire_peer, 6);
	ck_assert_uint_eq(buf[14], 9);
	ck_assert_uint_eq(w.freed, 1); /* at the end of the send */
	ck_assert_uint_eq(wire_stat(dev, "tx_completed"), 1);
	ck_assert_uint_eq(wire_stat(dev, "rx_interrupts"), 0);
	ck_assert_uint_eq(wire_stat(dev, "rx_reads"), 0); /* a poll for completions reads nothing */
	s = wire_stats(dev);
	ck_assert_uint_eq(s.tx_packets, 1);
	ck_assert_uint_eq(s.tx_bytes, 100);
	ck_assert_uint_eq(netfix_ledger(&w.n, LEDGER_LOCAL, VERDICT_SENT), 1);
}
END_TEST

START_TEST(test_O13_pad)
{
	static const unsigned char zero[64];
	unsigned char buf[2048];

	make_up();
	ck_assert_int_eq(wire_send(dev, 15, 9), 0);
	ck_assert_int_eq(get(buf, sizeof(buf)), 60);
	ck_assert_uint_eq(buf[14], 9);
	ck_assert_mem_eq(buf + 15, zero, 45);
}
END_TEST

START_TEST(test_P3_transmit_from_another_cpu)
{
	unsigned char buf[2048];

	make_up();
	ck_assert_int_eq(wire_send_on(dev, 1, 100, 9), 0);
	netfix_run(&w.n);
	ck_assert_int_eq(get(buf, sizeof(buf)), 100);
	ck_assert_uint_eq(w.freed, 1);
	ck_assert_uint_eq(wire_stat(dev, "tx_completed"), 0);
	ck_assert_uint_ge(w.n.net.m.cpu[1]->softirq_count[NET_TX_SOFTIRQ], 1);
}
END_TEST

/* The host's queue is full: the packet waits, in order, and a timer tries again. */
START_TEST(test_eagain)
{
	unsigned char buf[2048];
	unsigned sent, got = 0;

	make_up();
	for (sent = 0; sent < 2000 && !wire_stat(dev, "tx_busy"); sent++)
		ck_assert_int_eq(wire_send(dev, 1000, (unsigned char)sent), 0);
	ck_assert_uint_lt(sent, 2000);
	for (unsigned i = 0; i < 10; i++, sent++)
		ck_assert_int_eq(wire_send(dev, 1000, (unsigned char)sent), 0);
	ck_assert_uint_eq(wire_stat(dev, "tx_busy"), 1);
	ck_assert(netif_tx_queue_stopped(netdev_get_tx_queue(dev, 0)));
	ck_assert_uint_eq(netfix_held(&w.n, HELD_QDISC), 11);
	netfix_advance(&w.n, NETFIX_TICK); /* still full */
	ck_assert_uint_eq(wire_stat(dev, "tx_retries"), 1);
	ck_assert_uint_eq(wire_stat(dev, "tx_busy"), 2);
	while (got < sent) {
		while (get(buf, sizeof(buf)) == 1000)
			ck_assert_uint_eq(buf[14], (unsigned char)got++);
		netfix_advance(&w.n, NETFIX_TICK);
	}
	ck_assert_uint_eq(got, sent);
	ck_assert_uint_eq(w.freed, sent);
	ck_assert_uint_eq(wire_stats(dev).tx_packets, sent);
	ck_assert_uint_eq(wire_stats(dev).tx_errors, 0);
}
END_TEST

START_TEST(test_down_while_full)
{
	unsigned sent;

	make_up();
	for (sent = 0; !wire_stat(dev, "tx_busy"); sent++)
		wire_send(dev, 1000, 1);
	wire_send(dev, 1000, 1);
	dev_close(dev); /* the retry timer is armed */
	netfix_advance(&w.n, 10 * NETFIX_TICK);
	ck_assert_uint_eq(w.freed, sent + 1);
	ck_assert_uint_eq(netfix_drops(&w.n, SKB_DROP_REASON_QUEUE_PURGE), 2);
	ck_assert_uint_eq(wire_stat(dev, "tx_retries"), 0);
}
END_TEST

/* A frame larger than the host takes is lost, the device is not. */
START_TEST(test_write_refused)
{
	struct extack err = { "" };
	unsigned char buf[2048];
	int small = 0;
	unsigned v;

	make_up();
	for (v = 0; nif_line(&w.n.net, v).dev != dev; v++)
		;
	ck_assert_int_eq(setsockopt(nif_line(&w.n.net, v).fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
	ck_assert_int_eq(dev_set_mtu(dev, 65521, &err), 0);
	ck_assert_int_eq(wire_send(dev, 60000, 1), 0);
	ck_assert_uint_eq(wire_stat(dev, "tx_refused"), 1);
	ck_assert_uint_eq(wire_stats(dev).tx_errors, 1);
	ck_assert_uint_eq(wire_stats(dev).tx_aborted_errors, 1);
	ck_assert_uint_eq(netfix_drops(&w.n, SKB_DROP_REASON_DEV_TX_ERROR), 1);
	ck_assert(netif_carrier_ok(dev));
	ck_assert_int_eq(wire_send(dev, 100, 2), 0);
	ck_assert_int_eq(get(buf, sizeof(buf)), 100);
}
END_TEST

/* The TAP goes away: reported once, no carrier, the rest of the stack goes on, down and up is the cure. */
START_TEST(test_vanish_seen_by_read)
{
	unsigned lines, interrupts;

	make_up();
	put(60, 1);
	run();
	close(peer[0]);
	peer[0] = -1;
	lines = w.n.log_lines;
	run();
	ck_assert_uint_eq(w.n.log_lines, lines + 1);
	ck_assert_str_eq(w.n.log, "tap: gn0: the host's side is gone: No such device");
	ck_assert(!netif_carrier_ok(dev));
	interrupts = (unsigned)wire_stat(dev, "rx_interrupts");
	for (unsigned i = 0; i < 10; i++)
		run(); /* readable for ever, and not looked at */
	ck_assert_uint_eq(wire_stat(dev, "rx_interrupts"), interrupts);
	netfix_settle(&w.n);
	ck_assert_int_eq(wire_send(dev, 60, 1), NET_XMIT_DROP); /* deactivated by then */
	ck_assert_uint_eq(w.n.log_lines, lines + 1);
	wire_up(w.n.net.loopback_dev);
	dev_close(dev);
	wire_up(dev);
	ck_assert(netif_carrier_ok(dev));
	put(60, 2);
	run();
	ck_assert_uint_eq(w.received, 2);
	ck_assert_int_eq(wire_send(dev, 60, 1), 0);
	ck_assert_uint_eq(w.n.log_lines, lines + 1);
}
END_TEST

START_TEST(test_vanish_seen_by_write)
{
	make("tap:gn0", 2);
	wire_up(dev);
	for (unsigned i = 0; i < 2; i++) {
		close(peer[i]);
		peer[i] = -1;
	}
	ck_assert_int_eq(wire_send(dev, 60, 1), 0);
	ck_assert_int_eq(wire_send(dev, 60, 2), 0);
	ck_assert_str_eq(w.n.log, "tap: gn0: the host's side is gone: Broken pipe");
	ck_assert_uint_eq(w.n.log_warnings, 1);
	ck_assert(!netif_carrier_ok(dev));
	ck_assert_uint_eq(wire_stats(dev).tx_carrier_errors, 2);
	ck_assert_uint_eq(netfix_drops(&w.n, SKB_DROP_REASON_DEV_TX_ERROR), 2);
	ck_assert_uint_eq(w.freed, 2);
	run();
	ck_assert_uint_eq(w.n.log_warnings, 1);
}
END_TEST

START_TEST(test_queues_are_independent)
{
	make("tap:gn0", 2);
	wire_up(dev);
	for (unsigned i = 0; i < 20; i++)
		put_on(i & 1, wire_own, 60, (unsigned char)i);
	run();
	ck_assert_uint_eq(w.received, 20);
	put_on(1, wire_own, 60, 1);
	run();
	ck_assert_uint_eq(w.last_cpu, 1);
	put_on(0, wire_own, 60, 1);
	run();
	ck_assert_uint_eq(w.last_cpu, 0);
}
END_TEST

START_TEST(test_E26_affinity)
{
	unsigned v;

	make_up();
	for (v = 0; nif_line(&w.n.net, v).dev != dev; v++)
		;
	ck_assert_int_eq(irq_set_affinity(&w.n.net.m, (int)v, 1), 0);
	put(60, 1);
	run();
	ck_assert_uint_eq(w.received, 1);
	ck_assert_uint_eq(w.last_cpu, 1);
	wire_send_on(dev, 1, 60, 1);
	ck_assert_uint_eq(wire_stat(dev, "tx_completed"), 1);
}
END_TEST

/* B7: at most 100 wake-ups a second, whatever comes. */
START_TEST(test_B7_throttle)
{
	unsigned wakeups;

	make("tap:gn0,itr=100", 1);
	wire_up(dev);
	for (unsigned ms = 0; ms < 1000; ms++) {
		put(60, 1);
		run();
		w.n.now += NSEC_PER_MSEC;
	}
	wakeups = (unsigned)wire_stat(dev, "rx_interrupts");
	ck_assert_uint_le(wakeups, 101);
	ck_assert_uint_ge(wakeups, 80);
	netfix_advance(&w.n, NSEC_PER_SEC);
	run();
	netfix_advance(&w.n, NSEC_PER_SEC);
	run();
	ck_assert_uint_eq(w.received, 1000);
	put(60, 1);
	run();
	put(60, 1);
	run();
	dev_close(dev); /* with the throttle's timer armed */
	netfix_advance(&w.n, NSEC_PER_SEC);
}
END_TEST

START_TEST(test_C3_up_and_down_1000_times)
{
	uint64_t live = 0;
	int fds = open_fds();

	make("tap:gn0", 2);
	for (unsigned i = 0; i < 1001; i++) {
		wire_up(dev);
		put_on(i & 1, wire_own, 60, 1);
		if (i % 3)
			run();
		ck_assert_int_eq(wire_send(dev, 60, 1), 0);
		dev_close(dev);
		for (unsigned q = 0; q < 2; q++) {
			close(peer[q]);
			peer[q] = -1;
		}
		netfix_settle(&w.n);
		if (!i)
			live = kmem_live(&w.n.net.m.kmem);
	}
	ck_assert_uint_eq(kmem_live(&w.n.net.m.kmem), live);
	ck_assert_uint_eq(opened, 2002);
	ck_assert_uint_eq(w.freed, 1001);
	ck_assert_int_eq(open_fds(), fds);
	drivers_remove(dev);
	dev = NULL;
}
END_TEST

START_TEST(test_each_allocation_fails)
{
	struct nif_options opts = wire_opts(NULL, 2);
	struct extack err = { "" };
	unsigned nth;

	for (nth = 1;; nth++) {
		int ret;

		kmem_fail_nth(&w.n.net.m.kmem, nth, NULL);
		ret = drivers_probe(&w.n.net, "tap:gn0", &opts, &dev, &err);
		if (!ret && !dev_open(dev, &err)) {
			put(60, 1); /* a filter that could not be made lets all pass; a frame may be lost */
			run();
			if (!kmem_fault_hit(&w.n.net.m.kmem))
				break;
		}
		ck_assert(kmem_fault_hit(&w.n.net.m.kmem));
		if (!ret)
			drivers_remove(dev);
		for (unsigned q = 0; q < 2; q++) {
			if (peer[q] >= 0)
				close(peer[q]);
			peer[q] = -1;
		}
	}
	kmem_fail_nth(&w.n.net.m.kmem, 0, NULL);
	ck_assert_uint_ge(nth, 8);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_probe, test_C1_ops, test_C2_open, test_open_fails, test_receive,
		test_one_read_a_round_trip, test_E7_burst, test_probes_become_rare, test_F4_budget,
		test_E2_E3_line, test_runt, test_G2_truncated, test_C8_mtu, test_C6_filter,
		test_C7_address, test_no_memory, test_C4_P2_transmit, test_O13_pad,
		test_P3_transmit_from_another_cpu, test_eagain, test_down_while_full,
		test_write_refused, test_vanish_seen_by_read, test_vanish_seen_by_write,
		test_queues_are_independent, test_E26_affinity, test_B7_throttle,
		test_C3_up_and_down_1000_times, test_each_allocation_fails, NULL,
	};

	return suite_of("tap", begin, end, tests);
}
