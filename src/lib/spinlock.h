/* SPDX-License-Identifier: MIT */
/*
 * spinlock.h - the short lock of the house.
 *
 * One 32-bit word: 0 free, 1 held. Taking a free lock is one exchange; a waiter reads until the
 * word is 0 and pauses in between, with a bounded, growing pause. It never sleeps and never
 * yields, so nothing may be held over a sleep (DESIGN: only the listed locks exist).
 * The functions are real ones with the kernel's names, so that traces show them.
 * The forms that also hold off softirqs are kernel/softirq.h's business.
 * Mirrors: include/linux/spinlock.h, kernel/locking/spinlock.c.
 */
#ifndef GN_LIB_SPINLOCK_H
#define GN_LIB_SPINLOCK_H

#include "lib/bug.h"

/** spinlock_t - @locked: 0 free, 1 held [A] */
typedef struct spinlock {
	uint32_t locked;
} spinlock_t;

#define SPIN_LOCK_UNLOCKED	{ 0 }

static __always_inline void cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ __volatile__("yield" ::: "memory");
#else
	barrier();
#endif
}

static __always_inline void spin_lock_init(spinlock_t *lock)
{
	__atomic_store_n(&lock->locked, 0, __ATOMIC_RELAXED);
}

/* The waiting half of arch_spin_lock(). */
void arch_spin_lock_slow(spinlock_t *lock);

/** arch_spin_lock() - what is inside _raw_spin_lock(), for who takes a lock once a packet and names no step of the walk by it */
static __always_inline void arch_spin_lock(spinlock_t *lock)
{
	if (unlikely(__atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE)))
		arch_spin_lock_slow(lock);
}

static __always_inline void arch_spin_unlock(spinlock_t *lock)
{
	__atomic_store_n(&lock->locked, 0, __ATOMIC_RELEASE);
}

/** _raw_spin_lock() - take @lock, waiting by spinning */
void _raw_spin_lock(spinlock_t *lock);
/** _raw_spin_trylock() - take @lock if it is free; false when it is held */
__must_check bool _raw_spin_trylock(spinlock_t *lock);
/** _raw_spin_unlock() - give @lock back; it must be held */
void _raw_spin_unlock(spinlock_t *lock);

static __always_inline bool spin_is_locked(const spinlock_t *lock)
{
	return __atomic_load_n(&lock->locked, __ATOMIC_RELAXED) != 0;
}

#define spin_lock(lock)			_raw_spin_lock(lock)
#define spin_trylock(lock)		_raw_spin_trylock(lock)
#define spin_unlock(lock)		_raw_spin_unlock(lock)
#define assert_spin_locked(lock)	BUG_ON(!spin_is_locked(lock))

#endif
