/* SPDX-License-Identifier: MIT */
#ifndef CORE_TRACE_EVENTS_H
#define CORE_TRACE_EVENTS_H
/*
 * trace_events.h - the tracepoints of packets, sockets and neighbours (mirrors include/trace/events/{net,napi,skb,sock,udp,neigh}.h)
 *
 * Theory of operation
 *   A site of the walk calls trace_NAME(), where and when Linux calls it. While nobody listens that is one load and one branch; else __trace_NAME()
 *   (trace_events.c) fills the fields of trace/events.h and hands them to the sink. A site that must look before something changes asks trace_event_on() itself.
 * Called by: core, ipv4. Threads: inside a vCPU. Nothing here is traced itself.
 */
#include "core/skbuff.h"
#include "trace/emit.h"

struct napi_struct;
struct neighbour;
struct neigh_table;

void __trace_netif_receive_skb(const struct sk_buff *skb);
void __trace_net_dev_queue(const struct sk_buff *skb);
void __trace_napi_poll(const struct napi_struct *napi, int work, int budget);
void __trace_kfree_skb(const struct sk_buff *skb, const void *location, enum skb_drop_reason reason);
void __trace_consume_skb(const struct sk_buff *skb, const void *location);
void __trace_sock_rcvqueue_full(const struct sock *sk, const struct sk_buff *skb);
void __trace_sock_exceed_buf_limit(const struct sock *sk, long allocated, int kind);
void __trace_udp_fail_queue_rcv_skb(int rc, const struct sock *sk);
void __trace_neigh_create(const struct neigh_table *tbl, const struct net_device *dev, const void *pkey, bool created);
void __trace_neigh_update(struct neighbour *n, const uint8_t *lladdr, uint8_t new_state, uint32_t flags);
void __trace_neigh_state(enum trace_event ev, struct neighbour *n, int err);

/* What a driver may have freed by the time that it says how it went. */
struct trace_xmit {
	const struct sk_buff *skb;
	unsigned len;
	uint32_t packet;
};
void __trace_net_dev_xmit(const struct trace_xmit *x, int rc, const struct net_device *dev);

#define TRACE_STUB(name, proto, ...)                                      \
	static __always_inline void trace_##name proto                    \
	{                                                                 \
		if (trace_event_on(TRACE_##name))                         \
			__trace_##name(__VA_ARGS__);                      \
	}
TRACE_STUB(netif_receive_skb, (const struct sk_buff *skb), skb)
TRACE_STUB(net_dev_queue, (const struct sk_buff *skb), skb)
TRACE_STUB(net_dev_xmit, (const struct trace_xmit *x, int rc, const struct net_device *dev), x, rc, dev)
TRACE_STUB(napi_poll, (const struct napi_struct *napi, int work, int budget), napi, work, budget)
TRACE_STUB(kfree_skb, (const struct sk_buff *skb, const void *location, enum skb_drop_reason reason), skb, location, reason)
TRACE_STUB(consume_skb, (const struct sk_buff *skb, const void *location), skb, location)
TRACE_STUB(sock_rcvqueue_full, (const struct sock *sk, const struct sk_buff *skb), sk, skb)
TRACE_STUB(sock_exceed_buf_limit, (const struct sock *sk, long allocated, int kind), sk, allocated, kind)
TRACE_STUB(udp_fail_queue_rcv_skb, (int rc, const struct sock *sk), rc, sk)
TRACE_STUB(neigh_create, (const struct neigh_table *tbl, const struct net_device *dev, const void *pkey, bool created), tbl, dev, pkey, created)
TRACE_STUB(neigh_update, (struct neighbour *n, const uint8_t *lladdr, uint8_t new_state, uint32_t flags), n, lladdr, new_state, flags)
#undef TRACE_STUB

/* Timer, done and cleanup have the same fields. */
static __always_inline void trace_neigh_state(enum trace_event ev, struct neighbour *n, int err)
{
	if (trace_event_on(ev))
		__trace_neigh_state(ev, n, err);
}

#endif
