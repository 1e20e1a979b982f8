/* SPDX-License-Identifier: MIT */
/*
 * check_af_inet.c: the family: which sockets there are, who may have them, bind, shutdown, what is
 * refused.
 */
#include "support/sockfix.h"

#include <poll.h>
#include <sys/ioctl.h>

static char buf[256];

static int try(int type, int protocol)
{
	struct socket *s = NULL;
	int err = sock_try(&sock_root, type, protocol, &s);

	if (s)
		sock_close(s);
	return err;
}

START_TEST(test_types)
{
	struct socket *s;

	ck_assert_int_eq(try(SOCK_DGRAM, 0), 0);
	ck_assert_int_eq(try(SOCK_DGRAM, IPPROTO_UDP), 0);
	ck_assert_int_eq(try(SOCK_DGRAM, IPPROTO_UDPLITE), 0);
	ck_assert_int_eq(try(SOCK_RAW, IPPROTO_ICMP), 0);
	ck_assert_int_eq(try(SOCK_RAW, IPPROTO_RAW), 0);
	ck_assert_int_eq(try(SOCK_RAW, IPPROTO_IP), -EPROTONOSUPPORT);
	ck_assert_int_eq(try(SOCK_DGRAM, IPPROTO_TCP), -EPROTONOSUPPORT);
	ck_assert_int_eq(try(SOCK_STREAM, 0), -ESOCKTNOSUPPORT);
	ck_assert_int_eq(try(SOCK_SEQPACKET, 0), -ESOCKTNOSUPPORT);
	ck_assert_int_eq(try(SOCK_DGRAM, -1), -EINVAL);
	ck_assert_int_eq(try(SOCK_DGRAM, 256), -EINVAL);
	ck_assert_int_eq(sock_try(&sock_user, SOCK_RAW, IPPROTO_ICMP, &s), -EPERM);
	ck_assert_int_eq(IN_VCPU(sock_create(&f.n.net, &sock_root, PF_INET6, SOCK_DGRAM, 0, &s)),
			 -EAFNOSUPPORT);
}
END_TEST

START_TEST(test_bind)
{
	struct sockaddr_in a = sin_of(A_SELF, 5000);
	struct socket *s = sock_new(SOCK_DGRAM, 0), *u = sock_new_as(&sock_user, SOCK_DGRAM, 0);

	ck_assert_int_eq(IN_VCPU(sock_bind(s, (struct sockaddr *)&a, 15)), -EINVAL);
	a.sin_family = AF_INET6;
	ck_assert_int_eq(IN_VCPU(sock_bind(s, (struct sockaddr *)&a, sizeof(a))), -EAFNOSUPPORT);
	a.sin_family = AF_UNSPEC;
	ck_assert_int_eq(IN_VCPU(sock_bind(s, (struct sockaddr *)&a, sizeof(a))), -EAFNOSUPPORT);
	ck_assert_int_eq(sock_bind_to(s, "9.9.9.9", 5000), -EADDRNOTAVAIL);
	a.sin_addr.s_addr = 0; /* old programs: any address without a family */
	ck_assert_int_eq(IN_VCPU(sock_bind(s, (struct sockaddr *)&a, sizeof(a))), 0);
	sock_close(s);
	ck_assert_int_eq(sock_bind_to(u, A_SELF, 1023), -EACCES);
	ck_assert_int_eq(sock_bind_to(u, A_SELF, 1024), 0);
	sock_close(u);
	ipfix_sysctl("net.ipv4.ip_unprivileged_port_start", "80");
	u = sock_new_as(&sock_user, SOCK_DGRAM, 0);
	ck_assert_int_eq(sock_bind_to(u, A_SELF, 79), -EACCES);
	ck_assert_int_eq(sock_bind_to(u, A_SELF, 80), 0);
	sock_close(u);
	/* group and broadcast: for receiving; the source is chosen when sending */
	s = sock_new(SOCK_DGRAM, 0);
	ck_assert_int_eq(sock_bind_to(s, "192.168.1.255", 5000), 0);
	ck_assert_uint_eq(inet_sk(s->sk)->inet_saddr, 0);
	ck_assert_int_eq(sock_send(s, "x", 1, A_PEER, 7), 1);
	ck_assert_uint_eq(ipfix_iph(f.sent[0].ip)->saddr, inet_addr(A_SELF));
	sock_close(s);
}
END_TEST

START_TEST(test_nonlocal_bind)
{
	struct socket *s = sock_new(SOCK_DGRAM, 0), *t = sock_new(SOCK_DGRAM, 0);

	ck_assert_int_eq(sock_set_int(s, SOL_IP, IP_FREEBIND, 1), 0);
	ck_assert_int_eq(sock_bind_to(s, "9.9.9.9", 5000), 0);
	ck_assert_int_eq(sock_bind_to(t, "9.9.9.8", 5000), -EADDRNOTAVAIL);
	ipfix_sysctl("net.ipv4.ip_nonlocal_bind", "1");
	ck_assert_int_eq(sock_bind_to(t, "9.9.9.8", 5000), 0);
	sock_close(s);
	sock_close(t);
}
END_TEST

/* IP_BIND_ADDRESS_NO_PORT: an address now, a port when one is needed */
START_TEST(test_bind_address_no_port)
{
	struct socket *s = sock_new(SOCK_DGRAM, 0);

	ck_assert_int_eq(sock_set_int(s, SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1), 0);
	ck_assert_int_eq(sock_bind_to(s, A_SELF, 0), 0);
	ck_assert_int_eq(s->sk->sk_num, 0);
	ck_assert_int_eq(sock_connect_to(s, A_PEER, 7), 0);
	ck_assert_int_ne(s->sk->sk_num, 0);
	ck_assert_uint_eq(s->sk->sk_rcv_saddr, inet_addr(A_SELF));
	sock_close(s);
}
END_TEST

