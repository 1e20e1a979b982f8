/* SPDX-License-Identifier: MIT */
/*
 * check_line.c - src/line: words to messages, byte by byte, and what wrong words are told
 *
 * Expected bytes are written out in words of 32 bits as they lie in memory on a little-endian host, after the message's length, type
 * and flags: the header of the family, then attributes (length, type, value).
 */
#include <endian.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>

#include "line/line.h"
#include "line/names.h"
#include "support/suite.h"

#define NEW_EXCL (NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL)
#define NEW_REPLACE (NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE)
#define NEW_APPEND (NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_APPEND)
#define CHANGE (NLM_F_REQUEST | NLM_F_ACK | NLM_F_REPLACE)
#define PLAIN (NLM_F_REQUEST | NLM_F_ACK)
#define GN_WRITE 0x1002 /* GN_CTL_WRITE: a promise to older clients */

struct good {
	const char *line;
	int type, flags;
	const char *bytes;
};

struct bad {
	const char *line;
	int ret;
	const char *text;
};

const char *suite_skip(void)
{
	return htole16(1) == 1 ? NULL : "the expected bytes are of a little-endian host";
}

static int ifindex(void *ctx, const char *name)
{
	(*(int *)ctx)++;
	return !strcmp(name, "tap0") ? 2 : !strcmp(name, "lo") ? 1 : 0;
}

static int compile(const char *line, struct nl_msg **msg, char *err, size_t errlen)
{
	char *argv[64], *copy = strdup(line);
	int asked = 0, argc, ret;
	const struct line_names names = { ifindex, &asked };

	argc = line_split(copy, argv, 64);
	ck_assert_int_ge(argc, 0);
	ret = line_compile(argc, argv, &names, msg, err, errlen);
	free(copy);
	return ret;
}

static void check_good(const struct good *g)
{
	char err[200], hex[1024] = "";
	const unsigned char *p;
	struct nlmsghdr *nlh;
	struct nl_msg *msg;

	ck_assert_msg(compile(g->line, &msg, err, sizeof(err)) == 0, "%s: %s", g->line, err);
	nlh = nlmsg_hdr(msg);
	p = (const unsigned char *)nlh;
	for (unsigned i = NLMSG_HDRLEN; i < nlh->nlmsg_len; i++)
		sprintf(hex + strlen(hex), "%s%02x", i % 4 || i == NLMSG_HDRLEN ? "" : " ", p[i]);
	ck_assert_str_eq(hex, g->bytes);
	ck_assert_msg(nlh->nlmsg_type == g->type, "%s: type %#x", g->line, nlh->nlmsg_type);
	ck_assert_msg(nlh->nlmsg_flags == g->flags, "%s: flags %#x", g->line, nlh->nlmsg_flags);
	ck_assert_str_eq(err, "");
	nlmsg_free(msg);
}

static void check_bad(const struct bad *b)
{
	struct nl_msg *msg = (struct nl_msg *)-1;
	char err[300], small[12];

	ck_assert_msg(compile(b->line, &msg, err, sizeof(err)) == b->ret, "%s: %s", b->line, err);
	ck_assert_str_eq(err, b->text);
	ck_assert_ptr_null(msg);
	/* a text that does not fit is cut, not written past its end */
	memset(small, 'x', sizeof(small));
	ck_assert_int_eq(compile(b->line, &msg, small, 8), b->ret);
	ck_assert_int_eq(strlen(small), 7);
	ck_assert_int_eq(small[8], 'x');
	ck_assert_int_eq(compile(b->line, &msg, NULL, 0), b->ret);
}

#define CHECK_ALL(check, rows)                                                                                                       \
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)                                                                  \
	check(&rows[i])

