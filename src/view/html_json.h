/* SPDX-License-Identifier: MIT */
#ifndef VIEW_HTML_JSON_H
#define VIEW_HTML_JSON_H
/*
 * html_json.h - writing JSON that may stand inside a page: strings, numbers, and a table of strings that are named by number
 *
 * Theory of operation
 *   A string is written so that neither JSON nor HTML can be left through it: quotes, controls, `<`, `>`, `&` and what is not UTF-8 are escaped. The page
 *   repeats names many thousand times, so a string is written once, in a table, and referred to by its number.
 * Called by: html.c, html_data.c. Libc only. Threads: one at a time a struct html_strings.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/**
 * struct html_strings - strings by number, each once
 * @failed: there was no memory; numbers mean nothing any more
 */
struct html_strings {
	char **str;
	size_t n, room;
	uint32_t *slot; /* hash table: number + 1, 0 free */
	size_t n_slots;
	bool failed;
};

/* The number of @s, which is copied when it is new. */
unsigned html_string(struct html_strings *t, const char *s);
/* ["a","b"] */
void html_strings_write(FILE *out, const struct html_strings *t);
void html_strings_free(struct html_strings *t);

/* "text" with its quotes. */
void html_json_string(FILE *out, const char *s);
/* Base 36, as short as it gets; JavaScript's parseInt(s, 36) reads it. */
void html_base36(FILE *out, uint64_t n);
void html_base64(FILE *out, const unsigned char *p, size_t n);
/* For the text of an element: & < > " ' as entities, no controls. */
void html_text(FILE *out, const char *s);

#endif
