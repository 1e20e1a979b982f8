/* SPDX-License-Identifier: MIT */
/* check_ip_options.c: options received, answered, forwarded, sent; malformed ones. */
#include "support/ipfix.h"
#include "support/faulty.h"

static unsigned char pkt[256], msg[64];

/* An echo request with @optlen bytes of options. */
static void ping_with(const unsigned char *opt, unsigned optlen)
{
	unsigned char padded[40] = { 0 };
	unsigned n, len = ipfix_icmp(msg, ICMP_ECHO, 0, 0x00010002, NULL, 16);

	memcpy(padded, opt, optlen);
	n = ipfix_pkt_opt(pkt, A_PEER, A_SELF, IPPROTO_ICMP, padded, (optlen + 3) & ~3u, msg, len);
	ipfix_mark();
	ipfix_rx(f.eth0, pkt, n);
}

static void pings(const unsigned char *opt, unsigned optlen)
{
	ping_with(opt, optlen);
	ck_assert_uint_eq(f.nsent, 1);
	ipfix_sent_icmp(0, A_SELF, A_PEER, ICMP_ECHOREPLY, 0);
}

static void put(unsigned char *p, const char *addr)
{
	__be32 a = inet_addr(addr);

	memcpy(p, &a, 4);
}

/* Time of day of the fixture's clock, ms since midnight. */
static uint32_t day_ms(void)
{
	return (uint32_t)((f.n.now - NETFIX_START + NETFIX_REAL) / NSEC_PER_MSEC % 86400000);
}

static uint32_t get32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

START_TEST(test_record_route_is_filled_and_echoed)
{
	static const unsigned char rr[12] = { 7, 11, 4 };
	const unsigned char *opt;
	unsigned char self[4], want[11] = { 7, 11, 12 };

	put(self, A_SELF);
	pings(rr, 12);
	opt = f.sent[0].ip + 20;
	ck_assert_uint_eq(ipfix_iph(f.sent[0].ip)->ihl, 8);
	memcpy(want + 3, self, 4); /* where it came in, and where the answer left */
	memcpy(want + 7, self, 4);
	ck_assert_mem_eq(opt, want, 11);
}
END_TEST

START_TEST(test_record_route_that_is_full_passes)
{
	static const unsigned char rr[8] = { 7, 7, 8, 1, 2, 3, 4, 0 };

	pings(rr, 8);
	ck_assert_mem_eq(f.sent[0].ip + 20, rr, 8);
}
END_TEST

START_TEST(test_time_stamps)
{
	static const unsigned char only[12] = { 68, 12, 5, 0 }, addr[20] = { 68, 20, 5, 1 };
	unsigned char prespec[20] = { 68, 20, 5, 3 }, self[4];
	const unsigned char *opt;

	put(self, A_SELF);
	pings(only, 12);
	opt = f.sent[0].ip + 20;
	ck_assert_uint_eq(opt[2], 13);
	ck_assert_uint_eq(get32(opt + 4), day_ms());
	ck_assert_uint_eq(get32(opt + 8), day_ms());

	pings(addr, 20);
	opt = f.sent[0].ip + 20;
	ck_assert_uint_eq(opt[2], 21);
	ck_assert_mem_eq(opt + 4, self, 4);
	ck_assert_uint_eq(get32(opt + 8), day_ms());
	ck_assert_mem_eq(opt + 12, self, 4);
	ck_assert_uint_eq(get32(opt + 16), day_ms());

	put(prespec + 4, A_SELF);
	put(prespec + 12, A_PEER);
	pings(prespec, 20);
	opt = f.sent[0].ip + 20;
	ck_assert_uint_eq(opt[2], 13);
	ck_assert_uint_eq(get32(opt + 8), day_ms());
	put(prespec + 4, A_PEER); /* somebody else's turn */
	pings(prespec, 20);
	opt = f.sent[0].ip + 20;
	ck_assert_uint_eq(opt[2], 5);
	ck_assert_uint_eq(get32(opt + 8), 0);
}
END_TEST

START_TEST(test_time_stamp_overflow_counts)
{
	static const unsigned char full[8] = { 68, 8, 9, 0x20, 1, 2, 3, 4 };

	pings(full, 8);
	ck_assert_uint_eq(f.sent[0].ip[23], 0x30);
}
END_TEST

