/* SPDX-License-Identifier: MIT */
/* check_tstamp.c: R13: the time at which a packet left, on the sender's error queue. */
#include "sockfix.h"

#include <linux/net_tstamp.h>

#include "core/tstamp.h"

static struct sock *sk;

static void begin(void)
{
	sockfix_begin();
	sk = fix_sock();
}

static void end(void)
{
	sk_common_release(sk);
	sockfix_end();
}

static struct sk_buff *out(uint32_t tsflags)
{
	struct sk_buff *skb = sock_wmalloc(sk, 100, 1);

	skb_put(skb, 50);
	ledger_begin(skb, LEDGER_LOCAL);
	sk->sk_tsflags = tsflags;
	sock_tx_timestamp(sk, (uint16_t)tsflags, &skb_shinfo(skb)->tx_flags);
	skb_shinfo(skb)->tskey = 9;
	return skb;
}

START_TEST(test_R13_flags)
{
	uint8_t f = 0;

	sock_tx_timestamp(sk, SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE, &f);
	ck_assert_uint_eq(f, 0);
	sock_tx_timestamp(sk, SOF_TIMESTAMPING_TX_SOFTWARE, &f);
	ck_assert_uint_eq(f, SKBTX_SW_TSTAMP);
	sock_tx_timestamp(sk, SOF_TIMESTAMPING_TX_HARDWARE | SOF_TIMESTAMPING_TX_SCHED, &f);
	ck_assert_uint_eq(f, SKBTX_SW_TSTAMP | SKBTX_HW_TSTAMP | SKBTX_SCHED_TSTAMP);
}
END_TEST

START_TEST(test_R13_stamp)
{
	struct sk_buff *skb = out(SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_OPT_ID), *e;

	skb_tx_timestamp(skb);
	e = skb_peek(&sk->sk_error_queue);
	ck_assert_ptr_nonnull(e);
	ck_assert_uint_eq(e->len, 50);
	ck_assert_int_eq(e->tstamp, (int64_t)NETFIX_REAL);
	ck_assert_uint_eq(SKB_EXT_ERR(e)->ee.ee_errno, ENOMSG);
	ck_assert_uint_eq(SKB_EXT_ERR(e)->ee.ee_origin, SO_EE_ORIGIN_TIMESTAMPING);
	ck_assert_uint_eq(SKB_EXT_ERR(e)->ee.ee_data, 9);
	consume_skb(skb);
	ck_assert_int_eq(sk_wmem_alloc_get(sk), 0);
	ck_assert_uint_eq(netfix_ledger(&fx.nf, LEDGER_LOCAL, VERDICT_CONSUMED), 1);
}
END_TEST

START_TEST(test_R13_tsonly)
{
	struct sk_buff *skb = out(SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY);

	skb_tx_timestamp(skb);
	ck_assert_uint_eq(skb_peek(&sk->sk_error_queue)->len, 0);
	consume_skb(skb);
}
END_TEST

/* Not asked, no socket, no memory, no room: no stamp, and the packet goes on. */
START_TEST(test_R13_none)
{
	struct sk_buff *skb = out(0);

	skb_tx_timestamp(skb);
	consume_skb(skb);
	skb = out(SOF_TIMESTAMPING_TX_SOFTWARE);
	kmem_fail_nth(&fx.net->m.kmem, 1, NULL);
	skb_tx_timestamp(skb);
	consume_skb(skb);
	skb = out(SOF_TIMESTAMPING_TX_SOFTWARE);
	sk->sk_rcvbuf = 0;
	skb_tx_timestamp(skb);
	consume_skb(skb);
	skb = out(SOF_TIMESTAMPING_TX_SOFTWARE);
	sk->sk_rcvbuf = 100000;
	skb_orphan(skb);
	skb_tx_timestamp(skb);
	consume_skb(skb);
	ck_assert(skb_queue_empty(&sk->sk_error_queue));
}
END_TEST

/* A driver without room gives the packet back after it was stamped, and is given it again. */
START_TEST(test_R13_once)
{
	struct sk_buff *skb = out(SOF_TIMESTAMPING_TX_SOFTWARE);

	skb_tx_timestamp(skb);
	skb_tx_timestamp(skb);
	ck_assert_uint_eq(skb_queue_len(&sk->sk_error_queue), 1);
	consume_skb(skb);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_R13_flags, test_R13_stamp, test_R13_tsonly,
				       test_R13_none, test_R13_once, NULL };

	return suite_of("tstamp", begin, end, tests);
}
