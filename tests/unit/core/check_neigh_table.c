/* SPDX-License-Identifier: MIT */
/* check_neigh_table.c: the table: keys, growth, bounds, collections, settings per device, files. */
#include "neighfix.h"

static unsigned count;
static void count_one(struct neighbour *n, void *arg)
{
	count += *(unsigned *)arg;
}

static unsigned walk(void)
{
	unsigned one = 1;

	count = 0;
	neigh_for_each(&nf.tbl, count_one, &one);
	return count;
}

/* Make entries @from..@to-1 in @state. */
static unsigned fill(uint32_t from, uint32_t to, uint8_t state)
{
	unsigned made = 0;

	for (uint32_t k = from; k < to; k++) {
		struct neighbour *n = __neigh_create(&nf.tbl, &k, fx.dev, true);

		if (!n)
			continue;
		made++;
		neigh_update(n, mac_a, state, NEIGH_UPDATE_F_ADMIN);
		neigh_release(n);
	}
	return made;
}

START_TEST(test_create_and_lookup)
{
	uint32_t k = 7, other = 8;
	struct neighbour *n = __neigh_create(&nf.tbl, &k, fx.dev, false), *m;

	ck_assert_int_eq(atomic_read(&n->refcnt), 1);
	ck_assert_ptr_eq(__neigh_lookup_noref(&nf.tbl, &k, fx.dev), n);
	ck_assert_ptr_null(__neigh_lookup_noref(&nf.tbl, &other, fx.dev));
	ck_assert_ptr_null(__neigh_lookup_noref(&nf.tbl, &other, fx.dev));
	m = neigh_lookup(&nf.tbl, &k, fx.dev);
	ck_assert_ptr_eq(m, n);
	ck_assert_int_eq(atomic_read(&n->refcnt), 2);
	ck_assert_ptr_eq(__neigh_create(&nf.tbl, &k, fx.dev, true), n); /* the one that is there */
	ck_assert_int_eq(atomic_read(&n->refcnt), 3);
	ck_assert_int_eq(atomic_read(&nf.tbl.entries), 1);
	ck_assert_uint_eq(nf.tbl.stats.lookups, 1);
	ck_assert_uint_eq(nf.tbl.stats.hits, 1);
	ck_assert(neigh_key_eq32(n, &k));
	neigh_release(n);
	neigh_release(n);
	nf.constructor_err = -EINVAL;
	ck_assert_ptr_null(__neigh_create(&nf.tbl, &other, fx.dev, true));
	nf.constructor_err = 0;
	ck_assert_int_eq(atomic_read(&nf.tbl.entries), 1);
}
END_TEST

/* The hash doubles when there are more entries than buckets; nothing is lost. */
START_TEST(test_growth)
{
	ck_assert_uint_eq(nf.tbl.nht->shift, 3);
	ck_assert_uint_eq(fill(0, 500, NUD_STALE), 500);
	ck_assert_uint_eq(nf.tbl.nht->shift, 9);
	ck_assert_uint_eq(nf.tbl.stats.hash_grows, 6);
	ck_assert_uint_eq(walk(), 500);
	for (uint32_t k = 0; k < 500; k++)
		ck_assert_ptr_nonnull(__neigh_lookup_noref(&nf.tbl, &k, fx.dev));
}
END_TEST

/* gc_thresh2: more for over 5 s are collected down to it, the old ones only. */
START_TEST(test_thresh2)
{
	ck_assert_uint_eq(fill(0, 512, NUD_STALE), 512);
	fix_advance_ms(5100);
	ck_assert_uint_eq(fill(1000, 1001, NUD_STALE),
			  1); /* 513 counted: all are 5 s old, one goes */
	ck_assert_uint_eq(nf.tbl.stats.forced_gc_runs, 1);
	ck_assert_int_eq(atomic_read(&nf.tbl.entries), 512);
	ck_assert_uint_eq(walk(), 512);
	/* within 5 s of the last flush nobody collects */
	ck_assert_uint_eq(fill(1001, 1010, NUD_STALE), 9);
	ck_assert_uint_eq(nf.tbl.stats.forced_gc_runs, 1);
	ck_assert_int_eq(atomic_read(&nf.tbl.entries), 521);
}
END_TEST

