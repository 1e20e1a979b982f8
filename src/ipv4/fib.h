/* SPDX-License-Identifier: MIT */
#ifndef IPV4_FIB_H
#define IPV4_FIB_H
/*
 * fib.h - the forwarding information base: a trie per table (mirrors include/net/ip_fib.h;
 * fib_trie.c, fib_semantics.c, fib_frontend.c)
 *
 * Theory of operation
 *   Two tables, local (255) and main (254), each a level-compressed trie keyed by the prefix; a
 *   leaf holds aliases ordered by prefix length, tos, priority. A fib_info is the shared next-hop
 *   half of routes that differ only in prefix. A lookup asks local, then main, and answers with the
 *   longest prefix whose next hop is usable. Input and output routes (rtable) are cached in the
 *   next hop, so that the walk allocates nothing per packet. Changes by RTNL, RCU readers; every
 *   change moves net->ipv4->rt_genid.
 */
#include <errno.h>

#include "fs/seq_file.h"
#include "ipv4/inetdevice.h"
#include "ipv4/route.h"

struct fib_info;
struct rtable;

struct fib_config {
	uint8_t fc_dst_len, fc_tos, fc_protocol, fc_scope, fc_type;
	uint32_t fc_table;
	__be32 fc_dst, fc_gw, fc_prefsrc;
	int fc_oif;
	uint32_t fc_flags; /* RTNH_F_* */
	uint32_t fc_priority;
	uint32_t fc_mtu, fc_advmss, fc_hoplimit; /* RTAX_* with an effect here */
	bool fc_mtu_lock;
	uint32_t fc_nlflags;	    /* NLM_F_* */
	uint32_t fc_portid, fc_seq; /* who asked: shown in the notification */
};

struct fib_table;

#define FNHE_HASH_SIZE 256 /* per next hop: PMTU and redirect exceptions, bounded */
struct fib_nh_exception;

struct fib_nh {
	struct net_device *nh_dev;
	struct fib_info *nh_parent;
	unsigned nh_flags; /* RTNH_F_DEAD, LINKDOWN, ONLINK */
	unsigned char nh_scope;
	int nh_oif;
	__be32 nh_gw, nh_saddr;
	int nh_saddr_genid;
	struct rtable *nh_rth_input;		 /* RCU: shared route of received packets */
	struct rtable **nh_pcpu_rth_output;	 /* one per vCPU */
	struct fib_nh_exception **nh_exceptions; /* RCU hash, made on demand */
};

struct fib_info {
	struct hlist_node fib_hash, fib_lhash;
	struct hlist_node nh_hash; /* [R] by device */
	struct net *fib_net;
	atomic_t fib_clntref;
	int fib_treeref; /* [R] */
	unsigned fib_flags;
	unsigned char fib_dead, fib_protocol, fib_scope, fib_type;
	__be32 fib_prefsrc;
	uint32_t fib_priority, fib_mtu, fib_advmss, fib_hoplimit;
	bool fib_mtu_lock;
	struct rcu_head rcu;
	struct fib_nh fib_nh; /* one next hop; multipath is refused */
};

struct fib_alias {
	struct hlist_node fa_list;
	struct fib_info *fa_info;
	uint8_t fa_tos, fa_type, fa_state, fa_slen;
	uint32_t tb_id;
	struct net *net;
	struct rcu_head rcu;
};

struct fib_result {
	__be32 prefix;
	unsigned char prefixlen, type, scope;
	struct fib_info *fi;
	struct fib_table *table;
};
#define FIB_RES_NH(res) ((res)->fi->fib_nh)
#define FIB_RES_DEV(res) ((res)->fi->fib_nh.nh_dev)

/*
 * fib_trie.c, fib_trie_tree.c: real functions of the walk: fib_table_lookup > check_leaf. 0;
 * -EAGAIN: no match; else the error of the route's type (unreachable: -EHOSTUNREACH ...). Any
 * thread, RCU.
 */
int fib_table_lookup(struct fib_table *tb, const struct flowi4 *flp, struct fib_result *res,
		     int fib_flags);
#define FIB_LOOKUP_IGNORE_LINKSTATE 2
/* a new, empty table; NULL without memory */
struct fib_table *fib_trie_table(struct net *net, uint32_t id);
int fib_table_insert(struct net *net, struct fib_table *tb, struct fib_config *cfg,
		     struct extack *err);
/* -ESRCH */
int fib_table_delete(struct net *net, struct fib_table *tb, struct fib_config *cfg,
		     struct extack *err);
