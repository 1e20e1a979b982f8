/* SPDX-License-Identifier: MIT */
/* check_icmp.c: questions answered, errors believed, errors sent and not sent, limits. */
#include "support/ipfix.h"
#include "support/faulty.h"

static unsigned char pkt[66000], msg[66000], quote[2048];

/* protocol 200: what its error handler hears */
static unsigned errors;
static uint32_t err_info;
static uint8_t err_type, err_code;

static int p200_rcv(struct sk_buff *skb)
{
	consume_skb(skb);
	return 0;
}

static int p200_err(struct sk_buff *skb, uint32_t info)
{
	const struct iphdr *iph = (const struct iphdr *)(const void *)skb->data;

	errors++;
	err_info = info;
	err_type = icmp_hdr(skb)->type;
	err_code = icmp_hdr(skb)->code;
	ck_assert_uint_eq(iph->daddr, inet_addr(A_PEER));
	ck_assert_uint_ge(skb->len, iph->ihl * 4u + 8);
	return 0;
}

static const struct net_protocol p200 = { .handler = p200_rcv, .err_handler = p200_err, .name = "P200" };
static const struct net_protocol p200_strict = { .handler = p200_rcv, .err_handler = p200_err, .name = "P200",
						 .icmp_strict_tag_validation = true };

static void begin(void)
{
	ipfix_begin();
	errors = 0;
	ck_assert_int_eq(inet_add_protocol(&f.n.net, &p200, 200), 0);
}

static void end(void)
{
	ck_assert_int_eq(inet_del_protocol(&f.n.net, &p200, 200), 0);
	ipfix_end();
}

/* Receive @len bytes of ICMP from the peer; forgets what was before. */
static void icmp_in(const char *daddr, const void *m, unsigned len, int pkt_type)
{
	unsigned n = ipfix_pkt(pkt, A_PEER, daddr, IPPROTO_ICMP, m, len);

	ipfix_mark();
	ipfix_rx_as(f.eth0, pkt, n, pkt_type);
}

static void silent(enum skb_drop_reason reason, unsigned in_errors)
{
	ck_assert_uint_eq(f.nsent, 0);
	ck_assert_uint_eq(ipfix_dropped(reason), 1);
	ck_assert_uint_eq(ipfix_icmp_mib(INERRORS), in_errors);
	ck_assert_uint_eq(ipfix_icmp_mib(OUTMSGS), 0);
}

/* --- questions --- */

START_TEST(test_echo)
{
	static const unsigned sizes[] = { 8, 9, 64, 1480 };

	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		const unsigned char *icmp;

		icmp_in(A_SELF, msg, ipfix_icmp(msg, ICMP_ECHO, 0, 0xabcd0007, NULL, sizes[i]), PACKET_HOST);
		ck_assert_uint_eq(f.nsent, 1);
		icmp = ipfix_sent_icmp(0, A_SELF, A_PEER, ICMP_ECHOREPLY, 0);
		ck_assert_uint_eq(f.sent[0].len, 20 + sizes[i]);
		ck_assert_mem_eq(icmp + 4, msg + 4, sizes[i] - 4);
		ck_assert_uint_eq(f.sent[0].packet_id, 77);
		ck_assert_int_eq(ipfix_iph(f.sent[0].ip)->frag_off, 0);
		icmp_moved(ICMP_MIB_INMSGS, 1, ICMP_MIB_OUTMSGS, 1);
		ck_assert_uint_eq(ipfix_icmp_in(ICMP_ECHO), 1);
		ck_assert_uint_eq(ipfix_icmp_out(ICMP_ECHOREPLY), 1);
		ip_moved(IPSTATS_MIB_INPKTS, 1, IPSTATS_MIB_INOCTETS, 20 + sizes[i], IPSTATS_MIB_NOECTPKTS, 1,
			 IPSTATS_MIB_INDELIVERS, 1, IPSTATS_MIB_OUTREQUESTS, 1, IPSTATS_MIB_OUTPKTS, 1,
			 IPSTATS_MIB_OUTOCTETS, 20 + sizes[i]);
	}
}
END_TEST

