// SPDX-License-Identifier: MIT
/*
 * check_list.c - rings and chains: order, removal, splicing, and readers beside a writer.
 */
#include "support/suite.h"

#include <pthread.h>

#include "lib/list.h"

struct item {
	int v;
	struct list_head node;
	struct hlist_node hash;
};

/* The values of a ring as decimal digits: 1, 2, 3 is 123. */
static int digits(struct list_head *head)
{
	struct item *it;
	int n = 0;

	list_for_each_entry(it, head, node)
		n = n * 10 + it->v;
	return n;
}

static int chain_digits(struct hlist_head *head)
{
	struct item *it;
	int n = 0;

	hlist_for_each_entry(it, head, hash)
		n = n * 10 + it->v;
	return n;
}

START_TEST(order_of_add)
{
	struct item a = { .v = 1 }, b = { .v = 2 }, c = { .v = 3 }, *it;
	LIST_HEAD(head);
	int back = 0;

	ck_assert(list_empty(&head));
	list_add(&b.node, &head);
	ck_assert(list_is_singular(&head));
	list_add(&a.node, &head);
	list_add_tail(&c.node, &head);
	ck_assert_int_eq(digits(&head), 123);
	ck_assert_ptr_eq(list_first_entry(&head, struct item, node), &a);
	ck_assert_ptr_eq(list_last_entry(&head, struct item, node), &c);
	ck_assert(list_is_last(&c.node, &head) && !list_is_singular(&head));
	list_for_each_entry_reverse(it, &head, node)
		back = back * 10 + it->v;
	ck_assert_int_eq(back, 321);
	it = &a;
	back = 0;
	list_for_each_entry_continue(it, &head, node)
		back = back * 10 + it->v;
	ck_assert_int_eq(back, 23);
}
END_TEST

START_TEST(removal)
{
	struct item a[4], *it, *next;
	LIST_HEAD(head);

	for (int i = 0; i < 4; i++) {
		a[i].v = i + 1;
		list_add_tail(&a[i].node, &head);
	}
	list_del(&a[1].node);
	ck_assert_ptr_eq(a[1].node.next, LIST_POISON1);
	ck_assert_int_eq(digits(&head), 134);
	list_del_init(&a[0].node);
	ck_assert(list_empty(&a[0].node));
	list_move_tail(&a[2].node, &head);
	ck_assert_int_eq(digits(&head), 43);
	list_move(&a[2].node, &head);
	ck_assert_int_eq(digits(&head), 34);
	list_replace(&a[3].node, &a[1].node);
	ck_assert_int_eq(digits(&head), 32);
	list_for_each_entry_safe(it, next, &head, node)
		list_del_init(&it->node);
	ck_assert(list_empty(&head));
	ck_assert_ptr_null(list_first_entry_or_null(&head, struct item, node));
}
END_TEST

START_TEST(splicing)
{
	struct item a[4];
	LIST_HEAD(one);
	LIST_HEAD(two);

	for (int i = 0; i < 4; i++) {
		a[i].v = i + 1;
		list_add_tail(&a[i].node, i < 2 ? &one : &two);
	}
	list_splice_init(&two, &one);
	ck_assert_int_eq(digits(&one), 3412);
	ck_assert(list_empty(&two));
	list_splice_init(&two, &one);
	ck_assert_int_eq(digits(&one), 3412);
	list_move(&a[0].node, &two);
	list_splice_tail_init(&two, &one);
	ck_assert_int_eq(digits(&one), 3421);
}
END_TEST

START_TEST(chains)
{
	struct hlist_head head = HLIST_HEAD_INIT;
	struct item a[4], *it;
	struct hlist_node *next;

	for (int i = 0; i < 4; i++) {
		a[i].v = i + 1;
		INIT_HLIST_NODE(&a[i].hash);
		ck_assert(hlist_unhashed(&a[i].hash));
	}
	ck_assert(hlist_empty(&head));
	hlist_add_head(&a[1].hash, &head);
	hlist_add_head(&a[0].hash, &head);
	hlist_add_behind(&a[3].hash, &a[1].hash);
	hlist_add_before(&a[2].hash, &a[3].hash);
	ck_assert_int_eq(chain_digits(&head), 1234);
	hlist_del(&a[1].hash);
	ck_assert_int_eq(chain_digits(&head), 134);
	hlist_del_init(&a[0].hash);
	hlist_del_init(&a[0].hash);
	ck_assert(hlist_unhashed(&a[0].hash));
	hlist_for_each_entry_safe(it, next, &head, hash)
		hlist_del(&it->hash);
	ck_assert(hlist_empty(&head));
}
END_TEST

