/* SPDX-License-Identifier: MIT */
#ifndef IPV4_UDP_H
#define IPV4_UDP_H
/*
 * udp.h - UDP and UDP-Lite (RFC 768, 3828, 1122 4.1; mirrors net/ipv4/udp.c, udplite.c of 3.13
 * where queueing is concerned)
 */
#include <linux/udp.h>

#include "ipv4/arp.h"
#include "ipv4/igmp.h"
#include "ipv4/inet_sock.h"
#include "ipv4/ip.h"

#define UDPLITE_SEND_CC 0x2 /* set by UDPLITE_SEND_CSCOV */
#define UDPLITE_RECV_CC 0x4 /* set by UDPLITE_RECV_CSCOV */
#define SOL_UDP_ 17
#define UDP_CORK_ 1
#define UDP_SEGMENT_ 103
#define UDP_GRO_ 104
#define UDPLITE_SEND_CSCOV 10
#define UDPLITE_RECV_CSCOV 11
#define MSG_PROBE_ 0x10 /* MSG_PROBE of linux/socket.h: do not send, only find the way */
#define ENOIOCTLCMD_ 515 /* "not mine": the socket layer asks the next one */

struct udp_hslot {
	struct hlist_head head;
	int count;
	spinlock_t lock;
};
/* hash by port, and hash2 by (address, port): a slot for every port number, see udp_hash.c */
struct udp_table {
	struct udp_hslot *hash, *hash2;
	unsigned mask;
	struct net *net;
};

struct udp_sock {
	struct inet_sock inet; /* first */
	int pending; /* AF_INET while corked */
	unsigned corkflag;
	uint16_t gso_size; /* UDP_SEGMENT: what is sent is cut in datagrams of this payload */
	bool gro_enabled;  /* UDP_GRO: wants datagrams merged */
	uint16_t len; /* bytes corked */
	uint16_t pcslen, pcrlen, pcflag; /* UDP-Lite */
	uint16_t udp_portaddr_hash;
};
static __always_inline struct udp_sock *udp_sk(const struct sock *sk)
{
	return (struct udp_sock *)(void *)sk;
}
#define IS_UDPLITE(sk) ((sk)->sk_protocol == IPPROTO_UDPLITE)

extern const struct proto udp_prot, udplite_prot;
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
/*
 * Best socket by score (address, connected peer, device), SO_REUSEPORT by hash; no reference (RCU).
 */
struct sock *__udp4_lib_lookup(struct net *net, const struct udp_key *key, struct udp_table *table);
/* consumes; 0, or -1 when it was dropped */
int udp_queue_rcv_skb(struct sock *sk, struct sk_buff *skb);
int __udp_queue_rcv_skb(struct sock *sk, struct sk_buff *skb);
int udp_err(struct sk_buff *skb, uint32_t info);
int __udp4_lib_err(struct sk_buff *skb, uint32_t info, struct udp_table *table);
/* udplite.c */
int udplite_rcv(struct sk_buff *skb);
int udplite_err(struct sk_buff *skb, uint32_t info);
ip_getfrag_t udplite_getfrag;
int udplite_setsockopt(struct sock *sk, int optname, int val);
/* over the socket's coverage; writes it into the header */
__wsum udplite_csum(struct sk_buff *skb);
/* udp_offload.c: leave the checksum to the device */
void udp4_hwcsum(struct sk_buff *skb, __be32 saddr, __be32 daddr);
/* udp_hash.c */
int udp_tables_init(struct net *net);
void udp_tables_exit(struct net *net);
static __always_inline struct udp_hslot *udp_hashslot(const struct udp_table *t, uint16_t port)
{
	return &t->hash[port & t->mask];
}
/* The socket of the port of @slot, if there is exactly one. */
static __always_inline struct sock *udp_only(const struct udp_hslot *slot)
{
	struct hlist_node *first = rcu_dereference(slot->head.first);

	if (!first || rcu_dereference(first->next))
		return NULL;
	return hlist_entry(first, struct sock, sk_node);
}
uint32_t udp_ehashfn(const struct net *net, const struct udp_key *key);
struct sock *udp4_lib_demux_lookup(struct net *net, const struct udp_key *key);
struct sock *udp_v4_mcast_next(struct udp_hslot *slot, struct sock *sk, const struct udp_key *key);
bool udp_v4_mcast_match(const struct sock *sk, const struct udp_key *key);
void udp_lib_unhash(struct sock *sk);
void udp_v4_rehash(struct sock *sk);

/* Verify the rest of the checksum, over the coverage for UDP-Lite: 0 when right. */
static __always_inline int udp_lib_checksum_complete(struct sk_buff *skb)
{
	if (skb_csum_unnecessary(skb))
		return 0;
	if (UDP_SKB_CB(skb)->partial_cov)
		return __skb_checksum_complete_head(skb, UDP_SKB_CB(skb)->cscov);
	return __skb_checksum_complete(skb);
}

/* calls */
unsigned udp_poll(struct socket *sock);
int udp_ioctl(struct sock *sk, int cmd, int *karg);
int udp_sendmsg(struct sock *sk, struct msghdr *msg, size_t len);
int udp_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags, int *addr_len);
/* The control messages of UDP itself: UDP_GRO, for a packet of many datagrams. */
void udp_cmsg_recv(struct msghdr *msg, const struct sk_buff *skb);
int udp_push_pending_frames(struct sock *sk);
void udp_flush_pending_frames(struct sock *sk);
int udp_get_port(struct sock *sk, unsigned short snum);
int udp_disconnect(struct sock *sk, int flags);

#endif
