/* SPDX-License-Identifier: MIT */
/*
 * check_fib_frontend.c: what addresses and devices install and take away, RTM_*ROUTE with Linux's
 * refusals, the files, source validation.
 */
#include <linux/sockios.h>

#include "support/ipfix.h"
#include "support/faulty.h"
#include "support/nlfix.h"

#include "ipv4/fib.h"

#include <linux/route.h>

static char text[65536];

static void begin(void)
{
	ipfix_begin();
	nl_client_.strict = false;
}

static void end(void)
{
	ipfix_end();
}

/* --- a table as text, in the words of `ip route` --- */

static int line(struct fib_table *tb, __be32 prefix, unsigned plen, const struct fib_alias *fa,
		void *arg)
{
	static const char *const types[] = { "unspec",	 "unicast",   "local",	   "broadcast",
					     "anycast",	 "multicast", "blackhole", "unreachable",
					     "prohibit", "throw" };
	const struct fib_info *fi = fa->fa_info;
	size_t *n = arg;

	(void)tb;
#define P(...) (*n += (size_t)snprintf(text + *n, sizeof(text) - *n, __VA_ARGS__))
	P("%s " IP4_FMT "/%u", types[fa->fa_type], IP4_ARG(prefix), plen);
	if (fi->fib_nh.nh_gw)
		P(" via " IP4_FMT, IP4_ARG(fi->fib_nh.nh_gw));
	if (fi->fib_nh.nh_dev)
		P(" dev %s", fi->fib_nh.nh_dev->name);
	if (fi->fib_scope)
		P(" scope %u", fi->fib_scope);
	if (fi->fib_prefsrc)
		P(" src " IP4_FMT, IP4_ARG(fi->fib_prefsrc));
	if (fi->fib_priority)
		P(" metric %u", fi->fib_priority);
	if (fi->fib_flags & RTNH_F_DEAD)
		P(" dead");
	if (fi->fib_flags & RTNH_F_LINKDOWN)
		P(" linkdown");
	P("\n");
#undef P
	return 0;
}

static const char *table(struct fib_table *tb)
{
	size_t n = 0;

	text[0] = 0;
	fib_table_walk(tb, line, &n);
	return text;
}

static const char *local(void)
{
	return table(f.n.net.ipv4->fib_local);
}

static const char *mainb(void)
{
	return table(f.n.net.ipv4->fib_main);
}

#define LO                                                    \
	"local 127.0.0.0/8 dev lo scope 254 src 127.0.0.1\n"  \
	"local 127.0.0.1/32 dev lo scope 254 src 127.0.0.1\n" \
	"broadcast 127.255.255.255/32 dev lo scope 253 src 127.0.0.1\n"
#define L1                                                    \
	"local 10.0.0.1/32 dev eth1 scope 254 src 10.0.0.1\n" \
	"broadcast 10.0.0.255/32 dev eth1 scope 253 src 10.0.0.1\n"
#define L0                                                          \
	"local 192.168.1.1/32 dev eth0 scope 254 src 192.168.1.1\n" \
	"broadcast 192.168.1.255/32 dev eth0 scope 253 src 192.168.1.1\n"
#define M1 "unicast 10.0.0.0/24 dev eth1 scope 253 src 10.0.0.1\n"
#define M0 "unicast 192.168.1.0/24 dev eth0 scope 253 src 192.168.1.1\n"

START_TEST(test_routes_of_addresses)
{
	struct extack err = { "" };

	ck_assert_str_eq(local(), L1 LO L0);
	ck_assert_str_eq(mainb(), M1 M0);
	ipfix_addr(f.eth0, "20.0.0.1", 32);
	ipfix_addr(f.eth0, "21.0.0.2", 31);
	ck_assert_int_eq(inet_addr_add(f.eth0, inet_addr("22.0.0.1"), 24, inet_addr("22.0.0.99"), 0,
				       NULL, &err),
			 0);
	ck_assert_str_eq(local(),
			 L1 "local 20.0.0.1/32 dev eth0 scope 254 src 20.0.0.1\n"
			    "local 21.0.0.2/32 dev eth0 scope 254 src 21.0.0.2\n"
			    "local 22.0.0.1/32 dev eth0 scope 254 src 22.0.0.1\n"
			    "broadcast 22.0.0.99/32 dev eth0 scope 253 src 22.0.0.1\n"
			    "broadcast 22.0.0.255/32 dev eth0 scope 253 src 22.0.0.1\n" LO L0);
	ck_assert_str_eq(mainb(), M1 "unicast 21.0.0.2/31 dev eth0 scope 253 src 21.0.0.2\n"
				     "unicast 22.0.0.0/24 dev eth0 scope 253 src 22.0.0.1\n" M0);
	ck_assert_int_eq(inet_addr_del(f.eth0, inet_addr("20.0.0.1"), 32, NULL), 0);
	ck_assert_int_eq(inet_addr_del(f.eth0, inet_addr("21.0.0.2"), 31, NULL), 0);
	ck_assert_int_eq(inet_addr_del(f.eth0, inet_addr("22.0.0.1"), 24, NULL), 0);
	ck_assert_str_eq(local(), L1 LO L0);
	ck_assert_str_eq(mainb(), M1 M0);
}
END_TEST

