/* SPDX-License-Identifier: MIT */
/*
 * qsbr.c - readers and grace periods, on liburcu's QSBR flavour
 *
 * Theory of operation
 *   Called by: vcpu.c and smp.c (online, offline, quiescent), rcu.c (the wait). Calls:
 *   liburcu-qsbr, which nothing else in the house names.
 *   Owns: the key whose destructor unregisters a thread at its end. liburcu counts readers in the
 *   whole process, so this key is a process's too, made when the program is loaded and never
 *   changed. Code that has registered threads must not be unloaded (-z nodelete).
 *   Threads: any.
 */
#ifdef __SANITIZE_THREAD__
#undef _LGPL_SOURCE /* see rcu_tsan_release() */
#endif
#include "kernel/qsbr.h"

#include <pthread.h>
#include <urcu/urcu-qsbr.h>

#include "lib/bug.h"

static pthread_key_t rcu_thread_key; /* [I] after load */

static void rcu_register_thread_once(void);
static void rcu_thread_exit(void *registered);

/*
 * liburcu 0.13 does not tell ThreadSanitizer what it orders: readers' reports before the writer's
 * return, the writer's changes before readers' next turns. These two say so. Its inline functions
 * would be looked at, too: such a build calls the library instead.
 */
#ifdef __SANITIZE_THREAD__
void __tsan_acquire(void *addr);
void __tsan_release(void *addr);

static void rcu_tsan_release(void)
{
	__tsan_release(&rcu_thread_key);
}

static void rcu_tsan_acquire(void)
{
	__tsan_acquire(&rcu_thread_key);
}

static bool rcu_thread_is_registered(void)
{
	return pthread_getspecific(rcu_thread_key);
}
#else
static __always_inline void rcu_tsan_release(void) {}
static __always_inline void rcu_tsan_acquire(void) {}

static __always_inline bool rcu_thread_is_registered(void)
{
	return URCU_TLS(urcu_qsbr_reader).registered;
}
#endif

void rcu_vcpu_online(void)
{
	if (unlikely(!rcu_thread_is_registered()))
		rcu_register_thread_once();
	urcu_qsbr_thread_online();
	rcu_tsan_acquire();
}

void rcu_vcpu_offline(void)
{
	rcu_tsan_release();
	urcu_qsbr_thread_offline();
}

void rcu_vcpu_quiescent(void)
{
	rcu_tsan_release();
	urcu_qsbr_quiescent_state();
	rcu_tsan_acquire();
}

void rcu_wait_grace_period(void)
{
	rcu_tsan_release();
	urcu_qsbr_synchronize_rcu();
	rcu_tsan_acquire();
}

static void rcu_register_thread_once(void)
{
	BUG_ON(pthread_setspecific(rcu_thread_key, &rcu_thread_key));
	urcu_qsbr_register_thread();
}

static void rcu_thread_exit(void *registered)
{
	urcu_qsbr_unregister_thread();
}

static __attribute__((constructor)) void rcu_load(void)
{
	BUG_ON(pthread_key_create(&rcu_thread_key, rcu_thread_exit));
}
