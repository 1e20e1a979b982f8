/* SPDX-License-Identifier: MIT */
/*
 * rtnl_link.c - devices over rtnetlink: RTM_GETLINK, RTM_NEWLINK, RTM_SETLINK, RTM_DELLINK
 *
 * Called by rtnetlink.c; calls the device registry (core/dev.h), and for new devices the driver
 * that registered its kind.
 * Owns: nothing. Threads: RTNL.
 * Refuses: as Linux: ENODEV for what is not there, EEXIST with NLM_F_EXCL, EOPNOTSUPP for kinds and
 * attributes that nobody knows.
 * Mirrors: net/core/rtnetlink.c.
 */
#include <errno.h>
#include <stdio.h>

#include "core/rtnl_impl.h"

static int rtnl_getlink(struct nl_req *req);
static int rtnl_dumplink(struct nl_req *req);
static int rtnl_newlink(struct nl_req *req);
static int rtnl_setlink(struct nl_req *req);
static int rtnl_dellink(struct nl_req *req);
static const struct ifinfomsg *link_parse(struct nl_req *req, const struct nlattr **tb);
static struct net_device *link_find(struct nl_req *req, const struct ifinfomsg *ifm,
				    const struct nlattr **tb);
static int link_create(struct nl_req *req, const struct ifinfomsg *ifm, const struct nlattr **tb,
		       const struct nlattr **info);
static void link_pick_name(struct net *net, const char *kind, char *name);
static int link_set(struct nl_req *req, struct net_device *dev, const struct ifinfomsg *ifm,
		    const struct nlattr **tb);
static int link_set_addr(struct net_device *dev, const struct nlattr *a, bool broadcast,
			 struct extack *err);
static struct rtnl_link_ops *link_ops_of(const struct net *net, const char *kind);
static notrace void link_fill(struct nl_buf *b, struct net_device *dev, uint32_t portid, uint32_t seq,
		      int type, int flags, unsigned change);
static void link_fill_stats(struct nl_buf *b, const struct net_device *dev);

static const struct nlb_policy link_policy[IFLA_MAX + 1] = {
	[IFLA_ADDRESS] = { NLA_BINARY_T, MAX_ADDR_LEN },
	[IFLA_BROADCAST] = { NLA_BINARY_T, MAX_ADDR_LEN },
	[IFLA_IFNAME] = { NLA_STRING_T, IFNAMSIZ - 1 },
	[IFLA_MTU] = { NLA_U32_T, 4 },
	[IFLA_LINK] = { NLA_U32_T, 4 },
	[IFLA_MASTER] = { NLA_U32_T, 4 },
	[IFLA_TXQLEN] = { NLA_U32_T, 4 },
	[IFLA_OPERSTATE] = { NLA_U8_T, 1 },
	[IFLA_LINKMODE] = { NLA_U8_T, 1 },
	[IFLA_LINKINFO] = { NLA_NESTED_T, 0 },
	[IFLA_IFALIAS] = { NLA_STRING_T, 255 },
	[IFLA_EXT_MASK] = { NLA_U32_T, 4 },
	[IFLA_ALT_IFNAME] = { NLA_STRING_T, 127 },
	[IFLA_PROMISCUITY] = { NLA_U32_T, 4 },
	[IFLA_NUM_TX_QUEUES] = { NLA_U32_T, 4 },
	[IFLA_NUM_RX_QUEUES] = { NLA_U32_T, 4 },
	[IFLA_CARRIER] = { NLA_U8_T, 1 },
};

static const struct nlb_policy info_policy[IFLA_INFO_MAX + 1] = {
	[IFLA_INFO_KIND] = { NLA_STRING_T, 31 },
	[IFLA_INFO_DATA] = { NLA_BINARY_T, 512 },
};

/* --- get --- */

