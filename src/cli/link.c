/* SPDX-License-Identifier: MIT */
/*
 * link.c - link show, addr show: devices and their addresses as ip(8) prints them
 *
 * Called by cli.c; other verbs go on to cli_line(). Owns the answers until they are printed. One
 * thread. Mirrors: ip-link(8), ip-address(8); the names in JSON are those of `ip -json`.
 */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "line/names.h"

static const struct {
	unsigned flag;
	const char *name;
} flag_names[] = {
	{ IFF_LOOPBACK, "LOOPBACK" },	  { IFF_BROADCAST, "BROADCAST" },
	{ IFF_POINTOPOINT, "POINTOPOINT" }, { IFF_MULTICAST, "MULTICAST" },
	{ IFF_NOARP, "NOARP" },		  { IFF_ALLMULTI, "ALLMULTI" },
	{ IFF_PROMISC, "PROMISC" },	  { IFF_MASTER, "MASTER" },
	{ IFF_SLAVE, "SLAVE" },		  { IFF_DEBUG, "DEBUG" },
	{ IFF_DYNAMIC, "DYNAMIC" },	  { IFF_AUTOMEDIA, "AUTOMEDIA" },
	{ IFF_PORTSEL, "PORTSEL" },	  { IFF_NOTRAILERS, "NOTRAILERS" },
	{ IFF_UP, "UP" },		  { 0x10000, "LOWER_UP" },
	{ 0x20000, "DORMANT" },		  { 0x40000, "ECHO" },
};

static const char *const operstates[] = { "UNKNOWN", "NOTPRESENT", "DOWN", "LOWERLAYERDOWN",
					  "TESTING", "DORMANT",	   "UP" };

/* What the words behind "show" ask for. */
struct show {
	const char *dev;
	bool stats, details;
};

static int show_words(struct cli *c, int argc, char **argv, struct show *s);
static void print_stats(struct cli *c, const struct nlattr *a);
static void print_details(struct cli *c, struct nlattr **tb);
static void print_addr(struct cli *c, const struct nlmsghdr *nlh, struct nlattr **tb);

/* --- the words --- */

static bool is_show(const char *word)
{
	return *word && (!strncmp("show", word, strlen(word)) ||
			 !strncmp("list", word, strlen(word)) || !strcmp(word, "lst"));
}

/* Options and an optional show verb are read: 1 it is another verb, which cli_line() knows. */
static int show_words(struct cli *c, int argc, char **argv, struct show *s)
{
	int i = 1;

	*s = (struct show){ .dev = NULL };
	for (; i < argc && *argv[i] == '-'; i++) {
		if (!strcmp(argv[i], "-s") || !strcmp(argv[i], "--stats"))
			s->stats = true;
		else if (!strcmp(argv[i], "-d") || !strcmp(argv[i], "--details"))
			s->details = true;
		else
			return -cli_usage(c, "'%.40s' is none of: -s, -d", argv[i]);
	}
	if (i < argc && !is_show(argv[i]))
		return i == 1 ? 1 : -cli_usage(c, "'%.40s' is not show", argv[i]);
	for (i++; i < argc; i++) {
		if (!strcmp(argv[i], "dev") && i + 1 < argc)
			i++;
		if (s->dev)
			return -cli_usage(c, "'%.40s' is one word too many", argv[i]);
		s->dev = argv[i];
	}
	return 0;
}

/* All devices, or that of the words: an exit status. */
static int show_begin(struct cli *c, const struct show *s)
{
	int status = cli_links(c);

	if (!status && s->dev && !cli_ifindex(c, s->dev))
		status = cli_fail(c, CLI_FAILED, "there is no device '%.40s'", s->dev);
	return status;
}

/* --- link show --- */

