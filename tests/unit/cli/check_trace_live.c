/* SPDX-License-Identifier: MIT */
/*
 * check_trace_live.c - src/cli: `trace graph` with a daemon made by hand, and packets put together from records in any order
 */
#include <errno.h>
#include <signal.h>

#include "cli/trace_live.h"
#include "fake.h"
#include "records.h"

/* --- packets --- */

static struct slots s;
static struct trace_show show;
static struct live l;

static void live_start(void)
{
	char copy[sizeof(tables)], *save = NULL;

	memset(&show, 0, sizeof(show));
	l = (struct live){ .c = &cli, .show = &show, .packets = true };
	ck_assert_int_eq(live_init(&l), CLI_OK);
	memcpy(copy, tables, sizeof(copy));
	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		view_table(l.v, line);
	put_clock(&s, 1000);
	put_task(&s, 1000, 100, "cpu0");
	chunk(0, &s);
	put_clock(&s, 1000);
	put_task(&s, 1000, 101, "echo");
	chunk(1, &s);
}

static void feed_live(uint64_t ms)
{
	ck_assert_int_eq(live_feed(&l, chunks, chunks_len, ms), CLI_OK);
	chunks_len = 0;
	fflush(cli.out.f);
}

static void live_stop(void)
{
	live_fini(&l);
	free(s.rec);
	memset(&s, 0, sizeof(s));
	chunks_len = 0;
}

static const char receive_text[] = " 0)   ==========> |\n"
				   " 0)               |  do_IRQ() {\n"
				   " 0)               |    ip_rcv() {\n"
				   " 0)   0.150 us    |      udp_rcv();\n"
				   " 0)   0.300 us    |    }\n"
				   " 0)   0.700 us    |  }\n"
				   " 0)   <========== |\n";

START_TEST(test_one_tree)
{
	char want[2000];

	live_start();
	put_receive(&s, 2000, 77, 0, true);
	chunk(0, &s);
	feed_live(0);
	ck_assert_uint_eq(out_len, 0);
	feed_live(20); /* delivered, but nobody has read it */
	ck_assert_uint_eq(out_len, 0);
	put_read(&s, 1500, 4000, 77);
	chunk(1, &s);
	feed_live(40);
	ck_assert_uint_eq(out_len, 0);
	feed_live(60);
	snprintf(want, sizeof(want), "# tracer: function_graph\n#\n# CPU  DURATION                  FUNCTION CALLS\n"
				     "# |     |   |                     |   |   |   |\n"
				     "/* packet 1: 10.99.0.1:40000 > 10.99.0.2:7 UDP 18, delivered to port 7, 1.9 us */\n%s"
				     " 1)               |  sock_recvfrom() {\n"
				     " 1)   0.070 us    |    udp_recvmsg();\n"
				     " 1)   2.500 us    |  }\n", receive_text);
	ck_assert_str_eq(out, want);
	live_stop();
}
END_TEST

/* The reader's CPU is drained first: nothing is missing. */
START_TEST(test_any_order)
{
	live_start();
	put_read(&s, 1500, 4000, 77);
	chunk(1, &s);
	feed_live(0);
	put_receive(&s, 2000, 77, 0, true);
	chunk(0, &s);
	feed_live(20);
	feed_live(40);
	ck_assert_ptr_nonnull(strstr(out, receive_text));
	/* the interrupt stands first, whoever waited before */
	ck_assert(strstr(out, "do_IRQ") < strstr(out, "sock_recvfrom"));
	ck_assert_uint_eq(l.printed, 1);
	live_stop();
}
END_TEST

START_TEST(test_dropped)
{
	live_start();
	put_receive(&s, 2000, 5, 1, false);
	chunk(0, &s);
	feed_live(0);
	feed_live(20);
	ck_assert_ptr_nonnull(strstr(out, "/* packet 1: 10.99.0.1:40001 > 10.99.0.2:7 UDP 18, dropped: NO_SOCKET, 0.4 us */\n"));
	ck_assert_ptr_nonnull(strstr(out, "kfree_skb_reason();"));
	live_stop();
}
END_TEST

