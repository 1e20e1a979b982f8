/* SPDX-License-Identifier: MIT */
#ifndef CORE_RTNETLINK_H
#define CORE_RTNETLINK_H
/*
 * rtnetlink.h - real rtnetlink messages in, real ones out (mirrors net/core/rtnetlink.c, net/netlink/af_netlink.c)
 *
 * Theory of operation
 *   The control thread hands over one datagram of a client (bytes, possibly several messages); handlers registered by message type answer through
 *   the client's send callback. Dumps are cut into datagrams of at most 8 KiB (NLM_F_MULTI ... NLMSG_DONE). Requests are validated here once: header
 *   lengths, attribute lengths and nesting; a handler gets a table of attributes. Errors are NLMSG_ERROR with extended ACK text when
 *   the client asked (NETLINK_EXT_ACK) or always by NLMSGERR_ATTR_MSG with NLM_F_ACK_TLVS. Multicast groups (RTMGRP_*) notify subscribers.
 * Threads: RTNL only. What touches vCPU state goes through smp_call.
 */
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "core/net.h"

/* A client of the control socket, as rtnetlink sees it. */
struct nl_client {
	uint32_t portid;
	uint32_t groups; /* RTMGRP_* bits subscribed */
	bool admin;	 /* may change things: else -EPERM */
	bool ext_ack, cap_ack, strict;
	bool dumping;	 /* what is sent now is part of a dump */
	bool dump_waits; /* the client's own: part of one waits for the reader: another dump gets EBUSY */
	size_t dump_room; /* largest datagram of a dump of more than one message; 0: 8 KiB */
	int (*send)(struct nl_client *c, const void *buf, size_t len); /* one datagram; -errno counts as overrun */
	void (*lost)(struct nl_client *c); /* notifications did not get as far as send(); or NULL */
	void *priv;
	struct list_head list; /* net->rtnl_groups */
};

/* Growing message buffer: nlb_msg() starts a message, nlb_put() adds, nlb_msg_end() closes. Allocation failure is sticky. */
struct nl_buf {
	struct net *net;
	char *buf;
	size_t len, size;
	int error;
	struct nlmsghdr *cur;
};
void nl_buf_init(struct nl_buf *b, struct net *net);
void nl_buf_free(struct nl_buf *b);
/* Payload pointer (zeroed, valid until the buffer grows: fill it before adding more); NULL on failure. */
void *nlb_msg(struct nl_buf *b, uint32_t portid, uint32_t seq, int type, int payload, int flags);
void nlb_msg_cancel(struct nl_buf *b); /* take back the open message */
int nlb_put(struct nl_buf *b, int type, int len, const void *data);
static __always_inline int nlb_put_u16(struct nl_buf *b, int type, uint16_t v) { return nlb_put(b, type, 2, &v); }
static __always_inline int nlb_put_u32(struct nl_buf *b, int type, uint32_t v) { return nlb_put(b, type, 4, &v); }
static __always_inline int nlb_put_u8(struct nl_buf *b, int type, uint8_t v) { return nlb_put(b, type, 1, &v); }
static __always_inline int nlb_put_be32(struct nl_buf *b, int type, __be32 v) { return nlb_put(b, type, 4, &v); }
int nlb_put_string(struct nl_buf *b, int type, const char *s);
size_t nlb_nest_start(struct nl_buf *b, int type); /* cookie for nlb_nest_end */
void nlb_nest_end(struct nl_buf *b, size_t start);
void nlb_msg_end(struct nl_buf *b);

struct nl_req;

/* Attribute access for handlers. */
struct nlb_policy {
	uint16_t type, len; /* NLA_* below; len: exact for fixed types, maximum for strings and binary */
};
enum { NLA_UNSPEC_T, NLA_U8_T, NLA_U16_T, NLA_U32_T, NLA_STRING_T, NLA_BINARY_T, NLA_NESTED_T, NLA_REJECT_T };
/* Fill @tb[0..maxtype]; unknown types are ignored unless @strict: 0 or -EINVAL with text naming the attribute. */
notrace int nlb_parse(const struct nlattr **tb, int maxtype, const void *attrs, size_t len, const struct nlb_policy *policy, bool strict,
		     struct extack *err);
#define nlb_data(a) ((const void *)((const char *)(a) + NLA_HDRLEN))
#define nlb_len(a) ((int)((a)->nla_len - NLA_HDRLEN))
static __always_inline uint32_t nlb_get_u32(const struct nlattr *a)
{
	uint32_t v;

	memcpy(&v, nlb_data(a), 4);
	return v;
}

static __always_inline uint8_t nlb_get_u8(const struct nlattr *a) { return *(const uint8_t *)nlb_data(a); }
/* The string of @a, cut at its first 0, into @dst: its length, or -ERANGE when it does not fit (@dst is then ""). */
int nlb_get_string(const struct nlattr *a, char *dst, size_t size);
/* Header of @size bytes (struct ifinfomsg ...) at the start of a request, and what follows it: NULL when the request is too short. */
const void *nlb_header(const struct nl_req *req, size_t size, const void **ret_attrs, size_t *ret_len, struct extack *err);

/* One request in flight: a handler reads it and answers into @out. */
struct nl_req {
	struct net *net;
	struct nl_client *client;
	const struct nlmsghdr *nlh;
	struct nl_buf *out;
	struct extack *err;
};
struct rtnl_handler {
	int type;   /* RTM_NEWLINK ... */
	int family; /* AF_UNSPEC: any */
	int (*doit)(struct nl_req *req);   /* 0 (an ACK follows if asked) or -errno; NULL: -EOPNOTSUPP */
	int (*dumpit)(struct nl_req *req); /* whole dump into req->out, split afterwards; or NULL */
};
int rtnl_register(struct net *net, const struct rtnl_handler *h, int n); /* const tables, kept by reference */
/* Handle one datagram from @c. Always answers as Linux does; returns the number of messages handled. */
int rtnetlink_rcv(struct net *net, struct nl_client *c, const void *buf, size_t len);
void rtnl_client_add(struct net *net, struct nl_client *c);
void rtnl_client_del(struct net *net, struct nl_client *c);
void rtnl_client_groups(struct net *net, struct nl_client *c, uint32_t groups); /* subscribe to just these */
/* Send the one message in @b to every client of @group (RTMGRP_*) but @skip. */
void rtnl_notify(struct net *net, struct nl_buf *b, uint32_t group, struct nl_client *skip);
/* Notifications to @group are lost: who wants to know is told. */
void rtnl_notify_lost(struct net *net, uint32_t group);

int rtnetlink_init(struct net *net); /* RTM_*LINK, RTM_*NEIGH and the core's own handlers */
void rtnetlink_exit(struct net *net);
/* RTM_NEWLINK to RTMGRP_LINK: something about @dev changed; @change: IFF_* that did. The core's own notifier calls it too. */
void rtmsg_ifinfo(int type, struct net_device *dev, unsigned change);
/* RTM_NEWLINK creation is a driver's business: drivers/ registers itself here. @kind e.g. "tap". */
struct rtnl_link_ops {
	const char *kind;
	int (*newlink)(struct net *net, const char *name, const char *spec, struct extack *err); /* @spec: string in IFLA_INFO_DATA, or "" */
	void (*dellink)(struct net_device *dev);
	struct list_head list;
};
void rtnl_link_register(struct net *net, struct rtnl_link_ops *ops);

#endif
