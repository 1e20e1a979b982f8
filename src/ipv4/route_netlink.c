/* SPDX-License-Identifier: MIT */
/*
 * route_netlink.c - what the outside sees of routing: RTM_GETROUTE of one destination, files,
 * net.ipv4.route.*
 *
 * Theory of operation
 *   Called by: rtnetlink (`ip route get`), readers of /proc/net/rt_cache (empty since Linux 3.6)
 *   and /proc/net/stat/rt_cache, sysctl writes. RTM_GETROUTE asks the very functions of the walk,
 *   inside vCPU 0, with a packet made up when an input device is named.
 *   Owns: the sysctl header. Refuses: as Linux, with its texts.
 * Threads: RTNL, and vCPU 0 by smp_call(). Mirrors: net/ipv4/route.c.
 */
#include <errno.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include "ipv4/route_priv.h"
#include "kernel/smp.h"

#define USER_HZ 100

/* One question for vCPU 0 */
struct route_query {
	struct nl_req *req;
	struct flowi4 fl4;
	__be32 src;
	uint8_t tos;
	int iif;
	struct net_device *dev; /* of iif */
	struct rtable *rt;	/* with a reference */
	struct sk_buff *skb;
	unsigned long now;
	unsigned mtu;
	bool fibmatch;
	int err;
};

static int query_parse(struct route_query *q);
static void query_ask(void *arg);
static int query_input(struct route_query *q);
static int rt_fill_info(const struct route_query *q);
static int fib_match(struct route_query *q);

static const struct nlb_policy rtm_policy[RTA_MAX + 1] = {
	[RTA_DST] = { NLA_U32_T, 4 },	  [RTA_SRC] = { NLA_U32_T, 4 },
	[RTA_IIF] = { NLA_U32_T, 4 },	  [RTA_OIF] = { NLA_U32_T, 4 },
	[RTA_MARK] = { NLA_U32_T, 4 },	  [RTA_UID] = { NLA_U32_T, 4 },
	[RTA_IP_PROTO] = { NLA_U8_T, 1 }, [RTA_SPORT] = { NLA_U16_T, 2 },
	[RTA_DPORT] = { NLA_U16_T, 2 },
};

int inet_rtm_getroute(struct nl_req *req)
{
	struct route_query q = { .req = req };
	int ret = query_parse(&q);

	if (ret)
		return ret;
	if (q.fibmatch)
		return fib_match(&q);
	smp_call(&req->net->m, 0, query_ask, &q);
	if (q.err)
		return q.err;
	ret = rt_fill_info(&q);
	ip_rt_put(q.rt);
	return ret;
}

static int query_parse(struct route_query *q)
{
	const struct nlattr *tb[RTA_MAX + 1];
	struct nl_req *req = q->req;
	const struct rtmsg *rtm;
	const void *attrs;
	size_t len;
	int ret;

	rtm = nlb_header(req, sizeof(*rtm), &attrs, &len, req->err);
	if (!rtm)
		return -EINVAL;
	ret = nlb_parse(tb, RTA_MAX, attrs, len, rtm_policy, false, req->err);
	if (ret)
		return ret;
	if (req->client->strict &&
	    ((rtm->rtm_src_len && rtm->rtm_src_len != 32) ||
	     (rtm->rtm_dst_len && rtm->rtm_dst_len != 32) || rtm->rtm_table || rtm->rtm_protocol ||
	     rtm->rtm_scope || rtm->rtm_type))
		return extack_fail(req->err, -EINVAL,
				   "ipv4: Invalid values in header for route get request");
	if (rtm->rtm_flags & ~(unsigned)(RTM_F_NOTIFY | RTM_F_LOOKUP_TABLE | RTM_F_FIB_MATCH))
		return extack_fail(req->err, -EINVAL,
				   "ipv4: Unsupported rtm_flags for route get request");
	q->fibmatch = rtm->rtm_flags & RTM_F_FIB_MATCH;
	q->src = tb[RTA_SRC] ? (__be32)nlb_get_u32(tb[RTA_SRC]) : 0;
	q->iif = tb[RTA_IIF] ? (int)nlb_get_u32(tb[RTA_IIF]) : 0;
	q->tos = rtm->rtm_tos;
	q->fl4 = (struct flowi4){
		.daddr = tb[RTA_DST] ? (__be32)nlb_get_u32(tb[RTA_DST]) : 0,
		.saddr = q->src,
		.flowi4_tos = rtm->rtm_tos & IPTOS_TOS_MASK,
		.flowi4_oif = tb[RTA_OIF] ? (int)nlb_get_u32(tb[RTA_OIF]) : 0,
		.flowi4_mark = tb[RTA_MARK] ? nlb_get_u32(tb[RTA_MARK]) : 0,
	};
	if (!q->iif)
		return 0;
	q->dev = __dev_get_by_index(req->net, q->iif);
	if (!q->dev)
		return -ENODEV;
	q->skb = alloc_skb(req->net, sizeof(struct iphdr) + sizeof(struct udphdr));
	return q->skb ? 0 : -ENOBUFS;
}

