/* SPDX-License-Identifier: MIT */
/*
 * work.c - which packet a thread works for
 *
 * Called by: the inlines of work.h when packets have ids. Calls: gate.c. Owns: the words packet, match and open of trace_thread.
 * Threads: the thread whose words they are, inside its vCPU.
 */
#include "trace/work.h"

void trace_work_for(uint32_t id, enum trace_match match)
{
	struct trace_thread *t = &trace_thread;

	if (id != t->packet)
		trace_packet_switch(id);
	t->match = match;
	if (match != TRACE_MISS)
		trace_gate_reopen();
	else if (t->open)
		trace_gate_shut();
}
