/* SPDX-License-Identifier: MIT */
/*
 * check_graph: what is recorded of true traffic, under each setting, and what the three readers (trace, trace_pipe, trace_pipe_raw) give
 */
#include <sys/resource.h>
#include <unistd.h>

#include "support/tracefix.h"
#include "view/view.h"

static struct tracefix x;

static void setup(void)
{
	tracefix_begin(&x);
}

static void teardown(void)
{
	tracefix_end(&x);
}

static unsigned calls(void)
{
	const char *text = tracefix_cat(&x, "trace");

	return tracefix_count(text, "() {") + tracefix_count(text, "();");
}

static bool seen(const char *function)
{
	const char *text = tracefix_cat(&x, "trace");
	char part[80];

	snprintf(part, sizeof(part), " %s()", function);
	return strstr(text, part) != NULL;
}

/* The number behind @key in trace_stats. */
static unsigned long stat_of(const char *key)
{
	const char *at = strstr(tracefix_cat(&x, "trace_stats"), key);

	ck_assert_msg(at != NULL, "%s", key);
	return strtoul(at + strlen(key), NULL, 10);
}

static void datagrams(unsigned n)
{
	while (n--)
		tracefix_datagram(&x);
}

/* --- on and off --- */

START_TEST(test_a4_toggles_without_restart)
{
	unsigned n;

	tracefix_datagram(&x);
	ck_assert_uint_eq(calls(), 0);
	put(&x, "current_tracer", "function_graph");
	ck_assert(tracefs_active(x.net));
	tracefix_datagram(&x);
	n = calls();
	ck_assert_uint_gt(n, 20);
	ck_assert(seen("udp_recvmsg") && seen("net_rx_action") && seen("userdev_intr [userdev]") | seen("userdev_intr"));
	put(&x, "tracing_on", "0");
	tracefix_datagram(&x);
	ck_assert_uint_eq(calls(), n);
	put(&x, "tracing_on", "1");
	tracefix_datagram(&x);
	ck_assert_uint_gt(calls(), n);
	put(&x, "current_tracer", "nop");
	ck_assert(!tracefs_active(x.net));
	tracefix_datagram(&x);
	ck_assert_uint_eq(calls(), 0);
	put(&x, "tracing_on", "0");
	put(&x, "current_tracer", "function_graph");
	tracefix_datagram(&x);
	ck_assert_uint_eq(calls(), 0);
}
END_TEST

START_TEST(test_arming_a_hundred_times)
{
	for (int i = 0; i < 100; i++) {
		put(&x, "current_tracer", i % 2 ? "function" : "function_graph");
		tracefix_datagram(&x);
		ck_assert(strstr(tracefix_cat(&x, "trace"), "udp_recvmsg") != NULL);
		put(&x, "current_tracer", "nop");
		tracefix_datagram(&x);
	}
}
END_TEST

START_TEST(test_header)
{
	static const char want[] = "# tracer: function_graph\n"
				   "#\n"
				   "# CPU  DURATION                  FUNCTION CALLS\n"
				   "# |     |   |                     |   |   |   |\n";

	put(&x, "current_tracer", "function_graph");
	ck_assert_msg(!strncmp(tracefix_cat(&x, "trace"), want, sizeof(want) - 1), "%.300s", tracefix_cat(&x, "trace"));
}
END_TEST

START_TEST(test_pause_is_told)
{
	put(&x, "current_tracer", "function_graph");
	ck_assert_uint_gt(stat_of("functions: "), 800);
	ck_assert_uint_eq(stat_of("armed: "), 1);
	ck_assert_ptr_nonnull(strstr(tracefix_cat(&x, "trace_stats"), "pause_us: "));
	put(&x, "current_tracer", "nop");
	ck_assert_uint_eq(stat_of("armed: "), 0);
}
END_TEST

/* --- which functions --- */

