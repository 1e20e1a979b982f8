/* SPDX-License-Identifier: MIT */
/*
 * buffer.c - the memory behind `trace`: what the rings gave, newest kept
 *
 * Theory of operation
 *   A vCPU's buffer is a circle of slots that holds whole records. When it is full the oldest record goes (overrun, as in Linux's overwrite mode). Some records say what
 *   holds from there on: the task, the packet, the clock. The last of each kind that went is kept aside and comes before the rest when the buffer is read,
 *   and then how many are gone (LOST), so that a reader knows which calls began before the buffer does.
 *   tracefs_drain() runs in the drainer's thread: it calls libc and this room only, because the code of other rooms may be patched at that moment.
 * Threads: under the lock of struct tracefs.
 * Mirrors: kernel/trace/ring_buffer.c (overwrite mode, reader's view).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tracefs/tracefs_impl.h"

#define DRAIN_SLOTS 1024

static unsigned record_slots(const struct gn_trace_rec *rec);
static size_t wrap(const struct trace_buf *b, size_t i);
static const struct gn_trace_rec *at(const struct trace_buf *b, size_t i);
static void drop_oldest(struct trace_buf *b);
static size_t prelude(const struct trace_buf *b, struct gn_trace_rec *to);
static void ask_sink(struct tracefs *t, uint64_t now);
static void count_records(struct trace_buf *b, const struct gn_trace_rec *rec, unsigned n);

int trace_buf_resize(struct trace_buf *b, unsigned kb)
{
	size_t size = (size_t)kb * 1024 / sizeof(b->slot[0]);
	struct gn_trace_rec *slot = calloc(size, sizeof(*slot));

	if (!slot)
		return -ENOMEM;
	free(b->slot);
	b->slot = slot;
	b->size = size;
	trace_buf_clear(b);
	return 0;
}

void trace_buf_clear(struct trace_buf *b)
{
	struct gn_trace_rec *slot = b->slot;
	size_t size = b->size;

	/* what is going on goes on */
	for (; b->count; drop_oldest(b))
		;
	b->slot = slot;
	b->size = size;
	b->written = b->overrun = b->overrun_told = b->lost = b->entries = 0;
	b->head = 0;
}

void trace_buf_push(struct trace_buf *b, const struct gn_trace_rec *rec, unsigned n)
{
	if (n > b->size)
		return;
	while (b->size - b->count < n) {
		b->overrun += GN_TRACE_ID(at(b, 0)->what) < GN_TRACE_KIND;
		drop_oldest(b);
	}
	for (unsigned i = 0; i < n; i++)
		b->slot[wrap(b, b->head + b->count + i)] = rec[i];
	b->count += n;
	count_records(b, rec, n);
}

size_t trace_buf_pop(struct trace_buf *b, struct gn_trace_rec *to, size_t max)
{
	size_t n = b->count ? prelude(b, to) : 0;

	if (n)
		b->overrun_told = b->overrun;
	b->has_task = b->has_packet = b->has_clock = b->has_lane = false;
	while (b->count) {
		unsigned want = record_slots(at(b, 0));

		if (n + want > max || want > b->count)
			break;
		for (unsigned i = 0; i < want; i++)
			to[n++] = *at(b, i);
		drop_oldest(b);
		/* given out: the next reader has it from us */
		b->has_task = b->has_packet = b->has_clock = b->has_lane = false;
	}
	return n;
}

size_t trace_buf_copy(const struct trace_buf *b, struct gn_trace_rec *to, size_t max, uint64_t *ret_left_out)
{
	struct trace_buf c = *b; /* its own idea of what is oldest */
	size_t n, first;

	while (c.count > max - TRACE_PRELUDE)
		drop_oldest(&c);
	*ret_left_out += b->entries - c.entries;
	c.overrun += b->entries - c.entries;
	if (!c.count)
		return 0;
	n = prelude(&c, to);
	first = min(c.size - c.head, c.count);
	memcpy(to + n, c.slot + c.head, first * sizeof(*to));
	memcpy(to + n + first, c.slot, (c.count - first) * sizeof(*to));
	return n + c.count;
}

unsigned tracefs_drain(struct net *net)
{
	struct tracefs *t = net_tracefs(net);
	unsigned n;

	if (!t)
		return 0;
	pthread_mutex_lock(&t->lock);
	n = tracefs_drain_locked(t);
	pthread_mutex_unlock(&t->lock);
	return n;
}

