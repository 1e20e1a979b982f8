/* SPDX-License-Identifier: MIT */
/*
 * check_fib_trie.c: longest prefix against a naive table, shape of the trie, order of aliases, what
 * NLM_F_* mean, failures of memory.
 */
#include "support/ipfix.h"
#include "support/faulty.h"

#include "ipv4/fib_trie.h"

#define ROUTES 10000
#define LOOKUPS 100000

struct naive {
	uint32_t key;
	unsigned plen;
	bool gone;
};

static struct fib_table *tb;
static struct naive naive[ROUTES];
static unsigned nnaive;
static struct rng dice;

static void begin(void)
{
	ipfix_begin();
	tb = fib_trie_table(&f.n.net, 250);
	ck_assert_ptr_nonnull(tb);
	rng_seed(&dice, 7);
	nnaive = 0;
}

static void end(void)
{
	fib_free_table(tb);
	ipfix_end();
}

static struct fib_config route(uint32_t key, unsigned plen)
{
	return (struct fib_config){ .fc_dst = htonl(key),
				    .fc_dst_len = (uint8_t)plen,
				    .fc_type = RTN_UNICAST,
				    .fc_scope = RT_SCOPE_LINK,
				    .fc_oif = f.eth1->ifindex,
				    .fc_protocol = RTPROT_STATIC,
				    .fc_table = 250,
				    .fc_nlflags = NLM_F_CREATE | NLM_F_EXCL };
}

static int add(uint32_t key, unsigned plen)
{
	struct fib_config cfg = route(key, plen);

	return fib_table_insert(&f.n.net, tb, &cfg, NULL);
}

static int del(uint32_t key, unsigned plen)
{
	struct fib_config cfg = route(key, plen);

	return fib_table_delete(&f.n.net, tb, &cfg, NULL);
}

static int look(uint32_t key, struct fib_result *res)
{
	struct flowi4 fl4 = { .daddr = htonl(key) };

	memset(res, 0, sizeof(*res));
	return fib_table_lookup(tb, &fl4, res, 0);
}

static uint32_t mask(unsigned plen)
{
	return plen ? ~0u << (32 - plen) : 0;
}

/* Everything a node says of itself is true. Returns the number of leaves. */
static unsigned check_node(const struct trie_node *n, const struct trie_node *parent)
{
	unsigned leaves = 0, empty = 0, full = 0;
	uint8_t slen = n->pos;
	const struct fib_alias *fa;

	ck_assert_ptr_eq(n->parent, parent);
	if (parent)
		ck_assert(!node_mismatch(node_index(n->key, parent), parent));
	if (is_leaf(n)) {
		ck_assert(!hlist_empty(&n->aliases));
		hlist_for_each_entry(fa, &n->aliases, fa_list) {
			ck_assert_uint_ge(fa->fa_slen, slen);
			slen = fa->fa_slen;
			ck_assert_uint_eq(n->key & ~mask(32u - slen), 0);
		}
		ck_assert_uint_eq(n->slen, slen);
		return 1;
	}
	ck_assert_uint_eq(n->key & ~mask(32u - n->pos - n->bits), 0);
	for (unsigned long i = 0; i < child_length(n); i++) {
		const struct trie_node *c = n->child[i];

		if (!c) {
			empty++;
			continue;
		}
		full += !is_leaf(c) && c->pos + c->bits == n->pos;
		ck_assert_uint_eq(node_index(c->key, n), i);
		leaves += check_node(c, n);
		slen = max(slen, c->slen);
	}
	ck_assert_uint_eq(trie_cold(n)->empty_children, empty);
	ck_assert_uint_eq(trie_cold(n)->full_children, full);
	ck_assert_uint_eq(n->slen, slen);
	ck_assert_uint_ge(child_length(n) - empty, 2); /* path compression */
	return leaves;
}

static unsigned check_shape(void)
{
	return tb->root ? check_node(tb->root, NULL) : 0;
}

/* longest first, then by key */
static int naive_order(const void *a, const void *b)
{
	const struct naive *x = a, *y = b;

	if (x->plen != y->plen)
		return x->plen > y->plen ? -1 : 1;
	return x->key == y->key ? 0 : x->key < y->key ? -1 : 1;
}

/* Each length in turn, the longest first: is this very prefix there? @naive is sorted. */
static const struct naive *naive_look(uint32_t key)
{
	for (unsigned plen = 33; plen--;) {
		struct naive want = { .key = key & mask(plen), .plen = plen };
		const struct naive *hit = bsearch(&want, naive, nnaive, sizeof(want), naive_order);

		if (hit && !hit->gone)
			return hit;
	}
	return NULL;
}

