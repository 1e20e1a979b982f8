/* SPDX-License-Identifier: MIT */
#ifndef CORE_GSO_H
#define CORE_GSO_H
/*
 * gso.h - one packet that stands for many is cut (mirrors include/net/gso.h)
 */
#include "core/gro.h"

#define NETIF_F_ALL_CSUM (NETIF_F_IP_CSUM | NETIF_F_HW_CSUM)

/* Can a device of these features send it whole? */
static __always_inline bool skb_gso_ok(const struct sk_buff *skb, netdev_features_t features)
{
	return skb_shinfo(skb)->gso_type == SKB_GSO_UDP_L4 && (features & NETIF_F_GSO_UDP_L4);
}
static __always_inline bool netif_needs_gso(const struct sk_buff *skb, netdev_features_t features)
{
	return skb_is_gso(skb) && !skb_gso_ok(skb, features);
}
/* Length of a piece from the network header on, the last excepted. */
static __always_inline unsigned skb_gso_network_seglen(const struct sk_buff *skb)
{
	return skb_network_header_len(skb) + 8u + skb_shinfo(skb)->gso_size;
}

/**
 * skb_gso_segment() - cut @skb as its gso_size says
 * @skb:	data at the network header or before it, both headers set; stays the caller's, unchanged
 * @features:	of who will get the pieces: sums are left to one that can (NETIF_F_HW_CSUM)
 * Return: the pieces, linked by next and in no ledger; NULL without memory, or for a protocol that cannot
 */
struct sk_buff *skb_gso_segment(struct sk_buff *skb, netdev_features_t features);
/* For a protocol: pieces that begin with the first @hlen bytes of @skb, then up to gso_size of the rest; headers are as they were. */
struct sk_buff *skb_segment(struct sk_buff *skb, unsigned hlen);
void kfree_skb_list_reason(struct sk_buff *skb, enum skb_drop_reason reason);

#endif
