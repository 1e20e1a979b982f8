/* SPDX-License-Identifier: MIT */
/* check_gate: what is recorded: depth, roots, walls, threshold, tasks, sleeps, packets, and what happens to functions that are open meanwhile. */
#include "armfix.h"

#include <unistd.h>

#define TIMER "wheel_enqueue 1, wheel_add 0, wheel_first_slot 1, wheel_detach 2, "

static void begin(void)
{
	trace_begin();
	arm_all();
}

static void call_sum(void)
{
	sum();
}

START_TEST(test_outside_nothing)
{
	sum();
	is_story("");
	enter();
	sum();
	trace_leave();
	sum();
	is_story("do_csum 1, csum_partial 0");
	trace_enter(NULL, 7, "check"); /* a vCPU without a ring */
	sum();
	is_story("");
}
END_TEST

/* max_graph_depth */
START_TEST(test_levels)
{
	trace_state.levels = 1;
	enter();
	run_below(call_sum);
	is_story("wheel_add 0, wheel_advance 0");
	trace_leave();
	trace_state.levels = 3;
	enter();
	run_below(call_sum);
	is_story(TIMER "csum_partial 2, wheel_run_slot 1, wheel_first_slot 1, wheel_advance 0");
}
END_TEST

/* set_graph_function */
START_TEST(test_roots)
{
	static const char *const roots[] = { "wheel_run_slot", "do_csum", NULL };

	trace_state.roots = 1;
	arm(FGRAPH_BODY, FGRAPH_ROOT, roots);
	enter();
	run_below(call_sum);
	is_story("wheel_detach 1, do_csum 2, csum_partial 1, wheel_run_slot 0");
	sum(); /* its caller is not shown */
	is_story("do_csum 0");
	trace_leave();
	trace_state.levels = 2;
	enter();
	run_below(call_sum); /* a root below a root counts levels from the first one */
	is_story("wheel_detach 1, csum_partial 1, wheel_run_slot 0");
}
END_TEST

/* set_graph_notrace */
START_TEST(test_walls)
{
	static const char *const walls[] = { "wheel_run_slot", "wheel_add", NULL };

	arm(FGRAPH_BODY, FGRAPH_WALL, walls);
	enter();
	run_below(call_sum);
	is_story("wheel_first_slot 1, wheel_first_slot 1, wheel_advance 0");
	sum();
	is_story("do_csum 1, csum_partial 0");
}
END_TEST

/* A root behind a wall stays shut. */
START_TEST(test_root_behind_a_wall)
{
	static uint8_t kinds[1 << 14];

	memset(kinds, FGRAPH_BODY, sizeof(kinds));
	kinds[fgraph_find("csum_partial")] = FGRAPH_ROOT;
	kinds[fgraph_find("wheel_run_slot")] = FGRAPH_WALL;
	ck_assert_int_eq(fgraph_arm(kinds, NULL), 0);
	trace_state.roots = 1;
	enter();
	run_below(call_sum);
	is_story("");
	sum();
	is_story("do_csum 1, csum_partial 0");
}
END_TEST

static void dawdle(void)
{
	usleep(3000);
}

/* tracing_thresh: only long calls */
START_TEST(test_thresh)
{
	trace_state.thresh = (uint64_t)(trace_ticks_per_us() * 1000);
	enter();
	for (int i = 0; i < 1000; i++)
		sum();
	run_below(dawdle);
	take();
	ck_assert_uint_lt(nrec, 1000); /* the machine may be busy and some sums long */
	for (size_t i = 2; i < nrec; i++)
		ck_assert_uint_ge(rec[i].val, trace_state.thresh);
	ck_assert_str_eq(fgraph_func(GN_TRACE_ID(rec[nrec - 1].what))->name, "wheel_advance");
	ck_assert_str_eq(fgraph_func(GN_TRACE_ID(rec[nrec - 2].what))->name, "wheel_run_slot");
}
END_TEST

/* set_ftrace_pid */
START_TEST(test_pid)
{
	trace_state.npid = 2;
	trace_state.pid[0] = 8;
	trace_state.pid[1] = 9;
	enter(); /* as task 7 */
	sum();
	trace_leave();
	trace_enter(ring, 9, "other");
	sum();
	is_story("TASK 9, do_csum 1, csum_partial 0");
}
END_TEST

