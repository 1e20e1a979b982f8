/* SPDX-License-Identifier: MIT */
#ifndef IPV4_ARP_H
#define IPV4_ARP_H
/*
 * arp.h - address resolution (RFC 826, 5227; mirrors net/ipv4/arp.c)
 */
#include "core/neighbour.h"
#include "ipv4/netns.h"

#include <linux/if_arp.h>

int arp_init(struct net *net); /* table, packet type, /proc/net/arp, net.ipv4.neigh.*, notifiers */
void arp_exit(struct net *net);
/* consumes */
int arp_rcv(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
	    struct net_device *orig_dev);
/*
 * Addresses of one ARP packet; NULL hardware addresses: broadcast / own / zero as arp_create in
 * Linux.
 */
struct arp_addrs {
	__be32 dest_ip, src_ip;
	const unsigned char *dest_hw, *src_hw, *target_hw;
};
void arp_send(int type, int ptype, struct net_device *dev, const struct arp_addrs *a); /* vCPU */
/*
 * Neighbour of next hop @addr on @dev: noref, made when absent; NULL on failure. For loopback and
 * point-to-point too.
 */
struct neighbour *ipv4_neigh_lookup(struct net_device *dev, __be32 addr);
/* RTNL: forget all of @dev */
void arp_ifdown(struct net_device *dev);
/* RTNL: forget @addr on @dev, unless it is in use and not @force: 0, -ENXIO when there is none */
int arp_invalidate(struct net_device *dev, __be32 addr, bool force);
/* SIOCSARP, SIOCDARP, SIOCGARP. RTNL */
struct arpreq;
int arp_ioctl(struct net *net, unsigned cmd, struct arpreq *r, bool admin);

/* inside the room: arp_ctl.c */
int arp_ctl_init(struct net *net); /* /proc/net/arp */
void arp_ctl_exit(struct net *net);

#endif