START_TEST(test_a3_only_these_roots)
{
	unsigned roots = 0;

	put(&x, "set_graph_function", "userdev_intr net_rx_action udp_recvmsg");
	put(&x, "current_tracer", "function_graph");
	datagrams(3);
	for (const char *p = tracefix_calls(tracefix_cat(&x, "trace")), *end; *p; p = end + 1) {
		end = strchr(p, '\n');
		if (p[0] != '.' || p[1] == '.' || strncmp(p + 1, "}", 1) == 0)
			continue;
		roots++;
		ck_assert_msg(!strncmp(p + 1, "userdev_intr", 12) || !strncmp(p + 1, "net_rx_action()", 15) ||
			      !strncmp(p + 1, "udp_recvmsg()", 13), "%.*s", (int)(end - p), p);
	}
	ck_assert_uint_eq(roots, 9);
	/* changed while armed */
	put(&x, "set_graph_function", "udp_recvmsg");
	put(&x, "trace", "");
	datagrams(2);
	ck_assert(seen("udp_recvmsg") && !seen("net_rx_action"));
}
END_TEST

START_TEST(test_filter_gives_a_short_tree)
{
	static const char want[] = ".net_rx_action() {\n"
				   "..ip_rcv() {\n"
				   "...udp_rcv();\n"
				   "..}\n"
				   ".}\n"
				   ".udp_recvmsg();\n";

	put(&x, "set_ftrace_filter", "net_rx_action ip_rcv udp_rcv udp_recvmsg");
	put(&x, "options/funcgraph-packets", "0");
	put(&x, "current_tracer", "function_graph");
	tracefix_datagram(&x);
	ck_assert_str_eq(tracefix_calls(tracefix_cat(&x, "trace")), want);
}
END_TEST

START_TEST(test_notrace_hides_one_graph_notrace_all_below)
{
	put(&x, "set_ftrace_notrace", "ip_rcv");
	put(&x, "current_tracer", "function_graph");
	tracefix_datagram(&x);
	ck_assert(!seen("ip_rcv") && seen("udp_rcv"));
	put(&x, "set_ftrace_notrace", "");
	put(&x, "set_graph_notrace", "ip_rcv");
	put(&x, "trace", "");
	tracefix_datagram(&x);
	ck_assert(!seen("ip_rcv") && !seen("udp_rcv") && seen("net_rx_action") && seen("udp_recvmsg"));
	put(&x, "set_graph_notrace", "");
	put(&x, "trace", "");
	tracefix_datagram(&x);
	ck_assert(seen("ip_rcv") && seen("udp_rcv"));
}
END_TEST

START_TEST(test_depth)
{
	put(&x, "max_graph_depth", "1");
	put(&x, "current_tracer", "function_graph");
	tracefix_datagram(&x);
	ck_assert_uint_gt(calls(), 0);
	for (const char *p = tracefix_calls(tracefix_cat(&x, "trace")), *end; *p; p = end + 1) {
		end = strchr(p, '\n');
		ck_assert_msg(p[0] == '.' && p[1] != '.', "%.*s", (int)(end - p), p);
	}
	put(&x, "max_graph_depth", "2");
	put(&x, "trace", "");
	tracefix_datagram(&x);
	ck_assert_ptr_nonnull(strstr(tracefix_calls(tracefix_cat(&x, "trace")), "\n.."));
	ck_assert_ptr_null(strstr(tracefix_calls(tracefix_cat(&x, "trace")), "\n..."));
}
END_TEST

START_TEST(test_thresh)
{
	put(&x, "tracing_thresh", "1000000");
	put(&x, "current_tracer", "function_graph");
	datagrams(5);
	ck_assert_uint_eq(stat_of("written: "), 0);
	ck_assert_uint_eq(tracefix_count(tracefix_cat(&x, "trace"), "}"), 0);
	put(&x, "tracing_thresh", "0");
	datagrams(5);
	ck_assert_uint_gt(stat_of("written: "), 0);
	/* now only those that took longer: exits, with their names */
	put(&x, "tracing_thresh", "1");
	put(&x, "trace", "");
	datagrams(50);
	ck_assert_uint_eq(tracefix_count(tracefix_cat(&x, "trace"), "() {"), 0);
	for (const char *p = tracefix_cat(&x, "trace"); (p = strstr(p, " us ")) != NULL; p += 4) {
		const char *from = p;

		while (from[-1] != ' ')
			from--;
		ck_assert_msg(strtod(from, NULL) >= 0.999, "%.20s", from);
	}
}
END_TEST

