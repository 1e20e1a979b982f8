/* SPDX-License-Identifier: MIT */
/*
 * ip_options_srr.c - a received source route that names us (RFC 791, 1122 3.3.5, 7126 4.3; mirrors ip_options_rcv_srr() of net/ipv4/ip_options.c)
 *
 * Theory of operation
 *   Called by: ip_rcv_finish(), only where net.ipv4.conf.*.accept_source_route allows it. The packet has reached one hop of its list; the
 *   next one is looked up in the place of the destination. A hop that is an address of ours is passed over at once. The skb's route is
 *   replaced by that of the next hop; ip_forward_options() later records where it left.
 *   Refuses: frames to link-layer groups, strict routes through us that do not name us, hops that are neither hosts nor ours.
 */
#include <errno.h>

#include "ipv4/icmp.h"
#include "ipv4/ip.h"

int ip_options_rcv_srr(struct sk_buff *skb, struct net_device *dev)
{
	struct ip_options *opt = IPCB_OPT(skb);
	struct iphdr *iph = ip_hdr(skb);
	unsigned char *p = skb_network_header(skb) + opt->srr;
	unsigned ptr = p[2], len = p[1];
	enum skb_drop_reason reason;
	__be32 nexthop = 0;

	if (skb->pkt_type != PACKET_HOST)
		return -EINVAL;
	if (skb_rtable(skb)->rt_type == RTN_UNICAST) { /* on its way between two hops: only a loose route may do that */
		if (!opt->is_strictroute)
			return 0;
		icmp_send(skb, ICMP_PARAMETERPROB, 0, htonl(16u << 24));
		return -EINVAL;
	}
	if (skb_rtable(skb)->rt_type != RTN_LOCAL)
		return -EINVAL;
	for (; ptr <= len; ptr += 4) {
		unsigned long old = skb->_skb_refdst;
		int err;

		if (ptr + 3 > len) {
			icmp_send(skb, ICMP_PARAMETERPROB, 0, htonl((opt->srr + 2u) << 24));
			return -EINVAL;
		}
		memcpy(&nexthop, p + ptr - 1, 4);
		skb->_skb_refdst = 0;
		err = ip_route_input_noref(skb, nexthop, iph->saddr, iph->tos, dev, &reason);
		if (err || (skb_rtable(skb)->rt_type != RTN_UNICAST && skb_rtable(skb)->rt_type != RTN_LOCAL)) {
			skb_dst_drop(skb);
			skb->_skb_refdst = old;
			return -EINVAL;
		}
		if (old && !(old & SKB_DST_NOREF))
			dst_release((struct dst_entry *)old);
		if (skb_rtable(skb)->rt_type != RTN_LOCAL)
			break;
		iph->daddr = nexthop;
		opt->is_changed = 1;
	}
	if (ptr <= len) {
		opt->srr_is_hit = 1;
		opt->nexthop = nexthop;
		opt->is_changed = 1;
	}
	return 0;
}
