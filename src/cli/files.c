/* SPDX-License-Identifier: MIT */
/*
 * files.c - cat, ls, write, sysctl: the stack's /proc, /sys and tracing tree
 *
 * Called by cli.c. Owns what it read until it is printed. One thread. A file is read whole before
 * it is printed. Mirrors: cat(1), ls(1), sysctl(8).
 */
#include <errno.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/trace.h"

/* --- reading --- */

struct text {
	char *buf;
	size_t len;
};

/* GN_ATTR_DATA, or text in GN_ATTR_VALUE, of each answer behind the other. */
static int text_cb(void *arg, const struct nlmsghdr *nlh)
{
	struct nlattr *tb[GN_ATTR_MAX_PLUS1], *a;
	struct text *t = arg;
	size_t len;
	char *buf;

	if (conn_parse(nlh, tb) || (!tb[GN_ATTR_DATA] && !tb[GN_ATTR_VALUE]))
		return -EPROTO;
	a = tb[GN_ATTR_DATA] ? tb[GN_ATTR_DATA] : tb[GN_ATTR_VALUE];
	len = (size_t)nla_len(a) - !tb[GN_ATTR_DATA];
	buf = realloc(t->buf, t->len + len + 1);
	if (!buf)
		return -ENOMEM;
	t->buf = buf;
	memcpy(buf + t->len, nla_data(a), len);
	t->len += len;
	buf[t->len] = '\0';
	return 0;
}

/* The text that answers a request: malloc()ed, terminated. */
static int ask_text(struct cli *c, struct nl_msg *msg, char **ret_text, size_t *ret_len)
{
	struct text t = { NULL, 0 };
	int status = cli_ask(c, msg, text_cb, &t);

	if (!status && !t.buf)
		t.buf = calloc(1, 1);
	if (!status && !t.buf)
		status = cli_fail(c, CLI_FAILED, "no memory");
	if (status) {
		free(t.buf);
		return status;
	}
	*ret_text = t.buf;
	*ret_len = t.len;
	return CLI_OK;
}

/* A request with one string; NULL with a text when it does not fit. */
static struct nl_msg *request_with(struct cli *c, int type, int attr, const char *s)
{
	struct nl_msg *msg = conn_request(type);

