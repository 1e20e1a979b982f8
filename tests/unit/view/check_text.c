/* SPDX-License-Identifier: MIT */
/*
 * A5 to A11, A15, F15: what the text of a graph shows, option by option.
 */
#include <errno.h>

#include "slots.h"

/* Ids are their places, from 1. */
enum {
	XMIT = 1,
	DO_IRQ,
	TAP_INTR,
	BH_ENABLE,
	DO_SOFTIRQ,
	NET_RX,
	IP_RCV,
	IP_RCV_FINISH,
	LOCK,
	CACHE_ALLOC,
	SCHEDULE,
	WAKE,
	RECVMSG,
	ISRA,
	LIST
};
static const char *const names[] = {
	"dev_hard_start_xmit", "do_IRQ",	   "tap_intr", "local_bh_enable",
	"do_softirq",	       "net_rx_action",	   "ip_rcv",   "ip_rcv_finish",
	"_raw_spin_lock",      "kmem_cache_alloc", "schedule", "try_to_wake_up",
	"udp_recvmsg",	       "skb_put.isra.0",   "list_add", NULL
};

static struct view *view;
static struct slots s;
static struct paper paper;
static struct view_text text;

static void on_root(void *ctx, struct view_node *root)
{
	(void)ctx;
	view_keep(view, root);
}

static void on_lost(void *ctx, unsigned cpu, uint64_t n)
{
	(void)ctx;
	view_text_lost(&text, cpu, n);
}

static void setup(void)
{
	static const struct view_ops ops = { .root = on_root, .lost = on_lost };

	view = view_new(&ops, NULL);
	ck_assert_ptr_nonnull(view);
	name_functions(view, names);
	view_text_init(&text, paper_open(&paper));
	put_clock(&s, 1000000000);
}

static void teardown(void)
{
	view_free(view);
	paper_close(&paper);
	free(s.rec);
	s = (struct slots){ 0 };
}

/* All that came, by time; from an empty page. */
static const char *printed(void)
{
	struct view_text fresh = text;
	struct view_node *const *root;
	size_t n;

	feed(view, 0, &s);
	ck_assert_int_eq(view_end(view), 0);
	paper_close(&paper);
	fresh.out = text.out = paper_open(&paper);
	root = view_roots(view, &n);
	ck_assert_int_eq(view_text_merge(&fresh, view, root, n), 0);
	return paper_text(&paper);
}

static void option(const char *name)
{
	ck_assert_int_eq(view_text_option(&text, name), 0);
}

/* Each mark stands for more than its limit, not for the limit itself. */
START_TEST(marks_are_strictly_greater)
{
	static const uint64_t took[] = { 10000,	    10001,     100000,	   100001,
					 1000000,   1000001,   10000000,   10000001,
					 100000000, 100000001, 1000000000, 1000000001 };
	uint64_t t = 1000000000;

	for (size_t i = 0; i < sizeof(took) / sizeof(took[0]); i++, t += 2000000000)
		put_call(&s, IP_RCV, 0, t, t + took[i]);
	ck_assert_str_eq(printed(), " 0)   10.000 us   |  ip_rcv();\n"
				    " 0) + 10.001 us   |  ip_rcv();\n"
				    " 0) + 100.000 us  |  ip_rcv();\n"
				    " 0) ! 100.001 us  |  ip_rcv();\n"
				    " 0) ! 1000.000 us |  ip_rcv();\n"
				    " 0) # 1000.001 us |  ip_rcv();\n"
				    " 0) # 10000.00 us |  ip_rcv();\n"
				    " 0) * 10000.00 us |  ip_rcv();\n"
				    " 0) * 100000.0 us |  ip_rcv();\n"
				    " 0) @ 100000.0 us |  ip_rcv();\n"
				    " 0) @ 1000000 us  |  ip_rcv();\n"
				    " 0) $ 1000000 us  |  ip_rcv();\n");
	option("nofuncgraph-overhead");
	ck_assert_ptr_nonnull(strstr(printed(), " 0)   1000000 us  |  ip_rcv();\n"));
	ck_assert_ptr_null(strpbrk(printed(), "+!#*@$"));
}
END_TEST

static void put_irq_in_xmit(uint64_t t)
{
	put_call(&s, TAP_INTR, 2, t + 200, t + 300);
	put_call(&s, DO_IRQ, 1, t + 100, t + 400);
	put_call(&s, XMIT, 0, t, t + 1000);
}

