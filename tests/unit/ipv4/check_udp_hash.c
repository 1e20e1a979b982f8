/* SPDX-License-Identifier: MIT */
/* check_udp_hash.c: ports: who may share one, which one is given; who gets a datagram. */
#include "support/sockfix.h"

static char buf[2048];

static void rx_from(const char *saddr, unsigned sport, const char *daddr)
{
	sock_udp_rx(f.eth0, saddr, sport, daddr, 5000, "x", 1);
}

/* @s has exactly one datagram. */
static void got(struct socket *s)
{
	ck_assert_uint_eq(sock_drain(s), 1);
}

static struct socket *plain(void)
{
	return sock_new(SOCK_DGRAM, 0);
}

START_TEST(test_K3_best_match)
{
	struct socket *any = sock_udp("0.0.0.0", 5000), *addr = sock_udp(A_SELF, 5000),
		      *dev = sock_new(SOCK_DGRAM, 0);
	struct socket *conn = sock_udp(A_SELF, 5000);

	ck_assert_int_eq(sock_set_int(dev, SOL_SOCKET, SO_REUSEADDR, 1), 0);
	ck_assert_int_eq(sock_set(dev, SOL_SOCKET, SO_BINDTODEVICE, "eth1", 5), 0);
	ck_assert_int_eq(sock_bind_to(dev, A_SELF, 5000), 0);
	ck_assert_int_eq(sock_connect_to(conn, A_PEER, 4000), 0);
	rx_from(A_PEER, 4000, A_SELF); /* address, peer and port */
	got(conn);
	rx_from(A_PEER, 4001, A_SELF); /* address */
	got(addr);
	sock_udp_rx(f.eth1, A_PEER1, 4000, A_SELF1, 5000, "x", 1); /* nothing but the port */
	got(any);
	ck_assert_uint_eq(sock_drain(dev), 0);
	sock_close(addr);
	rx_from(A_PEER, 4001, A_SELF);
	got(any);
	sock_close(any);
	rx_from(A_PEER, 4001, A_SELF);
	ck_assert_uint_eq(udp_mib(NOPORTS), 1);
	sock_close(dev);
	sock_close(conn);
}
END_TEST

/* More than ten on one port: the hash by address is asked, and answers the same. */
START_TEST(test_K3_second_hash)
{
	struct socket *s[13], *any = sock_udp("0.0.0.0", 5000), *addr = sock_udp(A_SELF, 5000);
	char name[16];

	for (unsigned i = 0; i < 13; i++) {
		snprintf(name, sizeof(name), "127.0.1.%u", i + 1);
		s[i] = sock_udp(name, 5000);
	}
	rx_from(A_PEER, 4001, A_SELF);
	got(addr);
	ck_assert_int_eq(sock_send(any, "y", 1, "127.0.1.7", 5000), 1);
	got(s[6]);
	sock_udp_rx(f.eth1, A_PEER1, 4000, A_SELF1, 5000, "x", 1);
	got(any);
	/* a connect moves a socket to its new address */
	sock_close(addr);
	addr = sock_udp("0.0.0.0", 5000);
	ck_assert_int_eq(sock_connect_to(addr, A_PEER, 4000), 0);
	rx_from(A_PEER, 4000, A_SELF);
	got(addr);
	rx_from(A_PEER, 4001, A_SELF);
	got(any);
	ck_assert_int_eq(IN_VCPU(udp_disconnect(addr->sk, 0)), 0);
	sock_close(any);
	rx_from(A_PEER, 4001, A_SELF);
	got(addr);
	for (unsigned i = 0; i < 13; i++)
		sock_close(s[i]);
	sock_close(addr);
}
END_TEST

START_TEST(test_bind_clashes)
{
	struct socket *a = plain(), *b = plain(), *u = sock_new_as(&sock_user, SOCK_DGRAM, 0);

	ck_assert_int_eq(sock_bind_to(a, A_SELF, 5000), 0);
	ck_assert_int_eq(sock_bind_to(a, A_SELF, 5001), -EINVAL); /* bound once */
	ck_assert_int_eq(sock_bind_to(b, A_SELF, 5000), -EADDRINUSE);
	ck_assert_int_eq(sock_bind_to(b, "0.0.0.0", 5000), -EADDRINUSE);
	ck_assert_int_eq(sock_set_int(b, SOL_SOCKET, SO_REUSEADDR, 1), 0); /* both must want it */
	ck_assert_int_eq(sock_bind_to(b, A_SELF, 5000), -EADDRINUSE);
	ck_assert_int_eq(sock_set_int(a, SOL_SOCKET, SO_REUSEADDR, 1), 0);
	ck_assert_int_eq(sock_bind_to(b, A_SELF, 5000), 0);
	sock_close(b);
	ck_assert_int_eq(sock_set_int(a, SOL_SOCKET, SO_REUSEADDR, 0), 0);
	b = plain();
	ck_assert_int_eq(sock_bind_to(b, A_SELF1, 5000), 0); /* another address */
	sock_close(b);
	b = plain();
	ck_assert_int_eq(sock_set_int(a, SOL_SOCKET, SO_REUSEPORT, 1), 0);
	ck_assert_int_eq(sock_set_int(b, SOL_SOCKET, SO_REUSEPORT, 1), 0);
	ck_assert_int_eq(sock_bind_to(b, A_SELF, 5000), 0);
	ck_assert_int_eq(sock_set_int(u, SOL_SOCKET, SO_REUSEPORT, 1), 0);
	/* somebody else's port cannot be stolen */
	ck_assert_int_eq(sock_bind_to(u, A_SELF, 5000), -EADDRINUSE);
	sock_close(a);
	sock_close(b);
	/* a port that was given up is free */
	ck_assert_int_eq(sock_bind_to(u, A_SELF, 5000), 0);
	sock_close(u);
}
END_TEST

