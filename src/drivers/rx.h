/* SPDX-License-Identifier: MIT */
#ifndef DRIVERS_RX_H
#define DRIVERS_RX_H
/*
 * rx.h - what the receive halves of Ethernet drivers share: the address filter, and the way up
 *
 * Theory of operation
 *   What a NIC does with its address registers: ndo_set_rx_mode compiles the lists of the device
 *   into one immutable table that the vCPUs read under RCU. No table (before the first update, or
 *   when there was no memory for it): every frame passes and IP decides.
 *   nif_rx_frame() is inline, so that a trace shows eth_type_trans and napi_gro_receive right under
 *   the driver's own function.
 * Threads: update as core calls it (dev->addr_lock held); clear RTNL; the rest inside a vCPU.
 */
#include "core/dev.h"
#include "core/net.h"
#include "core/packet_trace.h"
#include "drivers/driver.h"
#include "ethernet/eth.h"

/* The table of one device. */
struct rx_filter {
	struct rcu_head rcu;
	struct net *net;
	bool promisc, allmulti;
	unsigned n_uc, n_mc;
	unsigned char addr[][ETH_ALEN]; /* the device's own, then n_uc - 1 and n_mc of the lists */
};

/* Build the table of @dev anew and publish it in *@slot. */
void rxfilter_update(struct net_device *dev, struct rx_filter **slot);
/* Free the table: nobody reads it any more (the device is gone, or never was registered). */
void rxfilter_clear(struct net_device *dev, struct rx_filter **slot);
bool rxfilter_match_list(const struct rx_filter *f, const unsigned char *dest);
/* Does a frame for @dest pass? Most are for the device's own address. */
static __always_inline bool rxfilter_match(const struct rx_filter *f, const unsigned char *dest)
{
	return !f || ether_addr_equal(f->addr[0], dest) || rxfilter_match_list(f, dest);
}

#define NIF_POLL_BYTES (128u << 10) /* a poll that took so much of large frames lets who waits for them have a turn */

/* What a frame of @len is charged: a large one, which stands for many, pages and a header, as Linux's receivers have it. */
static __always_inline unsigned nif_rx_truesize(unsigned len)
{
	return len <= 4096 ? skb_truesize(len + NET_SKB_PAD + NET_IP_ALIGN) : skb_truesize(NET_SKB_PAD) + ALIGN(len, 4096u);
}

/* Receive counters that every driver keeps, a queue each; written by the queue's vCPU. */
struct nif_rx_stats {
	uint64_t runts, filtered, truncated, nomem;
};

/**
 * nif_rx_frame() - a whole frame lies in @skb: check its length, filter it, hand it to GRO
 *
 * Consumes @skb. Counts in the device's statistics what Linux's drivers count there.
 */
static __always_inline void nif_rx_frame(struct napi_struct *napi, struct sk_buff *skb,
					 const struct rx_filter *filter, struct nif_rx_stats *st)
{
	struct net_device *dev = napi->dev;
	struct net_device_stats *stats = this_dev_stats(dev);

	packet_trace_rx(napi, skb);
	ledger_begin(skb, LEDGER_FRAME);
	if (unlikely(skb->len < ETH_HLEN)) {
		st->runts++;
		stats->rx_errors++;
		stats->rx_length_errors++;
		kfree_skb_reason(skb, SKB_DROP_REASON_RX_RUNT);
		return;
	}
	if (unlikely(!rxfilter_match(filter, skb->data))) {
		st->filtered++;
		kfree_skb_reason(skb, SKB_DROP_REASON_RX_FILTERED);
		return;
	}
	stats->rx_packets++;
	stats->rx_bytes += skb->len;
	skb->protocol = eth_type_trans(skb, dev);
	if (skb->pkt_type == PACKET_MULTICAST)
		stats->multicast++;
	napi_gro_receive(napi, skb);
}

/* A frame longer than the slot it was read into: @skb holds its beginning. Consumes. */
static __always_inline void nif_rx_truncated(struct napi_struct *napi, struct sk_buff *skb,
					     struct nif_rx_stats *st)
{
	struct net_device_stats *stats = this_dev_stats(napi->dev);

	packet_trace_rx(napi, skb);
	ledger_begin(skb, LEDGER_FRAME);
	st->truncated++;
	stats->rx_errors++;
	stats->rx_length_errors++;
	kfree_skb_reason(skb, SKB_DROP_REASON_RX_TRUNCATED);
}

/* The host says of a frame what cannot be of it. Consumes. */
static __always_inline void nif_rx_bad_offload(struct napi_struct *napi, struct sk_buff *skb)
{
	struct net_device_stats *stats = this_dev_stats(napi->dev);

	packet_trace_rx(napi, skb);
	ledger_begin(skb, LEDGER_FRAME);
	stats->rx_errors++;
	stats->rx_frame_errors++;
	kfree_skb_reason(skb, SKB_DROP_REASON_RX_OFFLOAD);
}

/* No buffer for a frame that had to be taken from its source. */
static __always_inline void nif_rx_nomem(struct napi_struct *napi, struct nif_rx_stats *st)
{
	st->nomem++;
	this_dev_stats(napi->dev)->rx_dropped++;
	nif_rx_lost(SKB_DROP_REASON_RX_NOMEM);
}

#endif
