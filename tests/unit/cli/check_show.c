/* SPDX-License-Identifier: MIT */
/*
 * check_show.c - src/cli: devices, addresses, routes, neighbours, sockets, the ledger, as they are printed
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/neighbour.h>

#include "fake.h"

/* Two devices, as an answer to request @seq. */
static void put_links(unsigned seq)
{
	static const unsigned char zero[6], mac[6] = { 2, 0, 0, 0, 0, 1 }, all[6] = { 255, 255, 255, 255, 255, 255 };
	struct rtnl_link_stats64 st = { .rx_bytes = 1234567, .rx_packets = 1000, .tx_errors = 3, .multicast = 5, .collisions = 7 };
	struct ifinfomsg lo = { .ifi_type = 772, .ifi_index = 1, .ifi_flags = 0x10049 };
	struct ifinfomsg tap = { .ifi_type = 1, .ifi_index = 2, .ifi_flags = 0x1003 };
	struct nl_msg *m = answer(RTM_NEWLINK, seq, &lo, sizeof(lo));
	struct nlattr *nest;

	nla_put_string(m, IFLA_IFNAME, "lo");
	nla_put_u32(m, IFLA_MTU, 65536);
	nla_put_string(m, IFLA_QDISC, "noqueue");
	nla_put_u8(m, IFLA_OPERSTATE, 0);
	nla_put(m, IFLA_ADDRESS, 6, zero);
	nla_put(m, IFLA_BROADCAST, 6, zero);
	put(m);
	m = answer(RTM_NEWLINK, seq, &tap, sizeof(tap));
	nla_put_string(m, IFLA_IFNAME, "tap0");
	nla_put_u32(m, IFLA_MTU, 1500);
	nla_put_u32(m, IFLA_TXQLEN, 1000);
	nla_put_string(m, IFLA_QDISC, "pfifo_fast");
	nla_put_u8(m, IFLA_OPERSTATE, 2);
	nla_put(m, IFLA_ADDRESS, 6, mac);
	nla_put(m, IFLA_BROADCAST, 6, all);
	nla_put_u32(m, IFLA_PROMISCUITY, 1);
	nla_put(m, IFLA_STATS64, sizeof(st), &st);
	nest = nla_nest_start(m, IFLA_LINKINFO);
	nla_put_string(m, IFLA_INFO_KIND, "tap");
	nla_nest_end(m, nest);
	put(m);
	put_done(seq);
}

/* --- devices, addresses, routes, neighbours --- */

START_TEST(test_link)
{
	put_links(1);
	ck_assert_int_eq(run("link -s -d show"), 0);
	ck_assert_str_eq(out,
			 "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT group default\n"
			 "    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n"
			 "2: tap0: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc pfifo_fast state DOWN mode DEFAULT group default qlen 1000\n"
			 "    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff promiscuity 1\n    tap\n"
			 "    RX:    bytes  packets  errors  dropped  missed  mcast\n"
			 "         1234567     1000       0        0       0      5\n"
			 "    TX:  bytes  packets  errors  dropped  carrier  collsns\n"
			 "             0        0       3        0        0        7\n");
	ck_assert_int_eq(next_request(0, NULL, 0), RTM_GETLINK);
	ck_assert_int_eq(((struct nlmsghdr *)(void *)request)->nlmsg_flags & NLM_F_DUMP, NLM_F_DUMP);
}
END_TEST

START_TEST(test_link_one)
{
	put_links(1);
	ck_assert_int_eq(run("l sh dev tap9"), 1);
	ck_assert_str_eq(err, "glassnet: link: there is no device 'tap9'\n");
	ck_assert_int_eq(run("link show lo --json"), 0);
	ck_assert_str_eq(out, "[\n  {\n    \"ifindex\": 1,\n    \"ifname\": \"lo\",\n    \"flags\": [\n      \"LOOPBACK\",\n      \"UP\",\n"
			      "      \"LOWER_UP\"\n    ],\n    \"mtu\": 65536,\n    \"qdisc\": \"noqueue\",\n    \"operstate\": \"UNKNOWN\",\n"
			      "    \"group\": \"default\",\n    \"txqlen\": 0,\n    \"link_type\": \"loopback\",\n"
			      "    \"address\": \"00:00:00:00:00:00\",\n    \"broadcast\": \"00:00:00:00:00:00\"\n  }\n]\n");
}
END_TEST

