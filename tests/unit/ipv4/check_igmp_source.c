/* SPDX-License-Identifier: MIT */
/*
 * check_igmp_source.c: filters by source: what sockets ask for, what routers are told, what is
 * delivered.
 */
#include "unit/ipv4/igmpfix.h"

static unsigned rx_src(const char *src, struct socket *s)
{
	ipfix_sysctl("net.ipv4.conf.all.rp_filter", "0");
	ipfix_sysctl("net.ipv4.conf.eth0.rp_filter", "0");
	sock_udp_rx(f.eth0, src, 4000, G1, 5000, "x", 1);
	return sock_drain(s);
}

START_TEST(test_ssm)
{
	struct socket *s = sock_udp("0.0.0.0", 5000);

	seconds(60);
	ipfix_mark();
	ck_assert_int_eq(source(s, IP_ADD_SOURCE_MEMBERSHIP, G1, S1), 0);
	seconds(5);
	ck_assert_uint_eq(f.nsent, 2);
	sent_v3(0, "5 " G1 " " S1 ";"); /* ALLOW, no change of mode */
	sent_v3(1, "5 " G1 " " S1 ";");
	ck_assert_int_eq(source(s, IP_ADD_SOURCE_MEMBERSHIP, G1, S1), -EADDRNOTAVAIL);
	ck_assert_int_eq(source(s, IP_ADD_SOURCE_MEMBERSHIP, G1, S2), 0);
	seconds(5);
	ck_assert_uint_eq(f.nsent, 4);
	sent_v3(2, "5 " G1 " " S2 ";");
	ck_assert_uint_eq(rx_src(S1, s), 1);
	ck_assert_uint_eq(rx_src(S3, s), 0);
	ck_assert_str_eq(netfix_cat(&f.n, "/proc/net/mcfilter"),
			 "Idx Device        MCA        SRC    INC    EXC\n"
			 "  2   eth0 0xef010101 0x0a090901      1      0\n"
			 "  2   eth0 0xef010101 0x0a090902      1      0\n");
	/* queries */
	ipfix_mark();
	rx_v3_query(10, G1, NULL, NULL);
	seconds(2);
	sent_v3(0, "1 " G1 " " S1 " " S2 ";");
	rx_v3_query(10, G1, S2, S3);
	seconds(2);
	sent_v3(1, "1 " G1 " " S2 ";");
	rx_v3_query(10, G1, S3, NULL); /* not one of ours */
	seconds(2);
	ck_assert_uint_eq(f.nsent, 2);
	/* wrong mode, unknown source */
	ck_assert_int_eq(source(s, IP_BLOCK_SOURCE, G1, S3), -EINVAL);
	ck_assert_int_eq(source(s, IP_DROP_SOURCE_MEMBERSHIP, G1, S3), -EADDRNOTAVAIL);
	ipfix_mark();
	ck_assert_int_eq(source(s, IP_DROP_SOURCE_MEMBERSHIP, G1, S1), 0);
	seconds(5);
	ck_assert_uint_eq(f.nsent, 2);
	sent_v3(0, "6 " G1 " " S1 ";"); /* BLOCK */
	sent_v3(1, "6 " G1 " " S1 ";");
	/* the last source gone is a leave */
	ipfix_mark();
	ck_assert_int_eq(source(s, IP_DROP_SOURCE_MEMBERSHIP, G1, S2), 0);
	ck_assert_ptr_null(inet_sk(s->sk)->mc_list);
	seconds(5);
	ck_assert_uint_eq(f.nsent, 2);
	sent_v3(0, "6 " G1 " " S2 ";");
	ck_assert_ptr_null(in_dev(f.eth0)->mc_tomb);
	ck_assert_int_eq(atomic_read(&s->sk->sk_omem_alloc), 0);
	sock_close(s);
}
END_TEST

