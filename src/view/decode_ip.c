/* SPDX-License-Identifier: MIT */
/*
 * decode_ip.c - IPv4 with its options, and the beginning of IPv6
 *
 * Theory of operation
 *   The header is read first, then its options one by one, each only as far as its own length, the header's and the record allow. What the total length
 *   leaves over of the frame is padding. A fragment other than the first has no transport header: its bytes are data.
 *   Called by: decode.c. Calls: decode_l4.c. Threads: any, no state.
 */
#include <stdio.h>
#include <string.h>

#include "view/decoder.h"

static void ipv4_header(struct decoder *d, unsigned off);
static void ipv4_flags(struct decoder *d, unsigned off);
static unsigned ipv4_payload(struct decoder *d, unsigned off, struct decoder_l4 *l4);
static void ip_option(struct decoder *d, unsigned off, unsigned len);
static void option_route(struct decoder *d, unsigned off, unsigned len, const char *name);
static void option_timestamp(struct decoder *d, unsigned off, unsigned len);

void decode_ipv4(struct decoder *d, unsigned off)
{
	struct decoder_l4 l4;
	unsigned head, end;

	if (decoder_cut(d, VIEW_IPV4, off, 20))
		return;
	head = (d->byte[off] & 15) * 4u;
	ipv4_header(d, off);
	if (d->byte[off] >> 4 != 4 || head < 20) {
		decoder_data(d, "Bytes", off + 20, d->whole - off - 20);
		return;
	}
	if (head > 20)
		decode_ip_options(d, off + 20, head - 20);
	if (!decoder_has(d, off, head)) {
		decoder_cut(d, VIEW_IPV4, off, head);
		return;
	}
	end = ipv4_payload(d, off, &l4);
	if (decoder_be16(d, off + 6) & 0x1fff)
		decoder_data(d, "Middle of a datagram", l4.off, l4.len);
	else
		decode_l4(d, &l4);
	if (end < d->whole)
		decoder_data(d, "Padding", end, d->whole - end);
}

static void ipv4_header(struct decoder *d, unsigned off)
{
	static const char *const ecn[] = { "no ECN", "ECT(1)", "ECT(0)", "congestion experienced" };
	char a[DECODER_ADDR];
	unsigned version = d->byte[off] >> 4, head = (d->byte[off] & 15) * 4u, tos = d->byte[off + 1], total = decoder_be16(d, off + 2);
	struct view_field *f;

	f = decoder_put(d, VIEW_IPV4, off, 1, "Version", "%u", version);
	if (version != 4)
		decoder_mark(f, VIEW_WRONG);
	f = decoder_put(d, VIEW_IPV4, off, 1, "Header length", "%u bytes%s", head, head < 20 ? ", too short" : "");
	if (head < 20)
		decoder_mark(f, VIEW_WRONG);
	decoder_put(d, VIEW_IPV4, off + 1, 1, "Type of service", "0x%02x (DSCP %u, %s)", tos, tos >> 2, ecn[tos & 3]);
	f = decoder_put(d, VIEW_IPV4, off + 2, 2, "Total length", "%u bytes%s", total,
			total < head ? ", shorter than its header" : total > d->whole - off ? ", more than came" : "");
	if (total < head || total > d->whole - off)
		decoder_mark(f, VIEW_WRONG);
	decoder_put(d, VIEW_IPV4, off + 4, 2, "Identification", "0x%04x", decoder_be16(d, off + 4));
	ipv4_flags(d, off);
	decoder_put(d, VIEW_IPV4, off + 8, 1, "Time to live", "%u", d->byte[off + 8]);
	decoder_put(d, VIEW_IPV4, off + 9, 1, "Protocol", "%u %s", d->byte[off + 9], decoder_proto(a, d->byte[off + 9]));
	decoder_checksum(d, VIEW_IPV4, off + 10, off, head < 20 ? 20 : head, 0, false);
	decoder_put(d, VIEW_IPV4, off + 12, 4, "Source", "%s", decoder_ip4(a, d->byte + off + 12));
	decoder_put(d, VIEW_IPV4, off + 16, 4, "Destination", "%s", decoder_ip4(a, d->byte + off + 16));
}

static void ipv4_flags(struct decoder *d, unsigned off)
{
	unsigned word = decoder_be16(d, off + 6);

	decoder_put(d, VIEW_IPV4, off + 6, 1, "Flags", "%s%s%s%s", word & 0x8000 ? "reserved bit set " : "", word & 0x4000 ? "don't fragment " : "",
		    word & 0x2000 ? "more fragments" : "", word & 0xe000 ? "" : "none");
	decoder_put(d, VIEW_IPV4, off + 6, 2, "Fragment offset", "%u", (word & 0x1fff) * 8);
}

/* Fills @l4; returns where the IP packet ends. */
static unsigned ipv4_payload(struct decoder *d, unsigned off, struct decoder_l4 *l4)
{
	unsigned head = (d->byte[off] & 15) * 4u, total = decoder_be16(d, off + 2);
	unsigned there = d->whole - off;

	if (total > there)
		total = there;
	if (total < head)
		total = head;
	l4->off = off + head;
	l4->len = total - head;
	l4->proto = d->byte[off + 9];
	l4->fragment = decoder_be16(d, off + 6) & 0x3fff;
	l4->pseudo = decoder_sum(d, off + 12, 8) + l4->proto;

	return off + total;
}

