/* SPDX-License-Identifier: MIT */
/*
 * check_rtnetlink.c: building and parsing messages, dispatch, acknowledgements, dumps,
 * notifications, hostile input.
 */
#include "nlfix.h"

#include <stdlib.h>

static int tiny_doit_ret, tiny_dumps, tiny_size;
static unsigned tiny_calls;

static int tiny_doit(struct nl_req *req)
{
	tiny_calls++;
	if (tiny_doit_ret)
		return extack_fail(req->err, tiny_doit_ret, "tiny says no");
	if (((req->nlh->nlmsg_type - RTM_BASE) & 3) == 2) {
		nlb_msg(req->out, req->client->portid, req->nlh->nlmsg_seq, RTM_NEWRULE, 4, 0);
		nlb_msg_end(req->out);
	}
	return 0;
}

static int tiny_dump(struct nl_req *req)
{
	static char payload[20000];

	for (int i = 0; i < tiny_dumps; i++) {
		nlb_msg(req->out, req->client->portid, req->nlh->nlmsg_seq, RTM_NEWRULE, 4, 0);
		nlb_put(req->out, 1, tiny_size, payload);
		nlb_msg_end(req->out);
	}
	return tiny_doit_ret;
}

static const struct rtnl_handler tiny[] = {
	{ .type = RTM_NEWRULE, .family = AF_UNSPEC, .doit = tiny_doit },
	{ .type = RTM_GETRULE, .family = AF_INET, .doit = tiny_doit, .dumpit = tiny_dump },
	{ .type = RTM_GETQDISC, .family = AF_UNSPEC, .dumpit = tiny_dump },
};

static void begin(void)
{
	nlfix_begin();
	tiny_doit_ret = tiny_dumps = tiny_size = 0;
	tiny_calls = 0;
	ck_assert_int_eq(rtnl_register(fx.net, tiny, ARRAY_SIZE(tiny)), 0);
}

/* --- messages --- */

START_TEST(test_build)
{
	struct nl_buf b;
	struct nlmsghdr *h;
	const struct nlattr *a;
	size_t nest;

	nl_buf_init(&b, fx.net);
	ck_assert_ptr_nonnull(nlb_msg(&b, 5, 6, RTM_NEWLINK, 3, NLM_F_MULTI));
	nlb_put_u8(&b, 1, 9);
	nest = nlb_nest_start(&b, 2);
	nlb_put_string(&b, 3, "abc");
	nlb_put_u32(&b, 4, 0x11223344);
	nlb_nest_end(&b, nest);
	nlb_msg_end(&b);
	h = (void *)b.buf;
	ck_assert_uint_eq(h->nlmsg_len, 16 + 4 + 8 + 4 + 8 + 8);
	ck_assert_uint_eq(b.len, h->nlmsg_len);
	ck_assert_uint_eq(h->nlmsg_seq, 6);
	ck_assert_uint_eq(h->nlmsg_pid, 5);
	a = nl_find(h, 3, 2);
	ck_assert_uint_eq(a->nla_len, 20);
	a = nl_find(h, 3, 1);
	ck_assert_uint_eq(a->nla_len, 5);
	/* growth keeps what there is; a message can be taken back */
	nlb_msg(&b, 0, 0, 1, 0, 0);
	for (int i = 0; i < 5000; i++)
		nlb_put_u32(&b, 1, (uint32_t)i);
	ck_assert_int_eq(b.error, 0);
	nlb_msg_cancel(&b);
	ck_assert_uint_eq(b.len, 48);
	ck_assert_uint_eq(((struct nlmsghdr *)(void *)b.buf)->nlmsg_len, 48);
	ck_assert_int_eq(nlb_put(&b, 1, 70000, nl.in), -EMSGSIZE);
	ck_assert_ptr_null(nlb_msg(&b, 0, 0, 1, 0, 0));
	nl_buf_free(&b);
	nlb_msg(&b, 0, 0, 1, 0, 0);
	nest = nlb_nest_start(&b, 2);
	for (int i = 0; i < 10000; i++)
		nlb_put_u32(&b, 1, 0);
	nlb_nest_end(&b, nest);
	ck_assert_int_eq(b.error, -EMSGSIZE);
	nl_buf_free(&b);
}
END_TEST

