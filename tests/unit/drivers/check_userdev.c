/* SPDX-License-Identifier: MIT */
/* check_userdev.c: rings, interrupts, completions, up and down, of a device whose wire is this program. */
#include "drivers/userdev.h"

#include "wire.h"

struct prog {
	unsigned opens, stops, xmits, destroys;
	int open_ret, xmit_ret;
	unsigned last_len, last_queue;
	unsigned char last[64];
};

static struct prog p;
static struct net_device *dev;
static struct userdev_config cfg;

static int prog_open(void *ctx, struct net_device *d)
{
	ck_assert_ptr_eq(ctx, &p);
	p.opens++;
	return p.open_ret;
}

static void prog_stop(void *ctx, struct net_device *d)
{
	ck_assert_ptr_eq(d, dev);
	p.stops++;
}

static int prog_xmit(void *ctx, struct net_device *d, unsigned queue, const void *frame, unsigned len)
{
	if (p.xmit_ret)
		return p.xmit_ret;
	p.xmits++;
	p.last_len = len;
	p.last_queue = queue;
	memcpy(p.last, frame, min(len, (unsigned)sizeof(p.last)));
	return 0;
}

static void prog_destroy(void *ctx, struct net_device *d)
{
	ck_assert_ptr_eq(ctx, &p);
	p.destroys++;
}

static const struct userdev_ops prog_ops = { prog_open, prog_stop, prog_xmit, prog_destroy };
static const struct userdev_ops bare_ops = { .xmit = prog_xmit };

static void begin(void)
{
	memset(&w, 0, sizeof(w));
	memset(&p, 0, sizeof(p));
	memset(&cfg, 0, sizeof(cfg));
	dev = NULL;
	wire_begin(2);
	cfg.opts = wire_opts("own0", 1);
}

static void make(void)
{
	struct extack err = { "" };

	dev = userdev_create(&w.n.net, &cfg, &prog_ops, &p, NULL, &err);
	ck_assert_msg(dev != NULL, "%s", err.msg);
}

static void make_up(void)
{
	make();
	wire_up(dev);
}

static int inject(unsigned queue, const unsigned char *dst, unsigned len, unsigned char id)
{
	unsigned char frame[4096];

	netfix_frame(frame, dst, wire_peer, ETH_P_IP, len < 14 ? 14 : len);
	if (len > 14)
		frame[14] = id;
	return userdev_rx(dev, queue, frame, len);
}

static int inject_own(unsigned char id)
{
	return inject(0, wire_own, 60, id);
}

START_TEST(test_create_and_destroy)
{
	make();
	ck_assert_str_eq(dev->name, "own0");
	ck_assert_str_eq(dev->driver, "user");
	ck_assert_ptr_eq(userdev_ctx(dev), &p);
	ck_assert_int_eq(userdev_vector(dev, 0), -1);
	ck_assert_int_eq(inject_own(1), -ENETDOWN);
	wire_up(dev);
	ck_assert_int_ge(userdev_vector(dev, 0), 0);
	ck_assert_uint_eq(p.opens, 1);
	userdev_destroy(dev);
	ck_assert_uint_eq(p.stops, 1);
	ck_assert_uint_eq(p.destroys, 1);
}
END_TEST

START_TEST(test_open_refused)
{
	struct extack err = { "" };

	make();
	p.open_ret = -EPERM;
	ck_assert_int_eq(dev_open(dev, &err), -EPERM);
	ck_assert_uint_eq(p.stops, 0);
	p.open_ret = 0;
	wire_up(dev);
	ck_assert_uint_eq(p.opens, 2);
}
END_TEST

START_TEST(test_config_refused)
{
	struct extack err = { "" };

	cfg.slot_size = 77;
	ck_assert_ptr_null(userdev_create(&w.n.net, &cfg, &prog_ops, &p, NULL, &err));
	cfg.slot_size = 65540;
	ck_assert_ptr_null(userdev_create(&w.n.net, &cfg, &prog_ops, &p, NULL, &err));
	cfg.slot_size = 0;
	cfg.rx_slots = 65537;
	ck_assert_ptr_null(userdev_create(&w.n.net, &cfg, &prog_ops, &p, NULL, &err));
	cfg.rx_slots = 0;
	cfg.opts.ifname = "no/name";
	ck_assert_ptr_null(userdev_create(&w.n.net, &cfg, &prog_ops, &p, NULL, &err));
	ck_assert_uint_eq(p.destroys, 0);
}
END_TEST

