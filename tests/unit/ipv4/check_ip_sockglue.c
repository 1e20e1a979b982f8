/* SPDX-License-Identifier: MIT */
/*
 * check_ip_sockglue.c: options of level SOL_IP and what they do, control messages both ways, the
 * error queue.
 */
#include "support/sockfix.h"

static unsigned char pkt[65536], msg[65536], buf[65536];
static char ctl[512];

/* Read one datagram; the control message (level IP, @type), or NULL. Its data and length */
static const unsigned char *cmsg(struct socket *s, int type, size_t *ret_len)
{
	static struct msghdr m;
	struct iovec iov = { buf, sizeof(buf) };

	m = (struct msghdr){
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = ctl, .msg_controllen = sizeof(ctl)
	};
	memset(ctl, 0xee, sizeof(ctl));
	ck_assert_int_ge((int)IN_VCPU(sock_recvmsg(s, &m, 0)), 0);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_level != SOL_IP || c->cmsg_type != type)
			continue;
		*ret_len = c->cmsg_len - CMSG_LEN(0);
		return CMSG_DATA(c);
	}
	return NULL;
}

static struct socket *with(int opt)
{
	struct socket *s = sock_udp("0.0.0.0", 5000);

	ck_assert_int_eq(sock_set_int(s, SOL_IP, opt, 1), 0);
	ck_assert_int_eq(sock_get_int(s, SOL_IP, opt), 1);
	return s;
}

START_TEST(test_K7_pktinfo)
{
	struct socket *s = with(IP_PKTINFO);
	struct in_pktinfo info;
	size_t len;

	sock_rx(10);
	memcpy(&info, cmsg(s, IP_PKTINFO, &len), sizeof(info));
	ck_assert_uint_eq(len, sizeof(info));
	ck_assert_int_eq(info.ipi_ifindex, f.eth0->ifindex);
	ck_assert_uint_eq(info.ipi_addr.s_addr, inet_addr(A_SELF));
	ck_assert_uint_eq(info.ipi_spec_dst.s_addr, inet_addr(A_SELF));
	/* to a group: the address to answer from is one of the interface */
	sock_udp_rx(f.eth0, A_PEER, 4000, "224.0.0.1", 5000, "x", 1);
	memcpy(&info, cmsg(s, IP_PKTINFO, &len), sizeof(info));
	ck_assert_uint_eq(info.ipi_addr.s_addr, inet_addr("224.0.0.1"));
	ck_assert_uint_eq(info.ipi_spec_dst.s_addr, inet_addr(A_SELF));
	/* only when it was asked for when the datagram came */
	ck_assert_int_eq(sock_set_int(s, SOL_IP, IP_PKTINFO, 0), 0);
	sock_rx(10);
	ck_assert_ptr_null(cmsg(s, IP_PKTINFO, &len));
	sock_close(s);
}
END_TEST

START_TEST(test_recv_ttl_tos_dst)
{
	struct socket *s = with(IP_RECVTTL);
	struct sockaddr_in dst;
	const unsigned char *p;
	size_t len;
	int ttl;

	sock_rx(10);
	memcpy(&ttl, cmsg(s, IP_TTL, &len), sizeof(ttl));
	ck_assert_int_eq(ttl, 64);
	ck_assert_int_eq(sock_set_int(s, SOL_IP, IP_RECVTOS, 1), 0);
	sock_rx(10);
	p = cmsg(s, IP_TOS, &len);
	ck_assert_uint_eq(len, 1);
	ck_assert_int_eq(*p, 0);
	ck_assert_int_eq(sock_set_int(s, SOL_IP, IP_RECVORIGDSTADDR, 1), 0);
	sock_rx(10);
	memcpy(&dst, cmsg(s, IP_ORIGDSTADDR, &len), sizeof(dst));
	ck_assert_uint_eq(ntohs(dst.sin_port), 5000);
	ck_assert_uint_eq(dst.sin_addr.s_addr, inet_addr(A_SELF));
	sock_close(s);
}
END_TEST

