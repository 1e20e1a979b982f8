/* SPDX-License-Identifier: MIT */
/*
 * check_devinet.c: addresses of devices, their order, selection, what devices do to them;
 * rtnetlink, ioctls, net.ipv4.conf.
 */
#include <linux/sockios.h>

#include "support/ipfix.h"
#include "support/faulty.h"
#include "support/nlfix.h"

static char text[4096];

static void begin(void)
{
	ipfix_begin();
	nl_client_.strict = false;
}

static void end(void)
{
	ipfix_end();
}

static int add_scope(struct net_device *dev, const char *addr, unsigned plen, unsigned scope)
{
	struct extack err = { "" };
	int ret = inet_addr_add(dev, inet_addr(addr), plen, 0, scope, NULL, &err);

	snprintf(nl_err, sizeof(nl_err), "%s", err.msg);
	return ret;
}

static int add(struct net_device *dev, const char *addr, unsigned plen)
{
	return add_scope(dev, addr, plen, RT_SCOPE_UNIVERSE);
}

static int del(struct net_device *dev, const char *addr, unsigned plen)
{
	return inet_addr_del(dev, inet_addr(addr), plen, NULL);
}

/* "192.168.1.1/24 192.168.1.3/24s ": s secondary, then scope where it is not universe */
static const char *addrs(struct net_device *dev)
{
	size_t n = 0;

	text[0] = 0;
	if (!dev->ip_ptr)
		return "none";
	for_ifa_rcu(dev->ip_ptr, ifa) n +=
		(size_t)snprintf(text + n, sizeof(text) - n, IP4_FMT "/%u%s%s ",
				 IP4_ARG(ifa->ifa_local), ifa->ifa_prefixlen,
				 ifa->ifa_flags & IFA_F_SECONDARY ? "s" : "",
				 ifa->ifa_scope == RT_SCOPE_LINK   ? "l"
				 : ifa->ifa_scope == RT_SCOPE_HOST ? "h"
								   : "");
	return text;
}

static const char *ip(__be32 a)
{
	static char buf[4][16];
	static unsigned i;

	i = (i + 1) % 4;
	snprintf(buf[i], 16, IP4_FMT, IP4_ARG(a));
	return buf[i];
}

START_TEST(test_loopback_gets_its_address)
{
	struct in_ifaddr *ifa = f.lo->ip_ptr->ifa_list;

	ck_assert_str_eq(addrs(f.lo), "127.0.0.1/8h ");
	ck_assert_uint_eq(ifa->ifa_broadcast, 0);
	ck_assert_uint_eq(ifa->ifa_flags, IFA_F_PERMANENT);
	ck_assert_str_eq(ifa->ifa_label, "lo");
	/* once: going down and up changes nothing, and it can be taken away */
	dev_close(f.lo);
	ck_assert_int_eq(dev_open(f.lo, NULL), 0);
	ck_assert_str_eq(addrs(f.lo), "127.0.0.1/8h ");
}
END_TEST

START_TEST(test_secondaries)
{
	ck_assert_int_eq(add(f.eth0, "192.168.1.3", 24), 0);
	ck_assert_int_eq(add(f.eth0, "172.16.0.1", 16), 0);
	ck_assert_int_eq(add(f.eth0, "192.168.1.4", 24), 0);
	ck_assert_int_eq(add(f.eth0, "192.168.1.5", 25), 0); /* another subnet: another mask */
	ck_assert_int_eq(add(f.eth0, "192.168.1.3", 24), -EEXIST);
	ck_assert_str_eq(
		addrs(f.eth0),
		"192.168.1.1/24 172.16.0.1/16 192.168.1.5/25 192.168.1.3/24s 192.168.1.4/24s ");
	ck_assert_int_eq(add_scope(f.eth0, "192.168.1.6", 24, RT_SCOPE_LINK), -EINVAL);
	ck_assert_str_eq(nl_err, "ipv4: Invalid scope value");
	/* a wider scope (smaller number) comes later */
	ck_assert_int_eq(add_scope(f.eth0, "169.254.0.1", 16, RT_SCOPE_LINK), 0);
	ck_assert_str_eq(
		addrs(f.eth0),
		"169.254.0.1/16l 192.168.1.1/24 172.16.0.1/16 192.168.1.5/25 192.168.1.3/24s "
		"192.168.1.4/24s ");
	ck_assert_int_eq(del(f.eth0, "192.168.1.9", 24), -EADDRNOTAVAIL);
	ck_assert_int_eq(del(f.eth0, "192.168.1.1", 25), -EADDRNOTAVAIL);
	/* secondaries go with their primary */
	ck_assert_int_eq(del(f.eth0, "192.168.1.1", 24), 0);
	ck_assert_str_eq(addrs(f.eth0), "169.254.0.1/16l 172.16.0.1/16 192.168.1.5/25 ");
}
END_TEST

