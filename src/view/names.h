/* SPDX-License-Identifier: MIT */
#ifndef VIEW_NAMES_H
#define VIEW_NAMES_H
/*
 * names.h - what a function of ours is called elsewhere: Linux 3.13, Linux 6.1, drivers e1000 and igb
 *
 * Theory of operation
 *   The table is src/trace/names.tab, compiled in. Filters take any of the names (view_names_is, view_names_each); the viewer shows ours unless it is asked for a set
 *   (view_names_map). A name may stand in several rows: tap_intr and userdev_intr are both e1000_intr. Compilers add .isra.0, .part.72, .constprop.83:
 *   names are compared without such endings.
 * Threads: any; constant data. Depends on libc only.
 */
#include <stdbool.h>
#include <stddef.h>

/* Do @name (of anybody) and @ours mean the same function? True also for equal names that no row has. */
bool view_names_is(const char *ours, const char *name);
/* Calls @fn with each other name of @ours until it returns true; returns that. For globs. */
bool view_names_each(const char *ours, bool (*fn)(void *ctx, const char *name), void *ctx);
/**
 * view_names_map() - how @name, a name of ours, is shown in set @set ("3.13", "6.1", "e1000", "igb")
 * Return: the set's name, or @name when the set has none
 */
const char *view_names_map(const char *set, const char *name);
/* Is there a set @set? */
bool view_names_set(const char *set);
/* "3.13, 6.1, e1000, igb", for error texts */
const char *view_names_sets(void);
/* Length of @name without the endings that a compiler adds. */
size_t view_names_base(const char *name);

#endif
