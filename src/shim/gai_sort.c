/* SPDX-License-Identifier: MIT */
/*
 * gai_sort.c - the order of addresses that getaddrinfo() returns
 *
 * Theory of operation
 *   RFC 3484 with its table of precedences, as libc has it while nobody configured another. From where the stack would send is
 *   found by connecting a UDP socket; there is no IPv6 in the stack, so its addresses have no source and come behind those that have.
 *   Called by: hooks_gai.c. Calls: ops.c, ctl.c. Owns: nothing.
 * Threads: any. Mirrors: nothing of Linux; RFC 3484.
 */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "client/raw.h"
#include "shim/files.h"
#include "shim/names.h"

#define SCOPE_LINK 2
#define SCOPE_SITE 5
#define SCOPE_GLOBAL 14

struct choice {
	struct name_addr to;
	size_t place; /* as it came */
	bool usable;
	uint32_t from; /* AF_INET, host order */
};

static const struct {
	unsigned char net[16];
	unsigned bits;
	int precedence;
} policies[] = { /* the longest first */
	{ { [15] = 1 }, 128, 50 },
	{ { [10] = 0xff, 0xff }, 96, 10 },
	{ { 0 }, 96, 20 },
	{ { 0x20, 0x02 }, 16, 30 },
	{ { 0 }, 0, 40 },
};

/* --- what an address is --- */

static uint32_t ipv4_of(const unsigned char *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static int ipv4_scope(uint32_t a)
{
	return a >> 24 == 127 || a >> 16 == 0xa9fe ? SCOPE_LINK : SCOPE_GLOBAL;
}

static int scope_of(const struct name_addr *a)
{
	const struct in6_addr *in6 = (const void *)a->b;

	if (a->family == AF_INET)
		return ipv4_scope(ipv4_of(a->b));
	if (IN6_IS_ADDR_MULTICAST(in6))
		return a->b[1] & 15;
	if (IN6_IS_ADDR_LINKLOCAL(in6) || IN6_IS_ADDR_LOOPBACK(in6))
		return SCOPE_LINK;
	if (IN6_IS_ADDR_V4MAPPED(in6))
		return ipv4_scope(ipv4_of(a->b + 12));
	return IN6_IS_ADDR_SITELOCAL(in6) ? SCOPE_SITE : SCOPE_GLOBAL;
}

static bool in_net(const unsigned char *b, const unsigned char *net, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	return !memcmp(b, net, whole) && (!rest || !((b[whole] ^ net[whole]) >> (8 - rest)));
}

static int precedence_of(const struct name_addr *a)
{
	unsigned char b[16] = { [10] = 0xff, 0xff };
	size_t i = 0;

	if (a->family == AF_INET)
		memcpy(b + 12, a->b, 4);
	else
		memcpy(b, a->b, sizeof(b));
	while (!in_net(b, policies[i].net, policies[i].bits))
		i++;
	return policies[i].precedence;
}

/* --- which is better --- */

static int better(const void *x, const void *y)
{
	const struct choice *a = x, *b = y;
	int sa = scope_of(&a->to), sb = scope_of(&b->to), d;

	if (a->usable != b->usable)
		return a->usable ? -1 : 1;
	if (a->usable) {
		bool same_a = sa == ipv4_scope(a->from), same_b = sb == ipv4_scope(b->from);

		if (same_a != same_b)
			return same_a ? -1 : 1;
	}
	/* labels: all that is usable has the same */
	d = precedence_of(&b->to) - precedence_of(&a->to);
	if (d)
		return d;
	if (sa != sb)
		return sa - sb;
	if (a->usable) {
		/* the longest common prefix: libc looks into a network only where there is IPv6, else the whole address counts */
		bool self_a = ipv4_of(a->to.b) == a->from, self_b = ipv4_of(b->to.b) == b->from;

		if (self_a != self_b)
			return self_a ? -1 : 1;
	}
	return a->place < b->place ? -1 : 1;
}

/* --- where the stack would send from --- */

static bool source_of(int fd, const struct name_addr *a, uint32_t *ret)
{
	const struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct sockaddr_in to = { .sin_family = AF_INET }, from;
	socklen_t len = sizeof(from);

	if (a->family == AF_INET)
		memcpy(&to.sin_addr, a->b, 4);
	else if (IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)(const void *)a->b))
		memcpy(&to.sin_addr, a->b + 12, 4);
	else
		return false;
	shim_run(OP_connect, (long[6]){ fd, shim_ptr(&none), sizeof(none) });
	if (shim_run(OP_connect, (long[6]){ fd, shim_ptr(&to), sizeof(to) }) ||
	    shim_run(OP_getsockname, (long[6]){ fd, shim_ptr(&from), shim_ptr(&len) }))
		return false;
	*ret = ntohl(from.sin_addr.s_addr);
	return true;
}

static long address_cb(void *arg, const struct nlmsghdr *nlh)
{
	const struct ifaddrmsg *ifm = NLMSG_DATA(nlh);
	const struct nlattr *tb[IFA_LOCAL + 1];
	bool *any = arg;

	if (nlh->nlmsg_type != RTM_NEWADDR || nlh->nlmsg_len < NLMSG_LENGTH(sizeof(*ifm)))
		return -EPROTO;
	shim_attrs(nlh, sizeof(*ifm), tb, IFA_LOCAL + 1);
	if (ifm->ifa_family != AF_INET || !tb[IFA_LOCAL] || shim_attr_len(tb[IFA_LOCAL]) != 4)
		return 0;
	*any |= ipv4_of(shim_attr_data(tb[IFA_LOCAL])) != INADDR_LOOPBACK;
	return 0;
}

bool gai_has_ipv4(void)
{
	bool any = false;

	return !shim_ctl_dump(RTM_GETADDR, address_cb, &any) && any;
}

void gai_sort(struct name_addr *v, size_t n)
{
	struct choice *c = n > 1 ? calloc(n, sizeof(*c)) : NULL;
	long fd;

	if (!c)
		return;
	fd = shim_run(OP_socket, (long[6]){ AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP });
	for (size_t i = 0; i < n; i++) {
		c[i].to = v[i];
		c[i].place = i;
		c[i].usable = fd >= 0 && source_of((int)fd, &v[i], &c[i].from);
	}
	if (fd >= 0)
		raw3(SYS_close, fd, 0, 0);
	qsort(c, n, sizeof(*c), better);
	for (size_t i = 0; i < n; i++)
		v[i] = c[i].to;
	free(c);
}
