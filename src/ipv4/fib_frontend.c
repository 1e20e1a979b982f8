/* SPDX-License-Identifier: MIT */
/*
 * fib_frontend.c - what addresses and devices mean for the routing tables; questions that others
 * ask them
 *
 * Theory of operation
 *   On the walk: fib_validate_source() on input, fib_compute_spec_dst() for IP_PKTINFO,
 *   inet_addr_type() in ARP and socket calls.
 *   Control: each address brings a local route, the route of its subnet and that of the subnet's
 *   broadcast address, all by fib_magic(); what goes takes away what no other address still needs.
 *   Devices that go down kill next hops (fib_semantics.c), and dead routes are flushed.
 *   Owns: the two tables, local (255) and main (254). Refuses other tables: they need rules to be
 *   found.
 * Threads: questions any, RCU; changes RTNL. RFC 1122 3.2.1.3, 3704 (source validation). Mirrors:
 * net/ipv4/fib_frontend.c.
 */
#define LOG_SUBSYS "fib"
#include "ipv4/fib.h"

#include <errno.h>
#include <linux/ip.h>

#include "ipv4/arp.h"
#include "ipv4/fib_trie.h"
#include "ipv4/route_priv.h"

static int fib_netdev_event(struct netdev_notifier *nb, enum netdev_event event,
			    struct net_device *dev);
static void fib_disable_ip(struct net_device *dev, unsigned long event, bool force);
static int fib_magic(int cmd, uint8_t type, __be32 dst, uint8_t dst_len,
		     const struct in_ifaddr *ifa, uint32_t prio);

/* --- questions --- */

/* The full question: by which way would we answer @src? */
static int __fib_validate_source(__be32 src, __be32 dst, uint8_t tos, int oif,
						struct net_device *dev, struct in_device *idev)
{
	struct net *net = dev_net(dev);
	int rpf = IN_DEV_RPFILTER(idev);
	struct fib_result res = { .fi = NULL };
	struct flowi4 fl4 = { .flowi4_iif = oif ? oif : LOOPBACK_IFINDEX,
			      .daddr = src,
			      .saddr = dst,
			      .flowi4_tos = tos };

	if (fib_lookup(net, &fl4, &res, 0))
		return rpf ? -EXDEV : 0;
	if (res.type != RTN_UNICAST && (res.type != RTN_LOCAL || !IN_DEV_ACCEPT_LOCAL(idev)))
		return -EINVAL;
	if (FIB_RES_DEV(&res) == dev || (res.type == RTN_LOCAL && dev == net->loopback_dev))
		return FIB_RES_NH(&res).nh_scope >= RT_SCOPE_HOST;
	if (!rcu_access_pointer(idev->ifa_list))
		return rpf ? -EXDEV : 0;
	if (rpf == 1)
		return -EXDEV;
	fl4.flowi4_oif = dev->ifindex;
	if (fib_lookup(net, &fl4, &res, FIB_LOOKUP_IGNORE_LINKSTATE) || res.type != RTN_UNICAST)
		return 0;
	return FIB_RES_NH(&res).nh_scope >= RT_SCOPE_HOST;
}

int fib_validate_source(struct sk_buff *skb, __be32 src, __be32 dst, uint8_t tos, int oif,
			struct in_device *idev)
{
	struct net_device *dev = idev->dev;
	struct net *net = dev_net(dev);

	(void)skb;
	if (!IN_DEV_RPFILTER(idev) && (dev->ifindex != oif || !IN_DEV_TX_REDIRECTS(idev))) {
		if (IN_DEV_ACCEPT_LOCAL(idev))
			return 0;
		/*
		 * our own address is a lie in any case; local routes made by hand are found by the
		 * full question only
		 */
		if (!READ_ONCE(net->ipv4->fib_has_custom))
			return inet_lookup_ifaddr_rcu(net, src) ? -EINVAL : 0;
	}
	return __fib_validate_source(src, dst, tos, oif, dev, idev);
}

