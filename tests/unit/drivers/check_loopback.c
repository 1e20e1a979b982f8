/* SPDX-License-Identifier: MIT */
/* check_loopback.c: what is sent is received, in the books and in the counters. */
#include "wire.h"

#include <linux/if_arp.h>

static struct net_device *lo;

static void begin(void)
{
	memset(&w, 0, sizeof(w));
	wire_begin(2);
	lo = w.n.net.loopback_dev;
	ck_assert_ptr_nonnull(lo);
	wire_up(lo);
}

/* A frame from lo to lo. */
static int send_lo(unsigned cpu, unsigned len)
{
	struct sk_buff *skb;
	int ret;

	vcpu_enter(w.n.net.m.cpu[cpu], NULL);
	skb = wire_skb(lo, len, 7);
	memset(skb->data, 0, ETH_ALEN);
	ret = wire_send_skb(skb);
	vcpu_leave(w.n.net.m.cpu[cpu]);
	return ret;
}

START_TEST(test_device)
{
	ck_assert_str_eq(lo->name, "lo");
	ck_assert_int_eq(lo->ifindex, 1);
	ck_assert_uint_eq(lo->mtu, 65536);
	ck_assert_uint_eq(lo->type, ARPHRD_LOOPBACK);
	ck_assert_uint_eq(lo->flags & IFF_LOOPBACK, IFF_LOOPBACK);
	ck_assert(lo->features & NETIF_F_LOOPBACK);
	ck_assert_uint_eq(lo->tx_queue_len, 0);
	ck_assert(lo->keep_dst);
}
END_TEST

START_TEST(test_sent_is_received)
{
	struct net_device_stats s;

	ck_assert_int_eq(send_lo(0, 100), 0);
	netfix_run(&w.n);
	ck_assert_uint_eq(w.received, 1);
	ck_assert_uint_eq(w.last_len, 86);
	ck_assert_int_eq(w.last_type, PACKET_HOST);
	ck_assert_uint_eq(w.freed, 1); /* it left its socket at the device */
	s = wire_stats(lo);
	ck_assert_uint_eq(s.tx_packets, 1);
	ck_assert_uint_eq(s.rx_packets, 1);
	ck_assert_uint_eq(s.tx_bytes, 86);
	ck_assert_uint_eq(s.rx_bytes, 86);
	ck_assert_uint_eq(netfix_ledger(&w.n, LEDGER_LOCAL, VERDICT_SENT), 1);
	ck_assert_uint_eq(netfix_ledger(&w.n, LEDGER_FRAME, VERDICT_CONSUMED), 1);
}
END_TEST

START_TEST(test_stays_on_its_cpu)
{
	ck_assert_int_eq(send_lo(1, 100), 0);
	netfix_run(&w.n);
	ck_assert_uint_eq(w.received, 1);
	ck_assert_uint_eq(w.last_cpu, 1);
}
END_TEST

/* H8: lo is bounded by the backlog; what does not fit is dropped there and not counted as sent. */
START_TEST(test_H8_backlog_bound)
{
	w.n.net.core.sysctl_netdev_max_backlog = 1;
	vcpu_enter(w.n.net.m.cpu[0], NULL);
	local_bh_disable();
	for (int i = 0; i < 5; i++) {
		struct sk_buff *skb = wire_skb(lo, 60, 1);

		memset(skb->data, 0, ETH_ALEN);
		ck_assert_int_eq(wire_send_skb(skb), 0);
	}
	local_bh_enable();
	vcpu_leave(w.n.net.m.cpu[0]);
	netfix_run(&w.n);
	ck_assert_uint_eq(w.received, 2); /* the limit is looked at before the queue grows */
	ck_assert_uint_eq(netfix_drops(&w.n, SKB_DROP_REASON_CPU_BACKLOG), 3);
	ck_assert_uint_eq(wire_stats(lo).rx_packets, 2);
	ck_assert_uint_eq(wire_stats(lo).tx_packets, 2);
	ck_assert_uint_eq(wire_stats(lo).rx_dropped, 3);
}
END_TEST

START_TEST(test_unfinished_checksum_stays)
{
	struct sk_buff *skb;

	vcpu_enter(w.n.net.m.cpu[0], NULL);
	skb = wire_skb(lo, 100, 1);
	memset(skb->data, 0, ETH_ALEN);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = (uint16_t)(skb_headroom(skb) + 34);
	skb->csum_offset = 6;
	memset(skb->data + 40, 0, 2);
	skb_get(skb);
	local_bh_disable();
	ck_assert_int_eq(wire_send_skb(skb), 0);
	ck_assert_int_eq(skb->ip_summed, CHECKSUM_PARTIAL);
	ck_assert(skb_csum_unnecessary(skb));
	consume_skb(skb);
	local_bh_enable();
	vcpu_leave(w.n.net.m.cpu[0]);
	netfix_run(&w.n);
	ck_assert_uint_eq(w.received, 1);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_device, test_sent_is_received, test_stays_on_its_cpu, test_H8_backlog_bound,
		test_unfinished_checksum_stays, NULL,
	};

	return suite_of("loopback", begin, wire_end, tests);
}