/* Delivered, and never read: shown without the reader after a while. */
START_TEST(test_patience)
{
	live_start();
	put_receive(&s, 2000, 5, 1, true);
	chunk(0, &s);
	feed_live(1000);
	feed_live(1000 + LIVE_PATIENCE_MS - 1);
	ck_assert_uint_eq(l.printed, 0);
	feed_live(1000 + LIVE_PATIENCE_MS);
	ck_assert_uint_eq(l.printed, 1);
	live_stop();
}
END_TEST

/* Its verdict was lost: it does not wait for ever. */
START_TEST(test_lost_verdict)
{
	live_start();
	put_packet(&s, 2100, 5);
	put_datagram(&s, 2101, 5, 1);
	put_call(&s, IP_RCV, 1, 2200, 2500);
	put_packet(&s, 2600, 0);
	put_call(&s, DO_IRQ, 0, 2000, 2700);
	chunk(0, &s);
	feed_live(1000);
	feed_live(1000 + LIVE_LOST_MS - 1);
	ck_assert_uint_eq(l.printed, 0);
	feed_live(1000 + LIVE_LOST_MS);
	ck_assert_ptr_nonnull(strstr(out, "/* packet 1: 10.99.0.1:40001 > 10.99.0.2:7 UDP 18, no end seen, "));
	live_stop();
}
END_TEST

/* One interrupt received 8 packets of as many flows: each tree has its own lines. */
START_TEST(test_shared_root)
{
	live_start();
	for (unsigned i = 0; i < 8; i++) {
		put_packet(&s, 2000 + i * 100, 10 + i);
		put_datagram(&s, 2001 + i * 100, 10 + i, i);
		put_verdict(&s, 2020 + i * 100, 10 + i, (struct gn_trace_verdict){ .code = GN_TRACE_CONSUMED });
		put_call(&s, UDP_RCV, 2, 2015 + i * 100, 2030 + i * 100);
		put_call(&s, IP_RCV, 1, 2010 + i * 100, 2050 + i * 100);
	}
	put_packet(&s, 2900, 0);
	put_call(&s, DO_IRQ, 0, 1990, 3000);
	chunk(0, &s);
	l.count = 7;
	feed_live(0);
	feed_live(20);
	ck_assert(live_done(&l));
	ck_assert_uint_eq(l.printed, 7);
	for (const char *p = out, *next; (p = strstr(p, "/* packet ")) != NULL; p = next) {
		unsigned number, port;

		ck_assert_int_eq(sscanf(p, "/* packet %u: 10.99.0.1:%u >", &number, &port), 2);
		ck_assert_uint_eq(port, 39999 + number);
		next = p + 1;
		/* one interrupt, one ip_rcv */
		p = strstr(next, "ip_rcv()");
		ck_assert_ptr_nonnull(p);
		p = strstr(p + 1, "ip_rcv()");
		ck_assert(!p || p > strstr(next, "/* packet "));
	}
	live_stop();
}
END_TEST

/* Packets without bytes do not match: nothing of them is kept. */
START_TEST(test_others_are_forgotten)
{
	size_t n;

	live_start();
	for (unsigned i = 0; i < 300; i++) {
		put_packet(&s, 2000 + i * 1000, 1000 + i);
		put_call(&s, IP_RCV, 1, 2010 + i * 1000, 2020 + i * 1000);
		put_packet(&s, 2030 + i * 1000, 0);
		put_call(&s, DO_IRQ, 0, 1990 + i * 1000, 2040 + i * 1000);
		chunk(0, &s);
		feed_live(i * 20);
		view_packets(l.v, &n);
		ck_assert_uint_le(n, 4);
	}
	feed_live(7000);
	feed_live(7020);
	feed_live(7040);
	view_packets(l.v, &n);
	ck_assert_uint_eq(n, 0);
	view_roots(l.v, &n);
	ck_assert_uint_eq(n, 0);
	ck_assert_uint_eq(out_len, 0);
	live_stop();
}
END_TEST

START_TEST(test_end)
{
	live_start();
	put_receive(&s, 2000, 5, 1, true);
	chunk(0, &s);
	feed_live(0);
	/* interrupted: what is there is shown */
	ck_assert_int_eq(live_end(&l), CLI_OK);
	ck_assert_uint_eq(l.printed, 1);
	live_stop();
}
END_TEST