static int parse(const void *attrs, size_t len, bool strict, const struct nlattr **tb)
{
	static const struct nlb_policy policy[] = {
		[1] = { NLA_U8_T, 1 },	   [2] = { NLA_U32_T, 4 },    [3] = { NLA_STRING_T, 4 },
		[4] = { NLA_BINARY_T, 3 }, [5] = { NLA_NESTED_T, 0 }, [6] = { NLA_REJECT_T, 0 },
		[7] = { NLA_UNSPEC_T, 2 },
	};
	struct extack err;
	int ret;

	extack_init(&err);
	ret = nlb_parse(tb, 7, attrs, len, policy, strict, &err);
	ck_assert_int_eq(ret != 0, err.msg[0] != 0);
	return ret;
}

static int parse_one(int type, const void *data, unsigned len, bool strict)
{
	const struct nlattr *tb[8];
	struct {
		struct nlattr a;
		char d[16];
	} m = { .a = { (uint16_t)(NLA_HDRLEN + len), (uint16_t)type } };
	int ret;

	memcpy(m.d, data, len);
	ret = parse(&m, NLA_HDRLEN + len, strict, tb);
	if (!ret && (type & NLA_TYPE_MASK) <= 7)
		ck_assert_ptr_eq(tb[type & NLA_TYPE_MASK], &m.a);
	return ret;
}

START_TEST(test_parse)
{
	const struct nlattr *tb[8];
	char buf[16] __attribute__((aligned(4))) = { 0 };
	char dst[5];
	struct {
		struct nlattr a;
		char d[8];
	} s = { { 4 + 5, 3 }, "abcd\0" };

	ck_assert_int_eq(parse_one(1, "x", 1, true), 0);
	ck_assert_int_eq(parse_one(1, "xx", 2, false), -EINVAL);
	ck_assert_int_eq(parse_one(2, "abcd", 4, true), 0);
	ck_assert_int_eq(parse_one(2, "abc", 3, false), -EINVAL);
	ck_assert_int_eq(parse_one(2 | NLA_F_NESTED, "abcd", 4, true), 0);
	ck_assert_int_eq(parse_one(3, "abcd\0", 5, true), 0);
	ck_assert_int_eq(parse_one(3, "abcde", 5, true), -EINVAL);
	ck_assert_int_eq(parse_one(3, "", 0, true), 0);
	ck_assert_int_eq(parse_one(4, "abcd", 4, true), -EINVAL);
	ck_assert_int_eq(parse_one(5, "abc", 3, true), -EINVAL);
	ck_assert_int_eq(parse_one(5, "", 0, true), 0);
	ck_assert_int_eq(parse_one(6, "", 0, true), -EINVAL);
	ck_assert_int_eq(parse_one(7, "a", 1, true), -EINVAL);
	ck_assert_int_eq(parse_one(9, "a", 1, false), 0);
	ck_assert_int_eq(parse_one(9, "a", 1, true), -EINVAL);
	/* lengths that lie: what stands before them counts, the rest does not exist */
	ck_assert_int_eq(parse(buf, 16, false, tb), 0);
	ck_assert_int_eq(parse(buf, 16, true, tb), -EINVAL);
	((struct nlattr *)(void *)buf)->nla_len = 17;
	((struct nlattr *)(void *)buf)->nla_type = 4;
	ck_assert_int_eq(parse(buf, 16, false, tb), 0);
	ck_assert_ptr_null(tb[4]);
	ck_assert_int_eq(parse(buf, 3, true, tb), -EINVAL);
	ck_assert_int_eq(parse(NULL, 0, true, tb), 0);
	ck_assert_int_eq(nlb_get_string(&s.a, dst, 5), 4);
	ck_assert_str_eq(dst, "abcd");
	ck_assert_int_eq(nlb_get_string(&s.a, dst, 4), -ERANGE);
	ck_assert_str_eq(dst, "");
}
END_TEST

/* --- dispatch --- */

