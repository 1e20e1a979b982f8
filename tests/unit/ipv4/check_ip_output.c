/* SPDX-License-Identifier: MIT */
/* check_ip_output.c: building packets, DF and ids, fragments, charges, hooks, groups that come back. */
#include "core/socket.h"
#include "ipv4/igmp.h"
#include "support/ipfix.h"
#include "support/faulty.h"

static const struct cred root = { .net_admin = true, .net_raw = true, .net_bind_service = true };
static unsigned char data[70000];
static struct socket *so;
static unsigned delivered, got_len, verdict, hooked[NF_INET_NUMHOOKS];
static uint8_t got_type;

static int p200_rcv(struct sk_buff *skb)
{
	delivered++;
	got_len = skb->len;
	got_type = skb->pkt_type;
	consume_skb(skb);
	return 0;
}

static const struct net_protocol p200 = { .handler = p200_rcv, .name = "P200" };

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
	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i ^ i >> 8);
	delivered = 0;
	ck_assert_int_eq(inet_add_protocol(&f.n.net, &p200, 200), 0);
	ipfix_enter(0);
	ck_assert_int_eq(sock_create(&f.n.net, &root, PF_INET, SOCK_RAW, 200, &so), 0);
	ipfix_leave();
}

static void end(void)
{
	ipfix_enter(0);
	if (so)
		sock_release(so);
	ipfix_leave();
	ck_assert_int_eq(inet_del_protocol(&f.n.net, &p200, 200), 0);
	ipfix_end();
}

static struct inet_sock *inet(void)
{
	return inet_sk(so->sk);
}

