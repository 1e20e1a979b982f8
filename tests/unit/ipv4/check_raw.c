/* SPDX-License-Identifier: MIT */
/*
 * check_raw.c: raw sockets: who gets a copy, with and without a header of one's own, errors, router
 * alert.
 */
#include "support/sockfix.h"

#include <linux/filter.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

static unsigned char pkt[65536], msg[65536], buf[65536];

#define SOL_RAW_ 255
#define ICMP_FILTER_ 1

static unsigned echo(int type, unsigned len)
{
	return ipfix_icmp(msg, type, 0, 0x00010002, NULL, len);
}

static void rx_proto(const char *daddr, int proto, unsigned len)
{
	ipfix_rx(f.eth0, pkt, ipfix_pkt(pkt, A_PEER, daddr, proto, NULL, len));
}

START_TEST(test_J10_copies)
{
	struct socket *a = sock_new(SOCK_RAW, 200), *b = sock_new(SOCK_RAW, 200),
		      *other = sock_new(SOCK_RAW, 201);
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	uint64_t copies = netfix_ledger(&f.n, LEDGER_COPY, VERDICT_DELIVERED);

	rx_proto(A_SELF, 200, 30);
	ck_assert_int_eq(
		IN_VCPU(sock_recvfrom(a, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len)), 50);
	ck_assert_int_eq(memcmp(buf, pkt, 50), 0); /* with its header */
	ck_assert_uint_eq(from.sin_addr.s_addr, inet_addr(A_PEER));
	ck_assert_uint_eq(from.sin_port, 0);
	ck_assert_int_eq(sock_recv(b, buf, 10, 0), 10);
	ck_assert_int_eq(sock_recv(other, buf, 10, 0), -EAGAIN);
	ck_assert_uint_eq(netfix_ledger(&f.n, LEDGER_COPY, VERDICT_DELIVERED), copies + 2);
	ck_assert_uint_eq(ipfix_ip(INDELIVERS), 1);
	ck_assert_uint_eq(ipfix_ip(INUNKNOWNPROTOS), 0);
	ck_assert_uint_eq(f.nsent, 0);
	/* bound, connected, to a device */
	ck_assert_int_eq(sock_bind_to(a, A_SELF1, 0), 0);
	ck_assert_int_eq(sock_connect_to(b, A_PEER1, 0), 0);
	ck_assert_int_eq(sock_set(other, SOL_SOCKET, SO_BINDTODEVICE, "eth1", 5), 0);
	rx_proto(A_SELF, 200, 30);
	rx_proto(A_SELF, 201, 30);
	ck_assert_uint_eq(sock_drain(a) + sock_drain(b) + sock_drain(other), 0);
	ck_assert_uint_eq(ipfix_ip(INUNKNOWNPROTOS), 2);
	ck_assert_int_eq(sock_bind_to(other, "9.9.9.9", 0), -EADDRNOTAVAIL);
	ck_assert_int_eq(sock_bind_to(b, A_SELF, 0), -EINVAL); /* connected */
	sock_close(a);
	sock_close(b);
	sock_close(other);
}
END_TEST

START_TEST(test_icmp_filter)
{
	struct socket *s = sock_new(SOCK_RAW, IPPROTO_ICMP), *u = sock_new(SOCK_RAW, IPPROTO_UDP);
	uint32_t filter = ~(1u << ICMP_ECHOREPLY), got = 0;
	socklen_t len = sizeof(got);

	ck_assert_int_eq(sock_set(s, SOL_RAW_, ICMP_FILTER_, &filter, sizeof(filter)), 0);
	ck_assert_int_eq(IN_VCPU(sock_call_getsockopt(s, SOL_RAW_, ICMP_FILTER_, &got, &len)), 0);
	ck_assert_uint_eq(got, filter);
	ck_assert_int_eq(sock_set(u, SOL_RAW_, ICMP_FILTER_, &filter, sizeof(filter)), -EOPNOTSUPP);
	ck_assert_int_eq(sock_set(s, SOL_RAW_, 2, &filter, sizeof(filter)), -ENOPROTOOPT);
	ipfix_rx(f.eth0, pkt,
		 ipfix_pkt(pkt, A_PEER, A_SELF, IPPROTO_ICMP, msg, echo(ICMP_ECHO, 16)));
	ck_assert_uint_eq(sock_drain(s), 0);
	ck_assert_uint_eq(f.nsent, 1); /* ICMP itself answered */
	ipfix_rx(f.eth0, pkt,
		 ipfix_pkt(pkt, A_PEER, A_SELF, IPPROTO_ICMP, msg, echo(ICMP_ECHOREPLY, 16)));
	ck_assert_uint_eq(sock_drain(s), 1);
	sock_close(s);
	sock_close(u);
}
END_TEST

