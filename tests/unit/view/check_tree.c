/* SPDX-License-Identifier: MIT */
/*
 * Trees of calls from records of returns: nesting, lost callers, open calls of sleeping tasks,
 * durations that did not fit, the clock.
 */
#include "slots.h"

enum { UDP_RECVMSG = 1, RECV_DATAGRAM, LOCK_SOCK, SCHEDULE, IP_RCV, DO_IRQ, WAKE };

static struct view *view;
static struct slots s;
static struct paper seen, live;
static struct view_text text, text_live;
static bool keep;
static unsigned roots;

static void on_root(void *ctx, struct view_node *root)
{
	(void)ctx;
	roots++;
	if (keep)
		view_keep(view, root);
	else
		view_text_root(&text, view, root);
}

static void on_open(void *ctx, struct view_node *node)
{
	(void)ctx;
	while (node->parent)
		node = node->parent;
	view_text_root(&text_live, view, node);
}

static void on_lost(void *ctx, unsigned cpu, uint64_t n)
{
	(void)ctx;
	view_text_lost(&text, cpu, n);
}

static void setup(void)
{
	static const struct view_ops ops = { on_root, on_open, on_lost };
	static const char *const names[] = { "udp_recvmsg",    "__skb_recv_datagram",
					     "lock_sock",      "schedule",
					     "ip_rcv",	       "do_IRQ",
					     "try_to_wake_up", NULL };

	keep = false;
	roots = 0;
	s.n = 0;
	view = view_new(&ops, NULL);
	ck_assert_ptr_nonnull(view);
	name_functions(view, names);
	view_text_init(&text, paper_open(&seen));
	view_text_init(&text_live, paper_open(&live));
}

static void teardown(void)
{
	view_free(view);
	paper_close(&seen);
	paper_close(&live);
	free(s.rec);
	s = (struct slots){ 0 };
}

START_TEST(callees_come_before_their_caller)
{
	put_clock(&s, 1000);
	put_call(&s, LOCK_SOCK, 1, 2000, 3000);
	put_call(&s, SCHEDULE, 2, 4100, 4200);
	put_call(&s, RECV_DATAGRAM, 1, 4000, 16500);
	put_call(&s, UDP_RECVMSG, 0, 1500, 120000);
	feed(view, 0, &s);
	ck_assert_str_eq(paper_text(&seen), " 0)               |  udp_recvmsg() {\n"
					    " 0)   1.000 us    |    lock_sock();\n"
					    " 0)               |    __skb_recv_datagram() {\n"
					    " 0)   0.100 us    |      schedule();\n"
					    " 0) + 12.500 us   |    }\n"
					    " 0) ! 118.500 us  |  }\n");
	ck_assert_uint_eq(view_errors(view), 0);
}
END_TEST

/*
 * A sleeping reader: what is open is shown at once, and the whole when it returns; another task ran
 * in between.
 */
START_TEST(open_calls_of_a_sleeping_task)
{
	put_clock(&s, 1000);
	put_task(&s, 1000, 77, "reader");
	put_call(&s, LOCK_SOCK, 1, 2000, 2500);
	put_entry(&s, SCHEDULE, 2, 5000);
	put_entry(&s, RECV_DATAGRAM, 1, 4000);
	put_entry(&s, UDP_RECVMSG, 0, 1500);
	feed(view, 0, &s);
	ck_assert_str_eq(paper_text(&live), " 0)               |  udp_recvmsg() {\n"
					    " 0)   0.500 us    |    lock_sock();\n"
					    " 0)               |    __skb_recv_datagram() {\n"
					    " 0)               |      schedule() {\n");
	put_task(&s, 6000, 1, "glassnetd");
	put_call(&s, WAKE, 1, 7100, 7300);
	put_call(&s, IP_RCV, 0, 7000, 8000);
	put_task(&s, 9000, 77, "reader");
	put_call(&s, SCHEDULE, 2, 5000, 9100);
	put_call(&s, LOCK_SOCK, 2, 9200, 9300);
	put_call(&s, RECV_DATAGRAM, 1, 4000, 9500);
	put_call(&s, UDP_RECVMSG, 0, 1500, 10000);
	feed(view, 0, &s);
	ck_assert_str_eq(paper_text(&seen), " 0)               |  ip_rcv() {\n"
					    " 0)   0.200 us    |    try_to_wake_up();\n"
					    " 0)   1.000 us    |  }\n"
					    " ------------------------------------------\n"
					    " 0)   glassne-1    =>   reader-77   \n"
					    " ------------------------------------------\n\n"
					    " 0)               |  udp_recvmsg() {\n"
					    " 0)   0.500 us    |    lock_sock();\n"
					    " 0)               |    __skb_recv_datagram() {\n"
					    " 0)   4.100 us    |      schedule();\n"
					    " 0)   0.100 us    |      lock_sock();\n"
					    " 0)   5.500 us    |    }\n"
					    " 0)   8.500 us    |  }\n");
	ck_assert_uint_eq(view_errors(view), 0);
}
END_TEST