START_TEST(test_E7_one_burst)
{
	unsigned masks, unmasks;

	make_up();
	masks = w.n.masks;
	unmasks = w.n.unmasks;
	for (unsigned i = 0; i < 200; i++)
		ck_assert_int_eq(inject_own((unsigned char)i), 0);
	ck_assert_uint_eq(userdev_rx_pending(dev, 0), 200);
	netfix_run(&w.n);
	ck_assert_uint_eq(w.received, 200);
	for (unsigned i = 0; i < 200; i++)
		ck_assert_uint_eq(w.order[i], i);
	ck_assert_uint_eq(wire_stat(dev, "rx_interrupts"), 1);
	ck_assert_uint_eq(w.n.masks - masks, 1);
	ck_assert_uint_eq(w.n.unmasks - unmasks, 1);
	ck_assert_uint_eq(userdev_rx_pending(dev, 0), 0);
	ck_assert_uint_eq(wire_stats(dev).rx_packets, 200);
	ck_assert_uint_eq(wire_stats(dev).rx_bytes, 12000);
	ck_assert_uint_eq(netfix_ledger(&w.n, LEDGER_FRAME, VERDICT_CONSUMED), 200);
}
END_TEST

START_TEST(test_E8_weight)
{
	const struct napi_struct *napi;

	make_up();
	napi = list_first_entry(&dev->napi_list, struct napi_struct, dev_list);
	ck_assert_int_eq(napi->weight, 64);
	for (unsigned i = 0; i < 200; i++)
		inject_own(1);
	netfix_run(&w.n);
	ck_assert_uint_eq(napi->polls, 4); /* 64 64 64 8 */
	ck_assert_uint_eq(napi->work, 200);
	for (unsigned i = 0; i < 64; i++)
		inject_own(1);
	netfix_run(&w.n);
	ck_assert_uint_eq(napi->polls, 6); /* 64 0 */
	ck_assert_uint_eq(napi->over_weight, 0);
	ck_assert_uint_eq(w.n.log_warnings, 0);
}
END_TEST

START_TEST(test_E6_interrupts_are_fewer)
{
	make_up();
	for (unsigned i = 0; i < 1000; i++) {
		for (unsigned j = 0; j < 100; j++)
			ck_assert_int_eq(inject_own(1), 0);
		netfix_run(&w.n);
	}
	ck_assert_uint_eq(w.received, 100000);
	ck_assert_uint_eq(wire_stat(dev, "rx_interrupts"), 1000);
}
END_TEST

START_TEST(test_ring_overflow)
{
	make_up();
	for (unsigned i = 0; i < 600; i++)
		ck_assert_int_eq(inject_own(1), i < 512 ? 0 : -ENOBUFS);
	netfix_run(&w.n);
	ck_assert_uint_eq(w.received, 512);
	ck_assert_uint_eq(wire_stat(dev, "rx_missed"), 88);
	ck_assert_uint_eq(wire_stats(dev).rx_missed_errors, 88);
	ck_assert_uint_eq(netfix_ledger(&w.n, LEDGER_FRAME, VERDICT_ENTERED), 512);
}
END_TEST

START_TEST(test_bad_frames)
{
	make_up();
	ck_assert_int_eq(inject(0, wire_own, 2049, 1), -EMSGSIZE);
	ck_assert_int_eq(inject(1, wire_own, 60, 1), -EINVAL);
	ck_assert_int_eq(inject(0, wire_own, 0, 1), -EINVAL);
	ck_assert_int_eq(inject(0, wire_own, 13, 1), 0);
	ck_assert_int_eq(inject(0, wire_own, 14, 1), 0);
	ck_assert_int_eq(inject(0, wire_own, 2048, 1), 0);
	netfix_run(&w.n);
	ck_assert_uint_eq(w.received, 2);
	ck_assert_uint_eq(w.last_len, 2034);
	ck_assert_uint_eq(netfix_drops(&w.n, SKB_DROP_REASON_RX_RUNT), 1);
	ck_assert_uint_eq(wire_stat(dev, "rx_runts"), 1);
	ck_assert_uint_eq(wire_stat(dev, "rx_too_long"), 1);
	ck_assert_uint_eq(wire_stats(dev).rx_errors, 2);
	ck_assert_uint_eq(wire_stats(dev).rx_length_errors, 2);
	ck_assert_uint_eq(wire_stats(dev).rx_packets, 2);
}
END_TEST

