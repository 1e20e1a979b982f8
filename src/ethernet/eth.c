/* SPDX-License-Identifier: MIT */
/*
 * eth.c - Ethernet: the 14 bytes in front, built, read and cached
 *
 * Theory of operation
 *   Called by: the receive half of drivers (eth_type_trans), dev_hard_header() and the neighbour
 *   code (header_ops), drivers' set-up.
 *   Calls: skb_push, skb_pull; the dice of the net for a random address. Owns nothing. Threads:
 *   eth_type_trans and the header operations the vCPU that owns the skb; the rest RTNL.
 *   Refuses: group and zero addresses as the address of a device. A frame's length is the driver's
 *   business: eth_type_trans needs 14 bytes.
 *   Numbers: IEEE 802.3 (a type below 0x0600 is a length), RFC 894. Mirrors: net/ethernet/eth.c.
 */
#include "ethernet/eth.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_arp.h>

#include "core/net.h"

static __be16 eth_802_3_type(const struct sk_buff *skb);
static int eth_header_parse(const struct sk_buff *skb, unsigned char *haddr);
static int eth_header_cache(const struct neighbour *neigh, void *hh, __be16 type);
static void eth_header_cache_update(void *hh, const struct net_device *dev,
				    const unsigned char *haddr);

/*
 * The header lies in the last 14 bytes of the cache's 16, so that the IP header after it is
 * aligned.
 */
#define HH_ETH_OFFSET (sizeof(((struct hh_cache *)0)->data) - ETH_HLEN)

static __always_inline struct ethhdr *hh_eth(void *hh)
{
	return (struct ethhdr *)(void *)(((struct hh_cache *)hh)->data + HH_ETH_OFFSET);
}

__be16 eth_type_trans(struct sk_buff *skb, struct net_device *dev)
{
	const struct ethhdr *eth;

	skb->dev = dev;
	skb_reset_mac_header(skb);
	eth = eth_hdr(skb);
	__skb_pull(skb, ETH_HLEN);
	if (likely(ether_addr_equal(eth->h_dest, dev->dev_addr)))
		skb->pkt_type = PACKET_HOST;
	else if (is_broadcast_ether_addr(eth->h_dest))
		skb->pkt_type = PACKET_BROADCAST;
	else if (is_multicast_ether_addr(eth->h_dest))
		skb->pkt_type = PACKET_MULTICAST;
	else
		skb->pkt_type = PACKET_OTHERHOST;
	if (likely(ntohs(eth->h_proto) >= ETH_P_802_3_MIN))
		return eth->h_proto;

	return eth_802_3_type(skb);
}

/*
 * A length stands where the type would be. Old NetWare put its header, which begins with ff ff,
 * right behind it; else it is LLC.
 */
static __be16 eth_802_3_type(const struct sk_buff *skb)
{
	if (skb->len >= 2 && skb->data[0] == 0xff && skb->data[1] == 0xff)
		return htons(ETH_P_802_3);
	return htons(ETH_P_802_2);
}

int eth_header(struct sk_buff *skb, struct net_device *dev, unsigned short type, const void *daddr,
	       const void *saddr, unsigned len)
{
	struct ethhdr *eth = skb_push(skb, ETH_HLEN);

	if (type != ETH_P_802_3 && type != ETH_P_802_2)
		eth->h_proto = htons(type);
	else
		eth->h_proto = htons((uint16_t)len);
	memcpy(eth->h_source, saddr ? saddr : dev->dev_addr, ETH_ALEN);
	if (daddr) {
		memcpy(eth->h_dest, daddr, ETH_ALEN);
		return ETH_HLEN;
	}
	memset(eth->h_dest, 0, ETH_ALEN);
	/* where nobody resolves addresses, zero is as good as any */
	if (dev->flags & (IFF_LOOPBACK | IFF_NOARP))
		return ETH_HLEN;

	return -ETH_HLEN;
}

static int eth_header_parse(const struct sk_buff *skb, unsigned char *haddr)
{
	memcpy(haddr, eth_hdr(skb)->h_source, ETH_ALEN);
	return ETH_ALEN;
}

/* Under the neighbour's lock. The length is stored last: a reader that sees it finds the bytes. */
static int eth_header_cache(const struct neighbour *neigh, void *hh, __be16 type)
{
	struct hh_cache *cache = hh;
	struct ethhdr *eth = hh_eth(hh);

	if (type == htons(ETH_P_802_3))
		return -1;
	eth->h_proto = type;
	memcpy(eth->h_source, neigh->dev->dev_addr, ETH_ALEN);
	memcpy(eth->h_dest, neigh->ha, ETH_ALEN);
	smp_store_release(&cache->hh_len, (uint16_t)ETH_HLEN);

	return 0;
}

static void eth_header_cache_update(void *hh, const struct net_device *dev,
				    const unsigned char *haddr)
{
	memcpy(hh_eth(hh)->h_dest, haddr, ETH_ALEN);
}

int eth_validate_addr(struct net_device *dev)
{
	return is_valid_ether_addr(dev->dev_addr) ? 0 : -EADDRNOTAVAIL;
}

int eth_mac_addr(struct net_device *dev, const void *addr)
{
	if (!is_valid_ether_addr(addr))
		return -EADDRNOTAVAIL;
	memcpy(dev->dev_addr, addr, ETH_ALEN);
	return 0;
}

void eth_random_addr(struct net *net, unsigned char *addr)
{
	rng_bytes(&net->m.rng, addr, ETH_ALEN);
	addr[0] = (unsigned char)((addr[0] & ~0x01) | 0x02);
}

void ether_setup(struct net_device *dev)
{
	dev->header_ops = &eth_header_ops;
	dev->type = ARPHRD_ETHER;
	dev->hard_header_len = ETH_HLEN;
	dev->mtu = ETH_DATA_LEN;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = ETH_DATA_LEN;
	dev->addr_len = ETH_ALEN;
	dev->tx_queue_len = 1000;
	dev->flags = IFF_BROADCAST | IFF_MULTICAST;
	memset(dev->broadcast, 0xff, ETH_ALEN);
}

const struct header_ops eth_header_ops = {
	.create = eth_header,
	.parse = eth_header_parse,
	.cache = eth_header_cache,
	.cache_update = eth_header_cache_update,
};
