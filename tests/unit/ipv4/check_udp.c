/* SPDX-License-Identifier: MIT */
/*
 * check_udp.c: a datagram from IP to the socket: validation, look-up, queue, backlog, groups,
 * errors.
 */
#include "support/sockfix.h"

#include <linux/filter.h>

static unsigned char pkt[65536], msg[65536], buf[65536];

/* Hand one datagram in while the caller is inside the vCPU: nothing else runs. */
static void rx_inside(unsigned len, const char *data)
{
	unsigned n = sock_udp_msg(msg, A_PEER, 4000, A_SELF, 5000, data, len);
	struct sk_buff *skb;

	n = ipfix_pkt(pkt, A_PEER, A_SELF, IPPROTO_UDP, msg, n);
	local_bh_disable();
	skb = ipfix_skb(f.eth0, pkt, n, PACKET_HOST);
	if (skb)
		netif_receive_skb(skb);
	local_bh_enable();
}

/* What one queued datagram of @len bytes is charged */
static unsigned charge(struct socket *s, unsigned len)
{
	unsigned t;

	sock_rx(len);
	t = sock_rmem(s);
	ck_assert_uint_eq(sock_drain(s), 1);
	ipfix_mark();
	return t;
}

START_TEST(test_K1_good)
{
	struct socket *s = sock_udp("0.0.0.0", 5000);
	struct sockaddr_in from;
	socklen_t len = sizeof(from);

	sock_rx(100);
	udp_moved(-1);
	ck_assert_int_eq(
		IN_VCPU(sock_recvfrom(s, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len)),
		100);
	ck_assert_uint_eq(len, sizeof(from));
	ck_assert_uint_eq(from.sin_addr.s_addr, inet_addr(A_PEER));
	ck_assert_uint_eq(ntohs(from.sin_port), 4000);
	ck_assert_uint_eq(buf[99], 99);
	udp_moved(UDP_MIB_INDATAGRAMS, 1);
	ck_assert_uint_eq(sock_rmem(s), 0);
	sock_close(s);
}
END_TEST

/*
 * A datagram of @len payload bytes whose UDP header was changed by @change; the checksum made again
 * if @sum.
 */
static void rx_changed(unsigned len, void (*change)(struct udphdr *), bool sum)
{
	unsigned n = sock_udp_msg(msg, A_PEER, 4000, A_SELF, 5000, NULL, len);
	struct udphdr *uh = (struct udphdr *)(void *)msg;

	change(uh);
	if (sum) {
		uh->check = 0;
		uh->check = csum_tcpudp_magic(inet_addr(A_PEER), inet_addr(A_SELF), ntohs(uh->len),
					      IPPROTO_UDP, csum_partial(msg, ntohs(uh->len), 0));
	}
	ipfix_rx(f.eth0, pkt, ipfix_pkt(pkt, A_PEER, A_SELF, IPPROTO_UDP, msg, n));
}

static void len_7(struct udphdr *uh)
{
	uh->len = htons(7);
}

static void len_more(struct udphdr *uh)
{
	uh->len = htons((uint16_t)(ntohs(uh->len) + 1));
}

static void len_less(struct udphdr *uh)
{
	uh->len = htons((uint16_t)(ntohs(uh->len) - 4));
}

static void no_sum(struct udphdr *uh)
{
	uh->check = 0;
}

static void flip(struct udphdr *uh)
{
	((unsigned char *)uh)[8] ^= 1;
}

START_TEST(test_K1_lengths)
{
	struct socket *s = sock_udp("0.0.0.0", 5000);

	rx_changed(10, len_7, false);
	udp_moved(UDP_MIB_INERRORS, 1);
	rx_changed(10, len_more, false);
	udp_moved(UDP_MIB_INERRORS, 2);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_UDP_TOO_SMALL), 2);
	/* shorter than a header */
	ipfix_rx(f.eth0, pkt, ipfix_pkt(pkt, A_PEER, A_SELF, IPPROTO_UDP, msg, 7));
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_UDP_TOO_SMALL), 3);
	ck_assert_uint_eq(sock_rmem(s), 0);
	/* padding behind the datagram is cut off */
	rx_changed(10, len_less, true);
	ck_assert_int_eq(sock_recv(s, buf, sizeof(buf), 0), 6);
	/* a datagram without bytes is one */
	sock_rx(0);
	ck_assert_int_eq(sock_recv(s, buf, sizeof(buf), 0), 0);
	ck_assert_int_eq(sock_recv(s, buf, sizeof(buf), 0), -EAGAIN);
	ck_assert_uint_eq(f.nsent, 0);
	sock_close(s);
}
END_TEST