START_TEST(test_split)
{
	char line[] = "  link set\ttap0 up # not this\n", hash[] = "a#b c", comment[] = "  # x", empty[] = "\n";
	char *argv[4];

	ck_assert_int_eq(line_split(line, argv, 4), 4);
	ck_assert_str_eq(argv[0], "link");
	ck_assert_str_eq(argv[1], "set");
	ck_assert_str_eq(argv[2], "tap0");
	ck_assert_str_eq(argv[3], "up");
	ck_assert_int_eq(line_split(hash, argv, 4), 2);
	ck_assert_str_eq(argv[0], "a#b");
	ck_assert_int_eq(line_split(comment, argv, 4), 0);
	ck_assert_int_eq(line_split(empty, argv, 4), 0);
	strcpy(line, "1 2 3 4 5");
	ck_assert_int_eq(line_split(line, argv, 4), -E2BIG);
	strcpy(line, "1 2 3 4");
	ck_assert_int_eq(line_split(line, argv, 4), 4);
}
END_TEST

START_TEST(test_object)
{
	ck_assert_str_eq(line_object("l"), "link");
	ck_assert_str_eq(line_object("addr"), "addr");
	ck_assert_str_eq(line_object("address"), "addr");
	ck_assert_str_eq(line_object("r"), "route");
	ck_assert_str_eq(line_object("neighbor"), "neigh");
	ck_assert_str_eq(line_object("sysctl"), "sysctl");
	ck_assert_ptr_null(line_object("sys"));
	ck_assert_ptr_null(line_object("links"));
	ck_assert_ptr_null(line_object(""));
}
END_TEST

START_TEST(test_link)
{
	static const struct good rows[] = {
		{ "link set tap0 up", RTM_NEWLINK, PLAIN, "00000000 02000000 01000000 01000000" },
		{ "l s dev tap0 down", RTM_NEWLINK, PLAIN, "00000000 02000000 00000000 01000000" },
		/* "arp on" clears IFF_NOARP (0x80); multicast is 0x1000, allmulticast 0x200, promisc 0x100 */
		{ "link set tap0 promisc on arp on multicast off allmulticast on", RTM_NEWLINK, PLAIN,
		  "00000000 02000000 00030000 80130000" },
		{ "link set tap0 arp off", RTM_NEWLINK, PLAIN, "00000000 02000000 80000000 80000000" },
		{ "link set tap0 mtu 1500 qlen 7 address 02:00:00:00:00:A1 brd ff:ff:ff:ff:ff:ff name eth1", RTM_NEWLINK, PLAIN,
		  "00000000 02000000 00000000 00000000 09000300 65746831 00000000 08000400 dc050000 08000d00 07000000 "
		  "0a000100 02000000 00a10000 0a000200 ffffffff ffff0000" },
		{ "link add tap1 mtu 1400 type tap spec tap:foo up", RTM_NEWLINK, NEW_EXCL,
		  "00000000 00000000 01000000 01000000 09000300 74617031 00000000 08000400 78050000 "
		  "18001280 08000100 74617000 0c000200 7461703a 666f6f00" },
		{ "link add type null", RTM_NEWLINK, NEW_EXCL,
		  "00000000 00000000 00000000 00000000 10001280 09000100 6e756c6c 00000000" },
		{ "link del tap0", RTM_DELLINK, PLAIN, "00000000 02000000 00000000 00000000" },
	};

	CHECK_ALL(check_good, rows);
}
END_TEST

