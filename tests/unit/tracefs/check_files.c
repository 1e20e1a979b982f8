/* SPDX-License-Identifier: MIT */
/*
 * check_files: the files of the tracing tree one by one: what they say at first, what they take, and with which errno and text they refuse
 */
#include "support/tracefix.h"

static struct tracefix x;

static void setup(void)
{
	tracefix_begin(&x);
}

static void teardown(void)
{
	tracefix_end(&x);
}

static bool has_line(const char *text, const char *line)
{
	char part[128];

	snprintf(part, sizeof(part), "\n%s\n", line);
	return strstr(text, part) || !strncmp(text, part + 1, strlen(part + 1));
}

START_TEST(test_a1_same_tree_at_both_places)
{
	is(&x, "current_tracer", "nop\n");
	ck_assert_str_eq(tracefix_cat_abs(&x, "/sys/kernel/debug/tracing/current_tracer"), "nop\n");
	ck_assert_int_eq(vfs_write(&x.net->vfs, "/sys/kernel/debug/tracing/max_graph_depth", "3\n", 2, NULL), 0);
	is(&x, "max_graph_depth", "3\n");
}
END_TEST

START_TEST(test_first_values)
{
	is(&x, "available_tracers", "function_graph function nop\n");
	is(&x, "set_ftrace_filter", "#### all functions enabled ####\n");
	is(&x, "set_ftrace_notrace", "#### no functions disabled ####\n");
	is(&x, "set_graph_function", "#### all functions enabled ####\n");
	is(&x, "set_graph_notrace", "#### no functions disabled ####\n");
	is(&x, "set_ftrace_pid", "no pid\n");
	is(&x, "max_graph_depth", "0\n");
	is(&x, "tracing_thresh", "0\n");
	is(&x, "tracing_on", "1\n");
	is(&x, "buffer_size_kb", "1408\n");
	is(&x, "error_log", "");
	is(&x, "trace_pipe", "");
}
END_TEST

START_TEST(test_a2_functions_of_the_articles)
{
	const char *all = tracefix_cat(&x, "available_filter_functions");

	ck_assert(has_line(all, "userdev_intr [userdev]"));
	ck_assert(has_line(all, "tap_intr [tap]"));
	ck_assert(has_line(all, "udp_recvmsg"));
	ck_assert(has_line(all, "net_rx_action"));
	ck_assert(has_line(all, "ip_rcv"));
	ck_assert_uint_gt(tracefix_count(all, "\n"), 800);
	/* nobody can be traced from code that the tracer itself needs */
	ck_assert(!has_line(all, "trace_enter"));
}
END_TEST

START_TEST(test_trace_of_nop)
{
	const char *head = "# tracer: nop\n#\n# entries-in-buffer/entries-written: 0/0   #P:1\n#\n";

	ck_assert_msg(!strncmp(tracefix_cat(&x, "trace"), head, strlen(head)), "%s", tracefix_cat(&x, "trace"));
	tracefix_datagram(&x);
	ck_assert(!strncmp(tracefix_cat(&x, "trace"), head, strlen(head)));
}
END_TEST

START_TEST(test_current_tracer_refuses)
{
	refused(&x, "current_tracer", "wakeup", EINVAL, "\"wakeup\"");
	refused(&x, "current_tracer", "", EINVAL, "function_graph, function, nop");
	refused(&x, "current_tracer", "function_graphs", EINVAL, "\"function_graphs\"");
	refused(&x, "current_tracer", "function nop", EINVAL, "\"function nop\"");
	is(&x, "current_tracer", "nop\n");
	refused(&x, "available_tracers", "nop", EACCES, "");
}
END_TEST

START_TEST(test_numbers_refuse)
{
	static const char *const file[] = { "tracing_on", "max_graph_depth", "tracing_thresh", "buffer_size_kb" };
	static const char *const junk[] = { "", "-1", "1x", "x", "0x10", "1 2", "99999999999999999999999", " " };

	for (unsigned i = 0; i < ARRAY_SIZE(file); i++) {
		char before[32];

		snprintf(before, sizeof(before), "%s", tracefix_cat(&x, file[i]));
		for (unsigned k = 0; k < ARRAY_SIZE(junk); k++)
			refused(&x, file[i], junk[k], EINVAL, file[i]);
		is(&x, file[i], before);
	}
	refused(&x, "buffer_size_kb", "0", EINVAL, "buffer_size_kb");
	refused(&x, "buffer_size_kb", "1000000", EINVAL, "buffer_size_kb");
	refused(&x, "max_graph_depth", "4294967296", EINVAL, "4294967295");
}
END_TEST

