// SPDX-License-Identifier: MIT
/*
 * check_spinlock.c - the lock excludes, the counters count, with four threads.
 */
#include "support/suite.h"

#include <pthread.h>
#include <signal.h>

#include "lib/atomic.h"
#include "lib/spinlock.h"

#define THREADS	4
#define ROUNDS	20000

struct shared {
	spinlock_t lock;
	unsigned long guarded, twin;
	atomic_t counter;
	atomic_long_t sum;
	refcount_t refs;
	atomic_t last;
};

static void *worker(void *arg)
{
	struct shared *s = arg;

	for (int i = 0; i < ROUNDS; i++) {
		if (i % 8 || !spin_trylock(&s->lock))
			spin_lock(&s->lock);
		assert_spin_locked(&s->lock);
		s->guarded++;
		s->twin = s->guarded;
		spin_unlock(&s->lock);
		atomic_inc(&s->counter);
		atomic_long_add(3, &s->sum);
	}
	if (refcount_dec_and_test(&s->refs))
		atomic_inc(&s->last);
	return NULL;
}

START_TEST(four_threads)
{
	struct shared s = { .refs = REFCOUNT_INIT(THREADS) };
	pthread_t t[THREADS];

	spin_lock_init(&s.lock);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, worker, &s), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	ck_assert_uint_eq(s.guarded, THREADS * ROUNDS);
	ck_assert_uint_eq(s.twin, THREADS * ROUNDS);
	ck_assert_int_eq(atomic_read(&s.counter), THREADS * ROUNDS);
	ck_assert_int_eq(atomic_long_read(&s.sum), 3L * THREADS * ROUNDS);
	ck_assert_int_eq(atomic_read(&s.last), 1);
	ck_assert(!spin_is_locked(&s.lock));
}
END_TEST

START_TEST(trylock)
{
	spinlock_t lock = SPIN_LOCK_UNLOCKED;

	ck_assert(spin_trylock(&lock));
	ck_assert(!spin_trylock(&lock));
	spin_unlock(&lock);
	ck_assert(spin_trylock(&lock));
	ck_assert_uint_eq(sizeof(spinlock_t), 4);
}
END_TEST

START_TEST(unlock_of_a_free_lock)
{
	spinlock_t lock = SPIN_LOCK_UNLOCKED;

	spin_unlock(&lock);
}
END_TEST

START_TEST(atomic_results)
{
	atomic_t v = ATOMIC_INIT(5);

	ck_assert_int_eq(atomic_add_return(3, &v), 8);
	ck_assert_int_eq(atomic_sub_return(2, &v), 6);
	ck_assert_int_eq(atomic_fetch_add(4, &v), 6);
	ck_assert_int_eq(atomic_inc_return(&v), 11);
	ck_assert_int_eq(atomic_dec_return(&v), 10);
	ck_assert_int_eq(atomic_cmpxchg(&v, 9, 1), 10);
	ck_assert_int_eq(atomic_cmpxchg(&v, 10, 1), 10);
	ck_assert_int_eq(atomic_xchg(&v, 2), 1);
	ck_assert(!atomic_dec_and_test(&v));
	ck_assert(atomic_dec_and_test(&v));
	ck_assert(!atomic_inc_not_zero(&v));
	atomic_set(&v, 7);
	ck_assert(atomic_inc_not_zero(&v));
	atomic_sub(3, &v);
	atomic_dec(&v);
	ck_assert_int_eq(atomic_read(&v), 4);
	ck_assert(atomic_sub_and_test(4, &v));
}
END_TEST

START_TEST(refcounts)
{
	refcount_t r;

	refcount_set(&r, 1);
	refcount_inc(&r);
	ck_assert_int_eq(refcount_read(&r), 2);
	ck_assert(!refcount_dec_and_test(&r));
	ck_assert(refcount_inc_not_zero(&r));
	ck_assert(!refcount_dec_and_test(&r));
	ck_assert(refcount_dec_and_test(&r));
	ck_assert(!refcount_inc_not_zero(&r));
}
END_TEST

START_TEST(refcount_back_from_zero)
{
	refcount_t r = REFCOUNT_INIT(0);

	refcount_inc(&r);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		four_threads, trylock, atomic_results, refcounts, NULL,
	};
	Suite *s = suite_of("spinlock", NULL, NULL, tests);
	TCase *bugs = tcase_create("bugs");

	tcase_add_test_raise_signal(bugs, unlock_of_a_free_lock, SIGABRT);
	tcase_add_test_raise_signal(bugs, refcount_back_from_zero, SIGABRT);
	suite_add_tcase(s, bugs);
	return s;
}
