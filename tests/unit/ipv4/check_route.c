/* SPDX-License-Identifier: MIT */
/*
 * check_route.c: routes of received and sent packets in Linux's order, caches, path MTU, redirects,
 * errors and their rates.
 */
#include "unit/ipv4/routefix.h"

#include "trace/trace.h"

/* --- input --- */

static enum skb_drop_reason reason;
static struct rtable *in_rt; /* not held: looked at inside the vCPU only */
static struct rtable in_copy;
static bool in_noref;

/* What ip_route_input_noref() says of a packet that comes in by @dev */
static int input(struct net_device *dev, const char *saddr, const char *daddr, int proto)
{
	unsigned len = ipfix_pkt(pkt, saddr, daddr, proto, NULL, 8);
	struct sk_buff *skb;
	int ret;

	ipfix_enter(0);
	skb = ipfix_skb(dev, pkt, len, PACKET_HOST);
	ck_assert_ptr_nonnull(skb);
	skb_reset_network_header(skb);
	reason = SKB_DROP_REASON_NOT_SPECIFIED;
	ret = ip_route_input_noref(skb, inet_addr(daddr), inet_addr(saddr), 0, dev, &reason);
	in_rt = skb_rtable(skb);
	in_noref = skb->_skb_refdst & SKB_DST_NOREF;
	if (in_rt)
		in_copy = *in_rt;
	consume_skb(skb);
	ipfix_leave();
	ck_assert_int_eq(!ret, in_rt != NULL);
	return ret;
}

