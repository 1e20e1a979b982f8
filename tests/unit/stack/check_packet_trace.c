/* SPDX-License-Identifier: MIT */
/*
 * check_packet_trace: packets followed through the whole stack by the tracer's records: ids, bytes, verdicts, and that each call belongs to the packet that it was
 * made for.
 */
#include "unit/stack/tracefix.h"

#define ROUNDS 125
#define FLOWS 8

enum flow { READ_5000, READ_5001, READ_5002, READ_5003, NO_PORT, ECHO, BAD_CSUM, WHO_HAS };

/* Tests that count calls need code that can be patched. */
const char *suite_skip(void)
{
	struct extack err = { "" };

	return fgraph_init(&err) ? "functions cannot be traced here" : NULL;
}

/* --- received packets --- */

static unsigned flow_frame(unsigned char *f, enum flow flow, uint16_t ident)
{
	struct icmphdr *icmp;
	unsigned len;

	switch (flow) {
	case READ_5000: case READ_5001: case READ_5002: case READ_5003:
		return tracefix_udp_frame(f, OUR_IP, (unsigned short)(5000 + flow), ident, 18);
	case NO_PORT:
		return tracefix_udp_frame(f, OUR_IP, 9, ident, 18);
	case ECHO:
		icmp = tracefix_ip(f, OUR_IP, IPPROTO_ICMP, ident, 16);
		icmp->type = ICMP_ECHO;
		icmp->checksum = ip_compute_csum(icmp, 16);
		return 50;
	case BAD_CSUM:
		len = tracefix_udp_frame(f, OUR_IP, 5000, ident, 18);
		f[len - 1] ^= 1;
		return len;
	case WHO_HAS:
		len = tracefix_arp_frame(f, ARPOP_REQUEST, OUR_IP);
		f[58] = (unsigned char)(ident >> 8); /* padding, so that it can be told apart */
		f[59] = (unsigned char)ident;
		return len;
	}
	return 0;
}

/* How often a packet of each flow goes through a function: what the walk says. */
static const struct { const char *name; unsigned char calls[FLOWS]; } walk[] = {
	{ "__netdev_alloc_skb", { 1, 1, 1, 1, 1, 1, 1, 1 } },
	{ "eth_type_trans", { 1, 1, 1, 1, 1, 1, 1, 1 } },
	{ "napi_gro_receive", { 1, 1, 1, 1, 1, 1, 1, 1 } },
	{ "ip_rcv", { 1, 1, 1, 1, 1, 1, 1, 0 } },
	{ "udp_rcv", { 1, 1, 1, 1, 1, 0, 1, 0 } },
	{ "sock_queue_rcv_skb", { 1, 1, 1, 1, 0, 0, 0, 0 } },
	{ "skb_copy_and_csum_datagram_iovec", { 0, 0, 0, 0, 0, 0, 0, 0 } },
	{ "skb_copy_datagram_iovec", { 1, 1, 1, 1, 0, 0, 0, 0 } },
	{ "skb_free_datagram_locked", { 1, 1, 1, 1, 0, 0, 0, 0 } },
	{ "icmp_send", { 0, 0, 0, 0, 1, 0, 0, 0 } },
	{ "icmp_rcv", { 0, 0, 0, 0, 0, 1, 0, 0 } },
	{ "icmp_reply", { 0, 0, 0, 0, 0, 1, 0, 0 } },
	{ "__ip_local_out", { 0, 0, 0, 0, 1, 1, 0, 0 } },
	{ "arp_rcv", { 0, 0, 0, 0, 0, 0, 0, 1 } },
	{ "arp_create", { 0, 0, 0, 0, 0, 0, 0, 1 } },
	{ "userdev_xmit", { 0, 0, 0, 0, 1, 1, 0, 1 } },
	{ "dev_kfree_skb_any", { 0, 0, 0, 0, 1, 1, 0, 1 } },
	{ "kfree_skb_reason", { 0, 0, 0, 0, 1, 0, 1, 0 } },
};

