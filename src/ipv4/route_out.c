/* SPDX-License-Identifier: MIT */
/*
 * route_out.c - routes of what we send
 *
 * Theory of operation
 *   On the walk: udp_sendmsg(), raw_sendmsg(), icmp and connect() call ip_route_output_flow() when
 *   their cached route no longer holds (ipv4_dst_check). The order is Linux's: source named, device
 *   named, destination missing, table; then what kind of route it is. The answer carries a
 *   reference and is cached per next hop and vCPU. *@fl4 gets the source and device that were
 *   chosen.
 *   Refuses: sources that are no unicast address (EINVAL) or not ours (ENETUNREACH), devices that
 *   are down (ENETUNREACH) or gone (ENODEV), loopback sources elsewhere (EINVAL); the error of an
 *   unreachable, prohibit or blackhole route.
 * Threads: a vCPU, RCU. RFC 1122 3.3.1, 3.3.4. Mirrors: net/ipv4/route.c.
 */
#include "ipv4/route_priv.h"

#include <errno.h>

#include "ipv4/igmp.h"

#define IPTOS_RT_MASK 0x1c

struct rt_out {
	struct net *net;
	struct flowi4 *fl4;
	struct fib_result res;
	struct net_device *dev;
	int orig_oif;
	unsigned flags; /* RTCF_* */
	bool cache;	/* into the next hop */
};

static struct rtable *mkroute_output(struct rt_out *out, int *err);

/* The source that was asked for: 1: go on; 0: out->dev is decided; < 0 */
static __always_inline int output_source(struct rt_out *out)
{
	struct flowi4 *fl4 = out->fl4;

	if (ipv4_is_multicast(fl4->saddr) || ipv4_is_lbcast(fl4->saddr) ||
	    ipv4_is_zeronet(fl4->saddr))
		return -EINVAL;
	if (!fl4->flowi4_oif && (ipv4_is_multicast(fl4->daddr) || ipv4_is_lbcast(fl4->daddr))) {
		/* groups leave by the device of their source: how old programs choose one */
		out->dev = ip_dev_find_rcu(out->net, fl4->saddr);
		if (!out->dev)
			return -ENETUNREACH;
		fl4->flowi4_oif = out->dev->ifindex;
		return 0;
	}
	if (!(fl4->flowi4_flags & FLOWI_FLAG_ANYSRC) && !ip_dev_find_rcu(out->net, fl4->saddr))
		return -ENETUNREACH;
	return 1;
}

/* The device that was asked for: as above */
static __always_inline int output_device(struct rt_out *out)
{
	struct flowi4 *fl4 = out->fl4;

	out->dev = dev_get_by_index_rcu(out->net, fl4->flowi4_oif);
	if (!out->dev)
		return -ENODEV;
	if (!(READ_ONCE(out->dev->flags) & IFF_UP) || !__in_dev_get_rcu(out->dev))
		return -ENETUNREACH;
	if (ipv4_is_local_multicast(fl4->daddr) || ipv4_is_lbcast(fl4->daddr) ||
	    fl4->flowi4_proto == IPPROTO_IGMP) {
		if (!fl4->saddr)
			fl4->saddr = inet_select_addr(out->dev, 0, RT_SCOPE_LINK);
		return 0;
	}
	if (!fl4->saddr && ipv4_is_multicast(fl4->daddr))
		fl4->saddr = inet_select_addr(out->dev, 0, fl4->flowi4_scope);
	else if (!fl4->saddr && !fl4->daddr)
		fl4->saddr = inet_select_addr(out->dev, 0, RT_SCOPE_HOST);
	return 1;
}

/* What the tables say */
static __always_inline int output_lookup(struct rt_out *out)
{
	struct flowi4 *fl4 = out->fl4;
	int err = fib_lookup(out->net, fl4, &out->res, 0);

	if (err) {
		out->res.fi = NULL;
		if (!fl4->flowi4_oif)
			return err;
		/* the device is known and the tables are silent: on link, then */
		if (!fl4->saddr)
			fl4->saddr = inet_select_addr(out->dev, 0, RT_SCOPE_LINK);
		out->res.type = RTN_UNICAST;
		return 0;
	}
	if (out->res.type == RTN_LOCAL) {
		if (!fl4->saddr)
			fl4->saddr =
				out->res.fi->fib_prefsrc ? out->res.fi->fib_prefsrc : fl4->daddr;
		out->dev = out->net->loopback_dev;
		/* where the packet seems to come in */
		out->orig_oif = FIB_RES_NH(&out->res).nh_oif;
		fl4->flowi4_oif = out->dev->ifindex;
		out->flags |= RTCF_LOCAL;
		return 0;
	}
	if (!fl4->saddr)
		fl4->saddr = fib_result_prefsrc(out->net, &out->res);
	out->dev = FIB_RES_DEV(&out->res);
	return 0;
}