START_TEST(test_K5_checksum)
{
	struct socket *s = sock_udp("0.0.0.0", 5000);

	rx_changed(10, no_sum, false); /* none: accepted */
	ck_assert_int_eq(sock_recv(s, buf, sizeof(buf), 0), 10);
	ipfix_mark();
	rx_changed(10, flip, false);
	udp_moved(UDP_MIB_INERRORS, 1, UDP_MIB_CSUMERRORS, 1);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_UDP_CSUM), 1);
	ck_assert_uint_eq(sock_drops(s), 0); /* no socket was looked for */
	ck_assert_uint_eq(sock_rmem(s), 0);
	/* a longer one is verified by its reader: a whole read, a cut one, a peek, and poll */
	for (unsigned i = 0; i < 4; i++) {
		ipfix_mark();
		rx_changed(200, flip, false);
		udp_moved(-1);
		ck_assert_uint_gt(sock_rmem(s), 0);
		if (i == 3)
			ck_assert_uint_eq(IN_VCPU(sock_poll(s)) & 1 /* POLLIN */, 0);
		ck_assert_int_eq(sock_recv(s, buf, i == 1 ? 50 : 500, i == 2 ? MSG_PEEK : 0),
				 -EAGAIN);
		udp_moved(UDP_MIB_INERRORS, 1, UDP_MIB_CSUMERRORS, 1);
		ck_assert_uint_eq(sock_drops(s), i + 1);
		ck_assert_uint_eq(sock_rmem(s), 0);
		ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_UDP_CSUM_READ), 1);
	}
	/* a sum that comes out as 0 is written as 0xffff and is right */
	{
		uint16_t zero = 0;
		unsigned n = sock_udp_msg(msg, A_PEER, 4000, A_SELF, 5000, &zero, 2);
		struct udphdr *uh = (struct udphdr *)(void *)msg;

		memcpy(msg + 8, &uh->check, 2);
		ipfix_mark();
		uh->check = 0xffff;
		ipfix_rx(f.eth0, pkt, ipfix_pkt(pkt, A_PEER, A_SELF, IPPROTO_UDP, msg, n));
		udp_moved(-1);
		ck_assert_int_eq(sock_recv(s, buf, sizeof(buf), 0), 2);
	}
	sock_close(s);
}
END_TEST

START_TEST(test_K4_no_socket)
{
	const unsigned char *icmp;

	sock_rx(20);
	udp_moved(UDP_MIB_NOPORTS, 1);
	ck_assert_uint_eq(f.nsent, 1);
	icmp = ipfix_sent_icmp(0, A_SELF, A_PEER, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH);
	ck_assert_int_eq(memcmp(icmp + 8, pkt, 0), 0);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_NO_SOCKET), 1);
	/* broken, and long enough that only the end finds it */
	ipfix_mark();
	rx_changed(200, flip, false);
	udp_moved(UDP_MIB_INERRORS, 1, UDP_MIB_CSUMERRORS, 1);
	ck_assert_uint_eq(f.nsent, 0);
	/* nobody's broadcast and group datagrams are no errors and get no answer */
	ipfix_mark();
	sock_udp_rx(f.eth0, A_PEER, 4000, "192.168.1.255", 5000, NULL, 10);
	sock_udp_rx(f.eth0, A_PEER, 4000, "224.0.0.1", 5000, NULL, 10);
	udp_moved(UDP_MIB_IGNOREDMULTI, 2);
	ck_assert_uint_eq(f.nsent, 0);
}
END_TEST

START_TEST(test_K8_one_above_the_limit)
{
	struct socket *s = sock_udp("0.0.0.0", 5000);
	unsigned t = charge(s, 100);

	ck_assert_uint_gt(t, 500);
	/*
	 * at 2t the third is refused by its queue, at 2t + 1 it is taken and the fourth refused
	 * before
	 */
	s->sk->sk_rcvbuf = (int)(2 * t);
	for (unsigned i = 0; i < 3; i++)
		sock_rx(100);
	ck_assert_uint_eq(sock_rmem(s), 2 * t);
	udp_moved(UDP_MIB_RCVBUFERRORS, 1, UDP_MIB_INERRORS, 1);
	ck_assert_uint_eq(sock_drain(s), 2);
	ck_assert_uint_eq(sock_rmem(s), 0);
	s->sk->sk_rcvbuf = (int)(2 * t + 1);
	ipfix_mark();
	for (unsigned i = 0; i < 5; i++)
		sock_rx(100);
	ck_assert_uint_eq(sock_rmem(s), 3 * t);
	/* K9 */
	udp_moved(UDP_MIB_RCVBUFERRORS, 2, UDP_MIB_INERRORS, 2);
	ck_assert_uint_eq(sock_drops(s), 3);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_SOCKET_RCVBUFF), 2);
	ck_assert_uint_eq(sock_drain(s), 3);
	sock_close(s);
}
END_TEST

