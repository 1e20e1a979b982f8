/* SPDX-License-Identifier: MIT */
/* check_dev_tx: from dev_queue_xmit() to the driver, its verdicts in the books, NET_TX. */
#include "testdev.h"

#include <linux/ip.h>
#include <linux/udp.h>

#include "core/sock.h"

static struct netfix n;
static struct net_device *dev;
static struct packet_type tap;
static unsigned nr_tap;

static void setup(void)
{
	netfix_begin(&n, 2);
	dev = testdev_up(&n, "t0", 4);
	count_handler(&tap, ETH_P_ALL, &nr_tap);
}

static void teardown(void)
{
	testdev_free(dev);
	netfix_end(&n);
}

/* A frame made here: Ethernet, IP, UDP from port @sport, with an unfinished UDP checksum. */
static struct sk_buff *local_skb(uint16_t sport)
{
	struct sk_buff *skb = alloc_skb(&n.net, 128);
	struct iphdr *ip;
	struct udphdr *udp;

	skb_reserve(skb, 34); /* the IP header is aligned */
	memset(skb_put(skb, 60), 0, 60);
	skb->dev = dev;
	skb->protocol = htons(ETH_P_IP);
	skb_set_network_header(skb, ETH_HLEN);
	skb_set_transport_header(skb, ETH_HLEN + 20);
	ip = ip_hdr(skb);
	ip->version = 4;
	ip->ihl = 5;
	ip->protocol = IPPROTO_UDP;
	ip->saddr = htonl(0x0a000001);
	ip->daddr = htonl(0x0a000002);
	udp = udp_hdr(skb);
	udp->source = htons(sport);
	udp->dest = htons(53);
	udp->len = htons(26);
	return skb;
}

static int xmit(struct sk_buff *skb)
{
	int rc;

	enter(&n, 0);
	rc = dev_queue_xmit(skb);
	leave();
	return rc;
}

static struct sk_buff *make(uint16_t sport)
{
	struct sk_buff *skb;

	enter(&n, 0);
	skb = local_skb(sport);
	leave();
	return skb;
}

START_TEST(test_C4_sent_and_counted)
{
	struct net_device_stats st;

	ck_assert_int_eq(xmit(make(1)), 0);
	ck_assert_uint_eq(testdev(dev)->sent, 1);
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_LOCAL, VERDICT_ENTERED), 1);
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_LOCAL, VERDICT_SENT), 1);
	dev_get_stats(dev, &st);
	ck_assert_uint_eq(st.tx_packets, 1);
	ck_assert_uint_eq(st.tx_bytes, 60);
}
END_TEST

START_TEST(test_forwarded_frame)
{
	struct sk_buff *skb;

	enter(&n, 0);
	skb = local_skb(1);
	ledger_begin(skb, LEDGER_FRAME); /* came in by some device */
	dev_queue_xmit(skb);
	leave();
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_FRAME, VERDICT_FORWARDED), 1);
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_LOCAL, VERDICT_ENTERED), 0);
}
END_TEST

START_TEST(test_driver_holds_until_it_ends_it)
{
	testdev(dev)->tx = TX_HOLD;
	xmit(make(1));
	ck_assert_uint_eq(netfix_held(&n, HELD_TXRING), 1);
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_LOCAL, VERDICT_SENT), 0);
	netfix_balanced(&n);
	enter(&n, 1); /* completed on another CPU */
	consume_skb(__skb_dequeue(&testdev(dev)->held));
	leave();
	ck_assert_uint_eq(netfix_held(&n, HELD_TXRING), 0);
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_LOCAL, VERDICT_SENT), 1);
	testdev(dev)->tx = TX_DROP;
	xmit(make(1));
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_LOCAL, VERDICT_SENT), 1);
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_LOCAL, VERDICT_DROPPED), 1);
	ck_assert_uint_eq(netfix_drops(&n, SKB_DROP_REASON_DEV_TX_ERROR), 1);
}
END_TEST

START_TEST(test_loopback_is_sent_and_received_anew)
{
	struct packet_type ip;
	unsigned nr_ip;

	count_handler(&ip, ETH_P_IP, &nr_ip);
	dev_add_pack(&n.net, &ip);
	testdev(dev)->tx = TX_AGAIN;
	xmit(make(1));
	netfix_run(&n);
	ck_assert_uint_eq(nr_ip, 1);
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_LOCAL, VERDICT_SENT), 1);
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_FRAME, VERDICT_ENTERED), 1);
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_FRAME, VERDICT_CONSUMED), 1);
	dev_remove_pack(&n.net, &ip);
}
END_TEST

