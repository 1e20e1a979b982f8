/* SPDX-License-Identifier: MIT */
/*
 * check_wait.c: wait queues, who is woken, and the sleep of a blocking call on a host that waits.
 */
#include "fake.h"

#include <errno.h>

static struct fake f;
static wait_queue_head_t q;
static struct task app;
static unsigned waits;
static uint64_t wait_deadline;

static void begin(void)
{
	waits = 0;
	wait_deadline = 0;
	fake_begin(&f, 2);
	init_waitqueue_head(&q);
	task_init(&app, "app", 100, true);
}

static void end(void)
{
	fake_end(&f);
}

static void entry(wait_queue_t *w, struct task *t, wait_queue_func_t func)
{
	vcpu_enter(f.m.cpu[0], t);
	init_wait_func(w, func);
	vcpu_leave(f.m.cpu[0]);
}

/* L8: two readers sleep, one datagram comes: the one that waits longest wakes. */
START_TEST(test_L8_exclusive)
{
	struct task t[3];
	wait_queue_t w[3];

	for (int i = 0; i < 3; i++) {
		task_init(&t[i], "reader", i, true);
		entry(&w[i], &t[i], autoremove_wake_function);
		prepare_to_wait_exclusive(&q, &w[i], TASK_INTERRUPTIBLE);
	}
	ck_assert(waitqueue_active(&q));
	for (int i = 0; i < 3; i++) {
		wake_up_interruptible_sync_poll(&q, 0x41);
		for (int j = 0; j < 3; j++)
			ck_assert_int_eq(t[j].state, j <= i ? TASK_RUNNING : TASK_INTERRUPTIBLE);
	}
	ck_assert(!wq_has_sleeper(&q));
	wake_up_interruptible_sync_poll(&q, 0x41);
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(t[i].nr_wakes, 1);
		finish_wait(&q, &w[i]);
	}
}
END_TEST

/* Those who only look (poll) all wake, before the one exclusive reader; L7: the key arrives. */
static void *seen_key;

static int key_wake_function(wait_queue_t *wait, unsigned mode, int flags, void *key)
{
	seen_key = key;
	return autoremove_wake_function(wait, mode, flags, key);
}

START_TEST(test_L7_all_and_one)
{
	struct task t[5];
	wait_queue_t w[5];

	for (int i = 0; i < 5; i++) {
		task_init(&t[i], "task", i, true);
		entry(&w[i], &t[i], i == 0 ? key_wake_function : autoremove_wake_function);
		if (i % 2)
			prepare_to_wait_exclusive(&q, &w[i], TASK_INTERRUPTIBLE);
		else
			prepare_to_wait(&q, &w[i], TASK_INTERRUPTIBLE);
	}
	wake_up_interruptible_sync_poll(&q, 0x41);
	ck_assert_ptr_eq(seen_key, (void *)0x41);
	ck_assert_int_eq(t[0].state, TASK_RUNNING);
	ck_assert_int_eq(t[2].state, TASK_RUNNING);
	ck_assert_int_eq(t[4].state, TASK_RUNNING);
	ck_assert_int_eq(t[1].state, TASK_RUNNING);
	ck_assert_int_eq(t[3].state, TASK_INTERRUPTIBLE);
	for (int i = 0; i < 5; i++)
		finish_wait(&q, &w[i]);
	ck_assert(!waitqueue_active(&q));
	ck_assert_int_eq(t[3].state, TASK_RUNNING);
}
END_TEST

/* An exclusive waiter that is awake already does not eat the wake-up of the next one. */
START_TEST(test_L8_awake_does_not_count)
{
	struct task t[2];
	wait_queue_t w[2];

	for (int i = 0; i < 2; i++) {
		task_init(&t[i], "reader", i, true);
		entry(&w[i], &t[i], default_wake_function);
		prepare_to_wait_exclusive(&q, &w[i], TASK_INTERRUPTIBLE);
	}
	wake_up_interruptible_sync_poll(&q, 1);
	wake_up_interruptible_sync_poll(&q, 1);
	ck_assert_int_eq(t[1].state, TASK_RUNNING);
	ck_assert(waitqueue_active(&q)); /* default_wake_function leaves them */
	remove_wait_queue(&q, &w[0]);
	remove_wait_queue(&q, &w[1]);
	add_wait_queue(&q, &w[0]);
	add_wait_queue(&q, &w[0]);
	ck_assert_uint_eq(q.nr, 1);
	finish_wait(&q, &w[0]);
	ck_assert_uint_eq(q.nr, 0);
}
END_TEST