START_TEST(test_K10_backlog)
{
	struct socket *s = sock_udp("0.0.0.0", 5000);
	unsigned t = charge(s, 1);

	ipfix_enter(0);
	lock_sock(s->sk);
	for (char c = 'a'; c < 'f'; c++)
		rx_inside(1, &c);
	ck_assert_uint_eq((unsigned)s->sk->sk_backlog.len, 5 * t);
	ck_assert_uint_eq(sock_rmem(s), 0);
	ck_assert_uint_eq(netfix_held(&f.n, HELD_SOCKET_BACKLOG), 5);
	release_sock(s->sk);
	ck_assert_int_eq(s->sk->sk_backlog.len, 0);
	ck_assert_uint_eq(sock_rmem(s), 5 * t);
	ipfix_leave();
	ck_assert_uint_eq(netfix_held(&f.n, HELD_SOCKET_BACKLOG), 0);
	for (char c = 'a'; c < 'f'; c++) {
		ck_assert_int_eq(sock_recv(s, buf, sizeof(buf), 0), 1);
		ck_assert_int_eq(buf[0], c);
	}
	/* the backlog counts towards the buffer: a full one drops */
	ipfix_mark();
	s->sk->sk_rcvbuf = (int)(2 * t);
	ipfix_enter(0);
	lock_sock(s->sk);
	for (unsigned i = 0; i < 5; i++)
		rx_inside(1, "x");
	ck_assert_uint_eq((unsigned)s->sk->sk_backlog.len, 3 * t);
	release_sock(s->sk);
	ipfix_leave();
	/* two refused at the door; of the three in the backlog the queue takes two */
	udp_moved(UDP_MIB_RCVBUFERRORS, 3, UDP_MIB_INERRORS, 3);
	ck_assert_uint_eq(sock_drops(s), 3);
	ck_assert_uint_eq(sock_drain(s), 2);
	/* a close with the lock just given back finds nothing left */
	ipfix_enter(0);
	lock_sock(s->sk);
	rx_inside(1, "x");
	release_sock(s->sk);
	ipfix_leave();
	sock_close(s);
}
END_TEST

static const struct sock_filter refuse[] = { { 0x06, 0, 0, 0 } }, first_8[] = { { 0x06, 0, 0, 8 } };

static void attach(struct socket *s, const struct sock_filter *prog)
{
	struct sock_fprog fprog = { .len = 1, .filter = (struct sock_filter *)(uintptr_t)prog };

	ck_assert_int_eq(sock_set(s, SOL_SOCKET, SO_ATTACH_FILTER, &fprog, sizeof(fprog)), 0);
}

START_TEST(test_K12_L6_filter)
{
	struct socket *s = sock_udp("0.0.0.0", 5000);

	attach(s, refuse);
	sock_rx(10);
	udp_moved(UDP_MIB_INERRORS, 1);
	ck_assert_uint_eq(sock_drops(s), 1);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_SOCKET_FILTER), 1);
	/* K6: with a filter the checksum is verified before */
	ipfix_mark();
	rx_changed(200, flip, false);
	udp_moved(UDP_MIB_INERRORS, 1, UDP_MIB_CSUMERRORS, 1);
	ck_assert_uint_eq(sock_drops(s), 2);
	/* a filter may cut, to the header at most */
	attach(s, first_8);
	sock_rx(10);
	ck_assert_int_eq(sock_recv(s, buf, sizeof(buf), 0), 0);
	sock_close(s);
}
END_TEST

