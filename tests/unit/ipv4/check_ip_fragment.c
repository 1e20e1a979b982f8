/* SPDX-License-Identifier: MIT */
/* check_ip_fragment.c: reassembly: orders, overlaps, lengths, time, bounds, ECN, books. */
#include "support/ipfix.h"
#include "support/faulty.h"

static unsigned char whole[70000], pkt[65536], got[65536];
static unsigned delivered, got_len, got_truesize;
static struct iphdr got_hdr;
static struct inet_skb_parm got_cb;

static int p200_rcv(struct sk_buff *skb)
{
	got_len = skb->len;
	memcpy(got, skb->data, skb->len);
	got_hdr = *ip_hdr(skb);
	got_cb = *IPCB(skb);
	got_truesize = skb->truesize;
	ck_assert_int_eq(ip_compute_csum(ip_hdr(skb), got_hdr.ihl * 4), 0);
	ck_assert_ptr_eq(skb->dev, f.eth0);
	delivered++;
	consume_skb(skb);
	return 0;
}

static const struct net_protocol p200 = { .handler = p200_rcv, .name = "P200" };

static void begin_cpus(unsigned cpus)
{
	ipfix_begin_cpus(cpus);
	for (unsigned i = 0; i < sizeof(whole); i++)
		whole[i] = (unsigned char)(i ^ i >> 8);
	delivered = 0;
	ck_assert_int_eq(inet_add_protocol(&f.n.net, &p200, 200), 0);
}

static void begin(void)
{
	begin_cpus(1);
}

static void end(void)
{
	ck_assert_int_eq(inet_del_protocol(&f.n.net, &p200, 200), 0);
	ipfix_end();
}

/* what the next pieces have */
static struct {
	uint16_t id;
	uint8_t tos;
	bool df;
	unsigned cpu;
} next = { .id = 1 };

static unsigned make(unsigned off, unsigned len, bool more)
{
	unsigned n = ipfix_pkt(pkt, A_PEER, A_SELF, 200, whole + off, len);
	struct iphdr *iph = ipfix_iph(pkt);

	iph->frag_off = htons((uint16_t)(off / 8 | (more ? IP_MF : 0) | (next.df ? IP_DF : 0)));
	iph->id = htons(next.id);
	iph->tos = next.tos;
	ipfix_sum(pkt);
	return n;
}

/* One piece: bytes @off .. @off + @len of the datagram. */
static void piece(unsigned off, unsigned len, bool more)
{
	unsigned n = make(off, len, more);
	struct sk_buff *skb;

	ipfix_enter(next.cpu);
	local_bh_disable();
	skb = ipfix_skb(f.eth0, pkt, n, PACKET_HOST);
	ck_assert_ptr_nonnull(skb);
	netif_receive_skb(skb);
	local_bh_enable();
	ipfix_leave();
}

static void is_whole(unsigned len)
{
	ck_assert_uint_eq(delivered, 1);
	ck_assert_uint_eq(got_len, len);
	ck_assert_mem_eq(got, whole, len);
	ck_assert_uint_eq(ntohs(got_hdr.tot_len), len + 20);
	ck_assert_int_eq(ip_frag_nqueues(&f.n.net), 0);
	ck_assert_int_eq(ip_frag_mem(&f.n.net), 0);
	ck_assert_uint_eq(netfix_held(&f.n, HELD_FRAG), 0);
}

static void is_gone(enum skb_drop_reason reason)
{
	ck_assert_uint_eq(delivered, 0);
	ck_assert_uint_eq(ipfix_dropped(reason), 1);
	ck_assert_int_eq(ip_frag_nqueues(&f.n.net), 0);
	ck_assert_int_eq(ip_frag_mem(&f.n.net), 0);
}

