/* SPDX-License-Identifier: MIT */
/*
 * route.c - route show, route get, neigh show, as ip(8) prints them
 *
 * Called by cli.c; other verbs go on to cli_line(). Owns the answers until they are printed. One
 * thread. Mirrors: ip-route(8), ip-neighbour(8); the names in JSON are those of `ip -json`.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/in_route.h>
#include <linux/neighbour.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "line/names.h"

struct route_filter {
	uint32_t table; /* 0: all */
	int oif;
};

static int route_show(struct cli *c, int argc, char **argv);
static int route_get(struct cli *c, int argc, char **argv);
static void print_route(struct cli *c, const struct nlmsghdr *nlh, struct nlattr **tb,
			uint32_t table_shown);
static void print_metrics(struct cli *c, struct nlattr *a);
static void print_cache(struct cli *c, const struct rtmsg *r, struct nlattr **tb);
static void print_neigh(struct cli *c, const struct nlmsghdr *nlh, struct nlattr **tb, bool stats);

/* --- routes --- */

int cmd_route(struct cli *c, int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "get"))
		return route_get(c, argc - 1, argv + 1);
	if (argc > 1 && strncmp("show", argv[1], strlen(argv[1])) &&
	    strncmp("list", argv[1], strlen(argv[1])))
		return cli_line(c, argc, argv);
	return route_show(c, argc - 1, argv + 1);
}

/* The words behind "show". Devices are known by now. */
static int route_words(struct cli *c, int argc, char **argv, struct route_filter *f)
{
	for (int i = 1; i < argc; i++) {
		if (i + 1 < argc && !strcmp(argv[i], "table")) {
			f->table = 0;
			if (strcmp(argv[++i], "all") &&
			    line_name_value(line_tables, argv[i], UINT32_MAX, &f->table))
				return cli_usage(c, "table '%.40s' is none of: main, local, all, "
						 "or a number", argv[i]);
		} else if (i + 1 < argc && (!strcmp(argv[i], "dev") || !strcmp(argv[i], "oif"))) {
			f->oif = cli_ifindex(c, argv[++i]);
			if (!f->oif)
				return cli_fail(c, CLI_FAILED, "there is no device '%.40s'",
						argv[i]);
		} else {
			return cli_usage(c, "'%.40s' is none of: table T, dev DEV", argv[i]);
		}
	}
	return CLI_OK;
}

static int route_show(struct cli *c, int argc, char **argv)
{
	const struct rtmsg ask = { .rtm_family = AF_INET };
	struct route_filter f = { .table = RT_TABLE_MAIN };
	struct msg_list routes = { .m = NULL };
	struct nlattr *tb[RTA_MAX + 1];
	int ret = cli_links(c);

	if (!ret)
		ret = route_words(c, argc, argv, &f);
	if (!ret)
		ret = cli_dump(c, RTM_GETROUTE, &ask, sizeof(ask), &routes);
	if (ret)
		return ret;
	out_open(&c->out, NULL, '[');
	for (size_t i = 0; i < routes.n; i++) {
		const struct rtmsg *r = NLMSG_DATA(routes.m[i]);

		if (rt_attrs(routes.m[i], RTM_NEWROUTE, sizeof(*r), tb, RTA_MAX)) {
			ret = cli_fail(c, CLI_FAILED, "an answer is malformed");
			continue;
		}
		if ((f.table && rt_u32(tb[RTA_TABLE], r->rtm_table) != f.table) ||
		    (f.oif && (int)rt_u32(tb[RTA_OIF], 0) != f.oif))
			continue;
		print_route(c, routes.m[i], tb, f.table);
	}
	out_close(&c->out, ']');
	msg_list_free(&routes);
	return ret;
}

/* A message's address: its words for ip(8). */
static const char *route_dst(const struct rtmsg *r, struct nlattr **tb, char buf[24])
{
	char ip[16];
	const char *dst = rt_ip(tb[RTA_DST], ip);

	if (!r->rtm_dst_len)
		return "default";
	if (r->rtm_dst_len == 32)
		snprintf(buf, 24, "%s", dst ? dst : "0.0.0.0");
	else
		snprintf(buf, 24, "%s/%u", dst ? dst : "0.0.0.0", r->rtm_dst_len);
	return buf;
}

/* " WORD VALUE", and "KEY": "VALUE" */
static void pair(struct cli *c, const char *word, const char *key, const char *value)
{
	out_str(&c->out, key, value);
	if (!c->out.json)
		fprintf(c->out.f, " %s %s", word, value);
}