START_TEST(test_K11_L5_protocol_memory)
{
	struct socket *s = sock_udp("0.0.0.0", 5000);
	unsigned t = charge(s, 100), fit = 4096 / t;

	ipfix_sysctl("net.ipv4.udp_rmem_min", "1");
	ipfix_sysctl("net.ipv4.udp_mem", "1 1 1");
	for (unsigned i = 0; i < fit + 3; i++)
		sock_rx(100);
	ck_assert_uint_eq(sock_rmem(s), fit * t);
	ck_assert_int_eq(f.n.net.ipv4->udp_memory_allocated, 1);
	/* ENOBUFS: InErrors moves, RcvbufErrors does not */
	udp_moved(UDP_MIB_INERRORS, 3, UDP_MIB_MEMERRORS, 3);
	ck_assert_uint_eq(sock_drops(s), 3);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_PROTO_MEM), 3);
	ck_assert_uint_eq(sock_drain(s), fit);
	sock_close(s);
	netfix_settle(&f.n);
	ck_assert_int_eq(f.n.net.ipv4->udp_memory_allocated, 0);
}
END_TEST

START_TEST(test_K14_random)
{
	static const unsigned lens[] = { 0, 1, 50, 76, 77, 200, 1400 };
	struct socket *s[4];
	struct rng r;
	unsigned sent = 0, read = 0, queued;

	rng_seed(&r, 14);
	for (unsigned i = 0; i < 4; i++) {
		s[i] = sock_udp(i & 1 ? A_SELF : "0.0.0.0", 5000 + i / 2);
		s[i]->sk->sk_rcvbuf = 4000;
	}
	attach(s[3], refuse);
	for (unsigned i = 0; i < 3000; i++) {
		unsigned len = lens[rng_below(&r, ARRAY_SIZE(lens))],
			 port = 5000 + rng_below(&r, 3);
		unsigned n = sock_udp_msg(msg, A_PEER, 4000, A_SELF, port, NULL, len);

		if (!rng_below(&r, 4))
			msg[rng_below(&r, n)] ^= (unsigned char)(1 << rng_below(&r, 8));
		ipfix_rx(f.eth0, pkt, ipfix_pkt(pkt, A_PEER, A_SELF, IPPROTO_UDP, msg, n));
		sent++;
		f.nsent = 0;
		if (!rng_below(&r, 3))
			read += sock_recv(s[rng_below(&r, 4)], buf, sizeof(buf), 0) >= 0;
		udp_invariants();
	}
	queued = skb_queue_len(&s[0]->sk->sk_receive_queue) +
		 skb_queue_len(&s[1]->sk->sk_receive_queue) +
		 skb_queue_len(&s[2]->sk->sk_receive_queue) +
		 skb_queue_len(&s[3]->sk->sk_receive_queue);
	ck_assert_uint_eq(udp_mib(INDATAGRAMS), read);
	/* each is in one place: read, refused, without a port, or waiting */
	ck_assert_uint_eq(udp_mib(INDATAGRAMS) + udp_mib(INERRORS) + udp_mib(NOPORTS) + queued,
			  sent);
	ck_assert_uint_gt(udp_mib(INDATAGRAMS), 100);
	ck_assert_uint_gt(udp_mib(RCVBUFERRORS), 100);
	ck_assert_uint_gt(udp_mib(CSUMERRORS), 100);
	netfix_balanced(&f.n);
	for (unsigned i = 0; i < 4; i++)
		sock_close(s[i]);
}
END_TEST

START_TEST(test_K15_drops_end_with_the_socket)
{
	struct socket *s = sock_udp("0.0.0.0", 5000);

	s->sk->sk_rcvbuf = 1;
	sock_rx(10);
	sock_rx(10);
	ck_assert_uint_eq(sock_drops(s), 1);
	ck_assert_ptr_nonnull(strstr(netfix_cat(&f.n, "/proc/net/udp"), " 0000000000000000 1 "));
	sock_close(s);
	s = sock_udp("0.0.0.0", 5000);
	ck_assert_uint_eq(sock_drops(s), 0);
	ck_assert_ptr_nonnull(strstr(netfix_cat(&f.n, "/proc/net/udp"), " 0000000000000000 0 "));
	ck_assert_uint_eq(udp_mib(RCVBUFERRORS), 1);
	sock_close(s);
}
END_TEST

