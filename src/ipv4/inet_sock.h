/* SPDX-License-Identifier: MIT */
#ifndef IPV4_INET_SOCK_H
#define IPV4_INET_SOCK_H
/*
 * inet_sock.h - an AF_INET socket (mirrors include/net/inet_sock.h; af_inet.c, ip_sockglue.c)
 */
#include "core/sock.h"
#include "ipv4/ip_options.h"
#include "ipv4/route.h"

#define IP_CMSG_PKTINFO (1 << 0)
#define IP_CMSG_TTL (1 << 1)
#define IP_CMSG_TOS (1 << 2)
#define IP_CMSG_RECVOPTS (1 << 3)
#define IP_CMSG_RETOPTS (1 << 4)
#define IP_CMSG_ORIGDSTADDR (1 << 6)
#define IP_CMSG_CHECKSUM (1 << 7)
#define IP_CMSG_RECVFRAGSIZE (1 << 8)

struct ip_mc_socklist;

struct inet_cork {
	unsigned flags;
#define IPCORK_OPT 1
	__be32 addr;
	struct ip_options *opt;
	unsigned fragsize;
	int length; /* total length of all frames */
	struct dst_entry *dst;
	uint8_t tx_flags, ttl;
	__s16 tos;
	char priority;
	uint16_t gso_size;
	uint32_t mark;
};
struct inet_cork_full {
	struct inet_cork base;
	struct flowi4 fl; /* of what is corked, and of a connected socket */
};

struct inet_sock {
	struct sock sk; /* first */
#define inet_daddr sk.skc_daddr
#define inet_rcv_saddr sk.skc_rcv_saddr
#define inet_dport sk.skc_dport
#define inet_num sk.skc_num
	__be32 inet_saddr;
	__be16 inet_sport;
	uint16_t inet_id;
	__s16 uc_ttl; /* -1: default */
	uint16_t cmsg_flags;
	uint8_t tos, mc_ttl, pmtudisc;
	uint8_t recverr : 1, recverr_rfc4884 : 1, freebind : 1, hdrincl : 1, mc_loop : 1,
		transparent : 1, mc_all : 1, nodefrag : 1, bind_address_no_port : 1, is_icsk : 1;
	int uc_index, mc_index;
	__be32 mc_addr;
	struct ip_options_rcu *inet_opt;
	struct ip_mc_socklist *mc_list; /* [L:sk] RCU readers */
	struct inet_cork_full cork;
};
static __always_inline struct inet_sock *inet_sk(const struct sock *sk)
{
	return (struct inet_sock *)(void *)sk;
}

/* Who writes IP headers himself, or was allowed to, may choose any source. */
static __always_inline uint8_t inet_sk_flowi_flags(const struct sock *sk)
{
	return inet_sk(sk)->transparent || inet_sk(sk)->hdrincl ? FLOWI_FLAG_ANYSRC : 0;
}

/* af_inet.c */
extern const struct proto_ops inet_dgram_ops, inet_sockraw_ops;
int inet_release(struct socket *sock);
int inet_bind(struct socket *sock, struct sockaddr *uaddr, int addr_len);
int inet_dgram_connect(struct socket *sock, struct sockaddr *uaddr, int addr_len, int flags);
int inet_getname(struct socket *sock, struct sockaddr *uaddr, int peer);
int inet_shutdown(struct socket *sock, int how);
int inet_ioctl(struct socket *sock, unsigned cmd, void *arg); /* SIOCGIF*, SIOCGSTAMP ... */
int inet_sendmsg(struct socket *sock, struct msghdr *msg, size_t size);
int inet_recvmsg(struct socket *sock, struct msghdr *msg, size_t size, int flags);
int inet_autobind(struct sock *sk);
/* May the socket have an address that is not ours? */
bool inet_can_nonlocal_bind(const struct sock *sk);
/* One socket of /proc/net/{udp,udplite,icmp,raw}: from the colon behind its number to the drops */
struct seq_file;
void inet_seq_show_sock(struct seq_file *m, const struct sock *sk, uint16_t port);
void inet_sock_destruct(struct sock *sk);
/* Kernel-side control socket: not hashed, no socket (icmp, igmp). */
int inet_ctl_sock_create(struct sock **sk, unsigned short type, unsigned char protocol,
			 struct net *net);
void inet_ctl_sock_destroy(struct sock *sk);

/* datagram.c of ipv4: connect for udp, raw, ping */
int ip4_datagram_connect(struct sock *sk, struct sockaddr *uaddr, int addr_len);
void inet_get_local_port_range(const struct net *net, int *low, int *high);

#endif
