/* SPDX-License-Identifier: MIT */
/* check_ping.c: echo by datagram sockets: who may, identifiers, what comes back, errors. */
#include "support/sockfix.h"

static unsigned char pkt[65536], msg[65536], buf[65536];

static struct socket *ping(void)
{
	return sock_new(SOCK_DGRAM, IPPROTO_ICMP);
}

static void allow_all(void)
{
	ipfix_begin();
	ipfix_sysctl("net.ipv4.ping_group_range", "0 2147483647");
}

/* An echo reply with identifier @id for @daddr */
static void rx_reply(unsigned id, const char *daddr, unsigned len)
{
	unsigned n = ipfix_icmp(msg, ICMP_ECHOREPLY, 0, id << 16 | 7, NULL, len);

	ipfix_rx(f.eth0, pkt, ipfix_pkt(pkt, A_PEER, daddr, IPPROTO_ICMP, msg, n));
}

START_TEST(test_group_range)
{
	static const struct cred g = { .uid = 5, .gid = 100 };
	struct socket *s = NULL;

	ipfix_sysctl("net.ipv4.ping_group_range", "1 0"); /* nobody, root neither */
	ck_assert_int_eq(sock_try(&sock_root, SOCK_DGRAM, IPPROTO_ICMP, &s), -EACCES);
	ipfix_sysctl("net.ipv4.ping_group_range", "100 200");
	ck_assert_int_eq(sock_try(&sock_root, SOCK_DGRAM, IPPROTO_ICMP, &s), -EACCES);
	ck_assert_int_eq(sock_try(&sock_user, SOCK_DGRAM, IPPROTO_ICMP, &s), -EACCES);
	ck_assert_int_eq(sock_try(&g, SOCK_DGRAM, IPPROTO_ICMP, &s), 0);
	sock_close(s);
	ck_assert_int_eq(sock_prot_inuse_get(&f.n.net, &ping_prot), 0);
}
END_TEST

START_TEST(test_echo_and_reply)
{
	struct socket *s = ping();
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	const unsigned char *icmp;
	unsigned id;

	memset(buf, 0, 64);
	buf[0] = ICMP_ECHO;
	buf[4] = 0xde; /* somebody else's identifier: overwritten */
	buf[7] = 9;
	for (unsigned i = 8; i < 64; i++)
		buf[i] = (unsigned char)i;
	ck_assert_int_eq(sock_send(s, buf, 64, A_PEER, 0), 64);
	ck_assert_uint_eq(f.nsent, 1);
	icmp = ipfix_sent_icmp(0, A_SELF, A_PEER, ICMP_ECHO, 0);
	id = s->sk->sk_num;
	ck_assert_uint_ne(id, 0);
	ck_assert_uint_eq((unsigned)icmp[4] << 8 | icmp[5], id);
	ck_assert_int_eq(icmp[7], 9);
	ck_assert_int_eq(memcmp(icmp + 8, buf + 8, 56), 0);
	ck_assert_uint_eq(ipfix_icmp_out(ICMP_ECHO), 1);
	rx_reply(id, A_SELF, 64);
	ck_assert_int_eq(
		IN_VCPU(sock_recvfrom(s, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len)), 64);
	ck_assert_int_eq(memcmp(buf, msg, 64), 0); /* with its ICMP header, without IP's */
	ck_assert_uint_eq(from.sin_addr.s_addr, inet_addr(A_PEER));
	ck_assert_uint_eq(from.sin_port, 0);
	/* another identifier, a request, another address */
	rx_reply(id + 1, A_SELF, 64);
	ipfix_rx(f.eth0, pkt, ipfix_pkt(pkt, A_PEER, A_SELF, IPPROTO_ICMP, msg,
					ipfix_icmp(msg, ICMP_ECHO, 0, id << 16, NULL, 64)));
	ck_assert_int_eq(sock_recv(s, buf, 10, 0), -EAGAIN);
	/* cut */
	rx_reply(id, A_SELF, 64);
	ck_assert_int_eq(sock_recv(s, buf, 10, 0), 10);
	ck_assert_uint_eq(sock_rmem(s), 0);
	/* over the MTU: fragments, one checksum over all */
	ipfix_mark();
	buf[0] = ICMP_ECHO;
	buf[1] = 0;
	ck_assert_int_eq(sock_send(s, buf, 3001, A_PEER, 0), 3001);
	ck_assert_uint_eq(f.nsent, 3);
	{
		unsigned char all[3100];
		unsigned at = 0;

		for (unsigned i = 0; i < 3; i++) {
			memcpy(all + at, f.sent[i].ip + 20, f.sent[i].len - 20);
			at += f.sent[i].len - 20;
		}
		ck_assert_uint_eq(at, 3001);
		ck_assert_int_eq(ip_compute_csum(all, 3001), 0);
	}
	sock_close(s);
}
END_TEST

