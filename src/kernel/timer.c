/* SPDX-License-Identifier: MIT */
/*
 * timer.c - timers in jiffies on the wheel of their home vCPU
 *
 * Theory of operation
 *   Called by: __do_softirq() (run_timer_softirq), vcpu_run() (wishes), everyone who times
 *   (mod_timer, del_timer). Calls: lib/wheel.h, the timers' functions.
 *   Owns: nothing; timers lie in their owners.
 *   Threads: the home vCPU acts; any other thread leaves a wish, the last of which counts. A wish
 *   is an operation (remote.op) and, while remote.queued, a place on the home's list, for which it
 *   holds a reference of its own.
 *   Refuses: a wish for a timer that has no home yet.
 *   Mirrors: kernel/timer.c of Linux 3.13, without its lock.
 */
#include "kernel/timer.h"

#include "kernel/softirq.h"
#include "kernel/sync.h"

enum { WISH_NONE, WISH_MOD, WISH_DEL };

static void call_timer_fn(struct timer_list *timer);
static int timer_take_wish(struct ktimer *t);
static int timer_wish(struct ktimer *t, int op);
static void timer_get(struct ktimer *t);
static void timer_put(struct ktimer *t);
static bool timer_arm(struct ktimer *t, unsigned long expires);
static bool timer_disarm(struct ktimer *t);
static void timer_grant(struct ktimer *t);

void run_timer_softirq(struct vcpu *v)
{
	wheel_advance(&v->wheel, v->jiffies);
	v->timer_dirty = true;
}

static void call_timer_fn(struct timer_list *timer)
{
	struct ktimer *t = container_of(timer, struct ktimer, t);

	t->fn(t);
}

void ktimer_setup(struct ktimer *t, void (*fn)(struct ktimer *), struct vcpu *home)
{
	*t = (struct ktimer){ .home = home, .fn = fn };
	timer_setup(&t->t, call_timer_fn, 0);
}

int mod_timer(struct ktimer *t, unsigned long expires)
{
	bool pending;
	int wish;

	if (unlikely(!t->home)) {
		BUG_ON(!this_vcpu());
		t->home = this_vcpu();
	}
	if (unlikely(this_vcpu() != t->home)) {
		WRITE_ONCE(t->remote.expires, expires);
		return timer_wish(t, WISH_MOD);
	}
	wish = timer_take_wish(t);
	pending = timer_arm(t, expires);
	if (likely(wish != WISH_MOD))
		return pending;
	/* Its sender counted one reference, the armed timer another: one of them is too many. */
	if (pending)
		timer_put(t);
	return 1;
}

int del_timer(struct ktimer *t)
{
	bool pending;
	int wish;

	if (unlikely(!t->home))
		return 0;
	if (unlikely(this_vcpu() != t->home))
		return timer_wish(t, WISH_DEL);
	wish = timer_take_wish(t);
	pending = timer_disarm(t);
	if (likely(wish != WISH_MOD))
		return pending;
	if (pending)
		timer_put(t);
	return 1;
}

int del_timer_sync(struct ktimer *t)
{
	struct vcpu *home = t->home;
	bool pending;

	if (!home)
		return 0;
	BUG_ON(!vcpu_is_inside(home) && load_mb(&home->entered) && !READ_ONCE(home->m->stopped));
	if (load_mb(&t->remote.queued))
		timer_take_remote(home);
	pending = timer_disarm(t);

	return pending;
}

/* What another CPU wants and nobody has carried out yet is overtaken by what its home does now. */
static int timer_take_wish(struct ktimer *t)
{
	if (likely(!READ_ONCE(t->remote.op)))
		return WISH_NONE;
	return xchg(&t->remote.op, WISH_NONE);
}

/*
 * Leave @op for the home. A wish that it replaces is never carried out: one to arm had a reference
 * counted for it, which is ours now (mod) or the caller's to give back (del): both are told by 1.
 */
static int timer_wish(struct ktimer *t, int op)
{
	struct vcpu *home = t->home;
	int old = xchg(&t->remote.op, op);

	if (xchg(&t->remote.queued, 1))
		return old == WISH_MOD;
	timer_get(t);
	t->remote.next = READ_ONCE(home->timer_head);
	while (!try_cmpxchg(&home->timer_head, &t->remote.next, &t->remote))
		;
	vcpu_post(home, VCPU_WORK_TIMER);

	return old == WISH_MOD;
}

void timer_take_remote(struct vcpu *v)
{
	struct timer_remote *r = xchg(&v->timer_head, NULL), *next, *prev = NULL;

	for (; r; r = next) {
		next = r->next;
		r->next = prev;
		prev = r;
	}
	for (r = prev; r; r = next) {
		struct ktimer *t = container_of(r, struct ktimer, remote);

		next = r->next;
		store_mb(&r->queued, 0); /* a wish from now on queues again */
		timer_grant(t);
		timer_put(t);
	}
}

static void timer_grant(struct ktimer *t)
{
	int op = timer_take_wish(t);
	bool surplus = false;

	if (op == WISH_MOD)
		surplus = timer_arm(t, READ_ONCE(t->remote.expires));
	else if (op == WISH_DEL)
		surplus = timer_disarm(t);
	if (surplus)
		timer_put(t);
}

static void timer_get(struct ktimer *t)
{
	if (t->ref)
		t->ref->get(t);
}

static void timer_put(struct ktimer *t)
{
	if (t->ref)
		t->ref->put(t);
}

/* A time that is not in the future is the next jiffy, whatever the wheel has seen of the time. */
static bool timer_arm(struct ktimer *t, unsigned long expires)
{
	struct vcpu *v = t->home;

	if (time_before_eq(expires, v->jiffies))
		expires = v->jiffies + 1;
	v->timer_dirty = true;
	return wheel_mod(&v->wheel, &t->t, expires);
}

static bool timer_disarm(struct ktimer *t)
{
	t->home->timer_dirty = true;
	return wheel_del(&t->t);
}
