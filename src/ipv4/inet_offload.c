/* SPDX-License-Identifier: MIT */
/*
 * inet_offload.c - IPv4 packets in GRO and GSO (mirrors the offload half of net/ipv4/af_inet.c)
 *
 * Theory of operation
 *   dev_gro_receive() > inet_gro_receive() > the protocol's gro_receive, if it has one. A packet
 *   that is not plain (options, fragments, a bad checksum, bytes behind its end) passes. Of what is
 *   held, packets of other hosts are marked as other flows; what else must be equal (TTL, TOS, DF,
 *   the way the ids go) the protocol asks by inet_gro_flush(), for it knows which packet is meant.
 *   inet_gro_complete(): total length and checksum of the whole. inet_gso_segment(): those of each
 *   piece, and ids that count up.
 * Threads: softirq, the vCPU of the NAPI instance; tables RTNL. Owns nothing.
 */
#include <errno.h>
#include <stddef.h>

#include "ipv4/udp_offload.h"

static struct sk_buff **inet_gro_receive(struct sk_buff **head, struct sk_buff *skb);
static bool inet_gro_plain(struct sk_buff *held, struct sk_buff *skb);
static void inet_gro_mark(struct sk_buff *p, const struct iphdr *iph);
static void inet_gro_complete(struct sk_buff *skb, unsigned nhoff);
static struct sk_buff *inet_gso_segment(struct sk_buff *skb, netdev_features_t features);

static const struct packet_offload ip_packet_offload = {
	.type = __constant_htons(ETH_P_IP),
	.gro_receive = inet_gro_receive,
	.gro_complete = inet_gro_complete,
	.gso_segment = inet_gso_segment,
};

static const struct net_offload udpv4_offload = {
	.wanted = offsetof(struct netns_ipv4, udp_gro_needed),
	.gro_receive = udp4_gro_receive,
	.gro_complete = udp4_gro_complete,
	.gso_segment = __udp_gso_segment,
};

int inet_offload_init(struct net *net)
{
	int err = inet_add_offload(net, &udpv4_offload, IPPROTO_UDP);

	return err ? err : dev_add_offload(net, &ip_packet_offload);
}

void inet_offload_exit(struct net *net)
{
	dev_remove_offload(net, &ip_packet_offload);
	inet_del_offload(net, &udpv4_offload, IPPROTO_UDP);
}

static __always_inline bool net_offload_wanted(const struct netns_ipv4 *ipv4,
					       const struct net_offload *ops)
{
	return atomic_read((const atomic_t *)(const void *)((const char *)ipv4 + ops->wanted));
}

static struct sk_buff **inet_gro_receive(struct sk_buff **head, struct sk_buff *skb)
{
	const struct netns_ipv4 *ipv4 = skb->net->ipv4;
	const struct net_offload *ops;

	if (unlikely(skb->len < sizeof(struct iphdr)))
		goto pass;
	ops = rcu_dereference(ipv4->offloads[((const struct iphdr *)(const void *)skb->data)->protocol]);
	if (!ops || (unlikely(net_offload_wanted(ipv4, ops)) && !inet_gro_plain(*head, skb)))
		goto pass;

	return ops->gro_receive(head, skb);

pass:
	NAPI_GRO_CB(skb)->flush = 1;
	return NULL;
}

/* May it be merged at all, and with which of @held? Then what follows is the transport header. */
static notrace bool inet_gro_plain(struct sk_buff *held, struct sk_buff *skb)
{
	const struct iphdr *iph;

	skb_reset_network_header(skb);
	iph = ip_hdr(skb);
	if (iph->version != 4 || iph->ihl != 5 || ip_is_fragment(iph) || ip_fast_csum(iph, 5))
		return false;
	if (ntohs(iph->tot_len) != skb_gro_len(skb)) /* padded */
		NAPI_GRO_CB(skb)->flush = 1;
	inet_gro_mark(held, iph);
	skb_gro_pull(skb, sizeof(*iph));

	return true;
}

static void inet_gro_mark(struct sk_buff *p, const struct iphdr *iph)
{
	for (; p; p = p->next) {
		const struct iphdr *iph2 = ip_hdr(p);

		if (iph->protocol != iph2->protocol || iph->saddr != iph2->saddr ||
		    iph->daddr != iph2->daddr)
			NAPI_GRO_CB(p)->same_flow = 0;
	}
}

/*
 * The whole can be cut again into what was merged: the ids either count up, or are all one, which
 * only a packet with DF may do (RFC 6864). The second frame decides which.
 */
bool inet_gro_flush(const struct iphdr *iph, struct sk_buff *p)
{
	const struct iphdr *iph2 = ip_hdr(p);
	struct napi_gro_cb *cb = NAPI_GRO_CB(p);
	uint16_t step = (uint16_t)(ntohs(iph->id) - ntohs(iph2->id));

	if (iph->ttl != iph2->ttl || iph->tos != iph2->tos || iph->frag_off != iph2->frag_off)
		return true;
	if (cb->count == 1 && !step && (iph->frag_off & htons(IP_DF)))
		cb->ip_fixedid = 1;

	return step != (cb->ip_fixedid ? 0 : cb->count);
}

static void inet_gro_complete(struct sk_buff *skb, unsigned nhoff)
{
	struct iphdr *iph = (struct iphdr *)(void *)(skb->data + nhoff);
	const struct net_offload *ops = dev_net(skb->dev)->ipv4->offloads[iph->protocol];
	__be16 len = htons((uint16_t)(skb->len - nhoff));

	csum_replace2(&iph->check, iph->tot_len, len);
	iph->tot_len = len;
	ops->gro_complete(skb, nhoff + (unsigned)sizeof(*iph));
}

static struct sk_buff *inet_gso_segment(struct sk_buff *skb, netdev_features_t features)
{
	const struct iphdr *iph = ip_hdr(skb);
	const struct net_offload *ops = rcu_dereference(skb->net->ipv4->offloads[iph->protocol]);
	struct sk_buff *segs = ops && ops->gso_segment ? ops->gso_segment(skb, features) : NULL;
	unsigned id = ntohs(iph->id);

	for (struct sk_buff *seg = segs; seg; seg = seg->next) {
		struct iphdr *h = ip_hdr(seg);

		h->tot_len = htons((uint16_t)(seg->len - (unsigned)skb_network_offset(seg)));
		h->id = htons((uint16_t)id++);
		ip_send_check(h);
	}

	return segs;
}