#define refused(dev, s, d, err, why)                                  \
	do {                                                          \
		ck_assert_int_eq(input(dev, s, d, IPPROTO_UDP), err); \
		ck_assert_int_eq(reason, SKB_DROP_REASON_##why);      \
	} while (0)

static void taken(struct net_device *dev, const char *s, const char *d, unsigned type,
		  unsigned flags, unsigned action)
{
	ck_assert_msg(!input(dev, s, d, IPPROTO_UDP), "%s > %s: %s", s, d, drop_table[reason].name);
	ck_assert_uint_eq(in_copy.rt_type, type);
	ck_assert_uint_eq(in_copy.rt_flags, flags);
	ck_assert_uint_eq(in_copy.rt_input, action);
	ck_assert_uint_eq(in_copy.rt_is_input, 1);
}

START_TEST(test_J8_input_in_order)
{
	static const char *const bad[] = { "224.0.0.1", "239.1.1.1", "255.255.255.255" };

	taken(f.eth0, A_PEER, A_SELF, RTN_LOCAL, RTCF_LOCAL, RT_ACTION_LOCAL);
	ck_assert_ptr_eq(in_copy.dst.dev, f.lo);
	/* the weak host model */
	taken(f.eth0, A_PEER, A_SELF1, RTN_LOCAL, RTCF_LOCAL, RT_ACTION_LOCAL);
	taken(f.eth0, A_PEER, "192.168.1.255", RTN_BROADCAST, RTCF_BROADCAST | RTCF_LOCAL,
	      RT_ACTION_LOCAL);
	taken(f.eth0, A_PEER, "255.255.255.255", RTN_BROADCAST, RTCF_BROADCAST | RTCF_LOCAL,
	      RT_ACTION_LOCAL);
	taken(f.eth0, "0.0.0.0", "255.255.255.255", RTN_BROADCAST, RTCF_BROADCAST | RTCF_LOCAL,
	      RT_ACTION_LOCAL);
	taken(f.eth0, "0.0.0.0", "0.0.0.0", RTN_BROADCAST, RTCF_BROADCAST | RTCF_LOCAL,
	      RT_ACTION_LOCAL);
	for (unsigned i = 0; i < 3; i++) {
		refused(f.eth0, bad[i], A_SELF, -EINVAL, IP_INVALID_SOURCE);
		refused(f.eth0, bad[i], "255.255.255.255", -EINVAL, IP_INVALID_SOURCE);
	}
	refused(f.eth0, "0.0.0.0", A_SELF, -EINVAL, IP_INVALID_SOURCE);
	refused(f.eth0, A_PEER, "0.0.0.0", -EINVAL, IP_INVALID_DEST);
	refused(f.eth0, A_PEER, "127.0.0.1", -EINVAL, IP_LOCALNET);
	refused(f.eth0, "127.0.0.1", A_SELF, -EINVAL, IP_LOCALNET);
	refused(f.eth0, "127.0.0.1", "127.0.0.1", -EINVAL, IP_LOCALNET);
	refused(f.eth0, A_SELF, A_SELF, -EINVAL, IP_INVALID_SOURCE); /* land */
	refused(f.eth0, A_SELF1, A_SELF, -EINVAL, IP_INVALID_SOURCE);
	refused(f.eth0, A_SELF, "255.255.255.255", -EINVAL, IP_INVALID_SOURCE);
	ipfix_sysctl("net.ipv4.conf.eth0.route_localnet", "1");
	taken(f.eth0, A_PEER, "127.0.0.1", RTN_LOCAL, RTCF_LOCAL, RT_ACTION_LOCAL);
	ck_assert_uint_eq(f.n.net.ipv4->rt_cpu[0].in_martian_dst, 3);
	ck_assert_uint_eq(f.n.net.ipv4->rt_cpu[0].in_martian_src, 11);
}
END_TEST

START_TEST(test_input_counters_of_rt_cache)
{
	const struct rt_cpu *c = f.n.net.ipv4->rt_cpu;
	char want[256];

	input(f.eth0, A_PEER, "127.0.0.1", 17);
	input(f.eth0, A_PEER, "0.0.0.0", 17);
	input(f.eth0, "224.0.0.1", A_SELF, 17);
	input(f.eth0, A_PEER, "255.255.255.255", 17);
	input(f.eth0, A_PEER, "8.8.8.8", 17);
	ck_assert_uint_eq(c->in_martian_dst, 2);
	ck_assert_uint_eq(c->in_martian_src, 1);
	ck_assert_uint_eq(c->in_brd, 1);
	snprintf(
		want, sizeof(want),
		"00000000 00000000 %08x    %08x   00000001    00000001 00000002       00000001       00000000 %08x     "
		"%08x    00000000 00000000   00000000     00000000        00000000        00000000\n",
		c->in_slow_tot, c->in_slow_mc, c->out_slow_tot, c->out_slow_mc);
	ck_assert_uint_eq(c->in_no_route, 1);
	ck_assert_str_eq(strchr(netfix_cat(&f.n, "/proc/net/stat/rt_cache"), '\n') + 1, want);
	/* the heading only */
	ck_assert_uint_eq(strlen(netfix_cat(&f.n, "/proc/net/rt_cache")), 128);
}
END_TEST

/* Once cached, no packet costs an allocation, whatever its kind; it borrows the route. */
START_TEST(test_input_cache)
{
	static const struct {
		const char *s, *d;
	} t[] = {
		{ A_PEER, A_SELF },	 { A_PEER, "192.168.1.255" }, { A_PEER, "255.255.255.255" },
		{ A_PEER, "224.0.0.1" }, { A_PEER, "8.8.8.8" },	      { A_PEER, A_PEER1 }
	};
	struct kmem_cache_stats before, after;

	for (unsigned i = 0; i < ARRAY_SIZE(t); i++)
		ck_assert_int_eq(input(f.eth0, t[i].s, t[i].d, 17), 0);
	kmem_cache_stats(f.n.net.ipv4->rt_cache, &before);
	for (unsigned k = 0; k < 100; k++)
		for (unsigned i = 0; i < ARRAY_SIZE(t); i++) {
			ck_assert_int_eq(input(f.eth0, t[i].s, t[i].d, 17), 0);
			ck_assert(in_noref);
		}
	kmem_cache_stats(f.n.net.ipv4->rt_cache, &after);
	ck_assert_uint_eq(after.allocs, before.allocs);
	/* any change makes them stale */
	ck_assert_int_eq(route_add("9.0.0.0", 8, A_PEER1, NULL, RTN_UNICAST), 0);
	ck_assert_int_eq(input(f.eth0, A_PEER, A_SELF, 17), 0);
	kmem_cache_stats(f.n.net.ipv4->rt_cache, &after);
	ck_assert_uint_eq(after.allocs, before.allocs + 1);
}
END_TEST

/* The one pair of hosts that is remembered; NULL: none is, or it is stale */
static struct rt_found *found(void)
{
	struct rt_found *is = NULL;

	for (unsigned i = 0; i < 1 << RT_FOUND_BITS; i++) {
		struct rt_found *e = &f.n.net.ipv4->rt_cpu[0].found[i];

		if (e->rt && e->genid == rt_genid(&f.n.net)) {
			ck_assert_ptr_null(is);
			is = e;
		}
	}
	return is;
}

#define found_after(change, ret)                                              \
	do {                                                                  \
		change;                                                       \
		ck_assert_ptr_null(found());                                  \
		ck_assert_int_eq(input(f.eth0, A_PEER1, A_SELF, 17), ret);    \
		ck_assert_int_eq(!found(), ret != 0);                         \
	} while (0)

/* The next packet of a pair of hosts gets what the last one got, until anything changes that may decide otherwise. */
START_TEST(test_input_is_remembered)
{
	struct rtable *rt, *other;

	ck_assert_int_eq(input(f.eth0, A_PEER, "192.168.1.255", 17), 0);
	ck_assert_int_eq(input(f.eth0, A_PEER, "224.0.0.1", 17), 0);
	ck_assert_int_eq(input(f.eth0, A_PEER, "8.8.8.8", 17), 0);
	ck_assert_ptr_null(found()); /* only what is ours */
	other = in_rt;
	ck_assert_int_eq(input(f.eth0, A_PEER1, A_SELF, 17), 0);
	rt = in_rt;
	ck_assert_ptr_eq(found()->rt, rt);
	/* it is what the next one gets, and nobody else */
	found()->rt = other;
	ck_assert_int_eq(input(f.eth0, A_PEER1, A_SELF, 17), 0);
	ck_assert_ptr_eq(in_rt, other);
	ck_assert(in_noref);
	trace_state.events = 1; /* who listens sees the whole way */
	ck_assert_int_eq(input(f.eth0, A_PEER1, A_SELF, 17), 0);
	ck_assert_ptr_eq(in_rt, rt);
	trace_state.events = 0;
	found()->rt = other;
	found()->dev = NULL;
	ck_assert_int_eq(input(f.eth0, A_PEER1, A_SELF, 17), 0);
	ck_assert_ptr_eq(in_rt, rt);
	found()->rt = other;
	found()->tos = 8;
	ck_assert_int_eq(input(f.eth0, A_PEER1, A_SELF, 17), 0);
	ck_assert_ptr_eq(in_rt, rt);
	WRITE_ONCE(rt->dst.obsolete, DST_OBSOLETE_KILL);
	ck_assert_int_eq(input(f.eth0, A_PEER1, A_SELF, 17), 0);
	ck_assert_ptr_ne(in_rt, rt);

	found_after(ipfix_sysctl("net.ipv4.conf.eth0.rp_filter", "1"), -EXDEV);
	found_after(ipfix_sysctl("net.ipv4.conf.eth0.rp_filter", "0"), 0);
	found_after(ipfix_sysctl("net.ipv4.conf.all.rp_filter", "1"), -EXDEV);
	found_after(ipfix_sysctl("net.ipv4.conf.all.rp_filter", "0"), 0);
	found_after(ck_assert_int_eq(inet_addr_add(f.eth1, inet_addr(A_PEER1), 24, 0,
						   RT_SCOPE_UNIVERSE, NULL, NULL), 0), -EINVAL);
	found_after(ipfix_sysctl("net.ipv4.conf.eth0.accept_local", "1"), 0);
	found_after(ipfix_sysctl("net.ipv4.conf.eth0.accept_local", "0"), -EINVAL);
	found_after(ck_assert_int_eq(inet_addr_del(f.eth1, inet_addr(A_PEER1), 24, NULL), 0), 0);
	found_after(rt_cache_flush(&f.n.net), 0);
	ck_assert_int_eq(inet_addr_del(f.eth0, inet_addr(A_SELF), 24, NULL), 0);
	ck_assert_ptr_null(found());
	input(f.eth0, A_PEER1, A_SELF, 17);
	ck_assert_ptr_null(found()); /* not ours any more */
}
END_TEST

START_TEST(test_M4_input_multicast)
{
	taken(f.eth0, A_PEER, "224.0.0.1", RTN_MULTICAST, RTCF_MULTICAST | RTCF_LOCAL,
	      RT_ACTION_LOCAL);
	refused(f.eth0, A_PEER, "224.1.2.3", -EINVAL, IP_NOT_JOINED);
	ip_mc_inc_group(f.eth0->ip_ptr, inet_addr("224.1.2.3"));
	taken(f.eth0, A_PEER, "224.1.2.3", RTN_MULTICAST, RTCF_MULTICAST | RTCF_LOCAL,
	      RT_ACTION_LOCAL);
	refused(f.eth1, A_PEER1, "224.1.2.3", -EINVAL, IP_NOT_JOINED);
	refused(f.eth0, "0.0.0.0", "224.1.2.3", -EINVAL, IP_INVALID_SOURCE);
	ck_assert_int_eq(input(f.eth0, "0.0.0.0", "224.1.2.3", IPPROTO_IGMP), 0);
	ck_assert_int_eq(input(f.eth0, "0.0.0.0", "224.0.0.1", IPPROTO_UDP), 0);
	refused(f.eth0, "127.0.0.1", "224.1.2.3", -EINVAL, IP_INVALID_SOURCE);
	refused(f.eth0, "224.0.0.5", "224.1.2.3", -EINVAL, IP_INVALID_SOURCE);
	refused(f.eth0, A_SELF, "224.1.2.3", -EINVAL, IP_INVALID_SOURCE);
	ipfix_sysctl("net.ipv4.conf.eth0.rp_filter", "1");
	refused(f.eth0, A_PEER1, "224.1.2.3", -EXDEV, IP_RPFILTER);
	ip_mc_dec_group(f.eth0->ip_ptr, inet_addr("224.1.2.3"));
}
END_TEST

static void rx(struct net_device *dev, const char *s, const char *d)
{
	ipfix_rx(dev, pkt, ipfix_pkt(pkt, s, d, IPPROTO_UDP, NULL, 16));
}

START_TEST(test_not_a_router)
{
	ipfix_mark();
	rx(f.eth0, A_PEER, "8.8.8.8");
	ck_assert_uint_eq(ipfix_ip(INADDRERRORS), 1);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_IP_INADDRERRORS), 1);
	rx(f.eth0, A_PEER, A_PEER1); /* there is a route, but we do not forward */
	ck_assert_uint_eq(ipfix_ip(INADDRERRORS), 2);
	ck_assert_uint_eq(ipfix_ip(INNOROUTES), 0);
	ck_assert_uint_eq(f.nsent, 0);
}
END_TEST

