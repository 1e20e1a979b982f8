/* SPDX-License-Identifier: MIT */
/*
 * route.c - routes of received packets; how an rtable is made, cached and let go
 *
 * Theory of operation
 *   On the walk: ip_rcv_finish() and arp_process() call ip_route_input_noref(), which asks
 *   fib_table_lookup() and fib_validate_source() and sets skb's dst. The order of its questions is
 *   that of Linux's ip_route_input_slow(): group, impossible source, limited broadcast, impossible
 *   destination, table, ours, forwarding. A packet that nobody takes gets a route too: one whose
 *   input is ip_error().
 *   What it found for a packet to us is remembered, a few hundred pairs of hosts a vCPU: the answer
 *   for the next packet of the pair, until the generation moves (rt_cache_flush(): any change of
 *   tables, addresses, devices or settings). While functions or tracepoints are traced every packet
 *   is looked up, so that a tree tells the whole reason of a route.
 *   Owns: the rtables on net->ipv4->rt_list. No allocation for a packet whose route is cached: in
 *   the next hop, or, where no next hop is involved (groups, limited broadcast, refusals), in the
 *   in_device.
 *   Refuses: martians (RFC 1122 3.2.1.3, 1812 5.3.7), each with its reason; a line in the log if
 *   log_martians says so, rate limited.
 * Threads: input and caches a vCPU, RCU; rt_flush_dev() and the end of rtables RTNL. Mirrors:
 * net/ipv4/route.c.
 */
#define LOG_SUBSYS "IPv4"
#include "ipv4/route_priv.h"

#include <errno.h>
#include <linux/ip.h>

#include "ipv4/igmp.h"
#include "kernel/slab.h"
#include "kernel/smp.h"
#include "lib/hash.h"
#include "trace/trace.h"

#define IPTOS_RT_MASK 0x1c

/* What is being routed, and what was found out about it */
struct rt_in {
	struct sk_buff *skb;
	__be32 daddr, saddr;
	uint8_t tos;
	struct net_device *dev;
	struct in_device *in_dev;
	struct fib_result res;
	unsigned flags; /* RTCF_* */
	int err;	/* of the lookup: 0, or why there is no route */
	enum skb_drop_reason *reason;
};

static notrace int ip_route_input_slow(struct rt_in *in, struct rt_found *f);
static int martian_source(struct rt_in *in, enum skb_drop_reason reason, int err);
static int martian_destination(struct rt_in *in, enum skb_drop_reason reason);
static struct rtable *rt_alloc_input(struct rt_in *in);

/* --- the walk --- */

/* The source of a packet that is not forwarded, by tables: 0, or the packet is refused. */
static __always_inline int input_source(struct rt_in *in, __be32 dst, int oif)
{
	int err = fib_validate_source(in->skb, in->saddr, dst, in->tos, oif, in->in_dev);

	if (likely(err >= 0))
		return err;
	return martian_source(
		in, err == -EXDEV ? SKB_DROP_REASON_IP_RPFILTER : SKB_DROP_REASON_IP_INVALID_SOURCE,
		err);
}

/* For us (or for nobody): the route cached in @slot, or a new one into it. */
static __always_inline int local_input(struct rt_in *in, struct rtable **slot)
{
	struct rtable *rt = rcu_dereference(*slot);

	if (likely(rt_cache_valid(rt) && rt->dst.error == (short)-in->err)) {
		__skb_dst_set_noref(in->skb, &rt->dst);
		return 0;
	}
	rt = rt_alloc_input(in);
	if (!rt) {
		*in->reason = SKB_DROP_REASON_NOMEM;
		return -ENOBUFS;
	}
	rt_cache_put(slot, rt);
	skb_dst_set(in->skb, &rt->dst);
	return 0;
}

static __always_inline int no_route(struct rt_in *in, int err)
{
	RT_CACHE_STAT_INC(dev_net(in->dev), in_no_route);
	in->err = err;
	in->res.type = RTN_UNREACHABLE;
	return local_input(in, &in->in_dev->rt_input[RT_INPUT_ERROR]);
}

/* Broadcast: by a route of the local table (@fi) or limited */
static __always_inline int broadcast_input(struct rt_in *in, struct fib_info *fi)
{
	int err;

	if (in->skb->protocol != htons(ETH_P_IP)) {
		*in->reason = SKB_DROP_REASON_IP_INVALID_DEST;
		return -EINVAL;
	}
	if (!ipv4_is_zeronet(in->saddr)) {
		err = input_source(in, 0, 0);
		if (err < 0)
			return err;
	}
	in->flags |= RTCF_BROADCAST;
	in->res.type = RTN_BROADCAST;
	RT_CACHE_STAT_INC(dev_net(in->dev), in_brd);
	return local_input(in, fi ? &fi->fib_nh.nh_rth_input
				  : &in->in_dev->rt_input[RT_INPUT_BROADCAST]);
}

