/* SPDX-License-Identifier: MIT */
/*
 * hook_counter.c - a netfilter hook at each of the five points that counts packets, and one that drops
 *
 * Over lo, in virtual time: five datagrams to a bound port; the LOCAL_IN hook drops every second one. The counters and the loss ledger tell
 * the same story.
 */
#include <arpa/inet.h>
#include <glassnet/socket.h>
#include <stdio.h>

static const char *const names[] = { "PRE_ROUTING", "LOCAL_IN", "FORWARD", "LOCAL_OUT", "POST_ROUTING" };
static unsigned seen[5];

static uint64_t my_clock(void *ctx, int clk)
{
	(void)ctx;
	(void)clk;
	return 1000000000u;
}

static enum gn_verdict count(void *ctx, enum gn_hook hook, const void *packet, size_t len)
{
	(void)ctx;
	(void)packet;
	(void)len;
	seen[hook]++;
	return hook == GN_LOCAL_IN && seen[hook] % 2 == 0 ? GN_DROP : GN_ACCEPT;
}

int main(void)
{
	static const struct gn_host host = { .size = sizeof(host), .clock = my_clock };
	struct gn_config cfg = { .size = sizeof(cfg), .host = &host, .deterministic = 1 };
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(5000), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct gn_net *net = gn_net_create(&cfg, NULL, 0);
	struct gn_hook_handle *h[5];
	struct gn_ledger frames;
	struct gn_sock *s;
	int err, got = 0;
	char buf[16];

	if (!net)
		return 1;
	for (int i = 0; i < 5; i++)
		h[i] = gn_hook_register(net, (enum gn_hook)i, 0, count, NULL);
	s = gn_socket(net, AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0, &err);
	gn_bind(s, (struct sockaddr *)&addr, sizeof(addr));
	for (int i = 0; i < 5; i++)
		gn_sendto(s, "x", 1, 0, (struct sockaddr *)&addr, sizeof(addr));
	gn_run_all(net);
	while (gn_recvfrom(s, buf, sizeof(buf), 0, NULL, NULL) >= 0)
		got++;
	for (int i = 0; i < 5; i++) {
		printf("%-12s %u packets\n", names[i], seen[i]);
		gn_hook_unregister(h[i]);
	}
	gn_ledger_get(net, GN_LEDGER_FRAMES, &frames);
	printf("5 sent, %d received; ledger: %llu entered = %llu delivered + %llu dropped\n", got, (unsigned long long)frames.entered,
	       (unsigned long long)frames.delivered, (unsigned long long)frames.dropped);
	gn_close(s);
	return gn_net_destroy(net) || got != 3 || frames.entered != frames.delivered + frames.dropped;
}
