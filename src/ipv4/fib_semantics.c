/* SPDX-License-Identifier: MIT */
/*
 * fib_semantics.c - the next-hop half of routes: made, shared, alive or dead
 *
 * Theory of operation
 *   Called by fib_trie.c (make, release), fib_frontend.c (devices come and go), route.c (preferred
 *   source). A fib_info is found by its content, so that a thousand routes by one gateway share
 *   one, and by its device, so that an event touches all of them. fib_treeref counts aliases; the
 *   last one marks it dead and frees it, with the routes cached in it, after a grace period.
 *   Owns: fib_info with a reference to its device; three hashes of them, the first grown as the
 *   table grows.
 *   Refuses: next hops that are not reachable on link, source addresses that are not ours, and
 *   scopes that would route in circles.
 * Threads: RTNL; fib_result_prefsrc() and ip_fib_check_default() any, RCU. Mirrors:
 * net/ipv4/fib_semantics.c.
 */
#include "ipv4/fib.h"

#include <errno.h>

#include "ipv4/route_priv.h"
#include "kernel/slab.h"
#include "lib/hash.h"

#define DEVINDEX_BITS 8
#define INFO_BITS_MIN 4
#define INFO_BITS_MAX 16

struct fib_info_tables {
	struct hlist_head *info;  /* by content */
	struct hlist_head *laddr; /* by preferred source */
	unsigned bits, count;
	struct hlist_head dev[1 << DEVINDEX_BITS]; /* RCU */
};

static int check_nh(struct net *net, struct fib_nh *nh, const struct fib_config *cfg,
		    struct extack *err);
static struct fib_info *find_info(const struct fib_info *n);
static void hash_info(struct fib_info *fi);
static void grow_tables(struct net *net);

const struct fib_prop fib_props[RTN_MAX + 1] = {
	[RTN_UNSPEC] = { 0, RT_SCOPE_NOWHERE },
	[RTN_UNICAST] = { 0, RT_SCOPE_UNIVERSE },
	[RTN_LOCAL] = { 0, RT_SCOPE_HOST },
	[RTN_BROADCAST] = { 0, RT_SCOPE_LINK },
	[RTN_ANYCAST] = { 0, RT_SCOPE_LINK },
	[RTN_MULTICAST] = { 0, RT_SCOPE_UNIVERSE },
	[RTN_BLACKHOLE] = { -EINVAL, RT_SCOPE_UNIVERSE },
	[RTN_UNREACHABLE] = { -EHOSTUNREACH, RT_SCOPE_UNIVERSE },
	[RTN_PROHIBIT] = { -EACCES, RT_SCOPE_UNIVERSE },
	[RTN_THROW] = { -EAGAIN, RT_SCOPE_UNIVERSE },
	[RTN_NAT] = { -EINVAL, RT_SCOPE_NOWHERE },
	[RTN_XRESOLVE] = { -EINVAL, RT_SCOPE_NOWHERE },
};

/* --- making --- */

static int check_type(const struct fib_config *cfg, struct extack *err)
{
	if (cfg->fc_type > RTN_MAX)
		return extack_fail(err, -EINVAL, "Invalid route type");
	if (fib_props[cfg->fc_type].scope > cfg->fc_scope)
		return extack_fail(err, -EINVAL, "Invalid scope");
	if (cfg->fc_flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN))
		return extack_fail(err, -EINVAL,
				   "Invalid rtm_flags - can not contain DEAD or LINKDOWN");
	if (fib_props[cfg->fc_type].error && (cfg->fc_gw || cfg->fc_oif))
		return extack_fail(err, -EINVAL,
				   "Gateway, device and multipath can not be "
				   "specified for this route type");
	if (!fib_props[cfg->fc_type].error &&
	    (cfg->fc_type < RTN_UNICAST || cfg->fc_type > RTN_MULTICAST))
		return extack_fail(err, -EINVAL, "Invalid route type");
	return 0;
}

/*
 * May packets carry this source by this route? A local route may name its own address before it is
 * there.
 */
static bool valid_prefsrc(struct net *net, const struct fib_config *cfg)
{
	if (cfg->fc_type == RTN_LOCAL && cfg->fc_dst && cfg->fc_prefsrc == cfg->fc_dst)
		return true;
	return inet_addr_type(net, cfg->fc_prefsrc) == RTN_LOCAL;
}

/* Everything about a new next hop that can be refused; takes the reference to the device. */
static int check_info(struct net *net, struct fib_info *fi, const struct fib_config *cfg,
		      struct extack *err)
{
	struct fib_nh *nh = &fi->fib_nh;
	int ret;

