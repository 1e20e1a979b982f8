/* SPDX-License-Identifier: MIT */
/*
 * udp_send.c - send one datagram and say what became of it, by the counters of our own stack
 *
 *	udp_send ADDRESS PORT TEXT [TAP [CIDR]]
 *
 * With ADDRESS 127.0.0.1 it needs no right: the datagram goes over our own lo and finds nobody, which the counters show.
 */
#include <arpa/inet.h>
#include <glassnet/device.h>
#include <glassnet/host.h>
#include <glassnet/socket.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	char why[160] = "", spec[32] = "tap:gn0", text[8192];
	struct gn_net *net;
	struct gn_sock *s;
	struct gn_dev *dev;
	ssize_t n;
	int err;

	if (argc < 4 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1) {
		fprintf(stderr, "usage: udp_send ADDRESS PORT TEXT [TAP [CIDR]]\n");
		return 2;
	}
	to.sin_port = htons((unsigned short)atoi(argv[2]));
	net = gn_net_create(NULL, why, sizeof(why));
	if (net && strncmp(argv[1], "127.", 4)) {
		if (argc > 4)
			snprintf(spec, sizeof(spec), "tap:%s", argv[4]);
		dev = gn_dev_add(net, spec, NULL, why, sizeof(why));
		if (dev && !gn_addr_add(net, gn_dev_name(dev), argc > 5 ? argv[5] : "10.99.0.2/24", why, sizeof(why)))
			gn_link_up(net, gn_dev_name(dev), why, sizeof(why));
	}
	if (!net || why[0]) {
		fprintf(stderr, "udp_send: %s\n", why);
		return 1;
	}
	s = gn_socket(net, AF_INET, SOCK_DGRAM, 0, &err);
	if (!s)
		return 1;
	n = gn_sendto(s, argv[3], strlen(argv[3]), 0, (struct sockaddr *)&to, sizeof(to));
	if (n < 0)
		fprintf(stderr, "udp_send: %s\n", strerror((int)-n));
	/* half a second for ARP and what follows */
	for (int i = 0; i < 50; i++) {
		struct timespec t;

		clock_gettime(CLOCK_MONOTONIC, &t);
		gn_host_turn(net, (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec + 10000000u);
	}
	if (gn_file_read(net, "/proc/net/snmp", text, sizeof(text)) > 0)
		fputs(text, stdout);
	gn_close(s);
	return gn_net_destroy(net) || n < 0;
}
