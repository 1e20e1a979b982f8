/* SPDX-License-Identifier: MIT */
#ifndef IPV4_ICMP_BXM_H
#define IPV4_ICMP_BXM_H
/*
 * icmp_bxm.h - between icmp.c (what a message means) and icmp_send.c (how one leaves)
 */
#include "ipv4/icmp.h"

/* A message to be built: head_len bytes of data, then data_len bytes of @skb from @offset on. */
struct icmp_bxm {
	struct sk_buff *skb;
	int offset, data_len, head_len;
	struct {
		struct icmphdr icmph;
		__be32 times[3];
	} data;
	struct {
		struct ip_options_rcu opt;
		char data[40];
	} replyopts;
};

/* Is this type an error message? Types that nobody knows count as errors: none is ever sent about them. */
bool icmp_type_is_error(uint8_t type);
/* Answer @skb (borrowed) with @icmp_param, from the address it was sent to. */
void icmp_reply(struct icmp_bxm *icmp_param, struct sk_buff *skb);
int icmp_sk_init(struct net *net); /* control sockets, state of the rate limits */
void icmp_sk_exit(struct net *net);

#endif