START_TEST(test_no_memory_for_a_frame)
{
	make_up();
	inject_own(1);
	inject_own(2);
	kmem_fail_nth(&w.n.net.m.kmem, 1, "skbuff_head_cache");
	netfix_run(&w.n);
	ck_assert_uint_eq(w.received, 1);
	ck_assert_uint_eq(w.order[0], 2);
	ck_assert_uint_eq(wire_stat(dev, "rx_nomem"), 1);
	ck_assert_uint_eq(wire_stats(dev).rx_dropped, 1);
	ck_assert_uint_eq(netfix_drops(&w.n, SKB_DROP_REASON_RX_NOMEM), 1);
	ck_assert_uint_eq(netfix_ledger(&w.n, LEDGER_FRAME, VERDICT_ENTERED), 2);
}
END_TEST

START_TEST(test_filter_and_its_absence)
{
	make_up();
	inject(0, wire_peer, 60, 1);
	netfix_run(&w.n);
	ck_assert_uint_eq(w.received, 0);
	ck_assert_uint_eq(wire_stat(dev, "rx_filtered"), 1);
	ck_assert_uint_eq(netfix_drops(&w.n, SKB_DROP_REASON_RX_FILTERED), 1);
	ck_assert_uint_eq(wire_stats(dev).rx_packets, 0);
	userdev_destroy(dev);
	cfg.no_filter = true;
	make_up();
	inject(0, wire_peer, 60, 1);
	netfix_run(&w.n);
	ck_assert_uint_eq(w.received, 1);
	ck_assert_int_eq(w.last_type, PACKET_OTHERHOST);
}
END_TEST

START_TEST(test_rx_delay)
{
	cfg.rx_delay_ms = 10;
	make_up();
	inject_own(1);
	w.n.now += NETFIX_TICK;
	inject_own(2);
	netfix_run(&w.n);
	ck_assert_uint_eq(w.received, 0);
	netfix_advance(&w.n, 2 * NETFIX_TICK - 1);
	ck_assert_uint_eq(w.received, 0);
	netfix_advance(&w.n, 1); /* 12 ms: the jiffy after 10 */
	ck_assert_uint_eq(w.received, 1);
	netfix_advance(&w.n, NETFIX_TICK);
	ck_assert_uint_eq(w.received, 2);
	inject_own(3);
	netfix_run(&w.n);
	dev_close(dev); /* with a frame waiting and its timer armed */
	netfix_advance(&w.n, 10 * NETFIX_TICK);
	ck_assert_uint_eq(w.received, 2);
	ck_assert_uint_eq(userdev_rx_pending(dev, 0), 0);
}
END_TEST

START_TEST(test_C4_transmit)
{
	struct net_device_stats s;

	make_up();
	ck_assert_int_eq(wire_send(dev, 100, 9), 0);
	ck_assert_uint_eq(p.xmits, 1);
	ck_assert_uint_eq(p.last_len, 100);
	ck_assert_mem_eq(p.last, wire_peer, 6);
	ck_assert_uint_eq(p.last[14], 9);
	s = wire_stats(dev);
	ck_assert_uint_eq(s.tx_packets, 1);
	ck_assert_uint_eq(s.tx_bytes, 100);
	ck_assert_uint_eq(netfix_ledger(&w.n, LEDGER_LOCAL, VERDICT_SENT), 1);
}
END_TEST

/* The send itself reaps its completion: interrupt inside the transmit, poll at local_bh_enable(). */
START_TEST(test_P1_completion_at_the_end_of_the_send)
{
	make_up();
	ck_assert_int_eq(wire_send(dev, 100, 1), 0);
	ck_assert_uint_eq(w.freed, 1);
	ck_assert_uint_eq(wire_stat(dev, "tx_completed"), 1);
	ck_assert_uint_eq(wire_stat(dev, "rx_interrupts"), 1);
	ck_assert_uint_eq(userdev_tx_in_flight(dev, 0), 0);
}
END_TEST

