/* SPDX-License-Identifier: MIT */
/*
 * fib_netlink.c - routes as rtnetlink and the old ioctls know them
 *
 * Theory of operation
 *   Called by: rtnetlink (RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE), the socket layer (SIOCADDRT,
 *   SIOCDELRT), fib_trie.c (rtmsg_fib).
 *   Calls: fib_route_add(), fib_route_del(), fib_table_walk(). RTM_GETROUTE of one destination is
 *   route_netlink.c's.
 *   Owns: nothing. Every attribute is checked here; what lies behind gets a struct fib_config.
 *   Refuses: more than one next hop, encapsulation, next-hop objects, tables other than local and
 *   main, each with a text.
 * Threads: RTNL. Mirrors: net/ipv4/fib_frontend.c, fib_semantics.c.
 */
#include "ipv4/fib.h"

#include <errno.h>
#include <linux/ip.h>
#include <linux/route.h>
#include <linux/sockios.h>

#include "ipv4/route_priv.h"

#define INET_ECN_MASK 3

static int inet_rtm_newroute(struct nl_req *req);
static int inet_rtm_delroute(struct nl_req *req);
static int inet_dump_fib(struct nl_req *req);
static int rtm_to_fib_config(struct nl_req *req, struct fib_config *cfg);
static int get_metrics(const struct nlattr *a, struct fib_config *cfg, struct extack *err);

static const struct nlb_policy rtm_policy[RTA_MAX + 1] = {
	[RTA_DST] = { NLA_U32_T, 4 },	  [RTA_SRC] = { NLA_U32_T, 4 },
	[RTA_IIF] = { NLA_U32_T, 4 },	  [RTA_OIF] = { NLA_U32_T, 4 },
	[RTA_GATEWAY] = { NLA_U32_T, 4 }, [RTA_PRIORITY] = { NLA_U32_T, 4 },
	[RTA_PREFSRC] = { NLA_U32_T, 4 }, [RTA_METRICS] = { NLA_NESTED_T, 0 },
	[RTA_TABLE] = { NLA_U32_T, 4 },
};

static const struct nlb_policy metrics_policy[RTAX_MAX + 1] = {
	[RTAX_LOCK] = { NLA_U32_T, 4 },
	[RTAX_MTU] = { NLA_U32_T, 4 },
	[RTAX_ADVMSS] = { NLA_U32_T, 4 },
	[RTAX_HOPLIMIT] = { NLA_U32_T, 4 },
};

/* --- changes --- */

static int inet_rtm_newroute(struct nl_req *req)
{
	struct fib_config cfg;
	int ret = rtm_to_fib_config(req, &cfg);

	return ret ? ret : fib_route_add(req->net, &cfg, req->err);
}

static int inet_rtm_delroute(struct nl_req *req)
{
	struct fib_config cfg;
	int ret = rtm_to_fib_config(req, &cfg);

	return ret ? ret : fib_route_del(req->net, &cfg, req->err);
}

static uint32_t attr_u32(const struct nlattr *a)
{
	return a ? nlb_get_u32(a) : 0;
}

/* What this house does not have, with the text that says so */
static int refuse_attrs(const struct nlattr **tb, struct extack *err)
{
	if (tb[RTA_MULTIPATH])
		return extack_fail(err, -EOPNOTSUPP,
				   "Multipath routes are not supported: one next hop only");
	if (tb[RTA_ENCAP] || tb[RTA_ENCAP_TYPE])
		return extack_fail(err, -EOPNOTSUPP, "Encapsulation is not supported");
	if (tb[RTA_NH_ID])
		return extack_fail(err, -EINVAL, "Nexthop id does not exist");
	if (tb[RTA_VIA] && tb[RTA_GATEWAY])
		return extack_fail(err, -EINVAL,
				   "Nexthop configuration can not contain both GATEWAY and VIA");
	if (tb[RTA_VIA])
		return extack_fail(err, -EOPNOTSUPP,
				   "Gateways of another family are not supported");
	return 0;
}

