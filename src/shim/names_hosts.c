/* SPDX-License-Identifier: MIT */
/*
 * names_hosts.c - /etc/hosts
 *
 * Theory of operation
 *   The file is read as a whole and taken apart line by line: an address, its name, more names, a comment. A name that stands in several
 *   lines has the addresses of all of them. As in libc, who asks for AF_INET finds ::1 as 127.0.0.1, and mapped addresses as what they map.
 *   Called by: names.c. Calls: the kernel. Owns: nothing.
 * Threads: any.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "client/raw.h"
#include "shim/names.h"
#include "shim/shim.h"

#define FILE_NAME "/etc/hosts"
#define FILE_MOST (16u << 20)

/* A line: its words end in 0, the last word is followed by a second one. */
struct line {
	int family;
	unsigned char b[16];
	char *names;
};

typedef bool line_fn(void *arg, const struct line *l);

static int each_line(line_fn *fn, void *arg);

static const char *next_name(const char *s)
{
	s += strlen(s) + 1;
	return *s ? s : NULL;
}

/* --- by name --- */

struct by_name {
	const char *name;
	int family;
	struct names *ret;
};

/* The address as one of @family: false when it is none. */
static bool as_family(const struct line *l, int family, struct line *ret)
{
	static const unsigned char mapped[12] = { [10] = 0xff, 0xff }, loopback[16] = { [15] = 1 };

	*ret = *l;
	if (family == AF_UNSPEC || l->family == family)
		return true;
	if (family != AF_INET)
		return false;
	ret->family = AF_INET;
	if (!memcmp(l->b, loopback, sizeof(loopback)))
		memcpy(ret->b, &(struct in_addr){ htonl(INADDR_LOOPBACK) }, 4);
	else if (!memcmp(l->b, mapped, sizeof(mapped)))
		memcpy(ret->b, l->b + 12, 4);
	else
		return false;
	return true;
}

static bool name_cb(void *arg, const struct line *l)
{
	const struct by_name *q = arg;
	const char *s = l->names;
	struct line in;

	while (s && strcasecmp(s, q->name))
		s = next_name(s);
	if (!s || !as_family(l, q->family, &in))
		return true;
	names_add(q->ret, in.family, in.b);
	for (s = next_name(l->names); s; s = next_name(s))
		names_add_alias(q->ret, s);
	/* what stands first in a further line is one more alias */
	if (q->ret->canon && strcmp(q->ret->canon, l->names))
		names_add_alias(q->ret, l->names);
	names_set_canon(q->ret, l->names);
	return true;
}

int names_hosts_by_name(const char *name, int family, struct names *ret)
{
	struct by_name q = { name, family, ret };
	size_t before = ret->n;

	return each_line(name_cb, &q) ?: ret->n > before ? NETDB_SUCCESS : HOST_NOT_FOUND;
}

/* --- by address --- */

struct by_addr {
	int family;
	const void *addr;
	struct names *ret;
};

static bool addr_cb(void *arg, const struct line *l)
{
	const struct by_addr *q = arg;

	if (l->family != q->family || memcmp(l->b, q->addr, l->family == AF_INET ? 4 : 16))
		return true;
	names_add(q->ret, l->family, l->b);
	names_set_canon(q->ret, l->names);
	for (const char *s = next_name(l->names); s; s = next_name(s))
		names_add_alias(q->ret, s);
	return false;
}

int names_hosts_by_addr(int family, const void *addr, struct names *ret)
{
	struct by_addr q = { family, addr, ret };

	return each_line(addr_cb, &q) ?: ret->n ? NETDB_SUCCESS : HOST_NOT_FOUND;
}

/* --- the file --- */

static char *read_all(int fd)
{
	size_t room = 4096, n = 0;
	char *s = malloc(room + 2);

	while (s) {
		long ret = raw3(SYS_read, fd, shim_ptr(s + n), (long)(room - n));
		char *more;

		if (ret == -EINTR)
			continue;
		if (ret <= 0)
			break;
		n += (size_t)ret;
		if (n < room)
			continue;
		room *= 2;
		more = room < FILE_MOST ? realloc(s, room + 2) : NULL;
		if (!more) {
			free(s);
			return NULL;
		}
		s = more;
	}
	if (s)
		s[n] = s[n + 1] = '\0';
	return s;
}

/* The words of @s, each with its 0, behind each other, and one more 0 behind them: the space of the line is enough. */
static void split(char *s)
{
	char *to = s, *word = strtok_r(s, " \t\r\v\f", &s);

	for (; word; word = strtok_r(NULL, " \t\r\v\f", &s)) {
		size_t n = strlen(word) + 1;

		memmove(to, word, n);
		to += n;
	}
	*to = '\0';
}

/* @s has one byte of room behind its end */
static bool parse(char *s, struct line *ret)
{
	const char *name;

	s[strcspn(s, "#")] = '\0';
	s[strlen(s) + 1] = '\0';
	split(s);
	if (!*s)
		return false;
	if (inet_pton(AF_INET, s, ret->b) == 1)
		ret->family = AF_INET;
	else if (inet_pton(AF_INET6, s, ret->b) == 1)
		ret->family = AF_INET6;
	else
		return false;
	name = next_name(s);
	ret->names = (char *)name;
	return name;
}

/* 0, or NETDB_INTERNAL; a file that is not there has no lines. */
static int each_line(line_fn *fn, void *arg)
{
	long fd = raw6(SYS_openat, AT_FDCWD, shim_ptr(FILE_NAME), O_RDONLY | O_CLOEXEC, 0, 0, 0);
	char *all, *s, *end;
	bool more = true;

	if (fd < 0)
		return 0;
	all = read_all((int)fd);
	raw3(SYS_close, fd, 0, 0);
	if (!all) {
		errno = ENOMEM;
		return NETDB_INTERNAL;
	}
	for (s = all; *s && more; s = end) {
		char text[4096];
		struct line l;
		size_t n = strcspn(s, "\n");

		end = s + n + (s[n] == '\n');
		if (n > sizeof(text) - 2) /* longer than any line that means something */
			continue;
		memcpy(text, s, n);
		text[n] = '\0';
		if (parse(text, &l))
			more = fn(arg, &l);
	}
	free(all);
	return 0;
}