START_TEST(test_K2_J6_J7_early_demux)
{
	struct socket *s = sock_udp(A_SELF, 5000);
	struct dst_entry *first;

	ck_assert_int_eq(sock_connect_to(s, A_PEER, 4000), 0);
	sock_rx(10);
	first = s->sk->sk_rx_dst;
	ck_assert_ptr_nonnull(first); /* found by early demux, and its route kept */
	sock_rx(10);
	ck_assert_ptr_eq(s->sk->sk_rx_dst, first);
	ck_assert_uint_eq(sock_drain(s), 2);
	/* routes changed: the kept one is no longer good, and replaced */
	rt_cache_flush(&f.n.net);
	sock_rx(10);
	ck_assert_ptr_nonnull(s->sk->sk_rx_dst);
	ck_assert_uint_eq(sock_drain(s), 1);
	sock_close(s);
	/* off: nobody looks before routing */
	ipfix_sysctl("net.ipv4.udp_early_demux", "0");
	s = sock_udp(A_SELF, 5000);
	ck_assert_int_eq(sock_connect_to(s, A_PEER, 4000), 0);
	sock_rx(10);
	ck_assert_ptr_null(s->sk->sk_rx_dst);
	ck_assert_uint_eq(sock_drain(s), 1);
	sock_close(s);
	ipfix_sysctl("net.ipv4.udp_early_demux", "1");
	ipfix_sysctl("net.ipv4.ip_early_demux", "0");
	s = sock_udp(A_SELF, 5000);
	ck_assert_int_eq(sock_connect_to(s, A_PEER, 4000), 0);
	sock_rx(10);
	ck_assert_ptr_null(s->sk->sk_rx_dst);
	ck_assert_uint_eq(sock_drain(s), 1);
	sock_close(s);
}
END_TEST

/* Another vCPU found the socket, and comes to its queue when it is closed already. */
START_TEST(test_K10_closed_meanwhile)
{
	struct socket *s = sock_udp("0.0.0.0", 5000);
	struct sock *sk = s->sk;
	unsigned n = sock_udp_msg(msg, A_PEER, 4000, A_SELF, 5000, NULL, 10);
	struct sk_buff *skb;

	sock_rx(10);
	ipfix_mark();
	n = ipfix_pkt(pkt, A_PEER, A_SELF, IPPROTO_UDP, msg, n);
	ipfix_enter(0);
	local_bh_disable();
	skb = ipfix_skb(f.eth0, pkt, n, PACKET_HOST);
	ck_assert_ptr_nonnull(skb);
	*IPCB(skb) = (struct inet_skb_parm){ 0 };
	skb_set_transport_header(skb, 20);
	skb_pull(skb, 20);
	sock_release(s); /* what waited is purged */
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_SOCKET_CLOSE), 1);
	ck_assert_int_eq(udp_queue_rcv_skb(sk, skb), -1);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_SOCKET_CLOSE), 2);
	local_bh_enable();
	ipfix_leave();
	udp_moved(-1);
}
END_TEST

START_TEST(test_L8_one_reader_wakes)
{
	struct socket *s = sock_udp("0.0.0.0", 5000);
	struct task t[2];
	wait_queue_t w[2];
	struct vcpu *v = f.n.net.m.cpu[0];

	for (unsigned i = 0; i < 2; i++) {
		task_init(&t[i], "reader", (int)i + 1, false);
		vcpu_enter(v, &t[i]);
		init_wait_func(&w[i], autoremove_wake_function);
		prepare_to_wait_exclusive(&s->sk->sk_wq, &w[i], TASK_INTERRUPTIBLE);
		vcpu_leave(v);
	}
	sock_rx(10);
	ck_assert_uint_eq(t[0].nr_wakes, 1);
	ck_assert_uint_eq(t[1].nr_wakes, 0);
	sock_rx(10);
	ck_assert_uint_eq(t[1].nr_wakes, 1);
	for (unsigned i = 0; i < 2; i++) {
		vcpu_enter(v, &t[i]);
		finish_wait(&s->sk->sk_wq, &w[i]);
		vcpu_leave(v);
	}
	sock_close(s);
}
END_TEST

/* --- groups --- */

static void rx_group(void)
{
	sock_udp_rx(f.eth0, A_PEER, 4000, GROUP, 14506, "group", 5);
}

