/* SPDX-License-Identifier: MIT */
/*
 * fib_trie_tree.c - the shape of a routing table: leaves come and go, nodes grow and shrink
 *
 * Theory of operation
 *   Called by fib_trie.c. After each change the nodes from the changed place up to the root are
 *   resized: a node doubles its width while at least half of the wider node would be used (30 per
 *   cent at the root), halves it while under a quarter (15 at the root) is used, and is left out
 *   when only one child is left. Replacement nodes are built aside and published by one pointer;
 *   then their children are told their new parent, which a reader that climbs finds as consistent
 *   as the old one.
 *   Owns: the nodes; replaced ones are freed after a grace period. A node that could not be
 *   allocated is a resize that did not take place.
 * Threads: RTNL. Mirrors: net/ipv4/fib_trie.c (S. Nilsson, G. Karlsson: IP-address lookup using
 * LC-tries).
 */
#include "ipv4/fib_trie.h"

#include "kernel/slab.h"

enum {
	INFLATE_PERCENT = 50,
	INFLATE_PERCENT_ROOT = 30,
	HALVE_PERCENT = 25,
	HALVE_PERCENT_ROOT = 15,
	RESIZE_MAX = 10, /* doublings of one node in one go */
};

static struct trie_node *leaf_new(struct net *net, uint32_t key, struct fib_alias **fa);
static void node_kfree(struct trie_node *n);
static struct trie_node *tnode_new(struct net *net, uint32_t key, unsigned pos, unsigned bits);
static void replace_child(struct fib_table *tb, struct trie_node *parent, uint32_t key,
			  struct trie_node *n);
static void rebalance(struct fib_table *tb, struct trie_node *tn);
static struct trie_node *resize(struct fib_table *tb, struct trie_node *tn);
static struct trie_node *inflate(struct fib_table *tb, struct trie_node *old);
static struct trie_node *halve(struct fib_table *tb, struct trie_node *old);
static void put_child(struct trie_node *tn, unsigned long i, struct trie_node *n);
static uint8_t update_suffix(struct trie_node *tn);

struct trie_node *trie_find(const struct fib_table *tb, uint32_t key, struct trie_node **parent)
{
	struct trie_node *n = tb->root;

	*parent = NULL;
	while (n) {
		unsigned long i = node_index(key, n);

		if (node_mismatch(i, n))
			return NULL;
		if (is_leaf(n))
			return n;
		*parent = n;
		n = n->child[i];
	}
	return NULL;
}

int trie_insert_leaf(struct fib_table *tb, struct trie_node *parent, uint32_t key,
		     struct fib_alias **fa)
{
	struct trie_node *leaf, *n, *tn = NULL;
	uint8_t slen = (*fa)->fa_slen;

	n = parent ? parent->child[node_index(key, parent)] : tb->root;
	if (n) { /* something else begins with these bits: a node where the two part */
		unsigned pos = (unsigned)fls(key ^ n->key) - 1;

		tn = tnode_new(tb->net, key, pos, 1);
		if (!tn)
			return -ENOMEM;
	}
	leaf = leaf_new(tb->net, key, fa);
	if (!leaf) {
		if (tn)
			node_kfree(tn);
		return -ENOMEM;
	}
	if (tn) {
		tn->parent = parent;
		put_child(tn, node_index(n->key, tn), n);
		put_child(tn, node_index(key, tn), leaf);
		leaf->parent = tn;
		trie_push_suffix(leaf, slen);
		replace_child(tb, parent, key, tn);
		rcu_assign_pointer(n->parent, tn);
		parent = tn;
	} else {
		leaf->parent = parent;
		trie_push_suffix(leaf, slen);
		replace_child(tb, parent, key, leaf);
	}
	rebalance(tb, parent);
	return 0;
}

static void node_kfree(struct trie_node *n)
{
	struct net *net = trie_cold(n)->net;

	if (is_leaf(n))
		kmem_cache_free(&net->m, net->ipv4->fib_leaf_cache,
				container_of(n, struct trie_leaf, n));
	else
		kfree(&net->m, trie_cold(n));
}

static void node_free_rcu(struct rcu_head *head)
{
	struct trie_cold *cold = container_of(head, struct trie_cold, rcu);

	node_kfree((struct trie_node *)(cold + 1));
}

static void node_free(struct trie_node *n)
{
	call_rcu(&trie_cold(n)->net->m, &trie_cold(n)->rcu, node_free_rcu);
}

void trie_remove_leaf(struct fib_table *tb, struct trie_node *leaf)
{
	struct trie_node *parent = leaf->parent;
	uint8_t slen = leaf->slen;

	replace_child(tb, parent, leaf->key, NULL);
	for (struct trie_node *tn = parent; tn && tn->slen == slen; tn = tn->parent)
		if (update_suffix(tn) == slen)
			break;
	node_free(leaf);
	rebalance(tb, parent);
}

void trie_push_suffix(struct trie_node *leaf, uint8_t slen)
{
	for (struct trie_node *n = leaf->parent; n && n->slen < slen; n = n->parent)
		WRITE_ONCE(n->slen, slen);
	WRITE_ONCE(leaf->slen, slen);
}

