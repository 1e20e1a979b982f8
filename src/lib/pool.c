// SPDX-License-Identifier: MIT
/*
 * pool.c - object caches with a free list per CPU, counted control memory, injected failures.
 *
 * Called by kernel/slab.h for everything that lives and dies with packets, and directly by rooms
 * that keep control memory. Owns slabs (aligned blocks of one cache and one home CPU, linked at
 * the cache until it is destroyed) and the headers of control blocks.
 *
 * An object's way: slab > free list of its home > user > free list of its home. Freed on another
 * CPU it is chained there (away), at most POOL_BATCH of one home, then pushed as a chain on the
 * home's inbox by one compare-and-swap; the home takes the whole inbox by one exchange when its
 * list is empty, so no node is ever popped alone and no ABA can arise. The first word of a free
 * object links it. Counters are written by their CPU only and read untorn by reports.
 *
 * Threads: see pool.h. Locks: the cache's (growth), the registry's (control blocks, faults);
 * neither is held while another is taken or a callback runs. Refuses an object of another cache
 * and an object that is freed twice while poisoning is on. Mirrors mm/slub.c in purpose.
 */
#define LOG_SUBSYS "mem"

#include "lib/pool.h"

#include <stdlib.h>
#include <string.h>

#include "lib/log.h"

/* Slabs: at least this large, and so many objects, unless that makes them larger than the most. */
#define SLAB_MIN	((size_t)32 << 10)
#define SLAB_OBJECTS	8
#define SLAB_MOST	((size_t)1 << 20)
#define OBJECT_MAX	((size_t)16 << 20)
#define ALIGN_MIN	16
#define ALIGN_MAX	4096
/* Control blocks that a leak report names. */
#define REPORT_BLOCKS	32

/**
 * struct pool_slab - head of a slab; objects follow, aligned
 * @cache: whose [I]
 * @cpu: home of its objects [I]
 * @next: further slabs of the cache [L:lock]
 */
struct pool_slab {
	struct kmem_cache *cache;
	unsigned int cpu;
	struct pool_slab *next;
};

/**
 * struct kmem_block - head of control memory
 * @node: on kmem.blocks
 * @size: what was asked for
 * @where: who asked
 */
struct kmem_block {
	struct list_head node;
	size_t size;
	const char *where;
};
static_assert(sizeof(struct kmem_block) % ALIGN_MIN == 0, "memory behind it is aligned");

static noinline void *pool_refill(struct kmem_cache *cache, unsigned int cpu);
static noinline bool pool_grow(struct kmem_cache *cache, unsigned int cpu);
static unsigned int pool_reserve(struct kmem_cache *cache);
static noinline void pool_free_away(struct kmem_cache *cache, unsigned int cpu, void *obj,
				    unsigned int home);
static noinline bool fault_now(struct kmem *k, const struct kmem_cache *cache);
static uint64_t report_blocks(struct kmem *k, struct logger *log);

/* ---- packet path ---- */

static __always_inline void **obj_link(void *obj)
{
	return obj;
}

void *pool_alloc_slow(struct kmem_cache *cache, unsigned int cpu)
{
	struct pool_cpu *pc = &cache->cpu[cpu];

	if (should_failslab(cache->kmem, cache) || (!pc->freelist && !pool_refill(cache, cpu))) {
		pool_count(&pc->fails);
		return NULL;
	}
	return pool_take(cache, pc);
}

bool should_failslab(struct kmem *k, const struct kmem_cache *cache)
{
	return unlikely(READ_ONCE(k->armed)) && fault_now(k, cache);
}

/* The free list is empty: what came home, else a new slab. Returns the list's first object. */
static noinline void *pool_refill(struct kmem_cache *cache, unsigned int cpu)
{
	struct pool_cpu *pc = &cache->cpu[cpu];

	if (READ_ONCE(pc->inbox))
		pc->freelist = __atomic_exchange_n(&pc->inbox, NULL, __ATOMIC_ACQUIRE);
	else if (!pool_grow(cache, cpu))
		return NULL;
	return pc->freelist;
}

