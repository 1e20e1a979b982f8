/* SPDX-License-Identifier: MIT */
/*
 * messages.c - what comes with a datagram, as lines of text: control messages, flags, names, errors, what requests and options say of a queue
 *
 * Theory of operation
 *   An ordinary program, as options.c: it runs on the kernel and on the stack, and messages.sh compares. 10.99.0.1:5000 echoes, its port 1 is
 *   closed, 10.99.0.2 is here. What differs by nature (clocks, ports, numbers of devices) is printed as what it means.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static struct sockaddr_in echo, closed_port, me;
static char buf[70000];

static struct sockaddr_in sin_of(const char *addr, int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port) };

	inet_pton(AF_INET, addr, &sin.sin_addr);
	return sin;
}

static int udp(const struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (at && bind(fd, (const struct sockaddr *)at, sizeof(*at)))
		printf("bind %d\n", errno);
	return fd;
}

static void set(int fd, int level, int name, int val)
{
	if (setsockopt(fd, level, name, &val, sizeof(val)))
		printf("setsockopt %d %d: %d\n", level, name, errno);
}

static int get(int fd, int level, int name)
{
	int val = -1;
	socklen_t len = sizeof(val);

	return getsockopt(fd, level, name, &val, &len) ? -errno : val;
}

static void say_addr(const char *what, const void *p)
{
	struct sockaddr_in sin;
	char s[32];

	memcpy(&sin, p, sizeof(sin));
	if (sin.sin_family != AF_INET) {
		printf(" %s=none", what);
		return;
	}
	inet_ntop(AF_INET, &sin.sin_addr, s, sizeof(s));
	if (ntohs(sin.sin_port) < 20000)
		printf(" %s=%s:%d", what, s, ntohs(sin.sin_port));
	else
		printf(" %s=%s:some", what, s);
}

static void say_time(long sec, long nsec)
{
	printf("%s", !sec && !nsec ? "0" : labs(sec - (long)time(NULL)) <= 5 && nsec >= 0 && nsec < 1000000000 ? "now" : "when?");
}

static void say_device(int fd, int index)
{
	struct ifreq ifr = { .ifr_ifindex = index };

	printf("%s", index && !ioctl(fd, SIOCGIFNAME, &ifr) ? ifr.ifr_name : "none");
}

static void say_error(const unsigned char *p)
{
	struct sock_extended_err e;

	memcpy(&e, p, sizeof(e));
	printf(" errno=%u origin=%u type=%u code=%u info=%u data=%u", e.ee_errno, e.ee_origin, e.ee_type, e.ee_code, e.ee_info, e.ee_data);
	say_addr("offender", p + sizeof(e));
}

static void say_cmsg(int fd, const struct cmsghdr *c)
{
	const unsigned char *p = CMSG_DATA(c);
	size_t len = c->cmsg_len - CMSG_LEN(0);
	struct timespec ts[3];
	struct in_pktinfo pi;
	char s[2][32];

	printf(" [%d %d %zu:", c->cmsg_level, c->cmsg_type, len);
	if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO && len == sizeof(pi)) {
		memcpy(&pi, p, sizeof(pi));
		say_device(fd, pi.ipi_ifindex);
		printf(" %s %s", inet_ntop(AF_INET, &pi.ipi_spec_dst, s[0], 32), inet_ntop(AF_INET, &pi.ipi_addr, s[1], 32));
	} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) {
		say_error(p);
	} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVORIGDSTADDR) {
		say_addr("to", p);
	} else if (c->cmsg_level == SOL_SOCKET && len == 16) {
		memcpy(ts, p, 16);
		say_time(ts[0].tv_sec, ts[0].tv_nsec);
	} else if (c->cmsg_level == SOL_SOCKET && len == 48) {
		memcpy(ts, p, 48);
		for (int i = 0; i < 3; i++) {
			say_time(ts[i].tv_sec, ts[i].tv_nsec);
			putchar(',');
		}
	} else {
		for (size_t i = 0; i < len; i++)
			printf("%02x", p[i]);
	}
	putchar(']');
}

static int wait_for(int fd, int events)
{
	struct pollfd p = { .fd = fd, .events = (short)events };

	return poll(&p, 1, 2000) == 1 ? p.revents : 0;
}

/* One receive, whatever it gives. */
static void say_recv(const char *what, int fd, int flags, size_t room, size_t control_room)
{
	_Alignas(8) char control[512] = { 0 };
	struct sockaddr_in from = { 0 };
	struct iovec iov = { buf, room };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_name = &from, .msg_namelen = sizeof(from),
			      .msg_control = control, .msg_controllen = control_room };
	ssize_t n = recvmsg(fd, &msg, flags);

	printf("%s: %zd", what, n < 0 ? -errno : n);
	if (n >= 0) {
		printf(" flags=%x namelen=%u controllen=%zu", (unsigned)msg.msg_flags, msg.msg_namelen, (size_t)msg.msg_controllen);
		say_addr("from", &from);
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
			say_cmsg(fd, c);
	}
	putchar('\n');
	fflush(stdout);
}

