/* SPDX-License-Identifier: MIT */
/*
 * A10: a task that sleeps in a call says when it is back, even when nobody else came meanwhile: a
 * duration of some seconds does not fit into its record, and a reader needs another way to know it.
 */
#include "armfix.h"

static void sleep_below(void)
{
	trace_leave();
	enter();
}

static unsigned tasks(void)
{
	unsigned n = 0;

	take();
	for (size_t i = 0; i < nrec; i++) {
		uint32_t id = GN_TRACE_ID(rec[i].what);

		n += id == GN_TRACE_TASK;
		if (id >= GN_TRACE_KIND)
			i += GN_TRACE_SLOTS(rec[i].what);
	}
	return n;
}

START_TEST(test_back_from_sleep)
{
	static const char *const advance[] = { "wheel_advance", NULL };

	arm(FGRAPH_NOP, FGRAPH_BODY, advance);
	trace_begin();
	enter();
	ck_assert_uint_eq(tasks(), 1);
	run_below(sleep_below);
	ck_assert_uint_eq(tasks(), 1);
	/* not in a call: the task is known */
	trace_leave();
	enter();
	ck_assert_uint_eq(tasks(), 0);
	trace_end();
}
END_TEST

/* No room for a TASK record: the next one who comes says it. */
START_TEST(test_lost_task)
{
	trace_begin();
	for (unsigned i = 0; i < SLOTS; i++)
		trace_put(ring, GN_TRACE_PACKET, i, NULL, 0);
	ck_assert_uint_gt(ring->lost, 0);
	enter();
	trace_leave();
	ck_assert_uint_eq(tasks(), 0);
	enter();
	ck_assert_uint_eq(tasks(), 1);
	trace_end();
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_back_from_sleep, test_lost_task, NULL };

	return suite_of("trace_sleep", NULL, NULL, tests);
}