/*
 * A redirect is due when the packet leaves by the way it came and its sender could have used our
 * gateway.
 */
static __always_inline bool redirect_due(const struct rt_in *in, struct in_device *out_dev,
					 int indirect)
{
	if (out_dev != in->in_dev || !indirect || !IN_DEV_TX_REDIRECTS(out_dev))
		return false;
	return IN_DEV_SHARED_MEDIA(out_dev) ||
	       inet_addr_onlink(out_dev, in->saddr, FIB_RES_NH(&in->res).nh_gw);
}

static __always_inline int mkroute_input(struct rt_in *in)
{
	struct fib_nh *nh = &FIB_RES_NH(&in->res);
	struct in_device *out_dev = __in_dev_get_rcu(nh->nh_dev);
	struct fib_nh_exception *fnhe;
	struct rtable *rt;
	int err;

	*in->reason = SKB_DROP_REASON_IP_INVALID_DEST;
	if (!out_dev)
		return -EINVAL;
	err = input_source(in, in->daddr, nh->nh_oif);
	if (err < 0)
		return err;
	if (in->skb->protocol == htons(ETH_P_IP)) {
		if (redirect_due(in, out_dev, err))
			IPCB(in->skb)->flags |= IPSKB_DOREDIRECT;
	} else if (out_dev == in->in_dev) { /* ARP: no proxy for what is on this very link */
		return -EINVAL;
	}
	fnhe = find_exception(nh, in->daddr);
	rt = rcu_dereference(*(fnhe ? &fnhe->rth_input : &nh->nh_rth_input));
	if (likely(rt_cache_valid(rt))) {
		__skb_dst_set_noref(in->skb, &rt->dst);
		return 0;
	}
	rt = rt_dst_alloc(nh->nh_dev, 0, in->res.type);
	if (!rt) {
		*in->reason = SKB_DROP_REASON_NOMEM;
		return -ENOBUFS;
	}
	rt->rt_is_input = 1;
	rt->rt_input = RT_ACTION_FORWARD;
	RT_CACHE_STAT_INC(dev_net(in->dev), in_slow_tot);
	rt_set_nexthop(rt, in->daddr, in->res.fi, fnhe, true);
	skb_dst_set(in->skb, &rt->dst);
	return 0;
}

/*
 * What a table knows nothing of: impossible addresses. 0: go on; 1: limited broadcast; < 0 refused
 */
static __always_inline int input_addresses(struct rt_in *in)
{
	if (ipv4_is_multicast(in->saddr) || ipv4_is_lbcast(in->saddr))
		return martian_source(in, SKB_DROP_REASON_IP_INVALID_SOURCE, -EINVAL);
	if (ipv4_is_lbcast(in->daddr) || (!in->saddr && !in->daddr))
		return 1;
	if (ipv4_is_zeronet(in->saddr)) /* "this host" speaks to limited broadcast only */
		return martian_source(in, SKB_DROP_REASON_IP_INVALID_SOURCE, -EINVAL);
	if (ipv4_is_zeronet(in->daddr))
		return martian_destination(in, SKB_DROP_REASON_IP_INVALID_DEST);
	if (ipv4_is_loopback(in->daddr) && !IN_DEV_ROUTE_LOCALNET(in->in_dev))
		return martian_destination(in, SKB_DROP_REASON_IP_LOCALNET);
	if (!ipv4_is_loopback(in->daddr) && ipv4_is_loopback(in->saddr) &&
	    !IN_DEV_ROUTE_LOCALNET(in->in_dev))
		return martian_source(in, SKB_DROP_REASON_IP_LOCALNET, -EINVAL);
	return 0;
}