static void query_ask(void *arg)
{
	struct route_query *q = arg;

	if (q->iif)
		q->err = query_input(q);
	else
		q->rt = ip_route_output_key(q->req->net, &q->fl4, &q->err);
	if (!q->rt)
		return;
	q->now = jiffies_now();
	q->mtu = ipv4_mtu(&q->rt->dst);
}

/* A datagram as if it had come in there */
static int query_input(struct route_query *q)
{
	enum skb_drop_reason reason = SKB_DROP_REASON_NOT_SPECIFIED;
	struct sk_buff *skb = q->skb;
	struct iphdr *iph;
	int err;

	skb_reset_mac_header(skb);
	skb_reset_network_header(skb);
	iph = skb_put(skb, sizeof(*iph) + sizeof(struct udphdr));
	memset(iph, 0, sizeof(*iph) + sizeof(struct udphdr));
	*iph = (struct iphdr){ .version = 4,
			       .ihl = 5,
			       .protocol = IPPROTO_UDP,
			       .saddr = q->src,
			       .daddr = q->fl4.daddr };
	skb->protocol = htons(ETH_P_IP);
	skb->dev = q->dev;
	err = ip_route_input_noref(skb, q->fl4.daddr, q->src, q->tos, q->dev, &reason);
	if (!err && skb_rtable(skb)->dst.error)
		err = -skb_rtable(skb)->dst.error;
	if (!err) {
		q->rt = skb_rtable(skb);
		dst_hold(&q->rt->dst);
	}
	consume_skb(skb);
	return err;
}

static void put_rt_metrics(struct nl_buf *b, const struct route_query *q, bool pmtu)
{
	const struct rtable *rt = q->rt;
	uint32_t mtu = pmtu ? rt->rt_pmtu : rt->rt_mtu;
	size_t nest;

	if (!mtu && !rt->rt_hoplimit && !rt->rt_mtu_locked)
		return;
	nest = nlb_nest_start(b, RTA_METRICS);
	if (rt->rt_mtu_locked)
		nlb_put_u32(b, RTAX_LOCK, 1u << RTAX_MTU);
	if (mtu)
		nlb_put_u32(b, RTAX_MTU, mtu);
	if (rt->rt_hoplimit)
		nlb_put_u32(b, RTAX_HOPLIMIT, rt->rt_hoplimit);
	nlb_nest_end(b, nest);
}

