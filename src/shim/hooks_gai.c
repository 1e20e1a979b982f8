/* SPDX-License-Identifier: MIT */
/*
 * hooks_gai.c - getaddrinfo() and freeaddrinfo()
 *
 * Theory of operation
 *   Three steps: the kinds of socket that the hints and the service leave, each with its port; the addresses that the name stands for;
 *   and for each address an entry of each kind. Flags and errors are libc's. Services are libc's getservbyname_r(), which asks no network.
 *   An entry is one piece of memory with its address, its name another: libc's own freeaddrinfo() would do.
 *   Called by: the program. Calls: names.c, gai_sort.c. Owns: nothing.
 * Threads: any.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shim/names.h"
#include "shim/visible.h"

#define FLAGS_KNOWN \
	(AI_PASSIVE | AI_CANONNAME | AI_NUMERICHOST | AI_ADDRCONFIG | AI_V4MAPPED | AI_ALL | AI_NUMERICSERV | AI_IDN | AI_CANONIDN)
#define FLAGS_IDN_OLD 0x0300 /* AI_IDN_ALLOW_UNASSIGNED, AI_IDN_USE_STD3_ASCII_RULES: no meaning any more */

enum { KINDS_MOST = 8, NOT_NUMERIC = 1 };

/* A kind of socket as hints may ask for it. */
static const struct kind {
	int type, protocol;
	const char *name; /* as /etc/services writes it */
	bool any_protocol, by_default;
} kinds[] = {
	{ SOCK_STREAM, IPPROTO_TCP, "tcp", false, true },
	{ SOCK_DGRAM, IPPROTO_UDP, "udp", false, true },
	{ SOCK_DCCP, IPPROTO_DCCP, "dccp", false, false },
	{ SOCK_DGRAM, IPPROTO_UDPLITE, "udplite", false, false },
	{ SOCK_STREAM, IPPROTO_SCTP, "sctp", false, false },
	{ SOCK_SEQPACKET, IPPROTO_SCTP, "sctp", false, false },
	{ SOCK_RAW, 0, NULL, true, true },
};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct use {
	int type, protocol;
	uint16_t port; /* network order */
};

struct request {
	const char *name, *service; /* or NULL */
	long port;		    /* -1: the service is a name */
	int flags, family, type, protocol;
	struct use use[KINDS_MOST];
	unsigned n_use;
	struct names found;
	struct addrinfo *first, **end;
};

static int services(struct request *r);
static int addresses(struct request *r);
static int entries(struct request *r);

static int check(struct request *r, const struct addrinfo *hints)
{
	if (r->name && !strcmp(r->name, "*"))
		r->name = NULL;
	if (r->service && !strcmp(r->service, "*"))
		r->service = NULL;
	if (!r->name && !r->service)
		return EAI_NONAME;
	r->flags = hints ? hints->ai_flags : AI_V4MAPPED | AI_ADDRCONFIG;
	r->family = hints ? hints->ai_family : AF_UNSPEC;
	r->type = hints ? hints->ai_socktype : 0;
	r->protocol = hints ? hints->ai_protocol : 0;
	if (r->flags & ~(FLAGS_KNOWN | FLAGS_IDN_OLD) || (r->flags & AI_CANONNAME && !r->name))
		return EAI_BADFLAGS;
	if (r->family != AF_UNSPEC && r->family != AF_INET && r->family != AF_INET6)
		return EAI_FAMILY;
	if (hints && r->flags & AI_ADDRCONFIG) {
		bool ipv4 = gai_has_ipv4();

		/* there is no IPv6 in the stack; without any address nothing is left out */
		if (r->family == AF_INET6 || (r->family == AF_INET && !ipv4))
			return EAI_NONAME;
		if (ipv4)
			r->family = AF_INET;
	} else if (!hints && gai_has_ipv4()) {
		r->family = AF_INET;
	}
	if (r->service && *r->service) {
		char *end;

		r->port = (long)strtoul(r->service, &end, 10);
		if (*end && r->flags & AI_NUMERICSERV)
			return EAI_NONAME;
		if (*end)
			r->port = -1;
	}
	return 0;
}

int getaddrinfo(const char *restrict name, const char *restrict service, const struct addrinfo *restrict hints,
		struct addrinfo **restrict ret)
{
	struct request r = { .name = name, .service = service };
	int code;

