/* SPDX-License-Identifier: MIT */
/*
 * fib_trie.c - one routing table: longest-prefix lookup, and its entries
 *
 * Theory of operation
 *   On the walk: ip_route_input_noref() and ip_route_output_flow() ask fib_lookup(), which asks
 *   fib_table_lookup() of the local table, then of main; check_leaf() decides among the prefixes of
 *   one leaf. Control: fib_table_insert() and its like, called by fib_frontend.c.
 *   Owns: the aliases (prefix, tos, type) and one table reference of each alias' fib_info; freed
 *   after a grace period.
 *   Refuses: prefixes with host bits set, and what NLM_F_EXCL, NLM_F_REPLACE, NLM_F_CREATE forbid.
 * Threads: lookup any, RCU; changes RTNL. Mirrors: net/ipv4/fib_trie.c.
 */
#include "ipv4/fib_trie.h"

#include <linux/netlink.h>

#include "kernel/slab.h"
#include "trace/emit.h"

static int check_leaf(struct fib_table *tb, const struct trie_node *l, uint32_t key,
		      const struct flowi4 *flp, struct fib_result *res, int fib_flags);
static notrace int table_lookup_told(struct fib_table *tb, const struct flowi4 *flp,
				     struct fib_result *res, int fib_flags);
static struct fib_alias *find_alias(struct trie_node *l, uint8_t slen, uint8_t tos, uint32_t prio);
static int insert_alias(struct fib_table *tb, struct fib_alias **alias, uint32_t key,
			struct fib_alias *before);
static void remove_alias(struct fib_table *tb, struct trie_node *l, struct fib_alias *fa);

/*
 * Down: follow the bits of the key, remembering the last node below which a shorter prefix can lie.
 * Back: a shorter prefix has zeroes where the key has ones, so the set bits of the child's number
 * are taken away one by one, lowest first, then those of the parents; below a child reached so, a
 * prefix that covers what was taken away lies at child 0 all the way.
 */
static __always_inline int table_lookup(struct fib_table *tb, const struct flowi4 *flp,
					struct fib_result *res, int fib_flags)
{
	uint32_t key = ntohl(flp->daddr);
	struct trie_node *n = rcu_dereference(tb->root), *pn = NULL;
	unsigned long i, back = 0;
	int err;

	while (n) {
		i = node_index(key, n);
		if (node_mismatch(i, n) || is_leaf(n))
			break;
		if (READ_ONCE(n->slen) > n->pos) {
			pn = n;
			back = i;
		}
		n = rcu_dereference(n->child[i]);
	}
	for (;;) {
		/* the key must agree with the node down to the node's lowest set bit */
		while (n && !((key ^ n->key) & (n->key | -n->key))) {
			if (is_leaf(n)) {
				err = check_leaf(tb, n, key, flp, res, fib_flags);
				if (err <= 0)
					return err;
				break;
			}
			if (READ_ONCE(n->slen) == n->pos)
				break;
			n = rcu_dereference(n->child[0]);
		}
		while (pn && !back) {
			uint32_t pkey = pn->key;

			pn = rcu_dereference(pn->parent);
			if (pn)
				back = node_index(pkey, pn);
		}
		if (!pn)
			return -EAGAIN;
		back &= back - 1;
		n = rcu_dereference(pn->child[back]);
	}
}

int fib_table_lookup(struct fib_table *tb, const struct flowi4 *flp, struct fib_result *res,
		     int fib_flags)
{
	if (trace_event_on(TRACE_fib_table_lookup))
		return table_lookup_told(tb, flp, res, fib_flags);
	return table_lookup(tb, flp, res, fib_flags);
}

/* The same, and the question with its answer is a tracepoint, as in Linux. */
static int table_lookup_told(struct fib_table *tb, const struct flowi4 *flp, struct fib_result *res,
			     int fib_flags)
{
	int err = table_lookup(tb, flp, res, fib_flags);
	const struct fib_nh *nh = err ? NULL : &FIB_RES_NH(res);
	bool ports = flp->flowi4_proto == IPPROTO_UDP || flp->flowi4_proto == IPPROTO_TCP;
	struct trace_fib_table_lookup f = {
		.tb_id = tb->id, .err = err, .oif = flp->flowi4_oif, .iif = flp->flowi4_iif,
		.proto = flp->flowi4_proto, .tos = flp->flowi4_tos, .scope = flp->flowi4_scope,
		.flags = flp->flowi4_flags, .sport = ports ? ntohs(flp->fl4_sport) : 0,
		.dport = ports ? ntohs(flp->fl4_dport) : 0,
		.name = nh && nh->nh_dev ? nh->nh_dev->name : "-",
	};

	memcpy(f.src, &flp->saddr, sizeof(f.src));
	memcpy(f.dst, &flp->daddr, sizeof(f.dst));
	if (nh)
		memcpy(f.gw4, &nh->nh_gw, sizeof(f.gw4));
	trace_event(TRACE_fib_table_lookup, &f);
	return err;
}

