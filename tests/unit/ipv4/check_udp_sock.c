/* SPDX-License-Identifier: MIT */
/* check_udp_sock.c: the caller's side of UDP: send, cork, read, peek, buffers, control messages. */
#include "support/sockfix.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>

static unsigned char buf[65536];

static const struct udphdr *sent_udp(unsigned i)
{
	const struct iphdr *iph = ipfix_iph(f.sent[i].ip);
	const struct udphdr *uh = (const struct udphdr *)(const void *)(f.sent[i].ip + 20);

	ck_assert_uint_lt(i, f.nsent);
	ck_assert_int_eq(iph->protocol, IPPROTO_UDP);
	if (uh->check)
		ck_assert_uint_eq(csum_tcpudp_magic(iph->saddr, iph->daddr, ntohs(uh->len),
						    IPPROTO_UDP,
						    csum_partial(uh, ntohs(uh->len), 0)),
				  0);
	return uh;
}

START_TEST(test_O1_O7_send)
{
	struct socket *s = sock_new(SOCK_DGRAM, 0);
	const struct udphdr *uh;

	ck_assert_int_eq(sock_send(s, "hello", 5, A_PEER, 7), 5);
	ck_assert_uint_eq(f.nsent, 1);
	uh = sent_udp(0);
	ck_assert_uint_eq(ntohs(uh->dest), 7);
	ck_assert_uint_ge(ntohs(uh->source), 32768);
	ck_assert_uint_eq(ntohs(uh->len), 13);
	ck_assert_int_eq(memcmp(uh + 1, "hello", 5), 0);
	udp_moved(UDP_MIB_OUTDATAGRAMS, 1);
	ck_assert_int_eq(atomic_read(&s->sk->sk_wmem_alloc), 1);
	/* without a checksum */
	ck_assert_int_eq(sock_set_int(s, SOL_SOCKET, SO_NO_CHECK, 1), 0);
	ck_assert_int_eq(sock_send(s, "hello", 5, A_PEER, 7), 5);
	ck_assert_uint_eq(sent_udp(1)->check, 0);
	/* odd lengths, and one cut in fragments by IP */
	ck_assert_int_eq(sock_set_int(s, SOL_SOCKET, SO_NO_CHECK, 0), 0);
	for (unsigned len = 0; len < 20; len++) {
		ipfix_mark();
		ck_assert_int_eq(sock_send(s, "0123456789abcdefghij", len, A_PEER, 7), (int)len);
		sent_udp(0);
	}
	ipfix_mark();
	ck_assert_int_eq(sock_send(s, buf, 3000, A_PEER, 7), 3000);
	ck_assert_uint_eq(f.nsent, 3);
	ck_assert_uint_eq(ipfix_ip(FRAGCREATES), 3);
	ck_assert_uint_eq(ipfix_ip(FRAGOKS), 1);
	sock_close(s);
}
END_TEST

