/* SPDX-License-Identifier: MIT */
/* check_udp_gso: UDP_SEGMENT: one call, many datagrams; where they are cut, and what is refused. */
#include "support/sockfix.h"

#include "core/gso.h"

static unsigned char buf[65536], big[65536];
static struct socket *s;

static void begin(void)
{
	ipfix_begin();
	s = sock_udp(A_SELF, 5000);
	for (unsigned i = 0; i < sizeof(big); i++)
		big[i] = (unsigned char)(i * 7 + i / 251);
}

static void end(void)
{
	if (s)
		sock_close(s);
	ipfix_end();
}

/* Frame @i is a datagram of @len bytes of @big from @at on, in order and with good sums; returns its id. */
static unsigned sent_piece(unsigned i, unsigned at, unsigned len)
{
	const struct iphdr *iph = ipfix_iph(f.sent[i].ip);
	const struct udphdr *uh = (const struct udphdr *)(const void *)(f.sent[i].ip + 20);

	ck_assert_uint_lt(i, f.nsent);
	ck_assert_uint_eq(f.sent[i].len, 28 + len);
	ck_assert_uint_eq(ntohs(iph->tot_len), 28 + len);
	ck_assert_uint_eq(ip_fast_csum(iph, 5), 0);
	ck_assert_uint_eq(ntohs(uh->source), 5000);
	ck_assert_uint_eq(ntohs(uh->dest), 7);
	ck_assert_uint_eq(ntohs(uh->len), 8 + len);
	ck_assert_uint_ne(uh->check, 0);
	ck_assert_uint_eq(csum_tcpudp_magic(iph->saddr, iph->daddr, 8 + len, IPPROTO_UDP,
					    csum_partial(uh, (int)(8 + len), 0)), 0);
	ck_assert_int_eq(memcmp(uh + 1, big + at, len), 0);
	return ntohs(iph->id);
}

static void sent_pieces(unsigned total, unsigned size)
{
	unsigned first = 0, n = DIV_ROUND_UP(total, size);

	ck_assert_uint_eq(f.nsent, n);
	for (unsigned i = 0; i < n; i++) {
		unsigned id = sent_piece(i, i * size, min(size, total - i * size));

		if (!i)
			first = id;
		ck_assert_uint_eq(id, (first + i) & 0xffff);
	}
	ck_assert_int_eq(atomic_read(&s->sk->sk_wmem_alloc), 1);
	netfix_balanced(&f.n);
}

