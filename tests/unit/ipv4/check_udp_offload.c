/* SPDX-License-Identifier: MIT */
/* check_udp_offload: datagrams of one flow become one packet, for a socket that asked for it. */
#include "support/sockfix.h"

#include "ipv4/udp_offload.h"

#define LEN 1000

static struct napi_struct napi;
static struct socket *s;
static unsigned char buf[65536];

struct dgram { /* what differs from the usual one: zero is usual */
	unsigned sport, len, id, ttl, tos, frag_off, pad;
	bool no_csum, bad_csum, bad_ip, other_host;
};

static void begin(void)
{
	ipfix_begin();
	netif_napi_add(f.eth0, &napi, NULL, 64);
	s = sock_udp(A_SELF, 5000);
	ck_assert_int_eq(sock_set_int(s, SOL_UDP_, UDP_GRO_, 1), 0);
}

static void end(void)
{
	sock_close(s);
	netif_napi_del(&napi);
	ipfix_end();
}

/* Datagram number @n (its payload's bytes), its IP id counting along. */
static void rx(unsigned n, struct dgram d)
{
	static unsigned char msg[2048], pkt[2048], data[2048];
	const char *saddr = d.other_host ? "192.168.1.77" : A_PEER;
	unsigned len = d.len ? d.len : LEN, mlen, plen;
	struct iphdr *iph = ipfix_iph(pkt);
	struct sk_buff *skb;

	memset(data, (int)n, sizeof(data));
	mlen = sock_udp_msg(msg, saddr, d.sport ? d.sport : 4000, A_SELF, 5000, data, len);
	if (d.no_csum)
		((struct udphdr *)(void *)msg)->check = 0;
	if (d.bad_csum)
		msg[20] ^= 1;
	plen = ipfix_pkt(pkt, saddr, A_SELF, IPPROTO_UDP, msg, mlen);
	iph->id = htons((uint16_t)(d.id ? d.id : 100 + n));
	iph->ttl = (uint8_t)(d.ttl ? d.ttl : 64);
	iph->tos = (uint8_t)d.tos;
	iph->frag_off = htons((uint16_t)d.frag_off);
	ipfix_sum(pkt);
	if (d.bad_ip)
		iph->check ^= 1;
	ipfix_enter(0);
	local_bh_disable();
	skb = ipfix_skb(f.eth0, pkt, plen + d.pad, PACKET_HOST);
	napi_gro_receive(&napi, skb);
	local_bh_enable();
	ipfix_leave();
}

static void flush(void)
{
	ipfix_enter(0);
	local_bh_disable();
	napi_gro_flush(&napi, false);
	local_bh_enable();
	ipfix_leave();
}

/* Read one: its length; *@gso the control message's size, 0 when there is none. */
static int recv_gso(int *gso)
{
	char control[64];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	int ret = (int)IN_VCPU(sock_recvmsg(s, &msg, MSG_DONTWAIT));

	*gso = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); ret >= 0 && c; c = CMSG_NXTHDR(&msg, c))
		if (c->cmsg_level == SOL_UDP_ && c->cmsg_type == UDP_GRO_)
			memcpy(gso, CMSG_DATA(c), sizeof(*gso));
	return ret;
}

/* The next datagram is numbers @first to @first + @count - 1, of LEN bytes each, the last of @last. */
static void came(unsigned first, unsigned count, unsigned last)
{
	int gso, ret = recv_gso(&gso);

	ck_assert_int_eq(ret, (int)((count - 1) * LEN + last));
	ck_assert_int_eq(gso, count > 1 ? LEN : 0);
	for (unsigned i = 0; i < (unsigned)ret; i++)
		ck_assert_uint_eq(buf[i], (first + min(i / LEN, count - 1)) & 255);
}

static void nothing_came(void)
{
	int gso;

	ck_assert_int_eq(recv_gso(&gso), -EAGAIN);
}

