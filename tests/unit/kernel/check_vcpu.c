/* SPDX-License-Identifier: MIT */
/*
 * check_vcpu.c: enter, run, leave; time; deadlines; what a host is told; doorbells; vCPUs within
 * vCPUs.
 */
#include "fake.h"

static struct fake f;
static unsigned rung;

static void begin(void)
{
	rung = 0;
	fake_begin(&f, 2);
}

static void end(void)
{
	fake_end(&f);
}

START_TEST(test_enter_leave)
{
	struct vcpu *v = f.m.cpu[0];
	struct task t;

	task_init(&t, "app", 7, false);
	ck_assert_ptr_null(this_vcpu());
	vcpu_enter(v, &t);
	ck_assert_ptr_eq(this_vcpu(), v);
	ck_assert_ptr_eq(current_task(), &t);
	ck_assert_int_eq(READ_ONCE(v->entered), 1);
	vcpu_leave(v);
	ck_assert_ptr_null(this_vcpu());
	ck_assert_int_eq(READ_ONCE(v->entered), 0);
	vcpu_enter(v, NULL);
	ck_assert_str_eq(current_task()->comm, "ksoftirqd/0");
	vcpu_leave(v);
}
END_TEST

START_TEST(test_enter_twice_is_a_bug)
{
	vcpu_enter(f.m.cpu[0], NULL);
	vcpu_enter(f.m.cpu[0], NULL);
}
END_TEST

START_TEST(test_leave_in_bh_is_a_bug)
{
	vcpu_enter(f.m.cpu[0], NULL);
	local_bh_disable();
	vcpu_leave(f.m.cpu[0]);
}
END_TEST

/* A thread inside one vCPU enters one of the same and one of another machine, and comes back. */
START_TEST(test_nested)
{
	static struct fake g;

	fake_begin(&g, 1);
	vcpu_enter(f.m.cpu[0], NULL);
	vcpu_enter(g.m.cpu[0], NULL);
	vcpu_enter(f.m.cpu[1], NULL);
	ck_assert(vcpu_is_inside(f.m.cpu[0]));
	ck_assert_uint_eq(vcpu_run(f.m.cpu[1], f.now), UINT64_MAX);
	vcpu_leave(f.m.cpu[1]);
	ck_assert_ptr_eq(this_vcpu(), g.m.cpu[0]);
	vcpu_leave(g.m.cpu[0]);
	ck_assert_ptr_eq(this_vcpu(), f.m.cpu[0]);
	ck_assert(!vcpu_is_inside(f.m.cpu[1]));
	vcpu_leave(f.m.cpu[0]);
	fake_end(&g);
}
END_TEST

START_TEST(test_time_and_jiffies)
{
	struct vcpu *v = f.m.cpu[0];

	vcpu_enter(v, NULL);
	ck_assert_uint_eq(v->now, FAKE_START);
	ck_assert_uint_eq(jiffies_now(), INITIAL_JIFFIES);
	vcpu_run(v, FAKE_START + FAKE_TICK - 1);
	ck_assert_uint_eq(jiffies_now(), INITIAL_JIFFIES);
	vcpu_run(v, FAKE_START + FAKE_TICK);
	ck_assert_uint_eq(jiffies_now(), INITIAL_JIFFIES + 1);
	vcpu_run(v, FAKE_START + 10 * FAKE_TICK + 5);
	ck_assert_uint_eq(jiffies_now(), INITIAL_JIFFIES + 10);
	/* the host's clock steps back: ours stands still */
	vcpu_run(v, FAKE_START);
	ck_assert_uint_eq(v->now, FAKE_START + 10 * FAKE_TICK + 5);
	ck_assert_uint_eq(jiffies_now(), INITIAL_JIFFIES + 10);
	vcpu_update_time(v);
	ck_assert_uint_eq(jiffies_now(), INITIAL_JIFFIES + 10);
	vcpu_leave(v);
	f.now = 0; /* before the machine was made */
	vcpu_enter(v, NULL);
	ck_assert_uint_eq(jiffies_now(), INITIAL_JIFFIES + 10);
	vcpu_leave(v);
}
END_TEST

