/* SPDX-License-Identifier: MIT */
/*
 * igmpfix.h: what the suites of IGMP share: messages of routers and members made and read, groups
 * joined, time that passes
 */
#ifndef TESTS_UNIT_IPV4_IGMPFIX_H
#define TESTS_UNIT_IPV4_IGMPFIX_H

#include "support/sockfix.h"

#include <linux/igmp.h>

static __maybe_unused unsigned char pkt[65536], msg[65536];

#define G1 "239.1.1.1"
#define G2 "239.1.1.2"
#define S1 "10.9.9.1"
#define S2 "10.9.9.2"
#define S3 "10.9.9.3"

static __maybe_unused struct in_device *in_dev(struct net_device *dev)
{
	return __in_dev_get_rtnl(dev);
}

static __maybe_unused unsigned igmp_sum(void *m, unsigned len)
{
	((struct igmphdr *)m)->csum = 0;
	((struct igmphdr *)m)->csum = ip_compute_csum(m, (int)len);
	return len;
}

/* An IGMP message of @len bytes at msg arrives on eth0 for @daddr. */
static __maybe_unused void rx_igmp(const char *daddr, unsigned len)
{
	static const unsigned char ra[4] = { 0x94, 4, 0, 0 };

	ipfix_rx_as(f.eth0, pkt, ipfix_pkt_opt(pkt, A_PEER, daddr, IPPROTO_IGMP, ra, 4, msg, len),
		    PACKET_MULTICAST);
}

static __maybe_unused void rx_old(int type, int code, const char *group, const char *daddr)
{
	*(struct igmphdr *)(void *)msg = (struct igmphdr){ .type = (uint8_t)type,
							   .code = (uint8_t)code,
							   .group = inet_addr(group) };
	rx_igmp(daddr, igmp_sum(msg, 8));
}

/* A version 3 query with up to two sources */
static __maybe_unused void rx_v3_query(int code, const char *group, const char *s1, const char *s2)
{
	struct igmpv3_query *q = (struct igmpv3_query *)(void *)msg;
	unsigned n = !!s1 + !!s2;

	*q = (struct igmpv3_query){ .type = IGMP_HOST_MEMBERSHIP_QUERY,
				    .code = (uint8_t)code,
				    .group = inet_addr(group),
				    .qrv = 2,
				    .qqic = 125,
				    .nsrcs = htons((uint16_t)n) };
	if (s1)
		q->srcs[0] = inet_addr(s1);
	if (s2)
		q->srcs[1] = inet_addr(s2);
	rx_igmp(strcmp(group, "0.0.0.0") ? group : "224.0.0.1", igmp_sum(msg, 12 + 4 * n));
}

/* Sent message @i: well formed, to @daddr; its IGMP part */
static __maybe_unused const unsigned char *sent(unsigned i, const char *daddr, unsigned *len)
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

static __maybe_unused void sent_old(unsigned i, int type, const char *group, const char *daddr)
{
	unsigned len;
	const struct igmphdr *h = (const void *)sent(i, daddr, &len);

	ck_assert_uint_eq(len, 8);
	ck_assert_int_eq(h->type, type);
	ck_assert_int_eq(h->code, 0);
	ck_assert_uint_eq(h->group, inet_addr(group));
}

/*
 * Sent message @i is a version 3 report of exactly these records, in text: "TYPE GROUP SOURCE...;"
 */
static __maybe_unused void sent_v3(unsigned i, const char *want)
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

static __maybe_unused void seconds(unsigned n)
{
	for (unsigned i = 0; i < n * 50; i++)
		netfix_advance(&f.n, NSEC_PER_SEC / 50);
}

static __maybe_unused struct socket *joined(const char *group)
{
	struct socket *s = sock_udp("0.0.0.0", 5000);

	ck_assert_int_eq(sock_join(s, group, f.eth0), 0);
	return s;
}

static __maybe_unused bool has_mac(struct net_device *dev, const char *addr)
{
	uint32_t a = ntohl(inet_addr(addr));
	unsigned char mac[6] = { 1, 0, 0x5e, a >> 16 & 0x7f, a >> 8 & 255, a & 255 };
	struct netdev_hw_addr *ha;

	list_for_each_entry(ha, &dev->mc, list)
		if (!memcmp(ha->addr, mac, 6))
			return true;
	return false;
}

static __maybe_unused int source(struct socket *s, int opt, const char *group, const char *src)
{
	struct ip_mreq_source m = { .imr_multiaddr.s_addr = inet_addr(group),
				    .imr_sourceaddr.s_addr = inet_addr(src),
				    .imr_interface.s_addr = inet_addr(A_SELF) };

	return sock_set(s, SOL_IP, opt, &m, sizeof(m));
}

#endif /* TESTS_UNIT_IPV4_IGMPFIX_H */
