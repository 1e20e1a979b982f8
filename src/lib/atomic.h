/* SPDX-License-Identifier: MIT */
/*
 * atomic.h - counters shared between threads, with Linux's names and ordering.
 *
 * Plain operations (set, read, add, inc ...) are relaxed; those that return a value
 * (add_return, dec_and_test, cmpxchg, xchg) order fully, as in Linux. refcount_t refuses to come
 * back from 0. Mirrors: include/linux/{atomic,refcount}.h.
 */
#ifndef GN_LIB_ATOMIC_H
#define GN_LIB_ATOMIC_H

#include "lib/bug.h"

/** atomic_t - an int that threads share; @counter is touched by these functions only */
typedef struct {
	int counter;
} atomic_t;

/** atomic_long_t - the same, long */
typedef struct {
	long counter;
} atomic_long_t;

/** refcount_t - references held; the last refcount_dec_and_test() says true */
typedef struct {
	atomic_t refs;
} refcount_t;

#define ATOMIC_INIT(i)		{ (i) }
#define REFCOUNT_INIT(n)	{ ATOMIC_INIT(n) }

#define ATOMIC_OPS(pfx, type, atype)							\
static __always_inline type pfx##_read(const atype *v)					\
{ return __atomic_load_n(&v->counter, __ATOMIC_RELAXED); }				\
static __always_inline void pfx##_set(atype *v, type i)					\
{ __atomic_store_n(&v->counter, i, __ATOMIC_RELAXED); }					\
static __always_inline void pfx##_add(type i, atype *v)					\
{ __atomic_fetch_add(&v->counter, i, __ATOMIC_RELAXED); }				\
static __always_inline void pfx##_sub(type i, atype *v)					\
{ __atomic_fetch_sub(&v->counter, i, __ATOMIC_RELAXED); }				\
static __always_inline void pfx##_inc(atype *v)						\
{ __atomic_fetch_add(&v->counter, 1, __ATOMIC_RELAXED); }				\
static __always_inline void pfx##_dec(atype *v)						\
{ __atomic_fetch_sub(&v->counter, 1, __ATOMIC_RELAXED); }				\
static __always_inline type pfx##_add_return(type i, atype *v)				\
{ return __atomic_add_fetch(&v->counter, i, __ATOMIC_SEQ_CST); }			\
static __always_inline type pfx##_sub_return(type i, atype *v)				\
{ return __atomic_sub_fetch(&v->counter, i, __ATOMIC_SEQ_CST); }			\
static __always_inline type pfx##_fetch_add(type i, atype *v)				\
{ return __atomic_fetch_add(&v->counter, i, __ATOMIC_SEQ_CST); }			\
static __always_inline type pfx##_inc_return(atype *v)					\
{ return __atomic_add_fetch(&v->counter, 1, __ATOMIC_SEQ_CST); }			\
static __always_inline type pfx##_dec_return(atype *v)					\
{ return __atomic_sub_fetch(&v->counter, 1, __ATOMIC_SEQ_CST); }			\
static __always_inline bool pfx##_dec_and_test(atype *v)				\
{ return __atomic_sub_fetch(&v->counter, 1, __ATOMIC_SEQ_CST) == 0; }			\
static __always_inline bool pfx##_sub_and_test(type i, atype *v)			\
{ return __atomic_sub_fetch(&v->counter, i, __ATOMIC_SEQ_CST) == 0; }			\
static __always_inline type pfx##_xchg(atype *v, type i)				\
{ return __atomic_exchange_n(&v->counter, i, __ATOMIC_SEQ_CST); }			\
/* returns what was found: equal to @old when the exchange took place */		\
static __always_inline type pfx##_cmpxchg(atype *v, type old, type i)			\
{											\
	__atomic_compare_exchange_n(&v->counter, &old, i, false,			\
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);		\
	return old;									\
}											\
/* adds 1 unless the value is 0; false when it was 0 */					\
static __always_inline bool pfx##_inc_not_zero(atype *v)				\
{											\
	type old = pfx##_read(v);							\
											\
	while (old)									\
		if (__atomic_compare_exchange_n(&v->counter, &old, old + 1, true,	\
						__ATOMIC_SEQ_CST, __ATOMIC_RELAXED))	\
			return true;							\
	return false;									\
}

ATOMIC_OPS(atomic, int, atomic_t)
ATOMIC_OPS(atomic_long, long, atomic_long_t)

static __always_inline void refcount_set(refcount_t *r, int n)
{
	atomic_set(&r->refs, n);
}

static __always_inline int refcount_read(const refcount_t *r)
{
	return atomic_read(&r->refs);
}

/** refcount_inc() - one more reference; the caller already holds one */
static __always_inline void refcount_inc(refcount_t *r)
{
	int old = __atomic_fetch_add(&r->refs.counter, 1, __ATOMIC_RELAXED);

	BUG_ON(old <= 0);
}

/** refcount_inc_not_zero() - take a reference found by a lock-free lookup; false: it is dying */
static __always_inline __must_check bool refcount_inc_not_zero(refcount_t *r)
{
	return atomic_inc_not_zero(&r->refs);
}

/** refcount_dec_and_test() - give one back; true for the last, who frees */
static __always_inline __must_check bool refcount_dec_and_test(refcount_t *r)
{
	int old = __atomic_fetch_sub(&r->refs.counter, 1, __ATOMIC_ACQ_REL);

	BUG_ON(old <= 0);
	return old == 1;
}

/** smp_mb() - full barrier. TSan does not model it: prefer ordered operations */
#define smp_mb()	__atomic_thread_fence(__ATOMIC_SEQ_CST)

#endif
