/* SPDX-License-Identifier: MIT */
#ifndef DRIVERS_TAPQUEUE_H
#define DRIVERS_TAPQUEUE_H
/*
 * tapqueue.h - device and queue of the TAP driver, for its files: tap.c (the walk, set-up),
 * tap_vnet.c (offload headers), tap_ethtool.c
 *
 * Threads: members are tagged as elsewhere: [I] immutable, [A] atomic, [C] the queue's vCPU,
 * [L:xmit] under the lock of the transmit queue.
 */
#include <sys/types.h>

#include "core/ethtool.h"
#include "drivers/rx.h"
#include "drivers/tap.h"
#include "kernel/irq.h"

struct tap_vnet;

#define TAP_NAME_MAX 128
#define TAP_OVERHEAD 18 /* Ethernet header and a VLAN tag */

struct tap_stats {
	struct nif_rx_stats rx;
	uint64_t interrupts, reads, empty_reads, probes; /* [C] */
	uint64_t tx_busy, tx_retries, tx_refused, tx_link_down; /* [L:xmit] */
	uint64_t tx_completed;					/* [C] */
	uint64_t rx_csum_partial, rx_csum_valid, rx_gso, rx_bad_offload; /* [C] */
	uint64_t tx_csum_partial, tx_gso;				 /* [L:xmit] */
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
	struct tap_vnet *vnet;	     /* [I] while up; NULL: frames come without a header (tap_vnet.c) */
	struct tap_stats stats;
};

struct tap {
	struct net_device *dev;
	char spec[TAP_NAME_MAX];
	uint64_t itr_ns; /* [A] shortest time between two interrupts of a queue */
	bool want_vnet;	 /* [I] vnet_hdr=on */
	bool gone;	 /* [A] */
	struct rx_filter *filter; /* RCU */
	struct tap_queue q[];
};

static __always_inline struct netdev_queue *tap_txq(const struct tap_queue *q)
{
	return netdev_get_tx_queue(q->tap->dev, q->index);
}

static __always_inline struct machine *tap_machine(const struct tap_queue *q)
{
	return &dev_net(q->tap->dev)->m;
}

/* What read() answered instead of a frame: nothing there, or the descriptor is of no use any more. -1 */
int tap_read_error(struct tap_queue *q, ssize_t n);
/* No memory for a frame: it is taken away unread. 0, or -1 when there is none. */
int tap_read_away(struct tap_queue *q);

extern const struct ethtool_ops tap_ethtool_ops; /* tap_ethtool.c */

/* --- tap_vnet.c --- */
/* Open queue @q of the host's interface with offload headers: a descriptor, or -errno. */
int tap_vnet_open(struct tap_queue *q);
void tap_vnet_free(struct tap_queue *q); /* on the queue's vCPU; the descriptor is not read any more */
/* As tap_read_frame(): the frame lies in q->rx_skb, its header in q->vnet. */
int tap_vnet_read(struct tap_queue *q, unsigned max_frame);
bool tap_vnet_is_gso(const struct tap_queue *q); /* the frame that was read stands for many */
/* What the header says of @skb, which holds the frame: true, or false when it does not fit it. */
bool tap_vnet_offload(struct tap_queue *q, struct sk_buff *skb);
ssize_t tap_vnet_write(struct tap_queue *q, const struct sk_buff *skb); /* bytes of the frame, or -1 and errno */

#endif
