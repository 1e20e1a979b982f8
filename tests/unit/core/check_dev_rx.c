/* SPDX-License-Identifier: MIT */
/* check_dev_rx: order of receivers, the backlog's rules of Linux 3.13, counters, stamps. */
#include "testdev.h"

static struct netfix n;
static struct net_device *dev;
static struct packet_type ip, arp, tap, dev_tap;
static unsigned nr_ip, nr_arp, nr_tap, nr_dev_tap;
static char order[64];

static int order_rcv(struct sk_buff *skb, struct net_device *d, struct packet_type *pt,
		     struct net_device *orig_dev)
{
	(void)orig_dev;
	ck_assert_ptr_eq(skb->dev, d);
	strcat(order, pt->func_name);
	if (skb_shared(skb))
		strcat(order, "+"); /* others want it too */
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

static void setup(void)
{
	netfix_begin(&n, 2);
	dev = testdev_up(&n, "t0", 1);
	count_handler(&ip, ETH_P_IP, &nr_ip);
	count_handler(&arp, ETH_P_ARP, &nr_arp);
	count_handler(&tap, ETH_P_ALL, &nr_tap);
	count_handler(&dev_tap, ETH_P_ALL, &nr_dev_tap);
	dev_tap.dev = dev;
	order[0] = '\0';
}

static void teardown(void)
{
	testdev_free(dev);
	netfix_end(&n);
}

static int receive(uint16_t type)
{
	int ret;

	enter(&n, 0);
	ret = netif_receive_skb(testdev_skb(dev, htons(type), 60));
	leave();
	return ret;
}

START_TEST(test_I1_order_taps_then_handler)
{
	struct packet_type *all[3] = { &tap, &dev_tap, &ip };

	tap.func_name = "tap";
	dev_tap.func_name = "dev";
	ip.func_name = "ip";
	for (unsigned i = 0; i < 3; i++) {
		all[i]->func = order_rcv;
		dev_add_pack(&n.net, all[i]);
	}
	ck_assert_int_eq(receive(ETH_P_IP), NET_RX_SUCCESS);
	ck_assert_str_eq(order, "tap+dev+ip"); /* the last one has it alone */
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_FRAME, VERDICT_ENTERED), 1);
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_FRAME, VERDICT_CONSUMED), 1);
	for (unsigned i = 0; i < 3; i++)
		dev_remove_pack(&n.net, all[i]);
}
END_TEST

START_TEST(test_I2_no_tap_no_call)
{
	dev_add_pack(&n.net, &ip);
	dev_add_pack(&n.net, &tap);
	receive(ETH_P_IP);
	dev_remove_pack(&n.net, &tap);
	receive(ETH_P_IP);
	ck_assert_uint_eq(nr_tap, 1);
	ck_assert_uint_eq(nr_ip, 2);
	dev_remove_pack(&n.net, &ip);
}
END_TEST

START_TEST(test_I2_tap_of_another_device)
{
	struct net_device *other = testdev_up(&n, "t1", 1);

	dev_tap.dev = other;
	dev_add_pack(&n.net, &dev_tap);
	dev_add_pack(&n.net, &ip);
	receive(ETH_P_IP);
	ck_assert_uint_eq(nr_dev_tap, 0);
	dev_remove_pack(&n.net, &dev_tap);
	dev_remove_pack(&n.net, &ip);
	testdev_free(other);
}
END_TEST

START_TEST(test_I4_two_handlers_in_one_bucket)
{
	struct packet_type other;
	unsigned nr_other;

	count_handler(&other, ETH_P_IP + PTYPE_HASH_SIZE, &nr_other);
	dev_add_pack(&n.net, &ip);
	dev_add_pack(&n.net, &other);
	receive(ETH_P_IP);
	receive(ETH_P_IP + PTYPE_HASH_SIZE);
	receive(ETH_P_IP);
	ck_assert_uint_eq(nr_ip, 2);
	ck_assert_uint_eq(nr_other, 1);
	/* a handler of one device beside that of all: both get it */
	other.type = htons(ETH_P_IP);
	dev_remove_pack(&n.net, &other);
	other.dev = dev;
	dev_add_pack(&n.net, &other);
	receive(ETH_P_IP);
	ck_assert_uint_eq(nr_ip, 3);
	ck_assert_uint_eq(nr_other, 2);
	dev_remove_pack(&n.net, &other);
	dev_remove_pack(&n.net, &ip);
}
END_TEST