static int rtnl_getlink(struct nl_req *req)
{
	const struct nlattr *tb[IFLA_MAX + 1];
	const struct ifinfomsg *ifm = link_parse(req, tb);
	struct net_device *dev;

	if (!ifm)
		return -EINVAL;
	if (ifm->ifi_index <= 0 && !tb[IFLA_IFNAME] && !tb[IFLA_ALT_IFNAME])
		return extack_fail(req->err, -EINVAL, "neither index nor name of a device given");
	dev = link_find(req, ifm, tb);
	if (!dev)
		return -ENODEV;
	link_fill(req->out, dev, req->client->portid, req->nlh->nlmsg_seq, RTM_NEWLINK, 0, 0);
	return 0;
}

static int rtnl_dumplink(struct nl_req *req)
{
	struct net_device *dev;

	for_each_netdev(req->net, dev)
		link_fill(req->out, dev, req->client->portid, req->nlh->nlmsg_seq, RTM_NEWLINK,
			  NLM_F_MULTI, 0);
	return 0;
}

static const struct ifinfomsg *link_parse(struct nl_req *req, const struct nlattr **tb)
{
	const struct ifinfomsg *ifm;
	const void *attrs;
	size_t len;

	ifm = nlb_header(req, sizeof(*ifm), &attrs, &len, req->err);
	if (!ifm || nlb_parse(tb, IFLA_MAX, attrs, len, link_policy, false, req->err))
		return NULL;
	return ifm;
}

static struct net_device *link_find(struct nl_req *req, const struct ifinfomsg *ifm,
				    const struct nlattr **tb)
{
	const struct nlattr *a = tb[IFLA_IFNAME] ? tb[IFLA_IFNAME] : tb[IFLA_ALT_IFNAME];
	char name[IFNAMSIZ];

	if (ifm->ifi_index > 0)
		return __dev_get_by_index(req->net, ifm->ifi_index);
	if (a && nlb_get_string(a, name, sizeof(name)) > 0)
		return __dev_get_by_name(req->net, name);
	return NULL;
}

/* --- change --- */

static int rtnl_newlink(struct nl_req *req)
{
	const struct nlattr *tb[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1] = { NULL };
	const struct ifinfomsg *ifm = link_parse(req, tb);
	struct net_device *dev;
	int ret;

	if (!ifm)
		return -EINVAL;
	if (tb[IFLA_LINKINFO]) {
		ret = nlb_parse(info, IFLA_INFO_MAX, nlb_data(tb[IFLA_LINKINFO]),
				       (size_t)nlb_len(tb[IFLA_LINKINFO]), info_policy, false,
				       req->err);
		if (ret)
			return ret;
	}
	if (ifm->ifi_index < 0)
		return extack_fail(req->err, -EINVAL, "index %d of a device", ifm->ifi_index);
	dev = link_find(req, ifm, tb);
	if (dev) {
		if (req->nlh->nlmsg_flags & NLM_F_EXCL)
			return extack_fail(req->err, -EEXIST, "device %s exists", dev->name);
		if (req->nlh->nlmsg_flags & NLM_F_REPLACE)
			return -EOPNOTSUPP;
		if (info[IFLA_INFO_DATA])
			return extack_fail(req->err, -EOPNOTSUPP,
					   "what a device was made with cannot be changed");
		return link_set(req, dev, ifm, tb);
	}
	if (!(req->nlh->nlmsg_flags & NLM_F_CREATE))
		return -ENODEV;
	return link_create(req, ifm, tb, info);
}

static int rtnl_setlink(struct nl_req *req)
{
	const struct nlattr *tb[IFLA_MAX + 1];
	const struct ifinfomsg *ifm = link_parse(req, tb);
	struct net_device *dev;

	if (!ifm)
		return -EINVAL;
	if (ifm->ifi_index <= 0 && !tb[IFLA_IFNAME])
		return -EINVAL;
	dev = link_find(req, ifm, tb);
	return dev ? link_set(req, dev, ifm, tb) : -ENODEV;
}

