/* SPDX-License-Identifier: MIT */
#ifndef IPV4_IP_OPTIONS_H
#define IPV4_IP_OPTIONS_H
/*
 * ip_options.h - IP options (RFC 791, 1122 3.2.1.8, 7126; mirrors net/ipv4/ip_options.c)
 *
 * A received packet's options are compiled into IPCB(skb)->opt (offsets into the header); a socket's into struct ip_options_rcu.
 */
#include <linux/ip.h>

#include "core/sock.h"

#define optlength(opt) (sizeof(struct ip_options_rcu) + (opt)->opt.optlen)

struct ip_options {
	__be32 faddr, nexthop;
	unsigned char optlen, srr, rr, ts;
	unsigned char is_strictroute : 1, srr_is_hit : 1, is_changed : 1, rr_needaddr : 1, ts_needtime : 1, ts_needaddr : 1;
	unsigned char router_alert, cipso, __pad2;
	unsigned char __data[];
};
_Static_assert(sizeof(struct ip_options) == sizeof(struct ip_options_mem), "the control block holds the same");

struct ip_options_rcu {
	struct rcu_head rcu;
	struct net *net;
	struct ip_options opt;
};

#define IPCB_OPT(skb) ((struct ip_options *)(void *)&IPCB(skb)->opt)

/* Parse @skb's header options (or @opt's own data when skb is NULL): 0, or -EINVAL; *pp_ptr: offset of the culprit for ICMP 12. Fills RR/TS in place. */
int ip_options_compile(struct net *net, struct ip_options *opt, struct sk_buff *skb, int *pp_ptr);
int ip_options_rcv_srr(struct sk_buff *skb, struct net_device *dev); /* 0 or -EINVAL */
/* Options for the answer to @skb, source route reversed: 0 or -EINVAL. @dopt has 40 bytes of data. */
int ip_options_echo(struct net *net, struct ip_options *dopt, struct sk_buff *skb, const struct ip_options *sopt);
void ip_options_trim(unsigned char *options, int len); /* of @len bytes of options: keep those that later fragments copy */
void ip_forward_options(struct sk_buff *skb);
/* From user bytes: *optp replaced on success: 0, -EINVAL, -ENOMEM. */
int ip_options_get(struct net *net, struct ip_options_rcu **optp, const unsigned char *data, int optlen);
/* Free what ip_options_get() or ip_cmsg_send() made; NULL allowed. */
void kfree_ip_options(struct net *net, struct ip_options_rcu *opt);
void ip_options_undo(struct ip_options *opt);

#endif