START_TEST(test_link_set)
{
	struct nlattr *tb[IFLA_MAX + 1];

	put_links(1);
	put_error(2, -EINVAL, "mtu less than device minimum: 5 < 68");
	ck_assert_int_eq(run("link set tap0 mtu 5"), 1);
	ck_assert_str_eq(err, "glassnet: link: mtu less than device minimum: 5 < 68\n");
	ck_assert_int_eq(next_request(0, NULL, 0), RTM_GETLINK);
	ck_assert_int_eq(next_request(sizeof(struct ifinfomsg), tb, IFLA_MAX), RTM_NEWLINK);
	ck_assert_uint_eq(nla_get_u32(tb[IFLA_MTU]), 5);
	ck_assert_int_eq(((struct ifinfomsg *)nlmsg_data((struct nlmsghdr *)(void *)request))->ifi_index, 2);
	ck_assert_int_eq(run("link set tap9 up"), 1);
	ck_assert_ptr_nonnull(strstr(err, "glassnet: link set: there is no device 'tap9'\n"));
	no_request();
}
END_TEST

static void put_u32_ip(struct nl_msg *m, int type, const char *ip)
{
	struct in_addr a;

	ck_assert_int_eq(inet_pton(AF_INET, ip, &a), 1);
	nla_put(m, type, 4, &a);
}

START_TEST(test_addr)
{
	const struct ifaddrmsg a = { .ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_index = 2, .ifa_flags = 1 };
	struct nl_msg *m;

	put_links(1);
	m = answer(RTM_NEWADDR, 2, &a, sizeof(a));
	put_u32_ip(m, IFA_LOCAL, "10.0.0.1");
	put_u32_ip(m, IFA_ADDRESS, "10.0.0.1");
	put_u32_ip(m, IFA_BROADCAST, "10.0.0.255");
	nla_put_string(m, IFA_LABEL, "tap0:1");
	put(m);
	put_done(2);
	ck_assert_int_eq(run("a s tap0"), 0);
	ck_assert_str_eq(out, "2: tap0: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc pfifo_fast state DOWN group default qlen 1000\n"
			      "    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff\n"
			      "    inet 10.0.0.1/24 brd 10.0.0.255 scope global secondary tap0:1\n"
			      "       valid_lft forever preferred_lft forever\n");
}
END_TEST

static void put_routes(unsigned seq)
{
	struct rtmsg r = { .rtm_family = AF_INET, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_BOOT, .rtm_type = RTN_UNICAST };
	struct nl_msg *m = answer(RTM_NEWROUTE, seq, &r, sizeof(r));
	struct nlattr *nest;

	put_u32_ip(m, RTA_GATEWAY, "10.0.0.9");
	nla_put_u32(m, RTA_OIF, 2);
	nla_put_u32(m, RTA_PRIORITY, 5);
	nest = nla_nest_start(m, RTA_METRICS);
	nla_put_u32(m, RTAX_LOCK, 1 << RTAX_MTU);
	nla_put_u32(m, RTAX_MTU, 1400);
	nla_nest_end(m, nest);
	put(m);
	r = (struct rtmsg){ .rtm_family = AF_INET, .rtm_dst_len = 24, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_KERNEL,
			    .rtm_scope = RT_SCOPE_LINK, .rtm_type = RTN_UNICAST, .rtm_flags = RTNH_F_LINKDOWN };
	m = answer(RTM_NEWROUTE, seq, &r, sizeof(r));
	put_u32_ip(m, RTA_DST, "10.0.0.0");
	put_u32_ip(m, RTA_PREFSRC, "10.0.0.1");
	nla_put_u32(m, RTA_OIF, 9);
	put(m);
	r.rtm_dst_len = 32;
	r.rtm_type = RTN_LOCAL;
	r.rtm_table = RT_TABLE_LOCAL;
	r.rtm_scope = RT_SCOPE_HOST;
	r.rtm_flags = 0;
	m = answer(RTM_NEWROUTE, seq, &r, sizeof(r));
	put_u32_ip(m, RTA_DST, "10.0.0.1");
	nla_put_u32(m, RTA_OIF, 1);
	put(m);
	put_done(seq);
}

START_TEST(test_route)
{
	static const char main_table[] = "default via 10.0.0.9 dev tap0 metric 5 mtu lock 1400 \n"
					 "10.0.0.0/24 dev if9 proto kernel scope link src 10.0.0.1 linkdown \n";

	put_links(1);
	put_routes(2);
	ck_assert_int_eq(run("route"), 0);
	ck_assert_str_eq(out, main_table);
	put_routes(3);
	ck_assert_int_eq(run("r l dev lo table local"), 0);
	ck_assert_str_eq(out + strlen(main_table), "local 10.0.0.1 dev lo proto kernel scope host \n");
	ck_assert_int_eq(run("route show via"), 2);
}
END_TEST