/* @len bytes of data to @daddr in one go, of which @hdrlen are the transport header's. 0 or -errno. */
static int send_to(const char *daddr, int len, int hdrlen, struct ip_options_rcu *opt)
{
	struct iovec iov = { data + hdrlen, (size_t)(len - hdrlen) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct ip_append ap = { ip_generic_getfrag, &m, len, hdrlen, MSG_DONTWAIT };
	struct ipcm_cookie ipc = { .tos = -1, .addr = inet_addr(daddr), .opt = opt };
	struct flowi4 fl4 = { .daddr = opt && opt->opt.srr ? opt->opt.faddr : inet_addr(daddr), .flowi4_proto = 200,
			      .flowi4_oif = ipv4_is_multicast(inet_addr(daddr)) ? f.eth0->ifindex : 0 };
	struct sk_buff *skb;
	struct rtable *rt;
	int err;

	ipfix_enter(0);
	rt = ip_route_output_flow(&f.n.net, &fl4, so->sk, &err);
	if (rt) {
		skb = ip_make_skb(so->sk, &fl4, &ap, &ipc, &rt, &err);
		if (skb) {
			memcpy(skb_transport_header(skb), data, (size_t)hdrlen);
			err = ip_send_skb(&f.n.net, skb);
		}
		if (rt)
			ip_rt_put(rt);
	}
	ipfix_leave();
	return err;
}

START_TEST(test_O6_O8_O9_one_packet)
{
	const struct iphdr *iph;

	inet()->tos = 0x10;
	ck_assert_int_eq(send_to(A_PEER, 100, 8, NULL), 0);
	ck_assert_uint_eq(f.nsent, 1);
	iph = ipfix_iph(f.sent[0].ip);
	ck_assert_uint_eq(f.sent[0].len, 120);
	ck_assert_mem_eq(f.sent[0].mac, ipfix_mac, ETH_ALEN);
	ck_assert_uint_eq(iph->ihl, 5);
	ck_assert_uint_eq(iph->tos, 0x10);
	ck_assert_uint_eq(iph->ttl, 64);
	ck_assert_uint_eq(iph->protocol, 200);
	ck_assert_uint_eq(ntohs(iph->tot_len), 120);
	ck_assert_int_eq(iph->frag_off, htons(IP_DF));
	ck_assert_uint_eq(iph->saddr, inet_addr(A_SELF));
	ck_assert_int_eq(ip_compute_csum(iph, 20), 0);
	ip_moved(IPSTATS_MIB_OUTREQUESTS, 1, IPSTATS_MIB_OUTPKTS, 1, IPSTATS_MIB_OUTOCTETS, 120);
	ck_assert_uint_eq(ipfix_now()->ledger[LEDGER_LOCAL][VERDICT_SENT] - f.base.ledger[LEDGER_LOCAL][VERDICT_SENT], 1);
	ck_assert_int_eq(sk_wmem_alloc_get(so->sk), 0);
}
END_TEST

START_TEST(test_ttl_of_socket_and_groups)
{
	inet()->uc_ttl = 7;
	inet()->mc_ttl = 3;
	send_to(A_PEER, 10, 0, NULL);
	send_to("224.1.1.1", 10, 0, NULL);
	ck_assert_uint_eq(f.nsent, 2);
	ck_assert_uint_eq(ipfix_iph(f.sent[0].ip)->ttl, 7);
	ck_assert_uint_eq(ipfix_iph(f.sent[1].ip)->ttl, 3);
	inet()->uc_ttl = -1;
	ipfix_sysctl("net.ipv4.ip_default_ttl", "99");
	send_to(A_PEER, 10, 0, NULL);
	ck_assert_uint_eq(ipfix_iph(f.sent[2].ip)->ttl, 99);
}
END_TEST

/* All bytes, in order, in fragments of @mtu, each well formed; counters as Linux's. */
static void cut_into(unsigned payload, unsigned mtu)
{
	unsigned per = (mtu - 20) & ~7u, want = DIV_ROUND_UP(payload, per), at = 0;

	ck_assert_uint_eq(f.nsent, want);
	for (unsigned i = 0; i < want; i++) {
		const struct iphdr *iph = ipfix_iph(f.sent[i].ip);
		unsigned len = i + 1 < want ? per : payload - at;

		ck_assert_uint_eq(f.sent[i].len, 20 + len);
		ck_assert_uint_eq(ntohs(iph->tot_len), 20 + len);
		ck_assert_uint_eq(ntohs(iph->frag_off), at / 8 | (i + 1 < want ? IP_MF : 0));
		ck_assert_uint_eq(iph->id, ipfix_iph(f.sent[0].ip)->id);
		ck_assert_int_eq(ip_compute_csum(iph, 20), 0);
		ck_assert_mem_eq(f.sent[i].ip + 20, data + at, len);
		at += len;
	}
	ip_moved(IPSTATS_MIB_OUTREQUESTS, 1, IPSTATS_MIB_OUTPKTS, want, IPSTATS_MIB_OUTOCTETS, payload + 20 * want,
		 IPSTATS_MIB_FRAGOKS, 1, IPSTATS_MIB_FRAGCREATES, want);
	ck_assert_int_eq(sk_wmem_alloc_get(so->sk), 0);
}

START_TEST(test_O9_datagrams_above_the_mtu)
{
	static const unsigned sizes[] = { 1481, 2960, 2961, 20000, 65515 };

	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		ipfix_mark();
		ck_assert_int_eq(send_to(A_PEER, (int)sizes[i], 8, NULL), 0);
		cut_into(sizes[i], 1500);
	}
	f.eth0->mtu = 607;
	ipfix_mark();
	ck_assert_int_eq(send_to(A_PEER, 1400, 8, NULL), 0);
	cut_into(1400, 607);
}
END_TEST

START_TEST(test_exactly_the_mtu_is_whole)
{
	f.eth0->mtu = 607;
	ck_assert_int_eq(send_to(A_PEER, 587, 8, NULL), 0);
	ck_assert_uint_eq(f.nsent, 1);
	ck_assert_uint_eq(f.sent[0].len, 607);
}
END_TEST

START_TEST(test_larger_than_ip_is_refused)
{
	ck_assert_int_eq(send_to(A_PEER, 65516, 8, NULL), -EMSGSIZE);
	ip_moved(IPSTATS_MIB_NUM, 0);
}
END_TEST

