/* SPDX-License-Identifier: MIT */
/*
 * ip_input.c - a received IPv4 packet, from the device to its protocol (RFC 791, 1122 3.2; mirrors net/ipv4/ip_input.c)
 *
 * Theory of operation
 *   Called by: __netif_receive_skb_core() with network_header at the IP header and data equal to it. Read downwards:
 *   ip_rcv	counts, own descriptor, validation (once, here), trim to the total length; PRE_ROUTING
 *   ip_rcv_finish	early demux, route, options, group counters; dst_input()
 *   ip_local_deliver	reassembly; LOCAL_IN
 *   ip_local_deliver_finish	raw sockets, then the protocol's handler; data at the transport header
 *   Behind ip_rcv() this holds and nobody checks it again: version 4, the header of ihl words lies within len, its checksum is right, len is
 *   the total length of the header; transport_header is set and IPCB cleared. Options are validated by ip_rcv_finish().
 *   Owns the skb and passes it on or ends it, on every path. Context: NET_RX on a vCPU.
 *   Refuses: frames for other stations, malformed headers (silently, RFC 1122 3.2.1.1 to 3.2.1.3), source routes unless allowed.
 */
#include "ipv4/ip.h"

#include "ipv4/icmp.h"
#include "ipv4/raw.h"
#include "netfilter/core.h"

#define INET_ECN_MASK 3

static int ip_rcv_options(struct sk_buff *skb, struct net_device *dev, enum skb_drop_reason *reason);

/* Of the fixed header, of which @len bytes are there: version 4, at least five words. Pure. */
static __always_inline bool ip_check_version(const struct iphdr *iph, unsigned len)
{
	return likely(len >= sizeof(*iph)) && likely((uint8_t)(*(const uint8_t *)iph - 0x45) <= 0x4f - 0x45);
}

/* Of the rest: length of the header, checksum, total length: NOT_SPECIFIED means good. Pure. */
static __always_inline enum skb_drop_reason ip_check_header(const struct iphdr *iph, unsigned len, unsigned hlen, unsigned total)
{
	if (unlikely(len < hlen))
		return SKB_DROP_REASON_IP_INHDR;
	if (unlikely(ip_fast_csum(iph, hlen / 4)))
		return SKB_DROP_REASON_IP_CSUM;
	if (unlikely(len < total))
		return SKB_DROP_REASON_PKT_TOO_SMALL;
	return unlikely(total < hlen) ? SKB_DROP_REASON_IP_INHDR : SKB_DROP_REASON_NOT_SPECIFIED;
}

int ip_rcv(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt, struct net_device *orig_dev)
{
	enum skb_drop_reason reason = SKB_DROP_REASON_OTHERHOST;
	struct cpu_stats *stats = this_cpu_stats();
	const struct iphdr *iph;
	unsigned len, hlen, total;

	(void)pt;
	(void)orig_dev;
	if (unlikely(skb->pkt_type == PACKET_OTHERHOST))
		goto drop;
	len = skb->len;
	stats->ip[IPSTATS_MIB_INPKTS]++;
	stats->ip[IPSTATS_MIB_INOCTETS] += len;
	skb = skb_share_check(skb);
	if (unlikely(!skb)) {
		IP_INC_STATS(IPSTATS_MIB_INDISCARDS);
		return NET_RX_DROP;
	}
	iph = ip_hdr(skb);
	reason = SKB_DROP_REASON_IP_INHDR;
	if (unlikely(!ip_check_version(iph, len)))
		goto drop;
	hlen = iph->ihl * 4u;
	total = ntohs(iph->tot_len);
	stats->ip[IPSTATS_MIB_NOECTPKTS + (iph->tos & INET_ECN_MASK)] += max_t(uint16_t, 1, skb_shinfo(skb)->gso_segs);
	reason = ip_check_header(iph, len, hlen, total);
	if (unlikely(reason))
		goto drop;
	pskb_trim_rcsum(skb, total); /* padding of short frames */
	skb->transport_header = (uint16_t)(skb->network_header + hlen);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	IPCB(skb)->iif = skb->skb_iif;
	skb_orphan(skb); /* on a loop the sender's charge ends here */

	if (nf_hook(dev_net(dev), NF_INET_PRE_ROUTING, skb, dev, NULL) != NF_ACCEPT)
		return NET_RX_DROP;
	return ip_rcv_finish(skb);
drop:
	kfree_skb_reason(skb, reason);
	return NET_RX_DROP;
}

/* Ask the protocol for a socket, and the route that it remembers, before routing. It looks at its own knob. */
static __always_inline void ip_rcv_early_demux(struct sk_buff *skb, struct netns_ipv4 *ipv4, uint8_t protocol)
{
	const struct net_protocol *ipprot = rcu_dereference(ipv4->protos[protocol]);

	if (ipprot && ipprot->early_demux)
		ipprot->early_demux(skb);
}

