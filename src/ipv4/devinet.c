/* SPDX-License-Identifier: MIT */
/*
 * devinet.c - IPv4's half of devices: their life, their addresses, source address selection
 *
 * Theory of operation
 *   On the walk: inet_select_addr(), inet_lookup_ifaddr_rcu(), inet_confirm_addr() for routes and
 *   ARP. Control: called by the core's device events, devinet_rtnl.c and the configuration; tells
 *   fib_inetaddr_event(), igmp and the subscribers of rtnetlink.
 *   Owns: in_device (with a reference to its device), in_ifaddr; both freed after a grace period.
 *   All local addresses hang in a hash.
 *   Refuses: an address that is there, one in a subnet of another scope, MTUs below 68 (the device
 *   then has no IPv4).
 * Threads: selection any, RCU; the rest RTNL. RFC 1122 3.3.1, 3.3.4. Mirrors: net/ipv4/devinet.c.
 */
#include "ipv4/inetdevice.h"

#include <errno.h>

#include "ipv4/arp.h"
#include "ipv4/fib.h"
#include "ipv4/igmp.h"
#include "ipv4/route_priv.h"
#include "kernel/slab.h"
#include "kernel/smp.h"

#define IN4_ADDR_HASH_BITS 8

static int inetdev_event(struct netdev_notifier *nb, enum netdev_event event,
			 struct net_device *dev);
static void inetdev_up(struct in_device *in_dev);
static void inetdev_destroy(struct in_device *in_dev);
static void inetdev_changename(struct in_device *in_dev);
static void inetdev_send_gratuitous_arp(struct in_device *in_dev);

/* --- questions of the walk --- */

static __always_inline struct hlist_head *inet_addr_head(const struct net *net, __be32 addr)
{
	return &net->ipv4->inet_addr_lst[hash_32((uint32_t)addr ^ net->hash_rnd,
						 IN4_ADDR_HASH_BITS)];
}

struct in_ifaddr *inet_lookup_ifaddr_rcu(struct net *net, __be32 addr)
{
	struct in_ifaddr *ifa;

	hlist_for_each_entry_rcu(ifa, inet_addr_head(net, addr), hash)
		if (ifa->ifa_local == addr)
			return ifa;
	return NULL;
}

struct net_device *ip_dev_find_rcu(struct net *net, __be32 addr)
{
	struct in_ifaddr *ifa = inet_lookup_ifaddr_rcu(net, addr);
	struct flowi4 fl4 = { .daddr = addr };
	struct fib_result res = { .fi = NULL };

	if (ifa)
		return ifa->ifa_dev->dev;
	/* the rest of 127/8, and what else the local table calls ours */
	if (!fib_table_lookup(net->ipv4->fib_local, &fl4, &res, 0) && res.type == RTN_LOCAL)
		return FIB_RES_DEV(&res);
	return NULL;
}

/*
 * Loopback addresses may leave the host when route_localnet is set: then their scope counts as
 * link.
 */
static int localnet_scope(const struct in_device *in_dev)
{
	return IN_DEV_ROUTE_LOCALNET(in_dev) ? RT_SCOPE_LINK : RT_SCOPE_HOST;
}

__be32 inet_select_addr(const struct net_device *dev, __be32 dst, int scope)
{
	const struct in_device *in_dev = __in_dev_get_rcu(dev);
	struct net *net = dev_net(dev);
	const struct net_device *d;
	__be32 addr = 0;

	if (in_dev) {
		for_ifa_rcu(in_dev, ifa)
		{
			if (ifa->ifa_flags & IFA_F_SECONDARY ||
			    min_t(int, ifa->ifa_scope, localnet_scope(in_dev)) > scope)
				continue;
			if (!dst || inet_ifa_match(dst, ifa))
				return ifa->ifa_local;
			if (!addr)
				addr = ifa->ifa_local;
		}
		if (addr)
			return addr;
	}
	/* none here: any address of the host that may be seen there; lo comes first in the list */
	for_each_netdev_rcu(net, d)
	{
		in_dev = __in_dev_get_rcu(d);
		if (!in_dev)
			continue;
		for_ifa_rcu(in_dev, ifa) if (!(ifa->ifa_flags & IFA_F_SECONDARY) &&
					     ifa->ifa_scope != RT_SCOPE_LINK &&
					     ifa->ifa_scope <= scope) return ifa->ifa_local;
	}
	return 0;
}