#define SET_WORDS "up, down, mtu N, address MAC, broadcast MAC, name NEW, txqueuelen N, arp, multicast, allmulticast, promisc on|off"
START_TEST(test_link_wrong)
{
	static const struct bad rows[] = {
		{ "link", -EINVAL, "link: a verb is missing: set, add, del" },
		{ "link foo", -EINVAL, "link: 'foo' is none of: set, add, del" },
		{ "link set", -EINVAL, "link set: 'link set' needs the name of a device behind it" },
		{ "link set tap0", -EINVAL, "link set: nothing to set: " SET_WORDS },
		{ "link set tap1 up", -ENODEV, "link set: there is no device 'tap1'" },
		{ "link set a-name-that-is-longer up", -ENODEV, "link set: there is no device 'a-name-that-is-longer'" },
		{ "link set tap0 upp", -EINVAL, "link set: 'upp' is none of: " SET_WORDS },
		{ "link set tap0 mtu", -EINVAL, "link set: 'mtu' needs a number behind it" },
		{ "link set tap0 mtu -1", -EINVAL, "link set: mtu '-1' is no number from 0 to 2147483647" },
		{ "link set tap0 mtu 15x", -EINVAL, "link set: mtu '15x' is no number from 0 to 2147483647" },
		{ "link set tap0 mtu 2147483648", -EINVAL, "link set: mtu '2147483648' is no number from 0 to 2147483647" },
		{ "link set tap0 address 2:3:4:5:6", -EINVAL, "link set: address '2:3:4:5:6' is no address aa:bb:cc:dd:ee:ff" },
		{ "link set tap0 address 2:3:4:5:6:7:8", -EINVAL, "link set: address '2:3:4:5:6:7:8' is no address aa:bb:cc:dd:ee:ff" },
		{ "link set tap0 address 2:3:4:5:6:g", -EINVAL, "link set: address '2:3:4:5:6:g' is no address aa:bb:cc:dd:ee:ff" },
		{ "link set tap0 promisc yes", -EINVAL, "link set: promisc 'yes' is neither on nor off" },
		{ "link set tap0 name sixteen-letters-", -EINVAL, "link set: 'sixteen-letters-' is no name of 1 to 15 letters" },
		{ "link add tap1", -EINVAL, "link add: 'type KIND' is missing" },
		{ "link add tap1 tap2 type tap", -EINVAL,
		  "link add: 'tap2' is none of: type KIND, spec TEXT, mtu N, address MAC, txqueuelen N, up, down" },
		{ "link add tap1 type", -EINVAL, "link add: 'type' needs a kind of device behind it" },
		{ "link add tap1 type abcdefghijklmnopqrstuvwxyz012345", -EINVAL,
		  "link add: KIND is longer than 31 or TEXT than 511" },
		{ "link del tap0 now", -EINVAL, "link del: 'now' is one word too many" },
	};

	CHECK_ALL(check_bad, rows);
}
END_TEST

START_TEST(test_addr)
{
	static const struct good rows[] = {
		/* family, length, flags, scope; index; LOCAL 2, ADDRESS 1, BROADCAST 4, LABEL 3 */
		{ "addr add 10.0.0.1/24 dev tap0", RTM_NEWADDR, NEW_EXCL, "02180000 02000000 08000200 0a000001 08000100 0a000001" },
		{ "a r 10.0.0.1/24 brd + dev tap0 label tap0:1 scope link", RTM_NEWADDR, NEW_REPLACE,
		  "021800fd 02000000 08000200 0a000001 08000100 0a000001 08000400 0a0000ff 0b000300 74617030 3a310000" },
		{ "addr change 10.1.2.3/30 dev tap0 broadcast -", RTM_NEWADDR, CHANGE,
		  "021e0000 02000000 08000200 0a010203 08000100 0a010203 08000400 0a010200" },
		{ "addr add 10.0.0.1 dev tap0 broadcast 10.0.0.9", RTM_NEWADDR, NEW_EXCL,
		  "02200000 02000000 08000200 0a000001 08000100 0a000001 08000400 0a000009" },
		{ "addr add 127.0.0.2/8 dev lo", RTM_NEWADDR, NEW_EXCL, "020800fe 01000000 08000200 7f000002 08000100 7f000002" },
		{ "addr add local 10.0.0.1 peer 10.0.0.2/32 dev tap0 metric 5 noprefixroute", RTM_NEWADDR, NEW_EXCL,
		  "02200000 02000000 08000200 0a000001 08000100 0a000002 08000800 00020000 08000900 05000000" },
		{ "addr add peer 10.9.0.0/16 local 10.0.0.1 dev tap0", RTM_NEWADDR, NEW_EXCL,
		  "02100000 02000000 08000200 0a000001 08000100 0a090000" },
		/* without a length: the address, whatever its length; with one: that prefix */
		{ "addr del 10.0.0.1 dev tap0", RTM_DELADDR, PLAIN, "02200000 02000000 08000200 0a000001" },
		{ "addr del 10.0.0.1/24 dev tap0", RTM_DELADDR, PLAIN, "02180000 02000000 08000200 0a000001 08000100 0a000001" },
	};

	CHECK_ALL(check_good, rows);
}
END_TEST