/* A task is named when it changes. */
START_TEST(test_task)
{
	enter();
	take();
	ck_assert_uint_eq(nrec, 2);
	ck_assert_uint_eq(GN_TRACE_ID(rec[0].what), GN_TRACE_TASK);
	ck_assert_uint_eq(rec[0].val, 7);
	ck_assert_mem_eq(&rec[1], "check\0\0\0\0\0\0\0\0\0\0", 16);
	trace_leave();
	enter();
	is_story("");
	trace_leave();
	trace_enter(ring, 8, "a name of more than sixteen bytes");
	take();
	ck_assert_mem_eq(&rec[1], "a name of more ", 15);
	ck_assert_int_eq(((char *)&rec[1])[15], 0);
}
END_TEST

static void off(void)
{
	trace_state.mask = 0;
	sum();
}

/* tracing_on goes to 0 while functions are open: nothing more, and what comes later is sound. */
START_TEST(test_mask_while_open)
{
	enter();
	run_below(off);
	is_story("wheel_enqueue 1, wheel_add 0, wheel_first_slot 1, wheel_detach 2"); /* what was open leaves no record */
	sum();
	is_story("");
	trace_state.mask = ~0u;
	trace_leave();
	enter();
	sum();
	is_story("do_csum 1, csum_partial 0");
}
END_TEST

static void sleeps(void)
{
	trace_leave();
	trace_enter(ring, 20, "meanwhile"); /* in truth another thread; here its calls lie below ours */
	trace_leave();
	enter();
	sum();
}

/* Before a sleep the open functions are said, outermost first; after it the gate is as it was; said once. */
START_TEST(test_sleep)
{
	enter();
	run_below(sleeps);
	is_story(TIMER "ENTRY wheel_advance 0, ENTRY wheel_run_slot 1, TASK 20, do_csum 3, csum_partial 2, wheel_run_slot 1, "
		       "wheel_first_slot 1, wheel_advance 0");
}
END_TEST

static void sleeps_twice(void)
{
	sleeps();
	sleeps();
}

START_TEST(test_sleep_twice)
{
	enter();
	run_below(sleeps_twice);
	is_story(TIMER "ENTRY wheel_advance 0, ENTRY wheel_run_slot 1, TASK 20, do_csum 3, csum_partial 2, TASK 20, do_csum 3, "
		       "csum_partial 2, wheel_run_slot 1, wheel_first_slot 1, wheel_advance 0");
	run_below(sleeps);
	is_story(TIMER "ENTRY wheel_advance 0, ENTRY wheel_run_slot 1, TASK 20, do_csum 3, csum_partial 2, wheel_run_slot 1, "
		       "wheel_first_slot 1, wheel_advance 0");
}
END_TEST

/* ENTRY and the record of the same call have the same time. */
START_TEST(test_entry_time)
{
	uint64_t t[2];

	enter();
	run_below(sleeps);
	take();
	for (size_t i = 0, n = 0; i < nrec; i++) {
		if (GN_TRACE_ID(rec[i].what) == GN_TRACE_ENTRY)
			t[n++] = rec[i].t;
		if (GN_TRACE_ID(rec[i].what) >= GN_TRACE_KIND)
			i += GN_TRACE_SLOTS(rec[i].what);
	}
	ck_assert_uint_eq(rec[nrec - 1].t, t[0]);
	ck_assert_uint_eq(rec[nrec - 3].t, t[1]);
}
END_TEST

static void other_depth(void)
{
	trace_leave();
	trace_state.levels = 2;
	enter();
	sum();
}

/* max_graph_depth changes while a task sleeps: what it has open was counted by the old one, and leaves no record with a depth of neither. */
START_TEST(test_levels_over_a_sleep)
{
	enter();
	run_below(other_depth);
	is_story(TIMER "ENTRY wheel_advance 0, ENTRY wheel_run_slot 1");
	trace_leave();
	enter();
	sum();
	is_story("do_csum 1, csum_partial 0");
	trace_leave();
	trace_state.levels = TRACE_LEVELS;
	enter();
	run_below(call_sum);
	is_story(TIMER "do_csum 3, csum_partial 2, wheel_run_slot 1, wheel_first_slot 1, wheel_advance 0");
}
END_TEST

