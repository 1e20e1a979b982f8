/* SPDX-License-Identifier: MIT */
/* check_decode: the recorded bytes of a packet, field by field and in one line (V7). */
#include <stdio.h>
#include <stdlib.h>

#include "frames.h"
#include "support/suite.h"
#include "view/decode.h"

static struct view_bytes b;
static struct view_field field[VIEW_FIELDS];
static size_t n_fields;
static char flow[200];

static void decode(void)
{
	n_fields = view_decode(&b, field, VIEW_FIELDS);
	ck_assert_uint_le(n_fields, VIEW_FIELDS);
	ck_assert_uint_eq(view_flow(&b, flow, sizeof(flow)), strlen(flow));
}

/* The field is there, with this text and mark. */
static void is(enum view_layer layer, const char *name, unsigned off, unsigned len, enum view_mark mark, const char *text)
{
	for (size_t i = 0; i < n_fields; i++) {
		const struct view_field *f = &field[i];

		if (f->layer == layer && !strcmp(f->name, name) && f->off == off) {
			ck_assert_msg(f->len == len && f->mark == mark && !strcmp(f->text, text), "%s: %u bytes, mark %u, \"%s\"", name, f->len,
				      f->mark, f->text);
			return;
		}
	}
	ck_abort_msg("no field %s of %s at %u", name, view_layer_name(layer), off);
}

static bool has(enum view_layer layer, const char *name)
{
	for (size_t i = 0; i < n_fields; i++)
		if (field[i].layer == layer && !strcmp(field[i].name, name))
			return true;
	return false;
}

START_TEST(test_V7_udp)
{
	frame_udp(&b, 5000, 7, "hello");
	decode();
	is(VIEW_ETHERNET, "Destination", 0, 6, VIEW_PLAIN, "02:00:00:00:00:02");
	is(VIEW_ETHERNET, "Source", 6, 6, VIEW_PLAIN, "02:00:00:00:00:01");
	is(VIEW_ETHERNET, "Type", 12, 2, VIEW_PLAIN, "0x0800 IPv4");
	is(VIEW_IPV4, "Version", 14, 1, VIEW_PLAIN, "4");
	is(VIEW_IPV4, "Header length", 14, 1, VIEW_PLAIN, "20 bytes");
	is(VIEW_IPV4, "Type of service", 15, 1, VIEW_PLAIN, "0x00 (DSCP 0, no ECN)");
	is(VIEW_IPV4, "Total length", 16, 2, VIEW_PLAIN, "33 bytes");
	is(VIEW_IPV4, "Identification", 18, 2, VIEW_PLAIN, "0x1234");
	is(VIEW_IPV4, "Flags", 20, 1, VIEW_PLAIN, "none");
	is(VIEW_IPV4, "Fragment offset", 20, 2, VIEW_PLAIN, "0");
	is(VIEW_IPV4, "Time to live", 22, 1, VIEW_PLAIN, "64");
	is(VIEW_IPV4, "Protocol", 23, 1, VIEW_PLAIN, "17 UDP");
	is(VIEW_IPV4, "Checksum", 24, 2, VIEW_RIGHT, "0x5496, right");
	is(VIEW_IPV4, "Source", 26, 4, VIEW_PLAIN, "10.0.0.1");
	is(VIEW_IPV4, "Destination", 30, 4, VIEW_PLAIN, "10.0.0.2");
	is(VIEW_UDP, "Source port", 34, 2, VIEW_PLAIN, "5000");
	is(VIEW_UDP, "Destination port", 36, 2, VIEW_PLAIN, "7");
	is(VIEW_UDP, "Length", 38, 2, VIEW_PLAIN, "13 bytes");
	is(VIEW_UDP, "Checksum", 40, 2, VIEW_RIGHT, "0x9470, right");
	is(VIEW_DATA, "Payload", 42, 5, VIEW_PLAIN, "5 bytes: \"hello\"");
	ck_assert_uint_eq(n_fields, 20);
	ck_assert_str_eq(flow, "10.0.0.1:5000 > 10.0.0.2:7 UDP 5");
}
END_TEST