static __always_inline int input_unicast(struct rt_in *in)
{
	struct net *net = dev_net(in->dev);
	struct flowi4 fl4 = { .flowi4_iif = in->dev->ifindex,
			      .flowi4_tos = in->tos,
			      .daddr = in->daddr,
			      .saddr = in->saddr };
	int err = input_addresses(in);

	if (unlikely(err))
		return err < 0 ? err : broadcast_input(in, NULL);
	err = fib_lookup(net, &fl4, &in->res, 0);
	if (unlikely(err))
		return no_route(in, IN_DEV_FORWARD(in->in_dev) ? err : -EHOSTUNREACH);
	if (in->res.type == RTN_BROADCAST) {
		if (IN_DEV_BFORWARD(in->in_dev))
			return mkroute_input(in);
		/* with forwarding, what is cached in the next hop is the forwarded one's */
		return broadcast_input(in,
				       IPV4_DEVCONF_ALL(net, BC_FORWARDING) ? NULL : in->res.fi);
	}
	if (likely(in->res.type == RTN_LOCAL)) {
		err = input_source(in, in->daddr, 0);
		return err < 0 ? err : local_input(in, &FIB_RES_NH(&in->res).nh_rth_input);
	}
	if (!IN_DEV_FORWARD(in->in_dev))
		return no_route(in, -EHOSTUNREACH);
	if (in->res.type != RTN_UNICAST)
		return martian_destination(in, SKB_DROP_REASON_IP_INVALID_DEST);
	return mkroute_input(in);
}

static __always_inline int input_multicast(struct rt_in *in)
{
	int err;

	*in->reason = SKB_DROP_REASON_IP_NOT_JOINED;
	if (!ip_check_mc_rcu(in->in_dev, in->daddr, in->saddr, ip_hdr(in->skb)->protocol))
		return -EINVAL;
	err = ip_mc_validate_source(in->skb, in->daddr, in->saddr, in->tos, in->dev, in->in_dev);
	if (err) {
		*in->reason = err == -EXDEV ? SKB_DROP_REASON_IP_RPFILTER
					    : SKB_DROP_REASON_IP_INVALID_SOURCE;
		return err;
	}
	in->flags |= RTCF_MULTICAST;
	in->res.type = RTN_MULTICAST;
	RT_CACHE_STAT_INC(dev_net(in->dev), in_slow_mc);
	return local_input(in, &in->in_dev->rt_input[RT_INPUT_MULTICAST]);
}

/* Where the answer for the two addresses is, if it is remembered. */
static __always_inline struct rt_found *rt_found_slot(struct net *net, __be32 daddr, __be32 saddr)
{
	return &this_rt_cpu(net)->found[hash_32((uint32_t)saddr + (uint32_t)daddr, RT_FOUND_BITS)];
}

static __always_inline bool rt_found_good(const struct rt_found *f, const struct net *net)
{
	return f->genid == rt_genid(net) &&
	       READ_ONCE(f->rt->dst.obsolete) == DST_OBSOLETE_FORCE_CHK && !trace_on(armed) &&
	       !trace_on(events);
}

int ip_route_input_noref(struct sk_buff *skb, __be32 dst, __be32 src, uint8_t tos,
			 struct net_device *dev, enum skb_drop_reason *reason)
{
	struct rt_found *f = rt_found_slot(dev_net(dev), dst, src);
	struct rt_in in;

	tos &= IPTOS_RT_MASK;
	if (f->daddr == dst && f->saddr == src && f->dev == dev && f->tos == tos &&
	    rt_found_good(f, dev_net(dev))) {
		__skb_dst_set_noref(skb, &f->rt->dst);
		return 0;
	}
	in = (struct rt_in){ .skb = skb,
			     .daddr = dst,
			     .saddr = src,
			     .tos = tos,
			     .dev = dev,
			     .reason = reason };
	return ip_route_input_slow(&in, f);
}

/* By the tables. An answer that holds for the pair of hosts goes into @f. */
static notrace int ip_route_input_slow(struct rt_in *in, struct rt_found *f)
{
	int genid = __atomic_load_n(&dev_net(in->dev)->ipv4->rt_genid, __ATOMIC_ACQUIRE), ret;

	in->in_dev = __in_dev_get_rcu(in->dev);
	if (unlikely(!in->in_dev)) { /* IPv4 was taken off the device */
		*in->reason = SKB_DROP_REASON_DEV_READY;
		return -EINVAL;
	}
	if (ipv4_is_multicast(in->daddr))
		return input_multicast(in);
	ret = input_unicast(in);
	/* one that lost the race for the next hop's place goes with its packet */
	if (!ret && in->res.type == RTN_LOCAL &&
	    skb_rtable(in->skb) == rcu_dereference(FIB_RES_NH(&in->res).nh_rth_input))
		*f = (struct rt_found){ .daddr = in->daddr,
					.saddr = in->saddr,
					.dev = in->dev,
					.rt = skb_rtable(in->skb),
					.genid = genid,
					.tos = in->tos };
	return ret;
}