/* Time is read at the listed points only: once to enter, not to run or leave. */
START_TEST(test_clock_reads)
{
	struct vcpu *v = f.m.cpu[0];
	unsigned before = f.clock_reads;

	vcpu_enter(v, NULL);
	ck_assert_uint_eq(f.clock_reads - before, 1);
	for (int i = 0; i < 5; i++)
		vcpu_run(v, f.now);
	local_bh_disable();
	local_bh_enable();
	vcpu_leave(v);
	ck_assert_uint_eq(f.clock_reads - before, 1);
	ck_assert_uint_eq(v->runs, 5);
}
END_TEST

START_TEST(test_jiffies_conversions)
{
	ck_assert_uint_eq(msecs_to_jiffies(&f.m, 0), 0);
	ck_assert_uint_eq(msecs_to_jiffies(&f.m, 1), 1);
	ck_assert_uint_eq(msecs_to_jiffies(&f.m, 4), 1);
	ck_assert_uint_eq(msecs_to_jiffies(&f.m, 5), 2);
	ck_assert_uint_eq(jiffies_to_msecs(&f.m, 250), 1000);
	ck_assert_uint_eq(jiffies_to_ns(&f.m, INITIAL_JIFFIES + 2), FAKE_START + 2 * FAKE_TICK);
	ck_assert_uint_eq(machine_jiffies(&f.m, FAKE_START + 2 * FAKE_TICK - 1),
			  INITIAL_JIFFIES + 1);
}
END_TEST

static void count_ring(struct doorbell *bell)
{
	rung++;
}

static void ring_and_mark(struct doorbell *bell)
{
	rung++;
	doorbell_mark(bell);
}

static struct doorbell *victim;

static void ring_and_cancel(struct doorbell *bell)
{
	rung++;
	doorbell_cancel(victim);
}

START_TEST(test_doorbell_marked_twice_rings_once)
{
	struct vcpu *v = f.m.cpu[0];
	struct doorbell bell, other;

	doorbell_init(&bell, v, count_ring);
	doorbell_init(&other, v, count_ring);
	vcpu_enter(v, NULL);
	doorbell_mark(&bell);
	doorbell_mark(&other);
	doorbell_mark(&bell);
	ck_assert_uint_eq(rung, 0);
	vcpu_run(v, f.now);
	ck_assert_uint_eq(rung, 2);
	rung = 0;
	doorbell_mark(&bell);
	doorbell_mark(&bell);
	vcpu_run(v, f.now);
	ck_assert_uint_eq(rung, 1);
	vcpu_run(v, f.now);
	ck_assert_uint_eq(rung, 1);
	/* outside a run the end of the call rings it */
	doorbell_mark(&bell);
	vcpu_leave(v);
	ck_assert_uint_eq(rung, 2);
}
END_TEST

/*
 * Marked on another vCPU and by a thread outside, and at home: still once; the home has work
 * meanwhile.
 */
START_TEST(test_doorbell_remote)
{
	struct doorbell bell;

	doorbell_init(&bell, f.m.cpu[0], count_ring);
	vcpu_enter(f.m.cpu[1], NULL);
	doorbell_mark(&bell);
	doorbell_mark(&bell);
	vcpu_leave(f.m.cpu[1]);
	doorbell_mark(&bell);
	ck_assert_uint_eq(fake_turn(&f, 1), UINT64_MAX);
	ck_assert_uint_eq(rung, 0);
	vcpu_enter(f.m.cpu[0], NULL);
	doorbell_mark(&bell);
	ck_assert_uint_eq(vcpu_run(f.m.cpu[0], f.now), UINT64_MAX);
	vcpu_leave(f.m.cpu[0]);
	ck_assert_uint_eq(rung, 1);
}
END_TEST

START_TEST(test_doorbell_cancel)
{
	struct vcpu *v = f.m.cpu[0];
	struct doorbell a, b;

	doorbell_init(&a, v, count_ring);
	doorbell_mark(&a);
	vcpu_enter(v, NULL);
	doorbell_cancel(&a);
	vcpu_run(v, f.now);
	ck_assert_uint_eq(rung, 0);
	/* a bell that cancels the next one of the same round */
	doorbell_init(&b, v, ring_and_cancel);
	victim = &a;
	doorbell_mark(&b);
	doorbell_mark(&a);
	vcpu_run(v, f.now);
	ck_assert_uint_eq(rung, 1);
	vcpu_leave(v);
}
END_TEST