START_TEST(test_ack)
{
	nl_begin(RTM_NEWRULE, 0, 1);
	ck_assert_int_eq(nl_send(), 1); /* nobody asked for one */
	ck_assert_uint_eq(tiny_calls, 1);
	nl_begin(RTM_NEWRULE, NLM_F_ACK, 1);
	ck_assert_int_eq(nl_send(), 0);
	ck_assert_uint_eq(nl_msg(0)->nlmsg_len, 36);
	ck_assert_uint_eq(nl_msg(0)->nlmsg_flags, NLM_F_CAPPED);
	tiny_doit_ret = -EBUSY;
	nl_begin(RTM_NEWRULE, 0, 33);
	ck_assert_int_eq(nl_send(), -EBUSY); /* errors are always told */
	ck_assert_str_eq(nl.text, "tiny says no");
	ck_assert_uint_eq(nl_msg(0)->nlmsg_flags, NLM_F_ACK_TLVS);
	nl.c.cap_ack = true;
	ck_assert_int_eq(nl_send(), -EBUSY);
	ck_assert_str_eq(nl.text, "tiny says no");
	ck_assert_uint_eq(nl_msg(0)->nlmsg_flags, NLM_F_CAPPED | NLM_F_ACK_TLVS);
	nl.c.ext_ack = nl.c.cap_ack = false;
	ck_assert_int_eq(nl_send(), -EBUSY);
	ck_assert_str_eq(nl.text, "");
	ck_assert_uint_eq(nl_msg(0)->nlmsg_len, 16 + 4 + 52);
	ck_assert_int_eq(memcmp((const char *)nl_msg(0) + 20, nl.req, 49), 0);
}
END_TEST

START_TEST(test_rights)
{
	nl.c.admin = false;
	nl_begin(RTM_NEWRULE, 0, 1);
	ck_assert_int_eq(nl_send(), -EPERM);
	ck_assert_uint_eq(tiny_calls, 0);
	*(uint8_t *)nl_begin(RTM_GETRULE, NLM_F_ACK, 1) = AF_INET;
	ck_assert_int_eq(nl_send(), 0);
	ck_assert_uint_eq(nl_msg(0)->nlmsg_type, RTM_NEWRULE);
	nl_begin(RTM_DELLINK, 0, 16);
	ck_assert_int_eq(nl_send(), -EPERM);
}
END_TEST

START_TEST(test_dispatch)
{
	nl_begin(RTM_MAX + 1, 0, 1);
	ck_assert_int_eq(nl_send(), -EOPNOTSUPP);
	nl_begin(RTM_NEWTFILTER, 0, 1);
	ck_assert_int_eq(nl_send(), -EOPNOTSUPP);
	nl_begin(RTM_GETRULE, 0, 1); /* only AF_INET is here */
	ck_assert_int_eq(nl_send(), -EOPNOTSUPP);
	nl_begin(RTM_GETQDISC, 0, 1); /* dump only */
	ck_assert_int_eq(nl_send(), -EOPNOTSUPP);
	nl_begin(RTM_NEWRULE, 0, 0); /* no family: ignored, as in Linux */
	ck_assert_int_eq(nl_send(), 1);
	ck_assert_uint_eq(tiny_calls, 0);
	nl_begin(NLMSG_NOOP, NLM_F_ACK, 1);
	ck_assert_int_eq(nl_send(), 0);
	nl_begin(RTM_NEWRULE, 0, 1); /* an answer is no request */
	((struct nlmsghdr *)(void *)nl.req)->nlmsg_flags = NLM_F_ACK;
	ck_assert_int_eq(nl_send(), 0);
	ck_assert_uint_eq(tiny_calls, 0);
}
END_TEST

/* Several messages in a datagram; a length that lies ends it. */
START_TEST(test_batch)
{
	struct nlmsghdr h = { .nlmsg_len = 20,
			      .nlmsg_type = RTM_NEWRULE,
			      .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK };
	char buf[100] __attribute__((aligned(4))) = { 0 };

	for (int i = 0; i < 5; i++)
		memcpy(buf + 20 * i, &h, sizeof(h));
	ck_assert_int_eq(rtnetlink_rcv(fx.net, &nl.c, buf, 100), 5);
	ck_assert_uint_eq(nl.datagrams, 5);
	ck_assert_int_eq(rtnetlink_rcv(fx.net, &nl.c, buf, 99), 4);
	ck_assert_int_eq(rtnetlink_rcv(fx.net, &nl.c, buf + 1, 15), 0);
	((struct nlmsghdr *)(void *)(buf + 40))->nlmsg_len = 15;
	ck_assert_int_eq(rtnetlink_rcv(fx.net, &nl.c, buf, 100), 2);
	((struct nlmsghdr *)(void *)(buf + 40))->nlmsg_len = 61;
	ck_assert_int_eq(rtnetlink_rcv(fx.net, &nl.c, buf, 100), 2);
	((struct nlmsghdr *)(void *)(buf + 40))->nlmsg_len = 0xffffffff;
	ck_assert_int_eq(rtnetlink_rcv(fx.net, &nl.c, buf, 100), 2);
}
END_TEST

