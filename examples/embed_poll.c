/* SPDX-License-Identifier: MIT */
/*
 * embed_poll.c - a UDP echo server on a TAP device inside a program that has its own poll(2) loop
 *
 *	embed_poll [TAP [CIDR [COUNT]]]		echo COUNT datagrams (10) at port 7 and end
 *	embed_poll --self			the same over lo, without any right
 *
 * The loop asks the net for its descriptors and its next deadline, and feeds back what poll() said.
 */
#include <arpa/inet.h>
#include <glassnet/device.h>
#include <glassnet/host.h>
#include <glassnet/socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int left = 10;

/* Called from inside the stack's run: answer everything that is there. */
static void ready(struct gn_sock *s, void *ctx)
{
	char buf[2048];

	(void)ctx;
	for (;;) {
		struct sockaddr_in from;
		socklen_t len = sizeof(from);
		ssize_t n = gn_recvfrom(s, buf, sizeof(buf), MSG_DONTWAIT, (struct sockaddr *)&from, &len);

		if (n < 0)
			return;
		gn_sendto(s, buf, (size_t)n, MSG_DONTWAIT, (struct sockaddr *)&from, len);
		left--;
	}
}

static int timeout_ms(uint64_t deadline)
{
	struct timespec t;
	uint64_t now;

	clock_gettime(CLOCK_MONOTONIC, &t);
	now = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
	if (deadline == UINT64_MAX || deadline - now > 1000000000u)
		return deadline > now ? 1000 : 0;
	return (int)((deadline - now + 999999) / 1000000);
}

int main(int argc, char **argv)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(7) };
	int self = argc > 1 && !strcmp(argv[1], "--self"), err;
	char why[160] = "", spec[32];
	struct gn_net *net = gn_net_create(NULL, why, sizeof(why));
	struct gn_sock *s, *client = NULL;

	if (net && !self) {
		struct gn_dev *dev;

		snprintf(spec, sizeof(spec), "tap:%s", argc > 1 ? argv[1] : "gn0");
		dev = gn_dev_add(net, spec, NULL, why, sizeof(why));
		if (dev && !gn_addr_add(net, gn_dev_name(dev), argc > 2 ? argv[2] : "10.99.0.2/24", why, sizeof(why)))
			gn_link_up(net, gn_dev_name(dev), why, sizeof(why));
	}
	if (!net || why[0]) {
		fprintf(stderr, "embed_poll: %s\n", why);
		return 1;
	}
	if (argc > 3)
		left = atoi(argv[3]);
	s = gn_socket(net, AF_INET, SOCK_DGRAM, 0, &err);
	if (!s || gn_bind(s, (struct sockaddr *)&addr, sizeof(addr)) || gn_on_ready(s, ready, NULL))
		return 1;
	if (self) {
		addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		client = gn_socket(net, AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0, &err);
		for (int i = 0; i < 10; i++)
			gn_sendto(client, "ping", 4, 0, (struct sockaddr *)&addr, sizeof(addr));
	}
	puts("echoing on port 7");
	fflush(stdout);
	while (left > 0) {
		struct pollfd fds[8];
		uint64_t deadline = gn_run_all(net);
		int n = gn_host_fds(net, fds, 8);

		if (left <= 0)
			break;
		poll(fds, (nfds_t)(n < 8 ? n : 8), timeout_ms(deadline));
		gn_host_ready(net, fds, n < 8 ? n : 8);
	}
	gn_run_all(net);
	printf("done\n");
	gn_close(client);
	gn_close(s);
	return gn_net_destroy(net) != 0;
}