static __be32 confirm_addr_indev(const struct in_device *in_dev, __be32 dst, __be32 local,
				 int scope)
{
	int host = localnet_scope(in_dev);
	__be32 addr = 0;
	bool same = false;

	for_ifa_rcu(in_dev, ifa)
	{
		int min_scope = min_t(int, ifa->ifa_scope, host);

		if (!addr && (!local || local == ifa->ifa_local) && min_scope <= scope) {
			addr = ifa->ifa_local;
			if (same)
				return addr;
		}
		if (same)
			continue;
		same = (!local || inet_ifa_match(local, ifa)) && (!dst || inet_ifa_match(dst, ifa));
		if (!same || !addr)
			continue;
		/* is the chosen one in the subnet of dst; if not, will this one do? */
		if (local || !dst || inet_ifa_match(addr, ifa))
			return addr;
		if (min_scope <= scope)
			return ifa->ifa_local;
		same = false;
	}
	return same ? addr : 0;
}

__be32 inet_confirm_addr(struct net *net, struct in_device *in_dev, __be32 dst, __be32 local,
			 int scope)
{
	const struct net_device *dev;
	__be32 addr;

	if (in_dev)
		return confirm_addr_indev(in_dev, dst, local, scope);
	for_each_netdev_rcu(net, dev)
	{
		in_dev = __in_dev_get_rcu(dev);
		addr = in_dev ? confirm_addr_indev(in_dev, dst, local, scope) : 0;
		if (addr)
			return addr;
	}
	return 0;
}

bool inet_addr_onlink(struct in_device *in_dev, __be32 a, __be32 b)
{
	for_ifa_rcu(in_dev,
		    ifa) if (inet_ifa_match(a, ifa) && (!b || inet_ifa_match(b, ifa))) return true;
	return false;
}

struct in_ifaddr *inet_ifa_byprefix(struct in_device *in_dev, __be32 prefix, __be32 mask)
{
	for_ifa_rcu(in_dev,
		    ifa) if (ifa->ifa_mask == mask && inet_ifa_match(prefix, ifa)) return ifa;
	return NULL;
}

/* --- addresses --- */

static unsigned long rtnl_jiffies(struct net *net)
{
	return machine_jiffies(&net->m, machine_now(&net->m));
}

struct in_ifaddr *inet_alloc_ifa(struct in_device *in_dev)
{
	struct net *net = dev_net(in_dev->dev);
	struct in_ifaddr *ifa = kzalloc(&net->m, sizeof(*ifa));

	if (!ifa)
		return NULL;
	ifa->net = net;
	ifa->ifa_dev = in_dev;
	ifa->ifa_flags = IFA_F_PERMANENT;
	ifa->ifa_cstamp = ifa->ifa_tstamp = rtnl_jiffies(net);
	in_dev_hold(in_dev);
	return ifa;
}

static void inet_free_ifa_rcu(struct rcu_head *head)
{
	struct in_ifaddr *ifa = container_of(head, struct in_ifaddr, rcu);

	in_dev_put(ifa->ifa_dev);
	kfree(&ifa->net->m, ifa);
}

void inet_free_ifa(struct in_ifaddr *ifa)
{
	call_rcu(&ifa->net->m, &ifa->rcu, inet_free_ifa_rcu);
}

static void ifa_told(int event, struct in_ifaddr *ifa)
{
	rtmsg_ifa(ifa->net, event == IFA_UP ? RTM_NEWADDR : RTM_DELADDR, ifa);
	fib_inetaddr_event(event, ifa);
}

int inet_insert_ifa(struct in_ifaddr *ifa, struct extack *err)
{
	struct in_device *in_dev = ifa->ifa_dev;
	struct in_ifaddr **last_primary = &in_dev->ifa_list, **ifap, *a;
	int ret;

	ASSERT_RTNL(&ifa->net->m);
	if (!ifa->ifa_local) {
		inet_free_ifa(ifa);
		return 0;
	}
	ifa->ifa_flags &= ~(uint32_t)IFA_F_SECONDARY;
	for (ifap = &in_dev->ifa_list; (a = *ifap); ifap = &a->ifa_next) {
		if (!(a->ifa_flags & IFA_F_SECONDARY) && ifa->ifa_scope <= a->ifa_scope)
			last_primary = &a->ifa_next;
		if (a->ifa_mask != ifa->ifa_mask || !inet_ifa_match(a->ifa_address, ifa))
			continue;
		ret = a->ifa_local == ifa->ifa_local ? -EEXIST : -EINVAL;
		if (ret == -EINVAL && a->ifa_scope == ifa->ifa_scope) {
			ifa->ifa_flags |= IFA_F_SECONDARY;
			continue;
		}
		inet_free_ifa(ifa);
		return ret == -EEXIST ? ret : extack_fail(err, ret, "ipv4: Invalid scope value");
	}
	if (!(ifa->ifa_flags & IFA_F_SECONDARY))
		ifap = last_primary;
	ifa->ifa_next = *ifap;
	rcu_assign_pointer(*ifap, ifa);
	hlist_add_head_rcu(&ifa->hash, inet_addr_head(ifa->net, ifa->ifa_local));
	ifa_told(IFA_UP, ifa);
	return 0;
}

