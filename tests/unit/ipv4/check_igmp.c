/* SPDX-License-Identifier: MIT */
/*
 * check_igmp.c: groups of an interface, what routers are told of them and when, the sockets' side.
 */
#include "unit/ipv4/igmpfix.h"

/* --- version 3 --- */

START_TEST(test_M4_v3_join_leave)
{
	struct socket *a, *b;

	seconds(60);
	ipfix_mark();
	a = joined(G1);
	ck_assert_uint_eq(f.nsent, 0); /* not at once, but soon */
	ck_assert(has_mac(f.eth0, G1));
	netfix_advance(&f.n, 4 * NETFIX_TICK);
	ck_assert_uint_eq(f.nsent, 1);
	sent_v3(0, "4 " G1 ";"); /* TO_EX {} */
	seconds(1);
	seconds(1);
	ck_assert_uint_eq(f.nsent, 2); /* robustness: twice */
	sent_v3(1, "4 " G1 ";");
	seconds(30);
	ck_assert_uint_eq(f.nsent, 2);
	/* a second user is no news */
	b = joined(G1);
	seconds(5);
	ck_assert_uint_eq(f.nsent, 2);
	ck_assert_int_eq(sock_leave(b, G1, f.eth0), 0);
	ck_assert_int_eq(sock_leave(b, G1, f.eth0), -EADDRNOTAVAIL);
	seconds(5);
	ck_assert_uint_eq(f.nsent, 2);
	/* the last one's leave is; a closed socket leaves all it joined */
	sock_close(a);
	seconds(5);
	ck_assert_uint_eq(f.nsent, 4);
	sent_v3(2, "3 " G1 ";"); /* TO_IN {} */
	sent_v3(3, "3 " G1 ";");
	ck_assert(!has_mac(f.eth0, G1));
	ck_assert_ptr_null(in_dev(f.eth0)->mc_tomb);
	/* left and joined again at once: only the join is told */
	a = joined(G1);
	seconds(5);
	ipfix_mark();
	ck_assert_int_eq(sock_leave(a, G1, f.eth0), 0);
	ck_assert_int_eq(sock_join(a, G1, f.eth0), 0);
	seconds(5);
	ck_assert_uint_eq(f.nsent, 2);
	sent_v3(0, "4 " G1 ";");
	sock_close(a);
	sock_close(b);
}
END_TEST

START_TEST(test_v3_queries)
{
	struct socket *a = joined(G1), *b = joined(G2);

	seconds(60);
	ipfix_mark();
	/* general: all groups in one message, 224.0.0.1 never; within the response time */
	rx_v3_query(10, "0.0.0.0", NULL, NULL);
	seconds(2);
	ck_assert_uint_eq(f.nsent, 1);
	sent_v3(0, "2 " G2 ";2 " G1 ";");
	/* of a group */
	rx_v3_query(10, G1, NULL, NULL);
	seconds(2);
	ck_assert_uint_eq(f.nsent, 2);
	sent_v3(1, "2 " G1 ";");
	/* of a group that is not ours */
	rx_v3_query(10, "239.9.9.9", NULL, NULL);
	/* a group and sources: all sources are let in, so the answer is about the group */
	seconds(12);
	ck_assert_uint_eq(f.nsent, 2);
	rx_v3_query(10, G1, S1, NULL);
	seconds(2);
	ck_assert_uint_eq(f.nsent, 3);
	sent_v3(2, "2 " G1 ";");
	/* a storm of queries makes one answer */
	for (unsigned i = 0; i < 50; i++)
		rx_v3_query(10, "0.0.0.0", NULL, NULL);
	seconds(2);
	ck_assert_uint_eq(f.nsent, 4);
	/* the querier's numbers */
	ck_assert_uint_eq(in_dev(f.eth0)->mr_qrv, 2);
	ck_assert_uint_eq(in_dev(f.eth0)->mr_qi, 125 * 250);
	rx_v3_query(0x8f, "0.0.0.0", NULL, NULL); /* (15 | 16) << 3 tenths */
	ck_assert_uint_eq(in_dev(f.eth0)->mr_maxdelay, 248 * 25);
	sock_close(a);
	sock_close(b);
}
END_TEST