static void check_flow_verdicts(uint32_t id, enum flow flow)
{
	const struct gn_trace_verdict *v = tracefix_verdict(id, 0), *v2 = tracefix_verdict(id, 1);

	switch (flow) {
	case NO_PORT: /* its answer is sent first; the frame ends when the answer is on the wire's ring */
		ck_assert_verdict(v, GN_TRACE_DROPPED, LEDGER_FRAME);
		ck_assert_uint_eq(v->reason, SKB_DROP_REASON_NO_SOCKET);
		ck_assert_verdict(v2, GN_TRACE_SENT, LEDGER_LOCAL);
		ck_assert_uint_eq(v2->ifindex, (unsigned)tf.dev->ifindex);
		break;
	case ECHO: case WHO_HAS:
		ck_assert_verdict(v, GN_TRACE_CONSUMED, LEDGER_FRAME);
		ck_assert_verdict(v2, GN_TRACE_SENT, LEDGER_LOCAL);
		break;
	case BAD_CSUM:
		ck_assert_verdict(v, GN_TRACE_DROPPED, LEDGER_FRAME);
		ck_assert_uint_eq(v->reason, SKB_DROP_REASON_UDP_CSUM);
		ck_assert_ptr_null(v2);
		break;
	default:
		ck_assert_verdict(v, GN_TRACE_DELIVERED, LEDGER_FRAME);
		ck_assert_uint_eq(v->port, 5000 + flow);
		ck_assert_uint_eq(v->ifindex, (unsigned)tf.dev->ifindex);
		ck_assert_ptr_null(v2);
	}
	ck_assert_ptr_null(tracefix_verdict(id, 2));
}

static uint16_t frame_ident(const struct seen *s)
{
	return s->bytes[13] ? (uint16_t)(s->bytes[58] << 8 | s->bytes[59]) : (uint16_t)(s->bytes[18] << 8 | s->bytes[19]);
}

/* Calls of each function of @walk by packet: one pass over the records. */
static uint16_t (*count_calls(unsigned packets))[ARRAY_SIZE(walk)]
{
	uint16_t(*calls)[ARRAY_SIZE(walk)] = calloc(packets, sizeof(*calls));
	int id[ARRAY_SIZE(walk)];

	for (unsigned k = 0; k < ARRAY_SIZE(walk); k++)
		ck_assert_msg((id[k] = fgraph_find(walk[k].name)) >= 0, "no function %s", walk[k].name);
	for (unsigned i = 0; i < tf.n; i++)
		for (unsigned k = 0; k < ARRAY_SIZE(walk) && tf.seen[i].id < GN_TRACE_KIND; k++)
			if (tf.seen[i].id == (uint32_t)id[k]) {
				ck_assert_uint_lt(tf.seen[i].packet, packets);
				calls[tf.seen[i].packet][k]++;
			}
	return calls;
}

/* A1-A5, issue of following: 1000 packets of 8 flows in turn: each record belongs to its packet and none is missing. */
START_TEST(test_thousand_interleaved_packets)
{
	_Alignas(4) unsigned char mem[130];
	struct socket *s[4];
	uint16_t(*calls)[ARRAY_SIZE(walk)];
	unsigned frames = 0;

	tracefix_know_peer();
	for (unsigned i = 0; i < 4; i++)
		s[i] = tracefix_udp((unsigned short)(5000 + i));
	tracefix_trace(true);
	for (uint16_t r = 0; r < ROUNDS; r++) {
		for (unsigned f = 0; f < FLOWS; f++)
			tracefix_inject(mem + 2, flow_frame(mem + 2, (enum flow)((f + r) % FLOWS), (uint16_t)(r * FLOWS + (f + r) % FLOWS)));
		if (r % 5 != 4)
			continue;
		tracefix_turn();
		for (unsigned n = 0; n < 20; n++) /* the readers take turns, not in the order of arrival */
			ck_assert_int_eq(tracefix_recv(s[(n * 3) % 4]), 18);
	}
	tracefix_turn();
	tracefix_read();
	calls = count_calls(4096);
	for (unsigned k = 0; k < ARRAY_SIZE(walk); k++)
		ck_assert_msg(!calls[0][k], "%s: %u calls for no packet", walk[k].name, calls[0][k]);
	for (const struct seen *f; (f = tracefix_frame(0, GN_TRACE_RX, frames)); frames++) {
		enum flow flow = (enum flow)(frame_ident(f) % FLOWS);

		ck_assert_uint_eq(f->packet, f->val);
		ck_assert_uint_eq(f->frame.link, 1);
		ck_assert_uint_eq(f->frame.ifindex, (unsigned)tf.dev->ifindex);
		for (unsigned k = 0; k < ARRAY_SIZE(walk); k++)
			ck_assert_msg(calls[f->val][k] == walk[k].calls[flow], "packet %u of flow %u: %u calls of %s, not %u", f->val,
				      flow, calls[f->val][k], walk[k].name, walk[k].calls[flow]);
		check_flow_verdicts(f->val, flow);
		ck_assert_uint_eq(tracefix_frame(f->val, GN_TRACE_TX, 0) != NULL, flow == NO_PORT || flow == ECHO || flow == WHO_HAS);
		ck_assert_ptr_null(tracefix_frame(f->val, GN_TRACE_TX, 1));
		ck_assert_ptr_null(tracefix_frame(f->val, GN_TRACE_LOCAL, 0)); /* an answer is no packet of its own */
	}
	ck_assert_uint_eq(frames, ROUNDS * FLOWS);
	free(calls);
	for (unsigned i = 0; i < 4; i++)
		tracefix_close(s[i]);
}
END_TEST