START_TEST(test_router_errors)
{
	ck_assert_int_eq(route_add("9.1.0.0", 16, NULL, NULL, RTN_UNREACHABLE), 0);
	ck_assert_int_eq(route_add("9.2.0.0", 16, NULL, NULL, RTN_PROHIBIT), 0);
	ck_assert_int_eq(route_add("9.3.0.0", 16, NULL, NULL, RTN_BLACKHOLE), 0);
	ipfix_sysctl("net.ipv4.ip_forward", "1");
	ipfix_mark();
	rx(f.eth0, A_PEER, "8.8.8.8");
	ck_assert_uint_eq(f.nsent, 1);
	ipfix_sent_icmp(0, A_SELF, A_PEER, ICMP_DEST_UNREACH, ICMP_NET_UNREACH);
	ck_assert_uint_eq(ipfix_ip(INNOROUTES), 1);
	ck_assert_uint_eq(ipfix_ip(INADDRERRORS), 0);
	netfix_advance(&f.n, 3 * NSEC_PER_SEC);
	rx(f.eth0, A_PEER, "9.1.0.1");
	ck_assert_uint_eq(f.nsent, 2);
	ipfix_sent_icmp(1, A_SELF, A_PEER, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH);
	netfix_advance(&f.n, 3 * NSEC_PER_SEC);
	rx(f.eth0, A_PEER, "9.2.0.1");
	ck_assert_uint_eq(f.nsent, 3);
	ipfix_sent_icmp(2, A_SELF, A_PEER, ICMP_DEST_UNREACH, ICMP_PKT_FILTERED);
	netfix_advance(&f.n, 3 * NSEC_PER_SEC);
	rx(f.eth0, A_PEER, "9.3.0.1");
	ck_assert_uint_eq(f.nsent, 3);
	ck_assert_uint_eq(ipfix_ip(INNOROUTES), 1);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_IP_FORWARD_REFUSED), 3);
	/* on one device only */
	ipfix_sysctl("net.ipv4.conf.eth0.forwarding", "0");
	rx(f.eth0, A_PEER, "8.8.8.8");
	ck_assert_uint_eq(ipfix_ip(INADDRERRORS), 1);
	ck_assert_uint_eq(f.nsent, 3);
}
END_TEST

