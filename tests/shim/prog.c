/* SPDX-License-Identifier: MIT */
/*
 * prog.c - a program whose sockets are glassnetd's, by src/client and without a shim; and its peer, whose sockets are the kernel's
 *
 *   prog peer ADDR PORT		echoes datagrams until it is killed; "bye" ends it
 *   prog echo PORT			the same on the stack
 *   prog all ADDR PORT MY		what a socket does, as TAP lines; ADDR:PORT is the peer, MY the stack's address
 *   prog hold COUNT [MY]		makes COUNT sockets, says "ready", waits to be killed
 *   prog orphan			makes a socket, says "ready", and says how a blocking receive ended
 * Called by client.sh. Exit status 0: all of it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/filter.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client/client.h"

static struct sockaddr_in peer, closed_port, mine;
static int n_tests, n_failed;
static unsigned char out[65536], in[65536];

static struct sockaddr_in sin_of(const char *addr, int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port) };

	inet_pton(AF_INET, addr, &sin.sin_addr);
	return sin;
}

/* One line of TAP; says what was there when it was not what was expected. */
static void is(const char *text, long got, long want)
{
	n_tests++;
	if (got == want) {
		printf("ok %d - %s\n", n_tests, text);
	} else {
		printf("not ok %d - %s\n# %ld instead of %ld\n", n_tests, text, got, want);
		n_failed = 1;
	}
	fflush(stdout);
}

/* --- the calls in shapes that are easy to write --- */

static long send_flags(int fd, const void *buf, size_t len, const struct sockaddr_in *to, int flags)
{
	struct iovec iov = { (void *)(unsigned long)buf, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_name = (void *)(unsigned long)to,
			      .msg_namelen = to ? sizeof(*to) : 0 };

	return client_send(fd, &msg, flags, GN_SPAN_SENDMSG);
}

static long send_to(int fd, const void *buf, size_t len, const struct sockaddr_in *to)
{
	return send_flags(fd, buf, len, to, 0);
}

static long recv_from(int fd, void *buf, size_t len, int flags, struct sockaddr_in *from, int *msg_flags)
{
	struct iovec iov = { buf, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_name = from, .msg_namelen = from ? sizeof(*from) : 0 };
	long n = client_recv(fd, &msg, flags, GN_SPAN_RECVMSG);

	if (msg_flags)
		*msg_flags = msg.msg_flags;
	return n;
}

static long recv_buf(int fd, void *buf, size_t len, int flags)
{
	return recv_from(fd, buf, len, flags, NULL, NULL);
}

static int udp_socket(int flags)
{
	return client_socket(AF_INET, SOCK_DGRAM | flags, 0);
}

static int bind_port(int fd, int port)
{
	struct sockaddr_in sin = sin_of("0.0.0.0", port);

	return client_bind(fd, (struct sockaddr *)&sin, sizeof(sin));
}

static int connect_to(int fd, const struct sockaddr_in *to)
{
	return client_connect(fd, (const struct sockaddr *)to, sizeof(*to));
}

static int get_int(int fd, int level, int name)
{
	int val = -1;
	socklen_t len = sizeof(val);
	int ret = client_getsockopt(fd, level, name, &val, &len);

	return ret ? ret : val;
}

static int set_int(int fd, int level, int name, int val)
{
	return client_setsockopt(fd, level, name, &val, sizeof(val));
}

static int readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n = poll(&p, 1, ms);

	return n == 1 ? p.revents : 0;
}

/* The answer to what was sent comes within two seconds. */
static long recv_soon(int fd, void *buf, size_t len)
{
	return readable(fd, 2000) ? recv_buf(fd, buf, len, MSG_DONTWAIT) : -ETIMEDOUT;
}

/* --- what is tested --- */

