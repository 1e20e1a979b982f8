/* SPDX-License-Identifier: MIT */
/*
 * fib_procfs.c - the routing tables as files: /proc/net/route, /proc/net/fib_trie,
 * /proc/net/fib_triestat
 *
 * Theory of operation
 *   Called by: readers of the files. Layouts are Linux's, byte by byte; the local table is a trie
 *   of its own here (as before Linux 4.1), so the two files about tries show each table's own
 *   nodes.
 *   Owns: nothing.
 * Threads: RTNL. Mirrors: net/ipv4/fib_trie.c.
 */
#include <errno.h>
#include <linux/route.h>

#include "ipv4/fib_trie.h"

#define MAX_STAT_DEPTH 32
#define TNODE_SIZE (sizeof(struct trie_cold) + offsetof(struct trie_node, child))

/* --- /proc/net/route --- */

static unsigned route_flags(const struct fib_alias *fa, unsigned plen)
{
	unsigned flags = RTF_UP;

	if (fa->fa_type == RTN_UNREACHABLE || fa->fa_type == RTN_PROHIBIT)
		flags |= RTF_REJECT;
	if (fa->fa_info->fib_nh.nh_gw)
		flags |= RTF_GATEWAY;
	if (plen == 32)
		flags |= RTF_HOST;
	return flags;
}

static int route_show_one(struct fib_table *tb, __be32 prefix, unsigned plen,
			  const struct fib_alias *fa, void *arg)
{
	const struct fib_info *fi = fa->fa_info;
	struct seq_file *m = arg;

	(void)tb;
	if (fa->fa_type == RTN_BROADCAST || fa->fa_type == RTN_MULTICAST)
		return 0;
	seq_setwidth(m, 127);
	seq_printf(m, "%s\t%08X\t%08X\t%04X\t%d\t%u\t%d\t%08X\t%d\t%u\t%u",
		   fi->fib_nh.nh_dev ? fi->fib_nh.nh_dev->name : "*", prefix, fi->fib_nh.nh_gw,
		   route_flags(fa, plen), 0, 0, (int)fi->fib_priority, inet_make_mask((int)plen),
		   fi->fib_advmss ? (int)fi->fib_advmss + 40 : 0, 0, 0);
	seq_pad(m, '\n');
	return 0;
}

static int route_show(struct seq_file *m, void *data)
{
	struct net *net = data;

	seq_printf(m, "%-127s\n",
		   "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU"
		   "\tWindow\tIRTT");
	return fib_table_walk(net->ipv4->fib_main, route_show_one, m);
}

/* --- /proc/net/fib_trie --- */

static void table_name(struct seq_file *m, const struct fib_table *tb)
{
	seq_puts(m, tb->id == RT_TABLE_LOCAL ? "Local:\n" : "Main:\n");
}

static void indent(struct seq_file *m, unsigned n)
{
	while (n--)
		seq_puts(m, "   ");
}

static const char *scope_name(unsigned scope, char *buf, size_t size)
{
	switch (scope) {
	case RT_SCOPE_UNIVERSE:
		return "universe";
	case RT_SCOPE_SITE:
		return "site";
	case RT_SCOPE_LINK:
		return "link";
	case RT_SCOPE_HOST:
		return "host";
	case RT_SCOPE_NOWHERE:
		return "nowhere";
	default:
		snprintf(buf, size, "scope=%u", scope);
		return buf;
	}
}

static const char *const type_names[RTN_MAX + 1] = {
	"UNSPEC",    "UNICAST",	    "LOCAL",	"BROADCAST", "ANYCAST", "MULTICAST",
	"BLACKHOLE", "UNREACHABLE", "PROHIBIT", "THROW",     "NAT",	"XRESOLVE",
};

/* At most 32 deep: each inner node takes a bit of the key at least. */
static void show_node(struct seq_file *m, const struct trie_node *n, unsigned depth)
{
	__be32 prefix = htonl(n->key);
	const struct fib_alias *fa;
	char buf[32];

	indent(m, depth);
	if (!is_leaf(n)) {
		seq_printf(m, "  +-- " IP4_FMT "/%u %u %u %u\n", IP4_ARG(prefix),
			   KEYLENGTH - n->pos - n->bits, n->bits, trie_cold(n)->full_children,
			   trie_cold(n)->empty_children);
		for (unsigned long i = 0; i < child_length(n); i++)
			if (n->child[i])
				show_node(m, n->child[i], depth + 1);
		return;
	}
	seq_printf(m, "  |-- " IP4_FMT "\n", IP4_ARG(prefix));
	hlist_for_each_entry(fa, &n->aliases, fa_list) {
		indent(m, depth + 1);
		seq_printf(m, "  /%d %s %s", KEYLENGTH - fa->fa_slen,
			   scope_name(fa->fa_info->fib_scope, buf, sizeof(buf)),
			   type_names[fa->fa_type]);
		if (fa->fa_tos)
			seq_printf(m, " tos=%d", fa->fa_tos);
		seq_putc(m, '\n');
	}
}