START_TEST(test_bad_messages)
{
	struct socket *s = joined(G1);

	seconds(60);
	ipfix_mark();
	*(struct igmphdr *)(void *)msg =
		(struct igmphdr){ .type = IGMP_HOST_MEMBERSHIP_QUERY, .code = 10 };
	igmp_sum(msg, 8);
	msg[2] ^= 1;
	rx_igmp("224.0.0.1", 8); /* checksum */
	rx_igmp("224.0.0.1", 7); /* short */
	memset(msg, 0, 64);
	msg[0] = IGMP_HOST_MEMBERSHIP_QUERY;
	rx_igmp("224.0.0.1", igmp_sum(msg, 10)); /* neither version 2 nor 3 */
	msg[11] = 2; /* more sources than there are */
	memcpy(msg + 4, "\xef\1\1\1", 4);
	rx_igmp(G1, igmp_sum(msg, 16));
	msg[10] = 255;
	rx_igmp(G1, igmp_sum(msg, 16));
	msg[10] = 0;
	msg[11] = 1;
	memset(msg + 4, 0, 4);
	rx_igmp("224.0.0.1", igmp_sum(msg, 16)); /* a general query with sources */
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_IGMP_INVALID), 6);
	/* of no concern: consumed */
	rx_old(IGMP_PIM, 0, "0.0.0.0", "224.0.0.1");
	rx_old(IGMP_HOST_LEAVE_MESSAGE, 0, G1, "224.0.0.1");
	rx_old(0xff, 0, G1, "224.0.0.1");
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_IGMP_INVALID), 6);
	seconds(15);
	ck_assert_uint_eq(f.nsent, 0);
	sock_close(s);
}
END_TEST

/* --- versions 1 and 2 --- */

START_TEST(test_v2)
{
	struct socket *a, *b;

	rx_old(IGMP_HOST_MEMBERSHIP_QUERY, 100, "0.0.0.0", "224.0.0.1");
	seconds(12);
	ipfix_mark();
	ck_assert_ptr_nonnull(
		strstr(netfix_cat(&f.n, "/proc/net/igmp"), "eth0      :     1      V2\n"));
	a = joined(G1);
	netfix_advance(&f.n, 4 * NETFIX_TICK);
	ck_assert_uint_eq(f.nsent, 1);
	sent_old(0, IGMPV2_HOST_MEMBERSHIP_REPORT, G1, G1);
	seconds(25);
	ck_assert_uint_eq(f.nsent, 2); /* once more within 10 s */
	sent_old(1, IGMPV2_HOST_MEMBERSHIP_REPORT, G1, G1);
	/* group query */
	rx_old(IGMP_HOST_MEMBERSHIP_QUERY, 10, G1, G1);
	seconds(2);
	ck_assert_uint_eq(f.nsent, 3);
	/* somebody else reports first: silence, and no leave message */
	rx_old(IGMP_HOST_MEMBERSHIP_QUERY, 100, G1, G1);
	rx_old(IGMPV2_HOST_MEMBERSHIP_REPORT, 0, G1, G1);
	seconds(12);
	ck_assert_uint_eq(f.nsent, 3);
	ck_assert_int_eq(sock_leave(a, G1, f.eth0), 0);
	ck_assert_uint_eq(f.nsent, 3);
	/* the last reporter says good-bye to the routers */
	b = joined(G2);
	seconds(25);
	ipfix_mark();
	sock_close(b);
	ck_assert_uint_eq(f.nsent, 1);
	sent_old(0, IGMP_HOST_LEAVE_MESSAGE, G2, "224.0.0.2");
	/* the old router is forgotten: 2 * 125 s + 10 s after its last query */
	seconds(270);
	ipfix_mark();
	ck_assert_int_eq(sock_join(a, G1, f.eth0), 0);
	seconds(3);
	ck_assert_uint_eq(f.nsent, 2);
	sent_v3(0, "4 " G1 ";");
	sock_close(a);
}
END_TEST

START_TEST(test_v1)
{
	struct socket *s;

	rx_old(IGMP_HOST_MEMBERSHIP_QUERY, 0, "0.0.0.0", "224.0.0.1");
	ck_assert_ptr_nonnull(
		strstr(netfix_cat(&f.n, "/proc/net/igmp"), "eth0      :     1      V1\n"));
	seconds(12);
	ipfix_mark();
	s = joined(G1);
	netfix_advance(&f.n, 4 * NETFIX_TICK);
	sent_old(0, IGMP_HOST_MEMBERSHIP_REPORT, G1, G1);
	seconds(25);
	ck_assert_uint_eq(f.nsent, 2);
	sock_close(s);
	seconds(5);
	ck_assert_uint_eq(f.nsent, 2); /* no leave */
}
END_TEST