static void pair_u32(struct cli *c, const char *word, const char *key, uint32_t value)
{
	out_u64(&c->out, key, value);
	if (!c->out.json)
		fprintf(c->out.f, " %s %u", word, value);
}

static void print_nh_flags(struct cli *c, unsigned flags)
{
	static const struct line_name names[] = {
		{ RTNH_F_DEAD, "dead" },
		{ RTNH_F_ONLINK, "onlink" },
		{ RTNH_F_LINKDOWN, "linkdown" },
	};

	out_open(&c->out, "flags", '[');
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(flags & names[i].value))
			continue;
		out_str(&c->out, NULL, names[i].name);
		if (!c->out.json)
			fprintf(c->out.f, " %s", names[i].name);
	}
	out_close(&c->out, ']');
}

static void print_route(struct cli *c, const struct nlmsghdr *nlh, struct nlattr **tb,
			uint32_t table_shown)
{
	const struct rtmsg *r = NLMSG_DATA(nlh);
	uint32_t table = rt_u32(tb[RTA_TABLE], r->rtm_table);
	bool cloned = r->rtm_flags & RTM_F_CLONED;
	char buf[24], ip[16], dev[IFNAMSIZ];
	const char *dst = route_dst(r, tb, buf), *gw;

	out_open(&c->out, NULL, '{');
	if (r->rtm_type != RTN_UNICAST) {
		const char *type = line_name_of(line_types, r->rtm_type, ip, sizeof(ip));

		out_str(&c->out, "type", type);
		if (!c->out.json)
			fprintf(c->out.f, "%s ", type);
	}
	out_str(&c->out, "dst", dst);
	if (!c->out.json)
		fprintf(c->out.f, "%s%s%s", out_bold(&c->out), dst, out_plain(&c->out));
	if (rt_ip(tb[RTA_SRC], ip))
		pair(c, "from", "from", ip);
	if (r->rtm_tos)
		pair_u32(c, "tos", "tos", r->rtm_tos);
	gw = rt_ip(tb[RTA_GATEWAY], ip);
	if (gw)
		pair(c, "via", "gateway", gw);
	if (tb[RTA_OIF])
		pair(c, "dev", "dev", cli_ifname(c, (int)rt_u32(tb[RTA_OIF], 0), dev));
	if (!table_shown && table != RT_TABLE_MAIN)
		pair(c, "table", "table", line_name_of(line_tables, table, buf, sizeof(buf)));
	if (!cloned && r->rtm_protocol != RTPROT_BOOT)
		pair(c, "proto", "protocol",
		     line_name_of(line_protos, r->rtm_protocol, buf, sizeof(buf)));
	if (!cloned && r->rtm_scope != RT_SCOPE_UNIVERSE)
		pair(c, "scope", "scope",
		     line_name_of(line_scopes, r->rtm_scope, buf, sizeof(buf)));
	if (rt_ip(tb[RTA_PREFSRC], ip))
		pair(c, "src", "prefsrc", ip);
	if (tb[RTA_PRIORITY])
		pair_u32(c, "metric", "metric", rt_u32(tb[RTA_PRIORITY], 0));
	print_nh_flags(c, r->rtm_flags);
	if (tb[RTA_UID])
		pair_u32(c, "uid", "uid", rt_u32(tb[RTA_UID], 0));
	if (cloned)
		print_cache(c, r, tb);
	print_metrics(c, tb[RTA_METRICS]);
	if (!c->out.json)
		fputs(" \n", c->out.f);
	out_close(&c->out, '}');
}

static void print_metrics(struct cli *c, struct nlattr *a)
{
	static const struct {
		int rtax;
		const char *name;
	} rows[] = {
		{ RTAX_MTU, "mtu" },
		{ RTAX_ADVMSS, "advmss" },
		{ RTAX_HOPLIMIT, "hoplimit" },
	};
	struct nlattr *tb[RTAX_MAX + 1];
	uint32_t lock;

	if (!a || nla_parse_nested(tb, RTAX_MAX, a, NULL))
		return;
	lock = rt_u32(tb[RTAX_LOCK], 0);
	out_open(&c->out, "metrics", '{');
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool locked = lock & 1u << rows[i].rtax;

		if (!tb[rows[i].rtax])
			continue;
		if (locked)
			out_bool(&c->out, "lock", true);
		out_u64(&c->out, rows[i].name, rt_u32(tb[rows[i].rtax], 0));
		if (!c->out.json)
			fprintf(c->out.f, " %s %s%u", rows[i].name, locked ? "lock " : "",
				rt_u32(tb[rows[i].rtax], 0));
	}
	out_close(&c->out, '}');
}

