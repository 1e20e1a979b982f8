// SPDX-License-Identifier: MIT
/*
 * spinlock.c - taking and giving a spinlock.
 *
 * Called by the macros of spinlock.h, by any thread. Refuses nothing and checks nothing but the
 * release of a lock that is not held. Mirrors kernel/locking/spinlock.c.
 */
#include "lib/spinlock.h"

/* Longest pause between two looks at a held lock, in cpu_relax() steps. */
#define SPIN_PAUSE_MAX	64

void _raw_spin_lock(spinlock_t *lock)
{
	arch_spin_lock(lock);
}

/* Read until it looks free, so that waiters do not fight for the cache line, then try. */
void arch_spin_lock_slow(spinlock_t *lock)
{
	unsigned int pause = 1;

	do {
		while (__atomic_load_n(&lock->locked, __ATOMIC_RELAXED)) {
			for (unsigned int i = 0; i < pause; i++)
				cpu_relax();
			if (pause < SPIN_PAUSE_MAX)
				pause <<= 1;
		}
	} while (__atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE));
}

bool _raw_spin_trylock(spinlock_t *lock)
{
	return !spin_is_locked(lock) &&
	       !__atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE);
}

void _raw_spin_unlock(spinlock_t *lock)
{
	BUG_ON(!spin_is_locked(lock));
	arch_spin_unlock(lock);
}