START_TEST(test_M1_M6_three_sockets)
{
	struct in_addr from = { inet_addr(A_SELF) };
	struct socket *s[4];
	uint64_t frames;

	for (unsigned i = 0; i < 3; i++) {
		s[i] = sock_udp(GROUP, 14506);
		ck_assert_int_eq(sock_join(s[i], GROUP, f.eth0), 0);
	}
	/* joined on the other interface, and wants only what it joined */
	s[3] = sock_udp("0.0.0.0", 14506);
	ck_assert_int_eq(sock_set_int(s[3], SOL_IP, IP_MULTICAST_ALL, 0), 0);
	ck_assert_int_eq(sock_join(s[3], GROUP, f.eth1), 0);
	netfix_advance(&f.n, 30 * NSEC_PER_SEC);
	ipfix_mark();
	frames = netfix_ledger(&f.n, LEDGER_FRAME, VERDICT_DELIVERED);
	rx_group();
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_int_eq(sock_recv(s[i], buf, sizeof(buf), 0), 5);
		ck_assert_int_eq(sock_recv(s[i], buf, sizeof(buf), 0), -EAGAIN);
	}
	ck_assert_int_eq(sock_recv(s[3], buf, sizeof(buf), 0), -EAGAIN);
	udp_moved(UDP_MIB_INDATAGRAMS, 3);
	/* the frame was delivered once, the rest are copies */
	ck_assert_uint_eq(netfix_ledger(&f.n, LEDGER_FRAME, VERDICT_DELIVERED), frames + 1);
	ck_assert_uint_eq(ipfix_ip(INMCASTPKTS), 1);
	ck_assert_uint_eq(ipfix_ip(INMCASTOCTETS), 33);
	netfix_balanced(&f.n);
	/* M5 */
	ck_assert_ptr_nonnull(
		strstr(netfix_cat(&f.n, "/proc/net/udp"), " 4104C1EF:38AA 00000000:0000 07 "));
	/* M6, sending */
	ipfix_mark();
	/* no route, no interface chosen */
	ck_assert_int_eq(sock_send(s[0], "hello", 5, GROUP, 9), -ENETUNREACH);
	ck_assert_int_eq(sock_set(s[0], SOL_IP, IP_MULTICAST_IF, &from, sizeof(from)), 0);
	ck_assert_int_eq(sock_send(s[0], "hello", 5, GROUP, 9), 5);
	ck_assert_uint_eq(ipfix_ip(OUTMCASTPKTS), 1);
	ck_assert_uint_eq(ipfix_ip(OUTMCASTOCTETS), 33);
	for (unsigned i = 0; i < 4; i++)
		sock_close(s[i]);
}
END_TEST

static unsigned under_lock(void)
{
	return (unsigned)(ipfix_now()->udp_flush_under_lock - f.base.udp_flush_under_lock);
}

/* @n sockets of the group, every third of @full of them without room */
static void many(unsigned n, unsigned full, unsigned flushes)
{
	struct socket *s[64];
	unsigned got = 0, refused = 0;

	for (unsigned i = 0; i < n; i++) {
		s[i] = sock_udp("0.0.0.0", 14506);
		if (full && i % 3 == 0) {
			s[i]->sk->sk_rcvbuf = 0;
			refused++;
		}
	}
	ck_assert_int_eq(sock_join(s[0], GROUP, f.eth0), 0);
	netfix_advance(&f.n, 30 * NSEC_PER_SEC);
	ipfix_mark();
	rx_group();
	netfix_balanced(&f.n);
	ck_assert_uint_eq(under_lock(), flushes);
	for (unsigned i = 0; i < n; i++)
		got += sock_drain(s[i]);
	ck_assert_uint_eq(got, n - refused);
	ck_assert_uint_eq(udp_mib(RCVBUFERRORS), refused);
	ck_assert_uint_eq(udp_mib(INERRORS), refused);
	ck_assert_uint_eq(udp_mib(INDATAGRAMS), n - refused);
	for (unsigned i = 0; i < n; i++)
		sock_close(s[i]);
	netfix_balanced(&f.n);
}

START_TEST(test_M2_flush_under_lock)
{
	many(3, 0, 0);
	many(32, 0, 0);
	many(33, 0, 1);
	many(64, 0, 1);
	many(3, 1, 0);
	many(32, 1, 0);
	many(33, 1, 1);
	many(1, 1, 0);
}
END_TEST

START_TEST(test_M3_clone_fails)
{
	struct socket *s[3];

	for (unsigned i = 0; i < 3; i++) {
		s[i] = sock_udp("0.0.0.0", 14506);
		ck_assert_int_eq(sock_join(s[i], GROUP, f.eth0), 0);
	}
	netfix_advance(&f.n, 30 * NSEC_PER_SEC);
	for (unsigned nth = 2; nth < 4; nth++) { /* the first descriptor is the frame's own */
		unsigned got = 0, drops = 0;

		ipfix_mark();
		kmem_fail_nth(&f.n.net.m.kmem, nth, "skbuff_head_cache");
		rx_group();
		ck_assert(kmem_fault_hit(&f.n.net.m.kmem));
		for (unsigned i = 0; i < 3; i++) {
			drops += sock_drops(s[i]);
			got += sock_drain(s[i]);
		}
		ck_assert_uint_eq(got, 2);
		ck_assert_uint_eq(drops, nth - 1);
		udp_moved(UDP_MIB_INDATAGRAMS, 2, UDP_MIB_RCVBUFERRORS, 1, UDP_MIB_INERRORS, 1);
		netfix_balanced(&f.n);
	}
	for (unsigned i = 0; i < 3; i++)
		sock_close(s[i]);
}
END_TEST

