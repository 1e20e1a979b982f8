// SPDX-License-Identifier: MIT
/*
 * check_pool.c - objects, their way home, limits, injected failures, leak reports, threads.
 */
#include "support/suite.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/pool.h"

#define CPUS	4
#define CONTROL	CPUS

struct sink {
	int lines;
	char last[LOG_LINE];
};

static struct sink sink;
static struct logger lg;
static struct kmem k;

static void emit(void *ctx, int level, const char *line)
{
	struct sink *s = ctx;

	s->lines++;
	strcpy(s->last, line);
}

static void setup(void)
{
	memset(&sink, 0, sizeof(sink));
	logger_init(&lg, emit, &sink, LOGLEVEL_DEBUG);
	kmem_init(&k, CPUS, &lg);
}

static void teardown(void)
{
	ck_assert_uint_eq(kmem_report_leaks(&k, &lg), 0);
	kmem_destroy(&k);
	ck_assert(list_empty(&k.caches) && list_empty(&k.blocks));
}

static struct kmem_cache_stats stats(const struct kmem_cache *c)
{
	struct kmem_cache_stats st;

	kmem_cache_stats(c, &st);
	return st;
}

START_TEST(objects_are_apart_and_aligned)
{
	static const size_t sizes[] = { 1, 8, 24, 100, 256, 2048, 65536, 3 << 20 };
	static const size_t aligns[] = { 0, 16, 64, 4096 };

	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++)
		for (size_t a = 0; a < ARRAY_SIZE(aligns); a++) {
			struct kmem_cache *c = kmem_cache_create(&k, "x", sizes[s], aligns[a]);
			unsigned char *o[20];

			for (int i = 0; i < 20; i++) {
				o[i] = pool_alloc(c, 0);
				ck_assert_uint_eq((uintptr_t)o[i] % max(aligns[a], (size_t)16), 0);
				memset(o[i], i + 1, sizes[s]);
			}
			for (int i = 0; i < 20; i++) {
				for (size_t b = 0; b < sizes[s]; b += 1 + sizes[s] / 64)
					ck_assert_uint_eq(o[i][b], i + 1);
				pool_free(c, 0, o[i]);
			}
			kmem_cache_destroy(c);
		}
	ck_assert_int_eq(sink.lines, 0);
}
END_TEST

START_TEST(last_freed_first_given)
{
	struct kmem_cache *c = kmem_cache_create(&k, "skb", 256, CACHE_BYTES);
	char *a = pool_alloc(c, 1), *b = pool_alloc(c, 1), *z;

	pool_free(c, 1, a);
	ck_assert_ptr_eq(pool_alloc(c, 1), a);
	memset(a, 0xff, 256);
	pool_free(c, 1, a);
	z = pool_zalloc(c, 1);
	ck_assert_ptr_eq(z, a);
	for (int i = 0; i < 256; i++)
		ck_assert_int_eq(z[i], 0);
	pool_free(c, 1, a);
	pool_free(c, 1, b);
	ck_assert_uint_eq(stats(c).allocs, 4);
	ck_assert_uint_eq(stats(c).frees, 4);
	ck_assert_uint_eq(stats(c).live, 0);
	ck_assert_uint_eq(stats(c).slabs, 1);
	ck_assert_uint_eq(stats(c).objects, c->per_slab);
}
END_TEST

START_TEST(home_in_batches)
{
	struct kmem_cache *c = kmem_cache_create(&k, "skb", 512, 0);
	unsigned int n = c->per_slab;
	void **o = calloc(n, sizeof(*o)), *again;

	for (unsigned int i = 0; i < n; i++)
		o[i] = pool_alloc(c, 0);
	ck_assert_uint_gt(n, POOL_BATCH + 1);
	/* one short of a batch stays with CPU 1 */
	for (unsigned int i = 0; i < POOL_BATCH - 1; i++)
		pool_free(c, 1, o[i]);
	ck_assert_ptr_null(c->cpu[0].inbox);
	ck_assert_uint_eq(stats(c).live, n - POOL_BATCH + 1);
	pool_free(c, 1, o[POOL_BATCH - 1]);
	ck_assert_ptr_nonnull(c->cpu[0].inbox);
	ck_assert_uint_eq(c->cpu[1].away_count, 0);
	/* CPU 0 is dry: it takes the inbox, not a new slab */
	for (unsigned int i = 0; i < POOL_BATCH; i++) {
		again = pool_alloc(c, 0);
		ck_assert_ptr_eq((void *)((uintptr_t)again & ~c->slab_mask),
				 (void *)((uintptr_t)o[0] & ~c->slab_mask));
		o[i] = again;
	}
	ck_assert_uint_eq(stats(c).slabs, 1);
	ck_assert_ptr_null(c->cpu[0].freelist);
	/* a flush sends home what is there */
	pool_free(c, CONTROL, o[0]);
	kmem_flush(&k, CONTROL);
	ck_assert_ptr_eq(pool_alloc(c, 0), o[0]);
	for (unsigned int i = 0; i < n; i++)
		pool_free(c, 0, o[i]);
	free(o);
}
END_TEST

