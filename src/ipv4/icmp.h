/* SPDX-License-Identifier: MIT */
#ifndef IPV4_ICMP_H
#define IPV4_ICMP_H
/*
 * icmp.h - ICMP (RFC 792, 1122, 1191, 1812; mirrors net/ipv4/icmp.c)
 */
#include <linux/icmp.h>

#include "ipv4/ip.h"

struct icmp_err {
	int err_no;
	unsigned fatal : 1;
};
extern const struct icmp_err icmp_err_convert[16];

int icmp_init(struct net *net); /* control sockets, rate limit state, sysctls with the rest of net.ipv4 */
void icmp_exit(struct net *net);
/* Send an error about @skb_in (borrowed; its network header must be set). Obeys RFC 1122 3.2.2: never about errors, groups, later fragments; rate limits. */
void icmp_send(struct sk_buff *skb_in, int type, int code, __be32 info);
int icmp_rcv(struct sk_buff *skb); /* consumes */
int icmp_err(struct sk_buff *skb, uint32_t info);
void icmp_out_count(struct net *net, unsigned char type);
/* ping.c: reply or error for a ping socket; true when one took it (a copy was queued) */
bool ping_rcv(struct sk_buff *skb); /* borrows */
void ping_err(struct sk_buff *skb, int offset, uint32_t info);
int ping_init(struct net *net); /* /proc/net/icmp */
void ping_exit(struct net *net);
extern const struct proto ping_prot;

#endif