START_TEST(test_O1_refusals)
{
	struct socket *s = sock_new(SOCK_DGRAM, 0);
	struct sockaddr_in a = sin_of(A_PEER, 7);

	ck_assert_int_eq(sock_send(s, "x", 1, NULL, 0), -EDESTADDRREQ);
	ck_assert_int_eq(sock_send(s, "x", 1, A_PEER, 0), -EINVAL);
	ck_assert_int_eq(sock_send(s, buf, 65508, A_PEER, 7), -EMSGSIZE);
	ck_assert_int_eq(sock_send(s, buf, 65535, A_PEER, 7), -EMSGSIZE);
	ck_assert_int_eq(
		(int)IN_VCPU(sock_sendto(s, buf, 65536, 0, (struct sockaddr *)&a, sizeof(a))),
		-EMSGSIZE);
	ck_assert_int_eq(
		(int)IN_VCPU(sock_sendto(s, "x", 1, MSG_OOB, (struct sockaddr *)&a, sizeof(a))),
		-EOPNOTSUPP);
	ck_assert_int_eq((int)IN_VCPU(sock_sendto(s, "x", 1, 0, (struct sockaddr *)&a, 15)),
			 -EINVAL);
	a.sin_family = AF_INET6;
	ck_assert_int_eq((int)IN_VCPU(sock_sendto(s, "x", 1, 0, (struct sockaddr *)&a, sizeof(a))),
			 -EAFNOSUPPORT);
	ck_assert_int_eq(sock_send(s, "x", 1, "192.168.1.255", 7), -EACCES);
	ck_assert_int_eq(sock_send(s, "x", 1, "8.8.8.8", 7), -ENETUNREACH);
	ck_assert_uint_eq(ipfix_ip(OUTNOROUTES), 1);
	udp_moved(-1);
	ck_assert_uint_eq(f.nsent, 0);
	ck_assert_int_eq(sock_set_int(s, SOL_SOCKET, SO_BROADCAST, 1), 0);
	ck_assert_int_eq(sock_send(s, "x", 1, "192.168.1.255", 7), 1);
	ck_assert_uint_eq(f.sent[0].mac[0], 0xff);
	/* not to be fragmented: refused here */
	ck_assert_int_eq(sock_set_int(s, SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO), 0);
	ck_assert_int_eq(sock_send(s, buf, 1473, A_PEER, 7), -EMSGSIZE);
	ck_assert_int_eq(sock_send(s, buf, 1472, A_PEER, 7), 1472);
	ck_assert_int_eq(IN_VCPU(sock_shutdown(s, SHUT_WR)), -ENOTCONN);
	ck_assert_int_eq(sock_send(s, "x", 1, A_PEER, 7), -EPIPE);
	sock_close(s);
}
END_TEST

/* O2: the route of a connected socket is kept, and looked up again when it changed. */
START_TEST(test_O2_connected)
{
	struct socket *s = sock_new(SOCK_DGRAM, 0);
	struct sockaddr_in name;
	socklen_t len = sizeof(name);
	struct dst_entry *dst;

	ck_assert_int_eq(IN_VCPU(sock_getname(s, (struct sockaddr *)&name, &len, 1)), -ENOTCONN);
	ck_assert_int_eq(sock_connect_to(s, A_PEER, 7), 0);
	ck_assert_int_eq(IN_VCPU(sock_getname(s, (struct sockaddr *)&name, &len, 0)), 0);
	ck_assert_uint_eq(name.sin_addr.s_addr, inet_addr(A_SELF));
	ck_assert_int_eq(IN_VCPU(sock_getname(s, (struct sockaddr *)&name, &len, 1)), 0);
	ck_assert_uint_eq(name.sin_addr.s_addr, inet_addr(A_PEER));
	ck_assert_uint_eq(ntohs(name.sin_port), 7);
	dst = s->sk->sk_dst_cache;
	ck_assert_ptr_nonnull(dst);
	ck_assert_int_eq(sock_send(s, "x", 1, NULL, 0), 1);
	ck_assert_ptr_eq(s->sk->sk_dst_cache, dst);
	rt_cache_flush(&f.n.net);
	ck_assert_int_eq(sock_send(s, "x", 1, NULL, 0), 1);
	ck_assert_ptr_nonnull(s->sk->sk_dst_cache);
	ck_assert_uint_eq(f.nsent, 2);
	/* connected sends somewhere else leave the route alone */
	ck_assert_int_eq(sock_send(s, "x", 1, A_PEER1, 7), 1);
	ck_assert_ptr_eq(f.sent[2].dev, f.eth1);
	/* disconnect */
	name = (struct sockaddr_in){ .sin_family = AF_UNSPEC };
	ck_assert_int_eq(IN_VCPU(sock_connect(s, (struct sockaddr *)&name, sizeof(name))), 0);
	ck_assert_ptr_null(s->sk->sk_dst_cache);
	ck_assert_int_eq(s->sk->sk_num, 0);
	ck_assert_int_eq(sock_send(s, "x", 1, NULL, 0), -EDESTADDRREQ);
	ck_assert_int_eq(sock_connect_to(s, "192.168.1.255", 7), -EACCES);
	ck_assert_int_eq(sock_connect_to(s, "8.8.8.8", 7), -ENETUNREACH);
	sock_close(s);
}
END_TEST