START_TEST(test_device_down)
{
	struct net_device_stats st;

	dev_close(dev);
	ck_assert_int_eq(xmit(make(1)), -ENETDOWN);
	ck_assert_uint_eq(netfix_drops(&n, SKB_DROP_REASON_DEV_READY), 1);
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_LOCAL, VERDICT_DROPPED), 1);
	dev_get_stats(dev, &st);
	ck_assert_uint_eq(st.tx_dropped, 1);
}
END_TEST

START_TEST(test_busy_device_without_queue)
{
	unsigned warnings = n.log_warnings;

	testdev(dev)->tx = TX_BUSY;
	ck_assert_int_eq(xmit(make(1)), -ENETDOWN);
	ck_assert_uint_eq(netfix_drops(&n, SKB_DROP_REASON_FULL_RING), 1);
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_LOCAL, VERDICT_SENT), 0);
	ck_assert_uint_eq(n.log_warnings, warnings + 1);
	ck_assert_ptr_nonnull(strstr(n.log, "asks to queue packet"));
}
END_TEST

static unsigned depth;

static void send_again(struct net_device *d)
{
	if (depth++ < 50)
		dev_queue_xmit(local_skb(1));
	(void)d;
}

START_TEST(test_recursion_limit)
{
	/* with the queue's lock the second call finds its own CPU as the owner */
	testdev(dev)->in_xmit = send_again;
	depth = 0;
	xmit(make(1));
	ck_assert_uint_eq(testdev(dev)->sent, 1);
	ck_assert_uint_eq(netfix_drops(&n, SKB_DROP_REASON_RECURSION_LIMIT), 1);
	ck_assert_ptr_nonnull(strstr(n.log, "Dead loop on virtual device t0"));
	/* without it, eleven calls are let in, as in Linux 3.13 (> 10) */
	dev->features |= NETIF_F_LLTX;
	depth = 0;
	xmit(make(1));
	ck_assert_uint_eq(testdev(dev)->sent, 1 + 11);
	ck_assert_uint_eq(netfix_drops(&n, SKB_DROP_REASON_RECURSION_LIMIT), 2);
	ck_assert_int_eq(softnet(&n, 0)->xmit_recursion, 0);
}
END_TEST

START_TEST(test_O10_queue_is_stable_per_flow)
{
	unsigned used = 0;

	for (uint16_t port = 1; port <= 64; port++) {
		struct sk_buff *a = make(port), *b = make(port);

		enter(&n, 0);
		ck_assert_ptr_eq(netdev_pick_tx(dev, a), netdev_pick_tx(dev, b));
		ck_assert_uint_lt(a->queue_mapping, 4);
		used |= 1u << a->queue_mapping;
		consume_skb(a);
		consume_skb(b);
		leave();
	}
	ck_assert_uint_eq(used, 15); /* 64 flows use all four queues */
	dev->real_num_tx_queues = 1;
	enter(&n, 0);
	for (uint16_t port = 1; port <= 8; port++) {
		struct sk_buff *skb = local_skb(port);

		ck_assert_ptr_eq(netdev_pick_tx(dev, skb), &dev->_tx[0]);
		consume_skb(skb);
	}
	leave();
	dev->real_num_tx_queues = 4;
}
END_TEST

/*
 * Sum of the UDP part of the frame that was sent last: 0xffff when its checksum is right (no pseudo
 * header was used here).
 */
static uint16_t sent_sum(void)
{
	return (uint16_t)~csum_fold(csum_partial(testdev(dev)->last + ETH_HLEN + 20, 26, 0));
}

START_TEST(test_O12_checksum_in_software_when_the_device_cannot)
{
	for (int hw = 0; hw < 3; hw++) {
		struct sk_buff *skb = make(5);

		dev->features = hw == 0 ? 0 : hw == 1 ? NETIF_F_IP_CSUM : NETIF_F_HW_CSUM;
		skb->ip_summed = CHECKSUM_PARTIAL;
		skb->csum_start = (uint16_t)(skb_transport_header(skb) - skb->head);
		skb->csum_offset = offsetof(struct udphdr, check);
		xmit(skb);
		if (hw)
			ck_assert_uint_ne(sent_sum(), 0xffff);
		else
			ck_assert_uint_eq(sent_sum(), 0xffff);
	}
	dev->features = 0;
}
END_TEST

START_TEST(test_O12_features_follow_the_protocol)
{
	struct sk_buff *skb = make(5);

	enter(&n, 0);
	dev->features = NETIF_F_IP_CSUM | NETIF_F_SG;
	ck_assert_uint_eq(netif_skb_features(skb), NETIF_F_IP_CSUM | NETIF_F_SG);
	skb->ip_summed = CHECKSUM_PARTIAL;
	ck_assert_uint_eq(netif_skb_features(skb), NETIF_F_IP_CSUM | NETIF_F_SG);
	skb->protocol = htons(ETH_P_IPV6);
	ck_assert_uint_eq(netif_skb_features(skb), 0);
	dev->features = 0;
	consume_skb(skb);
	leave();
}
END_TEST