START_TEST(test_largest_echo)
{
	unsigned len = ipfix_icmp(msg, ICMP_ECHO, 0, 1, NULL, 65515), n, at;

	f.eth0->mtu = 65535;
	n = ipfix_pkt(pkt, A_PEER, A_SELF, IPPROTO_ICMP, msg, len);
	ipfix_rx(f.eth0, pkt, n);
	ck_assert_uint_eq(f.nsent, 1);
	ipfix_sent_icmp(0, A_SELF, A_PEER, ICMP_ECHOREPLY, 0);
	f.eth0->mtu = 1500;
	ipfix_mark();
	ipfix_rx(f.eth0, pkt, n);
	ck_assert_uint_eq(f.nsent, 45);
	for (at = 0, n = 0; n < 45; n++) {
		ck_assert_mem_eq(f.sent[n].ip + 20 + (n ? 0 : 4), msg + at + (n ? 0 : 4), f.sent[n].len - 20 - (n ? 0 : 4));
		at += f.sent[n].len - 20;
	}
	ck_assert_uint_eq(at, 65515);
	ck_assert_uint_eq(ipfix_ip(FRAGCREATES), 45);
}
END_TEST

START_TEST(test_echo_keeps_tos)
{
	unsigned n = ipfix_pkt(pkt, A_PEER, A_SELF, IPPROTO_ICMP, msg, ipfix_icmp(msg, ICMP_ECHO, 0, 1, NULL, 8));

	ipfix_iph(pkt)->tos = 0x48;
	ipfix_sum(pkt);
	ipfix_rx(f.eth0, pkt, n);
	ck_assert_uint_eq(ipfix_iph(f.sent[0].ip)->tos, 0x48);
}
END_TEST

START_TEST(test_echo_to_broadcast)
{
	static const char *const to[] = { "192.168.1.255", "255.255.255.255", "224.0.0.1" };
	unsigned len = ipfix_icmp(msg, ICMP_ECHO, 0, 1, NULL, 64);

	for (unsigned i = 0; i < 3; i++) {
		icmp_in(to[i], msg, len, PACKET_BROADCAST);
		silent(SKB_DROP_REASON_ICMP_BROADCAST, 1);
	}
	ipfix_sysctl("net.ipv4.icmp_echo_ignore_broadcasts", "0");
	for (unsigned i = 0; i < 3; i++) {
		icmp_in(to[i], msg, len, PACKET_BROADCAST);
		ipfix_sent_icmp(0, A_SELF, A_PEER, ICMP_ECHOREPLY, 0);
	}
}
END_TEST

START_TEST(test_echo_ignore_all)
{
	ipfix_sysctl("net.ipv4.icmp_echo_ignore_all", "1");
	icmp_in(A_SELF, msg, ipfix_icmp(msg, ICMP_ECHO, 0, 1, NULL, 64), PACKET_HOST);
	ck_assert_uint_eq(f.nsent, 0);
	icmp_moved(ICMP_MIB_INMSGS, 1);
}
END_TEST

START_TEST(test_timestamp)
{
	const unsigned char *icmp;
	__be32 now;

	icmp_in(A_SELF, msg, ipfix_icmp(msg, ICMP_TIMESTAMP, 0, 0x00050006, NULL, 20), PACKET_HOST);
	icmp = ipfix_sent_icmp(0, A_SELF, A_PEER, ICMP_TIMESTAMPREPLY, 0);
	ck_assert_uint_eq(f.sent[0].len, 40);
	now = htonl((uint32_t)((f.n.now - NETFIX_START + NETFIX_REAL) / NSEC_PER_MSEC % 86400000));
	ck_assert_mem_eq(icmp + 4, msg + 4, 8);
	ck_assert_mem_eq(icmp + 12, &now, 4);
	ck_assert_mem_eq(icmp + 16, &now, 4);
	icmp_in(A_SELF, msg, ipfix_icmp(msg, ICMP_TIMESTAMP, 0, 1, NULL, 11), PACKET_HOST);
	silent(SKB_DROP_REASON_INVALID_PROTO, 1);
}
END_TEST