/* A bell that marks itself waits for the next run, and the host is told that there is more. */
START_TEST(test_doorbell_marks_itself)
{
	struct vcpu *v = f.m.cpu[0];
	struct doorbell bell;

	doorbell_init(&bell, v, ring_and_mark);
	vcpu_enter(v, NULL);
	doorbell_mark(&bell);
	ck_assert_uint_eq(vcpu_run(v, f.now), 0);
	ck_assert_uint_eq(rung, 1);
	bell.ring = count_ring;
	ck_assert_uint_eq(vcpu_run(v, f.now), UINT64_MAX);
	ck_assert_uint_eq(rung, 2);
	vcpu_leave(v);
}
END_TEST

static void nothing(struct ktimer *t)
{
}

/* Who leaves work or an earlier deadline behind than the sleeping host knows kicks it, once. */
START_TEST(test_leave_tells_host)
{
	struct vcpu *v = f.m.cpu[0];
	struct ktimer t;

	f.ops.kick = fake_kick;
	ktimer_setup(&t, nothing, v);
	ck_assert_uint_eq(fake_turn(&f, 0), UINT64_MAX);
	ck_assert_uint_eq(f.kicks, 0);
	vcpu_enter(v, NULL);
	vcpu_leave(v);
	ck_assert_uint_eq(f.kicks, 0);
	vcpu_enter(v, NULL);
	mod_timer(&t, jiffies_now() + 5);
	vcpu_leave(v);
	ck_assert_uint_eq(f.kicks, 1);
	vcpu_enter(v, NULL);
	mod_timer(&t, jiffies_now() + 6); /* later: the host comes early, that is all */
	vcpu_leave(v);
	ck_assert_uint_eq(f.kicks, 1);
	vcpu_enter(v, NULL);
	raise_softirq(NET_RX_SOFTIRQ);
	vcpu_leave(v);
	ck_assert_uint_eq(f.kicks, 2);
	ck_assert_uint_eq(fake_turn(&f, 0), FAKE_START + 6 * FAKE_TICK);
	ck_assert_uint_eq(f.kicks, 2);
	vcpu_enter(v, NULL);
	del_timer(&t);
	vcpu_leave(v);
	f.ops.kick = NULL;
}
END_TEST

/* Several threads take turns in one vCPU: the counter needs no lock. */
#define TURNS 20000
static unsigned long shared;

static void *take_turns(void *arg)
{
	for (int i = 0; i < TURNS; i++) {
		vcpu_enter(arg, NULL);
		shared++;
		vcpu_leave(arg);
	}
	return NULL;
}

START_TEST(test_threads_share_a_vcpu)
{
	pthread_t t[3];

	shared = 0;
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, take_turns, f.m.cpu[0]), 0);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	ck_assert_uint_eq(shared, 3 * TURNS);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_enter_leave, test_nested, test_time_and_jiffies, test_clock_reads,
		test_jiffies_conversions, test_doorbell_marked_twice_rings_once,
		test_doorbell_remote, test_doorbell_cancel,
		test_doorbell_marks_itself, test_leave_tells_host, NULL,
	};
	Suite *s = suite_of("vcpu", begin, end, tests);
	TCase *bugs = tcase_create("vcpu-bugs"), *threads = tcase_create("vcpu-threads");

	tcase_add_checked_fixture(bugs, begin, NULL);
	tcase_add_test_raise_signal(bugs, test_enter_twice_is_a_bug, 6);
	tcase_add_test_raise_signal(bugs, test_leave_in_bh_is_a_bug, 6);
	suite_add_tcase(s, bugs);
	tcase_set_timeout(threads, 30);
	tcase_add_checked_fixture(threads, begin, end);
	tcase_add_test(threads, test_threads_share_a_vcpu);
	suite_add_tcase(s, threads);
	return s;
}
