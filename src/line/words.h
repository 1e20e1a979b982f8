/* SPDX-License-Identifier: MIT */
#ifndef LINE_WORDS_H
#define LINE_WORDS_H
/*
 * words.h - a row of words under the reader's finger, and the message that grows out of it
 *
 * Private to src/line: line.c starts, the verbs (link.c, addr.c, route.c, neigh.c, file.c) go on. A
 * reader that fails has left its text in the caller's buffer: its return value only goes up.
 */
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "line/line.h"
#include "line/names.h"

struct words {
	int argc, at; /* at: the next word */
	char *const *argv;
	const struct line_names *names;
	struct nl_msg *msg; /* what has been built */
	bool no_memory;	    /* a put failed: sticky */
	const char *verb;   /* "link set": begins every text */
	char *err;
	size_t errlen;
};

/** word_more() - is there another word? */
bool word_more(const struct words *w);

/** word_next() - the next word, or NULL behind the last */
const char *word_next(struct words *w);

/** word_is() - is @word @full or one of @full's beginnings? ip(8) takes words so */
bool word_is(const char *word, const char *full);

/** word_fail() - "VERB: text" for the user: returns @error */
int word_fail(struct words *w, int error, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** word_unknown() - @word is not among what is @accepted: -EINVAL */
int word_unknown(struct words *w, const char *word, const char *accepted);

/**
 * word_value() - the word behind @key
 * @what:	what it should have been, for the text
 * Return: NULL with the text when there is none
 */
const char *word_value(struct words *w, const char *key, const char *what);

/* The value behind @key: 0 or -errno with text. Numbers in any base of strtoul(3). */
int word_u32(struct words *w, const char *key, uint32_t min, uint32_t max, uint32_t *ret);
int word_ip(struct words *w, const char *key, __be32 *ret);
int word_mac(struct words *w, const char *key, uint8_t *ret);
int word_on_off(struct words *w, const char *key, bool *ret);
int word_dev(struct words *w, const char *key, const char **ret_name, int *ret_index);
int word_name(struct words *w, const char *key, const struct line_name *tab, uint32_t max,
	      uint32_t *ret);

/** word_ifindex() - the device called @name: 0 or -ENODEV with text */
int word_ifindex(struct words *w, const char *name, int *ret_index);

/**
 * word_prefix() - A.B.C.D[/LEN] of @word
 * @short_ok:	fewer than four numbers are filled up with zeros, as in 10/8
 * @ret_len:	32 when no length was given, and then *@ret_has_len is false
 */
int word_prefix(struct words *w, const char *word, bool short_ok, __be32 *ret_addr,
		uint8_t *ret_len, bool *ret_has_len);

/** word_rest() - the remaining words with a blank between each, malloc()ed; NULL without memory */
char *word_rest(struct words *w);

/* The message: msg_begin() makes it (-ENOMEM), puts add to it, line_compile() sees no_memory. */
int msg_begin(struct words *w, int type, int flags, const void *hdr, size_t len);
void msg_put(struct words *w, int type, const void *data, size_t len);
void msg_put_u32(struct words *w, int type, uint32_t v);
void msg_put_string(struct words *w, int type, const char *s);

/* The verbs: the words behind the object are left. 0 or -errno with text. */
int line_link(struct words *w);
int line_addr(struct words *w);
int line_route(struct words *w);
int line_neigh(struct words *w);
int line_sysctl(struct words *w);
int line_setting(struct words *w); /* KEY = VALUE without a verb */
int line_write(struct words *w);

#endif