START_TEST(test_refused)
{
	static const struct sock_filter no[] = { { 0x06, 0, 0, 0 } };
	struct sock_fprog fprog = { .len = 1, .filter = (struct sock_filter *)(uintptr_t)no };
	struct socket *s = sock_new(SOCK_RAW, 200);
	struct sock *sk = s->sk;
	struct sk_buff *skb;
	int val = -1;

	s->sk->sk_rcvbuf = 1;
	rx_proto(A_SELF, 200, 30);
	rx_proto(A_SELF, 200, 31);
	ck_assert_uint_eq(sock_drops(s), 1);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_RAW_RCVBUFF), 1);
	ck_assert_int_eq(IN_VCPU(sock_ioctl(s, FIONREAD, &val)), 0);
	ck_assert_int_eq(val, 50);
	ck_assert_uint_eq(sock_drain(s), 1);
	ck_assert_uint_eq(sock_rmem(s), 0);
	ck_assert_int_eq(sock_set(s, SOL_SOCKET, SO_ATTACH_FILTER, &fprog, sizeof(fprog)), 0);
	rx_proto(A_SELF, 200, 30);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_RAW_FILTER), 1);
	ck_assert_uint_eq(sock_drops(s), 2);
	udp_moved(-1); /* not UDP's business */
	/* found before the close, queued after it */
	ipfix_enter(0);
	local_bh_disable();
	skb = ipfix_skb(f.eth0, pkt, 50, PACKET_HOST);
	ck_assert_ptr_nonnull(skb);
	sock_release(s);
	raw_rcv(sk, skb);
	local_bh_enable();
	ipfix_leave();
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_SOCKET_CLOSE), 1);
}
END_TEST

START_TEST(test_send)
{
	struct socket *s = sock_new(SOCK_RAW, 200);
	struct sockaddr_in a = sin_of(A_PEER, 0);
	const struct iphdr *iph;

	ck_assert_int_eq(sock_send(s, "payload", 7, A_PEER, 0), 7);
	iph = ipfix_iph(f.sent[0].ip);
	ck_assert_uint_eq(ntohs(iph->tot_len), 27);
	ck_assert_int_eq(iph->protocol, 200);
	ck_assert_int_eq(iph->ttl, 64);
	ck_assert_uint_eq(iph->saddr, inet_addr(A_SELF));
	ck_assert_int_eq(memcmp(iph + 1, "payload", 7), 0);
	ck_assert_int_eq(ip_compute_csum(iph, 20), 0);
	/* piece by piece */
	ck_assert_int_eq(
		(int)IN_VCPU(sock_sendto(s, "ab", 2, MSG_MORE, (struct sockaddr *)&a, sizeof(a))),
		2);
	ck_assert_int_eq((int)IN_VCPU(sock_sendto(s, "cd", 2, 0, (struct sockaddr *)&a, sizeof(a))),
			 2);
	ck_assert_uint_eq(f.nsent, 2);
	ck_assert_int_eq(memcmp(f.sent[1].ip + 20, "abcd", 4), 0);
	/* refusals */
	ck_assert_int_eq(sock_send(s, "x", 1, NULL, 0), -EDESTADDRREQ);
	ck_assert_int_eq(sock_send(s, "x", 1, "192.168.1.255", 0), -EACCES);
	ck_assert_int_eq(sock_send(s, "x", 1, "8.8.8.8", 0), -ENETUNREACH);
	ck_assert_int_eq(sock_send(s, buf, 65535, A_PEER, 0), -EMSGSIZE);
	ck_assert_int_eq(
		(int)IN_VCPU(sock_sendto(s, "x", 1, MSG_OOB, (struct sockaddr *)&a, sizeof(a))),
		-EOPNOTSUPP);
	ck_assert_int_eq((int)IN_VCPU(sock_sendto(s, "x", 1, 0, (struct sockaddr *)&a, 8)),
			 -EINVAL);
	ck_assert_int_eq(sock_connect_to(s, A_PEER, 0), 0);
	ck_assert_int_eq(sock_send(s, "x", 1, NULL, 0), 1);
	ck_assert_int_eq(atomic_read(&s->sk->sk_wmem_alloc), 1);
	/* the options of the socket ride along, copied */
	ck_assert_int_eq(sock_set(s, SOL_IP, IP_OPTIONS, "\x94\x04\0\0", 4), 0);
	ck_assert_int_eq(sock_send(s, "x", 1, NULL, 0), 1);
	ck_assert_int_eq(f.sent[3].ip[0], 0x46);
	ck_assert_int_eq(memcmp(f.sent[3].ip + 20, "\x94\x04\0\0x", 5), 0);
	sock_close(s);
}
END_TEST

