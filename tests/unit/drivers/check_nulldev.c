/* SPDX-License-Identifier: MIT */
/* check_nulldev.c: it takes everything. */
#include "drivers/nulldev.h"

#include "wire.h"

static void begin(void)
{
	memset(&w, 0, sizeof(w));
	wire_begin(1);
}

START_TEST(test_swallows)
{
	struct net_device *dev;
	struct extack err = { "" };

	ck_assert_int_eq(drivers_probe(&w.n.net, "null:", NULL, &dev, &err), 0);
	ck_assert_int_eq(wire_send(dev, 100, 1), -ENETDOWN);
	wire_up(dev);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(wire_send(dev, 100, 1), 0);
	ck_assert_uint_eq(w.freed, 1001);
	ck_assert_uint_eq(wire_stats(dev).tx_packets, 1000);
	ck_assert_uint_eq(wire_stats(dev).tx_bytes, 100000);
	ck_assert_uint_eq(netfix_ledger(&w.n, LEDGER_LOCAL, VERDICT_SENT), 1000);
	ck_assert_uint_eq(wire_stats(dev).rx_packets, 0);
}
END_TEST

START_TEST(test_C1_ops)
{
	struct net_device *dev;
	struct extack err = { "" };
	struct seq_file m;

	ck_assert_int_eq(drivers_probe(&w.n.net, "null:", NULL, &dev, &err), 0);
	seq_init(&m, &w.n.net.m.kmem);
	ck_assert_int_eq(dev_ops_show(&m, dev), 0);
	ck_assert_ptr_nonnull(strstr(seq_str(&m), "null_xmit"));
	ck_assert_ptr_nonnull(strstr(seq_str(&m), "eth_mac_addr"));
	seq_release(&m);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_swallows, test_C1_ops, NULL };

	return suite_of("nulldev", begin, wire_end, tests);
}
