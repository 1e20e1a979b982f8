/* SPDX-License-Identifier: MIT */
/* check_ring: records come out in order and whole, losses are counted exactly and said first, a writer and a reader work at once. */
#include "armfix.h"

#include <pthread.h>

#include "lib/atomic.h"

#define SMALL 1024

static struct trace_ring *r;
static struct gn_trace_rec out[2 * SMALL];

static void begin(void)
{
	r = trace_ring_create(5, SMALL);
	ck_assert_ptr_nonnull(r);
}

static void end(void)
{
	trace_ring_destroy(r);
}

static void put(uint32_t val, size_t slots)
{
	unsigned char payload[64 * 16];

	memset(payload, (int)val, sizeof(payload));
	trace_put(r, GN_TRACE_MARK, val, slots ? payload : NULL, slots * 16);
}

/* The record of @val with @slots of payload stands at @at; where the next one is */
static size_t is_record(size_t at, uint32_t val, size_t slots)
{
	ck_assert_uint_eq(GN_TRACE_ID(out[at].what), GN_TRACE_MARK);
	ck_assert_uint_eq(out[at].val, val);
	ck_assert_uint_eq(GN_TRACE_SLOTS(out[at].what), slots);
	for (size_t i = 0; i < slots * 16; i++)
		ck_assert_uint_eq(((unsigned char *)&out[at + 1])[i], val & 255);
	return at + 1 + slots;
}

START_TEST(test_order_and_wrap)
{
	size_t slots[] = { 0, 1, 5, 16, 2, 64, 3 };
	uint32_t in = 0, back = 0;

	ck_assert_uint_eq(trace_ring_read(r, out, SMALL), 0);
	for (int round = 0; round < 500; round++) { /* about 50 times round */
		size_t n, at = 0;

		for (int i = 0; i < 3; i++, in++)
			put(in, slots[in % 7]);
		n = trace_ring_read(r, out, SMALL);
		while (at < n) {
			at = is_record(at, back, slots[back % 7]);
			back++;
		}
		ck_assert_uint_eq(at, n);
		ck_assert_uint_eq(back, in);
	}
	ck_assert_uint_eq(r->lost, 0);
}
END_TEST

/* A reader with little room gets whole records only. */
START_TEST(test_whole_records)
{
	for (uint32_t i = 0; i < 10; i++)
		put(i, 50);
	for (uint32_t i = 0; i < 10; i++) {
		ck_assert_uint_eq(trace_ring_read(r, out, 64), 51);
		is_record(0, i, 50);
	}
	ck_assert_uint_eq(trace_ring_read(r, out, 64), 0);
	put(1, 1);
	put(2, 1);
	ck_assert_uint_eq(trace_ring_read(r, out, 1), 0); /* half of one is none */
	ck_assert_uint_eq(trace_ring_read(r, out, 3), 2);
	ck_assert_uint_eq(trace_ring_read(r, out, 4), 2);
	is_record(0, 2, 1);
}
END_TEST

/* Bytes of a payload that is no multiple of a slot are followed by zeros. */
START_TEST(test_payload_is_padded)
{
	static const unsigned char zero[32];

	for (unsigned i = 0; i < 300; i++) { /* what lies in the ring from before is not shown */
		put(255, 3);
		trace_ring_read(r, out, SMALL);
	}
	trace_put(r, GN_TRACE_MARK, 9, "seventeen bytes..", 17);
	ck_assert_uint_eq(trace_ring_read(r, out, SMALL), 3);
	ck_assert_uint_eq(GN_TRACE_SLOTS(out[0].what), 2);
	ck_assert_mem_eq(&out[1], "seventeen bytes..", 17);
	ck_assert_mem_eq((unsigned char *)&out[1] + 17, zero, 15);
}
END_TEST

/* Full: what is in it stays, what comes is lost and counted; said once, before what comes out next. */
START_TEST(test_full)
{
	for (uint32_t i = 0; i < 2 * SMALL; i++)
		put(i, 0);
	ck_assert_uint_eq(r->lost, 2 * SMALL - (SMALL - 1)); /* one slot is always empty */
	put(7, 3);
	ck_assert_uint_eq(r->lost, 2 * SMALL - (SMALL - 1) + 1);
	ck_assert_uint_eq(trace_ring_read(r, out, 2 * SMALL), SMALL - 1 + 1);
	ck_assert_uint_eq(GN_TRACE_ID(out[0].what), GN_TRACE_LOST);
	ck_assert_uint_eq(out[0].val, SMALL + 2);
	for (uint32_t i = 0; i < SMALL - 1; i++)
		is_record(i + 1, i, 0);
	put(3, 1);
	ck_assert_uint_eq(trace_ring_read(r, out, SMALL), 2);
	is_record(0, 3, 1);
}
END_TEST

