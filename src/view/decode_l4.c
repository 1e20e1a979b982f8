/* SPDX-License-Identifier: MIT */
/*
 * decode_l4.c - what an IPv4 packet carries: UDP, UDP-Lite, the beginning of TCP
 *
 * Theory of operation
 *   The IP header says where the transport part starts and how long it is; the UDP length may only shorten that. A checksum is computed over the
 *   pseudo header as the receiving stack does it.
 *   Called by: decode_ip.c. Calls: decode_icmp.c. Threads: any, no state.
 */
#include <stdio.h>

#include "view/decoder.h"

static void decode_udp(struct decoder *d, const struct decoder_l4 *l4);
static void decode_udplite(struct decoder *d, const struct decoder_l4 *l4);
static void decode_tcp(struct decoder *d, const struct decoder_l4 *l4);
static bool l4_cut(struct decoder *d, enum view_layer layer, const struct decoder_l4 *l4, unsigned need);

void decode_l4(struct decoder *d, const struct decoder_l4 *l4)
{
	switch (l4->proto) {
	case PROTO_UDP:
		if (!l4_cut(d, VIEW_UDP, l4, 8))
			decode_udp(d, l4);
		break;
	case PROTO_UDPLITE:
		if (!l4_cut(d, VIEW_UDP, l4, 8))
			decode_udplite(d, l4);
		break;
	case PROTO_ICMP:
		if (!l4_cut(d, VIEW_ICMP, l4, 8))
			decode_icmp(d, l4);
		break;
	case PROTO_IGMP:
		if (!l4_cut(d, VIEW_IGMP, l4, 8))
			decode_igmp(d, l4);
		break;
	case PROTO_TCP:
		if (!l4_cut(d, VIEW_TCP, l4, 20))
			decode_tcp(d, l4);
		break;
	default:
		decoder_data(d, "Bytes", l4->off, l4->len);
	}
}

/* The header of @need bytes is not all in the packet, or not all recorded. */
static bool l4_cut(struct decoder *d, enum view_layer layer, const struct decoder_l4 *l4, unsigned need)
{
	unsigned have = d->have > l4->off ? d->have - l4->off : 0;

	if (l4->len >= need)
		return decoder_cut(d, layer, l4->off, need);
	if (have > l4->len)
		have = l4->len;
	decoder_mark(decoder_put(d, layer, l4->off < d->have ? l4->off : d->have, have, "Too short", "%u bytes where %u are needed", l4->len, need),
		     VIEW_WRONG);

	return true;
}

static void decode_udp(struct decoder *d, const struct decoder_l4 *l4)
{
	unsigned off = l4->off, len = decoder_be16(d, off + 4);
	struct view_field *f;
	bool bad = len < 8 || (len > l4->len && !l4->fragment);

	decoder_put(d, VIEW_UDP, off, 2, "Source port", "%u", decoder_be16(d, off));
	decoder_put(d, VIEW_UDP, off + 2, 2, "Destination port", "%u", decoder_be16(d, off + 2));
	f = decoder_put(d, VIEW_UDP, off + 4, 2, "Length", "%u bytes%s", len, len < 8 ? ", shorter than its header" : bad ? ", more than IP says" : "");
	if (bad)
		decoder_mark(f, VIEW_WRONG);
	if (!decoder_be16(d, off + 6))
		decoder_put(d, VIEW_UDP, off + 6, 2, "Checksum", "0, none");
	else if (bad)
		decoder_mark(decoder_put(d, VIEW_UDP, off + 6, 2, "Checksum", "0x%04x, cannot be checked: the length is wrong", decoder_be16(d, off + 6)),
			     VIEW_UNSURE);
	else
		decoder_checksum(d, VIEW_UDP, off + 6, off, len, l4->pseudo + len, l4->fragment);
	if (bad || l4->fragment)
		len = l4->len;
	if (len > 8)
		decoder_data(d, "Payload", off + 8, len - 8);
	if (len < l4->len)
		decoder_data(d, "Behind the datagram", off + len, l4->len - len);
}

