/* SPDX-License-Identifier: MIT */
/*
 * merge.c - several roots as one text, in the order of time
 *
 * Theory of operation
 *   Roots are begun in the order of their start; those under way stand in a heap, the one with the
 *   earliest next line on top. Mostly there is one a CPU, more when tasks sleep in their calls. A
 *   call is a leaf only if nothing of its CPU comes between its two ends.
 * Threads: those of view.h.
 */
#include <errno.h>
#include <stdlib.h>

#include "view/text.h"

struct lane {
	struct cursor c;
	size_t order; /* of two with one time the one that began first */
};

struct merge {
	const struct view_text *t;
	const struct view_node **root;
	size_t n_roots, next; /* the first not yet begun */
	struct lane *heap;
	size_t n;
};

struct text_ctx {
	struct view_text *t;
	struct view *v;
};

static bool goes_first(const struct lane *a, const struct lane *b);
static void sink_down(struct merge *m, size_t i);
static void lift_up(struct merge *m, size_t i);
static void begin_roots(struct merge *m);
static bool is_interrupted(const struct merge *m);
static int by_start(const void *a, const void *b);
static void print_line(void *ctx, const struct cursor *c, bool leaf);

int view_text_merge(struct view_text *t, struct view *v, struct view_node *const *root, size_t n)
{
	struct text_ctx ctx = { t, v };

	return view_merge_roots(t, root, n, print_line, &ctx);
}

int view_merge_roots(struct view_text *t, struct view_node *const *root, size_t n,
		     void (*line)(void *ctx, const struct cursor *c, bool leaf), void *ctx)
{
	struct merge m = { .t = t, .n_roots = n };
	int err = -ENOMEM;

	if (!n)
		return 0;
	m.root = calloc(n, sizeof(*m.root));
	m.heap = calloc(n, sizeof(*m.heap));
	if (!m.root || !m.heap)
		goto out;
	for (size_t i = 0; i < n; i++)
		m.root[i] = root[i];
	qsort(m.root, n, sizeof(*m.root), by_start);
	for (begin_roots(&m); m.n; begin_roots(&m)) {
		struct cursor *c = &m.heap[0].c;
		bool leaf = view_cursor_is_leaf(t, c) && !is_interrupted(&m);

		line(ctx, c, leaf);
		if (leaf)
			view_cursor_next(t, c);
		view_cursor_next(t, c);
		if (!c->node)
			m.heap[0] = m.heap[--m.n];
		sink_down(&m, 0);
	}
	err = 0;
out:
	free(m.root);
	free(m.heap);
	return err;
}

static bool goes_first(const struct lane *a, const struct lane *b)
{
	uint64_t ta = cursor_time(&a->c), tb = cursor_time(&b->c);

	return ta != tb ? ta < tb : a->order < b->order;
}

static void swap(struct lane *a, struct lane *b)
{
	struct lane x = *a;

	*a = *b;
	*b = x;
}

static void sink_down(struct merge *m, size_t i)
{
	for (;;) {
		size_t first = i, left = 2 * i + 1, right = left + 1;

		if (left < m->n && goes_first(&m->heap[left], &m->heap[first]))
			first = left;
		if (right < m->n && goes_first(&m->heap[right], &m->heap[first]))
			first = right;
		if (first == i)
			return;
		swap(&m->heap[i], &m->heap[first]);
		i = first;
	}
}

static void lift_up(struct merge *m, size_t i)
{
	while (i && goes_first(&m->heap[i], &m->heap[(i - 1) / 2])) {
		swap(&m->heap[i], &m->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
}

/* All that start before the next line. */
static void begin_roots(struct merge *m)
{
	while (m->next < m->n_roots &&
	       (!m->n || m->root[m->next]->start <= cursor_time(&m->heap[0].c))) {
		struct lane *l = &m->heap[m->n];

		l->order = m->next;
		view_cursor_begin(m->t, &l->c, m->root[m->next++]);
		if (l->c.node)
			lift_up(m, m->n++);
	}
}

/* Does another root of this CPU have a line before the call on top ends? */
static bool is_interrupted(const struct merge *m)
{
	const struct view_node *call = m->heap[0].c.node;

	for (size_t i = 1; i < m->n; i++)
		if (m->heap[i].c.node->cpu == call->cpu && cursor_time(&m->heap[i].c) < call->end)
			return true;
	for (size_t i = m->next; i < m->n_roots && m->root[i]->start < call->end; i++)
		if (m->root[i]->cpu == call->cpu)
			return true;
	return false;
}

static int by_start(const void *a, const void *b)
{
	const struct view_node *x = *(const struct view_node *const *)a,
			       *y = *(const struct view_node *const *)b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->cpu < y->cpu ? -1 : x->cpu > y->cpu;
}

static void print_line(void *ctx, const struct cursor *c, bool leaf)
{
	struct text_ctx *x = ctx;

	view_text_line(x->t, x->v, c, leaf);
}
