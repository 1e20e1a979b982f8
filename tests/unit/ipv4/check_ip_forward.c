/* SPDX-License-Identifier: MIT */
/* check_ip_forward.c: packets that pass through: TTL, MTU, hooks, options, counters. */
#include "support/ipfix.h"
#include "support/faulty.h"

static unsigned char pkt[65536];
static unsigned verdict, hooked;

static unsigned hook(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	(void)priv;
	(void)skb;
	ck_assert_ptr_eq(state->in, f.eth0);
	ck_assert_ptr_eq(state->out, f.eth1);
	hooked++;
	return verdict;
}

static void begin(void)
{
	ipfix_begin();
	ipfix_sysctl("net.ipv4.ip_forward", "1");
	ipfix_mark();
}

static unsigned through(unsigned len, unsigned ttl, bool df)
{
	unsigned n = ipfix_pkt(pkt, A_PEER, A_PEER1, 200, NULL, len);

	ipfix_iph(pkt)->ttl = (uint8_t)ttl;
	if (df)
		ipfix_iph(pkt)->frag_off = htons(IP_DF);
	ipfix_sum(pkt);
	return n;
}

START_TEST(test_J12_forwarded)
{
	unsigned char want[120];

	ipfix_rx(f.eth0, pkt, through(100, 64, false));
	ck_assert_uint_eq(f.nsent, 1);
	ck_assert_ptr_eq(f.sent[0].dev, f.eth1);
	ck_assert_uint_eq(f.sent[0].packet_id, 77);
	ck_assert_mem_eq(f.sent[0].mac, ipfix_mac, ETH_ALEN);
	memcpy(want, pkt, 120);
	ipfix_iph(want)->ttl = 63;
	ipfix_sum(want);
	ck_assert_uint_eq(f.sent[0].len, 120);
	ck_assert_mem_eq(f.sent[0].ip, want, 120);
	ip_moved(IPSTATS_MIB_INPKTS, 1, IPSTATS_MIB_INOCTETS, 120, IPSTATS_MIB_NOECTPKTS, 1, IPSTATS_MIB_OUTFORWDATAGRAMS, 1,
		 IPSTATS_MIB_OUTPKTS, 1, IPSTATS_MIB_OUTOCTETS, 120);
	ck_assert_uint_eq(ipfix_now()->ledger[LEDGER_FRAME][VERDICT_FORWARDED] - f.base.ledger[LEDGER_FRAME][VERDICT_FORWARDED], 1);
}
END_TEST

/* The sum that RFC 1624 keeps up to date is right for all values that it may have, above all where it wraps. */
START_TEST(test_J12_checksum_update)
{
	unsigned edges = 0;

	for (unsigned id = 0; id < 65536; id++) {
		unsigned n = through(8, 64, false), check;
		bool edge;

		ipfix_iph(pkt)->id = htons((uint16_t)id);
		ipfix_sum(pkt);
		check = (uint16_t)ipfix_iph(pkt)->check;
		edge = check < 3 || check > 0xfffc || ntohs((uint16_t)check) < 3 || ntohs((uint16_t)check) > 0xfffc;
		if (!edge && id % 997)
			continue;
		edges += edge;
		f.nsent = 0;
		ipfix_rx(f.eth0, pkt, n);
		ck_assert_uint_eq(f.nsent, 1);
		ipfix_iph(pkt)->ttl = 63;
		ipfix_sum(pkt);
		ck_assert_mem_eq(f.sent[0].ip, pkt, 20);
	}
	ck_assert_uint_gt(edges, 8);
}
END_TEST

START_TEST(test_J12_ttl_runs_out)
{
	for (unsigned ttl = 0; ttl < 2; ttl++) {
		const unsigned char *icmp;

		ipfix_mark();
		ipfix_rx(f.eth0, pkt, through(100, ttl, false));
		ck_assert_uint_eq(f.nsent, 1);
		ck_assert_ptr_eq(f.sent[0].dev, f.eth0);
		icmp = ipfix_sent_icmp(0, A_SELF, A_PEER, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL);
		ck_assert_mem_eq(icmp + 8, pkt, 120);
		ck_assert_uint_eq(ipfix_iph(f.sent[0].ip)->tos, 0xc0);
		ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_IP_TTL), 1);
		ip_moved(IPSTATS_MIB_INPKTS, 1, IPSTATS_MIB_INOCTETS, 120, IPSTATS_MIB_NOECTPKTS, 1, IPSTATS_MIB_INHDRERRORS, 1,
			 IPSTATS_MIB_OUTREQUESTS, 1, IPSTATS_MIB_OUTPKTS, 1, IPSTATS_MIB_OUTOCTETS, 148);
	}
}
END_TEST