START_TEST(test_harmless_ones_pass)
{
	static const unsigned char unknown[8] = { 0x1e, 4, 1, 2, 0x9e, 3, 9 }, nops[8] = { 1, 1, 1, 1, 1, 1, 1, 1 };
	static const unsigned char junk[8] = { 0, 7, 200, 3, 0xff, 0xff, 131, 1 }, ra[4] = { 148, 4, 0, 0 };

	pings(unknown, 7);
	pings(nops, 8);
	pings(junk, 8);
	pings(ra, 4);
	ck_assert_uint_eq(ipfix_ip(INHDRERRORS), 0);
}
END_TEST

/* Each is answered by ICMP 12 that points at the culprit, and dropped. */
START_TEST(test_malformed)
{
	static const struct {
		unsigned char opt[16], len, pointer;
	} rows[] = {
		{ { 7 }, 4, 21 - 1 },			       /* length 0 */
		{ { 7, 1, 4, 0 }, 4, 20 },		       /* length 1 */
		{ { 7, 5, 4, 0 }, 4, 20 },		       /* beyond the header */
		{ { 1, 1, 1, 7 }, 4, 23 },		       /* no length at all */
		{ { 1, 0x1e, 200, 0 }, 4, 21 },		       /* unknown, too long */
		{ { 7, 2, 0, 0 }, 4, 21 },		       /* RR without a pointer */
		{ { 7, 7, 3, 0, 0, 0, 0 }, 8, 22 },	       /* pointer into the option's head */
		{ { 7, 7, 5, 0, 0, 0, 0 }, 8, 22 },	       /* slot beyond the end */
		{ { 7, 7, 4, 0, 0, 0, 0, 7, 7, 4, 0, 0, 0, 0 }, 16, 27 }, /* twice */
		{ { 68, 3, 5, 0 }, 4, 21 },		       /* TS too short */
		{ { 68, 8, 4, 0, 0, 0, 0, 0 }, 8, 22 },	       /* pointer */
		{ { 68, 8, 6, 0, 0, 0, 0, 0 }, 8, 22 },	       /* slot beyond the end */
		{ { 68, 8, 5, 1, 0, 0, 0, 0 }, 8, 22 },	       /* no room for address and time */
		{ { 68, 8, 5, 3, 0, 0, 0, 0 }, 8, 22 },
		{ { 68, 8, 9, 0xf0, 0, 0, 0, 0 }, 8, 23 },     /* overflow overflows */
		{ { 131, 2, 0, 0 }, 4, 21 },		       /* LSRR too short */
		{ { 137, 7, 3, 0, 0, 0, 0 }, 8, 22 },	       /* SSRR pointer */
		{ { 131, 7, 4, 0, 0, 0, 0, 137, 7, 4, 0, 0, 0, 0 }, 16, 27 }, /* two source routes */
		{ { 148, 3, 0, 0 }, 4, 21 },		       /* router alert */
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		const unsigned char *icmp;

		netfix_advance(&f.n, 10 * NSEC_PER_SEC);
		ping_with(rows[i].opt, rows[i].len);
		ck_assert_msg(f.nsent == 1, "row %u: %u sent", i, f.nsent);
		icmp = ipfix_sent_icmp(0, A_SELF, A_PEER, ICMP_PARAMETERPROB, 0);
		ck_assert_msg(icmp[4] == rows[i].pointer, "row %u: pointer %u", i, icmp[4]);
		ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_IP_OPTIONS), 1);
		ck_assert_uint_eq(ipfix_ip(INHDRERRORS), 1);
		ck_assert_uint_eq(ipfix_icmp_out(ICMP_PARAMETERPROB), 1);
		ck_assert_uint_eq(ipfix_icmp_mib(INMSGS), 0);
	}
}
END_TEST

START_TEST(test_source_routes_are_refused_silently)
{
	unsigned char srr[8] = { 131, 7, 4 };

	for (unsigned i = 0; i < 2; i++) {
		srr[0] = i ? 137 : 131;
		put(srr + 3, A_PEER1);
		ping_with(srr, 8);
		ck_assert_uint_eq(f.nsent, 0);
		ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_IP_SOURCE_ROUTE), 1);
		ck_assert_uint_eq(ipfix_ip(INHDRERRORS), 0);
	}
}
END_TEST