START_TEST(test_bad_checksum)
{
	unsigned len = ipfix_icmp(msg, ICMP_ECHO, 0, 1, NULL, 64);

	msg[40] ^= 1;
	icmp_in(A_SELF, msg, len, PACKET_HOST);
	silent(SKB_DROP_REASON_ICMP_CSUM, 1);
	icmp_moved(ICMP_MIB_INMSGS, 1, ICMP_MIB_INERRORS, 1, ICMP_MIB_CSUMERRORS, 1);
	ck_assert_uint_eq(ipfix_icmp_in(ICMP_ECHO), 0);
}
END_TEST

START_TEST(test_short)
{
	for (unsigned len = 0; len < 8; len++) {
		memset(msg, 0xff, 8);
		icmp_in(A_SELF, msg, len, PACKET_HOST);
		ck_assert_uint_eq(f.nsent, 0);
		ck_assert_uint_eq(ipfix_icmp_mib(INERRORS), 1);
		ck_assert_uint_eq(ipfix_icmp_mib(INMSGS), 1);
	}
}
END_TEST

START_TEST(test_every_type)
{
	for (int type = 0; type < 256; type++) {
		bool unknown = type > NR_ICMP_TYPES && type != ICMP_EXT_ECHO && type != ICMP_EXT_ECHOREPLY;
		bool error = type == 3 || type == 4 || type == 5 || type == 11 || type == 12;

		if (type == ICMP_ECHO || type == ICMP_TIMESTAMP)
			continue;
		icmp_in(A_SELF, msg, ipfix_icmp(msg, type, 0, 0, (const unsigned char[56]){ 0 }, 64), PACKET_HOST);
		ck_assert_uint_eq(f.nsent, 0);
		ck_assert_msg(ipfix_icmp_mib(INERRORS) == (unknown || error), "type %d", type);
		ck_assert_uint_eq(ipfix_icmp_in(type), 1);
	}
}
END_TEST

/* --- errors about what we sent --- */

/* An error about a packet of protocol @proto from us to the peer, of which @len bytes are quoted. */
static void error_in(int type, int code, uint32_t info, int proto, unsigned total, unsigned len)
{
	ipfix_pkt(quote, A_SELF, A_PEER, proto, NULL, total - 20);
	icmp_in(A_SELF, msg, ipfix_icmp(msg, type, code, info, quote, 8 + len), PACKET_HOST);
}

START_TEST(test_errors_reach_the_protocol)
{
	static const struct {
		uint8_t type, code;
		uint32_t info, told;
	} rows[] = { { 3, 3, 0, 0 }, { 3, 13, 0, 0 }, { 3, 4, 1280, 1280 }, { 11, 0, 0, 0 }, { 12, 0, 20u << 24, 20 }, { 4, 0, 0, 0 },
		     { 5, 1, 0xc0a80109, 0xc0a80109 } };

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		error_in(rows[i].type, rows[i].code, rows[i].info, 200, 100, 28);
		ck_assert_uint_eq(errors, i + 1);
		ck_assert_uint_eq(err_type, rows[i].type);
		ck_assert_uint_eq(err_code, rows[i].code);
		ck_assert_uint_eq(err_info, rows[i].told);
		icmp_moved(ICMP_MIB_INMSGS, 1);
		ck_assert_uint_eq(f.nsent, 0);
	}
	error_in(ICMP_TIME_EXCEEDED, ICMP_EXC_FRAGTIME, 0, 200, 100, 28); /* nobody's business */
	error_in(ICMP_DEST_UNREACH, 16, 0, 200, 100, 28);		   /* no such code */
	ck_assert_uint_eq(errors, ARRAY_SIZE(rows));
}
END_TEST

START_TEST(test_short_quotes)
{
	for (unsigned len = 0; len < 28; len++) {
		error_in(ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0, 200, 100, len);
		silent(SKB_DROP_REASON_INVALID_PROTO, 1);
		error_in(ICMP_REDIRECT, ICMP_REDIR_HOST, 0, 200, 100, len);
		silent(SKB_DROP_REASON_INVALID_PROTO, 1);
	}
	ipfix_pkt(quote, A_SELF, A_PEER, 200, NULL, 80);
	for (unsigned ihl = 0; ihl < 16; ihl++) {
		if (ihl == 5)
			continue;
		ipfix_iph(quote)->ihl = ihl & 15;
		icmp_in(A_SELF, msg, ipfix_icmp(msg, 3, 3, 0, quote, 36), PACKET_HOST);
		silent(SKB_DROP_REASON_INVALID_PROTO, 1);
	}
	ck_assert_uint_eq(errors, 0);
}
END_TEST

