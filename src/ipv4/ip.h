/* SPDX-License-Identifier: MIT */
#ifndef IPV4_IP_H
#define IPV4_IP_H
/*
 * ip.h - the IPv4 walk, in and out (mirrors include/net/ip.h; ip_input.c, ip_output.c, ip_forward.c, ip_fragment.c)
 *
 * Order on receive: ip_rcv, ip_rcv_finish, [ip_route_input_noref], dst_input -> ip_local_deliver, ip_local_deliver_finish -> protocol handler;
 * or ip_forward, ip_forward_finish -> dst_output. On send: ip_make_skb / ip_append_data, ip_send_skb > ip_local_out_sk > __ip_local_out,
 * dst_output -> ip_output, ip_finish_output, [ip_fragment], ip_finish_output2 -> neigh_output.
 */
#include <linux/ip.h>

#include "core/socket.h"
#include "ipv4/inet_sock.h"
#include "ipv4/ip_options.h"
#include "ipv4/protocol.h"
#include "ipv4/route.h"

struct inet_cork;
struct ip_options_rcu;

/* --- in: consume --- */
int ip_rcv(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt, struct net_device *orig_dev);
int ip_rcv_finish(struct sk_buff *skb);
int ip_local_deliver(struct sk_buff *skb);
int ip_local_deliver_finish(struct sk_buff *skb); /* one next-header loop */
int ip_forward(struct sk_buff *skb);

/* --- fragments (ip_fragment.c) --- */
enum ip_defrag_users { IP_DEFRAG_LOCAL_DELIVER, IP_DEFRAG_CALL_RA_CHAIN };
/* 0: @skb is now the whole datagram; else it was queued or dropped (consumed). */
int ip_defrag(struct sk_buff *skb, enum ip_defrag_users user);
int ipfrag_init(struct net *net); /* net.ipv4.ipfrag_{high_thresh,low_thresh,time,secret_interval,max_dist} */
void ipfrag_exit(struct net *net);
long ip_frag_mem(const struct net *net);
int ip_frag_nqueues(const struct net *net);

/* --- out --- */
struct ipcm_cookie {
	struct sockcm_cookie sockc;
	__be32 addr;
	int oif;
	struct ip_options_rcu *opt;
	__s16 tos; /* -1: the socket's */
	uint8_t ttl, protocol; /* 0: the socket's */
	char priority;
	uint8_t tx_flags; /* SKBTX_*, by sock_tx_timestamp() */
	uint16_t gso_size;
};

/* Copies @len bytes at @offset of @from into @to; adds them to skb->csum when the checksum is to be in software. */
typedef int ip_getfrag_t(void *from, char *to, int offset, int len, int odd, struct sk_buff *skb);
int ip_generic_getfrag(void *from, char *to, int offset, int len, int odd, struct sk_buff *skb); /* @from: struct msghdr */

/* One argument block for the cork functions (law: at most six integer arguments). */
struct ip_append {
	ip_getfrag_t *getfrag;
	void *from;
	int length, transhdrlen;
	unsigned flags; /* MSG_* */
};
struct sk_buff *ip_make_skb(struct sock *sk, struct flowi4 *fl4, const struct ip_append *ap, struct ipcm_cookie *ipc, struct rtable **rtp,
			    int *err);
int ip_append_data(struct sock *sk, struct flowi4 *fl4, const struct ip_append *ap, struct ipcm_cookie *ipc, struct rtable **rtp); /* pending frames */
int ip_push_pending_frames(struct sock *sk, struct flowi4 *fl4);
struct sk_buff *ip_finish_skb(struct sock *sk, struct flowi4 *fl4);
void ip_flush_pending_frames(struct sock *sk);
int ip_send_skb(struct net *net, struct sk_buff *skb); /* consumes; 0 or -errno */
int ip_local_out_sk(struct sock *sk, struct sk_buff *skb);
int __ip_local_out(struct sock *sk, struct sk_buff *skb);
int ip_output(struct sk_buff *skb);
int ip_mc_output(struct sk_buff *skb);
int ip_finish_output(struct sk_buff *skb);
int ip_finish_output2(struct sk_buff *skb);
int ip_do_fragment(struct sk_buff *skb, int (*output)(struct sk_buff *skb)); /* consumes */
int ip_build_and_send_pkt(struct sk_buff *skb, struct sock *sk, __be32 saddr, __be32 daddr, struct ip_options_rcu *opt);
void ip_send_check(struct iphdr *iph);
void ip_options_build(struct sk_buff *skb, struct ip_options *opt, __be32 daddr, struct rtable *rt);
/* IP ids (RFC 6864): per destination generator; 0 when the packet has DF and no socket counter is needed. */
void __ip_select_ident(struct net *net, struct iphdr *iph, int segs);
static __always_inline void ip_select_ident(struct net *net, struct sk_buff *skb, struct sock *sk)
{
	struct iphdr *iph = ip_hdr(skb);

	if ((iph->frag_off & htons(IP_DF)) && !skb->ignore_df)
		iph->id = sk && inet_sk(sk)->inet_daddr ? htons(inet_sk(sk)->inet_id++) : 0;
	else
		__ip_select_ident(net, iph, 1);
}