START_TEST(test_lost)
{
	live_start();
	put_rec(&s, 2000, 12, GN_TRACE_LOST);
	put_receive(&s, 3000, 5, 1, false);
	chunk(0, &s);
	feed_live(0);
	ck_assert_ptr_nonnull(strstr(out, "CPU:0 [LOST 12 EVENTS]\n"));
	live_stop();
}
END_TEST

START_TEST(test_not_chunks)
{
	live_start();
	chunks_len = 0;
	ck_assert_int_eq(live_feed(&l, "nonsense, certainly.", 20, 0), CLI_FAILED);
	fflush(cli.err);
	ck_assert_str_eq(err, "glassnet: the daemon's records make no sense\n");
	live_stop();
}
END_TEST

START_TEST(test_json)
{
	cli.out.json = true;
	live_start();
	put_receive(&s, 2000, 5, 1, false);
	chunk(0, &s);
	feed_live(0);
	feed_live(20);
	live_stop();
	fflush(cli.out.f);
	ck_assert_ptr_nonnull(strstr(out, "\"flow\": \"10.99.0.1:40001 > 10.99.0.2:7 UDP 18\""));
	ck_assert_ptr_nonnull(strstr(out, "\"dropped: NO_SOCKET\""));
	ck_assert_ptr_nonnull(strstr(out, "\"function\": \"kfree_skb_reason\""));
	ck_assert_ptr_nonnull(strstr(out, "\"duration_ns\": 300"));
	ck_assert_str_eq(out + out_len - 3, "\n]\n");
}
END_TEST

/* --- the command --- */

/* The answers to claim, filter, size, tables, CPUs, current_tracer: the number of the next request. */
static unsigned put_start(bool filter)
{
	unsigned seq = 1;

	put_error(seq++, 0, NULL);
	if (filter)
		put_error(seq++, 0, NULL);
	put_error(seq++, 0, NULL);
	put_text(seq, tables);
	put_done(seq++);
	put_text(seq, "00000001 00000000\n00000002 00000000\n");
	put_done(seq++);
	put_error(seq++, 0, NULL);
	return seq;
}

static void put_chunks(unsigned seq)
{
	struct nl_msg *m = data(seq);

	nla_put(m, GN_ATTR_DATA, (int)chunks_len, chunks);
	put(m);
	put_done(seq);
	chunks_len = 0;
}

static void expect_path(int type, const char *path, const char *text)
{
	struct nlattr *tb[GN_ATTR_MAX_PLUS1];

	ck_assert_int_eq(next_request(sizeof(struct gn_ctl_hdr), tb, GN_ATTR_MAX), type);
	ck_assert_str_eq(nla_get_string(tb[type == GN_CTL_TRACE_CLAIM ? GN_ATTR_NAME : GN_ATTR_PATH]), path);
	if (text)
		ck_assert_int_eq(memcmp(nla_data(tb[GN_ATTR_DATA]), text, strlen(text)), 0);
}

START_TEST(test_command)
{
	unsigned seq = put_start(true);

	put_clock(&s, 1000);
	put_receive(&s, 2000, 5, 1, false);
	chunk(0, &s);
	put_chunks(seq++);
	put_text(seq, "");
	put_done(seq++);
	ck_assert_int_eq(run("trace graph -p udp -c 1"), 0);
	ck_assert_ptr_nonnull(strstr(out, "packet 1: "));
	expect_path(GN_CTL_TRACE_CLAIM, "trace graph", NULL);
	expect_path(GN_CTL_WRITE, "/sys/kernel/tracing/set_packet_filter", "udp\nEN10MB ");
	expect_path(GN_CTL_WRITE, "/sys/kernel/tracing/buffer_size_kb", "16384\n");
	expect_path(GN_CTL_READ, "/sys/kernel/tracing/trace_tables", NULL);
	expect_path(GN_CTL_READ, "/proc/net/softnet_stat", NULL);
	expect_path(GN_CTL_WRITE, "/sys/kernel/tracing/current_tracer", "function_graph\n");
	expect_path(GN_CTL_READ, "/sys/kernel/tracing/trace_pipe_raw", NULL);
	expect_path(GN_CTL_READ, "/sys/kernel/tracing/trace_pipe_raw", NULL);
	no_request();
	live_stop();
}
END_TEST

