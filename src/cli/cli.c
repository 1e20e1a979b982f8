/* SPDX-License-Identifier: MIT */
/*
 * cli.c - options, the choice of the command, and what commands share
 *
 * Theory of operation
 *   -n and -s stand before the command (of `run`: before its program); --name, --socket, --json, --help
 *   and --version are taken wherever they stand, up to "--", but not out of the text of `write`
 *   and not out of the program of `run`. The connection is made by
 *   the first question of a command, so that usage errors need no daemon.
 *   Called by: main.c, the checks. Calls: the commands, conn.c, src/line.
 *   Owns: the connection and the list of devices until cli_fini().
 * Threads: one.
 */
#include "cli/cli.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "line/line.h"

static int take_options(struct cli *c, int *argc, char **argv, const char **ret_what);
static const struct command *command_find(const char *word);
static int command_run(struct cli *c, const struct command *cmd, int argc, char **argv);
static int no_sub(struct cli *c, const struct command *cmd, const char *word);

/* --- options and command --- */

int cli_main(struct cli *c, int argc, char **argv)
{
	const char *what = NULL;
	const struct command *cmd;
	int ret = take_options(c, &argc, argv, &what);

	if (ret)
		return ret;
	if (what && !strcmp(what, "--version")) {
		fprintf(c->out.f, "glassnet %s\n", PACKAGE_VERSION);
		return CLI_OK;
	}
	if (argc < 2 && what) {
		print_help(c, NULL);
		return CLI_OK;
	}
	if (argc < 2)
		return cli_fail(c, CLI_USAGE, "a command is missing; `glassnet --help` lists them");
	cmd = command_find(argv[1]);
	if (!cmd)
		return cli_fail(c, CLI_USAGE,
				"'%.40s' is no command; `glassnet --help` lists them", argv[1]);
	c->command = cmd->name;
	if (cmd->sub && argc > 2) {
		const struct command *sub = command_sub(cmd, argv[2]);

		if (!sub)
			return no_sub(c, cmd, argv[2]);
		cmd = sub;
		c->command = cmd->name;
		argc--;
		argv++;
	}
	if (!what)
		return command_run(c, cmd, argc - 1, argv + 1);
	print_help(c, cmd);
	return CLI_OK;
}

static int command_run(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	if (cmd->sub)
		return no_sub(c, cmd, NULL);
	if (!cmd->run)
		return cli_fail(c, CLI_FAILED, "not built yet");
	return cmd->run(c, argc, argv);
}

/* @word is none of the commands below @cmd; NULL: it is missing. */
static int no_sub(struct cli *c, const struct command *cmd, const char *word)
{
	char list[80] = "";

	for (const struct command *sub = cmd->sub; sub->name; sub++)
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", *list ? ", " : "",
			 strrchr(sub->name, ' ') + 1);
	if (!word)
		return cli_usage(c, "one of these is missing: %s", list);
	return cli_usage(c, "'%.40s' is none of: %s", word, list);
}

/* @opt or @opt=VALUE at argv[*i]: its value, "" when there is none, NULL: another option. */
static const char *option_value(int argc, char **argv, int *i, const char *opt)
{
	size_t len = strlen(opt);

	if (strncmp(argv[*i], opt, len))
		return NULL;
	if (opt[1] == '-' && argv[*i][len] == '=')
		return argv[*i] + len + 1;
	if (argv[*i][len])
		return opt[1] == '-' ? NULL : argv[*i] + len; /* -nNAME */
	if (*i + 1 < argc)
		return argv[++*i];
	return "";
}

