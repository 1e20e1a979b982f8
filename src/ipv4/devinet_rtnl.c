/* SPDX-License-Identifier: MIT */
/*
 * devinet_rtnl.c - addresses as rtnetlink and the old ioctls know them
 *
 * Theory of operation
 *   Called by: rtnetlink (RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR), the socket layer (SIOC*IF*),
 *   devinet.c (rtmsg_ifa). Calls: devinet.c.
 *   Owns: nothing.
 *   Refuses: what Linux refuses, with its texts; addresses with a finite lifetime (nothing here
 *   counts them down).
 * Threads: RTNL. Mirrors: net/ipv4/devinet.c.
 */
#include <errno.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <linux/sockios.h>

#include "ipv4/inetdevice.h"

#define USER_HZ 100

static int inet_rtm_newaddr(struct nl_req *req);
static int inet_rtm_deladdr(struct nl_req *req);
static int inet_dump_ifaddr(struct nl_req *req);
static void inet_fill_ifaddr(struct nl_buf *b, const struct in_ifaddr *ifa, int event,
			     const uint32_t id[2], int flags);

static const struct nlb_policy ifa_policy[IFA_MAX + 1] = {
	[IFA_LOCAL] = { NLA_U32_T, 4 },
	[IFA_ADDRESS] = { NLA_U32_T, 4 },
	[IFA_BROADCAST] = { NLA_U32_T, 4 },
	[IFA_LABEL] = { NLA_STRING_T, IFNAMSIZ - 1 },
	[IFA_CACHEINFO] = { NLA_BINARY_T, sizeof(struct ifa_cacheinfo) },
	[IFA_FLAGS] = { NLA_U32_T, 4 },
	[IFA_RT_PRIORITY] = { NLA_U32_T, 4 },
};

static __be32 nla_get_be32_of(const struct nlattr *a)
{
	return (__be32)nlb_get_u32(a);
}

static int ifa_parse(struct nl_req *req, const struct ifaddrmsg **ret_ifm, const struct nlattr **tb)
{
	const void *attrs;
	size_t len;

	*ret_ifm = nlb_header(req, sizeof(**ret_ifm), &attrs, &len, req->err);
	if (!*ret_ifm)
		return -EINVAL;
	return nlb_parse(tb, IFA_MAX, attrs, len, ifa_policy, false, req->err);
}

/* --- new --- */

static int check_lifetime(const struct nlattr *a, struct extack *err)
{
	struct ifa_cacheinfo ci;

	if (!a)
		return 0;
	if (nlb_len(a) < (int)sizeof(ci))
		return extack_fail(err, -EINVAL, "ipv4: address lifetime invalid");
	memcpy(&ci, nlb_data(a), sizeof(ci));
	if (!ci.ifa_valid || ci.ifa_prefered > ci.ifa_valid)
		return extack_fail(err, -EINVAL, "ipv4: address lifetime invalid");
	if (ci.ifa_valid != INFINITY_LIFE_TIME || ci.ifa_prefered != INFINITY_LIFE_TIME)
		return extack_fail(err, -EOPNOTSUPP, "ipv4: addresses live for ever here");
	return 0;
}

/* The address that a request describes, not yet anywhere; NULL with *ret */
static struct in_ifaddr *rtm_to_ifaddr(struct nl_req *req, int *ret)
{
	const struct nlattr *tb[IFA_MAX + 1];
	const struct ifaddrmsg *ifm;
	struct in_device *in_dev;
	struct net_device *dev;
	struct in_ifaddr *ifa;