int fib_table_flush(struct net *net, struct fib_table *tb, bool all);
void fib_free_table(struct fib_table *tb);
void fib_trie_show(struct seq_file *m, struct fib_table *tb); /* /proc/net/fib_trie */
/* one table of /proc/net/fib_triestat */
void fib_trie_stat_show(struct seq_file *m, struct fib_table *tb);
typedef int (*fib_walk_cb)(struct fib_table *tb, __be32 prefix, unsigned plen,
			   const struct fib_alias *fa, void *arg);
/* in prefix order; ends at the first non-zero answer, which is returned */
int fib_table_walk(struct fib_table *tb, fib_walk_cb cb, void *arg);

/* fib_semantics.c: RTNL */
int fib_semantics_init(struct net *net);
void fib_semantics_exit(struct net *net);
/*
 * The next-hop half of @cfg, shared with equal ones; a table reference for the caller. NULL with
 * *ret = -errno and a text.
 */
struct fib_info *fib_create_info(struct net *net, struct fib_config *cfg, int *ret,
				 struct extack *err);
void fib_release_info(struct fib_info *fi);
/* 0: the same next hop, as far as @cfg says */
int fib_nh_match(const struct fib_config *cfg, const struct fib_info *fi);
bool fib_metrics_match(const struct fib_config *cfg, const struct fib_info *fi);
/* Number of next hops that died (then flush) or came back. */
int fib_sync_down_dev(struct net_device *dev, unsigned long event, bool force);
int fib_sync_down_addr(struct net_device *dev, __be32 local);
int fib_sync_up(struct net_device *dev, unsigned nh_flags);
/* is @gw a live next hop of @dev? Any thread, RCU */
bool ip_fib_check_default(__be32 gw, struct net_device *dev);
__be32 fib_result_prefsrc(struct net *net, struct fib_result *res); /* any thread */
extern const struct fib_prop {
	int error;
	uint8_t scope;
} fib_props[RTN_MAX + 1];

/* fib_netlink.c */
int fib_netlink_init(struct net *net);
void rtmsg_fib(int event, struct net *net, const struct fib_config *cfg, __be32 prefix,
	       unsigned plen, const struct fib_alias *fa);
/* One route message into @b: 0, or -EMSGSIZE when memory ran out */
notrace int fib_dump_info(struct nl_buf *b, const struct fib_config *cfg, int event, unsigned flags,
		  __be32 prefix, unsigned plen, const struct fib_alias *fa);
/* SIOCADDRT, SIOCDELRT */
struct rtentry;
int ip_rt_ioctl(struct net *net, unsigned cmd, struct rtentry *rt, bool admin);
/* fib_procfs.c: /proc/net/{route,fib_trie,fib_triestat} */
int fib_proc_init(struct net *net);
void fib_proc_exit(struct net *net);

/* fib_frontend.c */
/* tables, notifiers, RTM_*ROUTE, /proc/net/route, fib_trie */
int fib_frontend_init(struct net *net);
void fib_frontend_exit(struct net *net);
/*
 * 0 ok (>0: indirect, a redirect may be due), -EINVAL martian, -EXDEV rp_filter. *itag unused
 * classid.
 */
int fib_validate_source(struct sk_buff *skb, __be32 src, __be32 dst, uint8_t tos, int oif,
			struct in_device *idev);
__be32 fib_compute_spec_dst(struct sk_buff *skb);
/* RTN_UNICAST, LOCAL, BROADCAST, MULTICAST */
unsigned inet_addr_type(struct net *net, __be32 addr);
unsigned inet_dev_addr_type(struct net *net, const struct net_device *dev, __be32 addr);
unsigned inet_addr_type_dev_table(struct net *net, const struct net_device *dev, __be32 addr);
void fib_add_ifaddr(struct in_ifaddr *ifa);
void fib_del_ifaddr(struct in_ifaddr *ifa, struct in_ifaddr *iprim);
void fib_inetaddr_event(int event, struct in_ifaddr *ifa); /* devinet: IFA_UP, IFA_DOWN */
void fib_flush(struct net *net);
struct fib_table *fib_get_table(struct net *net, uint32_t id); /* NULL: no such table; 0 is main */
/* RTNL: add or delete a route given as config; used by configuration code */
int fib_route_add(struct net *net, struct fib_config *cfg, struct extack *err);
int fib_route_del(struct net *net, struct fib_config *cfg, struct extack *err);

/* local, then main: 0 or -ENETUNREACH ... Inline: the walk shows fib_table_lookup itself */
static __always_inline int fib_lookup(struct net *net, const struct flowi4 *flp,
				      struct fib_result *res, int flags)
{
	int err = fib_table_lookup(net->ipv4->fib_local, flp, res, flags);

	if (err == -EAGAIN)
		err = fib_table_lookup(net->ipv4->fib_main, flp, res, flags);
	return err == -EAGAIN ? -ENETUNREACH : err;
}

#endif