static int rtm_to_fib_config(struct nl_req *req, struct fib_config *cfg)
{
	const struct nlattr *tb[RTA_MAX + 1];
	const struct rtmsg *rtm;
	const void *attrs;
	size_t len;
	int ret;

	memset(cfg, 0, sizeof(*cfg));
	rtm = nlb_header(req, sizeof(*rtm), &attrs, &len, req->err);
	if (!rtm)
		return -EINVAL;
	ret = nlb_parse(tb, RTA_MAX, attrs, len, rtm_policy, false, req->err);
	if (!ret && rtm->rtm_tos & INET_ECN_MASK)
		ret = extack_fail(req->err, -EINVAL, "Invalid dsfield (tos): ECN bits must be 0");
	if (!ret && rtm->rtm_type > RTN_MAX)
		ret = extack_fail(req->err, -EINVAL, "Invalid route type");
	if (!ret)
		ret = refuse_attrs(tb, req->err);
	if (!ret && tb[RTA_METRICS])
		ret = get_metrics(tb[RTA_METRICS], cfg, req->err);
	if (ret)
		return ret;
	cfg->fc_dst_len = rtm->rtm_dst_len;
	cfg->fc_tos = rtm->rtm_tos;
	cfg->fc_table = tb[RTA_TABLE] ? nlb_get_u32(tb[RTA_TABLE]) : rtm->rtm_table;
	cfg->fc_protocol = rtm->rtm_protocol;
	cfg->fc_scope = rtm->rtm_scope;
	cfg->fc_type = rtm->rtm_type;
	cfg->fc_flags = rtm->rtm_flags;
	cfg->fc_nlflags = req->nlh->nlmsg_flags;
	cfg->fc_portid = req->client->portid;
	cfg->fc_seq = req->nlh->nlmsg_seq;
	cfg->fc_dst = (__be32)attr_u32(tb[RTA_DST]);
	cfg->fc_oif = (int)attr_u32(tb[RTA_OIF]);
	cfg->fc_gw = (__be32)attr_u32(tb[RTA_GATEWAY]);
	cfg->fc_priority = attr_u32(tb[RTA_PRIORITY]);
	cfg->fc_prefsrc = (__be32)attr_u32(tb[RTA_PREFSRC]);
	if (!cfg->fc_table)
		cfg->fc_table = RT_TABLE_MAIN;
	return 0;
}

static int get_metrics(const struct nlattr *a, struct fib_config *cfg, struct extack *err)
{
	const struct nlattr *tb[RTAX_MAX + 1];
	int ret = nlb_parse(tb, RTAX_MAX, nlb_data(a), (size_t)nlb_len(a), metrics_policy, false,
			    err);

	if (ret)
		return ret;
	cfg->fc_mtu = attr_u32(tb[RTAX_MTU]);
	cfg->fc_advmss = attr_u32(tb[RTAX_ADVMSS]);
	cfg->fc_hoplimit = attr_u32(tb[RTAX_HOPLIMIT]);
	cfg->fc_mtu_lock = attr_u32(tb[RTAX_LOCK]) & 1u << RTAX_MTU;
	return 0;
}

/* --- show --- */

struct fib_dump {
	struct nl_req *req;
	struct fib_config id; /* port and sequence number */
	struct rtmsg filter;
	uint32_t table;
	int oif;
};

static int dump_alias(struct fib_table *tb, __be32 prefix, unsigned plen,
		      const struct fib_alias *fa, void *arg)
{
	struct fib_dump *d = arg;

	(void)tb;
	if ((d->filter.rtm_protocol && d->filter.rtm_protocol != fa->fa_info->fib_protocol) ||
	    (d->filter.rtm_type && d->filter.rtm_type != fa->fa_type) ||
	    (d->oif && d->oif != fa->fa_info->fib_nh.nh_oif))
		return 0;
	return fib_dump_info(d->req->out, &d->id, RTM_NEWROUTE, NLM_F_MULTI, prefix, plen, fa);
}

/* A strict program says which routes it wants. */
static int dump_filter(struct fib_dump *d)
{
	const struct nlattr *tb[RTA_MAX + 1];
	struct nl_req *req = d->req;
	const struct rtmsg *rtm;
	const void *attrs;
	size_t len;
	int ret;

	rtm = nlb_header(req, sizeof(*rtm), &attrs, &len, req->err);
	if (!rtm)
		return -EINVAL;
	if (rtm->rtm_dst_len || rtm->rtm_src_len || rtm->rtm_tos || rtm->rtm_scope)
		return extack_fail(req->err, -EINVAL,
				   "Invalid values in header for FIB dump request");
	if (rtm->rtm_flags & ~(unsigned)(RTM_F_CLONED | RTM_F_PREFIX))
		return extack_fail(req->err, -EINVAL, "Invalid flags for FIB dump request");
	ret = nlb_parse(tb, RTA_MAX, attrs, len, rtm_policy, true, req->err);
	if (ret)
		return ret;
	d->filter = *rtm;
	d->table = tb[RTA_TABLE] ? nlb_get_u32(tb[RTA_TABLE]) : rtm->rtm_table;
	d->oif = (int)attr_u32(tb[RTA_OIF]);
	if (d->oif && !__dev_get_by_index(req->net, d->oif))
		return -ENODEV;
	if (d->table && !fib_get_table(req->net, d->table))
		return extack_fail(req->err, -ENOENT, "ipv4: FIB table does not exist");
	return 0;
}