START_TEST(test_J9_three_pieces_in_any_order)
{
	static const unsigned order[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

	for (unsigned o = 0; o < 6; o++) {
		delivered = 0;
		ipfix_mark();
		for (unsigned i = 0; i < 3; i++)
			piece(order[o][i] * 800, order[o][i] == 2 ? 333 : 800, order[o][i] != 2);
		is_whole(1933);
		ip_moved(IPSTATS_MIB_INPKTS, 3, IPSTATS_MIB_INOCTETS, 1933 + 60, IPSTATS_MIB_NOECTPKTS, 3, IPSTATS_MIB_REASMREQDS, 3,
			 IPSTATS_MIB_REASMOKS, 1, IPSTATS_MIB_INDELIVERS, 1);
		ck_assert_int_eq(got_hdr.frag_off, 0);
		ck_assert_uint_eq(got_cb.frag_max_size, 820);
		ck_assert_uint_eq(ipfix_now()->ledger[LEDGER_FRAME][VERDICT_MERGED] - f.base.ledger[LEDGER_FRAME][VERDICT_MERGED], 2);
		ck_assert_uint_eq(ipfix_now()->ledger[LEDGER_FRAME][VERDICT_CONSUMED] -
				  f.base.ledger[LEDGER_FRAME][VERDICT_CONSUMED], 1);
		next.id++;
	}
}
END_TEST

START_TEST(test_truesize_is_the_sum_of_the_pieces)
{
	unsigned one = skb_truesize(ETH_HLEN + 820 + NET_SKB_PAD + NET_IP_ALIGN);

	piece(0, 800, true);
	ck_assert_uint_eq(netfix_held(&f.n, HELD_FRAG), 1);
	ck_assert_int_eq(ip_frag_nqueues(&f.n.net), 1);
	ck_assert_int_eq(ip_frag_mem(&f.n.net), 216 + (long)one);
	piece(800, 800, false);
	is_whole(1600);
	ck_assert_uint_eq(got_truesize, 2 * one);
}
END_TEST

/* In the books it is the first piece that goes on, whichever came last: here a copy, which a tap's frame was cloned for. */
START_TEST(test_books_follow_the_first_piece)
{
	struct sk_buff *skb, *copy;
	const struct cpu_stats *now;

	ipfix_enter(0);
	local_bh_disable();
	skb = ipfix_skb(f.eth0, pkt, make(0, 80, true), PACKET_HOST);
	copy = skb_clone(skb);
	consume_skb(skb);
	ck_assert_uint_eq(copy->ledger, LEDGER_COPY);
	netif_receive_skb(copy);
	local_bh_enable();
	ipfix_leave();
	ipfix_mark();
	piece(80, 80, false);
	is_whole(160);
	now = ipfix_now();
	ck_assert_uint_eq(now->ledger[LEDGER_COPY][VERDICT_CONSUMED] - f.base.ledger[LEDGER_COPY][VERDICT_CONSUMED], 1);
	ck_assert_uint_eq(now->ledger[LEDGER_FRAME][VERDICT_MERGED] - f.base.ledger[LEDGER_FRAME][VERDICT_MERGED], 1);
}
END_TEST

START_TEST(test_largest_datagram)
{
	unsigned at = 0;

	for (; at + 1480 < 65515; at += 1480)
		piece(at, 1480, true);
	piece(at, 65515 - at, false);
	is_whole(65515);
	ck_assert_uint_eq(ntohs(got_hdr.tot_len), 65535);
}
END_TEST

START_TEST(test_tiny_first_fragment)
{
	for (unsigned at = 0; at < 80; at += 8)
		piece(at, 8, at < 72);
	is_whole(80);
}
END_TEST

START_TEST(test_duplicate_is_ignored)
{
	piece(0, 800, true);
	piece(0, 800, true);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_FRAG_DUP), 1);
	piece(800, 8, false);
	is_whole(808);
	ip_moved(IPSTATS_MIB_INPKTS, 3, IPSTATS_MIB_INOCTETS, 820 * 2 + 28, IPSTATS_MIB_NOECTPKTS, 3, IPSTATS_MIB_REASMREQDS, 3,
		 IPSTATS_MIB_REASMOKS, 1, IPSTATS_MIB_INDELIVERS, 1);
}
END_TEST

START_TEST(test_contained_piece_is_ignored)
{
	piece(0, 800, true);
	piece(80, 160, true);
	piece(800, 800, true);
	piece(720, 240, true); /* in two pieces that touch */
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_FRAG_DUP), 2);
	piece(1600, 8, false);
	is_whole(1608);
}
END_TEST

static void overlap(unsigned off, unsigned len, bool more)
{
	piece(off, len, more);
	is_gone(SKB_DROP_REASON_FRAG_OVERLAP);
	ck_assert_uint_eq(ipfix_ip(REASMFAILS), 1);
	ck_assert_uint_eq(ipfix_ip(REASM_OVERLAPS), 1);
	ck_assert_uint_eq(f.nsent, 0);
}

START_TEST(test_overlap_at_the_end)
{
	piece(0, 800, true);
	overlap(792, 800, true);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_FRAG_QUEUE), 1);
}
END_TEST

START_TEST(test_overlap_at_the_front)
{
	piece(800, 800, true);
	overlap(0, 808, true);
}
END_TEST

