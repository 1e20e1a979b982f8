/* SPDX-License-Identifier: MIT */
/*
 * check_names.c - src/view/names.c: any kernel's name finds the function of ours, and back (A2, A9)
 */
#include <string.h>

#include "support/suite.h"
#include "view/names.h"

/* Collects what view_names_each() tells, and may stop it. */
struct told {
	char all[256];
	const char *stop;
};

static bool tell(void *ctx, const char *name)
{
	struct told *told = ctx;

	strcat(told->all, name);
	strcat(told->all, " ");
	return told->stop && !strcmp(told->stop, name);
}

START_TEST(A2_each_column_finds_ours)
{
	ck_assert(view_names_is("tap_intr", "tap_intr"));
	ck_assert(view_names_is("tap_intr", "e1000_intr"));
	ck_assert(view_names_is("tap_poll", "igb_poll"));
	ck_assert(view_names_is("__do_softirq", "handle_softirqs"));
	ck_assert(view_names_is("napi_poll_one", "__napi_poll"));
	ck_assert(view_names_is("bpf_run_filter", "sk_run_filter"));
	ck_assert(view_names_is("kfree_skb_reason", "kfree_skb"));
	ck_assert(!view_names_is("ip_rcv", "no_such_function"));
	ck_assert(!view_names_is("ip_rcv", ""));
}
END_TEST

START_TEST(A9_endings_do_not_matter)
{
	ck_assert(view_names_is("tap_clean_rx", "e1000_clean_rx_irq.isra.25"));
	ck_assert(view_names_is("tap_clean_rx.constprop.83", "e1000_clean_rx_irq"));
	ck_assert(view_names_is("ip_rcv", "ip_rcv.isra.1.part.2"));
	ck_assert_uint_eq(view_names_base("a.isra.1.part.2"), 1);
	ck_assert_uint_eq(view_names_base("abc"), 3);
	ck_assert_uint_eq(view_names_base(""), 0);
	ck_assert(!view_names_is("ip_rcv", "ip_rcv_finish"));
	ck_assert(!view_names_is(".x", ".y"));
}
END_TEST

START_TEST(A2_one_name_may_mean_several)
{
	ck_assert(view_names_is("tap_intr", "e1000_intr"));
	ck_assert(view_names_is("userdev_intr", "e1000_intr"));
	ck_assert(!view_names_is("tap_poll", "e1000_intr"));
	ck_assert(!view_names_is("udp_rcv", "e1000_intr"));
}
END_TEST

START_TEST(a_name_of_ours_means_ours_only)
{
	/* 6.1 says netdev_pick_tx to what is our __netdev_pick_tx */
	ck_assert(view_names_is("netdev_pick_tx", "netdev_pick_tx"));
	ck_assert(view_names_is("netdev_pick_tx", "netdev_pick_tx"));
	ck_assert(!view_names_is("__netdev_pick_tx", "netdev_pick_tx"));
	ck_assert(view_names_is("netdev_pick_tx", "netdev_core_pick_tx"));
}
END_TEST

START_TEST(each_other_name_is_told_once)
{
	struct told told = { .stop = NULL };

	ck_assert(!view_names_each("userdev_clean_tx", tell, &told));
	ck_assert_str_eq(told.all, "e1000_clean_tx_irq igb_clean_tx_irq e1000_unmap_and_free_tx_resource ");
	/* two columns with one name; its own name; names of ours */
	told = (struct told){ .stop = NULL };
	ck_assert(!view_names_each("lock_sock.part.0", tell, &told));
	ck_assert_str_eq(told.all, "lock_sock_nested ");
	told = (struct told){ .stop = NULL };
	ck_assert(!view_names_each("__netdev_pick_tx", tell, &told));
	ck_assert_str_eq(told.all, "");
	told = (struct told){ .stop = "igb_poll" };
	ck_assert(view_names_each("tap_poll", tell, &told));
	ck_assert(!view_names_each("no_such_function", tell, &told));
}
END_TEST

START_TEST(A2_sets)
{
	ck_assert_str_eq(view_names_map("e1000", "tap_intr"), "e1000_intr");
	ck_assert_str_eq(view_names_map("igb", "userdev_xmit"), "igb_xmit_frame");
	ck_assert_str_eq(view_names_map("6.1", "do_IRQ"), "common_interrupt");
	ck_assert_str_eq(view_names_map("3.13", "do_IRQ"), "do_IRQ");
	ck_assert_str_eq(view_names_map("3.13", "kfree_skb_reason"), "kfree_skb");
	ck_assert_str_eq(view_names_map("e1000", "udp_rcv"), "udp_rcv");
	ck_assert_str_eq(view_names_map("6.2", "do_IRQ"), "do_IRQ");
	ck_assert(view_names_set("e1000") && view_names_set("igb") && view_names_set("3.13") && view_names_set("6.1"));
	ck_assert(!view_names_set("") && !view_names_set("e100"));
	ck_assert_str_eq(view_names_sets(), "3.13, 6.1, e1000, igb");
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { A2_each_column_finds_ours,      A9_endings_do_not_matter,	    A2_one_name_may_mean_several,
				       a_name_of_ours_means_ours_only, each_other_name_is_told_once, A2_sets, NULL };

	return suite_of("names", NULL, NULL, tests);
}
