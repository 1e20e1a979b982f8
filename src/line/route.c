/* SPDX-License-Identifier: MIT */
/*
 * route.c - route add, append, replace, change, del: RTM_NEWROUTE, RTM_DELROUTE
 *
 * Called by line.c with the words behind "route"; leaves a message. Owns nothing. Any thread. What
 * is not said (scope, table, protocol) is chosen as ip(8) chooses it. Mirrors: ip-route(8).
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>

#include "line/words.h"

#define ROUTE_WORDS                                                                                \
	"via, dev, src, metric, mtu [lock], advmss, hoplimit, table, scope, proto, tos, onlink"

struct route_words {
	struct rtmsg rtm;
	__be32 dst, gw, src;
	bool has_dst, has_gw, has_src, has_metric, has_table, has_scope, has_type;
	uint32_t metric, table;
	int oif;
	uint32_t metrics[RTAX_MAX + 1], has_metrics; /* bits of RTAX_* */
	uint32_t lock;
};

static const struct {
	const char *name, *verb;
	int type, flags;
} verbs[] = {
	{ "add", "route add", RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL },
	{ "append", "route append", RTM_NEWROUTE, NLM_F_CREATE | NLM_F_APPEND },
	{ "replace", "route replace", RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE },
	{ "change", "route change", RTM_NEWROUTE, NLM_F_REPLACE },
	{ "delete", "route del", RTM_DELROUTE, 0 },
};

static int route_word(struct words *w, struct route_words *r, const char *word);
static int route_metric(struct words *w, struct route_words *r, const char *key, int rtax);
static int route_u8(struct words *w, const char *key, const struct line_name *tab, uint8_t *ret);
static int route_dst(struct words *w, struct route_words *r, const char *word);
static void route_defaults(struct route_words *r, int type);
static int route_build(struct words *w, int type, int flags, const struct route_words *r);

int line_route(struct words *w)
{
	struct route_words r = { .rtm = { .rtm_family = AF_INET, .rtm_scope = RT_SCOPE_NOWHERE } };
	const char *verb = word_next(w);
	size_t i;
	int ret = 0;

	if (!verb)
		return word_fail(w, -EINVAL,
				 "a verb is missing: add, append, replace, change, del");
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (word_is(verb, verbs[i].name))
			break;
	if (i == sizeof(verbs) / sizeof(verbs[0]))
		return word_unknown(w, verb, "add, append, replace, change, del");
	w->verb = verbs[i].verb;
	if (verbs[i].type == RTM_NEWROUTE)
		r.rtm.rtm_protocol = RTPROT_BOOT;
	while (!ret && word_more(w))
		ret = route_word(w, &r, word_next(w));
	if (!ret && !r.has_dst)
		ret = word_fail(w, -EINVAL, "the destination is missing: A.B.C.D[/LEN] or default");
	if (ret)
		return ret;
	route_defaults(&r, verbs[i].type);
	return route_build(w, verbs[i].type, verbs[i].flags, &r);
}

static int route_word(struct words *w, struct route_words *r, const char *word)
{
	if (!strcmp(word, "via")) {
		if (word_more(w) && !strcmp(w->argv[w->at], "inet"))
			word_next(w);
		r->has_gw = true;
		return word_ip(w, word, &r->gw);
	}
	if (!strcmp(word, "dev") || !strcmp(word, "oif"))
		return word_dev(w, word, NULL, &r->oif);
	if (!strcmp(word, "src")) {
		r->has_src = true;
		return word_ip(w, word, &r->src);
	}
	if (!strcmp(word, "metric") || !strcmp(word, "priority") || !strcmp(word, "preference")) {
		r->has_metric = true;
		return word_u32(w, word, 0, UINT32_MAX, &r->metric);
	}
	if (!strcmp(word, "mtu"))
		return route_metric(w, r, word, RTAX_MTU);
	if (!strcmp(word, "advmss"))
		return route_metric(w, r, word, RTAX_ADVMSS);
	if (!strcmp(word, "hoplimit"))
		return route_metric(w, r, word, RTAX_HOPLIMIT);
	if (!strcmp(word, "table")) {
		r->has_table = true;
		return word_name(w, word, line_tables, UINT32_MAX, &r->table);
	}
	if (!strcmp(word, "scope")) {
		r->has_scope = true;
		return route_u8(w, word, line_scopes, &r->rtm.rtm_scope);
	}
	if (!strcmp(word, "proto") || !strcmp(word, "protocol"))
		return route_u8(w, word, line_protos, &r->rtm.rtm_protocol);
	if (!strcmp(word, "tos") || !strcmp(word, "dsfield")) {
		uint32_t tos = 0;
		int ret = word_u32(w, word, 0, 255, &tos);

		r->rtm.rtm_tos = (uint8_t)tos;
		return ret;
	}
	if (!strcmp(word, "onlink")) {
		r->rtm.rtm_flags |= RTNH_F_ONLINK;
		return 0;
	}
	return route_dst(w, r, word);
}

