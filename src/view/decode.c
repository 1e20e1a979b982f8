/* SPDX-License-Identifier: MIT */
/*
 * decode.c - the recorded bytes of a packet as fields: frame, Ethernet, ARP, and what all layers share
 *
 * Theory of operation
 *   view_decode() makes a decoder over the record and starts at the link or, when the packet was seen before it had a link header, at the IP header.
 *   The record may be shorter than the packet and the packet may lie about its lengths: what is not there is never read, and the page says what is missing.
 *   Called by: html.c. Calls: decode_ip.c, decode_icmp.c, decode_l4.c. Threads: any, no state. Refuses nothing: any bytes give some fields.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "view/decoder.h"

static void data_text(char *text, size_t size, const unsigned char *p, unsigned n);
static void vlan_tag(struct decoder *d, unsigned off);
static void by_type(struct decoder *d, unsigned type, unsigned off);
static const char *type_name(unsigned type);

const char *view_layer_name(enum view_layer layer)
{
	static const char *const name[VIEW_LAYER_MAX] = {
		"Ethernet", "ARP", "IPv4", "ICMP", "UDP", "IGMP", "TCP", "IPv6", "Packet that the error is about", "Data",
	};

	return layer < VIEW_LAYER_MAX ? name[layer] : "";
}

size_t view_decode(const struct view_bytes *b, struct view_field *field, size_t max)
{
	struct decoder d;

	decoder_init(&d, b, field, max);
	if (b->f.link)
		decode_ethernet(&d);
	else if (!d.have)
		decoder_data(&d, "Nothing recorded", 0, d.whole);
	else if (d.byte[0] >> 4 == 4)
		decode_ipv4(&d, 0);
	else if (d.byte[0] >> 4 == 6)
		decode_ipv6(&d, 0);
	else
		decoder_data(&d, "Bytes", 0, d.whole);

	return d.n;
}

void decoder_init(struct decoder *d, const struct view_bytes *b, struct view_field *field, size_t max)
{
	d->byte = b->byte;
	d->have = b->f.caplen < GN_TRACE_SNAPLEN ? b->f.caplen : GN_TRACE_SNAPLEN;
	d->whole = b->f.len > d->have ? b->f.len : d->have;
	d->field = field;
	d->n = 0;
	d->max = max;
}

/* --- fields --- */

struct view_field *decoder_put(struct decoder *d, enum view_layer layer, unsigned off, unsigned len, const char *name, const char *fmt, ...)
{
	struct view_field *f = d->field + d->n;
	va_list ap;

	if (d->n == d->max || !decoder_has(d, off, len))
		return NULL;
	d->n++;
	f->off = (uint16_t)off;
	f->len = (uint16_t)len;
	f->layer = (uint8_t)layer;
	f->mark = VIEW_PLAIN;
	f->name = name;
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);

	return f;
}

void decoder_mark(struct view_field *f, enum view_mark mark)
{
	if (f)
		f->mark = (uint8_t)mark;
}

bool decoder_cut(struct decoder *d, enum view_layer layer, unsigned off, unsigned need)
{
	unsigned there = d->whole > off ? d->whole - off : 0;
	unsigned have = d->have > off ? d->have - off : 0;
	unsigned at = off < d->have ? off : d->have;

	if (decoder_has(d, off, need))
		return false;
	if (there < need)
		decoder_mark(decoder_put(d, layer, at, have, "Too short", "%u bytes where %u are needed", there, need), VIEW_WRONG);
	else
		decoder_mark(decoder_put(d, layer, at, have, "Not recorded", "%u of %u bytes are in the trace", have, need), VIEW_UNSURE);

	return true;
}

void decoder_data(struct decoder *d, const char *name, unsigned off, unsigned len)
{
	char text[72];
	unsigned have = d->have > off ? d->have - off : 0;

	if (have > len)
		have = len;
	if (have) {
		data_text(text, sizeof(text), d->byte + off, have);
		decoder_put(d, VIEW_DATA, off, have, name, "%u byte%s: %s", len, len == 1 ? "" : "s", text);
	}
	if (have < len)
		decoder_mark(decoder_put(d, VIEW_DATA, d->have, 0, "Not recorded", "%u byte%s more", len - have, len - have == 1 ? "" : "s"), VIEW_UNSURE);
}