START_TEST(test_O4_pmtudisc)
{
	inet()->pmtudisc = IP_PMTUDISC_DO;
	ck_assert_int_eq(send_to(A_PEER, 1480, 8, NULL), 0);
	ck_assert_int_eq(ipfix_iph(f.sent[0].ip)->frag_off, htons(IP_DF));
	ck_assert_int_eq(ipfix_iph(f.sent[0].ip)->id, 0); /* RFC 6864: an atomic datagram needs none */
	ck_assert_int_eq(send_to(A_PEER, 1481, 8, NULL), -EMSGSIZE);
	inet()->pmtudisc = IP_PMTUDISC_DONT;
	ck_assert_int_eq(send_to(A_PEER, 100, 8, NULL), 0);
	ck_assert_int_eq(ipfix_iph(f.sent[1].ip)->frag_off, 0);
	inet()->pmtudisc = IP_PMTUDISC_PROBE;
	ck_assert_int_eq(send_to(A_PEER, 1480, 8, NULL), 0);
	ck_assert_int_eq(ipfix_iph(f.sent[2].ip)->frag_off, htons(IP_DF));
	ck_assert_int_eq(send_to(A_PEER, 1481, 8, NULL), -EMSGSIZE);
	inet()->pmtudisc = IP_PMTUDISC_WANT;
	ck_assert_int_eq(send_to(A_PEER, 1481, 8, NULL), 0); /* no DF once it must be cut */
	ck_assert_uint_eq(f.nsent, 5);
	ck_assert_int_eq(ipfix_iph(f.sent[3].ip)->frag_off, htons(IP_MF));
}
END_TEST

START_TEST(test_O6_ids_differ_by_peer_and_packet)
{
	uint16_t first, second, other;

	inet()->pmtudisc = IP_PMTUDISC_DONT;
	send_to(A_PEER, 10, 0, NULL);
	send_to(A_PEER, 10, 0, NULL);
	send_to(A_PEER1, 10, 0, NULL);
	ck_assert_uint_eq(f.nsent, 3);
	first = ntohs(ipfix_iph(f.sent[0].ip)->id);
	second = ntohs(ipfix_iph(f.sent[1].ip)->id);
	other = ntohs(ipfix_iph(f.sent[2].ip)->id);
	ck_assert_uint_eq((uint16_t)(second - first), 1); /* no time passed */
	ck_assert_uint_ne(other, (uint16_t)(second + 1));
	netfix_advance(&f.n, 100 * NSEC_PER_SEC); /* 25000 jiffies: the gap is random below that */
	send_to(A_PEER, 10, 0, NULL);
	ck_assert_uint_gt((uint16_t)(ntohs(ipfix_iph(f.sent[3].ip)->id) - second), 1);
	ck_assert_uint_le((uint16_t)(ntohs(ipfix_iph(f.sent[3].ip)->id) - second), 25001);
}
END_TEST

START_TEST(test_options_are_sent)
{
	static const unsigned char rr[12] = { 7, 11, 4 };
	struct ip_options_rcu *opt = NULL;
	unsigned char self[4];
	__be32 a = inet_addr(A_SELF);

	memcpy(self, &a, 4);
	ck_assert_int_eq(ip_options_get(&f.n.net, &opt, rr, 11), 0);
	ck_assert_int_eq(send_to(A_PEER, 10, 0, opt), 0);
	ck_assert_uint_eq(ipfix_iph(f.sent[0].ip)->ihl, 8);
	ck_assert_uint_eq(f.sent[0].ip[22], 8);
	ck_assert_mem_eq(f.sent[0].ip + 23, self, 4);
	ck_assert_int_eq(ip_compute_csum(f.sent[0].ip, 32), 0);
	/* in fragments, only the first has it */
	ck_assert_int_eq(send_to(A_PEER, 2000, 0, opt), 0);
	ck_assert_uint_eq(f.nsent, 3);
	ck_assert_uint_eq(f.sent[1].len, 32 + 1464);
	ck_assert_uint_eq(f.sent[1].ip[20], 7);
	ck_assert_uint_eq(f.sent[2].len, 32 + 2000 - 1464);
	ck_assert_uint_eq(f.sent[2].ip[20], 1);
	ck_assert_int_eq(ip_compute_csum(f.sent[2].ip, 32), 0);
	kfree_ip_options(&f.n.net, opt);
}
END_TEST