START_TEST(test_I6_I11_unhandled_is_dropped_and_counted)
{
	struct net_device_stats st;

	ck_assert_int_eq(receive(0x88f5), NET_RX_DROP);
	ck_assert_uint_eq(netfix_drops(&n, SKB_DROP_REASON_UNHANDLED_PROTO), 1);
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_FRAME, VERDICT_DROPPED), 1);
	dev_get_stats(dev, &st);
	ck_assert_uint_eq(st.rx_dropped, 1);
	/* with a tap it found a receiver, as in Linux */
	dev_add_pack(&n.net, &tap);
	ck_assert_int_eq(receive(0x88f5), NET_RX_SUCCESS);
	ck_assert_uint_eq(netfix_drops(&n, SKB_DROP_REASON_UNHANDLED_PROTO), 1);
	dev_remove_pack(&n.net, &tap);
}
END_TEST

START_TEST(test_H1_headers_and_iif)
{
	struct sk_buff *skb;

	dev_add_pack(&n.net, &ip);
	enter(&n, 0);
	skb = testdev_skb(dev, htons(ETH_P_IP), 60);
	ck_assert_ptr_nonnull(skb);
	netif_receive_skb(skb_get(skb));
	ck_assert_int_eq(skb->skb_iif, dev->ifindex);
	ck_assert_uint_eq(skb->mac_len, ETH_HLEN);
	ck_assert_int_eq(skb_network_offset(skb), 0);
	ck_assert_int_eq(skb_transport_offset(skb), 0);
	consume_skb(skb);
	leave();
	ck_assert_uint_eq(softnet(&n, 0)->processed, 1);
	ck_assert_uint_eq(softnet(&n, 1)->processed, 0);
	dev_remove_pack(&n.net, &ip);
}
END_TEST

static int64_t stamp;