START_TEST(test_V7_wrong_checksums_and_lengths)
{
	frame_udp(&b, 5000, 7, "hello");
	b.byte[44] ^= 1;
	b.byte[25] ^= 2;
	decode();
	is(VIEW_IPV4, "Checksum", 24, 2, VIEW_WRONG, "0x5494, wrong: 0x5496 would be right");
	is(VIEW_UDP, "Checksum", 40, 2, VIEW_WRONG, "0x9470, wrong: 0x9370 would be right");
	put16(b.byte + 38, 7);
	decode();
	is(VIEW_UDP, "Length", 38, 2, VIEW_WRONG, "7 bytes, shorter than its header");
	is(VIEW_UDP, "Checksum", 40, 2, VIEW_UNSURE, "0x9470, cannot be checked: the length is wrong");
	ck_assert_str_eq(flow, "10.0.0.1:5000 > 10.0.0.2:7 UDP with a bad length");
	put16(b.byte + 38, 14);
	put16(b.byte + 16, 600);
	decode();
	is(VIEW_IPV4, "Total length", 16, 2, VIEW_WRONG, "600 bytes, more than came");
	is(VIEW_UDP, "Length", 38, 2, VIEW_WRONG, "14 bytes, more than IP says");
	put16(b.byte + 40, 0);
	decode();
	is(VIEW_UDP, "Checksum", 40, 2, VIEW_PLAIN, "0, none");
	b.byte[14] = 0x44;
	decode();
	is(VIEW_IPV4, "Header length", 14, 1, VIEW_WRONG, "16 bytes, too short");
	ck_assert(!has(VIEW_UDP, "Source port"));
	ck_assert_str_eq(flow, "10.0.0.1 > 10.0.0.2 IPv4 with a bad length");
}
END_TEST

START_TEST(test_V7_truncated_bytes_are_said)
{
	frame_udp(&b, 5000, 7, "hello, this is longer");
	b.f.caplen = 45;
	decode();
	is(VIEW_UDP, "Checksum", 40, 2, VIEW_UNSURE, "0xc572, cannot be checked: not all bytes were recorded");
	is(VIEW_DATA, "Payload", 42, 3, VIEW_PLAIN, "21 bytes: \"hel\"");
	is(VIEW_DATA, "Not recorded", 45, 0, VIEW_UNSURE, "18 bytes more");
	b.f.caplen = 38;
	decode();
	is(VIEW_UDP, "Not recorded", 34, 4, VIEW_UNSURE, "4 of 8 bytes are in the trace");
	ck_assert_str_eq(flow, "10.0.0.1 > 10.0.0.2 UDP");
	b.f.caplen = 20;
	decode();
	is(VIEW_IPV4, "Not recorded", 14, 6, VIEW_UNSURE, "6 of 20 bytes are in the trace");
	ck_assert_str_eq(flow, "02:00:00:00:00:01 > 02:00:00:00:00:02 type 0x0800");
	b.f.caplen = 9;
	b.f.len = 9;
	decode();
	is(VIEW_ETHERNET, "Too short", 0, 9, VIEW_WRONG, "9 bytes where 14 are needed");
	ck_assert_str_eq(flow, "9 bytes, shorter than an Ethernet header");
	b.f.caplen = 0;
	decode();
	ck_assert_str_eq(flow, "no bytes recorded");
	ck_assert_uint_eq(view_flow(NULL, flow, sizeof(flow)), 17);
}
END_TEST

START_TEST(test_V7_arp)
{
	frame_arp(&b, 1);
	decode();
	is(VIEW_ETHERNET, "Destination", 0, 6, VIEW_PLAIN, "ff:ff:ff:ff:ff:ff (group)");
	is(VIEW_ARP, "Operation", 20, 2, VIEW_PLAIN, "1 request");
	is(VIEW_ARP, "Sender hardware", 22, 6, VIEW_PLAIN, "02:00:00:00:00:01");
	is(VIEW_ARP, "Sender address", 28, 4, VIEW_PLAIN, "10.0.0.1");
	is(VIEW_ARP, "Target address", 38, 4, VIEW_PLAIN, "10.0.0.2");
	ck_assert_str_eq(flow, "ARP who-has 10.0.0.2 tell 10.0.0.1");
	frame_arp(&b, 2);
	decode();
	ck_assert_str_eq(flow, "ARP 10.0.0.1 is-at 02:00:00:00:00:01");
	b.byte[19] = 16;
	decode();
	ck_assert(!has(VIEW_ARP, "Sender address"));
	ck_assert_str_eq(flow, "ARP operation 2, addresses of 6 and 16 bytes");
}
END_TEST

