/* SPDX-License-Identifier: MIT */
#ifndef KERNEL_TIMER_H
#define KERNEL_TIMER_H
/*
 * timer.h - timers in jiffies (mirrors kernel/time/timer.c)
 *
 * Theory of operation
 *   Each timer has a home vCPU whose wheel it hangs on and whose TIMER softirq runs it. mod_timer()
 *   and del_timer() on the home vCPU act at once; from another vCPU the wish is sent to the home
 *   (lock-free), which acts at its next loop top: a timer may therefore still fire once after a
 *   foreign del_timer(); its owner must hold a reference while it is armed, as Linux code does.
 *   From the control thread use smp_call(). A timer function runs in softirq context and may re-arm
 *   or free its own timer.
 *
 *   References: as in Linux the owner counts one reference for an armed timer: taken when
 *   mod_timer() says 0, given back when del_timer() says 1, else by the timer function. Foreign
 *   calls keep this rule through ktimer_ref: a mod that finds the timer armed after all, or a del
 *   that disarms it, gives the surplus reference back at the home; a wish on its way holds one of
 *   its own. Owners that do not count leave it NULL and disarm at home.
 */
#include "kernel/vcpu.h"

struct ktimer;

/* A wish from another CPU, linked into the home's queue; at most one per timer at a time. */
struct timer_remote {
	struct timer_remote *next;
	unsigned long expires;
	int op; /* 0 idle, 1 mod, 2 del */
	int queued;
};

/* How an owner is counted; both run in any context, put() may free the owner. */
struct ktimer_ref {
	void (*get)(struct ktimer *t);
	void (*put)(struct ktimer *t);
};

struct ktimer {
	struct timer_list t; /* lib/wheel.h: entry, expires, function */
	struct vcpu *home;
	void (*fn)(struct ktimer *);
	const struct ktimer_ref *ref; /* NULL; the owner may set it after ktimer_setup() */
	struct timer_remote remote;
};

/* The struct around a timer: from_timer(), lib/wheel.h. */

/* Initialise; @home NULL means the vCPU that first arms it. */
void ktimer_setup(struct ktimer *t, void (*fn)(struct ktimer *), struct vcpu *home);
/*
 * (Re)arm for jiffies @expires: 1 when it was pending, else 0. From elsewhere 0, or 1 when an
 * earlier wish to arm it was replaced.
 */
int mod_timer(struct ktimer *t, unsigned long expires);
/* Disarm: 1 when it was pending. From elsewhere 0, or 1 when a wish to arm it was taken back. */
int del_timer(struct ktimer *t);
/*
 * Disarm and be sure that it is not queued anywhere: home vCPU, or any thread when no vCPU runs
 * (smp_stop, teardown).
 */
int del_timer_sync(struct ktimer *t);

static __always_inline bool timer_pending(const struct ktimer *t)
{
	return wheel_timer_pending(&t->t);
}

/* TIMER_SOFTIRQ: run what is due. Registered by machine_init(). */
void run_timer_softirq(struct vcpu *v);
/* Loop top: carry out wishes of other vCPUs. */
void timer_take_remote(struct vcpu *v);

#endif
