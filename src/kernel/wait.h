/* SPDX-License-Identifier: MIT */
#ifndef KERNEL_WAIT_H
#define KERNEL_WAIT_H
/*
 * wait.h - tasks, wait queues and sleeping (mirrors kernel/sched/wait.c; the scheduler itself is
 * the host's)
 *
 * Theory of operation
 *   A task is whoever makes socket calls: an embedding thread, a test, the loop itself. A blocking
 *   call queues a wait entry, gives its locks back and calls schedule_timeout(): the task leaves
 *   its vCPU and asks the host to wait (host_ops.wait), turning the crank in between, until
 *   try_to_wake_up() made it runnable or the time is over. A task that may not sleep (interrupt
 *   context, host without wait) gets its whole timeout back at once and the call answers -EAGAIN.
 *   Several tasks may sleep on one vCPU; each turns the crank when it wakes. A signal
 *   (task.signalled, or -EINTR of host_ops.wait) ends the sleep and lasts until the task leaves its
 *   vCPU. The queue's lock is a leaf: nothing is called under it but the entry's wake function.
 */
#include "kernel/vcpu.h"
#include "lib/list.h"
#include "lib/spinlock.h"

enum task_state { TASK_RUNNING, TASK_INTERRUPTIBLE };

struct task {
	char comm[16];
	int pid;
	int state;
	int signalled; /* the host wants blocking calls to end with -EINTR */
	bool may_sleep;
	unsigned long nr_sleeps; /* by the task itself */
	unsigned long nr_wakes;	 /* [A] */
	/* [A] vCPU that it left for host_ops.wait; its waker kicks that one */
	struct vcpu *sleeps_on;
};

typedef struct wait_queue_head {
	spinlock_t lock;
	struct list_head task_list; /* [L:lock] */
	unsigned nr;		    /* [A] entries, written under the lock */
} wait_queue_head_t;

struct wait_queue;
typedef int (*wait_queue_func_t)(struct wait_queue *wait, unsigned mode, int flags, void *key);

#define WQ_FLAG_EXCLUSIVE 1

typedef struct wait_queue {
	unsigned flags;
	struct task *private_task;
	wait_queue_func_t func;
	wait_queue_head_t *head; /* [L:head->lock] where it hangs */
	struct list_head task_list;
} wait_queue_t;

#define MAX_SCHEDULE_TIMEOUT ((long)(~0UL >> 1))

void task_init(struct task *t, const char *comm, int pid, bool may_sleep);
#define current_task() (this_vcpu()->current)

void init_waitqueue_head(wait_queue_head_t *q);
/* Entry of the current task that takes itself off the queue when woken. */
void init_wait_func(wait_queue_t *w, wait_queue_func_t func);
int autoremove_wake_function(wait_queue_t *wait, unsigned mode, int flags, void *key);
int default_wake_function(wait_queue_t *wait, unsigned mode, int flags, void *key);
/* Make @t runnable: 1 when it was asleep. */
int try_to_wake_up(struct task *t, unsigned mode, int flags);

void add_wait_queue(wait_queue_head_t *q, wait_queue_t *w);
void remove_wait_queue(wait_queue_head_t *q, wait_queue_t *w);
void prepare_to_wait(wait_queue_head_t *q, wait_queue_t *w, int state);
void prepare_to_wait_exclusive(wait_queue_head_t *q, wait_queue_t *w, int state);
void finish_wait(wait_queue_head_t *q, wait_queue_t *w);

static __always_inline bool waitqueue_active(const wait_queue_head_t *q)
{
	return READ_ONCE(q->nr) != 0;
}

/*
 * The same for a waker that wrote its condition just before, on whatever CPU the sleeper is: full
 * barrier, then the look.
 */
static __always_inline bool wq_has_sleeper(wait_queue_head_t *q)
{
	return __atomic_fetch_add(&q->nr, 0, __ATOMIC_SEQ_CST) != 0;
}

/* Wake all non-exclusive waiters and @nr_exclusive exclusive ones; @key: poll bits. */
void __wake_up_sync_key(wait_queue_head_t *q, unsigned mode, int nr_exclusive, void *key);
#define wake_up_interruptible_sync_poll(q, mask) \
	__wake_up_sync_key(q, TASK_INTERRUPTIBLE, 1, (void *)(unsigned long)(mask))

/*
 * Says once, with its place, that a call which may sleep was made in a softirq, an interrupt or a
 * bh section.
 */
void __might_sleep(const char *file, int line);
#define might_sleep() __might_sleep(__FILE__, __LINE__)

/**
 * schedule_timeout() - sleep until woken or @timeout jiffies passed
 *
 * The caller holds no lock and is inside its vCPU, outside softirqs; it is back inside on return
 * (the same vCPU).
 * Return: jiffies left, 0 when the time is over; MAX_SCHEDULE_TIMEOUT never times out.
 */
long schedule_timeout(long timeout);
/*
 * The hand-over to the host, for a task that can sleep (task_can_sleep()): leaves the vCPU, turns
 * the crank and waits until runnable or @deadline.
 */
void schedule(uint64_t deadline);
bool signal_pending(const struct task *t);
/*
 * True when the current task could sleep: it may, we are not in interrupt context, and the host can
 * wait.
 */
bool task_can_sleep(void);

#endif