START_TEST(test_V7_icmp)
{
	struct view_bytes udp;

	frame_icmp_echo(&b, 8, 77, 3);
	decode();
	is(VIEW_ICMP, "Type", 34, 1, VIEW_PLAIN, "8 echo request");
	is(VIEW_ICMP, "Checksum", 36, 2, VIEW_RIGHT, "0x4d0c, right");
	is(VIEW_ICMP, "Identifier", 38, 2, VIEW_PLAIN, "77");
	is(VIEW_ICMP, "Sequence", 40, 2, VIEW_PLAIN, "3");
	ck_assert_str_eq(flow, "10.0.0.1 > 10.0.0.2 ICMP echo request id 77 seq 3");
	frame_udp(&udp, 5000, 9, "nobody");
	frame_icmp_error(&b, 3, 3, &udp);
	decode();
	is(VIEW_ICMP, "Type", 34, 1, VIEW_PLAIN, "3 port unreachable");
	is(VIEW_QUOTED, "Source", 54, 4, VIEW_PLAIN, "10.0.0.1");
	is(VIEW_QUOTED, "Checksum", 52, 2, VIEW_RIGHT, "0x5495, right");
	is(VIEW_QUOTED, "Destination port", 64, 2, VIEW_PLAIN, "9");
	is(VIEW_DATA, "Bytes", 70, 6, VIEW_PLAIN, "6 bytes: \"nobody\"");
	ck_assert_str_eq(flow, "10.0.0.1 > 10.0.0.2 ICMP port unreachable for 10.0.0.1:5000 > 10.0.0.2:9 UDP");
	frame_icmp_error(&b, 3, 4, &udp);
	put16(b.byte + 40, 1400);
	decode();
	is(VIEW_ICMP, "Next hop's MTU", 40, 2, VIEW_PLAIN, "1400");
	frame_icmp_error(&b, 11, 0, &udp);
	decode();
	ck_assert_ptr_nonnull(strstr(flow, "ICMP time exceeded for 10.0.0.1:5000"));
	frame_icmp_error(&b, 5, 1, &udp);
	memcpy(b.byte + 38, (const unsigned char[]){ 10, 0, 0, 9 }, 4);
	decode();
	is(VIEW_ICMP, "Gateway", 38, 4, VIEW_PLAIN, "10.0.0.9");
}
END_TEST

START_TEST(test_V7_ip_options)
{
	static const unsigned char options[40] = {
		7, 11, 8, 192, 168, 0, 1, 0, 0, 0, 0, /* record route, one of two filled */
		1,				      /* nothing */
		148, 4, 0, 0,			      /* router alert */
		68, 12, 9, 0x10, 0, 0, 0, 1, 0, 0, 0, 0, /* timestamp */
		200, 3, 9,			      /* nobody knows */
		131, 7, 4, 10, 0, 0, 9,		      /* loose source route */
		0, 0,
	};
	static const unsigned char bad[4] = { 7, 200, 4, 0 };

	frame_ipv4(&b, 253, options, 40, 4, NULL);
	decode();
	is(VIEW_IPV4, "Header length", 14, 1, VIEW_PLAIN, "60 bytes");
	is(VIEW_IPV4, "Checksum", 24, 2, VIEW_RIGHT, "0xcd08, right");
	is(VIEW_IPV4, "Option", 34, 11, VIEW_PLAIN, "record route, 192.168.0.1 >0.0.0.0");
	is(VIEW_IPV4, "Option", 45, 1, VIEW_PLAIN, "no operation");
	is(VIEW_IPV4, "Option", 46, 4, VIEW_PLAIN, "router alert");
	is(VIEW_IPV4, "Option", 50, 12, VIEW_PLAIN, "timestamp, times only, 4 of 8 bytes used, 1 hops found no room");
	is(VIEW_IPV4, "Option", 62, 3, VIEW_PLAIN, "200, 3 bytes");
	is(VIEW_IPV4, "Option", 65, 7, VIEW_PLAIN, "loose source route, >10.0.0.9");
	is(VIEW_IPV4, "Option", 72, 2, VIEW_PLAIN, "end of the list");
	is(VIEW_DATA, "Bytes", 74, 4, VIEW_PLAIN, "4 bytes: 00 00 00 00");
	ck_assert_str_eq(flow, "10.0.0.1 > 10.0.0.2 protocol 253");
	frame_ipv4(&b, 253, bad, 4, 0, NULL);
	decode();
	is(VIEW_IPV4, "Option", 34, 1, VIEW_WRONG, "7 with a length that cannot be");
}
END_TEST