START_TEST(test_promotion)
{
	ipfix_sysctl("net.ipv4.conf.eth0.promote_secondaries", "1");
	ck_assert_int_eq(add(f.eth0, "192.168.1.3", 24), 0);
	ck_assert_int_eq(add(f.eth0, "172.16.0.1", 16), 0);
	ck_assert_int_eq(add(f.eth0, "192.168.1.4", 24), 0);
	ck_assert_int_eq(del(f.eth0, "192.168.1.1", 24), 0);
	ck_assert_str_eq(addrs(f.eth0), "172.16.0.1/16 192.168.1.3/24 192.168.1.4/24s ");
	ck_assert_ptr_null(inet_lookup_ifaddr_rcu(&f.n.net, inet_addr("192.168.1.1")));
	ck_assert_ptr_nonnull(inet_lookup_ifaddr_rcu(&f.n.net, inet_addr("192.168.1.4")));
	ck_assert_int_eq(del(f.eth0, "192.168.1.3", 24), 0);
	ck_assert_str_eq(addrs(f.eth0), "172.16.0.1/16 192.168.1.4/24 ");
	ck_assert_int_eq(del(f.eth0, "192.168.1.4", 24), 0);
	ck_assert_int_eq(del(f.eth0, "172.16.0.1", 16), 0);
	ck_assert_str_eq(addrs(f.eth0), "");
	/* a primary of narrower scope whose secondary stands behind primaries of wider scope */
	ck_assert_int_eq(add_scope(f.eth0, "169.254.0.1", 16, RT_SCOPE_LINK), 0);
	ck_assert_int_eq(add(f.eth0, "192.168.1.1", 24), 0);
	ck_assert_int_eq(add_scope(f.eth0, "169.254.0.2", 16, RT_SCOPE_LINK), 0);
	ck_assert_int_eq(del(f.eth0, "169.254.0.1", 16), 0);
	ck_assert_str_eq(addrs(f.eth0), "192.168.1.1/24 169.254.0.2/16l ");
}
END_TEST

START_TEST(test_broadcast_is_derived)
{
	struct in_ifaddr *ifa;

	ck_assert_int_eq(add(f.eth0, "10.1.2.4", 31), 0);
	ck_assert_int_eq(add(f.eth0, "10.1.2.6", 32), 0);
	ck_assert_int_eq(add(f.eth0, "10.1.3.6", 30), 0);
	ck_assert_int_eq(add(f.eth0, "10.1.4.1", 33), -EINVAL);
	ck_assert_str_eq(nl_err, "ipv4: Invalid prefix length");
	ifa = inet_lookup_ifaddr_rcu(&f.n.net, inet_addr("10.1.2.4"));
	ck_assert_uint_eq(ifa->ifa_broadcast, 0);
	ifa = inet_lookup_ifaddr_rcu(&f.n.net, inet_addr("10.1.2.6"));
	ck_assert_uint_eq(ifa->ifa_broadcast, 0);
	ifa = inet_lookup_ifaddr_rcu(&f.n.net, inet_addr("10.1.3.6"));
	ck_assert_str_eq(ip(ifa->ifa_broadcast), "10.1.3.7");
}
END_TEST