void trie_pull_suffix(struct trie_node *leaf, uint8_t slen)
{
	uint8_t old = leaf->slen;

	WRITE_ONCE(leaf->slen, slen);
	for (struct trie_node *n = leaf->parent; n && n->slen == old; n = n->parent)
		if (update_suffix(n) == old)
			break;
}

static struct trie_node *first_leaf(struct trie_node *n)
{
	while (n && !is_leaf(n)) {
		unsigned long i = 0;

		while (i < child_length(n) && !n->child[i])
			i++;
		n = i < child_length(n) ? n->child[i] : NULL;
	}
	return n;
}

struct trie_node *trie_leaf_from(const struct fib_table *tb, uint32_t key)
{
	struct trie_node *n = tb->root, *pn = NULL;
	unsigned long i = 0;

	while (n) {
		unsigned long down = node_index(key, n);

		if (node_mismatch(down, n)) {
			if (n->key > key)
				return first_leaf(n);
			break;
		}
		if (is_leaf(n))
			return n;
		pn = n;
		i = down;
		n = n->child[i];
	}
	while (pn) {
		while (++i < child_length(pn))
			if (pn->child[i])
				return first_leaf(pn->child[i]);
		n = pn;
		pn = n->parent;
		if (pn)
			i = node_index(n->key, pn);
	}
	return NULL;
}

static struct trie_node *leaf_new(struct net *net, uint32_t key, struct fib_alias **fa)
{
	struct trie_leaf *leaf = kmem_cache_zalloc(&net->m, net->ipv4->fib_leaf_cache);

	if (!leaf)
		return NULL;
	leaf->cold.net = net;
	leaf->n.key = key;
	leaf->n.slen = (*fa)->fa_slen;
	leaf->first = **fa;
	leaf->first.fa_state |= FA_INLINE;
	kfree(&net->m, *fa);
	*fa = &leaf->first;
	hlist_add_head(&leaf->first.fa_list, &leaf->n.aliases);
	return &leaf->n;
}

static struct trie_node *tnode_new(struct net *net, uint32_t key, unsigned pos, unsigned bits)
{
	unsigned shift = pos + bits;
	struct trie_cold *cold;
	struct trie_node *n;

	cold = kzalloc(&net->m,
		       sizeof(*cold) + offsetof(struct trie_node, child) + (sizeof(n) << bits));
	if (!cold)
		return NULL;
	n = (struct trie_node *)(cold + 1);
	cold->net = net;
	n->key = shift < KEYLENGTH ? key >> shift << shift : 0;
	n->pos = (uint8_t)pos;
	n->bits = (uint8_t)bits;
	n->slen = (uint8_t)pos;
	cold->empty_children = (uint32_t)child_length(n);
	return n;
}

/* An inner node that skips no bits below its parent */
static __always_inline bool tnode_full(const struct trie_node *tn, const struct trie_node *n)
{
	return n && !is_leaf(n) && n->pos + n->bits == tn->pos;
}

static void put_child(struct trie_node *tn, unsigned long i, struct trie_node *n)
{
	struct trie_node *old = tn->child[i];

	trie_cold(tn)->empty_children += (uint32_t)!n - (uint32_t)!old;
	trie_cold(tn)->full_children += (uint32_t)tnode_full(tn, n) - (uint32_t)tnode_full(tn, old);
	if (n && tn->slen < n->slen)
		tn->slen = n->slen;
	rcu_assign_pointer(tn->child[i], n);
}

/* @n (or nothing) where @key leads below @parent */
static void replace_child(struct fib_table *tb, struct trie_node *parent, uint32_t key,
			  struct trie_node *n)
{
	if (parent)
		put_child(parent, node_index(key, parent), n);
	else
		rcu_assign_pointer(tb->root, n);
}

/* Recompute slen from the children; it can only have shrunk. */
static uint8_t update_suffix(struct trie_node *tn)
{
	uint8_t slen = tn->pos;

	for (unsigned long i = 0; i < child_length(tn) && slen < tn->slen; i++)
		if (tn->child[i] && tn->child[i]->slen > slen)
			slen = tn->child[i]->slen;
	WRITE_ONCE(tn->slen, slen);
	return slen;
}

static void rebalance(struct fib_table *tb, struct trie_node *tn)
{
	while (tn)
		tn = resize(tb, tn);
}

static bool should_inflate(const struct trie_node *tn)
{
	unsigned long size = child_length(tn);
	unsigned long used = size - trie_cold(tn)->empty_children + trie_cold(tn)->full_children;

	size *= tn->parent ? INFLATE_PERCENT : INFLATE_PERCENT_ROOT;
	return used > 1 && tn->pos && 50 * used >= size;
}

static bool should_halve(const struct trie_node *tn)
{
	unsigned long size = child_length(tn);
	unsigned long used = size - trie_cold(tn)->empty_children;

	size *= tn->parent ? HALVE_PERCENT : HALVE_PERCENT_ROOT;
	return used > 1 && tn->bits > 1 && 100 * used < size;
}

