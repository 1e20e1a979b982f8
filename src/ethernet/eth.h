/* SPDX-License-Identifier: MIT */
#ifndef ETHERNET_ETH_H
#define ETHERNET_ETH_H
/*
 * eth.h - the Ethernet device type: header build and parse, frame classification (mirrors net/ethernet/eth.c)
 *
 * Threads: eth_type_trans and header ops inside a vCPU; setup and address checks RTNL.
 */
#include "core/dev.h"
#include "core/neighbour.h"

void ether_setup(struct net_device *dev);
/* Sets mac header, pkt_type (HOST, BROADCAST, MULTICAST, OTHERHOST), skb->dev; pulls the header; returns the protocol. Needs 14 bytes. */
__be16 eth_type_trans(struct sk_buff *skb, struct net_device *dev);
extern const struct header_ops eth_header_ops;
int eth_header(struct sk_buff *skb, struct net_device *dev, unsigned short type, const void *daddr, const void *saddr, unsigned len);
int eth_validate_addr(struct net_device *dev);		   /* -EADDRNOTAVAIL for group and zero addresses */
int eth_mac_addr(struct net_device *dev, const void *addr); /* default ndo_set_mac_address */
void eth_random_addr(struct net *net, unsigned char *addr); /* locally administered */

static __always_inline bool is_multicast_ether_addr(const unsigned char *a) { return a[0] & 1; }
static __always_inline bool is_broadcast_ether_addr(const unsigned char *a)
{
	return (a[0] & a[1] & a[2] & a[3] & a[4] & a[5]) == 0xff;
}
static __always_inline bool is_zero_ether_addr(const unsigned char *a) { return !(a[0] | a[1] | a[2] | a[3] | a[4] | a[5]); }
static __always_inline bool is_valid_ether_addr(const unsigned char *a) { return !is_multicast_ether_addr(a) && !is_zero_ether_addr(a); }
static __always_inline bool ether_addr_equal(const unsigned char *a, const unsigned char *b) { return !memcmp(a, b, ETH_ALEN); }

#endif
