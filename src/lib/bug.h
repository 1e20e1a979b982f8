/* SPDX-License-Identifier: MIT */
/*
 * bug.h - compiler words and small arithmetic that every room uses.
 *
 * Nothing here has state. BUG_ON() ends the process: it is for broken invariants of our own
 * code, never for input. A warning that may be logged needs a logger and lives in lib/log.h.
 * Stack rooms are compiled with -fno-inline, so each accessor is `static __always_inline`.
 * Mirrors: include/linux/{compiler,bug,minmax,container_of,math}.h.
 */
#ifndef GN_LIB_BUG_H
#define GN_LIB_BUG_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <strings.h>

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)

#ifndef __always_inline
#define __always_inline	inline __attribute__((always_inline))
#endif
#ifndef __must_check
#define __must_check	__attribute__((warn_unused_result))
#endif
#ifndef __maybe_unused
#define __maybe_unused	__attribute__((unused))
#endif
/*
 * Not a function that the tracer may patch (src/trace): it runs while its thread is outside every vCPU, or takes arguments on the stack (as variadic functions may).
 */
#ifndef notrace
#define notrace		__attribute__((patchable_function_entry(0, 0)))
#endif
#ifndef noinline
#define noinline	__attribute__((noinline))
#endif
#ifndef __cold
#define __cold		__attribute__((cold))
#endif
#ifndef __printf
#define __printf(a, b)	__attribute__((format(printf, a, b)))
#endif
#ifndef fallthrough
#define fallthrough	__attribute__((fallthrough))
#endif

/** CACHE_BYTES - distance that keeps the data of two CPUs apart */
#define CACHE_BYTES	64
#ifndef ____cacheline_aligned
#define ____cacheline_aligned __attribute__((aligned(CACHE_BYTES)))
#endif

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]) + BUILD_BUG_ON_ZERO( \
			 __builtin_types_compatible_p(__typeof__(a), __typeof__(&(a)[0]))))

/** BUILD_BUG_ON_ZERO - 0, or a compile error when @e is true */
#define BUILD_BUG_ON_ZERO(e)	((size_t)(sizeof(struct { int : (-!!(e)); })))
#define BUILD_BUG_ON(e)		static_assert(!(e), "BUILD_BUG_ON: " #e)

/* A name that no other use of a macro has, so that uses can nest without shadowing. */
#define GN_PASTE_(a, b)	a##b
#define GN_PASTE(a, b)	GN_PASTE_(a, b)
#define GN_UNIQUE(p)	GN_PASTE(p, __COUNTER__)

#define container_of(ptr, type, member)	container_of_(ptr, type, member, GN_UNIQUE(cp_))
#define container_of_(ptr, type, member, p) __extension__({				\
	const __typeof__(((type *)0)->member) *p = (ptr);				\
	(type *)((char *)(uintptr_t)p - offsetof(type, member)); })

/* Each argument is evaluated once; min and max want the same type on both sides. */
#define min(a, b)		compare_(<, a, b, GN_UNIQUE(ca_), GN_UNIQUE(cb_))
#define max(a, b)		compare_(>, a, b, GN_UNIQUE(ca_), GN_UNIQUE(cb_))
#define min_t(type, a, b)	compare_t_(<, type, a, b, GN_UNIQUE(ca_), GN_UNIQUE(cb_))
#define max_t(type, a, b)	compare_t_(>, type, a, b, GN_UNIQUE(ca_), GN_UNIQUE(cb_))
#define compare_(op, a, b, x, y) __extension__({					\
	__typeof__(a) x = (a);								\
	__typeof__(b) y = (b);								\
	(void)(&x == &y);								\
	x op y ? x : y; })
#define compare_t_(op, type, a, b, x, y) __extension__({				\
	type x = (a);									\
	type y = (b);									\
	x op y ? x : y; })
#define clamp(v, lo, hi)	min_t(__typeof__(v), max_t(__typeof__(v), v, lo), hi)
#define clamp_t(type, v, lo, hi) min_t(type, max_t(type, v, lo), hi)
#define swap(a, b)		swap_(a, b, GN_UNIQUE(sw_))
#define swap_(a, b, x)	do { __typeof__(a) x = (a); (a) = (b); (b) = x; } while (0)

