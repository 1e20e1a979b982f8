/* SPDX-License-Identifier: MIT */
/*
 * check_aref: the articles' call trees (aref/NAME.tree), less the names in LEFT_OUT, are embedded in the golden trees
 *
 * Embedded: each call of theirs is a call of ours, its callees are among what ours calls, at whatever depth, in the same order; ours may call more.
 * Names are compared as trace/names.tab says (e1000_clean is userdev_poll). The first match that ends earliest is taken, which finds an embedding of ordered
 * trees whenever there is one. `# golden: NAME` in a file of aref/ says which tree of ours it is looked for in.
 */
#include <ctype.h>
#include <dirent.h>

#include "support/suite.h"
#include "view/names.h"
#include "walk/tree.h"

#define MAX_CALLS 1000
#define MAX_OUT 60

struct call {
	char name[48];
	unsigned level, end; /* index behind its last callee */
};

struct calls {
	unsigned n;
	struct call c[MAX_CALLS];
};

struct out {
	char name[48];
	bool whole, used;
};

static struct out left_out[MAX_OUT];
static unsigned n_out;
static unsigned furthest; /* call of theirs that could not be matched, as far as any attempt came */

static void read_left_out(void)
{
	char *text = walk_load("LEFT_OUT"), *save = NULL;

	ck_assert_ptr_nonnull(text);
	n_out = 0;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct out *o = &left_out[n_out];
		char why[200];

		if (*line == '#')
			continue;
		ck_assert_uint_lt(n_out, MAX_OUT);
		*o = (struct out){ .used = false };
		ck_assert_msg(sscanf(line, "%47[a-z0-9_]", o->name) == 1, "LEFT_OUT: %s", line);
		o->whole = line[strlen(o->name)] == '/';
		ck_assert_msg(sscanf(line, "%*[^|]| %*[A-Z]%*[0-9] | %199[^\n]", why) == 1, "LEFT_OUT: %s has no reason", o->name);
		n_out++;
	}
	free(text);
}

static struct out *find_out(const char *name)
{
	for (unsigned i = 0; i < n_out; i++)
		if (!strcmp(left_out[i].name, name))
			return &left_out[i];
	return NULL;
}

/* The tree in @text; with @less, without the names that are left out. */
static void parse(struct calls *t, const char *text, bool less)
{
	unsigned level_of[100] = { 0 }; /* level here of each level there */
	int skip = -1;			/* calls deeper than this are left out */

	t->n = 0;
	for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
		unsigned blanks = (unsigned)strspn(line, " "), level = blanks / 2;
		struct call *c = &t->c[t->n];
		struct out *o;

		ck_assert_uint_lt(t->n, MAX_CALLS);
		ck_assert_uint_lt(level, 99);
		ck_assert_int_eq(sscanf(line + blanks, "%47[^\n]", c->name), 1);
		if (skip >= 0 && (int)level > skip)
			continue;
		skip = -1;
		o = less ? find_out(c->name) : NULL;
		level_of[level + 1] = level_of[level] + !o;
		if (o) {
			o->used = true;
			skip = o->whole ? (int)level : -1;
			continue;
		}
		c->level = level_of[level];
		t->n++;
	}
	for (unsigned i = 0; i < t->n; i++) {
		unsigned j = i + 1;

		while (j < t->n && t->c[j].level > t->c[i].level)
			j++;
		t->c[i].end = j;
	}
}

/* Calls [a, a_end) of theirs in calls [o, o_end) of ours: where the earliest embedding ends, 0 when there is none. */
static unsigned embed(const struct calls *theirs, unsigned a, unsigned a_end, const struct calls *ours, unsigned o, unsigned o_end)
{
	for (; a < a_end; a = theirs->c[a].end) {
		unsigned best = 0;

		for (unsigned i = o; i < o_end; i++) {
			const struct call *c = &ours->c[i];

			if (c->end > o_end || (best && c->end >= best) || !view_names_is(c->name, theirs->c[a].name))
				continue;
			if (theirs->c[a].end == a + 1 || embed(theirs, a + 1, theirs->c[a].end, ours, i + 1, c->end))
				best = c->end;
		}
		if (!best) {
			furthest = a > furthest ? a : furthest;
			return 0;
		}
		o = best;
	}
	return o;
}

static void check_one(const char *file)
{
	static struct calls theirs, ours;
	char path[300], golden[80], *text, *ref;

	snprintf(path, sizeof(path), "aref/%s", file);
	ref = walk_load(path);
	ck_assert_ptr_nonnull(ref);
	ck_assert_msg(strstr(ref, "# golden: ") && sscanf(strstr(ref, "# golden: "), "# golden: %70s", golden) == 1, "%s has no golden",
		      file);
	strcat(golden, ".tree");
	text = walk_load(golden);
	ck_assert_msg(text, "%s names %s, which is not there", file, golden);
	parse(&ours, walk_body(text), false);
	parse(&theirs, walk_body(ref), true);
	ck_assert_uint_gt(theirs.n, 1);
	furthest = 0;
	ck_assert_msg(embed(&theirs, 0, theirs.n, &ours, 0, ours.n), "%s: %s (call %u) is not where it should be in %s", file,
		      theirs.c[furthest].name, furthest + 1, golden);
	parse(&theirs, walk_body(ref), false);
	for (unsigned i = 0; i < theirs.n; i++)
		for (unsigned j = 0; find_out(theirs.c[i].name) && j < ours.n; j++)
			ck_assert_msg(!view_names_is(ours.c[j].name, theirs.c[i].name), "LEFT_OUT has %s, and so has %s",
				      theirs.c[i].name, golden);
	free(text);
	free(ref);
}

START_TEST(test_articles)
{
	DIR *dir = opendir(walk_path("aref"));
	unsigned n = 0;

	ck_assert_ptr_nonnull(dir);
	read_left_out();
	for (struct dirent *e; (e = readdir(dir));)
		if (strlen(e->d_name) > 5 && !strcmp(e->d_name + strlen(e->d_name) - 5, ".tree")) {
			check_one(e->d_name);
			n++;
		}
	closedir(dir);
	ck_assert_uint_eq(n, 6);
	for (unsigned i = 0; i < n_out; i++)
		ck_assert_msg(left_out[i].used, "LEFT_OUT: no tree of the articles has %s", left_out[i].name);
}
END_TEST

/* The check can fail: order, nesting and a missing name are seen. */
START_TEST(test_embedding)
{
	static const struct {
		const char *theirs, *ours;
		bool in;
	} row[] = {
		{ "a\n  b\n  c\n", "x\n  a\n    y\n      b\n    c\n", true },
		{ "a\n  b\n  c\n", "a\n  c\n  b\n", false },
		{ "a\n  b\n", "a\nb\n", false },
		{ "a\n  b\n", "a\na\n  b\n", true },
		{ "a\n  b\nc\n", "a\n  b\n  c\n", false },
		{ "a\n  b\nc\n", "a\n  b\na\n  b\nc\n", true },
		{ "a\n  b\n    c\n  d\n", "a\n  b\n    d\n    b\n      c\n  d\n", true },
		{ "a\n", "b\n", false },
		{ "e1000_clean\n  e1000_clean_rx_irq\n", "userdev_poll\n  userdev_clean_rx\n", true },
	};
	static struct calls theirs, ours;

	for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		parse(&theirs, row[i].theirs, false);
		parse(&ours, row[i].ours, false);
		ck_assert_msg(!!embed(&theirs, 0, theirs.n, &ours, 0, ours.n) == row[i].in, "row %u", i);
	}
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_articles, test_embedding, NULL };

	return suite_of("aref", NULL, NULL, tests);
}
