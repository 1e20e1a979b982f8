/* SPDX-License-Identifier: MIT */
/*
 * check_cli.c - src/cli against a daemon of our own: a socketpair whose other end has the answers ready
 *
 * Each test puts datagrams into the socket, runs one command line and compares output, error text, exit status and the request that came
 * out at the other end. Sequence numbers count up from 1 with each request.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/neighbour.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "support/suite.h"

static struct cli cli;
static int daemon_fd;
static char *out, *err;
static size_t out_len, err_len;

static void setup(void)
{
	int fd[2];

	unsetenv("GLASSNET_SOCKET");
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd), 0);
	cli = (struct cli){ .out = { .f = open_memstream(&out, &out_len) }, .err = open_memstream(&err, &err_len) };
	ck_assert_int_eq(conn_adopt(&cli.conn, fd[0]), 0);
	cli.conn.timeout_ms = 30;
	cli.connected = true;
	daemon_fd = fd[1];
}

static void teardown(void)
{
	cli_fini(&cli);
	fclose(cli.out.f);
	fclose(cli.err);
	free(out);
	free(err);
	if (daemon_fd >= 0)
		close(daemon_fd);
}

/* Run the words of @line: the exit status. */
static int run(const char *line)
{
	char *copy = strdup(line), *argv[16] = { (char *)"glassnet" }, *save = NULL;
	int argc = 1, ret;

	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	ret = cli_main(&cli, argc, argv);
	free(copy);
	fflush(cli.out.f);
	fflush(cli.err);
	return ret;
}

/* --- the daemon's side --- */

static struct nl_msg *answer(int type, unsigned seq, const void *hdr, size_t len)
{
	struct nl_msg *m = nlmsg_alloc_size(65536);

	ck_assert_ptr_nonnull(nlmsg_put(m, 0, seq, type, 0, NLM_F_MULTI));
	ck_assert_int_eq(nlmsg_append(m, (void *)(uintptr_t)hdr, len, NLMSG_ALIGNTO), 0);
	return m;
}

static struct nl_msg *data(unsigned seq)
{
	const struct gn_ctl_hdr hdr = { .version = GN_CTL_VERSION };

	return answer(GN_CTL_DATA, seq, &hdr, sizeof(hdr));
}

static void put(struct nl_msg *m)
{
	struct nlmsghdr *nlh = nlmsg_hdr(m);

	ck_assert_int_eq(send(daemon_fd, nlh, nlh->nlmsg_len, 0), (ssize_t)nlh->nlmsg_len);
	nlmsg_free(m);
}

static void put_done(unsigned seq)
{
	put(answer(NLMSG_DONE, seq, &(int){ 0 }, sizeof(int)));
}

/* NLMSG_ERROR with the request's header only, and @text unless NULL. */
static void put_error(unsigned seq, int error, const char *text)
{
	const struct nlmsgerr e = { .error = error, .msg = { .nlmsg_len = 100 } };
	struct nl_msg *m = answer(NLMSG_ERROR, seq, &e, sizeof(e));

	nlmsg_hdr(m)->nlmsg_flags = (uint16_t)(NLM_F_CAPPED | (text ? NLM_F_ACK_TLVS : 0));
	if (text)
		nla_put_string(m, NLMSGERR_ATTR_MSG, text);
	put(m);
}

static void put_text(unsigned seq, const char *text)
{
	struct nl_msg *m = data(seq);

	nla_put(m, GN_ATTR_DATA, (int)strlen(text), text);
	put(m);
}

/* The next request: its type and, into @tb, its attributes behind a header of @hdr bytes. */
static char request[65536] __attribute__((aligned(8)));
static int next_request(size_t hdr, struct nlattr **tb, int max)
{
	ssize_t n = recv(daemon_fd, request, sizeof(request), MSG_DONTWAIT);
	struct nlmsghdr *nlh = (struct nlmsghdr *)(void *)request;

	ck_assert_int_ge(n, NLMSG_HDRLEN);
	ck_assert_uint_eq(nlh->nlmsg_len, (unsigned)n);
	ck_assert(nlh->nlmsg_flags & NLM_F_REQUEST);
	if (tb)
		ck_assert_int_eq(nlmsg_parse(nlh, (int)hdr, tb, max, NULL), 0);
	return nlh->nlmsg_type;
}

