/* SPDX-License-Identifier: MIT */
/*
 * check_trace_view.c - src/cli: `trace packets` and `trace view` of a recording made by hand
 */
#include <errno.h>
#include <sys/stat.h>

#include "fake.h"
#include "records.h"

static struct slots s;
static char dir[64], file[80], made[80];

/* Two datagrams: one that a socket read, one that nobody wanted. */
static void record(void)
{
	FILE *f;

	strcpy(dir, "check_trace_view.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/raw", dir);
	snprintf(made, sizeof(made), "%s/out", dir);
	put_clock(&s, 1000);
	put_task(&s, 1000, 100, "cpu0");
	put_receive(&s, 2000, 77, 0, true);
	put_receive(&s, 5000, 78, 1, false);
	chunk(0, &s);
	put_clock(&s, 1000);
	put_task(&s, 1000, 101, "echo");
	put_read(&s, 1500, 4000, 77);
	chunk(1, &s);
	f = fopen(file, "w");
	ck_assert_ptr_nonnull(f);
	/* no line of a later version: a recording has those of its time */
	fwrite(tables, 1, (size_t)(strstr(tables, "Z what") - tables), f);
	fwrite(chunks, 1, chunks_len, f);
	ck_assert_int_eq(fclose(f), 0);
	chunks_len = 0;
}

static void setup_view(void)
{
	setenv("TZ", "UTC", 1);
	setup();
	record();
}

static void teardown_view(void)
{
	unlink(file);
	unlink(made);
	rmdir(dir);
	free(s.rec);
	memset(&s, 0, sizeof(s));
	teardown();
}

/* Run @words with the recording behind the second of them. */
static int run_on(const char *words)
{
	const char *rest = strchr(strchr(words, ' ') + 1, ' ');
	int len = rest ? (int)(rest - words) : (int)strlen(words);
	char line[300];

	snprintf(line, sizeof(line), "%.*s %s%s", len, words, file, rest ? rest : "");
	return run(line);
}

START_TEST(test_packets)
{
	ck_assert_int_eq(run_on("trace packets"), 0);
	ck_assert_str_eq(out, "No  Time             Length  In the stack  Flow                                  What became of it\n"
			      " 1  22:13:20.000002      60        1.9 us  10.99.0.1:40000 > 10.99.0.2:7 UDP 18  delivered to port 7\n"
			      " 2  22:13:20.000005      60        0.4 us  10.99.0.1:40001 > 10.99.0.2:7 UDP 18  dropped: NO_SOCKET\n");
	ck_assert_str_eq(err, "");
	no_request(); /* no daemon is asked */
}
END_TEST

START_TEST(test_packets_json)
{
	ck_assert_int_eq(run_on("trace packets --json"), 0);
	ck_assert_ptr_nonnull(strstr(out, "\"packet\": 2,"));
	ck_assert_ptr_nonnull(strstr(out, "\"time_ns\": 1700000000000005101,"));
	ck_assert_ptr_nonnull(strstr(out, "\"verdicts\": [\n      \"delivered to port 7\"\n    ],"));
	ck_assert_ptr_nonnull(strstr(out, "\"duration_ns\": 399\n"));
}
END_TEST

START_TEST(test_graph)
{
	ck_assert_int_eq(run_on("trace view"), 0);
	ck_assert_int_eq(strncmp(out, "# tracer: function_graph\n", 25), 0);
	ck_assert_ptr_nonnull(strstr(out, "udp_rcv();"));
	ck_assert_ptr_nonnull(strstr(out, "kfree_skb_reason();"));
	ck_assert_ptr_nonnull(strstr(out, "sock_recvfrom() {"));
}
END_TEST

START_TEST(test_one_packet)
{
	ck_assert_int_eq(run_on("trace view --packet 2 --steps"), 0);
	ck_assert_ptr_nonnull(strstr(out, "kfree_skb_reason();"));
	ck_assert_ptr_null(strstr(out, "udp_rcv"));
	ck_assert_ptr_null(strstr(out, "sock_recvfrom"));
	ck_assert_ptr_nonnull(strstr(out, "do_IRQ() { /* step 4: "));
	teardown_view();
	setup_view();
	ck_assert_int_eq(run_on("trace view --packet 3"), 1);
	ck_assert_str_eq(err, "glassnet: trace view: there is no packet 3 in it; `glassnet trace packets` lists them\n");
	ck_assert_uint_eq(out_len, 0);
}
END_TEST

