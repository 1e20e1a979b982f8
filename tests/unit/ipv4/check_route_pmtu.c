/* SPDX-License-Identifier: MIT */
/*
 * check_route_pmtu.c: what is learnt about single destinations: path MTU and redirects, those that
 * come and those that we send; what has no effect.
 */
#include "unit/ipv4/routefix.h"

static struct rtable out_copy;
static struct flowi4 fl4;

static void rx(struct net_device *dev, const char *s, const char *d)
{
	ipfix_rx(dev, pkt, ipfix_pkt(pkt, s, d, IPPROTO_UDP, NULL, 16));
}

/* --- path MTU --- */

static unsigned mtu_to(const char *daddr)
{
	struct rtable *rt;
	unsigned mtu;
	int err;

	ipfix_enter(0);
	fl4 = (struct flowi4){ .daddr = inet_addr(daddr) };
	rt = ip_route_output_key(&f.n.net, &fl4, &err);
	ck_assert_ptr_nonnull(rt);
	mtu = dst_mtu(&rt->dst);
	out_copy = *rt;
	ip_rt_put(rt);
	ipfix_leave();
	return mtu;
}

START_TEST(test_path_mtu)
{
	struct rtable *held;
	int err;

	ck_assert_int_eq(route_add("0.0.0.0", 0, A_PEER, NULL, RTN_UNICAST), 0);
	ck_assert_uint_eq(mtu_to("8.8.8.8"), 1500);
	ipfix_enter(0);
	fl4 = (struct flowi4){ .daddr = inet_addr("8.8.8.8") };
	held = ip_route_output_key(&f.n.net, &fl4, &err);
	ipfix_leave();
	rx_icmp(A_PEER, "8.8.8.8", ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 1400);
	ipfix_enter(0);
	ck_assert_ptr_null(dst_check(&held->dst, 0)); /* who had a route looks again */
	ip_rt_put(held);
	ipfix_leave();
	ck_assert_uint_eq(mtu_to("8.8.8.8"), 1400);
	ck_assert_uint_eq(mtu_to("8.8.8.9"), 1500); /* that destination only */
	ck_assert(!ip_mtu_locked(&out_copy));
	rx_icmp(A_PEER, "8.8.8.8", ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 1450); /* never up */
	ck_assert_uint_eq(mtu_to("8.8.8.8"), 1400);
	rx_icmp(A_PEER, "8.8.8.8", ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 600);
	ck_assert_uint_eq(mtu_to("8.8.8.8"), 600);
	netfix_advance(&f.n, 599 * NSEC_PER_SEC);
	ck_assert_uint_eq(mtu_to("8.8.8.8"), 600);
	netfix_advance(&f.n, 2 * NSEC_PER_SEC);
	ck_assert_uint_eq(mtu_to("8.8.8.8"), 1500);
	/* below the floor: the floor, locked */
	rx_icmp(A_PEER, "8.8.8.8", ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 68);
	ck_assert_uint_eq(mtu_to("8.8.8.8"), 552);
	ck_assert(ip_mtu_locked(&out_copy));
	netfix_advance(&f.n, 601 * NSEC_PER_SEC);
	ck_assert_uint_eq(mtu_to("8.8.8.8"), 1500);
	ck_assert(!ip_mtu_locked(&out_copy));
	ipfix_sysctl("net.ipv4.route.min_pmtu", "1000");
	ipfix_sysctl("net.ipv4.route.mtu_expires", "10");
	rx_icmp(A_PEER, "8.8.8.8", ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 700);
	ck_assert_uint_eq(mtu_to("8.8.8.8"), 1000);
	netfix_advance(&f.n, 11 * NSEC_PER_SEC);
	ck_assert_uint_eq(mtu_to("8.8.8.8"), 1500);
	ck_assert_int_eq(sysctl_write(&f.n.net.vfs, "net.ipv4.route.min_pmtu", "67", NULL),
			 -EINVAL);
}
END_TEST