START_TEST(test_overlap_around)
{
	piece(800, 80, true);
	piece(1600, 80, true);
	overlap(0, 2000, true);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_FRAG_QUEUE), 2);
}
END_TEST

/* CVE-1999-0015: the last piece begins inside the first and ends before its end */
START_TEST(test_teardrop)
{
	piece(0, 40, true);
	piece(24, 4, false);
	is_gone(SKB_DROP_REASON_FRAG_INVALID);
	ck_assert_uint_eq(ipfix_ip(REASMFAILS), 1);
}
END_TEST

START_TEST(test_last_piece_contradicts)
{
	piece(800, 100, false);
	piece(1600, 100, false); /* another end */
	is_gone(SKB_DROP_REASON_FRAG_INVALID);
	ipfix_mark();
	piece(800, 100, false);
	piece(1600, 8, true); /* beyond the end */
	is_gone(SKB_DROP_REASON_FRAG_INVALID);
	ipfix_mark();
	piece(1600, 8, true);
	piece(800, 100, false); /* an end before what is there */
	is_gone(SKB_DROP_REASON_FRAG_INVALID);
	ck_assert_uint_eq(ipfix_ip(REASMFAILS), 1);
}
END_TEST

/* CVE-1999-0128 */
START_TEST(test_ping_of_death)
{
	piece(65528, 1400, false);
	is_gone(SKB_DROP_REASON_FRAG_INVALID);
	ck_assert_uint_eq(ipfix_ip(REASMFAILS), 1);
	ipfix_mark();
	piece(0, 8, true); /* with its header it is too long, although the offsets are not */
	for (unsigned at = 8; at < 65504; at += 8184)
		piece(at, 65504 - at < 8184 ? 65504 - at : 8184, true);
	piece(65504, 24, false);
	is_gone(SKB_DROP_REASON_FRAG_INVALID);
	ck_assert_uint_eq(ipfix_ip(REASMFAILS), 1);
	ck_assert_uint_eq(ipfix_ip(REASMOKS), 0);
}
END_TEST

START_TEST(test_empty_piece)
{
	piece(800, 0, true);
	is_gone(SKB_DROP_REASON_FRAG_INVALID);
	ipfix_mark();
	piece(800, 7, true); /* less than 8 bytes, and more to come */
	is_gone(SKB_DROP_REASON_FRAG_INVALID);
}
END_TEST

START_TEST(test_odd_tail_of_a_middle_piece_is_cut)
{
	piece(0, 805, true);
	piece(800, 100, false);
	is_whole(900);
}
END_TEST

START_TEST(test_timeout_with_the_first_piece)
{
	const unsigned char *icmp;

	piece(0, 800, true);
	piece(1600, 80, true);
	make(0, 800, true);
	netfix_advance(&f.n, 29 * NSEC_PER_SEC);
	ck_assert_uint_eq(f.nsent, 0);
	netfix_advance(&f.n, 2 * NSEC_PER_SEC);
	is_gone(SKB_DROP_REASON_FRAG_REASM_TIMEOUT);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_FRAG_QUEUE), 1);
	ck_assert_uint_eq(f.nsent, 1);
	icmp = ipfix_sent_icmp(0, A_SELF, A_PEER, ICMP_TIME_EXCEEDED, ICMP_EXC_FRAGTIME);
	ck_assert_uint_eq(f.sent[0].len, 576);
	ck_assert_mem_eq(icmp + 8, pkt, 548);
	ck_assert_uint_eq(ipfix_ip(REASMTIMEOUT), 1);
	ck_assert_uint_eq(ipfix_ip(REASMFAILS), 1);
	ck_assert_uint_eq(ipfix_icmp_out(ICMP_TIME_EXCEEDED), 1);
}
END_TEST

START_TEST(test_timeout_without_the_first_piece)
{
	piece(800, 800, true);
	piece(1600, 8, false);
	netfix_advance(&f.n, 31 * NSEC_PER_SEC);
	is_gone(SKB_DROP_REASON_FRAG_REASM_TIMEOUT);
	ck_assert_uint_eq(f.nsent, 0);
	ck_assert_uint_eq(ipfix_ip(REASMTIMEOUT), 1);
	ck_assert_uint_eq(ipfix_ip(REASMFAILS), 1);
}
END_TEST

START_TEST(test_time_is_a_knob)
{
	ipfix_sysctl("net.ipv4.ipfrag_time", "2");
	piece(800, 800, true);
	netfix_advance(&f.n, 3 * NSEC_PER_SEC);
	ck_assert_uint_eq(ipfix_ip(REASMTIMEOUT), 1);
}
END_TEST

