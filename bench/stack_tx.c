/* SPDX-License-Identifier: MIT */
/*
 * stack_tx.c - what one small datagram costs inside the stack: from sendto() to a device that swallows it
 *
 *	stack_tx [ROUNDS [ROUTES [connected]]]
 *
 * ROUTES prefixes by one gateway cover 20.0.0.0/8 (1: the /8 itself; 65536: its /24s). Each round sends BATCH datagrams of 18 bytes, each to a random address of it, from a
 * socket that is not connected: route lookup, header, checksum, queue discipline, driver, completion. "connected": all to one address by a connected socket.
 * Prints ns a datagram. For instructions: valgrind --tool=callgrind --toggle-collect=turn.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/socket.h"
#include "drivers/nulldev.h"
#include "ipv4/fib.h"
#include "ipv4/inetdevice.h"
#include "kernel/wait.h"
#include "stack.h"

#define BATCH 64
#define NET 0x14000000u

void turn(struct socket *s, const struct sockaddr_in *to, const uint32_t *addr);

static uint64_t clock_ns(void *ctx, int clk)
{
	struct timespec t;

	(void)ctx;
	clock_gettime(clk, &t);
	return (uint64_t)t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_nsec;
}

static void die(const char *what, const char *why)
{
	fprintf(stderr, "stack_tx: %s: %s\n", what, why);
	exit(1);
}

static void add_routes(struct net *net, struct net_device *dev, unsigned routes)
{
	struct extack err = { "" };
	uint8_t plen = 8;

	while (1u << (plen - 8) < routes)
		plen++;
	for (unsigned i = 0; i < routes; i++) {
		struct fib_config cfg = { .fc_dst = htonl(NET | i << (32 - plen)),
					  .fc_dst_len = plen,
					  .fc_type = RTN_UNICAST,
					  .fc_gw = htonl(0x0a000002),
					  .fc_oif = dev->ifindex,
					  .fc_nlflags = NLM_F_CREATE };

		if (fib_route_add(net, &cfg, &err))
			die("route", err.msg);
	}
}

/* What is timed: one batch, @to NULL on a connected socket. */
noinline void turn(struct socket *s, const struct sockaddr_in *to, const uint32_t *addr)
{
	static const char payload[18];
	struct sockaddr_in a;

	for (unsigned i = 0; i < BATCH; i++) {
		if (to) {
			a = *to;
			a.sin_addr.s_addr = addr[i];
		}
		if (sock_sendto(s, payload, sizeof(payload), MSG_DONTWAIT, to ? (struct sockaddr *)&a : NULL, to ? sizeof(a) : 0) !=
		    sizeof(payload))
			die("send", "refused");
	}
}

static int cmp(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	static const struct host_ops ops = { .clock = clock_ns };
	static const struct cred own = { .net_bind_service = true };
	struct machine_config mc = { .host = &ops, .nr_cpus = 1, .seed = { 1 } };
	unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 20000, routes = argc > 2 ? (unsigned)atoi(argv[2]) : 1;
	bool connected = argc > 3 && !strcmp(argv[3], "connected");
	const struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(NET | 1) };
	struct extack err = { "" };
	struct net *net = net_create(&mc, &err);
	struct net_device *dev = NULL;
	double *ns = calloc(rounds, sizeof(*ns));
	uint32_t addr[BATCH];
	struct socket *s;
	struct task task;
	struct rng dice;

	if (!net || drivers_probe(net, "null:", NULL, &dev, &err) || inet_addr_add(dev, htonl(0x0a000001), 24, 0, RT_SCOPE_UNIVERSE, NULL, &err) || dev_open(dev, &err))
		die("set-up", err.msg);
	add_routes(net, dev, routes);
	rng_seed(&dice, 1);
	task_init(&task, "bench", 1, false);
	vcpu_enter(net->m.cpu[0], &task);
	if (sock_create(net, &own, AF_INET, SOCK_DGRAM, 0, &s) || (connected && sock_connect(s, (const struct sockaddr *)&to, sizeof(to))))
		die("socket", "not made");
	for (unsigned r = 0; r < rounds; r++) {
		uint64_t t0;

		for (unsigned i = 0; i < BATCH; i++)
			addr[i] = htonl(NET | (rng_u32(&dice) & 0xffffff));
		t0 = clock_ns(NULL, CLOCK_MONOTONIC);
		turn(s, connected ? NULL : &to, addr);
		ns[r] = (double)(clock_ns(NULL, CLOCK_MONOTONIC) - t0) / BATCH;
		vcpu_run(net->m.cpu[0], net->m.cpu[0]->now);
	}
	qsort(ns, rounds, sizeof(*ns), cmp);
	printf("datagrams=%llu sent=%llu routes=%u ns_p50=%.1f ns_p10=%.1f ns_p90=%.1f\n", (unsigned long long)rounds * BATCH,
	       (unsigned long long)this_dev_stats(dev)->tx_packets, routes, ns[rounds / 2], ns[rounds / 10], ns[rounds * 9 / 10]);
	sock_release(s);
	vcpu_leave(net->m.cpu[0]);
	drivers_remove(dev);
	free(ns);
	if (net_destroy(net))
		die("end", "something was left behind");
	return 0;
}