/* What route get says of the route that a packet would take. */
static void print_cache(struct cli *c, const struct rtmsg *r, struct nlattr **tb)
{
	static const struct line_name names[] = {
		{ RTCF_LOCAL, "local" },       { RTCF_BROADCAST, "brd" },
		{ RTCF_MULTICAST, "mc" },      { RTCF_DOREDIRECT, "redirect" },
		{ RTCF_REDIRECTED, "redirected" },
	};
	struct rta_cacheinfo ci = { 0 };
	const char *comma = "<";

	if (!c->out.json)
		fputs(" \n    cache", c->out.f);
	out_open(&c->out, "cache", '[');
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(r->rtm_flags & names[i].value))
			continue;
		out_str(&c->out, NULL, names[i].name);
		if (!c->out.json)
			fprintf(c->out.f, "%s%s", *comma == '<' ? " <" : comma, names[i].name);
		comma = ",";
	}
	out_close(&c->out, ']');
	if (!c->out.json && *comma == ',')
		fputc('>', c->out.f);
	if (tb[RTA_CACHEINFO] && nla_len(tb[RTA_CACHEINFO]) >= (int)sizeof(ci))
		memcpy(&ci, nla_data(tb[RTA_CACHEINFO]), sizeof(ci));
	if (!ci.rta_expires)
		return;
	out_i64(&c->out, "expires", ci.rta_expires / 100);
	if (!c->out.json)
		fprintf(c->out.f, " expires %dsec", ci.rta_expires / 100);
}

static int get_words(struct cli *c, int argc, char **argv, struct nl_msg *msg)
{
	bool have_dst = false;

	for (int i = 1; i < argc; i++) {
		bool from = !strcmp(argv[i], "from"), iif = !strcmp(argv[i], "iif");
		bool dev = iif || !strcmp(argv[i], "oif") || !strcmp(argv[i], "dev");
		__be32 ip;

		if ((from || dev || !strcmp(argv[i], "to")) && ++i == argc)
			return cli_usage(c, "'%.40s' needs a word behind it", argv[i - 1]);
		if (dev) {
			int index = cli_ifindex(c, argv[i]);

			if (!index)
				return cli_fail(c, CLI_FAILED, "there is no device '%.40s'",
						argv[i]);
			nla_put_u32(msg, iif ? RTA_IIF : RTA_OIF, (uint32_t)index);
			continue;
		}
		if ((!from && have_dst) || inet_pton(AF_INET, argv[i], &ip) != 1)
			return cli_usage(c, "'%.40s' is none of: A.B.C.D, from A.B.C.D, oif DEV, "
					 "iif DEV", argv[i]);
		nla_put(msg, from ? RTA_SRC : RTA_DST, sizeof(ip), &ip);
		have_dst |= !from;
	}
	return have_dst ? CLI_OK : cli_usage(c, "an address A.B.C.D is missing behind 'get'");
}

static int route_get(struct cli *c, int argc, char **argv)
{
	struct rtmsg ask = { .rtm_family = AF_INET, .rtm_dst_len = 32 };
	struct nl_msg *msg = nlmsg_alloc_size(256);
	struct msg_list answer = { .m = NULL };
	struct nlattr *tb[RTA_MAX + 1];
	int ret = cli_links(c);

	if (!ret && (!msg || !nlmsg_put(msg, 0, 0, RTM_GETROUTE, 0, 0) ||
		     nlmsg_append(msg, &ask, sizeof(ask), NLMSG_ALIGNTO)))
		ret = cli_fail(c, CLI_FAILED, "no memory");
	if (!ret)
		ret = get_words(c, argc, argv, msg);
	if (ret) {
		nlmsg_free(msg);
		return ret;
	}
	ret = cli_ask(c, msg, msg_list_cb, &answer);
	if (!ret && (!answer.n || rt_attrs(answer.m[0], RTM_NEWROUTE, sizeof(ask), tb, RTA_MAX)))
		ret = cli_fail(c, CLI_FAILED, "an answer is malformed");
	if (!ret) {
		out_open(&c->out, NULL, '[');
		print_route(c, answer.m[0], tb, 0);
		out_close(&c->out, ']');
	}
	msg_list_free(&answer);
	return ret;
}

/* --- neighbours --- */

