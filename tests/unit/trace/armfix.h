/* SPDX-License-Identifier: MIT */
/*
 * armfix.h: functions of src/lib armed for the checks of src/trace, and their records
 *
 * The test's own functions cannot be traced (they are in no room); those of src/lib can: csum_partial > do_csum is a call and its callee, wheel_advance >
 * wheel_run_slot > a callback of the test's is a way to be below open functions.
 */
#ifndef TESTS_UNIT_TRACE_ARMFIX_H
#define TESTS_UNIT_TRACE_ARMFIX_H

#include <stdio.h>
#include <string.h>

#include "lib/csum.h"
#include "lib/wheel.h"
#include "support/suite.h"
#include "trace/fgraph.h"
#include "trace/trace.h"

#define SLOTS 4096

static struct trace_ring *ring;
static struct gn_trace_rec rec[SLOTS + 64];
static size_t nrec;
static struct wheel wheel;

const char *suite_skip(void)
{
	static struct extack err;

	return fgraph_init(&err) ? err.msg : NULL;
}

/* Every function @kind; then those of @name, NULL ended, @special. */
static inline void arm(enum fgraph_kind kind, enum fgraph_kind special, const char *const *name)
{
	static uint8_t kinds[1 << 14];
	struct extack err = { "" };

	memset(kinds, kind, sizeof(kinds));
	for (; name && *name; name++) {
		int id = fgraph_find(*name);

		ck_assert_msg(id >= 0, "%s is not there", *name);
		kinds[id] = (uint8_t)special;
	}
	ck_assert_msg(!fgraph_arm(kinds, &err), "%s", err.msg);
}

static inline void arm_all(void)
{
	arm(FGRAPH_BODY, FGRAPH_BODY, NULL);
}

static inline void trace_begin(void)
{
	wheel_init(&wheel, 0);
	ring = trace_ring_create(3, SLOTS);
	ck_assert_ptr_nonnull(ring);
	trace_state.levels = TRACE_LEVELS;
	trace_state.roots = trace_state.npid = 0;
	trace_state.thresh = 0;
	trace_state.mask = ~0u;
}

static inline void trace_end(void)
{
	if (trace_thread.ring)
		trace_leave();
	fgraph_arm(NULL, NULL);
	trace_ring_destroy(ring);
}

static inline void enter(void)
{
	trace_enter(ring, 7, "check");
}

/* What was recorded since the last time */
static inline void take(void)
{
	nrec = trace_ring_read(ring, rec, SLOTS + 64);
}

/* "name depth, ..." of all records in the order of their writing; kinds by their names. The TASK record of a first entry is left out. */
static inline const char *story(void)
{
	static const char *const kind[] = { "ENTRY", "TASK", "PACKET", "FRAME", "VERDICT", "STACK", "CLOCK", "LOST", "MARK" };
	static char text[8192];
	size_t len = 0;

	take();
	text[0] = 0;
	for (size_t i = 0; i < nrec; i++) {
		uint32_t id = GN_TRACE_ID(rec[i].what);
		const char *sep = len ? ", " : "";

		if (id < GN_TRACE_KIND) {
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s %u", sep, fgraph_func(id)->name,
						GN_TRACE_DEPTH(rec[i].what));
			continue;
		}
		ck_assert_uint_lt(id, GN_TRACE_KIND_END);
		if (id == GN_TRACE_ENTRY) {
			struct gn_trace_entry e;

			memcpy(&e, &rec[i + 1], sizeof(e));
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s %s %u", sep, "ENTRY", fgraph_func(rec[i].val)->name,
						e.depth);
		} else if (id != GN_TRACE_TASK || rec[i].val != 7) {
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s %u", sep, kind[id - GN_TRACE_KIND], rec[i].val);
		}
		i += GN_TRACE_SLOTS(rec[i].what);
	}
	return text;
}

static inline void is_story(const char *want)
{
	const char *got = story();

	ck_assert_msg(!strcmp(got, want), "recorded: %s\nexpected: %s", got, want);
}

/* --- something to be recorded --- */

static unsigned char to_sum[64] = "some bytes to be summed up";

/* csum_partial 0 > do_csum 1 */
static inline uint32_t sum(void)
{
	return csum_partial(to_sum, sizeof(to_sum), 0);
}

static struct timer_list timer;
static void (*below)(void);

static inline void on_timer(struct timer_list *t)
{
	below();
}

/* @fn runs below wheel_advance 0 > wheel_run_slot 1 */
static inline void run_below(void (*fn)(void))
{
	static unsigned long now;

	below = fn;
	timer_setup(&timer, on_timer, 0);
	timer.expires = ++now;
	wheel_add(&wheel, &timer);
	wheel_advance(&wheel, now);
}

#endif
