/* SPDX-License-Identifier: MIT */
/*
 * neighfix.h: sockfix.h with a table of neighbours whose protocol writes down what it is asked
 *
 * Keys are four bytes. reachable_time is base_reachable_time exactly, 30 s.
 */
#ifndef TESTS_UNIT_CORE_NEIGHFIX_H
#define TESTS_UNIT_CORE_NEIGHFIX_H

#include "sockfix.h"

#include "core/neigh_impl.h"

static struct neighfix {
	struct neigh_table tbl;
	unsigned solicits, reports;
	const void *last_hint; /* skb of the last question */
	uint8_t solicit_state;
	int constructor_err;
} nf;

static inline void nf_solicit(struct neighbour *n, struct sk_buff *skb)
{
	nf.solicits++;
	nf.last_hint = skb;
	nf.solicit_state = n->nud_state;
	ck_assert(!spin_is_locked(&n->lock));
}

static inline void nf_report(struct neighbour *n, struct sk_buff *skb)
{
	nf.reports++;
	ck_assert(!spin_is_locked(&n->lock));
	kfree_skb_reason(skb, SKB_DROP_REASON_NEIGH_FAILED);
}

static const struct neigh_ops nf_ops = {
	.family = AF_INET,
	.solicit = nf_solicit,
	.error_report = nf_report,
	.output = neigh_resolve_output,
	.connected_output = neigh_connected_output,
};

static inline int nf_constructor(struct neighbour *n)
{
	if (nf.constructor_err)
		return nf.constructor_err;
	n->type = 1;
	n->ops = &nf_ops;
	n->output = nf_ops.output;
	return 0;
}

static inline uint32_t nf_hash(const void *pkey, const struct net_device *dev, const uint32_t *rnd)
{
	return jhash_3words(*(const uint32_t *)pkey, (uint32_t)dev->ifindex, rnd[0], rnd[1]);
}

static inline void neighfix_begin_cpus(unsigned cpus)
{
	sockfix_begin_cpus(cpus);
	memset(&nf, 0, sizeof(nf));
	nf.tbl.family = AF_INET;
	nf.tbl.id = "arp_cache";
	nf.tbl.key_len = 4;
	nf.tbl.hash = nf_hash;
	nf.tbl.constructor = nf_constructor;
	ck_assert_int_eq(neigh_table_init(fx.net, &nf.tbl), 0);
	nf.tbl.parms.reachable_time = 30 * 250;
}

static inline void neighfix_begin(void)
{
	neighfix_begin_cpus(1);
}

static inline void neighfix_end(void)
{
	fix_drop_sent();
	if (this_vcpu())
		fix_leave();
	neigh_table_clear(&nf.tbl);
	ck_assert_int_eq(atomic_read(&nf.tbl.entries), 0);
	ck_assert_uint_eq(nf.tbl.stats.allocs, nf.tbl.stats.destroys);
	ck_assert_uint_eq(fx.nf.log_warnings, 0);
	sockfix_end();
}

static const uint8_t mac_a[MAX_ADDR_LEN] = { 2, 0, 0, 0, 0, 0xa },
		     mac_b[MAX_ADDR_LEN] = { 2, 0, 0, 0, 0, 0xb };

static inline struct neighbour *nf_get(uint32_t key)
{
	struct neighbour *n = neigh_lookup(&nf.tbl, &key, fx.dev);

	return n ? n : __neigh_create(&nf.tbl, &key, fx.dev, true);
}

/* A packet that the stack sends, number @i. */
static inline struct sk_buff *nf_skb(unsigned char i)
{
	struct sk_buff *skb = fix_skb(40, i);

	skb->dev = fx.dev;
	return skb;
}

#endif
