/* SPDX-License-Identifier: MIT */
#ifndef IPV4_IGMP_H
#define IPV4_IGMP_H
/*
 * igmp.h - group membership (RFC 1112, 2236, 3376; mirrors net/ipv4/igmp.c)
 *
 * Theory of operation
 *   Two layers. A socket has a list of memberships (struct ip_mc_socklist), each with a filter by
 *   source. An interface has a list of groups (struct ip_mc_list): how many want the group, and the
 *   merged filter of all of them. Routers are told of the second by IGMP.
 *
 *   Joins and leaves are socket calls on any vCPU, device events come from RTNL, queries from
 *   softirq. All of them change the lists of an interface under in_device.mc_lock, which is a leaf
 *   but for dev->addr_lock; what reads them on the packet's way walks them under RCU. No packet
 *   leaves with the lock held: reports are built under it into a queue, and sent without it. A
 *   socket's list is changed under the socket's lock, and read under RCU.
 */
#include <linux/igmp.h>

#include "ipv4/inet_sock.h"
#include "ipv4/inetdevice.h"

/*
 * A source of an interface's group. Both modes are counted: the number of sockets that named it so.
 */
struct ip_sf_list {
	struct ip_sf_list *sf_next; /* RCU */
	__be32 sf_inaddr;
	unsigned long sf_count[2]; /* MCAST_EXCLUDE, MCAST_INCLUDE */
	unsigned char sf_gsresp;   /* a query asked for it */
	unsigned char sf_oldin;	   /* was wanted before the change that is being made */
	unsigned char sf_crcount;  /* state change reports left to send */
	struct net *net;
	struct rcu_head rcu;
};

/* A group of an interface. [L:mc_lock], RCU readers of the links, addresses and counts. */
struct ip_mc_list {
	struct in_device *interface;
	__be32 multiaddr;
	unsigned sfmode;
	struct ip_sf_list *sources, *tomb; /* tomb: gone, and not yet told often enough */
	unsigned long sfcount[2];
	struct ip_mc_list *next_rcu;
	unsigned long expires; /* jiffies of the next report while tm_running */
	int users;
	unsigned char tm_running, reporter, unsolicit_count, loaded, gsquery, crcount;
	struct net *net;
	struct rcu_head rcu;
};

/* The filter of a socket's membership; replaced as a whole. */
struct ip_sf_socklist {
	unsigned sl_count;
	struct rcu_head rcu;
	struct net *net;
	__be32 sl_addr[];
};

struct ip_mc_socklist {
	struct ip_mc_socklist *next_rcu;
	struct ip_mreqn multi;
	unsigned sfmode;
	struct ip_sf_socklist *sflist;
	struct rcu_head rcu;
	struct net *net;
};

int igmp_init(struct net *net); /* protocol, /proc/net/{igmp,mcfilter} */
void igmp_exit(struct net *net);
int igmp_rcv(struct sk_buff *skb); /* consumes */
/*
 * Device events, called by devinet: RTNL, outside any vCPU or inside one. What they do is done
 * inside vCPU 0. ip_mc_destroy_dev() wants in_dev->dead set before.
 */
void ip_mc_init_dev(struct in_device *in_dev);
void ip_mc_up(struct in_device *in_dev);
void ip_mc_down(struct in_device *in_dev);
void ip_mc_destroy_dev(struct in_device *in_dev);
/* One more, one less who wants all sources of @addr. 0, -ENOMEM, -ENODEV. RTNL or a vCPU. */
int ip_mc_inc_group(struct in_device *in_dev, __be32 addr);
void ip_mc_dec_group(struct in_device *in_dev, __be32 addr);
/* Is @mc_addr from @src (0: any) wanted on this device? RCU */
bool ip_check_mc_rcu(struct in_device *in_dev, __be32 mc_addr, __be32 src_addr, uint8_t proto);

/* Does this socket want it? RCU */
bool ip_mc_sf_allow(const struct sock *sk, __be32 local, __be32 rmt, int dif);
/* Calls, under the socket's lock; *@imr learns the interface. Errors as in Linux. */
int ip_mc_join_group(struct sock *sk, struct ip_mreqn *imr);
int ip_mc_join_group_ssm(struct sock *sk, struct ip_mreqn *imr, unsigned mode);
int ip_mc_leave_group(struct sock *sk, struct ip_mreqn *imr);
int ip_mc_source(int add, int omode, struct sock *sk, struct ip_mreq_source *mreqs, int ifindex);
int ip_mc_msfilter(struct sock *sk, struct ip_msfilter *msf, int ifindex);
/* @msf->imsf_numsrc becomes the number there are; at most @slist_max are copied. */
int ip_mc_msfget(struct sock *sk, struct ip_msfilter *msf, struct in_addr *slist,
		 unsigned slist_max);
void ip_mc_drop_socket(struct sock *sk); /* leave all: the socket closes */

#endif
