/* SPDX-License-Identifier: MIT */
/*
 * A4: the text of the function tracer: the kernel's header and columns, a line a call in the order
 * of entry, its caller.
 */
#include "recorded.h"

static struct view *view;
static struct slots s;
static struct paper paper;

static void on_root(void *ctx, struct view_node *root)
{
	(void)ctx;
	view_keep(view, root);
}

static void setup(void)
{
	static const struct view_ops ops = { .root = on_root };

	view = view_new(&ops, NULL);
	ck_assert_ptr_nonnull(view);
	paper_open(&paper);
	put_clock(&s, 1000000000);
}

static void teardown(void)
{
	view_free(view);
	paper_close(&paper);
	free(s.rec);
	s = (struct slots){ 0 };
}

static const char *printed(void)
{
	struct view_node *const *root;
	size_t n;

	feed(view, 0, &s);
	ck_assert_int_eq(view_end(view), 0);
	root = view_roots(view, &n);
	ck_assert_int_eq(view_function_roots(paper.file, view, root, n), 0);
	return paper_text(&paper);
}

START_TEST(order_of_entry_and_flags)
{
	static const char *const names[] = {
		"dev_hard_start_xmit", "do_IRQ",   "irq_exit", "__do_softirq",
		"net_rx_action",       "tap_intr", NULL
	};

	name_functions(view, names);
	put_task(&s, 1000000000, 4711, "server");
	put_call(&s, 6, 2, 1000020000, 1000021000);
	put_kind(&s, 1000021100, GN_TRACE_MARK, 2, "hi", 2);
	put_call(&s, 6, 6, 1000033000, 1000033100);
	put_call(&s, 2, 5, 1000032000, 1000034000);
	put_call(&s, 5, 4, 1000031000, 1000035000);
	put_call(&s, 4, 3, 1000030000, 1000036000);
	put_call(&s, 3, 2, 1000029499, 1000037000);
	put_call(&s, 2, 1, 1000010500, 1000040000);
	put_call(&s, 1, 0, 1000000000, 1000050000);
	ck_assert_str_eq(
		printed(),
		"          server-4711    [000] .....     1.000000: dev_hard_start_xmit <-0\n"
		"          server-4711    [000] d.h..     1.000011: do_IRQ <-dev_hard_start_xmit\n"
		"          server-4711    [000] d.h..     1.000020: tap_intr <-do_IRQ\n"
		"          server-4711    [000] d.h..     1.000021: tracing_mark_write: hi\n"
		"          server-4711    [000] d.h..     1.000029: irq_exit <-do_IRQ\n"
		"          server-4711    [000] ..s..     1.000030: __do_softirq <-irq_exit\n"
		"          server-4711    [000] ..s..     1.000031: net_rx_action <-__do_softirq\n"
		"          server-4711    [000] d.H..     1.000032: do_IRQ <-net_rx_action\n"
		"          server-4711    [000] d.H..     1.000033: tap_intr <-do_IRQ\n");
}
END_TEST

/* Each record has its line, also that of a call that began before the data does. */
START_TEST(calls_from_before_the_data)
{
	static const char *const names[] = { "ip_rcv", "ip_rcv_finish", NULL };

	name_functions(view, names);
	put_rec(&s, 0, 12, GN_TRACE_LOST);
	put_call(&s, 2, 1, 1000003000, 1000004000);
	put_call(&s, 1, 0, 1000001000, 1000005000);
	ck_assert_str_eq(
		printed(),
		"           <...>-0       [000] .....     1.000001: ip_rcv <-0\n"
		"           <...>-0       [000] .....     1.000003: ip_rcv_finish <-ip_rcv\n");
}
END_TEST

/*
 * The recorded text: each line becomes two calls, the caller around it; the callee's line comes out
 * as it was, but for flags that nesting does not tell.
 */
START_TEST(recorded_text)
{
	struct recorded r = { 0 };
	char *want = recorded_load("function.txt"), *line, *eol, *flags;
	unsigned lines = 0;

	view_function_header(paper.file, "function", 746, 746, 1);
	for (line = want; *line == '#'; line = strchr(line, '\n') + 1)
		continue;
	ck_assert_int_eq(memcmp(paper_text(&paper), want, (size_t)(line - want)), 0);
	ck_assert_uint_eq(paper.len, (size_t)(line - want));
	put_task(&s, 5000000000, 103, "scn");
	for (char *at = line; *at; at = eol + 1, lines++) {
		char func[80], caller[80];
		unsigned long sec, us;
		uint64_t t;

		eol = strchr(at, '\n');
		flags = strchr(at, ']') + 2;
		ck_assert_int_eq(
			sscanf(flags + 5, " %lu.%lu: %79s <-%79s", &sec, &us, func, caller), 4);
		t = (sec * 1000000 + us) * 1000;
		memcpy(flags, ".....", 5);
		put_call(&s, recorded_id(&r, func), 1, t, t + 100);
		put_call(&s, recorded_id(&r, caller), 0, t - 400, t + 200);
	}
	recorded_name_functions(&r, view);
	printed();
	for (char *got = paper.text + (line - want); *line; line = eol + 1) {
		eol = strchr(line, '\n');
		got = strchr(got, '\n') + 1; /* the caller's */
		ck_assert_msg(!strncmp(got, line, (size_t)(eol + 1 - line)), "%.*s",
			      (int)(eol - line), line);
		got = strchr(got, '\n') + 1;
	}
	ck_assert_uint_eq(lines, 48);
	recorded_free(&r);
	free(want);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { order_of_entry_and_flags, calls_from_before_the_data,
				       recorded_text, NULL };

	return suite_of("function", setup, teardown, tests);
}
