/* SPDX-License-Identifier: MIT */
/*
 * trace_events.c - the fields of the tracepoints of packets, sockets and neighbours
 *
 * Called by: the stubs of trace_events.h while someone listens. Calls: the sink. Owns nothing.
 * Threads: inside a vCPU. Mirrors: include/trace/events/{net,napi,skb,sock,udp,neigh}.h
 */
#include "core/trace_events.h"

#include <netinet/in.h>

#include "core/dev.h"
#include "core/neighbour.h"
#include "core/sock.h"
#include "trace/fgraph.h"

static struct trace_net_dev net_dev_fields(const struct sk_buff *skb);
static struct trace_neigh_state neigh_fields(struct neighbour *n, int err);

static uint64_t address(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

/* --- net, napi --- */

void __trace_netif_receive_skb(const struct sk_buff *skb)
{
	struct trace_net_dev f = net_dev_fields(skb);

	trace_event(TRACE_netif_receive_skb, &f);
}

void __trace_net_dev_queue(const struct sk_buff *skb)
{
	struct trace_net_dev f = net_dev_fields(skb);

	trace_event(TRACE_net_dev_queue, &f);
}

static struct trace_net_dev net_dev_fields(const struct sk_buff *skb)
{
	return (struct trace_net_dev){ .skbaddr = address(skb), .len = skb->len, .name = skb->dev->name,
				       .packet = skb->packet_id };
}

void __trace_net_dev_xmit(const struct trace_xmit *x, int rc, const struct net_device *dev)
{
	struct trace_net_dev_xmit f = { .skbaddr = address(x->skb), .len = x->len, .rc = rc, .name = dev->name,
					.packet = x->packet };

	trace_event(TRACE_net_dev_xmit, &f);
}

void __trace_napi_poll(const struct napi_struct *napi, int work, int budget)
{
	struct trace_napi_poll f = { .napi = address(napi), .dev_name = napi->dev ? napi->dev->name : "(no_device)",
				     .work = work, .budget = budget };

	trace_event(TRACE_napi_poll, &f);
}

/* --- skb --- */

void __trace_kfree_skb(const struct sk_buff *skb, const void *location, enum skb_drop_reason reason)
{
	struct trace_kfree_skb f = { .skbaddr = address(skb), .location = address(fgraph_caller(location)),
				     .protocol = ntohs(skb->protocol), .reason = (uint16_t)reason,
				     .reason_name = drop_table[reason].name, .packet = skb->packet_id };

	trace_event(TRACE_kfree_skb, &f);
}

void __trace_consume_skb(const struct sk_buff *skb, const void *location)
{
	struct trace_consume_skb f = { .skbaddr = address(skb), .location = address(fgraph_caller(location)),
				       .packet = skb->packet_id };

	trace_event(TRACE_consume_skb, &f);
}

/* --- sock, udp --- */

void __trace_sock_rcvqueue_full(const struct sock *sk, const struct sk_buff *skb)
{
	struct trace_sock_rcvqueue_full f = { .rmem_alloc = atomic_read(&sk->sk_rmem_alloc),
					      .truesize = skb->truesize, .sk_rcvbuf = READ_ONCE(sk->sk_rcvbuf) };

	trace_event(TRACE_sock_rcvqueue_full, &f);
}

void __trace_sock_exceed_buf_limit(const struct sock *sk, long allocated, int kind)
{
	const struct proto *prot = sk->sk_prot;
	struct net *net = sock_net(sk);
	const long *mem = prot->sysctl_mem(net);
	struct trace_sock_exceed_buf_limit f = { .name = prot->name, .allocated = allocated, .kind = kind,
						 .rmem_alloc = atomic_read(&sk->sk_rmem_alloc),
						 .wmem_alloc = atomic_read(&sk->sk_wmem_alloc) };

	for (unsigned i = 0; i < 3; i++)
		f.sysctl_mem[i] = READ_ONCE(mem[i]);
	if (prot->sysctl_rmem_min)
		f.sysctl_rmem = READ_ONCE(*prot->sysctl_rmem_min(net));
	if (prot->sysctl_wmem_min)
		f.sysctl_wmem = READ_ONCE(*prot->sysctl_wmem_min(net));
	trace_event(TRACE_sock_exceed_buf_limit, &f);
}

void __trace_udp_fail_queue_rcv_skb(int rc, const struct sock *sk)
{
	struct trace_udp_fail_queue_rcv_skb f = { .rc = rc, .lport = sk->sk_num };

	trace_event(TRACE_udp_fail_queue_rcv_skb, &f);
}

/* --- neigh --- */

void __trace_neigh_create(const struct neigh_table *tbl, const struct net_device *dev, const void *pkey, bool created)
{
	struct trace_neigh_create f = { .family = (uint32_t)tbl->family, .dev = dev->name,
					.entries = atomic_read(&tbl->entries), .created = created };

	memcpy(f.primary_key, pkey, sizeof(f.primary_key));
	trace_event(TRACE_neigh_create, &f);
}

void __trace_neigh_update(struct neighbour *n, const uint8_t *lladdr, uint8_t new_state, uint32_t flags)
{
	struct trace_neigh_update f = { .n = neigh_fields(n, 0), .new_state = new_state, .update_flags = flags };

	if (lladdr)
		memcpy(f.new_lladdr, lladdr, min(sizeof(f.new_lladdr), (size_t)n->dev->addr_len));
	trace_event(TRACE_neigh_update, &f);
}

void __trace_neigh_state(enum trace_event ev, struct neighbour *n, int err)
{
	struct trace_neigh_state f = neigh_fields(n, err);

	trace_event(ev, &f);
}

static struct trace_neigh_state neigh_fields(struct neighbour *n, int err)
{
	struct trace_neigh_state f = { .family = (uint32_t)n->tbl->family, .dev = n->dev ? n->dev->name : "NULL",
				       .flags = n->flags, .nud_state = n->nud_state, .type = n->type, .dead = n->dead,
				       .refcnt = atomic_read(&n->refcnt), .err = err };
	unsigned seq;

	memcpy(f.primary_key, n->primary_key, sizeof(f.primary_key));
	do { /* ha_seq is odd while somebody writes */
		seq = smp_load_acquire(&n->ha_seq);
		memcpy(f.lladdr, n->ha, sizeof(f.lladdr));
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (seq & 1 || seq != READ_ONCE(n->ha_seq));
	return f;
}
