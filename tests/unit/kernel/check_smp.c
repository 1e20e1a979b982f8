/* SPDX-License-Identifier: MIT */
/*
 * check_smp.c: calls to other vCPUs and stops, on a single-threaded host and with a thread a vCPU.
 */
#include "fake.h"

static struct fake f;

struct call {
	unsigned count;
	struct vcpu *on;
	pthread_t by;
};

static void note_call(void *arg)
{
	struct call *c = arg;

	c->count++;
	c->on = this_vcpu();
	c->by = pthread_self();
}

static void begin(void)
{
	fake_begin(&f, 3);
}

static void begin_threads(void)
{
	f.ops.kick = fake_kick;
	fake_begin(&f, 3);
	fake_start_threads(&f);
}

static void end(void)
{
	fake_stop_threads(&f);
	fake_end(&f);
}

/*
 * A host that turns every vCPU by itself: the caller enters, or is inside already, here or further
 * out.
 */
START_TEST(test_call_single_threaded)
{
	struct call c = { 0 };

	smp_call(&f.m, 1, note_call, &c);
	ck_assert_ptr_eq(c.on, f.m.cpu[1]);
	ck_assert_ptr_null(this_vcpu());
	vcpu_enter(f.m.cpu[0], NULL);
	smp_call(&f.m, 0, note_call, &c);
	ck_assert_ptr_eq(c.on, f.m.cpu[0]);
	vcpu_enter(f.m.cpu[1], NULL);
	smp_call(&f.m, 0, note_call, &c);
	ck_assert_ptr_eq(c.on, f.m.cpu[0]);
	ck_assert_ptr_eq(this_vcpu(), f.m.cpu[1]);
	smp_call(&f.m, 2, note_call, &c);
	ck_assert_ptr_eq(c.on, f.m.cpu[2]);
	ck_assert_ptr_eq(this_vcpu(), f.m.cpu[1]);
	vcpu_leave(f.m.cpu[1]);
	vcpu_leave(f.m.cpu[0]);
	smp_call_all(&f.m, note_call, &c);
	ck_assert_uint_eq(c.count, 7);
}
END_TEST

static char order[8];

static void note_order(void *arg)
{
	order[strlen(order)] = *(char *)arg;
}

/* E22: queued calls run at loop top, first come first served, and are counted. */
START_TEST(test_E22_call_async)
{
	char letters[] = "abc";
	struct smp_work w[3];

	memset(order, 0, sizeof(order));
	for (int i = 0; i < 3; i++) {
		w[i] = (struct smp_work){ .fn = note_order, .arg = &letters[i] };
		smp_call_async(&f.m, 1, &w[i]);
	}
	fake_turn(&f, 0);
	ck_assert_str_eq(order, "");
	fake_turn(&f, 1);
	ck_assert_str_eq(order, "abc");
	ck_assert_uint_eq(f.m.cpu[1]->ipi_count, 3);
	ck_assert_uint_eq(f.m.cpu[0]->ipi_count, 0);
	/* from inside: at the next turn, of which the host is told */
	vcpu_enter(f.m.cpu[1], NULL);
	smp_call_async(&f.m, 1, &w[0]);
	ck_assert_str_eq(order, "abc");
	vcpu_run(f.m.cpu[1], f.now);
	vcpu_leave(f.m.cpu[1]);
	ck_assert_str_eq(order, "abca");
}
END_TEST

START_TEST(test_stop_single_threaded)
{
	struct call c = { 0 };

	smp_stop(&f.m);
	ck_assert(f.m.stopped);
	smp_call_all(&f.m, note_call, &c);
	ck_assert_uint_eq(c.count, 3);
	ck_assert_ptr_null(this_vcpu());
	smp_start(&f.m);
	ck_assert_uint_eq(fake_turn(&f, 2), UINT64_MAX);
	/* from inside one */
	vcpu_enter(f.m.cpu[0], NULL);
	smp_stop(&f.m);
	smp_call_all(&f.m, note_call, &c);
	ck_assert_uint_eq(vcpu_run(f.m.cpu[0], f.now), UINT64_MAX);
	smp_start(&f.m);
	vcpu_leave(f.m.cpu[0]);
	ck_assert_uint_eq(c.count, 6);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(f.m.cpu[i]->entered, 0);
}
END_TEST

START_TEST(test_enter_under_own_stop_is_a_bug)
{
	smp_stop(&f.m);
	vcpu_enter(f.m.cpu[0], NULL);
}
END_TEST

START_TEST(test_call_threads)
{
	struct call c = { 0 };

	for (unsigned i = 0; i < 600; i++) {
		smp_call(&f.m, i % 3, note_call, &c);
		ck_assert_ptr_eq(c.on, f.m.cpu[i % 3]);
		ck_assert(pthread_equal(c.by, f.cpu[i % 3].thread));
	}
	ck_assert_uint_eq(c.count, 600);
	ck_assert_uint_eq(READ_ONCE(f.m.cpu[1]->ipi_count), 200);
}
END_TEST

