/* SPDX-License-Identifier: MIT */
/*
 * addr.c - addr add, replace, change, del: RTM_NEWADDR, RTM_DELADDR
 *
 * Called by line.c with the words behind "addr"; leaves a message. Owns nothing. Any thread. An
 * address without a length is one of 32 bits; "addr del" then means it whatever its length.
 * Mirrors: ip-address(8).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "line/words.h"

#define ADDR_WORDS                                                                                 \
	"dev DEV, broadcast A.B.C.D|+|-, label NAME, scope S, peer A.B.C.D[/LEN], metric N, "      \
	"noprefixroute"

struct addr_words {
	struct ifaddrmsg ifm;
	__be32 local, peer, brd;
	bool has_local, has_len, has_peer, has_brd, has_scope;
	char brd_sign; /* + or -: made of the address when all is read */
	const char *dev, *label;
	uint32_t metric, flags;
	bool has_metric;
};

static const struct {
	const char *name, *verb;
	int type, flags;
} verbs[] = {
	{ "add", "addr add", RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL },
	{ "replace", "addr replace", RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE },
	{ "change", "addr change", RTM_NEWADDR, NLM_F_REPLACE },
	{ "delete", "addr del", RTM_DELADDR, 0 },
};

static int addr_word(struct words *w, struct addr_words *a, const char *word);
static int addr_check(struct words *w, struct addr_words *a, int type);
static int addr_build(struct words *w, int type, int flags, const struct addr_words *a);

int line_addr(struct words *w)
{
	struct addr_words a = { .ifm = { .ifa_family = AF_INET, .ifa_prefixlen = 32 } };
	const char *verb = word_next(w);
	size_t i;
	int ret = 0;

	if (!verb)
		return word_fail(w, -EINVAL, "a verb is missing: add, replace, change, del");
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (word_is(verb, verbs[i].name))
			break;
	if (i == sizeof(verbs) / sizeof(verbs[0]))
		return word_unknown(w, verb, "add, replace, change, del");
	w->verb = verbs[i].verb;
	while (!ret && word_more(w))
		ret = addr_word(w, &a, word_next(w));
	if (!ret)
		ret = addr_check(w, &a, verbs[i].type);
	return ret ? ret : addr_build(w, verbs[i].type, verbs[i].flags, &a);
}

static int addr_broadcast(struct words *w, struct addr_words *a, const char *key)
{
	const char *v = word_value(w, key, "A.B.C.D, + or -");

	if (!v)
		return -EINVAL;
	a->has_brd = true;
	a->brd_sign = (!strcmp(v, "+") || !strcmp(v, "-")) ? *v : '\0';
	if (!a->brd_sign && inet_pton(AF_INET, v, &a->brd) != 1)
		return word_fail(w, -EINVAL, "%s '%.40s' is none of: A.B.C.D, +, -", key, v);
	return 0;
}

static int addr_label(struct words *w, struct addr_words *a, const char *key)
{
	a->label = word_value(w, key, "a name");
	if (!a->label)
		return -EINVAL;
	if (strlen(a->label) >= IFNAMSIZ)
		return word_fail(w, -EINVAL, "label '%.40s' is longer than %d letters", a->label,
				 IFNAMSIZ - 1);
	return 0;
}

static int addr_word(struct words *w, struct addr_words *a, const char *word)
{
	uint32_t scope;
	int index, ret;

	if (!strcmp(word, "dev")) {
		ret = word_dev(w, word, &a->dev, &index);
		a->ifm.ifa_index = (uint32_t)index;
		return ret;
	}
	if (!strcmp(word, "broadcast") || !strcmp(word, "brd"))
		return addr_broadcast(w, a, word);
	if (!strcmp(word, "label"))
		return addr_label(w, a, word);
	if (!strcmp(word, "scope")) {
		ret = word_name(w, word, line_scopes, 255, &scope);
		if (!ret)
			a->ifm.ifa_scope = (uint8_t)scope;
		a->has_scope = true;
		return ret;
	}
	if (!strcmp(word, "metric") || !strcmp(word, "priority")) {
		a->has_metric = true;
		return word_u32(w, word, 0, UINT32_MAX, &a->metric);
	}
	if (!strcmp(word, "noprefixroute")) {
		a->flags |= IFA_F_NOPREFIXROUTE;
		return 0;
	}
	if (!strcmp(word, "peer")) {
		word = word_value(w, "peer", "an address A.B.C.D[/LEN]");
		a->has_peer = true;
		return word ? word_prefix(w, word, false, &a->peer, &a->ifm.ifa_prefixlen,
					  &a->has_len)
			    : -EINVAL;
	}
	if (!strcmp(word, "local")) {
		word = word_value(w, "local", "an address A.B.C.D[/LEN]");
		if (!word)
			return -EINVAL;
	} else if (a->has_local || *word < '0' || *word > '9') {
		return word_unknown(w, word, a->has_local ? ADDR_WORDS
							  : "A.B.C.D[/LEN], " ADDR_WORDS);
	}
	if (a->has_local)
		return word_fail(w, -EINVAL, "'%.40s' is a second address", word);
	a->has_local = true;
	if (a->has_peer) /* its length has been told */
		return word_prefix(w, word, false, &a->local, &(uint8_t){ 0 }, NULL);
	return word_prefix(w, word, false, &a->local, &a->ifm.ifa_prefixlen, &a->has_len);
}

static int addr_check(struct words *w, struct addr_words *a, int type)
{
	__be32 host = a->ifm.ifa_prefixlen < 32 ? htonl(UINT32_MAX >> a->ifm.ifa_prefixlen) : 0;
	__be32 net = a->has_peer ? a->peer : a->local;

	if (!a->has_local)
		return word_fail(w, -EINVAL, "the address A.B.C.D[/LEN] is missing");
	if (!a->dev)
		return word_fail(w, -EINVAL, "'dev DEV' is missing");
	if (a->label && (strncmp(a->label, a->dev, strlen(a->dev)) ||
			 (a->label[strlen(a->dev)] && a->label[strlen(a->dev)] != ':')))
		return word_fail(w, -EINVAL, "label '%s' is neither '%s' nor begins with '%s:'",
				 a->label, a->dev, a->dev);
	if (a->brd_sign && a->ifm.ifa_prefixlen > 30)
		return word_fail(w, -EINVAL, "a prefix of %u bits has no broadcast address",
				 a->ifm.ifa_prefixlen);
	if (a->brd_sign)
		a->brd = a->brd_sign == '+' ? net | host : net & ~host;
	if (type == RTM_NEWADDR && !a->has_scope && (ntohl(a->local) >> 24) == 127)
		a->ifm.ifa_scope = RT_SCOPE_HOST;
	return 0;
}

static int addr_build(struct words *w, int type, int flags, const struct addr_words *a)
{
	int ret = msg_begin(w, type, flags, &a->ifm, sizeof(a->ifm));

	if (ret)
		return ret;
	msg_put(w, IFA_LOCAL, &a->local, sizeof(a->local));
	if (a->has_peer || type == RTM_NEWADDR || a->has_len)
		msg_put(w, IFA_ADDRESS, a->has_peer ? &a->peer : &a->local, sizeof(a->local));
	if (a->has_brd)
		msg_put(w, IFA_BROADCAST, &a->brd, sizeof(a->brd));
	if (a->label)
		msg_put_string(w, IFA_LABEL, a->label);
	if (a->flags)
		msg_put_u32(w, IFA_FLAGS, a->flags);
	if (a->has_metric)
		msg_put_u32(w, IFA_RT_PRIORITY, a->metric);
	return 0;
}