unsigned tracefs_drain_locked(struct tracefs *t)
{
	struct gn_trace_rec rec[DRAIN_SLOTS];
	struct gn_trace_clock now;
	unsigned all = 0;
	uint64_t ticks;

	trace_clock(&ticks, &now);
	if (t->sink && now.mono_ns - t->wants_ns > 100000000)
		ask_sink(t, now.mono_ns);
	if (now.mono_ns - t->clock_ns > 1000000000 && __atomic_load_n(&trace_state.armed, __ATOMIC_RELAXED))
		tracefs_put_clock(t);
	for (unsigned cpu = 0; cpu < t->net->m.nr_cpus; cpu++) {
		struct trace_ring *ring = t->net->m.cpu[cpu]->slot[VCPU_SLOT_TRACE];
		size_t n;

		while (ring && (n = trace_ring_read(ring, rec, DRAIN_SLOTS))) {
			for (size_t i = 0; i < n; i += record_slots(&rec[i])) {
				if (GN_TRACE_ID(rec[i].what) == GN_TRACE_HANDED)
					tracefs_lane_handed(t, &rec[i]);
				else
					trace_buf_push(&t->buf[cpu], &rec[i], record_slots(&rec[i]));
			}
			if (t->sink && t->wants & TRACE_WANTS_BATCH)
				t->sink->batch(cpu, rec, (unsigned)n);
			all += (unsigned)n;
		}
	}
	return all + tracefs_lane_drain(t);
}

void tracefs_put_clock(struct tracefs *t)
{
	struct gn_trace_rec rec[2] = { { .what = GN_TRACE_CLOCK | 1u << 24 } };
	struct gn_trace_clock now;
	uint64_t ticks;

	trace_clock(&ticks, &now);
	rec[0].t = ticks;
	rec[0].val = t->ticks_per_ms;
	memcpy(&rec[1], &now, sizeof(now));
	for (unsigned cpu = 0; cpu < t->net->m.nr_cpus; cpu++) {
		trace_buf_push(&t->buf[cpu], rec, 2);
		if (t->sink && t->wants & TRACE_WANTS_BATCH)
			t->sink->batch(cpu, rec, 2);
	}
	t->clock_ns = now.mono_ns;
}

/* Which events a session wants now; one that begins to want batches is told the tables and the clock. */
static void ask_sink(struct tracefs *t, uint64_t now)
{
	uint64_t wants = t->sink->wants(), news = wants & ~t->wants;

	t->wants = wants;
	t->wants_ns = now;
	__atomic_store_n(&trace_state.events, (uint32_t)wants, __ATOMIC_RELEASE);
	if (wants & TRACE_WANTS_TABLES)
		tracefs_tell_sink(t);
	if (news & TRACE_WANTS_BATCH)
		tracefs_put_clock(t);
}

static unsigned record_slots(const struct gn_trace_rec *rec)
{
	return GN_TRACE_ID(rec->what) < GN_TRACE_KIND ? 1 : 1 + GN_TRACE_SLOTS(rec->what);
}

/* @i below twice the size; a division would cost more than writing the record did. */
static size_t wrap(const struct trace_buf *b, size_t i)
{
	return i < b->size ? i : i - b->size;
}

static const struct gn_trace_rec *at(const struct trace_buf *b, size_t i)
{
	return &b->slot[wrap(b, b->head + i)];
}

static void drop_oldest(struct trace_buf *b)
{
	const struct gn_trace_rec *rec = at(b, 0);
	unsigned n = record_slots(rec);

	if (n > b->count)
		n = (unsigned)b->count;
	switch (GN_TRACE_ID(rec->what)) {
	case GN_TRACE_TASK:
		b->task[0] = *rec;
		b->task[1] = *at(b, 1);
		b->has_task = true;
		break;
	case GN_TRACE_LANE:
		b->lane = *rec;
		b->has_lane = true;
		break;
	case GN_TRACE_PACKET:
		b->packet = *rec;
		b->has_packet = true;
		break;
	case GN_TRACE_CLOCK:
		b->clock[0] = *rec;
		b->clock[1] = *at(b, 1);
		b->has_clock = true;
		break;
	default:
		b->entries -= b->entries && GN_TRACE_ID(rec->what) < GN_TRACE_KIND;
	}
	b->head = wrap(b, b->head + n);
	b->count -= n;
}

static size_t prelude(const struct trace_buf *b, struct gn_trace_rec *to)
{
	uint64_t gone = b->overrun - b->overrun_told;
	size_t n = 0;

	if (b->has_clock) {
		to[n++] = b->clock[0];
		to[n++] = b->clock[1];
	}
	if (b->has_lane)
		to[n++] = b->lane;
	if (b->has_task) {
		to[n++] = b->task[0];
		to[n++] = b->task[1];
	}
	if (b->has_packet)
		to[n++] = b->packet;
	if (gone)
		to[n++] = (struct gn_trace_rec){ .val = gone > UINT32_MAX ? UINT32_MAX : (uint32_t)gone, .what = GN_TRACE_LOST };
	return n;
}

static void count_records(struct trace_buf *b, const struct gn_trace_rec *rec, unsigned n)
{
	(void)n;
	if (GN_TRACE_ID(rec->what) < GN_TRACE_KIND) {
		b->written++;
		b->entries++;
	} else if (GN_TRACE_ID(rec->what) == GN_TRACE_LOST) {
		b->lost += rec->val;
	}
}