/* --- path MTU as a socket, or a forwarder, is to see it --- */
#define IP_MAX_MTU 0xffffu
static __always_inline bool ip_sk_use_pmtu(const struct sock *sk) { return inet_sk(sk)->pmtudisc < IP_PMTUDISC_PROBE; }
static __always_inline bool ip_sk_ignore_df(const struct sock *sk)
{
	return inet_sk(sk)->pmtudisc < IP_PMTUDISC_DO || inet_sk(sk)->pmtudisc == IP_PMTUDISC_OMIT;
}
static __always_inline bool ip_dont_fragment(const struct sock *sk, const struct rtable *rt)
{
	uint8_t d = READ_ONCE(inet_sk(sk)->pmtudisc);

	return d == IP_PMTUDISC_DO || (d == IP_PMTUDISC_WANT && !ip_mtu_locked(rt));
}
static __always_inline int ip_select_ttl(const struct inet_sock *inet, const struct rtable *rt)
{
	return inet->uc_ttl >= 0 ? inet->uc_ttl : ip4_dst_hoplimit(rt);
}
/* What a router fragments to: the device's MTU, unless told to believe what hosts were told (RFC 1191; net.ipv4.ip_forward_use_pmtu). */
static __always_inline unsigned ip_dst_mtu_maybe_forward(const struct rtable *rt, bool forwarding)
{
	if (!forwarding || READ_ONCE(rt->dst.net->ipv4->sysctl_ip_forward_use_pmtu) || ip_mtu_locked(rt))
		return dst_mtu(&rt->dst);
	return rt->rt_mtu ? rt->rt_mtu : min(READ_ONCE(rt->dst.dev->mtu), IP_MAX_MTU);
}
static __always_inline unsigned ip_skb_dst_mtu(const struct sk_buff *skb)
{
	const struct rtable *rt = skb_rtable(skb);

	if (!skb->sk || skb->sk->sk_family != AF_INET || ip_sk_use_pmtu(skb->sk))
		return ip_dst_mtu_maybe_forward(rt, IPCB(skb)->flags & IPSKB_FORWARDED);
	return min(READ_ONCE(rt->dst.dev->mtu), IP_MAX_MTU);
}
/* Milliseconds since midnight UT, network order: the time stamp of options and ICMP. Stamps @skb when nobody has. */
__be32 inet_current_timestamp(struct sk_buff *skb);
/* A blackhole, or what cannot happen (an output route at input): RFC 1812 5.3.1. */
int dst_discard(struct sk_buff *skb);

/* The two branches of the walk, where Linux calls dst->input and dst->output: visible, and no node of their own in a call tree. Consume. */
static __always_inline int dst_input(struct sk_buff *skb)
{
	switch (skb_rtable(skb)->rt_input) {
	case RT_ACTION_LOCAL:
		return ip_local_deliver(skb);
	case RT_ACTION_FORWARD:
		return ip_forward(skb);
	case RT_ACTION_ERROR:
		return ip_error(skb);
	default:
		return dst_discard(skb);
	}
}
static __always_inline int dst_output(struct sk_buff *skb)
{
	switch (skb_rtable(skb)->rt_output) {
	case RT_ACTION_OUTPUT:
		return ip_output(skb);
	case RT_ACTION_MC_OUTPUT:
		return ip_mc_output(skb);
	default:
		return dst_discard(skb);
	}
}

/* --- sockets' IP level (ip_sockglue.c) --- */
struct inet_sock;
void ipv4_pktinfo_prepare(const struct sock *sk, struct sk_buff *skb); /* > fib_compute_spec_dst */
void ip_cmsg_recv_offset(struct msghdr *msg, struct sock *sk, struct sk_buff *skb, int tlen, int offset);
int ip_cmsg_send(struct sock *sk, struct msghdr *msg, struct ipcm_cookie *ipc);
int ip_setsockopt(struct sock *sk, int level, int optname, const void *optval, socklen_t optlen);
int ip_getsockopt(struct sock *sk, int level, int optname, void *optval, socklen_t *optlen);
void ip_icmp_error(struct sock *sk, struct sk_buff *skb, int err, __be16 port, uint32_t info, const uint8_t *payload);
void ip_local_error(struct sock *sk, int err, __be32 daddr, __be16 dport, uint32_t info);
int ip_recv_error(struct sock *sk, struct msghdr *msg, int len, int *addr_len); /* MSG_ERRQUEUE */
int ip_ra_control(struct sock *sk, unsigned char on);
bool ip_call_ra_chain(struct sk_buff *skb); /* true: consumed by router-alert sockets */

int ip_init(struct net *net); /* ids, peers */
void ip_exit(struct net *net);
int ipv4_proc_init(struct net *net); /* snmp, netstat, sockstat */
void ipv4_proc_exit(struct net *net);
int ipv4_sysctl_init(struct net *net);
void ipv4_sysctl_exit(struct net *net);

#endif
