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

Suite *suite(void)
{
	const TTest *const tests[] = { callees_come_before_their_caller,
				       open_calls_of_a_sleeping_task, NULL };

	return suite_of("tree", setup, teardown, tests);
}
