/* SPDX-License-Identifier: MIT */
/* check_route_netlink.c: RTM_GETROUTE: what `ip route get` is answered. */
#include "unit/ipv4/routefix.h"

static const struct nlmsghdr *get(const char *dst, const char *src, int oif, int iif,
				  unsigned flags, int want)
{
	struct rtmsg h = { .rtm_family = AF_INET, .rtm_flags = flags, .rtm_dst_len = 32 };

	nl_new(RTM_GETROUTE, 0, &h, sizeof(h));
	nl_ip(RTA_DST, dst);
	if (src)
		nl_ip(RTA_SRC, src);
	if (oif)
		nl_u32(RTA_OIF, (uint32_t)oif);
	if (iif)
		nl_u32(RTA_IIF, (uint32_t)iif);
	ck_assert_int_eq(nl_do(&f.n.net), want);
	return (const struct nlmsghdr *)(void *)nl_reply;
}

START_TEST(test_getroute)
{
	const struct nlmsghdr *m;
	const struct rtmsg *r;

	ck_assert_int_eq(route_add("0.0.0.0", 0, A_PEER, NULL, RTN_UNICAST), 0);
	m = get("8.8.8.8", NULL, 0, 0, 0, 0);
	r = NLMSG_DATA(m);
	ck_assert_int_eq(m->nlmsg_type, RTM_NEWROUTE);
	ck_assert_int_eq(r->rtm_dst_len, 32);
	ck_assert_int_eq(r->rtm_src_len, 0);
	ck_assert_int_eq(r->rtm_table, RT_TABLE_MAIN);
	ck_assert_int_eq(r->rtm_type, RTN_UNICAST);
	ck_assert_uint_eq(r->rtm_flags, RTM_F_CLONED);
	ck_assert_uint_eq(nl_attr_u32(m, sizeof(*r), RTA_DST), inet_addr("8.8.8.8"));
	ck_assert_uint_eq(nl_attr_u32(m, sizeof(*r), RTA_GATEWAY), inet_addr(A_PEER));
	ck_assert_uint_eq(nl_attr_u32(m, sizeof(*r), RTA_PREFSRC), inet_addr(A_SELF));
	ck_assert_uint_eq(nl_attr_u32(m, sizeof(*r), RTA_OIF), (unsigned)f.eth0->ifindex);
	ck_assert_int_eq(nlb_len(nl_attr(m, sizeof(*r), RTA_CACHEINFO)),
			 sizeof(struct rta_cacheinfo));
	m = get(A_SELF, NULL, 0, 0, 0, 0);
	ck_assert_int_eq(((const struct rtmsg *)NLMSG_DATA(m))->rtm_type, RTN_LOCAL);
	ck_assert_uint_eq(((const struct rtmsg *)NLMSG_DATA(m))->rtm_flags,
			  RTCF_LOCAL | RTM_F_CLONED);
	ck_assert_uint_eq(nl_attr_u32(m, sizeof(*r), RTA_OIF), (unsigned)f.lo->ifindex);
	/* as if received */
	m = get(A_SELF, A_PEER, 0, f.eth0->ifindex, 0, 0);
	ck_assert_int_eq(((const struct rtmsg *)NLMSG_DATA(m))->rtm_type, RTN_LOCAL);
	ck_assert_uint_eq(nl_attr_u32(m, sizeof(*r), RTA_IIF), (unsigned)f.eth0->ifindex);
	ck_assert_uint_eq(nl_attr_u32(m, sizeof(*r), RTA_SRC), inet_addr(A_PEER));
	get("9.9.9.9", A_PEER, 0, f.eth0->ifindex, 0, -EHOSTUNREACH); /* we do not forward */
	get(A_SELF, A_SELF, 0, f.eth0->ifindex, 0, -EINVAL);
	get("8.8.8.8", "1.2.3.4", 0, 0, 0, -ENETUNREACH);
	get("8.8.8.8", NULL, 99, 0, 0, -ENODEV);
	get("8.8.8.8", NULL, 0, 99, 0, -ENODEV);
	get("8.8.8.8", NULL, 0, 0, 0x80, -EINVAL);
	ck_assert_str_eq(nl_err, "ipv4: Unsupported rtm_flags for route get request");
	/* the entry itself */
	m = get("192.168.1.77", NULL, 0, 0, RTM_F_FIB_MATCH, 0);
	ck_assert_int_eq(((const struct rtmsg *)NLMSG_DATA(m))->rtm_dst_len, 24);
	ck_assert_int_eq(((const struct rtmsg *)NLMSG_DATA(m))->rtm_protocol, RTPROT_KERNEL);
	rx_icmp(A_PEER, "8.8.8.8", ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 1400);
	m = get("8.8.8.8", NULL, 0, 0, 0, 0);
	ck_assert_uint_eq(
		nlb_get_u32((const struct nlattr *)nlb_data(nl_attr(m, sizeof(*r), RTA_METRICS))),
		1400);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("route_netlink");
	TCase *tc = tcase_create("route_netlink");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, test_getroute);
	suite_add_tcase(s, tc);
	return s;
}