START_TEST(interrupts_have_arrows)
{
	put_task(&s, 1000000000, 5, "app");
	put_irq_in_xmit(1000000000);
	put_call(&s, DO_IRQ, 0, 1000002000, 1000002500);
	ck_assert_str_eq(printed(), " 0)               |  dev_hard_start_xmit() {\n"
				    " 0)   ==========> |\n"
				    " 0)               |    do_IRQ() {\n"
				    " 0)   0.100 us    |      tap_intr();\n"
				    " 0)   0.300 us    |    }\n"
				    " 0)   <========== |\n"
				    " 0)   1.000 us    |  }\n"
				    " 0)   ==========> |\n"
				    " 0)   0.500 us    |  do_IRQ();\n"
				    " 0)   <========== |\n");
	option("funcgraph-abstime");
	option("proc");
	ck_assert_ptr_nonnull(strstr(
		printed(), "    1.000000 |   0)     app-5      |   ==========> |\n"
			   "    1.000000 |   0)     app-5      |               |    do_IRQ() {\n"));
	option("noirqs");
	option("noabstime");
	option("noproc");
	ck_assert_str_eq(printed(), " 0)   1.000 us    |  dev_hard_start_xmit();\n");
	option("irqs");
	option("noduration");
	ck_assert_ptr_nonnull(strstr(printed(), " 0) ==========>\n 0)   do_IRQ() {\n"));
	option("nocpu");
	ck_assert_ptr_nonnull(strstr(printed(), "==========>\n  do_IRQ() {\n"));
}
END_TEST

/* A comment is a line of its own, so the call around it is no leaf. */
START_TEST(marks_in_the_function_column)
{
	put_kind(&s, 1000000000, GN_TRACE_MARK, 6, "first\n", 6);
	put_kind(&s, 1000000500, GN_TRACE_MARK, 3, "two", 3);
	put_call(&s, IP_RCV, 0, 1000000400, 1000000600);
	put_kind(&s, 1000001300, GN_TRACE_MARK, 9, "a\033[2J b\t/", 9);
	put_call(&s, IP_RCV_FINISH, 1, 1000001200, 1000001400);
	put_call(&s, IP_RCV, 0, 1000001000, 1000002000);
	ck_assert_str_eq(printed(), " 0)               |  /* first */\n"
				    " 0)               |  ip_rcv() {\n"
				    " 0)               |  /* two */\n"
				    " 0)   0.200 us    |  }\n"
				    " 0)               |  ip_rcv() {\n"
				    " 0)               |    ip_rcv_finish() {\n"
				    " 0)               |      /* a?[2J b\t/ */\n"
				    " 0)   0.200 us    |    }\n"
				    " 0)   1.000 us    |  }\n");
}
END_TEST

START_TEST(tail_names_every_end)
{
	put_irq_in_xmit(1000000000);
	option("funcgraph-tail");
	option("noirqs");
	put_call(&s, ISRA, 1, 1000003000, 1000003010);
	put_call(&s, IP_RCV, 0, 1000003000, 1000004000);
	ck_assert_str_eq(printed(), " 0)   1.000 us    |  dev_hard_start_xmit();\n"
				    " 0)               |  ip_rcv() {\n"
				    " 0)   0.010 us    |    skb_put.isra.0();\n"
				    " 0)   1.000 us    |  } /* ip_rcv */\n");
}
END_TEST

/* A10: one second in schedule(); nosleep-time takes it from its callers, too. */
START_TEST(sleep_time)
{
	put_call(&s, LOCK, 1, 1000000100, 1000000200);
	put_entry(&s, RECVMSG, 0, 1000000000);
	put_entry(&s, SCHEDULE, 1, 1000000300);
	put_task(&s, 1000001000, 9, "other");
	put_task(&s, 2000000000, 0, "<...>");
	put_call(&s, SCHEDULE, 1, 1000000300, 2000000300);
	put_call(&s, RECVMSG, 0, 1000000000, 2000001000);
	ck_assert_str_eq(printed(), " 0)               |  udp_recvmsg() {\n"
				    " 0)   0.100 us    |    _raw_spin_lock();\n"
				    " 0) @ 1000000 us  |    schedule();\n"
				    " 0) $ 1000001 us  |  }\n");
	option("nosleep-time");
	ck_assert_str_eq(printed(), " 0)               |  udp_recvmsg() {\n"
				    " 0)   0.100 us    |    _raw_spin_lock();\n"
				    " 0)   0.000 us    |    schedule();\n"
				    " 0)   1.000 us    |  }\n");
}
END_TEST

