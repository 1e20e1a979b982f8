/* SPDX-License-Identifier: MIT */
/*
 * clock.c - ticks and time
 *
 * Theory of operation
 *   Records carry ticks of the processor's counter, because reading it is the whole cost of a record. A reader gets pairs (ticks, ns) in CLOCK records and
 *   interpolates. The pair is read as ticks, clock, ticks, several times; the closest bracket counts.
 *   This is the tracer's own watch: the stack's time is the host's (law of the house), and a trace of a simulation still measures real durations.
 */
#include <time.h>

#include "trace/trace.h"

static uint64_t clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

void trace_clock(uint64_t *ret_ticks, struct gn_trace_clock *ret_clock)
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < 4; i++) {
		uint64_t before = trace_ticks(), now = clock_ns(CLOCK_MONOTONIC), after = trace_ticks();

		if (after - before >= best)
			continue;
		best = after - before;
		*ret_ticks = before + best / 2;
		ret_clock->mono_ns = now;
	}
	ret_clock->real_ns = clock_ns(CLOCK_REALTIME);
}

double trace_ticks_per_us(void)
{
	struct gn_trace_clock a, b;
	uint64_t ta, tb;

	trace_clock(&ta, &a);
	do {
		trace_clock(&tb, &b);
	} while (b.mono_ns - a.mono_ns < 2000000);
	return (double)(tb - ta) * 1000. / (double)(b.mono_ns - a.mono_ns);
}