/* Before the threads come and after they went the caller does it itself. */
START_TEST(test_call_without_the_thread)
{
	struct call c = { 0 };

	fake_stop_threads(&f);
	smp_call(&f.m, 1, note_call, &c);
	ck_assert_ptr_eq(c.on, f.m.cpu[1]);
	ck_assert(pthread_equal(c.by, pthread_self()));
}
END_TEST

static void call_next(void *arg)
{
	struct call *c = arg;

	c->count++;
	if (c->count < 9)
		smp_call(&f.m, (this_vcpu()->id + 1) % 3, call_next, c);
}

/* A function that calls on: each caller steps out of its own vCPU, so a circle does not lock up. */
START_TEST(test_call_in_a_circle)
{
	struct call c = { 0 };
	struct call one = { 0 };

	c.count = 6;
	smp_call(&f.m, 0, call_next, &c);
	ck_assert_uint_eq(c.count, 9);
	smp_call(&f.m, 0, note_call, &one);
	ck_assert_uint_eq(one.count, 1);
}
END_TEST

/* vCPUs asleep, vCPUs that run all the time: none moves under a stop. */
START_TEST(test_stop_threads)
{
	for (unsigned i = 0; i < 200; i++) {
		unsigned long runs[3];

		for (unsigned c = 0; c < 3; c++)
			if (i & (1u << c))
				fake_kick(&f, c);
		smp_stop(&f.m);
		for (unsigned c = 0; c < 3; c++)
			runs[c] = f.m.cpu[c]->runs; /* plain reads: they stand still */
		if (i % 16 == 0)
			synchronize_rcu(&f.m); /* nobody parked is a reader */
		for (unsigned c = 0; c < 3; c++) {
			f.m.cpu[c]->slot[0] = &runs[c]; /* and plain writes */
			fake_kick(&f, c);
		}
		if (i % 16 == 0)
			sched_yield();
		for (unsigned c = 0; c < 3; c++)
			ck_assert_uint_eq(f.m.cpu[c]->runs, runs[c]);
		smp_start(&f.m);
	}
}
END_TEST

/* A host that never leaves its vCPU, and sleeps inside it: it must be kicked to stand still. */
static void *stays_inside(void *arg)
{
	struct vcpu *v = f.m.cpu[2];
	int *kicked = &f.cpu[2].kicked;

	vcpu_enter(v, NULL);
	while (!load_mb(&f.quit)) {
		uint64_t next;

		store_mb(kicked, 0);
		next = vcpu_run(v, READ_ONCE(f.now));
		if (arg && next && !load_mb(&f.quit))
			futex_wait(kicked, 0);
	}
	vcpu_leave(v);
	return NULL;
}

static void stop_the_one_inside(bool sleeps)
{
	pthread_t t;

	ck_assert_int_eq(pthread_create(&t, NULL, stays_inside, sleeps ? &t : NULL), 0);
	while (!READ_ONCE(f.m.cpu[2]->served))
		sched_yield();
	for (unsigned i = 0; i < 300; i++) {
		unsigned long runs;

		smp_stop(&f.m);
		ck_assert_int_eq(READ_ONCE(f.m.cpu[2]->parked), f.m.stop_gate);
		runs = f.m.cpu[2]->runs;
		if (i % 32 == 0)
			synchronize_rcu(&f.m); /* parked inside: no reader */
		sched_yield();
		ck_assert_uint_eq(f.m.cpu[2]->runs, runs);
		smp_start(&f.m);
	}
	store_mb(&f.quit, 1);
	fake_kick(&f, 2);
	pthread_join(t, NULL);
	vcpu_retire(f.m.cpu[2]);
	f.ops.kick = NULL;
}

START_TEST(test_stop_inside)
{
	f.ops.kick = fake_kick;
	stop_the_one_inside(_i);
}
END_TEST

/* The one inside leaves without a turn while smp_stop() waits for it. */
static void *leaves_late(void *arg)
{
	vcpu_enter(f.m.cpu[1], NULL);
	store_mb((int *)arg, 1);
	while (!(load_mb(&f.m.stop_gate) & 1))
		sched_yield();
	for (int i = 0; i < 50; i++)
		sched_yield();
	vcpu_leave(f.m.cpu[1]);
	return NULL;
}

START_TEST(test_stop_waits_for_leave)
{
	int inside = 0;
	pthread_t t;

	ck_assert_int_eq(pthread_create(&t, NULL, leaves_late, &inside), 0);
	while (!load_mb(&inside))
		sched_yield();
	smp_stop(&f.m);
	ck_assert(f.m.cpu[1]->held);
	smp_start(&f.m);
	pthread_join(t, NULL);
}
END_TEST

