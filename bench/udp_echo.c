/* SPDX-License-Identifier: MIT */
/* udp_echo.c - UDP echo server or sink over the ordinary socket API. */
#include "bench.h"
#include <stdbool.h>
#include <sys/epoll.h>

static void usage(void)
{
	puts("usage: udp_echo [-l addr] [-p port] [-m echo|sink] [-w block|spin|epoll] [-b batch]\n"
	     "                [-x sockets] [-t secs] [-r rcvbuf] [-G] [-C] [-c cpu]\n"
	     "  Echoes (or only counts) UDP datagrams and prints one result line at the end.\n"
	     "  -m echo|sink   send each datagram back, or only count (default echo)\n"
	     "  -w mode        block in recv, spin on a non-blocking recv, or epoll_wait (default block)\n"
	     "  -b batch       1: recvfrom/sendto; >1: recvmmsg/sendmmsg of up to batch (default 1)\n"
	     "  -x n           bind n sockets on ports port..port+n-1 (epoll; default 1)\n"
	     "  -G             UDP_GRO on the sockets (sink; counts bytes)\n"
	     "  -C             connect() to the first sender (kernel early demux)\n"
	     "  -t secs        stop after secs (default: until SIGTERM/SIGINT)\n"
	     "  The rate is counted from the first to the last datagram.");
	exit(0);
}

#define MAXB 256
#define BUFSZ 65536

/* What the command line asks for. */
struct echo_opts {
	const char *addr, *mode, *wait;
	int port, batch, nsock, gro, conn, cpu, rcvbuf;
	double secs;
	bool echo, spin, use_ep;
};

/* One run: its sockets, its batch and what it counted. */
struct echo_run {
	struct echo_opts o;
	int ep, connected, nev, iev;
	int *fds;
	char *buf;
	struct mmsghdr mm[MAXB];
	struct iovec iov[MAXB];
	struct sockaddr_in sa[MAXB];
	struct epoll_event ev[64];
	uint64_t n, bytes, sent, t0, t1, c0;
};

static void parse(struct echo_opts *o, int argc, char **argv);
static void open_sockets(struct echo_run *r);
static void prepare_batch(struct echo_run *r);
static int ready_fd(struct echo_run *r);
static int serve_one(struct echo_run *r, int fd);
static int serve_batch(struct echo_run *r, int fd);
static void account(struct echo_run *r, int fd, int got);

int main(int argc, char **argv)
{
	static struct echo_run run;
	struct echo_run *r = &run;
	char key[64];

	parse(&r->o, argc, argv);
	pin_cpu(r->o.cpu);
	catch_stop();
	open_sockets(r);
	prepare_batch(r);
	fprintf(stderr, "udp_echo ready\n");
	stop_after(r->o.secs);
	while (!b_stop) {
		int fd = ready_fd(r), got;

		if (fd < 0)
			continue;
		got = r->o.batch == 1 ? serve_one(r, fd) : serve_batch(r, fd);
		if (got)
			account(r, fd, got);
		if (r->o.use_ep && got < r->o.batch)
			r->iev++;
	}
	if (!r->t1)
		r->t1 = now_ns();
	snprintf(key, sizeof(key), "udp_echo mode=%s wait=%s batch=%d sent=%llu", r->o.mode, r->o.wait, r->o.batch,
		 (unsigned long long)r->sent);
	print_rate(key, r->n, r->bytes, r->t1 - r->t0, cpu_ns() - r->c0);
	return 0;
}

static void parse(struct echo_opts *o, int argc, char **argv)
{
	int c;

	*o = (struct echo_opts){ .addr = "0.0.0.0", .mode = "echo", .wait = "block", .port = 7007, .batch = 1, .nsock = 1,
				 .cpu = -1, .rcvbuf = 4 << 20 };
	while ((c = getopt(argc, argv, "l:p:m:w:b:x:t:r:GCc:h")) != -1)
		switch (c) {
		case 'l': o->addr = optarg; break;
		case 'p': o->port = atoi(optarg); break;
		case 'm': o->mode = optarg; break;
		case 'w': o->wait = optarg; break;
		case 'b': o->batch = atoi(optarg); break;
		case 'x': o->nsock = atoi(optarg); break;
		case 't': o->secs = atof(optarg); break;
		case 'r': o->rcvbuf = atoi(optarg); break;
		case 'G': o->gro = 1; break;
		case 'C': o->conn = 1; break;
		case 'c': o->cpu = atoi(optarg); break;
		default: usage();
		}
	if (o->batch > MAXB)
		o->batch = MAXB;
	o->echo = !strcmp(o->mode, "echo");
	o->spin = !strcmp(o->wait, "spin");
	o->use_ep = !strcmp(o->wait, "epoll") || o->nsock > 1;
}

