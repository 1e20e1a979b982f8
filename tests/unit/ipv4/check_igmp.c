/* SPDX-License-Identifier: MIT */
/* check_igmp.c: groups of an interface, what routers are told of them and when, filters by source, the sockets' side. */
#include "support/sockfix.h"

#include <linux/igmp.h>

static unsigned char pkt[65536], msg[65536];

#define G1 "239.1.1.1"
#define G2 "239.1.1.2"
#define S1 "10.9.9.1"
#define S2 "10.9.9.2"
#define S3 "10.9.9.3"

static struct in_device *in_dev(struct net_device *dev)
{
	return __in_dev_get_rtnl(dev);
}

static unsigned igmp_sum(void *m, unsigned len)
{
	((struct igmphdr *)m)->csum = 0;
	((struct igmphdr *)m)->csum = ip_compute_csum(m, (int)len);
	return len;
}

/* An IGMP message of @len bytes at msg arrives on eth0 for @daddr. */
static void rx_igmp(const char *daddr, unsigned len)
{
	static const unsigned char ra[4] = { 0x94, 4, 0, 0 };

	ipfix_rx_as(f.eth0, pkt, ipfix_pkt_opt(pkt, A_PEER, daddr, IPPROTO_IGMP, ra, 4, msg, len), PACKET_MULTICAST);
}

static void rx_old(int type, int code, const char *group, const char *daddr)
{
	*(struct igmphdr *)(void *)msg = (struct igmphdr){ .type = (uint8_t)type, .code = (uint8_t)code,
							   .group = inet_addr(group) };
	rx_igmp(daddr, igmp_sum(msg, 8));
}

/* A version 3 query with up to two sources */
static void rx_v3_query(int code, const char *group, const char *s1, const char *s2)
{
	struct igmpv3_query *q = (struct igmpv3_query *)(void *)msg;
	unsigned n = !!s1 + !!s2;

	*q = (struct igmpv3_query){ .type = IGMP_HOST_MEMBERSHIP_QUERY, .code = (uint8_t)code, .group = inet_addr(group),
				    .qrv = 2, .qqic = 125, .nsrcs = htons((uint16_t)n) };
	if (s1)
		q->srcs[0] = inet_addr(s1);
	if (s2)
		q->srcs[1] = inet_addr(s2);
	rx_igmp(strcmp(group, "0.0.0.0") ? group : "224.0.0.1", igmp_sum(msg, 12 + 4 * n));
}

/* Sent message @i: well formed, to @daddr; its IGMP part */
static const unsigned char *sent(unsigned i, const char *daddr, unsigned *len)
{
	const struct iphdr *iph = ipfix_iph(f.sent[i].ip);
	uint32_t d = ntohl(iph->daddr);

	ck_assert_uint_lt(i, f.nsent);
	ck_assert_int_eq(iph->protocol, IPPROTO_IGMP);
	ck_assert_int_eq(iph->ihl, 6);
	ck_assert_int_eq(ip_compute_csum(iph, 24), 0);
	ck_assert_int_eq(iph->ttl, 1);
	ck_assert_int_eq(iph->tos, 0xc0);
	ck_assert_uint_eq(ntohs(iph->frag_off), 0x4000);
	ck_assert_uint_eq(iph->saddr, inet_addr(A_SELF));
	ck_assert_msg(iph->daddr == inet_addr(daddr), "to %x, not %s", d, daddr);
	ck_assert_int_eq(memcmp(iph + 1, "\x94\x04\0\0", 4), 0); /* router alert */
	ck_assert_uint_eq(ntohs(iph->tot_len), f.sent[i].len);
	*len = f.sent[i].len - 24;
	ck_assert_int_eq(ip_compute_csum(f.sent[i].ip + 24, (int)*len), 0);
	/* RFC 1112 6.4 */
	ck_assert_int_eq(f.sent[i].mac[0], 1);
	ck_assert_int_eq(f.sent[i].mac[3], d >> 16 & 0x7f);
	ck_assert_int_eq(f.sent[i].mac[5], d & 255);
	return f.sent[i].ip + 24;
}

static void sent_old(unsigned i, int type, const char *group, const char *daddr)
{
	unsigned len;
	const struct igmphdr *h = (const void *)sent(i, daddr, &len);

	ck_assert_uint_eq(len, 8);
	ck_assert_int_eq(h->type, type);
	ck_assert_int_eq(h->code, 0);
	ck_assert_uint_eq(h->group, inet_addr(group));
}