#define ADDR_WORDS "dev DEV, broadcast A.B.C.D|+|-, label NAME, scope S, peer A.B.C.D[/LEN], metric N, noprefixroute"
START_TEST(test_addr_wrong)
{
	static const struct bad rows[] = {
		{ "addr", -EINVAL, "addr: a verb is missing: add, replace, change, del" },
		{ "addr set", -EINVAL, "addr: 'set' is none of: add, replace, change, del" },
		{ "addr add", -EINVAL, "addr add: the address A.B.C.D[/LEN] is missing" },
		{ "addr add 10.0.0.1/24", -EINVAL, "addr add: 'dev DEV' is missing" },
		{ "addr add 10.0.0.1/24 dev", -EINVAL, "addr add: 'dev' needs the name of a device behind it" },
		{ "addr add 10.0.0.1/24 dev tap9", -ENODEV, "addr add: there is no device 'tap9'" },
		{ "addr add 10.0.0.1/33 dev tap0", -EINVAL, "addr add: '10.0.0.1/33': '33' is no length from 0 to 32" },
		{ "addr add 10.0.0.1/ dev tap0", -EINVAL, "addr add: '10.0.0.1/': '' is no length from 0 to 32" },
		{ "addr add 10.0.0/24 dev tap0", -EINVAL, "addr add: '10.0.0/24' is no address A.B.C.D[/LEN]" },
		{ "addr add 10.0.0.256 dev tap0", -EINVAL, "addr add: '10.0.0.256' is no address A.B.C.D[/LEN]" },
		{ "addr add 1.1.1.1111111111111111111 dev tap0", -EINVAL,
		  "addr add: '1.1.1.1111111111111111111' is no address A.B.C.D[/LEN]" },
		{ "addr add 10.0.0.1 local 10.0.0.2 dev tap0", -EINVAL, "addr add: '10.0.0.2' is a second address" },
		{ "addr add 10.0.0.1 foo", -EINVAL, "addr add: 'foo' is none of: " ADDR_WORDS },
		{ "addr add foo", -EINVAL, "addr add: 'foo' is none of: A.B.C.D[/LEN], " ADDR_WORDS },
		{ "addr add 10.0.0.1/24 broadcast x dev tap0", -EINVAL, "addr add: broadcast 'x' is none of: A.B.C.D, +, -" },
		{ "addr add 10.0.0.1/31 brd + dev tap0", -EINVAL, "addr add: a prefix of 31 bits has no broadcast address" },
		{ "addr add 10.0.0.1/24 scope far dev tap0", -EINVAL,
		  "addr add: scope 'far' is none of: global, universe, site, link, host, nowhere, 0 to 255" },
		{ "addr add 10.0.0.1/24 dev tap0 label eth0:1", -EINVAL,
		  "addr add: label 'eth0:1' is neither 'tap0' nor begins with 'tap0:'" },
		{ "addr add 10.0.0.1/24 dev tap0 label tap0:1234567890a", -EINVAL,
		  "addr add: label 'tap0:1234567890a' is longer than 15 letters" },
	};

	CHECK_ALL(check_bad, rows);
}
END_TEST