START_TEST(test_frag_needed_of_old_routers)
{
	static const unsigned rows[][2] = { { 1500, 1492 }, { 1492, 1006 }, { 577, 576 }, { 576, 508 }, { 296, 68 }, { 69, 68 }, { 60, 68 },
					    { 2000, 1492 } };

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		error_in(ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 0, 200, rows[i][0], 28);
		ck_assert_uint_eq(err_info, rows[i][1]);
	}
}
END_TEST

START_TEST(test_no_pmtu_disc)
{
	ipfix_sysctl("net.ipv4.ip_no_pmtu_disc", "1");
	error_in(ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 1280, 200, 100, 28);
	ck_assert_uint_eq(errors, 1);
	ck_assert_uint_eq(err_info, 0);
	ipfix_sysctl("net.ipv4.ip_no_pmtu_disc", "2");
	error_in(ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 1280, 200, 100, 28);
	ck_assert_uint_eq(errors, 1);
	ipfix_sysctl("net.ipv4.ip_no_pmtu_disc", "3");
	error_in(ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 1280, 200, 100, 28);
	ck_assert_uint_eq(errors, 1);
	ck_assert_int_eq(inet_del_protocol(&f.n.net, &p200, 200), 0);
	ck_assert_int_eq(inet_add_protocol(&f.n.net, &p200_strict, 200), 0);
	error_in(ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 1280, 200, 100, 28);
	ck_assert_uint_eq(errors, 2);
	ck_assert_uint_eq(err_info, 1280);
	ck_assert_int_eq(inet_del_protocol(&f.n.net, &p200_strict, 200), 0);
	ck_assert_int_eq(inet_add_protocol(&f.n.net, &p200, 200), 0);
}
END_TEST

START_TEST(test_errors_about_broadcasts)
{
	ipfix_sysctl("net.ipv4.icmp_ignore_bogus_error_responses", "0");
	ipfix_pkt(quote, A_SELF, "192.168.1.255", 200, NULL, 80);
	icmp_in(A_SELF, msg, ipfix_icmp(msg, 3, 3, 0, quote, 36), PACKET_HOST);
	ck_assert_uint_eq(errors, 0);
	ck_assert_ptr_nonnull(strstr(f.n.log, "about a broadcast"));
}
END_TEST

/* --- errors that we send --- */

static void refused_with(const void *p, unsigned n, int pkt_type)
{
	ipfix_mark();
	ipfix_rx_as(f.eth0, p, n, pkt_type);
}

START_TEST(test_quote_is_576_bytes_at_most)
{
	static const unsigned sizes[] = { 20, 21, 548, 549, 1500 };

	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned n = ipfix_pkt(pkt, A_PEER, A_SELF, 222, NULL, sizes[i] - 20), quoted = n > 548 ? 548 : n;
		const unsigned char *icmp;

		refused_with(pkt, n, PACKET_HOST);
		icmp = ipfix_sent_icmp(0, A_SELF, A_PEER, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH);
		ck_assert_uint_eq(f.sent[0].len, 28 + quoted);
		ck_assert_mem_eq(icmp + 8, pkt, quoted);
		ck_assert_uint_eq(ipfix_iph(f.sent[0].ip)->tos, 0xc0);
	}
}
END_TEST