/* error_burst tokens at once, then one message per error_cost */
START_TEST(test_error_rate)
{
	ipfix_sysctl("net.ipv4.ip_forward", "1");
	ipfix_sysctl("net.ipv4.icmp_ratemask", "0");
	ipfix_mark();
	for (unsigned i = 0; i < 20; i++)
		rx(f.eth0, A_PEER, "8.8.8.8");
	ck_assert_uint_eq(f.nsent, 5);
	ck_assert_uint_eq(ipfix_ip(INNOROUTES), 20);
	netfix_advance(&f.n, NSEC_PER_SEC);
	for (unsigned i = 0; i < 5; i++)
		rx(f.eth0, A_PEER, "8.8.8.8");
	ck_assert_uint_eq(f.nsent, 6);
}
END_TEST

START_TEST(test_rp_filter_counts)
{
	ipfix_sysctl("net.ipv4.conf.eth0.rp_filter", "1");
	ipfix_mark();
	rx(f.eth0, A_PEER1, A_SELF);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_IP_RPFILTER), 1);
	ck_assert_uint_eq(ipfix_now()->linux_mib[LINUX_MIB_IPRPFILTER] -
				  f.base.linux_mib[LINUX_MIB_IPRPFILTER],
			  1);
	rx(f.eth0, A_PEER, A_SELF);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_IP_RPFILTER), 1);
}
END_TEST