/* F15: a drop with its stack. */
START_TEST(packets_as_comments)
{
	static const uint32_t stack[] = { IP_RCV_FINISH, IP_RCV };

	ck_assert_int_eq(view_table(view, "R 12 NO_SOCKET nobody listens on that port\n"), 0);
	ck_assert_int_eq(view_table(view, "D 2 gn0 tap"), 0);
	put_packet(&s, 1000000000, 70);
	put_frame(&s, 1000000100, 70, 60);
	put_verdict(&s, 1000000300, 70,
		    (struct gn_trace_verdict){ .code = GN_TRACE_DROPPED, .reason = 12 });
	put_kind(&s, 1000000301, GN_TRACE_STACK, 2, stack, sizeof(stack));
	put_verdict(&s, 1000000310, 70,
		    (struct gn_trace_verdict){ .code = GN_TRACE_DROPPED, .reason = 99 });
	put_verdict(&s, 1000000320, 70,
		    (struct gn_trace_verdict){ .code = GN_TRACE_DELIVERED, .port = 5000 });
	put_verdict(&s, 1000000330, 70,
		    (struct gn_trace_verdict){ .code = GN_TRACE_SENT, .ifindex = 2 });
	put_verdict(&s, 1000000340, 70,
		    (struct gn_trace_verdict){ .code = GN_TRACE_FORWARDED, .ifindex = 3 });
	put_call(&s, IP_RCV_FINISH, 1, 1000000200, 1000000400);
	put_call(&s, IP_RCV, 0, 1000000000, 1000001000);
	ck_assert_str_eq(printed(), " 0)               |  ip_rcv() {\n"
				    " 0)   0.200 us    |    ip_rcv_finish();\n"
				    " 0)   1.000 us    |  }\n");
	option("funcgraph-packets");
	ck_assert_str_eq(printed(),
			 " 0)               |  ip_rcv() {\n"
			 " 0)               |  /* packet 1: received 60 bytes from gn0 */\n"
			 " 0)               |    ip_rcv_finish() {\n"
			 " 0)               |      /* packet 1: dropped NO_SOCKET */\n"
			 " => ip_rcv_finish\n"
			 " => ip_rcv\n"
			 " 0)               |      /* packet 1: dropped reason 99 */\n"
			 " 0)               |      /* packet 1: delivered to port 5000 */\n"
			 " 0)               |      /* packet 1: sent by gn0 */\n"
			 " 0)               |      /* packet 1: forwarded by if3 */\n"
			 " 0)   0.200 us    |    }\n"
			 " 0)   1.000 us    |  }\n");
}
END_TEST

/* A11: helpers go with what they call, but not the end of a bh section that works for packets. */
START_TEST(folding)
{
	put_call(&s, LOCK, 1, 1000000010, 1000000020);
	put_call(&s, WAKE, 2, 1000000040, 1000000045);
	put_call(&s, CACHE_ALLOC, 1, 1000000030, 1000000050);
	put_call(&s, WAKE, 1, 1000000060, 1000000070);
	put_call(&s, LIST, 1, 1000000072, 1000000074);
	put_call(&s, NET_RX, 3, 1000000085, 1000000090);
	put_call(&s, DO_SOFTIRQ, 2, 1000000084, 1000000091);
	put_call(&s, BH_ENABLE, 1, 1000000080, 1000000092);
	put_call(&s, BH_ENABLE, 1, 1000000093, 1000000095);
	put_call(&s, XMIT, 0, 1000000000, 1000000100);
	text.fold = VIEW_FOLD_LOCK;
	ck_assert_str_eq(printed(), " 0)               |  dev_hard_start_xmit() {\n"
				    " 0)               |    kmem_cache_alloc() {\n"
				    " 0)   0.005 us    |      try_to_wake_up();\n"
				    " 0)   0.020 us    |    }\n"
				    " 0)   0.010 us    |    try_to_wake_up();\n"
				    " 0)   0.002 us    |    list_add();\n"
				    " 0)               |    local_bh_enable() {\n"
				    " 0)               |      do_softirq() {\n"
				    " 0)   0.005 us    |        net_rx_action();\n"
				    " 0)   0.007 us    |      }\n"
				    " 0)   0.012 us    |    }\n"
				    " 0)   0.100 us    |  }\n");
	text.fold = VIEW_FOLD_SLAB | VIEW_FOLD_LOCK | VIEW_FOLD_SMALL;
	ck_assert_ptr_null(strstr(printed(), "kmem_cache_alloc"));
	ck_assert_ptr_null(strstr(printed(), "list_add"));
	ck_assert_ptr_nonnull(strstr(printed(), " us    |    try_to_wake_up();\n"));
	text.fold = VIEW_FOLD_WAKE;
	ck_assert_ptr_nonnull(strstr(printed(), "    kmem_cache_alloc();\n"));
	ck_assert_ptr_null(strstr(printed(), "try_to_wake_up"));
}
END_TEST

