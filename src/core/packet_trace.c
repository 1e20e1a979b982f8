/* SPDX-License-Identifier: MIT */
/*
 * packet_trace.c - the slow half of following packets: ids, the filter's word, FRAME and VERDICT records
 *
 * Theory of operation
 *   See packet_trace.h. The interpreter of the filter is a function of the walk (core/filter.c); here it runs with the gate shut, so that the question whether a packet is
 *   shown does not show.
 * Owns: net->packet_filter, replaced whole under RCU. Threads: inside a vCPU; set and clear RTNL.
 * Refuses: programs that sk_chk_filter() refuses.
 */
#include "core/packet_trace.h"

#include <errno.h>

#include "core/dev.h"
#include "core/filter.h"
#include "core/net.h"
#include "core/sock.h"
#include "kernel/slab.h"

enum { PROG_LINK, PROG_IP, PROGS };

struct packet_filter {
	struct rcu_head rcu;
	struct net *net;
	unsigned len[PROGS];
	struct sock_filter insns[]; /* one program behind the other */
};

static bool recording(void);
static bool packet_matches(const struct sk_buff *skb, bool link);
static void put_frame(const struct sk_buff *skb, enum gn_trace_dir dir, bool link,
			      unsigned ifindex, unsigned queue);
static unsigned napi_queue(const struct napi_struct *napi);
static unsigned verdict_ifindex(const struct sk_buff *skb, enum ledger_verdict v);
static int check_program(const struct sock_filter *f, unsigned n, const char *what,
				 struct extack *err);
static void publish(struct net *net, struct packet_filter *f);
static void filter_free(struct rcu_head *head);

/* --- receive --- */

void __packet_trace_rx_begin(void)
{
	trace_work_for(trace_packet_id(), TRACE_UNSEEN);
}

void __packet_trace_rx(const struct napi_struct *napi, struct sk_buff *skb)
{
	skb->packet_id = trace_thread.packet; /* the buffer may have been made for an earlier read */
	if (!skb->packet_id)
		return;
	skb->packet_match = packet_matches(skb, true) ? TRACE_MATCH : TRACE_MISS;
	if (skb->packet_match == TRACE_MATCH)
		put_frame(skb, GN_TRACE_RX, true, (unsigned)skb->dev->ifindex, napi_queue(napi));
	trace_work_for(skb->packet_id, skb->packet_match);
}

/* NAPI instances stand in the order of the queues. */
static unsigned napi_queue(const struct napi_struct *napi)
{
	const struct napi_struct *n;
	unsigned queue = 0;

	list_for_each_entry_rcu(n, &napi->dev->napi_list, dev_list) {
		if (n == napi)
			return queue;
		queue++;
	}
	return 0;
}

/* --- made here --- */

struct trace_work __packet_trace_make(void)
{
	struct trace_work w = trace_work_save();

	if (!w.id)
		trace_work_for(trace_packet_id(), TRACE_UNSEEN);
	return w;
}

struct trace_work __packet_trace_own(struct sk_buff *skb)
{
	struct trace_work w = trace_work_save();

	if (!skb->packet_id) {
		skb->packet_id = w.id ? w.id : trace_packet_id();
		skb->packet_match = w.id ? w.match : TRACE_UNSEEN;
	}
	trace_work_for(skb->packet_id, skb->packet_match);
	return w;
}

void __packet_trace_handed(uint32_t cookie)
{
	struct gn_trace_handed h = { .packet = trace_thread.packet };

	if (h.packet && recording())
		trace_put(trace_thread.ring, GN_TRACE_HANDED, cookie, &h, sizeof(h));
}

void __packet_trace_local(struct sk_buff *skb, bool link)
{
	if (!skb->packet_id)
		return;
	if (skb->packet_match == TRACE_UNSEEN) {
		skb->packet_match = packet_matches(skb, link) ? TRACE_MATCH : TRACE_MISS;
		if (skb->packet_match == TRACE_MATCH)
			put_frame(skb, GN_TRACE_LOCAL, link,
				  skb->dev ? (unsigned)skb->dev->ifindex : 0, 0);
	}
	trace_work_for(skb->packet_id, skb->packet_match);
}

/* tracing_on may be off while packets keep their ids. */
static bool recording(void)
{
	return trace_thread.ring && READ_ONCE(trace_state.mask);
}

/* --- bytes --- */

void __packet_trace_tx(const struct sk_buff *skb, const struct net_device *dev)
{
	if (skb->packet_id && skb->packet_match == TRACE_MATCH)
		put_frame(skb, GN_TRACE_TX, dev->header_ops != NULL, (unsigned)dev->ifindex,
			  skb->queue_mapping);
}