START_TEST(test_hdrincl)
{
	struct socket *s = sock_new(SOCK_RAW, IPPROTO_RAW);
	struct iphdr *out;
	unsigned n = ipfix_pkt(pkt, "1.2.3.4", A_PEER, 200, NULL, 30);

	ck_assert_int_eq(sock_get_int(s, SOL_IP, IP_HDRINCL), 1);
	ipfix_iph(pkt)->check = 0x1111;
	ipfix_iph(pkt)->tot_len = 0;
	ck_assert_int_eq(sock_send(s, pkt, n, A_PEER, 0), (int)n); /* any source */
	out = ipfix_iph(f.sent[0].ip);
	ck_assert_uint_eq(out->saddr, inet_addr("1.2.3.4"));
	ck_assert_uint_eq(ntohs(out->tot_len), n);
	ck_assert_uint_eq(ntohs(out->id), 0x1234);
	ck_assert_int_eq(ip_compute_csum(out, 20), 0);
	/* what is 0 is filled */
	ipfix_iph(pkt)->saddr = 0;
	ipfix_iph(pkt)->id = 0;
	ck_assert_int_eq(sock_send(s, pkt, n, A_PEER, 0), (int)n);
	out = ipfix_iph(f.sent[1].ip);
	ck_assert_uint_eq(out->saddr, inet_addr(A_SELF));
	ck_assert_int_eq(ip_compute_csum(out, 20), 0);
	/* bad: too short, a header longer than all, larger than the MTU */
	ck_assert_int_eq(sock_send(s, pkt, 19, A_PEER, 0), -EINVAL);
	pkt[0] = 0x4f;
	ck_assert_int_eq(sock_send(s, pkt, 40, A_PEER, 0), -EINVAL);
	pkt[0] = 0x45;
	ck_assert_int_eq(sock_send(s, pkt, 1501, A_PEER, 0), -EMSGSIZE);
	ck_assert_uint_eq(ipfix_ip(OUTDISCARDS), 1);
	/* no header at all leaves as it is */
	pkt[0] = 0x40;
	ck_assert_int_eq(sock_send(s, pkt, 40, A_PEER, 0), 40);
	ck_assert_int_eq(sock_set(s, SOL_IP, IP_OPTIONS, "\x94\x04\0\0", 4), 0);
	pkt[0] = 0x45;
	ck_assert_int_eq(sock_send(s, pkt, 40, A_PEER, 0), -EINVAL);
	ck_assert_int_eq(atomic_read(&s->sk->sk_wmem_alloc), 1);
	sock_close(s);
	/* ICMP is counted */
	s = sock_new(SOCK_RAW, IPPROTO_ICMP);
	ipfix_mark();
	ck_assert_int_eq(sock_send(s, msg, echo(ICMP_ECHO, 16), A_PEER, 0), 16);
	ck_assert_uint_eq(ipfix_icmp_out(ICMP_ECHO), 1);
	ck_assert_int_eq(sock_set_int(s, SOL_IP, IP_HDRINCL, 1), 0);
	n = ipfix_pkt(pkt, A_SELF, A_PEER, IPPROTO_ICMP, msg, echo(ICMP_ECHO, 16));
	ck_assert_int_eq(sock_send(s, pkt, n, A_PEER, 0), (int)n);
	ck_assert_uint_eq(ipfix_icmp_out(ICMP_ECHO), 2);
	sock_close(s);
}
END_TEST

static void rx_error(int type, int code, uint32_t info)
{
	unsigned n = ipfix_pkt(pkt, A_SELF, A_PEER, 200, NULL, 20);

	memcpy(msg, pkt, n);
	n = ipfix_icmp(buf, type, code, info, msg, 8 + n);
	ipfix_rx(f.eth0, pkt, ipfix_pkt(pkt, A_PEER, A_SELF, IPPROTO_ICMP, buf, n));
}

START_TEST(test_errors)
{
	struct socket *s = sock_new(SOCK_RAW, 200);
	struct sock_extended_err *ee;
	char ctl[256];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = ctl, .msg_controllen = sizeof(ctl)
	};

	rx_error(ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0);
	ck_assert_int_eq(s->sk->sk_err, 0);
	ck_assert_int_eq(sock_connect_to(s, A_PEER, 0), 0);
	rx_error(ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0); /* soft */
	rx_error(ICMP_TIME_EXCEEDED, 0, 0);
	ck_assert_int_eq(s->sk->sk_err, 0);
	rx_error(ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0);
	ck_assert_int_eq(sock_recv(s, buf, 10, 0), -ENOPROTOOPT);
	ck_assert_int_eq(sock_set_int(s, SOL_IP, IP_RECVERR, 1), 0);
	rx_error(ICMP_TIME_EXCEEDED, 0, 0);
	ck_assert_int_eq(s->sk->sk_err, EHOSTUNREACH);
	ck_assert_int_eq((int)IN_VCPU(sock_recvmsg(s, &m, MSG_ERRQUEUE)), 20);
	ck_assert_int_eq(m.msg_flags, MSG_ERRQUEUE);
	ee = (struct sock_extended_err *)(void *)CMSG_DATA((struct cmsghdr *)(void *)ctl);
	ck_assert_uint_eq(ee->ee_errno, EHOSTUNREACH);
	ck_assert_uint_eq(ee->ee_origin, SO_EE_ORIGIN_ICMP);
	ck_assert_uint_eq(ee->ee_type, ICMP_TIME_EXCEEDED);
	ck_assert_int_eq(s->sk->sk_err, 0);
	sock_close(s);
}
END_TEST