__be32 fib_compute_spec_dst(struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	const struct rtable *rt = skb_rtable(skb);
	struct net_device *dev = skb->dev;
	struct fib_result res = { .fi = NULL };
	int scope = RT_SCOPE_LINK;

	if ((rt->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST | RTCF_LOCAL)) == RTCF_LOCAL)
		return iph->daddr;
	if (!ipv4_is_zeronet(iph->saddr)) {
		struct flowi4 fl4 = { .flowi4_iif = LOOPBACK_IFINDEX,
				      .daddr = iph->saddr,
				      .flowi4_tos = RT_TOS(iph->tos) };

		if (!fib_lookup(dev_net(dev), &fl4, &res, 0))
			return fib_result_prefsrc(dev_net(dev), &res);
		scope = RT_SCOPE_UNIVERSE;
	}
	return inet_select_addr(dev, iph->saddr, scope);
}

static unsigned addr_type(struct net *net, const struct net_device *dev, __be32 addr)
{
	struct flowi4 fl4 = { .daddr = addr };
	struct fib_result res = { .fi = NULL };

	if (ipv4_is_zeronet(addr) || ipv4_is_lbcast(addr))
		return RTN_BROADCAST;
	if (ipv4_is_multicast(addr))
		return RTN_MULTICAST;
	if (fib_table_lookup(net->ipv4->fib_local, &fl4, &res, 0))
		return RTN_UNICAST;
	return !dev || FIB_RES_DEV(&res) == dev ? res.type : RTN_UNICAST;
}

unsigned inet_addr_type(struct net *net, __be32 addr)
{
	return addr_type(net, NULL, addr);
}

unsigned inet_dev_addr_type(struct net *net, const struct net_device *dev, __be32 addr)
{
	return addr_type(net, dev, addr);
}

/* Without virtual routing domains there is one local table for all devices. */
unsigned inet_addr_type_dev_table(struct net *net, const struct net_device *dev, __be32 addr)
{
	(void)dev;
	return addr_type(net, NULL, addr);
}

struct fib_table *fib_get_table(struct net *net, uint32_t id)
{
	if (id == RT_TABLE_LOCAL)
		return net->ipv4->fib_local;
	return id == RT_TABLE_MAIN || id == RT_TABLE_UNSPEC ? net->ipv4->fib_main : NULL;
}

/* --- addresses --- */

static int fib_magic(int cmd, uint8_t type, __be32 dst, uint8_t dst_len,
		     const struct in_ifaddr *ifa, uint32_t prio)
{
	struct net *net = ifa->net;
	struct fib_config cfg = {
		.fc_protocol = RTPROT_KERNEL,
		.fc_type = type,
		.fc_dst = dst,
		.fc_dst_len = dst_len,
		.fc_priority = prio,
		.fc_prefsrc = ifa->ifa_local,
		.fc_oif = ifa->ifa_dev->dev->ifindex,
		.fc_scope = type == RTN_LOCAL ? RT_SCOPE_HOST : RT_SCOPE_LINK,
		.fc_table = type == RTN_UNICAST ? RT_TABLE_MAIN : RT_TABLE_LOCAL,
		.fc_nlflags = NLM_F_CREATE | NLM_F_APPEND,
	};
	struct fib_table *tb = fib_get_table(net, cfg.fc_table);

	return cmd == RTM_NEWROUTE ? fib_table_insert(net, tb, &cfg, NULL)
				   : fib_table_delete(net, tb, &cfg, NULL);
}

/* A route that could not be made is not worth refusing the address, but worth a line. */
static void fib_magic_add(uint8_t type, __be32 dst, uint8_t dst_len, const struct in_ifaddr *ifa,
			  uint32_t prio)
{
	int ret = fib_magic(RTM_NEWROUTE, type, dst, dst_len, ifa, prio);

	if (ret && ret != -EEXIST)
		pr_warn(net_log(ifa->net), IP4_FMT "/%u on %s: route not made: error %d",
			IP4_ARG(dst), dst_len, ifa->ifa_dev->dev->name, -ret);
}

static bool is_secondary(const struct in_ifaddr *ifa)
{
	return ifa->ifa_flags & IFA_F_SECONDARY;
}

