/* SPDX-License-Identifier: MIT */
/*
 * check_sets: the files that hold functions, names and globs as users write them, and error_log
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

static unsigned lines(const char *name)
{
	return tracefix_count(tracefix_cat(&x, name), "\n");
}

/* Functions that exist and whose own name begins with @start. */
static unsigned that_begin(const char *name, const char *start)
{
	unsigned n = 0;

	for (const char *p = tracefix_cat(&x, name), *end; *p; p = end + 1) {
		end = strchr(p, '\n');
		n += !strncmp(p, start, strlen(start));
	}
	return n;
}

START_TEST(test_a3_names_are_read_back_with_their_module)
{
	put(&x, "set_graph_function", "userdev_intr net_rx_action udp_recvmsg");
	ck_assert_uint_eq(lines("set_graph_function"), 3);
	ck_assert_ptr_nonnull(strstr(tracefix_cat(&x, "set_graph_function"), "userdev_intr [userdev]\n"));
	ck_assert_ptr_nonnull(strstr(tracefix_cat(&x, "set_graph_function"), "net_rx_action\n"));
	ck_assert_ptr_nonnull(strstr(tracefix_cat(&x, "set_graph_function"), "udp_recvmsg\n"));
}
END_TEST

START_TEST(test_append_and_truncate)
{
	put(&x, "set_ftrace_filter", "ip_rcv");
	add(&x, "set_ftrace_filter", "ip_forward");
	ck_assert_uint_eq(lines("set_ftrace_filter"), 2);
	add(&x, "set_ftrace_filter", "ip_rcv"); /* twice is once */
	ck_assert_uint_eq(lines("set_ftrace_filter"), 2);
	put(&x, "set_ftrace_filter", "udp_rcv");
	is(&x, "set_ftrace_filter", "udp_rcv\n");
	add(&x, "set_ftrace_filter", "");
	is(&x, "set_ftrace_filter", "udp_rcv\n");
	put(&x, "set_ftrace_filter", "");
	is(&x, "set_ftrace_filter", "#### all functions enabled ####\n");
	/* each file holds its own */
	put(&x, "set_ftrace_notrace", "ip_rcv");
	put(&x, "set_graph_function", "udp_rcv");
	put(&x, "set_graph_notrace", "icmp_rcv");
	is(&x, "set_ftrace_notrace", "ip_rcv\n");
	is(&x, "set_graph_function", "udp_rcv\n");
	is(&x, "set_graph_notrace", "icmp_rcv\n");
	is(&x, "set_ftrace_filter", "#### all functions enabled ####\n");
}
END_TEST

START_TEST(test_blanks_of_all_kinds)
{
	put(&x, "set_ftrace_filter", "  ip_rcv\tip_forward\n\n \tudp_rcv  ");
	ck_assert_uint_eq(lines("set_ftrace_filter"), 3);
}
END_TEST

START_TEST(test_globs)
{
	unsigned n;

	put(&x, "set_ftrace_filter", "ip_*");
	n = that_begin("available_filter_functions", "ip_");
	ck_assert_uint_gt(n, 20);
	ck_assert_uint_eq(that_begin("set_ftrace_filter", "ip_"), n);
	ck_assert_uint_ge(lines("set_ftrace_filter"), n); /* and those that Linux calls so */
	add(&x, "set_ftrace_filter", "!ip_rcv*");
	ck_assert_uint_lt(that_begin("set_ftrace_filter", "ip_"), n);
	ck_assert_ptr_null(strstr(tracefix_cat(&x, "set_ftrace_filter"), "ip_rcv"));
	put(&x, "set_ftrace_filter", "*_recvmsg");
	ck_assert_ptr_nonnull(strstr(tracefix_cat(&x, "set_ftrace_filter"), "udp_recvmsg\n"));
	ck_assert_ptr_nonnull(strstr(tracefix_cat(&x, "set_ftrace_filter"), "raw_recvmsg\n"));
	put(&x, "set_ftrace_filter", "udp_r[ac]*");
	ck_assert_ptr_nonnull(strstr(tracefix_cat(&x, "set_ftrace_filter"), "udp_rcv\n"));
	ck_assert_ptr_null(strstr(tracefix_cat(&x, "set_ftrace_filter"), "udp_recvmsg"));
	put(&x, "set_ftrace_filter", "udp_rc?");
	is(&x, "set_ftrace_filter", "udp_rcv\n");
	put(&x, "set_ftrace_filter", "*");
	ck_assert_uint_eq(lines("set_ftrace_filter"), lines("available_filter_functions"));
	add(&x, "set_ftrace_filter", "!*");
	is(&x, "set_ftrace_filter", "#### all functions enabled ####\n");
}
END_TEST

START_TEST(test_not_in_the_set)
{
	put(&x, "set_ftrace_filter", "ip_rcv udp_rcv");
	add(&x, "set_ftrace_filter", "!ip_forward"); /* known, but not in: as in Linux no error */
	ck_assert_uint_eq(lines("set_ftrace_filter"), 2);
	add(&x, "set_ftrace_filter", "!ip_rcv");
	is(&x, "set_ftrace_filter", "udp_rcv\n");
	add(&x, "set_ftrace_filter", "ip_rcv !udp_rcv");
	is(&x, "set_ftrace_filter", "ip_rcv\n");
}
END_TEST