START_TEST(test_J12_too_big_with_df)
{
	const unsigned char *icmp;

	f.eth1->mtu = 600;
	ipfix_rx(f.eth0, pkt, through(1000, 64, true));
	ck_assert_uint_eq(f.nsent, 1);
	icmp = ipfix_sent_icmp(0, A_SELF, A_PEER, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED);
	ck_assert_uint_eq(icmp[6] << 8 | icmp[7], 600);
	ck_assert_uint_eq(f.sent[0].len, 576);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_PKT_TOO_BIG), 1);
	ip_moved(IPSTATS_MIB_INPKTS, 1, IPSTATS_MIB_INOCTETS, 1020, IPSTATS_MIB_NOECTPKTS, 1, IPSTATS_MIB_OUTFORWDATAGRAMS, 1,
		 IPSTATS_MIB_FRAGFAILS, 1, IPSTATS_MIB_OUTREQUESTS, 1, IPSTATS_MIB_OUTPKTS, 1, IPSTATS_MIB_OUTOCTETS, 576);
}
END_TEST

START_TEST(test_J12_too_big_is_cut)
{
	unsigned n = through(1000, 64, false);

	f.eth1->mtu = 600;
	ipfix_rx(f.eth0, pkt, n);
	ck_assert_uint_eq(f.nsent, 2);
	ck_assert_uint_eq(f.sent[0].len, 596);
	ck_assert_uint_eq(f.sent[1].len, 20 + 1000 - 576);
	ck_assert_int_eq(ipfix_iph(f.sent[0].ip)->frag_off, htons(IP_MF));
	ck_assert_int_eq(ipfix_iph(f.sent[1].ip)->frag_off, htons(576 / 8));
	ck_assert_mem_eq(f.sent[1].ip + 20, pkt + 20 + 576, 424);
	ck_assert_uint_eq(f.sent[1].packet_id, 77);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_uint_eq(ipfix_iph(f.sent[i].ip)->ttl, 63);
		ck_assert_uint_eq(ntohs(ipfix_iph(f.sent[i].ip)->id), 0x1234);
		ck_assert_int_eq(ip_compute_csum(f.sent[i].ip, 20), 0);
	}
	ip_moved(IPSTATS_MIB_INPKTS, 1, IPSTATS_MIB_INOCTETS, 1020, IPSTATS_MIB_NOECTPKTS, 1, IPSTATS_MIB_OUTFORWDATAGRAMS, 1,
		 IPSTATS_MIB_FRAGOKS, 1, IPSTATS_MIB_FRAGCREATES, 2, IPSTATS_MIB_OUTPKTS, 2, IPSTATS_MIB_OUTOCTETS, 1040);
	ck_assert_uint_eq(ipfix_now()->ledger[LEDGER_FRAME][VERDICT_FORWARDED] - f.base.ledger[LEDGER_FRAME][VERDICT_FORWARDED], 1);
	ck_assert_uint_eq(ipfix_now()->ledger[LEDGER_LOCAL][VERDICT_SENT] - f.base.ledger[LEDGER_LOCAL][VERDICT_SENT], 2);
}
END_TEST

/* A fragment that is cut again keeps its place and its MF. */
START_TEST(test_fragment_is_cut_again)
{
	unsigned n = through(800, 64, false);

	ipfix_iph(pkt)->frag_off = htons(IP_MF | 100);
	ipfix_sum(pkt);
	f.eth1->mtu = 600;
	ipfix_rx(f.eth0, pkt, n);
	ck_assert_uint_eq(f.nsent, 2);
	ck_assert_int_eq(ipfix_iph(f.sent[0].ip)->frag_off, htons(IP_MF | 100));
	ck_assert_int_eq(ipfix_iph(f.sent[1].ip)->frag_off, htons(IP_MF | (100 + 72)));
}
END_TEST