int ip_mc_validate_source(struct sk_buff *skb, __be32 daddr, __be32 saddr, uint8_t tos,
			  struct net_device *dev, struct in_device *in_dev)
{
	int err;

	if (!in_dev || ipv4_is_multicast(saddr) || ipv4_is_lbcast(saddr) ||
	    skb->protocol != htons(ETH_P_IP))
		return -EINVAL;
	if (ipv4_is_loopback(saddr) && !IN_DEV_ROUTE_LOCALNET(in_dev))
		return -EINVAL;
	if (ipv4_is_zeronet(saddr)) /* a host that has no address yet reports groups from 0.0.0.0 */
		return ipv4_is_local_multicast(daddr) || ip_hdr(skb)->protocol == IPPROTO_IGMP
			       ? 0
			       : -EINVAL;
	err = fib_validate_source(skb, saddr, 0, tos, 0, in_dev);
	return err < 0 ? err : 0;
}

/* --- martians --- */

bool rt_martian_ratelimit(struct net *net)
{
	struct rt_cpu *c = this_rt_cpu(net);

	c->martian.interval = (unsigned long)READ_ONCE(net->core.sysctl_message_cost) * net->m.hz;
	c->martian.burst = READ_ONCE(net->core.sysctl_message_burst);
	return __ratelimit(&c->martian, jiffies_now());
}

static int martian_source(struct rt_in *in, enum skb_drop_reason reason, int err)
{
	struct net *net = dev_net(in->dev);

	RT_CACHE_STAT_INC(net, in_martian_src);
	*in->reason = reason;
	if (IN_DEV_LOG_MARTIANS(in->in_dev) && rt_martian_ratelimit(net))
		pr_warn(net_log(net), "martian source " IP4_FMT " from " IP4_FMT ", on dev %s",
			IP4_ARG(in->daddr), IP4_ARG(in->saddr), in->dev->name);
	return err;
}

static int martian_destination(struct rt_in *in, enum skb_drop_reason reason)
{
	struct net *net = dev_net(in->dev);

	RT_CACHE_STAT_INC(net, in_martian_dst);
	*in->reason = reason;
	if (IN_DEV_LOG_MARTIANS(in->in_dev) && rt_martian_ratelimit(net))
		pr_warn(net_log(net), "martian destination " IP4_FMT " from " IP4_FMT ", dev %s",
			IP4_ARG(in->daddr), IP4_ARG(in->saddr), in->dev->name);
	return -EINVAL;
}

/* --- making and keeping --- */

static struct rtable *rt_alloc_input(struct rt_in *in)
{
	struct net *net = dev_net(in->dev);
	bool error = in->res.type == RTN_UNREACHABLE;
	struct rtable *rt =
		rt_dst_alloc(net->loopback_dev, in->flags | (error ? 0 : RTCF_LOCAL), in->res.type);

	if (!rt)
		return NULL;
	RT_CACHE_STAT_INC(net, in_slow_tot);
	rt->rt_is_input = 1;
	rt->rt_output = RT_ACTION_BLACKHOLE;
	if (error) {
		rt->rt_input = RT_ACTION_ERROR;
		rt->dst.error = (short)-in->err;
	}
	return rt;
}

struct rtable *rt_dst_alloc(struct net_device *dev, unsigned flags, uint16_t type)
{
	struct net *net = dev_net(dev);
	struct netns_ipv4 *ipv4 = net->ipv4;
	int genid = rt_genid(net);
	struct rtable *rt = (struct rtable *)dst_alloc(net, ipv4->rt_cache, &ipv4_dst_ops, dev,
						       DST_OBSOLETE_FORCE_CHK, 0);

	if (!rt)
		return NULL;
	rt->rt_genid = genid;
	rt->rt_flags = flags;
	rt->rt_type = type;
	rt->rt_output = RT_ACTION_OUTPUT;
	rt->rt_input = flags & RTCF_LOCAL ? RT_ACTION_LOCAL : RT_ACTION_BLACKHOLE;
	spin_lock(&ipv4->rt_lock);
	list_add_tail(&rt->rt_list, &ipv4->rt_list);
	spin_unlock(&ipv4->rt_lock);
	return rt;
}

bool rt_cache_put(struct rtable **slot, struct rtable *rt)
{
	struct rtable *old = rcu_dereference(*slot);

	dst_hold(&rt->dst);
	if (!__atomic_compare_exchange_n(slot, &old, rt, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_RELAXED)) {
		dst_release(&rt->dst);
		return false;
	}
	if (old)
		dst_release(&old->dst);
	return true;
}

