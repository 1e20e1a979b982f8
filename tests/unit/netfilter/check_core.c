/* SPDX-License-Identifier: MIT */
/* check_core.c: hook points, order, verdicts, registration under failing memory. */
#include "netfilter/core.h"

#include <errno.h>

#include "support/netfix.h"

#define MARK(s) ((void *)(uintptr_t)(s))

static struct netfix n;
static char order[64];
static struct sk_buff *stolen;
static unsigned calls[NF_INET_NUMHOOKS];
static int repeats;

static void begin(void)
{
	memset(&n, 0, sizeof(n));
	order[0] = '\0';
	memset(calls, 0, sizeof(calls));
	netfix_begin(&n, 1);
	ck_assert_int_eq(nf_init(&n.net), 0);
}

static void end(void)
{
	nf_exit(&n.net);
	netfix_end(&n);
}

/* One packet through @hook: what nf_hook() says; an accepted packet is consumed here. */
static int walk(unsigned hook)
{
	struct sk_buff *skb;
	int verdict;

	vcpu_enter(n.net.m.cpu[0], NULL);
	skb = alloc_skb(&n.net, 64);
	ck_assert_ptr_nonnull(skb);
	ledger_begin(skb, LEDGER_FRAME);
	verdict = nf_hook(&n.net, hook, skb, NULL, NULL);
	if (verdict == NF_ACCEPT)
		consume_skb(skb);
	vcpu_leave(n.net.m.cpu[0]);
	return verdict;
}

static unsigned counter(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	ck_assert_ptr_eq(state->net, &n.net);
	ck_assert_ptr_eq(priv, calls);
	calls[state->hook]++;
	return NF_ACCEPT;
}

static unsigned note(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	strcat(order, priv);
	return NF_ACCEPT;
}

static unsigned verdict_of(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return *(unsigned *)priv;
}

static unsigned steal(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	stolen = skb;
	return NF_STOLEN;
}

static unsigned repeat(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	strcat(order, "r");
	return --repeats ? NF_REPEAT : NF_ACCEPT;
}

START_TEST(test_J2_each_packet_once_per_hook)
{
	struct nf_hook_ops ops[NF_INET_NUMHOOKS];

	for (unsigned h = 0; h < NF_INET_NUMHOOKS; h++) {
		ops[h] = (struct nf_hook_ops){ .hook = counter, .priv = calls, .hooknum = h };
		ck_assert_int_eq(nf_register_hook(&n.net, &ops[h]), 0);
	}
	for (unsigned h = 0; h < NF_INET_NUMHOOKS; h++)
		for (unsigned i = 0; i <= h; i++)
			ck_assert_int_eq(walk(h), NF_ACCEPT);
	for (unsigned h = 0; h < NF_INET_NUMHOOKS; h++) {
		ck_assert_uint_eq(calls[h], h + 1);
		nf_unregister_hook(&n.net, &ops[h]);
		ck_assert_ptr_null(n.net.nf->hooks[h]);
		ck_assert_int_eq(walk(h), NF_ACCEPT);
		ck_assert_uint_eq(calls[h], h + 1);
	}
}
END_TEST

START_TEST(test_J2_priorities)
{
	struct nf_hook_ops ops[] = {
		{ .hook = note, .priv = MARK("d"), .hooknum = NF_INET_LOCAL_IN, .priority = 100 },
		{ .hook = note, .priv = MARK("a"), .hooknum = NF_INET_LOCAL_IN, .priority = -300 },
		{ .hook = note, .priv = MARK("b"), .hooknum = NF_INET_LOCAL_IN, .priority = 0 },
		{ .hook = note, .priv = MARK("c"), .hooknum = NF_INET_LOCAL_IN, .priority = 0 },
		{ .hook = note, .priv = MARK("e"), .hooknum = NF_INET_LOCAL_IN, .priority = 200 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		ck_assert_int_eq(nf_register_hook(&n.net, &ops[i]), 0);
	ck_assert_int_eq(walk(NF_INET_LOCAL_IN), NF_ACCEPT);
	ck_assert_str_eq(order, "abcde");
	order[0] = '\0';
	nf_unregister_hook(&n.net, &ops[2]);
	nf_unregister_hook(&n.net, &ops[4]);
	ck_assert_int_eq(walk(NF_INET_LOCAL_IN), NF_ACCEPT);
	ck_assert_str_eq(order, "acd");
}
END_TEST

/* A hook that answers @verdict between two that note their turn. */
static int around(unsigned verdict)
{
	struct nf_hook_ops before = { .hook = note, .priv = MARK("<"), .hooknum = NF_INET_FORWARD, .priority = -1 };
	struct nf_hook_ops it = { .hook = verdict_of, .priv = &verdict, .hooknum = NF_INET_FORWARD };
	struct nf_hook_ops after = { .hook = note, .priv = MARK(">"), .hooknum = NF_INET_FORWARD, .priority = 1 };
	int ret;

	order[0] = '\0';
	ck_assert_int_eq(nf_register_hook(&n.net, &before), 0);
	ck_assert_int_eq(nf_register_hook(&n.net, &it), 0);
	ck_assert_int_eq(nf_register_hook(&n.net, &after), 0);
	ret = walk(NF_INET_FORWARD);
	nf_unregister_hook(&n.net, &before);
	nf_unregister_hook(&n.net, &it);
	nf_unregister_hook(&n.net, &after);
	return ret;
}

START_TEST(test_J4_drop)
{
	ck_assert_int_eq(around(NF_DROP), NF_DROP);
	ck_assert_str_eq(order, "<");
	ck_assert_uint_eq(netfix_drops(&n, SKB_DROP_REASON_NETFILTER_DROP), 1);
	ck_assert_int_eq(around(NF_DROP_ERR(-EPERM)), NF_DROP);
	ck_assert_uint_eq(netfix_drops(&n, SKB_DROP_REASON_NETFILTER_DROP), 2);
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_FRAME, VERDICT_DROPPED), 2);
}
END_TEST

