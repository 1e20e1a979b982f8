/* SPDX-License-Identifier: MIT */
/*
 * hooks_nameinfo.c - getnameinfo()
 *
 * Theory of operation
 *   The name of the address, if it is wanted and there is one, else its number; the service by libc's getservbyport_r(), which asks no
 *   network, else the port's number. Flags and errors are libc's.
 *   Called by: the program. Calls: names.c. Owns: nothing.
 * Threads: any.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "shim/names.h"
#include "shim/visible.h"

#define FLAGS_KNOWN \
	(NI_NUMERICHOST | NI_NUMERICSERV | NI_NOFQDN | NI_NAMEREQD | NI_DGRAM | NI_IDN | 0xc0 /* of older IDN: no meaning any more */)

static int host_text(const struct sockaddr *sa, char *buf, size_t room, unsigned flags);
static int service_text(uint16_t port, char *buf, size_t room, unsigned flags);

static int put(char *buf, size_t room, const char *s)
{
	size_t n = strlen(s) + 1;

	if (n > room)
		return EAI_OVERFLOW;
	memcpy(buf, s, n);
	return 0;
}

static int local(char *host, size_t host_room, char *service, size_t service_room, const struct sockaddr *sa, unsigned flags)
{
	struct utsname uts;
	int code = 0;

	if (host && host_room) {
		if (flags & NI_NUMERICHOST || uname(&uts))
			code = flags & NI_NAMEREQD ? EAI_NONAME : put(host, host_room, "localhost");
		else
			code = put(host, host_room, uts.nodename);
	}
	if (!code && service && service_room)
		code = put(service, service_room, sa->sa_data);
	return code;
}

int getnameinfo(const struct sockaddr *restrict sa, socklen_t len, char *restrict host, socklen_t host_room, char *restrict service,
		socklen_t service_room, int flags)
{
	socklen_t need = sizeof(struct sockaddr_in);
	int code = 0;

	if (flags & ~FLAGS_KNOWN)
		return EAI_BADFLAGS;
	if (!sa || len < sizeof(sa_family_t))
		return EAI_FAMILY;
	if (flags & NI_NAMEREQD && !host && !service)
		return EAI_NONAME;
	if (sa->sa_family == AF_UNIX)
		return len < offsetof(struct sockaddr, sa_data) ? EAI_FAMILY : local(host, host_room, service, service_room, sa, (unsigned)flags);
	if (sa->sa_family == AF_INET6)
		need = offsetof(struct sockaddr_in6, sin6_scope_id);
	else if (sa->sa_family != AF_INET)
		return EAI_FAMILY;
	if (len < need)
		return EAI_FAMILY;
	if (host && host_room)
		code = host_text(sa, host, host_room, (unsigned)flags);
	if (!code && service && service_room) /* the port lies at the same place in both */
		code = service_text(((const struct sockaddr_in *)(const void *)sa)->sin_port, service, service_room, (unsigned)flags);
	return code;
}

/* --- the host --- */

/* Take off the domain that this machine is in, too. */
static void cut_domain(char *name)
{
	struct names own = { .v = NULL };
	const char *dot = NULL;
	struct utsname uts;
	size_t n = strlen(name), m;

	if (uname(&uts))
		return;
	dot = strchr(uts.nodename, '.');
	if (!dot && names_hosts_by_name(uts.nodename, AF_UNSPEC, &own) == NETDB_SUCCESS && own.canon)
		dot = strchr(own.canon, '.');
	m = dot ? strlen(dot) : 0;
	if (m && n > m && !strcasecmp(name + n - m, dot))
		name[n - m] = '\0';
	names_free(&own);
}

static int number_text(const struct sockaddr *sa, char *buf, size_t room)
{
	char text[INET6_ADDRSTRLEN + 1 + IF_NAMESIZE], *s;
	const struct sockaddr_in6 *in6 = (const void *)sa;
	const struct sockaddr_in *in = (const void *)sa;
	const struct in6_addr *a = &in6->sin6_addr;

	if (sa->sa_family == AF_INET)
		return put(buf, room, inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text)));
	inet_ntop(AF_INET6, a, text, INET6_ADDRSTRLEN);
	if (in6->sin6_scope_id) {
		s = text + strlen(text);
		*s++ = '%';
		if ((!IN6_IS_ADDR_LINKLOCAL(a) && !IN6_IS_ADDR_MC_LINKLOCAL(a)) || !if_indextoname(in6->sin6_scope_id, s))
			sprintf(s, "%u", in6->sin6_scope_id);
	}
	return put(buf, room, text);
}

static int host_text(const struct sockaddr *sa, char *buf, size_t room, unsigned flags)
{
	const struct sockaddr_in6 *in6 = (const void *)sa;
	const struct sockaddr_in *in = (const void *)sa;
	struct names ns = { .v = NULL };
	int code = HOST_NOT_FOUND, ret;

	if (!(flags & NI_NUMERICHOST))
		code = names_by_addr(sa->sa_family, sa->sa_family == AF_INET ? (const void *)&in->sin_addr : &in6->sin6_addr, &ns);
	if (code == NETDB_SUCCESS && ns.canon) {
		if (flags & NI_NOFQDN)
			cut_domain(ns.canon);
		ret = put(buf, room, ns.canon);
	} else if (code == NETDB_INTERNAL && errno == ENOMEM) {
		ret = EAI_MEMORY;
	} else if (code == TRY_AGAIN) {
		ret = flags & NI_NAMEREQD ? EAI_AGAIN : number_text(sa, buf, room);
	} else {
		ret = flags & NI_NAMEREQD ? EAI_NONAME : number_text(sa, buf, room);
	}
	names_free(&ns);
	return ret;
}

/* --- the service --- */

static int service_text(uint16_t port, char *buf, size_t room, unsigned flags)
{
	struct servent ent, *found = NULL;
	size_t memory = 1024;
	char *own = NULL, number[8];
	int error = flags & NI_NUMERICSERV ? 0 : ERANGE, ret;

	while (error == ERANGE) {
		char *more = realloc(own, memory);

		if (!more)
			break;
		own = more;
		error = getservbyport_r(port, flags & NI_DGRAM ? "udp" : "tcp", &ent, own, memory, &found);
		memory *= 2;
	}
	snprintf(number, sizeof(number), "%u", ntohs(port));
	ret = put(buf, room, found ? found->s_name : number);
	free(own);
	return ret;
}