static int link_create(struct nl_req *req, const struct ifinfomsg *ifm, const struct nlattr **tb,
		       const struct nlattr **info)
{
	char kind[32], name[IFNAMSIZ] = "", spec[513] = "";
	struct rtnl_link_ops *ops;
	struct net_device *dev;
	int ret;

	if (ifm->ifi_index)
		return extack_fail(req->err, -EOPNOTSUPP, "the index of a device cannot be chosen");
	if (!info[IFLA_INFO_KIND] ||
	    nlb_get_string(info[IFLA_INFO_KIND], kind, sizeof(kind)) <= 0)
		return extack_fail(req->err, -EOPNOTSUPP, "no kind of device given");
	ops = link_ops_of(req->net, kind);
	if (!ops || !ops->newlink)
		return extack_fail(req->err, -EOPNOTSUPP, "unknown kind of device: %s", kind);
	if (info[IFLA_INFO_DATA])
		nlb_get_string(info[IFLA_INFO_DATA], spec, sizeof(spec));
	if (tb[IFLA_IFNAME])
		nlb_get_string(tb[IFLA_IFNAME], name, sizeof(name));
	else
		link_pick_name(req->net, kind, name);
	if (!dev_valid_name(name))
		return extack_fail(req->err, -EINVAL, "bad name of a device: %s", name);
	ret = ops->newlink(req->net, name, spec, req->err);
	if (ret)
		return ret;
	dev = __dev_get_by_name(req->net, name);
	ret = dev ? link_set(req, dev, ifm, tb) : 0;
	if (ret && ops->dellink)
		ops->dellink(dev);
	return ret;
}

/* The first free of tap0, tap1, ...; "" when there is none. */
static void link_pick_name(struct net *net, const char *kind, char *name)
{
	char wish[48];

	for (unsigned i = 0; i < 4096; i++) {
		int len = snprintf(wish, sizeof(wish), "%s%u", kind, i);

		if (len < IFNAMSIZ && !__dev_get_by_name(net, wish)) {
			memcpy(name, wish, (size_t)len + 1);
			return;
		}
	}
}

static int rtnl_dellink(struct nl_req *req)
{
	const struct nlattr *tb[IFLA_MAX + 1];
	const struct ifinfomsg *ifm = link_parse(req, tb);
	struct rtnl_link_ops *ops;
	struct net_device *dev;

	if (!ifm)
		return -EINVAL;
	if (ifm->ifi_index <= 0 && !tb[IFLA_IFNAME] && !tb[IFLA_ALT_IFNAME])
		return -EINVAL;
	dev = link_find(req, ifm, tb);
	if (!dev)
		return -ENODEV;
	ops = dev->driver ? link_ops_of(req->net, dev->driver) : NULL;
	if (!ops || !ops->dellink)
		return extack_fail(req->err, -EOPNOTSUPP, "%s cannot be deleted", dev->name);
	ops->dellink(dev);
	return 0;
}