START_TEST(test_refusals)
{
	struct socket *s = ping();
	struct sockaddr_in a = sin_of(A_PEER, 0);

	memset(buf, 0, 64);
	buf[0] = ICMP_ECHO;
	ck_assert_int_eq(sock_send(s, buf, 7, A_PEER, 0), -EINVAL);
	ck_assert_int_eq(
		(int)IN_VCPU(sock_sendto(s, buf, 65536, 0, (struct sockaddr *)&a, sizeof(a))),
		-EMSGSIZE);
	ck_assert_int_eq(
		(int)IN_VCPU(sock_sendto(s, buf, 8, MSG_OOB, (struct sockaddr *)&a, sizeof(a))),
		-EOPNOTSUPP);
	ck_assert_int_eq((int)IN_VCPU(sock_sendto(s, buf, 8, 0, (struct sockaddr *)&a, 8)),
			 -EINVAL);
	a.sin_family = AF_UNSPEC;
	ck_assert_int_eq((int)IN_VCPU(sock_sendto(s, buf, 8, 0, (struct sockaddr *)&a, sizeof(a))),
			 -EAFNOSUPPORT);
	ck_assert_int_eq(sock_send(s, buf, 8, NULL, 0), -EDESTADDRREQ);
	ck_assert_int_eq(sock_send(s, buf, 8, "192.168.1.255", 0), -EACCES);
	ck_assert_int_eq(sock_send(s, buf, 8, "8.8.8.8", 0), -ENETUNREACH);
	buf[1] = 1;
	ck_assert_int_eq(sock_send(s, buf, 8, A_PEER, 0), -EINVAL);
	buf[1] = 0;
	buf[0] = ICMP_ECHOREPLY; /* nobody answers for the stack */
	ck_assert_int_eq(sock_send(s, buf, 8, A_PEER, 0), -EINVAL);
	buf[0] = ICMP_REDIRECT;
	ck_assert_int_eq(sock_send(s, buf, 8, A_PEER, 0), -EINVAL);
	ck_assert_uint_eq(f.nsent, 0);
	ck_assert_int_eq(atomic_read(&s->sk->sk_wmem_alloc), 1);
	ck_assert_int_eq(sock_recv(s, buf, 8, MSG_OOB), -EOPNOTSUPP);
	sock_close(s);
}
END_TEST

