/* SPDX-License-Identifier: MIT */
/*
 * stats.c - per-CPU counters: making them, adding them up, checking the books
 *
 * On the walk: nobody; the packet path counts inline (stats.h).
 * Owns: one struct cpu_stats a vCPU, in its slot; freed by stats_exit().
 * Threads: init and exit RTNL with no vCPU entered; the sums RTNL at any time. A sum reads each
 * counter untorn.
 * Mirrors: snmp_fold_field() of net/ipv4/af_inet.c; the ledger is ours.
 */
#include "core/stats.h"

#include <errno.h>
#include <string.h>

#include "core/net.h"
#include "kernel/slab.h"

#define NR_COUNTERS (sizeof(struct cpu_stats) / sizeof(uint64_t))
_Static_assert(sizeof(struct cpu_stats) % sizeof(uint64_t) == 0, "counters only");

int stats_init(struct net *net)
{
	struct vcpu *v;

	for_each_vcpu(v, &net->m) {
		v->slot[VCPU_SLOT_STATS] = kzalloc(&net->m, sizeof(struct cpu_stats));
		if (!v->slot[VCPU_SLOT_STATS]) {
			stats_exit(net);
			return -ENOMEM;
		}
	}

	return 0;
}

void stats_exit(struct net *net)
{
	struct vcpu *v;

	for_each_vcpu(v, &net->m) {
		kfree(&net->m, v->slot[VCPU_SLOT_STATS]);
		v->slot[VCPU_SLOT_STATS] = NULL;
	}
}

void stats_fold(const struct net *net, struct cpu_stats *sum)
{
	uint64_t *to = (uint64_t *)(void *)sum;
	struct vcpu *v;

	memset(sum, 0, sizeof(*sum));
	for_each_vcpu(v, &net->m) {
		const uint64_t *from = v->slot[VCPU_SLOT_STATS];

		for (unsigned i = 0; i < NR_COUNTERS; i++)
			to[i] += READ_ONCE(from[i]);
	}
}

uint64_t stats_fold_one(const struct net *net, unsigned offset)
{
	uint64_t sum = 0;
	struct vcpu *v;

	BUG_ON(offset % sizeof(uint64_t) || offset >= sizeof(struct cpu_stats));
	for_each_vcpu(v, &net->m) {
		const uint64_t *from = v->slot[VCPU_SLOT_STATS];

		sum += READ_ONCE(from[offset / sizeof(uint64_t)]);
	}

	return sum;
}

int64_t ledger_balance(const struct cpu_stats *sum, enum ledger_class class)
{
	int64_t left = (int64_t)sum->ledger[class][VERDICT_ENTERED];

	for (int v = VERDICT_ENTERED + 1; v < VERDICT_MAX; v++)
		left -= (int64_t)sum->ledger[class][v];
	for (int q = 0; q < HELD_MAX; q++)
		left -= (int64_t)(sum->held_in[class][q] - sum->held_out[class][q]);

	return left;
}