START_TEST(test_J4_hooks)
{
	static const unsigned point[] = { NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING };

	for (unsigned i = 0; i < 2; i++) {
		struct nf_hook_ops ops = { .hook = hook, .name = "test", .hooknum = point[i] };

		ck_assert_int_eq(nf_register_hook(&f.n.net, &ops), 0);
		ipfix_mark();
		verdict = NF_ACCEPT;
		hooked[point[i]] = 0;
		ck_assert_int_eq(send_to(A_PEER, 10, 0, NULL), 0);
		ck_assert_uint_eq(f.nsent, 1);
		verdict = NF_DROP;
		ck_assert_int_eq(send_to(A_PEER, 10, 0, NULL), -EPERM);
		ck_assert_uint_eq(hooked[point[i]], 2);
		ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_NETFILTER_DROP), 1);
		ip_moved(IPSTATS_MIB_OUTREQUESTS, 2, IPSTATS_MIB_OUTPKTS, 1, IPSTATS_MIB_OUTOCTETS, 30, IPSTATS_MIB_OUTDISCARDS, 1);
		nf_unregister_hook(&f.n.net, &ops);
		netfix_settle(&f.n);
	}
}
END_TEST

START_TEST(test_broadcast_comes_back)
{
	sock_set_flag(so->sk, SOCK_BROADCAST);
	ck_assert_int_eq(send_to("192.168.1.255", 10, 0, NULL), 0);
	ck_assert_uint_eq(f.nsent, 1);
	ck_assert_mem_eq(f.sent[0].mac, "\xff\xff\xff\xff\xff\xff", 6);
	ck_assert_uint_eq(delivered, 1);
	ck_assert_uint_eq(got_type, PACKET_LOOPBACK);
	ip_moved(IPSTATS_MIB_OUTREQUESTS, 1, IPSTATS_MIB_OUTPKTS, 1, IPSTATS_MIB_OUTOCTETS, 30, IPSTATS_MIB_OUTBCASTPKTS, 1,
		 IPSTATS_MIB_OUTBCASTOCTETS, 30, IPSTATS_MIB_INPKTS, 1, IPSTATS_MIB_INOCTETS, 30, IPSTATS_MIB_NOECTPKTS, 1,
		 IPSTATS_MIB_INBCASTPKTS, 1, IPSTATS_MIB_INBCASTOCTETS, 30, IPSTATS_MIB_INDELIVERS, 1);
}
END_TEST

START_TEST(test_multicast_loop_and_ttl)
{
	struct ip_mreqn imr = { .imr_multiaddr.s_addr = inet_addr("224.1.1.1"), .imr_ifindex = f.eth0->ifindex };

	inet()->mc_loop = 1;
	inet()->mc_ttl = 0;
	ipfix_enter(0);
	lock_sock(so->sk);
	ck_assert_int_eq(ip_mc_join_group(so->sk, &imr), 0);
	release_sock(so->sk);
	ipfix_leave();
	netfix_advance(&f.n, 30 * NSEC_PER_SEC);
	ipfix_mark();
	ck_assert_int_eq(send_to("224.1.1.1", 10, 0, NULL), 0);
	ck_assert_uint_eq(f.nsent, 0); /* RFC 1112 6.1 */
	ck_assert_uint_eq(delivered, 1);
	inet()->mc_ttl = 1;
	ipfix_mark();
	ck_assert_int_eq(send_to("224.1.1.1", 10, 0, NULL), 0);
	ck_assert_uint_eq(f.nsent, 1);
	ck_assert_mem_eq(f.sent[0].mac, "\x01\x00\x5e\x01\x01\x01", 6);
	ck_assert_uint_eq(delivered, 2);
	ck_assert_uint_eq(ipfix_ip(OUTMCASTPKTS), 1);
	ck_assert_uint_eq(ipfix_ip(OUTMCASTOCTETS), 30);
	ck_assert_uint_eq(ipfix_ip(INMCASTPKTS), 1);
	inet()->mc_loop = 0;
	ck_assert_int_eq(send_to("224.1.1.1", 10, 0, NULL), 0);
	ck_assert_uint_eq(f.nsent, 2);
	ck_assert_uint_eq(delivered, 2);
}
END_TEST