START_TEST(test_mtu_of_a_route)
{
	struct fib_config cfg = { .fc_dst = inet_addr("9.0.0.0"),
				  .fc_dst_len = 8,
				  .fc_gw = inet_addr(A_PEER),
				  .fc_type = RTN_UNICAST,
				  .fc_mtu = 1300,
				  .fc_mtu_lock = true,
				  .fc_hoplimit = 9,
				  .fc_nlflags = NLM_F_CREATE };

	ck_assert_int_eq(fib_route_add(&f.n.net, &cfg, NULL), 0);
	ck_assert_uint_eq(mtu_to("9.1.1.1"), 1300);
	ck_assert(ip_mtu_locked(&out_copy));
	ck_assert_int_eq(ip4_dst_hoplimit(&out_copy), 9);
	/* locked: not believed */
	rx_icmp(A_PEER, "9.1.1.1", ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 700);
	ck_assert_uint_eq(mtu_to("9.1.1.1"), 1300);
}
END_TEST

START_TEST(test_flush)
{
	ck_assert_int_eq(route_add("0.0.0.0", 0, A_PEER, NULL, RTN_UNICAST), 0);
	rx_icmp(A_PEER, "8.8.8.8", ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 1400);
	ck_assert_uint_eq(mtu_to("8.8.8.8"), 1400);
	ck_assert_int_eq(route_add("9.9.0.0", 16, A_PEER1, NULL, RTN_UNICAST), 0);
	/* what was learnt outlives a change of the tables */
	ck_assert_uint_eq(mtu_to("8.8.8.8"), 1400);
	ipfix_sysctl("net.ipv4.route.flush", "1");
	ck_assert_uint_eq(mtu_to("8.8.8.8"), 1500);
}
END_TEST

/* Whatever is forged, exceptions stay few. */
START_TEST(test_exceptions_are_bounded)
{
	struct fib_result res;
	struct fib_nh_exception **hash;
	unsigned n = 0, longest = 0;
	char addr[32];

	ck_assert_int_eq(route_add("0.0.0.0", 0, A_PEER, NULL, RTN_UNICAST), 0);
	for (unsigned i = 0; i < 20000; i++) {
		snprintf(addr, sizeof(addr), "8.8.%u.%u", i >> 8, i & 255);
		rx_icmp(A_PEER, addr, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 1000);
		if (i % 1000 == 0)
			netfix_settle(&f.n);
	}
	fl4 = (struct flowi4){ .daddr = inet_addr("8.8.1.1") };
	ck_assert_int_eq(fib_lookup(&f.n.net, &fl4, &res, 0), 0);
	hash = res.fi->fib_nh.nh_exceptions;
	for (unsigned i = 0; i < FNHE_HASH_SIZE; i++) {
		unsigned depth = 0;

		for (const struct fib_nh_exception *e = hash[i]; e; e = e->next)
			depth++;
		longest = max(longest, depth);
		n += depth;
	}
	ck_assert_uint_le(longest, 2 * FNHE_RECLAIM_DEPTH);
	ck_assert_uint_gt(n, FNHE_HASH_SIZE * FNHE_RECLAIM_DEPTH / 2);
	ck_assert_uint_eq(mtu_to(addr), 1000); /* the last is there */
}
END_TEST

/* --- redirects --- */

static void gateway_is(const char *dst, const char *gw)
{
	mtu_to(dst);
	ck_assert_msg(out_copy.rt_gateway == inet_addr(gw), "gateway " IP4_FMT,
		      IP4_ARG(out_copy.rt_gateway));
}

static void redirect(const char *from, const char *about, const char *to)
{
	rx_icmp(from, about, ICMP_REDIRECT, ICMP_REDIR_HOST, ntohl(inet_addr(to)));
}