/* 'udp port 5001', as libpcap compiles it for frames, and for packets with the IP header first. */
static void follow_port(unsigned port)
{
	const struct sock_filter link[] = {
		{ 0x28, 0, 0, 12 }, { 0x15, 0, 10, ETH_P_IP }, { 0x30, 0, 0, 23 }, { 0x15, 0, 8, 17 }, { 0x28, 0, 0, 20 },
		{ 0x45, 6, 0, 0x1fff }, { 0xb1, 0, 0, 14 }, { 0x48, 0, 0, 14 }, { 0x15, 2, 0, port }, { 0x48, 0, 0, 16 },
		{ 0x15, 0, 1, port }, { 0x6, 0, 0, 262144 }, { 0x6, 0, 0, 0 },
	};
	const struct sock_filter raw[] = {
		{ 0x30, 0, 0, 9 }, { 0x15, 0, 8, 17 }, { 0x28, 0, 0, 6 }, { 0x45, 6, 0, 0x1fff }, { 0xb1, 0, 0, 0 },
		{ 0x48, 0, 0, 0 }, { 0x15, 2, 0, port }, { 0x48, 0, 0, 2 }, { 0x15, 0, 1, port }, { 0x6, 0, 0, 262144 }, { 0x6, 0, 0, 0 },
	};
	struct extack err = { "" };
	int ret = packet_trace_filter_set(tf.net, link, ARRAY_SIZE(link), raw, ARRAY_SIZE(raw), &err);

	ck_assert_msg(!ret, "%d %s", ret, err.msg);
}