static void open_sockets(struct echo_run *r)
{
	const struct echo_opts *o = &r->o;
	int one = 1;

	if (o->nsock > 900) {
		struct rlimit rl = { (rlim_t)o->nsock + 100, (rlim_t)o->nsock + 100 };
		setrlimit(RLIMIT_NOFILE, &rl);
	}
	r->fds = calloc((size_t)o->nsock, sizeof(int));
	r->ep = o->use_ep ? epoll_create1(0) : -1;
	for (int i = 0; i < o->nsock; i++) {
		struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)(o->port + i)) };
		int fd = socket(AF_INET, SOCK_DGRAM, 0);

		if (fd < 0)
			die("socket");
		inet_pton(AF_INET, o->addr, &a.sin_addr);
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &o->rcvbuf, sizeof(o->rcvbuf)))
			setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &o->rcvbuf, sizeof(o->rcvbuf));
		if (o->gro)
			setsockopt(fd, 17, 104 /* UDP_GRO */, &one, sizeof(one));
		if (bind(fd, (struct sockaddr *)&a, sizeof(a)))
			die("bind %s:%d", o->addr, o->port + i);
		if (o->use_ep) {
			struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };
			epoll_ctl(r->ep, EPOLL_CTL_ADD, fd, &e);
		}
		if (o->use_ep || o->spin)
			fcntl(fd, F_SETFL, O_NONBLOCK);
		r->fds[i] = fd;
	}
}

static void prepare_batch(struct echo_run *r)
{
	r->buf = malloc((size_t)BUFSZ * (size_t)r->o.batch);
	for (int i = 0; i < r->o.batch; i++) {
		r->iov[i].iov_base = r->buf + (size_t)i * BUFSZ;
		r->iov[i].iov_len = BUFSZ;
		r->mm[i].msg_hdr.msg_iov = &r->iov[i];
		r->mm[i].msg_hdr.msg_iovlen = 1;
		r->mm[i].msg_hdr.msg_name = &r->sa[i];
	}
}

/* The socket to read from, or -1 when epoll_wait was interrupted. */
static int ready_fd(struct echo_run *r)
{
	if (!r->o.use_ep)
		return r->fds[0];
	if (r->iev >= r->nev) {
		r->nev = epoll_wait(r->ep, r->ev, 64, -1);
		r->iev = 0;
		if (r->nev <= 0)
			return -1;
	}
	return r->ev[r->iev].data.fd;
}

/* One datagram in, one out. Returns the number received. */
static int serve_one(struct echo_run *r, int fd)
{
	socklen_t sl = sizeof(r->sa[0]);
	ssize_t len = recvfrom(fd, r->buf, BUFSZ, 0, (struct sockaddr *)&r->sa[0], &sl);

	if (len < 0)
		return 0;
	r->bytes += (uint64_t)len;
	if (r->o.echo && sendto(fd, r->buf, (size_t)len, 0, r->connected ? NULL : (struct sockaddr *)&r->sa[0],
				r->connected ? 0 : sl) == len)
		r->sent++;
	return 1;
}

static int serve_batch(struct echo_run *r, int fd)
{
	int got, s;

	for (int i = 0; i < r->o.batch; i++)
		r->mm[i].msg_hdr.msg_namelen = sizeof(r->sa[i]);
	got = recvmmsg(fd, r->mm, (unsigned)r->o.batch, r->o.spin || r->o.use_ep ? MSG_DONTWAIT : MSG_WAITFORONE, NULL);
	if (got <= 0)
		return 0;
	for (int i = 0; i < got; i++)
		r->bytes += r->mm[i].msg_len;
	if (!r->o.echo)
		return got;
	for (int i = 0; i < got; i++)
		r->iov[i].iov_len = r->mm[i].msg_len;
	s = sendmmsg(fd, r->mm, (unsigned)got, 0);
	if (s > 0)
		r->sent += (uint64_t)s;
	for (int i = 0; i < got; i++)
		r->iov[i].iov_len = BUFSZ;
	return got;
}

/* The clock starts with the first datagram; it is read rarely, so that the reading does not count. */
static void account(struct echo_run *r, int fd, int got)
{
	if (!r->n) {
		r->t0 = now_ns();
		r->c0 = cpu_ns();
		if (r->o.conn && !connect(fd, (struct sockaddr *)&r->sa[0], sizeof(r->sa[0])))
			r->connected = 1;
	}
	r->n += (uint64_t)got;
	if (!(r->n & 63) || r->o.batch > 1)
		r->t1 = now_ns();
}
