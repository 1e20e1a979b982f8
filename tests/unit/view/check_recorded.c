/* SPDX-License-Identifier: MIT */
/*
 * A5, A6, A7: what a Linux 6.1 kernel printed, through the reader and the printer and back: the
 * same bytes.
 */
#include "recorded.h"

static struct view *view;
static struct recorded rec;
static struct paper paper;
static struct view_text text;

static void on_root(void *ctx, struct view_node *root)
{
	(void)ctx;
	view_keep(view, root);
}

static void setup(void)
{
	view_text_init(&text, paper_open(&paper));
}

static void teardown(void)
{
	paper_close(&paper);
	recorded_free(&rec);
}

/* Lines up to @end go through the reader. */
static void print_again(char *lines, const char *end, bool middle)
{
	static const struct view_ops ops = { .root = on_root };
	struct view_node *const *root;
	struct recorded_line first;
	size_t n;

	view = view_new(&ops, NULL);
	ck_assert_ptr_nonnull(view);
	rec.exits = text.thresh;
	rec.now = 1000000000;
	recorded_parse(lines, &first);
	if (first.has_time)
		rec.now = first.time;
	put_clock(&rec.s, rec.now);
	if (middle) /* the data began earlier, and that is gone */
		put_rec(&rec.s, rec.now, 7, GN_TRACE_LOST);
	put_packet(&rec.s, rec.now, 0);
	while (lines < end) {
		char *eol = strchr(lines, '\n');

		*eol = '\0';
		if (strchr(lines, '|')) /* not a separator */
			recorded_add(&rec, lines);
		*eol = '\n';
		lines = eol + 1;
	}
	recorded_sleep(&rec);
	recorded_name_functions(&rec, view);
	feed(view, 0, &rec.s);
	ck_assert_int_eq(view_end(view), 0);
	ck_assert_uint_eq(view_errors(view), 0);
	root = view_roots(view, &n);
	ck_assert_int_eq(view_text_merge(&text, view, root, n), 0);
	view_free(view);
	recorded_free(&rec);
}

/* The end of a call: its time is another clock's (see recorded.h), all else are the same bytes. */
static bool same_end(const char *want, size_t nwant, const char *got, size_t ngot)
{
	unsigned long s[2], us[2];
	long off;

	if (!text.abstime || nwant != ngot || nwant < 16 || !memmem(want, nwant, "  } /*", 6) ||
	    memcmp(want + 16, got + 16, nwant - 16))
		return false;
	if (sscanf(want, "%lu.%lu", &s[0], &us[0]) != 2 ||
	    sscanf(got, "%lu.%lu", &s[1], &us[1]) != 2)
		return false;
	off = (long)us[1] - (long)us[0];
	return s[0] == s[1] && off >= -4 && off <= 4;
}

static void compare(const char *want, const char *got)
{
	unsigned line = 1;

	for (; *want; line++) {
		size_t nwant = strcspn(want, "\n"), ngot = strcspn(got, "\n");

		if (!same_end(want, nwant, got, ngot))
			ck_assert_msg(nwant == ngot && !memcmp(want, got, nwant),
				      "line %u\nwant |%.*s|\ngot  |%.*s|", line, (int)nwant, want,
				      (int)ngot, got);
		want += nwant + 1;
		got += ngot + (got[ngot] == '\n');
	}
	ck_assert_str_eq(got, "");
}

static void round_trip(const char *file)
{
	char *want = recorded_load(file), *lines = want;

	while (*lines == '#')
		lines = strchr(lines, '\n') + 1;
	view_text_header(&text);
	print_again(lines, want + strlen(want), false);
	compare(want, paper_text(&paper));
	free(want);
}

START_TEST(default_options)
{
	round_trip("graph-default.txt");
}
END_TEST

START_TEST(max_graph_depth)
{
	round_trip("graph-depth3.txt");
}
END_TEST

START_TEST(filtered_functions)
{
	round_trip("graph-filter_ip.txt");
}
END_TEST

START_TEST(option_proc)
{
	ck_assert_int_eq(view_text_option(&text, "funcgraph-proc"), 0);
	round_trip("graph-proc.txt");
}
END_TEST

START_TEST(options_abstime_proc_tail)
{
	ck_assert_int_eq(view_text_option(&text, "funcgraph-abstime"), 0);
	ck_assert_int_eq(view_text_option(&text, "proc"), 0);
	ck_assert_int_eq(view_text_option(&text, "tail"), 0);
	round_trip("graph-abstime-proc-tail.txt");
}
END_TEST

START_TEST(tracing_thresh)
{
	text.thresh = true;
	round_trip("graph-thresh5.txt");
}
END_TEST

/* Pieces of a longer text, cut out around task switches; a line "-" lies between two. */
START_TEST(task_switches)
{
	char *want = recorded_load("graph-task-switch.txt"), *piece = want, *stop;
	unsigned pieces = 0;

	text.abstime = text.proc = text.tail = true;
	for (; piece; piece = stop ? stop + 2 : NULL) {
		char *end;

		stop = strstr(piece, "\n-\n");
		if (stop)
			*++stop = '\0';
		end = piece + strlen(piece);
		if (!stop) /* the last separator has no line behind it */
			end = strstr(piece, "\n ---") + 1;
		print_again(piece, end, true);
		if (!stop)
			*end = '\0';
		compare(piece, paper_text(&paper));
		paper_close(&paper);
		view_text_init(&text, paper_open(&paper));
		text.abstime = text.proc = text.tail = true;
		pieces++;
	}
	ck_assert_uint_eq(pieces, 4);
	free(want);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		default_options,	   max_graph_depth, filtered_functions, option_proc,
		options_abstime_proc_tail, tracing_thresh,  task_switches,	NULL
	};

	return suite_of("recorded", setup, teardown, tests);
}
