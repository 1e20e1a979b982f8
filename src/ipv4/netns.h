/* SPDX-License-Identifier: MIT */
#ifndef IPV4_NETNS_H
#define IPV4_NETNS_H
/*
 * netns.h - everything of IPv4 that belongs to one net (mirrors include/net/netns/ipv4.h)
 *
 * Theory of operation
 *   Allocated by inet_init() and hung on net->ipv4. Settings are read anywhere with READ_ONCE and written by the control thread; tables
 *   are RCU. Times that Linux keeps in jiffies are kept in jiffies here.
 */
#include "core/neighbour.h"
#include "core/net.h"
#include "core/rtnetlink.h"
#include "core/sock.h"

struct fib_table;
struct udp_table;
struct fqdir;
struct inet_peer_base;
struct net_protocol;
struct net_offload;
struct raw_hashinfo;
struct ping_table;
struct ip_ra_chain;

/* Per-device settings net.ipv4.conf.NAME.*; index into ipv4_devconf.data */
enum ipv4_devconf_id { DEVCONF_FORWARDING, DEVCONF_ACCEPT_REDIRECTS, DEVCONF_SECURE_REDIRECTS, DEVCONF_SEND_REDIRECTS,
		       DEVCONF_SHARED_MEDIA, DEVCONF_RP_FILTER, DEVCONF_ACCEPT_SOURCE_ROUTE, DEVCONF_ACCEPT_LOCAL, DEVCONF_PROXY_ARP,
		       DEVCONF_LOG_MARTIANS, DEVCONF_ARP_FILTER, DEVCONF_ARP_ANNOUNCE, DEVCONF_ARP_IGNORE, DEVCONF_ARP_ACCEPT,
		       DEVCONF_ARP_NOTIFY, DEVCONF_DROP_GRATUITOUS_ARP, DEVCONF_FORCE_IGMP_VERSION,
		       DEVCONF_IGMPV2_UNSOLICITED_REPORT_INTERVAL, DEVCONF_IGMPV3_UNSOLICITED_REPORT_INTERVAL,
		       DEVCONF_PROMOTE_SECONDARIES, DEVCONF_ROUTE_LOCALNET, DEVCONF_DROP_UNICAST_IN_L2_MULTICAST, DEVCONF_BC_FORWARDING,
		       DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN, DEVCONF_ARP_EVICT_NOCARRIER, DEVCONF_MAX };
struct ipv4_devconf {
	int data[DEVCONF_MAX];
	unsigned long state; /* bit per setting: chosen for this device, so that a new default does not change it */
	struct ctl_table_header *sysctl_hdr;
};

struct netns_ipv4 {
	struct net *net;

	/* protocols */
	const struct net_protocol *protos[MAX_INET_PROTOS]; /* [I] after init */
	const struct net_offload *offloads[MAX_INET_PROTOS]; /* [I] after init */
	struct packet_type ip_packet_type, arp_packet_type;
	struct netdev_notifier devinet_nb, fib_nb, arp_nb;

	/* devinet, fib, route */
	struct ipv4_devconf devconf_all, devconf_dflt;
	struct hlist_head *inet_addr_lst; /* all local addresses by hash, RCU */
	struct fib_table *fib_main, *fib_local;
	struct fib_info_tables *fib_info; /* fib_semantics.c */
	struct kmem_cache *fib_leaf_cache; /* struct trie_leaf */
	bool fib_has_custom;
	unsigned fib_genid;		  /* [A] moves with every change: cached routes are checked against rt_genid */
	_Atomic int rt_genid;
	struct kmem_cache *rt_cache;	  /* struct rtable */
	struct dst_ops const *dst_ops;
	_Atomic int dev_addr_genid;	  /* moves with every address: preferred sources kept in next hops */
	_Atomic int fnhe_genid;		  /* moves when route exceptions are to be forgotten */
	spinlock_t rt_lock;		  /* rt_list: every rtable, so that a device can leave them */
	struct list_head rt_list;
	spinlock_t fnhe_lock;		  /* leaf: exceptions of all next hops */
	struct rt_cpu *rt_cpu;		  /* one per vCPU: counters of rt_cache, rate of martian lines */

