/* SPDX-License-Identifier: MIT */
#ifndef IPV4_UDP_OFFLOAD_H
#define IPV4_UDP_OFFLOAD_H
/*
 * udp_offload.h - merging and cutting of IPv4 packets and datagrams (inet_offload.c, udp_offload.c)
 */
#include "core/gso.h"
#include "ipv4/udp.h"

int inet_offload_init(struct net *net);
void inet_offload_exit(struct net *net);
/* struct net_offload of UDP: see protocol.h */
struct sk_buff **udp4_gro_receive(struct sk_buff **head, struct sk_buff *skb);
void udp4_gro_complete(struct sk_buff *skb, unsigned nhoff);
struct sk_buff *__udp_gso_segment(struct sk_buff *skb, netdev_features_t features);
/* Does the header @iph forbid that its packet follows what @p holds already? Notes how the ids go. */
bool inet_gro_flush(const struct iphdr *iph, struct sk_buff *p);

#endif
