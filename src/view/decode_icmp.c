/* SPDX-License-Identifier: MIT */
/*
 * decode_icmp.c - ICMP, the packet that an ICMP error tells about, and IGMP
 *
 * Theory of operation
 *   The first eight bytes of an ICMP message depend on its type; errors carry the header and the beginning of the packet that caused them, which is decoded
 *   in the layer VIEW_QUOTED. IGMP tells its versions apart by type and length.
 *   Called by: decode_l4.c, flow.c (names). Threads: any, no state.
 */
#include <stdio.h>

#include "view/decoder.h"

static void icmp_rest(struct decoder *d, const struct decoder_l4 *l4);
static bool is_error(unsigned type);
static void quoted(struct decoder *d, unsigned off, unsigned len);
static void quoted_l4(struct decoder *d, unsigned off, unsigned len, unsigned proto);
static void igmp_v3_query(struct decoder *d, const struct decoder_l4 *l4);
static void igmp_v3_report(struct decoder *d, const struct decoder_l4 *l4);
static unsigned igmp_record(struct decoder *d, unsigned off, unsigned len);

void decode_icmp(struct decoder *d, const struct decoder_l4 *l4)
{
	unsigned off = l4->off, type = d->byte[off], code = d->byte[off + 1];
	const char *name = decoder_icmp(type, code);

	decoder_put(d, VIEW_ICMP, off, 1, "Type", "%u%s%s", type, name ? " " : "", name ? name : "");
	decoder_put(d, VIEW_ICMP, off + 1, 1, "Code", "%u", code);
	decoder_checksum(d, VIEW_ICMP, off + 2, off, l4->len, 0, l4->fragment);
	icmp_rest(d, l4);
}

static void icmp_rest(struct decoder *d, const struct decoder_l4 *l4)
{
	char a[DECODER_ADDR];
	unsigned off = l4->off, type = d->byte[off], code = d->byte[off + 1], at = off + 8;

	if (type == 5)
		decoder_put(d, VIEW_ICMP, off + 4, 4, "Gateway", "%s", decoder_ip4(a, d->byte + off + 4));
	else if (type == 12)
		decoder_put(d, VIEW_ICMP, off + 4, 1, "Pointer", "byte %u of the header", d->byte[off + 4]);
	else if (type == 3 && code == 4)
		decoder_put(d, VIEW_ICMP, off + 6, 2, "Next hop's MTU", "%u", decoder_be16(d, off + 6));
	else if (is_error(type))
		decoder_put(d, VIEW_ICMP, off + 4, 4, "Unused", "0x%08x", decoder_be32(d, off + 4));
	else {
		decoder_put(d, VIEW_ICMP, off + 4, 2, "Identifier", "%u", decoder_be16(d, off + 4));
		decoder_put(d, VIEW_ICMP, off + 6, 2, "Sequence", "%u", decoder_be16(d, off + 6));
	}
	if (is_error(type)) {
		quoted(d, at, l4->len - 8);
		return;
	}
	if ((type == 13 || type == 14) && l4->len >= 20 && decoder_has(d, at, 12)) {
		static const char *const stamp[] = { "Originated", "Received", "Sent" };

		for (unsigned i = 0; i < 3; i++, at += 4)
			decoder_put(d, VIEW_ICMP, at, 4, stamp[i], "%u ms since midnight", decoder_be32(d, at));
	}
	if (l4->len > at - off)
		decoder_data(d, "Payload", at, l4->len - (at - off));
}

