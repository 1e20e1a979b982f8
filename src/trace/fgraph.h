/* SPDX-License-Identifier: MIT */
#ifndef TRACE_FGRAPH_H
#define TRACE_FGRAPH_H
/*
 * fgraph.h - the functions that can be traced, and the patching of their first bytes
 *
 * Theory of operation
 *   The rooms of the stack are compiled with room for 5 bytes before each function's body. fgraph_init() finds those pads, gives each function an id
 *   (its rank by address), makes each pad one NOP and reads the function's name and source file from a table that was put into the binary when it was linked
 *   (tools/link-named), so a stripped binary keeps its names.
 * Threads: the control thread, with every vCPU of the process parked or not yet turned while fgraph_commit() runs.
 */
#include <stdint.h>

#include "lib/extack.h"

enum fgraph_kind {
	FGRAPH_NOP,
	FGRAPH_BODY, /* recorded while the gate is open */
	FGRAPH_ROOT, /* opens the gate: set_graph_function */
	FGRAPH_WALL, /* shuts it until it returns: set_graph_notrace */
};

/**
 * struct fgraph_func - one traceable function
 * @name: as in the source, with the compiler's suffix if it has one
 * @file: room and file without suffix: "ipv4/udp_input"
 * @module: driver that it belongs to ("tap"), or NULL
 */
struct fgraph_func {
	const char *name, *file, *module;
	uintptr_t addr;
};

/* Idempotent: 0, or -errno with a text (no table of names, code that cannot be written). */
int fgraph_init(struct extack *err);
/* How many there are; 0 before fgraph_init(). */
unsigned fgraph_count(void);
/* @id < fgraph_count() */
const struct fgraph_func *fgraph_func(unsigned id);
/*
 * One stack of a process at a time may be traced, and none while another one runs in threads of its own, whose code this is, too: 0, or -EBUSY with a text.
 * @who: the stack. Control thread. fgraph_threads(): a stack with threads came (1) or went (-1).
 */
int fgraph_claim(const void *who, struct extack *err);
void fgraph_release(const void *who);
void fgraph_threads(int n);
/*
 * A function's __builtin_return_address(0) is @ret: where it was really called from. While it is traced, a thunk stands between. Inside that function or
 * one that is not traced; its thread.
 */
const void *fgraph_caller(const void *ret);
/* How it is patched now. Any thread. */
enum fgraph_kind fgraph_kind_of(unsigned id);
/* The id of a name, -1 when there is none. The first of several with one name. */
int fgraph_find(const char *name);
/**
 * fgraph_prepare() - work out the code for @kind
 * @kind: fgraph_count() values of enum fgraph_kind; NULL: all FGRAPH_NOP
 *
 * While everything runs. Return: 0, or -errno with a text.
 */
int fgraph_prepare(const uint8_t *kind, struct extack *err);
/* Write what was prepared, if it differs from what is there. Every vCPU of the process is parked. 0, or -errno with a text and nothing changed. */
int fgraph_commit(struct extack *err);
/* Both at once, for single-threaded hosts. */
int fgraph_arm(const uint8_t *kind, struct extack *err);

#endif