START_TEST(test_G1_datagrams_of_one_flow)
{
	for (unsigned i = 0; i < 5; i++)
		rx(i, (struct dgram){ 0 });
	nothing_came();
	flush();
	came(0, 5, LEN);
	nothing_came();
	ck_assert_uint_eq(napi.gro.merged, 4);
	udp_moved(UDP_MIB_INDATAGRAMS, 1);
	ck_assert_uint_eq(ipfix_ip(INPKTS), 1);
	ck_assert_uint_eq(ipfix_ip(NOECTPKTS), 5);
	ck_assert_uint_eq(ipfix_ip(INOCTETS), 28 + 5 * LEN);
}
END_TEST

START_TEST(test_G1_a_shorter_one_is_the_last)
{
	rx(0, (struct dgram){ 0 });
	rx(1, (struct dgram){ 0 });
	rx(2, (struct dgram){ .len = 300 });
	came(0, 3, 300);
	nothing_came();
}
END_TEST

START_TEST(test_G1_64_at_most)
{
	for (unsigned i = 0; i < 70; i++)
		rx(i, (struct dgram){ .len = 200 });
	ck_assert_uint_eq(napi.gro.flush_full, 1);
	ck_assert_uint_eq(napi.gro_count, 1);
	flush();
	ck_assert_uint_eq(sock_drain(s), 2);
}
END_TEST

/* One of the flow that cannot be merged: order stays. */
static void not_merged(struct dgram d, bool held)
{
	rx(0, (struct dgram){ 0 });
	rx(1, (struct dgram){ 0 });
	rx(2, d);
	ck_assert_uint_eq(napi.gro_count, held);
	flush();
	came(0, 2, LEN);
	came(2, 1, d.len ? d.len : LEN);
	nothing_came();
	netfix_balanced(&f.n);
}

START_TEST(test_G1_what_differs)
{
	not_merged((struct dgram){ .ttl = 63 }, true);
	not_merged((struct dgram){ .tos = 4 }, true);
	not_merged((struct dgram){ .frag_off = IP_DF }, true);
	not_merged((struct dgram){ .id = 103 }, true);
	not_merged((struct dgram){ .id = 100 }, true);
	not_merged((struct dgram){ .len = LEN + 1 }, true);
	not_merged((struct dgram){ .no_csum = true }, false);
	not_merged((struct dgram){ .pad = 6 }, false);
	ck_assert_uint_eq(napi.gro.flush_flow, 8);
}
END_TEST

START_TEST(test_G1_other_flows)
{
	rx(0, (struct dgram){ 0 });
	rx(1, (struct dgram){ .sport = 4001 });
	rx(2, (struct dgram){ .other_host = true });
	ck_assert_uint_eq(napi.gro_count, 3);
	flush();
	came(0, 1, LEN);
	came(1, 1, LEN);
	came(2, 1, LEN);
}
END_TEST

START_TEST(test_G4_nine_flows_the_ninth_passes)
{
	for (unsigned seq = 0; seq < 2; seq++)
		for (unsigned flow = 0; flow < 9; flow++)
			rx(seq, (struct dgram){ .sport = 4000 + flow });
	came(0, 1, LEN);
	came(1, 1, LEN);
	nothing_came();
	flush();
	for (unsigned flow = 0; flow < 8; flow++)
		came(0, 2, LEN);
	nothing_came();
}
END_TEST

START_TEST(test_G1_one_id_for_all)
{
	/* all the same, with DF */
	for (unsigned i = 0; i < 3; i++)
		rx(i, (struct dgram){ .id = 7, .frag_off = IP_DF });
	rx(3, (struct dgram){ .id = 8, .frag_off = IP_DF });
	came(0, 3, LEN);
	flush();
	came(3, 1, LEN);
	/* counting, with DF */
	for (unsigned i = 0; i < 3; i++)
		rx(i, (struct dgram){ .frag_off = IP_DF });
	flush();
	came(0, 3, LEN);
}
END_TEST

