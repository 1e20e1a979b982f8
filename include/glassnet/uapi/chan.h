/* SPDX-License-Identifier: MIT */
#ifndef GLASSNET_UAPI_CHAN_H
#define GLASSNET_UAPI_CHAN_H
/*
 * <glassnet/uapi/chan.h> - sockets of other processes: calls as messages, datagrams over a socketpair
 *
 * A program's socket is one end of an AF_UNIX SOCK_SEQPACKET pair; glassnetd holds the other. The
 * program's end is bound to an abstract name that says what it is: a 0 byte, GN_CHAN_NAME_UDP, _RAW,
 * _PING or _NETLINK, and 16 hexadecimal digits of its id. The daemon's end, which getpeername() shows, is
 * bound to a 0 byte, GN_CHAN_NAME_DAEMON, the same digits, and the path where calls are answered
 * (absent when it does not fit).
 *
 * Calls: a SOCK_SEQPACKET socket at the path of the control socket with GN_CHAN_SUFFIX behind it.
 * Each connection carries one request and one reply. A request that is about a socket carries its
 * descriptor in SCM_RIGHTS: who holds the descriptor may make the call. Its reply never does; that of
 * GN_CHAN_NEW carries the new descriptor. All integers are host byte order; addresses and values are
 * the structs of the system call. A message is at most GN_CHAN_CALL_MAX bytes.
 *	request:	struct gn_chan_call, .control bytes of control messages, .len bytes
 *	reply:		struct gn_chan_reply, .control bytes of control messages, .len bytes;
 *			GN_CHAN_RECVERR: always GN_CHAN_CONTROL_MAX bytes between them, of which .control count
 *
 * Datagrams: one message of the pair each, in both directions.
 *	struct gn_chan_dgram, .control bytes of control messages, .len bytes
 * To the daemon .control is 0: a send with control messages is a call. A message that does not begin
 * with GN_CHAN_MAGIC is, on a connected socket, a datagram without header. Any other that is not well
 * formed is dropped and counted. Before a call acts, and before the last close takes effect, the daemon
 * has taken all datagrams that were sent before. A message of kind GN_CHAN_ERROR says that the socket
 * has an error: who takes it asks with GN_CHAN_TAKE_ERROR.
 *
 * A netlink socket's pair carries plain netlink messages, except for messages of kind GN_CHAN_ERROR, whose magic is no length that a
 * netlink message can have. A send is a call, as a rule. What is written to the pair is a request, too, with the rights of who
 * made the socket. A message whose nlmsg_pid is 0 is a notification.
 *
 * The page: memory that the daemon writes and programs read (GN_CHAN_PAGE gives a descriptor for one mapping of
 * sizeof(struct gn_chan_page) bytes; it is sealed against writing and shrinking). Its generation moves after each change that may change the
 * answer to a send: routes, addresses, links, settings; the word of a socket after what was done to that socket. So a send that
 * was accepted once will be accepted again while both are what they were before it.
 *
 * The trace area: memory of one process and the daemon, asked for (GN_CHAN_TRACE) when the page says that something is traced. The
 * process writes one struct gn_chan_span for each call about its datagrams when that returns; the daemon makes functions of them, which stand in the same graph
 * as its own. A writer takes the next number from .head, clears the .seq of that slot, fills it and sets .seq to the number plus 1; any
 * number of threads and signal handlers may do so. The daemon believes nothing of what it finds there, and asks for no more than is there.
 */
#include <linux/types.h>

#define GN_CHAN_SUFFIX ".app"
#define GN_CHAN_MAGIC 0x32434e47u /* "GNC2": the last digit is the version */
#define GN_CHAN_ADDR_MAX 128
#define GN_CHAN_CONTROL_MAX 512
#define GN_CHAN_DATA_MAX 65536
#define GN_CHAN_CALL_MAX (sizeof(struct gn_chan_call) + GN_CHAN_CONTROL_MAX + GN_CHAN_DATA_MAX)

#define GN_CHAN_TOOK 0x40000000 /* with GN_CHAN_RECVERR: a message of kind GN_CHAN_ERROR was taken out of the pair */

#define GN_CHAN_NAME_UDP "gn/u/"
#define GN_CHAN_NAME_RAW "gn/r/"
#define GN_CHAN_NAME_PING "gn/p/"
#define GN_CHAN_NAME_NETLINK "gn/n/"
#define GN_CHAN_NAME_DAEMON "gn/d/"
#define GN_CHAN_ID_DIGITS 16
#define GN_CHAN_NAME_LEN (1 + 5 + GN_CHAN_ID_DIGITS) /* of the program's end, from the 0 byte on */