START_TEST(test_reuseport_spreads)
{
	struct socket *s[4];
	unsigned n[4], all = 0, again;

	for (unsigned i = 0; i < 4; i++) {
		s[i] = plain();
		ck_assert_int_eq(sock_set_int(s[i], SOL_SOCKET, SO_REUSEPORT, 1), 0);
		ck_assert_int_eq(sock_bind_to(s[i], "0.0.0.0", 5000), 0);
	}
	for (unsigned p = 0; p < 400; p++)
		rx_from(A_PEER, 10000 + p, A_SELF);
	for (unsigned i = 0; i < 4; i++) {
		n[i] = sock_drain(s[i]);
		ck_assert_uint_gt(n[i], 50);
		all += n[i];
	}
	ck_assert_uint_eq(all, 400);
	/* one flow stays with one socket */
	for (unsigned i = 0; i < 10; i++)
		rx_from(A_PEER, 10000, A_SELF);
	again = 0;
	for (unsigned i = 0; i < 4; i++)
		again = max(again, sock_drain(s[i]));
	ck_assert_uint_eq(again, 10);
	for (unsigned i = 0; i < 4; i++)
		sock_close(s[i]);
}
END_TEST

START_TEST(test_ephemeral_ports)
{
	struct socket *s[8];
	unsigned port[8], differ = 0;

	for (unsigned i = 0; i < 8; i++) {
		s[i] = plain();
		ck_assert_int_eq(sock_bind_to(s[i], "0.0.0.0", 0), 0);
		port[i] = s[i]->sk->sk_num;
		ck_assert_uint_ge(port[i], 32768);
		ck_assert_uint_le(port[i], 60999);
		for (unsigned k = 0; k < i; k++)
			ck_assert_uint_ne(port[i], port[k]);
		differ += i && port[i] != port[i - 1] + 1;
	}
	ck_assert_uint_gt(differ, 4); /* RFC 6056: not one after the other */
	for (unsigned i = 0; i < 8; i++)
		sock_close(s[i]);
	/* a small range is used up */
	ipfix_sysctl("net.ipv4.ip_local_port_range", "40000 40003");
	for (unsigned i = 0; i < 5; i++) {
		s[i] = plain();
		ck_assert_int_eq(sock_bind_to(s[i], "0.0.0.0", 0), i < 4 ? 0 : -EADDRINUSE);
	}
	ck_assert_int_eq(sock_send(s[4], "x", 1, A_PEER, 9), -EAGAIN);
	sock_close(s[2]);
	ck_assert_int_eq(sock_send(s[4], "x", 1, A_PEER, 9), 1);
	sock_close(s[0]);
	sock_close(s[1]);
	sock_close(s[3]);
	sock_close(s[4]);
}
END_TEST

/* SO_BINDTODEVICE keeps strangers out, also of a port that is shared. */
START_TEST(test_bound_to_device)
{
	struct socket *e0 = plain(), *e1 = plain();

	ck_assert_int_eq(sock_set(e0, SOL_SOCKET, SO_BINDTODEVICE, "eth0", 5), 0);
	ck_assert_int_eq(sock_set(e1, SOL_SOCKET, SO_BINDTODEVICE, "eth1", 5), 0);
	ck_assert_int_eq(sock_bind_to(e0, "0.0.0.0", 5000), 0);
	ck_assert_int_eq(sock_bind_to(e1, "0.0.0.0", 5000), 0);
	rx_from(A_PEER, 1, A_SELF);
	got(e0);
	sock_udp_rx(f.eth1, A_PEER1, 4000, A_SELF1, 5000, "x", 1);
	got(e1);
	sock_close(e0);
	rx_from(A_PEER, 1, A_SELF);
	ck_assert_int_eq(sock_recv(e1, buf, sizeof(buf), 0), -EAGAIN);
	sock_close(e1);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_K3_best_match,
		test_K3_second_hash,
		test_bind_clashes,
		test_reuseport_spreads,
		test_ephemeral_ports,
		test_bound_to_device,
		NULL,
	};

	return suite_of("udp_hash", ipfix_begin, ipfix_end, tests);
}