/* The same by functions: the thunks write into the ring by themselves. */
START_TEST(test_full_of_calls)
{
	unsigned calls = 0, lost, depth0 = 0;
	size_t n;

	arm_all();
	trace_state.mask = ~0u;
	trace_enter(r, 7, "check");
	ck_assert_uint_eq(trace_ring_read(r, out, SMALL), 2); /* TASK */
	for (; calls < 4000; calls += 2) /* csum_partial and do_csum */
		sum();
	lost = (unsigned)r->lost;
	ck_assert_uint_eq(lost, 4000 - (SMALL - 1));
	n = trace_ring_read(r, out, 2 * SMALL);
	ck_assert_uint_eq(n, SMALL - 1 + 1);
	ck_assert_uint_eq(GN_TRACE_ID(out[0].what), GN_TRACE_LOST);
	ck_assert_uint_eq(out[0].val, lost);
	for (size_t i = 1; i < n; i++) {
		ck_assert_uint_lt(GN_TRACE_ID(out[i].what), fgraph_count());
		ck_assert_uint_eq(GN_TRACE_DEPTH(out[i].what), i % 2); /* callees come before their callers */
		depth0 += !GN_TRACE_DEPTH(out[i].what);
	}
	ck_assert_uint_eq(depth0, (SMALL - 1) / 2);
	for (calls = 0; calls < 1000; calls++) { /* it goes on, round and round */
		sum();
		ck_assert_uint_eq(trace_ring_read(r, out, SMALL), 2);
		ck_assert_uint_le(out[1].t, out[0].t);
		ck_assert_uint_ge(out[1].t + out[1].val, out[0].t + out[0].val);
	}
	ck_assert_uint_eq(r->lost, lost);
	trace_leave();
	fgraph_arm(NULL, NULL);
}
END_TEST

START_TEST(test_destroy_nothing)
{
	trace_ring_destroy(NULL);
}
END_TEST

/* --- at once --- */

#define EACH 200000
#define WRITERS 2

static struct writer {
	pthread_t thread;
	struct trace_ring *ring;
	unsigned done; /* [A] */
} writer[WRITERS];

static void *write_calls(void *arg)
{
	struct writer *w = arg;

	trace_enter(w->ring, 10, "writer");
	for (int i = 0; i < EACH; i++)
		sum();
	trace_leave();
	smp_store_release(&w->done, 1);
	return NULL;
}

/* Two threads, a ring each, and this thread takes out of both: what came and what was lost is what was written, in pairs unless something was lost. */
START_TEST(test_two_writers_one_reader)
{
	uint64_t got[WRITERS] = { 0 }, lost[WRITERS] = { 0 };
	unsigned over = 0;

	arm_all();
	trace_state.mask = ~0u;
	for (int i = 0; i < WRITERS; i++) {
		writer[i].ring = trace_ring_create((unsigned)i, SMALL);
		ck_assert_ptr_nonnull(writer[i].ring);
	}
	for (int i = 0; i < WRITERS; i++)
		ck_assert_int_eq(pthread_create(&writer[i].thread, NULL, write_calls, &writer[i]), 0);
	while (over < WRITERS) {
		over = 0;
		for (int w = 0; w < WRITERS; w++) {
			bool done = smp_load_acquire(&writer[w].done);
			size_t n = trace_ring_read(writer[w].ring, out, SMALL);

			for (size_t i = 0; i < n; i++) {
				uint32_t id = GN_TRACE_ID(out[i].what);

				if (id == GN_TRACE_LOST)
					lost[w] += out[i].val;
				else if (id < GN_TRACE_KIND)
					got[w]++;
				else
					ck_assert_uint_eq(id, GN_TRACE_TASK);
				if (id < GN_TRACE_KIND)
					ck_assert_uint_le(GN_TRACE_DEPTH(out[i].what), 1);
				else
					i += GN_TRACE_SLOTS(out[i].what);
			}
			over += done && !n;
		}
	}
	for (int i = 0; i < WRITERS; i++) {
		pthread_join(writer[i].thread, NULL);
		ck_assert_uint_eq(got[i] + lost[i], 2 * EACH);
		trace_ring_destroy(writer[i].ring);
	}
	fgraph_arm(NULL, NULL);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_order_and_wrap, test_whole_records,	  test_payload_is_padded,      test_full,
				       test_full_of_calls,  test_destroy_nothing, test_two_writers_one_reader, NULL };

	return suite_of("ring", begin, end, tests);
}
