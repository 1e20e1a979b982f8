/* SPDX-License-Identifier: MIT */
#ifndef IPV4_ROUTE_PRIV_H
#define IPV4_ROUTE_PRIV_H
/*
 * route_priv.h - what the files route*.c share: making, caching and marking of rtables
 *
 * Theory of operation
 *   A route made from a next hop is kept in it: one for input, one a vCPU for output. What was
 *   learnt about single destinations (a lower path MTU, a better gateway) is an exception of the
 *   next hop, with cached routes of its own, kept in FNHE_HASH_SIZE chains of bounded length. Any
 *   change of addresses or tables moves rt_genid, which makes all of them stale at once; what is
 *   stale is replaced at its next use. Every rtable is on net->ipv4->rt_list, so that a device that
 *   goes is left by all (rt_flush_dev).
 * Threads: caches any vCPU by compare and swap; exceptions under fnhe_lock, read under RCU.
 * Mirrors: net/ipv4/route.c.
 */
#include "ipv4/fib.h"

#define FNHE_RECLAIM_DEPTH 5 /* a chain holds twice this at most */
#define RT_GC_TIMEOUT_S 300  /* life of a redirect */

struct fib_nh_exception {
	struct fib_nh_exception *next; /* RCU */
	struct net *net;
	__be32 daddr, gw; /* gw 0: as the next hop says */
	int genid;
	uint32_t pmtu; /* 0: as the next hop says */
	bool mtu_locked;
	unsigned long expires, stamp;	       /* jiffies; expires 0: never */
	struct rtable *rth_input, *rth_output; /* RCU */
	struct rcu_head rcu;
};

/* A local route that was found, for the next packet of the same two hosts: good while the generation is its own. */
struct rt_found {
	__be32 daddr, saddr;
	struct net_device *dev;
	struct rtable *rt; /* borrowed from its next hop */
	int genid;
	uint8_t tos;
};
#define RT_FOUND_BITS 8

struct rt_cpu { /* [C] columns of /proc/net/stat/rt_cache */
	struct rt_found found[1 << RT_FOUND_BITS];
	unsigned in_slow_tot, in_slow_mc, in_no_route, in_brd, in_martian_dst, in_martian_src,
		out_slow_tot, out_slow_mc;
	struct ratelimit_state martian;
	unsigned char apart[CACHE_BYTES]; /* from the next CPU's */
};

static __always_inline struct rt_cpu *this_rt_cpu(struct net *net)
{
	return &net->ipv4->rt_cpu[this_vcpu()->id];
}
#define RT_CACHE_STAT_INC(net, field) (this_rt_cpu(net)->field++)

/* route.c */
struct rtable *rt_dst_alloc(struct net_device *dev, unsigned flags, uint16_t type);
static __always_inline bool rt_is_expired(const struct rtable *rt)
{
	return rt->rt_genid != rt_genid(rt->dst.net);
}
static __always_inline bool rt_cache_valid(const struct rtable *rt)
{
	return rt && READ_ONCE(rt->dst.obsolete) == DST_OBSOLETE_FORCE_CHK && !rt_is_expired(rt);
}
/*
 * Put @rt, a reference of which the cache takes, where @slot points; false when another vCPU was
 * faster.
 */
bool rt_cache_put(struct rtable **slot, struct rtable *rt);
/* Gateway, metrics, exception of the next hop into @rt, and @rt into its cache when @do_cache. */
void rt_set_nexthop(struct rtable *rt, __be32 daddr, struct fib_info *fi,
		    struct fib_nh_exception *fnhe, bool do_cache);
void rt_nh_release(struct net *net, struct fib_nh *nh); /* the next hop is being freed */
void rt_flush_dev(struct net_device *dev);		/* RTNL: all routes leave @dev */
bool rt_martian_ratelimit(struct net *net);		/* true: speak */
/* How many stale routes of @in_dev are let go: all */
void rt_indev_release(struct in_device *in_dev);

/* route_pmtu.c */
struct fib_nh_exception *find_exception(struct fib_nh *nh, __be32 daddr);
bool rt_bind_exception(struct rtable *rt, struct fib_nh_exception *fnhe, __be32 daddr,
		       bool do_cache);
void fnhe_release_all(struct net *net, struct fib_nh *nh);
extern const struct dst_ops ipv4_dst_ops;
int route_sysctl_init(struct net *net);
void route_sysctl_exit(struct net *net);
int route_netlink_init(struct net *net); /* /proc/net/rt_cache, /proc/net/stat/rt_cache */
void route_netlink_exit(struct net *net);
/* RTM_GETROUTE of one destination */
int inet_rtm_getroute(struct nl_req *req);

#endif
