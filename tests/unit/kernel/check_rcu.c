/* SPDX-License-Identifier: MIT */
/*
 * check_rcu.c: garbage, grace periods without readers, with sleeping ones and with readers at full
 * speed.
 */
#include "fake.h"

#include <semaphore.h>
#include <time.h>

static struct fake f;

struct item {
	struct rcu_head rcu;
	unsigned long a, b; /* a reader finds them equal, or the item was freed under it */
};

static struct item *shared_item;
static unsigned freed;

static void free_item(struct rcu_head *head)
{
	struct item *it = container_of(head, struct item, rcu);

	freed++;
	it->a = 0;
	it->b = 1;
	kfree(&f.m, it);
}

static void begin(void)
{
	freed = 0;
	fake_begin(&f, 3);
}

static void end(void)
{
	fake_end(&f);
}

START_TEST(test_N8_barrier_frees_all)
{
	for (int i = 0; i < 5; i++) {
		struct item *it = kzalloc(&f.m, sizeof(*it));

		call_rcu(&f.m, &it->rcu, free_item);
	}
	ck_assert_uint_eq(f.m.nr_garbage, 5);
	ck_assert_uint_eq(freed, 0);
	rcu_barrier(&f.m);
	ck_assert_uint_eq(freed, 5);
	ck_assert_uint_eq(f.m.nr_garbage, 0);
	rcu_barrier(&f.m);
}
END_TEST

static void free_and_make_more(struct rcu_head *head)
{
	if (++freed < 4)
		call_rcu(&f.m, head, free_and_make_more);
}

START_TEST(test_N8_garbage_makes_garbage)
{
	struct rcu_head head;

	call_rcu(&f.m, &head, free_and_make_more);
	rcu_barrier(&f.m);
	ck_assert_uint_eq(freed, 4);
	ck_assert_uint_eq(f.m.nr_garbage, 0);
}
END_TEST

/* The caller has been a reader (it is registered), but is outside: it does not wait for itself. */
START_TEST(test_N8_registered_but_outside)
{
	fake_turn(&f, 0);
	synchronize_rcu(&f.m);
	vcpu_enter(f.m.cpu[0], NULL);
	vcpu_enter(f.m.cpu[1], NULL);
	vcpu_leave(f.m.cpu[1]);
	vcpu_leave(f.m.cpu[0]);
	synchronize_rcu(&f.m);
}
END_TEST

START_TEST(test_N8_inside_is_a_bug)
{
	vcpu_enter(f.m.cpu[0], NULL);
	synchronize_rcu(&f.m);
}
END_TEST

static void *read_all_the_time(void *arg)
{
	struct vcpu *v = arg;
	unsigned long bad = 0, turns = 0;

	while (!READ_ONCE(f.quit)) {
		vcpu_enter(v, NULL);
		for (int i = 0; i < 50; i++) {
			struct item *it;

			rcu_read_lock();
			it = rcu_dereference(shared_item);
			for (int n = 0; it && n < 20; n++)
				bad += READ_ONCE(it->a) != READ_ONCE(it->b);
			rcu_read_unlock();
			vcpu_run(v, f.now);
		}
		vcpu_leave(v);
		if (++turns % 64 == 0)
			sched_yield();
	}
	return (void *)bad;
}

/* N8: the item is replaced under traffic; nobody ever reads a freed one. */
START_TEST(test_N8_replace_under_traffic)
{
	pthread_t t[3];

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, read_all_the_time, f.m.cpu[i]), 0);
	for (unsigned long i = 1; i <= 200; i++) {
		struct item *it = kzalloc(&f.m, sizeof(*it)), *old = shared_item;

		it->a = it->b = i;
		rcu_assign_pointer(shared_item, it);
		if (!old)
			continue;
		if (i % 2) {
			call_rcu(&f.m, &old->rcu, free_item);
			if (i % 8 == 1)
				rcu_barrier(&f.m);
		} else {
			synchronize_rcu(&f.m);
			free_item(&old->rcu);
		}
	}
	WRITE_ONCE(f.quit, 1);
	for (int i = 0; i < 3; i++) {
		void *bad;

		pthread_join(t[i], &bad);
		ck_assert_ptr_null(bad);
	}
	rcu_barrier(&f.m);
	ck_assert_uint_eq(freed, 199);
	kfree(&f.m, shared_item);
}
END_TEST

