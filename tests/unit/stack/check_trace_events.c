/* SPDX-License-Identifier: MIT */
/*
 * check_trace_events: the tracepoints count what the counters count (A14), say what Linux says, in its order (TP1-TP5, E18, L5). A sink writes them down.
 */
#include "unit/stack/tracefix.h"

#include "core/neighbour.h"
#include "kernel/softirq.h"
#include "lib/pool.h"
#include "trace/events.h"

#include <net/route.h>

#define EVENTS_MAX 20000

struct event {
	enum trace_event ev;
	char name[24]; /* what its name pointer says, for those that have one */
	union {
		struct trace_net_dev dev;
		struct trace_net_dev_xmit xmit;
		struct trace_napi_poll poll;
		struct trace_softirq softirq;
		struct trace_kfree_skb kfree;
		struct trace_consume_skb consume;
		struct trace_sock_rcvqueue_full full;
		struct trace_sock_exceed_buf_limit exceed;
		struct trace_udp_fail_queue_rcv_skb fail;
		struct trace_neigh_create create;
		struct trace_neigh_state neigh;
		struct trace_neigh_update update;
		struct trace_fib_table_lookup fib;
	};
};

static struct event *events;
static unsigned n_events;

#define FIELDS_SIZE(sys, name, type) [TRACE_##name] = sizeof(struct type),
static const size_t fields_size[] = { TRACE_EVENTS(FIELDS_SIZE) };

static void record(enum trace_event ev, const void *fields)
{
	struct event *e = &events[n_events++];
	const char *name = "";

	ck_assert_uint_lt(n_events, EVENTS_MAX);
	*e = (struct event){ .ev = ev };
	memcpy(&e->dev, fields, fields_size[ev]);
	switch (ev) {
	case TRACE_netif_receive_skb: case TRACE_net_dev_queue: name = e->dev.name; break;
	case TRACE_net_dev_xmit: name = e->xmit.name; break;
	case TRACE_napi_poll: name = e->poll.dev_name; break;
	case TRACE_softirq_entry: case TRACE_softirq_exit: name = e->softirq.name; break;
	case TRACE_kfree_skb: name = e->kfree.reason_name; break;
	case TRACE_sock_exceed_buf_limit: name = e->exceed.name; break;
	case TRACE_neigh_create: name = e->create.dev; break;
	case TRACE_neigh_update: name = e->update.n.dev; break;
	case TRACE_fib_table_lookup: name = e->fib.name; break;
	default: break;
	}
	snprintf(e->name, sizeof(e->name), "%s", name);
}

static const struct trace_sink sink = { .event = record };

static void setup(void)
{
	tracefix_begin();
	tracefix_know_peer();
	events = calloc(EVENTS_MAX, sizeof(*events));
	n_events = 0;
}

static void teardown(void)
{
	tracefix_end();
	free(events);
}

static void listen_to(uint32_t bits)
{
	n_events = 0;
	trace_state.sink = &sink;
	trace_state.events = bits;
}

#define ALL ((1u << TRACE_EVENT_MAX) - 1)
#define BIT(name) (1u << TRACE_##name)

static unsigned count(enum trace_event ev)
{
	unsigned n = 0;

	for (unsigned i = 0; i < n_events; i++)
		n += events[i].ev == ev;
	return n;
}

/* The @nth of @ev, or a failed check. */
static const struct event *event(enum trace_event ev, unsigned nth)
{
	for (unsigned i = 0; i < n_events; i++)
		if (events[i].ev == ev && !nth--)
			return &events[i];
	ck_abort_msg("event %u did not happen", ev);
	return NULL;
}

static void counters(struct cpu_stats *sum)
{
	stats_fold(tf.net, sum);
}

/* --- counts --- */

