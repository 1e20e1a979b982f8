/* SPDX-License-Identifier: MIT */
/* check_ip_input.c: validation at the door, counters, hooks, what goes to whom. */
#include "support/ipfix.h"
#include "support/faulty.h"

static unsigned char pkt[65536];
static unsigned delivered, verdict;
static unsigned hooked[NF_INET_NUMHOOKS];

/* protocol 200: counts what it is given, asserts what ip_input.c promises */
static int p200_rcv(struct sk_buff *skb)
{
	ck_assert_ptr_eq(skb->data, skb_transport_header(skb));
	ck_assert_uint_eq(skb->len, ntohs(ip_hdr(skb)->tot_len) - ip_hdrlen(skb));
	delivered++;
	consume_skb(skb);
	return 0;
}

/* protocol 201: a header of 4 bytes in front of protocol 200 */
static int p201_rcv(struct sk_buff *skb)
{
	__skb_pull(skb, 4);
	skb_reset_transport_header(skb);
	ip_hdr(skb)->tot_len = htons((uint16_t)(ntohs(ip_hdr(skb)->tot_len) - 4));
	return -200;
}

static const struct net_protocol p200 = { .handler = p200_rcv, .name = "P200" }, p201 = { .handler = p201_rcv, .name = "P201" };

static unsigned hook(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	(void)priv;
	(void)skb;
	hooked[state->hook]++;
	return verdict;
}

static void begin(void)
{
	ipfix_begin();
	delivered = 0;
	verdict = NF_ACCEPT;
	memset(hooked, 0, sizeof(hooked));
	ck_assert_int_eq(inet_add_protocol(&f.n.net, &p200, 200), 0);
	ck_assert_int_eq(inet_add_protocol(&f.n.net, &p201, 201), 0);
}

static void end(void)
{
	ck_assert_int_eq(inet_del_protocol(&f.n.net, &p200, 200), 0);
	ck_assert_int_eq(inet_del_protocol(&f.n.net, &p201, 201), 0);
	ipfix_end();
}

static unsigned good(unsigned len)
{
	return ipfix_pkt(pkt, A_PEER, A_SELF, 200, NULL, len);
}

START_TEST(test_J1_good)
{
	ipfix_rx(f.eth0, pkt, good(100));
	ck_assert_uint_eq(delivered, 1);
	ip_moved(IPSTATS_MIB_INPKTS, 1, IPSTATS_MIB_INOCTETS, 120, IPSTATS_MIB_INDELIVERS, 1, IPSTATS_MIB_NOECTPKTS, 1);
	ck_assert_uint_eq(f.nsent, 0);
}
END_TEST

static void refused(unsigned len, enum skb_drop_reason reason)
{
	ipfix_rx(f.eth0, pkt, len);
	ck_assert_uint_eq(delivered, 0);
	ck_assert_uint_eq(f.nsent, 0);
	ck_assert_uint_eq(ipfix_dropped(reason), 1);
}

START_TEST(test_J1_version)
{
	static const uint8_t bad[] = { 0, 3, 5, 6, 15 };
	unsigned len = good(100);

	for (unsigned i = 0; i < sizeof(bad); i++) {
		ipfix_mark();
		ipfix_iph(pkt)->version = bad[i] & 15;
		ipfix_sum(pkt);
		refused(len, SKB_DROP_REASON_IP_INHDR);
		ip_moved(IPSTATS_MIB_INPKTS, 1, IPSTATS_MIB_INOCTETS, 120, IPSTATS_MIB_INHDRERRORS, 1);
	}
}
END_TEST

START_TEST(test_J1_ihl_below_5)
{
	unsigned len = good(100);

	for (unsigned ihl = 0; ihl < 5; ihl++) {
		ipfix_mark();
		ipfix_iph(pkt)->ihl = ihl & 15;
		refused(len, SKB_DROP_REASON_IP_INHDR);
		ip_moved(IPSTATS_MIB_INPKTS, 1, IPSTATS_MIB_INOCTETS, 120, IPSTATS_MIB_INHDRERRORS, 1);
	}
}
END_TEST

START_TEST(test_J1_ihl_beyond_packet)
{
	unsigned len = good(8);

	ipfix_iph(pkt)->ihl = 15;
	refused(len, SKB_DROP_REASON_IP_INHDR);
	ip_moved(IPSTATS_MIB_INPKTS, 1, IPSTATS_MIB_INOCTETS, 28, IPSTATS_MIB_INHDRERRORS, 1, IPSTATS_MIB_NOECTPKTS, 1);
}
END_TEST