/* Take the program's own options out of @argv. @ret_what: --help or --version, if one was there. */
static int take_options(struct cli *c, int *argc, char **argv, const char **ret_what)
{
	const char *command = NULL, *v;
	int n = 1, free_words = *argc;
	bool before = true, run = false; /* the command; for `run` the program that it runs */

	for (int i = 1; i < *argc; i++) {
		if (!strcmp(argv[i], "--") || n > free_words || (run && *argv[i] != '-')) {
			while (i < *argc)
				argv[n++] = argv[i++];
			break;
		}
		if ((before && (v = option_value(*argc, argv, &i, "-n"))) ||
		    (v = option_value(*argc, argv, &i, "--name"))) {
			if (!*v || strchr(v, '/'))
				return cli_fail(c, CLI_USAGE, "-n: no name of a daemon: '%.40s'",
						v);
			c->name = v;
		} else if ((before && (v = option_value(*argc, argv, &i, "-s"))) ||
			   (v = option_value(*argc, argv, &i, "--socket"))) {
			if (!*v)
				return cli_fail(c, CLI_USAGE, "-s needs the path of a socket");
			c->socket = v;
		} else if (!strcmp(argv[i], "--json") || (!command && !strcmp(argv[i], "-j"))) {
			c->out.json = true;
		} else if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "--version") ||
			   (!command && !strcmp(argv[i], "-h"))) {
			*ret_what = argv[i];
		} else if (!command && *argv[i] == '-') {
			return cli_fail(c, CLI_USAGE,
					"'%.40s' is none of: -n NAME, -s SOCKET, --json, --help, "
					"--version", argv[i]);
		} else {
			if (!command) {
				command = argv[i];
				before = run = !strcmp(command, "run");
				/* what `write` writes may look like an option */
				if (!strcmp(command, "write"))
					free_words = n + 1;
			}
			argv[n++] = argv[i];
		}
	}
	*argc = n;
	argv[n] = NULL;
	return CLI_OK;
}

/* By its name, or as ip(8) cuts its objects short. */
static const struct command *command_find(const char *word)
{
	for (int pass = 0; word && pass < 2; pass++) {
		for (const struct command *cmd = commands; cmd->name; cmd++)
			if (!strcmp(cmd->name, word))
				return cmd;
		word = line_object(word);
	}
	return NULL;
}

const struct command *command_sub(const struct command *cmd, const char *word)
{
	for (const struct command *sub = cmd->sub; sub && sub->name; sub++)
		if (!strcmp(strrchr(sub->name, ' ') + 1, word))
			return sub;
	return NULL;
}

void cli_fini(struct cli *c)
{
	conn_close(&c->conn);
	msg_list_free(&c->links);
}

/* --- failures --- */

static void complain(struct cli *c, const char *fmt, va_list ap)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, ap);
	fflush(c->out.f);
	fprintf(c->err, "glassnet: %s%s%s\n", c->command ? c->command : "", c->command ? ": " : "",
		out_printable(text));
}

int cli_fail(struct cli *c, int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(c, fmt, ap);
	va_end(ap);
	return status;
}

/* How the command is called that is under way. */
static void print_usage(struct cli *c, const struct command *cmd)
{
	for (; cmd->name && c->command; cmd++) {
		if (!strcmp(cmd->name, c->command))
			fprintf(c->err, "usage: glassnet %s %s\n", cmd->name, cmd->args);
		if (cmd->sub)
			print_usage(c, cmd->sub);
	}
}

int cli_usage(struct cli *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(c, fmt, ap);
	va_end(ap);
	print_usage(c, commands);
	return CLI_USAGE;
}

/* --- the daemon --- */

/* The rules of glassnetd(8), so that the same options and environment meet. */
int cli_socket_path(const struct cli *c, char *buf, size_t size)
{
	const char *env = getenv("GLASSNET_SOCKET"), *runtime = getenv("XDG_RUNTIME_DIR");
	const char *name = c->name ? c->name : "gn0";
	int n;

	if (c->socket || env)
		n = snprintf(buf, size, "%s", c->socket ? c->socket : env);
	else if (!geteuid())
		n = snprintf(buf, size, "/run/glassnet/%s.sock", name);
	else if (runtime && strlen(runtime) < 64)
		n = snprintf(buf, size, "%s/glassnet/%s.sock", runtime, name);
	else
		n = snprintf(buf, size, "/tmp/glassnet-%u/%s.sock", (unsigned)geteuid(), name);
	return n < (int)size ? 0 : -ENAMETOOLONG;
}