START_TEST(test_pid)
{
	put(&x, "set_ftrace_pid", "42");
	put(&x, "current_tracer", "function_graph");
	tracefix_datagram(&x);
	ck_assert(seen("udp_recvmsg") && !seen("net_rx_action") && !seen("ip_rcv"));
	put(&x, "set_ftrace_pid", "4242");
	put(&x, "trace", "");
	tracefix_datagram(&x);
	ck_assert_uint_eq(calls(), 0);
	put(&x, "set_ftrace_pid", "");
	tracefix_datagram(&x);
	ck_assert(seen("udp_recvmsg") && seen("net_rx_action"));
}
END_TEST

/* --- texts --- */

START_TEST(test_a7_tail)
{
	put(&x, "set_ftrace_filter", "net_rx_action ip_rcv");
	put(&x, "options/funcgraph-packets", "0");
	put(&x, "current_tracer", "function_graph");
	tracefix_datagram(&x);
	ck_assert_ptr_null(strstr(tracefix_cat(&x, "trace"), "/*"));
	put(&x, "trace_options", "funcgraph-tail");
	ck_assert_ptr_nonnull(strstr(tracefix_cat(&x, "trace"), "} /* net_rx_action */\n"));
	put(&x, "trace_options", "nofuncgraph-tail");
	ck_assert_ptr_null(strstr(tracefix_cat(&x, "trace"), "/*"));
}
END_TEST

START_TEST(test_options_change_the_text)
{
	put(&x, "current_tracer", "function_graph");
	tracefix_datagram(&x);
	put(&x, "trace_options", "funcgraph-abstime");
	ck_assert_ptr_nonnull(strstr(tracefix_cat(&x, "trace"), "TIME"));
	put(&x, "trace_options", "nofuncgraph-abstime");
	ck_assert_ptr_null(strstr(tracefix_cat(&x, "trace"), "TIME"));
	put(&x, "trace_options", "funcgraph-proc");
	ck_assert_ptr_nonnull(strstr(tracefix_cat(&x, "trace"), "TASK/PID"));
	ck_assert_ptr_nonnull(strstr(tracefix_cat(&x, "trace"), "reader-42"));
	put(&x, "trace_options", "nofuncgraph-proc");
	put(&x, "trace_options", "nofuncgraph-duration");
	ck_assert_ptr_null(strstr(tracefix_cat(&x, "trace"), " us "));
	put(&x, "trace_options", "funcgraph-duration");
	ck_assert_ptr_nonnull(strstr(tracefix_cat(&x, "trace"), " us "));
	put(&x, "trace_options", "nofuncgraph-cpu");
	ck_assert_ptr_null(strstr(tracefix_calls(tracefix_cat(&x, "trace")), " 0)"));
	for (const char *p = tracefix_cat(&x, "trace"); (p = strstr(p, "\n 0)")) != NULL; p++) /* but where the task changes */
		ck_assert_ptr_nonnull(memmem(p, strcspn(p + 1, "\n"), "=>", 2));
}
END_TEST

START_TEST(test_task_switch_is_marked)
{
	put(&x, "current_tracer", "function_graph");
	tracefix_datagram(&x);
	ck_assert_ptr_nonnull(strstr(tracefix_cat(&x, "trace"), " ------------------------------------------\n"));
	ck_assert_ptr_nonnull(strstr(tracefix_cat(&x, "trace"), "reader-42"));
}
END_TEST

START_TEST(test_marker)
{
	put(&x, "set_ftrace_filter", "udp_recvmsg");
	put(&x, "current_tracer", "function_graph");
	tracefix_datagram(&x);
	add(&x, "trace_marker", "between");
	tracefix_datagram(&x);
	ck_assert_ptr_nonnull(strstr(tracefix_calls(tracefix_cat(&x, "trace")), "udp_recvmsg();\n"));
	ck_assert_ptr_nonnull(strstr(tracefix_cat(&x, "trace"), "/* between */\n"));
	put(&x, "tracing_on", "0");
	add(&x, "trace_marker", "unheard");
	ck_assert_ptr_null(strstr(tracefix_cat(&x, "trace"), "unheard"));
}
END_TEST