START_TEST(test_J1_runt)
{
	good(8);
	for (unsigned len = 0; len < 20; len++) {
		ipfix_mark();
		refused(len, SKB_DROP_REASON_IP_INHDR);
		ip_moved(IPSTATS_MIB_INPKTS, 1, IPSTATS_MIB_INOCTETS, len, IPSTATS_MIB_INHDRERRORS, 1);
	}
}
END_TEST

START_TEST(test_J1_checksum)
{
	unsigned len = good(100);

	ipfix_iph(pkt)->check ^= htons(0x1111);
	refused(len, SKB_DROP_REASON_IP_CSUM);
	ip_moved(IPSTATS_MIB_INPKTS, 1, IPSTATS_MIB_INOCTETS, 120, IPSTATS_MIB_INHDRERRORS, 1, IPSTATS_MIB_CSUMERRORS, 1,
		 IPSTATS_MIB_NOECTPKTS, 1);
}
END_TEST

START_TEST(test_J1_total_length_above_frame)
{
	unsigned len = good(100);

	ipfix_iph(pkt)->tot_len = htons(1400);
	ipfix_sum(pkt);
	refused(len, SKB_DROP_REASON_PKT_TOO_SMALL);
	ip_moved(IPSTATS_MIB_INPKTS, 1, IPSTATS_MIB_INOCTETS, 120, IPSTATS_MIB_INTRUNCATEDPKTS, 1, IPSTATS_MIB_NOECTPKTS, 1);
}
END_TEST

START_TEST(test_J1_total_length_below_header)
{
	unsigned len = good(100);

	for (unsigned tot = 0; tot < 20; tot++) {
		ipfix_mark();
		ipfix_iph(pkt)->tot_len = htons((uint16_t)tot);
		ipfix_sum(pkt);
		refused(len, SKB_DROP_REASON_IP_INHDR);
		ip_moved(IPSTATS_MIB_INPKTS, 1, IPSTATS_MIB_INOCTETS, 120, IPSTATS_MIB_INHDRERRORS, 1, IPSTATS_MIB_NOECTPKTS, 1);
	}
}
END_TEST

START_TEST(test_J1_padding_is_trimmed)
{
	good(6);
	memset(pkt + 26, 0xee, 20);
	ipfix_rx(f.eth0, pkt, 46);
	ck_assert_uint_eq(delivered, 1); /* p200_rcv() looks at the length */
	ip_moved(IPSTATS_MIB_INPKTS, 1, IPSTATS_MIB_INOCTETS, 46, IPSTATS_MIB_INDELIVERS, 1, IPSTATS_MIB_NOECTPKTS, 1);
}
END_TEST

START_TEST(test_J1_ttl_0_and_1_are_ours)
{
	for (unsigned ttl = 0; ttl < 2; ttl++) {
		unsigned len = good(10);

		ipfix_iph(pkt)->ttl = (uint8_t)ttl;
		ipfix_sum(pkt);
		ipfix_rx(f.eth0, pkt, len);
		ck_assert_uint_eq(delivered, ttl + 1);
	}
}
END_TEST

START_TEST(test_J1_otherhost)
{
	ipfix_rx_as(f.eth0, pkt, good(10), PACKET_OTHERHOST);
	ck_assert_uint_eq(delivered, 0);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_OTHERHOST), 1);
	ip_moved(IPSTATS_MIB_NUM, 0);
}
END_TEST

START_TEST(test_J1_not_ours_not_router)
{
	unsigned len = ipfix_pkt(pkt, A_PEER, "192.168.7.7", 200, NULL, 20);

	ipfix_rx(f.eth0, pkt, len);
	ck_assert_uint_eq(f.nsent, 0);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_IP_INADDRERRORS), 1);
	ip_moved(IPSTATS_MIB_INPKTS, 1, IPSTATS_MIB_INOCTETS, 40, IPSTATS_MIB_INADDRERRORS, 1, IPSTATS_MIB_NOECTPKTS, 1);
}
END_TEST

