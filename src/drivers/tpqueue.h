/* SPDX-License-Identifier: MIT */
#ifndef DRIVERS_TPQUEUE_H
#define DRIVERS_TPQUEUE_H
/*
 * tpqueue.h - device and queue of the tpacket driver, for its three files: tpacket.c (set-up, link),
 * tpacket_rx.c (receive), tpacket_tx.c (transmit)
 *
 * Threads: members are tagged as elsewhere: [I] immutable, [R] RTNL, [A] atomic, [C] the queue's
 * vCPU, [L:xmit] under the lock of the transmit queue.
 */
#include <sys/socket.h>

#include "core/ethtool.h"
#include "drivers/rx.h"
#include "drivers/tpsock.h"
#include "drivers/vnet_hdr.h"
#include "kernel/irq.h"

#define TP_BATCH 64
#define TP_OVERHEAD 18 /* Ethernet header and a VLAN tag */

struct tp_stats {
	struct nif_rx_stats rx;
	uint64_t interrupts, empty_polls, ring_errors; /* [C] */
	uint64_t csum_valid, csum_partial, vlan;       /* [C] */
	uint64_t gso, bad_offload;		       /* [C] */
	uint64_t tx_gso;			       /* [L:xmit] */
	uint64_t tx_calls, tx_busy, tx_retries, tx_refused, tx_link_down; /* [L:xmit] */
	struct tpsock_counts host; /* [R] */
};

struct tp_bell {
	struct doorbell bell;
	struct tp_queue *q;
};

struct tp_queue {
	struct napi_struct napi;
	struct tp *tp;
	int fd, irq;   /* [I] while up, else -1 */
	bool rx_event; /* [C] the line was raised and is masked */
	struct tpring ring; /* [C] */
	struct tp_bell *bell; /* [I] one a vCPU */
	/* [L:xmit] */
	struct ktimer tx_timer;
	unsigned tx_n;
	struct sk_buff *tx_skb[TP_BATCH];
	struct iovec tx_iov[TP_BATCH][2]; /* offload header, if there are such; frame */
	struct virtio_net_hdr tx_hdr[TP_BATCH];
	struct mmsghdr tx_msg[TP_BATCH];
	struct sk_buff_head tx_done;
	struct tp_stats stats;
};

struct tp {
	struct net_device *dev;
	char host_name[IFNAMSIZ];
	struct tpsock_config cfg; /* [R] */
	int link_fd, link_irq;	  /* [I] while up, else -1 */
	bool gone, down;	  /* [A] */
	bool told_long;		  /* [C] */
	struct rx_filter *filter; /* RCU */
	struct tpfilter host_filter; /* dev->addr_lock */
	struct tp_queue q;
};

static __always_inline struct netdev_queue *tp_txq(const struct tp_queue *q)
{
	return netdev_get_tx_queue(q->tp->dev, 0);
}

static __always_inline struct machine *tp_machine(const struct tp *tp)
{
	return &dev_net(tp->dev)->m;
}

/* --- tpacket_rx.c --- */
irqreturn_t tp_intr(int irq, void *data);
int tp_poll(struct napi_struct *napi, int budget);

/* --- tpacket_tx.c --- */
netdev_tx_t tp_xmit(struct sk_buff *skb, struct net_device *dev);
void tp_flush(struct tp_queue *q);
void tp_bell_ring(struct doorbell *bell);
void tp_free_done(struct tp_queue *q);
void tp_tx_retry(struct ktimer *t);
/* Last of all, on the queue's vCPU: the batch still goes out; what is not taken is lost. */
void tp_purge(struct tp_queue *q);

/* --- tpacket_ethtool.c --- */
extern const struct ethtool_ops tp_ethtool_ops;

/* --- tpacket.c --- */
#define TP_SLOTS_MIN 64u
#define TP_SLOTS_MAX 65536u
#define TP_USECS_MAX 1000000u
/*
 * A device that is up: its queue is made anew as the configuration says. 0, or -errno and it is without a queue and gone
 * until it is put down and up, or this succeeds. RTNL.
 */
int tp_reopen(struct tp *tp);
/* See how the host's link is, and let the carrier follow; RTNL or a vCPU. */
void tp_link_update(struct tp *tp);

#endif
