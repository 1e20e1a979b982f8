/* SPDX-License-Identifier: MIT */
/*
 * hooks_names.c - the names of libc by which a program asks for devices and their addresses
 *
 * Theory of operation
 *   libc asks the host's kernel inside, by calls that cannot be hooked; so the functions are replaced as a whole, on dumps of rtnetlink
 *   from the daemon. What they return is memory that the program frees by a function that is replaced with them.
 *   Called by: the program. Calls: ctl.c, malloc (as libc's own do). Owns: nothing.
 * Threads: any.
 */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <string.h>

#include "shim/files.h"
#include "shim/visible.h"

/* What an answer says of a device. */
struct link {
	const struct ifinfomsg *ifi;
	const char *name;
	const struct nlattr *tb[IFLA_STATS64 + 1];
};

static bool link_of(const struct nlmsghdr *nlh, struct link *ret);
static int fail(long ret);

/* --- one device --- */

struct search {
	const char *name; /* or NULL */
	unsigned index;
	bool found;
	char text[IF_NAMESIZE];
};

static long search_cb(void *arg, const struct nlmsghdr *nlh)
{
	struct search *s = arg;
	struct link l;

	if (!link_of(nlh, &l))
		return -EPROTO;
	if (s->name ? strcmp(s->name, l.name) != 0 : s->index != (unsigned)l.ifi->ifi_index)
		return 0;
	s->index = (unsigned)l.ifi->ifi_index;
	memcpy(s->text, l.name, strlen(l.name) + 1);
	s->found = true;
	return 0;
}

unsigned if_nametoindex(const char *name)
{
	struct search s = { .name = name };

	return fail(shim_ctl_dump(RTM_GETLINK, search_cb, &s) ?: s.found ? 0 : -ENODEV) ? 0 : s.index;
}

char *if_indextoname(unsigned index, char name[IF_NAMESIZE])
{
	struct search s = { .index = index };

	if (fail(shim_ctl_dump(RTM_GETLINK, search_cb, &s) ?: s.found ? 0 : -ENXIO))
		return NULL;
	return memcpy(name, s.text, sizeof(s.text));
}

/* --- all devices --- */

struct listing {
	struct if_nameindex *v; /* the last is 0 and NULL */
	size_t n;
};

static long listing_cb(void *arg, const struct nlmsghdr *nlh)
{
	struct listing *ls = arg;
	struct if_nameindex *v;
	struct link l;

	if (!link_of(nlh, &l))
		return -EPROTO;
	v = realloc(ls->v, (ls->n + 2) * sizeof(*v));
	if (!v)
		return -ENOBUFS;
	ls->v = v;
	v[ls->n].if_index = (unsigned)l.ifi->ifi_index;
	v[ls->n].if_name = strdup(l.name);
	if (!v[ls->n].if_name)
		return -ENOBUFS;
	v[++ls->n] = (struct if_nameindex){ 0, NULL };
	return 0;
}

struct if_nameindex *if_nameindex(void)
{
	struct listing ls = { .v = calloc(1, sizeof(*ls.v)) };

	if (!fail(ls.v ? shim_ctl_dump(RTM_GETLINK, listing_cb, &ls) : -ENOBUFS))
		return ls.v;
	if_freenameindex(ls.v);
	return NULL;
}

void if_freenameindex(struct if_nameindex *v)
{
	for (size_t i = 0; v && v[i].if_name; i++)
		free(v[i].if_name);
	free(v);
}

/* --- their addresses --- */

/* One answer of getifaddrs() and all that it points to. */
struct node {
	struct ifaddrs ifa; /* first: the program frees by it */
	int index;
	char name[IF_NAMESIZE];
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_ll ll;
	} addr, mask, other;
	struct rtnl_link_stats stats;
};

struct chain {
	struct node *first, *last;
};

static struct node *add_node(struct chain *c, const char *name, size_t room)
{
	struct node *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	memcpy(n->name, name, strnlen(name, room < IF_NAMESIZE ? room : IF_NAMESIZE - 1));
	n->ifa.ifa_name = n->name;
	if (c->last)
		c->last->ifa.ifa_next = &n->ifa;
	else
		c->first = n;
	return c->last = n;
}

static void link_address(struct sockaddr_ll *ll, const struct link *l, const struct nlattr *a)
{
	size_t n = a ? shim_attr_len(a) : 0;

	ll->sll_family = AF_PACKET;
	ll->sll_ifindex = l->ifi->ifi_index;
	ll->sll_hatype = l->ifi->ifi_type;
	ll->sll_halen = (unsigned char)(n < sizeof(ll->sll_addr) ? n : sizeof(ll->sll_addr));
	if (a)
		memcpy(ll->sll_addr, shim_attr_data(a), ll->sll_halen);
}