/* A tap still looks at the frame, and there is no memory for a descriptor of our own. */
START_TEST(test_J1_shared_without_memory)
{
	struct sk_buff *skb;

	for (int fail = 0; fail < 2; fail++) {
		ipfix_mark();
		ipfix_enter(0);
		local_bh_disable();
		skb = ipfix_skb(f.eth0, pkt, good(10), PACKET_HOST);
		skb_reset_network_header(skb);
		skb_get(skb);
		if (fail)
			kmem_fail_nth(&f.n.net.m.kmem, 1, "skbuff_head_cache");
		ip_rcv(skb, f.eth0, NULL, f.eth0);
		ck_assert_int_eq(kmem_fault_hit(&f.n.net.m.kmem), fail);
		consume_skb(skb);
		local_bh_enable();
		ipfix_leave();
		ck_assert_uint_eq(ipfix_ip(INDISCARDS), (unsigned)fail);
		ck_assert_uint_eq(ipfix_ip(INPKTS), 1);
		ck_assert_uint_eq(delivered, 1);
	}
}
END_TEST

START_TEST(test_Q6_ecn_codepoints)
{
	static const int mib[4] = { IPSTATS_MIB_NOECTPKTS, IPSTATS_MIB_ECT1PKTS, IPSTATS_MIB_ECT0PKTS, IPSTATS_MIB_CEPKTS };

	for (unsigned ecn = 0; ecn < 4; ecn++) {
		unsigned len = good(10);

		ipfix_mark();
		ipfix_iph(pkt)->tos = (uint8_t)(0xb8 | ecn);
		ipfix_sum(pkt);
		ipfix_rx(f.eth0, pkt, len);
		ip_moved(IPSTATS_MIB_INPKTS, 1, IPSTATS_MIB_INOCTETS, 30, IPSTATS_MIB_INDELIVERS, 1, mib[ecn], 1);
	}
}
END_TEST

START_TEST(test_Q6_broadcast_and_multicast)
{
	unsigned len = ipfix_pkt(pkt, A_PEER, "192.168.1.255", 200, NULL, 10);

	ipfix_rx_as(f.eth0, pkt, len, PACKET_BROADCAST);
	ip_moved(IPSTATS_MIB_INPKTS, 1, IPSTATS_MIB_INOCTETS, 30, IPSTATS_MIB_INDELIVERS, 1, IPSTATS_MIB_NOECTPKTS, 1,
		 IPSTATS_MIB_INBCASTPKTS, 1, IPSTATS_MIB_INBCASTOCTETS, 30);
	ipfix_mark();
	len = ipfix_pkt(pkt, A_PEER, "224.0.0.1", 200, NULL, 10);
	ipfix_rx_as(f.eth0, pkt, len, PACKET_MULTICAST);
	ip_moved(IPSTATS_MIB_INPKTS, 1, IPSTATS_MIB_INOCTETS, 30, IPSTATS_MIB_INDELIVERS, 1, IPSTATS_MIB_NOECTPKTS, 1,
		 IPSTATS_MIB_INMCASTPKTS, 1, IPSTATS_MIB_INMCASTOCTETS, 30);
	ck_assert_uint_eq(delivered, 2);
}
END_TEST

START_TEST(test_J5_unicast_in_group_frame)
{
	struct in_device *in_dev = __in_dev_get_rtnl(f.eth0);

	ipfix_rx_as(f.eth0, pkt, good(10), PACKET_BROADCAST);
	ck_assert_uint_eq(delivered, 1);
	IPV4_DEVCONF(in_dev->cnf, DROP_UNICAST_IN_L2_MULTICAST) = 1;
	ipfix_rx_as(f.eth0, pkt, good(10), PACKET_BROADCAST);
	ck_assert_uint_eq(delivered, 1);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_UNICAST_IN_L2_MULTICAST), 1);
}
END_TEST

START_TEST(test_J2_J4_hooks)
{
	static const enum skb_drop_reason drop = SKB_DROP_REASON_NETFILTER_DROP;
	static const unsigned point[] = { NF_INET_PRE_ROUTING, NF_INET_LOCAL_IN };

	for (unsigned i = 0; i < 2; i++) {
		struct nf_hook_ops ops = { .hook = hook, .name = "test", .hooknum = point[i] };

		ck_assert_int_eq(nf_register_hook(&f.n.net, &ops), 0);
		ipfix_mark();
		verdict = NF_ACCEPT;
		ipfix_rx(f.eth0, pkt, good(10));
		ck_assert_uint_eq(hooked[point[i]], 1);
		ck_assert_uint_eq(ipfix_ip(INDELIVERS), 1);
		verdict = NF_DROP;
		ipfix_rx(f.eth0, pkt, good(10));
		ck_assert_uint_eq(hooked[point[i]], 2);
		ck_assert_uint_eq(ipfix_ip(INDELIVERS), 1);
		ck_assert_uint_eq(ipfix_dropped(drop), 1);
		nf_unregister_hook(&f.n.net, &ops);
		netfix_settle(&f.n);
	}
}
END_TEST