	if (cfg->fc_scope > RT_SCOPE_HOST)
		return extack_fail(err, -EINVAL, "Invalid scope");
	if (cfg->fc_scope == RT_SCOPE_HOST) {
		if (cfg->fc_gw)
			return extack_fail(err, -EINVAL,
					   "Route with host scope can not have a gateway");
		nh->nh_scope = RT_SCOPE_NOWHERE;
		nh->nh_dev = __dev_get_by_index(net, cfg->fc_oif);
		if (!nh->nh_dev)
			return -ENODEV;
	} else {
		ret = check_nh(net, nh, cfg, err);
		if (ret)
			return ret;
		if (!netif_carrier_ok(nh->nh_dev)) {
			nh->nh_flags |= RTNH_F_LINKDOWN;
			fi->fib_flags |= RTNH_F_LINKDOWN;
		}
	}
	if (cfg->fc_prefsrc && !valid_prefsrc(net, cfg)) {
		nh->nh_dev = NULL;
		return extack_fail(err, -EINVAL, "Invalid prefsrc address");
	}
	dev_hold(nh->nh_dev);
	return 0;
}

/* Preferred source of a next hop, kept until an address changes anywhere */
static __be32 update_nh_saddr(struct net *net, struct fib_nh *nh, unsigned char scope)
{
	int genid = net->ipv4->dev_addr_genid;

	WRITE_ONCE(nh->nh_saddr, inet_select_addr(nh->nh_dev, nh->nh_gw, scope));
	smp_store_release(&nh->nh_saddr_genid, genid);
	return READ_ONCE(nh->nh_saddr);
}

static struct fib_info *alloc_info(struct net *net, const struct fib_config *cfg)
{
	struct machine *m = &net->m;
	struct fib_info *fi = kzalloc(m, sizeof(*fi));

	if (!fi)
		return NULL;
	fi->fib_nh.nh_pcpu_rth_output = kzalloc(m, m->nr_cpus * sizeof(struct rtable *));
	if (!fi->fib_nh.nh_pcpu_rth_output) {
		kfree(m, fi);
		return NULL;
	}
	fi->fib_net = net;
	fi->fib_protocol = cfg->fc_protocol;
	fi->fib_scope = cfg->fc_scope;
	fi->fib_type = cfg->fc_type;
	fi->fib_flags = cfg->fc_flags & ~(unsigned)RTNH_F_ONLINK;
	fi->fib_priority = cfg->fc_priority;
	fi->fib_prefsrc = cfg->fc_prefsrc;
	fi->fib_mtu = min_t(uint32_t, cfg->fc_mtu, 65535 - 15);
	fi->fib_advmss = min_t(uint32_t, cfg->fc_advmss, 65535 - 40);
	fi->fib_hoplimit = min_t(uint32_t, cfg->fc_hoplimit, 255);
	fi->fib_mtu_lock = cfg->fc_mtu_lock;
	fi->fib_nh.nh_parent = fi;
	fi->fib_nh.nh_oif = cfg->fc_oif;
	fi->fib_nh.nh_gw = cfg->fc_gw;
	fi->fib_nh.nh_flags = cfg->fc_flags & RTNH_F_ONLINK;
	fi->fib_nh.nh_saddr_genid = -1;
	return fi;
}

/* The memory half: never published, or a grace period ago. */
static void free_info(struct fib_info *fi)
{
	struct machine *m = &fi->fib_net->m;

	rt_nh_release(fi->fib_net, &fi->fib_nh);
	if (fi->fib_nh.nh_dev)
		dev_put(fi->fib_nh.nh_dev);
	kfree(m, fi->fib_nh.nh_pcpu_rth_output);
	kfree(m, fi);
}

struct fib_info *fib_create_info(struct net *net, struct fib_config *cfg, int *ret,
				 struct extack *err)
{
	struct fib_info *fi, *same;

	*ret = check_type(cfg, err);
	if (*ret)
		return NULL;
	grow_tables(net);
	*ret = -ENOBUFS;
	fi = alloc_info(net, cfg);
	if (!fi)
		return NULL;
	*ret = fib_props[cfg->fc_type].error ? 0 : check_info(net, fi, cfg, err);
	if (*ret) {
		free_info(fi);
		return NULL;
	}
	if (fi->fib_nh.nh_dev)
		update_nh_saddr(net, &fi->fib_nh, fi->fib_scope);
	same = find_info(fi);
	if (same) {
		free_info(fi);
		same->fib_treeref++;
		return same;
	}
	fi->fib_treeref = 1;
	hash_info(fi);
	return fi;
}