START_TEST(test_numbers_take)
{
	put(&x, "tracing_on", "0");
	is(&x, "tracing_on", "0\n");
	put(&x, "tracing_on", "17");
	is(&x, "tracing_on", "1\n");
	put(&x, "max_graph_depth", "12");
	is(&x, "max_graph_depth", "12\n");
	put(&x, "tracing_thresh", "250");
	is(&x, "tracing_thresh", "250\n");
	put(&x, "buffer_size_kb", "64");
	is(&x, "buffer_size_kb", "64\n");
}
END_TEST

START_TEST(test_pids)
{
	put(&x, "set_ftrace_pid", "42");
	is(&x, "set_ftrace_pid", "42\n");
	add(&x, "set_ftrace_pid", "43 44");
	is(&x, "set_ftrace_pid", "42\n43\n44\n");
	refused(&x, "set_ftrace_pid", "45 banana", EINVAL, "\"banana\"");
	refused(&x, "set_ftrace_pid", "-1", EINVAL, "\"-1\"");
	refused(&x, "set_ftrace_pid", "1 2 3 4 5 6 7 8 9 10 11 12 13 14", ENOSPC, "16");
	is(&x, "set_ftrace_pid", "42\n43\n44\n");
	put(&x, "set_ftrace_pid", "7");
	is(&x, "set_ftrace_pid", "7\n");
	put(&x, "set_ftrace_pid", "");
	is(&x, "set_ftrace_pid", "no pid\n");
}
END_TEST

START_TEST(test_options)
{
	char line[80], *all = strdup(tracefix_cat(&x, "trace_options"));

	for (const char *p = all, *end; *p; p = end + 1) {
		bool on = strncmp(p, "no", 2);
		const char *name = on ? p : p + 2;
		char file[80];

		end = strchr(p, '\n');
		snprintf(file, sizeof(file), "options/%.*s", (int)(end - name), name);
		is(&x, file, on ? "1\n" : "0\n");
	}
	free(all);
	ck_assert(has_line(tracefix_cat(&x, "trace_options"), "funcgraph-duration"));
	ck_assert(has_line(tracefix_cat(&x, "trace_options"), "nofuncgraph-tail"));
	ck_assert(has_line(tracefix_cat(&x, "trace_options"), "nostacktrace"));
	put(&x, "trace_options", "funcgraph-tail");
	put(&x, "trace_options", "nofuncgraph-duration");
	is(&x, "options/funcgraph-tail", "1\n");
	is(&x, "options/funcgraph-duration", "0\n");
	put(&x, "options/funcgraph-tail", "0");
	put(&x, "options/stacktrace", "1");
	ck_assert(has_line(tracefix_cat(&x, "trace_options"), "nofuncgraph-tail"));
	ck_assert(has_line(tracefix_cat(&x, "trace_options"), "stacktrace"));
	refused(&x, "trace_options", "funcgraph-coffee", EINVAL, "\"funcgraph-coffee\"");
	refused(&x, "trace_options", "", EINVAL, "trace_options");
	memset(line, 'x', 70);
	line[70] = 0;
	refused(&x, "trace_options", line, EINVAL, "70");
	refused(&x, "options/stacktrace", "2", EINVAL, "0 or 1");
	refused(&x, "options/stacktrace", "", EINVAL, "0 or 1");
}
END_TEST

/* --- two nets --- */