/* RFC 1122 3.2.2: never about ... */
START_TEST(test_no_error_about_an_error)
{
	static const int errs[] = { 3, 4, 5, 11, 12, 19, 200 };
	unsigned n;

	for (unsigned i = 0; i < ARRAY_SIZE(errs); i++) {
		/* an ICMP error that cannot be forwarded: TTL */
		ipfix_sysctl("net.ipv4.ip_forward", "1");
		n = ipfix_pkt(pkt, A_PEER, A_PEER1, IPPROTO_ICMP, msg, ipfix_icmp(msg, errs[i], 0, 0, NULL, 40));
		ipfix_iph(pkt)->ttl = 1;
		ipfix_sum(pkt);
		refused_with(pkt, n, PACKET_HOST);
		ck_assert_uint_eq(f.nsent, 0);
	}
	n = ipfix_pkt(pkt, A_PEER, A_PEER1, IPPROTO_ICMP, msg, ipfix_icmp(msg, ICMP_ECHO, 0, 0, NULL, 40));
	ipfix_iph(pkt)->ttl = 1;
	ipfix_sum(pkt);
	refused_with(pkt, n, PACKET_HOST);
	ck_assert_uint_eq(f.nsent, 1);
	n = ipfix_pkt(pkt, A_PEER, A_PEER1, IPPROTO_ICMP, msg, 0); /* its type is not there */
	ipfix_iph(pkt)->ttl = 1;
	ipfix_sum(pkt);
	refused_with(pkt, n, PACKET_HOST);
	ck_assert_uint_eq(f.nsent, 0);
}
END_TEST

START_TEST(test_no_error_about_a_broadcast)
{
	unsigned n = ipfix_pkt(pkt, A_PEER, "192.168.1.255", 222, NULL, 40);

	refused_with(pkt, n, PACKET_BROADCAST);
	ck_assert_uint_eq(f.nsent, 0);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_IP_NOPROTO), 1);
}
END_TEST

START_TEST(test_no_error_about_a_multicast)
{
	unsigned n = ipfix_pkt(pkt, A_PEER, "224.0.0.1", 222, NULL, 40);

	refused_with(pkt, n, PACKET_MULTICAST);
	ck_assert_uint_eq(f.nsent, 0);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_IP_NOPROTO), 1);
}
END_TEST

START_TEST(test_no_error_about_a_link_layer_group)
{
	unsigned n = ipfix_pkt(pkt, A_PEER, A_SELF, 222, NULL, 40);

	refused_with(pkt, n, PACKET_BROADCAST);
	ck_assert_uint_eq(f.nsent, 0);
	refused_with(pkt, n, PACKET_MULTICAST);
	ck_assert_uint_eq(f.nsent, 0);
	refused_with(pkt, n, PACKET_HOST);
	ck_assert_uint_eq(f.nsent, 1);
}
END_TEST

START_TEST(test_no_error_about_a_later_fragment)
{
	unsigned n = ipfix_pkt(pkt, A_PEER, A_PEER1, 222, NULL, 40);

	ipfix_sysctl("net.ipv4.ip_forward", "1");
	ipfix_iph(pkt)->ttl = 1;
	ipfix_iph(pkt)->frag_off = htons(5);
	ipfix_sum(pkt);
	refused_with(pkt, n, PACKET_HOST);
	ck_assert_uint_eq(f.nsent, 0);
	ipfix_iph(pkt)->frag_off = htons(IP_MF);
	ipfix_sum(pkt);
	refused_with(pkt, n, PACKET_HOST);
	ck_assert_uint_eq(f.nsent, 1);
}
END_TEST