START_TEST(test_O3_cork)
{
	struct socket *s = sock_new(SOCK_DGRAM, 0);
	struct sockaddr_in a = sin_of(A_PEER, 7);

	/* two MSG_MORE writes and a last one: one datagram, to the address of the first */
	ck_assert_int_eq(
		(int)IN_VCPU(sock_sendto(s, "abc", 3, MSG_MORE, (struct sockaddr *)&a, sizeof(a))),
		3);
	ck_assert_int_eq((int)IN_VCPU(sock_sendto(s, "de", 2, MSG_MORE, NULL, 0)), 2);
	ck_assert_uint_eq(f.nsent, 0);
	ck_assert_int_eq((int)IN_VCPU(sock_sendto(s, "f", 1, 0, NULL, 0)), 1);
	ck_assert_uint_eq(f.nsent, 1);
	ck_assert_uint_eq(ntohs(sent_udp(0)->len), 14);
	ck_assert_int_eq(memcmp(sent_udp(0) + 1, "abcdef", 6), 0);
	udp_moved(UDP_MIB_OUTDATAGRAMS, 1);
	/* UDP_CORK: pulled by the option */
	ck_assert_int_eq(sock_set_int(s, IPPROTO_UDP, 1, 1), 0);
	ck_assert_int_eq(sock_get_int(s, IPPROTO_UDP, 1), 1);
	ck_assert_int_eq(sock_send(s, "gh", 2, A_PEER, 7), 2);
	ck_assert_int_eq(sock_send(s, "ijk", 3, A_PEER, 7), 3);
	ck_assert_uint_eq(f.nsent, 1);
	ck_assert_int_eq(sock_set_int(s, IPPROTO_UDP, 1, 0), 0);
	ck_assert_uint_eq(f.nsent, 2);
	ck_assert_int_eq(memcmp(sent_udp(1) + 1, "ghijk", 5), 0);
	/* too much for one datagram: all of it is lost */
	ck_assert_int_eq((int)IN_VCPU(sock_sendto(s, buf, 60000, MSG_MORE, (struct sockaddr *)&a,
						  sizeof(a))),
			 60000);
	ck_assert_int_eq((int)IN_VCPU(sock_sendto(s, buf, 6000, 0, NULL, 0)), -EMSGSIZE);
	ck_assert_int_eq(atomic_read(&s->sk->sk_wmem_alloc), 1);
	ck_assert_int_eq((int)IN_VCPU(sock_sendto(s, "z", 1, 0, (struct sockaddr *)&a, sizeof(a))),
			 1);
	ck_assert_uint_eq(f.nsent, 3);
	/* closed while corked */
	ck_assert_int_eq(
		(int)IN_VCPU(sock_sendto(s, "abc", 3, MSG_MORE, (struct sockaddr *)&a, sizeof(a))),
		3);
	sock_close(s);
	ck_assert_uint_eq(f.nsent, 3);
}
END_TEST