/* Ids of packets: of two vCPUs none are alike, none is 0. */
START_TEST(test_packet_ids)
{
	struct trace_ring *other = trace_ring_create(4, 1024);
	uint32_t last = 0;

	ck_assert_ptr_nonnull(other);
	ck_assert_uint_eq(trace_packet_id(), 0); /* outside */
	for (int i = 0; i < 1000; i++) {
		uint32_t a, b;

		enter();
		a = trace_packet_id();
		trace_leave();
		trace_enter(other, 7, "check");
		b = trace_packet_id();
		trace_leave();
		ck_assert_uint_ne(a, 0);
		ck_assert_uint_ne(a, b);
		ck_assert_uint_eq(a >> 26, 3);
		ck_assert_uint_eq(b >> 26, 4);
		ck_assert_uint_ne(a, last);
		last = a;
	}
	enter();
	ring->packets = 0x3ffffff; /* they begin anew, and not at 0 */
	ck_assert_uint_eq(trace_packet_id(), 3u << 26 | 1);
	trace_leave();
	trace_ring_destroy(other);
}
END_TEST

START_TEST(test_packet_switch)
{
	enter();
	trace_packet_switch(5);
	trace_packet_switch(5);
	sum();
	trace_packet_switch(0);
	is_story("PACKET 5, do_csum 1, csum_partial 0, PACKET 0");
	trace_packet_switch(6);
	trace_leave();
	ck_assert_uint_eq(trace_thread.packet, 6); /* the thread works on for it after a sleep */
	enter();
	sum();
	is_story("PACKET 6, do_csum 1, csum_partial 0");
	trace_packet_switch(0);
}
END_TEST

static void shut(void)
{
	trace_gate_shut();
	sum();
	trace_gate_reopen();
	sum();
}

static void stay_shut(void)
{
	trace_gate_shut();
	sum();
}

/* The packet filter */
START_TEST(test_shut_and_reopen)
{
	enter();
	run_below(shut);
	is_story(TIMER "do_csum 3, csum_partial 2, wheel_run_slot 1, wheel_first_slot 1, wheel_advance 0");
	run_below(stay_shut); /* over the return of those that were open */
	is_story("wheel_enqueue 1, wheel_add 0, wheel_first_slot 1, wheel_detach 2");
	sum();
	trace_leave();
	enter();
	sum(); /* and over a sleep */
	is_story("");
	trace_gate_reopen();
	sum();
	is_story("do_csum 1, csum_partial 0");
}
END_TEST

/* A gate that was shut opens again at the depth at which it is asked to. */
static void reopen(void)
{
	trace_gate_reopen();
	sum();
}

START_TEST(test_reopen_at_depth)
{
	enter();
	trace_gate_shut();
	run_below(reopen);
	is_story("do_csum 1, csum_partial 0, wheel_first_slot 0"); /* the callers were not seen: no frames of theirs */
	sum();
	is_story("do_csum 1, csum_partial 0");
}
END_TEST

static void put_stack(void)
{
	trace_put_stack();
}

START_TEST(test_stack)
{
	uint32_t id[2];

	enter();
	run_below(put_stack);
	take();
	for (size_t i = 0; i < nrec; i++)
		if (GN_TRACE_ID(rec[i].what) == GN_TRACE_STACK) {
			ck_assert_uint_eq(rec[i].val, 2);
			ck_assert_uint_eq(GN_TRACE_SLOTS(rec[i].what), 1);
			memcpy(id, &rec[i + 1], sizeof(id));
			ck_assert_str_eq(fgraph_func(id[0])->name, "wheel_run_slot");
			ck_assert_str_eq(fgraph_func(id[1])->name, "wheel_advance");
			return;
		}
	ck_abort_msg("no STACK");
}
END_TEST

/* Ticks and nanoseconds of a CLOCK pair belong together. */
START_TEST(test_clock)
{
	struct gn_trace_clock a, b;
	uint64_t ta, tb;
	double rate = trace_ticks_per_us(), ns;

	ck_assert(rate >= 1);
	trace_clock(&ta, &a);
	usleep(20000);
	trace_clock(&tb, &b);
	ns = (double)(tb - ta) / rate * 1000;
	ck_assert_uint_gt(tb, ta);
	ck_assert(ns > 0.9 * (double)(b.mono_ns - a.mono_ns) && ns < 1.1 * (double)(b.mono_ns - a.mono_ns));
	ck_assert_uint_gt(a.real_ns, 1500000000ull * 1000000000ull);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_outside_nothing, test_levels,	  test_roots,		test_walls,	test_root_behind_a_wall,
		test_thresh,	      test_pid,		  test_task,		test_mask_while_open,
		test_sleep,	      test_sleep_twice,	  test_entry_time,	test_levels_over_a_sleep,
		test_packet_ids,      test_packet_switch, test_shut_and_reopen, test_reopen_at_depth,
		test_stack,	      test_clock,	  NULL,
	};

	return suite_of("gate", begin, trace_end, tests);
}
