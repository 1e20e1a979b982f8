/* SPDX-License-Identifier: MIT */
#ifndef IPV4_IGMP_H
#define IPV4_IGMP_H
/*
 * igmp.h - group membership (RFC 2236, 3376, 1112; mirrors net/ipv4/igmp.c)
 */
#include <linux/igmp.h>

#include "ipv4/inet_sock.h"
#include "ipv4/inetdevice.h"

struct ip_sf_list {
	struct ip_sf_list *sf_next;
	__be32 sf_inaddr;
	unsigned long sf_count[2]; /* include, exclude */
	unsigned char sf_gsresp, sf_oldin, sf_crcount;
};

struct ip_mc_list {
	struct in_device *interface;
	__be32 multiaddr;
	unsigned sfmode;
	struct ip_sf_list *sources, *tomb;
	unsigned long sfcount[2];
	struct ip_mc_list *next_rcu;
	struct ktimer timer;
	int users;
	atomic_t refcnt;
	spinlock_t lock;
	unsigned char tm_running, reporter, unsolicit_count, loaded, gsquery, crcount;
	struct rcu_head rcu;
};

struct ip_sf_socklist {
	unsigned sl_max, sl_count;
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

int igmp_init(struct net *net); /* protocol, /proc/net/{igmp,mcfilter}, control socket */
void igmp_exit(struct net *net);
int igmp_rcv(struct sk_buff *skb); /* consumes */
/* device events, called by devinet (RTNL, inside vCPU 0 by smp_call where timers are touched) */
void ip_mc_init_dev(struct in_device *in_dev);
void ip_mc_up(struct in_device *in_dev);
void ip_mc_down(struct in_device *in_dev);
void ip_mc_destroy_dev(struct in_device *in_dev);
int ip_mc_inc_group(struct in_device *in_dev, __be32 addr);
void ip_mc_dec_group(struct in_device *in_dev, __be32 addr);
/* Is @mc_addr from @src wanted on this device? (RCU) */
bool ip_check_mc_rcu(struct in_device *in_dev, __be32 mc_addr, __be32 src_addr, uint8_t proto);
/* Does this socket want it? */
bool ip_mc_sf_allow(const struct sock *sk, __be32 local, __be32 rmt, int dif);
int ip_mc_join_group(struct sock *sk, struct ip_mreqn *imr);
int ip_mc_join_group_ssm(struct sock *sk, struct ip_mreqn *imr, unsigned mode);
int ip_mc_leave_group(struct sock *sk, struct ip_mreqn *imr);
int ip_mc_source(int add, int omode, struct sock *sk, struct ip_mreq_source *mreqs, int ifindex);
int ip_mc_msfilter(struct sock *sk, struct ip_msfilter *msf, int ifindex);
int ip_mc_msfget(struct sock *sk, struct ip_msfilter *msf, struct in_addr *slist, unsigned slist_max);
void ip_mc_drop_socket(struct sock *sk);

#endif