START_TEST(test_secondary_and_promotion)
{
	ipfix_addr(f.eth0, "192.168.1.3", 24);
	ck_assert_str_eq(local(),
			 L1 LO "local 192.168.1.1/32 dev eth0 scope 254 src 192.168.1.1\n"
			       "local 192.168.1.3/32 dev eth0 scope 254 src 192.168.1.1\n"
			       "broadcast 192.168.1.255/32 dev eth0 scope 253 src 192.168.1.1\n");
	ck_assert_str_eq(mainb(), M1 M0);
	ck_assert_int_eq(inet_addr_del(f.eth0, inet_addr("192.168.1.3"), 24, NULL), 0);
	ck_assert_str_eq(local(), L1 LO L0);
	ipfix_addr(f.eth0, "192.168.1.3", 24);
	ipfix_addr(f.eth0, "192.168.1.4", 24);
	ipfix_sysctl("net.ipv4.conf.all.promote_secondaries", "1");
	ck_assert_int_eq(inet_addr_del(f.eth0, inet_addr("192.168.1.1"), 24, NULL), 0);
	ck_assert_str_eq(local(),
			 L1 LO "local 192.168.1.3/32 dev eth0 scope 254 src 192.168.1.3\n"
			       "local 192.168.1.4/32 dev eth0 scope 254 src 192.168.1.3\n"
			       "broadcast 192.168.1.255/32 dev eth0 scope 253 src 192.168.1.3\n");
	ck_assert_str_eq(mainb(), M1 "unicast 192.168.1.0/24 dev eth0 scope 253 src 192.168.1.3\n");
	ipfix_sysctl("net.ipv4.conf.all.promote_secondaries", "0");
	ck_assert_int_eq(inet_addr_del(f.eth0, inet_addr("192.168.1.3"), 24, NULL), 0);
	ck_assert_str_eq(local(), L1 LO);
	ck_assert_str_eq(mainb(), M1);
}
END_TEST

/* One address in two subnets of the device: what the other still needs stays. */
START_TEST(test_shared_address)
{
	ipfix_addr(f.eth0, "192.168.1.1", 16);
	ck_assert_str_eq(mainb(),
			 M1 "unicast 192.168.0.0/16 dev eth0 scope 253 src 192.168.1.1\n" M0);
	ck_assert_int_eq(inet_addr_del(f.eth0, inet_addr("192.168.1.1"), 24, NULL), 0);
	ck_assert_str_eq(local(),
			 L1 LO "local 192.168.1.1/32 dev eth0 scope 254 src 192.168.1.1\n"
			       "broadcast 192.168.255.255/32 dev eth0 scope 253 src 192.168.1.1\n");
	ck_assert_str_eq(mainb(), M1 "unicast 192.168.0.0/16 dev eth0 scope 253 src 192.168.1.1\n");
}
END_TEST

/* --- rtnetlink --- */

struct rt {
	int type, cmd, flags;
	const char *dst, *gw, *src;
	unsigned plen, scope, table, metric, rtnh;
	int oif;
};

static int rtm(struct rt r)
{
	struct rtmsg h = { .rtm_family = AF_INET,
			   .rtm_dst_len = (uint8_t)r.plen,
			   .rtm_table = (uint8_t)(r.table ? r.table : RT_TABLE_MAIN),
			   .rtm_type = (uint8_t)(r.type ? r.type : RTN_UNICAST),
			   .rtm_scope = (uint8_t)r.scope,
			   .rtm_protocol = RTPROT_BOOT,
			   .rtm_flags = r.rtnh };

	nl_new(r.cmd ? r.cmd : RTM_NEWROUTE,
	       r.cmd == RTM_DELROUTE ? 0
	       : r.flags	     ? r.flags
				     : NLM_F_CREATE | NLM_F_EXCL,
	       &h, sizeof(h));
	if (r.dst)
		nl_ip(RTA_DST, r.dst);
	if (r.gw)
		nl_ip(RTA_GATEWAY, r.gw);
	if (r.src)
		nl_ip(RTA_PREFSRC, r.src);
	if (r.oif)
		nl_u32(RTA_OIF, (uint32_t)r.oif);
	if (r.metric)
		nl_u32(RTA_PRIORITY, r.metric);
	return nl_do(&f.n.net);
}
#define RTM(...) rtm((struct rt){ __VA_ARGS__ })

static void refused(int ret, int want, const char *why)
{
	ck_assert_int_eq(ret, want);
	ck_assert_str_eq(nl_err, why);
}