/* Packets that do not match leave what was recorded before their bytes were there, and nothing else. */
START_TEST(test_filter_follows_what_matches)
{
	_Alignas(4) unsigned char mem[130];
	struct socket *s[4];
	unsigned frames = 0;

	tracefix_know_peer();
	for (unsigned i = 0; i < 4; i++)
		s[i] = tracefix_udp((unsigned short)(5000 + i));
	follow_port(5001);
	ck_assert_uint_eq(trace_state.follow, 1);
	tracefix_trace(true);
	for (uint16_t i = 0; i < 20 * FLOWS; i++)
		tracefix_inject(mem + 2, flow_frame(mem + 2, (enum flow)(i % FLOWS), i));
	tracefix_turn();
	for (unsigned n = 0; n < 80; n++)
		ck_assert_int_eq(tracefix_recv(s[n % 4]), 18);
	for (unsigned n = 0; n < 10; n++)
		ck_assert_int_eq(tracefix_sendto(s[0], PEER_IP, n % 2 ? 5001 : 5002, 10, 0), 10);
	tracefix_turn();
	tracefix_read();
	for (unsigned i = 0; i < tf.n; i++) {
		const struct seen *r = &tf.seen[i];

		if (r->id == GN_TRACE_VERDICT)
			ck_assert_ptr_nonnull(tracefix_frame(r->val, 0, 0));
		if (!r->packet || r->id >= GN_TRACE_KIND || tracefix_frame(r->packet, 0, 0))
			continue;
		/* until the bytes were there */
		for (unsigned k = 0; k < 16; k++)
			ck_assert_msg(!tracefix_is(r, (const char *[]){ "napi_gro_receive", "ip_rcv", "arp_rcv", "udp_rcv", "icmp_rcv",
				"sock_queue_rcv_skb", "skb_copy_datagram_iovec", "bpf_run_filter", "load_bytes", "dst_output", "ip_output",
				"dev_queue_xmit", "userdev_xmit", "dev_kfree_skb_any", "kfree_skb_reason", "icmp_send" }[k]),
				"%s for a packet that does not match", fgraph_func(r->id)->name);
	}
	for (const struct seen *f; (f = tracefix_frame(0, GN_TRACE_RX, frames)); frames++) {
		ck_assert_uint_eq(frame_ident(f) % FLOWS, READ_5001);
		check_flow_verdicts(f->val, READ_5001);
		ck_assert_uint_eq(tracefix_calls(f->val, "udp_rcv"), 1);
		ck_assert_uint_eq(tracefix_calls(f->val, "skb_copy_datagram_iovec"), 1);
		ck_assert_uint_eq(tracefix_calls(f->val, "bpf_run_filter"), 0);
	}
	ck_assert_uint_eq(frames, 20);
	for (frames = 0; tracefix_frame(0, GN_TRACE_LOCAL, frames); frames++) {
		uint32_t id = tracefix_frame(0, GN_TRACE_LOCAL, frames)->val;

		ck_assert_uint_eq(tracefix_frame(id, GN_TRACE_LOCAL, 0)->frame.link, 0);
		ck_assert_uint_eq(tracefix_calls(id, "userdev_xmit"), 1);
		ck_assert_verdict(tracefix_verdict(id, 0), GN_TRACE_SENT, LEDGER_LOCAL);
	}
	ck_assert_uint_eq(frames, 5);
	for (unsigned i = 0; i < 4; i++)
		tracefix_close(s[i]);
	packet_trace_filter_clear(tf.net);
	ck_assert_uint_eq(trace_state.follow, 0);
}
END_TEST

/* --- packets made here --- */

/* The first one asks for the address; the answer is another packet, and lets the first one go. */
START_TEST(test_sent_packet_waits_for_arp)
{
	_Alignas(4) unsigned char mem[64];
	struct socket *s = tracefix_udp(5000);
	uint32_t first, second, answer;
	const struct seen *f;

	tracefix_trace(true);
	ck_assert_int_eq(tracefix_sendto(s, PEER_IP, 7, 10, 0), 10);
	ck_assert_int_eq(tracefix_sendto(s, PEER_IP, 7, 20, 0), 20);
	tracefix_inject(mem + 2, tracefix_arp_frame(mem + 2, ARPOP_REPLY, OUR_IP));
	tracefix_turn();
	tracefix_read();
	first = tracefix_frame(0, GN_TRACE_LOCAL, 0)->val;
	second = tracefix_frame(0, GN_TRACE_LOCAL, 1)->val;
	answer = tracefix_frame(0, GN_TRACE_RX, 0)->val;
	ck_assert_uint_ne(first, second);
	ck_assert_uint_ne(answer, first);
	ck_assert_uint_ne(answer, second);

	f = tracefix_frame(first, GN_TRACE_TX, 0); /* the question */
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(f->bytes[13], 0x06);
	ck_assert_uint_eq(tracefix_calls(first, "arp_create"), 1);
	f = tracefix_frame(first, GN_TRACE_TX, 1);
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(f->bytes[13], 0x00);
	ck_assert_uint_eq(f->frame.len, 14 + 20 + 8 + 10);
	ck_assert_uint_eq(f->packet, first); /* while the answer was worked for */
	ck_assert_uint_eq(tracefix_calls(first, "userdev_xmit"), 2);
	ck_assert_uint_eq(tracefix_calls(second, "userdev_xmit"), 1);
	ck_assert_uint_eq(tracefix_calls(answer, "userdev_xmit"), 0);
	ck_assert_uint_eq(tracefix_calls(answer, "neigh_update"), 1);
	ck_assert_uint_eq(tracefix_calls(first, "inet_sendmsg") + tracefix_calls(second, "inet_sendmsg"), 0); /* entered before it was told */
	ck_assert_uint_eq(tracefix_calls(first, "udp_sendmsg"), 1);
	ck_assert_verdict(tracefix_verdict(answer, 0), GN_TRACE_CONSUMED, LEDGER_FRAME);
	ck_assert_uint_eq(tracefix_verdict(first, 0)->code, GN_TRACE_SENT);
	tracefix_close(s);
}
END_TEST

