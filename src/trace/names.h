/* SPDX-License-Identifier: MIT */
#ifndef TRACE_NAMES_H
#define TRACE_NAMES_H
/*
 * names.h - the table of names inside the binary
 */
#include "trace/fgraph.h"

/* Give name, file and module to @n functions that are sorted by address: 0, or -1 when the binary has no table or the table has no name for one of them. */
int fgraph_read_names(struct fgraph_func *func, unsigned n);

#endif