START_TEST(test_route)
{
	static const struct good rows[] = {
		/* family, dst_len, src_len, tos; table, protocol, scope, type; flags */
		{ "route add default via 10.0.0.2", RTM_NEWROUTE, NEW_EXCL, "02000000 fe030001 00000000 08000500 0a000002" },
		/* without a gateway the scope is link (253) */
		{ "r a 10.1.0.0/16 dev tap0", RTM_NEWROUTE, NEW_EXCL,
		  "02100000 fe03fd01 00000000 08000100 0a010000 08000400 02000000" },
		{ "route append 10/8 via inet 10.0.0.2 src 10.0.0.1 metric 5 tos 0x10 onlink", RTM_NEWROUTE, NEW_APPEND,
		  "02080010 fe030001 04000000 08000100 0a000000 08000500 0a000002 08000700 0a000001 08000600 05000000" },
		{ "route append 10.0.0.1 dev tap0", RTM_NEWROUTE, NEW_APPEND,
		  "02200000 fe03fd01 00000000 08000100 0a000001 08000400 02000000" },
		{ "route replace 10.1/16 via 10.0.0.2 mtu lock 1400 advmss 1360 hoplimit 9 proto static table 1000", RTM_NEWROUTE,
		  NEW_REPLACE,
		  "02100000 00040001 00000000 08000100 0a010000 08000500 0a000002 08000f00 e8030000 "
		  "24000880 08000100 04000000 08000200 78050000 08000800 50050000 08000a00 09000000" },
		{ "route change to 10.1.0.0/16 via 10.0.0.2 table 77 scope site", RTM_NEWROUTE, CHANGE,
		  "02100000 4d03c801 00000000 08000100 0a010000 08000500 0a000002" },
		{ "route add blackhole 10.0.0.0/8", RTM_NEWROUTE, NEW_EXCL, "02080000 fe030006 00000000 08000100 0a000000" },
		{ "route add unreachable default", RTM_NEWROUTE, NEW_EXCL, "02000000 fe030007 00000000" },
		{ "route add prohibit any", RTM_NEWROUTE, NEW_EXCL, "02000000 fe030008 00000000" },
		/* into table local, of scope host; broadcast: of scope link */
		{ "route add local 10.7.0.1 dev lo", RTM_NEWROUTE, NEW_EXCL,
		  "02200000 ff03fe02 00000000 08000100 0a070001 08000400 01000000" },
		{ "route add broadcast 10.7.0.255 dev tap0", RTM_NEWROUTE, NEW_EXCL,
		  "02200000 ff03fd03 00000000 08000100 0a0700ff 08000400 02000000" },
		{ "route del 10.1.0.0/16", RTM_DELROUTE, PLAIN, "02100000 fe00ff00 00000000 08000100 0a010000" },
	};

	CHECK_ALL(check_good, rows);
}
END_TEST

#define ROUTE_WORDS "via, dev, src, metric, mtu [lock], advmss, hoplimit, table, scope, proto, tos, onlink"
START_TEST(test_route_wrong)
{
	static const struct bad rows[] = {
		{ "route", -EINVAL, "route: a verb is missing: add, append, replace, change, del" },
		{ "route flush", -EINVAL, "route: 'flush' is none of: add, append, replace, change, del" },
		{ "route add", -EINVAL, "route add: the destination is missing: A.B.C.D[/LEN] or default" },
		{ "route add via 10.0.0.1", -EINVAL, "route add: the destination is missing: A.B.C.D[/LEN] or default" },
		{ "route add default via", -EINVAL, "route add: 'via' needs an address A.B.C.D behind it" },
		{ "route add default via gw", -EINVAL, "route add: via 'gw' is no address A.B.C.D" },
		{ "route add default dev tap9", -ENODEV, "route add: there is no device 'tap9'" },
		{ "route add defualt", -EINVAL, "route add: 'defualt' is none of: TYPE, A.B.C.D[/LEN], default, " ROUTE_WORDS },
		{ "route add default default", -EINVAL, "route add: 'default' is none of: " ROUTE_WORDS },
		{ "route add 10.0.0/8x", -EINVAL, "route add: '10.0.0/8x': '8x' is no length from 0 to 32" },
		{ "route add 10.0", -EINVAL, "route add: '10.0' is no address A.B.C.D[/LEN]" },
		{ "route add default mtu lock", -EINVAL, "route add: 'mtu' needs a number behind it" },
		{ "route add default metric 4294967296", -EINVAL, "route add: metric '4294967296' is no number from 0 to 4294967295" },
		{ "route add default tos 256", -EINVAL, "route add: tos '256' is no number from 0 to 255" },
		{ "route add default proto ospf", -EINVAL,
		  "route add: proto 'ospf' is none of: unspec, redirect, kernel, boot, static, ra, dhcp, 0 to 255" },
		{ "route add default table mine", -EINVAL, "route add: table 'mine' is none of: main, local, default, 0 to 4294967295" },
	};

	CHECK_ALL(check_bad, rows);
}
END_TEST

