/* SPDX-License-Identifier: MIT */
#ifndef CORE_PACKET_TRACE_H
#define CORE_PACKET_TRACE_H
/*
 * packet_trace.h - following packets through the stack: ids, the packet filter, bytes, verdicts
 *
 * Theory of operation
 *   While trace_state.packets is set, each packet has an id. A driver gives it at the begin of each turn of its receive loop, so that the buffer and the read
 *   belong to the packet already; who makes a packet gives it where the making begins. A buffer inherits the id of the packet that is worked for when it is
 *   allocated: so answers (ICMP, ARP), copies and fragments carry the id of what caused them. A packet that waited in a queue is taken up again by
 *   packet_trace_resume() or _switch(): from there on the thread works for it (trace/work.h).
 *   Following: a packet is shown to the filter once, when its bytes are there. One that matches gets a FRAME record, one more each time it leaves by a device,
 *   and a VERDICT at each end; one that does not shuts the gate while it is worked for. Both travel in the skb (packet_id, packet_match).
 *   The filter is a classic BPF program for frames with an Ethernet header and one for packets that begin with the IP header; none set: everything matches.
 * Called by: drivers (rx.h), queues, ipv4, socket calls. Calls: trace/. Owns: the filter of a net (RCU).
 * Off, each inline costs one load and one branch. Nothing here is traced itself.
 * Threads: inside a vCPU; filter_set and _clear RTNL.
 */
#include "core/skbuff.h"
#include "lib/extack.h"
#include "trace/work.h"

#include <linux/filter.h>

struct napi_struct;
struct net_device;
struct packet_filter;

/**
 * packet_trace_filter_set() - follow only what matches
 * @en10mb, @n:	program for frames from the Ethernet header on; 0: none of them matches
 * @raw, @n2:	program for packets from the IP header on; 0: none of them matches
 *
 * RTNL. The programs are copied. Return: 0, -EINVAL or -ENOMEM with a text.
 */
int packet_trace_filter_set(struct net *net, const struct sock_filter *en10mb, unsigned n,
			    const struct sock_filter *raw, unsigned n2, struct extack *err);
/* Follow everything; RTNL. */
void packet_trace_filter_clear(struct net *net);

/* The slow halves: packets have ids. */
void __packet_trace_rx_begin(void);
void __packet_trace_rx(const struct napi_struct *napi, struct sk_buff *skb);
struct trace_work __packet_trace_make(void);
struct trace_work __packet_trace_own(struct sk_buff *skb);
void __packet_trace_handed(uint32_t cookie);
void __packet_trace_local(struct sk_buff *skb, bool link);
void __packet_trace_tx(const struct sk_buff *skb, const struct net_device *dev);

/* --- receive: the loop of a driver --- */

/* Begin of a turn: the next frame's id, if there is a frame. */
static __always_inline void packet_trace_rx_begin(void)
{
	if (trace_packets_on())
		__packet_trace_rx_begin();
}

/* The frame's bytes lie in @skb. */
static __always_inline void packet_trace_rx(const struct napi_struct *napi, struct sk_buff *skb)
{
	if (trace_packets_on())
		__packet_trace_rx(napi, skb);
}

/* End of a loop in a softirq: no packet is worked for. */
static __always_inline void packet_trace_end(void)
{
	if (trace_packets_on())
		trace_work_for(0, TRACE_UNSEEN);
}

/* --- queues: another packet is taken up --- */

/* Until the end of the loop or call, which goes back itself. */
static __always_inline void packet_trace_switch(const struct sk_buff *skb)
{
	if (trace_packets_on())
		trace_work_for(skb->packet_id, skb->packet_match);
}

/* Until trace_work_restore(). */
static __always_inline struct trace_work packet_trace_resume(const struct sk_buff *skb)
{
	struct trace_work w = trace_work_save();

	if (unlikely(w.on))
		trace_work_for(skb->packet_id, skb->packet_match);
	return w;
}

/* --- made here --- */

/* The making of a packet begins: a fresh id, unless it is done for a packet. Until trace_work_restore(). */
static __always_inline struct trace_work packet_trace_make(void)
{
	struct trace_work w = { .id = 0 };

	if (trace_packets_on())
		w = __packet_trace_make();
	return w;
}

/* @skb is ready to be sent: work for it, with a fresh id if it has none. Until trace_work_restore(). */
static __always_inline struct trace_work packet_trace_own(struct sk_buff *skb)
{
	struct trace_work w = { .id = 0 };

	if (trace_packets_on())
		w = __packet_trace_own(skb);
	return w;
}

/* The headers of a packet that was made here are whole, from the Ethernet (@link) or IP header on at skb->data. */
static __always_inline void packet_trace_local(struct sk_buff *skb, bool link)
{
	if (trace_packets_on())
		__packet_trace_local(skb, link);
}

/* What a program's span has to say of @skb: its number, or that it is none of those asked for (@miss). */
static __always_inline uint32_t packet_trace_number(const struct sk_buff *skb, uint32_t miss)
{
	if (!trace_packets_on())
		return 0;
	return skb->packet_match == TRACE_MISS ? miss : skb->packet_id;
}

/* The packet worked for is what a program handed over with @cookie. */
static __always_inline void packet_trace_handed(uint32_t cookie)
{
	if (trace_packets_on())
		__packet_trace_handed(cookie);
}

/* @skb stands for @from: an answer, a piece. */
static __always_inline void skb_copy_packet(struct sk_buff *skb, const struct sk_buff *from)
{
	skb->packet_id = from->packet_id;
	skb->packet_match = from->packet_match;
}

/* They exchange what packets they are. */
static __always_inline void skb_swap_packet(struct sk_buff *a, struct sk_buff *b)
{
	uint8_t match = a->packet_match;

	swap(a->packet_id, b->packet_id);
	a->packet_match = b->packet_match;
	b->packet_match = match & 3;
}

#endif