static void compare(unsigned times)
{
	struct fib_result res;

	for (unsigned i = 0; i < times; i++) {
		/* half at random, half near a route that is or was there */
		uint32_t key = i & 1 ? rng_u32(&dice)
				     : naive[rng_below(&dice, nnaive)].key ^
					       (rng_u32(&dice) >> rng_below(&dice, 32));
		const struct naive *want = naive_look(key);
		int err = look(key, &res);

		ck_assert_int_eq(err, want ? 0 : -EAGAIN);
		if (!want)
			continue;
		ck_assert_uint_eq(res.prefixlen, want->plen);
		ck_assert_uint_eq(ntohl(res.prefix), want->key);
		ck_assert_ptr_eq(res.table, tb);
		ck_assert_int_eq(res.type, RTN_UNICAST);
		ck_assert_int_eq(res.scope, RT_SCOPE_LINK);
	}
}

static void add_random(unsigned n)
{
	while (nnaive < n) {
		unsigned plen = rng_below(&dice, 33);
		/* crowded corners and wide plains */
		uint32_t key = (rng_below(&dice, 2) ? rng_u32(&dice)
						    : 0x0a000000 | (rng_u32(&dice) & 0xffff)) &
			       mask(plen);
		int ret = add(key, plen);

		if (ret == -EEXIST)
			continue;
		ck_assert_int_eq(ret, 0);
		naive[nnaive++] = (struct naive){ .key = key, .plen = plen };
	}
	qsort(naive, nnaive, sizeof(naive[0]), naive_order);
}

START_TEST(test_J8_longest_prefix)
{
	add_random(ROUTES);
	ck_assert_uint_gt(check_shape(), 5000);
	compare(LOOKUPS);
	for (unsigned i = 0; i < nnaive; i++) {
		/* sorted: long prefixes go first, then those that covered them */
		if (rng_below(&dice, 4)) {
			ck_assert_int_eq(del(naive[i].key, naive[i].plen), 0);
			ck_assert_int_eq(del(naive[i].key, naive[i].plen), -ESRCH);
			naive[i].gone = true;
		}
		if (i % 1000 == 0)
			check_shape();
	}
	check_shape();
	netfix_settle(&f.n);
	compare(LOOKUPS);
	for (unsigned i = 0; i < nnaive; i++)
		if (!naive[i].gone)
			ck_assert_int_eq(del(naive[i].key, naive[i].plen), 0);
	ck_assert_ptr_null(tb->root);
	ck_assert_uint_eq(tb->num_default, 0);
}
END_TEST

/* A naive table is slow, so the bulk is compared with what is true by construction. */
START_TEST(test_J8_many_routes)
{
	struct fib_result res;

	for (uint32_t i = 0; i < 65536; i++)
		ck_assert_int_eq(add(0x14000000 + (i << 8), 24), 0);
	ck_assert_int_eq(add(0, 0), 0);
	ck_assert_uint_eq(check_shape(), 65537);
	for (unsigned i = 0; i < LOOKUPS; i++) {
		uint32_t key = 0x14000000 + rng_below(&dice, 2u << 24);

		ck_assert_int_eq(look(key, &res), 0);
		ck_assert_uint_eq(res.prefixlen, key < 0x15000000 ? 24 : 0);
		ck_assert_uint_eq(ntohl(res.prefix), key < 0x15000000 ? key & 0xffffff00 : 0);
	}
	/* level compression: the root takes all 16 bits that differ at once */
	ck_assert_uint_le(tb->root->bits, 17);
	ck_assert_ptr_null(strstr(netfix_cat(&f.n, "/proc/net/fib_triestat"), "nan"));
	ck_assert_int_eq(fib_table_flush(&f.n.net, tb, true), 65537);
	ck_assert_ptr_null(tb->root);
}
END_TEST

START_TEST(test_lookup_edges)
{
	struct fib_result res;

	ck_assert_int_eq(look(0, &res), -EAGAIN);
	ck_assert_int_eq(add(0xffffffff, 32), 0);
	ck_assert_int_eq(add(0, 32), 0);
	ck_assert_int_eq(look(0xffffffff, &res), 0);
	ck_assert_uint_eq(res.prefixlen, 32);
	ck_assert_int_eq(look(0xfffffffe, &res), -EAGAIN);
	ck_assert_int_eq(add(0, 1), 0);
	ck_assert_int_eq(look(0x7fffffff, &res), 0);
	ck_assert_uint_eq(res.prefixlen, 1);
	ck_assert_int_eq(look(0x80000000, &res), -EAGAIN);
	ck_assert_int_eq(add(0x80000000, 1), 0);
	ck_assert_int_eq(look(0x80000000, &res), 0);
	ck_assert_int_eq(add(0, 0), 0);
	ck_assert_uint_eq(tb->num_default, 1);
	check_shape();
	ck_assert_int_eq(del(0, 1), 0);
	ck_assert_int_eq(look(0x7fffffff, &res), 0);
	ck_assert_uint_eq(res.prefixlen, 0);
	ck_assert_int_eq(add(0, 33), -EINVAL);
	ck_assert_int_eq(add(1, 31), -EINVAL);
}
END_TEST