START_TEST(test_source_address_selection)
{
	ck_assert_int_eq(add_scope(f.eth0, "169.254.0.1", 16, RT_SCOPE_LINK), 0);
	ck_assert_int_eq(add(f.eth0, "172.16.0.1", 16), 0);
	ck_assert_int_eq(add(f.eth0, "172.16.0.2", 16), 0);
	/* of the destination's subnet, else the first that its scope allows; never a secondary */
	ck_assert_str_eq(ip(inet_select_addr(f.eth0, inet_addr("172.16.9.9"), RT_SCOPE_UNIVERSE)),
			 "172.16.0.1");
	ck_assert_str_eq(ip(inet_select_addr(f.eth0, inet_addr("8.8.8.8"), RT_SCOPE_UNIVERSE)),
			 "192.168.1.1");
	ck_assert_str_eq(ip(inet_select_addr(f.eth0, inet_addr("8.8.8.8"), RT_SCOPE_LINK)),
			 "169.254.0.1");
	ck_assert_str_eq(ip(inet_select_addr(f.eth0, 0, RT_SCOPE_UNIVERSE)), "192.168.1.1");
	/* loopback speaks for a device without addresses only at scope host */
	ck_assert_int_eq(del(f.eth1, A_SELF1, 24), 0);
	ck_assert_str_eq(ip(inet_select_addr(f.eth1, 0, RT_SCOPE_UNIVERSE)), "192.168.1.1");
	ck_assert_str_eq(ip(inet_select_addr(f.eth1, 0, RT_SCOPE_HOST)), "127.0.0.1");
	ck_assert_ptr_eq(ip_dev_find_rcu(&f.n.net, inet_addr("172.16.0.2")), f.eth0);
	ck_assert_ptr_eq(ip_dev_find_rcu(&f.n.net, inet_addr("127.9.9.9")), f.lo);
	ck_assert_ptr_null(ip_dev_find_rcu(&f.n.net, inet_addr("172.16.255.255")));
	ck_assert_ptr_null(ip_dev_find_rcu(&f.n.net, inet_addr("172.16.0.3")));
}
END_TEST

START_TEST(test_confirm_addr)
{
	struct in_device *in_dev = f.eth0->ip_ptr;
	__be32 self = inet_addr(A_SELF), self1 = inet_addr(A_SELF1), peer = inet_addr(A_PEER),
	       far = inet_addr("8.8.8.8");

	ck_assert_int_eq(inet_confirm_addr(&f.n.net, in_dev, 0, self, RT_SCOPE_HOST) == self, 1);
	ck_assert_int_eq(inet_confirm_addr(&f.n.net, in_dev, 0, self1, RT_SCOPE_HOST), 0);
	ck_assert_int_eq(inet_confirm_addr(&f.n.net, NULL, 0, self1, RT_SCOPE_LINK) == self1, 1);
	ck_assert_int_eq(inet_confirm_addr(&f.n.net, in_dev, peer, self, RT_SCOPE_HOST) == self, 1);
	ck_assert_int_eq(inet_confirm_addr(&f.n.net, in_dev, far, self, RT_SCOPE_HOST), 0);
	ck_assert_int_eq(
		inet_confirm_addr(&f.n.net, NULL, 0, htonl(INADDR_LOOPBACK), RT_SCOPE_LINK), 0);
	ck_assert_int_eq(inet_confirm_addr(&f.n.net, NULL, 0, htonl(INADDR_LOOPBACK),
					   RT_SCOPE_HOST) == htonl(INADDR_LOOPBACK),
			 1);
	ck_assert(inet_addr_onlink(in_dev, peer, 0));
	ck_assert(inet_addr_onlink(in_dev, peer, self));
	ck_assert(!inet_addr_onlink(in_dev, peer, far));
}
END_TEST