/* The host that waits: its clock jumps to the deadline, or something happens before. */
enum { HAPPENS_NOTHING, HAPPENS_LATE, HAPPENS_WAKE, HAPPENS_SIGNAL, HAPPENS_FLAG };
static int happens;
static uint64_t happens_after;

static int host_wait(void *ctx, uint64_t deadline)
{
	ck_assert_ptr_null(this_vcpu());
	ck_assert_ptr_eq(app.sleeps_on, f.m.cpu[0]);
	waits++;
	wait_deadline = deadline;
	if (happens <= HAPPENS_LATE) {
		f.now = deadline + (happens == HAPPENS_LATE ? 3 * FAKE_TICK : 0);
		return 0;
	}
	f.now += happens_after;
	if (happens == HAPPENS_SIGNAL)
		return -EINTR;
	if (happens == HAPPENS_FLAG)
		app.signalled = 1;
	else
		vcpu_irq(f.m.cpu[0], 0);
	return 0;
}

static irqreturn_t intr(int irq, void *dev_id)
{
	wake_up_interruptible_sync_poll(&q, 0x41);
	return IRQ_HANDLED;
}

static long sleep_for(long timeout)
{
	wait_queue_t w;
	long left;

	init_wait_func(&w, autoremove_wake_function);
	prepare_to_wait_exclusive(&q, &w, TASK_INTERRUPTIBLE);
	left = schedule_timeout(timeout);
	ck_assert_int_eq(app.state, TASK_RUNNING);
	finish_wait(&q, &w);
	ck_assert(!waitqueue_active(&q));
	ck_assert_ptr_eq(this_vcpu(), f.m.cpu[0]);
	ck_assert_ptr_eq(current_task(), &app);
	ck_assert_ptr_null(app.sleeps_on);
	return left;
}

START_TEST(test_N2_timeout)
{
	f.ops.wait = host_wait;
	happens = HAPPENS_NOTHING;
	vcpu_enter(f.m.cpu[0], &app);
	ck_assert(task_can_sleep());
	ck_assert_int_eq(sleep_for(5), 0);
	ck_assert_uint_eq(waits, 1);
	ck_assert_uint_eq(wait_deadline, FAKE_START + 5 * FAKE_TICK);
	ck_assert_uint_eq(jiffies_now(), INITIAL_JIFFIES + 5);
	ck_assert_uint_eq(app.nr_sleeps, 1);
	ck_assert_int_eq(sleep_for(0), 0);
	ck_assert_int_eq(sleep_for(-3), 0);
	ck_assert_uint_eq(waits, 1);
	happens = HAPPENS_LATE; /* the host oversleeps */
	ck_assert_int_eq(sleep_for(5), 0);
	ck_assert_uint_eq(jiffies_now(), INITIAL_JIFFIES + 13);
	vcpu_leave(f.m.cpu[0]);
}
END_TEST

START_TEST(test_N2_woken)
{
	f.ops.wait = host_wait;
	ck_assert_int_eq(request_irq(&f.m, intr, "tap0", NULL, 0), 0);
	happens = HAPPENS_WAKE;
	happens_after = 2 * FAKE_TICK + 1;
	vcpu_enter(f.m.cpu[0], &app);
	ck_assert_int_eq(sleep_for(5), 3);
	ck_assert_int_eq(sleep_for(MAX_SCHEDULE_TIMEOUT), MAX_SCHEDULE_TIMEOUT);
	ck_assert_uint_eq(wait_deadline, UINT64_MAX);
	ck_assert_uint_eq(waits, 2);
	ck_assert_uint_eq(app.nr_wakes, 2);
	/* what is ready before the sleep needs none */
	vcpu_irq(f.m.cpu[0], 0);
	ck_assert_int_eq(sleep_for(5), 5);
	ck_assert_uint_eq(waits, 2);
	vcpu_leave(f.m.cpu[0]);
	free_irq(&f.m, 0);
}
END_TEST

static void timer_wakes(struct ktimer *t)
{
	wake_up_interruptible_sync_poll(&q, 1);
}

