/* SPDX-License-Identifier: MIT */
/*
 * check_cli.c - src/cli: options, the protocol and its lies, files, knobs, the daemon
 */
#include <errno.h>
#include <sys/stat.h>

#include "fake.h"

/* --- options --- */

#define RUN_USAGE "usage: glassnet run [-n NAME] [--embedded SPEC] [--calls] [--strong] [--no-tcp] [--] PROGRAM [ARG...]\n"

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
		{ "run", 2, "glassnet: run: a program is missing\n" RUN_USAGE },
		{ "run --", 2, "glassnet: run: a program is missing\n" RUN_USAGE },
		{ "run --call ls", 2, "glassnet: run: '--call' is none of: -n NAME, -s SOCKET, --calls, --embedded SPEC, --no-tcp, --strong\n" RUN_USAGE },
		{ "run -n a/b ls", 2, "glassnet: -n: no name of a daemon: 'a/b'\n" },
		{ "run no-such-program --help", 127, "glassnet: run: no-such-program: No such file or directory\n" },
		{ "run -- -n", 127, "glassnet: run: -n: No such file or directory\n" },
		{ "run --calls /", 126, "glassnet: run: /: Is a directory\n" },
		{ "run /dev/null/x", 127, "glassnet: run: /dev/null/x: Not a directory\n" },
		{ "trace", 2, "glassnet: trace: one of these is missing: graph, record, packets, view\nusage: glassnet trace graph|record|packets|view ...\n" },
		{ "trace frob", 2, "glassnet: trace: 'frob' is none of: graph, record, packets, view\nusage: glassnet trace graph|record|packets|view ...\n" },
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
	ck_assert_ptr_nonnull(strstr(out, "\nNot built yet: explain doctor watch capture\n"));
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

Suite *suite(void)
{
	const TTest *const tests[] = { test_usage, test_help, test_socket_path, test_unreached,
				       test_cat, test_cat_json, test_malformed, test_error_texts,
				       test_silence, test_hang_up, test_stop, test_ls,
				       test_sysctl, test_write, test_status, NULL };

	return suite_of("cli", setup, teardown, tests);
}