static void send_to(int fd, size_t len, const struct sockaddr_in *to)
{
	memset(buf, 'x', len);
	if (sendto(fd, buf, len, 0, (const struct sockaddr *)to, to ? sizeof(*to) : 0) != (ssize_t)len)
		printf("sendto %zu: %d\n", len, errno);
}

static void ask(int fd)
{
	send_to(fd, 10, &echo);
	wait_for(fd, POLLIN);
}

static void test_control(void)
{
	static const int ip[] = { IP_PKTINFO, IP_RECVTTL, IP_RECVTOS, IP_RECVOPTS, IP_RETOPTS, IP_RECVORIGDSTADDR, 25 };
	static const int stamps[] = { SO_TIMESTAMP, SO_TIMESTAMPNS, 63, 64 };
	char name[40];
	int fd;

	for (size_t i = 0; i < sizeof(ip) / sizeof(*ip); i++) {
		fd = udp(NULL);
		set(fd, IPPROTO_IP, ip[i], 1);
		ask(fd);
		snprintf(name, sizeof(name), "option %d", ip[i]);
		say_recv(name, fd, 0, sizeof(buf), 512);
		send_to(fd, 3, &(struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(9), .sin_addr = me.sin_addr });
		set(fd, IPPROTO_IP, ip[i], 0);
		ask(fd);
		say_recv("and off", fd, 0, sizeof(buf), 512);
		close(fd);
	}
	for (size_t i = 0; i < sizeof(stamps) / sizeof(*stamps); i++) {
		fd = udp(NULL);
		set(fd, SOL_SOCKET, stamps[i], 1);
		ask(fd);
		snprintf(name, sizeof(name), "stamp %d", stamps[i]);
		say_recv(name, fd, 0, sizeof(buf), 512);
		close(fd);
	}
	fd = udp(NULL);
	for (size_t i = 0; i < sizeof(ip) / sizeof(*ip); i++)
		set(fd, IPPROTO_IP, ip[i], 1);
	set(fd, SOL_SOCKET, SO_TIMESTAMP, 1);
	for (size_t room = 0; room <= 128; room += 4) {
		if (room > 16 && room < 32)
			continue; /* a part of a clock */
		ask(fd);
		snprintf(name, sizeof(name), "room for %zu", room);
		say_recv(name, fd, 0, sizeof(buf), room);
	}
	close(fd);
}

