/* SPDX-License-Identifier: MIT */
/*
 * html_json.c - JSON that may stand inside a page
 *
 *   Called by: html.c, html_data.c. Calls: libc. Owns: the table of strings, until html_strings_free(). Threads: one at a time a table.
 *   Refuses: nothing; bytes that are no UTF-8 become U+FFFD. Write errors stay in the stream (ferror()).
 */
#include "view/html_json.h"

#include <stdlib.h>
#include <string.h>

static bool strings_grow(struct html_strings *t);
static uint32_t string_hash(const char *s);
static unsigned utf8_length(const unsigned char *p);

/* --- table --- */

unsigned html_string(struct html_strings *t, const char *s)
{
	size_t i;

	if (t->failed || (2 * (t->n + 1) > t->n_slots && !strings_grow(t)))
		return 0;
	for (i = string_hash(s) & (t->n_slots - 1); t->slot[i]; i = (i + 1) & (t->n_slots - 1))
		if (!strcmp(t->str[t->slot[i] - 1], s))
			return t->slot[i] - 1;
	t->str[t->n] = strdup(s);
	if (!t->str[t->n]) {
		t->failed = true;
		return 0;
	}
	t->slot[i] = (uint32_t)++t->n;

	return (unsigned)t->n - 1;
}

/* Twice the slots, half as many strings. */
static bool strings_grow(struct html_strings *t)
{
	size_t n_slots = t->n_slots ? 2 * t->n_slots : 1024;
	uint32_t *slot = n_slots > UINT32_MAX / 2 ? NULL : calloc(n_slots, sizeof(*slot));
	char **str = slot ? realloc(t->str, n_slots / 2 * sizeof(*str)) : NULL;

	if (!str) {
		free(slot);
		t->failed = true;
		return false;
	}
	t->str = str;
	for (size_t n = 0; n < t->n; n++) {
		size_t i = string_hash(str[n]) & (n_slots - 1);

		while (slot[i])
			i = (i + 1) & (n_slots - 1);
		slot[i] = (uint32_t)n + 1;
	}
	free(t->slot);
	t->slot = slot;
	t->n_slots = n_slots;

	return true;
}

/* FNV-1a. */
static uint32_t string_hash(const char *s)
{
	uint32_t h = 2166136261u;

	while (*s)
		h = (h ^ (unsigned char)*s++) * 16777619u;

	return h;
}

void html_strings_write(FILE *out, const struct html_strings *t)
{
	putc('[', out);
	for (size_t i = 0; i < t->n; i++) {
		if (i)
			putc(',', out);
		html_json_string(out, t->str[i]);
	}
	putc(']', out);
}

void html_strings_free(struct html_strings *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->str[i]);
	free(t->str);
	free(t->slot);
	memset(t, 0, sizeof(*t));
}

/* --- values --- */

void html_json_string(FILE *out, const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	putc('"', out);
	while (*p) {
		unsigned n = utf8_length(p);

		if (!n) {
			fputs("\\ufffd", out);
			p++;
		} else if (n > 1) {
			/* U+2028 and U+2029 end a line in older JavaScript */
			if (n == 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9))
				fprintf(out, "\\u20%02x", p[2] - 0x80);
			else
				fwrite(p, 1, n, out);
			p += n;
		} else {
			if (*p < ' ' || *p == 127 || strchr("\"\\<>&'", *p))
				fprintf(out, "\\u%04x", *p);
			else
				putc(*p, out);
			p++;
		}
	}
	putc('"', out);
}

/* Bytes of the character at @p; 0: it is none (overlong, a surrogate, cut, out of range). */
static unsigned utf8_length(const unsigned char *p)
{
	unsigned n = *p < 0x80 ? 1 : *p >= 0xc2 && *p < 0xe0 ? 2 : *p >= 0xe0 && *p < 0xf0 ? 3 : *p >= 0xf0 && *p < 0xf5 ? 4 : 0;

	for (unsigned i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] >= 0xa0) || (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] >= 0x90))
		return 0;

	return n;
}

void html_base36(FILE *out, uint64_t n)
{
	static const char digit[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	char buf[16];
	unsigned at = sizeof(buf);

	do {
		buf[--at] = digit[n % 36];
		n /= 36;
	} while (n);
	fwrite(buf + at, 1, sizeof(buf) - at, out);
}

void html_base64(FILE *out, const unsigned char *p, size_t n)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		uint32_t w = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0);

		putc(digit[w >> 18], out);
		putc(digit[w >> 12 & 63], out);
		putc(i + 1 < n ? digit[w >> 6 & 63] : '=', out);
		putc(i + 2 < n ? digit[w & 63] : '=', out);
	}
}

void html_text(FILE *out, const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	while (*p) {
		unsigned n = utf8_length(p);

		if (!n || *p < ' ' || *p == 127)
			fputs("&#xfffd;", out);
		else if (strchr("&<>\"'", *p))
			fprintf(out, "&#%u;", *p);
		else
			fwrite(p, 1, n, out);
		p += n ? n : 1;
	}
}