START_TEST(test_forced_version)
{
	struct socket *s;

	ipfix_sysctl("net.ipv4.conf.eth0.force_igmp_version", "2");
	ipfix_mark();
	s = joined(G1);
	netfix_advance(&f.n, 4 * NETFIX_TICK);
	sent_old(0, IGMPV2_HOST_MEMBERSHIP_REPORT, G1, G1);
	sock_close(s);
}
END_TEST

/* A query of an old router voids the state changes of version 3 that are still to be sent. */
START_TEST(test_v2_query_stops_v3)
{
	struct socket *s = joined(G1);

	seconds(5);
	sock_close(s);
	ipfix_mark();
	rx_old(IGMP_HOST_MEMBERSHIP_QUERY, 10, "0.0.0.0", "224.0.0.1");
	ck_assert_ptr_null(in_dev(f.eth0)->mc_tomb);
	seconds(5);
	ck_assert_uint_eq(f.nsent, 0);
}
END_TEST

START_TEST(test_link_local_reports)
{
	struct socket *s = joined("224.0.0.251");

	seconds(5);
	ck_assert_uint_eq(f.nsent, 2);
	sent_v3(0, "4 224.0.0.251;");
	ipfix_sysctl("net.ipv4.igmp_link_local_mcast_reports", "0");
	ipfix_mark();
	rx_v3_query(10, "0.0.0.0", NULL, NULL);
	seconds(3);
	sock_close(s);
	seconds(5);
	ck_assert_uint_eq(f.nsent, 0);
}
END_TEST

/* --- limits, refusals, devices, files --- */

START_TEST(test_limits)
{
	struct socket *s = sock_udp("0.0.0.0", 5000);
	struct ip_mreqn m = { .imr_multiaddr.s_addr = inet_addr(G1), .imr_ifindex = 99 };
	char g[32];

	ck_assert_int_eq(sock_join(s, A_PEER, f.eth0), -EINVAL);
	ck_assert_int_eq(sock_set(s, SOL_IP, IP_ADD_MEMBERSHIP, &m, sizeof(m)), -ENODEV);
	ck_assert_int_eq(sock_set(s, SOL_IP, IP_ADD_MEMBERSHIP, &m, 7), -EINVAL);
	m.imr_ifindex = 0;
	m.imr_address.s_addr = inet_addr("9.9.9.9");
	ck_assert_int_eq(sock_set(s, SOL_IP, IP_ADD_MEMBERSHIP, &m, 8), -ENODEV);
	m.imr_address.s_addr = 0; /* by route: there is none */
	ck_assert_int_eq(sock_set(s, SOL_IP, IP_ADD_MEMBERSHIP, &m, 8), -ENODEV);
	ck_assert_int_eq(sock_set(s, SOL_IP, IP_DROP_MEMBERSHIP, &m, 8), -ENODEV);
	m.imr_address.s_addr = inet_addr(A_SELF1);
	ck_assert_int_eq(sock_set(s, SOL_IP, IP_ADD_MEMBERSHIP, &m, 8), 0);
	ck_assert(has_mac(f.eth1, G1));
	ck_assert_int_eq(sock_join(s, G1, f.eth1), -EADDRINUSE);
	ck_assert_int_eq(source(s, IP_BLOCK_SOURCE, G2, S1), -EINVAL); /* not joined */
	for (unsigned i = 1; i < 20; i++) {
		snprintf(g, sizeof(g), "239.2.2.%u", i);
		ck_assert_int_eq(sock_join(s, g, f.eth0), 0);
	}
	ck_assert_int_eq(sock_join(s, G2, f.eth0), -ENOBUFS);
	ipfix_sysctl("net.ipv4.igmp_max_memberships", "21");
	ck_assert_int_eq(sock_join(s, G2, f.eth0), 0);
	ck_assert_int_eq(sock_leave(s, G2, f.eth1), -EADDRNOTAVAIL);
	for (unsigned i = 0; i < 10; i++) {
		snprintf(g, sizeof(g), "10.9.9.%u", i + 1);
		ck_assert_int_eq(source(s, IP_BLOCK_SOURCE, G2, g), 0);
	}
	ck_assert_int_eq(source(s, IP_BLOCK_SOURCE, G2, "10.9.9.11"), -ENOBUFS);
	sock_close(s);
	seconds(5);
	ck_assert_uint_eq(in_dev(f.eth0)->mc_count, 1);
	ck_assert_uint_eq(in_dev(f.eth1)->mc_count, 1);
}
END_TEST