static void test_ip_options(void)
{
	static const unsigned char record[] = { 7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
	int fd = udp(NULL), sink = udp(&(struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(7001) });
	struct sockaddr_in lo = sin_of("127.0.0.1", 7001);

	set(sink, IPPROTO_IP, IP_RECVOPTS, 1);
	set(sink, IPPROTO_IP, IP_RETOPTS, 1);
	printf("IP_OPTIONS: %d\n", setsockopt(fd, IPPROTO_IP, IP_OPTIONS, record, sizeof(record)) ? errno : 0);
	send_to(fd, 5, &lo);
	wait_for(sink, POLLIN);
	say_recv("record route", sink, 0, sizeof(buf), 512);
	set(fd, IPPROTO_IP, IP_TOS, 0x28);
	set(fd, IPPROTO_IP, IP_TTL, 9);
	set(sink, IPPROTO_IP, IP_RECVTTL, 1);
	set(sink, IPPROTO_IP, IP_RECVTOS, 1);
	send_to(fd, 5, &lo);
	wait_for(sink, POLLIN);
	say_recv("with TOS and TTL", sink, 0, sizeof(buf), 512);
	close(fd);
	close(sink);
}

/* A kernel stamps what it receives from some time after somebody wants it. */
static void stamps_begin(void)
{
	struct timespec pause = { .tv_nsec = 10000000 };
	_Alignas(8) char control[128];
	struct iovec iov = { buf, 100 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fd = udp(NULL);

	set(fd, SOL_SOCKET, SO_TIMESTAMPING, SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE);
	for (int i = 0; i < 100; i++) {
		ask(fd);
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
		if (recvmsg(fd, &msg, MSG_DONTWAIT) > 0 && msg.msg_controllen)
			break;
		nanosleep(&pause, NULL);
	}
	close(fd);
}

static void say_answer(int fd)
{
	wait_for(fd, POLLIN);
	printf("the answer: %zd\n", recv(fd, buf, sizeof(buf), MSG_DONTWAIT));
}

static void test_timestamping(void)
{
	int rx = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE, tx = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
	int fd = udp(NULL);

	set(fd, SOL_SOCKET, SO_TIMESTAMPING, rx);
	stamps_begin();
	ask(fd);
	say_recv("rx stamp", fd, 0, sizeof(buf), 512);
	set(fd, SOL_SOCKET, SO_TIMESTAMPING, tx);
	ask(fd);
	printf("tx stamp: poll %x\n", (unsigned)wait_for(fd, 0));
	say_recv("tx stamp", fd, MSG_ERRQUEUE | MSG_DONTWAIT, sizeof(buf), 512);
	say_answer(fd);
	set(fd, SOL_SOCKET, SO_TIMESTAMPING, tx | SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY);
	for (int i = 0; i < 2; i++) {
		ask(fd);
		wait_for(fd, 0);
		say_recv("tx stamp with a number", fd, MSG_ERRQUEUE | MSG_DONTWAIT, sizeof(buf), 512);
		say_answer(fd);
	}
	set(fd, SOL_SOCKET, SO_TIMESTAMPING, tx | SOF_TIMESTAMPING_OPT_CMSG);
	set(fd, IPPROTO_IP, IP_PKTINFO, 1);
	ask(fd);
	wait_for(fd, 0);
	say_recv("tx stamp with a device", fd, MSG_ERRQUEUE | MSG_DONTWAIT, sizeof(buf), 512);
	close(fd);
}

static void test_errors(void)
{
	int fd = udp(NULL);

	set(fd, IPPROTO_IP, IP_RECVERR, 1);
	say_recv("no error", fd, MSG_ERRQUEUE, sizeof(buf), 512);
	send_to(fd, 33, &closed_port);
	printf("refused: poll %x\n", (unsigned)wait_for(fd, POLLIN));
	say_recv("refused: peek", fd, MSG_ERRQUEUE | MSG_PEEK, sizeof(buf), 512);
	say_recv("refused: cut", fd, MSG_ERRQUEUE, 5, 512);
	send_to(fd, 33, &closed_port);
	wait_for(fd, POLLIN);
	say_recv("refused: no room for control", fd, MSG_ERRQUEUE, sizeof(buf), 20);
	send_to(fd, 33, &closed_port);
	wait_for(fd, POLLIN);
	say_recv("refused: an ordinary receive", fd, MSG_DONTWAIT, sizeof(buf), 512);
	say_recv("refused: after it", fd, MSG_ERRQUEUE, sizeof(buf), 512);
	printf("SO_ERROR %d\n", get(fd, SOL_SOCKET, SO_ERROR));
	set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO);
	printf("too long: %d\n", sendto(fd, buf, 3000, 0, (struct sockaddr *)&echo, sizeof(echo)) < 0 ? errno : 0);
	say_recv("too long: local error", fd, MSG_ERRQUEUE, sizeof(buf), 512);
	set(fd, IPPROTO_IP, IP_TTL, 1);
	close(fd);
	fd = udp(NULL);
	printf("connect: %d\n", connect(fd, (struct sockaddr *)&closed_port, sizeof(closed_port)));
	for (int i = 0; i < 3; i++) {
		int first = send(fd, "x", 1, 0) < 0 ? errno : 0;

		printf("connected: %d poll %x\n", first, (unsigned)wait_for(fd, POLLIN));
		if (i == 0)
			printf("SO_ERROR %d\n", get(fd, SOL_SOCKET, SO_ERROR));
		else if (i == 1)
			say_recv("connected", fd, 0, sizeof(buf), 0);
		else
			printf("next send %d\n", send(fd, "x", 1, 0) < 0 ? errno : 0);
	}
	close(fd);
}

static void say_ioctl(const char *what, int fd, unsigned long request)
{
	int n = -1, ret = ioctl(fd, request, &n);

	printf("%s: %d %d\n", what, ret, n);
}

static void test_queue(void)
{
	struct sockaddr_in at = sin_of("127.0.0.1", 7002);
	int fd = udp(&at), from = udp(NULL), n;
	struct timespec ts;
	struct timeval tv;
	unsigned info[16];
	socklen_t len = sizeof(info);

	printf("SIOCGSTAMP before: %d\n", ioctl(fd, SIOCGSTAMP, &tv) ? errno : 0);
	send_to(from, 7, &at);
	send_to(from, 0, &at);
	send_to(from, 9, &at);
	wait_for(fd, POLLIN);
	say_ioctl("FIONREAD", fd, FIONREAD);
	say_ioctl("SIOCINQ", fd, SIOCINQ);
	say_ioctl("SIOCOUTQ", from, SIOCOUTQ);
	printf("SIOCATMARK %d\n", ioctl(fd, SIOCATMARK, &n));
	say_recv("peek, cut", fd, MSG_PEEK, 3, 0);
	say_recv("peek, the whole length", fd, MSG_PEEK | MSG_TRUNC, 3, 0);
	say_recv("cut", fd, 0, 3, 0);
	printf("SIOCGSTAMP %d: ", ioctl(fd, SIOCGSTAMP, &tv) ? errno : 0);
	say_time(tv.tv_sec, tv.tv_usec * 1000);
	say_ioctl("\nFIONREAD of nothing", fd, FIONREAD);
	say_recv("of nothing", fd, MSG_WAITALL, 100, 0);
	say_recv("the last", fd, MSG_WAITALL, 100, 0);
	printf("SIOCGSTAMPNS %d: ", ioctl(fd, SIOCGSTAMPNS, &ts) ? errno : 0);
	say_time(ts.tv_sec, ts.tv_nsec);
	say_recv("\nMSG_DONTWAIT", fd, MSG_DONTWAIT, 100, 0);
	say_recv("MSG_OOB", fd, MSG_OOB | MSG_DONTWAIT, 100, 0);
	say_ioctl("FIONREAD of an empty queue", fd, FIONREAD);
	n = getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len);
	printf("SO_MEMINFO %d %u: %u rcvbuf=%d %u sndbuf=%d drops=%u\n", n, len, info[0], info[1] == (unsigned)get(fd, SOL_SOCKET, SO_RCVBUF), info[2],
	       info[3] == (unsigned)get(fd, SOL_SOCKET, SO_SNDBUF), info[8]);
	close(fd);
	close(from);
}

