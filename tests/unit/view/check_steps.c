/* SPDX-License-Identifier: MIT */
/* check_steps: the article's twelve steps, by the functions that take them (F1). */
#include "support/suite.h"
#include "view/steps.h"

START_TEST(test_F1_the_walk_in_order)
{
	static const char *const walk[VIEW_STEPS + 1] = {
		NULL,	    "tap_open",		 "memdev_inject", "tap_read_frame",	"do_IRQ",  "tap_intr", "net_rx_action", "tap_alloc_rx_buffer",
		"netif_receive_skb", "enqueue_to_backlog", "deliver_skb",	  "ip_rcv", "sock_queue_rcv_skb",
	};

	for (unsigned n = 1; n <= VIEW_STEPS; n++)
		ck_assert_msg(view_step_of(walk[n]) == n, "%s is step %u, not %u", walk[n], view_step_of(walk[n]), n);
}
END_TEST

START_TEST(test_F1_suffixes_do_not_count)
{
	ck_assert_uint_eq(view_step_of("ip_rcv.isra.0"), 11);
	ck_assert_uint_eq(view_step_of("ip_rcv.part.2.constprop.1"), 11);
}
END_TEST

START_TEST(test_F1_other_functions_take_none)
{
	static const char *const other[] = { "", ".isra.0", "ip_rcv_", "ip_rc", "udp_sendmsg", "zzz", "____", "?77" };

	for (unsigned i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		ck_assert_uint_eq(view_step_of(other[i]), 0);
	ck_assert_uint_eq(view_step_of("ip_rcv_with_a_name_that_is_longer_than_any_buffer_that_somebody_would_reserve_for_it"), 0);
}
END_TEST

START_TEST(test_F1_each_step_has_words)
{
	for (unsigned n = 1; n <= VIEW_STEPS; n++) {
		ck_assert_str_ne(view_step_name(n), "");
		ck_assert_str_ne(view_step_text(n), "");
		for (unsigned m = 1; m < n; m++)
			ck_assert_str_ne(view_step_name(n), view_step_name(m));
	}
	ck_assert_str_eq(view_step_name(0), "");
	ck_assert_str_eq(view_step_text(VIEW_STEPS + 1), "");
	ck_assert_str_eq(view_step_name(~0u), "");
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_F1_the_walk_in_order, test_F1_suffixes_do_not_count, test_F1_other_functions_take_none,
				       test_F1_each_step_has_words, NULL };

	return suite_of("steps", NULL, NULL, tests);
}
