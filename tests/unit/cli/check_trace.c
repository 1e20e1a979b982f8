/* SPDX-License-Identifier: MIT */
/*
 * check_trace.c - src/cli: options of `glassnet trace`, packet filters, what is written into the tracer's files
 */
#include <errno.h>

#include "cli/trace.h"
#include "fake.h"

/* --- filters --- */

/* Lines of a compiled filter, cut apart. */
struct filter {
	char *text, *line[4];
	int lines;
};

static struct filter compile(const char *expression)
{
	struct filter f = { NULL };
	char why[300] = "", *save = NULL;

	ck_assert_msg(trace_filter_compile(expression, &f.text, why, sizeof(why)) == 0, "%s: %s", expression, why);
	ck_assert_int_eq(f.text[strlen(f.text) - 1], '\n');
	for (char *l = strtok_r(f.text, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
		f.line[f.lines++] = l;
	return f;
}

/* "NAME n,code jt jf k,...": as many instructions as it says, the last one a return. */
static unsigned program(const char *line, const char *name)
{
	unsigned n, code = 0, jt, jf, k, found = 0;
	size_t len = strlen(name);

	ck_assert_msg(!strncmp(line, name, len) && line[len] == ' ', "%s", line);
	n = (unsigned)atoi(line + len + 1);
	for (const char *p = strchr(line, ','); p; p = strchr(p + 1, ',')) {
		ck_assert_int_eq(sscanf(p + 1, "%u %u %u %u", &code, &jt, &jf, &k), 4);
		found++;
	}
	ck_assert_uint_eq(found, n);
	ck_assert_uint_eq(code, 6); /* BPF_RET | BPF_K */
	return n;
}

START_TEST(test_filter_text)
{
	struct filter f = compile("ip and udp port 5000");

	ck_assert_int_eq(f.lines, 3);
	ck_assert_str_eq(f.line[0], "ip and udp port 5000");
	/* Ethernet looks at the type first, raw IP at the version */
	ck_assert_uint_ge(program(f.line[1], "EN10MB"), 8);
	ck_assert_ptr_nonnull(strstr(f.line[1], ",40 0 0 12,"));
	ck_assert_uint_ge(program(f.line[2], "RAW"), 8);
	ck_assert_ptr_nonnull(strstr(f.line[2], ",48 0 0 0,"));
	free(f.text);
}
END_TEST

START_TEST(test_filter_ethernet_only)
{
	static const char *const expression[] = { "arp", "ether host 02:00:00:00:00:02", "ether proto 0x88cc", "ether broadcast" };

	for (size_t i = 0; i < sizeof(expression) / sizeof(expression[0]); i++) {
		struct filter f = compile(expression[i]);

		ck_assert_int_eq(f.lines, 3);
		program(f.line[1], "EN10MB");
		ck_assert_str_eq(f.line[2], "RAW 1,6 0 0 0");
		free(f.text);
	}
}
END_TEST

START_TEST(test_filter_empty)
{
	char *text, why[300];

	/* no filter */
	ck_assert_int_eq(trace_filter_compile(" \t", &text, why, sizeof(why)), 0);
	ck_assert_str_eq(text, "  \n");
	free(text);
}
END_TEST

START_TEST(test_filter_refused)
{
	char *text = NULL, why[300] = "", *huge, *p;

	ck_assert_int_eq(trace_filter_compile("udp prot 7", &text, why, sizeof(why)), -EINVAL);
	ck_assert_ptr_nonnull(strstr(why, "syntax error"));
	ck_assert_int_eq(trace_filter_compile("tcp and udp", &text, why, sizeof(why)), -EINVAL);
	ck_assert_ptr_nonnull(strstr(why, "rejects all packets"));
	/* a program that no write can hold */
	huge = p = malloc(40000);
	for (unsigned i = 0; i < 900; i++)
		p += sprintf(p, "%sether[%u:4]=%u", i ? " or " : "", i, i * 1000003);
	ck_assert_int_eq(trace_filter_compile(huge, &text, why, sizeof(why)), -E2BIG);
	ck_assert_ptr_nonnull(strstr(why, "32000 are accepted"));
	free(huge);
	ck_assert_ptr_null(text);
}
END_TEST

/* `write` to either path compiles, a line of its own for each program. */
START_TEST(test_filter_write)
{
	static const char *const path[] = { "/sys/kernel/tracing/set_packet_filter", "/sys/kernel/debug/tracing/set_packet_filter" };
	struct nlattr *tb[GN_ATTR_MAX_PLUS1];
	struct filter f = compile("udp port 7");
	char line[200];

	for (unsigned i = 0; i < 2; i++) {
		put_error(i + 1, 0, NULL);
		snprintf(line, sizeof(line), "write %s udp port 7", path[i]);
		ck_assert_int_eq(run(line), 0);
		ck_assert_int_eq(next_request(sizeof(struct gn_ctl_hdr), tb, GN_ATTR_MAX), GN_CTL_WRITE);
		ck_assert_str_eq(nla_get_string(tb[GN_ATTR_PATH]), path[i]);
		ck_assert_ptr_nonnull(tb[GN_ATTR_TRUNC]);
		ck_assert_int_eq(nla_len(tb[GN_ATTR_DATA]), (int)(strlen(f.line[0]) + strlen(f.line[1]) + strlen(f.line[2]) + 3));
		ck_assert_int_eq(memcmp(nla_data(tb[GN_ATTR_DATA]), "udp port 7\nEN10MB ", 18), 0);
	}
	free(f.text);
	ck_assert_int_eq(run("write /sys/kernel/tracing/set_packet_filter udp prot 7"), 2);
	ck_assert_ptr_nonnull(strstr(err, "glassnet: write: /sys/kernel/tracing/set_packet_filter: "));
	ck_assert_ptr_nonnull(strstr(err, "syntax error"));
	no_request();
}
END_TEST

/* --- options --- */

static struct {
	const char *text;
	unsigned number;
	double seconds;
	bool flag;
	struct trace_list list;
} got;
static const struct trace_option options[] = {
	{ 't', "text", OPT_TEXT, &got.text },    { 'c', "count", OPT_NUMBER, &got.number }, { 0, "seconds", OPT_SECONDS, &got.seconds },
	{ 'f', "flag", OPT_FLAG, &got.flag },    { 0, "option", OPT_LIST, &got.list },      { .name = NULL },
};

/* The words of @line through trace_options(): its status; what is left in @left. */
static char *left[40];
static int n_left;
static int parse(const char *line)
{
	static char copy[600];
	char *save = NULL;

	memset(&got, 0, sizeof(got));
	snprintf(copy, sizeof(copy), "%s", line);
	n_left = 0;
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		left[n_left++] = w;
	return trace_options(&cli, options, &n_left, left);
}

START_TEST(test_options)
{
	ck_assert_int_eq(parse("x a -t one -c5 --seconds=.5 b -f --option k1 --option=k2 - -- -z"), CLI_OK);
	ck_assert_str_eq(got.text, "one");
	ck_assert_uint_eq(got.number, 5);
	ck_assert(got.seconds == .5);
	ck_assert(got.flag);
	ck_assert_uint_eq(got.list.n, 2);
	ck_assert_str_eq(got.list.item[1], "k2");
	ck_assert_int_eq(n_left, 6);
	ck_assert_str_eq(left[1], "a");
	ck_assert_str_eq(left[2], "b");
	ck_assert_str_eq(left[3], "-");
	ck_assert_str_eq(left[4], "--");
	ck_assert_str_eq(left[5], "-z");
}
END_TEST

START_TEST(test_options_refused)
{
	static const struct {
		const char *line, *err;
	} rows[] = {
		{ "x -z", "'-z' is none of: -t (--text), -c (--count), --seconds, -f (--flag), --option\n" },
		{ "x --coun 3", "'--coun' is none of: " },
		{ "x --counts 3", "'--counts' is none of: " },
		{ "x -fx", "'-fx' is none of: " },
		{ "x --flag=1", "--flag takes no value: '1'\n" },
		{ "x -c", "--count needs a value behind it\n" },
		{ "x --text=", "--text needs a value behind it\n" },
		{ "x -c 0", "--count: '0' is no number from 1 to 1000000000\n" },
		{ "x -c -1", "--count: '-1' is no number from 1 to 1000000000\n" },
		{ "x -c 1x", "--count: '1x' is no number from 1 to 1000000000\n" },
		{ "x -c 99999999999999999999", "is no number from 1 to 1000000000\n" },
		{ "x --seconds 0", "--seconds: '0' is no number of seconds above 0\n" },
		{ "x --seconds nan", "--seconds: 'nan' is no number of seconds above 0\n" },
		{ "x --seconds 1h", "--seconds: '1h' is no number of seconds above 0\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		teardown();
		setup();
		ck_assert_msg(parse(rows[i].line) == CLI_USAGE, "%s", rows[i].line);
		fflush(cli.err);
		ck_assert_msg(strstr(err, rows[i].err) != NULL, "%s: %s", rows[i].line, err);
	}
}
END_TEST

START_TEST(test_options_too_many)
{
	char line[600] = "x";

	for (int i = 0; i <= TRACE_LIST_MAX; i++)
		strcat(line, " --option=k");
	ck_assert_int_eq(parse(line), CLI_USAGE);
	fflush(cli.err);
	ck_assert_ptr_nonnull(strstr(err, "--option is given more than 32 times\n"));
}
END_TEST

/* --- settings --- */

/* The next request writes @text and a newline into the file @name. */
static void expect_write(const char *name, const char *text)
{
	struct nlattr *tb[GN_ATTR_MAX_PLUS1];
	char path[100];
	size_t len = strlen(text);

	snprintf(path, sizeof(path), TRACEFS "%s", name);
	ck_assert_int_eq(next_request(sizeof(struct gn_ctl_hdr), tb, GN_ATTR_MAX), GN_CTL_WRITE);
	ck_assert_str_eq(nla_get_string(tb[GN_ATTR_PATH]), path);
	ck_assert_ptr_nonnull(tb[GN_ATTR_TRUNC]);
	ck_assert_msg((size_t)nla_len(tb[GN_ATTR_DATA]) == len + 1 && !memcmp(nla_data(tb[GN_ATTR_DATA]), text, len), "%s: %.*s", name,
		      nla_len(tb[GN_ATTR_DATA]), (char *)nla_data(tb[GN_ATTR_DATA]));
}

START_TEST(test_apply)
{
	const struct trace_want want = { .functions = "ip_rcv,udp_rcv", .depth = 3, .thresh_us = 100, .stack = true }, nothing = { .depth = 0 };

	for (unsigned seq = 1; seq <= 4; seq++)
		put_error(seq, 0, NULL);
	ck_assert_int_eq(trace_apply(&cli, &nothing), CLI_OK);
	no_request();
	ck_assert_int_eq(trace_apply(&cli, &want), CLI_OK);
	expect_write("set_graph_function", "ip_rcv udp_rcv");
	expect_write("max_graph_depth", "3");
	expect_write("tracing_thresh", "100");
	expect_write("trace_options", "stacktrace");
	no_request();
	/* what the daemon refuses ends it */
	put_error(5, -EINVAL, "set_graph_function: no function ip_rvc");
	ck_assert_int_eq(trace_apply(&cli, &(struct trace_want){ .functions = "ip_rvc", .depth = 3 }), CLI_FAILED);
	fflush(cli.err);
	ck_assert_str_eq(err, "glassnet: set_graph_function: no function ip_rvc\n");
	expect_write("set_graph_function", "ip_rvc");
	no_request();
}
END_TEST

START_TEST(test_apply_filter)
{
	char *text, why[300];

	put_error(1, 0, NULL);
	ck_assert_int_eq(trace_filter_compile("arp", &text, why, sizeof(why)), 0);
	text[strlen(text) - 1] = '\0';
	ck_assert_int_eq(trace_apply(&cli, &(struct trace_want){ .filter = "arp" }), CLI_OK);
	expect_write("set_packet_filter", text);
	free(text);
	ck_assert_int_eq(trace_apply(&cli, &(struct trace_want){ .filter = "udp prot 7" }), CLI_USAGE);
	fflush(cli.err);
	ck_assert_ptr_nonnull(strstr(err, "glassnet: 'udp prot 7': "));
	no_request();
}
END_TEST

/* --- help --- */

START_TEST(test_help)
{
	ck_assert_int_eq(run("trace --help"), 0);
	ck_assert_ptr_nonnull(strstr(out, "\n  graph    live function graphs"));
	ck_assert_ptr_nonnull(strstr(out, "\n  packets  what became of"));
	for (const struct command *cmd = trace_commands; cmd->name; cmd++) {
		char line[60];

		teardown();
		setup();
		snprintf(line, sizeof(line), "%s --help", cmd->name);
		ck_assert_int_eq(run(line), 0);
		ck_assert_ptr_nonnull(strstr(out, cmd->summary));
		ck_assert_ptr_nonnull(strstr(out, cmd->args));
		snprintf(line, sizeof(line), "help %s", cmd->name);
		ck_assert_int_eq(run(line), 0);
	}
	ck_assert_int_eq(run("help trace frob"), 2);
	ck_assert_int_eq(run("help trace graph x"), 2);
	no_request();
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_filter_text,     test_filter_ethernet_only, test_filter_empty, test_filter_refused,
				       test_filter_write,    test_options,              test_options_refused, test_options_too_many,
				       test_apply,           test_apply_filter,         test_help,         NULL };

	return suite_of("trace", setup, teardown, tests);
}