START_TEST(test_newroute)
{
	ck_assert_int_eq(RTM(.gw = A_PEER), 0); /* default */
	ck_assert_int_eq(RTM(.dst = "10.9.0.0", .plen = 16, .gw = A_PEER1, .metric = 100), 0);
	ck_assert_int_eq(RTM(.dst = "10.8.0.0", .plen = 16, .oif = f.eth0->ifindex,
			     .scope = RT_SCOPE_LINK, .src = A_SELF),
			 0);
	ck_assert_int_eq(RTM(.dst = "10.7.0.0", .plen = 16, .type = RTN_UNREACHABLE), 0);
	ck_assert_int_eq(RTM(.dst = "10.6.0.0", .plen = 16, .gw = "8.8.8.8", .oif = f.eth1->ifindex,
			     .rtnh = RTNH_F_ONLINK),
			 0);
	ck_assert_str_eq(mainb(), "unicast 0.0.0.0/0 via 192.168.1.2 dev eth0\n" M1
				  "unicast 10.6.0.0/16 via 8.8.8.8 dev eth1\n"
				  "unreachable 10.7.0.0/16\n"
				  "unicast 10.8.0.0/16 dev eth0 scope 253 src 192.168.1.1\n"
				  "unicast 10.9.0.0/16 via 10.0.0.2 dev eth1 metric 100\n" M0);
	ck_assert_int_eq(RTM(.gw = A_PEER), -EEXIST);
	ck_assert_int_eq(RTM(.gw = A_PEER1, .flags = NLM_F_CREATE | NLM_F_REPLACE), 0);
	ck_assert_ptr_nonnull(strstr(mainb(), "unicast 0.0.0.0/0 via 10.0.0.2 dev eth1\n"));
	ck_assert_int_eq(RTM(.cmd = RTM_DELROUTE, .gw = A_PEER, .scope = RT_SCOPE_NOWHERE), -ESRCH);
	ck_assert_int_eq(RTM(.cmd = RTM_DELROUTE, .scope = RT_SCOPE_NOWHERE), 0);
	ck_assert_int_eq(RTM(.cmd = RTM_DELROUTE, .scope = RT_SCOPE_NOWHERE), -ESRCH);
	ck_assert_int_eq(RTM(.cmd = RTM_DELROUTE, .dst = "10.9.0.0", .plen = 16, .metric = 99,
			     .scope = RT_SCOPE_NOWHERE),
			 -ESRCH);
	ck_assert_int_eq(RTM(.cmd = RTM_DELROUTE, .dst = "10.9.0.0", .plen = 16, .metric = 100,
			     .scope = RT_SCOPE_NOWHERE),
			 0);
}
END_TEST

START_TEST(test_refusals)
{
	int i0 = f.eth0->ifindex;

	refused(RTM(.dst = "10.9.0.1", .plen = 16, .gw = A_PEER), -EINVAL,
		"Invalid prefix for given prefix length");
	refused(RTM(.dst = "10.9.0.1", .plen = 33, .gw = A_PEER), -EINVAL, "Invalid prefix length");
	refused(RTM(.gw = "8.8.8.8"), -ENETUNREACH, "Nexthop has invalid gateway");
	refused(RTM(.gw = "192.168.1.255"), -EINVAL, "Nexthop has invalid gateway");
	refused(RTM(.gw = A_PEER, .oif = f.eth1->ifindex), -ENETUNREACH,
		"Nexthop has invalid gateway");
	refused(RTM(.gw = "8.8.8.8", .rtnh = RTNH_F_ONLINK), -ENODEV,
		"Nexthop device required for onlink");
	refused(RTM(.gw = A_SELF, .oif = i0, .rtnh = RTNH_F_ONLINK), -EINVAL,
		"Nexthop has invalid gateway");
	refused(RTM(.dst = "9.0.0.0", .plen = 8, .oif = i0, .rtnh = RTNH_F_ONLINK), -EINVAL,
		"Invalid flags for nexthop - PERVASIVE and ONLINK can not be set");
	refused(RTM(.dst = "9.0.0.0", .plen = 8, .gw = A_PEER, .src = "1.2.3.4"), -EINVAL,
		"Invalid prefsrc address");
	refused(RTM(.dst = "9.0.0.0", .plen = 8, .oif = i0, .rtnh = RTNH_F_DEAD), -EINVAL,
		"Invalid rtm_flags - can not contain DEAD or LINKDOWN");
	refused(RTM(.dst = "9.0.0.0", .plen = 8, .type = RTN_BLACKHOLE, .oif = i0), -EINVAL,
		"Gateway, device and multipath can not be specified for this route type");
	refused(RTM(.dst = "9.0.0.0", .plen = 8, .type = 12, .oif = i0), -EINVAL,
		"Invalid route type");
	refused(RTM(.dst = "9.0.0.1", .plen = 32, .type = RTN_LOCAL, .oif = i0), -EINVAL,
		"Invalid scope");
	refused(RTM(.dst = "9.0.0.1", .plen = 32, .type = RTN_LOCAL, .oif = i0,
		    .scope = RT_SCOPE_HOST, .gw = A_PEER),
		-EINVAL, "Route with host scope can not have a gateway");
	refused(RTM(.dst = "9.0.0.0", .plen = 8), -ENODEV, "");
	refused(RTM(.dst = "9.0.0.0", .plen = 8, .oif = 77), -ENODEV, "");
	refused(RTM(.dst = "9.0.0.0", .plen = 8, .oif = i0, .table = 100), -EOPNOTSUPP,
		"Only the tables local and main exist");
	refused(RTM(.dst = "9.0.0.0", .plen = 8, .cmd = RTM_DELROUTE, .table = 100), -ESRCH,
		"FIB table does not exist");
	dev_close(f.eth1);
	refused(RTM(.dst = "9.0.0.0", .plen = 8, .oif = f.eth1->ifindex), -ENETDOWN,
		"Device for nexthop is not up");
	refused(RTM(.gw = "8.8.8.8", .oif = f.eth1->ifindex, .rtnh = RTNH_F_ONLINK), -ENETDOWN,
		"Nexthop device is down");
	nl_client_.admin = false;
	ck_assert_str_eq(mainb(), M0);
}
END_TEST

