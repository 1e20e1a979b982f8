/* SPDX-License-Identifier: MIT */
/*
 * words.c - reading words and building the message
 *
 * Called by line.c and the verbs. Owns nothing: line.c hands on or frees the message. Any thread.
 * Refuses: values out of range or not what the key takes, with the word and what would do.
 */
#include "line/words.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MSG_ROOM 1024 /* more than any rtnetlink request; files ask more */

/* --- words --- */

bool word_more(const struct words *w)
{
	return w->at < w->argc;
}

const char *word_next(struct words *w)
{
	return w->at < w->argc ? w->argv[w->at++] : NULL;
}

bool word_is(const char *word, const char *full)
{
	return *word && !strncmp(word, full, strlen(word));
}

int word_fail(struct words *w, int error, const char *fmt, ...)
{
	size_t len = 0;
	va_list ap;

	if (!w->errlen)
		return error;
	if (w->verb)
		len = (size_t)snprintf(w->err, w->errlen, "%s: ", w->verb);
	if (len < w->errlen) {
		va_start(ap, fmt);
		vsnprintf(w->err + len, w->errlen - len, fmt, ap);
		va_end(ap);
	}
	return error;
}

int word_unknown(struct words *w, const char *word, const char *accepted)
{
	return word_fail(w, -EINVAL, "'%.40s' is none of: %s", word, accepted);
}

const char *word_value(struct words *w, const char *key, const char *what)
{
	const char *v = word_next(w);

	if (!v)
		word_fail(w, -EINVAL, "'%s' needs %s behind it", key, what);
	return v;
}

int word_u32(struct words *w, const char *key, uint32_t min, uint32_t max, uint32_t *ret)
{
	const char *v = word_value(w, key, "a number");
	unsigned long n;
	char *end;

	if (!v)
		return -EINVAL;
	errno = 0;
	n = strtoul(v, &end, 0);
	if (*v < '0' || *v > '9' || *end || errno || n < min || n > max)
		return word_fail(w, -EINVAL, "%s '%.40s' is no number from %u to %u", key, v, min,
				 max);
	*ret = (uint32_t)n;
	return 0;
}

int word_ip(struct words *w, const char *key, __be32 *ret)
{
	const char *v = word_value(w, key, "an address A.B.C.D");

	if (!v)
		return -EINVAL;
	if (inet_pton(AF_INET, v, ret) != 1)
		return word_fail(w, -EINVAL, "%s '%.40s' is no address A.B.C.D", key, v);
	return 0;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Six pairs, or single digits, with colons between them. */
static bool mac_of(const char *v, uint8_t *mac)
{
	for (int i = 0; i < 6; i++) {
		int n = hex(*v);

		if (n < 0)
			return false;
		v++;
		if (hex(*v) >= 0)
			n = n * 16 + hex(*v++);
		if (*v++ != (i < 5 ? ':' : '\0'))
			return false;
		mac[i] = (uint8_t)n;
	}
	return true;
}

int word_mac(struct words *w, const char *key, uint8_t *ret)
{
	const char *v = word_value(w, key, "an address aa:bb:cc:dd:ee:ff");

	if (!v)
		return -EINVAL;
	if (!mac_of(v, ret))
		return word_fail(w, -EINVAL, "%s '%.40s' is no address aa:bb:cc:dd:ee:ff", key, v);
	return 0;
}

int word_on_off(struct words *w, const char *key, bool *ret)
{
	const char *v = word_value(w, key, "on or off");

	if (!v)
		return -EINVAL;
	*ret = !strcmp(v, "on");
	if (!*ret && strcmp(v, "off"))
		return word_fail(w, -EINVAL, "%s '%.40s' is neither on nor off", key, v);
	return 0;
}

int word_ifindex(struct words *w, const char *name, int *ret_index)
{
	*ret_index = strlen(name) < IFNAMSIZ ? w->names->ifindex(w->names->ctx, name) : 0;
	return *ret_index > 0 ? 0 : word_fail(w, -ENODEV, "there is no device '%.40s'", name);
}

int word_dev(struct words *w, const char *key, const char **ret_name, int *ret_index)
{
	const char *v = word_value(w, key, "the name of a device");

	if (!v)
		return -EINVAL;
	if (ret_name)
		*ret_name = v;
	return word_ifindex(w, v, ret_index);
}

int word_name(struct words *w, const char *key, const struct line_name *tab, uint32_t max,
	      uint32_t *ret)
{
	const char *v = word_value(w, key, "a name or number");
	char list[120];

	if (!v)
		return -EINVAL;
	if (line_name_value(tab, v, max, ret))
		return word_fail(w, -EINVAL, "%s '%.40s' is none of: %s, 0 to %u", key, v,
				 line_name_list(tab, list, sizeof(list)), max);
	return 0;
}

int word_prefix(struct words *w, const char *word, bool short_ok, __be32 *ret_addr,
		uint8_t *ret_len, bool *ret_has_len)
{
	char buf[INET_ADDRSTRLEN + 8], *slash, *end;
	unsigned long len = 32;
	int dots = 0;

	if (strlen(word) >= INET_ADDRSTRLEN + 3)
		goto bad;
	strcpy(buf, word);
	slash = strchr(buf, '/');
	if (slash) {
		*slash++ = '\0';
		len = strtoul(slash, &end, 10);
		if (*slash < '0' || *slash > '9' || *end || len > 32)
			return word_fail(w, -EINVAL, "'%s': '%s' is no length from 0 to 32", word,
					 slash);
	}
	for (const char *p = buf; *p; p++)
		dots += *p == '.';
	for (; short_ok && slash && dots < 3 && strlen(buf) < INET_ADDRSTRLEN; dots++)
		strcat(buf, ".0");
	if (inet_pton(AF_INET, buf, ret_addr) != 1)
		goto bad;
	*ret_len = (uint8_t)len;
	if (ret_has_len)
		*ret_has_len = slash;
	return 0;
bad:
	return word_fail(w, -EINVAL, "'%.40s' is no address A.B.C.D[/LEN]", word);
}

char *word_rest(struct words *w)
{
	size_t len = 1;
	char *s, *p;

	for (int i = w->at; i < w->argc; i++)
		len += strlen(w->argv[i]) + 1;
	s = p = malloc(len);
	if (!s)
		return NULL;
	*p = '\0';
	while (word_more(w)) {
		if (p != s)
			*p++ = ' ';
		p = stpcpy(p, word_next(w));
	}
	return s;
}

/* --- the message --- */

int msg_begin(struct words *w, int type, int flags, const void *hdr, size_t len)
{
	size_t room = MSG_ROOM;

	for (int i = 0; i < w->argc; i++)
		room += strlen(w->argv[i]) + 1;
	w->msg = nlmsg_alloc_size(room);
	if (!w->msg || !nlmsg_put(w->msg, 0, 0, type, 0, flags | NLM_F_REQUEST | NLM_F_ACK) ||
	    nlmsg_append(w->msg, (void *)(uintptr_t)hdr, len, NLMSG_ALIGNTO))
		return -ENOMEM;
	return 0;
}

void msg_put(struct words *w, int type, const void *data, size_t len)
{
	if (nla_put(w->msg, type, (int)len, data))
		w->no_memory = true;
}

void msg_put_u32(struct words *w, int type, uint32_t v)
{
	msg_put(w, type, &v, sizeof(v));
}

void msg_put_string(struct words *w, int type, const char *s)
{
	msg_put(w, type, s, strlen(s) + 1);
}