static void no_request(void)
{
	ck_assert_int_eq(recv(daemon_fd, request, sizeof(request), MSG_DONTWAIT), -1);
}

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

/* --- options --- */

START_TEST(test_usage)
{
	static const struct {
		const char *line;
		int status;
		const char *err;
	} rows[] = {
		{ "", 2, "glassnet: a command is missing; `glassnet --help` lists them\n" },
		{ "frob", 2, "glassnet: 'frob' is no command; `glassnet --help` lists them\n" },
		{ "-x link", 2, "glassnet: '-x' is none of: -n NAME, -s SOCKET, --json, --help, --version\n" },
		{ "-n", 2, "glassnet: -n: no name of a daemon: ''\n" },
		{ "-n a/b link", 2, "glassnet: -n: no name of a daemon: 'a/b'\n" },
		{ "link --socket", 2, "glassnet: -s needs the path of a socket\n" },
		{ "cat", 2, "glassnet: cat: a path is missing\nusage: glassnet cat PATH...\n" },
		{ "ls -x", 2, "glassnet: ls: '-x' is no path\nusage: glassnet ls [-l] [PATH]\n" },
		{ "status x", 2, "glassnet: status: 'x' is not -v\nusage: glassnet status [-v]\n" },
		{ "drops x", 2, "glassnet: drops: 'x' is not --reset\nusage: glassnet drops [--reset]\n" },
		{ "ss -z", 2, "glassnet: ss: '-z' is none of: -u, -w, -t, -n, -p, -m, -a\nusage: glassnet ss [-u] [-w] [-t] [-n] [-p] [-m]\n" },
		{ "ss -t", 1, "glassnet: ss: there is no TCP yet: -u shows UDP, -w raw sockets\n" },
		{ "sysctl", 2,
		  "glassnet: sysctl: KEY[=VALUE] or -a is missing\nusage: glassnet sysctl [-w] [-n|-N] KEY[=VALUE]... | -a [-n|-N]\n" },
		{ "link set", 2, "glassnet: link set: 'link set' needs the name of a device behind it\n" },
		{ "route add default via x", 2, "glassnet: route add: via 'x' is no address A.B.C.D\n" },
		{ "run ls", 1, "glassnet: run: not built yet\n" },
		{ "trace", 1, "glassnet: trace: not built yet\n" },
		{ "doctor", 1, "glassnet: doctor: not built yet\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (i) {
			teardown();
			setup();
		}
		ck_assert_msg(run(rows[i].line) == rows[i].status, "%s", rows[i].line);
		ck_assert_str_eq(err, rows[i].err);
		ck_assert_uint_eq(out_len, 0);
		no_request();
	}
}
END_TEST

START_TEST(test_help)
{
	ck_assert_int_eq(run("--help"), 0);
	ck_assert_ptr_nonnull(strstr(out, "\n  drops    the loss ledger: where packets ended\n"));
	ck_assert_ptr_nonnull(strstr(out, "\nNot built yet: run trace explain doctor watch capture\n"));
	teardown();
	setup();
	/* every command explains itself, before or behind its name */
	for (const struct command *cmd = commands; cmd->name; cmd++) {
		char line[40];

		snprintf(line, sizeof(line), "%s --help", cmd->name);
		ck_assert_int_eq(run(line), 0);
		ck_assert_ptr_nonnull(strstr(out, cmd->summary));
		snprintf(line, sizeof(line), "help %s", cmd->name);
		ck_assert_int_eq(run(line), 0);
	}
	ck_assert_int_eq(run("help frob"), 2);
	no_request();
	teardown();
	setup();
	ck_assert_int_eq(run("link --version"), 0);
	ck_assert_str_eq(out, "glassnet " PACKAGE_VERSION "\n");
}
END_TEST

START_TEST(test_socket_path)
{
	const struct cli named = { .name = "gn1" }, given = { .name = "gn1", .socket = "/s" };
	char buf[108], longest[200];

	memset(longest, 'x', sizeof(longest));
	longest[199] = '\0';
	ck_assert_int_eq(cli_socket_path(&named, buf, sizeof(buf)), 0);
	if (!geteuid())
		ck_assert_str_eq(buf, "/run/glassnet/gn1.sock");
	setenv("GLASSNET_SOCKET", "/env", 1);
	ck_assert_int_eq(cli_socket_path(&named, buf, sizeof(buf)), 0);
	ck_assert_str_eq(buf, "/env");
	ck_assert_int_eq(cli_socket_path(&given, buf, sizeof(buf)), 0);
	ck_assert_str_eq(buf, "/s");
	setenv("GLASSNET_SOCKET", longest, 1);
	ck_assert_int_eq(cli_socket_path(&named, buf, sizeof(buf)), -ENAMETOOLONG);
	unsetenv("GLASSNET_SOCKET");
}
END_TEST