/* The tracer says the outermost first, and at a second sleep only what is new. */
START_TEST(announced_from_outside_in)
{
	put_clock(&s, 1000);
	put_entry(&s, UDP_RECVMSG, 0, 1500);
	put_entry(&s, RECV_DATAGRAM, 1, 4000);
	put_call(&s, LOCK_SOCK, 2, 4500, 4600);
	put_entry(&s, SCHEDULE, 2, 5000);
	put_call(&s, SCHEDULE, 2, 5000, 6000);
	put_entry(&s, SCHEDULE, 2, 6500);
	put_call(&s, SCHEDULE, 2, 6500, 7500);
	put_call(&s, RECV_DATAGRAM, 1, 4000, 8000);
	put_call(&s, UDP_RECVMSG, 0, 1500, 9000);
	feed(view, 0, &s);
	ck_assert_str_eq(paper_text(&seen), " 0)               |  udp_recvmsg() {\n"
					    " 0)               |    __skb_recv_datagram() {\n"
					    " 0)   0.100 us    |      lock_sock();\n"
					    " 0)   1.000 us    |      schedule();\n"
					    " 0)   1.000 us    |      schedule();\n"
					    " 0)   4.000 us    |    }\n"
					    " 0)   7.500 us    |  }\n");
	ck_assert_uint_eq(view_errors(view), 0);
}
END_TEST

/* The record of a caller was lost: its callees are roots of their own depth. */
START_TEST(lost_callers)
{
	put_clock(&s, 1000);
	put_call(&s, LOCK_SOCK, 2, 2000, 2100);
	put_call(&s, WAKE, 2, 2200, 2300);
	put_call(&s, IP_RCV, 0, 3000, 3500);
	put_call(&s, LOCK_SOCK, 2, 4100, 4200); /* its caller is lost, not its caller's */
	put_call(&s, IP_RCV, 0, 4000, 4500);
	feed(view, 0, &s);
	ck_assert_str_eq(paper_text(&seen), " 0)   0.100 us    |      lock_sock();\n"
					    " 0)   0.100 us    |      try_to_wake_up();\n"
					    " 0)   0.500 us    |  ip_rcv();\n"
					    " 0)               |  ip_rcv() {\n"
					    " 0)   0.100 us    |      lock_sock();\n"
					    " 0)   0.500 us    |  }\n");
	ck_assert_uint_eq(roots, 4);
	ck_assert_uint_eq(view_errors(view), 0);
}
END_TEST

/* The return of an announced call was lost: it ends where its last callee did, or later. */
START_TEST(lost_return_of_an_open_call)
{
	put_clock(&s, 1000);
	put_entry(&s, UDP_RECVMSG, 0, 1500);
	put_entry(&s, SCHEDULE, 1, 2000);
	put_call(&s, WAKE, 2, 2500, 3000);
	put_rec(&s, 0, 1, GN_TRACE_LOST);
	put_call(&s, UDP_RECVMSG, 0, 1500, 9000);
	put_call(&s, IP_RCV, 0, 9500, 9600);
	feed(view, 0, &s);
	ck_assert_str_eq(paper_text(&seen), "CPU:0 [LOST 1 EVENTS]\n"
					    " 0)               |  udp_recvmsg() {\n"
					    " 0)               |    schedule() {\n"
					    " 0)   0.500 us    |      try_to_wake_up();\n"
					    " 0)   1.000 us    |    } /* schedule */\n"
					    " 0)   7.500 us    |  }\n"
					    " 0)   0.100 us    |  ip_rcv();\n");
}
END_TEST

/* A10: 10 s do not fit into 32 bits of ns; what was written since says how long at least. */
START_TEST(durations_that_did_not_fit)
{
	put_clock(&s, 1000);
	put_task(&s, 1000, 7, "reader");
	put_entry(&s, UDP_RECVMSG, 0, 1500);
	put_entry(&s, SCHEDULE, 1, 2000);
	put_task(&s, 10000002000, 7, "reader");
	put_call(&s, SCHEDULE, 1, 2000, 10000002100);
	put_call(&s, LOCK_SOCK, 1, 10000003000, 10000004000);
	put_call(&s, UDP_RECVMSG, 0, 1500, 10000005000);
	keep = true;
	feed(view, 0, &s);
	ck_assert_int_eq(view_end(view), 0);
	view_text_merge(&text, view, view_roots(view, &(size_t){ 0 }), 1);
	ck_assert_str_eq(paper_text(&seen), " 0)               |  udp_recvmsg() {\n"
					    " 0) $ 10000000 us |    schedule();\n"
					    " 0)   1.000 us    |    lock_sock();\n"
					    " 0) $ 10000002 us |  }\n");
	ck_assert_uint_eq(view_errors(view), 0);
}
END_TEST