/* Does this address have a route of its subnet? Not a lone host's, nor 0.0.0.0. */
static bool has_subnet(const struct in_ifaddr *ifa)
{
	__be32 prefix = ifa->ifa_address & ifa->ifa_mask;

	return !ipv4_is_zeronet(prefix) && !is_secondary(ifa) &&
	       (prefix != ifa->ifa_local || ifa->ifa_prefixlen < 32);
}

static uint8_t subnet_type(const struct net_device *dev)
{
	return dev->flags & IFF_LOOPBACK ? RTN_LOCAL : RTN_UNICAST;
}

void fib_add_ifaddr(struct in_ifaddr *ifa)
{
	struct net_device *dev = ifa->ifa_dev->dev;
	__be32 prefix = ifa->ifa_address & ifa->ifa_mask;
	struct in_ifaddr *prim = ifa;

	if (is_secondary(ifa)) {
		prim = inet_ifa_byprefix(ifa->ifa_dev, prefix, ifa->ifa_mask);
		if (WARN_ON_ONCE(net_log(ifa->net), !prim))
			return;
	}
	fib_magic_add(RTN_LOCAL, ifa->ifa_local, 32, prim, 0);
	if (!(dev->flags & IFF_UP))
		return;
	if (ifa->ifa_broadcast && !ipv4_is_lbcast(ifa->ifa_broadcast)) {
		fib_magic_add(RTN_BROADCAST, ifa->ifa_broadcast, 32, prim, 0);
		arp_invalidate(dev, ifa->ifa_broadcast, false);
	}
	if (!has_subnet(ifa))
		return;
	if (!(ifa->ifa_flags & IFA_F_NOPREFIXROUTE))
		fib_magic_add(subnet_type(dev), prefix, ifa->ifa_prefixlen, prim,
			      ifa->ifa_rt_priority);
	if (ifa->ifa_prefixlen < 31) {
		fib_magic_add(RTN_BROADCAST, prefix | ~ifa->ifa_mask, 32, prim, 0);
		arp_invalidate(dev, prefix | ~ifa->ifa_mask, false);
	}
}

enum { LOCAL_OK = 1, BRD_OK = 2, BRD0_OK = 4, BRD1_OK = 8, STILL_HERE = 16 };

/*
 * Which primary's source do the routes of @ifa carry? NULL: not that of @prim. *@same: a twin of
 * @prim was met
 */
static struct in_ifaddr *route_owner(struct in_ifaddr *ifa, const struct in_ifaddr *prim,
				     bool *same)
{
	struct in_ifaddr *owner = ifa;

	if (is_secondary(ifa)) {
		if (ifa->ifa_mask == prim->ifa_mask && inet_ifa_match(ifa->ifa_address, prim))
			return (struct in_ifaddr *)(uintptr_t)prim;
		if (!*same)
			return NULL;
		owner = inet_ifa_byprefix(ifa->ifa_dev, ifa->ifa_address & ifa->ifa_mask,
					  ifa->ifa_mask);
		return owner && owner->ifa_local == prim->ifa_local ? owner : NULL;
	}
	if (ifa->ifa_local != prim->ifa_local)
		return NULL;
	if (ifa != prim)
		*same = true;
	return owner;
}

/* Which routes of the leaving @ifa are also routes of an address that stays: LOCAL_OK ... */
static unsigned still_needed(const struct in_ifaddr *ifa, const struct in_ifaddr *prim,
			     const struct in_ifaddr *iprim)
{
	__be32 any = ifa->ifa_address & ifa->ifa_mask, brd = ifa->ifa_address | ~ifa->ifa_mask;
	unsigned ok = 0;
	bool same = false;

	for (struct in_ifaddr *a = ifa->ifa_dev->ifa_list; a; a = a->ifa_next) {
		struct in_ifaddr *owner;

		if (a == ifa) { /* a promotion: only the routes change */
			ok |= STILL_HERE;
			continue;
		}
		if (iprim && a->ifa_mask == iprim->ifa_mask &&
		    inet_ifa_match(a->ifa_address, iprim))
			continue;
		owner = route_owner(a, prim, &same);
		if (!owner)
			continue;
		if (ifa->ifa_local == a->ifa_local)
			ok |= LOCAL_OK;
		if (ifa->ifa_broadcast == a->ifa_broadcast)
			ok |= BRD_OK;
		if (brd == a->ifa_broadcast)
			ok |= BRD1_OK;
		if (any == a->ifa_broadcast)
			ok |= BRD0_OK;
		if (owner == a && a->ifa_prefixlen < 31) {
			__be32 any1 = a->ifa_address & a->ifa_mask;
			__be32 brd1 = a->ifa_address | ~a->ifa_mask;

			if (ipv4_is_zeronet(any1))
				continue;
			if (ifa->ifa_broadcast == brd1 || ifa->ifa_broadcast == any1)
				ok |= BRD_OK;
			if (brd == brd1 || brd == any1)
				ok |= BRD1_OK;
			if (any == brd1 || any == any1)
				ok |= BRD0_OK;
		}
	}
	return ok;
}