START_TEST(test_proc_raw)
{
	struct socket *s = sock_new(SOCK_RAW, 200);

	s->ino = 99;
	ck_assert_ptr_nonnull(strstr(netfix_cat(&f.n, "/proc/net/raw"),
				     "\n 200: 00000000:00C8 00000000:0000 07 00000000:00000000 "
			 "00:00000000 00000000     0        0 99 "
				     "2 0000000000000000 0\n"));
	sock_close(s);
}
END_TEST

/*
 * A packet in transit with the router alert option, from the peer on eth0 for somebody behind eth1
 */
static void rx_transit(int proto)
{
	static const unsigned char ra[4] = { 0x94, 4, 0, 0 };

	ipfix_rx(f.eth0, pkt, ipfix_pkt_opt(pkt, A_PEER, A_PEER1, proto, ra, 4, NULL, 20));
}

START_TEST(test_router_alert)
{
	struct socket *a = sock_new(SOCK_RAW, 46), *b = sock_new(SOCK_RAW, 46),
		      *u = sock_new(SOCK_DGRAM, 0);
	struct socket *raw = sock_new(SOCK_RAW, IPPROTO_RAW);

	ipfix_sysctl("net.ipv4.ip_forward", "1");
	ck_assert_int_eq(sock_set_int(u, SOL_IP, IP_ROUTER_ALERT, 1), -EINVAL);
	ck_assert_int_eq(sock_set_int(raw, SOL_IP, IP_ROUTER_ALERT, 1), -EINVAL);
	ck_assert_int_eq(sock_set_int(a, SOL_IP, IP_ROUTER_ALERT, 0), -ENOBUFS);
	rx_transit(46);
	ck_assert_uint_eq(f.nsent, 1); /* nobody asked: it goes on */
	ck_assert_int_eq(sock_set_int(a, SOL_IP, IP_ROUTER_ALERT, 1), 0);
	ck_assert_int_eq(sock_set_int(a, SOL_IP, IP_ROUTER_ALERT, 1), -EADDRINUSE);
	ck_assert_int_eq(sock_set_int(b, SOL_IP, IP_ROUTER_ALERT, 1), 0);
	rx_transit(46);
	ck_assert_uint_eq(f.nsent, 1);
	ck_assert_int_eq(sock_recv(a, buf, sizeof(buf), 0), 44);
	ck_assert_int_eq(sock_recv(b, buf, sizeof(buf), 0), 44);
	rx_transit(47); /* another protocol */
	ck_assert_uint_eq(f.nsent, 2);
	ck_assert_int_eq(sock_set(b, SOL_SOCKET, SO_BINDTODEVICE, "eth1", 5), 0);
	ck_assert_int_eq(sock_set_int(a, SOL_IP, IP_ROUTER_ALERT, 0), 0);
	rx_transit(46);
	ck_assert_uint_eq(f.nsent, 3);
	sock_close(b); /* takes it off the chain */
	ck_assert_ptr_null(f.n.net.ipv4->ra_chain);
	sock_close(a);
	sock_close(u);
	sock_close(raw);
}
END_TEST

static struct socket *swept;

static bool sweep(unsigned long nth, bool *ret_hit)
{
	int rc, got;

	ipfix_mark();
	kmem_fail_nth(&f.n.net.m.kmem, nth, NULL);
	rx_proto(A_SELF, 200, 30);
	rc = sock_send(swept, buf, 100, A_PEER, 0);
	*ret_hit = kmem_fault_hit(&f.n.net.m.kmem);
	kmem_fail_nth(&f.n.net.m.kmem, 0, NULL);
	got = (int)sock_drain(swept);
	netfix_balanced(&f.n);
	return rc == 100 && got == 1;
}

START_TEST(test_fail_nth)
{
	swept = sock_new(SOCK_RAW, 200);
	ck_assert_uint_gt(faulty_sweep(sweep), 3);
	sock_close(swept);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_J10_copies, test_icmp_filter, test_refused,      test_send,     test_hdrincl,
		test_errors,	 test_proc_raw,	   test_router_alert, test_fail_nth, NULL,
	};

	return suite_of("raw", ipfix_begin, ipfix_end, tests);
}
