/* SPDX-License-Identifier: MIT */
/*
 * check_lane: the calls of programs in the tree of the stack: what becomes of the moments that a program wrote, which settings hold for them, and
 * memory that is written by somebody who means harm
 */
#include <glassnet/uapi/chan.h>
#include <sys/mman.h>

#include "support/tracefix.h"
#include "view/view.h"

static struct tracefix x;
static struct gn_chan_area *area;
static bool dead;

static void comm_of(uint32_t pid, uint32_t tid, char comm[16])
{
	ck_assert_uint_eq(pid, 1234);
	snprintf(comm, 16, tid == 1234 ? "python3" : "thread\033");
}

static bool is_alive(uint32_t pid)
{
	return !dead;
}

static const struct tracefs_lane_ops lane_ops = { .comm = comm_of, .alive = is_alive };

static struct gn_chan_area *area_new(void)
{
	struct gn_chan_area *a = mmap(NULL, sizeof(*a), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ck_assert(a != MAP_FAILED);
	return a;
}

static void setup(void)
{
	tracefix_begin(&x);
	dead = false;
}

static void begin(void)
{
	put(&x, "current_tracer", "function_graph");
	area = area_new();
	ck_assert_int_eq(tracefs_lane_add(x.net, area, 1234, 1000, &lane_ops), 0);
}

static void teardown(void)
{
	put(&x, "current_tracer", "nop");
	tracefix_end(&x);
}

/* A receive by thread 1234 that slept, a little ago; @packet. */
static struct gn_chan_span sleeper(uint32_t packet)
{
	struct gn_chan_span s = { .tid = 1234, .packet = packet, .call = GN_SPAN_RECVFROM, .letter = 'u' };
	uint64_t now = trace_ticks();