/* Leave out a node with at most one child. Returns its parent. */
static struct trie_node *collapse(struct fib_table *tb, struct trie_node *old)
{
	struct trie_node *parent = old->parent, *n = NULL;

	for (unsigned long i = 0; !n && i < child_length(old); i++)
		n = old->child[i];
	replace_child(tb, parent, old->key, n);
	if (n)
		rcu_assign_pointer(n->parent, parent);
	node_free(old);
	return parent;
}

/* Give @tn the width that pays. Returns the parent: the next one to look at. */
static struct trie_node *resize(struct fib_table *tb, struct trie_node *tn)
{
	struct trie_node *parent = tn->parent, *n;
	bool inflated = false;

	for (int work = RESIZE_MAX; work-- && should_inflate(tn); tn = n) {
		n = inflate(tb, tn);
		if (!n)
			break;
		inflated = true;
	}
	for (int work = RESIZE_MAX; !inflated && work-- && should_halve(tn); tn = n) {
		n = halve(tb, tn);
		if (!n)
			break;
	}
	/* a removal, or doubling a node whose children all lie on one side */
	if (child_length(tn) - trie_cold(tn)->empty_children < 2)
		return collapse(tb, tn);
	return parent;
}

/* Free @tn and the nodes made for it, none of which was published. */
static void discard_new(struct trie_node *tn)
{
	for (unsigned long i = 0; i < child_length(tn); i++)
		if (tn->child[i] && tn->child[i]->parent == tn)
			node_kfree(tn->child[i]);
	node_kfree(tn);
}

/* Publish @tn in the place of @old; tell what lies below its new parents. */
static void replace_node(struct fib_table *tb, struct trie_node *old, struct trie_node *tn)
{
	struct trie_node *n;

	tn->parent = old->parent;
	replace_child(tb, old->parent, tn->key, tn);
	for (unsigned long i = 0; i < child_length(tn); i++) {
		n = tn->child[i];
		if (!n)
			continue;
		if (n->parent != tn) {
			rcu_assign_pointer(n->parent, tn);
			continue;
		}
		for (unsigned long j = 0; j < child_length(n); j++) /* made for @tn */
			if (n->child[j])
				rcu_assign_pointer(n->child[j]->parent, n);
	}
}

/* Split the full node @n, child number @i of the node being doubled, into two below @tn. */
static int inflate_split(struct trie_node *tn, unsigned long i, struct trie_node *n)
{
	unsigned long half = child_length(n) >> 1;

	for (unsigned long side = 0; side < 2; side++) {
		uint32_t key = n->key | (uint32_t)(side << (n->pos + n->bits - 1));
		struct trie_node *part = tnode_new(trie_cold(tn)->net, key, n->pos, n->bits - 1u);

		if (!part)
			return -ENOMEM;
		for (unsigned long j = 0; j < half; j++)
			put_child(part, j, n->child[side * half + j]);
		part->parent = tn;
		put_child(tn, 2 * i + side, part);
	}
	return 0;
}

/* Double the width of @old. Returns the new node, or NULL without memory. */
static struct trie_node *inflate(struct fib_table *tb, struct trie_node *old)
{
	struct trie_node *tn = tnode_new(tb->net, old->key, old->pos - 1u, old->bits + 1u), *n;

	if (!tn)
		return NULL;
	for (unsigned long i = 0; i < child_length(old); i++) {
		n = old->child[i];
		if (!n)
			continue;
		if (!tnode_full(old, n)) {
			put_child(tn, node_index(n->key, tn), n);
		} else if (n->bits == 1) {
			put_child(tn, 2 * i, n->child[0]);
			put_child(tn, 2 * i + 1, n->child[1]);
		} else if (inflate_split(tn, i, n)) {
			discard_new(tn);
			return NULL;
		}
	}
	replace_node(tb, old, tn);
	for (unsigned long i = 0; i < child_length(old); i++)
		if (tnode_full(old, old->child[i]))
			node_free(old->child[i]);
	node_free(old);
	for (unsigned long i = 0; i < child_length(tn); i++)
		if (tnode_full(tn, tn->child[i]))
			resize(tb, tn->child[i]);
	return tn;
}

/* Halve the width of @old. Returns the new node, or NULL without memory. */
static struct trie_node *halve(struct fib_table *tb, struct trie_node *old)
{
	struct trie_node *tn = tnode_new(tb->net, old->key, old->pos + 1u, old->bits - 1u);
	struct trie_node *n0, *n1, *pair;

	if (!tn)
		return NULL;
	for (unsigned long i = 0; i < child_length(tn); i++) {
		n0 = old->child[2 * i];
		n1 = old->child[2 * i + 1];
		if (!n0 || !n1) {
			put_child(tn, i, n0 ? n0 : n1);
			continue;
		}
		pair = tnode_new(tb->net, n0->key, old->pos, 1);
		if (!pair) {
			discard_new(tn);
			return NULL;
		}
		put_child(pair, 0, n0);
		put_child(pair, 1, n1);
		pair->parent = tn;
		put_child(tn, i, pair);
	}
	replace_node(tb, old, tn);
	node_free(old);
	return tn;
}