START_TEST(test_unreached)
{
	struct cli c = { .out = { .f = cli.out.f }, .err = cli.err };
	char *argv[] = { (char *)"glassnet", (char *)"-s", (char *)"/nonexistent/s", (char *)"status", NULL };

	ck_assert_int_eq(cli_main(&c, 4, argv), 3);
	fflush(cli.err);
	ck_assert_str_eq(err, "glassnet: status: no daemon on /nonexistent/s: start glassnetd, or name another with -n NAME or -s SOCKET\n");
	cli_fini(&c);
}
END_TEST

/* --- the protocol --- */

START_TEST(test_cat)
{
	struct nlattr *tb[GN_ATTR_MAX_PLUS1];

	put_text(99, "not ours");
	put_text(1, "Ip: Forw");
	put_text(1, "arding\n");
	put_done(1);
	put_error(2, -ENOENT, "/nope: No such file or directory");
	ck_assert_int_eq(run("cat /proc/net/snmp /nope"), 1);
	ck_assert_str_eq(out, "Ip: Forwarding\n");
	ck_assert_str_eq(err, "glassnet: cat: /nope: No such file or directory\n");
	ck_assert_int_eq(next_request(sizeof(struct gn_ctl_hdr), tb, GN_ATTR_MAX), GN_CTL_READ);
	ck_assert_str_eq(nla_get_string(tb[GN_ATTR_PATH]), "/proc/net/snmp");
	ck_assert_ptr_null(tb[GN_ATTR_ABI]);
	ck_assert_int_eq(next_request(sizeof(struct gn_ctl_hdr), tb, GN_ATTR_MAX), GN_CTL_READ);
	no_request();
}
END_TEST

START_TEST(test_cat_json)
{
	put_text(1, "a\t\"b\\\x01\xff\xc3\xa9\n");
	put_done(1);
	ck_assert_int_eq(run("cat /x --json"), 0);
	ck_assert_str_eq(out, "[\n  {\n    \"path\": \"/x\",\n    \"text\": \"a\\t\\\"b\\\\\\u0001\\ufffd\xc3\xa9\\n\"\n  }\n]\n");
}
END_TEST

/* Every way in which an answer can lie, each ends as a failure with a text. */
START_TEST(test_malformed)
{
	const struct nlmsgerr whole = { .error = -EINVAL };
	static char big[GN_CTL_MAX + 16];
	struct nl_msg *m;

	for (int kind = 0; kind < 9; kind++) {
		teardown();
		setup();
		m = kind == 3 || kind == 4 ? answer(NLMSG_ERROR, 1, &whole, sizeof(whole)) : data(1);
		switch (kind) {
		case 0: /* longer than its datagram */
			nla_put(m, GN_ATTR_DATA, 1, "x");
			nlmsg_hdr(m)->nlmsg_len += 4;
			ck_assert_int_eq(send(daemon_fd, nlmsg_hdr(m), nlmsg_hdr(m)->nlmsg_len - 4, 0), nlmsg_hdr(m)->nlmsg_len - 4);
			nlmsg_free(m);
			break;
		case 1: /* shorter than a header */
			nlmsg_hdr(m)->nlmsg_len = 8;
			ck_assert_int_eq(send(daemon_fd, nlmsg_hdr(m), 20, 0), 20);
			nlmsg_free(m);
			break;
		case 2: /* a datagram of three bytes */
			ck_assert_int_eq(send(daemon_fd, "abc", 3, 0), 3);
			nlmsg_free(m);
			break;
		case 3: /* an error without its number */
			nlmsg_hdr(m)->nlmsg_len = NLMSG_HDRLEN + 4;
			put(m);
			break;
		case 4: /* an error greater than 0 */
			((struct nlmsgerr *)nlmsg_data(nlmsg_hdr(m)))->error = 5;
			put(m);
			break;
		case 5: /* no attribute that could be a text */
			put(m);
			break;
		case 6: /* another version */
			((struct gn_ctl_hdr *)nlmsg_data(nlmsg_hdr(m)))->version = 2;
			nla_put(m, GN_ATTR_DATA, 1, "x");
			put(m);
			break;
		case 7: /* a string without an end */
			nla_put(m, GN_ATTR_VALUE, 3, "abc");
			put(m);
			break;
		case 8: /* a datagram that is too long */
			nlmsg_free(m);
			ck_assert_int_eq(send(daemon_fd, big, sizeof(big), 0), sizeof(big));
			break;
		}
		ck_assert_msg(run("cat /x") == 1, "kind %d", kind);
		ck_assert_str_eq(err, kind == 8 ? "glassnet: cat: an answer is longer than 65536 bytes\n"
						: "glassnet: cat: an answer is malformed\n");
		ck_assert_str_eq(out, "");
	}
}
END_TEST