START_TEST(test_route_get)
{
	const struct rtmsg r = { .rtm_family = AF_INET, .rtm_dst_len = 32, .rtm_table = RT_TABLE_MAIN, .rtm_type = RTN_LOCAL,
				 .rtm_flags = 0x80000000u | RTM_F_CLONED };
	struct nlattr *tb[RTA_MAX + 1];
	struct nl_msg *m;

	put_links(1);
	m = answer(RTM_NEWROUTE, 2, &r, sizeof(r));
	put_u32_ip(m, RTA_DST, "10.0.0.1");
	put_u32_ip(m, RTA_PREFSRC, "10.0.0.1");
	nla_put_u32(m, RTA_OIF, 1);
	put(m);
	put_error(2, 0, NULL);
	ck_assert_int_eq(run("route get 10.0.0.1 from 10.0.0.2 oif lo"), 0);
	ck_assert_str_eq(out, "local 10.0.0.1 dev lo src 10.0.0.1 \n    cache <local> \n");
	ck_assert_int_eq(next_request(0, NULL, 0), RTM_GETLINK);
	ck_assert_int_eq(next_request(sizeof(r), tb, RTA_MAX), RTM_GETROUTE);
	ck_assert_uint_eq(nla_get_u32(tb[RTA_DST]), htonl(0x0a000001));
	ck_assert_uint_eq(nla_get_u32(tb[RTA_SRC]), htonl(0x0a000002));
	ck_assert_uint_eq(nla_get_u32(tb[RTA_OIF]), 1);
	put_error(3, -ENETUNREACH, NULL);
	ck_assert_int_eq(run("route get 9.9.9.9"), 1);
	ck_assert_str_eq(err, "glassnet: route: Network is unreachable\n");
}
END_TEST

START_TEST(test_neigh)
{
	struct ndmsg n = { .ndm_family = AF_INET, .ndm_ifindex = 2, .ndm_state = NUD_REACHABLE };
	static const unsigned char mac[6] = { 2, 0, 0, 0, 0, 9 };
	struct nl_msg *m;

	put_links(1);
	m = answer(RTM_NEWNEIGH, 2, &n, sizeof(n));
	put_u32_ip(m, NDA_DST, "10.0.0.9");
	nla_put(m, NDA_LLADDR, 6, mac);
	put(m);
	n.ndm_state = NUD_FAILED;
	m = answer(RTM_NEWNEIGH, 2, &n, sizeof(n));
	put_u32_ip(m, NDA_DST, "10.0.0.8");
	put(m);
	n.ndm_state = NUD_NOARP; /* not shown */
	m = answer(RTM_NEWNEIGH, 2, &n, sizeof(n));
	put_u32_ip(m, NDA_DST, "224.0.0.1");
	put(m);
	put_done(2);
	ck_assert_int_eq(run("neigh"), 0);
	ck_assert_str_eq(out, "10.0.0.9 dev tap0 lladdr 02:00:00:00:00:09 REACHABLE \n10.0.0.8 dev tap0 FAILED \n");
}
END_TEST

/* Half of the devices is none: no wrong names, and they are asked for again. */
START_TEST(test_half_a_dump)
{
	const struct ifinfomsg ifm = { .ifi_index = 7 };

	put(answer(RTM_NEWLINK, 1, &ifm, sizeof(ifm)));
	put_error(1, -ENOBUFS, NULL);
	ck_assert_int_eq(run("link"), 1);
	ck_assert_str_eq(out, "");
	ck_assert_uint_eq(cli.links.n, 0);
	put_links(2);
	ck_assert_int_eq(run("link"), 0);
	ck_assert_uint_eq(cli.links.n, 2);
}
END_TEST

/* Attributes of a wrong size are not read beyond their end. */
START_TEST(test_short_attributes)
{
	const struct rtmsg r = { .rtm_family = AF_INET, .rtm_dst_len = 24, .rtm_table = RT_TABLE_MAIN, .rtm_type = RTN_UNICAST,
				 .rtm_protocol = RTPROT_BOOT };
	struct ifinfomsg ifm = { .ifi_index = 3 };
	struct nl_msg *m = answer(RTM_NEWLINK, 1, &ifm, sizeof(ifm));

	nla_put(m, IFLA_IFNAME, 40, "a name that is longer than any device's name may be");
	nla_put(m, IFLA_MTU, 2, "xx");
	nla_put(m, IFLA_ADDRESS, 0, "");
	nla_put(m, IFLA_STATS64, 3, "abc");
	nla_put(m, IFLA_LINKINFO, 2, "xx");
	put(m);
	put(answer(RTM_NEWLINK, 1, &ifm, 4)); /* shorter than its header */
	put_done(1);
	ck_assert_int_eq(run("link -s -d"), 1);
	ck_assert_ptr_eq(strstr(out, "3: if3: <> mtu 0 qdisc noop state UNKNOWN mode DEFAULT group default\n"), out);
	ck_assert_str_eq(err, "glassnet: link: an answer is malformed\n");
	m = answer(RTM_NEWROUTE, 2, &r, sizeof(r));
	nla_put(m, RTA_DST, 3, "abc");
	nla_put(m, RTA_OIF, 1, "x");
	nla_put(m, RTA_METRICS, 2, "xx");
	put(m);
	put_done(2);
	ck_assert_int_eq(run("route"), 0);
	ck_assert_ptr_nonnull(strstr(out, "0.0.0.0/24 dev if0 scope global") ? NULL : strstr(out, "0.0.0.0/24 dev if0"));
}
END_TEST