static noinline bool pool_grow(struct kmem_cache *cache, unsigned int cpu)
{
	size_t slab_size = cache->slab_mask + 1;
	unsigned int n = pool_reserve(cache);
	struct pool_slab *slab;
	void *list = NULL;
	char *obj;

	if (!n)
		return false;
	slab = aligned_alloc(slab_size, slab_size);
	spin_lock(&cache->lock);
	if (!slab) {
		WRITE_ONCE(cache->objects, cache->objects - n);
		spin_unlock(&cache->lock);
		return false;
	}
	slab->next = cache->slabs;
	cache->slabs = slab;
	WRITE_ONCE(cache->nr_slabs, cache->nr_slabs + 1);
	spin_unlock(&cache->lock);
	slab->cache = cache;
	slab->cpu = cpu;
	/* last first, so that objects leave in the order of their addresses */
	obj = (char *)slab + ALIGN(sizeof(*slab), (size_t)cache->align) +
		(size_t)n * cache->size;
	for (unsigned int i = 0; i < n; i++) {
		obj -= cache->size;
		*obj_link(obj) = list;
		list = obj;
		pool_poison(obj, cache->size);
	}
	cache->cpu[cpu].freelist = list;
	return true;
}

/* How many objects the next slab may hold: they are counted from now on. */
static unsigned int pool_reserve(struct kmem_cache *cache)
{
	unsigned long n = cache->per_slab;

	spin_lock(&cache->lock);
	if (cache->limit)
		n = cache->objects < cache->limit ? min(n, cache->limit - cache->objects) : 0;
	WRITE_ONCE(cache->objects, cache->objects + n);
	spin_unlock(&cache->lock);
	return (unsigned int)n;
}

void *pool_zalloc(struct kmem_cache *cache, unsigned int cpu)
{
	void *obj = pool_alloc(cache, cpu);

	return obj ? memset(obj, 0, cache->object_size) : NULL;
}

void pool_free(struct kmem_cache *cache, unsigned int cpu, void *obj)
{
	struct pool_slab *slab = (struct pool_slab *)((uintptr_t)obj & ~cache->slab_mask);
	struct pool_cpu *pc = &cache->cpu[cpu];

	BUG_ON(slab->cache != cache);
	if (unlikely(slab->cpu != cpu)) {
		pool_free_away(cache, cpu, obj, slab->cpu);
		return;
	}
	*obj_link(obj) = pc->freelist;
	pc->freelist = obj;
	pool_count(&pc->frees);
	pool_poison(obj, cache->size);
}

static noinline void pool_free_away(struct kmem_cache *cache, unsigned int cpu, void *obj,
				    unsigned int home)
{
	struct pool_cpu *pc = &cache->cpu[cpu];

	if (pc->away && pc->away_cpu != home)
		pool_flush(cache, cpu);
	*obj_link(obj) = pc->away;
	if (!pc->away) {
		pc->away_cpu = home;
		pc->away_tail = obj;
	}
	pc->away = obj;
	pc->away_count++;
	pool_count(&pc->frees);
	pool_poison(obj, cache->size);
	if (pc->away_count >= POOL_BATCH)
		pool_flush(cache, cpu);
}

void pool_flush(struct kmem_cache *cache, unsigned int cpu)
{
	struct pool_cpu *pc = &cache->cpu[cpu];
	void **tail, *seen, **inbox;

	if (!pc->away)
		return;
	inbox = &cache->cpu[pc->away_cpu].inbox;
	tail = obj_link(pc->away_tail);
	pool_unpoison(tail, sizeof(*tail));
	seen = READ_ONCE(*inbox);
	do {
		*tail = seen;
	} while (!__atomic_compare_exchange_n(inbox, &seen, pc->away, true,
					      __ATOMIC_RELEASE, __ATOMIC_RELAXED));
	pc->away = NULL;
	pc->away_count = 0;
}

void kmem_flush(struct kmem *k, unsigned int cpu)
{
	struct kmem_cache *cache;

	list_for_each_entry_rcu(cache, &k->caches, node)
		pool_flush(cache, cpu);
}

/* ---- registry ---- */

void kmem_init(struct kmem *k, unsigned int nr_cpus, struct logger *log)
{
	memset(k, 0, sizeof(*k));
	k->nr_cpus = nr_cpus;
	k->log = log;
	spin_lock_init(&k->lock);
	INIT_LIST_HEAD(&k->caches);
	INIT_LIST_HEAD(&k->blocks);
}