START_TEST(rcu_forms_keep_order)
{
	struct hlist_head chain = HLIST_HEAD_INIT;
	struct item a[4], *it;
	LIST_HEAD(head);
	int n = 0;

	for (int i = 0; i < 4; i++)
		a[i].v = i + 1;
	list_add_tail_rcu(&a[1].node, &head);
	list_add_tail_rcu(&a[2].node, &head);
	list_add_rcu(&a[0].node, &head);
	list_for_each_entry_rcu(it, &head, node)
		n = n * 10 + it->v;
	ck_assert_int_eq(n, 123);
	list_replace_rcu(&a[1].node, &a[3].node);
	ck_assert_int_eq(digits(&head), 143);
	list_del_rcu(&a[3].node);
	ck_assert_ptr_eq(a[3].node.next, &a[2].node);
	ck_assert_int_eq(digits(&head), 13);

	hlist_add_tail_rcu(&a[3].hash, &chain);
	hlist_add_head_rcu(&a[0].hash, &chain);
	hlist_add_behind_rcu(&a[1].hash, &a[0].hash);
	hlist_add_before_rcu(&a[2].hash, &a[3].hash);
	n = 0;
	hlist_for_each_entry_rcu(it, &chain, hash)
		n = n * 10 + it->v;
	ck_assert_int_eq(n, 1234);
	hlist_del_rcu(&a[1].hash);
	ck_assert_ptr_eq(a[1].hash.next, &a[2].hash);
	hlist_del_init_rcu(&a[3].hash);
	ck_assert(hlist_unhashed(&a[3].hash));
	ck_assert_int_eq(chain_digits(&chain), 13);
}
END_TEST

#define ITEMS	64
#define ROUNDS	2000

struct shared {
	struct list_head head;
	struct hlist_head chain;
	struct item items[ITEMS];
	int stop;
};

/* Values are written before publication only: a reader that sees 0 saw too early. */
static void *reader(void *arg)
{
	struct shared *s = arg;
	struct item *it;
	long bad = 0;

	while (!__atomic_load_n(&s->stop, __ATOMIC_ACQUIRE)) {
		list_for_each_entry_rcu(it, &s->head, node)
			bad += it->v == 0;
		hlist_for_each_entry_rcu(it, &s->chain, hash)
			bad += it->v == 0;
	}
	return (void *)bad;
}

START_TEST(readers_beside_a_writer)
{
	struct shared s = { .stop = 0 };
	pthread_t t[3];
	void *bad;

	INIT_LIST_HEAD(&s.head);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, reader, &s), 0);
	/* each item is inserted once, so none is reused while a reader stands on it */
	for (int i = 0; i < ITEMS; i++) {
		s.items[i].v = i + 1;
		if (i & 1)
			list_add_rcu(&s.items[i].node, &s.head);
		else
			list_add_tail_rcu(&s.items[i].node, &s.head);
		hlist_add_head_rcu(&s.items[i].hash, &s.chain);
		for (volatile int spin = 0; spin < ROUNDS; spin++)
			;
		if (i >= 2) {
			list_del_rcu(&s.items[i - 1].node);
			hlist_del_rcu(&s.items[i - 1].hash);
		}
	}
	__atomic_store_n(&s.stop, 1, __ATOMIC_RELEASE);
	for (int i = 0; i < 3; i++) {
		pthread_join(t[i], &bad);
		ck_assert_ptr_null(bad);
	}
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		order_of_add, removal, splicing, chains, rcu_forms_keep_order,
		readers_beside_a_writer, NULL,
	};

	return suite_of("list", NULL, NULL, tests);
}
