/* SPDX-License-Identifier: MIT */
/*
 * names.c - look-ups in the table of names
 *
 * Theory of operation
 *   The table has about a hundred rows and is asked when a filter is set or a trace is drawn, never on a packet's way: it is searched from
 *   top to bottom. A name that is the name of a function of ours means that function, whatever other kernels call so: netdev_pick_tx is ours, and also what
 *   6.1 calls our __netdev_pick_tx.
 *   Called by: the filters of tracefs, the command. Calls: libc.
 *   Owns nothing. Threads: any.
 *   Refuses nothing; what it does not know it says so.
 */
#include "view/names.h"

#include <string.h>

#include "view/names_tab.h"

static const char *const set_name[VIEW_NAMES_SETS] = { "3.13", "6.1", "e1000", "igb" };

static const struct view_names_row *row_of(const char *ours);
static bool row_has(const struct view_names_row *row, const char *name);
static bool same(const char *a, const char *b);
static const char *other_name(const struct view_names_row *row, unsigned i);
static int set_index(const char *set);

bool view_names_is(const char *ours, const char *name)
{
	const struct view_names_row *row;

	if (same(ours, name))
		return true;
	if (row_of(name))
		return false;
	row = row_of(ours);
	return row && row_has(row, name);
}

bool view_names_each(const char *ours, bool (*fn)(void *ctx, const char *name), void *ctx)
{
	const struct view_names_row *row = row_of(ours);
	unsigned i, j;

	for (i = 0; row && i < VIEW_NAMES_SETS + sizeof(row->alias) / sizeof(row->alias[0]); i++) {
		const char *name = other_name(row, i);
		bool told = !name || row_of(name);

		for (j = 0; j < i && !told; j++)
			told = other_name(row, j) && same(other_name(row, j), name);
		if (!told && fn(ctx, name))
			return true;
	}
	return false;
}

const char *view_names_map(const char *set, const char *name)
{
	const struct view_names_row *row = row_of(name);
	int i = set_index(set);

	return row && i >= 0 && row->set[i] ? row->set[i] : name;
}

bool view_names_set(const char *set)
{
	return set_index(set) >= 0;
}

const char *view_names_sets(void)
{
	return "3.13, 6.1, e1000, igb";
}

size_t view_names_base(const char *name)
{
	/* no name of C has a dot: what begins with one is the compiler's */
	return strcspn(name, ".");
}

static const struct view_names_row *row_of(const char *ours)
{
	const struct view_names_row *row;

	for (row = view_names_table; row->ours; row++) {
		if (same(row->ours, ours))
			return row;
	}
	return NULL;
}

static bool row_has(const struct view_names_row *row, const char *name)
{
	unsigned i;

	for (i = 0; i < VIEW_NAMES_SETS + sizeof(row->alias) / sizeof(row->alias[0]); i++) {
		if (other_name(row, i) && same(other_name(row, i), name))
			return true;
	}
	return false;
}

static bool same(const char *a, const char *b)
{
	size_t n = *a == *b ? view_names_base(a) : 0;

	return n && n == view_names_base(b) && !memcmp(a, b, n);
}

/* The sets' names, then the aliases. */
static const char *other_name(const struct view_names_row *row, unsigned i)
{
	return i < VIEW_NAMES_SETS ? row->set[i] : row->alias[i - VIEW_NAMES_SETS];
}

static int set_index(const char *set)
{
	int i;

	for (i = 0; i < VIEW_NAMES_SETS; i++) {
		if (!strcmp(set_name[i], set))
			return i;
	}
	return -1;
}
