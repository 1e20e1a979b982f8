/* SPDX-License-Identifier: MIT */
/*
 * names.c - where a name or an address is looked for, and what is found
 *
 * Theory of operation
 *   The order is that of `hosts: files dns`: /etc/hosts, and what is not in it is asked for in the DNS. localhost and what ends in
 *   .localhost never leaves the machine (RFC 6761).
 *   A list that finds no memory says so in the end, not at each step.
 *   Called by: hooks_gai.c, hooks_hosts.c, hooks_nameinfo.c. Calls: names_hosts.c, names_dns.c. Owns: nothing.
 * Threads: any.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "shim/names.h"

static bool is_localhost(const char *name);

static int settle(int ret, struct names *ns)
{
	if (!ns->no_memory)
		return ret;
	errno = ENOMEM;
	return NETDB_INTERNAL;
}

int names_by_name(const char *name, int family, struct names *ret)
{
	const struct in_addr loopback = { htonl(INADDR_LOOPBACK) };
	int code = *name ? names_hosts_by_name(name, family, ret) : HOST_NOT_FOUND;

	if (!*name)
		return code;
	if (code == HOST_NOT_FOUND && is_localhost(name)) {
		if (family == AF_INET6) {
			code = NO_DATA;
		} else {
			names_add(ret, AF_INET, &loopback);
			names_set_canon(ret, name);
			code = NETDB_SUCCESS;
		}
	} else if (code == HOST_NOT_FOUND) {
		code = names_dns_by_name(name, family, ret);
	}
	return settle(code, ret);
}

int names_by_addr(int family, const void *addr, struct names *ret)
{
	int code = names_hosts_by_addr(family, addr, ret);

	if (code == HOST_NOT_FOUND)
		code = names_dns_by_addr(family, addr, ret);
	return settle(code, ret);
}

static bool is_localhost(const char *name)
{
	static const char local[] = "localhost";
	size_t n = strlen(name), m = sizeof(local) - 1;

	if (n && name[n - 1] == '.')
		n--;
	return n >= m && !strncasecmp(name + n - m, local, m) && (n == m || name[n - m - 1] == '.');
}

/* --- lists --- */

void names_add(struct names *ns, int family, const void *b)
{
	struct name_addr *v = realloc(ns->v, (ns->n + 1) * sizeof(*v));

	if (!v) {
		ns->no_memory = true;
		return;
	}
	ns->v = v;
	v += ns->n++;
	memset(v, 0, sizeof(*v));
	v->family = family;
	memcpy(v->b, b, family == AF_INET ? 4 : 16);
}

void names_add_alias(struct names *ns, const char *name)
{
	char **v = realloc(ns->alias, (ns->n_alias + 1) * sizeof(*v)), *s = strdup(name);

	if (v)
		ns->alias = v;
	if (v && s) {
		v[ns->n_alias++] = s;
		return;
	}
	free(s);
	ns->no_memory = true;
}

void names_set_canon(struct names *ns, const char *name)
{
	if (ns->canon)
		return;
	ns->canon = strdup(name);
	ns->no_memory |= !ns->canon;
}

void names_free(struct names *ns)
{
	for (size_t i = 0; i < ns->n_alias; i++)
		free(ns->alias[i]);
	free(ns->alias);
	free(ns->canon);
	free(ns->v);
	*ns = (struct names){ .v = NULL };
}