START_TEST(test_log_martians)
{
	unsigned lines = f.n.log_lines;

	rx(f.eth0, "127.0.0.1", A_SELF);
	ck_assert_uint_eq(f.n.log_lines, lines);
	ipfix_sysctl("net.ipv4.conf.all.log_martians", "1");
	rx(f.eth0, "127.0.0.1", A_SELF);
	ck_assert_ptr_nonnull(
		strstr(f.n.log, "martian source 192.168.1.1 from 127.0.0.1, on dev eth0"));
	rx(f.eth0, A_PEER, "127.0.0.1");
	ck_assert_ptr_nonnull(
		strstr(f.n.log, "martian destination 127.0.0.1 from 192.168.1.2, dev eth0"));
	for (unsigned i = 0; i < 100; i++)
		rx(f.eth0, "127.0.0.1", A_SELF);
	ck_assert_uint_eq(f.n.log_lines, lines + 10); /* message_burst */
	netfix_advance(&f.n, 6 * NSEC_PER_SEC);
	rx(f.eth0, "127.0.0.1", A_SELF);
	ck_assert_uint_eq(f.n.log_lines, lines + 11);
}
END_TEST

START_TEST(test_forward_route)
{
	ipfix_sysctl("net.ipv4.ip_forward", "1");
	taken(f.eth0, A_PEER, A_PEER1, RTN_UNICAST, 0, RT_ACTION_FORWARD);
	ck_assert_ptr_eq(in_copy.dst.dev, f.eth1);
	ck_assert_uint_eq(in_copy.rt_uses_gateway, 0);
	ck_assert_int_eq(route_add("0.0.0.0", 0, A_PEER1, NULL, RTN_UNICAST), 0);
	taken(f.eth0, A_PEER, "8.8.8.8", RTN_UNICAST, 0, RT_ACTION_FORWARD);
	ck_assert_uint_eq(in_copy.rt_gateway, inet_addr(A_PEER1));
	refused(f.eth0, A_SELF1, "8.8.8.8", -EINVAL, IP_INVALID_SOURCE);
	/* directed broadcast of another link */
	taken(f.eth0, A_PEER, "10.0.0.255", RTN_BROADCAST, RTCF_BROADCAST | RTCF_LOCAL,
	      RT_ACTION_LOCAL);
	ipfix_sysctl("net.ipv4.conf.all.bc_forwarding", "1");
	ipfix_sysctl("net.ipv4.conf.eth0.bc_forwarding", "1");
	taken(f.eth0, A_PEER, "10.0.0.255", RTN_BROADCAST, 0, RT_ACTION_FORWARD);
	taken(f.eth1, A_PEER1, "10.0.0.255", RTN_BROADCAST, RTCF_BROADCAST | RTCF_LOCAL,
	      RT_ACTION_LOCAL);
}
END_TEST

