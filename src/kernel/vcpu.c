/* SPDX-License-Identifier: MIT */
/*
 * vcpu.c - entering, turning and leaving a virtual CPU
 *
 * Theory of operation
 *   The host's thread calls vcpu_enter(), vcpu_run() until it says when to come back, vcpu_leave(),
 *   and sleeps. vcpu_run() calls the other files of this room: smp.c (calls), timer.c (wishes),
 *   irq.c (do_IRQ), softirq.c. With nothing pending it is a handful of loads.
 *   Owns: the word that says who is inside (entered), the list of marked doorbells, the time of the
 *   vCPU. Frees nothing but the vCPU itself.
 *   Threads: vcpu_irq(), vcpu_post() and doorbell_mark() any; the rest by the thread inside.
 *   Refuses: to be entered twice by one thread, to be left or turned inside a softirq, an interrupt
 *   or a bh section.
 *   Mirrors: the cpu_idle loop, kernel/softirq.c (ksoftirqd).
 *
 *   The deadline that a sleeping host knows is vcpu->told. Whoever leaves the vCPU with less than
 *   that (a call armed a timer, a function raised a softirq) kicks the host, so no thread has to
 *   know what others armed.
 */
#include "kernel/vcpu.h"

#include <stdio.h>

#include "kernel/futex.h"
#include "kernel/irq.h"
#include "kernel/qsbr.h"
#include "kernel/smp.h"
#include "kernel/softirq.h"
#include "kernel/sync.h"
#include "kernel/timer.h"
#include "kernel/wait.h"
#include "trace/trace.h"

/* A vCPU and the task of its loop: one block. */
struct vcpu_block {
	struct vcpu v;
	struct task loop;
};

_Thread_local struct vcpu *current_vcpu;

static void vcpu_acquire_slow(struct vcpu *v);
static void vcpu_take_work(struct vcpu *v);
static void vcpu_timer_due(struct vcpu *v);
static void vcpu_next_timer(struct vcpu *v);
static void vcpu_next_tick(struct vcpu *v);
static void vcpu_ring_doorbells(struct vcpu *v);
static void vcpu_send_kicks(struct vcpu *v);
static void vcpu_tell_host(struct vcpu *v);
static void doorbell_take_remote(struct vcpu *v);

static __always_inline void vcpu_set_time(struct vcpu *v, uint64_t now)
{
	if (now > v->now) /* a host clock that steps back stands still for us */
		v->now = now;
	if (unlikely(v->now >= v->tick_end))
		vcpu_next_tick(v);
}

static __always_inline bool vcpu_has_work(struct vcpu *v)
{
	return v->softirq_pending | READ_ONCE(v->irq_any) |
	       READ_ONCE(v->work_any);
}

static __always_inline uint64_t vcpu_deadline(struct vcpu *v)
{
	if (unlikely(vcpu_has_work(v) || !list_empty(&v->doorbells)))
		return 0;
	if (unlikely(v->timer_dirty))
		vcpu_next_timer(v);
	return v->timer_ns;
}

void vcpu_irq(struct vcpu *v, unsigned vector)
{
	BUG_ON(vector >= NR_IRQS);
	__atomic_fetch_or(&v->irq_pending[vector / 64], 1ull << (vector % 64), __ATOMIC_RELEASE);
	smp_store_release(&v->irq_any, 1);
}

void vcpu_enter(struct vcpu *v, struct task *task)
{
	vcpu_step_in(v, task);
}

void vcpu_step_in(struct vcpu *v, struct task *task)
{
	int idle = 0;

	/* An odd gate means smp_stop(): it has or wants the vCPU. */
	if (unlikely(READ_ONCE(v->m->stop_gate) & 1) ||
	    unlikely(!try_cmpxchg(&v->entered, &idle, 1)))
		vcpu_acquire_slow(v);
	v->outer = current_vcpu;
	if (!v->outer)
		rcu_vcpu_online();
	current_vcpu = v;
	v->current = task ? task : v->idle_task;
	vcpu_update_time(v);
	vcpu_trace(v);
}

