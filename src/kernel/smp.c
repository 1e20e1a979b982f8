/* SPDX-License-Identifier: MIT */
/*
 * smp.c - calls to other virtual CPUs, and stopping them all
 *
 * Theory of operation
 *   Called by: the control thread, rps (smp_call_async), vcpu_run() (smp_run_queue, smp_park).
 *   Calls: the functions that are sent.
 *   Owns: nothing; struct smp_work lies with its sender until its function ran.
 *   Threads: see the header. All waits are on a futex word; none is held by a lock.
 *   Refuses: to wait while a softirq, an interrupt or a bh section is open.
 *
 *   smp_stop() counts a vCPU as still when it parked at its loop top (parked says for which stop),
 *   or when it was free: then its entered word is taken, so that vcpu_enter() sleeps, or when the
 *   stopping thread itself is inside it.
 *   Mirrors: kernel/smp.c, kernel/stop_machine.c.
 */
#include "kernel/smp.h"

#include "kernel/futex.h"
#include "kernel/qsbr.h"
#include "kernel/sync.h"

static bool smp_is_still(struct vcpu *v);
static void smp_call_here(struct vcpu *v, void (*fn)(void *arg), void *arg);
static void smp_call_wait(struct vcpu *v, void (*fn)(void *arg), void *arg);
static void smp_call_enter(struct vcpu *v, void (*fn)(void *arg), void *arg);
static struct vcpu *smp_step_out(struct task **ret_task);
static void smp_step_in(struct vcpu *me, struct task *task);
static void smp_wait_still(struct vcpu *v, int gate);

void smp_call(struct machine *m, unsigned cpu, void (*fn)(void *arg), void *arg)
{
	struct vcpu *v;

	BUG_ON(cpu >= m->nr_cpus);
	v = m->cpu[cpu];
	if (this_vcpu() == v) {
		fn(arg);
	} else if (smp_is_still(v)) {
		smp_call_here(v, fn, arg);
	} else if (m->host->kick && load_mb(&v->served)) {
		smp_call_wait(v, fn, arg);
	} else {
		smp_call_enter(v, fn, arg);
	}
}

void smp_call_all(struct machine *m, void (*fn)(void *arg), void *arg)
{
	for (unsigned cpu = 0; cpu < m->nr_cpus; cpu++)
		smp_call(m, cpu, fn, arg);
}

/* Nobody else can be inside: we are, further out, or we stopped it. */
static bool smp_is_still(struct vcpu *v)
{
	return (READ_ONCE(v->m->stopped) && rtnl_is_owner(v->m)) || vcpu_is_inside(v);
}

static void smp_call_here(struct vcpu *v, void (*fn)(void *arg), void *arg)
{
	struct vcpu *me = current_vcpu;

	current_vcpu = v;
	fn(arg);
	current_vcpu = me;
}

static void smp_call_wait(struct vcpu *v, void (*fn)(void *arg), void *arg)
{
	int done = 0;
	struct smp_work w = { .fn = fn, .arg = arg, .done = &done };
	struct task *task = NULL;
	struct vcpu *me = smp_step_out(&task);

	smp_call_async(v->m, v->id, &w);
	if (!load_mb(&v->served)) { /* its thread ended before it could see us */
		vcpu_enter(v, NULL);
		smp_run_queue(v);
		vcpu_leave(v);
	}
	while (!load_mb(&done))
		futex_wait(&done, 0);
	smp_step_in(me, task);
}

/*
 * Nobody turns it: we are its thread for the time of the call. On a host with threads we may have
 * to wait for our turn.
 */
static void smp_call_enter(struct vcpu *v, void (*fn)(void *arg), void *arg)
{
	struct task *task = NULL;
	struct vcpu *me = v->m->host->kick ? smp_step_out(&task) : NULL;

	vcpu_enter(v, NULL);
	fn(arg);
	vcpu_leave(v);
	smp_step_in(me, task);
}