START_TEST(test_P3_completion_from_another_cpu)
{
	make_up();
	ck_assert_uint_eq(irq_cpu(&w.n.net.m, userdev_vector(dev, 0))->id, 0);
	ck_assert_int_eq(wire_send_on(dev, 1, 100, 1), 0);
	netfix_run(&w.n);
	ck_assert_uint_eq(w.freed, 1);
	ck_assert_uint_eq(wire_stat(dev, "tx_completed"), 0);
	ck_assert_uint_eq(w.n.net.m.cpu[1]->softirq_count[NET_TX_SOFTIRQ], 1);
}
END_TEST

START_TEST(test_O13_short_frame_is_padded)
{
	static const unsigned char zero[64];

	make_up();
	ck_assert_int_eq(wire_send(dev, 15, 9), 0);
	ck_assert_uint_eq(p.last_len, 60);
	ck_assert_uint_eq(p.last[14], 9);
	ck_assert_mem_eq(p.last + 15, zero, 45);
	ck_assert_uint_eq(wire_stats(dev).tx_bytes, 60);
	ck_assert_int_eq(wire_send(dev, 60, 9), 0);
	ck_assert_uint_eq(p.last_len, 60);
}
END_TEST

START_TEST(test_answers_from_the_softirq)
{
	make_up();
	w.echo = true;
	for (unsigned i = 0; i < 150; i++)
		inject_own((unsigned char)i);
	netfix_run(&w.n);
	ck_assert_uint_eq(w.received, 150);
	ck_assert_uint_eq(p.xmits, 150);
	ck_assert_uint_eq(w.freed, 150);
	ck_assert_uint_eq(wire_stat(dev, "tx_completed"), 150);
	ck_assert_uint_eq(wire_stat(dev, "rx_interrupts"), 1);
}
END_TEST

START_TEST(test_wire_says_later)
{
	make_up();
	p.xmit_ret = -EAGAIN;
	for (unsigned i = 0; i < 5; i++)
		ck_assert_int_eq(wire_send(dev, 60, (unsigned char)i), 0);
	netfix_run(&w.n);
	ck_assert_uint_eq(wire_stat(dev, "tx_busy"), 1);
	ck_assert(netif_tx_queue_stopped(netdev_get_tx_queue(dev, 0)));
	ck_assert_uint_eq(netfix_held(&w.n, HELD_QDISC), 5);
	p.xmit_ret = 0;
	userdev_tx_wake(dev, 0);
	netfix_run(&w.n);
	ck_assert_uint_eq(p.xmits, 5);
	ck_assert_uint_eq(p.last[14], 4);
	ck_assert_uint_eq(w.freed, 5);
}
END_TEST

START_TEST(test_wire_refuses)
{
	make_up();
	p.xmit_ret = -EIO;
	ck_assert_int_eq(wire_send(dev, 60, 1), 0);
	ck_assert_uint_eq(w.freed, 1);
	ck_assert_uint_eq(wire_stat(dev, "tx_refused"), 1);
	ck_assert_uint_eq(wire_stats(dev).tx_errors, 1);
	ck_assert_uint_eq(wire_stats(dev).tx_packets, 0);
	ck_assert_uint_eq(netfix_drops(&w.n, SKB_DROP_REASON_DEV_TX_ERROR), 1);
}
END_TEST

START_TEST(test_held_completions)
{
	cfg.hold_tx = true;
	cfg.tx_ring = 4;
	make_up();
	for (unsigned i = 0; i < 10; i++)
		ck_assert_int_eq(wire_send(dev, 60, (unsigned char)i), 0);
	ck_assert_uint_eq(p.xmits, 4);
	ck_assert_uint_eq(w.freed, 0);
	ck_assert_uint_eq(userdev_tx_in_flight(dev, 0), 4);
	ck_assert_uint_eq(netfix_held(&w.n, HELD_TXRING), 4);
	ck_assert_uint_eq(netfix_held(&w.n, HELD_QDISC), 6);
	ck_assert_uint_eq(userdev_tx_complete(dev, 0, 3), 3);
	netfix_run(&w.n);
	ck_assert_uint_eq(w.freed, 3);
	ck_assert_uint_eq(p.xmits, 7);
	ck_assert_uint_eq(userdev_tx_complete(dev, 0, 100), 4);
	ck_assert_uint_eq(userdev_tx_complete(dev, 0, 100), 0);
	netfix_run(&w.n);
	ck_assert_uint_eq(p.xmits, 10);
	ck_assert_uint_eq(p.last[14], 9);
	userdev_tx_complete(dev, 0, 100);
	netfix_run(&w.n);
	ck_assert_uint_eq(w.freed, 10);
	ck_assert_uint_eq(wire_stat(dev, "tx_completed"), 10);
}
END_TEST