/* Arguments in .arg[], in .name (an address, .namelen bytes of it) and behind the header; the result in .result, or -errno. */
enum gn_chan_op {
	GN_CHAN_NEW = 1,     /* domain, type, protocol -> descriptor */
	GN_CHAN_BIND,	     /* name */
	GN_CHAN_CONNECT,     /* name */
	GN_CHAN_GETSOCKNAME, /* -> name */
	GN_CHAN_GETPEERNAME, /* -> name */
	GN_CHAN_SETSOCKOPT,  /* level, option; value. SO_ATTACH_FILTER and the like: the instructions, not the struct that points to them */
	GN_CHAN_GETSOCKOPT,  /* level, option, room -> value */
	GN_CHAN_SHUTDOWN,    /* how */
	GN_CHAN_SENDTO,	     /* flags, cookie of its span; name, control, data -> bytes: a send whose error is exact */
	GN_CHAN_RECVERR,     /* flags (MSG_TRUNC, GN_CHAN_TOOK), room -> name, control, data; .flags of the reply are msg_flags */
	GN_CHAN_TAKE_ERROR,  /* whether a receive asks, which goes on waiting at 0 -> errno of the socket, which is cleared; 0: none */
	GN_CHAN_IOCTL,	     /* request; argument -> argument. Without a descriptor: one that names no socket */
	GN_CHAN_PAGE,	     /* -> descriptor of the page. No descriptor comes along */
	GN_CHAN_TRACE,	     /* -> descriptor of a trace area for this process. No descriptor comes along */
	GN_CHAN_OP_MAX
};

struct gn_chan_call {
	__u32 magic;
	__u16 op;
	__u16 reserved; /* 0 */
	__u64 id;	/* 0: no socket */
	__s32 arg[3];	/* what is not used is 0 */
	__u32 namelen;
	__u32 control;
	__u32 len;
	__u8 name[GN_CHAN_ADDR_MAX];
};

struct gn_chan_reply {
	__u32 magic;
	__s32 result;
	__u64 id;
	__u32 flags;
	__u32 namelen;
	__u32 control;
	__u32 len;
	__u8 name[GN_CHAN_ADDR_MAX];
};

enum gn_chan_kind { GN_CHAN_DATA = 1, GN_CHAN_ERROR };

struct gn_chan_dgram {
	__u32 magic;
	__u8 kind;
	__u8 reserved; /* 0 */
	__u16 control;
	__u32 flags; /* to the daemon: MSG_CONFIRM, MSG_DONTROUTE; from it: msg_flags */
	__u32 len;   /* of the whole datagram */
	__s32 error; /* GN_CHAN_ERROR: errno as of the time it was sent */
	__u32 namelen; /* 0 or 16 */
	__u8 name[16]; /* struct sockaddr_in: from or to whom */
	__u32 packet;  /* while it is traced: its number, or GN_CHAN_PACKET_MISS. To the daemon: cookie of its span, 0: none */
};
#define GN_CHAN_PACKET_MISS 0xffffffffu /* another packet than those that are asked for: no span */

#define GN_CHAN_PAGE_MAGIC 0x31504e47u /* "GNP1" */
#define GN_CHAN_PAGE_SOCKS 448
#define GN_CHAN_ID_TAG(id) ((__u32)((id) >> 32)) /* the same for all sockets of a daemon */

struct gn_chan_page {
	__u32 magic;
	__u32 size;	  /* bytes of it that the daemon knows, at least 64 and the words of sockets */
	__u32 tag;	  /* GN_CHAN_ID_TAG() of its sockets */
	__u32 tracing;	  /* 0: nothing is traced; else moves with each beginning */
	__u64 generation; /* moves after a change of the stack */
	__u64 reserved[5];
	__u32 sock[GN_CHAN_PAGE_SOCKS]; /* [id % GN_CHAN_PAGE_SOCKS] moves after a call about the socket */
};

#define GN_CHAN_AREA_MAGIC 0x31544e47u /* "GNT1" */
#define GN_CHAN_SPANS 1024

/* The call, by the name of its system call. */
enum gn_chan_span_call {
	GN_SPAN_RECVFROM,
	GN_SPAN_RECVMSG,
	GN_SPAN_RECVMMSG,
	GN_SPAN_READ,
	GN_SPAN_READV,
	GN_SPAN_SENDTO,
	GN_SPAN_SENDMSG,
	GN_SPAN_SENDMMSG,
	GN_SPAN_WRITE,
	GN_SPAN_WRITEV,
	GN_SPAN_CALLS
};

/* Moments, in ticks of the machine's counter, none earlier than the one before it; 0: it did not come to that. A send has the first and the last. */
enum gn_chan_span_time {
	GN_SPAN_ENTER,	/* recvfrom ...; 0: before anything was traced */
	GN_SPAN_FOUND,	/* udp_recvmsg ...: it is known whose socket it is */
	GN_SPAN_TAKE,	/* __skb_recv_datagram */
	GN_SPAN_SLEEP,	/* schedule: there is nothing yet */
	GN_SPAN_WAKE,	/* there is */
	GN_SPAN_COPY,	/* skb_copy_datagram_iovec */
	GN_SPAN_COPIED,
	GN_SPAN_LEAVE,
	GN_SPAN_TIMES
};

struct gn_chan_span {
	__u64 seq;    /* 0: being written */
	__u64 t[GN_SPAN_TIMES];
	__u32 tid;
	__u32 packet; /* as the datagram said; of a send: its cookie */
	__u8 call;    /* enum gn_chan_span_call */
	__u8 letter;  /* u, r, p: what kind of socket */
	__u8 reserved[6]; /* 0 */
};

struct gn_chan_area {
	__u32 magic;
	__u32 size; /* bytes of it */
	__u32 head; /* number of the next span */
	__u32 reserved[13];
	struct gn_chan_span span[GN_CHAN_SPANS];
};

#endif