/* A dump is cut at message borders into at most 8 KiB, all multi, the end marked. */
START_TEST(test_dump)
{
	unsigned n = 0;
	const struct nlmsghdr *h;

	tiny_dumps = 1000;
	tiny_size = 90;
	*(uint8_t *)nl_begin(RTM_GETRULE, NLM_F_DUMP | NLM_F_ACK, 1) = AF_INET;
	ck_assert_int_eq(nl_send(), 1); /* the end is the acknowledgement */
	ck_assert_uint_le(nl.largest, 8192);
	ck_assert_uint_gt(nl.largest, 8000);
	ck_assert_uint_eq(nl.datagrams, (1000 * 116 + 20) / (8192 / 116 * 116) + 1);
	while ((h = nl_msg(n))) {
		ck_assert(h->nlmsg_flags & NLM_F_MULTI);
		ck_assert_uint_eq(h->nlmsg_seq, 1234);
		ck_assert_uint_eq(h->nlmsg_type, n < 1000 ? RTM_NEWRULE : NLMSG_DONE);
		n++;
	}
	ck_assert_uint_eq(n, 1001);
	/* a message that is larger goes alone */
	tiny_dumps = 3;
	tiny_size = 20000;
	nl_send();
	ck_assert_uint_eq(nl.datagrams, 4);
	/* a family that is not here has nothing; all families are asked together */
	*(uint8_t *)nl_begin(RTM_GETRULE, NLM_F_DUMP, 1) = AF_INET6;
	nl_send();
	ck_assert_uint_eq(nl_msg(0)->nlmsg_type, NLMSG_DONE);
	*(uint8_t *)nl_begin(RTM_GETRULE, NLM_F_DUMP, 1) = AF_UNSPEC;
	tiny_size = 4;
	nl_send();
	ck_assert_uint_eq(nl_msg(3)->nlmsg_type, NLMSG_DONE);
	tiny_doit_ret = -EIO;
	ck_assert_int_eq(nl_send(), -EIO);
	ck_assert_uint_eq(nl.datagrams, 1);
	nl_begin(RTM_GETTFILTER, NLM_F_DUMP, 1);
	ck_assert_int_eq(nl_send(), -EOPNOTSUPP);
}
END_TEST

/* A client that does not take its answers loses them, nothing else. */
START_TEST(test_deaf_client)
{
	tiny_dumps = 1000;
	tiny_size = 100;
	*(uint8_t *)nl_begin(RTM_GETRULE, NLM_F_DUMP, 1) = AF_INET;
	nl.send_err = -EAGAIN;
	nl_send();
	ck_assert_uint_eq(nl.datagrams, 0);
}
END_TEST

START_TEST(test_notify)
{
	struct nl_client other = { .groups = RTMGRP_NEIGH, .send = nl_client_send };
	struct nl_buf b;

	nl.c.groups = RTMGRP_LINK;
	rtnl_client_add(fx.net, &nl.c);
	rtnl_client_add(fx.net, &other);
	nl_buf_init(&b, fx.net);
	nlb_msg(&b, 0, 0, RTM_NEWLINK, 4, 0);
	nlb_msg_end(&b);
	rtnl_notify(fx.net, &b, RTMGRP_LINK, NULL);
	ck_assert_uint_eq(nl.datagrams, 1);
	rtnl_notify(fx.net, &b, RTMGRP_LINK, &nl.c);
	rtnl_notify(fx.net, &b, RTMGRP_NOTIFY, NULL);
	ck_assert_uint_eq(nl.datagrams, 1);
	nl.c.groups |= RTMGRP_NEIGH;
	rtnl_notify(fx.net, &b, RTMGRP_NEIGH, NULL);
	ck_assert_uint_eq(nl.datagrams, 3);
	rtnl_client_del(fx.net, &nl.c);
	rtnl_client_del(fx.net, &other);
	nl_buf_free(&b);
}
END_TEST

