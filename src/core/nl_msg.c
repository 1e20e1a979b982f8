/* SPDX-License-Identifier: MIT */
/*
 * nl_msg.c - netlink messages: building and taking apart
 *
 * Called by rtnetlink.c and every handler, here and above. Attributes of a request are checked
 * once, by nlb_parse(); a handler then reads them without a further check.
 * Owns: the buffer of a struct nl_buf until nl_buf_free(). Without memory the error sticks and all
 * further puts do nothing.
 * Threads: RTNL. Refuses: lengths that do not fit into what was received, attributes of a wrong
 * size, strings without an end.
 * Mirrors: lib/nlattr.c, include/net/netlink.h.
 */
#include <errno.h>

#include "core/rtnetlink.h"

#define NL_BUF_FIRST 1024
#define NL_BUF_MAX (64u << 20)

static void *nl_reserve(struct nl_buf *b, size_t len);
static int nla_check(const struct nlattr *a, const struct nlb_policy *p, struct extack *err);

/* --- building --- */

void nl_buf_init(struct nl_buf *b, struct net *net)
{
	*b = (struct nl_buf){ .net = net };
}

void nl_buf_free(struct nl_buf *b)
{
	kmem_free(&b->net->m.kmem, b->buf);
	nl_buf_init(b, b->net);
}

/*
 * @len bytes at the end, zeroed; NULL: the error sticks. Offsets stay, pointers into the buffer may
 * not.
 */
static void *nl_reserve(struct nl_buf *b, size_t len)
{
	size_t want = b->len + NLMSG_ALIGN(len), size = b->size ? b->size : NL_BUF_FIRST;
	size_t cur = b->cur ? (size_t)((char *)b->cur - b->buf) : 0;
	char *p;

	if (b->error)
		return NULL;
	while (size < want)
		size *= 2;
	if (size != b->size) {
		p = want > NL_BUF_MAX ? NULL : kmem_realloc(&b->net->m.kmem, b->buf, size);
		if (!p) {
			b->error = -ENOMEM;
			return NULL;
		}
		b->buf = p;
		b->size = size;
		if (b->cur)
			b->cur = (struct nlmsghdr *)(void *)(p + cur);
	}
	p = memset(b->buf + b->len, 0, NLMSG_ALIGN(len));
	b->len = want;
	return p;
}

void *nlb_msg(struct nl_buf *b, uint32_t portid, uint32_t seq, int type, int payload, int flags)
{
	struct nlmsghdr *nlh;

	nlh = nl_reserve(b, NLMSG_HDRLEN + (size_t)payload);
	if (!nlh)
		return NULL;
	nlh->nlmsg_len = (uint32_t)(NLMSG_HDRLEN + payload);
	nlh->nlmsg_type = (uint16_t)type;
	nlh->nlmsg_flags = (uint16_t)flags;
	nlh->nlmsg_seq = seq;
	nlh->nlmsg_pid = portid;
	b->cur = nlh;
	return NLMSG_DATA(nlh);
}

void nlb_msg_end(struct nl_buf *b)
{
	if (!b->cur)
		return;
	b->cur->nlmsg_len = (uint32_t)(b->buf + b->len - (char *)b->cur);
	b->cur = NULL;
}

void nlb_msg_cancel(struct nl_buf *b)
{
	if (!b->cur)
		return;
	b->len = (size_t)((char *)b->cur - b->buf);
	b->cur = NULL;
}

int nlb_put(struct nl_buf *b, int type, int len, const void *data)
{
	struct nlattr *a;

	if (!b->error && (len < 0 || len > UINT16_MAX - NLA_HDRLEN))
		b->error = -EMSGSIZE;
	a = nl_reserve(b, NLA_HDRLEN + (size_t)len);
	if (!a)
		return b->error;
	a->nla_type = (uint16_t)type;
	a->nla_len = (uint16_t)(NLA_HDRLEN + len);
	if (len)
		memcpy((char *)a + NLA_HDRLEN, data, (size_t)len);
	return 0;
}

int nlb_put_string(struct nl_buf *b, int type, const char *s)
{
	return nlb_put(b, type, (int)strlen(s) + 1, s);
}