/*
 * Who waits for one vCPU keeps no other one: neither its peers nor smp_stop() shall wait for a
 * waiter.
 */
static struct vcpu *smp_step_out(struct task **ret_task)
{
	struct vcpu *me = this_vcpu();

	if (me) {
		BUG_ON(me->outer);
		*ret_task = me->current;
		vcpu_step_out(me);
	}
	return me;
}

static void smp_step_in(struct vcpu *me, struct task *task)
{
	if (me)
		vcpu_step_in(me, task);
}

void smp_call_async(struct machine *m, unsigned cpu, struct smp_work *w)
{
	struct vcpu *v;

	BUG_ON(cpu >= m->nr_cpus);
	v = m->cpu[cpu];
	w->next = READ_ONCE(v->ipi_head);
	while (!try_cmpxchg(&v->ipi_head, &w->next, w))
		;
	vcpu_post(v, VCPU_WORK_IPI);
}

void smp_run_queue(struct vcpu *v)
{
	struct smp_work *w = xchg(&v->ipi_head, NULL), *next, *prev = NULL;

	for (; w; w = next) {
		next = w->next;
		w->next = prev;
		prev = w;
	}
	for (w = prev; w; w = next) {
		int *done = w->done;

		next = w->next;
		vcpu_count(&v->ipi_count);
		w->fn(w->arg); /* @w may be gone from here on */
		if (!done)
			continue;
		store_mb(done, 1);
		futex_wake(done, 1);
	}
}

void smp_stop(struct machine *m)
{
	struct vcpu *v;
	int gate;

	ASSERT_RTNL(m);
	BUG_ON(m->stopped || (this_vcpu() && this_vcpu()->m == m && m->host->kick));
	gate = __atomic_fetch_add(&m->stop_gate, 1, __ATOMIC_SEQ_CST) + 1;
	for_each_vcpu(v, m)
		if (m->host->kick && load_mb(&v->entered))
			m->host->kick(m->host_ctx, v->id);
	for_each_vcpu(v, m)
		smp_wait_still(v, gate);
	WRITE_ONCE(m->stopped, true);
}

static void smp_wait_still(struct vcpu *v, int gate)
{
	struct machine *m = v->m;

	if (vcpu_is_inside(v))
		return;
	for (;;) {
		/* first: what happens after it ends the wait */
		int event = load_mb(&m->stop_event);
		int idle = 0;

		if (load_mb(&v->parked) == gate)
			return;
		if (try_cmpxchg(&v->entered, &idle, 2)) {
			v->held = true;
			return;
		}
		futex_wait(&m->stop_event, event);
	}
}

void smp_start(struct machine *m)
{
	struct vcpu *v;

	ASSERT_RTNL(m);
	BUG_ON(!m->stopped);
	WRITE_ONCE(m->stopped, false);
	for_each_vcpu(v, m) {
		if (!v->held)
			continue;
		v->held = false;
		store_mb(&v->entered, 0);
		futex_wake(&v->entered, 1);
	}
	__atomic_fetch_add(&m->stop_gate, 1, __ATOMIC_SEQ_CST);
	futex_wake(&m->stop_gate, INT_MAX);
}

void smp_park(struct vcpu *v)
{
	struct machine *m = v->m;
	int gate = load_mb(&m->stop_gate);

	if (!(gate & 1) || (rtnl_is_owner(m) && m->stopped))
		return;
	if (!v->outer)
		rcu_vcpu_offline();
	for (; gate & 1; gate = load_mb(&m->stop_gate)) {
		store_mb(&v->parked, gate);
		smp_stop_notify(m);
		futex_wait(&m->stop_gate, gate);
	}
	if (!v->outer)
		rcu_vcpu_online();
	vcpu_update_time(v);
	vcpu_trace(v); /* the tracer may be why we stood still */
}

void smp_stop_notify(struct machine *m)
{
	__atomic_fetch_add(&m->stop_event, 1, __ATOMIC_SEQ_CST);
	futex_wake(&m->stop_event, 1);
}