static int send_cmsg(const void *data, size_t len, int level, int type, size_t clen, uint16_t size)
{
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = { 0 };
	struct sockaddr_in a = sin_of(A_PEER, 7);
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct msghdr msg = { .msg_name = &a, .msg_namelen = sizeof(a), .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control, .msg_controllen = CMSG_LEN(clen) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(clen);
	memcpy(CMSG_DATA(c), &size, sizeof(size));
	return (int)IN_VCPU(sock_sendmsg(s, &msg, 0));
}

START_TEST(test_gso_option)
{
	ck_assert_int_eq(sock_get_int(s, SOL_UDP_, UDP_SEGMENT_), 0);
	ck_assert_int_eq(sock_set_int(s, SOL_UDP_, UDP_SEGMENT_, -1), -EINVAL);
	ck_assert_int_eq(sock_set_int(s, SOL_UDP_, UDP_SEGMENT_, 65536), -EINVAL);
	ck_assert_int_eq(sock_set_int(s, SOL_UDP_, UDP_SEGMENT_, 1000), 0);
	ck_assert_int_eq(sock_get_int(s, SOL_UDP_, UDP_SEGMENT_), 1000);
	ck_assert_int_eq(sock_send(s, big, 10500, A_PEER, 7), 10500);
	sent_pieces(10500, 1000);
	udp_moved(UDP_MIB_OUTDATAGRAMS, 1);
	ck_assert_uint_eq(ipfix_ip(OUTPKTS), 1);
	/* what fits one datagram is one */
	ipfix_mark();
	ck_assert_int_eq(sock_send(s, big, 1000, A_PEER, 7), 1000);
	sent_pieces(1000, 1000);
	ipfix_mark();
	ck_assert_int_eq(sock_send(s, big, 0, A_PEER, 7), 0);
	ck_assert_uint_eq(f.nsent, 1);
	/* and without */
	ck_assert_int_eq(sock_set_int(s, SOL_UDP_, UDP_SEGMENT_, 0), 0);
	ipfix_mark();
	ck_assert_int_eq(sock_send(s, big, 1400, A_PEER, 7), 1400);
	sent_pieces(1400, 1400);
}
END_TEST

START_TEST(test_gso_cmsg)
{
	ck_assert_int_eq(send_cmsg(big, 3000, SOL_UDP_, UDP_SEGMENT_, 2, 1400), 3000);
	sent_pieces(3000, 1400);
	ipfix_mark();
	ck_assert_int_eq(send_cmsg(big, 3000, SOL_UDP_, UDP_SEGMENT_, 4, 1400), -EINVAL);
	ck_assert_int_eq(send_cmsg(big, 3000, SOL_UDP_, UDP_GRO_, 2, 1400), -EINVAL);
	/* it outweighs the option */
	ck_assert_int_eq(sock_set_int(s, SOL_UDP_, UDP_SEGMENT_, 100), 0);
	ck_assert_int_eq(send_cmsg(big, 3000, SOL_UDP_, UDP_SEGMENT_, 2, 1000), 3000);
	sent_pieces(3000, 1000);
}
END_TEST

START_TEST(test_gso_refusals)
{
	struct socket *lite = sock_new(SOCK_DGRAM, IPPROTO_UDPLITE);

	ck_assert_int_eq(sock_set_int(s, SOL_UDP_, UDP_SEGMENT_, 1473), 0);
	ck_assert_int_eq(sock_send(s, big, 3000, A_PEER, 7), -EMSGSIZE); /* a datagram over the MTU */
	ck_assert_int_eq(sock_set_int(s, SOL_UDP_, UDP_SEGMENT_, 10), 0);
	ck_assert_int_eq(sock_send(s, big, 1281, A_PEER, 7), -EINVAL); /* more than 128 */
	ck_assert_uint_eq(f.nsent, 0);
	ck_assert_int_eq(sock_send(s, big, 1280, A_PEER, 7), 1280);
	sent_pieces(1280, 10);
	ck_assert_int_eq(sock_set_int(s, SOL_SOCKET, SO_NO_CHECK, 1), 0);
	ck_assert_int_eq(sock_send(s, big, 100, A_PEER, 7), -EINVAL);
	ck_assert_int_eq(sock_set_int(s, SOL_SOCKET, SO_NO_CHECK, 0), 0);
	ck_assert_int_eq(sock_send(s, big, 65508, A_PEER, 7), -EMSGSIZE);
	ck_assert_int_eq(sock_set_int(lite, SOL_UDP_, UDP_SEGMENT_, 100), 0);
	ck_assert_int_eq(sock_send(lite, big, 300, A_PEER, 7), -EIO);
	sock_close(lite);
}
END_TEST

START_TEST(test_gso_corked)
{
	ck_assert_int_eq(sock_set_int(s, SOL_UDP_, UDP_SEGMENT_, 1000), 0);
	ck_assert_int_eq(sock_set_int(s, SOL_UDP_, UDP_CORK_, 1), 0);
	ck_assert_int_eq(sock_send(s, big, 700, A_PEER, 7), 700);
	ck_assert_int_eq(sock_send(s, big + 700, 1801, A_PEER, 7), 1801);
	ck_assert_int_eq(sock_set_int(s, SOL_UDP_, UDP_CORK_, 0), 0);
	sent_pieces(2501, 1000);
}
END_TEST

START_TEST(test_gso_loopback_passes_it_whole)
{
	struct socket *r = sock_udp("127.0.0.1", 6000), *plain = sock_udp("127.0.0.1", 6001), *u = s;
	struct sk_buff *skb;

	s = sock_udp("127.0.0.1", 5001);
	ck_assert_int_eq(sock_set_int(s, SOL_UDP_, UDP_SEGMENT_, 1000), 0);
	ck_assert_int_eq(sock_set_int(r, SOL_UDP_, UDP_GRO_, 1), 0);
	ck_assert_int_eq(sock_send(s, big, 60500, "127.0.0.1", 6000), 60500);
	netfix_run(&f.n);
	skb = skb_peek(&r->sk->sk_receive_queue);
	ck_assert_ptr_nonnull(skb);
	ck_assert_uint_eq(skb_shinfo(skb)->gso_size, 1000);
	ck_assert_uint_eq(skb_shinfo(skb)->gso_segs, 61);
	ck_assert_int_eq(sock_recv(r, buf, sizeof(buf), MSG_DONTWAIT), 60500);
	ck_assert_int_eq(memcmp(buf, big, 60500), 0);
	/* cut for a socket that did not ask */
	ck_assert_int_eq(sock_send(s, big, 10500, "127.0.0.1", 6001), 10500);
	netfix_run(&f.n);
	for (unsigned i = 0; i < 11; i++) {
		ck_assert_int_eq(sock_recv(plain, buf, sizeof(buf), MSG_DONTWAIT), i < 10 ? 1000 : 500);
		ck_assert_int_eq(memcmp(buf, big + i * 1000, i < 10 ? 1000 : 500), 0);
	}
	ck_assert_int_eq(sock_recv(plain, buf, sizeof(buf), MSG_DONTWAIT), -EAGAIN);
	netfix_balanced(&f.n);
	sock_close(r);
	sock_close(plain);
	sock_close(s);
	s = u;
}
END_TEST

START_TEST(test_gso_plain_loopback_is_not_summed)
{
	struct socket *r = sock_udp("127.0.0.1", 6000);
	struct sk_buff *skb;

	f.lo->features |= NETIF_F_HW_CSUM;
	ck_assert_int_eq(sock_send(r, big, 500, "127.0.0.1", 6000), 500);
	netfix_run(&f.n);
	skb = skb_peek(&r->sk->sk_receive_queue);
	ck_assert_ptr_nonnull(skb);
	ck_assert_uint_eq(skb->ip_summed, CHECKSUM_PARTIAL);
	ck_assert_int_eq(sock_recv(r, buf, sizeof(buf), MSG_DONTWAIT), 500);
	ck_assert_int_eq(memcmp(buf, big, 500), 0);
	ck_assert_uint_eq(udp_mib(CSUMERRORS), 0);
	sock_close(r);
}
END_TEST

START_TEST(test_gso_cut)
{
	ipfix_enter(0);
	local_bh_disable();
	{
		struct sk_buff *skb = alloc_skb(&f.n.net, 4000), *seg;
		struct iphdr *iph;
		struct udphdr *uh;
		unsigned n = 0;

		skb_reserve(skb, 100);
		skb->dev = f.eth0;
		skb->protocol = htons(ETH_P_IP);
		skb_reset_network_header(skb);
		iph = skb_put(skb, 20);
		*iph = (struct iphdr){ .version = 4, .ihl = 5, .id = htons(65535), .ttl = 9, .protocol = IPPROTO_UDP,
				       .saddr = inet_addr(A_SELF), .daddr = inet_addr(A_PEER) };
		skb_set_transport_header(skb, 20);
		uh = skb_put(skb, 8);
		*uh = (struct udphdr){ .source = 1, .dest = 2 };
		memcpy(skb_put(skb, 2500), big, 2500);
		skb_shinfo(skb)->gso_size = 1000;
		skb_shinfo(skb)->gso_type = SKB_GSO_UDP_L4;
		ck_assert_uint_eq(skb_gso_network_seglen(skb), 1028);
		/* without memory nothing is left behind */
		for (unsigned i = 1; i <= 3; i++) {
			kmem_fail_nth(&f.n.net.m.kmem, i, "skbuff_head_cache");
			ck_assert_ptr_null(skb_gso_segment(skb, 0));
		}
		kmem_fail_nth(&f.n.net.m.kmem, 0, NULL);
		seg = skb_gso_segment(skb, 0);
		for (struct sk_buff *p = seg; p; p = p->next, n++) {
			ck_assert_uint_eq(ntohs(ip_hdr(p)->id), (65535 + n) & 0xffff);
			ck_assert_uint_eq(p->len, n < 2 ? 1028 : 528);
			ck_assert_uint_eq(p->ip_summed, CHECKSUM_NONE);
			ck_assert_uint_eq((uintptr_t)ip_hdr(p) % 4, 0);
		}
		ck_assert_uint_eq(n, 3);
		kfree_skb_list_reason(seg, SKB_DROP_REASON_QUEUE_PURGE);
		seg = skb_gso_segment(skb, NETIF_F_HW_CSUM);
		ck_assert_uint_eq(seg->ip_summed, CHECKSUM_PARTIAL);
		ck_assert_int_eq(skb_checksum_help(seg), 0);
		uh = udp_hdr(seg);
		ck_assert_uint_eq(csum_tcpudp_magic(ip_hdr(seg)->saddr, ip_hdr(seg)->daddr, 1008, IPPROTO_UDP,
						    csum_partial(uh, 1008, 0)), 0);
		kfree_skb_list_reason(seg, SKB_DROP_REASON_QUEUE_PURGE);
		consume_skb(skb);
	}
	local_bh_enable();
	ipfix_leave();
}
END_TEST

/* A packet of many from eth0 goes on by eth1. */
static void forward(unsigned mtu, unsigned frag_off)
{
	static unsigned char msg[8192], pkt[8192];
	unsigned len = sock_udp_msg(msg, A_PEER, 5000, A_PEER1, 7, big, 3500);
	struct sk_buff *skb;

	len = ipfix_pkt(pkt, A_PEER, A_PEER1, IPPROTO_UDP, msg, len);
	ipfix_iph(pkt)->frag_off = htons((uint16_t)frag_off);
	ipfix_sum(pkt);
	f.eth1->mtu = mtu;
	ipfix_enter(0);
	local_bh_disable();
	skb = ipfix_skb(f.eth0, pkt, len, PACKET_HOST);
	skb_shinfo(skb)->gso_size = 1000;
	skb_shinfo(skb)->gso_segs = 4;
	skb_shinfo(skb)->gso_type = SKB_GSO_UDP_L4;
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = (uint16_t)(skb_headroom(skb) + 20);
	skb->csum_offset = 6;
	netif_receive_skb(skb);
	local_bh_enable();
	ipfix_leave();
	f.eth1->mtu = 1500;
}

START_TEST(test_gso_forwarded)
{
	ipfix_sysctl("net.ipv4.ip_forward", "1");
	forward(1500, 0);
	sent_pieces(3500, 1000);
	ck_assert_ptr_eq(f.sent[0].dev, f.eth1);
	ck_assert_uint_eq(ipfix_ip(FRAGCREATES), 0);
	ipfix_mark();
	forward(1028, IP_DF); /* each fits */
	sent_pieces(3500, 1000);
	ipfix_mark();
	forward(600, 0); /* each in two fragments, the last of 500 in one */
	ck_assert_uint_eq(f.nsent, 7);
	ck_assert_uint_eq(ipfix_ip(FRAGCREATES), 6);
	ipfix_mark();
	forward(600, IP_DF);
	ipfix_sent_icmp(0, A_SELF, A_PEER, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED);
	ck_assert_uint_eq(f.nsent, 1);
	netfix_balanced(&f.n);
}
END_TEST

START_TEST(test_gso_without_memory)
{
	unsigned long n = 0;
	int ret;

	ck_assert_int_eq(sock_set_int(s, SOL_UDP_, UDP_SEGMENT_, 1000), 0);
	do {
		ipfix_mark();
		kmem_fail_nth(&f.n.net.m.kmem, ++n, NULL);
		ret = sock_send(s, big, 3500, A_PEER, 7);
		ck_assert_int_eq(atomic_read(&s->sk->sk_wmem_alloc), 1);
		netfix_balanced(&f.n);
	} while (kmem_fault_hit(&f.n.net.m.kmem));
	ck_assert_int_eq(ret, 3500);
	ck_assert_uint_gt(n, 8);
	kmem_fail_nth(&f.n.net.m.kmem, 0, NULL);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_gso_option, test_gso_cmsg, test_gso_refusals, test_gso_corked,
				       test_gso_loopback_passes_it_whole, test_gso_plain_loopback_is_not_summed,
				       test_gso_cut, test_gso_forwarded, test_gso_without_memory, NULL };

	return suite_of("udp_gso", begin, end, tests);
}
