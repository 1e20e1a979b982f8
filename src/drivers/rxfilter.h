/* SPDX-License-Identifier: MIT */
#ifndef DRIVERS_RXFILTER_H
#define DRIVERS_RXFILTER_H
/*
 * rxfilter.h - the receive filter of an Ethernet device: own address, unicast and multicast lists, promiscuous, all multicast
 *
 * Theory of operation
 *   What a NIC does with its address registers: ndo_set_rx_mode compiles the lists of the device into one immutable table that the vCPUs read
 *   under RCU. No table (before the first update, or when there was no memory for it): every frame passes and IP decides.
 * Threads: update and clear RTNL; match inside a vCPU.
 */
#include "core/dev.h"

struct rx_filter;

/* Build the table of @dev anew and publish it in *@slot. */
void rxfilter_update(struct net_device *dev, struct rx_filter **slot);
/* Take the table away; freed after a grace period. */
void rxfilter_clear(struct net_device *dev, struct rx_filter **slot);
/* Does a frame for @dest pass? */
bool rxfilter_match(const struct rx_filter *f, const unsigned char *dest);

#endif
