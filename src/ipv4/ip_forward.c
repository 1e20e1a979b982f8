/* SPDX-License-Identifier: MIT */
/*
 * ip_forward.c - a packet that is on its way to somebody else (RFC 791, 1812 5.2, 5.3; mirrors net/ipv4/ip_forward.c)
 *
 * Theory of operation
 *   Called by: dst_input() for a route with RT_ACTION_FORWARD. Order as in Linux: router alert, time to live, strict source route,
 *   ForwDatagrams, MTU, own bytes, TTL - 1, redirect to the sender, FORWARD hook, options; then dst_output().
 *   Writes the received header only where RFC 1812 says so (TTL, checksum, recorded routes), in bytes of its own.
 *   Refuses: link-layer groups and packets that belong to a socket. Context: NET_RX on a vCPU. Consumes.
 */
#include "ipv4/ip.h"

#include "core/gso.h"
#include "ipv4/icmp.h"
#include "netfilter/core.h"

static int ip_forward_finish(struct sk_buff *skb);

static __always_inline bool ip_exceeds_mtu(const struct sk_buff *skb, unsigned mtu)
{
	if ((skb_is_gso(skb) ? skb_gso_network_seglen(skb) : skb->len) <= mtu || !(ip_hdr(skb)->frag_off & htons(IP_DF)))
		return false;
	return IPCB(skb)->frag_max_size > mtu || !skb->ignore_df;
}

/* RFC 1624 spares the sum over the whole header. */
static __always_inline void ip_decrease_ttl(struct iphdr *iph)
{
	uint32_t check = (uint32_t)iph->check + htons(0x0100);

	iph->check = (__sum16)(check + (check >= 0xffff));
	iph->ttl--;
}

int ip_forward(struct sk_buff *skb)
{
	struct ip_options *opt = IPCB_OPT(skb);
	enum skb_drop_reason reason = SKB_DROP_REASON_IP_FORWARD_REFUSED;
	struct net_device *in = skb->dev;
	struct rtable *rt;
	unsigned mtu;

	if (skb->pkt_type != PACKET_HOST || unlikely(skb->sk))
		goto drop;
	if (unlikely(opt->router_alert) && ip_call_ra_chain(skb))
		return NET_RX_SUCCESS;
	if (skb->ip_summed == CHECKSUM_COMPLETE) /* the header is about to change */
		skb->ip_summed = CHECKSUM_NONE;
	if (ip_hdr(skb)->ttl <= 1) {
		icmp_send(skb, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, 0);
		reason = SKB_DROP_REASON_IP_TTL;
		goto drop;
	}
	rt = skb_rtable(skb);
	if (unlikely(opt->is_strictroute) && rt->rt_uses_gateway) {
		icmp_send(skb, ICMP_DEST_UNREACH, ICMP_SR_FAILED, 0);
		reason = SKB_DROP_REASON_IP_SOURCE_ROUTE;
		goto drop;
	}
	IP_INC_STATS(IPSTATS_MIB_OUTFORWDATAGRAMS);
	IPCB(skb)->flags |= IPSKB_FORWARDED;
	mtu = ip_dst_mtu_maybe_forward(rt, true);
	if (ip_exceeds_mtu(skb, mtu)) {
		icmp_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, htonl(mtu));
		reason = SKB_DROP_REASON_PKT_TOO_BIG;
		goto drop;
	}
	reason = SKB_DROP_REASON_NOMEM;
	if (skb_cow_head(skb, LL_RESERVED_SPACE(rt->dst.dev)) || skb_ensure_writable(skb, ip_hdrlen(skb)))
		goto drop;
	ip_decrease_ttl(ip_hdr(skb));
	if ((IPCB(skb)->flags & IPSKB_DOREDIRECT) && !opt->srr)
		ip_rt_send_redirect(skb);
	if (nf_hook(dev_net(in), NF_INET_FORWARD, skb, in, rt->dst.dev) != NF_ACCEPT)
		return NET_RX_DROP;
	return ip_forward_finish(skb);
drop:
	kfree_skb_reason(skb, reason);
	return NET_RX_DROP;
}

static int ip_forward_finish(struct sk_buff *skb)
{
	if (unlikely(IPCB(skb)->opt.optlen))
		ip_forward_options(skb);
	return dst_output(skb);
}