/* A timer of the stack is due before the call's own deadline: the host waits for that one. */
START_TEST(test_N2_woken_by_timer)
{
	struct ktimer t;

	f.ops.wait = host_wait;
	happens = HAPPENS_NOTHING;
	ktimer_setup(&t, timer_wakes, f.m.cpu[0]);
	vcpu_enter(f.m.cpu[0], &app);
	mod_timer(&t, jiffies_now() + 2);
	ck_assert_int_eq(sleep_for(10), 8);
	ck_assert_uint_eq(wait_deadline, FAKE_START + 2 * FAKE_TICK);
	vcpu_leave(f.m.cpu[0]);
}
END_TEST

static unsigned again;

static void busy(struct vcpu *v)
{
	if (again-- > 1)
		__raise_softirq_irqoff(NET_RX_SOFTIRQ);
}

/*
 * While the crank says "more" it is turned; the host is not asked to wait for a time that is over.
 */
START_TEST(test_N2_more_to_do)
{
	f.ops.wait = host_wait;
	happens = HAPPENS_NOTHING;
	again = 25;
	open_softirq(&f.m, NET_RX_SOFTIRQ, busy);
	vcpu_enter(f.m.cpu[0], &app);
	raise_softirq(NET_RX_SOFTIRQ);
	ck_assert_int_eq(sleep_for(5), 0);
	ck_assert_uint_eq(f.m.cpu[0]->softirq_count[NET_RX_SOFTIRQ], 25);
	ck_assert_uint_eq(waits, 1);
	ck_assert_uint_eq(app.nr_sleeps, 1);
	vcpu_leave(f.m.cpu[0]);
}
END_TEST

START_TEST(test_N2_signal)
{
	f.ops.wait = host_wait;
	vcpu_enter(f.m.cpu[0], &app);
	happens = HAPPENS_SIGNAL;
	happens_after = FAKE_TICK;
	ck_assert_int_eq(sleep_for(5), 4);
	ck_assert(signal_pending(&app));
	ck_assert_int_eq(sleep_for(5), 5); /* still pending: no second sleep */
	ck_assert_uint_eq(waits, 1);
	vcpu_leave(f.m.cpu[0]);
	ck_assert(!signal_pending(&app)); /* the call is over */
	happens = HAPPENS_FLAG;
	vcpu_enter(f.m.cpu[0], &app);
	ck_assert_int_eq(sleep_for(5), 4);
	ck_assert(signal_pending(&app));
	vcpu_leave(f.m.cpu[0]);
}
END_TEST

/* Who may not sleep gets the whole timeout back at once. */
START_TEST(test_N2_may_not_sleep)
{
	struct task stiff;

	task_init(&stiff, "stiff", 1, false);
	vcpu_enter(f.m.cpu[0], &app);
	ck_assert(!task_can_sleep()); /* a host without wait */
	ck_assert_int_eq(sleep_for(5), 5);
	f.ops.wait = host_wait;
	local_bh_disable();
	ck_assert(!task_can_sleep());
	ck_assert_int_eq(schedule_timeout(5), 5);
	ck_assert_int_eq(schedule_timeout(5), 5);
	ck_assert_uint_eq(f.log_lines, 1); /* N7: told once, with the place */
	ck_assert_ptr_nonnull(strstr(f.log, "sleeping call in a bh section at "));
	local_bh_enable();
	ck_assert(task_can_sleep());
	vcpu_enter(f.m.cpu[1], &app); /* the outer vCPU would stay taken */
	ck_assert(!task_can_sleep());
	vcpu_leave(f.m.cpu[1]);
	vcpu_leave(f.m.cpu[0]);
	vcpu_enter(f.m.cpu[0], &stiff);
	ck_assert_int_eq(schedule_timeout(7), 7);
	vcpu_leave(f.m.cpu[0]);
	ck_assert_uint_eq(waits, 0);
}
END_TEST

static void wakes_under_lock(struct vcpu *v)
{
	wake_up_interruptible_sync_poll(&q, 1);
	ck_assert_uint_eq(f.kicks, 0);
}

