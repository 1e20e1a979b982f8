/* SPDX-License-Identifier: MIT */
#ifndef GLASSNET_UAPI_CTL_H
#define GLASSNET_UAPI_CTL_H
/*
 * <glassnet/uapi/ctl.h> - the control socket: netlink messages over a unix SOCK_SEQPACKET socket
 *
 * A datagram holds one or more netlink messages (struct nlmsghdr, linux/netlink.h), at most GN_CTL_MAX bytes. Types below GN_CTL_BASE are real
 * rtnetlink (RTM_*) and mean what they mean on a NETLINK_ROUTE socket. Types from GN_CTL_BASE on are this page's: struct gn_ctl_hdr, then
 * attributes (struct nlattr). Requests carry NLM_F_REQUEST; each is answered by zero or more GN_CTL_DATA messages with NLM_F_MULTI and
 * NLMSG_DONE, or by NLMSG_ERROR: error 0 is an acknowledgement, else -errno; text in an NLMSGERR_ATTR_MSG attribute (NLM_F_ACK_TLVS is set).
 * All integers are host byte order. Unknown attributes in a request are refused, so that a newer client learns that it is newer.
 * The daemon asks SO_PEERCRED: root and its own user may change things, others may read.
 */
#include <linux/netlink.h>
#include <linux/types.h>

#define GN_CTL_VERSION 1
#define GN_CTL_MAX 65536
#define GN_CTL_CHUNK 32768 /* most payload in one GN_CTL_DATA */
#define GN_CTL_BASE 0x1000

enum gn_ctl_type {
	GN_CTL_DATA = GN_CTL_BASE, /* answer: attributes below */
	GN_CTL_READ,		   /* PATH -> DATA...: content of a file */
	GN_CTL_WRITE,		   /* PATH, [DATA], [TRUNC] -> ack; without DATA what open(2) for writing does: may it be written?, and TRUNC */
	GN_CTL_LIST,		   /* PATH -> one NAME+MODE pair a GN_CTL_DATA entry */
	GN_CTL_SYSCTL,		   /* [KEY] -> KEY+VALUE pairs, all without KEY */
	GN_CTL_STATUS,		   /* -> VALUE: text lines key=value */
	GN_CTL_LEDGER,		   /* [RESET] -> LEDGER: nested rows */
	GN_CTL_DUMP,		   /* -> DATA...: configuration as lines */
	GN_CTL_STOP,		   /* -> ack, then the daemon ends */
	GN_CTL_TRACE_CLAIM,	   /* [NAME] -> ack: this connection owns the tracer until it ends; NAME says in texts who that is */
	GN_CTL_TRACE_LTTNG,	   /* attach LTTng, once -> DATA: key=value lines: pid, home, batch (1: a session takes records), said (how often
				    * the tables were), functions (records sent), lost (records that found no room) */
	GN_CTL_STAT,		   /* PATH -> MODE, COUNT (inode number) */
	GN_CTL_TYPE_MAX
};

struct gn_ctl_hdr {
	__u16 version; /* GN_CTL_VERSION; another one is refused with both numbers in the text */
	__u16 reserved; /* 0 */
};

enum gn_ctl_attr {
	GN_ATTR_UNSPEC,
	GN_ATTR_PATH,	/* string */
	GN_ATTR_DATA,	/* binary */
	GN_ATTR_NAME,	/* string */
	GN_ATTR_MODE,	/* u32: st_mode */
	GN_ATTR_KEY,	/* string: sysctl key */
	GN_ATTR_VALUE,	/* string */
	GN_ATTR_RESET,	/* flag */
	GN_ATTR_TRUNC,	/* flag */
	GN_ATTR_CLASS,	/* u32: ledger class: 1 frames, 2 copies, 3 local */
	GN_ATTR_LAYER,	/* string */
	GN_ATTR_COUNT,	/* u64 */
	GN_ATTR_TEXT,	/* string */
	GN_ATTR_ABI,	/* u32: 313 for the layouts of Linux 3.13 */
	GN_ATTR_MAX_PLUS1
};
#define GN_ATTR_MAX (GN_ATTR_MAX_PLUS1 - 1)

#endif