START_TEST(two_homes)
{
	struct kmem_cache *c = kmem_cache_create(&k, "skb", 512, 0);
	void *a = pool_alloc(c, 0), *b = pool_alloc(c, 1);

	/* another home: what was collected for the first goes first */
	pool_free(c, 2, a);
	pool_free(c, 2, b);
	ck_assert_ptr_eq(c->cpu[0].inbox, a);
	ck_assert_ptr_null(c->cpu[1].inbox);
	pool_flush(c, 2);
	ck_assert_ptr_eq(c->cpu[1].inbox, b);
}
END_TEST

START_TEST(limits)
{
	struct kmem_cache *c = kmem_cache_create(&k, "bounded", 1024, 0);
	void *o[20];

	kmem_cache_set_limit(c, 20);
	for (int i = 0; i < 20; i++) {
		o[i] = pool_alloc(c, (unsigned int)i % 2);
		/* the first slab took the whole allowance */
		if (i % 2)
			ck_assert_ptr_null(o[i]);
		else
			ck_assert_ptr_nonnull(o[i]);
	}
	ck_assert_uint_eq(stats(c).fails, 10);
	ck_assert_uint_le(stats(c).objects, 20);
	for (int i = 0; i < 20; i += 2)
		pool_free(c, 0, o[i]);
	kmem_cache_set_limit(c, 0);
	o[0] = pool_alloc(c, 1);
	ck_assert_ptr_nonnull(o[0]);
	pool_free(c, 1, o[0]);
}
END_TEST

START_TEST(nth_allocation_fails)
{
	struct kmem_cache *a = kmem_cache_create(&k, "a", 64, 0);
	struct kmem_cache *b = kmem_cache_create(&k, "b", 64, 0);
	void *o, *m;

	kmem_fail_nth(&k, 3, NULL);
	o = pool_alloc(a, 0);
	m = kmem_alloc(&k, 10);
	ck_assert(o && m && !kmem_fault_hit(&k));
	ck_assert_ptr_null(pool_alloc(b, 0));
	ck_assert(kmem_fault_hit(&k));
	ck_assert_uint_eq(k.fault.failed, 1);
	ck_assert_uint_eq(k.fault.seen, 3);
	ck_assert_uint_eq(stats(b).fails, 1);
	pool_free(a, 0, o);
	/* once only */
	o = pool_alloc(b, 0);
	ck_assert_ptr_nonnull(o);
	pool_free(b, 0, o);
	/* by name: others pass and are not counted */
	kmem_fail_nth(&k, 2, "b");
	for (int i = 0; i < 5; i++) {
		o = pool_alloc(a, 0);
		ck_assert_ptr_nonnull(o);
		pool_free(a, 0, o);
	}
	ck_assert_uint_eq(k.fault.seen, 0);
	o = pool_alloc(b, 0);
	ck_assert_ptr_null(pool_zalloc(b, 0));
	pool_free(b, 0, o);
	/* control memory */
	for (unsigned long n = 1; n <= 3; n++) {
		kmem_fail_nth(&k, 1, NULL);
		if (n == 1)
			ck_assert_ptr_null(kmem_zalloc(&k, 8));
		else if (n == 2)
			ck_assert_ptr_null(kmem_strdup(&k, "s"));
		else
			ck_assert_ptr_null(kmem_cache_create(&k, "c", 8, 0));
	}
	kmem_fail_nth(&k, 1, NULL);
	ck_assert_ptr_null(kmem_realloc(&k, m, 20));
	kmem_fail_nth(&k, 1, NULL);
	kmem_fail_nth(&k, 0, NULL);
	m = kmem_realloc(&k, m, 20);
	ck_assert_ptr_nonnull(m);
	kmem_free(&k, m);
	ck_assert_uint_eq(k.block_fails, 3);
}
END_TEST

START_TEST(control_memory)
{
	char *z = kmem_zalloc(&k, 100), *s = kmem_strdup(&k, "text"), *e = kmem_alloc(&k, 0);

	ck_assert_uint_eq((uintptr_t)z % 16, 0);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(z[i], 0);
	ck_assert_str_eq(s, "text");
	ck_assert_ptr_nonnull(e);
	ck_assert_uint_eq(k.nr_blocks, 3);
	ck_assert_uint_eq(k.block_bytes, 105);
	strcpy(z, "kept");
	z = kmem_realloc(&k, z, 5);
	ck_assert_str_eq(z, "kept");
	z = kmem_realloc(&k, z, 5000);
	ck_assert_str_eq(z, "kept");
	ck_assert_uint_eq(k.block_bytes, 5005);
	ck_assert_ptr_null(kmem_calloc(&k, SIZE_MAX / 4, 8));
	ck_assert_ptr_null(kmem_alloc(&k, SIZE_MAX - 8));
	kmem_free(&k, NULL);
	kmem_free(&k, z);
	kmem_free(&k, s);
	kmem_free(&k, e);
	ck_assert_uint_eq(k.block_bytes, 0);
	ck_assert_uint_eq(k.block_allocs, k.block_frees);
}
END_TEST