/* Nobody answers: the timer gives it up, in its own name. */
START_TEST(test_sent_packet_nobody_answers)
{
	struct socket *s = tracefix_udp(5000);
	const struct gn_trace_verdict *v = NULL;
	uint32_t id;

	tracefix_trace(true);
	trace_state.stacks = 1;
	ck_assert_int_eq(tracefix_sendto(s, PEER_IP, 7, 10, 0), 10);
	for (unsigned i = 0; i < 5; i++) {
		tf.now += 1000000000ull;
		tracefix_turn();
	}
	tracefix_read();
	id = tracefix_frame(0, GN_TRACE_LOCAL, 0)->val;
	ck_assert_uint_eq(tracefix_calls(id, "arp_create"), 3);
	ck_assert_uint_eq(tracefix_calls(id, "arp_error_report"), 1);
	for (unsigned i = 0; (v = tracefix_verdict(id, i)) && v->code != GN_TRACE_DROPPED; i++)
		;
	ck_assert_verdict(v, GN_TRACE_DROPPED, LEDGER_LOCAL);
	ck_assert_uint_eq(v->reason, SKB_DROP_REASON_NEIGH_FAILED);
	for (unsigned i = 0, said = 0; i < tf.n; i++) { /* the stack that was asked for */
		said |= tf.seen[i].id == GN_TRACE_STACK && tf.seen[i].val > 3;
		ck_assert(i < tf.n - 1 || said);
	}
	tracefix_close(s);
}
END_TEST

/* Sent and received here: one packet from the sender's call to the reader's. */
START_TEST(test_loopback_is_one_packet)
{
	struct socket *s = tracefix_udp(5000), *r = tracefix_udp(5001);
	uint32_t id;

	tracefix_trace(true);
	ck_assert_int_eq(tracefix_sendto(s, htonl(INADDR_LOOPBACK), 5001, 10, 0), 10);
	tracefix_turn();
	ck_assert_int_eq(tracefix_recv(r), 10);
	tracefix_read();
	id = tracefix_frame(0, GN_TRACE_LOCAL, 0)->val;
	ck_assert_ptr_null(tracefix_frame(0, GN_TRACE_LOCAL, 1));
	ck_assert_uint_eq(tracefix_frame(id, GN_TRACE_TX, 0)->frame.ifindex, 1);
	ck_assert_uint_eq(tracefix_calls(id, "udp_sendmsg"), 1);
	ck_assert_uint_eq(tracefix_calls(id, "loopback_xmit"), 1);
	ck_assert_uint_eq(tracefix_calls(id, "net_rx_action"), 0); /* in the middle of the send */
	ck_assert_uint_eq(tracefix_calls(0, "net_rx_action"), 1);
	ck_assert_uint_ge(tracefix_calls(id, "dst_release"), 1); /* behind it */
	ck_assert_uint_eq(tracefix_calls(id, "__netif_receive_skb"), 1);
	ck_assert_uint_eq(tracefix_calls(id, "sock_queue_rcv_skb"), 1);
	ck_assert_uint_eq(tracefix_calls(id, "skb_free_datagram_locked"), 1);
	ck_assert_verdict(tracefix_verdict(id, 0), GN_TRACE_SENT, LEDGER_LOCAL);
	ck_assert_uint_eq(tracefix_verdict(id, 0)->ifindex, 1);
	ck_assert_verdict(tracefix_verdict(id, 1), GN_TRACE_DELIVERED, LEDGER_FRAME);
	ck_assert_uint_eq(tracefix_verdict(id, 1)->port, 5001);
	ck_assert_uint_eq(trace_thread.packet, 0);
	tracefix_close(s);
	tracefix_close(r);
}
END_TEST

