/* SPDX-License-Identifier: MIT */
/*
 * check_neighbour.c: the states of an entry, its timer, its queue, and sending through it. 250
 * jiffies a second.
 */
#include "neighfix.h"

#define HZ 250

/*
 * The first packet makes INCOMPLETE: one question at once, two more a second apart, then FAILED and
 * a report for each packet.
 */
START_TEST(test_unanswered)
{
	struct neighbour *n = nf_get(1);

	ck_assert_uint_eq(n->nud_state, NUD_NONE);
	ck_assert_int_eq(neigh_output(n, nf_skb(1)), 0);
	ck_assert_uint_eq(n->nud_state, NUD_INCOMPLETE);
	ck_assert_uint_eq(nf.solicits, 1);
	ck_assert_ptr_nonnull(nf.last_hint);
	neigh_output(n, nf_skb(2));
	ck_assert_uint_eq(nf.solicits, 1);
	ck_assert_uint_eq(skb_queue_len(&n->arp_queue), 2);
	ck_assert_uint_eq(netfix_held(&fx.nf, HELD_NEIGH), 2);
	fix_advance_ms(996);
	ck_assert_uint_eq(nf.solicits, 1);
	fix_advance_ms(4);
	ck_assert_uint_eq(nf.solicits, 2);
	fix_advance_ms(1000);
	ck_assert_uint_eq(nf.solicits, 3);
	ck_assert_uint_eq(n->nud_state, NUD_INCOMPLETE);
	fix_advance_ms(1000);
	ck_assert_uint_eq(n->nud_state, NUD_FAILED);
	ck_assert_uint_eq(nf.solicits, 3);
	ck_assert_uint_eq(nf.reports, 2);
	ck_assert_uint_eq(netfix_held(&fx.nf, HELD_NEIGH), 0);
	ck_assert_uint_eq(netfix_drops(&fx.nf, SKB_DROP_REASON_NEIGH_FAILED), 2);
	ck_assert_uint_eq(nf.tbl.stats.res_failed, 1);
	ck_assert_int_eq(atomic_read(&n->refcnt), 2); /* table and we: the timer is gone */
	/* the next packet asks anew */
	neigh_output(n, nf_skb(3));
	ck_assert_uint_eq(nf.solicits, 4);
	ck_assert_uint_eq(n->nud_state, NUD_INCOMPLETE);
	neigh_release(n);
}
END_TEST

/*
 * The answer: what waited leaves in order, with the header; later packets go at once, by the cached
 * header.
 */
START_TEST(test_answered)
{
	struct neighbour *n = nf_get(1);
	struct sk_buff *skb;

	for (unsigned char i = 1; i <= 3; i++)
		neigh_output(n, nf_skb(i));
	ck_assert_uint_eq(skb_queue_len(&fx.sent), 0);
	ck_assert_int_eq(neigh_update(n, mac_a, NUD_REACHABLE, NEIGH_UPDATE_F_OVERRIDE), 0);
	ck_assert_uint_eq(n->nud_state, NUD_REACHABLE);
	ck_assert_uint_eq(skb_queue_len(&fx.sent), 3);
	ck_assert_uint_eq(n->arp_queue_len_bytes, 0);
	for (unsigned char i = 1; i <= 3; i++) {
		skb = skb_dequeue(&fx.sent);
		ck_assert_int_eq(memcmp(skb->data, mac_a, ETH_ALEN), 0);
		ck_assert_uint_eq(skb->data[12], 0x08);
		ck_assert_uint_eq(skb->data[14], i);
		dev_kfree_skb_any(skb);
	}
	ck_assert_ptr_eq(n->output, nf_ops.connected_output);
	ck_assert_uint_eq(n->hh.hh_len, 0); /* connected_output makes no cache */
	neigh_resolve_output(n, nf_skb(4));
	ck_assert_uint_eq(n->hh.hh_len, ETH_HLEN);
	neigh_output(n, nf_skb(5));
	skb = skb_dequeue(&fx.sent);
	dev_kfree_skb_any(skb);
	skb = skb_dequeue(&fx.sent);
	ck_assert_int_eq(memcmp(skb->data, mac_a, ETH_ALEN), 0);
	ck_assert_int_eq(memcmp(skb->data + 6, fx.dev->dev_addr, ETH_ALEN), 0);
	ck_assert_uint_eq(skb->data[14], 5);
	dev_kfree_skb_any(skb);
	ck_assert_uint_eq(netfix_ledger(&fx.nf, LEDGER_FRAME, VERDICT_FORWARDED), 5);
	/* a new address changes the cached header too */
	ck_assert_int_eq(neigh_update(n, mac_b, NUD_REACHABLE, NEIGH_UPDATE_F_OVERRIDE), 0);
	neigh_output(n, nf_skb(6));
	skb = skb_dequeue(&fx.sent);
	ck_assert_int_eq(memcmp(skb->data, mac_b, ETH_ALEN), 0);
	dev_kfree_skb_any(skb);
	neigh_release(n);
}
END_TEST