START_TEST(test_keys_keep_datagrams_apart)
{
	piece(0, 8, true);
	next.id++;
	piece(8, 8, false);
	next.id--;
	ck_assert_uint_eq(delivered, 0);
	ck_assert_int_eq(ip_frag_nqueues(&f.n.net), 2);
	piece(8, 8, false);
	ck_assert_uint_eq(delivered, 1);
	ck_assert_int_eq(ip_frag_nqueues(&f.n.net), 1);
}
END_TEST

/* RFC 3168 5.3 */
START_TEST(test_ecn)
{
	/* fields of three pieces, and of the datagram (4: dropped) */
	static const uint8_t rows[][4] = { { 0, 0, 0, 0 }, { 2, 2, 2, 2 }, { 1, 1, 1, 1 }, { 3, 3, 3, 3 }, { 2, 3, 2, 3 }, { 3, 1, 1, 3 },
					   { 1, 2, 1, 1 }, { 0, 3, 3, 4 }, { 3, 3, 0, 4 }, { 0, 2, 2, 4 }, { 1, 0, 1, 4 } };

	for (unsigned r = 0; r < sizeof(rows) / 4; r++) {
		delivered = 0;
		ipfix_mark();
		for (unsigned i = 0; i < 3; i++) {
			next.tos = rows[r][i];
			piece(i * 8, 8, i < 2);
		}
		if (rows[r][3] == 4) {
			is_gone(SKB_DROP_REASON_FRAG_INVALID);
			ck_assert_uint_eq(ipfix_ip(REASMFAILS), 1);
		} else {
			is_whole(24);
			ck_assert_uint_eq(got_hdr.tos, rows[r][3]);
		}
		next.id++;
	}
	next.tos = 0;
}
END_TEST

START_TEST(test_df_of_the_largest_piece)
{
	next.df = true;
	piece(0, 80, true);
	next.df = false;
	piece(80, 8, false);
	is_whole(88);
	ck_assert_int_eq(got_hdr.frag_off, htons(IP_DF));
	ck_assert_uint_eq(got_cb.flags & IPSKB_FRAG_PMTU, IPSKB_FRAG_PMTU);
	delivered = 0;
	piece(0, 80, true);
	next.df = true;
	piece(80, 8, false);
	next.df = false;
	is_whole(88);
	ck_assert_int_eq(got_hdr.frag_off, 0);
}
END_TEST

/* CVE-2018-5391: memory is bounded, whole packets pass, after a while fragments do again */
START_TEST(test_flood_is_bounded)
{
	unsigned n;

	ipfix_sysctl("net.ipv4.ipfrag_high_thresh", "100000");
	for (n = 0; n < 500; n++) {
		piece(0, 8, true);
		next.id++;
	}
	ck_assert_int_gt(ip_frag_mem(&f.n.net), 100000);
	ck_assert_int_lt(ip_frag_mem(&f.n.net), 102000);
	ck_assert_uint_gt(ipfix_ip(REASMFAILS), 300);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_FRAG_NOMEM), ipfix_ip(REASMFAILS));
	ck_assert_uint_eq(ip_frag_nqueues(&f.n.net) + ipfix_ip(REASMFAILS), 500);
	n = ipfix_pkt(pkt, A_PEER, A_SELF, 200, whole, 100);
	ipfix_rx(f.eth0, pkt, n);
	ck_assert_uint_eq(delivered, 1);
	netfix_advance(&f.n, 31 * NSEC_PER_SEC);
	ck_assert_int_eq(ip_frag_mem(&f.n.net), 0);
	delivered = 0;
	piece(0, 8, true);
	piece(8, 8, false);
	is_whole(16);
}
END_TEST

START_TEST(test_high_thresh_0_refuses_all)
{
	ipfix_sysctl("net.ipv4.ipfrag_high_thresh", "0");
	piece(0, 8, true);
	is_gone(SKB_DROP_REASON_FRAG_NOMEM);
	ck_assert_uint_eq(ipfix_ip(REASMFAILS), 1);
}
END_TEST