static int route_metric(struct words *w, struct route_words *r, const char *key, int rtax)
{
	if (word_more(w) && !strcmp(w->argv[w->at], "lock")) {
		word_next(w);
		r->lock |= 1u << rtax;
	}
	r->has_metrics |= 1u << rtax;
	return word_u32(w, key, 0, UINT32_MAX, &r->metrics[rtax]);
}

static int route_u8(struct words *w, const char *key, const struct line_name *tab, uint8_t *ret)
{
	uint32_t v;
	int err = word_name(w, key, tab, 255, &v);

	if (!err)
		*ret = (uint8_t)v;
	return err;
}

/* [TYPE] [to] DST; "default" and its kin are 0.0.0.0/0. */
static int route_dst(struct words *w, struct route_words *r, const char *word)
{
	uint32_t type;

	if (r->has_dst)
		return word_unknown(w, word, ROUTE_WORDS);
	if (!r->has_type && (*word < '0' || *word > '9') &&
	    !line_name_value(line_types, word, 0, &type)) {
		r->has_type = true;
		r->rtm.rtm_type = (uint8_t)type;
		return 0;
	}
	if (!strcmp(word, "to")) {
		word = word_value(w, "to", "A.B.C.D[/LEN] or default");
		if (!word)
			return -EINVAL;
	}
	r->has_dst = true;
	if (!strcmp(word, "default") || !strcmp(word, "any") || !strcmp(word, "all"))
		return 0;
	if (*word < '0' || *word > '9')
		return word_unknown(w, word, "TYPE, A.B.C.D[/LEN], default, " ROUTE_WORDS);
	return word_prefix(w, word, true, &r->dst, &r->rtm.rtm_dst_len, NULL);
}

static void route_defaults(struct route_words *r, int type)
{
	struct rtmsg *m = &r->rtm;
	bool local = m->rtm_type == RTN_LOCAL || m->rtm_type == RTN_BROADCAST;

	if (type == RTM_NEWROUTE && !m->rtm_type)
		m->rtm_type = RTN_UNICAST;
	if (!r->has_table)
		r->table = local ? RT_TABLE_LOCAL : RT_TABLE_MAIN;
	if (r->has_scope)
		return;
	if (m->rtm_type == RTN_LOCAL)
		m->rtm_scope = RT_SCOPE_HOST;
	else if (m->rtm_type == RTN_BROADCAST || m->rtm_type == RTN_MULTICAST)
		m->rtm_scope = RT_SCOPE_LINK;
	else if (type == RTM_DELROUTE) /* any scope */
		m->rtm_scope = RT_SCOPE_NOWHERE;
	else if (m->rtm_type == RTN_UNICAST && !r->has_gw)
		m->rtm_scope = RT_SCOPE_LINK;
	else
		m->rtm_scope = RT_SCOPE_UNIVERSE;
}

static int route_build(struct words *w, int type, int flags, const struct route_words *r)
{
	struct rtmsg rtm = r->rtm;
	struct nlattr *nest;
	int ret;

	rtm.rtm_table = r->table < 256 ? (uint8_t)r->table : RT_TABLE_UNSPEC;
	ret = msg_begin(w, type, flags, &rtm, sizeof(rtm));
	if (ret)
		return ret;
	if (rtm.rtm_dst_len)
		msg_put(w, RTA_DST, &r->dst, sizeof(r->dst));
	if (r->has_gw)
		msg_put(w, RTA_GATEWAY, &r->gw, sizeof(r->gw));
	if (r->oif)
		msg_put_u32(w, RTA_OIF, (uint32_t)r->oif);
	if (r->has_src)
		msg_put(w, RTA_PREFSRC, &r->src, sizeof(r->src));
	if (r->has_metric)
		msg_put_u32(w, RTA_PRIORITY, r->metric);
	if (r->table >= 256)
		msg_put_u32(w, RTA_TABLE, r->table);
	if (!r->has_metrics)
		return 0;
	nest = nla_nest_start(w->msg, RTA_METRICS);
	if (!nest)
		return -ENOMEM;
	if (r->lock)
		msg_put_u32(w, RTAX_LOCK, r->lock);
	for (int i = 1; i <= RTAX_MAX; i++)
		if (r->has_metrics & 1u << i)
			msg_put_u32(w, i, r->metrics[i]);
	nla_nest_end(w->msg, nest);
	return 0;
}