/* A task that sleeps in its host is woken: its vCPU is kicked when the waker's run is over. */
START_TEST(test_L7_kick_after_the_run)
{
	wait_queue_t w;

	f.ops.kick = fake_kick;
	entry(&w, &app, autoremove_wake_function);
	prepare_to_wait(&q, &w, TASK_INTERRUPTIBLE);
	app.sleeps_on = f.m.cpu[1];
	open_softirq(&f.m, NET_RX_SOFTIRQ, wakes_under_lock);
	f.kicks = 0;
	vcpu_enter(f.m.cpu[0], NULL);
	raise_softirq(NET_RX_SOFTIRQ);
	vcpu_run(f.m.cpu[0], f.now);
	ck_assert_uint_eq(f.kicks, 1);
	ck_assert_int_eq(f.cpu[1].kicked, 1);
	vcpu_leave(f.m.cpu[0]);
	/* woken from outside any vCPU: at once */
	prepare_to_wait(&q, &w, TASK_INTERRUPTIBLE);
	wake_up_interruptible_sync_poll(&q, 1);
	ck_assert_uint_eq(f.kicks, 2);
	app.sleeps_on = NULL;
	finish_wait(&q, &w);
	f.ops.kick = NULL;
}
END_TEST

/*
 * Threads: readers block on one vCPU, the test feeds and turns it. Each event wakes one reader;
 * nobody sleeps through one.
 */
#define READERS 3
#define EVENTS 300
static unsigned stock, taken; /* [C] of vCPU 0 */
static unsigned bell;	      /* [A] moves with each kick */

static void kick_bell(void *ctx, unsigned cpu)
{
	__atomic_fetch_add(&bell, 1, __ATOMIC_SEQ_CST);
	futex_wake((int *)&bell, INT_MAX);
}

static __thread unsigned bell_seen;

static int bell_wait(void *ctx, uint64_t deadline)
{
	unsigned now = load_mb(&bell);

	if (now == bell_seen)
		futex_wait((int *)&bell, (int)now);
	bell_seen = load_mb(&bell);
	return 0;
}

static void *reader(void *arg)
{
	struct task t;
	struct vcpu *v = f.m.cpu[0];
	unsigned got = 0;

	task_init(&t, "reader", 1, true);
	vcpu_enter(v, &t);
	while (taken < EVENTS) {
		wait_queue_t w;

		init_wait_func(&w, autoremove_wake_function);
		prepare_to_wait_exclusive(&q, &w, TASK_INTERRUPTIBLE);
		if (!stock && taken < EVENTS)
			schedule_timeout(MAX_SCHEDULE_TIMEOUT);
		finish_wait(&q, &w);
		if (stock) {
			stock--;
			taken++;
			got++;
		}
	}
	__wake_up_sync_key(&q, TASK_INTERRUPTIBLE, READERS, NULL); /* all is taken: everyone goes */
	vcpu_leave(v);
	*(unsigned *)arg = got;
	return NULL;
}

START_TEST(test_L8_threads)
{
	pthread_t t[READERS];
	unsigned got[READERS], sum = 0, fed = 0;

	stock = taken = 0;
	f.ops.kick = kick_bell;
	f.ops.wait = bell_wait;
	for (int i = 0; i < READERS; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, reader, &got[i]), 0);
	while (fed < EVENTS) {
		vcpu_enter(f.m.cpu[0], NULL);
		stock++;
		fed++;
		if (wq_has_sleeper(&q))
			wake_up_interruptible_sync_poll(&q, 1);
		vcpu_leave(f.m.cpu[0]);
		if (fed % 7 == 0)
			sched_yield();
	}
	for (int i = 0; i < READERS; i++) {
		pthread_join(t[i], NULL);
		sum += got[i];
	}
	ck_assert_uint_eq(sum, EVENTS);
	ck_assert_uint_eq(stock, 0);
	f.ops.kick = NULL;
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_L8_exclusive, test_L7_all_and_one, test_L8_awake_does_not_count,
		test_N2_timeout, test_N2_woken, test_N2_woken_by_timer, test_N2_more_to_do,
		test_N2_signal, test_N2_may_not_sleep, test_L7_kick_after_the_run, NULL,
	};
	Suite *s = suite_of("wait", begin, end, tests);
	TCase *threads = tcase_create("wait-threads");

	tcase_set_timeout(threads, 30);
	tcase_add_checked_fixture(threads, begin, end);
	tcase_add_test(threads, test_L8_threads);
	suite_add_tcase(s, threads);
	return s;
}