START_TEST(test_identifiers)
{
	struct socket *a = ping(), *b = ping(), *c = ping();
	struct sockaddr_in name;
	socklen_t len = sizeof(name);

	ck_assert_int_eq(sock_bind_to(a, "0.0.0.0", 1234), 0);
	ck_assert_int_eq(sock_bind_to(a, "0.0.0.0", 1235), -EINVAL);
	ck_assert_int_eq(IN_VCPU(sock_getname(a, (struct sockaddr *)&name, &len, 0)), 0);
	ck_assert_uint_eq(ntohs(name.sin_port), 1234);
	ck_assert_int_eq(sock_set_int(b, SOL_SOCKET, SO_REUSEADDR, 0), 0);
	ck_assert_int_eq(sock_bind_to(b, "0.0.0.0", 1234), -EADDRINUSE);
	ck_assert_int_eq(sock_bind_to(b, "9.9.9.9", 0), -EADDRNOTAVAIL);
	ck_assert_int_eq(sock_bind_to(b, "224.0.0.1", 0), -EADDRNOTAVAIL);
	ck_assert_int_eq(sock_bind_to(b, A_SELF1, 77), 0);
	ck_assert_int_eq(sock_bind_to(c, "0.0.0.0", 0), 0);
	ck_assert_uint_ne(c->sk->sk_num, 1234);
	rx_reply(77, A_SELF, 20); /* bound to the other address */
	ck_assert_int_eq(sock_recv(b, buf, 100, 0), -EAGAIN);
	rx_reply(1234, A_SELF, 20);
	ck_assert_int_eq(sock_recv(a, buf, 100, 0), 20);
	ck_assert_int_eq(sock_set(a, SOL_SOCKET, SO_BINDTODEVICE, "eth1", 5), 0);
	rx_reply(1234, A_SELF, 20);
	ck_assert_int_eq(sock_recv(a, buf, 100, 0), -EAGAIN);
	/* free again after a close */
	sock_close(a);
	a = ping();
	ck_assert_int_eq(sock_bind_to(a, "0.0.0.0", 1234), 0);
	sock_close(a);
	sock_close(b);
	sock_close(c);
}
END_TEST

START_TEST(test_identifiers_go_round)
{
	struct socket *s = ping();

	for (unsigned i = 0; i < 300; i++) { /* the next one is looked for from the last on */
		struct socket *n = ping();

		ck_assert_int_eq(sock_bind_to(n, "0.0.0.0", 0), 0);
		ck_assert_uint_eq(n->sk->sk_num, i + 1);
		sock_close(n);
	}
	sock_close(s);
}
END_TEST

/* An ICMP error about an echo request of identifier @id */
static void rx_error(unsigned id, int type, int code, uint32_t info)
{
	unsigned n = ipfix_icmp(msg, ICMP_ECHO, 0, id << 16 | 7, NULL, 20);

	n = ipfix_pkt(pkt, A_SELF, A_PEER, IPPROTO_ICMP, msg, n);
	memcpy(msg, pkt, n);
	n = ipfix_icmp(buf, type, code, info, msg, 8 + n);
	ipfix_rx(f.eth0, pkt, ipfix_pkt(pkt, A_PEER1, A_SELF, IPPROTO_ICMP, buf, n));
}