START_TEST(test_redirects)
{
	ck_assert_int_eq(route_add("0.0.0.0", 0, A_PEER, NULL, RTN_UNICAST), 0);
	ipfix_neigh(f.eth0, "192.168.1.3");
	redirect("192.168.1.7", "8.8.8.8", "192.168.1.3"); /* not our gateway */
	gateway_is("8.8.8.8", A_PEER);
	redirect(A_PEER, "8.8.8.8", "224.0.0.9");
	redirect(A_PEER, "8.8.8.8", "255.255.255.255");
	redirect(A_PEER, "8.8.8.8", "0.0.0.0");
	redirect(A_PEER, "8.8.8.8", A_PEER);
	redirect(A_PEER, "8.8.8.8", A_SELF);
	gateway_is("8.8.8.8", A_PEER);
	ipfix_sysctl("net.ipv4.conf.all.accept_redirects", "0");
	ipfix_sysctl("net.ipv4.conf.eth0.accept_redirects", "0");
	redirect(A_PEER, "8.8.8.8", "192.168.1.3");
	gateway_is("8.8.8.8", A_PEER);
	ipfix_sysctl("net.ipv4.conf.eth0.accept_redirects", "1"); /* a host: one of both will do */
	redirect(A_PEER, "8.8.8.8", "192.168.1.3");
	gateway_is("8.8.8.8", "192.168.1.3");
	ck_assert_uint_eq(out_copy.rt_flags & RTCF_REDIRECTED, RTCF_REDIRECTED);
	gateway_is("8.8.8.9", A_PEER);
	redirect(A_PEER, "8.8.8.8", "192.168.1.4"); /* no longer our gateway there */
	gateway_is("8.8.8.8", "192.168.1.3");
	netfix_advance(&f.n, 301 * NSEC_PER_SEC);
	gateway_is("8.8.8.8", A_PEER);
}
END_TEST

START_TEST(test_redirect_waits_for_its_neighbour)
{
	ck_assert_int_eq(route_add("0.0.0.0", 0, A_PEER, NULL, RTN_UNICAST), 0);
	redirect(A_PEER, "8.8.8.8", "192.168.1.3"); /* unknown: asked for first */
	gateway_is("8.8.8.8", A_PEER);
	ipfix_neigh(f.eth0, "192.168.1.3");
	redirect(A_PEER, "8.8.8.8", "192.168.1.3");
	gateway_is("8.8.8.8", "192.168.1.3");
}
END_TEST

START_TEST(test_redirects_without_shared_media)
{
	ck_assert_int_eq(route_add("0.0.0.0", 0, A_PEER, NULL, RTN_UNICAST), 0);
	ipfix_sysctl("net.ipv4.conf.all.shared_media", "0");
	ipfix_sysctl("net.ipv4.conf.eth0.shared_media", "0");
	ipfix_neigh(f.eth0, "192.168.1.3");
	ipfix_neigh(f.eth0, "172.16.0.3");
	redirect(A_PEER, "8.8.8.8", "172.16.0.3");  /* off link */
	redirect(A_PEER, "8.8.8.8", "192.168.1.3"); /* on link, but secure: no known gateway */
	gateway_is("8.8.8.8", A_PEER);
	ck_assert_int_eq(route_add("9.9.0.0", 16, "192.168.1.3", NULL, RTN_UNICAST), 0);
	redirect(A_PEER, "8.8.8.8", "192.168.1.3");
	gateway_is("8.8.8.8", "192.168.1.3");
	ipfix_sysctl("net.ipv4.conf.all.secure_redirects", "0");
	ipfix_sysctl("net.ipv4.conf.eth0.secure_redirects", "0");
	ipfix_neigh(f.eth0, "192.168.1.4");
	redirect(A_PEER, "8.8.8.7", "192.168.1.4");
	gateway_is("8.8.8.7", "192.168.1.4");
}
END_TEST