/*
 * REACHABLE 30 s, unused: STALE; first use: DELAY 5 s; then PROBE, three questions a second apart,
 * FAILED.
 */
START_TEST(test_life)
{
	struct neighbour *n = nf_get(1);

	neigh_update(n, mac_a, NUD_REACHABLE, 0);
	fix_advance_ms(30000);
	ck_assert_uint_eq(n->nud_state, NUD_REACHABLE);
	fix_advance_ms(40);
	ck_assert_uint_eq(n->nud_state, NUD_STALE);
	ck_assert_ptr_eq(n->output, nf_ops.output);
	ck_assert_int_eq(atomic_read(&n->refcnt), 2);
	neigh_output(n, nf_skb(1));
	ck_assert_uint_eq(n->nud_state, NUD_DELAY);
	ck_assert_uint_eq(skb_queue_len(&fx.sent), 1); /* it is used meanwhile */
	fix_advance_ms(4996);
	ck_assert_uint_eq(n->nud_state, NUD_DELAY);
	ck_assert_uint_eq(nf.solicits, 0);
	fix_advance_ms(8);
	ck_assert_uint_eq(n->nud_state, NUD_PROBE);
	ck_assert_uint_eq(nf.solicits, 1);
	ck_assert_ptr_null(nf.last_hint);
	fix_advance_ms(1000);
	fix_advance_ms(1000);
	ck_assert_uint_eq(nf.solicits, 3);
	ck_assert_uint_eq(n->nud_state, NUD_PROBE);
	neigh_output(n, nf_skb(2));
	ck_assert_uint_eq(skb_queue_len(&fx.sent), 2);
	fix_advance_ms(1000);
	ck_assert_uint_eq(n->nud_state, NUD_FAILED);
	ck_assert_uint_eq(nf.solicits, 3);
	neigh_release(n);
}
END_TEST

/*
 * In use when its time is over: DELAY without a detour; confirmed from above: REACHABLE again,
 * nobody is asked.
 */
START_TEST(test_confirm)
{
	struct neighbour *n = nf_get(1);

	neigh_update(n, mac_a, NUD_REACHABLE, 0);
	fix_advance_ms(29000);
	neigh_event_send(n, NULL);
	fix_advance_ms(1040);
	ck_assert_uint_eq(n->nud_state, NUD_DELAY);
	fix_advance_ms(2000);
	neigh_confirm(n);
	fix_advance_ms(3004);
	ck_assert_uint_eq(n->nud_state, NUD_REACHABLE);
	ck_assert_uint_eq(nf.solicits, 0);
	ck_assert_ptr_eq(n->output, nf_ops.connected_output);
	/* a confirmation moves the end of REACHABLE */
	fix_advance_ms(20000);
	neigh_confirm(n);
	fix_advance_ms(20000);
	ck_assert_uint_eq(n->nud_state, NUD_REACHABLE);
	neigh_release(n);
}
END_TEST

/* NEIGH_QUEUEFULL: the queue is bounded in bytes, the oldest goes. */
START_TEST(test_queue_bound)
{
	struct neighbour *n = nf_get(1);
	struct sk_buff *skb = nf_skb(1);
	int one = (int)skb->truesize;

	nf.tbl.parms.unres_qlen_bytes = 3 * one;
	neigh_output(n, skb);
	for (unsigned char i = 2; i <= 5; i++)
		neigh_output(n, nf_skb(i));
	ck_assert_uint_eq(skb_queue_len(&n->arp_queue), 3);
	ck_assert_uint_eq(n->arp_queue_len_bytes, 3u * (unsigned)one);
	ck_assert_uint_eq(netfix_drops(&fx.nf, SKB_DROP_REASON_NEIGH_QUEUEFULL), 2);
	ck_assert_uint_eq(nf.tbl.stats.unres_discards, 2);
	ck_assert_uint_eq(skb_peek(&n->arp_queue)->data[0], 3);
	/* at least one waits, however small the bound (RFC 1122 2.3.2.2) */
	nf.tbl.parms.unres_qlen_bytes = 1;
	neigh_output(n, nf_skb(6));
	ck_assert_uint_eq(skb_queue_len(&n->arp_queue), 1);
	ck_assert_uint_eq(skb_peek(&n->arp_queue)->data[0], 6);
	/* the default holds 212992 bytes */
	nf.tbl.parms.unres_qlen_bytes = 212992;
	for (int i = 0; i < 1000; i++)
		neigh_output(n, nf_skb(7));
	ck_assert_uint_eq(skb_queue_len(&n->arp_queue), 212992u / (unsigned)one);
	neigh_release(n);
}
END_TEST