START_TEST(test_marker_without_a_tracer)
{
	add(&x, "trace_marker", "nobody traces");
	ck_assert_ptr_nonnull(strstr(tracefix_cat(&x, "trace"), "# tracer: nop\n"));
	ck_assert_ptr_nonnull(strstr(tracefix_cat(&x, "trace"), "tracing_mark_write: nobody traces\n"));
	ck_assert_ptr_nonnull(strstr(tracefix_cat(&x, "trace_pipe"), "tracing_mark_write: nobody traces\n"));
	put(&x, "tracing_on", "0");
	add(&x, "trace_marker", "unheard");
	ck_assert_ptr_null(strstr(tracefix_cat(&x, "trace"), "unheard"));
}
END_TEST

START_TEST(test_function_tracer)
{
	put(&x, "current_tracer", "function");
	tracefix_datagram(&x);
	ck_assert_ptr_nonnull(strstr(tracefix_cat(&x, "trace"), "# tracer: function\n"));
	ck_assert_ptr_nonnull(strstr(tracefix_cat(&x, "trace"), ": udp_recvmsg <-"));
	ck_assert_ptr_nonnull(strstr(tracefix_cat(&x, "trace"), "reader-42"));
}
END_TEST

/* --- readers --- */

START_TEST(test_trace_does_not_consume_trace_pipe_does)
{
	unsigned n;

	put(&x, "current_tracer", "function_graph");
	tracefix_datagram(&x);
	n = calls();
	ck_assert_uint_gt(n, 20);
	ck_assert_uint_eq(calls(), n);
	ck_assert_uint_eq(tracefix_count(tracefix_cat(&x, "trace_pipe"), "udp_recvmsg()"), 1);
	ck_assert_uint_eq(tracefix_count(tracefix_cat(&x, "trace_pipe"), "()"), 0);
	ck_assert_uint_eq(calls(), 0);
	tracefix_datagram(&x);
	ck_assert_uint_eq(tracefix_count(tracefix_cat(&x, "trace_pipe"), "udp_recvmsg()"), 1);
}
END_TEST

START_TEST(test_clearing_trace)
{
	put(&x, "current_tracer", "function_graph");
	tracefix_datagram(&x);
	ck_assert_uint_gt(calls(), 20);
	put(&x, "trace", "");
	ck_assert_uint_eq(calls(), 0);
	tracefix_datagram(&x);
	ck_assert_uint_gt(calls(), 20);
}
END_TEST

/* The raw bytes of a file. */
static void raw(struct seq_file *m)
{
	seq_init(m, &x.net->m.kmem);
	ck_assert_int_eq(vfs_read(&x.net->vfs, T "trace_pipe_raw", m), 0);
	ck_assert_int_eq(m->error, 0);
}

static void count_root(void *ctx, struct view_node *root)
{
	*(unsigned *)ctx += root->kind == VIEW_CALL;
}

START_TEST(test_raw_is_whole_and_consuming)
{
	static const struct view_ops ops = { .root = count_root };
	const struct gn_trace_chunk *chunk;
	const struct gn_trace_rec *rec;
	struct seq_file m;
	unsigned roots = 0;
	struct view *v = view_new(&ops, &roots);

	put(&x, "set_graph_function", "net_rx_action udp_recvmsg");
	put(&x, "current_tracer", "function_graph");
	datagrams(4);
	raw(&m);
	ck_assert_uint_gt(m.count, sizeof(*chunk));
	chunk = (void *)m.buf;
	rec = (void *)(chunk + 1);
	ck_assert_uint_eq(chunk->magic, GN_TRACE_MAGIC);
	ck_assert_uint_eq(chunk->cpu, 0);
	ck_assert_uint_eq(sizeof(*chunk) + chunk->n * sizeof(*rec), m.count);
	ck_assert_uint_eq(GN_TRACE_ID(rec->what), GN_TRACE_CLOCK);
	ck_assert_int_eq(view_feed_chunks(v, m.buf, m.count), 0);
	seq_release(&m);
	raw(&m); /* the clock only */
	ck_assert_uint_lt(m.count, 1024);
	ck_assert_int_eq(view_feed_chunks(v, m.buf, m.count), 0);
	seq_release(&m);
	ck_assert_int_eq(view_end(v), 0);
	ck_assert_uint_eq(view_errors(v), 0);
	ck_assert_uint_eq(roots, 8);
	view_free(v);
}
END_TEST

