/* SPDX-License-Identifier: MIT */
/*
 * rcu.c - freeing after a grace period
 *
 * Theory of operation
 *   Called by: writers (call_rcu, synchronize_rcu, rcu_barrier), __do_softirq() (rcu_bh_qs). Calls:
 *   qsbr.c.
 *   Owns: the garbage list of a machine until rcu_barrier() hands it to its functions.
 *   Threads: call_rcu() any; the waits the control thread, outside any vCPU.
 *   Refuses: to wait for a grace period inside a vCPU: it would wait for itself.
 *   Mirrors: kernel/rcu.
 */
#include "kernel/rcu.h"

#include "kernel/sync.h"
#include "kernel/vcpu.h"

static void rcu_run_garbage(struct machine *m, struct rcu_head *head);

void rcu_bh_qs(struct vcpu *v)
{
	v->rcu_bh_count++;
}

void call_rcu(struct machine *m, struct rcu_head *head, void (*func)(struct rcu_head *))
{
	head->func = func;
	head->next = READ_ONCE(m->rcu_garbage);
	while (!try_cmpxchg(&m->rcu_garbage, &head->next, head))
		;
	__atomic_fetch_add(&m->nr_garbage, 1, __ATOMIC_RELAXED);
}

void synchronize_rcu(struct machine *m)
{
	BUG_ON(this_vcpu());
	rcu_wait_grace_period();
}

void rcu_barrier(struct machine *m)
{
	struct rcu_head *head;

	while ((head = __atomic_exchange_n(&m->rcu_garbage, NULL, __ATOMIC_ACQUIRE))) {
		synchronize_rcu(m);
		rcu_run_garbage(m, head);
	}
}

/* In the order of call_rcu(). */
static void rcu_run_garbage(struct machine *m, struct rcu_head *head)
{
	struct rcu_head *prev = NULL, *next;

	for (; head; head = next) {
		next = head->next;
		head->next = prev;
		prev = head;
	}
	for (head = prev; head; head = next) {
		next = head->next;
		head->func(head);
		__atomic_fetch_sub(&m->nr_garbage, 1, __ATOMIC_RELAXED);
	}
}