	*ret = ifa_parse(req, &ifm, tb);
	if (*ret)
		return NULL;
	*ret = -EINVAL;
	if (ifm->ifa_prefixlen > 32) {
		NL_SET_ERR_MSG(req->err, "ipv4: Invalid prefix length");
		return NULL;
	}
	if (!tb[IFA_LOCAL]) {
		NL_SET_ERR_MSG(req->err, "ipv4: Local address is not supplied");
		return NULL;
	}
	dev = __dev_get_by_index(req->net, (int)ifm->ifa_index);
	if (!dev) {
		*ret = extack_fail(req->err, -ENODEV, "ipv4: Device not found");
		return NULL;
	}
	*ret = check_lifetime(tb[IFA_CACHEINFO], req->err);
	if (*ret)
		return NULL;
	in_dev = __in_dev_get_rtnl(dev);
	ifa = in_dev ? inet_alloc_ifa(in_dev) : NULL;
	if (!ifa) {
		*ret = -ENOBUFS;
		return NULL;
	}
	ipv4_devconf_setall(in_dev);
	ifa->ifa_prefixlen = ifm->ifa_prefixlen;
	ifa->ifa_mask = inet_make_mask(ifm->ifa_prefixlen);
	ifa->ifa_flags = tb[IFA_FLAGS] ? nlb_get_u32(tb[IFA_FLAGS]) : ifm->ifa_flags;
	ifa->ifa_flags |= IFA_F_PERMANENT;
	ifa->ifa_scope = ifm->ifa_scope;
	ifa->ifa_local = nla_get_be32_of(tb[IFA_LOCAL]);
	ifa->ifa_address = tb[IFA_ADDRESS] ? nla_get_be32_of(tb[IFA_ADDRESS]) : ifa->ifa_local;
	if (tb[IFA_BROADCAST])
		ifa->ifa_broadcast = nla_get_be32_of(tb[IFA_BROADCAST]);
	if (!tb[IFA_LABEL] || nlb_get_string(tb[IFA_LABEL], ifa->ifa_label, IFNAMSIZ) < 0)
		memcpy(ifa->ifa_label, dev->name, IFNAMSIZ);
	if (tb[IFA_RT_PRIORITY])
		ifa->ifa_rt_priority = nlb_get_u32(tb[IFA_RT_PRIORITY]);
	return ifa;
}

static struct in_ifaddr *find_matching_ifa(const struct in_ifaddr *ifa)
{
	struct in_ifaddr *a;

	for (a = ifa->ifa_dev->ifa_list; a; a = a->ifa_next)
		if (a->ifa_mask == ifa->ifa_mask && inet_ifa_match(a->ifa_address, ifa) &&
		    a->ifa_local == ifa->ifa_local)
			return a;
	return NULL;
}

static int inet_rtm_newaddr(struct nl_req *req)
{
	struct in_ifaddr *ifa, *old;
	int ret;

	ifa = rtm_to_ifaddr(req, &ret);
	if (!ifa)
		return ret;
	old = find_matching_ifa(ifa);
	/* NLM_F_CREATE is not asked for: programs rely on that */
	if (!old)
		return inet_insert_ifa(ifa, req->err);
	inet_free_ifa(ifa);
	if (req->nlh->nlmsg_flags & NLM_F_EXCL || !(req->nlh->nlmsg_flags & NLM_F_REPLACE))
		return extack_fail(req->err, -EEXIST, "ipv4: Address already assigned");
	old->ifa_tstamp = machine_jiffies(&req->net->m, machine_now(&req->net->m));
	rtmsg_ifa(req->net, RTM_NEWADDR, old);
	return 0;
}

/* --- delete --- */

static bool ifa_is_meant(const struct in_ifaddr *ifa, const struct ifaddrmsg *ifm,
			 const struct nlattr **tb)
{
	char label[IFNAMSIZ];

	if (tb[IFA_LOCAL] && ifa->ifa_local != nla_get_be32_of(tb[IFA_LOCAL]))
		return false;
	if (tb[IFA_LABEL] && (nlb_get_string(tb[IFA_LABEL], label, sizeof(label)) < 0 ||
			      strcmp(label, ifa->ifa_label)))
		return false;
	return !tb[IFA_ADDRESS] || (ifm->ifa_prefixlen == ifa->ifa_prefixlen &&
				    inet_ifa_match(nla_get_be32_of(tb[IFA_ADDRESS]), ifa));
}

static int inet_rtm_deladdr(struct nl_req *req)
{
	const struct nlattr *tb[IFA_MAX + 1];
	const struct ifaddrmsg *ifm;
	struct net_device *dev;
	int ret = ifa_parse(req, &ifm, tb);

	if (ret)
		return ret;
	dev = __dev_get_by_index(req->net, (int)ifm->ifa_index);
	if (!dev || !__in_dev_get_rtnl(dev))
		return extack_fail(req->err, -ENODEV, "ipv4: Device not found");
	for (struct in_ifaddr *ifa = __in_dev_get_rtnl(dev)->ifa_list; ifa; ifa = ifa->ifa_next) {
		if (!ifa_is_meant(ifa, ifm, tb))
			continue;
		inet_del_ifa(__in_dev_get_rtnl(dev), ifa, true);
		return 0;
	}
	return extack_fail(req->err, -EADDRNOTAVAIL, "ipv4: Address not found");
}

/* --- show --- */

