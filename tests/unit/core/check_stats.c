/* SPDX-License-Identifier: MIT */
/* check_stats: the table of reasons, sums over CPUs, the balance of the books. */
#include "testdev.h"

static struct netfix n;

static void setup(void)
{
	netfix_begin(&n, 3);
}

static void teardown(void)
{
	netfix_end(&n);
}

START_TEST(test_each_reason_has_a_whole_row)
{
	for (unsigned i = 0; i < SKB_DROP_REASON_MAX; i++) {
		const struct drop_row *row = &drop_table[i];

		ck_assert_ptr_nonnull(row->name);
		ck_assert_ptr_nonnull(row->text);
		ck_assert_msg(!strncmp(row->kernel_file, "net/", 4) ||
				      !strncmp(row->kernel_file, "drivers/net/", 12),
			      "%s", row->name);
		ck_assert_uint_lt(row->layer, LAYER_MAX);
		ck_assert_ptr_nonnull(drop_layer_name[row->layer]);
		for (unsigned c = 0; c < 2; c++)
			ck_assert(row->counter[c] % 8 == 0 &&
				  row->counter[c] < sizeof(struct cpu_stats));
		for (unsigned k = 0; k < i; k++)
			ck_assert_str_ne(row->name, drop_table[k].name);
	}
	ck_assert_str_eq(drop_table[SKB_DROP_REASON_SOCKET_RCVBUFF].name, "SOCKET_RCVBUFF");
	ck_assert_uint_eq(drop_table[SKB_DROP_REASON_SOCKET_RCVBUFF].sk_drops, 1);
}
END_TEST

START_TEST(test_sums_over_cpus)
{
	static struct cpu_stats sum;

	for (unsigned cpu = 0; cpu < 3; cpu++) {
		enter(&n, cpu);
		for (unsigned i = 0; i <= cpu; i++)
			UDP_INC_STATS(UDP_MIB_INDATAGRAMS, false);
		IP_UPD_PO_STATS(IN, 100);
		leave();
	}
	stats_fold(&n.net, &sum);
	ck_assert_uint_eq(sum.udp[UDP_MIB_INDATAGRAMS], 6);
	ck_assert_uint_eq(sum.ip[IPSTATS_MIB_INPKTS], 3);
	ck_assert_uint_eq(sum.ip[IPSTATS_MIB_INOCTETS], 300);
	ck_assert_uint_eq(
		stats_fold_one(&n.net, offsetof(struct cpu_stats, udp[UDP_MIB_INDATAGRAMS])), 6);
}
END_TEST

START_TEST(test_balance)
{
	struct cpu_stats s = { .none = 0 };

	s.ledger[LEDGER_FRAME][VERDICT_ENTERED] = 10;
	ck_assert_int_eq(ledger_balance(&s, LEDGER_FRAME), 10);
	s.ledger[LEDGER_FRAME][VERDICT_DELIVERED] = 4;
	s.ledger[LEDGER_FRAME][VERDICT_DROPPED] = 3;
	s.held_in[LEDGER_FRAME][HELD_QDISC] = 7;
	s.held_out[LEDGER_FRAME][HELD_QDISC] = 4;
	ck_assert_int_eq(ledger_balance(&s, LEDGER_FRAME), 0);
	ck_assert_int_eq(ledger_balance(&s, LEDGER_LOCAL), 0);
	s.ledger[LEDGER_FRAME][VERDICT_MERGED]++;
	ck_assert_int_eq(ledger_balance(&s, LEDGER_FRAME), -1);
}
END_TEST

START_TEST(test_F11_drops_are_in_minus_delivered)
{
	enter(&n, 0);
	for (unsigned i = 0; i < 30; i++) {
		struct sk_buff *skb = alloc_skb(&n.net, 64);

		ledger_begin(skb, LEDGER_FRAME);
		ledger_begin(skb, LEDGER_LOCAL); /* once is enough */
		if (i % 3 == 0)
			ledger_end(skb, VERDICT_DELIVERED);
		if (i % 3 == 1)
			kfree_skb_reason(skb, i & 1 ? SKB_DROP_REASON_NO_SOCKET
						    : SKB_DROP_REASON_IP_CSUM);
		else
			consume_skb(skb);
	}
	leave();
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_FRAME, VERDICT_ENTERED), 30);
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_LOCAL, VERDICT_ENTERED), 0);
	ck_assert_uint_eq(netfix_drops(&n, SKB_DROP_REASON_NO_SOCKET) +
				  netfix_drops(&n, SKB_DROP_REASON_IP_CSUM),
			  10);
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_FRAME, VERDICT_CONSUMED), 10);
	netfix_balanced(&n);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_each_reason_has_a_whole_row, test_sums_over_cpus,
				       test_balance, test_F11_drops_are_in_minus_delivered, NULL };

	return suite_of("stats", setup, teardown, tests);
}