START_TEST(test_M4_broadcast_to_all)
{
	struct socket *s[2] = { sock_udp("0.0.0.0", 5000), sock_udp("192.168.1.255", 5000) };
	struct socket *other = sock_udp(A_SELF, 5000);

	sock_udp_rx(f.eth0, A_PEER, 4000, "192.168.1.255", 5000, NULL, 10);
	ck_assert_uint_eq(sock_drain(s[0]), 1);
	ck_assert_uint_eq(sock_drain(s[1]), 1);
	ck_assert_uint_eq(sock_drain(other), 0); /* bound to the host's own address */
	sock_close(s[0]);
	sock_close(s[1]);
	sock_close(other);
}
END_TEST

/* --- ICMP errors --- */

/* An error about a datagram that we sent from port 5000 to the peer's port 4000 */
static void rx_error(int type, int code, uint32_t info)
{
	unsigned n = sock_udp_msg(msg, A_SELF, 5000, A_PEER, 4000, NULL, 20);

	n = ipfix_pkt(pkt, A_SELF, A_PEER, IPPROTO_UDP, msg, n);
	memcpy(msg, pkt, n);
	n = ipfix_icmp(buf, type, code, info, msg, 8 + n);
	ipfix_rx(f.eth0, pkt, ipfix_pkt(pkt, A_PEER, A_SELF, IPPROTO_ICMP, buf, n));
}

