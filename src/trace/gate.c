/* SPDX-License-Identifier: MIT */
/*
 * gate.c - what is recorded: the gate word of each thread, roots, tasks and packets
 *
 * Theory of operation
 *   The gate says how many levels below the present one may still be recorded. It follows from the innermost open function alone (gate_now): that one found a
 *   gate, and those that it calls get one less. So it can be worked out anew at any time: after a sleep, after a packet that did not match.
 *   Called by: kernel/vcpu.c and smp.c (enter, leave), the root thunks, core/packet_trace.c. Calls: ring.c.
 * Threads: the thread whose words they are, inside its vCPU.
 * Mirrors: kernel/trace/trace_functions_graph.c (trace_graph_entry), fgraph.c.
 */
#include <string.h>

#include "lib/atomic.h"
#include "trace/fgraph.h"
#include "trace/fgraph_arch.h"
#include "trace/trace.h"

#define ROOT_OPENED 0x80000000u /* in frame->gate: this root opened the gate */

_Thread_local struct trace_thread trace_thread = { .open = ~0u };
struct trace_state trace_state = { .levels = TRACE_LEVELS };

/* The root thunks call these. */
void trace_root_enter(struct trace_frame *f, uint32_t id);
void trace_root_exit(struct trace_frame *f);

static uint32_t gate_now(const struct trace_thread *t);
static bool pid_allowed(uint32_t tid);
static void announce(struct trace_thread *t);
static void forget_open(struct trace_thread *t);

uint64_t trace_ticks(void)
{
	return fgraph_ticks();
}

void trace_enter(struct trace_ring *r, uint32_t tid, const char *comm)
{
	struct trace_thread *t = &trace_thread;
	char name[16] = "";

	t->ring = r;
	t->gate = 0;
	if (!r)
		return;
	if (r->tid != tid || !r->told) {
		uint64_t lost = r->lost;

		strncpy(name, comm, sizeof(name) - 1);
		trace_put(r, GN_TRACE_TASK, tid, name, sizeof(name));
		r->tid = tid;
		r->told = r->lost == lost; /* lost: the next one says it anew */
	}
	trace_packet_switch(t->packet);
	t->allowed = pid_allowed(tid);
	if (unlikely(t->levels != trace_state.levels))
		forget_open(t);
	t->gate = gate_now(t) & t->open;
}

void trace_leave(void)
{
	struct trace_thread *t = &trace_thread;

	if (t->top && READ_ONCE(trace_state.mask))
		announce(t);
	if (t->top && t->ring)
		t->ring->told = false; /* who comes next says when, be it this task: a long sleep does not fit into a duration */
	t->gate = 0;
	t->ring = NULL;
}

void trace_root_enter(struct trace_frame *f, uint32_t id)
{
	struct trace_thread *t = &trace_thread;

	f->id = id;
	f->gate = t->gate;
	f->up = t->top;
	t->top = f;
	if (fgraph_kind_of(id) == FGRAPH_WALL) {
		t->gate = 0;
	} else if (!t->gate && t->ring && t->allowed && t->open && READ_ONCE(trace_state.mask) && !f->up) {
		f->gate = trace_state.levels | ROOT_OPENED;
		t->gate = trace_state.levels - 1;
	} else if (t->gate) {
		t->gate--;
	}
	f->t = fgraph_ticks();
}

void trace_root_exit(struct trace_frame *f)
{
	struct trace_thread *t = &trace_thread;
	uint64_t took = fgraph_ticks() - f->t;
	uint32_t gate = f->gate & ~ROOT_OPENED & READ_ONCE(trace_state.mask) & t->open;

	t->top = f->up;
	t->gate = f->gate & ROOT_OPENED ? 0 : gate;
	if (!gate || took < trace_state.thresh || fgraph_kind_of(f->id) == FGRAPH_WALL || !t->ring)
		return;
	*t->ring->head = (struct gn_trace_rec){ .t = f->t, .val = took > UINT32_MAX ? UINT32_MAX : (uint32_t)took,
						.what = f->id | (trace_state.levels - gate) << 24 };
	if (t->ring->head + 1 < t->ring->end)
		smp_store_release(&t->ring->head, t->ring->head + 1);
	else
		trace_ring_more(t->ring, t->ring->head + 1);
}

uint32_t trace_packet_id(void)
{
	struct trace_ring *r = trace_thread.ring;

	if (!r)
		return 0;
	/* the vCPU in the upper bits, so that no two count alike */
	if (++r->packets > 0x3ffffff)
		r->packets = 1;
	return (r->cpu & 63) << 26 | r->packets;
}

void trace_packet_switch(uint32_t id)
{
	struct trace_thread *t = &trace_thread;

	t->packet = id;
	if (t->ring && t->ring->packet != id) {
		uint64_t lost = t->ring->lost;

		trace_put(t->ring, GN_TRACE_PACKET, id, NULL, 0);
		t->ring->packet = t->ring->lost == lost ? id : ~0u; /* lost: the next one says it anew */
	}
}

void trace_gate_shut(void)
{
	trace_thread.open = 0;
	trace_thread.gate = 0;
}

void trace_gate_reopen(void)
{
	struct trace_thread *t = &trace_thread;

	if (t->open)
		return;
	t->open = ~0u;
	t->gate = t->ring ? gate_now(t) : 0;
}

void trace_put_stack(void)
{
	uint32_t id[TRACE_LEVELS], n = 0;

	if (!trace_thread.ring)
		return;
	for (const struct trace_frame *f = trace_thread.top; f && n < TRACE_LEVELS; f = f->up)
		if (fgraph_kind_of(f->id) != FGRAPH_WALL)
			id[n++] = f->id;
	trace_put(trace_thread.ring, GN_TRACE_STACK, n, id, n * sizeof(id[0]));
}

static uint32_t gate_now(const struct trace_thread *t)
{
	const struct trace_frame *f = t->top;
	uint32_t gate;

	if (!f)
		gate = trace_state.roots || !t->allowed ? 0 : trace_state.levels;
	else if (fgraph_kind_of(f->id) == FGRAPH_WALL || !f->gate)
		gate = 0;
	else
		gate = (f->gate & ~ROOT_OPENED) - 1;
	return gate & READ_ONCE(trace_state.mask);
}

static bool pid_allowed(uint32_t tid)
{
	if (!trace_state.npid)
		return true;
	for (uint32_t i = 0; i < trace_state.npid; i++)
		if (trace_state.pid[i] == tid)
			return true;
	return false;
}

/* Say which functions are open, outermost first; those said at an earlier sleep are older than said_t. */
static void announce(struct trace_thread *t)
{
	const struct trace_frame *news[TRACE_LEVELS];
	unsigned n = 0;

	for (const struct trace_frame *f = t->top; f && f->t > t->said_t && n < TRACE_LEVELS; f = f->up)
		if ((f->gate & ~ROOT_OPENED) && fgraph_kind_of(f->id) != FGRAPH_WALL)
			news[n++] = f;
	t->said_t = t->top->t;
	while (n && t->ring) {
		const struct trace_frame *f = news[--n];
		struct gn_trace_entry e = { .depth = trace_state.levels - (f->gate & ~ROOT_OPENED) };

		trace_put_at(t->ring, f->t, GN_TRACE_ENTRY, f->id, &e, sizeof(e));
	}
}

/* The depth limit changed while the thread slept: what it has open was counted by the old one, and is not recorded any more. */
static void forget_open(struct trace_thread *t)
{
	for (struct trace_frame *f = t->top; f; f = f->up)
		f->gate = 0;
	t->levels = trace_state.levels;
}