START_TEST(test_recv_options)
{
	static const unsigned char rr[12] = { 7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
	struct socket *s = with(IP_RECVOPTS);
	const unsigned char *p;
	size_t len;
	unsigned n;

	n = sock_udp_msg(msg, A_PEER, 4000, A_SELF, 5000, "x", 1);
	n = ipfix_pkt_opt(pkt, A_PEER, A_SELF, IPPROTO_UDP, rr, 12, msg, n);
	ipfix_rx(f.eth0, pkt, n);
	p = cmsg(s, IP_RECVOPTS, &len);
	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq(len, 12);
	ck_assert_int_eq(p[2], 8); /* our address was recorded */
	ck_assert_int_eq(memcmp(p + 3, &(in_addr_t){ inet_addr(A_SELF) }, 4), 0);
	ck_assert_int_eq(sock_set_int(s, SOL_IP, IP_RECVOPTS, 0), 0);
	ck_assert_int_eq(sock_set_int(s, SOL_IP, IP_RETOPTS, 1), 0);
	ipfix_rx(f.eth0, pkt, n);
	p = cmsg(s, IP_RETOPTS, &len);
	ck_assert_ptr_nonnull(p);
	ck_assert_int_eq(p[0], 7);
	sock_rx(1); /* without options: nothing */
	ck_assert_ptr_null(cmsg(s, IP_RETOPTS, &len));
	sock_close(s);
}
END_TEST

START_TEST(test_recv_fragsize)
{
	struct socket *s = with(IP_RECVFRAGSIZE);
	unsigned n = sock_udp_msg(msg, A_PEER, 4000, A_SELF, 5000, NULL, 2000), part;
	size_t len;
	int size;

	part = ipfix_pkt(pkt, A_PEER, A_SELF, IPPROTO_UDP, msg, 1000);
	ipfix_iph(pkt)->frag_off = htons(0x2000);
	ipfix_sum(pkt);
	ipfix_rx(f.eth0, pkt, part);
	part = ipfix_pkt(pkt, A_PEER, A_SELF, IPPROTO_UDP, msg + 1000, n - 1000);
	ipfix_iph(pkt)->frag_off = htons(125);
	ipfix_sum(pkt);
	ipfix_rx(f.eth0, pkt, part);
	memcpy(&size, cmsg(s, IP_RECVFRAGSIZE, &len), sizeof(size));
	ck_assert_int_eq(size, 1028);
	sock_rx(10);
	ck_assert_ptr_null(cmsg(s, IP_RECVFRAGSIZE, &len));
	sock_close(s);
}
END_TEST

/* Send one byte to the peer with a control message. */
static int send_cmsg(struct socket *s, int level, int type, const void *data, size_t len)
{
	struct sockaddr_in a = sin_of(A_PEER, 7);
	struct iovec iov = { (void *)(uintptr_t)"x", 1 };
	struct msghdr m = { .msg_name = &a,
			    .msg_namelen = sizeof(a),
			    .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = ctl,
			    .msg_controllen = CMSG_SPACE(len) };
	struct cmsghdr *c = (struct cmsghdr *)(void *)ctl;

	memset(ctl, 0, sizeof(ctl));
	*c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(len), .cmsg_level = level, .cmsg_type = type };
	memcpy(CMSG_DATA(c), data, len);
	ipfix_mark();
	return (int)IN_VCPU(sock_sendmsg(s, &m, 0));
}

static int send_cmsg_int(struct socket *s, int type, int val)
{
	return send_cmsg(s, SOL_IP, type, &val, sizeof(val));
}

