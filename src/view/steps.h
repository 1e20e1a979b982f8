/* SPDX-License-Identifier: MIT */
#ifndef VIEW_STEPS_H
#define VIEW_STEPS_H
/*
 * steps.h - the twelve steps of a received packet, as the article on monitoring the stack numbers them, and the calls that take them
 *
 *   Called by: html.c, `trace view --steps`. A table and its look-ups; libc only.
 * Threads: any, no state.
 */

#define VIEW_STEPS 12

/* The step that a call of @func takes, 0 none. A compiler's suffix (".isra.0") does not count. */
unsigned view_step_of(const char *func);
/* Step @n (1..VIEW_STEPS) in two or three words ("interrupt"), and as a sentence; "" for other numbers. */
const char *view_step_name(unsigned n);
const char *view_step_text(unsigned n);

#endif
