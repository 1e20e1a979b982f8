/* SPDX-License-Identifier: MIT */
#ifndef VIEW_DECODE_H
#define VIEW_DECODE_H
/*
 * decode.h - the recorded bytes of a packet, field by field and in one line
 *
 * Theory of operation
 *   A decoder a layer walks over the bytes that were recorded (at most GN_TRACE_SNAPLEN of them) and says of each field where it lies, what it is called
 *   and what it means. Each reads through a cursor that knows how many bytes are there, so a length in the packet is never believed before
 *   it was compared with them. Checksums are computed anew where all bytes that they cover were recorded.
 * Called by: html.c, `trace packets`. Libc only; hostile input.
 * Threads: any, no state.
 */
#include "view/view.h"

enum view_layer {
	VIEW_ETHERNET,
	VIEW_ARP,
	VIEW_IPV4,
	VIEW_ICMP,
	VIEW_UDP,
	VIEW_IGMP,
	VIEW_TCP,
	VIEW_IPV6,
	VIEW_QUOTED, /* the packet that an ICMP error tells about */
	VIEW_DATA,   /* bytes that no decoder claims */
	VIEW_LAYER_MAX
};

enum view_mark {
	VIEW_PLAIN,
	VIEW_RIGHT,  /* a checksum that fits */
	VIEW_WRONG,  /* a checksum that does not, a length that contradicts the rest */
	VIEW_UNSURE, /* cannot be checked: bytes are missing */
};

struct view_field {
	uint16_t off, len; /* bytes of the record; len 0: about the layer as a whole */
	uint8_t layer;	   /* enum view_layer */
	uint8_t mark;	   /* enum view_mark */
	const char *name;  /* "Time to live" */
	char text[192];	   /* "64" */
};

#define VIEW_FIELDS 160 /* more than any packet of GN_TRACE_SNAPLEN bytes has */

const char *view_layer_name(enum view_layer layer);

/* Fields in order of their place, up to @max; how many. */
size_t view_decode(const struct view_bytes *b, struct view_field *field, size_t max);

/*
 * One line: "10.0.0.1:5000 > 10.0.0.2:7 UDP 18", "ARP who-has 10.0.0.2 tell 10.0.0.1", "10.0.0.2 > 10.0.0.1 ICMP echo request id 7 seq 1".
 * Always ends @buf with NUL (size > 0); returns its length. NULL @b: "no bytes recorded".
 */
size_t view_flow(const struct view_bytes *b, char *buf, size_t size);

#endif