/* A gateway named to be on link of a device, whatever the routes say */
static int check_nh_onlink(struct net *net, struct fib_nh *nh, const struct fib_config *cfg,
			   struct extack *err)
{
	struct net_device *dev;

	if (cfg->fc_scope >= RT_SCOPE_LINK)
		return extack_fail(err, -EINVAL, "Nexthop has invalid scope");
	dev = __dev_get_by_index(net, nh->nh_oif);
	if (!dev)
		return extack_fail(err, -ENODEV, "Nexthop device required for onlink");
	if (!(dev->flags & IFF_UP))
		return extack_fail(err, -ENETDOWN, "Nexthop device is down");
	if (inet_addr_type_dev_table(net, dev, nh->nh_gw) != RTN_UNICAST)
		return extack_fail(err, -EINVAL, "Nexthop has invalid gateway");
	nh->nh_dev = dev;
	nh->nh_scope = RT_SCOPE_LINK;
	return 0;
}

/* A gateway must itself be reached by a route of narrower scope: directly. */
static int check_nh_gw(struct net *net, struct fib_nh *nh, const struct fib_config *cfg,
		       struct extack *err)
{
	struct fib_table *tb = cfg->fc_table == RT_TABLE_LOCAL ? net->ipv4->fib_local : NULL;
	struct fib_result res = { .fi = NULL };
	struct flowi4 fl4 = { .daddr = nh->nh_gw,
			      .flowi4_oif = nh->nh_oif,
			      .flowi4_iif = LOOPBACK_IFINDEX };
	int ret = -1;

	fl4.flowi4_scope = max_t(uint8_t, (uint8_t)(cfg->fc_scope + 1), RT_SCOPE_LINK);
	if (tb)
		ret = fib_table_lookup(tb, &fl4, &res, FIB_LOOKUP_IGNORE_LINKSTATE);
	if (ret)
		ret = fib_lookup(net, &fl4, &res, FIB_LOOKUP_IGNORE_LINKSTATE);
	if (ret)
		return extack_fail(err, ret, "Nexthop has invalid gateway");
	if (res.type != RTN_UNICAST && res.type != RTN_LOCAL)
		return extack_fail(err, -EINVAL, "Nexthop has invalid gateway");
	if (!FIB_RES_DEV(&res))
		return extack_fail(err, -EINVAL, "No egress device for nexthop gateway");
	if (!(FIB_RES_DEV(&res)->flags & IFF_UP))
		return -ENETDOWN;
	nh->nh_scope = res.scope;
	nh->nh_oif = FIB_RES_NH(&res).nh_oif;
	nh->nh_dev = FIB_RES_DEV(&res);
	return 0;
}

static int check_nh(struct net *net, struct fib_nh *nh, const struct fib_config *cfg,
		    struct extack *err)
{
	struct net_device *dev;

	if (nh->nh_gw && nh->nh_flags & RTNH_F_ONLINK)
		return check_nh_onlink(net, nh, cfg, err);
	if (nh->nh_gw)
		return check_nh_gw(net, nh, cfg, err);
	if (nh->nh_flags & RTNH_F_ONLINK)
		return extack_fail(err, -EINVAL,
				   "Invalid flags for nexthop - PERVASIVE and "
				   "ONLINK can not be set");
	dev = __dev_get_by_index(net, nh->nh_oif);
	if (!dev || !__in_dev_get_rtnl(dev))
		return -ENODEV;
	if (!(dev->flags & IFF_UP))
		return extack_fail(err, -ENETDOWN, "Device for nexthop is not up");
	nh->nh_dev = dev;
	nh->nh_scope = RT_SCOPE_HOST;
	return 0;
}

/* --- ending --- */

static void free_info_rcu(struct rcu_head *head)
{
	free_info(container_of(head, struct fib_info, rcu));
}

void fib_release_info(struct fib_info *fi)
{
	struct fib_info_tables *t = fi->fib_net->ipv4->fib_info;

	if (--fi->fib_treeref)
		return;
	hlist_del(&fi->fib_hash);
	t->count--;
	if (fi->fib_prefsrc)
		hlist_del(&fi->fib_lhash);
	if (fi->fib_nh.nh_dev)
		hlist_del_rcu(&fi->nh_hash);
	WRITE_ONCE(fi->fib_dead, 1);
	call_rcu(&fi->fib_net->m, &fi->rcu, free_info_rcu);
}

/* --- hashes --- */

static struct hlist_head *info_head(const struct fib_info_tables *t, const struct fib_info *fi)
{
	uint32_t h = jhash_3words(
		(uint32_t)fi->fib_prefsrc, fi->fib_priority,
		(uint32_t)fi->fib_protocol << 16 | (uint32_t)fi->fib_scope << 8 | fi->fib_type, 0);

