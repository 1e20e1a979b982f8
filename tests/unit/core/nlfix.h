/* SPDX-License-Identifier: MIT */
/*
 * nlfix.h: neighfix.h with a client of rtnetlink that keeps what it is sent
 *
 * The body of a check runs as the control thread, outside any vCPU. Requests are built in nl.req by
 * nl_begin() and nl_attr() and handed over by nl_send(), which returns the error of the answer (1:
 * there was none).
 */
#ifndef TESTS_UNIT_CORE_NLFIX_H
#define TESTS_UNIT_CORE_NLFIX_H

#include "neighfix.h"

#include "core/rtnetlink.h"

static struct nlfix {
	struct nl_client c;
	char req[8192];
	size_t req_len;
	char in[1 << 20]; /* all datagrams, one behind the other */
	size_t in_len;
	unsigned datagrams;
	size_t largest;
	int send_err;
	char text[256]; /* extended text of the last error */
} nl;

static inline int nl_client_send(struct nl_client *c, const void *buf, size_t len)
{
	if (nl.send_err)
		return nl.send_err;
	ck_assert_uint_le(nl.in_len + NLMSG_ALIGN(len), sizeof(nl.in));
	memcpy(nl.in + nl.in_len, buf, len);
	nl.in_len += NLMSG_ALIGN(len);
	nl.datagrams++;
	nl.largest = len > nl.largest ? len : nl.largest;
	return 0;
}

static inline void nlfix_begin(void)
{
	neighfix_begin();
	fix_leave();
	memset(&nl, 0, sizeof(nl));
	nl.c = (struct nl_client){
		.portid = 77, .admin = true, .ext_ack = true, .send = nl_client_send
	};
}

static inline void nlfix_end(void)
{
	neighfix_end();
}

static inline void nl_forget(void)
{
	nl.in_len = nl.largest = 0;
	nl.datagrams = 0;
}

static inline void *nl_begin(int type, int flags, size_t payload)
{
	struct nlmsghdr *h = (void *)nl.req;

	memset(nl.req, 0, sizeof(nl.req));
	*h = (struct nlmsghdr){ .nlmsg_len = (uint32_t)(NLMSG_HDRLEN + payload),
				.nlmsg_type = (uint16_t)type,
				.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
				.nlmsg_seq = 1234 };
	nl.req_len = NLMSG_ALIGN(h->nlmsg_len);
	return nl.req + NLMSG_HDRLEN;
}

static inline struct nlattr *nl_attr(int type, const void *data, size_t len)
{
	struct nlattr *a = (void *)(nl.req + nl.req_len);

	a->nla_type = (uint16_t)type;
	a->nla_len = (uint16_t)(NLA_HDRLEN + len);
	if (len)
		memcpy(a + 1, data, len);
	nl.req_len += NLA_ALIGN(a->nla_len);
	((struct nlmsghdr *)(void *)nl.req)->nlmsg_len = (uint32_t)nl.req_len;
	return a;
}

static inline void nl_attr_u32(int type, uint32_t v)
{
	nl_attr(type, &v, 4);
}

/* Message number @i of what came, or NULL. */
static inline const struct nlmsghdr *nl_msg(unsigned i)
{
	for (size_t at = 0; at < nl.in_len;) {
		const struct nlmsghdr *h = (const void *)(nl.in + at);

		if (h->nlmsg_len < NLMSG_HDRLEN || h->nlmsg_len > nl.in_len - at)
			ck_abort_msg("length %u of an answer", h->nlmsg_len);
		if (!i--)
			return h;
		at += NLMSG_ALIGN(h->nlmsg_len);
	}
	return NULL;
}

static inline const struct nlattr *nl_find(const struct nlmsghdr *h, size_t header, int type)
{
	const char *p = (const char *)h + NLMSG_HDRLEN + NLMSG_ALIGN(header),
		   *end = (const char *)h + h->nlmsg_len;

	while (end - p >= NLA_HDRLEN) {
		const struct nlattr *a = (const void *)p;

		ck_assert_uint_ge(a->nla_len, NLA_HDRLEN);
		ck_assert_int_le(a->nla_len, end - p);
		if ((a->nla_type & NLA_TYPE_MASK) == type)
			return a;
		p += NLA_ALIGN(a->nla_len);
	}
	return NULL;
}

/* Send the request: the error of the NLMSG_ERROR that came last, 1 when none came. */
static inline int nl_send(void)
{
	const struct nlmsghdr *h, *last = NULL;
	const struct nlmsgerr *e;
	size_t quote;

	nl_forget();
	nl.text[0] = '\0';
	rtnetlink_rcv(fx.net, &nl.c, nl.req, nl.req_len);
	for (unsigned i = 0; (h = nl_msg(i)); i++)
		if (h->nlmsg_type == NLMSG_ERROR)
			last = h;
	if (!last)
		return 1;
	e = (const void *)((const char *)last + NLMSG_HDRLEN);
	ck_assert_uint_eq(last->nlmsg_seq, 1234);
	ck_assert_uint_eq(last->nlmsg_pid, 77);
	if (last->nlmsg_flags & NLM_F_ACK_TLVS) {
		quote = sizeof(e->error) + (last->nlmsg_flags & NLM_F_CAPPED
						    ? sizeof(e->msg)
						    : NLMSG_ALIGN(e->msg.nlmsg_len));
		snprintf(nl.text, sizeof(nl.text), "%s",
			 (const char *)nlb_data(nl_find(last, quote, NLMSGERR_ATTR_MSG)));
	}
	return e->error;
}

#endif
