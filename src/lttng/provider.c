/* SPDX-License-Identifier: MIT */
/*
 * provider.c - the module that carries the trace to LTTng-UST
 *
 * Theory of operation
 *   A shared object of its own, the only thing in the project that is linked with liblttng-ust. glassnetd opens it on demand (daemon/lttng.c) and asks
 *   for gn_lttng_sink(): what listens to the tracepoints and to the drainer's batches (trace/events.h). Each tracepoint is one LTTng event under the
 *   kernel's names; records of functions leave many at a time as glassnet:batch, which is what makes them cheap.
 *   A session asks for what it wants by enabling events; wants() tells the tracer, so an event that nobody enabled costs nothing here.
 *   Called by: walk functions inside a vCPU (event), the drainer (the rest). It never blocks: a full channel discards, and LTTng counts that.
 *   Owns: nothing. liblttng-ust has two threads and its shared memory. Once loaded it stays: unloading a probe provider is not safe.
 */
#define LTTNG_UST_TRACEPOINT_DEFINE
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES

#include <time.h>

#include "core/drop.h"
#include "trace/events.h"

/* numbers of the reasons, for the labels of skb:kfree_skb */
enum {
#define X(reason, ...) LTTNG_REASON_##reason,
	DROP_REASONS(X)
#undef X
};

#include "lttng/net.tp"
#include "lttng/napi.tp"
#include "lttng/irq.tp"
#include "lttng/skb.tp"
#include "lttng/sock.tp"
#include "lttng/udp.tp"
#include "lttng/neigh.tp"
#include "lttng/fib.tp"
#include "lttng/glassnet.tp"

#define BATCH_SLOTS 256 /* most slots in one event: a record and its payload always fit */

/* From enabling its events to taking them a session needs some time, which nobody tells; on a busy machine it may be long. */
#define SETTLED_NS 200000000ull
#define SETTLED_BUSY_NS 2000000000ull

static void sink_event(enum trace_event ev, const void *fields);
static void sink_batch(unsigned cpu, const struct gn_trace_rec *rec, unsigned n);
static void sink_functions(const struct trace_table_row *row, unsigned n);
static uint64_t sink_wants(void);

__attribute__((visibility("default"))) const struct trace_sink *gn_lttng_sink(void);

const struct trace_sink *gn_lttng_sink(void)
{
	static const struct trace_sink sink = {
		.event = sink_event,
		.batch = sink_batch,
		.functions = sink_functions,
		.wants = sink_wants,
	};

	return &sink;
}

static void sink_event(enum trace_event ev, const void *fields)
{
	switch (ev) {
#define X(sys, name, type)                                                \
	case TRACE_##name:                                                \
		lttng_ust_tracepoint(sys, name, (const struct type *)fields); \
		break;
	TRACE_EVENTS(X)
#undef X
	case TRACE_EVENT_MAX:
		break;
	}
}

/* How many of @n slots make whole records, at most BATCH_SLOTS of them. */
static unsigned whole_records(const struct gn_trace_rec *rec, unsigned n)
{
	unsigned i = 0;

	while (i < n) {
		unsigned slots = 1 + (GN_TRACE_ID(rec[i].what) < GN_TRACE_KIND ? 0 : GN_TRACE_SLOTS(rec[i].what));

		if (i + slots > n || i + slots > BATCH_SLOTS)
			break;
		i += slots;
	}
	return i;
}

static void sink_batch(unsigned cpu, const struct gn_trace_rec *rec, unsigned n)
{
	while (n) {
		unsigned take = whole_records(rec, n);

		if (!take)
			return; /* half a record: its other half is lost */
		lttng_ust_tracepoint(glassnet, batch, cpu, (const uint32_t *)(const void *)rec, take * (unsigned)(sizeof(*rec) / 4));
		rec += take;
		n -= take;
	}
}

static void sink_functions(const struct trace_table_row *row, unsigned n)
{
	for (; n; row++, n--) {
		if (row->kind == 0)
			lttng_ust_tracepoint(glassnet, function, row);
		else if (row->kind == 1)
			lttng_ust_tracepoint(glassnet, reason, row);
		else
			lttng_ust_tracepoint(glassnet, device, row);
	}
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/*
 * A session that begins to take batches needs the tables first. That there is a new one shows in liblttng-ust's list of who takes the event: it is another
 * array after each change. Batches are wanted, and the tables with them, SETTLED_NS after the first; the tables once more after SETTLED_BUSY_NS.
 */
static uint64_t wants_batch(void)
{
	static const void *takers;
	static uint64_t since;
	static int told;
	const void *now_takers = __atomic_load_n(&lttng_ust_tracepoint_glassnet___batch.probes, __ATOMIC_RELAXED);
	uint64_t age;

	if (!lttng_ust_tracepoint_enabled(glassnet, batch)) {
		takers = NULL;
		return 0;
	}
	if (now_takers != takers) {
		/* told < 0: nobody has had the tables yet */
		told = takers && told >= 0 ? 0 : -1;
		takers = now_takers;
		since = now_ns();
	}
	if (told > 1)
		return TRACE_WANTS_BATCH;
	age = now_ns() - since;
	if (age >= (told < 1 ? SETTLED_NS : SETTLED_BUSY_NS)) {
		told = told < 1 ? 1 : 2;
		return TRACE_WANTS_BATCH | TRACE_WANTS_TABLES;
	}
	return told < 0 ? 0 : TRACE_WANTS_BATCH;
}

static uint64_t sink_wants(void)
{
	uint64_t bits = wants_batch();

#define X(sys, name, type)                               \
	if (lttng_ust_tracepoint_enabled(sys, name))     \
		bits |= 1ull << TRACE_##name;
	TRACE_EVENTS(X)
#undef X
	return bits;
}