	/* neighbours */
	struct neigh_table arp_tbl;

	/* ip */
	struct inet_peer_base *peers;
	struct fqdir *fqdir;		/* fragments */
	siphash_key_t ip_id_key;
	uint32_t *ip_idents;		/* [A] buckets of the IP id generator, then the time of each one's last use */
	uint32_t ip_idents_mask;

	/* sockets */
	struct udp_table *udp_table, *udplite_table;
	struct raw_hashinfo *raw;
	struct ping_table *ping;
	_Atomic long udp_memory_allocated;
	atomic_t udp_gro_needed;	/* sockets with UDP_GRO: while there is none GRO looks no socket up */
	struct sock *icmp_sk[VCPU_MAX];	/* one control socket per vCPU */
	struct ip_ra_chain *ra_chain;	/* [L:ra_lock] RCU readers: sockets that want router alerts */
	spinlock_t ra_lock;
	struct icmp_ratelimit *icmp_rl;

	/* net.ipv4.* */
	/* ip_forward is devconf_all's FORWARDING: devinet.c */
	int sysctl_ip_default_ttl;		/* 64 */
	int sysctl_ip_no_pmtu_disc;		/* 0 */
	int sysctl_ip_forward_use_pmtu;		/* 0 */
	int sysctl_ip_nonlocal_bind;		/* 0 */
	int sysctl_ip_early_demux;		/* 1 */
	int sysctl_udp_early_demux;		/* 1 */
	int sysctl_ip_local_port_range[2];	/* 32768 60999 */
	int sysctl_ip_unprivileged_port_start;	/* 1024 */
	int sysctl_icmp_echo_ignore_all, sysctl_icmp_echo_ignore_broadcasts; /* 0 1 */
	int sysctl_icmp_ignore_bogus_error_responses;	/* 1 */
	int sysctl_icmp_ratelimit, sysctl_icmp_ratemask; /* 1000 ms, 6168 */
	int sysctl_icmp_msgs_per_sec, sysctl_icmp_msgs_burst; /* 1000 50 */
	int sysctl_icmp_errors_use_inbound_ifaddr;
	int sysctl_igmp_max_memberships, sysctl_igmp_max_msf, sysctl_igmp_qrv, sysctl_igmp_llm_reports; /* 20 10 2 1 */
	long sysctl_udp_mem[3];			/* pages */
	int sysctl_udp_rmem_min, sysctl_udp_wmem_min; /* 4096 */
	int sysctl_ping_group_range[2];		/* 1 0: nobody */
	int sysctl_min_pmtu, sysctl_mtu_expires; /* 552, 600 s in jiffies */
	int sysctl_redirect_number, sysctl_redirect_load, sysctl_redirect_silence; /* 9; jiffies: 20 ms, 20.48 s */
	int sysctl_error_cost, sysctl_error_burst; /* jiffies: 1 s, 5 s */
	struct ctl_table_header *rt_sysctl_hdr, *devinet_sysctl_hdr;
	int sysctl_ipfrag_max_dist;		/* 64 */
	struct ctl_table_header *sysctl_hdr[8], *icmp_sysctl_hdr;
};

/* Value of a per-device setting */
#define IPV4_DEVCONF(cnf, id) ((cnf).data[DEVCONF_##id])
#define IPV4_DEVCONF_ALL(net, id) IPV4_DEVCONF((net)->ipv4->devconf_all, id)
#define IN_DEV_CONF_GET(in_dev, id) IPV4_DEVCONF((in_dev)->cnf, id)
#define IN_DEV_ANDCONF(in_dev, id) (IPV4_DEVCONF_ALL(dev_net((in_dev)->dev), id) && IN_DEV_CONF_GET(in_dev, id))
#define IN_DEV_ORCONF(in_dev, id) (IPV4_DEVCONF_ALL(dev_net((in_dev)->dev), id) || IN_DEV_CONF_GET(in_dev, id))
#define IN_DEV_MAXCONF(in_dev, id) max(IPV4_DEVCONF_ALL(dev_net((in_dev)->dev), id), IN_DEV_CONF_GET(in_dev, id))

#endif