/* A reader that never leaves passes a quiescent state in each turn. */
static void *turns_for_ever(void *arg)
{
	vcpu_enter(f.m.cpu[0], NULL);
	store_mb((int *)arg, 1);
	while (!READ_ONCE(f.quit))
		vcpu_run(f.m.cpu[0], f.now);
	vcpu_leave(f.m.cpu[0]);
	return NULL;
}

START_TEST(test_N8_turn_is_quiescent)
{
	int inside = 0;
	pthread_t t;

	ck_assert_int_eq(pthread_create(&t, NULL, turns_for_ever, &inside), 0);
	while (!load_mb(&inside))
		sched_yield();
	for (int i = 0; i < 20; i++)
		synchronize_rcu(&f.m);
	WRITE_ONCE(f.quit, 1);
	pthread_join(t, NULL);
}
END_TEST

/*
 * A thread inside two vCPUs reads under the outer one: neither the turn nor the end of the inner
 * one ends a grace period.
 */
static int nested_state;
static sem_t grace_over;

static void note_grace(struct rcu_head *head)
{
	sem_post(&grace_over);
}

/* It must not come within 50 ms. */
static bool grace_comes(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += 50000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return sem_timedwait(&grace_over, &t) == 0;
}

static void *reads_outside_in(void *arg)
{
	vcpu_enter(f.m.cpu[0], NULL);
	store_mb(&nested_state, 1);
	while (load_mb(&nested_state) < 2)
		sched_yield();
	for (int i = 0; i < 50; i++)
		sched_yield(); /* the grace period has begun */
	vcpu_enter(f.m.cpu[1], NULL);
	vcpu_run(f.m.cpu[1], f.now);
	vcpu_leave(f.m.cpu[1]);
	BUG_ON(grace_comes());
	vcpu_leave(f.m.cpu[0]);
	return NULL;
}

START_TEST(test_N8_nested_reader)
{
	struct rcu_head head;
	pthread_t t;

	nested_state = 0;
	ck_assert_int_eq(sem_init(&grace_over, 0, 0), 0);
	ck_assert_int_eq(pthread_create(&t, NULL, reads_outside_in, NULL), 0);
	while (!load_mb(&nested_state))
		sched_yield();
	store_mb(&nested_state, 2);
	if (_i) {
		call_rcu(&f.m, &head, note_grace);
		rcu_barrier(&f.m);
	} else {
		synchronize_rcu(&f.m);
		note_grace(NULL);
	}
	pthread_join(t, NULL);
}
END_TEST

/* Threads that were readers and ended are forgotten. */
static void *read_once(void *arg)
{
	fake_turn(&f, 1);
	return NULL;
}

START_TEST(test_N8_threads_come_and_go)
{
	pthread_t t;

	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(pthread_create(&t, NULL, read_once, NULL), 0);
		pthread_join(t, NULL);
		synchronize_rcu(&f.m);
	}
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_N8_barrier_frees_all, test_N8_garbage_makes_garbage,
		test_N8_registered_but_outside, NULL,
	};
	Suite *s = suite_of("rcu", begin, end, tests);
	TCase *threads = tcase_create("rcu-threads"), *bugs = tcase_create("rcu-bugs");

	tcase_set_timeout(threads, 60);
	tcase_add_checked_fixture(threads, begin, end);
	tcase_add_test(threads, test_N8_replace_under_traffic);
	tcase_add_test(threads, test_N8_turn_is_quiescent);
	tcase_add_test(threads, test_N8_threads_come_and_go);
	tcase_add_loop_test(threads, test_N8_nested_reader, 0, 2);
	suite_add_tcase(s, threads);
	tcase_add_checked_fixture(bugs, begin, NULL);
	tcase_add_test_raise_signal(bugs, test_N8_inside_is_a_bug, 6);
	suite_add_tcase(s, bugs);
	return s;
}