START_TEST(test_loopback)
{
	ck_assert_int_eq(send_to(A_SELF, 1000, 0, NULL), 0);
	ck_assert_uint_eq(f.nsent, 0);
	ck_assert_uint_eq(delivered, 1);
	ck_assert_uint_eq(got_len, 1000);
	ck_assert_int_eq(send_to("127.0.0.1", 60000, 0, NULL), 0);
	ck_assert_uint_eq(delivered, 2);
	ck_assert_uint_eq(got_len, 60000);
	ck_assert_uint_eq(ipfix_ip(FRAGCREATES), 0);
}
END_TEST

/* --- piece by piece, and what a socket is charged --- */

static int append(const char *daddr, unsigned from, int len, int hdrlen, unsigned flags)
{
	struct iovec iov = { data + from, (size_t)len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct ip_append ap = { ip_generic_getfrag, &m, len, hdrlen, flags | MSG_DONTWAIT };
	struct ipcm_cookie ipc = { .tos = -1, .addr = inet_addr(daddr) };
	struct flowi4 *fl4 = &inet()->cork.fl;
	struct rtable *rt = NULL;
	int err = 0;

	ipfix_enter(0);
	lock_sock(so->sk);
	if (skb_queue_empty(&so->sk->sk_write_queue)) {
		*fl4 = (struct flowi4){ .daddr = inet_addr(daddr), .flowi4_proto = 200 };
		rt = ip_route_output_flow(&f.n.net, fl4, so->sk, &err);
	}
	if (!err)
		err = ip_append_data(so->sk, fl4, &ap, &ipc, &rt);
	if (rt)
		ip_rt_put(rt);
	release_sock(so->sk);
	ipfix_leave();
	return err;
}

static int push(void)
{
	int err;

	ipfix_enter(0);
	lock_sock(so->sk);
	err = ip_push_pending_frames(so->sk, &inet()->cork.fl);
	release_sock(so->sk);
	ipfix_leave();
	return err;
}

static void flush(void)
{
	ipfix_enter(0);
	lock_sock(so->sk);
	ip_flush_pending_frames(so->sk);
	release_sock(so->sk);
	ipfix_leave();
}

START_TEST(test_O3_pieces_make_one_packet)
{
	ck_assert_int_eq(append(A_PEER, 0, 30, 0, MSG_MORE), 0);
	ck_assert_int_eq(append(A_PEER, 30, 31, 0, MSG_MORE), 0);
	ck_assert_int_eq(append(A_PEER, 61, 40, 0, 0), 0);
	ck_assert_uint_eq(f.nsent, 0);
	ck_assert_int_eq(push(), 0);
	ck_assert_uint_eq(f.nsent, 1);
	ck_assert_uint_eq(f.sent[0].len, 121);
	ck_assert_mem_eq(f.sent[0].ip + 20, data, 101);
	ck_assert_int_eq(push(), 0); /* nothing left */
	ck_assert_uint_eq(f.nsent, 1);
}
END_TEST

START_TEST(test_O3_pieces_make_a_large_packet)
{
	unsigned at = 0;

	for (; at < 40000; at += 3333)
		ck_assert_int_eq(append(A_PEER, at, 3333, 0, MSG_MORE), 0);
	ck_assert_int_eq(push(), 0);
	cut_into(at, 1500);
}
END_TEST

START_TEST(test_O3_flush)
{
	ck_assert_int_eq(append(A_PEER, 0, 30, 0, MSG_MORE), 0);
	ck_assert_int_gt(sk_wmem_alloc_get(so->sk), 0);
	flush();
	ck_assert_int_eq(sk_wmem_alloc_get(so->sk), 0);
	ck_assert_int_eq(append(A_PEER, 0, 65500, 0, MSG_MORE), 0);
	ck_assert_int_eq(append(A_PEER, 0, 100, 0, MSG_MORE), -EMSGSIZE);
	ck_assert_int_eq(push(), 0);
	ck_assert_uint_eq(ipfix_ip(OUTREQUESTS), 1);
}
END_TEST

/* O5: the sum of the payload, whatever the pieces' lengths */
START_TEST(test_O5_checksum_of_odd_pieces)
{
	static const int cuts[] = { 1, 3, 2, 7, 100, 501, 0, 1 };
	struct sk_buff *skb;
	unsigned at = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(cuts); i++) {
		ck_assert_int_eq(append(A_PEER, at, cuts[i], 0, MSG_MORE), 0);
		at += (unsigned)cuts[i];
	}
	skb = skb_peek(&so->sk->sk_write_queue);
	ck_assert_int_eq(csum_fold(skb->csum), ip_compute_csum(data, (int)at));
	flush();
}
END_TEST