static int inet_dump_ifaddr(struct nl_req *req)
{
	const uint32_t id[2] = { req->client->portid, req->nlh->nlmsg_seq };
	unsigned index = 0;
	struct net_device *dev;

	/* old programs send a struct rtgenmsg only, and mean nothing by the rest of a longer one */
	if (req->client->strict && req->nlh->nlmsg_len >= NLMSG_LENGTH(sizeof(struct ifaddrmsg))) {
		const struct ifaddrmsg *ifm = NLMSG_DATA(req->nlh);

		if (ifm->ifa_prefixlen || ifm->ifa_flags || ifm->ifa_scope)
			return extack_fail(
				req->err, -EINVAL,
				"ipv4: Invalid values in header for address dump request");
		index = ifm->ifa_index;
		if (index && !__dev_get_by_index(req->net, (int)index))
			return -ENODEV;
	}
	for_each_netdev(req->net, dev) {
		if ((index && (unsigned)dev->ifindex != index) || !__in_dev_get_rtnl(dev))
			continue;
		for_ifa_rcu(__in_dev_get_rtnl(dev), ifa)
			inet_fill_ifaddr(req->out, ifa, RTM_NEWADDR, id, NLM_F_MULTI);
	}
	return 0;
}

static uint32_t stamp_of(const struct net *net, unsigned long j)
{
	return (uint32_t)((j - INITIAL_JIFFIES) * USER_HZ / net->m.hz);
}

static void inet_fill_ifaddr(struct nl_buf *b, const struct in_ifaddr *ifa, int event,
			     const uint32_t id[2], int flags)
{
	struct ifa_cacheinfo ci = {
		.ifa_prefered = INFINITY_LIFE_TIME,
		.ifa_valid = INFINITY_LIFE_TIME,
		.cstamp = stamp_of(ifa->net, ifa->ifa_cstamp),
		.tstamp = stamp_of(ifa->net, ifa->ifa_tstamp),
	};
	struct ifaddrmsg *ifm = nlb_msg(b, id[0], id[1], event, sizeof(*ifm), flags);

	if (!ifm)
		return;
	ifm->ifa_family = AF_INET;
	ifm->ifa_prefixlen = ifa->ifa_prefixlen;
	ifm->ifa_flags = (uint8_t)ifa->ifa_flags;
	ifm->ifa_scope = ifa->ifa_scope;
	ifm->ifa_index = (uint32_t)ifa->ifa_dev->dev->ifindex;
	if (ifa->ifa_address)
		nlb_put_be32(b, IFA_ADDRESS, ifa->ifa_address);
	nlb_put_be32(b, IFA_LOCAL, ifa->ifa_local);
	if (ifa->ifa_broadcast)
		nlb_put_be32(b, IFA_BROADCAST, ifa->ifa_broadcast);
	if (ifa->ifa_label[0])
		nlb_put_string(b, IFA_LABEL, ifa->ifa_label);
	nlb_put_u32(b, IFA_FLAGS, ifa->ifa_flags);
	if (ifa->ifa_rt_priority)
		nlb_put_u32(b, IFA_RT_PRIORITY, ifa->ifa_rt_priority);
	nlb_put(b, IFA_CACHEINFO, sizeof(ci), &ci);
	nlb_msg_end(b);
}

void rtmsg_ifa(struct net *net, int event, struct in_ifaddr *ifa)
{
	const uint32_t id[2] = { 0, 0 };
	struct nl_buf b;

	nl_buf_init(&b, net);
	inet_fill_ifaddr(&b, ifa, event, id, 0);
	rtnl_notify(net, &b, RTMGRP_IPV4_IFADDR, NULL);
	nl_buf_free(&b);
}

/* --- SIOCGIFADDR and its like --- */

/*
 * The address that a name means: that with the label, the first when it is the device's name. For
 * reading, also the one given in the request
 */
static struct in_ifaddr *ioctl_find(struct in_device *in_dev, const struct ifreq *ifr)
{
	const struct sockaddr_in *sin = (const struct sockaddr_in *)(const void *)&ifr->ifr_addr;
	struct in_ifaddr *ifa;

	for (ifa = in_dev->ifa_list; ifa && sin->sin_family == AF_INET; ifa = ifa->ifa_next)
		if (!strncmp(ifa->ifa_label, ifr->ifr_name, IFNAMSIZ) &&
		    ifa->ifa_local == sin->sin_addr.s_addr)
			return ifa;
	for (ifa = in_dev->ifa_list; ifa; ifa = ifa->ifa_next)
		if (!strncmp(ifa->ifa_label, ifr->ifr_name, IFNAMSIZ))
			return ifa;
	return NULL;
}

