/* SPDX-License-Identifier: MIT */
#ifndef IPV4_INETPEER_H
#define IPV4_INETPEER_H
/*
 * inetpeer.h - what is remembered about a peer address: ICMP rate tokens, redirects (mirrors net/ipv4/inetpeer.c)
 *
 * A bounded hash of entries aged when the bound is reached; RCU readers, changed under the table's lock. References are counted.
 */
#include "ipv4/netns.h"

struct inet_peer {
	struct hlist_node hash;
	__be32 addr;
	atomic_t refcnt;
	unsigned long rate_tokens, rate_last; /* jiffies; token bucket of XRLIM */
	uint32_t n_redirects;
	unsigned long dtime; /* last use */
	_Atomic int rid;     /* fragments seen, for ipfrag_max_dist */
	struct inet_peer_base *base;
	struct rcu_head rcu;
};
int inet_peer_init(struct net *net);
void inet_peer_exit(struct net *net);
struct inet_peer *inet_getpeer_v4(struct net *net, __be32 addr, int create); /* with reference, or NULL */
void inet_putpeer(struct inet_peer *p);
bool inet_peer_xrlim_allow(struct inet_peer *peer, int timeout); /* Linux's bucket: burst 6 */

#endif