/* Text when most of it is printable, else the first bytes as numbers. */
static void data_text(char *text, size_t size, const unsigned char *p, unsigned n)
{
	unsigned printable = 0, i;
	size_t at = 0;

	for (i = 0; i < n; i++)
		printable += (p[i] >= ' ' && p[i] < 127) || p[i] == '\n';
	if (printable * 4 >= n * 3) {
		text[at++] = '"';
		for (i = 0; i < n && at < size - 8; i++)
			text[at++] = p[i] >= ' ' && p[i] < 127 ? (char)p[i] : '.';
		text[at++] = '"';
	} else {
		for (i = 0; i < n && i < 16; i++)
			at += (size_t)snprintf(text + at, size - at, i ? " %02x" : "%02x", p[i]);
	}
	snprintf(text + at, size - at, "%s", i < n ? " ..." : "");
}

uint32_t decoder_sum(const struct decoder *d, unsigned off, unsigned len)
{
	uint32_t sum = 0;
	unsigned i;

	for (i = 0; i + 1 < len; i += 2)
		sum += decoder_be16(d, off + i);
	if (i < len)
		sum += (uint32_t)d->byte[off + i] << 8;

	return sum;
}

void decoder_checksum(struct decoder *d, enum view_layer layer, unsigned off, unsigned start, unsigned len, uint32_t pseudo, bool fragment)
{
	struct view_field *f;
	uint32_t sum, want;
	unsigned is;

	if (!decoder_has(d, off, 2))
		return;
	is = decoder_be16(d, off);
	if (fragment || !decoder_has(d, start, len)) {
		f = decoder_put(d, layer, off, 2, "Checksum", "0x%04x, cannot be checked: %s", is,
				fragment ? "it covers all fragments" : "not all bytes were recorded");
		decoder_mark(f, VIEW_UNSURE);
		return;
	}
	sum = decoder_sum(d, start, len) - is + pseudo;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	want = ~sum & 0xffff;
	if (want == is || (!want && is == 0xffff))
		decoder_mark(decoder_put(d, layer, off, 2, "Checksum", "0x%04x, right", is), VIEW_RIGHT);
	else
		decoder_mark(decoder_put(d, layer, off, 2, "Checksum", "0x%04x, wrong: 0x%04x would be right", is, want), VIEW_WRONG);
}

/* --- Ethernet, ARP --- */

void decode_ethernet(struct decoder *d)
{
	char mac[DECODER_ADDR];
	unsigned type, at = 12;

	if (decoder_cut(d, VIEW_ETHERNET, 0, 14))
		return;
	decoder_put(d, VIEW_ETHERNET, 0, 6, "Destination", "%s%s", decoder_mac(mac, d->byte), d->byte[0] & 1 ? " (group)" : "");
	decoder_put(d, VIEW_ETHERNET, 6, 6, "Source", "%s", decoder_mac(mac, d->byte + 6));
	type = decoder_be16(d, at);
	while (type == TYPE_VLAN || type == TYPE_QINQ) {
		decoder_put(d, VIEW_ETHERNET, at, 2, "Type", "0x%04x VLAN tag", type);
		if (decoder_cut(d, VIEW_ETHERNET, at + 2, 4))
			return;
		vlan_tag(d, at + 2);
		at += 4;
		type = decoder_be16(d, at);
	}
	if (type < 0x600) {
		decoder_put(d, VIEW_ETHERNET, at, 2, "Length", "%u (802.3)", type);
		decoder_data(d, "Bytes", at + 2, d->whole - at - 2);
		return;
	}
	decoder_put(d, VIEW_ETHERNET, at, 2, "Type", "0x%04x %s", type, type_name(type));
	by_type(d, type, at + 2);
}

static void vlan_tag(struct decoder *d, unsigned off)
{
	unsigned tag = decoder_be16(d, off);

	decoder_put(d, VIEW_ETHERNET, off, 2, "VLAN", "%u, priority %u%s", tag & 0xfff, tag >> 13, tag & 0x1000 ? ", may be dropped" : "");
}