void fib_del_ifaddr(struct in_ifaddr *ifa, struct in_ifaddr *iprim)
{
	struct in_device *in_dev = ifa->ifa_dev;
	__be32 any = ifa->ifa_address & ifa->ifa_mask;
	bool subnet = has_subnet(ifa);
	struct in_ifaddr *prim = ifa;
	unsigned ok;

	if (is_secondary(ifa)) {
		prim = inet_ifa_byprefix(in_dev, any, ifa->ifa_mask);
		if (!prim) {
			/* a device that goes promotes nobody */
			WARN_ON_ONCE(net_log(ifa->net), !in_dev->dead);
			return;
		}
		if (WARN_ON_ONCE(net_log(ifa->net), iprim && iprim != prim))
			return;
	} else if (subnet && !(ifa->ifa_flags & IFA_F_NOPREFIXROUTE)) {
		fib_magic(RTM_DELROUTE, subnet_type(in_dev->dev), any, ifa->ifa_prefixlen, prim,
			  ifa->ifa_rt_priority);
	}
	ok = still_needed(ifa, prim, iprim);
	if (!(ok & BRD_OK))
		fib_magic(RTM_DELROUTE, RTN_BROADCAST, ifa->ifa_broadcast, 32, prim, 0);
	if (subnet && ifa->ifa_prefixlen < 31) {
		if (!(ok & BRD1_OK))
			fib_magic(RTM_DELROUTE, RTN_BROADCAST, any | ~ifa->ifa_mask, 32, prim, 0);
		if (!(ok & BRD0_OK))
			fib_magic(RTM_DELROUTE, RTN_BROADCAST, any, 32, prim, 0);
	}
	if (ok & LOCAL_OK)
		return;
	fib_magic(RTM_DELROUTE, RTN_LOCAL, ifa->ifa_local, 32, prim, 0);
	/* Nobody has the address any more: routes that would send from it go. */
	if (!(ok & STILL_HERE) && inet_addr_type(ifa->net, ifa->ifa_local) != RTN_LOCAL &&
	    fib_sync_down_addr(in_dev->dev, ifa->ifa_local))
		fib_flush(ifa->net);
}

void fib_inetaddr_event(int event, struct in_ifaddr *ifa)
{
	struct net_device *dev = ifa->ifa_dev->dev;
	struct net *net = ifa->net;

	net->ipv4->dev_addr_genid++;
	if (event == IFA_UP) {
		fib_add_ifaddr(ifa);
		fib_sync_up(dev, RTNH_F_DEAD);
		rt_cache_flush(net);
		return;
	}
	fib_del_ifaddr(ifa, NULL);
	if (!ifa->ifa_dev->ifa_list)
		fib_disable_ip(dev, NETDEV_DOWN, true); /* the last address: no IPv4 here */
	else
		rt_cache_flush(net);
}

/* --- devices --- */

void fib_flush(struct net *net)
{
	int found = fib_table_flush(net, net->ipv4->fib_local, false) +
		    fib_table_flush(net, net->ipv4->fib_main, false);

	if (found)
		rt_cache_flush(net);
}

static void fib_disable_ip(struct net_device *dev, unsigned long event, bool force)
{
	if (fib_sync_down_dev(dev, event, force))
		fib_flush(dev_net(dev));
	rt_cache_flush(dev_net(dev));
	arp_ifdown(dev);
}