/* gc_thresh3: a flood of young entries finds the table full; old peers stay served. */
START_TEST(test_thresh3_flood)
{
	uint32_t peer = 42;
	struct neighbour *n;

	ck_assert_uint_eq(fill(0, 100, NUD_REACHABLE), 100);
	ck_assert_uint_eq(fill(1000, 5000, NUD_STALE), 924);
	ck_assert_int_eq(atomic_read(&nf.tbl.entries), 1024);
	ck_assert_uint_eq(nf.tbl.stats.table_fulls, 4000 - 924);
	n = __neigh_lookup_noref(&nf.tbl, &peer, fx.dev);
	ck_assert_uint_eq(n->nud_state, NUD_REACHABLE);
	/* 5 s later there is room again, at the cost of the unused */
	fix_advance_ms(5100);
	ck_assert_uint_eq(fill(9000, 9001, NUD_STALE), 1);
	ck_assert_int_eq(atomic_read(&nf.tbl.entries), 512);
	ck_assert_ptr_eq(__neigh_lookup_noref(&nf.tbl, &peer, fx.dev), n);
}
END_TEST

/* A forced collection leaves what is PERMANENT, held or in question. */
START_TEST(test_forced_spares)
{
	uint32_t k = 1;
	struct neighbour *held, *asked;

	nf.tbl.gc_thresh2 = 0;
	nf.tbl.gc_thresh3 = 8;
	fill(100, 103, NUD_PERMANENT);
	held = __neigh_create(&nf.tbl, &k, fx.dev, true);
	k = 2;
	asked = __neigh_create(&nf.tbl, &k, fx.dev, false);
	neigh_event_send(asked, nf_skb(1));
	fill(200, 203, NUD_STALE);
	ck_assert_int_eq(atomic_read(&nf.tbl.entries), 8);
	fix_advance_ms(900);
	k = 3;
	ck_assert_ptr_null(__neigh_create(&nf.tbl, &k, fx.dev, false)); /* all young */
	nf.tbl.parms.mcast_probes = 100;
	fix_advance_ms(5000);
	ck_assert_ptr_nonnull(__neigh_create(&nf.tbl, &k, fx.dev, false));
	ck_assert_int_eq(atomic_read(&nf.tbl.entries), 3 + 1 + 1 + 1);
	neigh_release(held);
}
END_TEST

/* FAILED goes at once when room is wanted. */
START_TEST(test_forced_failed)
{
	nf.tbl.gc_thresh2 = 2;
	nf.tbl.gc_thresh3 = 4;
	fill(0, 4, NUD_FAILED);
	ck_assert_uint_eq(fill(10, 12, NUD_STALE), 2);
	ck_assert_uint_eq(nf.tbl.stats.table_fulls, 0);
}
END_TEST

/*
 * Periodic collection: every half base_reachable_time; not below gc_thresh1; unused for
 * gc_stale_time.
 */
START_TEST(test_periodic)
{
	nf.tbl.gc_thresh1 = 10;
	fill(0, 9, NUD_STALE);
	fix_advance_ms(15000);
	ck_assert_uint_eq(nf.tbl.stats.periodic_gc_runs, 1);
	for (int i = 0; i < 10; i++)
		fix_advance_ms(15000);
	ck_assert_uint_eq(nf.tbl.stats.periodic_gc_runs, 11);
	ck_assert_int_eq(atomic_read(&nf.tbl.entries), 9);
	fill(100, 105, NUD_STALE);
	fix_advance_ms(15000);
	ck_assert_int_eq(atomic_read(&nf.tbl.entries), 5); /* the nine are older than 60 s */
	nf.tbl.gc_thresh1 = 0;
	for (int i = 0; i < 5; i++)
		fix_advance_ms(15000);
	ck_assert_int_eq(atomic_read(&nf.tbl.entries), 0);
	/* an empty table needs no timer */
	ck_assert(!timer_pending(&nf.tbl.gc_timer));
	fill(0, 1, NUD_STALE);
	ck_assert(timer_pending(&nf.tbl.gc_timer));
}
END_TEST