START_TEST(test_refused_attributes)
{
	static const struct {
		int type;
		const char *why;
		int ret;
	} t[] = {
		{ RTA_MULTIPATH, "Multipath routes are not supported: one next hop only",
		  -EOPNOTSUPP },
		{ RTA_ENCAP, "Encapsulation is not supported", -EOPNOTSUPP },
		{ RTA_NH_ID, "Nexthop id does not exist", -EINVAL },
		{ RTA_VIA, "Gateways of another family are not supported", -EOPNOTSUPP },
	};
	struct rtmsg h = { .rtm_family = AF_INET,
			   .rtm_table = RT_TABLE_MAIN,
			   .rtm_type = RTN_UNICAST };

	for (unsigned i = 0; i < ARRAY_SIZE(t); i++) {
		nl_new(RTM_NEWROUTE, NLM_F_CREATE, &h, sizeof(h));
		nl_put(t[i].type, "\0\0\0\0\0\0\0\0", 8);
		refused(nl_do(&f.n.net), t[i].ret, t[i].why);
	}
	nl_new(RTM_NEWROUTE, NLM_F_CREATE, &h, sizeof(h));
	nl_put(RTA_VIA, "\0\0\0\0\0\0\0\0", 8);
	nl_ip(RTA_GATEWAY, A_PEER);
	refused(nl_do(&f.n.net), -EINVAL,
		"Nexthop configuration can not contain both GATEWAY and VIA");
	h.rtm_tos = 1;
	nl_new(RTM_NEWROUTE, NLM_F_CREATE, &h, sizeof(h));
	refused(nl_do(&f.n.net), -EINVAL, "Invalid dsfield (tos): ECN bits must be 0");
}
END_TEST

START_TEST(test_dump_and_monitor)
{
	struct rtmsg h = { .rtm_family = AF_INET, .rtm_table = RT_TABLE_MAIN };
	unsigned n = 0;

	nl_listen(&f.n.net, RTMGRP_IPV4_ROUTE);
	ck_assert_int_eq(
		RTM(.dst = "10.9.0.0", .plen = 16, .gw = A_PEER1, .metric = 100, .src = A_SELF), 0);
	ck_assert_int_eq(RTM(.cmd = RTM_DELROUTE, .dst = "10.9.0.0", .plen = 16,
			     .scope = RT_SCOPE_NOWHERE),
			 0);
	nl_each(m, nl_heard, nl_heard_len)
	{
		const struct rtmsg *r = NLMSG_DATA(m);

		ck_assert_int_eq(m->nlmsg_type, n++ ? RTM_DELROUTE : RTM_NEWROUTE);
		ck_assert_uint_eq(m->nlmsg_pid, 4711);
		ck_assert_uint_eq(m->nlmsg_seq, 42);
		ck_assert_int_eq(m->nlmsg_flags, n == 1 ? NLM_F_CREATE | NLM_F_EXCL : 0);
		ck_assert_int_eq(r->rtm_dst_len, 16);
		ck_assert_int_eq(r->rtm_table, RT_TABLE_MAIN);
		ck_assert_int_eq(r->rtm_protocol, RTPROT_BOOT);
		ck_assert_int_eq(r->rtm_scope, RT_SCOPE_UNIVERSE);
		ck_assert_int_eq(r->rtm_type, RTN_UNICAST);
		ck_assert_uint_eq(nl_attr_u32(m, sizeof(*r), RTA_DST), inet_addr("10.9.0.0"));
		ck_assert_uint_eq(nl_attr_u32(m, sizeof(*r), RTA_GATEWAY), inet_addr(A_PEER1));
		ck_assert_uint_eq(nl_attr_u32(m, sizeof(*r), RTA_PREFSRC), inet_addr(A_SELF));
		ck_assert_uint_eq(nl_attr_u32(m, sizeof(*r), RTA_OIF), (unsigned)f.eth1->ifindex);
		ck_assert_uint_eq(nl_attr_u32(m, sizeof(*r), RTA_PRIORITY), 100);
		ck_assert_uint_eq(nl_attr_u32(m, sizeof(*r), RTA_TABLE), RT_TABLE_MAIN);
	}
	ck_assert_uint_eq(n, 2);
	rtnl_client_del(&f.n.net, &nl_listener);
	nl_new(RTM_GETROUTE, NLM_F_DUMP, &h, sizeof(h));
	ck_assert_int_eq(nl_do(&f.n.net), 0);
	n = 0;
	nl_each(m, nl_reply, nl_reply_len) n++;
	ck_assert_uint_eq(n, 9); /* a program that is not strict gets both tables */
	nl_client_.strict = true;
	nl_new(RTM_GETROUTE, NLM_F_DUMP, &h, sizeof(h));
	ck_assert_int_eq(nl_do(&f.n.net), 0);
	n = 0;
	nl_each(m, nl_reply, nl_reply_len) n++;
	ck_assert_uint_eq(n, 2);
	nl_new(RTM_GETROUTE, NLM_F_DUMP, &h, sizeof(h));
	nl_u32(RTA_OIF, (uint32_t)f.eth1->ifindex);
	nl_u32(RTA_TABLE, RT_TABLE_LOCAL);
	ck_assert_int_eq(nl_do(&f.n.net), 0);
	n = 0;
	nl_each(m, nl_reply, nl_reply_len) n++;
	ck_assert_uint_eq(n, 2);
	h.rtm_table = 77;
	nl_new(RTM_GETROUTE, NLM_F_DUMP, &h, sizeof(h));
	refused(nl_do(&f.n.net), -ENOENT, "ipv4: FIB table does not exist");
}
END_TEST