static int cli_connect(struct cli *c)
{
	char path[108];
	int ret = cli_socket_path(c, path, sizeof(path));

	if (ret)
		return cli_fail(c, CLI_UNREACHED, "the socket's path is longer than %zu",
				sizeof(path) - 1);
	ret = conn_open(&c->conn, path);
	if (!ret) {
		c->connected = true;
		return CLI_OK;
	}
	if (ret == -EAGAIN)
		return cli_fail(c, CLI_UNREACHED, "the daemon on %s accepts nobody for 5 s", path);
	if (ret == -ENOENT || ret == -ECONNREFUSED)
		return cli_fail(c, CLI_UNREACHED, "no daemon on %s: start glassnetd, or name "
				"another with -n NAME or -s SOCKET", path);
	return cli_fail(c, CLI_UNREACHED, "no daemon on %s: %s", path, strerror(-ret));
}

int cli_ask(struct cli *c, struct nl_msg *msg, conn_cb cb, void *arg)
{
	int status = CLI_OK;

	if (!msg)
		return cli_fail(c, CLI_FAILED, "no memory");
	if (!c->connected)
		status = cli_connect(c);
	if (!status && conn_ask(&c->conn, msg, cb, arg))
		status = cli_fail(c, CLI_FAILED, "%s", c->conn.why);
	nlmsg_free(msg);
	return status;
}

int cli_dump(struct cli *c, int type, const void *hdr, size_t len, struct msg_list *list)
{
	struct nl_msg *msg = nlmsg_alloc_size(256);
	int status;

	if (msg && (!nlmsg_put(msg, 0, 0, type, 0, NLM_F_DUMP) ||
		    nlmsg_append(msg, (void *)(uintptr_t)hdr, len, NLMSG_ALIGNTO))) {
		nlmsg_free(msg);
		msg = NULL;
	}
	status = cli_ask(c, msg, msg_list_cb, list);
	if (status)
		msg_list_free(list); /* half an answer is none */
	return status;
}

bool cli_pause(struct cli *c, int ms)
{
	struct pollfd pfd = { .fd = fileno(c->out.f) };

	return (poll(&pfd, 1, ms) <= 0 || !(pfd.revents & (POLLERR | POLLHUP))) &&
	       !ferror(c->out.f);
}

int msg_list_cb(void *arg, const struct nlmsghdr *nlh)
{
	struct msg_list *list = arg;
	struct nlmsghdr *copy;

	if (list->n == list->size) {
		size_t size = list->size ? list->size * 2 : 16;
		struct nlmsghdr **m = reallocarray(list->m, size, sizeof(*m));

		if (!m)
			return -ENOMEM;
		list->m = m;
		list->size = size;
	}
	copy = malloc(nlh->nlmsg_len);
	if (!copy)
		return -ENOMEM;
	list->m[list->n++] = memcpy(copy, nlh, nlh->nlmsg_len);
	return 0;
}

void msg_list_free(struct msg_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->m[i]);
	free(list->m);
	*list = (struct msg_list){ .m = NULL };
}

/* --- devices --- */

int cli_links(struct cli *c)
{
	const struct ifinfomsg ifm = { .ifi_family = AF_UNSPEC };
	int status;

	if (c->have_links)
		return CLI_OK;
	status = cli_dump(c, RTM_GETLINK, &ifm, sizeof(ifm), &c->links);
	c->have_links = !status;
	return status;
}