size_t nlb_nest_start(struct nl_buf *b, int type)
{
	size_t start = b->len;

	nlb_put(b, type, 0, NULL);
	return start;
}

void nlb_nest_end(struct nl_buf *b, size_t start)
{
	struct nlattr *a;

	if (b->error)
		return;
	if (b->len - start > UINT16_MAX) {
		b->error = -EMSGSIZE;
		return;
	}
	a = (struct nlattr *)(void *)(b->buf + start);
	a->nla_len = (uint16_t)(b->len - start);
}

/* --- taking apart --- */

const void *nlb_header(const struct nl_req *req, size_t size, const void **ret_attrs,
			 size_t *ret_len, struct extack *err)
{
	size_t payload = req->nlh->nlmsg_len - NLMSG_HDRLEN, skip = NLMSG_ALIGN(size);
	const char *data = (const char *)req->nlh + NLMSG_HDRLEN;

	if (payload < size) {
		extack_set(err, "request of %zu bytes is shorter than its header (%zu)", payload,
			   size);
		return NULL;
	}
	*ret_attrs = data + min(skip, payload);
	*ret_len = payload - min(skip, payload);
	return data;
}

int nlb_parse(const struct nlattr **tb, int maxtype, const void *attrs, size_t len,
		     const struct nlb_policy *policy, bool strict, struct extack *err)
{
	const char *p = attrs;

	memset(tb, 0, sizeof(tb[0]) * (size_t)(maxtype + 1));
	while (len >= NLA_HDRLEN) {
		const struct nlattr *a = (const struct nlattr *)(const void *)p;
		int type = a->nla_type & NLA_TYPE_MASK, ret;
		size_t step;

		if (a->nla_len < NLA_HDRLEN || a->nla_len > len)
			break;
		if (type > 0 && type <= maxtype) {
			ret = policy ? nla_check(a, &policy[type], err) : 0;
			if (ret)
				return ret;
			tb[type] = a;
		} else if (strict) {
			return extack_fail(err, -EINVAL, "unknown attribute %d", type);
		}
		step = min_t(size_t, NLA_ALIGN(a->nla_len), len);
		p += step;
		len -= step;
	}
	if (strict && len) /* old programs send longer headers than they mean */
		return extack_fail(err, -EINVAL, "%zu bytes left over after the attributes", len);
	return 0;
}

static int nla_check(const struct nlattr *a, const struct nlb_policy *p, struct extack *err)
{
	static const uint8_t fixed[] = { [NLA_U8_T] = 1, [NLA_U16_T] = 2, [NLA_U32_T] = 4 };
	int type = a->nla_type & NLA_TYPE_MASK, len = nlb_len(a);
	const char *s = nlb_data(a);

	switch (p->type) {
	case NLA_U8_T:
	case NLA_U16_T:
	case NLA_U32_T:
		if (len != fixed[p->type])
			return extack_fail(err, -EINVAL, "attribute %d has %d bytes instead of %d",
					   type, len, fixed[p->type]);
		return 0;
	case NLA_STRING_T: /* the final 0 may be missing; it does not count */
		if (len && !s[len - 1])
			len--;
		if (p->len && len > p->len)
			return extack_fail(err, -EINVAL, "attribute %d is longer than %u bytes",
					   type, p->len);
		return 0;
	case NLA_BINARY_T:
		if (p->len && len > p->len)
			return extack_fail(err, -EINVAL, "attribute %d is longer than %u bytes",
					   type, p->len);
		return 0;
	case NLA_NESTED_T:
		if (len && len < NLA_HDRLEN)
			return extack_fail(err, -EINVAL, "attribute %d is no nest", type);
		return 0;
	case NLA_REJECT_T:
		return extack_fail(err, -EINVAL, "attribute %d may not be set", type);
	}
	if (len < p->len)
		return extack_fail(err, -EINVAL, "attribute %d is shorter than %u bytes", type,
				   p->len);
	return 0;
}

int nlb_get_string(const struct nlattr *a, char *dst, size_t size)
{
	size_t len = strnlen(nlb_data(a), (size_t)nlb_len(a));

	dst[0] = '\0';
	if (len >= size)
		return -ERANGE;
	memcpy(dst, nlb_data(a), len);
	dst[len] = '\0';
	return (int)len;
}