/* --- output --- */

static struct rtable out_copy;
static struct flowi4 fl4;

static int output(struct flowi4 key)
{
	struct rtable *rt;
	int err;

	fl4 = key;
	ipfix_enter(0);
	rt = ip_route_output_key(&f.n.net, &fl4, &err);
	ck_assert_int_eq(!rt, !!err);
	if (rt) {
		out_copy = *rt;
		ip_rt_put(rt);
	}
	ipfix_leave();
	return err;
}

START_TEST(test_O1_output)
{
	static const struct {
		const char *saddr, *daddr;
		int oif; /* 0, 1 lo, 2 eth0, 3 eth1, 9 none */
		int err;
		const char *src;
		unsigned dev, type, flags, action;
	} t[] = {
		{ NULL, A_PEER, 0, 0, A_SELF, 2, RTN_UNICAST, 0, RT_ACTION_OUTPUT },
		{ A_SELF1, A_PEER, 0, 0, A_SELF1, 2, RTN_UNICAST, 0, RT_ACTION_OUTPUT },
		{ "1.2.3.4", A_PEER, 0, -ENETUNREACH, NULL, 0, 0, 0, 0 },
		{ "224.0.0.1", A_PEER, 0, -EINVAL, NULL, 0, 0, 0, 0 },
		{ "255.255.255.255", A_PEER, 0, -EINVAL, NULL, 0, 0, 0, 0 },
		{ "127.0.0.1", A_PEER, 0, -EINVAL, NULL, 0, 0, 0, 0 },
		{ NULL, "8.8.8.8", 0, -ENETUNREACH, NULL, 0, 0, 0, 0 },
		/* on link, then */
		{ NULL, "8.8.8.8", 3, 0, A_SELF1, 3, RTN_UNICAST, 0, RT_ACTION_OUTPUT },
		{ NULL, A_PEER, 9, -ENODEV, NULL, 0, 0, 0, 0 },
		{ NULL, A_SELF, 0, 0, A_SELF, 1, RTN_LOCAL, RTCF_LOCAL, RT_ACTION_OUTPUT },
		{ NULL, "127.0.0.1", 0, 0, "127.0.0.1", 1, RTN_LOCAL, RTCF_LOCAL,
		  RT_ACTION_OUTPUT },
		{ NULL, "127.5.5.5", 0, 0, "127.0.0.1", 1, RTN_LOCAL, RTCF_LOCAL,
		  RT_ACTION_OUTPUT },
		{ NULL, "0.0.0.0", 0, 0, "127.0.0.1", 1, RTN_LOCAL, RTCF_LOCAL, RT_ACTION_OUTPUT },
		{ A_SELF, "0.0.0.0", 0, 0, A_SELF, 1, RTN_LOCAL, RTCF_LOCAL, RT_ACTION_OUTPUT },
		{ NULL, "192.168.1.255", 0, 0, A_SELF, 2, RTN_BROADCAST,
		  RTCF_BROADCAST | RTCF_LOCAL, RT_ACTION_MC_OUTPUT },
		{ NULL, "255.255.255.255", 0, -ENETUNREACH, NULL, 0, 0, 0, 0 },
		{ A_SELF, "255.255.255.255", 0, 0, A_SELF, 2, RTN_BROADCAST,
		  RTCF_BROADCAST | RTCF_LOCAL, RT_ACTION_MC_OUTPUT },
		{ NULL, "255.255.255.255", 3, 0, A_SELF1, 3, RTN_BROADCAST,
		  RTCF_BROADCAST | RTCF_LOCAL, RT_ACTION_MC_OUTPUT },
		{ NULL, "224.1.1.1", 0, -ENETUNREACH, NULL, 0, 0, 0, 0 },
		{ A_SELF1, "224.1.1.1", 0, 0, A_SELF1, 3, RTN_MULTICAST, RTCF_MULTICAST,
		  RT_ACTION_OUTPUT },
		{ NULL, "224.1.1.1", 2, 0, A_SELF, 2, RTN_MULTICAST, RTCF_MULTICAST,
		  RT_ACTION_OUTPUT },
		{ NULL, "224.0.0.1", 2, 0, A_SELF, 2, RTN_MULTICAST, RTCF_MULTICAST | RTCF_LOCAL,
		  RT_ACTION_MC_OUTPUT },
		{ "1.2.3.4", "224.1.1.1", 0, -ENETUNREACH, NULL, 0, 0, 0, 0 },
	};
	struct net_device *const dev[] = { NULL, f.lo, f.eth0, f.eth1 };

	for (unsigned i = 0; i < ARRAY_SIZE(t); i++) {
		struct flowi4 key = { .daddr = inet_addr(t[i].daddr),
				      .saddr = t[i].saddr ? inet_addr(t[i].saddr) : 0 };
		int err;

		key.flowi4_oif = t[i].oif > 3 ? 99 : t[i].oif ? dev[t[i].oif]->ifindex : 0;
		err = output(key);
		ck_assert_msg(err == t[i].err, "row %u: error %d, not %d", i, err, t[i].err);
		if (err)
			continue;
		ck_assert_msg(fl4.saddr == inet_addr(t[i].src), "row %u: source " IP4_FMT, i,
			      IP4_ARG(fl4.saddr));
		ck_assert_msg(out_copy.dst.dev == dev[t[i].dev], "row %u: device %s", i,
			      out_copy.dst.dev->name);
		ck_assert_msg(out_copy.rt_type == t[i].type, "row %u: type %u", i,
			      out_copy.rt_type);
		ck_assert_msg(out_copy.rt_flags == t[i].flags, "row %u: flags %x", i,
			      out_copy.rt_flags);
		ck_assert_msg(out_copy.rt_output == t[i].action, "row %u: action %u", i,
			      out_copy.rt_output);
		ck_assert_uint_eq(out_copy.rt_is_input, 0);
	}
}
END_TEST

