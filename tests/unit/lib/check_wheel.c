// SPDX-License-Identifier: MIT
/*
 * check_wheel.c - timers run exactly at their deadline, in order, whatever the delay.
 */
#include "support/suite.h"

#include <stdlib.h>
#include <string.h>

#include "lib/rng.h"
#include "lib/wheel.h"

#define TIMERS	400

struct probe {
	struct timer_list timer;
	int id;
	int ran;
	unsigned long at;
	struct probe *victim;
	unsigned long again;
};

static struct wheel w;
static int order[4 * TIMERS], ran;

static void record(struct timer_list *t)
{
	struct probe *p = from_timer(p, t, timer);

	ck_assert(!wheel_timer_pending(t));
	p->ran++;
	p->at = w.now;
	order[ran++] = p->id;
	if (p->victim)
		wheel_del(&p->victim->timer);
	if (p->again)
		wheel_mod(&w, t, w.now + p->again);
}

static void setup(void)
{
	wheel_init(&w, 1000);
	ran = 0;
}

static void teardown(void)
{
	ck_assert_uint_eq(w.pending, 0);
	for (int i = 0; i < WHEEL_LEVELS; i++)
		ck_assert_uint_eq(w.busy[i], 0);
}

static void arm(struct probe *p, int id, unsigned long expires)
{
	memset(p, 0, sizeof(*p));
	timer_setup(&p->timer, record, 0);
	p->id = id;
	p->timer.expires = expires;
	wheel_add(&w, &p->timer);
}

START_TEST(exact_at_each_level)
{
	/* one timer at a time: the jiffy before, nothing; the jiffy itself, it runs */
	for (int bit = 0; bit < 62; bit++) {
		unsigned long delays[] = { 1UL << bit, (1UL << bit) + 1, (2UL << bit) - 1 };

		for (size_t i = 0; i < ARRAY_SIZE(delays); i++) {
			unsigned long due, next;
			struct probe p;

			wheel_init(&w, 12345);
			due = w.now + delays[i];
			arm(&p, 1, due);
			ck_assert(wheel_next(&w, &next));
			ck_assert_uint_eq(next, due);
			ck_assert_uint_eq(wheel_advance(&w, due - 1), 0);
			ck_assert(wheel_next(&w, &next));
			ck_assert_uint_eq(next, due);
			ck_assert_uint_eq(wheel_advance(&w, due), 1);
			ck_assert_uint_eq(p.at, due);
			ck_assert(!wheel_next(&w, &next));
		}
	}
}
END_TEST

START_TEST(order_in_one_advance)
{
	struct probe p[5];

	arm(&p[0], 0, 1500);
	arm(&p[1], 1, 1003);
	arm(&p[2], 2, 9000);
	arm(&p[3], 3, 1003);
	arm(&p[4], 4, 1500);
	ck_assert_uint_eq(w.pending, 5);
	ck_assert_uint_eq(wheel_advance(&w, 10000), 5);
	ck_assert(order[0] == 1 && order[1] == 3 && order[2] == 0 && order[3] == 4 &&
		  order[4] == 2);
	ck_assert_uint_eq(p[2].at, 9000);
	ck_assert_uint_eq(w.now, 10000);
}
END_TEST

START_TEST(same_deadline_armed_from_far_and_near)
{
	struct probe p[3];

	arm(&p[0], 0, 5100);
	wheel_advance(&w, 5000);
	arm(&p[1], 1, 5100);
	wheel_advance(&w, 5099);
	arm(&p[2], 2, 5100);
	ck_assert_uint_eq(wheel_advance(&w, 5100), 3);
	ck_assert(order[0] == 0 && order[1] == 1 && order[2] == 2);
}
END_TEST

START_TEST(past_is_the_next_jiffy)
{
	struct probe now, past;
	unsigned long next;

	arm(&now, 0, 1000);
	arm(&past, 1, 17);
	ck_assert(wheel_next(&w, &next));
	ck_assert_uint_eq(next, 1001);
	ck_assert_uint_eq(wheel_advance(&w, 1000), 0);
	ck_assert_uint_eq(wheel_advance(&w, 999), 0);
	ck_assert_uint_eq(w.now, 1000);
	ck_assert_uint_eq(wheel_advance(&w, 1001), 2);
	ck_assert_uint_eq(past.timer.expires, 17);
}
END_TEST

START_TEST(mod_and_del)
{
	struct probe p, q;
	unsigned long next;

	arm(&p, 0, 1010);
	arm(&q, 1, 1020);
	ck_assert(wheel_mod(&w, &p.timer, 1030));
	ck_assert(wheel_mod(&w, &p.timer, 1030));
	ck_assert(wheel_next(&w, &next));
	ck_assert_uint_eq(next, 1020);
	ck_assert(wheel_del(&q.timer));
	ck_assert(!wheel_del(&q.timer));
	ck_assert(wheel_next(&w, &next));
	ck_assert_uint_eq(next, 1030);
	ck_assert(wheel_mod(&w, &p.timer, 1001));
	ck_assert(wheel_next(&w, &next));
	ck_assert_uint_eq(next, 1001);
	ck_assert_uint_eq(wheel_advance(&w, 2000), 1);
	ck_assert(!wheel_mod(&w, &q.timer, 2001));
	ck_assert_uint_eq(wheel_advance(&w, 2001), 1);
	ck_assert(!wheel_next(&w, &next));
}
END_TEST