START_TEST(test_mcast_options)
{
	struct socket *s = sock_udp("0.0.0.0", 5000);
	struct group_req g = { .gr_interface = (uint32_t)f.eth0->ifindex };
	struct group_source_req gs = { .gsr_interface = (uint32_t)f.eth0->ifindex };

	*(struct sockaddr_in *)(void *)&g.gr_group = sin_of(G1, 0);
	*(struct sockaddr_in *)(void *)&gs.gsr_group = sin_of(G2, 0);
	*(struct sockaddr_in *)(void *)&gs.gsr_source = sin_of(S1, 0);
	ck_assert_int_eq(sock_set(s, SOL_IP, MCAST_JOIN_GROUP, &g, sizeof(g)), 0);
	ck_assert_int_eq(sock_set(s, SOL_IP, MCAST_JOIN_GROUP, &g, sizeof(g)), -EADDRINUSE);
	ck_assert_int_eq(sock_set(s, SOL_IP, MCAST_JOIN_GROUP, &g, 20), -EINVAL);
	ck_assert_int_eq(sock_set(s, SOL_IP, MCAST_JOIN_SOURCE_GROUP, &gs, sizeof(gs)), 0);
	ck_assert_uint_eq(inet_sk(s->sk)->mc_list->sfmode, MCAST_INCLUDE);
	ck_assert_int_eq(sock_set(s, SOL_IP, MCAST_LEAVE_SOURCE_GROUP, &gs, sizeof(gs)), 0);
	ck_assert_int_eq(sock_set(s, SOL_IP, MCAST_LEAVE_GROUP, &g, sizeof(g)), 0);
	ck_assert_ptr_null(inet_sk(s->sk)->mc_list);
	g.gr_group.ss_family = AF_INET6;
	ck_assert_int_eq(sock_set(s, SOL_IP, MCAST_JOIN_GROUP, &g, sizeof(g)), -EINVAL);
	sock_close(s);
}
END_TEST

START_TEST(test_proc_igmp)
{
	struct socket *s = joined(GROUP), *t = joined(GROUP);
	char want[1000];

	seconds(60);
	snprintf(want, sizeof(want),
		 "Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n"
		 "1\tlo        :     1      V3\n"
		 "\t\t\t\t010000E0     1 0:00000000\t\t0\n"
		 "2\teth0      :     2      V3\n"
		 "\t\t\t\t4104C1EF     2 0:00000000\t\t0\n"
		 "\t\t\t\t010000E0     1 0:00000000\t\t0\n"
		 "3\teth1      :     1      V3\n"
		 "\t\t\t\t010000E0     1 0:00000000\t\t0\n");
	ck_assert_str_eq(netfix_cat(&f.n, "/proc/net/igmp"), want);
	ck_assert_str_eq(netfix_cat(&f.n, "/proc/net/mcfilter"),
			 "Idx Device        MCA        SRC    INC    EXC\n");
	/* a report on its way: hundredths of a second */
	rx_v3_query(100, GROUP, NULL, NULL);
	ck_assert_ptr_nonnull(strstr(netfix_cat(&f.n, "/proc/net/igmp"), "4104C1EF     2 1:00000"));
	seconds(12);
	ck_assert_ptr_nonnull(
		strstr(netfix_cat(&f.n, "/proc/net/igmp"), "4104C1EF     2 0:00000000\t\t1\n"));
	sock_close(s);
	sock_close(t);
}
END_TEST

START_TEST(test_device_down_and_up)
{
	struct socket *s = joined(G1);
	struct extack err = { "" };

	seconds(60);
	ipfix_mark();
	dev_close(f.eth0);
	netfix_settle(&f.n);
	ck_assert(!has_mac(f.eth0, G1));
	ck_assert_int_eq(dev_open(f.eth0, &err), 0);
	ck_assert(has_mac(f.eth0, G1));
	ck_assert(has_mac(f.eth0, "224.0.0.1"));
	seconds(5);
	ck_assert_uint_ge(f.nsent, 1);
	sent_v3(0, "4 " G1 ";");
	sock_close(s);
}
END_TEST