/* The length field says how much the checksum covers; 0: all. */
static void decode_udplite(struct decoder *d, const struct decoder_l4 *l4)
{
	unsigned off = l4->off, cover = decoder_be16(d, off + 4);
	struct view_field *f;
	bool bad = (cover && cover < 8) || (cover > l4->len && !l4->fragment);

	decoder_put(d, VIEW_UDP, off, 2, "Source port", "%u (UDP-Lite)", decoder_be16(d, off));
	decoder_put(d, VIEW_UDP, off + 2, 2, "Destination port", "%u", decoder_be16(d, off + 2));
	f = decoder_put(d, VIEW_UDP, off + 4, 2, "Coverage", "%u bytes%s", cover, cover ? bad ? ", cannot be" : "" : ", all");
	if (bad) {
		decoder_mark(f, VIEW_WRONG);
		decoder_mark(decoder_put(d, VIEW_UDP, off + 6, 2, "Checksum", "0x%04x, cannot be checked: the coverage is wrong",
					 decoder_be16(d, off + 6)),
			     VIEW_UNSURE);
	} else {
		decoder_checksum(d, VIEW_UDP, off + 6, off, cover ? cover : l4->len, l4->pseudo + l4->len, l4->fragment);
	}
	if (l4->len > 8)
		decoder_data(d, "Payload", off + 8, l4->len - 8);
}

static void decode_tcp(struct decoder *d, const struct decoder_l4 *l4)
{
	static const char bit[] = "FSRPAUEC";
	unsigned off = l4->off, head = (d->byte[off + 12] >> 4) * 4u, n = 0;
	char flags[9];
	struct view_field *f;

	for (unsigned i = 0; i < 8; i++)
		if (d->byte[off + 13] >> i & 1)
			flags[n++] = bit[i];
	flags[n] = 0;
	decoder_put(d, VIEW_TCP, off, 2, "Source port", "%u", decoder_be16(d, off));
	decoder_put(d, VIEW_TCP, off + 2, 2, "Destination port", "%u", decoder_be16(d, off + 2));
	decoder_put(d, VIEW_TCP, off + 4, 4, "Sequence", "%u", decoder_be32(d, off + 4));
	decoder_put(d, VIEW_TCP, off + 8, 4, "Acknowledged", "%u", decoder_be32(d, off + 8));
	f = decoder_put(d, VIEW_TCP, off + 12, 1, "Header length", "%u bytes", head);
	decoder_put(d, VIEW_TCP, off + 13, 1, "Flags", "%s", n ? flags : "none");
	decoder_put(d, VIEW_TCP, off + 14, 2, "Window", "%u", decoder_be16(d, off + 14));
	decoder_checksum(d, VIEW_TCP, off + 16, off, l4->len, l4->pseudo + l4->len, l4->fragment);
	decoder_put(d, VIEW_TCP, off + 18, 2, "Urgent", "%u", decoder_be16(d, off + 18));
	if (head < 20 || head > l4->len) {
		decoder_mark(f, VIEW_WRONG);
		head = 20;
	}
	if (head > 20)
		decoder_put(d, VIEW_TCP, off + 20, head - 20, "Options", "%u bytes", head - 20);
	if (l4->len > head)
		decoder_data(d, "Payload", off + head, l4->len - head);
}

const char *decoder_proto(char buf[DECODER_ADDR], unsigned proto)
{
	switch (proto) {
	case PROTO_ICMP:
		return "ICMP";
	case PROTO_IGMP:
		return "IGMP";
	case PROTO_TCP:
		return "TCP";
	case PROTO_UDP:
		return "UDP";
	case PROTO_UDPLITE:
		return "UDP-Lite";
	case 58:
		return "ICMPv6";
	default:
		snprintf(buf, DECODER_ADDR, "protocol %u", proto & 255);
		return buf;
	}
}
