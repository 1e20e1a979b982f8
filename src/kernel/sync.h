/* SPDX-License-Identifier: MIT */
#ifndef KERNEL_SYNC_H
#define KERNEL_SYNC_H
/*
 * sync.h - ordered operations on plain words, for this room
 *
 * Theory of operation
 *   The words that CPUs share without a lock are plain members; each access is one of these (all of
 *   them full barriers among themselves, which the "I write mine, then look at yours" pairs of
 *   vcpu.c, smp.c and wait.c need), READ_ONCE() and friends of lib/bug.h, or __atomic_*. Linux
 *   names where Linux has them.
 */
#define xchg(ptr, val) __atomic_exchange_n((ptr), (val), __ATOMIC_SEQ_CST)
#define try_cmpxchg(ptr, old, val) \
	__atomic_compare_exchange_n((ptr), (old), (val), 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)
#define load_mb(ptr) __atomic_load_n((ptr), __ATOMIC_SEQ_CST)
#define store_mb(ptr, val) __atomic_store_n((ptr), (val), __ATOMIC_SEQ_CST)

#endif