START_TEST(test_send_cmsg)
{
	struct socket *s = sock_new(SOCK_DGRAM, 0);
	struct in_pktinfo info = { .ipi_ifindex = f.eth0->ifindex,
				   .ipi_spec_dst.s_addr = inet_addr(A_SELF1) };

	ck_assert_int_eq(send_cmsg_int(s, IP_TTL, 5), 1);
	ck_assert_int_eq(ipfix_iph(f.sent[0].ip)->ttl, 5);
	ck_assert_int_eq(send_cmsg_int(s, IP_TTL, 0), -EINVAL);
	ck_assert_int_eq(send_cmsg_int(s, IP_TTL, 256), -EINVAL);
	ck_assert_int_eq(send_cmsg_int(s, IP_TOS, 0x10), 1);
	ck_assert_int_eq(ipfix_iph(f.sent[0].ip)->tos, 0x10);
	ck_assert_int_eq(send_cmsg(s, SOL_IP, IP_TOS, "\x08", 1), 1);
	ck_assert_int_eq(ipfix_iph(f.sent[0].ip)->tos, 8);
	ck_assert_int_eq(send_cmsg(s, SOL_IP, IP_TOS, "\x08\0", 2), -EINVAL);
	ck_assert_int_eq(send_cmsg_int(s, IP_TOS, 256), -EINVAL);
	ck_assert_int_eq(send_cmsg(s, SOL_IP, IP_PKTINFO, &info, sizeof(info)), 1);
	ck_assert_uint_eq(ipfix_iph(f.sent[0].ip)->saddr, inet_addr(A_SELF1));
	info.ipi_spec_dst.s_addr = inet_addr("9.9.9.9"); /* not ours */
	ck_assert_int_eq(send_cmsg(s, SOL_IP, IP_PKTINFO, &info, sizeof(info)), -ENETUNREACH);
	info.ipi_spec_dst.s_addr = 0;
	info.ipi_ifindex = 99;
	ck_assert_int_eq(send_cmsg(s, SOL_IP, IP_PKTINFO, &info, sizeof(info)), -ENODEV);
	ck_assert_int_eq(send_cmsg(s, SOL_IP, IP_PKTINFO, &info, 4), -EINVAL);
	ck_assert_int_eq(send_cmsg(s, SOL_IP, IP_RETOPTS, "\x94\x04\0\0", 4), 1);
	ck_assert_int_eq(f.sent[0].ip[0], 0x46);
	ck_assert_int_eq(memcmp(f.sent[0].ip + 20, "\x94\x04\0\0", 4), 0);
	ck_assert_int_eq(send_cmsg(s, SOL_IP, IP_RETOPTS, "\x94\x09\0\0", 4), -EINVAL);
	ck_assert_int_eq(send_cmsg_int(s, 77, 1), -EINVAL);
	ck_assert_int_eq(send_cmsg(s, 777, 77, "x", 1), 1); /* of another level: not ours */
	sock_close(s);
}
END_TEST