int cmd_link(struct cli *c, int argc, char **argv)
{
	struct nlattr *tb[IFLA_MAX + 1];
	struct show s;
	int ret = show_words(c, argc, argv, &s);

	if (ret)
		return ret > 0 ? cli_line(c, argc, argv) : -ret;
	ret = show_begin(c, &s);
	if (ret)
		return ret;
	out_open(&c->out, NULL, '[');
	for (size_t i = 0; i < c->links.n; i++) {
		const struct nlmsghdr *nlh = c->links.m[i];
		const struct ifinfomsg *ifm = NLMSG_DATA(nlh);

		if (rt_attrs(nlh, RTM_NEWLINK, sizeof(*ifm), tb, IFLA_MAX)) {
			ret = cli_fail(c, CLI_FAILED, "an answer is malformed");
			continue;
		}
		if (s.dev && ifm->ifi_index != cli_ifindex(c, s.dev))
			continue;
		out_open(&c->out, NULL, '{');
		print_link(c, nlh, tb, true);
		if (s.details)
			print_details(c, tb);
		if (!c->out.json)
			fputc('\n', c->out.f);
		if (s.stats)
			print_stats(c, tb[IFLA_STATS64]);
		out_close(&c->out, '}');
	}
	out_close(&c->out, ']');
	return ret;
}

static void print_flags(struct cli *c, unsigned flags)
{
	const char *comma = "";

	out_open(&c->out, "flags", '[');
	for (size_t i = 0; i < sizeof(flag_names) / sizeof(flag_names[0]); i++) {
		if (!(flags & flag_names[i].flag))
			continue;
		out_str(&c->out, NULL, flag_names[i].name);
		if (!c->out.json)
			fprintf(c->out.f, "%s%s", comma, flag_names[i].name);
		comma = ",";
	}
	out_close(&c->out, ']');
}

static const char *link_type(unsigned type, char buf[16])
{
	if (type == ARPHRD_LOOPBACK)
		return "loopback";
	if (type == ARPHRD_ETHER)
		return "ether";
	snprintf(buf, 16, "[%u]", type);
	return type == ARPHRD_NONE ? "none" : buf;
}

void print_link(struct cli *c, const struct nlmsghdr *nlh, struct nlattr **tb, bool mode)
{
	const struct ifinfomsg *ifm = NLMSG_DATA(nlh);
	struct out *o = &c->out;
	char name[IFNAMSIZ], qdisc[IFNAMSIZ], type[16], mac[96], brd[96];
	unsigned oper = tb[IFLA_OPERSTATE] && nla_len(tb[IFLA_OPERSTATE]) >= 1
				? nla_get_u8(tb[IFLA_OPERSTATE]) : 0;
	const char *state = oper < 7 ? operstates[oper] : "UNKNOWN";
	const char *addr = rt_lladdr(tb[IFLA_ADDRESS], mac);
	const char *broadcast = rt_lladdr(tb[IFLA_BROADCAST], brd);
	uint32_t mtu = rt_u32(tb[IFLA_MTU], 0), qlen = rt_u32(tb[IFLA_TXQLEN], 0);

	if (!rt_str(tb[IFLA_IFNAME], name, sizeof(name)))
		snprintf(name, sizeof(name), "if%d", ifm->ifi_index);
	if (!rt_str(tb[IFLA_QDISC], qdisc, sizeof(qdisc)))
		strcpy(qdisc, "noop");
	out_i64(o, "ifindex", ifm->ifi_index);
	out_str(o, "ifname", name);
	if (!o->json)
		fprintf(o->f, "%d: %s%s%s: <", ifm->ifi_index, out_bold(o), name, out_plain(o));
	if (!o->json && ifm->ifi_flags & IFF_UP && !(ifm->ifi_flags & IFF_RUNNING))
		fputs("NO-CARRIER,", o->f);
	print_flags(c, ifm->ifi_flags);
	out_u64(o, "mtu", mtu);
	out_str(o, "qdisc", qdisc);
	out_str(o, "operstate", state);
	out_str(o, "group", "default");
	out_u64(o, "txqlen", qlen);
	out_str(o, "link_type", link_type(ifm->ifi_type, type));
	if (addr)
		out_str(o, "address", addr);
	if (broadcast)
		out_str(o, "broadcast", broadcast);
	if (o->json)
		return;
	fprintf(o->f, "> mtu %u qdisc %s state %s%s group default", mtu, qdisc, state,
		mode ? " mode DEFAULT" : "");
	if (qlen)
		fprintf(o->f, " qlen %u", qlen);
	fprintf(o->f, "\n    link/%s", link_type(ifm->ifi_type, type));
	if (addr)
		fprintf(o->f, " %s", addr);
	if (broadcast)
		fprintf(o->f, " brd %s", broadcast);
}