START_TEST(test_modules)
{
	put(&x, "set_ftrace_filter", ":mod:userdev");
	ck_assert_uint_gt(lines("set_ftrace_filter"), 10);
	for (const char *p = tracefix_cat(&x, "set_ftrace_filter"), *end; *p; p = end + 1) {
		end = strchr(p, '\n');
		ck_assert_msg(end - p > 10 && !strncmp(end - 10, " [userdev]", 10), "%.*s", (int)(end - p), p);
	}
	put(&x, "set_ftrace_filter", "*_intr:mod:*");
	ck_assert_ptr_nonnull(strstr(tracefix_cat(&x, "set_ftrace_filter"), "tap_intr [tap]\n"));
	ck_assert_ptr_nonnull(strstr(tracefix_cat(&x, "set_ftrace_filter"), "userdev_intr [userdev]\n"));
	put(&x, "set_ftrace_filter", "*:mod:ipv4/udp*");
	ck_assert_ptr_nonnull(strstr(tracefix_cat(&x, "set_ftrace_filter"), "udp_recvmsg\n"));
	ck_assert_ptr_null(strstr(tracefix_cat(&x, "set_ftrace_filter"), "ip_rcv\n"));
	refused(&x, "set_ftrace_filter", "*:mod:floppy", EINVAL, "floppy");
	refused(&x, "set_ftrace_filter", "ip_rcv:mod:tap", EINVAL, "ip_rcv:mod:tap");
}
END_TEST

START_TEST(test_names_of_other_kernels)
{
	put(&x, "set_graph_function", "handle_softirqs");
	is(&x, "set_graph_function", "__do_softirq\n");
	put(&x, "set_graph_function", "common_interrupt");
	is(&x, "set_graph_function", "do_IRQ\n");
}
END_TEST

START_TEST(test_a9_with_and_without_compiler_suffix)
{
	put(&x, "set_graph_function", "udp_recvmsg.isra.0");
	is(&x, "set_graph_function", "udp_recvmsg\n");
	put(&x, "set_graph_function", "udp_recvmsg.constprop.83");
	is(&x, "set_graph_function", "udp_recvmsg\n");
	refused(&x, "set_graph_function", ".isra.0", EINVAL, ".isra.0");
}
END_TEST

START_TEST(test_wrong_name_ends_the_write_behind_those_before_it)
{
	put(&x, "set_ftrace_filter", "");
	refused(&x, "set_ftrace_filter", "ip_rcv no_such_function udp_rcv", EINVAL, "no function is called \"no_such_function\"");
	is(&x, "set_ftrace_filter", "ip_rcv\n");
	refused(&x, "set_ftrace_filter", "!", EINVAL, "missing");
	refused(&x, "set_ftrace_filter", "nothing_*", EINVAL, "nothing_*");
	refused(&x, "set_ftrace_filter", "ip_rcv:traceoff", EINVAL, ":mod:MODULE");
	is(&x, "set_ftrace_filter", "ip_rcv\n");
}
END_TEST

START_TEST(test_error_log)
{
	char want[256];
	const char *log, *line;

	refused(&x, "set_ftrace_filter", "ip_rcv no_such_function udp_rcv", EINVAL, "");
	log = tracefix_cat(&x, "error_log");
	ck_assert_int_eq(log[0], '[');
	ck_assert_int_eq(log[6], '.');
	ck_assert_int_eq(log[13], ']');
	snprintf(want, sizeof(want), " ftrace: error: %s\n  Command: ip_rcv no_such_function udp_rcv\n                  ^\n", x.why.msg);
	ck_assert_str_eq(log + 14, want);

	/* the last eight are kept */
	for (int i = 0; i < 20; i++) {
		snprintf(want, sizeof(want), "wrong_%d", i);
		refused(&x, "set_graph_function", want, EINVAL, want);
	}
	log = tracefix_cat(&x, "error_log");
	ck_assert_uint_eq(tracefix_count(log, "\n"), 3 * 8);
	ck_assert_ptr_null(strstr(log, "Command: wrong_11\n"));
	line = log;
	for (int i = 12; i < 20; i++) {
		snprintf(want, sizeof(want), "  Command: wrong_%d\n           ^\n", i);
		line = strstr(line, want);
		ck_assert_msg(line != NULL, "%s", want);
	}
	put(&x, "error_log", "");
	is(&x, "error_log", "");
}
END_TEST

START_TEST(test_error_log_is_one_line_a_command)
{
	char text[600];
	const char *log;

	refused(&x, "set_ftrace_filter", "\033[31mred\ttext", EINVAL, "");
	log = tracefix_cat(&x, "error_log");
	ck_assert_ptr_null(strchr(log, '\033'));
	ck_assert_uint_eq(tracefix_count(log, "\n"), 3);

	/* a long command shows the place that is wrong, and the caret stands below it */
	for (int i = 0; i < 50; i++)
		memcpy(text + i * 7, "ip_rcv ", 7);
	strcpy(text + 350, "wrong_name");
	put(&x, "error_log", "");
	refused(&x, "set_ftrace_filter", text, EINVAL, "wrong_name");
	log = strstr(tracefix_cat(&x, "error_log"), "  Command: ");
	ck_assert_ptr_nonnull(log);
	ck_assert_ptr_nonnull(strstr(log, "wrong_name\n"));
	ck_assert_int_eq(strchr(strchr(log, '\n') + 1, '^') - strchr(log, '\n') - 1, strstr(log, "wrong_name") - log);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_a3_names_are_read_back_with_their_module,
		test_append_and_truncate,
		test_blanks_of_all_kinds,
		test_globs,
		test_not_in_the_set,
		test_modules,
		test_names_of_other_kernels,
		test_a9_with_and_without_compiler_suffix,
		test_wrong_name_ends_the_write_behind_those_before_it,
		test_error_log,
		test_error_log_is_one_line_a_command,
		NULL,
	};

	return suite_of("tracefs_sets", setup, teardown, tests);
}
