/* SPDX-License-Identifier: MIT */
/*
 * out.c - what the command prints
 *
 * Called by every command of src/cli. Owns the cells of a table until it is printed. One thread.
 * Refuses: nesting deeper than OUT_DEPTH (said no more). JSON is RFC 8259: bytes that are no UTF-8
 * (RFC 3629) become U+FFFD.
 */
#include "cli/out.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* --- JSON --- */

static void json_string(FILE *f, const char *s, size_t len);
static size_t utf8_len(const unsigned char *p, size_t len);

/* Comma, line break, indentation, key. */
static bool json_lead(struct out *o, const char *key)
{
	if (!o->json || o->depth >= OUT_DEPTH)
		return false;
	if (o->more[o->depth])
		fputc(',', o->f);
	o->more[o->depth] = true;
	if (o->depth)
		fprintf(o->f, "\n%*s", (int)o->depth * 2, "");
	if (key) {
		json_string(o->f, key, strlen(key));
		fputs(": ", o->f);
	}
	return true;
}

void out_open(struct out *o, const char *key, char bracket)
{
	if (json_lead(o, key))
		fputc(bracket, o->f);
	o->depth++;
	if (o->depth < OUT_DEPTH)
		o->more[o->depth] = false;
}

void out_close(struct out *o, char bracket)
{
	bool some = o->depth < OUT_DEPTH && o->more[o->depth];

	o->depth--;
	if (!o->json || o->depth >= OUT_DEPTH)
		return;
	if (some)
		fprintf(o->f, "\n%*s", (int)o->depth * 2, "");
	fputc(bracket, o->f);
	if (!o->depth)
		fputc('\n', o->f);
}

void out_str(struct out *o, const char *key, const char *value)
{
	out_mem(o, key, value, strlen(value));
}

void out_mem(struct out *o, const char *key, const char *value, size_t len)
{
	if (json_lead(o, key))
		json_string(o->f, value, len);
}

void out_u64(struct out *o, const char *key, uint64_t value)
{
	if (json_lead(o, key))
		fprintf(o->f, "%llu", (unsigned long long)value);
}

void out_i64(struct out *o, const char *key, int64_t value)
{
	if (json_lead(o, key))
		fprintf(o->f, "%lld", (long long)value);
}

void out_bool(struct out *o, const char *key, bool value)
{
	if (json_lead(o, key))
		fputs(value ? "true" : "false", o->f);
}

static void json_string(FILE *f, const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s;

	fputc('"', f);
	while (len) {
		size_t n = utf8_len(p, len);

		if (!n)
			fputs("\\ufffd", f);
		else if (*p == '"' || *p == '\\')
			fprintf(f, "\\%c", *p);
		else if (*p == '\n')
			fputs("\\n", f);
		else if (*p == '\t')
			fputs("\\t", f);
		else if (*p < 0x20 || *p == 0x7f)
			fprintf(f, "\\u%04x", *p);
		else
			fwrite(p, 1, n, f);
		p += n ? n : 1;
		len -= n ? n : 1;
	}
	fputc('"', f);
}

/* Bytes of the character at @p, 0 when it is none: no overlong form, no surrogate. */
static size_t utf8_len(const unsigned char *p, size_t len)
{
	size_t n = *p < 0x80   ? 1
		   : *p < 0xc2 ? 0
		   : *p < 0xe0 ? 2
		   : *p < 0xf0 ? 3
		   : *p < 0xf5 ? 4
			       : 0;

	if (n > len)
		return 0;
	for (size_t i = 1; i < n; i++)
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) ||
	    (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

/* --- text --- */

char *out_printable(char *s)
{
	for (char *p = s; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	return s;
}

const char *out_bold(const struct out *o)
{
	return o->colour ? "\033[1m" : "";
}

const char *out_red(const struct out *o)
{
	return o->colour ? "\033[1;31m" : "";
}

const char *out_plain(const struct out *o)
{
	return o->colour ? "\033[0m" : "";
}

/* --- tables --- */

void table_cell(struct table *t, const char *fmt, ...)
{
	va_list ap;

	if (t->n == t->size) {
		size_t size = t->size ? t->size * 2 : 64;
		char **cell = reallocarray(t->cell, size, sizeof(*cell));

		if (!cell) {
			t->no_memory = true;
			return;
		}
		t->cell = cell;
		t->size = size;
	}
	va_start(ap, fmt);
	if (vasprintf(&t->cell[t->n], fmt, ap) < 0)
		t->no_memory = true;
	else
		t->n++;
	va_end(ap);
}

/* Is there nothing to print behind cell @i of its row? */
static bool row_ends(const struct table *t, size_t i)
{
	while (++i % t->cols && i < t->n)
		if (*t->cell[i])
			return false;
	return true;
}

bool table_print(struct table *t, FILE *f, const char *indent)
{
	int width[TABLE_COLS] = { 0 };
	bool ok = !t->no_memory;

	for (size_t i = 0; i < t->n; i++)
		if (width[i % t->cols] < (int)strlen(t->cell[i]))
			width[i % t->cols] = (int)strlen(t->cell[i]);
	for (size_t i = 0; i < t->n && ok; i++) {
		unsigned c = (unsigned)(i % t->cols);
		bool last = row_ends(t, i);

		fputs(c ? "  " : indent, f);
		if (t->right & 1u << c)
			fprintf(f, "%*s", width[c], t->cell[i]);
		else
			fprintf(f, "%-*s", last ? 0 : width[c], t->cell[i]);
		if (!last)
			continue;
		fputc('\n', f);
		i += t->cols - 1 - c;
	}
	table_free(t);
	return ok;
}

void table_free(struct table *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->cell[i]);
	free(t->cell);
	t->cell = NULL;
	t->n = t->size = 0;
}