/* Can the flow use the next hop of this alias? Fills *@res. */
static __always_inline bool fib_semantic_match(const struct fib_alias *fa, const struct flowi4 *flp,
					       struct fib_result *res, int fib_flags)
{
	struct fib_info *fi = fa->fa_info;
	const struct fib_nh *nh = &fi->fib_nh;
	unsigned flags = READ_ONCE(nh->nh_flags);

	if (READ_ONCE(fi->fib_flags) & RTNH_F_DEAD || flags & RTNH_F_DEAD)
		return false;
	if (flags & RTNH_F_LINKDOWN && !(fib_flags & FIB_LOOKUP_IGNORE_LINKSTATE)) {
		const struct in_device *in_dev = nh->nh_dev ? __in_dev_get_rcu(nh->nh_dev) : NULL;

		if (in_dev && IN_DEV_IGNORE_ROUTES_WITH_LINKDOWN(in_dev))
			return false;
	}
	if (flp->flowi4_oif && flp->flowi4_oif != nh->nh_oif)
		return false;
	res->type = fa->fa_type;
	res->scope = fi->fib_scope;
	res->fi = fi;
	return true;
}

/* 0: *@res is the answer; 1: nothing here fits; < 0: the error of the route's type */
static int check_leaf(struct fib_table *tb, const struct trie_node *l, uint32_t key,
		      const struct flowi4 *flp, struct fib_result *res, int fib_flags)
{
	struct fib_alias *fa;
	int err;

	hlist_for_each_entry_rcu(fa, &l->aliases, fa_list) {
		if ((unsigned long)(key ^ l->key) >> fa->fa_slen)
			continue;
		if (fa->fa_tos && fa->fa_tos != flp->flowi4_tos)
			continue;
		if (READ_ONCE(fa->fa_info->fib_dead) || fa->fa_info->fib_scope < flp->flowi4_scope)
			continue;
		err = fib_props[fa->fa_type].error;
		if (!err && !fib_semantic_match(fa, flp, res, fib_flags))
			continue;
		res->prefix = htonl(l->key);
		res->prefixlen = (unsigned char)(KEYLENGTH - fa->fa_slen);
		res->table = tb;
		return err;
	}
	return 1;
}

/* --- changes --- */

static void alias_free_rcu(struct rcu_head *head)
{
	struct fib_alias *fa = container_of(head, struct fib_alias, rcu);

	kfree(&fa->net->m, fa);
}

/* @fa left the trie: give up its next hop, free it after a grace period. */
static void alias_release(struct fib_alias *fa)
{
	struct fib_info *fi = fa->fa_info;

	if (!(fa->fa_state & FA_INLINE))
		call_rcu(&fa->net->m, &fa->rcu, alias_free_rcu);
	fib_release_info(fi);
}

static int valid_key(const struct fib_config *cfg, struct extack *err)
{
	if (cfg->fc_dst_len > KEYLENGTH)
		return extack_fail(err, -EINVAL, "Invalid prefix length");
	if (cfg->fc_dst & ~inet_make_mask(cfg->fc_dst_len))
		return extack_fail(err, -EINVAL, "Invalid prefix for given prefix length");
	return 0;
}

static bool same_key(const struct fib_alias *fa, uint8_t slen, uint8_t tos, uint32_t prio)
{
	return fa->fa_slen == slen && fa->fa_tos == tos && fa->fa_info->fib_priority == prio;
}

static __always_inline struct fib_alias *next_alias(const struct fib_alias *fa)
{
	return hlist_entry_safe(fa->fa_list.next, struct fib_alias, fa_list);
}

/* The alias of exactly this type and next hop among those with @fa's key */
static struct fib_alias *find_twin(struct fib_alias *fa, const struct fib_alias *n)
{
	uint8_t slen = fa->fa_slen, tos = fa->fa_tos;
	uint32_t prio = fa->fa_info->fib_priority;

	for (; fa && same_key(fa, slen, tos, prio); fa = next_alias(fa))
		if (fa->fa_type == n->fa_type && fa->fa_info == n->fa_info)
			return fa;
	return NULL;
}