START_TEST(test_tables_are_what_readers_take)
{
	struct view *v = view_new(NULL, NULL);
	unsigned n[128] = { 0 };
	char line[512];

	for (const char *p = tracefix_cat(&x, "trace_tables"), *end; *p; p = end + 1) {
		end = strchr(p, '\n');
		snprintf(line, sizeof(line), "%.*s", (int)(end - p), p);
		ck_assert_msg(!view_table(v, line), "%s", line);
		n[(unsigned char)*p & 127]++;
	}
	ck_assert_uint_gt(n['F'], 800);
	ck_assert_uint_eq(n['R'], SKB_DROP_REASON_MAX);
	ck_assert_uint_eq(n['D'], 2); /* lo, mem0 */
	view_free(v);
}
END_TEST

/* --- full --- */

START_TEST(test_overrun_is_exact)
{
	char lost[64];

	put(&x, "buffer_size_kb", "1");
	put(&x, "set_ftrace_filter", "udp_recvmsg");
	put(&x, "current_tracer", "function_graph");
	put(&x, "trace", "");
	datagrams(500);
	ck_assert_uint_eq(stat_of("written: "), 500);
	ck_assert_uint_eq(stat_of("lost: "), 0);
	ck_assert_uint_gt(stat_of("entries: "), 0);
	ck_assert_uint_le(stat_of("entries: "), 64);
	ck_assert_uint_eq(stat_of("entries: ") + stat_of("overrun: "), 500);
	ck_assert_uint_eq(tracefix_count(tracefix_cat(&x, "trace"), "udp_recvmsg()"), stat_of("entries: "));
	/* who takes them away is told how many went before */
	snprintf(lost, sizeof(lost), " [LOST %u EVENTS]\n", (unsigned)stat_of("overrun: "));
	ck_assert_ptr_nonnull(strstr(tracefix_cat(&x, "trace_pipe"), lost));
	datagrams(1);
	ck_assert_ptr_null(strstr(tracefix_cat(&x, "trace_pipe"), "LOST"));
	/* grown at run time */
	put(&x, "buffer_size_kb", "1024");
	datagrams(500);
	ck_assert_uint_eq(stat_of("entries: "), 500);
	ck_assert_uint_eq(stat_of("overrun: "), 0);
}
END_TEST

START_TEST(test_lost_in_the_ring_is_exact)
{
	const unsigned marks = 400000; /* two slots each: more than the ring has */
	struct trace_ring *ring;
	unsigned got = 0, lost = 0;
	struct seq_file m;

	put(&x, "buffer_size_kb", "65536");
	put(&x, "set_graph_function", "udp_recvmsg");
	put(&x, "current_tracer", "function_graph");
	raw(&m);
	seq_release(&m);
	vcpu_enter(x.net->m.cpu[0], &x.task);
	ring = trace_thread.ring;
	ck_assert_ptr_nonnull(ring);
	for (unsigned i = 0; i < marks; i++)
		trace_put(ring, GN_TRACE_MARK, 5, "marks", 5);
	vcpu_leave(x.net->m.cpu[0]);
	for (unsigned i = 0; i < 100; i++) {
		raw(&m);
		for (size_t off = 0; off < m.count;) {
			const struct gn_trace_chunk *chunk = (void *)(m.buf + off);
			const struct gn_trace_rec *rec = (void *)(chunk + 1);

			for (unsigned k = 0; k < chunk->n; k += 1 + GN_TRACE_SLOTS(rec[k].what)) {
				got += GN_TRACE_ID(rec[k].what) == GN_TRACE_MARK;
				lost += GN_TRACE_ID(rec[k].what) == GN_TRACE_LOST ? rec[k].val : 0;
			}
			off += sizeof(*chunk) + chunk->n * sizeof(*rec);
		}
		seq_release(&m);
	}
	ck_assert_uint_gt(lost, 0);
	ck_assert_uint_eq(got + lost, marks);
	ck_assert_uint_eq(stat_of("lost: "), lost);
}
END_TEST