static int link_set(struct nl_req *req, struct net_device *dev, const struct ifinfomsg *ifm,
		    const struct nlattr **tb)
{
	char name[IFNAMSIZ];
	unsigned flags;
	int ret = 0;

	if (tb[IFLA_MASTER] && nlb_get_u32(tb[IFLA_MASTER]))
		return extack_fail(req->err, -EOPNOTSUPP, "devices have no master here");
	if (tb[IFLA_CARRIER] || tb[IFLA_OPERSTATE] || tb[IFLA_LINKMODE])
		return extack_fail(req->err, -EOPNOTSUPP, "the driver rules the carrier");
	if (tb[IFLA_ADDRESS])
		ret = link_set_addr(dev, tb[IFLA_ADDRESS], false, req->err);
	if (!ret && tb[IFLA_BROADCAST])
		ret = link_set_addr(dev, tb[IFLA_BROADCAST], true, req->err);
	if (!ret && tb[IFLA_MTU])
		ret = dev_set_mtu(dev, (int)nlb_get_u32(tb[IFLA_MTU]), req->err);
	if (!ret && ifm->ifi_index > 0 && tb[IFLA_IFNAME] &&
	    nlb_get_string(tb[IFLA_IFNAME], name, sizeof(name)) > 0 && strcmp(name, dev->name))
		ret = dev_change_name(dev, name, req->err);
	if (!ret && tb[IFLA_TXQLEN])
		ret = dev_change_tx_queue_len(dev, nlb_get_u32(tb[IFLA_TXQLEN]), req->err);
	if (!ret && (ifm->ifi_flags || ifm->ifi_change)) {
		flags = ifm->ifi_flags;
		if (ifm->ifi_change)
			flags = (flags & ifm->ifi_change) | (dev_get_flags(dev) & ~ifm->ifi_change);
		ret = dev_change_flags(dev, flags, req->err);
	}
	return ret;
}

static int link_set_addr(struct net_device *dev, const struct nlattr *a, bool broadcast,
			 struct extack *err)
{
	if (nlb_len(a) != dev->addr_len)
		return extack_fail(err, -EINVAL, "a link-layer address of %s has %d bytes",
				   dev->name, dev->addr_len);
	if (!broadcast)
		return dev_set_mac_address(dev, nlb_data(a), err);
	memcpy(dev->broadcast, nlb_data(a), dev->addr_len);
	rtmsg_ifinfo(RTM_NEWLINK, dev, 0);
	return 0;
}

void rtnl_link_register(struct net *net, struct rtnl_link_ops *ops)
{
	list_add_tail(&ops->list, &net->rtnl->link_ops);
}

static struct rtnl_link_ops *link_ops_of(const struct net *net, const char *kind)
{
	struct rtnl_link_ops *ops;

	list_for_each_entry(ops, &net->rtnl->link_ops, list)
		if (!strcmp(ops->kind, kind))
			return ops;
	return NULL;
}

/* --- messages --- */

static void link_fill(struct nl_buf *b, struct net_device *dev, uint32_t portid, uint32_t seq,
		      int type, int flags, unsigned change)
{
	const struct sched_ops *sched = dev_net(dev)->sched;
	struct ifinfomsg *ifm = nlb_msg(b, portid, seq, type, sizeof(*ifm), flags);
	bool running = netif_running(dev);
	size_t nest;

	if (!ifm)
		return;
	ifm->ifi_family = AF_UNSPEC;
	ifm->ifi_type = dev->type;
	ifm->ifi_index = dev->ifindex;
	ifm->ifi_flags = dev_get_flags(dev);
	ifm->ifi_change = change;
	nlb_put_string(b, IFLA_IFNAME, dev->name);
	nlb_put_u32(b, IFLA_TXQLEN, dev->tx_queue_len);
	nlb_put_u8(b, IFLA_OPERSTATE, running ? dev->operstate : 2 /* IF_OPER_DOWN */);
	nlb_put_u8(b, IFLA_LINKMODE, 0);
	nlb_put_u32(b, IFLA_MTU, READ_ONCE(dev->mtu));
	nlb_put_u32(b, IFLA_MIN_MTU, dev->min_mtu);
	nlb_put_u32(b, IFLA_MAX_MTU, dev->max_mtu);
	nlb_put_u32(b, IFLA_GROUP, 0);
	nlb_put_u32(b, IFLA_PROMISCUITY, dev->promiscuity);
	nlb_put_u32(b, IFLA_NUM_TX_QUEUES, dev->num_tx_queues);
	nlb_put_u32(b, IFLA_NUM_RX_QUEUES, dev->num_rx_queues);
	nlb_put_u8(b, IFLA_CARRIER, netif_carrier_ok(dev));
	nlb_put_string(b, IFLA_QDISC, sched && sched->id && dev->qdisc ? sched->id(dev->qdisc)
								       : "noop");
	nlb_put_u32(b, IFLA_CARRIER_CHANGES, (uint32_t)dev->carrier_changes);
	if (dev->addr_len) {
		nlb_put(b, IFLA_ADDRESS, dev->addr_len, dev->dev_addr);
		nlb_put(b, IFLA_BROADCAST, dev->addr_len, dev->broadcast);
	}
	link_fill_stats(b, dev);
	if (dev->driver && !(dev->flags & IFF_LOOPBACK)) {
		nest = nlb_nest_start(b, IFLA_LINKINFO);
		nlb_put_string(b, IFLA_INFO_KIND, dev->driver);
		nlb_nest_end(b, nest);
	}
	nlb_msg_end(b);
}