START_TEST(test_errors)
{
	struct socket *s = ping();
	struct sockaddr_in about = { 0 }, *offender;
	struct sock_extended_err *ee;
	char ctl[256];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = ctl,
			    .msg_controllen = sizeof(ctl),
			    .msg_name = &about,
			    .msg_namelen = sizeof(about) };

	ipfix_sysctl("net.ipv4.conf.all.rp_filter", "0");
	ipfix_sysctl("net.ipv4.conf.eth0.rp_filter", "0");
	ck_assert_int_eq(sock_bind_to(s, "0.0.0.0", 1234), 0);
	rx_error(1234, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0); /* not connected */
	rx_error(1235, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
	ck_assert_int_eq(s->sk->sk_err, 0);
	ck_assert_int_eq(sock_connect_to(s, A_PEER, 0), 0);
	rx_error(1234, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
	ck_assert_int_eq(sock_recv(s, buf, 10, 0), -ECONNREFUSED);
	rx_error(1234, ICMP_TIME_EXCEEDED, 0, 0); /* soft */
	ck_assert_int_eq(s->sk->sk_err, 0);
	/* asked for: everything */
	ck_assert_int_eq(sock_set_int(s, SOL_IP, IP_RECVERR, 1), 0);
	rx_error(1234, ICMP_TIME_EXCEEDED, 0, 0);
	rx_error(1234, ICMP_SOURCE_QUENCH, 0, 0);
	ck_assert_int_eq((int)IN_VCPU(sock_recvmsg(s, &m, MSG_ERRQUEUE)), 20);
	ck_assert_int_eq(buf[0], ICMP_ECHO); /* what was sent, from its ICMP header on */
	ck_assert_uint_eq(about.sin_addr.s_addr, inet_addr(A_PEER));
	ee = (struct sock_extended_err *)(void *)CMSG_DATA((struct cmsghdr *)(void *)ctl);
	offender = (struct sockaddr_in *)(void *)SO_EE_OFFENDER(ee);
	ck_assert_uint_eq(ee->ee_errno, EHOSTUNREACH);
	ck_assert_uint_eq(offender->sin_addr.s_addr, inet_addr(A_PEER1));
	/* the next one is the socket's error now */
	ck_assert_int_eq(s->sk->sk_err, EREMOTEIO);
	ck_assert_int_eq((int)IN_VCPU(sock_recvmsg(s, &m, MSG_ERRQUEUE)), 20);
	ck_assert_int_eq((int)IN_VCPU(sock_recvmsg(s, &m, MSG_ERRQUEUE)), -EAGAIN);
	rx_error(1234, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 1000);
	ck_assert_int_eq(s->sk->sk_err, EMSGSIZE);
	sock_close(s); /* with an unread error */
}
END_TEST

START_TEST(test_proc_icmp)
{
	struct socket *s = ping();
	char want[300];

	ck_assert_int_eq(sock_bind_to(s, A_SELF, 0x1234), 0);
	s->ino = 7;
	snprintf(want, sizeof(want), "%-127s\n%-127s\n",
		 "  sl  local_address rem_address   st tx_queue rx_queue "
			 "tr tm->when retrnsmt   uid  timeout inode ref pointer drops",
		 "   52: 0101A8C0:1234 00000000:0000 07 00000000:00000000 "
			 "00:00000000 00000000     0        0 7 2 "
		 "0000000000000000 0");
	ck_assert_str_eq(netfix_cat(&f.n, "/proc/net/icmp"), want);
	sock_close(s);
}
END_TEST

START_TEST(test_full_and_closed)
{
	struct socket *s = ping();

	ck_assert_int_eq(sock_bind_to(s, "0.0.0.0", 5), 0);
	s->sk->sk_rcvbuf = 1;
	rx_reply(5, A_SELF, 20);
	rx_reply(5, A_SELF, 20);
	ck_assert_uint_eq(sock_drops(s), 1);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_RAW_RCVBUFF), 1);
	/* disconnecting gives the identifier back */
	ck_assert_int_eq(IN_VCPU(udp_disconnect(s->sk, 0)), 0);
	sock_close(s);
	netfix_balanced(&f.n);
}
END_TEST

static struct socket *swept;

static bool sweep(unsigned long nth, bool *ret_hit)
{
	int rc, got;

	ipfix_mark();
	memset(buf, 0, 64);
	buf[0] = ICMP_ECHO;
	kmem_fail_nth(&f.n.net.m.kmem, nth, NULL);
	rc = sock_send(swept, buf, 64, A_PEER, 0);
	rx_reply(swept->sk->sk_num, A_SELF, 20);
	*ret_hit = kmem_fault_hit(&f.n.net.m.kmem);
	kmem_fail_nth(&f.n.net.m.kmem, 0, NULL);
	got = (int)sock_drain(swept);
	netfix_balanced(&f.n);
	ck_assert_int_eq(atomic_read(&swept->sk->sk_wmem_alloc), 1);
	return rc == 64 && got == 1;
}

START_TEST(test_fail_nth)
{
	swept = ping();
	ck_assert_uint_gt(faulty_sweep(sweep), 3);
	sock_close(swept);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_group_range,
		test_echo_and_reply,
		test_refusals,
		test_identifiers,
		test_identifiers_go_round,
		test_errors,
		test_proc_icmp,
		test_full_and_closed,
		test_fail_nth,
		NULL,
	};

	return suite_of("ping", allow_all, ipfix_end, tests);
}