static int rt_fill_info(const struct route_query *q)
{
	const struct rtable *rt = q->rt;
	struct nl_req *req = q->req;
	struct nl_buf *b = req->out;
	struct rta_cacheinfo ci = { .rta_error = (uint32_t)rt->dst.error };
	struct rtmsg *rtm =
		nlb_msg(b, req->client->portid, req->nlh->nlmsg_seq, RTM_NEWROUTE, sizeof(*rtm), 0);
	bool pmtu = rt->rt_pmtu && rt->dst.expires && time_before(q->now, rt->dst.expires);

	if (!rtm)
		return -EMSGSIZE;
	rtm->rtm_family = AF_INET;
	rtm->rtm_dst_len = 32;
	rtm->rtm_src_len = q->src ? 32 : 0;
	rtm->rtm_tos = q->fl4.flowi4_tos;
	rtm->rtm_table = RT_TABLE_MAIN;
	rtm->rtm_type = (unsigned char)rt->rt_type;
	rtm->rtm_scope = RT_SCOPE_UNIVERSE;
	rtm->rtm_protocol = RTPROT_UNSPEC;
	rtm->rtm_flags = (rt->rt_flags & ~0xffffu) | RTM_F_CLONED;
	nlb_put_u32(b, RTA_TABLE, RT_TABLE_MAIN);
	nlb_put_be32(b, RTA_DST, q->fl4.daddr);
	if (q->src)
		nlb_put_be32(b, RTA_SRC, q->src);
	if (rt->dst.dev)
		nlb_put_u32(b, RTA_OIF, (uint32_t)rt->dst.dev->ifindex);
	if (rt_is_output_route(rt) && q->fl4.saddr != q->src)
		nlb_put_be32(b, RTA_PREFSRC, q->fl4.saddr);
	if (rt->rt_uses_gateway)
		nlb_put_be32(b, RTA_GATEWAY, rt->rt_gateway);
	put_rt_metrics(b, q, pmtu);
	if (q->fl4.flowi4_mark)
		nlb_put_u32(b, RTA_MARK, q->fl4.flowi4_mark);
	if (rt_is_input_route(rt))
		nlb_put_u32(b, RTA_IIF, (uint32_t)q->iif);
	if (pmtu)
		ci.rta_expires = (int)((rt->dst.expires - q->now) * USER_HZ / req->net->m.hz);
	nlb_put(b, RTA_CACHEINFO, sizeof(ci), &ci);
	nlb_msg_end(b);
	return b->error ? -EMSGSIZE : 0;
}

/* RTM_F_FIB_MATCH: the table's own entry that the lookup hits */
struct match_walk {
	struct route_query *q;
	const struct fib_result *res;
};

static int match_alias(struct fib_table *tb, __be32 prefix, unsigned plen,
		       const struct fib_alias *fa, void *arg)
{
	const struct match_walk *w = arg;
	struct fib_config id = { .fc_portid = w->q->req->client->portid,
				 .fc_seq = w->q->req->nlh->nlmsg_seq };

	(void)tb;
	if (prefix != w->res->prefix || plen != w->res->prefixlen || fa->fa_info != w->res->fi ||
	    fa->fa_type != w->res->type)
		return 0;
	return fib_dump_info(w->q->req->out, &id, RTM_NEWROUTE, 0, prefix, plen, fa) ?: 1;
}

static int fib_match(struct route_query *q)
{
	struct fib_result res = { .fi = NULL };
	struct match_walk w = { .q = q, .res = &res };
	int ret;

	if (q->skb)
		kfree_skb_reason(q->skb, SKB_DROP_REASON_NOT_SPECIFIED);
	q->fl4.flowi4_iif = q->iif ? q->iif : LOOPBACK_IFINDEX;
	ret = fib_lookup(q->req->net, &q->fl4, &res, 0);
	if (ret)
		return ret;
	ret = fib_table_walk(res.table, match_alias, &w);
	return ret > 0 ? 0 : ret ? ret : -EHOSTUNREACH;
}

/* --- files --- */

static int rt_cache_show(struct seq_file *m, void *data)
{
	(void)data;
	seq_printf(m, "%-127s\n",
		   "Iface\tDestination\tGateway \tFlags\t\tRefCnt\tUse\tMetric\tSource\t\tMTU"
		   "\tWindow\tIRTT\tTOS\tHHRef\tHHUptod\tSpecDst");
	return 0;
}

/* One line a vCPU; columns that describe the cache of old are zero. */
static int rt_stat_show(struct seq_file *m, void *data)
{
	struct net *net = data;

	seq_puts(
		m,
		"entries  in_hit   in_slow_tot in_slow_mc in_no_route in_brd   in_martian_dst "
		"in_martian_src out_hit  out_slow_tot out_slow_mc gc_total gc_ignored gc_goal_miss "
		"gc_dst_overflow in_hlist_search out_hlist_search\n");
	for (unsigned i = 0; i < net->m.nr_cpus; i++) {
		const struct rt_cpu *c = &net->ipv4->rt_cpu[i];

		seq_printf(
			m,
			"%08x %08x %08x    %08x   %08x    %08x %08x       %08x       %08x %08x     "
			"%08x    %08x %08x   %08x     %08x        %08x        %08x\n",
			0, 0, READ_ONCE(c->in_slow_tot), READ_ONCE(c->in_slow_mc),
			READ_ONCE(c->in_no_route), READ_ONCE(c->in_brd),
			READ_ONCE(c->in_martian_dst), READ_ONCE(c->in_martian_src), 0,
			READ_ONCE(c->out_slow_tot), READ_ONCE(c->out_slow_mc), 0, 0, 0, 0, 0, 0);
	}
	return 0;
}

