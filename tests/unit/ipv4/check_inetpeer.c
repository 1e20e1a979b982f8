/* SPDX-License-Identifier: MIT */
/* check_inetpeer.c: what is remembered of peers: the bucket of tokens, bounds, ages, references. */
#include "ipv4/inetpeer.h"

#include "support/ipfix.h"

static unsigned live(void)
{
	struct kmem_cache *c;

	list_for_each_entry(c, &f.n.net.m.kmem.caches, node) {
		struct kmem_cache_stats st;

		if (strcmp(c->name, "inet_peer_cache"))
			continue;
		kmem_cache_stats(c, &st);
		return (unsigned)st.live;
	}
	ck_abort_msg("no cache");
	return 0;
}

START_TEST(test_look_up)
{
	struct inet_peer *p, *q;
	unsigned before = live();

	ipfix_enter(0);
	ck_assert_ptr_null(inet_getpeer_v4(&f.n.net, 0x01020304, 0));
	p = inet_getpeer_v4(&f.n.net, 0x01020304, 1);
	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq(p->addr, 0x01020304);
	q = inet_getpeer_v4(&f.n.net, 0x01020304, 0);
	ck_assert_ptr_eq(p, q);
	ck_assert_int_eq(atomic_read(&p->refcnt), 3);
	ck_assert_ptr_ne(inet_getpeer_v4(&f.n.net, 0x01020305, 1), p);
	inet_putpeer(inet_getpeer_v4(&f.n.net, 0x01020305, 0));
	inet_putpeer(inet_getpeer_v4(&f.n.net, 0x01020305, 0));
	inet_putpeer(p);
	inet_putpeer(q);
	inet_putpeer(NULL);
	p = inet_getpeer_v4(&f.n.net, 0x01020305, 0);
	inet_putpeer(p);
	inet_putpeer(p);
	ipfix_leave();
	ck_assert_uint_eq(live(), before + 2);
}
END_TEST

START_TEST(test_no_memory)
{
	ipfix_enter(0);
	kmem_fail_nth(&f.n.net.m.kmem, 1, NULL);
	ck_assert_ptr_null(inet_getpeer_v4(&f.n.net, 0x01020304, 1));
	ck_assert(inet_peer_xrlim_allow(NULL, 250)); /* then there is no limit by peer */
	ipfix_leave();
}
END_TEST

/* Six at once, then one in each timeout; the bucket holds six. */
START_TEST(test_tokens)
{
	struct inet_peer *p;
	unsigned n = 0;

	ipfix_enter(0);
	p = inet_getpeer_v4(&f.n.net, 0x01020304, 1);
	while (inet_peer_xrlim_allow(p, 250))
		n++;
	ck_assert_uint_eq(n, 6);
	ipfix_leave();
	netfix_advance(&f.n, 999 * NSEC_PER_MSEC);
	ipfix_enter(0);
	ck_assert(!inet_peer_xrlim_allow(p, 250));
	ipfix_leave();
	netfix_advance(&f.n, 5 * NSEC_PER_MSEC);
	ipfix_enter(0);
	ck_assert(inet_peer_xrlim_allow(p, 250));
	ck_assert(!inet_peer_xrlim_allow(p, 250));
	ipfix_leave();
	netfix_advance(&f.n, 3600 * NSEC_PER_SEC);
	ipfix_enter(0);
	for (n = 0; inet_peer_xrlim_allow(p, 250); n++)
		;
	ck_assert_uint_eq(n, 6);
	p->rate_tokens = 1000; /* another user's, within the same jiffy: not cut */
	ck_assert(inet_peer_xrlim_allow(p, 0));
	ck_assert_uint_eq(p->rate_tokens, 1000);
	inet_putpeer(p);
	ipfix_leave();
}
END_TEST

START_TEST(test_bound)
{
	struct inet_peer *held;
	unsigned failed = 0;

	ipfix_enter(0);
	held = inet_getpeer_v4(&f.n.net, 0xffffffff, 1);
	for (uint32_t a = 1; a <= 40000; a++) {
		struct inet_peer *p = inet_getpeer_v4(&f.n.net, (__be32)a, 1);

		failed += !p;
		inet_putpeer(p);
	}
	ck_assert_uint_eq(failed, 0); /* idle ones make room */
	ck_assert_ptr_eq(inet_getpeer_v4(&f.n.net, 0xffffffff, 0), held); /* used ones stay */
	inet_putpeer(held);
	inet_putpeer(held);
	ipfix_leave();
	netfix_settle(&f.n);
	ck_assert_uint_eq(live(), 16384);
	/* all of them old: the next ones clear whole buckets */
	netfix_advance(&f.n, 700 * NSEC_PER_SEC);
	ipfix_enter(0);
	inet_putpeer(inet_getpeer_v4(&f.n.net, 0x7fffffff, 1));
	ipfix_leave();
	netfix_settle(&f.n);
	ck_assert_uint_lt(live(), 16384 - 64);
}
END_TEST

START_TEST(test_nothing_idle)
{
	ipfix_enter(0);
	for (uint32_t a = 1; a <= 16384; a++)
		inet_getpeer_v4(&f.n.net, (__be32)a, 1);
	ck_assert_ptr_null(inet_getpeer_v4(&f.n.net, 0x7fffffff, 1));
	for (uint32_t a = 1; a <= 16384; a++) {
		struct inet_peer *p = inet_getpeer_v4(&f.n.net, (__be32)a, 0);

		if (p) {
			inet_putpeer(p);
			inet_putpeer(p);
		}
	}
	ipfix_leave();
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_look_up, test_no_memory, test_tokens, test_bound, test_nothing_idle, NULL };

	return suite_of("inetpeer", ipfix_begin, ipfix_end, tests);
}