START_TEST(test_output_more)
{
	struct flowi4 key = { .daddr = inet_addr("8.8.8.8") };

	ck_assert_int_eq(route_add("0.0.0.0", 0, A_PEER, NULL, RTN_UNICAST), 0);
	ck_assert_int_eq(output(key), 0);
	ck_assert_uint_eq(out_copy.rt_gateway, inet_addr(A_PEER));
	ck_assert_uint_eq(out_copy.rt_uses_gateway, 1);
	key.flowi4_tos = RTO_ONLINK; /* SO_DONTROUTE: no gateway will do */
	ck_assert_int_eq(output(key), -ENETUNREACH);
	key.daddr = inet_addr(A_PEER);
	ck_assert_int_eq(output(key), 0);
	key.flowi4_tos = 0;
	key.saddr = inet_addr("1.2.3.4");
	key.flowi4_flags = FLOWI_FLAG_ANYSRC;
	ck_assert_int_eq(output(key), 0);
	/* groups by the default route: its device, not its gateway */
	ck_assert_int_eq(output((struct flowi4){ .daddr = inet_addr("224.1.1.1") }), 0);
	ck_assert_ptr_eq(out_copy.dst.dev, f.eth0);
	ck_assert_uint_eq(out_copy.rt_gateway, 0);
	ck_assert_int_eq(route_add("9.1.0.0", 16, NULL, NULL, RTN_UNREACHABLE), 0);
	ck_assert_int_eq(route_add("9.2.0.0", 16, NULL, NULL, RTN_PROHIBIT), 0);
	ck_assert_int_eq(route_add("9.3.0.0", 16, NULL, NULL, RTN_BLACKHOLE), 0);
	ck_assert_int_eq(output((struct flowi4){ .daddr = inet_addr("9.1.1.1") }), -EHOSTUNREACH);
	ck_assert_int_eq(output((struct flowi4){ .daddr = inet_addr("9.2.1.1") }), -EACCES);
	ck_assert_int_eq(output((struct flowi4){ .daddr = inet_addr("9.3.1.1") }), -EINVAL);
	dev_close(f.eth1);
	ck_assert_int_eq(output((struct flowi4){ .daddr = inet_addr(A_PEER1),
						 .flowi4_oif = f.eth1->ifindex }),
			 -ENETUNREACH);
	/* our own address: seems to come in by its device */
	ck_assert_int_eq(output((struct flowi4){ .daddr = inet_addr(A_SELF) }), 0);
	ck_assert_int_eq(out_copy.rt_iif, f.eth0->ifindex);
	ck_assert_int_eq(fl4.flowi4_oif, f.lo->ifindex);
}
END_TEST