static int stamp_rcv(struct sk_buff *skb, struct net_device *d, struct packet_type *pt,
		     struct net_device *orig_dev)
{
	(void)d;
	(void)pt;
	(void)orig_dev;
	stamp = skb->tstamp;
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

/* A packet waits in the backlog, and nobody comes for it yet. */
static void rx_and_wait(void)
{
	enter(&n, 0);
	local_bh_disable();
	netif_rx(testdev_skb(dev, htons(ETH_P_IP), 60));
	this_vcpu()->softirq_pending = 0;
	local_bh_enable();
	leave();
}

START_TEST(test_H3_stamp_before_or_after_the_backlog)
{
	const uint64_t real = NETFIX_REAL - NETFIX_START;

	ip.func = stamp_rcv;
	dev_add_pack(&n.net, &ip);
	for (int prequeue = 1; prequeue >= 0; prequeue--) {
		uint64_t then = n.now;

		n.net.core.sysctl_netdev_tstamp_prequeue = prequeue;
		enter(&n, 0);
		netif_rx(testdev_skb(dev, htons(ETH_P_IP), 60));
		leave();
		ck_assert_int_eq(stamp, 0); /* nobody wants stamps */
		net_enable_timestamp(&n.net);
		rx_and_wait();
		n.now += 5000;
		enter(&n, 0);
		raise_softirq(NET_RX_SOFTIRQ);
		leave();
		netfix_run(&n);
		ck_assert_int_eq(stamp, (int64_t)(real + then + (prequeue ? 0 : 5000)));
		net_disable_timestamp(&n.net);
		stamp = 0;
	}
	dev_remove_pack(&n.net, &ip);
}
END_TEST

START_TEST(test_H7_backlog_3_lets_4_in)
{
	struct net_device_stats st;

	dev_add_pack(&n.net, &ip);
	n.net.core.sysctl_netdev_max_backlog = 3;
	enter(&n, 0);
	local_bh_disable();
	for (unsigned i = 0; i < 5; i++)
		ck_assert_int_eq(netif_rx(testdev_skb(dev, htons(ETH_P_IP), 60)),
				 i < 4 ? NET_RX_SUCCESS : NET_RX_DROP);
	ck_assert_uint_eq(netfix_held(&n, HELD_BACKLOG), 4);
	netfix_balanced(&n);
	local_bh_enable();
	leave();
	ck_assert_uint_eq(nr_ip, 4);
	ck_assert_uint_eq(softnet(&n, 0)->dropped, 1);
	ck_assert_uint_eq(softnet(&n, 0)->processed, 4);
	ck_assert_uint_eq(netfix_drops(&n, SKB_DROP_REASON_CPU_BACKLOG), 1);
	ck_assert_uint_eq(netfix_held(&n, HELD_BACKLOG), 0);
	dev_get_stats(dev, &st);
	ck_assert_uint_eq(st.rx_dropped, 1);
	dev_remove_pack(&n.net, &ip);
}
END_TEST

START_TEST(test_H8_backlog_is_not_on_napis_way)
{
	dev_add_pack(&n.net, &ip);
	n.net.core.sysctl_netdev_max_backlog = 1;
	testdev_arrive(dev, 0, 100);
	netfix_run(&n);
	ck_assert_uint_eq(nr_ip, 100);
	ck_assert_uint_eq(softnet(&n, 0)->dropped, 0);
	dev_remove_pack(&n.net, &ip);
}
END_TEST

START_TEST(test_H10_dev_weight_is_the_backlogs)
{
	struct napi_struct *b = &softnet(&n, 0)->backlog;

	dev_add_pack(&n.net, &ip);
	n.net.core.sysctl_netdev_max_backlog = 5000;
	n.net.core.sysctl_dev_weight = 600;
	n.net.core.sysctl_netdev_budget = 100000;
	enter(&n, 0);
	local_bh_disable();
	for (unsigned i = 0; i < 64 + 600 + 600 + 10; i++)
		netif_rx(testdev_skb(dev, htons(ETH_P_IP), 60));
	local_bh_enable();
	leave();
	ck_assert_uint_eq(nr_ip, 1274);
	/* the first poll still had the old weight, as in Linux: 64, 600, 600, 10 */
	ck_assert_uint_eq(b->polls, 4);
	ck_assert_int_eq(b->weight, 600);
	testdev_arrive(dev, 0, 130);
	netfix_run(&n);
	ck_assert_uint_eq(testdev(dev)->q[0].done[0], 64);
	dev_remove_pack(&n.net, &ip);
}
END_TEST

/* A handler whose packet brings another into the backlog, as an answer over loopback does. */
static int again_rcv(struct sk_buff *skb, struct net_device *d, struct packet_type *pt,
		     struct net_device *orig_dev)
{
	(void)orig_dev;
	if (++*(unsigned *)pt->af_packet_priv < 100)
		netif_rx(testdev_skb(d, htons(ETH_P_IP), 60));
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

START_TEST(test_H11_backlog_filled_while_it_is_emptied)
{
	ip.func = again_rcv;
	dev_add_pack(&n.net, &ip);
	enter(&n, 0);
	netif_rx(testdev_skb(dev, htons(ETH_P_IP), 60));
	leave();
	netfix_run(&n);
	ck_assert_uint_eq(nr_ip, 100);
	ck_assert_uint_eq(n.log_warnings, 0);
	dev_remove_pack(&n.net, &ip);
}
END_TEST

START_TEST(test_E22_other_cpus_backlog_by_ipi)
{
	dev_add_pack(&n.net, &ip);
	enter(&n, 0);
	for (unsigned i = 0; i < 3; i++) {
		struct sk_buff *skb = testdev_skb(dev, htons(ETH_P_IP), 60);

		ledger_begin(skb, LEDGER_FRAME);
		ck_assert_int_eq(enqueue_to_backlog(skb, 1), NET_RX_SUCCESS);
	}
	ck_assert_ptr_eq(softnet(&n, 0)->rps_ipi_list, softnet(&n, 1));
	leave();
	netfix_run(&n);
	ck_assert_uint_eq(nr_ip, 3);
	ck_assert_uint_eq(softnet(&n, 0)->processed, 0);
	ck_assert_uint_eq(softnet(&n, 1)->processed, 3);
	ck_assert_uint_eq(softnet(&n, 1)->received_rps, 1);
	ck_assert_uint_eq(n.net.m.cpu[1]->ipi_count, 1);
	dev_remove_pack(&n.net, &ip);
}
END_TEST

START_TEST(test_copy_keeps_its_class)
{
	struct sk_buff *skb, *copy;

	dev_add_pack(&n.net, &ip);
	enter(&n, 0);
	skb = testdev_skb(dev, htons(ETH_P_IP), 60);
	ledger_begin(skb, LEDGER_LOCAL);
	copy = skb_clone(skb);
	consume_skb(skb);
	netif_rx(copy); /* a group packet looped back to us */
	leave();
	netfix_run(&n);
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_COPY, VERDICT_CONSUMED), 1);
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_FRAME, VERDICT_ENTERED), 0);
	dev_remove_pack(&n.net, &ip);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_I1_order_taps_then_handler,
				       test_I2_no_tap_no_call,
				       test_I2_tap_of_another_device,
				       test_I4_two_handlers_in_one_bucket,
				       test_I6_I11_unhandled_is_dropped_and_counted,
				       test_H1_headers_and_iif,
				       test_H3_stamp_before_or_after_the_backlog,
				       test_H7_backlog_3_lets_4_in,
				       test_H8_backlog_is_not_on_napis_way,
				       test_H10_dev_weight_is_the_backlogs,
				       test_H11_backlog_filled_while_it_is_emptied,
				       test_E22_other_cpus_backlog_by_ipi,
				       test_copy_keeps_its_class,
				       NULL };

	return suite_of("dev_rx", setup, teardown, tests);
}