START_TEST(test_block)
{
	struct socket *s = joined(G1), *t;

	seconds(60);
	ipfix_mark();
	ck_assert_int_eq(source(s, IP_BLOCK_SOURCE, G1, S1), 0);
	seconds(5);
	ck_assert_uint_eq(f.nsent, 2);
	sent_v3(0, "6 " G1 " " S1 ";");
	ck_assert_uint_eq(rx_src(S1, s), 0);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_IP_NOT_JOINED) +
				  ipfix_dropped(SKB_DROP_REASON_UDP_NO_MCAST),
			  1);
	ck_assert_uint_eq(rx_src(S2, s), 1);
	/* all excluded: silence; some: the group's state */
	rx_v3_query(10, G1, S1, NULL);
	seconds(2);
	ck_assert_uint_eq(f.nsent, 2);
	rx_v3_query(10, G1, NULL, NULL);
	seconds(2);
	sent_v3(2, "2 " G1 " " S1 ";");
	/* another socket wants the source: the interface lets it in, this socket still does not */
	ipfix_mark();
	t = joined(G1);
	seconds(5);
	sent_v3(0, "5 " G1 " " S1 ";");
	ck_assert_uint_eq(rx_src(S1, t), 1);
	ck_assert_uint_eq(rx_src(S1, s), 0);
	sock_drain(t);
	ipfix_mark();
	sock_close(t);
	seconds(5);
	sent_v3(0, "6 " G1 " " S1 ";");
	ipfix_mark();
	ck_assert_int_eq(source(s, IP_UNBLOCK_SOURCE, G1, S1), 0);
	seconds(5);
	ck_assert_uint_eq(f.nsent, 2);
	sent_v3(0, "5 " G1 " " S1 ";");
	ck_assert_int_eq(source(s, IP_UNBLOCK_SOURCE, G1, S1), -EADDRNOTAVAIL);
	sock_close(s);
}
END_TEST

START_TEST(test_msfilter)
{
	struct socket *s = joined(G1);
	struct {
		struct ip_msfilter m;
		struct in_addr more[20];
	} u = { .m = { .imsf_multiaddr.s_addr = inet_addr(G1),
		       .imsf_interface.s_addr = inet_addr(A_SELF) } };
	socklen_t len = sizeof(u);
	char mem[64];

	seconds(60);
	ipfix_mark();
	/* change of mode, told with its sources */
	u.m.imsf_fmode = MCAST_INCLUDE;
	u.m.imsf_numsrc = 2;
	u.m.imsf_slist[0].s_addr = inet_addr(S1);
	u.more[0].s_addr = inet_addr(S2);
	ck_assert_int_eq(sock_set(s, SOL_IP, IP_MSFILTER, &u, IP_MSFILTER_SIZE(2)), 0);
	seconds(5);
	ck_assert_uint_eq(f.nsent, 2);
	sent_v3(0, "3 " G1 " " S1 " " S2 ";");
	memset(u.more, 0, sizeof(u.more));
	u.m.imsf_numsrc = 1; /* room for one */
	ck_assert_int_eq(IN_VCPU(sock_call_getsockopt(s, SOL_IP, IP_MSFILTER, &u, &len)), 0);
	ck_assert_uint_eq(u.m.imsf_numsrc, 2);
	ck_assert_uint_eq(u.m.imsf_fmode, MCAST_INCLUDE);
	ck_assert_uint_eq(u.m.imsf_slist[0].s_addr, inet_addr(S1));
	ck_assert_uint_eq(u.more[0].s_addr, 0);
	ck_assert_uint_eq(len, IP_MSFILTER_SIZE(2));
	/* back */
	ipfix_mark();
	u.m.imsf_fmode = MCAST_EXCLUDE;
	u.m.imsf_numsrc = 0;
	ck_assert_int_eq(sock_set(s, SOL_IP, IP_MSFILTER, &u, IP_MSFILTER_SIZE(0)), 0);
	seconds(5);
	sent_v3(0, "4 " G1 ";");
	/* refusals */
	u.m.imsf_fmode = 7;
	ck_assert_int_eq(sock_set(s, SOL_IP, IP_MSFILTER, &u, IP_MSFILTER_SIZE(0)), -EINVAL);
	u.m.imsf_fmode = MCAST_INCLUDE;
	u.m.imsf_numsrc = 2;
	ck_assert_int_eq(sock_set(s, SOL_IP, IP_MSFILTER, &u, IP_MSFILTER_SIZE(1)), -EINVAL);
	u.m.imsf_numsrc = 11;
	/* igmp_max_msf 10 */
	ck_assert_int_eq(sock_set(s, SOL_IP, IP_MSFILTER, &u, IP_MSFILTER_SIZE(11)), -ENOBUFS);
	ck_assert_int_eq(sock_set(s, SOL_IP, IP_MSFILTER, mem, 4), -EINVAL);
	u.m.imsf_numsrc = 0;
	u.m.imsf_multiaddr.s_addr = inet_addr(A_PEER);
	ck_assert_int_eq(sock_set(s, SOL_IP, IP_MSFILTER, &u, IP_MSFILTER_SIZE(0)), -EINVAL);
	/* include nothing: leave */
	u.m.imsf_multiaddr.s_addr = inet_addr(G1);
	ck_assert_int_eq(sock_set(s, SOL_IP, IP_MSFILTER, &u, IP_MSFILTER_SIZE(0)), 0);
	ck_assert_ptr_null(inet_sk(s->sk)->mc_list);
	ck_assert_int_eq(atomic_read(&s->sk->sk_omem_alloc), 0);
	sock_close(s);
}
END_TEST