/* tos, then priority, decide among aliases of one prefix */
START_TEST(test_order_of_aliases)
{
	static const struct {
		uint8_t tos;
		uint32_t prio;
	} order[] = { { 0, 10 }, { 0, 5 }, { 0x10, 20 }, { 0, 20 }, { 0x10, 1 }, { 8, 7 } };
	struct flowi4 fl4 = { .daddr = htonl(0x0a0b0c01) };
	struct fib_result res;
	unsigned seen = 0;
	const struct fib_alias *fa;

	for (unsigned i = 0; i < ARRAY_SIZE(order); i++) {
		struct fib_config cfg = route(0x0a0b0c00, 24);

		cfg.fc_tos = order[i].tos;
		cfg.fc_priority = order[i].prio;
		ck_assert_int_eq(fib_table_insert(&f.n.net, tb, &cfg, NULL), 0);
	}
	ck_assert(is_leaf(tb->root));
	hlist_for_each_entry(fa, &tb->root->aliases, fa_list) {
		static const unsigned want[] = { 0x1001, 0x1014, 0x0807, 0x0005, 0x000a, 0x0014 };

		ck_assert_uint_eq(fa->fa_tos << 8 | fa->fa_info->fib_priority, want[seen++]);
	}
	ck_assert_uint_eq(seen, 6);
	ck_assert_int_eq(fib_table_lookup(tb, &fl4, &res, 0), 0);
	ck_assert_uint_eq(res.fi->fib_priority, 5);
	fl4.flowi4_tos = 0x10;
	ck_assert_int_eq(fib_table_lookup(tb, &fl4, &res, 0), 0);
	ck_assert_uint_eq(res.fi->fib_priority, 1);
	/* a narrower scope is asked for than the routes have */
	fl4.flowi4_scope = RT_SCOPE_HOST;
	ck_assert_int_eq(fib_table_lookup(tb, &fl4, &res, 0), -EAGAIN);
	fl4.flowi4_scope = 0;
	fl4.flowi4_oif = f.eth0->ifindex;
	ck_assert_int_eq(fib_table_lookup(tb, &fl4, &res, 0), -EAGAIN);
}
END_TEST

START_TEST(test_error_types)
{
	static const struct {
		uint8_t type;
		int err;
	} types[] = { { RTN_BLACKHOLE, -EINVAL },
		      { RTN_UNREACHABLE, -EHOSTUNREACH },
		      { RTN_PROHIBIT, -EACCES },
		      { RTN_THROW, -EAGAIN } };
	struct fib_result res;

	ck_assert_int_eq(add(0, 0), 0);
	for (unsigned i = 0; i < ARRAY_SIZE(types); i++) {
		struct fib_config cfg = route(0x0a000000, 8);

		cfg.fc_oif = 0;
		cfg.fc_scope = RT_SCOPE_UNIVERSE;
		cfg.fc_type = types[i].type;
		ck_assert_int_eq(fib_table_insert(&f.n.net, tb, &cfg, NULL), 0);
		ck_assert_int_eq(look(0x0a010203, &res), types[i].err);
		ck_assert_int_eq(look(0x0b010203, &res), 0);
		ck_assert_int_eq(fib_table_delete(&f.n.net, tb, &cfg, NULL), 0);
		ck_assert_int_eq(look(0x0a010203, &res), 0);
	}
}
END_TEST

static unsigned count(void)
{
	const struct fib_alias *fa;
	unsigned n = 0;

	if (tb->root)
		hlist_for_each_entry(fa, &tb->root->aliases, fa_list)
			n++;
	return n;
}