static bool is_error(unsigned type)
{
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

static void quoted(struct decoder *d, unsigned off, unsigned len)
{
	char a[DECODER_ADDR];
	unsigned head;

	if (len < 20) {
		decoder_data(d, "Bytes", off, len);
		return;
	}
	if (decoder_cut(d, VIEW_QUOTED, off, 20))
		return;
	head = (d->byte[off] & 15) * 4u;
	if (d->byte[off] >> 4 != 4 || head < 20 || head > len) {
		decoder_data(d, "Bytes", off, len);
		return;
	}
	decoder_put(d, VIEW_QUOTED, off, 1, "Version, header length", "4, %u bytes", head);
	decoder_put(d, VIEW_QUOTED, off + 1, 1, "Type of service", "0x%02x", d->byte[off + 1]);
	decoder_put(d, VIEW_QUOTED, off + 2, 2, "Total length", "%u bytes", decoder_be16(d, off + 2));
	decoder_put(d, VIEW_QUOTED, off + 4, 2, "Identification", "0x%04x", decoder_be16(d, off + 4));
	decoder_put(d, VIEW_QUOTED, off + 6, 2, "Flags, fragment offset", "0x%04x", decoder_be16(d, off + 6));
	decoder_put(d, VIEW_QUOTED, off + 8, 1, "Time to live", "%u", d->byte[off + 8]);
	decoder_put(d, VIEW_QUOTED, off + 9, 1, "Protocol", "%u %s", d->byte[off + 9], decoder_proto(a, d->byte[off + 9]));
	decoder_checksum(d, VIEW_QUOTED, off + 10, off, head, 0, false);
	decoder_put(d, VIEW_QUOTED, off + 12, 4, "Source", "%s", decoder_ip4(a, d->byte + off + 12));
	decoder_put(d, VIEW_QUOTED, off + 16, 4, "Destination", "%s", decoder_ip4(a, d->byte + off + 16));
	if (head > 20)
		decoder_put(d, VIEW_QUOTED, off + 20, head - 20, "Options", "%u bytes", head - 20);
	if (decoder_be16(d, off + 6) & 0x1fff)
		decoder_data(d, "Bytes", off + head, len - head);
	else
		quoted_l4(d, off + head, len - head, d->byte[off + 9]);
}

static void quoted_l4(struct decoder *d, unsigned off, unsigned len, unsigned proto)
{
	const char *name;

	if (len < 8 || !decoder_has(d, off, 8)) {
		decoder_data(d, "Bytes", off, len);
		return;
	}
	if (proto == PROTO_UDP || proto == PROTO_UDPLITE || proto == PROTO_TCP) {
		decoder_put(d, VIEW_QUOTED, off, 2, "Source port", "%u", decoder_be16(d, off));
		decoder_put(d, VIEW_QUOTED, off + 2, 2, "Destination port", "%u", decoder_be16(d, off + 2));
		if (proto == PROTO_TCP) {
			decoder_put(d, VIEW_QUOTED, off + 4, 4, "Sequence", "%u", decoder_be32(d, off + 4));
		} else {
			decoder_put(d, VIEW_QUOTED, off + 4, 2, "Length", "%u bytes", decoder_be16(d, off + 4));
			decoder_put(d, VIEW_QUOTED, off + 6, 2, "Checksum", "0x%04x", decoder_be16(d, off + 6));
		}
		off += 8;
		len -= 8;
	} else if (proto == PROTO_ICMP) {
		name = decoder_icmp(d->byte[off], d->byte[off + 1]);
		decoder_put(d, VIEW_QUOTED, off, 2, "Type, code", "%u, %u%s%s", d->byte[off], d->byte[off + 1], name ? " " : "", name ? name : "");
		decoder_put(d, VIEW_QUOTED, off + 2, 2, "Checksum", "0x%04x", decoder_be16(d, off + 2));
		decoder_put(d, VIEW_QUOTED, off + 4, 4, "Identifier, sequence", "%u, %u", decoder_be16(d, off + 4), decoder_be16(d, off + 6));
		off += 8;
		len -= 8;
	}
	if (len)
		decoder_data(d, "Bytes", off, len);
}

const char *decoder_icmp(unsigned type, unsigned code)
{
	static const char *const unreach[] = {
		"network unreachable", "host unreachable", "protocol unreachable", "port unreachable", "fragmentation needed", "source route failed",
		"network unknown", "host unknown", "source isolated", "network prohibited", "host prohibited", "network unreachable for this service",
		"host unreachable for this service", "prohibited by filter", "precedence violation", "precedence cut-off",
	};
	static const char *const redirect[] = { "redirect for the network", "redirect for the host", "redirect for service and network",
						"redirect for service and host" };
	static const char *const other[] = {
		[0] = "echo reply", [4] = "source quench", [8] = "echo request", [9] = "router advertisement", [10] = "router solicitation",
		[12] = "parameter problem", [13] = "timestamp request", [14] = "timestamp reply", [15] = "information request",
		[16] = "information reply", [17] = "address mask request", [18] = "address mask reply",
	};

	if (type == 3)
		return code < sizeof(unreach) / sizeof(unreach[0]) ? unreach[code] : "unreachable";
	if (type == 5)
		return code < 4 ? redirect[code] : "redirect";
	if (type == 11)
		return code == 0 ? "time exceeded" : code == 1 ? "reassembly time exceeded" : "time exceeded, unknown code";

	return type < sizeof(other) / sizeof(other[0]) ? other[type] : NULL;
}

/* --- IGMP --- */

void decode_igmp(struct decoder *d, const struct decoder_l4 *l4)
{
	char a[DECODER_ADDR];
	unsigned off = l4->off, type = d->byte[off];
	const char *name = decoder_igmp(type);

	decoder_put(d, VIEW_IGMP, off, 1, "Type", "0x%02x%s%s", type, name ? " " : "", name ? name : "");
	if (type == 0x11)
		decoder_put(d, VIEW_IGMP, off + 1, 1, "Time to answer", "%u (of 0.1 s)", d->byte[off + 1]);
	decoder_checksum(d, VIEW_IGMP, off + 2, off, l4->len, 0, l4->fragment);
	if (type == 0x22) {
		igmp_v3_report(d, l4);
		return;
	}
	decoder_put(d, VIEW_IGMP, off + 4, 4, "Group", "%s%s", decoder_ip4(a, d->byte + off + 4),
		    type == 0x11 && !decoder_be32(d, off + 4) ? " (all)" : "");
	if (type == 0x11 && l4->len >= 12)
		igmp_v3_query(d, l4);
	else if (l4->len > 8)
		decoder_data(d, "Bytes", off + 8, l4->len - 8);
}

static void igmp_v3_query(struct decoder *d, const struct decoder_l4 *l4)
{
	char a[DECODER_ADDR];
	unsigned off = l4->off, n, at;

	if (decoder_cut(d, VIEW_IGMP, off + 8, 4))
		return;
	n = decoder_be16(d, off + 10);
	decoder_put(d, VIEW_IGMP, off + 8, 1, "Robustness", "%u%s", d->byte[off + 8] & 7, d->byte[off + 8] & 8 ? ", timers untouched" : "");
	decoder_put(d, VIEW_IGMP, off + 9, 1, "Query interval", "%u (code)", d->byte[off + 9]);
	decoder_put(d, VIEW_IGMP, off + 10, 2, "Sources", "%u", n);
	for (at = 12; n && at + 4 <= l4->len && decoder_has(d, off + at, 4); n--, at += 4)
		decoder_put(d, VIEW_IGMP, off + at, 4, "Source", "%s", decoder_ip4(a, d->byte + off + at));
	if (at < l4->len)
		decoder_data(d, "Bytes", off + at, l4->len - at);
}

static void igmp_v3_report(struct decoder *d, const struct decoder_l4 *l4)
{
	unsigned off = l4->off, n = decoder_be16(d, off + 6), at = 8, used;

	decoder_put(d, VIEW_IGMP, off + 6, 2, "Records", "%u", n);
	for (; n; n--, at += used) {
		used = igmp_record(d, off + at, l4->len - at);
		if (!used)
			break;
	}
	if (at < l4->len)
		decoder_data(d, "Bytes", off + at, l4->len - at);
}

/* One group record; bytes used, 0: it is not all there. */
static unsigned igmp_record(struct decoder *d, unsigned off, unsigned len)
{
	static const char *const kind[] = { "?", "is include", "is exclude", "to include", "to exclude", "allow", "block" };
	char a[DECODER_ADDR], list[96] = "";
	unsigned n, size;
	size_t at = 0;

	if (len < 8 || !decoder_has(d, off, 8))
		return 0;
	n = decoder_be16(d, off + 2);
	size = 8 + 4 * n + 4u * d->byte[off + 1];
	if (size > len || !decoder_has(d, off, size))
		return 0;
	for (unsigned i = 0; i < n && at < sizeof(list); i++)
		at += (size_t)snprintf(list + at, sizeof(list) - at, " %s", decoder_ip4(a, d->byte + off + 8 + 4 * i));
	decoder_put(d, VIEW_IGMP, off, size, "Record", "%s %s, %u source%s%s%s", decoder_ip4(a, d->byte + off + 4),
		    d->byte[off] < 7 ? kind[d->byte[off]] : "?", n, n == 1 ? "" : "s", n ? ":" : "", list);

	return size;
}

const char *decoder_igmp(unsigned type)
{
	switch (type) {
	case 0x11:
		return "membership query";
	case 0x12:
		return "v1 report";
	case 0x16:
		return "v2 report";
	case 0x17:
		return "leave";
	case 0x22:
		return "v3 report";
	default:
		return NULL;
	}
}