static void unlink_ifa(struct in_ifaddr **ifap, struct in_ifaddr *ifa)
{
	rcu_assign_pointer(*ifap, ifa->ifa_next);
	hlist_del_init_rcu(&ifa->hash);
}

static bool same_subnet(const struct in_ifaddr *a, const struct in_ifaddr *b)
{
	return a->ifa_mask == b->ifa_mask && inet_ifa_match(a->ifa_address, b);
}

/*
 * A primary goes: its secondaries go with it, or the first of them takes its place and the routes
 * of all are taken away, to be made again with the new primary's source. Returns the one to
 * promote; *@last_prim: behind which primary it belongs, *@prev: what stands before it.
 */
static struct in_ifaddr *del_secondaries(struct in_device *in_dev, struct in_ifaddr *prim,
					 struct in_ifaddr **last_prim, struct in_ifaddr **prev)
{
	bool promote = IN_DEV_PROMOTE_SECONDARIES(in_dev);
	struct in_ifaddr **ifap = &prim->ifa_next, *ifa, *first = NULL;

	while ((ifa = *ifap)) {
		if (!(ifa->ifa_flags & IFA_F_SECONDARY) && prim->ifa_scope <= ifa->ifa_scope)
			*last_prim = ifa;
		if (!(ifa->ifa_flags & IFA_F_SECONDARY) || !same_subnet(ifa, prim)) {
			*prev = ifa;
			ifap = &ifa->ifa_next;
			continue;
		}
		if (promote) {
			first = ifa;
			break;
		}
		unlink_ifa(ifap, ifa);
		ifa_told(IFA_DOWN, ifa);
		inet_free_ifa(ifa);
	}
	for (ifa = first; ifa; ifa = ifa->ifa_next)
		if (same_subnet(ifa, prim))
			fib_del_ifaddr(ifa, prim);
	return first;
}

static void promote_ifa(struct in_ifaddr *gone, struct in_ifaddr *ifa, struct in_ifaddr *last_prim,
			struct in_ifaddr *prev)
{
	struct in_ifaddr *next_sec = ifa->ifa_next;

	if (prev) {
		rcu_assign_pointer(prev->ifa_next, ifa->ifa_next);
		rcu_assign_pointer(ifa->ifa_next, last_prim->ifa_next);
		rcu_assign_pointer(last_prim->ifa_next, ifa);
	}
	ifa->ifa_flags &= ~(uint32_t)IFA_F_SECONDARY;
	ifa_told(IFA_UP, ifa);
	for (ifa = next_sec; ifa; ifa = ifa->ifa_next)
		if (same_subnet(ifa, gone))
			fib_add_ifaddr(ifa);
}

void inet_del_ifa(struct in_device *in_dev, struct in_ifaddr *ifa, bool destroy)
{
	struct in_ifaddr **ifap = &in_dev->ifa_list, *promote = NULL, *prev = NULL;
	struct in_ifaddr *last_prim = in_dev->ifa_list;

	ASSERT_RTNL(&ifa->net->m);
	while (*ifap != ifa)
		ifap = &(*ifap)->ifa_next;
	if (!in_dev->dead && !(ifa->ifa_flags & IFA_F_SECONDARY))
		promote = del_secondaries(in_dev, ifa, &last_prim, &prev);
	unlink_ifa(ifap, ifa);
	ifa_told(IFA_DOWN, ifa);
	if (promote)
		promote_ifa(ifa, promote, last_prim == ifa ? prev : last_prim, prev);
	if (destroy)
		inet_free_ifa(ifa);
}