START_TEST(test_neigh)
{
	static const struct good rows[] = {
		/* family; index; state (16), flags, type: PERMANENT is 0x80 */
		{ "neigh add 10.0.0.2 lladdr 2:0:0:0:0:2 dev tap0", RTM_NEWNEIGH, NEW_EXCL,
		  "02000000 02000000 80000000 08000100 0a000002 0a000200 02000000 00020000" },
		{ "n r to 10.0.0.2 lladdr 2:0:0:0:0:2 dev tap0 nud stale", RTM_NEWNEIGH, NEW_REPLACE,
		  "02000000 02000000 04000000 08000100 0a000002 0a000200 02000000 00020000" },
		{ "neigh change 10.0.0.2 dev tap0 nud reachable", RTM_NEWNEIGH, CHANGE, "02000000 02000000 02000000 08000100 0a000002" },
		{ "neigh add 10.0.0.2 dev tap0 nud noarp", RTM_NEWNEIGH, NEW_EXCL, "02000000 02000000 40000000 08000100 0a000002" },
		{ "neigh del 10.0.0.2 dev tap0", RTM_DELNEIGH, PLAIN, "02000000 02000000 80000000 08000100 0a000002" },
	};

	CHECK_ALL(check_good, rows);
}
END_TEST

START_TEST(test_neigh_wrong)
{
	static const struct bad rows[] = {
		{ "neigh", -EINVAL, "neigh: a verb is missing: add, replace, change, del" },
		{ "neigh flush", -EINVAL, "neigh: 'flush' is none of: add, replace, change, del" },
		{ "neigh add", -EINVAL, "neigh add: the neighbour's address A.B.C.D is missing" },
		{ "neigh add 10.0.0.2", -EINVAL, "neigh add: 'dev DEV' is missing" },
		{ "neigh add 10.0.0.2 dev tap0", -EINVAL, "neigh add: 'lladdr MAC' is missing" },
		{ "neigh add 10.0.0.2/24 dev tap0", -EINVAL, "neigh add: neighbour '10.0.0.2/24' is no address A.B.C.D" },
		{ "neigh add 10.0.0.2 10.0.0.3", -EINVAL, "neigh add: '10.0.0.3' is none of: lladdr MAC, dev DEV, nud STATE" },
		{ "neigh add bob", -EINVAL, "neigh add: 'bob' is none of: A.B.C.D, lladdr MAC, dev DEV, nud STATE" },
		{ "neigh add 10.0.0.2 lladdr 1:2 dev tap0", -EINVAL, "neigh add: lladdr '1:2' is no address aa:bb:cc:dd:ee:ff" },
		{ "neigh add 10.0.0.2 nud fresh", -EINVAL,
		  "neigh add: nud 'fresh' is none of: permanent, noarp, reachable, stale, delay, probe, failed, incomplete, none, 0 to "
		  "255" },
	};

	CHECK_ALL(check_bad, rows);
}
END_TEST

START_TEST(test_files)
{
	/* version 1; PATH (1); DATA (2) with its newline; TRUNC (8) */
	static const char forward[] = "01000000 22000100 2f70726f 632f7379 732f6e65 742f6970 76342f69 705f666f 72776172 64000000 "
				      "06000200 310a0000";
	const struct good rows[] = {
		{ "sysctl net.ipv4.ip_forward=1", GN_WRITE, PLAIN, forward },
		{ "sysctl -w net.ipv4.ip_forward = 1", GN_WRITE, PLAIN, forward },
		{ "net.ipv4.ip_forward = 1", GN_WRITE, PLAIN, forward },
		{ "net.ipv4.ip_forward=1 # router", GN_WRITE, PLAIN, forward },
		{ "net/ipv4/ip_forward=1", GN_WRITE, PLAIN, forward },
		{ "/proc/sys/net/ipv4/ip_forward =1", GN_WRITE, PLAIN, forward },
		/* a dot in a name is written as a slash: /proc/sys/a/e0.1 */
		{ "a.e0/1 = 5 6  7", GN_WRITE, PLAIN, "01000000 15000100 2f70726f 632f7379 732f612f 65302e31 00000000 0a000200 35203620 370a0000" },
		{ "a/e0.1=", GN_WRITE, PLAIN, "01000000 15000100 2f70726f 632f7379 732f612f 65302e31 00000000 05000200 0a000000" },
		{ "write /x a b", GN_WRITE, PLAIN, "01000000 07000100 2f780000 08000200 6120620a 04000800" },
		{ "write -a /x a", GN_WRITE, PLAIN, "01000000 07000100 2f780000 06000200 610a0000" },
	};

	CHECK_ALL(check_good, rows);
}
END_TEST

