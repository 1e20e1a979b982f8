/* SPDX-License-Identifier: MIT */
/*
 * check_timer.c: timers at jiffy edges, re-armed and freed by themselves, and wished for by other
 * vCPUs.
 */
#include "fake.h"

#define AFTER(n) (FAKE_START + (n) * FAKE_TICK) /* the clock n jiffies later */

static struct fake f;

struct owner {
	struct ktimer t;
	int refs; /* [A] */
	unsigned fired;
	unsigned long at;    /* jiffies of the last call */
	unsigned long again; /* re-arm with this delay */
};

static void get(struct ktimer *t)
{
	struct owner *o = from_timer(o, t, t);

	__atomic_fetch_add(&o->refs, 1, __ATOMIC_SEQ_CST);
}

static void put(struct ktimer *t)
{
	struct owner *o = from_timer(o, t, t);

	BUG_ON(__atomic_sub_fetch(&o->refs, 1, __ATOMIC_SEQ_CST) < 0);
}

static const struct ktimer_ref counted = { get, put };

/*
 * The owner's function, and how an owner that counts references calls mod and del (as
 * sk_reset_timer() does).
 */
static void fire(struct ktimer *t)
{
	struct owner *o = from_timer(o, t, t);

	o->fired++;
	o->at = jiffies_now();
	if (o->again)
		mod_timer(t, jiffies_now() + o->again);
	else if (t->ref)
		put(t);
}

static void owner_mod(struct owner *o, unsigned long expires)
{
	get(&o->t); /* ours for the time of the call: the timer may fire before it is over */
	if (!mod_timer(&o->t, expires))
		get(&o->t);
	put(&o->t);
}

static void owner_del(struct owner *o)
{
	if (del_timer(&o->t))
		put(&o->t);
}

static void owner_init(struct owner *o, unsigned home)
{
	*o = (struct owner){ .refs = 1 };
	ktimer_setup(&o->t, fire, f.m.cpu[home]);
	o->t.ref = &counted;
}

static void begin(void)
{
	fake_begin(&f, 2);
}

static void end(void)
{
	fake_end(&f);
}

START_TEST(test_exact_at_the_edge)
{
	struct vcpu *v = f.m.cpu[0];
	struct owner o = { 0 };

	ktimer_setup(&o.t, fire, NULL);
	vcpu_enter(v, NULL);
	ck_assert_int_eq(mod_timer(&o.t, jiffies_now() + 3), 0);
	ck_assert_ptr_eq(o.t.home, v);
	ck_assert(timer_pending(&o.t));
	ck_assert_uint_eq(vcpu_run(v, FAKE_START), AFTER(3));
	ck_assert_uint_eq(vcpu_run(v, AFTER(3) - 1), AFTER(3));
	ck_assert_uint_eq(o.fired, 0);
	ck_assert_uint_eq(vcpu_run(v, AFTER(3)), UINT64_MAX);
	ck_assert_uint_eq(o.fired, 1);
	ck_assert_uint_eq(o.at, INITIAL_JIFFIES + 3);
	ck_assert(!timer_pending(&o.t));
	ck_assert_uint_eq(v->timer_count, 1);
	ck_assert_uint_eq(v->softirq_count[TIMER_SOFTIRQ], 1);
	vcpu_leave(v);
}
END_TEST

START_TEST(test_mod_and_del_at_home)
{
	struct vcpu *v = f.m.cpu[0];
	struct owner o = { 0 };

	ktimer_setup(&o.t, fire, v);
	vcpu_enter(v, NULL);
	ck_assert_int_eq(del_timer(&o.t), 0);
	ck_assert_int_eq(mod_timer(&o.t, jiffies_now() + 100), 0);
	ck_assert_int_eq(mod_timer(&o.t, jiffies_now() + 2), 1);
	ck_assert_uint_eq(vcpu_run(v, FAKE_START), AFTER(2));
	ck_assert_int_eq(mod_timer(&o.t, jiffies_now() + 5), 1);
	ck_assert_uint_eq(vcpu_run(v, AFTER(2)), AFTER(5));
	ck_assert_int_eq(del_timer(&o.t), 1);
	ck_assert_uint_eq(vcpu_run(v, AFTER(9)), UINT64_MAX);
	ck_assert_uint_eq(o.fired, 0);
	vcpu_leave(v);
}
END_TEST

/* A time that is over, and now, are the next jiffy: also when the wheel has slept. */
START_TEST(test_past_is_next_jiffy)
{
	struct vcpu *v = f.m.cpu[0];
	struct owner o = { 0 };

	ktimer_setup(&o.t, fire, v);
	vcpu_enter(v, NULL);
	vcpu_run(v, AFTER(1000));
	mod_timer(&o.t, jiffies_now() - 7);
	ck_assert_uint_eq(vcpu_run(v, AFTER(1000)), AFTER(1001));
	ck_assert_uint_eq(o.fired, 0);
	vcpu_run(v, AFTER(1001));
	ck_assert_uint_eq(o.fired, 1);
	vcpu_leave(v);
}
END_TEST