START_TEST(test_C10_tx_timeout)
{
	cfg.hold_tx = true;
	cfg.tx_ring = 4;
	make_up();
	for (unsigned i = 0; i < 6; i++)
		wire_send(dev, 60, (unsigned char)i);
	for (unsigned s = 0; s < 4; s++)
		netfix_advance(&w.n, NSEC_PER_SEC);
	ck_assert_uint_eq(dev->tx_timeouts, 0);
	for (unsigned s = 0; s < 8 && !dev->tx_timeouts; s++)
		netfix_advance(&w.n, NSEC_PER_SEC);
	ck_assert_uint_eq(dev->tx_timeouts, 1);
	netfix_run(&w.n);
	ck_assert_uint_eq(netfix_drops(&w.n, SKB_DROP_REASON_DEV_TX_ERROR), 4);
	ck_assert_uint_eq(wire_stats(dev).tx_errors, 4);
	ck_assert_uint_eq(p.xmits, 6); /* the two that waited went out */
	ck_assert_uint_eq(userdev_tx_in_flight(dev, 0), 2);
	userdev_tx_complete(dev, 0, 2);
	netfix_run(&w.n);
	ck_assert_uint_eq(w.freed, 6);
}
END_TEST

START_TEST(test_down_with_frames_in_flight)
{
	cfg.hold_tx = true;
	cfg.tx_ring = 4;
	make_up();
	for (unsigned i = 0; i < 6; i++)
		wire_send(dev, 60, (unsigned char)i);
	inject_own(1);
	dev_close(dev);
	ck_assert_uint_eq(w.freed, 6);
	ck_assert_uint_eq(netfix_drops(&w.n, SKB_DROP_REASON_QUEUE_PURGE), 6);
	ck_assert_uint_eq(userdev_tx_in_flight(dev, 0), 0);
	ck_assert_uint_eq(userdev_rx_pending(dev, 0), 0);
	ck_assert_uint_eq(wire_stats(dev).tx_errors, 0);
	wire_up(dev);
	ck_assert_int_eq(wire_send(dev, 60, 9), 0);
	ck_assert_uint_eq(p.last[14], 9);
	inject_own(2);
	netfix_run(&w.n);
	ck_assert_uint_eq(w.order[0], 2);
}
END_TEST

START_TEST(test_queues_have_their_cpus)
{
	cfg.opts.queues = 4;
	make_up();
	for (unsigned i = 0; i < 4; i++) {
		char name[32];

		snprintf(name, sizeof(name), "own0-TxRx-%u", i);
		ck_assert_str_eq(w.n.net.m.irq[userdev_vector(dev, i)]->name, name);
		ck_assert_uint_eq(irq_cpu(&w.n.net.m, userdev_vector(dev, i))->id, i % 2);
		ck_assert_ptr_eq(nif_line(&w.n.net, (unsigned)userdev_vector(dev, i)).dev, dev);
		ck_assert_int_eq(inject(i, wire_own, 60, 1), 0);
		netfix_run(&w.n);
		ck_assert_uint_eq(w.last_cpu, i % 2);
	}
	ck_assert_uint_eq(w.received, 4);
}
END_TEST

START_TEST(test_E26_affinity)
{
	make_up();
	ck_assert_int_eq(irq_set_affinity(&w.n.net.m, userdev_vector(dev, 0), 1), 0);
	inject_own(1);
	netfix_run(&w.n);
	ck_assert_uint_eq(w.received, 1);
	ck_assert_uint_eq(w.last_cpu, 1);
	ck_assert_int_eq(wire_send_on(dev, 1, 60, 1), 0);
	ck_assert_uint_eq(wire_stat(dev, "tx_completed"), 1);
}
END_TEST