START_TEST(test_O4_L9_send_buffer)
{
	struct socket *s = sock_new(SOCK_DGRAM, 0);
	struct netdev_queue *q = netdev_get_tx_queue(f.eth0, 0);
	struct vcpu *v = f.n.net.m.cpu[0];
	struct task t;
	wait_queue_t w;
	unsigned n = 0;

	ck_assert_int_eq(sock_set_int(s, SOL_SOCKET, SO_SNDBUF, 1), 0);
	ck_assert_int_eq(sock_get_int(s, SOL_SOCKET, SO_SNDBUF), 4608);
	ipfix_enter(0);
	netif_tx_stop_queue(q);
	ipfix_leave();
	while (sock_send(s, buf, 1000, A_PEER, 7) == 1000)
		n++;
	/* a datagram is let in as long as less than the buffer is used */
	ck_assert_int_eq(sock_send(s, buf, 1000, A_PEER, 7), -EAGAIN);
	ck_assert_uint_ge((unsigned)atomic_read(&s->sk->sk_wmem_alloc), 4608);
	ck_assert_uint_eq(n, DIV_ROUND_UP(4608u - 1,
					  ((unsigned)atomic_read(&s->sk->sk_wmem_alloc) - 1) / n));
	ck_assert_uint_eq(IN_VCPU(sock_poll(s)) & POLLOUT, 0);
	ck_assert_uint_eq(f.nsent, 0);
	/* a writer that waits is woken when the device goes on */
	task_init(&t, "writer", 1, false);
	vcpu_enter(v, &t);
	init_wait_func(&w, autoremove_wake_function);
	prepare_to_wait(&s->sk->sk_wq, &w, TASK_INTERRUPTIBLE);
	vcpu_leave(v);
	ipfix_enter(0);
	netif_tx_wake_queue(q);
	ipfix_leave();
	ck_assert_uint_eq(f.nsent, n);
	ck_assert_uint_eq(t.nr_wakes, 1);
	vcpu_enter(v, &t);
	finish_wait(&s->sk->sk_wq, &w);
	vcpu_leave(v);
	ck_assert_int_eq(atomic_read(&s->sk->sk_wmem_alloc), 1);
	ck_assert_uint_eq(IN_VCPU(sock_poll(s)) & POLLOUT, POLLOUT);
	ck_assert_int_eq(sock_send(s, buf, 1000, A_PEER, 7), 1000);
	/* the socket may end before its packets do */
	ipfix_enter(0);
	netif_tx_stop_queue(q);
	ipfix_leave();
	ck_assert_int_eq(sock_send(s, buf, 1000, A_PEER, 7), 1000);
	sock_close(s);
	ipfix_enter(0);
	netif_tx_wake_queue(q);
	ipfix_leave();
	ck_assert_uint_eq(f.nsent, n + 2);
}
END_TEST

START_TEST(test_L2_L3_receive_buffer)
{
	struct socket *s = sock_new(SOCK_DGRAM, 0), *u = sock_new_as(&sock_user, SOCK_DGRAM, 0);

	ck_assert_int_eq(sock_get_int(s, SOL_SOCKET, SO_RCVBUF), 212992);
	ck_assert_int_eq(sock_set_int(s, SOL_SOCKET, SO_RCVBUF, 4096), 0);
	ck_assert_int_eq(sock_get_int(s, SOL_SOCKET, SO_RCVBUF), 8192);
	ck_assert_int_eq(sock_set_int(s, SOL_SOCKET, SO_RCVBUF, 100000000), 0);
	ck_assert_int_eq(sock_get_int(s, SOL_SOCKET, SO_RCVBUF), 425984);
	ck_assert_int_eq(sock_set_int(s, SOL_SOCKET, SO_RCVBUF, 0), 0);
	ck_assert_int_eq(sock_get_int(s, SOL_SOCKET, SO_RCVBUF), 2304);
	ck_assert_int_eq(sock_set_int(u, SOL_SOCKET, SO_RCVBUFFORCE, 1000000), -EPERM);
	ck_assert_int_eq(sock_set_int(s, SOL_SOCKET, SO_RCVBUFFORCE, 1000000), 0);
	ck_assert_int_eq(sock_get_int(s, SOL_SOCKET, SO_RCVBUF), 2000000);
	sock_close(s);
	sock_close(u);
}
END_TEST

