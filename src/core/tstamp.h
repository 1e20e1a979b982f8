/* SPDX-License-Identifier: MIT */
#ifndef CORE_TSTAMP_H
#define CORE_TSTAMP_H
/*
 * tstamp.h - software stamps of sent packets (mirrors skb_tstamp_tx of net/core/skbuff.c)
 *
 * Theory of operation
 *   A sender asks by SO_TIMESTAMPING; sock_tx_timestamp() turns that into tx_flags of the packet. The driver calls skb_tx_timestamp() when
 *   it hands the frame to the outside; a copy of the packet (or an empty one, OPT_TSONLY) with the time goes to the sender's error queue.
 * Threads: a vCPU. Reads the real-time clock, when a stamp was asked for.
 */
#include "core/sock.h"

#define SKBTX_HW_TSTAMP (1 << 0)
#define SKBTX_SW_TSTAMP (1 << 1)
#define SKBTX_SCHED_TSTAMP (1 << 6)

/* Queue a stamp of kind @tstype (SCM_TSTAMP_SND, SCM_TSTAMP_SCHED) for the sender of @skb, which stays the caller's. */
void __skb_tstamp_tx(struct sk_buff *skb, int tstype);

/* A driver hands @skb out now. Told once: a driver that finds no room afterwards is given the packet again. */
static __always_inline void skb_tx_timestamp(struct sk_buff *skb)
{
	if (likely(!(skb_shinfo(skb)->tx_flags & SKBTX_SW_TSTAMP)))
		return;
	__skb_tstamp_tx(skb, 0 /* SCM_TSTAMP_SND */);
	skb_shinfo(skb)->tx_flags &= (uint8_t)~SKBTX_SW_TSTAMP;
}

#endif