	return &t->info[hash_32(
		jhash_2words(h, (uint32_t)fi->fib_nh.nh_gw ^ (uint32_t)fi->fib_nh.nh_oif, 0),
		t->bits)];
}

static struct hlist_head *laddr_head(const struct fib_info_tables *t, __be32 addr)
{
	return &t->laddr[hash_32((uint32_t)addr, t->bits)];
}

static struct hlist_head *dev_head(struct fib_info_tables *t, const struct net_device *dev)
{
	return &t->dev[hash_32((uint32_t)dev->ifindex, DEVINDEX_BITS)];
}

#define COMPARE_MASK (RTNH_F_DEAD | RTNH_F_LINKDOWN)

static struct fib_info *find_info(const struct fib_info *n)
{
	struct fib_info *fi;

	hlist_for_each_entry(fi, info_head(n->fib_net->ipv4->fib_info, n), fib_hash) {
		if (fi->fib_protocol == n->fib_protocol && fi->fib_scope == n->fib_scope &&
		    fi->fib_type == n->fib_type && fi->fib_prefsrc == n->fib_prefsrc &&
		    fi->fib_priority == n->fib_priority && fi->fib_mtu == n->fib_mtu &&
		    fi->fib_mtu_lock == n->fib_mtu_lock && fi->fib_advmss == n->fib_advmss &&
		    fi->fib_hoplimit == n->fib_hoplimit &&
		    !((fi->fib_flags ^ n->fib_flags) & ~COMPARE_MASK) &&
		    fi->fib_nh.nh_oif == n->fib_nh.nh_oif && fi->fib_nh.nh_gw == n->fib_nh.nh_gw &&
		    fi->fib_nh.nh_scope == n->fib_nh.nh_scope &&
		    fi->fib_nh.nh_dev == n->fib_nh.nh_dev &&
		    !((fi->fib_nh.nh_flags ^ n->fib_nh.nh_flags) & ~COMPARE_MASK))
			return fi;
	}
	return NULL;
}

static void hash_info(struct fib_info *fi)
{
	struct fib_info_tables *t = fi->fib_net->ipv4->fib_info;

	hlist_add_head(&fi->fib_hash, info_head(t, fi));
	t->count++;
	if (fi->fib_prefsrc)
		hlist_add_head(&fi->fib_lhash, laddr_head(t, fi->fib_prefsrc));
	if (fi->fib_nh.nh_dev)
		hlist_add_head_rcu(&fi->nh_hash, dev_head(t, fi->fib_nh.nh_dev));
}

/* Twice as many chains when there are as many entries. Without memory the old ones serve. */
static void grow_tables(struct net *net)
{
	struct fib_info_tables *t = net->ipv4->fib_info, old = *t;
	struct hlist_head *info, *laddr;
	struct hlist_node *tmp;
	struct fib_info *fi;

	if (t->count < 1u << t->bits || t->bits >= INFO_BITS_MAX)
		return;
	info = kzalloc(&net->m, sizeof(*info) << (t->bits + 1));
	laddr = kzalloc(&net->m, sizeof(*laddr) << (t->bits + 1));
	if (!info || !laddr) {
		kfree(&net->m, info);
		kfree(&net->m, laddr);
		return;
	}
	t->info = info;
	t->laddr = laddr;
	t->bits++;
	for (unsigned i = 0; i < 1u << old.bits; i++) {
		hlist_for_each_entry_safe(fi, tmp, &old.info[i], fib_hash)
			hlist_add_head(&fi->fib_hash, info_head(t, fi));
		hlist_for_each_entry_safe(fi, tmp, &old.laddr[i], fib_lhash)
			hlist_add_head(&fi->fib_lhash, laddr_head(t, fi->fib_prefsrc));
	}
	kfree(&net->m, old.info);
	kfree(&net->m, old.laddr);
}

/* --- matching --- */

int fib_nh_match(const struct fib_config *cfg, const struct fib_info *fi)
{
	if (cfg->fc_priority && cfg->fc_priority != fi->fib_priority)
		return 1;
	if (cfg->fc_oif && cfg->fc_oif != fi->fib_nh.nh_oif)
		return 1;
	return cfg->fc_gw && cfg->fc_gw != fi->fib_nh.nh_gw;
}

bool fib_metrics_match(const struct fib_config *cfg, const struct fib_info *fi)
{
	return (!cfg->fc_mtu || cfg->fc_mtu == fi->fib_mtu) &&
	       (!cfg->fc_advmss || cfg->fc_advmss == fi->fib_advmss) &&
	       (!cfg->fc_hoplimit || cfg->fc_hoplimit == fi->fib_hoplimit);
}