START_TEST(test_mtu_below_68)
{
	struct in_device *in_dev = f.eth0->ip_ptr;

	ck_assert_ptr_nonnull(in_dev);
	f.eth0->min_mtu = 0;
	ck_assert_int_eq(dev_set_mtu(f.eth0, 68, NULL), 0);
	ck_assert_ptr_eq(f.eth0->ip_ptr, in_dev);
	ck_assert_int_eq(dev_set_mtu(f.eth0, 67, NULL), 0);
	ck_assert_ptr_null(f.eth0->ip_ptr);
	ck_assert_int_eq(add(f.eth0, "192.168.1.1", 24), -ENOBUFS);
	ck_assert_ptr_null(proc_lookup(&f.n.net.vfs, "/proc/sys/net/ipv4/conf/eth0/forwarding"));
	ck_assert_ptr_null(proc_lookup(&f.n.net.vfs, "/proc/sys/net/ipv4/neigh/eth0/locktime"));
	ck_assert_ptr_null(strstr(netfix_cat(&f.n, "/proc/net/route"), "eth0"));
	netfix_settle(&f.n);
	ck_assert_int_eq(dev_set_mtu(f.eth0, 1500, NULL), 0);
	ck_assert_ptr_nonnull(f.eth0->ip_ptr);
	ck_assert_str_eq(addrs(f.eth0), "");
	ck_assert_int_eq(add(f.eth0, "192.168.1.1", 24), 0);
}
END_TEST

/* --- rtnetlink --- */

static int newaddr(int flags, unsigned plen, int index, const char *local)
{
	struct ifaddrmsg ifm = { .ifa_family = AF_INET,
				 .ifa_prefixlen = (uint8_t)plen,
				 .ifa_index = (uint32_t)index };

	nl_new(RTM_NEWADDR, flags, &ifm, sizeof(ifm));
	if (local)
		nl_ip(IFA_LOCAL, local);
	return nl_do(&f.n.net);
}

START_TEST(test_rtm_newaddr)
{
	int i0 = f.eth0->ifindex;

	nl_listen(&f.n.net, RTMGRP_IPV4_IFADDR);
	ck_assert_int_eq(newaddr(NLM_F_CREATE | NLM_F_EXCL, 24, i0, "192.168.7.1"), 0);
	ck_assert_uint_gt(nl_heard_len, 0);
	nl_each(h, nl_heard, nl_heard_len)
	{
		const struct ifaddrmsg *ifm = NLMSG_DATA(h);

		ck_assert_int_eq(h->nlmsg_type, RTM_NEWADDR);
		ck_assert_int_eq(ifm->ifa_family, AF_INET);
		ck_assert_int_eq(ifm->ifa_prefixlen, 24);
		ck_assert_int_eq(ifm->ifa_flags, IFA_F_PERMANENT);
		ck_assert_uint_eq(ifm->ifa_index, (unsigned)i0);
		ck_assert_uint_eq(nl_attr_u32(h, sizeof(*ifm), IFA_LOCAL),
				  inet_addr("192.168.7.1"));
		ck_assert_uint_eq(nl_attr_u32(h, sizeof(*ifm), IFA_ADDRESS),
				  inet_addr("192.168.7.1"));
		/* not derived: the program says so */
		ck_assert_ptr_null(nl_attr(h, sizeof(*ifm), IFA_BROADCAST));
		ck_assert_str_eq(nlb_data(nl_attr(h, sizeof(*ifm), IFA_LABEL)), "eth0");
		ck_assert_int_eq(nlb_len(nl_attr(h, sizeof(*ifm), IFA_CACHEINFO)), 16);
	}
	rtnl_client_del(&f.n.net, &nl_listener);
	ck_assert_int_eq(newaddr(NLM_F_CREATE | NLM_F_EXCL, 24, i0, "192.168.7.1"), -EEXIST);
	ck_assert_str_eq(nl_err, "ipv4: Address already assigned");
	ck_assert_int_eq(newaddr(NLM_F_REPLACE, 24, i0, "192.168.7.1"), 0);
	ck_assert_int_eq(newaddr(0, 33, i0, "192.168.7.1"), -EINVAL);
	ck_assert_str_eq(nl_err, "ipv4: Invalid prefix length");
	ck_assert_int_eq(newaddr(0, 24, i0, NULL), -EINVAL);
	ck_assert_str_eq(nl_err, "ipv4: Local address is not supplied");
	ck_assert_int_eq(newaddr(0, 24, 99, "192.168.7.1"), -ENODEV);
	ck_assert_str_eq(nl_err, "ipv4: Device not found");
	ck_assert_int_eq(newaddr(0, 24, i0, "192.168.7.2"), 0);
	ck_assert_str_eq(addrs(f.eth0), "192.168.1.1/24 192.168.7.1/24 192.168.7.2/24s ");
}
END_TEST

