/* SPDX-License-Identifier: MIT */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H
/*
 * trace.h - the tracer's side that the stack sees: gate, rings, current packet
 *
 * Theory of operation
 *   Off costs nothing: a function starts with one 5-byte NOP. Armed (fgraph.h), the NOP jumps to a thunk that tests trace_thread.gate and, while it is open,
 *   calls the body between two reads of the tick counter and writes one 16-byte record into the ring of the vCPU that the thread is inside.
 *
 *   The gate is one thread-local word: how many levels below here may still be recorded; 0 is closed. It serves tracing_on, max_graph_depth,
 *   set_graph_function (opened by a root), set_ftrace_pid and the packet filter. Each open function keeps the gate that it found and gives it back
 *   when it returns. A record's depth is trace_state.levels less that.
 *
 *   A ring has one writer, the thread inside the vCPU, and one reader at a time, the drainer (trace_ring_read). When it is full, new records
 *   are lost and counted.
 *
 *   Code patching is a matter of the process, so is this state: trace_thread, trace_state and the tables of
 *   fgraph.c are the only writable data of the room that is not a ring.
 *   They change only while every vCPU is parked, but for `mask`, which is read at each exit.
 *   A function that a thread runs while it is outside every vCPU must be `notrace`, the control thread's aside: its first bytes may be
 *   patched at that moment.
 * Threads: stated at each function. Nothing here may be traced itself.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glassnet/uapi/trace.h>

#include "lib/bug.h"

#define TRACE_LEVELS 200 /* deepest nesting that is recorded */

struct trace_sink;

/* What a thunk keeps on the stack while its function runs; known to fgraph_*.S. */
struct trace_frame {
	uint64_t t;
	uint32_t id;
	uint32_t gate; /* as it was found */
	struct trace_frame *up;
};

/* A vCPU's ring; the first two words are known to fgraph_*.S. */
struct trace_ring {
	struct gn_trace_rec *head; /* [A] next slot; written by the vCPU */
	struct gn_trace_rec *end;  /* reaching it calls trace_ring_more() */
	struct gn_trace_rec *base, *top;
	uint64_t lost;	   /* [A] written by the vCPU */
	uint32_t tid;	   /* task of the last TASK record */
	bool told;	   /* there was one */
	uint32_t packet;   /* of the last PACKET record */
	uint32_t packets;  /* ids given */
	unsigned cpu;
	char pad[64];
	struct gn_trace_rec *tail; /* [A] next slot to be read; written by the drainer */
	uint64_t lost_told;
};

/* This thread; known to fgraph_*.S. */
struct trace_thread {
	uint32_t gate;
	uint32_t packet; /* id of the packet that is worked for, 0 none */
	struct trace_ring *ring; /* of the vCPU that the thread is inside, NULL: none */
	struct trace_frame *top; /* innermost open function */
	uint32_t open;	 /* ~0; 0 while the packet filter keeps the gate shut */
	bool allowed;	 /* by set_ftrace_pid */
	uint64_t said_t; /* entry of the innermost function that was announced */
	uint32_t match;	 /* what the packet filter said of `packet`: trace/work.h */
	uint32_t levels; /* of trace_state, when the open functions were entered */
};
extern __attribute__((tls_model("initial-exec"))) _Thread_local struct trace_thread trace_thread;

/* The process; the first words are known to fgraph_*.S. */
struct trace_state {
	uint32_t mask;	 /* [A] ~0 while recording, 0: gates vanish at the next exit */
	uint32_t levels; /* depth limit, 1..TRACE_LEVELS */
	uint64_t thresh; /* ticks; shorter calls leave no record */
	uint32_t armed;	 /* [A] thunks are in place: vCPUs hand their ring to the threads that enter */
	uint32_t roots;	 /* gates start closed: set_graph_function names who opens them */
	uint32_t events; /* [A] bit a tracepoint (trace/events.h): someone listens */
	uint32_t packets; /* [A] packets get ids, bytes and verdicts are recorded */
	uint32_t follow;  /* gates close for packets that do not match; the filter is core/packet_trace.h's */
	uint32_t stacks;  /* a VERDICT of a drop is followed by a STACK */
	uint32_t npid, pid[16]; /* set_ftrace_pid: thread ids; 0 of them: everyone */
	const struct trace_sink *sink; /* [A] who listens to tracepoints */
};
extern __attribute__((visibility("hidden"))) struct trace_state trace_state; /* said here too, so that a compare need not ask where it is */

/*
 * trace_on() - what a site asks of a word of trace_state while it is off: one compare with memory. An atomic load costs a register and two instructions
 * more; a word that was just changed may be seen late.
 */
#ifdef __SANITIZE_THREAD__
#define trace_on(word) unlikely(READ_ONCE(trace_state.word))
#else
#define trace_on(word) unlikely(trace_state.word)
#endif

/* --- rings --- */

/* A ring of @slots (a power of two, 1024..) for vCPU @cpu; NULL without memory. Control thread. */
struct trace_ring *trace_ring_create(unsigned cpu, size_t slots);
void trace_ring_destroy(struct trace_ring *r);
/**
 * trace_ring_read() - take up to @max slots out, whole records only; drainer, one at a time
 * @buf: at least 64 slots
 * Return: slots taken. A LOST record comes first when some were lost since the last call.
 */
size_t trace_ring_read(struct trace_ring *r, struct gn_trace_rec *buf, size_t max);
/* The asm's slow half: @head is the slot behind the record just written. */
void trace_ring_more(struct trace_ring *r, struct gn_trace_rec *head);
/* A record of a kind, with @n payload slots from @payload (@bytes of them are read); lost and counted when there is no room. Inside the vCPU. */
void trace_put(struct trace_ring *r, enum gn_trace_kind kind, uint32_t val, const void *payload, size_t bytes);
void trace_put_at(struct trace_ring *r, uint64_t t, enum gn_trace_kind kind, uint32_t val, const void *payload, size_t bytes);

/* --- who is inside: kernel/vcpu.c, kernel/smp.c --- */

/* The thread came into the vCPU that owns @r (NULL: it has none) as task @tid, @comm. Sets ring and gate. */
void trace_enter(struct trace_ring *r, uint32_t tid, const char *comm);
/* It is about to leave: announces open functions (ENTRY), shuts the gate. */
void trace_leave(void);

/* --- packets: used by core/packet_trace.c --- */

/* A fresh packet id. */
uint32_t trace_packet_id(void);
/* From here on this thread works for @id (0: none). Writes a PACKET record when that changes. */
void trace_packet_switch(uint32_t id);
/* The packet worked for does not match: shut the gate until trace_gate_reopen(). */
void trace_gate_shut(void);
void trace_gate_reopen(void);
/* STACK record of the functions open now. */
void trace_put_stack(void);

/* Ticks now, and a CLOCK payload read together with them. */
uint64_t trace_ticks(void);
void trace_clock(uint64_t *ret_ticks, struct gn_trace_clock *ret_clock);
/* Ticks a microsecond, measured once (at least 1); control thread. */
double trace_ticks_per_us(void);

#endif