START_TEST(test_options_have_effect)
{
	struct socket *s = sock_new(SOCK_DGRAM, 0);
	struct in_addr from = { inet_addr(A_SELF1) };

	ck_assert_int_eq(sock_get_int(s, SOL_IP, IP_TTL), 64);
	ck_assert_int_eq(sock_set_int(s, SOL_IP, IP_TTL, 7), 0);
	ck_assert_int_eq(sock_set_int(s, SOL_IP, IP_TTL, 0), -EINVAL);
	ck_assert_int_eq(sock_set_int(s, SOL_IP, IP_TTL, 256), -EINVAL);
	ck_assert_int_eq(sock_set(s, SOL_IP, IP_TTL, "", 0), -EINVAL);
	ck_assert_int_eq(sock_set_int(s, SOL_IP, IP_TOS, 0x10), 0);
	ck_assert_int_eq(sock_get_int(s, SOL_SOCKET, SO_PRIORITY), 6); /* interactive */
	ck_assert_int_eq(sock_send(s, "x", 1, A_PEER, 7), 1);
	ck_assert_int_eq(ipfix_iph(f.sent[0].ip)->ttl, 7);
	ck_assert_int_eq(ipfix_iph(f.sent[0].ip)->tos, 0x10);
	ck_assert_int_eq(sock_set_int(s, SOL_IP, IP_TTL, -1), 0);
	ck_assert_int_eq(sock_get_int(s, SOL_IP, IP_TTL), 64);
	/* groups: TTL 1 unless said otherwise, and the interface chosen */
	ck_assert_int_eq(sock_set(s, SOL_IP, IP_MULTICAST_IF, &from, sizeof(from)), 0);
	ck_assert_int_eq(sock_send(s, "x", 1, GROUP, 7), 1);
	ck_assert_ptr_eq(f.sent[1].dev, f.eth1);
	ck_assert_int_eq(ipfix_iph(f.sent[1].ip)->ttl, 1);
	ck_assert_uint_eq(ipfix_iph(f.sent[1].ip)->saddr, from.s_addr);
	ck_assert_int_eq(sock_get_int(s, SOL_IP, IP_MULTICAST_IF), (int)from.s_addr);
	ck_assert_int_eq(sock_set_int(s, SOL_IP, IP_MULTICAST_TTL, 9), 0);
	ck_assert_int_eq(sock_get_int(s, SOL_IP, IP_MULTICAST_TTL), 9);
	ck_assert_int_eq(sock_set_int(s, SOL_IP, IP_MULTICAST_TTL, 256), -EINVAL);
	ck_assert_int_eq(sock_send(s, "x", 1, GROUP, 7), 1);
	ck_assert_int_eq(ipfix_iph(f.sent[2].ip)->ttl, 9);
	from.s_addr = inet_addr("9.9.9.9");
	ck_assert_int_eq(sock_set(s, SOL_IP, IP_MULTICAST_IF, &from, sizeof(from)), -EADDRNOTAVAIL);
	/* one interface for all that is not a group's */
	ck_assert_int_eq(
		sock_set_int(s, SOL_IP, IP_UNICAST_IF, (int)htonl((uint32_t)f.eth1->ifindex)), 0);
	ck_assert_int_eq(sock_get_int(s, SOL_IP, IP_UNICAST_IF),
			 (int)htonl((uint32_t)f.eth1->ifindex));
	ck_assert_int_eq(sock_send(s, "x", 1, A_PEER1, 7), 1);
	ck_assert_ptr_eq(f.sent[3].dev, f.eth1);
	ck_assert_int_eq(sock_set_int(s, SOL_IP, IP_UNICAST_IF, (int)htonl(99)), -EADDRNOTAVAIL);
	sock_close(s);
	/* IP_MULTICAST_LOOP */
	for (int loop = 1; loop >= 0; loop--) {
		struct socket *r = sock_udp("0.0.0.0", 5000);

		s = sock_new(SOCK_DGRAM, 0);
		from.s_addr = inet_addr(A_SELF);
		ck_assert_int_eq(sock_join(r, GROUP, f.eth0), 0);
		ck_assert_int_eq(sock_set(s, SOL_IP, IP_MULTICAST_IF, &from, sizeof(from)), 0);
		ck_assert_int_eq(sock_set_int(s, SOL_IP, IP_MULTICAST_LOOP, loop), 0);
		ck_assert_int_eq(sock_send(s, "x", 1, GROUP, 5000), 1);
		ck_assert_int_eq((int)sock_drain(r), loop);
		sock_close(r);
		sock_close(s);
	}
}
END_TEST

START_TEST(test_option_values)
{
	static const struct {
		int opt, good, bad;
	} o[] = {
		{ IP_MTU_DISCOVER, IP_PMTUDISC_PROBE, 6 },
		{ IP_MULTICAST_ALL, 0, 2 },
		{ IP_RECVERR, 1, -1 },
		{ IP_FREEBIND, 1, -1 },
		{ IP_BIND_ADDRESS_NO_PORT, 1, -1 },
	};
	struct socket *s = sock_new(SOCK_DGRAM, 0);
	unsigned char one = 0;
	socklen_t len = 1;

	for (unsigned i = 0; i < ARRAY_SIZE(o); i++) {
		ck_assert_int_eq(sock_set_int(s, SOL_IP, o[i].opt, o[i].good), 0);
		ck_assert_int_eq(sock_get_int(s, SOL_IP, o[i].opt), o[i].good);
		if (o[i].bad >= 0)
			ck_assert_int_eq(sock_set_int(s, SOL_IP, o[i].opt, o[i].bad), -EINVAL);
	}
	/* one byte is enough, both ways */
	ck_assert_int_eq(sock_set(s, SOL_IP, IP_MULTICAST_TTL, "\x21", 1), 0);
	ck_assert_int_eq(IN_VCPU(sock_call_getsockopt(s, SOL_IP, IP_MULTICAST_TTL, &one, &len)), 0);
	ck_assert_uint_eq(len, 1);
	ck_assert_int_eq(one, 0x21);
	/* what has no effect here does not exist */
	ck_assert_int_eq(sock_set_int(s, SOL_IP, 21 /* IP_MINTTL: TCP's */, 1), -ENOPROTOOPT);
	ck_assert_int_eq(sock_set_int(s, SOL_IP, 999, 1), -ENOPROTOOPT);
	ck_assert_int_eq(sock_get_int(s, SOL_IP, 999), -ENOPROTOOPT);
	ck_assert_int_eq(sock_set_int(s, SOL_IP, IP_HDRINCL, 1), -ENOPROTOOPT);
	/* IP_MTU: of the connected route */
	ck_assert_int_eq(sock_get_int(s, SOL_IP, IP_MTU), -ENOTCONN);
	ck_assert_int_eq(sock_connect_to(s, A_PEER, 7), 0);
	ck_assert_int_eq(sock_get_int(s, SOL_IP, IP_MTU), 1500);
	sock_close(s);
}
END_TEST