/* Every cut of a good request, and random bytes in its attributes. */
START_TEST(test_hostile)
{
	struct rtmsg h = { .rtm_family = AF_INET,
			   .rtm_table = RT_TABLE_MAIN,
			   .rtm_type = RTN_UNICAST,
			   .rtm_dst_len = 24 };
	struct rng dice;

	rng_seed(&dice, 3);
	for (unsigned i = 0; i < 6000; i++) {
		static const int cmds[] = { RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE };
		struct nlmsghdr *nh = (struct nlmsghdr *)(void *)nl_request;
		size_t len;
		char *exact;

		nl_new(cmds[i % 3], NLM_F_CREATE | NLM_F_ACK | (i % 5 == 4 ? NLM_F_DUMP : 0), &h,
		       sizeof(h));
		nl_ip(RTA_DST, "10.77.0.0");
		nl_ip(RTA_GATEWAY, A_PEER);
		nl_put(RTA_METRICS, "\x08\0\x02\0\xdc\x05\0\0", 8);
		nl_u32(RTA_OIF, (uint32_t)f.eth0->ifindex);
		len = i < 240 ? i / 3 : nl_len;
		if (len > nl_len)
			continue;
		if (i >= 240)
			for (unsigned k = 0; k < 3; k++)
				nl_request[16 + rng_below(&dice, (uint32_t)nl_len - 16)] =
					(char)rng_u32(&dice);
		nh->nlmsg_len = (uint32_t)len;
		exact = malloc(len ? len : 1);
		memcpy(exact, nl_request, len);
		nl_client_ = (struct nl_client){
			.admin = true, .ext_ack = true, .strict = i & 8, .send = nl_send
		};
		nl_reply_len = 0;
		rtnetlink_rcv(&f.n.net, &nl_client_, exact, len);
		free(exact);
		if (i % 500 == 0)
			netfix_settle(&f.n);
	}
}
END_TEST

/* --- events --- */

START_TEST(test_down_up)
{
	ck_assert_int_eq(RTM(.gw = A_PEER), 0);
	ck_assert_int_eq(RTM(.dst = "10.8.0.0", .plen = 16, .oif = f.eth0->ifindex,
			     .scope = RT_SCOPE_LINK),
			 0);
	dev_close(f.eth0);
	/*
	 * the address stays ours; what leads out by the device is gone for good, but for the
	 * subnet's own routes
	 */
	ck_assert_str_eq(mainb(), M1);
	ck_assert_str_eq(local(),
			 L1 LO "local 192.168.1.1/32 dev eth0 scope 254 src 192.168.1.1\n");
	ck_assert_uint_eq(inet_addr_type(&f.n.net, inet_addr(A_SELF)), RTN_LOCAL);
	ck_assert_int_eq(dev_open(f.eth0, NULL), 0);
	ck_assert_str_eq(mainb(), M1 M0);
	ck_assert_str_eq(local(), L1 LO L0);
}
END_TEST

