/* SPDX-License-Identifier: MIT */
/*
 * gso.c - cutting in software, for a device or a socket that does not take the whole
 *
 * On the walk: dev_queue_xmit() > validate_xmit_skb(), ip_finish_output() for pieces over the MTU,
 * udp_queue_rcv_skb() for a socket without UDP_GRO; each calls skb_gso_segment() > the protocol's
 * gso_segment (inet_gso_segment() > __udp_gso_segment()) > skb_segment().
 * Every piece is a buffer of its own with a copy of its bytes: ours are linear. The pieces are
 * charged to the socket that was charged with the whole, which the caller ends.
 * Owns nothing. Threads: the owner of the packet, inside a vCPU. Refuses: protocols that cannot, no
 * memory. Mirrors: net/core/gso.c of today, skb_segment() of net/core/skbuff.c.
 */
#include "core/gso.h"

#include "core/net.h"
#include "core/packet_trace.h"
#include "core/sock.h"

static struct sk_buff *skb_segment_one(struct sk_buff *skb, unsigned hlen, unsigned at, unsigned len);

struct sk_buff *skb_gso_segment(struct sk_buff *skb, netdev_features_t features)
{
	const struct packet_offload *po = offload_of(skb->net, skb->protocol);

	return po && po->gso_segment ? po->gso_segment(skb, features) : NULL;
}

struct sk_buff *skb_segment(struct sk_buff *skb, unsigned hlen)
{
	unsigned mss = skb_shinfo(skb)->gso_size;
	struct sk_buff *segs = NULL, **last = &segs;

	for (unsigned at = hlen; at < skb->len; at += mss) {
		struct sk_buff *seg = skb_segment_one(skb, hlen, at, min(mss, skb->len - at));

		if (unlikely(!seg)) {
			kfree_skb_list_reason(segs, SKB_DROP_REASON_NOMEM);
			return NULL;
		}
		*last = seg;
		last = &seg->next;
	}
	if (segs) { /* a time stamp of the sending is that of the first */
		skb_shinfo(segs)->tx_flags = skb_shinfo(skb)->tx_flags;
		skb_shinfo(segs)->tskey = skb_shinfo(skb)->tskey;
	}

	return segs;
}

static struct sk_buff *skb_segment_one(struct sk_buff *skb, unsigned hlen, unsigned at, unsigned len)
{
	unsigned room = max(LL_RESERVED_SPACE(skb->dev), (unsigned)NET_SKB_PAD);
	struct sk_buff *seg;

	room += -(room + (unsigned)skb_network_offset(skb)) & 3; /* the IP header lies at a multiple of 4 */
	seg = alloc_skb(skb->net, room + hlen + len);

	if (unlikely(!seg))
		return NULL;
	skb_reserve(seg, room);
	skb_set_network_header(seg, skb_network_offset(skb));
	skb_set_transport_header(seg, skb_transport_offset(skb));
	if (skb_mac_header_was_set(skb) && skb_mac_header(skb) == skb->data)
		skb_reset_mac_header(seg);
	seg->mac_len = skb->mac_len;
	memcpy(skb_put(seg, hlen), skb->data, hlen);
	memcpy(skb_put(seg, len), skb->data + at, len);

	seg->dev = skb->dev;
	seg->cb = skb->cb;
	seg->tstamp = skb->tstamp;
	seg->priority = skb->priority;
	seg->mark = skb->mark;
	seg->protocol = skb->protocol;
	seg->pkt_type = skb->pkt_type;
	seg->skb_iif = skb->skb_iif;
	seg->hash = skb->hash;
	seg->l4_hash = skb->l4_hash;
	seg->queue_mapping = skb->queue_mapping;
	seg->napi_id = skb->napi_id;
	seg->ignore_df = skb->ignore_df;
	seg->vlan_present = skb->vlan_present;
	seg->vlan_tci = skb->vlan_tci;
	seg->vlan_proto = skb->vlan_proto;
	skb_copy_packet(seg, skb);
	seg->_skb_refdst = skb->_skb_refdst;
	if (skb->_skb_refdst && !(skb->_skb_refdst & SKB_DST_NOREF))
		dst_hold(skb_dst(seg));
	if (skb->sk && skb->destructor == sock_wfree)
		skb_set_owner_w(seg, skb->sk);

	return seg;
}

void kfree_skb_list_reason(struct sk_buff *skb, enum skb_drop_reason reason)
{
	while (skb) {
		struct sk_buff *next = skb->next;

		skb->next = NULL;
		kfree_skb_reason(skb, reason);
		skb = next;
	}
}