START_TEST(test_O2_cached_route_and_generation)
{
	struct kmem_cache_stats before, after;
	struct rtable *rt, *again;
	int err;

	output((struct flowi4){ .daddr = inet_addr(A_PEER) });
	kmem_cache_stats(f.n.net.ipv4->rt_cache, &before);
	for (unsigned i = 0; i < 100; i++)
		output((struct flowi4){ .daddr = inet_addr(A_PEER) });
	output((struct flowi4){ .daddr = inet_addr("192.168.1.77") }); /* the same next hop */
	kmem_cache_stats(f.n.net.ipv4->rt_cache, &after);
	ck_assert_uint_eq(after.allocs, before.allocs);

	ipfix_enter(0);
	fl4 = (struct flowi4){ .daddr = inet_addr(A_PEER) };
	rt = ip_route_output_key(&f.n.net, &fl4, &err);
	ck_assert_ptr_eq(dst_check(&rt->dst, 0), &rt->dst);
	ipfix_leave();
	ck_assert_int_eq(route_add("9.1.0.0", 16, A_PEER1, NULL, RTN_UNICAST), 0);
	ipfix_enter(0);
	ck_assert_ptr_null(dst_check(&rt->dst, 0));
	fl4 = (struct flowi4){ .daddr = inet_addr(A_PEER) };
	again = ip_route_output_key(&f.n.net, &fl4, &err);
	ck_assert_ptr_ne(again, rt);
	ip_rt_put(again);
	ip_rt_put(rt);
	ipfix_leave();
}
END_TEST

START_TEST(test_O14_held_route_leaves_its_device)
{
	struct rtable *rt;
	int err;

	ipfix_enter(0);
	fl4 = (struct flowi4){ .daddr = inet_addr(A_PEER1) };
	rt = ip_route_output_key(&f.n.net, &fl4, &err);
	ipfix_leave();
	unregister_netdevice(f.eth1);
	ck_assert_uint_eq(netdev_run_todo(&f.n.net), 0); /* nobody holds it */
	ck_assert_ptr_eq(rt->dst.dev, f.lo);
	ipfix_enter(0);
	ck_assert_ptr_null(dst_check(&rt->dst, 0));
	ip_rt_put(rt);
	ipfix_leave();
	f.eth1 = ipfix_dev("eth1", 0xb);
}
END_TEST

/* --- failures --- */

static bool faulty(unsigned long nth, bool *ret_hit)
{
	struct kmem *kmem;

	begin();
	route_add("0.0.0.0", 0, A_PEER, NULL, RTN_UNICAST);
	kmem = &f.n.net.m.kmem;
	kmem_fail_nth(kmem, nth, NULL);
	rx(f.eth0, A_PEER, A_SELF);
	rx(f.eth0, A_PEER, "255.255.255.255");
	output((struct flowi4){ .daddr = inet_addr("8.8.8.8") });
	output((struct flowi4){ .daddr = inet_addr(A_SELF) });
	*ret_hit = kmem_fault_hit(kmem);
	kmem_fail_nth(kmem, 0, NULL);
	end();
	return true;
}

START_TEST(test_failures)
{
	ck_assert_uint_gt(faulty_sweep(faulty), 6);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("route");
	TCase *tc = tcase_create("route"), *sweep = tcase_create("failures");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_J8_input_in_order);
	tcase_add_test(tc, test_input_counters_of_rt_cache);
	tcase_add_test(tc, test_input_cache);
	tcase_add_test(tc, test_input_is_remembered);
	tcase_add_test(tc, test_M4_input_multicast);
	tcase_add_test(tc, test_not_a_router);
	tcase_add_test(tc, test_router_errors);
	tcase_add_test(tc, test_error_rate);
	tcase_add_test(tc, test_rp_filter_counts);
	tcase_add_test(tc, test_log_martians);
	tcase_add_test(tc, test_forward_route);
	tcase_add_test(tc, test_O1_output);
	tcase_add_test(tc, test_output_more);
	tcase_add_test(tc, test_O2_cached_route_and_generation);
	tcase_add_test(tc, test_O14_held_route_leaves_its_device);
	suite_add_tcase(s, tc);
	tcase_set_timeout(sweep, 120);
	tcase_add_test(sweep, test_failures);
	suite_add_tcase(s, sweep);
	return s;
}