START_TEST(test_O4_charge_is_that_of_linux)
{
	unsigned full = skb_truesize(1500 + 16 + 15), last = skb_truesize(20 + 1000 + 16 + 15);

	ck_assert_int_eq(append(A_PEER, 0, 1000, 8, 0), 0);
	ck_assert_int_eq(sk_wmem_alloc_get(so->sk), (int)last);
	flush();
	ck_assert_int_eq(append(A_PEER, 0, 1480 * 4 + 1000, 8, 0), 0);
	ck_assert_int_eq(sk_wmem_alloc_get(so->sk), (int)(4 * full + last));
	flush();
	ck_assert_int_eq(append(A_PEER, 0, 10, 8, MSG_MORE), 0); /* a buffer that more may come into */
	ck_assert_int_eq(sk_wmem_alloc_get(so->sk), (int)full);
	ck_assert_int_eq(append(A_PEER, 0, 1000, 8, MSG_MORE), 0);
	ck_assert_int_eq(sk_wmem_alloc_get(so->sk), (int)full);
	ck_assert_int_eq(append(A_PEER, 0, 1000, 8, MSG_MORE), 0);
	ck_assert_int_eq(sk_wmem_alloc_get(so->sk), (int)(2 * full));
	flush();
	ck_assert_int_eq(sk_wmem_alloc_get(so->sk), 0);
}
END_TEST

START_TEST(test_O4_send_buffer)
{
	so->sk->sk_sndbuf = 4608;
	ck_assert_int_eq(append(A_PEER, 0, 20000, 8, 0), -ENOBUFS); /* more buffers than twice the send buffer */
	ck_assert_int_eq(sk_wmem_alloc_get(so->sk), 0);
	flush();
	ck_assert_uint_eq(ipfix_ip(OUTDISCARDS), 1);
	ck_assert_int_eq(append(A_PEER, 0, 3000, 8, 0), 0);
	ck_assert_int_eq(append(A_PEER, 0, 20000, 8, 0), -ENOBUFS);
	ck_assert_int_eq(send_to(A_PEER, 10, 8, NULL), -EAGAIN); /* the first buffer waits for room */
	ck_assert_int_eq(push(), 0);
	ck_assert_int_eq(send_to(A_PEER, 10, 8, NULL), 0);
}
END_TEST

static int bad_getfrag(void *from, char *to, int offset, int len, int odd, struct sk_buff *skb)
{
	(void)from;
	(void)to;
	(void)offset;
	(void)len;
	(void)odd;
	(void)skb;
	return -1;
}

