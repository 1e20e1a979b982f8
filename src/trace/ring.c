/* SPDX-License-Identifier: MIT */
/*
 * ring.c - the buffer between a vCPU that writes records and the drainer that takes them
 *
 * Theory of operation
 *   A power of two of 16-byte slots. The writer (thunks: fgraph_*.S; kinds: trace_put()) owns head and end: slots from head up to end are free and lie in one piece,
 *   so the thunk's fast path is a compare. Reaching end it calls trace_ring_more(), which looks at tail, wraps, or finds the ring full: then head stays, the
 *   record just written is written over by the next one, and the loss is counted. One slot is always empty.
 *   The reader owns tail. It takes whole records only and says losses first.
 *   Memory comes from mmap: the writer may be any thread of someone else's program.
 * Mirrors: kernel/trace/ring_buffer.c in its purpose.
 */
#include <string.h>
#include <sys/mman.h>

#include "lib/atomic.h"
#include "trace/trace.h"

static struct gn_trace_rec *next_slot(const struct trace_ring *r, struct gn_trace_rec *slot);
static void publish(struct trace_ring *r, struct gn_trace_rec *head);
static size_t record_slots(const struct gn_trace_rec *rec);

struct trace_ring *trace_ring_create(unsigned cpu, size_t slots)
{
	size_t bytes = sizeof(struct trace_ring) + slots * sizeof(struct gn_trace_rec);
	struct trace_ring *r;

	BUG_ON(slots < 1024 || slots & (slots - 1));
	r = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (r == MAP_FAILED)
		return NULL;
	r->cpu = cpu;
	r->base = (struct gn_trace_rec *)(r + 1);
	r->top = r->base + slots;
	r->head = r->tail = r->base;
	r->end = r->top;
	return r;
}

void trace_ring_destroy(struct trace_ring *r)
{
	if (r)
		munmap(r, (size_t)((char *)r->top - (char *)r));
}

void trace_ring_more(struct trace_ring *r, struct gn_trace_rec *head)
{
	struct gn_trace_rec *next = head == r->top ? r->base : head;

	if (next == smp_load_acquire(&r->tail)) {
		WRITE_ONCE(r->lost, r->lost + 1);
		return;
	}
	publish(r, next);
}

void trace_put(struct trace_ring *r, enum gn_trace_kind kind, uint32_t val, const void *payload, size_t bytes)
{
	trace_put_at(r, trace_ticks(), kind, val, payload, bytes);
}

void trace_put_at(struct trace_ring *r, uint64_t t, enum gn_trace_kind kind, uint32_t val, const void *payload, size_t bytes)
{
	size_t size = (size_t)(r->top - r->base), n = (bytes + sizeof(struct gn_trace_rec) - 1) / sizeof(struct gn_trace_rec);
	size_t used = (size_t)(r->head - smp_load_acquire(&r->tail)) & (size - 1);
	struct gn_trace_rec *slot = r->head;

	BUG_ON(n > 255);
	if (used + n + 1 > size - 1) {
		WRITE_ONCE(r->lost, r->lost + 1);
		return;
	}
	*slot = (struct gn_trace_rec){ .t = t, .val = val, .what = (uint32_t)kind | (uint32_t)n << 24 };
	for (slot = next_slot(r, slot); bytes; slot = next_slot(r, slot)) {
		size_t len = bytes < sizeof(*slot) ? bytes : sizeof(*slot);

		memset(slot, 0, sizeof(*slot));
		memcpy(slot, payload, len);
		payload = (const char *)payload + len;
		bytes -= len;
	}
	publish(r, slot);
}

size_t trace_ring_read(struct trace_ring *r, struct gn_trace_rec *buf, size_t max)
{
	struct gn_trace_rec *head = smp_load_acquire(&r->head), *slot = r->tail;
	uint64_t lost = READ_ONCE(r->lost);
	size_t n = 0;

	if (lost != r->lost_told && max) {
		uint64_t news = lost - r->lost_told;

		buf[n++] = (struct gn_trace_rec){ .t = trace_ticks(), .val = news > UINT32_MAX ? UINT32_MAX : (uint32_t)news,
						  .what = GN_TRACE_LOST };
		r->lost_told = lost;
	}
	while (slot != head) {
		size_t want = record_slots(slot);

		if (n + want > max)
			break;
		while (want--) {
			buf[n++] = *slot;
			slot = next_slot(r, slot);
		}
	}
	smp_store_release(&r->tail, slot);
	return n;
}

static struct gn_trace_rec *next_slot(const struct trace_ring *r, struct gn_trace_rec *slot)
{
	return slot + 1 == r->top ? r->base : slot + 1;
}

/* Slots up to @head are filled; find out how far the next ones may go in one piece. */
static void publish(struct trace_ring *r, struct gn_trace_rec *head)
{
	struct gn_trace_rec *tail = smp_load_acquire(&r->tail);

	r->end = tail > head ? tail : r->top;
	smp_store_release(&r->head, head);
}

static size_t record_slots(const struct gn_trace_rec *rec)
{
	return GN_TRACE_ID(rec->what) < GN_TRACE_KIND ? 1 : 1 + GN_TRACE_SLOTS(rec->what);
}