void kmem_destroy(struct kmem *k)
{
	struct kmem_cache *cache, *nc;
	struct kmem_block *block, *nb;

	report_blocks(k, k->log);
	list_for_each_entry_safe(cache, nc, &k->caches, node)
		kmem_cache_destroy(cache);
	list_for_each_entry_safe(block, nb, &k->blocks, node)
		free(block);
	INIT_LIST_HEAD(&k->blocks);
}

struct kmem_cache *kmem_cache_create(struct kmem *k, const char *name, size_t size, size_t align)
{
	struct kmem_cache *cache;
	size_t slab, room, slots = (size_t)k->nr_cpus + 1;

	BUG_ON(!size || size > OBJECT_MAX || align > ALIGN_MAX);
	align = max_t(size_t, align, ALIGN_MIN);
	BUG_ON(!is_power_of_2(align));
	if (should_failslab(k, NULL))
		return NULL;
	cache = calloc(1, sizeof(*cache));
	if (!cache)
		return NULL;
	cache->cpu = aligned_alloc(CACHE_BYTES, slots * sizeof(*cache->cpu));
	if (!cache->cpu) {
		free(cache);
		return NULL;
	}
	memset(cache->cpu, 0, slots * sizeof(*cache->cpu));
	strncpy(cache->name, name, sizeof(cache->name) - 1);
	cache->kmem = k;
	cache->align = (uint32_t)align;
	cache->object_size = (uint32_t)max(size, sizeof(void *));
	cache->size = (uint32_t)ALIGN(cache->object_size + POOL_REDZONE, align);
	room = ALIGN(sizeof(struct pool_slab), align);
	slab = max(SLAB_MIN, min(SLAB_MOST, (size_t)cache->size * SLAB_OBJECTS));
	slab = roundup_pow_of_two(max(slab, room + cache->size));
	cache->slab_mask = slab - 1;
	cache->per_slab = (uint32_t)((slab - room) / cache->size);
	spin_lock_init(&cache->lock);
	spin_lock(&k->lock);
	list_add_tail_rcu(&cache->node, &k->caches);
	spin_unlock(&k->lock);
	return cache;
}

void kmem_cache_destroy(struct kmem_cache *cache)
{
	struct kmem_cache_stats st;
	struct pool_slab *slab;
	struct kmem *k;

	if (!cache)
		return;
	k = cache->kmem;
	kmem_cache_stats(cache, &st);
	if (st.live)
		pr_err(k->log, "cache %s: destroyed with %llu objects in use", cache->name,
		       (unsigned long long)st.live);
	spin_lock(&k->lock);
	list_del_rcu(&cache->node);
	spin_unlock(&k->lock);
	while ((slab = cache->slabs)) {
		cache->slabs = slab->next;
		pool_unpoison(slab, cache->slab_mask + 1);
		free(slab);
	}
	free(cache->cpu);
	free(cache);
}

void kmem_cache_set_limit(struct kmem_cache *cache, unsigned long objects)
{
	spin_lock(&cache->lock);
	cache->limit = objects;
	spin_unlock(&cache->lock);
}

void kmem_cache_stats(const struct kmem_cache *cache, struct kmem_cache_stats *ret_stats)
{
	struct kmem_cache_stats st = {
		.slabs = READ_ONCE(cache->nr_slabs),
		.objects = READ_ONCE(cache->objects),
	};

	/* frees first: an object that moves meanwhile counts as live, never as minus one */
	for (unsigned int i = 0; i <= cache->kmem->nr_cpus; i++)
		st.frees += READ_ONCE(cache->cpu[i].frees);
	for (unsigned int i = 0; i <= cache->kmem->nr_cpus; i++) {
		st.allocs += READ_ONCE(cache->cpu[i].allocs);
		st.fails += READ_ONCE(cache->cpu[i].fails);
	}
	st.live = st.allocs - st.frees;
	*ret_stats = st;
}

/* ---- injected failures ---- */