START_TEST(test_V7_fragments)
{
	frame_udp(&b, 5000, 7, "first part");
	put16(b.byte + 20, 0x2000);
	ipv4_resum(&b);
	decode();
	is(VIEW_IPV4, "Flags", 20, 1, VIEW_PLAIN, "more fragments");
	ck_assert(has(VIEW_UDP, "Source port"));
	is(VIEW_UDP, "Checksum", 40, 2, VIEW_UNSURE, "0xa865, cannot be checked: it covers all fragments");
	ck_assert_str_eq(flow, "10.0.0.1:5000 > 10.0.0.2:7 UDP 10 fragment 0-18 of id 0x1234");
	put16(b.byte + 20, 185);
	ipv4_resum(&b);
	decode();
	is(VIEW_IPV4, "Fragment offset", 20, 2, VIEW_PLAIN, "1480");
	ck_assert(!has(VIEW_UDP, "Source port"));
	ck_assert(has(VIEW_DATA, "Middle of a datagram"));
	ck_assert_str_eq(flow, "10.0.0.1 > 10.0.0.2 UDP fragment 1480-1498 of id 0x1234");
}
END_TEST

START_TEST(test_V7_igmp)
{
	static const unsigned char all[4] = { 224, 0, 0, 22 };
	static const unsigned char report[] = { 0x22, 0, 0, 0, 0, 0, 0, 2, 4, 0, 0, 0, 239, 1, 2, 3, 3, 0, 0, 1, 239, 1, 2, 4, 10, 0, 0, 9 };
	unsigned char *p = frame_ipv4(&b, 2, NULL, 0, sizeof(report), all);

	memcpy(p, report, sizeof(report));
	put16(p + 2, sum16(p, sizeof(report), 0));
	decode();
	is(VIEW_IGMP, "Type", 34, 1, VIEW_PLAIN, "0x22 v3 report");
	is(VIEW_IGMP, "Records", 40, 2, VIEW_PLAIN, "2");
	is(VIEW_IGMP, "Record", 42, 8, VIEW_PLAIN, "239.1.2.3 to exclude, 0 sources");
	is(VIEW_IGMP, "Record", 50, 12, VIEW_PLAIN, "239.1.2.4 to include, 1 source: 10.0.0.9");
	ck_assert(!has(VIEW_DATA, "Bytes"));
	ck_assert_str_eq(flow, "10.0.0.1 > 224.0.0.22 IGMP v3 report of 2");
	p[7] = 200; /* more records than there are bytes for */
	decode();
	is(VIEW_IGMP, "Record", 50, 12, VIEW_PLAIN, "239.1.2.4 to include, 1 source: 10.0.0.9");
	p[0] = 0x16;
	decode();
	ck_assert_str_eq(flow, "10.0.0.1 > 224.0.0.22 IGMP v2 report 0.0.0.200");
}
END_TEST

