/* SPDX-License-Identifier: MIT */
#ifndef IPV4_FIB_TRIE_H
#define IPV4_FIB_TRIE_H
/*
 * fib_trie.h - nodes of the level-compressed trie, shared by the files that walk and change it
 *
 * Theory of operation
 *   A node stands for all keys that agree with its key above bit pos + bits. An inner node chooses
 *   a child by the bits [pos, pos + bits); bits that all keys below share are skipped (path
 *   compression), and a node whose children are mostly there is as wide as pays (level compression,
 *   fib_trie_tree.c). A leaf has pos = bits = 0 and the aliases of every prefix that begins with
 *   its key, longest prefix (shortest suffix) first. slen is the longest suffix of any alias at or
 *   below a node: where it does not exceed pos, no prefix below covers the bits that the node
 *   chooses by, and a lookup need not come back there.
 * Threads: RTNL changes, RCU readers: a node is complete before it is published and lives a grace
 * period after it was replaced.
 */
#include "ipv4/fib.h"

#define KEYLENGTH 32

/* What a lookup looks at. An inner node has its children here, a leaf its list of aliases. */
struct trie_node {
	uint32_t key;
	uint8_t pos, bits, slen;
	struct trie_node *parent; /* RCU; NULL: root */
	union {
		struct hlist_head aliases;  /* leaf */
		struct trie_node *child[0]; /* RCU */
	};
};

/* What it does not look at, in front of the node */
struct trie_cold {
	struct net *net;
	uint32_t empty_children, full_children;
	struct rcu_head rcu;
};

static __always_inline struct trie_cold *trie_cold(const struct trie_node *n)
{
	return (struct trie_cold *)(uintptr_t)n - 1;
}

/*
 * A leaf brings room for its first alias, so that both are in one cache line: with many routes, a
 * lookup costs what its cache misses cost. An alias that lies here ends with the leaf (FA_INLINE).
 */
#define FA_INLINE 1 /* fib_alias.fa_state */

struct trie_leaf {
	unsigned char pad[CACHE_BYTES - sizeof(struct trie_cold)];
	struct trie_cold cold;
	struct trie_node n; /* begins a cache line */
	struct fib_alias first;
};
static_assert(offsetof(struct trie_leaf, n) == CACHE_BYTES, "the hot half is one cache line");

struct fib_table {
	uint32_t id;
	unsigned num_default; /* aliases of 0.0.0.0/0 */
	struct net *net;
	struct trie_node *root; /* RCU */
};

static __always_inline bool is_leaf(const struct trie_node *n)
{
	return !n->bits;
}

static __always_inline unsigned long child_length(const struct trie_node *n)
{
	return 1ul << n->bits;
}

/* Which child; 1 << bits or more when skipped bits differ */
static __always_inline unsigned long node_index(uint32_t key, const struct trie_node *n)
{
	return (unsigned long)(key ^ n->key) >> n->pos;
}

static __always_inline bool node_mismatch(unsigned long index, const struct trie_node *n)
{
	return index >> n->bits;
}

/* fib_trie_tree.c */
/* The leaf of exactly @key or NULL; *@parent: the last inner node on the way, NULL at the root */
struct trie_node *trie_find(const struct fib_table *tb, uint32_t key, struct trie_node **parent);
/*
 * A leaf with the alias @fa, hung below @parent where trie_find() ended: 0 or -ENOMEM (nothing
 * changed)
 */
int trie_insert_leaf(struct fib_table *tb, struct trie_node *parent, uint32_t key,
		     struct fib_alias **fa);
void trie_remove_leaf(struct fib_table *tb, struct trie_node *leaf);
/* The longest suffix of @leaf is now @slen: longer, shorter */
void trie_push_suffix(struct trie_node *leaf, uint8_t slen);
void trie_pull_suffix(struct trie_node *leaf, uint8_t slen);
/* The leaf with the smallest key that is not below @key */
struct trie_node *trie_leaf_from(const struct fib_table *tb, uint32_t key);

#endif