START_TEST(test_trace_shows_the_newest_of_a_large_buffer)
{
	const char *text;
	unsigned long entries, shown, left;

	put(&x, "buffer_size_kb", "8192");
	put(&x, "current_tracer", "function");
	while (stat_of("entries: ") < 150000) {
		datagrams(200);
		tracefs_drain(x.net);
	}
	add(&x, "trace_marker", "the newest");
	entries = stat_of("entries: ");
	ck_assert_uint_eq(stat_of("overrun: "), 0);
	text = tracefix_cat(&x, "trace");
	ck_assert_ptr_nonnull(strstr(text, "tracing_mark_write: the newest\n"));
	text = strstr(text, " older calls are left out here; trace_pipe gives them\n");
	ck_assert_ptr_nonnull(text);
	while (text[-1] != ' ')
		text--;
	left = strtoul(text, NULL, 10);
	shown = tracefix_count(text, " <-");
	ck_assert_uint_eq(left + shown, entries);
	ck_assert_uint_gt(shown, 90000);
	/* trace_pipe gives all of it, in pieces */
	shown = 0;
	for (int i = 0; i < 100 && *(text = tracefix_cat(&x, "trace_pipe")); i++) {
		ck_assert_uint_lt(strlen(text), 4u << 20);
		shown += tracefix_count(text, " <-");
	}
	ck_assert_uint_eq(shown, entries);
}
END_TEST

#ifndef __SANITIZE_ADDRESS__
START_TEST(test_no_memory_for_a_ring)
{
	static struct tracefix y;
	struct rlimit was, now;
	unsigned long pages;
	FILE *f = fopen("/proc/self/statm", "r");
	int ret;

	tracefix_begin(&y);
	ck_assert_int_eq(fscanf(f, "%lu", &pages), 1);
	fclose(f);
	ck_assert_int_eq(getrlimit(RLIMIT_AS, &was), 0);
	now = was;
	now.rlim_cur = pages * (unsigned long)sysconf(_SC_PAGESIZE) + (1 << 20);
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &now), 0);
	ret = tracefix_echo(&x, "current_tracer", "function_graph", true);
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &was), 0);
	ck_assert_int_eq(ret, -ENOMEM);
	ck_assert_str_eq(x.why.msg, "no memory for the ring of vCPU 0");
	is(&x, "current_tracer", "nop\n");
	ck_assert(!tracefs_active(x.net));
	put(&y, "current_tracer", "function_graph"); /* nobody has the process's code */
	tracefix_end(&y);
	put(&x, "current_tracer", "function_graph");
}
END_TEST
#endif

START_TEST(test_how_often_the_rings_are_emptied)
{
	ck_assert_uint_eq(tracefs_interval_ms(x.net), 0);
	put(&x, "current_tracer", "function");
	ck_assert_uint_gt(tracefs_interval_ms(x.net), 0);
	ck_assert_uint_le(tracefs_interval_ms(x.net), 5);
	put(&x, "current_tracer", "nop");
	ck_assert_uint_eq(tracefs_interval_ms(x.net), 0);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_a4_toggles_without_restart,
		test_arming_a_hundred_times,
		test_header,
		test_pause_is_told,
		test_a3_only_these_roots,
		test_filter_gives_a_short_tree,
		test_notrace_hides_one_graph_notrace_all_below,
		test_depth,
		test_thresh,
		test_pid,
		test_a7_tail,
		test_options_change_the_text,
		test_task_switch_is_marked,
		test_marker,
		test_function_tracer,
		test_trace_does_not_consume_trace_pipe_does,
		test_clearing_trace,
		test_raw_is_whole_and_consuming,
		test_tables_are_what_readers_take,
		test_overrun_is_exact,
		test_lost_in_the_ring_is_exact,
		test_trace_shows_the_newest_of_a_large_buffer,
#ifndef __SANITIZE_ADDRESS__
		test_no_memory_for_a_ring,
#endif
		test_how_often_the_rings_are_emptied,
		test_marker_without_a_tracer,
		NULL,
	};

	return suite_of("tracefs_graph", setup, teardown, tests);
}