START_TEST(test_J10_unknown_protocol)
{
	unsigned len = ipfix_pkt(pkt, A_PEER, A_SELF, 222, NULL, 100);
	const unsigned char *icmp;

	ipfix_rx(f.eth0, pkt, len);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_IP_NOPROTO), 1);
	ip_moved(IPSTATS_MIB_INPKTS, 1, IPSTATS_MIB_INOCTETS, 120, IPSTATS_MIB_NOECTPKTS, 1, IPSTATS_MIB_INUNKNOWNPROTOS, 1,
		 IPSTATS_MIB_OUTREQUESTS, 1, IPSTATS_MIB_OUTPKTS, 1, IPSTATS_MIB_OUTOCTETS, 148);
	icmp = ipfix_sent_icmp(0, A_SELF, A_PEER, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH);
	ck_assert_mem_eq(icmp + 8, pkt, 120);
	ck_assert_uint_eq(f.sent[0].packet_id, 77);
}
END_TEST

START_TEST(test_J10_handler_goes_on_with_the_inner_protocol)
{
	unsigned len = ipfix_pkt(pkt, A_PEER, A_SELF, 201, NULL, 50);

	ipfix_rx(f.eth0, pkt, len);
	ck_assert_uint_eq(delivered, 1);
	ck_assert_uint_eq(ipfix_ip(INDELIVERS), 1);
}
END_TEST

START_TEST(test_J11_protocol_table)
{
	ck_assert_int_eq(inet_add_protocol(&f.n.net, &p201, 200), -EEXIST);
	ck_assert_int_eq(inet_add_protocol(&f.n.net, &p200, IPPROTO_ICMP), -EEXIST);
	ck_assert_int_eq(inet_del_protocol(&f.n.net, &p201, 200), -ENOENT);
	ck_assert_int_eq(inet_del_protocol(&f.n.net, &p201, 199), -ENOENT);
}
END_TEST

START_TEST(test_blackhole_route)
{
	struct sk_buff *skb;

	ipfix_enter(0);
	skb = ipfix_skb(f.eth0, pkt, good(10), PACKET_HOST);
	dst_discard(skb);
	ipfix_leave();
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_IP_BLACKHOLE), 1);
}
END_TEST

/* Each allocation of a packet that is refused with an answer fails once: nothing leaks, the packet is gone. */
static bool sweep_one(unsigned long nth, bool *ret_hit)
{
	unsigned len = ipfix_pkt(pkt, A_PEER, A_SELF, 222, NULL, 100);

	netfix_advance(&f.n, 10 * NSEC_PER_SEC);
	ipfix_mark();
	ipfix_enter(0);
	local_bh_disable();
	kmem_fail_nth(&f.n.net.m.kmem, nth, NULL);
	{
		struct sk_buff *skb = ipfix_skb(f.eth0, pkt, len, PACKET_HOST);

		if (skb)
			netif_receive_skb(skb);
	}
	local_bh_enable();
	*ret_hit = kmem_fault_hit(&f.n.net.m.kmem);
	kmem_fail_nth(&f.n.net.m.kmem, 0, NULL);
	ipfix_leave();
	netfix_balanced(&f.n);
	return f.nsent == 1;
}

START_TEST(test_fail_nth)
{
	ck_assert_uint_gt(faulty_sweep(sweep_one), 3);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_J1_good, test_J1_version, test_J1_ihl_below_5, test_J1_ihl_beyond_packet, test_J1_runt, test_J1_checksum,
		test_J1_total_length_above_frame, test_J1_total_length_below_header, test_J1_padding_is_trimmed,
		test_J1_ttl_0_and_1_are_ours, test_J1_otherhost, test_J1_not_ours_not_router, test_J1_shared_without_memory,
		test_Q6_ecn_codepoints, test_Q6_broadcast_and_multicast, test_J5_unicast_in_group_frame, test_J2_J4_hooks,
		test_J10_unknown_protocol, test_J10_handler_goes_on_with_the_inner_protocol, test_J11_protocol_table,
		test_blackhole_route, test_fail_nth, NULL,
	};

	return suite_of("ip_input", begin, end, tests);
}