/* Put @n, whose next hop moves in with it, in the place of @old. */
static void replace_alias(struct fib_table *tb, struct fib_alias *old, struct fib_alias *n,
			  const struct fib_config *cfg)
{
	n->fa_list.next = old->fa_list.next;
	n->fa_list.pprev = old->fa_list.pprev;
	list_publish(*n->fa_list.pprev, &n->fa_list);
	if (n->fa_list.next)
		n->fa_list.next->pprev = &n->fa_list.next;
	old->fa_list.pprev = LIST_POISON2;
	rt_cache_flush(tb->net);
	rtmsg_fib(RTM_NEWROUTE, tb->net, cfg, cfg->fc_dst, cfg->fc_dst_len, n);
	alias_release(old);
}

/* @n is complete but for its place. Takes it over on success only. */
static int place_alias(struct fib_table *tb, struct fib_alias *n, struct fib_config *cfg)
{
	uint32_t key = ntohl(cfg->fc_dst);
	struct trie_node *parent, *l = trie_find(tb, key, &parent);
	struct fib_alias *fa =
		l ? find_alias(l, n->fa_slen, n->fa_tos, n->fa_info->fib_priority) : NULL;
	struct fib_alias *before = fa, *twin;
	uint32_t told = NLM_F_CREATE | NLM_F_EXCL;
	int ret;

	if (fa && same_key(fa, n->fa_slen, n->fa_tos, n->fa_info->fib_priority)) {
		if (cfg->fc_nlflags & NLM_F_EXCL)
			return -EEXIST;
		twin = find_twin(fa, n);
		if (cfg->fc_nlflags & NLM_F_REPLACE) {
			if (twin)
				return fa == twin ? 1 : -EEXIST;
			cfg->fc_nlflags = NLM_F_REPLACE;
			replace_alias(tb, fa, n, cfg);
			return 0;
		}
		if (twin)
			return -EEXIST;
		told = NLM_F_CREATE | (cfg->fc_nlflags & NLM_F_APPEND);
		if (told & NLM_F_APPEND)
			while (before &&
			       same_key(before, n->fa_slen, n->fa_tos, n->fa_info->fib_priority))
				before = next_alias(before);
	}
	if (!(cfg->fc_nlflags & NLM_F_CREATE))
		return -ENOENT;
	ret = insert_alias(tb, &n, key, before);
	if (ret)
		return ret;
	if (!cfg->fc_dst_len)
		tb->num_default++;
	rt_cache_flush(tb->net);
	cfg->fc_nlflags = told;
	rtmsg_fib(RTM_NEWROUTE, tb->net, cfg, cfg->fc_dst, cfg->fc_dst_len, n);
	return 0;
}

int fib_table_insert(struct net *net, struct fib_table *tb, struct fib_config *cfg,
		     struct extack *err)
{
	struct fib_alias *fa;
	struct fib_info *fi;
	int ret = valid_key(cfg, err);

	if (ret)
		return ret;
	fi = fib_create_info(net, cfg, &ret, err);
	if (!fi)
		return ret;
	ret = -ENOBUFS;
	fa = kzalloc(&net->m, sizeof(*fa));
	if (fa) {
		fa->fa_info = fi;
		fa->fa_tos = cfg->fc_tos;
		fa->fa_type = cfg->fc_type;
		fa->fa_slen = (uint8_t)(KEYLENGTH - cfg->fc_dst_len);
		fa->tb_id = tb->id;
		fa->net = net;
		ret = place_alias(tb, fa, cfg);
		if (!ret)
			return 0;
	}
	kfree(&net->m, fa);
	fib_release_info(fi);
	return ret > 0 ? 0 : ret;
}

/*
 * The first alias of this prefix and tos with at least this priority, or the one before which such
 * an alias belongs; NULL: it belongs last, or before the next longer suffix (insert_alias() finds
 * where).
 */
static struct fib_alias *find_alias(struct trie_node *l, uint8_t slen, uint8_t tos, uint32_t prio)
{
	struct fib_alias *fa;

	hlist_for_each_entry(fa, &l->aliases, fa_list) {
		if (fa->fa_slen < slen)
			continue;
		if (fa->fa_slen != slen)
			return NULL;
		if (fa->fa_tos > tos)
			continue;
		if (fa->fa_info->fib_priority >= prio || fa->fa_tos < tos)
			return fa;
	}
	return NULL;
}

static int insert_alias(struct fib_table *tb, struct fib_alias **alias, uint32_t key,
			struct fib_alias *before)
{
	struct trie_node *parent, *l = trie_find(tb, key, &parent);
	struct fib_alias *n = *alias, *fa, *behind = NULL;