/* The device goes while sockets are its members. */
START_TEST(test_device_gone)
{
	struct net_device *dev = ipfix_dev("eth2", 0xc);
	struct socket *s = sock_udp("0.0.0.0", 5000);
	struct ip_mreqn m = { .imr_multiaddr.s_addr = inet_addr(G1), .imr_ifindex = dev->ifindex };

	ipfix_addr(dev, "10.2.0.1", 24);
	ck_assert_int_eq(sock_join(s, G1, dev), 0);
	ck_assert_int_eq(sock_join(s, G2, dev), 0);
	unregister_netdevice(dev);
	netfix_settle(&f.n);
	seconds(5);
	ck_assert_int_eq(sock_set(s, SOL_IP, IP_DROP_MEMBERSHIP, &m, sizeof(m)), 0);
	ck_assert_int_eq(sock_join(s, G1, NULL), -ENODEV);
	sock_close(s);
}
END_TEST

/* Joins from one vCPU, the timer on another. */
START_TEST(test_two_vcpus)
{
	struct socket *s = NULL;
	struct ip_mreqn m = { .imr_multiaddr.s_addr = inet_addr(G1) };

	ipfix_end();
	ipfix_begin_cpus(2);
	m.imr_ifindex = f.eth0->ifindex;
	seconds(60);
	ipfix_mark();
	ipfix_enter(1);
	ck_assert_int_eq(
		sock_create(&f.n.net, &sock_root, PF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0, &s), 0);
	ck_assert_int_eq(sock_call_setsockopt(s, SOL_IP, IP_ADD_MEMBERSHIP, &m, sizeof(m)), 0);
	ipfix_leave();
	seconds(5);
	ck_assert_uint_eq(f.nsent, 2);
	sent_v3(0, "4 " G1 ";");
	ipfix_enter(1);
	sock_release(s);
	ipfix_leave();
	seconds(5);
	ck_assert_uint_eq(f.nsent, 4);
	sent_v3(3, "3 " G1 ";");
}
END_TEST

static bool sweep_membership(unsigned long nth, bool *ret_hit)
{
	struct socket *s = sock_udp("0.0.0.0", 5000);
	bool ok;

	kmem_fail_nth(&f.n.net.m.kmem, nth, NULL);
	ok = !sock_join(s, G1, f.eth0) && !source(s, IP_BLOCK_SOURCE, G1, S1) &&
	     !source(s, IP_BLOCK_SOURCE, G1, S2) && !source(s, IP_UNBLOCK_SOURCE, G1, S1);
	*ret_hit = kmem_fault_hit(&f.n.net.m.kmem);
	kmem_fail_nth(&f.n.net.m.kmem, 0, NULL);
	sock_close(s);
	seconds(3);
	ck_assert_uint_eq(in_dev(f.eth0)->mc_count, 1);
	ck_assert_ptr_null(in_dev(f.eth0)->mc_tomb);
	f.nsent = 0;
	return ok;
}

START_TEST(test_fail_nth)
{
	ck_assert_uint_gt(faulty_sweep(sweep_membership), 6);
}
END_TEST

static bool sweep_reports(unsigned long nth, bool *ret_hit)
{
	struct socket *s = joined(G1);
	unsigned n;

	ipfix_mark();
	kmem_fail_nth(&f.n.net.m.kmem, nth, NULL);
	rx_v3_query(10, "0.0.0.0", NULL, NULL);
	seconds(3);
	*ret_hit = kmem_fault_hit(&f.n.net.m.kmem);
	kmem_fail_nth(&f.n.net.m.kmem, 0, NULL);
	n = f.nsent;
	sock_close(s);
	seconds(3);
	f.nsent = 0;
	netfix_balanced(&f.n);
	return n >= 3;
}

START_TEST(test_fail_nth_reports)
{
	ck_assert_uint_gt(faulty_sweep(sweep_reports), 3);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_M4_v3_join_leave,
		test_v3_queries,
		test_bad_messages,
		test_v2,
		test_v1,
		test_forced_version,
		test_v2_query_stops_v3,
		test_link_local_reports,
		test_limits,
		test_mcast_options,
		test_proc_igmp,
		test_device_down_and_up,
		test_device_gone,
		test_two_vcpus,
		test_fail_nth,
		test_fail_nth_reports,
		NULL,
	};
	Suite *s = suite_create("igmp");
	TCase *tc = tcase_create("igmp");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, ipfix_begin, ipfix_end);
	for (unsigned i = 0; tests[i]; i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(s, tc);
	return s;
}