START_TEST(test_no_error_without_a_route_or_a_whole_header)
{
	struct sk_buff *skb;

	ipfix_enter(0);
	skb = ipfix_skb(f.eth0, pkt, ipfix_pkt(pkt, A_PEER, A_SELF, 222, NULL, 0), PACKET_HOST);
	skb_reset_network_header(skb);
	icmp_send(skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
	skb_trim(skb, 19);
	icmp_send(skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
	consume_skb(skb);
	ipfix_leave();
	ck_assert_uint_eq(f.nsent, 0);
	ck_assert_uint_eq(ipfix_icmp_mib(OUTMSGS), 0);
}
END_TEST

/* Sending must not cause sending. */
START_TEST(test_no_error_while_one_is_sent)
{
	struct sock *sk = f.n.net.ipv4->icmp_sk[0];
	unsigned n = ipfix_pkt(pkt, A_PEER, A_SELF, 222, NULL, 40);

	_raw_spin_lock(&sk->sk_lock.slock);
	refused_with(pkt, n, PACKET_HOST);
	_raw_spin_unlock(&sk->sk_lock.slock);
	ck_assert_uint_eq(f.nsent, 0);
	refused_with(pkt, n, PACKET_HOST);
	ck_assert_uint_eq(f.nsent, 1);
}
END_TEST

START_TEST(test_source_of_errors_about_forwarded_packets)
{
	unsigned n = ipfix_pkt(pkt, A_PEER, A_PEER1, 200, NULL, 40);

	ipfix_sysctl("net.ipv4.ip_forward", "1");
	ipfix_addr(f.eth0, "192.168.1.77", 24);
	ipfix_iph(pkt)->ttl = 1;
	ipfix_sum(pkt);
	refused_with(pkt, n, PACKET_HOST);
	ipfix_sent_icmp(0, A_SELF, A_PEER, ICMP_TIME_EXCEEDED, 0);
	ipfix_sysctl("net.ipv4.icmp_errors_use_inbound_ifaddr", "1");
	refused_with(pkt, n, PACKET_HOST);
	ipfix_sent_icmp(0, A_SELF, A_PEER, ICMP_TIME_EXCEEDED, 0);
	/* and one that was sent to a second address of ours */
	n = ipfix_pkt(pkt, A_PEER, "192.168.1.77", 222, NULL, 40);
	refused_with(pkt, n, PACKET_HOST);
	ipfix_sent_icmp(0, "192.168.1.77", A_PEER, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH);
}
END_TEST

/* --- limits --- */

START_TEST(test_limit_by_peer)
{
	unsigned n = ipfix_pkt(pkt, A_PEER, A_SELF, 222, NULL, 40);

	ipfix_mark();
	for (unsigned i = 0; i < 60; i++)
		ipfix_rx(f.eth0, pkt, n);
	ck_assert_uint_eq(f.nsent, 6);
	icmp_moved(ICMP_MIB_OUTMSGS, 6, ICMP_MIB_RATELIMITHOST, 54);
	for (unsigned s = 1; s <= 5; s++) { /* then one a second */
		netfix_advance(&f.n, NSEC_PER_SEC);
		for (unsigned i = 0; i < 4; i++)
			ipfix_rx(f.eth0, pkt, n);
		ck_assert_uint_eq(f.nsent, 6 + s);
	}
	netfix_advance(&f.n, 100 * NSEC_PER_SEC); /* the burst comes back, no more than that */
	for (unsigned i = 0; i < 20; i++)
		ipfix_rx(f.eth0, pkt, n);
	ck_assert_uint_eq(f.nsent, 17);
}
END_TEST

START_TEST(test_limit_by_peer_is_a_knob)
{
	unsigned n = ipfix_pkt(pkt, A_PEER, A_SELF, 222, NULL, 40);

	ipfix_sysctl("net.ipv4.icmp_ratelimit", "0");
	ipfix_mark();
	for (unsigned i = 0; i < 20; i++)
		ipfix_rx(f.eth0, pkt, n);
	ck_assert_uint_eq(f.nsent, 20);
	ipfix_sysctl("net.ipv4.icmp_ratelimit", "1000");
	ipfix_sysctl("net.ipv4.icmp_ratemask", "0");
	netfix_advance(&f.n, 10 * NSEC_PER_SEC);
	for (unsigned i = 0; i < 100; i++)
		ipfix_rx(f.eth0, pkt, n);
	ck_assert_uint_eq(f.nsent, 120);
}
END_TEST

/* One error each about packets of @n senders of the subnet, all with known link-layer addresses. */
static void from_many(unsigned n)
{
	char src[32];

	for (unsigned i = 0; i < n; i++) {
		snprintf(src, sizeof(src), "192.168.1.%u", 10 + i);
		ipfix_rx(f.eth0, pkt, ipfix_pkt(pkt, src, A_SELF, 222, NULL, 40));
	}
}

START_TEST(test_limit_of_all)
{
	char src[32];

	for (unsigned i = 0; i < 200; i++) {
		snprintf(src, sizeof(src), "192.168.1.%u", 10 + i);
		ipfix_neigh(f.eth0, src);
	}
	netfix_advance(&f.n, 10 * NSEC_PER_SEC);
	ipfix_mark();
	from_many(200);
	/* each takes 0, 1 or 2 of the 50: about 50 */
	ck_assert_uint_ge(f.nsent, 30);
	ck_assert_uint_le(f.nsent, 80);
	icmp_moved(ICMP_MIB_OUTMSGS, f.nsent, ICMP_MIB_RATELIMITGLOBAL, 200 - f.nsent);
	ipfix_mark();
	netfix_advance(&f.n, 19 * NSEC_PER_MSEC); /* credit comes in steps of 20 ms */
	from_many(1);
	ck_assert_uint_eq(f.nsent, 0);
	netfix_advance(&f.n, 2 * NSEC_PER_MSEC);
	ipfix_mark();
	from_many(200);
	ck_assert_uint_ge(f.nsent, 10);
	ck_assert_uint_le(f.nsent, 40);
}
END_TEST

START_TEST(test_answers_are_not_limited)
{
	unsigned n = ipfix_pkt(pkt, A_PEER, A_SELF, IPPROTO_ICMP, msg, ipfix_icmp(msg, ICMP_ECHO, 0, 1, NULL, 16));

	ipfix_mark();
	for (unsigned i = 0; i < 200; i++)
		ipfix_rx(f.eth0, pkt, n);
	ck_assert_uint_eq(f.nsent, 200);
}
END_TEST

START_TEST(test_frag_needed_is_not_limited)
{
	unsigned n = ipfix_pkt(pkt, A_PEER, A_PEER1, 200, NULL, 1000);

	ipfix_sysctl("net.ipv4.ip_forward", "1");
	f.eth1->mtu = 600;
	ipfix_iph(pkt)->frag_off = htons(IP_DF);
	ipfix_sum(pkt);
	ipfix_mark();
	for (unsigned i = 0; i < 100; i++)
		ipfix_rx(f.eth0, pkt, n);
	ck_assert_uint_eq(f.nsent, 100);
}
END_TEST

static bool sweep_one(unsigned long nth, bool *ret_hit)
{
	unsigned n = ipfix_pkt(pkt, A_PEER, A_SELF, IPPROTO_ICMP, msg, ipfix_icmp(msg, ICMP_ECHO, 0, 1, NULL, 3000));
	struct sk_buff *skb;

	ipfix_mark();
	ipfix_enter(0);
	local_bh_disable();
	kmem_fail_nth(&f.n.net.m.kmem, nth, NULL);
	skb = ipfix_skb(f.eth0, pkt, n, PACKET_HOST);
	if (skb)
		netif_receive_skb(skb);
	*ret_hit = kmem_fault_hit(&f.n.net.m.kmem);
	kmem_fail_nth(&f.n.net.m.kmem, 0, NULL);
	local_bh_enable();
	ipfix_leave();
	netfix_balanced(&f.n);
	ck_assert_int_eq(sk_wmem_alloc_get(f.n.net.ipv4->icmp_sk[0]), 0);
	if (skb && !ipfix_icmp_mib(OUTMSGS) && ipfix_icmp_in(ICMP_ECHO))
		ck_assert_uint_le(ipfix_icmp_mib(OUTERRORS), 1);
	return f.nsent == 3;
}

START_TEST(test_fail_nth)
{
	ck_assert_uint_gt(faulty_sweep(sweep_one), 6);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_echo, test_largest_echo, test_echo_keeps_tos, test_echo_to_broadcast, test_echo_ignore_all, test_timestamp,
		test_bad_checksum, test_short, test_every_type, test_errors_reach_the_protocol, test_short_quotes,
		test_frag_needed_of_old_routers, test_no_pmtu_disc, test_errors_about_broadcasts, test_quote_is_576_bytes_at_most,
		test_no_error_about_an_error, test_no_error_about_a_broadcast, test_no_error_about_a_multicast,
		test_no_error_about_a_link_layer_group, test_no_error_about_a_later_fragment,
		test_no_error_without_a_route_or_a_whole_header, test_no_error_while_one_is_sent,
		test_source_of_errors_about_forwarded_packets, test_limit_by_peer, test_limit_by_peer_is_a_knob, test_limit_of_all,
		test_answers_are_not_limited, test_frag_needed_is_not_limited, test_fail_nth, NULL,
	};

	return suite_of("icmp", begin, end, tests);
}