static const struct proc_ops rt_cache_ops = { .show = rt_cache_show };
static const struct proc_ops rt_stat_ops = { .show = rt_stat_show };

int route_netlink_init(struct net *net)
{
	if (proc_create(&net->vfs, "/proc/net/rt_cache", 0444, &rt_cache_ops, net) &&
	    proc_create(&net->vfs, "/proc/net/stat/rt_cache", 0444, &rt_stat_ops, net))
		return 0;
	route_netlink_exit(net);
	return -ENOMEM;
}

void route_netlink_exit(struct net *net)
{
	proc_remove_path(&net->vfs, "/proc/net/rt_cache");
	proc_remove_path(&net->vfs, "/proc/net/stat/rt_cache");
}

/* --- net.ipv4.route.* --- */

static int route_flush_proc(struct ctl_call *call)
{
	struct net *net = call->ctx;

	if (call->out)
		return -EINVAL;
	rt_cache_flush(net);
	__atomic_fetch_add(&net->ipv4->fnhe_genid, 1, __ATOMIC_RELEASE);
	return 0;
}

#define ROUTE(name, field, handler, lo, hi, what)                                    \
	{                                                                            \
		.procname = name, CTL_FIELD(struct netns_ipv4, field), .mode = 0644, \
		.proc_handler = handler, .min = (lo), .max = (hi), .doc = what       \
	}

static const struct ctl_table route_table[] = {
	ROUTE("min_pmtu", sysctl_min_pmtu, proc_dointvec_minmax, IPV4_MIN_MTU, INT32_MAX,
	      "lowest path MTU that ICMP is believed"),
	ROUTE("mtu_expires", sysctl_mtu_expires, proc_dointvec_jiffies, 0, 0,
	      "how long a learnt path MTU holds, s"),
	ROUTE("redirect_number", sysctl_redirect_number, proc_dointvec, 0, 0,
	      "redirects to one host before it is left alone"),
	ROUTE("redirect_load", sysctl_redirect_load, proc_dointvec, 0, 0,
	      "least time between two redirects to one host, doubled each time, jiffies"),
	ROUTE("redirect_silence", sysctl_redirect_silence, proc_dointvec, 0, 0,
	      "a host that was quiet so long is told again, jiffies"),
	ROUTE("error_cost", sysctl_error_cost, proc_dointvec, 0, 0,
	      "tokens an unreachable message costs, one a jiffy"),
	ROUTE("error_burst", sysctl_error_burst, proc_dointvec, 0, 0,
	      "most tokens a host can have"),
	{ .procname = "flush",
	  CTL_FIELD(struct netns_ipv4, sysctl_min_pmtu),
	  .mode = 0200,
	  .proc_handler = route_flush_proc,
	  .doc = "write: forget cached routes and what was learnt" },
};

int route_sysctl_init(struct net *net)
{
	struct netns_ipv4 *ipv4 = net->ipv4;
	int hz = (int)net->m.hz;

	ipv4->sysctl_min_pmtu = 552; /* 512 + 20 + 20 */
	ipv4->sysctl_mtu_expires = 600 * hz;
	ipv4->sysctl_redirect_number = 9;
	ipv4->sysctl_redirect_load = hz / 50;
	ipv4->sysctl_redirect_silence = (hz / 50) << 10;
	ipv4->sysctl_error_cost = hz;
	ipv4->sysctl_error_burst = 5 * hz;
	ipv4->rt_sysctl_hdr = register_net_sysctl(&net->vfs, "net/ipv4/route", route_table,
						  ARRAY_SIZE(route_table), ipv4, net);
	return ipv4->rt_sysctl_hdr ? 0 : -ENOMEM;
}

void route_sysctl_exit(struct net *net)
{
	unregister_net_sysctl_table(net->ipv4->rt_sysctl_hdr);
	net->ipv4->rt_sysctl_hdr = NULL;
}
