/* SPDX-License-Identifier: MIT */
/*
 * records.h - what the tracer writes about a datagram 10.99.0.1:40000 > 10.99.0.2:7, made by hand
 */
#ifndef TESTS_UNIT_CLI_RECORDS_H
#define TESTS_UNIT_CLI_RECORDS_H

#include "unit/view/slots.h"

enum { DO_IRQ = 1, IP_RCV, UDP_RCV, SOCK_RECVFROM, UDP_RECVMSG, KFREE_SKB, SPIN_LOCK };

static const char tables[] = "F 1 10 do_IRQ kernel/irq\nF 2 20 ip_rcv ipv4/ip_input\nF 3 30 udp_rcv ipv4/udp_input\n"
			     "F 4 40 sock_recvfrom core/socket\nF 5 50 udp_recvmsg ipv4/udp_recv\nF 6 60 kfree_skb_reason core/skbuff\n"
			     "F 7 70 _raw_spin_lock lib/spin\nR 3 NO_SOCKET nobody listens\nD 2 gn0 tap\nZ what later versions say\n";

/* --- records --- */

/* A datagram 10.99.0.1:40000+@flow > 10.99.0.2:7 that arrived. */
static inline void put_datagram(struct slots *s, uint64_t t, uint32_t id, unsigned flow)
{
	struct {
		struct gn_trace_frame f;
		unsigned char byte[42];
	} p = { .f = { .len = 60, .caplen = 42, .dir = GN_TRACE_RX, .link = 1, .ifindex = 2 } };
	const unsigned char ip[28] = { 0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17, 0, 0, 10, 99, 0, 1, 10, 99, 0, 2, (unsigned char)((40000 + flow) >> 8),
				       (unsigned char)(40000 + flow), 0, 7, 0, 26, 0, 0 };

	p.byte[12] = 8;
	memcpy(p.byte + 14, ip, sizeof(ip));
	put_kind(s, t, GN_TRACE_FRAME, id, &p, sizeof(p.f) + 42);
}

/* The interrupt that received packet @id and gave it to a socket, or to none. */
static inline void put_receive(struct slots *s, uint64_t t, uint32_t id, unsigned flow, bool delivered)
{
	const struct gn_trace_verdict d = { .code = delivered ? GN_TRACE_DELIVERED : GN_TRACE_DROPPED, .reason = 3, .port = 7 };

	put_packet(s, t + 100, id);
	put_datagram(s, t + 101, id, flow);
	put_call(s, SPIN_LOCK, 3, t + 300, t + 310);
	put_verdict(s, t + 320, id, d);
	put_call(s, delivered ? UDP_RCV : KFREE_SKB, 2, t + 250, t + 400);
	put_call(s, IP_RCV, 1, t + 200, t + 500);
	put_packet(s, t + 600, 0);
	put_call(s, DO_IRQ, 0, t, t + 700);
}

/* The call that read it, waiting since @t. */
static inline void put_read(struct slots *s, uint64_t t, uint64_t until, uint32_t id)
{
	put_packet(s, until - 100, id);
	put_call(s, UDP_RECVMSG, 1, until - 90, until - 20);
	put_packet(s, until - 10, 0);
	put_call(s, SOCK_RECVFROM, 0, t, until);
}

static char chunks[1 << 20] __attribute__((aligned(8)));
static size_t chunks_len;

/* What stands in @s as a chunk of @cpu. */
static inline void chunk(unsigned cpu, struct slots *s)
{
	const struct gn_trace_chunk h = { .magic = GN_TRACE_MAGIC, .cpu = cpu, .n = (uint32_t)s->n };

	ck_assert_uint_le(chunks_len + sizeof(h) + s->n * sizeof(*s->rec), sizeof(chunks));
	memcpy(chunks + chunks_len, &h, sizeof(h));
	memcpy(chunks + chunks_len + sizeof(h), s->rec, s->n * sizeof(*s->rec));
	chunks_len += sizeof(h) + s->n * sizeof(*s->rec);
	s->n = 0;
}

#endif