START_TEST(test_files_wrong)
{
	static const struct bad rows[] = {
		{ "sysctl", -EINVAL, "sysctl: KEY=VALUE is missing" },
		{ "sysctl net.ipv4.ip_forward", -EINVAL, "sysctl: 'net.ipv4.ip_forward' is not KEY=VALUE" },
		{ "=1", -EINVAL, "sysctl: '' is no key like net.ipv4.ip_forward" },
		{ "sysctl a b=1", -EINVAL, "sysctl: 'a b' is no key like net.ipv4.ip_forward" },
		{ "write", -EINVAL, "write: 'write' needs PATH TEXT behind it" },
		{ "write x 1", -EINVAL, "write: 'x' is no path from the root, like /proc/sys/..." },
		{ "write /x", -EINVAL, "write: '/x' needs TEXT behind it" },
		{ "frobnicate", -EINVAL, "'frobnicate' is none of: link, addr, route, neigh, sysctl, write, KEY = VALUE" },
	};
	char line[40000], err[200];
	struct nl_msg *msg;

	CHECK_ALL(check_bad, rows);
	memset(line, 'a', sizeof(line));
	line[501] = '=';
	line[502] = '\0';
	ck_assert_int_eq(compile(line, &msg, err, sizeof(err)), -EINVAL);
	line[500] = '=';
	line[501] = '\0';
	ck_assert_int_eq(compile(line, &msg, err, sizeof(err)), 0);
	nlmsg_free(msg);
	/* a text of 32767 bytes fits, one more does not */
	memset(line, 'a', sizeof(line));
	memcpy(line, "write /x ", 9);
	line[9 + 32767] = '\0';
	ck_assert_int_eq(compile(line, &msg, err, sizeof(err)), 0);
	ck_assert_uint_eq(nlmsg_hdr(msg)->nlmsg_len, 16 + 4 + 8 + 4 + 32768 + 4);
	nlmsg_free(msg);
	line[9 + 32767] = 'a';
	line[9 + 32768] = '\0';
	ck_assert_int_eq(compile(line, &msg, err, sizeof(err)), -EINVAL);
	ck_assert_str_eq(err, "write: the text is longer than 32767");
}
END_TEST

START_TEST(test_no_words)
{
	struct nl_msg *msg;
	char err[40];

	ck_assert_int_eq(line_compile(0, NULL, NULL, &msg, err, sizeof(err)), -EINVAL);
	ck_assert_str_eq(err, "no words");
}
END_TEST

START_TEST(test_names)
{
	char buf[16], list[64];
	uint32_t v;

	ck_assert_str_eq(line_name_of(line_scopes, 0, buf, sizeof(buf)), "global");
	ck_assert_str_eq(line_name_of(line_protos, 4, buf, sizeof(buf)), "static");
	ck_assert_str_eq(line_name_of(line_protos, 99, buf, sizeof(buf)), "99");
	ck_assert_int_eq(line_name_value(line_scopes, "universe", 255, &v), 0);
	ck_assert_uint_eq(v, 0);
	ck_assert_int_eq(line_name_value(line_scopes, "0xff", 255, &v), 0);
	ck_assert_uint_eq(v, 255);
	ck_assert_int_eq(line_name_value(line_scopes, "256", 255, &v), -EINVAL);
	ck_assert_int_eq(line_name_value(line_scopes, "-1", 255, &v), -EINVAL);
	ck_assert_int_eq(line_name_value(line_scopes, "", 255, &v), -EINVAL);
	ck_assert_str_eq(line_name_list(line_tables, list, sizeof(list)), "main, local, default");
	ck_assert_str_eq(line_name_list(line_tables, list, 8), "main, l");
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_split, test_object,	     test_link,	  test_link_wrong,  test_addr,	test_addr_wrong, test_route,
				       test_route_wrong, test_neigh, test_neigh_wrong, test_files, test_files_wrong, test_no_words,
				       test_names, NULL };

	return suite_of("line", NULL, NULL, tests);
}