/* Every allocation may fail: an answer comes all the same, or none where none was due. */
START_TEST(test_fail_nth)
{
	for (unsigned long n = 1;; n++) {
		int ret;

		*(uint8_t *)nl_begin(RTM_GETRULE, NLM_F_ACK, 1) = AF_INET;
		kmem_fail_nth(&fx.net->m.kmem, n, NULL);
		ret = nl_send();
		if (!kmem_fault_hit(&fx.net->m.kmem)) {
			kmem_fail_nth(&fx.net->m.kmem, 0, NULL);
			ck_assert_int_eq(ret, 0);
			ck_assert_uint_eq(n, 4); /* copy, answer, acknowledgement */
			break;
		}
		ck_assert_int_eq(ret, n == 1 ? -ENOBUFS : n == 2 ? -ENOMEM : 0);
	}
	tiny_dumps = 10;
	tiny_size = 1000;
	for (unsigned long n = 1; n < 10; n++) {
		*(uint8_t *)nl_begin(RTM_GETRULE, NLM_F_DUMP, 1) = AF_INET;
		kmem_fail_nth(&fx.net->m.kmem, n, NULL);
		nl_send();
	}
	kmem_fail_nth(&fx.net->m.kmem, 0, NULL);
}
END_TEST

/*
 * Hostile: random bytes, and real requests cut and changed, in every right; nothing is read outside
 * (ASan says so).
 */
START_TEST(test_fuzz)
{
	static const int types[] = { RTM_NEWLINK,  RTM_GETLINK,	 RTM_SETLINK, RTM_DELLINK,
				     RTM_NEWNEIGH, RTM_GETNEIGH, RTM_DELNEIGH };
	struct rng r;
	uint32_t dst = 5;
	unsigned char *exact;

	rng_seed(&r, 99);
	for (int i = 0; i < 30000; i++) {
		size_t len = rng_below(&r, 200);

		exact = malloc(len + 1); /* so that one byte too far is seen */
		rng_bytes(&r, exact, len);
		if (i % 4 && len >= NLMSG_HDRLEN) {
			struct nlmsghdr h = {
				.nlmsg_len = (uint32_t)(i % 4 == 1 ? rng_below(&r, 250) : len),
				.nlmsg_type = (uint16_t)types[rng_below(&r, ARRAY_SIZE(types))],
				.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | rng_u32(&r))
			};

			memcpy(exact, &h, sizeof(h));
		}
		if (i % 4 == 3 && len >= 32) /* a plausible attribute chain */
			for (size_t at = 28 + 4 * rng_below(&r, 2); at + 4 <= len;) {
				struct nlattr a = { (uint16_t)(4 + rng_below(&r, 9)),
						    (uint16_t)rng_below(&r, 60) };

				memcpy(exact + at, &a, 4);
				at += NLA_ALIGN(a.nla_len);
			}
		nl_forget();
		rtnetlink_rcv(fx.net, &nl.c, exact, len);
		free(exact);
	}
	/* a good request, cut at each length and with each byte changed */
	struct ndmsg *ndm = nl_begin(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, sizeof(*ndm));
	size_t whole;

	*ndm = (struct ndmsg){ .ndm_family = AF_INET,
			       .ndm_ifindex = fx.dev->ifindex,
			       .ndm_state = NUD_PERMANENT };
	nl_attr(NDA_DST, &dst, 4);
	nl_attr(NDA_LLADDR, mac_a, 6);
	whole = nl.req_len;
	for (size_t len = 0; len <= whole; len++) {
		exact = malloc(len + 1);
		memcpy(exact, nl.req, len);
		rtnetlink_rcv(fx.net, &nl.c, exact, len);
		if (len >= 4)
			memcpy(exact, &(uint32_t){ (uint32_t)len }, 4);
		rtnetlink_rcv(fx.net, &nl.c, exact, len);
		free(exact);
		nl_forget();
	}
	for (size_t at = 0; at < whole; at++)
		for (int v = 0; v < 256; v += 5) {
			char old = nl.req[at];

			nl.req[at] = (char)v;
			nl_forget();
			rtnetlink_rcv(fx.net, &nl.c, nl.req, whole);
			nl.req[at] = old;
		}
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_build,    test_parse,    test_ack,	test_rights,
				       test_dispatch, test_batch,    test_dump, test_deaf_client,
				       test_notify,   test_fail_nth, test_fuzz, NULL };

	return suite_of("rtnetlink", begin, nlfix_end, tests);
}
