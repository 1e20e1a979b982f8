/* SPDX-License-Identifier: MIT */
#ifndef VIEW_TEXT_H
#define VIEW_TEXT_H
/*
 * text.h - the lines of a root, one after the other
 *
 * Theory of operation
 *   A cursor goes through a tree in the order of time and stops where the text has a line: where a
 *   call begins, where it ends, at a leaf. Several cursors side by side make the text of several
 *   roots (merge.c). It knows what is folded, hidden, or no business of the one packet asked for.
 * Threads: those of view.h.
 */
#include "view/view.h"

struct cursor {
	const struct view_node *root, *node; /* NULL: the end */
	bool leaving;			     /* at the end of node */
};

/* To the first line of @root. */
void view_cursor_begin(const struct view_text *t, struct cursor *c, const struct view_node *root);
void view_cursor_next(const struct view_text *t, struct cursor *c);
static inline uint64_t cursor_time(const struct cursor *c)
{
	return c->leaving ? c->node->end : c->node->start;
}
/* Is the next line the end of the call that begins here? */
bool view_cursor_is_leaf(const struct view_text *t, const struct cursor *c);
/* The line; @leaf: beginning and end in one. */
void view_text_line(struct view_text *t, struct view *v, const struct cursor *c, bool leaf);

/*
 * Calls in the order of time over all roots: @line for each stop; @leaf: the next stop of this CPU
 * is its end, and is left out. 0 or -ENOMEM
 */
int view_merge_roots(struct view_text *t, struct view_node *const *root, size_t n,
		     void (*line)(void *ctx, const struct cursor *c, bool leaf), void *ctx);

#endif