/* Linux's rules for news. */
START_TEST(test_update_rules)
{
	struct neighbour *n = nf_get(1);

	ck_assert_int_eq(neigh_update(n, NULL, NUD_REACHABLE, 0), -EINVAL); /* no address known */
	ck_assert_int_eq(neigh_update(n, mac_a, NUD_REACHABLE, 0), 0);
	/* another address without OVERRIDE is ignored */
	ck_assert_int_eq(neigh_update(n, mac_b, NUD_REACHABLE, 0), 0);
	ck_assert_int_eq(memcmp(n->ha, mac_a, ETH_ALEN), 0);
	/* with WEAK_OVERRIDE it raises doubt */
	ck_assert_int_eq(neigh_update(n, mac_b, NUD_STALE, NEIGH_UPDATE_F_WEAK_OVERRIDE), 0);
	ck_assert_int_eq(memcmp(n->ha, mac_a, ETH_ALEN), 0);
	ck_assert_uint_eq(n->nud_state, NUD_STALE);
	/* the same address as a hint (STALE) does not weaken */
	ck_assert_int_eq(neigh_update(n, mac_a, NUD_REACHABLE, 0), 0);
	ck_assert_int_eq(neigh_update(n, mac_a, NUD_STALE, 0), 0);
	ck_assert_uint_eq(n->nud_state, NUD_REACHABLE);
	ck_assert_int_eq(neigh_update(n, mac_b, NUD_STALE, NEIGH_UPDATE_F_OVERRIDE), 0);
	ck_assert_int_eq(memcmp(n->ha, mac_b, ETH_ALEN), 0);
	ck_assert_uint_eq(n->nud_state, NUD_STALE);
	/* what the administrator set only he changes */
	ck_assert_int_eq(neigh_update(n, mac_a, NUD_PERMANENT,
				      NEIGH_UPDATE_F_ADMIN | NEIGH_UPDATE_F_OVERRIDE),
			 0);
	ck_assert_int_eq(neigh_update(n, mac_b, NUD_REACHABLE, NEIGH_UPDATE_F_OVERRIDE), -EPERM);
	ck_assert_uint_eq(n->nud_state, NUD_PERMANENT);
	ck_assert_int_eq(atomic_read(&n->refcnt), 2); /* no timer */
	ck_assert_int_eq(neigh_update(n, NULL, NUD_FAILED, NEIGH_UPDATE_F_ADMIN), 0);
	ck_assert_uint_eq(n->nud_state, NUD_FAILED);
	ck_assert_ptr_eq(n->output, nf_ops.output);
	neigh_release(n);
}
END_TEST

/* The administrator ends a question: who waited is told. */
START_TEST(test_update_fails_question)
{
	struct neighbour *n = nf_get(1);

	neigh_output(n, nf_skb(1));
	ck_assert_int_eq(neigh_update(n, NULL, NUD_FAILED, NEIGH_UPDATE_F_ADMIN), 0);
	ck_assert_uint_eq(nf.reports, 1);
	ck_assert(skb_queue_empty(&n->arp_queue));
	ck_assert_int_eq(atomic_read(&n->refcnt), 2);
	neigh_release(n);
}
END_TEST

/* No questions allowed: failed at once. */
START_TEST(test_no_probes)
{
	struct neighbour *n = nf_get(1);

	nf.tbl.parms.mcast_probes = 0;
	neigh_output(n, nf_skb(1));
	ck_assert_uint_eq(n->nud_state, NUD_FAILED);
	ck_assert_uint_eq(nf.solicits, 0);
	ck_assert_uint_eq(netfix_drops(&fx.nf, SKB_DROP_REASON_NEIGH_FAILED), 1);
	neigh_release(n);
}
END_TEST