static unsigned char tap_type;

static int out_rcv(struct sk_buff *skb, struct net_device *d, struct packet_type *pt,
		   struct net_device *orig_dev)
{
	ck_assert_ptr_eq(d, orig_dev);
	tap_type = skb->pkt_type;
	ck_assert_uint_eq(skb->len, 60);
	ck_assert_int_eq(skb_network_offset(skb), ETH_HLEN);
	nr_tap++;
	(void)pt;
	consume_skb(skb);
	return 0;
}

START_TEST(test_tx_taps_get_copies)
{
	struct sock sk = { .skc_num = 0 };
	struct packet_type second;
	struct sk_buff *skb;
	unsigned nr_second;

	tap.func = out_rcv;
	tap.af_packet_priv = NULL;
	count_handler(&second, ETH_P_ALL, &nr_second);
	second.dev = dev;
	dev_add_pack(&n.net, &tap);
	dev_add_pack(&n.net, &second);
	xmit(make(1));
	ck_assert_uint_eq(nr_tap, 1);
	ck_assert_uint_eq(nr_second, 1);
	ck_assert_uint_eq(tap_type, PACKET_OUTGOING);
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_COPY, VERDICT_CONSUMED), 1); /* both share one */
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_LOCAL, VERDICT_SENT), 1);
	/* not back to the socket that sent it */
	tap.af_packet_priv = &sk;
	skb = make(1);
	skb->sk = &sk;
	xmit(skb);
	ck_assert_uint_eq(nr_tap, 1);
	ck_assert_uint_eq(nr_second, 2);
	dev_remove_pack(&n.net, &tap);
	dev_remove_pack(&n.net, &second);
}
END_TEST

START_TEST(test_P3_completion_in_net_tx)
{
	unsigned long before = n.net.m.cpu[0]->softirq_count[NET_TX_SOFTIRQ];
	struct sk_buff *skb = make(1);

	enter(&n, 0);
	local_bh_disable();
	irq_enter();
	dev_kfree_skb_any(skb); /* inside an interrupt it waits for the softirq */
	ck_assert_ptr_eq(softnet(&n, 0)->completion_queue, skb);
	irq_exit();
	local_bh_enable();
	ck_assert_ptr_null(softnet(&n, 0)->completion_queue);
	leave();
	ck_assert_uint_eq(n.net.m.cpu[0]->softirq_count[NET_TX_SOFTIRQ], before + 1);
}
END_TEST

static unsigned pending_in_xmit;

static void irq_in_xmit(struct net_device *d)
{
	testdev_arrive(d, 0, 1);
	pending_in_xmit = testdev(d)->q[0].napi.state & 1;
}

START_TEST(test_P4_interrupt_is_let_in_behind_the_driver)
{
	struct packet_type ip;
	unsigned nr_ip;

	count_handler(&ip, ETH_P_IP, &nr_ip);
	dev_add_pack(&n.net, &ip);
	testdev(dev)->in_xmit = irq_in_xmit;
	enter(&n, 0);
	local_bh_disable();
	dev_queue_xmit(local_skb(1));
	ck_assert_uint_eq(pending_in_xmit, 0);
	/* the handler has run, nested in the transmit; its softirq waits for the end of it */
	ck_assert(testdev(dev)->q[0].napi.state & (1ul << NAPI_STATE_SCHED));
	ck_assert_uint_eq(nr_ip, 0);
	local_bh_enable();
	ck_assert_uint_eq(nr_ip, 1);
	leave();
	dev_remove_pack(&n.net, &ip);
}
END_TEST

START_TEST(test_ratelimit_of_messages)
{
	unsigned said = 0;

	n.net.core.sysctl_message_cost = 5;
	n.net.core.sysctl_message_burst = 3;
	enter(&n, 0);
	for (unsigned i = 0; i < 10; i++)
		said += net_ratelimit();
	ck_assert_uint_eq(said, 3);
	leave();
	n.now += 6 * NSEC_PER_SEC;
	enter(&n, 0);
	ck_assert(net_ratelimit());
	leave();
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_C4_sent_and_counted,
				       test_forwarded_frame,
				       test_driver_holds_until_it_ends_it,
				       test_loopback_is_sent_and_received_anew,
				       test_device_down,
				       test_busy_device_without_queue,
				       test_recursion_limit,
				       test_O10_queue_is_stable_per_flow,
				       test_O12_checksum_in_software_when_the_device_cannot,
				       test_O12_features_follow_the_protocol,
				       test_tx_taps_get_copies,
				       test_P3_completion_in_net_tx,
				       test_P4_interrupt_is_let_in_behind_the_driver,
				       test_ratelimit_of_messages,
				       NULL };

	return suite_of("dev_tx", setup, teardown, tests);
}