START_TEST(test_G1_bad_sums_pass_and_are_dropped)
{
	rx(0, (struct dgram){ 0 });
	rx(1, (struct dgram){ .bad_csum = true });
	rx(2, (struct dgram){ .id = 101, .bad_ip = true });
	flush();
	came(0, 1, LEN);
	nothing_came();
	ck_assert_uint_eq(udp_mib(CSUMERRORS), 1);
	ck_assert_uint_eq(ipfix_ip(CSUMERRORS), 1);
	ck_assert_uint_eq(napi.gro.merged, 0);
}
END_TEST

START_TEST(test_G1_the_sum_of_the_whole)
{
	struct sk_buff *skb;

	for (unsigned i = 0; i < 3; i++)
		rx(i, (struct dgram){ 0 });
	flush();
	skb = skb_peek(&s->sk->sk_receive_queue);
	ck_assert_ptr_nonnull(skb);
	ck_assert_uint_eq(skb->ip_summed, CHECKSUM_PARTIAL);
	ck_assert_uint_eq(skb_shinfo(skb)->gso_segs, 3);
	ck_assert_uint_eq(skb_shinfo(skb)->gso_type, SKB_GSO_UDP_L4);
	ck_assert_uint_eq(ntohs(ip_hdr(skb)->tot_len), 28 + 3 * LEN);
	ck_assert_uint_eq(ip_fast_csum(ip_hdr(skb), 5), 0);
	ck_assert_uint_eq(ntohs(udp_hdr(skb)->len), 8 + 3 * LEN);
	ck_assert_int_eq(sock_rmem(s), skb->truesize);
	came(0, 3, LEN);
}
END_TEST

START_TEST(test_G6_nobody_asked)
{
	ck_assert_int_eq(sock_get_int(s, SOL_UDP_, UDP_GRO_), 1);
	ck_assert_int_eq(sock_set_int(s, SOL_UDP_, UDP_GRO_, 0), 0);
	ck_assert_int_eq(sock_get_int(s, SOL_UDP_, UDP_GRO_), 0);
	ck_assert_int_eq(atomic_read(&f.n.net.ipv4->udp_gro_needed), 0);
	for (unsigned i = 0; i < 3; i++) {
		rx(i, (struct dgram){ 0 });
		came(i, 1, LEN);
	}
	ck_assert_uint_eq(napi.gro.normal, 3);
	ck_assert_uint_eq(napi.gro.held, 0);
}
END_TEST

START_TEST(test_G6_another_socket_asked)
{
	struct socket *other = sock_udp(A_SELF, 5001);

	ck_assert_int_eq(sock_set_int(s, SOL_UDP_, UDP_GRO_, 0), 0);
	ck_assert_int_eq(sock_set_int(other, SOL_UDP_, UDP_GRO_, 7), 0);
	ck_assert_int_eq(atomic_read(&f.n.net.ipv4->udp_gro_needed), 1);
	rx(0, (struct dgram){ 0 });
	came(0, 1, LEN);
	sock_close(other);
	ck_assert_int_eq(atomic_read(&f.n.net.ipv4->udp_gro_needed), 0);
}
END_TEST

START_TEST(test_G3_fragments_pass)
{
	rx(0, (struct dgram){ .frag_off = IP_MF });
	ck_assert_uint_eq(napi.gro.normal, 1);
	ck_assert_uint_eq(napi.gro_count, 0);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_G1_datagrams_of_one_flow, test_G1_a_shorter_one_is_the_last,
				       test_G1_64_at_most, test_G1_what_differs, test_G1_other_flows,
				       test_G4_nine_flows_the_ninth_passes, test_G1_one_id_for_all,
				       test_G1_bad_sums_pass_and_are_dropped, test_G1_the_sum_of_the_whole,
				       test_G6_nobody_asked, test_G6_another_socket_asked, test_G3_fragments_pass, NULL };

	return suite_of("udp_offload", begin, end, tests);
}
