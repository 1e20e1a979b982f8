/* SPDX-License-Identifier: MIT */
/*
 * tree.h: the tracer's records as a call tree, and its comparison with a file
 *
 * The product's own reader (view/view.h) nests the records: a call below the one that it returned into, each task by itself. Here everything must be
 * whole: a lost record, a call that has not returned or one without its caller fails.
 * A tree is written as names, one a line, two blanks a level; times are left out.
 *
 * Golden files, tests/walk/NAME.tree: lines with `#` at the top say what happens there. Two of them are orders:
 *	# fold: NAME ...    what these call is left out
 *	# hide: NAME ...    calls of these are left out, with what they call
 * WALK_UPDATE=1 writes the tree of this run below the `#` lines of the file in the source tree; look at the difference before it is kept.
 */
#ifndef TESTS_WALK_TREE_H
#define TESTS_WALK_TREE_H

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/fgraph.h"
#include "trace/trace.h"
#include "view/view.h"

#define WALK_TEXT (1 << 18)

struct walk_call {
	const char *name;
	uint64_t start;
	struct walk_call *child, *next;
};

struct walk_tree {
	struct view *view;
	struct walk_call *root; /* calls of depth 0 of all tasks, in order of their beginning */
	unsigned calls, entries; /* entries: calls that a task said were open when it went to sleep */
};

static inline void walk_free(struct walk_call *c)
{
	while (c) {
		struct walk_call *next = c->next;

		walk_free(c->child);
		free(c);
		c = next;
	}
}

static inline void walk_tree_free(struct walk_tree *t)
{
	view_free(t->view);
	walk_free(t->root);
	memset(t, 0, sizeof(*t));
}

/* A copy of @n and what it called; names are those of the program's table. */
static inline struct walk_call *walk_copy(struct walk_tree *t, const struct view_node *n)
{
	struct walk_call *c = calloc(1, sizeof(*c)), **last;

	ck_assert_ptr_nonnull(c);
	ck_assert_msg(n->kind == VIEW_CALL && n->end && !n->headless && !n->cut, "%s is not whole", n->func->name);
	*c = (struct walk_call){ .name = fgraph_func(n->func->id)->name, .start = n->start };
	ck_assert_str_eq(c->name, n->func->name);
	last = &c->child;
	for (const struct view_node *k = n->child; k; k = k->next)
		if (k->kind == VIEW_CALL) {
			*last = walk_copy(t, k);
			last = &(*last)->next;
		}
	t->calls++;
	return c;
}

static inline void walk_tree_root(void *ctx, struct view_node *root)
{
	struct walk_tree *t = ctx;
	struct walk_call **at = &t->root, *c;

	if (root->kind != VIEW_CALL)
		return;
	c = walk_copy(t, root);
	while (*at && (*at)->start <= c->start)
		at = &(*at)->next;
	c->next = *at;
	*at = c;
}

static inline void walk_tree_clock(struct walk_tree *t)
{
	struct gn_trace_rec rec[2] = { { .what = GN_TRACE_CLOCK | 1 << 24 } };
	struct gn_trace_clock clock;
	uint64_t ticks;

	_Static_assert(sizeof(clock) == sizeof(rec[1]), "one slot");
	trace_clock(&ticks, &clock);
	rec[0].t = ticks;
	memcpy(&rec[1], &clock, sizeof(clock));
	ck_assert_int_eq(view_feed(t->view, 0, rec, 2), 0);
}

/* Recording begins. */
static inline void walk_tree_begin(struct walk_tree *t)
{
	static const struct view_ops ops = { .root = walk_tree_root };
	char line[300];

	walk_tree_free(t);
	t->view = view_new(&ops, t);
	ck_assert_ptr_nonnull(t->view);
	for (unsigned i = 0; i < fgraph_count(); i++) {
		const struct fgraph_func *fn = fgraph_func(i);

		snprintf(line, sizeof(line), "F %u %lx %s %s", i, (unsigned long)fn->addr, fn->name, fn->file);
		ck_assert_int_eq(view_table(t->view, line), 0);
	}
	walk_tree_clock(t);
}

/* Take @n slots of one CPU. */
static inline void walk_tree_feed(struct walk_tree *t, const struct gn_trace_rec *rec, size_t n)
{
	ck_assert_int_eq(view_feed(t->view, 0, rec, n), 0);
	for (size_t i = 0; i < n; i++) {
		t->entries += GN_TRACE_ID(rec[i].what) == GN_TRACE_ENTRY;
		if (GN_TRACE_ID(rec[i].what) >= GN_TRACE_KIND)
			i += GN_TRACE_SLOTS(rec[i].what);
	}
}

/* All calls have returned. */
static inline void walk_tree_end(struct walk_tree *t)
{
	walk_tree_clock(t);
	ck_assert_int_eq(view_end(t->view), 0);
	ck_assert_uint_eq(view_errors(t->view), 0);
	ck_assert_uint_eq(view_lost(t->view), 0);
}

/* --- text and files --- */