/* Each format, into a file; what stands at its beginning. */
START_TEST(test_formats)
{
	static const struct {
		const char *name, *begin;
	} rows[] = {
		{ "graph", "# tracer: function_graph\n" },
		{ "function", "# tracer: function\n" },
		{ "chrome", "{" },
		{ "folded", "do_IRQ" },
		{ "html", "<!DOCTYPE html>" },
		{ "pcapng", "\n\r\r\n" },
		{ "script", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char line[300], begin[32] = "";
		size_t len = strlen(rows[i].begin);
		FILE *f;

		teardown_view();
		setup_view();
		snprintf(line, sizeof(line), "trace view %s --format %s -o %s", file, rows[i].name, made);
		ck_assert_msg(run(line) == 0, "%s: %s", rows[i].name, err);
		ck_assert_uint_eq(out_len, 0);
		f = fopen(made, "r");
		ck_assert_ptr_nonnull(f);
		ck_assert_uint_eq(fread(begin, 1, len, f), len);
		fclose(f);
		ck_assert_msg(!strncasecmp(begin, rows[i].begin, len), "%s begins with '%s'", rows[i].name, begin);
	}
}
END_TEST

START_TEST(test_losses_are_said)
{
	FILE *f;

	put_rec(&s, 9000, 12, GN_TRACE_LOST);
	put_receive(&s, 9100, 79, 2, false);
	chunk(0, &s);
	f = fopen(file, "a");
	fwrite(chunks, 1, chunks_len, f);
	fclose(f);
	chunks_len = 0;
	ck_assert_int_eq(run_on("trace packets"), 0);
	ck_assert_str_eq(err, "glassnet: trace packets: 12 calls were lost when this was recorded\n");
	ck_assert_ptr_nonnull(strstr(out, "40002 > "));
}
END_TEST

/* Run @line with the recording for its FILE. */
static int run_file(const char *line)
{
	const char *at = strstr(line, "FILE");
	char text[300];

	if (!at)
		return run(line);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - line), line, file, at + 4);
	return run(text);
}

START_TEST(test_refused)
{
	static const struct {
		const char *line;
		int status;
		const char *err;
	} rows[] = {
		{ "trace packets", 2, "DIR is missing" },
		{ "trace packets a b", 2, "'b' is one word too many\n" },
		{ "trace packets -x", 2, "'-x' is no option" },
		{ "trace packets a -x", 2, "'-x' is no option" },
		{ "trace packets nonexistent", 1, "nonexistent" },
		{ "trace view", 2, "DIR is missing" },
		{ "trace view FILE --format svg", 2, "--format: 'svg' is none of: graph, function, chrome, folded, html, pcapng, cyg, script\n" },
		{ "trace view FILE --json", 2, "--json: that is --format chrome\n" },
		{ "trace view FILE --format folded --profile path", 2, "--profile is for --format graph\n" },
		{ "trace view FILE --format html --steps", 2, "--steps is for --format graph\n" },
		{ "trace view FILE --format html --option funcgraph-tail", 2, "--option is for --format graph\n" },
		{ "trace view FILE --format cyg", 2, "--format cyg needs -o DIR" },
		{ "trace view FILE --packet 0", 2, "--packet: '0' is no number" },
		{ "trace view FILE --names linux", 2, "--names: 'linux' is none of: 3.13, 6.1, e1000, igb\n" },
		{ "trace view FILE -o /nonexistent/x", 1, "/nonexistent/x: No such file or directory\n" },
		{ "trace view FILE -o /dev/full", 1, "/dev/full: No space left on device\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		teardown_view();
		setup_view();
		ck_assert_msg(run_file(rows[i].line) == rows[i].status, "%s: %s", rows[i].line, err);
		ck_assert_msg(strstr(err, rows[i].err) != NULL, "%s: %s", rows[i].line, err);
		ck_assert_uint_eq(out_len, 0);
	}
}
END_TEST

/* Garbage in place of a recording: an error, or what could be read and how much could not. */
START_TEST(test_garbage)
{
	unsigned seed = 1;

	for (int round = 0; round < 200; round++) {
		FILE *f;
		int status;

		f = fopen(file, "r+");
		for (int i = 0; i < 20; i++) {
			seed = seed * 1103515245 + 12345;
			fseek(f, (long)(seed >> 8) % 1500, SEEK_SET);
			fputc((int)(seed >> 24), f);
		}
		fclose(f);
		status = run_on("trace packets");
		ck_assert(status == 0 || status == 1);
		status = run_on("trace view");
		ck_assert(status == 0 || status == 1);
		if (status)
			ck_assert_ptr_nonnull(strstr(err, "glassnet: trace view: "));
	}
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_packets, test_packets_json,	  test_graph,	test_one_packet,
				       test_formats, test_losses_are_said, test_refused, test_garbage, NULL };

	return suite_of("trace_view", setup_view, teardown_view, tests);
}
