/* SPDX-License-Identifier: MIT */
#ifndef IPV4_RAW_H
#define IPV4_RAW_H
/*
 * raw.h - raw sockets (mirrors net/ipv4/raw.c)
 */
#include "ipv4/inet_sock.h"
#include "ipv4/ip.h"

#define RAW_HTABLE_SIZE 256
struct raw_hashinfo {
	spinlock_t lock; /* writers; readers RCU */
	struct hlist_head ht[RAW_HTABLE_SIZE];
};
struct raw_sock {
	struct inet_sock inet; /* first */
	uint32_t filter; /* ICMP_FILTER */
};
extern const struct proto raw_prot;
int raw_init(struct net *net); /* /proc/net/raw */
void raw_exit(struct net *net);
/* Copies for every raw socket of the protocol; borrows @skb. Returns how many sockets matched. */
int raw_local_deliver(struct sk_buff *skb, int protocol);
void raw_rcv(struct sock *sk, struct sk_buff *skb); /* to one socket; consumes */
void raw_icmp_error(struct sk_buff *skb, int protocol, uint32_t info);

#endif