START_TEST(test_rearms_itself)
{
	struct vcpu *v = f.m.cpu[0];
	struct owner o = { .again = 10 };

	ktimer_setup(&o.t, fire, v);
	vcpu_enter(v, NULL);
	mod_timer(&o.t, jiffies_now() + 10);
	for (uint64_t i = 1; i <= 5; i++) {
		ck_assert_uint_eq(vcpu_run(v, AFTER(10 * i - 1)), AFTER(10 * i));
		vcpu_run(v, AFTER(10 * i));
		ck_assert_uint_eq(o.fired, i);
	}
	/* a host that overslept: once, not five times */
	vcpu_run(v, AFTER(100));
	ck_assert_uint_eq(o.fired, 6);
	ck_assert_int_eq(del_timer_sync(&o.t), 1);
	vcpu_leave(v);
}
END_TEST

static void free_owner(struct ktimer *t)
{
	struct owner *o = from_timer(o, t, t);

	kfree(&f.m, o);
}

START_TEST(test_frees_itself)
{
	struct owner *o = kzalloc(&f.m, sizeof(*o));

	ktimer_setup(&o->t, free_owner, f.m.cpu[0]);
	vcpu_enter(f.m.cpu[0], NULL);
	mod_timer(&o->t, jiffies_now() + 1);
	vcpu_run(f.m.cpu[0], FAKE_START + FAKE_TICK);
	vcpu_leave(f.m.cpu[0]);
	ck_assert_uint_eq(kmem_live(&f.m.kmem), 2); /* the vCPUs */
}
END_TEST

/* Long delays are exact, too: 24 days of jiffies. */
START_TEST(test_long_delay)
{
	struct vcpu *v = f.m.cpu[0];
	struct owner o = { 0 };
	uint64_t at = AFTER(500000000ull), next, n = 0;

	ktimer_setup(&o.t, fire, v);
	vcpu_enter(v, NULL);
	mod_timer(&o.t, jiffies_now() + 500000000ul);
	next = vcpu_run(v, FAKE_START);
	while (next < at && ++n < 20)
		next = vcpu_run(v, next);
	ck_assert_uint_eq(next, at);
	vcpu_run(v, at - 1);
	ck_assert_uint_eq(o.fired, 0);
	vcpu_run(v, at);
	ck_assert_uint_eq(o.fired, 1);
	vcpu_leave(v);
}
END_TEST

/*
 * A wish of another vCPU: granted at the home's next turn; the count of references comes out even.
 */
START_TEST(test_foreign_mod)
{
	struct owner o;

	owner_init(&o, 0);
	vcpu_enter(f.m.cpu[1], NULL);
	owner_mod(&o, jiffies_now() + 2);
	ck_assert(!timer_pending(&o.t));
	ck_assert_int_eq(o.refs, 3); /* ours, the timer's, the wish's */
	ck_assert_int_eq(mod_timer(&o.t, jiffies_now() + 3), 1);
	ck_assert_int_eq(o.refs, 3);
	vcpu_leave(f.m.cpu[1]);
	ck_assert_uint_eq(fake_turn(&f, 0), AFTER(3));
	ck_assert_int_eq(o.refs, 2);
	/* armed already: the second reference comes back */
	vcpu_enter(f.m.cpu[1], NULL);
	owner_mod(&o, jiffies_now() + 4);
	vcpu_leave(f.m.cpu[1]);
	ck_assert_int_eq(o.refs, 4);
	ck_assert_uint_eq(fake_turn(&f, 0), AFTER(4));
	ck_assert_int_eq(o.refs, 2);
	f.now += 4 * FAKE_TICK;
	fake_turn(&f, 0);
	ck_assert_uint_eq(o.fired, 1);
	ck_assert_int_eq(o.refs, 1);
}
END_TEST

START_TEST(test_foreign_del)
{
	struct owner o;

	owner_init(&o, 0);
	vcpu_enter(f.m.cpu[0], NULL);
	owner_mod(&o, jiffies_now() + 2);
	vcpu_leave(f.m.cpu[0]);
	ck_assert_int_eq(o.refs, 2);
	vcpu_enter(f.m.cpu[1], NULL);
	ck_assert_int_eq(del_timer(&o.t), 0);
	vcpu_leave(f.m.cpu[1]);
	ck_assert(timer_pending(&o.t));
	ck_assert_uint_eq(fake_turn(&f, 0), UINT64_MAX);
	ck_assert_int_eq(o.refs, 1);
	/* a wish to arm that is taken back: told so, and nothing is armed */
	vcpu_enter(f.m.cpu[1], NULL);
	owner_mod(&o, jiffies_now() + 2);
	owner_del(&o);
	ck_assert_int_eq(o.refs, 2);
	vcpu_leave(f.m.cpu[1]);
	ck_assert_uint_eq(fake_turn(&f, 0), UINT64_MAX);
	ck_assert_int_eq(o.refs, 1);
	ck_assert_uint_eq(o.fired, 0);
}
END_TEST