START_TEST(test_carrier)
{
	struct flowi4 fl4 = { .daddr = inet_addr(A_PEER) };
	struct fib_result res;

	netif_carrier_off(f.eth0);
	netfix_settle(&f.n);
	ck_assert_str_eq(mainb(),
			 M1 "unicast 192.168.1.0/24 dev eth0 scope 253 src 192.168.1.1 linkdown\n");
	ck_assert_int_eq(fib_lookup(&f.n.net, &fl4, &res, 0), 0);
	ipfix_sysctl("net.ipv4.conf.eth0.ignore_routes_with_linkdown", "1");
	ck_assert_int_eq(fib_lookup(&f.n.net, &fl4, &res, 0), -ENETUNREACH);
	ck_assert_int_eq(fib_lookup(&f.n.net, &fl4, &res, FIB_LOOKUP_IGNORE_LINKSTATE), 0);
	netif_carrier_on(f.eth0);
	netfix_settle(&f.n);
	ck_assert_str_eq(mainb(), M1 M0);
	ck_assert_int_eq(fib_lookup(&f.n.net, &fl4, &res, 0), 0);
}
END_TEST

START_TEST(test_prefsrc_goes_with_its_address)
{
	ipfix_addr(f.eth0, "20.0.0.1", 32);
	ck_assert_int_eq(RTM(.dst = "10.8.0.0", .plen = 16, .gw = A_PEER1, .src = "20.0.0.1"), 0);
	ck_assert_int_eq(inet_addr_del(f.eth0, inet_addr("20.0.0.1"), 32, NULL), 0);
	ck_assert_str_eq(mainb(), M1 M0);
	/* the last address of a device takes all its routes along */
	ck_assert_int_eq(RTM(.dst = "10.8.0.0", .plen = 16, .oif = f.eth0->ifindex,
			     .scope = RT_SCOPE_LINK),
			 0);
	ck_assert_int_eq(inet_addr_del(f.eth0, inet_addr(A_SELF), 24, NULL), 0);
	ck_assert_str_eq(mainb(), M1);
	ck_assert_str_eq(local(), L1 LO);
}
END_TEST

START_TEST(test_preferred_source_follows_addresses)
{
	struct flowi4 fl4 = { .daddr = inet_addr("8.8.8.8") };
	struct fib_result res;

	ck_assert_int_eq(RTM(.gw = A_PEER), 0);
	ck_assert_int_eq(fib_lookup(&f.n.net, &fl4, &res, 0), 0);
	ck_assert_uint_eq(fib_result_prefsrc(&f.n.net, &res), inet_addr(A_SELF));
	/* a closer subnet of the gateway: but later in the list */
	ipfix_addr(f.eth0, "192.168.1.9", 25);
	ck_assert_uint_eq(fib_result_prefsrc(&f.n.net, &res), inet_addr(A_SELF));
	ck_assert_int_eq(inet_addr_del(f.eth0, inet_addr(A_SELF), 24, NULL), 0);
	ck_assert_int_eq(fib_lookup(&f.n.net, &fl4, &res, 0), 0);
	ck_assert_uint_eq(fib_result_prefsrc(&f.n.net, &res), inet_addr("192.168.1.9"));
}
END_TEST

/* --- questions --- */

START_TEST(test_address_types)
{
	static const struct {
		const char *addr;
		unsigned type;
	} t[] = {
		{ "0.0.0.0", RTN_BROADCAST },
		{ "255.255.255.255", RTN_BROADCAST },
		{ "224.0.0.1", RTN_MULTICAST },
		{ "239.255.255.255", RTN_MULTICAST },
		{ "127.0.0.1", RTN_LOCAL },
		{ "127.3.2.1", RTN_LOCAL },
		{ "127.255.255.255", RTN_BROADCAST },
		{ A_SELF, RTN_LOCAL },
		{ A_PEER, RTN_UNICAST },
		{ "192.168.1.255", RTN_BROADCAST },
		{ "192.168.1.0", RTN_UNICAST },
		{ "8.8.8.8", RTN_UNICAST },
		{ "240.0.0.1", RTN_UNICAST },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(t); i++)
		ck_assert_uint_eq(inet_addr_type(&f.n.net, inet_addr(t[i].addr)), t[i].type);
	ck_assert_uint_eq(inet_dev_addr_type(&f.n.net, f.eth0, inet_addr(A_SELF)), RTN_LOCAL);
	ck_assert_uint_eq(inet_dev_addr_type(&f.n.net, f.eth1, inet_addr(A_SELF)), RTN_UNICAST);
	ck_assert_uint_eq(inet_addr_type_dev_table(&f.n.net, f.eth1, inet_addr(A_SELF)), RTN_LOCAL);
}
END_TEST

static int validate(const char *src, int oif)
{
	return fib_validate_source(NULL, inet_addr(src), inet_addr(A_SELF), 0, oif, f.eth0->ip_ptr);
}