/*
 * Reports are cut at the MTU: lists of blocked sources go on in a second message, lists of a mode
 * are truncated.
 */
START_TEST(test_many_sources)
{
	struct socket *s = joined(G1);
	struct extack err = { "" };
	char a[32], want[1000];
	unsigned n = 0;

	ipfix_sysctl("net.ipv4.igmp_max_msf", "100");
	ck_assert_int_eq(dev_set_mtu(f.eth0, 100, &err), 0); /* 24 + 8 + 8 + 15 sources */
	seconds(60);
	ipfix_mark();
	for (unsigned i = 0; i < 20; i++) {
		snprintf(a, sizeof(a), "10.9.9.%u", i + 1);
		ck_assert_int_eq(source(s, IP_BLOCK_SOURCE, G1, a), 0);
	}
	seconds(5);
	for (unsigned i = 0; i < f.nsent; i++) {
		const unsigned char *p = f.sent[i].ip + 24;
		const struct igmpv3_report *r = (const void *)p;

		ck_assert_uint_le(f.sent[i].len, 100);
		for (unsigned g = 0, at = 8; g < ntohs(r->ngrec); g++) {
			const struct igmpv3_grec *rec = (const void *)(p + at);

			ck_assert_int_eq(rec->grec_type, IGMPV3_BLOCK_OLD_SOURCES);
			n += ntohs(rec->grec_nsrcs);
			at += 8 + 4 * ntohs(rec->grec_nsrcs);
		}
	}
	ck_assert_uint_eq(n, 40); /* each told twice */
	ipfix_mark();
	rx_v3_query(10, G1, NULL, NULL);
	seconds(2);
	ck_assert_uint_eq(f.nsent, 1);
	strcpy(want, "2 " G1);
	for (unsigned i = 0; i < 15; i++)
		sprintf(want + strlen(want), " 10.9.9.%u", i + 1);
	strcat(want, ";");
	sent_v3(0, want);
	sock_close(s);
	seconds(5);
	ck_assert_int_eq(dev_set_mtu(f.eth0, 1500, &err), 0);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_ssm, test_block, test_msfilter, test_many_sources,
				       NULL };
	Suite *s = suite_create("igmp_source");
	TCase *tc = tcase_create("igmp_source");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, ipfix_begin, ipfix_end);
	for (unsigned i = 0; tests[i]; i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(s, tc);
	return s;
}