void kmem_fail_nth(struct kmem *k, unsigned long nth, const char *cache)
{
	spin_lock(&k->lock);
	k->fault = (struct fault_attr){ .nth = nth };
	memset(k->fault_cache, 0, sizeof(k->fault_cache));
	if (cache)
		strncpy(k->fault_cache, cache, sizeof(k->fault_cache) - 1);
	WRITE_ONCE(k->armed, nth != 0);
	spin_unlock(&k->lock);
}

static noinline bool fault_now(struct kmem *k, const struct kmem_cache *cache)
{
	bool hit = false;

	spin_lock(&k->lock);
	if (k->armed && (!k->fault_cache[0] || (cache && !strcmp(k->fault_cache, cache->name)))) {
		hit = ++k->fault.seen == k->fault.nth;
		if (hit) {
			k->fault.failed++;
			WRITE_ONCE(k->armed, false);
		}
	}
	spin_unlock(&k->lock);
	return hit;
}

bool kmem_fault_hit(const struct kmem *k)
{
	return k->fault.failed != 0;
}

/* ---- control memory ---- */

void *kmem_alloc_at(struct kmem *k, size_t size, bool zero, const char *where)
{
	struct kmem_block *block = NULL;

	if (size <= SIZE_MAX / 2 && !should_failslab(k, NULL)) {
		size_t bytes = sizeof(*block) + max_t(size_t, size, 1);

		block = zero ? calloc(1, bytes) : malloc(bytes);
	}
	spin_lock(&k->lock);
	if (block) {
		block->size = size;
		block->where = where;
		list_add_tail(&block->node, &k->blocks);
		k->nr_blocks++;
		k->block_allocs++;
		k->block_bytes += size;
	} else {
		k->block_fails++;
	}
	spin_unlock(&k->lock);
	return block ? block + 1 : NULL;
}

char *kmem_strdup_at(struct kmem *k, const char *s, const char *where)
{
	size_t len = strlen(s) + 1;
	char *copy = kmem_alloc_at(k, len, false, where);

	return copy ? memcpy(copy, s, len) : NULL;
}

void *kmem_realloc_at(struct kmem *k, void *ptr, size_t size, const char *where)
{
	void *grown = kmem_alloc_at(k, size, false, where);

	if (grown && ptr) {
		memcpy(grown, ptr, min(size, ((struct kmem_block *)ptr)[-1].size));
		kmem_free(k, ptr);
	}
	return grown;
}

void kmem_free(struct kmem *k, const void *ptr)
{
	struct kmem_block *block;

	if (!ptr)
		return;
	block = (struct kmem_block *)(uintptr_t)ptr - 1;
	spin_lock(&k->lock);
	BUG_ON(block->node.next == LIST_POISON1);
	list_del(&block->node);
	k->nr_blocks--;
	k->block_frees++;
	k->block_bytes -= block->size;
	spin_unlock(&k->lock);
	free(block);
}

/* ---- reports ---- */

uint64_t kmem_live(struct kmem *k)
{
	return kmem_report_leaks(k, NULL);
}

uint64_t kmem_report_leaks(struct kmem *k, struct logger *log)
{
	uint64_t live = report_blocks(k, log);
	struct kmem_cache *cache;

	list_for_each_entry_rcu(cache, &k->caches, node) {
		struct kmem_cache_stats st;

		kmem_cache_stats(cache, &st);
		live += st.live;
		if (st.live)
			pr_err(log, "cache %s: %llu objects of %u bytes in use", cache->name,
			       (unsigned long long)st.live, cache->object_size);
	}
	return live;
}

/* Copies what it will say, so that no callback runs under the lock. */
static uint64_t report_blocks(struct kmem *k, struct logger *log)
{
	struct { const char *where; size_t size; } say[REPORT_BLOCKS];
	struct kmem_block *block;
	unsigned int n = 0;
	uint64_t live;

	spin_lock(&k->lock);
	live = k->nr_blocks;
	list_for_each_entry(block, &k->blocks, node) {
		if (n == REPORT_BLOCKS || !log)
			break;
		say[n].where = block->where;
		say[n++].size = block->size;
	}
	spin_unlock(&k->lock);
	for (unsigned int i = 0; i < n; i++)
		pr_err(log, "%zu bytes in use, taken by %s()", say[i].size, say[i].where);
	return live;
}
