/* SPDX-License-Identifier: MIT */
#ifndef IPV4_UDP_H
#define IPV4_UDP_H
/*
 * udp.h - UDP and UDP-Lite (RFC 768, 3828, 1122 4.1; mirrors net/ipv4/udp.c, udplite.c of 3.13 where queueing is concerned)
 */
#include <linux/udp.h>

#include "ipv4/inet_sock.h"
#include "ipv4/ip.h"

struct udp_hslot {
	struct hlist_head head;
	int count;
	spinlock_t lock;
};
struct udp_table { /* grows with the sockets: hash by port, and hash2 by (address, port) */
	struct udp_hslot *hash, *hash2;
	unsigned mask;
	unsigned log;
	_Atomic unsigned nsocks;
	struct net *net;
	struct rcu_head rcu;
};

struct udp_sock {
	struct inet_sock inet; /* first */
	int pending; /* AF_INET while corked */
	unsigned corkflag;
	uint8_t no_check6_tx, encap_enabled;
	uint16_t len; /* bytes corked */
	uint16_t pcslen, pcrlen, pcflag; /* UDP-Lite */
	uint16_t udp_portaddr_hash;
	int forward_deficit; /* freed by the reader, not yet given back */
};
static __always_inline struct udp_sock *udp_sk(const struct sock *sk) { return (struct udp_sock *)(void *)sk; }
#define IS_UDPLITE(sk) ((sk)->sk_protocol == IPPROTO_UDPLITE)

extern struct proto udp_prot, udplite_prot;
int udp_init(struct net *net); /* tables, protocol, protosw, /proc/net/{udp,udplite} */
void udp_exit(struct net *net);

/* receive: consume unless said otherwise */
int udp_rcv(struct sk_buff *skb);
int __udp4_lib_rcv(struct sk_buff *skb, struct udp_table *udptable, int proto);
void udp_v4_early_demux(struct sk_buff *skb);
/* Lookup key: one argument instead of seven. */
struct udp_key {
	__be32 saddr, daddr;
	__be16 sport, dport;
	int dif;
};
/* Best socket by score (address, connected peer, device), SO_REUSEPORT by hash; no reference (RCU). */
struct sock *__udp4_lib_lookup(struct net *net, const struct udp_key *key, struct udp_table *table);
int udp_queue_rcv_skb(struct sock *sk, struct sk_buff *skb); /* consumes; 0, or -1 when it was dropped */
int __udp_queue_rcv_skb(struct sock *sk, struct sk_buff *skb);
int udp_err(struct sk_buff *skb, uint32_t info);
/* calls */
int udp_sendmsg(struct sock *sk, struct msghdr *msg, size_t len);
int udp_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags, int *addr_len);
int udp_push_pending_frames(struct sock *sk);
void udp_flush_pending_frames(struct sock *sk);
int udp_get_port(struct sock *sk, unsigned short snum);
int udp_disconnect(struct sock *sk, int flags);

#endif