uint64_t vcpu_run(struct vcpu *v, uint64_t now)
{
	BUG_ON(v != current_vcpu || v->in_softirq || v->bh_count || v->irq_depth);
	vcpu_count(&v->runs);
	vcpu_set_time(v, now);
	if (unlikely(!READ_ONCE(v->served)) && v->m->host->kick && !rtnl_is_owner(v->m))
		vcpu_serve(v);
	if (unlikely(READ_ONCE(v->m->stop_gate) & 1))
		smp_park(v);
	if (unlikely(READ_ONCE(v->work_any)))
		vcpu_take_work(v);
	local_irq_window();
	if (unlikely(v->timer_dirty))
		vcpu_next_timer(v);
	if (unlikely(v->now >= v->timer_ns))
		vcpu_timer_due(v);
	if (v->softirq_pending)
		run_ksoftirqd(v);
	if (unlikely(!list_empty(&v->doorbells)))
		vcpu_ring_doorbells(v);
	if (unlikely(v->kicks))
		vcpu_send_kicks(v);
	if (!v->outer)
		rcu_vcpu_quiescent();

	return v->told = vcpu_deadline(v);
}

void vcpu_leave(struct vcpu *v)
{
	BUG_ON(v != current_vcpu);
	if (unlikely(!list_empty(&v->doorbells)))
		vcpu_ring_doorbells(v);
	if (unlikely(READ_ONCE(v->current->signalled)))
		store_mb(&v->current->signalled, 0); /* the call that it ended is over */
	vcpu_step_out(v);
}

void vcpu_step_out(struct vcpu *v)
{
	struct machine *m = v->m;

	BUG_ON(v != current_vcpu || v->in_softirq || v->bh_count || v->irq_depth);
	if (unlikely(v->kicks))
		vcpu_send_kicks(v);
	if (m->host->kick)
		vcpu_tell_host(v);
	if (unlikely(trace_thread.ring))
		trace_leave();
	v->current = v->idle_task;
	current_vcpu = v->outer;
	if (unlikely(v->outer))
		vcpu_trace(v->outer);
	if (!v->outer)
		rcu_vcpu_offline();
	if (unlikely(xchg(&v->entered, 0) == 2))
		futex_wake(&v->entered, 1);
	/*
	 * Ordered after the exchange: either smp_stop() finds the vCPU free or we find its gate
	 * shut.
	 */
	if (unlikely(load_mb(&m->stop_gate) & 1))
		smp_stop_notify(m);
}

void vcpu_trace(struct vcpu *v)
{
	if (unlikely(READ_ONCE(trace_state.armed)))
		trace_enter(v->slot[VCPU_SLOT_TRACE], (uint32_t)v->current->pid, v->current->comm);
	else if (unlikely(trace_thread.ring))
		trace_leave();
}

void vcpu_serve(struct vcpu *v)
{
	if (v->m->host->kick)
		store_mb(&v->served, true);
}

void vcpu_retire(struct vcpu *v)
{
	store_mb(&v->served, false);
	vcpu_enter(v, NULL);
	smp_run_queue(v); /* callers that pushed before they could see it */
	vcpu_leave(v);
}

/*
 * Someone is inside, or smp_stop() is in force. The word says 2 while anyone may sleep on it, so
 * that its owner wakes one.
 */
static void vcpu_acquire_slow(struct vcpu *v)
{
	struct machine *m = v->m;

	BUG_ON(vcpu_is_inside(v)); /* it would wait for itself */
	for (;;) {
		int gate = load_mb(&m->stop_gate);
		int seen = 0;

		if (gate & 1) {
			BUG_ON(rtnl_is_owner(m)); /* so would the one who stopped it */
			futex_wait(&m->stop_gate, gate);
			continue;
		}
		if (try_cmpxchg(&v->entered, &seen, 2))
			return;
		if (seen == 2 || try_cmpxchg(&v->entered, &seen, 2))
			futex_wait(&v->entered, 2);
	}
}

/* The bits first, the lists after: a push that comes in between sets its bit again. */
static void vcpu_take_work(struct vcpu *v)
{
	uint32_t work = xchg(&v->work_any, 0);

	if (work & VCPU_WORK_IPI)
		smp_run_queue(v);
	if (work & VCPU_WORK_TIMER)
		timer_take_remote(v);
	if (work & VCPU_WORK_BELL)
		doorbell_take_remote(v);
}

/* The loop's own timer interrupt. */
static void vcpu_timer_due(struct vcpu *v)
{
	vcpu_count(&v->timer_count);
	__raise_softirq_irqoff(TIMER_SOFTIRQ);
}

static void vcpu_next_timer(struct vcpu *v)
{
	unsigned long expires;

	v->timer_ns = wheel_next(&v->wheel, &expires) ? jiffies_to_ns(v->m, expires) : UINT64_MAX;
	v->timer_dirty = false;
}

static void vcpu_next_tick(struct vcpu *v)
{
	v->jiffies = machine_jiffies(v->m, v->now);
	v->tick_end = jiffies_to_ns(v->m, v->jiffies + 1);
}

