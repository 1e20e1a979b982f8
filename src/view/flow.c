/* SPDX-License-Identifier: MIT */
/*
 * flow.c - a packet in one line: who to whom, and what
 *
 * Theory of operation
 *   The same cursor as the field decoder reads just what the line needs. What was not recorded is left out of the line, from the inside to the outside:
 *   without ports the protocol, without addresses the type.
 *   Called by: html.c, `trace packets`. Calls: the names of decode*.c. Threads: any, no state.
 */
#include <stdarg.h>
#include <stdio.h>

#include "view/decoder.h"

/* The line under construction. */
struct line {
	char *buf;
	size_t size, n;
};

static void say(struct line *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void flow_ethernet(struct line *l, const struct decoder *d);
static void flow_arp(struct line *l, const struct decoder *d, unsigned off);
static void flow_ipv4(struct line *l, const struct decoder *d, unsigned off);
static void flow_addresses(struct line *l, const struct decoder *d, unsigned off, unsigned at, bool ports);
static void flow_ports(struct line *l, const struct decoder *d, unsigned off, unsigned at, unsigned payload);
static void flow_icmp(struct line *l, const struct decoder *d, unsigned at);
static void flow_igmp(struct line *l, const struct decoder *d, unsigned at);
static void flow_ipv6(struct line *l, const struct decoder *d, unsigned off);

size_t view_flow(const struct view_bytes *b, char *buf, size_t size)
{
	struct line l = { buf, size, 0 };
	struct decoder d;

	buf[0] = 0;
	if (!b || !b->f.caplen) {
		say(&l, "no bytes recorded");
		return l.n;
	}
	decoder_init(&d, b, NULL, 0);
	if (b->f.link)
		flow_ethernet(&l, &d);
	else if (d.byte[0] >> 4 == 4)
		flow_ipv4(&l, &d, 0);
	else if (d.byte[0] >> 4 == 6)
		flow_ipv6(&l, &d, 0);
	else
		say(&l, "%u bytes", d.whole);

	return l.n;
}

static void say(struct line *l, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(l->buf + l->n, l->size - l->n, fmt, ap);
	va_end(ap);
	if (n > 0)
		l->n += (size_t)n < l->size - l->n ? (size_t)n : l->size - l->n - 1;
}

static void flow_ethernet(struct line *l, const struct decoder *d)
{
	char to[DECODER_ADDR], from[DECODER_ADDR];
	unsigned type, at = 12;

	if (!decoder_has(d, 0, 14)) {
		say(l, "%u bytes, shorter than an Ethernet header", d->whole);
		return;
	}
	type = decoder_be16(d, at);
	while ((type == TYPE_VLAN || type == TYPE_QINQ) && decoder_has(d, at + 2, 4)) {
		say(l, "vlan %u ", decoder_be16(d, at + 2) & 0xfff);
		at += 4;
		type = decoder_be16(d, at);
	}
	if (type == TYPE_IPV4 && decoder_has(d, at + 2, 20))
		flow_ipv4(l, d, at + 2);
	else if (type == TYPE_ARP && decoder_has(d, at + 2, 28))
		flow_arp(l, d, at + 2);
	else if (type == TYPE_IPV6 && decoder_has(d, at + 2, 40))
		flow_ipv6(l, d, at + 2);
	else
		say(l, "%s > %s type 0x%04x", decoder_mac(from, d->byte + 6), decoder_mac(to, d->byte), type);
}

static void flow_arp(struct line *l, const struct decoder *d, unsigned off)
{
	const unsigned char *p = d->byte + off;
	char from[DECODER_ADDR], to[DECODER_ADDR];
	unsigned op = decoder_be16(d, off + 6);

	if (p[4] != 6 || p[5] != 4)
		say(l, "ARP operation %u, addresses of %u and %u bytes", op, p[4], p[5]);
	else if (op == 1)
		say(l, "ARP who-has %s tell %s", decoder_ip4(to, p + 24), decoder_ip4(from, p + 14));
	else if (op == 2)
		say(l, "ARP %s is-at %s", decoder_ip4(from, p + 14), decoder_mac(to, p + 8));
	else
		say(l, "ARP operation %u %s > %s", op, decoder_ip4(from, p + 14), decoder_ip4(to, p + 24));
}

static void flow_ipv4(struct line *l, const struct decoder *d, unsigned off)
{
	char a[DECODER_ADDR];
	unsigned head, total, frag, proto, at;

	if (!decoder_has(d, off, 20)) {
		say(l, "IPv4, %u bytes", d->whole);
		return;
	}
	head = (d->byte[off] & 15) * 4u;
	total = decoder_be16(d, off + 2);
	frag = decoder_be16(d, off + 6);
	proto = d->byte[off + 9];
	at = off + head;
	if (head < 20 || total < head) {
		flow_addresses(l, d, off, at, false);
		say(l, " IPv4 with a bad length");
		return;
	}
	if ((proto == PROTO_UDP || proto == PROTO_UDPLITE || proto == PROTO_TCP) && !(frag & 0x1fff) && decoder_has(d, at, 8)) {
		flow_addresses(l, d, off, at, true);
		flow_ports(l, d, off, at, total - head);
	} else {
		flow_addresses(l, d, off, at, false);
		if (proto == PROTO_ICMP && !(frag & 0x1fff) && decoder_has(d, at, 8))
			flow_icmp(l, d, at);
		else if (proto == PROTO_IGMP && !(frag & 0x1fff) && decoder_has(d, at, 8))
			flow_igmp(l, d, at);
		else
			say(l, " %s", decoder_proto(a, proto));
	}
	if (frag & 0x3fff)
		say(l, " fragment %u-%u of id 0x%04x", (frag & 0x1fff) * 8, (frag & 0x1fff) * 8 + total - head, decoder_be16(d, off + 4));
}

static void flow_addresses(struct line *l, const struct decoder *d, unsigned off, unsigned at, bool ports)
{
	char from[DECODER_ADDR], to[DECODER_ADDR];

	decoder_ip4(from, d->byte + off + 12);
	decoder_ip4(to, d->byte + off + 16);
	if (ports)
		say(l, "%s:%u > %s:%u", from, decoder_be16(d, at), to, decoder_be16(d, at + 2));
	else
		say(l, "%s > %s", from, to);
}

/* The number is how many bytes of payload the datagram has. */
static void flow_ports(struct line *l, const struct decoder *d, unsigned off, unsigned at, unsigned payload)
{
	char a[DECODER_ADDR];
	unsigned head = 8;

	if (d->byte[off + 9] == PROTO_TCP)
		head = decoder_has(d, at, 13) ? (d->byte[at + 12] >> 4) * 4u : 20;
	say(l, " %s", decoder_proto(a, d->byte[off + 9]));
	if (d->byte[off + 9] == PROTO_UDP)
		payload = decoder_be16(d, at + 4);
	if (payload >= head)
		say(l, " %u", payload - head);
	else
		say(l, " with a bad length");
}

static void flow_icmp(struct line *l, const struct decoder *d, unsigned at)
{
	unsigned type = d->byte[at], code = d->byte[at + 1], in = at + 8;
	const char *name = decoder_icmp(type, code);

	if (!name)
		say(l, " ICMP type %u code %u", type, code);
	else
		say(l, " ICMP %s", name);
	if (type == 0 || type == 8 || type == 13 || type == 14)
		say(l, " id %u seq %u", decoder_be16(d, at + 4), decoder_be16(d, at + 6));
	if ((type == 3 || type == 4 || type == 5 || type == 11 || type == 12) && decoder_has(d, in, 28) && d->byte[in] >> 4 == 4) {
		char a[DECODER_ADDR];
		unsigned proto = d->byte[in + 9], l4 = in + (d->byte[in] & 15) * 4u;
		bool ports = (proto == PROTO_UDP || proto == PROTO_UDPLITE || proto == PROTO_TCP) && decoder_has(d, l4, 8) &&
			     !(decoder_be16(d, in + 6) & 0x1fff);

		say(l, " for ");
		flow_addresses(l, d, in, l4, ports);
		say(l, " %s", decoder_proto(a, proto));
	}
}

static void flow_igmp(struct line *l, const struct decoder *d, unsigned at)
{
	char a[DECODER_ADDR];
	const char *name = decoder_igmp(d->byte[at]);

	if (!name)
		say(l, " IGMP type 0x%02x", d->byte[at]);
	else if (d->byte[at] == 0x22)
		say(l, " IGMP %s of %u", name, decoder_be16(d, at + 6));
	else
		say(l, " IGMP %s %s", name, decoder_be32(d, at + 4) ? decoder_ip4(a, d->byte + at + 4) : "for all groups");
}

static void flow_ipv6(struct line *l, const struct decoder *d, unsigned off)
{
	char from[DECODER_ADDR], to[DECODER_ADDR], a[DECODER_ADDR];

	if (!decoder_has(d, off, 40)) {
		say(l, "IPv6, %u bytes", d->whole);
		return;
	}
	say(l, "%s > %s IPv6 %s", decoder_ip6(from, d->byte + off + 8), decoder_ip6(to, d->byte + off + 24), decoder_proto(a, d->byte[off + 6]));
}
