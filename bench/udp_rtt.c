/* SPDX-License-Identifier: MIT */
/*
 * udp_rtt.c - UDP ping-pong over the ordinary socket API: percentiles of the round trip, and how many datagrams came back changed or not at all
 *
 *	udp_rtt -d ADDRESS [-p PORT] [-n COUNT] [-s BYTES]
 *
 * Sends one datagram, waits for it to come back (200 ms at most), compares every byte, repeats. 18 bytes make a frame of 60. Exit status 1 when
 * one was lost or changed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct result {
	uint32_t *ns;
	size_t n, lost, changed;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int cmp(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* One round trip; older answers that come late are read over. */
static void round_trip(int fd, size_t size, uint32_t id, struct result *r, int count)
{
	static unsigned char out[65536], in[65536];
	uint64_t t0 = now_ns();
	ssize_t n;

	for (size_t i = 0; i < size; i++)
		out[i] = (unsigned char)(id + i * 7);
	memcpy(out, &id, sizeof(id));
	if (send(fd, out, size, 0) < 0 && errno != ECONNREFUSED) {
		r->lost += (size_t)count;
		return;
	}
	do
		n = recv(fd, in, sizeof(in), 0);
	while (n >= 4 && memcmp(in, out, 4));
	if (!count)
		return;
	if (n < 0)
		r->lost++;
	else if (n != (ssize_t)size || memcmp(in, out, size))
		r->changed++;
	else
		r->ns[r->n++] = (uint32_t)(now_ns() - t0);
}

int main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(7) };
	struct timeval tv = { 0, 200000 };
	size_t count = 20000, size = 18;
	struct result r = { 0 };
	int c, fd;

	while ((c = getopt(argc, argv, "d:p:n:s:")) != -1) {
		if (c == 'd' && inet_pton(AF_INET, optarg, &a.sin_addr) != 1)
			c = '?';
		if (c == 'p')
			a.sin_port = htons((unsigned short)atoi(optarg));
		if (c == 'n')
			count = strtoul(optarg, NULL, 10);
		if (c == 's')
			size = strtoul(optarg, NULL, 10);
		if (c == '?' || size < 4 || size > 65507 || !count) {
			fprintf(stderr, "usage: udp_rtt -d ADDRESS [-p PORT] [-n COUNT] [-s BYTES, 4..65507]\n");
			return 2;
		}
	}
	r.ns = calloc(count, sizeof(*r.ns));
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (!r.ns || fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) || connect(fd, (struct sockaddr *)&a, sizeof(a))) {
		perror("udp_rtt");
		return 1;
	}
	for (uint32_t i = 0; i < (count < 20000 ? count / 20 : 1000); i++) /* warm up */
		round_trip(fd, size, 0x80000000u + i, &r, 0);
	for (uint32_t i = 0; i < count; i++)
		round_trip(fd, size, i, &r, 1);
	qsort(r.ns, r.n, sizeof(*r.ns), cmp);
	if (r.n)
		printf("n=%zu lost=%zu changed=%zu p50_us=%.3f p90_us=%.3f p99_us=%.3f max_us=%.1f\n", r.n, r.lost, r.changed,
		       r.ns[r.n / 2] / 1e3, r.ns[r.n * 9 / 10] / 1e3, r.ns[r.n * 99 / 100] / 1e3, r.ns[r.n - 1] / 1e3);
	else
		printf("n=0 lost=%zu changed=%zu\n", r.lost, r.changed);
	free(r.ns);
	return r.lost || r.changed;
}