static void test_names(void)
{
	struct sockaddr_in sin, any = sin_of("0.0.0.0", 0);
	socklen_t len = sizeof(sin);
	int fd = udp_socket(0), other = udp_socket(0);

	is("socket: it is a UDP socket", client_kind(fd), CLIENT_UDP);
	is("kind: standard input is foreign", client_kind(0), CLIENT_FOREIGN);
	is("kind: no descriptor is foreign", client_kind(999), CLIENT_FOREIGN);
	is("socket: a family that is not there", client_socket(AF_INET6, SOCK_DGRAM, 0), -EAFNOSUPPORT);
	is("socket: a protocol that is not there", client_socket(AF_INET, SOCK_DGRAM, 99), -EPROTONOSUPPORT);
	is("getpeername before connect", client_getpeername(fd, (struct sockaddr *)&sin, &len), -ENOTCONN);
	is("bind", bind_port(fd, 4100), 0);
	is("bind: in use", bind_port(other, 4100), -EADDRINUSE);
	is("bind: twice", bind_port(fd, 4101), -EINVAL);
	is("bind: short address", client_bind(other, (struct sockaddr *)&any, 4), -EINVAL);
	is("bind: no address of ours", client_bind(other, (struct sockaddr *)&peer, sizeof(peer)), -EADDRNOTAVAIL);
	len = sizeof(sin);
	is("getsockname", client_getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	is("getsockname: port", ntohs(sin.sin_port), 4100);
	is("getsockname: length", len, sizeof(sin));
	is("connect", connect_to(fd, &peer), 0);
	is("getpeername", client_getpeername(fd, (struct sockaddr *)&sin, &len), 0);
	is("getpeername: port", sin.sin_port, peer.sin_port);
	len = sizeof(sin);
	is("getsockname: after connect", client_getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	is("getsockname: the stack's address", sin.sin_addr.s_addr, mine.sin_addr.s_addr);
	is("SO_TYPE", get_int(fd, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
	is("SO_DOMAIN", get_int(fd, SOL_SOCKET, SO_DOMAIN), AF_INET);
	is("SO_PROTOCOL", get_int(fd, SOL_SOCKET, SO_PROTOCOL), IPPROTO_UDP);
	is("an option that is not there", set_int(fd, SOL_SOCKET, 9999, 1), -ENOPROTOOPT);
	is("IP_TTL", set_int(fd, IPPROTO_IP, IP_TTL, 7), 0);
	is("IP_TTL: as it was set", get_int(fd, IPPROTO_IP, IP_TTL), 7);
	is("IP_TTL: out of range", set_int(fd, IPPROTO_IP, IP_TTL, 300), -EINVAL);
	close(fd);
	close(other);
}

static void test_echo(void)
{
	struct sockaddr_in from;
	int fd = udp_socket(0), flags;

	is("unconnected: send", send_to(fd, "hello", 5, &peer), 5);
	readable(fd, 2000);
	is("unconnected: receive", recv_from(fd, in, sizeof(in), 0, &from, &flags), 5);
	is("unconnected: from the peer", from.sin_addr.s_addr == peer.sin_addr.s_addr && from.sin_port == peer.sin_port, 1);
	is("unconnected: the same bytes", memcmp(in, "hello", 5), 0);
	is("send without a destination", send_to(fd, "x", 1, NULL), -EDESTADDRREQ);
	is("connected: connect", connect_to(fd, &peer), 0);
	for (int i = 0; i < 3; i++)
		is("connected: send", send_to(fd, "again", 5, NULL), 5);
	for (int i = 0; i < 3; i++)
		is("connected: receive", recv_soon(fd, in, sizeof(in)), 5);
	is("zero length: send", send_to(fd, "", 0, NULL), 0);
	is("zero length: poll", readable(fd, 2000), POLLIN);
	is("zero length: receive", recv_buf(fd, in, sizeof(in), MSG_DONTWAIT), 0);
	is("nothing waits", recv_buf(fd, in, sizeof(in), MSG_DONTWAIT), -EAGAIN);
	is("MSG_PEEK: send", send_to(fd, "0123456789", 10, NULL), 10);
	readable(fd, 2000);
	is("FIONREAD", client_ioctl(fd, FIONREAD, &flags) ? -1 : flags, 10);
	is("MSG_PEEK", recv_buf(fd, in, sizeof(in), MSG_PEEK), 10);
	is("MSG_PEEK: again, cut", recv_from(fd, in, 4, MSG_PEEK, NULL, &flags), 4);
	is("MSG_PEEK: MSG_TRUNC is said", flags, MSG_TRUNC);
	is("MSG_TRUNC: the whole length", recv_from(fd, in, 4, MSG_TRUNC, NULL, &flags), 10);
	is("the rest of it is gone", recv_buf(fd, in, sizeof(in), MSG_DONTWAIT), -EAGAIN);
	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (unsigned char)(i * 7 + i / 251);
	is("65507 bytes: send", send_to(fd, out, 65507, NULL), 65507);
	is("65507 bytes: receive", recv_soon(fd, in, sizeof(in)), 65507);
	is("65507 bytes: the same", memcmp(in, out, 65507), 0);
	is("65508 bytes", send_to(fd, out, 65508, NULL), -EMSGSIZE);
	is("65536 bytes", send_to(fd, out, 65536, NULL), -EMSGSIZE);
	close(fd);
}

static void test_errors(void)
{
	struct sockaddr_in nowhere = sin_of("192.0.2.1", 9), broadcast = sin_of("10.99.0.255", 9), zero = sin_of("10.99.0.1", 0);
	int fd = udp_socket(0);
	long n = 0;

	is("no route", send_to(fd, "x", 1, &nowhere), -ENETUNREACH);
	is("no route: connect", connect_to(fd, &nowhere), -ENETUNREACH);
	is("broadcast without leave", send_to(fd, "x", 1, &broadcast), -EACCES);
	is("port 0", send_to(fd, "x", 1, &zero), -EINVAL);
	is("MSG_OOB", send_flags(fd, "x", 1, &peer, MSG_OOB), -EOPNOTSUPP);
	is("closed port: connect", connect_to(fd, &closed_port), 0);
	is("closed port: send", send_to(fd, "x", 1, NULL), 1);
	is("closed port: poll", readable(fd, 2000), POLLIN);
	is("closed port: it is an error that waits", client_error_waits(fd), 1);
	is("closed port: the next send has the error", send_to(fd, "x", 1, NULL), -ECONNREFUSED);
	is("closed port: nothing is left", readable(fd, 0), 0);
	is("closed port: send again", send_to(fd, "x", 1, NULL), 1);
	is("closed port: receive has the error", recv_buf(fd, in, sizeof(in), 0), -ECONNREFUSED);
	is("closed port: send for SO_ERROR", send_to(fd, "x", 1, NULL), 1);
	readable(fd, 2000);
	is("closed port: SO_ERROR", get_int(fd, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
	is("closed port: SO_ERROR is gone", get_int(fd, SOL_SOCKET, SO_ERROR), 0);
	is("closed port: nothing to read", recv_buf(fd, in, sizeof(in), MSG_DONTWAIT), -EAGAIN);
	is("IP_RECVERR", set_int(fd, IPPROTO_IP, IP_RECVERR, 1), 0);
	is("IP_RECVERR: send", send_to(fd, "abc", 3, NULL), 3);
	is("IP_RECVERR: poll", readable(fd, 2000), POLLIN);
	{
		_Alignas(8) char control[256];
		struct iovec iov = { in, sizeof(in) };
		struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
		struct cmsghdr *c;

		n = client_recv(fd, &msg, MSG_ERRQUEUE, GN_SPAN_RECVMSG);
		c = CMSG_FIRSTHDR(&msg);
		is("MSG_ERRQUEUE: the datagram", n, 3);
		is("MSG_ERRQUEUE: errno", n == 3 && c ? (long)((struct sock_extended_err *)(void *)CMSG_DATA(c))->ee_errno : -1, ECONNREFUSED);
		is("MSG_ERRQUEUE: nothing to read", readable(fd, 0), 0);
		is("MSG_ERRQUEUE: empty", client_recv(fd, &msg, MSG_ERRQUEUE, GN_SPAN_RECVMSG), -EAGAIN);
	}
	close(fd);
}

static void test_control(void)
{
	_Alignas(8) char control[256];
	int fd = udp_socket(0), ttl = 0, found = 0;
	struct iovec iov[2] = { { in, 3 }, { in + 10, 100 } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2, .msg_control = control, .msg_controllen = sizeof(control) };

	is("IP_PKTINFO", set_int(fd, IPPROTO_IP, IP_PKTINFO, 1), 0);
	is("IP_RECVTTL", set_int(fd, IPPROTO_IP, IP_RECVTTL, 1), 0);
	send_to(fd, "control", 7, &peer);
	readable(fd, 2000);
	is("control messages: the datagram", client_recv(fd, &msg, 0, GN_SPAN_RECVMSG), 7);
	is("control messages: its bytes, scattered", memcmp(in, "con", 3) || memcmp(in + 10, "trol", 4), 0);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_type == IP_PKTINFO)
			found += ((struct in_pktinfo *)(void *)CMSG_DATA(c))->ipi_addr.s_addr == mine.sin_addr.s_addr;
		if (c->cmsg_type == IP_TTL)
			memcpy(&ttl, CMSG_DATA(c), sizeof(ttl));
	}
	is("control messages: IP_PKTINFO has our address", found, 1);
	is("control messages: IP_TTL", ttl, 64);
	send_to(fd, "control", 7, &peer);
	readable(fd, 2000);
	msg.msg_controllen = 20;
	is("control messages: no room", client_recv(fd, &msg, 0, GN_SPAN_RECVMSG), 7);
	is("control messages: MSG_CTRUNC", msg.msg_flags & MSG_CTRUNC, MSG_CTRUNC);
	close(fd);
}

static void test_waiting(void)
{
	struct timeval short_time = { .tv_usec = 50000 };
	struct epoll_event ev = { .events = EPOLLIN };
	int fd = udp_socket(SOCK_NONBLOCK), ep = epoll_create1(0);
	fd_set set;

	is("SOCK_NONBLOCK", recv_buf(fd, in, sizeof(in), 0), -EAGAIN);
	is("SOCK_NONBLOCK: the kernel's flag", fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	is("poll: writable", ({ struct pollfd p = { .fd = fd, .events = POLLOUT }; poll(&p, 1, 0); p.revents; }), POLLOUT);
	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
	is("epoll: nothing", epoll_wait(ep, &ev, 1, 0), 0);
	send_to(fd, "e", 1, &peer);
	is("epoll: readable", epoll_wait(ep, &ev, 1, 2000), 1);
	FD_ZERO(&set);
	FD_SET(fd, &set);
	is("select: readable", select(fd + 1, &set, NULL, NULL, &short_time), 1);
	is("receive", recv_buf(fd, in, sizeof(in), 0), 1);
	is("epoll: nothing again", epoll_wait(ep, &ev, 1, 0), 0);
	fcntl(fd, F_SETFL, 0);
	short_time = (struct timeval){ .tv_usec = 50000 };
	is("SO_RCVTIMEO", client_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &short_time, sizeof(short_time)), 0);
	is("SO_RCVTIMEO: it runs out", recv_buf(fd, in, sizeof(in), 0), -EAGAIN);
	close(ep);
	close(fd);
}

static void test_order(void)
{
	int fd = udp_socket(0), copy, status;
	struct sockaddr_in me = sin_of("127.0.0.1", 4200);
	int sink = udp_socket(0);
	pid_t pid;

	is("order: sink", client_bind(sink, (struct sockaddr *)&me, sizeof(me)), 0);
	set_int(sink, IPPROTO_IP, IP_RECVTTL, 1);
	for (int i = 0; i < 64; i++) { /* each with the time to live of its own */
		set_int(fd, IPPROTO_IP, IP_TTL, 10 + i);
		send_to(fd, &i, sizeof(i), &me);
		send_to(fd, &i, sizeof(i), &me);
	}
	for (int i = 0, bad = 0; i < 128; i++) {
		_Alignas(8) char control[64];
		int got = -1, ttl = -1;
		struct iovec iov = { &got, sizeof(got) };
		struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };

		if (readable(sink, 2000) && client_recv(sink, &msg, MSG_DONTWAIT, GN_SPAN_RECVMSG) == sizeof(got) && CMSG_FIRSTHDR(&msg))
			memcpy(&ttl, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(ttl));
		bad += got != i / 2 || ttl != 10 + i / 2;
		if (i == 127)
			is("order: sendto, setsockopt, sendto", bad, 0);
	}
	for (int i = 0; i < 100; i++)
		send_to(fd, &i, sizeof(i), &me);
	copy = dup(fd);
	close(fd);
	for (int i = 0; i < 50; i++)
		send_to(copy, &i, sizeof(i), &me);
	close(copy);
	for (int i = 0; i < 150; i++) {
		long n = readable(sink, 2000) ? recv_buf(sink, in, sizeof(in), MSG_DONTWAIT) : -1;

		if (n != sizeof(int) || i == 149) {
			is("order: sendto, dup, close: all of them arrive", i, 149);
			break;
		}
	}
	fd = udp_socket(0);
	pid = fork();
	if (!pid) {
		close(sink);
		_exit(send_to(fd, "child", 5, &me) != 5);
	}
	waitpid(pid, &status, 0);
	is("fork: the child sends", status, 0);
	is("fork: it arrives", recv_soon(sink, in, sizeof(in)), 5);
	is("fork: the parent sends", send_to(fd, "parent", 6, &me), 6);
	is("fork: it arrives as well", recv_soon(sink, in, sizeof(in)), 6);
	is("shutdown of what is not connected", client_shutdown(fd, SHUT_RDWR), -ENOTCONN);
	is("shutdown: receive says end", recv_buf(fd, in, sizeof(in), 0), 0);
	is("shutdown: send says EPIPE", send_to(fd, "x", 1, &me), -EPIPE);
	close(fd);
	close(sink);
}

static void test_others(void)
{
	struct { unsigned char type, code; unsigned short sum, id, seq; } ping = { .type = 8, .seq = htons(1) };
	int fd = client_socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);

	if (fd >= 0) {
		is("ping socket: kind", client_kind(fd), CLIENT_PING);
		is("ping socket: send", send_to(fd, &ping, sizeof(ping), &peer), sizeof(ping));
		is("ping socket: the answer", recv_soon(fd, in, sizeof(in)), sizeof(ping));
		is("ping socket: it is one", in[0], 0);
		close(fd);
	}
	fd = client_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	is("raw socket: kind", client_kind(fd), CLIENT_RAW);
	ping.id = htons(77);
	ping.sum = (unsigned short)~(unsigned)(8 + ping.id + ping.seq); /* of three words, no carry */
	is("raw socket: send", send_to(fd, &ping, sizeof(ping), &peer), sizeof(ping));
	is("raw socket: the answer has its IP header", recv_soon(fd, in, sizeof(in)), 20 + sizeof(ping));
	close(fd);
}

/* The next datagram of @fd comes within two seconds: its length. The first control message of @type is copied to @value. */
static long recv_cmsg(int fd, int type, void *value, size_t len)
{
	_Alignas(8) char control[256];
	struct iovec iov = { in, sizeof(in) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	long n = readable(fd, 2000) ? client_recv(fd, &msg, MSG_DONTWAIT, GN_SPAN_RECVMSG) : -ETIMEDOUT;

	for (struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
		if (c->cmsg_type == type)
			memcpy(value, CMSG_DATA(c), len);
	return n;
}

static void test_send_options(int fd, int sink, const struct sockaddr_in *to)
{
	_Alignas(8) char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct sockaddr_in broadcast = sin_of("10.99.0.255", 9);
	struct iovec iov = { out, 3 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control),
			      .msg_name = (void *)(unsigned long)to, .msg_namelen = sizeof(*to) };
	struct cmsghdr *c = (void *)control;
	unsigned char tos = 0;
	int ttl = 0;

	is("SO_BROADCAST", set_int(fd, SOL_SOCKET, SO_BROADCAST, 1), 0);
	is("SO_BROADCAST: send", send_to(fd, "x", 1, &broadcast), 1);
	is("IP_TOS", set_int(fd, IPPROTO_IP, IP_TOS, 0x48), 0);
	is("IP_RECVTOS", set_int(sink, IPPROTO_IP, IP_RECVTOS, 1), 0);
	send_to(fd, "x", 1, to);
	is("IP_RECVTOS: the datagram", recv_cmsg(sink, IP_TOS, &tos, 1), 1);
	is("IP_RECVTOS: as it was sent", tos, 0x48);
	is("IP_RECVTTL", set_int(sink, IPPROTO_IP, IP_RECVTTL, 1), 0);
	*c = (struct cmsghdr){ .cmsg_level = IPPROTO_IP, .cmsg_type = IP_TTL, .cmsg_len = CMSG_LEN(sizeof(int)) };
	memcpy(CMSG_DATA(c), &(int){ 33 }, sizeof(int));
	is("a send with IP_TTL of its own", client_send(fd, &msg, 0, GN_SPAN_SENDMSG), 3);
	is("a send with IP_TTL of its own: it arrives", recv_cmsg(sink, IP_TTL, &ttl, sizeof(ttl)), 3);
	is("a send with IP_TTL of its own: with that", ttl, 33);
	c->cmsg_len = 4;
	is("a send with a control message cut short", client_send(fd, &msg, 0, GN_SPAN_SENDMSG), -EINVAL);
	is("MSG_MORE: the first piece", send_flags(fd, "ab", 2, to, MSG_MORE), 2);
	is("MSG_MORE: the last", send_to(fd, "cd", 2, to), 2);
	is("MSG_MORE: one datagram", recv_soon(sink, in, sizeof(in)), 4);
	is("UDP_CORK", set_int(fd, IPPROTO_UDP, 1, 1), 0);
	for (int i = 0; i < 5; i++)
		send_to(fd, "efg", 3, to);
	is("UDP_CORK: nothing yet", readable(sink, 0), 0);
	is("UDP_CORK: pulled", set_int(fd, IPPROTO_UDP, 1, 0), 0);
	is("UDP_CORK: one datagram", recv_soon(sink, in, sizeof(in)), 15);
	is("IP_MTU_DISCOVER", set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO), 0);
	is("IP_MTU_DISCOVER: longer than the way allows", send_to(fd, out, 2000, &peer), -EMSGSIZE);
	is("IP_MTU: not connected", get_int(fd, IPPROTO_IP, IP_MTU), -ENOTCONN);
	connect_to(fd, &peer);
	is("IP_MTU", get_int(fd, IPPROTO_IP, IP_MTU), 1500);
}

static void test_receive_options(int fd, int sink, const struct sockaddr_in *to)
{
	static struct sock_filter none[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	struct sock_fprog prog = { .len = 1, .filter = none };
	struct ip_mreq join = { .imr_multiaddr.s_addr = inet_addr("239.1.2.3"), .imr_interface.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in group = sin_of("239.1.2.3", 4300);
	struct timeval tv = { 0 };
	struct timespec ts = { 0 };
	int other = udp_socket(0), many = udp_socket(0);

	is("SO_TIMESTAMP", set_int(sink, SOL_SOCKET, SO_TIMESTAMP, 1), 0);
	send_to(fd, "x", 1, to);
	is("SO_TIMESTAMP: the datagram", recv_cmsg(sink, SO_TIMESTAMP, &tv, sizeof(tv)), 1);
	is("SO_TIMESTAMP: now", labs(tv.tv_sec - time(NULL)) <= 5, 1);
	is("SO_TIMESTAMPNS", set_int(sink, SOL_SOCKET, SO_TIMESTAMPNS, 1), 0);
	send_to(fd, "x", 1, to);
	is("SO_TIMESTAMPNS: the datagram", recv_cmsg(sink, SO_TIMESTAMPNS, &ts, sizeof(ts)), 1);
	is("SO_TIMESTAMPNS: now", labs(ts.tv_sec - time(NULL)) <= 5, 1);
	is("SO_ATTACH_FILTER", client_setsockopt(sink, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)), 0);
	send_to(fd, "x", 1, to);
	get_int(fd, SOL_SOCKET, SO_TYPE); /* what was sent has been received */
	is("SO_ATTACH_FILTER: nothing passes", readable(sink, 50), 0);
	is("SO_DETACH_FILTER", set_int(sink, SOL_SOCKET, SO_DETACH_FILTER, 0), 0);
	send_to(fd, "x", 1, to);
	is("SO_DETACH_FILTER: it passes", recv_soon(sink, in, sizeof(in)), 1);
	is("SO_RCVBUF", set_int(sink, SOL_SOCKET, SO_RCVBUF, 10000), 0);
	is("SO_RCVBUF: doubled", get_int(sink, SOL_SOCKET, SO_RCVBUF), 20000);
	is("SO_REUSEPORT", set_int(many, SOL_SOCKET, SO_REUSEPORT, 1) | set_int(other, SOL_SOCKET, SO_REUSEPORT, 1), 0);
	is("SO_REUSEPORT: two sockets at one port", bind_port(many, 4300) | bind_port(other, 4300), 0);
	close(other);
	is("SO_BINDTODEVICE", client_setsockopt(many, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3), 0);
	is("SO_BINDTODEVICE: no such device", client_setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "nowhere", 8), -ENODEV);
	is("IP_ADD_MEMBERSHIP", client_setsockopt(many, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof(join)), 0);
	is("IP_ADD_MEMBERSHIP: twice", client_setsockopt(many, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof(join)), -EADDRINUSE);
	is("IP_MULTICAST_IF", client_setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &join.imr_interface, sizeof(join.imr_interface)), 0);
	is("a group: send", send_to(fd, "group", 5, &group), 5);
	is("a group: receive", recv_soon(many, in, sizeof(in)), 5);
	close(many);
}

static void test_options(void)
{
	struct sockaddr_in to = sin_of("127.0.0.1", 4201);
	int fd = udp_socket(0), sink = udp_socket(0);

	is("options: sink", client_bind(sink, (struct sockaddr *)&to, sizeof(to)), 0);
	test_receive_options(fd, sink, &to);
	test_send_options(fd, sink, &to);
	close(fd);
	close(sink);
}

static int app_all(char **argv)
{
	peer = sin_of(argv[0], atoi(argv[1]));
	closed_port = sin_of(argv[0], 1);
	mine = sin_of(argv[2], 0);
	test_names();
	test_echo();
	test_errors();
	test_control();
	test_options();
	test_waiting();
	test_order();
	test_others();
	printf("1..%d\n", n_tests);
	return n_failed;
}

/* --- peers --- */

static int kernel_peer(const char *addr, int port)
{
	struct sockaddr_in sin = sin_of(addr, port);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&sin, sizeof(sin)))
		return 1;
	puts("ready");
	fflush(stdout);
	for (;;) {
		socklen_t len = sizeof(sin);
		ssize_t n = recvfrom(fd, in, sizeof(in), 0, (struct sockaddr *)&sin, &len);

		if (n >= 0)
			sendto(fd, in, (size_t)n, 0, (struct sockaddr *)&sin, len);
	}
}