START_TEST(test_rtm_lifetime)
{
	struct ifaddrmsg ifm = { .ifa_family = AF_INET,
				 .ifa_prefixlen = 24,
				 .ifa_index = (uint32_t)f.eth0->ifindex };
	static const struct {
		uint32_t prefered, valid;
		int ret;
	} t[] = {
		{ INFINITY_LIFE_TIME, 0, -EINVAL },
		{ 20, 10, -EINVAL },
		{ 10, 20, -EOPNOTSUPP },
		{ 10, INFINITY_LIFE_TIME, -EOPNOTSUPP },
		{ INFINITY_LIFE_TIME, INFINITY_LIFE_TIME, 0 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(t); i++) {
		struct ifa_cacheinfo ci = { .ifa_prefered = t[i].prefered,
					    .ifa_valid = t[i].valid };

		nl_new(RTM_NEWADDR, NLM_F_CREATE, &ifm, sizeof(ifm));
		nl_ip(IFA_LOCAL, "192.168.7.1");
		nl_put(IFA_CACHEINFO, &ci, sizeof(ci));
		ck_assert_int_eq(nl_do(&f.n.net), t[i].ret);
	}
	nl_new(RTM_NEWADDR, NLM_F_CREATE, &ifm, sizeof(ifm));
	nl_ip(IFA_LOCAL, "192.168.7.2");
	nl_put(IFA_CACHEINFO, "1234", 4);
	ck_assert_int_eq(nl_do(&f.n.net), -EINVAL);
}
END_TEST

static int deladdr(unsigned plen, const char *local, const char *prefix, const char *label)
{
	struct ifaddrmsg ifm = { .ifa_family = AF_INET,
				 .ifa_prefixlen = (uint8_t)plen,
				 .ifa_index = (uint32_t)f.eth0->ifindex };

	nl_new(RTM_DELADDR, 0, &ifm, sizeof(ifm));
	if (local)
		nl_ip(IFA_LOCAL, local);
	if (prefix)
		nl_ip(IFA_ADDRESS, prefix);
	if (label)
		nl_put(IFA_LABEL, label, strlen(label) + 1);
	return nl_do(&f.n.net);
}

START_TEST(test_rtm_deladdr)
{
	ck_assert_int_eq(add(f.eth0, "192.168.7.1", 24), 0);
	ck_assert_int_eq(deladdr(24, "192.168.7.2", NULL, NULL), -EADDRNOTAVAIL);
	ck_assert_str_eq(nl_err, "ipv4: Address not found");
	ck_assert_int_eq(deladdr(25, "192.168.7.1", "192.168.7.1", NULL), -EADDRNOTAVAIL);
	ck_assert_int_eq(deladdr(24, "192.168.7.1", NULL, "eth0:1"), -EADDRNOTAVAIL);
	ck_assert_int_eq(deladdr(24, "192.168.7.1", "192.168.7.9", "eth0"), 0);
	ck_assert_str_eq(addrs(f.eth0), "192.168.1.1/24 ");
	ck_assert_int_eq(deladdr(0, NULL, NULL, NULL), 0); /* any */
	ck_assert_str_eq(addrs(f.eth0), "");
	ck_assert_int_eq(deladdr(0, NULL, NULL, NULL), -EADDRNOTAVAIL);
}
END_TEST

static unsigned dump(unsigned index)
{
	struct ifaddrmsg ifm = { .ifa_family = AF_INET, .ifa_index = index };
	unsigned n = 0;

	nl_new(RTM_GETADDR, NLM_F_DUMP, &ifm, sizeof(ifm));
	ck_assert_int_eq(nl_do(&f.n.net), 0);
	nl_each(h, nl_reply, nl_reply_len)
	{
		ck_assert_int_eq(h->nlmsg_type, RTM_NEWADDR);
		ck_assert_uint_eq(h->nlmsg_seq, 42);
		n++;
	}
	return n;
}

START_TEST(test_rtm_dump)
{
	struct ifaddrmsg ifm = { .ifa_family = AF_INET, .ifa_scope = 1 };

	ck_assert_uint_eq(dump(0), 3);
	/* not a strict program: it filters itself */
	ck_assert_uint_eq(dump((unsigned)f.eth0->ifindex), 3);
	nl_client_.strict = true;
	ck_assert_uint_eq(dump((unsigned)f.eth0->ifindex), 1);
	nl_new(RTM_GETADDR, NLM_F_DUMP, &ifm, sizeof(ifm));
	ck_assert_int_eq(nl_do(&f.n.net), -EINVAL);
	ck_assert_str_eq(nl_err, "ipv4: Invalid values in header for address dump request");
	for (unsigned i = 0; i < 300; i++) { /* more than one datagram */
		snprintf(text, sizeof(text), "20.%u.%u.1", i / 100, i % 100);
		ck_assert_int_eq(add(f.eth0, text, 24), 0);
	}
	ck_assert_uint_eq(dump(0), 303);
}
END_TEST

/*
 * Every prefix of a good request, and every attribute length: refused or understood, never read
 * beyond.
 */
START_TEST(test_rtm_hostile)
{
	struct ifaddrmsg ifm = { .ifa_family = AF_INET,
				 .ifa_prefixlen = 24,
				 .ifa_index = (uint32_t)f.eth0->ifindex };

	for (size_t cut = 0; cut < 80; cut++) {
		struct nlmsghdr *h = (struct nlmsghdr *)(void *)nl_request;
		char *exact;

		nl_new(RTM_NEWADDR, NLM_F_ACK, &ifm, sizeof(ifm));
		nl_ip(IFA_LOCAL, "192.168.7.1");
		nl_put(IFA_LABEL, "eth0:1", 7);
		nl_ip(IFA_BROADCAST, "192.168.7.255");
		if (cut > nl_len)
			break;
		h->nlmsg_len = (uint32_t)cut;
		exact = malloc(cut ? cut : 1);
		memcpy(exact, nl_request, cut);
		nl_client_.send = nl_send;
		rtnetlink_rcv(&f.n.net, &nl_client_, exact, cut);
		free(exact);
		del(f.eth0, "192.168.7.1", 24);
	}
	for (unsigned len = 0; len < 9; len++) {
		nl_new(RTM_NEWADDR, 0, &ifm, sizeof(ifm));
		nl_put(IFA_LOCAL, "\x0a\x09\x08\x07\x06\x05\x04\x03", len);
		ck_assert_int_eq(nl_do(&f.n.net), len == 4 ? 0 : -EINVAL);
	}
	nl_new(RTM_NEWADDR, 0, &ifm, sizeof(ifm));
	nl_ip(IFA_LOCAL, "192.168.7.1");
	nl_put(IFA_LABEL, "a-label-that-is-too-long", 25);
	ck_assert_int_ne(nl_do(&f.n.net), 0);
	ck_assert_str_eq(addrs(f.eth0), "192.168.1.1/24 10.9.8.7/24 ");
}
END_TEST

/* --- ioctl --- */

static int ifioctl(unsigned cmd, const char *name, const char *addr, struct ifreq *ifr)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)(void *)&ifr->ifr_addr;

	memset(ifr, 0, sizeof(*ifr));
	snprintf(ifr->ifr_name, IFNAMSIZ, "%s", name);
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = addr ? inet_addr(addr) : 0;
	return devinet_ioctl(&f.n.net, cmd, ifr, true);
}