void rt_set_nexthop(struct rtable *rt, __be32 daddr, struct fib_info *fi,
		    struct fib_nh_exception *fnhe, bool do_cache)
{
	struct fib_nh *nh;

	if (!fi)
		return;
	nh = &fi->fib_nh;
	if (nh->nh_gw && nh->nh_scope == RT_SCOPE_LINK) {
		rt->rt_uses_gateway = 1;
		rt->rt_gateway = nh->nh_gw;
	}
	rt->rt_mtu = fi->fib_mtu;
	rt->rt_mtu_locked = fi->fib_mtu_lock;
	rt->rt_hoplimit = fi->fib_hoplimit;
	if (unlikely(fnhe))
		rt_bind_exception(rt, fnhe, daddr, do_cache);
	else if (do_cache)
		rt_cache_put(rt_is_input_route(rt) ? &nh->nh_rth_input
						   : &nh->nh_pcpu_rth_output[this_vcpu()->id],
			     rt);
}

static void rt_let_go(struct rtable **slot)
{
	struct rtable *rt = __atomic_exchange_n(slot, NULL, __ATOMIC_ACQ_REL);

	if (!rt)
		return;
	WRITE_ONCE(rt->dst.obsolete, DST_OBSOLETE_DEAD);
	dst_release(&rt->dst);
}

void rt_nh_release(struct net *net, struct fib_nh *nh)
{
	fnhe_release_all(net, nh);
	rt_let_go(&nh->nh_rth_input);
	for (unsigned i = 0; i < net->m.nr_cpus; i++)
		rt_let_go(&nh->nh_pcpu_rth_output[i]);
}

void rt_indev_release(struct in_device *in_dev)
{
	for (unsigned i = 0; i < RT_INPUT_MAX; i++)
		rt_let_go(&in_dev->rt_input[i]);
}

/*
 * Who still holds a route by @dev (a socket, a queued packet) must not keep the device: it is lo's
 * from here on, and stale.
 */
void rt_flush_dev(struct net_device *dev)
{
	struct net *net = dev_net(dev);
	struct net_device *lo = net->loopback_dev == dev ? NULL : net->loopback_dev;
	bool stop = !net->m.stopped;
	struct rtable *rt;

	if (stop)
		smp_stop(&net->m);
	list_for_each_entry(rt, &net->ipv4->rt_list, rt_list) {
		if (rt->dst.dev != dev)
			continue;
		WRITE_ONCE(rt->dst.obsolete, DST_OBSOLETE_DEAD);
		if (lo) {
			dev_hold(lo);
			WRITE_ONCE(rt->dst.dev, lo);
			dev_put(dev);
		}
	}
	if (stop)
		smp_start(&net->m);
}

void rt_cache_flush(struct net *net)
{
	__atomic_fetch_add(&net->ipv4->rt_genid, 1, __ATOMIC_RELEASE);
	net_changed(net);
}

/* --- life --- */

int ip_rt_init(struct net *net)
{
	struct netns_ipv4 *ipv4 = net->ipv4;
	int ret = -ENOMEM;

	INIT_LIST_HEAD(&ipv4->rt_list);
	spin_lock_init(&ipv4->rt_lock);
	spin_lock_init(&ipv4->fnhe_lock);
	ipv4->rt_cpu = kzalloc(&net->m, net->m.nr_cpus * sizeof(*ipv4->rt_cpu));
	ipv4->rt_cache =
		kmem_cache_create(&net->m.kmem, "ip_dst_cache", sizeof(struct rtable), CACHE_BYTES);
	if (!ipv4->rt_cpu || !ipv4->rt_cache)
		goto out;
	ret = route_sysctl_init(net);
	if (ret)
		goto out;
	ret = route_netlink_init(net);
	if (!ret)
		return 0;
	route_sysctl_exit(net);
out:
	kmem_cache_destroy(ipv4->rt_cache);
	kfree(&net->m, ipv4->rt_cpu);
	return ret;
}

void ip_rt_exit(struct net *net)
{
	struct netns_ipv4 *ipv4 = net->ipv4;

	route_netlink_exit(net);
	route_sysctl_exit(net);
	rcu_barrier(&net->m); /* rtables that wait for their grace period go back to the cache */
	WARN_ON_ONCE(net_log(net), !list_empty(&ipv4->rt_list));
	kmem_cache_destroy(ipv4->rt_cache);
	kfree(&net->m, ipv4->rt_cpu);
	ipv4->rt_cache = NULL;
	ipv4->rt_cpu = NULL;
}
