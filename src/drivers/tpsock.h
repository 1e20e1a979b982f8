/* SPDX-License-Identifier: MIT */
#ifndef DRIVERS_TPSOCK_H
#define DRIVERS_TPSOCK_H
/*
 * tpsock.h - the AF_PACKET socket behind a queue: what the tpacket driver asks of the host's kernel
 *
 * Theory of operation
 *   The host hands in a socket that is bound to its interface but takes nothing yet. From there on
 *   no right is needed: ring, memory, binding, address filter, counters and the state of the link.
 *   Frames go out through the same socket.
 * Called by: tpacket.c. Calls: the host's kernel, not on the way of a packet. Owns: what the address
 * filter of the host's interface was told (struct tpfilter).
 * Threads: RTNL; tpfilter_update under dev->addr_lock; tpsock_link and tpsock_error also a vCPU.
 */
#include "core/dev.h"
#include "drivers/tpring.h"

/**
 * struct tpsock_config - the ring
 * @version:	2 or 3
 * @slots:	2048 bytes each, or a larger power of two in version 2
 * @slot_size:	version 2: the longest frame and its header
 * @vnet:	version 3: each frame has an offload header, and up to 64 KB
 * @retire_ms:	version 3: longest time that a block is kept for more frames
 */
struct tpsock_config {
	unsigned version, slots, slot_size, retire_ms;
	bool vnet;
};

/* Make the ring, map it into *@ring and let frames in: 0, or -errno and *@ret_what says at what. */
int tpsock_start(int fd, const struct tpsock_config *cfg, struct tpring *ring,
		 const char **ret_what);
void tpsock_unmap(struct tpring *ring);

/**
 * struct tpsock_counts - what the kernel counts and forgets when it is read
 * @missed:	frames that found no room in the ring
 * @freezes:	times the ring was full (version 3)
 */
struct tpsock_counts {
	uint64_t missed, freezes;
};
/* Add what was counted since the last call. */
void tpsock_counts(int fd, unsigned version, struct tpsock_counts *c);

/* Error that waits at the socket (ENETDOWN, ...), 0 for none. Clears it. */
int tpsock_error(int fd);

/**
 * struct tpsock_host - the host's interface
 * @name:	of today
 * @mtu, @mac:	its own
 * @up, @running: IFF_UP, IFF_RUNNING
 * @merges:	it joins received frames (GRO or LRO)
 */
struct tpsock_host {
	char name[IFNAMSIZ];
	unsigned mtu;
	unsigned char mac[ETH_ALEN];
	bool up, running, merges;
};
/* 0, or -ENODEV when the interface is gone. */
int tpsock_host(int fd, struct tpsock_host *h);
struct ethtool_link_settings;
/* Speed, duplex and port as its driver says; untouched when it says nothing. */
void tpsock_speed(int fd, struct ethtool_link_settings *ls);
/* Only its link: 1 up and running, 0 not, -ENODEV gone. */
int tpsock_link(int fd);

/* --- the address filter of the host's interface --- */

#define TPFILTER_MAX 64

struct tpfilter_entry {
	unsigned short type; /* PACKET_MR_* */
	unsigned char addr[ETH_ALEN];
};

/**
 * struct tpfilter - what the interface was asked to let in for us; ends with the socket
 * @fd:		-1: nowhere to tell it
 * @failed:	an address was refused: it is promiscuous instead
 */
struct tpfilter {
	int fd;
	bool failed;
	unsigned n;
	struct tpfilter_entry entry[TPFILTER_MAX];
};

/* Ask for what @dev wants now, take back what it does not want any more. */
void tpfilter_update(struct tpfilter *f, const struct net_device *dev);

#endif