static int fib_netdev_event(struct netdev_notifier *nb, enum netdev_event event,
			    struct net_device *dev)
{
	struct in_device *in_dev = __in_dev_get_rtnl(dev);
	struct net *net = dev_net(dev);

	(void)nb;
	if (event == NETDEV_UNREGISTER) {
		fib_disable_ip(dev, event, true);
		rt_flush_dev(dev);
		return 0;
	}
	if (!in_dev)
		return 0;
	switch (event) {
	case NETDEV_UP:
		for (struct in_ifaddr *ifa = in_dev->ifa_list; ifa; ifa = ifa->ifa_next)
			fib_add_ifaddr(ifa);
		fib_sync_up(dev, RTNH_F_DEAD);
		net->ipv4->dev_addr_genid++;
		rt_cache_flush(net);
		break;
	case NETDEV_DOWN:
		fib_disable_ip(dev, event, false);
		break;
	case NETDEV_CHANGE:
		if (netif_running(dev) && netif_carrier_ok(dev))
			fib_sync_up(dev, RTNH_F_LINKDOWN);
		else
			fib_sync_down_dev(dev, event, false);
		rt_cache_flush(net);
		break;
	case NETDEV_CHANGEMTU:
		rt_cache_flush(net);
		break;
	default:
		break;
	}
	return 0;
}

int fib_route_add(struct net *net, struct fib_config *cfg, struct extack *err)
{
	struct fib_table *tb = fib_get_table(net, cfg->fc_table);
	int ret;

	if (!tb)
		return extack_fail(err, -EOPNOTSUPP, "Only the tables local and main exist");
	ret = fib_table_insert(net, tb, cfg, err);
	if (!ret && cfg->fc_type == RTN_LOCAL)
		WRITE_ONCE(net->ipv4->fib_has_custom, true);
	return ret;
}

int fib_route_del(struct net *net, struct fib_config *cfg, struct extack *err)
{
	struct fib_table *tb = fib_get_table(net, cfg->fc_table);

	if (!tb)
		return extack_fail(err, -ESRCH, "FIB table does not exist");
	return fib_table_delete(net, tb, cfg, err);
}

int fib_frontend_init(struct net *net)
{
	struct netns_ipv4 *ipv4 = net->ipv4;
	int ret = fib_semantics_init(net);

	if (ret)
		return ret;
	ipv4->fib_leaf_cache = kmem_cache_create(&net->m.kmem, "ip_fib_trie",
						 sizeof(struct trie_leaf), CACHE_BYTES);
	ipv4->fib_local = fib_trie_table(net, RT_TABLE_LOCAL);
	ipv4->fib_main = fib_trie_table(net, RT_TABLE_MAIN);
	ret = -ENOMEM;
	if (!ipv4->fib_leaf_cache || !ipv4->fib_local || !ipv4->fib_main)
		goto out_tables;
	ret = fib_proc_init(net);
	if (ret)
		goto out_tables;
	ret = fib_netlink_init(net);
	if (ret)
		goto out_proc;
	ipv4->fib_nb.call = fib_netdev_event;
	register_netdevice_notifier(net, &ipv4->fib_nb);
	return 0;
out_proc:
	fib_proc_exit(net);
out_tables:
	fib_free_table(ipv4->fib_main);
	fib_free_table(ipv4->fib_local);
	kmem_cache_destroy(ipv4->fib_leaf_cache);
	fib_semantics_exit(net);
	return ret;
}

void fib_frontend_exit(struct net *net)
{
	struct netns_ipv4 *ipv4 = net->ipv4;

	unregister_netdevice_notifier(net, &ipv4->fib_nb);
	fib_proc_exit(net);
	fib_free_table(ipv4->fib_main);
	fib_free_table(ipv4->fib_local);
	ipv4->fib_main = ipv4->fib_local = NULL;
	rcu_barrier(&net->m); /* leaves that wait for their grace period go back to the cache */
	kmem_cache_destroy(ipv4->fib_leaf_cache);
	ipv4->fib_leaf_cache = NULL;
	fib_semantics_exit(net);
}
