/* SPDX-License-Identifier: MIT */
/*
 * hooks_hosts.c - gethostbyname() and what is like it
 *
 * Theory of operation
 *   What is found is laid out in the caller's memory: the entry, its lists, its names; ERANGE when there is not enough of it. Those without
 *   memory of the caller's have some that grows and that the next call uses again, as libc's do.
 *   Called by: the program. Calls: names.c. Owns: that memory, one piece for each of the three.
 * Threads: any; those without _r one at a time, as libc says of its own.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "shim/names.h"
#include "shim/visible.h"

#define ROOM_LEAST 64 /* with less there is no need to ask */

/* Memory that is laid out from its begin. */
struct area {
	char *s;
	size_t left;
};

struct question {
	const char *name; /* NULL: by address */
	const void *addr;
	int family;
};

/* Of a function without _r. */
struct kept {
	char *buf;
	size_t room;
	struct hostent ent;
};

static int host(const struct question *q, struct hostent *ent, char *buf, size_t room, struct hostent **ret, int *h_err);
static struct hostent *host_kept(struct kept *k, const struct question *q);

/* --- the names of libc --- */

int gethostbyname2_r(const char *restrict name, int family, struct hostent *restrict ent, char *restrict buf, size_t room,
		     struct hostent **restrict ret, int *restrict h_err)
{
	return host(&(struct question){ .name = name, .family = family }, ent, buf, room, ret, h_err);
}

int gethostbyname_r(const char *restrict name, struct hostent *restrict ent, char *restrict buf, size_t room,
		    struct hostent **restrict ret, int *restrict h_err)
{
	return gethostbyname2_r(name, AF_INET, ent, buf, room, ret, h_err);
}

int gethostbyaddr_r(const void *restrict addr, socklen_t len, int family, struct hostent *restrict ent, char *restrict buf, size_t room,
		    struct hostent **restrict ret, int *restrict h_err)
{
	*ret = NULL;
	if ((family != AF_INET || len != 4) && (family != AF_INET6 || len != 16)) {
		*h_err = HOST_NOT_FOUND;
		return family == AF_INET || family == AF_INET6 ? EINVAL : ENOENT;
	}
	return host(&(struct question){ .addr = addr, .family = family }, ent, buf, room, ret, h_err);
}

struct hostent *gethostbyname2(const char *name, int family)
{
	static struct kept kept;

	return host_kept(&kept, &(struct question){ .name = name, .family = family });
}

struct hostent *gethostbyname(const char *name)
{
	static struct kept kept;

	return host_kept(&kept, &(struct question){ .name = name, .family = AF_INET });
}

struct hostent *gethostbyaddr(const void *addr, socklen_t len, int family)
{
	static struct kept kept;

	if ((family != AF_INET || len != 4) && (family != AF_INET6 || len != 16)) {
		h_errno = HOST_NOT_FOUND;
		return NULL;
	}
	return host_kept(&kept, &(struct question){ .addr = addr, .family = family });
}

static struct hostent *host_kept(struct kept *k, const struct question *q)
{
	struct hostent *ret = NULL;
	int error = ERANGE, h_err = NETDB_INTERNAL;

	while (error == ERANGE && h_err == NETDB_INTERNAL) {
		if (k->buf)
			error = host(q, &k->ent, k->buf, k->room, &ret, &h_err);
		if (error == ERANGE && h_err == NETDB_INTERNAL) {
			size_t room = k->room ? 2 * k->room : 1024;
			char *more = realloc(k->buf, room);

			if (!more)
				break;
			k->buf = more;
			k->room = room;
		}
	}
	if (!ret)
		h_errno = h_err;
	return ret;
}

/* --- a result in the caller's memory --- */

static void *place(struct area *a, size_t size, size_t align)
{
	size_t skip = -(uintptr_t)a->s & (align - 1);
	void *ret = a->s + skip;

	if (a->left < skip || a->left - skip < size)
		return NULL;
	a->s += skip + size;
	a->left -= skip + size;
	return ret;
}

static char *place_text(struct area *a, const char *s)
{
	size_t n = strlen(s) + 1;
	char *to = place(a, n, 1);

	return to ? memcpy(to, s, n) : NULL;
}

static bool lay_out(const struct names *ns, const char *name, int family, struct hostent *ent, struct area a)
{
	size_t len = family == AF_INET ? 4 : 16;
	char **addrs = place(&a, (ns->n + 1) * sizeof(*addrs), sizeof(*addrs));
	char **aliases = place(&a, (ns->n_alias + 1) * sizeof(*aliases), sizeof(*aliases));

	if (!addrs || !aliases)
		return false;
	for (size_t i = 0; i < ns->n; i++) {
		addrs[i] = place(&a, len, 4);
		if (!addrs[i])
			return false;
		memcpy(addrs[i], ns->v[i].b, len);
	}
	addrs[ns->n] = NULL;
	for (size_t i = 0; i < ns->n_alias; i++) {
		aliases[i] = place_text(&a, ns->alias[i]);
		if (!aliases[i])
			return false;
	}
	aliases[ns->n_alias] = NULL;
	*ent = (struct hostent){ .h_name = place_text(&a, ns->canon ? ns->canon : name),
				 .h_aliases = aliases,
				 .h_addrtype = family,
				 .h_length = (int)len,
				 .h_addr_list = addrs };
	return ent->h_name;
}

/* Is the name an address? Then NETDB_SUCCESS; of the other family: HOST_NOT_FOUND; -2: it is none. */
static int numeric(const struct question *q, struct names *ns)
{
	struct in6_addr in6;
	struct in_addr in;

	if (!strpbrk(q->name, " \t\n\v\f\r") && inet_aton(q->name, &in)) {
		if (q->family != AF_INET)
			return HOST_NOT_FOUND;
		names_add(ns, AF_INET, &in);
	} else if (inet_pton(AF_INET6, q->name, &in6) == 1) {
		if (q->family != AF_INET6)
			return HOST_NOT_FOUND;
		names_add(ns, AF_INET6, &in6);
	} else {
		return -2;
	}
	names_set_canon(ns, q->name);
	return ns->no_memory ? NETDB_INTERNAL : NETDB_SUCCESS;
}

static int host(const struct question *q, struct hostent *ent, char *buf, size_t room, struct hostent **ret, int *h_err)
{
	struct names ns = { .v = NULL };
	int code;

	*ret = NULL;
	if (q->family != AF_INET && q->family != AF_INET6) {
		*h_err = NO_DATA;
		return errno = EAFNOSUPPORT;
	}
	if (room < ROOM_LEAST) {
		*h_err = NETDB_INTERNAL;
		return errno = ERANGE;
	}
	code = q->name ? numeric(q, &ns) : -2;
	if (code == -2 && q->name)
		code = names_by_name(q->name, q->family, &ns);
	else if (code == -2)
		code = names_by_addr(q->family, q->addr, &ns);
	if (!q->name && code == NETDB_SUCCESS && !ns.n)
		names_add(&ns, q->family, q->addr);
	if (code == NETDB_SUCCESS && !lay_out(&ns, q->name, q->family, ent, (struct area){ buf, room })) {
		code = NETDB_INTERNAL;
		errno = ERANGE;
	}
	names_free(&ns);
	*h_err = code;
	if (code == NETDB_SUCCESS)
		*ret = ent;
	if (code == NETDB_SUCCESS || code == HOST_NOT_FOUND || code == NO_DATA)
		return 0;
	return code == TRY_AGAIN ? EAGAIN : code == NETDB_INTERNAL ? errno : ENOENT;
}