START_TEST(test_too_far_apart)
{
	uint16_t id = next.id;

	piece(0, 8, true);
	next.id = 5000;
	for (unsigned i = 0; i < 40; i++) {
		piece(0, 8, true);
		piece(8, 8, false);
		next.id++;
	}
	ck_assert_uint_eq(delivered, 40);
	next.id = id;
	piece(8, 8, false); /* 80 others came in between: the first half is forgotten */
	ck_assert_uint_eq(delivered, 40);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_FRAG_TOO_FAR), 1);
	ck_assert_uint_eq(ipfix_ip(REASMFAILS), 1);
	piece(0, 8, true);
	ck_assert_uint_eq(delivered, 41);
	ipfix_sysctl("net.ipv4.ipfrag_max_dist", "0");
	next.id = 7000;
	piece(0, 8, true);
	next.id = 8000;
	for (unsigned i = 0; i < 80; i++, next.id++)
		piece(0, 8, true);
	next.id = 7000;
	piece(8, 8, false);
	ck_assert_uint_eq(delivered, 42);
}
END_TEST

/* Pieces on several vCPUs; the timer's home is not where the queue ends. */
START_TEST(test_pieces_on_other_cpus)
{
	end();
	begin_cpus(3);
	for (unsigned i = 0; i < 3; i++) {
		next.cpu = i;
		piece(i * 8, 8, i < 2);
	}
	is_whole(24);
	next.cpu = 1;
	delivered = 0;
	ipfix_mark();
	piece(0, 80, true);
	next.cpu = 2;
	piece(72, 80, true);
	is_gone(SKB_DROP_REASON_FRAG_OVERLAP);
	netfix_advance(&f.n, 40 * NSEC_PER_SEC);
	ck_assert_uint_eq(ipfix_ip(REASMTIMEOUT), 0);
	piece(0, 80, true); /* and one that stays until the end */
	next.cpu = 0;
}
END_TEST

START_TEST(test_options_are_those_of_the_first_piece)
{
	static const unsigned char ra[4] = { 0x94, 4, 0, 0 };
	unsigned len;

	piece(16, 8, false);
	piece(8, 8, true);
	len = ipfix_pkt_opt(pkt, A_PEER, A_SELF, 200, ra, 4, whole, 8);
	ipfix_iph(pkt)->id = htons(next.id);
	ipfix_iph(pkt)->frag_off = htons(IP_MF);
	ipfix_sum(pkt);
	ipfix_rx(f.eth0, pkt, len);
	ck_assert_uint_eq(delivered, 1);
	ck_assert_uint_eq(got_hdr.ihl, 6);
	ck_assert_uint_eq(ntohs(got_hdr.tot_len), 48);
	ck_assert_uint_eq(got_cb.opt.router_alert, 20);
	ck_assert_mem_eq(got, whole, 24);
}
END_TEST

static bool sweep_one(unsigned long nth, bool *ret_hit)
{
	delivered = 0;
	next.id++;
	netfix_advance(&f.n, 60 * NSEC_PER_SEC);
	*ret_hit = false;
	ipfix_enter(0);
	local_bh_disable();
	kmem_fail_nth(&f.n.net.m.kmem, nth, NULL);
	for (unsigned i = 0; i < 3; i++) {
		struct sk_buff *skb = ipfix_skb(f.eth0, pkt, make(i * 800, 800, i < 2), PACKET_HOST);

		if (skb)
			netif_receive_skb(skb);
	}
	*ret_hit = kmem_fault_hit(&f.n.net.m.kmem);
	kmem_fail_nth(&f.n.net.m.kmem, 0, NULL);
	local_bh_enable();
	ipfix_leave();
	netfix_balanced(&f.n);
	ck_assert_uint_le(delivered, 1);
	return delivered == 1;
}

START_TEST(test_fail_nth)
{
	ck_assert_uint_gt(faulty_sweep(sweep_one), 6);
	netfix_advance(&f.n, 60 * NSEC_PER_SEC);
	ck_assert_int_eq(ip_frag_mem(&f.n.net), 0);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_J9_three_pieces_in_any_order, test_truesize_is_the_sum_of_the_pieces, test_books_follow_the_first_piece, test_largest_datagram, test_tiny_first_fragment,
		test_duplicate_is_ignored, test_contained_piece_is_ignored, test_overlap_at_the_end, test_overlap_at_the_front,
		test_overlap_around, test_teardrop, test_last_piece_contradicts, test_ping_of_death, test_empty_piece,
		test_odd_tail_of_a_middle_piece_is_cut, test_timeout_with_the_first_piece, test_timeout_without_the_first_piece,
		test_time_is_a_knob, test_keys_keep_datagrams_apart, test_ecn, test_df_of_the_largest_piece, test_flood_is_bounded,
		test_high_thresh_0_refuses_all, test_too_far_apart, test_pieces_on_other_cpus,
		test_options_are_those_of_the_first_piece, test_fail_nth, NULL,
	};

	return suite_of("ip_fragment", begin, end, tests);
}