static void print_details(struct cli *c, struct nlattr **tb)
{
	static const struct {
		int attr;
		const char *name;
	} rows[] = {
		{ IFLA_PROMISCUITY, "promiscuity" },  { IFLA_MIN_MTU, "minmtu" },
		{ IFLA_MAX_MTU, "maxmtu" },	      { IFLA_NUM_TX_QUEUES, "numtxqueues" },
		{ IFLA_NUM_RX_QUEUES, "numrxqueues" }, { IFLA_CARRIER_CHANGES, "carrier_changes" },
	};
	struct nlattr *info[IFLA_INFO_MAX + 1] = { NULL };
	char kind[32];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct nlattr *a = tb[rows[i].attr];

		if (!a || nla_len(a) < 4)
			continue;
		out_u64(&c->out, rows[i].name, rt_u32(a, 0));
		if (!c->out.json)
			fprintf(c->out.f, " %s %u", rows[i].name, rt_u32(a, 0));
	}
	if (!tb[IFLA_LINKINFO] || nla_parse_nested(info, IFLA_INFO_MAX, tb[IFLA_LINKINFO], NULL) ||
	    !rt_str(info[IFLA_INFO_KIND], kind, sizeof(kind)))
		return;
	out_str(&c->out, "info_kind", kind);
	if (!c->out.json)
		fprintf(c->out.f, "\n    %s", kind);
}

static void print_stats(struct cli *c, const struct nlattr *a)
{
	static const char *const heads[2][6] = {
		{ "bytes", "packets", "errors", "dropped", "missed", "mcast" },
		{ "bytes", "packets", "errors", "dropped", "carrier", "collsns" },
	}, *const keys[2][6] = {
		{ "bytes", "packets", "errors", "dropped", "missed_errors", "multicast" },
		{ "bytes", "packets", "errors", "dropped", "carrier_errors", "collisions" },
	};
	struct rtnl_link_stats64 s = { 0 };

	if (!a)
		return;
	memcpy(&s, nla_data(a), (size_t)nla_len(a) < sizeof(s) ? (size_t)nla_len(a) : sizeof(s));
	out_open(&c->out, "stats64", '{');
	for (int d = 0; d < 2; d++) {
		const uint64_t v[2][6] = {
			{ s.rx_bytes, s.rx_packets, s.rx_errors, s.rx_dropped, s.rx_missed_errors,
			  s.multicast },
			{ s.tx_bytes, s.tx_packets, s.tx_errors, s.tx_dropped,
			  s.tx_carrier_errors, s.collisions },
		};
		struct table t = { .cols = 7, .right = 0x7e };

		out_open(&c->out, d ? "tx" : "rx", '{');
		table_cell(&t, d ? "TX:" : "RX:");
		for (int i = 0; i < 6; i++)
			table_cell(&t, "%s", heads[d][i]);
		table_cell(&t, "%s", "");
		for (int i = 0; i < 6; i++) {
			out_u64(&c->out, keys[d][i], v[d][i]);
			table_cell(&t, "%llu", (unsigned long long)v[d][i]);
		}
		out_close(&c->out, '}');
		if (!c->out.json)
			table_print(&t, c->out.f, "    ");
		else
			table_free(&t);
	}
	out_close(&c->out, '}');
}

/* --- addr show --- */