START_TEST(test_redirects_that_we_send)
{
	const unsigned char *icmp;

	ipfix_sysctl("net.ipv4.ip_forward", "1");
	ck_assert_int_eq(route_add("0.0.0.0", 0, "192.168.1.3", NULL, RTN_UNICAST), 0);
	ipfix_neigh(f.eth0, "192.168.1.3");
	ipfix_mark();
	rx(f.eth0, A_PEER, "8.8.8.8"); /* out by the way it came */
	ck_assert_uint_eq(f.nsent, 2);
	icmp = ipfix_sent_icmp(0, A_SELF, A_PEER, ICMP_REDIRECT, ICMP_REDIR_HOST);
	ck_assert_mem_eq(icmp + 4, "\xc0\xa8\x01\x03", 4);
	rx(f.eth0, A_PEER, "8.8.8.8"); /* not again at once */
	ck_assert_uint_eq(f.nsent, 3);
	/* each time after twice the time: 5 jiffies << n */
	for (unsigned n = 1; n < 9; n++) {
		unsigned before;

		netfix_advance(&f.n, (uint64_t)(5u << n) * NETFIX_TICK);
		before = f.nsent;
		rx(f.eth0, A_PEER, "8.8.8.8");
		ck_assert_uint_eq(f.nsent, before + 1);
		netfix_advance(&f.n, NETFIX_TICK);
		rx(f.eth0, A_PEER, "8.8.8.8");
		ck_assert_uint_eq(f.nsent, before + 3);
	}
	netfix_advance(&f.n, 15 * NSEC_PER_SEC); /* it does not listen: left alone */
	f.nsent = 0;
	rx(f.eth0, A_PEER, "8.8.8.8");
	ck_assert_uint_eq(f.nsent, 1);
	netfix_advance(&f.n, 21 * NSEC_PER_SEC); /* silence of 20.48 s */
	rx(f.eth0, A_PEER, "8.8.8.8");
	ck_assert_uint_eq(f.nsent, 3);
	ipfix_sysctl("net.ipv4.conf.all.send_redirects", "0");
	ipfix_sysctl("net.ipv4.conf.eth0.send_redirects", "0");
	netfix_advance(&f.n, 21 * NSEC_PER_SEC);
	rx(f.eth0, A_PEER, "8.8.8.8");
	ck_assert_uint_eq(f.nsent, 4);
}
END_TEST

/* --- failures --- */

static bool faulty(unsigned long nth, bool *ret_hit)
{
	struct kmem *kmem;

	begin();
	route_add("0.0.0.0", 0, A_PEER, NULL, RTN_UNICAST);
	ipfix_neigh(f.eth0, "192.168.1.3");
	kmem = &f.n.net.m.kmem;
	kmem_fail_nth(kmem, nth, NULL);
	rx_icmp(A_PEER, "8.8.8.8", ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 1400);
	redirect(A_PEER, "8.8.8.8", "192.168.1.3");
	redirect(A_PEER, "8.8.8.9", "192.168.1.3");
	*ret_hit = kmem_fault_hit(kmem);
	kmem_fail_nth(kmem, 0, NULL);
	end();
	return true;
}

START_TEST(test_failures)
{
	ck_assert_uint_gt(faulty_sweep(faulty), 5);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("route_pmtu");
	TCase *tc = tcase_create("route_pmtu"), *sweep = tcase_create("failures");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_path_mtu);
	tcase_add_test(tc, test_mtu_of_a_route);
	tcase_add_test(tc, test_flush);
	tcase_add_test(tc, test_exceptions_are_bounded);
	tcase_add_test(tc, test_redirects);
	tcase_add_test(tc, test_redirect_waits_for_its_neighbour);
	tcase_add_test(tc, test_redirects_without_shared_media);
	tcase_add_test(tc, test_redirects_that_we_send);
	suite_add_tcase(s, tc);
	tcase_set_timeout(sweep, 120);
	tcase_add_test(sweep, test_failures);
	suite_add_tcase(s, sweep);
	return s;
}