	r.end = &r.first;
	code = check(&r, hints);
	if (!code)
		code = services(&r);
	if (!code)
		code = addresses(&r);
	if (!code) {
		gai_sort(r.found.v, r.found.n);
		code = entries(&r);
	}
	names_free(&r.found);
	if (code) {
		freeaddrinfo(r.first);
		return code;
	}
	*ret = r.first;
	return 0;
}

void freeaddrinfo(struct addrinfo *ai)
{
	while (ai) {
		struct addrinfo *next = ai->ai_next;

		free(ai->ai_canonname);
		free(ai);
		ai = next;
	}
}

/* --- kinds of sockets, and ports --- */

static bool kind_fits(const struct request *r, const struct kind *k)
{
	return (!r->type || r->type == k->type) && (!r->protocol || k->any_protocol || r->protocol == k->protocol);
}

static bool port_of(const char *service, const char *protocol, uint16_t *ret)
{
	struct servent ent, *found = NULL;
	size_t room = 1024;
	char *buf = NULL;
	int error;

	do {
		char *more = realloc(buf, room);

		if (!more)
			break;
		buf = more;
		error = getservbyname_r(service, protocol, &ent, buf, room, &found);
		room *= 2;
	} while (error == ERANGE);
	if (found)
		*ret = (uint16_t)found->s_port;
	free(buf);
	return found;
}

static void add_use(struct request *r, const struct kind *k, uint16_t port)
{
	r->use[r->n_use++] = (struct use){ k->type, k->any_protocol ? r->protocol : k->protocol, port };
}

static int services(struct request *r)
{
	bool given = r->service && *r->service, named = given && r->port < 0, chosen = r->type || r->protocol;
	uint16_t port = htons((uint16_t)(r->port > 0 ? r->port : 0));
	const struct kind *k = kinds;

	if (chosen) {
		while (k < kinds + N_KINDS && !kind_fits(r, k))
			k++;
		if (k == kinds + N_KINDS)
			return r->type ? EAI_SOCKTYPE : EAI_SERVICE;
		if ((given && !k->name) || (named && !port_of(r->service, k->name, &port)))
			return EAI_SERVICE;
		add_use(r, k, port);
		return 0;
	}
	for (; k < kinds + N_KINDS; k++)
		if (named ? k->name && port_of(r->service, k->name, &port) : k->by_default)
			add_use(r, k, port);
	return r->n_use ? 0 : EAI_SERVICE;
}

/* --- addresses --- */

static void map(struct name_addr *a)
{
	static const unsigned char prefix[12] = { [10] = 0xff, 0xff };

	if (a->family == AF_INET6)
		return;
	memmove(a->b + 12, a->b, 4);
	memcpy(a->b, prefix, sizeof(prefix));
	a->family = AF_INET6;
}

static int numeric_ipv4(struct request *r, const struct in_addr *in)
{
	if (r->family == AF_INET6 && !(r->flags & AI_V4MAPPED))
		return EAI_ADDRFAMILY;
	names_add(&r->found, AF_INET, in);
	if (r->found.n && r->family == AF_INET6)
		map(r->found.v);
	return 0;
}

/* What stands behind the % of an address. */
static bool scope_id(const char *s, const struct in6_addr *in6, uint32_t *ret)
{
	unsigned long v;
	char *end;

	if (IN6_IS_ADDR_LINKLOCAL(in6) || IN6_IS_ADDR_MC_LINKLOCAL(in6)) {
		*ret = if_nametoindex(s);
		if (*ret)
			return true;
	}
	if (!isdigit((unsigned char)*s))
		return false;
	errno = 0;
	v = strtoul(s, &end, 10);
	*ret = (uint32_t)v;
	return !*end && v <= UINT32_MAX;
}

static int numeric_ipv6(struct request *r, const struct in6_addr *in6, const char *scope)
{
	uint32_t id = 0;

	if (scope && !scope_id(scope, in6, &id))
		return EAI_NONAME;
	if (r->family == AF_INET) {
		if (!IN6_IS_ADDR_V4MAPPED(in6))
			return EAI_ADDRFAMILY;
		names_add(&r->found, AF_INET, in6->s6_addr + 12);
		return 0;
	}
	names_add(&r->found, AF_INET6, in6);
	if (r->found.n)
		r->found.v->scope = id;
	return 0;
}