	if (!l)
		return trie_insert_leaf(tb, parent, key, alias) ? -ENOBUFS : 0;
	if (before) {
		hlist_add_before_rcu(&n->fa_list, &before->fa_list);
	} else {
		hlist_for_each_entry(fa, &l->aliases, fa_list) {
			if (n->fa_slen < fa->fa_slen)
				break;
			behind = fa;
		}
		if (behind)
			hlist_add_behind_rcu(&n->fa_list, &behind->fa_list);
		else
			hlist_add_head_rcu(&n->fa_list, &l->aliases);
	}
	if (l->slen < n->fa_slen)
		trie_push_suffix(l, n->fa_slen);
	return 0;
}

static bool alias_matches(const struct fib_alias *fa, const struct fib_config *cfg)
{
	const struct fib_info *fi = fa->fa_info;

	return (!cfg->fc_type || fa->fa_type == cfg->fc_type) &&
	       (cfg->fc_scope == RT_SCOPE_NOWHERE || fi->fib_scope == cfg->fc_scope) &&
	       (!cfg->fc_prefsrc || fi->fib_prefsrc == cfg->fc_prefsrc) &&
	       (!cfg->fc_protocol || fi->fib_protocol == cfg->fc_protocol) &&
	       !fib_nh_match(cfg, fi) && fib_metrics_match(cfg, fi);
}

int fib_table_delete(struct net *net, struct fib_table *tb, struct fib_config *cfg,
		     struct extack *err)
{
	uint8_t slen = (uint8_t)(KEYLENGTH - cfg->fc_dst_len);
	struct trie_node *parent, *l;
	struct fib_alias *fa;
	int ret = valid_key(cfg, err);

	if (ret)
		return ret;
	l = trie_find(tb, ntohl(cfg->fc_dst), &parent);
	fa = l ? find_alias(l, slen, cfg->fc_tos, 0) : NULL;
	for (; fa; fa = next_alias(fa)) {
		if (fa->fa_slen != slen || fa->fa_tos != cfg->fc_tos)
			return -ESRCH;
		if (alias_matches(fa, cfg))
			break;
	}
	if (!fa)
		return -ESRCH;
	rtmsg_fib(RTM_DELROUTE, net, cfg, cfg->fc_dst, cfg->fc_dst_len, fa);
	remove_alias(tb, l, fa);
	rt_cache_flush(net);
	return 0;
}

static void remove_alias(struct fib_table *tb, struct trie_node *l, struct fib_alias *fa)
{
	struct fib_alias *last = NULL, *pos;

	if (fa->fa_slen == KEYLENGTH)
		tb->num_default--;
	hlist_del_rcu(&fa->fa_list);
	hlist_for_each_entry(pos, &l->aliases, fa_list)
		last = pos;
	if (!last)
		trie_remove_leaf(tb, l);
	else if (last->fa_slen != l->slen)
		trie_pull_suffix(l, last->fa_slen);
	alias_release(fa);
}

/* The first alias of @l that a flush takes away: dead ones that are no error routes, or any */
static struct fib_alias *first_dead(struct trie_node *l, bool all)
{
	struct fib_alias *fa;

	hlist_for_each_entry(fa, &l->aliases, fa_list)
		if (all || (fa->fa_info->fib_flags & RTNH_F_DEAD && !fib_props[fa->fa_type].error))
			return fa;
	return NULL;
}

int fib_table_flush(struct net *net, struct fib_table *tb, bool all)
{
	struct trie_node *l;
	struct fib_alias *fa;
	uint32_t key = 0;
	int found = 0;

	while ((l = trie_leaf_from(tb, key))) {
		key = l->key;
		fa = first_dead(l, all);
		if (fa) {
			remove_alias(tb, l, fa);
			found++;
		} else if (key++ == UINT32_MAX) {
			break;
		}
	}
	if (found)
		rt_cache_flush(net);
	return found;
}

int fib_table_walk(struct fib_table *tb, fib_walk_cb cb, void *arg)
{
	struct trie_node *l;
	struct fib_alias *fa;
	uint32_t key = 0;
	int ret;

	while ((l = trie_leaf_from(tb, key))) {
		hlist_for_each_entry(fa, &l->aliases, fa_list) {
			ret = cb(tb, htonl(l->key), (unsigned)(KEYLENGTH - fa->fa_slen), fa, arg);
			if (ret)
				return ret;
		}
		if (l->key == UINT32_MAX)
			break;
		key = l->key + 1;
	}
	return 0;
}

/* --- tables --- */

struct fib_table *fib_trie_table(struct net *net, uint32_t id)
{
	struct fib_table *tb = kzalloc(&net->m, sizeof(*tb));

	if (tb) {
		tb->id = id;
		tb->net = net;
	}
	return tb;
}

void fib_free_table(struct fib_table *tb)
{
	if (!tb)
		return;
	fib_table_flush(tb->net, tb, true);
	kfree(&tb->net->m, tb);
}
