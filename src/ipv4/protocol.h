/* SPDX-License-Identifier: MIT */
#ifndef IPV4_PROTOCOL_H
#define IPV4_PROTOCOL_H
/*
 * protocol.h - the tables between IP and what rides on it (mirrors include/net/protocol.h; protocol.c, af_inet.c)
 */
#include "core/socket.h"
#include "ipv4/netns.h"

/**
 * struct net_protocol - a handler for one IP protocol number
 * @early_demux: find the socket and its cached route before routing; may set skb->sk and dst, never consumes
 * @handler:	consumes @skb; >= 0, or -(next protocol) to go on with another
 * @err_handler: an ICMP error about a packet of ours; @skb points at the quoted IP header; borrowed
 */
struct net_protocol {
	void (*early_demux)(struct sk_buff *skb);
	int (*handler)(struct sk_buff *skb);
	int (*err_handler)(struct sk_buff *skb, uint32_t info);
	const char *name;
	bool icmp_strict_tag_validation;
};
int inet_add_protocol(struct net *net, const struct net_protocol *prot, unsigned char protocol); /* -EEXIST */
int inet_del_protocol(struct net *net, const struct net_protocol *prot, unsigned char protocol);

/**
 * struct net_offload - a protocol's half of GRO, beneath IP's (inet_offload.c; core/gro.h says what the functions do)
 * @wanted:	offset in struct netns_ipv4 of how many want packets merged: while that is 0 IP looks at nothing, and the protocol lets all pass
 */
struct net_offload {
	unsigned wanted;
	struct sk_buff **(*gro_receive)(struct sk_buff **head, struct sk_buff *skb);
	void (*gro_complete)(struct sk_buff *skb, unsigned nhoff);
	struct sk_buff *(*gso_segment)(struct sk_buff *skb, netdev_features_t features); /* its own headers; IP's are to come */
};
int inet_add_offload(struct net *net, const struct net_offload *ops, unsigned char protocol); /* -EEXIST */
int inet_del_offload(struct net *net, const struct net_offload *ops, unsigned char protocol);

/* Socket types of AF_INET */
struct inet_protosw {
	int type, protocol; /* IPPROTO_IP: wild */
	const struct proto *prot;
	const struct proto_ops *ops;
	unsigned char flags; /* INET_PROTOSW_* */
};
#define INET_PROTOSW_REUSE 1
#define INET_PROTOSW_PERMANENT 2

int inet_init(struct net *net);	 /* the ordered list of IPv4 */
void inet_exit(struct net *net);

#endif
