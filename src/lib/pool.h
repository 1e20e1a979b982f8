/* SPDX-License-Identifier: MIT */
/*
 * pool.h - all memory of the machine: named object caches with a free list per CPU, and counted
 * control memory.
 *
 * The packet path takes and gives objects by pool_alloc() and pool_free(): the CPU's own free
 * list, no lock, no atomic operation. An object remembers its home CPU (its slab's header);
 * given back on another CPU it is collected and goes home in batches, on a list that the home
 * takes as a whole when its own runs dry. The CPU number nr_cpus is the control thread.
 * Everything else takes memory by kmem_alloc() and kmem_zalloc(), under a leaf lock.
 *
 * Owner: struct kmem, embedded in its owner; it frees nothing that is in use: kmem_report_leaks()
 * names what is. Threads: pool_* by the thread of that CPU; kmem_alloc/kmem_free by any thread;
 * create, destroy, limits and fault injection by the control thread.
 * While failures are injected each allocation passes should_failslab(), so a test can make the n-th one fail.
 * Under AddressSanitizer a free object is poisoned. Mirrors: mm/slub.c, mm/failslab.c.
 */
#ifndef GN_LIB_POOL_H
#define GN_LIB_POOL_H

#include "lib/bug.h"
#include "lib/list.h"
#include "lib/spinlock.h"

struct logger;
struct kmem;

#ifdef __SANITIZE_ADDRESS__
void __asan_poison_memory_region(void const volatile *addr, size_t size);
void __asan_unpoison_memory_region(void const volatile *addr, size_t size);
#define pool_poison(p, n)	__asan_poison_memory_region(p, n)
#define pool_unpoison(p, n)	__asan_unpoison_memory_region(p, n)
#define POOL_REDZONE		16
#else
#define pool_poison(p, n)	((void)(p), (void)(n))
#define pool_unpoison(p, n)	((void)(p), (void)(n))
#define POOL_REDZONE		0
#endif

/** KMEM_NAME - longest cache name, with the final 0 */
#define KMEM_NAME	32
/** POOL_BATCH - objects of another CPU that are collected before they go home */
#define POOL_BATCH	32

/**
 * struct fault_attr - the n-th allocation from now fails
 * @nth: which one; 0: none. One shot
 * @seen: allocations counted since it was armed
 * @failed: allocations that were made to fail
 */
struct fault_attr {
	unsigned long nth, seen, failed;
};

/** struct kmem_cache_stats - sums over all CPUs of one cache */
struct kmem_cache_stats {
	uint64_t allocs, frees, live, fails, slabs, objects;
};

/**
 * struct pool_cpu - what one CPU has of one cache. Internal to the pool
 * @freelist: free objects that live here [C]
 * @away: objects of other CPUs, all of @away_cpu, not yet sent home [C]
 * @inbox: objects that other CPUs sent home [A]
 */
struct pool_cpu {
	void *freelist;
	uint64_t allocs, frees, fails;
	void *away, *away_tail;
	unsigned int away_cpu, away_count;
	void *inbox ____cacheline_aligned;
} ____cacheline_aligned;

/**
 * struct kmem_cache - a named cache of objects of one size. Internal to the pool
 * @kmem: registry it belongs to [I]
 * @name: for reports [I]
 * @size: bytes of an object, rounded up to @align [I]
 * @object_size: bytes that were asked for [I]
 * @slab_mask: address bits inside a slab [I]
 * @limit: most objects, 0: none [A]
 * @objects: objects that exist, free or not [A]
 * @slabs, @nr_slabs: all slabs [L:lock]
 * @cpu: nr_cpus + 1 of them
 */
struct kmem_cache {
	struct kmem *kmem;
	struct pool_cpu *cpu;
	uintptr_t slab_mask;
	uint32_t size, object_size, align, per_slab;
	unsigned long limit, objects;
	spinlock_t lock;
	unsigned long nr_slabs;
	struct pool_slab *slabs;
	struct list_head node;
	char name[KMEM_NAME];
};

/**
 * struct kmem - registry of caches and of control memory
 * @nr_cpus: CPUs; caches have one slot more [I]
 * @armed: fault injection is on; looked at by each allocation [A]
 * @fault: state of it [L:lock]
 * @fault_cache: only this cache fails; "": any allocation [L:lock]
 * @log: [I]
 * @caches: [L:lock]
 * @blocks: control memory in use [L:lock]
 * @nr_blocks, @block_bytes, @block_allocs, @block_frees, @block_fails: [L:lock]
 */
struct kmem {
	unsigned int nr_cpus;
	bool armed;
	struct fault_attr fault;
	char fault_cache[KMEM_NAME];
	struct logger *log;
	spinlock_t lock;
	struct list_head caches;
	struct list_head blocks;
	uint64_t nr_blocks, block_bytes, block_allocs, block_frees, block_fails;
};

/** kmem_init() - an empty registry for @nr_cpus CPUs (and the control thread); @log may be NULL */
void kmem_init(struct kmem *k, unsigned int nr_cpus, struct logger *log);
/**
 * kmem_destroy() - destroy what caches are left and free all control memory
 *
 * Objects in use are reported as by kmem_report_leaks() and then freed: nobody may use them.
 */
void kmem_destroy(struct kmem *k);

/**
 * kmem_cache_create() - a cache
 * @k: registry
 * @name: shown in reports; copied, cut at KMEM_NAME - 1
 * @size: bytes of an object, 1..16 MiB
 * @align: power of two up to 4096, or 0 for that of malloc; CACHE_BYTES for objects that CPUs
 * must not share
 * Return: the cache, or NULL: no memory (or injected failure)
 */
