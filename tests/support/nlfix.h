/* SPDX-License-Identifier: MIT */
/*
 * nlfix.h: a client of rtnetlink for checks: one request at a time, its answers kept
 *
 * nl_new() begins a request, nl_put() and its like add attributes, nl_do() sends it and returns the
 * errno of its acknowledgement; nl_err holds the text that came with it. Data messages are kept in
 * nl_reply, one after the other; nl_each() walks them, nl_attr() finds an attribute. A subscriber
 * (nl_listen) keeps what it is told in nl_heard.
 */
#ifndef TESTS_SUPPORT_NLFIX_H
#define TESTS_SUPPORT_NLFIX_H

#include <arpa/inet.h>

#include "core/rtnetlink.h"
#include "support/suite.h"

#define NLFIX_BUF (4u << 20)

static char nl_request[8192], nl_reply[NLFIX_BUF], nl_heard[NLFIX_BUF], nl_err[256];
static size_t nl_len, nl_reply_len, nl_heard_len;
static int nl_acked;
static struct nl_client nl_client_, nl_listener;

static inline void nl_take_error(const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = NLMSG_DATA(h);
	size_t off = NLMSG_LENGTH(sizeof(*e));

	nl_acked = e->error;
	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		off += NLMSG_ALIGN(e->msg.nlmsg_len - NLMSG_HDRLEN);
	while (off + NLA_HDRLEN <= h->nlmsg_len) {
		const struct nlattr *a =
			(const struct nlattr *)(const void *)((const char *)h + off);

		if (a->nla_type == NLMSGERR_ATTR_MSG)
			snprintf(nl_err, sizeof(nl_err), "%s", (const char *)nlb_data(a));
		off += NLA_ALIGN(a->nla_len);
	}
}

static inline int nl_send(struct nl_client *c, const void *buf, size_t len)
{
	const char *p = buf;

	for (size_t off = 0; off < len;) {
		const struct nlmsghdr *h = (const struct nlmsghdr *)(const void *)(p + off);

		ck_assert_uint_ge(len - off, sizeof(*h));
		ck_assert_uint_ge(h->nlmsg_len, sizeof(*h));
		ck_assert_uint_le(h->nlmsg_len, len - off);
		if (c == &nl_listener) {
			memcpy(nl_heard + nl_heard_len, h, h->nlmsg_len);
			nl_heard_len += NLMSG_ALIGN(h->nlmsg_len);
		} else if (h->nlmsg_type == NLMSG_ERROR) {
			nl_take_error(h);
		} else if (h->nlmsg_type == NLMSG_DONE) {
			memcpy(&nl_acked, NLMSG_DATA(h), sizeof(int));
		} else {
			memcpy(nl_reply + nl_reply_len, h, h->nlmsg_len);
			nl_reply_len += NLMSG_ALIGN(h->nlmsg_len);
		}
		off += NLMSG_ALIGN(h->nlmsg_len);
	}
	return 0;
}

static inline void nl_put(int type, const void *data, size_t len)
{
	struct nlattr *a = (struct nlattr *)(void *)(nl_request + nl_len);

	a->nla_type = (uint16_t)type;
	a->nla_len = (uint16_t)(NLA_HDRLEN + len);
	memcpy(a + 1, data, len);
	nl_len += NLA_ALIGN(a->nla_len);
}

static inline void nl_u32(int type, uint32_t v)
{
	nl_put(type, &v, sizeof(v));
}

static inline void nl_ip(int type, const char *addr)
{
	nl_u32(type, inet_addr(addr));
}

static inline void nl_new(int type, int flags, const void *head, size_t len)
{
	struct nlmsghdr *h = (struct nlmsghdr *)(void *)nl_request;

	memset(nl_request, 0, sizeof(nl_request));
	h->nlmsg_type = (uint16_t)type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	h->nlmsg_seq = 42;
	memcpy(NLMSG_DATA(h), head, len);
	nl_len = NLMSG_ALIGN(NLMSG_LENGTH(len));
}

/* The first @len bytes of what was built, whatever the header says */
static inline int nl_do_cut(struct net *net, size_t len)
{
	nl_client_ = (struct nl_client){ .portid = 4711,
					 .admin = true,
					 .ext_ack = true,
					 .strict = nl_client_.strict,
					 .send = nl_send };
	nl_reply_len = 0;
	nl_err[0] = 0;
	nl_acked = 1; /* nothing came */
	rtnetlink_rcv(net, &nl_client_, nl_request, len);
	return nl_acked;
}

static inline int nl_do(struct net *net)
{
	struct nlmsghdr *h = (struct nlmsghdr *)(void *)nl_request;

	h->nlmsg_len = (uint32_t)nl_len;
	if ((h->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		h->nlmsg_flags |= NLM_F_ACK;
	return nl_do_cut(net, nl_len);
}

static inline void nl_listen(struct net *net, uint32_t groups)
{
	nl_listener = (struct nl_client){ .portid = 1, .groups = groups, .send = nl_send };
	nl_heard_len = 0;
	rtnl_client_add(net, &nl_listener);
}

#define nl_each(h, buf, len)                                                          \
	for (const struct nlmsghdr *h = (const struct nlmsghdr *)(const void *)(buf); \
	     (const char *)h < (buf) + (len);                                         \
	     h = (const struct nlmsghdr *)(const void *)((const char *)h +            \
							 NLMSG_ALIGN(h->nlmsg_len)))

/* Attribute @type of @h behind a header of @head bytes, or NULL */
static inline const struct nlattr *nl_attr(const struct nlmsghdr *h, size_t head, int type)
{
	for (size_t off = NLMSG_ALIGN(NLMSG_LENGTH(head)); off + NLA_HDRLEN <= h->nlmsg_len;) {
		const struct nlattr *a =
			(const struct nlattr *)(const void *)((const char *)h + off);

		if (a->nla_type == type)
			return a;
		off += NLA_ALIGN(a->nla_len);
	}
	return NULL;
}

static inline uint32_t nl_attr_u32(const struct nlmsghdr *h, size_t head, int type)
{
	const struct nlattr *a = nl_attr(h, head, type);

	return a ? nlb_get_u32(a) : 0;
}

#endif
