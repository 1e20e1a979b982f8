/* SPDX-License-Identifier: MIT */
/*
 * check_packet: set_packet_filter: what it takes and refuses, and that only what matches is followed
 */
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

#define ACCEPT "EN10MB 1,6 0 0 262144\nRAW 1,6 0 0 262144"

START_TEST(test_packet_filter_takes)
{
	put(&x, "set_packet_filter", "udp port 7\n" ACCEPT);
	is(&x, "set_packet_filter", "udp port 7\n");
	put(&x, "set_packet_filter", "tcp\nEN10MB 4,40 0 0 12,21 0 1 2048,6 0 0 262144,6 0 0 0\nRAW 1,6 0 0 0");
	is(&x, "set_packet_filter", "tcp\n");
	add(&x, "set_packet_filter", "0");
	ck_assert_ptr_null(strstr(tracefix_cat(&x, "set_packet_filter"), "tcp"));
	put(&x, "set_packet_filter", "udp\n" ACCEPT);
	put(&x, "set_packet_filter", "");
	ck_assert_ptr_null(strstr(tracefix_cat(&x, "set_packet_filter"), "udp"));
}
END_TEST

START_TEST(test_packet_filter_refuses)
{
	static const char *const wrong[] = {
		"udp\nRAW 1,6 0 0 1\nEN10MB 1,6 0 0 1",		    /* order */
		"udp\nEN10MB 1,6 0 0 1",				    /* one missing */
		"udp\n" ACCEPT "\nmore",				    /* a line more */
		"udp\nEN10MB 0\nRAW 1,6 0 0 1",				    /* none */
		"udp\nEN10MB 2,6 0 0 1\nRAW 1,6 0 0 1",			    /* fewer than said */
		"udp\nEN10MB 1,6 0 0 1,6 0 0 1\nRAW 1,6 0 0 1",		    /* more than said */
		"udp\nEN10MB 1,6 0 0\nRAW 1,6 0 0 1",			    /* a field less */
		"udp\nEN10MB 1,6 0 256 1\nRAW 1,6 0 0 1",		    /* out of range */
		"udp\nEN10MB 1,6 0 0 4294967296\nRAW 1,6 0 0 1",	    /* out of range */
		"udp\nEN10MB 513,6 0 0 1\nRAW 1,6 0 0 1",		    /* too many */
		"udp\nEN10MB 1,255 0 0 1\nRAW 1,6 0 0 1",		    /* no such instruction */
		"udp\nEN10MB 2,21 9 9 1,6 0 0 1\nRAW 1,6 0 0 1",	    /* jumps outside */
		"udp\nEN10MB 1,40 0 0 12\nRAW 1,6 0 0 1",		    /* does not end with a return */
		"udp\nEN10MB 1,6 0 0 1\nRAW 2,52 0 0 0,6 0 0 1",	    /* divides by zero */
		"udp\nEN10MB 1,6 0 0 1\nRAW 1,6,0,0,1",			    /* commas */
		"udp\nEN10MB 99999999999999999999,6 0 0 1\nRAW 1,6 0 0 1", /* overflow */
	};

	put(&x, "set_packet_filter", "icmp\n" ACCEPT);
	for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
		refused(&x, "set_packet_filter", wrong[i], EINVAL, "");
		ck_assert_msg(x.why.msg[0], "%s: refused without a word", wrong[i]);
	}
	refused(&x, "set_packet_filter", "udp port 7", EINVAL, "compile");
	is(&x, "set_packet_filter", "icmp\n");
}
END_TEST

/* --- following --- */

/* dst port: of a UDP datagram whose header has no options */
#define PORT(n) "EN10MB 4,40 0 0 36,21 0 1 " n ",6 0 0 262144,6 0 0 0\nRAW 4,40 0 0 22,21 0 1 " n ",6 0 0 262144,6 0 0 0"

static unsigned seen(const char *function)
{
	char part[80];

	snprintf(part, sizeof(part), " %s()", function);
	return tracefix_count(tracefix_cat(&x, "trace"), part);
}

START_TEST(test_only_what_matches_is_followed)
{
	put(&x, "set_packet_filter", "udp dst port 7\n" PORT("7"));
	put(&x, "current_tracer", "function_graph");
	tracefix_datagram(&x);
	ck_assert_uint_eq(seen("ip_rcv"), 1);
	ck_assert_uint_eq(seen("udp_rcv"), 1);
	ck_assert_uint_eq(seen("udp_recvmsg"), 1);
	put(&x, "trace", "");
	put(&x, "set_packet_filter", "udp dst port 8\n" PORT("8"));
	tracefix_datagram(&x);
	ck_assert_uint_eq(seen("ip_rcv"), 0);
	ck_assert_uint_eq(seen("udp_rcv"), 0);
	put(&x, "trace", "");
	put(&x, "set_packet_filter", "");
	tracefix_datagram(&x);
	ck_assert_uint_eq(seen("ip_rcv"), 1);
}
END_TEST

START_TEST(test_bytes_are_recorded_of_what_matches_only)
{
	for (int match = 0; match < 2; match++) {
		struct view *v = view_new(NULL, NULL);
		unsigned frames = 0;
		struct seq_file m;
		size_t n;

		put(&x, "set_packet_filter", match ? "udp dst port 7\n" PORT("7") : "udp dst port 8\n" PORT("8"));
		put(&x, "current_tracer", "function_graph");
		tracefix_datagram(&x);
		seq_init(&m, &x.net->m.kmem);
		ck_assert_int_eq(vfs_read(&x.net->vfs, T "trace_pipe_raw", &m), 0);
		ck_assert_int_eq(view_feed_chunks(v, m.buf, m.count), 0);
		seq_release(&m);
		for (struct view_packet *const *p = view_packets(v, &n), *const *end = p + n; p < end; p++)
			frames += (*p)->matched;
		ck_assert_uint_eq(frames, (unsigned)match);
		view_free(v);
		put(&x, "current_tracer", "nop");
	}
}
END_TEST

START_TEST(test_a_claim_keeps_the_filter_aside)
{
	struct extack err = { "" };
	int me;

	put(&x, "set_packet_filter", "udp dst port 8\n" PORT("8"));
	ck_assert_int_eq(tracefs_claim(x.net, &me, "me", &err), 0);
	ck_assert_ptr_null(strstr(tracefix_cat(&x, "set_packet_filter"), "udp"));
	put(&x, "current_tracer", "function_graph");
	tracefix_datagram(&x);
	ck_assert_uint_eq(seen("ip_rcv"), 1); /* it is not in force, too */
	tracefs_release(x.net, &me);
	is(&x, "set_packet_filter", "udp dst port 8\n");
	put(&x, "current_tracer", "function_graph");
	tracefix_datagram(&x);
	ck_assert_uint_eq(seen("ip_rcv"), 0);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_packet_filter_takes,
		test_packet_filter_refuses,
		test_only_what_matches_is_followed,
		test_bytes_are_recorded_of_what_matches_only,
		test_a_claim_keeps_the_filter_aside,
		NULL,
	};

	return suite_of("tracefs_packet", setup, teardown, tests);
}