START_TEST(functions_that_arm_and_cancel)
{
	struct probe killer, dead, ticker;

	arm(&killer, 0, 1005);
	arm(&dead, 1, 1005);
	killer.victim = &dead;
	arm(&ticker, 2, 1001);
	ticker.again = 7;
	ck_assert_uint_eq(wheel_advance(&w, 1071), 12);
	ck_assert_int_eq(dead.ran, 0);
	ck_assert(!wheel_timer_pending(&dead.timer));
	ck_assert_int_eq(ticker.ran, 11);
	ck_assert_uint_eq(ticker.at, 1071);
	wheel_del(&ticker.timer);
}
END_TEST

static void rearm_one_due(struct timer_list *t)
{
	struct probe *p = from_timer(p, t, timer);

	ran++;
	/* it lies on the list of what is due: moved to later, it must not run now */
	ck_assert(wheel_mod(&w, &p->victim->timer, p->victim->timer.expires));
}

START_TEST(rearmed_while_due)
{
	struct probe a, b;

	arm(&a, 0, 1005);
	arm(&b, 1, 1005);
	a.victim = &b;
	a.timer.function = rearm_one_due;
	ck_assert_uint_eq(wheel_advance(&w, 1005), 1);
	ck_assert(wheel_timer_pending(&b.timer));
	ck_assert_uint_eq(wheel_advance(&w, 1006), 1);
	ck_assert_int_eq(b.ran, 1);
}
END_TEST

START_TEST(jiffies_wrap)
{
	struct probe p[3];
	unsigned long next;

	wheel_init(&w, -300UL);
	arm(&p[0], 0, -1UL);
	arm(&p[1], 1, 0);
	arm(&p[2], 2, 70000);
	ck_assert(wheel_next(&w, &next));
	ck_assert_uint_eq(next, -1UL);
	ck_assert_uint_eq(wheel_advance(&w, -2UL), 0);
	ck_assert_uint_eq(wheel_advance(&w, 0), 2);
	ck_assert_uint_eq(p[0].at, -1UL);
	ck_assert_uint_eq(p[1].at, 0);
	ck_assert_uint_eq(wheel_advance(&w, 69999), 0);
	ck_assert_uint_eq(wheel_advance(&w, 70000), 1);
}
END_TEST

START_TEST(crowded_wide_slot)
{
	struct probe *p = calloc(200, sizeof(*p));
	unsigned long next, last = 0;
	int calls = 0;

	/* 200 in one slot of level 2: answers may be early, never late, and must make progress */
	for (int i = 0; i < 200; i++)
		arm(&p[i], i, 1000 + 8192 + 4000 - (unsigned long)i);
	while (wheel_next(&w, &next)) {
		ck_assert(next > w.now);
		ck_assert_uint_le(next, 1000 + 8192 + 4000 - 199 + last);
		if (wheel_advance(&w, next))
			last++;
		ck_assert_int_lt(++calls, 210);
	}
	ck_assert_int_eq(ran, 200);
	ck_assert_uint_eq(last, 200);
	free(p);
}
END_TEST

/* A long random run against the plain truth: an array of deadlines. */
START_TEST(random_against_a_list)
{
	struct probe *p = calloc(TIMERS, sizeof(*p));
	unsigned long due[TIMERS], next, earliest;
	bool armed[TIMERS] = { false };
	struct rng rng;
	int late = 0;

	rng_seed(&rng, 64);
	for (int i = 0; i < TIMERS; i++) {
		timer_setup(&p[i].timer, record, 0);
		p[i].id = i;
	}
	for (int round = 0; round < 20000; round++) {
		int i = (int)rng_below(&rng, TIMERS);
		unsigned long step = rng_below(&rng, 4) ? 0 :
			rng_u64(&rng) >> (44 + rng_below(&rng, 20));

		if (rng_below(&rng, 4)) {
			unsigned long delay = 1 + (rng_u64(&rng) >> (40 + rng_below(&rng, 23)));

			ck_assert(wheel_mod(&w, &p[i].timer, w.now + delay) == armed[i]);
			due[i] = w.now + delay;
			armed[i] = true;
		} else {
			ck_assert(wheel_del(&p[i].timer) == armed[i]);
			armed[i] = false;
		}
		earliest = -1UL;
		for (int j = 0; j < TIMERS; j++)
			if (armed[j] && due[j] < earliest)
				earliest = due[j];
		ck_assert(wheel_next(&w, &next) == (earliest != -1UL));
		ck_assert(earliest == -1UL || (next <= earliest && next > w.now));
		ran = 0;
		wheel_advance(&w, w.now + step);
		for (int k = 0; k < ran; k++) {
			ck_assert(armed[order[k]]);
			ck_assert_uint_eq(p[order[k]].at, due[order[k]]);
			ck_assert(k == 0 || due[order[k - 1]] <= due[order[k]]);
			armed[order[k]] = false;
		}
		for (int j = 0; j < TIMERS; j++)
			late += armed[j] && due[j] <= w.now;
	}
	ck_assert_int_eq(late, 0);
	for (int i = 0; i < TIMERS; i++)
		wheel_del(&p[i].timer);
	free(p);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		exact_at_each_level, order_in_one_advance, same_deadline_armed_from_far_and_near,
		past_is_the_next_jiffy, mod_and_del, functions_that_arm_and_cancel,
		rearmed_while_due, jiffies_wrap, crowded_wide_slot, random_against_a_list, NULL,
	};

	return suite_of("wheel", setup, teardown, tests);
}