/* --- options --- */

void decode_ip_options(struct decoder *d, unsigned off, unsigned len)
{
	while (len && decoder_has(d, off, 1)) {
		unsigned kind = d->byte[off], n;

		if (kind == 0) {
			decoder_put(d, VIEW_IPV4, off, len, "Option", "end of the list");
			return;
		}
		if (kind == 1) {
			decoder_put(d, VIEW_IPV4, off, 1, "Option", "no operation");
			off++;
			len--;
			continue;
		}
		n = len >= 2 && decoder_has(d, off, 2) ? d->byte[off + 1] : 0;
		if (n < 2 || n > len) {
			decoder_mark(decoder_put(d, VIEW_IPV4, off, 1, "Option", "%u with a length that cannot be", kind), VIEW_WRONG);
			return;
		}
		if (!decoder_has(d, off, n))
			return;
		ip_option(d, off, n);
		off += n;
		len -= n;
	}
}

static void ip_option(struct decoder *d, unsigned off, unsigned len)
{
	switch (d->byte[off]) {
	case 7:
		option_route(d, off, len, "record route");
		break;
	case 131:
		option_route(d, off, len, "loose source route");
		break;
	case 137:
		option_route(d, off, len, "strict source route");
		break;
	case 68:
		option_timestamp(d, off, len);
		break;
	case 148:
		decoder_put(d, VIEW_IPV4, off, len, "Option", "router alert");
		break;
	case 130:
		decoder_put(d, VIEW_IPV4, off, len, "Option", "security");
		break;
	case 134:
		decoder_put(d, VIEW_IPV4, off, len, "Option", "CIPSO label");
		break;
	case 136:
		decoder_put(d, VIEW_IPV4, off, len, "Option", "stream identifier");
		break;
	default:
		decoder_put(d, VIEW_IPV4, off, len, "Option", "%u, %u bytes", d->byte[off], len);
	}
}

/* Addresses up to the pointer were filled in. */
static void option_route(struct decoder *d, unsigned off, unsigned len, const char *name)
{
	char a[DECODER_ADDR], list[152] = "";
	unsigned pointer = len > 2 ? d->byte[off + 2] : 0;
	size_t at = 0;

	if (pointer < 4) {
		decoder_mark(decoder_put(d, VIEW_IPV4, off, len, "Option", "%s with a pointer that cannot be", name), VIEW_WRONG);
		return;
	}
	for (unsigned i = 3; i + 4 <= len && at < sizeof(list); i += 4)
		at += (size_t)snprintf(list + at, sizeof(list) - at, " %s%s", i + 1 == pointer ? ">" : "", decoder_ip4(a, d->byte + off + i));
	decoder_put(d, VIEW_IPV4, off, len, "Option", "%s,%s%s", name, list, pointer > len ? " (full)" : "");
}

static void option_timestamp(struct decoder *d, unsigned off, unsigned len)
{
	static const char *const flag[] = { "times only", "addresses and times", "", "addresses given" };
	unsigned pointer = len > 3 ? d->byte[off + 2] : 0, over, kind;

	if (pointer < 5) {
		decoder_mark(decoder_put(d, VIEW_IPV4, off, len, "Option", "timestamp with a pointer that cannot be"), VIEW_WRONG);
		return;
	}
	over = d->byte[off + 3] >> 4;
	kind = d->byte[off + 3] & 15;
	decoder_put(d, VIEW_IPV4, off, len, "Option", "timestamp, %s, %u of %u bytes used, %u hops found no room", kind < 4 ? flag[kind] : "?",
		    pointer - 5 < len - 4 ? pointer - 5 : len - 4, len - 4, over);
}

void decode_ipv6(struct decoder *d, unsigned off)
{
	char a[DECODER_ADDR];

	if (decoder_cut(d, VIEW_IPV6, off, 40))
		return;
	decoder_put(d, VIEW_IPV6, off, 4, "Version, class, label", "%u, 0x%02x, 0x%05x", d->byte[off] >> 4, decoder_be16(d, off) >> 4 & 255,
		    decoder_be32(d, off) & 0xfffff);
	decoder_put(d, VIEW_IPV6, off + 4, 2, "Payload length", "%u bytes", decoder_be16(d, off + 4));
	decoder_put(d, VIEW_IPV6, off + 6, 1, "Next header", "%u %s", d->byte[off + 6], decoder_proto(a, d->byte[off + 6]));
	decoder_put(d, VIEW_IPV6, off + 7, 1, "Hop limit", "%u", d->byte[off + 7]);
	decoder_put(d, VIEW_IPV6, off + 8, 16, "Source", "%s", decoder_ip6(a, d->byte + off + 8));
	decoder_put(d, VIEW_IPV6, off + 24, 16, "Destination", "%s", decoder_ip6(a, d->byte + off + 24));
	decoder_data(d, "Bytes", off + 40, d->whole - off - 40);
}