/* gc_interval shortens the period. */
START_TEST(test_gc_interval)
{
	nf.tbl.gc_interval = 250;
	fill(0, 1, NUD_PERMANENT);
	for (int i = 0; i < 10; i++)
		fix_advance_ms(1000);
	ck_assert_uint_eq(nf.tbl.stats.periodic_gc_runs, 10);
	ck_assert_int_eq(atomic_read(&nf.tbl.entries), 1);
}
END_TEST

/* The time of REACHABLE is drawn from half to one and a half, anew every 300 s. */
START_TEST(test_reachable_time)
{
	int low = INT32_MAX, high = 0;

	for (int i = 0; i < 1000; i++) {
		int t = neigh_rand_reach_time(fx.net, 7500);

		low = min(low, t);
		high = max(high, t);
	}
	ck_assert_int_ge(low, 3750);
	ck_assert_int_lt(high, 11250);
	ck_assert_int_lt(low, 3900);
	ck_assert_int_gt(high, 11100);
	ck_assert_int_eq(neigh_rand_reach_time(fx.net, 0), 0);
	fill(0, 1, NUD_PERMANENT);
	nf.tbl.parms.reachable_time = 1;
	for (int i = 0; i < 20; i++)
		fix_advance_ms(15000);
	ck_assert_int_eq(nf.tbl.parms.reachable_time, 1);
	fix_advance_ms(15000);
	ck_assert_int_ge(nf.tbl.parms.reachable_time, 3750);
}
END_TEST

/* A device has settings of its own, which live as long as an entry uses them. */
START_TEST(test_parms)
{
	struct neigh_parms *p;
	struct neighbour *n;

	fix_leave();
	p = neigh_parms_alloc(fx.dev, &nf.tbl);
	ck_assert_ptr_nonnull(p);
	ck_assert_int_eq(p->ucast_probes, 3);
	ck_assert_int_ge(p->reachable_time, 3750);
	ck_assert_int_lt(p->reachable_time, 11250);
	ck_assert_int_eq(neigh_sysctl_register(fx.net, p, "net/ipv4/neigh/test0"), 0);
	fix_enter();
	n = nf_get(1);
	ck_assert_ptr_eq(n->parms, p);
	fix_leave();
	ck_assert_int_eq(
		sysctl_write(&fx.net->vfs, "net.ipv4.neigh.test0.ucast_solicit", "5", NULL), 0);
	ck_assert_int_eq(p->ucast_probes, 5);
	ck_assert_int_eq(nf.tbl.parms.ucast_probes, 3);
	neigh_sysctl_unregister(fx.net, p);
	neigh_parms_release(&nf.tbl, p);
	rcu_barrier(&fx.net->m);
	ck_assert_int_eq(n->parms->ucast_probes, 5);
	ck_assert_ptr_null(proc_lookup(&fx.net->vfs, "/proc/sys/net/ipv4/neigh/test0"));
	fix_enter();
	neigh_ifdown(&nf.tbl, fx.dev);
	neigh_release(n);
}
END_TEST

START_TEST(test_sysctl)
{
	struct vfs *v = &fx.net->vfs;

	fix_leave();
	ck_assert_int_eq(neigh_sysctl_register(fx.net, &nf.tbl.parms, "net/ipv4/neigh/default"), 0);
	ck_assert_str_eq(netfix_cat(&fx.nf, "/proc/sys/net/ipv4/neigh/default/gc_thresh3"),
			 "1024\n");
	ck_assert_str_eq(netfix_cat(&fx.nf, "/proc/sys/net/ipv4/neigh/default/gc_interval"),
			 "30\n");
	ck_assert_str_eq(netfix_cat(&fx.nf, "/proc/sys/net/ipv4/neigh/default/base_reachable_time"),
			 "30\n");
	ck_assert_str_eq(netfix_cat(&fx.nf,
				    "/proc/sys/net/ipv4/neigh/default/base_reachable_time_ms"),
			 "30000\n");
	ck_assert_str_eq(netfix_cat(&fx.nf, "/proc/sys/net/ipv4/neigh/default/retrans_time_ms"),
			 "1000\n");
	ck_assert_str_eq(netfix_cat(&fx.nf, "/proc/sys/net/ipv4/neigh/default/retrans_time"),
			 "100\n");
	ck_assert_str_eq(netfix_cat(&fx.nf,
				    "/proc/sys/net/ipv4/neigh/default/delay_first_probe_time"),
			 "5\n");
	ck_assert_str_eq(netfix_cat(&fx.nf, "/proc/sys/net/ipv4/neigh/default/gc_stale_time"),
			 "60\n");
	ck_assert_str_eq(netfix_cat(&fx.nf, "/proc/sys/net/ipv4/neigh/default/unres_qlen_bytes"),
			 "212992\n");
	ck_assert_str_eq(netfix_cat(&fx.nf, "/proc/sys/net/ipv4/neigh/default/mcast_solicit"),
			 "3\n");
	ck_assert_int_eq(
		sysctl_write(v, "net.ipv4.neigh.default.base_reachable_time_ms", "8", NULL), 0);
	ck_assert_int_le(nf.tbl.parms.reachable_time, 3); /* follows at once */
	ck_assert_int_eq(sysctl_write(v, "net.ipv4.neigh.default.gc_thresh3", "-1", NULL), -EINVAL);
	ck_assert_int_eq(sysctl_write(v, "net.ipv4.neigh.default.gc_thresh3", "7", NULL), 0);
	ck_assert_int_eq(nf.tbl.gc_thresh3, 7);
	neigh_sysctl_unregister(fx.net, &nf.tbl.parms);
}
END_TEST