static void by_type(struct decoder *d, unsigned type, unsigned off)
{
	switch (type) {
	case TYPE_IPV4:
		decode_ipv4(d, off);
		break;
	case TYPE_ARP:
		decode_arp(d, off);
		break;
	case TYPE_IPV6:
		decode_ipv6(d, off);
		break;
	default:
		decoder_data(d, "Bytes", off, d->whole - off);
	}
}

static const char *type_name(unsigned type)
{
	static const struct {
		unsigned type;
		const char *name;
	} known[] = {
		{ TYPE_IPV4, "IPv4" }, { TYPE_ARP, "ARP" },    { TYPE_IPV6, "IPv6" }, { 0x8809, "slow protocols" },
		{ 0x88cc, "LLDP" },    { 0x88f7, "PTP" },      { 0x8863, "PPPoE" },   { 0x8864, "PPPoE" },
	};

	for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].type == type)
			return known[i].name;

	return "";
}

void decode_arp(struct decoder *d, unsigned off)
{
	static const char *const op_name[] = { "", " request", " reply", " reverse request", " reverse reply" };
	char a[DECODER_ADDR];
	unsigned op;

	if (decoder_cut(d, VIEW_ARP, off, 8))
		return;
	op = decoder_be16(d, off + 6);
	decoder_put(d, VIEW_ARP, off, 2, "Hardware", "%u%s", decoder_be16(d, off), decoder_be16(d, off) == 1 ? " Ethernet" : "");
	decoder_put(d, VIEW_ARP, off + 2, 2, "Protocol", "0x%04x %s", decoder_be16(d, off + 2), type_name(decoder_be16(d, off + 2)));
	decoder_put(d, VIEW_ARP, off + 4, 1, "Hardware address", "%u bytes", d->byte[off + 4]);
	decoder_put(d, VIEW_ARP, off + 5, 1, "Protocol address", "%u bytes", d->byte[off + 5]);
	decoder_put(d, VIEW_ARP, off + 6, 2, "Operation", "%u%s", op, op < 5 ? op_name[op] : "");
	if (d->byte[off + 4] != 6 || d->byte[off + 5] != 4) {
		decoder_data(d, "Addresses", off + 8, d->whole - off - 8);
		return;
	}
	if (decoder_cut(d, VIEW_ARP, off + 8, 20))
		return;
	decoder_put(d, VIEW_ARP, off + 8, 6, "Sender hardware", "%s", decoder_mac(a, d->byte + off + 8));
	decoder_put(d, VIEW_ARP, off + 14, 4, "Sender address", "%s", decoder_ip4(a, d->byte + off + 14));
	decoder_put(d, VIEW_ARP, off + 18, 6, "Target hardware", "%s", decoder_mac(a, d->byte + off + 18));
	decoder_put(d, VIEW_ARP, off + 24, 4, "Target address", "%s", decoder_ip4(a, d->byte + off + 24));
	if (d->whole > off + 28)
		decoder_data(d, "Padding", off + 28, d->whole - off - 28);
}

/* --- names --- */

const char *decoder_ip4(char buf[DECODER_ADDR], const unsigned char *a)
{
	snprintf(buf, DECODER_ADDR, "%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
	return buf;
}

/* The longest run of two or more zero words becomes "::" (RFC 5952). */
const char *decoder_ip6(char buf[DECODER_ADDR], const unsigned char *a)
{
	unsigned best = 8, best_len = 1, at = 0;

	for (unsigned i = 0, n; i < 8; i += n ? n : 1) {
		for (n = 0; i + n < 8 && !a[2 * (i + n)] && !a[2 * (i + n) + 1];)
			n++;
		if (n > best_len) {
			best = i;
			best_len = n;
		}
	}
	for (unsigned i = 0; i < 8; i++) {
		if (i == best) {
			at += (unsigned)snprintf(buf + at, DECODER_ADDR - at, "::");
			i += best_len - 1;
			continue;
		}
		at += (unsigned)snprintf(buf + at, DECODER_ADDR - at, "%s%x", i && i != best + best_len ? ":" : "", a[2 * i] << 8 | a[2 * i + 1]);
	}

	return buf;
}

const char *decoder_mac(char buf[DECODER_ADDR], const unsigned char *a)
{
	snprintf(buf, DECODER_ADDR, "%02x:%02x:%02x:%02x:%02x:%02x", a[0], a[1], a[2], a[3], a[4], a[5]);
	return buf;
}