/* A removed entry that somebody holds swallows packets: NEIGH_DEAD. */
START_TEST(test_dead)
{
	struct neighbour *n = nf_get(1), *m = nf_get(2);

	neigh_update(n, mac_a, NUD_REACHABLE, 0);
	neigh_resolve_output(n, nf_skb(1));
	ck_assert_uint_eq(n->hh.hh_len, ETH_HLEN);
	neigh_output(m, nf_skb(2));
	neigh_ifdown(&nf.tbl, fx.dev);
	ck_assert(n->dead && m->dead);
	ck_assert_uint_eq(n->nud_state, NUD_NOARP);
	ck_assert_uint_eq(netfix_drops(&fx.nf, SKB_DROP_REASON_NEIGH_DEAD), 1);
	ck_assert_int_eq(neigh_output(n, nf_skb(3)), -ENETDOWN);
	ck_assert_int_eq(neigh_output(m, nf_skb(4)), -ENETDOWN);
	ck_assert_int_eq(neigh_event_send(m, nf_skb(5)), 1);
	ck_assert_uint_eq(netfix_drops(&fx.nf, SKB_DROP_REASON_NEIGH_DEAD), 4);
	ck_assert_int_eq(neigh_update(n, mac_b, NUD_REACHABLE, 0), -EPERM);
	ck_assert_int_eq(atomic_read(&nf.tbl.entries), 2);
	neigh_release(n);
	neigh_release(m);
	ck_assert_int_eq(atomic_read(&nf.tbl.entries), 0);
	fix_advance_ms(5000); /* nothing fires */
	ck_assert_uint_eq(nf.solicits, 1);
}
END_TEST

/* The device's header fails: the packet ends with a reason. */
static int no_header(struct sk_buff *skb, struct net_device *dev, unsigned short type,
		     const void *d, const void *s, unsigned len)
{
	return -EINVAL;
}

START_TEST(test_bad_header)
{
	static const struct header_ops bad = { .create = no_header };
	struct neighbour *n = nf_get(1);

	fx.dev->header_ops = &bad;
	neigh_update(n, mac_a, NUD_REACHABLE, 0);
	ck_assert_int_eq(neigh_resolve_output(n, nf_skb(1)), -EINVAL);
	ck_assert_int_eq(neigh_connected_output(n, nf_skb(1)), -EINVAL);
	ck_assert_uint_eq(netfix_drops(&fx.nf, SKB_DROP_REASON_DEV_TX_ERROR), 2);
	fx.dev->header_ops = NULL; /* a device without headers */
	ck_assert_int_eq(neigh_direct_output(n, nf_skb(1)), 0);
	ck_assert_uint_eq(skb_queue_len(&fx.sent), 1);
	neigh_release(n);
}
END_TEST

/* Without memory for the hint the question is asked without it. */
START_TEST(test_fail_nth_hint)
{
	struct neighbour *n = nf_get(1);
	struct sk_buff *skb = nf_skb(1);

	kmem_fail_nth(&fx.net->m.kmem, 1, NULL);
	neigh_output(n, skb);
	ck_assert(kmem_fault_hit(&fx.net->m.kmem));
	ck_assert_uint_eq(nf.solicits, 1);
	ck_assert_ptr_null(nf.last_hint);
	neigh_release(n);
}
END_TEST

/* An entry of vCPU 0 that vCPU 1 works on: references and timers come out even. */
START_TEST(test_two_cpus)
{
	struct neighbour *n;

	neighfix_end();
	neighfix_begin_cpus(2);
	n = nf_get(1);
	neigh_output(n, nf_skb(1));
	fix_leave();
	vcpu_enter(fx.net->m.cpu[1], &fx.app);
	ck_assert_int_eq(neigh_update(n, mac_a, NUD_REACHABLE, 0), 0);
	vcpu_leave(fx.net->m.cpu[1]);
	netfix_run(&fx.nf);
	fix_enter();
	ck_assert_int_eq(atomic_read(&n->refcnt), 3); /* table, we, timer */
	fix_advance_ms(30040);
	ck_assert_uint_eq(n->nud_state, NUD_STALE);
	ck_assert_int_eq(atomic_read(&n->refcnt), 2);
	fix_leave();
	vcpu_enter(fx.net->m.cpu[1], &fx.app);
	neigh_event_send(n, NULL);
	neigh_update(n, mac_a, NUD_PERMANENT, NEIGH_UPDATE_F_ADMIN);
	vcpu_leave(fx.net->m.cpu[1]);
	netfix_run(&fx.nf);
	fix_enter();
	fix_advance_ms(10000);
	ck_assert_int_eq(atomic_read(&n->refcnt), 2);
	ck_assert_uint_eq(n->nud_state, NUD_PERMANENT);
	neigh_release(n);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_unanswered,
				       test_answered,
				       test_life,
				       test_confirm,
				       test_queue_bound,
				       test_update_rules,
				       test_update_fails_question,
				       test_no_probes,
				       test_dead,
				       test_bad_header,
				       test_fail_nth_hint,
				       test_two_cpus,
				       NULL };

	return suite_of("neighbour", neighfix_begin, neighfix_end, tests);
}