void vcpu_update_time(struct vcpu *v)
{
	vcpu_set_time(v, machine_now(v->m));
}

/* Only those marked by now: a bell that marks itself again waits for the next run. */
static void vcpu_ring_doorbells(struct vcpu *v)
{
	LIST_HEAD(bells);

	list_splice_init(&v->doorbells, &bells);
	while (!list_empty(&bells)) {
		struct doorbell *bell = list_first_entry(&bells, struct doorbell, node);

		list_del_init(&bell->node);
		bell->ring(bell); /* may free it, mark others, cancel others */
	}
}

static void vcpu_send_kicks(struct vcpu *v)
{
	uint64_t kicks = v->kicks;

	v->kicks = 0;
	for (; kicks; kicks &= kicks - 1)
		v->m->host->kick(v->m->host_ctx, (unsigned)__builtin_ctzll(kicks));
}

static void vcpu_tell_host(struct vcpu *v)
{
	uint64_t deadline = vcpu_deadline(v);

	if (likely(deadline >= v->told))
		return;
	v->told = deadline;
	v->m->host->kick(v->m->host_ctx, v->id);
}

void vcpu_post(struct vcpu *v, uint32_t work)
{
	uint32_t old = __atomic_fetch_or(&v->work_any, work, __ATOMIC_SEQ_CST);

	/*
	 * Not empty before: its poster has kicked. From inside, vcpu_run() or vcpu_leave() sees it.
	 */
	if (!old && current_vcpu != v && v->m->host->kick)
		v->m->host->kick(v->m->host_ctx, v->id);
}

void vcpu_kick_later(struct machine *m, unsigned cpu)
{
	struct vcpu *v = this_vcpu();

	if (!m->host->kick)
		return;
	if (v && v->m == m)
		v->kicks |= 1ull << cpu;
	else
		m->host->kick(m->host_ctx, cpu);
}

void doorbell_init(struct doorbell *bell, struct vcpu *home, void (*ring)(struct doorbell *))
{
	*bell = (struct doorbell){ .ring = ring, .home = home };
	INIT_LIST_HEAD(&bell->node);
}

void doorbell_mark(struct doorbell *bell)
{
	struct vcpu *home = bell->home;

	if (likely(current_vcpu == home)) {
		if (list_empty(&bell->node))
			list_add_tail(&bell->node, &home->doorbells);
		return;
	}
	if (xchg(&bell->marked, 1))
		return;
	bell->next_remote = READ_ONCE(home->bell_head);
	while (!try_cmpxchg(&home->bell_head, &bell->next_remote, bell))
		;
	vcpu_post(home, VCPU_WORK_BELL);
}

/* Marks from elsewhere join the list; in the order of marking. */
static void doorbell_take_remote(struct vcpu *v)
{
	struct doorbell *bell = xchg(&v->bell_head, NULL), *prev = NULL, *next;

	for (; bell; bell = next) {
		next = bell->next_remote;
		bell->next_remote = prev;
		prev = bell;
	}
	for (bell = prev; bell; bell = next) {
		next = bell->next_remote;
		store_mb(&bell->marked, 0); /* a mark from now on is a new one */
		if (list_empty(&bell->node))
			list_add_tail(&bell->node, &v->doorbells);
	}
}

void doorbell_cancel(struct doorbell *bell)
{
	if (load_mb(&bell->marked))
		doorbell_take_remote(bell->home);
	list_del_init(&bell->node);
}

struct vcpu *vcpu_create(struct machine *m, unsigned id)
{
	struct vcpu_block *b = kmem_zalloc(&m->kmem, sizeof(*b));
	char comm[sizeof(b->loop.comm)];

	if (!b)
		return NULL;
	snprintf(comm, sizeof(comm), "ksoftirqd/%u", id);
	task_init(&b->loop, comm, (int)id, false);
	b->v.m = m;
	b->v.id = id;
	b->v.idle_task = b->v.current = &b->loop;
	b->v.now = m->boot_ns;
	b->v.timer_ns = UINT64_MAX;
	vcpu_next_tick(&b->v);
	wheel_init(&b->v.wheel, b->v.jiffies);
	INIT_LIST_HEAD(&b->v.doorbells);
	rng_fork(&m->rng, &b->v.rng);

	return &b->v;
}

void vcpu_destroy(struct vcpu *v)
{
	if (v)
		kmem_free(&v->m->kmem, container_of(v, struct vcpu_block, v));
}
