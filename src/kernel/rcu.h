/* SPDX-License-Identifier: MIT */
#ifndef KERNEL_RCU_H
#define KERNEL_RCU_H
/*
 * rcu.h - read-copy-update under the kernel's names, on liburcu's QSBR flavour
 *
 * Theory of operation
 *   The reader is the vCPU: online between vcpu_enter() and vcpu_leave(), one quiescent state per
 *   vcpu_run(). The read side compiles to nothing. Writers are the control thread (RTNL) and, for
 *   call_rcu(), anyone: garbage hangs on the machine until the control thread calls rcu_barrier(),
 *   which waits for a grace period and frees it. synchronize_rcu() must not be called from inside a
 *   vCPU.
 */
#include "kernel/machine.h"
#include "kernel/qsbr.h"
#include "lib/bug.h"

struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};

static __always_inline void rcu_read_lock(void) {}
static __always_inline void rcu_read_unlock(void) {}
#define rcu_dereference(p) __atomic_load_n(&(p), __ATOMIC_CONSUME)
#define rcu_access_pointer(p) __atomic_load_n(&(p), __ATOMIC_RELAXED)
#define rcu_assign_pointer(p, v) __atomic_store_n(&(p), (v), __ATOMIC_RELEASE)

/* Free with @func after a grace period: pushes to the machine's garbage. Any thread. */
void call_rcu(struct machine *m, struct rcu_head *head, void (*func)(struct rcu_head *));
/* Wait until every reader has passed a quiescent state. Control thread, outside any vCPU. */
void synchronize_rcu(struct machine *m);
/*
 * synchronize_rcu() once and run all garbage; repeats until there is none. The daemon calls it when
 * nr_garbage > 0.
 */
void rcu_barrier(struct machine *m);

/*
 * Softirq passes between two handlers: counted, as the bh flavour of 3.13 notes them; frees
 * nothing.
 */
struct vcpu;
void rcu_bh_qs(struct vcpu *v);

#endif