START_TEST(test_O5_bad_memory)
{
	struct ip_append ap = { bad_getfrag, NULL, 100, 8, MSG_DONTWAIT };
	struct ipcm_cookie ipc = { .tos = -1 };
	struct flowi4 fl4 = { .daddr = inet_addr(A_PEER), .flowi4_proto = 200 };
	struct rtable *rt;
	int err;

	ipfix_enter(0);
	rt = ip_route_output_flow(&f.n.net, &fl4, so->sk, &err);
	ck_assert_ptr_null(ip_make_skb(so->sk, &fl4, &ap, &ipc, &rt, &err));
	ck_assert_int_eq(err, -EFAULT);
	ck_assert_ptr_null(rt); /* it was taken over, and given back */
	ck_assert_ptr_null(ip_make_skb(so->sk, &fl4, &ap, &ipc, &rt, &err));
	ck_assert_int_eq(err, -EFAULT); /* no route */
	ipfix_leave();
	ck_assert_int_eq(sk_wmem_alloc_get(so->sk), 0);
	ck_assert_uint_eq(ipfix_ip(OUTDISCARDS), 1);
}
END_TEST

START_TEST(test_build_and_send)
{
	struct flowi4 fl4 = { .daddr = inet_addr(A_PEER), .flowi4_proto = 200 };
	struct sk_buff *skb;
	struct rtable *rt;
	int err;

	ipfix_enter(0);
	for (unsigned i = 0; i < 2; i++) {
		rt = ip_route_output_flow(&f.n.net, &fl4, so->sk, &err);
		skb = alloc_skb(&f.n.net, 300);
		skb_reserve(skb, 100);
		memcpy(skb_put(skb, i ? 150 : 40), data, i ? 150 : 40);
		skb_dst_set(skb, &rt->dst);
		inet()->pmtudisc = IP_PMTUDISC_DONT;
		ck_assert_int_eq(ip_build_and_send_pkt(skb, so->sk, fl4.saddr, fl4.daddr, NULL), 0);
	}
	ipfix_leave();
	ck_assert_uint_eq(f.nsent, 2);
	ck_assert_int_eq(ipfix_iph(f.sent[0].ip)->frag_off, htons(IP_DF)); /* no router cuts 60 bytes */
	ck_assert_int_eq(ipfix_iph(f.sent[0].ip)->id, 0);
	ck_assert_int_eq(ipfix_iph(f.sent[1].ip)->frag_off, 0);
	ck_assert_mem_eq(f.sent[1].ip + 20, data, 150);
}
END_TEST

static bool sweep_one(unsigned long nth, bool *ret_hit)
{
	static const unsigned char rr[12] = { 7, 11, 4 };
	struct ip_options_rcu *opt = NULL;
	int err;

	ipfix_mark();
	ck_assert_int_eq(ip_options_get(&f.n.net, &opt, rr, 11), 0);
	kmem_fail_nth(&f.n.net.m.kmem, nth, NULL);
	err = send_to(A_PEER, 5000, 8, opt);
	*ret_hit = kmem_fault_hit(&f.n.net.m.kmem);
	kmem_fail_nth(&f.n.net.m.kmem, 0, NULL);
	kfree_ip_options(&f.n.net, opt);
	netfix_settle(&f.n);
	netfix_balanced(&f.n);
	ck_assert_int_eq(sk_wmem_alloc_get(so->sk), 0);
	if (f.nsent == 4)
		ck_assert_int_eq(err, 0);
	else if (ipfix_ip(OUTREQUESTS))
		ck_assert_uint_eq(ipfix_ip(FRAGFAILS), 1);
	return f.nsent == 4;
}

START_TEST(test_fail_nth)
{
	ck_assert_uint_gt(faulty_sweep(sweep_one), 8);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_O6_O8_O9_one_packet, test_ttl_of_socket_and_groups, test_O9_datagrams_above_the_mtu, test_exactly_the_mtu_is_whole,
		test_larger_than_ip_is_refused, test_O4_pmtudisc, test_O6_ids_differ_by_peer_and_packet, test_options_are_sent,
		test_J4_hooks, test_broadcast_comes_back, test_multicast_loop_and_ttl, test_loopback, test_O3_pieces_make_one_packet,
		test_O3_pieces_make_a_large_packet, test_O3_flush, test_O5_checksum_of_odd_pieces, test_O4_charge_is_that_of_linux,
		test_O4_send_buffer, test_O5_bad_memory, test_build_and_send, test_fail_nth, NULL,
	};

	return suite_of("ip_output", begin, end, tests);
}