static const char *ifget(unsigned cmd, const char *name)
{
	struct ifreq ifr;

	if (ifioctl(cmd, name, NULL, &ifr))
		return "error";
	return ip(((struct sockaddr_in *)(void *)&ifr.ifr_addr)->sin_addr.s_addr);
}

START_TEST(test_ioctls)
{
	struct ifreq ifr;

	ck_assert_str_eq(ifget(SIOCGIFADDR, "eth0"), A_SELF);
	ck_assert_str_eq(ifget(SIOCGIFNETMASK, "eth0"), "255.255.255.0");
	ck_assert_str_eq(ifget(SIOCGIFBRDADDR, "eth0"), "192.168.1.255");
	ck_assert_str_eq(ifget(SIOCGIFADDR, "eth0:1"), "error");
	ck_assert_int_eq(ifioctl(SIOCGIFADDR, "eth7", NULL, &ifr), -ENODEV);
	ck_assert_int_eq(ifioctl(SIOCSIFADDR, "eth0:1", "172.16.0.9", &ifr), 0);
	ck_assert_str_eq(ifget(SIOCGIFADDR, "eth0:1"), "172.16.0.9");
	ck_assert_str_eq(ifget(SIOCGIFNETMASK, "eth0:1"), "255.255.0.0"); /* class B */
	ck_assert_str_eq(ifget(SIOCGIFBRDADDR, "eth0:1"), "172.16.255.255");
	ck_assert_int_eq(ifioctl(SIOCSIFNETMASK, "eth0:1", "255.255.255.0", &ifr), 0);
	ck_assert_str_eq(ifget(SIOCGIFBRDADDR, "eth0:1"), "172.16.0.255");
	ck_assert_int_eq(ifioctl(SIOCSIFNETMASK, "eth0:1", "255.0.255.0", &ifr), -EINVAL);
	ck_assert_int_eq(ifioctl(SIOCSIFBRDADDR, "eth0:1", "172.16.0.254", &ifr), 0);
	ck_assert_str_eq(ifget(SIOCGIFBRDADDR, "eth0:1"), "172.16.0.254");
	ck_assert_int_eq(ifioctl(SIOCSIFADDR, "eth0", "192.168.2.1", &ifr), 0);
	ck_assert_str_eq(addrs(f.eth0), "172.16.0.9/24 192.168.2.1/24 ");
	ck_assert_int_eq(ifioctl(SIOCSIFADDR, "eth0:1", "0.0.0.0", &ifr), 0); /* alias deleted */
	ck_assert_str_eq(addrs(f.eth0), "192.168.2.1/24 ");
	ck_assert_int_eq(ifioctl(SIOCSIFNETMASK, "eth0:1", "255.255.255.0", &ifr), -EADDRNOTAVAIL);
	ck_assert_int_eq(devinet_ioctl(&f.n.net, SIOCSIFADDR, &ifr, false), -EPERM);
	ck_assert_int_eq(devinet_ioctl(&f.n.net, SIOCGIFINDEX, &ifr, true), -EINVAL);
}
END_TEST