/* 0, an error, or NOT_NUMERIC */
static int numeric(struct request *r)
{
	char text[INET6_ADDRSTRLEN];
	const char *scope = strchr(r->name, '%');
	size_t n = scope ? (size_t)(scope - r->name) : strlen(r->name);
	struct in6_addr in6;
	struct in_addr in;

	if (!strpbrk(r->name, " \t\n\v\f\r") && inet_aton(r->name, &in))
		return numeric_ipv4(r, &in);
	if (n >= sizeof(text))
		return NOT_NUMERIC;
	memcpy(text, r->name, n);
	text[n] = '\0';
	return inet_pton(AF_INET6, text, &in6) == 1 ? numeric_ipv6(r, &in6, scope ? scope + 1 : NULL) : NOT_NUMERIC;
}

static int error_of(int code)
{
	switch (code) {
	case NETDB_SUCCESS:
		return 0;
	case NO_DATA:
		return EAI_NODATA;
	case TRY_AGAIN:
		return EAI_AGAIN;
	case NETDB_INTERNAL:
		return errno == ENOMEM ? EAI_MEMORY : EAI_SYSTEM;
	default:
		return EAI_NONAME;
	}
}

/* An address of IPv6 where there is one, else IPv4 in its clothes; both with AI_ALL. */
static int mapped(struct request *r)
{
	int code = names_by_name(r->name, AF_INET6, &r->found);
	size_t i = r->found.n;
	int other;

	if (i && !(r->flags & AI_ALL))
		return code;
	other = names_by_name(r->name, AF_INET, &r->found);
	for (; i < r->found.n; i++)
		map(&r->found.v[i]);
	return r->found.n ? NETDB_SUCCESS : code == HOST_NOT_FOUND ? other : code;
}

static int addresses(struct request *r)
{
	static const unsigned char any[16], loopback6[16] = { [15] = 1 };
	const struct in_addr loopback4 = { htonl(INADDR_LOOPBACK) };
	bool passive = r->flags & AI_PASSIVE;
	int code;

	if (!r->name) {
		if (r->family != AF_INET)
			names_add(&r->found, AF_INET6, passive ? any : loopback6);
		if (r->family != AF_INET6)
			names_add(&r->found, AF_INET, passive ? (const void *)any : &loopback4);
		return r->found.no_memory ? EAI_MEMORY : 0;
	}
	code = numeric(r);
	if (code != NOT_NUMERIC)
		return r->found.no_memory ? EAI_MEMORY : code;
	if (r->flags & AI_NUMERICHOST)
		return EAI_NONAME;
	for (const char *s = r->name; r->flags & AI_IDN && *s; s++)
		if ((unsigned char)*s >= 128)
			return EAI_IDN_ENCODE;
	if (r->family == AF_INET6 && r->flags & AI_V4MAPPED)
		code = mapped(r);
	else
		code = names_by_name(r->name, r->family, &r->found);
	return error_of(code);
}

/* --- what is returned --- */

static struct addrinfo *entry_of(const struct request *r, const struct name_addr *a, const struct use *u)
{
	bool in6 = a->family == AF_INET6;
	size_t len = in6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	struct addrinfo *ai = calloc(1, sizeof(*ai) + len);

	if (!ai)
		return NULL;
	ai->ai_flags = r->flags;
	ai->ai_family = a->family;
	ai->ai_socktype = u->type;
	ai->ai_protocol = u->protocol;
	ai->ai_addrlen = (socklen_t)len;
	ai->ai_addr = (struct sockaddr *)(ai + 1);
	if (in6) {
		struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)(ai + 1);

		*sin6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = u->port, .sin6_scope_id = a->scope };
		memcpy(&sin6->sin6_addr, a->b, 16);
	} else {
		struct sockaddr_in *sin = (struct sockaddr_in *)(ai + 1);

		*sin = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = u->port };
		memcpy(&sin->sin_addr, a->b, 4);
	}
	return ai;
}

static int entries(struct request *r)
{
	for (size_t i = 0; i < r->found.n; i++) {
		for (unsigned k = 0; k < r->n_use; k++) {
			struct addrinfo *ai = entry_of(r, &r->found.v[i], &r->use[k]);

			if (!ai)
				return EAI_MEMORY;
			*r->end = ai;
			r->end = &ai->ai_next;
		}
	}
	if (!(r->flags & AI_CANONNAME) || !r->first)
		return r->first ? 0 : EAI_NONAME;
	r->first->ai_canonname = strdup(r->found.canon ? r->found.canon : r->name);
	return r->first->ai_canonname ? 0 : EAI_MEMORY;
}
