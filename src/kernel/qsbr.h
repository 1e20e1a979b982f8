/* SPDX-License-Identifier: MIT */
#ifndef KERNEL_QSBR_H
#define KERNEL_QSBR_H
/*
 * qsbr.h - the four words that the machine says to liburcu
 *
 * Theory of operation
 *   liburcu's own headers use the kernel's names (struct rcu_head, call_rcu, rcu_dereference) for
 *   other things than kernel/rcu.h does: only qsbr.c includes them. Readers are threads, in the
 *   whole process: the calls are for the outermost vCPU of a thread.
 */

/* Reader from now on. The first call of a thread registers it; the thread's end unregisters it. */
void rcu_vcpu_online(void);
/* No reader any more: grace periods do not wait for this thread. */
void rcu_vcpu_offline(void);
/* This thread holds nothing that RCU protects. */
void rcu_vcpu_quiescent(void);
/* Wait until each thread that is online has said one of the two above. Caller: not online. */
void rcu_wait_grace_period(void);

#endif