/* --- settings --- */

static int setting(const char *dev, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/%s", dev, name);
	return atoi(netfix_cat(&f.n, path));
}

START_TEST(test_settings)
{
	struct net_device *late;

	ck_assert_int_eq(setting("all", "send_redirects"), 1);
	ck_assert_int_eq(setting("all", "accept_source_route"), 0);
	ck_assert_int_eq(setting("default", "accept_source_route"), 1);
	ck_assert_int_eq(setting("eth0", "rp_filter"), 0);
	/*
	 * eth0 has an address: it no longer follows the default; a new device does, until it has
	 * one
	 */
	late = ipfix_dev("eth2", 0xc);
	ipfix_sysctl("net.ipv4.conf.default.rp_filter", "2");
	ck_assert_int_eq(setting("eth0", "rp_filter"), 0);
	ck_assert_int_eq(setting("eth2", "rp_filter"), 2);
	ipfix_sysctl("net.ipv4.conf.eth2.rp_filter", "1");
	ipfix_sysctl("net.ipv4.conf.default.rp_filter", "0");
	ck_assert_int_eq(setting("eth2", "rp_filter"), 1);
	ipfix_sysctl("net.ipv4.conf.all.rp_filter", "2");
	ck_assert_int_eq(IN_DEV_RPFILTER(late->ip_ptr), 2);
	ck_assert_int_eq(IN_DEV_RPFILTER(f.eth0->ip_ptr), 2);
	ck_assert_int_eq(IN_DEV_SOURCE_ROUTE(f.eth0->ip_ptr), 0);
	unregister_netdevice(late);
	ck_assert_ptr_null(proc_lookup(&f.n.net.vfs, "/proc/sys/net/ipv4/conf/eth2"));
}
END_TEST