START_TEST(test_one_net_traces_at_a_time)
{
	static struct tracefix y;

	tracefix_begin(&y);
	put(&x, "max_graph_depth", "3");
	is(&y, "max_graph_depth", "0\n");
	put(&x, "current_tracer", "function_graph");
	refused(&y, "current_tracer", "function_graph", EBUSY, "another stack");
	is(&y, "current_tracer", "nop\n");
	tracefix_datagram(&y);
	ck_assert_uint_eq(tracefix_count(tracefix_cat(&y, "trace"), "();"), 0);
	put(&x, "current_tracer", "nop");
	put(&y, "current_tracer", "function_graph");
	tracefix_datagram(&x);
	tracefix_datagram(&y);
	ck_assert_uint_gt(tracefix_count(tracefix_cat(&y, "trace"), "();"), 10);
	tracefix_end(&y); /* armed: it disarms */
	put(&x, "current_tracer", "function");
}
END_TEST

/* --- claims --- */

START_TEST(test_claim_starts_from_defaults_and_gives_back)
{
	struct extack err = { "" };
	int me, other;

	put(&x, "max_graph_depth", "3");
	put(&x, "set_graph_function", "ip_rcv");
	put(&x, "trace_options", "funcgraph-tail");
	ck_assert_int_eq(tracefs_claim(x.net, &me, "trace graph, pid 77", &err), 0);
	is(&x, "max_graph_depth", "0\n");
	is(&x, "set_graph_function", "#### all functions enabled ####\n");
	is(&x, "options/funcgraph-tail", "0\n");
	ck_assert_int_eq(tracefs_claim(x.net, &other, "someone", &err), -EBUSY);
	ck_assert_ptr_nonnull(strstr(err.msg, "trace graph, pid 77"));
	put(&x, "current_tracer", "function_graph");
	put(&x, "max_graph_depth", "9");
	tracefs_release(x.net, &other);
	is(&x, "current_tracer", "function_graph\n");
	tracefs_release(x.net, &me);
	is(&x, "current_tracer", "nop\n");
	is(&x, "max_graph_depth", "3\n");
	is(&x, "set_graph_function", "ip_rcv\n");
	is(&x, "options/funcgraph-tail", "1\n");
	ck_assert(!tracefs_active(x.net));
	ck_assert_int_eq(tracefs_claim(x.net, &other, "someone", &err), 0);
	tracefs_release(x.net, &other);
}
END_TEST

START_TEST(test_claim_keeps_others_out)
{
	static const char *const paths[] = {
		T "max_graph_depth", "/sys/kernel/debug/tracing/set_ftrace_filter", "//sys/kernel/./tracing/trace",
		"/sys/kernel/debug/../tracing/options/stacktrace", "/proc/../sys/kernel/tracing/trace",
	};
	struct extack err = { "" };
	int me, other;

	for (unsigned i = 0; i < ARRAY_SIZE(paths); i++)
		ck_assert_int_eq(tracefs_may_write(x.net, &other, paths[i], &err), 0);
	ck_assert_int_eq(tracefs_claim(x.net, &me, "trace graph, pid 77", &err), 0);
	for (unsigned i = 0; i < ARRAY_SIZE(paths); i++) {
		err.msg[0] = 0;
		ck_assert_msg(tracefs_may_write(x.net, &other, paths[i], &err) == -EBUSY, "%s", paths[i]);
		ck_assert_ptr_nonnull(strstr(err.msg, "trace graph, pid 77"));
		ck_assert_int_eq(tracefs_may_write(x.net, NULL, paths[i], &err), -EBUSY);
		ck_assert_int_eq(tracefs_may_write(x.net, &me, paths[i], &err), 0);
	}
	ck_assert_int_eq(tracefs_may_write(x.net, &other, "/proc/sys/net/ipv4/ip_forward", &err), 0);
	tracefs_release(x.net, &me);
	ck_assert_int_eq(tracefs_may_write(x.net, &other, T "max_graph_depth", &err), 0);
}
END_TEST

