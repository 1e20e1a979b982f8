/* SPDX-License-Identifier: MIT */
/* udp_rtt.c - UDP ping-pong client over the ordinary socket API: round-trip percentiles. */
#include "bench.h"

static void usage(void)
{
	puts("usage: udp_rtt -d addr [-p port] [-s bytes] [-n count] [-t secs] [-w block|spin] [-g gap_us] [-i ifname] [-c cpu]\n"
	     "  Sends one datagram, waits for its echo, repeats; prints RTT percentiles.\n"
	     "  -s bytes   payload size, at least 8 (default 18: a 60-byte frame)\n"
	     "  -n count   round trips to sample (default 20000), -t stops earlier\n"
	     "  -w mode    block in recv or spin on non-blocking recv (default block)\n"
	     "  -g gap_us  idle time between round trips (default 0)\n"
	     "  A round trip lost for 200 ms counts as lost; exit status 1 when all are lost.");
	exit(0);
}

/* A socket to dst:port whose reads end after 200 ms, or return at once when it spins. */
static int connected_socket(const char *dst, int port, const char *ifn, int spin)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct timeval tv = { 0, 200000 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	inet_pton(AF_INET, dst, &a.sin_addr);
	if (ifn && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, ifn, (socklen_t)strlen(ifn)))
		die("SO_BINDTODEVICE");
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)))
		die("connect %s:%d", dst, port);
	if (spin)
		fcntl(fd, F_SETFL, O_NONBLOCK);
	else
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	return fd;
}

int main(int argc, char **argv)
{
	const char *dst = NULL, *wait = "block", *ifn = NULL;
	int port = 7007, size = 18, cpu = -1, c, fd, gap = 0;
	size_t count = 20000, n = 0, lost = 0, i;
	double secs = 0;
	char buf[65536];

	while ((c = getopt(argc, argv, "d:p:s:n:t:w:g:i:c:h")) != -1)
		switch (c) {
		case 'd': dst = optarg; break;
		case 'p': port = atoi(optarg); break;
		case 's': size = atoi(optarg); break;
		case 'n': count = strtoul(optarg, NULL, 0); break;
		case 't': secs = atof(optarg); break;
		case 'w': wait = optarg; break;
		case 'g': gap = atoi(optarg); break;
		case 'i': ifn = optarg; break;
		case 'c': cpu = atoi(optarg); break;
		default: usage();
		}
	if (!dst)
		usage();
	if (size < 8)
		size = 8;
	pin_cpu(cpu);
	catch_stop();
	int spin = !strcmp(wait, "spin");
	fd = connected_socket(dst, port, ifn, spin);
	uint32_t *v = malloc(count * sizeof(*v));
	memset(buf, 'x', sizeof(buf));
	size_t warm = count / 20 < 1000 ? count / 20 : 1000;
	stop_after(secs);
	for (i = 0; i < count + warm && !b_stop; i++) {
		uint64_t id = i, t0 = now_ns(), got;
		int ok = 0;
		memcpy(buf, &id, 8);
		if (send(fd, buf, (size_t)size, 0) < 0 && errno != ECONNREFUSED && errno != EINTR) {
			if (++lost > 200) /* link not up yet, neighbour not resolved: try again */
				die("send");
			usleep(10000);
			continue;
		}
		while (!b_stop) {
			ssize_t r = recv(fd, buf, sizeof(buf), 0);
			if (r >= 8) {
				memcpy(&got, buf, 8);
				if (got == id) {
					ok = 1;
					break;
				}
				continue;
			}
			if (r < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNREFUSED)
				die("recv");
			if (!spin || now_ns() - t0 > 200000000ull)
				break;
		}
		uint64_t d = now_ns() - t0;
		if (!ok)
			lost++;
		else if (i >= warm && n < count)
			v[n++] = d > UINT32_MAX ? UINT32_MAX : (uint32_t)d;
		if (lost > 200 && !n)
			break;
		if (gap) {
			struct timespec ts = { gap / 1000000, (gap % 1000000) * 1000L };
			nanosleep(&ts, NULL);
		}
	}
	char key[64];
	snprintf(key, sizeof(key), "udp_rtt wait=%s size=%d lost=%zu", wait, size, lost);
	print_latency(key, v, n);
	return n ? 0 : 1;
}