START_TEST(test_roots)
{
	unsigned seq = put_start(false);

	put_clock(&s, 1000);
	put_receive(&s, 2000, 5, 1, true);
	put_receive(&s, 4000, 6, 1, true);
	put_receive(&s, 6000, 7, 1, true);
	chunk(0, &s);
	put_chunks(seq);
	ck_assert_int_eq(run("trace graph -c 2 --profile full"), 0);
	ck_assert_ptr_nonnull(strstr(out, "_raw_spin_lock();"));
	ck_assert_ptr_null(strstr(strstr(strstr(out, "do_IRQ() {") + 1, "do_IRQ() {") + 1, "do_IRQ"));
	live_stop();
}
END_TEST

/* Somebody else traces: nothing else is asked for. */
START_TEST(test_busy)
{
	put_error(1, -EBUSY, "trace graph, pid 77, has the tracer");
	ck_assert_int_eq(run("trace graph -p udp"), 1);
	ck_assert_str_eq(err, "glassnet: trace graph: trace graph, pid 77, has the tracer\n");
	ck_assert_uint_eq(out_len, 0);
	ck_assert_int_eq(next_request(0, NULL, 0), GN_CTL_TRACE_CLAIM);
	no_request();
}
END_TEST

START_TEST(test_daemon_ends)
{
	put_start(false);
	shutdown(daemon_fd, SHUT_WR);
	ck_assert_int_eq(run("trace graph"), 1);
	ck_assert_str_eq(err, "glassnet: trace graph: the daemon hung up\n");
}
END_TEST

/* A signal: what is there is printed, and the status is 0. */
START_TEST(test_interrupted)
{
	unsigned seq = put_start(true);

	put_clock(&s, 1000);
	put_receive(&s, 2000, 5, 1, true);
	chunk(0, &s);
	put_chunks(seq++);
	for (int i = 0; i < 50; i++) {
		put_text(seq, "");
		put_done(seq++);
	}
	ck_assert_int_eq(run("trace graph -p udp --seconds 0.03"), 0);
	ck_assert_ptr_nonnull(strstr(out, "packet 1: "));
	live_stop();
}
END_TEST

START_TEST(test_wrong_words)
{
	static const struct {
		const char *line, *err;
	} rows[] = {
		{ "trace graph x", "'x' is one word too many\n" },
		{ "trace graph --profile blog", "--profile: 'blog' is none of: path, article, full\n" },
		{ "trace graph --names 2.4", "--names: '2.4' is none of: " },
		{ "trace graph --option foo", "--option: 'foo' is none of: funcgraph-cpu, " },
		{ "trace graph --depth -1", "--depth: '-1' is no number" },
		{ "trace graph -q", "'-q' is none of: -g (--function), -p (--packets), " },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		teardown();
		setup();
		ck_assert_msg(run(rows[i].line) == 2, "%s", rows[i].line);
		ck_assert_msg(strstr(err, rows[i].err) != NULL, "%s: %s", rows[i].line, err);
		ck_assert_ptr_nonnull(strstr(err, "usage: glassnet trace graph "));
		no_request();
	}
}
END_TEST

START_TEST(test_cat_pipe)
{
	put_text(1, " 0)   0.1 us    |  f();\n");
	put_done(1);
	put_text(2, "");
	put_done(2);
	put_text(3, " 0)   0.2 us    |  f();\n");
	put_done(3);
	put_error(4, -EBUSY, "trace graph, pid 77, has the tracer");
	ck_assert_int_eq(run("cat /sys/kernel/debug/tracing/trace_pipe"), 1);
	ck_assert_str_eq(out, " 0)   0.1 us    |  f();\n 0)   0.2 us    |  f();\n");
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_one_tree, test_any_order, test_dropped,	test_patience,	 test_lost_verdict,	 test_shared_root, test_others_are_forgotten,
				       test_end,      test_lost,      test_not_chunks,	test_json,	 test_command,	   test_roots,
				       test_busy,     test_daemon_ends, test_interrupted, test_wrong_words, test_cat_pipe,   NULL };

	return suite_of("trace_live", setup, teardown, tests);
}