/*
 * READ_ONCE, WRITE_ONCE - one untorn access to a word that another thread may touch at the same
 * time. They order nothing; publish pointers with the _rcu list forms or kernel/rcu.h.
 * For scalars and pointers only.
 */
#define READ_ONCE(x)		__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, val)	__atomic_store_n(&(x), (val), __ATOMIC_RELAXED)
#define smp_load_acquire(p)	__atomic_load_n((p), __ATOMIC_ACQUIRE)
#define smp_store_release(p, v)	__atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define barrier()		__asm__ __volatile__("" ::: "memory")

/**
 * bug_abort() - print "BUG at file:line: what" to standard error and abort
 * @file: source file
 * @line: source line
 * @what: the condition, as text
 */
void bug_abort(const char *file, int line, const char *what) __attribute__((noreturn)) __cold;

#define BUG()		bug_abort(__FILE__, __LINE__, "reached")
#define BUG_ON(cond)	do { if (unlikely(cond)) bug_abort(__FILE__, __LINE__, #cond); } while (0)

/* Order in a counter that wraps (jiffies): a is after b when it is less than half a turn ahead. */
#define time_after(a, b)	((long)((unsigned long)(b) - (unsigned long)(a)) < 0)
#define time_before(a, b)	time_after(b, a)
#define time_after_eq(a, b)	((long)((unsigned long)(a) - (unsigned long)(b)) >= 0)
#define time_before_eq(a, b)	time_after_eq(b, a)

/** DIV_ROUND_UP() - @n / @d, rounded up; a constant for constants */
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
/** div_round_up() - the same; @d is evaluated once */
#define div_round_up(n, d)	div_round_up_(n, d, GN_UNIQUE(dv_))
#define div_round_up_(n, d, x) __extension__({ __typeof__(d) x = (d); ((n) + x - 1) / x; })

#undef roundup
/** roundup() - @n raised to the next multiple of @to (any @to > 0) */
#define roundup(n, to)		roundup_(n, to, GN_UNIQUE(ru_))
#define roundup_(n, to, x) __extension__({ __typeof__(to) x = (to); (((n) + (x - 1)) / x) * x; })
/** rounddown() - @n lowered to the next multiple of @to */
#define rounddown(n, to)	rounddown_(n, to, GN_UNIQUE(rd_))
#define rounddown_(n, to, x) __extension__({ __typeof__(n) x = (n); x - (x % (to)); })
/** ALIGN() - @x raised to the next multiple of the power of two @a */
#define ALIGN(x, a)	(((x) + ((__typeof__(x))(a) - 1)) & ~((__typeof__(x))(a) - 1))

static __always_inline bool is_power_of_2(unsigned long n)
{
	return n && !(n & (n - 1));
}

/* ffs() is that of <strings.h>: 1-based lowest set bit, 0 for 0 (as in Linux). */

/** fls() - 1-based highest set bit of @x, 0 for 0 */
static __always_inline int fls(unsigned int x)
{
	return x ? 32 - __builtin_clz(x) : 0;
}

/** fls64() - 1-based highest set bit of @x, 0 for 0 */
static __always_inline int fls64(uint64_t x)
{
	return x ? 64 - __builtin_clzll(x) : 0;
}

/** ilog2() - position of the highest set bit of @x, which is not 0 */
static __always_inline int ilog2(uint64_t x)
{
	return fls64(x) - 1;
}

/** roundup_pow_of_two() - smallest power of two that is not below @n; 1 for 0 */
static __always_inline uint64_t roundup_pow_of_two(uint64_t n)
{
	return n <= 1 ? 1 : (uint64_t)1 << fls64(n - 1);
}

/** hweight32() - number of set bits */
static __always_inline unsigned int hweight32(uint32_t x)
{
	return (unsigned int)__builtin_popcount(x);
}

/** prefetch() - hint that @p will be read soon */
static __always_inline void prefetch(const void *p)
{
	__builtin_prefetch(p);
}

#endif