static void allow_source_routes(void)
{
	IPV4_DEVCONF_ALL(&f.n.net, ACCEPT_SOURCE_ROUTE) = 1;
	IPV4_DEVCONF(__in_dev_get_rtnl(f.eth0)->cnf, ACCEPT_SOURCE_ROUTE) = 1;
	ipfix_sysctl("net.ipv4.ip_forward", "1");
}

START_TEST(test_source_route_through_us)
{
	unsigned char srr[8] = { 131, 7, 4 }, self1[4];
	__be32 peer1 = inet_addr(A_PEER1);

	allow_source_routes();
	put(srr + 3, A_PEER1);
	put(self1, A_SELF1);
	ping_with(srr, 8);
	ck_assert_uint_eq(f.nsent, 1);
	ck_assert_ptr_eq(f.sent[0].dev, f.eth1);
	ck_assert_uint_eq(ipfix_iph(f.sent[0].ip)->daddr, peer1);
	ck_assert_uint_eq(f.sent[0].ip[22], 8);
	ck_assert_mem_eq(f.sent[0].ip + 23, self1, 4); /* recorded */
	ck_assert_int_eq(ip_compute_csum(f.sent[0].ip, 28), 0);
	ck_assert_uint_eq(ipfix_iph(f.sent[0].ip)->ttl, 63);
}
END_TEST

/* The list is used up: it is for us, and the answer goes the way back. */
START_TEST(test_source_route_is_reversed)
{
	unsigned char srr[12] = { 131, 11, 12 }, want[7] = { 131, 7, 4 };

	allow_source_routes();
	put(srr + 3, A_PEER1);
	put(srr + 7, A_PEER);
	ping_with(srr, 12);
	ck_assert_uint_eq(f.nsent, 1);
	ck_assert_uint_eq(ipfix_iph(f.sent[0].ip)->daddr, inet_addr(A_PEER));
	put(want + 3, A_PEER);
	ck_assert_uint_eq(f.sent[0].ip[20], 131);
	ck_assert_uint_eq(f.sent[0].ip[22], 4);
}
END_TEST

START_TEST(test_source_route_with_half_a_hop)
{
	unsigned char srr[8] = { 131, 5, 4, 1, 2 };
	const unsigned char *icmp;

	allow_source_routes();
	ping_with(srr, 8);
	ck_assert_uint_eq(f.nsent, 1);
	icmp = ipfix_sent_icmp(0, A_SELF, A_PEER, ICMP_PARAMETERPROB, 0);
	ck_assert_uint_eq(icmp[4], 22);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_IP_SOURCE_ROUTE), 1);
}
END_TEST

START_TEST(test_get_and_undo)
{
	unsigned char srr[12] = { 131, 11, 4 }, rr[8] = { 7, 7, 4 }, ts[12] = { 68, 12, 5, 1 }, bad[4] = { 7, 200, 4, 0 };
	struct ip_options_rcu *opt = NULL;

	put(srr + 3, A_PEER);
	put(srr + 7, A_PEER1);
	ck_assert_int_eq(ip_options_get(&f.n.net, &opt, srr, 11), 0);
	ck_assert_uint_eq(opt->opt.optlen, 12);
	ck_assert_uint_eq(opt->opt.faddr, inet_addr(A_PEER)); /* first hop: where it is sent */
	ck_assert_mem_eq(opt->opt.__data + 3, srr + 7, 4);
	ip_options_undo(&opt->opt);
	ck_assert_mem_eq(opt->opt.__data, srr, 11);
	ck_assert_int_eq(ip_options_get(&f.n.net, &opt, rr, 7), 0);
	ck_assert_uint_eq(opt->opt.rr_needaddr, 1);
	ip_options_undo(&opt->opt);
	ck_assert_mem_eq(opt->opt.__data, rr, 7);
	ck_assert_int_eq(ip_options_get(&f.n.net, &opt, ts, 12), 0);
	ip_options_undo(&opt->opt);
	ck_assert_mem_eq(opt->opt.__data, ts, 12);
	ck_assert_int_eq(ip_options_get(&f.n.net, &opt, bad, 4), -EINVAL);
	ck_assert_int_eq(ip_options_get(&f.n.net, &opt, bad, 41), -EINVAL);
	ck_assert_int_eq(ip_options_get(&f.n.net, &opt, (const unsigned char *)"\x1e\x04xx", 4), -EINVAL); /* unknown */
	kmem_fail_nth(&f.n.net.m.kmem, 1, NULL);
	ck_assert_int_eq(ip_options_get(&f.n.net, &opt, rr, 7), -ENOMEM);
	ck_assert_ptr_nonnull(opt);
	kfree_ip_options(&f.n.net, opt);
	kfree_ip_options(&f.n.net, NULL);
}
END_TEST