START_TEST(test_who_may_read)
{
	static const char *const taking[] = { T "trace_pipe", "/sys/kernel/debug/tracing//trace_pipe_raw", "/sys/../sys/kernel/tracing/trace_pipe" };
	struct extack err = { "" };
	int me, other;

	for (unsigned i = 0; i < ARRAY_SIZE(taking); i++) {
		ck_assert_int_eq(tracefs_may_read(x.net, &other, true, taking[i], &err), 0);
		ck_assert_int_eq(tracefs_may_read(x.net, &other, false, taking[i], &err), -EPERM);
		ck_assert_ptr_nonnull(strstr(err.msg, "trace_pipe"));
	}
	ck_assert_int_eq(tracefs_may_read(x.net, &other, false, T "trace", &err), -EPERM);
	ck_assert_int_eq(tracefs_may_read(x.net, &other, false, T "trace_options", &err), 0);
	ck_assert_int_eq(tracefs_may_read(x.net, &other, false, "/proc/net/snmp", &err), 0);
	ck_assert_int_eq(tracefs_claim(x.net, &me, "trace graph, pid 77", &err), 0);
	for (unsigned i = 0; i < ARRAY_SIZE(taking); i++) {
		ck_assert_int_eq(tracefs_may_read(x.net, &me, true, taking[i], &err), 0);
		err.msg[0] = 0;
		ck_assert_int_eq(tracefs_may_read(x.net, &other, true, taking[i], &err), -EBUSY);
		ck_assert_ptr_nonnull(strstr(err.msg, "trace graph, pid 77"));
	}
	ck_assert_int_eq(tracefs_may_read(x.net, &other, true, T "trace", &err), 0);
	tracefs_release(x.net, &me);
}
END_TEST

START_TEST(test_claim_waits_for_a_tracer_in_use)
{
	struct extack err = { "" };
	int me;

	put(&x, "current_tracer", "function");
	ck_assert_int_eq(tracefs_claim(x.net, &me, "me", &err), -EBUSY);
	ck_assert_ptr_nonnull(strstr(err.msg, "current_tracer is function;"));
	is(&x, "current_tracer", "function\n");
	put(&x, "current_tracer", "nop");
	ck_assert_int_eq(tracefs_claim(x.net, &me, "me", &err), 0);
	tracefs_release(x.net, &me);
}
END_TEST

/* --- hostile writes --- */

static int write_junk(void *ctx, const char *name, unsigned mode)
{
	static char big[65536];
	const char *dir = ctx;
	char path[VFS_PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (S_ISDIR(mode))
		return vfs_readdir(&x.net->vfs, path, write_junk, path);
	if (!(mode & 0200))
		return 0;
	for (unsigned n = 0; n < 256; n++) {
		for (unsigned i = 0; i < 64; i++)
			big[i] = (char)(n * 7 + i * (n | 1) * 31);
		(void)!vfs_write(&x.net->vfs, path, big, n % 65, NULL);
	}
	memset(big, 'a', sizeof(big));
	(void)!vfs_write(&x.net->vfs, path, big, sizeof(big), NULL);
	memset(big, '*', sizeof(big));
	(void)!vfs_write(&x.net->vfs, path, big, 100, NULL);
	(void)!vfs_write(&x.net->vfs, path, big, 0, NULL);
	(void)!vfs_truncate(&x.net->vfs, path, NULL);
	return 0;
}

START_TEST(test_junk_in_every_file)
{
	ck_assert_int_eq(vfs_readdir(&x.net->vfs, "/sys/kernel/tracing", write_junk, (void *)(uintptr_t)"/sys/kernel/tracing"), 0);
	put(&x, "set_ftrace_filter", "");
	put(&x, "set_ftrace_notrace", "");
	put(&x, "set_graph_function", "");
	put(&x, "set_graph_notrace", "");
	put(&x, "set_ftrace_pid", "");
	put(&x, "tracing_on", "1");
	put(&x, "tracing_thresh", "0");
	put(&x, "max_graph_depth", "0");
	put(&x, "current_tracer", "function_graph");
	tracefix_datagram(&x);
	ck_assert_uint_ge(tracefix_count(tracefix_cat(&x, "trace"), "udp_recvmsg"), 1);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_a1_same_tree_at_both_places,
		test_first_values,
		test_a2_functions_of_the_articles,
		test_trace_of_nop,
		test_current_tracer_refuses,
		test_numbers_refuse,
		test_numbers_take,
		test_pids,
		test_options,
		test_one_net_traces_at_a_time,
		test_claim_starts_from_defaults_and_gives_back,
		test_claim_keeps_others_out,
		test_who_may_read,
		test_claim_waits_for_a_tracer_in_use,
		test_junk_in_every_file,
		NULL,
	};

	return suite_of("tracefs_files", setup, teardown, tests);
}