static long chain_link_cb(void *arg, const struct nlmsghdr *nlh)
{
	enum { COUNTERS = sizeof(struct rtnl_link_stats) / sizeof(uint32_t) };
	const struct nlattr *st;
	struct link l;
	struct node *n;

	if (!link_of(nlh, &l))
		return -EPROTO;
	n = add_node(arg, l.name, IF_NAMESIZE - 1);
	if (!n)
		return -ENOMEM;
	n->index = l.ifi->ifi_index;
	n->ifa.ifa_flags = l.ifi->ifi_flags;
	link_address(&n->addr.ll, &l, l.tb[IFLA_ADDRESS]);
	link_address(&n->other.ll, &l, l.tb[IFLA_BROADCAST]);
	n->ifa.ifa_addr = &n->addr.sa;
	n->ifa.ifa_broadaddr = &n->other.sa;
	n->ifa.ifa_data = &n->stats;
	/* the same counters in the same order, wider */
	st = l.tb[IFLA_STATS64];
	for (size_t i = 0; st && i < COUNTERS && (i + 1) * sizeof(uint64_t) <= shim_attr_len(st); i++) {
		uint64_t v;

		memcpy(&v, (const char *)shim_attr_data(st) + i * sizeof(v), sizeof(v));
		memcpy((char *)&n->stats + i * sizeof(uint32_t), &(uint32_t){ (uint32_t)v }, sizeof(uint32_t));
	}
	return 0;
}

static void in_address(struct sockaddr_in *in, const struct nlattr *a, struct sockaddr **ret)
{
	if (!a || shim_attr_len(a) != sizeof(in->sin_addr))
		return;
	in->sin_family = AF_INET;
	memcpy(&in->sin_addr, shim_attr_data(a), sizeof(in->sin_addr));
	*ret = (struct sockaddr *)in;
}

static const struct node *node_of(const struct chain *c, int index)
{
	for (const struct node *n = c->first; n; n = (const struct node *)n->ifa.ifa_next)
		if (n->index == index)
			return n;
	return NULL;
}

static long chain_addr_cb(void *arg, const struct nlmsghdr *nlh)
{
	const struct ifaddrmsg *ifm = NLMSG_DATA(nlh);
	const struct nlattr *tb[IFA_MAX + 1], *label;
	const struct node *dev;
	struct node *n;

	if (nlh->nlmsg_len < NLMSG_LENGTH(sizeof(*ifm)))
		return -EPROTO;
	dev = nlh->nlmsg_type == RTM_NEWADDR && ifm->ifa_family == AF_INET ? node_of(arg, (int)ifm->ifa_index) : NULL;
	if (!dev)
		return 0; /* of another family, or of a device that came between the two dumps */
	shim_attrs(nlh, sizeof(*ifm), tb, IFA_MAX + 1);
	label = tb[IFA_LABEL];
	n = label ? add_node(arg, shim_attr_data(label), shim_attr_len(label)) : add_node(arg, dev->name, IF_NAMESIZE);
	if (!n)
		return -ENOMEM;
	n->ifa.ifa_flags = dev->ifa.ifa_flags;
	in_address(&n->addr.in, tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS], &n->ifa.ifa_addr);
	in_address(&n->other.in, n->ifa.ifa_flags & IFF_POINTOPOINT ? tb[IFA_ADDRESS] : tb[IFA_BROADCAST], &n->ifa.ifa_broadaddr);
	n->mask.in.sin_family = AF_INET;
	n->mask.in.sin_addr.s_addr = htonl(ifm->ifa_prefixlen ? ~0u << (32 - (ifm->ifa_prefixlen & 31 ?: 32)) : 0);
	n->ifa.ifa_netmask = &n->mask.sa;
	return 0;
}

int getifaddrs(struct ifaddrs **ret)
{
	struct chain c = { NULL, NULL };

	if (fail(shim_ctl_dump(RTM_GETLINK, chain_link_cb, &c) ?: shim_ctl_dump(RTM_GETADDR, chain_addr_cb, &c))) {
		freeifaddrs(c.first ? &c.first->ifa : NULL);
		return -1;
	}
	*ret = c.first ? &c.first->ifa : NULL;
	return 0;
}

void freeifaddrs(struct ifaddrs *ifa)
{
	while (ifa) {
		struct ifaddrs *next = ifa->ifa_next;

		free(ifa);
		ifa = next;
	}
}

/* --- what they share --- */

static bool link_of(const struct nlmsghdr *nlh, struct link *ret)
{
	const struct nlattr *name;

	if (nlh->nlmsg_type != RTM_NEWLINK || nlh->nlmsg_len < NLMSG_LENGTH(sizeof(*ret->ifi)))
		return false;
	ret->ifi = NLMSG_DATA(nlh);
	shim_attrs(nlh, sizeof(*ret->ifi), ret->tb, IFLA_STATS64 + 1);
	name = ret->tb[IFLA_IFNAME];
	if (!name || shim_attr_len(name) > IF_NAMESIZE || !memchr(shim_attr_data(name), 0, shim_attr_len(name)))
		return false;
	ret->name = shim_attr_data(name);
	return true;
}

static int fail(long ret)
{
	if (ret >= 0)
		return 0;
	errno = (int)-ret;
	return -1;
}
