/* SPDX-License-Identifier: MIT */
/*
 * udp_blast.c - datagrams of 18 bytes (frames of 60) as fast as the socket takes them, 32 a system call; answers are not read
 *
 *	udp_blast -d ADDR -p PORT -t SECONDS [-g SIZE]
 *
 * With -g, UDP_SEGMENT: a system call sends SEGMENTS datagrams of SIZE bytes.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define BATCH 32
#define PAYLOAD 18
#define SEGMENTS 42 /* of 1400 bytes: 58 800 */
#define UDP_SEGMENT_ 103

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int blast(int fd, double seconds)
{
	static char payload[PAYLOAD];
	struct iovec iov = { payload, sizeof(payload) };
	struct mmsghdr msg[BATCH];
	double end = now() + seconds;
	unsigned long sent = 0;

	for (int i = 0; i < BATCH; i++)
		msg[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } };
	while (now() < end) {
		int n = sendmmsg(fd, msg, BATCH, 0);

		if (n > 0)
			sent += (unsigned long)n;
	}
	printf("sent=%lu\n", sent);
	return 0;
}

static int blast_segments(int fd, double seconds, int size)
{
	static char payload[65536];
	double end = now() + seconds;
	unsigned long sent = 0;

	if (size < 1 || size * SEGMENTS > 65507 || setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT_, &size, sizeof(size))) {
		perror("udp_blast: UDP_SEGMENT");
		return 1;
	}
	while (now() < end)
		if (send(fd, payload, (size_t)(size * SEGMENTS), 0) > 0)
			sent += SEGMENTS;
	printf("sent=%lu\n", sent);
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	double seconds = 1;
	int fd, opt, size = 0;

	while ((opt = getopt(argc, argv, "d:p:t:g:")) != -1) {
		if (opt == 'd')
			inet_pton(AF_INET, optarg, &a.sin_addr);
		else if (opt == 'p')
			a.sin_port = htons((unsigned short)atoi(optarg));
		else if (opt == 't')
			seconds = atof(optarg);
		else if (opt == 'g')
			size = atoi(optarg);
	}
	if (!a.sin_addr.s_addr || !a.sin_port) {
		fprintf(stderr, "usage: udp_blast -d ADDR -p PORT [-t SECONDS] [-g SIZE]\n");
		return 2;
	}
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a))) {
		perror("udp_blast");
		return 1;
	}
	return size ? blast_segments(fd, seconds, size) : blast(fd, seconds);
}
