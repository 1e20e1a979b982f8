/* SPDX-License-Identifier: MIT */
#ifndef GLASSNET_UAPI_TRACE_H
#define GLASSNET_UAPI_TRACE_H
/*
 * <glassnet/uapi/trace.h> - what the function graph tracer writes: a stream of 16-byte slots a virtual CPU
 *
 * A record is one slot, or one slot and the payload slots that it announces. Order within a CPU's stream is the order of writing: a function
 * is written when it RETURNS, so callees come before their caller; (t, depth) give the tree back. Times are ticks of the machine's counter
 * (x86-64: TSC; aarch64: CNTVCT_EL0); GN_TRACE_CLOCK records tie ticks to nanoseconds. All integers are host byte order.
 * The same slots travel as struct gn_trace_chunk over the control socket (file trace_pipe_raw) and as the event glassnet:batch in a CTF trace.
 * A reader must treat the stream as hostile: check every id, depth, length and time before use; skip kinds that it does not know (their
 * payload length is in `what`, see GN_TRACE_SLOTS).
 */
#include <linux/types.h>

#define GN_TRACE_VERSION 1

struct gn_trace_rec {
	__u64 t;    /* ticks: of the entry for a function, else of the happening */
	__u32 val;  /* function: duration in ticks, 0xffffffff and longer; else see the kinds */
	__u32 what; /* bits 0-23 function id or kind; bits 24-31 depth, or number of payload slots of a kind */
};

#define GN_TRACE_ID(what) ((what) & 0xffffff)
#define GN_TRACE_DEPTH(what) ((what) >> 24)
#define GN_TRACE_SLOTS(what) ((what) >> 24)
#define GN_TRACE_KIND 0xf00000 /* ids from here on are kinds, below function ids */

enum gn_trace_kind {
	/* A function that has not returned yet, written when its thread is about to sleep: val function id; its depth is in the payload
	 * (struct gn_trace_entry). Its exit record follows when it returns, with the same t. */
	GN_TRACE_ENTRY = GN_TRACE_KIND,
	/* From t on another task is on this CPU: val thread id; payload comm, 16 bytes, NUL padded. */
	GN_TRACE_TASK,
	/* From t on this task works for packet val; 0: for none. */
	GN_TRACE_PACKET,
	/* The bytes of packet val, which matches set_packet_filter (there is no FRAME for one that does not): struct gn_trace_frame, then the
	 * first caplen bytes. A packet has one at its beginning, and one more each time it leaves by a device. */
	GN_TRACE_FRAME,
	/* Packet val (or one copy of it) came to an end: struct gn_trace_verdict. */
	GN_TRACE_VERDICT,
	/* Open functions at t, innermost first: val how many; payload their ids, 4 bytes each. After a VERDICT, when option stacktrace is on. */
	GN_TRACE_STACK,
	/* struct gn_trace_clock: this tick is that time. val: ticks a millisecond, 0 when not known yet. */
	GN_TRACE_CLOCK,
	/* val records of this CPU were lost before this point for lack of room. */
	GN_TRACE_LOST,
	/* Text written to trace_marker: val bytes. */
	GN_TRACE_MARK,
	/* In the stream behind those of the CPUs, which holds the calls of programs: what follows was done by a program's thread, whose socket
	 * belongs to CPU val. Nothing that was said before holds for it. */
	GN_TRACE_LANE,
	/* A datagram that a program handed over, whose span has the cookie val, is packet .packet of the payload (struct gn_trace_handed). For the
	 * daemon itself: readers do not see it. */
	GN_TRACE_HANDED,
	GN_TRACE_KIND_END
};

struct gn_trace_entry {
	__u32 depth;
	__u32 reserved[3];
};

enum gn_trace_dir { GN_TRACE_RX = 1, GN_TRACE_TX, GN_TRACE_LOCAL /* made here: IP as it leaves the stack's upper half, ARP with its link header */ };

struct gn_trace_frame {
	__u32 len;     /* whole length */
	__u16 caplen;  /* bytes that follow, at most GN_TRACE_SNAPLEN */
	__u8 dir;      /* enum gn_trace_dir */
	__u8 link;     /* 1: starts with an Ethernet header, 0: with the IP header */
	__u32 ifindex; /* 0 when not known yet */
	__u32 queue;
};
#define GN_TRACE_SNAPLEN 256

enum gn_trace_verdict_code { GN_TRACE_DELIVERED, GN_TRACE_CONSUMED, GN_TRACE_FORWARDED, GN_TRACE_MERGED, GN_TRACE_SENT, GN_TRACE_DROPPED };

struct gn_trace_verdict {
	__u16 code;   /* enum gn_trace_verdict_code */
	__u16 reason; /* dropped: number of the reason; trace_tables names it */
	__u32 port;   /* delivered: local port of the socket, host order */
	__u32 ifindex; /* sent, forwarded: by which device; else the one it came by */
	__u8 ledger;  /* 1 frame, 2 copy, 3 locally made, 0 none: dropped after it was delivered, as unread at close */
	__u8 reserved[3];
};

struct gn_trace_handed {
	__u32 packet;
	__u32 reserved[3];
};

struct gn_trace_clock {
	__u64 mono_ns; /* CLOCK_MONOTONIC */
	__u64 real_ns; /* CLOCK_REALTIME */
};

/* A piece of one CPU's stream in trace_pipe_raw: records never straddle chunks. */
struct gn_trace_chunk {
	__u32 magic; /* GN_TRACE_MAGIC */
	__u32 cpu;
	__u32 n; /* slots that follow */
	__u32 reserved;
};
#define GN_TRACE_MAGIC 0x52544e47 /* "GNTR" */

#endif