static void test_overflow(void)
{
	struct sockaddr_in at = sin_of("127.0.0.1", 7004);
	int fd = udp(&at), from = udp(NULL), n = 0, dropped;

	set(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
	set(fd, SOL_SOCKET, SO_RCVBUF, 4096);
	for (int i = 0; i < 100; i++)
		send_to(from, 100, &at);
	get(from, SOL_SOCKET, SO_TYPE); /* what was sent has been received */
	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) == 100)
		n++;
	printf("some of 100 have room: %d\n", n > 2 && n < 50);
	send_to(from, 100, &at);
	wait_for(fd, POLLIN);
	{
		_Alignas(8) char control[64];
		struct iovec iov = { buf, 100 };
		struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
		struct cmsghdr *c = recvmsg(fd, &msg, 0) < 0 ? NULL : CMSG_FIRSTHDR(&msg);

		if (c && c->cmsg_type == SO_RXQ_OVFL)
			memcpy(&dropped, CMSG_DATA(c), sizeof(dropped));
		printf("SO_RXQ_OVFL tells of the others: %d\n", c && c->cmsg_type == SO_RXQ_OVFL && dropped == 100 - n);
	}
	close(fd);
	close(from);
}

int main(void)
{
	echo = sin_of("10.99.0.1", 5000);
	closed_port = sin_of("10.99.0.1", 1);
	me = sin_of("10.99.0.2", 0);
	test_control();
	test_ip_options();
	test_timestamping();
	test_errors();
	test_queue();
	test_overflow();
	puts("end");
	return 0;
}