static int ioctl_get(unsigned cmd, struct ifreq *ifr, const struct in_ifaddr *ifa)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };

	if (!ifa)
		return -EADDRNOTAVAIL;
	switch (cmd) {
	case SIOCGIFADDR:
		sin.sin_addr.s_addr = ifa->ifa_local;
		break;
	case SIOCGIFBRDADDR:
		sin.sin_addr.s_addr = ifa->ifa_broadcast;
		break;
	case SIOCGIFDSTADDR:
		sin.sin_addr.s_addr = ifa->ifa_address;
		break;
	default:
		sin.sin_addr.s_addr = ifa->ifa_mask;
		break;
	}
	memcpy(&ifr->ifr_addr, &sin, sizeof(sin));
	return 0;
}

static uint8_t classful_len(__be32 addr)
{
	uint32_t a = ntohl(addr);

	return a >> 31 == 0 ? 8 : a >> 30 == 2 ? 16 : 24;
}

/* SIOCSIFADDR: the address under this label, with the mask of its class */
static int ioctl_set_addr(struct in_device *in_dev, const struct ifreq *ifr, struct in_ifaddr *old,
			  __be32 addr)
{
	struct net_device *dev = in_dev->dev;
	unsigned len = dev->flags & IFF_POINTOPOINT ? 32 : classful_len(addr);
	int scope = ipv4_is_loopback(addr) ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;

	if (old && old->ifa_local == addr)
		return 0;
	if (old)
		inet_del_ifa(in_dev, old, true);
	return addr ? inet_addr_add(dev, addr, len, 0, (unsigned)scope, ifr->ifr_name, NULL) : 0;
}

/* The others change an address in place: it goes and comes again, so that its routes follow. */
static int ioctl_set(unsigned cmd, struct in_device *in_dev, struct in_ifaddr *ifa, __be32 addr)
{
	__be32 old_mask = ifa->ifa_mask;

	if (cmd == SIOCSIFNETMASK && bad_mask(addr, 0))
		return -EINVAL;
	inet_del_ifa(in_dev, ifa, false);
	if (cmd == SIOCSIFBRDADDR) {
		ifa->ifa_broadcast = addr;
	} else if (cmd == SIOCSIFDSTADDR) {
		ifa->ifa_address = addr;
	} else {
		ifa->ifa_mask = addr;
		ifa->ifa_prefixlen = (unsigned char)inet_mask_len(addr);
		/* a broadcast address that was derived is derived again */
		if (ifa->ifa_prefixlen < 31 && ifa->ifa_broadcast == (ifa->ifa_local | ~old_mask))
			ifa->ifa_broadcast = ifa->ifa_local | ~addr;
	}
	return inet_insert_ifa(ifa, NULL);
}

int devinet_ioctl(struct net *net, unsigned cmd, struct ifreq *ifr, bool admin)
{
	bool set = cmd == SIOCSIFADDR || cmd == SIOCSIFBRDADDR || cmd == SIOCSIFNETMASK ||
		   cmd == SIOCSIFDSTADDR;
	struct sockaddr_in sin;
	char name[IFNAMSIZ];
	struct in_ifaddr *ifa;
	struct in_device *in_dev;
	struct net_device *dev;

	ifr->ifr_name[IFNAMSIZ - 1] = '\0';
	memcpy(name, ifr->ifr_name, IFNAMSIZ);
	name[strcspn(name, ":")] = '\0';
	if (set && !admin)
		return -EPERM;
	if (!set && cmd != SIOCGIFADDR && cmd != SIOCGIFBRDADDR && cmd != SIOCGIFNETMASK &&
	    cmd != SIOCGIFDSTADDR)
		return -EINVAL;
	memcpy(&sin, &ifr->ifr_addr, sizeof(sin));
	if (set && sin.sin_family != AF_INET)
		return -EINVAL;
	dev = __dev_get_by_name(net, name);
	if (!dev)
		return -ENODEV;
	in_dev = __in_dev_get_rtnl(dev);
	ifa = in_dev ? ioctl_find(in_dev, ifr) : NULL;
	if (!set)
		return ioctl_get(cmd, ifr, ifa);
	if (cmd == SIOCSIFADDR)
		return in_dev ? ioctl_set_addr(in_dev, ifr, ifa, sin.sin_addr.s_addr) : -ENOBUFS;
	return ifa ? ioctl_set(cmd, in_dev, ifa, sin.sin_addr.s_addr) : -EADDRNOTAVAIL;
}

static const struct rtnl_handler handlers[] = {
	{ RTM_NEWADDR, AF_INET, inet_rtm_newaddr, NULL },
	{ RTM_DELADDR, AF_INET, inet_rtm_deladdr, NULL },
	{ RTM_GETADDR, AF_INET, NULL, inet_dump_ifaddr },
};

int devinet_rtnl_init(struct net *net)
{
	return rtnl_register(net, handlers, ARRAY_SIZE(handlers));
}
