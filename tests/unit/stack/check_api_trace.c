/* SPDX-License-Identifier: MIT */
/*
 * check_api_trace: a program that embeds the stack traces its own functions, through the public header and the shared library alone
 */
#include <errno.h>
#include <glassnet/net.h>
#include <stdlib.h>
#include <string.h>

#include "support/suite.h"

#define T "/sys/kernel/tracing/"
#define ROOM (16u << 20)

static struct gn_net *net;
static char *text, err[256];

static void setup(void)
{
	text = malloc(ROOM);
	net = gn_net_create(NULL, err, sizeof(err));
	ck_assert_msg(net != NULL, "%s", err);
}

static void teardown(void)
{
	ck_assert_uint_eq(gn_net_destroy(net), 0);
	free(text);
}

static const char *cat(const char *path)
{
	int n = gn_file_read(net, path, text, ROOM);

	ck_assert_msg(n >= 0, "%s: %s", path, strerror(-n));
	return text;
}

static void put(const char *path, const char *value)
{
	ck_assert_msg(!gn_file_write(net, path, value, err, sizeof(err)), "%s: %s", path, err);
}

static void lo_down_and_up(void)
{
	ck_assert_int_eq(gn_link_down(net, "lo", err, sizeof(err)), 0);
	ck_assert_int_eq(gn_link_up(net, "lo", err, sizeof(err)), 0);
	gn_run_all(net);
}

START_TEST(test_functions_of_the_library_are_traced)
{
	ck_assert_ptr_nonnull(strstr(cat(T "available_filter_functions"), "\nudp_recvmsg\n"));
	put(T "current_tracer", "function_graph");
	lo_down_and_up(); /* sends a function to the virtual CPU */
	ck_assert_ptr_nonnull(strstr(cat(T "trace"), "  igmp_up() {\n"));
	ck_assert_ptr_nonnull(strstr(cat("/sys/kernel/debug/tracing/trace_pipe"), "  igmp_up() {\n"));
	ck_assert_ptr_null(strstr(cat(T "trace_pipe"), "igmp_up"));
	put(T "current_tracer", "nop");
	lo_down_and_up();
	ck_assert_ptr_null(strstr(cat(T "trace"), "igmp_up"));
}
END_TEST

START_TEST(test_refusals_have_a_text)
{
	ck_assert_int_eq(gn_file_write(net, T "set_ftrace_filter", "nothing_like_it", err, sizeof(err)), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err, "\"nothing_like_it\""));
	put(T "set_ftrace_filter", "dev_open");
	put(T "set_ftrace_filter", "dev_close"); /* a write adds */
	ck_assert_ptr_nonnull(strstr(cat(T "set_ftrace_filter"), "dev_open\n"));
	put(T "set_ftrace_filter", "!*");
	ck_assert_str_eq(cat(T "set_ftrace_filter"), "#### all functions enabled ####\n");
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_functions_of_the_library_are_traced,
		test_refusals_have_a_text,
		NULL,
	};

	return suite_of("api_trace", setup, teardown, tests);
}