START_TEST(test_V7_other_links_and_protocols)
{
	unsigned char *p = frame_ethernet(&b, 0x8100);

	memcpy(p, (const unsigned char[]){ 0x60, 42, 0x08, 0x06 }, 4);
	frame_end(&b, 18);
	decode();
	is(VIEW_ETHERNET, "VLAN", 14, 2, VIEW_PLAIN, "42, priority 3");
	ck_assert_str_eq(flow, "vlan 42 02:00:00:00:00:01 > 02:00:00:00:00:02 type 0x0806");
	p = frame_ethernet(&b, 0x86dd);
	p[0] = 0x60;
	p[6] = 58;
	p[8] = 0xfe;
	p[9] = 0x80;
	p[23] = 1;
	p[39] = 1;
	frame_end(&b, 54);
	decode();
	is(VIEW_IPV6, "Source", 22, 16, VIEW_PLAIN, "fe80::1");
	is(VIEW_IPV6, "Destination", 38, 16, VIEW_PLAIN, "::1");
	ck_assert_str_eq(flow, "fe80::1 > ::1 IPv6 ICMPv6");
	frame_udp(&b, 1, 2, "local");
	memmove(b.byte, b.byte + 14, 33);
	b.f.link = 0;
	b.f.len = 33;
	b.f.caplen = 33;
	decode();
	is(VIEW_IPV4, "Version", 0, 1, VIEW_PLAIN, "4");
	ck_assert_str_eq(flow, "10.0.0.1:1 > 10.0.0.2:2 UDP 5");
	b.byte[0] = 0;
	decode();
	ck_assert_str_eq(flow, "33 bytes");
	p = frame_ipv4(&b, 6, NULL, 0, 20, NULL);
	put16(p, 80);
	p[12] = 0x50;
	p[13] = 0x12;
	decode();
	is(VIEW_TCP, "Flags", 47, 1, VIEW_PLAIN, "SA");
	ck_assert_str_eq(flow, "10.0.0.1:80 > 10.0.0.2:0 TCP 0");
}
END_TEST

/* Whatever the bytes are, no field lies outside of the record, and fields and line end. */
START_TEST(test_V7_any_bytes)
{
	struct view_bytes *own = malloc(sizeof(*own));
	unsigned seed = 1;
	bool ok;

	ck_assert_ptr_nonnull(own);
	for (unsigned round = 0; round < 20000; round++) {
		memset(own, 0, sizeof(*own));
		switch (round % 4) {
		case 0: frame_udp(own, 5000, 7, "a datagram that is going to be spoilt"); break;
		case 1: frame_icmp_error(own, 3, 3, &b); break;
		case 2: frame_arp(own, 1); break;
		default: frame_ipv4(own, round / 4 % 2 ? 2 : 136, (const unsigned char[8]){ 7, 7, 4 }, 8, 24, NULL); break;
		}
		for (unsigned i = 0; i < round % 23; i++) {
			seed = seed * 1103515245 + 12345;
			own->byte[(seed >> 16) % (round % 3 ? 64 : GN_TRACE_SNAPLEN)] = (unsigned char)(seed >> 8);
		}
		seed = seed * 1103515245 + 12345;
		own->f.caplen = (uint16_t)(seed >> 8 & (round % 5 ? 255 : 65535));
		own->f.len = round % 7 ? own->f.caplen + (seed >> 24) : round % 2 ? 0 : UINT32_MAX;
		own->f.link = round % 11 != 0;
		n_fields = view_decode(own, field, VIEW_FIELDS);
		ok = n_fields < VIEW_FIELDS && view_flow(own, flow, 24) == strlen(flow) && view_flow(own, flow, sizeof(flow)) == strlen(flow);
		for (size_t i = 0; i < n_fields; i++)
			ok = ok && field[i].off + field[i].len <= GN_TRACE_SNAPLEN && field[i].off + field[i].len <= own->f.caplen &&
			     strnlen(field[i].text, sizeof(field[i].text)) < sizeof(field[i].text);
		ck_assert_msg(ok, "round %u: %zu fields, \"%s\"", round, n_fields, flow);
		memcpy(&b, own, sizeof(b));
	}
	free(own);
}
END_TEST

/* A small array is filled, not more. */
START_TEST(test_V7_few_fields)
{
	frame_udp(&b, 5000, 7, "hello");
	memset(field, 0x55, sizeof(field));
	ck_assert_uint_eq(view_decode(&b, field, 3), 3);
	ck_assert_uint_eq(field[3].off, 0x5555);
	ck_assert_uint_eq(view_flow(&b, flow, 1), 0);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_V7_udp,	test_V7_wrong_checksums_and_lengths, test_V7_truncated_bytes_are_said,
				       test_V7_arp,	test_V7_icmp,			     test_V7_ip_options,
				       test_V7_fragments, test_V7_igmp,			     test_V7_other_links_and_protocols,
				       test_V7_any_bytes, test_V7_few_fields,		     NULL };

	return suite_of("decode", NULL, NULL, tests);
}