/* A15: a line each for the stations; A11: the articles' tree. */
START_TEST(profiles)
{
	put_call(&s, IP_RCV_FINISH, 3, 1000000030, 1000000040);
	put_call(&s, LOCK, 2, 1000000025, 1000000028);
	put_call(&s, LIST, 2, 1000000029, 1000000041);
	put_call(&s, IP_RCV, 1, 1000000020, 1000000050);
	put_call(&s, XMIT, 1, 1000000060, 1000000070);
	put_call(&s, NET_RX, 0, 1000000000, 1000000100);
	ck_assert_int_eq(view_profile(&text, "path"), 0);
	ck_assert_str_eq(printed(), " 0)   0.030 us    |  ip_rcv();\n"
				    " 0)   0.010 us    |    ip_rcv_finish();\n"
				    " 0)   0.010 us    |  dev_hard_start_xmit();\n");
	ck_assert_int_eq(view_profile(&text, "article"), 0);
	ck_assert_str_eq(printed(), " 0)               |  net_rx_action() {\n"
				    " 0)               |    ip_rcv() {\n"
				    " 0)   0.010 us    |      ip_rcv_finish();\n"
				    " 0)   0.030 us    |    }\n"
				    " 0)   0.010 us    |    dev_hard_start_xmit();\n"
				    " 0)   0.100 us    |  }\n");
	ck_assert_int_eq(view_profile(&text, "full"), 0);
	ck_assert_ptr_nonnull(strstr(printed(), "list_add"));
	ck_assert_int_eq(view_profile(&text, "short"), -EINVAL);
}
END_TEST

static const char *rename_one(void *ctx, const struct view_func *f)
{
	ck_assert_ptr_eq(ctx, &text);
	return f->id == TAP_INTR ? "e1000_intr" : f->name;
}

static bool hide_one(void *ctx, const struct view_func *f)
{
	ck_assert_ptr_eq(ctx, &text);
	return f->id == DO_IRQ;
}

START_TEST(other_names_and_hidden_calls)
{
	ck_assert_int_eq(view_table(view, "F 3 30 tap_intr drivers/tap [tap]"), 0);
	put_irq_in_xmit(1000000000);
	ck_assert_ptr_nonnull(strstr(printed(), "      tap_intr [tap]();\n"));
	text.rename = rename_one;
	text.rename_ctx = &text;
	ck_assert_ptr_nonnull(strstr(printed(), "      e1000_intr();\n"));
	text.hide = hide_one;
	text.hide_ctx = &text;
	ck_assert_str_eq(printed(), " 0)   1.000 us    |  dev_hard_start_xmit();\n");
}
END_TEST

/* In the middle of the data both lines of a call are known; before it there is no first line. */
START_TEST(lost_records)
{
	put_rec(&s, 5, 33, GN_TRACE_LOST);
	put_task(&s, 1000000500, 5, "app");
	put_call(&s, IP_RCV_FINISH, 1, 1000000600, 1000000700);
	put_call(&s, IP_RCV, 0, 1000000400, 1000001000);
	put_call(&s, IP_RCV_FINISH, 1, 1000002100, 1000002200);
	put_rec(&s, 7, 2, GN_TRACE_LOST);
	put_call(&s, IP_RCV_FINISH, 1, 1000002300, 1000002400);
	put_call(&s, IP_RCV, 0, 1000002000, 1000003000);
	put_call(&s, IP_RCV, 0, 1000004000, 1000005000);
	feed(view, 0, &s);
	ck_assert_str_eq(paper_text(&paper), "CPU:0 [LOST 33 EVENTS]\nCPU:0 [LOST 2 EVENTS]\n");
	ck_assert_str_eq(printed(), " 0)   0.100 us    |    ip_rcv_finish();\n"
				    " 0)   0.600 us    |  } /* ip_rcv */\n"
				    " 0)               |  ip_rcv() {\n"
				    " 0)   0.100 us    |    ip_rcv_finish();\n"
				    " 0)               |    ip_rcv_finish() {\n"
				    " 0)   0.100 us    |    } /* ip_rcv_finish */\n"
				    " 0)   1.000 us    |  } /* ip_rcv */\n"
				    " 0)   1.000 us    |  ip_rcv();\n");
	ck_assert_uint_eq(view_lost(view), 35);
	ck_assert_uint_eq(view_errors(view), 0);
}
END_TEST