/* The words behind "neigh show". Devices are known by now. */
static int neigh_words(struct cli *c, int argc, char **argv, int *ret_dev, uint32_t *ret_states)
{
	for (int i = 1; i < argc; i++) {
		if (i + 1 < argc && !strcmp(argv[i], "dev")) {
			*ret_dev = cli_ifindex(c, argv[++i]);
			if (!*ret_dev)
				return cli_fail(c, CLI_FAILED, "there is no device '%.40s'",
						argv[i]);
		} else if (i + 1 < argc && !strcmp(argv[i], "nud")) {
			*ret_states = ~0u;
			if (strcmp(argv[++i], "all") &&
			    line_name_value(line_nud_states, argv[i], 255, ret_states))
				return cli_usage(c, "nud '%.40s' is neither a state nor all",
						 argv[i]);
		} else {
			return cli_usage(c, "'%.40s' is none of: dev DEV, nud STATE", argv[i]);
		}
	}
	return CLI_OK;
}

int cmd_neigh(struct cli *c, int argc, char **argv)
{
	const struct ndmsg ask = { .ndm_family = AF_INET };
	bool stats = argc > 1 && !strcmp(argv[1], "-s");
	struct msg_list list = { .m = NULL };
	struct nlattr *tb[NDA_MAX + 1];
	uint32_t states = ~(uint32_t)NUD_NOARP; /* as ip(8): groups and the like are hidden */
	int ret, dev = 0;

	argc -= stats;
	argv += stats;
	if (argc > 1 && strncmp("show", argv[1], strlen(argv[1])) &&
	    strncmp("list", argv[1], strlen(argv[1])))
		return cli_line(c, argc, argv);
	ret = cli_links(c);
	if (!ret)
		ret = neigh_words(c, argc - 1, argv + 1, &dev, &states);
	if (!ret)
		ret = cli_dump(c, RTM_GETNEIGH, &ask, sizeof(ask), &list);
	if (ret)
		return ret;
	out_open(&c->out, NULL, '[');
	for (size_t i = 0; i < list.n; i++) {
		const struct ndmsg *n = NLMSG_DATA(list.m[i]);

		if (rt_attrs(list.m[i], RTM_NEWNEIGH, sizeof(*n), tb, NDA_MAX)) {
			ret = cli_fail(c, CLI_FAILED, "an answer is malformed");
			continue;
		}
		if ((dev && n->ndm_ifindex != dev) || !(n->ndm_state & states || !n->ndm_state))
			continue;
		print_neigh(c, list.m[i], tb, stats);
	}
	out_close(&c->out, ']');
	msg_list_free(&list);
	return ret;
}

static void print_states(struct cli *c, unsigned state)
{
	out_open(&c->out, "state", '[');
	for (const struct line_name *s = line_nud_states; s->name; s++) {
		char upper[16];
		size_t n;

		if (s->value ? !(state & s->value) : state)
			continue;
		for (n = 0; s->name[n]; n++)
			upper[n] = (char)(s->name[n] & ~0x20);
		upper[n] = '\0';
		out_str(&c->out, NULL, upper);
		if (!c->out.json)
			fprintf(c->out.f, " %s", upper);
	}
	out_close(&c->out, ']');
}

static void print_neigh(struct cli *c, const struct nlmsghdr *nlh, struct nlattr **tb, bool stats)
{
	const struct ndmsg *n = NLMSG_DATA(nlh);
	struct nda_cacheinfo ci = { 0 };
	char ip[16], dev[IFNAMSIZ], mac[96];
	const char *dst = rt_ip(tb[NDA_DST], ip);

	out_open(&c->out, NULL, '{');
	out_str(&c->out, "dst", dst ? dst : "?");
	if (!c->out.json)
		fprintf(c->out.f, "%s%s%s", out_bold(&c->out), dst ? dst : "?", out_plain(&c->out));
	pair(c, "dev", "dev", cli_ifname(c, n->ndm_ifindex, dev));
	if (rt_lladdr(tb[NDA_LLADDR], mac))
		pair(c, "lladdr", "lladdr", mac);
	if (stats && tb[NDA_CACHEINFO] && nla_len(tb[NDA_CACHEINFO]) >= (int)sizeof(ci)) {
		memcpy(&ci, nla_data(tb[NDA_CACHEINFO]), sizeof(ci));
		pair_u32(c, "ref", "refcnt", ci.ndm_refcnt);
		pair_u32(c, "used", "used", ci.ndm_used / 100);
		pair_u32(c, "confirmed", "confirmed", ci.ndm_confirmed / 100);
		pair_u32(c, "updated", "updated", ci.ndm_updated / 100);
		pair_u32(c, "probes", "probes", rt_u32(tb[NDA_PROBES], 0));
	}
	print_states(c, n->ndm_state);
	if (!c->out.json)
		fputs(" \n", c->out.f);
	out_close(&c->out, '}');
}