static inline const char *walk_path(const char *file)
{
	static char path[512];
	const char *top = getenv("top_srcdir");

	snprintf(path, sizeof(path), "%s/tests/walk/%s", top ? top : "..", file);
	return path;
}

/* The whole file, NUL ended, to be freed; NULL when there is none */
static inline char *walk_load(const char *file)
{
	FILE *in = fopen(walk_path(file), "r");
	char *text = calloc(1, WALK_TEXT);

	ck_assert_ptr_nonnull(text);
	if (!in) {
		free(text);
		return NULL;
	}
	ck_assert_uint_lt(fread(text, 1, WALK_TEXT - 1, in), WALK_TEXT - 1);
	fclose(in);
	return text;
}

/* Is @name in a line `# ORDER: NAME ...` of the lines at the top of @head? */
static inline bool walk_ordered(const char *head, const char *order, const char *name)
{
	for (const char *line = head; line && *line == '#'; line = strchr(line, '\n'), line += line != NULL) {
		char word[80];
		int at = 0, n;

		if (sscanf(line, "# %79[a-z]:%n", word, &at) != 1 || !at || strcmp(word, order))
			continue;
		for (line += at; *line && *line != '\n' && sscanf(line, " %79[^ \n]%n", word, &n) == 1; line += n)
			if (!strcmp(word, name))
				return true;
	}
	return false;
}

static inline void walk_print(FILE *out, const struct walk_call *c, unsigned level, const char *head)
{
	for (; c; c = c->next) {
		if (walk_ordered(head, "hide", c->name))
			continue;
		fprintf(out, "%*s%s\n", (int)(2 * level), "", c->name);
		if (!walk_ordered(head, "fold", c->name))
			walk_print(out, c->child, level + 1, head);
	}
}

/* Where the lines with `#` at the top of @text end */
static inline char *walk_body(char *text)
{
	while (*text == '#') {
		char *end = strchr(text, '\n');

		text = end ? end + 1 : text + strlen(text);
	}
	return text;
}

/* Up to 8 lines of either side around the first that differs, and that line's number */
static inline void walk_differ(const char *file, char *head, const char *want, const char *got)
{
	unsigned line = 1;
	const char *w = want, *g = got;
	char msg[4096];
	size_t n = 0;

	for (const char *p = head; p < want; p++)
		line += *p == '\n';
	for (;;) {
		size_t lw = strcspn(w, "\n"), lg = strcspn(g, "\n");

		if (lw != lg || memcmp(w, g, lw) || !w[lw] || !g[lg])
			break;
		w += lw + 1;
		g += lg + 1;
		line++;
	}
	for (int side = 0; side < 2; side++) {
		const char *p = side ? g : w, *from = side ? got : want, *start = p;

		for (int back = 0; back < 4 && start > from; back++)
			for (start--; start > from && start[-1] != '\n'; start--)
				;
		n += (size_t)snprintf(msg + n, sizeof(msg) - n, "%s\n", side ? "this run:" : "the file:");
		for (int i = 0; i < 12 && *start; i++) {
			size_t len = strcspn(start, "\n");

			n += (size_t)snprintf(msg + n, sizeof(msg) - n, "%c %.*s\n", start >= p ? side ? '+' : '-' : ' ',
					      (int)(len < 120 ? len : 120), start);
			start += len + (start[len] == '\n');
		}
	}
	ck_abort_msg("%s:%u differs from this run. WALK_UPDATE=1 writes the tree anew.\n%s", file, line, msg);
}

/* @got is what @file says below its lines with `#`, or becomes so. */
static inline void walk_compare_text(const char *file, const char *got)
{
	char *text = walk_load(file), *body;
	const char *update = getenv("WALK_UPDATE");

	if (update && *update == '1') {
		FILE *out = fopen(walk_path(file), "w");

		ck_assert_msg(out, "%s cannot be written", walk_path(file));
		if (text)
			fwrite(text, 1, (size_t)(walk_body(text) - text), out);
		else
			fprintf(out, "# SPDX-License-Identifier: MIT\n");
		fputs(got, out);
		ck_assert_int_eq(fclose(out), 0);
		free(text);
		return;
	}
	ck_assert_msg(text, "%s is not there. WALK_UPDATE=1 writes it.", walk_path(file));
	body = walk_body(text);
	if (strcmp(body, got))
		walk_differ(file, text, body, got);
	free(text);
}

static inline void walk_compare(const struct walk_tree *t, const char *name)
{
	char file[80], *head, *got = NULL;
	size_t len;
	FILE *out = open_memstream(&got, &len);

	snprintf(file, sizeof(file), "%s.tree", name);
	head = walk_load(file);
	if (head)
		*walk_body(head) = 0;
	ck_assert_ptr_nonnull(out);
	walk_print(out, t->root, 0, head);
	fclose(out);
	ck_assert_msg(*got, "%s: nothing was recorded", name);
	walk_compare_text(file, got);
	free(got);
	free(head);
}

#endif