static int inet_dump_fib(struct nl_req *req)
{
	struct fib_dump d = { .req = req,
			      .id = { .fc_portid = req->client->portid,
				      .fc_seq = req->nlh->nlmsg_seq } };
	int ret = req->client->strict ? dump_filter(&d) : 0;

	if (ret)
		return ret;
	if (req->nlh->nlmsg_len >= NLMSG_LENGTH(sizeof(struct rtmsg)) &&
	    ((const struct rtmsg *)NLMSG_DATA(req->nlh))->rtm_flags & RTM_F_CLONED)
		return 0; /* there has been no route cache for long */
	if (!d.table || d.table == RT_TABLE_MAIN)
		ret = fib_table_walk(req->net->ipv4->fib_main, dump_alias, &d);
	if (!ret && (!d.table || d.table == RT_TABLE_LOCAL))
		ret = fib_table_walk(req->net->ipv4->fib_local, dump_alias, &d);
	return ret;
}

static unsigned nh_shown_flags(const struct fib_nh *nh)
{
	unsigned flags = nh->nh_flags & (RTNH_F_ONLINK | RTNH_F_DEAD | RTNH_F_LINKDOWN);
	const struct in_device *in_dev = nh->nh_dev ? __in_dev_get_rtnl(nh->nh_dev) : NULL;

	if (flags & RTNH_F_LINKDOWN && in_dev && IN_DEV_IGNORE_ROUTES_WITH_LINKDOWN(in_dev))
		flags |= RTNH_F_DEAD;
	return flags;
}

static void put_metrics(struct nl_buf *b, const struct fib_info *fi)
{
	size_t nest;

	if (!fi->fib_mtu && !fi->fib_advmss && !fi->fib_hoplimit && !fi->fib_mtu_lock)
		return;
	nest = nlb_nest_start(b, RTA_METRICS);
	if (fi->fib_mtu_lock)
		nlb_put_u32(b, RTAX_LOCK, 1u << RTAX_MTU);
	if (fi->fib_mtu)
		nlb_put_u32(b, RTAX_MTU, fi->fib_mtu);
	if (fi->fib_advmss)
		nlb_put_u32(b, RTAX_ADVMSS, fi->fib_advmss);
	if (fi->fib_hoplimit)
		nlb_put_u32(b, RTAX_HOPLIMIT, fi->fib_hoplimit);
	nlb_nest_end(b, nest);
}

int fib_dump_info(struct nl_buf *b, const struct fib_config *cfg, int event, unsigned flags,
		  __be32 prefix, unsigned plen, const struct fib_alias *fa)
{
	const struct fib_info *fi = fa->fa_info;
	struct rtmsg *rtm =
		nlb_msg(b, cfg->fc_portid, cfg->fc_seq, event, sizeof(*rtm), (int)flags);

	if (!rtm)
		return -EMSGSIZE;
	rtm->rtm_family = AF_INET;
	rtm->rtm_dst_len = (unsigned char)plen;
	rtm->rtm_tos = fa->fa_tos;
	rtm->rtm_table = (unsigned char)fa->tb_id;
	rtm->rtm_type = fa->fa_type;
	rtm->rtm_flags =
		(fi->fib_flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN)) | nh_shown_flags(&fi->fib_nh);
	rtm->rtm_scope = fi->fib_scope;
	rtm->rtm_protocol = fi->fib_protocol;
	nlb_put_u32(b, RTA_TABLE, fa->tb_id);
	if (plen)
		nlb_put_be32(b, RTA_DST, prefix);
	if (fi->fib_priority)
		nlb_put_u32(b, RTA_PRIORITY, fi->fib_priority);
	put_metrics(b, fi);
	if (fi->fib_prefsrc)
		nlb_put_be32(b, RTA_PREFSRC, fi->fib_prefsrc);
	if (fi->fib_nh.nh_gw)
		nlb_put_be32(b, RTA_GATEWAY, fi->fib_nh.nh_gw);
	if (fi->fib_nh.nh_dev)
		nlb_put_u32(b, RTA_OIF, (uint32_t)fi->fib_nh.nh_oif);
	nlb_msg_end(b);
	return b->error ? -EMSGSIZE : 0;
}

void rtmsg_fib(int event, struct net *net, const struct fib_config *cfg, __be32 prefix,
	       unsigned plen, const struct fib_alias *fa)
{
	unsigned flags = event == RTM_NEWROUTE ? cfg->fc_nlflags : 0;
	struct nl_buf b;

	nl_buf_init(&b, net);
	if (!fib_dump_info(&b, cfg, event, flags, prefix, plen, fa))
		rtnl_notify(net, &b, RTMGRP_IPV4_ROUTE, NULL);
	nl_buf_free(&b);
}

/* --- SIOCADDRT, SIOCDELRT: struct rtentry --- */

