/* SPDX-License-Identifier: MIT */
/* udp_echo.c - UDP echo server or sink over the ordinary socket API. */
#include "bench.h"
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

int main(int argc, char **argv)
{
	const char *addr = "0.0.0.0", *mode = "echo", *wait = "block";
	int port = 7007, batch = 1, nsock = 1, gro = 0, conn = 0, cpu = -1, c, i, ep = -1;
	int rcvbuf = 4 << 20, connected = 0, one = 1;
	double secs = 0;
	uint64_t n = 0, bytes = 0, sent = 0, t0 = 0, t1 = 0, c0 = 0;
	int *fds;

	while ((c = getopt(argc, argv, "l:p:m:w:b:x:t:r:GCc:h")) != -1)
		switch (c) {
		case 'l': addr = optarg; break;
		case 'p': port = atoi(optarg); break;
		case 'm': mode = optarg; break;
		case 'w': wait = optarg; break;
		case 'b': batch = atoi(optarg); break;
		case 'x': nsock = atoi(optarg); break;
		case 't': secs = atof(optarg); break;
		case 'r': rcvbuf = atoi(optarg); break;
		case 'G': gro = 1; break;
		case 'C': conn = 1; break;
		case 'c': cpu = atoi(optarg); break;
		default: usage();
		}
	if (batch > MAXB)
		batch = MAXB;
	pin_cpu(cpu);
	catch_stop();
	int echo = !strcmp(mode, "echo"), spin = !strcmp(wait, "spin");
	int use_ep = !strcmp(wait, "epoll") || nsock > 1;
	if (nsock > 900) {
		struct rlimit rl = { (rlim_t)nsock + 100, (rlim_t)nsock + 100 };
		setrlimit(RLIMIT_NOFILE, &rl);
	}
	fds = calloc((size_t)nsock, sizeof(int));
	if (use_ep)
		ep = epoll_create1(0);
	for (i = 0; i < nsock; i++) {
		struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)(port + i)) };
		inet_pton(AF_INET, addr, &a.sin_addr);
		fds[i] = socket(AF_INET, SOCK_DGRAM, 0);
		if (fds[i] < 0)
			die("socket");
		setsockopt(fds[i], SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (setsockopt(fds[i], SOL_SOCKET, SO_RCVBUFFORCE, &rcvbuf, sizeof(rcvbuf)))
			setsockopt(fds[i], SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(rcvbuf));
		if (gro)
			setsockopt(fds[i], 17, 104 /* UDP_GRO */, &one, sizeof(one));
		if (bind(fds[i], (struct sockaddr *)&a, sizeof(a)))
			die("bind %s:%d", addr, port + i);
		if (use_ep) {
			struct epoll_event e = { .events = EPOLLIN, .data.fd = fds[i] };
			epoll_ctl(ep, EPOLL_CTL_ADD, fds[i], &e);
		}
		if (use_ep || spin)
			fcntl(fds[i], F_SETFL, O_NONBLOCK);
	}
	static struct mmsghdr mm[MAXB];
	static struct iovec iov[MAXB];
	static struct sockaddr_in sa[MAXB];
	char *buf = malloc((size_t)BUFSZ * (size_t)batch);
	for (i = 0; i < batch; i++) {
		iov[i].iov_base = buf + (size_t)i * BUFSZ;
		iov[i].iov_len = BUFSZ;
		mm[i].msg_hdr.msg_iov = &iov[i];
		mm[i].msg_hdr.msg_iovlen = 1;
		mm[i].msg_hdr.msg_name = &sa[i];
	}
	fprintf(stderr, "udp_echo ready\n");
	stop_after(secs);
	struct epoll_event ev[64];
	int nev = 0, iev = 0, fd = fds[0];
	while (!b_stop) {
		int got = 0;
		if (use_ep) {
			if (iev >= nev) {
				nev = epoll_wait(ep, ev, 64, -1);
				iev = 0;
				if (nev <= 0)
					continue;
			}
			fd = ev[iev].data.fd;
		}
		if (batch == 1) {
			socklen_t sl = sizeof(sa[0]);
			ssize_t r = recvfrom(fd, buf, BUFSZ, 0, (struct sockaddr *)&sa[0], &sl);
			if (r >= 0) {
				got = 1;
				bytes += (uint64_t)r;
				if (echo && sendto(fd, buf, (size_t)r, 0,
						   connected ? NULL : (struct sockaddr *)&sa[0],
						   connected ? 0 : sl) == r)
					sent++;
			}
		} else {
			for (i = 0; i < batch; i++)
				mm[i].msg_hdr.msg_namelen = sizeof(sa[i]);
			got = recvmmsg(fd, mm, (unsigned)batch, spin || use_ep ? MSG_DONTWAIT : MSG_WAITFORONE, NULL);
			if (got < 0)
				got = 0;
			for (i = 0; i < got; i++)
				bytes += mm[i].msg_len;
			if (echo && got) {
				for (i = 0; i < got; i++)
					iov[i].iov_len = mm[i].msg_len;
				int s = sendmmsg(fd, mm, (unsigned)got, 0);
				if (s > 0)
					sent += (uint64_t)s;
				for (i = 0; i < got; i++)
					iov[i].iov_len = BUFSZ;
			}
		}
		if (got) {
			if (!n) {
				t0 = now_ns();
				c0 = cpu_ns();
				if (conn && !connect(fd, (struct sockaddr *)&sa[0], sizeof(sa[0])))
					connected = 1;
			}
			n += (uint64_t)got;
			if (!(n & 63) || batch > 1)
				t1 = now_ns();
		}
		if (use_ep && got < batch)
			iev++;
	}
	if (!t1)
		t1 = now_ns();
	char key[64];
	snprintf(key, sizeof(key), "udp_echo mode=%s wait=%s batch=%d sent=%llu", mode, wait, batch,
		 (unsigned long long)sent);
	print_rate(key, n, bytes, t1 - t0, cpu_ns() - c0);
	return 0;
}
