/* SPDX-License-Identifier: MIT */
#ifndef TRACE_EMIT_H
#define TRACE_EMIT_H
/*
 * emit.h - does anyone listen to a tracepoint, and tell him
 *
 * A site asks trace_event_on(), which is one load and one branch while nobody listens, and only then gathers the fields (trace/events.h).
 * Called by: kernel/softirq.c, core/trace_events.c, ipv4/fib_trie.c. Threads: inside a vCPU.
 */
#include "lib/atomic.h"
#include "trace/events.h"
#include "trace/trace.h"

_Static_assert(TRACE_EVENT_MAX <= 32, "a bit of trace_state.events each");

static __always_inline bool trace_event_on(enum trace_event ev)
{
	return trace_on(events) && trace_state.events & 1u << ev;
}

/* @fields: the struct of @ev's row; lives during the call. */
static __always_inline void trace_event(enum trace_event ev, const void *fields)
{
	const struct trace_sink *sink = READ_ONCE(trace_state.sink);

	if (sink && sink->event)
		sink->event(ev, fields);
}

#endif