START_TEST(test_ip_options)
{
	static const unsigned char lsrr[8] = { 131, 7, 4, 192, 168, 1, 2, 0 };
	struct socket *s = sock_new(SOCK_DGRAM, 0);
	unsigned char got[40];
	socklen_t len = sizeof(got);

	ck_assert_int_eq(IN_VCPU(sock_call_getsockopt(s, SOL_IP, IP_OPTIONS, got, &len)), 0);
	ck_assert_uint_eq(len, 0);
	ck_assert_int_eq(sock_set(s, SOL_IP, IP_OPTIONS, lsrr, 8), 0);
	len = sizeof(got);
	ck_assert_int_eq(IN_VCPU(sock_call_getsockopt(s, SOL_IP, IP_OPTIONS, got, &len)), 0);
	ck_assert_uint_eq(len, 8);
	ck_assert_int_eq(memcmp(got, lsrr, 7), 0);
	/* the datagram goes by the first hop, the destination stands last in the option */
	ck_assert_int_eq(sock_send(s, "x", 1, A_PEER1, 7), 1);
	ck_assert_uint_eq(ipfix_iph(f.sent[0].ip)->daddr, inet_addr(A_PEER));
	ck_assert_int_eq(memcmp(f.sent[0].ip + 23, &(in_addr_t){ inet_addr(A_PEER1) }, 4), 0);
	ck_assert_int_eq(sock_set(s, SOL_IP, IP_OPTIONS, buf, 41), -EINVAL);
	ck_assert_int_eq(sock_set(s, SOL_IP, IP_OPTIONS, "\x83\x02", 2), -EINVAL);
	ck_assert_int_eq(sock_set(s, SOL_IP, IP_OPTIONS, NULL, 0), 0);
	ck_assert_int_eq(sock_send(s, "x", 1, A_PEER, 7), 1);
	ck_assert_int_eq(f.sent[1].ip[0], 0x45);
	sock_close(s);
}
END_TEST

