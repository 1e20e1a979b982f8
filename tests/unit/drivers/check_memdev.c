/* SPDX-License-Identifier: MIT */
/* check_memdev.c: capture rings, sink, blocking. */
#include "drivers/memdev.h"

#include "wire.h"

static struct net_device *dev;
static struct memdev_config cfg;
static unsigned sunk;
static const void *sunk_at;

static void begin(void)
{
	memset(&w, 0, sizeof(w));
	memset(&cfg, 0, sizeof(cfg));
	sunk = 0;
	wire_begin(1);
	cfg.user.opts = wire_opts(NULL, 1);
}

static void make_up(void)
{
	struct extack err = { "" };

	dev = memdev_create(&w.n.net, &cfg, &err);
	ck_assert_msg(dev != NULL, "%s", err.msg);
	wire_up(dev);
}

static void sink(void *ctx, unsigned queue, const void *frame, unsigned len)
{
	ck_assert_ptr_eq(ctx, &sunk);
	ck_assert_uint_eq(len, 100);
	sunk_at = frame;
	sunk++;
}

START_TEST(test_defaults)
{
	struct extack err = { "" };

	dev = memdev_create(&w.n.net, NULL, &err);
	ck_assert_ptr_nonnull(dev);
	ck_assert_str_eq(dev->name, "mem0");
	ck_assert_uint_eq(dev->mtu, 1500);
	ck_assert_int_eq(dev->dev_addr[0] & 3, 2);
	memdev_destroy(dev);
}
END_TEST

START_TEST(test_inject_and_take)
{
	unsigned char frame[100], buf[200];

	make_up();
	w.echo = true;
	netfix_frame(frame, wire_own, wire_peer, ETH_P_IP, sizeof(frame));
	for (unsigned i = 0; i < 3; i++) {
		frame[14] = (unsigned char)i;
		ck_assert_int_eq(memdev_inject(dev, 0, frame, sizeof(frame)), 0);
	}
	ck_assert_uint_eq(memdev_captured(dev, 0), 0);
	netfix_run(&w.n);
	ck_assert_uint_eq(memdev_captured(dev, 0), 3);
	ck_assert_uint_eq(memdev_take(dev, 0, buf, sizeof(buf)), 100);
	ck_assert_uint_eq(buf[14], 0);
	memset(buf, 0xee, sizeof(buf));
	ck_assert_uint_eq(memdev_take(dev, 0, buf, 20), 100); /* cut, its length is told */
	ck_assert_uint_eq(buf[14], 1);
	ck_assert_uint_eq(buf[20], 0xee);
	ck_assert_uint_eq(memdev_take(dev, 0, buf, sizeof(buf)), 100);
	ck_assert_uint_eq(memdev_take(dev, 0, buf, sizeof(buf)), 0);
}
END_TEST

START_TEST(test_capture_overflow)
{
	unsigned char buf[200];

	cfg.capture = 4;
	make_up();
	for (unsigned i = 0; i < 6; i++)
		ck_assert_int_eq(wire_send(dev, 100, (unsigned char)i), 0);
	ck_assert_uint_eq(memdev_captured(dev, 0), 4);
	ck_assert_uint_eq(memdev_capture_lost(dev, 0), 2);
	ck_assert_uint_eq(wire_stats(dev).tx_packets, 6);
	for (unsigned i = 0; i < 4; i++) {
		ck_assert_uint_eq(memdev_take(dev, 0, buf, sizeof(buf)), 100);
		ck_assert_uint_eq(buf[14], i);
	}
	ck_assert_int_eq(wire_send(dev, 100, 9), 0);
	ck_assert_uint_eq(memdev_take(dev, 0, buf, sizeof(buf)), 100);
	ck_assert_uint_eq(buf[14], 9);
}
END_TEST

START_TEST(test_sink_sees_the_bytes_in_place)
{
	struct sk_buff *skb;

	cfg.sink = sink;
	cfg.sink_ctx = &sunk;
	make_up();
	vcpu_enter(w.n.net.m.cpu[0], NULL);
	skb = wire_skb(dev, 100, 1);
	skb_get(skb);
	wire_send_skb(skb);
	ck_assert_uint_eq(sunk, 1);
	ck_assert_ptr_eq(sunk_at, skb->data);
	consume_skb(skb);
	vcpu_leave(w.n.net.m.cpu[0]);
	ck_assert_uint_eq(memdev_captured(dev, 0), 0);
	ck_assert_uint_eq(memdev_take(dev, 0, &skb, sizeof(skb)), 0);
}
END_TEST

START_TEST(test_block)
{
	make_up();
	memdev_block_tx(dev, true);
	for (unsigned i = 0; i < 5; i++)
		wire_send(dev, 100, 1);
	netfix_run(&w.n);
	ck_assert_uint_eq(memdev_captured(dev, 0), 0);
	ck_assert_uint_eq(netfix_held(&w.n, HELD_QDISC), 5);
	memdev_block_tx(dev, false);
	netfix_run(&w.n);
	ck_assert_uint_eq(memdev_captured(dev, 0), 5);
	ck_assert_uint_eq(w.freed, 5);
}
END_TEST

START_TEST(test_large_frames)
{
	static unsigned char frame[65535], buf[65535];
	struct extack err = { "" };

	cfg.user.slot_size = 65539;
	cfg.user.opts.mtu = 65521;
	cfg.capture = cfg.user.rx_slots = 4;
	make_up();
	ck_assert_int_eq(dev_set_mtu(dev, 65522, &err), -EINVAL);
	netfix_frame(frame, wire_own, wire_peer, ETH_P_IP, sizeof(frame));
	ck_assert_int_eq(memdev_inject(dev, 0, frame, sizeof(frame)), 0);
	netfix_run(&w.n);
	ck_assert_uint_eq(w.last_len, 65521);
	ck_assert_int_eq(wire_send(dev, 65500, 1), 0);
	ck_assert_uint_eq(memdev_take(dev, 0, buf, sizeof(buf)), 65500);
}
END_TEST

START_TEST(test_each_allocation_fails)
{
	struct extack err = { "" };
	unsigned nth;

	cfg.user.opts.queues = 2;
	for (nth = 1;; nth++) {
		kmem_fail_nth(&w.n.net.m.kmem, nth, NULL);
		dev = memdev_create(&w.n.net, &cfg, &err);
		if (!kmem_fault_hit(&w.n.net.m.kmem))
			break;
		ck_assert_ptr_null(dev);
	}
	kmem_fail_nth(&w.n.net.m.kmem, 0, NULL);
	ck_assert_ptr_nonnull(dev);
	ck_assert_uint_ge(nth, 8);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_defaults, test_inject_and_take, test_capture_overflow,
		test_sink_sees_the_bytes_in_place, test_block, test_large_frames,
		test_each_allocation_fails, NULL,
	};

	return suite_of("memdev", begin, wire_end, tests);
}