	for (unsigned i = 0; i < GN_SPAN_TIMES; i++)
		s.t[i] = now + 10 * i;
	return s;
}

static void write_span(const struct gn_chan_span *s)
{
	uint32_t n = area->head++;
	struct gn_chan_span *to = &area->span[n % GN_CHAN_SPANS];

	*to = *s;
	to->seq = (uint64_t)n + 1;
	while (trace_ticks() < s->t[GN_SPAN_LEAVE])
		;
	tracefs_drain(x.net);
}

/* The names of `trace`, a level a tab, with braces only where there are callees. */
static void has_tree(const char *want)
{
	static char got[4096];
	const char *p = tracefix_cat(&x, "trace");
	size_t n = 0;

	for (const char *line = p; line && *line; line = strchr(line, '\n'), line += line != NULL) {
		const char *bar = strchr(line, '|'), *end = strchr(line, '\n');
		unsigned depth = 0;

		if (*line == '#' || !bar || !end || bar > end || bar[1] != ' ')
			continue;
		for (bar += 3; *bar == ' '; bar += 2)
			depth++;
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%.*s%.*s\n", (int)depth, "\t\t\t\t\t\t\t\t", (int)(end - bar), bar);
	}
	got[n] = 0;
	ck_assert_str_eq(got, want);
}

static bool stats_say(const char *what)
{
	return strstr(tracefix_cat(&x, "trace_stats"), what) != NULL;
}

START_TEST(test_N1_a_receive_that_slept)
{
	struct gn_chan_span s;

	begin();
	s = sleeper(0);
	write_span(&s);
	has_tree("recvfrom() {\n\tudp_recvmsg() {\n\t\t__skb_recv_datagram() {\n\t\t\tschedule();\n\t\t}\n\t\tskb_copy_datagram_iovec();\n\t}\n}\n");
	put(&x, "trace_options", "funcgraph-proc");
	ck_assert_ptr_nonnull(strstr(tracefix_cat(&x, "trace"), " python3-1234 "));
	ck_assert(stats_say("programs: 1 lost: 0 malformed: 0"));
}
END_TEST

START_TEST(test_a_receive_that_did_not_sleep)
{
	struct gn_chan_span s;

	begin();
	s = sleeper(0);
	s.t[GN_SPAN_SLEEP] = s.t[GN_SPAN_WAKE] = 0;
	s.call = GN_SPAN_READ;
	s.letter = 'r';
	write_span(&s);
	has_tree("read() {\n\traw_recvmsg() {\n\t\t__skb_recv_datagram();\n\t\tskb_copy_datagram_iovec();\n\t}\n}\n");
}
END_TEST

START_TEST(test_a_receive_that_found_nothing_and_a_send)
{
	struct gn_chan_span s;

	begin();
	s = sleeper(0);
	s.t[GN_SPAN_SLEEP] = s.t[GN_SPAN_WAKE] = s.t[GN_SPAN_COPY] = s.t[GN_SPAN_COPIED] = 0;
	s.letter = 'p';
	write_span(&s);
	s = (struct gn_chan_span){ .tid = 1234, .call = GN_SPAN_SENDMSG, .letter = 'u' };
	s.t[GN_SPAN_ENTER] = trace_ticks();
	s.t[GN_SPAN_LEAVE] = s.t[GN_SPAN_ENTER] + 5;
	write_span(&s);
	has_tree("recvfrom() {\n\tping_recvmsg() {\n\t\t__skb_recv_datagram();\n\t}\n}\nsendmsg();\n");
}
END_TEST

/* It slept when tracing began, for longer than a record's duration can say. */
START_TEST(test_A10_a_receive_that_began_before)
{
	struct gn_chan_span s = { .tid = 1234, .call = GN_SPAN_RECVFROM, .letter = 'u' };

	begin();
	s.t[GN_SPAN_WAKE] = s.t[GN_SPAN_COPY] = trace_ticks();
	s.t[GN_SPAN_COPIED] = s.t[GN_SPAN_LEAVE] = s.t[GN_SPAN_COPY] + 100;
	write_span(&s);
	has_tree("recvfrom() {\n\tudp_recvmsg() {\n\t\t__skb_recv_datagram() {\n\t\t\tschedule();\n\t\t}\n\t\tskb_copy_datagram_iovec();\n\t}\n}\n");
}
END_TEST

static void follow_root(void *ctx, struct view_node *root)
{
	const struct view_node **last = ctx;

	for (const struct view_node *n = root; n; n = n->child)
		if (n->packet)
			last[0] = n;
	last[1] = root;
	ck_assert_uint_eq(root->cpu, 0);
}

/* A call that slept is nobody's until it has what it waited for. */
START_TEST(test_it_works_for_the_packet_that_it_took)
{
	static const struct view_ops ops = { .root = follow_root };
	const struct view_node *last[2] = { NULL, NULL };
	struct view *v = view_new(&ops, last);
	struct gn_chan_span s;
	struct seq_file m;
	size_t n;

	begin();
	s = sleeper(77);
	write_span(&s);
	seq_init(&m, &x.net->m.kmem);
	ck_assert_int_eq(vfs_read(&x.net->vfs, T "trace_pipe_raw", &m), 0);
	ck_assert_int_eq(view_feed_chunks(v, m.buf, m.count), 0);
	ck_assert_int_eq(view_end(v), 0);
	seq_release(&m);
	ck_assert_ptr_nonnull(last[1]);
	ck_assert_uint_eq(view_errors(v), 0);
	ck_assert_ptr_null(last[0]); /* neither the caller nor the first of its callees */
	ck_assert_uint_eq(view_packets(v, &n)[0]->id, 77);
	ck_assert_uint_eq(n, 1);
	view_free(v);
}
END_TEST

START_TEST(test_a_sleep_longer_than_a_duration)
{
	struct gn_chan_span s;
	const char *text;

	begin();
	s = sleeper(0);
	s = sleeper(0);
	for (unsigned i = GN_SPAN_WAKE; i < GN_SPAN_TIMES; i++)
		s.t[i] += 1ull << 32;
	write_span(&s);
	text = tracefix_cat(&x, "trace");
	ck_assert_ptr_nonnull(strstr(text, " $ ")); /* more than a second */
	has_tree("recvfrom() {\n\tudp_recvmsg() {\n\t\t__skb_recv_datagram() {\n\t\t\tschedule();\n\t\t}\n\t\tskb_copy_datagram_iovec();\n\t}\n}\n");
}
END_TEST

START_TEST(test_settings_hold_for_programs)
{
	struct gn_chan_span s;

	put(&x, "set_graph_function", "udp_recvmsg");
	begin();
	s = sleeper(0);
	write_span(&s);
	has_tree("udp_recvmsg() {\n\t__skb_recv_datagram() {\n\t\tschedule();\n\t}\n\tskb_copy_datagram_iovec();\n}\n");
	put(&x, "trace", "");
	put(&x, "max_graph_depth", "2");
	s = sleeper(0);
	write_span(&s);
	has_tree("udp_recvmsg() {\n\t__skb_recv_datagram();\n\tskb_copy_datagram_iovec();\n}\n");
	put(&x, "max_graph_depth", "0");
	put(&x, "set_graph_function", "");
	put(&x, "set_ftrace_notrace", "__skb_recv_datagram");
	put(&x, "trace", "");
	s = sleeper(0);
	write_span(&s);
	has_tree("recvfrom() {\n\tudp_recvmsg() {\n\t\tschedule();\n\t\tskb_copy_datagram_iovec();\n\t}\n}\n");
	put(&x, "set_ftrace_notrace", "");
	put(&x, "set_ftrace_filter", "skb_copy_datagram_iovec");
	put(&x, "trace", "");
	s = sleeper(0);
	write_span(&s);
	has_tree("skb_copy_datagram_iovec();\n");
	put(&x, "set_ftrace_filter", "");
	put(&x, "set_ftrace_pid", "99");
	put(&x, "trace", "");
	s = sleeper(0);
	write_span(&s);
	has_tree("");
	put(&x, "set_ftrace_pid", "1234");
	put(&x, "tracing_on", "0");
	s = sleeper(0);
	write_span(&s);
	has_tree("");
	put(&x, "tracing_on", "1");
	put(&x, "tracing_thresh", "1000000");
	s = sleeper(0);
	write_span(&s);
	has_tree("");
}
END_TEST

/* Each is one field of a good one. */
START_TEST(test_what_makes_no_sense_is_counted_and_not_heard_again)
{
	static const char *const what[] = { "call", "letter", "tid", "order", "future", "past", "wake only", "copy only", "reserved", "no end", "send" };

	begin();
	for (unsigned i = 0; i < ARRAY_SIZE(what); i++) {
		struct gn_chan_span s = sleeper(0);
		char want[64];

		switch (i) {
		case 0: s.call = 200; break;
		case 1: s.letter = 'x'; break;
		case 2: s.tid = 0; break;
		case 3: s.t[GN_SPAN_WAKE] = s.t[GN_SPAN_SLEEP] - 1; break;
		case 4: s.t[GN_SPAN_LEAVE] += 1ull << 62; break;
		case 5: s.t[GN_SPAN_ENTER] = 1; break;
		case 6: s.t[GN_SPAN_SLEEP] = 0; break;
		case 7: s.t[GN_SPAN_COPIED] = 0; break;
		case 8: s.reserved[5] = 1; break;
		case 9: s.t[GN_SPAN_LEAVE] = 0; break;
		case 10: s.call = GN_SPAN_SENDTO; break;
		}
		area = area_new();
		ck_assert_int_eq(tracefs_lane_add(x.net, area, 1234, 1000 + i, &lane_ops), 0);
		if (i == 4) { /* nobody can wait for it */
			area->span[0] = s;
			area->span[0].seq = ++area->head;
			tracefs_drain(x.net);
		} else {
			write_span(&s);
		}
		snprintf(want, sizeof(want), "programs: 0 lost: 0 malformed: %u", i + 1);
		ck_assert_msg(stats_say(want), "%s: %s", what[i], tracefix_cat(&x, "trace_stats"));
		s = sleeper(0);
		write_span(&s);
		ck_assert_msg(stats_say(want), "%s: it is heard again", what[i]);
	}
	has_tree("");
}
END_TEST

START_TEST(test_memory_of_noise)
{
	struct rng rng;

	rng_seed(&rng, 7);
	begin();
	for (int i = 0; i < 200; i++) {
		dead = true; /* so that there is room */
		area = area_new();
		ck_assert_int_eq(tracefs_lane_add(x.net, area, 1234, 1000, &lane_ops), 0);
		for (size_t k = 0; k + 8 <= sizeof(*area); k += 8 * (1 + rng_below(&rng, 40))) {
			uint64_t noise = rng_below(&rng, 3) ? rng_u64(&rng) : trace_ticks() - rng_below(&rng, 1000);

			memcpy((char *)area + k, &noise, sizeof(noise));
		}
		area->head = i % 3 ? rng_below(&rng, 3000) : rng_u32(&rng);
		for (unsigned k = 0; k < GN_CHAN_SPANS && i % 2; k++)
			area->span[k].seq = k + 1;
		for (int turn = 0; turn < 8; turn++)
			tracefs_drain(x.net);
		area->head += rng_u32(&rng);
		tracefs_drain(x.net);
	}
	tracefix_cat(&x, "trace");
	tracefix_datagram(&x); /* the stack's own are there as ever */
	ck_assert_ptr_nonnull(strstr(tracefix_cat(&x, "trace"), "udp_rcv"));
}
END_TEST

/* A thread that ended in the middle holds the others up for a moment only; what was written over is counted. */
START_TEST(test_spans_that_are_lost)
{
	struct gn_chan_span s;

	begin();
	area->head++; /* taken, and never filled */
	s = sleeper(0);
	write_span(&s);
	ck_assert(stats_say("programs: 0 lost: 0"));
	for (int i = 0; i < 8; i++)
		tracefs_drain(x.net);
	ck_assert(stats_say("programs: 1 lost: 1 malformed: 0"));
	put(&x, "tracing_on", "0");
	for (unsigned i = 0; i < GN_CHAN_SPANS + 5; i++) {
		uint32_t n = area->head++;

		s.seq = (uint64_t)n + 1;
		area->span[n % GN_CHAN_SPANS] = s;
	}
	tracefs_drain(x.net);
	ck_assert(stats_say("programs: 1025 lost: 6 malformed: 0"));
}
END_TEST

START_TEST(test_processes_are_bounded)
{
	unsigned n = 0;

	ck_assert_int_eq(tracefs_lane_add(x.net, area_new(), 1234, 1000, &lane_ops), -EAGAIN); /* nothing is traced */
	begin();
	while (!tracefs_lane_add(x.net, area_new(), 1234, 1000, &lane_ops))
		n++;
	ck_assert_uint_eq(n, 23);
	for (uint32_t uid = 0; !tracefs_lane_add(x.net, area_new(), 1234, uid, &lane_ops); uid++)
		n++;
	ck_assert_uint_eq(n, 63);
	dead = true;
	ck_assert_int_eq(tracefs_lane_add(x.net, area_new(), 1234, 1000, &lane_ops), 0);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_N1_a_receive_that_slept,
				       test_a_receive_that_did_not_sleep,
				       test_a_receive_that_found_nothing_and_a_send,
				       test_A10_a_receive_that_began_before,
				       test_it_works_for_the_packet_that_it_took,
				       test_a_sleep_longer_than_a_duration,
				       test_settings_hold_for_programs,
				       test_what_makes_no_sense_is_counted_and_not_heard_again,
				       test_memory_of_noise,
				       test_spans_that_are_lost,
				       test_processes_are_bounded,
				       NULL };

	return suite_of("lane", setup, teardown, tests);
}
