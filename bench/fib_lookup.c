/* SPDX-License-Identifier: MIT */
/*
 * fib_lookup.c - what does a route lookup cost?
 *
 * Fills the main table with N /24 prefixes under 20.0.0.0 (N: first argument, default 65536) or N
 * random prefixes (second argument "random"), then looks up random addresses that have a route:
 * fib_table_lookup() alone, without caches of the walk. Prints ns a lookup, best of ten rounds.
 * Instructions: run it under `valgrind --tool=callgrind` or `perf stat`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ipv4/fib.h"
#include "stack.h"

#define LOOKUPS (1 << 20)
#define ROUNDS 10

static uint64_t bench_clock(void *ctx, int clk)
{
	struct timespec ts;

	(void)ctx;
	clock_gettime(clk, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

static uint32_t key[LOOKUPS];

static void fill(struct net *net, unsigned routes, bool random, struct rng *dice)
{
	for (unsigned i = 0; i < routes; i++) {
		unsigned plen = random ? 8 + rng_below(dice, 17) : 24;
		uint32_t dst = random ? rng_u32(dice) >> (32 - plen) << (32 - plen)
				      : 0x14000000 + (i << 8);
		struct fib_config cfg = { .fc_dst = htonl(dst),
					  .fc_dst_len = (uint8_t)plen,
					  .fc_type = RTN_UNICAST,
					  .fc_scope = RT_SCOPE_LINK,
					  .fc_oif = net->loopback_dev->ifindex,
					  .fc_nlflags = NLM_F_CREATE };

		fib_route_add(net, &cfg, NULL);
		key[i % LOOKUPS] = dst;
	}
	for (unsigned i = 0; i < LOOKUPS; i++)
		key[i] = key[rng_below(dice, routes)] | (rng_u32(dice) & 0xff);
}

int main(int argc, char **argv)
{
	unsigned routes = argc > 1 ? (unsigned)atoi(argv[1]) : 65536, hits = 0;
	const struct host_ops ops = { .clock = bench_clock };
	const struct machine_config cfg = { .host = &ops, .nr_cpus = 1, .seed = { 1, 2, 3, 4 } };
	struct extack err = { "" };
	struct net *net = net_create(&cfg, &err);
	uint64_t best = UINT64_MAX;
	struct fib_result res;
	struct rng dice;

	if (!net || !routes || routes > LOOKUPS) {
		fprintf(stderr, "fib_lookup: %s\n", net ? "1 to 1048576 routes" : err.msg);
		return EXIT_FAILURE;
	}
	rng_seed(&dice, 1);
	fill(net, routes, argc > 2, &dice);
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint64_t start = bench_clock(NULL, CLOCK_MONOTONIC), ns;

		hits = 0;
		for (unsigned i = 0; i < LOOKUPS; i++) {
			struct flowi4 fl4 = { .daddr = htonl(key[i]) };

			hits += !fib_table_lookup(net->ipv4->fib_main, &fl4, &res, 0);
		}
		ns = bench_clock(NULL, CLOCK_MONOTONIC) - start;
		best = ns < best ? ns : best;
	}
	printf("%u routes: %.1f ns a lookup, %.0f%% hits\n", routes, (double)best / LOOKUPS,
	       100.0 * hits / LOOKUPS);
	net_destroy(net);
	return EXIT_SUCCESS;
}