START_TEST(leaks_are_named)
{
	struct kmem_cache *c = kmem_cache_create(&k, "UDP", 200, 0);
	void *o = pool_alloc(c, CONTROL), *m = kmem_alloc(&k, 77);

	ck_assert_uint_eq(kmem_live(&k), 2);
	ck_assert_uint_eq(kmem_report_leaks(&k, &lg), 2);
	ck_assert_int_eq(sink.lines, 2);
	ck_assert_str_eq(sink.last, "mem: cache UDP: 1 objects of 200 bytes in use");
	pool_free(c, CONTROL, o);
	kmem_report_leaks(&k, &lg);
	ck_assert_ptr_nonnull(strstr(sink.last, "mem: 77 bytes in use, taken by leaks_are_named"));
	kmem_free(&k, m);
	o = pool_alloc(c, 0);
	kmem_cache_destroy(c);
	ck_assert_str_eq(sink.last, "mem: cache UDP: destroyed with 1 objects in use");
	kmem_cache_destroy(NULL);
}
END_TEST

START_TEST(foreign_object)
{
	struct kmem_cache *a = kmem_cache_create(&k, "a", 64, 0);
	struct kmem_cache *b = kmem_cache_create(&k, "b", 64, 0);

	pool_free(b, 0, pool_alloc(a, 0));
}
END_TEST

#ifdef __SANITIZE_ADDRESS__
int __asan_address_is_poisoned(void const volatile *addr);

START_TEST(free_objects_are_poisoned)
{
	struct kmem_cache *c = kmem_cache_create(&k, "x", 40, 0);
	char *o = pool_alloc(c, 0), *far = pool_alloc(c, 0);

	ck_assert(!__asan_address_is_poisoned(o) && !__asan_address_is_poisoned(o + 39));
	/* the object before its neighbour too */
	ck_assert(__asan_address_is_poisoned(o + 40));
	pool_free(c, 0, o);
	pool_free(c, 1, far);
	ck_assert(__asan_address_is_poisoned(o) && __asan_address_is_poisoned(o + 39));
	ck_assert(__asan_address_is_poisoned(far));
	o = pool_zalloc(c, 0);
	ck_assert(!__asan_address_is_poisoned(o + 39));
	pool_free(c, 0, o);
}
END_TEST
#endif

/* ---- threads ---- */

#define SLOTS	512
#define ROUNDS	40000

struct shared {
	struct kmem_cache *cache;
	uint64_t *slot[SLOTS];
	unsigned int next_cpu;
};

/* Each thread puts own objects into shared slots and frees what it finds there: often another's. */
static void *worker(void *arg)
{
	struct shared *s = arg;
	unsigned int cpu = __atomic_fetch_add(&s->next_cpu, 1, __ATOMIC_RELAXED);
	uint64_t x = cpu + 1;

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t *o = pool_alloc(s->cache, cpu), *old;

		x = x * 6364136223846793005ULL + 1442695040888963407ULL;
		o[0] = x;
		o[7] = ~x;
		old = __atomic_exchange_n(&s->slot[x >> 55], o, __ATOMIC_ACQ_REL);
		if (old) {
			if (old[0] != ~old[7])
				abort();
			old[0] = old[7] = 0;
			pool_free(s->cache, cpu, old);
		}
	}
	pool_flush(s->cache, cpu);
	return NULL;
}

START_TEST(four_threads)
{
	struct shared *s = calloc(1, sizeof(*s));
	struct kmem_cache_stats st;
	pthread_t t[CPUS];

	s->cache = kmem_cache_create(&k, "shared", 64, CACHE_BYTES);
	for (int i = 0; i < CPUS; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, worker, s), 0);
	kmem_cache_stats(s->cache, &st);
	ck_assert_uint_le(st.live, CPUS * ROUNDS);
	for (int i = 0; i < CPUS; i++)
		pthread_join(t[i], NULL);
	st = stats(s->cache);
	ck_assert_uint_eq(st.allocs, CPUS * ROUNDS);
	ck_assert_uint_le(st.live, SLOTS);
	/* what is freed elsewhere comes home: memory does not grow with the number of rounds */
	ck_assert_uint_le(st.objects, CPUS * (SLOTS + CPUS * POOL_BATCH + 2 * s->cache->per_slab));
	for (int i = 0; i < SLOTS; i++)
		if (s->slot[i])
			pool_free(s->cache, CONTROL, s->slot[i]);
	free(s);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		objects_are_apart_and_aligned, last_freed_first_given, home_in_batches, two_homes,
		limits, nth_allocation_fails, control_memory, leaks_are_named, four_threads,
#ifdef __SANITIZE_ADDRESS__
		free_objects_are_poisoned,
#endif
		NULL,
	};
	Suite *s = suite_of("pool", setup, teardown, tests);
	TCase *bugs = tcase_create("bugs");

	tcase_add_checked_fixture(bugs, setup, NULL);
	tcase_add_test_raise_signal(bugs, foreign_object, SIGABRT);
	suite_add_tcase(s, bugs);
	return s;
}