START_TEST(test_J8_validate_source)
{
	int i0 = f.eth0->ifindex;

	/* default: only our own addresses are refused */
	ck_assert_int_eq(validate(A_PEER, 0), 0);
	ck_assert_int_eq(validate("8.8.8.8", 0), 0);
	ck_assert_int_eq(validate(A_SELF, 0), -EINVAL);
	ck_assert_int_eq(validate(A_SELF1, 0), -EINVAL);
	/* out by the way it came, redirects on: the answer says how near the source is */
	ck_assert_int_eq(validate(A_PEER, i0), 1);
	ck_assert_int_eq(validate("8.8.8.8", i0), 0); /* no route: not near */
	ck_assert_int_eq(RTM(.gw = A_PEER), 0);
	ck_assert_int_eq(validate("8.8.8.8", i0), 0); /* behind a gateway */
	ck_assert_int_eq(validate("192.168.1.255", i0), -EINVAL);
	ipfix_sysctl("net.ipv4.conf.eth0.rp_filter", "1");
	ck_assert_int_eq(validate(A_PEER, 0), 1);
	ck_assert_int_eq(validate("8.8.8.8", 0), 0);
	ck_assert_int_eq(validate(A_PEER1, 0), -EXDEV);
	ck_assert_int_eq(validate(A_SELF, 0), -EINVAL);
	ck_assert_int_eq(RTM(.cmd = RTM_DELROUTE, .scope = RT_SCOPE_NOWHERE), 0);
	ck_assert_int_eq(validate("8.8.8.8", 0), -EXDEV);
	ipfix_sysctl("net.ipv4.conf.all.rp_filter", "2"); /* the higher of both */
	ck_assert_int_eq(validate(A_PEER1, 0), 0);
	ck_assert_int_eq(validate("8.8.8.8", 0), -EXDEV);
	ipfix_sysctl("net.ipv4.conf.eth0.rp_filter", "0");
	ipfix_sysctl("net.ipv4.conf.all.rp_filter", "0");
	ipfix_sysctl("net.ipv4.conf.eth0.accept_local", "1");
	ck_assert_int_eq(validate(A_SELF, 0), 0);
	ipfix_sysctl("net.ipv4.conf.eth0.accept_local", "0");
	/* a local route made by hand is found by the tables only */
	ck_assert_int_eq(RTM(.dst = "9.0.0.1", .plen = 32, .type = RTN_LOCAL, .oif = f.lo->ifindex,
			     .scope = RT_SCOPE_HOST, .table = RT_TABLE_LOCAL),
			 0);
	ck_assert_int_eq(validate("9.0.0.1", 0), -EINVAL);
}
END_TEST

/* --- files and ioctl --- */

START_TEST(test_proc_net_route)
{
	char want[4096];
	int n = 0;

	ck_assert_int_eq(RTM(.gw = A_PEER, .metric = 7), 0);
	ck_assert_int_eq(RTM(.dst = "9.0.0.0", .plen = 8, .type = RTN_UNREACHABLE), 0);
	ck_assert_int_eq(RTM(.dst = "10.5.0.1", .plen = 32, .gw = A_PEER1), 0);
#define W(s) (n += snprintf(want + n, sizeof(want) - (size_t)n, "%-127s\n", s))
	W("Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT");
	W("eth0\t00000000\t0201A8C0\t0003\t0\t0\t7\t00000000\t0\t0\t0");
	W("*\t00000009\t00000000\t0201\t0\t0\t0\t000000FF\t0\t0\t0");
	W("eth1\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0");
	W("eth1\t0100050A\t0200000A\t0007\t0\t0\t0\tFFFFFFFF\t0\t0\t0");
	W("eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0");
	ck_assert_str_eq(netfix_cat(&f.n, "/proc/net/route"), want);
}
END_TEST

START_TEST(test_fib_trie_files)
{
	const char *s;

	ck_assert_int_eq(inet_addr_del(f.eth1, inet_addr(A_SELF1), 24, NULL), 0);
	ck_assert_str_eq(netfix_cat(&f.n, "/proc/net/fib_trie"), "Main:\n"
								 "  |-- 192.168.1.0\n"
								 "     /24 link UNICAST\n"
								 "Local:\n"
								 "  +-- 0.0.0.0/0 3 0 6\n"
								 "     +-- 127.0.0.0/8 2 0 2\n"
								 "        +-- 127.0.0.0/31 1 0 0\n"
								 "           |-- 127.0.0.0\n"
								 "              /8 host LOCAL\n"
								 "           |-- 127.0.0.1\n"
								 "              /32 host LOCAL\n"
								 "        |-- 127.255.255.255\n"
								 "           /32 link BROADCAST\n"
								 "     +-- 192.168.1.0/24 2 0 2\n"
								 "        |-- 192.168.1.1\n"
								 "           /32 host LOCAL\n"
								 "        |-- 192.168.1.255\n"
								 "           /32 link BROADCAST\n");
	s = netfix_cat(&f.n, "/proc/net/fib_triestat");
	ck_assert_ptr_nonnull(strstr(
		s,
		"Local:\n\tAver depth:     2.40\n\tMax depth:      3\n\tLeaves:         "
		"5\n\tPrefixes:       5\n"
		"\tInternal nodes: 4\n\t  1: 1  2: 2  3: 1\n\tPointers: 18\nNull ptrs: "
		"10\nTotal size: "));
}
END_TEST