/* Both forms have the members of struct net_device_stats in its order. */
static void link_fill_stats(struct nl_buf *b, const struct net_device *dev)
{
	enum { WORDS = sizeof(struct net_device_stats) / sizeof(uint64_t) };
	union {
		struct net_device_stats s;
		uint64_t word[WORDS];
	} st;
	struct rtnl_link_stats64 st64;
	uint32_t st32[sizeof(struct rtnl_link_stats) / sizeof(uint32_t)];

	_Static_assert(sizeof(st64) >= sizeof(st) && sizeof(st32) == WORDS * sizeof(uint32_t),
		       "the same members");
	memset(&st64, 0, sizeof(st64));
	dev_get_stats(dev, &st.s);
	memcpy(&st64, &st, sizeof(st));
	for (int i = 0; i < WORDS; i++)
		st32[i] = (uint32_t)st.word[i];
	nlb_put(b, IFLA_STATS64, sizeof(st64), &st64);
	nlb_put(b, IFLA_STATS, sizeof(st32), st32);
}

void rtmsg_ifinfo(int type, struct net_device *dev, unsigned change)
{
	struct net *net = dev_net(dev);
	struct nl_buf b;

	if (list_empty(&net->rtnl_groups))
		return;
	nl_buf_init(&b, net);
	link_fill(&b, dev, 0, 0, type, 0, change);
	rtnl_notify(net, &b, RTMGRP_LINK, NULL);
	nl_buf_free(&b);
}

static int link_event(struct netdev_notifier *nb, enum netdev_event event, struct net_device *dev)
{
	(void)nb;
	switch (event) {
	case NETDEV_PRE_UP:
	case NETDEV_GOING_DOWN:
		break;
	case NETDEV_UP:
	case NETDEV_DOWN:
		rtmsg_ifinfo(RTM_NEWLINK, dev, IFF_UP);
		break;
	case NETDEV_REGISTER:
		rtmsg_ifinfo(RTM_NEWLINK, dev, ~0u);
		break;
	case NETDEV_UNREGISTER:
		rtmsg_ifinfo(RTM_DELLINK, dev, ~0u);
		break;
	default:
		rtmsg_ifinfo(RTM_NEWLINK, dev, 0);
	}
	return 0;
}

static const struct rtnl_handler link_handlers[] = {
	{ .type = RTM_GETLINK, .doit = rtnl_getlink, .dumpit = rtnl_dumplink },
	{ .type = RTM_NEWLINK, .doit = rtnl_newlink },
	{ .type = RTM_SETLINK, .doit = rtnl_setlink },
	{ .type = RTM_DELLINK, .doit = rtnl_dellink },
};

int rtnl_link_init(struct net *net)
{
	int err = rtnl_register(net, link_handlers, ARRAY_SIZE(link_handlers));

	if (err)
		return err;
	net->rtnl->netdev_nb.call = link_event;
	register_netdevice_notifier(net, &net->rtnl->netdev_nb);
	return 0;
}

void rtnl_link_exit(struct net *net)
{
	if (net->rtnl->netdev_nb.call)
		unregister_netdevice_notifier(net, &net->rtnl->netdev_nb);
}