START_TEST(test_C7_address)
{
	static const unsigned char other[ETH_ALEN] = { 0x02, 9, 9, 9, 9, 9 };
	struct extack err = { "" };

	make_up();
	ck_assert_int_eq(dev_set_mac_address(dev, other, &err), 0);
	inject_own(1);
	inject(0, other, 60, 2);
	netfix_run(&w.n);
	ck_assert_uint_eq(w.received, 1);
	ck_assert_uint_eq(w.order[0], 2);
	ck_assert_int_eq(w.last_type, PACKET_HOST);
}
END_TEST

START_TEST(test_C8_mtu)
{
	struct extack err = { "" };

	make();
	ck_assert_int_eq(dev_set_mtu(dev, 67, &err), -EINVAL);
	ck_assert_int_eq(dev_set_mtu(dev, 2031, &err), -EINVAL);
	ck_assert_int_eq(dev_set_mtu(dev, 2030, &err), 0);
	ck_assert_int_eq(dev_set_mtu(dev, 68, &err), 0);
}
END_TEST

START_TEST(test_C3_up_and_down_1000_times)
{
	uint64_t live;

	cfg.opts.queues = 2;
	make_up();
	dev_close(dev);
	netfix_settle(&w.n);
	live = kmem_live(&w.n.net.m.kmem);
	for (unsigned i = 0; i < 1000; i++) {
		wire_up(dev);
		inject(i & 1, wire_own, 60, 1);
		if (i % 3)
			netfix_run(&w.n);
		wire_send(dev, 60, 1);
		dev_close(dev);
	}
	netfix_settle(&w.n);
	ck_assert_uint_eq(p.opens, 1001);
	ck_assert_uint_eq(p.stops, 1001);
	ck_assert_uint_eq(w.freed, 1000);
	ck_assert_uint_eq(kmem_live(&w.n.net.m.kmem), live);
}
END_TEST

START_TEST(test_each_allocation_fails)
{
	struct extack err = { "" };
	unsigned nth;

	cfg.opts.queues = 2;
	for (nth = 1;; nth++) {
		kmem_fail_nth(&w.n.net.m.kmem, nth, NULL);
		dev = userdev_create(&w.n.net, &cfg, &prog_ops, &p, NULL, &err);
		if (dev && !dev_open(dev, &err) && !kmem_fault_hit(&w.n.net.m.kmem))
			break;
		ck_assert(kmem_fault_hit(&w.n.net.m.kmem));
		if (dev)
			userdev_destroy(dev);
	}
	kmem_fail_nth(&w.n.net.m.kmem, 0, NULL);
	ck_assert_uint_ge(nth, 8);
	inject_own(1);
	netfix_run(&w.n);
	ck_assert_uint_eq(w.received, 1);
}
END_TEST

START_TEST(test_bare_ops)
{
	struct extack err = { "" };

	dev = userdev_create(&w.n.net, &cfg, &bare_ops, NULL, NULL, &err);
	wire_up(dev);
	wire_send(dev, 60, 1);
	ck_assert_uint_eq(p.xmits, 1);
	dev_close(dev);
	userdev_destroy(dev);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_create_and_destroy, test_open_refused, test_config_refused, test_E7_one_burst,
		test_E8_weight, test_E6_interrupts_are_fewer, test_ring_overflow, test_bad_frames,
		test_no_memory_for_a_frame, test_filter_and_its_absence, test_rx_delay,
		test_C4_transmit, test_P1_completion_at_the_end_of_the_send,
		test_P3_completion_from_another_cpu, test_O13_short_frame_is_padded,
		test_answers_from_the_softirq, test_wire_says_later, test_wire_refuses,
		test_held_completions, test_C10_tx_timeout, test_down_with_frames_in_flight,
		test_queues_have_their_cpus, test_E26_affinity, test_C7_address, test_C8_mtu,
		test_C3_up_and_down_1000_times, test_each_allocation_fails, test_bare_ops, NULL,
	};
	Suite *s = suite_of("userdev", begin, wire_end, tests);

	return s;
}