static void sin_set(struct sockaddr *sa, const char *addr)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr.s_addr = inet_addr(addr) };

	memcpy(sa, &sin, sizeof(sin));
}

START_TEST(test_ioctls)
{
	struct rtentry rt = { .rt_flags = RTF_UP | RTF_GATEWAY, .rt_metric = 3 };
	char dev[] = "eth1";

	sin_set(&rt.rt_dst, "30.0.0.0");
	sin_set(&rt.rt_genmask, "255.0.0.0");
	sin_set(&rt.rt_gateway, A_PEER);
	ck_assert_int_eq(ip_rt_ioctl(&f.n.net, SIOCADDRT, &rt, false), -EPERM);
	ck_assert_int_eq(ip_rt_ioctl(&f.n.net, SIOCADDRT, &rt, true), 0);
	ck_assert_str_eq(mainb(), M1 "unicast 30.0.0.0/8 via 192.168.1.2 dev eth0 metric 2\n" M0);
	sin_set(&rt.rt_genmask, "255.0.255.0");
	ck_assert_int_eq(ip_rt_ioctl(&f.n.net, SIOCADDRT, &rt, true), -EINVAL);
	sin_set(&rt.rt_genmask, "255.0.0.0");
	ck_assert_int_eq(ip_rt_ioctl(&f.n.net, SIOCDELRT, &rt, true), 0);
	ck_assert_int_eq(ip_rt_ioctl(&f.n.net, SIOCDELRT, &rt, true), -ESRCH);
	rt = (struct rtentry){ .rt_flags = RTF_UP | RTF_HOST, .rt_dev = dev };
	sin_set(&rt.rt_dst, "30.0.0.9");
	ck_assert_int_eq(ip_rt_ioctl(&f.n.net, SIOCADDRT, &rt, true), 0);
	ck_assert_str_eq(mainb(), M1 "unicast 30.0.0.9/32 dev eth1 scope 253\n" M0);
	dev[3] = '9';
	ck_assert_int_eq(ip_rt_ioctl(&f.n.net, SIOCADDRT, &rt, true), -ENODEV);
	rt.rt_dst.sa_family = AF_INET6;
	ck_assert_int_eq(ip_rt_ioctl(&f.n.net, SIOCADDRT, &rt, true), -EAFNOSUPPORT);
}
END_TEST

/* --- failures --- */

static bool faulty(unsigned long nth, bool *ret_hit)
{
	struct kmem *kmem;

	begin();
	kmem = &f.n.net.m.kmem;
	kmem_fail_nth(kmem, nth, NULL);
	RTM(.gw = A_PEER);
	RTM(.dst = "10.8.0.0", .plen = 16, .gw = A_PEER1, .src = A_SELF);
	RTM(.dst = "10.7.0.0", .plen = 16, .type = RTN_UNREACHABLE);
	RTM(.gw = A_PEER1, .flags = NLM_F_CREATE | NLM_F_REPLACE);
	dev_close(f.eth0);
	dev_open(f.eth0, NULL);
	RTM(.cmd = RTM_DELROUTE, .dst = "10.7.0.0", .plen = 16, .type = RTN_UNREACHABLE,
	    .scope = RT_SCOPE_NOWHERE);
	*ret_hit = kmem_fault_hit(kmem);
	kmem_fail_nth(kmem, 0, NULL);
	end();
	return true;
}

START_TEST(test_failures)
{
	ck_assert_uint_gt(faulty_sweep(faulty), 30);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("fib_frontend");
	TCase *tc = tcase_create("fib_frontend"), *sweep = tcase_create("failures");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_routes_of_addresses);
	tcase_add_test(tc, test_secondary_and_promotion);
	tcase_add_test(tc, test_shared_address);
	tcase_add_test(tc, test_newroute);
	tcase_add_test(tc, test_refusals);
	tcase_add_test(tc, test_refused_attributes);
	tcase_add_test(tc, test_dump_and_monitor);
	tcase_add_test(tc, test_hostile);
	tcase_add_test(tc, test_down_up);
	tcase_add_test(tc, test_carrier);
	tcase_add_test(tc, test_prefsrc_goes_with_its_address);
	tcase_add_test(tc, test_preferred_source_follows_addresses);
	tcase_add_test(tc, test_address_types);
	tcase_add_test(tc, test_J8_validate_source);
	tcase_add_test(tc, test_proc_net_route);
	tcase_add_test(tc, test_fib_trie_files);
	tcase_add_test(tc, test_ioctls);
	suite_add_tcase(s, tc);
	tcase_set_timeout(sweep, 120);
	tcase_add_test(sweep, test_failures);
	suite_add_tcase(s, sweep);
	return s;
}