START_TEST(test_N9_names)
{
	struct socket *s = sock_new(SOCK_DGRAM, IPPROTO_UDP);
	struct sockaddr_in name;
	socklen_t len = sizeof(name);

	ck_assert_int_eq(sock_bind_to(s, "0.0.0.0", 5000), 0);
	memset(&name, 0xff, sizeof(name));
	ck_assert_int_eq(IN_VCPU(sock_getname(s, (struct sockaddr *)&name, &len, 0)), 0);
	ck_assert_uint_eq(len, 16);
	ck_assert_int_eq(name.sin_family, AF_INET);
	ck_assert_uint_eq(ntohs(name.sin_port), 5000);
	ck_assert_uint_eq(name.sin_addr.s_addr, 0);
	ck_assert_int_eq(memcmp(name.sin_zero, "\0\0\0\0\0\0\0", 8), 0);
	ck_assert_int_eq(sock_get_int(s, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
	ck_assert_int_eq(sock_get_int(s, SOL_SOCKET, SO_DOMAIN), AF_INET);
	ck_assert_int_eq(sock_get_int(s, SOL_SOCKET, SO_PROTOCOL), IPPROTO_UDP);
	/* Q7: lines of 127 characters */
	{
		char want[300];

		s->ino = 4711;
		snprintf(want, sizeof(want), "%-127s\n%-127s\n",
			 "   sl  local_address rem_address   st tx_queue rx_queue "
			 "tr tm->when retrnsmt   uid  timeout inode ref pointer drops",
			 " 5000: 00000000:1388 00000000:0000 07 00000000:00000000 "
			 "00:00000000 00000000     0        0 4711 2 "
			 "0000000000000000 0");
		ck_assert_str_eq(netfix_cat(&f.n, "/proc/net/udp"), want);
	}
	sock_close(s);
}
END_TEST

START_TEST(test_N5_read)
{
	struct socket *s = sock_udp("0.0.0.0", 5000);
	struct iovec iov[3] = { { buf, 3 }, { buf + 100, 4 }, { buf + 200, 100 } };
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 3 };
	int val;

	ck_assert_int_eq(sock_recv(s, buf, 10, 0), -EAGAIN);
	ck_assert_uint_eq(IN_VCPU(sock_poll(s)), POLLOUT | POLLWRNORM | POLLWRBAND);
	sock_rx(20);
	sock_rx(100);
	ck_assert_uint_eq(IN_VCPU(sock_poll(s)) & POLLIN, POLLIN);
	val = -1;
	ck_assert_int_eq(IN_VCPU(sock_ioctl(s, SIOCINQ, &val)), 0);
	ck_assert_int_eq(val, 20);
	/* peek, then a cut read: the rest is gone */
	ck_assert_int_eq(sock_recv(s, buf, 8, MSG_PEEK), 8);
	ck_assert_int_eq(sock_recv(s, buf, 8, MSG_PEEK | MSG_TRUNC), 20);
	/* as Linux: the first look counts, the read that follows does not */
	udp_moved(UDP_MIB_INDATAGRAMS, 1);
	ck_assert_int_eq((int)IN_VCPU(sock_recvmsg(s, &m, 0)), 20);
	ck_assert_int_eq(m.msg_flags, 0);
	ck_assert_uint_eq(buf[2], 2);
	ck_assert_uint_eq(buf[100], 3);
	ck_assert_uint_eq(buf[200], 7);
	m.msg_iovlen = 1;
	ck_assert_int_eq((int)IN_VCPU(sock_recvmsg(s, &m, 0)), 3);
	ck_assert_int_eq(m.msg_flags, MSG_TRUNC);
	ck_assert_int_eq(sock_recv(s, buf, 8, 0), -EAGAIN);
	udp_moved(UDP_MIB_INDATAGRAMS, 2);
	ck_assert_uint_eq(sock_rmem(s), 0);
	/* nothing more comes after a shutdown */
	ck_assert_int_eq(IN_VCPU(sock_shutdown(s, SHUT_RD)), -ENOTCONN);
	ck_assert_int_eq(sock_recv(s, buf, 8, 0), -EAGAIN);
	sock_close(s);
	/* unread datagrams are drops of the close */
	s = sock_udp("0.0.0.0", 5000);
	sock_rx(20);
	sock_close(s);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_SOCKET_CLOSE), 1);
}
END_TEST