START_TEST(test_error_texts)
{
	const struct {
		struct nlmsgerr e;
		char rest[64];
	} quoted = { .e = { .error = -EBUSY, .msg = { .nlmsg_len = NLMSG_HDRLEN + 8 } } };
	struct nl_msg *m;

	put_error(1, -EPERM, NULL);
	ck_assert_int_eq(run("cat /x"), 1);
	ck_assert_str_eq(err, "glassnet: cat: Operation not permitted\n");
	/* the whole request is quoted, the text stands behind it */
	m = answer(NLMSG_ERROR, 2, &quoted, sizeof(quoted.e) + 8);
	nlmsg_hdr(m)->nlmsg_flags = NLM_F_ACK_TLVS;
	nla_put(m, NLMSGERR_ATTR_MSG, 11, "with\033[1mend"); /* no final 0 */
	put(m);
	ck_assert_int_eq(run("cat /x"), 1);
	ck_assert_str_eq(err, "glassnet: cat: Operation not permitted\nglassnet: cat: with?[1mend\n");
	/* a quote that lies about its length hides the text, no more */
	m = answer(NLMSG_ERROR, 3, &quoted, sizeof(quoted.e));
	((struct nlmsgerr *)nlmsg_data(nlmsg_hdr(m)))->msg.nlmsg_len = 4000;
	nlmsg_hdr(m)->nlmsg_flags = NLM_F_ACK_TLVS;
	put(m);
	ck_assert_int_eq(run("cat /x"), 1);
	ck_assert_ptr_nonnull(strstr(err, "glassnet: cat: Device or resource busy\n"));
}
END_TEST

START_TEST(test_silence)
{
	ck_assert_int_eq(run("status"), 1);
	ck_assert_str_eq(err, "glassnet: status: the daemon did not answer within 0.03 s: busy, or stopped\n");
	/* answers to others are no life sign for us */
	put_text(7, "x");
	ck_assert_int_eq(run("status"), 1);
	close(daemon_fd);
	daemon_fd = -1;
	ck_assert_int_eq(run("status"), 1);
}
END_TEST

START_TEST(test_hang_up)
{
	put_text(1, "half");
	shutdown(daemon_fd, SHUT_WR);
	ck_assert_int_eq(run("cat /x"), 1);
	ck_assert_str_eq(err, "glassnet: cat: the daemon hung up\n");
	ck_assert_str_eq(out, "");
}
END_TEST

START_TEST(test_stop)
{
	put_error(1, 0, NULL);
	shutdown(daemon_fd, SHUT_WR);
	ck_assert_int_eq(run("stop"), 0);
	ck_assert_int_eq(next_request(0, NULL, 0), GN_CTL_STOP);
	teardown();
	setup();
	put_error(1, 0, NULL);
	ck_assert_int_eq(run("stop"), 1);
	ck_assert_str_eq(err, "glassnet: stop: the daemon took the request but still runs\n");
}
END_TEST

/* --- files --- */

START_TEST(test_ls)
{
	static const struct {
		const char *name;
		uint32_t mode;
	} rows[] = { { "udp", S_IFREG | 0444 }, { "stat", S_IFDIR | 0555 }, { "a\033b", S_IFREG | 0644 } };

	for (int i = 0; i < 3; i++) {
		struct nl_msg *m = data(1);

		nla_put_string(m, GN_ATTR_NAME, rows[i].name);
		nla_put_u32(m, GN_ATTR_MODE, rows[i].mode);
		put(m);
	}
	put_done(1);
	ck_assert_int_eq(run("ls -l /proc/net"), 0);
	ck_assert_str_eq(out, "-rw-r--r-- a?b\ndr-xr-xr-x stat/\n-r--r--r-- udp\n");
}
END_TEST