/* Two CPUs line by line, and a task that runs while another sleeps: no leaf then. */
START_TEST(several_cpus_by_time)
{
	struct slots other = { 0 };

	put_task(&s, 1000000000, 5, "app");
	put_entry(&s, SCHEDULE, 1, 1000000100);
	put_entry(&s, RECVMSG, 0, 1000000000);
	put_task(&s, 1000000200, 6, "gn/0");
	put_call(&s, WAKE, 1, 1000000310, 1000000320);
	put_call(&s, IP_RCV, 0, 1000000300, 1000000400);
	put_task(&s, 1000000800, 5, "app");
	put_call(&s, SCHEDULE, 1, 1000000100, 1000000900);
	put_call(&s, RECVMSG, 0, 1000000000, 1000001000);
	put_call(&other, IP_RCV_FINISH, 1, 1000000312, 1000000330);
	put_call(&other, IP_RCV, 0, 1000000305, 1000000500);
	feed(view, 11, &other);
	free(other.rec);
	text.cpus = 12;
	text.abstime = true;
	ck_assert_str_eq(printed(), "    1.000000 |    0)               |  udp_recvmsg() {\n"
				    "    1.000000 |    0)               |    schedule() {\n"
				    " ------------------------------------------\n"
				    "  0)     app-5      =>     gn/0-6    \n"
				    " ------------------------------------------\n\n"
				    "    1.000000 |    0)               |  ip_rcv() {\n"
				    "    1.000000 |   11)               |  ip_rcv() {\n"
				    "    1.000000 |    0)   0.010 us    |    try_to_wake_up();\n"
				    "    1.000000 |   11)   0.018 us    |    ip_rcv_finish();\n"
				    "    1.000000 |    0)   0.100 us    |  }\n"
				    "    1.000000 |   11)   0.195 us    |  }\n"
				    " ------------------------------------------\n"
				    "  0)     gn/0-6     =>     app-5     \n"
				    " ------------------------------------------\n\n"
				    "    1.000000 |    0)   0.800 us    |    }\n"
				    "    1.000001 |    0)   1.000 us    |  }\n");
}
END_TEST

START_TEST(options_by_name)
{
	const char *name;
	unsigned n = 0, on = 0;
	bool is_on;

	for (; (name = view_text_option_name(&text, n, &is_on)); n++) {
		char no[64];

		on += is_on;
		snprintf(no, sizeof(no), "no%s", name);
		option(no);
		ck_assert_ptr_eq(view_text_option_name(&text, n, &is_on), name);
		ck_assert(!is_on);
		option(name);
		view_text_option_name(&text, n, &is_on);
		ck_assert(is_on);
	}
	ck_assert_uint_eq(n, 9);
	ck_assert_uint_eq(on, 5); /* by default, as in Linux */
	ck_assert_int_eq(view_text_option(&text, "funcgraph-nothing"), -EINVAL);
	ck_assert_int_eq(view_text_option(&text, "nonosleep-time"), -EINVAL);
	ck_assert_int_eq(view_text_option(&text, "no"), -EINVAL);
	ck_assert_int_eq(view_text_option(&text, ""), -EINVAL);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { marks_are_strictly_greater,
				       interrupts_have_arrows,
				       marks_in_the_function_column,
				       tail_names_every_end,
				       sleep_time,
				       packets_as_comments,
				       folding,
				       profiles,
				       other_names_and_hidden_calls,
				       lost_records,
				       several_cpus_by_time,
				       options_by_name,
				       NULL };

	return suite_of("text", setup, teardown, tests);
}