/* --- sockets --- */

START_TEST(test_ss)
{
	put_text(1, "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n"
		    "    7: 00000000:1388 00000000:0000 07 00000000:00000300 00:00000000 00000000  1000        0 12 2 0000000000000000 4\n"
		    "    8: 0100007F:04D2 0100007F:0009 01 00000010:00000000 00:00000000 00000000     0        0 13 2 0000000000000000 0\n"
		    "garbage\n");
	put_done(1);
	ck_assert_int_eq(run("ss -unpm"), 0);
	ck_assert_str_eq(out, "State   Recv-Q  Send-Q  Local Address:Port  Peer Address:Port  Process\n"
			      "UNCONN     768       0  0.0.0.0:5000        0.0.0.0:*          uid:1000 ino:12 skmem:(r768,t0,d4)\n"
			      "ESTAB        0      16  127.0.0.1:1234      127.0.0.1:9        uid:0 ino:13 skmem:(r0,t16,d0)\n");
}
END_TEST

/* --- the ledger --- */

static void put_row(unsigned seq, uint32_t class, const char *layer, const char *name, uint64_t count)
{
	struct nl_msg *m = data(seq);

	nla_put_u32(m, GN_ATTR_CLASS, class);
	nla_put_string(m, GN_ATTR_LAYER, layer);
	nla_put_string(m, GN_ATTR_NAME, name);
	nla_put_u64(m, GN_ATTR_COUNT, count);
	nla_put_string(m, GN_ATTR_TEXT, "a text");
	put(m);
}

static void put_ledger(unsigned seq, uint64_t delivered)
{
	put_row(seq, 1, "verdict", "entered", 10);
	put_row(seq, 1, "verdict", "delivered", delivered);
	put_row(seq, 1, "verdict", "dropped", 2);
	put_row(seq, 1, "held", "qdisc", 1);
	put_row(seq, 1, "held", "fragments", 0);
	put_row(seq, 1, "udp", "NO_SOCKET", 2);
	put_done(seq);
}

START_TEST(test_drops)
{
	struct nlattr *tb[GN_ATTR_MAX_PLUS1];

	/* a packet was on its way when first asked */
	put_ledger(1, 6);
	put_ledger(2, 7);
	put_ledger(3, 7);
	ck_assert_int_eq(run("drops --reset"), 0);
	ck_assert_str_eq(out, "frames (received from devices)\n"
			      "  entered 10 = delivered 7 + dropped 2 + held 1  balanced\n"
			      "    held  qdisc      1  a text\n"
			      "    udp   NO_SOCKET  2  a text\n"
			      "copies (made of others: for a second socket, a tap, a group)\n"
			      "local packets (made here)\n");
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(next_request(sizeof(struct gn_ctl_hdr), tb, GN_ATTR_MAX), GN_CTL_LEDGER);
		ck_assert_int_eq(tb[GN_ATTR_RESET] != NULL, i == 2);
	}
}
END_TEST

START_TEST(test_drops_off)
{
	for (unsigned seq = 1; seq <= 5; seq++)
		put_ledger(seq, 8);
	ck_assert_int_eq(run("drops"), 1);
	ck_assert_ptr_nonnull(strstr(out, "  entered 10 = delivered 8 + dropped 2 + held 1  OFF BY -1\n"));
	ck_assert_str_eq(err, "glassnet: drops: the books do not balance\n");
}
END_TEST

/* --- tables --- */

START_TEST(test_table)
{
	struct table t = { .cols = 3, .right = 2 };

	table_cell(&t, "a");
	table_cell(&t, "%d", 1);
	table_cell(&t, "%s", "");
	table_cell(&t, "long");
	table_cell(&t, "%d", 1000);
	table_cell(&t, "end");
	ck_assert(table_print(&t, cli.out.f, "> "));
	table_cell(&t, "b"); /* a row that is not whole */
	ck_assert(table_print(&t, cli.out.f, ""));
	fflush(cli.out.f);
	ck_assert_str_eq(out, "> a        1\n> long  1000  end\nb\n");
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_link, test_link_one, test_link_set, test_addr,
				       test_route, test_route_get, test_neigh,
				       test_half_a_dump, test_short_attributes, test_ss, test_drops,
				       test_drops_off, test_table, NULL };

	return suite_of("show", setup, teardown, tests);
}