START_TEST(test_errors)
{
	struct socket *s = sock_udp(A_SELF, 5000);

	rx_error(ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0); /* not connected, did not ask: nothing */
	ck_assert_int_eq(s->sk->sk_err, 0);
	ck_assert_int_eq(sock_connect_to(s, A_PEER, 4000), 0);
	rx_error(ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
	ck_assert_int_eq(sock_recv(s, buf, sizeof(buf), 0), -ECONNREFUSED);
	ck_assert_int_eq(sock_recv(s, buf, sizeof(buf), 0), -EAGAIN);
	rx_error(ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0); /* soft */
	rx_error(ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, 0);
	rx_error(ICMP_SOURCE_QUENCH, 0, 0);
	ck_assert_int_eq(s->sk->sk_err, 0);
	rx_error(ICMP_PARAMETERPROB, 0, 0);
	ck_assert_int_eq(sock_get_int(s, SOL_SOCKET, SO_ERROR), EPROTO);
	rx_error(ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 1000);
	ck_assert_int_eq(sock_get_int(s, SOL_SOCKET, SO_ERROR), EMSGSIZE);
	/* nobody's */
	sock_close(s);
	ipfix_mark();
	rx_error(ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
	ck_assert_uint_eq(ipfix_icmp_mib(INERRORS), 1);
}
END_TEST

START_TEST(test_udplite_K6)
{
	struct socket *s = sock_new(SOCK_DGRAM, IPPROTO_UDPLITE);
	struct udphdr *uh = (struct udphdr *)(void *)msg;
	unsigned n;

	ck_assert_int_eq(sock_bind_to(s, "0.0.0.0", 5000), 0);
	for (unsigned i = 0; i < 5; i++) {
		/* coverage 12 of 28; coverage 7, 29; whole as 0; no checksum */
		static const uint16_t cov[] = { 12, 7, 29, 0, 12 };
		unsigned over = cov[i] == 12 ? 12 : 28;

		sock_udp_msg(msg, A_PEER, 4000, A_SELF, 5000, NULL, 20);
		uh->len = htons(cov[i]);
		uh->check = 0;
		uh->check = csum_tcpudp_magic(inet_addr(A_PEER), inet_addr(A_SELF), 28,
					      IPPROTO_UDPLITE, csum_partial(msg, (int)over, 0));
		if (i == 4)
			uh->check = 0;
		msg[27] ^= i == 0; /* not covered: does not matter */
		n = ipfix_pkt(pkt, A_PEER, A_SELF, IPPROTO_UDPLITE, msg, 28);
		ipfix_mark();
		ipfix_rx(f.eth0, pkt, n);
		ck_assert_int_eq(sock_recv(s, buf, sizeof(buf), 0),
				 i == 0 || i == 3 ? 20 : -EAGAIN);
		ck_assert_uint_eq(udplite_mib(INDATAGRAMS), i == 0 || i == 3);
		ck_assert_uint_eq(udplite_mib(INERRORS), !(i == 0 || i == 3));
		udp_moved(-1);
	}
	/* a reader who wants 20 bytes covered */
	ck_assert_int_eq(sock_set_int(s, IPPROTO_UDPLITE, UDPLITE_RECV_CSCOV, 20), 0);
	ck_assert_int_eq(sock_get_int(s, IPPROTO_UDPLITE, UDPLITE_RECV_CSCOV), 20);
	sock_udp_msg(msg, A_PEER, 4000, A_SELF, 5000, NULL, 20);
	uh->len = htons(12);
	uh->check = 0;
	uh->check = csum_tcpudp_magic(inet_addr(A_PEER), inet_addr(A_SELF), 28, IPPROTO_UDPLITE,
				      csum_partial(msg, 12, 0));
	ipfix_mark();
	ipfix_rx(f.eth0, pkt, ipfix_pkt(pkt, A_PEER, A_SELF, IPPROTO_UDPLITE, msg, 28));
	ck_assert_uint_eq(udplite_mib(INERRORS), 1);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_UDP_COVERAGE), 1);
	ck_assert_uint_eq(sock_drops(s), 1);
	/* sending with coverage 8: header only */
	ck_assert_int_eq(sock_set_int(s, IPPROTO_UDPLITE, UDPLITE_SEND_CSCOV, 3), 0);
	ck_assert_int_eq(sock_get_int(s, IPPROTO_UDPLITE, UDPLITE_SEND_CSCOV), 8);
	ipfix_mark();
	ck_assert_int_eq(sock_send(s, "0123456789", 10, A_PEER, 7), 10);
	ck_assert_uint_eq(f.nsent, 1);
	ck_assert_int_eq(ipfix_iph(f.sent[0].ip)->protocol, IPPROTO_UDPLITE);
	uh = (struct udphdr *)(void *)(f.sent[0].ip + 20);
	ck_assert_uint_eq(ntohs(uh->len), 8);
	ck_assert_uint_eq(csum_tcpudp_magic(inet_addr(A_SELF), inet_addr(A_PEER), 18,
					    IPPROTO_UDPLITE, csum_partial(uh, 8, 0)),
			  0);
	ck_assert_uint_eq(udplite_mib(OUTDATAGRAMS), 1);
	sock_close(s);
}
END_TEST

static struct socket *swept;

static bool sweep_rx(unsigned long nth, bool *ret_hit)
{
	unsigned got;

	ipfix_mark();
	kmem_fail_nth(&f.n.net.m.kmem, nth, NULL);
	rx_group();
	*ret_hit = kmem_fault_hit(&f.n.net.m.kmem);
	kmem_fail_nth(&f.n.net.m.kmem, 0, NULL);
	netfix_balanced(&f.n);
	got = sock_drain(swept);
	return got == 1;
}

START_TEST(test_fail_nth)
{
	struct socket *other = sock_udp("0.0.0.0", 14506);

	swept = sock_udp("0.0.0.0", 14506);
	ck_assert_int_eq(sock_join(swept, GROUP, f.eth0), 0);
	ck_assert_int_eq(sock_join(other, GROUP, f.eth0), 0);
	netfix_advance(&f.n, 30 * NSEC_PER_SEC);
	ck_assert_uint_gt(faulty_sweep(sweep_rx), 2);
	sock_close(swept);
	sock_close(other);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_K1_good,
		test_K1_lengths,
		test_K5_checksum,
		test_K4_no_socket,
		test_K8_one_above_the_limit,
		test_K10_backlog,
		test_K12_L6_filter,
		test_K11_L5_protocol_memory,
		test_K14_random,
		test_K15_drops_end_with_the_socket,
		test_K2_J6_J7_early_demux,
		test_K10_closed_meanwhile,
		test_L8_one_reader_wakes,
		test_M1_M6_three_sockets,
		test_M2_flush_under_lock,
		test_M3_clone_fails,
		test_M4_broadcast_to_all,
		test_errors,
		test_udplite_K6,
		test_fail_nth,
		NULL,
	};

	return suite_of("udp", ipfix_begin, ipfix_end, tests);
}
