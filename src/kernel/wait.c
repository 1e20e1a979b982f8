/* SPDX-License-Identifier: MIT */
/*
 * wait.c - wait queues, wake-ups, and the sleep of a blocking call
 *
 * Theory of operation
 *   Called by: blocking socket calls (prepare_to_wait, schedule_timeout), sk_data_ready and friends
 *   (__wake_up_sync_key). Calls: the wake functions of the entries, host_ops.wait, vcpu_run().
 *   Owns: nothing; entries lie on the stacks of their sleepers, who take them off with
 *   finish_wait() before they return.
 *   Threads: a sleeper is inside its vCPU; wakers are inside any vCPU.
 *   Refuses: to sleep inside a softirq, an interrupt, a bh section or a vCPU that was entered from
 *   another one.
 *   A waker holds the queue's lock while it touches a task, and finish_wait() takes
 *   that lock: so the task is alive then.
 *   Mirrors: kernel/sched/{wait,core}.c, kernel/timer.c (schedule_timeout) of Linux 3.13.
 */
#define LOG_SUBSYS "sched"
#include "kernel/wait.h"

#include <errno.h>
#include <stdio.h>

#include "kernel/softirq.h"
#include "kernel/sync.h"

static void __schedule(struct vcpu *v, struct task *t, uint64_t deadline);
static bool deactivate_task(struct vcpu *v, struct task *t, uint64_t wake_ns);
static void finish_task_switch(struct task *t);
static void __wake_up_common(wait_queue_head_t *q, unsigned mode, int nr_exclusive, int flags,
			     void *key);
static void wait_enqueue(wait_queue_head_t *q, wait_queue_t *w, bool tail);
static void wait_dequeue(wait_queue_t *w);

static __always_inline bool task_is_ready(struct task *t)
{
	return load_mb(&t->state) == TASK_RUNNING || signal_pending(t);
}

void __wake_up_sync_key(wait_queue_head_t *q, unsigned mode, int nr_exclusive, void *key)
{
	spin_lock(&q->lock);
	__wake_up_common(q, mode, nr_exclusive, 0, key);
	spin_unlock(&q->lock);
}

static void __wake_up_common(wait_queue_head_t *q, unsigned mode, int nr_exclusive, int flags,
			     void *key)
{
	wait_queue_t *w, *next;

	list_for_each_entry_safe(w, next, &q->task_list, task_list) {
		unsigned wflags = w->flags;

		if (w->func(w, mode, flags, key) && (wflags & WQ_FLAG_EXCLUSIVE) && !--nr_exclusive)
			break;
	}
}

int autoremove_wake_function(wait_queue_t *wait, unsigned mode, int flags, void *key)
{
	int ret = default_wake_function(wait, mode, flags, key);

	if (ret)
		wait_dequeue(wait);
	return ret;
}

int default_wake_function(wait_queue_t *wait, unsigned mode, int flags, void *key)
{
	return try_to_wake_up(wait->private_task, mode, flags);
}

int try_to_wake_up(struct task *t, unsigned mode, int flags)
{
	int state = TASK_INTERRUPTIBLE;
	struct vcpu *v;

	if (!(mode & TASK_INTERRUPTIBLE) || !try_cmpxchg(&t->state, &state, TASK_RUNNING))
		return 0;
	__atomic_fetch_add(&t->nr_wakes, 1, __ATOMIC_RELAXED);
	v = load_mb(&t->sleeps_on);
	if (v)
		vcpu_kick_later(v->m, v->id); /* the queue's lock is held */
	return 1;
}

void task_init(struct task *t, const char *comm, int pid, bool may_sleep)
{
	*t = (struct task){ .pid = pid, .may_sleep = may_sleep };
	snprintf(t->comm, sizeof(t->comm), "%s", comm);
}

void init_waitqueue_head(wait_queue_head_t *q)
{
	*q = (wait_queue_head_t){ .nr = 0 };
	spin_lock_init(&q->lock);
	INIT_LIST_HEAD(&q->task_list);
}

void init_wait_func(wait_queue_t *w, wait_queue_func_t func)
{
	*w = (wait_queue_t){ .private_task = current_task(), .func = func };
	INIT_LIST_HEAD(&w->task_list);
}

void add_wait_queue(wait_queue_head_t *q, wait_queue_t *w)
{
	w->flags &= ~(unsigned)WQ_FLAG_EXCLUSIVE;
	spin_lock(&q->lock);
	wait_enqueue(q, w, false);
	spin_unlock(&q->lock);
}

void remove_wait_queue(wait_queue_head_t *q, wait_queue_t *w)
{
	spin_lock(&q->lock);
	wait_dequeue(w);
	spin_unlock(&q->lock);
}

