/* SPDX-License-Identifier: MIT */
/*
 * udp_offload.c - datagrams of one flow as one packet (mirrors net/ipv4/udp_offload.c)
 *
 * Theory of operation
 *   Receive: inet_gro_receive() > udp4_gro_receive() > udp_gro_receive(). A datagram is merged only
 *   for a socket that asked for it (UDP_GRO): for all others it passes, and while no socket of the
 *   net has asked nothing is looked up. Then udp_gro_receive_segment() is the rule: datagrams of one
 *   flow, of one length but the last which may be shorter, at most UDP_GRO_CNT_MAX of them. Their
 *   checksums are verified here, for afterwards there is only one. udp4_gro_complete() makes the
 *   header of the whole: CHECKSUM_PARTIAL, gso_size the payload of each.
 *   A datagram of a held flow that cannot be merged makes the held one go up first: order is kept
 *   (also where Linux does not: a zero checksum, padding).
 *   Send: skb_gso_segment() > inet_gso_segment() > __udp_gso_segment(): length and checksum of each
 *   datagram; the sum is left to a device that can.
 * Threads: softirq, the vCPU of the NAPI instance. Owns nothing.
 */
#include "ipv4/udp_offload.h"

#include <stddef.h>

#define UDP_GRO_CNT_MAX 64

static struct sock *udp4_gro_lookup_skb(struct sk_buff *skb);
static bool udp4_gro_csum_ok(struct sk_buff *skb, const struct udphdr *uh);
static struct sk_buff **udp_gro_receive(struct sk_buff **head, struct sk_buff *skb,
					struct sock *sk);
static struct sk_buff **udp_gro_receive_segment(struct sk_buff **head, struct sk_buff *skb);
static struct sk_buff **udp_gro_same_flow(struct sk_buff **head, const struct udphdr *uh);
static bool udp_gro_may_merge(struct sk_buff *p, const struct sk_buff *skb, const struct udphdr *uh);

struct sk_buff **udp4_gro_receive(struct sk_buff **head, struct sk_buff *skb)
{
	if (likely(!atomic_read(&skb->net->ipv4->udp_gro_needed)))
		return udp_gro_receive(head, skb, NULL);

	return udp_gro_receive(head, skb, udp4_gro_lookup_skb(skb));
}

/* The socket that will get it, if it is one that asked. */
static struct sock *udp4_gro_lookup_skb(struct sk_buff *skb)
{
	const struct udphdr *uh = skb_gro_header(skb, sizeof(*uh));
	const struct iphdr *iph = ip_hdr(skb);
	struct net *net = dev_net(skb->dev);
	struct udp_key key;
	struct sock *sk;

	if (!uh || ipv4_is_multicast(iph->daddr) || skb->pkt_type != PACKET_HOST)
		return NULL;
	key = (struct udp_key){ iph->saddr, iph->daddr, uh->source, uh->dest, skb->dev->ifindex };
	sk = __udp4_lib_lookup(net, &key, net->ipv4->udp_table);

	return sk && READ_ONCE(udp_sk(sk)->gro_enabled) ? sk : NULL;
}

static struct sk_buff **udp_gro_receive(struct sk_buff **head, struct sk_buff *skb,
					struct sock *sk)
{
	if (unlikely(sk))
		return udp_gro_receive_segment(head, skb);
	NAPI_GRO_CB(skb)->flush = 1;

	return NULL;
}

static struct sk_buff **udp_gro_receive_segment(struct sk_buff **head, struct sk_buff *skb)
{
	const struct udphdr *uh = skb_gro_header(skb, sizeof(*uh));
	struct sk_buff **pp = udp_gro_same_flow(head, uh);
	unsigned ulen = ntohs(uh->len), first;