/* --- events --- */

/*
 * Does this event end the next hop? Routes to our own addresses outlive NETDEV_DOWN (their scope is
 * NOWHERE).
 */
int fib_sync_down_dev(struct net_device *dev, unsigned long event, bool force)
{
	struct fib_info_tables *t = dev_net(dev)->ipv4->fib_info;
	unsigned dying = event == NETDEV_CHANGE ? RTNH_F_LINKDOWN : RTNH_F_DEAD | RTNH_F_LINKDOWN;
	struct fib_info *fi;
	int found = 0;

	hlist_for_each_entry(fi, dev_head(t, dev), nh_hash) {
		struct fib_nh *nh = &fi->fib_nh;

		if (nh->nh_dev != dev)
			continue;
		if (!(nh->nh_flags & RTNH_F_DEAD) && !force && nh->nh_scope == RT_SCOPE_NOWHERE)
			continue;
		if (!(nh->nh_flags & RTNH_F_DEAD))
			WRITE_ONCE(nh->nh_flags, nh->nh_flags | dying);
		WRITE_ONCE(fi->fib_flags, fi->fib_flags | (event == NETDEV_CHANGE ? RTNH_F_LINKDOWN
										  : RTNH_F_DEAD));
		found++;
	}
	return found;
}

int fib_sync_down_addr(struct net_device *dev, __be32 local)
{
	struct net *net = dev_net(dev);
	struct fib_info *fi;
	int found = 0;

	if (!local)
		return 0;
	hlist_for_each_entry(fi, laddr_head(net->ipv4->fib_info, local), fib_lhash) {
		if (fi->fib_prefsrc != local)
			continue;
		WRITE_ONCE(fi->fib_flags, fi->fib_flags | RTNH_F_DEAD);
		found++;
	}
	return found;
}

int fib_sync_up(struct net_device *dev, unsigned nh_flags)
{
	struct fib_info_tables *t = dev_net(dev)->ipv4->fib_info;
	struct fib_info *fi;
	int found = 0;

	if (!(dev->flags & IFF_UP))
		return 0;
	if (nh_flags & RTNH_F_DEAD && netif_running(dev) && netif_carrier_ok(dev))
		nh_flags |= RTNH_F_LINKDOWN;
	hlist_for_each_entry(fi, dev_head(t, dev), nh_hash) {
		if (fi->fib_nh.nh_dev != dev || !(fi->fib_nh.nh_flags & nh_flags) ||
		    !__in_dev_get_rtnl(dev))
			continue;
		WRITE_ONCE(fi->fib_nh.nh_flags, fi->fib_nh.nh_flags & ~nh_flags);
		WRITE_ONCE(fi->fib_flags, fi->fib_flags & ~nh_flags);
		found++;
	}
	return found;
}

bool ip_fib_check_default(__be32 gw, struct net_device *dev)
{
	struct fib_info *fi;

	hlist_for_each_entry_rcu(fi, dev_head(dev_net(dev)->ipv4->fib_info, dev), nh_hash)
		if (fi->fib_nh.nh_dev == dev && fi->fib_nh.nh_gw == gw &&
		    !(READ_ONCE(fi->fib_nh.nh_flags) & RTNH_F_DEAD))
			return true;
	return false;
}

__be32 fib_result_prefsrc(struct net *net, struct fib_result *res)
{
	struct fib_nh *nh = &FIB_RES_NH(res);

	if (res->fi->fib_prefsrc)
		return res->fi->fib_prefsrc;
	if (smp_load_acquire(&nh->nh_saddr_genid) == net->ipv4->dev_addr_genid)
		return READ_ONCE(nh->nh_saddr);
	return update_nh_saddr(net, nh, res->fi->fib_scope);
}

int fib_semantics_init(struct net *net)
{
	struct fib_info_tables *t = kzalloc(&net->m, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->bits = INFO_BITS_MIN;
	t->info = kzalloc(&net->m, sizeof(*t->info) << t->bits);
	t->laddr = kzalloc(&net->m, sizeof(*t->laddr) << t->bits);
	net->ipv4->fib_info = t;
	if (t->info && t->laddr)
		return 0;
	fib_semantics_exit(net);
	return -ENOMEM;
}

void fib_semantics_exit(struct net *net)
{
	struct fib_info_tables *t = net->ipv4->fib_info;

	kfree(&net->m, t->info);
	kfree(&net->m, t->laddr);
	kfree(&net->m, t);
	net->ipv4->fib_info = NULL;
}
