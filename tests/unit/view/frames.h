/* SPDX-License-Identifier: MIT */
/*
 * frames.h: Ethernet frames with right checksums, for the checks of the decoder and of the page.
 */
#ifndef TESTS_UNIT_VIEW_FRAMES_H
#define TESTS_UNIT_VIEW_FRAMES_H

#include <string.h>

#include "view/view.h"

static inline void put16(unsigned char *p, unsigned v)
{
	p[0] = (unsigned char)(v >> 8);
	p[1] = (unsigned char)v;
}

/* The Internet checksum over @len bytes and over @more. */
static inline unsigned sum16(const unsigned char *p, unsigned len, uint32_t more)
{
	for (unsigned i = 0; i < len; i++)
		more += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	while (more >> 16)
		more = (more & 0xffff) + (more >> 16);
	return ~more & 0xffff;
}

/* From station 1 to station 2, type @type; where the payload goes. */
static inline unsigned char *frame_ethernet(struct view_bytes *b, unsigned type)
{
	static const unsigned char head[12] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1 };

	memset(b, 0, sizeof(*b));
	memcpy(b->byte, head, sizeof(head));
	put16(b->byte + 12, type);
	b->f.link = 1;
	b->f.dir = GN_TRACE_RX;
	b->f.ifindex = 2;
	return b->byte + 14;
}

static inline void frame_end(struct view_bytes *b, unsigned len)
{
	b->f.len = len;
	b->f.caplen = (uint16_t)(len < GN_TRACE_SNAPLEN ? len : GN_TRACE_SNAPLEN);
}

/* An IPv4 header with @options bytes of options (a multiple of 4); @payload follows. From 10.0.0.1 to @to (0: 10.0.0.2). */
static inline unsigned char *frame_ipv4(struct view_bytes *b, unsigned proto, const unsigned char *options, unsigned n_options, unsigned payload,
					const unsigned char *to)
{
	static const unsigned char usual[4] = { 10, 0, 0, 2 };
	unsigned char *ip = frame_ethernet(b, 0x0800);
	unsigned head = 20 + n_options;

	ip[0] = (unsigned char)(0x40 | head / 4);
	put16(ip + 2, head + payload);
	put16(ip + 4, 0x1234);
	ip[8] = 64;
	ip[9] = (unsigned char)proto;
	memcpy(ip + 12, (const unsigned char[]){ 10, 0, 0, 1 }, 4);
	memcpy(ip + 16, to ? to : usual, 4);
	if (n_options)
		memcpy(ip + 20, options, n_options);
	put16(ip + 10, sum16(ip, head, 0));
	frame_end(b, 14 + head + payload);
	return ip + head;
}

static inline void ipv4_resum(struct view_bytes *b)
{
	unsigned char *ip = b->byte + 14;

	put16(ip + 10, 0);
	put16(ip + 10, sum16(ip, (ip[0] & 15) * 4u, 0));
}

/* A datagram from port 5000 to @port; its payload is @text. */
static inline void frame_udp(struct view_bytes *b, unsigned from, unsigned port, const char *text)
{
	unsigned n = (unsigned)strlen(text), len = 8 + n;
	unsigned char *u = frame_ipv4(b, 17, NULL, 0, len, NULL);
	uint32_t pseudo = 17 + len;

	put16(u, from);
	put16(u + 2, port);
	put16(u + 4, len);
	memcpy(u + 8, text, n);
	for (unsigned i = 26; i < 34; i += 2)
		pseudo += (uint32_t)b->byte[i] << 8 | b->byte[i + 1];
	put16(u + 6, sum16(u, len, pseudo));
}

static inline void frame_icmp_echo(struct view_bytes *b, unsigned type, unsigned id, unsigned seq)
{
	unsigned char *p = frame_ipv4(b, 1, NULL, 0, 8 + 32, NULL);

	p[0] = (unsigned char)type;
	put16(p + 4, id);
	put16(p + 6, seq);
	for (unsigned i = 0; i < 32; i++)
		p[8 + i] = (unsigned char)('a' + i % 23);
	put16(p + 2, sum16(p, 40, 0));
}

/* The error @type, @code about the packet in @about. */
static inline void frame_icmp_error(struct view_bytes *b, unsigned type, unsigned code, const struct view_bytes *about)
{
	unsigned n = about->f.caplen - 14u < 100 ? about->f.caplen - 14u : 100;
	unsigned char *p = frame_ipv4(b, 1, NULL, 0, 8 + n, NULL);

	p[0] = (unsigned char)type;
	p[1] = (unsigned char)code;
	memcpy(p + 8, about->byte + 14, n);
	put16(p + 2, sum16(p, 8 + n, 0));
}

static inline void frame_arp(struct view_bytes *b, unsigned op)
{
	static const unsigned char body[28] = { 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2 };
	unsigned char *p = frame_ethernet(b, 0x0806);

	memcpy(p, body, sizeof(body));
	p[7] = (unsigned char)op;
	if (op == 1)
		memset(b->byte, 0xff, 6);
	else
		memcpy(p + 18, (const unsigned char[]){ 2, 0, 0, 0, 0, 2 }, 6);
	frame_end(b, 42);
}

#endif
