/* SPDX-License-Identifier: MIT */
/*
 * state.c - the words of the process and of the thread that thunks and walk functions read
 *
 * Owns: trace_state, trace_thread. See trace.h.
 */
#include "trace/trace.h"

_Thread_local struct trace_thread trace_thread;
struct trace_state trace_state = { .levels = TRACE_LEVELS };
