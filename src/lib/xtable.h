/* SPDX-License-Identifier: MIT */
/*
 * xtable.h - one table, several uses: an enum, its texts, its documentation.
 *
 * A table is a macro that applies X to each row; X's first three arguments are identifier, short
 * text, one line of documentation, and rows may have more for uses of their own:
 *
 *	#define FOO_TABLE(X)				\
 *		X(FOO_A, "a", "first of them")		\
 *		X(FOO_B, "b", "the other")
 *	XTABLE_ENUM(foo, FOO_TABLE, FOO_MAX)		defines enum foo { FOO_A, FOO_B, FOO_MAX }
 *	XTABLE_ROWS(foo_rows, FOO_TABLE, FOO_MAX)	defines const struct xtable_row foo_rows[]
 *
 * Rows and enum come from the same lines, so they cannot drift apart; what else must have
 * FOO_MAX entries is tied to it by static_assert.
 */
#ifndef GN_LIB_XTABLE_H
#define GN_LIB_XTABLE_H

#include <string.h>

#include "lib/bug.h"

/** struct xtable_row - @id: the identifier as text; @text: short text; @doc: one line */
struct xtable_row {
	const char *id, *text, *doc;
};

#define XTABLE_ID(id, text, doc, ...)		id,
#define XTABLE_TEXT(id, text, doc, ...)		[id] = text,
#define XTABLE_ROW(id, text, doc, ...)		[id] = { #id, text, doc },
#define XTABLE_COUNT(id, text, doc, ...)	+ 1

/** XTABLE_ENUM() - enum @name of the identifiers of TABLE, ended by @max */
#define XTABLE_ENUM(name, TABLE, max)	enum name { TABLE(XTABLE_ID) max }
/** XTABLE_ROWS() - const array @name[@max] of struct xtable_row */
#define XTABLE_ROWS(name, TABLE, max)							\
	const struct xtable_row name[max] = { TABLE(XTABLE_ROW) };			\
	static_assert((0 TABLE(XTABLE_COUNT)) == (max), "rows of " #name)
/** XTABLE_TEXTS() - const array @name[@max] of the short texts */
#define XTABLE_TEXTS(name, TABLE, max)							\
	const char *const name[max] = { TABLE(XTABLE_TEXT) };				\
	static_assert((0 TABLE(XTABLE_COUNT)) == (max), "texts of " #name)

/** xtable_find() - index of the row whose text or identifier is @name, or -1 */
static __always_inline int xtable_find(const struct xtable_row *rows, int n, const char *name)
{
	for (int i = 0; i < n; i++)
		if (rows[i].id && (!strcmp(rows[i].text, name) || !strcmp(rows[i].id, name)))
			return i;
	return -1;
}

#endif