/* Two calls, one datagram: it is the first call's packet. */
START_TEST(test_corked_datagram_is_the_first_calls)
{
	struct socket *s = tracefix_udp(5000);
	uint32_t id;

	tracefix_know_peer();
	tracefix_trace(true);
	ck_assert_int_eq(tracefix_sendto(s, PEER_IP, 7, 10, MSG_MORE), 10);
	ck_assert_int_eq(tracefix_sendto(s, PEER_IP, 7, 10, 0), 10);
	tracefix_turn();
	tracefix_read();
	id = tracefix_frame(0, GN_TRACE_LOCAL, 0)->val;
	ck_assert_uint_eq(id, 1);
	ck_assert_uint_eq(tracefix_calls(id, "userdev_xmit"), 1);
	ck_assert_uint_eq(tracefix_calls(2, "udp_sendmsg"), 1);
	ck_assert_ptr_null(tracefix_frame(2, 0, 0));
	tracefix_close(s);
}
END_TEST

/* The device takes nothing for a while; later each leaves in its own name. */
START_TEST(test_queued_packets_leave_in_their_own_name)
{
	struct socket *s = tracefix_udp(5000);
	uint32_t id;

	tracefix_know_peer();
	tracefix_trace(true);
	memdev_block_tx(tf.dev, true);
	for (unsigned i = 0; i < 5; i++)
		ck_assert_int_eq(tracefix_sendto(s, PEER_IP, 7, 10 + i, 0), 10 + i);
	tracefix_turn();
	memdev_block_tx(tf.dev, false);
	tracefix_turn();
	tracefix_read();
	for (unsigned i = 0; i < 5; i++) {
		const struct seen *f;

		id = tracefix_frame(0, GN_TRACE_LOCAL, i)->val;
		for (unsigned n = 0; (f = tracefix_frame(id, GN_TRACE_TX, n)); n++)
			ck_assert_uint_eq(f->packet, id);
		ck_assert_uint_ge(tracefix_calls(id, "userdev_xmit"), 1);
		ck_assert_verdict(tracefix_verdict(id, 0), GN_TRACE_SENT, LEDGER_LOCAL);
	}
	tracefix_close(s);
}
END_TEST

/* A frame for a socket that is in the middle of a send waits in its backlog; who lets go of the lock queues it, in the frame's name. */
START_TEST(test_socket_backlog)
{
	_Alignas(4) unsigned char mem[130];
	struct socket *s = tracefix_udp(5000);
	uint32_t id;

	tracefix_know_peer();
	tracefix_trace(true);
	ck_assert_int_eq(tracefix_sendto(s, PEER_IP, 7, 10, MSG_MORE), 10);
	tracefix_inject(mem + 2, flow_frame(mem + 2, READ_5000, 1));
	ck_assert_int_eq(tracefix_sendto(s, PEER_IP, 7, 10, 0), 10);
	ck_assert_int_eq(tracefix_recv(s), 18);
	tracefix_read();
	id = tracefix_frame(0, GN_TRACE_RX, 0)->val;
	ck_assert_uint_ge(tracefix_calls(tracefix_frame(0, GN_TRACE_LOCAL, 0)->val, "release_sock"), 1);
	ck_assert_uint_eq(tracefix_calls(id, "release_sock"), 0); /* so it was the sender who queued it */
	ck_assert_uint_eq(tracefix_calls(id, "__udp_queue_rcv_skb"), 1);
	ck_assert_verdict(tracefix_verdict(id, 0), GN_TRACE_DELIVERED, LEDGER_FRAME);
	tracefix_close(s);
}
END_TEST

/* --- fragments, forwarding --- */