/* IP_RECVERR: errors of ours and of others, in order, with what was sent */
START_TEST(test_error_queue)
{
	struct socket *s = sock_udp(A_SELF, 5000);
	struct sockaddr_in about = { 0 };
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = ctl,
			    .msg_controllen = sizeof(ctl),
			    .msg_name = &about,
			    .msg_namelen = sizeof(about) };
	struct sock_extended_err *ee;
	unsigned n;

	ck_assert_int_eq(sock_set_int(s, SOL_IP, IP_RECVERR, 1), 0);
	ck_assert_int_eq(sock_set_int(s, SOL_IP, IP_RECVTTL, 1), 0);
	ck_assert_int_eq(sock_set_int(s, SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO), 0);
	ck_assert_int_eq(sock_send(s, buf, 1473, A_PEER, 7), -EMSGSIZE);
	n = sock_udp_msg(msg, A_SELF, 5000, A_PEER, 4000, "lost", 4);
	n = ipfix_pkt(pkt, A_SELF, A_PEER, IPPROTO_UDP, msg, n);
	memcpy(msg, pkt, n);
	n = ipfix_icmp(buf, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0, msg, 8 + n);
	ipfix_rx(f.eth0, pkt, ipfix_pkt(pkt, A_PEER, A_SELF, IPPROTO_ICMP, buf, n));
	ck_assert_int_eq(s->sk->sk_err, ECONNREFUSED);
	/* ours */
	ck_assert_int_eq((int)IN_VCPU(sock_recvmsg(s, &m, MSG_ERRQUEUE)), 0);
	ck_assert_int_eq(m.msg_flags, MSG_ERRQUEUE);
	ee = (struct sock_extended_err *)(void *)CMSG_DATA((struct cmsghdr *)(void *)ctl);
	ck_assert_uint_eq(ee->ee_errno, EMSGSIZE);
	ck_assert_uint_eq(ee->ee_origin, SO_EE_ORIGIN_LOCAL);
	ck_assert_uint_eq(ee->ee_info, 1500);
	ck_assert_uint_eq(about.sin_addr.s_addr, inet_addr(A_PEER));
	/* the peer's, with the TTL it came with and the payload */
	m.msg_control = ctl;
	m.msg_controllen = sizeof(ctl);
	memset(ctl, 0, sizeof(ctl));
	ck_assert_int_eq((int)IN_VCPU(sock_recvmsg(s, &m, MSG_ERRQUEUE)), 4);
	ck_assert_int_eq(memcmp(buf, "lost", 4), 0);
	ck_assert_uint_eq(ntohs(about.sin_port), 4000);
	{
		unsigned seen = 0;

		for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
			if (c->cmsg_type == IP_TTL)
				seen |= 1;
			if (c->cmsg_type == IP_RECVERR)
				seen |= 2;
		}
		ck_assert_uint_eq(seen, 3);
	}
	ck_assert_int_eq(s->sk->sk_err, 0);
	ck_assert_int_eq((int)IN_VCPU(sock_recvmsg(s, &m, MSG_ERRQUEUE)), -EAGAIN);
	/* turned off: what waits is forgotten */
	ck_assert_int_eq(sock_send(s, buf, 1473, A_PEER, 7), -EMSGSIZE);
	ck_assert_uint_gt(sock_rmem(s), 0);
	ck_assert_int_eq(sock_set_int(s, SOL_IP, IP_RECVERR, 0), 0);
	ck_assert_uint_eq(sock_rmem(s), 0);
	/* bounded by the receive buffer */
	ck_assert_int_eq(sock_set_int(s, SOL_IP, IP_RECVERR, 1), 0);
	s->sk->sk_rcvbuf = 1;
	ck_assert_int_eq(sock_send(s, buf, 1473, A_PEER, 7), -EMSGSIZE);
	ck_assert_uint_eq(sock_rmem(s), 0);
	sock_close(s);
}
END_TEST

static struct socket *swept;

static bool sweep(unsigned long nth, bool *ret_hit)
{
	int a, b;

	kmem_fail_nth(&f.n.net.m.kmem, nth, NULL);
	a = sock_set(swept, SOL_IP, IP_OPTIONS, "\x94\x04\0\0", 4);
	b = send_cmsg(swept, SOL_IP, IP_RETOPTS, "\x94\x04\0\0", 4);
	*ret_hit = kmem_fault_hit(&f.n.net.m.kmem);
	kmem_fail_nth(&f.n.net.m.kmem, 0, NULL);
	netfix_balanced(&f.n);
	ck_assert_int_eq(atomic_read(&swept->sk->sk_wmem_alloc), 1);
	return !a && b == 1;
}

START_TEST(test_fail_nth)
{
	swept = sock_new(SOCK_DGRAM, 0);
	ck_assert_uint_gt(faulty_sweep(sweep), 2);
	sock_close(swept);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_K7_pktinfo,
		test_recv_ttl_tos_dst,
		test_recv_options,
		test_recv_fragsize,
		test_send_cmsg,
		test_options_have_effect,
		test_option_values,
		test_ip_options,
		test_error_queue,
		test_fail_nth,
		NULL,
	};

	return suite_of("ip_sockglue", ipfix_begin, ipfix_end, tests);
}