	/* Segments of a GSO packet have a checksum, no padding and not only a header. */
	if (!uh->check || ulen <= sizeof(*uh) || ulen != skb_gro_len(skb) ||
	    !udp4_gro_csum_ok(skb, uh)) {
		NAPI_GRO_CB(skb)->flush = 1;
		return pp;
	}
	skb_set_transport_header(skb, (int)skb_gro_offset(skb));
	skb_gro_pull(skb, sizeof(*uh));
	if (!pp)
		return NULL; /* the first of its flow */
	first = ntohs(udp_hdr(*pp)->len); /* merging may move its buffer */
	if (!udp_gro_may_merge(*pp, skb, uh) || skb_gro_receive(*pp, skb))
		return pp;
	if (ulen != first || NAPI_GRO_CB(*pp)->count >= UDP_GRO_CNT_MAX)
		return pp; /* nothing may follow a shorter one */

	return NULL;
}

/* Addresses were compared before. */
static struct sk_buff **udp_gro_same_flow(struct sk_buff **head, const struct udphdr *uh)
{
	for (; *head; head = &(*head)->next) {
		const struct udphdr *uh2 = udp_hdr(*head);

		if (!NAPI_GRO_CB(*head)->same_flow)
			continue;
		if (uh->source == uh2->source && uh->dest == uh2->dest)
			return head;
		NAPI_GRO_CB(*head)->same_flow = 0;
	}

	return NULL;
}

/* What IP has against it, and a datagram that is longer than those before. */
static bool udp_gro_may_merge(struct sk_buff *p, const struct sk_buff *skb, const struct udphdr *uh)
{
	return ntohs(uh->len) <= ntohs(udp_hdr(p)->len) && !inet_gro_flush(ip_hdr(skb), p);
}

static bool udp4_gro_csum_ok(struct sk_buff *skb, const struct udphdr *uh)
{
	const struct iphdr *iph = ip_hdr(skb);
	unsigned len = skb_gro_len(skb);
	__wsum csum;

	if (skb_csum_unnecessary(skb))
		return true;
	csum = csum_tcpudp_nofold(iph->saddr, iph->daddr, len, IPPROTO_UDP, 0);
	if (csum_fold(csum_partial(uh, (int)len, csum)))
		return false; /* it passes, and the receiver drops and counts it */
	skb->ip_summed = CHECKSUM_UNNECESSARY;

	return true;
}

void udp4_gro_complete(struct sk_buff *skb, unsigned nhoff)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	udp_hdr(skb)->len = htons((uint16_t)(skb->len - nhoff));
	udp4_hwcsum(skb, iph->saddr, iph->daddr);
	shinfo->gso_segs = NAPI_GRO_CB(skb)->count;
	shinfo->gso_type |= SKB_GSO_UDP_L4;
}

struct sk_buff *__udp_gso_segment(struct sk_buff *skb, netdev_features_t features)
{
	unsigned hlen = (unsigned)skb_transport_offset(skb) + (unsigned)sizeof(struct udphdr);
	struct sk_buff *segs = skb_segment(skb, hlen);

	for (struct sk_buff *seg = segs; seg; seg = seg->next) {
		const struct iphdr *iph = ip_hdr(seg);
		struct udphdr *uh = udp_hdr(seg);
		unsigned len = seg->len - (unsigned)skb_transport_offset(seg);

		uh->len = htons((uint16_t)len);
		if (features & NETIF_F_ALL_CSUM) {
			udp4_hwcsum(seg, iph->saddr, iph->daddr);
			continue;
		}
		uh->check = 0;
		uh->check = csum_tcpudp_magic(iph->saddr, iph->daddr, len, IPPROTO_UDP,
					      csum_partial(uh, (int)len, 0));
		if (!uh->check)
			uh->check = CSUM_MANGLED_0;
	}

	return segs;
}

/* The sum of the pseudo header, the rest is somebody else's: a device's, or nobody's on a loop. */
void udp4_hwcsum(struct sk_buff *skb, __be32 saddr, __be32 daddr)
{
	unsigned len = skb->len - (unsigned)skb_transport_offset(skb);

	udp_hdr(skb)->check = (__sum16)~csum_tcpudp_magic(saddr, daddr, len, IPPROTO_UDP, 0);
	skb->csum_start = skb->transport_header;
	skb->csum_offset = offsetof(struct udphdr, check);
	skb->ip_summed = CHECKSUM_PARTIAL;
}