/*
 * The state is set last, with a full barrier: who changes the condition after our look at it finds
 * us asleep.
 */
void prepare_to_wait(wait_queue_head_t *q, wait_queue_t *w, int state)
{
	w->flags &= ~(unsigned)WQ_FLAG_EXCLUSIVE;
	spin_lock(&q->lock);
	wait_enqueue(q, w, false);
	xchg(&w->private_task->state, state);
	spin_unlock(&q->lock);
}

void prepare_to_wait_exclusive(wait_queue_head_t *q, wait_queue_t *w, int state)
{
	w->flags |= WQ_FLAG_EXCLUSIVE;
	spin_lock(&q->lock);
	wait_enqueue(q, w, true);
	xchg(&w->private_task->state, state);
	spin_unlock(&q->lock);
}

void finish_wait(wait_queue_head_t *q, wait_queue_t *w)
{
	store_mb(&w->private_task->state, TASK_RUNNING);
	spin_lock(&q->lock); /* also when a waker took it off: it may still be at it */
	wait_dequeue(w);
	spin_unlock(&q->lock);
}

static void wait_enqueue(wait_queue_head_t *q, wait_queue_t *w, bool tail)
{
	if (!list_empty(&w->task_list))
		return;
	if (tail)
		list_add_tail(&w->task_list, &q->task_list);
	else
		list_add(&w->task_list, &q->task_list);
	w->head = q;
	WRITE_ONCE(q->nr, q->nr + 1);
}

static void wait_dequeue(wait_queue_t *w)
{
	if (list_empty(&w->task_list))
		return;
	list_del_init(&w->task_list);
	WRITE_ONCE(w->head->nr, w->head->nr - 1);
}

void __might_sleep(const char *file, int line)
{
	struct vcpu *v = this_vcpu();
	const char *where;

	if (likely(!v || !(in_interrupt() || v->bh_count)))
		return;
	where = v->irq_depth ? "an interrupt" : v->in_softirq ? "a softirq" : "a bh section";
	WARN_ONCE(&v->m->log, true, "sleeping call in %s at %s:%d", where, file, line);
}

long schedule_timeout(long timeout)
{
	struct vcpu *v = this_vcpu();
	unsigned long expires;

	might_sleep();
	if (timeout < 0 || !task_can_sleep()) {
		store_mb(&v->current->state, TASK_RUNNING);
		return timeout < 0 ? 0 : timeout;
	}
	if (timeout == MAX_SCHEDULE_TIMEOUT) {
		schedule(UINT64_MAX);
		return timeout;
	}
	expires = v->jiffies + (unsigned long)timeout;
	schedule(jiffies_to_ns(v->m, expires));
	timeout = (long)(expires - v->jiffies);

	return timeout < 0 ? 0 : timeout;
}

void schedule(uint64_t deadline)
{
	struct vcpu *v = this_vcpu();
	struct task *t = v->current;

	BUG_ON(!task_can_sleep());
	t->nr_sleeps++;
	__schedule(v, t, deadline);
}

/*
 * Turn the crank; nothing to turn: hand the vCPU over and let the host wait. Back inside when the
 * task may run.
 */
static void __schedule(struct vcpu *v, struct task *t, uint64_t deadline)
{
	uint64_t next;

	while (!task_is_ready(t)) {
		next = vcpu_run(v, v->now);
		if (task_is_ready(t) || v->now >= deadline)
			break;
		if (!deactivate_task(v, t, next < deadline ? next : deadline))
			store_mb(&t->signalled, 1);
	}
	finish_task_switch(t);
}

/*
 * Off the vCPU until @wake_ns, 0: just give others a turn. Entering again reads the clock (loop
 * top). False: -EINTR.
 */
static bool deactivate_task(struct vcpu *v, struct task *t, uint64_t wake_ns)
{
	struct machine *m = v->m;
	int err = 0;

	store_mb(&t->sleeps_on, v);
	vcpu_step_out(v);
	if (wake_ns && !task_is_ready(t))
		err = m->host->wait(m->host_ctx, wake_ns);
	vcpu_step_in(v, t);
	store_mb(&t->sleeps_on, NULL);

	return err != -EINTR;
}

static void finish_task_switch(struct task *t)
{
	store_mb(&t->state, TASK_RUNNING); /* also after a timeout or a signal */
}

bool signal_pending(const struct task *t)
{
	return READ_ONCE(t->signalled) != 0;
}

bool task_can_sleep(void)
{
	struct vcpu *v = this_vcpu();

	return v && v->current->may_sleep && !in_interrupt() && !v->bh_count && !v->outer &&
	       v->m->host->wait;
}