START_TEST(test_forwarding)
{
	int genid = rt_genid(&f.n.net);

	ipfix_sysctl("net.ipv4.ip_forward", "1");
	ck_assert_int_ne(rt_genid(&f.n.net), genid);
	ck_assert_int_eq(setting("all", "forwarding"), 1);
	ck_assert_int_eq(setting("default", "forwarding"), 1);
	ck_assert_int_eq(setting("eth0", "forwarding"), 1);
	ck_assert_int_eq(setting("all", "accept_redirects"), 0);
	ipfix_sysctl("net.ipv4.conf.eth0.forwarding", "0");
	ck_assert_int_eq(setting("all", "forwarding"), 1);
	ck_assert_int_eq(setting("eth1", "forwarding"), 1);
	ipfix_sysctl("net.ipv4.conf.all.forwarding", "0");
	ck_assert_int_eq(atoi(netfix_cat(&f.n, "/proc/sys/net/ipv4/ip_forward")), 0);
	ck_assert_int_eq(setting("eth1", "forwarding"), 0);
	ck_assert_int_eq(setting("all", "accept_redirects"), 1);
	ck_assert_int_eq(sysctl_write(&f.n.net.vfs, "net.ipv4.ip_forward", "x", NULL), -EINVAL);
}
END_TEST

/* --- failures --- */

static bool faulty(unsigned long nth, bool *ret_hit)
{
	struct kmem *kmem;
	struct ifreq ifr;

	begin();
	kmem = &f.n.net.m.kmem;
	kmem_fail_nth(kmem, nth, NULL);
	add(f.eth0, "192.168.1.3", 24);
	add(f.eth0, "172.16.0.1", 16);
	ifioctl(SIOCSIFADDR, "eth1:1", "172.17.0.9", &ifr);
	f.eth1->min_mtu = 0;
	dev_set_mtu(f.eth1, 60, NULL);
	dev_set_mtu(f.eth1, 1500, NULL);
	newaddr(NLM_F_CREATE, 24, f.eth1->ifindex, "192.168.7.1");
	del(f.eth0, "192.168.1.1", 24);
	*ret_hit = kmem_fault_hit(kmem);
	kmem_fail_nth(kmem, 0, NULL);
	netfix_settle(&f.n);
	end();
	return true;
}

START_TEST(test_failures)
{
	ck_assert_uint_gt(faulty_sweep(faulty), 40);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("devinet");
	TCase *tc = tcase_create("devinet"), *sweep = tcase_create("failures");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, test_loopback_gets_its_address);
	tcase_add_test(tc, test_secondaries);
	tcase_add_test(tc, test_promotion);
	tcase_add_test(tc, test_broadcast_is_derived);
	tcase_add_test(tc, test_source_address_selection);
	tcase_add_test(tc, test_confirm_addr);
	tcase_add_test(tc, test_mtu_below_68);
	tcase_add_test(tc, test_rtm_newaddr);
	tcase_add_test(tc, test_rtm_lifetime);
	tcase_add_test(tc, test_rtm_deladdr);
	tcase_add_test(tc, test_rtm_dump);
	tcase_add_test(tc, test_rtm_hostile);
	tcase_add_test(tc, test_ioctls);
	tcase_add_test(tc, test_settings);
	tcase_add_test(tc, test_forwarding);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	tcase_set_timeout(sweep, 120);
	tcase_add_test(sweep, test_failures);
	suite_add_tcase(s, sweep);
	return s;
}