START_TEST(test_fragments_sent_and_put_together)
{
	_Alignas(4) unsigned char mem[4096];
	unsigned char *f = mem + 2;
	struct iphdr *ip = (struct iphdr *)(void *)(f + 14);
	struct socket *s = tracefix_udp(5000);
	uint32_t id, a, b;

	tracefix_know_peer();
	tracefix_trace(true);
	ck_assert_int_eq(tracefix_sendto(s, PEER_IP, 7, 3000, 0), 3000);
	tracefix_turn();
	tracefix_read();
	id = tracefix_frame(0, GN_TRACE_LOCAL, 0)->val;
	ck_assert_ptr_nonnull(tracefix_frame(id, GN_TRACE_TX, 2));
	ck_assert_ptr_null(tracefix_frame(0, GN_TRACE_TX, 3));
	ck_assert_uint_eq(tracefix_calls(id, "userdev_xmit"), 3);

	/* the first piece comes first: the datagram is its packet, although the last piece brings it to the end */
	tracefix_udp_frame(f, OUR_IP, 5000, 1, 40);
	ip->frag_off = htons(IP_MF);
	ip->tot_len = htons(20 + 24);
	ip->check = 0;
	ip->check = ip_fast_csum(ip, 5);
	tracefix_inject(f, 14 + 44);
	tracefix_udp_frame(f, OUR_IP, 5000, 1, 40);
	memmove(f + 34, f + 34 + 24, 24);
	ip->frag_off = htons(3);
	ip->tot_len = htons(20 + 24);
	ip->check = 0;
	ip->check = ip_fast_csum(ip, 5);
	tracefix_inject(f, 14 + 44);
	tracefix_turn();
	ck_assert_int_eq(tracefix_recv(s), 40);
	tracefix_read();
	a = tracefix_frame(0, GN_TRACE_RX, 0)->val;
	b = tracefix_frame(0, GN_TRACE_RX, 1)->val;
	ck_assert_verdict(tracefix_verdict(b, 0), GN_TRACE_MERGED, LEDGER_FRAME);
	ck_assert_ptr_null(tracefix_verdict(b, 1));
	ck_assert_verdict(tracefix_verdict(a, 0), GN_TRACE_DELIVERED, LEDGER_FRAME);
	ck_assert_ptr_null(tracefix_verdict(a, 1));
	ck_assert_uint_eq(tracefix_calls(a, "ip_rcv"), 1);
	ck_assert_uint_eq(tracefix_calls(b, "ip_rcv"), 1);
	ck_assert_uint_eq(tracefix_calls(a, "udp_rcv"), 1);
	ck_assert_uint_eq(tracefix_calls(b, "udp_rcv"), 0);
	ck_assert_uint_eq(tracefix_calls(a, "skb_free_datagram_locked"), 1);
	tracefix_close(s);
}
END_TEST

START_TEST(test_forwarded_packet)
{
	_Alignas(4) unsigned char mem[130];
	const struct seen *tx;
	uint32_t id;

	ck_assert_int_eq(sysctl_write(&tf.net->vfs, "net.ipv4.ip_forward", "1", NULL), 0);
	tracefix_trace(true);
	tracefix_inject(mem + 2, tracefix_udp_frame(mem + 2, IP(10, 0, 1, 255), 7, 1, 18)); /* refused: a broadcast */
	tracefix_inject(mem + 2, tracefix_udp_frame(mem + 2, IP(10, 0, 1, 7), 7, 2, 18));
	tracefix_turn();
	tracefix_read();
	id = tracefix_frame(0, GN_TRACE_RX, 0)->val;
	ck_assert_uint_eq(tracefix_verdict(id, 0)->code, GN_TRACE_DROPPED);
	id = tracefix_frame(0, GN_TRACE_RX, 1)->val;
	tx = tracefix_frame(id, GN_TRACE_TX, 0); /* the question for 10.0.1.7 is asked for its sake */
	ck_assert_ptr_nonnull(tx);
	ck_assert_uint_eq(tx->frame.ifindex, (unsigned)tf.dev2->ifindex);
	ck_assert_uint_eq(tracefix_calls(id, "ip_forward"), 1);
}
END_TEST

/* --- the filter's door; off --- */