int cmd_addr(struct cli *c, int argc, char **argv)
{
	const struct ifaddrmsg ask = { .ifa_family = AF_INET };
	struct nlattr *tb[IFLA_MAX + 1], *ta[IFA_MAX + 1];
	struct msg_list addrs = { .m = NULL };
	struct show s;
	int ret = show_words(c, argc, argv, &s);

	if (ret)
		return ret > 0 ? cli_line(c, argc, argv) : -ret;
	ret = show_begin(c, &s);
	if (!ret)
		ret = cli_dump(c, RTM_GETADDR, &ask, sizeof(ask), &addrs);
	out_open(&c->out, NULL, '[');
	for (size_t i = 0; !ret && i < c->links.n; i++) {
		const struct nlmsghdr *nlh = c->links.m[i];
		const struct ifinfomsg *ifm = NLMSG_DATA(nlh);

		if (rt_attrs(nlh, RTM_NEWLINK, sizeof(*ifm), tb, IFLA_MAX) ||
		    (s.dev && ifm->ifi_index != cli_ifindex(c, s.dev)))
			continue;
		out_open(&c->out, NULL, '{');
		print_link(c, nlh, tb, false);
		if (!c->out.json)
			fputc('\n', c->out.f);
		out_open(&c->out, "addr_info", '[');
		for (size_t j = 0; j < addrs.n; j++) {
			const struct ifaddrmsg *ifa = NLMSG_DATA(addrs.m[j]);

			if (!rt_attrs(addrs.m[j], RTM_NEWADDR, sizeof(*ifa), ta, IFA_MAX) &&
			    (int)ifa->ifa_index == ifm->ifi_index)
				print_addr(c, addrs.m[j], ta);
		}
		out_close(&c->out, ']');
		if (s.stats)
			print_stats(c, tb[IFLA_STATS64]);
		out_close(&c->out, '}');
	}
	out_close(&c->out, ']');
	msg_list_free(&addrs);
	return ret;
}

static void print_addr(struct cli *c, const struct nlmsghdr *nlh, struct nlattr **tb)
{
	const struct ifaddrmsg *ifa = NLMSG_DATA(nlh);
	uint32_t flags = rt_u32(tb[IFA_FLAGS], ifa->ifa_flags);
	char local[16], peer[16], brd[16], label[IFNAMSIZ], scope[16];
	const char *l = rt_ip(tb[IFA_LOCAL], local), *p = rt_ip(tb[IFA_ADDRESS], peer);
	const char *b = rt_ip(tb[IFA_BROADCAST], brd), *name;
	const char *sc = line_name_of(line_scopes, ifa->ifa_scope, scope, sizeof(scope));
	struct out *o = &c->out;

	l = l ? l : p ? p : "0.0.0.0";
	name = rt_str(tb[IFA_LABEL], label, sizeof(label));
	out_open(o, NULL, '{');
	out_str(o, "family", "inet");
	out_str(o, "local", l);
	if (p && strcmp(p, l))
		out_str(o, "address", p);
	out_u64(o, "prefixlen", ifa->ifa_prefixlen);
	if (b)
		out_str(o, "broadcast", b);
	out_str(o, "scope", sc);
	if (flags & IFA_F_SECONDARY)
		out_bool(o, "secondary", true);
	if (name)
		out_str(o, "label", name);
	out_close(o, '}');
	if (o->json)
		return;
	fprintf(o->f, "    inet %s", l);
	if (p && strcmp(p, l))
		fprintf(o->f, " peer %s", p);
	fprintf(o->f, "/%u", ifa->ifa_prefixlen);
	if (b)
		fprintf(o->f, " brd %s", b);
	fprintf(o->f, " scope %s%s%s", sc, flags & IFA_F_SECONDARY ? " secondary" : "",
		flags & IFA_F_NOPREFIXROUTE ? " noprefixroute" : "");
	fprintf(o->f, "%s%s\n       valid_lft forever preferred_lft forever\n", name ? " " : "",
		name ? name : "");
}