const char *cli_ifname(struct cli *c, int index, char buf[IFNAMSIZ])
{
	struct nlattr *tb[IFLA_MAX + 1];

	for (size_t i = 0; i < c->links.n; i++) {
		const struct nlmsghdr *nlh = c->links.m[i];

		if (rt_attrs(nlh, RTM_NEWLINK, sizeof(struct ifinfomsg), tb, IFLA_MAX) ||
		    ((const struct ifinfomsg *)NLMSG_DATA(nlh))->ifi_index != index)
			continue;
		if (rt_str(tb[IFLA_IFNAME], buf, IFNAMSIZ))
			return buf;
	}
	snprintf(buf, IFNAMSIZ, "if%d", index);
	return buf;
}

int cli_ifindex(void *ctx, const char *name)
{
	struct nlattr *tb[IFLA_MAX + 1];
	struct cli *c = ctx;
	char buf[IFNAMSIZ];

	for (size_t i = 0; i < c->links.n; i++) {
		const struct nlmsghdr *nlh = c->links.m[i];

		if (!rt_attrs(nlh, RTM_NEWLINK, sizeof(struct ifinfomsg), tb, IFLA_MAX) &&
		    rt_str(tb[IFLA_IFNAME], buf, sizeof(buf)) && !strcmp(buf, name))
			return ((const struct ifinfomsg *)NLMSG_DATA(nlh))->ifi_index;
	}
	return 0;
}

/* Devices are asked for only when a word names one, and then before the line is compiled again. */
static int lazy_ifindex(void *ctx, const char *name)
{
	struct cli *c = ctx;

	return c->have_links ? cli_ifindex(c, name) : 1;
}

int cli_line(struct cli *c, int argc, char **argv)
{
	const struct line_names names = { lazy_ifindex, c };
	struct nl_msg *msg;
	char why[256];
	int ret = line_compile(argc, argv, &names, &msg, why, sizeof(why));

	/* wrong words are found without a daemon; then with its devices */
	if (!ret && !c->have_links && nlmsg_hdr(msg)->nlmsg_type < GN_CTL_BASE) {
		nlmsg_free(msg);
		ret = cli_links(c);
		if (ret)
			return ret;
		ret = line_compile(argc, argv, &names, &msg, why, sizeof(why));
	}
	if (!ret)
		return cli_ask(c, msg, NULL, NULL);
	c->command = NULL; /* the text names it */
	return cli_fail(c, ret == -EINVAL ? CLI_USAGE : CLI_FAILED, "%s", why);
}
/* --- attributes --- */

int rt_attrs(const struct nlmsghdr *nlh, int type, size_t len, struct nlattr **tb, int max)
{
	if (nlh->nlmsg_type != type || nlh->nlmsg_len < NLMSG_HDRLEN + len)
		return -EPROTO;
	return nlmsg_parse((struct nlmsghdr *)(uintptr_t)nlh, (int)len, tb, max, NULL) < 0 ? -EPROTO
											   : 0;
}

const char *rt_str(const struct nlattr *a, char *buf, size_t size)
{
	size_t len = a ? strnlen(nla_data(a), (size_t)nla_len(a)) : 0;

	if (!len || len >= size)
		return NULL;
	memcpy(buf, nla_data(a), len);
	buf[len] = '\0';
	return out_printable(buf);
}

uint32_t rt_u32(const struct nlattr *a, uint32_t other)
{
	return a && nla_len(a) >= 4 ? nla_get_u32(a) : other;
}

const char *rt_ip(const struct nlattr *a, char buf[16])
{
	return a && nla_len(a) == 4 ? inet_ntop(AF_INET, nla_data(a), buf, INET_ADDRSTRLEN) : NULL;
}

const char *rt_lladdr(const struct nlattr *a, char buf[96])
{
	const unsigned char *p;

	if (!a || nla_len(a) < 1 || nla_len(a) > 32)
		return NULL;
	p = nla_data(a);
	for (int i = 0; i < nla_len(a); i++)
		sprintf(buf + 3 * i, "%02x%s", p[i], i + 1 < nla_len(a) ? ":" : "");
	return buf;
}