__must_check struct kmem_cache *kmem_cache_create(struct kmem *k, const char *name, size_t size,
						  size_t align);
/** kmem_cache_destroy() - give all slabs back; reports objects in use. NULL allowed */
void kmem_cache_destroy(struct kmem_cache *cache);
/** kmem_cache_set_limit() - at most @objects exist, free ones included; 0: no limit */
void kmem_cache_set_limit(struct kmem_cache *cache, unsigned long objects);
/** kmem_cache_stats() - counters, exact when no CPU is running */
void kmem_cache_stats(const struct kmem_cache *cache, struct kmem_cache_stats *ret_stats);

static __always_inline void pool_count(uint64_t *counter)
{
	WRITE_ONCE(*counter, *counter + 1);
}

/* The first object of the list of @pc, which is not empty. The first word of a free object links it. */
static __always_inline void *pool_take(struct kmem_cache *cache, struct pool_cpu *pc)
{
	void *obj = pc->freelist;

	pool_unpoison(obj, cache->object_size);
	pc->freelist = *(void **)obj;
	pool_count(&pc->allocs);
	return obj;
}

/* The list is empty, or failures are injected. */
__must_check void *pool_alloc_slow(struct kmem_cache *cache, unsigned int cpu);

/**
 * pool_alloc() - an object, its bytes undefined
 * @cache: from which
 * @cpu: the caller's CPU, or nr_cpus for the control thread
 * Return: the object, or NULL
 */
static __always_inline __must_check void *pool_alloc(struct kmem_cache *cache, unsigned int cpu)
{
	struct pool_cpu *pc = &cache->cpu[cpu];

	if (unlikely(!pc->freelist || READ_ONCE(cache->kmem->armed)))
		return pool_alloc_slow(cache, cpu);
	return pool_take(cache, pc);
}
/** pool_zalloc() - the same, bytes zero */
__must_check void *pool_zalloc(struct kmem_cache *cache, unsigned int cpu);
/** pool_free() - give @obj (not NULL) back from @cpu, wherever it came from */
void pool_free(struct kmem_cache *cache, unsigned int cpu, void *obj);
/** pool_flush() - send home what @cpu has collected for other CPUs. The thread of @cpu */
void pool_flush(struct kmem_cache *cache, unsigned int cpu);
/** kmem_flush() - pool_flush() of every cache: before a CPU sleeps for long */
void kmem_flush(struct kmem *k, unsigned int cpu);

/** should_failslab() - must this allocation fail? @cache NULL: control memory */
bool should_failslab(struct kmem *k, const struct kmem_cache *cache);
/**
 * kmem_fail_nth() - let the @nth allocation from now fail (1: the next), once
 * @k: registry
 * @nth: 0 disarms
 * @cache: count and fail only allocations of the cache of this name; NULL: all, kmem_* too
 */
void kmem_fail_nth(struct kmem *k, unsigned long nth, const char *cache);
/** kmem_fault_hit() - has the armed failure taken place? A sweep ends at the first n that says no */
bool kmem_fault_hit(const struct kmem *k);

/**
 * kmem_alloc_at() - control memory; use kmem_alloc() and kmem_zalloc(), which fill in @where
 * @k: registry
 * @size: bytes; 0 is taken as 1
 * @zero: clear it
 * @where: name of the caller, for the leak report; not copied
 * Return: memory aligned as by malloc, or NULL
 */
__must_check void *kmem_alloc_at(struct kmem *k, size_t size, bool zero, const char *where);
__must_check char *kmem_strdup_at(struct kmem *k, const char *s, const char *where);
__must_check void *kmem_realloc_at(struct kmem *k, void *ptr, size_t size, const char *where);
/** kmem_free() - give control memory back; NULL allowed */
void kmem_free(struct kmem *k, const void *ptr);

/*
 * void *kmem_alloc(struct kmem *, size_t): undefined bytes. kmem_zalloc(): zero bytes.
 * void *kmem_calloc(struct kmem *, size_t n, size_t size): zero bytes, no overflow.
 * char *kmem_strdup(struct kmem *, const char *).
 * void *kmem_realloc(struct kmem *, void *, size_t): NULL leaves the old block as it is.
 */
#define kmem_alloc(k, size)		kmem_alloc_at(k, size, false, __func__)
#define kmem_zalloc(k, size)		kmem_alloc_at(k, size, true, __func__)
#define kmem_strdup(k, s)		kmem_strdup_at(k, s, __func__)
#define kmem_realloc(k, ptr, size)	kmem_realloc_at(k, ptr, size, __func__)
#define kmem_calloc(k, n, size)		kmem_alloc_at(k, kmem_array_size(n, size), true, __func__)

/** kmem_array_size() - @n * @size, or SIZE_MAX (which no allocation grants) on overflow */
static __always_inline size_t kmem_array_size(size_t n, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) ? SIZE_MAX : bytes;
}

/** kmem_live() - objects and control blocks in use */
uint64_t kmem_live(struct kmem *k);
/**
 * kmem_report_leaks() - name what is still in use
 * @k: registry
 * @log: one line a cache and a control block go here (at most 32 blocks); NULL: count only
 * Return: the number of live objects and blocks
 */
uint64_t kmem_report_leaks(struct kmem *k, struct logger *log);

#endif
