/* SPDX-License-Identifier: MIT */
#ifndef DRIVERS_VNET_HDR_H
#define DRIVERS_VNET_HDR_H
/*
 * vnet_hdr.h - the offload header in front of a frame (struct virtio_net_hdr; mirrors include/linux/virtio_net.h)
 *
 * Theory of operation
 *   What a sender left undone (checksum, cutting) and what a receiver need not do again. It comes from the host's kernel, which may have it from a guest:
 *   offsets and lengths are checked against the frame, and only what our GSO can cut is taken for GSO. Offsets are counted from the frame's begin.
 * Threads: the owner of the skb.
 */
#include <netinet/in.h>

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <linux/virtio_net.h>

#include "core/gso.h"

#define VNET_HDR_SIZE 12 /* TUNSETVNETHDRSZ: two bytes behind the header, so that frames are aligned as their headers want it */
#define VNET_GSO_UDP_L4 5 /* VIRTIO_NET_HDR_GSO_UDP_L4: since Linux 6.2 */

struct vnet_hdr {
	struct virtio_net_hdr h;
	uint16_t buffers; /* of no use here */
};
_Static_assert(sizeof(struct vnet_hdr) == VNET_HDR_SIZE, "layout");

/* Is the frame at skb->data, with its checksum unfinished at @start, one of UDP over IPv4 that can be cut? */
static __always_inline bool vnet_gso_ok(const struct sk_buff *skb, const struct virtio_net_hdr *h)
{
	const struct ethhdr *eth = (const struct ethhdr *)(const void *)skb->data;
	const struct iphdr *iph = (const struct iphdr *)(const void *)(skb->data + ETH_HLEN);

	return (h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) && h->gso_size && h->gso_type == VNET_GSO_UDP_L4 && skb->len >= ETH_HLEN + sizeof(*iph) &&
	       eth->h_proto == htons(ETH_P_IP) && iph->version == 4 && iph->ihl >= 5 && iph->protocol == IPPROTO_UDP &&
	       !(iph->frag_off & htons(0x3fff)) && h->csum_start == ETH_HLEN + iph->ihl * 4u && h->csum_offset == offsetof(struct udphdr, check) &&
	       skb->len > h->csum_start + sizeof(struct udphdr);
}

/* What @h says of the frame in @skb, whose data is its Ethernet header: false when that cannot be. */
static __always_inline bool vnet_hdr_to_skb(struct sk_buff *skb, const struct virtio_net_hdr *h)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	if (h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		if (h->csum_start < ETH_HLEN || (unsigned)h->csum_start + h->csum_offset + sizeof(__sum16) > skb->len)
			return false;
		skb->ip_summed = CHECKSUM_PARTIAL;
		skb->csum_start = (uint16_t)(skb_headroom(skb) + h->csum_start);
		skb->csum_offset = h->csum_offset;
	} else if (h->flags & VIRTIO_NET_HDR_F_DATA_VALID) {
		skb->ip_summed = CHECKSUM_UNNECESSARY;
	}
	if (h->gso_type == VIRTIO_NET_HDR_GSO_NONE)
		return true;
	if (!vnet_gso_ok(skb, h))
		return false;
	if (skb->len - h->csum_start - sizeof(struct udphdr) > h->gso_size) {
		shinfo->gso_type = SKB_GSO_UDP_L4;
		shinfo->gso_size = h->gso_size;
		shinfo->gso_segs = (uint16_t)DIV_ROUND_UP(skb->len - h->csum_start - (unsigned)sizeof(struct udphdr), h->gso_size);
	}

	return true;
}

/* The header of @skb, which is about to leave: data is its Ethernet header. */
static __always_inline void vnet_hdr_from_skb(struct virtio_net_hdr *h, const struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);

	*h = (struct virtio_net_hdr){ .gso_type = VIRTIO_NET_HDR_GSO_NONE };
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		h->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		h->csum_start = (uint16_t)skb_checksum_start_offset(skb);
		h->csum_offset = skb->csum_offset;
	}
	if (skb_is_gso(skb)) {
		h->gso_type = VNET_GSO_UDP_L4;
		h->gso_size = shinfo->gso_size;
		h->hdr_len = (uint16_t)(skb_transport_offset(skb) + (int)sizeof(struct udphdr));
	}
}

/* @dev has these of the offloads that go with such headers, and on, unless they were switched off before it went down; RTNL. */
static __always_inline void vnet_features(struct net_device *dev, netdev_features_t have)
{
	const netdev_features_t all = NETIF_F_HW_CSUM | NETIF_F_GSO_UDP_L4;
	netdev_features_t fresh = have & ~dev->hw_features;

	dev->hw_features = (dev->hw_features & ~all) | have;
	dev->wanted_features = (dev->wanted_features & (~all | have)) | fresh;
	WRITE_ONCE(dev->features, (dev->features & (~all | have)) | fresh);
}

#endif
