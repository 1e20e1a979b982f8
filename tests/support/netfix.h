/* SPDX-License-Identifier: MIT */
/*
 * netfix.h: a net on a fake clock, for the checks of floors 4 to 6
 *
 * netfix_begin() makes the machine and the core of a net; a check of a higher floor starts its own room after it and ends it before
 * netfix_end(), which asserts that the books balance and that nothing was left behind. The clock moves only when the test says so. Single
 * threaded: the test turns every vCPU (netfix_run). Lines of the log are kept: the last one, and how many were warnings or worse.
 */
#ifndef TESTS_SUPPORT_NETFIX_H
#define TESTS_SUPPORT_NETFIX_H

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "core/net.h"
#include "fs/seq_file.h"
#include "kernel/irq.h"
#include "kernel/slab.h"
#include "kernel/smp.h"
#include "kernel/softirq.h"
#include "support/suite.h"

#define NETFIX_START 5000000000ull /* where the clock starts, ns */
#define NETFIX_REAL 1700000000000000000ull /* wall clock at that moment */
#define NETFIX_TICK 4000000ull	   /* a jiffy at 250 Hz */
#define NETFIX_TURNS 10000	   /* turns of netfix_run() that are taken for an endless loop */

struct netfix {
	struct net net;
	uint64_t now;
	struct host_ops ops;
	struct logger logger;
	char log[LOG_LINE];
	unsigned log_lines, log_warnings;
	bool unmasked[NR_IRQS];
	unsigned masks, unmasks;
};

static inline uint64_t netfix_clock(void *ctx, int clk)
{
	const struct netfix *n = ctx;

	return clk == CLOCK_REALTIME ? n->now - NETFIX_START + NETFIX_REAL : n->now;
}

static inline void netfix_irq_mask(void *ctx, unsigned vector)
{
	struct netfix *n = ctx;

	n->unmasked[vector] = false;
	n->masks++;
}

static inline void netfix_irq_unmask(void *ctx, unsigned vector)
{
	struct netfix *n = ctx;

	n->unmasked[vector] = true;
	n->unmasks++;
}

static inline void netfix_emit(void *ctx, int level, const char *line)
{
	struct netfix *n = ctx;

	snprintf(n->log, sizeof(n->log), "%s", line);
	n->log_lines++;
	n->log_warnings += level <= LOGLEVEL_WARNING;
}

/* @n is zero, or zero but for n->ops.dev_open. The caller is the control thread. */
static inline void netfix_begin(struct netfix *n, unsigned nr_cpus)
{
	struct machine_config cfg = { .host = &n->ops, .host_ctx = n, .nr_cpus = nr_cpus, .seed = { 1, 2, 3, 4 } };

	n->now = NETFIX_START;
	n->ops.clock = netfix_clock;
	n->ops.irq_mask = netfix_irq_mask;
	n->ops.irq_unmask = netfix_irq_unmask;
	logger_init(&n->logger, netfix_emit, n, LOGLEVEL_DEBUG);
	cfg.log = &n->logger;
	ck_assert_int_eq(machine_init(&n->net.m, &cfg), 0);
	rtnl_claim(&n->net.m);
	ck_assert_int_eq(net_core_init(&n->net), 0);
}

/* Turn every vCPU once: true when one has more to do now. */
static inline bool netfix_turn(struct netfix *n)
{
	struct vcpu *v;
	bool more = false;

	for_each_vcpu(v, &n->net.m) {
		uint64_t next;

		vcpu_enter(v, NULL);
		next = vcpu_run(v, n->now);
		vcpu_leave(v);
		more |= next <= n->now || READ_ONCE(v->irq_any);
	}
	return more;
}

/* Turn until nobody has anything to do at this time. */
static inline void netfix_run(struct netfix *n)
{
	for (unsigned i = 0; netfix_turn(n); i++)
		ck_assert_msg(i < NETFIX_TURNS, "the vCPUs do not come to rest");
}

static inline void netfix_advance(struct netfix *n, uint64_t ns)
{
	n->now += ns;
	netfix_run(n);
}

/* Control work that waits for a grace period. */
static inline void netfix_settle(struct netfix *n)
{
	netfix_run(n);
	rcu_barrier(&n->net.m);
}

/* Every class of the ledger balances. */
static inline void netfix_balanced(struct netfix *n)
{
	static struct cpu_stats sum;

	stats_fold(&n->net, &sum);
	for (unsigned class = LEDGER_FRAME; class < LEDGER_CLASS_MAX; class++)
		ck_assert_msg(!ledger_balance(&sum, class), "class %u is out of balance by %lld", class,
			      (long long)ledger_balance(&sum, class));
}

static inline void netfix_end(struct netfix *n)
{
	ck_assert_ptr_null(this_vcpu());
	netfix_settle(n);
	netfix_balanced(n);
	net_core_exit(&n->net);
	rcu_barrier(&n->net.m);
	ck_assert_msg(machine_destroy(&n->net.m) == 0, "left behind: %s", n->log);
}

/* Ends so far of all packets of @class with @verdict, or (verdict DROPPED) for @reason. */
static inline uint64_t netfix_ledger(struct netfix *n, enum ledger_class class, enum ledger_verdict verdict)
{
	static struct cpu_stats sum;

	stats_fold(&n->net, &sum);
	return sum.ledger[class][verdict];
}

static inline uint64_t netfix_drops(struct netfix *n, enum skb_drop_reason reason)
{
	static struct cpu_stats sum;
	uint64_t drops = 0;

	stats_fold(&n->net, &sum);
	for (unsigned class = 0; class < LEDGER_CLASS_MAX; class++)
		drops += sum.drop[class][reason];
	return drops;
}

/* Packets of all classes held in @queue. */
static inline uint64_t netfix_held(struct netfix *n, enum ledger_queue queue)
{
	static struct cpu_stats sum;
	uint64_t held = 0;

	stats_fold(&n->net, &sum);
	for (unsigned class = LEDGER_FRAME; class < LEDGER_CLASS_MAX; class++)
		held += sum.held_in[class][queue] - sum.held_out[class][queue];
	return held;
}

/* The content of a file; valid until the next call. */
static inline const char *netfix_cat(struct netfix *n, const char *path)
{
	static char text[65536];
	struct seq_file m;

	seq_init(&m, &n->net.m.kmem);
	ck_assert_int_eq(vfs_read(&n->net.vfs, path, &m), 0);
	snprintf(text, sizeof(text), "%s", seq_str(&m));
	seq_release(&m);
	return text;
}

/* An Ethernet frame of @len bytes, header included: the payload counts up. Returns @len. */
static inline unsigned netfix_frame(unsigned char *buf, const unsigned char *dst, const unsigned char *src, uint16_t type, unsigned len)
{
	memcpy(buf, dst, ETH_ALEN);
	memcpy(buf + ETH_ALEN, src, ETH_ALEN);
	buf[12] = (unsigned char)(type >> 8);
	buf[13] = (unsigned char)type;
	for (unsigned i = ETH_HLEN; i < len; i++)
		buf[i] = (unsigned char)i;
	return len;
}

#endif