START_TEST(test_nlm_flags)
{
	struct fib_config a = route(0x0a000000, 8), b = a;
	const struct fib_alias *fa;

	a.fc_nlflags = NLM_F_REPLACE; /* change what is not there */
	ck_assert_int_eq(fib_table_insert(&f.n.net, tb, &a, NULL), -ENOENT);
	a.fc_nlflags = 0;
	ck_assert_int_eq(fib_table_insert(&f.n.net, tb, &a, NULL), -ENOENT);
	ck_assert_ptr_null(tb->root);
	a.fc_nlflags = NLM_F_CREATE | NLM_F_EXCL; /* add */
	ck_assert_int_eq(fib_table_insert(&f.n.net, tb, &a, NULL), 0);
	b.fc_oif = f.eth0->ifindex;
	b.fc_nlflags = NLM_F_CREATE | NLM_F_EXCL;
	ck_assert_int_eq(fib_table_insert(&f.n.net, tb, &b, NULL), -EEXIST);
	b.fc_nlflags = NLM_F_CREATE | NLM_F_APPEND; /* append */
	ck_assert_int_eq(fib_table_insert(&f.n.net, tb, &b, NULL), 0);
	ck_assert_uint_eq(count(), 2);
	fa = hlist_entry(tb->root->aliases.first, struct fib_alias, fa_list);
	ck_assert_ptr_eq(fa->fa_info->fib_nh.nh_dev, f.eth1);
	b.fc_nlflags = NLM_F_CREATE | NLM_F_APPEND; /* the same again */
	ck_assert_int_eq(fib_table_insert(&f.n.net, tb, &b, NULL), -EEXIST);
	ck_assert_int_eq(fib_table_delete(&f.n.net, tb, &b, NULL), 0);
	b.fc_nlflags = NLM_F_CREATE; /* prepend */
	ck_assert_int_eq(fib_table_insert(&f.n.net, tb, &b, NULL), 0);
	fa = hlist_entry(tb->root->aliases.first, struct fib_alias, fa_list);
	ck_assert_ptr_eq(fa->fa_info->fib_nh.nh_dev, f.eth0);
	a.fc_nlflags = NLM_F_REPLACE; /* its twin stands further down */
	ck_assert_int_eq(fib_table_insert(&f.n.net, tb, &a, NULL), -EEXIST);
	b.fc_nlflags = NLM_F_REPLACE; /* already so */
	ck_assert_int_eq(fib_table_insert(&f.n.net, tb, &b, NULL), 0);
	a.fc_nlflags = NLM_F_CREATE;
	ck_assert_int_eq(fib_table_delete(&f.n.net, tb, &a, NULL), 0);
	a.fc_nlflags = NLM_F_CREATE | NLM_F_REPLACE;
	ck_assert_int_eq(fib_table_insert(&f.n.net, tb, &a, NULL), 0);
	ck_assert_uint_eq(count(), 1);
	fa = hlist_entry(tb->root->aliases.first, struct fib_alias, fa_list);
	ck_assert_ptr_eq(fa->fa_info->fib_nh.nh_dev, f.eth1);
}
END_TEST

START_TEST(test_infos_are_shared)
{
	struct fib_result one, two;

	ck_assert_int_eq(add(0x0a000000, 8), 0);
	ck_assert_int_eq(add(0x0b000000, 8), 0);
	look(0x0a000001, &one);
	look(0x0b000001, &two);
	ck_assert_ptr_eq(one.fi, two.fi);
	ck_assert_int_eq(one.fi->fib_treeref, 2);
	ck_assert_int_eq(del(0x0a000000, 8), 0);
	ck_assert_int_eq(two.fi->fib_treeref, 1);
	ck_assert_int_eq(two.fi->fib_dead, 0);
}
END_TEST

/* Each allocation fails once: the table is as before or as asked for, never in between. */
static bool faulty(unsigned long nth, bool *ret_hit)
{
	struct kmem *kmem;
	unsigned made = 0;

	begin();
	kmem = &f.n.net.m.kmem;
	kmem_fail_nth(kmem, nth, NULL);
	for (uint32_t i = 0; i < 40; i++) {
		int ret = add(0x0a000000 + (i << 20), 12 + i % 20);

		if (!ret)
			made++;
		else
			ck_assert(ret == -ENOBUFS || ret == -ENOMEM);
	}
	*ret_hit = kmem_fault_hit(kmem);
	kmem_fail_nth(kmem, 0, NULL);
	ck_assert_uint_ge(made, 39);
	for (uint32_t i = 0; i < 40; i++)
		del(0x0a000000 + (i << 20), 12 + i % 20);
	ck_assert_ptr_null(tb->root);
	end();
	return true;
}

START_TEST(test_failures)
{
	ck_assert_uint_gt(faulty_sweep(faulty), 100);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("fib_trie");
	TCase *tc = tcase_create("fib_trie"), *sweep = tcase_create("failures");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_J8_longest_prefix);
	tcase_add_test(tc, test_J8_many_routes);
	tcase_add_test(tc, test_lookup_edges);
	tcase_add_test(tc, test_order_of_aliases);
	tcase_add_test(tc, test_error_types);
	tcase_add_test(tc, test_nlm_flags);
	tcase_add_test(tc, test_infos_are_shared);
	suite_add_tcase(s, tc);
	tcase_set_timeout(sweep, 120);
	tcase_add_test(sweep, test_failures);
	suite_add_tcase(s, sweep);
	return s;
}