int inet_addr_add(struct net_device *dev, __be32 local, unsigned prefixlen, __be32 broadcast,
		  unsigned scope, const char *label, struct extack *err)
{
	struct in_device *in_dev = __in_dev_get_rtnl(dev);
	const char *name = label ? label : dev->name;
	struct in_ifaddr *ifa;

	if (prefixlen > 32)
		return extack_fail(err, -EINVAL, "ipv4: Invalid prefix length");
	if (!local)
		return extack_fail(err, -EINVAL, "ipv4: Local address is not supplied");
	if (!in_dev)
		return extack_fail(err, -ENOBUFS, "%s has no IPv4 (its MTU is below %d)", dev->name,
				   IPV4_MIN_MTU);
	ifa = inet_alloc_ifa(in_dev);
	if (!ifa)
		return extack_fail(err, -ENOMEM, "out of memory");
	ipv4_devconf_setall(in_dev);
	ifa->ifa_local = ifa->ifa_address = local;
	ifa->ifa_prefixlen = (unsigned char)prefixlen;
	ifa->ifa_mask = inet_make_mask((int)prefixlen);
	ifa->ifa_broadcast = broadcast || prefixlen >= 31 ? broadcast : local | ~ifa->ifa_mask;
	ifa->ifa_scope = (unsigned char)scope;
	memcpy(ifa->ifa_label, name, strnlen(name, IFNAMSIZ - 1));
	return inet_insert_ifa(ifa, err);
}

int inet_addr_del(struct net_device *dev, __be32 local, unsigned prefixlen, struct extack *err)
{
	struct in_device *in_dev = __in_dev_get_rtnl(dev);

	for (struct in_ifaddr *ifa = in_dev ? in_dev->ifa_list : NULL; ifa; ifa = ifa->ifa_next) {
		if (ifa->ifa_local != local || ifa->ifa_prefixlen != prefixlen)
			continue;
		inet_del_ifa(in_dev, ifa, true);
		return 0;
	}
	return extack_fail(err, -EADDRNOTAVAIL, "ipv4: Address not found");
}

/* --- the device's half --- */

struct in_device *inetdev_init(struct net_device *dev)
{
	struct net *net = dev_net(dev);
	struct in_device *in_dev = kzalloc(&net->m, sizeof(*in_dev));

	ASSERT_RTNL(&net->m);
	if (!in_dev)
		return NULL;
	in_dev->cnf = net->ipv4->devconf_dflt;
	in_dev->cnf.state = 0;
	in_dev->cnf.sysctl_hdr = NULL;
	in_dev->dev = dev;
	in_dev->arp_parms = neigh_parms_alloc(dev, &net->ipv4->arp_tbl);
	if (!in_dev->arp_parms)
		goto out_free;
	if (devinet_sysctl_register(in_dev))
		goto out_parms;
	dev_hold(dev);
	atomic_set(&in_dev->refcnt, 1);
	ip_mc_init_dev(in_dev);
	if (dev->flags & IFF_UP)
		ip_mc_up(in_dev);
	rcu_assign_pointer(dev->ip_ptr, in_dev);
	return in_dev;
out_parms:
	neigh_parms_release(&net->ipv4->arp_tbl, in_dev->arp_parms);
out_free:
	kfree(&net->m, in_dev);
	return NULL;
}

static void inetdev_destroy(struct in_device *in_dev)
{
	struct net_device *dev = in_dev->dev;
	struct net *net = dev_net(dev);

	in_dev->dead = true;
	ip_mc_destroy_dev(in_dev);
	while (in_dev->ifa_list)
		inet_del_ifa(in_dev, in_dev->ifa_list, true);
	rcu_assign_pointer(dev->ip_ptr, NULL);
	devinet_sysctl_unregister(in_dev);
	neigh_parms_release(&net->ipv4->arp_tbl, in_dev->arp_parms);
	arp_ifdown(dev);
	rt_indev_release(in_dev);
	rt_flush_dev(dev);
	in_dev_put(in_dev);
}

static void in_dev_free_rcu(struct rcu_head *head)
{
	struct in_device *in_dev = container_of(head, struct in_device, rcu);
	struct net_device *dev = in_dev->dev;

	rt_indev_release(in_dev); /* what was cached while it went */
	kfree(&dev_net(dev)->m, in_dev);
	dev_put(dev);
}

void in_dev_finish_destroy(struct in_device *in_dev)
{
	BUG_ON(!in_dev->dead || in_dev->ifa_list);
	call_rcu(&dev_net(in_dev->dev)->m, &in_dev->rcu, in_dev_free_rcu);
}

static bool inetdev_valid_mtu(const struct net_device *dev)
{
	return dev->mtu >= IPV4_MIN_MTU;
}

static int inetdev_event(struct netdev_notifier *nb, enum netdev_event event,
			 struct net_device *dev)
{
	struct in_device *in_dev = __in_dev_get_rtnl(dev);

