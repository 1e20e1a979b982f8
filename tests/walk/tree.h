/* SPDX-License-Identifier: MIT */
/*
 * tree.h: the tracer's records as a call tree, and its comparison with a file
 *
 * walk_tree_feed() takes the records of one CPU in order and hangs each call below the one that it returned into: a record of depth d takes all
 * calls of depth d + 1 that its task has made since the last of depth d. Tasks have trees of their own, for each has its own open functions.
 * A tree is written as names, one a line, two blanks a level; times are left out. Nothing is lost in these tests: a LOST record fails.
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

#define WALK_TASKS 16
#define WALK_TEXT (1 << 18)

struct walk_call {
	const char *name;
	uint64_t t;
	unsigned depth;
	bool open; /* said when its task slept, not returned yet */
	struct walk_call *child, *next, *up;
};

/* What a task has called and not hung below a caller yet, newest first, a list a depth. */
struct walk_task {
	uint32_t tid;
	struct walk_call *pending[TRACE_LEVELS + 1];
};

struct walk_tree {
	struct walk_task task[WALK_TASKS];
	unsigned ntasks, now; /* index of the task that is on the CPU */
	struct walk_call *root; /* calls of depth 0, newest first until walk_tree_end() */
	unsigned calls, entries;
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
	for (unsigned i = 0; i < t->ntasks; i++)
		for (unsigned d = 0; d <= TRACE_LEVELS; d++)
			walk_free(t->task[i].pending[d]);
	walk_free(t->root);
	memset(t, 0, sizeof(*t));
}

static inline void walk_tree_task(struct walk_tree *t, uint32_t tid)
{
	for (t->now = 0; t->now < t->ntasks; t->now++)
		if (t->task[t->now].tid == tid)
			return;
	ck_assert_uint_lt(t->ntasks, WALK_TASKS);
	t->task[t->ntasks++].tid = tid;
}

/* @list, newest first, as a list oldest first */
static inline struct walk_call *walk_reverse(struct walk_call *list)
{
	struct walk_call *out = NULL, *next;

	for (; list; list = next) {
		next = list->next;
		list->next = out;
		out = list;
	}
	return out;
}

static inline void walk_tree_call(struct walk_tree *t, const struct gn_trace_rec *rec)
{
	struct walk_task *task = &t->task[t->now];
	struct walk_call *c = calloc(1, sizeof(*c));
	unsigned depth = GN_TRACE_DEPTH(rec->what);

	ck_assert_ptr_nonnull(c);
	ck_assert_uint_lt(depth, TRACE_LEVELS);
	ck_assert_msg(t->ntasks, "a call before a task was named");
	c->name = fgraph_func(GN_TRACE_ID(rec->what))->name;
	c->t = rec->t;
	c->depth = depth;
	c->child = walk_reverse(task->pending[depth + 1]);
	task->pending[depth + 1] = NULL;
	for (struct walk_call *k = c->child; k; k = k->next) {
		k->up = c;
		ck_assert_msg(k->t >= c->t, "%s began before %s, its caller", k->name, c->name);
	}
	for (unsigned d = depth + 2; d <= TRACE_LEVELS; d++)
		ck_assert_msg(!task->pending[d], "%s at depth %u has no caller", task->pending[d]->name, d);
	c->next = depth ? task->pending[depth] : t->root;
	*(depth ? &task->pending[depth] : &t->root) = c;
	t->calls++;
}

/* Take @n slots of one CPU. */
static inline void walk_tree_feed(struct walk_tree *t, const struct gn_trace_rec *rec, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t id = GN_TRACE_ID(rec[i].what);

		if (id < GN_TRACE_KIND) {
			ck_assert_uint_lt(id, fgraph_count());
			walk_tree_call(t, &rec[i]);
			continue;
		}
		ck_assert_msg(id != GN_TRACE_LOST, "%u records were lost", rec[i].val);
		if (id == GN_TRACE_TASK)
			walk_tree_task(t, rec[i].val);
		t->entries += id == GN_TRACE_ENTRY;
		i += GN_TRACE_SLOTS(rec[i].what);
	}
}

/* All calls have returned. Roots in order of their beginning. */
static inline void walk_tree_end(struct walk_tree *t)
{
	struct walk_call *sorted = NULL, *next;

	for (unsigned i = 0; i < t->ntasks; i++)
		for (unsigned d = 0; d <= TRACE_LEVELS; d++)
			ck_assert_msg(!t->task[i].pending[d], "%s at depth %u did not return into its caller",
				      t->task[i].pending[d]->name, d);
	for (struct walk_call *c = t->root; c; c = next) {
		struct walk_call **at = &sorted;

		next = c->next;
		while (*at && (*at)->t < c->t)
			at = &(*at)->next;
		c->next = *at;
		*at = c;
	}
	t->root = sorted;
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