START_TEST(test_stat_file)
{
	const char *text;

	fill(0, 20, NUD_STALE);
	text = netfix_cat(&fx.nf, "/proc/net/stat/arp_cache");
	ck_assert_ptr_nonnull(strstr(text, "entries  allocs   destroys hash_grows"));
	ck_assert_ptr_nonnull(strstr(text, "\n00000014 00000014 00000000 00000002 "));
}
END_TEST

/* A neighbour taken out by hand: not while somebody else holds it. */
START_TEST(test_remove_one)
{
	struct neighbour *n = nf_get(1), *m = nf_get(1);

	ck_assert(!neigh_remove_one(m));
	ck_assert_int_eq(atomic_read(&nf.tbl.entries), 1);
	ck_assert(neigh_remove_one(n));
	ck_assert_int_eq(atomic_read(&nf.tbl.entries), 0);
}
END_TEST

/* No memory at any point: NULL, and the count stays right; a hash that cannot grow still works. */
START_TEST(test_fail_nth)
{
	uint32_t k = 1;
	struct neigh_table tbl = nf.tbl;

	kmem_fail_nth(&fx.net->m.kmem, 1, NULL);
	ck_assert_ptr_null(__neigh_create(&nf.tbl, &k, fx.dev, true));
	ck_assert_int_eq(atomic_read(&nf.tbl.entries), 0);
	fill(0, 8, NUD_STALE);
	k = 99;
	kmem_fail_nth(&fx.net->m.kmem, 2, NULL); /* entry, then the hash */
	ck_assert_ptr_nonnull(__neigh_create(&nf.tbl, &k, fx.dev, false));
	ck_assert(kmem_fault_hit(&fx.net->m.kmem));
	ck_assert_uint_eq(nf.tbl.nht->shift, 3);
	ck_assert_uint_eq(walk(), 9);
	fix_leave();
	kmem_fail_nth(&fx.net->m.kmem, 1, NULL);
	ck_assert_ptr_null(neigh_parms_alloc(fx.dev, &nf.tbl));
	for (unsigned long n = 1;; n++) {
		int err;

		tbl.id = "other";
		kmem_fail_nth(&fx.net->m.kmem, n, NULL);
		err = neigh_table_init(fx.net, &tbl);
		if (!kmem_fault_hit(&fx.net->m.kmem)) {
			kmem_fail_nth(&fx.net->m.kmem, 0, NULL);
			ck_assert_int_eq(err, 0);
			neigh_table_clear(&tbl);
			ck_assert_uint_gt(n, 2);
			break;
		}
		ck_assert_msg(err == -ENOMEM, "allocation %lu", n);
	}
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_create_and_lookup, test_growth,	    test_thresh2,  test_thresh3_flood,
		test_forced_spares,	test_forced_failed, test_periodic, test_gc_interval,
		test_reachable_time,	test_parms,	    test_sysctl,   test_stat_file,
		test_remove_one,	test_fail_nth,	    NULL
	};

	return suite_of("neigh_table", neighfix_begin, neighfix_end, tests);
}