	(void)nb;
	if (!in_dev) {
		if (event == NETDEV_REGISTER)
			return inetdev_valid_mtu(dev) && !inetdev_init(dev) ? -ENOMEM : 0;
		if (event == NETDEV_CHANGEMTU && inetdev_valid_mtu(dev))
			return inetdev_init(dev) ? 0 : -ENOMEM;
		return 0;
	}
	switch (event) {
	case NETDEV_UP:
		if (!inetdev_valid_mtu(dev))
			break;
		inetdev_up(in_dev);
		fallthrough;
	case NETDEV_CHANGEADDR:
		if (IN_DEV_ARP_NOTIFY(in_dev))
			inetdev_send_gratuitous_arp(in_dev);
		break;
	case NETDEV_DOWN:
		ip_mc_down(in_dev);
		break;
	case NETDEV_CHANGEMTU:
		if (inetdev_valid_mtu(dev))
			break;
		fallthrough; /* too small for IPv4 */
	case NETDEV_UNREGISTER:
		inetdev_destroy(in_dev);
		break;
	case NETDEV_CHANGENAME:
		inetdev_changename(in_dev);
		break;
	default:
		break;
	}
	return 0;
}

static void inetdev_up(struct in_device *in_dev)
{
	struct net_device *dev = in_dev->dev;

	if (dev->flags & IFF_LOOPBACK && !in_dev->ifa_list) {
		struct in_ifaddr *ifa = inet_alloc_ifa(in_dev);

		if (ifa) {
			ifa->ifa_local = ifa->ifa_address = htonl(INADDR_LOOPBACK);
			ifa->ifa_prefixlen = 8;
			ifa->ifa_mask = inet_make_mask(8);
			ifa->ifa_scope = RT_SCOPE_HOST;
			memcpy(ifa->ifa_label, dev->name, IFNAMSIZ);
			ipv4_devconf_setall(in_dev);
			inet_insert_ifa(ifa, NULL);
		}
	}
	ip_mc_up(in_dev);
}

/* Labels follow the name: "eth0:1" becomes "wan:1"; settings move with it. */
static void inetdev_changename(struct in_device *in_dev)
{
	struct net_device *dev = in_dev->dev;

	for (struct in_ifaddr *ifa = in_dev->ifa_list; ifa; ifa = ifa->ifa_next) {
		char alias[IFNAMSIZ] = "", *colon = strchr(ifa->ifa_label, ':');
		size_t len, name = strlen(dev->name);

		if (colon)
			memcpy(alias, colon, strlen(colon) + 1);
		len = strlen(alias);
		memset(ifa->ifa_label, 0, IFNAMSIZ);
		if (name + len >= IFNAMSIZ)
			name = IFNAMSIZ - 1 - len;
		memcpy(ifa->ifa_label, dev->name, name);
		memcpy(ifa->ifa_label + name, alias, len);
		rtmsg_ifa(ifa->net, RTM_NEWADDR, ifa);
	}
	devinet_sysctl_unregister(in_dev);
	devinet_sysctl_register(in_dev);
}

static void send_gratuitous_arp_here(void *arg)
{
	struct in_device *in_dev = arg;

	for_ifa_rcu(in_dev, ifa)
	{
		struct arp_addrs a = { .dest_ip = ifa->ifa_local, .src_ip = ifa->ifa_local };

		arp_send(ARPOP_REQUEST, ETH_P_ARP, in_dev->dev, &a);
	}
}

static void inetdev_send_gratuitous_arp(struct in_device *in_dev)
{
	smp_call(&dev_net(in_dev->dev)->m, 0, send_gratuitous_arp_here, in_dev);
}

/* --- */

int devinet_init(struct net *net)
{
	struct netns_ipv4 *ipv4 = net->ipv4;
	int ret;

	ipv4->inet_addr_lst = kzalloc(&net->m, sizeof(struct hlist_head) << IN4_ADDR_HASH_BITS);
	if (!ipv4->inet_addr_lst)
		return -ENOMEM;
	ret = devinet_sysctl_init(net);
	if (ret)
		goto out_hash;
	ret = devinet_rtnl_init(net);
	if (ret)
		goto out_sysctl;
	ipv4->devinet_nb.call = inetdev_event;
	register_netdevice_notifier(net, &ipv4->devinet_nb);
	return 0;
out_sysctl:
	devinet_sysctl_exit(net);
out_hash:
	kfree(&net->m, ipv4->inet_addr_lst);
	ipv4->inet_addr_lst = NULL;
	return ret;
}

void devinet_exit(struct net *net)
{
	struct net_device *dev;

	unregister_netdevice_notifier(net, &net->ipv4->devinet_nb);
	for_each_netdev(net, dev)
		if (__in_dev_get_rtnl(dev))
			inetdev_destroy(__in_dev_get_rtnl(dev));
	devinet_sysctl_exit(net);
	kfree(&net->m, net->ipv4->inet_addr_lst);
	net->ipv4->inet_addr_lst = NULL;
}