/* Sent message @i is a version 3 report of exactly these records, in text: "TYPE GROUP SOURCE...;" */
static void sent_v3(unsigned i, const char *want)
{
	char got[2000] = "";
	unsigned len, at = 8;
	const unsigned char *p;
	const struct igmpv3_report *r;

	ck_assert_msg(i < f.nsent, "no report of %s", want);
	p = sent(i, "224.0.0.22", &len);
	r = (const void *)p;
	ck_assert_int_eq(r->type, IGMPV3_HOST_MEMBERSHIP_REPORT);
	for (unsigned g = 0; g < ntohs(r->ngrec); g++) {
		const struct igmpv3_grec *rec = (const void *)(p + at);
		char a[INET_ADDRSTRLEN];

		inet_ntop(AF_INET, &rec->grec_mca, a, sizeof(a));
		sprintf(got + strlen(got), "%d %s", rec->grec_type, a);
		for (unsigned s = 0; s < ntohs(rec->grec_nsrcs); s++) {
			inet_ntop(AF_INET, &rec->grec_src[s], a, sizeof(a));
			sprintf(got + strlen(got), " %s", a);
		}
		strcat(got, ";");
		at += 8 + 4 * ntohs(rec->grec_nsrcs);
	}
	ck_assert_uint_eq(at, len);
	ck_assert_str_eq(got, want);
}

static void seconds(unsigned n)
{
	for (unsigned i = 0; i < n * 50; i++)
		netfix_advance(&f.n, NSEC_PER_SEC / 50);
}

static struct socket *joined(const char *group)
{
	struct socket *s = sock_udp("0.0.0.0", 5000);

	ck_assert_int_eq(sock_join(s, group, f.eth0), 0);
	return s;
}

static bool has_mac(struct net_device *dev, const char *addr)
{
	uint32_t a = ntohl(inet_addr(addr));
	unsigned char mac[6] = { 1, 0, 0x5e, a >> 16 & 0x7f, a >> 8 & 255, a & 255 };
	struct netdev_hw_addr *ha;

	list_for_each_entry(ha, &dev->mc, list)
		if (!memcmp(ha->addr, mac, 6))
			return true;
	return false;
}

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
	*(struct igmphdr *)(void *)msg = (struct igmphdr){ .type = IGMP_HOST_MEMBERSHIP_QUERY, .code = 10 };
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
	ck_assert_ptr_nonnull(strstr(netfix_cat(&f.n, "/proc/net/igmp"), "eth0      :     1      V2\n"));
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
	ck_assert_ptr_nonnull(strstr(netfix_cat(&f.n, "/proc/net/igmp"), "eth0      :     1      V1\n"));
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

/* --- sources --- */

static int source(struct socket *s, int opt, const char *group, const char *src)
{
	struct ip_mreq_source m = { .imr_multiaddr.s_addr = inet_addr(group), .imr_sourceaddr.s_addr = inet_addr(src),
				    .imr_interface.s_addr = inet_addr(A_SELF) };

	return sock_set(s, SOL_IP, opt, &m, sizeof(m));
}

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
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_IP_NOT_JOINED) + ipfix_dropped(SKB_DROP_REASON_UDP_NO_MCAST), 1);
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
	} u = { .m = { .imsf_multiaddr.s_addr = inet_addr(G1), .imsf_interface.s_addr = inet_addr(A_SELF) } };
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
	ck_assert_int_eq(sock_set(s, SOL_IP, IP_MSFILTER, &u, IP_MSFILTER_SIZE(11)), -ENOBUFS); /* igmp_max_msf 10 */
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

/* Reports are cut at the MTU: lists of blocked sources go on in a second message, lists of a mode are truncated. */
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
	ck_assert_str_eq(netfix_cat(&f.n, "/proc/net/mcfilter"), "Idx Device        MCA        SRC    INC    EXC\n");
	/* a report on its way: hundredths of a second */
	rx_v3_query(100, GROUP, NULL, NULL);
	ck_assert_ptr_nonnull(strstr(netfix_cat(&f.n, "/proc/net/igmp"), "4104C1EF     2 1:00000"));
	seconds(12);
	ck_assert_ptr_nonnull(strstr(netfix_cat(&f.n, "/proc/net/igmp"), "4104C1EF     2 0:00000000\t\t1\n"));
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
	ck_assert_int_eq(sock_create(&f.n.net, &sock_root, PF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0, &s), 0);
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
	ok = !sock_join(s, G1, f.eth0) && !source(s, IP_BLOCK_SOURCE, G1, S1) && !source(s, IP_BLOCK_SOURCE, G1, S2) &&
	     !source(s, IP_UNBLOCK_SOURCE, G1, S1);
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
		test_M4_v3_join_leave, test_v3_queries, test_bad_messages, test_v2, test_v1, test_forced_version,
		test_v2_query_stops_v3, test_link_local_reports, test_ssm, test_block, test_msfilter, test_many_sources,
		test_limits, test_mcast_options, test_proc_igmp, test_device_down_and_up, test_device_gone, test_two_vcpus,
		test_fail_nth, test_fail_nth_reports, NULL,
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
