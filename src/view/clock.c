/* SPDX-License-Identifier: MIT */
/*
 * clock.c - ticks of the counter into ns
 *
 * Theory of operation
 *   CLOCK records say which tick was which ns. What was said once stays true: a new CLOCK never
 *   changes the ns of an earlier tick, and time never steps back. So a new piece of the line begins
 *   where the old one ended, and its slope is such that the error is gone after a second. All CPUs
 *   have one counter, so there is one clock. CLOCK records less than 100 us after the last used one
 *   are too close to measure by.
 * Threads: those of view.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "view/reader.h"

#define ONE (1ull << 32)	 /* a rate of 1 ns a tick */
#define RATE_MIN (ONE / 1000)	 /* counters of 1 THz */
#define RATE_MAX (ONE * 1000000) /* to 1 kHz are believed */
#define TOO_CLOSE 100000	 /* ns */
#define SECOND 1000000000ull
#define SEGMENTS 4096

static int segment_add(struct view *v, struct segment s);
static bool is_rate(uint64_t rate);
static uint64_t rate_between(uint64_t tick0, uint64_t ns0, uint64_t tick1, uint64_t ns1);
static uint64_t rate_towards(uint64_t rate, uint64_t have, uint64_t want);
static uint64_t scaled(uint64_t ticks, uint64_t rate);

int view_clock_add(struct view *v, uint64_t tick, const struct gn_trace_clock *c,
		   uint32_t ticks_per_ms)
{
	struct clock *k = &v->clock;
	uint64_t real = c->real_ns - c->mono_ns, rate = 0, here;

	if (!k->first) {
		k->first = true;
		k->tick = k->true_tick = tick;
		k->ns = k->true_ns = c->mono_ns;
		k->real = real;
		if (ticks_per_ms)
			rate = (1000000ull << 32) / ticks_per_ms;
		if (!is_rate(rate))
			return 0;
		return segment_add(v, (struct segment){ tick, c->mono_ns, rate, real });
	}
	if (tick <= k->true_tick || c->mono_ns <= k->true_ns || c->mono_ns > UINT64_MAX / 2)
		return 0;
	if (c->mono_ns < k->true_ns + TOO_CLOSE) {
		k->near_tick = tick;
		k->near_ns = c->mono_ns;
		return 0;
	}
	rate = rate_between(k->true_tick, k->true_ns, tick, c->mono_ns);
	if (!is_rate(rate)) {
		v->errors++;
		return 0;
	}
	if (!k->n && segment_add(v, (struct segment){ k->tick, k->ns, rate, k->real }))
		return -ENOMEM;
	here = view_clock_ns(k, tick);
	k->true_tick = tick;
	k->true_ns = c->mono_ns;
	return segment_add(v, (struct segment){ tick, here, rate_towards(rate, here, c->mono_ns),
						real });
}

/* The data ends, and the rate is not known: two that are too close are better than none. */
void view_clock_assume(struct view *v)
{
	struct clock *k = &v->clock;
	uint64_t rate = 0;

	if (k->ready)
		return;
	if (k->near_tick > k->tick)
		rate = rate_between(k->tick, k->ns, k->near_tick, k->near_ns);
	segment_add(v, (struct segment){ k->tick, k->ns, is_rate(rate) ? rate : ONE, k->real });
}

uint64_t view_clock_ns(const struct clock *c, uint64_t tick)
{
	const struct segment *s;
	size_t i = c->n;
	uint64_t back;

	if (!i)
		return tick;
	while (i > 1 && tick < c->seg[i - 1].tick)
		i--;
	s = &c->seg[i - 1];
	if (tick >= s->tick) {
		uint64_t add = scaled(tick - s->tick, s->rate);

		return add > UINT64_MAX - s->ns ? UINT64_MAX : s->ns + add + (s->ns + add == 0);
	}
	back = scaled(s->tick - tick, s->rate);
	return s->ns > back ? s->ns - back : 1; /* never 0: that says open */
}

void view_clock_free(struct clock *c)
{
	free(c->seg);
}

uint64_t view_realtime(const struct view *v, uint64_t ns)
{
	const struct clock *c = &v->clock;
	size_t i = c->n;

	while (i > 1 && ns < c->seg[i - 1].ns)
		i--;
	return ns + (i ? c->seg[i - 1].real : c->real);
}

/* Days of one CLOCK a second fit: the older half is forgotten then. */
static int segment_add(struct view *v, struct segment s)
{
	struct clock *c = &v->clock;

	if (c->n == SEGMENTS) {
		memmove(c->seg, c->seg + SEGMENTS / 2, SEGMENTS / 2 * sizeof(*c->seg));
		c->n = SEGMENTS / 2;
	}
	if (view_more(v, &c->seg, c->n, &c->cap, sizeof(*c->seg)))
		return -ENOMEM;
	c->seg[c->n++] = s;
	if (!c->ready) {
		c->ready = true;
		view_tree_clock_ready(v);
	}
	return 0;
}

static bool is_rate(uint64_t rate)
{
	return rate >= RATE_MIN && rate <= RATE_MAX;
}

static uint64_t rate_between(uint64_t tick0, uint64_t ns0, uint64_t tick1, uint64_t ns1)
{
	unsigned __int128 rate = ((unsigned __int128)(ns1 - ns0) << 32) / (tick1 - tick0);

	return rate > UINT64_MAX ? 0 : (uint64_t)rate; /* 0 is none */
}

/*
 * The rate that brings @have to @want in a second, but neither less than half nor more than twice
 * the true one.
 */
static uint64_t rate_towards(uint64_t rate, uint64_t have, uint64_t want)
{
	uint64_t off = have > want ? have - want : want - have;
	uint64_t part;

	if (off > SECOND / 2)
		off = SECOND / 2;
	part = (uint64_t)((unsigned __int128)rate * off / SECOND);
	return have > want ? rate - part : rate + part;
}

static uint64_t scaled(uint64_t ticks, uint64_t rate)
{
	unsigned __int128 ns = ((unsigned __int128)ticks * rate + ONE / 2) >> 32;

	return ns > UINT64_MAX ? UINT64_MAX : (uint64_t)ns;
}
