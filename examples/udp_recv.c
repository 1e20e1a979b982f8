/* SPDX-License-Identifier: MIT */
/*
 * udp_recv.c - receive datagrams on a stack of our own, blocking as with the sockets of the system
 *
 *	udp_recv [PORT [TAP [CIDR]]]	as root: attach to TAP (made when absent), print what arrives at PORT, until 10 datagrams
 *	udp_recv --self			without any right: send to ourselves over lo
 *
 * The thread that calls gn_recvfrom() turns the crank while it waits: there is no other thread.
 */
#include <arpa/inet.h>
#include <glassnet/device.h>
#include <glassnet/socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void die(const char *what, const char *why)
{
	fprintf(stderr, "udp_recv: %s: %s\n", what, why);
	exit(1);
}

int main(int argc, char **argv)
{
	int self = argc > 1 && !strcmp(argv[1], "--self"), port = argc > 1 && !self ? atoi(argv[1]) : 5000, err, left = self ? 3 : 10;
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port) };
	char why[160], spec[32] = "tap:gn0", buf[65536];
	struct gn_net *net = gn_net_create(NULL, why, sizeof(why));
	struct gn_sock *s;

	if (!net)
		die("net", why);
	if (!self) {
		struct gn_dev *dev;

		if (argc > 2)
			snprintf(spec, sizeof(spec), "tap:%s", argv[2]);
		dev = gn_dev_add(net, spec, NULL, why, sizeof(why));
		if (!dev || gn_addr_add(net, gn_dev_name(dev), argc > 3 ? argv[3] : "10.99.0.2/24", why, sizeof(why)) ||
		    gn_link_up(net, gn_dev_name(dev), why, sizeof(why)))
			die(spec, why);
	}
	s = gn_socket(net, AF_INET, SOCK_DGRAM, 0, &err);
	if (!s)
		die("socket", strerror(-err));
	err = gn_bind(s, (struct sockaddr *)&addr, sizeof(addr));
	if (err)
		die("bind", strerror(-err));
	if (self) {
		addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		for (int i = 0; i < left; i++)
			gn_sendto(s, "hello", 5, 0, (struct sockaddr *)&addr, sizeof(addr));
	}
	printf("waiting on port %d\n", port);
	fflush(stdout);
	while (left--) {
		struct sockaddr_in from;
		socklen_t fromlen = sizeof(from);
		ssize_t n = gn_recvfrom(s, buf, sizeof(buf), 0, (struct sockaddr *)&from, &fromlen);
		char ip[INET_ADDRSTRLEN];

		if (n < 0)
			die("recvfrom", strerror((int)-n));
		printf("%zd bytes from %s:%u: %.*s\n", n, inet_ntop(AF_INET, &from.sin_addr, ip, sizeof(ip)), ntohs(from.sin_port),
		       (int)(n < 60 ? n : 60), buf);
	}
	gn_close(s);
	return gn_net_destroy(net) != 0;
}
