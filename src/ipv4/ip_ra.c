/* SPDX-License-Identifier: MIT */
/*
 * ip_ra.c - sockets that want packets with the router alert option (RFC 2113; IP_ROUTER_ALERT of
 * ip(7); mirrors ip_ra_control and ip_call_ra_chain of net/ipv4)
 *
 * Theory of operation
 *   Multicast routers and RSVP see packets that are only passing through: ip_forward() asks
 *   ip_call_ra_chain() first for those with the option. The chain is read under RCU and changed
 *   under ra_lock; an entry holds its socket until it is unlinked.
 * Called by: ip_sockopt.c and raw.c (control), ip_forward.c. Threads: calls inside a vCPU; NET_RX.
 * Refuses: sockets that are not raw, and IPPROTO_RAW, which receives nothing.
 */
#include <errno.h>

#include "ipv4/inet_sock.h"
#include "ipv4/ip.h"
#include "ipv4/raw.h"
#include "kernel/slab.h"

struct ip_ra_chain {
	struct ip_ra_chain *next; /* RCU */
	struct sock *sk;	  /* holds a reference */
	struct net *net;
	struct rcu_head rcu;
};

static void ip_ra_free_rcu(struct rcu_head *head)
{
	struct ip_ra_chain *ra = container_of(head, struct ip_ra_chain, rcu);

	kfree(&ra->net->m, ra);
}

int ip_ra_control(struct sock *sk, unsigned char on)
{
	struct netns_ipv4 *ipv4 = sock_net(sk)->ipv4;
	struct ip_ra_chain *new = NULL, *ra, **pp;
	int err = 0;

	if (sk->sk_type != SOCK_RAW || inet_sk(sk)->inet_num == IPPROTO_RAW)
		return -EINVAL;
	if (on) {
		new = kzalloc(&ipv4->net->m, sizeof(*new));
		if (!new)
			return -ENOMEM;
		new->sk = sk;
		new->net = ipv4->net;
	}
	spin_lock(&ipv4->ra_lock);
	for (pp = &ipv4->ra_chain; (ra = *pp); pp = &ra->next)
		if (ra->sk == sk)
			break;
	if (ra && on) {
		err = -EADDRINUSE;
	} else if (ra) {
		rcu_assign_pointer(*pp, ra->next);
		call_rcu(&ipv4->net->m, &ra->rcu, ip_ra_free_rcu);
		sock_put(sk); /* readers see its memory for a grace period all the same */
	} else if (on) {
		sock_hold(sk);
		new->next = ipv4->ra_chain;
		rcu_assign_pointer(ipv4->ra_chain, new);
		new = NULL;
	} else {
		err = -ENOBUFS;
	}
	spin_unlock(&ipv4->ra_lock);
	kfree(&ipv4->net->m, new);
	return err;
}

bool ip_call_ra_chain(struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;
	uint8_t protocol = ip_hdr(skb)->protocol;
	struct ip_ra_chain *ra = rcu_dereference(dev_net(dev)->ipv4->ra_chain);
	struct sock *last = NULL;
	struct sk_buff *clone;

	for (; ra; ra = rcu_dereference(ra->next)) {
		struct sock *sk = ra->sk;

		if (inet_sk(sk)->inet_num != protocol ||
		    (sk->sk_bound_dev_if && sk->sk_bound_dev_if != dev->ifindex))
			continue;
		if (ip_is_fragment(ip_hdr(skb)) && ip_defrag(skb, IP_DEFRAG_CALL_RA_CHAIN))
			return true;
		clone = last ? skb_clone(skb) : NULL;
		if (clone)
			raw_rcv(last, clone);
		last = sk;
	}
	if (last)
		raw_rcv(last, skb);
	return last;
}
