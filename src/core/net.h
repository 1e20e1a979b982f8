/* SPDX-License-Identifier: MIT */
#ifndef CORE_NET_H
#define CORE_NET_H
/*
 * net.h - one network stack: the machine it runs on, its devices, tables and settings
 *
 * Theory of operation
 *   Everything mutable hangs here or on a vcpu, a device or a sock; two nets fit in one process and never meet. src/stack.c creates and
 *   destroys it and calls each room's init in order. Upper rooms hang their part on a pointer whose type only they know.
 *   Settings (sysctl values) are written by the control thread with WRITE_ONCE and read anywhere with READ_ONCE.
 */
#include "core/dev.h"
#include "core/skbuff.h"
#include "core/timekeeping.h"
#include "fs/proc.h"
#include "fs/sysctl.h"
#include "kernel/machine.h"
#include "lib/hash.h"

#define PTYPE_HASH_SIZE 16
#define PTYPE_HASH_MASK (PTYPE_HASH_SIZE - 1)
#define NETDEV_HASHENTRIES 64
#define MAX_INET_PROTOS 256

struct netns_ipv4;   /* ipv4/netns.h */
struct netns_nf;     /* netfilter/core.h */
struct net_protocol; /* ipv4/protocol.h */
struct rtnl_link;
struct tracefs;
struct sched_ops;
struct sock_policy;
struct packet_filter;
struct packet_offload;

struct netns_core { /* net.core.* */
	int sysctl_netdev_budget;	/* 300 */
	int sysctl_netdev_max_backlog;	/* 1000 */
	int sysctl_dev_weight;		/* 64 */
	int sysctl_netdev_tstamp_prequeue; /* 1 */
	int sysctl_rmem_default, sysctl_rmem_max, sysctl_wmem_default, sysctl_wmem_max; /* 212992 */
	int sysctl_optmem_max;		/* 20480 */
	int sysctl_message_cost, sysctl_message_burst; /* log rate limit: 5 s, 10 */
	struct ctl_table_header *sysctl_hdr;
	struct ctl_table_header *dev_sysctl_hdr; /* of core/net.c */
};

struct net {
	struct machine m; /* first: a vcpu's machine is its net */
	struct vfs vfs;
	int abi; /* 0: today's file layouts; 313: those of Linux 3.13 */
	siphash_key_t hash_key; /* keyed hashes of this net */
	uint32_t hash_rnd;

	struct skb_pools skb;
	struct netns_core core;

	/* devices */
	struct list_head dev_base_head; /* [R] RCU */
	struct hlist_head dev_name_head[NETDEV_HASHENTRIES], dev_index_head[NETDEV_HASHENTRIES];
	int last_ifindex;
	struct net_device *loopback_dev;
	struct list_head netdev_chain;
	struct list_head net_todo_list; /* [R] unregistered devices that are still referenced */
	const struct sched_ops *sched; /* [I] */
	struct list_head ptype_base[PTYPE_HASH_SIZE]; /* [R] RCU */
	struct list_head ptype_all;
	int ptype_special; /* handlers that are not on ptype_base: of all packets, or of one device */
	const struct packet_offload *offload[2]; /* [R] core/gro.h */
	atomic_t netstamp_needed;
	unsigned next_napi_id;
	struct packet_filter *packet_filter; /* [R] RCU; NULL: every packet is followed (core/packet_trace.c) */

	/* sockets */
	uint64_t *changes, changes_own; /* [A] net_changed(); the former points to the latter, or to memory of others */
	void (*before_read)(struct net *net); /* [R] brings charges and counters up to date; NULL: they are */
	_Atomic long sockets_inuse;
	_Atomic uint64_t next_ino; /* inode numbers of our sockets when the host gives none */
	_Atomic uint64_t sock_cookie;
	struct proto_registry *protos;	/* core/sock.c */
	const struct sock_policy *sock_policy; /* [R] RCU; NULL: none */
	struct kmem_cache *dst_cache;
	struct list_head neigh_tables;	/* [R] */
	const struct net_proto_family *family[46]; /* [I] PF_*: socket creation */
	struct rtnl_link *rtnl;		/* rtnetlink handlers */
	struct list_head rtnl_groups;	/* subscribers */
	uint32_t rtnl_wanted;		/* RTMGRP_* that one of them has subscribed to */

	struct netns_nf *nf;	 /* netfilter's part */
	struct netns_ipv4 *ipv4; /* ipv4's part */
	void *drivers;		 /* drivers' part: registry */
	struct tracefs *tracefs; /* tracefs' part */
};

static __always_inline struct net *vcpu_net(const struct vcpu *v) { return container_of(v->m, struct net, m); }
static __always_inline struct net *this_net(void) { return vcpu_net(this_vcpu()); }
#define net_log(net) (&(net)->m.log)

/* Something is different now by which the answer to a send may be another: routes, addresses, links, settings. Called when it can be seen. */
static __always_inline void net_changed(struct net *net)
{
	__atomic_fetch_add(READ_ONCE(net->changes), 1, __ATOMIC_SEQ_CST);
}

/* Stamp @skb if anyone wants stamps and it has none. */
static __always_inline void net_timestamp_check(struct net *net, struct sk_buff *skb)
{
	if (unlikely(atomic_read(&net->netstamp_needed)) && !skb->tstamp)
		skb->tstamp = ktime_get_real(net);
}

/* net_core_init() - everything of this floor, in order; net_core_exit() undoes it */
int net_core_init(struct net *net);
void net_core_exit(struct net *net);

#endif