/* What the home does later overtakes the wish. */
START_TEST(test_home_overtakes_wish)
{
	struct owner o;

	owner_init(&o, 0);
	vcpu_enter(f.m.cpu[1], NULL);
	owner_mod(&o, jiffies_now() + 50);
	vcpu_leave(f.m.cpu[1]);
	vcpu_enter(f.m.cpu[0], NULL);
	ck_assert_int_eq(mod_timer(&o.t, jiffies_now() + 3), 1);
	ck_assert_uint_eq(vcpu_run(f.m.cpu[0], f.now), AFTER(3));
	ck_assert_int_eq(o.refs, 2);
	vcpu_leave(f.m.cpu[0]);
	/* now it is armed, too: the wish's reference for it is one too many */
	vcpu_enter(f.m.cpu[1], NULL);
	owner_mod(&o, jiffies_now() + 50);
	vcpu_leave(f.m.cpu[1]);
	ck_assert_int_eq(o.refs, 4);
	vcpu_enter(f.m.cpu[0], NULL);
	ck_assert_int_eq(mod_timer(&o.t, jiffies_now() + 3), 1);
	ck_assert_int_eq(o.refs, 3);
	ck_assert_uint_eq(vcpu_run(f.m.cpu[0], f.now), AFTER(3));
	ck_assert_int_eq(o.refs, 2);
	vcpu_leave(f.m.cpu[0]);
	vcpu_enter(f.m.cpu[1], NULL);
	owner_mod(&o, jiffies_now() + 50);
	vcpu_leave(f.m.cpu[1]);
	vcpu_enter(f.m.cpu[0], NULL);
	owner_del(&o);
	ck_assert_uint_eq(vcpu_run(f.m.cpu[0], f.now), UINT64_MAX);
	vcpu_leave(f.m.cpu[0]);
	ck_assert_int_eq(o.refs, 1);
	ck_assert_uint_eq(o.fired, 0);
}
END_TEST

START_TEST(test_del_sync_empties_the_queue)
{
	struct owner o, never;

	owner_init(&o, 0);
	owner_mod(&o, INITIAL_JIFFIES + 9); /* the control thread, outside any vCPU */
	ck_assert_int_eq(del_timer_sync(&o.t), 1);
	put(&o.t);
	ck_assert_int_eq(o.refs, 1);
	ck_assert_uint_eq(fake_turn(&f, 0), UINT64_MAX);
	ktimer_setup(&never.t, fire, NULL);
	ck_assert_int_eq(del_timer_sync(&never.t), 0);
	ck_assert_int_eq(del_timer(&never.t), 0);
}
END_TEST

/* Two threads that wish, one that turns the home: no reference is lost, nothing stays queued. */
#define WISHES 20000
static struct owner contended;

static void *wisher(void *arg)
{
	struct vcpu *v = arg;

	vcpu_enter(v, NULL);
	for (int i = 0; i < WISHES; i++) {
		if (i % 3 == (int)v->id % 3)
			owner_del(&contended);
		else
			owner_mod(&contended, jiffies_now() + (unsigned long)(i % 5));
		if (i % 64 == 0)
			vcpu_run(v, f.now);
	}
	vcpu_leave(v);
	return NULL;
}

START_TEST(test_foreign_threads)
{
	pthread_t t[2];
	struct vcpu *v;

	fake_end(&f);
	memset(&f, 0, sizeof(f));
	fake_begin(&f, 3);
	v = f.m.cpu[0];
	owner_init(&contended, 0);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, wisher, f.m.cpu[i + 1]), 0);
	vcpu_enter(v, NULL);
	for (uint64_t i = 1; i < 20000; i++) {
		vcpu_run(v, AFTER(i));
		if (i % 7 == 0)
			owner_del(&contended);
		if (i % 11 == 0)
			owner_mod(&contended, jiffies_now() + 2);
	}
	vcpu_leave(v);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	vcpu_enter(v, NULL);
	vcpu_run(v, v->now);
	owner_del(&contended);
	ck_assert_uint_eq(vcpu_run(v, v->now), UINT64_MAX);
	vcpu_leave(v);
	ck_assert_int_eq(contended.refs, 1);
	ck_assert_uint_gt(contended.fired, 0);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_exact_at_the_edge, test_mod_and_del_at_home, test_past_is_next_jiffy,
		test_rearms_itself, test_frees_itself, test_long_delay, test_foreign_mod,
		test_foreign_del, test_home_overtakes_wish, test_del_sync_empties_the_queue, NULL,
	};
	Suite *s = suite_of("timer", begin, end, tests);
	TCase *threads = tcase_create("timer-threads");

	tcase_set_timeout(threads, 30);
	tcase_add_checked_fixture(threads, begin, end);
	tcase_add_test(threads, test_foreign_threads);
	suite_add_tcase(s, threads);
	return s;
}