/* Decide device, kind and source: 0 or -errno */
static __always_inline int output_decide(struct rt_out *out)
{
	struct flowi4 *fl4 = out->fl4;
	int ret = 1;

	if (fl4->saddr)
		ret = output_source(out);
	if (ret > 0 && fl4->flowi4_oif)
		ret = output_device(out);
	if (ret <= 0)
		return ret;
	if (!fl4->daddr) { /* nobody named: ourselves */
		fl4->daddr = fl4->saddr;
		if (!fl4->daddr)
			fl4->daddr = fl4->saddr = htonl(INADDR_LOOPBACK);
		out->dev = out->net->loopback_dev;
		fl4->flowi4_oif = LOOPBACK_IFINDEX;
		out->res.type = RTN_LOCAL;
		out->flags |= RTCF_LOCAL;
		return 0;
	}
	return output_lookup(out);
}

struct rtable *ip_route_output_flow(struct net *net, struct flowi4 *fl4, const struct sock *sk,
				    int *err)
{
	struct rt_out out = { .net = net, .fl4 = fl4, .orig_oif = fl4->flowi4_oif };
	uint8_t tos = fl4->flowi4_tos;

	(void)sk;
	fl4->flowi4_iif = LOOPBACK_IFINDEX;
	fl4->flowi4_tos = tos & IPTOS_RT_MASK;
	if (tos & RTO_ONLINK)
		fl4->flowi4_scope = RT_SCOPE_LINK;
	*err = output_decide(&out);
	return *err ? NULL : mkroute_output(&out, err);
}

/* Broadcast and group routes: their flags, and whether a next hop has a say */
static __always_inline void output_kind(struct rt_out *out, struct in_device *in_dev)
{
	const struct flowi4 *fl4 = out->fl4;

	if (ipv4_is_lbcast(fl4->daddr))
		out->res.type = RTN_BROADCAST;
	else if (ipv4_is_multicast(fl4->daddr))
		out->res.type = RTN_MULTICAST;
	if (out->dev->flags & IFF_LOOPBACK)
		out->flags |= RTCF_LOCAL;
	out->cache = true;
	if (out->res.type == RTN_BROADCAST) {
		out->flags |= RTCF_BROADCAST | RTCF_LOCAL;
		out->res.fi = NULL;
	} else if (out->res.type == RTN_MULTICAST) {
		out->flags |= RTCF_MULTICAST;
		if (ip_check_mc_rcu(in_dev, fl4->daddr, fl4->saddr, fl4->flowi4_proto)) {
			out->flags |= RTCF_LOCAL; /* we hear ourselves */
			out->cache = false;
		}
		/* the default route says which device, not which gateway */
		if (out->res.fi && out->res.prefixlen < 4)
			out->res.fi = NULL;
	} else if (out->res.type == RTN_LOCAL && out->orig_oif &&
		   out->orig_oif != out->dev->ifindex) {
		out->cache = false; /* rt_iif differs from user to user */
	}
	out->cache = out->cache && out->res.fi;
}

static struct rtable *mkroute_output(struct rt_out *out, int *err)
{
	struct flowi4 *fl4 = out->fl4;
	struct in_device *in_dev = __in_dev_get_rcu(out->dev);
	struct fib_nh_exception *fnhe = NULL;
	struct rtable *rt;
	struct fib_nh *nh;

	*err = -EINVAL;
	if (!in_dev)
		return NULL;
	if (ipv4_is_loopback(fl4->saddr) && !(out->dev->flags & IFF_LOOPBACK) &&
	    !IN_DEV_ROUTE_LOCALNET(in_dev))
		return NULL;
	output_kind(out, in_dev);
	if (out->res.fi) {
		nh = &FIB_RES_NH(&out->res);
		fnhe = find_exception(nh, fl4->daddr);
		if (out->cache && !fnhe && fl4->flowi4_flags & FLOWI_FLAG_KNOWN_NH &&
		    !(nh->nh_gw && nh->nh_scope == RT_SCOPE_LINK))
			out->cache = false; /* the caller will name its own next hop */
		if (out->cache) {
			rt = rcu_dereference(*(fnhe ? &fnhe->rth_output
						    : &nh->nh_pcpu_rth_output[this_vcpu()->id]));
			if (likely(rt_cache_valid(rt) && atomic_inc_not_zero(&rt->dst.refcnt))) {
				*err = 0;
				return rt;
			}
		}
	}
	*err = -ENOBUFS;
	rt = rt_dst_alloc(out->dev, out->flags, out->res.type);
	if (!rt)
		return NULL;
	rt->rt_iif = out->orig_oif;
	RT_CACHE_STAT_INC(out->net, out_slow_tot);
	if (out->flags & (RTCF_BROADCAST | RTCF_MULTICAST) && out->flags & RTCF_LOCAL &&
	    !(out->dev->flags & IFF_LOOPBACK)) {
		rt->rt_output = RT_ACTION_MC_OUTPUT;
		RT_CACHE_STAT_INC(out->net, out_slow_mc);
	}
	rt_set_nexthop(rt, fl4->daddr, out->res.fi, fnhe, out->cache);
	*err = 0;
	return rt;
}