void fib_trie_show(struct seq_file *m, struct fib_table *tb)
{
	if (!tb->root)
		return;
	table_name(m, tb);
	show_node(m, tb->root, 0);
}

static int trie_show(struct seq_file *m, void *data)
{
	struct net *net = data;

	fib_trie_show(m, net->ipv4->fib_main);
	fib_trie_show(m, net->ipv4->fib_local);
	return 0;
}

/* --- /proc/net/fib_triestat --- */

struct trie_stat {
	unsigned totdepth, maxdepth, tnodes, leaves, nullpointers, prefixes;
	unsigned nodesizes[MAX_STAT_DEPTH];
};

static void collect(const struct trie_node *n, unsigned depth, struct trie_stat *s)
{
	const struct fib_alias *fa;

	if (!is_leaf(n)) {
		s->tnodes++;
		s->nodesizes[min_t(unsigned, n->bits, MAX_STAT_DEPTH - 1)]++;
		s->nullpointers += trie_cold(n)->empty_children;
		for (unsigned long i = 0; i < child_length(n); i++)
			if (n->child[i])
				collect(n->child[i], depth + 1, s);
		return;
	}
	s->leaves++;
	s->totdepth += depth;
	s->maxdepth = max(s->maxdepth, depth);
	hlist_for_each_entry(fa, &n->aliases, fa_list)
		s->prefixes++;
}

void fib_trie_stat_show(struct seq_file *m, struct fib_table *tb)
{
	struct trie_stat s = { 0 };
	unsigned avdepth, max, pointers = 0;
	size_t bytes;

	table_name(m, tb);
	if (tb->root)
		collect(tb->root, 0, &s);
	avdepth = s.leaves ? s.totdepth * 100 / s.leaves : 0;
	seq_printf(m, "\tAver depth:     %u.%02u\n", avdepth / 100, avdepth % 100);
	seq_printf(m, "\tMax depth:      %u\n", s.maxdepth);
	seq_printf(m, "\tLeaves:         %u\n", s.leaves);
	seq_printf(m, "\tPrefixes:       %u\n", s.prefixes);
	seq_printf(m, "\tInternal nodes: %u\n\t", s.tnodes);
	for (max = MAX_STAT_DEPTH; max > 0 && !s.nodesizes[max - 1]; max--)
		;
	for (unsigned i = 1; i < max; i++)
		if (s.nodesizes[i]) {
			seq_printf(m, "  %u: %u", i, s.nodesizes[i]);
			pointers += (1u << i) * s.nodesizes[i];
		}
	seq_printf(m, "\n\tPointers: %u\n", pointers);
	bytes = sizeof(struct trie_leaf) * s.leaves + sizeof(struct fib_alias) * s.prefixes +
		TNODE_SIZE * s.tnodes + sizeof(void *) * pointers;
	seq_printf(m, "Null ptrs: %u\n", s.nullpointers);
	seq_printf(m, "Total size: %zu  kB\n", (bytes + 1023) / 1024);
}

static int triestat_show(struct seq_file *m, void *data)
{
	struct net *net = data;

	seq_printf(m, "Basic info: size of leaf: %zd bytes, size of tnode: %zd bytes.\n",
		   sizeof(struct trie_leaf), TNODE_SIZE);
	fib_trie_stat_show(m, net->ipv4->fib_main);
	fib_trie_stat_show(m, net->ipv4->fib_local);
	return 0;
}

static const struct proc_ops route_ops = { .show = route_show };
static const struct proc_ops trie_ops = { .show = trie_show };
static const struct proc_ops triestat_ops = { .show = triestat_show };

int fib_proc_init(struct net *net)
{
	if (proc_create(&net->vfs, "/proc/net/route", 0444, &route_ops, net) &&
	    proc_create(&net->vfs, "/proc/net/fib_trie", 0444, &trie_ops, net) &&
	    proc_create(&net->vfs, "/proc/net/fib_triestat", 0444, &triestat_ops, net))
		return 0;
	fib_proc_exit(net);
	return -ENOMEM;
}

void fib_proc_exit(struct net *net)
{
	proc_remove_path(&net->vfs, "/proc/net/route");
	proc_remove_path(&net->vfs, "/proc/net/fib_trie");
	proc_remove_path(&net->vfs, "/proc/net/fib_triestat");
}