	if (msg && nla_put_string(msg, attr, s)) {
		cli_fail(c, CLI_FAILED, "'%.40s...' is too long", s);
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

int read_file(struct cli *c, const char *path, char **ret_text, size_t *ret_len)
{
	struct nl_msg *msg = request_with(c, GN_CTL_READ, GN_ATTR_PATH, path);

	return msg ? ask_text(c, msg, ret_text, ret_len) : CLI_FAILED;
}

/* --- writing --- */

int write_file(struct cli *c, const char *path, const char *text, size_t len)
{
	const struct gn_ctl_hdr hdr = { .version = GN_CTL_VERSION };
	struct nl_msg *msg = nlmsg_alloc_size(GN_CTL_MAX);

	if (msg && (!nlmsg_put(msg, 0, 0, GN_CTL_WRITE, 0, NLM_F_REQUEST) ||
		    nlmsg_append(msg, (void *)(uintptr_t)&hdr, sizeof(hdr), NLMSG_ALIGNTO) ||
		    nla_put_string(msg, GN_ATTR_PATH, path) ||
		    nla_put(msg, GN_ATTR_DATA, (int)len, text) ||
		    nla_put(msg, GN_ATTR_TRUNC, 0, NULL))) {
		nlmsg_free(msg);
		return cli_fail(c, CLI_FAILED, "%.60s: %zu bytes are too many for one write", path,
				len);
	}
	return cli_ask(c, msg, NULL, NULL);
}

/* --- cat, ls, write --- */

/* What blocks in the kernel is asked for again: until Ctrl-C, or the reader is gone. */
static int cat_pipe(struct cli *c, const char *path)
{
	int status;

	do {
		char *text;
		size_t len;

		status = read_file(c, path, &text, &len);
		if (status)
			return status;
		fwrite(text, 1, len, c->out.f);
		fflush(c->out.f);
		free(text);
	} while (cli_pause(c, 20));
	return CLI_OK;
}

static bool is_pipe(const char *path)
{
	const char *name = strrchr(path, '/');

	return name && !strcmp(name, "/trace_pipe");
}

int cmd_cat(struct cli *c, int argc, char **argv)
{
	int worst = CLI_OK;

	if (argc < 2)
		return cli_usage(c, "a path is missing");
	out_open(&c->out, NULL, '[');
	for (int i = 1; i < argc; i++) {
		char *text;
		size_t len;
		int status;

		if (!strcmp(argv[i], "--"))
			continue;
		if (is_pipe(argv[i]) && !c->out.json)
			return cat_pipe(c, argv[i]);
		status = read_file(c, argv[i], &text, &len);
		if (status) {
			worst = status;
			if (status == CLI_UNREACHED)
				break;
			continue;
		}
		out_open(&c->out, NULL, '{');
		out_str(&c->out, "path", argv[i]);
		out_mem(&c->out, "text", text, len);
		out_close(&c->out, '}');
		if (!c->out.json)
			fwrite(text, 1, len, c->out.f);
		free(text);
	}
	out_close(&c->out, ']');
	return worst;
}

struct entry {
	char *name;
	uint32_t mode;
};

struct listing {
	struct entry *e;
	size_t n, size;
};

static int list_cb(void *arg, const struct nlmsghdr *nlh)
{
	struct nlattr *tb[GN_ATTR_MAX_PLUS1];
	struct listing *l = arg;
	char *name;

	if (conn_parse(nlh, tb) || !tb[GN_ATTR_NAME])
		return -EPROTO;
	if (l->n == l->size) {
		size_t size = l->size ? l->size * 2 : 64;
		struct entry *e = reallocarray(l->e, size, sizeof(*e));

		if (!e)
			return -ENOMEM;
		l->e = e;
		l->size = size;
	}
	name = strdup(nla_get_string(tb[GN_ATTR_NAME]));
	if (!name)
		return -ENOMEM;
	l->e[l->n].name = out_printable(name);
	l->e[l->n++].mode = rt_u32(tb[GN_ATTR_MODE], 0);
	return 0;
}

static int entry_cmp(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static void print_entry(struct cli *c, const struct entry *e, bool modes)
{
	static const char letters[] = "rwxrwxrwx";
	bool dir = S_ISDIR(e->mode);
	char mode[] = "----------";

	out_open(&c->out, NULL, '{');
	out_str(&c->out, "name", e->name);
	out_str(&c->out, "type", dir ? "directory" : "file");
	out_u64(&c->out, "mode", e->mode & 07777);
	out_close(&c->out, '}');
	if (c->out.json)
		return;
	mode[0] = dir ? 'd' : '-';
	for (int i = 0; i < 9; i++)
		if (e->mode & 0400u >> i)
			mode[i + 1] = letters[i];
	fprintf(c->out.f, "%s%s%s%s\n", modes ? mode : "", modes ? " " : "", e->name,
		dir ? "/" : "");
}

static int list_path(struct cli *c, const char *path, bool modes)
{
	struct nl_msg *msg = request_with(c, GN_CTL_LIST, GN_ATTR_PATH, path);
	struct listing l = { NULL, 0, 0 };
	int status = msg ? cli_ask(c, msg, list_cb, &l) : CLI_FAILED;

	if (!status && l.n)
		qsort(l.e, l.n, sizeof(*l.e), entry_cmp);
	out_open(&c->out, NULL, '[');
	for (size_t i = 0; i < l.n; i++) {
		if (!status)
			print_entry(c, &l.e[i], modes);
		free(l.e[i].name);
	}
	out_close(&c->out, ']');
	free(l.e);
	return status;
}

int cmd_ls(struct cli *c, int argc, char **argv)
{
	bool modes = argc > 1 && !strcmp(argv[1], "-l");

	argv += modes;
	argc -= modes;
	if (argc > 2 || (argc == 2 && *argv[1] == '-'))
		return cli_usage(c, "'%.40s' is no path", argv[argc - 1]);
	return list_path(c, argc == 2 ? argv[1] : "/", modes);
}

/* The packet filter is written in words and sent as a program. */
static int write_filter(struct cli *c, int argc, char **argv)
{
	char *expression, *text, err[300] = "no memory";
	size_t len = 1;
	int ret;

	for (int i = 2; i < argc; i++)
		len += strlen(argv[i]) + 1;
	expression = malloc(len);
	if (!expression)
		return cli_fail(c, CLI_FAILED, "no memory");
	*expression = '\0';
	for (int i = 2; i < argc; i++)
		strcat(strcat(expression, i > 2 ? " " : ""), argv[i]);
	ret = trace_filter_compile(expression, &text, err, sizeof(err));
	free(expression);
	if (ret)
		return cli_fail(c, ret == -EINVAL ? CLI_USAGE : CLI_FAILED, "%s: %s", argv[1], err);
	ret = write_file(c, argv[1], text, strlen(text));
	free(text);
	return ret;
}

int cmd_write(struct cli *c, int argc, char **argv)
{
	int append = argc > 1 && (!strcmp(argv[1], "-a") || !strcmp(argv[1], "--append"));

	if (argc < 3)
		return cli_usage(c, "PATH TEXT is missing");
	if (trace_is_filter(argv[1 + append]))
		return write_filter(c, argc - append, argv + append);
	return cli_line(c, argc, argv);
}

/* --- sysctl --- */

struct sysctl_print {
	struct cli *c;
	bool names, values;
};

static int sysctl_cb(void *arg, const struct nlmsghdr *nlh)
{
	struct nlattr *tb[GN_ATTR_MAX_PLUS1];
	struct sysctl_print *p = arg;
	struct out *o = &p->c->out;
	const char *key, *value;

	if (conn_parse(nlh, tb) || !tb[GN_ATTR_KEY] || !tb[GN_ATTR_VALUE])
		return -EPROTO;
	key = nla_get_string(tb[GN_ATTR_KEY]);
	value = nla_get_string(tb[GN_ATTR_VALUE]);
	out_open(o, NULL, '{');
	out_str(o, "key", key);
	out_str(o, "value", value);
	if (tb[GN_ATTR_TEXT])
		out_str(o, "text", nla_get_string(tb[GN_ATTR_TEXT]));
	out_close(o, '}');
	if (o->json)
		return 0;
	if (p->names)
		fprintf(o->f, "%s\n", key);
	else if (p->values)
		fprintf(o->f, "%s\n", value);
	else
		fprintf(o->f, "%s = %s\n", key, value);
	return 0;
}

/* Print one key (NULL: all); the daemon takes both separators. */
static int sysctl_print(struct sysctl_print *p, const char *key)
{
	struct nl_msg *msg = key ? request_with(p->c, GN_CTL_SYSCTL, GN_ATTR_KEY, key)
				 : conn_request(GN_CTL_SYSCTL);

	return msg ? cli_ask(p->c, msg, sysctl_cb, p) : CLI_FAILED;
}

/* KEY=VALUE: write it, then show what it has become. */
static int sysctl_set(struct sysctl_print *p, char *setting)
{
	char *argv[] = { (char *)"sysctl", setting, NULL };
	size_t len = strcspn(setting, "=");
	int status = cli_line(p->c, 2, argv);

	p->c->command = "sysctl";
	while (len && setting[len - 1] == ' ')
		len--;
	setting[len] = '\0';
	return status ? status : sysctl_print(p, setting);
}

int cmd_sysctl(struct cli *c, int argc, char **argv)
{
	struct sysctl_print p = { .c = c };
	bool all = false, write = false;
	int i, worst = CLI_OK;

	for (i = 1; i < argc && *argv[i] == '-'; i++) {
		for (const char *o = argv[i] + 1; *o; o++) {
			if (!strchr("aAXwnN", *o))
				return cli_usage(c, "'%.40s' is none of: -a, -w, -n, -N", argv[i]);
			all |= strchr("aAX", *o) != NULL;
			write |= *o == 'w';
			p.values |= *o == 'n';
			p.names |= *o == 'N';
		}
	}
	if (all == (i < argc))
		return cli_usage(c, all ? "-a takes no key" : "KEY[=VALUE] or -a is missing");
	out_open(&c->out, NULL, '[');
	if (all)
		worst = sysctl_print(&p, NULL);
	for (; i < argc && worst != CLI_UNREACHED; i++) {
		int status = strchr(argv[i], '=') ? sysctl_set(&p, argv[i])
			     : write ? cli_usage(c, "'%.60s' is not KEY=VALUE", argv[i])
				     : sysctl_print(&p, argv[i]);

		if (status)
			worst = status;
	}
	out_close(&c->out, ']');
	return worst;
}

/* --- the daemon --- */

/* key=value lines as pairs; values may repeat (device=). */
static void print_status(struct cli *c, char *text)
{
	char devices[256] = "", *line, *save = NULL;
	const char *v[6] = { "?", "?", "?", "?", "?", "?" };
	static const char *const keys[6] = { "name", "pid", "uptime_s", "cpus", "sockets",
					     "version" };

	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *eq = strchr(out_printable(line), '=');

		if (!eq)
			continue;
		*eq++ = '\0';
		if (!strcmp(line, "device")) {
			size_t n = strlen(devices);

			snprintf(devices + n, sizeof(devices) - n, "%s%s", n ? ", " : "", eq);
			continue;
		}
		for (int i = 0; i < 6; i++)
			if (!strcmp(line, keys[i]))
				v[i] = eq;
		out_str(&c->out, line, eq);
	}
	out_str(&c->out, "devices", devices);
	if (!c->out.json)
		fprintf(c->out.f, "%s serving: glassnetd %s, pid %s, up %s s, %s cpus, %s sockets, "
			"devices: %s\n", v[0], v[5], v[1], v[2], v[3], v[4],
			devices[0] ? devices : "none");
}

int cmd_status(struct cli *c, int argc, char **argv)
{
	bool verbose = argc == 2 && !strcmp(argv[1], "-v");
	char *text;
	size_t len;
	int status;

	if (argc > 1 && !verbose)
		return cli_usage(c, "'%.40s' is not -v", argv[1]);
	status = ask_text(c, conn_request(GN_CTL_STATUS), &text, &len);
	if (status)
		return status;
	if (verbose && !c->out.json) {
		fwrite(text, 1, len, c->out.f);
	} else {
		out_open(&c->out, NULL, '{');
		print_status(c, text);
		out_close(&c->out, '}');
	}
	free(text);
	return CLI_OK;
}

int cmd_dump(struct cli *c, int argc, char **argv)
{
	char *text, *save = NULL;
	size_t len;
	int status;

	if (argc > 1)
		return cli_usage(c, "'%.40s' is one word too many", argv[1]);
	status = ask_text(c, conn_request(GN_CTL_DUMP), &text, &len);
	if (status)
		return status;
	if (!c->out.json)
		fwrite(text, 1, len, c->out.f);
	out_open(&c->out, NULL, '[');
	for (char *l = c->out.json ? strtok_r(text, "\n", &save) : NULL; l;
	     l = strtok_r(NULL, "\n", &save))
		out_str(&c->out, NULL, l);
	out_close(&c->out, ']');
	free(text);
	return CLI_OK;
}

int cmd_stop(struct cli *c, int argc, char **argv)
{
	int status;

	if (argc > 1)
		return cli_usage(c, "'%.40s' is one word too many", argv[1]);
	status = cli_ask(c, conn_request(GN_CTL_STOP), NULL, NULL);
	if (!status && conn_wait_end(&c->conn))
		status = cli_fail(c, CLI_FAILED, "the daemon took the request but still runs");
	return status;
}