START_TEST(test_shutdown)
{
	struct socket *s = sock_new(SOCK_DGRAM, 0);

	ck_assert_int_eq(IN_VCPU(sock_shutdown(s, 3)), -EINVAL);
	ck_assert_int_eq(IN_VCPU(sock_shutdown(s, -1)), -EINVAL);
	ck_assert_int_eq(sock_connect_to(s, A_PEER, 7), 0);
	ck_assert_int_eq(IN_VCPU(sock_shutdown(s, SHUT_WR)), 0);
	ck_assert_int_eq(sock_send(s, "x", 1, NULL, 0), -EPIPE);
	ck_assert_uint_eq(IN_VCPU(sock_poll(s)) & (POLLHUP | POLLRDHUP), 0);
	ck_assert_int_eq(IN_VCPU(sock_shutdown(s, SHUT_RDWR)), 0);
	ck_assert_uint_eq(IN_VCPU(sock_poll(s)) & (POLLHUP | POLLRDHUP | POLLIN),
			  POLLHUP | POLLRDHUP | POLLIN);
	sock_close(s);
}
END_TEST

START_TEST(test_not_for_datagrams)
{
	struct socket *s = sock_new(SOCK_DGRAM, 0), *t = sock_new(SOCK_DGRAM, 0);
	int val = 0;

	ck_assert_int_eq(IN_VCPU(sock_listen(s, 5)), -EOPNOTSUPP);
	ck_assert_int_eq(IN_VCPU(s->ops->accept(s, t, 0)), -EOPNOTSUPP);
	ck_assert_int_eq(IN_VCPU(sock_ioctl(s, 0x12345, &val)), -ENOTTY);
	ck_assert_int_eq(IN_VCPU(sock_ioctl(s, TIOCOUTQ, &val)), 0);
	ck_assert_int_eq(val, 0);
	ck_assert_int_eq(sock_set_int(s, IPPROTO_UDP, 77, 1), -ENOPROTOOPT);
	ck_assert_int_eq(sock_get_int(s, IPPROTO_UDP, 77), -ENOPROTOOPT);
	ck_assert_int_eq(sock_set_int(s, IPPROTO_UDP, UDPLITE_RECV_CSCOV, 8), -ENOPROTOOPT);
	ck_assert_int_eq(sock_set_int(s, 12345, 1, 1), -ENOPROTOOPT);
	ck_assert_int_eq(sock_recv(s, buf, sizeof(buf), 0), -EAGAIN);
	sock_close(s);
	sock_close(t);
}
END_TEST

/* The stack's own sockets are not in the tables, and everything is given back. */
START_TEST(test_counts)
{
	long before = f.n.net.sockets_inuse;
	struct socket *s = sock_new(SOCK_DGRAM, 0), *r = sock_new(SOCK_RAW, IPPROTO_ICMP);

	ck_assert_int_eq(f.n.net.sockets_inuse, before + 2);
	ck_assert_int_eq(sock_prot_inuse_get(&f.n.net, &udp_prot), 1);
	ck_assert_ptr_nonnull(strstr(netfix_cat(&f.n, "/proc/net/protocols"), "UDP-Lite"));
	sock_close(s);
	sock_close(r);
	ck_assert_int_eq(f.n.net.sockets_inuse, before);
	ck_assert_int_eq(sock_prot_inuse_get(&f.n.net, &udp_prot), 0);
}
END_TEST

START_TEST(test_twice_in_a_process)
{
	static struct netfix other;

	netfix_begin(&other, 1);
	ck_assert_int_eq(nf_init(&other.net), 0);
	ck_assert_int_eq(sched_init(&other.net), 0);
	ck_assert_int_eq(inet_init(&other.net), 0);
	inet_exit(&other.net);
	sched_exit(&other.net);
	nf_exit(&other.net);
	netfix_end(&other);
}
END_TEST

/* Every allocation of the room's start fails once: all that was begun is undone. */
static bool sweep_init(unsigned long nth, bool *ret_hit)
{
	static struct netfix n;
	int err;

	memset(&n, 0, sizeof(n));
	netfix_begin(&n, 1);
	ck_assert_int_eq(nf_init(&n.net), 0);
	ck_assert_int_eq(sched_init(&n.net), 0);
	kmem_fail_nth(&n.net.m.kmem, nth, NULL);
	err = inet_init(&n.net);
	*ret_hit = kmem_fault_hit(&n.net.m.kmem);
	kmem_fail_nth(&n.net.m.kmem, 0, NULL);
	if (!err)
		inet_exit(&n.net);
	sched_exit(&n.net);
	nf_exit(&n.net);
	netfix_end(&n);
	return !err;
}

START_TEST(test_fail_nth_init)
{
	ck_assert_uint_gt(faulty_sweep(sweep_init), 20);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_types,	    test_bind,
		test_nonlocal_bind, test_bind_address_no_port,
		test_shutdown,	    test_not_for_datagrams,
		test_counts,	    NULL,
	};
	const TTest *const init[] = { test_twice_in_a_process, test_fail_nth_init, NULL };
	Suite *s = suite_of("af_inet", ipfix_begin, ipfix_end, tests);
	TCase *tc = tcase_create("init");

	tcase_set_timeout(tc, 60);
	for (unsigned i = 0; init[i]; i++)
		tcase_add_test(tc, init[i]);
	suite_add_tcase(s, tc);
	return s;
}
