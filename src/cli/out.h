/* SPDX-License-Identifier: MIT */
#ifndef CLI_OUT_H
#define CLI_OUT_H
/*
 * out.h - what the command prints: JSON values, and tables with aligned columns
 *
 * JSON is written as it is said, nothing is kept; a command opens and closes what it nests. Text
 * that came from the daemon is made printable first. One thread.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define OUT_DEPTH 16

struct out {
	FILE *f;
	bool json, colour;
	unsigned depth;
	bool more[OUT_DEPTH]; /* something was said at this depth: a comma comes first */
};

/* JSON. @key is NULL inside arrays. Nothing is printed unless o->json. */
void out_open(struct out *o, const char *key, char bracket); /* '{' or '[' */
void out_close(struct out *o, char bracket);		     /* '}' or ']' */
void out_str(struct out *o, const char *key, const char *value);
void out_mem(struct out *o, const char *key, const char *value, size_t len);
void out_u64(struct out *o, const char *key, uint64_t value);
void out_i64(struct out *o, const char *key, int64_t value);
void out_bool(struct out *o, const char *key, bool value);

/** out_printable() - @s with '?' for what would move a terminal's cursor; returns @s */
char *out_printable(char *s);

/* Around text on a terminal: "" elsewhere. */
const char *out_bold(const struct out *o);
const char *out_red(const struct out *o);
const char *out_plain(const struct out *o);

/* Cells row by row; the widest of a column rules. */
#define TABLE_COLS 8
struct table {
	unsigned cols, right; /* right: bits of columns that are aligned to the right */
	char **cell;
	size_t n, size;
	bool no_memory;
};

/** table_cell() - the next cell, printf-like */
void table_cell(struct table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** table_print() - all rows, each behind @indent; false without memory. Frees the cells */
bool table_print(struct table *t, FILE *f, const char *indent);
void table_free(struct table *t);

#endif