START_TEST(test_only_copied_ones_go_into_all_fragments)
{
	unsigned char opt[16] = { 7, 7, 4, 0, 0, 0, 0, 148, 4, 0, 0, 1, 68, 4, 5, 0 };
	static const unsigned char want[16] = { 1, 1, 1, 1, 1, 1, 1, 148, 4, 0, 0, 1, 1, 1, 1, 1 };

	ip_options_trim(opt, 16);
	ck_assert_mem_eq(opt, want, 16);
}
END_TEST

/* Arbitrary bytes: always an end, always inside (the sanitizer looks on), and what compiles can be answered or refused. */
START_TEST(test_arbitrary_bytes)
{
	static const unsigned char kinds[] = { 0, 1, 7, 68, 131, 137, 148, 30 };
	struct rng r;
	unsigned good = 0, bad = 0;

	rng_seed(&r, 42);
	allow_source_routes();
	for (unsigned i = 0; i < 20000; i++) {
		unsigned char opt[40];
		unsigned len = 4 * (1 + rng_below(&r, 10)), n;

		rng_bytes(&r, opt, len);
		for (unsigned k = 0; k < len; k += 1 + rng_below(&r, 12)) {
			opt[k] = kinds[rng_below(&r, sizeof(kinds))];
			if (k + 2 < len) {
				opt[k + 1] = (unsigned char)rng_below(&r, 16);
				opt[k + 2] = (unsigned char)rng_below(&r, 18);
			}
		}
		n = ipfix_pkt_opt(pkt, A_PEER, A_SELF, IPPROTO_ICMP, opt, len, msg, ipfix_icmp(msg, ICMP_ECHO, 0, 1, NULL, 16));
		f.nsent = 0;
		ipfix_rx(f.eth0, pkt, n);
		ck_assert_uint_le(f.nsent, 1);
		if (f.nsent && ipfix_iph(f.sent[0].ip)->protocol == IPPROTO_ICMP)
			ck_assert_int_eq(ip_compute_csum(f.sent[0].ip, ipfix_iph(f.sent[0].ip)->ihl * 4), 0);
	}
	good = (unsigned)ipfix_icmp_in(ICMP_ECHO);
	bad = (unsigned)ipfix_dropped(SKB_DROP_REASON_IP_OPTIONS);
	ck_assert_uint_gt(good, 1000);
	ck_assert_uint_gt(bad, 1000);
}
END_TEST

static bool sweep_one(unsigned long nth, bool *ret_hit)
{
	static const unsigned char rr[12] = { 7, 11, 4 };
	unsigned n = ipfix_pkt_opt(pkt, A_PEER, A_SELF, IPPROTO_ICMP, rr, 12, msg, ipfix_icmp(msg, ICMP_ECHO, 0, 1, NULL, 16));
	struct sk_buff *skb, *tap;

	ipfix_mark();
	ipfix_enter(0);
	local_bh_disable();
	skb = ipfix_skb(f.eth0, pkt, n, PACKET_HOST);
	tap = skb_clone(skb); /* own bytes are needed to fill the route in */
	kmem_fail_nth(&f.n.net.m.kmem, nth, NULL);
	netif_receive_skb(skb);
	*ret_hit = kmem_fault_hit(&f.n.net.m.kmem);
	kmem_fail_nth(&f.n.net.m.kmem, 0, NULL);
	ck_assert_mem_eq(tap->data, pkt, n);
	consume_skb(tap);
	local_bh_enable();
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
		test_record_route_is_filled_and_echoed, test_record_route_that_is_full_passes, test_time_stamps,
		test_time_stamp_overflow_counts, test_harmless_ones_pass, test_malformed, test_source_routes_are_refused_silently,
		test_source_route_through_us, test_source_route_is_reversed, test_source_route_with_half_a_hop, test_get_and_undo,
		test_only_copied_ones_go_into_all_fragments, test_arbitrary_bytes, test_fail_nth, NULL,
	};

	return suite_of("ip_options", ipfix_begin, ipfix_end, tests);
}
