/* SPDX-License-Identifier: MIT */
#ifndef DRIVERS_TAPQUEUE_H
#define DRIVERS_TAPQUEUE_H
/*
 * tapqueue.h - device and queue of the TAP driver, for its two files: tap.c (the walk, set-up), tap_ethtool.c
 *
 * Threads: members are tagged as elsewhere: [I] immutable, [R] RTNL, [A] atomic, [C] the queue's vCPU, [L:xmit] under the lock of the
 * transmit queue.
 */
#include "core/ethtool.h"
#include "drivers/rx.h"

#define TAP_NAME_MAX 128

struct tap_stats {
	struct nif_rx_stats rx;
	uint64_t interrupts, reads, empty_reads, probes; /* [C] */
	uint64_t tx_busy, tx_retries, tx_refused, tx_link_down; /* [L:xmit] */
	uint64_t tx_completed;					/* [C] */
};

struct tap_queue {
	struct napi_struct napi;
	struct tap *tap;
	unsigned index;
	int fd, irq;	       /* [I] while up, else -1 */
	bool rx_event;	       /* [C] the line was raised and is masked */
	bool busy;	       /* [C] the last poll found more than one frame */
	unsigned probe_wait, probe_count; /* [C] */
	uint64_t last_poll, last_irq;	  /* [C] */
	struct sk_buff *rx_skb; /* [C] for the next read */
	unsigned rx_size;	/* [C] bytes it was made for */
	struct ktimer itr_timer, tx_timer;
	struct sk_buff_head tx_done; /* [L:xmit] */
	struct tap_stats stats;
};

struct tap {
	struct net_device *dev;
	char spec[TAP_NAME_MAX];
	uint64_t itr_ns; /* [A] shortest time between two interrupts of a queue */
	bool gone;	 /* [A] */
	struct rx_filter *filter; /* RCU */
	struct tap_queue q[];
};

extern const struct ethtool_ops tap_ethtool_ops; /* tap_ethtool.c */

#endif