START_TEST(test_over_lo)
{
	struct socket *a = sock_udp("127.0.0.1", 5000), *b = sock_udp("127.0.0.1", 5001);
	struct sockaddr_in from;
	socklen_t len = sizeof(from);

	ck_assert_int_eq(sock_send(a, "ping", 4, "127.0.0.1", 5001), 4);
	ck_assert_int_eq(IN_VCPU(sock_recvfrom(b, buf, 100, 0, (struct sockaddr *)&from, &len)), 4);
	ck_assert_uint_eq(ntohs(from.sin_port), 5000);
	ck_assert_int_eq(sock_connect_to(b, "127.0.0.1", 5000), 0);
	ck_assert_int_eq(sock_send(b, "pong", 4, NULL, 0), 4);
	ck_assert_int_eq(sock_recv(a, buf, 100, 0), 4);
	sock_close(a);
	/* refused: told by the next call */
	ck_assert_int_eq(sock_send(b, "pong", 4, NULL, 0), 4);
	ck_assert_int_eq(sock_send(b, "pong", 4, NULL, 0), -ECONNREFUSED);
	sock_close(b);
}
END_TEST

static struct socket *swept;

static bool sweep_send(unsigned long nth, bool *ret_hit)
{
	int rc;

	ipfix_mark();
	ipfix_enter(0);
	kmem_fail_nth(&f.n.net.m.kmem, nth, NULL);
	{
		struct sockaddr_in a = sin_of(A_PEER, 7);

		rc = (int)sock_sendto(swept, buf, 2000, 0, (struct sockaddr *)&a, sizeof(a));
	}
	*ret_hit = kmem_fault_hit(&f.n.net.m.kmem);
	kmem_fail_nth(&f.n.net.m.kmem, 0, NULL);
	ipfix_leave();
	ck_assert(rc == 2000 || rc == -ENOBUFS || rc == -ENOMEM);
	ck_assert_int_eq(atomic_read(&swept->sk->sk_wmem_alloc), 1);
	netfix_balanced(&f.n);
	return rc == 2000;
}

START_TEST(test_fail_nth_send)
{
	swept = sock_udp("0.0.0.0", 5000);
	ck_assert_uint_gt(faulty_sweep(sweep_send), 2);
	sock_close(swept);
}
END_TEST

static bool sweep_socket(unsigned long nth, bool *ret_hit)
{
	struct socket *s = NULL;
	int rc;

	kmem_fail_nth(&f.n.net.m.kmem, nth, NULL);
	rc = sock_try(&sock_root, SOCK_DGRAM, 0, &s);
	if (!rc)
		rc = sock_connect_to(s, A_PEER, 9);
	*ret_hit = kmem_fault_hit(&f.n.net.m.kmem);
	kmem_fail_nth(&f.n.net.m.kmem, 0, NULL);
	if (s)
		sock_close(s);
	ck_assert(!rc || rc == -ENFILE || rc == -ENOBUFS || rc == -ENOMEM);
	return !rc;
}

START_TEST(test_fail_nth_socket)
{
	ck_assert_uint_ge(faulty_sweep(sweep_socket), 2);
	ck_assert_int_eq(f.n.net.sockets_inuse, IN_VCPU(f.n.net.sockets_inuse));
	ck_assert_int_eq(sock_prot_inuse_get(&f.n.net, &udp_prot), 0);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_O1_O7_send,    test_O1_refusals,	    test_O2_connected,
		test_O3_cork,	    test_O4_L9_send_buffer, test_L2_L3_receive_buffer,
		test_N9_names,	    test_N5_read,	    test_over_lo,
		test_fail_nth_send, test_fail_nth_socket,   NULL,
	};

	return suite_of("udp_sock", ipfix_begin, ipfix_end, tests);
}
