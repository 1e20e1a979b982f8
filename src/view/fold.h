/* SPDX-License-Identifier: MIT */
#ifndef VIEW_FOLD_H
#define VIEW_FOLD_H
/*
 * fold.h - which calls a reader of a graph wants to see
 *
 * Theory of operation
 *   Functions are known by their names, endings that a compiler adds (.isra.0) aside. table.c asks
 *   for the family once a function.
 * Threads: any; constant data.
 */
#include "view/view.h"

/* VIEW_FOLD_* of a helper, 0: it is none. */
unsigned view_family(const char *name);
/* Does the profile print this function? */
bool view_profile_has(enum view_profile profile, const char *name);
/* Is it the beginning of an interrupt? */
bool view_is_irq_entry(const char *name);

#endif
