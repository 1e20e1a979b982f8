/* SPDX-License-Identifier: MIT */
#ifndef TRACE_WORK_H
#define TRACE_WORK_H
/*
 * work.h - which packet a thread works for: change it, keep it, go back
 *
 * Theory of operation
 *   While trace_state.packets is set, a thread inside a vCPU works for one packet or for none. Who takes another packet up in the middle keeps the work that he
 *   found (trace_work_save) and gives it back (trace_work_restore). A softirq works for none at its begin: it may have come in the middle of a transmit.
 *   With the id goes what the packet filter said of it. A packet that does not match shuts the gate for as long as it is worked for.
 *   Off, each of these costs one load and one branch.
 * Called by: kernel/softirq.c, core/packet_trace.h. Threads: the thread whose work it is, inside its vCPU.
 */
#include "lib/atomic.h"
#include "trace/trace.h"

/* What the packet filter said. A packet that was made here is unseen until its IP header is there. */
enum trace_match { TRACE_UNSEEN, TRACE_MATCH, TRACE_MISS };

struct trace_work {
	uint32_t id; /* packet, 0: none */
	uint16_t match;
	uint16_t on; /* packets had ids when this was saved */
};

/* Work for @id, of which the filter said @match, from here on. */
void trace_work_for(uint32_t id, enum trace_match match);

static __always_inline bool trace_packets_on(void)
{
	return trace_on(packets);
}

static __always_inline struct trace_work trace_work_save(void)
{
	struct trace_work w = { .id = 0 };

	if (trace_packets_on())
		w = (struct trace_work){ trace_thread.packet, (uint16_t)trace_thread.match, 1 };
	return w;
}

/* Also when tracing began or ended in between: that may happen while a call sleeps. */
static __always_inline void trace_work_restore(struct trace_work w)
{
	if (unlikely(w.on) || trace_on(packets))
		trace_work_for(w.id, w.match);
}

/* Work for none; what was worked for is the answer. */
static __always_inline struct trace_work trace_work_suspend(void)
{
	struct trace_work w = trace_work_save();

	if (unlikely(w.on))
		trace_work_for(0, TRACE_UNSEEN);
	return w;
}

#endif