static __be32 sin_addr(const struct sockaddr *sa)
{
	__be32 addr;

	memcpy(&addr, sa->sa_data + 2, sizeof(addr));
	return addr;
}

/*
 * The device of an rtentry; a label ("eth0:1") names the preferred source too. @name: where the
 * string lies, checked by the caller
 */
static int rtentry_device(struct net *net, const char *name, struct fib_config *cfg)
{
	char devname[IFNAMSIZ] = "";
	struct net_device *dev;
	struct in_ifaddr *ifa = NULL;

	memcpy(devname, name, strcspn(name, ":"));
	dev = __dev_get_by_name(net, devname);
	if (!dev)
		return -ENODEV;
	cfg->fc_oif = dev->ifindex;
	if (!strchr(name, ':'))
		return 0;
	if (!__in_dev_get_rtnl(dev))
		return -ENODEV;
	for (ifa = __in_dev_get_rtnl(dev)->ifa_list; ifa; ifa = ifa->ifa_next)
		if (!strcmp(ifa->ifa_label, name))
			break;
	if (!ifa)
		return -ENODEV;
	cfg->fc_prefsrc = ifa->ifa_local;
	return 0;
}

static int rtentry_to_fib_config(struct net *net, unsigned cmd, struct rtentry *rt,
				 struct fib_config *cfg)
{
	__be32 addr = sin_addr(&rt->rt_dst), mask = sin_addr(&rt->rt_genmask);
	int plen = 32, ret = 0;

	memset(cfg, 0, sizeof(*cfg));
	if (rt->rt_dst.sa_family != AF_INET)
		return -EAFNOSUPPORT;
	if (!(rt->rt_flags & RTF_HOST)) {
		if (rt->rt_genmask.sa_family != AF_INET && (mask || rt->rt_genmask.sa_family))
			return -EAFNOSUPPORT;
		if (bad_mask(mask, addr))
			return -EINVAL;
		plen = inet_mask_len(mask);
	}
	cfg->fc_dst_len = (uint8_t)plen;
	cfg->fc_dst = addr;
	cfg->fc_table = RT_TABLE_MAIN;
	if (cmd != SIOCDELRT) {
		cfg->fc_nlflags = NLM_F_CREATE;
		cfg->fc_protocol = RTPROT_BOOT;
	}
	if (rt->rt_metric)
		cfg->fc_priority = (uint32_t)rt->rt_metric - 1;
	if (rt->rt_flags & RTF_REJECT) {
		cfg->fc_scope = RT_SCOPE_HOST;
		cfg->fc_type = RTN_UNREACHABLE;
		return 0;
	}
	cfg->fc_scope = RT_SCOPE_NOWHERE;
	cfg->fc_type = RTN_UNICAST;
	if (rt->rt_dev)
		ret = rtentry_device(net, rt->rt_dev, cfg);
	if (ret)
		return ret;
	if (rt->rt_gateway.sa_family == AF_INET && sin_addr(&rt->rt_gateway)) {
		cfg->fc_gw = sin_addr(&rt->rt_gateway);
		if (rt->rt_flags & RTF_GATEWAY && inet_addr_type(net, cfg->fc_gw) == RTN_UNICAST)
			cfg->fc_scope = RT_SCOPE_UNIVERSE;
	}
	if (cmd == SIOCDELRT)
		return 0;
	if (rt->rt_flags & RTF_GATEWAY && !cfg->fc_gw)
		return -EINVAL;
	if (cfg->fc_scope == RT_SCOPE_NOWHERE)
		cfg->fc_scope = RT_SCOPE_LINK;
	if (rt->rt_flags & RTF_MTU)
		cfg->fc_mtu = cfg->fc_advmss = (uint32_t)rt->rt_mtu - 40;
	return 0;
}

int ip_rt_ioctl(struct net *net, unsigned cmd, struct rtentry *rt, bool admin)
{
	struct fib_config cfg;
	int ret;

	if (cmd != SIOCADDRT && cmd != SIOCDELRT)
		return -EINVAL;
	if (!admin)
		return -EPERM;
	ret = rtentry_to_fib_config(net, cmd, rt, &cfg);
	if (ret)
		return ret;
	return cmd == SIOCADDRT ? fib_route_add(net, &cfg, NULL) : fib_route_del(net, &cfg, NULL);
}

static const struct rtnl_handler handlers[] = {
	{ RTM_NEWROUTE, AF_INET, inet_rtm_newroute, NULL },
	{ RTM_DELROUTE, AF_INET, inet_rtm_delroute, NULL },
	{ RTM_GETROUTE, AF_INET, inet_rtm_getroute, inet_dump_fib },
};

int fib_netlink_init(struct net *net)
{
	return rtnl_register(net, handlers, ARRAY_SIZE(handlers));
}
