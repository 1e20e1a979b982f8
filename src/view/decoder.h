/* SPDX-License-Identifier: MIT */
#ifndef VIEW_DECODER_H
#define VIEW_DECODER_H
/*
 * decoder.h - what the decoders of the layers share
 *
 * Theory of operation
 *   All offsets count from the first recorded byte. decoder_has() is asked before bytes are read; decoder_put() asks it itself and leaves a field out whose
 *   bytes are not all there. A layer whose header is cut says so once (decoder_cut()) and ends.
 * Called by: decode.c, decode_ip.c, decode_l4.c, flow.c. Threads: any.
 */
#include "view/decode.h"

/* Ethernet types and protocols of IP that are told apart. */
enum { TYPE_IPV4 = 0x0800, TYPE_ARP = 0x0806, TYPE_VLAN = 0x8100, TYPE_QINQ = 0x88a8, TYPE_IPV6 = 0x86dd };
enum { PROTO_ICMP = 1, PROTO_IGMP = 2, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_UDPLITE = 136 };

struct decoder {
	const unsigned char *byte;
	unsigned have;	/* bytes recorded */
	unsigned whole; /* bytes that there were */
	struct view_field *field;
	size_t n, max;
};

/* The transport part of an IPv4 packet. */
struct decoder_l4 {
	unsigned off, len; /* by the IP header */
	unsigned proto;
	bool fragment; /* one of several: sums cannot be checked */
	uint32_t pseudo; /* sum over the addresses and the protocol */
};

void decoder_init(struct decoder *d, const struct view_bytes *b, struct view_field *field, size_t max);

static inline bool decoder_has(const struct decoder *d, unsigned off, unsigned len)
{
	return off <= d->have && len <= d->have - off;
}

static inline unsigned decoder_be16(const struct decoder *d, unsigned off)
{
	return (unsigned)d->byte[off] << 8 | d->byte[off + 1];
}

static inline uint32_t decoder_be32(const struct decoder *d, unsigned off)
{
	return (uint32_t)decoder_be16(d, off) << 16 | decoder_be16(d, off + 2);
}

/* Add a field; NULL when its bytes are not there or the room is used up. */
__attribute__((format(printf, 6, 7))) struct view_field *decoder_put(struct decoder *d, enum view_layer layer, unsigned off, unsigned len, const char *name,
								     const char *fmt, ...);
/* The header of @layer needs @need bytes at @off: true, and a field that says so, when they were not recorded or are not part of the packet. */
bool decoder_cut(struct decoder *d, enum view_layer layer, unsigned off, unsigned need);
/* A field whose mark is @mark, if it was put. */
void decoder_mark(struct view_field *f, enum view_mark mark);
/* What follows is data: up to @len bytes at @off, as text where printable. */
void decoder_data(struct decoder *d, const char *name, unsigned off, unsigned len);
/* Field "Checksum" of two bytes at @off: sum over @len bytes from @start and over @pseudo. */
void decoder_checksum(struct decoder *d, enum view_layer layer, unsigned off, unsigned start, unsigned len, uint32_t pseudo, bool fragment);
/* Sum of 16-bit words, not folded; all of it recorded. */
uint32_t decoder_sum(const struct decoder *d, unsigned off, unsigned len);

/* Layers: each is told where it starts. */
void decode_ethernet(struct decoder *d);
void decode_arp(struct decoder *d, unsigned off);
void decode_ipv4(struct decoder *d, unsigned off);
void decode_ip_options(struct decoder *d, unsigned off, unsigned len);
void decode_ipv6(struct decoder *d, unsigned off);
void decode_l4(struct decoder *d, const struct decoder_l4 *l4);
void decode_icmp(struct decoder *d, const struct decoder_l4 *l4);
void decode_igmp(struct decoder *d, const struct decoder_l4 *l4);

/* Names; each in a buffer of the caller, or constant. */
#define DECODER_ADDR 48
const char *decoder_ip4(char buf[DECODER_ADDR], const unsigned char *a);
const char *decoder_ip6(char buf[DECODER_ADDR], const unsigned char *a);
const char *decoder_mac(char buf[DECODER_ADDR], const unsigned char *a);
const char *decoder_proto(char buf[DECODER_ADDR], unsigned proto);
/* "echo request", "port unreachable"; NULL when it has no name. */
const char *decoder_icmp(unsigned type, unsigned code);
/* "membership query", NULL */
const char *decoder_igmp(unsigned type);

#endif
