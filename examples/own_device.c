/* SPDX-License-Identifier: MIT */
/*
 * own_device.c - two stacks in one process, joined by a device that this program implements: a wire with a counter
 *
 * Virtual time: the clock is a variable, so the run is the same each time. Alice sends, Bob receives; the wire says what crossed it.
 */
#include <arpa/inet.h>
#include <glassnet/device.h>
#include <glassnet/socket.h>
#include <stdio.h>
#include <string.h>

struct end { /* one end of the wire */
	struct gn_net *net;
	struct gn_dev *dev;
	struct end *peer;
	unsigned frames;
};

static uint64_t now = 1000000000u;

static uint64_t my_clock(void *ctx, int clk)
{
	(void)ctx;
	(void)clk;
	return now;
}

static int my_xmit(void *ctx, const void *frame, size_t len)
{
	struct end *e = ctx;

	e->frames++;
	return gn_dev_rx(e->peer->dev, frame, len);
}

static int make(struct end *e, struct end *peer, const char *cidr)
{
	static const struct gn_host host = { .size = sizeof(host), .clock = my_clock };
	static const struct gn_dev_ops ops = { .size = sizeof(ops), .xmit = my_xmit };
	struct gn_config cfg = { .size = sizeof(cfg), .host = &host, .deterministic = 1, .seed = { (uint64_t)(uintptr_t)cidr[7] } };
	char why[160];

	e->peer = peer;
	e->net = gn_net_create(&cfg, why, sizeof(why));
	e->dev = e->net ? gn_dev_create(e->net, "wire0", &ops, e, NULL, why, sizeof(why)) : NULL;
	if (!e->dev || gn_addr_add(e->net, "wire0", cidr, why, sizeof(why)) || gn_link_up(e->net, "wire0", why, sizeof(why))) {
		fprintf(stderr, "own_device: %s\n", why);
		return -1;
	}
	return 0;
}

int main(void)
{
	struct end alice, bob;
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(5000) }, from;
	socklen_t len = sizeof(from);
	struct gn_sock *a, *b;
	char buf[64], ip[INET_ADDRSTRLEN];
	ssize_t n;
	int err;

	memset(&alice, 0, sizeof(alice));
	memset(&bob, 0, sizeof(bob));
	if (make(&alice, &bob, "10.0.0.1/24") || make(&bob, &alice, "10.0.0.2/24"))
		return 1;
	a = gn_socket(alice.net, AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0, &err);
	b = gn_socket(bob.net, AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0, &err);
	if (gn_bind(b, (struct sockaddr *)&addr, sizeof(addr)))
		return 1;
	inet_pton(AF_INET, "10.0.0.2", &addr.sin_addr);
	gn_sendto(a, "good morning", 12, 0, (struct sockaddr *)&addr, sizeof(addr));
	for (int i = 0; i < 4; i++) { /* question, answer, datagram: each stack gets its turn */
		gn_run_all(bob.net);
		gn_run_all(alice.net);
		now += 1000000;
	}
	n = gn_recvfrom(b, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len);
	if (n < 0) {
		fprintf(stderr, "own_device: nothing arrived: %s\n", strerror((int)-n));
		return 1;
	}
	printf("bob got \"%.*s\" from %s\n", (int)n, buf, inet_ntop(AF_INET, &from.sin_addr, ip, sizeof(ip)));
	printf("frames on the wire: %u from alice, %u from bob\n", alice.frames, bob.frames);
	gn_close(a);
	gn_close(b);
	return gn_net_destroy(alice.net) || gn_net_destroy(bob.net);
}