/* The control thread of a host that could kick turns the crank: it does not wait for itself. */
START_TEST(test_call_control_thread_turns)
{
	struct call c = { 0 };

	f.ops.kick = fake_kick;
	fake_turn(&f, 1);
	ck_assert(!f.m.cpu[1]->served);
	smp_call(&f.m, 1, note_call, &c);
	ck_assert(pthread_equal(c.by, pthread_self()));
	f.ops.kick = NULL;
}
END_TEST

/* A vCPU that is served gets its first call before its thread had a turn: the thread does it. */
START_TEST(test_serve_before_the_thread)
{
	struct call c = { 0 };

	f.ops.kick = fake_kick;
	vcpu_serve(f.m.cpu[2]);
	ck_assert_int_eq(pthread_create(&f.cpu[2].thread, NULL, stays_inside, &f), 0);
	smp_call(&f.m, 2, note_call, &c);
	ck_assert(pthread_equal(c.by, f.cpu[2].thread));
	store_mb(&f.quit, 1);
	fake_kick(&f, 2);
	pthread_join(f.cpu[2].thread, NULL);
	machine_retire(&f.m);
	smp_call(&f.m, 2, note_call, &c);
	ck_assert(pthread_equal(c.by, pthread_self()));
	f.ops.kick = NULL;
}
END_TEST

/* What was sent to a vCPU whose thread is gone runs when the vCPU is given up. */
START_TEST(test_retire_empties_the_queue)
{
	struct call c = { 0 };
	struct smp_work w = { .fn = note_call, .arg = &c };

	smp_call_async(&f.m, 1, &w);
	ck_assert_uint_eq(c.count, 0);
	vcpu_retire(f.m.cpu[1]);
	ck_assert_uint_eq(c.count, 1);
}
END_TEST

static void *enters_once(void *arg)
{
	vcpu_enter(f.m.cpu[2], NULL);
	*(int *)f.m.cpu[2]->slot[1] += 1;
	vcpu_leave(f.m.cpu[2]);
	return NULL;
}

/* A vCPU that nobody is inside: who comes has to wait for the start. */
START_TEST(test_stop_keeps_entering_out)
{
	pthread_t t[2];
	int entered = 0;

	fake_stop_threads(&f);
	smp_stop(&f.m);
	f.m.cpu[2]->slot[1] = &entered;
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, enters_once, NULL), 0);
	for (int i = 0; i < 100; i++)
		sched_yield();
	ck_assert_int_eq(entered, 0);
	smp_start(&f.m);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	ck_assert_int_eq(entered, 2);
}
END_TEST

static void mark_bell(struct doorbell *bell)
{
	__atomic_fetch_add((unsigned *)this_vcpu()->slot[2], 1, __ATOMIC_RELEASE);
}

/* Doorbells marked from the control thread ring on their vCPU's thread. */
START_TEST(test_doorbell_threads)
{
	struct doorbell bell;
	unsigned rung = 0;

	smp_stop(&f.m);
	f.m.cpu[1]->slot[2] = &rung;
	smp_start(&f.m);
	doorbell_init(&bell, f.m.cpu[1], mark_bell);
	for (unsigned i = 0; i < 300; i++) {
		unsigned before = __atomic_load_n(&rung, __ATOMIC_ACQUIRE);

		doorbell_mark(&bell);
		doorbell_mark(&bell);
		while (__atomic_load_n(&rung, __ATOMIC_ACQUIRE) == before)
			sched_yield();
	}
	smp_call(&f.m, 1, (void (*)(void *))doorbell_cancel, &bell);
	ck_assert_uint_ge(rung, 300);
	ck_assert_uint_le(rung, 600);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_call_single_threaded, test_E22_call_async, test_stop_single_threaded,
		test_call_control_thread_turns, test_retire_empties_the_queue, NULL,
	};
	Suite *s = suite_of("smp", begin, end, tests);
	TCase *threads = tcase_create("smp-threads"), *inside = tcase_create("smp-inside");
	TCase *bugs = tcase_create("smp-bugs");

	tcase_set_timeout(threads, 30);
	tcase_add_checked_fixture(threads, begin_threads, end);
	tcase_add_test(threads, test_call_threads);
	tcase_add_test(threads, test_call_without_the_thread);
	tcase_add_test(threads, test_call_in_a_circle);
	tcase_add_test(threads, test_stop_threads);
	tcase_add_test(threads, test_stop_keeps_entering_out);
	tcase_add_test(threads, test_doorbell_threads);
	suite_add_tcase(s, threads);
	tcase_set_timeout(inside, 30);
	tcase_add_checked_fixture(inside, begin, end);
	tcase_add_loop_test(inside, test_stop_inside, 0, 2);
	tcase_add_test(inside, test_stop_waits_for_leave);
	tcase_add_test(inside, test_serve_before_the_thread);
	suite_add_tcase(s, inside);
	tcase_add_checked_fixture(bugs, begin, NULL);
	tcase_add_test_raise_signal(bugs, test_enter_under_own_stop_is_a_bug, 6);
	suite_add_tcase(s, bugs);
	return s;
}