START_TEST(test_J4_forward_hook)
{
	struct nf_hook_ops ops = { .hook = hook, .name = "test", .hooknum = NF_INET_FORWARD };

	ck_assert_int_eq(nf_register_hook(&f.n.net, &ops), 0);
	verdict = NF_ACCEPT;
	hooked = 0;
	ipfix_rx(f.eth0, pkt, through(10, 64, false));
	ck_assert_uint_eq(f.nsent, 1);
	verdict = NF_DROP;
	ipfix_rx(f.eth0, pkt, through(10, 64, false));
	ck_assert_uint_eq(f.nsent, 1);
	ck_assert_uint_eq(hooked, 2);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_NETFILTER_DROP), 1);
	ck_assert_uint_eq(ipfix_ip(OUTFORWDATAGRAMS), 2);
	nf_unregister_hook(&f.n.net, &ops);
	netfix_settle(&f.n);
}
END_TEST

START_TEST(test_group_frames_are_not_forwarded)
{
	ipfix_rx_as(f.eth0, pkt, through(10, 64, false), PACKET_BROADCAST);
	ck_assert_uint_eq(f.nsent, 0);
	ck_assert_uint_eq(ipfix_ip(OUTFORWDATAGRAMS), 0);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_IP_FORWARD_REFUSED), 1);
}
END_TEST

START_TEST(test_record_route_says_where_it_left)
{
	/* one slot left */
	static const unsigned char rr[12] = { 7, 11, 8, 1, 2, 3, 4, 0, 0, 0, 0, 0 };
	unsigned n = ipfix_pkt_opt(pkt, A_PEER, A_PEER1, 200, rr, 12, NULL, 8);
	__be32 self1 = inet_addr(A_SELF1);

	ipfix_rx(f.eth0, pkt, n);
	ck_assert_uint_eq(f.nsent, 1);
	ck_assert_uint_eq(f.sent[0].ip[22], 12);
	ck_assert_mem_eq(f.sent[0].ip + 27, &self1, 4);
	ck_assert_int_eq(ip_compute_csum(f.sent[0].ip, 32), 0);
}
END_TEST

/* A received clone's bytes are not written: a tap still looks at them. */
START_TEST(test_shared_bytes_are_left_alone)
{
	struct sk_buff *skb, *tap;
	unsigned n = through(100, 64, false);

	ipfix_enter(0);
	local_bh_disable();
	skb = ipfix_skb(f.eth0, pkt, n, PACKET_HOST);
	tap = skb_clone(skb);
	netif_receive_skb(skb);
	ck_assert_mem_eq(tap->data, pkt, n);
	consume_skb(tap);
	local_bh_enable();
	ipfix_leave();
	ck_assert_uint_eq(f.nsent, 1);
	ck_assert_uint_eq(ipfix_iph(f.sent[0].ip)->ttl, 63);
}
END_TEST

static bool sweep_one(unsigned long nth, bool *ret_hit)
{
	struct sk_buff *skb, *tap;
	unsigned n = through(1400, 64, false);

	f.eth1->mtu = 600;
	ipfix_mark();
	ipfix_enter(0);
	local_bh_disable();
	skb = ipfix_skb(f.eth0, pkt, n, PACKET_HOST);
	tap = skb_clone(skb);
	kmem_fail_nth(&f.n.net.m.kmem, nth, NULL);
	netif_receive_skb(skb);
	*ret_hit = kmem_fault_hit(&f.n.net.m.kmem);
	kmem_fail_nth(&f.n.net.m.kmem, 0, NULL);
	consume_skb(tap);
	local_bh_enable();
	ipfix_leave();
	netfix_balanced(&f.n);
	if (f.nsent < 3 && ipfix_ip(OUTFORWDATAGRAMS))
		ck_assert_uint_eq(ipfix_ip(FRAGOKS), 0);
	return f.nsent == 3;
}

START_TEST(test_fail_nth)
{
	ck_assert_uint_gt(faulty_sweep(sweep_one), 4);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_J12_forwarded, test_J12_checksum_update, test_J12_ttl_runs_out, test_J12_too_big_with_df, test_J12_too_big_is_cut,
		test_fragment_is_cut_again, test_J4_forward_hook, test_group_frames_are_not_forwarded,
		test_record_route_says_where_it_left, test_shared_bytes_are_left_alone, test_fail_nth, NULL,
	};

	return suite_of("ip_forward", begin, ipfix_end, tests);
}