START_TEST(test_bad_filters_are_refused_with_a_text)
{
	const struct sock_filter good = { 0x6, 0, 0, 1 }, bad = { 0x1234, 0, 0, 0 }, backwards[] = { { 0x5, 0, 0, 7 }, { 0x6, 0, 0, 1 } };
	struct extack err = { "" };

	ck_assert_int_eq(packet_trace_filter_set(tf.net, NULL, 0, NULL, 0, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "packet filter: no program");
	extack_init(&err);
	ck_assert_int_eq(packet_trace_filter_set(tf.net, &bad, 1, &good, 1, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "packet filter: the Ethernet program is no valid classic BPF");
	extack_init(&err);
	ck_assert_int_eq(packet_trace_filter_set(tf.net, &good, 1, backwards, 2, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "packet filter: the IP program is no valid classic BPF");
	extack_init(&err);
	ck_assert_int_eq(packet_trace_filter_set(tf.net, &good, 4097, NULL, 0, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "packet filter: the Ethernet program has 4097 instructions, 4096 are allowed");
	ck_assert_uint_eq(trace_state.follow, 0);
	ck_assert_int_eq(packet_trace_filter_set(tf.net, &good, 1, NULL, 0, &err), 0);
	ck_assert_int_eq(packet_trace_filter_set(tf.net, &good, 1, &good, 1, &err), 0);
	ck_assert_uint_eq(trace_state.follow, 1);
	kmem_fail_nth(&tf.net->m.kmem, 1, NULL);
	ck_assert_int_eq(packet_trace_filter_set(tf.net, &good, 1, NULL, 0, &err), -ENOMEM);
	kmem_fail_nth(&tf.net->m.kmem, 0, NULL);
	ck_assert_uint_eq(trace_state.follow, 1);
} /* the net takes the filter with it */
END_TEST

START_TEST(test_off_leaves_no_record_and_no_id)
{
	_Alignas(4) unsigned char mem[130];
	struct socket *s = tracefix_udp(5000);

	tracefix_know_peer();
	tracefix_trace(false);
	trace_state.packets = 0;
	tracefix_inject(mem + 2, flow_frame(mem + 2, READ_5000, 1));
	tracefix_inject(mem + 2, flow_frame(mem + 2, ECHO, 1));
	tracefix_turn();
	ck_assert_int_eq(tracefix_recv(s), 18);
	ck_assert_int_eq(tracefix_sendto(s, PEER_IP, 7, 10, 0), 10);
	tracefix_read();
	for (unsigned i = 0; i < tf.n; i++)
		ck_assert_uint_eq(tf.seen[i].id, GN_TRACE_TASK);
	ck_assert_uint_eq(trace_thread.packet, 0);
	tracefix_close(s);
}
END_TEST

/* tracing_on 0: ids go on, nothing is written down. */
START_TEST(test_not_recording)
{
	_Alignas(4) unsigned char mem[130];
	struct socket *s = tracefix_udp(5000);

	tracefix_know_peer();
	tracefix_trace(true);
	trace_state.mask = 0;
	tracefix_inject(mem + 2, flow_frame(mem + 2, READ_5000, 1));
	tracefix_inject(mem + 2, flow_frame(mem + 2, ECHO, 1));
	tracefix_turn();
	trace_state.mask = ~0u;
	ck_assert_int_eq(tracefix_recv(s), 18);
	tracefix_read();
	ck_assert_ptr_null(tracefix_frame(0, 0, 0));
	ck_assert_ptr_null(tracefix_verdict(0, 0));
	ck_assert_uint_eq(tracefix_calls(1, "skb_free_datagram_locked"), 1);
	tracefix_close(s);
}
END_TEST

/* A datagram that came while nothing was traced is read while it is, and the other way round. */
START_TEST(test_on_and_off_in_between)
{
	_Alignas(4) unsigned char mem[130];
	struct socket *s = tracefix_udp(5000);

	tracefix_inject(mem + 2, flow_frame(mem + 2, READ_5000, 1));
	tracefix_turn();
	tracefix_trace(false);
	tracefix_inject(mem + 2, flow_frame(mem + 2, READ_5000, 2));
	tracefix_turn();
	ck_assert_int_eq(tracefix_recv(s), 18);
	ck_assert_uint_eq(trace_thread.packet, 0);
	trace_state.packets = 0;
	ck_assert_int_eq(tracefix_recv(s), 18);
	ck_assert_uint_eq(trace_thread.packet, 0);
	tracefix_read();
	ck_assert_ptr_null(tracefix_frame(0, 0, 1));
	tracefix_close(s);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_thousand_interleaved_packets, test_filter_follows_what_matches,
				       test_sent_packet_waits_for_arp, test_sent_packet_nobody_answers,
				       test_loopback_is_one_packet, test_corked_datagram_is_the_first_calls,
				       test_queued_packets_leave_in_their_own_name, test_socket_backlog,
				       test_fragments_sent_and_put_together, test_forwarded_packet,
				       test_bad_filters_are_refused_with_a_text, test_off_leaves_no_record_and_no_id,
				       test_not_recording, test_on_and_off_in_between, NULL };

	return suite_of("packet_trace", tracefix_begin, tracefix_end, tests);
}