static void put_frame(const struct sk_buff *skb, enum gn_trace_dir dir, bool link,
			      unsigned ifindex, unsigned queue)
{
	struct {
		struct gn_trace_frame f;
		unsigned char bytes[GN_TRACE_SNAPLEN];
	} p;
	unsigned caplen = min(skb->len, (unsigned)GN_TRACE_SNAPLEN);

	if (!recording())
		return;
	p.f = (struct gn_trace_frame){ .len = skb->len, .caplen = (uint16_t)caplen,
				       .dir = (uint8_t)dir, .link = link, .ifindex = ifindex,
				       .queue = queue };
	memcpy(p.bytes, skb->data, caplen);
	trace_put(trace_thread.ring, GN_TRACE_FRAME, skb->packet_id, &p, sizeof(p.f) + caplen);
}

/* --- ends --- */

void packet_trace_verdict(const struct sk_buff *skb, enum ledger_verdict v,
				  enum skb_drop_reason reason)
{
	static const uint8_t code[VERDICT_MAX] = {
		[VERDICT_DELIVERED] = GN_TRACE_DELIVERED, [VERDICT_CONSUMED] = GN_TRACE_CONSUMED,
		[VERDICT_FORWARDED] = GN_TRACE_FORWARDED, [VERDICT_SENT] = GN_TRACE_SENT,
		[VERDICT_MERGED] = GN_TRACE_MERGED,	  [VERDICT_DROPPED] = GN_TRACE_DROPPED,
	};
	struct gn_trace_verdict rec = { .code = code[v], .ledger = skb->ledger };

	if (!trace_packets_on() || !recording() || skb->packet_match != TRACE_MATCH)
		return;
	rec.ifindex = verdict_ifindex(skb, v);
	if (v == VERDICT_DROPPED)
		rec.reason = (uint16_t)reason;
	if (v == VERDICT_DELIVERED && skb->sk)
		rec.port = skb->sk->sk_num;
	trace_put(trace_thread.ring, GN_TRACE_VERDICT, skb->packet_id, &rec, sizeof(rec));
	if (v == VERDICT_DROPPED && trace_state.stacks)
		trace_put_stack();
}

/* By which device it left, or came. */
static unsigned verdict_ifindex(const struct sk_buff *skb, enum ledger_verdict v)
{
	if (v != VERDICT_SENT && v != VERDICT_FORWARDED && skb->skb_iif)
		return (unsigned)skb->skb_iif;
	return skb->dev ? (unsigned)skb->dev->ifindex : 0;
}

/* --- the filter --- */

static bool packet_matches(const struct sk_buff *skb, bool link)
{
	const struct packet_filter *f = rcu_dereference(skb->net->packet_filter);
	uint32_t gate = trace_thread.gate;
	const struct sock_filter *prog;
	unsigned len, keep;

	if (!f)
		return true;
	prog = f->insns + (link ? 0 : f->len[PROG_LINK]);
	len = f->len[link ? PROG_LINK : PROG_IP];
	trace_thread.gate = 0;
	keep = bpf_run_filter(skb, prog, len);
	trace_thread.gate = gate;
	return keep;
}

int packet_trace_filter_set(struct net *net, const struct sock_filter *en10mb, unsigned n,
				    const struct sock_filter *raw, unsigned n2, struct extack *err)
{
	struct packet_filter *f;
	int ret = -EINVAL;

	if (!n && !n2)
		return extack_fail(err, ret, "packet filter: no program");
	ret = check_program(en10mb, n, "Ethernet", err);
	if (!ret)
		ret = check_program(raw, n2, "IP", err);
	if (ret)
		return ret;
	f = kzalloc(&net->m, sizeof(*f) + (n + n2) * sizeof(*f->insns));
	if (!f)
		return extack_fail(err, -ENOMEM, "packet filter: no memory for %u instructions",
				   n + n2);
	f->net = net;
	f->len[PROG_LINK] = n;
	f->len[PROG_IP] = n2;
	if (n)
		memcpy(f->insns, en10mb, n * sizeof(*en10mb));
	if (n2)
		memcpy(f->insns + n, raw, n2 * sizeof(*raw));
	publish(net, f);
	return 0;
}

static int check_program(const struct sock_filter *f, unsigned n, const char *what,
				 struct extack *err)
{
	if (!n)
		return 0;
	if (n > BPF_MAXINSNS_CLASSIC)
		return extack_fail(err, -EINVAL,
				   "packet filter: the %s program has %u instructions, %u are allowed",
				   what, n, BPF_MAXINSNS_CLASSIC);
	if (sk_chk_filter(f, n))
		return extack_fail(err, -EINVAL,
				   "packet filter: the %s program is no valid classic BPF", what);
	return 0;
}

void packet_trace_filter_clear(struct net *net)
{
	publish(net, NULL);
}

/* trace_state.follow counts the nets that have one: the tracer is the process's. */
static void publish(struct net *net, struct packet_filter *f)
{
	struct packet_filter *old = net->packet_filter;

	rcu_assign_pointer(net->packet_filter, f);
	WRITE_ONCE(trace_state.follow, trace_state.follow + !!f - !!old);
	if (old)
		call_rcu(&net->m, &old->rcu, filter_free);
}

static void filter_free(struct rcu_head *head)
{
	struct packet_filter *f = container_of(head, struct packet_filter, rcu);

	kfree(&f->net->m, f);
}