static int app_echo(int port)
{
	struct sockaddr_in from;
	int fd = udp_socket(0);
	long n = fd < 0 ? fd : bind_port(fd, port);

	if (n)
		return 1;
	puts("ready");
	fflush(stdout);
	do {
		n = recv_from(fd, in, sizeof(in), 0, &from, NULL);
		if (n >= 0)
			send_to(fd, in, (size_t)n, &from);
	} while (n >= 0);
	printf("ended: %s\n", strerror((int)-n));
	return 0;
}

static int app_hold(int count)
{
	for (int i = 0; i < count; i++) {
		int fd = udp_socket(0);

		if (fd < 0) {
			printf("socket %d: %s\n", i, strerror(-fd));
			return 1;
		}
	}
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}

static int app_orphan(void)
{
	int fd = udp_socket(0);

	puts("ready");
	fflush(stdout);
	printf("receive: %s\n", strerror((int)-recv_buf(fd, in, sizeof(in), 0)));
	peer = sin_of("127.0.0.1", 9);
	printf("send: %s\n", strerror((int)-send_to(fd, "x", 1, &peer)));
	printf("socket: %s\n", strerror(-udp_socket(0)));
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "peer"))
		return kernel_peer(argv[2], atoi(argv[3]));
	if (argc == 3 && !strcmp(argv[1], "echo"))
		return app_echo(atoi(argv[2]));
	if (argc == 5 && !strcmp(argv[1], "all"))
		return app_all(argv + 2);
	if (argc == 3 && !strcmp(argv[1], "hold"))
		return app_hold(atoi(argv[2]));
	if (argc == 2 && !strcmp(argv[1], "orphan"))
		return app_orphan();
	fprintf(stderr, "usage: see the source\n");
	return 2;
}