/* A record may come in pieces, slot by slot. */
START_TEST(pieces_of_records)
{
	put_clock(&s, 1000);
	put_task(&s, 1000, 7, "reader");
	put_kind(&s, 1500, GN_TRACE_MARK, 40, "a text that needs three slots of sixteen", 40);
	put_call(&s, IP_RCV, 0, 1400, 1600);
	for (size_t i = 0; i < s.n; i++)
		ck_assert_int_eq(view_feed(view, 0, &s.rec[i], 1), 0);
	ck_assert_str_eq(paper_text(&seen),
			 " 0)               |  ip_rcv() {\n"
			 " 0)               |  /* a text that needs three slots of sixteen */\n"
			 " 0)   0.200 us    |  }\n");
	ck_assert_uint_eq(view_errors(view), 0);
	put_task(&s, 2000, 8, "cut");
	ck_assert_int_eq(view_feed(view, 0, s.rec + s.n - 2, 1), 0);
	ck_assert_int_eq(view_end(view), 0);
	ck_assert_uint_eq(view_errors(view), 1);
}
END_TEST

static void put_clock_of(uint64_t tick, uint64_t ns, uint32_t ticks_per_ms)
{
	struct gn_trace_clock c = { .mono_ns = ns, .real_ns = ns + 5000000000 };

	put_kind(&s, tick, GN_TRACE_CLOCK, ticks_per_ms, &c, sizeof(c));
}

/* Ticks of 2.5 GHz: roots wait for the rate; then time goes on evenly, whatever a CLOCK says. */
START_TEST(ticks_and_time)
{
	put_call(&s, IP_RCV, 0, 2500, 5000);
	put_clock_of(250000, 1000100000, 0);
	put_call(&s, IP_RCV, 0, 500000, 502500);
	put_clock_of(252500, 1000101000, 0); /* too close */
	feed(view, 0, &s);
	ck_assert_uint_eq(roots, 0);
	put_clock_of(2500000, 1001000000, 0);
	text.abstime = true;
	feed(view, 0, &s);
	ck_assert_uint_eq(roots, 2);
	put_clock_of(5000000, 1002000500, 0); /* 500 ns were lost */
	put_clock_of(1, 7, 0);		      /* from before */
	put_call(&s, IP_RCV, 0, 2500000, 2502500);
	put_call(&s, IP_RCV, 0, 4999998, 5000003);
	feed(view, 0, &s);
	ck_assert_str_eq(paper_text(&seen), "    1.000001 |   0)   1.000 us    |  ip_rcv();\n"
					    "    1.000200 |   0)   1.000 us    |  ip_rcv();\n"
					    "    1.001000 |   0)   1.000 us    |  ip_rcv();\n"
					    "    1.001999 |   0)   0.002 us    |  ip_rcv();\n");
	ck_assert_uint_eq(view_realtime(view, 1001000000), 6001000000);
	ck_assert_uint_eq(view_errors(view), 0);
}
END_TEST

START_TEST(a_clock_that_says_its_rate)
{
	put_clock_of(250000, 1000100000, 2500000);
	put_call(&s, IP_RCV, 0, 2500, 5000);
	feed(view, 0, &s);
	ck_assert_str_eq(paper_text(&seen), " 0)   1.000 us    |  ip_rcv();\n");
}
END_TEST

/* Two that are too close are better than none when the data ends. */
START_TEST(a_short_trace)
{
	put_clock_of(250000, 1000100000, 0);
	put_call(&s, IP_RCV, 0, 250000, 252500);
	put_clock_of(255000, 1000102000, 0);
	feed(view, 0, &s);
	ck_assert_uint_eq(roots, 0);
	ck_assert_int_eq(view_end(view), 0);
	ck_assert_str_eq(paper_text(&seen), " 0)   1.000 us    |  ip_rcv();\n");
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { callees_come_before_their_caller,
				       open_calls_of_a_sleeping_task,
				       announced_from_outside_in,
				       lost_callers,
				       lost_return_of_an_open_call,
				       durations_that_did_not_fit,
				       pieces_of_records,
				       ticks_and_time,
				       a_clock_that_says_its_rate,
				       a_short_trace,
				       NULL };

	return suite_of("tree", setup, teardown, tests);
}