static void put_key(unsigned seq, const char *key, const char *value)
{
	struct nl_msg *m = data(seq);

	nla_put_string(m, GN_ATTR_KEY, key);
	nla_put_string(m, GN_ATTR_VALUE, value);
	put(m);
}

START_TEST(test_sysctl)
{
	struct nlattr *tb[GN_ATTR_MAX_PLUS1];

	put_error(1, 0, NULL);
	put_key(2, "net.ipv4.ip_forward", "1");
	put_done(2);
	put_key(3, "a.b", "2");
	put_done(3);
	ck_assert_int_eq(run("sysctl net.ipv4.ip_forward=1 a.b"), 0);
	ck_assert_str_eq(out, "net.ipv4.ip_forward = 1\na.b = 2\n");
	ck_assert_int_eq(next_request(sizeof(struct gn_ctl_hdr), tb, GN_ATTR_MAX), GN_CTL_WRITE);
	ck_assert_str_eq(nla_get_string(tb[GN_ATTR_PATH]), "/proc/sys/net/ipv4/ip_forward");
	ck_assert_int_eq(nla_len(tb[GN_ATTR_DATA]), 2);
	ck_assert_int_eq(memcmp(nla_data(tb[GN_ATTR_DATA]), "1\n", 2), 0);
	ck_assert_int_eq(next_request(sizeof(struct gn_ctl_hdr), tb, GN_ATTR_MAX), GN_CTL_SYSCTL);
	ck_assert_str_eq(nla_get_string(tb[GN_ATTR_KEY]), "net.ipv4.ip_forward");
	put_key(4, "a.b", "2");
	put_key(4, "c", "x");
	put_done(4);
	ck_assert_int_eq(run("sysctl -aN"), 0);
	ck_assert_str_eq(out, "net.ipv4.ip_forward = 1\na.b = 2\na.b\nc\n");
	ck_assert_int_eq(run("sysctl -w a.b"), 2);
}
END_TEST

START_TEST(test_write)
{
	struct nlattr *tb[GN_ATTR_MAX_PLUS1];

	put_error(1, 0, NULL);
	/* what is written may look like an option */
	ck_assert_int_eq(run("write /x --json -n"), 0);
	ck_assert(!cli.out.json);
	ck_assert_int_eq(next_request(sizeof(struct gn_ctl_hdr), tb, GN_ATTR_MAX), GN_CTL_WRITE);
	ck_assert_int_eq(nla_len(tb[GN_ATTR_DATA]), 10);
	ck_assert_int_eq(memcmp(nla_data(tb[GN_ATTR_DATA]), "--json -n\n", 10), 0);
	ck_assert_ptr_nonnull(tb[GN_ATTR_TRUNC]);
}
END_TEST

START_TEST(test_status)
{
	static const char text[] = "version=1\nname=gn0\npid=7\nuptime_s=1.5\ncpus=2\nsockets=3\ndevice=lo up\ndevice=tap0 down\n";

	put_text(1, text);
	put_done(1);
	ck_assert_int_eq(run("status"), 0);
	ck_assert_str_eq(out, "gn0 serving: glassnetd 1, pid 7, up 1.5 s, 2 cpus, 3 sockets, devices: lo up, tap0 down\n");
	put_text(2, text);
	put_done(2);
	ck_assert_int_eq(run("status -v"), 0);
	ck_assert_ptr_nonnull(strstr(out, text));
}
END_TEST

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
	const TTest *const tests[] = { test_usage, test_help,	  test_socket_path, test_unreached, test_cat,	 test_cat_json,
				       test_malformed, test_error_texts, test_silence, test_hang_up, test_stop, test_ls, test_sysctl,
				       test_write, test_status,	  test_link,	    test_link_one,  test_link_set, test_addr, test_route,
				       test_route_get, test_neigh, test_short_attributes, test_ss, test_drops, test_drops_off,
				       test_table, NULL };

	return suite_of("cli", setup, teardown, tests);
}