/* Traffic of all kinds; nothing that a driver refuses. */
static void traffic(void)
{
	_Alignas(4) unsigned char mem[130];
	unsigned char *f = mem + 2;
	struct socket *s = tracefix_udp(5000), *to_self = tracefix_udp(5001);
	struct icmphdr *icmp;
	unsigned len;
	int small = 2304;

	vcpu_enter(tf.v, &tf.task);
	ck_assert_int_eq(sock_call_setsockopt(s, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
	vcpu_leave(tf.v);
	for (unsigned i = 0; i < 150; i++) { /* more than a poll takes, more than the buffer holds */
		tracefix_inject(f, tracefix_udp_frame(f, OUR_IP, 5000, 1, 18));
		tracefix_inject(f, tracefix_udp_frame(f, OUR_IP, 9, 1, 18));
		len = tracefix_udp_frame(f, OUR_IP, 5000, 1, 18);
		f[len - 1] ^= 1;
		tracefix_inject(f, len);
		icmp = tracefix_ip(f, OUR_IP, IPPROTO_ICMP, 1, 16);
		icmp->type = ICMP_ECHO;
		icmp->checksum = ip_compute_csum(icmp, 16);
		tracefix_inject(f, 50);
	}
	tracefix_inject(f, tracefix_arp_frame(f, ARPOP_REQUEST, OUR_IP));
	tracefix_turn();
	while (tracefix_recv(s) >= 0)
		;
	for (unsigned i = 0; i < 5; i++) {
		ck_assert_int_eq(tracefix_sendto(s, PEER_IP, 7, 10, 0), 10);
		ck_assert_int_eq(tracefix_sendto(s, htonl(INADDR_LOOPBACK), 5001, 10, 0), 10);
	}
	tracefix_turn();
	tf.now += 5000000000ull;
	tracefix_turn();
	tracefix_close(s);
	tracefix_close(to_self); /* with five datagrams unread */
}

START_TEST(test_counts_are_the_counters) /* A14 */
{
	static struct cpu_stats a, b;
	struct softnet_data *sd = tf.v->slot[VCPU_SLOT_SOFTNET];
	struct net_device_stats dev, lo, dev0, lo0;
	unsigned long softirqs[NR_SOFTIRQS];
	unsigned processed = sd->processed, xmit_dev = 0, xmit_lo = 0, per_reason[SKB_DROP_REASON_MAX] = { 0 }, vec[NR_SOFTIRQS] = { 0 };
	long work = 0;
	int in = 0;

	counters(&a);
	memcpy(softirqs, tf.v->softirq_count, sizeof(softirqs));
	dev_get_stats(tf.dev, &dev0);
	dev_get_stats(tf.net->loopback_dev, &lo0);
	listen_to(ALL);
	traffic();
	trace_state.events = 0;
	counters(&b);
	dev_get_stats(tf.dev, &dev);
	dev_get_stats(tf.net->loopback_dev, &lo);
	for (unsigned i = 0; i < n_events; i++) {
		const struct event *e = &events[i];

		work += e->ev == TRACE_napi_poll ? e->poll.work : 0;
		xmit_dev += e->ev == TRACE_net_dev_xmit && !e->xmit.rc && !strcmp(e->name, tf.dev->name);
		xmit_lo += e->ev == TRACE_net_dev_xmit && !e->xmit.rc && !strcmp(e->name, "lo");
		if (e->ev == TRACE_kfree_skb)
			per_reason[e->kfree.reason]++;
		if (e->ev == TRACE_softirq_entry) {
			vec[e->softirq.vec]++;
			ck_assert_int_eq(in++, 0);
		}
		if (e->ev == TRACE_softirq_exit)
			ck_assert_int_eq(--in, 0);
	}
	ck_assert_uint_gt(sd->processed - processed, 600);
	ck_assert_uint_eq(count(TRACE_netif_receive_skb), sd->processed - processed);
	ck_assert_int_eq(work, sd->processed - processed);
	ck_assert_uint_ge(xmit_dev, 306);
	ck_assert_uint_eq(xmit_dev, dev.tx_packets - dev0.tx_packets);
	ck_assert_uint_eq(xmit_lo, 5);
	ck_assert_uint_eq(xmit_lo, lo.tx_packets - lo0.tx_packets);
	ck_assert_uint_eq(count(TRACE_net_dev_queue), count(TRACE_net_dev_xmit));
	for (unsigned r = 0; r < SKB_DROP_REASON_MAX; r++) {
		uint64_t drops = 0;

		for (unsigned c = 0; c < LEDGER_CLASS_MAX; c++)
			drops += b.drop[c][r] - a.drop[c][r];
		ck_assert_msg(per_reason[r] == drops, "%s: %u events, %u drops", drop_table[r].name, per_reason[r], (unsigned)drops);
	}
	ck_assert_uint_eq(per_reason[SKB_DROP_REASON_NO_SOCKET], 150);
	ck_assert_uint_eq(per_reason[SKB_DROP_REASON_UDP_CSUM], 150);
	ck_assert_uint_eq(per_reason[SKB_DROP_REASON_SOCKET_CLOSE], 5);
	for (unsigned nr = 0; nr < NR_SOFTIRQS; nr++)
		ck_assert_uint_eq(vec[nr], tf.v->softirq_count[nr] - softirqs[nr]);
	ck_assert_uint_ge(vec[NET_RX_SOFTIRQ], 2);
	ck_assert_str_eq(event(TRACE_softirq_entry, 0)->name, softirq_to_name[event(TRACE_softirq_entry, 0)->softirq.vec]);
	ck_assert_uint_eq(count(TRACE_udp_fail_queue_rcv_skb), b.udp[UDP_MIB_RCVBUFERRORS] - a.udp[UDP_MIB_RCVBUFERRORS]);
	ck_assert_uint_gt(count(TRACE_udp_fail_queue_rcv_skb), 100);
	ck_assert_uint_eq(count(TRACE_sock_rcvqueue_full), count(TRACE_udp_fail_queue_rcv_skb));
}
END_TEST

/* Every packet that is made ends by one of the two. */
START_TEST(test_each_buffer_is_consumed_or_dropped)
{
	struct kmem_cache_stats before, after;

	kmem_cache_stats(tf.net->skb.skbuff_head_cache, &before);
	listen_to(BIT(kfree_skb) | BIT(consume_skb));
	traffic();
	kmem_cache_stats(tf.net->skb.skbuff_head_cache, &after);
	ck_assert_uint_gt(after.frees - before.frees, 900);
	ck_assert_uint_eq(count(TRACE_kfree_skb) + count(TRACE_consume_skb), after.frees - before.frees);
}
END_TEST

/* --- sockets --- */

/* TP1 says that the queue is full, TP3 that the datagram could not be queued, then it is dropped. */
START_TEST(test_full_buffer_in_order) /* TP1 TP3 */
{
	_Alignas(4) unsigned char mem[130];
	struct socket *s = tracefix_udp(5000);
	int small = 2304;
	unsigned full = 0;

	vcpu_enter(tf.v, &tf.task);
	ck_assert_int_eq(sock_call_setsockopt(s, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
	vcpu_leave(tf.v);
	listen_to(BIT(sock_rcvqueue_full) | BIT(udp_fail_queue_rcv_skb) | BIT(kfree_skb));
	for (unsigned i = 0; i < 20; i++)
		tracefix_inject(mem + 2, tracefix_udp_frame(mem + 2, OUR_IP, 5000, 1, 18));
	tracefix_turn();
	for (unsigned i = 0; i < n_events; i += 3, full++) {
		ck_assert_uint_eq(events[i].ev, TRACE_sock_rcvqueue_full);
		ck_assert_int_eq(events[i].full.sk_rcvbuf, s->sk->sk_rcvbuf);
		ck_assert_int_ge(events[i].full.rmem_alloc, s->sk->sk_rcvbuf);
		ck_assert_int_eq(events[i].full.rmem_alloc, atomic_read(&s->sk->sk_rmem_alloc));
		ck_assert_uint_gt(events[i].full.truesize, 60);
		ck_assert_uint_eq(events[i + 1].ev, TRACE_udp_fail_queue_rcv_skb);
		ck_assert_int_eq(events[i + 1].fail.rc, -ENOMEM);
		ck_assert_uint_eq(events[i + 1].fail.lport, 5000);
		ck_assert_uint_eq(events[i + 2].ev, TRACE_kfree_skb);
		ck_assert_uint_eq(events[i + 2].kfree.reason, SKB_DROP_REASON_SOCKET_RCVBUFF);
		ck_assert_str_eq(events[i + 2].name, "SOCKET_RCVBUFF");
		ck_assert_uint_eq(events[i + 2].kfree.protocol, ETH_P_IP);
	}
	ck_assert_uint_eq(full, atomic_read(&s->sk->sk_drops));
	ck_assert_uint_gt(full, 10);
	tracefix_close(s);
}
END_TEST

/* The protocol's memory is used up: TP2, TP3 with another cause. */
START_TEST(test_protocol_memory) /* TP2 L5 */
{
	static struct cpu_stats sum;
	_Alignas(4) unsigned char mem[130];
	struct socket *s = tracefix_udp(5000);
	const struct event *e;

	ck_assert_int_eq(sysctl_write(&tf.net->vfs, "net.ipv4.udp_mem", "0 1 2", NULL), 0);
	ck_assert_int_eq(sysctl_write(&tf.net->vfs, "net.ipv4.udp_rmem_min", "4096", NULL), 0);
	listen_to(BIT(sock_exceed_buf_limit) | BIT(udp_fail_queue_rcv_skb) | BIT(kfree_skb));
	for (unsigned i = 0; i < 40; i++)
		tracefix_inject(mem + 2, tracefix_udp_frame(mem + 2, OUR_IP, 5000, 1, 18));
	tracefix_turn();
	counters(&sum);
	ck_assert_uint_gt(count(TRACE_sock_exceed_buf_limit), 10);
	ck_assert_uint_eq(count(TRACE_sock_exceed_buf_limit), sum.udp[UDP_MIB_MEMERRORS]);
	ck_assert_uint_eq(count(TRACE_udp_fail_queue_rcv_skb), count(TRACE_sock_exceed_buf_limit));
	e = event(TRACE_sock_exceed_buf_limit, 0);
	ck_assert_str_eq(e->name, "UDP");
	ck_assert_int_eq(e->exceed.kind, 1);
	ck_assert_int_eq(e->exceed.sysctl_mem[0], 0);
	ck_assert_int_eq(e->exceed.sysctl_mem[2], 2);
	ck_assert_int_gt(e->exceed.allocated, 0);
	ck_assert_int_eq(e->exceed.sysctl_rmem, 4096);
	ck_assert_int_gt(e->exceed.rmem_alloc, 0);
	ck_assert_int_eq(e->exceed.wmem_alloc, atomic_read(&s->sk->sk_wmem_alloc));
	ck_assert_uint_eq(e[1].ev, TRACE_udp_fail_queue_rcv_skb);
	ck_assert_int_eq(e[1].fail.rc, -ENOBUFS);
	ck_assert_uint_eq(e[2].kfree.reason, SKB_DROP_REASON_PROTO_MEM);
	tracefix_close(s);
}
END_TEST

/* A socket that is locked, and whose backlog is full. */
START_TEST(test_full_backlog)
{
	static struct cpu_stats sum;
	_Alignas(4) unsigned char mem[130];
	struct socket *s = tracefix_udp(5000);
	int small = 2304;

	vcpu_enter(tf.v, &tf.task);
	ck_assert_int_eq(sock_call_setsockopt(s, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
	vcpu_leave(tf.v);
	listen_to(BIT(sock_rcvqueue_full) | BIT(udp_fail_queue_rcv_skb) | BIT(kfree_skb));
	ck_assert_int_eq(tracefix_sendto(s, PEER_IP, 7, 10, MSG_MORE), 10);
	for (unsigned i = 0; i < 20; i++)
		tracefix_inject(mem + 2, tracefix_udp_frame(mem + 2, OUR_IP, 5000, 1, 18));
	ck_assert_int_eq(tracefix_sendto(s, PEER_IP, 7, 10, 0), 10);
	tracefix_turn();
	counters(&sum);
	ck_assert_uint_gt(count(TRACE_kfree_skb), 10);
	ck_assert_uint_eq(count(TRACE_udp_fail_queue_rcv_skb), sum.udp[UDP_MIB_RCVBUFERRORS]);
	ck_assert_uint_eq(count(TRACE_sock_rcvqueue_full), sum.udp[UDP_MIB_RCVBUFERRORS]);
	tracefix_close(s);
}
END_TEST

/* --- devices --- */

START_TEST(test_fields_of_a_frame_and_its_answer) /* TP4 TP5 E18 */
{
	_Alignas(4) unsigned char mem[130];
	const struct event *rx, *queue, *xmit, *poll = NULL;
	struct icmphdr *icmp = tracefix_ip(mem + 2, OUR_IP, IPPROTO_ICMP, 1, 16);

	icmp->type = ICMP_ECHO;
	icmp->checksum = ip_compute_csum(icmp, 16);
	tracefix_trace(false);
	listen_to(BIT(netif_receive_skb) | BIT(net_dev_queue) | BIT(net_dev_xmit) | BIT(napi_poll));
	tracefix_inject(mem + 2, 50);
	tracefix_turn();
	rx = event(TRACE_netif_receive_skb, 0);
	queue = event(TRACE_net_dev_queue, 0);
	xmit = event(TRACE_net_dev_xmit, 0);
	ck_assert(rx < queue && queue < xmit);
	ck_assert_str_eq(rx->name, tf.dev->name);
	ck_assert_uint_eq(rx->dev.len, 36); /* behind the link header, as in Linux */
	ck_assert_uint_ne(rx->dev.packet, 0);
	ck_assert_uint_eq(queue->dev.len, 50);
	ck_assert_uint_eq(queue->dev.packet, rx->dev.packet);
	ck_assert_uint_eq(xmit->xmit.len, 50);
	ck_assert_int_eq(xmit->xmit.rc, 0);
	ck_assert_uint_eq(xmit->xmit.packet, rx->dev.packet);
	ck_assert_uint_eq(xmit->xmit.skbaddr, queue->dev.skbaddr);
	ck_assert_uint_ne(xmit->xmit.skbaddr, rx->dev.skbaddr);
	for (unsigned i = 0; i < n_events; i++)
		if (events[i].ev == TRACE_napi_poll && events[i].poll.work)
			poll = &events[i];
	ck_assert_ptr_nonnull(poll);
	ck_assert(poll > xmit);
	ck_assert_int_eq(poll->poll.work, 1);
	ck_assert_int_eq(poll->poll.budget, 64);
	ck_assert_str_eq(poll->name, tf.dev->name);
}
END_TEST

START_TEST(test_backlog_has_no_device_and_a_busy_one_says_so)
{
	struct socket *s = tracefix_udp(5000);
	unsigned busy = 0;

	listen_to(BIT(net_dev_xmit) | BIT(napi_poll));
	ck_assert_int_eq(tracefix_sendto(s, htonl(INADDR_LOOPBACK), 9, 10, 0), 10);
	tracefix_turn();
	ck_assert_str_eq(event(TRACE_napi_poll, 0)->name, "(no_device)");
	n_events = 0;
	memdev_block_tx(tf.dev, true);
	ck_assert_int_eq(tracefix_sendto(s, PEER_IP, 7, 10, 0), 10);
	memdev_block_tx(tf.dev, false);
	tracefix_turn();
	for (unsigned i = 0; i < n_events; i++)
		busy += events[i].ev == TRACE_net_dev_xmit && events[i].xmit.rc == NETDEV_TX_BUSY;
	ck_assert_uint_eq(busy, 1);
	ck_assert_uint_eq(count(TRACE_net_dev_xmit), 2);
	tracefix_close(s);
}
END_TEST

/* Where a packet was dropped: in the function that did it, whether it is traced or not. */
static const char *function_at(uint64_t location)
{
	const char *name = "";

	for (unsigned i = 0; i < fgraph_count() && fgraph_func(i)->addr <= location; i++)
		name = fgraph_func(i)->name;
	return name;
}

START_TEST(test_location_is_the_caller)
{
	_Alignas(4) unsigned char mem[130];
	uint64_t location = 0;

	if (fgraph_init(NULL))
		return;
	for (int traced = 0; traced < 2; traced++) {
		if (traced)
			tracefix_trace(true);
		listen_to(BIT(kfree_skb) | BIT(consume_skb));
		tracefix_inject(mem + 2, tracefix_udp_frame(mem + 2, OUR_IP, 9, 1, 18));
		tracefix_turn();
		ck_assert_str_eq(function_at(event(TRACE_kfree_skb, 0)->kfree.location), "udp_no_socket");
		ck_assert(!traced || event(TRACE_kfree_skb, 0)->kfree.location == location);
		location = event(TRACE_kfree_skb, 0)->kfree.location;
		ck_assert_str_eq(function_at(event(TRACE_consume_skb, 0)->consume.location), "dev_kfree_skb_any");
	}
}
END_TEST

/* --- neighbours, routes --- */

START_TEST(test_neighbour) /* its life: made, asked for in vain, collected */
{
	static const uint8_t key[4] = { 10, 0, 0, 20 };
	_Alignas(4) unsigned char mem[64];
	struct socket *s = tracefix_udp(5000);
	const struct event *e;

	listen_to(BIT(neigh_create) | BIT(neigh_update) | BIT(neigh_timer_handler) | BIT(neigh_event_send_done) |
		  BIT(neigh_cleanup_and_release));
	ck_assert_int_eq(tracefix_sendto(s, IP(10, 0, 0, 20), 7, 10, 0), 10);
	e = event(TRACE_neigh_create, 0);
	ck_assert_uint_eq(e->create.family, AF_INET);
	ck_assert_str_eq(e->name, tf.dev->name);
	ck_assert_int_eq(e->create.created, 1);
	ck_assert_int_ge(e->create.entries, 2);
	ck_assert_mem_eq(e->create.primary_key, key, 4);
	e = event(TRACE_neigh_event_send_done, 0);
	ck_assert_int_eq(e->neigh.err, 1);
	ck_assert_uint_eq(e->neigh.nud_state, NUD_INCOMPLETE);
	ck_assert_mem_eq(e->neigh.primary_key, key, 4);
	for (unsigned i = 0; i < 4; i++) {
		tf.now += 1100000000ull;
		tracefix_turn();
	}
	ck_assert_uint_eq(count(TRACE_neigh_timer_handler), 3);
	ck_assert_uint_eq(event(TRACE_neigh_timer_handler, 0)->neigh.nud_state, NUD_INCOMPLETE);
	ck_assert_uint_eq(event(TRACE_neigh_timer_handler, 2)->neigh.nud_state, NUD_FAILED);

	tracefix_inject(mem + 2, tracefix_arp_frame(mem + 2, ARPOP_REQUEST, OUR_IP));
	tracefix_turn();
	e = event(TRACE_neigh_update, 0);
	ck_assert_mem_eq(e->update.new_lladdr, tracefix_peer, 6);
	ck_assert_uint_eq(e->update.new_state, NUD_STALE);
	ck_assert_uint_eq(e->update.update_flags, NEIGH_UPDATE_F_OVERRIDE);
	ck_assert_mem_eq(e->update.n.lladdr, tracefix_peer, 6);
	ck_assert_str_eq(e->name, tf.dev->name);

	dev_close(tf.dev);
	ck_assert_uint_ge(count(TRACE_neigh_cleanup_and_release), 2);
	ck_assert_uint_eq(event(TRACE_neigh_cleanup_and_release, 0)->neigh.dead, 1);
	tracefix_close(s);
}
END_TEST

START_TEST(test_route_lookup)
{
	static const uint8_t peer[4] = { 10, 0, 0, 9 }, none[4];
	struct socket *s = tracefix_udp(5000);
	const struct event *e;

	listen_to(BIT(fib_table_lookup));
	ck_assert_int_eq(tracefix_sendto(s, PEER_IP, 7, 10, 0), 10);
	e = event(TRACE_fib_table_lookup, count(TRACE_fib_table_lookup) - 1);
	ck_assert_uint_eq(e->fib.tb_id, RT_TABLE_MAIN);
	ck_assert_int_eq(e->fib.err, 0);
	ck_assert_str_eq(e->name, tf.dev->name);
	ck_assert_uint_eq(e->fib.proto, IPPROTO_UDP);
	ck_assert_uint_eq(e->fib.sport, 5000);
	ck_assert_uint_eq(e->fib.dport, 7);
	ck_assert_mem_eq(e->fib.dst, peer, 4);
	ck_assert_mem_eq(e->fib.gw4, none, 4);
	n_events = 0;
	ck_assert_int_eq(tracefix_sendto(s, IP(192, 0, 2, 1), 7, 10, 0), -ENETUNREACH);
	e = event(TRACE_fib_table_lookup, count(TRACE_fib_table_lookup) - 1);
	ck_assert_int_eq(e->fib.err, -EAGAIN);
	ck_assert_str_eq(e->name, "-");
	tracefix_close(s);
}
END_TEST

/* --- off --- */

START_TEST(test_nobody_listens)
{
	listen_to(0);
	traffic();
	ck_assert_uint_eq(n_events, 0);
	listen_to(ALL);
	trace_state.sink = NULL; /* bits without a sink: while one goes away */
	traffic();
	ck_assert_uint_eq(n_events, 0);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_counts_are_the_counters, test_each_buffer_is_consumed_or_dropped,
				       test_full_buffer_in_order, test_protocol_memory, test_full_backlog,
				       test_fields_of_a_frame_and_its_answer, test_backlog_has_no_device_and_a_busy_one_says_so,
				       test_location_is_the_caller, test_neighbour, test_route_lookup, test_nobody_listens, NULL };

	return suite_of("trace_events", setup, teardown, tests);
}