START_TEST(test_J2_queue)
{
	ck_assert_int_eq(around(NF_QUEUE_NR(3)), NF_DROP);
	ck_assert_str_eq(order, "<");
	ck_assert_uint_eq(netfix_drops(&n, SKB_DROP_REASON_NETFILTER_DROP), 1);
	ck_assert_int_eq(around(NF_QUEUE_NR(3) | NF_VERDICT_FLAG_QUEUE_BYPASS), NF_ACCEPT);
	ck_assert_str_eq(order, "<>");
	ck_assert_uint_eq(netfix_drops(&n, SKB_DROP_REASON_NETFILTER_DROP), 1);
}
END_TEST

START_TEST(test_J2_stop_accepts_at_once)
{
	ck_assert_int_eq(around(NF_STOP), NF_ACCEPT);
	ck_assert_str_eq(order, "<");
	ck_assert_int_eq(around(NF_ACCEPT), NF_ACCEPT);
	ck_assert_str_eq(order, "<>");
}
END_TEST

START_TEST(test_J2_stolen)
{
	struct nf_hook_ops ops = { .hook = steal, .hooknum = NF_INET_PRE_ROUTING };

	ck_assert_int_eq(nf_register_hook(&n.net, &ops), 0);
	ck_assert_int_eq(walk(NF_INET_PRE_ROUTING), NF_STOLEN);
	ck_assert_ptr_nonnull(stolen);
	vcpu_enter(n.net.m.cpu[0], NULL);
	consume_skb(stolen);
	vcpu_leave(n.net.m.cpu[0]);
}
END_TEST

START_TEST(test_J2_repeat)
{
	struct nf_hook_ops ops[] = {
		{ .hook = repeat, .hooknum = NF_INET_LOCAL_OUT },
		{ .hook = note, .priv = MARK("n"), .hooknum = NF_INET_LOCAL_OUT, .priority = 1 },
	};

	repeats = 3;
	ck_assert_int_eq(nf_register_hook(&n.net, &ops[0]), 0);
	ck_assert_int_eq(nf_register_hook(&n.net, &ops[1]), 0);
	ck_assert_int_eq(walk(NF_INET_LOCAL_OUT), NF_ACCEPT);
	ck_assert_str_eq(order, "rrrn");
}
END_TEST

START_TEST(test_refusals)
{
	struct nf_hook_ops ops[NF_MAX_HOOKS + 1];
	struct nf_hook_ops bad = { .hook = note, .hooknum = NF_INET_NUMHOOKS };

	ck_assert_int_eq(nf_register_hook(&n.net, &bad), -EINVAL);
	bad = (struct nf_hook_ops){ .hooknum = 0 };
	ck_assert_int_eq(nf_register_hook(&n.net, &bad), -EINVAL);
	for (unsigned i = 0; i <= NF_MAX_HOOKS; i++) {
		ops[i] = (struct nf_hook_ops){ .hook = counter, .priv = calls };
		ck_assert_int_eq(nf_register_hook(&n.net, &ops[i]), i < NF_MAX_HOOKS ? 0 : -E2BIG);
	}
	ck_assert_int_eq(walk(0), NF_ACCEPT);
	ck_assert_uint_eq(calls[0], NF_MAX_HOOKS);
	kmem_fail_nth(&n.net.m.kmem, 1, NULL);
	ops[0].hooknum = 1;
	ck_assert_int_eq(nf_register_hook(&n.net, &ops[0]), -ENOMEM);
	ops[0].hooknum = 0;
}
END_TEST

START_TEST(test_unregister_without_memory)
{
	struct nf_hook_ops ops[] = {
		{ .hook = note, .priv = MARK("a"), .hooknum = 0, .priority = 1 },
		{ .hook = note, .priv = MARK("b"), .hooknum = 0, .priority = 2 },
		{ .hook = note, .priv = MARK("c"), .hooknum = 0, .priority = 3 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		ck_assert_int_eq(nf_register_hook(&n.net, &ops[i]), 0);
	kmem_fail_nth(&n.net.m.kmem, 1, NULL);
	nf_unregister_hook(&n.net, &ops[1]);
	ck_assert(kmem_fault_hit(&n.net.m.kmem));
	ck_assert_int_eq(walk(0), NF_ACCEPT);
	ck_assert_str_eq(order, "ac");
	ck_assert_uint_eq(n.net.nf->hooks[0]->n, 3);
	order[0] = '\0';
	ck_assert_int_eq(nf_register_hook(&n.net, &ops[1]), 0);
	ck_assert_uint_eq(n.net.nf->hooks[0]->n, 3);
	ck_assert_int_eq(walk(0), NF_ACCEPT);
	ck_assert_str_eq(order, "abc");
	nf_unregister_hook(&n.net, &ops[0]);
	nf_unregister_hook(&n.net, &ops[2]);
	nf_unregister_hook(&n.net, &ops[1]);
	ck_assert_ptr_null(n.net.nf->hooks[0]);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_J2_each_packet_once_per_hook, test_J2_priorities, test_J4_drop, test_J2_queue,
		test_J2_stop_accepts_at_once, test_J2_stolen, test_J2_repeat, test_refusals,
		test_unregister_without_memory, NULL,
	};

	return suite_of("netfilter", begin, end, tests);
}