int ip_rcv_finish(struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;
	struct netns_ipv4 *ipv4 = dev_net(dev)->ipv4;
	const struct iphdr *iph = ip_hdr(skb);
	enum skb_drop_reason reason = SKB_DROP_REASON_NOT_SPECIFIED;
	struct in_device *in_dev;

	if (READ_ONCE(ipv4->sysctl_ip_early_demux) && !skb_dst(skb) && !skb->sk && !ip_is_fragment(iph))
		ip_rcv_early_demux(skb, ipv4, iph->protocol);
	if (!skb_dst(skb) && ip_route_input_noref(skb, iph->daddr, iph->saddr, iph->tos, dev, &reason))
		goto drop;
	if (unlikely(iph->ihl > 5) && ip_rcv_options(skb, dev, &reason))
		goto drop;
	switch (skb_rtable(skb)->rt_type) {
	case RTN_MULTICAST:
		IP_UPD_PO_STATS(INMCAST, skb->len);
		break;
	case RTN_BROADCAST:
		IP_UPD_PO_STATS(INBCAST, skb->len);
		break;
	default:
		if (skb->pkt_type != PACKET_BROADCAST && skb->pkt_type != PACKET_MULTICAST)
			break;
		/* RFC 1122 3.3.6: a link-layer group with one host's address; refused on request, for the sake of wireless links */
		in_dev = __in_dev_get_rcu(dev);
		reason = SKB_DROP_REASON_UNICAST_IN_L2_MULTICAST;
		if (in_dev && IN_DEV_ORCONF(in_dev, DROP_UNICAST_IN_L2_MULTICAST))
			goto drop;
	}
	return dst_input(skb);
drop:
	kfree_skb_reason(skb, reason);
	return NET_RX_DROP;
}

/* Compile the options; own bytes first, for they are filled in place. 0, or -1 with *@reason: the skb stays the caller's. */
static int ip_rcv_options(struct sk_buff *skb, struct net_device *dev, enum skb_drop_reason *reason)
{
	struct ip_options *opt = IPCB_OPT(skb);
	struct in_device *in_dev;
	int where = 0;

	*reason = SKB_DROP_REASON_IP_INDISCARDS;
	if (skb_ensure_writable(skb, ip_hdrlen(skb)))
		return -1;
	opt->optlen = (unsigned char)(ip_hdrlen(skb) - sizeof(struct iphdr));
	*reason = SKB_DROP_REASON_IP_OPTIONS;
	if (ip_options_compile(dev_net(dev), opt, skb, &where)) {
		icmp_send(skb, ICMP_PARAMETERPROB, 0, htonl((uint32_t)where << 24));
		return -1;
	}
	if (unlikely(opt->srr)) {
		*reason = SKB_DROP_REASON_IP_SOURCE_ROUTE;
		in_dev = __in_dev_get_rcu(dev);
		if (in_dev && !IN_DEV_ANDCONF(in_dev, ACCEPT_SOURCE_ROUTE))
			return -1;
		if (ip_options_rcv_srr(skb, dev))
			return -1;
	}
	return 0;
}

int ip_local_deliver(struct sk_buff *skb)
{
	if (ip_is_fragment(ip_hdr(skb)) && ip_defrag(skb, IP_DEFRAG_LOCAL_DELIVER))
		return NET_RX_SUCCESS;
	if (nf_hook(dev_net(skb->dev), NF_INET_LOCAL_IN, skb, skb->dev, NULL) != NF_ACCEPT)
		return NET_RX_DROP;
	return ip_local_deliver_finish(skb);
}

int ip_local_deliver_finish(struct sk_buff *skb)
{
	struct netns_ipv4 *ipv4 = dev_net(skb->dev)->ipv4;
	int protocol = ip_hdr(skb)->protocol;

	__skb_pull(skb, skb_network_header_len(skb));
	for (;;) {
		const struct net_protocol *ipprot = rcu_dereference(ipv4->protos[protocol]);
		int raw = raw_local_deliver(skb, protocol), ret;

		if (ipprot) {
			ret = ipprot->handler(skb);
			if (ret < 0) { /* the handler peeled a header off: go on with what is inside */
				protocol = -ret;
				continue;
			}
			IP_INC_STATS(IPSTATS_MIB_INDELIVERS);
		} else if (raw) {
			IP_INC_STATS(IPSTATS_MIB_INDELIVERS);
			consume_skb(skb);
		} else {
			icmp_send(skb, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0);
			kfree_skb_reason(skb, SKB_DROP_REASON_IP_NOPROTO);
			return NET_RX_DROP;
		}
		return NET_RX_SUCCESS;
	}
}

int dst_discard(struct sk_buff *skb)
{
	kfree_skb_reason(skb, SKB_DROP_REASON_IP_BLACKHOLE);
	return NET_RX_DROP;
}
